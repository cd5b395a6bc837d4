"""What a sweep is: read from a TOML file or from words, and checked.

A file::

    title = "How porous may the border be?"

    [sweep]
    scenario   = "ban"
    against    = "no_ban"      # effects relative to it; leave it out for outcomes alone
    design     = "lhs"         # grid, lhs, sobol, saltelli, morris, file
    points     = 200
    replicates = 2

    [set.economy]              # holds in all points
    firms = 1000

    [factors]                  # none: every parameter with a prior that is not stated, and chance
    controls.porosity    = { low = 0.0, high = 0.6 }
    spillover.strength   = { low = 0.05, high = 1.0, scale = "log" }
    domestic.learning    = "prior"
    controls.stockpiling = "switch"
    controls.degraded    = { values = ["none", "designed"] }
    scenario             = { values = ["ban", "ban_tight"] }
    chance                 = { low = 1, high = 100 }

A factor holds in both arms, unless the scenario and the one it is held against state different
values of it: then it is a part of the treatment and holds in the scenario alone (``in`` says
otherwise: ``"both"``, ``"scenario"``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.experiments.designs import DESIGNS, POINTS, Factor
from analysis.experiments.experiment import HORIZONS
from analysis.experiments.factors import factors_of, in_file, in_words, refuse_lopsided
from analysis.experiments.scenario_loader import Loader, apart, comparable
from model.core.errors import InputError, near, shown
from model.core.toml import quoted, read_toml
from model.core.values import as_whole, plain
from model.parameters import FACTS
from model.scenario import Scenario, home
from model.state.inputs import parse_month

ENTRIES: dict[str, tuple[type, str]] = {
    "scenario": (str, 'scenario = "ban"'),
    "against": (str, 'against = "no_ban"'),
    "design": (str, 'design = "lhs"'),
    "points": (int, "points = 64"),
    "replicates": (int, "replicates = 4"),
    "seed": (int, "seed = 1"),
    "horizons": (list, 'horizons = ["2024-12", "2030-12"]'),
    "file": (str, 'file = "points.csv"'),
    "batch": (int, "batch = 16"),
}
HEADINGS = ("title", "sweep", "set", "factors")
TABLES = (".csv", ".parquet")
MOST_REPLICATES = 100_000


@dataclass(frozen=True)
class Specification:
    """A sweep, checked: worlds, factors, design; nothing in it depends on the machine."""

    title: str
    worlds: dict[str, Scenario]
    against: Scenario | None
    factors: tuple[Factor, ...]
    design: str
    points: int
    replicates: int
    seed: int
    horizons: tuple[str, ...]
    batch: int | None = None
    table: Path | None = field(default=None, compare=False)
    loader: Loader = field(default_factory=Loader, compare=False)

    @property
    def base(self) -> Scenario:
        """The scenario that is varied, or the first of several."""
        return next(iter(self.worlds.values()))

    @property
    def varies_baseline(self) -> bool:
        """Whether points differ in what the baseline world is resolved from."""
        return any(
            not (FACTS[factor.key].lever or FACTS[factor.key].under_rules)
            for factor in self.factors
            if factor.key in FACTS
        )

    def digest(self, plan: bytes) -> str:
        """Return the SHA-256 of all that decides the rows: this, the plan, the program."""
        content = {
            "worlds": {name: world.parameters.digest() for name, world in self.worlds.items()},
            "against": None if self.against is None else self.against.parameters.digest(),
            "factors": [asdict(factor) for factor in self.factors],
            "rest": [self.design, self.points, self.replicates, self.seed, self.horizons,
                     self.batch],
        }  # fmt: skip
        text = json.dumps(content, sort_keys=True, default=str).encode()
        return hashlib.sha256(text + plan).hexdigest()


def is_specification(path: Path) -> bool:
    """Return whether a file is a sweep's, not a scenario's: it has a table [sweep]."""
    try:
        return path.is_file() and "sweep" in read_toml(path)
    except (InputError, OSError, ValueError):
        return False


def read(
    path: Path,
    changes: Mapping[str, Any] | None = None,
    overrides: tuple[str, ...] = (),
    vary: tuple[str, ...] = (),
) -> Specification:
    """Read a sweep's file; ``changes`` are entries of [sweep] given beside it.

    Raises ``InputError`` naming file, field, rule, value and a good value.
    """
    content = read_toml(path)
    place = path.name
    for name in content:
        if name not in HEADINGS:
            raise InputError(f"{place}: unknown table {shown(name)}; {near(name, HEADINGS)}")
    if "sweep" not in content:
        raise InputError(f'{place}: has no table [sweep]; the shortest sweep is: [sweep] and '
                         'scenario = "ban" below it')  # fmt: skip
    for name in ("sweep", "set", "factors"):
        if not isinstance(content.get(name, {}), dict):
            raise InputError(f"{place}: {name}: must be a table, got {shown(content[name])}; "
                             f"a good line is [{name}]")  # fmt: skip
    title = content.get("title", path.stem)
    if not isinstance(title, str) or not title.isprintable():
        raise InputError(f"{place}: title: must be one line of text, got {shown(title)}; "
                         'a good line is title = "How porous may the border be?"')  # fmt: skip
    given = tuple(_flat_set(content.get("set", {}), place))
    factors = in_file(content.get("factors", {}), place)
    for name, value in (in_words(text) for text in vary):
        factors[name] = value
    return check(
        {**content["sweep"], **(changes or {})},
        factors,
        title=title,
        place=f"{place}: ",
        overrides=(*given, *overrides),
        beside=path.parent,
    )


def given(
    entries: Mapping[str, Any], vary: tuple[str, ...] = (), overrides: tuple[str, ...] = ()
) -> Specification:
    """Make a sweep from words: entries of [sweep], and ``NAME=LOW:HIGH`` for each factor.

    Other forms are ``NAME=LOW:HIGH:log``, ``NAME=one,two,three``, ``NAME=prior`` and ``NAME``.
    Raises ``InputError``.
    """
    factors: dict[str, Any] = {}
    for text in vary:
        name, value = in_words(text)
        if name in factors:
            raise InputError(f"factor {name}: is given twice; give each factor once")
        factors[name] = value
    return check(entries, factors, title="", place="", overrides=overrides)


def check(
    entries: Mapping[str, Any],
    factors: Mapping[str, Any],
    *,
    title: str,
    place: str,
    overrides: tuple[str, ...] = (),
    beside: Path | None = None,
) -> Specification:
    """Check a sweep's entries and factors; raises ``InputError``."""
    entries = {name: plain(value) for name, value in entries.items()}
    factors = {name: plain(value) for name, value in factors.items()}
    for name, value in entries.items():
        if name not in ENTRIES:
            raise InputError(f"{place}sweep: unknown entry {shown(name)}; {near(name, ENTRIES)}")
        kind, good = ENTRIES[name]
        value = entries[name] = as_whole(value) if kind is int else value
        if not isinstance(value, kind) or isinstance(value, bool):
            word = {str: "text", int: "a whole number", list: "a list"}[kind]
            raise InputError(
                f"{place}sweep.{name}: must be {word}, got {shown(value)}; a good line is {good}"
            )
    if "scenario" not in entries:
        raise InputError(f'{place}sweep.scenario: is missing; a good line is scenario = "ban"')

    loader = Loader(overrides, () if beside is None else (beside,))
    worlds, against = _worlds(loader, entries["scenario"], entries.get("against"), factors, place)
    comparable(*worlds.values(), against)
    design = entries.get("design", "lhs" if "file" not in entries else "file")
    if design not in DESIGNS:
        raise InputError(f"{place}sweep.design: unknown design {shown(design)}; "
                         f"{near(design, DESIGNS)}")  # fmt: skip
    if (design == "file") != ("file" in entries):
        raise InputError(f"{place}sweep.file: goes with design = \"file\" and that with it; "
                         'good lines are design = "file" and file = "points.csv"')  # fmt: skip
    table = None
    if design == "file":
        table = (beside or Path()) / home(entries["file"])
        if table.suffix not in TABLES and not table.name.endswith(".csv.gz"):
            raise InputError(f"{place}sweep.file: must end in .csv or .parquet, got "
                             f"{shown(entries['file'])}; a good line is file = \"points.csv\""
                             )  # fmt: skip
        if factors:
            raise InputError(f"{place}factors: a design from a file has its factors there, as "
                             "columns; leave them out")  # fmt: skip
        made: tuple[Factor, ...] = ()
    else:
        made = factors_of(factors, worlds, against, place)
        for factor in made:
            refuse_lopsided(factor, against, f"{place}factors.{factor.name}")
    replicates = entries.get("replicates", 1)
    _within(place, "replicates", replicates, 1, MOST_REPLICATES, "4")
    if replicates > 1 and any(factor.name == "chance" for factor in made):
        raise InputError(f"{place}sweep.replicates: must be 1 where chance is a factor, got "
                         f"{replicates}; leave one of them out")  # fmt: skip
    seed = entries.get("seed", 1)
    _within(place, "seed", seed, 0, 2**62, "1")
    batch = entries.get("batch")
    if batch is not None:
        _within(place, "batch", batch, 1, 100_000, "16")
    base = next(iter(worlds.values()))
    return Specification(
        title or f"{base.name} over {', '.join(factor.name for factor in made[:3]) or design}",
        worlds,
        against,
        made,
        design,
        entries.get("points", POINTS.get(design, 0)),
        replicates,
        seed,
        _horizons(entries.get("horizons"), base, place),
        batch,
        table,
        loader,
    )


