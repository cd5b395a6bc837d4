"""Kernels of spillover: who meets whom, what is offered, learned, credited, printed.

A firm's meetings come in streams, one a channel and, where the source's bloc is drawn apart, a
bloc; every stream has luck of its own, addressed by channel and the bloc's place in the inputs,
so that neither other channels nor other blocs touch it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from model.core.kernels import helper, kernel
from model.core.randomness import at, poisson_at, uniform
from model.core.sampling import bit_pick, lacking, ones, tree_pick, word_pick
from model.state.codes import (
    COLLABORATION,
    MOBILITY,
    NOTHING,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    SUPPLIER,
)

RULES = ("research", "knowledge", "none")  # of absorption


@kernel
def masses(team, start, stop, adjacency, mass, within, seen):
    """Sum researchers by cell, and by cluster as each sector sees them."""
    # mass: researchers of a cell; within: running sum of researchers inside the cell;
    # seen: adjacency x researchers, over the sectors of a cluster. Sums begin anew in every cell
    # and cluster: who is elsewhere does not touch the last bit.
    clusters, sectors = mass.shape
    for c in range(clusters):
        for s in range(sectors):
            total = 0.0
            for m in range(start[c, s], stop[c, s]):
                total += team[m]
                within[m] = total
            mass[c, s] = total
        for s in range(sectors):
            total = 0.0
            for t in range(sectors):
                total += mass[c, t] * (1.0 if t == s else adjacency)
            seen[s, c] = total


@kernel
def pulls(seen, cluster_bloc, nearness, pull):
    """Sum researchers by nearness, as each cell sees those of each bloc."""
    # pull: running sum, over the clusters of a bloc, of nearness x adjacency x researchers,
    # as a firm of (cluster, sector) sees it. Sums begin anew in every bloc.
    sectors, clusters = seen.shape
    for c in range(clusters):
        for s in range(sectors):
            total = 0.0
            for d in range(clusters):
                if d > 0 and cluster_bloc[d] != cluster_bloc[d - 1]:
                    total = 0.0
                total += nearness[c, d] * seen[s, d]
                pull[c, s, d] = total


@kernel
def understanding(row, kind, team, relative, count, scale, typical, rule, absorption):
    """Write the share of contacts that each member understands; ``rule`` counts in ``RULES``."""
    most = 1
    for m in range(row.size):
        most = max(most, count[m])
    for m in range(row.size):
        # Labs count their true researchers; of other firms there are as many, and as small ones,
        # as the user asked for: their size relative to the mean is what counts.
        heads = team[m] if kind[row[m]] == 0 else relative[m] * typical
        if rule == 0:
            absorption[m] = 1.0 - math.exp(-heads / scale)
        else:  # nobody there, nobody understands
            known = count[m] / most if rule == 1 else 1.0
            absorption[m] = known if heads > 0.0 else 0.0


@kernel
def best_open(lab_bloc, capability, exchange, best):
    """Write the best open model each bloc may use, and the best of another lab."""
    # For each bloc the best open model it may use and the best of another lab.
    for b in range(best.shape[0]):
        for i in range(lab_bloc.size):
            if capability[i] == NOTHING or (lab_bloc[i] != b and exchange[b, lab_bloc[i]] <= 0.0):
                continue
            if best[b, 0] < 0 or capability[i] > capability[best[b, 0]]:
                best[b, 1] = best[b, 0]
                best[b, 0] = i
            elif best[b, 1] < 0 or capability[i] > capability[best[b, 1]]:
                best[b, 1] = i


@kernel
def shelve(ties, ordinal, words, pool, exchange, shelf):
    """Write which published ideas each bloc reads from which."""
    # What bloc b reads from bloc s: an idea in print in several blocs is read at one hazard, from
    # home or else from the bloc that is most open to b; between equals an addressed draw decides.
    one = np.uint64(1)
    blocs = pool.shape[0]
    shelf[:] = np.uint64(0)
    for b in range(blocs):
        for word in range(words):
            shelf[b, b, word] = pool[b, word]
            abroad = np.uint64(0)
            for s in range(blocs):
                if s != b and exchange[b, s] > 0.0:
                    abroad |= pool[s, word]
            abroad &= ~pool[b, word]
            for place in range(64):
                bit = one << np.uint64(place)
                if not abroad & bit:
                    continue
                idea = at(at(ties, np.uint64(ordinal[b])), np.uint64(word * 64 + place))
                source, highest = -1, np.uint64(0)
                for s in range(blocs):
                    if s == b or exchange[b, s] <= 0.0 or not pool[s, word] & bit:
                        continue
                    draw = at(idea, np.uint64(ordinal[s]))
                    if (
                        source < 0
                        or exchange[b, s] > exchange[b, source]
                        or (exchange[b, s] == exchange[b, source] and draw > highest)
                    ):
                        source, highest = s, draw
                shelf[b, source, word] |= bit


@helper
def model_for(best, b, lab):
    """Return the best open model of others: a lab learns nothing new from its own."""
    # The best open model of others: a lab learns nothing new from its own.
    return best[b, 1] if lab >= 0 and best[b, 0] == lab else best[b, 0]


@lru_cache(maxsize=64)  # asked for every month
def streams_of(ordinal):
    """Return the streams of a firm's meetings: channel, bloc (0 where it is drawn later), key."""
    # Streams are addressed by channel and the bloc's place in the inputs: the luck of one
    # does not depend on which other blocs take part.
    apart = ((PROXIMITY, 0), (PUBLICATION, 1000), (SUPPLIER, 3000))
    rows = [(kind, s, key + place) for kind, key in apart for s, place in enumerate(ordinal)]
    rows += [(OPEN_WEIGHTS, 0, 2000), (MOBILITY, 0, 4000), (COLLABORATION, 0, 5000)]
    return np.array(rows, np.int64)


