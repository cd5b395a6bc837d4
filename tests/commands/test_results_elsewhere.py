"""Results in odd places, odd folders among them, folders that others wrote: one line each."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.experiments import compare, comparison_folder, python_interface
from analysis.figures import style
from analysis.figures.catalogue import FIGURES, figures_of
from commands import console
from commands.cache import usable_cache
from model.measure import run_folder
from model.run import run
from model.scenario import load
from tests import worlds
from tests.sweeping import done

HERE = Path(__file__).resolve().parents[2]
TINY = worlds.texts(worlds.TINY, economy__end="2018-03")
WORDS = worlds.words(worlds.TINY, economy__end="2018-03")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return a folder with a run, a comparison, a sweep, and notes; in a path with a colon."""
    place = tmp_path_factory.mktemp("v2:b%20c=d")
    ban = load("ban", TINY)
    made = run(ban, 1)
    run_folder.write_run(place / "1-run", ban, made.tables, made.about)
    (pair,) = compare.compare_all((load("no_ban", TINY), ban), replicates=1)
    comparison_folder.write(place / "4-comparison", pair, figures=False)
    factors = {name: {"low": 0.0, "high": 0.5} for name in ("controls.porosity",
                                                            "controls.rent_abroad")}  # fmt: skip
    done(place / "2-sweep", factors, points=24)
    (place / "3-notes").mkdir()
    (place / "3-notes" / "notes.txt").write_text("mine")
    return place


@pytest.fixture
def copy(results, tmp_path):
    return Path(shutil.copytree(results, tmp_path / "copy:1"))


def test_plot_goes_on_after_an_odd_folder(spillover, copy):
    said = spillover("plot", *map(str, sorted(copy.iterdir())), "nowhere", "--kind", "gap")
    assert said.code == 1
    assert (copy / "1-run" / "figures" / "gap.png").is_file()
    assert (copy / "4-comparison" / "figures" / "gap.png").is_file()
    for line in ("2-sweep: holds no run and no comparison", "3-notes: holds no result",
                 "nowhere: no such folder", "3 of 5 folders could not be drawn"):  # fmt: skip
        assert line in said.err
    assert spillover("plot", str(copy / "3-notes")).code == 3
    assert spillover("plot", "nowhere", "elsewhere").code == 1
    (copy / "1-run" / "world.parquet").write_bytes(b"none")
    (copy / "1-run" / "blocs.parquet").unlink()
    said = spillover("plot", str(copy / "1-run"), str(copy / "4-comparison"), "--kind", "gap")
    assert said.code == 1 and "1-run: cannot be read" in said.err and "gap.png" in said.err


def test_folders_whose_path_is_no_address_are_read(spillover, results, monkeypatch):
    monkeypatch.chdir(results.parent)
    results = Path(results.name)
    for words in (["why", "1-run"], ["trace", "1-run", "--idea", "algorithms:0"]):
        said = spillover(words[0], str(results / words[1]), *words[2:])
        assert said.code == 0, said.err
    said = spillover("sensitivity", str(results / "2-sweep"), "--no-plot")
    assert said.code == 0, said.err
    assert len(python_interface.load(results / "2-sweep")) == 24
    assert len(python_interface.load(results / "1-run")) > 5


