r"""Returns: what labs earn, and how long an idea of theirs stays theirs.

A lab earns what users and firms pay for its closed line, and a host's part of what they pay for
its open ones; serving them costs. The rest of open lines' revenue goes to other hosts.

Imperfect appropriability (Nelson 1959; Arrow 1962): a lab experiences how long it is before half
of its rivals (the other labs that exchange lets learn from it) hold an idea that it found first
in its bloc (what others found elsewhere is told by what rivals hold).
With X months of waiting seen in the last two years or so and L ideas that leaked, both weighted by
:math:`e^{-age/\tau}`, the maximum-likelihood estimate of an exponential wait is

.. math:: lead = \frac{X + k\, lead_0}{L + k},

shrunk towards a first guess by k pseudo-ideas, since young and small labs have seen little. Ideas
that have not leaked yet count by their waiting, so that secrets kept for good are not left out.
``mechanisms/finance.py`` turns the lead into research.

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
    """How labs learn what their ideas are worth to them."""

    decay_months: float = fact(24.0, "months", Uniform(12.0, 48.0), (1.0, 1000.0), claims="A8")
    """Time in which what was earned and experienced fades to 37 %."""


def appropriability(fixed: Fixed, state: State) -> None:
    """Count what labs earn and experience.

    Reads ``platforms.spending``, ``payments``, ``cost``, ``price``, ``knowledge.bits``,
    ``owner``, ``blocs.exchange``. Writes ``labs.revenue``, ``serving``, ``revenue_mean``,
    ``exposure``, ``leaks``, ``lead``, ``blocs.hosts``, ``knowledge.leaked``.
    """
    group, labs, platforms = fixed.of(Appropriability), state.labs, state.platforms
    fading = math.exp(-1.0 / group.decay_months)
    _earn(
        platforms.lab,
        platforms.line,
        platforms.cost,
        platforms.price,
        platforms.spending,
        platforms.payments,
        state.segments.bloc,
        fixed.shared.hosted_by_maker,
        fading,
        labs.revenue,
        labs.serving,
        labs.revenue_mean,
        state.blocs.hosts,
    )
    labs.exposure *= fading
    labs.leaks *= fading
    for number, knowledge in enumerate(state.knowledge):
        _leak(
            labs.firm,
            labs.bloc,
            labs.member[:, number],
            state.firms.active,
            state.blocs.exchange,
            knowledge.words[0],
            knowledge.bits,
            knowledge.owner,
            knowledge.leaked,
            labs.exposure,
            labs.leaks,
        )
    _experience(fixed.shared.reference_lead, labs.exposure, labs.leaks, labs.lead)


@kernel
def _earn(
    lab, line, cost, price, spending, payments, segment_bloc, hosted, fading, revenue, serving,
    smooth, hosts,
):  # fmt: skip
    revenue[:] = 0.0
    serving[:] = 0.0
    hosts[:] = 0.0
    kinds = segment_bloc.size // payments.shape[1]
    for j in range(lab.size):
        own = 1.0 if line[j] == CLOSED else hosted
        for b in range(payments.shape[1]):
            for k in range(kinds):
                s = b * kinds + k
                # Firms pay what developers pay: the last segment of their bloc.
                paid = spending[j, s] + (payments[j, b] if k == kinds - 1 else 0.0)
                if paid > 0.0:
                    revenue[lab[j]] += own * paid
                    serving[lab[j]] += own * paid * cost[j, b] / price[j, s]
                    hosts[b] += (1.0 - own) * paid
    for i in range(revenue.size):
        earned = revenue[i] - serving[i]
        smooth[i] = fading * smooth[i] + (1.0 - fading) * earned


@kernel
def _leak(firm, bloc, member, active, exchange, words, bits, owner, leaked, exposure, leaks):
    one = np.uint64(1)
    for n in range(min(words * 64, owner.shape[0])):
        for b in range(owner.shape[1]):
            i = owner[n, b]
            if i < 0 or leaked[n, b]:
                continue
            rivals, holders = 0, 0
            for j in range(firm.size):
                if j == i or not active[firm[j]] or member[j] < 0:
                    continue
                if bloc[j] != b and exchange[bloc[j], b] <= 0.0:
                    continue
                rivals += 1
                if (bits[member[j], n // 64] >> np.uint64(n % 64)) & one:
                    holders += 1
            if rivals > 0 and 2 * holders >= rivals:
                leaked[n, b] = True
                leaks[i] += 1.0
            else:
                exposure[i] += 1.0


@kernel
def _experience(first, exposure, leaks, lead):
    for i in range(lead.size):
        lead[i] = (exposure[i] + FIRST_GUESS * first) / (leaks[i] + FIRST_GUESS)
