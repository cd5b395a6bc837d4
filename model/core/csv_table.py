"""Cells of seed tables and entries of dated acts, read with checks.

What a column may hold is written once, in ``COLUMNS``; a refusal names file, line and column (or
the table and field of TOML), the rule, the value got, and a good or near one.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from model.core.errors import InputError, near, shown

SALES = ("merchant", "card", "own", "domestic")
"""merchant: sold for clusters to whoever may buy; card: sold for single machines or for programs of
its own, not bought for the fleets of the model; own: made for its owner's machines, never sold;
domestic: sold at home by the makers that ``mechanisms/domestic.py`` treats as one, listed for
comparison."""

ACT_KINDS = (
    "bar",  # what meets the rule may not go to the targets
    "allow",  # what meets the rule may go to them again
    "licence",  # what meets the rule goes to them in part: probability, fee, caps
    "entities",  # the named firms may not buy from the actor
    "refuse",  # the targets' own government forbids buying what meets the rule
    "equipment",  # chip-making equipment of the actor and its allies
    "memory",  # stacked memory of the actor and its allies
    "foundry",  # foreign foundries may not make the targets' designs
    "materials",  # rare materials of the actor and its allies may not go to the targets
)


WORDS = {  # what a column of this kind may hold; names of rows are added as they are read
    "mark": ("P", "S", "D", "M"),
    "sale": SALES,
    "kind": ACT_KINDS,
    "tier": ("home", "1", "2", "3"),
    "habit": ("closed", "mixed", "open"),
    "trade": ("models", "chips", "software", "devices", "services"),
}
# Columns and what they may hold: a range of numbers, a kind of WORDS, [several]; ? may be empty.
COLUMNS = {
    name: dict(column.split(":") for column in text.split())
    for name, text in {
        "clusters.csv": "cluster:new country:text bloc:bloc tier:tier latitude:-90..90 "
        "longitude:-180..180 weight:>0 weight_mark:mark ai_weight:0..1 ai_mark:mark "
        "sectors:[trade] source:text",
        "labs.csv": "lab:new bloc:bloc cluster:cluster founded:whole1800..2100 rank:whole1..999 "
        "release:habit motive:0..1 complement:0..1 mark:mark source:text",
        "chips.csv": "chip:new vendor:text bloc:bloc sale:sale family:chip available:month "
        "withdrawn:month? answers:act? price_usd:>0 tflops:>0 memory_gb:>0 "
        "memory_bandwidth_gbs:>0 link_gbs:0.. tpp:>0 die_mm2:>0 mark:mark marks_of_fields:notes? "
        "source:text",
        "prices.csv": "model:new date:month vendor:text bloc:bloc release:habit usd_per_mtok:0.. "
        "mark:mark source:text",
        "supply.csv": "family:chip year:whole1990..2100 units:>0 mark:mark source:text",
        "act": "title:text? rumoured:day? announced:day effective:day ended:day? actor:bloc "
        "allies:[bloc]? targets:[target] kind:kind response:flag? foreign_product:flag? "
        "part:0..1? "
        "rule:rules? notify:rules? firms:[lab]? probability:0..1? fee:0..1? cap_tpp:>0? "
        "cap_units:>0? cap_home_share:0..1? mark:mark? source:text?",
        "regime": "title:text acts:[act]? kept:[member]?",
    }.items()
}
CONDITIONS = tuple(
    f"{quantity}_{end}"
    for quantity in ("tpp", "density", "memory_bandwidth_gbs", "link_gbs")
    for end in ("min", "max")
)


class Fields(NamedTuple):
    """The cells of a row, or the entries of a table of TOML, read with checks."""

    place: str
    given: Any
    words: Mapping[str, tuple[str, ...]] = WORDS
    cells: bool = False

    def wrong(self, field: str, rule: str, good: str, *value: Any) -> InputError:
        """Return the refusal of a field: where, the rule, the value got, a good value."""
        at = f"{self.place}, column {field}" if self.cells else f"{self.place}.{field}"
        got = value[0] if value else self.given.get(field, "nothing")
        return InputError(f"{at}: {rule}, got {shown(got)}; {good}")

    def read(self, spec: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of known fields; those absent are left out, empty cells are None."""
        if not isinstance(self.given, Mapping):
            raise InputError(f"{self.place}: must be a table, got {shown(self.given)}")
        for field in self.given:
            if field not in spec:
                raise self.wrong(shown(field).strip("'"), "is unknown", near(f"{field}", spec))
        for field, kind in spec.items():
            if field not in self.given and not kind.endswith("?"):
                words = self.words.get(kind.strip("[]"))
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
        """Return one value, of a kind as in ``COLUMNS``."""
        if ".." in kind or kind == ">0":
            return self.number(field, kind, got)
        if kind == "flag":
            if isinstance(got, bool):
                return got
            raise self.wrong(field, "must be true or false", "a good value is true", got)
        if kind == "day" and isinstance(got, date) and not isinstance(got, datetime):
            return got
        if kind.startswith("[") or kind == "rules":
            entries = got.split("|") if self.cells and isinstance(got, str) else got
            if not isinstance(entries, list) or (not entries and kind != "[act]"):
                raise self.wrong(
                    field, "must be a list with an entry at least", "or leave it out", got
                )
            if kind == "rules":
                return tuple(self.alternative(f"{field}[{i}]", e) for i, e in enumerate(entries))
            values = [self.value(field, kind[1:-1], entry) for entry in entries]
            if len(set(values)) < len(values):
                raise self.wrong(field, "must not name anything twice", "drop one", got)
            return tuple(values)
        if not isinstance(got, str) or not got.strip() or got != got.strip():
            raise self.wrong(field, "must be text", "not empty, no space at the ends", got)
        if kind in ("day", "month"):
            return self.day(field, kind, got)
        if kind == "notes" and not re.fullmatch(r"[a-z]+:[PSDM](;[a-z]+:[PSDM])*", got):
            raise self.wrong(field, "must be field:mark joined by ;", "as in price:M;die:D", got)
        if kind in self.words and got not in self.words[kind]:
            raise self.wrong(field, f"is no known {kind}", near(got, self.words[kind]), got)
        return got

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
            span = (
                "above 0" if kind == ">0" else f"{low} or more" if not high else f"{low} to {high}"
            )
            good = f"a good value is {low if float(low) > 1 else 1}"
            raise self.wrong(field, f"must be a {'whole ' * whole}number, {span}", good, got)
        return int(number) if whole else number

    def alternative(self, field: str, got: Any) -> dict[str, float]:
        """Return the conditions that hold together in one alternative of a rule."""
        if not isinstance(got, Mapping) or not got:
            good = "a good value is { tpp_min = 4800 }, for every chip { tpp_min = 0 }"
            raise self.wrong(field, "must be a table of conditions", good, got)
        for name in got:
            if name not in CONDITIONS:
                hint = near(f"{name}", CONDITIONS)
                raise self.wrong(field, f"has an unknown condition {shown(name)}", hint, got)
        found = {n: self.number(f"{field}.{n}", "0..", value) for n, value in got.items()}
        for name in found:
            if name.endswith("_min") and found[name] >= found.get(f"{name[:-3]}max", math.inf):
                raise self.wrong(field, f"{name} must be below its _max", "no chip meets it", got)
        return found

    def day(self, field: str, kind: str, got: str) -> date | tuple[int, int]:
        """Return a day of a text YYYY-MM-DD, or year and month of YYYY-MM."""
        form, text = ("YYYY-MM-DD", got) if kind == "day" else ("YYYY-MM", f"{got}-01")
        try:
            day = date.fromisoformat(text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "")
        except ValueError:
            good = f"a good value is {'2022-10-07'[: len(form)]}"
            raise self.wrong(field, f"must be a date {form}", good, got) from None
        return day if kind == "day" else (day.year, day.month)


NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def rows(
    folder: Path, name: str, words: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[Fields, dict[str, Any]]]:
    """Yield the rows of a table, as cells and as values; a row's key must be new."""
    spec = COLUMNS[name]
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
    if "chip" in spec:
        at = header.index("chip")  # families are chips, and may stand below what is made of them
        words = {**words, "chip": tuple(cells[at] for _, cells in lines[1:] if len(cells) > at)}
    first, *_ = spec
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise InputError(f"{name}: line {line}: has {len(cells)} cells; {len(header)} are good")
        given = dict(zip(header, cells, strict=True))
        row = Fields(f"{name}: line {line}", given, words, True)
        key = (given[first],) if spec[first] == "new" else (given[first], given["year"])
        if seen.setdefault(key, line) != line:
            raise row.wrong(first, f"stands in line {seen[key]} too", "rename or drop one of them")
        yield row, row.read(spec)


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: cannot be read as text: {error}") from None


def toml(folder: Path, name: str) -> dict[str, Any]:
    """Return a file of TOML; raises ``InputError`` where it cannot be read."""
    content = _text(folder, name)
    try:
        return tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is not TOML: {str(error)[:200]}") from None


def part(name: str, content: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return a named table of a file of TOML; raises ``InputError`` where there is none."""
    found = content.get(part)
    if not isinstance(found, dict):
        raise InputError(f"{name}: {part}: must be a table [{part}], got {shown(found)}")
    return found
