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
from model.world import FIELDS, LAB_FIELDS, PUBLICATION, Learned, State


def demography(state: State) -> None:
    """Let the labs founded this month in.

    Reads ``labs.founded``, ``knowledge.pool``, ``blocs.exchange``. Writes ``firms.active``, the
    entrants' ``knowledge.bits``, ``count``, ``level``, ``holders``, ``acquired`` and adds what
    they read to ``state.learned``.
    """
    labs, active = state.labs, state.firms.active
    entering = np.flatnonzero((labs.founded == state.month) & ~active[labs.firm])
    if not entering.size:
        return
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number]
        most = entering.size * knowledge.size.size
        lab, idea, origin = (np.empty(most, np.int64) for _ in range(3))
        read = _enter(
            address(state.seed, key_of("entrants", FIELDS[number])),
            state.firms.key,
            entering,
            labs.firm,
            labs.bloc,
            labs.member[:, number],
            state.blocs.exchange,
            state.blocs.ordinal,
            knowledge.pool,
            knowledge.size,
            knowledge.bits,
            knowledge.count,
            knowledge.level,
            knowledge.holders,
            state.acquired[number],
            lab,
            idea,
            origin,
        )
        state.learned[number] = state.learned[number].and_then(
            Learned(
                learner=labs.firm[lab[:read]],
                idea=idea[:read],
                source=np.full(read, -1, np.int64),
                channel=np.full(read, PUBLICATION, np.int64),
                origin=origin[:read],
            )
        )
    active[labs.firm[entering]] = True


@kernel
def _enter(
    draws, key, entering, firm, bloc, member, exchange, ordinal, pool, size, bits, count, level,
    holders, acquired, lab, idea, origin,
):  # fmt: skip
    # Returns how many ideas were read; the last three arrays say by whom, which, in whose print.
    one, read = np.uint64(1), 0
    for i in entering:
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
                lab[read], idea[read], origin[read] = i, n, source
                read += 1
    return read
