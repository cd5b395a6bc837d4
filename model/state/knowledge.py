"""Ideas of a field: holders and publications; finished AI models; what firms learned."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from model.core.table import Bits, Floats, Integers, Table, column
from model.state.codes import NEVER


@dataclass
class Knowledge(Table):
    """Ideas of one field: the catalogue, ideas held by firms, ideas published by blocs.

    Sizes and levels are in OOM, those of products in log quality. A *member* is a firm with
    research in the field; ``row`` is its row among firms.
    """

    row: Integers = column("i8", "member", unit="firm", doc="row of the member among firms")
    bits: Bits = column("u8", "member", "word", unit="-", doc="ideas held; idea n is bit n")
    count: Integers = column("i8", "member", unit="ideas", doc="number of ideas held")
    level: Floats = column("f8", "member", unit="OOM", doc="sum of the sizes of ideas held")
    lost: Integers = column("i8", "member", unit="ideas", doc="ideas held when the firm closed")
    lost_level: Floats = column(
        "f8", "member", unit="OOM", doc="sum of the sizes of ideas held when the firm closed"
    )
    breadth: Floats = column("f8", "member", unit="1", doc="breadth of search f")
    window: Integers = column(
        "i8",
        "member",
        unit="ideas",
        doc="ideas w beyond the number held among which a member searches",
    )
    team: Floats = column("f8", "member", unit="persons", doc="researchers in the field")
    compute: Floats = column("f8", "member", unit="FLOP/s", doc="compute for experiments")
    relative_team: Floats = column(
        "f8",
        "member",
        unit="1",
        doc="researchers in the field over the mean of the firm's kind in the baseline",
    )
    absorption: Floats = column(
        "f8", "member", unit="share", doc="absorptive capacity: share of contacts understood"
    )
    rate: Floats = column("f8", "member", unit="1/month", doc="expected discoveries this month")
    full_rate: Floats = column(
        "f8",
        "member",
        unit="1/month",
        doc="discovery rate if no time went to absorbing ideas or litigation",
    )
    busy: Floats = column(
        "f8", "member", unit="share", doc="share of researchers' time spent on absorbing ideas"
    )
    partner: NDArray[np.int32] = column(
        "i4", "member", "slot", unit="member", doc="research partners remembered; -1: none", fill=-1
    )
    at: NDArray[np.int32] = column(
        "i4", "firm", unit="member", doc="row of a firm among members; -1: none", fill=-1
    )
    size: Floats = column("f8", "idea", unit="OOM", doc="size of an idea")
    first_month: Integers = column(
        "i8", "idea", unit="month", doc="month of the first discovery", fill=NEVER
    )
    first_firm: Integers = column(
        "i8",
        "idea",
        unit="firm",
        doc="firm of the first discovery; -1: developers or universities",
        fill=NEVER,
    )
    first_bloc: Integers = column(
        "i8", "idea", unit="bloc", doc="bloc of the first discovery", fill=NEVER
    )
    owner: NDArray[np.int16] = column(
        "i2",
        "idea",
        "bloc",
        unit="lab",
        doc="lab that discovered an idea first in a bloc; -1: none",
        fill=-1,
    )
    owned: NDArray[np.int16] = column(
        "i2",
        "idea",
        "bloc",
        unit="month",
        doc="month of the first discovery of an idea in a bloc",
        fill=NEVER,
    )
    leaked: NDArray[np.bool_] = column(
        "?", "idea", "bloc", unit="-", doc="whether half of the owner's rivals hold an idea"
    )
    discoveries: Integers = column(
        "i8", "idea", unit="1", doc="discoveries of an idea by firms, rediscoveries included"
    )
    holders: NDArray[np.int32] = column(
        "i4", "idea", "bloc", unit="firms", doc="firms of a bloc that hold an idea"
    )
    pool: Bits = column("u8", "bloc", "word", unit="-", doc="ideas published in a bloc")
    pending: Bits = column(
        "u8",
        "bloc",
        "delay",
        "word",
        unit="-",
        doc="ideas to be published, by month of publication (a ring)",
    )
    words: Integers = column(
        "i8", "one", unit="1", doc="words of a row in use: those of ideas discovered so far"
    )
    cell_start: Integers = column(
        "i8", "cluster", "sector", unit="member", doc="first member of a cluster and sector"
    )
    cell_stop: Integers = column(
        "i8",
        "cluster",
        "sector",
        unit="member",
        doc="one past the last member of a cluster and sector",
    )


@dataclass
class Model:
    """A finished AI model; months count from the start of prehistory, ``None`` means never."""

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
    gain: float = math.nan  # gain of openness at release, over closed revenue
    rent: float = math.nan  # rent of exclusivity at release, over closed revenue


@dataclass
class Learned:
    """Ideas that firms learned from others in a month, in one field, at entry included."""

    learner: Integers  # firm
    idea: Integers
    source: Integers  # firm, -1 the public pool
    channel: Integers
    origin: Integers  # bloc of the source, or bloc of the publication

    @classmethod
    def nothing(cls) -> Learned:
        """Return the record of a month in which nobody learns."""
        return cls(*(np.empty(0, np.int64) for _ in range(5)))

    def and_then(self, later: Learned) -> Learned:
        """Return these ideas and those learned later in the same month."""
        return Learned(
            *(np.concatenate((getattr(self, f.name), getattr(later, f.name))) for f in fields(self))
        )
