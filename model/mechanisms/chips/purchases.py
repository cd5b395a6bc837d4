r"""Purchases: how each buyer divides its chip budget among chips, under rules and around them.

**Choice.** With e the effective performance per dollar, spending splits as :math:`e_j^a / \sum_k
e_k^a` (the logit of log e). A part of each budget is tied to the leading vendor by its software;
the rest compares all vendors. Between imports and domestic chips it splits by
:math:`1 / (1 + (\bar e_{import} / e_{dom})^a)`.

**Under a rule** a buyer first asks for what it would buy without one. It gets what is free; demand
for what is barred (or for the part that a licence withholds) is *unmet*. Of the unmet demand out
of the budget that the buyer would have without any rule (so that unspent money is not served over
and over)

* intermediaries serve :math:`\phi = porosity \cdot pays \cdot w`: *pays* is the share of
  intermediaries whose costs (exponential) lie below what seizures and penalties leave of the
  premium that the buyer pays; w falls where the best legal choice is better than the best diverted
  one, :math:`w = \min(1, (e_{diverted} / e_{legal})^a)`;
* data centres abroad rent out a share of the rest, at a margin, for as long as the chips last;
* the remaining demand turns to legal chips, export versions and domestic ones among them; a buyer
  without any legal choice keeps the money.

**Buying ahead.** Before a bar that is known in advance, buyers bring purchases forward on credit:
a number of months' budgets, spread over the months left. They repay out of later budgets.

**Caps** of licences: where less is left than the demand without the cap, buyers do a share of what
they would do without the cap, and for the rest what they would do under a bar.

Unspent money waits, and each month a share of it goes to other uses.

Limits: nothing barred: the choice without rules, to the bit. Porosity 1, no premium, cost, seizure
or export versions: no ban, but for orders that a rule cancels on their way. No legal choice,
intermediary or rent: money waits.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import helper, kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.mechanisms.chips import orders_kernels
from model.mechanisms.chips.chip_cost import link_factor, unit_cost
from model.state.codes import AHEAD, BOUGHT, DIVERTED, RENTED, SYSTEMS, UNBOUND
from model.state.fixed import Fixed
from model.state.state import State


class Purchases(Mechanism):
    """How buyers choose chips, buy ahead, and buy around rules."""

    choice_elasticity: float = fact(4.0, "1", Uniform(2.0, 8.0), (0.0, 50.0))
    """Elasticity of relative spending on two chips to their relative performance per dollar."""
    portable: float = fact(0.1, "share", Uniform(0.03, 0.4), (0.0, 1.0), claims="C2")
    """Share of spending on chips that is not tied to the leading vendor's software."""
    software: float = fact(0.5, "share", Uniform(0.3, 0.9), (0.01, 1.0), claims="C2")
    """Share of peak performance that programs reach on other vendors' chips, relative to the
    leading vendor's chips."""
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
    """Premium on a diverted chip, as a share of its ordinary price."""
    intermediary_cost: float = fact(
        0.15, "share", Uniform(0.05, 0.4), (0.0, 10.0), under_rules=True, claims="C11"
    )
    """Mean cost of diverting a chip, as a share of its price; costs are exponentially distributed
    over intermediaries."""
    penalty: float = fact(1.0, "1", Uniform(0.0, 4.0), (0.0, 100.0), under_rules=True, claims="C11")
    """Fine on an intermediary for a seized chip, as a multiple of the chip's price."""
    rent_margin: float = fact(
        0.3, "share", Uniform(0.1, 1.0), (0.0, 10.0), under_rules=True, claims="C11"
    )
    """Margin on a chip rented in a data centre abroad, over the cost of a chip at work at home."""
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
    """Months of chip budgets that buyers bring forward before an announced bar; 3 fits the sales
    of 2023, press reports say 3 to 12."""
    repayment: float = fact(
        0.4, "share", Uniform(0.1, 0.8), (0.0, 1.0), under_rules=True, claims="C10"
    )
    """Share of later chip budgets that repays purchases brought forward."""

    idle_loss: float = fact(0.05, "share/month", Uniform(0.0, 0.15), (0.0, 1.0), claims="C10")
    """Share of unspent chip budgets that goes to other uses each month."""


