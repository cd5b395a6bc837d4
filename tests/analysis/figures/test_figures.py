"""Figures: every kind is drawn from any folder, the same bytes each time, settings put back."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.experiments import compare, comparison_folder
from analysis.figures import captions, panels, style
from analysis.figures.catalogue import FIGURES, figures_of
from analysis.figures.compute import compute, shares_of
from analysis.figures.data import diffusion_line, line, of_sources, read_folder
from commands import completion
from model.core.errors import InputError
from model.measure import run_folder
from model.run import run
from model.scenario import load
from model.state.codes import SOURCES
from tests import worlds

SMALL = worlds.texts(worlds.TINY, economy__end="2019-12")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("comparison") / "result"
    worlds = load("no_ban", SMALL), load("ban", SMALL)
    comparison_folder.write(place, compare.compare(*worlds, replicates=2), figures=False)
    return place


@pytest.mark.parametrize("kind", FIGURES)
def test_every_kind_of_a_comparison(folder: Path, tmp_path: Path, kind: str) -> None:
    before = dict(mpl.rcParams)
    both = kind == "gap"
    made = figures_of(folder, tmp_path, [kind], pdf=both)
    assert {path.suffix for path in made} == ({".png", ".pdf"} if both else {".png"})
    assert dict(mpl.rcParams) == before
    first = {path.name: path.read_bytes() for path in made}
    assert all(len(content) > 2000 for content in first.values())
    figures_of(folder, tmp_path, [kind], pdf=both)
    assert {path.name: path.read_bytes() for path in made} == first


def test_a_run_without_acts_and_an_unknown_kind(tmp_path: Path) -> None:
    scenario = load("mirror", SMALL)
    result = run(scenario, 1)
    run_folder.write_run(tmp_path / "run", scenario, result.tables, result.about)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    del manifest["acts"], manifest["labels"]
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    assert len(figures_of(tmp_path / "run", tmp_path / "out", ["gap"])) == 1
    with pytest.raises(InputError, match="innovation"):
        figures_of(tmp_path / "run", tmp_path / "out", ["gapp"])


def written(figure: Figure) -> list[str]:
    """Return the words on the panels of a figure."""
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def test_kinds_are_those_that_a_shell_offers() -> None:
    assert list(FIGURES) == ["innovation", "gap", "compute", "market", "diffusion", "channels"]
    assert completion.index()["figures"] == list(FIGURES)


def test_sources_in_a_figure_add_up_to_the_fleet(folder: Path) -> None:
    read = read_folder(folder)
    for world in read.worlds:
        amounts = of_sources(read, world, read.follower)
        assert amounts.shape == (len(SOURCES), len(read.months), 2)
        blocs = world.table("blocs", "month", "bloc", "fleet")
        fleet = blocs[blocs["bloc"] == read.follower].pivot(
            index="month", columns="replicate", values="fleet"
        )
        np.testing.assert_allclose(amounts.sum(axis=0), fleet.sort_index(), rtol=1e-9)
        np.testing.assert_allclose(shares_of(amounts).sum(axis=0), 1.0)
    assert not shares_of(np.zeros((len(SOURCES), 3, 2))).any()


def test_compute_names_the_fleets_and_their_sources(folder: Path) -> None:
    with style.styled():
        found = written(compute(read_folder(folder)))
    assert "Shares of sources in the fleet: China, world B" in found
    assert "Shares of sources in the fleet: China, world A" not in found  # no rules in A
    assert any(text.endswith("legal") or "legal (" in text for text in found)
    assert "United States" in found


@pytest.mark.parametrize(
    ("changes", "panels_shown"), [({}, 1), ({"diverted": 0.5}, 2), ({"fleet": 0.0}, 1)]
)
def test_compute_of_a_run(tmp_path: Path, changes: dict[str, float], panels_shown: int) -> None:
    """All legal; half of another bloc's diverted; nothing there at all."""
    scenario = load("no_ban", [*SMALL, 'economy.end="2018-03"'])
    result = run(scenario, 1)
    run_folder.write_run(tmp_path / "run", scenario, result.tables, result.about)
    place = tmp_path / "run" / "blocs.parquet"
    blocs = pd.read_parquet(place)
    for source in SOURCES:
        blocs[f"compute_{source}"] = blocs["fleet"] if source == "legal" else 0.0
    if "diverted" in changes:
        here = blocs["bloc"] == "allies"
        blocs.loc[here, "compute_diverted"] = blocs["fleet"] * changes["diverted"]
        blocs.loc[here, "compute_legal"] -= blocs["compute_diverted"]
    if "fleet" in changes:
        blocs[["fleet", *(f"compute_{source}" for source in SOURCES)]] = 0.0
    blocs.to_parquet(place)
    with style.styled():
        found = written(compute(read_folder(tmp_path / "run")))
    assert sum(text.startswith("Shares of sources") for text in found) == panels_shown
    if "fleet" in changes:
        assert found.count("no lab has a fleet") == 2
    else:
        assert "100 %  legal" in found
    assert ("50 %  diverted" in found) == ("diverted" in changes)
    assert not any("domestic" in text for text in found)


