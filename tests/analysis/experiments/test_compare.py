"""Comparisons: intervals, pairing, benchmarks, folders, refusals."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.experiments import compare as twins
from analysis.experiments import comparison_folder, effects, prior_draws
from model.core.errors import InputError
from model.measure.outcomes import CENSORED, OUTCOMES
from model.measure.tables import content_digest
from model.parameters import FACTS
from model.scenario import load
from model.setup import baseline
from model.state.codes import SOURCES

if TYPE_CHECKING:
    from tests.conftest import Command

SMALL = ["economy.firms=100", "economy.labs=12", "economy.clusters=15", 'economy.end="2024-12"']


@pytest.fixture(scope="module")
def comparison() -> twins.Comparison:
    return twins.compare(load("no_ban", SMALL), load("ban", SMALL), replicates=8)


def test_t_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(1).normal(1.0, 2.0, 12)
    centre, low, high = effects.interval(values)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert math.isclose(centre, values.mean())
    assert math.isclose(low, expected.low) and math.isclose(high, expected.high)


@pytest.mark.parametrize(("n", "median"), [(10, False), (40, False), (12, True)])
def test_intervals_cover_what_they_say(n: int, median: bool) -> None:
    chance = np.random.default_rng(2)
    trials, inside = 400, 0
    for _ in range(trials):
        _, low, high = effects.interval(chance.exponential(1.0, n), median, resamples=199)
        inside += low <= (math.log(2.0) if median else 1.0) <= high
    assert inside / trials > 0.88


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), max_size=50), st.booleans())
def test_intervals_hold_their_centre_or_are_undefined(values: list[float], median: bool) -> None:
    centre, low, high = effects.interval(np.array(values), median, resamples=99)
    if math.isfinite(low):
        assert low <= high
        if median:
            assert low <= centre <= high
    if not any(math.isfinite(v) for v in values):
        assert math.isnan(centre)


def test_a_constant_effect_has_no_width_and_one_replicate_none() -> None:
    assert effects.interval(np.zeros(5)) == (0.0, 0.0, 0.0)
    centre, low, high = effects.interval(np.array([2.0]))
    assert centre == 2.0 and math.isnan(low) and math.isnan(high)


def test_variance_removed() -> None:
    common, noise = np.random.default_rng(3).normal(size=(2, 4000))
    assert effects.variance_removed(common, common + 0.1 * noise) == pytest.approx(200.0, rel=0.1)
    assert math.isnan(effects.variance_removed(common, common + 1.0))
    other = np.random.default_rng(4).normal(size=4000)
    assert effects.variance_removed(common, other) == pytest.approx(1.0, rel=0.1)


def test_pairing_pays(comparison: twins.Comparison) -> None:
    """Twins cut the variance of the ban's effect well below that of independent seeds."""
    effect = comparison.effect("potential_gap", "2023-12")
    assert effect.variance_removed > 4.0


def test_the_ban_costs_the_follower_compute(comparison: twins.Comparison) -> None:
    x = comparison.follower_compute["a"] - comparison.follower_compute["b"]
    before = comparison.months.index("2022-08")
    assert np.all(x[:, : before + 1] == 0.0)
    # Which month the largest run ends in is chance, so that not every single pair must show it.
    assert np.mean(x[:, -1] > 0.0) > 0.8 and x[:, -1].mean() > 0.1
    effect = comparison.effect("gap", "2024-12")
    assert effect.benchmark == pytest.approx(x[:, -1].mean())
    growth = comparison.leader_growth[-1]
    assert comparison.effect("lag", "2024-12").benchmark == pytest.approx(
        12 * x[:, -1].mean() / growth
    )
    assert math.isnan(comparison.effect("frontier", "2024-12").benchmark)


def test_workers_do_not_change_a_bit(comparison: twins.Comparison) -> None:
    again = twins.compare(comparison.a, comparison.b, replicates=2, workers=2)
    for world in ("a", "b"):
        for one, other in zip(comparison.results[world], again.results[world], strict=False):
            assert content_digest(one.tables) == content_digest(other.tables)


