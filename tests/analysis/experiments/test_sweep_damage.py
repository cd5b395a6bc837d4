"""Sweeps whose folder was damaged, edited or is held by others: named, mended or told, in words."""

import json
import os
import platform
import shutil
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.experiments import sweep as sweeps
from analysis.experiments import sweep_folder, worker_pool
from analysis.experiments.sweep_folder import Batches, Damaged
from analysis.experiments.sweep_rows import load_sweep
from analysis.sensitivity.indices import sensitivity
from model.core.errors import InputError
from model.measure.run_folder import Refused, write_json
from tests.sweeping import TINY, Here, done, tiny


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return the folder of an undisturbed sweep; nobody may write into it."""
    return done(tmp_path_factory.mktemp("sound") / "sweep").folder


@pytest.fixture
def folder(sound, tmp_path):
    return Path(shutil.copytree(sound, tmp_path / "copy"))


def turned(path, old, new):
    """Change a word in the footer of a part, once for each place it stands in."""
    content = path.read_bytes()
    assert old in content and len(old) == len(new)
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"gap_effect", b"gaq_effect"),  # one bit
        (b"frontier", b"frontieR"),
        (b"replicate", b"replicatE"),
        (b"lag_censored", b"lag_censoree"),
    ],
)
def test_a_bit_turned_in_a_footer_is_damage_and_mended(sound, folder, old, new):
    batches = Batches(folder)
    turned(batches.path(0), old, new)
    with pytest.raises(Damaged):
        batches.read(0)
    spec, plan, _ = sweeps.reopen(folder)
    assert sweeps.resume(batches, spec, plan, Here).done == 6
    assert load_sweep(folder).equals(load_sweep(sound))
    assert len(sensitivity(folder, outcome="gap"))


def test_every_single_bit_of_a_part_is_damage_or_does_no_harm(sound, folder):
    """A sample of them, in the footer, where names of columns stand."""
    batches = Batches(folder)
    content, rows = batches.path(0).read_bytes(), Batches(sound).read(0)[0]
    size = int.from_bytes(content[-8:-4], "little")
    for place in range(len(content) - size, len(content), 97):
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        batches.path(0).write_bytes(flipped)
        try:
            found = batches.read(0)[0]
        except Damaged:
            continue
        assert found.replace_schema_metadata(None).equals(rows.replace_schema_metadata(None))


def claim_of_anything(place, content):
    if content is None:
        place.mkdir()
        (place / "within").touch()
    else:
        place.write_bytes(content)
    os.utime(place, (time.time() - 3600,) * 2)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00\x81",
        b'{"host": "%s", "process": 1%s}' % (platform.node().encode(), b"0" * 30),
        b'{"host": "here", "process": 1e999}',
        b"[" * 100_000,
        b'{"host": "h", "process": ' + b"9" * 5000 + b"}",
        b"null",
        None,
    ],
    ids=["bytes", "huge", "infinite", "nested", "digits", "null", "folder"],
)
def test_a_claim_that_says_nothing_is_taken_over(folder, content):
    batches = Batches(folder)
    batches.path(2).unlink()
    claim_of_anything(folder / "claims" / "000002", content)
    assert batches.holders() and batches.claim(2)
    batches.release(2)
    left = folder / "parts" / f".000002.parquet-{platform.node()}-{'9' * 30}"
    left.touch()
    batches.tidy()
    assert not left.exists()


def test_who_waits_says_for_whom_and_not_for_ever(folder, monkeypatch):
    monkeypatch.setattr(sweep_folder, "STALE", 0.5)
    batches = Batches(folder)
    batches.path(2).unlink()
    place = folder / "claims" / "000002"
    place.write_text(json.dumps({"host": "elsewhere", "process": 7}))
    ahead = time.time() + 1e7  # of the disk's clock
    os.utime(place, (ahead, ahead))
    said = []
    spec, plan, _ = sweeps.reopen(folder)
    progress = sweeps.resume(batches, spec, plan, Here, say=said.append)
    assert progress.done == 6
    (text,) = said
    assert "process 7 on elsewhere" in text and "batches 2" in text


def test_a_claim_ahead_of_the_clock_lives_while_it_is_touched(folder, monkeypatch):
    monkeypatch.setattr(sweep_folder, "STALE", 0.3)
    batches = Batches(folder)
    place = folder / "claims" / "000002"
    place.write_text(json.dumps({"host": "elsewhere", "process": 7}))
    for hours in (10, 11, 12):
        os.utime(place, (time.time() + 3600 * hours,) * 2)
        assert not batches.claim(2)
        time.sleep(0.2)


def edit(folder, **changes):
    path = folder / "manifest.json"
    write_json(path, {**json.loads(path.read_text()), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"batch": 2},
        {"batch": 0},
        {"points": 10**13},
        {"points": 3},
        {"horizons": ["2018-01"]},
        {"against": None},
        {"digest": "other"},
    ],
    ids=str,
)
def test_an_edited_manifest_is_not_believed(folder, changes):
    edit(folder, **changes)
    with pytest.raises(Refused, match=r"manifest\.json was changed"):
        load_sweep(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"batch": 0},
        {"points": 10**13},
        {"points": 3, "batches": 3},
        {"horizons": 7},
        {"factors": ["x"]},
        {"worlds": ["../../up"]},
        {"columns": 3},
        {"batches": "many"},
    ],
    ids=str,
)
def test_nor_is_one_without_a_digest(folder, changes):
    edit(folder, own_digest=None, **changes)
    with pytest.raises(Refused, match="holds no sound result"):
        load_sweep(folder)


def test_edited_plans_and_scenarios_are_named(folder):
    path = folder / "plan.parquet"
    plan = pq.read_table(path)
    column = plan.column_names.index("controls.porosity")
    zeros = pa.array([0.0] * plan.num_rows)
    pq.write_table(plan.set_column(column, plan.schema.field(column), zeros), path)
    for attempt in (load_sweep, sweeps.reopen, sensitivity):
        with pytest.raises(Refused, match=r"plan\.parquet was changed since the sweep was begun"):
            attempt(folder)


@pytest.mark.parametrize("name", ["scenarios/ban.toml", "sweep.toml"])
def test_a_changed_folder_is_not_called_other_sources(folder, name):
    path = folder / name
    path.write_text(path.read_text() + "\n# a note\n")
    with pytest.raises(Refused, match=f"{name} was changed since the sweep was begun"):
        sweeps.reopen(folder)


def test_other_sources_are_called_so(folder, monkeypatch):
    edited = json.loads((folder / "manifest.json").read_text())
    edited |= {"sources": "others", "digest": "0" * 64}
    edited["own_digest"] = sweep_folder.manifest_digest(edited)
    write_json(folder / "manifest.json", edited)
    with pytest.raises(Refused, match="begun by other sources"):
        sweeps.reopen(folder)


def test_rows_removed_under_way_are_missed(tmp_path):
    spec, plan, digest = tiny()
    batches = sweeps.begin(spec, plan, digest, tmp_path / "s")

    class Removing(Here):
        def submit(self, function, *arguments):
            if arguments[0].number == 3:
                shutil.rmtree(batches.folder / "parts")
            return super().submit(function, *arguments)

    with pytest.raises(sweeps.RowsGone, match="were removed meanwhile"):
        sweeps.resume(batches, spec, plan, Removing)
    assert sweeps.resume(batches, spec, plan, Here).done == 6


def test_a_cluster_that_is_not_there_leaves_no_folder(spillover, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(worker_pool, "PATIENCE", 0.5)
    words = ["sweep", "ban", "--vary", "controls.porosity=0:0.6", "--engine", "dask"]
    words += [word for text in TINY for word in ("--set", text)]
    for more in ([], ["--scheduler", "tcp://127.0.0.1:1"], ["--scheduler", "nonsense"]):
        said = spillover(*words, *more)
        assert said.code == 2 and "scheduler" in said.err
    assert not Path("runs").exists()
    with pytest.raises(InputError, match="engine must be one of"):
        worker_pool.check("ray", None)
