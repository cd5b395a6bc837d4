"""Outcomes on series whose answers are known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.measure.outcomes import (
    CENSORED,
    OUTCOMES,
    benchmark,
    delayed,
    lag,
    outcomes_of,
    scaled_gap,
)

NOTHING = -math.inf


def line(months, start=0.0, step=0.1):
    return start + step * np.arange(months)


def test_lag_of_lines_is_their_horizontal_distance():
    months, censored = lag(line(60), line(60, start=-0.75))
    assert months[20:] == pytest.approx(7.5)
    assert not censored[20:].any()


def test_lag_is_negative_when_the_follower_leads():
    months, censored = lag(line(60, start=-0.75), line(60))
    assert months[20:] == pytest.approx(-7.5)
    assert not censored[20:].any()


def test_lag_is_zero_where_both_are_equal():
    same = np.array([NOTHING, NOTHING, 1.0, 1.0, 2.0])
    months, censored = lag(same, same)
    assert months.tolist() == [0.0] * 5
    assert censored.tolist() == [True, True, False, False, False]  # no model yet: at least nothing


def test_lag_before_the_record_is_at_least_the_record():
    months, censored = lag(line(10, start=5.0), np.full(10, 1.0))
    assert months.tolist() == list(range(10))
    assert censored.all()


def test_lag_to_the_first_level_of_the_record_is_known():
    months, censored = lag(line(10, start=5.0), np.full(10, 5.0))
    assert months.tolist() == list(range(10))
    assert not censored.any()


def test_lag_interpolates_between_months():
    months, _ = lag(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.25, 0.25]))
    assert months[2:].tolist() == [0.75, 1.75]  # reached a quarter on the way from 1 to 2


def test_lag_on_a_flat_stretch_counts_from_its_first_month():
    leader = np.array([0.0, 1.0, 1.0, 1.0, 2.0, 2.0])
    months, _ = lag(leader, np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0]))
    assert months[4:].tolist() == [3.0, 4.0]


def test_lag_of_a_follower_below_the_leaders_first_model_counts_from_that_month():
    leader = np.array([NOTHING, NOTHING, 3.0, 3.0, 4.0])
    months, censored = lag(leader, np.array([NOTHING, NOTHING, NOTHING, 1.0, 1.0]))
    assert months[3:].tolist() == [1.0, 2.0]
    assert censored[3:].all()  # the leader passed that level before it had a model: at least


def test_lag_of_a_follower_without_a_model_is_censored():
    months, censored = lag(line(5), np.full(5, NOTHING))
    assert censored.all() and np.isfinite(months).all()


def climbs(size=40):
    steps = st.floats(0.01, 1.0)
    return st.lists(steps, min_size=size, max_size=size).map(np.cumsum)


def with_flats(size=40):
    steps = st.one_of(st.just(0.0), st.floats(0.01, 1.0))
    start = st.sampled_from([NOTHING, 0.0])
    late = st.integers(0, 10)

    def make(parts):
        values, first, months = parts
        series = np.cumsum(values)
        if first == NOTHING:
            series[:months] = NOTHING
        return series

    return st.tuples(st.lists(steps, min_size=size, max_size=size), start, late).map(make)


@given(with_flats(), with_flats())
def test_lag_changes_sign_when_the_series_change_places(one, other):
    months, censored = lag(one, other)
    back, censored_back = lag(other, one)
    assert np.array_equal(months, -back)
    assert np.array_equal(censored, censored_back)
    assert np.isfinite(months).all()


@given(climbs(), st.integers(1, 15))
def test_lag_of_a_series_shifted_by_k_months_is_k(leader, k):
    months, censored = lag(leader, delayed(leader, k))
    assert months[k:] == pytest.approx(k, abs=1e-6)
    assert not censored[k:].any()


@given(with_flats(), st.integers(1, 15))
def test_lag_of_a_shifted_series_is_never_less_than_the_shift(leader, k):
    months, _ = lag(leader, delayed(leader, k))
    behind = np.isfinite(delayed(leader, k)) & (delayed(leader, k) < leader)
    assert (months[behind] >= k - 1e-9).all()


def test_delayed_series_are_seen_late_and_nothing_before():
    series = np.array([1.0, 2.0, 3.0, 4.0])
    assert delayed(series, 0).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert delayed(series, 3).tolist() == [NOTHING, NOTHING, NOTHING, 1.0]
    assert delayed(series, 9).tolist() == [NOTHING] * 4
    delayed(series, 0)[0] = 9.0
    assert series[0] == 1.0


def test_scaled_gap_of_steady_growth_is_the_gap_in_months_of_it():
    result = scaled_gap(np.full(60, 0.5), line(60, step=0.05))
    assert np.isnan(result[:35]).all()  # 24 months of growth, then a mean of 12
    assert result[35:] == pytest.approx(10.0)


def test_scaled_gap_is_the_mean_of_twelve_months():
    gap = line(60, step=0.01)
    result = scaled_gap(gap, line(60, step=0.1))
    assert result[50] == pytest.approx(np.mean(gap[39:51]) / 0.1)


@pytest.mark.parametrize(("growth", "defined"), [(0.0499, False), (0.0501, True), (-1.0, False)])
def test_scaled_gap_needs_a_leader_that_grows(growth, defined):
    result = scaled_gap(np.full(60, 0.5), line(60, step=growth / 12.0))
    assert np.isfinite(result[35:]).all() == defined
    assert np.isfinite(result[35:]).any() == defined


def test_scaled_gap_is_undefined_for_a_year_after_a_standstill():
    leader = np.concatenate([line(40, step=0.0), line(80, step=0.1)])
    defined = np.flatnonzero(np.isfinite(scaled_gap(np.ones(120), leader)))
    # one month of 0.1 in 24 is just 0.05 a year: growth counts from month 41, a mean from 52
    assert defined.tolist() == list(range(defined[0], 120))
    assert defined[0] in (52, 53)


def test_scaled_gap_of_a_leader_without_a_model_is_undefined():
    leader = np.concatenate([np.full(10, NOTHING), line(60, step=0.1)])
    result = scaled_gap(np.ones(70), leader)
    assert np.isnan(result[: 10 + 35]).all() and np.isfinite(result[10 + 35 :]).all()


def test_benchmarks_are_arithmetic():
    assert benchmark("gap", 26.0, 25.2, 1.0) == pytest.approx(0.8)
    assert benchmark("lag", 26.0, 25.2, 1.6) == pytest.approx(6.0)
    assert math.isnan(benchmark("lag", 26.0, 25.2, 0.049))
    assert math.isnan(benchmark("", 26.0, 25.2, 1.0))


def test_outcomes_of_a_world_are_those_declared(finished):
    world = finished("no_ban")
    found = world.outcomes()
    assert set(found) == set(OUTCOMES) | {f"{name}_censored" for name in CENSORED}
    assert all(values.size == world.record.months for values in found.values())
    assert all(np.isfinite(found[name]).all() for name in CENSORED)


def test_gap_is_leader_less_follower_and_turns_with_them(small, constants):
    world = small("no_ban", constants=constants).run()
    lag_before = world.latest("lag")
    series = world.record.series["capability_released"]
    us, china = (world.fixed.inputs.bloc_index(name) for name in ("us", "china"))
    assert world.latest("gap") == series[-1, us] - series[-1, china]
    inputs = replace(world.fixed.inputs, leader="china", follower="us")
    turned = outcomes_of(world.fixed.replaced(inputs=inputs), world.state, world.record)
    assert turned["gap"][-1] == series[-1, china] - series[-1, us]
    assert turned["lag"][-1] == -lag_before != 0.0


def test_outcomes_of_a_bloc_that_is_not_there_are_undefined(small):
    world = small(economy__blocs=["us"]).run()
    found = world.outcomes()
    assert np.isnan(found["gap"]).all() and np.isnan(found["lag"]).all()
    assert math.isfinite(found["frontier"][-1])