def test_home_and_colons_are_where_results_go(spillover, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for out, place in (("~/r", tmp_path / "home" / "r"), ("v2:1%", tmp_path / "v2:1%")):
        said = spillover("run", "no_ban", *WORDS, "--no-plot", "--out", out)
        assert said.code == 0, said.err
        assert len(list(place.iterdir())) == 1
    assert not (tmp_path / "~").exists()
    said = spillover("run", "no_ban", "--out", "~nosuchuser/r")
    assert said.code == 2 and "nobody's home folder" in said.err


def test_long_names_are_cut(spillover, tmp_path):
    names = ["a_ban_with_licences_" * 7 + end for end in ("one", "two")]
    for name in names:
        Path(f"{name}.toml").write_text('extends = "ban"\n')
    words = [*WORDS, "--replicates", "1", "--workers", "1", "--no-plot"]
    said = spillover("compare", *names, *words)
    assert said.code == 0, said.err
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("a_ban_with_licences_") and len(folder.name) < 160


def test_unwritable_places_are_found_out_before_anything_runs(spillover, monkeypatch):
    def never(*words, **more):
        raise AssertionError("it was computed")

    monkeypatch.setattr("model.run.run", never)
    monkeypatch.setattr("analysis.experiments.compare.compare_all", never)
    monkeypatch.setattr("analysis.claims.verdicts.test", never)
    Path("here").mkdir()
    nowhere = str(Path("nowhere") / "page.md")
    for words in (
        ["run", "ban", "--out", "/proc/runs"],
        ["run", "ban", "--out", str(Path("d" * 200).joinpath(*["d" * 200] * 25))],
        ["compare", "no_ban", "ban", "--out", "/proc/runs"],
        ["compare", "no_ban", "ban", "--draws", "prior", "--page", nowhere],
        ["compare", "no_ban", "ban", "--draws", "prior", "--page", "here"],
        ["claims", "test", "C13", "--page", nowhere],
        ["claims", "test", "C13", "--page", "here"],
    ):
        said = spillover(*words)
        assert said.code in (1, 3) and len(said.err.splitlines()) == 1, said.err
    assert not Path("runs").exists()


def test_figures_that_fail_cost_no_tables(spillover, monkeypatch, results):
    def broken(*words, **more):
        raise RuntimeError("no such font")

    monkeypatch.setattr(style, "sheet", broken)
    for kind in FIGURES:
        monkeypatch.setitem(FIGURES, kind, broken)
    said = spillover("run", "no_ban", *WORDS)
    assert said.code == 1 and "gap, OOM" in said.out and "no such font" in said.err
    (folder,) = Path("runs").iterdir()
    assert "spillover plot" in said.err and (folder / "world.parquet").is_file()
    said = spillover("compare", "no_ban", "ban", *WORDS, "--replicates", "1", "--workers", "1")
    assert said.code == 1 and "1 paired replicates" in said.out and "no such font" in said.err
    assert len(list(Path("runs").iterdir())) == 2
    said = spillover("sensitivity", str(results / "2-sweep"))
    assert said.code == 1 and "controls.porosity" in said.out and "no such font" in said.err


@pytest.mark.parametrize("backend", ["nosuch", "module://nosuch.backend", "TkAgg"])
def test_no_plotting_backend_is_needed(tmp_path, backend):
    code = (
        "import sys; from pathlib import Path; from analysis.figures import style; "
        "sheet, _ = style.sheet(style.Words('t', (), (), 'c', 's'), style.Grid((2.0,))); "
        "style.save(sheet, Path(sys.argv[1]), 'sheet')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=HERE, env={**os.environ, "MPLBACKEND": backend}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sheet.png").is_file()


# What others wrote -----------------------------------------------------------------------------


def with_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


COMMANDS = (["plot", "--kind", "gap"], ["why"], ["why", "--firm", "0"],
            ["trace", "--idea", "algorithms:0"], ["trace", "--firm", "0"],
            ["trace", "--model", "x"])  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": ["run"]},
        {"tables": 7},
        {"labels": 7},
        {"acts": [7]},
        {"acts": "text"},
        {"acts": [{"month": 3}]},
        {"kind": {"a": 1}},
        {"schema_version": True, "acts": 1.5},
    ],
    ids=str,
)
def test_hostile_manifests_end_in_one_refusal(spillover, copy, changes):
    folder = copy / "1-run"
    with_manifest(folder, **changes)
    for name, *more in COMMANDS:
        said = spillover(name, str(folder), *more)
        assert said.code in (0, 2, 3), said.err
        assert len(said.err.splitlines()) <= 2 and "internal error" not in said.err


def test_endless_nesting_is_no_manifest(spillover, copy):
    for name in ("1-run", "2-sweep", "4-comparison"):
        (copy / name / "manifest.json").write_text('{"a":' * 100_000)
    for name, *more in (*COMMANDS, ["sensitivity"]):
        for folder in ("1-run", "2-sweep", "4-comparison"):
            said = spillover(name, str(copy / folder), *more)
            assert said.code == 3 and "holds no result" in said.err


@pytest.mark.parametrize("table", ["acquisitions", "events", "firms", "ideas", "models", "world"])
def test_tables_with_other_columns_end_in_one_refusal(spillover, copy, table):
    folder = copy / "1-run"
    for content in (pa.table({"x": [1]}), pq.read_table(folder / f"{table}.parquet").slice(0, 0)):
        pq.write_table(content, folder / f"{table}.parquet")
        for name, *more in COMMANDS if table == "world" else COMMANDS[1:]:
            said = spillover(name, str(folder), *more)
            assert said.code in (0, 2, 3), said.err
            assert "internal error" not in said.err and len(said.err.splitlines()) <= 3


def test_names_in_a_folder_lead_nowhere_else(spillover, copy, tmp_path):
    """A factor, a world or a table of a name with a slash would be a file elsewhere."""
    sweep = copy / "2-sweep"
    path = sweep / "plan.parquet"
    plan = pq.read_table(path)
    names = [n.replace("controls.porosity", "y/../../../../pic") for n in plan.column_names]
    pq.write_table(plan.rename_columns(names), path)
    manifest = json.loads((sweep / "manifest.json").read_text())
    for factor in manifest["factors"]:
        factor["name"] = factor["name"].replace("controls.porosity", "y/../../../../pic")
    (sweep / "manifest.json").write_text(json.dumps({**manifest, "own_digest": None, "files": {}}))
    said = spillover("sensitivity", str(sweep))
    assert said.code == 3 and "cannot be part of a file's name" in said.err
    with_manifest(copy / "1-run", tables={"../4-comparison/effects": {}})
    with pytest.raises(run_folder.Refused, match="cannot be part"):
        python_interface.load(copy / "1-run")
    os.symlink(tmp_path, copy / "4-comparison" / "figures")
    said = spillover("plot", str(copy / "4-comparison"), "--kind", "gap")
    assert said.code == 3 and "leads out of" in said.err
    assert not list(tmp_path.rglob("pic*")) and not list(tmp_path.glob("gap*"))


