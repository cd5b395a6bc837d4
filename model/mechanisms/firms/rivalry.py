r"""Rivalry: how visible rivals, or their absence, change a lab's research.

A rival is visible as far as exchange lets its models through. Two effects follow, both contested:

*Escape competition* (Aghion, Bloom, Blundell, Griffith and Howitt 2005): research follows what a
step ahead would earn. By the logit of the market a lab's revenue rises with its quality in
proportion to

.. math:: \kappa_i = \frac{\sum_s r_{is}\,[(1 - s_{is}) + \lambda\, s_{is}\,(1 - m_s)]}
                         {\sum_s r_{is}},

Code: ``_stake``

r its revenue in a segment, s its share there, m the share of users who would use some model, λ the
nest: little where a lab is alone in the market. Effort, a factor on the research that a lab does
with its budget (``model/mechanisms/ai/budgets.py``), is :math:`(\kappa_i / \kappa_0)^e`.
Profits, which feed budgets, fall with rivals at the same time; whether research is highest at an
intermediate degree of competition (the inverted U) is a result, not a rule.

*Slack* (X-inefficiency; Leibenstein 1966): a lab loses a share of its research

.. math:: s\,(1 - e^{-lead_i / \tau})

Code: ``_respond``

with the lead in months over its nearest visible rival: the time since the lab released the
capability that the rival has released by now. At exchange x a rival abroad counts as
:math:`x\,lead + (1 - x)\,lead_{home}`. This is the only place of slack.

Limits: e = 0 and s = 0: rivals do not matter, to the bit; τ → 0: any lead costs all of s; no rival
has a model: the lead counts from the lab's own first model; a lab without revenue makes the
reference effort.
"""

from __future__ import annotations

import math

from model.core.kernels import helper, kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.state.codes import NOTHING
from model.state.fixed import Fixed
from model.state.state import State


class Rivalry(Mechanism):
    """How much rivals matter to labs' research."""

    escape: float = fact(
        0.3,
        "1",
        Uniform(0.0, 1.0),
        (0.0, 5.0),
        kind="contested",
        source="aghion_2005",
        claims="C14 C16",
    )
    """Elasticity e of a lab's research in the revenue that a step ahead would earn."""
    reference_stake: float = fact(0.88, "share", within=(0.01, 1.0), claims="C14")
    """Gain from a step ahead, over revenue, at which labs' research is that on record; mean over
    labs, weighted by budget, in the scenario without a ban."""
    slack: float = fact(
        0.1,
        "share",
        Uniform(0.0, 0.3),
        (0.0, 1.0),
        kind="contested",
        source="leibenstein_1966",
        claims="C15",
    )
    """Share of research lost to slack by a lab far ahead of all visible rivals."""
    slack_time: float = fact(12.0, "months", Uniform(6.0, 36.0), (0.01, 1000.0), claims="C15")
    """Lead over visible rivals at which a lab's slack reaches 63 % of its maximum."""


def rivalry(fixed: Fixed, state: State) -> None:
    """Work out how rivals change next month's research.

    Reads ``state.released_by_month``, ``blocs.exchange``, ``platforms.spending``, ``share``,
    ``segments.potential``. Writes ``labs.ahead``, ``stake``, ``effort``, ``vigour``.
    """
    labs, potential = state.labs.face, state.segments.potential
    _lead(state.month, state.blocs.exchange, state.released_by_month, labs)
    _stake(state.platforms.face, potential, fixed.shared.nest, labs)
    _respond(fixed.face(Rivalry), labs)


@helper
def since(released, now, i, level):
    """Return the months since lab ``i`` passed a level of capability; 0 if it did not."""
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
def _lead(now, exchange, released, labs):
    """Write each lab's lead over its nearest visible rival."""
    bloc, ahead = labs.bloc, labs.ahead
    for i in range(bloc.size):
        best = NOTHING  # the best that rivals at home have released
        for j in range(bloc.size):
            if j != i and bloc[j] == bloc[i] and released[now, j] > best:
                best = released[now, j]
        at_home = since(released, now, i, best)
        ahead[i] = at_home
        for j in range(bloc.size):
            seen = exchange[bloc[i], bloc[j]]
            if bloc[j] == bloc[i] or seen <= 0.0 or released[now, j] == NOTHING:
                continue
            if released[now, j] > best:  # else a rival at home is nearer
                lead = since(released, now, i, released[now, j])
                ahead[i] = min(ahead[i], seen * lead + (1.0 - seen) * at_home)


@kernel
def _stake(platforms, potential, nest, labs):
    """Write the share of each lab's revenue that a step ahead would add; nan without revenue."""
    # Lines of a lab stand together, in the order of labs.
    lab, share, spending = platforms.lab, platforms.share, platforms.spending
    first = 0
    for i in range(labs.stake.size):
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
        labs.stake[i] = gained / earned if earned > 0.0 else math.nan
        first = last


@kernel
def _respond(group, labs):
    """Write effort (escape from competition) and vigour (research left after slack)."""
    for i in range(labs.ahead.size):
        labs.effort[i] = 1.0
        stake = labs.stake[i]
        if group.escape > 0.0 and not math.isnan(stake):
            labs.effort[i] = (max(stake, 0.0) / group.reference_stake) ** group.escape
        labs.vigour[i] = 1.0 - group.slack * (1.0 - math.exp(-labs.ahead[i] / group.slack_time))
