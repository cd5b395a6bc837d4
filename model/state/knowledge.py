"""Ideas of a field: who holds what and what is published; AI models that were finished."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from model.core.table import Bits, Floats, Integers, Table, column
from model.state.codes import NEVER


@dataclass
class Knowledge(Table):
    """Ideas of one field: the catalogue, who holds what, who published what.

    Sizes and levels are in OOM, those of products in log quality. A *member* is a firm that does
    research in the field; ``row`` leads back to the firm.
    """

    row: Integers = column("i8", "member", unit="firm", doc="row among firms")
    bits: Bits = column("u8", "member", "word", unit="-", doc="ideas held, idea n is bit n")
    count: Integers = column("i8", "member", unit="ideas", doc="number of ideas held")
    level: Floats = column("f8", "member", unit="OOM", doc="sum of the sizes of ideas held")
    lost: Integers = column("i8", "member", unit="ideas", doc="held when it closed")
    lost_level: Floats = column("f8", "member", unit="OOM", doc="sum of their sizes")
    breadth: Floats = column("f8", "member", unit="1", doc="breadth of search f")
    window: Integers = column("i8", "member", unit="ideas", doc="reach w beyond ideas held")
    team: Floats = column("f8", "member", unit="persons", doc="researchers in the field")
    compute: Floats = column("f8", "member", unit="FLOP/s", doc="for experiments")
    relative_team: Floats = column("f8", "member", unit="1", doc="team over reference team")
    absorption: Floats = column("f8", "member", unit="share", doc="share of contacts understood")
    rate: Floats = column("f8", "member", unit="1/month", doc="expected finds this month")
    full_rate: Floats = column("f8", "member", unit="1/month", doc="had nobody else to do")
    busy: Floats = column("f8", "member", unit="share", doc="of its researchers, taking in")
    partner: NDArray[np.int32] = column(
        "i4", "member", "slot", unit="member", doc="partners remembered, -1 none", fill=-1
    )
    at: NDArray[np.int32] = column("i4", "firm", unit="member", doc="a firm's row or -1", fill=-1)
    size: Floats = column("f8", "idea", unit="OOM", doc="size of the ideas of the catalogue")
    first_month: Integers = column("i8", "idea", unit="month", doc="first found", fill=NEVER)
    first_firm: Integers = column(
        "i8", "idea", unit="firm", doc="first finder; -1: developers, universities", fill=NEVER
    )
    first_bloc: Integers = column("i8", "idea", unit="bloc", doc="its bloc", fill=NEVER)
    owner: NDArray[np.int16] = column(
        "i2", "idea", "bloc", unit="lab", doc="lab that found it first in the bloc", fill=-1
    )
    owned: NDArray[np.int16] = column(
        "i2", "idea", "bloc", unit="month", doc="in which it was", fill=NEVER
    )
    leaked: NDArray[np.bool_] = column(
        "?", "idea", "bloc", unit="-", doc="half of the owner's rivals know it"
    )
    finds: Integers = column("i8", "idea", unit="1", doc="times found by firms")
    holders: NDArray[np.int32] = column("i4", "idea", "bloc", unit="firms", doc="who hold it")
    pool: Bits = column("u8", "bloc", "word", unit="-", doc="ideas published in a bloc")
    pending: Bits = column(
        "u8", "bloc", "delay", "word", unit="-", doc="in print, by month of appearance (a ring)"
    )
    words: Integers = column("i8", "one", unit="1", doc="words of a row in use: ideas found so far")
    cell_start: Integers = column("i8", "cluster", "sector", unit="member", doc="first member")
    cell_stop: Integers = column("i8", "cluster", "sector", unit="member", doc="one past the last")


@dataclass
class Model:
    """A finished AI model; months count from the start of prehistory, ``None`` is never."""

    lab: int
    started: int
    released: int
    opened: int | None
    flop: float
    chip_hours: float
    cost: float
    algorithms: float
    own: float
    base: float | None
    base_lab: int | None
    base_open: bool | None
    capability: float
    gain: float = math.nan  # of openness, over what the model could earn closed, at release
    rent: float = math.nan  # of exclusivity, likewise


@dataclass
class Learned:
    """Ideas that came to firms from others in a month, in one field, at entry included."""

    learner: Integers  # firm
    idea: Integers
    source: Integers  # firm, -1 the public pool
    channel: Integers
    origin: Integers  # bloc of the source, or in whose print it was read

    @classmethod
    def nothing(cls) -> Learned:
        """Return a month in which nobody learns."""
        return cls(*(np.empty(0, np.int64) for _ in range(5)))

    def and_then(self, later: Learned) -> Learned:
        """Return these and what was learned later in the same month."""
        return Learned(
            *(np.concatenate((getattr(self, f.name), getattr(later, f.name))) for f in fields(self))
        )
