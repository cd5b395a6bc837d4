r"""Places: what research and hosting chips cost where, and what universities give.

**Infrastructure.** A place has a stock of shared infrastructure (laboratories, networks, suppliers,
halls) that wears out by a share a year and is fed by its firms (a share of their wage bills) and
by public money (its bloc's, shared by the places' weight). With I the stock in USD a researcher
and R the researchers of the place,

.. math:: cost = base\,(1 + I/I_{ref})^{-e}\,\max(1, R / (k\,\bar R))^{z}

I_ref is the mean at the start of the baseline world, :math:`\bar R` the mean researchers of a place
then, growing as the world's researchers; base makes the mean cost there 1. Cost divides the people
a wage bill buys, and multiplies what chips stand in (``fleets.overhead`` less the chip itself) for
labs; where clouds stand is not known, they pay the mean.

**Universities** stand in the places of a bloc by their weight in innovation (assumed: the table of
places has no universities). They train graduates and find basic ideas: each place like a closed
firm that knows what is in print in its bloc,

.. math:: Poisson\Big(\frac{A}{12}\,u\,p_c\,e^{\gamma g_R t}\,e^{-bK_{print}}\,m(t - lag)\Big)

(u their part of labs' finds at reference size, p_c the place's part of the world's researchers in
2024, m their public money over its path, A, b, γ as in discovery). Finds go into the bloc's print
after the publication lag; no firm holds them before it reads them. Half the money or none is felt
after years: in graduates (the part that public money trains) and in ideas.

**Public money** is so many USD a researcher on the path, equal in all blocs (no source for more),
times levers by bloc; *agglomeration* of discovery itself is an exponent on a place's researchers
over the mean, 0 by default: the published 0.067 (Moretti 2021) is challenged by a null.

*Scattering* puts a share of a bloc's firms into random places of the bloc, addressed by firm; they
keep their keys, sizes and trades, and where labs' chips may go.

Limits: no infrastructure: base cost; exponents 0: places cost the same; universities 0: print holds
firms' ideas alone; scattering changes nothing that does not depend on place.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.errors import InputError
from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact, lever, monthly_rate, monthly_share
from model.core.randomness import address, key_of
from model.core.table import Floats
from model.mechanisms.people import places_kernels
from model.state.codes import FIELDS
from model.state.fixed import Fixed
from model.state.state import State

SLOWEST = 0.02  # a year; wear plus growth of people below which a first stock has no steady state


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
    """Public money a researcher, all blocs; the US federal budget for research in AI, USD 3.0
    billion of 2024, over its researchers."""
    infrastructure_share: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="A5")
    """Share of public money for infrastructure, the rest for universities."""
    firms_share: float = fact(0.02, "share", Uniform(0.0, 0.06), (0.0, 0.5), claims="A4")
    """Share of firms' wage bills that goes into the infrastructure of their place."""
    wear: float = fact(0.05, "1/year", Uniform(0.02, 0.15), (0.0, 1.0))
    """Share of infrastructure that wears out in a year."""
    cost_exponent: float = fact(0.1, "1", Uniform(0.0, 0.2), (0.0, 1.0), claims="A4 A5")
    """Fall e of cost with infrastructure."""
    crowding_threshold: float = fact(4.0, "1", Uniform(1.0, 10.0), (0.1, 1000.0), claims="A4")
    """Researchers of a place over the mean k beyond which it is crowded."""
    crowding: float = fact(0.1, "1", Uniform(0.0, 0.3), (0.0, 2.0), claims="A4")
    """Rise z of cost with researchers where a place is crowded."""
    agglomeration: float = fact(
        0.0,
        "1",
        Uniform(0.0, 0.07),
        (0.0, 0.5),
        kind="contested",
        source="moretti_2021|wiebe_2024",
        claims="A4 A6",
    )
    """Elasticity of finds in the researchers of the place."""
    basic_discoveries: float = fact(0.1, "share", Uniform(0.0, 0.5), (0.0, 10.0), claims="A5 A9")
    """Finds of all universities over those of all labs, at reference size."""
    university_lag: int = fact(
        48, "months", within=(0, 240), kind="estimated", source="memory", claims="A9"
    )
    """Time until money of universities is felt in graduates and ideas (2 to 5 years)."""
    graduates_paid: float = fact(0.5, "share", Uniform(0.2, 0.9), (0.0, 1.0), claims="A9 D1")
    """Share of graduates whom public money trains."""
    scatter: float = fact(0.0, "share", within=(0.0, 1.0), lever=True, claims="A1 A4 A6")
    """Share of firms that start at a random place of their bloc instead of their own."""
    infrastructure: float = lever(1.0, "1", (0.0, 20.0), since="exchange", claims="A5 A9")
    """Public money for infrastructure in {bloc}, as a multiple of the baseline."""
    universities: float = lever(1.0, "1", (0.0, 20.0), since="exchange", claims="A5 A9")
    """Public money for universities in {bloc}, as a multiple of the baseline."""


