"""Kernels of spillover: who meets whom; ideas offered, learned, credited, published.

A firm's meetings come in streams, one a channel and, where the source's bloc is drawn apart, a
bloc; each has draws of its own, so that neither other channels nor other blocs touch them.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from model.core.kernels import helper, kernel
from model.core.randomness import at, poisson_at, uniform
from model.core.sampling import bit_pick, lacking, ones, word_pick
from model.mechanisms.ideas.neighbours_kernels import bloc_pick, cell_pick, member_pick
from model.state.codes import (
    COLLABORATION,
    LAB,
    MOBILITY,
    NOTHING,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    SUPPLIER,
)

RULES = ("research", "knowledge", "none")  # of absorption
MOST_CONTACTS = 10_000.0  # of a firm on a stream in a month: several for every idea that there is


class Contacts(NamedTuple):
    """Contacts a month of a firm of reference size, by channel, and their success."""

    proximity: float
    publication: float  # hazard of reading one published idea
    open_weights: float
    suppliers: float  # at the mean number of links
    mobility: float  # at the mean rate of hires
    collaboration: float
    links: float  # mean number of customers and suppliers
    ideas_a_move: int
    partner_memory: float
    adjacency: float  # of two different sectors
    adaptation: float  # chance that a supplier's idea suits another sector
    depth: float  # loss of understanding with each idea beyond the firm's reach


class Neighbours(NamedTuple):
    """Where a firm may meet others: sums of researchers that picks descend."""

    mass: Any  # cluster x sector: researchers
    within: Any  # 1 x member: running sum of researchers inside a cell
    seen: Any  # sector x cluster: researchers by adjacency of sectors
    pull: Any  # cell x cluster: running sum by nearness, begun anew in every bloc
    nearby: Any  # cell x cluster: running sum by commuting distance, for hires
    bloc_share: Any  # cluster x bloc: where talk goes in the baseline
    more: Any  # cluster x sector: talk within the bloc, over that at mean density
    link_start: Any  # firm x (bloc + 1): where a firm's links to a bloc begin
    link_to: Any  # link: the firm at its other end


class Library(NamedTuple):
    """Ideas that can be read: published ones, and algorithms in open models."""

    streams: Any  # stream: channel, bloc, key of its draws
    shelf: Any  # (reader x source) x word: published ideas
    open_bits: Any  # lab x word: algorithms in its best open model
    best: Any  # bloc x 2: lab of the best open model it may use, and of the best by another lab


class Offers(NamedTuple):
    """Ideas offered at contacts of the month: ``count[m]`` rows that end before ``ends[m]``."""

    meets: Any  # member x stream: contacts
    count: Any  # member: offers
    ends: Any  # member: running sum of counts
    idea: Any  # offer: the idea, -1 none
    channel: Any
    origin: Any  # bloc of the source
    who: Any  # member that is the source, -1 the public pool
    priority: Any


@kernel
def absorb(firms, knowledge, scale, typical, rule):
    """Write each member's absorptive capacity; ``rule`` counts in ``RULES``."""
    most = 1
    for m in range(knowledge.row.size):
        most = max(most, knowledge.count[m])
    for m in range(knowledge.row.size):
        # Labs count their true researchers. The number and size of other firms are settings of the
        # run, so that their size relative to the mean counts.
        is_lab = firms.kind[knowledge.row[m]] == LAB
        heads = knowledge.team[m] if is_lab else knowledge.relative_team[m] * typical
        if rule == 0:
            knowledge.absorption[m] = 1.0 - math.exp(-heads / scale)
        else:  # without researchers nobody understands
            known = knowledge.count[m] / most if rule == 1 else 1.0
            knowledge.absorption[m] = known if heads > 0.0 else 0.0


@kernel
def best_open(labs, exchange, best):
    """Write the best open model each bloc may use, and the best of another lab."""
    capability = labs.open_capability
    for b in range(best.shape[0]):
        for i in range(labs.bloc.size):
            s = labs.bloc[i]
            if capability[i] == NOTHING or (s != b and exchange[b, s] <= 0.0):
                continue
            if best[b, 0] < 0 or capability[i] > capability[best[b, 0]]:
                best[b, 1] = best[b, 0]
                best[b, 0] = i
            elif best[b, 1] < 0 or capability[i] > capability[best[b, 1]]:
                best[b, 1] = i


