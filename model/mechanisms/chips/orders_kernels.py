"""Kernels of orders for chips: caps of licences, rationing, payment, revenue of vendors.

The last plane of demand holds what each buyer would ask for if no rule had ever bound it. It is
served at the same rates as actual demand, and takes no chips from anybody.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from model.core.kernels import helper, kernel
from model.mechanisms.chips.chip_cost import unit_cost
from model.state.codes import (
    AHEAD,
    BOUGHT,
    CAP_ON_HOME_SHARE,
    CAP_ON_PERFORMANCE,
    DIVERTED,
    RENTED,
    UNBOUND,
)


class Uncapped(NamedTuple):
    """What buyers ask for and hold if no cap of a licence binds this month."""

    want: Any  # buyer x chip x plane: chips
    cash: Any  # buyer: USD
    debt: Any  # buyer: USD


@helper
def _falls_under(cap, month, c, d, k):
    """Say whether cap ``k`` counts chip ``c`` on its way to destination ``d``."""
    return cap[month, c, d, 0] == k or cap[month, c, d, 1] == k


@helper
def _asked_under(month, k, measure, cap, tpp, destination, want):
    """Return how much of what cap ``k`` counts is asked for this month."""
    asked = 0.0
    for i in range(want.shape[0]):
        for c in range(tpp.size):
            if _falls_under(cap, month, c, destination[i], k):
                units = want[i, c, BOUGHT] + want[i, c, AHEAD]
                asked += units * (tpp[c] if measure[k] == CAP_ON_PERFORMANCE else 1.0)
    return asked


@kernel
def accrue_allowances(month, caps):
    """Add this month's allowance to the caps of licences in force."""
    for k in range(caps.measure.size):
        if month >= caps.start[k] and caps.measure[k] != CAP_ON_HOME_SHARE:
            caps.allowed[k] += caps.pace[k]


@kernel
def apply_caps(month, caps, buyers, chips, share):
    """Write the share of demand by destination that caps leave, and bar the chips they cut.

    ``chips.ruled`` becomes what is granted if every cap that binds is a bar.
    """
    cap, granted, ruled = chips.cap, chips.granted, chips.ruled
    share[:] = 1.0
    ruled[:] = granted[month]
    for k in range(caps.measure.size):
        if month < caps.start[k]:
            continue
        asked = _asked_under(
            month, k, caps.measure, cap, chips.tpp, buyers.destination, buyers.want
        )
        left = max(0.0, caps.allowed[k] - caps.used[k])
        if asked <= left:
            continue
        for c in range(ruled.shape[0]):
            for d in range(ruled.shape[1]):
                if _falls_under(cap, month, c, d, k):
                    share[d] = min(share[d], left / asked)
                    ruled[c, d] = 0.0


@kernel
def mix_demand(share, uncapped, chips, supply, vendors, buyers):
    """Mix demand without caps and demand under bars in their place, by the share caps leave."""
    want, vendor, family = buyers.want, chips.vendor, chips.family
    orders, free_want = vendors.orders, uncapped.want
    orders[:] = 0.0
    for i in range(want.shape[0]):
        s = share[buyers.destination[i]]
        buyers.cash[i] = s * uncapped.cash[i] + (1.0 - s) * buyers.cash[i]
        buyers.debt[i] = s * uncapped.debt[i] + (1.0 - s) * buyers.debt[i]
        for c in range(want.shape[1]):
            for r in range(UNBOUND):
                want[i, c, r] = s * free_want[i, c, r] + (1.0 - s) * want[i, c, r]
                if vendor[c] >= 0:
                    orders[vendor[c]] += want[i, c, r] * supply.price[family[c]]


@kernel
def cut_to_caps(month, caps, chips, buyers):
    """Cut demand that still exceeds the caps of licences."""
    cap, tpp, destination, want = chips.cap, chips.tpp, buyers.destination, buyers.want
    for k in range(caps.measure.size):
        if month < caps.start[k]:
            continue
        asked = _asked_under(month, k, caps.measure, cap, tpp, destination, want)
        left = max(0.0, caps.allowed[k] - caps.used[k])
        share = min(1.0, left / asked) if asked > 0.0 else 1.0
        for i in range(want.shape[0]):
            for c in range(tpp.size):
                if _falls_under(cap, month, c, destination[i], k):
                    want[i, c, BOUGHT] *= share
                    want[i, c, AHEAD] *= share


