"""Series of chips: labs' fleets by origin, deliveries, vendors and domestic industries, by bloc."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.core.kernels import kernel
from model.core.table import Floats
from model.measure.series import sums_kernels
from model.mechanisms.chips.supply import Supply
from model.state.codes import DIVERTED, ROUTES, SOURCES
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "fleet": ("FLOP/s", "effective performance of all labs' fleets"),
    "fleet_largest": ("FLOP/s", "effective performance of the largest lab's fleet"),
    "compute_legal": (
        "FLOP/s",
        "part of labs' fleets from chips that no export control covers or that are licensed",
    ),
    "compute_degraded": (
        "FLOP/s",
        "part of labs' fleets from export versions, chips designed under a control's threshold",
    ),
    "compute_stockpiled": (
        "FLOP/s",
        "part of labs' fleets from chips bought ahead of an announced export control",
    ),
    "compute_diverted": ("FLOP/s", "part of labs' fleets from chips diverted by intermediaries"),
    "compute_rented": ("FLOP/s", "part of labs' fleets from chips rented abroad"),
    "compute_domestic": ("FLOP/s", "part of labs' fleets from chips of the domestic industry"),
    "compute_without_controls": (
        "FLOP/s",
        "effective performance that labs' fleets would have had no export control ever bound",
    ),
    "compute_of_clouds": ("FLOP/s", "effective performance of the bloc's clouds"),
    "chips_delivered": ("chips", "chips delivered to labs in the month"),
    "chips_diverted": ("chips", "diverted chips delivered to labs and clouds in the month"),
    "chip_spending": ("USD/month", "payments of labs for chips, less refunds"),
    "unspent_chip_budget": ("USD", "money that labs have set aside for chips and not yet spent"),
    "domestic_chip_output": (
        "H100 equivalents",
        "chips that the domestic industry makes in the month",
    ),
    "domestic_chip_price": (
        "USD",
        "price of an H100 equivalent from the domestic industry; null: no such industry",
    ),
    "vendor_revenue": (
        "USD/month",
        "revenue of the bloc's chip vendors, domestic industries excluded",
    ),
    "vendor_profit": (
        "USD/month",
        "profit of the bloc's chip vendors, domestic industries excluded",
    ),
    "roadmap_slip": ("months", "delay of the roadmap of the bloc's latest chip vendor"),
    "materials_short": (
        "share",
        "share of the materials for chips that the bloc's vendors lack once stocks are used up",
    ),
}

# Observed as totals since the start; their change over the month is recorded.
TOTALS = ("chip_spending", "chips_delivered", "chips_diverted")


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    labs, buyers, blocs = state.labs, state.buyers, state.blocs
    number = labs.bloc.size
    active = state.firms.active[labs.firm]
    sums_kernels.largest(labs.bloc, active, labs.effective, 0.0, now["fleet_largest"])
    for name, column in (
        ("fleet", labs.effective),
        ("compute_without_controls", buyers.free_effective[:number]),
        ("unspent_chip_budget", buyers.cash[:number]),
        ("chip_spending", buyers.spent[:number]),
        *((f"compute_{s}", buyers.by_source[:number, k]) for k, s in enumerate(SOURCES)),
    ):
        sums_kernels.total(labs.bloc, column, now[name])
    clouds = np.where(np.arange(buyers.bloc.size) < number, 0.0, buyers.effective)
    sums_kernels.total(buyers.bloc, clouds, now["compute_of_clouds"])
    _delivered(labs.bloc, buyers.delivered, 0, len(ROUTES), now["chips_delivered"])
    _delivered(buyers.bloc, buyers.delivered, DIVERTED, DIVERTED + 1, now["chips_diverted"])
    makers, chips, vendors = state.makers, state.chips, state.vendors
    now["domestic_chip_output"][:] = 0.0
    now["domestic_chip_output"][makers.bloc] = state.supply.production[chips.family[makers.chip]]
    now["domestic_chip_price"][makers.bloc] = chips.price[makers.chip]
    _vendors(chips.face, vendors.face, now["vendor_revenue"], now["roadmap_slip"])
    # Servers and hosting earn no margin; dearer materials are passed on to buyers.
    kept = fixed.of(Supply).margin / fixed.shared.chip_overhead
    now["vendor_profit"][:] = now["vendor_revenue"] * (kept / blocs.dearer)
    now["materials_short"][:] = blocs.short


@kernel
def _delivered(bloc, delivered, first, last, result):
    # Over all chips, and over the routes from ``first`` to ``last``.
    result[:] = 0.0
    for i in range(bloc.size):
        for c in range(delivered.shape[1]):
            for r in range(first, last):
                result[bloc[i]] += delivered[i, c, r]


@kernel
def _vendors(chips, vendors, revenue, slip):
    revenue[:] = 0.0
    slip[:] = 0.0
    for v in range(vendors.revenue.size):
        for c in range(chips.vendor.size):
            if chips.vendor[c] == v:  # any of its chips states the vendor's home
                b = chips.maker[c]
                revenue[b] += vendors.revenue[v]
                slip[b] = max(slip[b], vendors.slip[v])
                break
