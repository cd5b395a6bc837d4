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

from model import orders
from model.compiled import helper, kernel
from model.facts import Mechanism, Uniform, fact
from model.machines import link_factor, unit_cost
from model.world import State


class Purchases(Mechanism):
    """How buyers choose, buy ahead, and buy around rules."""

    choice_elasticity: float = fact(
        4.0,
        unit="1",
        kind="assumed",
        prior=Uniform(2.0, 8.0),
        low=0.0,
        high=50.0,
        source="own",
        doc="how sharply spending turns to the chip with more performance per dollar",
    )
    portable: float = fact(
        0.1,
        unit="share",
        kind="assumed",
        prior=Uniform(0.03, 0.4),
        low=0.0,
        high=1.0,
        claims=("C2",),
        source="own",
        doc="share of spending that is not tied to the software of the leading vendor",
    )
    software: float = fact(
        0.5,
        unit="share",
        kind="assumed",
        prior=Uniform(0.3, 0.9),
        low=0.01,
        high=1.0,
        claims=("C2",),
        source="own",
        doc="performance that programs reach on other vendors' chips, over the leading vendor's",
    )
    premium: float = fact(
        0.5,
        unit="share",
        kind="estimated",
        prior=Uniform(0.2, 1.5),
        low=0.0,
        high=10.0,
        claims=("C11",),
        source="ft_2025",
        doc="what a diverted chip costs above its price",
        under_rules=True,
    )
    trader_cost: float = fact(
        0.15,
        unit="share",
        kind="assumed",
        prior=Uniform(0.05, 0.4),
        low=0.0,
        high=10.0,
        claims=("C11",),
        source="own",
        doc="mean cost of a trader (exponential over traders), over the price of the chip",
        under_rules=True,
    )
    penalty: float = fact(
        1.0,
        unit="1",
        kind="assumed",
        prior=Uniform(0.0, 4.0),
        low=0.0,
        high=100.0,
        claims=("C11",),
        source="own",
        doc="fine for a seized chip over its price",
        under_rules=True,
    )
    rent_margin: float = fact(
        0.3,
        unit="share",
        kind="assumed",
        prior=Uniform(0.1, 1.0),
        low=0.0,
        high=10.0,
        claims=("C11",),
        source="own",
        doc="what a chip in a data centre abroad costs above a chip at home",
        under_rules=True,
    )
    stockpile: float = fact(
        3.0,
        unit="months",
        kind="estimated",
        prior=Uniform(1.0, 12.0),
        low=0.0,
        high=60.0,
        claims=("C10",),
        source="press_stockpiles",
        doc="means for chips that are brought forward before a bar; 3 fits the sales of 2023, the "
        "press says 3 to 12",
        under_rules=True,
    )
    repayment: float = fact(
        0.4,
        unit="share",
        kind="assumed",
        prior=Uniform(0.1, 0.8),
        low=0.0,
        high=1.0,
        claims=("C10",),
        source="own",
        doc="share of later means that repays what was brought forward",
        under_rules=True,
    )

    idle_loss: float = fact(
        0.05,
        unit="share/month",
        kind="assumed",
        prior=Uniform(0.0, 0.15),
        low=0.0,
        high=1.0,
        claims=("C10",),
        source="own",
        doc="share of money for chips that could not be spent and goes to other uses",
    )


def traders_paid(premium: float, cost: float, penalty: float, seized: float) -> float:
    """Return the share of traders to whom diverting a chip pays.

    A trader with cost k, a share of the price, gains (1 - seized)·(1 + premium) - 1 -
    seized·penalty - k; costs are exponential with mean ``cost``.
    """
    left = (1.0 - seized) * (1.0 + premium) - 1.0 - seized * penalty
    if left < 0.0 or (left == 0.0 and cost > 0.0):
        return 0.0
    return 1.0 if cost == 0.0 else 1.0 - math.exp(-left / cost)


def purchases(state: State) -> None:
    """Write what every buyer asks for this month.

    Reads ``market``, ``supply.markup``, systems knowledge, ``buyers.cash``, ``grant``. Writes
    ``buyers.want``, ``skill``, ``cash``, ``debt``, ``vendors.orders``,
    ``market.best_link``.
    """
    t = state.month
    labs, market, buyers = state.labs, state.market, state.buyers
    _best_link(t, market.available, market.withdrawn, market.variant, market.home, market.link,
               market.best_link)  # fmt: skip
    _skill(
        labs.bloc,
        labs.member[:, 1],
        state.firms.active[labs.firm],
        state.knowledge[1].level,
        state.blocs.weights,
        buyers.bloc,
        buyers.skill,
    )
    caps, table = state.caps, state.supply
    market.ruled[:] = market.granted[t]
    before = buyers.cash.copy(), buyers.debt.copy()
    _ask(state)
    if not (caps.start <= t).any():
        return
    orders.allow(t, caps.measure, caps.pace, caps.start, caps.allowed)
    share = np.ones(market.ruled.shape[1])
    orders.permit(t, caps.start, caps.measure, market.cap[t], market.tpp, buyers.destination,
                  caps.allowed, caps.used, buyers.want, market.granted[t], market.ruled,
                  share)  # fmt: skip
    if (share < 1.0).any():
        free = buyers.want.copy(), buyers.cash.copy(), buyers.debt.copy()
        buyers.cash[:], buyers.debt[:] = before
        _ask(state)
        orders.mix(share, buyers.destination, market.vendor, market.family, table.price, *free,
                   buyers.want, buyers.cash, buyers.debt, state.vendors.orders)  # fmt: skip


