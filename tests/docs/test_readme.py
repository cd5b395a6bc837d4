"""What the README says works: its Python runs, its files load, its commands exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import cli
from analysis.experiments.plan import plan_of
from analysis.experiments.specification import read
from model.measure.outcomes import OUTCOMES
from model.scenario import load

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_python_runs() -> None:
    snippet = blocks("python")[0]
    names: dict[str, object] = {}
    exec(compile(snippet, "README.md", "exec"), names)
    assert len(names["labs"]) == 40  # type: ignore[arg-type]
    assert len(names["blocs"]) == 4 * 9 * 12  # type: ignore[arg-type]


def test_experiments_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(blocks("python")[1], "README.md", "exec"), names)
    assert len(names["effects"]) == 2  # type: ignore[arg-type]


def test_a_sweep_file_is_right(tmp_path: Path) -> None:
    (text,) = [block for block in blocks("text") if "[sweep]" in block]
    path = tmp_path / "porosity.toml"
    path.write_text(text)
    spec, plan, _ = plan_of(read(path))
    assert len(spec.factors) == 5 and plan.size == 200 and spec.against is not None


@pytest.mark.parametrize("text", blocks("toml"))
def test_scenario_files_load(text: str, tmp_path: Path) -> None:
    path = tmp_path / "open.toml"
    path.write_text(text)
    scenario = load(str(path))
    assert scenario.parameters != load(scenario.lineage[1]).parameters
    assert tomllib.loads(text)["extends"] == scenario.lineage[1]


def test_commands_exist() -> None:
    commands = cli.application().registered_commands
    known = {command.name or command.callback.__name__ for command in commands}
    said = {
        shlex.split(line, comments=True)[1]
        for block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("spillover ")
    }
    assert said and said <= known


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README
    assert {"gap", "lag"} <= set(OUTCOMES)
    assert "make run" in README and "make test" in README
