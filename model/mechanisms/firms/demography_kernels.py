"""Kernels of entry and exit: which firms close, split off or enter, where, and with what ideas."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from model.core.kernels import helper, kernel
from model.core.randomness import at, normal, poisson, uniform
from model.state.codes import FIRST_BRANCH, MOBILITY, PUBLICATION

READ, TAKEN = 1 << 32, 1 << 33  # draws of an idea, apart from those of the blocs that publish it


class Newcomers(NamedTuple):
    """Firms to come; parent and home are -1 where there is no parent."""

    key: Any
    bloc: Any
    sector: Any
    parent: Any  # firm that it splits off from
    home: Any  # place of the parent
    size: Any

    def only(self, rows: Any) -> Newcomers:
        """Return some of them."""
        return Newcomers._make(column[rows] for column in self)

    def and_then(self, others: Newcomers) -> Newcomers:
        """Return these, then others."""
        return Newcomers._make(map(np.concatenate, zip(self, others, strict=True)))


class Background(NamedTuple):
    """What newcomers know of a field before they enter."""

    common: Any  # bloc: an idea that more firms than these hold is common knowledge
    read: float  # share of published ideas that founders have read
    taken: float  # share of the parent's ideas that a spin-off takes along


class Lessons(NamedTuple):
    """Ideas that newcomers learned, one a row."""

    learner: Any  # its place among newcomers
    idea: Any
    channel: Any
    origin: Any  # bloc in which it was published, or of the parent


@kernel
def bank(firms, runway, applications):
    """Add results to cash; cash above ``runway`` months of overhead goes to owners."""
    cash, result = applications.cash, applications.result
    for i in range(cash.size):
        if firms.active[applications.firm[i]]:
            cash[i] += result[i]
            applications.earned[i] += result[i]
            most = runway * applications.overhead[i]
            if cash[i] > most:
                applications.paid_out[i] += cash[i] - most
                cash[i] = most


@kernel
def closing(draws, firms, broke, sound, applications, closes):
    """Write which firms close, each by its own draw; ``sound`` is the chance with cash."""
    for i in range(closes.size):
        f = applications.firm[i]
        chance = broke if applications.cash[i] < 0.0 else sound
        closes[i] = firms.active[f] and uniform(at(draws, firms.key[f])) < chance


@kernel
def forget(gone, firms, knowledge):
    """Delete what members that are gone hold, and these members from the memory of partners."""
    bits, count, level, partner = (
        knowledge.bits, knowledge.count, knowledge.level, knowledge.partner
    )  # fmt: skip
    lost = np.zeros(count.size, np.bool_)
    for m in gone:
        lost[m] = True
        b = firms.bloc[knowledge.row[m]]
        for word in range(bits.shape[1]):
            held = bits[m, word]
            bits[m, word] = np.uint64(0)
            for place in range(64 if held else 0):
                if held >> np.uint64(place) & np.uint64(1):
                    knowledge.holders[word * 64 + place, b] -= 1
        knowledge.lost[m], knowledge.lost_level[m] = count[m], level[m]
        count[m], level[m] = 0, 0.0
    for m in range(partner.shape[0]):
        for slot in range(partner.shape[1]):
            if lost[m] or (partner[m, slot] >= 0 and lost[partner[m, slot]]):
                partner[m, slot] = -1


@kernel
def survey(firms, applications, knowledge, branches):
    """Count firms, sum sales and average what platforms add, by bloc and sector."""
    lift = branches.lift
    branches.firms[:] = 0
    branches.sold[:] = 0.0
    lift[:] = 0.0
    people = np.zeros(lift.shape)
    for i in range(applications.firm.size):
        f = applications.firm[i]
        if firms.active[f]:
            b, s, m = firms.bloc[f], firms.sector[f] - FIRST_BRANCH, knowledge.at[f]
            branches.firms[b, s] += 1
            branches.sold[b, s] += applications.sales[i]
            people[b, s] += firms.researchers[f]
            own = knowledge.level[m] if m >= 0 else 0.0
            added = applications.quality[i] - own + applications.gain[i]
            lift[b, s] += firms.researchers[f] * added
    for b in range(lift.shape[0]):
        for s in range(lift.shape[1]):
            lift[b, s] /= people[b, s] if people[b, s] > 0.0 else 1.0


@kernel
def split_off(draws, names, month, hazard, firms, applications, branches, new):
    """Write the spin-offs of the month; returns how many. ``hazard`` is that at mean sales."""
    count = 0
    for i in range(applications.firm.size):
        f, sales = applications.firm[i], applications.sales[i]
        b, s = firms.bloc[f], firms.sector[f] - FIRST_BRANCH
        sold, key = branches.sold[b, s], firms.key[f]
        if not firms.active[f] or sold <= 0.0 or sales <= 0.0:
            continue
        mean = min(hazard * sales * branches.firms[b, s] / sold, 50.0)
        for j in range(poisson(uniform(at(draws, key)), mean)):
            if count < new.key.size:
                new.key[count] = at(at(at(names, key), np.uint64(month)), np.uint64(j))
                new.bloc[count], new.sector[count] = b, firms.sector[f]
                new.parent[count], new.home[count] = f, firms.cluster[f]
                count += 1
    return count


@kernel
def list_entrants(draws, names, month, ordinal, number, new):
    """Write the month's potential entrants; returns how many.

    ``number`` is their mean by bloc and sector: so many whole ones, and one more by a draw.
    """
    count = 0
    for b in range(number.shape[0]):
        for s in range(number.shape[1]):
            bloc, sector = np.uint64(ordinal[b]), np.uint64(FIRST_BRANCH + s)
            here = at(at(draws, bloc), sector)
            many = int(number[b, s])
            if uniform(here) < number[b, s] - many:
                many += 1
            for j in range(many):
                if count < new.key.size:
                    mine = at(at(at(names, bloc), sector), np.uint64(month))
                    new.key[count] = at(mine, np.uint64(j))
                    new.bloc[count], new.sector[count] = b, FIRST_BRANCH + s
                    count += 1
    return count


@kernel
def draw_sizes(draws, key, relative, spread, size):
    """Write sizes of firms, lognormal; ``relative`` is their median."""
    for k in range(key.size):
        size[k] = relative * math.exp(spread * normal(at(draws, key[k])))


@helper
def publisher_of(mine, n, b, pool, exchange, ordinal, read):
    """Return the bloc in which an entrant of bloc ``b`` has read a published idea, or -1."""
    bit = np.uint64(1) << np.uint64(n % 64)
    here = at(mine, np.uint64(n))
    if read < 1.0 and uniform(at(here, np.uint64(READ))) >= read:
        return -1
    if pool[b, n // 64] & bit:
        return b  # what is published at home is read at home
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
def judge_entry(
    reading, hurdles, new, heads, background, knowledge, blocs, branches, group, shared, enters
):  # fmt: skip
    """Write which potential entrants enter: those whose expected profit passes their hurdle."""
    beta = shared.product_substitution
    abroad, margin = math.exp(-shared.product_home_bias), 1.0 / (1.0 + beta)
    holders, pool, ideas = knowledge.holders, knowledge.pool, knowledge.size
    exchange, ordinal, common = blocs.exchange, blocs.ordinal, background.common
    demand, attraction = branches.demand, branches.attraction
    for k in range(new.key.size):
        b, s = new.bloc[k], new.sector[k] - FIRST_BRANCH
        mine, known = at(reading, new.key[k]), 0.0
        for n in range(ideas.size):
            if holders[n, b] > common[b] or (
                publisher_of(mine, n, b, pool, exchange, ordinal, background.read) >= 0
            ):
                known += ideas[n]
        staff = new.size[k] * heads[b]
        own = staff * math.exp(beta * (known + branches.lift[b, s]))
        sales = 0.0
        for o in range(demand.shape[0]):
            passes = 1.0 if o == b else exchange[o, b] * abroad
            whole = passes * own
            for h in range(demand.shape[0]):
                whole += attraction[h, s] * (1.0 if h == o else exchange[o, h] * abroad)
            if whole > 0.0:
                sales += demand[o, s] * passes * own / whole
        overhead = branches.head_cost[b, s] * staff
        hurdle = group.hurdle * math.exp(group.hurdle_spread * normal(at(hurdles, new.key[k])))
        enters[k] = overhead > 0.0 and margin * sales - overhead >= hurdle * overhead


@kernel
def choose_place(draws, new, group, seen, first, last, clusters, spare, row):
    """Give each newcomer a free row at a place of its bloc, or -1 where no place has room.

    A spin-off (``home`` is a place) stays there with chance ``stay_nearby``; all others choose by a
    logit over places: utility is ``pull`` times the logarithm of researchers in the sector and near
    it (``seen``) over the cost of the place. ``first`` and ``last`` bound the rows of a place and
    sector.
    """
    free = first.copy()  # rows fill up one by one, by place and sector
    key, bloc, cost = clusters.key, clusters.bloc, clusters.cost
    for k in range(new.key.size):
        mine, b, s, home = at(draws, new.key[k]), new.bloc[k], new.sector[k], new.home[k]
        stays = home >= 0 and uniform(at(mine, np.uint64(0))) < group.stay_nearby
        best, chosen = math.inf, -1
        for c in range(cost.size):
            if bloc[c] != b:
                continue
            while free[c, s] < last[c, s] and not spare[free[c, s]]:
                free[c, s] += 1
            if free[c, s] == last[c, s]:
                continue
            if stays and c == home:
                chosen = free[c, s]
                break
            weight = 1.0
            if group.pull > 0.0:
                weight = (max(seen[s, c], 1e-9) / cost[c]) ** group.pull
            # A race of exponentials at rates that are the weights: a logit.
            time = -math.log(uniform(at(at(mine, np.uint64(1)), key[c]))) / weight
            if time < best:
                best, chosen = time, free[c, s]
        row[k] = chosen
        if chosen >= 0:
            spare[chosen] = False


@kernel
def open_doors(month, rows, new, heads, runway, firms, places, applications, branches):
    """Make newcomers firms, with cash for ``runway`` months and founders from the parent.

    ``places`` are the researchers of places.
    """
    staff = firms.researchers
    for k in range(rows.size):
        f, b, parent = rows[k], new.bloc[k], new.parent[k]
        firms.key[f], firms.size[f] = new.key[k], new.size[k]
        firms.active[f], firms.entered[f], firms.founder[f] = True, month, parent
        whole = new.size[k] * heads[b]
        if parent >= 0:
            move = min(whole, 0.5 * staff[parent])
            staff[parent] -= move
            staff[f] += move
            places[firms.cluster[parent]] -= move
            places[firms.cluster[f]] += move
        i, s = applications.at[f], firms.sector[f] - FIRST_BRANCH
        applications.overhead[i] = branches.head_cost[b, s] * whole
        cash = runway * applications.overhead[i]
        applications.cash[i] = applications.put_in[i] = cash


@kernel
def teach(draws, rows, source, background, firms, blocs, knowledge, acquired, lessons):
    """Give newcomers common knowledge, published ideas they read, and some of their parents' ideas.

    ``source`` is the parent's member in the field or -1. Returns how many ideas were learned.
    """
    bits, holders, pool, size = knowledge.bits, knowledge.holders, knowledge.pool, knowledge.size
    exchange, ordinal, common = blocs.exchange, blocs.ordinal, background.common
    before = holders.copy()  # newcomers do not make an idea common for each other
    one, learned = np.uint64(1), 0
    for k in range(rows.size):
        m, b = knowledge.at[rows[k]], firms.bloc[rows[k]]
        if m < 0:
            continue
        mine = at(draws, firms.key[rows[k]])
        for n in range(size.size):
            bit = one << np.uint64(n % 64)
            if bits[m, n // 64] & bit:
                continue
            channel, origin = PUBLICATION, np.int64(b)
            if before[n, b] <= common[b]:
                origin = publisher_of(mine, n, b, pool, exchange, ordinal, background.read)
            at_parent = source[k] >= 0 and bits[source[k], n // 64] & bit
            if origin < 0 and at_parent:
                draw = at(at(mine, np.uint64(n)), np.uint64(TAKEN))
                if uniform(draw) < background.taken:
                    channel, origin = MOBILITY, np.int64(b)
            if origin >= 0:
                bits[m, n // 64] |= bit
                knowledge.count[m] += 1
                knowledge.level[m] += size[n]
                holders[n, b] += 1
                acquired[channel, origin, b] += 1
                lessons.learner[learned], lessons.idea[learned] = k, n
                lessons.channel[learned], lessons.origin[learned] = channel, origin
                learned += 1
    return learned
