"""Designs: their points lie where they should, and what cannot be made is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.experiments import designs
from analysis.experiments.designs import Factor
from model.core.errors import InputError

FACTORS = (
    Factor("a.x", "number", -1.0, 3.0),
    Factor("a.y", "number", 0.01, 100.0, log=True),
    Factor("a.n", "integer", 2.0, 6.0),
    Factor("a.m", "integer", 1.0, 1000.0, log=True),
    Factor("a.s", "choice", values=(False, True)),
    Factor("a.w", "choice", values=("one", "two", "three")),
)


@given(st.floats(0.0, 1.0), st.sampled_from(FACTORS))
def test_a_place_has_a_value_in_range(u: float, factor: Factor) -> None:
    value = factor.at(u)
    if factor.kind == "choice":
        assert value in factor.values
    else:
        assert factor.low <= value <= factor.high
        assert isinstance(value, int if factor.kind == "integer" else float)


@pytest.mark.parametrize("factor", FACTORS, ids=lambda f: f.name)
def test_all_of_a_range_is_reached_evenly(factor: Factor) -> None:
    values = [factor.at((k + 0.5) / 6000) for k in range(6000)]
    if factor.kind == "number":
        assert min(values) < factor.low + 0.1 and max(values) > factor.high - 0.1
    elif not factor.log:
        counts = [values.count(value) for value in dict.fromkeys(values)]
        assert max(counts) - min(counts) <= 1
    if factor.log:
        edge = (
            0.5 if factor.kind == "integer" else 0.0
        )  # a whole number stands for what rounds to it
        middle = np.sqrt((factor.low - edge) * (factor.high + edge))
        assert np.median(values) == pytest.approx(middle, rel=0.1)


@pytest.mark.parametrize("name", [name for name in designs.DESIGNS if name != "file"])
def test_designs_have_the_size_they_say_and_are_the_same_again(name: str) -> None:
    places = designs.sample(name, FACTORS, 4, seed=3)
    assert places.shape[1] == len(FACTORS) and np.all((places >= 0.0) & (places <= 1.0))
    assert len(places) <= designs.size_of(name, FACTORS, 4)
    assert np.array_equal(places, designs.sample(name, FACTORS, 4, seed=3))
    if name != "grid":
        assert len(places) == designs.size_of(name, FACTORS, 4)
        assert not np.array_equal(places, designs.sample(name, FACTORS, 4, seed=4))


def test_a_hypercube_has_a_point_in_every_slice() -> None:
    places = designs.sample("lhs", FACTORS, 50, seed=1)
    for column in places.T:
        assert sorted((column * 50).astype(int)) == list(range(50))


def test_a_grid_has_all_combinations_and_its_ends() -> None:
    places = designs.sample("grid", FACTORS[:1] + FACTORS[2:3] + FACTORS[4:5], 3, seed=1)
    points = {(FACTORS[0].at(a), FACTORS[2].at(b), FACTORS[4].at(c)) for a, b, c in places}
    assert points == {(x, n, s) for x in (-1.0, 1.0, 3.0) for n in (2, 4, 6) for s in (False, True)}
    seven = Factor("a.x", "number", 0.0, 1.0, levels=7)
    assert len(designs.sample("grid", (seven,), 3, seed=1)) == 7


def test_a_saltelli_design_swaps_one_column_at_a_time() -> None:
    k = len(FACTORS)
    rows = designs.sample("saltelli", FACTORS, 8, seed=1).reshape(8, k + 2, k)
    for block in rows:
        a, b = block[0], block[k + 1]
        for j in range(k):
            assert np.array_equal(block[j + 1], np.where(np.arange(k) == j, b, a))


def test_morris_trajectories_move_one_factor_at_a_time() -> None:
    k = len(FACTORS)
    for path in designs.sample("morris", FACTORS, 20, seed=1).reshape(20, k + 1, k):
        moves = np.diff(path, axis=0)
        assert np.all((moves != 0.0).sum(axis=1) == 1) and np.all((moves != 0.0).sum(axis=0) == 1)
        assert np.allclose(np.abs(moves[moves != 0.0]), 2.0 / 3.0)
        values = [[f.at(u) for f, u in zip(FACTORS, row, strict=True)] for row in path]
        for one, other in itertools.pairwise(values):
            assert sum(x != y for x, y in zip(one, other, strict=True)) == 1


BAD: dict[str, tuple[str, int, str]] = {
    "unknown": ("lsh", 4, "did you mean 'lhs'"),
    "nothing": ("lhs", 0, "at least 1"),
    "one trajectory": ("morris", 1, "at least 2"),
    "no power of two": ("sobol", 100, "good values are 64 and 128"),
    "too many": ("grid", 10_000, "at most"),
    "far too many": ("lhs", 10**15, "at most"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_made_is_refused(case: str) -> None:
    name, points, hint = BAD[case]
    with pytest.raises(InputError, match=hint):
        designs.sample(name, FACTORS, points, seed=1)


def test_values_are_those_of_the_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    one: Any = Factor("a.w", "choice", values=("x",))
    assert one.at(1.0) == "x" == one.at(0.0)
