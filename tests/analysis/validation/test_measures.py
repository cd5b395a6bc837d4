"""Measures of made-up runs with known answers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.validation.history import (
    ALL_SERIES,
    Accounts,
    Asked,
    History,
    Market,
    Models,
    logarithmic,
    summable,
)
from analysis.validation.measures import MEASURES
from model.state.codes import NEVER
from model.state.inputs import Calendar

BLOCS = ("us", "china", "allies", "others")
MONTHS = 120  # January 2015 to December 2024
SIZES = st.floats(0.05, 5.0)


def none():
    """Return models of a run that releases none."""
    return models([])


def models(rows):
    """Return models from rows (lab, bloc, released, opened or None, capability, flop, cost)."""
    lab, bloc, released, opened, capability, flop, cost = (
        zip(*rows, strict=True) if rows else ((),) * 7
    )
    return Models(
        lab=np.array(lab, np.int64),
        bloc=np.array(bloc, np.int64),
        released=np.array(released, np.int64),
        opened=np.array([NEVER if m is None else m for m in opened], np.int64),
        capability=np.array(capability, np.float64),
        flop=np.array(flop, np.float64),
        cost=np.array(cost, np.float64),
    )


def market(closed=(), opened=(), months=MONTHS):
    """Return a market of lines that are closed or open: (quality, price) by month or constant."""
    lines = [*closed, *opened]
    number = len(lines)
    table = np.array(
        [[np.broadcast_to(x, months) for x in line] for line in lines], np.float64
    ).reshape(number, 2, months)
    flags = np.array([True] * len(closed) + [False] * len(opened), bool)
    return Market(np.arange(number), flags, ~flags, table[:, 0].T, table[:, 1].T)


def run(series=None, *, of=(), lines=None, accounts=None, months=MONTHS):
    """Return a history: series by name as month x bloc, or as one row that holds in all months."""
    whole = {
        name: np.broadcast_to(np.asarray(values, np.float64), (months, len(BLOCS)))
        for name, values in (series or {}).items()
    }
    nothing = np.zeros((months, 1))
    return History(
        calendar=Calendar(2015, 1, 36, 192),
        blocs=BLOCS,
        leader="us",
        follower="china",
        series=whole,
        spending_share=np.array([0.4, 0.3, 0.2, 0.1]),
        models=models(list(of)),
        market=lines or market(),
        accounts=accounts or Accounts(nothing, nothing, nothing),
        months=months,
    )


def line(start, slope, behind=0.0):
    """Return capabilities that rise by a slope a year; all other blocs stand behind the US."""
    t = np.arange(MONTHS)[:, None] / 12.0
    return start + slope * t - behind * np.array([[0.0, 1.0, 1.0, 1.0]])


def value(name, history, **asked):
    return MEASURES[name].compute(history, Asked(**asked))


CAPABILITY = {"series": "capability_released", "bloc": "us"}
Y24 = {"first": "2024-01", "last": "2024-12"}


@given(start=st.floats(-5.0, 30.0), slope=SIZES, gap=SIZES)
def test_lines_have_their_means_levels_slopes_and_lags(start, slope, gap):
    history = run({"capability_released": line(start, slope, gap)})
    over = {**CAPABILITY, "over": "china"}
    last = start + slope * (MONTHS - 1) / 12.0
    assert value("level", history, **CAPABILITY, last="2024-12") == pytest.approx(last)
    middle = last - slope * 5.5 / 12.0
    assert value("mean", history, **CAPABILITY, **Y24) == pytest.approx(middle, abs=1e-9)
    assert value("mean", history, **over, **Y24) == pytest.approx(gap)
    ends = {"first": "2019-12", "last": "2024-12"}
    assert value("slope_of_year_ends", history, **CAPABILITY, **ends) == pytest.approx(slope)
    assert value("mean_of_year_ends", history, **over, **ends) == pytest.approx(gap)
    assert value("pace", history, **CAPABILITY, first="2023-03", last="2024-12") == pytest.approx(
        slope
    )
    months = value("gap_in_months", history, **over, **Y24, pace_from="2023-03")
    assert months == pytest.approx(12.0 * gap / slope)
    if months < MONTHS - 12:  # else the lag reaches behind the first month
        assert value("mean_lag", history, **over, **Y24) == pytest.approx(months, rel=1e-6)


def test_sums_and_shares_of_flows():
    sold = np.tile([30.0, 20.0, 40.0, 10.0], (MONTHS, 1))
    history = run({"leading_sales": sold, "cards": sold, "domestic_cards": sold / 4.0})
    china = {"bloc": "china", **Y24}
    assert value("total", history, series="leading_sales", **china) == 240.0
    assert value("yearly_rate", history, series="cards", bloc="world", last="2024-12") == 1200.0
    assert value("ratio", history, series="leading_sales", over="world", **china) == 0.2
    assert value("ratio", history, series="domestic_cards", over_series="cards", **china) == 0.25
    both = {**china, "bloc": "allies+others"}
    assert value("total", history, series="cards", **both) == 600.0


def test_of_several_blocs_the_best_counts_where_a_series_is_a_logarithm():
    history = run({"capability_released": [25.0, 26.0, 24.0, 23.0]})
    for bloc, best in (("world", 26.0), ("allies+others", 24.0), ("others", 23.0)):
        assert (
            value("level", history, series="capability_released", bloc=bloc, last="2020-01") == best
        )
    for name in ALL_SERIES:
        assert not (logarithmic(name) and "share" in ALL_SERIES[name][0])
    assert summable("user_spending") and summable("chips_diverted") and summable("cards")
    assert not any(map(summable, ("open_use", "price", "race", "products_mean", "rival_lead")))


def test_shares_of_users_and_tokens_are_weighted():
    history = run(
        {
            "consumers_using": [0.4, 0.2, 0.1, 0.1],
            "user_spending": [8.0, 6.0, 0.0, 0.0],
            "price": [4.0, 2.0, math.nan, math.nan],
            "open_use": [0.5, 0.0, 0.0, 0.0],
        }
    )
    world = {"bloc": "world", **Y24}
    assert value("mean_by_spending", history, series="consumers_using", **world) == pytest.approx(
        0.16 + 0.06 + 0.02 + 0.01
    )
    assert value("open_share_of_tokens", history, **world) == pytest.approx(1.0 / 5.0)


@pytest.mark.parametrize("name", MEASURES)
def test_months_outside_the_run_and_empty_runs_give_nothing(name):
    empty = run(
        {"capability_released": [-np.inf] * 4, "price": [math.nan] * 4}
        | {name: [0.0] * 4 for name in ("cards", "user_spending", "open_use")}
    )
    some = run({name: [1.0] * 4 for name in empty.series}, of=[(0, 0, 100, 100, 26.0, 25.0, 1e6)])
    for history, first, last in (
        (empty, "2024-01", "2024-12"),
        (some, "2025-01", "2025-06"),
        (some, "2014-01", "2014-06"),
    ):
        asked = Asked("capability_released", "", "us", "china", first, last, first, last)
        if name in ("total", "ratio", "yearly_rate", "mean_by_spending"):
            asked = replace(asked, series="cards", over="" if name == "total" else "us")
            if history is empty and name != "ratio":
                continue  # nothing sold is a figure
        if name == "opened_share" and first.startswith("2014"):
            asked = replace(asked, first="2013-01")
        assert math.isnan(MEASURES[name].compute(history, asked)), (first, last)


JAN24 = 108


def test_models_opened_and_near_the_best_are_counted_in_their_period():
    of = [
        (0, 0, JAN24 - 5, None, 26.0, 25.0, 1.0),
        (0, 0, JAN24, None, 27.0, 25.0, 1.0),
        (1, 0, JAN24 + 1, JAN24 + 1, 26.5, 25.0, 1.0),
        (2, 1, JAN24 + 2, JAN24 + 4, 26.2, 25.0, 1.0),
        (3, 1, JAN24 + 3, JAN24 + 12, 25.0, 25.0, 1.0),  # opened after the year
    ]
    history = run(of=of)
    assert value("opened_share", history, bloc="us", **Y24) == 0.5
    assert value("opened_share", history, bloc="china", **Y24) == 0.5
    assert math.isnan(value("opened_share", history, bloc="allies+others", **Y24))
    assert value("models_near", history, bloc="china", over="us", **Y24) == 0.5


@given(shift=st.floats(-3.0, 3.0), order=st.permutations(range(6)))
def test_developers_are_counted_whatever_their_number_and_the_level(shift, order):
    best = [26.0, 25.7, 25.2, 24.9, 24.0, 23.0]
    of = [(lab, 0, 50 + k, None, best[k] + shift, 25.0, 1.0) for k, lab in enumerate(order)]
    history = run(of=of)
    assert value("developers_near", history, **Y24) == 3
    assert value("best_less_fifth", history, **Y24) == pytest.approx(2.0)
    alone = run(of=of[:4])
    assert math.isnan(value("best_less_fifth", alone, **Y24))


@given(wait=st.integers(0, 20), gap=st.floats(0.1, 2.0))
def test_a_closed_record_waits_for_an_open_model_as_good(wait, gap):
    record = 100  # May 2023
    of = [
        (0, 0, record, None, 26.0, 25.0, 1.0),
        (1, 1, record, record, 26.0 - gap, 25.0, 1.0),
    ]
    if record + wait > record:
        of.append((1, 1, record + wait, record + wait, 26.0, 25.0, 1.0))
    history = run(of=of)
    asked = {"first": "2023-01", "last": "2024-06", "until": "2024-12"}
    seen = wait if 0 < record + wait < MONTHS and wait else MONTHS - 1 - record
    assert value("months_to_open", history, **asked) == seen
    assert value("closed_over_open", history, first="2023-05", last="2023-05") == pytest.approx(gap)


def test_a_record_that_is_open_on_release_waits_for_nothing():
    of = [(0, 0, 100, 100, 26.0, 25.0, 1.0), (1, 0, 101, 103, 26.5, 25.0, 1.0)]
    asked = {"first": "2023-01", "last": "2024-06", "until": "2024-12"}
    assert value("months_to_open", run(of=of), **asked) == 2


@given(growth=st.floats(1.2, 6.0), other=st.floats(1.2, 6.0))
def test_growth_of_runs_and_of_their_cost(growth, other):
    of = []
    for t in range(0, MONTHS, 2):
        for bloc, factor in ((0, growth), (1, other)):
            flop = 22.0 + t / 12.0 * math.log10(factor)
            of.append((bloc, bloc, t, None, 25.0, flop, 10.0 ** (flop - 18.0)))
    history = run(of=of)
    found = value(
        "growth_of_largest", history, bloc="china", over="us", first="2021-12", last="2024-12"
    )
    assert found == pytest.approx(other / growth, rel=0.02)
    alone = run(of=[row for row in of if row[1] == 0])
    assert value("growth_of_cost", alone, first="2016-01", last="2024-12") == pytest.approx(growth)


@given(ratio=st.floats(0.01, 3.0), price=st.floats(0.1, 50.0))
def test_prices_of_open_and_closed_lines_of_like_quality(ratio, price):
    lines = market(
        closed=[(27.0, price), (25.0, 1.0)],  # the second is far from the frontier
        opened=[(26.8, ratio * price), (26.0, 0.01)],  # the second is not alike
    )
    history = run(lines=lines)
    assert value("open_over_closed_price", history, **Y24) == pytest.approx(ratio)
    assert value("best_closed_price", history, last="2024-08") == price
    assert value("change_of_best_closed_price", history, **Y24) == 1.0


@given(factor=st.floats(1.5, 200.0))
def test_the_price_of_a_capability_falls_as_its_cheapest_line_does(factor):
    t = np.arange(MONTHS) / 12.0
    cheap = 100.0 * factor ** -(t - 98 / 12.0)
    lines = market(closed=[(26.0, 100.0), (24.0, 0.001)], opened=[(26.0, cheap)])
    found = value("fall_of_price", run(lines=lines), first="2023-03", last="2024-07")
    assert found == pytest.approx(factor)


def test_accounts_of_the_labs_of_the_largest_revenue():
    revenue = np.tile([50.0, 30.0, 20.0], (MONTHS, 1))
    serving = np.tile([10.0, 10.0, 900.0], (MONTHS, 1))
    chips = np.tile([40.0, 40.0, 0.0], (MONTHS, 1))
    history = run(accounts=Accounts(revenue, serving, chips))
    assert value("largest_share_of_revenue", history, first="2024-12", last="2024-12") == 0.5
    assert value("serving_share", history, **Y24) == pytest.approx(0.2)
    assert value("chips_over_revenue", history, **Y24) == pytest.approx(1.0)


def test_every_measure_says_what_it_is():
    for name, measure in MEASURES.items():
        assert measure.words.endswith("."), name
        assert set(measure.needs) | set(measure.may) <= set(Asked.__dataclass_fields__)
        assert measure.compute.__name__ == name
