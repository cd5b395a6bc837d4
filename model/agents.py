"""Agents to inspect, select and extend: each is a view of one row of a table.

Reading an attribute reads the column, writing one writes it; the view holds no data. An attribute
that is an array is a copy of the row, so that what a collector keeps of a month stays. Overriding
``Firm.step`` has no effect, since months are phases over arrays; add a phase instead
(``World(..., phases=MONTH.with_after("training", phase))``).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import mesa
import numpy as np

from model.core.table import Table
from model.state.blocs import Blocs
from model.state.chips import Buyers
from model.state.codes import FIELDS, KINDS, SECTORS
from model.state.firms import Firms
from model.state.labs import Labs
from model.state.places import Clusters


class View(mesa.Agent):
    """A row of a table as a Mesa agent."""

    def __init__(self, world: mesa.Model, row: int) -> None:
        super().__init__(world)
        self.row = row

    def step(self) -> None:
        """Raise an error: a view has no rule of its own."""
        raise NotImplementedError(
            "agents are views of rows; add a rule as a phase: "
            'World(..., phases=MONTH.with_after("training", phase))'
        )


def _column(table: str, name: str, doc: str) -> property:
    def read(view: View) -> Any:
        value = getattr(getattr(view.model.state, table), name)[view.row]
        return value.item() if getattr(value, "ndim", 0) == 0 else value.copy()

    def write(view: View, value: Any) -> None:
        getattr(getattr(view.model.state, table), name)[view.row] = value

    return property(read, write, doc=doc)


def _with_columns(
    view: type[View], table: str, kind: type[Table], without: tuple[str, ...]
) -> None:
    for column in fields(kind):
        if column.name not in without:
            doc = f"{column.metadata['doc']} [{column.metadata['unit']}]"
            setattr(view, column.name, _column(table, column.name, doc))


class Bloc(View):
    """A bloc: the government and the economy under it."""

    @property
    def name(self) -> str:
        """Name in the scenario, as ``us``."""
        return self.model.fixed.inputs.blocs[self.row].name  # type: ignore[no-any-return]


class Cluster(View):
    """An industrial district."""


class Firm(View):
    """A firm; if it is a lab, ``lab_columns`` leads to its row among labs."""

    @property
    def kind(self) -> str:
        """``lab``, ``chipmaker`` or ``application``."""
        return KINDS[int(self.model.state.firms.kind[self.row])]

    @property
    def sector(self) -> str:
        """Name of its sector."""
        return SECTORS[int(self.model.state.firms.sector[self.row])]

    @property
    def bloc(self) -> str:
        """Name of its bloc."""
        bloc = int(self.model.state.firms.bloc[self.row])
        return self.model.fixed.inputs.blocs[bloc].name  # type: ignore[no-any-return]

    @property
    def knowledge(self) -> dict[str, float]:
        """Sum of the sizes of ideas held, by field, in OOM; products in log quality."""
        held = {}
        for field, knowledge in zip(FIELDS, self.model.state.knowledge, strict=True):
            members = knowledge.row
            at = int(members.searchsorted(self.row))
            if at < members.size and members[at] == self.row:
                held[field] = float(knowledge.level[at])
        return held

    @property
    def lab_columns(self) -> dict[str, Any]:
        """All columns of a lab's rows, as a lab and as a buyer; empty for other firms."""
        state = self.model.state
        row = int(state.firms.lab[self.row])
        if row < 0:
            return {}
        tables: tuple[tuple[Table, type[Table]], ...] = (
            (state.buyers, Buyers),
            (state.labs, Labs),
        )
        return {
            column.name: getattr(table, column.name)[row].copy()
            for table, kind in tables
            for column in fields(kind)
        }


_with_columns(Bloc, "blocs", Blocs, ("weights", "rented", "renters"))
_with_columns(Cluster, "clusters", Clusters, ("nearness", "bloc_share"))
_with_columns(Firm, "firms", Firms, ("kind", "sector", "bloc"))


def views(world: mesa.Model) -> dict[int, Firm]:
    """Make the views of all blocs, clusters and firms of a world and register them with it.

    Returns the views of firms by row. Labs are included before they are founded.
    """
    state = world.state
    for view, rows in ((Bloc, state.blocs.funding.size), (Cluster, state.clusters.key.size)):
        for row in range(rows):
            view(world, row)
    return renew(world, {})


def renew(world: mesa.Model, firms: dict[int, Firm]) -> dict[int, Firm]:
    """Return the views of firms after entries and exits; the views of other firms stay."""
    state = world.state.firms
    there = set(np.flatnonzero(~state.spare & (state.left < 0)).tolist())
    for row in firms.keys() - there:
        firms[row].remove()
    return {row: firms.get(row) or Firm(world, row) for row in sorted(there)}