@kernel
def busiest(row, relative, link_start, hire_rate, most, moves, suppliers, links):
    """Return the largest mean number of contacts on one stream but those with publications."""
    # ``most``: on a channel other than suppliers and movers, at a firm of reference size.
    largest = 0.0
    for m in range(row.size):
        tied = 0
        for s in range(link_start.shape[1] - 1):
            tied = max(tied, link_start[row[m], s + 1] - link_start[row[m], s])
        here = max(most, suppliers * (tied / links), moves * hire_rate[row[m]])
        largest = max(largest, math.sqrt(relative[m]) * here)
    return largest


@helper
def contacts(mine, key, mean):
    """Return how many contacts a stream has."""
    if mean <= 0.0:
        return 0
    place = at(mine, np.uint64(key))
    # Most means are small and most streams empty. exp(-mean), up to which a draw gives no contact,
    # lies above 1 - mean; what is taken off is more than rounding can make of either.
    if uniform(place) < 1.0 - mean - 1e-12:
        return 0
    return poisson_at(place, mean)


@kernel
def meetings(
    start, stop, meeting, row, key, bloc, cluster, lab, relative, bloc_share, exchange, streams,
    talk, hazard, weights, suppliers, links, moves, hire_rate, partners, ideas_a_move, link_start,
    words, bits,
    shelf, best, meets, offers,
):  # fmt: skip
    """Draw how many contacts each member makes on each stream."""
    for m in range(start, stop):
        offers[m] = 0
        if relative[m] <= 0.0:
            continue
        f = row[m]
        b = bloc[f]
        mine = at(meeting, key[f])
        reach = math.sqrt(relative[m])
        for stream in range(streams.shape[0]):
            kind, s = streams[stream, 0], streams[stream, 1]
            mean = 0.0
            if kind == PROXIMITY:
                mean = talk * reach * bloc_share[cluster[f], s] * exchange[b, s]
            elif kind == PUBLICATION:
                if hazard > 0.0 and exchange[b, s] > 0.0:
                    unread = 0
                    for word in range(words):
                        unread += ones(shelf[b, s, word] & ~bits[m, word])
                    mean = hazard * exchange[b, s] * unread
            elif kind == SUPPLIER:
                mine_there = link_start[f, s + 1] - link_start[f, s]
                mean = suppliers * reach * mine_there / links * exchange[b, s]
            elif kind == OPEN_WEIGHTS:
                mean = weights * reach if model_for(best, b, lab[f]) >= 0 else 0.0
            elif kind == MOBILITY:
                mean = moves * reach * hire_rate[f]
            else:
                mean = partners * reach
            meets[m, stream] = contacts(mine, streams[stream, 2], mean)
            offers[m] += meets[m, stream] * (ideas_a_move if kind == MOBILITY else 1)


@helper
def bloc_pick(u, home, openness, exchange, permit):
    """Return the bloc of a mover or partner, or -1 for nobody."""
    # The bloc of a mover or partner: home first, then the others in their order; -1 is nobody,
    # where the bloc does not take part or exchange does not let the contact pass.
    low = openness[home, home]
    if u < low:
        return home
    for s in range(openness.shape[1]):
        if s != home:
            low += openness[home, s]
            if u < low:
                return s if permit < exchange[home, s] else -1
    return -1


