"""Labs answer scarcity against their own unconstrained selves; without rules nothing changes."""

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.mechanisms.ai.training import SECONDS_A_MONTH
from model.mechanisms.ideas.discovery import discovery
from model.mechanisms.ideas.scarcity import (
    SCARCEST,
    Scarcity,
    _change_field,
    _direct,
    _stretch,
    scarcity,
)
from model.month import MONTH
from model.state.chips import Buyers
from model.state.codes import LAB, LAB_FIELDS, UNBOUND
from model.state.knowledge import Knowledge
from model.state.labs import Labs
from tests.worlds import with_parameters

LONG = {"economy__end": "2025-12"}  # with the rules of 2022, 2023 and 2025
EDGY = {
    "scarcity__sigma_research": 0.3,
    "scarcity__sigma_direction": 0.3,
    "scarcity__direction": 1.5,
}
LOOSE = {
    "scarcity__sigma_research": 2.5,
    "scarcity__sigma_direction": 2.5,
    "scarcity__direction": 1.5,
}
SIGMA = st.floats(0.05, 20.0)
H = st.floats(1e-4, 3.0)
WEIGHT = st.floats(0.05, 0.95)
CHINA = 1


def watched(world):
    """Run a world; return constraint, efficiency and usable part, month x lab."""
    seen: list[tuple[Any, ...]] = []

    def watch(world):
        labs = world.state.labs
        seen.append((labs.constraint.copy(), labs.efficiency.copy(), labs.scale_up.copy()))

    world.run(each=watch)
    return [np.array(column) for column in zip(*seen, strict=True)]


def same(one, other):
    """Say whether two worlds are the same to the bit, and name the first series that differs."""
    for a, b in zip(one.state.knowledge, other.state.knowledge, strict=True):
        if not np.array_equal(a.bits, b.bits):
            return "ideas"
    for name, series in one.record.series.items():
        if not np.array_equal(series, other.record.series[name], equal_nan=True):
            return name
    return True


# --- no rule, no change


@pytest.mark.parametrize("scenario", ["no_ban", "mirror"])
@pytest.mark.parametrize("values", [EDGY, LOOSE], ids=["low", "high"])
def test_without_rules_nobody_is_constrained_and_the_phase_changes_no_bit(scenario, values, small):
    world = small(scenario, **LONG, **values)
    constants = world.fixed.constants
    for column in watched(world):
        assert (column == 1.0).all()
    alone = small(
        scenario, constants=constants, phases=MONTH.without("scarcity"), **LONG, **values
    ).run()
    assert same(world, alone) is True


NEVER_MET = {
    "title": "a bar on what nobody makes",
    "announced": "2018-01-01",
    "effective": "2018-02-01",
    "actor": "us",
    "targets": ["china"],
    "kind": "bar",
    "rule": [{"tpp_min": 1e15}],
}


def test_a_rule_that_never_binds_leaves_everybody_unconstrained(small):
    plain = small(**LONG, **EDGY)
    ruled = small(constants=plain.fixed.constants, controls__rules=[NEVER_MET], **LONG, **EDGY)
    assert len(ruled.fixed.inputs.acts) == 1
    for column in watched(ruled):
        assert (column == 1.0).all()
    assert same(plain.run(), ruled) is True


def first_bar(state):
    """Return the first month in which the follower may not have a chip that is on sale."""
    market = state.chips
    there = state.buyers.destination[: state.labs.bloc.size][state.labs.bloc == CHINA][0]
    barred = market.granted[:, :, there] < 1.0
    months = np.arange(barred.shape[0])[:, None]
    on_sale = (market.available <= months) & (months < market.withdrawn) & ~market.variant
    return int(np.flatnonzero((barred & on_sale).any(axis=1))[0])


def test_rules_bind_those_they_name_from_when_they_bind(small):
    world = small("ban_tight", **LONG, **EDGY)
    constraint, efficiency, scale_up = watched(world)
    follower = world.state.labs.bloc == CHINA
    first = first_bar(world.state)  # what is on its way then is cancelled
    assert world.fixed.inputs.calendar.label(first) in ("2022-09", "2022-10")
    assert (constraint[:, ~follower] == 1.0).all()
    assert (efficiency[:, ~follower] == 1.0).all() and (scale_up[:, ~follower] == 1.0).all()
    assert (constraint[:first] == 1.0).all()
    active = world.state.firms.active[world.state.labs.firm] & follower
    assert active.sum() > 2
    assert ((constraint < 1.0) & (constraint > 0.0))[first:, active].all()
    assert (efficiency[first:, active] > 1.0).all() and (scale_up[first:, active] < 1.0).all()


