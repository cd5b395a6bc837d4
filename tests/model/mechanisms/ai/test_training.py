"""Runs turn compute and ideas into models; what is inherited is bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.core.randomness import address, at, key_of, uniform
from model.mechanisms.ai.training import SECONDS_A_MONTH, capability_of
from model.month import MONTH

OOM = st.floats(15.0, 35.0)
SHARE = st.floats(0.0, 1.0)
CAP = st.floats(0.0, 5.0)
SHUT = {f"release__{who}": "closed" for who in ("leader", "follower", "elsewhere")}
# What better models earn, and who is ahead, would change what is found.
SHUT |= {"budgets__revenue_weight": 0.0, "rivalry__escape": 0.0, "rivalry__slack": 0.0}
UNCOPIED = {"training__distillation": False}
CLOSED = {**SHUT, **UNCOPIED}
STILL = {"discovery__algorithms_growth": 0.0, "discovery__systems_growth": 0.0}
NOTHING = -np.inf


@given(OOM, OOM, CAP)
def test_no_inheritance_gives_the_own_capability(own, base, cap):
    assert capability_of(own, base, cap, 0.0) == own


@given(OOM, OOM)
def test_full_inheritance_gives_the_base_at_most(own, base):
    assert capability_of(own, base, 100.0, 1.0) == pytest.approx(max(own, base), abs=1e-9)


@given(OOM, OOM, CAP, SHARE)
def test_capability_lies_between_own_and_base_and_below_the_cap(own, base, cap, share):
    capability = capability_of(own, base, cap, share)
    assert own <= capability <= max(own, base) + 1e-9
    assert capability - own <= cap + 1e-9


@given(OOM, OOM, CAP, SHARE, st.floats(0.0, 3.0))
def test_capability_rises_with_base_share_and_cap(own, base, cap, share, more):
    capability = capability_of(own, base, cap, share)
    assert capability_of(own, base + more, cap, share) >= capability - 1e-9
    assert capability_of(own, base, cap + more, share) >= capability - 1e-9
    assert capability_of(own, base, cap, min(1.0, share + more)) >= capability - 1e-9


def test_the_uplift_is_the_formula():
    assert capability_of(20.0, 21.0, 5.0, 0.5) == pytest.approx(20.0 + np.log10(5.5))
    assert capability_of(20.0, 25.0, 0.5, 0.5) == 20.5
    assert capability_of(20.0, NOTHING, 0.5, 0.5) == 20.0


def with_compute(factor):
    def more_compute(fixed, state):
        state.labs.effective *= factor

    return MONTH.with_after("fleets", more_compute)


def test_ten_times_the_compute_is_one_order_of_magnitude(small, constants):
    given = {"constants": constants, "training__smallest_fleet": 0.0, **CLOSED}
    once, tenfold = (
        small(phases=with_compute(factor), **given).run().state.models for factor in (1.0, 10.0)
    )
    assert len(once) == len(tenfold) > 10
    for one, ten in zip(once, tenfold, strict=True):
        assert (one.lab, one.started, one.released) == (ten.lab, ten.started, ten.released)
        assert one.algorithms == ten.algorithms
        assert ten.flop == pytest.approx(10.0 * one.flop)
        assert ten.capability == pytest.approx(one.capability + 1.0, abs=1e-9)


def test_no_fleet_no_model(small, constants):
    world = small(constants=constants, phases=with_compute(0.0)).run()
    assert world.state.models == []
    assert (world.state.labs.potential == NOTHING).all()
    assert np.isnan(world.outcomes()["gap"]).all()


def test_a_fleet_below_the_smallest_trains_nothing(small, constants):
    state = small(constants=constants, training__smallest_fleet=1e20).run().state
    assert state.models == [] and state.labs.potential.max() > 0.0


def test_without_a_base_capability_is_compute_and_algorithms(small, constants):
    models = small(constants=constants, **CLOSED).run().state.models
    for model in models:
        assert model.base is None and model.base_lab is None
        assert model.capability == model.own
        assert model.own == pytest.approx(np.log10(model.flop) + model.algorithms, abs=1e-12)
    assert len(models) > 10


@pytest.mark.parametrize("months", [1, 4, 9])
def test_ideas_are_frozen_when_a_run_starts_and_flop_add_up_over_it(months, small, constants):
    world = small(constants=constants, training__run_months=months, training__run_spread=0.0)
    level, effective = [], []

    def watch(world):
        state = world.state
        level.append(state.knowledge[0].level[state.labs.member[:, 0]].copy())
        effective.append(state.labs.effective * state.labs.scale_up)

    world.run(each=watch)
    group = world.parameters.training
    later = 0
    for model in world.state.models:
        run = range(model.started, model.started + months)
        assert model.released == run[-1]
        assert model.algorithms == level[model.started][model.lab]
        share = group.fleet_share * (1.0 - group.distillation_cost * (model.base_open is False))
        flop = sum(share * effective[month][model.lab] * SECONDS_A_MONTH for month in run)
        assert model.flop == pytest.approx(flop)
        later += level[run[-1]][model.lab] > model.algorithms
    assert months == 1 or later > 10  # their makers knew more at the end


def lengths(models):
    return [(m.lab, m.released - m.started + 1) for m in models]


@pytest.mark.parametrize(("months", "spread"), [(4, 0.5), (6, 1.0), (1, 0.5), (10, 0.2)])
def test_runs_differ_in_length_around_their_mean(months, spread, small, constants):
    given = {"training__run_months": months, "training__run_spread": spread, "training__step": 0.0}
    models = small(constants=constants, **given).run().state.models
    found = [length for _, length in lengths(models)]
    assert min(found) >= max(1, round(months * (1.0 - spread)) - 1)
    assert max(found) <= round(months * (1.0 + spread)) + 1
    assert len(set(found)) > 1 or months == 1
    assert models != []


def test_lengths_are_random_by_lab_and_month_of_start(small, constants):
    """A run that starts later in one world leaves the lengths of all others as they are."""

    def by_start(**changes):
        models = small(constants=constants, **changes).run().state.models
        return {(m.lab, m.started): m.released - m.started for m in models}

    one, other = by_start(), by_start(spillover__strength=1.0)
    both = one.keys() & other.keys()
    assert len(both) > 20 and one.keys() != other.keys()
    assert all(one[key] == other[key] for key in both)
    again = by_start(rng=2)
    assert any(one[key] != again[key] for key in one.keys() & again.keys())
    # labs do not release in step
    assert len({length for (_, month), length in one.items() if month == min(one)[1]}) > 1 or (
        len(set(one.values())) > 2
    )


def test_open_models_embody_the_ideas_of_their_start(small):
    state = small().run().state
    held = np.unpackbits(state.open_bits.view(np.uint8), axis=1, bitorder="little")
    size = state.knowledge[0].size
    embodied = held[:, : size.size] @ size
    labs = np.flatnonzero(state.labs.open_capability > NOTHING)
    assert labs.size > 3
    for lab in labs:
        best = max(
            (m for m in state.models if m.lab == lab and m.opened is not None),
            key=lambda m: m.capability,
        )
        assert embodied[lab] == pytest.approx(best.algorithms)


@pytest.mark.parametrize(("step", "ideas"), [(0.3, {}), (3.0, STILL)])
def test_a_run_starts_only_for_a_better_model(step, ideas, small):
    state = small(training__step=step, **ideas).run().state
    best = {}
    for model in state.models:
        # a planned step, at the fleet of the start; fleets change by less than a tenth OOM
        assert model.own > best.get(model.lab, NOTHING) + step - 0.1
        best[model.lab] = model.own
    again = {m.lab for m in state.models if m.own < best[m.lab]}
    entrants = set(np.flatnonzero(state.labs.founded >= 0).tolist())  # they grow from nothing
    assert again - entrants if step < 1.0 else again <= entrants


def test_labs_build_on_the_best_open_model_of_another(small):
    world = small(rng=3, **UNCOPIED).run()
    state = world.state
    group, built_on = world.parameters.training, 0
    for model in state.models:
        usable = [
            other.capability
            for other in state.models
            if other.lab != model.lab and other.opened is not None and other.opened < model.started
        ]
        assert model.base == (max(usable) if usable else None)
        if model.base is None:
            assert model.base_lab is None and model.capability == model.own
            continue
        assert model.base_lab != model.lab and model.base_open is True
        assert model.capability == pytest.approx(
            capability_of(model.own, model.base, group.inheritance_cap, group.inheritance)
        )
        built_on += model.capability > model.own
    assert built_on > 3


def test_labs_build_on_no_model_of_a_bloc_they_are_cut_off_from(small, constants):
    given = {"exchange__between_blocs": 0.0, "training__distillation_loss": 0.0}
    state = small(constants=constants, **given).run().state
    built_on = [m for m in state.models if m.base_lab is not None]
    assert {m.base_open for m in built_on} == {True, False}
    assert all(state.labs.bloc[m.lab] == state.labs.bloc[m.base_lab] for m in built_on)


def test_a_run_costs_its_share_of_the_fleet(small, constants):
    half, whole = (
        small(constants=constants, training__fleet_share=share, **CLOSED).run().state.models[0]
        for share in (0.2, 0.4)
    )
    assert (half.lab, half.released) == (whole.lab, whole.released)
    assert whole.cost == pytest.approx(2.0 * half.cost)
    assert whole.chip_hours == pytest.approx(2.0 * half.chip_hours)
    assert whole.own == pytest.approx(half.own + np.log10(2.0))


# --- distillation

COPIED = {"economy__end": "2022-12", "training__distillation_loss": 0.1}


def copies(state):
    return [m for m in state.models if m.base_open is False]


def bases(state, lab, started, lag, loss):
    """Return the best open model of others at a run's start, and the best copy to be had."""
    opened = [
        m.capability
        for m in state.models
        if m.lab != lab and m.opened is not None and m.opened < started
    ]
    then = started - max(1, lag)
    shown = np.delete(state.released_by_month[then], lab) if then >= 0 else np.array([NOTHING])
    return max(opened, default=NOTHING), shown.max() - loss


