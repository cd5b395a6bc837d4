"""The world at month 0 of prehistory, from parameters and the tables of its setting.

Totals (means, researchers, demand) are shared among firms: how many firms there are changes how
finely the economy is cut, not its size. Firms are placed by the weight of places, labs where they
are. Knowledge is zero: what everybody knew at the start is the origin of the scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from model.compiled import kernel
from model.facts import InputError, Mechanism, Uniform, fact
from model.mechanisms.finance import finance
from model.mechanisms.policy import permissions
from model.randomness import address, at, key_of, uniform
from model.setting import Calendar, Laboratory, Place, Setting, mirrored, regimes, roadmap, tables
from model.world import (
    APPLICATION,
    CHANNELS,
    CHIPMAKER,
    FIELDS,
    HABITS,
    LAB,
    SECTORS,
    Blocs,
    Clusters,
    Constants,
    Firms,
    Floats,
    Integers,
    Knowledge,
    Labs,
    Market,
    State,
)

if TYPE_CHECKING:
    from model.scenario import Parameters

EARTH_RADIUS_KM = 6371.0
PUBLISHED = {"closed": 0.2, "mixed": 0.5, "open": 0.8}  # share of own findings, by habit (assumed)
PUBLISHED_ELSEWHERE = 0.3  # share of own findings of firms that are no labs (assumed)
BLOCS = ["us", "china", "allies", "others"]


class Economy(Mechanism):
    """Span, size and cast of the world."""

    start: str = fact(
        "2018-01", unit="name", kind="choice", source="own", doc="first reported month, YYYY-MM"
    )
    end: str = fact(
        "2030-12", unit="name", kind="choice", source="own", doc="last month, YYYY-MM"
    )
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
        high=153,
        source="seeds/clusters.csv",
        doc="number of places: those with labs, then the heaviest",
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
        "china", unit="name", kind="choice", source="own", doc="bloc that outcomes call the follower"
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
        year, month = _month(self.start, "start")
        last_year, last_month = _month(self.end, "end")
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
            raise InputError(f"economy.follower must differ from economy.leader, got {self.leader!r}")
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
    blocs, places, labs, chips = tables()
    names = [bloc.name for bloc in blocs]
    for field, given in (("leader", [economy.leader]), ("follower", [economy.follower]),
                         ("blocs", economy.blocs)):  # fmt: skip
        for name in given:
            if name not in names:
                raise InputError(f"economy.{field}: unknown bloc {name!r}; blocs are {', '.join(names)}")
    if not economy.blocs:
        raise InputError("economy.blocs must name at least one bloc, as [\"us\", \"china\"]")
    known = regimes()
    regime = parameters.controls.regime
    if regime not in known:
        raise InputError(f"controls.regime: unknown regime {regime!r}; regimes are {', '.join(known)}")
    calendar = economy.calendar()
    last = _month(parameters.controls.record_until, "record_until", "controls")
    acts = tuple(a for a in known[regime] if (a.effective.year, a.effective.month) <= last)
    group = parameters.chips
    end = _month(economy.end, "end")
    future = roadmap(chips, end, group.roadmap_interval, group.roadmap_growth, group.price_growth)
    setting = Setting(
        calendar, blocs, places, labs, future, acts, economy.leader, economy.follower
    )
    if economy.identical_blocs:
        setting = mirrored(setting, economy.identical_blocs)
    return setting


def build(
    parameters: Parameters, setting: Setting, constants: Constants, seed: int, threads: int = 1
) -> State:
    """Return the world at month 0.

    ``setting`` holds all blocs; those that do not take part are dropped after places and firms
    have been dealt out, so that the others are the same firms with and without them.
    """
    economy = parameters.economy
    labs = _cast(setting, economy.labs)
    places = _places(setting, labs, economy.clusters)
    crew = _deal(places, setting, economy.firms - len(labs))
    taking = {name for name in economy.blocs}
    here = [bloc for bloc in setting.blocs if bloc.name in taking]
    kept = [number for number, place in enumerate(places) if place.bloc in taking]
    share = constants.bloc_share
    if share.size:
        columns = [b for b, bloc in enumerate(setting.blocs) if bloc.name in taking]
        share = share[np.ix_(kept, columns)]
    setting = replace(setting, blocs=tuple(here))
    labs = [lab for lab in labs if lab.bloc in taking]
    places_here = [places[number] for number in kept]
    seed64 = np.uint64(seed)

    blocs = Blocs.allocate(bloc=len(here))
    clusters = _clusters(parameters, setting, places_here)
    if share.size:
        clusters.bloc_share[:] = share
    for b in range(len(here)):
        rows = np.flatnonzero(clusters.bloc == b)
        if rows.size:
            blocs.first_cluster[b], blocs.last_cluster[b] = rows[0], rows[-1] + 1
    group = parameters.exchange
    pair = {setting.leader, setting.follower}
    for i, one in enumerate(here):
        for j, other in enumerate(here):
            both = group.leader_and_follower if {one.name, other.name} == pair else 1.0
            blocs.exchange[i, j] = 1.0 if i == j else group.between_blocs * both

    firms, order = _firms(parameters, setting, places_here, [crew[k] for k in kept], labs, seed64)
    lab_table = _labs(parameters, setting, firms, labs, order)
    market = _market(parameters, setting)
    knowledge = tuple(
        _knowledge(parameters, setting, number, firms, clusters, lab_table, seed64)
        for number in range(len(FIELDS))
    )
    words = knowledge[0].bits.shape[1]
    number_of = len(here)
    state = State(
        parameters=parameters,
        setting=setting,
        constants=constants,
        seed=seed64,
        threads=threads,
        month=0,
        blocs=blocs,
        clusters=clusters,
        firms=firms,
        labs=lab_table,
        market=market,
        knowledge=knowledge,
        run_bits=np.zeros((len(labs), words), np.uint64),
        open_bits=np.zeros((len(labs), words), np.uint64),
        finds=[(np.empty(0, np.int64), np.empty(0, np.int64)) for _ in FIELDS],
        acquired=np.zeros((len(FIELDS), len(CHANNELS), number_of, number_of), np.int64),
        published=np.zeros((len(FIELDS), number_of), np.int64),
        models=[],
        opening=[],
    )
    _first_fleets(state)
    return state


def _month(text: str, field: str, group: str = "economy") -> tuple[int, int]:
    year, dash, month = text.partition("-")
    if not (dash and len(year) == 4 and year.isdecimal() and len(month) == 2 and month.isdecimal()
            and 1 <= int(month) <= 12 and 1900 <= int(year) <= 2200):  # fmt: skip
        raise InputError(f"{group}.{field} must be a month as YYYY-MM, got {text!r}; "
                         "a good value is \"2018-01\"")  # fmt: skip
    return int(year), int(month)


def largest_remainders(weights: Sequence[float], total: int) -> list[int]:
    """Share a whole number in proportion to weights; parts are whole and add up exactly."""
    whole = math.fsum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    return parts


def _cast(setting: Setting, number: int) -> list[Laboratory]:
    by_bloc = [
        sorted((lab for lab in setting.labs if lab.bloc == bloc.name), key=lambda lab: lab.rank)
        for bloc in setting.blocs
    ]
    parts = largest_remainders([len(labs) for labs in by_bloc], min(number, len(setting.labs)))
    return [lab for labs, part in zip(by_bloc, parts, strict=True) for lab in labs[:part]]


def _places(setting: Setting, labs: list[Laboratory], number: int) -> list[Place]:
    hosts = {lab.cluster for lab in labs}
    ranked = sorted(setting.places, key=lambda place: (place.name not in hosts, -place.weight))
    chosen = {place.name for place in ranked[: max(number, len(hosts))]}
    return [
        place
        for bloc in setting.blocs
        for place in setting.places
        if place.bloc == bloc.name and place.name in chosen
    ]


def _deal(places: list[Place], setting: Setting, number: int) -> list[list[int]]:
    # Firms by place and sector: by weight of the place, evenly over its sectors but models.
    crew = []
    for place, count in zip(
        places, largest_remainders([place.weight for place in places], number), strict=True
    ):
        trades = [s for s, name in enumerate(SECTORS) if name in place.sectors and s > 0] or [4]
        parts = largest_remainders([1.0] * len(trades), count)
        row = [0] * len(SECTORS)
        for trade, part in zip(trades, parts, strict=True):
            row[trade] = part
        crew.append(row)
    return crew


def _clusters(parameters: Parameters, setting: Setting, places: list[Place]) -> Clusters:
    table = Clusters.allocate(cluster=len(places), bloc=len(setting.blocs))
    group = parameters.spillover
    for c, place in enumerate(places):
        table.key[c] = key_of("place", place.name)
        table.bloc[c] = setting.bloc_index(place.bloc)
        table.latitude[c], table.longitude[c] = place.latitude, place.longitude
        table.weight[c] = place.weight
        for d, other in enumerate(places):
            far = distance_km(place.latitude, place.longitude, other.latitude, other.longitude)
            local = math.pow(2.0, -far / group.half_distance)
            table.nearness[c, d] = group.codified + (1.0 - group.codified) * local
    return table


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Return the great-circle distance in kilometres of two points in degrees (haversine)."""
    p, q = math.radians(latitude), math.radians(latitude2)
    half = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(
        math.radians(longitude2 - longitude) / 2
    ) ** 2
    return 2.0 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def _firms(
    parameters: Parameters,
    setting: Setting,
    places: list[Place],
    crew: list[list[int]],
    labs: list[Laboratory],
    seed: np.uint64,
) -> tuple[Firms, list[int]]:
    position = {place.name: c for c, place in enumerate(places)}
    by_place: list[list[int]] = [[] for _ in places]
    for i, lab in enumerate(labs):
        by_place[position[lab.cluster]].append(i)
    counts = [[len(by_place[c]), *crew[c][1:]] for c in range(len(places))]
    table = Firms.allocate(firm=sum(map(sum, counts)))
    cells = np.array([(c, s) for c in range(len(places)) for s in range(len(SECTORS))], np.int64)
    repeats = np.array([count for row in counts for count in row], np.int64)
    table.cluster[:] = np.repeat(cells[:, 0], repeats)
    table.sector[:] = np.repeat(cells[:, 1], repeats)
    blocs = np.array([setting.bloc_index(place.bloc) for place in places], np.int64)
    table.bloc[:] = blocs[table.cluster]
    table.kind[:] = np.array([LAB, CHIPMAKER, APPLICATION, APPLICATION, APPLICATION])[table.sector]
    table.publishes[:] = PUBLISHED_ELSEWHERE
    table.active[:] = table.kind != LAB
    ordinal = np.arange(table.key.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    keys = np.array([key_of("place", place.name) for place in places], np.uint64)
    _keys_and_sizes(
        keys[table.cluster],
        table.sector,
        ordinal,
        address(seed, key_of("firm size")),
        parameters.economy.size_spread,
        table.key,
        table.size,
    )
    order = [i for row in by_place for i in row]  # labs in the order of their firms
    for firm, i in zip(np.flatnonzero(table.kind == LAB), order, strict=True):
        table.key[firm] = key_of("lab", labs[i].name)
        table.publishes[firm] = PUBLISHED[labs[i].release]
        table.lab[firm] = order.index(i)
    return table, order


@kernel
def _keys_and_sizes(place, sector, ordinal, sizes, spread, key, size):
    for f in range(key.size):
        key[f] = at(at(place[f], np.uint64(sector[f])), np.uint64(ordinal[f]))
        here = at(sizes, key[f])
        u, v = uniform(at(here, np.uint64(0))), uniform(at(here, np.uint64(1)))
        normal = math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
        size[f] = math.exp(spread * normal)


def _labs(
    parameters: Parameters,
    setting: Setting,
    firms: Firms,
    labs: list[Laboratory],
    order: list[int],
) -> Labs:
    delay = parameters.chips.delivery
    table = Labs.allocate(
        lab=len(labs), chip=len(setting.chips), slot=delay + 1, field=len(FIELDS)
    )
    table.firm[:] = np.flatnonzero(firms.kind == LAB)
    for row, i in enumerate(order):
        lab = labs[i]
        table.bloc[row] = setting.bloc_index(lab.bloc)
        table.rank[row] = lab.rank
        table.founded[row] = setting.calendar.index(lab.founded, 1)
        table.habit[row] = HABITS.index(lab.release)
    firms.active[table.firm] = table.founded <= 0
    return table


def _market(parameters: Parameters, setting: Setting) -> Market:
    calendar, chips = setting.calendar, setting.chips
    table = Market.allocate(
        chip=len(chips), bloc=len(setting.blocs), month=calendar.months, one=1
    )
    all_blocs = [bloc.name for bloc in setting.blocs]
    for c, chip in enumerate(chips):
        table.tflops[c], table.link[c], table.price[c] = chip.tflops, chip.link_gbs, chip.price
        table.available[c] = calendar.index(*chip.available)
        table.withdrawn[c] = (
            calendar.index(*chip.withdrawn) if chip.withdrawn else np.iinfo(np.int64).max
        )
        table.world_class[c] = not chip.answers
        table.vendor[c] = max(0, setting.bloc_index(chip.bloc))
    allowed = permissions(list(chips), list(setting.acts), all_blocs, calendar)
    allowed[:, [setting.bloc_index(chip.bloc) < 0 for chip in chips]] = False  # no such vendor
    table.may_buy_by_month[:] = allowed
    return table


def _knowledge(
    parameters: Parameters,
    setting: Setting,
    number: int,
    firms: Firms,
    clusters: Clusters,
    labs: Labs,
    seed: np.uint64,
) -> Knowledge:
    group = parameters.discovery
    shares = np.array(group.shares(number))
    members = np.flatnonzero(shares[firms.kind] > 0.0)
    ideas = catalogue_length(parameters, number, setting.calendar.months)
    table = Knowledge.allocate(
        member=members.size,
        word=-(-ideas // 64),
        idea=ideas,
        bloc=len(setting.blocs),
        delay=parameters.spillover.publication_lag + 1,
        cluster=clusters.key.size,
        sector=len(SECTORS),
    )
    table.row[:] = members
    is_lab = firms.kind[members] == LAB
    table.breadth[:] = np.where(is_lab, group.lab_breadth, group.firm_breadth)
    table.window[:] = np.where(
        is_lab, group.window(group.lab_breadth), group.window(group.firm_breadth)
    )
    _catalogue(
        address(seed, key_of("size", FIELDS[number])),
        group.idea_size(number),
        table.size,
    )
    cell = firms.cluster[members].astype(np.int64) * len(SECTORS) + firms.sector[members]
    edges = np.searchsorted(cell, np.arange(clusters.key.size * len(SECTORS) + 1))
    table.cell_start[:] = edges[:-1].reshape(table.cell_start.shape)
    table.cell_stop[:] = edges[1:].reshape(table.cell_stop.shape)
    labs.member[:, number] = np.searchsorted(members, labs.firm)
    return table


def catalogue_length(parameters: Parameters, number: int, months: int) -> int:
    """Return how many ideas of a field are laid out: more than anyone will come to hold."""
    group = parameters.discovery
    highest = 1.5 * group.growth(number) * months / 12.0 + 0.5 * group.relative_pace(number)
    widest = max(group.lab_breadth, group.firm_breadth)
    size = group.idea_size(number)
    return group.window(widest) + int(highest / size + 4.0 * math.sqrt(highest / size)) + 64


@kernel
def _catalogue(sizes, mean, size):
    # Exponential sizes, cut at 30 times the mean; the mean is hardly moved (e^-30).
    for n in range(size.size):
        size[n] = min(30.0 * mean, -mean * math.log(uniform(at(sizes, np.uint64(n)))))


def _first_fleets(state: State) -> None:
    # Labs start with the chips that spending on its growth path leaves in steady state: a stock
    # of budget / (growth + retirement), in the best chip of the day.
    finance(state)
    labs, market, group = state.labs, state.market, state.parameters.finance
    years = 1.0 / (math.log(group.growth_to_2024) + state.parameters.chips.retirement)
    on_sale = [
        c
        for c in range(market.price.size)
        if market.available[c] <= 0 < market.withdrawn[c] and market.world_class[c]
    ]
    if not on_sale:
        on_sale = [int(np.argmin(market.available))]
    best = max(on_sale, key=lambda c: market.tflops[c] / market.price[c])
    cost = float(market.price[best]) * state.parameters.chips.overhead
    for i in range(labs.firm.size):
        bloc = labs.bloc[i]
        offered = market.may_buy_by_month[0, best, bloc]
        if offered and state.blocs.exchange[bloc, market.vendor[best]] > 0.0:
            units = float(labs.budget[i]) * 12.0 * years * group.chip_share / cost
            labs.fleet[i, best] = labs.delivered[i, best] = labs.requested[i, best] = units
            labs.granted[i] = labs.spent[i] = units * cost
        else:
            labs.granted[i] = 0.0
        labs.cash[i] = 0.0


EMPTY: Floats = np.zeros((0, 0))


def neutral_constants() -> Constants:
    """Return constants that normalise nothing, for resolving the true ones."""
    ones = np.ones((len(FIELDS), 3))
    return Constants(ones, ones, ones, ones, EMPTY, np.zeros(len(FIELDS)))


def month_numbers(state: State) -> Integers:
    """Return the numbers of the reported months."""
    calendar = state.setting.calendar
    return np.arange(calendar.prehistory, calendar.months)
