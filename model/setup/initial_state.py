"""The state at month 0 of prehistory, from parameters and the tables of inputs.

Totals (budgets, researchers, demand) are shared among firms: the number of firms decides how finely
the economy is divided, not its size. Firms are placed by the weight of places, labs where they are.
Knowledge is zero: common knowledge at the start is the origin of the scale.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from model.core.randomness import address, key_of
from model.core.table import Floats, Integers
from model.mechanisms.ai.budgets import Budgets, budgets, teams
from model.mechanisms.chips.controls import set_exchange
from model.mechanisms.chips.fleets import Fleets
from model.mechanisms.people.labour import settle
from model.mechanisms.people.places import lay_out
from model.setup.application_firms import applications_of, branches_of
from model.setup.chip_market import buyers_of, chips_of, makers_of, materials_of, supply_of
from model.setup.firms import firms_of_places
from model.setup.idea_catalogue import (
    LARGEST,
    LAWS,
    LOGNORMAL_SPREAD,
    PARETO_EXPONENT,
    scale_of,
    sizes_of,
)
from model.setup.inputs import since
from model.setup.selection import firms_of, labs_of, places_of
from model.setup.supplier_network import links_of
from model.setup.users import platforms_of, segments_of
from model.state.blocs import Blocs
from model.state.codes import (
    BOUGHT,
    CHANNELS,
    FIELDS,
    HABITS,
    LAB,
    NOTHING,
    PRODUCTS,
    SECTORS,
    UNBOUND,
)
from model.state.firms import Firms
from model.state.fixed import Constants, Fixed
from model.state.inputs import Bloc, Inputs, Laboratory, Place
from model.state.knowledge import Knowledge, Learned
from model.state.labs import Labs
from model.state.places import Clusters
from model.state.state import State

if TYPE_CHECKING:
    from model.parameters import Parameters

EARTH_RADIUS_KM = 6371.0
MANY_FINDERS = 12  # ideas of all firms over those of the best, where every discovery is a new idea
PARTNERS = 4  # research partners that a firm remembers


def build(
    parameters: Parameters, inputs: Inputs, constants: Constants, seed: int, threads: int = 1
) -> tuple[Fixed, State]:
    """Return the fixed inputs and the state at month 0.

    ``inputs`` holds all blocs; those that do not take part are dropped after places and firms
    have been allocated, so that the others have the same firms with and without them.
    """
    economy = parameters.economy
    labs = labs_of(inputs, economy.labs)
    places = places_of(inputs, labs, economy.clusters)
    by_sector = firms_of(places, inputs, economy.firms - len(labs))
    taking = set(economy.blocs)
    here = [bloc for bloc in inputs.blocs if bloc.name in taking]
    kept = [number for number, place in enumerate(places) if place.bloc in taking]
    share = constants.bloc_share
    if share.size:
        columns = [b for b, bloc in enumerate(inputs.blocs) if bloc.name in taking]
        share = share[np.ix_(range(len(FIELDS)), kept, columns)]
    all_blocs = inputs.blocs
    inputs = replace(inputs, blocs=tuple(here))
    labs = [lab for lab in labs if lab.bloc in taking]
    places_here = [places[number] for number in kept]
    seed64 = np.uint64(seed)

    blocs = Blocs.allocate(bloc=len(here), channel=len(CHANNELS), month=inputs.calendar.months)
    blocs.ordinal[:] = [b for b, bloc in enumerate(all_blocs) if bloc.name in taking]
    clusters = _clusters(parameters, inputs, places_here)
    if share.size:
        clusters.bloc_share[:] = share
    for b in range(len(here)):
        rows = np.flatnonzero(clusters.bloc == b)
        if rows.size:
            blocs.first_cluster[b], blocs.last_cluster[b] = rows[0], rows[-1] + 1
    _openness(parameters, all_blocs, blocs)
    _campuses(clusters, blocs)
    blocs.exchange[:] = 1.0
    start = since(parameters.exchange.since, "exchange", inputs)
    if start <= 0:
        set_exchange(parameters.exchange, inputs, blocs.exchange)

    firms, order = firms_of_places(
        parameters, inputs, places_here, [by_sector[k] for k in kept], labs, seed64
    )
    lab_table = _labs(parameters, inputs, firms, labs, order)
    chips, caps = chips_of(parameters, inputs)
    supply, vendors = supply_of(parameters, inputs)
    materials_of(inputs, blocs)
    buyers, cloud_share, listed = buyers_of(parameters, inputs, lab_table, [labs[i] for i in order])
    knowledge = tuple(
        _knowledge(parameters, inputs, number, firms, clusters, lab_table, seed64)
        for number in range(len(FIELDS))
    )
    words = knowledge[0].bits.shape[1]
    link_start, link_to = links_of(parameters, firms, clusters, blocs, seed64)
    number_of = len(here)
    fixed = Fixed(
        groups=parameters.groups(),
        shared=parameters.shared(),
        inputs=inputs,
        constants=constants,
        seed=seed64,
        threads=threads,
        exchange_from=start,
        release_from=since(parameters.release.since, "release", inputs),
    )
    state = State(
        month=0,
        blocs=blocs,
        clusters=clusters,
        firms=firms,
        labs=lab_table,
        buyers=buyers,
        chips=chips,
        supply=supply,
        vendors=vendors,
        makers=makers_of(parameters, inputs, chips),
        caps=caps,
        segments=segments_of(parameters, inputs),
        platforms=platforms_of(lab_table, inputs),
        applications=applications_of(firms, inputs),
        branches=branches_of(firms, inputs),
        listed=listed,
        cloud_share=cloud_share,
        link_start=link_start,
        link_to=link_to,
        knowledge=knowledge,
        run_bits=np.zeros((len(labs), words), np.uint64),
        open_bits=np.zeros((len(labs), words), np.uint64),
        learned=[Learned.nothing() for _ in FIELDS],
        released_by_month=np.full((inputs.calendar.months, len(labs)), NOTHING),
        discoveries=[(np.empty(0, np.int64), np.empty(0, np.int64)) for _ in FIELDS],
        acquired=np.zeros((len(FIELDS), len(CHANNELS), number_of, number_of), np.int64),
        published=np.zeros((len(FIELDS), number_of), np.int64),
        models=[],
        opening=[],
        shrinking=[],
    )
    buyers.overhead[:] = parameters.fleets.overhead
    budgets(fixed, state)
    settle(fixed, state)
    teams(fixed, state)
    _first_fleets(fixed, state)
    lay_out(fixed, state)
    return fixed, state


def _openness(parameters: Parameters, all_blocs: tuple[Bloc, ...], blocs: Blocs) -> None:
    # Movers and partners from abroad come in proportion to researchers of all blocs of the inputs,
    # whichever of them take part.
    people = [bloc.researchers_2024 for bloc in all_blocs]
    whole = math.fsum(people)
    shares = [here / whole for here in people]
    abroad = parameters.spillover.moves_abroad if len(all_blocs) > 1 else 0.0
    # Equal numbers go both ways between two blocs: by the product of their researchers, with
    # moves_abroad as the mean over the world; no person can go more than once.
    scale = 0.0
    if len(all_blocs) > 1:
        mean = 1.0 - math.fsum(share * share for share in shares)
        scale = min(abroad / mean, 1.0 / (1.0 - min(shares)))
    for row, b in enumerate(blocs.ordinal):
        others = whole - people[b]
        blocs.world_share[row] = shares[b]
        blocs.at_home[row] = 1.0 - scale * (1.0 - shares[b])
        for column, s in enumerate(blocs.ordinal):
            share = 1.0 - abroad if s == b else abroad * people[s] / others
            blocs.openness[row, column] = share
            blocs.abroad[row, column] = 0.0 if s == b else scale * shares[s]


def _campuses(clusters: Clusters, blocs: Blocs) -> None:
    # Universities are placed by weight in innovation: the table of places has no universities.
    for b in range(blocs.ordinal.size):
        rows = np.flatnonzero(clusters.bloc == b)
        if rows.size:
            clusters.campus[rows] = clusters.weight[rows] / math.fsum(clusters.weight[rows])


def _clusters(parameters: Parameters, inputs: Inputs, places: list[Place]) -> Clusters:
    table = Clusters.allocate(cluster=len(places), bloc=len(inputs.blocs), field=len(FIELDS))
    group = parameters.spillover
    for c, place in enumerate(places):
        table.key[c] = key_of("place", place.name)
        table.bloc[c] = inputs.bloc_index(place.bloc)
        table.latitude[c], table.longitude[c] = place.latitude, place.longitude
        table.weight[c] = place.weight
        for d, other in enumerate(places):
            far = distance_km(place.latitude, place.longitude, other.latitude, other.longitude)
            local = math.pow(2.0, -far / group.half_distance)
            table.commute[c, d] = 1.0 if c == d else group.moves_elsewhere
            table.nearness[c, d] = group.codified + (1.0 - group.codified) * local
    return table


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Return the great-circle distance in kilometres of two points in degrees (haversine)."""
    p, q = math.radians(latitude), math.radians(latitude2)
    half = (
        math.sin((q - p) / 2) ** 2
        + math.cos(p) * math.cos(q) * math.sin(math.radians(longitude2 - longitude) / 2) ** 2
    )
    return 2.0 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def _labs(
    parameters: Parameters,
    inputs: Inputs,
    firms: Firms,
    labs: list[Laboratory],
    order: list[int],
) -> Labs:
    table = Labs.allocate(lab=len(labs), field=len(FIELDS))
    rows = np.flatnonzero(firms.kind == LAB)
    table.firm[firms.lab[rows]] = rows
    for row, i in enumerate(order):
        lab = labs[i]
        table.bloc[row] = inputs.bloc_index(lab.bloc)
        table.rank[row] = lab.rank
        table.founded[row] = inputs.calendar.index(lab.founded, 1)
        table.habit[row] = table.later_habit[row] = HABITS.index(lab.release)
        if lab.earlier is not None and lab.until is not None:
            table.habit_changes[row] = inputs.calendar.index(*lab.until) + 1
            if table.habit_changes[row] > 0:
                table.habit[row] = HABITS.index(lab.earlier)
        table.complement[row], table.motive[row] = lab.complement, lab.motive
    table.lead[:] = parameters.budgets.reference_lead
    firms.active[table.firm] = table.founded <= 0
    firms.entered[firms.active] = 0
    return table


