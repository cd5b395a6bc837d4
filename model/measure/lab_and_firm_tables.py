"""Tables of what there is and what was passed on: models, firms, acquisitions and events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from model.core.arrow import table, words
from model.core.randomness import key_of
from model.core.table import Floats, Integers
from model.measure.recorder import Record
from model.mechanisms.ai.training import Training
from model.state.codes import CHANNELS, FIELD_UNITS, FIELDS, KINDS, SECTORS
from model.state.fixed import Fixed
from model.state.state import State


def models_table(fixed: Fixed, state: State) -> pa.Table:
    """Return the models released so far, prehistory included: a row a model, in order."""
    calendar, labs, models = fixed.inputs.calendar, state.labs, state.models
    names = lab_names(fixed, state)
    ids = model_ids(fixed, state)

    def date(month: int | None) -> str | None:
        return None if month is None else calendar.label(month)

    def text(values: Sequence[str | None]) -> pa.Array:
        return pa.array(values, pa.string())  # even where all are null

    return table(
        {
            "model": (text(ids), "-", "the model: its lab, and how many that had made then"),
            "lab": (text([names[m.lab] for m in models]), "-", "lab that made it"),
            "bloc": (
                text([fixed.inputs.blocs[int(labs.bloc[m.lab])].name for m in models]),
                "-",
                "bloc of the lab",
            ),
            "reported": (
                pa.array([m.released >= calendar.prehistory for m in models], pa.bool_()),
                "-",
                "released in a reported month; false: in prehistory",
            ),
            "started": (
                text([date(m.started) for m in models]),
                "YYYY-MM",
                "start of the training run",
            ),
            "released": (text([date(m.released) for m in models]), "YYYY-MM", "release"),
            "opened": (
                text([date(m.opened) for m in models]),
                "YYYY-MM",
                "month in which the weights were opened; null: closed so far",
            ),
            "capability": (_floats(m.capability for m in models), "OOM", "capability"),
            "own": (_floats(m.own for m in models), "OOM", "capability that the lab made alone"),
            "algorithms": (
                _floats(m.algorithms for m in models),
                "OOM",
                "algorithms at the run's start",
            ),
            "compute": (_floats(m.flop for m in models), "FLOP", "training compute"),
            "chip_hours": (_floats(m.chip_hours for m in models), "hours", "chip-hours of the run"),
            "cost": (_floats(m.cost for m in models), "USD", "chips of the run, written off"),
            "gain_of_openness": (
                _floats(m.gain for m in models),
                "1",
                "what openness gave when the model was released, over its closed revenue",
            ),
            "rent_of_exclusivity": (
                _floats(m.rent for m in models),
                "1",
                "what the lead over the best alternative was worth then, likewise",
            ),
            "base_capability": (
                _floats(np.nan if m.base is None else m.base for m in models),
                "OOM",
                "what could be had of the model of another lab that it was built on; null: none",
            ),
            "base_lab": (
                text([None if m.base_lab is None else names[m.base_lab] for m in models]),
                "-",
                "lab that made that model",
            ),
            "base_open": (
                pa.array([m.base_open for m in models], pa.bool_()),
                "-",
                "that model's weights were open; false: it was copied through its interface",
            ),
            "base_model": (
                text([None if base is None else ids[base] for base in bases(fixed, state)]),
                "-",
                "that model, by its name in the column model",
            ),
        }
    )


def model_ids(fixed: Fixed, state: State) -> list[str]:
    """Return the name of each model released so far: its lab, and how many it had made by then."""
    names, made = lab_names(fixed, state), [0] * state.labs.firm.size
    ids = []
    for model in state.models:
        made[model.lab] += 1
        ids.append(f"{names[model.lab]} {made[model.lab]}")
    return ids


def bases(fixed: Fixed, state: State) -> list[int | None]:
    """Return for each model the place among all of the one it was built on, None for none.

    The base lab's best of those whose weights were open when the run began, or of those released
    long enough before to be copied.
    """
    lag = max(1, fixed.of(Training).distillation_lag)
    by_lab: dict[int, list[int]] = {}
    found: list[int | None] = []
    for place, model in enumerate(state.models):
        best = None
        for other in by_lab.get(-1 if model.base_lab is None else model.base_lab, ()):
            base = state.models[other]
            there = base.opened if model.base_open else base.released + lag - 1
            if there is None or there >= model.started:  # weights open after that month's training
                continue
            if best is None or base.capability > state.models[best].capability:
                best = other
        found.append(best)
        by_lab.setdefault(model.lab, []).append(place)
    return found


def lab_names(fixed: Fixed, state: State) -> list[str]:
    """Return the names of the labs by row."""
    by_key = {int(key_of("lab", lab.name)): lab.name for lab in fixed.inputs.labs}
    return [by_key[int(state.firms.key[firm])] for firm in state.labs.firm]


def acquisitions_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return who came to hold ideas by which channel: a row a month, field, channel, blocs.

    Prehistory included, so that all that is held adds up.
    """
    start = fixed.inputs.calendar.prehistory
    counts = record.acquired[: record.months]
    where = np.nonzero(counts)
    month, field, channel, source, target = where
    names = [bloc.name for bloc in fixed.inputs.blocs]
    return table(
        {
            "month": (
                words(labels_of(fixed, state, range(record.months)), month),
                "YYYY-MM",
                "month",
            ),
            "reported": (month >= start, "-", "a reported month; false: prehistory"),
            "field": (words(FIELDS, field), "-", "field of ideas"),
            "channel": (words(CHANNELS, channel), "-", "found, found again, or learned by"),
            "source": (words(names, source), "-", "bloc from which the idea came"),
            "target": (words(names, target), "-", "bloc of the firm that came to hold it"),
            "ideas": (counts[where], "ideas", "number"),
            "size": (
                record.sizes[: record.months][where],
                "OOM",
                "sum of their sizes; products: log quality",
            ),
        }
    )


