r"""Places: what research and hosting chips cost where, and what universities contribute.

**Infrastructure.** A place has a stock of shared infrastructure (laboratories, networks, suppliers,
data-centre halls) that depreciates by a share a year and is fed by its firms (a share of their wage
bills) and by public money (its bloc's, shared by the places' weight). With I the stock in USD a
researcher and R the researchers of the place,

.. math:: cost = base\,(1 + I/I_{ref})^{-e}\,\max(1, R / (k\,\bar R))^{z}

Code: ``_price``

I_ref is the mean at the start of the baseline, :math:`\bar R` the mean researchers of a place
then, growing as the world's researchers; base makes the mean cost there 1. Cost divides the people
a wage bill buys, and multiplies labs' cost of servers and hosting (``fleets.overhead`` less the
chip itself); the places of clouds are not known, so clouds pay the mean.

**Universities** stand in the places of a bloc by their weight in innovation (assumed: the table of
places has no universities). They train graduates and discover basic ideas: each place like a closed
firm that knows what is published in its bloc,

.. math:: Poisson\Big(\frac{A}{12}\,u\,p_c\,e^{\gamma g_R t}\,e^{-bK_{published}}\,m(t - lag)\Big)

Code: ``_research``

(u their part of labs' discoveries at reference size, p_c the place's part of the world's
researchers in 2024, m their public money over its path, A, b, γ as in discovery). Discoveries are
published in the bloc after the publication lag; no firm holds them before it reads them. A change
in money takes years to show: in graduates (the part that public money trains) and in ideas.

**Public money** is so many USD a researcher on the path, equal in all blocs (no source for more),
times levers by bloc; *agglomeration* of discovery itself is an exponent on a place's researchers
over the mean, 0 by default: the published 0.067 (Moretti 2021) is challenged by a null.

*Scattering* puts a share of a bloc's firms into random places of the bloc, addressed by firm; firms
keep their keys, sizes and sectors, and labs the destinations to which chips may go.

Limits: no infrastructure: base cost; exponents 0: places cost the same; universities 0: only firms'
ideas are published; scattering changes nothing that does not depend on place.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from model.core.errors import InputError
from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact, lever, monthly_rate, monthly_share
from model.core.randomness import address, at, key_of, poisson, uniform
from model.core.table import Floats
from model.state.codes import FIELDS, NEVER
from model.state.fixed import Fixed
from model.state.state import State

SLOWEST = 0.02  # a year; least depreciation plus growth of people for which a first stock is finite


class Places(Mechanism):
    """Infrastructure, congestion, universities, public money."""

    public_money: float = fact(
        48e3,
        "USD/year",
        Uniform(20000.0, 170000.0),
        (0.0, 1e07),
        kind="estimated",
        source="nitrd|cset_public_ai|memory",
        claims="A5 A9",
    )
    """Public money per AI researcher, in all blocs; the US federal budget for research in AI, USD
    3.0 billion in 2024, over US researchers."""
    infrastructure_share: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="A5")
    """Share of public money for research that goes to infrastructure, the rest to universities."""
    firms_share: float = fact(0.02, "share", Uniform(0.0, 0.06), (0.0, 0.5), claims="A4")
    """Share of firms' wage bills that goes into the infrastructure of their place."""
    wear: float = fact(0.05, "1/year", Uniform(0.02, 0.15), (0.0, 1.0))
    """Share of a place's infrastructure that depreciates in a year."""
    cost_exponent: float = fact(0.1, "1", Uniform(0.0, 0.2), (0.0, 1.0), claims="A4 A5")
    """Exponent e with which the cost of a place falls with its infrastructure per researcher."""
    crowding_threshold: float = fact(4.0, "1", Uniform(1.0, 10.0), (0.1, 1000.0), claims="A4")
    """Threshold k of crowding: researchers of a place over the mean of all places."""
    crowding: float = fact(0.1, "1", Uniform(0.0, 0.3), (0.0, 2.0), claims="A4")
    """Exponent z with which the cost of a crowded place rises with its researchers."""
    agglomeration: float = fact(
        0.0,
        "1",
        Uniform(0.0, 0.07),
        (0.0, 0.5),
        kind="contested",
        source="moretti_2021|wiebe_2024",
        claims="A4 A6",
    )
    """Elasticity of discoveries in the number of researchers of the place (agglomeration)."""
    basic_discoveries: float = fact(0.1, "share", Uniform(0.0, 0.5), (0.0, 10.0), claims="A5 A9")
    """Discoveries of all universities over those of all labs, at reference size."""
    university_lag: int = fact(
        48, "months", within=(0, 240), kind="estimated", source="memory", claims="A9"
    )
    """Time from universities' funding to the graduates and ideas that result (2 to 5 years)."""
    graduates_paid: float = fact(0.5, "share", Uniform(0.2, 0.9), (0.0, 1.0), claims="A9 D1")
    """Share of graduates whose training public money pays for."""
    scatter: float = fact(0.0, "share", within=(0.0, 1.0), lever=True, claims="A1 A4 A6")
    """Share of firms that start at a random place of their bloc instead of their own place."""
    infrastructure: float = lever(1.0, "1", (0.0, 20.0), since="exchange", claims="A5 A9")
    """Public money for infrastructure in {bloc}, as a multiple of the baseline."""
    universities: float = lever(1.0, "1", (0.0, 20.0), since="exchange", claims="A5 A9")
    """Public money for universities in {bloc}, as a multiple of the baseline."""