def lay_out(fixed: Fixed, state: State) -> None:
    """Give places the stock that money on its path leaves in steady state, and its cost.

    The stock of month 0 is the yearly flow over wear plus growth of researchers.
    """
    group, clusters, blocs = fixed.of(Places), state.clusters, state.blocs
    _public(fixed, state)
    flow = _flow(fixed, state)
    pace = max(SLOWEST, group.wear + fixed.shared.researcher_growth)
    clusters.stock[:] = 12.0 * flow / pace
    clusters.fed[:] = clusters.stock
    blocs.taught[:] = 1.0
    _cost(fixed, state)


def normalised(fixed: Fixed, state: State) -> tuple[float, float, float]:
    """Return I_ref, base cost and mean researchers of a place, of a state laid out.

    The mean of cost is over researchers, and with these three it is 1.
    """
    group, clusters = fixed.of(Places), state.clusters
    people = math.fsum(clusters.researchers)
    size = people / max(1, clusters.key.size)
    mean = math.fsum(clusters.stock) / people
    whole = 0.0
    for stock, here in zip(clusters.stock, clusters.researchers, strict=True):
        factor = cost_of(stock, here, mean, 1.0, size, group.cost_exponent,
        group.crowding_threshold,
                         group.crowding)  # fmt: skip
        whole += here * factor
    return mean, float(people / whole), size


def places(fixed: Fixed, state: State) -> None:
    """Wear and feed infrastructure, price places, let universities find ideas.

    Reads ``clusters.researchers``, ``spent``, ``campus``, ``knowledge.pool``, ``pending``. Writes
    ``clusters.stock``, ``fed``, ``worn``, ``cost``, ``crowd``, ``buyers.overhead``,
    ``blocs.for_places``, ``for_universities``, ``taught``, ``basic``, and in ``knowledge``
    ``pending``, ``first_month``, ``first_bloc``, ``words``.
    """
    group, clusters, blocs = fixed.of(Places), state.clusters, state.blocs
    _public(fixed, state)
    lost = clusters.stock * monthly_share(group.wear)
    fed = _flow(fixed, state)
    clusters.worn += lost
    clusters.fed += fed
    clusters.stock += fed - lost
    _cost(fixed, state)
    # The money of some years ago decides how many graduate now.
    blocs.taught[:] = fixed.by_bloc(Places, "universities", state.month - group.university_lag)
    blocs.basic[:] = 0.0
    if group.basic_discoveries > 0.0:
        for number in range(len(FIELDS)):
            _research(fixed, state, number)


def _public(fixed: Fixed, state: State) -> None:
    # Public money goes by researchers on their path: it does not follow who moves.
    group, inputs, blocs = fixed.of(Places), fixed.inputs, state.blocs
    years = inputs.calendar.year(state.month) - 2024.0
    grown = math.exp(fixed.shared.researcher_growth * years) / 12.0
    places = fixed.by_bloc(Places, "infrastructure", state.month)
    universities = fixed.by_bloc(Places, "universities", state.month)
    for b, bloc in enumerate(inputs.blocs):
        whole = group.public_money * bloc.researchers_2024 * grown
        blocs.for_places[b] = whole * group.infrastructure_share * places[b]
        blocs.for_universities[b] = whole * (1.0 - group.infrastructure_share) * universities[b]


