"""Sweeps: rows that nothing but the plan decides, kept whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.experiments import python_interface, sweep_batch, sweep_rows, worker_pool
from analysis.experiments import sweep as sweeps
from analysis.experiments import sweep_folder as store
from analysis.experiments.specification import read
from analysis.experiments.sweep_folder import Batches, Damaged
from model.core.errors import InputError
from model.economy import World
from model.measure.outcomes import OUTCOMES
from model.measure.run_folder import Refused
from model.scenario import load
from model.setup import baseline
from tests.sweeping import FACTORS, TINY, Here, dies_once, done, tiny

if TYPE_CHECKING:
    from tests.conftest import Command

HERE = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    """Return an undisturbed sweep; nobody may write into it."""
    return done(tmp_path_factory.mktemp("whole") / "sweep")


def rows(folder: Path, **more: Any) -> pd.DataFrame:
    return sweep_rows.load_sweep(folder, **more)


def same(one: Path, other: Path) -> bool:
    names = sorted(path.name for path in (one / "parts").iterdir())
    return names == sorted(path.name for path in (other / "parts").iterdir()) and all(
        pq.read_table(one / "parts" / name).equals(pq.read_table(other / "parts" / name))
        for name in names
    )


def test_a_sweep_has_a_row_a_point_and_what_twins_give(whole: Batches) -> None:
    frame = rows(whole.folder)
    assert list(frame["point"]) == list(range(6)) and set(frame["replicate"]) == {0}
    assert {f"{name}_effect" for name in OUTCOMES} <= set(frame.columns)
    assert frame["controls.porosity"].between(0.0, 0.6).all()
    assert frame.attrs["missing"] == 0 and frame.attrs["failed"] == []
    point = frame.iloc[3]
    changes = {"controls__porosity": point["controls.porosity"],
               "controls__stockpiling": bool(point["controls.stockpiling"])}  # fmt: skip
    world = World(load("ban", TINY), rng=1, **changes).run()
    twin = World(load("no_ban", TINY), rng=1, constants=world.fixed.constants).run()
    for name in ("gap", "frontier", "algorithms_leader"):
        assert np.float32(world.latest(name)) == np.float32(point[name])
        assert np.float32(twin.latest(name)) == np.float32(point[f"{name}_against"])
    schema = pq.read_schema(whole.path(0))
    assert schema.field("gap").type == "float" and schema.field("gap").metadata[b"unit"] == b"OOM"


def test_all_points_share_their_luck_and_replicates_differ(tmp_path: Path) -> None:
    factors = {"scenario": {"values": ["no_ban", "ban"]}}
    batches = done(tmp_path / "s", factors, design="grid", points=2, replicates=2, against=None)
    frame = rows(batches.folder)
    table = frame.pivot(index="scenario", columns="replicate", values="frontier")
    assert table.loc["no_ban"].equals(table.loc["ban"])  # no act is in force so early
    assert table.loc["ban", 0] != table.loc["ban", 1]


def test_luck_can_be_a_factor(tmp_path: Path) -> None:
    factors = {"chance": {"low": 1, "high": 3}, "scenario": {"values": ["no_ban", "ban"]}}
    frame = rows(done(tmp_path / "s", factors, design="grid", against=None).folder)
    assert len(frame) == 6
    assert (frame.groupby("chance", observed=True)["frontier"].nunique() == 1).all()
    assert frame["frontier"].nunique() == 3
    with pytest.raises(InputError, match="must be 1 where chance is a factor"):
        tiny(factors, replicates=2)


def test_a_sweep_is_never_overwritten_and_only_the_same_is_gone_on_with(whole: Batches) -> None:
    spec, plan, digest = tiny()
    with pytest.raises(Refused, match="resume it"):
        sweeps.begin(spec, plan, digest, whole.folder)
    with pytest.raises(Refused, match="digest differs"):
        sweeps.begin(spec, plan, "other", whole.folder, resume=True)
    assert sweeps.begin(spec, plan, digest, whole.folder, resume=True).digest == whole.digest


def test_a_folder_tells_its_sweep(whole: Batches) -> None:
    spec, plan, batches = sweeps.reopen(whole.folder)
    assert batches.digest == whole.digest and plan.size == 6 and spec.replicates == 1
    assert [factor.name for factor in spec.factors] == list(FACTORS)
    assert read(whole.folder / "sweep.toml").factors == spec.factors


def broken(batches: Batches) -> dict[int, str]:
    content = batches.path(1).read_bytes()
    batches.path(1).write_bytes(content[: len(content) // 2])  # truncated
    batches.path(2).write_bytes(b"")
    flipped = bytearray(batches.path(3).read_bytes())
    for k in range(10, 400):
        flipped[k] ^= 0xFF
    batches.path(3).write_bytes(flipped)
    batches.path(4).write_bytes(batches.path(5).read_bytes())  # of another batch
    return store.sound(batches)[1]


def test_damaged_parts_are_found_named_and_computed_again(whole: Batches, tmp_path: Path) -> None:
    batches = done(tmp_path / "s")
    assert set(broken(batches)) == {1, 2, 3, 4}
    with pytest.raises(Refused, match=r"4 of 6 runs are missing.*damaged: 000001\.parquet"):
        rows(batches.folder)
    assert len(rows(batches.folder, unfinished=True)) == 2
    said: list[str] = []
    spec, plan, _ = tiny()
    sweeps.resume(batches, spec, plan, Here, say=said.append)
    assert len(said) == 4 and "000002.parquet" in said[1] and "computed again" in said[1]
    assert (
        same(batches.folder, whole.folder)
        and len(list((batches.folder / "damaged").iterdir())) == 4
    )


def test_killed_at_any_instant_nothing_is_lost_or_doubled(whole: Batches, tmp_path: Path) -> None:
    folder, chance = tmp_path / "s", random.Random(5)
    words = [sys.executable, "-m", "tests.sweeping", str(folder), "6"]
    for kept in (1, 3):
        running = subprocess.Popen(words, cwd=HERE)
        while running.poll() is None and len(list(folder.glob("parts/*.parquet"))) < kept:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.1))
        running.kill()
        running.wait()
    assert len(list((folder / "claims").iterdir())) <= 2
    batches = done(folder)
    assert same(folder, whole.folder) and len(rows(folder)) == 6
    assert not [p for p in folder.rglob(".*") if p.is_file()] and not batches.holders()


def test_a_claim_is_exclusive_and_taken_over_when_its_maker_is_gone(tmp_path: Path) -> None:
    spec, plan, digest = tiny()
    one = sweeps.begin(spec, plan, digest, tmp_path / "s")
    other = Batches(one.folder)
    assert one.claim(0) and not other.claim(0) and other.claim(1)
    one.release(0)
    assert other.claim(0)
    place = one.folder / "claims" / "000002"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    import platform

    content = {"host": platform.node(), "process": gone.pid, "started": "1"}
    place.write_text(json.dumps(content))
    assert one.claim(2)
    place = one.folder / "claims" / "000003"
    place.write_text(json.dumps({**content, "host": "elsewhere"}))
    assert not one.claim(3)  # it may live, on its machine
    os.utime(place, (time.time() - 3600,) * 2)
    assert one.claim(3)
    (one.folder / "claims" / "000004").write_text("")  # killed while it was made
    os.utime(one.folder / "claims" / "000004", (time.time() - 60,) * 2)
    assert one.claim(4)


def test_two_at_one_folder_share_the_work(whole: Batches, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    spec, plan, digest = tiny()
    batches = sweeps.begin(spec, plan, digest, folder)
    other = Batches(folder)
    assert other.claim(0)
    other.write(0, *whole.read(0), 0.1)
    assert other.claim(1)  # somebody is at it, and finishes while the rest is done

    class Watching(Here):
        def submit(self, function: Any, *arguments: Any) -> Any:
            assert arguments[0].number not in (0, 1)
            if arguments[0].number == 4:
                other.write(1, *whole.read(1), 0.1)
            return super().submit(function, *arguments)

    progress = sweeps.resume(batches, spec, plan, Watching)
    assert (progress.done, progress.total) == (6, 6) and same(folder, whole.folder)


def unbearable(monkeypatch: pytest.MonkeyPatch) -> None:
    # As a combination of values that no world can be built from.
    real = sweep_batch.observed

    def observed(world: Any, **more: Any) -> Any:
        if world.parameters.controls.porosity > 0.5:
            raise InputError("the shares must not pass 1")
        return real(world, **more)

    monkeypatch.setattr(sweep_batch, "observed", observed)


def test_points_that_fail_are_kept_with_their_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbearable(monkeypatch)
    factors = {"controls.porosity": {"low": 0.1, "high": 0.9}}
    batches = done(tmp_path / "s", factors, design="grid", points=2, batch=2, against=None)
    frame = rows(batches.folder)
    assert list(frame["point"]) == [0]
    (failed,) = frame.attrs["failed"]
    assert failed["point"] == 1 and "must not pass 1" in failed["message"]
    (place,) = (batches.folder / "failed").iterdir()
    assert json.loads(place.read_text()) == [failed]
    spec, plan, _ = tiny(factors, design="grid", points=2, batch=2, against=None)
    assert sweeps.resume(batches, spec, plan, Here).failed == 1
    again = sweeps.resume(batches, spec, plan, Here, retry_failed=True)
    assert (again.failed, again.new) == (1, 2)


def test_a_full_disk_loses_nothing(
    whole: Batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, plan, digest = tiny()
    batches = sweeps.begin(spec, plan, digest, tmp_path / "s")
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        sweeps.resume(batches, spec, plan, Here)
    monkeypatch.undo()
    kept = len(batches.there())
    assert 0 < kept < 6 and not batches.holders()
    assert not list((batches.folder / "parts").glob(".*"))
    done(batches.folder)
    assert same(batches.folder, whole.folder)


def test_time_that_is_over_ends_it_and_the_rest_is_done_later(
    whole: Batches, tmp_path: Path
) -> None:
    spec, plan, digest = tiny()
    batches = sweeps.begin(spec, plan, digest, tmp_path / "s")
    with pytest.raises(sweeps.OutOfTime):
        sweeps.resume(batches, spec, plan, Here, deadline=time.monotonic())
    assert 0 < len(batches.there()) < 6 and not batches.holders()
    done(batches.folder)
    assert same(batches.folder, whole.folder)


def test_shards_are_merged_by_reading_and_missing_ones_named(
    whole: Batches, tmp_path: Path
) -> None:
    one = done(tmp_path / "a", shard=(1, 3))
    other = done(tmp_path / "b", shard=(3, 3))
    with pytest.raises(Refused, match=r"2 of 6 runs are missing \(of the shards 2/3\)"):
        python_interface.load_sweep(one.folder, other.folder)
    assert len(python_interface.load_sweep(one.folder, other.folder, unfinished=True)) == 4
    last = done(tmp_path / "c", shard=(2, 3))
    merged = python_interface.load_sweep(one.folder, other.folder, last.folder)
    pd.testing.assert_frame_equal(merged, rows(whole.folder))
    alien = done(tmp_path / "d", points=2)
    with pytest.raises(Refused, match="another sweep"):
        python_interface.load_sweep(one.folder, alien.folder)


def test_points_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("controls.porosity,scenario,chance\n0.1,ban,1\n0.5,no_ban,2\n")
    batches = done(tmp_path / "s", {}, design="file", file=str(table), points=None, against=None)
    frame = rows(batches.folder)
    assert list(frame["controls.porosity"]) == [0.1, 0.5]
    assert list(frame["scenario"]) == ["ban", "no_ban"] and list(frame["chance"]) == [1, 2]
    assert sweeps.reopen(batches.folder)[2].digest == batches.digest
    for text, hint in (
        ("", "is empty"),
        ("controls.porosity\n", "holds no points"),
        ("controls.porosty\n1\n", "did you mean 'controls.porosity'"),
        ("controls.porosity\n0.1\nnan\n", "row 3, column controls.porosity: must be a finite"),
        ("controls.porosity\n7\n", "must be at most 1"),
        ("scenario\nbann\n", "did you mean 'ban'"),
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=hint):
            tiny({}, design="file", file=str(table), points=None)


def test_a_point_is_normalised_by_its_own_nature(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(parameters: Any) -> Any:
        asked.append(parameters.spillover.strength)
        raise InputError("stop here")

    monkeypatch.setattr(baseline, "resolve", resolve)
    factors = {"spillover.strength": {"low": 0.1, "high": 0.9}}
    spec, plan, _ = tiny(factors, points=3)
    assert spec.varies_baseline and not tiny()[0].varies_baseline
    batch = sweeps.batch_of(0, range(3), spec, plan)
    assert len(sweep_batch.run_batch(batch)[1]) == 3
    assert asked == [plan.value(point, 0) for point in range(3)] and len(set(asked)) == 3
    with pytest.raises(InputError, match="other sources"):
        sweep_batch.run_batch(replace(batch, sources="other"))


def test_levers_of_the_treatment_are_varied_in_the_scenario_alone() -> None:
    spec, plan, _ = tiny({"controls.regime": {"values": ["history", "none"]},
                          "controls.porosity": {"low": 0.0, "high": 0.1}}, design="grid",
                         points=2)  # fmt: skip
    assert [factor.where for factor in spec.factors] == ["scenario", "both"]
    (at,) = sweeps.batch_of(0, range(1), spec, plan).points
    assert list(at.alone) == [("controls", "regime")]
    assert list(at.both) == [("controls", "porosity")]


def test_workers_do_the_same_and_one_that_dies_is_replaced(whole: Batches, tmp_path: Path) -> None:
    spec, plan, digest = tiny()
    batches = sweeps.begin(spec, plan, digest, tmp_path / "s")
    engine = worker_pool.Processes(2)
    submit, deadly = engine.submit, []

    def disturbed(function: Any, *arguments: Any) -> Any:
        if len(deadly) < 2 and arguments[0].number == 2:
            deadly.append(submit(os._exit, 9))
            return deadly[-1]  # the worker dies at it, twice
        return submit(function, *arguments)

    engine.submit = disturbed  # type: ignore[method-assign]
    sweeps.resume(batches, spec, plan, lambda: engine)
    frame = rows(batches.folder)
    assert frame.attrs["failed"] == [
        {
            "point": 2,
            "replicate": 0,
            "message": "the worker died while running the job (exit code 9)",
        }
    ]
    sweeps.resume(batches, spec, plan, Here, retry_failed=True)
    assert same(batches.folder, whole.folder)


def test_an_engine_carries_exceptions_and_ends_its_workers() -> None:
    engine = worker_pool.Processes(1)
    try:
        assert engine.submit(max, 3, 4).result() == 4
        with pytest.raises(ValueError, match="could not convert"):
            engine.submit(float, "x").result()
        with pytest.raises(worker_pool.WorkerDied, match="exit code 3"):
            engine.submit(os._exit, 3).result()
        assert engine.submit(os.getenv, "NUMBA_NUM_THREADS").result() == "1"
        process = engine.submit(os.getpid).result()
    finally:
        engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_call_whose_worker_died_is_carried_out_once_more(tmp_path: Path) -> None:
    calls = [(tmp_path / f"{k % 3}", k) for k in range(6)]
    assert dict(worker_pool.each(dies_once, calls, 2)) == {k: k for k in range(6)}
    with pytest.raises(worker_pool.WorkerDied, match="exit code 4"):
        dict(worker_pool.each(os._exit, [(4,), (4,)], 2))


def test_parts_of_other_sweeps_do_not_pass(whole: Batches, tmp_path: Path) -> None:
    batches = done(tmp_path / "s", points=2)
    batches.path(1).write_bytes(whole.path(1).read_bytes())
    with pytest.raises(Damaged, match="another sweep"):
        batches.read(1)


SWEEP = ("sweep", "ban", "--against", "no_ban", "--vary", "controls.porosity=0:0.6",
         *(word for text in TINY for word in ("--set", text)))  # fmt: skip


def test_the_command(spillover: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "start", lambda *words: Here())
    words = (*SWEEP, "--points", "3", "--workers", "1")
    dry = json.loads(spillover(*words, "--dry-run", "--json").out)
    assert dry["runs"] == 3 and dry["disk"] > 0 and dry["memory"] > 0 and dry["seconds"] > 0
    assert not Path("runs").exists()
    said = spillover(*words, "--json")
    assert said.code == 0, said.err
    report = json.loads(said.out)
    assert report["done"] == 3 and report["failed"] == 0
    events = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
    assert events[-1]["done"] == 3 and {"rate", "seconds_left", "failed", "total"} <= set(events[0])
    assert spillover(*words).code == 3
    again = spillover("sweep", report["folder"], "--resume", "--quiet")
    assert again.code == 0 and again.err == "" and "effect on" in again.out
    unbearable(monkeypatch)
    bad = spillover(*words, "--design", "grid", "--points", "2")
    assert bad.code == 1 and "1 of 2 runs failed" in bad.err and "Traceback" not in bad.err


REFUSED = {
    "unknown factor": (["sweep", "ban", "--vary", "controls.porosty=0:1"], 2, "did you mean"),
    "no group": (["sweep", "ban", "--vary", "porosity=0:1"], 2, "controls.porosity"),
    "no range": (["sweep", "ban", "--vary", "controls.porosity=0:x"], 2, "two numbers, got 'x'"),
    "not a number": (["sweep", "ban", "--vary", "controls.porosity=nan:1"], 2, "finite"),
    "infinite": (["sweep", "ban", "--vary", "controls.porosity=0:inf"], 2, "finite"),
    "endless": (["sweep", "ban", "--vary", f"controls.porosity=0:{'9' * 400}"], 2, "finite|number"),
    "turned": (["sweep", "ban", "--vary", "controls.porosity=1:0"], 2, "low must be below high"),
    "beyond": (["sweep", "ban", "--vary", "controls.porosity=0:7"], 2, "at most 1"),
    "log of zero": (["sweep", "ban", "--vary", "controls.porosity=0:1:log"], 2, "above 0"),
    "scale": (["sweep", "ban", "--vary", "controls.porosity=0:1:lin"], 2, '"linear" or "log"'),
    "twice": (["sweep", "ban", "--vary", "chance=1:2", "--vary", "chance=1:3"], 2, "twice"),
    "no prior": (["sweep", "ban", "--vary", "economy.labs"], 2, "no prior"),
    "parts of a firm": (["sweep", "ban", "--vary", "economy.labs=1.5:3"], 2, "whole number"),
    "design": (["sweep", "ban", "--design", "lsh"], 2, "did you mean 'lhs'"),
    "balance": (["sweep", "ban", "--design", "sobol", "--points", "100"], 2, "64 and 128"),
    "no points": (["sweep", "ban", "--points", "0"], 2, "at least 1"),
    "no replicates": (["sweep", "ban", "--replicates", "0", "--vary", "chance=1:2"], 2, "from 1"),
    "shard": (["sweep", "ban", "--shard", "9/8"], 2, "good values are 1/8"),
    "shard of nothing": (["sweep", "ban", "--shard", "0/0"], 2, "K from 1 to N"),
    "time": (["sweep", "ban", "--max-time", "soon"], 2, "good values are 90s"),
    "engine": (["sweep", "ban", "--engine", "ray"], 2, "processes, dask"),
    "scheduler": (["sweep", "ban", "--scheduler", "tcp://x:1"], 2, "goes with --engine dask"),
    "unknown world": (["sweep", "bann"], 2, "did you mean 'ban'"),
    "unknown twin": (["sweep", "ban", "--against", "no_bann"], 2, "did you mean 'no_ban'"),
    "no table": (["sweep", "ban", "--design", "file"], 2, "sweep.file"),
    "unknown table": (["sweep", "ban", "--file", "no.csv"], 2, "cannot be read"),
    "table in file": (["sweep", "unknown.toml"], 2, "unknown.toml: unknown table 'factor'"),
    "entry in file": (["sweep", "entry.toml"], 2, "entry.toml: sweep: .*did you mean 'points'"),
    "type in file": (["sweep", "type.toml"], 2, "type.toml: sweep.points: must be a whole number"),
    "range in file": (["sweep", "range.toml"], 2, "range.toml: factors.controls.porosity: unknown"),
    "world of a file": (["sweep", "nobody.toml"], 2, "sweep.scenario: is missing"),
    "month": (["sweep", "month.toml"], 2, "horizons"),
}  # fmt: skip
FILES = {
    "unknown": '[sweep]\nscenario = "ban"\n[factor]\nx = 1\n',
    "entry": '[sweep]\nscenario = "ban"\npoint = 3\n',
    "type": '[sweep]\nscenario = "ban"\npoints = "3"\n',
    "range": '[sweep]\nscenario = "ban"\n[factors]\ncontrols.porosity = { lo = 0.0 }\n',
    "nobody": '[sweep]\ndesign = "lhs"\n',
    "month": '[sweep]\nscenario = "ban"\nhorizons = ["2090-12"]\n',
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_one_message(spillover: Command, case: str) -> None:
    import re

    for name, text in FILES.items():
        Path(f"{name}.toml").write_text(text)
    words, code, hint = REFUSED[case]
    said = spillover(*words)
    assert said.code == code, said.err
    assert re.search(hint, said.err), said.err
    assert said.out == "" and "Traceback" not in said.err and len(said.err.splitlines()) == 1
    assert not Path("runs").exists()


@pytest.mark.slow
def test_killed_at_twenty_random_instants(tmp_path: Path) -> None:
    words = [*SWEEP, "--points", "120", "--workers", "2", "--resume", "--quiet"]
    undisturbed = [sys.executable, "-m", "cli", *words, "--out", str(tmp_path / "a")]
    subprocess.run(undisturbed, cwd=HERE, check=True, capture_output=True)
    chance = random.Random(7)
    again = [sys.executable, "-m", "cli", *words, "--out", str(tmp_path / "b")]
    kills = 0
    while kills < 20:
        running = subprocess.Popen(again, cwd=HERE, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.1, 12.0))
        if running.poll() is not None:  # it was done before: begin anew
            import shutil

            shutil.rmtree(tmp_path / "b")
            continue
        running.kill()
        running.wait()
        kills += 1
    subprocess.run(again, cwd=HERE, check=True, capture_output=True)
    (one,), (other,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    assert same(one, other) and len(rows(other)) == 120