def test_who_bought_ahead_stands_better_for_a_while_and_then_worse(small):
    world = small("ban", **LONG)
    ahead = []
    state = world.state
    follower = state.labs.bloc == CHINA

    def watch(world):
        state = world.state
        stockpiled = state.buyers.by_source[: follower.size, 2]
        above = state.labs.constraint > 1.0
        assert (stockpiled[above] > 0.0).all()
        assert (state.labs.constraint[~follower] == 1.0).all()
        ahead.append(above.any())

    world.run(each=watch)
    assert any(ahead)
    assert (state.labs.constraint[follower] < 0.9).all()


# --- the shadow fleet


@pytest.mark.parametrize("scenario", ["ban", "ban_tight", "ban_porous", "tiers"])
def test_the_unconstrained_self_keeps_accounts_like_everybody(scenario, small):
    state = small(scenario, strict=True, **LONG).run().state
    assert state.buyers.units[:, :, UNBOUND].sum() > 0.0
    assert state.buyers.free_by_source.sum(axis=1) == pytest.approx(state.buyers.free_effective)
    assert not state.buyers.free_by_source[:, 2:5].any()  # not stockpiled, diverted, rented


def plenty(fixed, state):
    """Let every order be served, at the same prices."""
    state.supply.stock[:] = 1e15
    state.supply.markup[:] = 1.0


ALIKE = {
    "discovery__algorithms_growth": 0.0,  # nobody runs chips better than others
    "discovery__systems_growth": 0.0,
    "supply__revenue_elasticity": 0.0,
    "domestic__base": 0.0,
}


def test_rules_reach_the_unconstrained_self_through_prices_and_supply_alone(small):
    phases = MONTH.with_after("supply", plenty)
    # What labs earn and experience, who is ahead, and what places cost, answers to rules: left out.
    means = {"budgets__revenue_weight": 0.0, "budgets__appropriability": 0.0}
    means |= {"places__cost_exponent": 0.0, "places__crowding": 0.0}
    means |= {"rivalry__escape": 0.0, "rivalry__slack": 0.0, "materials__leak": 1.0}
    free = small("no_ban", phases=phases, **LONG, **ALIKE, **means).run().state.buyers
    for scenario in ("ban", "ban_tight", "ban_porous"):
        buyers = small(scenario, phases=phases, **LONG, **ALIKE, **means).run().state.buyers
        for column in ("free_effective", "free_cash", "free_gain"):
            assert np.array_equal(getattr(buyers, column), getattr(free, column)), column
        assert np.array_equal(
            np.sort(buyers.units[:, :, UNBOUND], axis=1)[:, -5:],
            np.sort(free.units[:, :, UNBOUND], axis=1)[:, -5:],
        )  # chips made for a rule stand in other columns
        assert not np.array_equal(buyers.effective, free.effective)
    assert np.array_equal(free.effective, free.free_effective)


# --- direction


def one_lab():
    """Return tables of one lab that works in both fields of labs, as a buyer and as a lab."""
    buyers = Buyers.allocate(buyer=1, chip=1, plane=1, slot=1, source=1)
    return buyers, Labs.allocate(lab=1, field=2)


def directed(h, sigma, psi, share=0.5, exponent=0.3, free=1e18):
    """Return constraint, share of researchers on efficiency, usable part, of one lab."""
    buyers, labs = one_lab()
    buyers.effective[:], buyers.free_effective[:] = h * free, free
    group = Scarcity(
        sigma_direction=sigma, direction=psi, efficiency=share, scale_exponent=exponent
    )
    _direct(buyers.face, group.face(), labs.face)
    return labs.constraint[0], labs.efficiency[0] * share, labs.scale_up[0]


@given(H, SIGMA, st.floats(0.0, 3.0), WEIGHT, st.floats(0.0, 2.0))
def test_the_share_on_efficiency_is_the_formula(h, sigma, psi, share, exponent):
    _, e, usable = directed(h, sigma, psi, share, exponent)
    clipped = min(3.0, max(-3.0, (sigma - 1.0) / sigma))
    odds = math.log(share / (1.0 - share)) + psi * clipped * math.log(h)
    assert e == pytest.approx(1.0 / (1.0 + math.exp(-odds)), rel=1e-9)
    assert 0.0 < e <= 1.0
    left = 1.0 / (1.0 + math.exp(odds))  # 1 - e, without loss near e = 1
    assert usable == pytest.approx((left / (1.0 - share)) ** exponent, rel=1e-6, abs=1e-6)


