"""Two files of one name are two scenarios, whatever holds them by name."""

import json
from pathlib import Path

import pytest

from analysis.experiments import python_interface
from analysis.experiments import sweep as sweeps
from analysis.experiments.specification import check
from model.core.errors import InputError
from model.scenario import load, told_apart
from tests import worlds
from tests.sweeping import TINY, Here, tiny


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write two scenarios of one name, which differ, and a third that does not."""
    for folder, porosity in (("a", 0.1), ("b", 0.4), ("c", 0.4)):
        (tmp_path / folder).mkdir()
        text = f'extends = "ban"\n[controls]\nporosity = {porosity}\n'
        (tmp_path / folder / "mine.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return [str(Path(folder) / "mine.toml") for folder in "abc"]


def test_scenarios_of_one_name_get_letters_of_their_digests(files):
    a, b, c = (load(name) for name in files)
    told = told_apart([a, b, c, load("ban")])
    assert told[0].name != told[1].name == told[2].name and told[3].name == "ban"
    assert told[0].name == f"mine-{a.parameters.digest()[:8]}"
    assert [one.name for one in told_apart([b, c])] == ["mine", "mine"]


def of(what, against=None, factors=None):
    given = None if factors is None else {"scenario": {"values": factors}}
    return tiny(given, scenario=what, against=against, points=2)


@pytest.mark.parametrize("place", ["against", "factor", "table"])
def test_a_sweep_takes_none_for_the_other_and_can_be_resumed(files, tmp_path, place):
    a, b, _ = files
    if place == "against":
        spec, plan, digest = of(a, b)
    elif place == "factor":
        spec, plan, digest = tiny({"scenario": {"values": [a, b]}}, scenario=a, against=None,
                                  design="grid")  # fmt: skip
    else:
        Path("points.csv").write_text(f"scenario\n{a}\n{b}\n")
        spec, plan, digest = tiny({}, scenario="ban", against=None, design="file",
                                  file="points.csv", points=None)  # fmt: skip
    batches = sweeps.begin(spec, plan, digest, tmp_path / "s")
    kept = {
        path.stem: load(str(path)).parameters.controls.porosity
        for path in (batches.folder / "scenarios").iterdir()
    }
    assert sorted(kept.values()) == [0.1, 0.4] and all(name.startswith("mine-") for name in kept)
    again, same, _ = sweeps.reopen(batches.folder)
    job = sweeps.batch_of(0, range(1), again, same)
    arms = [arm.resolved().parameters.controls.porosity for arm in job.job(job.points[0]).arms]
    point = plan.at(0)
    expected = (
        kept[point["scenario"]] if "scenario" in point else point.get("controls.porosity", 0.1)
    )
    assert arms[-1] == pytest.approx(expected)
    if place == "factor":
        sweeps.resume(batches, again, same, Here)
        frame = python_interface.load_sweep(batches.folder)
        assert set(frame["scenario"]) == set(kept)


def test_the_same_twice_is_still_refused(files):
    a, b, c = files
    with pytest.raises(InputError, match="is there twice"):
        check({"scenario": a}, {"scenario": {"values": [b, c]}}, title="", place="", overrides=TINY)


def test_a_comparison_of_files_of_one_name(spillover, files, tmp_path):
    a, b, c = files
    words = [*worlds.words(worlds.TINY, economy__end="2018-02"), "--replicates", "1",
             "--workers", "1", "--no-plot", "--json"]  # fmt: skip
    said = spillover("compare", "ban", str(tmp_path / b), str(tmp_path / c), *words)
    assert said.code == 2 and "given twice" in said.err
    said = spillover("compare", "ban", str(tmp_path / a), str(tmp_path / b), *words)
    assert said.code == 0, said.err
    found = json.loads(said.out)["comparisons"]
    assert len({one["b"] for one in found}) == len({one["folder"] for one in found}) == 2
