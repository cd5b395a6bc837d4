"""Users choose, labs ask prices, hosts serve, users take models up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from model.mechanisms.ai.adoption import _take_up, adoption
from model.mechanisms.ai.market import best_price, market, serving_cost
from model.state.codes import CLOSED, OPEN, SMALL
from tests.worlds import with_parameters

WANTED = {
    "ai_market__reference_capability": 22.0
}  # a small world ends in 2019: people want models by then


@pytest.fixture(scope="module")
def late(small):
    """Make a small world at its end, with users."""

    def make(**changes):
        return small(**{**WANTED, **changes}).run()

    return make


def test_shares_sum_to_one_and_spending_to_what_adopters_spend(late):
    world = late()
    fixed, state = world.fixed, world.state
    platforms, segments = state.platforms, state.segments
    assert (segments.adopters > 0.0).all() and (segments.adopters <= segments.potential).all()
    assert platforms.share.sum(axis=0) == pytest.approx(np.ones(segments.bloc.size))
    assert (segments.spent > 0.0).all()
    assert platforms.spending.sum(axis=0) == pytest.approx(segments.spent)
    market(fixed, state)  # adopters have grown since
    assert segments.spent == pytest.approx(segments.spending_power * segments.adopters)


def test_equal_lines_share_equally(late):
    world = late(
        ai_market__looking_around=1.0, ai_market__network_effect=0.0, ai_market__home_bias=0.0
    )
    fixed, state = world.fixed, world.state
    platforms = state.platforms
    platforms.quality[:] = -np.inf
    rows = np.flatnonzero(platforms.line == CLOSED)[:5]
    platforms.quality[rows], platforms.flop[rows] = 25.0, 22.0
    state.buyers.fleet[:] = 0.0  # all serve on the same chips: those of the clouds
    state.buyers.skill[:] = 0.0
    number = state.labs.firm.size
    state.buyers.fleet[number:, 0] = 1.0
    platforms.price[:] = 0.0
    for _ in range(60):
        market(fixed, state)
    assert platforms.share[rows] == pytest.approx(np.full((5, 8), 0.2), rel=1e-9)
    assert platforms.share.sum(axis=0) == pytest.approx(np.ones(8))


def test_who_does_not_look_around_stays(late):
    world = late()
    state = world.state
    before = state.platforms.share.copy()
    best = int(np.argmax(state.platforms.quality))
    state.platforms.quality[best] += 3.0
    market(with_parameters(world, ai_market__looking_around=0.0), state)
    assert state.platforms.share == pytest.approx(before, abs=1e-12)


def test_users_of_a_line_that_goes_choose_anew(late):
    world = late()
    fixed, state = world.fixed, world.state
    gone = int(np.argmax(state.platforms.share[:, 0]))
    state.platforms.quality[gone] = -np.inf
    market(fixed, state)
    assert not state.platforms.share[gone].any()
    assert state.platforms.share.sum(axis=0) == pytest.approx(np.ones(8))


def test_without_a_line_nobody_spends(late):
    world = late()
    fixed, state = world.fixed, world.state
    state.platforms.quality[:] = -np.inf
    market(fixed, state)
    for column in ("potential", "spent", "surplus", "worth"):
        assert not getattr(state.segments, column).any()
    adopters = state.segments.adopters.copy()
    adoption(fixed, state)
    assert (state.segments.adopters < adopters).all()


@given(
    st.floats(0.05, 1.0), st.floats(0.1, 1.0), st.floats(-6.0, 6.0), st.floats(-8.0, 8.0),
    st.floats(0.01, 100.0),
)  # fmt: skip
def test_the_price_meets_its_first_order_condition(weight, nest, rival, own, cost):
    """The best price found numerically is the mark-up at the share that it brings."""

    low = math.log(cost)

    def shares(log_price):
        u = own - weight * log_price
        inside = float(np.logaddexp(u, rival))
        return math.exp(u - inside), 1.0 / (1.0 + math.exp(-nest * inside))

    def loss(log_price):
        share, potential = shares(log_price)
        return -share * potential * (1.0 - math.exp(low - log_price))

    found = minimize_scalar(loss, bounds=(low, low + 60.0 / weight), method="bounded",
                            options={"xatol": 1e-10})  # fmt: skip
    share, potential = shares(found.x)
    wanted = math.log(best_price(cost, share, potential, weight, nest))
    if (1.0 - share) + nest * share * (1.0 - potential) > 2e-3:  # below, a monopoly is bounded
        assert found.x == pytest.approx(wanted, abs=2e-3 * max(1.0, abs(wanted)))


def test_prices_approach_the_mark_up_and_open_lines_cost_what_serving_costs(late):
    world = late()
    fixed, state = world.fixed, world.state
    platforms, segments = state.platforms, state.segments
    for _ in range(200):
        market(fixed, state)
    closed = np.flatnonzero((platforms.line == CLOSED) & np.isfinite(platforms.quality))
    for j in closed[:6]:
        for s in (0, 3):
            b = int(segments.bloc[s])
            wanted = best_price(
                platforms.cost[j, b], platforms.share[j, s], segments.potential[s], 0.2, 0.5
            )
            assert platforms.price[j, s] == pytest.approx(wanted, rel=1e-3)
    open_lines = np.flatnonzero((platforms.line != CLOSED) & np.isfinite(platforms.quality))
    assert open_lines.size
    for j in open_lines:
        for s in range(8):
            cost = platforms.cost[j, segments.bloc[s]]
            assert platforms.price[j, s] == pytest.approx(1.25 * cost)


def test_serving_costs_fall_with_bandwidth_and_systems_ideas_and_rise_with_size():
    plain = serving_cost(24.0, 1e-13, 40.0, 0.5, 0.0, 1.0)
    assert serving_cost(26.0, 1e-13, 40.0, 0.5, 0.0, 1.0) == pytest.approx(10.0 * plain)
    assert serving_cost(24.0, 1e-13, 40.0, 0.5, 2.0, 1.0) == pytest.approx(plain / 10.0)
    assert serving_cost(24.0, 5e-14, 40.0, 0.5, 0.0, 1.0) == pytest.approx(plain / 2.0)
    assert serving_cost(24.0, 1e-13, 40.0, 0.5, 0.0, 0.1) == pytest.approx(plain / 10.0)
    # an open model of 405 bn parameters on H100s of 2024 costs some 1 to 5 USD to serve
    byte = 30_000 * 1.6 / (3.35e12 * 48 * 365.25 * 86400 / 12)
    assert 0.5 < serving_cost(25.58, byte, 40.0, 0.5, 0.0, 1.0) < 5.0


def test_a_small_version_follows_the_open_one(late):
    world = late()
    quality = world.state.platforms.quality.reshape(-1, 3)
    for _, whole, small_one in quality:
        if np.isfinite(small_one):
            assert small_one <= whole - world.fixed.shared.small_loss + 1e-9
    assert np.isfinite(quality[:, SMALL]).any()
    closed = np.isfinite(quality[:, CLOSED]) & np.isfinite(quality[:, OPEN])
    assert (quality[closed, CLOSED] > quality[closed, OPEN]).all()


def test_surplus_obeys_roys_identity(late):
    world = late(
        ai_market__looking_around=1.0, ai_market__network_effect=0.0, adoption__innovation=9.0
    )
    fixed, state = world.fixed, world.state
    platforms, segments = state.platforms, state.segments
    for _ in range(80):  # adopters reach the potential, prices rest
        market(fixed, state)
        adoption(fixed, state)
    market(fixed, state)
    fixed = with_parameters(world, ai_market__price_speed=0.0)
    j = int(np.argmax(np.where(platforms.line == CLOSED, platforms.spending[:, 0], 0.0)))
    segments.adopters[:] = segments.potential
    market(fixed, state)
    before, paid = segments.surplus.copy(), platforms.spending[j].copy()
    step = 1e-6
    platforms.price[j] *= 1.0 + step
    market(fixed, state)
    lost = (before - segments.surplus) / step
    assert lost == pytest.approx(paid, rel=1e-3, abs=1e-3 * paid.max())


def test_adoption_is_bass_at_constant_quality_and_price():
    """dF/dt = (p + q F)(1 - F) has a closed form; a month's step follows it."""
    p, q = 0.03, 0.38
    adopters, steps = np.zeros(1), 400
    ones = np.ones(1)
    for n in range(12 * steps):
        if n % (2 * steps) == 0:
            t = n / steps
            decay = math.exp(-(p + q) * t)
            closed = (1.0 - decay) / (1.0 + q / p * decay)
            assert adopters[0] == pytest.approx(closed, abs=2e-3)
        _take_up(ones, ones, p / steps, q / steps, adopters)