@pytest.mark.parametrize("lag", [0, 3, 12])
@pytest.mark.parametrize("loss", [0.0, 0.1, 0.7])
def test_labs_copy_the_best_closed_model_old_enough_less_the_loss(lag, loss, small, constants):
    given = {"training__distillation_lag": lag, "training__distillation_loss": loss}
    given |= {"economy__end": "2024-12", "release__leader": "closed"}
    given |= SHUT if lag == 12 else {}  # what was shown a year ago is seldom better than open ones
    world = small(constants=constants, **given).run()
    state = world.state
    group, copied = world.parameters.training, 0
    for model in state.models:
        opened, shown = bases(state, model.lab, model.started, lag, loss)
        if model.base_open is False:
            copied += 1
            assert model.base == shown > opened
            then = model.started - max(1, lag)
            assert state.released_by_month[then, model.base_lab] - loss == model.base
        else:
            assert (model.base is None) == (opened == NOTHING)
            assert model.base_open is (None if model.base is None else True)
            assert model.base in (None, opened)
        assert model.base_lab != model.lab
        base = NOTHING if model.base is None else model.base
        expected = capability_of(model.own, base, group.inheritance_cap, group.inheritance)
        assert model.capability == pytest.approx(expected, abs=1e-12)
        assert model.capability <= model.own + group.inheritance_cap + 1e-12
    assert copied > 5


