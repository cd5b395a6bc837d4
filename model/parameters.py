"""All parameters of a model run, group by group; the baseline from which rates are normalised."""

from __future__ import annotations

import hashlib
import json
import math

from model.core.errors import InputError, near, shown
from model.core.kernels import sources_digest
from model.core.parameter import Fact, Mechanism, ParameterName, Uniform, fact, fact_of
from model.mechanisms.ai.adoption import Adoption
from model.mechanisms.ai.market import Market
from model.mechanisms.ai.release import Release
from model.mechanisms.ai.training import Training
from model.mechanisms.chips.controls import Controls, Exchange
from model.mechanisms.chips.degraded import Degraded
from model.mechanisms.chips.domestic import Domestic
from model.mechanisms.chips.fleets import Chips
from model.mechanisms.chips.materials import Materials
from model.mechanisms.chips.purchases import Purchases
from model.mechanisms.chips.supply import SupplyOfChips
from model.mechanisms.firms.applications import Applications
from model.mechanisms.firms.budgets import Finance
from model.mechanisms.firms.demography import Demography
from model.mechanisms.firms.rivalry import Rivalry
from model.mechanisms.firms.sectors import Sectors
from model.mechanisms.ideas.appropriability import Returns
from model.mechanisms.ideas.discovery import Discovery
from model.mechanisms.ideas.scarcity import Search
from model.mechanisms.ideas.spillover import Protection, Spillover
from model.mechanisms.people.labour import Labour
from model.mechanisms.people.places import Places
from model.seed_tables import seeds_text
from model.state.codes import FIELDS
from model.state.inputs import Calendar, parse_month

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


class Parameters(Mechanism):
    """All parameters of a world, by group."""

    economy: Economy = Economy()
    controls: Controls = Controls()
    exchange: Exchange = Exchange()
    finance: Finance = Finance()
    labour: Labour = Labour()
    places: Places = Places()
    materials: Materials = Materials()
    supply: SupplyOfChips = SupplyOfChips()
    purchases: Purchases = Purchases()
    degraded: Degraded = Degraded()
    chips: Chips = Chips()
    domestic: Domestic = Domestic()
    search: Search = Search()
    discovery: Discovery = Discovery()
    spillover: Spillover = Spillover()
    protection: Protection = Protection()
    training: Training = Training()
    release: Release = Release()
    market: Market = Market()
    adoption: Adoption = Adoption()
    applications: Applications = Applications()
    sectors: Sectors = Sectors()
    demography: Demography = Demography()
    returns: Returns = Returns()
    rivalry: Rivalry = Rivalry()
    observer: Observer = Observer()

    def baseline(self) -> Parameters:
        """Return the same nature with every lever at its default: the baseline world."""
        nature = {
            group: {
                name: value
                for name, value in values.items()
                if not (FACTS[group, name].lever or FACTS[group, name].under_rules)
            }
            for group, values in self.model_dump().items()
        }
        return Parameters.model_validate(nature)

    def check(self) -> None:
        """Refuse what no single value shows; raises ``InputError``."""
        shares = self.training
        used = shares.training + shares.experiments + shares.rented
        if used > 1.0:
            raise InputError(
                "training: the shares of a fleet for runs, experiments and rent must not pass 1, "
                f"got {used:.3g}; good values are 0.45, 0.25 and 0.05"
            )
        if self.chips.utilisation + self.chips.utilisation_gain > 1.0:
            raise InputError("chips.utilisation plus chips.utilisation_gain must not pass 1; "
                             "good values are 0.35 and 0.2")  # fmt: skip
        if math.log(self.finance.growth_to_2024) + self.chips.retirement <= 0.0:
            raise InputError("finance.growth_to_2024 must be above 1 where chips.retirement is 0; "
                             "good values are 3.1 and 0.18")  # fmt: skip
        if self.domestic.yield_first > self.domestic.yield_full:
            raise InputError(
                "domestic.yield_first must not pass domestic.yield_full, got "
                f"{self.domestic.yield_first:g} and {self.domestic.yield_full:g}; "
                "good values are 0.2 and 0.6"
            )
        for number in range(len(FIELDS)):
            self.discovery.difficulty(number, self.finance.researcher_growth)

    def digest(self) -> str:
        """Return the SHA-256 of parameters, seed tables and model sources."""
        text = json.dumps(self.model_dump(), sort_keys=True, default=str).encode()
        return hashlib.sha256(text + seeds_text() + sources_digest().encode()).hexdigest()


GROUPS: dict[str, type[Mechanism]] = {
    name: field.annotation  # type: ignore[misc]
    for name, field in Parameters.model_fields.items()
}


FACTS: dict[tuple[str, str], Fact] = {  # by ParameterName
    ParameterName(group, name): fact_of(field)
    for group, kind in GROUPS.items()
    for name, field in kind.model_fields.items()
}


def known_parameter(text: str, place: str = "") -> ParameterName:
    """Return a parameter by its name ``group.name``.

    Raises ``InputError`` where there is none; ``place`` stands before the message.
    """
    names = {str(key): ParameterName(*key) for key in FACTS}
    if text in names:
        return names[text]
    home = [name for name in names if name.endswith(f".{text}")]
    if home:
        hint = f"did you mean {home[0]!r}?"
    elif "." in text:
        hint = near(text, names)
    else:
        hint = "names read group.name, as controls.porosity"
    raise InputError(f"{place}unknown parameter {shown(text)}; {hint}")
