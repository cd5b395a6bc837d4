"""What is released, what is opened, when, and by whose policy."""

import numpy as np
import pytest

from model.state.codes import HABITS, OPEN_WEIGHTS

WHO = ("leader", "follower", "elsewhere")


def policy(**given):
    """Return policies by who has them; the habit where nothing else is given."""
    return {f"release__{who}": given.get(who, given.get("all", "habit")) for who in WHO}


def opened_after(world):
    """Return the months from release to opening by model, with its maker's habit and bloc."""
    labs, blocs = world.state.labs, world.fixed.inputs.blocs
    return [
        (
            None if m.opened is None else m.opened - m.released,
            HABITS[int(labs.habit[m.lab])],
            blocs[int(labs.bloc[m.lab])].name,
            m.released,
        )
        for m in world.state.models
    ]


def test_when_all_are_closed_nothing_is_open_taught_or_inherited(small):
    world = small(**policy(all="closed"), training__distillation=False).run()
    state = world.state
    assert state.models and len(state.opening) == len(state.models)  # all wait for ever
    assert all(m.opened is None and m.base is None for m in state.models)
    assert not np.isfinite(state.labs.open_capability).any()
    assert not state.open_bits.any()
    assert world.record.acquired[:, :, OPEN_WEIGHTS].sum() == 0
    assert not world.record.series["models_opened"].any()


def test_when_all_are_open_every_model_is_open_at_once(small):
    world = small(**policy(all="open")).run()
    assert {after for after, *_ in opened_after(world)} == {0}
    series = world.record.series
    assert np.array_equal(series["models_opened"], series["models_released"])
    assert np.array_equal(series["capability_open"], series["capability_released"])


@pytest.mark.parametrize("delay", [1, 5, 12])
def test_habits_open_at_once_after_the_delay_or_never(delay, small):
    sizes = {"economy__labs": 30, "economy__firms": 200}
    world = small(**sizes, **policy(), release__delay=delay).run()
    last = world.fixed.inputs.calendar.months - 1
    seen = set()
    for after, habit, _, released in opened_after(world):
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
    world = small(**policy(**{who: choice})).run()
    forced, free = set(), set()
    for months, habit, bloc, _ in opened_after(world):
        (forced if bloc in blocs else free).add((months, habit))
    assert forced and {months for months, _ in forced} == {after}
    assert all((months == 0) == (habit == "open") for months, habit in free)
    assert {habit for _, habit in free} >= {"open", "closed"}


def test_policies_follow_leader_and_follower_as_the_scenario_names_them(small):
    names = {"economy__leader": "china", "economy__follower": "us"}
    world = small(**names, **policy(leader="open", follower="closed")).run()
    for months, _, bloc, _ in opened_after(world):
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


CHOICE = dict.fromkeys(("release__leader", "release__follower", "release__elsewhere"), "choice")


def chosen(small, **given):
    """Return the models of a small world in which labs choose, by whether they opened at once."""
    state = small(economy__labs=30, economy__firms=200, **CHOICE, **given).run().state
    at_once = [m for m in state.models if m.opened == m.released]
    return state, at_once, [m for m in state.models if m.opened != m.released]


def test_a_lab_opens_when_openness_gives_more_than_the_rent_of_its_lead(small):
    state, opened, kept = chosen(small)
    assert opened and kept
    assert all(m.gain > m.rent for m in opened)
    assert all(m.gain <= m.rent for m in kept)
    # who lags has little to lose: rents of what was opened are lower
    assert np.mean([m.rent for m in opened]) < np.mean([m.rent for m in kept])
    low, high = (np.log1p(np.exp(3.0 * lead)) / 3.0 for lead in (-1.0, 2.0))
    assert all(low <= m.rent <= high for m in state.models)


def test_without_rent_whoever_gains_opens_and_without_gain_nobody_does(small):
    state, opened, kept = chosen(small, release__rent=0.0, release__contributions=0.0)
    gains = state.labs.complement + state.labs.motive > 0.0
    assert {m.lab for m in opened} <= set(np.flatnonzero(gains)) and not [
        m for m in kept if gains[m.lab]
    ]
    nothing = {"release__complement": 0.0, "release__talent": 0.0, "release__contributions": 0.0}
    _, opened, _ = chosen(small, **nothing)
    assert not opened


@pytest.mark.parametrize("name", ["complement", "talent"])
def test_more_gain_opens_more_models(name, small):
    few, many = (len(chosen(small, **{f"release__{name}": x})[1]) for x in (0.0, 1.0))
    assert many > few


def test_closed_models_are_opened_late_when_others_have_caught_up(small):
    _, _, kept = chosen(small, release__delay=2, economy__end="2020-12")
    late = [m for m in kept if m.opened is not None]
    assert late and all(m.opened - m.released >= 2 for m in late)
    for model in late:  # its rent then was below its gain, which it was not at release
        assert model.gain <= model.rent


def test_contributions_are_ideas_in_print_and_none_without_strength(small):
    many = {
        "release__contributions": 5.0,
        **policy(all="open"),
        "ai_market__reference_capability": 20.0,
    }
    world = small(**many, economy__end="2020-12").run()
    series, state = world.record.series, world.state
    total = int(series["ideas_contributed"].sum())
    assert total > 5
    algorithms = state.knowledge[0]
    own = (algorithms.first_month >= 0) & (algorithms.first_firm < 0)
    assert own.any() and (algorithms.first_bloc[own] >= 0).all()
    none = small(**{**many, "release__contributions": 0.0}, economy__end="2020-12").run()
    assert not none.record.series["ideas_contributed"].any()
    # what developers put into print is read by firms: more ideas in print
    printed = [w.record.series["ideas_published"].sum() for w in (none, world)]
    assert printed[1] > printed[0]
