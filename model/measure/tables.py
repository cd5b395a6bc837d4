"""The tables of a run: Arrow tables whose columns carry unit and description.

Outcomes and series stand here; labs' models, firms and ideas in ``lab_tables``, ``firm_tables``
and ``idea_tables``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from model.core.arrow import table
from model.measure.firm_tables import firms_table
from model.measure.idea_tables import acquisitions_table, diffusion_table, events_table, ideas_table
from model.measure.lab_tables import models_table
from model.measure.outcomes import OUTCOMES, outcomes_of
from model.measure.recorder import SERIES, Record
from model.measure.series.firms import SECTOR_SERIES
from model.state.codes import BRANCHES
from model.state.fixed import Fixed
from model.state.state import State


def tables_of(fixed: Fixed, state: State, record: Record) -> dict[str, pa.Table]:
    """Return all tables of a run: reported months, prehistory of ideas, events where kept."""
    tables = {
        "world": world_table(fixed, state, record),
        "blocs": blocs_table(fixed, state, record),
        "ideas": ideas_table(fixed, state, record),
        "models": models_table(fixed, state),
        "acquisitions": acquisitions_table(fixed, state, record),
        "diffusion": diffusion_table(fixed, state, record),
        "firms": firms_table(fixed, state),
        "sectors": sectors_table(fixed, state, record),
    }
    if record.events.keep != "none":
        tables["events"] = events_table(fixed, state, record)
    return tables


def world_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the outcomes: a row a month."""
    start = fixed.inputs.calendar.prehistory
    span = slice(start, record.months)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (_dates(fixed, start, record), "YYYY-MM", "month")
    }
    for name, values in outcomes_of(fixed, state, record).items():
        base = name.removesuffix("_censored")
        if base == name:
            columns[name] = (values[span], OUTCOMES[name].unit, OUTCOMES[name].definition)
        else:
            columns[name] = (values[span] > 0, "-", f"{base} is a lower bound: record too short")
    return table(columns)


def blocs_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the series by bloc: a row a month and bloc."""
    start, names = fixed.inputs.calendar.prehistory, [bloc.name for bloc in fixed.inputs.blocs]
    months = _dates(fixed, start, record)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (np.repeat(months, len(names)), "YYYY-MM", "month"),
        "bloc": (names * len(months), "-", "bloc"),
    }
    for name, (unit, doc) in SERIES.items():
        values = record.series[name][start : record.months].ravel()
        columns[name] = (np.where(np.isfinite(values), values, np.nan), unit, doc)
    return table(columns)


def sectors_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the series of application firms by sector: a row a month, bloc and sector."""
    start, names = fixed.inputs.calendar.prehistory, [bloc.name for bloc in fixed.inputs.blocs]
    months = _dates(fixed, start, record)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (np.repeat(months, len(names) * len(BRANCHES)), "YYYY-MM", "month"),
        "bloc": (np.repeat(names, len(BRANCHES)).tolist() * len(months), "-", "bloc"),
        "sector": (list(BRANCHES) * (len(names) * len(months)), "-", "sector"),
    }
    for place, (name, (unit, doc)) in enumerate(SECTOR_SERIES.items()):
        columns[name] = (record.sectors[start : record.months, :, :, place].ravel(), unit, doc)
    return table(columns)


def _dates(fixed: Fixed, start: int, record: Record) -> list[str]:
    return [fixed.date(month) for month in range(start, record.months)]


def content_digest(tables: Mapping[str, pa.Table]) -> str:
    """Return the SHA-256 of the tables' content, independent of how files store it."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(name.encode())
        for column in tables[name].column_names:
            digest.update(column.encode())
            values = tables[name].column(column).combine_chunks()
            digest.update(np.packbits(values.is_null().to_numpy(zero_copy_only=False)).tobytes())
            if pa.types.is_null(values.type):
                continue
            if pa.types.is_string(values.type):
                values = values.dictionary_encode()
                digest.update(json.dumps(values.dictionary.to_pylist()).encode())
                values = values.indices
            filled = values.fill_null(pa.scalar(0).cast(values.type))
            digest.update(filled.to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()