@kernel
def shelve(ties, blocs, knowledge, shelf):
    """Write which published ideas each bloc reads from which."""
    # An idea published in several blocs is read at one hazard, in print of the own bloc or else of
    # the bloc that is most open to it; between equals a random draw decides.
    one = np.uint64(1)
    ordinal, exchange, pool = blocs.ordinal, blocs.exchange, knowledge.pool
    number = pool.shape[0]
    shelf[:] = np.uint64(0)
    for b in range(number):
        for word in range(knowledge.words[0]):
            shelf[b, b, word] = pool[b, word]
            abroad = np.uint64(0)
            for s in range(number):
                if s != b and exchange[b, s] > 0.0:
                    abroad |= pool[s, word]
            abroad &= ~pool[b, word]
            for place in range(64):
                bit = one << np.uint64(place)
                if not abroad & bit:
                    continue
                idea = at(at(ties, np.uint64(ordinal[b])), np.uint64(word * 64 + place))
                source, highest = -1, np.uint64(0)
                for s in range(number):
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
    return best[b, 1] if lab >= 0 and best[b, 0] == lab else best[b, 0]


@lru_cache(maxsize=64)  # needed every month
def streams_of(ordinal):
    """Return the streams of a firm's contacts: channel, bloc (0 where it is drawn later), key."""
    # A stream's draws do not depend on which other blocs take part.
    apart = ((PROXIMITY, 0), (PUBLICATION, 1000), (SUPPLIER, 3000))
    rows = [(kind, s, key + place) for kind, key in apart for s, place in enumerate(ordinal)]
    rows += [(OPEN_WEIGHTS, 0, 2000), (MOBILITY, 0, 4000), (COLLABORATION, 0, 5000)]
    return np.array(rows, np.int64)


@kernel
def most_contacts(firms, knowledge, link_start, contacts):
    """Return the largest mean number of contacts on one stream, publications excepted."""
    most = max(contacts.proximity, contacts.open_weights, contacts.collaboration)
    largest = 0.0
    for m in range(knowledge.row.size):
        f = knowledge.row[m]
        tied = 0
        for s in range(link_start.shape[1] - 1):
            tied = max(tied, link_start[f, s + 1] - link_start[f, s])
        suppliers = contacts.suppliers * (tied / contacts.links)
        here = max(most, suppliers, contacts.mobility * firms.hire_rate[f])
        largest = max(largest, math.sqrt(knowledge.relative_team[m]) * here)
    return largest


@helper
def contacts_of(mine, key, mean):
    """Return how many contacts a stream has."""
    if mean <= 0.0:
        return 0
    place = at(mine, np.uint64(key))
    # Most streams are empty. A draw up to exp(-mean), which is above 1 - mean, gives no contact;
    # the amount taken off exceeds the rounding errors of both.
    if uniform(place) < 1.0 - mean - 1e-12:
        return 0
    return poisson_at(place, min(mean, MOST_CONTACTS))


@kernel
def meet(start, stop, meeting, firms, blocs, knowledge, contacts, neighbours, library, offers):
    """Draw how many contacts each member makes on each stream."""
    exchange, streams, best = blocs.exchange, library.streams, library.best
    link_start, shelf, bits = neighbours.link_start, library.shelf, knowledge.bits
    number, words = exchange.shape[0], knowledge.words[0]
    for m in range(start, stop):
        offers.count[m] = 0
        if knowledge.relative_team[m] <= 0.0:
            continue
        f = knowledge.row[m]
        b, home = firms.bloc[f], firms.cluster[f]
        mine = at(meeting, firms.key[f])
        reach = math.sqrt(knowledge.relative_team[m])
        for stream in range(streams.shape[0]):
            kind, s = streams[stream, 0], streams[stream, 1]
            mean = 0.0
            if kind == PROXIMITY:
                share = neighbours.bloc_share[home, s]
                mean = contacts.proximity * reach * share * exchange[b, s]
                if s == b:
                    mean *= neighbours.more[home, firms.sector[f]]
            elif kind == PUBLICATION:
                if contacts.publication > 0.0 and exchange[b, s] > 0.0:
                    unread = 0
                    for word in range(words):
                        unread += ones(shelf[b * number + s, word] & ~bits[m, word])
                    mean = contacts.publication * exchange[b, s] * unread
            elif kind == SUPPLIER:
                tied = link_start[f, s + 1] - link_start[f, s]
                mean = contacts.suppliers * reach * tied / contacts.links * exchange[b, s]
            elif kind == OPEN_WEIGHTS:
                mean = contacts.open_weights * reach * (model_for(best, b, firms.lab[f]) >= 0)
            elif kind == MOBILITY:
                mean = contacts.mobility * reach * firms.hire_rate[f]
            else:
                mean = contacts.collaboration * reach
            offers.meets[m, stream] = contacts_of(mine, streams[stream, 2], mean)
            brought = contacts.ideas_a_move if kind == MOBILITY else 1
            offers.count[m] += offers.meets[m, stream] * brought


