r"""Rivalry: what visible rivals make a lab do, and what it does when there are none.

A rival is visible as far as exchange lets its models through. Two things follow, both contested:

*Escape competition* (Aghion, Bloom, Blundell, Griffith and Howitt 2005): research follows what a
step ahead would earn. By the logit of the market a lab's revenue rises with its quality in
proportion to

.. math:: \kappa_i = \frac{\sum_s r_{is}\,[(1 - s_{is}) + \lambda\, s_{is}\,(1 - m_s)]}
                         {\sum_s r_{is}},

r its revenue in a segment, s its share there, m the share of users who would use some model, λ the
nest: little where a lab has the market to itself. Effort, a factor on the research that a lab does
of its means (``model/mechanisms/firms/budgets.py``), is :math:`(\kappa_i / \kappa_0)^e`. Profits,
from which means come, fall with rivals at the same time; whether research is highest at a middling
degree of competition (the inverted U) is a result, not a rule.

*Slack* (X-inefficiency; Leibenstein 1966): of its research a lab loses

.. math:: s\,(1 - e^{-lead_i / \tau})

with the lead in months over its nearest visible rival: how long ago it released what that rival
has released now. A rival abroad counts as far as exchange goes: at exchange x as
:math:`x\,lead + (1 - x)\,lead_{home}`. This is the only place of slack.

Limits: e = 0 and s = 0: rivals do not matter, to the bit; τ → 0: any lead costs all of s; no rival
has a model: the lead counts from one's own first model; a lab without revenue makes the reference
effort.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import helper, kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.state.codes import NOTHING
from model.state.fixed import Fixed
from model.state.state import State


class Rivalry(Mechanism):
    """How much rivals matter to labs."""

    escape: float = fact(
        0.3,
        "1",
        Uniform(0.0, 1.0),
        (0.0, 5.0),
        kind="contested",
        source="aghion_2005",
        claims="C14 C16",
    )
    """Elasticity e of research to what a step ahead would earn."""
    reference_stake: float = fact(0.88, "share", within=(0.01, 1.0), claims="C14")
    """Gain from a step ahead, over revenue, at which labs do the research on record; the mean of
    labs, by their means, in the world without a ban."""
    slack: float = fact(
        0.1,
        "share",
        Uniform(0.0, 0.3),
        (0.0, 1.0),
        kind="contested",
        source="leibenstein_1966",
        claims="C15",
    )
    """Research that a lab far ahead of all visible rivals loses."""
    slack_time: float = fact(12.0, "months", Uniform(6.0, 36.0), (0.01, 1000.0), claims="C15")
    """Lead at which 63 % of that is lost."""


def rivalry(fixed: Fixed, state: State) -> None:
    """Work out what rivals mean for next month's research.

    Reads ``state.released_by_month``, ``blocs.exchange``, ``platforms.spending``, ``share``,
    ``segments.potential``. Writes ``labs.ahead``, ``stake``, ``effort``, ``vigour``.
    """
    group, labs = fixed.of(Rivalry), state.labs
    now = state.month
    _leads(
        now,
        labs.bloc,
        state.blocs.exchange,
        state.released_by_month,
        np.empty(labs.firm.size),
        labs.ahead,
    )
    _stakes(
        state.platforms.lab,
        state.platforms.share,
        state.platforms.spending,
        state.segments.potential,
        fixed.shared.nest,
        labs.stake,
    )
    _answers(
        labs.ahead,
        labs.stake,
        group.escape,
        group.reference_stake,
        group.slack,
        group.slack_time,
        labs.effort,
        labs.vigour,
    )


@helper
def since(released, now, i, level):
    """Return how many months ago lab ``i`` passed a level of capability; 0 if it did not."""
    if released[now, i] == NOTHING or released[now, i] <= level:
        return 0.0
    t = now
    while t > 0 and released[t - 1, i] > level:
        t -= 1
    if t == 0 or released[t - 1, i] == NOTHING or level == NOTHING:
        return float(now - t)
    # Between two months in proportion, as the lag of blocs is measured (model/measure/outcomes.py).
    step = released[t, i] - released[t - 1, i]
    return now - t + (released[t, i] - level) / step


@kernel
def _leads(now, bloc, exchange, released, best, ahead):
    # ``best``: of each lab, the best that its rivals at home have released.
    for i in range(bloc.size):
        best[i] = NOTHING
        for j in range(bloc.size):
            if j != i and bloc[j] == bloc[i] and released[now, j] > best[i]:
                best[i] = released[now, j]
    for i in range(bloc.size):
        at_home = since(released, now, i, best[i])
        ahead[i] = at_home
        for j in range(bloc.size):
            seen = exchange[bloc[i], bloc[j]]
            if bloc[j] == bloc[i] or seen <= 0.0 or released[now, j] == NOTHING:
                continue
            if released[now, j] > best[i]:  # else a rival at home is nearer
                lead = since(released, now, i, released[now, j])
                ahead[i] = min(ahead[i], seen * lead + (1.0 - seen) * at_home)


@kernel
def _stakes(lab, share, spending, potential, nest, stake):
    # Lines of a lab stand together, in the order of labs.
    first = 0
    for i in range(stake.size):
        last = first
        while last < lab.size and lab[last] == i:
            last += 1
        earned, gained = 0.0, 0.0
        for s in range(potential.size):
            mine, paid = 0.0, 0.0
            for j in range(first, last):
                mine += share[j, s]
                paid += spending[j, s]
            earned += paid
            gained += paid * ((1.0 - mine) + nest * mine * (1.0 - potential[s]))
        stake[i] = gained / earned if earned > 0.0 else math.nan
        first = last


@kernel
def _answers(ahead, stake, escape, reference, slack, time, effort, vigour):
    for i in range(ahead.size):
        effort[i] = 1.0
        if escape > 0.0 and not math.isnan(stake[i]):
            effort[i] = (max(stake[i], 0.0) / reference) ** escape
        vigour[i] = 1.0 - slack * (1.0 - math.exp(-ahead[i] / time))
