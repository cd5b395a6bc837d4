"""All parameters of a model run, by group, and the baseline from which rates are normalised."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable

from model.core.errors import InputError, near, shown
from model.core.kernels import sources_digest
from model.core.parameter import Fact, Mechanism, ParameterName, Uniform, fact, fact_of
from model.mechanisms.ai.adoption import Adoption
from model.mechanisms.ai.budgets import Budgets
from model.mechanisms.ai.market import AiMarket
from model.mechanisms.ai.release import Release
from model.mechanisms.ai.training import Training
from model.mechanisms.chips.controls import Controls, Exchange
from model.mechanisms.chips.degraded import Degraded
from model.mechanisms.chips.domestic import Domestic
from model.mechanisms.chips.fleets import Fleets
from model.mechanisms.chips.materials import Materials
from model.mechanisms.chips.purchases import Purchases
from model.mechanisms.chips.supply import Supply
from model.mechanisms.firms.applications import Applications
from model.mechanisms.firms.demography import Demography
from model.mechanisms.firms.rivalry import Rivalry
from model.mechanisms.firms.sectors import Sectors
from model.mechanisms.ideas.appropriability import Appropriability
from model.mechanisms.ideas.density import Density
from model.mechanisms.ideas.discovery import Discovery
from model.mechanisms.ideas.scarcity import Scarcity
from model.mechanisms.ideas.spillover import Protection, Spillover
from model.mechanisms.people.labour import Labour
from model.mechanisms.people.places import Places
from model.seed_tables import seeds_text
from model.state.codes import FIELDS
from model.state.fixed import Shared
from model.state.inputs import Calendar, parse_month

BLOCS = ["us", "china", "allies", "others"]


class Economy(Mechanism):
    """Time span, size and participants of the simulated economy."""

    start: str = fact("2018-01", "name", kind="choice")
    """First month that results report, YYYY-MM."""
    end: str = fact("2030-12", "name", kind="choice")
    """Last simulated month, YYYY-MM."""
    prehistory: int = fact(36, "months", within=(1, 240), kind="choice")
    """Simulated months before the first reported one, so that lags are defined from the start."""
    firms: int = fact(3000, "firms", within=(4, 5000000), kind="choice")
    """Number of firms into which the economy is divided, labs included."""
    labs: int = fact(40, "labs", within=(1, 75), kind="choice", source="seeds/labs.csv")
    """Number of AI labs, the largest of each bloc in proportion to the table of labs."""
    clusters: int = fact(
        60, "clusters", within=(1, 1000), kind="choice", source="seeds/clusters.csv"
    )
    """Number of places: those with labs, then those with the largest weight in innovation; beyond
    the 153 places of the table, smaller ones are generated near them."""
    blocs: list[str] = fact(BLOCS, "name", lever=True, source="seeds/blocs.toml")
    """Blocs in the model; all others are left out."""
    leader: str = fact("us", "name", kind="choice")
    """Name of the bloc that is the leader in outcomes and levers."""
    follower: str = fact("china", "name", kind="choice")
    """Name of the bloc that is the follower in outcomes and levers."""
    identical_blocs: str = fact("", "name", kind="choice")
    """Bloc of which all blocs become copies, to test that names do not matter; empty: none."""
    size_spread: float = fact(1.0, "1", Uniform(0.5, 1.5), (0.0, 3.0))
    """Standard deviation of the logarithm of firm sizes."""

    def calendar(self) -> Calendar:
        """Return the simulated months, prehistory first."""
        year, month = parse_month(self.start, "start")
        last_year, last_month = parse_month(self.end, "end")
        reported = (last_year - year) * 12 + last_month - month + 1
        if reported < 1:
            raise InputError(f"economy.end must not be before economy.start, got {self.end!r}; "
                             f'a good value is "{min(year + 12, 2200)}-12"')  # fmt: skip
        if reported > 1200:
            raise InputError(f"economy.end: at most 100 years can be simulated, got {self.end!r}; "
                             f'a good value is "{year + 99}-12"')  # fmt: skip
        first = year * 12 + month - 1 - self.prehistory
        return Calendar(first // 12, first % 12 + 1, self.prehistory, self.prehistory + reported)


class Observer(Mechanism):
    """Information of blocs about each other."""

    information_delay: int = fact(6, "months", within=(0, 60), claims="C5")
    """Delay with which the leading bloc learns of models that the following bloc has released."""


class Parameters(Mechanism):
    """All parameters of a run, by group."""

    economy: Economy = Economy()
    controls: Controls = Controls()
    exchange: Exchange = Exchange()
    budgets: Budgets = Budgets()
    labour: Labour = Labour()
    places: Places = Places()
    materials: Materials = Materials()
    supply: Supply = Supply()
    purchases: Purchases = Purchases()
    degraded: Degraded = Degraded()
    fleets: Fleets = Fleets()
    domestic: Domestic = Domestic()
    scarcity: Scarcity = Scarcity()
    discovery: Discovery = Discovery()
    spillover: Spillover = Spillover()
    density: Density = Density()
    protection: Protection = Protection()
    training: Training = Training()
    release: Release = Release()
    ai_market: AiMarket = AiMarket()
    adoption: Adoption = Adoption()
    applications: Applications = Applications()
    sectors: Sectors = Sectors()
    demography: Demography = Demography()
    appropriability: Appropriability = Appropriability()
    rivalry: Rivalry = Rivalry()
    observer: Observer = Observer()

    def baseline(self) -> Parameters:
        """Return the same structural parameters with every lever at its default: the baseline."""
        structural = {
            group: {
                name: value
                for name, value in values.items()
                if not (FACTS[group, name].lever or FACTS[group, name].under_rules)
            }
            for group, values in self.model_dump().items()
        }
        return Parameters.model_validate(structural)

    def shared(self) -> Shared:
        """Return the quantities of parameter groups that several mechanisms use."""
        discovery, budgets, training = self.discovery, self.budgets, self.training
        fields = range(len(FIELDS))
        return Shared(
            size_spread=self.economy.size_spread,
            porosity=self.controls.porosity,
            rent_abroad=self.controls.rent_abroad,
            stockpiling=self.controls.stockpiling,
            enforcement=self.controls.enforcement,
            premium=self.purchases.premium,
            rent_margin=self.purchases.rent_margin,
            idle_loss=self.purchases.idle_loss,
            chip_overhead=self.fleets.overhead,
            link_penalty=self.fleets.link_penalty,
            link_scale=self.fleets.link_scale,
            write_off=training.write_off,
            experiments_share=training.experiments_share,
            rented_share=training.rented_share,
            field_shares=tuple(discovery.shares(field) for field in fields),
            systems_share=discovery.lab_systems_share,
            idea_size=tuple(discovery.idea_size(field) for field in fields),
            mean_idea_size=discovery.mean_size,
            difficulty=tuple(
                discovery.difficulty(field, budgets.researcher_growth) for field in fields
            ),
            unique_ideas=tuple(discovery.unique(field) for field in fields),
            lab_window=discovery.window(discovery.lab_breadth),
            researchers_exponent=discovery.researchers_exponent,
            publication_lag=self.spillover.publication_lag,
            publication_hazard=self.spillover.publication_hazard,
            sector_adjacency=self.spillover.sector_adjacency,
            quality_weight=self.ai_market.quality_weight,
            home_bias=self.ai_market.home_bias,
            openness_to_developers=self.ai_market.openness_to_developers,
            nest=self.ai_market.nest,
            small_loss=self.ai_market.small_loss,
            hosted_by_maker=self.ai_market.hosted_by_maker,
            innovation=self.adoption.innovation,
            imitation=self.adoption.imitation,
            researcher_growth=budgets.researcher_growth,
            reference_lead=budgets.reference_lead,
            lab_researchers=budgets.lab_researchers,
            wage_2024=self.labour.wage_2024,
            wage_growth=self.labour.wage_growth,
            cost_share=self.applications.cost_share,
            product_substitution=self.sectors.substitution,
            product_home_bias=self.sectors.home_bias,
            firms_share=self.places.firms_share,
            graduates_paid=self.places.graduates_paid,
        )

    def groups(self) -> dict[type[Mechanism], Mechanism]:
        """Return the groups by their class."""
        return {type(group): group for _, group in self}

    def check(self) -> None:
        """Check rules that involve several values; raises ``InputError``."""
        shares = self.training
        used = shares.fleet_share + shares.experiments_share + shares.rented_share
        if used > 1.0:
            raise InputError(
                "training: the shares of a fleet for runs, experiments and rent must not pass 1, "
                f"got {used:.3g}; good values are 0.15, 0.4 and 0.05"
            )
        if self.fleets.utilisation + self.fleets.utilisation_gain > 1.0:
            raise InputError("fleets.utilisation plus fleets.utilisation_gain must not pass 1; "
                             "good values are 0.35 and 0.2")  # fmt: skip
        if math.log(self.budgets.growth_to_2024) + self.fleets.retirement <= 0.0:
            raise InputError("budgets.growth_to_2024 must be above 1 where fleets.retirement is 0; "
                             "good values are 3.1 and 0.18")  # fmt: skip
        if self.domestic.yield_first > self.domestic.yield_full:
            raise InputError(
                "domestic.yield_first must not pass domestic.yield_full, got "
                f"{self.domestic.yield_first:g} and {self.domestic.yield_full:g}; "
                "good values are 0.2 and 0.6"
            )
        # A field in which no lab works has no rows of labs, and rules read the row of every lab.
        share = self.discovery.lab_systems_share
        if not 0.0 < share < 1.0:
            raise InputError(
                "discovery.lab_systems_share must be above 0 and below 1, so that labs work in "
                f"both fields, got {share:g}; a good value is {0.95 if share else 0.05}"
            )
        for number in range(len(FIELDS)):
            self.discovery.difficulty(number, self.budgets.researcher_growth)

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


def meant(entry: str, names: Iterable[str]) -> str:
    """Return a hint for the name of a parameter that is none: by its bloc's role, or the nearest.

    Parameters name roles where people name countries: ``universities_china`` is
    ``universities_follower``.
    """
    known = list(names)
    stem, _, last = entry.lower().rpartition("_")
    economy = GROUPS["economy"].model_fields
    role = {economy["leader"].default: "leader", economy["follower"].default: "follower"}
    of_role = f"{stem}_{role.get(last, 'elsewhere')}"
    if last in BLOCS and of_role in known:
        return f"did you mean {of_role!r}?"
    return near(entry, known)


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
        hint = meant(text, names)
    else:
        hint = "names read group.name, as controls.porosity"
    raise InputError(f"{place}unknown parameter {shown(text)}; {hint}")