def share_that_diverts(premium: float, cost: float, penalty: float, seized: float) -> float:
    """Return the share of intermediaries for whom diverting a chip pays.

    An intermediary with cost k, a share of the price, gains (1 - seized)·(1 + premium) - 1 -
    seized·penalty - k; costs are exponential with mean ``cost``.
    """
    left = (1.0 - seized) * (1.0 + premium) - 1.0 - seized * penalty
    if left < 0.0 or (left == 0.0 and cost > 0.0):
        return 0.0
    return 1.0 if cost == 0.0 else 1.0 - math.exp(-left / cost)


def purchases(fixed: Fixed, state: State) -> None:
    """Write what every buyer asks for this month.

    Reads ``chips``, ``supply.markup``, ``supply.price``, ``state.listed``, systems knowledge,
    ``buyers.grant``. Writes ``buyers.want``, ``skill``, ``cash``, ``debt``, ``caps.allowed``,
    ``vendors.orders``, ``chips.best_link``, ``chips.ruled``.
    """
    month, chips, buyers, caps = state.month, state.chips, state.buyers, state.caps
    _find_best_link(month, chips.face)
    systems = state.knowledge[SYSTEMS].face
    _pass_on_skill(len(fixed.inputs.blocs), state.labs.face, state.firms.face, systems, buyers.face)
    chips.ruled[:] = chips.granted[month]
    before = buyers.cash.copy(), buyers.debt.copy()
    _ask(fixed, state)
    if not (caps.start <= month).any():
        return
    orders_kernels.accrue_allowances(month, caps.face)
    share = np.ones(chips.ruled.shape[1])
    orders_kernels.apply_caps(month, caps.face, buyers.face, chips.face, share)
    if (share < 1.0).any():
        uncapped = orders_kernels.Uncapped(
            buyers.want.copy(), buyers.cash.copy(), buyers.debt.copy()
        )
        buyers.cash[:], buyers.debt[:] = before
        _ask(fixed, state)
        vendors = state.vendors.face
        orders_kernels.mix_demand(
            share, uncapped, chips.face, state.supply.face, vendors, buyers.face
        )


def _ask(fixed: Fixed, state: State) -> None:
    group, shared = fixed.of(Purchases), fixed.shared
    diverting = share_that_diverts(
        group.premium, group.intermediary_cost, group.penalty, shared.enforcement
    )
    _ask_for_chips(
        state.month,
        state.listed,
        shared.porosity * diverting,
        fixed.face(Purchases),
        shared,
        state.chips.face,
        state.supply.face,
        state.vendors.face,
        state.buyers.face,
    )


@kernel
def _find_best_link(month, chips):
    """Write the bandwidth of the best links on the world market."""
    best, link = chips.best_link, chips.link
    best[0] = 0.0
    for c in range(link.size):
        world = not chips.variant[c] and chips.home[c] < 0
        if world and chips.available[c] <= month < chips.withdrawn[c] and link[c] > best[0]:
            best[0] = link[c]


@kernel
def _pass_on_skill(blocs, labs, firms, systems, buyers):
    """Write the systems ideas that buyers run chips with: each lab's own, the labs' mean else."""
    skill, number = buyers.skill, np.zeros(blocs)
    count = labs.firm.size
    for i in range(count, buyers.bloc.size):
        skill[i] = 0.0
    for i in range(count):
        skill[i] = systems.level[labs.member[i, SYSTEMS]]
        if firms.active[labs.firm[i]]:
            number[labs.bloc[i]] += 1.0
    for j in range(count, buyers.bloc.size):
        for i in range(count):
            if firms.active[labs.firm[i]] and labs.bloc[i] == buyers.bloc[j]:
                skill[j] += skill[i] / number[buyers.bloc[j]]


@helper
def _split_spending(worth, leading, elasticity, portable, share):
    """Write spending shares by worth (zero: cannot be had); return mean worth, 0 if none."""
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
    """Return the share of spending on domestic chips, by mean worth."""
    if at_home <= 0.0:
        return 0.0
    return 1.0 / (1.0 + (imports / at_home) ** elasticity)


@helper
def _willing(barred, legal, elasticity):
    """Return the share of buyers for whom a barred chip is worth the detour."""
    return (barred / legal) ** elasticity if barred < legal else 1.0


