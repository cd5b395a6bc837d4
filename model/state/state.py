"""What changes during a run: the tables that phases read and write. No rule stands here."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from model.core.table import Bits, Floats, Integers, Table
from model.state.ai_market import Platforms, Segments
from model.state.application_firms import Applications, Branches
from model.state.blocs import Blocs
from model.state.chips import Buyers, Caps, Chips, ChipSupply, Makers, Vendors
from model.state.firms import Firms
from model.state.knowledge import Knowledge, Learned, Model
from model.state.labs import Labs
from model.state.places import Clusters


@dataclass
class State:
    """All that changes: what phases read and write."""

    month: int
    blocs: Blocs
    clusters: Clusters
    firms: Firms
    labs: Labs
    buyers: Buyers
    chips: Chips
    supply: ChipSupply
    vendors: Vendors
    makers: Makers
    caps: Caps
    segments: Segments
    platforms: Platforms
    applications: Applications
    branches: Branches
    listed: NDArray[
        np.bool_
    ]  # month x buyer x bloc: cut off from the bloc's chip makers by an entity list
    cloud_share: Floats  # buyer: share of the world's spending on chips outside labs; labs 0
    link_start: Integers  # firm x (bloc + 1): where a firm's links to a bloc begin
    link_to: NDArray[np.int32]  # link: the firm at its other end
    knowledge: tuple[Knowledge, ...]
    run_bits: Bits  # lab x word: algorithms held when the run under way began
    open_bits: Bits  # lab x word: algorithms embodied in the best open model
    discoveries: list[
        tuple[Integers, Integers]
    ]  # (members, ideas) of this month's discoveries, by field
    learned: list[Learned]  # ideas learned this month, by field
    released_by_month: Floats  # month x lab: best capability released by the end of a month
    acquired: Integers  # field x channel x source bloc x target bloc: ideas acquired this month
    published: Integers  # field x bloc: ideas published this month
    models: list[Model]  # all released so far
    opening: list[tuple[Model, Bits]]  # closed models that may be opened, algorithms in them
    shrinking: list[Model]  # open models without a small version yet

    def bytes(self) -> int:
        """Return the memory of all tables."""
        whole = (getattr(self, f.name) for f in fields(self))
        tables = [table for table in whole if isinstance(table, Table)]
        return sum(table.bytes() for table in (*tables, *self.knowledge))
