"""Who takes part, where and when: span, size and cast of a world.

Totals (means, researchers, demand) are shared among firms: how many firms there are changes how
finely the economy is cut, not its size. Labs are the largest of each bloc, places those with labs
and then the heaviest, firms are dealt out by the weight of places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from model.facts import InputError, Mechanism, Uniform, fact
from model.offers import acts_in, chips_in
from model.seeds import Laboratory, Place, generated_places, tables
from model.setting import Calendar, Setting, mirrored, parse_month
from model.world import FIELDS, SECTORS

if TYPE_CHECKING:
    from model.scenario import Parameters

GENERATED = 1  # seed of the places past the table: the same in all worlds and replicates
BLOCS = ["us", "china", "allies", "others"]


class Economy(Mechanism):
    """Span, size and cast of the world."""

    start: str = fact(
        "2018-01", unit="name", kind="choice", source="own", doc="first reported month, YYYY-MM"
    )
    end: str = fact("2030-12", unit="name", kind="choice", source="own", doc="last month, YYYY-MM")
    prehistory: int = fact(
        36,
        unit="months",
        kind="choice",
        low=1,
        high=240,
        source="own",
        doc="simulated months before the start, so that lags are defined from the start",
    )
    firms: int = fact(
        3000,
        unit="firms",
        kind="choice",
        low=4,
        high=5_000_000,
        source="own",
        doc="number of firms among which the economy is shared, labs included",
    )
    labs: int = fact(
        40,
        unit="labs",
        kind="choice",
        low=1,
        high=75,
        source="seeds/labs.csv",
        doc="number of labs, the largest of each bloc in proportion to the table of labs",
    )
    clusters: int = fact(
        60,
        unit="clusters",
        kind="choice",
        low=1,
        high=1000,
        source="seeds/clusters.csv",
        doc="number of places: those with labs, then the heaviest; past the table's 153, smaller "
        "ones are generated near them",
    )
    blocs: list[str] = fact(
        BLOCS,
        unit="name",
        kind="choice",
        lever=True,
        source="seeds/blocs.toml",
        doc="blocs that take part; the others do not exist",
    )
    leader: str = fact(
        "us", unit="name", kind="choice", source="own", doc="bloc that outcomes call the leader"
    )
    follower: str = fact(
        "china",
        unit="name",
        kind="choice",
        source="own",
        doc="bloc that outcomes call the follower",
    )
    identical_blocs: str = fact(
        "",
        unit="name",
        kind="choice",
        source="own",
        doc="make all blocs copies of this one (empty: no), to see that names decide nothing",
    )
    size_spread: float = fact(
        1.0,
        unit="1",
        kind="assumed",
        prior=Uniform(0.5, 1.5),
        low=0.0,
        high=3.0,
        source="own",
        doc="standard deviation of the logarithm of firm sizes",
    )

    def calendar(self) -> Calendar:
        """Return the months of the world, prehistory first."""
        year, month = parse_month(self.start, "start")
        last_year, last_month = parse_month(self.end, "end")
        reported = (last_year - year) * 12 + last_month - month + 1
        if reported < 1:
            raise InputError(f"economy.end must not be before economy.start, got {self.end!r}; "
                             f"a good value is {self.start[:2]}30-12")  # fmt: skip
        if reported > 1200:
            raise InputError(f"economy.end: at most 100 years are simulated, got {self.end!r}")
        first = year * 12 + month - 1 - self.prehistory
        return Calendar(first // 12, first % 12 + 1, self.prehistory, self.prehistory + reported)

    def check(self, parameters: Parameters) -> None:
        """Refuse what no single value shows; raises ``InputError``."""
        setting = setting_of(parameters)
        if self.leader == self.follower:
            raise InputError(
                f"economy.follower must differ from economy.leader, got {self.leader!r}"
            )
        if not any(lab.bloc == self.leader for lab in labs_of(setting, self.labs)):
            raise InputError(
                f"economy.labs: the leader {self.leader!r} has no lab among {self.labs}; "
                "a good value is 40"
            )
        if len(set(self.blocs)) < max(1, len(self.blocs)):
            raise InputError(f"economy.blocs must name each bloc once, got {self.blocs}")
        if self.firms < self.labs + len(BLOCS):
            raise InputError(
                f"economy.firms must be at least the labs and one firm a bloc "
                f"({self.labs + len(BLOCS)}), got {self.firms}; a good value is 3000"
            )
        shares = parameters.training
        used = shares.training + shares.experiments + shares.rented
        if used > 1.0:
            raise InputError(
                "training: the shares of a fleet for runs, experiments and rent must not pass 1, "
                f"got {used:.3g}; good values are 0.45, 0.25 and 0.05"
            )
        if parameters.chips.utilisation + parameters.chips.utilisation_gain > 1.0:
            raise InputError("chips.utilisation plus chips.utilisation_gain must not pass 1; "
                             "good values are 0.35 and 0.2")  # fmt: skip
        if math.log(parameters.finance.growth_to_2024) + parameters.chips.retirement <= 0.0:
            raise InputError("finance.growth_to_2024 must be above 1 where chips.retirement is 0; "
                             "good values are 3.1 and 0.18")  # fmt: skip
        if parameters.domestic.yield_first > parameters.domestic.yield_full:
            raise InputError(
                "domestic.yield_first must not pass domestic.yield_full, got "
                f"{parameters.domestic.yield_first:g} and {parameters.domestic.yield_full:g}; "
                "good values are 0.2 and 0.6"
            )
        since(parameters.exchange.since, "exchange", setting)
        since(parameters.release.since, "release", setting)
        for number in range(len(FIELDS)):
            parameters.discovery.difficulty(number, parameters.finance.researcher_growth)
        assert setting.calendar.months > 0


class Observer(Mechanism):
    """Who looks at the race, and how late."""

    information_delay: int = fact(
        6,
        unit="months",
        kind="assumed",
        low=0,
        high=60,
        claims=("C5",),
        source="own",
        doc="delay with which the leader learns what the follower has released",
    )


def setting_of(parameters: Parameters) -> Setting:
    """Return the setting that parameters ask for: cast, places, chips to the end, acts in force.

    Raises ``InputError`` for unknown blocs, regimes and dates.
    """
    economy = parameters.economy
    rows = tables()
    blocs = rows.blocs
    names = [bloc.name for bloc in blocs]
    for field, given in (("leader", [economy.leader]), ("follower", [economy.follower]),
                         ("blocs", economy.blocs)):  # fmt: skip
        for name in given:
            if name not in names:
                raise InputError(
                    f"economy.{field}: unknown bloc {name!r}; blocs are {', '.join(names)}"
                )
    if not economy.blocs:
        raise InputError('economy.blocs must name at least one bloc, as ["us", "china"]')
    beyond = economy.clusters - len(rows.places)
    setting = Setting(
        economy.calendar(),
        blocs,
        rows.places + generated_places(max(0, beyond), GENERATED, rows.places),
        rows.labs,
        (),
        rows.supply,
        acts_in(parameters),
        economy.leader,
        economy.follower,
    )
    if economy.identical_blocs:
        number = len(blocs)
        if economy.labs % number or (economy.firms - economy.labs) % number:
            raise InputError(
                f"economy.identical_blocs: labs and other firms must divide by {number} blocs, got "
                f"{economy.labs} labs of {economy.firms} firms; good values are 40 and 3000"
            )
        setting = mirrored(setting, economy.identical_blocs)
    return replace(setting, chips=chips_in(parameters, setting, rows.chips))


def since(text: str, group: str, setting: Setting) -> int:
    """Return the month from which a group's levers hold; empty is the first reported month."""
    if not text:
        return setting.calendar.prehistory
    return setting.calendar.index(*parse_month(text, "since", group))