class Reference(NamedTuple):
    """A mean place, against which the costs of places are measured."""

    infrastructure: float  # USD a researcher; 0: infrastructure does not matter
    cost: float  # of a place without infrastructure
    size: float  # researchers; 0: size does not matter


class Universities(NamedTuple):
    """What the universities of each bloc know in a field, and how fast they discover."""

    known: Any  # bloc x word: ideas published, or on their way to publication
    count: Any  # bloc: how many these are
    rate: Any  # bloc: expected discoveries this month


def lay_out(fixed: Fixed, state: State) -> None:
    """Give places the stock that money on its path leaves in steady state, and its cost.

    The stock of month 0 is the yearly flow over depreciation plus growth of researchers.
    """
    group, clusters, blocs = fixed.of(Places), state.clusters, state.blocs
    _fund(fixed, state)
    flow = _flow(fixed, state)
    pace = max(SLOWEST, group.wear + fixed.shared.researcher_growth)
    clusters.stock[:] = 12.0 * flow / pace
    clusters.fed[:] = clusters.stock
    blocs.taught[:] = 1.0
    _price(fixed, state)


def normalised(fixed: Fixed, state: State) -> tuple[float, float, float]:
    """Return I_ref, base cost and mean researchers of a place, of a state laid out.

    The mean of cost is over researchers, and with these three it is 1.
    """
    group, clusters = fixed.face(Places), state.clusters
    people = math.fsum(clusters.researchers)
    size = people / max(1, clusters.key.size)
    mean = math.fsum(clusters.stock) / people
    reference = Reference(mean, 1.0, size)
    whole = 0.0
    for stock, here in zip(clusters.stock, clusters.researchers, strict=True):
        whole += here * cost_of(stock, here, reference, group)
    return mean, float(people / whole), size


def places(fixed: Fixed, state: State) -> None:
    """Depreciate and feed infrastructure, price places, let universities discover ideas.

    Reads ``clusters.researchers``, ``spent``, ``campus``, ``knowledge.pool``, ``pending``. Writes
    ``clusters.stock``, ``fed``, ``worn``, ``cost``, ``crowd``, ``buyers.overhead``,
    ``blocs.for_places``, ``for_universities``, ``taught``, ``basic``, and in ``knowledge``
    ``pending``, ``first_month``, ``first_bloc``, ``words``.
    """
    group, clusters, blocs = fixed.of(Places), state.clusters, state.blocs
    _fund(fixed, state)
    lost = clusters.stock * monthly_share(group.wear)
    fed = _flow(fixed, state)
    clusters.worn += lost
    clusters.fed += fed
    clusters.stock += fed - lost
    _price(fixed, state)
    # The funding of some years ago decides how many graduate now.
    blocs.taught[:] = fixed.by_bloc(Places, "universities", state.month - group.university_lag)
    blocs.basic[:] = 0.0
    if group.basic_discoveries > 0.0:
        for number in range(len(FIELDS)):
            _research(fixed, state, number)


def _fund(fixed: Fixed, state: State) -> None:
    # Public money goes by researchers on their path: it does not follow researchers who move.
    group, inputs, blocs = fixed.of(Places), fixed.inputs, state.blocs
    years = inputs.calendar.year(state.month) - 2024.0
    grown = math.exp(fixed.shared.researcher_growth * years) / 12.0
    infrastructure = fixed.by_bloc(Places, "infrastructure", state.month)
    universities = fixed.by_bloc(Places, "universities", state.month)
    for b, bloc in enumerate(inputs.blocs):
        whole = group.public_money * bloc.researchers_2024 * grown
        blocs.for_places[b] = whole * group.infrastructure_share * infrastructure[b]
        blocs.for_universities[b] = whole * (1.0 - group.infrastructure_share) * universities[b]


def _flow(fixed: Fixed, state: State) -> Floats:
    # USD a month into the infrastructure of each place.
    clusters = state.clusters
    public = state.blocs.for_places[clusters.bloc] * clusters.campus
    flow: Floats = public + fixed.of(Places).firms_share * clusters.spent
    return flow


def _price(fixed: Fixed, state: State) -> None:
    # Costs and crowds of places; what labs pay for servers and hosting there.
    constants, year = fixed.constants, fixed.inputs.calendar.year
    grown = math.exp(fixed.shared.researcher_growth * (year(state.month) - year(0)))
    size = constants.place_size * grown
    reference = Reference(constants.infrastructure, constants.place_cost, size)
    _compare(reference, fixed.face(Places), state.clusters.face)
    labs, buyers = state.labs, state.buyers
    overhead = fixed.shared.chip_overhead
    buyers.overhead[:] = overhead
    here = state.clusters.cost[state.firms.cluster[labs.firm]]
    buyers.overhead[: labs.firm.size] = 1.0 + (overhead - 1.0) * here


