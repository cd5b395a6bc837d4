"""Learning in phases of your own: a function that passes on an idea, for rules written in Python.

The built-in channels are kernels (``model/mechanisms/ideas/spillover_kernels.py``); a rule for a
few firms need not be compiled. Ideas learned here count like all others, so that accounts close and
attributions add up.
"""

from __future__ import annotations

import numpy as np

from model.core.errors import InputError
from model.core.table import Bits, Integers
from model.state.codes import CHANNELS, FIELDS
from model.state.knowledge import Learned
from model.state.state import State


def ideas_of(bits: Bits) -> Integers:
    """Return the numbers of the ideas whose bits are set in a row, in order."""
    found: Integers = np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))
    return found


def learn(
    state: State, field: int, firm: int, idea: int, channel: int, source: int | None = None
) -> bool:
    """Let a firm learn an idea; return whether the idea is new to the firm.

    Args:
        state: the state of the run.
        field: index into ``model.state.codes.FIELDS``.
        firm: row of the learner among firms.
        idea: number in the catalogue of an idea that the source holds.
        channel: index into ``model.state.codes.CHANNELS``; the channel credited.
        source: row of the firm that holds the idea; ``None``: publications in the firm's own bloc.

    Raises:
        InputError: if the firm does no research in the field, or the source lacks the idea.
    """
    knowledge = state.knowledge[field]
    member, word, bit = int(knowledge.at[firm]), idea // 64, np.uint64(1 << (idea % 64))
    if member < 0:
        raise InputError(
            f"learn: firm must do research in {FIELDS[field]}, got {firm}; "
            f"a good value is {int(knowledge.row[0])}"
        )
    bloc = int(state.firms.bloc[firm])
    origin = bloc if source is None else int(state.firms.bloc[source])
    shown = knowledge.pool[bloc] if source is None else knowledge.bits[knowledge.at[source]]
    if (source is not None and knowledge.at[source] < 0) or not shown[word] & bit:
        who = "published" if source is None else f"held by firm {source}"
        known = source is None or knowledge.at[source] >= 0
        held = ideas_of(shown) if known else np.zeros(0, np.int64)
        good = f"a good value is {held[0]}" if held.size else "there is none"
        raise InputError(f"learn: idea of {FIELDS[field]} must be {who}, got {idea}; {good}")
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
