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
