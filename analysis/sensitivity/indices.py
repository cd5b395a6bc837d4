"""Global sensitivity analysis: indices of a sweep's outcomes and effects.

- Saltelli designs: Sobol indices. First order, the part of a factor alone, S = V(E(y|x)) / V(y);
  total order, its part with all interactions, T = E(V(y|all but x)) / V(y); estimators of Saltelli
  et al. (2010) and Jansen (1999).
- Morris designs: elementary effects, the change of y over the step that was made, as a share of the
  range: their mean size mu*, mean and spread (Morris 1991; Campolongo et al. 2007). A swap of two
  choices without an order, or of two seeds, is a step of one, and has a size alone.
- Other designs: of numbers and switches rank correlations; of choices without an order the share of
  the variance of ranks that lies between them (epsilon squared, Kelley 1935), which has no sign. A
  seed that few points share has none of these.

Intervals are percentiles of a bootstrap over base points, trajectories or points. Where chance is a
factor its indices stand beside the others; where points have replicates, the share of variance that
chance is reported as that of a factor ``chance``. Points that are not whole are left out
(``analysis.experiments.sweep_points``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.designs import CHANCE
from analysis.experiments.effects import LEVEL, ROUNDING, Values
from analysis.experiments.prior_draws import most_influential
from analysis.experiments.sweep_folder import Batches
from analysis.experiments.sweep_points import exact_values, whole_points
from analysis.experiments.sweep_rows import load_sweep
from model.core.place import expanded
from model.measure.outcomes import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 999
FEWEST = 4  # base points, trajectories or points below which nothing is told
RANKS, SHARE = "rank correlation", "share of rank variance"
KINDS = {"saltelli": ("first", "total"), "morris": ("mu*", "mu", "sigma")}


@dataclass(frozen=True)
class Index:
    """An index of a factor: its value and its interval at the level of 95 %."""

    factor: str
    kind: str
    value: float
    low: float
    high: float


def sobol(
    names: list[str], a: Values, b: Values, swapped: Values, resamples: int = RESAMPLES
) -> list[Index]:
    """Return first and total Sobol indices with bootstrap intervals.

    Args:
        names: the factors.
        a: y at the base points of the first sample, n values.
        b: y at those of the second.
        swapped: y at the first with one factor from the second, factor x n.
        resamples: of the base points.

    Returns:
        Indices; ``nan`` where y does not vary.
    """
    centre = float(np.mean([a, b]))
    a, b, swapped = a - centre, b - centre, swapped - centre

    def of(pick: Any) -> tuple[Values, Values]:
        ya, yb, yk = a[pick], b[pick], swapped[:, pick]
        variance = np.mean(ya * ya + yb * yb, axis=-1) / 2.0 - (np.mean(ya + yb, axis=-1) / 2) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.mean(yb * (yk - ya), axis=-1) / variance
            total = np.mean((ya - yk) ** 2, axis=-1) / (2.0 * variance)
        fine = variance > ROUNDING * (1.0 + centre * centre)
        return np.where(fine, first, math.nan), np.where(fine, total, math.nan)

    picks = np.random.default_rng(1).integers(0, a.size, (resamples, a.size))
    centres = of(np.arange(a.size))
    spreads = [np.array(rows) for rows in zip(*(of(pick) for pick in picks), strict=True)]
    return [
        _index(names[k], kind, centres[n][k], spreads[n][:, k])
        for n, kind in enumerate(KINDS["saltelli"])
        for k in range(len(names))
    ]


def morris(
    names: list[str],
    places: Values,
    y: Values,
    resamples: int = RESAMPLES,
    without_order: Collection[str] = (),
) -> list[Index]:
    """Return mu*, mu and sigma of elementary effects with bootstrap intervals over trajectories.

    Args:
        names: the factors.
        places: trajectory x step x factor: where in its range a factor is, from 0 to 1.
        y: trajectory x step.
        resamples: of the trajectories.
        without_order: factors of which any move is a step of one; they have a mu* alone.
    """
    moves, changes = np.diff(places, axis=1), np.diff(y, axis=1)
    loose = np.array([name in without_order for name in names])
    moves = np.where(loose, moves != 0.0, moves)
    size = moves.sum(axis=1)  # each factor moves once
    change = (changes[:, :, None] * (moves != 0.0)).sum(axis=1)
    effects = np.where(size != 0.0, change / np.where(size != 0.0, size, 1.0), 0.0)

    def of(pick: Any) -> tuple[Values, Values, Values]:
        here = effects[pick]
        spread = np.std(here, axis=-2, ddof=1)
        return np.mean(np.abs(here), axis=-2), np.mean(here, axis=-2), spread

    picks = np.random.default_rng(1).integers(0, len(y), (resamples, len(y)))
    centres, spreads = of(np.arange(len(y))), of(picks)
    return [
        _index(names[k], kind, centres[n][k], spreads[n][:, k])
        for n, kind in enumerate(KINDS["morris"])
        for k in range(len(names))
        if n == 0 or not loose[k]
    ]


def rank_share(
    name: str, groups: NDArray[np.int64], y: Values, resamples: int = RESAMPLES
) -> Index:
    """Return the share of the variance of ranks of y between groups, with a bootstrap interval.

    What groups would share by chance is taken off; ``nan`` where there are less than two groups,
    or less than two values a group.
    """
    from scipy.stats import rankdata

    ranks = np.asarray(rankdata(y), np.float64)
    codes = np.unique(groups, return_inverse=True)[1]

    def of(pick: Any) -> float:
        here, code = ranks[pick], codes[pick]
        counts = np.bincount(code)
        number = int((counts > 0).sum())
        whole = float(np.sum((here - here.mean()) ** 2))
        if number < 2 or here.size < 2 * number or whole <= 0.0:
            return math.nan
        means = np.bincount(code, here) / np.maximum(counts, 1)
        within = float(np.sum((here - means[code]) ** 2))
        lost: float = (here.size - 1) / (here.size - number) * within / whole
        return max(0.0, 1.0 - lost)

    picks = np.random.default_rng(1).integers(0, ranks.size, (resamples, ranks.size))
    centre = of(np.arange(ranks.size))
    if not math.isfinite(centre):
        return Index(name, SHARE, math.nan, math.nan, math.nan)
    spread = np.array([of(pick) for pick in picks])
    # Means of resamples scatter twice: about those of the sample, and these about the true ones.
    return _index(name, SHARE, centre, np.maximum(0.0, spread - np.nanmean(spread) + centre))


def _index(factor: str, kind: str, value: float, spread: Values) -> Index:
    good = spread[np.isfinite(spread)]
    low, high = math.nan, math.nan
    if good.size:
        low, high = np.quantile(good, ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    return Index(factor, kind, float(value), float(low), float(high))


def sensitivity(
    folder: str | Path,
    *more: str | Path,
    horizon: str | None = None,
    unfinished: bool = False,
    outcome: str | None = None,
) -> pd.DataFrame:
    """Return the indices of a sweep as a frame: a row an outcome, factor and index.

    Args:
        folder: a sweep's folder.
        more: further folders of the same sweep.
        horizon: month, by default the last.
        unfinished: use what is there of a sweep that is not done.
        outcome: the one that is wanted; by default all of them.

    Returns:
        Columns ``outcome``, ``of`` (outcome or effect), ``horizon``, ``factor``, ``index``,
        ``value``, ``low``, ``high``, ``n`` (base points, trajectories or points used).

    Raises:
        InputError: for a horizon or an outcome that there is not.
        Refused: as ``load_sweep``.
    """
    from model.core.errors import InputError, near

    if outcome is not None and outcome not in OUTCOMES:
        raise InputError(f"unknown outcome {outcome!r}; {near(outcome, OUTCOMES)}")
    frame = load_sweep(folder, *more, unfinished=unfinished)
    names = OUTCOMES if outcome is None else (outcome,)
    return indices_of_rows(
        expanded(Path(folder), "folder"), frame, checked_horizon(frame, horizon), names
    )


def indices_of_rows(
    folder: Path, frame: pd.DataFrame, chosen: str, names: Iterable[str]
) -> pd.DataFrame:
    """Return, as ``sensitivity``, the indices of some outcomes, from a sweep's rows."""
    import pandas as pd

    plan = Batches(folder).plan()
    rows: list[dict[str, Any]] = []
    here = frame[frame["horizon"] == chosen]
    for name in names:
        for of, column in (("outcome", name), ("effect", f"{name}_effect")):
            if column not in here:
                continue
            found, used = indices(plan, here.copy(), column, frame.attrs)
            rows += [
                {"outcome": name, "of": of, "horizon": chosen, "factor": index.factor,
                 "index": index.kind, "value": index.value, "low": index.low, "high": index.high,
                 "n": used}
                for index in found
            ]  # fmt: skip
    return pd.DataFrame(rows, columns=["outcome", "of", "horizon", "factor", "index", "value",
                                       "low", "high", "n"])  # fmt: skip


