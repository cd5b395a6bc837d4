"""Measures of series by month: means, sums, levels, slopes, lags, shares."""

from __future__ import annotations

import math

import numpy as np

from analysis.experiments.effects import Values
from analysis.validation.history import Asked, History, divided, finite
from model.measure.outcomes import lag


def mean(history: History, asked: Asked) -> float:
    """Mean of the months of a series; with `over`, of the difference to that bloc."""
    return finite(_windowed(history, asked).mean())


def total(history: History, asked: Asked) -> float:
    """Sum of the months of a series."""
    return finite(_windowed(history, asked).sum())


def level(history: History, asked: Asked) -> float:
    """Value of a series in the last month; with `over`, the difference to that bloc."""
    return finite(_windowed(history, asked)[-1])


def yearly_rate(history: History, asked: Asked) -> float:
    """Value of a monthly flow in the last month, times twelve."""
    return 12.0 * level(history, asked)


def mean_of_year_ends(history: History, asked: Asked) -> float:
    """Mean of a series at the ends of years; with `over`, of the difference to that bloc."""
    values = _year_ends(history, asked)
    return finite(values.mean()) if values.size else math.nan


def slope_of_year_ends(history: History, asked: Asked) -> float:
    """Slope a year of a series at the ends of years, by least squares."""
    return _slope(_year_ends(history, asked), 1.0)


def pace(history: History, asked: Asked) -> float:
    """Growth a year of a series: mean of that by end points and that by least squares."""
    return _pace(_windowed(history, asked))


def gap_in_months(history: History, asked: Asked) -> float:
    """Mean gap of a series to another bloc over the bloc's pace since `pace_from`, in months."""
    own = history.of(asked.series, asked.bloc)
    growth = _pace(history.window(own, asked.pace_from, asked.last))
    gap = mean(history, asked)
    return 12.0 * gap / growth if growth > 0.0 else math.nan


def mean_lag(history: History, asked: Asked) -> float:
    """Mean of the months since a bloc was where another is now, as the outcome lag is defined."""
    ahead, behind = (history.of(asked.series, b) for b in (asked.bloc, asked.over))
    if not np.isfinite([ahead[-1], behind[-1]]).all():
        return math.nan
    months, _ = lag(ahead, behind)
    return finite(history.window(months, asked.first, asked.last).mean())


def ratio(history: History, asked: Asked) -> float:
    """Sum of a series over the sum of another series, or of another bloc."""
    series, bloc = asked.over_series or asked.series, asked.over or asked.bloc
    one, other = (
        history.window(history.of(*what), asked.first, asked.last).sum()
        for what in ((asked.series, asked.bloc), (series, bloc))
    )
    return divided(float(one), float(other))


def mean_by_spending(history: History, asked: Asked) -> float:
    """Mean of a share over months and blocs, weighted by what users of a bloc could spend."""
    rows = history.rows(asked.bloc)
    weight = history.spending_share[rows] / history.spending_share[rows].sum()
    values = history.series[asked.series][: history.months, rows] @ weight
    return finite(history.window(values, asked.first, asked.last).mean())


def open_share_of_tokens(history: History, asked: Asked) -> float:
    """Share of open weights in users' tokens, in the sum of blocs and months."""
    rows, tokens, given = history.rows(asked.bloc), 0.0, 0.0
    for row in rows:
        spent, price, share = (
            history.window(history.series[name][: history.months, row], asked.first, asked.last)
            for name in ("user_spending", "price", "open_use")
        )
        used = np.where(spent > 0.0, spent / np.where(spent > 0.0, price, 1.0), spent)
        tokens += float(used.sum())
        given += float((used * share).sum())
    return divided(given, tokens)


def _windowed(history: History, asked: Asked) -> Values:
    values = history.of(asked.series, asked.bloc)
    if asked.over:
        other = history.of(asked.series, asked.over)
        good = np.isfinite(values) & np.isfinite(other)
        values = np.where(good, np.where(good, values, 0.0) - np.where(good, other, 0.0), math.nan)
    return history.window(values, asked.first or asked.last, asked.last)


def _year_ends(history: History, asked: Asked) -> Values:
    values = _windowed(history, asked)
    first = int(asked.first[5:])
    return values[12 - first :: 12]


def _pace(values: Values) -> float:
    if values.size < 2 or not np.isfinite(values).all():
        return math.nan
    ends = (values[-1] - values[0]) / (values.size - 1) * 12.0
    return float(ends + _slope(values, 1.0 / 12.0)) / 2.0


def _slope(values: Values, step: float) -> float:
    # By least squares; ``step`` is the distance of values in years.
    if values.size < 2 or not np.isfinite(values).all():
        return math.nan
    return float(np.polyfit(np.arange(values.size) * step, values, 1)[0])
