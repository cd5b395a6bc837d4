"""Points of a sweep, whole or left out: an analysis takes the same replicates at every point.

All points share their seeds, so that they differ by what is varied alone. A point that lost a
replicate would differ by chance, too: it is left out whole, as is one with a value that is
undefined, or that the record cuts off (a bound is no value). Every text says how many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.experiments.effects import Bounds
from model.measure.outcomes import CENSORED

if TYPE_CHECKING:
    import pandas as pd

AGAINST = "_against"
ONE_CHANCE = (
    "All points share one draw of chance: intervals and whatever else is said hold for it alone."
)


@dataclass(frozen=True)
class LeftOut:
    """Of how many points an analysis leaves out which: each is counted once."""

    points: int
    failed: int = 0  # a run failed or is missing
    undefined: int = 0
    cut: int = 0  # by the record

    @property
    def number(self) -> int:
        """Number of points that are left out."""
        return self.failed + self.undefined + self.cut

    def words(self) -> str:
        """Return a sentence; nothing where no point is left out."""
        why = [
            f"{count} {what}"
            for count, what in (
                (self.failed, "with a run that failed or is missing"),
                (self.undefined, "with an undefined value"),
                (self.cut, "with a value that the record cuts off"),
            )
            if count
        ]
        if not why:
            return ""
        return f"Left out whole: {self.number} of {self.points} points ({', '.join(why)})."


def bounds_of(frame: pd.DataFrame, column: str) -> Bounds:
    """Return a column of a sweep's rows with the bounds of what the record cuts off."""
    name = column.removesuffix("_effect")
    values = np.asarray(frame[column], np.float64)
    if name not in CENSORED or f"{name}_censored" not in frame:
        return Bounds.exact(values)
    cut = np.asarray(frame[f"{name}_censored"], np.float64)
    if name == column:
        return Bounds.cut(values, cut)
    other = np.asarray(frame[f"{name}{AGAINST}_censored"], np.float64)
    return Bounds.cut(np.asarray(frame[name], np.float64), cut).less(
        Bounds.cut(np.asarray(frame[f"{name}{AGAINST}"], np.float64), other)
    )


def exact_values(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows' points and replicates with a column, which is ``nan`` where cut off."""
    values = np.asarray(frame[column], np.float64)
    values = np.where(bounds_of(frame, column).open, math.nan, values)
    return frame[["point", "replicate"] if "replicate" in frame else ["point"]].assign(y=values)


def whole_points(frame: pd.DataFrame, column: str) -> tuple[pd.Series[Any], LeftOut]:
    """Return the mean over replicates of the points that have all of them, and what is left out.

    ``frame`` holds a sweep's rows at one horizon, and its attributes.
    """
    replicates = int(frame.attrs.get("replicates", 1))
    planned = int(frame.attrs.get("points", frame["point"].nunique()))
    rows = exact_values(frame, column)
    rows = rows.assign(found=np.asarray(frame[column], np.float64))
    by_point = rows.groupby("point")
    ran = by_point.size() == replicates
    known = by_point["found"].count() == replicates
    fine = by_point["y"].count() == replicates
    left = LeftOut(
        planned,
        planned - int(ran.sum()),
        int((ran & ~known).sum()),
        int((known & ~fine).sum()),
    )
    means: pd.Series[Any] = by_point["y"].mean()[fine].astype(np.float64)
    return means, left


def one_chance(about: Any) -> bool:
    """Return whether all points of a sweep share one draw of chance (its rows' attributes)."""
    return int(about.get("replicates", 1)) == 1 and "chance" not in about["factors"]
