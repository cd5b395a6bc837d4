r"""Spillover: ideas pass from who holds them to others, through named channels.

Each month firm i makes Poisson contacts on each channel. A contact picks a source, then one idea
that the source holds and i lacks; i learns it with probability absorption × depth × proximity of
sectors:

.. math:: a_i = 1 - e^{-R_i/5}, \qquad
          depth = \exp(-\max(0, (n - c_i - w_i)\,m)/g_0)

(Cohen and Levinthal 1990: who does no research of its own understands nothing; idea n far beyond
what i holds is not understood either.) Channels:

* *proximity* (talk among employees and neighbours): contacts a month = strength · flow / (12 m) ·
  (R_i/r)^½. They go to blocs in proportions fixed by the baseline world (times the exchange
  between the blocs), in a bloc to clusters by the kernel
  :math:`w_0 + (1 - w_0)\,2^{-d/d_{1/2}}` (Keller 2002) times sector adjacency times researchers,
  in a cluster to firms by researchers: never uniform over firms, never more of them when there
  are more firms.
* *publication*: what others publish lies in a pool for everyone after a lag, at any distance; a
  firm reads each published idea it lacks at a constant hazard, however many blocs print it.
* *open weights*: the algorithms embodied in the best open model a firm may use (held when its
  training began), contacts as above.

Picks descend a balanced tree of weights, one addressed draw a level: one more idea or firm
disturbs the other picks hardly more than it must (about log2(N)/N of them), and every idea is
equally likely. When several channels offer one idea in a month, the one of highest addressed
priority is credited, so attributions add up exactly. Learning reads the state at the phase's
start.

Limits: strength 0 removes a channel; one channel, one idea, full mixing: logistic; a constant
outside source: Bass's closed form with no imitation; nobody learns what nobody holds.
"""

from __future__ import annotations

import math

import numpy as np

from model.compiled import helper, kernel, over_rows
from model.facts import InputError, LogUniform, Mechanism, Uniform, fact, monthly_rate
from model.picks import idea_pick, lacking, ones, tree_pick
from model.randomness import address, at, key_of, poisson, uniform
from model.world import (
    FIELDS,
    NOTHING,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    SECTORS,
    State,
)

MOST_CONTACTS = 200.0  # a month on one channel; more means that parameters blow up


class Spillover(Mechanism):
    """Channels, absorption, distance."""

    strength: float = fact(
        0.2,
        unit="1",
        kind="contested",
        prior=LogUniform(0.05, 1.0),
        low=0.0,
        high=20.0,
        claims=("A1", "A7", "C4"),
        source="own",
        doc="scale of all contacts (proximity and open weights)",
    )
    proximity_flow: float = fact(
        0.25,
        unit="OOM/year",
        kind="assumed",
        prior=Uniform(0.1, 1.0),
        low=0.0,
        high=50.0,
        claims=("A1", "A2"),
        source="own",
        doc="ideas met by talk, in algorithms at a firm of reference size, before "
        "strength and absorption; other fields get as many contacts",
    )
    open_weights_flow: float = fact(
        0.25,
        unit="OOM/year",
        kind="contested",
        prior=Uniform(0.1, 1.0),
        low=0.0,
        high=50.0,
        claims=("B1", "B3"),
        source="own",
        doc="ideas met in open models, at a firm of reference size, before strength",
    )
    publication_hazard: float = fact(
        0.005,
        unit="1/month",
        kind="assumed",
        prior=LogUniform(0.001, 0.02),
        low=0.0,
        high=0.2,
        claims=("A7", "D7"),
        source="own",
        doc="chance a month that a firm comes to read a published idea it lacks",
    )
    published_by_open: float = fact(
        0.8,
        unit="share",
        kind="assumed",
        prior=Uniform(0.6, 1.0),
        low=0.0,
        high=1.0,
        claims=("A7", "D8"),
        source="own",
        doc="share of their own findings that labs of open habit publish",
    )
    published_by_mixed: float = fact(
        0.5,
        unit="share",
        kind="assumed",
        prior=Uniform(0.3, 0.7),
        low=0.0,
        high=1.0,
        claims=("A7", "D8"),
        source="own",
        doc="share of their own findings that labs of mixed habit publish",
    )
    published_by_closed: float = fact(
        0.2,
        unit="share",
        kind="assumed",
        prior=Uniform(0.0, 0.4),
        low=0.0,
        high=1.0,
        claims=("A7", "D8"),
        source="own",
        doc="share of their own findings that labs of closed habit publish",
    )
    published_elsewhere: float = fact(
        0.3,
        unit="share",
        kind="assumed",
        prior=Uniform(0.1, 0.6),
        low=0.0,
        high=1.0,
        claims=("A7", "D8"),
        source="own",
        doc="share of their own findings that firms that are no labs publish",
    )
    publication_lag: int = fact(
        6,
        unit="months",
        kind="assumed",
        low=1,
        high=60,
        source="memory",
        doc="time from finding an idea to its publication",
    )
    half_distance: float = fact(
        1200.0,
        unit="km",
        kind="measured",
        prior=Uniform(530.0, 1600.0),
        low=1.0,
        high=1e6,
        claims=("A1", "A4"),
        source="keller_2002",
        doc="distance at which the local part of talk halves",
    )
    codified: float = fact(
        0.1,
        unit="share",
        kind="assumed",
        prior=Uniform(0.0, 0.4),
        low=0.0,
        high=1.0,
        claims=("A1",),
        source="own",
        doc="part w0 of talk that distance does not weaken",
    )
    sector_adjacency: float = fact(
        0.3,
        unit="share",
        kind="assumed",
        prior=Uniform(0.1, 0.6),
        low=0.0,
        high=1.0,
        claims=("A3",),
        source="own",
        doc="nearness of any two different sectors (1 is the own sector)",
    )
    team_for_absorption: float = fact(
        5.0,
        unit="persons",
        kind="assumed",
        prior=Uniform(2.0, 15.0),
        low=0.01,
        high=1e4,
        claims=("D4",),
        source="cohen_levinthal_1990",
        doc="researchers in the field with whom a firm understands 63 % of what it meets",
    )
    typical_team: float = fact(
        10.0,
        unit="persons",
        kind="assumed",
        low=0.01,
        high=1e4,
        source="own",
        doc="researchers in the field of a mean firm that is no lab at the start of prehistory, "
        "for absorption: keeps the economy the same when it is cut into more, smaller firms",
    )
    depth_scale: float = fact(
        1.0,
        unit="OOM",
        kind="assumed",
        prior=LogUniform(0.3, 3.0),
        low=0.01,
        high=1e6,
        claims=("D4", "D5"),
        source="own",
        doc="how far beyond its reach a firm still understands 37 % of an idea",
    )