def indices(plan: Any, frame: pd.DataFrame, column: str, about: Any) -> tuple[list[Index], int]:
    """Return the indices of one column of a sweep's rows at one horizon, and from how many.

    Base points and trajectories with a point that is not whole are left out whole.
    """
    names, design = list(about["factors"]), about["design"]
    frame.attrs = dict(about)
    by_point, _ = whole_points(frame, column)
    y: Values = np.asarray(by_point.reindex(range(plan.num_rows)), np.float64)
    found: list[Index] = []
    used = 0
    if design == "saltelli":
        blocks = y.reshape(-1, len(names) + 2)
        blocks = blocks[np.isfinite(blocks).all(axis=1)]
        used = len(blocks)
        if used >= FEWEST:
            found = sobol(names, blocks[:, 0], blocks[:, -1], blocks[:, 1:-1].T)
    elif design == "morris":
        places = np.array([_place(plan, name, about) for name in names]).T
        places = places.reshape(-1, len(names) + 1, len(names))
        paths = y.reshape(-1, len(names) + 1)
        fine = np.isfinite(paths).all(axis=1)
        used = int(fine.sum())
        if used >= FEWEST:
            loose = [name for name in names if _without_order(plan, name, about)]
            found = morris(names, places[fine], paths[fine], without_order=loose)
    else:
        fine = np.isfinite(y)
        used = int(fine.sum())
        loose = [name for name in names if _without_order(plan, name, about)]
        ordered = [name for name in names if name not in loose]
        values = np.array([_numbers(plan, name) for name in ordered]).T
        found = [
            Index(r["parameter"], RANKS, r["correlation"], r["low"], r["high"])
            for r in most_influential(ordered, values, y, len(ordered))
        ]
        if used >= FEWEST:
            shares = [rank_share(name, _codes(plan, name)[fine], y[fine]) for name in loose]
            found += [share for share in shares if math.isfinite(share.value)]
    chance = _chance(frame, column) if about["replicates"] > 1 else None
    return (found if chance is None else [*found, chance]), used


