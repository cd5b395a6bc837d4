"""Kernels of orders for chips: caps of licences, rationing, payment, what vendors earn.

The last plane of what buyers ask for is what they would ask for had no rule bound; it is served at
the same rates, and takes nothing from anybody.
"""

from __future__ import annotations

from model.core.kernels import kernel
from model.mechanisms.chips.chip_cost import unit_cost


@kernel
def allow(month, measure, pace, start, allowed):
    """Let this month's allowance of the caps of licences come in."""
    for k in range(measure.size):
        if month >= start[k] and measure[k] < 2:
            allowed[k] += pace[k]


@kernel
def permit(
    month, start, measure, cap, tpp, destination, allowed, used, want, granted, ruled, share
):  # fmt: skip
    """Write by destination the share of what is asked for that caps leave, and bar what they cut.

    ``ruled`` is what is granted where a cap that binds is a bar.
    """
    share[:] = 1.0
    ruled[:] = granted
    for k in range(measure.size):
        if month < start[k]:
            continue
        asked = 0.0
        for i in range(want.shape[0]):
            for c in range(tpp.size):
                if cap[c, destination[i], 0] == k or cap[c, destination[i], 1] == k:
                    units = want[i, c, 0] + want[i, c, 1]
                    asked += units * (tpp[c] if measure[k] == 0 else 1.0)
        left = max(0.0, allowed[k] - used[k])
        if asked <= left:
            continue
        for c in range(granted.shape[0]):
            for d in range(granted.shape[1]):
                if cap[c, d, 0] == k or cap[c, d, 1] == k:
                    share[d] = min(share[d], left / asked)
                    ruled[c, d] = 0.0


@kernel
def mix(
    share, destination, vendor, family, family_price, want_free, cash_free, debt_free, want, cash,
    debt, asked_of,
):  # fmt: skip
    """Mix what buyers ask for without the caps and with bars in their place, by what caps leave."""
    asked_of[:] = 0.0
    for i in range(want.shape[0]):
        s = share[destination[i]]
        cash[i] = s * cash_free[i] + (1.0 - s) * cash[i]
        debt[i] = s * debt_free[i] + (1.0 - s) * debt[i]
        for c in range(want.shape[1]):
            for r in range(want.shape[2]):
                if r < 4:
                    want[i, c, r] = s * want_free[i, c, r] + (1.0 - s) * want[i, c, r]
                    if vendor[c] >= 0:
                        asked_of[vendor[c]] += want[i, c, r] * family_price[family[c]]


@kernel
def caps(month, measure, start, cap, tpp, destination, allowed, used, want):
    """Cut what is still asked for beyond the caps of licences."""
    for k in range(measure.size):
        if month < start[k]:
            continue
        asked = 0.0
        for i in range(want.shape[0]):
            for c in range(tpp.size):
                if cap[c, destination[i], 0] == k or cap[c, destination[i], 1] == k:
                    units = want[i, c, 0] + want[i, c, 1]
                    asked += units * (tpp[c] if measure[k] == 0 else 1.0)
        left = max(0.0, allowed[k] - used[k])
        share = min(1.0, left / asked) if asked > 0.0 else 1.0
        for i in range(want.shape[0]):
            for c in range(tpp.size):
                if cap[c, destination[i], 0] == k or cap[c, destination[i], 1] == k:
                    want[i, c, 0] *= share
                    want[i, c, 1] *= share


@kernel
def idle(share, cash, free_cash, let_go):
    """Let a share of the money that waits go to other uses."""
    for i in range(cash.size):
        gone = max(0.0, cash[i]) * share
        cash[i] -= gone
        let_go[i] += gone
        free_cash[i] -= max(0.0, free_cash[i]) * share


@kernel
def ration(family, want, seized_share, wanted, fill, stock, sold, seized):
    """Serve each family in proportion to what there is of it; take from traders what is seized."""
    wanted[:] = 0.0
    lost = seized_share / (1.0 - seized_share)  # seized for each that arrives
    for i in range(want.shape[0]):
        for c in range(family.size):
            for r in range(4):
                units = want[i, c, r]
                wanted[family[c]] += units * (1.0 + lost) if r == 2 else units
    for f in range(wanted.size):
        fill[f] = min(1.0, stock[f] / wanted[f]) if wanted[f] > 0.0 else 1.0
        sold[f] += wanted[f] * fill[f]
        stock[f] -= wanted[f] * fill[f]
        stock[f] = max(0.0, stock[f])  # rounding
    for i in range(want.shape[0]):
        for c in range(family.size):
            seized[c] += want[i, c, 2] * fill[family[c]] * lost


@kernel
def order(
    due, destination, family, price, markup, fill, fee, premium, rent_margin, hosting, want,
    cash, free_cash, spent, fees, premiums, requested, ordered, prepaid,
):  # fmt: skip
    """Place what is served as orders, pay for it, and for the unbound plane likewise."""
    for i in range(want.shape[0]):
        paid, free, overhead = 0.0, 0.0, hosting[i]
        for c in range(family.size):
            for r in range(want.shape[2]):
                f = family[c]
                units = want[i, c, r] * fill[f]
                if units <= 0.0:
                    continue
                charge = fee[c, destination[i]] if r < 2 else 0.0
                extra = premium if r == 2 else 0.0
                margin = rent_margin if r == 3 else 0.0
                cost = unit_cost(price[c], markup[f], charge, extra, margin, overhead)
                plain = unit_cost(price[c], markup[f], 0.0, 0.0, 0.0, overhead)
                requested[i, c, r] += units
                ordered[i, due, c, r] += units
                prepaid[i, due, c, r] += units * cost
                if r == 4:
                    free += units * cost
                    continue
                paid += units * cost
                if r < 2:
                    fees[i] += units * (cost - plain)
                else:
                    premiums[i] += units * (cost - plain)
        cash[i] -= paid
        spent[i] += paid
        free_cash[i] -= free


@kernel
def earn(family, vendor, price, markup, fill, hosting, want, revenue, unbound):
    """Add up what vendors were paid, and would have been had no rule bound."""
    revenue[:] = 0.0
    unbound[:] = 0.0
    for i in range(want.shape[0]):
        for c in range(family.size):
            if vendor[c] >= 0:
                f = family[c]
                cost = unit_cost(price[c], markup[f], 0.0, 0.0, 0.0, hosting[i])
                for r in range(4):
                    revenue[vendor[c]] += want[i, c, r] * fill[f] * cost
                unbound[vendor[c]] += want[i, c, 4] * fill[f] * cost


@kernel
def charge_caps(
    month, measure, pace, home, start, cap, tpp, family, bloc, destination, want, fill, allowed,
    used,
):  # fmt: skip
    """Count what was sold against the caps."""
    # Only what was sold counts; what goes to the home bloc this month allows others more the next.
    for k in range(measure.size):
        if month < start[k]:
            continue
        for i in range(bloc.size):
            for c in range(tpp.size):
                units = (want[i, c, 0] + want[i, c, 1]) * fill[family[c]]
                if cap[c, destination[i], 0] == k or cap[c, destination[i], 1] == k:
                    used[k] += units * (tpp[c] if measure[k] == 0 else 1.0)
                if measure[k] == 2 and bloc[i] == home[k]:
                    for d in range(cap.shape[1]):
                        if cap[c, d, 0] == k or cap[c, d, 1] == k:
                            allowed[k] += pace[k] * units
