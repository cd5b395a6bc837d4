"""What is released, what is opened, when, and by whose policy."""

import numpy as np
import pytest

from model.world import HABITS, OPEN_WEIGHTS

WHO = ("leader", "follower", "elsewhere")


def policy(**given):
    return {f"release__{who}": given.get(who, given.get("all", "habit")) for who in WHO}


def opened_after(state):
    """Return the months from release to opening by model, with its maker's habit and bloc."""
    labs, blocs = state.labs, state.setting.blocs
    return [
        (
            None if m.opened is None else m.opened - m.released,
            HABITS[int(labs.habit[m.lab])],
            blocs[int(labs.bloc[m.lab])].name,
            m.released,
        )
        for m in state.models
    ]


def test_when_all_are_closed_nothing_is_open_taught_or_inherited(small):
    world = small(**policy(all="closed"), training__distillation=False).run()
    state = world.state
    assert state.models and not state.opening
    assert all(m.opened is None and m.base is None for m in state.models)
    assert not np.isfinite(state.labs.open_capability).any()
    assert not state.open_bits.any()
    assert world.record.acquired[:, :, OPEN_WEIGHTS].sum() == 0
    assert not world.record.series["models_opened"].any()


def test_when_all_are_open_every_model_is_open_at_once(small):
    world = small(**policy(all="open")).run()
    assert {after for after, *_ in opened_after(world.state)} == {0}
    series = world.record.series
    assert np.array_equal(series["models_opened"], series["models_released"])
    assert np.array_equal(series["capability_open"], series["capability_released"])


@pytest.mark.parametrize("delay", [1, 5, 12])
def test_habits_open_at_once_after_the_delay_or_never(delay, small):
    state = small(economy__labs=30, economy__firms=200, release__delay=delay).run().state
    last = state.setting.calendar.months - 1
    seen = set()
    for after, habit, _, released in opened_after(state):
        due = {"open": 0, "mixed": delay, "closed": None}[habit]
        assert after == (due if due is not None and released + due <= last else None)
        seen.add((habit, after))
    assert {("open", 0), ("mixed", delay), ("closed", None)} <= seen


@pytest.mark.parametrize(
    ("who", "blocs"),
    [("leader", {"us"}), ("follower", {"china"}), ("elsewhere", {"allies", "others"})],
)
@pytest.mark.parametrize(("choice", "after"), [("open", 0), ("closed", None)])
def test_a_policy_forces_its_blocs_and_no_other(who, blocs, choice, after, small):
    state = small(**policy(**{who: choice})).run().state
    forced, free = set(), set()
    for months, habit, bloc, _ in opened_after(state):
        (forced if bloc in blocs else free).add((months, habit))
    assert forced and {months for months, _ in forced} == {after}
    assert all((months == 0) == (habit == "open") for months, habit in free)
    assert {habit for _, habit in free} >= {"open", "closed"}


def test_policies_follow_leader_and_follower_as_the_scenario_names_them(small):
    names = {"economy__leader": "china", "economy__follower": "us"}
    state = small(**names, **policy(leader="open", follower="closed")).run().state
    for months, _, bloc, _ in opened_after(state):
        if bloc in ("us", "china"):
            assert months == (0 if bloc == "china" else None)


def test_the_best_of_a_lab_are_running_maxima_of_its_models(small):
    state = small().run().state
    for lab in range(state.labs.firm.size):
        models = [m for m in state.models if m.lab == lab]
        opened = [m.capability for m in models if m.opened is not None]
        assert state.labs.best_released[lab] == max((m.capability for m in models), default=-np.inf)
        assert state.labs.best_own[lab] == max((m.own for m in models), default=-np.inf)
        assert state.labs.best_flop[lab] == max((m.flop for m in models), default=0.0)
        assert state.labs.open_capability[lab] == max(opened, default=-np.inf)
