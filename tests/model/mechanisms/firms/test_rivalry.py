"""Rivals: leads and stakes against plain arithmetic, limits, and what each strength moves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.measure.tables import content_digest, tables_of
from model.mechanisms.firms import rivalry as rules
from model.state.ai_market import Platforms
from model.state.codes import NOTHING
from model.state.labs import Labs

OFF = {"rivalry__escape": 0.0, "rivalry__slack": 0.0}
CHOICE = dict.fromkeys(("release__leader", "release__follower", "release__elsewhere"), "choice")
LONG = {"economy__end": "2021-12", "ai_market__reference_capability": 22.0}


def leads(released, bloc, exchange):
    released, bloc = np.array(released, float), np.array(bloc, np.int64)
    labs = Labs.allocate(lab=bloc.size, field=3)
    labs.bloc[:], labs.ahead[:] = bloc, np.nan
    rules._lead(released.shape[0] - 1, np.array(exchange, float), released, labs.face)
    return labs.ahead


def path(*levels):
    return [NOTHING if level is None else float(level) for level in levels]


def test_a_lead_is_how_long_ago_one_was_where_the_rival_is():
    two = np.array([path(0, 1, 2, 3, 4), path(0, 0, 0, 1, 1.5)]).T
    assert leads(two, [0, 0], [[1.0]]).tolist() == [pytest.approx(2.5), 0.0]


def test_without_a_rival_the_lead_counts_from_the_first_model():
    alone = np.array([path(None, None, 1, 1, 2), path(None, None, None, None, None)]).T
    assert leads(alone, [0, 0], [[1.0]]).tolist() == [2.0, 0.0]


def test_a_rival_that_has_caught_up_ends_the_lead():
    level = np.array([path(0, 1, 2), path(0, 0, 2)]).T
    assert leads(level, [0, 0], [[1.0]]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("seen", [0.0, 0.25, 0.5, 1.0])
def test_a_rival_abroad_counts_as_far_as_exchange_goes(seen):
    three = np.array([path(0, 1, 2, 3, 4), path(0, 0, 0, 0, 0), path(0, 0, 1, 2, 3)]).T
    exchange = [[1.0, seen], [seen, 1.0]]
    ahead = leads(three, [0, 0, 1], exchange)
    assert ahead[0] == pytest.approx(seen * 1.0 + (1.0 - seen) * 4.0)
    assert ahead[2] == pytest.approx((1.0 - seen) * 4.0)  # ahead of rivals at home only


@given(
    st.lists(st.floats(0.0, 3.0), min_size=12, max_size=12),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_more_exchange_never_lengthens_a_lead(steps, one, other):
    released = np.cumsum(np.array(steps).reshape(4, 3), axis=0)
    low, high = sorted((one, other))
    shut, open_ = (leads(released, [0, 0, 1], [[1.0, x], [x, 1.0]]) for x in (low, high))
    assert (open_ <= shut + 1e-9).all() and (open_ >= 0.0).all()


def stakes(lab, share, spending, potential, nest):
    """Return the stakes of labs with lines of the given shares and revenues, by segment."""
    share = np.array(share)
    platforms = Platforms.allocate(platform=len(lab), segment=share.shape[1], bloc=1)
    platforms.lab[:], platforms.share[:], platforms.spending[:] = lab, share, np.array(spending)
    labs = Labs.allocate(lab=max(lab) + 1, field=3)
    rules._stake(platforms.face, np.array(potential), nest, labs.face)
    return labs.stake


@given(st.floats(-2.0, 2.0), st.floats(0.05, 0.95), st.floats(0.1, 0.9))
def test_the_stake_is_the_slope_of_revenue_in_quality(utility, nest, others):
    """Spending of users who would use some model, by a numerical derivative of the nested logit."""

    def revenue(gain):
        inclusive = math.exp(utility + gain) + math.exp(others)
        share = math.exp(utility + gain) / inclusive
        value = nest * math.log(inclusive)
        return share / (1.0 + math.exp(-value)), share, 1.0 / (1.0 + math.exp(-value))

    step = 1e-5
    slope = (revenue(step)[0] - revenue(-step)[0]) / (2.0 * step)
    earned, share, potential = revenue(0.0)
    stake = stakes([0], [[share]], [[earned]], [potential], nest)
    assert stake[0] == pytest.approx(slope / earned, rel=1e-6)


def test_nobody_else_on_the_market_leaves_little_to_win():
    share, spent = [[1.0, 1.0], [0.0, 0.0]], [[3.0, 2.0], [0.0, 0.0]]
    stake = stakes([0, 1], share, spent, [0.9, 0.9], 0.5)
    assert stake[0] == pytest.approx(0.05) and math.isnan(stake[1])


def responses(ahead=0.0, stake=0.88, escape=0.0, reference=0.88, slack=0.0, time=12.0):
    labs = Labs.allocate(lab=1, field=3)
    labs.ahead[:], labs.stake[:], labs.effort[:], labs.vigour[:] = ahead, stake, np.nan, np.nan
    group = rules.Rivalry(escape=escape, reference_stake=reference, slack=slack, slack_time=time)
    rules._respond(group.face(), labs.face)
    return labs.effort[0], labs.vigour[0]


def test_responses_are_their_formulas():
    assert responses(ahead=5.0, stake=0.4) == (1.0, 1.0)
    assert responses(stake=math.nan, escape=0.7)[0] == 1.0
    assert responses(stake=0.44, escape=0.5)[0] == pytest.approx(math.sqrt(0.5))
    assert responses(ahead=12.0, slack=0.2)[1] == pytest.approx(1.0 - 0.2 * (1.0 - math.exp(-1.0)))
    assert responses(ahead=1.0, slack=0.2, time=0.01)[1] == pytest.approx(0.8)


def test_at_no_strength_rivals_do_not_matter_to_the_bit(small, constants):
    plain = small(constants=constants, **LONG, **OFF).run()
    phases = plain.phases.without("rivalry")
    without = small(constants=constants, phases=phases, **LONG, **OFF).run()
    names = [n for n in tables_of(plain.fixed, plain.state, plain.record) if n != "blocs"]
    digests = [
        content_digest({n: tables_of(w.fixed, w.state, w.record)[n] for n in names})
        for w in (plain, without)
    ]
    assert digests[0] == digests[1]
    assert (plain.state.labs.effort == 1.0).all() and (plain.state.labs.vigour == 1.0).all()


@pytest.mark.parametrize(
    ("name", "values", "series"),
    [
        ("escape", (0.0, 0.5, 1.0), "research_budget"),
        ("slack", (0.0, 0.15, 0.3), "algorithms_best"),
    ],
)
def test_each_strength_moves_its_outcome(name, values, series, small, constants):
    """With arrival rates held: research of labs that have the market, or lead, falls."""
    world = [
        small(constants=constants, **LONG, **OFF | CHOICE | {f"rivalry__{name}": value}).run()
        for value in values
    ]
    if name == "escape":
        lab = int(np.nanargmin(world[0].state.labs.stake))
        found = [float(w.state.labs.budget[lab]) for w in world]
    else:
        found = [w.record.series[series][:, 0].sum() for w in world]
    assert found[0] > found[1] > found[2]


def test_apart_a_leader_sees_no_rival_abroad(small, constants):
    apart = {"exchange__between_blocs": 0.0}
    shut = small(constants=constants, **LONG, **apart).run()
    open_ = small(constants=constants, **LONG).run()
    mean = [w.record.series["rival_lead"].max(axis=1).mean() for w in (shut, open_)]
    assert mean[0] > mean[1]
    stake = [np.nanmin(w.state.labs.stake) for w in (shut, open_)]
    assert stake[0] < stake[1]


def test_the_race_is_measured_and_feeds_back_into_nothing(small):
    series = small(**LONG).run().record.series
    for name in ("race_spending", "race_parity", "race"):
        assert ((series[name] >= 0.0) & (series[name] <= 1.0)).all()
    whole = (
        series["race_spending"] * series["race_parity"] * (1.0 - np.exp(-series["race_haste"]))
    ) ** (1.0 / 3.0)
    assert np.allclose(series["race"], whole)
    assert (series["race"][-1] > 0.0).any()
