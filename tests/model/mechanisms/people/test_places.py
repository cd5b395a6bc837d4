"""Places: what they cost, what public money and universities do, and firms at random places."""

import math

import numpy as np
import pytest

from model.economy import World
from model.mechanisms.people.places import Places, Reference, cost_of, normalised
from model.scenario import load
from model.setup.baseline import FIRST_SEED
from model.state.codes import LAB, PUBLICATION

LATE = {"exchange__since": "2018-01", "economy__end": "2024-12"}
NO_PUBLIC = {
    f"places__{use}_{whose}": 0.0
    for use in ("infrastructure", "universities")
    for whose in ("leader", "follower", "elsewhere")
}


def series(world, name):
    return world.record.series[name]


# --- cost


def test_no_infrastructure_is_base_cost():
    reference = Reference(infrastructure=5e4, cost=1.06, size=1e3)
    assert cost_of(0.0, 100.0, reference, Places().face()) == 1.06


def test_cost_falls_with_infrastructure_and_rises_with_crowding():
    def cost(stock=1e7, people=100.0, exponent=0.1, crowding=0.1):
        reference = Reference(infrastructure=5e4, cost=1.0, size=100.0)
        group = Places(cost_exponent=exponent, crowding_threshold=4.0, crowding=crowding)
        return cost_of(stock, people, reference, group.face())

    assert cost(stock=2e7) < cost() < cost(stock=5e6)
    assert cost() == pytest.approx((1.0 + 1e7 / 100.0 / 5e4) ** -0.1)
    assert cost(stock=4e7, people=400.0) == pytest.approx(cost())  # not yet crowded
    assert cost(stock=8e7, people=800.0) == pytest.approx(cost() * 2.0**0.1)
    assert cost(exponent=0.0) == 1.0


def test_mean_cost_is_one_at_the_start_of_the_baseline(small, constants):
    world = small(constants=constants, rng=FIRST_SEED)  # sizes of firms depend on the seed
    fixed, state = world.fixed, world.state
    clusters = state.clusters
    mean = math.fsum(clusters.cost * clusters.researchers) / math.fsum(clusters.researchers)
    assert mean == pytest.approx(1.0, rel=1e-9)
    assert clusters.cost.min() < 0.99 < 1.01 < clusters.cost.max()
    ours = (constants.infrastructure, constants.place_cost, constants.place_size)
    assert normalised(fixed, state) == pytest.approx(ours)


def test_costs_do_not_depend_on_the_number_of_firms():
    costs = []
    for firms in (600, 3000):
        world = World(load("no_ban", [f"economy.firms={firms}"]), rng=1)
        costs.append(world.fixed.constants)
    assert costs[0].infrastructure == pytest.approx(costs[1].infrastructure)
    assert costs[0].place_size == pytest.approx(costs[1].place_size)
    assert costs[0].place_cost == pytest.approx(costs[1].place_cost, rel=0.01)


@pytest.mark.parametrize("exponent", [0.0, 0.1])
def test_without_exponents_places_cost_the_same(exponent, small, constants):
    given = {"places__cost_exponent": exponent, "places__crowding": 0.0}
    state = small(constants=constants, **given).run("2018-12").state
    spread = state.clusters.cost.max() / state.clusters.cost.min()
    assert (spread == 1.0) == (exponent == 0.0)


def test_who_hosts_in_a_dear_place_gets_fewer_chips(small, constants):
    """What a grant buys goes by the cost of the lab's place, and no money is lost."""
    world = small(constants=constants, strict=True).run()
    fixed, state = world.fixed, world.state
    labs, buyers = state.labs, state.buyers
    overhead = fixed.shared.chip_overhead
    cost = state.clusters.cost[state.firms.cluster[labs.firm]]
    assert buyers.overhead[: labs.firm.size] == pytest.approx(1.0 + (overhead - 1.0) * cost)
    assert (buyers.overhead[labs.firm.size :] == overhead).all()
    assert np.unique(cost).size > 3


# --- infrastructure and public money


def test_infrastructure_wears_out_where_nobody_pays(small, constants):
    given = {**NO_PUBLIC, "places__firms_share": 0.0}
    world = small(constants=constants, economy__end="2024-12", strict=True, **given).run()
    stock = series(world, "infrastructure")
    assert stock[12:] == pytest.approx(0.95 * stock[:-12], rel=1e-9)
    assert not series(world, "public_infrastructure").any()
    assert not series(world, "public_universities").any()


