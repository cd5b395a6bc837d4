"""Documented commands run as a reader types them, offline, on a world made small."""

from __future__ import annotations

import re
import shlex
import tomllib
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.test_readme import GUIDE, PAGES, ROOT, SAID, blocks
from tests.worlds import TINY, words

if TYPE_CHECKING:
    from tests.conftest import Command

READ = ("show", "scenarios", "check", "new", "--help", "-h")
LINES = {line: shlex.split(line, comments=True)[1:] for line in dict.fromkeys(SAID)}
AT_ONCE = {line: said for line, said in LINES.items() if said[0] in READ} | {
    line: said for line, said in LINES.items() if said[0] == "claims" and said[1:2] != ["test"]
}
SWEEPS = {line: said for line, said in LINES.items() if said[0] == "sweep"}


def files_of_the_guide(folder: Path) -> None:
    """Write the files that pages show, under the names that commands use."""
    for text in blocks("toml|text", *GUIDE):
        name = re.match(r"# (\w+\.toml)", text)
        if name or "[sweep]" in text:
            (folder / (name[1] if name else "porosity.toml")).write_text(text, encoding="utf-8")
    (folder / "my_ban.toml").write_text('title = "Mine"\nextends = "ban"\n')
    if not (folder / "open.toml").exists():
        (folder / "open.toml").write_text('title = "Open"\nextends = "ban"\n')


@pytest.mark.parametrize("line", AT_ONCE)
def test_what_only_reads_runs_as_it_stands(line: str, spillover: Command) -> None:
    said = AT_ONCE[line]
    files_of_the_guide(Path.cwd())
    if said[0] == "new":
        (Path.cwd() / f"{said[1]}.toml").unlink(missing_ok=True)
    done = spillover(*said)
    assert done.code == 0 and done.out, done.err


@pytest.mark.parametrize("line", SWEEPS)
def test_sweeps_can_be_planned(line: str, spillover: Command) -> None:
    said = [word for word in SWEEPS[line] if word not in ("--resume", "--dry-run")]
    for option in ("--engine", "--scheduler", "--shard", "--workers", "--max-time"):
        if option in said:  # of a cluster
            at = said.index(option)
            del said[at : at + 2]
    files_of_the_guide(Path.cwd())
    done = spillover(*said, *words(TINY), "--dry-run")
    assert done.code == 0, done.err
    assert not glob("runs/*")


def test_a_run_and_its_figures(spillover: Command) -> None:
    run = next(said for said in LINES.values() if said[:2] == ["run", "ban"])
    done = spillover(*run, *words(TINY), "--no-plot")
    assert done.code == 0, done.err
    plot = next(said for said in LINES.values() if said[0] == "plot")
    (folder,) = glob("runs/ban-*")
    assert spillover(plot[0], folder, "--kind", "gap").code == 0
    why = next(said for said in LINES.values() if said[0] == "why" and "--bloc" in said)
    assert spillover("why", folder, *why[2:]).code == 0


def test_a_comparison(spillover: Command) -> None:
    said = LINES["spillover compare no_ban ban         # the result above, at default parameters"]
    done = spillover(*said, *words(TINY), "--replicates", "1", "--workers", "1", "--no-plot")
    assert done.code == 0, done.err
    sentences = done.out.rpartition("\n\n")[2]
    assert max(map(len, sentences.splitlines())) <= 80


def test_extras_of_the_pages_are_those_of_the_project() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    said = set()
    for page in PAGES:
        said |= set(re.findall(r"(?:\.|spillover)\[(\w+)\]", page.read_text(encoding="utf-8")))
    assert said and said <= set(extras)
    assert any(need.startswith("solara-assets") for need in extras["app"]), "pages open offline"
