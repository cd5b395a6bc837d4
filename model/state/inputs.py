"""The inputs of a run besides its parameters: its months, and rows of the tables in ``seeds/``.

Inputs are data only. Label-swapped and mirrored inputs come from renaming and copying rows, never
from another branch of code.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date

from model.core.errors import InputError
from model.core.meant import month as month_meant


@dataclass(frozen=True)
class Bloc:
    """A bloc: its researchers, its shares of world budgets and demand, its part in making chips."""

    name: str
    label: str
    researchers_2024: float
    cloud_share: float  # share of world spending on chips outside labs
    equipment_share: float  # share of the world's chip-making equipment
    memory_share: float  # share of the world's high-bandwidth memory
    materials_share: float  # share of the world's supply of rare materials for chips
    domestic_2018: float  # capacity of domestic fabs for accelerators, H100 equivalents a month
    foreign_foundry: float  # share of foreign foundries in the capacity of domestic makers
    spending_share: float  # share of world spending by users, if all used AI
    developers_2024: float  # millions
    adoption: float  # propensity to adopt, relative to the mean of 1
    means: tuple[tuple[int, float], ...]  # year, share of what the world's labs have to spend

    def share_of_means(self, year: float) -> float:
        """Return the bloc's share of labs' means at a date in years; the first and last row hold.

        A row is that of its mid-year; between two rows the share changes evenly.
        """
        before = self.means[0]
        for row in self.means:
            if row[0] + 0.5 > year:
                span = row[0] - before[0]
                part = (year - before[0] - 0.5) / span if span else 0.0
                return before[1] + part * (row[1] - before[1])
            before = row
        return before[1]


@dataclass(frozen=True)
class Place:
    """An industrial district; ``tier`` is its tier under the three-tier rule (home, 1, 2, 3)."""

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
    earlier: str | None  # its release habit to the end of a month (year, month), where it changed
    until: tuple[int, int] | None
    motive: float  # weight of research in its aims, the rest is revenue
    complement: float  # weight of products it sells besides models, from 0 to 1


@dataclass(frozen=True)
class Chip:
    """An accelerator; ``available`` and ``withdrawn`` are (year, month).

    ``family`` is the chip whose dies it is made of (itself for most): chips of a family share
    one supply. ``answers`` names the acts, joined by "|", for which an export version was made.
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
    """World output of a family of chips in a year."""

    family: str
    year: int
    units: float


@dataclass(frozen=True)
class Price:
    """The price of a model through its interface: three parts input, one part output."""

    model: str
    date: tuple[int, int]
    vendor: str
    bloc: str
    release: str
    usd_per_mtok: float


@dataclass(frozen=True)
class Act:
    """A dated act of export control; kinds and fields: ``model/controls/acts.py``."""

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
    part: float = 1.0  # share of the targets' industry that the act concerns
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
    """A list of acts; acts in ``kept`` stay in force past their end on record."""

    name: str
    title: str
    acts: tuple[str, ...]
    kept: tuple[str, ...] = ()


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
    """A destination of chips: the places of a bloc in one tier of the three-tier rule."""

    bloc: str
    tier: str
    countries: int
    weight: float  # weight of its places, as a share of the bloc's

    @property
    def name(self) -> str:
        """Return a short name, as ``others tier 2``."""
        return f"{self.bloc} tier {self.tier}"


@dataclass(frozen=True)
class Inputs:
    """All inputs besides parameters; ``acts`` are those in force in the scenario."""

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
        """Return bloc by bloc the tiers of its places, with their countries."""
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
        """Return the row of a bloc; -1 if it does not take part."""
        names = [bloc.name for bloc in self.blocs]
        return names.index(name) if name in names else -1


def parse_month(text: str, field: str, group: str = "economy") -> tuple[int, int]:
    """Return year and month of a text YYYY-MM; raises ``InputError`` naming the field."""
    good = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    year, month = (int(good[1]), int(good[2])) if good else (0, 0)
    if not (1900 <= year <= 2200 and 1 <= month <= 12):
        near = month_meant(text, last=field in ("end", "until")) or "2018-01"
        raise InputError(
            f'{group}.{field} must be a month as YYYY-MM, got {text!r}; a good value is "{near}"'
        )
    return year, month