def test_public_money_is_that_of_the_path_by_use(small, constants):
    world = small(constants=constants, places__universities_follower=2.0, **LATE).run()
    fixed, state, t = world.fixed, world.state, -1
    year = fixed.inputs.calendar.year(state.month - 1)
    for b, bloc in enumerate(fixed.inputs.blocs):
        whole = 48e3 / 12.0 * bloc.researchers_2024 * math.exp(0.25 * (year - 2024.0))
        factor = 2.0 if bloc.name == "china" else 1.0
        assert series(world, "public_infrastructure")[t, b] == pytest.approx(0.3 * whole)
        assert series(world, "public_universities")[t, b] == pytest.approx(0.7 * whole * factor)


def test_money_for_universities_is_felt_after_years(small, constants):
    plain = small(constants=constants, **LATE).run()
    cut = small(constants=constants, places__universities_follower=0.0, **LATE).run()
    china = plain.fixed.inputs.bloc_index("china")
    ratio = series(cut, "graduates")[:, china] / series(plain, "graduates")[:, china]
    first = plain.fixed.inputs.calendar.index(2022, 1)
    assert ratio[: first + 1] == pytest.approx(1.0)
    assert ratio[first + 1 :] == pytest.approx(0.5, abs=0.01)


def test_more_public_infrastructure_makes_places_cheaper(small, constants):
    cost = []
    for factor in (0.0, 1.0, 5.0):
        given = {"places__infrastructure_leader": factor}
        state = small(constants=constants, **given, **LATE).run().state
        here, people = state.clusters.bloc == 0, state.clusters.researchers
        cost.append(np.average(state.clusters.cost[here], weights=people[here]))
    assert cost[0] > cost[1] > cost[2]


# --- universities


def test_universities_fill_print_and_nothing_else_where_firms_publish_nothing(small, constants):
    silent = {
        "spillover__published_by_open": 0.0,
        "spillover__published_by_mixed": 0.0,
        "spillover__published_by_closed": 0.0,
        "spillover__published_elsewhere": 0.0,
        "release__contributions": 0.0,
    }
    none = small(constants=constants, places__basic_discoveries=0.0, **silent).run()
    some = small(constants=constants, places__basic_discoveries=0.5, **silent).run()
    assert (
        not none.state.knowledge[0].pool.any() and not series(none, "ideas_from_universities").any()
    )
    assert not none.record.acquired[:, :, PUBLICATION].any()
    assert some.state.knowledge[0].pool.any()
    assert some.record.acquired[:, :, PUBLICATION].sum() > 0
    knowledge = some.state.knowledge[0]
    theirs = (knowledge.first_month >= 0) & (knowledge.first_firm < 0)
    assert theirs.sum() > 3 and (knowledge.first_bloc[theirs] >= 0).all()
    firms = knowledge.first_firm >= 0
    finders = some.state.firms.bloc[knowledge.first_firm[firms]]
    assert np.array_equal(knowledge.first_bloc[firms], finders)


def test_universities_that_discover_nothing_change_no_draw(small, constants):
    off = small(constants=constants, places__basic_discoveries=0.0).run()
    unpaid = {name: value for name, value in NO_PUBLIC.items() if "universities" in name}
    mute = small(
        constants=constants, places__university_lag=0, places__graduates_paid=0.0, **unpaid
    ).run()
    first = 1  # the first month stands before what money does is felt
    for one, other in zip(off.state.knowledge, mute.state.knowledge, strict=True):
        if not series(mute, "ideas_from_universities")[:first].any():
            assert np.array_equal(one.bits, other.bits)
    assert not series(mute, "ideas_from_universities")[first:].any()


def test_universities_find_as_many_as_stated(small, constants):
    """Where nothing is known, universities make the stated share of labs' discoveries."""
    world = small(constants=constants, places__basic_discoveries=2.0, economy__prehistory=1)
    expected = 2.0 * constants.arrival.sum() / 12.0
    found = [
        small(constants=constants, rng=seed, places__basic_discoveries=2.0, economy__prehistory=1)
        .run("2017-12")
        .record.series["ideas_from_universities"][0]
        .sum()
        for seed in range(1, 21)
    ]
    shares = world.state.blocs.world_share.sum()
    assert shares == pytest.approx(1.0)
    assert np.mean(found) == pytest.approx(expected, abs=4.0 * math.sqrt(expected / 20.0))


# --- agglomeration


