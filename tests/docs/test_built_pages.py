"""The pages that are built from the code build, are complete, and hold no empty cell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer

import cli
from docs.build import PAGES
from model.parameters import FACTS, GROUPS
from model.scenario import load, shipped

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: content() for name, content in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title_and_no_empty_cell(name: str, pages: dict[str, str]) -> None:
    text = re.sub(r"```.*?```", "", pages[name], flags=re.S)
    assert len(re.findall(r"^# ", text, re.M)) == 1
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows
    width = 0
    for before, row in zip(["", *text.splitlines()], text.splitlines(), strict=False):
        if not row.startswith("|"):
            continue
        cells = re.split(r"(?<!\\)\|", row)[1:-1]
        width = width if before.startswith("|") else len(cells)
        assert len(cells) == width, row
        assert all(cell.strip() for cell in cells), row


def test_every_parameter_is_on_its_page(pages: dict[str, str]) -> None:
    parts = dict(
        re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", pages["model/parameters.md"], re.M | re.S)
    )
    assert list(parts) == list(GROUPS)
    for group, part in parts.items():
        names = re.findall(r"^\| `(\w+)` \|", part, re.M)
        assert names == [name for own, name in FACTS if own == group]


def test_every_scenario_is_on_its_page(pages: dict[str, str]) -> None:
    text = pages["model/scenarios.md"]
    heads = re.findall(r"^## `(\w+)`: (.+)$", text, re.M)
    assert heads == [(name, load(name).title) for name in shipped()]
    for name in shipped():
        part = text[text.index(f"## `{name}`") :].partition("\n## ")[0]
        scenario = load(name)
        assert all(f"- {claim}: " in part for claim in scenario.claims)
        assert " ".join(scenario.story.split()) in part


def test_every_command_and_option_is_on_its_page(pages: dict[str, str]) -> None:
    group = typer.main.get_command(cli.application())
    text = pages["reference/cli.md"]
    commands = group.commands  # type: ignore[attr-defined]
    assert re.findall(r"^## `spillover (\w+)`$", text, re.M) == list(commands)
    for name, command in commands.items():
        part = text[text.index(f"## `spillover {name}`") :].partition("\n## ")[0]
        for parameter in command.params:
            word = parameter.opts[0] if parameter.opts[0].startswith("-") else "| `"
            assert word in part, (name, parameter.name)


def test_git_keeps_none_of_them() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {f"/docs/{name}" for name in PAGES} <= set(ignored)
    done = subprocess.run(["git", "ls-files", "docs"], cwd=ROOT, capture_output=True, text=True)
    assert not {f"docs/{name}" for name in PAGES} & set(done.stdout.split())
