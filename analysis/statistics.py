"""Statistics of paired differences: intervals, signs, what pairing saves.

Means have t intervals below 30 replicates and bootstrap intervals from there on; medians have the
order-statistics interval (Conover 1999, 3.2).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
BOOTSTRAP_FROM = 30  # replicates
ROUNDING = 1e-20  # of a variance: what is left of equal differences
RESAMPLES, MONTHLY_RESAMPLES = 9999, 999
Values = NDArray[np.float64]


def interval(
    differences: Values, median: bool = False, resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """Return centre, low and high of paired differences at the level of 95 %.

    ``nan`` where fewer than one (centre) or two (interval) differences are defined; with five or
    fewer, no order statistics reach the level for a median, and the interval is undefined.
    """
    good = differences[np.isfinite(differences)]
    n = good.size
    if n == 0:
        return math.nan, math.nan, math.nan
    if median:
        centre = float(np.median(good))
        if np.all(good == good[0]) and n > 1:
            return centre, centre, centre
        from scipy.stats import binom

        k = int(binom.ppf((1.0 - LEVEL) / 2.0, n, 0.5))  # P(B < k) <= 2.5 %
        if k < 1:
            return centre, math.nan, math.nan
        ordered = np.sort(good)
        return centre, float(ordered[k - 1]), float(ordered[n - k])
    centre = math.fsum(good) / n
    if n == 1:
        return centre, math.nan, math.nan
    if np.all(good == good[0]):
        return centre, centre, centre
    if n >= BOOTSTRAP_FROM:
        from scipy.stats import bootstrap

        luck = np.random.default_rng(1)
        found = bootstrap(
            (good,), np.mean, confidence_level=LEVEL, n_resamples=resamples, rng=luck
        ).confidence_interval
        return centre, float(found.low), float(found.high)
    from scipy.stats import t as student

    spread = math.sqrt(math.fsum((good - centre) ** 2) / (n - 1) / n)
    half = float(student.ppf(0.5 + LEVEL / 2.0, n - 1)) * spread
    return centre, centre - half, centre + half


def variance_removed(a: Values, b: Values) -> float:
    """Return how many times smaller pairing makes the variance of the difference.

    The variance of a difference of independent seeds, Var(a) + Var(b), over that of the pairs;
    ``nan`` below three replicates or where the pairs do not differ at all.
    """
    good = np.isfinite(a) & np.isfinite(b)
    if good.sum() < 3:
        return math.nan
    paired = float(np.var((b - a)[good], ddof=1))
    apart = float(np.var(a[good], ddof=1) + np.var(b[good], ddof=1))
    return apart / paired if paired > ROUNDING * apart else math.nan


def sign_share(differences: Values, centre: float) -> float:
    """Return the share of differences that have the sign of their centre."""
    good = differences[np.isfinite(differences)]
    return float(np.mean(np.sign(good) == np.sign(centre))) if good.size else math.nan


def mean(values: Values) -> float:
    """Return the mean of the defined values; ``nan`` if there is none."""
    good = values[np.isfinite(values)]
    return math.fsum(good) / good.size if good.size else math.nan


def median_of(values: Values) -> float:
    """Return the median of the defined values; ``nan`` if there is none."""
    good = values[np.isfinite(values)]
    return float(np.median(good)) if good.size else math.nan
