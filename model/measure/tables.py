"""Tables of a run, as Arrow tables whose columns carry unit and description."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from model.core.arrow import table
from model.core.table import Integers
from model.measure.firms_and_race import SECTOR_SERIES
from model.measure.lab_and_firm_tables import (
    acquisitions_table,
    events_table,
    firms_table,
    labels_of,
    models_table,
)
from model.measure.outcomes import OUTCOMES, outcomes_of
from model.measure.recorder import SERIES, Record
from model.state.codes import BRANCHES, FIELDS
from model.state.fixed import Fixed
from model.state.state import State


def tables_of(fixed: Fixed, state: State, record: Record) -> dict[str, pa.Table]:
    """Return all tables of a run: reported months, and what led to them; events where kept."""
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
    calendar = fixed.inputs.calendar
    span = slice(calendar.prehistory, record.months)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (labels_of(fixed, state, range(*span.indices(record.months))), "YYYY-MM", "month")
    }
    for name, values in outcomes_of(fixed, state, record).items():
        base = name.removesuffix("_censored")
        if base == name:
            columns[name] = (values[span], OUTCOMES[name].unit, OUTCOMES[name].definition)
        else:
            columns[name] = (values[span] > 0, "-", f"{base} is at least this: record too short")
    return table(columns)


def blocs_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return what was measured by bloc: a row a month and bloc."""
    calendar, names = fixed.inputs.calendar, [bloc.name for bloc in fixed.inputs.blocs]
    months = range(calendar.prehistory, record.months)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (np.repeat(labels_of(fixed, state, months), len(names)), "YYYY-MM", "month"),
        "bloc": (names * len(months), "-", "bloc"),
    }
    for name, (unit, doc) in SERIES.items():
        values = record.series[name][calendar.prehistory : record.months].ravel()
        columns[name] = (np.where(np.isfinite(values), values, np.nan), unit, doc)
    return table(columns)


def sectors_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return who leads in use and who at the frontier: a row a month, bloc and sector."""
    start, names = fixed.inputs.calendar.prehistory, [bloc.name for bloc in fixed.inputs.blocs]
    months = range(start, record.months)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (
            np.repeat(labels_of(fixed, state, months), len(names) * len(BRANCHES)),
            "YYYY-MM",
            "month",
        ),
        "bloc": (np.repeat(names, len(BRANCHES)).tolist() * len(months), "-", "bloc"),
        "sector": (list(BRANCHES) * (len(names) * len(months)), "-", "sector"),
    }
    for place, (name, (unit, doc)) in enumerate(SECTOR_SERIES.items()):
        columns[name] = (record.sectors[start : record.months, :, :, place].ravel(), unit, doc)
    return table(columns)


def ideas_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the ideas found so far: a row an idea, with its way at home and abroad."""
    rows: dict[str, list[Any]] = {name: [] for name in IDEAS}
    for field, knowledge in enumerate(state.knowledge):
        known = np.flatnonzero(knowledge.first_month >= 0)
        firms = firms_by_month(fixed, state, field, record.months)
        for n in known:
            start = int(knowledge.first_month[n])
            home = int(knowledge.first_bloc[n])
            path = record.holders[field][start : record.months, n]
            abroad = path.sum(axis=1) - path[:, home]
            rows["field"].append(FIELDS[field])
            rows["idea"].append(int(n))
            rows["size"].append(float(knowledge.size[n]))
            rows["first_month"].append(fixed.inputs.calendar.label(start))
            rows["first_bloc"].append(fixed.inputs.blocs[home].name)
            rows["first_firm"].append(int(knowledge.first_firm[n]))
            rows["finds"].append(int(knowledge.finds[n]))
            rows["holders_home"].append(int(path[-1, home]))
            rows["holders_abroad"].append(int(abroad[-1]))
            there = firms[start:, home]
            others = firms[start:].sum(axis=1) - there
            for place, holders, total in (
                ("home", path[:, home], there),
                ("abroad", abroad, others),
            ):
                for percent in (10, 50, 90):
                    reached = np.flatnonzero((holders * 100 >= total * percent) & (total > 0))
                    found = float(reached[0]) if reached.size else np.nan
                    rows[f"months_to_{percent}_{place}"].append(found)
    return table({name: (rows[name], *IDEAS[name]) for name in IDEAS})


