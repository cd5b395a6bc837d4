"""The tables in ``seeds/``: what a row is, read with checks that name file, row and column.

Rows are data of the world as it was; nothing here knows a rule. Dated acts given in a scenario
file are read by the same code as those of ``seeds/controls.toml``.
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from model.cells import COLUMNS, WORDS, Fields, part, rows, toml
from model.facts import InputError
from model.toml import near, shown

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
LEDGER = "claims.toml"


@dataclass(frozen=True)
class Bloc:
    """A bloc: its share of the world's means, its researchers, its part in making chips."""

    name: str
    label: str
    researchers_2024: float
    funding_share: float  # of the world's means of labs
    cloud_share: float  # of the world's spending on chips outside labs
    equipment_share: float  # of the world's chip-making equipment
    memory_share: float  # of the world's stacked memory
    materials_share: float  # of the world's supply of rare materials for chips
    domestic_2018: float  # accelerators fabs at home could make in 2018, H100 equivalents a month
    foreign_foundry: float  # share of all that such makers could get that foundries abroad make
    spending_share: float  # of the world's spending by users, if all used AI
    developers_2024: float  # millions
    adoption: float  # propensity to take up new things, 1 is the mean


@dataclass(frozen=True)
class Place:
    """An industrial district; tier is that of the three-tier rule (home, 1, 2, 3)."""

    name: str
    country: str
    bloc: str
    tier: str
    latitude: float
    longitude: float
    weight: float
    sectors: tuple[str, ...]


@dataclass(frozen=True)
class Laboratory:
    """An organisation that trains large models."""

    name: str
    bloc: str
    cluster: str
    founded: int
    rank: int
    release: str
    motive: float  # weight of research, the rest is revenue
    complement: float  # what it sells beside models, from 0 to 1


@dataclass(frozen=True)
class Chip:
    """An accelerator; ``available`` and ``withdrawn`` are (year, month).

    ``family`` is the chip whose dies it is made of (itself for most): chips of a family share
    one supply. ``answers`` names the acts, joined by "|", for which a weaker variant was made.
    """

    name: str
    vendor: str
    bloc: str
    sale: str
    family: str
    available: tuple[int, int]
    withdrawn: tuple[int, int] | None
    answers: str
    price: float
    tflops: float
    memory_bandwidth_gbs: float
    link_gbs: float
    tpp: float
    die_mm2: float

    @property
    def density(self) -> float:
        """Total processing performance per mm² of die."""
        return self.tpp / self.die_mm2


@dataclass(frozen=True)
class Shipment:
    """What was made of a family of chips in a year, for the whole world."""

    family: str
    year: int
    units: float


@dataclass(frozen=True)
class Price:
    """What a model cost through an interface: three parts input, one part output."""

    model: str
    date: tuple[int, int]
    vendor: str
    bloc: str
    release: str
    usd_per_mtok: float


@dataclass(frozen=True)
class Act:
    """A dated rule. Conditions and fields: the head of ``seeds/controls.toml``."""

    name: str
    title: str
    rumoured: date | None
    announced: date
    effective: date
    ended: date | None
    actor: str
    allies: tuple[str, ...]
    targets: tuple[str, ...]
    kind: str
    response: bool = False
    foreign_product: bool = False
    part: float = 1.0  # of the targets' industry that the act concerns
    rule: tuple[dict[str, float], ...] = ()
    notify: tuple[dict[str, float], ...] = ()
    firms: tuple[str, ...] = ()
    probability: float = 1.0
    fee: float = 0.0
    cap_tpp: float | None = None
    cap_units: float | None = None
    cap_home_share: float | None = None


@dataclass(frozen=True)
class Regime:
    """A list of acts; those ``kept`` stay in force past the end that the record gives them."""

    name: str
    title: str
    acts: tuple[str, ...]
    kept: tuple[str, ...] = ()


class Tables(NamedTuple):
    """All tables but those of acts."""

    blocs: tuple[Bloc, ...]
    places: tuple[Place, ...]
    labs: tuple[Laboratory, ...]
    chips: tuple[Chip, ...]
    supply: tuple[Shipment, ...]
    prices: tuple[Price, ...]  # no rule reads them: simulated prices are held against them


NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
WHOLE, PART = (
    ("funding_share", "cloud_share", "spending_share"),
    ("equipment_share", "memory_share", "materials_share"),
)
SUMS = dict.fromkeys(WHOLE, 1.0) | dict.fromkeys(PART, 0.0)
"""Least sum over the blocs of a share of the world; the most is 1 for all."""
FIELDS_OF_KINDS = {
    "rule": ("bar", "allow", "licence", "refuse"),  # these two are needed
    "firms": ("entities",),
    "notify": ("bar",),
    **dict.fromkeys(("probability", "fee", "cap_tpp", "cap_units", "cap_home_share"), ("licence",)),
}


@cache
def tables() -> Tables:
    """Return the tables of ``seeds/``; raises ``InputError`` as ``read_tables`` does."""
    return read_tables(SEEDS)


