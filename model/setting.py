"""What a world is set in: blocs, places, labs, chips, acts, read from the tables in ``seeds/``.

A setting is data only. Two worlds of one setting differ by parameters; label-swapped and mirrored
settings are made from it by renaming and copying, never by another branch of code.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from model.facts import InputError

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
Row = TypeVar("Row")


@dataclass(frozen=True)
class Calendar:
    """Months from the start of prehistory (month 0) to the end."""

    first_year: int
    first_month: int
    prehistory: int
    months: int

    def index(self, year: int, month: int) -> int:
        """Return the number of a month of the calendar; it may lie outside the span."""
        return (year - self.first_year) * 12 + month - self.first_month

    def label(self, index: int) -> str:
        """Return a month as YYYY-MM."""
        year, month = divmod(self.first_year * 12 + self.first_month - 1 + index, 12)
        return f"{year:04d}-{month + 1:02d}"

    def year(self, index: int) -> float:
        """Return the start of a month as a number of years."""
        return self.first_year + (self.first_month - 1 + index) / 12.0

    def span(self, effective: date, ended: date | None) -> tuple[int, int]:
        """Return the months [start, stop) in whose middle (the 16th) an act is in force."""
        start = self._middle(effective)
        stop = self.months if ended is None else self._middle(ended)
        return max(0, start), min(self.months, stop)

    def _middle(self, day: date) -> int:
        return self.index(day.year, day.month) + (1 if day.day > 16 else 0)


@dataclass(frozen=True)
class Bloc:
    """A bloc: its share of the world's means and its researchers."""

    name: str
    label: str
    researchers_2024: float
    funding_share: float


@dataclass(frozen=True)
class Place:
    """An industrial district."""

    name: str
    bloc: str
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


@dataclass(frozen=True)
class Chip:
    """An accelerator; ``available`` and ``withdrawn`` are (year, month)."""

    name: str
    vendor: str
    bloc: str
    available: tuple[int, int]
    withdrawn: tuple[int, int] | None
    answers: str
    price: float
    tflops: float
    memory_bandwidth_gbs: float
    link_gbs: float
    tpp: float
    density: float


@dataclass(frozen=True)
class Act:
    """A dated rule: which chips it bars or allows for whom. Conditions: ``seeds/controls.toml``."""

    name: str
    title: str
    effective: date
    ended: date | None
    targets: tuple[str, ...]
    kind: str
    rule: tuple[dict[str, float], ...]


@dataclass(frozen=True)
class Setting:
    """Everything given that parameters do not hold; acts are those of the scenario's regime."""

    calendar: Calendar
    blocs: tuple[Bloc, ...]
    places: tuple[Place, ...]
    labs: tuple[Laboratory, ...]
    chips: tuple[Chip, ...]
    acts: tuple[Act, ...]
    leader: str
    follower: str

    def bloc_index(self, name: str) -> int:
        """Return the row of a bloc; -1 where it is not part of this world."""
        names = [bloc.name for bloc in self.blocs]
        return names.index(name) if name in names else -1


@cache
def tables() -> tuple[
    tuple[Bloc, ...], tuple[Place, ...], tuple[Laboratory, ...], tuple[Chip, ...]
]:
    """Read blocs, places, labs and chips from ``seeds/``."""
    blocs = tuple(
        Bloc(name, row["name"], float(row["researchers_2024"]), float(row["funding_share"]))
        for name, row in _toml("blocs.toml").items()
    )
    places = _rows(
        "clusters.csv",
        lambda r: Place(
            r["cluster"],
            r["bloc"],
            float(r["latitude"]),
            float(r["longitude"]),
            float(r["weight"]),
            tuple(r["sectors"].split("|")),
        ),
    )
    labs = _rows(
        "labs.csv",
        lambda r: Laboratory(
            r["lab"], r["bloc"], r["cluster"], int(r["founded"]), int(r["rank"]), r["release"]
        ),
    )
    chips = _rows(
        "chips.csv",
        lambda r: Chip(
            r["chip"],
            r["vendor"],
            r["bloc"],
            _month(r["available"]),
            _month(r["withdrawn"]) if r["withdrawn"] else None,
            r["answers"],
            float(r["price_usd"]),
            float(r["tflops"]),
            float(r["memory_bandwidth_gbs"]),
            float(r["link_gbs"]),
            float(r["tpp"]),
            float(r["tpp"]) / float(r["die_mm2"]),
        ),
    )
    return blocs, places, labs, chips