def test_a_model_is_copied_only_where_that_pays(small, constants):
    """As planned: with as much compute as at the start, less that for asking, it comes out higher.

    Fleets and their use hardly change within a run of one month, so plans come true.
    """
    given = {"training__run_months": 1, "training__run_spread": 0.0, **COPIED}
    world = small(constants=constants, training__distillation_cost=0.2, **given).run()
    state = world.state
    group, left = world.parameters.training, np.log10(0.8)
    made, left_alone = 0, 0
    for model in state.models:
        opened, shown = bases(state, model.lab, model.started, 3, 0.1)
        alone = model.own - left if model.base_open is False else model.own
        plain = capability_of(alone, opened, group.inheritance_cap, group.inheritance)
        copy = capability_of(alone + left, shown, group.inheritance_cap, group.inheritance)
        assert (model.base_open is False) == (shown > opened and copy > plain)
        made += model.base_open is False
        left_alone += shown > opened and copy <= plain
    assert made > 5 and left_alone > 5


@pytest.mark.parametrize(
    "useless",
    [
        {"training__inheritance": 0.0},
        {"training__inheritance_cap": 0.0},
        {"training__distillation_cost": 1.0},
        {"training__distillation_loss": 10.0},
    ],
    ids=lambda useless: next(iter(useless)).removeprefix("training__"),
)
def test_nobody_copies_for_nothing(useless, small, constants):
    given = {"constants": constants, **{**COPIED, **useless}}
    asked, unasked = (small(**given, **more).run().state for more in ({}, UNCOPIED))
    assert copies(asked) == []
    assert asked.models == unasked.models


