r"""Purchases: what each buyer asks for, chip by chip and route by route.

**Choice.** With e the effective performance per dollar, spending splits as :math:`e_j^a / \sum_k
e_k^a` (the logit of log e). A part of each purse is tied to the leading vendor by its software;
the rest compares all vendors. Between imports and domestic chips it splits by
:math:`1 / (1 + (\bar e_{import} / e_{dom})^a)`.

**Under a rule** a buyer first asks for what it would buy without one. What is free it gets; what
is barred (or the part that a licence withholds) is *unmet*. Of the unmet demand of the purse that
the buyer would have without any rule (so that money which waits is not served over and over)

* traders serve :math:`\phi = porosity \cdot pays \cdot w`: *pays* is the share of traders whose
  costs (exponential) lie below what is left, after seizures and penalty, of the premium that the
  buyer pays; w falls where the best legal choice is better than the best diverted one,
  :math:`w = \min(1, (e_{diverted} / e_{legal})^a)`;
* data centres abroad rent out a share of the rest, at a margin, for as long as the chips last;
* what remains goes to legal chips, degraded and domestic ones among them; a buyer without any
  keeps the money.

**Buying ahead.** Of a bar known before it takes effect, buyers bring purchases forward on credit,
a number of months' means over the months left, and pay back out of later means.

**Caps** of licences: where less is left than what would be asked for without the cap, buyers do a
share of what they would do without it, and for the rest what they would do under a bar.

Money that cannot be spent waits, and a share of it each month goes to other uses.

Limits: nothing barred: the choice without rules, to the bit. Porosity 1, no premium, cost, seizure
or degraded chips: no ban, but for orders that a rule cancels on their way. No legal choice, trader
or rent: money waits.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.parameter import Mechanism, Uniform, fact
from model.mechanisms.chips import orders_kernels, purchases_kernels
from model.state.fixed import Fixed
from model.state.state import State


class Purchases(Mechanism):
    """How buyers choose, buy ahead, and buy around rules."""

    choice_elasticity: float = fact(4.0, "1", Uniform(2.0, 8.0), (0.0, 50.0))
    """How sharply spending turns to the chip with more performance per dollar."""
    portable: float = fact(0.1, "share", Uniform(0.03, 0.4), (0.0, 1.0), claims="C2")
    """Share of spending that is not tied to the software of the leading vendor."""
    software: float = fact(0.5, "share", Uniform(0.3, 0.9), (0.01, 1.0), claims="C2")
    """Performance that programs reach on other vendors' chips, over the leading vendor's."""
    premium: float = fact(
        0.5,
        "share",
        Uniform(0.2, 1.5),
        (0.0, 10.0),
        kind="estimated",
        under_rules=True,
        source="ft_2025",
        claims="C11",
    )
    """What a diverted chip costs above its price."""
    intermediary_cost: float = fact(
        0.15, "share", Uniform(0.05, 0.4), (0.0, 10.0), under_rules=True, claims="C11"
    )
    """Mean cost of a trader (exponential over traders), over the price of the chip."""
    penalty: float = fact(1.0, "1", Uniform(0.0, 4.0), (0.0, 100.0), under_rules=True, claims="C11")
    """Fine for a seized chip over its price."""
    rent_margin: float = fact(
        0.3, "share", Uniform(0.1, 1.0), (0.0, 10.0), under_rules=True, claims="C11"
    )
    """What a chip in a data centre abroad costs above a chip at home."""
    stockpile: float = fact(
        3.0,
        "months",
        Uniform(1.0, 12.0),
        (0.0, 60.0),
        kind="estimated",
        under_rules=True,
        source="press_stockpiles",
        claims="C10",
    )
    """Means for chips that are brought forward before a bar; 3 fits the sales of 2023, the press
    says 3 to 12."""
    repayment: float = fact(
        0.4, "share", Uniform(0.1, 0.8), (0.0, 1.0), under_rules=True, claims="C10"
    )
    """Share of later means that repays what was brought forward."""

    idle_loss: float = fact(0.05, "share/month", Uniform(0.0, 0.15), (0.0, 1.0), claims="C10")
    """Share of money for chips that could not be spent and goes to other uses."""


def traders_paid(premium: float, cost: float, penalty: float, seized: float) -> float:
    """Return the share of traders to whom diverting a chip pays.

    A trader with cost k, a share of the price, gains (1 - seized)·(1 + premium) - 1 -
    seized·penalty - k; costs are exponential with mean ``cost``.
    """
    left = (1.0 - seized) * (1.0 + premium) - 1.0 - seized * penalty
    if left < 0.0 or (left == 0.0 and cost > 0.0):
        return 0.0
    return 1.0 if cost == 0.0 else 1.0 - math.exp(-left / cost)


def purchases(fixed: Fixed, state: State) -> None:
    """Write what every buyer asks for this month.

    Reads ``market``, ``supply.markup``, systems knowledge, ``buyers.cash``, ``grant``. Writes
    ``buyers.want``, ``skill``, ``cash``, ``debt``, ``vendors.orders``,
    ``chips.best_link``.
    """
    t = state.month
    labs, chips, buyers = state.labs, state.chips, state.buyers
    purchases_kernels.best_link(
        t,
        chips.available,
        chips.withdrawn,
        chips.variant,
        chips.home,
        chips.link,
        chips.best_link,
    )
    purchases_kernels.skill(
        labs.bloc,
        labs.member[:, 1],
        state.firms.active[labs.firm],
        state.knowledge[1].level,
        state.blocs.weights,
        buyers.bloc,
        buyers.skill,
    )
    caps, table = state.caps, state.supply
    chips.ruled[:] = chips.granted[t]
    before = buyers.cash.copy(), buyers.debt.copy()
    _ask(fixed, state)
    if not (caps.start <= t).any():
        return
    orders_kernels.allow(t, caps.measure, caps.pace, caps.start, caps.allowed)
    share = np.ones(chips.ruled.shape[1])
    orders_kernels.permit(
        t,
        caps.start,
        caps.measure,
        chips.cap[t],
        chips.tpp,
        buyers.destination,
        caps.allowed,
        caps.used,
        buyers.want,
        chips.granted[t],
        chips.ruled,
        share,
    )
    if (share < 1.0).any():
        free = buyers.want.copy(), buyers.cash.copy(), buyers.debt.copy()
        buyers.cash[:], buyers.debt[:] = before
        _ask(fixed, state)
        orders_kernels.mix(
            share,
            buyers.destination,
            chips.vendor,
            chips.family,
            table.price,
            *free,
            buyers.want,
            buyers.cash,
            buyers.debt,
            state.vendors.orders,
        )


def _ask(fixed: Fixed, state: State) -> None:
    group, shared, t = fixed.of(Purchases), fixed.shared, state.month
    chips, buyers, table = state.chips, state.buyers, state.supply
    pays = traders_paid(group.premium, group.intermediary_cost, group.penalty, shared.enforcement)
    purchases_kernels.choose(
        t,
        buyers.bloc,
        buyers.destination,
        buyers.skill,
        buyers.grant,
        state.listed[t],
        chips.tflops,
        chips.link,
        chips.price,
        chips.software,
        chips.leading,
        chips.maker,
        chips.variant,
        chips.home,
        chips.available,
        chips.withdrawn,
        chips.family,
        chips.vendor,
        table.markup,
        table.price,
        chips.open_to,
        chips.ruled,
        chips.fee[t],
        chips.refused[t],
        chips.offered,
        chips.ahead[t],
        chips.best_link[0],
        shared.link_penalty,
        shared.link_scale,
        buyers.overhead,
        group.choice_elasticity,
        group.portable,
        shared.porosity * pays,
        group.premium,
        shared.rent_abroad,
        group.rent_margin,
        group.stockpile if shared.stockpiling else 0.0,
        group.repayment,
        np.zeros((4, chips.price.size)),
        buyers.free_cash,
        buyers.cash,
        buyers.debt,
        buyers.want,
        state.vendors.orders,
    )