def as_toml(spec: Specification, table: str | None = None) -> str:
    """Write a sweep as a file that stands in its folder, beside its scenarios, and runs as is."""
    lines = [f"title = {quoted(spec.title)}", "", "[sweep]"]
    lines.append(f"scenario = {quoted(f'scenarios/{spec.base.name}.toml')}")
    if spec.against is not None:
        lines.append(f"against = {quoted(f'scenarios/{spec.against.name}.toml')}")
    for name in ("design", "points", "replicates", "seed", "horizons", "batch"):
        value = getattr(spec, name)
        if value is not None and (name != "points" or spec.design != "file"):
            lines.append(f"{name} = {quoted(value)}")
    if table is not None:
        return "\n".join([*lines, f"file = {quoted(table)}"]) + "\n"
    lines += ["", "[factors]"]
    for factor in spec.factors:
        entry: dict[str, Any]
        if factor.name == "scenario":
            entry = {"values": [f"scenarios/{name}.toml" for name in factor.values]}
        elif factor.kind == "choice":
            entry = {"values": list(factor.values), "in": factor.where}
        else:
            whole = int if factor.kind == "integer" else float
            entry = {"low": whole(factor.low), "high": whole(factor.high),
                     "scale": "log" if factor.log else "linear", "in": factor.where}  # fmt: skip
            if factor.levels is not None:
                entry["levels"] = factor.levels
        lines.append(f"{quoted(factor.name)} = {quoted(entry)}")
    return "\n".join(lines) + "\n"


