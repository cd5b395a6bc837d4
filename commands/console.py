"""What the command prints: data to standard output, all else to standard error."""

from __future__ import annotations

import codecs
import io
import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

PAGE = 80  # letters of a line of sentences
READABLE = "spillover-readable"  # how letters are written that an encoding lacks
PLAIN = {"…": "...", "–": "-", "—": "-", "−": "-", "×": "x", "≥": ">=", "≤": "<=", "→": "->",
         "·": ".", "“": '"', "”": '"', "‘": "'", "’": "'", "«": '"', "»": '"', "ß": "ss",
         "Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Æ": "AE", "æ": "ae",
         "Σ": "sum", "σ": "sigma", "€": "EUR", "£": "GBP"}  # fmt: skip
WIDE = 110  # letters from which a terminal has room for explanations


def say(text: str, quiet: bool = False) -> None:
    """Print a message to standard error."""
    if not quiet:
        print(lines(text), file=sys.stderr)


def line(text: str) -> str:
    """Return text on one line, with what would disturb a terminal written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable() or unicodedata.category(letter) == "Zs"  # a space of some width
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def lines(text: str) -> str:
    """Return text with its own lines, and what would disturb a terminal written as escapes."""
    return "\n".join(map(line, text.split("\n")))


def message(text: str) -> None:
    """Print why something failed or was refused, on one line of standard error."""
    print(f"spillover: {line(text)}", file=sys.stderr)


def data(text: str = "") -> None:
    """Print a line of data to standard output."""
    print(lines(text))


def as_json(content: Any) -> None:
    """Print JSON to standard output, days as text; undefined figures must be None already."""
    print(json.dumps(content, indent=1, allow_nan=False, default=str))


def roomy() -> bool:
    """Return whether explanations fit: a wide terminal, a file or a pipe."""
    import shutil

    return not sys.stdout.isatty() or shutil.get_terminal_size().columns >= WIDE


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output: folded to a terminal's width, whole in a file or pipe."""
    from rich.console import Console

    from commands import table_layout

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    texts = [[shown(line(cell)) for cell in row] for row in rows]
    width = console.width if console.is_terminal else None  # a file or a pipe has room
    heads_of = [shown(line(column)) for column in columns]
    found, heads = table_layout.lines(heads_of, texts, width)
    for number, text in enumerate(found):
        if console.is_terminal and number < heads:
            console.print(text, style="bold")
        else:
            print(text)


def paragraph(text: str) -> None:
    """Print sentences as data, in lines of at most 80 letters, or as a narrower terminal has."""
    print("\n".join(wrapped(text)))


def wrapped(text: str) -> list[str]:
    """Return a text in lines of at most 80 letters; lines and paragraphs of its own stay."""
    from shutil import get_terminal_size

    from commands.table_layout import folded

    width = min(PAGE, get_terminal_size((PAGE, 24)).columns) if sys.stdout.isatty() else PAGE
    own = [shown(line(one)) for one in text.split("\n")]
    return [part for one in own for part in folded(one, max(20, width))]


def shown(text: str) -> str:
    """Return a text in letters that standard output can write."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, READABLE).decode(encoding)


def readable(error: UnicodeError) -> tuple[str, int]:
    """Stand in for letters that an encoding lacks: a plain letter where there is one, or a code."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = ""
    for letter in error.object[error.start : error.end]:
        bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
        plain = PLAIN.get(letter, bare)
        found += plain or letter.encode("unicode_escape").decode()
    return found, error.end


def write_anything() -> None:
    """Let both outputs write every text, whatever the encoding of the terminal is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=READABLE)


codecs.register_error(READABLE, readable)


@contextmanager
def progress(unit: str, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show how far work is, on standard error; yields what takes done and total."""
    if quiet:
        yield lambda done, total: None
        return
    if not sys.stderr.isatty():
        yield _lines(unit)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn(unit),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with bar:
        task = bar.add_task(unit, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def detailed_progress(
    unit: str, json_: bool = False, quiet: bool = False
) -> Iterator[Callable[[Any], None]]:
    """Show how far work is, on standard error: rate, done, failed, time left.

    Yields what takes a ``Progress`` (done, failed, total, rate, left). With ``json_`` each report
    is a line of JSON; in a terminal there is a bar; elsewhere a line at every tenth, and each
    minute.
    """
    if quiet:
        yield lambda now: None
        return
    if json_ or not sys.stderr.isatty():
        yield _Reports(unit, json_).report
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        TextColumn(unit), BarColumn(), TextColumn("{task.fields[words]}"),
        console=Console(file=sys.stderr), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(unit, total=None, words="")
        yield lambda now: bar.update(
            task, completed=now.done, total=now.total, words=_words(unit, now)
        )


class _Reports:
    # Lines for a log: not one a run, but at every tenth of the way and once a minute.
    def __init__(self, unit: str, json_: bool) -> None:
        self.unit, self.json = unit, json_
        self.tenth, self.last = -1, 0.0

    def report(self, now: Any) -> None:
        moment = time.monotonic()
        tenth = now.done * (100 if self.json else 10) // max(1, now.total)
        if tenth == self.tenth and moment - self.last < 60.0:
            return
        self.tenth, self.last = tenth, moment
        if self.json:
            left = None if now.left is None else round(now.left, 1)
            event = {"event": "progress", "unit": self.unit, "done": now.done,
                     "failed": now.failed, "total": now.total, "rate": round(now.rate, 4),
                     "seconds_left": left}  # fmt: skip
            print(json.dumps(event), file=sys.stderr, flush=True)
        else:
            print(_words(self.unit, now), file=sys.stderr, flush=True)


def _words(unit: str, now: Any) -> str:
    text = f"{now.done} of {now.total} {unit}"
    if now.failed:
        text += f", {now.failed} failed"
    if now.rate > 0.0:
        rate = f"{now.rate:.1f} a second" if now.rate >= 1.0 else f"{60.0 * now.rate:.1f} a minute"
        hours, rest = divmod(round(now.left or 0.0), 3600)
        text += f", {rate}, {hours}:{rest // 60:02d}:{rest % 60:02d} left"
    return text


def _lines(unit: str) -> Callable[[int, int], None]:
    # A line at the first and at every tenth of the way, for logs; months of one run are too short.
    last = -1

    def report(done: int, total: int) -> None:
        nonlocal last
        tenth = done * 10 // total
        if unit != "months" and tenth > last:
            last = tenth
            print(f"{done} of {total} {unit}", file=sys.stderr, flush=True)

    return report
