"""Ideas passed on by a rule of one's own: what a phase written in Python calls.

The channels that ship are kernels (``model/mechanisms/ideas/spillover_kernels.py``); a rule for a
few firms need not be one. What is learned here is counted like all the rest, so that accounts close
and attributions add up.
"""

from __future__ import annotations

import numpy as np

from model.core.errors import InputError
from model.core.table import Bits, Integers
from model.state.codes import CHANNELS, FIELDS
from model.state.knowledge import Learned
from model.state.state import State


def ideas_of(bits: Bits) -> Integers:
    """Return the ideas whose bits are set in a row (or a combination of rows), in order."""
    found: Integers = np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))
    return found


def learn(
    state: State, field: int, firm: int, idea: int, channel: int, source: int | None = None
) -> bool:
    """Let a firm learn an idea; returns whether it is new to it.

    Args:
        state: the world.
        field: index into ``model.state.codes.FIELDS``.
        firm: row of the learner among firms.
        idea: number in the catalogue; somebody must have found it.
        channel: index into ``model.state.codes.CHANNELS``; what it is credited to.
        source: row of the firm that holds it; ``None``: what is in print in the firm's own bloc.

    Raises:
        InputError: for a firm without that field, or an idea that the source does not hold.
    """
    knowledge = state.knowledge[field]
    member, word, bit = int(knowledge.at[firm]), idea // 64, np.uint64(1 << (idea % 64))
    if member < 0:
        raise InputError(f"firm {firm} does no research in {FIELDS[field]}")
    bloc = int(state.firms.bloc[firm])
    origin = bloc if source is None else int(state.firms.bloc[source])
    shown = knowledge.pool[bloc] if source is None else knowledge.bits[knowledge.at[source]]
    if (source is not None and knowledge.at[source] < 0) or not shown[word] & bit:
        who = "print" if source is None else f"firm {source}"
        raise InputError(f"idea {idea} of {FIELDS[field]} is not held by {who}")
    if knowledge.bits[member, word] & bit:
        return False
    knowledge.bits[member, word] |= bit
    knowledge.count[member] += 1
    knowledge.level[member] += knowledge.size[idea]
    knowledge.holders[idea, bloc] += 1
    state.acquired[field, channel % len(CHANNELS), origin, bloc] += 1
    one = np.ones(1, np.int64)
    state.learned[field] = state.learned[field].and_then(
        Learned(
            learner=firm * one,
            idea=idea * one,
            source=(-1 if source is None else source) * one,
            channel=channel * one,
            origin=origin * one,
        )
    )
    return True
