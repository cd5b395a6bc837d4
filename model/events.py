"""Acquisitions one by one: who came to hold which idea, from whom, by which channel.

Mechanisms say what was found and learned (``state.finds``, ``state.learned``) and count it by
blocs (``state.acquired``). What they do not say of single ideas is told here again by their own
draws: in which bloc's print an idea was read, and what labs read when they enter. The counts of
both are the same.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiled import kernel
from model.meetings import shelve
from model.randomness import address, at, key_of, uniform
from model.world import FIELDS, FOUND, FOUND_AGAIN, PUBLICATION, Bits, Floats, Integers, State

Keep = Literal["none", "labs", "all"]  # whose acquisitions are kept
Small = NDArray[np.int8]
Rows = NDArray[np.int32]


class Acquired(NamedTuple):
    """Acquisitions, a row each; months count from the start of prehistory."""

    month: NDArray[np.int16]
    field: Small
    idea: Rows
    source: Rows  # firm it came from, the finder itself where it was found; -1 is print
    source_bloc: Small
    firm: Rows  # firm that came to hold it
    channel: Small


class Events:
    """The acquisitions of a run so far: those of labs, of all firms, or none."""

    def __init__(self, state: State, keep: Keep = "labs") -> None:
        self.keep = keep
        self._pools = [knowledge.pool.copy() for knowledge in state.knowledge]
        self._months: list[Acquired] = []

    def observe(self, state: State, sizes: Floats) -> None:
        """Take in the month that just ended.

        Adds the sizes of ideas (OOM) to ``sizes``: field x channel x source bloc x target bloc.
        """
        for number, knowledge in enumerate(state.knowledge):
            month = acquired_in(state, number, self._pools[number])
            _add_sizes(
                month.idea,
                month.channel,
                month.source_bloc,
                month.firm,
                state.firms.bloc,
                knowledge.size,
                sizes[number],
            )
            self._pools[number][:] = knowledge.pool
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


def acquired_in(state: State, number: int, pool: Bits) -> Acquired:
    """Return the acquisitions of a field in the month that just ended.

    ``pool`` is what was in print, by bloc, when the month began.
    """
    knowledge, learned = state.knowledge[number], state.learned[number]
    members, found = state.finds[number]
    finders, found = knowledge.row[members[found >= 0]], found[found >= 0]
    first = (knowledge.first_firm[found] == finders) & (knowledge.first_month[found] == state.month)
    shelf = np.zeros((*state.blocs.exchange.shape, pool.shape[1]), np.uint64)
    ties = address(state.seed, key_of("shelves", FIELDS[number]))
    shelve(ties, state.blocs.ordinal, knowledge.words[0], pool, state.blocs.exchange, shelf)
    taught = learned.source >= 0
    origin = np.where(taught, state.firms.bloc[learned.source], -1).astype(np.int8)
    _read_from(shelf, state.firms.bloc[learned.learner], learned.idea, taught, origin)
    entrants, read, print_of = _read_at_entry(state, number)
    firm = np.concatenate((finders, learned.learner, entrants))
    return Acquired(
        np.full(firm.size, state.month, np.int16),
        np.full(firm.size, number, np.int8),
        np.concatenate((found, learned.idea, read)).astype(np.int32),
        np.concatenate((finders, learned.source, np.full(read.size, -1))).astype(np.int32),
        np.concatenate((state.firms.bloc[finders], origin, print_of)).astype(np.int8),
        firm.astype(np.int32),
        np.concatenate(
            (
                np.where(first, FOUND, FOUND_AGAIN),
                learned.channel,
                np.full(read.size, PUBLICATION),
            )
        ).astype(np.int8),
    )


def _read_at_entry(state: State, number: int) -> tuple[Integers, Integers, Integers]:
    # Firms, ideas and blocs of print of the labs that came in this month: all that they hold.
    labs, knowledge = state.labs, state.knowledge[number]
    coming = (labs.founded == state.month) & (labs.member[:, number] >= 0)
    entrants = np.flatnonzero(coming & (state.month > 0))
    parts = [np.empty((3, 0), np.int64)]
    for lab in entrants:
        firm, bits = labs.firm[lab], knowledge.bits[labs.member[lab, number]]
        ideas, blocs = np.empty((2, 64 * bits.size), np.int64)
        held = _entrant(
            address(state.seed, key_of("entrants", FIELDS[number])),
            state.firms.key[firm],
            labs.bloc[lab],
            state.blocs.exchange,
            state.blocs.ordinal,
            knowledge.pool,
            bits,
            ideas,
            blocs,
        )
        parts.append(np.stack((np.full(held, firm), ideas[:held], blocs[:held])))
    firms, ideas, blocs = np.concatenate(parts, axis=1)
    return firms, ideas, blocs


@kernel
def _read_from(
    shelf: Bits, bloc: Small, idea: Integers, taught: NDArray[np.bool_], origin: Small
) -> None:
    one = np.uint64(1)
    for x in range(idea.size):
        if not taught[x]:
            for s in range(shelf.shape[1]):
                if (shelf[bloc[x], s, idea[x] // 64] >> np.uint64(idea[x] % 64)) & one:
                    origin[x] = s


@kernel
def _entrant(
    draws: np.uint64,
    key: np.uint64,
    bloc: int,
    exchange: Floats,
    ordinal: Integers,
    pool: Bits,
    bits: Bits,
    idea: Integers,
    origin: Integers,
) -> int:
    # The choice among prints is that of ``model.mechanisms.demography``.
    one, held = np.uint64(1), 0
    for n in range(64 * bits.size):
        bit = one << np.uint64(n % 64)
        if not bits[n // 64] & bit:
            continue
        source, highest = -1, np.uint64(0)
        for s in range(pool.shape[0]):
            if not pool[s, n // 64] & bit:
                continue
            if s == bloc:
                source = s
                break
            draw = at(at(at(draws, key), np.uint64(n)), np.uint64(ordinal[s]))
            known = uniform(at(draw, np.uint64(0))) < exchange[bloc, s]
            if known and (source < 0 or draw > highest):
                source, highest = s, draw
        idea[held], origin[held] = n, source
        held += 1
    return held


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
        if source_bloc[x] >= 0:
            total[channel[x], source_bloc[x], bloc[firm[x]]] += size[idea[x]]