@helper
def _compare(i, month, listed, shared, chips, supply, buyers, worth, legal_worth):
    """Write performance per dollar of every chip as if no rule bound, and of every legal choice.

    Returns the row of the domestic chip (-1: none), whether any rule binds the buyer, and whether
    a bar to come can be bought ahead of.
    """
    b, d = buyers.bloc[i], buyers.destination[i]
    skill, overhead = buyers.skill[i], buyers.overhead[i]
    home, link, maker, variant = chips.home, chips.link, chips.maker, chips.variant
    granted, fee, refused, offered = chips.ruled, chips.fee, chips.refused, chips.offered
    open_to, available, withdrawn = chips.open_to, chips.available, chips.withdrawn
    family, markup, ahead = chips.family, supply.markup, chips.ahead
    tflops, price, software, best = chips.tflops, chips.price, chips.software, chips.best_link[0]
    domestic, bound, ahead_now = -1, False, False
    for c in range(worth.size):
        worth[c] = legal_worth[c] = 0.0
        if not (open_to[c, b] and available[c] <= month < withdrawn[c]):
            continue
        factor = software[c]
        if home[c] < 0:  # domestic chips are counted by effective performance
            factor *= link_factor(link[c], best, shared.link_penalty, shared.link_scale, skill)
        rate = tflops[c] * factor * overhead / price[c]
        per = rate / (markup[family[c]] + overhead - 1.0)
        if home[c] >= 0:
            if home[c] == b:
                domestic = c
                legal_worth[c] = per
            continue
        if ahead[month, c, d] > 0.0:
            ahead_now = True
        kept_off = listed[month, i, maker[c]]
        if not variant[c]:
            worth[c] = per
            bound = bound or granted[c, d] < 1.0
            bound = bound or fee[month, c, d] > 0.0 or refused[month, c, d] or kept_off
        part = granted[c, d]  # a licence in part grants no more than its part
        open_here = offered[c, d] and not refused[month, c, d] and not kept_off
        if open_here and (part >= 1.0 or (variant[c] and part > 0.0)):
            at = markup[family[c]] * (1.0 + fee[month, c, d]) + overhead - 1.0
            legal_worth[c] = rate / at * part
    return domestic, bound, ahead_now


@helper
def _best_ways(i, month, listed, group, chips, supply, buyers, worth, legal_worth):
    """Return performance per dollar of the best legal, diverted and rented chip."""
    # Domestic chips are left out: they have their share of spending already.
    d, overhead = buyers.destination[i], buyers.overhead[i]
    legal, diverted, rented = 0.0, 0.0, 0.0
    for c in range(worth.size):
        legal = max(legal, legal_worth[c])
        if worth[c] > 0.0 and (chips.ruled[c, d] < 1.0 or listed[month, i, chips.maker[c]]):
            markup = supply.markup[chips.family[c]]
            base = markup + overhead - 1.0
            bought = worth[c] * base / (base + markup * group.premium)
            diverted = max(diverted, bought)
            rented = max(rented, worth[c] / (1.0 + group.rent_margin))
    return legal, diverted, rented


@helper
def _buy_ahead(i, month, budget, stockpile, chips, buyers):
    """Bring purchases forward on credit, before bars that are known."""
    d, want, grant, ahead = buyers.destination[i], buyers.want, buyers.grant, chips.ahead
    room = max(0.0, stockpile * grant[i] - buyers.debt[i])
    brought = 0.0
    for c in range(chips.price.size):
        if ahead[month, c, d] > 0.0 and want[i, c, BOUGHT] > 0.0:
            more = stockpile * grant[i] * ahead[month, c, d] * want[i, c, BOUGHT] / budget
            want[i, c, AHEAD] = min(more, room - brought)
            brought += want[i, c, AHEAD]
    buyers.debt[i] += brought
    buyers.cash[i] += brought


@helper
def _count_chips(i, month, group, chips, supply, vendors, buyers):
    """Turn money asked for into chips, by what a chip at work costs on each route."""
    d, overhead, want, vendor = buyers.destination[i], buyers.overhead[i], buyers.want, chips.vendor
    for c in range(chips.price.size):
        for r in range(want.shape[2]):
            money = want[i, c, r]
            if money > 0.0:
                f = chips.family[c]
                fee = chips.fee[month, c, d] if r <= AHEAD else 0.0
                premium = group.premium if r == DIVERTED else 0.0
                margin = group.rent_margin if r == RENTED else 0.0
                want[i, c, r] = money / unit_cost(
                    chips.price[c], supply.markup[f], fee, premium, margin, overhead
                )
                if vendor[c] >= 0 and r < UNBOUND:
                    vendors.orders[vendor[c]] += want[i, c, r] * supply.price[f]