def test_without_distillation_no_closed_model_is_built_on(small, constants):
    assert copies(small(constants=constants, **COPIED).run().state)
    assert copies(small(constants=constants, **COPIED, **UNCOPIED).run().state) == []


def test_sellers_block_copying_across_blocs_only(small, constants):
    counts = []
    for blocked in (0.0, 0.5, 1.0):
        inside = across = 0
        for seed in (1, 2, 3):
            given = {"training__distillation_blocked": blocked, **SHUT, **COPIED}
            state = small(constants=constants, rng=seed, **given).run().state
            for model in copies(state):
                same = state.labs.bloc[model.lab] == state.labs.bloc[model.base_lab]
                inside, across = inside + same, across + (not same)
        assert inside > 0
        counts.append(across)
    assert counts[0] > counts[1] > counts[2] == 0


def test_who_is_blocked_is_blocked_for_good(small, constants):
    given = {"training__distillation_blocked": 0.5, **SHUT, **COPIED}
    world = small(constants=constants, **given).run()
    fixed, state = world.fixed, world.state
    more = (
        small(constants=constants, **{**given, "training__distillation_blocked": 0.3}).run().state
    )

    def pairs(state):
        bloc = state.labs.bloc
        return {(m.lab, m.base_lab) for m in copies(state) if bloc[m.lab] != bloc[m.base_lab]}

    assert pairs(state) and pairs(more)
    draws, key = address(fixed.seed, key_of("blocking")), state.firms.key[state.labs.firm]
    for share, found in ((0.5, pairs(state)), (0.3, pairs(more))):
        for lab, seller in found:
            here = np.uint64(at(np.uint64(at(draws, key[seller])), key[lab]))
            assert uniform(here) >= share


@pytest.mark.parametrize("cost", [0.0, 0.3])
def test_asking_costs_compute(cost, small, constants):
    given = {"training__distillation_cost": cost, **SHUT, **COPIED}
    plain = small(constants=constants, **SHUT, **UNCOPIED, economy__end="2022-12").run().state
    state = small(constants=constants, **given).run().state
    alone = {(m.lab, m.started): m for m in plain.models}
    compared = 0
    for model in state.models:
        other = alone.get((model.lab, model.started))
        if other is None or other.released != model.released:
            continue
        share = 1.0 - cost if model.base_open is False else 1.0
        assert model.flop == pytest.approx(share * other.flop, rel=1e-12)
        assert (model.cost, model.chip_hours) == (other.cost, other.chip_hours)
        compared += model.base_open is False
    assert compared > 5


def test_copies_carry_no_ideas(small, constants):
    given = {"constants": constants, **SHUT, "economy__end": "2022-12"}
    one, other = (
        small(**given, **{**changes, "training__distillation_loss": 0.0}).run().state
        for changes in ({}, UNCOPIED)
    )
    assert copies(one) and one.models != other.models
    for a, b in zip(one.knowledge, other.knowledge, strict=True):
        assert np.array_equal(a.bits, b.bits)


@pytest.mark.slow
def test_stronger_distillation_is_used_more_and_moves_an_outcome(small, constants):
    """From none to the low end of the loss: more models are copies, and the gap closes."""
    shares, gaps = [], []
    for changes in (UNCOPIED, {"training__distillation_loss": 0.8}, COPIED):
        made = copied = 0
        gap = []
        for seed in range(1, 9):
            given = {**COPIED, **SHUT, **changes}
            world = small(constants=constants, rng=seed, **given).run()
            made, copied = made + len(world.state.models), copied + len(copies(world.state))
            gap.append(world.latest("gap"))
        shares.append(copied / made)
        gaps.append(np.array(gap))
    assert 0.0 == shares[0] < shares[1] < shares[2]
    moved = gaps[2] - gaps[0]
    assert abs(moved.mean()) > 0.05
    assert abs(moved.mean()) > 2.0 * moved.std(ddof=1) / np.sqrt(moved.size)