def _knowledge(
    parameters: Parameters,
    inputs: Inputs,
    number: int,
    firms: Firms,
    clusters: Clusters,
    labs: Labs,
    seed: np.uint64,
) -> Knowledge:
    group = parameters.discovery
    shares = np.array(group.shares(number))
    members = np.flatnonzero(shares[firms.kind] > 0.0)
    ideas = catalogue_length(parameters, number, inputs.calendar.months)
    table = Knowledge.allocate(
        member=members.size,
        word=-(-ideas // 64),
        idea=ideas,
        bloc=len(inputs.blocs),
        delay=parameters.spillover.publication_lag + 1,
        cluster=clusters.key.size,
        sector=len(SECTORS),
        firm=firms.key.size,
        slot=PARTNERS,
        one=1,
    )
    table.row[:] = members
    table.at[members] = np.arange(members.size)
    is_lab = firms.kind[members] == LAB
    table.breadth[:] = np.where(is_lab, group.lab_breadth, group.firm_breadth)
    table.window[:] = np.where(
        is_lab, group.window(group.lab_breadth), group.window(group.firm_breadth)
    )
    sizes_of(
        address(seed, key_of("size", FIELDS[number])),
        group.idea_size(number),
        LAWS.index(group.sizes),
        scale_of(group.sizes),
        LOGNORMAL_SPREAD,
        PARETO_EXPONENT,
        LARGEST,
        table.size,
    )
    cell = firms.cluster[members].astype(np.int64) * len(SECTORS) + firms.sector[members]
    edges = np.searchsorted(cell, np.arange(clusters.key.size * len(SECTORS) + 1))
    table.cell_start[:] = edges[:-1].reshape(table.cell_start.shape)
    table.cell_stop[:] = edges[1:].reshape(table.cell_stop.shape)
    labs.member[:, number] = table.at[labs.firm]
    return table


def catalogue_length(parameters: Parameters, number: int, months: int) -> int:
    """Return the number of ideas in a field's catalogue: more than any firm will hold."""
    group = parameters.discovery
    # With strong spillover firms can hold far more product ideas than each discovers alone.
    headroom = 5.0 if number == PRODUCTS else 1.5
    highest = headroom * group.growth(number) * months / 12.0 + 0.5 * group.relative_pace(number)
    size = group.idea_size(number)
    reach = group.window(group.widest())
    length = reach + int(highest / size + 4.0 * math.sqrt(highest / size)) + 64
    return MANY_FINDERS * length if group.unique(number) else length


def _first_fleets(fixed: Fixed, state: State) -> None:
    # Buyers start with the chips that spending on its growth path leaves in steady state: a stock
    # of budget / (growth + retirement), in the leading vendor's best chip of the day that rules
    # allow them to buy.
    buyers, chips, group = state.buyers, state.chips, fixed.of(Budgets)
    years = 1.0 / (math.log(group.growth_to_2024) + fixed.of(Fleets).retirement)
    world = (chips.home < 0) & ~chips.variant & chips.leading
    on_sale = np.flatnonzero(world & (chips.available <= 0) & (chips.withdrawn > 0))
    if not on_sale.size:
        on_sale = np.flatnonzero(world)[:1]
    best = sorted(on_sale, key=lambda c: -chips.tflops[c] / chips.price[c])
    for i in range(buyers.bloc.size):
        passes = state.blocs.exchange[buyers.bloc[i], chips.maker[best]] > 0.0
        free = (chips.granted[0, best, buyers.destination[i]] > 0.0) & passes
        free &= ~state.listed[0, i, chips.maker[best]]
        money = float(buyers.grant[i]) * 12.0 * years / fixed.shared.chip_overhead
        if passes.any():  # the fleet without export controls
            c = best[int(np.argmax(passes))]
            for column in (buyers.units, buyers.delivered, buyers.requested):
                column[i, c, UNBOUND] = money / float(chips.price[c])
        if free.any():
            c = best[int(np.argmax(free))]
            cost = float(chips.price[c]) * fixed.shared.chip_overhead
            units = money / float(chips.price[c])
            for column in (buyers.units, buyers.delivered, buyers.requested):
                column[i, c, BOUGHT] = units
            buyers.fleet[i, c] = units
            buyers.granted[i] = buyers.spent[i] = units * cost
            for column in (state.supply.produced, state.supply.sold):
                column[chips.family[c]] += units
        else:
            buyers.granted[i] = 0.0
        buyers.cash[i] = buyers.free_cash[i] = 0.0


EMPTY: Floats = np.zeros((0, 0, 0))


def neutral_constants() -> Constants:
    """Return constants that normalise nothing, from which to resolve the true ones."""
    ones = np.ones((len(FIELDS), 3))
    return Constants(ones, ones, ones, ones, EMPTY, np.zeros(len(FIELDS)))


def month_numbers(fixed: Fixed, state: State) -> Integers:
    """Return the numbers of the reported months."""
    calendar = fixed.inputs.calendar
    return np.arange(calendar.prehistory, calendar.months)
