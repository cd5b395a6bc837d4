"""What a sweep gave, in a few figures: the spread of outcomes and effects over its points."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.experiments.sweep_folder import Batches, Damaged
from analysis.reports.terminal_tables import HEADLINES, number, title
from model.measure.outcomes import OUTCOMES

MARKS = (0.05, 0.5, 0.95)


def summary(batches: Batches) -> list[dict[str, Any]]:
    """Return median, 5th and 95th percentile of the headline outcomes at the last horizon.

    Of effects where the sweep has them. Batches are read one after another.
    """
    effects = batches.manifest["against"] is not None
    horizon = batches.manifest["horizons"][-1]
    names = {name: f"{name}_effect" if effects else name for name in HEADLINES}
    found: dict[str, list[Any]] = {name: [] for name in names}
    for batch in batches.there():
        try:
            content, _ = batches.read(batch)
        except (Damaged, FileNotFoundError):
            continue
        here = np.asarray(content.column("horizon").to_pandas()) == horizon
        for name, column in names.items():
            values = content.column(column).to_numpy()[here]
            found[name].append(values[np.isfinite(values)].astype(np.float32))
    rows = []
    for name, pieces in found.items():
        values = np.concatenate(pieces) if pieces else np.zeros(0)
        low, middle, high = np.quantile(values, MARKS) if values.size else [None] * 3
        least = OUTCOMES[name].smallest
        rows.append(
            {
                "name": name,
                "unit": OUTCOMES[name].unit,
                "horizon": horizon,
                "what": "effect" if effects else "outcome",
                "n": int(values.size),
                "p5": None if low is None else float(low),
                "median": None if middle is None else float(middle),
                "p95": None if high is None else float(high),
                "rises": float(np.mean(values > least)) if effects and values.size else None,
                "falls": float(np.mean(values < -least)) if effects and values.size else None,
            }
        )
    return rows


def summary_rows(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a summary for a terminal."""
    effects = bool(rows) and rows[0]["what"] == "effect"
    columns = ["effect on" if effects else "outcome", "end of", "runs", "5 %", "median", "95 %"]
    columns += ["rises", "falls"] if effects else []
    table = []
    for row in rows:
        cells = [
            f"{title(row['name'])}, {row['unit']}",
            row["horizon"].removesuffix("-12"),
            str(row["n"]),
            *(number(row[mark], effects) for mark in ("p5", "median", "p95")),
        ]
        if effects:
            cells += ["-" if row[s] is None else f"{row[s]:.0%}" for s in ("rises", "falls")]
        table.append(cells)
    return columns, table