def spillover(state: State) -> None:
    """Let firms meet, offer, learn; then let last months' finds appear in print.

    Reads ``knowledge.bits``, ``pool``, ``cell_start``, ``state.open_bits``, ``blocs.exchange``,
    ``clusters.nearness``, ``bloc_share``, ``state.finds``. Writes ``knowledge.bits``, ``count``,
    ``level``, ``absorption``, ``holders``, ``pool``, ``pending``, ``acquired``, ``published``.
    """
    for number in range(len(state.knowledge)):
        _learn(state, number)
        _print(state, number)


def _learn(state: State, number: int) -> None:
    group, knowledge, firms = state.parameters.spillover, state.knowledge[number], state.firms
    blocs, clusters, labs = state.blocs, state.clusters, state.labs
    rows, month = knowledge.row.size, state.month
    size = state.parameters.discovery.idea_size(number)
    strength = group.strength / state.parameters.discovery.mean_size
    mass = np.zeros((clusters.key.size, len(SECTORS)))
    within = np.zeros(rows)
    pull = np.zeros((clusters.key.size, len(SECTORS), clusters.key.size))
    _masses(
        knowledge.team,
        knowledge.cell_start,
        knowledge.cell_stop,
        group.sector_adjacency,
        clusters.bloc,
        clusters.nearness,
        mass,
        within,
        pull,
    )
    _understanding(
        knowledge.row,
        firms.kind,
        knowledge.team,
        knowledge.relative_team,
        group.team_for_absorption,
        group.typical_team,
        knowledge.absorption,
    )
    best = np.full((len(blocs.funding), 2), -1, np.int64)
    if number == 0:
        _best_open(labs.bloc, labs.open_capability, blocs.exchange, best)
    streams = 2 * len(blocs.funding) + 1
    talk = monthly_rate(strength * group.proximity_flow)
    weights = monthly_rate(strength * group.open_weights_flow) if number == 0 else 0.0
    busiest = max(talk, weights) * math.sqrt(knowledge.relative_team.max(initial=0.0))
    if not busiest <= MOST_CONTACTS:
        raise InputError(
            f"spillover.strength: a firm would make {busiest:.3g} contacts in {state.date()}, at "
            f"most {MOST_CONTACTS:.0f} a month can be simulated; a good value is 0.2"
        )
    shelf = np.zeros((*blocs.exchange.shape, knowledge.pool.shape[1]), np.uint64)
    ties = address(state.seed, key_of("shelves", FIELDS[number]))
    _shelve(ties, blocs.ordinal, knowledge.words[0], knowledge.pool, blocs.exchange, shelf)
    meets = np.zeros((rows, streams), np.uint16)
    offers = np.zeros(rows, np.int64)
    meeting = address(state.seed, key_of("meetings", FIELDS[number]), month)
    over_rows(
        state.threads,
        rows,
        _meetings,
        meeting,
        knowledge.row,
        firms.key,
        firms.bloc,
        firms.cluster,
        firms.lab,
        knowledge.relative_team,
        clusters.bloc_share[number],
        blocs.exchange,
        blocs.ordinal,
        talk,
        group.publication_hazard,
        weights,
        knowledge.words[0],
        knowledge.bits,
        shelf,
        best,
        meets,
        offers,
    )
    ends = np.cumsum(offers)
    total = int(ends[-1]) if rows else 0
    idea = np.full(total, -1, np.int32)
    channel = np.zeros(total, np.int8)
    origin = np.zeros(total, np.int8)
    priority = np.zeros(total, np.uint64)
    over_rows(
        state.threads,
        rows,
        _offers,
        meeting,
        ends,
        knowledge.row,
        firms.key,
        firms.bloc,
        firms.cluster,
        firms.sector,
        firms.lab,
        blocs.exchange,
        blocs.ordinal,
        blocs.first_cluster,
        blocs.last_cluster,
        pull,
        mass,
        within,
        knowledge.cell_start,
        knowledge.cell_stop,
        group.sector_adjacency,
        knowledge.words[0],
        knowledge.bits,
        shelf,
        labs.bloc,
        state.open_bits,
        best,
        knowledge.count,
        knowledge.window,
        knowledge.absorption,
        size / group.depth_scale,
        meets,
        idea,
        channel,
        origin,
        priority,
    )
    over_rows(
        state.threads,
        rows,
        _adopt,
        ends,
        offers,
        knowledge.size,
        idea,
        priority,
        knowledge.bits,
        knowledge.count,
        knowledge.level,
    )
    _credit(
        ends,
        offers,
        knowledge.row,
        firms.bloc,
        idea,
        channel,
        origin,
        knowledge.holders,
        state.acquired[number],
    )


