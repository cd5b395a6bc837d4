"""The same replicates at every point, or the point is left out whole, and said to be."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis.experiments import sweep as sweeps
from analysis.experiments import sweep_batch
from analysis.experiments.experiment import seed_of
from analysis.experiments.sweep_points import bounds_of, one_chance, whole_points
from analysis.reports.sweep_summary import notes, summary, summary_rows
from analysis.sensitivity import indices, phase_diagram, prim_sentence
from model.core.errors import InputError
from model.economy import World
from tests.sweeping import Here, done, tiny

if TYPE_CHECKING:
    from tests.conftest import Command

POROSITY = "controls.porosity"


def frame_of(points: int = 40, replicates: int = 2, slope: float = 0.1) -> pd.DataFrame:
    """Return rows of a sweep whose replicates differ by far more than its points."""
    x = (np.arange(points) + 0.5) / points
    rows = [
        {"point": p, POROSITY: x[p], "domestic.base": (p * 7 % points) / points, "replicate": r,
         "horizon": "2030-12", "gap_effect": slope * (x[p] - 0.5) + 10.0 * r - 5.0}
        for p in range(points) for r in range(replicates)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.attrs = {"design": "lhs", "factors": [POROSITY, "domestic.base"], "failed": [],
                   "replicates": replicates, "points": points, "missing": 0}  # fmt: skip
    return frame


def lost(frame: pd.DataFrame, *runs: tuple[int, int]) -> pd.DataFrame:
    gone = [run in runs for run in zip(frame["point"], frame["replicate"], strict=True)]
    found = frame[~np.array(gone)].copy()
    found.attrs = frame.attrs
    return found


def undefined(frame: pd.DataFrame, *runs: tuple[int, int]) -> pd.DataFrame:
    found = frame.copy()
    gone = [run in runs for run in zip(frame["point"], frame["replicate"], strict=True)]
    found.loc[gone, "gap_effect"] = math.nan
    found.attrs = frame.attrs
    return found


HARMED: dict[str, Any] = {
    "a lost run": (lost, [(3, 1)], "1 with a run that failed or is missing"),
    "an undefined run": (undefined, [(3, 1)], "1 with an undefined value"),
    "two points": (lost, [(3, 1), (20, 0)], "2 with a run that failed or is missing"),
    "a whole point": (lost, [(3, 0), (3, 1)], "1 with a run that failed or is missing"),
}


@pytest.mark.parametrize("case", HARMED)
def test_a_point_that_lost_a_replicate_moves_nothing(case: str) -> None:
    harm, runs, words = HARMED[case]
    whole, harmed = frame_of(), harm(frame_of(), *runs)
    means, left = whole_points(harmed, "gap_effect")
    assert left.number == len({point for point, _ in runs}) and words in left.words()
    assert f"of {left.points} points" in left.words() and left.points == 40
    full = whole_points(whole, "gap_effect")
    assert full[1].words() == ""
    assert np.array_equal(means, full[0][means.index])  # each as it was


def test_indices_and_diagrams_are_those_of_the_points_that_are_whole() -> None:
    whole, harmed = frame_of(), lost(frame_of(), (3, 1), (30, 0))
    plan = pa.table({name: whole.groupby("point")[name].first().to_numpy()
                     for name in whole.attrs["factors"]})  # fmt: skip
    one = indices.indices(plan, whole.copy(), "gap_effect", whole.attrs)[0][0]
    other, used = indices.indices(plan, harmed.copy(), "gap_effect", harmed.attrs)
    assert used == 38 and other[0].factor == POROSITY
    assert other[0].value == pytest.approx(one.value, abs=1e-9) == pytest.approx(1.0)
    found = phase_diagram.phase(harmed, POROSITY, "domestic.base", "gap_effect")
    assert found.points == 38 and found.left.number == 2
    assert np.abs(found.z).max() < 0.1  # not half of the ten between replicates
    few = lost(frame_of(24), (3, 1))
    with pytest.raises(InputError, match="23 whole points are too few"):
        phase_diagram.phase(few, POROSITY, "domestic.base", "gap_effect")


def test_boxes_are_sought_among_whole_points() -> None:
    frame = frame_of(300, slope=1.0)
    harmed = lost(frame, *((p, 1) for p in range(0, 300, 9)))  # by chance: the gap would shrink
    (falls,) = [b for b in prim_sentence.discover(harmed, "gap") if b["case"] == "falls"]
    assert falls["density"] > 0.9 and [x["factor"] for x in falls["limits"]] == [POROSITY]


def cut(name: str = "lag") -> pd.DataFrame:
    """Return rows of pairs of lags: cut off in none, the scenario, the control, both."""
    frame = pd.DataFrame(
        {"point": range(6), "replicate": 0,
         name: [10.0, 20.0, 10.0, 20.0, -8.0, 10.0],
         f"{name}_against": [8.0, 8.0, 20.0, 21.0, 5.0, -9.0],
         f"{name}_censored": [False, True, False, True, True, False],
         f"{name}_against_censored": [False, False, True, True, False, True]}
    )  # fmt: skip
    frame[f"{name}_effect"] = frame[name] - frame[f"{name}_against"]
    frame.attrs = {"design": "lhs", "factors": [], "replicates": 1, "points": 6, "failed": []}
    return frame


@pytest.mark.parametrize("name", ["lag", "compute_lag", "perceived_lag"])
def test_a_difference_of_lags_is_bounded_on_the_side_that_is_cut_off(name: str) -> None:
    found = bounds_of(cut(name), f"{name}_effect")
    inf = math.inf
    assert list(found.low) == [2.0, 12.0, -inf, -inf, -inf, 19.0]
    assert list(found.high) == [2.0, inf, -10.0, inf, -13.0, inf]
    means, left = whole_points(cut(name), f"{name}_effect")
    assert list(means.index) == [0] and (left.cut, left.undefined, left.failed) == (5, 0, 0)
    assert "5 with a value that the record cuts off" in left.words()
    assert list(whole_points(cut(name), name)[0].index) == [0, 2, 5]


def failing(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    real = sweep_batch.observed

    def observed(world: World, **more: Any) -> Any:
        if world.seed == seed and world.parameters.controls.porosity > 0.5:
            raise InputError("the shares must not pass 1")
        return real(world, **more)

    monkeypatch.setattr(sweep_batch, "observed", observed)


def test_a_sweep_says_what_it_leaves_out_and_by_what_chance_points_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spillover: Command
) -> None:
    failing(monkeypatch, seed_of(1, 1))
    factors = {POROSITY: {"low": 0.0, "high": 0.6}}
    batches = done(tmp_path / "s", factors, design="grid", points=3, replicates=2, against=None,
                   batch=2)  # fmt: skip
    rows = summary(batches)
    by_name = {row["name"]: row for row in rows}
    assert by_name["frontier"]["n"] == 4  # both runs of the last point are left out
    assert by_name["frontier"]["left_out"] == {"failed": 1, "undefined": 0, "points": 3}
    said = " ".join(notes(rows, batches.manifest))
    assert "1 of 3 points (1 with a run that failed or is missing)" in said
    assert "share one draw of chance" not in said
    shown = spillover("sensitivity", str(batches.folder), "--outcome", "frontier")
    assert "frontier: left out whole: 1 of 3 points" in shown.out.lower()
    assert "1 of 6 runs failed" in shown.out
    read = json.loads(spillover("sensitivity", str(batches.folder), "--json").out)
    assert any("1 of 6 runs failed" in note for note in read["notes"])
    spec, plan, digest = tiny(factors, design="grid", points=2, against=None)
    alone = sweeps.begin(spec, plan, digest, tmp_path / "one")
    sweeps.resume(alone, spec, plan, Here)
    said = " ".join(notes(summary(alone), alone.manifest))
    assert "share one draw of chance" in said
    for words in (("sensitivity", "--outcome", "frontier"), ("sweep", "--resume")):
        shown = spillover(words[0], str(alone.folder), *words[1:])
        assert "share one draw of chance" in shown.out
        assert "--replicates 4 or --vary chance=1:1000" in shown.out
    assert summary_rows(summary(alone))[1]


@pytest.mark.parametrize(("factors", "replicates", "one"), [
    (["a.b"], 1, True), (["a.b"], 2, False), (["a.b", "chance"], 1, False), ([], 1, True),
])  # fmt: skip
def test_points_share_one_chance(factors: list[str], replicates: int, one: bool) -> None:
    assert one_chance({"factors": factors, "replicates": replicates}) is one
