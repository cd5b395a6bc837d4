"""Series of the race: how hard labs of a bloc race; nothing reads them back.

Parity compares a bloc with all others, seen or not: labs race even against rivals from whom they
are cut off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from model.core.kernels import kernel
from model.core.table import Floats
from model.state.codes import NOTHING
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "rival_lead": (
        "months",
        "lead over its nearest visible rival of the lab that is ahead of all it can see; 0: none",
    ),
    "race_spending": ("share", "share of labs' disposable budgets that goes to research"),
    "race_haste": ("models/year", "models released per active lab in the last twelve months"),
    "race_parity": (
        "share",
        "ratio of effective compute of the best model released in the bloc and the best elsewhere, "
        "lesser over greater",
    ),
    "race": (
        "1",
        "pressure of the race: cube root of spending x parity x (1 - e^-haste)",
    ),
}


class Race(NamedTuple):
    """Pressure of the race and its parts by bloc; each field is the series of its name."""

    rival_lead: Floats
    race_spending: Floats
    race_haste: Floats
    race_parity: Floats
    race: Floats


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    labs = state.labs
    year = max(0, state.month - 11)
    recent = np.array([model.lab for model in state.models if model.released >= year], np.int64)
    race = Race(*(now[name] for name in Race._fields))
    _race(labs.face, state.firms.active[labs.firm], recent, race)


@kernel
def _race(labs, active, recent, now):
    for b in range(now.race.size):
        number, spent, could, models = 0.0, 0.0, 0.0, 0.0
        now.rival_lead[b] = 0.0
        mine, others = NOTHING, NOTHING
        for i in range(labs.bloc.size):
            if labs.bloc[i] != b:
                others = max(others, labs.best_released[i])
                continue
            mine = max(mine, labs.best_released[i])
            number += 1.0 if active[i] else 0.0
            spent += labs.budget[i]
            could += labs.available[i]
            now.rival_lead[b] = max(now.rival_lead[b], labs.ahead[i])
        for k in range(recent.size):
            models += 1.0 if labs.bloc[recent[k]] == b else 0.0
        spending = spent / could if could > 0.0 else 0.0
        haste = models / number if number > 0.0 else 0.0
        both = mine != NOTHING and others != NOTHING
        parity = 10.0 ** -abs(mine - others) if both else 0.0
        now.race_spending[b], now.race_haste[b], now.race_parity[b] = spending, haste, parity
        now.race[b] = (spending * parity * (1.0 - math.exp(-haste))) ** (1.0 / 3.0)