def _print(state: State, number: int) -> None:
    knowledge, firms = state.knowledge[number], state.firms
    members, ideas = state.finds[number]
    slots = knowledge.pending.shape[1]
    _publish(
        address(state.seed, key_of("publishing", FIELDS[number])),
        (state.month + state.parameters.spillover.publication_lag) % slots,
        state.month % slots,
        members,
        ideas,
        knowledge.row,
        firms.key,
        firms.bloc,
        firms.publishes,
        knowledge.pending,
        knowledge.pool,
        state.published[number],
    )


@kernel
def _masses(team, start, stop, adjacency, cluster_bloc, nearness, mass, within, pull):
    # mass: researchers of a cell; within: running sum of researchers inside the cell;
    # pull: running sum, over the clusters of a bloc, of nearness x adjacency x researchers,
    # as a firm of (cluster, sector) sees it. Sums begin anew in every cell and bloc: who is
    # elsewhere does not touch the last bit.
    clusters, sectors = mass.shape
    for c in range(clusters):
        for s in range(sectors):
            total = 0.0
            for m in range(start[c, s], stop[c, s]):
                total += team[m]
                within[m] = total
            mass[c, s] = total
    for c in range(clusters):
        for s in range(sectors):
            total = 0.0
            for d in range(clusters):
                if d > 0 and cluster_bloc[d] != cluster_bloc[d - 1]:
                    total = 0.0
                seen = 0.0
                for t in range(sectors):
                    seen += mass[d, t] * (1.0 if t == s else adjacency)
                total += nearness[c, d] * seen
                pull[c, s, d] = total


@kernel
def _understanding(row, kind, team, relative, scale, typical, absorption):
    for m in range(row.size):
        # Labs count their true researchers; of other firms there are as many, and as small ones,
        # as the user asked for: their size relative to the mean is what counts.
        heads = team[m] if kind[row[m]] == 0 else relative[m] * typical
        absorption[m] = 1.0 - math.exp(-heads / scale)


@kernel
def _best_open(lab_bloc, capability, exchange, best):
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
def _shelve(ties, ordinal, words, pool, exchange, shelf):
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
def _model_for(best, b, lab):
    # The best open model of others: a lab learns nothing new from its own.
    return best[b, 1] if lab >= 0 and best[b, 0] == lab else best[b, 0]


