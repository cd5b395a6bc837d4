"""Acquisitions one by one: who came to hold which idea, from whom, by which channel.

Mechanisms list what firms discovered and learned (in the state: discoveries and what was learned)
and count both by blocs (``state.acquired``); here the two become one list, idea by idea. No rule of
the model is repeated.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.core.kernels import kernel
from model.core.table import Floats
from model.state.codes import DISCOVERED, REDISCOVERED
from model.state.fixed import Fixed
from model.state.state import State

Keep = Literal["none", "labs", "all"]  # whose acquisitions are kept
Small = NDArray[np.int8]
Rows = NDArray[np.int32]


class Acquired(NamedTuple):
    """Acquisitions, a row each; months count from the start of prehistory."""

    month: NDArray[np.int16]
    field: Small
    idea: Rows
    source: Rows  # firm it came from; in a discovery the discoverer; -1: a publication
    source_bloc: Small
    firm: Rows  # firm that came to hold it
    channel: Small


class Events:
    """The acquisitions of a run so far: those of labs, of all firms, or none."""

    def __init__(self, state: State, keep: Keep = "labs") -> None:
        self.keep = keep
        self._months: list[Acquired] = []

    def observe(self, fixed: Fixed, state: State, sizes: Floats) -> None:
        """Add the month that just ended.

        Adds the sizes of ideas (OOM) to ``sizes``: field x channel x source bloc x target bloc.
        """
        for number, knowledge in enumerate(state.knowledge):
            month = acquired_in(state, number)
            _add_sizes(
                month.idea,
                month.channel,
                month.source_bloc,
                month.firm,
                state.firms.bloc,
                knowledge.size,
                sizes[number],
            )
            if self.keep == "labs":
                of_labs = state.firms.lab[month.firm] >= 0
                self._months.append(Acquired._make(column[of_labs] for column in month))
            elif self.keep == "all":
                self._months.append(month)

    def rows(self) -> Acquired:
        """Return all that was kept, in order of months and fields."""
        none = [np.empty(0, kind) for kind in _KINDS]
        return Acquired._make(map(np.concatenate, zip(none, *self._months, strict=True)))


_KINDS = (np.int16, np.int8, np.int32, np.int32, np.int8, np.int32, np.int8)


def acquired_in(state: State, number: int) -> Acquired:
    """Return the acquisitions of a field in the month that just ended."""
    knowledge, learned = state.knowledge[number], state.learned[number]
    members, idea = state.discoveries[number]
    discoverer, idea = knowledge.row[members[idea >= 0]], idea[idea >= 0]
    first_firm, first_month = knowledge.first_firm[idea], knowledge.first_month[idea]
    first = (first_firm == discoverer) & (first_month == state.month)
    firm = np.concatenate((discoverer, learned.learner))
    alone = np.where(first, DISCOVERED, REDISCOVERED)
    return Acquired(
        np.full(firm.size, state.month, np.int16),
        np.full(firm.size, number, np.int8),
        np.concatenate((idea, learned.idea)).astype(np.int32),
        np.concatenate((discoverer, learned.source)).astype(np.int32),
        np.concatenate((state.firms.bloc[discoverer], learned.origin)).astype(np.int8),
        firm.astype(np.int32),
        np.concatenate((alone, learned.channel)).astype(np.int8),
    )


@kernel
def _add_sizes(
    idea: Rows,
    channel: Small,
    source_bloc: Small,
    firm: Rows,
    bloc: Small,
    size: Floats,
    total: Floats,
) -> None:
    for x in range(idea.size):
        total[channel[x], source_bloc[x], bloc[firm[x]]] += size[idea[x]]
