"""Measures of the models that labs release: who is near the best, what is open, what runs cost."""

from __future__ import annotations

import math

import numpy as np

from analysis.experiments.effects import Values
from analysis.validation.history import Asked, Flags, History, by_month, divided

NEAR = 1.0  # OOM: a model near the frontier
FIFTH = 5
LARGEST = 10  # models whose compute stands for a bloc's
FEWEST = 5  # models below which a trend is none


def opened_share(history: History, asked: Asked) -> float:
    """Share of a bloc's models released in a period whose weights were open by its end."""
    models, last = history.models, history.month(asked.last)
    mine = _released(history, asked) & np.isin(models.bloc, history.rows(asked.bloc))
    if last >= history.months or not mine.any():
        return math.nan
    return float(models.open_at(last)[mine].mean())


def models_near(history: History, asked: Asked) -> float:
    """Models that on release were within 1 OOM of the best, a bloc's over another's."""
    if history.month(asked.last) >= history.months:
        return math.nan
    models = history.models
    best = np.maximum.accumulate(models.capability)
    near = _released(history, asked) & (models.capability >= best - NEAR)
    one, other = (
        float(np.sum(near & np.isin(models.bloc, history.rows(b))))
        for b in (asked.bloc, asked.over)
    )
    return divided(one, other)


def growth_of_largest(history: History, asked: Asked) -> float:
    """Yearly factor of the compute of a bloc's ten largest runs, over that of another bloc."""
    months = [history.month(text) for text in (asked.first, asked.last)]
    growth = []
    for bloc in (asked.bloc, asked.over):
        mine = np.isin(history.models.bloc, history.rows(bloc))
        sizes = [np.sort(history.models.flop[mine & history.models.out(m)]) for m in months]
        if months[1] >= history.months or min(size.size for size in sizes) < LARGEST:
            return math.nan
        first, last = (float(size[-LARGEST:].mean()) for size in sizes)
        growth.append((last - first) / (months[1] - months[0]) * 12.0)
    return float(10.0 ** (growth[0] - growth[1]))


def closed_over_open(history: History, asked: Asked) -> float:
    """Best closed model less the best with open weights, mean of month-ends, OOM."""
    models = history.models

    def gap(month: int) -> float:
        out, free = models.out(month), models.open_at(month)
        if not (out & ~free).any() or not free.any():
            return math.nan
        return float(models.capability[out & ~free].max() - models.capability[free].max())

    return by_month(history, asked, gap)


def developers_near(history: History, asked: Asked) -> float:
    """Developers whose best model is within 1 OOM of the best, mean of month-ends."""

    def count(month: int) -> float:
        best = _best_by_lab(history, month)
        return float(np.sum(best >= best.max() - NEAR)) if best.size else math.nan

    return by_month(history, asked, count)


def best_less_fifth(history: History, asked: Asked) -> float:
    """Best developer less the fifth, by best model, mean of month-ends, OOM."""

    def distance(month: int) -> float:
        best = np.sort(_best_by_lab(history, month))
        return float(best[-1] - best[-FIFTH]) if best.size >= FIFTH else math.nan

    return by_month(history, asked, distance)


def months_to_open(history: History, asked: Asked) -> float:
    """Months from a closed record to an open model as good; those to come count as at least."""
    models, until = history.models, history.month(asked.until)
    if until >= history.months:
        return math.nan
    before = np.concatenate([[-np.inf], np.maximum.accumulate(models.capability)[:-1]])
    records = _released(history, asked) & (models.capability > before)
    records &= ~_open_on_release(history)
    waits = []
    for k in np.flatnonzero(records):
        good = models.open_at(until) & (models.capability >= models.capability[k])
        seen = int(models.opened[good].min()) if good.any() else until
        waits.append(max(0, seen - int(models.released[k])))
    return float(np.mean(waits)) if waits else math.nan


def growth_of_cost(history: History, asked: Asked) -> float:
    """Yearly factor of the cost of runs that on release were among the ten largest so far."""
    models = history.models
    leading = _released(history, asked) & (models.cost > 0.0)
    for k in np.flatnonzero(leading):
        leading[k] = np.sum(models.flop[: k + 1] >= models.flop[k]) <= LARGEST
    if history.month(asked.last) >= history.months or leading.sum() < FEWEST:
        return math.nan
    years = models.released[leading] / 12.0
    if np.ptp(years) == 0.0:
        return math.nan
    return float(10.0 ** np.polyfit(years, np.log10(models.cost[leading]), 1)[0])


def _released(history: History, asked: Asked) -> Flags:
    released = history.models.released
    first, last = history.month(asked.first), history.month(asked.last)
    inside: Flags = (released >= first) & (released <= last)
    return inside


def _open_on_release(history: History) -> Flags:
    models = history.models
    found: Flags = (models.opened >= 0) & (models.opened <= models.released)
    return found


def _best_by_lab(history: History, month: int) -> Values:
    models = history.models
    out = models.out(month)
    best = np.full(int(models.lab.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, models.lab[out], models.capability[out])
    found: Values = best[np.isfinite(best)]
    return found