@helper
def cell_pick(draw, home, trade, low, high, pull, mass, seen, adjacency):
    """Return a cluster of a bloc and a sector, or -1 if there is nobody."""
    # Of a bloc (clusters low to high) the cluster by pull, in it the sector by adjacency.
    cell = home * mass.shape[1] + trade
    if not (low < high and pull[cell, high - 1] > 0.0):
        return -1, -1
    there = tree_pick(at(draw, np.uint64(1)), pull, cell, low, high)
    u = uniform(at(draw, np.uint64(2)))
    reached, other = 0.0, -1
    for t in range(mass.shape[1]):
        weight = mass[there, t] * (1.0 if t == trade else adjacency)
        if weight > 0.0:
            other = t
            reached += weight
            if u * seen[trade, there] < reached:
                break
    return there, other


@helper
def member_pick(draw, there, other, within, cell_start, cell_stop):
    """Return a member of a cell, by researchers, or -1 where there is no cell."""
    if there < 0:
        return -1
    start, stop = cell_start[there, other], cell_stop[there, other]
    return tree_pick(at(draw, np.uint64(3)), within, 0, start, stop)


@helper
def grasped(beyond, depth):
    """Return the chance to understand an idea that lies so many ideas beyond one's reach."""
    return math.exp(-beyond * depth) if beyond > 0 else 1.0


@helper
def idea_pick(draw, luck, would, reach, depth, source, row, held, m, words):
    """Return the idea that a source's row holds and member ``m`` lacks and grasps, or -1."""
    word = word_pick(draw, source, row, held, m, words)
    # The nearest ideas of a word are understood best.
    if word < 0 or luck >= would * grasped(word * 64 - reach, depth):
        return -1
    picked = word * 64 + bit_pick(draw, lacking(source, row, held, m, word))
    return picked if luck < would * grasped(picked - reach, depth) else -1


@kernel
def offers(
    start, stop, meeting, ends, row, key, bloc, cluster, sector, lab, exchange, openness, moved,
    shield, streams, first_cluster, last_cluster, pull, nearby, mass, within, seen, cell_start,
    cell_stop, adjacency, adaptation, member_at, link_start, link_to, memory, ideas_a_move, partner,
    words, bits, shelf,
    lab_bloc, lab_member, open_bits, best, count, window, absorption, depth, meets,
    idea, channel, origin, who, priority,
):  # fmt: skip
    """Draw what each contact offers, and whether it is understood."""
    # All luck has an address, so what cannot come to anything is left undrawn: most of the time
    # goes into picks. ``pull`` and ``nearby`` have a row a cell, ``shelf`` one a reader and source.
    blocs = exchange.shape[0]
    for m in range(start, stop):
        f = row[m]
        b, home, trade = bloc[f], cluster[f], sector[f]
        mine = at(meeting, key[f])
        reach = count[m] + window[m]
        offer = ends[m] - 1
        for stream in range(streams.shape[0]):
            number = meets[m, stream]
            if number == 0:
                continue
            kind = streams[stream, 0]
            here = at(mine, np.uint64(streams[stream, 2]))
            for j in range(number):
                contact = at(here, np.uint64(j))
                chance = absorption[m]
                if kind != MOBILITY and uniform(at(contact, np.uint64(5))) >= chance:
                    offer -= 1
                    continue  # it would not be understood, whatever it is
                s = streams[stream, 1]
                source, bring = -1, 1
                if kind == PROXIMITY:
                    there, other = cell_pick(
                        contact, home, trade, first_cluster[s], last_cluster[s], pull, mass, seen,
                        adjacency,
                    )  # fmt: skip
                    chance *= 1.0 if other == trade else adjacency
                    if uniform(at(contact, np.uint64(5))) < chance * (1.0 - shield[s, kind]):
                        source = member_pick(contact, there, other, within, cell_start, cell_stop)
                elif kind == SUPPLIER:
                    low, high = link_start[f, s], link_start[f, s + 1]
                    place = low + int(uniform(at(contact, np.uint64(1))) * (high - low))
                    source = member_at[link_to[min(place, high - 1)]]
                    if source >= 0 and sector[row[source]] != trade:
                        chance *= adaptation
                elif kind == OPEN_WEIGHTS:
                    source = model_for(best, b, lab[f])
                    s = lab_bloc[source]
                    if uniform(at(contact, np.uint64(1))) >= exchange[b, s]:
                        source = -1
                elif kind == MOBILITY:
                    bring = ideas_a_move
                    # Who crossed a border has passed: the shares of movers hold exchange already.
                    s = bloc_pick(uniform(at(contact, np.uint64(7))), b, moved, exchange, 0.0)
                    if s >= 0:
                        there, other = cell_pick(
                            contact, home, trade, first_cluster[s], last_cluster[s], nearby, mass,
                            seen, adjacency,
                        )  # fmt: skip
                        source = member_pick(contact, there, other, within, cell_start, cell_stop)
                elif kind == COLLABORATION:
                    if uniform(at(contact, np.uint64(9))) < memory:
                        slot = int(uniform(at(contact, np.uint64(10))) * partner.shape[1])
                        source = partner[m, slot]
                        if source >= 0:
                            s = bloc[row[source]]
                            if s != b and uniform(at(contact, np.uint64(8))) >= exchange[b, s]:
                                source = -1
                    if source < 0:
                        s = bloc_pick(
                            uniform(at(contact, np.uint64(7))), b, openness, exchange,
                            uniform(at(contact, np.uint64(8))),
                        )  # fmt: skip
                        if s >= 0:
                            there, other = cell_pick(
                                contact, home, trade, first_cluster[s], last_cluster[s], pull,
                                mass, seen, adjacency,
                            )  # fmt: skip
                            source = member_pick(
                                contact, there, other, within, cell_start, cell_stop
                            )
                for k in range(bring if source >= 0 or kind == PUBLICATION else 0):
                    draw = contact if k == 0 else at(contact, np.uint64(100 + k))
                    luck, would = uniform(at(draw, np.uint64(5))), chance * (1.0 - shield[s, kind])
                    if luck >= would:
                        continue
                    topic = at(draw, np.uint64(4))
                    # Three calls, since a name for what ideas are picked from would have its
                    # references counted at every contact.
                    if kind == PUBLICATION:
                        picked = idea_pick(
                            topic, luck, would, reach, depth, shelf, b * blocs + s, bits, m, words
                        )
                    elif kind == OPEN_WEIGHTS:
                        picked = idea_pick(
                            topic, luck, would, reach, depth, open_bits, source, bits, m, words
                        )
                    else:
                        picked = idea_pick(
                            topic, luck, would, reach, depth, bits, source, bits, m, words
                        )
                    if picked >= 0:
                        idea[offer - k] = picked
                        channel[offer - k] = kind
                        origin[offer - k] = s
                        who[offer - k] = lab_member[source] if kind == OPEN_WEIGHTS else source
                        priority[offer - k] = at(draw, np.uint64(6))
                offer -= bring


