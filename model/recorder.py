"""What is measured each month: series by bloc, the path of ideas, who learned what from whom.

Every series is declared once with unit and meaning; arrays are laid out before the run. Prehistory
is recorded too (lags need it) and left out of what is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from model.application_tables import BRANCHES
from model.compiled import kernel
from model.events import Events, Keep
from model.recorded import APPLICATION_SERIES, SECTOR_SERIES, observe_applications
from model.world import (
    CHANNELS,
    DIVERTED,
    FIELDS,
    FOUND,
    FOUND_AGAIN,
    LAB_FIELDS,
    NOTHING,
    ROUTES,
    SOURCES,
    Floats,
    Integers,
    State,
)

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
    "labs": ("labs", "active labs"),
    **APPLICATION_SERIES,
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
    def blank(cls, state: State, keep: Keep = "labs") -> Record:
        """Lay out the arrays for all months of a world; ``keep`` says whose events are kept."""
        months, blocs = state.setting.calendar.months, len(state.setting.blocs)
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

    def observe(self, state: State) -> None:
        """Measure the month that just ended."""
        t, labs, series = state.month, state.labs, self.series
        active = state.firms.active[labs.firm]
        for b in range(len(state.setting.blocs)):
            rows = np.flatnonzero((labs.bloc == b) & active)
            here = {
                "capability_released": _most(labs.best_released[rows]),
                "capability_own": _most(labs.best_own[rows]),
                "capability_potential": _most(labs.potential[rows]),
                "capability_open": _most(labs.open_capability[rows]),
                "fleet_largest": max(labs.effective[rows], default=0.0),
                "labs": float(rows.size),
            }
            largest = max(labs.best_flop[rows], default=0.0)
            here["training_compute"] = math.log10(largest) if largest > 0.0 else NOTHING
            here["efficiency_share"] = math.fsum(labs.efficiency[rows]) / max(1, rows.size)
            for field, name in ((number, FIELDS[number]) for number in LAB_FIELDS):
                levels = state.knowledge[field].level[labs.member[rows, field]]
                here[f"{name}_best"] = max(levels, default=0.0)
                here[f"{name}_mean"] = math.fsum(levels) / rows.size if rows.size else 0.0
            for name, value in here.items():
                series[name][t, b] = value
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
        makers, market = state.makers, state.market
        series["domestic_made"][t] = 0.0
        series["domestic_made"][t, makers.bloc] = state.supply.production[
            market.family[makers.chip]
        ]
        series["domestic_price"][t, makers.bloc] = market.price[makers.chip]
        _by_vendor(
            market.vendor,
            market.maker,
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
        series["researchers"][t] = state.blocs.researchers
        fields = list(LAB_FIELDS)
        to_bloc = state.acquired[fields].sum(axis=(0, 2))  # channel x target bloc; whole numbers
        series["ideas_found"][t] = to_bloc[FOUND]
        series["ideas_found_again"][t] = to_bloc[FOUND_AGAIN]
        series["ideas_learned"][t] = to_bloc[FOUND_AGAIN + 1 :].sum(axis=0)
        series["ideas_published"][t] = state.published[fields].sum(axis=0)
        observe_applications(
            state, {name: series[name][t] for name in APPLICATION_SERIES}, self.sectors[t]
        )
        self.acquired[t] = state.acquired
        self.events.observe(state, self.sizes[t])
        for field, knowledge in enumerate(state.knowledge):
            self.holders[field][t] = knowledge.holders
        self.months = t + 1

    def __post_init__(self) -> None:
        self._since: dict[str, Floats | float] = {}


def _most(values: Floats) -> float:
    return float(max(values, default=NOTHING))


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
def _by_vendor(vendor, bloc, revenue, slip, total, latest):
    total[:] = 0.0
    latest[:] = 0.0
    for v in range(revenue.size):
        for c in range(vendor.size):
            if vendor[c] == v:  # any chip tells where the vendor sits
                total[bloc[c]] += revenue[v]
                latest[bloc[c]] = max(latest[bloc[c]], slip[v])
                break
