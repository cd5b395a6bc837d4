"""What README and guide say works: code runs, files load, commands and figures are today's."""

from __future__ import annotations

import re
import shlex
import tomllib
from datetime import date
from pathlib import Path

import pytest

import cli
from analysis.experiments.plan import plan_of
from analysis.experiments.specification import read
from model.measure.outcomes import OUTCOMES
from model.month import MONTH
from model.scenario import load
from studies import readme

ROOT = Path(__file__).resolve().parents[2]
README = readme.README.read_text(encoding="utf-8")
PAGES = [
    readme.README,
    ROOT / "CONTRIBUTING.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if p.parent.name != "results"),
]
GUIDE = [ROOT / "docs" / "start.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


def blocks(language: str, *pages: Path) -> list[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(code: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(code, "docs", "exec"), names)
    return names


def test_the_readme_is_one_screen() -> None:
    assert len(README.splitlines()) <= 80


def test_python_of_the_readme_runs() -> None:
    (snippet,) = blocks("python", readme.README)
    names = run(snippet.replace("rng=7", "rng=7, economy__firms=300"))
    assert len(names["blocs"]) == 4 * 9 * 12  # type: ignore[arg-type]


def test_a_world_of_the_guide_runs() -> None:
    names = run(blocks("python", ROOT / "docs" / "guide" / "python.md")[0])
    assert len(names["labs"]) == 40  # type: ignore[arg-type]
    assert len(names["blocs"]) == 4 * 3 * 12  # type: ignore[arg-type]
    assert names["twin"].parameters.controls.regime == "none"  # type: ignore[attr-defined]


def test_experiments_of_the_guide_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run(blocks("python", ROOT / "docs" / "guide" / "python.md")[1])
    assert len(names["effects"]) == 2  # type: ignore[arg-type]


def test_columns_of_a_table_carry_their_meaning(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    from model.core.arrow import table

    path = tmp_path / "world.parquet"
    pq.write_table(table({"gap": ([0.5], "OOM", "the gap")}), path)
    names = run(blocks("python", ROOT / "docs" / "reference" / "files.md")[0])
    found = names["meaning"](path, "gap")  # type: ignore[operator]
    assert {b"unit": b"OOM", b"description": b"the gap"}.items() <= found.items()


def test_a_sweep_file_is_right(tmp_path: Path) -> None:
    (text,) = [block for block in blocks("text", *GUIDE) if "[sweep]" in block]
    path = tmp_path / "porosity.toml"
    path.write_text(text)
    spec, plan, _ = plan_of(read(path))
    assert len(spec.factors) == 5 and plan.size == 200 and spec.against is not None


@pytest.mark.parametrize("text", blocks("toml", *GUIDE))
def test_scenario_files_load(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    scenario = load(str(path))
    assert scenario.parameters != load(scenario.lineage[1]).parameters
    assert tomllib.loads(text)["extends"] == scenario.lineage[1]


def commands() -> dict[str, set[str]]:
    """Return the options of every command, by its name."""
    import typer

    group = typer.main.get_command(cli.application())
    return {
        name: {word for parameter in command.params for word in parameter.opts}
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }


SAID = [
    line.strip()
    for page in PAGES
    for block in blocks("(?:sh|text)", page)
    for line in block.splitlines()
    if line.strip().startswith("spillover ") and " = " not in line
]


@pytest.mark.parametrize("line", dict.fromkeys(SAID))
def test_commands_and_their_options_exist(line: str) -> None:
    words = shlex.split(line, comments=True)
    known = commands()
    if words[1].startswith("-"):
        return
    assert words[1] in known
    assert {word for word in words[2:] if word.startswith("--")} <= known[words[1]]


def test_makefile_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    said = {
        name
        for page in PAGES
        for name in re.findall(r"`make ([a-z]+)`", page.read_text(encoding="utf-8"))
    } | {
        name
        for block in blocks("sh", *PAGES)
        for name in re.findall(r"^\s*make ([a-z]+)", block, re.M)
    }
    assert {"run", "quick", "docs"} <= said <= targets


def test_the_pages_of_schedule_and_outcomes_are_todays() -> None:
    schedule = (ROOT / "docs" / "model" / "schedule.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| .+ \|$", schedule, re.M)
    assert rows == [(str(n), phase.__name__) for n, phase in enumerate(MONTH, 1)]
    outcomes = (ROOT / "docs" / "model" / "outcomes.md").read_text(encoding="utf-8")
    found = {}
    for names, unit, smallest in re.findall(r"^\| (`.*?) \| (.+?) \| (.+?) \|", outcomes, re.M):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = (unit, smallest)
    assert found == {
        name: (one.unit, f"{one.smallest:g}" + (" %" if one.relative else ""))
        for name, one in OUTCOMES.items()
    }


HEAD = re.compile(
    r"\(`spillover (?P<command>[^`]+)`, version (?P<version>[\d.]+),\s+(?P<day>[\d-]+)\)"
)
ROW = re.compile(
    r"^\| (\d{4}) \| ([\d.]+) \| ([\d.]+) \| ([+-][\d.]+) \((-?[\d.]+) to (-?[\d.]+)\) \| "
    r"([+-][\d.]+) \|$",
    re.M,
)


def test_the_result_names_command_version_and_date() -> None:
    text = " ".join(readme.written(README).split())
    found = HEAD.search(text)
    assert found and found["command"] == readme.COMMAND
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert date(2026, 1, 1) < date.fromisoformat(found["day"])


def test_figures_of_the_result_fit_each_other() -> None:
    block = readme.written(README)
    rows = ROW.findall(block)
    assert [row[0] for row in rows] == list(readme.YEARS)
    for _, without, ban, effect, low, high, _ in rows:
        assert float(low) <= float(effect) <= float(high)
        assert float(ban) - float(without) == pytest.approx(float(effect), abs=0.11)
    text = " ".join(block.split())
    months = re.search(r"this is (-?[\d.]+) months \((-?[\d.]+) to (-?[\d.]+)\)", text)
    assert months
    for said, shown in zip(months.groups(), rows[-1][3:6], strict=True):
        assert float(said) == pytest.approx(float(shown), abs=0.051)
    loss, cost = re.findall(r"USD ([\d.]+) bn \(standard error [\d.]+\)", text)
    assert float(loss) / float(months[1]) == pytest.approx(float(cost), abs=1.0)


@pytest.mark.slow
def test_the_result_is_what_the_command_prints() -> None:
    block = readme.written(README)
    found = HEAD.search(" ".join(block.split()))
    assert found
    assert readme.block(readme.experiment(), found["day"]) == block


def test_dated_results_say_when_and_how() -> None:
    pages = sorted((ROOT / "docs" / "results").glob("*.md"))
    index = (ROOT / "docs" / "results" / "index.md").read_text(encoding="utf-8")
    known = commands()
    for page in pages:
        if page.stem == "index":
            continue
        assert f"({page.name})" in index, page.name
        head = page.read_text(encoding="utf-8").splitlines()
        assert head[0].startswith("# "), page.name
        text = " ".join(" ".join(head[1:10]).replace(">", " ").split())
        assert re.search(r"made on \d{4}-\d\d-\d\d", text) or "Made by `" in text, page.name
        command = re.search(r"`((?:spillover|python -m) [^`]+)`", text)
        assert command and f"docs/results/{page.name}" in command[1], page.name
        words = command[1].split()
        if words[0] == "spillover":
            options = {word for word in words if word.startswith("--")}
            assert options <= known[words[1]], page.name
        else:
            assert (ROOT / (words[2].replace(".", "/") + ".py")).is_file(), page.name