@kernel
def ration(enforcement, chips, buyers, supply):
    """Serve each family in proportion to its stock; seize a share of diverted chips."""
    family, want, wanted, seized = chips.family, buyers.want, supply.wanted, chips.seized
    fill, stock, sold = supply.fill, supply.stock, supply.sold
    wanted[:] = 0.0
    lost = enforcement / (1.0 - enforcement)  # seized for each that arrives
    for i in range(want.shape[0]):
        for c in range(family.size):
            for r in range(UNBOUND):
                units = want[i, c, r]
                wanted[family[c]] += units * (1.0 + lost) if r == DIVERTED else units
    for f in range(wanted.size):
        fill[f] = min(1.0, stock[f] / wanted[f]) if wanted[f] > 0.0 else 1.0
        sold[f] += wanted[f] * fill[f]
        stock[f] -= wanted[f] * fill[f]
        stock[f] = max(0.0, stock[f])  # rounding
    for i in range(want.shape[0]):
        for c in range(family.size):
            seized[c] += want[i, c, DIVERTED] * fill[family[c]] * lost


@kernel
def charge_caps(month, chips, supply, buyers, caps):
    """Charge what was sold to the caps; the home bloc's purchases raise caps relative to them."""
    # Only what was sold counts; what goes to the home bloc this month allows others more the next.
    cap, tpp, family, fill, want = chips.cap, chips.tpp, chips.family, supply.fill, buyers.want
    measure, destination = caps.measure, buyers.destination
    for k in range(measure.size):
        if month < caps.start[k]:
            continue
        for i in range(buyers.bloc.size):
            for c in range(tpp.size):
                units = (want[i, c, BOUGHT] + want[i, c, AHEAD]) * fill[family[c]]
                if _falls_under(cap, month, c, destination[i], k):
                    caps.used[k] += units * (tpp[c] if measure[k] == CAP_ON_PERFORMANCE else 1.0)
                if measure[k] == CAP_ON_HOME_SHARE and buyers.bloc[i] == caps.home[k]:
                    for d in range(cap.shape[2]):
                        if _falls_under(cap, month, c, d, k):
                            caps.allowed[k] += caps.pace[k] * units


@kernel
def place_orders(month, due, shared, chips, supply, buyers):
    """Place served demand as orders and pay for them, and likewise in the unbound plane.

    ``due`` is the slot of the month in which the orders arrive.
    """
    family, price, fee = chips.family, chips.price, chips.fee
    markup, fill, want = supply.markup, supply.fill, buyers.want
    for i in range(want.shape[0]):
        paid, free, overhead = 0.0, 0.0, buyers.overhead[i]
        for c in range(family.size):
            for r in range(want.shape[2]):
                f = family[c]
                units = want[i, c, r] * fill[f]
                if units <= 0.0:
                    continue
                charge = fee[month, c, buyers.destination[i]] if r <= AHEAD else 0.0
                extra = shared.premium if r == DIVERTED else 0.0
                margin = shared.rent_margin if r == RENTED else 0.0
                cost = unit_cost(price[c], markup[f], charge, extra, margin, overhead)
                plain = unit_cost(price[c], markup[f], 0.0, 0.0, 0.0, overhead)
                buyers.requested[i, c, r] += units
                buyers.ordered[i, due, c, r] += units
                buyers.prepaid[i, due, c, r] += units * cost
                if r == UNBOUND:
                    free += units * cost
                    continue
                paid += units * cost
                if r <= AHEAD:
                    buyers.fees[i] += units * (cost - plain)
                else:
                    buyers.premiums[i] += units * (cost - plain)
        buyers.cash[i] -= paid
        buyers.spent[i] += paid
        buyers.free_cash[i] -= free


@kernel
def add_up_revenue(chips, supply, buyers, vendors):
    """Add up what vendors are paid, and what they would be paid if no rule had ever bound."""
    family, vendor, want, fill = chips.family, chips.vendor, buyers.want, supply.fill
    revenue, unbound = vendors.revenue, vendors.unbound
    revenue[:] = 0.0
    unbound[:] = 0.0
    for i in range(want.shape[0]):
        for c in range(family.size):
            if vendor[c] >= 0:
                f = family[c]
                cost = unit_cost(
                    chips.price[c], supply.markup[f], 0.0, 0.0, 0.0, buyers.overhead[i]
                )
                for r in range(UNBOUND):
                    revenue[vendor[c]] += want[i, c, r] * fill[f] * cost
                unbound[vendor[c]] += want[i, c, UNBOUND] * fill[f] * cost


@kernel
def release_idle_cash(share, buyers):
    """Let a share of unspent chip budgets go to other uses."""
    for i in range(buyers.cash.size):
        gone = max(0.0, buyers.cash[i]) * share
        buyers.cash[i] -= gone
        buyers.let_go[i] += gone
        buyers.free_cash[i] -= max(0.0, buyers.free_cash[i]) * share