@kernel
def cost_of(stock, people, reference, group):
    """Return the cost of a place; that of the reference where it has neither stock nor size."""
    cost = reference.cost
    if reference.infrastructure > 0.0 and people > 0.0:
        relative = stock / people / reference.infrastructure
        cost *= math.pow(1.0 + relative, -group.cost_exponent)
    crowded = group.crowding_threshold * reference.size
    if reference.size > 0.0 and people > crowded:
        cost *= math.pow(people / crowded, group.crowding)
    return cost


@kernel
def _compare(reference, group, clusters):
    """Write the cost of each place, and what its size does to discoveries."""
    for c in range(clusters.stock.size):
        people = clusters.researchers[c]
        clusters.cost[c] = cost_of(clusters.stock[c], people, reference, group)
        clusters.crowd[c] = 1.0
        if reference.size > 0.0 and people > 0.0 and group.agglomeration != 0.0:
            clusters.crowd[c] = math.pow(people / reference.size, group.agglomeration)


def _research(fixed: Fixed, state: State, number: int) -> None:
    # Universities discover ideas of one field.
    group, shared, knowledge = fixed.of(Places), fixed.shared, state.knowledge[number]
    blocs, year = state.blocs, fixed.inputs.calendar.year
    pace = shared.researchers_exponent * shared.researcher_growth
    grown = math.exp(pace * (year(state.month) - year(0)))
    scale = monthly_rate(fixed.constants.arrival[number]) * group.basic_discoveries * grown
    count, rate = np.zeros(blocs.idle.size, np.int64), np.zeros(blocs.idle.size)
    universities = Universities(knowledge.pool.copy(), count, rate)
    _survey(scale, shared.difficulty[number], blocs.face, knowledge.face, universities)
    window = shared.lab_window
    if count.size and count.max() + window > knowledge.size.size:
        raise InputError(
            f"discovery: the catalogue of {FIELDS[number]} is used up in "
            f"{fixed.date(state.month)}; "
            "raise discovery.mean_size or lower the field's growth"
        )
    _discover(
        address(fixed.seed, key_of("basic finds", FIELDS[number]), state.month),
        address(fixed.seed, key_of("basic affinity", FIELDS[number])),
        state.month,
        (state.month + shared.publication_lag) % knowledge.pending.shape[1],
        window,
        shared.unique_ideas[number],
        universities,
        state.clusters.face,
        knowledge.face,
        blocs.basic,
    )


@kernel
def _survey(scale, difficulty, blocs, knowledge, universities):
    """Write what universities of each bloc know and their expected discoveries."""
    known, pending, size = universities.known, knowledge.pending, knowledge.size
    for s in range(known.shape[0]):
        level = 0.0
        for word in range(known.shape[1]):
            for slot in range(pending.shape[1]):
                known[s, word] |= pending[s, slot, word]
            if known[s, word] == np.uint64(0):
                continue
            for place in range(64):
                if (known[s, word] >> np.uint64(place)) & np.uint64(1):
                    universities.count[s] += 1
                    level += size[word * 64 + place]
        reached = scale * blocs.world_share[s] * blocs.taught[s]
        universities.rate[s] = reached * math.exp(-difficulty * level)


@kernel
def _discover(
    draws, affinity, month, later, window, unique, universities, clusters, knowledge, basic
):  # fmt: skip
    """Draw what the universities of each place discover, and send it to publication."""
    one = np.uint64(1)
    known, pending, words = universities.known, knowledge.pending, knowledge.words
    first_month, first_bloc = knowledge.first_month, knowledge.first_bloc
    mine = np.zeros(known.shape[1], np.uint64)
    for c in range(clusters.key.size):
        s = clusters.bloc[c]
        mean = universities.rate[s] * clusters.campus[c]
        number = poisson(uniform(at(draws, clusters.key[c])), mean) if mean > 0.0 else 0
        if number == 0:
            continue
        for word in range(mine.size):
            mine[word] = known[s, word]
        taste = at(affinity, clusters.key[c])
        within = min(universities.count[s] + window, first_month.size)
        for _ in range(number):
            best, highest = -1, np.uint64(0)
            for n in range(first_month.size if unique else within):
                if unique and (best >= 0 or first_month[n] != NEVER):
                    continue
                if (mine[n // 64] >> np.uint64(n % 64)) & one:
                    continue
                value = at(taste, np.uint64(n))
                if best < 0 or value > highest:
                    best, highest = n, value
            if best < 0:
                break
            bit = one << np.uint64(best % 64)
            mine[best // 64] |= bit
            pending[s, later, best // 64] |= bit
            if first_month[best] == NEVER:
                first_month[best] = month
                first_bloc[best] = s
                words[0] = max(words[0], best // 64 + 1)
            basic[s] += 1.0