@cache
def acts() -> dict[str, Act]:
    """Return the acts of ``seeds/controls.toml`` by name; raises as ``read_controls`` does."""
    return read_controls(SEEDS)[0]


@cache
def regimes() -> dict[str, Regime]:
    """Return the regimes of ``seeds/controls.toml`` by name; raises as ``read_controls`` does."""
    return read_controls(SEEDS)[1]


def acts_of(regime: str) -> tuple[Act, ...]:
    """Return the acts of a regime, or the one act of that name, by day of effect, then name.

    Those that the regime keeps have no end. Raises ``InputError`` for unknown names.
    """
    known, named = acts(), regimes()
    if regime in known:
        return (known[regime],)
    if regime not in named:
        raise InputError(
            f"unknown regime {shown(regime)}; {near(regime, [*named, *known])}; regimes are "
            f"{', '.join(named)}; the name of an act stands for that act alone"
        )
    chosen = (
        replace(known[name], ended=None) if name in named[regime].kept else known[name]
        for name in named[regime].acts
    )
    return tuple(sorted(chosen, key=lambda act: (act.effective, act.name)))


def seeds_text() -> bytes:
    """Return all seed tables, for digests; the ledger of claims is none: no world reads it."""
    files = [path for path in sorted(SEEDS.iterdir()) if path.is_file() and path.name != LEDGER]
    return b"".join(path.read_bytes() for path in files)


def read_tables(folder: Path) -> Tables:
    """Read the tables of a folder.

    Raises ``InputError`` that names file, line and column, the rule, the value got and a good one.
    """
    counts = ("researchers_2024", "domestic_2018", "developers_2024", "adoption")
    numbers = [f.name for f in fields(Bloc) if f.name not in ("name", "label")]
    spec = {"name": "text"} | {n: "0.." if n in counts else "0..1" for n in numbers}
    spec |= {f"{n}_mark": "mark" for n in numbers} | {f"{n}_source": "text" for n in numbers}
    blocs = []
    for name, row in toml(folder, "blocs.toml").items():
        values = Fields(f"blocs.toml: {name}", row).read(spec)
        blocs.append(Bloc(name, values["name"], *(values[n] for n in numbers)))
    for field, least in SUMS.items():
        total = sum(float(getattr(bloc, field)) for bloc in blocs)
        if not least - 1e-3 <= total <= 1.0 + 1e-3:
            rule = "must sum to 1" if least else "may sum to at most 1"
            raise InputError(f"blocs.toml: {field}: {rule} over the blocs, got {total:g}; scale it")
    words = {**WORDS, "bloc": tuple(bloc.name for bloc in blocs)}
    words["act"] = tuple(part("controls.toml", toml(folder, "controls.toml"), "acts"))
    places = tuple(
        Place(**_picked(Place, {**row, "name": row["cluster"]}))
        for _, row in rows(folder, "clusters.csv", words)
    )
    seats = {place.name: place.bloc for place in places}
    words["cluster"] = tuple(seats)
    labs = []
    for cells, row in rows(folder, "labs.csv", words):
        if seats[row["cluster"]] != row["bloc"]:
            raise cells.wrong("cluster", f"must lie in {row['bloc']}", "correct one of the two")
        labs.append(Laboratory(**_picked(Laboratory, {**row, "name": row["lab"]})))
    roots, chips = {}, []
    for cells, row in rows(folder, "chips.csv", words):
        if row["withdrawn"] is not None and row["withdrawn"] <= row["available"]:
            raise cells.wrong("withdrawn", "must be after available", "or leave it empty")
        row |= {"name": row["chip"], "price": row["price_usd"], "answers": row["answers"] or ""}
        chips.append(Chip(**_picked(Chip, row)))
        roots[row["chip"]] = (row["family"], cells)
    for family, cells in roots.values():
        if roots[family][0] != family:
            good = f"take {roots[family][0]!r}, as it does"
            raise cells.wrong("family", "must be a chip that is of its own family", good)
    words["chip"] = tuple(name for name, (family, _) in roots.items() if name == family)
    supply = tuple(
        Shipment(**_picked(Shipment, row)) for _, row in rows(folder, "supply.csv", words)
    )
    prices = tuple(Price(**_picked(Price, row)) for _, row in rows(folder, "prices.csv", words))
    return Tables(tuple(blocs), places, tuple(labs), tuple(chips), supply, prices)


