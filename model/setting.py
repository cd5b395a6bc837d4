"""What a world is set in: its months, blocs, places, labs, chips, supply and acts.

A setting is data only. Two worlds of one setting differ by parameters; label-swapped and mirrored
settings are made from it by renaming and copying, never by another branch of code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from model.facts import InputError
from model.seeds import Act, Bloc, Chip, Laboratory, Place, Shipment


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
        start = self.middle(effective)
        stop = self.months if ended is None else self.middle(ended)
        return max(0, start), min(self.months, stop)

    def middle(self, day: date) -> int:
        """Return the first month in whose middle (the 16th) a day has passed."""
        return self.index(day.year, day.month) + (1 if day.day > 16 else 0)


@dataclass(frozen=True)
class Destination:
    """Where chips may go: the places of a bloc in one tier of the three-tier rule."""

    bloc: str
    tier: str
    countries: int
    weight: float  # of its places, share of the bloc's

    @property
    def name(self) -> str:
        """Return a short name, as ``others tier 2``."""
        return f"{self.bloc} tier {self.tier}"


@dataclass(frozen=True)
class Setting:
    """Everything given that parameters do not hold; acts are those of the scenario's regime."""

    calendar: Calendar
    blocs: tuple[Bloc, ...]
    places: tuple[Place, ...]
    labs: tuple[Laboratory, ...]
    chips: tuple[Chip, ...]
    supply: tuple[Shipment, ...]
    acts: tuple[Act, ...]
    leader: str
    follower: str

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Return bloc by bloc the tiers that its places lie in, with their countries."""
        found = []
        for bloc in self.blocs:
            here = [place for place in self.places if place.bloc == bloc.name]
            total = math.fsum(place.weight for place in here)
            for tier in sorted({place.tier for place in here}):
                inside = [place for place in here if place.tier == tier]
                weight = math.fsum(place.weight for place in inside) / total
                found.append(Destination(bloc.name, tier, len({p.country for p in inside}), weight))
        return tuple(found)

    def bloc_index(self, name: str) -> int:
        """Return the row of a bloc; -1 where it is not part of this world."""
        names = [bloc.name for bloc in self.blocs]
        return names.index(name) if name in names else -1


ROADMAP = "generation of "
"""What the names of chips after the table begin with."""


def roadmap(
    chips: Iterable[Chip], until: tuple[int, int], interval: int, growth: float, price_growth: float
) -> tuple[Chip, ...]:
    """Return the chips and the generations that follow each vendor's fastest one, to a month.

    Each generation comes ``interval`` months after the vendor's last; performance, bandwidth and
    links grow so that performance per dollar grows by ``growth`` a year while the price grows by
    ``price_growth`` a year. Density stays that of the last chip of the table: dies grow with
    performance. Vendors who brought nothing out in the two years before the newest chip of the
    table have no roadmap.
    """
    result, step = list(chips), interval / 12.0
    plain = [chip for chip in result if not chip.answers]
    newest = max((chip.available for chip in plain), default=(0, 0))
    for vendor in dict.fromkeys(chip.vendor for chip in plain):
        own = [chip for chip in plain if chip.vendor == vendor]
        last = max(chip.available for chip in own)
        if (newest[0] - last[0]) * 12 + newest[1] - last[1] > 24:
            continue
        generation = replace(max(own, key=lambda chip: chip.tflops), available=last)
        while True:
            months = generation.available[0] * 12 + generation.available[1] - 1 + interval
            on_sale = (months // 12, months % 12 + 1)
            if on_sale > until:
                break
            faster = (growth * price_growth) ** step
            name = f"{ROADMAP}{on_sale[0]}-{on_sale[1]:02d}, {vendor}"
            generation = replace(
                generation,
                name=name,
                family=name,
                available=on_sale,
                withdrawn=None,
                price=generation.price * price_growth**step,
                tflops=generation.tflops * faster,
                memory_bandwidth_gbs=generation.memory_bandwidth_gbs * faster,
                link_gbs=generation.link_gbs * faster,
                tpp=generation.tpp * faster,
                die_mm2=generation.die_mm2 * faster,
            )
            result.append(generation)
    return tuple(result)


def mirrored(setting: Setting, template: str) -> Setting:
    """Return a setting whose blocs are all copies of one, set evenly around the globe.

    Means and researchers of the world are shared equally; keys of the copies come from place and
    number. Raises ``InputError`` when the template is no bloc of the setting.
    """
    if setting.bloc_index(template) < 0:
        good = ", ".join(b.name for b in setting.blocs)
        raise InputError(f"economy.identical_blocs: unknown bloc {template!r}; blocs are {good}")
    number = len(setting.blocs)
    shared = ("researchers_2024", "funding_share", "cloud_share", "equipment_share",
              "memory_share", "materials_share", "domestic_2018", "foreign_foundry",
              "spending_share", "developers_2024", "adoption")  # fmt: skip
    equal: dict[str, Any] = {
        name: math.fsum(getattr(bloc, name) for bloc in setting.blocs) / number for name in shared
    }
    blocs, places, labs = [], [], []
    for copy, bloc in enumerate(setting.blocs):
        mark = f" #{copy + 1}"
        blocs.append(replace(bloc, **equal))
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


def parse_month(text: str, field: str, group: str = "economy") -> tuple[int, int]:
    """Return year and month of a text YYYY-MM; raises ``InputError`` naming the field."""
    good = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    year, month = (int(good[1]), int(good[2])) if good else (0, 0)
    if not (1900 <= year <= 2200 and 1 <= month <= 12):
        raise InputError(
            f'{group}.{field} must be a month as YYYY-MM, got {text!r}; a good value is "2018-01"'
        )
    return year, month
