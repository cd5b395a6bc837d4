"""Kernels of entry and exit: who closes, who splits off, who enters, where, with what ideas."""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import helper, kernel
from model.core.randomness import at, normal, poisson, uniform
from model.state.codes import FIRST_BRANCH, MOBILITY, PUBLICATION

READ, TAKEN = 1 << 32, 1 << 33  # draws of an idea, apart from those of the blocs that print it


@kernel
def bank(row, active, result, fixed, months, cash, earned, paid_out):
    """Put results into cash; what passes some months of overhead goes to owners."""
    for i in range(row.size):
        if active[row[i]]:
            cash[i] += result[i]
            earned[i] += result[i]
            most = months * fixed[i]
            if cash[i] > most:
                paid_out[i] += cash[i] - most
                cash[i] = most


@kernel
def closing(draws, row, key, active, cash, chance, closes):
    """Write which firms close: of those without cash, each by its own draw."""
    for i in range(row.size):
        f = row[i]
        closes[i] = active[f] and cash[i] < 0.0 and uniform(at(draws, key[f])) < chance


@kernel
def forget(gone, row, bloc, bits, count, level, lost_count, lost_level, holders, partner):
    """Take from members who are gone what they hold, and them from the memory of partners."""
    lost = np.zeros(row.size, np.bool_)
    for m in gone:
        lost[m] = True
        for word in range(bits.shape[1]):
            held = bits[m, word]
            bits[m, word] = np.uint64(0)
            for place in range(64 if held else 0):
                if held >> np.uint64(place) & np.uint64(1):
                    holders[word * 64 + place, bloc[row[m]]] -= 1
        lost_count[m], lost_level[m] = count[m], level[m]
        count[m], level[m] = 0, 0.0
    for m in range(partner.shape[0]):
        for slot in range(partner.shape[1]):
            if lost[m] or (partner[m, slot] >= 0 and lost[partner[m, slot]]):
                partner[m, slot] = -1


@kernel
def trade(row, bloc, sector, active, staff, sales, quality, level, member, gain, firms, sold, lift):
    """Count firms and sum sales by bloc and sector; write what platforms add, mean by people."""
    firms[:] = 0
    sold[:] = 0.0
    lift[:] = 0.0
    people = np.zeros(lift.shape)
    for i in range(row.size):
        f = row[i]
        if active[f]:
            b, s = bloc[f], sector[f] - FIRST_BRANCH
            firms[b, s] += 1
            sold[b, s] += sales[i]
            people[b, s] += staff[f]
            own = level[member[f]] if member[f] >= 0 else 0.0
            lift[b, s] += staff[f] * (quality[i] - own + gain[i])
    for b in range(lift.shape[0]):
        for s in range(lift.shape[1]):
            lift[b, s] /= people[b, s] if people[b, s] > 0.0 else 1.0


@kernel
def split(
    draws, names, month, row, bloc, sector, cluster, key, active, sales, firms, sold, hazard,
    new_key, new_bloc, new_sector, parent, home,
):  # fmt: skip
    """Write the spin-offs of the month; returns how many. ``hazard`` is that at mean sales."""
    count = 0
    for i in range(row.size):
        f = row[i]
        b, s = bloc[f], sector[f] - FIRST_BRANCH
        if not active[f] or sold[b, s] <= 0.0 or sales[i] <= 0.0:
            continue
        mean = min(hazard * sales[i] * firms[b, s] / sold[b, s], 50.0)
        for j in range(poisson(uniform(at(draws, key[f])), mean)):
            if count < new_key.size:
                mine = at(at(at(names, key[f]), np.uint64(month)), np.uint64(j))
                new_key[count], new_bloc[count], new_sector[count] = mine, b, sector[f]
                parent[count], home[count] = f, cluster[f]
                count += 1
    return count


@kernel
def sized(draws, key, relative, spread, size):
    """Write sizes of firms, lognormal; ``relative`` is their median."""
    for k in range(key.size):
        size[k] = relative * math.exp(spread * normal(at(draws, key[k])))