def largest_remainders(weights: Sequence[float], total: int) -> list[int]:
    """Share a whole number in proportion to weights; parts are whole and add up exactly."""
    whole = math.fsum(weights)
    if not weights:
        return []
    exact = [total * weight / whole for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    return parts


def labs_of(setting: Setting, number: int) -> list[Laboratory]:
    """Return the labs that take part, the largest of each bloc first."""
    by_bloc = [
        sorted((lab for lab in setting.labs if lab.bloc == bloc.name), key=lambda lab: lab.rank)
        for bloc in setting.blocs
    ]
    parts = largest_remainders([len(labs) for labs in by_bloc], min(number, len(setting.labs)))
    return [lab for labs, part in zip(by_bloc, parts, strict=True) for lab in labs[:part]]


def places_of(setting: Setting, labs: list[Laboratory], number: int) -> list[Place]:
    """Return the places that take part, by bloc: those with labs, then the heaviest."""
    hosts = {lab.cluster for lab in labs}
    ranked = sorted(setting.places, key=lambda place: (place.name not in hosts, -place.weight))
    last = ranked[max(number, len(hosts)) - 1].weight
    chosen = {
        place.name
        for rank, place in enumerate(ranked)
        if rank < max(number, len(hosts)) or place.weight == last  # equals enter together
    }
    return [
        place
        for bloc in setting.blocs
        for place in setting.places
        if place.bloc == bloc.name and place.name in chosen
    ]


def firms_of(places: list[Place], setting: Setting, number: int) -> list[list[int]]:
    """Return the number of firms by place and sector, labs left out.

    By the weight of the bloc, in it by the weight of the place, then evenly over its sectors.
    """
    by_bloc = [[p for p in places if p.bloc == bloc.name] for bloc in setting.blocs]
    weights = [math.fsum(place.weight for place in here) for here in by_bloc]
    counts = [
        count
        for here, total in zip(by_bloc, largest_remainders(weights, number), strict=True)
        for count in largest_remainders([place.weight for place in here], total)
    ]
    crew = []
    for place, count in zip(places, counts, strict=True):  # both in the order of blocs
        trades = [s for s, name in enumerate(SECTORS) if name in place.sectors and s > 0] or [4]
        row = [0] * len(SECTORS)
        for trade, part in zip(trades, largest_remainders([1.0] * len(trades), count), strict=True):
            row[trade] = part
        crew.append(row)
    return crew
