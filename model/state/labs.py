"""The table of labs: budgets, training runs, models, revenue."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column
from model.state.codes import NEVER, NOTHING


@dataclass
class Labs(Table):
    """Labs: budget, fleet, training run under way, models, earnings."""

    firm: Integers = column("i8", "lab", unit="firm", doc="row of the lab among firms")
    bloc: Integers = column("i8", "lab", unit="bloc", doc="bloc of the lab")
    rank: Integers = column(
        "i8", "lab", unit="1", doc="rank by size in the bloc; 1 is the largest lab"
    )
    founded: Integers = column(
        "i8", "lab", unit="month", doc="month of foundation; may lie before month 0"
    )
    habit: Integers = column("i8", "lab", unit="habit", doc="release habit; index into HABITS")
    later_habit: Integers = column(
        "i8", "lab", unit="habit", doc="release habit from the month on in which it changes"
    )
    habit_changes: Integers = column(
        "i8", "lab", unit="month", doc="month in which the release habit changes; -1: none", fill=-1
    )
    member: Integers = column(
        "i8", "lab", "field", unit="member", doc="row of the lab among members of a field; -1: none"
    )
    budget: Floats = column("f8", "lab", unit="USD/month", doc="research budget: people and chips")
    effective: Floats = column(
        "f8", "lab", unit="FLOP/s", doc="effective performance of the lab's fleet"
    )
    constraint: Floats = column(
        "f8",
        "lab",
        unit="share",
        doc="fleet over the fleet that the lab would hold if no rule had bound, h",
        fill=1,
    )
    efficiency: Floats = column(
        "f8",
        "lab",
        unit="share",
        doc="researchers on efficiency over their number without rules",
        fill=1,
    )
    scale_up: Floats = column(
        "f8",
        "lab",
        unit="share",
        doc="part of the fleet's compute that is usable in a training run",
        fill=1,
    )
    run_flop: Floats = column(
        "f8", "lab", unit="FLOP", doc="training compute so far of the run under way"
    )
    run_left: Integers = column(
        "i8", "lab", unit="months", doc="months left of the run under way; 0: no run"
    )
    run_start: Integers = column(
        "i8", "lab", unit="month", doc="first month of the last run", fill=NEVER
    )
    run_cost: Floats = column("f8", "lab", unit="USD", doc="cost so far of the run under way")
    run_chip_hours: Floats = column(
        "f8", "lab", unit="hours", doc="chip hours so far of the run under way"
    )
    run_knowledge: Floats = column(
        "f8", "lab", unit="OOM", doc="knowledge in algorithms at the start of the last run"
    )
    run_base: Floats = column(
        "f8", "lab", unit="OOM", doc="capability of the base model of the last run", fill=NOTHING
    )
    run_base_lab: Integers = column(
        "i8", "lab", unit="lab", doc="lab that released the base model; -1: none", fill=-1
    )
    run_base_open: NDArray[np.bool_] = column(
        "?", "lab", unit="-", doc="whether the base model has open weights"
    )
    best_own: Floats = column(
        "f8",
        "lab",
        unit="OOM",
        doc="best capability of the lab's models without inheritance",
        fill=NOTHING,
    )
    best_released: Floats = column(
        "f8", "lab", unit="OOM", doc="best capability released", fill=NOTHING
    )
    best_flop: Floats = column(
        "f8", "lab", unit="FLOP", doc="training compute of the largest run completed"
    )
    potential: Floats = column(
        "f8",
        "lab",
        unit="OOM",
        doc="capability, without inheritance, of a run of mean length started now",
        fill=NOTHING,
    )
    models: Integers = column("i8", "lab", unit="models", doc="models released so far")
    opened: Integers = column(
        "i8", "lab", unit="models", doc="models released with open weights so far"
    )
    completed: NDArray[np.bool_] = column(
        "?", "lab", unit="-", doc="whether a run ended this month"
    )
    finished_own: Floats = column(
        "f8", "lab", unit="OOM", doc="capability, without inheritance, of the last model finished"
    )
    finished: Floats = column("f8", "lab", unit="OOM", doc="capability of the last model finished")
    open_capability: Floats = column(
        "f8", "lab", unit="OOM", doc="best capability released with open weights", fill=NOTHING
    )
    revenue: Floats = column("f8", "lab", unit="USD/month", doc="revenue from users and firms")
    serving: Floats = column("f8", "lab", unit="USD/month", doc="cost of serving users and firms")
    smoothed_revenue: Floats = column(
        "f8", "lab", unit="USD/month", doc="smoothed revenue net of serving costs"
    )
    exposure: Floats = column(
        "f8",
        "lab",
        unit="months",
        doc="months that the lab's own ideas stayed its own, recent ones weighted more",
    )
    leaks: Floats = column(
        "f8",
        "lab",
        unit="ideas",
        doc="own ideas that half of the lab's rivals came to hold, recent ones weighted more",
    )
    lead: Floats = column(
        "f8", "lab", unit="months", doc="expected time until half of the lab's rivals hold an idea"
    )
    earned: Floats = column(
        "f8", "lab", unit="USD/month", doc="revenue of last month net of serving costs"
    )
    budget_factor: Floats = column(
        "f8", "lab", unit="1", doc="budget multiplier (1 except in treatment experiments)", fill=1
    )
    available: Floats = column(
        "f8", "lab", unit="USD/month", doc="whole budget, for research and for owners"
    )
    investors: Floats = column(
        "f8", "lab", unit="USD/month", doc="part of the whole budget that outside investors pay"
    )
    owners: Floats = column(
        "f8", "lab", unit="USD/month", doc="part of budget and earnings that owners keep"
    )
    complement: Floats = column(
        "f8", "lab", unit="share", doc="weight of products sold beside models"
    )
    motive: Floats = column("f8", "lab", unit="share", doc="weight of research against revenue")
    ahead: Floats = column("f8", "lab", unit="months", doc="lead over the nearest visible rival")
    stake: Floats = column(
        "f8",
        "lab",
        unit="share",
        doc="gain in revenue from a step ahead, over revenue, by logit; nan: no revenue",
        fill=math.nan,
    )
    effort: Floats = column(
        "f8", "lab", unit="1", doc="research over research at the reference stake", fill=1
    )
    vigour: Floats = column(
        "f8", "lab", unit="share", doc="share of research that slack leaves", fill=1
    )
