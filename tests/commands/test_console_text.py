"""What is printed fits narrow terminals and poor encodings: numbers whole, nothing lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from commands import console
from commands.table_layout import folded, lines

if TYPE_CHECKING:
    from tests.conftest import Command

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["outcome, unit", "year", "no_ban", "ban", "effect", "95 % interval", "what it is"]
ROWS = [
    ["gap, OOM", "2030", "1.25", "-1,234.50", "+0.29", "+0.18 … +0.40", "distance of best models"],
    [
        "surplus_leader, USD bn",
        "2030",
        "≥ 12.5",
        "> 999 x",
        "-",
        "-0.10 … +12.34",
        "芯片禁令 over ten",
    ],
]


@pytest.mark.parametrize("width", [40, 44, 50, 60, 72, 80, 100])
def test_a_table_fits_its_width_and_keeps_everything(width: int) -> None:
    found, _ = lines(COLUMNS, ROWS, width)
    assert all(cell_len(line) <= width for line in found)
    text = "\n".join(found)
    for row in ROWS:
        for cell in row[1:6]:
            assert cell in text, f"{cell} is cut at {width}"
    letters = re.sub(r"\s", "", text)
    for head in COLUMNS:
        assert all(word in letters for word in head.split()), head
    for row in ROWS:
        assert all(part in letters for cell in row for part in cell.split()), row


def test_a_wide_table_is_one_line_a_row() -> None:
    found, heads = lines(COLUMNS, ROWS, None)
    assert len(found) == 3 and heads == 1 and lines(COLUMNS, ROWS, 500) == (found, heads)
    assert lines(["a"], [], 10) == (["a"], 1)
    assert lines([], [], 10) == ([], 0)


@pytest.mark.parametrize("width", [8, 20, 41])
@pytest.mark.parametrize("text", ["", "one", "a" * 50, "芯片" * 15, "of two words " * 6, "x  y"])
def test_folded_text_loses_no_letter(text: str, width: int) -> None:
    found = folded(text, width)
    assert found and all(cell_len(line) <= width for line in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_sentences_have_lines_of_eighty_letters_also_in_a_pipe() -> None:
    text = "The gap grows by 0.29 orders of magnitude of effective compute. " * 5
    found = console.wrapped(text.strip() + "\n\nsecond")
    assert max(map(len, found)) <= 80 and found[-2:] == ["", "second"]
    assert " ".join(found[:-2]).split() == text.split()


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("ascii", 'Lodz, cafe: 0.1 ... 0.4 >= -2 x 3 -> \\u82af "now"'),
        ("latin-1", "Lódz, café: 0.1 ... 0.4 >= -2 × 3 -> \\u82af «now»"),
    ],
)
def test_letters_that_an_encoding_lacks_are_written_readably(encoding: str, said: str) -> None:
    text = "Łódź, café: 0.1 … 0.4 ≥ −2 × 3 → 芯 «now»"
    assert text.encode(encoding, console.READABLE).decode(encoding) == said


WORDS = (["show", "mine", "--timeline"], ["show", "mine"], ["scenarios"], ["check", "mine.toml"],
         ["claims"], ["--help"], ["sweep", "--help"], ["show", "芯.toml"])  # fmt: skip


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gbk"])
def test_commands_write_to_terminals_of_every_encoding(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'title = "Łódź – 芯片禁令 ≥ 3"\nstory = "«Größe» → …"\nextends = "ban"\n', encoding="utf-8"
    )
    code = (
        "import sys, cli\n"
        f"for words in {WORDS!r}:\n"
        "    sys.argv = ['spillover', *words]\n"
        "    try: cli.main()\n"
        "    except SystemExit as stop: print('CODE', stop.code or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    out, err = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert re.findall(r"CODE (\d+)", out) == ["0"] * (len(WORDS) - 1) + ["2"], err
    assert "internal error" not in err and "Traceback" not in err


def test_a_table_in_a_narrow_terminal(spillover: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for width in (40, 60, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        for words in (["show", "ban", "--levers"], ["scenarios"]):
            said = spillover(*words)
            text = re.sub(r"\x1b\[[\d;]*m", "", said.out)
            assert said.code == 0 and all(cell_len(line) <= width for line in text.splitlines())
            assert "The chip ban" in text or "what it does" in text
