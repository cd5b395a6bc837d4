"""Learning takes time, and protection stops it at a price."""

import numpy as np
import pytest

from model.mechanisms.ideas.discovery import discovery
from model.mechanisms.ideas.spillover import spillover
from model.month import MONTH
from model.state.codes import (
    COLLABORATION,
    MOBILITY,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    SUPPLIER,
)
from tests.channels import FLOWS, LONG, altered, busy, by_channel, flow, learned


@pytest.fixture(scope="module")
def busy_world(small):
    return busy(small)


# --- what learning costs


def test_free_learning_leaves_the_time_of_researchers_alone(small, constants):
    free = {"spillover__imitation_cost": 0.0, "spillover__open_weights_cost": 0.0}
    world = small(constants=constants, spillover__strength=1.0, **free)

    def check(world):
        for knowledge in world.state.knowledge:
            assert not knowledge.busy.any()
            assert np.array_equal(knowledge.rate, knowledge.full_rate)

    world.run(each=check)
    assert by_channel(world)[PROXIMITY:].sum() > 1000


def test_learning_takes_a_share_of_the_time_to_find(busy_world):
    costs = {"spillover__imitation_cost": 0.5, "spillover__open_weights_cost": 0.2}
    fixed, state = altered(busy_world, **costs)
    got = learned(fixed, state)
    knowledge = state.knowledge[0]
    taken = np.zeros(knowledge.row.size)
    for (learner, _), (channel, _) in got.items():
        taken[knowledge.at[learner]] += 0.2 if channel == OPEN_WEIGHTS else 0.5
    works = knowledge.full_rate > 0.0
    expected = np.minimum(0.5, taken[works] / knowledge.full_rate[works])
    assert knowledge.busy[works] == pytest.approx(expected)
    assert np.median(expected[expected > 0.0]) > 0.0 and (expected < 0.5).any()
    discovery(fixed, state)
    left = (1.0 - knowledge.busy) ** fixed.shared.researchers_exponent
    assert knowledge.rate == pytest.approx(knowledge.full_rate * left)


@pytest.mark.parametrize(
    ("name", "costs"),
    [("imitation_cost", (0.0, 0.65, 2.0)), ("open_weights_cost", (0.0, 0.03, 0.1))],
)
def test_dearer_learning_means_fewer_finds(name, costs, small, constants):
    """As long as learning does not yet take all the time that it may: ideas of open models do."""
    discoveries = []
    for cost in costs:
        total = 0
        for seed in (1, 2, 3):
            given = {f"spillover__{name}": cost, **flow(OPEN_WEIGHTS, 1.0), **flow(PROXIMITY, 1.0)}
            world = small(constants=constants, rng=seed, **LONG, **given).run()
            total += sum(k.discoveries.sum() for k in world.state.knowledge)
        discoveries.append(total)
    assert discoveries[0] > discoveries[1] > discoveries[2]


# --- protection

WHO = ("leader", "follower", "elsewhere")
WALLS = {f"protection__{who}": 1.0 for who in WHO}
UNPRINTED = {**flow(PUBLICATION, 0.0), **flow(OPEN_WEIGHTS, 0.0)}


def test_behind_full_protection_without_print_and_open_models_nobody_learns(small, constants):
    phases = MONTH.without("demography")
    given = {"constants": constants, "phases": phases, "spillover__strength": 1.0, **UNPRINTED}
    assert by_channel(small(**given).run())[PROXIMITY:].sum() > 1000
    assert not by_channel(small(**given, **WALLS).run())[PROXIMITY:].any()


@pytest.mark.parametrize(
    ("share", "channels"),
    [("talk", {PROXIMITY, COLLABORATION}), ("suppliers", {SUPPLIER}), ("mobility", {MOBILITY})],
)
def test_protection_stops_the_channels_it_is_meant_for(share, channels, busy_world):
    none = {f"protection__{name}": 0.0 for name in ("talk", "suppliers", "mobility")}
    got = learned(*altered(busy_world, **WALLS, **{**none, f"protection__{share}": 1.0}))
    assert {how for how, _ in got.values()} == set(FLOWS) - channels


@pytest.mark.parametrize(("who", "bloc"), [("leader", 0), ("follower", 1)])
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_protection_of_a_bloc_lowers_learning_from_it_alone(who, bloc, strength, busy_world):
    open_to_all = learned(*altered(busy_world))
    guarded = learned(*altered(busy_world, **{f"protection__{who}": strength}))
    blocs = busy_world.state.firms.bloc

    def theirs(got, how):
        return {k for k, (c, s) in got.items() if s >= 0 and blocs[s] == bloc and c in how}

    shielded = {PROXIMITY, COLLABORATION, SUPPLIER, MOBILITY}
    before, after = theirs(open_to_all, shielded), theirs(guarded, shielded)
    assert len(after) < (1.0 - 0.5 * strength) * len(before)
    assert (after == set()) == (strength == 1.0)
    rest = {k: v for k, v in open_to_all.items() if k not in before}
    assert {k: guarded[k] for k in rest} == rest  # from others, in print, from open models
    assert guarded.keys() <= open_to_all.keys()


def test_protection_costs_those_who_protect(busy_world):
    plain = altered(busy_world)
    walled = altered(busy_world, protection__leader=0.8, protection__cost=0.25)
    for fixed, state in (plain, walled):
        spillover(fixed, state)
        for knowledge in state.knowledge:
            knowledge.busy[:] = 0.0
            knowledge.level[:] = 1.0
        discovery(fixed, state)
    one, other = (state.knowledge[0] for _, state in (plain, walled))
    leader = busy_world.state.firms.bloc[one.row] == 0
    gamma = busy_world.parameters.discovery.researchers_exponent
    assert other.rate[leader] == pytest.approx(one.rate[leader] * 0.8**gamma)
    assert np.array_equal(other.rate[~leader], one.rate[~leader])
    assert one.rate[leader].max() > 0.0


@pytest.mark.parametrize("levers", [WALLS, {"training__distillation": False}], ids=["walls", "api"])
def test_levers_on_learning_leave_prehistory_alone(levers, small, constants):
    given = {"constants": constants, "exchange__since": "", "release__since": ""}
    plain, other = (
        small(**given, training__distillation_loss=0.1, **changes) for changes in ({}, levers)
    )
    for world in (plain, other):
        world.run("2017-12")
    for one, two in zip(plain.state.knowledge, other.state.knowledge, strict=True):
        assert np.array_equal(one.bits, two.bits)
    assert plain.state.models == other.state.models and plain.state.models
    plain.run()
    other.run()
    assert plain.state.models != other.state.models