@kernel
def adopt(start, stop, ends, offers, size, idea, priority, bits, count, level):
    """Learn what was offered, each idea once, from the offer of highest priority."""
    one = np.uint64(1)
    for m in range(start, stop):
        last = ends[m]
        for x in range(last - offers[m], last):
            if idea[x] < 0:
                continue
            for y in range(last - offers[m], x):
                if idea[x] >= 0 and idea[x] == idea[y]:
                    loser = x if priority[x] < priority[y] else y
                    idea[loser] = -1
        for x in range(last - offers[m], last):
            n = idea[x]
            if n >= 0:
                bits[m, n // 64] |= one << np.uint64(n % 64)
                count[m] += 1
                level[m] += size[n]


@kernel
def credit(
    ends, offers, row, bloc, idea, channel, origin, who, slots, full_rate, cost, open_cost,
    holders, acquired, partner, busy,
):  # fmt: skip
    """Count what was learned by channel and blocs, and the time it takes."""
    # Learning takes the time of researchers: a share of what finding the idea would take them,
    # at most half of their time.
    for m in range(row.size):
        b = bloc[row[m]]
        taken = 0.0
        for x in range(ends[m] - offers[m], ends[m]):
            if idea[x] >= 0:
                holders[idea[x], b] += 1
                acquired[channel[x], origin[x], b] += 1
                taken += open_cost if channel[x] == OPEN_WEIGHTS else cost
                if channel[x] == COLLABORATION:
                    partner[m, int(slots[x] % np.uint64(partner.shape[1]))] = who[x]
        busy[m] = min(0.5, taken / full_rate[m]) if full_rate[m] > 0.0 else 0.0


@kernel
def publish(draws, later, now, members, ideas, row, key, bloc, publishes, pending, pool, published):
    """Put what was found into print after the lag, and what is due into the pools."""
    one = np.uint64(1)
    for x in range(members.size):
        n = ideas[x]
        f = row[members[x]]
        if n >= 0 and uniform(at(at(draws, key[f]), np.uint64(n))) < publishes[f]:
            pending[bloc[f], later, n // 64] |= one << np.uint64(n % 64)
    for b in range(pool.shape[0]):
        for word in range(pool.shape[1]):
            fresh = pending[b, now, word] & ~pool[b, word]
            published[b] += ones(fresh)
            pool[b, word] |= fresh
            pending[b, now, word] = np.uint64(0)