@pytest.mark.parametrize(
    ("name", "values", "series", "rises"),
    [
        ("ai_market__quality_weight", (1.0, 3.0), "concentration", True),
        ("ai_market__openness_to_consumers", (-3.0, 0.5), "open_use", True),
        ("ai_market__openness_to_developers", (-3.0, 1.5), "open_use", True),
        ("ai_market__home_bias", (0.0, 3.0), "home_use", True),
        ("ai_market__host_margin", (0.0, 0.6), "host_profit", True),
        ("ai_market__batch", (20.0, 100.0), "price", False),
        ("ai_market__batch_gain", (0.0, 1.5), "price", False),
        ("ai_market__hosted_by_maker", (0.1, 0.6), "host_profit", False),
        ("ai_market__price_weight", (0.1, 1.0), "price", False),
        ("ai_market__small_loss", (0.2, 1.5), "open_use", False),
        ("ai_market__small_size", (0.05, 0.3), "price", True),
        ("ai_market__spending_2024", (3e10, 9e10), "user_spending", True),
        ("ai_market__developers", (0.2, 0.6), "open_use", None),
        ("ai_market__network_effect", (0.0, 1.5), "concentration", True),
        ("ai_market__nest", (0.3, 0.9), "user_spending", None),
        ("ai_market__looking_around", (0.2, 0.8), "lab_revenue", None),
        ("ai_market__price_speed", (0.1, 0.9), "price", None),
        ("adoption__imitation", (0.0, 0.5), "consumers_using", True),
        ("adoption__innovation", (0.001, 0.04), "consumers_using", True),
        ("adoption__follower_propensity", (0.5, 2.0), "consumers_using", None),
    ],
)
def test_each_parameter_moves_its_outcome(name, values, series, rises, small, constants):
    low, high = (
        small(**{**WANTED, name: value}, constants=constants).run().record.series[series][-1]
        for value in values
    )
    if rises is None:
        assert not np.allclose(low, high, rtol=1e-3)
    else:
        assert high.mean() > low.mean() if rises else high.mean() < low.mean()
