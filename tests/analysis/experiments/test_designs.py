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
        assert np.allclose(np.abs(moves[:, :4]).sum(axis=0), 2.0 / 3.0)  # of numbers
        values = [[f.at(u) for f, u in zip(FACTORS, row, strict=True)] for row in path]
        for one, other in itertools.pairwise(values):
            assert sum(x != y for x, y in zip(one, other, strict=True)) == 1


BAD: dict[str, tuple[str, int, str]] = {
    "unknown": ("lsh", 4, "did you mean 'lhs'"),
    "nothing": ("lhs", 0, "at least 1"),
    "one trajectory": ("morris", 1, "at least 2"),
    "no power of two": ("sobol", 100, "good values are 64 and 128"),
    "too many": ("grid", 10_000, "a good value is 5"),
    "far too many": ("lhs", 10**15, "about 1e15 .*a good value is 64"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_made_is_refused(case: str) -> None:
    name, points, hint = BAD[case]
    with pytest.raises(InputError, match=hint):
        designs.sample(name, FACTORS, points, seed=1)


NUMBERS = tuple(Factor(f"a.x{k}", "number", 0.0, 1.0) for k in range(190))


@pytest.mark.parametrize("points", [5, 2, 10**26, 10**40])
def test_a_grid_of_too_many_factors_has_a_short_message_and_a_way_out(points: int) -> None:
    with pytest.raises(InputError) as refused:
        designs.sample("grid", NUMBERS, points, seed=1)
    text = str(refused.value)
    assert len(text) < 250 and "has about " in text and "a good value" not in text
    most = int(text.partition("at most ")[2].partition("(at most ")[2].split()[0])
    assert len(designs.sample("grid", NUMBERS[:most], 5, seed=1)) == 5**most
    assert "design lhs" in text and len(designs.sample("lhs", NUMBERS, 64, seed=1)) == 64


@pytest.mark.parametrize(("name", "number"), [("grid", 9), ("grid", 12), ("saltelli", 40),
                                              ("lhs", 190), ("morris", 3)])  # fmt: skip
def test_the_good_value_of_a_refusal_can_be_run(name: str, number: int) -> None:
    with pytest.raises(InputError, match="a good value is") as refused:
        designs.sample(name, NUMBERS[:number], 2**40, seed=1)
    good = int(str(refused.value).rpartition(" ")[2])
    designs.sample(name, NUMBERS[:number], good, seed=1)


@pytest.mark.parametrize(("points", "more"), [(16, 64), (25, 50), (48, 96), (1, 2)])
def test_a_larger_hypercube_begins_with_a_smaller_one_and_other_factors_change_none(
    points: int, more: int
) -> None:
    small = designs.sample("lhs", FACTORS[:3], points, seed=3)
    large = designs.sample("lhs", FACTORS[1:], more, seed=3)
    assert np.array_equal(small[:, 1:], large[:points, :2])
    for column in large.T:
        assert sorted((column * more).astype(int)) == list(range(more))


def test_more_trajectories_and_other_factors_leave_those_there_are() -> None:
    few = designs.sample("morris", FACTORS[1:3], 5, seed=3).reshape(5, 3, 2)
    many = designs.sample("morris", FACTORS, 9, seed=3).reshape(9, len(FACTORS) + 1, len(FACTORS))
    assert np.array_equal(few[:, 0], many[:5, 0, 1:3])
    assert np.array_equal(few[:, -1], many[:5, -1, 1:3])


@pytest.mark.parametrize("number", [2, 3, 5])
def test_all_pairs_of_choices_are_met(number: int) -> None:
    factor = Factor("a.w", "choice", values=tuple("abcde"[:number]))
    pairs = list(itertools.combinations(factor.values, 2))
    many = 2 * len(pairs)
    path = designs.sample("morris", (factor, FACTORS[0]), many, seed=1)
    met = path.reshape(many, 3, 2)[: len(pairs)][:, [0, -1], 0]
    assert {frozenset(map(factor.at, row)) for row in met} == set(map(frozenset, pairs))


def test_seeds_of_trajectories_are_not_levels_of_a_number() -> None:
    for high in (2.0, 9.0, 1000.0, 2.0**40):
        chance = Factor("chance", "integer", 1.0, high)
        rows = designs.sample("morris", (chance,), 60, seed=1).reshape(60, 2)
        seeds = [[chance.at(u) for u in row] for row in rows]
        assert all(one != other for one, other in seeds)
        assert len({seed for row in seeds for seed in row}) >= min(high, 9.0)


def test_values_are_those_of_the_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    one: Any = Factor("a.w", "choice", values=("x",))
    assert one.at(1.0) == "x" == one.at(0.0)