@helper
def grasped(beyond, depth):
    """Return the chance to understand an idea that lies so many ideas beyond a firm's reach."""
    return math.exp(-beyond * depth) if beyond > 0 else 1.0


@helper
def idea_pick(draw, chosen, would, reach, depth, source, row, held, m, words):
    """Return the idea that a source's row holds and member ``m`` lacks and grasps, or -1."""
    word = word_pick(draw, source, row, held, m, words)
    # The nearest ideas of a word are understood best.
    if word < 0 or chosen >= would * grasped(word * 64 - reach, depth):
        return -1
    picked = word * 64 + bit_pick(draw, lacking(source, row, held, m, word))
    return picked if chosen < would * grasped(picked - reach, depth) else -1


@kernel
def offer(
    start, stop, meeting, firms, blocs, labs, knowledge, contacts, neighbours, library, offers
):  # fmt: skip
    """Draw what each contact offers, and whether it is understood."""
    # Every draw has an address, so draws that cannot matter are skipped: picks take most of the
    # time. Arrays have names of their own here, since a column of a face would have its references
    # counted at every contact.
    row, count, window, absorption = (
        knowledge.row, knowledge.count, knowledge.window, knowledge.absorption
    )  # fmt: skip
    bits, partner, member_at, words = (
        knowledge.bits, knowledge.partner, knowledge.at, knowledge.words[0]
    )  # fmt: skip
    cell_start, cell_stop = knowledge.cell_start, knowledge.cell_stop
    bloc, cluster, sector, lab = firms.bloc, firms.cluster, firms.sector, firms.lab
    exchange, shield, openness, moved = blocs.exchange, blocs.shield, blocs.openness, blocs.moved
    first_cluster, last_cluster = blocs.first_cluster, blocs.last_cluster
    pull, nearby, mass, within, seen = (
        neighbours.pull, neighbours.nearby, neighbours.mass, neighbours.within, neighbours.seen
    )  # fmt: skip
    link_start, link_to = neighbours.link_start, neighbours.link_to
    streams, shelf, open_bits, best = (
        library.streams, library.shelf, library.open_bits, library.best
    )  # fmt: skip
    lab_bloc, lab_member, meets, ends = labs.bloc, labs.member, offers.meets, offers.ends
    adjacency, memory, depth = contacts.adjacency, contacts.partner_memory, contacts.depth
    number = exchange.shape[0]
    for m in range(start, stop):
        f = row[m]
        b, home, own = bloc[f], cluster[f], sector[f]
        mine = at(meeting, firms.key[f])
        reach = count[m] + window[m]
        place = ends[m] - 1
        for stream in range(streams.shape[0]):
            times = meets[m, stream]
            if times == 0:
                continue
            kind = streams[stream, 0]
            here = at(mine, np.uint64(streams[stream, 2]))
            for j in range(times):
                contact = at(here, np.uint64(j))
                chance = absorption[m]
                if kind != MOBILITY and uniform(at(contact, np.uint64(5))) >= chance:
                    place -= 1
                    continue  # the firm would not understand any idea
                s = streams[stream, 1]
                source, bring = -1, 1
                if kind == PROXIMITY:
                    there, other = cell_pick(
                        contact, home, own, first_cluster[s], last_cluster[s], pull, mass, seen,
                        adjacency,
                    )  # fmt: skip
                    chance *= 1.0 if other == own else adjacency
                    if uniform(at(contact, np.uint64(5))) < chance * (1.0 - shield[s, kind]):
                        source = member_pick(contact, there, other, within, cell_start, cell_stop)
                elif kind == SUPPLIER:
                    low, high = link_start[f, s], link_start[f, s + 1]
                    link = low + int(uniform(at(contact, np.uint64(1))) * (high - low))
                    source = member_at[link_to[min(link, high - 1)]]
                    if source >= 0 and sector[row[source]] != own:
                        chance *= contacts.adaptation
                elif kind == OPEN_WEIGHTS:
                    source = model_for(best, b, lab[f])
                    s = lab_bloc[source]
                    if uniform(at(contact, np.uint64(1))) >= exchange[b, s]:
                        source = -1
                elif kind == MOBILITY:
                    bring = contacts.ideas_a_move
                    # The shares of movers contain exchange already: no second check at the border.
                    s = bloc_pick(uniform(at(contact, np.uint64(7))), b, moved, exchange, 0.0)
                    if s >= 0:
                        there, other = cell_pick(
                            contact, home, own, first_cluster[s], last_cluster[s], nearby, mass,
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
                                contact, home, own, first_cluster[s], last_cluster[s], pull,
                                mass, seen, adjacency,
                            )  # fmt: skip
                            source = member_pick(
                                contact, there, other, within, cell_start, cell_stop
                            )
                for k in range(bring if source >= 0 or kind == PUBLICATION else 0):
                    draw = contact if k == 0 else at(contact, np.uint64(100 + k))
                    chosen = uniform(at(draw, np.uint64(5)))
                    would = chance * (1.0 - shield[s, kind])
                    if chosen >= would:
                        continue
                    topic = at(draw, np.uint64(4))
                    # Three calls, since a name for the array that ideas are picked from would have
                    # its references counted at every contact.
                    if kind == PUBLICATION:
                        picked = idea_pick(
                            topic, chosen, would, reach, depth, shelf, b * number + s, bits, m,
                            words,
                        )  # fmt: skip
                    elif kind == OPEN_WEIGHTS:
                        picked = idea_pick(
                            topic, chosen, would, reach, depth, open_bits, source, bits, m, words
                        )
                    else:
                        picked = idea_pick(
                            topic, chosen, would, reach, depth, bits, source, bits, m, words
                        )
                    if picked >= 0:
                        offers.idea[place - k] = picked
                        offers.channel[place - k] = kind
                        offers.origin[place - k] = s
                        offers.who[place - k] = (
                            lab_member[source, 0] if kind == OPEN_WEIGHTS else source
                        )
                        offers.priority[place - k] = at(draw, np.uint64(6))
                place -= bring