@kernel
def _ask_for_chips(month, listed, diverting, group, shared, chips, supply, vendors, buyers):
    """Write what every buyer asks for, chip by chip and route by route."""
    elasticity, portable, leading = group.choice_elasticity, group.portable, chips.leading
    granted, refused, want = chips.ruled, chips.refused, buyers.want
    cash, free_cash, debt = buyers.cash, buyers.free_cash, buyers.debt
    stockpile = group.stockpile if shared.stockpiling else 0.0
    number = chips.price.size
    worth, share = np.zeros(number), np.zeros(number)
    legal_worth, legal_share = np.zeros(number), np.zeros(number)
    vendors.orders[:] = 0.0
    want[:] = 0.0
    for i in range(buyers.bloc.size):
        d = buyers.destination[i]
        domestic, bound, ahead_now = _compare(
            i, month, listed, shared, chips, supply, buyers, worth, legal_worth
        )
        if debt[i] > 0.0 and not ahead_now:
            back = min(debt[i], group.repayment * buyers.grant[i], cash[i])
            debt[i] -= back
            cash[i] -= back
        budget = cash[i]
        if budget <= 0.0 and free_cash[i] <= 0.0:
            continue
        at_home = 0.0
        if domestic >= 0:
            at_home = legal_worth[domestic]
            legal_worth[domestic] = 0.0
        mean = _split_spending(worth, leading, elasticity, portable, share)
        if mean > 0.0:
            own = _domestic_share(mean, at_home, elasticity)
            unmet = 0.0
            best_legal, best_diverted, best_rented = _best_ways(
                i, month, listed, group, chips, supply, buyers, worth, legal_worth
            )
            served = diverting * _willing(best_diverted, best_legal, elasticity)
            rented = shared.rent_abroad * _willing(best_rented, best_legal, elasticity)
            for c in range(worth.size):
                if worth[c] <= 0.0:
                    continue
                asked = budget * (1.0 - own) * share[c]
                want[i, c, UNBOUND] = free_cash[i] * (1.0 - own) * share[c]
                if not bound:
                    want[i, c, BOUGHT] = asked
                    continue
                part = granted[c, d]
                if refused[month, c, d] or listed[month, i, chips.maker[c]]:
                    part = 0.0
                fresh = min(asked, want[i, c, UNBOUND])
                want[i, c, BOUGHT] = asked if part >= 1.0 else part * fresh
                left = asked - want[i, c, BOUGHT]
                if left > 0.0 and not refused[month, c, d]:
                    fresh *= 1.0 - part
                    want[i, c, DIVERTED] = served * fresh
                    want[i, c, RENTED] = rented * (fresh - want[i, c, DIVERTED])
                    left -= want[i, c, DIVERTED] + want[i, c, RENTED]
                unmet += left
            if domestic >= 0:
                want[i, domestic, BOUGHT] = budget * own
                want[i, domestic, UNBOUND] = free_cash[i] * own
            if unmet > 0.0:
                mean = _split_spending(legal_worth, leading, elasticity, portable, legal_share)
                own = 0.0
                if mean > 0.0:
                    own = _domestic_share(mean, at_home, elasticity)
                elif at_home > 0.0:
                    own = 1.0
                for c in range(worth.size):
                    if mean > 0.0 and legal_worth[c] > 0.0:
                        to_legal = unmet * (1.0 - own) * legal_share[c]
                        want[i, c, BOUGHT] += to_legal * granted[c, d]
                if domestic >= 0:
                    want[i, domestic, BOUGHT] += unmet * own
        elif domestic >= 0 and at_home > 0.0:
            want[i, domestic, BOUGHT] = budget
            want[i, domestic, UNBOUND] = free_cash[i]
        if ahead_now and stockpile > 0.0 and budget > 0.0:
            _buy_ahead(i, month, budget, stockpile, chips, buyers)
        _count_chips(i, month, group, chips, supply, vendors, buyers)
