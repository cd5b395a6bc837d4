"""Compute by source in a comparison: the fleet of the follower's labs at the horizons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from analysis.experiments.compare import Comparison, of_bloc
from analysis.experiments.effects import mean, or_none
from model.core.arrow import table
from model.measure.recorder import SERIES
from model.state.codes import SOURCES

COLUMNS = {
    "bloc": ("-", "bloc of the labs: the follower"),
    "horizon": ("YYYY-MM", "month"),
    "source": ("-", "where the compute comes from; all sources add up to the fleet"),
    "a_mean": ("unit", "world a, mean over replicates"),
    "b_mean": ("unit", "world b, mean over replicates"),
    "unit": ("-", "unit of the figures"),
}


def compute_by_source(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the follower's fleet by source, a row a horizon and source; None: not there."""
    bloc = comparison.a.parameters.economy.follower
    values = {
        (world, source): [of_bloc(result, f"compute_{source}", bloc) for result in results]
        for world, results in comparison.results.items()
        for source in SOURCES
    }
    rows = []
    for horizon in comparison.horizons:
        t = comparison.months.index(horizon)
        for source in SOURCES:
            means = [mean(np.array([v[t] for v in values[w, source]])) for w in ("a", "b")]
            a, b = map(or_none, means)
            unit, _ = SERIES[f"compute_{source}"]
            rows.append(dict(zip(COLUMNS, (bloc, horizon, source, a, b, unit), strict=True)))
    return rows


def sources_table(comparison: Comparison) -> pa.Table:
    """Return the same as an Arrow table."""
    rows = compute_by_source(comparison)
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in COLUMNS}
    for name in ("a_mean", "b_mean"):
        columns[name] = np.array(columns[name], np.float64)  # also where all are undefined
    return table({name: (values, *COLUMNS[name]) for name, values in columns.items()})