def test_a_folder_of_a_comparison(comparison: twins.Comparison, tmp_path: Path) -> None:
    folder = comparison_folder.folder_of(comparison.a, comparison.b, 8, 1, tmp_path)
    comparison_folder.write(folder, comparison, figures=False)
    figures = json.loads((folder / "effects.json").read_text())
    assert figures["schema_version"] == 1
    names = {row["name"] for row in figures["outcomes"]}
    assert names == set(OUTCOMES)
    for row in figures["outcomes"]:
        assert row["kind"] == "random variation" and row["n"] <= 8
        assert row["statistic"] == ("median" if row["name"] in CENSORED else "mean")
    assert set(figures["months"]) == {"month", *OUTCOMES}
    assert len(figures["sentences"]) == 3 and all(figures["sentences"])
    effects = pd.read_parquet(folder / "effects.parquet")
    assert len(effects) == len(OUTCOMES) * len(comparison.months)
    for world in ("a", "b"):
        frame = pd.read_parquet(folder / world / "world.parquet")
        assert sorted(frame["replicate"].unique()) == list(range(1, 9))
        assert load(str(folder / world / "scenario.toml")).parameters is not None
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {act["world"] for act in manifest["acts"]} == {"b"}
    assert manifest["kind_of_uncertainty"] == "random variation only"


def test_compute_by_source_adds_up_to_the_fleet(
    comparison: twins.Comparison, tmp_path: Path
) -> None:
    folder = tmp_path / "result"
    comparison_folder.write(folder, comparison, figures=False)
    rows = json.loads((folder / "effects.json").read_text())["compute_by_source"]
    follower = comparison.a.parameters.economy.follower
    assert comparison.horizons == ["2023-12", "2024-12"]
    assert [(row["horizon"], row["source"]) for row in rows] == [
        (horizon, source) for horizon in comparison.horizons for source in SOURCES
    ]
    assert {row["bloc"] for row in rows} == {follower}
    assert {row["unit"] for row in rows} == {"FLOP/s"}
    for world in ("a", "b"):
        blocs = pd.read_parquet(folder / world / "blocs.parquet")
        for horizon in comparison.horizons:
            here = blocs[(blocs["bloc"] == follower) & (blocs["month"] == horizon)]
            found = [row[f"{world}_mean"] for row in rows if row["horizon"] == horizon]
            assert all(value >= 0.0 for value in found)
            assert math.fsum(found) == pytest.approx(here["fleet"].mean(), rel=1e-9) != 0.0
    barred = [row for row in rows if row["source"] != "domestic" and row["source"] != "legal"]
    assert all(row["a_mean"] == 0.0 for row in barred)
    assert sum(row["b_mean"] for row in barred) > 0.0
    stored = pq.read_table(folder / "compute_by_source.parquet")
    assert stored.to_pylist() == rows
    assert all(field.metadata[b"description"] for field in stored.schema)


def test_a_world_without_a_follower_is_compared_and_undefined(tmp_path: Path) -> None:
    world = load("no_ban", [*SMALL, 'economy.end="2018-06"', 'economy.blocs=["us"]'])
    alone = twins.compare(world, world, replicates=1)
    comparison_folder.write(tmp_path / "result", alone, figures=False)
    figures = json.loads((tmp_path / "result" / "effects.json").read_text())
    assert all(row["a_mean"] is None is row["b_mean"] for row in figures["compute_by_source"])
    assert {row["effect"] for row in figures["outcomes"] if row["name"] == "gap"} == {None}
    stored = pq.read_schema(tmp_path / "result" / "compute_by_source.parquet")
    assert str(stored.field("a_mean").type) == "double"


@pytest.mark.parametrize(
    "change", ["economy.firms=200", 'economy.end="2025-12"', 'economy.blocs=["us","china"]',
               'economy.leader="allies"', "economy.labs=10"],
)  # fmt: skip
def test_worlds_that_differ_in_size_are_not_compared(change: str) -> None:
    with pytest.raises(InputError, match="cannot be compared"):
        twins.check_comparable(load("no_ban", SMALL), load("ban", [*SMALL, change]))


def test_no_replicates_are_refused() -> None:
    world = load("no_ban", SMALL)
    with pytest.raises(InputError, match="at least 1"):
        twins.compare(world, world, replicates=0)


TINY = [*SMALL[:3], 'economy.end="2018-06"', "economy.prehistory=12"]