IDEAS = {
    "field": ("-", "field of the idea"),
    "idea": ("-", "number in the catalogue of the field"),
    "size": ("OOM", "size of the idea; products: log quality"),
    "first_month": ("YYYY-MM", "month in which it was first found"),
    "first_bloc": ("-", "bloc of its first finder"),
    "first_firm": ("row", "row of its first finder among firms; -1: developers or universities"),
    "finds": ("1", "times found by firms, first included"),
    "holders_home": ("firms", "firms of the first finder's bloc that hold it at the end"),
    "holders_abroad": ("firms", "firms of other blocs that hold it at the end"),
    **{
        f"months_to_{percent}_{place}": (
            "months",
            f"from the first find until {percent} % of the field's firms {words} held it",
        )
        for place, words in (("home", "of the same bloc"), ("abroad", "of other blocs"))
        for percent in (10, 50, 90)
    },
}


AGES = 121  # months after the first find over which diffusion is followed


def firms_by_month(fixed: Fixed, state: State, field: int, months: int) -> Integers:
    """Return the number of firms of a field at the end of each month, month x bloc."""
    knowledge, firms = state.knowledge[field], state.firms
    number = np.zeros((months + 1, len(fixed.inputs.blocs)), np.int64)
    bloc = firms.bloc[knowledge.row]
    for column, sign in ((firms.entered, 1), (firms.left, -1)):
        when = column[knowledge.row]
        counted = when >= 0
        np.add.at(number, (when[counted], bloc[counted]), sign)
    by_month: Integers = number.cumsum(axis=0)[:months]
    return by_month


def diffusion_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return S-curves: mean share of a field's firms that hold an idea, by age of the idea.

    Ideas first found in the reported months; at each age the ideas that are old enough; holders
    in the finder's bloc (home) and in others (abroad).
    """
    rows: dict[str, list[Any]] = {
        name: [] for name in ("field", "origin", "age", "home", "abroad", "ideas")
    }
    start = fixed.inputs.calendar.prehistory
    for field, knowledge in enumerate(state.knowledge):
        firms = firms_by_month(fixed, state, field, record.months)
        known = np.flatnonzero(knowledge.first_month >= start)
        origin = knowledge.first_bloc[known]
        for b, name in enumerate(fixed.inputs.blocs):
            ideas = known[origin == b]
            first = knowledge.first_month[ideas]
            for age in range(AGES):
                old = ideas[first + age < record.months]
                when = knowledge.first_month[old] + age
                there = int(firms[when, b].sum())
                if old.size == 0 or there == 0:
                    break
                path = record.holders[field][when, old]
                others = int(firms[when].sum()) - there
                home = int(path[:, b].sum())
                rows["field"].append(FIELDS[field])
                rows["origin"].append(name.name)
                rows["age"].append(age)
                rows["home"].append(home / there)
                away = int(path.sum()) - home
                rows["abroad"].append(away / others if others else np.nan)
                rows["ideas"].append(int(old.size))
    docs = {
        "field": ("-", "field of ideas"),
        "origin": ("-", "bloc of the first finder"),
        "age": ("months", "time since the first find"),
        "home": ("share", "of the field's firms in the finder's bloc that hold it, mean"),
        "abroad": ("share", "of the field's firms in other blocs that hold it, mean"),
        "ideas": ("ideas", "number of ideas old enough to be counted"),
    }
    return table({name: (rows[name], *docs[name]) for name in docs})


def content_digest(tables: Mapping[str, pa.Table]) -> str:
    """Return the SHA-256 of what tables hold, whatever their files look like."""
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
