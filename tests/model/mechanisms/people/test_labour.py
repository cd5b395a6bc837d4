"""People: conserved, paid what clears, moving by wages; each lever moves what it should."""

import math

import numpy as np
import pytest

from model.mechanisms.people import labour_kernels
from model.mechanisms.people.labour import Labour, labour, path_of_people
from model.month import MONTH
from model.scenario import load
from model.state.blocs import Blocs
from model.state.codes import LAB, MOBILITY
from model.state.firms import Firms
from model.state.places import Clusters

LATE = {"exchange__since": "2018-01", "economy__end": "2021-12"}


def hiring(world, until="2017-12"):
    """Run a world to the middle of a month, budgets shared out and nobody hired yet."""
    world.run(until)
    MONTH[MONTH.position("budgets")](world.fixed, world.state)
    return world.fixed, world.state


def series(world, name):
    return world.record.series[name]


# --- the start


def test_at_the_start_labs_hold_their_share_and_wages_are_equal(small, constants):
    world = small(constants=constants)
    fixed, state = world.fixed, world.state
    firms, blocs = state.firms, state.blocs
    assert blocs.idle[3] == blocs.researchers[3]  # no firm there in so small a world
    for b, bloc in enumerate(fixed.inputs.blocs[:3]):
        here = firms.bloc == b
        total = bloc.researchers_2024 * math.exp(0.25 * (fixed.inputs.calendar.year(0) - 2024.0))
        assert firms.researchers[here].sum() == pytest.approx(total, rel=1e-12)
        labs = firms.researchers[here & (firms.kind == LAB)].sum()
        assert labs == pytest.approx(0.2 * total if labs else 0.0)
        paid = firms.bill[here & (firms.bill > 0.0)]
        heads = firms.researchers[here & (firms.bill > 0.0)]
        assert paid / heads == pytest.approx(paid[0] / heads[0], rel=1e-12)
    whole = [(firms.bill[firms.bloc == b]).sum() / blocs.researchers[b] for b in range(3)]
    assert whole == pytest.approx([whole[0]] * 3, rel=1e-12)


# --- conservation


def test_people_follow_their_path_where_nobody_crosses(small, constants):
    world = small(constants=constants, exchange__between_blocs=0.0, places__graduates_paid=0.0)
    world = world.run()
    fixed, state = world.fixed, world.state
    path = path_of_people(fixed, state, state.month)
    assert state.blocs.researchers == pytest.approx(path, rel=1e-9)
    assert not state.blocs.crossed.any()


def test_the_world_follows_its_path_and_migration_sums_to_zero(small, constants):
    world = small(constants=constants, economy__end="2024-12").run()
    fixed, state = world.fixed, world.state
    total = path_of_people(fixed, state, state.month).sum()
    assert state.blocs.researchers.sum() == pytest.approx(total, rel=1e-9)
    assert state.blocs.crossed.sum() > 0.0 and not state.blocs.crossed.diagonal().any()
    migration = series(world, "migration")
    assert np.abs(migration.sum(axis=1)).max() < 1e-9 * migration.__abs__().max() + 1e-9
    stock, flows = series(world, "researchers"), series(world, "graduates") + migration
    flows = flows - series(world, "retirements")
    assert np.diff(stock, axis=0) == pytest.approx(flows[1:], rel=1e-6, abs=1e-6)


def test_a_bloc_without_firms_keeps_its_people(small):
    world = small(economy__firms=16, economy__labs=4, strict=True).run("2018-06")
    assert world.state.blocs.researchers.min() > 0.0


# --- wages


def test_wages_clear_the_bloc(small, constants):
    """What firms pay, and what waits for people, is what they have; prices rule out the rest."""
    fixed, state = hiring(small(constants=constants))
    heads = state.firms.researchers.copy()
    labour(fixed, state)
    firms, blocs, clusters = state.firms, state.blocs, state.clusters
    kept = 1.0 - fixed.shared.firms_share
    paid = firms.wage * heads / 12.0
    assert (paid <= kept * firms.bill * (1.0 + 1e-12)).all()
    wait = paid < kept * firms.bill * (1.0 - 1e-9)
    people = np.bincount(firms.bloc, heads)
    clearing = (blocs.pay[: people.size] / np.where(people > 0.0, people, np.inf))[firms.bloc]
    somebody = people[firms.bloc] > 0.0  # the first lab of a bloc may come later
    assert somebody.sum() > 100 and not firms.bill[~somebody].any()
    clearing[~somebody] = 1.0
    desired = firms.bill / clusters.cost[firms.cluster] / clearing
    assert (desired[wait] >= 3.0 * heads[wait] * (1.0 - 1e-9)).all()
    assert np.bincount(firms.bloc, desired) == pytest.approx(people)


