"""Rows of CSV files and tables of TOML, read with checks.

What a column may hold is its *kind*, written as text:

* ``text``, ``flag``, ``day`` (YYYY-MM-DD), ``month`` (YYYY-MM);
* ``-90..90``, ``0..``, ``>0``: a finite number in a range; ``whole1..9``: a whole one;
* ``[kind]``: a list with at least one entry; ``[kind]*`` may be empty;
* ``new``: text that no other row of the table has;
* any other word: one of the words known by that name, or what a reader of that name accepts.

A final ``?`` allows an empty cell or an absent field. A refusal names file, line and column (or the
table and field of TOML), the rule, the value got, and a good or near one.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from model.core import meant
from model.core.errors import InputError, near, shown
from model.core.toml import quoted
from model.core.values import as_whole

Spec = Mapping[str, str]  # column: kind
Words = Mapping[str, tuple[str, ...]]  # kind: the words it allows
Readers = Mapping[str, Callable[["Fields", str, Any], Any]]  # kind: (fields, column, value) read
NO_WORDS: Words = MappingProxyType({})
NO_READERS: Readers = MappingProxyType({})
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def spec_of(text: str) -> Spec:
    """Return columns and kinds of a text such as ``"chip:new year:whole1990..2100"``."""
    return dict(column.split(":") for column in text.split())


class Fields(NamedTuple):
    """The cells of a row, or the entries of a table of TOML, read with checks."""

    place: str
    given: Any
    words: Words = NO_WORDS
    readers: Readers = NO_READERS
    cells: bool = False

    def wrong(self, field: str, rule: str, good: str, *value: Any) -> InputError:
        """Return the refusal of a field: where, the rule, the value got, a good value."""
        at = f"{self.place}, column {field}" if self.cells else f"{self.place}.{field}"
        got = value[0] if value else self.given.get(field, "nothing")
        return InputError(f"{at}: {rule}, got {shown(got)}; {good}")

    def read(self, spec: Spec) -> dict[str, Any]:
        """Return the values of known fields; absent ones are left out, empty cells are None."""
        if not isinstance(self.given, Mapping):
            raise InputError(f"{self.place}: must be a table, got {shown(self.given)}")
        for field in self.given:
            if field not in spec:
                raise self.wrong(shown(field).strip("'"), "is unknown", near(f"{field}", spec))
        for field, kind in spec.items():
            if field not in self.given and not kind.endswith("?"):
                words = self.words.get(kind.strip("[]*"))
                example = "2022-10-07" if kind == "day" else "1" if ".." in kind else '"a title"'
                good = near("", words) if words else f"a good value is {example}"
                raise self.wrong(field, "is missing", good)
        return {
            field: None
            if self.cells and kind.endswith("?") and not self.given[field]
            else self.value(field, kind.rstrip("?"), self.given[field])
            for field, kind in spec.items()
            if field in self.given
        }

    def value(self, field: str, kind: str, got: Any) -> Any:
        """Return one value of a kind."""
        if kind in self.readers:
            return self.readers[kind](self, field, got)
        if ".." in kind or kind == ">0":
            return self.number(field, kind, got)
        if kind == "flag":
            if isinstance(got, bool):
                return got
            good = quoted(meant.flag(got) is not False)
            raise self.wrong(field, "must be true or false", f"a good value is {good}", got)
        if kind in ("day", "month") and not isinstance(got, str):
            if kind == "day" and isinstance(got, date) and not isinstance(got, datetime):
                return got
            timed = isinstance(got, datetime)
            raise self._undated(field, kind, got, "a day without a time" if timed else "")
        if kind.startswith("["):
            entry = kind.strip("[]*")
            values = [
                self.value(field, entry, one)
                for one in self.entries(field, got, empty=kind.endswith("*"))
            ]
            if len(set(values)) < len(values):
                good = f"a good value is {quoted(list(dict.fromkeys(got)))}"
                raise self.wrong(field, "must not name anything twice",
                                 good if isinstance(got, list) else "drop one", got)  # fmt: skip
            return tuple(values)
        text = self.text(field, got)
        if kind in ("day", "month"):
            return self.day(field, kind, text)
        if kind in self.words and text not in self.words[kind]:
            raise self.wrong(field, f"is no known {kind}", near(text, self.words[kind]), text)
        return text

    def text(self, field: str, got: Any) -> str:
        """Return a text that is not empty and has no space at its ends."""
        if not isinstance(got, str) or not got.strip() or got != got.strip():
            raise self.wrong(field, "must be text", "not empty, no space at the ends", got)
        return got

    def entries(self, field: str, got: Any, *, empty: bool = False) -> list[Any]:
        """Return the entries of a list; in a cell they are joined by ``|``."""
        entries = got.split("|") if self.cells and isinstance(got, str) else got
        if not isinstance(entries, list) or (not entries and not empty):
            raise self.wrong(field, "must be a list with an entry at least", "or leave it out", got)
        return entries

    def number(self, field: str, kind: str, got: Any) -> float:
        """Return a finite number in a range such as 0..1, 0.., >0 or whole1..9."""
        low, _, high = kind.removeprefix("whole").replace(">0", "0..").partition("..")
        least, most = float(low), float(high or "inf")
        plain = isinstance(got, str) and self.cells and NUMBER.fullmatch(got)
        given = plain or (isinstance(got, int | float) and not isinstance(got, bool))
        try:
            number = float(got) if given else math.nan
        except OverflowError:
            number = math.inf
        whole = kind.startswith("whole")
        if (
            not (math.isfinite(number) and least <= number <= most)
            or (kind == ">0" and not number)
            or (whole and not f"{got}".isdigit())
        ):
            above = kind == ">0"
            span = "above 0" if above else f"{low} or more" if not high else f"{low} to {high}"
            what = f"{'whole ' * whole}number, {span}"
            if (least, most) == (0.0, 1.0) and not whole:
                what = "share from 0 to 1"
            reach = (math.nextafter(0.0, 1.0) if above else least, most)
            # What is meant; else the end that was passed; else any.
            end = meant.number(got)
            near = [*meant.numbers(got, *reach, whole=whole)]
            if not near and end is not None:
                near = [most if end > most else max(least, 1.0 if above else least)]
            good = f"{as_whole((near or [max(least, min(1.0, most))])[0])}"
            raise self.wrong(field, f"must be a {what}", f"a good value is {good}", got)
        return int(number) if whole else number

    def day(self, field: str, kind: str, got: str) -> date | tuple[int, int]:
        """Return a day of a text YYYY-MM-DD, or year and month of YYYY-MM."""
        text = got if kind == "day" else f"{got}-01"
        try:
            day = date.fromisoformat(text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "")
        except ValueError:
            raise self._undated(field, kind, got) from None
        return day if kind == "day" else (day.year, day.month)

    def _undated(self, field: str, kind: str, got: Any, rule: str = "") -> InputError:
        form = "YYYY-MM-DD" if kind == "day" else "YYYY-MM"
        near = meant.day(got) or date(2022, 10, 7)
        good = f"a good value is {near.isoformat()[: len(form)]}"
        return self.wrong(field, f"must be {rule or f'a date {form}'}", good, got)


def rows(
    folder: Path,
    name: str,
    spec: Spec,
    words: Words = NO_WORDS,
    readers: Readers = NO_READERS,
    key: tuple[str, ...] = (),
) -> Iterator[tuple[Fields, dict[str, Any]]]:
    """Yield the rows of a CSV file, as cells and as values.

    No two rows may have the same ``key`` (by default the first column). A column whose kind is the
    name of the first column names rows of the same table, also rows further down.
    """
    reader = csv.reader(io.StringIO(_text(folder, name), newline=""), strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise InputError(f"{name}: line {reader.line_num}: is not CSV: {error}") from None
    header = lines[0][1] if lines else []
    for column in [*spec, *header]:
        if column not in header or column not in spec or header.count(column) > 1:
            rule = "is missing" if column not in header else "is unknown or stands twice"
            hint = near(column, [c for c in spec if c not in header] or spec)
            raise InputError(f"{name}: line 1, column {column}: {rule}; {hint}")
    first, *_ = spec
    key = key or (first,)
    if first in spec.values():
        at = header.index(first)
        words = {**words, first: tuple(cells[at] for _, cells in lines[1:] if len(cells) > at)}
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise InputError(f"{name}: line {line}: has {len(cells)} cells; {len(header)} are good")
        given = dict(zip(header, cells, strict=True))
        row = Fields(f"{name}: line {line}", given, words, readers, cells=True)
        if seen.setdefault(tuple(given[column] for column in key), line) != line:
            before = seen[tuple(given[column] for column in key)]
            raise row.wrong(key[0], f"stands in line {before} too", "rename or drop one of them")
        yield row, row.read(spec)


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: cannot be read as text: {error}") from None


def toml(folder: Path, name: str) -> dict[str, Any]:
    """Return the content of a TOML file; raises ``InputError`` where it cannot be read."""
    content = _text(folder, name)
    try:
        return tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is not TOML: {str(error)[:200]}") from None


def part(name: str, content: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return a named table of a TOML file; raises ``InputError`` where there is none."""
    found = content.get(part)
    if not isinstance(found, dict):
        raise InputError(f"{name}: {part}: must be a table [{part}], got {shown(found)}")
    return found
