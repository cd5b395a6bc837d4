"""Scenario discovery in a sweep: where an effect, or an outcome, is large, in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.experiments.sweep_points import whole_points
from analysis.sensitivity.prim import Column, find
from model.measure.outcomes import OUTCOMES, unit_of_effect

if TYPE_CHECKING:
    import pandas as pd


def discover(frame: pd.DataFrame, outcome: str) -> list[dict[str, Any]]:
    """Return boxes of a sweep's rows at one horizon, each with its sentence.

    Of effects: where the outcome rises, and where it falls, by more than its smallest effect of
    interest. Without a comparison: where it lies in its upper quarter. Chance is no part of a box;
    points that are not whole (``analysis.experiments.sweep_points``) are no part of the search.
    """
    factors = [name for name in frame.attrs["factors"] if name != "chance"]
    paired = f"{outcome}_effect" in frame
    column = f"{outcome}_effect" if paired else outcome
    means, _ = whole_points(frame, column)
    first = frame.groupby("point")[factors].first().reindex(means.index)
    values = means.to_numpy(np.float64)
    if values.size == 0:
        return []
    word, unit = outcome.replace("_", " "), OUTCOMES[outcome].unit
    if paired:
        least, unit = OUTCOMES[outcome].smallest, unit_of_effect(outcome)
        kinds = [
            ("rises", values > least, f"the {word} grows by more than {least:g} {unit}"),
            ("falls", values < -least, f"the {word} shrinks by more than {least:g} {unit}"),
        ]
    else:
        high = float(np.quantile(values, 0.75))
        kinds = [("high", values > high, f"the {word} is above {high:.3g} {unit}")]
    columns = [_column(name, first[name]) for name in factors]
    found = []
    for kind, cases, happens in kinds:
        box = find(columns, cases) if columns else None
        if box is None:
            continue
        found.append(
            {
                "case": kind,
                "outcome": outcome,
                "limits": [
                    {
                        "factor": limit.name,
                        "low": limit.low if math.isfinite(limit.low) else None,
                        "high": limit.high if math.isfinite(limit.high) else None,
                        "choices": [str(choice) for choice in limit.choices],
                    }
                    for limit in box.limits
                ],
                "density": box.density,
                "coverage": box.coverage,
                "share": box.share,
                "points": box.points,
                "words": box.words(happens),
            }
        )
    return found


def _column(name: str, values: pd.Series[Any]) -> Column:
    if values.dtype.kind in "if":
        return Column(name, values.to_numpy(np.float64))
    choices = list(dict.fromkeys(values))
    codes = values.map({choice: code for code, choice in enumerate(choices)})
    return Column(name, codes.to_numpy(np.float64), tuple(choices))
