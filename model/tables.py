"""Tables of a run, as Arrow tables whose columns carry unit and description."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from model.outcomes import OUTCOMES, outcomes_of
from model.randomness import key_of
from model.recorder import SERIES, Record
from model.world import CHANNELS, FIELDS, State

Columns = Mapping[str, tuple[Any, str, str]]  # name -> (values, unit, description)


def table(columns: Columns) -> pa.Table:
    """Return an Arrow table whose columns carry unit and description; ``nan`` becomes null."""
    arrays, fields = [], []
    for name, (values, unit, description) in columns.items():
        array = pa.array(values, from_pandas=True)
        arrays.append(array)
        fields.append(
            pa.field(name, array.type, metadata={"unit": unit, "description": description})
        )
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def tables_of(state: State, record: Record) -> dict[str, pa.Table]:
    """Return all tables of a run, reported months only."""
    return {
        "world": world_table(state, record),
        "blocs": blocs_table(state, record),
        "ideas": ideas_table(state, record),
        "models": models_table(state),
        "acquisitions": acquisitions_table(state, record),
        "diffusion": diffusion_table(state, record),
    }


def world_table(state: State, record: Record) -> pa.Table:
    """Return the outcomes: a row a month."""
    calendar = state.setting.calendar
    span = slice(calendar.prehistory, record.months)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (_labels(state, range(*span.indices(record.months))), "YYYY-MM", "month")
    }
    for name, values in outcomes_of(state, record).items():
        base = name.removesuffix("_censored")
        if base == name:
            columns[name] = (values[span], OUTCOMES[name].unit, OUTCOMES[name].definition)
        else:
            columns[name] = (values[span] > 0, "-", f"{base} is at least this: record too short")
    return table(columns)


def blocs_table(state: State, record: Record) -> pa.Table:
    """Return what was measured by bloc: a row a month and bloc."""
    calendar, names = state.setting.calendar, [bloc.name for bloc in state.setting.blocs]
    months = range(calendar.prehistory, record.months)
    columns: dict[str, tuple[Any, str, str]] = {
        "month": (np.repeat(_labels(state, months), len(names)), "YYYY-MM", "month"),
        "bloc": (names * len(months), "-", "bloc"),
    }
    for name, (unit, doc) in SERIES.items():
        values = record.series[name][calendar.prehistory : record.months].ravel()
        columns[name] = (np.where(np.isfinite(values), values, np.nan), unit, doc)
    return table(columns)


def ideas_table(state: State, record: Record) -> pa.Table:
    """Return the ideas found so far: a row an idea, with its way at home and abroad."""
    rows: dict[str, list[Any]] = {name: [] for name in IDEAS}
    for field, knowledge in enumerate(state.knowledge):
        known = np.flatnonzero(knowledge.first_month >= 0)
        active = np.flatnonzero(state.firms.active[knowledge.row])
        firms = np.bincount(
            state.firms.bloc[knowledge.row[active]], minlength=len(state.setting.blocs)
        )
        for n in known:
            start = int(knowledge.first_month[n])
            home = int(state.firms.bloc[knowledge.first_firm[n]])
            path = record.holders[field][start : record.months, n]
            abroad = path.sum(axis=1) - path[:, home]
            rows["field"].append(FIELDS[field])
            rows["idea"].append(int(n))
            rows["size"].append(float(knowledge.size[n]))
            rows["first_month"].append(state.setting.calendar.label(start))
            rows["first_bloc"].append(state.setting.blocs[home].name)
            rows["first_firm"].append(int(knowledge.first_firm[n]))
            rows["finds"].append(int(knowledge.finds[n]))
            rows["holders_home"].append(int(path[-1, home]))
            rows["holders_abroad"].append(int(abroad[-1]))
            others = int(firms.sum() - firms[home])
            for place, holders, total in (
                ("home", path[:, home], int(firms[home])),
                ("abroad", abroad, others),
            ):
                for percent in (10, 50, 90):
                    reached = np.flatnonzero(holders * 100 >= total * percent)
                    found = float(reached[0]) if reached.size and total else np.nan
                    rows[f"months_to_{percent}_{place}"].append(found)
    return table({name: (rows[name], *IDEAS[name]) for name in IDEAS})


IDEAS = {
    "field": ("-", "field of the idea"),
    "idea": ("-", "number in the catalogue of the field"),
    "size": ("OOM", "size of the idea"),
    "first_month": ("YYYY-MM", "month in which it was first found"),
    "first_bloc": ("-", "bloc of its first finder"),
    "first_firm": ("row", "row of its first finder among firms"),
    "finds": ("1", "times found, first included"),
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


def models_table(state: State) -> pa.Table:
    """Return the models released in the reported months: a row a model."""
    calendar, labs = state.setting.calendar, state.labs
    models = [model for model in state.models if model.released >= calendar.prehistory]
    names = lab_names(state)

    def date(month: int | None) -> str | None:
        return None if month is None else calendar.label(month)

    return table(
        {
            "lab": ([names[m.lab] for m in models], "-", "lab that made it"),
            "bloc": (
                [state.setting.blocs[int(labs.bloc[m.lab])].name for m in models],
                "-",
                "bloc of the lab",
            ),
            "started": ([date(m.started) for m in models], "YYYY-MM", "start of the training run"),
            "released": ([date(m.released) for m in models], "YYYY-MM", "release"),
            "opened": (
                pa.array([date(m.opened) for m in models], pa.string()),
                "YYYY-MM",
                "month in which the weights were opened; null: closed so far",
            ),
            "capability": ([m.capability for m in models], "OOM", "capability"),
            "own": ([m.own for m in models], "OOM", "capability that the lab made alone"),
            "algorithms": ([m.algorithms for m in models], "OOM", "algorithms at the run's start"),
            "compute": ([m.flop for m in models], "FLOP", "training compute"),
            "chip_hours": ([m.chip_hours for m in models], "hours", "chip-hours of the run"),
            "cost": ([m.cost for m in models], "USD", "chips of the run, written off"),
            "base_capability": (
                [np.nan if m.base is None else m.base for m in models],
                "OOM",
                "open model of another lab that it was built on; null: none",
            ),
            "base_lab": (
                pa.array(
                    [None if m.base_lab is None else names[m.base_lab] for m in models], pa.string()
                ),
                "-",
                "lab that made that open model",
            ),
        }
    )


def lab_names(state: State) -> list[str]:
    """Return the names of the labs by row."""
    by_key = {int(key_of("lab", lab.name)): lab.name for lab in state.setting.labs}
    return [by_key[int(state.firms.key[firm])] for firm in state.labs.firm]


def acquisitions_table(state: State, record: Record) -> pa.Table:
    """Return who came to hold ideas by which channel: a row a month, field, channel, blocs."""
    start = state.setting.calendar.prehistory
    counts = record.acquired[start : record.months]
    month, field, channel, source, target = np.nonzero(counts)
    names = np.array([bloc.name for bloc in state.setting.blocs])
    labels = np.array(_labels(state, range(start, record.months)))
    return table(
        {
            "month": (labels[month], "YYYY-MM", "month"),
            "field": (np.array(FIELDS)[field], "-", "field of ideas"),
            "channel": (np.array(CHANNELS)[channel], "-", "found, found again, or learned by"),
            "source": (names[source], "-", "bloc from which the idea came"),
            "target": (names[target], "-", "bloc of the firm that came to hold it"),
            "ideas": (counts[month, field, channel, source, target], "ideas", "number"),
        }
    )


AGES = 121  # months after the first find over which diffusion is followed


def diffusion_table(state: State, record: Record) -> pa.Table:
    """Return S-curves: mean share of a field's firms that hold an idea, by age of the idea.

    Ideas first found in the reported months; at each age the ideas that are old enough; holders
    in the finder's bloc (home) and in others (abroad).
    """
    rows: dict[str, list[Any]] = {
        name: [] for name in ("field", "origin", "age", "home", "abroad", "ideas")
    }
    start = state.setting.calendar.prehistory
    for field, knowledge in enumerate(state.knowledge):
        bloc = state.firms.bloc[knowledge.row]
        firms = np.bincount(
            bloc[state.firms.active[knowledge.row]], minlength=len(state.setting.blocs)
        )
        known = np.flatnonzero(knowledge.first_month >= start)
        origin = state.firms.bloc[knowledge.first_firm[known]]
        for b, name in enumerate(state.setting.blocs):
            ideas = known[origin == b]
            first = knowledge.first_month[ideas]
            for age in range(AGES):
                old = ideas[first + age < record.months]
                if old.size == 0 or firms[b] == 0:
                    break
                path = record.holders[field][knowledge.first_month[old] + age, old]
                others = int(firms.sum() - firms[b])
                home = int(path[:, b].sum())
                rows["field"].append(FIELDS[field])
                rows["origin"].append(name.name)
                rows["age"].append(age)
                rows["home"].append(home / (old.size * int(firms[b])))
                away = int(path.sum()) - home
                rows["abroad"].append(away / (old.size * others) if others else np.nan)
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
            digest.update(json.dumps(values.is_null().to_pylist()).encode())
            if pa.types.is_floating(values.type):
                digest.update(np.asarray(values.fill_null(0.0)).tobytes())
            else:
                digest.update(json.dumps(values.to_pylist()).encode())
    return digest.hexdigest()


def _labels(state: State, months: range) -> list[str]:
    return [state.setting.calendar.label(month) for month in months]