@helper
def _stream_key(stream, ordinal):
    # Streams are addressed by channel and the bloc's place in the setting: the luck of one
    # does not depend on which other blocs take part.
    blocs = ordinal.size
    if stream < 2 * blocs:
        return np.uint64((stream // blocs) * 1000 + ordinal[stream % blocs])
    return np.uint64(2000)


@kernel
def _meetings(
    start, stop, meeting, row, key, bloc, cluster, lab, relative, bloc_share, exchange, ordinal,
    talk, hazard, weights, words, bits, shelf, best, meets, offers,
):  # fmt: skip
    blocs = shelf.shape[0]
    for m in range(start, stop):
        offers[m] = 0
        if relative[m] <= 0.0:
            continue
        f = row[m]
        b = bloc[f]
        mine = at(meeting, key[f])
        reach = math.sqrt(relative[m])
        for stream in range(2 * blocs + 1):
            s = stream % blocs
            if stream < blocs:
                mean = talk * reach * bloc_share[cluster[f], s] * exchange[b, s]
            elif stream < 2 * blocs:
                unread = 0
                if hazard > 0.0 and exchange[b, s] > 0.0:
                    for word in range(words):
                        unread += ones(lacking(shelf[b], s, bits, m, word))
                mean = hazard * exchange[b, s] * unread
            else:
                mean = weights * reach if _model_for(best, b, lab[f]) >= 0 else 0.0
            if mean > 0.0:
                count = poisson(uniform(at(mine, _stream_key(stream, ordinal))), mean)
                meets[m, stream] = count
                offers[m] += meets[m, stream]


@kernel
def _offers(
    start, stop, meeting, ends, row, key, bloc, cluster, sector, lab, exchange, ordinal,
    first_cluster, last_cluster, pull, mass, within, cell_start, cell_stop, adjacency, words,
    bits, shelf, lab_bloc, open_bits, best, count, window, absorption, depth, meets,
    idea, channel, origin, priority,
):  # fmt: skip
    blocs = shelf.shape[0]
    for m in range(start, stop):
        f = row[m]
        b, home, trade = bloc[f], cluster[f], sector[f]
        mine = at(meeting, key[f])
        offer = ends[m] - 1
        for stream in range(2 * blocs + 1):
            number = meets[m, stream]
            if number == 0:
                continue
            s = stream % blocs
            here = at(mine, _stream_key(stream, ordinal))
            for j in range(number):
                contact = at(here, np.uint64(j))
                chance = absorption[m]
                picked = -1
                if stream < blocs:
                    kind = PROXIMITY
                    low, high = first_cluster[s], last_cluster[s]
                    if low < high and pull[home, trade, high - 1] > 0.0:
                        there = tree_pick(at(contact, np.uint64(1)), pull[home, trade], low, high)
                        u = uniform(at(contact, np.uint64(2)))
                        seen = 0.0
                        for t in range(mass.shape[1]):
                            seen += mass[there, t] * (1.0 if t == trade else adjacency)
                        reached, other = 0.0, -1
                        for t in range(mass.shape[1]):
                            weight = mass[there, t] * (1.0 if t == trade else adjacency)
                            if weight > 0.0:
                                other = t
                                reached += weight
                                if u * seen < reached:
                                    break
                        source = tree_pick(
                            at(contact, np.uint64(3)),
                            within,
                            cell_start[there, other],
                            cell_stop[there, other],
                        )
                        picked = idea_pick(at(contact, np.uint64(4)), bits, source, bits, m, words)
                        chance *= 1.0 if other == trade else adjacency
                elif stream < 2 * blocs:
                    kind = PUBLICATION
                    picked = idea_pick(at(contact, np.uint64(4)), shelf[b], s, bits, m, words)
                else:
                    kind = OPEN_WEIGHTS
                    model = _model_for(best, b, lab[f])
                    s = lab_bloc[model]
                    if uniform(at(contact, np.uint64(1))) < exchange[b, s]:
                        picked = idea_pick(
                            at(contact, np.uint64(4)), open_bits, model, bits, m, words
                        )
                if picked >= 0:
                    beyond = picked - count[m] - window[m]
                    if beyond > 0:
                        chance *= math.exp(-beyond * depth)
                    if uniform(at(contact, np.uint64(5))) < chance:
                        idea[offer] = picked
                        channel[offer] = kind
                        origin[offer] = s
                        priority[offer] = at(contact, np.uint64(6))
                offer -= 1


@kernel
def _adopt(start, stop, ends, offers, size, idea, priority, bits, count, level):
    one = np.uint64(1)
    for m in range(start, stop):
        last = ends[m]
        for x in range(last - offers[m], last):
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
def _credit(ends, offers, row, bloc, idea, channel, origin, holders, acquired):
    for m in range(row.size):
        b = bloc[row[m]]
        for x in range(ends[m] - offers[m], ends[m]):
            if idea[x] >= 0:
                holders[idea[x], b] += 1
                acquired[channel[x], origin[x], b] += 1


@kernel
def _publish(
    draws, later, now, members, ideas, row, key, bloc, publishes, pending, pool, published
):
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
