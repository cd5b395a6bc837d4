r"""Spillover: ideas pass from who holds them to others, through named channels.

Each month firm i makes Poisson contacts on each channel. A contact picks a source, then one idea
that the source holds and i lacks; i learns it with probability absorption × depth × proximity of
sectors:

.. math:: a_i = 1 - e^{-R_i/5}, \qquad
          depth = \exp(-\max(0, (n - c_i - w_i)\,m)/g_0)

(Cohen and Levinthal 1990: who does no research of its own understands nothing; idea n far beyond
what i holds is not understood either.) With ``absorption_rule`` *knowledge* a is the number of
ideas held over that of who holds most (prior knowledge instead of research), with *none* it is 1.
Channels:

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
* *suppliers*: firms linked as customer or supplier (``model/setup/supplier_network.py``), in
  proportion to their
  number, all alike; in a bloc apart, times the exchange. What one of another sector does to its
  products must be adapted, which succeeds with the adjacency of sectors; algorithms and systems
  are the same techniques in all sectors.
* *mobility*: who is hired brings several ideas of the former employer at once; contacts go by the
  firm's hires of the last month over those at the hazard of moves, from blocs by where its bloc's
  hires came from; in a bloc from the own cluster first, less from the rest, from firms by their
  researchers (``model/mechanisms/people/labour.py``).
* *collaboration*: partners in research; with a probability one of the last that a firm learned
  from, else a new one, found like an acquaintance. Success is remembered.

What is learned costs: taking an idea in takes the team a share of the time that finding it would
(imitation cost; Mansfield, Schwartz and Wagner 1981), at most half of its time; less through open
weights. *Protection* (secrecy, non-compete clauses, litigation) stops a share of the contacts with
firms of a bloc and costs their researchers time.

Picks descend a balanced tree of weights, one addressed draw a level: one more idea or firm
disturbs the other picks hardly more than it must (about log2(N)/N of them), and every idea is
equally likely. When several channels offer one idea in a month, the one of highest addressed
priority is credited, so attributions add up exactly. Learning reads the state at the phase's
start.

What labs print of their own follows how they release models, which is on record lab by lab, while
what they publish is not; the shares are assumed. A new generation that makes old depth worthless
(leapfrogging) is no rule yet: ``depth_scale`` asks for it as a whole.

Limits: strength 0 removes a channel, bit for bit; protection 1 everywhere and no publications or
open weights: nobody learns; one channel, one idea, full mixing: logistic; a constant
outside source beside it: Bass's closed form; nobody learns what nobody holds.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from model.core.errors import InputError
from model.core.kernels import over_rows
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever, monthly_rate
from model.core.randomness import address, key_of
from model.mechanisms.ideas import neighbours_kernels
from model.mechanisms.ideas import spillover_kernels as kernels
from model.state.codes import (
    ALGORITHMS,
    COLLABORATION,
    FIELDS,
    MOBILITY,
    PRODUCTS,
    PROXIMITY,
    SECTORS,
    SUPPLIER,
)
from model.state.fixed import Fixed
from model.state.knowledge import Learned
from model.state.state import State

# A month on one channel: several for every idea that there is to learn. The largest firm of 3,000
# makes some 2,600 where all that raises contacts stands at the end of its prior.
MOST_CONTACTS = 10_000.0


class Spillover(Mechanism):
    """Channels, absorption, distance."""

    strength: float = fact(
        0.2, "1", LogUniform(0.05, 1.0), (0.0, 20.0), kind="contested", claims="A1 A7 C4"
    )
    """Scale of all contacts but with publications."""
    proximity_flow: float = fact(0.25, "OOM/year", Uniform(0.1, 1.0), (0.0, 50.0), claims="A1 A2")
    """Ideas met by talk, in algorithms at a firm of reference size, before strength and
    absorption; other fields get as many contacts."""
    open_weights_flow: float = fact(
        0.25, "OOM/year", Uniform(0.1, 1.0), (0.0, 50.0), kind="contested", claims="B1 B3"
    )
    """Ideas met in open models, at a firm of reference size, before strength."""
    supplier_flow: float = fact(0.1, "OOM/year", Uniform(0.0, 0.5), (0.0, 50.0), claims="A2 A3")
    """Ideas met at customers and suppliers, at a firm of reference size and mean links, before
    strength."""
    mobility_flow: float = fact(
        0.05,
        "OOM/year",
        Uniform(0.0, 0.2),
        (0.0, 50.0),
        kind="estimated",
        source="serafinelli_2019",
        claims="A2 D7",
    )
    """Ideas brought by hires, at a firm of reference size, before strength; about a tenth of what
    is learned nearby."""
    collaboration_flow: float = fact(
        0.05, "OOM/year", Uniform(0.0, 0.3), (0.0, 50.0), claims="A1 A7"
    )
    """Ideas met in joint research, at a firm of reference size, before strength."""
    links: float = fact(
        4.7, "1", within=(0.0, 100.0), kind="measured", source="indicators_network", claims="A2"
    )
    """Mean number of customers and suppliers of a firm."""
    ideas_a_move: int = fact(3, "ideas", within=(1, 20), claims="A2")
    """Ideas that a hire may bring; the flow is that of all of them."""
    moves_elsewhere: float = fact(
        0.2, "share", Uniform(0.05, 0.6), (0.0, 1.0), source="almeida_kogut_1999", claims="A2 A6"
    )
    """Weight of the rest of the bloc in hiring beside the own cluster, a researcher."""
    moves_abroad: float = fact(0.1, "share", Uniform(0.0, 0.3), (0.0, 1.0), claims="D9 D10")
    """Share of hires and of new partners from other blocs at full exchange."""
    partner_memory: float = fact(0.7, "share", Uniform(0.2, 0.95), (0.0, 1.0), claims="A7")
    """Chance to meet a partner that one has learned from instead of a new one."""
    imitation_cost: float = fact(
        0.65,
        "share",
        Uniform(0.3, 0.9),
        (0.0, 5.0),
        kind="estimated",
        source="mansfield_1981",
        claims="A8 D4",
    )
    """Time to take an idea in over the time to find it."""
    open_weights_cost: float = fact(0.4, "share", Uniform(0.1, 0.65), (0.0, 5.0), claims="B1 B10")
    """The same for an idea read off an open model."""
    publication_hazard: float = fact(
        0.005, "1/month", LogUniform(0.001, 0.02), (0.0, 0.2), claims="A7 D7"
    )
    """Chance a month that a firm comes to read a published idea it lacks."""
    published_by_open: float = fact(0.8, "share", Uniform(0.6, 1.0), (0.0, 1.0), claims="A7 D8")
    """Share of their own findings that labs of open habit publish."""
    published_by_mixed: float = fact(0.5, "share", Uniform(0.3, 0.7), (0.0, 1.0), claims="A7 D8")
    """Share of their own findings that labs of mixed habit publish."""
    published_by_closed: float = fact(0.2, "share", Uniform(0.0, 0.4), (0.0, 1.0), claims="A7 D8")
    """Share of their own findings that labs of closed habit publish."""
    published_elsewhere: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="A7 D8")
    """Share of their own findings that firms that are no labs publish."""
    publication_lag: int = fact(6, "months", within=(1, 60), source="memory")
    """Time from finding an idea to its publication."""
    half_distance: float = fact(
        1200.0,
        "km",
        Uniform(530.0, 1600.0),
        (1.0, 1e06),
        kind="measured",
        source="keller_2002",
        claims="A1 A4",
    )
    """Distance at which the local part of talk halves."""
    codified: float = fact(0.1, "share", Uniform(0.0, 0.4), (0.0, 1.0), claims="A1")
    """Part w0 of talk that distance does not weaken."""
    sector_adjacency: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="A3")
    """Nearness of any two different sectors (1 is the own sector)."""
    absorption_rule: Literal["research", "knowledge", "none"] = fact(
        "research", "name", kind="contested", source="cohen_levinthal_1990", claims="D4"
    )
    """What understanding takes: own research; or ideas held, over those of who holds most; or
    nothing but to be there."""
    team_for_absorption: float = fact(
        5.0,
        "persons",
        Uniform(2.0, 15.0),
        (0.01, 10000.0),
        source="cohen_levinthal_1990",
        claims="D4",
    )
    """Researchers in the field with whom a firm understands 63 % of what it meets."""
    typical_team: float = fact(10.0, "persons", within=(0.01, 10000.0))
    """Researchers in the field of a mean firm that is no lab at the start of prehistory, for
    absorption: keeps the economy the same when it is cut into more, smaller firms."""
    depth_scale: float = fact(1.0, "OOM", LogUniform(0.3, 3.0), (0.01, 1e06), claims="D4 D5")
    """How far beyond its reach a firm still understands 37 % of an idea."""


class Protection(Mechanism):
    """Secrecy, non-compete clauses, litigation: what keeps ideas from rivals, and what it costs."""

    strength: float = lever(
        0.0, "share", within=(0.0, 1.0), claims="A8 A10 D5", since="exchange", bare=True
    )
    """Protection of ideas by firms in {bloc}: 0 none, 1 full."""
    talk: float = fact(1.0, "share", within=(0.0, 1.0), under_rules=True, claims="A10")
    """Share of talk and joint research that full protection stops (secrecy)."""
    suppliers: float = fact(1.0, "share", within=(0.0, 1.0), under_rules=True, claims="A10")
    """Share of learning among customers and suppliers that it stops (contracts)."""
    mobility: float = fact(1.0, "share", within=(0.0, 1.0), under_rules=True, claims="A10 D5")
    """Share of what movers bring that it stops (non-compete clauses)."""
    cost: float = fact(0.1, "share", Uniform(0.0, 0.3), (0.0, 1.0), under_rules=True, claims="A8")
    """Share of researchers' time that full protection takes (litigation)."""


