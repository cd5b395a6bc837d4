"""Tables of ideas: where they were discovered, how they spread, who came to hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from model.core.arrow import table, words
from model.core.table import Integers
from model.measure.recorder import Record
from model.state.codes import CHANNELS, FIELDS
from model.state.fixed import Fixed
from model.state.state import State

SHARES = (10, 50, 90)  # % of a field's firms whose reach is timed

IDEAS = {
    "field": ("-", "field of the idea"),
    "idea": ("-", "number of the idea in the catalogue of its field"),
    "size": ("OOM", "size of the idea; products: log quality"),
    "first_month": ("YYYY-MM", "month of the first discovery"),
    "first_bloc": ("-", "bloc of the first discovery"),
    "first_firm": ("row", "firm of the first discovery; -1: developers or universities"),
    "discoveries": ("1", "discoveries by firms, first and later ones"),
    "holders_home": ("firms", "firms in the bloc of the first discovery that hold it at the end"),
    "holders_abroad": ("firms", "firms of other blocs that hold the idea at the end"),
    **{
        f"months_to_{percent}_{place}": (
            "months",
            f"time from the first discovery until {percent} % of the field's firms {where} held "
            "the idea; null: not yet",
        )
        for place, where in (("home", "in the same bloc"), ("abroad", "in other blocs"))
        for percent in SHARES
    },
}


def ideas_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the ideas discovered so far: a row an idea, with its spread at home and abroad."""
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
            rows["first_month"].append(fixed.date(start))
            rows["first_bloc"].append(fixed.inputs.blocs[home].name)
            rows["first_firm"].append(int(knowledge.first_firm[n]))
            rows["discoveries"].append(int(knowledge.discoveries[n]))
            rows["holders_home"].append(int(path[-1, home]))
            rows["holders_abroad"].append(int(abroad[-1]))
            there = firms[start:, home]
            others = firms[start:].sum(axis=1) - there
            for place, holders, total in (
                ("home", path[:, home], there),
                ("abroad", abroad, others),
            ):
                for percent in SHARES:
                    reached = np.flatnonzero((holders * 100 >= total * percent) & (total > 0))
                    months = float(reached[0]) if reached.size else np.nan
                    rows[f"months_to_{percent}_{place}"].append(months)
    return table({name: (rows[name], *IDEAS[name]) for name in IDEAS})


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


AGES = 121  # months after the first discovery over which diffusion is followed

DIFFUSION = {
    "field": ("-", "field of ideas"),
    "origin": ("-", "bloc of the first discovery"),
    "age": ("months", "time since the first discovery"),
    "home": ("share", "share of the field's firms in the bloc of origin that hold an idea, mean"),
    "abroad": ("share", "share of the field's firms in other blocs that hold an idea, mean"),
    "ideas": ("ideas", "number of ideas old enough to be counted"),
}


def diffusion_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return S-curves: mean share of a field's firms that hold an idea, by age of the idea.

    Of ideas first discovered in the reported months; at each age the ideas that are old enough;
    holders in the bloc of the first discovery (home) and in others (abroad).
    """
    rows: dict[str, list[Any]] = {name: [] for name in DIFFUSION}
    start = fixed.inputs.calendar.prehistory
    for field, knowledge in enumerate(state.knowledge):
        firms = firms_by_month(fixed, state, field, record.months)
        known = np.flatnonzero(knowledge.first_month >= start)
        origin = knowledge.first_bloc[known]
        for b, bloc in enumerate(fixed.inputs.blocs):
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
                away = int(path.sum()) - home
                rows["field"].append(FIELDS[field])
                rows["origin"].append(bloc.name)
                rows["age"].append(age)
                rows["home"].append(home / there)
                rows["abroad"].append(away / others if others else np.nan)
                rows["ideas"].append(int(old.size))
    return table({name: (rows[name], *DIFFUSION[name]) for name in DIFFUSION})


CHANNEL = "own discovery, independent rediscovery, or channel of learning"


def acquisitions_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return how firms came to hold ideas: a row a month, field, channel and pair of blocs.

    Prehistory is included, so that all that is held adds up.
    """
    start = fixed.inputs.calendar.prehistory
    counts = record.acquired[: record.months]
    where = np.nonzero(counts)
    month, field, channel, source, target = where
    names = [bloc.name for bloc in fixed.inputs.blocs]
    dates = [fixed.date(t) for t in range(record.months)]
    return table(
        {
            "month": (words(dates, month), "YYYY-MM", "month"),
            "reported": (month >= start, "-", "a reported month; false: prehistory"),
            "field": (words(FIELDS, field), "-", "field of ideas"),
            "channel": (words(CHANNELS, channel), "-", CHANNEL),
            "source": (words(names, source), "-", "bloc from which the ideas came"),
            "target": (words(names, target), "-", "bloc of the firms that came to hold them"),
            "ideas": (counts[where], "ideas", "number of acquisitions of an idea by a firm"),
            "size": (
                record.sizes[: record.months][where],
                "OOM",
                "sum of the sizes of the ideas acquired; products: log quality",
            ),
        }
    )


def events_table(fixed: Fixed, state: State, record: Record) -> pa.Table:
    """Return the acquisitions that were kept one by one, prehistory included."""
    rows = record.events.rows()
    names = [bloc.name for bloc in fixed.inputs.blocs]
    dates = [fixed.date(t) for t in range(record.months)]
    return table(
        {
            "month": (words(dates, rows.month), "YYYY-MM", "month"),
            "field": (words(FIELDS, rows.field), "-", "field of the idea"),
            "idea": (rows.idea, "-", "number of the idea in the catalogue of its field"),
            "channel": (words(CHANNELS, rows.channel), "-", CHANNEL),
            "source": (
                pa.array(rows.source, mask=rows.source < 0),
                "row",
                "firm from which the idea came, in a discovery the discoverer itself; null: a "
                "publication",
            ),
            "source_bloc": (words(names, rows.source_bloc), "-", "bloc from which the idea came"),
            "target": (rows.firm, "row", "firm that came to hold the idea"),
            "target_bloc": (
                words(names, state.firms.bloc[rows.firm]),
                "-",
                "bloc of the firm that came to hold the idea",
            ),
        }
    )
