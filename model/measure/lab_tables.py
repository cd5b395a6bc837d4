"""The table of models that labs released, and the names of labs and models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from model.core.arrow import table
from model.core.randomness import key_of
from model.core.table import Floats
from model.mechanisms.ai.training import Training
from model.state.fixed import Fixed
from model.state.state import State


def models_table(fixed: Fixed, state: State) -> pa.Table:
    """Return the models released so far, prehistory included: a row a model, in order."""
    calendar, labs, models = fixed.inputs.calendar, state.labs, state.models
    names, ids = lab_names(fixed, state), model_ids(fixed, state)
    blocs = [fixed.inputs.blocs[int(labs.bloc[m.lab])].name for m in models]
    base_labs = [None if m.base_lab is None else names[m.base_lab] for m in models]
    base_models = [None if base is None else ids[base] for base in bases(fixed, state)]
    return table(
        {
            "model": (_texts(ids), "-", "name of the model: its lab and its number in that lab"),
            "lab": (_texts([names[m.lab] for m in models]), "-", "lab that trained the model"),
            "bloc": (_texts(blocs), "-", "bloc of the lab"),
            "reported": (
                pa.array([m.released >= calendar.prehistory for m in models], pa.bool_()),
                "-",
                "released in a reported month; false: in prehistory",
            ),
            "started": (
                _dates(fixed, [m.started for m in models]),
                "YYYY-MM",
                "month in which the training run started",
            ),
            "released": (
                _dates(fixed, [m.released for m in models]),
                "YYYY-MM",
                "month of release",
            ),
            "opened": (
                _dates(fixed, [m.opened for m in models]),
                "YYYY-MM",
                "month in which the weights were opened; null: closed so far",
            ),
            "capability": (
                _floats(m.capability for m in models),
                "log10 FLOP",
                "capability of the model, in effective training compute",
            ),
            "own_capability": (
                _floats(m.own for m in models),
                "log10 FLOP",
                "capability that the lab reached without another lab's model",
            ),
            "algorithms": (
                _floats(m.algorithms for m in models),
                "OOM",
                "algorithms that the lab held when the training run started",
            ),
            "compute": (_floats(m.flop for m in models), "FLOP", "compute of the training run"),
            "chip_hours": (
                _floats(m.chip_hours for m in models),
                "hours",
                "chip-hours of the training run",
            ),
            "cost": (
                _floats(m.cost for m in models),
                "USD",
                "depreciation of chips during the training run",
            ),
            "gain_of_openness": (
                _floats(m.gain for m in models),
                "1",
                "gain from opening the weights as expected at release, over revenue if closed",
            ),
            "rent_of_exclusivity": (
                _floats(m.rent for m in models),
                "1",
                "rent from the lead over the best alternative as expected at release, over revenue "
                "if closed",
            ),
            "base_capability": (
                _floats(np.nan if m.base is None else m.base for m in models),
                "log10 FLOP",
                "capability available from the other lab's model on which the model was built; "
                "null: none",
            ),
            "base_lab": (
                _texts(base_labs),
                "-",
                "other lab on whose model the model was built; null: none",
            ),
            "base_open": (
                pa.array([m.base_open for m in models], pa.bool_()),
                "-",
                "weights of the other lab's model were open; false: it was distilled through its "
                "interface, or there was none",
            ),
            "base_model": (
                _texts(base_models),
                "-",
                "name of the other lab's model on which the model was built; null: none",
            ),
        }
    )


def model_ids(fixed: Fixed, state: State) -> list[str]:
    """Return the name of each model released so far: its lab, and its number in that lab."""
    names, number = lab_names(fixed, state), [0] * state.labs.firm.size
    ids = []
    for model in state.models:
        number[model.lab] += 1
        ids.append(f"{names[model.lab]} {number[model.lab]}")
    return ids


def bases(fixed: Fixed, state: State) -> list[int | None]:
    """Return for each model the row of the other lab's model it was built on, None for none.

    The base is the best model of the base lab among those whose weights were open when the
    training run began, or that had been released long enough to be distilled.
    """
    lag = max(1, fixed.of(Training).distillation_lag)
    by_lab: dict[int, list[int]] = {}
    result: list[int | None] = []
    for row, model in enumerate(state.models):
        best = None
        for other in by_lab.get(-1 if model.base_lab is None else model.base_lab, ()):
            base = state.models[other]
            there = base.opened if model.base_open else base.released + lag - 1
            if there is None or there >= model.started:  # weights open after that month's training
                continue
            if best is None or base.capability > state.models[best].capability:
                best = other
        result.append(best)
        by_lab.setdefault(model.lab, []).append(row)
    return result


def lab_names(fixed: Fixed, state: State) -> list[str]:
    """Return the names of the labs by row."""
    by_key = {int(key_of("lab", lab.name)): lab.name for lab in fixed.inputs.labs}
    return [by_key[int(state.firms.key[firm])] for firm in state.labs.firm]


def _texts(values: Sequence[str | None]) -> pa.Array:
    return pa.array(values, pa.string())  # even where all are null


def _dates(fixed: Fixed, months: Iterable[int | None]) -> pa.Array:
    return _texts([None if month is None else fixed.date(month) for month in months])


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)
