"""Kernels of purchases: the choice among chips, under rules and around them."""

from __future__ import annotations

from model.core.kernels import helper, kernel
from model.mechanisms.chips.chip_cost import link_factor, unit_cost


@kernel
def best_link(month, available, withdrawn, variant, home, link, best):
    """Write the bandwidth of the best links on the world's market."""
    best[0] = 0.0
    for c in range(link.size):
        world = not variant[c] and home[c] < 0
        if world and available[c] <= month < withdrawn[c] and link[c] > best[0]:
            best[0] = link[c]


@kernel
def skill(lab_bloc, lab_member, active, level, number, bloc, skill):
    """Write the systems ideas buyers run chips with: labs their own, clouds the mean of labs."""
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
def choose(
    month, bloc, destination, skill, grant, listed,
    tflops, link, price, software, leading, maker, variant, home, available, withdrawn, family,
    vendor, markup, family_price, open_to, granted, fee, refused, offered, ahead,
    best_link, penalty, link_scale, hosting, elasticity, portable,
    traders, premium, rent, rent_margin, stockpile, repayment, scratch,
    free_cash, cash, debt, want, asked_of,
):  # fmt: skip
    """Write what every buyer asks for, chip by chip and route by route."""
    asked_of[:] = 0.0
    worth, share, legal_worth, legal_share = scratch[0], scratch[1], scratch[2], scratch[3]
    for i in range(bloc.size):
        b, d, overhead = bloc[i], destination[i], hosting[i]
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
