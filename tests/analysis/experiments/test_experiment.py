"""The one way to run pairs: common random numbers, one baseline, failures that stay alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from analysis.experiments import experiment
from analysis.experiments.experiment import Arm, Failure, Job, at_months, outcomes_at
from model.core.errors import InputError
from model.core.parameter import ParameterName
from model.economy import World
from model.measure.outcomes import OUTCOMES
from model.parameters import known_parameter
from model.scenario import load
from model.setup import baseline
from tests.sweeping import TINY

BAN, FREE = load("ban", TINY), load("no_ban", TINY)
POROUS = {("controls", "porosity"): 0.5}
ENDS = partial(outcomes_at, horizons=("2018-01", "2018-03", "2018-09"))


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def test_arms_share_seed_and_baseline() -> None:
    free, porous, ban = experiment.paired(
        Job((Arm(FREE), Arm(BAN, POROUS), Arm(BAN)), seed=7), ENDS
    )
    constants = baseline.resolve(FREE.parameters)
    for found, scenario, changes in (
        (free, FREE, {}), (porous, BAN, {"controls__porosity": 0.5}), (ban, BAN, {}),
    ):  # fmt: skip
        world = World(scenario, rng=7, constants=constants, **changes).run()
        for name in OUTCOMES:
            assert np.array_equal(found[name][1], world.outcomes()[name][-1], equal_nan=True)
            assert np.isnan(found[name][2])  # after the last month
    other = experiment.paired(Job((Arm(FREE),), seed=8), ENDS)[0]
    assert not same(free, other)


def test_the_baseline_can_be_that_of_another_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    resolve = baseline.resolve

    def noted(parameters: Any) -> Any:
        asked.append(parameters.controls.porosity)
        return resolve(parameters)

    monkeypatch.setattr(baseline, "resolve", noted)
    experiment.paired(Job((Arm(FREE),), 1, normalised=Arm(FREE, POROUS)), ENDS)
    experiment.paired(Job((Arm(FREE),), 1), ENDS)
    assert asked == [0.5, FREE.parameters.controls.porosity]


def test_workers_change_nothing_and_a_point_without_a_world_fails_alone() -> None:
    wrong = Arm(BAN, {("controls", "porosity"): 7.0})
    jobs = [Job((Arm(FREE), Arm(BAN)), 1), Job((Arm(FREE), wrong), 1, 1, 2), Job((Arm(BAN),), 2)]
    ticks: list[tuple[int, int]] = []
    here = experiment.run(jobs, ENDS, each=lambda *now: ticks.append(now))
    there = experiment.run(jobs, ENDS, workers=2)
    assert ticks == [(1, 3), (2, 3), (3, 3)]
    for one, other in zip(here, there, strict=True):
        if isinstance(one, Failure):
            assert one == other and (one.point, one.replicate) == (1, 2)
            assert "at most 1" in one.message
        else:
            assert isinstance(other, list) and all(map(same, one, other))
    assert [isinstance(one, Failure) for one in here] == [False, True, False]


def test_a_series_is_read_at_months_and_undefined_outside() -> None:
    values = at_months(np.arange(3.0), np.array([-1, 0, 2, 3]))
    assert np.array_equal(values, [np.nan, 0.0, 2.0, np.nan], equal_nan=True)


def test_names_of_parameters() -> None:
    name = ParameterName.parse("controls.porosity")
    assert name == ("controls", "porosity") and str(name) == "controls.porosity"
    assert known_parameter("controls.porosity") == name
    for text in ("porosity", "controls.", ".porosity", ""):
        with pytest.raises(InputError, match=r"must read group\.name, as in controls\.porosity"):
            ParameterName.parse(text)
    for text, hint in (("porosity", "did you mean 'controls.porosity'"),
                       ("controls.porosty", "did you mean 'controls.porosity'"),
                       ("xyz", r"names read group\.name")):  # fmt: skip
        with pytest.raises(InputError, match=f"here: unknown parameter '{text}'; {hint}"):
            known_parameter(text, "here: ")