def _ask(state: State) -> None:
    group, controls, t = state.parameters.purchases, state.parameters.controls, state.month
    market, buyers, table = state.market, state.buyers, state.supply
    pays = traders_paid(group.premium, group.trader_cost, group.penalty, controls.enforcement)
    _choose(
        t,
        buyers.bloc,
        buyers.destination,
        buyers.skill,
        buyers.grant,
        state.listed[t],
        market.tflops,
        market.link,
        market.price,
        market.software,
        market.leading,
        market.maker,
        market.variant,
        market.home,
        market.available,
        market.withdrawn,
        market.family,
        market.vendor,
        table.markup,
        table.price,
        market.open_to,
        market.ruled,
        market.fee[t],
        market.refused[t],
        market.offered,
        market.ahead[t],
        market.best_link[0],
        state.parameters.chips.link_penalty,
        state.parameters.chips.link_scale,
        state.parameters.chips.overhead,
        group.choice_elasticity,
        group.portable,
        controls.porosity * pays,
        group.premium,
        controls.rent_abroad,
        group.rent_margin,
        group.stockpile if controls.stockpiling else 0.0,
        group.repayment,
        np.zeros((4, market.price.size)),
        buyers.free_cash,
        buyers.cash,
        buyers.debt,
        buyers.want,
        state.vendors.orders,
    )


@kernel
def _best_link(month, available, withdrawn, variant, home, link, best):
    best[0] = 0.0
    for c in range(link.size):
        world = not variant[c] and home[c] < 0
        if world and available[c] <= month < withdrawn[c] and link[c] > best[0]:
            best[0] = link[c]


@kernel
def _skill(lab_bloc, lab_member, active, level, number, bloc, skill):
    # A lab runs its chips as well as it knows how; clouds as the labs of their bloc on average.
    number[:] = 0.0
    labs = lab_bloc.size
    for i in range(labs, bloc.size):
        skill[i] = 0.0
    for i in range(labs):
        skill[i] = level[lab_member[i]]
        if active[i]:
            number[lab_bloc[i]] += 1.0
    for j in range(labs, bloc.size):
        for i in range(labs):
            if active[i] and lab_bloc[i] == bloc[j]:
                skill[j] += skill[i] / number[bloc[j]]


@helper
def _split(worth, leading, elasticity, portable, share):
    # Spending shares by worth (zero: cannot be had); returns the mean worth, 0 if there is none.
    best = 0.0
    for c in range(worth.size):
        best = max(best, worth[c])
    if best <= 0.0:
        return 0.0
    tied, free = 0.0, 0.0
    for c in range(worth.size):
        share[c] = (worth[c] / best) ** elasticity if worth[c] > 0.0 else 0.0
        free += share[c]
        if leading[c]:
            tied += share[c]
    mean = 0.0
    for c in range(worth.size):
        here = share[c] / free
        if tied > 0.0:
            here = portable * here + ((1.0 - portable) * share[c] / tied if leading[c] else 0.0)
        share[c] = here
        mean += here * worth[c]
    return mean


@helper
def _domestic_share(imports, at_home, elasticity):
    if at_home <= 0.0:
        return 0.0
    return 1.0 / (1.0 + (imports / at_home) ** elasticity)


@helper
def _willing(barred, legal, elasticity):
    # Who has a better legal choice leaves the barred chip alone.
    return (barred / legal) ** elasticity if barred < legal else 1.0