def test_agglomeration_raises_finds_where_many_are_and_zero_is_none(small, constants):
    plain = small(constants=constants).run()
    assert (plain.state.clusters.crowd == 1.0).all()
    world = small(constants=constants, places__agglomeration=0.07).run()
    fixed, state = world.fixed, world.state
    clusters = state.clusters
    year = fixed.inputs.calendar.year
    size = constants.place_size * math.exp(0.25 * (year(state.month - 1) - year(0)))
    there = clusters.researchers > 0.0
    assert clusters.crowd[there] == pytest.approx((clusters.researchers[there] / size) ** 0.07)
    assert any(
        not np.array_equal(one.bits, other.bits)
        for one, other in zip(plain.state.knowledge, state.knowledge, strict=True)
    )


# --- scattering


def test_scattering_moves_the_same_firms_within_their_blocs(small, constants):
    plain, far = (small(constants=constants, places__scatter=s).state for s in (0.0, 1.0))
    order = [np.argsort(state.firms.key) for state in (plain, far)]
    for column in ("key", "bloc", "sector", "kind", "size", "lab", "publishes", "active"):
        one, other = (
            getattr(state.firms, column)[rows]
            for state, rows in zip((plain, far), order, strict=True)
        )
        assert np.array_equal(one, other), column
    assert not np.array_equal(plain.firms.cluster[order[0]], far.firms.cluster[order[1]])
    places = far.firms.cluster.astype(int) * 10 + far.firms.sector
    assert (np.diff(places) >= 0).all()  # neighbours in space are neighbours in memory
    assert (far.clusters.bloc[far.firms.cluster] == far.firms.bloc).all()
    assert np.array_equal(plain.buyers.destination, far.buyers.destination)
    assert (far.firms.kind[far.labs.firm] == LAB).all()
    assert np.array_equal(far.firms.lab[far.labs.firm], np.arange(far.labs.firm.size))
    half = small(constants=constants, places__scatter=0.5).state.firms
    stay = half.cluster[np.argsort(half.key)] == plain.firms.cluster[order[0]]
    assert 0.4 < stay.mean() < 0.75


def test_scattering_changes_nothing_that_does_not_depend_on_place(small, constants):
    """Without talk, movers, suppliers, partners and costs of places discoveries are the same."""
    spaceless = {
        "spillover__strength": 0.0,
        "spillover__moves_elsewhere": 1.0,
        "places__cost_exponent": 0.0,
        "places__crowding": 0.0,
    }
    plain, far = (
        small(constants=constants, places__scatter=share, **spaceless).run() for share in (0.0, 1.0)
    )
    for one, other in zip(plain.state.knowledge, far.state.knowledge, strict=True):
        rows = [
            np.argsort(world.state.firms.key[knowledge.row])
            for world, knowledge in ((plain, one), (far, other))
        ]
        assert np.array_equal(one.bits[rows[0]], other.bits[rows[1]])
    for name in ("fleet", "capability_released", "researchers", "algorithms_best"):
        assert series(far, name) == pytest.approx(series(plain, name), rel=1e-9, nan_ok=True), name


def test_scattering_changes_what_depends_on_place(small, constants):
    plain, far = (small(constants=constants, places__scatter=s).run() for s in (0.0, 1.0))
    assert not np.array_equal(series(plain, "algorithms_mean"), series(far, "algorithms_mean"))


# --- parameters


@pytest.mark.parametrize(
    ("name", "values", "of"),
    [
        ("public_money", (20e3, 170e3), "public_universities"),
        ("infrastructure_share", (0.1, 0.6), "public_infrastructure"),
        ("firms_share", (0.0, 0.06), "infrastructure"),
        ("wear", (0.02, 0.15), "infrastructure"),
        ("cost_exponent", (0.0, 0.2), "fleet"),
        ("crowding_threshold", (1.0, 10.0), "fleet"),
        ("crowding", (0.0, 0.3), "fleet"),
        ("agglomeration", (0.0, 0.07), "algorithms_mean"),
        ("basic_discoveries", (0.0, 0.5), "algorithms_mean"),
        ("university_lag", (0, 240), "graduates"),
        ("graduates_paid", (0.2, 0.9), "graduates"),
        ("scatter", (0.0, 1.0), "algorithms_mean"),
    ],
)
def test_every_parameter_moves_what_it_is_about(name, values, of, small, constants):
    given = {"places__universities_follower": 0.5, "places__crowding_threshold": 1.0, **LATE}
    one, other = (
        series(small(constants=constants, **{**given, f"places__{name}": value}).run(), of)[-1]
        for value in values
    )
    assert np.nanmax(np.abs(one - other)) > 1e-6
