"""A run's folder: complete, readable by others, whole or absent, never overwritten."""

from __future__ import annotations

import json
import os
import platform
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from model.core.errors import InputError
from model.measure import run_folder
from model.measure.recorder import SERIES
from model.measure.tables import content_digest
from model.run import folder_of, result_of, run
from model.scenario import load
from model.state.codes import SOURCES

SMALL = ["economy.firms=100", "economy.labs=8", "economy.clusters=12", "economy.prehistory=12",
         'economy.end="2019-06"']  # fmt: skip
TABLES = {"world", "blocs", "ideas", "models", "acquisitions", "diffusion", "firms", "sectors"}
TABLES |= {"events"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = load("ban", SMALL)
    place = folder_of(scenario, 3, tmp_path_factory.mktemp("runs"))
    result = run(scenario, 3)
    run_folder.write_run(place, scenario, result.tables, result.about)
    return place


def test_a_folder_holds_scenario_manifest_and_tables(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "scenario.toml",
        "manifest.json",
        *(f"{name}.parquet" for name in TABLES),
    }
    assert folder.name.startswith("ban-3-")
    assert not list(folder.parent.glob(".*"))


def test_the_copy_of_the_scenario_runs_as_it_is(folder: Path) -> None:
    again = load(str(folder / "scenario.toml"))
    assert again.parameters == load("ban", SMALL).parameters
    manifest = run_folder.read_manifest(folder)
    assert content_digest(run(again, 3).tables) == manifest["content"]


def test_every_column_has_unit_and_description(folder: Path) -> None:
    manifest = run_folder.read_manifest(folder)
    for name in TABLES:
        schema = pq.read_schema(folder / f"{name}.parquet")
        for field in schema:
            assert field.metadata[b"unit"] and len(field.metadata[b"description"]) > 3, field.name
            assert manifest["tables"][name][field.name]["unit"] == field.metadata[b"unit"].decode()


def test_blocs_hold_all_series_and_no_price_is_null(folder: Path) -> None:
    stored = pq.read_table(folder / "blocs.parquet")
    assert stored.column_names == ["month", "bloc", *SERIES]
    for name, (unit, description) in SERIES.items():
        metadata = stored.schema.field(name).metadata
        assert metadata == {b"unit": unit.encode(), b"description": description.encode()}
        assert str(stored.schema.field(name).type) == "double"
        assert not np.isnan(stored.column(name).drop_null().to_numpy()).any()
    by_bloc = {
        bloc: stored.filter(pc.equal(stored.column("bloc"), bloc)).column("domestic_chip_price")
        for bloc in set(stored.column("bloc").to_pylist())
    }
    assert by_bloc["us"].null_count == len(by_bloc["us"])  # chips of its own are legal ones
    assert by_bloc["china"].null_count == 0 and pc.min(by_bloc["china"]).as_py() > 0.0
    fleet = stored.column("fleet").to_numpy()
    sources = sum(stored.column(f"compute_{source}").to_numpy() for source in SOURCES)
    np.testing.assert_allclose(sources, fleet, rtol=1e-9)


def test_the_manifest_knows_its_maker(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for key in ("digest", "sources", "seed", "command", "packages", "python", "machine", "seconds"):
        assert manifest[key] is not None, key
    assert manifest["digest"] == load("ban", SMALL).parameters.digest()
    assert len(manifest["commit"] or "0" * 40) == 40


def test_tables_open_elsewhere_and_undefined_is_null(folder: Path) -> None:
    world = pd.read_parquet(folder / "world.parquet")
    assert next(iter(world["month"])) == "2018-01" and len(world) == 18
    assert pq.read_table(folder / "world.parquet").column("scaled_gap").null_count > 0
    models = pd.read_parquet(folder / "models.parquet")
    assert (models["capability"] >= models["own_capability"]).all()
    assert (models["chip_hours"] > 0).all() and (models["cost"] > 0).all()
    ideas = pd.read_parquet(folder / "ideas.parquet")
    assert (ideas["holders_home"] >= 1).all()
    acquisitions = pd.read_parquet(folder / "acquisitions.parquet")
    own = acquisitions[acquisitions["channel"].str.endswith("discovery")]
    assert (own["source"] == own["target"]).all()


def test_reading_back(folder: Path) -> None:
    assert content_digest(result_of(folder)) == run_folder.read_manifest(folder)["content"]
    (folder.parent / "empty").mkdir(exist_ok=True)
    with pytest.raises(run_folder.Refused, match="holds no result"):
        run_folder.read_manifest(folder.parent / "empty")
    with pytest.raises(InputError, match="no such folder"):
        run_folder.read_manifest(folder.parent / "nowhere")


def test_a_newer_or_foreign_manifest_is_refused(tmp_path: Path) -> None:
    for content, word in (
        ({"schema_version": 99}, "newer"),
        ({"other": 1}, "not one of"),
        (3, "not"),
    ):
        (tmp_path / "manifest.json").write_text(json.dumps(content))
        with pytest.raises(run_folder.Refused, match=word):
            run_folder.read_manifest(tmp_path)


def test_nothing_is_overwritten(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(run_folder.Refused, match="never overwritten"):
        run_folder.write_folder(folder, lambda place: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_failing_writer_leaves_nothing(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        (place / "half").write_text("x")
        raise OSError(28, "No space left on device")

    with pytest.raises(run_folder.Refused, match="No space left"):
        run_folder.write_folder(tmp_path / "result", fail)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(run_folder.Refused, match="cannot be written"):
        run_folder.write_folder(tmp_path / "file" / "result", lambda place: None)


WRITER = """
import sys
from pathlib import Path
from model.measure import run_folder

def fill(place):
    for number in range(40):
        (place / f"part{number}").write_bytes(bytes([number]) * 20000)
    (place / "manifest.json").write_text("{}")

print("ready", flush=True)
for turn in range(10**6):
    run_folder.write_folder(Path(sys.argv[1]) / f"result{turn}", fill)
"""


def test_killed_at_any_instant_a_folder_is_whole_or_absent(tmp_path: Path) -> None:
    chance = random.Random(1)
    for kill in range(5):
        place = tmp_path / str(kill)
        place.mkdir()
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[3],
        )  # fmt: skip
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(chance.uniform(0.02, 0.3))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        for result in place.glob("result*"):
            parts = sorted(result.iterdir())
            assert len(parts) == 41, result
            assert all(path.stat().st_size in (20000, 2) for path in parts)


def test_two_writers_of_one_folder_leave_one_whole_result(tmp_path: Path) -> None:
    def fill(place: Path) -> None:
        (place / "content").write_text("first")
        run_folder.write_folder(
            tmp_path / "result", lambda other: (other / "content").write_text("second") and None
        )

    with pytest.raises(run_folder.Refused, match="meanwhile"):
        run_folder.write_folder(tmp_path / "result", fill)
    assert (tmp_path / "result" / "content").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True)  # fmt: skip
    dead = tmp_path / f".result-{platform.node()}-{gone.stdout.strip()}-abc"
    mine = tmp_path / f".result-{platform.node()}-{os.getpid()}-abc"
    dead.mkdir()
    mine.mkdir()
    run_folder.write_folder(tmp_path / "result", lambda place: None)
    assert not dead.exists() and mine.exists() and (tmp_path / "result").is_dir()
