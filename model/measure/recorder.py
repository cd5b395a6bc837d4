"""What is measured each month: series by bloc, the path of ideas, who learned what from whom.

Every series is declared once with unit and meaning; arrays are laid out before the run. Prehistory
is recorded too (lags need it) and left out of what is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from model.core.kernels import kernel
from model.core.table import Floats, Integers
from model.measure.acquisitions import Events, Keep
from model.measure.firms_and_race import (
    APPLICATION_SERIES,
    DEMOGRAPHY_SERIES,
    RACE_SERIES,
    SECTOR_SERIES,
    observe_applications,
    observe_demography,
    observe_race,
)
from model.mechanisms.ai.market import AiMarket
from model.mechanisms.chips.supply import Supply
from model.state.codes import (
    BRANCHES,
    CHANNELS,
    CLOSED,
    CONSUMERS,
    DEVELOPERS,
    DIVERTED,
    FIELDS,
    FOUND,
    FOUND_AGAIN,
    LAB_FIELDS,
    NOTHING,
    OPEN,
    ROUTES,
    SEGMENTS,
    SOURCES,
)
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "capability_released": ("OOM", "best model released so far (running maximum)"),
    "capability_own": ("OOM", "best that a lab has made alone so far (running maximum)"),
    "capability_potential": ("OOM", "best that a lab could make now, alone, with fleet and ideas"),
    "capability_open": ("OOM", "best model with open weights so far (running maximum)"),
    "training_compute": ("log10 FLOP", "largest training run finished so far (running maximum)"),
    "fleet": ("FLOP/s", "effective performance of all labs' fleets"),
    "fleet_largest": ("FLOP/s", "effective performance of the largest lab's fleet"),
    "compute_legal": ("FLOP/s", "of the fleets, from chips sold under no rule or by licence"),
    "compute_degraded": ("FLOP/s", "of the fleets, from weaker chips made for a rule"),
    "compute_stockpiled": ("FLOP/s", "of the fleets, from chips bought ahead of a bar"),
    "compute_diverted": ("FLOP/s", "of the fleets, from chips diverted by traders"),
    "compute_rented": ("FLOP/s", "of the fleets, from chips rented abroad"),
    "compute_domestic": ("FLOP/s", "of the fleets, from domestic chips"),
    "compute_unbound": ("FLOP/s", "what labs' fleets would be had no rule ever bound"),
    "efficiency_share": ("1", "researchers on efficiency over those without rules, mean of labs"),
    "chips_delivered": ("chips", "chips delivered to labs this month"),
    "compute_of_clouds": ("FLOP/s", "effective performance of the bloc's clouds"),
    "chips_diverted": ("chips", "diverted chips delivered this month, labs and clouds"),
    "domestic_made": ("H100 equivalents", "made by the domestic industry this month"),
    "domestic_price": ("USD", "of an H100 equivalent from the domestic industry; NaN: none"),
    "vendor_revenue": ("USD/month", "asked of the bloc's vendors this month, domestic ones not"),
    "roadmap_slip": ("months", "by which roadmaps of the bloc's vendors are late, the latest"),
    "budget": ("USD/month", "means of all labs"),
    "chip_spending": ("USD/month", "paid for chips this month, less refunds"),
    "cash": ("USD", "set aside for chips and not spent"),
    "researchers": ("persons", "researchers in the field of AI"),
    "researchers_in_labs": ("persons", "of them in labs"),
    "wage_labs": ("USD/year", "mean wage of a researcher in labs; 0: none"),
    "wage_elsewhere": ("USD/year", "mean wage of a researcher in other firms; 0: none"),
    "graduates": ("persons/month", "graduates who enter research"),
    "graduates_to_finance": ("persons/month", "graduates whom financial trading takes"),
    "retirements": ("persons/month", "researchers who leave research"),
    "moves": ("persons/month", "researchers hired from other firms, from abroad included"),
    "migration": ("persons/month", "who come from other blocs less who go to them, net"),
    "public_infrastructure": ("USD/month", "public money for infrastructure of places"),
    "public_universities": ("USD/month", "public money for universities"),
    "infrastructure": ("USD", "shared infrastructure of all places"),
    "ideas_basic": ("ideas", "found by universities this month, all fields"),
    "algorithms_best": ("OOM", "algorithms held by the lab that holds most"),
    "algorithms_mean": ("OOM", "algorithms held, mean of active labs"),
    "systems_best": ("OOM", "systems ideas held by the lab that holds most"),
    "systems_mean": ("OOM", "systems ideas held, mean of active labs"),
    "ideas_found": ("ideas", "algorithms and systems ideas found first this month"),
    "ideas_found_again": ("ideas", "algorithms and systems ideas found again this month"),
    "ideas_learned": ("ideas", "algorithms and systems ideas learned from others this month"),
    "ideas_published": ("ideas", "algorithms and systems ideas that came into print this month"),
    "models_released": ("models", "models released this month"),
    "models_opened": ("models", "models whose weights were opened this month"),
    "ideas_contributed": ("ideas", "contributed by developers of open models this month"),
    "labs": ("labs", "active labs"),
    "consumers": ("share", "of consumers (by spending) who use AI models"),
    "developers": ("share", "of developers (by spending) who use AI models"),
    "user_spending": ("USD/month", "spent by users on AI models"),
    "user_surplus": ("USD/month", "worth of AI models to users above what they pay"),
    "price": ("USD/Mtoken", "mean price that users pay"),
    "price_of_quality": (
        "USD/Mtoken",
        "the same over capability beyond the reference: what a given capability costs",
    ),
    "price_closed": ("USD/Mtoken", "mean price that users pay for closed lines"),
    "price_open": ("USD/Mtoken", "mean price that users pay for open lines, small ones not"),
    "open_use": ("share", "of users' tokens from lines with open weights"),
    "home_use": ("share", "of users' spending on makers of the own bloc"),
    "concentration": ("1", "Herfindahl index of users' spending over labs; above 0.6: suspect"),
    "lab_revenue": ("USD/month", "of labs, from users and firms"),
    "lab_profit": ("USD/month", "of labs, serving paid, research not"),
    "host_profit": ("USD/month", "of hosts of open lines in the bloc"),
    "owners": ("USD/month", "kept by owners of labs"),
    "investors": ("USD/month", "put into labs from outside"),
    "lead_of_ideas": ("months", "until half of its rivals know an idea of a lab, mean of labs"),
    "vendor_profit": ("USD/month", "of the bloc's vendors of chips, domestic ones not"),
    "materials_short": ("share", "of materials for chips that vendors lack, stocks used up"),
    **RACE_SERIES,
    **APPLICATION_SERIES,
    **DEMOGRAPHY_SERIES,
}

SINCE_LAST_MONTH = (
    "chip_spending",
    "chips_delivered",
    "chips_diverted",
    "models_released",
    "models_opened",
)


@dataclass
class Record:
    """All that was measured: series[name] is month x bloc; ideas as counts of holders."""

    series: dict[str, Floats]
    acquired: Integers  # month x field x channel x source bloc x target bloc
    sizes: Floats  # the same in OOM: the sizes of these ideas
    sectors: Floats  # month x bloc x sector x SECTOR_SERIES
    events: Events  # acquisitions one by one
    holders: tuple[np.ndarray[tuple[int, ...], np.dtype[np.int32]], ...]  # month x idea x bloc
    months: int = 0

    @classmethod
    def blank(cls, fixed: Fixed, state: State, keep: Keep = "labs") -> Record:
        """Lay out the arrays for all months of a world; ``keep`` says whose events are kept."""
        months, blocs = fixed.inputs.calendar.months, len(fixed.inputs.blocs)
        shape = (months, len(FIELDS), len(CHANNELS), blocs, blocs)
        return cls(
            series={name: np.full((months, blocs), np.nan) for name in SERIES},
            acquired=np.zeros(shape, np.int64),
            sizes=np.zeros(shape),
            sectors=np.zeros((months, blocs, len(BRANCHES), len(SECTOR_SERIES))),
            events=Events(state, keep),
            holders=tuple(
                np.zeros((months, *knowledge.holders.shape), np.int32)
                for knowledge in state.knowledge
            ),
        )

    def observe(self, fixed: Fixed, state: State) -> None:
        """Measure the month that just ended."""
        t, labs, series = state.month, state.labs, self.series
        active = state.firms.active[labs.firm]
        names = [FIELDS[field] for field in LAB_FIELDS]
        levels = [state.knowledge[field].level[labs.member[:, field]] for field in LAB_FIELDS]
        for name, column, none in (
            ("capability_released", labs.best_released, NOTHING),
            ("capability_own", labs.best_own, NOTHING),
            ("capability_potential", labs.potential, NOTHING),
            ("capability_open", labs.open_capability, NOTHING),
            ("training_compute", labs.best_flop, 0.0),
            ("fleet_largest", labs.effective, 0.0),
            *((f"{n}_best", level, 0.0) for n, level in zip(names, levels, strict=True)),
        ):
            _largest(labs.bloc, active, column, none, series[name][t])
        for b, largest in enumerate(series["training_compute"][t]):
            log = math.log10(largest) if largest > 0.0 else NOTHING
            series["training_compute"][t, b] = log
            rows = np.flatnonzero((labs.bloc == b) & active)
            each = max(1, rows.size)
            series["labs"][t, b] = rows.size
            series["efficiency_share"][t, b] = math.fsum(labs.efficiency[rows]) / each
            for name, level in zip(names, levels, strict=True):
                series[f"{name}_mean"][t, b] = math.fsum(level[rows]) / each
        buyers, number = state.buyers, labs.bloc.size
        for name, column in (
            ("fleet", labs.effective),
            ("compute_unbound", buyers.free_effective[:number]),
            ("budget", labs.budget),
            ("cash", buyers.cash[:number]),
            ("chip_spending", buyers.spent[:number]),
            *((f"compute_{s}", buyers.by_source[:number, k]) for k, s in enumerate(SOURCES)),
        ):
            _by_bloc(labs.bloc, column, series[name][t])
        clouds = np.where(np.arange(buyers.bloc.size) < number, 0.0, buyers.effective)
        _by_bloc(buyers.bloc, clouds, series["compute_of_clouds"][t])
        _by_bloc(labs.bloc, labs.models, series["models_released"][t])
        _by_bloc(labs.bloc, labs.opened, series["models_opened"][t])
        _rows_by_bloc(labs.bloc, buyers.delivered, 0, len(ROUTES), series["chips_delivered"][t])
        _rows_by_bloc(
            buyers.bloc, buyers.delivered, DIVERTED, DIVERTED + 1, series["chips_diverted"][t]
        )
        makers, chips = state.makers, state.chips
        series["domestic_made"][t] = 0.0
        series["domestic_made"][t, makers.bloc] = state.supply.production[chips.family[makers.chip]]
        series["domestic_price"][t, makers.bloc] = chips.price[makers.chip]
        _by_vendor(
            chips.vendor,
            chips.maker,
            state.vendors.revenue,
            state.vendors.slip,
            series["vendor_revenue"][t],
            series["roadmap_slip"][t],
        )
        for name in SINCE_LAST_MONTH:
            self._since[name], series[name][t] = (
                series[name][t].copy(),
                series[name][t] - self._since.get(name, 0.0),
            )
        self._of_users(fixed, state)
        blocs = state.blocs
        for name, column in (
            ("researchers", blocs.researchers),
            ("researchers_in_labs", blocs.in_labs),
            ("wage_labs", blocs.wage_labs),
            ("wage_elsewhere", blocs.wage_elsewhere),
            ("graduates", blocs.graduates),
            ("graduates_to_finance", blocs.to_finance),
            ("retirements", blocs.retirements),
            ("moves", blocs.hires),
            ("public_infrastructure", blocs.for_places),
            ("public_universities", blocs.for_universities),
            ("ideas_basic", blocs.basic),
            ("materials_short", blocs.short),
        ):
            series[name][t] = column
        series["migration"][t] = blocs.crossing.sum(axis=0) - blocs.crossing.sum(axis=1)
        _by_bloc(state.clusters.bloc, state.clusters.stock, series["infrastructure"][t])
        fields = list(LAB_FIELDS)
        to_bloc = state.acquired[fields].sum(axis=(0, 2))  # channel x target bloc; whole numbers
        series["ideas_found"][t] = to_bloc[FOUND]
        series["ideas_found_again"][t] = to_bloc[FOUND_AGAIN]
        series["ideas_learned"][t] = to_bloc[FOUND_AGAIN + 1 :].sum(axis=0)
        series["ideas_published"][t] = state.published[fields].sum(axis=0)
        observe_demography(state, {name: series[name][t] for name in DEMOGRAPHY_SERIES})
        observe_race(state, {name: series[name][t] for name in RACE_SERIES})
        observe_applications(
            state, {name: series[name][t] for name in APPLICATION_SERIES}, self.sectors[t]
        )
        self.acquired[t] = state.acquired
        self.events.observe(fixed, state, self.sizes[t])
        for field, knowledge in enumerate(state.knowledge):
            self.holders[field][t] = knowledge.holders
        self.months = t + 1

    def _of_users(self, fixed: Fixed, state: State) -> None:
        labs, segments, platforms = state.labs, state.segments, state.platforms
        series = {name: values[state.month] for name, values in self.series.items()}
        series["consumers"][:] = segments.adopters[CONSUMERS :: len(SEGMENTS)]
        series["developers"][:] = segments.adopters[DEVELOPERS :: len(SEGMENTS)]
        series["ideas_contributed"][:] = state.blocs.contributed
        margin = fixed.of(AiMarket).host_margin
        series["host_profit"][:] = state.blocs.hosts * (margin / (1.0 + margin))
        kept = fixed.of(Supply).margin / fixed.shared.chip_overhead
        # What chips stand in is not; what materials cost more is passed on, not earned.
        series["vendor_profit"][:] = series["vendor_revenue"] * (kept / state.blocs.dearer)
        _by_bloc(segments.bloc, segments.spent, series["user_spending"])
        _by_bloc(segments.bloc, segments.surplus, series["user_surplus"])
        for name, column in (
            ("lab_revenue", labs.revenue),
            ("lab_profit", labs.revenue - labs.serving),
            ("owners", labs.owners),
            ("investors", labs.investors),
            ("lead_of_ideas", np.where(state.firms.active[labs.firm], labs.lead, 0.0)),
        ):
            _by_bloc(labs.bloc, column, series[name])
        series["lead_of_ideas"] /= np.maximum(1.0, series["labs"])
        _uses(
            platforms.lab,
            platforms.bloc,
            platforms.line,
            platforms.quality,
            platforms.price,
            platforms.spending,
            segments.bloc,
            fixed.of(AiMarket).reference_capability,
            np.zeros(labs.firm.size),
            series["price"],
            series["price_of_quality"],
            series["price_closed"],
            series["price_open"],
            series["open_use"],
            series["home_use"],
            series["concentration"],
        )

    def __post_init__(self) -> None:
        self._since: dict[str, Floats | float] = {}


@kernel
def _largest(bloc, active, column, none, largest):
    # Of active labs; what stands where a bloc has none is said by ``none``.
    largest[:] = math.nan
    for i in range(bloc.size):
        b = bloc[i]
        if active[i] and not largest[b] >= column[i]:
            largest[b] = column[i]
    for b in range(largest.size):
        if math.isnan(largest[b]):
            largest[b] = none


@kernel
def _by_bloc(bloc, column, total):
    total[:] = 0.0
    for i in range(bloc.size):
        total[bloc[i]] += column[i]


@kernel
def _rows_by_bloc(bloc, table, first, last, total):
    total[:] = 0.0
    for i in range(bloc.size):
        for c in range(table.shape[1]):
            for r in range(first, last):
                total[bloc[i]] += table[i, c, r]


@kernel
def _uses(
    lab, maker, line, quality, price, spending, segment_bloc, reference, of_lab, mean_price,
    of_quality, closed_price, open_price, open_use, home_use, concentration,
):  # fmt: skip
    for b in range(mean_price.size):
        of_lab[:] = 0.0
        tokens, paid, given, better, at_home = 0.0, 0.0, 0.0, 0.0, 0.0
        for_closed, closed_tokens, for_open, open_tokens = 0.0, 0.0, 0.0, 0.0
        for s in range(segment_bloc.size):
            if segment_bloc[s] != b:
                continue
            for j in range(lab.size):
                x = spending[j, s]
                if x <= 0.0:
                    continue
                paid += x
                tokens += x / price[j, s]
                given += x / price[j, s] if line[j] != CLOSED else 0.0
                at_home += x if maker[j] == b else 0.0
                if line[j] == CLOSED:
                    for_closed += x
                    closed_tokens += x / price[j, s]
                elif line[j] == OPEN:
                    for_open += x
                    open_tokens += x / price[j, s]
                better += x * (math.log10(price[j, s]) - (quality[j] - reference))
                of_lab[lab[j]] += x
        mean_price[b] = paid / tokens if tokens > 0.0 else np.nan
        of_quality[b] = 10.0 ** (better / paid) if paid > 0.0 else np.nan
        closed_price[b] = for_closed / closed_tokens if closed_tokens > 0.0 else np.nan
        open_price[b] = for_open / open_tokens if open_tokens > 0.0 else np.nan
        open_use[b] = given / tokens if tokens > 0.0 else 0.0
        home_use[b] = at_home / paid if paid > 0.0 else 0.0
        concentration[b] = 0.0
        for i in range(of_lab.size):
            concentration[b] += (of_lab[i] / paid) ** 2 if paid > 0.0 else 0.0


@kernel
def _by_vendor(vendor, bloc, revenue, slip, total, latest):
    total[:] = 0.0
    latest[:] = 0.0
    for v in range(revenue.size):
        for c in range(vendor.size):
            if vendor[c] == v:  # any chip tells where the vendor sits
                total[bloc[c]] += revenue[v]
                latest[bloc[c]] = max(latest[bloc[c]], slip[v])
                break
