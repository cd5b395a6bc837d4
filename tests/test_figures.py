"""Figures: every kind is drawn from any folder, the same bytes each time, settings put back."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from analysis import compare, results
from analysis.figures import FIGURES, figures_of_comparison, figures_of_run
from analysis.series import diffusion_line, line
from model import store
from model.facts import InputError
from model.run import run
from model.scenario import load

SMALL = ["economy.firms=100", "economy.labs=8", "economy.clusters=12", "economy.prehistory=12",
         'economy.end="2019-12"']  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("comparison") / "result"
    worlds = load("no_ban", SMALL), load("ban", SMALL)
    results.write(place, compare.compare(*worlds, replicates=2), figures=False)
    return place


@pytest.mark.parametrize("kind", FIGURES)
def test_every_kind_of_a_comparison(folder: Path, tmp_path: Path, kind: str) -> None:
    before = dict(mpl.rcParams)
    made = figures_of_comparison(folder, tmp_path, [kind])
    assert {path.suffix for path in made} == {".png", ".pdf"}
    assert dict(mpl.rcParams) == before
    first = {path.name: path.read_bytes() for path in made}
    assert all(len(content) > 2000 for content in first.values())
    figures_of_comparison(folder, tmp_path, [kind])
    assert {path.name: path.read_bytes() for path in made} == first


def test_a_run_without_acts_and_an_unknown_kind(tmp_path: Path) -> None:
    scenario = load("mirror", SMALL)
    result = run(scenario, 1)
    store.write_run(tmp_path / "run", scenario, result.tables, result.about)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    del manifest["acts"], manifest["labels"]
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    assert len(figures_of_run(tmp_path / "run", tmp_path / "out", ["gap"])) == 2
    with pytest.raises(InputError, match="innovation"):
        figures_of_run(tmp_path / "run", tmp_path / "out", ["gapp"])


def test_lines_and_bands_over_replicates() -> None:
    values = np.array([[1.0, 3.0, np.nan], [np.nan, np.nan, 2.0]])
    drawn = line(np.arange(2.0), values)
    assert drawn.middle[0] == 2.0 and np.isnan(drawn.middle[1])  # half must be defined
    assert 1.0 < drawn.low[0] < drawn.high[0] < 3.0


def test_diffusion_counts_replicates_by_their_ideas() -> None:
    frame = pd.DataFrame(
        {"replicate": [1, 2], "age": [0, 0], "home": [0.1, 0.5], "ideas": [30, 10]}
    )
    drawn = diffusion_line(frame, "home", fewest=10)
    assert drawn.middle[0] == pytest.approx((0.1 * 30 + 0.5 * 10) / 40)
    assert np.isnan(diffusion_line(frame, "home", fewest=41).middle[0])
