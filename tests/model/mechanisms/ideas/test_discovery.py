"""Discoveries: Poisson by mean, from a catalogue that exists before, harder with own knowledge."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from model.core.errors import InputError
from model.core.randomness import address, key_of
from model.mechanisms.ideas.discovery import Discovery, Pace, _draw_discoveries, _expect_discoveries
from model.month import MONTH
from model.parameters import Parameters
from model.scenario import with_values
from model.state.blocs import Blocs
from model.state.codes import DISCOVERED, LAB_FIELDS, NEVER, REDISCOVERED
from model.state.labs import Labs
from model.state.places import Clusters
from tests.seekers import Seekers, equal_sizes, members

YEARS = 10
PACE = {
    "firms": np.array([10.0, 1.0, 1.0]),
    "compute": np.array([1.0, 1.0, 0.0]),
    "scale": np.array([20.0, 0.0, 3.0]),
    "researchers_exponent": 0.6,
    "compute_exponent": 0.2,
    "breadth_cost": 0.25,
    "difficulty": 1.0,
}


def rates(
    level=0.0, team=1.0, compute=1.0, breadth=1.0, busy=0.0, litigating=0.0, vigour=1.0,
    reference=PACE["compute"], **changes,
):  # fmt: skip
    """Return the discovery rate of one lab of the first kind."""
    firms, knowledge = members(1)
    blocs = Blocs.allocate(bloc=1, month=1, channel=1)
    clusters = Clusters.allocate(cluster=1, bloc=1, field=1)
    labs = Labs.allocate(lab=1, field=1)
    firms.lab[:] = 0
    clusters.crowd[:], labs.vigour[:], blocs.litigating[:] = 1.0, vigour, litigating
    knowledge.relative_team[:], knowledge.compute[:], knowledge.level[:] = team, compute, level
    knowledge.breadth[:], knowledge.busy[:] = breadth, busy
    tables = (firms.face, clusters.face, blocs.face, labs.face)
    pace = Pace(**{**PACE, "compute": reference, **changes})
    _expect_discoveries(0, 1, *tables, pace, knowledge.face)
    assert knowledge.full_rate[0] >= knowledge.rate[0]
    return knowledge.rate[0]


def test_the_rate_is_the_formula():
    assert rates() == pytest.approx(2.0)
    assert rates(team=3.0) == pytest.approx(2.0 * 3.0**0.6)
    assert rates(compute=3.0) == pytest.approx(2.0 * 3.0**0.2)
    assert rates(breadth=1.5) == pytest.approx(2.0 * 1.5**-0.25)
    assert rates(level=1.7, difficulty=0.8) == pytest.approx(2.0 * math.exp(-0.8 * 1.7))
    assert rates(vigour=0.9) == pytest.approx(2.0 * 0.9)


def test_time_for_learning_and_litigation_is_lost_to_search():
    assert rates(busy=0.5) == pytest.approx(2.0 * 0.5**0.6)
    assert rates(litigating=0.1) == pytest.approx(2.0 * 0.9**0.6)
    assert rates(busy=0.5, litigating=0.1) == pytest.approx(2.0 * 0.45**0.6)
    assert rates(litigating=1.0) == 0.0


def test_nobody_finds_without_people_or_peers_or_compute():
    assert rates(team=0.0) == 0.0
    assert rates(compute=0.0) == 0.0
    assert rates(compute=0.0, compute_exponent=0.0) == pytest.approx(2.0)
    assert rates(reference=np.zeros(3), compute_exponent=0.0) == pytest.approx(2.0)
    assert rates(firms=np.zeros(3)) == 0.0


@pytest.mark.parametrize("rate", [0.02, 0.4, 3.0, 20.0])
def test_successes_have_their_poisson_mean(rate):
    total, months, firms = 0, 60, 2000
    count = np.empty(firms, np.int64)
    table, knowledge = members(firms)
    table.key[:], knowledge.rate[:] = np.arange(firms), rate
    for month in range(months):
        draws = address(np.uint64(5), key_of("finds"), month)
        _draw_discoveries(0, firms, draws, table.face, knowledge.face, count)
        total += count.sum()
    assert abs(total - rate * months * firms) < 4.0 * math.sqrt(rate * months * firms)


def grown(window, sizes, arrival, b, firms, seed=1):
    seekers = Seekers(firms, window, sizes, seed)
    for month in range(12 * YEARS):
        seekers.month(month, arrival / 12.0 * np.exp(-b * seekers.level))
    return seekers


def closed_form(arrival, mean, b):
    return math.log(1.0 + b * arrival * mean * YEARS) / b


@pytest.mark.parametrize("window", [1, 15, 50, 200])
@pytest.mark.parametrize(("arrival", "b"), [(60.0, 0.6), (150.0, 1.0)])
def test_a_closed_firm_follows_its_equation_for_any_window(window, arrival, b):
    level = grown(window, equal_sizes(), arrival, b, firms=300).level
    error = level.std() / math.sqrt(level.size)
    assert abs(level.mean() - closed_form(arrival, 0.01, b)) < 0.03 + 4.0 * error


@pytest.mark.slow
@pytest.mark.parametrize("window", [15, 50, 200])
def test_a_closed_firm_follows_its_equation_in_catalogues_of_uneven_sizes(window):
    arrival, b = 100.0, 0.8
    levels = []
    for seed in range(60):
        sizes = np.random.default_rng(seed).exponential(0.01, 2000)
        levels.append(grown(window, sizes, arrival, b, firms=20, seed=seed).level.mean())
    error = np.std(levels) / math.sqrt(len(levels))
    assert abs(np.mean(levels) - closed_form(arrival, 0.01, b)) < 0.03 + 4.0 * error


def test_with_a_window_of_one_all_find_in_the_same_order():
    seekers = Seekers(50, 1, equal_sizes())
    for month in range(60):
        before = seekers.count.copy()
        found_by, ideas = seekers.month(month, np.full(50, 2.0))
        for member in range(50):
            mine = ideas[found_by == member]
            assert mine.tolist() == list(range(before[member], before[member] + mine.size))
    assert np.unique(seekers.count).size > 10
    union, best = seekers.held().any(axis=0), seekers.held()[np.argmax(seekers.count)]
    assert np.array_equal(union, best)


def test_with_a_wide_window_firms_know_different_things():
    seekers = Seekers(2, 100, equal_sizes())
    for month in range(60):
        seekers.month(month, np.full(2, 2.0))
    union = seekers.held().any(axis=0).sum()
    # two that search alike hold each other's ideas but for what still lies in reach
    assert seekers.count.max() < union <= seekers.count.max() + 100


def test_finds_lie_in_reach_are_new_and_counted():
    seekers = Seekers(40, 30, equal_sizes())
    for month in range(40):
        count, held = seekers.count.copy(), seekers.held()
        found_by, ideas = seekers.month(month, np.full(40, 3.0))
        for member, idea in zip(found_by, ideas, strict=True):
            assert not held[member, idea]
            assert idea < count[member] + 30
            held[member, idea] = True
            count[member] += 1
        assert np.array_equal(held, seekers.held())
        assert np.array_equal(count, seekers.count)
    assert seekers.level == pytest.approx(0.01 * seekers.count)


def test_every_idea_in_reach_is_as_likely_as_the_next():
    firms, window = 20_000, 20
    seekers = Seekers(firms, window, equal_sizes(), seed=3)
    _, ideas = seekers.search(np.ones(firms, np.int64))
    assert stats.chisquare(np.bincount(ideas, minlength=window)).pvalue > 1e-3


def test_another_firm_changes_nobodys_finds():
    few, many = Seekers(20, 50, equal_sizes()), Seekers(21, 50, equal_sizes())
    many.key[:] = np.roll(many.key, 7)  # and relabelled
    for month in range(40):
        few.month(month, np.full(20, 2.0))
        many.month(month, np.full(21, 2.0))
    order = np.argsort(many.key)[:20]
    assert np.array_equal(few.bits, many.bits[order])


def test_a_catalogue_that_is_used_up_is_noticed():
    seekers = Seekers(3, 20, equal_sizes(40))
    for month in range(60):
        _, ideas = seekers.month(month, np.full(3, 2.0))
    assert ideas.size and (ideas < NEVER).all()
    assert (seekers.count == 21).all()  # the first count from which the reach passes the end


def test_more_finds_than_can_be_drawn_are_refused(small, constants):
    flood = replace(constants, arrival=constants.arrival * 25.0)
    with pytest.raises(InputError, match=r"discoveries a month in \w+ in 20\d\d-\d\d"):
        small(constants=flood).run()


def test_sizes_of_ideas_are_exponential_around_their_mean(small):
    knowledge = small(economy__end="2030-12").state.knowledge
    for field, table in enumerate(knowledge):
        mean = Discovery().idea_size(field)
        assert stats.kstest(table.size, "expon", (0.0, mean)).pvalue > 1e-3
    assert knowledge[1].size.mean() < knowledge[0].size.mean()


def test_the_catalogue_is_the_same_in_all_worlds(small):
    one, other = small("no_ban").state, small("mirror").state
    for field in range(3):
        assert np.array_equal(one.knowledge[field].size, other.knowledge[field].size)
    assert not np.array_equal(one.knowledge[0].size, small(rng=2).state.knowledge[0].size)


def test_difficulty_is_that_of_the_balanced_path():
    group = Discovery()
    expected = (0.2 * math.log(4.3) + 0.6 * 0.25) / 0.45
    assert group.difficulty(0, 0.25) == pytest.approx(expected)
    assert group.difficulty(1, 0.25) == pytest.approx(3.0 * expected)
    assert group.difficulty(2, 0.25) == pytest.approx(0.6 * 0.25 / 0.1)
    assert group.difficulty(2, 0.0) == 0.0
    assert Discovery(algorithms_growth=0.0).difficulty(0, 0.25) == 0.0


def test_growth_that_would_run_away_is_refused():
    given = {("discovery", "algorithms_growth"): 1.5}
    with pytest.raises(InputError, match="never get harder"):
        with_values(Parameters(), given)
    just = {("discovery", "algorithms_growth"): (0.2 * math.log(4.3) + 0.15) / 0.3001}
    assert with_values(Parameters(), just).discovery.difficulty(0, 0.25) > 0.3


@pytest.mark.parametrize(("field", "name"), [(0, "algorithms"), (1, "systems"), (2, "products")])
def test_no_growth_takes_the_field_away(field, name, small):
    # Developers of open models look for ideas of algorithms on their own account.
    world = small(**{f"discovery__{name}_growth": 0.0}, release__contributions=0.0).run()
    gone, other = world.state.knowledge[field], world.state.knowledge[(field + 1) % 3]
    assert not gone.bits.any() and not gone.discoveries.any() and not gone.rate.any()
    assert not world.record.acquired[:, field].any()
    assert other.level.max() > 0.0


def test_the_leaders_best_lab_grows_as_asked(small):
    world = small(economy__end="2020-12", rng=1001)
    calendar = world.fixed.inputs.calendar
    total = np.zeros(2)
    for seed in (11, 12, 13, 14, 15, 16):
        series = small(economy__end="2020-12", rng=seed).run().record.series
        for field, name in enumerate(("algorithms_best", "systems_best")):
            path = series[name][:, 0]
            total[field] += (path[-1] - path[calendar.prehistory]) * 12.0
    assert total / 6 / (calendar.months - 1 - calendar.prehistory) == pytest.approx(
        [0.45, 0.15], rel=0.12
    )


def test_guards_are_reported():
    assert Discovery().broken_guards(0.25) == []
    assert len(Discovery(reach=0.9, lab_breadth=2.5).broken_guards(0.25)) == 1
    assert "window" in Discovery(reach=0.05).broken_guards(0.25)[0]


# --- organisation


def lab_rows(state, field=0):
    return state.labs.member[:, field]


@pytest.mark.parametrize("who", ["leader", "follower", "elsewhere"])
def test_organisation_of_a_bloc_is_the_breadth_of_its_labs_alone(who, small, constants):
    wide = {f"discovery__breadth_{who}": 1.5, "economy__end": "2018-06"}
    world = small(constants=constants, **wide).run()
    fixed, state = world.fixed, world.state
    blocs = [fixed.inputs.blocs[b].name for b in state.labs.bloc]
    named = {"us": "leader", "china": "follower"}
    group = world.parameters.discovery
    for field in LAB_FIELDS:
        knowledge = state.knowledge[field]
        for member, bloc in zip(lab_rows(state, field), blocs, strict=True):
            breadth = 1.5 if named.get(bloc, "elsewhere") == who else 1.0
            assert knowledge.breadth[member] == breadth * group.lab_breadth
            assert knowledge.window[member] == group.window(breadth * group.lab_breadth)
        others = np.setdiff1d(np.arange(knowledge.row.size), lab_rows(state, field))
        assert (knowledge.breadth[others] == group.firm_breadth).all()


def test_labs_organised_alike_are_as_without_the_levers(small, constants):
    def unorganised(fixed, state):
        never = fixed.inputs.calendar.months
        MONTH[MONTH.position("discovery")](fixed.replaced(release_from=never), state)

    phases = MONTH.with_replaced("discovery", unorganised)
    one, other = (small(constants=constants, **more).run() for more in ({}, {"phases": phases}))
    for a, b in zip(one.state.knowledge, other.state.knowledge, strict=True):
        assert np.array_equal(a.bits, b.bits)
    for name, series in one.record.series.items():
        assert np.array_equal(series, other.record.series[name], equal_nan=True), name


def test_organisation_changes_nothing_before_it_may(small, constants):
    given = {"constants": constants, "release__since": "2019-01"}
    plain, wide = (small(**given, **more) for more in ({}, {"discovery__breadth_follower": 3.0}))
    for world in (plain, wide):
        world.run("2018-12")
    for a, b in zip(plain.state.knowledge, wide.state.knowledge, strict=True):
        assert np.array_equal(a.bits, b.bits[:, : a.bits.shape[1]])


def test_labs_that_look_widely_find_less_that_others_have_found(small, constants):
    """Breadth changes duplication and variety: the share of first discoveries rises."""
    shares = []
    for breadth in (0.3, 1.0, 3.0):
        first = again = 0
        for seed in (1, 2, 3, 4):
            everywhere = {f"discovery__breadth_{w}": breadth for w in ("leader", "follower")}
            world = small(constants=constants, rng=seed, **everywhere).run()
            events = world.record.events.rows()  # of labs
            blocs = world.state.firms.bloc[events.firm]
            here = np.isin(blocs, (0, 1))
            first += (events.channel[here] == DISCOVERED).sum()
            again += (events.channel[here] == REDISCOVERED).sum()
        shares.append(first / (first + again))
    assert shares[0] < shares[1] < shares[2]