def events_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the acquisitions that were kept one by one, prehistory included."""
    rows = record.events.rows()
    names = [bloc.name for bloc in fixed.inputs.blocs]
    labels = labels_of(fixed, state, range(record.months))
    return table(
        {
            "month": (words(labels, rows.month), "YYYY-MM", "month"),
            "field": (words(FIELDS, rows.field), "-", "field of the idea"),
            "idea": (rows.idea, "-", "number in the catalogue of the field"),
            "channel": (words(CHANNELS, rows.channel), "-", "found, found again, or learned by"),
            "source": (
                pa.array(rows.source, mask=rows.source < 0),
                "row",
                "firm from which the idea came, the finder itself; null: it was read in print",
            ),
            "source_bloc": (words(names, rows.source_bloc), "-", "bloc from which it came"),
            "target": (rows.firm, "row", "firm that came to hold it"),
            "target_bloc": (
                words(names, state.firms.bloc[rows.firm]),
                "-",
                "bloc of that firm",
            ),
        }
    )


def firms_table(fixed: Fixed, state: State) -> pa.Table:
    """Return all firms as they are at the end, in the order of their rows."""
    firms, inputs = state.firms, fixed.inputs
    place_of = {int(key_of("place", place.name)): place.name for place in inputs.places}
    places = [place_of[int(key)] for key in state.clusters.key]
    rows = np.arange(firms.key.size)
    columns: dict[str, tuple[Any, str, str]] = {
        "firm": (rows, "row", "row of the firm"),
        "name": (
            pa.array(_firm_names(fixed, state, places), pa.string()),
            "-",
            "name of a lab; of other firms place, sector and number there",
        ),
        "bloc": (words([bloc.name for bloc in inputs.blocs], firms.bloc), "-", "bloc"),
        "cluster": (words(places, firms.cluster), "-", "place"),
        "sector": (words(SECTORS, firms.sector), "-", "sector"),
        "kind": (words(KINDS, firms.kind), "-", "lab, chipmaker or application firm"),
        "active": (firms.active, "-", "exists; false: not yet, no more, or a row kept for one"),
        "entered": (_month_or_null(fixed, state, firms.entered), "YYYY-MM", "entered; null: never"),
        "left": (_month_or_null(fixed, state, firms.left), "YYYY-MM", "closed; null: never"),
        "founder": (
            pa.array(firms.founder, mask=firms.founder < 0),
            "row",
            "firm that it split off from; null: none",
        ),
        "researchers": (firms.researchers, "persons", "researchers employed"),
    }
    for field, measure, knowledge in zip(FIELDS, FIELD_UNITS, state.knowledge, strict=True):
        outside = knowledge.at < 0
        for name, values, unit, doc in (
            (f"{field}_ideas", knowledge.count, "ideas", f"ideas held in {field}"),
            (field, knowledge.level, measure, f"{field} held"),
            (f"{field}_ideas_lost", knowledge.lost, "ideas", f"{field} ideas held when it closed"),
            (f"{field}_lost", knowledge.lost_level, measure, f"{field} held when it closed"),
        ):
            held = np.zeros(firms.key.size, values.dtype)
            held[knowledge.row] = values
            columns[name] = (pa.array(held, mask=outside), unit, f"{doc}; null: does none")
    return table(columns)


def _month_or_null(fixed: Fixed, state: State, months: Integers) -> pa.Array:
    label = fixed.inputs.calendar.label
    found = [label(month) if month >= 0 else None for month in months.tolist()]
    return pa.array(found, pa.string())


def _firm_names(fixed: Fixed, state: State, places: list[str]) -> list[str]:
    firms, labs = state.firms, lab_names(fixed, state)
    seen: dict[tuple[int, int], int] = {}
    names = []
    for lab, cluster, sector in zip(
        firms.lab.tolist(), firms.cluster.tolist(), firms.sector.tolist(), strict=True
    ):
        if lab >= 0:
            names.append(labs[lab])
            continue
        seen[cluster, sector] = seen.get((cluster, sector), 0) + 1
        names.append(f"{places[cluster]}, {SECTORS[sector]} {seen[cluster, sector]}")
    return names


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def labels_of(fixed: Fixed, state: State, months: range) -> list[str]:
    """Return months as YYYY-MM."""
    return [fixed.inputs.calendar.label(month) for month in months]