@given(st.floats(1e-3, 0.99), SIGMA.filter(lambda s: abs(s - 1.0) > 1e-3), st.floats(0.01, 1.5))
def test_scarcity_moves_people_as_the_elasticity_says(h, sigma, psi):
    rise = directed(h * 1.01, sigma, psi)[1] - directed(h, sigma, psi)[1]
    assert rise * (sigma - 1.0) > 0.0  # below one, what is scarce is saved
    e, usable = directed(h, sigma, psi)[1:]
    assert (e - 0.5) * (sigma - 1.0) < 0.0
    assert (usable - 1.0) * (sigma - 1.0) > 0.0  # who saves brings less into one run


@given(H, SIGMA)
def test_nobody_moves_without_strength_or_at_an_elasticity_of_one(h, sigma):
    assert directed(h, sigma, 0.0)[1:] == (0.5, 1.0)
    assert directed(h, 1.0, 1.5)[1:] == (0.5, 1.0)
    assert directed(1.0, sigma, 1.5)[1:] == (0.5, 1.0)


@pytest.mark.parametrize("sigma", [0.05, 0.3, 1.0, 2.5, 20.0])
def test_a_lab_without_chips_is_as_constrained_as_can_be(sigma):
    h, e, usable = directed(0.0, sigma, 1.5)
    assert h == 0.0
    assert (e, usable) == directed(SCARCEST, sigma, 1.5)[1:]
    assert math.isfinite(e) and math.isfinite(usable)
    # a lab that would have none without rules either
    assert directed(0.0, 0.5, 1.0, free=0.0) == (1.0, 0.5, 1.0)


def test_usable_compute_is_what_runs_get(small):
    values = {**EDGY, "training__distillation": False}
    world = small("ban_tight", **LONG, **values)
    a_month = []

    def watch(world):
        labs = world.state.labs
        a_month.append(labs.effective * labs.scale_up)

    world.run(each=watch)
    share = world.parameters.training.fleet_share
    less = 0
    for model in world.state.models:
        run = range(model.started, model.released + 1)
        flop = math.fsum(share * a_month[t][model.lab] * SECONDS_A_MONTH for t in run)
        assert model.flop == pytest.approx(flop, rel=1e-12)
        less += a_month[run[-1]][model.lab] < world.state.labs.effective[model.lab]
    assert less > 0
    assert (world.state.labs.scale_up < 0.95).sum() > 2


# --- algorithms against systems


def moved(gain, free_gain, pull=1.0, share=0.3, efficiency=1.0):
    """Return by how much the teams in algorithms and in systems of one lab are scaled."""
    buyers, labs = one_lab()
    buyers.gain[:], buyers.free_gain[:], labs.efficiency[:] = gain, free_gain, efficiency
    result = []
    for number in (0, 1):
        knowledge = Knowledge.allocate(
            member=1, word=1, slot=1, firm=1, idea=1, bloc=1, delay=1, one=1, cluster=1, sector=1
        )
        knowledge.team[:], knowledge.relative_team[:] = 100.0, 2.0
        _change_field(number, buyers.face, labs.face, share, pull, knowledge.face)
        assert knowledge.relative_team[0] == pytest.approx(knowledge.team[0] / 50.0)
        result.append(knowledge.team[0] / 100.0)
    return result


@given(st.floats(1.0, 1.3), st.floats(1.0, 1.3), st.floats(0.01, 5.0), st.floats(0.05, 0.95))
def test_people_go_where_more_is_gained(gain, free_gain, pull, share):
    algorithms, systems = moved(gain, free_gain, pull, share)
    assert (1.0 - share) * algorithms + share * systems == pytest.approx(1.0)
    if gain == free_gain:
        assert (algorithms, systems) == (1.0, 1.0)
    elif abs(gain - free_gain) > 1e-6:
        assert (systems > 1.0) == (gain > free_gain)
        odds = math.log(share / (1.0 - share))
        odds += pull * math.log10(gain / free_gain) / 0.1
        assert share * systems == pytest.approx(1.0 / (1.0 + math.exp(-odds)))


def test_without_pull_or_without_a_second_field_nobody_changes_field():
    assert moved(1.2, 1.0, pull=0.0) == [1.0, 1.0]
    assert moved(1.2, 1.0, share=0.0) == moved(1.2, 1.0, share=1.0) == [1.0, 1.0]
    assert moved(1.0, 1.0, efficiency=1.4) == pytest.approx([1.4, 1.4])


