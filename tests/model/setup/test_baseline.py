"""The baseline: references of size, arrival rates that give the stated growth."""

from __future__ import annotations

import numpy as np
import pytest

from model.core.errors import InputError
from model.scenario import load
from model.setup import baseline
from model.setup.inputs import inputs_of

SMALL = ["economy.labs=10", "economy.clusters=12", "economy.prehistory=12"]


def test_the_leaders_best_lab_grows_as_stated_on_seeds_not_solved_with() -> None:
    parameters = load("no_ban", ["economy.firms=400", 'economy.end="2020-12"']).parameters
    growth = baseline.growth_of(parameters, baseline.resolve(parameters), range(1, 25))
    error = 3.0 * 0.04 / np.sqrt(24) + 0.03 * 0.45
    assert growth[0] == pytest.approx(0.45, abs=error)
    assert growth[1] == pytest.approx(0.15, abs=error)
    assert growth[2] == pytest.approx(0.10, abs=0.005)


def test_arrival_depends_neither_on_the_end_nor_on_the_number_of_firms() -> None:
    plain = baseline.resolve(load("no_ban").parameters)
    for change in (["economy.firms=300"], ['economy.end="2019-01"']):
        other = baseline.resolve(load("no_ban", change).parameters)
        assert np.array_equal(plain.arrival, other.arrival)


def test_references_are_those_of_the_first_month() -> None:
    parameters = load("no_ban").parameters
    constants = baseline.references(parameters, inputs_of(parameters))
    assert constants.share[0, 0] == 1.0
    assert constants.firms.sum(axis=1).min() > 100
    assert np.allclose(constants.bloc_share.sum(axis=2), 1.0)
    assert np.all(constants.bloc_share > 0.0)


def test_growth_out_of_reach_is_refused() -> None:
    """Without chips nobody experiments, and no arrival of ideas makes up for that."""
    with pytest.raises(InputError, match="no arrival of ideas"):
        baseline.resolve(load("no_ban", [*SMALL, "budgets.chip_share=0.0"]).parameters)


def noisy(slope: float, noise: float, seed: int, goal: float = 0.45) -> tuple[float, float, int]:
    """Solve a field whose growth answers arrival as stated: error, its standard error, runs."""
    draws = np.random.default_rng(seed)
    runs = baseline._Runs(np.array([goal]))
    trial = np.array([draws.normal(0.0, 1.0)])  # the solution stands at 0
    for number in (*baseline.ROUNDS, *[baseline.ROUNDS[-1]] * 12):
        for _ in range(number):
            growth = goal * np.exp(slope * trial + draws.normal(0.0, noise))
            runs.add(trial, growth)
        near, error = runs.solution(0, trial[0])
        trial = np.array([near])
        if error <= baseline.PRECISION:
            break
    return slope * near, error, len(runs.trials)


@pytest.mark.parametrize("slope", [0.15, 0.35, 0.8])
def test_growth_at_the_solution_is_as_near_the_goal_as_it_says(slope: float) -> None:
    found = [noisy(slope, baseline.NOISE, seed) for seed in range(60)]
    off = np.array([error for error, _, _ in found])
    assert np.sqrt(np.mean(off**2)) < 1.5 * baseline.PRECISION
    assert abs(np.mean(off)) < 0.5 * baseline.PRECISION
    assert np.mean([runs for _, _, runs in found]) < 20


def test_without_noise_a_field_is_solved_exactly() -> None:
    off, _, runs = noisy(0.35, 0.0, 1)
    assert abs(off) < 0.002
    assert runs <= sum(baseline.ROUNDS)


def test_growth_out_of_reach_costs_few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    growth_of = baseline.growth_of
    monkeypatch.setattr(baseline, "growth_of", lambda *given: tried.append(1) or growth_of(*given))
    parameters = load("no_ban", [*SMALL, "budgets.chip_share=0.0", "economy.firms=100"]).parameters
    with pytest.raises(InputError, match="no arrival of ideas"):
        baseline.solve(parameters)
    assert len(tried) <= 8