@kernel
def adopt(start, stop, knowledge, offers):
    """Learn the ideas offered, each once, from the offer of highest priority."""
    one = np.uint64(1)
    idea, priority = offers.idea, offers.priority
    for m in range(start, stop):
        last = offers.ends[m]
        first = last - offers.count[m]
        for x in range(first, last):
            if idea[x] < 0:
                continue
            for y in range(first, x):
                if idea[x] >= 0 and idea[x] == idea[y]:
                    loser = x if priority[x] < priority[y] else y
                    idea[loser] = -1
        for x in range(first, last):
            n = idea[x]
            if n >= 0:
                knowledge.bits[m, n // 64] |= one << np.uint64(n % 64)
                knowledge.count[m] += 1
                knowledge.level[m] += knowledge.size[n]


@kernel
def credit(firms, offers, cost, open_cost, knowledge, acquired):
    """Count ideas learned by channel and blocs, and the time that learning takes."""
    # Learning takes a share of the time in which researchers would discover the idea, at most half
    # of their time. A partner is remembered in a place drawn by the offer's priority.
    partner, full_rate, priority = knowledge.partner, knowledge.full_rate, offers.priority
    for m in range(knowledge.row.size):
        b = firms.bloc[knowledge.row[m]]
        taken = 0.0
        for x in range(offers.ends[m] - offers.count[m], offers.ends[m]):
            if offers.idea[x] >= 0:
                knowledge.holders[offers.idea[x], b] += 1
                acquired[offers.channel[x], offers.origin[x], b] += 1
                taken += open_cost if offers.channel[x] == OPEN_WEIGHTS else cost
                if offers.channel[x] == COLLABORATION:
                    partner[m, int(priority[x] % np.uint64(partner.shape[1]))] = offers.who[x]
        knowledge.busy[m] = min(0.5, taken / full_rate[m]) if full_rate[m] > 0.0 else 0.0


@kernel
def publish(draws, later, now, members, ideas, firms, knowledge, published):
    """Send discoveries to print with the lag, and move ideas that are due into the pools."""
    one = np.uint64(1)
    pool, pending = knowledge.pool, knowledge.pending
    for x in range(members.size):
        n = ideas[x]
        f = knowledge.row[members[x]]
        draw = at(at(draws, firms.key[f]), np.uint64(n))
        if n >= 0 and uniform(draw) < firms.publishes[f]:
            pending[firms.bloc[f], later, n // 64] |= one << np.uint64(n % 64)
    for b in range(pool.shape[0]):
        for word in range(pool.shape[1]):
            fresh = pending[b, now, word] & ~pool[b, word]
            published[b] += ones(fresh)
            pool[b, word] |= fresh
            pending[b, now, word] = np.uint64(0)