def test_weak_links_draw_people_to_systems_and_nobody_is_lost(small):
    given = {"fleets__link_penalty": 1.0, "scarcity__systems_pull": 3.0, **LONG, **EDGY}
    world = small(
        "ban", phases=MONTH.without("labour"), **given
    ).run()  # people as teams count them
    fixed, state = world.fixed, world.state
    labs, share = state.labs, fixed.shared.systems_share
    people = state.firms.researchers[labs.firm]
    teams = [state.knowledge[number].team[labs.member[:, number]] for number in LAB_FIELDS]
    assert sum(teams) == pytest.approx(people * labs.efficiency)
    there = people > 0.0
    in_systems = (teams[1] / (teams[0] + teams[1]))[there]
    gain, free_gain = (x[: people.size][there] for x in (state.buyers.gain, state.buyers.free_gain))
    odds = math.log(share / (1.0 - share)) + 3.0 * np.log10(gain / free_gain) / 0.1
    assert in_systems == pytest.approx(1.0 / (1.0 + np.exp(-odds)))
    follower = labs.bloc[there] == CHINA
    assert follower.sum() > 2 and (in_systems[follower] > 1.02 * share).all()
    assert in_systems[~follower] == pytest.approx(share)


# --- experiments


def experiments(h, s, weight):
    """Return experiments over those of the unconstrained self."""
    return h * _stretch(h, s, weight)


@given(H, WEIGHT)
def test_at_an_elasticity_of_one_experiments_are_what_they_are(h, weight):
    assert _stretch(h, 1.0, weight) == 1.0
    for s in (1.0 - 1e-6, 1.0 + 1e-6):
        assert _stretch(h, s, weight) == pytest.approx(1.0, abs=1e-3)


@given(SIGMA, WEIGHT)
def test_unconstrained_labs_are_left_alone_and_little_scarcity_counts_alike(s, weight):
    assert _stretch(1.0, s, weight) == 1.0
    assert _stretch(0.0, s, weight) == 1.0  # of nothing
    step = 1e-6  # the second order is at most step/s
    change = math.log(experiments(1.0 - step, s, weight)) / math.log(1.0 - step)
    assert change == pytest.approx(1.0, abs=1e-3)


@given(st.floats(1e-4, 0.9), SIGMA.filter(lambda s: abs(s - 1.0) > 0.02), WEIGHT)
def test_strong_scarcity_dries_ideas_up_or_lets_people_stand_in(h, s, weight):
    power = (s - 1.0) / s
    formula = ((1.0 - weight) + weight * h**power) ** (1.0 / (power * weight))
    assert experiments(h, s, weight) == pytest.approx(formula, rel=1e-9, abs=1e-300)
    assert (_stretch(h, s, weight) > 1.0) == (s > 1.0)


@given(st.floats(1e-3, 2.0), st.floats(1e-3, 0.5), SIGMA, WEIGHT)
def test_more_compute_never_means_fewer_experiments(h, more, s, weight):
    assert experiments(h * (1.0 + more), s, weight) >= experiments(h, s, weight)


def test_the_discovery_rate_falls_as_the_elasticity_says(small):
    """At one date, in one state: the smaller s, the fewer discoveries of constrained firms."""
    world = small("ban_tight", scarcity__direction=0.0, scarcity__systems_pull=0.0, **LONG).run()
    state = world.state
    state.month -= 1
    rates = {}
    for s in (0.2, 1.0, 3.0):
        fixed, there = with_parameters(world, scarcity__sigma_research=s), copy.deepcopy(state)
        scarcity(fixed, there)
        discovery(fixed, there)
        rates[s] = there.knowledge[0].full_rate
    knowledge = state.knowledge[0]
    bloc, active = state.firms.bloc[knowledge.row], rates[1.0] > 0.0
    bound, free = (bloc == CHINA) & active, (bloc != CHINA) & active
    assert (rates[0.2] < rates[1.0])[bound].all() and (rates[1.0] < rates[3.0])[bound].all()
    assert (state.firms.kind[knowledge.row[bound]] != LAB).any()  # who rents feels it too
    assert np.array_equal(rates[0.2][free], rates[3.0][free])


@pytest.mark.parametrize("low", [True, False])
def test_scarcity_changes_outcomes_by_the_elasticities(low, small):
    """Both named worlds can be reached: where compute is scarce the elasticities matter."""
    values = EDGY if low else LOOSE
    moves = []
    for seed in (1, 2, 3, 4):
        one, neutral = (
            small("ban_tight", rng=seed, **LONG, **changes).run().latest("algorithms_follower")
            for changes in (values, {})
        )
        moves.append(one - neutral)
    assert abs(np.mean(moves)) > 0.05
