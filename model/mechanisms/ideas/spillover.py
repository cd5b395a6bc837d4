r"""Spillover: ideas pass from firms that hold them to others, through named channels.

Each month firm i makes Poisson contacts on each channel. A contact picks a source, then one idea
that the source holds and i lacks; i learns it with probability absorption × depth × proximity of
sectors:

.. math:: a_i = 1 - e^{-R_i/5}, \qquad
          depth = \exp(-\max(0, (n - c_i - w_i)\,m)/g_0)

Code: ``_learn``

(Cohen and Levinthal 1990: a firm without research of its own understands nothing, nor does any
firm understand an idea n far beyond the ideas it holds.) With ``absorption_rule`` *knowledge* a is
the firm's number of ideas over the largest number that any firm holds (prior knowledge instead of
research), with *none* it is 1. Channels:

* *proximity* (talk among employees and neighbours): contacts a month = strength · flow / (12 m) ·
  (R_i/r)^½. They go to blocs in proportions fixed by the baseline world (times the exchange
  between the blocs), inside the own place more often where it is dense
  (``mechanisms/ideas/density.py``), in a bloc to clusters by the kernel
  :math:`w_0 + (1 - w_0)\,2^{-d/d_{1/2}}` (Keller 2002) times sector adjacency times researchers,
  in a cluster to firms by researchers: never uniform over firms, and no more contacts when there
  are more firms.
* *publication*: published ideas lie in a pool for everyone after a lag, at any distance; a firm
  reads each published idea it lacks at a constant hazard, however many blocs publish it.
* *open weights*: the algorithms embodied in the best open model a firm may use (held when its
  training began), contacts as above.
* *suppliers*: firms linked as customer or supplier (``model/setup/supplier_network.py``), in
  proportion to their number, all alike; in a bloc apart, times the exchange. Product ideas of
  another sector must be adapted, which succeeds with the adjacency of sectors; algorithms and
  systems are the same techniques in all sectors.
* *mobility*: a hire brings several ideas of the former employer at once; contacts are proportional
  to the firm's hires of the last month over hires at the hazard of moves, from blocs by where the
  hires of its bloc came from; in a bloc from the own cluster first, less from the rest, from firms
  by their researchers (``model/mechanisms/people/labour.py``).
* *collaboration*: partners in research; with a probability one of the last partners that a firm
  learned from, else a new one, met as in talk. Success is remembered.

Learning costs: absorbing an idea takes the team a share of the time that discovering it would
(imitation cost; Mansfield, Schwartz and Wagner 1981), at most half of its time; less through open
weights. *Protection* (secrecy, non-compete clauses, litigation) stops a share of the contacts with
firms of a bloc and costs their researchers time.

Picks descend a balanced tree of weights, one addressed draw a level: one more idea or firm
disturbs the other picks hardly more than necessary (about log2(N)/N of them), and every idea is
equally likely. When several channels offer one idea in a month, the channel of highest random
priority is credited, so attributions add up exactly. Learning reads the state at the phase's
start.

The share of discoveries that a lab publishes follows its release of models, since release is on
record lab by lab and publication is not; the shares are assumed. A new generation of technology
that makes accumulated knowledge worthless (leapfrogging) is not modelled; ``depth_scale`` varies
how cumulative learning is as a whole.

Limits: strength 0 removes a channel, bit for bit; protection 1 everywhere and no publications or
open weights: nobody learns; one channel, one idea, full mixing: logistic; a constant
outside source in addition: Bass's closed form; nobody learns an idea that nobody holds.
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

FIRST = 12  # months in which too many contacts are a matter of parameters, not of growth


class Spillover(Mechanism):
    """Strength of channels, absorptive capacity, distance."""

    strength: float = fact(
        0.2, "1", LogUniform(0.05, 1.0), (0.0, 20.0), kind="contested", claims="A1 A7 C4"
    )
    """Strength of technology spillovers: scale of all contact rates, publications excepted."""
    proximity_flow: float = fact(0.25, "OOM/year", Uniform(0.1, 1.0), (0.0, 50.0), claims="A1 A2")
    """Ideas in algorithms that a firm of reference size meets in talk with employees of other
    firms and neighbours, before spillover.strength and absorption; as many contacts in other
    fields."""
    open_weights_flow: float = fact(
        0.25, "OOM/year", Uniform(0.1, 1.0), (0.0, 50.0), kind="contested", claims="B1 B3"
    )
    """Ideas that a firm of reference size meets in open models, before spillover.strength."""
    supplier_flow: float = fact(0.1, "OOM/year", Uniform(0.0, 0.5), (0.0, 50.0), claims="A2 A3")
    """Ideas that a firm of reference size with the mean number of links meets at customers and
    suppliers, before spillover.strength."""
    mobility_flow: float = fact(
        0.05,
        "OOM/year",
        Uniform(0.0, 0.2),
        (0.0, 50.0),
        kind="estimated",
        source="serafinelli_2019",
        claims="A2 D7",
    )
    """Ideas that hires bring to a firm of reference size, before spillover.strength; about a tenth
    of all learning nearby."""
    collaboration_flow: float = fact(
        0.05, "OOM/year", Uniform(0.0, 0.3), (0.0, 50.0), claims="A1 A7"
    )
    """Ideas that a firm of reference size meets in joint research, before spillover.strength."""
    links: float = fact(
        4.7, "1", within=(0.0, 100.0), kind="measured", source="indicators_network", claims="A2"
    )
    """Mean number of customers and suppliers of a firm."""
    ideas_a_move: int = fact(3, "ideas", within=(1, 20), claims="A2")
    """Ideas that a hire may bring from the former employer; spillover.mobility_flow counts all."""
    moves_elsewhere: float = fact(
        0.2, "share", Uniform(0.05, 0.6), (0.0, 1.0), source="almeida_kogut_1999", claims="A2 A6"
    )
    """Weight in hiring of a researcher elsewhere in the bloc over one in the own cluster."""
    moves_abroad: float = fact(0.1, "share", Uniform(0.0, 0.3), (0.0, 1.0), claims="D9 D10")
    """Share of hires and of new research partners that come from other blocs at full exchange."""
    partner_memory: float = fact(0.7, "share", Uniform(0.2, 0.95), (0.0, 1.0), claims="A7")
    """Chance that a firm meets a research partner it has learned from instead of a new one."""
    imitation_cost: float = fact(
        0.65,
        "share",
        Uniform(0.3, 0.9),
        (0.0, 5.0),
        kind="estimated",
        source="mansfield_1981",
        claims="A8 D4",
    )
    """Time to absorb an idea of others over the time to discover it."""
    open_weights_cost: float = fact(0.4, "share", Uniform(0.1, 0.65), (0.0, 5.0), claims="B1 B10")
    """Time to absorb an idea from an open model over the time to discover it."""
    publication_hazard: float = fact(
        0.005, "1/month", LogUniform(0.001, 0.02), (0.0, 0.2), claims="A7 D7"
    )
    """Chance a month that a firm reads a published idea that it lacks."""
    published_by_open: float = fact(0.8, "share", Uniform(0.6, 1.0), (0.0, 1.0), claims="A7 D8")
    """Share of their own discoveries that labs of open release habit publish."""
    published_by_mixed: float = fact(0.5, "share", Uniform(0.3, 0.7), (0.0, 1.0), claims="A7 D8")
    """Share of their own discoveries that labs of mixed release habit publish."""
    published_by_closed: float = fact(0.2, "share", Uniform(0.0, 0.4), (0.0, 1.0), claims="A7 D8")
    """Share of their own discoveries that labs of closed release habit publish."""
    published_elsewhere: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="A7 D8")
    """Share of their own discoveries that firms other than labs publish."""
    publication_lag: int = fact(6, "months", within=(1, 60), source="memory")
    """Time from the discovery of an idea to its publication."""
    half_distance: float = fact(
        1200.0,
        "km",
        Uniform(530.0, 1600.0),
        (1.0, 1e06),
        kind="measured",
        source="keller_2002",
        claims="A1 A4",
    )
    """Distance at which the part of talk that weakens with distance halves."""
    codified: float = fact(0.1, "share", Uniform(0.0, 0.4), (0.0, 1.0), claims="A1")
    """Share w0 of talk that does not weaken with distance."""
    sector_adjacency: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="A3")
    """Technological proximity of any two different sectors; a sector's proximity to itself is 1."""
    absorption_rule: Literal["research", "knowledge", "none"] = fact(
        "research", "name", kind="contested", source="cohen_levinthal_1990", claims="D4"
    )
    """Absorptive capacity: rises with own R&D (research), with the firm's ideas over the largest
    number that any firm holds (knowledge), or is constant (none)."""
    team_for_absorption: float = fact(
        5.0,
        "persons",
        Uniform(2.0, 15.0),
        (0.01, 10000.0),
        source="cohen_levinthal_1990",
        claims="D4",
    )
    """Researchers in a field with whom a firm's absorptive capacity there is 1 - 1/e, 63 %."""
    typical_team: float = fact(10.0, "persons", within=(0.01, 10000.0))
    """Researchers in a field at the mean firm other than labs at the start of prehistory, for its
    absorptive capacity; keeps the economy invariant to a cut into more, smaller firms."""
    depth_scale: float = fact(1.0, "OOM", LogUniform(0.3, 3.0), (0.01, 1e06), claims="D4 D5")
    """Distance of an idea beyond a firm's reach at which the firm understands it with chance 1/e,
    37 %."""


