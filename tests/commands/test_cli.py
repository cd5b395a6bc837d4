"""The command line, run as a user runs it: data, messages, exit codes, interrupts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model.measure import accounts, run_folder
from tests import worlds

if TYPE_CHECKING:
    from tests.conftest import Command

HERE = Path(__file__).resolve().parents[2]
SMALL = worlds.words(worlds.TINY)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['spillover', '--help']\n"
        "import cli\n"
        "try: cli.main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'numpy', 'numba', 'pandas', 'mesa', 'matplotlib', 'pyarrow', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0
    assert "compare" in done.stdout
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_scenarios(spillover: Command) -> None:
    said = spillover("scenarios")
    assert said.code == 0 and "no_ban" in said.out and "The chip ban" in said.out
    listed = json.loads(spillover("scenarios", "--json").out)["scenarios"]
    assert {"name": "ban", "parent": "no_ban", "title": "The chip ban as it happened"} in listed


def test_scenarios_of_this_folder(spillover: Command) -> None:
    Path("mine.toml").write_text('title = "Mine"\nextends = "ban"\n[spillover]\nstrength = 0.3\n')
    Path("pyproject.toml").write_text('[project]\nname = "other"\n')
    assert "Mine" in spillover("scenarios").out
    shown = json.loads(spillover("show", "mine", "--json").out)
    values = {row["parameter"]: (row["value"], row["origin"]) for row in shown["parameters"]}
    assert values["spillover.strength"] == (0.3, "mine.toml")
    assert values["controls.regime"] == ("history", "ban.toml")
    assert shown["lineage"] == ["mine", "ban", "no_ban"]


def test_show_tells_unit_and_origin(spillover: Command) -> None:
    said = spillover("show", "ban", "--origin", "--set", "fleets.retirement=0.2")
    assert said.code == 0
    line = next(line for line in said.out.splitlines() if line.startswith("fleets.retirement"))
    assert "share/year" in line and "--set" in line
    assert "The chip ban" in said.err and "The chip ban" not in said.out


def test_run_writes_a_folder_and_uses_it_again(spillover: Command) -> None:
    said = spillover("run", "ban", *SMALL, "--no-plot")
    assert said.code == 0 and "gap, OOM" in said.out
    (folder,) = Path("runs").iterdir()
    assert run_folder.read_manifest(folder)["kind"] == "run"
    assert str(folder) in said.err and str(folder) not in said.out
    again = spillover("run", "ban", *SMALL, "--no-plot", "--json")
    assert "used again" in again.err
    assert json.loads(again.out)["folder"] == str(folder)
    assert len(list(Path("runs").iterdir())) == 1


def test_quiet_and_strict(spillover: Command) -> None:
    said = spillover("run", "no_ban", *SMALL, "--no-plot", "--strict", "--quiet", "--seed", "4")
    assert said.code == 0 and said.err == ""


def test_figures_of_runs_and_comparisons(spillover: Command) -> None:
    assert spillover("run", "ban", *SMALL).code == 0
    assert (
        spillover("compare", "no_ban", "ban", *SMALL, "--replicates", "2", "--workers", "1").code
        == 0
    )
    for folder in Path("runs").iterdir():
        made = sorted((folder / "figures").iterdir())
        assert made and all(path.stat().st_size > 1000 for path in made)
        said = spillover("plot", str(folder))
        assert said.code == 0 and said.out == ""
    (one, *_) = Path("runs").iterdir()
    said = spillover("plot", str(one), "--kind", "gap")
    assert said.code == 0 and "gap.png" in said.err and "channels" not in said.err
    assert spillover("plot", str(one), "--kind", "gape").code == 2


def test_compare_prints_effects(spillover: Command) -> None:
    words = ("compare", "no_ban", "ban", *SMALL, "--replicates", "3", "--workers", "1", "--no-plot")
    said = spillover(*words)
    assert said.code == 0 and "random variation only" in said.out and "scaled gap" in said.out
    again = spillover(*words, "--json")
    assert "used again" in again.err
    figures = json.loads(again.out)
    assert figures["a"] == "no_ban" and len(figures["outcomes"]) >= 10


def test_an_account_that_does_not_close_is_a_failed_check(
    spillover: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(accounts.LAWS, "money", lambda fixed, state: 0.5)
    said = spillover("run", "no_ban", *SMALL, "--no-plot", "--strict")
    assert said.code == 4 and "money does not close" in said.err
    assert said.out == "" and "Traceback" not in said.err and not Path("runs").exists()


BAD = {
    "unknown scenario": (["run", "bann"], 2, "did you mean 'ban'"),
    "unknown command": (["rum"], 2, "rum"),
    "unknown option": (["run", "ban", "--seeds", "1"], 2, "--seeds"),
    "unknown group": (
        ["run", "ban", "--set", "spilover.strength=1"],
        2,
        "did you mean 'spillover'",
    ),
    "unknown parameter": (["run", "ban", "--set", "spillover.strenght=1"], 2, "strength"),
    "wrong type": (["run", "ban", "--set", 'spillover.strength="x"'], 2, "must be a number"),
    "not a number": (["run", "ban", "--set", "spillover.strength=nan"], 2, "finite"),
    "infinite": (["run", "ban", "--set", "spillover.strength=inf"], 2, "finite"),
    "out of range": (["run", "ban", "--set", "spillover.strength=-1"], 2, "at least 0"),
    "no equals sign": (["run", "ban", "--set", "spillover.strength"], 2, "group.name=value"),
    "unknown regime": (["run", "ban", "--set", "controls.regime=tight"], 2, "history"),
    "unknown bloc": (["run", "ban", "--set", 'economy.leader="mars"'], 2, "us, china"),
    "same bloc twice": (["run", "ban", "--set", 'economy.follower="us"'], 2, "differ"),
    "bad month": (["run", "ban", "--until", "2030-13"], 2, "YYYY-MM"),
    "end before start": (["run", "ban", "--until", "2010-01"], 2, "before"),
    "negative seed": (["run", "ban", "--seed", "-1"], 2, "whole number"),
    "too few firms": (["run", "ban", "--firms", "5"], 2, "economy.firms"),
    "no replicates": (["compare", "no_ban", "ban", "--replicates", "0"], 2, "at least 1|from 1"),
    "no workers": (["compare", "no_ban", "ban", "--workers", "0"], 2, "workers"),
    "other spans": (["compare", "no_ban", "short.toml"], 2, "cannot be compared"),
    "empty file": (["run", "empty.toml"], 2, "is empty"),
    "not TOML": (["run", "broken.toml"], 2, "line 1"),
    "cycle": (["run", "one.toml"], 2, "cycle"),
    "binary": (["run", "binary.toml"], 2, "UTF-8"),
    "folder": (["run", "folder.toml"], 2, "is a folder"),
    "no scenario": (["run"], 2, "missing argument .name.; see spillover run --help"),
    "no file": (["check"], 2, "missing argument .files."),
    "no parent": (["new", "mine"], 2, "--from"),
    "unknown parent": (["new", "mine", "--from", "bann"], 2, "--from: .* did you mean 'ban'"),
    "broken parent": (["new", "mine", "--from", "broken.toml"], 2, "--from: broken.toml: line 1"),
    "shipped name": (["new", "Ban", "--from", "ban"], 2, "NAME must not be .* good value is my_"),
    "name is a path": (["new", "a/mine", "--from", "ban"], 2, "a good value is mine"),
    "name with ending": (["new", "mine.toml", "--from", "ban"], 2, "a good value is mine"),
    "name is empty": (["new", "", "--from", "ban"], 2, "a good value is my_ban"),
    "name is odd": (["new", "my ban", "--from", "ban"], 2, "a good value is my$|value is my\n"),
    "name of dots": (["new", "..", "--from", "ban"], 2, "NAME must be 1 to 64 letters"),
    "name with escape": (["new", "\x1b[31m", "--from", "ban"], 2, "NAME must be 1 to 64"),
    "endless name": (["new", "a" * 65, "--from", "ban"], 2, "NAME must be 1 to 64 letters"),
    "file is there": (["new", "empty", "--from", "ban"], 3, "never overwritten"),
    "new into a file": (["new", "x", "--from", "ban", "--out", "empty.toml"], 3, "not a folder"),
    "unknown other": (["show", "ban", "--diff", "no_bann"], 2, "did you mean 'no_ban'"),
    "no such folder": (["plot", "nowhere"], 2, "no such folder"),
    "foreign folder": (["plot", "folder.toml"], 3, "no result"),
    "output is a file": (["run", "ban", *SMALL, "--out", "empty.toml"], 3, "not a folder"),
    "output is empty": (["run", "ban", *SMALL, "--out", ""], 2, "must name a folder"),
    "unknown vendor": (["run", "ban", "--set", 'supply.vendors=["nvidia"]'], 2, "NVIDIA"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_message(spillover: Command, case: str) -> None:
    Path("short.toml").write_text('extends = "ban"\n[economy]\nend = "2020-12"\n')
    Path("empty.toml").write_text("")
    Path("broken.toml").write_text("title = = 3")
    Path("one.toml").write_text('extends = "two.toml"\n')
    Path("two.toml").write_text('extends = "one.toml"\n')
    Path("binary.toml").write_bytes(bytes(range(256)))
    Path("folder.toml").mkdir()
    words, code, hint = BAD[case]
    said = spillover(*words)
    assert said.code == code, said.err
    assert re.search(hint, said.err), said.err
    assert said.out == "" and "Traceback" not in said.err
    assert said.err.startswith("spillover: ") and len(said.err.splitlines()) == 1
    assert not Path("runs").exists() and Path("empty.toml").read_text() == ""


def test_without_words_the_help_is_shown(spillover: Command) -> None:
    said = spillover()
    assert said.code == 2 and said.out == "" and "compare" in said.err


def test_a_fault_of_the_program_is_one_line(
    spillover: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object) -> None:
        raise KeyError("a\nb")

    monkeypatch.setattr("model.scenario.load", broken)
    said = spillover("show", "ban")
    assert said.code == 1 and len(said.err.splitlines()) == 1
    assert "internal error" in said.err and "KeyError" in said.err


def test_a_foreign_folder_in_the_way_is_refused(spillover: Command) -> None:
    spillover("run", "ban", *SMALL, "--no-plot")
    (folder,) = Path("runs").iterdir()
    (folder / "manifest.json").write_text("{}")
    said = spillover("run", "ban", *SMALL, "--no-plot")
    assert said.code == 3 and folder.name in said.err
    manifest = {"schema_version": 1, "kind": "run", "digest": "other"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "digest differs" in spillover("run", "ban", *SMALL, "--no-plot").err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_comparison_cleanly(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "runs"
    words = ["compare", "no_ban", "ban", "--replicates", "500", "--workers", "1", "--out", str(out)]
    running = subprocess.Popen(
        [sys.executable, "-m", "cli", *words], cwd=HERE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    assert running.stderr.readline().startswith("1 of 500")
    os.kill(running.pid, number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == code, said
    assert "nothing half-written" in said and "Traceback" not in said
    (left,) = out.iterdir()  # the pairs that are finished
    assert left.name.startswith(".unfinished-")


def test_a_foreign_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("x = 1\n")
    done = subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "scenarios"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(HERE)])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert str(tmp_path / "model.py") in done.stderr and "Traceback" not in done.stderr


def test_a_users_own_scenarios_do_not_shadow_ours(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "ban.toml").write_text("broken [")
    done = subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "show", "ban", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "ban"


def test_other_peoples_files_do_not_disturb_the_list(spillover: Command) -> None:
    Path("hugo.toml").write_text('title = "A web site"\n[params]\nx = 1\n')
    Path("deep.toml").write_text("x = " + "[" * 3000)
    Path("mine.toml").write_text('title = "Mine"\nextends = "nobody"\n')
    said = spillover("scenarios")
    assert said.code == 0 and "no_ban" in said.out and "web site" not in said.out
    assert "left out: mine.toml" in said.err


def test_damaged_results_are_refused(spillover: Command) -> None:
    words = ("compare", "no_ban", "ban", *SMALL, "--replicates", "1", "--workers", "1", "--no-plot")
    assert spillover(*words).code == 0
    (folder,) = Path("runs").iterdir()
    (folder / "b" / "blocs.parquet").write_bytes(b"")
    said = spillover("plot", str(folder))
    assert said.code == 3 and "cannot be read" in said.err
    (folder / "effects.json").write_text('{"outcomes": [')
    said = spillover(*words)
    assert said.code == 3 and "effects.json" in said.err


def test_a_variable_that_is_nearly_a_parameter_is_refused(
    spillover: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPILLOVER_CONTROLS_POROSITY", "0.3")
    said = spillover("show", "ban")
    assert said.code == 2 and "did you mean SPILLOVER_CONTROLS__POROSITY?" in said.err
    monkeypatch.delenv("SPILLOVER_CONTROLS_POROSITY")
    monkeypatch.setenv("SPILLOVER_SPILLOVER__STRENGTH", "0.4")
    shown = json.loads(spillover("show", "ban", "--json").out)
    values = {row["parameter"]: (row["value"], row["origin"]) for row in shown["parameters"]}
    assert values["spillover.strength"] == (0.4, "$SPILLOVER_SPILLOVER__STRENGTH")


def test_every_command_says_what_it_does_in_a_whole_line(spillover, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = spillover("--help").out.partition("Commands:")[2].splitlines()
    said = [line.strip() for line in lines if line.strip()]
    assert len(said) >= 13
    assert not [line for line in said if line.endswith("...")]
    assert all(len(line) <= 80 and line.endswith(".") for line in lines if line.strip())


GONE = """
import os, sys, tempfile
folder = tempfile.mkdtemp()
os.chdir(folder)
os.rmdir(folder)
sys.argv = ["spillover", *sys.argv[1:]]
import cli
cli.main()
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "ban", "--levers"], 0),
        (["scenarios"], 0),
        (["check", "ban"], 0),
        (["claims"], 0),
        (["show", "mine"], 2),
        (["check", "mine.toml"], 2),
        (["new", "mine", "--from", "ban"], 2),
        (["run", "ban", *SMALL], 2),
        (["compare", "no_ban", "ban", *SMALL, "--replicates", "1"], 2),
        (["sweep", "ban", "--vary", "controls.porosity=0:0.6", "--points", "2"], 2),
        (["plot", "runs/there"], 2),
    ],
)
def test_a_current_folder_that_is_gone(words: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GONE, *words],
        env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    if code:
        assert "the current folder is gone" in done.stderr and "change to another" in done.stderr
        assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