def _flow(fixed: Fixed, state: State) -> Floats:
    # USD a month into the infrastructure of each place.
    clusters = state.clusters
    public = state.blocs.for_places[clusters.bloc] * clusters.campus
    flow: Floats = public + fixed.of(Places).firms_share * clusters.spent
    return flow


def _cost(fixed: Fixed, state: State) -> None:
    group, clusters, constants = fixed.of(Places), state.clusters, fixed.constants
    year = fixed.inputs.calendar.year
    grown = math.exp(fixed.shared.researcher_growth * (year(state.month) - year(0)))
    _price(
        clusters.stock,
        clusters.researchers,
        constants.infrastructure,
        constants.place_cost,
        constants.place_size * grown,
        group.cost_exponent,
        group.crowding_threshold,
        group.crowding,
        group.agglomeration,
        clusters.cost,
        clusters.crowd,
    )
    labs, buyers = state.labs, state.buyers
    overhead = fixed.shared.chip_overhead
    buyers.overhead[:] = overhead
    here = clusters.cost[state.firms.cluster[labs.firm]]
    buyers.overhead[: labs.firm.size] = 1.0 + (overhead - 1.0) * here


def cost_of(
    stock: float, people: float, mean: float, base: float, size: float, exponent: float,
    crowded: float, crowding: float,
) -> float:  # fmt: skip
    """Return the cost of a place; 1 where nothing is normalised (no mean, no size)."""
    cost = base
    if mean > 0.0 and people > 0.0:
        cost *= math.pow(1.0 + stock / people / mean, -exponent)
    if size > 0.0 and people > crowded * size:
        cost *= math.pow(people / (crowded * size), crowding)
    return cost


@kernel
def _price(
    stock, people, mean, base, size, exponent, crowded, crowding, agglomeration, cost, crowd
):
    for c in range(stock.size):
        cost[c] = base
        if mean > 0.0 and people[c] > 0.0:
            cost[c] *= math.pow(1.0 + stock[c] / people[c] / mean, -exponent)
        crowd[c] = 1.0
        if size > 0.0 and people[c] > 0.0:
            if people[c] > crowded * size:
                cost[c] *= math.pow(people[c] / (crowded * size), crowding)
            if agglomeration != 0.0:
                crowd[c] = math.pow(people[c] / size, agglomeration)


def _research(fixed: Fixed, state: State, number: int) -> None:
    group, knowledge, inputs = fixed.of(Places), state.knowledge[number], fixed.inputs
    shared = fixed.shared
    growth = shared.researcher_growth
    blocs, clusters = state.blocs, state.clusters
    year = inputs.calendar.year
    grown = math.exp(shared.researchers_exponent * growth * (year(state.month) - year(0)))
    scale = monthly_rate(fixed.constants.arrival[number]) * group.basic_discoveries * grown
    window, slots = shared.lab_window, knowledge.pending.shape[1]
    known = knowledge.pool.copy()
    count, rate = np.zeros(blocs.idle.size, np.int64), np.zeros(blocs.idle.size)
    places_kernels.in_print(
        scale,
        shared.difficulty[number],
        knowledge.pending,
        knowledge.size,
        blocs.taught,
        blocs.world_share,
        known,
        count,
        rate,
    )
    if count.size and count.max() + window > knowledge.size.size:
        raise InputError(
            f"discovery: the catalogue of {FIELDS[number]} is used up in "
            f"{fixed.date(state.month)}; "
            "raise discovery.mean_size or lower the field's growth"
        )
    places_kernels.find(
        address(fixed.seed, key_of("basic finds", FIELDS[number]), state.month),
        address(fixed.seed, key_of("basic affinity", FIELDS[number])),
        state.month,
        (state.month + fixed.shared.publication_lag) % slots,
        window,
        clusters.key,
        clusters.bloc,
        clusters.campus,
        known,
        count,
        rate,
        np.zeros(known.shape[1], np.uint64),
        knowledge.pending,
        knowledge.first_month,
        knowledge.first_bloc,
        knowledge.words,
        blocs.basic,
        shared.unique_ideas[number],
    )
