"""Demography: labs enter at their founding date, the same in all twins.

A lab that enters knows what is in print for it: the published ideas of its own bloc, and of other
blocs the share that their exchange lets through (addressed by lab and idea), and none else. They
are credited to the publication channel. Entry by choice,
exit and spin-offs are not modelled yet.
"""

from __future__ import annotations

import numpy as np

from model.compiled import kernel
from model.randomness import address, at, key_of, uniform
from model.world import FIELDS, LAB_FIELDS, PUBLICATION, State


def demography(state: State) -> None:
    """Let the labs founded this month in.

    Reads ``labs.founded``, ``knowledge.pool``, ``blocs.exchange``. Writes ``firms.active``, the
    entrants' ``knowledge.bits``, ``count``, ``level``, ``holders`` and ``acquired``.
    """
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number]
        _enter(
            address(state.seed, key_of("entrants", FIELDS[number])),
            state.firms.key,
            state.month,
            state.labs.founded,
            state.labs.firm,
            state.labs.bloc,
            state.labs.member[:, number],
            state.blocs.exchange,
            state.blocs.ordinal,
            knowledge.pool,
            knowledge.size,
            state.firms.active,
            knowledge.bits,
            knowledge.count,
            knowledge.level,
            knowledge.holders,
            state.acquired[number],
        )
    state.firms.active[state.labs.firm[state.labs.founded == state.month]] = True


@kernel
def _enter(
    draws, key, month, founded, firm, bloc, member, exchange, ordinal, pool, size, active, bits,
    count, level, holders, acquired,
):  # fmt: skip
    one = np.uint64(1)
    for i in range(founded.size):
        if founded[i] != month or active[firm[i]]:
            continue
        b, m = bloc[i], member[i]
        mine = at(draws, key[firm[i]])
        for n in range(size.size):
            bit = one << np.uint64(n % 64)
            source, highest = -1, np.uint64(0)
            for s in range(pool.shape[0]):
                if not pool[s, n // 64] & ~bits[m, n // 64] & bit:
                    continue
                draw = at(at(mine, np.uint64(n)), np.uint64(ordinal[s]))
                if s == b:
                    source, highest = b, draw
                    break  # what is in print at home is read at home
                known = uniform(at(draw, np.uint64(0))) < exchange[b, s]
                if known and (source < 0 or draw > highest):
                    source, highest = s, draw
            if source >= 0:
                bits[m, n // 64] |= bit
                count[m] += 1
                level[m] += size[n]
                holders[n, b] += 1
                acquired[PUBLICATION, source, b] += 1