def test_draws_from_priors_are_told_from_luck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = baseline.resolve(load("no_ban", TINY).parameters)
    tried = []

    def resolve(parameters: object) -> object:  # solving at every draw is not what is tested
        tried.append(parameters)
        if len(tried) == 2:
            raise InputError("discovery: no arrival of ideas")
        return constants

    monkeypatch.setattr(baseline, "resolve", resolve)
    worlds = [load(name, TINY) for name in ("no_ban", "ban", "ban_tight")]
    found = twins.compare_all(worlds, replicates=4, draws=True)
    assert [one.b.name for one in found] == ["ban", "ban_tight"]
    drawn = found[0].draws
    assert drawn is not None and drawn.points.shape == (4, len(drawn.names))
    assert drawn.refused == {"discovery": 1}  # and the next point stood in for it
    assert "controls.porosity" not in drawn.names  # ban_tight states it
    comparison_folder.write(tmp_path / "r", found[0], figures=False, how="prior")
    figures = json.loads((tmp_path / "r" / "effects.json").read_text())
    assert {row["kind"] for row in figures["outcomes"]} == {
        "random variation and parameter uncertainty"
    }
    assert figures["parameters"] == drawn.names and set(figures["deciders"]) == {
        "gap",
        "scaled_gap",
    }
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert manifest["kind_of_uncertainty"] == "random variation and parameter uncertainty"
    frame = pd.read_parquet(tmp_path / "r" / "draws.parquet")
    assert list(frame.columns) == ["replicate", *drawn.names] and len(frame) == 4
    for name in drawn.names:
        prior = FACTS[tuple(name.split("."))].prior  # type: ignore[index]
        assert prior is not None and frame[name].between(prior.low, prior.high).all()


def test_replicates_go_on_until_it_is_precise_and_are_the_same(tmp_path: Path) -> None:
    worlds = [load(name, TINY) for name in ("no_ban", "ban")]
    (found,) = twins.compare_all(worlds, replicates=2, width=1e-9, most=5)
    assert [n for n, _ in found.looks] in ([2], [2, 4, 5])  # no act yet: no width at the first
    worlds[1] = load("ban", [*TINY, 'controls.regime="none"', "spillover.strength=0.9"])
    (found,) = twins.compare_all(worlds, replicates=2, width=1e-9, most=5)
    assert [n for n, _ in found.looks] == [2, 4, 5]
    whole = twins.compare(*worlds, replicates=5)
    for world in ("a", "b"):
        contents = [[r.content for r in one.results[world]] for one in (found, whole)]
        assert contents[0] == contents[1]
    (wide,) = twins.compare_all(worlds, replicates=2, width=1e9, most=5)
    assert [n for n, _ in wide.looks] == [2]


def test_the_largest_of_many_correlations_is_not_taken_for_a_decider() -> None:
    chance = np.random.default_rng(6)
    points = chance.random((64, 60))
    names = [f"p{k}" for k in range(60)]
    rows = prior_draws.most_influential(names, points, chance.random(64))
    assert not any(row["clear"] for row in rows)
    rows = prior_draws.most_influential(names, points, points[:, 7] - 0.2 * points[:, 3])
    assert rows[0]["parameter"] == "p7" and rows[0]["clear"]
    assert rows[0]["low"] <= rows[0]["correlation"] <= rows[0]["high"]


BAD_WORDS = {
    "draws": (["--draws", "priors"], "--draws must be prior"),
    "one draw": (["--draws", "prior", "--replicates", "1"], "at least 2"),
    "width": (["--until-precise", "nan"], "above 0"),
    "no width": (["--max-replicates", "40"], "goes with --until-precise"),
    "fewer": (["--until-precise", "1", "--max-replicates", "4"], "from --replicates"),
    "twice": (["ban"], "given twice"),
    "page": (["--page", "x.md"], "goes with --draws prior"),
    "page of three": (["ban_tight", "--draws", "prior", "--page", "x.md"], "give one B"),
}


@pytest.mark.parametrize("case", BAD_WORDS)
def test_bad_words_are_one_message(spillover: Command, case: str) -> None:
    words, hint = BAD_WORDS[case]
    said = spillover("compare", "no_ban", "ban", *words)
    assert said.code == 2 and hint in said.err and len(said.err.splitlines()) == 1


def test_three_worlds_are_each_held_against_the_first(spillover: Command) -> None:
    words = [word for text in TINY for word in ("--set", text)]
    said = spillover("compare", "no_ban", "ban", "ban_tight", *words, "--replicates", "2",
                     "--workers", "1", "--no-plot", "--json")  # fmt: skip
    assert said.code == 0, said.err
    read = json.loads(said.out)["comparisons"]
    assert [(one["a"], one["b"]) for one in read] == [("no_ban", "ban"), ("no_ban", "ban_tight")]
    assert len(list(Path("runs").iterdir())) == 2
    again = spillover("compare", "no_ban", "ban_tight", *words, "--replicates", "2", "--workers",
                      "1", "--no-plot", "--json")  # fmt: skip
    assert "used again" in again.err and json.loads(again.out)["b"] == "ban_tight"
