"""How a figure of the record is computed from a run: a plain function a measure.

A measure takes a history and what a figure asks for (series, blocs, dates) and returns one number,
``nan`` where the run has none: months outside the run, no model yet, nothing on offer. Nothing here
is fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from analysis.validation import market_measures as market
from analysis.validation import model_measures as models
from analysis.validation import series_measures as series
from analysis.validation.history import Asked, History


class Measure(NamedTuple):
    """A measure: its function, and the fields that a figure must give for it."""

    compute: Callable[[History, Asked], float]
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()  # fields that it also reads

    @property
    def words(self) -> str:
        """What it is, in a sentence."""
        return (self.compute.__doc__ or "").partition("\n")[0]


PERIOD, BLOC, SERIES = ("first", "last"), ("bloc",), ("series", "bloc")
BOTH = ("bloc", "over")

MEASURES: dict[str, Measure] = {
    "mean": Measure(series.mean, (*SERIES, *PERIOD), ("over",)),
    "total": Measure(series.total, (*SERIES, *PERIOD)),
    "level": Measure(series.level, (*SERIES, "last"), ("over",)),
    "yearly_rate": Measure(series.yearly_rate, (*SERIES, "last")),
    "mean_of_year_ends": Measure(series.mean_of_year_ends, (*SERIES, *PERIOD), ("over",)),
    "slope_of_year_ends": Measure(series.slope_of_year_ends, (*SERIES, *PERIOD)),
    "pace": Measure(series.pace, (*SERIES, *PERIOD)),
    "gap_in_months": Measure(series.gap_in_months, (*SERIES, "over", *PERIOD, "pace_from")),
    "mean_lag": Measure(series.mean_lag, (*SERIES, "over", *PERIOD)),
    "ratio": Measure(series.ratio, (*SERIES, *PERIOD), ("over", "over_series")),
    "mean_by_spending": Measure(series.mean_by_spending, (*SERIES, *PERIOD)),
    "open_share_of_tokens": Measure(series.open_share_of_tokens, (*BLOC, *PERIOD)),
    "opened_share": Measure(models.opened_share, (*BLOC, *PERIOD)),
    "models_near": Measure(models.models_near, (*BOTH, *PERIOD)),
    "growth_of_largest": Measure(models.growth_of_largest, (*BOTH, *PERIOD)),
    "closed_over_open": Measure(models.closed_over_open, PERIOD),
    "developers_near": Measure(models.developers_near, PERIOD),
    "best_less_fifth": Measure(models.best_less_fifth, PERIOD),
    "months_to_open": Measure(models.months_to_open, (*PERIOD, "until")),
    "growth_of_cost": Measure(models.growth_of_cost, PERIOD),
    "open_over_closed_price": Measure(market.open_over_closed_price, PERIOD),
    "best_closed_price": Measure(market.best_closed_price, ("last",)),
    "change_of_best_closed_price": Measure(market.change_of_best_closed_price, PERIOD),
    "fall_of_price": Measure(market.fall_of_price, PERIOD),
    "largest_share_of_revenue": Measure(market.largest_share_of_revenue, PERIOD),
    "serving_share": Measure(market.serving_share, PERIOD),
    "chips_over_revenue": Measure(market.chips_over_revenue, PERIOD),
}