def read_controls(folder: Path) -> tuple[dict[str, Act], dict[str, Regime]]:
    """Read acts and regimes from ``controls.toml`` of a folder.

    Raises ``InputError`` for what ``act_of`` refuses, and for regimes of unknown acts.
    """
    content = toml(folder, "controls.toml")
    if other := sorted(set(content) - {"acts", "regimes"}):
        raise InputError(f"controls.toml: {other[0]}: is unknown; known are acts, regimes")
    known = {
        name: act_of(name, row, f"controls.toml: acts.{name}")
        for name, row in part("controls.toml", content, "acts").items()
    }
    named = {}
    for name, row in part("controls.toml", content, "regimes").items():
        at = f"controls.toml: regimes.{name}"
        if name in known:
            raise InputError(f"{at}: is the name of an act too; give the regime another")
        given = row.get("acts") if isinstance(row, dict) else ()
        members = tuple(given) if isinstance(given, list) else ()
        words = {"act": tuple(known), "member": members}
        named[name] = Regime(
            name, **({"acts": ()} | Fields(at, row, words).read(COLUMNS["regime"]))
        )
    return known, named


def act_of(name: str, fields: Mapping[str, Any], place: str) -> Act:
    """Make an act of a table of TOML; ``place`` says where it stands, for messages.

    Raises ``InputError`` that names place and field, the rule, the value got and a good one.
    """
    known = tables()
    blocs = tuple(bloc.name for bloc in known.blocs)
    words = {**WORDS, "bloc": blocs, "target": (*blocs, "tier 1", "tier 2", "tier 3")}
    row = Fields(place, fields, words | {"lab": tuple(lab.name for lab in known.labs)})
    act = row.read(COLUMNS["act"])
    for field, kinds in FIELDS_OF_KINDS.items():
        if field in act and act["kind"] not in kinds:
            good = f"it belongs to kind {', '.join(kinds)}"
            raise row.wrong(field, f"has no meaning with kind {act['kind']!r}", good)
        if field in ("rule", "firms") and field not in act and act["kind"] in kinds:
            good = "a good value is " + (
                '["Huawei"]' if field == "firms" else "[{ tpp_min = 4800 }]"
            )
            raise row.wrong(field, f"is needed with kind {act['kind']!r}", good)
    dates = [day for day in ("rumoured", "announced", "effective") if day in act]
    for first, second in [*pairwise(dates), ("announced", "ended")]:
        if second in act and act[first] > act[second]:
            raise row.wrong(first, f"must not be after {second}, {act[second]}", "exchange them")
    if act["kind"] == "refuse" and act["actor"] not in act["targets"]:
        good = "it is the targets' own government that refuses; a good kind is bar"
        raise row.wrong("actor", "must be among the targets with kind 'refuse'", good)
    caps = [field for field in ("cap_tpp", "cap_units", "cap_home_share") if field in act]
    if len(caps) > 1:
        raise row.wrong(caps[1], f"cannot stand beside {caps[0]}", "make two acts of it")
    if not NAME.fullmatch(name):
        raise InputError(f"{place}: name: must be letters, digits, _ and -, at most 60, got "
                         f"{shown(name)}; a good name is my_rule")  # fmt: skip
    act = {"title": name, "rumoured": None, "ended": None, "allies": ()} | act
    return Act(name=name, **{k: v for k, v in act.items() if k not in ("mark", "source")})


def _picked(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are fields of a dataclass."""
    return {f.name: values[f.name] for f in fields(kind)}


def generated_places(count: int, seed: int, template: tuple[Place, ...]) -> tuple[Place, ...]:
    """Make ``count`` districts beyond those of a table, the same ones for the same seed.

    The table ends where its sources do; whether results depend on the number and smallness of
    districts can only be asked with more of them. Each lies within 150 km of one of the table,
    drawn by weight, and has its bloc, country, tier and sectors; weights go on falling with rank
    as in the tail of the table. A longer list begins with the shorter one. Raises ``InputError``
    for a negative count or an empty table.
    """
    if count < 0 or not template:
        raise InputError(f"generated districts: must be 0 or more, from a table, got {count}")
    # Not numpy's: this stream is promised to stay the same, and its import costs nothing.
    luck = random.Random(seed)
    names, result = {place.name for place in template}, []
    sums, copies = list(accumulate(p.weight for p in template)), dict.fromkeys(names, 1)
    lightest = min(place.weight for place in template)
    for rank in range(len(template) + 1, len(template) + count + 1):
        old = template[bisect(sums, luck.random() * sums[-1], hi=len(sums) - 1)]
        north, turn, name = math.radians(old.latitude), 2.0 * math.pi * luck.random(), old.name
        far = 150.0 / 6371.0 * math.sqrt(luck.random())  # even over the disc; in Earth's radii
        sine = math.sin(north) * math.cos(far) + math.cos(north) * math.sin(far) * math.cos(turn)
        east = math.atan2(
            math.sin(turn) * math.sin(far) * math.cos(north), math.cos(far) - math.sin(north) * sine
        )
        while name in names:
            copies[old.name] += 1
            name = f"{old.name} #{copies[old.name]}"
        names.add(name)
        place = replace(
            old,
            name=name,
            latitude=math.degrees(math.asin(min(1.0, max(-1.0, sine)))),
            longitude=(old.longitude + math.degrees(east) + 180.0) % 360.0 - 180.0,
            weight=lightest * len(template) / rank,
        )
        result.append(place)
    return tuple(result)
