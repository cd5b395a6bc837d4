"""The state of a world: tables of arrays, each column declared once with its meaning.

Rows never move during a run. Firms are ordered by bloc, cluster and sector, so that neighbours in
space are neighbours in memory. ``State`` is what phases read and write; it knows no rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.application_tables import Applications, Branches
from model.bloc_tables import Blocs
from model.chip_tables import Buyers, Caps, Makers, Market, Supply, Vendors
from model.columns import Bits, Floats, Integers, Table, column
from model.market_tables import Platforms, Segments

if TYPE_CHECKING:
    from model.scenario import Parameters
    from model.setting import Setting


__all__ = [  # what stands elsewhere and belongs to the state
    "Applications",
    "Bits",
    "Blocs",
    "Branches",
    "Buyers",
    "Caps",
    "Floats",
    "Integers",
    "Makers",
    "Market",
    "Platforms",
    "Segments",
    "Supply",
    "Table",
    "Vendors",
]

SECTORS = ("models", "chips", "software", "devices", "services")
FIELDS = ("algorithms", "systems", "products")
ALGORITHMS, SYSTEMS, PRODUCTS = range(len(FIELDS))
LAB_FIELDS = (ALGORITHMS, SYSTEMS)  # labs work in these, with compute for experiments
FIELD_UNITS = ("OOM", "OOM", "log quality")  # what sizes of ideas and knowledge are counted in
CHANNELS = (
    "found",
    "found again",
    "proximity",
    "publication",
    "open weights",
    "suppliers",
    "mobility",
    "collaboration",
)
FOUND, FOUND_AGAIN, PROXIMITY, PUBLICATION, OPEN_WEIGHTS, SUPPLIER, MOBILITY, COLLABORATION = range(
    len(CHANNELS)
)
KINDS = ("lab", "chipmaker", "application")
LAB, CHIPMAKER, APPLICATION = range(len(KINDS))
HABITS = ("closed", "mixed", "open")
ROUTES = ("bought", "bought ahead", "diverted", "rented")
BOUGHT, AHEAD, DIVERTED, RENTED = range(len(ROUTES))
PLANES = len(ROUTES) + 1  # the last is what a buyer would hold had no rule ever bound: its own self
UNBOUND = len(ROUTES)
SOURCES = ("legal", "degraded", "stockpiled", "diverted", "rented", "domestic")
LEGAL, DEGRADED, STOCKPILED, BY_TRADERS, IN_RENT, DOMESTIC = range(len(SOURCES))
NOTHING = -np.inf  # the capability of who has made no model
NEVER = -1  # the month of what has not happened


@dataclass
class Clusters(Table):
    """A row an industrial district."""

    key: Bits = column("u8", "cluster", unit="-", doc="stable key, from the name of the place")
    bloc: Integers = column("i8", "cluster", unit="bloc", doc="bloc it lies in")
    latitude: Floats = column("f8", "cluster", unit="degrees", doc="north positive")
    longitude: Floats = column("f8", "cluster", unit="degrees", doc="east positive")
    weight: Floats = column("f8", "cluster", unit="share", doc="share of the world's innovation")
    nearness: Floats = column(
        "f8", "cluster", "cluster", unit="1", doc="kernel of distance, 1 at no distance"
    )
    campus: Floats = column("f8", "cluster", unit="share", doc="of its bloc's universities")
    researchers: Floats = column("f8", "cluster", unit="persons", doc="of all firms here")
    appeal: Floats = column(
        "f8", "cluster", unit="persons", doc="of the bloc's firms to people here"
    )
    pay: Floats = column(
        "f8", "cluster", unit="USD/month", doc="wage bills here, over what the place costs"
    )
    spent: Floats = column("f8", "cluster", unit="USD/month", doc="wage bills here")
    stock: Floats = column("f8", "cluster", unit="USD", doc="shared infrastructure")
    fed: Floats = column("f8", "cluster", unit="USD", doc="all ever put into it, first included")
    worn: Floats = column("f8", "cluster", unit="USD", doc="all of it ever worn out")
    cost: Floats = column(
        "f8", "cluster", unit="1", doc="of research and of hosting chips, over the mean", fill=1
    )
    crowd: Floats = column(
        "f8", "cluster", unit="1", doc="factor on finds from the number of researchers", fill=1
    )
    commute: Floats = column(
        "f8", "cluster", "cluster", unit="1", doc="weight in hiring: 1 at home, less elsewhere"
    )
    bloc_share: Floats = column(
        "f8",
        "field",
        "cluster",
        "bloc",
        unit="share",
        doc="where contacts of the cluster's firms go in the baseline world; rows sum to one",
    )


@dataclass
class Firms(Table):
    """A row a firm."""

    key: Bits = column("u8", "firm", unit="-", doc="stable key, from place, sector and ordinal")
    bloc: NDArray[np.int8] = column("i1", "firm", unit="bloc", doc="bloc")
    cluster: NDArray[np.int32] = column("i4", "firm", unit="cluster", doc="cluster")
    sector: NDArray[np.int8] = column("i1", "firm", unit="sector", doc="index into SECTORS")
    kind: NDArray[np.int8] = column("i1", "firm", unit="kind", doc="index into KINDS")
    size: Floats = column("f8", "firm", unit="1", doc="weight in its bloc's and kind's total")
    researchers: Floats = column("f8", "firm", unit="persons", doc="researchers employed")
    publishes: Floats = column("f8", "firm", unit="share", doc="share of own findings published")
    bill: Floats = column("f8", "firm", unit="USD/month", doc="what it can pay researchers")
    wage: Floats = column("f8", "firm", unit="USD/year", doc="what it pays one")
    hire_rate: Floats = column(
        "f8", "firm", unit="1", doc="hires from other firms last month, over those at the hazard"
    )
    active: NDArray[np.bool_] = column("?", "firm", unit="-", doc="exists this month")
    spare: NDArray[np.bool_] = column("?", "firm", unit="-", doc="kept for a firm to come")
    entered: Integers = column("i8", "firm", unit="month", doc="in which it entered", fill=NEVER)
    left: Integers = column("i8", "firm", unit="month", doc="in which it closed", fill=NEVER)
    founder: Integers = column(
        "i8", "firm", unit="firm", doc="firm it split off from; -1: none", fill=-1
    )
    lab: NDArray[np.int32] = column("i4", "firm", unit="lab", doc="row among labs or -1", fill=-1)


@dataclass
class Labs(Table):
    """A row a lab: its means, its machines, its run under way, its models."""

    firm: Integers = column("i8", "lab", unit="firm", doc="its row among firms")
    bloc: Integers = column("i8", "lab", unit="bloc", doc="bloc")
    rank: Integers = column("i8", "lab", unit="1", doc="1 is the largest of its bloc")
    founded: Integers = column("i8", "lab", unit="month", doc="may lie before month 0")
    habit: Integers = column("i8", "lab", unit="habit", doc="index into HABITS")
    member: Integers = column("i8", "lab", "field", unit="member", doc="row in a field; -1 in none")
    budget: Floats = column("f8", "lab", unit="USD/month", doc="for research: people and chips")
    effective: Floats = column("f8", "lab", unit="FLOP/s", doc="fleet at its utilisation")
    constraint: Floats = column(
        "f8", "lab", unit="share", doc="fleet over what it would be had no rule bound, h", fill=1
    )
    efficiency: Floats = column(
        "f8",
        "lab",
        unit="share",
        doc="of researchers on efficiency, over that without rules",
        fill=1,
    )
    scale_up: Floats = column(
        "f8", "lab", unit="share", doc="of its compute that engineers bring into a run", fill=1
    )
    run_flop: Floats = column("f8", "lab", unit="FLOP", doc="of the run under way")
    run_left: Integers = column("i8", "lab", unit="months", doc="0: no run under way")
    run_start: Integers = column("i8", "lab", unit="month", doc="start of the run", fill=NEVER)
    run_cost: Floats = column("f8", "lab", unit="USD", doc="of the run under way")
    run_chip_hours: Floats = column("f8", "lab", unit="hours", doc="of the run under way")
    run_knowledge: Floats = column("f8", "lab", unit="OOM", doc="algorithms at the run's start")
    run_base: Floats = column("f8", "lab", unit="OOM", doc="open model built on", fill=NOTHING)
    run_base_lab: Integers = column("i8", "lab", unit="lab", doc="its maker", fill=-1)
    run_base_open: NDArray[np.bool_] = column("?", "lab", unit="-", doc="its weights were open")
    best_own: Floats = column("f8", "lab", unit="OOM", doc="best it made alone", fill=NOTHING)
    best_released: Floats = column("f8", "lab", unit="OOM", doc="best released", fill=NOTHING)
    best_flop: Floats = column("f8", "lab", unit="FLOP", doc="largest run completed")
    potential: Floats = column("f8", "lab", unit="OOM", doc="could make now", fill=NOTHING)
    models: Integers = column("i8", "lab", unit="models", doc="released so far")
    opened: Integers = column("i8", "lab", unit="models", doc="with open weights so far")
    completed: NDArray[np.bool_] = column("?", "lab", unit="-", doc="a run ended this month")
    finished_own: Floats = column("f8", "lab", unit="OOM", doc="of the last run, made alone")
    finished: Floats = column("f8", "lab", unit="OOM", doc="capability of the last run's model")
    open_capability: Floats = column(
        "f8", "lab", unit="OOM", doc="best model with open weights", fill=NOTHING
    )
    revenue: Floats = column("f8", "lab", unit="USD/month", doc="from users and firms")
    serving: Floats = column("f8", "lab", unit="USD/month", doc="cost of serving them")
    revenue_mean: Floats = column("f8", "lab", unit="USD/month", doc="earned, of late")
    exposure: Floats = column("f8", "lab", unit="months", doc="its first finds stayed its own")
    leaks: Floats = column("f8", "lab", unit="ideas", doc="of them known to half of its rivals")
    lead: Floats = column("f8", "lab", unit="months", doc="until half of its rivals know an idea")
    earned: Floats = column("f8", "lab", unit="USD/month", doc="last month, serving paid")
    boost: Floats = column(
        "f8", "lab", unit="1", doc="its budget over what it would be: 1, but in experiments", fill=1
    )
    means: Floats = column("f8", "lab", unit="USD/month", doc="for research or its owners")
    investors: Floats = column("f8", "lab", unit="USD/month", doc="of its means, from outside")
    owners: Floats = column("f8", "lab", unit="USD/month", doc="kept by its owners")
    complement: Floats = column("f8", "lab", unit="share", doc="what it sells beside models")
    motive: Floats = column("f8", "lab", unit="share", doc="for research, the rest for revenue")
    ahead: Floats = column("f8", "lab", unit="months", doc="over the nearest visible rival")
    stake: Floats = column(
        "f8",
        "lab",
        unit="share",
        doc="of revenue won by a step ahead, logit; nan: none",
        fill=math.nan,
    )
    effort: Floats = column(
        "f8", "lab", unit="1", doc="on research, over that at the reference stake", fill=1
    )
    vigour: Floats = column("f8", "lab", unit="share", doc="of research, slack left out", fill=1)


@dataclass
class Knowledge(Table):
    """Ideas of one field: the catalogue, who holds what, who published what.

    Sizes and levels are in OOM, those of products in log quality. A *member* is a firm that does
    research in the field; ``row`` leads back to the firm.
    """

    row: Integers = column("i8", "member", unit="firm", doc="row among firms")
    bits: Bits = column("u8", "member", "word", unit="-", doc="ideas held, idea n is bit n")
    count: Integers = column("i8", "member", unit="ideas", doc="number of ideas held")
    level: Floats = column("f8", "member", unit="OOM", doc="sum of the sizes of ideas held")
    lost: Integers = column("i8", "member", unit="ideas", doc="held when it closed")
    lost_level: Floats = column("f8", "member", unit="OOM", doc="sum of their sizes")
    breadth: Floats = column("f8", "member", unit="1", doc="breadth of search f")
    window: Integers = column("i8", "member", unit="ideas", doc="reach w beyond ideas held")
    team: Floats = column("f8", "member", unit="persons", doc="researchers in the field")
    compute: Floats = column("f8", "member", unit="FLOP/s", doc="for experiments")
    relative_team: Floats = column("f8", "member", unit="1", doc="team over reference team")
    absorption: Floats = column("f8", "member", unit="share", doc="share of contacts understood")
    rate: Floats = column("f8", "member", unit="1/month", doc="expected finds this month")
    full_rate: Floats = column("f8", "member", unit="1/month", doc="had nobody else to do")
    busy: Floats = column("f8", "member", unit="share", doc="of its researchers, taking in")
    partner: NDArray[np.int32] = column(
        "i4", "member", "slot", unit="member", doc="partners remembered, -1 none", fill=-1
    )
    at: NDArray[np.int32] = column("i4", "firm", unit="member", doc="a firm's row or -1", fill=-1)
    size: Floats = column("f8", "idea", unit="OOM", doc="size of the ideas of the catalogue")
    first_month: Integers = column("i8", "idea", unit="month", doc="first found", fill=NEVER)
    first_firm: Integers = column(
        "i8", "idea", unit="firm", doc="first finder; -1: developers, universities", fill=NEVER
    )
    first_bloc: Integers = column("i8", "idea", unit="bloc", doc="its bloc", fill=NEVER)
    owner: NDArray[np.int16] = column(
        "i2", "idea", "bloc", unit="lab", doc="lab that found it first in the bloc", fill=-1
    )
    owned: NDArray[np.int16] = column(
        "i2", "idea", "bloc", unit="month", doc="in which it was", fill=NEVER
    )
    leaked: NDArray[np.bool_] = column(
        "?", "idea", "bloc", unit="-", doc="half of the owner's rivals know it"
    )
    finds: Integers = column("i8", "idea", unit="1", doc="times found by firms")
    holders: NDArray[np.int32] = column("i4", "idea", "bloc", unit="firms", doc="who hold it")
    pool: Bits = column("u8", "bloc", "word", unit="-", doc="ideas published in a bloc")
    pending: Bits = column(
        "u8", "bloc", "delay", "word", unit="-", doc="in print, by month of appearance (a ring)"
    )
    words: Integers = column("i8", "one", unit="1", doc="words of a row in use: ideas found so far")
    cell_start: Integers = column("i8", "cluster", "sector", unit="member", doc="first member")
    cell_stop: Integers = column("i8", "cluster", "sector", unit="member", doc="one past the last")


@dataclass
class Model:
    """A finished AI model; months count from the start of prehistory, ``None`` is never."""

    lab: int
    started: int
    released: int
    opened: int | None
    flop: float
    chip_hours: float
    cost: float
    algorithms: float
    own: float
    base: float | None
    base_lab: int | None
    base_open: bool | None
    capability: float
    gain: float = math.nan  # of openness, over what the model could earn closed, at release
    rent: float = math.nan  # of exclusivity, likewise


@dataclass(frozen=True)
class Constants:
    """What normalises rates: resolved once from the baseline world, shared by all its twins.

    ``firms`` is the number of active firms of a kind at the start of the baseline world, ``team``
    and ``compute`` their means, by (field, kind). ``share`` is a kind's part in a field's arrival:
    its researchers over those of labs; in products the number of its firms.
    """

    firms: Floats
    team: Floats
    compute: Floats
    share: Floats
    bloc_share: Floats
    arrival: Floats  # finds a year in the whole field, of products at one mean firm; by field
    infrastructure: float = 0.0  # USD a researcher, mean at the start; 0: places cost the same
    place_cost: float = 1.0  # cost without infrastructure, so that the mean at the start is 1
    place_size: float = 0.0  # researchers of a place, mean at the start; 0: size does not matter


@dataclass
class Learned:
    """Ideas that came to firms from others in a month, in one field, at entry included."""

    learner: Integers  # firm
    idea: Integers
    source: Integers  # firm, -1 the public pool
    channel: Integers
    origin: Integers  # bloc of the source, or in whose print it was read

    @classmethod
    def nothing(cls) -> Learned:
        """Return a month in which nobody learns."""
        return cls(*(np.empty(0, np.int64) for _ in range(5)))

    def and_then(self, later: Learned) -> Learned:
        """Return these and what was learned later in the same month."""
        return Learned(
            *(np.concatenate((getattr(self, f.name), getattr(later, f.name))) for f in fields(self))
        )


@dataclass
class State:
    """All that moves, and the fixed things it moves by."""

    parameters: Parameters
    setting: Setting
    constants: Constants
    seed: np.uint64
    threads: int
    month: int
    blocs: Blocs
    clusters: Clusters
    firms: Firms
    labs: Labs
    buyers: Buyers
    market: Market
    supply: Supply
    vendors: Vendors
    makers: Makers
    caps: Caps
    segments: Segments
    platforms: Platforms
    applications: Applications
    branches: Branches
    listed: NDArray[np.bool_]  # month x buyer x bloc: kept from its makers by an entity list
    cloud_share: Floats  # buyer: share of the world's spending on chips outside labs; labs 0
    link_start: Integers  # firm x (bloc + 1): where a firm's links to a bloc begin
    link_to: NDArray[np.int32]  # link: the firm at its other end
    knowledge: tuple[Knowledge, ...]
    run_bits: Bits  # lab x word: algorithms held when the run under way began
    open_bits: Bits  # lab x word: algorithms embodied in the best open model
    exchange_from: int  # month from which the scenario's exchange holds
    release_from: int  # month from which the scenario's policies of release hold
    finds: list[tuple[Integers, Integers]]  # (members, ideas) found this month, by field
    learned: list[Learned]  # what was learned this month, by field
    released_by_month: Floats  # month x lab: best capability released by the end of a month
    acquired: Integers  # field x channel x source bloc x target bloc, this month
    published: Integers  # field x bloc, this month
    models: list[Model]  # all released so far
    opening: list[tuple[Model, Bits]]  # closed models that may be opened, algorithms in them
    shrinking: list[Model]  # open models without a small version yet

    def date(self) -> str:
        """Return the current month as YYYY-MM."""
        return self.setting.calendar.label(self.month)

    def bytes(self) -> int:
        """Return the memory of all tables."""
        whole = (getattr(self, f.name) for f in fields(self))
        tables = [table for table in whole if isinstance(table, Table)]
        return sum(table.bytes() for table in (*tables, *self.knowledge))