def test_compute_without_a_follower(tmp_path: Path) -> None:
    scenario = load("no_ban", [*SMALL, 'economy.end="2018-03"', 'economy.blocs=["us"]'])
    result = run(scenario, 1)
    run_folder.write_run(tmp_path / "run", scenario, result.tables, result.about)
    assert len(figures_of(tmp_path / "run", tmp_path / "out", ["compute"])) == 1


def test_each_source_has_a_colour_of_its_own() -> None:
    assert len(set(style.SOURCE_COLOURS)) == len(SOURCES)


def test_rules_of_one_date_are_one_note(folder: Path) -> None:
    acts = [
        {"name": "x", "title": "First", "month": "2018-05", "world": "b"},
        {"name": "y", "title": "Second", "month": "2018-05", "world": "b"},
        {"name": "z", "title": "Third", "month": "2019-02", "world": "b"},
        {"name": "late", "title": "Fourth", "month": "2031-01", "world": "b"},
    ]
    manifest = folder / "manifest.json"
    before = manifest.read_text()
    try:
        manifest.write_text(json.dumps({**json.loads(before), "acts": acts}))
        alike = read_folder(folder)
        acts.append({**acts[2], "world": "a"})
        manifest.write_text(json.dumps({**json.loads(before), "acts": acts}))
        apart = read_folder(folder)
    finally:
        manifest.write_text(before)
    assert captions.notes(alike) == (("1", "May 2018: First. Second"), ("2", "Feb 2019: Third"))
    assert "rules above, of world B." in captions.about_lines(alike)
    assert captions.notes(apart)[1] == ("2", "Feb 2019: Third (A and B)")
    assert captions.notes(apart)[0][1] == "May 2018: First (B). Second (B)"
    assert "rules above." in captions.about_lines(apart)


def test_many_notes_stand_in_two_columns() -> None:
    few = [(str(n), "a few words") for n in range(style.MANY)]
    assert style.columns_of(few, 0.5, 15.0) == [few]
    many = [(str(n), "a few words " * (1 + n)) for n in range(12)]
    left, right = style.columns_of(many, 0.5, 15.0)
    assert [mark for mark, _ in left + right if mark] == [mark for mark, _ in many]
    assert abs(len(left) - len(right)) < 6


@pytest.mark.parametrize(
    ("low", "high", "first", "fewest"),
    [(15.0, 23.0, "10¹⁶", 3), (15.9, 16.9, "10¹⁶", 3), (15.1, 15.3, "1.3×10¹⁵", 2),
     (-1.5, 2.0, "10⁻¹", 3)],
)  # fmt: skip
def test_powers_are_written_where_they_are(
    low: float, high: float, first: str, fewest: int
) -> None:
    axis = Figure().add_subplot()
    axis.set_ylim(low, high)
    panels.powers(axis)
    axis.figure.canvas.draw()
    shown = [
        text.get_text()
        for place, text in zip(axis.get_yticks(), axis.get_yticklabels(), strict=True)
        if low <= place <= high
    ]
    assert shown[0] == first and len(shown) >= fewest
    assert axis.get_ylim() == (low, high)


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