def _without_order(plan: Any, name: str, about: Any) -> bool:
    # Words, worlds, lists and seeds; numbers and switches have an order, however they are given.
    return name == CHANCE or not _number(plan, name)


def _numbers(plan: Any, name: str) -> Values:
    return np.asarray(plan.column(name).to_pandas(), np.float64)


def _codes(plan: Any, name: str) -> NDArray[np.int64]:
    values = [str(value) for value in plan.column(name).to_pylist()]
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _place(plan: Any, name: str, about: Any) -> Values:
    # Where in its range a factor is: by its value, so that a step is the step that was made.
    if _without_order(plan, name, about):
        return _codes(plan, name).astype(np.float64)
    values, kind = _numbers(plan, name), about.get("kinds", {}).get(name, {})
    low, high = kind.get("low"), kind.get("high")
    if low is None or high is None:  # choices of numbers, switches
        low, high = float(values.min()), float(values.max())
    if kind.get("log"):
        values, low, high = np.log(values), math.log(low), math.log(high)
    return (values - low) / (high - low) if high > low else np.zeros(values.size)


def checked_horizon(frame: pd.DataFrame, horizon: str | None) -> str:
    """Return a horizon of a sweep, by default its last. Raises ``InputError``."""
    from model.core.errors import InputError

    known = sorted(str(month) for month in frame["horizon"].unique())
    if not known:
        raise InputError("the sweep has no rows yet; resume it")
    if horizon is not None and horizon not in known:
        raise InputError(f"horizon must be one of {', '.join(known)}, got {horizon!r}")
    return horizon or known[-1]


def _chance(frame: pd.DataFrame, column: str) -> Index:
    # The share of the variance of single runs that is within points: one-way analysis of variance.
    wide = exact_values(frame, column).pivot(index="point", columns="replicate", values="y")
    y = wide.to_numpy(np.float64)
    y = y[np.isfinite(y).all(axis=1)]
    if len(y) < FEWEST:
        return Index("chance", "total", math.nan, math.nan, math.nan)

    def of(pick: Any) -> float:
        here = y[pick]
        within = float(np.mean(np.var(here, axis=1, ddof=1)))
        between = float(np.var(here.mean(axis=1), ddof=1)) - within / here.shape[1]
        whole = within + max(0.0, between)
        return within / whole if whole > 0.0 else math.nan

    picks = np.random.default_rng(1).integers(0, len(y), (RESAMPLES, len(y)))
    return _index("chance", "total", of(np.arange(len(y))), np.array([of(pick) for pick in picks]))


def _number(plan: Any, name: str) -> bool:
    import pyarrow.types as kinds

    kind = plan.schema.field(name).type
    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind))