def spillover(fixed: Fixed, state: State) -> None:
    """Let firms meet, offer, learn; then let last months' finds appear in print.

    Reads ``knowledge.bits``, ``pool``, ``cell_start``, ``state.open_bits``, ``blocs.exchange``,
    ``moved``, ``firms.hire_rate``,
    ``clusters.nearness``, ``bloc_share``, ``state.finds``. Writes ``knowledge.bits``, ``count``,
    ``level``, ``absorption``, ``busy``, ``partner``, ``holders``, ``pool``, ``pending``,
    ``acquired``, ``published``, ``learned``, ``blocs.shield``, ``litigating``.
    """
    guard = fixed.of(Protection)
    for b, strength in enumerate(fixed.by_bloc(Protection, "strength", state.month)):
        for channel, share in (
            (PROXIMITY, guard.talk),
            (COLLABORATION, guard.talk),
            (SUPPLIER, guard.suppliers),
            (MOBILITY, guard.mobility),
        ):
            state.blocs.shield[b, channel] = strength * share
        state.blocs.litigating[b] = strength * guard.cost
    for number in range(len(state.knowledge)):
        _learn(fixed, state, number)
        _print(fixed, state, number)


def _learn(fixed: Fixed, state: State, number: int) -> None:
    knowledge, rows = state.knowledge[number], state.knowledge[number].row.size
    firms, blocs, labs = state.firms.face, state.blocs.face, state.labs.face
    contacts = _contacts(fixed, number)
    busiest = kernels.busiest(firms, knowledge.face, state.link_start, contacts)
    if not busiest <= MOST_CONTACTS:
        raise InputError(
            f"spillover.strength: a firm would make {busiest:.3g} contacts in "
            f"{fixed.date(state.month)}, at most {MOST_CONTACTS:.0f} a month can be simulated; "
            "a good value is 0.2"
        )
    group = fixed.of(Spillover)
    kernels.understanding(
        firms,
        knowledge.face,
        group.team_for_absorption,
        group.typical_team,
        kernels.RULES.index(group.absorption_rule),
    )
    neighbours = _neighbours(fixed, state, number)
    library = _library(fixed, state, number)
    meeting = address(fixed.seed, key_of("meetings", FIELDS[number]), state.month)
    where = (meeting, firms, blocs)
    what = (knowledge.face, contacts, neighbours, library)
    none, streams = np.zeros(0, np.int64), len(library.streams)
    drawn = kernels.Offers(
        np.zeros((rows, streams), np.uint16), np.zeros(rows, np.int64), *[none] * 6
    )
    over_rows(fixed.threads, rows, kernels.meetings, *where, *what, drawn)
    ends = np.cumsum(drawn.count)
    total = int(ends[-1]) if rows else 0
    offers = kernels.Offers(
        drawn.meets,
        drawn.count,
        ends,
        idea=np.full(total, -1, np.int32),
        channel=np.zeros(total, np.int8),
        origin=np.zeros(total, np.int8),
        who=np.full(total, -1, np.int32),
        priority=np.zeros(total, np.uint64),
    )
    over_rows(fixed.threads, rows, kernels.offer, *where, labs, *what, offers)
    over_rows(fixed.threads, rows, kernels.adopt, knowledge.face, offers)
    kernels.credit(
        firms,
        offers,
        offers.priority,
        group.imitation_cost,
        group.open_weights_cost,
        knowledge.face,
        state.acquired[number],
    )
    learned = np.flatnonzero(offers.idea >= 0)
    learner = np.repeat(np.arange(rows), offers.count)[learned]
    source = offers.who[learned]
    state.learned[number] = Learned(
        learner=knowledge.row[learner],
        idea=offers.idea[learned].astype(np.int64),
        source=np.where(source >= 0, knowledge.row[source], -1),
        channel=offers.channel[learned].astype(np.int64),
        origin=offers.origin[learned].astype(np.int64),
    )


