"""Runs turn compute and ideas into models; what is inherited is bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.mechanisms.training import SECONDS_A_MONTH, capability_of
from model.month import MONTH

OOM = st.floats(15.0, 35.0)
SHARE = st.floats(0.0, 1.0)
CAP = st.floats(0.0, 5.0)
CLOSED = {f"release__{who}": "closed" for who in ("leader", "follower", "elsewhere")}
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
    def more_compute(state):
        state.labs.effective *= factor

    return MONTH.with_after("chips", more_compute)


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

    def watch(state):
        level.append(state.knowledge[0].level[state.labs.member[:, 0]].copy())
        effective.append(state.labs.effective.copy())

    world.run(each=watch)
    share = world.state.parameters.training.training
    later = 0
    for model in world.state.models:
        run = range(model.started, model.started + months)
        assert model.released == run[-1]
        assert model.algorithms == level[model.started][model.lab]
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


def test_lengths_are_luck_of_the_lab_and_its_run(small, constants):
    def by_lab(**changes):
        models = small(constants=constants, **changes).run().state.models
        return {lab: [n for i, n in lengths(models) if i == lab] for lab in range(12)}

    one, twin = by_lab(), by_lab(spillover__strength=1.0)
    for lab, found in one.items():
        both = min(len(found), len(twin[lab]))
        assert found[:both] == twin[lab][:both]
    assert one != by_lab(rng=2)
    # labs do not release in step
    assert len({tuple(found[:3]) for found in one.values() if len(found) >= 3}) > 3


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


def test_a_run_starts_only_for_a_better_model(small, constants):
    def made(step, **changes):
        models = small(training__step=step, **changes).run().state.models
        best = {}
        for model in models:
            # a planned step, at the fleet of the start; fleets change by less than a tenth OOM
            assert model.own > best.get(model.lab, NOTHING) + step - 0.1
            best[model.lab] = model.own
        return len(models), len(best)

    many, labs = made(0.3, constants=constants)
    # so large a step only labs take that began with next to nothing
    few, still_labs = made(3.0, **STILL)
    assert many > 2 * labs and 0 < still_labs <= few < 1.2 * still_labs


def test_labs_build_on_the_best_open_model_of_another(small):
    state = small(rng=3).run().state
    group, built_on = state.parameters.training, 0
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
        assert model.base_lab != model.lab
        assert model.capability == pytest.approx(
            capability_of(model.own, model.base, group.inheritance_cap, group.inheritance)
        )
        built_on += model.capability > model.own
    assert built_on > 3


def test_labs_build_on_no_model_of_a_bloc_they_are_cut_off_from(small):
    state = small(exchange__between_blocs=0.0).run().state
    built_on = [m for m in state.models if m.base_lab is not None]
    assert built_on
    assert all(state.labs.bloc[m.lab] == state.labs.bloc[m.base_lab] for m in built_on)


def test_a_run_costs_its_share_of_the_fleet(small, constants):
    half, whole = (
        small(constants=constants, training__training=share, **CLOSED).run().state.models[0]
        for share in (0.2, 0.4)
    )
    assert (half.lab, half.released) == (whole.lab, whole.released)
    assert whole.cost == pytest.approx(2.0 * half.cost)
    assert whole.chip_hours == pytest.approx(2.0 * half.chip_hours)
    assert whole.own == pytest.approx(half.own + np.log10(2.0))