def test_a_title_without_end_does_not_hold_plot(copy, tmp_path):
    folder = copy / "4-comparison"
    with_manifest(
        folder,
        titles=["x" * 200_000, "word " * 40_000],
        acts=[
            {"month": "2018-02", "name": "n", "title": f"{k} " * 20_000, "world": "a"}
            for k in range(100)
        ],
        labels={"us": "z" * 100_000, "china": "\x1b[31mred"},
        kind_of_uncertainty="u" * 200_000,
    )
    begun = time.process_time()
    figures_of(folder, tmp_path / "out", ["gap"])
    assert time.process_time() - begun < 15.0


def test_escapes_do_not_reach_the_terminal(spillover, copy, capsys):
    folder = copy / "1-run"
    firms = pq.read_table(folder / "firms.parquet")
    evil = "\x1b]0;owned\x07\x1b[2J‮evil"
    names = [evil, *firms.column("name").to_pylist()[1:]]
    place = firms.column_names.index("name")
    pq.write_table(firms.set_column(place, "name", pa.array(names)), folder / "firms.parquet")
    for words in (["why", str(folder), "--firm", "0"], ["trace", str(folder), "--firm", "0"]):
        said = spillover(*words)
        assert not {"\x1b", "\x07", "‮"} & set(said.out + said.err)
    capsys.readouterr()
    console.data(evil + "\nnext\u3000line")
    console.table([evil], [[evil]])
    console.say(evil)
    said = capsys.readouterr()
    assert not {"\x1b", "\x07", "‮"} & set(said.out + said.err)
    assert "next\u3000line" in said.out.splitlines() and "\\x1b" in said.err


def test_escapes_in_the_title_of_an_act_do_not_either(spillover):
    Path("evil.toml").write_text(
        'extends = "ban"\n[[controls.rules]]\nname = "evil"\ntitle = "\\u001b[31mred"\n'
        'announced = 2025-12-08\neffective = 2026-01-15\nactor = "us"\ntargets = ["china"]\n'
        'kind = "bar"\nforeign_product = true\nrule = [{ tpp_min = 4800 }]\n'
    )
    said = spillover("show", "evil.toml", "--timeline")
    assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize("name", ["secret.txt", "secret", "secret.toml.bak"])
def test_no_line_of_another_file_is_shown(spillover, tmp_path, name):
    (tmp_path / name).write_text("root:hunter2:0:0\n1,2,3\n")
    Path("child.toml").write_text(f'extends = "{tmp_path / name}"\n')
    Path("sweep.toml").write_text(
        f'[sweep]\nscenario = "ban"\ndesign = "file"\nfile = "{tmp_path / name}"\n'
    )
    for words in (
        ["check", "child.toml"],
        ["check", "sweep.toml"],
        ["run", str(tmp_path / name)],
        ["sweep", "ban", "--file", str(tmp_path / name)],
        ["sweep", "sweep.toml"],
    ):
        said = spillover(*words)
        assert said.code == 2 and "hunter2" not in said.err, said.err
        assert ".toml" in said.err or ".csv" in said.err


# The first and the last moments ---------------------------------------------------------------


@pytest.mark.parametrize("when", ["typer", "pydantic", "rich"])
def test_an_interrupt_while_the_command_is_imported_is_silent(tmp_path, when):
    """A module of this name that interrupts whoever imports it, as Ctrl-C at that moment."""
    (tmp_path / f"{when}.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(HERE)])
    done = subprocess.run(
        [sys.executable, "-m", "cli", "scenarios"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 1
    assert done.returncode in ((130,) if when == "typer" else (0, 2, 130))


def test_a_home_that_cannot_be_written_leaves_nothing(tmp_path):
    env = {**os.environ, "HOME": "/dev/null", "TMPDIR": str(tmp_path)}
    for name in ("SPILLOVER_CACHE_DIR", "XDG_CACHE_HOME"):
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "show", "ban", "--levers"],
        cwd=HERE, env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "SPILLOVER_CACHE_DIR" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["run", "ban"], ["sweep", "ban"], ["show", "ban"]])
def test_workers_share_one_folder_that_goes_with_the_command(monkeypatch, tmp_path, capsys, words):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPILLOVER_CACHE_DIR", str(tmp_path / "file"))
    with usable_cache(words):
        place = Path(os.environ["SPILLOVER_CACHE_DIR"])  # workers inherit it
        assert place.is_dir() and place != tmp_path / "file"
        (place / "kernels").touch()
    assert not place.exists()
    assert os.environ["SPILLOVER_CACHE_DIR"] == str(tmp_path / "file")
    said = capsys.readouterr().err
    assert ("SPILLOVER_CACHE_DIR" in said) == (words[0] != "show") and len(said.splitlines()) <= 1