def _contacts(fixed: Fixed, number: int) -> kernels.Contacts:
    group, shared = fixed.of(Spillover), fixed.shared
    # The depth scale is in OOM of algorithms or systems; in log quality it is as many ideas.
    size = shared.idea_size[ALGORITHMS if number == PRODUCTS else number]
    strength = group.strength / shared.mean_idea_size
    return kernels.Contacts(
        proximity=monthly_rate(strength * group.proximity_flow),
        publication=group.publication_hazard,
        open_weights=monthly_rate(strength * group.open_weights_flow) if number == 0 else 0.0,
        suppliers=monthly_rate(strength * group.supplier_flow),
        mobility=monthly_rate(strength * group.mobility_flow) / group.ideas_a_move,
        collaboration=monthly_rate(strength * group.collaboration_flow),
        links=max(group.links, 1e-9),
        ideas_a_move=group.ideas_a_move,
        partner_memory=group.partner_memory,
        adjacency=group.sector_adjacency,
        adaptation=group.sector_adjacency if number == PRODUCTS else 1.0,
        depth=0.0 if shared.unique_ideas[number] else size / group.depth_scale,
    )


def _neighbours(fixed: Fixed, state: State, number: int) -> kernels.Neighbours:
    knowledge, clusters = state.knowledge[number], state.clusters
    places, sectors = clusters.key.size, len(SECTORS)
    mass, seen = np.empty((places, sectors)), np.empty((sectors, places))
    within = np.empty(knowledge.row.size)
    adjacency = fixed.of(Spillover).sector_adjacency
    cells = (knowledge.cell_start, knowledge.cell_stop)
    neighbours_kernels.masses(knowledge.team, *cells, adjacency, mass, within, seen)
    pull, nearby = np.empty((2, places, sectors, places))
    neighbours_kernels.pulls(seen, clusters.bloc, clusters.nearness, pull)
    neighbours_kernels.pulls(seen, clusters.bloc, clusters.commute, nearby)
    return kernels.Neighbours(
        mass,
        within.reshape(1, -1),
        seen,
        pull.reshape(-1, places),
        nearby.reshape(-1, places),
        clusters.bloc_share[number],
        state.link_start,
        state.link_to,
    )


def _library(fixed: Fixed, state: State, number: int) -> kernels.Library:
    blocs, knowledge = state.blocs, state.knowledge[number]
    best = np.full((len(blocs.funding), 2), -1, np.int64)
    if number == ALGORITHMS:
        kernels.best_open(state.labs.face, blocs.exchange, best)
    words = knowledge.pool.shape[1]
    shelf = np.zeros((*blocs.exchange.shape, words), np.uint64)
    ties = address(fixed.seed, key_of("shelves", FIELDS[number]))
    kernels.shelve(ties, blocs.face, knowledge.face, shelf)
    streams = kernels.streams_of(tuple(blocs.ordinal))
    return kernels.Library(streams, shelf.reshape(-1, words), state.open_bits, best)


def _print(fixed: Fixed, state: State, number: int) -> None:
    knowledge = state.knowledge[number]
    members, ideas = state.finds[number]
    slots = knowledge.pending.shape[1]
    kernels.publish(
        address(fixed.seed, key_of("publishing", FIELDS[number])),
        (state.month + fixed.of(Spillover).publication_lag) % slots,
        state.month % slots,
        members,
        ideas,
        state.firms.face,
        knowledge.face,
        state.published[number],
    )
