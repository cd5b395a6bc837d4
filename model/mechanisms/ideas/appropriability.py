r"""Appropriability: earnings of labs, and the time that their ideas stay their own.

A lab earns what users and firms pay for its closed line, and a host's part of what they pay for
its open lines; serving costs. The rest of open lines' revenue goes to other hosts.

Imperfect appropriability (Nelson 1959; Arrow 1962): a lab observes how long it takes until half
of its rivals (the other labs that exchange lets learn from it) hold an idea that it discovered
first in its bloc; ideas that others discovered elsewhere count by what rivals hold.
With X months of waiting in about the last two years and L ideas that leaked, both weighted by
:math:`e^{-age/\tau}`, the maximum-likelihood estimate of an exponential wait is

.. math:: lead = \frac{X + k\, lead_0}{L + k},

Code: ``_experience``

shrunk towards a first guess by k pseudo-ideas, since young and small labs have seen little. Ideas
that have not leaked yet count by their waiting, so that secrets kept for good are not left out.
``mechanisms/ai/budgets.py`` turns the lead into research.

Limits: everything leaks at once: lead 0; nothing ever leaks: the lead grows without end.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.state.codes import CLOSED
from model.state.fixed import Fixed
from model.state.state import State

FIRST_GUESS = 3.0  # ideas, k


class Appropriability(Mechanism):
    """How labs estimate the value of their ideas."""

    decay_months: float = fact(24.0, "months", Uniform(12.0, 48.0), (1.0, 1000.0), claims="A8")
    """Time in which a lab's past earnings and past leaks of ideas lose 63 % of their weight."""


def appropriability(fixed: Fixed, state: State) -> None:
    """Count what labs earn, and update their estimates of how long an idea stays their own.

    Reads ``platforms.spending``, ``payments``, ``cost``, ``price``, ``knowledge.bits``,
    ``owner``, ``blocs.exchange``. Writes ``labs.revenue``, ``serving``, ``smoothed_revenue``,
    ``exposure``, ``leaks``, ``lead``, ``blocs.hosts``, ``knowledge.leaked``.
    """
    labs, blocs = state.labs.face, state.blocs.face
    fading = math.exp(-1.0 / fixed.of(Appropriability).decay_months)
    hosted = fixed.shared.hosted_by_maker
    _earn(state.platforms.face, state.segments.face, hosted, fading, labs, blocs)
    labs.exposure[:] *= fading
    labs.leaks[:] *= fading
    for number, knowledge in enumerate(state.knowledge):
        _leak(number, state.firms.face, blocs, knowledge.face, labs)
    _experience(fixed.shared.reference_lead, labs)


@kernel
def _earn(platforms, segments, hosted, fading, labs, blocs):
    """Write revenue, cost of serving and smoothed earnings of labs, and what other hosts earn."""
    line, spending, payments = platforms.line, platforms.spending, platforms.payments
    revenue, serving = labs.revenue, labs.serving
    revenue[:] = 0.0
    serving[:] = 0.0
    blocs.hosts[:] = 0.0
    kinds = segments.bloc.size // payments.shape[1]
    for j in range(line.size):
        i, own = platforms.lab[j], 1.0 if line[j] == CLOSED else hosted
        for b in range(payments.shape[1]):
            for k in range(kinds):
                s = b * kinds + k
                # Firms pay what developers pay: the last segment of their bloc.
                paid = spending[j, s] + (payments[j, b] if k == kinds - 1 else 0.0)
                if paid > 0.0:
                    revenue[i] += own * paid
                    serving[i] += own * paid * platforms.cost[j, b] / platforms.price[j, s]
                    blocs.hosts[b] += (1.0 - own) * paid
    for i in range(revenue.size):
        earned = revenue[i] - serving[i]
        labs.smoothed_revenue[i] = fading * labs.smoothed_revenue[i] + (1.0 - fading) * earned


@kernel
def _leak(number, firms, blocs, knowledge, labs):
    """Count ideas of a field that half of their owner's rivals hold, and months until they do."""
    one = np.uint64(1)
    bits, owner, leaked = knowledge.bits, knowledge.owner, knowledge.leaked
    firm, bloc, member = labs.firm, labs.bloc, labs.member
    active, exchange = firms.active, blocs.exchange
    for n in range(min(knowledge.words[0] * 64, owner.shape[0])):
        for b in range(owner.shape[1]):
            i = owner[n, b]
            if i < 0 or leaked[n, b]:
                continue
            rivals, holders = 0, 0
            for j in range(firm.size):
                m = member[j, number]
                if j == i or not active[firm[j]] or m < 0:
                    continue
                if bloc[j] != b and exchange[bloc[j], b] <= 0.0:
                    continue
                rivals += 1
                if (bits[m, n // 64] >> np.uint64(n % 64)) & one:
                    holders += 1
            if rivals > 0 and 2 * holders >= rivals:
                leaked[n, b] = True
                labs.leaks[i] += 1.0
            else:
                labs.exposure[i] += 1.0


@kernel
def _experience(first, labs):
    """Write the months that a lab expects an idea to stay its own; ``first`` is the first guess."""
    for i in range(labs.lead.size):
        waited, leaked = labs.exposure[i], labs.leaks[i]
        labs.lead[i] = (waited + FIRST_GUESS * first) / (leaked + FIRST_GUESS)