@kernel
def _choose(
    month, bloc, destination, skill, grant, listed,
    tflops, link, price, software, leading, maker, variant, home, available, withdrawn, family,
    vendor, markup, family_price, open_to, granted, fee, refused, offered, ahead,
    best_link, penalty, link_scale, overhead, elasticity, portable,
    traders, premium, rent, rent_margin, stockpile, repayment, scratch,
    free_cash, cash, debt, want, asked_of,
):  # fmt: skip
    asked_of[:] = 0.0
    worth, share, legal_worth, legal_share = scratch[0], scratch[1], scratch[2], scratch[3]
    for i in range(bloc.size):
        b, d = bloc[i], destination[i]
        domestic = -1
        bound = False
        ahead_now = False
        for c in range(price.size):
            for r in range(want.shape[2]):
                want[i, c, r] = 0.0
            worth[c] = legal_worth[c] = 0.0
            if not (open_to[c, b] and available[c] <= month < withdrawn[c]):
                continue
            factor = software[c]
            if home[c] < 0:  # domestic chips are measured in what they do
                factor *= link_factor(link[c], best_link, penalty, link_scale, skill[i])
            rate = tflops[c] * factor * overhead / price[c]
            per = rate / (markup[family[c]] + overhead - 1.0)
            if home[c] >= 0:
                if home[c] == b:
                    domestic = c
                    legal_worth[c] = per
                continue
            if ahead[c, d] > 0.0:
                ahead_now = True
            if not variant[c]:
                worth[c] = per
                bound = bound or granted[c, d] < 1.0 or fee[c, d] > 0.0 or refused[c, d]
                bound = bound or listed[i, maker[c]]
            part = granted[c, d]  # of what is licensed in part that part is all there is
            open_here = offered[c, d] and not refused[c, d] and not listed[i, maker[c]]
            if open_here and (part >= 1.0 or (variant[c] and part > 0.0)):
                at = markup[family[c]] * (1.0 + fee[c, d]) + overhead - 1.0
                legal_worth[c] = rate / at * part
        if debt[i] > 0.0 and not ahead_now:
            back = min(debt[i], repayment * grant[i], cash[i])
            debt[i] -= back
            cash[i] -= back
        purse = cash[i]
        if purse <= 0.0 and free_cash[i] <= 0.0:
            continue
        at_home = 0.0
        if domestic >= 0:
            at_home = legal_worth[domestic]
            legal_worth[domestic] = 0.0
        mean = _split(worth, leading, elasticity, portable, share)
        if mean > 0.0:
            own = _domestic_share(mean, at_home, elasticity)
            unmet = 0.0
            # Domestic chips have had their share already.
            best_legal, best_diverted, best_rented = 0.0, 0.0, 0.0
            for c in range(price.size):
                best_legal = max(best_legal, legal_worth[c])
                if worth[c] > 0.0 and (granted[c, d] < 1.0 or listed[i, maker[c]]):
                    base = markup[family[c]] + overhead - 1.0
                    bought = worth[c] * base / (base + markup[family[c]] * premium)
                    best_diverted = max(best_diverted, bought)
                    best_rented = max(best_rented, worth[c] / (1.0 + rent_margin))
            served = traders * _willing(best_diverted, best_legal, elasticity)
            rented = rent * _willing(best_rented, best_legal, elasticity)
            for c in range(price.size):
                if worth[c] <= 0.0:
                    continue
                asked = purse * (1.0 - own) * share[c]
                want[i, c, 4] = free_cash[i] * (1.0 - own) * share[c]
                if not bound:
                    want[i, c, 0] = asked
                    continue
                part = granted[c, d]
                if refused[c, d] or listed[i, maker[c]]:
                    part = 0.0
                fresh = min(asked, want[i, c, 4])
                want[i, c, 0] = asked if part >= 1.0 else part * fresh
                left = asked - want[i, c, 0]
                if left > 0.0 and not refused[c, d]:
                    fresh *= 1.0 - part
                    want[i, c, 2] = served * fresh
                    want[i, c, 3] = rented * (fresh - want[i, c, 2])
                    left -= want[i, c, 2] + want[i, c, 3]
                unmet += left
            if domestic >= 0:
                want[i, domestic, 0] = purse * own
                want[i, domestic, 4] = free_cash[i] * own
            if unmet > 0.0:
                mean = _split(legal_worth, leading, elasticity, portable, legal_share)
                own = 0.0
                if mean > 0.0:
                    own = _domestic_share(mean, at_home, elasticity)
                elif at_home > 0.0:
                    own = 1.0
                for c in range(price.size):
                    if mean > 0.0 and legal_worth[c] > 0.0:
                        want[i, c, 0] += unmet * (1.0 - own) * legal_share[c] * granted[c, d]
                if domestic >= 0:
                    want[i, domestic, 0] += unmet * own
        elif domestic >= 0 and at_home > 0.0:
            want[i, domestic, 0] = purse
            want[i, domestic, 4] = free_cash[i]
        if ahead_now and stockpile > 0.0 and purse > 0.0:
            room = max(0.0, stockpile * grant[i] - debt[i])
            brought = 0.0
            for c in range(price.size):
                if ahead[c, d] > 0.0 and want[i, c, 0] > 0.0:
                    more = stockpile * grant[i] * ahead[c, d] * want[i, c, 0] / purse
                    want[i, c, 1] = min(more, room - brought)
                    brought += want[i, c, 1]
            debt[i] += brought
            cash[i] += brought
        for c in range(price.size):
            for r in range(want.shape[2]):
                money = want[i, c, r]
                if money > 0.0:
                    f = family[c]
                    want[i, c, r] = money / unit_cost(
                        price[c], markup[f], fee[c, d] if r < 2 else 0.0,
                        premium if r == 2 else 0.0, rent_margin if r == 3 else 0.0, overhead,
                    )  # fmt: skip
                    if vendor[c] >= 0 and r < 4:
                        asked_of[vendor[c]] += want[i, c, r] * family_price[f]