@helper
def print_of(mine, n, b, pool, exchange, ordinal, share):
    """Return the bloc in whose print one who enters in ``b`` has read an idea, or -1."""
    bit = np.uint64(1) << np.uint64(n % 64)
    here = at(mine, np.uint64(n))
    if share < 1.0 and uniform(at(here, np.uint64(READ))) >= share:
        return -1
    if pool[b, n // 64] & bit:
        return b  # what is in print at home is read at home
    source, highest = -1, np.uint64(0)
    for s in range(pool.shape[0]):
        if s == b or not pool[s, n // 64] & bit:
            continue
        draw = at(here, np.uint64(ordinal[s]))
        known = uniform(at(draw, np.uint64(0))) < exchange[b, s]
        if known and (source < 0 or draw > highest):
            source, highest = s, draw
    return source


@kernel
def judge(
    reading, hurdles, key, bloc, sector, size, heads, holders, common, share, pool, exchange,
    ordinal, ideas, beta, abroad, margin, lift, attraction, people, demand, overhead, hurdle,
    spread, enters,
):  # fmt: skip
    """Write who of the month's potential entrants enters: whom it pays more than its hurdle."""
    for k in range(key.size):
        b, s = bloc[k], sector[k] - FIRST_BRANCH
        mine, known = at(reading, key[k]), 0.0
        for n in range(ideas.size):
            if holders[n, b] > common[b] or (
                print_of(mine, n, b, pool, exchange, ordinal, share) >= 0
            ):
                known += ideas[n]
        staff = size[k] * heads[b]
        draws = staff * math.exp(beta * (known + lift[b, s]))
        sales = 0.0
        for o in range(demand.shape[0]):
            passes = 1.0 if o == b else exchange[o, b] * abroad
            whole = passes * draws
            for h in range(demand.shape[0]):
                whole += attraction[h, s] * (1.0 if h == o else exchange[o, h] * abroad)
            if whole > 0.0:
                sales += demand[o, s] * passes * draws / whole
        fixed = overhead[b, s] * staff / (people[b, s] + staff) if staff > 0.0 else 0.0
        asked = hurdle * math.exp(spread * normal(at(hurdles, key[k])))
        enters[k] = fixed > 0.0 and margin * sales - fixed >= asked * fixed


@kernel
def settle(
    draws, key, bloc, sector, home, near, seen, cost, exponent, first, last, cluster_bloc,
    cluster_key, spare, row,
):  # fmt: skip
    """Give each newcomer a free row at a place of its bloc, or -1 where no place has room.

    A spin-off (``home`` is a place) stays there with chance ``near``; who does not, and who has no
    home, goes by a logit over places: utility is ``exponent`` times the logarithm of researchers in
    the trade and near it (``seen``) over what the place costs.
    """
    free = first.copy()  # row by row used up, by place and trade
    for k in range(key.size):
        mine, b, s = at(draws, key[k]), bloc[k], sector[k]
        row[k] = -1
        stays = home[k] >= 0 and uniform(at(mine, np.uint64(0))) < near
        best, chosen = math.inf, -1
        for c in range(cost.size):
            if cluster_bloc[c] != b:
                continue
            while free[c, s] < last[c, s] and not spare[free[c, s]]:
                free[c, s] += 1
            if free[c, s] == last[c, s]:
                continue
            if stays and c == home[k]:
                chosen = free[c, s]
                break
            weight = 1.0
            if exponent > 0.0:
                weight = (max(seen[s, c], 1e-9) / cost[c]) ** exponent
            # A race of exponentials at rates that are the weights: a logit.
            time = -math.log(uniform(at(at(mine, np.uint64(1)), cluster_key[c]))) / weight
            if time < best:
                best, chosen = time, free[c, s]
        row[k] = chosen
        if chosen >= 0:
            spare[chosen] = False


@kernel
def teach(
    draws, members, bloc, source, own_key, holders_before, common, share, taken,
    pool, exchange, ordinal, size, bits, count, level, holders, acquired, who, idea, channel,
    origin,
):  # fmt: skip
    """Let newcomers hold what is common, what they read, and a part of what parents hold.

    ``source`` is the parent's member in the field or -1. Returns how many ideas were learned; the
    last four arrays say by whom (its place among newcomers), which, how, and in whose print or from
    whose bloc.
    """
    one, learned = np.uint64(1), 0
    for k in range(members.size):
        m, b = members[k], bloc[k]
        if m < 0:
            continue
        mine = at(draws, own_key[k])
        for n in range(size.size):
            bit = one << np.uint64(n % 64)
            if bits[m, n // 64] & bit:
                continue
            way, from_bloc = PUBLICATION, b
            if holders_before[n, b] <= common[b]:
                from_bloc = print_of(mine, n, b, pool, exchange, ordinal, share)
            at_parent = source[k] >= 0 and bits[source[k], n // 64] & bit
            if from_bloc < 0 and at_parent:
                luck = at(at(mine, np.uint64(n)), np.uint64(TAKEN))
                if uniform(luck) < taken:
                    way, from_bloc = MOBILITY, b
            if from_bloc >= 0:
                bits[m, n // 64] |= bit
                count[m] += 1
                level[m] += size[n]
                holders[n, b] += 1
                acquired[way, from_bloc, b] += 1
                who[learned], idea[learned] = k, n
                channel[learned], origin[learned] = way, from_bloc
                learned += 1
    return learned


@kernel
def open_doors(
    month, row, key, size, parent, heads, bloc, application, months, overhead, people,
    firm_cluster, firm_sector, firm_key, firm_size, active, entered, founder, staff, places, fixed,
    cash, put_in,
):  # fmt: skip
    """Make newcomers firms, with cash for some months of overhead and founders from the parent."""
    for k in range(row.size):
        f = row[k]
        firm_key[f], firm_size[f] = key[k], size[k]
        active[f], entered[f], founder[f] = True, month, parent[k]
        whole = size[k] * heads[bloc[k]]
        if parent[k] >= 0:
            move = min(whole, 0.5 * staff[parent[k]])
            staff[parent[k]] -= move
            staff[f] += move
            places[firm_cluster[parent[k]]] -= move
            places[firm_cluster[f]] += move
        i, b, s = application[f], bloc[k], firm_sector[f] - FIRST_BRANCH
        if people[b, s] + whole > 0.0:
            fixed[i] = overhead[b, s] * whole / (people[b, s] + whole)
        cash[i] = put_in[i] = months * fixed[i]


@kernel
def listed(draws, names, month, bloc_key, number, first_sector, new_key, new_bloc, new_sector):
    """Write the month's potential entrants; returns how many.

    ``number`` is their mean by bloc and sector: so many whole ones, and one more by a draw.
    """
    count = 0
    for b in range(number.shape[0]):
        for s in range(number.shape[1]):
            trade = np.uint64(first_sector + s)
            here = at(at(draws, bloc_key[b]), trade)
            many = int(number[b, s])
            if uniform(here) < number[b, s] - many:
                many += 1
            for j in range(many):
                if count < new_key.size:
                    mine = at(at(at(names, bloc_key[b]), trade), np.uint64(month))
                    new_key[count] = at(mine, np.uint64(j))
                    new_bloc[count], new_sector[count] = b, first_sector + s
                    count += 1
    return count