@cache
def regimes() -> dict[str, tuple[Act, ...]]:
    """Read the regimes, each a tuple of acts in order of effect, from ``seeds/controls.toml``."""
    text = _toml("controls.toml")
    acts = {
        name: Act(
            name,
            row["title"],
            row["effective"],
            row.get("ended"),
            tuple(row["targets"]),
            row["kind"],
            tuple({key: float(value) for key, value in rule.items()} for rule in row["rule"]),
        )
        for name, row in text["acts"].items()
    }
    return {
        name: tuple(sorted((acts[a] for a in members), key=lambda act: act.effective))
        for name, members in text["regimes"].items()
    }


def seeds_text() -> bytes:
    """Return all seed tables, for digests."""
    return b"".join(path.read_bytes() for path in sorted(SEEDS.iterdir()) if path.is_file())


def roadmap(
    chips: Iterable[Chip], until: tuple[int, int], interval: int, growth: float, price_growth: float
) -> tuple[Chip, ...]:
    """Return the chips and the generations that follow the newest one, to a month.

    Each generation comes ``interval`` months after the last; performance, bandwidth and links
    grow so that performance per dollar grows by ``growth`` a year while the price grows by
    ``price_growth`` a year, from the chip that is best per dollar. Density stays that of this one.
    """
    result, step = list(chips), interval / 12.0
    plain = [chip for chip in result if not chip.answers]
    best = max(plain, key=lambda chip: chip.tflops / chip.price)
    generation = replace(best, available=max(chip.available for chip in plain))
    while True:
        months = generation.available[0] * 12 + generation.available[1] - 1 + interval
        date_of_sale = (months // 12, months % 12 + 1)
        if date_of_sale > until:
            return tuple(result)
        faster = (growth * price_growth) ** step
        generation = replace(
            generation,
            name=f"generation of {date_of_sale[0]}-{date_of_sale[1]:02d}",
            available=date_of_sale,
            withdrawn=None,
            price=generation.price * price_growth**step,
            tflops=generation.tflops * faster,
            memory_bandwidth_gbs=generation.memory_bandwidth_gbs * faster,
            link_gbs=generation.link_gbs * faster,
            tpp=generation.tpp * faster,
        )
        result.append(generation)


def mirrored(setting: Setting, template: str) -> Setting:
    """Return a setting whose blocs are all copies of one, set evenly around the globe.

    Means and researchers of the world are shared equally; keys of the copies come from place and
    number. Raises ``InputError`` when the template is no bloc of the setting.
    """
    if setting.bloc_index(template) < 0:
        good = ", ".join(b.name for b in setting.blocs)
        raise InputError(f"economy.identical_blocs: unknown bloc {template!r}; blocs are {good}")
    number = len(setting.blocs)
    people = sum(bloc.researchers_2024 for bloc in setting.blocs) / number
    blocs, places, labs = [], [], []
    for copy, bloc in enumerate(setting.blocs):
        mark = f" #{copy + 1}"
        blocs.append(replace(bloc, researchers_2024=people, funding_share=1.0 / number))
        for place in setting.places:
            if place.bloc == template:
                turned = (place.longitude + 360.0 * copy / number + 180.0) % 360.0 - 180.0
                places.append(
                    replace(place, name=place.name + mark, bloc=bloc.name, longitude=turned)
                )
        for lab in setting.labs:
            if lab.bloc == template:
                labs.append(
                    replace(lab, name=lab.name + mark, bloc=bloc.name, cluster=lab.cluster + mark)
                )
    return replace(setting, blocs=tuple(blocs), places=tuple(places), labs=tuple(labs))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((SEEDS / name).read_text(encoding="utf-8"))


def _rows(name: str, make: Callable[[dict[str, str]], Row]) -> tuple[Row, ...]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return tuple(make(row) for row in csv.DictReader(file))


def _month(text: str) -> tuple[int, int]:
    year, month = text.split("-")
    return int(year), int(month)