class Protection(Mechanism):
    """Secrecy, non-compete clauses, litigation: effects on learning by rivals, and costs."""

    strength: float = lever(
        0.0, "share", within=(0.0, 1.0), claims="A8 A10 D5", since="exchange", bare=True
    )
    """Protection of ideas by firms in {bloc}: 0 is none, 1 is full."""
    talk: float = fact(1.0, "share", within=(0.0, 1.0), under_rules=True, claims="A10")
    """Share of talk and joint research that full protection of ideas stops (secrecy)."""
    suppliers: float = fact(1.0, "share", within=(0.0, 1.0), under_rules=True, claims="A10")
    """Share of learning among customers and suppliers that full protection of ideas stops
    (contracts)."""
    mobility: float = fact(1.0, "share", within=(0.0, 1.0), under_rules=True, claims="A10 D5")
    """Share of ideas brought by hires that full protection of ideas stops (non-compete clauses)."""
    cost: float = fact(0.1, "share", Uniform(0.0, 0.3), (0.0, 1.0), under_rules=True, claims="A8")
    """Share of researchers' time that full protection of ideas takes (litigation)."""


def spillover(fixed: Fixed, state: State) -> None:
    """Let firms meet, offer, learn; then publish discoveries of earlier months.

    Reads ``knowledge.bits``, ``pool``, ``cell_start``, ``state.open_bits``, ``blocs.exchange``,
    ``moved``, ``firms.hire_rate``, ``clusters.nearness``, ``bloc_share``, ``talk``,
    ``state.discoveries``.
    Writes ``knowledge.bits``, ``count``, ``level``, ``absorption``, ``busy``, ``partner``,
    ``holders``, ``pool``, ``pending``, ``acquired``, ``published``, ``learned``, ``blocs.shield``,
    ``litigating``.
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
        _publish(fixed, state, number)


def _learn(fixed: Fixed, state: State, number: int) -> None:
    knowledge, rows = state.knowledge[number], state.knowledge[number].row.size
    firms, blocs, labs = state.firms.face, state.blocs.face, state.labs.face
    contacts = _contacts(fixed, number)
    busiest = kernels.most_contacts(firms, knowledge.face, state.link_start, contacts)
    # The largest of 3,000 firms makes some 2,600 when all parameters that raise contacts end their
    # priors. In a long run firms grow beyond the most, and make as many as can be simulated.
    if not busiest <= kernels.MOST_CONTACTS and state.month < FIRST:
        raise InputError(
            f"spillover.strength: a firm would make {busiest:.3g} contacts in "
            f"{fixed.date(state.month)}, at most {kernels.MOST_CONTACTS:.0f} a month can be "
            "simulated; a good value is 0.2"
        )
    group = fixed.of(Spillover)
    kernels.absorb(
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
    over_rows(fixed.threads, rows, kernels.meet, *where, *what, drawn)
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
    # The depth scale is in OOM of algorithms or systems; in log quality it spans as many ideas.
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
    more, unused = np.empty((2, places, sectors))
    alike = np.ones(places)
    neighbours_kernels.pulls(seen, clusters.bloc, clusters.nearness, clusters.talk, pull, more)
    neighbours_kernels.pulls(seen, clusters.bloc, clusters.commute, alike, nearby, unused)
    return kernels.Neighbours(
        mass,
        within.reshape(1, -1),
        seen,
        pull.reshape(-1, places),
        nearby.reshape(-1, places),
        clusters.bloc_share[number],
        more,
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


def _publish(fixed: Fixed, state: State, number: int) -> None:
    knowledge = state.knowledge[number]
    members, ideas = state.discoveries[number]
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
