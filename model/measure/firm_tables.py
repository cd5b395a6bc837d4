"""The table of all firms as they are at the end of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from model.core.arrow import table, words
from model.core.randomness import key_of
from model.core.table import Integers
from model.measure.lab_tables import lab_names
from model.state.codes import FIELD_UNITS, FIELDS, KINDS, SECTORS
from model.state.fixed import Fixed
from model.state.state import State


def firms_table(fixed: Fixed, state: State) -> pa.Table:
    """Return all firms as they are at the end, in the order of their rows."""
    firms, inputs = state.firms, fixed.inputs
    place_of = {int(key_of("place", place.name)): place.name for place in inputs.places}
    places = [place_of[int(key)] for key in state.clusters.key]
    blocs = [bloc.name for bloc in inputs.blocs]
    columns: dict[str, tuple[Any, str, str]] = {
        "firm": (np.arange(firms.key.size), "row", "row of the firm"),
        "name": (
            pa.array(_firm_names(fixed, state, places), pa.string()),
            "-",
            "name of a lab; of other firms place, sector and number there",
        ),
        "bloc": (words(blocs, firms.bloc), "-", "bloc of the firm"),
        "cluster": (words(places, firms.cluster), "-", "place of the firm"),
        "sector": (words(SECTORS, firms.sector), "-", "sector of the firm"),
        "kind": (words(KINDS, firms.kind), "-", "lab, chipmaker or application firm"),
        "active": (
            firms.active,
            "-",
            "active at the end; false: not yet entered, closed, or a spare row",
        ),
        "entered": (
            _dates(fixed, firms.entered),
            "YYYY-MM",
            "month of entry; null: never entered",
        ),
        "left": (_dates(fixed, firms.left), "YYYY-MM", "month of closure; null: never closed"),
        "founder": (
            pa.array(firms.founder, mask=firms.founder < 0),
            "row",
            "firm from which the firm split off; null: none",
        ),
        "researchers": (firms.researchers, "persons", "researchers employed"),
    }
    for field, measure, knowledge in zip(FIELDS, FIELD_UNITS, state.knowledge, strict=True):
        outside = knowledge.at < 0
        for name, values, unit, doc in (
            (f"{field}_ideas", knowledge.count, "ideas", f"ideas held in {field}"),
            (field, knowledge.level, measure, f"sum of the sizes of ideas held in {field}"),
            (
                f"{field}_ideas_lost",
                knowledge.lost,
                "ideas",
                f"ideas held in {field} when the firm closed",
            ),
            (
                f"{field}_lost",
                knowledge.lost_level,
                measure,
                f"sum of the sizes of ideas held in {field} when the firm closed",
            ),
        ):
            held = np.zeros(firms.key.size, values.dtype)
            held[knowledge.row] = values
            columns[name] = (
                pa.array(held, mask=outside),
                unit,
                f"{doc}; null: firm without work in {field}",
            )
    return table(columns)


def _dates(fixed: Fixed, months: Integers) -> pa.Array:
    dates = [fixed.date(month) if month >= 0 else None for month in months.tolist()]
    return pa.array(dates, pa.string())


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
