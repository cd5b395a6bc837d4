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