def test_more_means_raise_wages_then_people(small, constants):
    plain, rich = (
        small(constants=constants, budgets__budget_follower=factor, **LATE).run()
        for factor in (1.0, 1.5)
    )
    china = plain.fixed.inputs.bloc_index("china")
    first = plain.fixed.inputs.calendar.prehistory
    wage = series(rich, "wage_labs")[:, china] / series(plain, "wage_labs")[:, china]
    people = (
        series(rich, "researchers_in_labs")[:, china]
        / series(plain, "researchers_in_labs")[:, china]
    )
    assert (wage[:first] == 1.0).all() and wage[first] > 1.2
    assert 1.0 <= people[first] < 1.05 and people[-1] > 1.25  # they come over time
    assert wage[-1] < wage[first + 1]
    assert series(rich, "researchers")[-1, china] > series(plain, "researchers")[-1, china]


def test_splitting_firms_changes_nothing():
    """A firm in two halves hires and loses what it would in one piece."""

    def run(parts):
        n = 2 + parts
        firms = Firms.allocate(firm=n)
        firms.cluster[:], firms.active[:] = [0, 1] + [1] * parts, True
        firms.bill[:] = [10.0, 20.0] + [30.0 / parts] * parts
        staff = firms.researchers
        staff[:] = [15.0, 20.0] + [25.0 / parts] * parts
        clusters = Clusters.allocate(cluster=2, bloc=1, field=3)
        clusters.cost[:], clusters.commute[:] = [1.1, 0.9], [[1.0, 0.2], [0.2, 1.0]]
        blocs = Blocs.allocate(bloc=1, channel=1, month=1)
        blocs.researchers[:], blocs.pay[:] = 60.0, 10.0 / 1.1 + 50.0 / 0.9
        blocs.typical[:] = blocs.at_home[:] = 1.0
        flows = labour_kernels.Flows(*np.empty((3, n)), *np.empty((7, 2)))
        group, none = Labour(wage_elasticity=1.3, highest_offer=3.0).face(), np.zeros(1)
        tables = (firms.face, clusters.face)
        labour_kernels.offer_wages(group, 1.0, *tables, blocs.face, flows)
        labour_kernels.spread_appeal(clusters.bloc, clusters.commute, flows.drawn, clusters.appeal)
        labour_kernels.leave(0.01, 0.003, none, *tables, blocs.face, flows)
        labour_kernels.arrive(np.array([1.0, 2.0]), clusters.face, flows)
        labour_kernels.hire(0.01, none, none, *tables, flows)
        return np.array([staff[0], staff[1], staff[2:].sum()])

    assert run(10) == pytest.approx(run(1), rel=1e-12)
    assert run(1).sum() == pytest.approx(60.0 * (1.0 - 0.003) + 3.0, rel=1e-12)


