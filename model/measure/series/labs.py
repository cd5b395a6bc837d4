"""Series of labs: their models, training runs, money and lead, by bloc."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from model.core.table import Floats
from model.measure.series import sums_kernels
from model.state.codes import NOTHING
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "capability_released": (
        "log10 FLOP",
        "capability of the best model released so far, in effective training compute",
    ),
    "capability_own": (
        "log10 FLOP",
        "capability of the best model that a lab trained so far without another lab's model, in "
        "effective training compute",
    ),
    "capability_potential": (
        "log10 FLOP",
        "capability of the best model that a lab could train now with its own fleet and ideas "
        "alone, in effective training compute",
    ),
    "capability_open": (
        "log10 FLOP",
        "capability of the best model with open weights so far, in effective training compute",
    ),
    "training_compute": ("log10 FLOP", "compute of the largest training run finished so far"),
    "efficiency_effort": (
        "1",
        "research effort on efficiency over the effort without export controls, mean of active "
        "labs",
    ),
    "models_released": ("models", "models released in the month"),
    "models_opened": ("models", "models whose weights were opened in the month"),
    "labs": ("labs", "active labs"),
    "lab_revenue": ("USD/month", "revenue of labs from users and application firms"),
    "lab_profit": ("USD/month", "revenue of labs less the cost of serving models"),
    "outside_funding": ("USD/month", "money that outside investors put into labs"),
    "kept_by_owners": ("USD/month", "money that owners of labs keep"),
    "research_budget": ("USD/month", "research budgets of all labs, for researchers and chips"),
    "chip_budget": ("USD/month", "part of labs' research budgets that goes to chips"),
    "lab_wages": ("USD/month", "wages that labs pay"),
    "unspent_by_labs": (
        "USD/month",
        "part of labs' research budgets that finds no people, at the highest wage that labs offer",
    ),
    "means_over_path": (
        "1",
        "funding of labs over its path, which it leaves by levers and revenue",
    ),
    "lead_of_ideas": (
        "months",
        "time until half of its rivals know an idea of a lab, mean of active labs",
    ),
}

# Observed as totals since the start; their change over the month is recorded.
TOTALS = ("models_released", "models_opened")


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    labs = state.labs
    active = state.firms.active[labs.firm]
    for name, column, none in (
        ("capability_released", labs.best_released, NOTHING),
        ("capability_own", labs.best_own, NOTHING),
        ("capability_potential", labs.potential, NOTHING),
        ("capability_open", labs.open_capability, NOTHING),
        ("training_compute", labs.best_flop, 0.0),
    ):
        sums_kernels.largest(labs.bloc, active, column, none, now[name])
    for b, largest in enumerate(now["training_compute"]):
        now["training_compute"][b] = math.log10(largest) if largest > 0.0 else NOTHING
        rows = np.flatnonzero((labs.bloc == b) & active)
        now["labs"][b] = rows.size
        now["efficiency_effort"][b] = math.fsum(labs.efficiency[rows]) / max(1, rows.size)
    sums_kernels.total(labs.bloc, labs.models, now["models_released"])
    sums_kernels.total(labs.bloc, labs.opened, now["models_opened"])
    # What goes to places with the bill is no wage; what is left of it is there again next month.
    rows, kept = labs.firm, 1.0 - fixed.shared.firms_share
    bills, heads = state.firms.bill[rows], state.firms.researchers[rows]
    wages = np.minimum(kept * bills, state.firms.wage[rows] * heads / 12.0)
    path = state.blocs.funding_path
    now["means_over_path"][:] = np.where(
        path > 0.0, state.blocs.funding / np.maximum(path, 1e-9), 1
    )
    for name, column in (
        ("lab_revenue", labs.revenue),
        ("lab_profit", labs.revenue - labs.serving),
        ("outside_funding", labs.investors),
        ("kept_by_owners", labs.owners),
        ("research_budget", labs.budget),
        ("chip_budget", state.buyers.grant[: labs.firm.size]),
        ("lab_wages", wages),
        ("unspent_by_labs", kept * bills - wages),
        ("lead_of_ideas", np.where(active, labs.lead, 0.0)),
    ):
        sums_kernels.total(labs.bloc, column, now[name])
    now["lead_of_ideas"] /= np.maximum(1.0, now["labs"])