def _worlds(
    loader: Loader, name: str, against: str | None, factors: Mapping[str, Any], place: str
) -> tuple[dict[str, Scenario], Scenario | None]:
    # The worlds that are varied, by names that tell them apart, and what they are held against.
    first = loader.one(name)
    other = None if against is None else loader.one(against)
    factor = factors.get("scenario")
    if factor is None:
        listed, other = apart([first], other)
        return {listed[0].name: listed[0]}, other
    names = factor.get("values") if isinstance(factor, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise InputError(f"{place}factors.scenario: must list scenarios, got {shown(factor)}; "
                         'a good line is scenario = { values = ["ban", "ban_tight"] }')  # fmt: skip
    where = f"{place}factors.scenario"
    listed, other = loader.several(names, where, other)
    found: dict[str, Scenario] = {}
    for one in listed:
        if one.name in found:
            raise InputError(f"{where}: {one.name!r} is there twice; give each scenario once")
        found[one.name] = one
    return found, other


def _within(place: str, name: str, value: int, low: int, high: int, good: str) -> None:
    if not low <= value <= high:
        raise InputError(f"{place}sweep.{name}: must be from {low} to {high}, got {value}; "
                         f"a good value is {good}")  # fmt: skip


def _horizons(given: Any, base: Scenario, place: str) -> tuple[str, ...]:
    calendar = base.parameters.economy.calendar()
    last = calendar.label(calendar.months - 1)
    first = calendar.label(calendar.prehistory)
    if given is None:
        return (*(h for h in HORIZONS if first <= h < last), last)
    if not given or not all(isinstance(month, str) for month in given):
        raise InputError(f"{place}sweep.horizons: must list months, got {shown(given)}; "
                         f'a good value is ["{last}"]')  # fmt: skip
    for month in given:
        parse_month(month, "horizons", "sweep")
        if not first <= month <= last:
            raise InputError(f"{place}sweep.horizons: must lie from {first} to {last}, got "
                             f"{month!r}; a good value is {last!r}")  # fmt: skip
    return tuple(dict.fromkeys(given))


def _flat_set(tables: Mapping[str, Any], place: str) -> list[str]:
    found = []
    for group, entries in tables.items():
        if not isinstance(entries, dict):
            raise InputError(f"{place}: set.{group}: must be a table, got {shown(entries)}; "
                             "good lines are [set.economy] and firms = 1000")  # fmt: skip
        found += [f"{group}.{name}={quoted(value)}" for name, value in entries.items()]
    return found