@pytest.mark.parametrize("elasticity", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("hazard", [0.1, 2.0])
def test_nobody_goes_twice(hazard, elasticity, small, constants):
    given = {"labour__hazard": hazard, "labour__wage_elasticity": elasticity}
    world = small(constants=constants, strict=True, spillover__moves_abroad=1.0, **given)
    assert (world.run().state.firms.researchers >= 0.0).all()


# --- moves


def test_the_hazard_is_the_share_that_changes_firm(small, constants):
    """At equal wages a tenth a year; growth and places make it a little less or more."""
    world = small(constants=constants, economy__firms=400).run("2018-12")
    now = world.state.month
    year = series(world, "job_moves")[now - 12 : now].sum()
    stock = (world.state.blocs.researchers - world.state.blocs.idle).sum()
    assert 0.07 < year / stock < 0.13


@pytest.mark.parametrize("off", [{"labour__hazard": 0.0}, {"labour__moves": 0.0}])
def test_without_moves_the_channel_is_gone_to_the_bit(off, small, constants):
    mute = small(constants=constants, **off).run()
    other = small(constants=constants, spillover__mobility_flow=0.0, **off).run()
    assert not mute.record.acquired[:, :, MOBILITY].any()
    assert not series(mute, "job_moves").any() and not mute.state.firms.hire_rate.any()
    for one, two in zip(mute.state.knowledge, other.state.knowledge, strict=True):
        assert np.array_equal(one.bits, two.bits)


def test_a_faster_hazard_brings_more_ideas(small, constants):
    carried = []
    for moves in (0.5, 1.0, 2.0):
        world = small(constants=constants, labour__moves=moves, spillover__mobility_flow=1.0)
        carried.append(world.run().record.acquired[:, :, MOBILITY].sum())
    assert carried[1] > 1.5 * carried[0] and carried[2] > 1.5 * carried[1]


def test_who_hires_more_gets_more_ideas(small, constants):
    """A lab with a larger budget hires, and its hires bring ideas, before anything else changes."""
    fixed, state = hiring(small(constants=constants, **LATE), "2018-06")
    labs = state.labs
    row = int(np.argmax(labs.budget))
    before = state.firms.hire_rate[labs.firm[row]]
    labs.budget[row] *= 1.5
    labour(fixed, state)
    assert state.firms.hire_rate[labs.firm[row]] > 1.2 * before


# --- across borders


def test_closed_borders_keep_everybody_and_open_ones_follow_wages(small, constants):
    closed = small(constants=constants, labour__visas=0.0, **LATE).run()
    first = closed.fixed.inputs.calendar.prehistory
    assert not series(closed, "migration")[first:].any()
    assert np.array_equal(closed.state.blocs.moved, np.eye(4))
    rich = small(constants=constants, budgets__budget_leader=3.0, **LATE).run()
    us = rich.fixed.inputs.bloc_index("us")
    assert (series(rich, "migration")[first:, us] > 0.0).all()
    assert (
        series(rich, "migration")[-1, us]
        > 2.0
        * series(
            small(constants=constants, labour__visas=0.3, budgets__budget_leader=3.0, **LATE).run(),
            "migration",
        )[-1, us]
    )


def test_visas_between_leader_and_follower_stop_that_way_alone(small, constants):
    world = small(constants=constants, labour__visas_leader_and_follower=0.0, **LATE).run()
    fixed, state = world.fixed, world.state
    one, other = (fixed.inputs.bloc_index(name) for name in ("us", "china"))
    assert state.blocs.crossing[one, other] == state.blocs.crossing[other, one] == 0.0
    allies = fixed.inputs.bloc_index("allies")
    assert state.blocs.crossing[one, allies] > 0.0 and state.blocs.moved[one, allies] > 0.0


def test_levers_of_labour_leave_prehistory_alone(small, constants):
    plain = small(constants=constants, **LATE).run("2017-12")
    for lever in ("moves", "visas", "visas_leader_and_follower", "people_leader", "finance_share"):
        other = small(constants=constants, **{f"labour__{lever}": 0.3}, **LATE).run("2017-12")
        for name in plain.record.series:
            assert np.array_equal(series(plain, name), series(other, name), equal_nan=True), lever


# --- levers and parameters


def test_finance_takes_its_share_of_graduates(small, constants):
    shares = (0.0, 0.1, 0.3)
    worlds = [small(constants=constants, labour__finance_share=s, **LATE).run() for s in shares]
    stock = [series(world, "researchers")[-1].sum() for world in worlds]
    assert stock[0] > stock[1] > stock[2]
    for share, world in zip(shares, worlds, strict=True):
        taken, left = (series(world, name)[-1] for name in ("graduates_to_finance", "graduates"))
        assert taken / (taken + left) == pytest.approx(share)


def test_people_come_and_stay_by_the_lever(small, constants):
    plain, more = (
        small(constants=constants, labour__people_follower=factor, **LATE).run()
        for factor in (1.0, 1.1)
    )
    china = plain.fixed.inputs.bloc_index("china")
    ratio = series(more, "researchers")[:, china] / series(plain, "researchers")[:, china]
    first = plain.fixed.inputs.calendar.prehistory
    assert (ratio[:first] == 1.0).all()
    assert ratio[first] == pytest.approx(1.1, abs=0.001) and 1.06 < ratio[-1] <= 1.1


@pytest.mark.parametrize(
    ("name", "values", "of"),
    [
        ("hazard", (0.03, 0.3), "job_moves"),
        ("wage_elasticity", (0.3, 3.0), "researchers_in_labs"),
        ("highest_offer", (1.5, 6.0), "wage_labs"),
        ("retirement", (0.01, 0.06), "retirements"),
        ("wage_2024", (150e3, 600e3), "wage_elsewhere"),
        ("wage_growth", (0.0, 0.15), "wage_elsewhere"),
    ],
)
def test_every_parameter_moves_what_it_is_about(name, values, of, small, constants):
    ends = [
        series(small(constants=constants, **{f"labour__{name}": value}, **LATE).run(), of)[-1]
        for value in values
    ]
    assert np.abs(ends[1] - ends[0]).max() > 0.01 * ends[0].max()


def test_labs_share_of_people_rises_slowly():
    """Budgets grow some 300 times from 2018 to 2030, labs' share of people on the path by half."""
    from model.economy import World

    path = ["budgets.cash_flow=0.0", "budgets.finance_response=0.0", "budgets.appropriability=0.0"]
    path += ["rivalry.escape=0.0", "economy.firms=300"]
    record = World(load("no_ban", path), rng=1).run().record
    share = (record.series["researchers_in_labs"] / record.series["researchers"])[:, 0]
    assert share[0] == pytest.approx(0.2, abs=0.01)
    assert 0.22 < share[108] < 0.32 and share[-1] < 0.36
    assert (np.diff(share[12:]) > -0.001).all()
