"""What a shell offers on tab: from a current index, and without importing the model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from commands import completion, completion_index
from model.parameters import FACTS
from model.scenario import shipped

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ["numpy", "numba", "mesa", "pandas", "matplotlib", "pyarrow"]
CALL = f"""
import sys
sys.argv[0] = "spillover"
import cli
try:
    cli.main()
finally:
    print("heavy:", *sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)
"""


def asked(folder: Path, shell: str, **environment: str) -> list[str]:
    """Return what is offered, asked as a shell asks."""
    completion.index()  # the first use builds it, with the model
    done = subprocess.run(
        [sys.executable, "-c", CALL],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "_SPILLOVER_COMPLETE": shell, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["heavy:"]
    return [line for line in done.stdout.split("\n") if line]


def offered(folder: Path, *words: str) -> list[str]:
    line = ["spillover", *words]
    return asked(folder, "complete_bash", COMP_WORDS="\n".join(line), COMP_CWORD=str(len(line) - 1))


def test_the_index_is_kept_and_built_anew_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, built = tmp_path / "names.json", []

    def content() -> dict[str, Any]:
        built.append(True)
        return real()

    real = completion_index.content
    monkeypatch.setattr(completion, "index_file", lambda: place)
    monkeypatch.setattr(completion_index, "content", content)
    index = completion.index.__wrapped__
    expected = json.loads(json.dumps(real()))
    assert [index() == expected for _ in range(3)] == [True] * 3 and len(built) == 1
    place.write_text("{")  # damaged: built anew
    assert index() == expected and len(built) == 2
    monkeypatch.setattr(completion, "digest", lambda: "after an edit")
    assert index() == expected and index() == expected and len(built) == 3
    assert list(tmp_path.iterdir()) == [place]


def test_a_change_of_a_source_changes_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "ROOT", tmp_path)
    (tmp_path / "scenarios").mkdir()
    before = completion.digest()
    (tmp_path / "scenarios" / "mine.toml").write_text("")
    added = completion.digest()
    (tmp_path / "scenarios" / "mine.toml").write_text("[x]")
    assert len({before, added, completion.digest()}) == 3 and completion.digest() != before


def test_a_warm_tab_is_fast(tmp_path: Path) -> None:
    completion.index()
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        code = "from commands import completion; completion.index()"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        empty = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        taken.append((empty - begun) - (time.perf_counter() - empty))
    assert min(taken) < 0.3


def test_the_index_knows_all_names() -> None:
    known = completion.index()
    assert list(known["parameters"]) == [".".join(place) for place in FACTS]
    assert list(known["scenarios"]) == list(shipped())


def test_commands_and_options(tmp_path: Path) -> None:
    assert {"run", "show", "compare"} <= set(offered(tmp_path, ""))
    assert offered(tmp_path, "com") == ["compare"]
    assert offered(tmp_path, "show", "--lev") == ["--levers"]


def test_scenarios_shipped_and_here(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "ban"\n')
    (tmp_path / "other.toml").write_text('[project]\nname = "other"\n')
    (tmp_path / "broken.toml").write_text("[")
    for words in (["run"], ["show"], ["compare"], ["compare", "ban"], ["show", "ban", "--diff"],
                  ["new", "x", "--from"]):  # fmt: skip
        assert set(offered(tmp_path, *words, "")) == {"mine", *shipped()}, words
    assert offered(tmp_path, "run", "mi") == ["mine", "mirror"]
    assert offered(tmp_path, "check", "") == ["mine.toml"]


def test_figures(tmp_path: Path) -> None:
    assert offered(tmp_path, "plot", "runs/x", "--kind", "inn") == ["innovation"]


def test_parameters_and_their_words(tmp_path: Path) -> None:
    run = ("run", "ban", "--set")
    assert offered(tmp_path, *run, "observer.") == ["observer.information_delay="]
    assert offered(tmp_path, *run, "release.lead") == [
        f"release.leader={word}" for word in ("choice", "habit", "open", "closed")
    ]
    # bash divides words at the equals sign
    assert offered(tmp_path, *run, "release.leader", "=") == ["choice", "habit", "open", "closed"]
    assert offered(tmp_path, *run, "release.leader", "=", "o") == ["open"]
    assert offered(tmp_path, *run, "controls.regime", "=", "h") == ["history"]
    assert offered(tmp_path, *run, "economy.firms", "=") == ["3000"]
    assert offered(tmp_path, *run, "release.leader=o") == ["release.leader=open"]
    assert offered(tmp_path, *run, "nowhere", "=", "") == []


@pytest.mark.parametrize(
    ("words", "at"), [("", ""), ("spillover", "9"), ("spillover run", "x"), ("=", "0"), ("'", "0")]
)
def test_odd_questions_do_no_harm(words: str, at: str) -> None:
    environment = {"_SPILLOVER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": at}
    before = dict(environment)
    completion.join_words(environment)
    assert environment == before


def test_other_shells(tmp_path: Path) -> None:
    line = "spillover run ban --set observer."
    (said,) = asked(tmp_path, "complete_zsh", _TYPER_COMPLETE_ARGS=line)
    assert "observer.information_delay=" in said and "Delay with which" in said
    (said,) = asked(
        tmp_path,
        "complete_fish",
        _TYPER_COMPLETE_ARGS=line,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert said.startswith("observer.information_delay=\t")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_itself(tmp_path: Path) -> None:
    program = tmp_path / "spillover"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.argv[0] = 'spillover'\n"
                       f"sys.path.insert(0, {str(ROOT)!r})\nimport cli\ncli.main()\n")  # fmt: skip
    program.chmod(0o755)
    script = """
eval "$(_SPILLOVER_COMPLETE=source_bash spillover)"
COMP_WORDS=(spillover run ban --set controls.regime = h)
COMP_CWORD=6
_spillover_completion spillover
declare -p COMPREPLY
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == 'declare -a COMPREPLY=([0]="history")', done.stderr


def test_the_index_is_small_and_holds_names_only() -> None:
    content = completion.index()
    assert len(json.dumps(content)) < 100_000
    assert set(content) == {"headings", "groups", "scenarios", "figures", "parameters"}
