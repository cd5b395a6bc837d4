"""Statistics of paired differences: intervals, signs, variance reduction.

Means have t intervals below 30 replicates and bootstrap intervals from there on; medians have the
order-statistics interval (Conover 1999, 3.2). Values that a record cuts off lie between bounds of
which one is open (``Bounds``); what is said of them is that at least, at most or neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
BOOTSTRAP_FROM = 30  # replicates
ROUNDING = 1e-20  # of a variance: what is left of equal differences
RESAMPLES, MONTHLY_RESAMPLES = 9999, 999
FAR = 1e15  # stands for an open end in statistics that cannot take infinite values
Values = NDArray[np.float64]
EXACT, AT_LEAST, AT_MOST, UNKNOWN = "exact", "at least", "at most", "unknown"


@dataclass(frozen=True)
class Bounds:
    """Values as they were found, and between what they lie: the same, or infinite at open ends."""

    found: Values
    low: Values
    high: Values

    @classmethod
    def exact(cls, values: Values) -> Bounds:
        """Return values that nothing cuts off."""
        return cls(values, values, values)

    @classmethod
    def cut(cls, values: Values, cut: Values) -> Bounds:
        """Return values of which some (``cut`` above 0) are cut off, away from zero.

        A lag that is cut off is longer than was found, whoever is ahead.
        """
        off, back = np.asarray(cut) > 0, np.signbit(values)
        low = np.where(off & back, -math.inf, values)
        return cls(values, low, np.where(off & ~back, math.inf, values))

    def less(self, other: Bounds) -> Bounds:
        """Return these less others, pair by pair."""
        with np.errstate(invalid="ignore"):
            return Bounds(self.found - other.found, self.low - other.high, self.high - other.low)

    def at(self, pick: NDArray[np.bool_]) -> Bounds:
        """Return some of them."""
        return Bounds(self.found[pick], self.low[pick], self.high[pick])

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which of them are cut off."""
        return np.isinf(self.low) | np.isinf(self.high)

    def how(self, statistic: Callable[[Values], float]) -> str:
        """Return how a rising statistic of them is known."""
        if not self.open.any():
            return EXACT
        centre = statistic(self.found)
        if not math.isfinite(centre):
            return EXACT
        below = statistic(np.maximum(self.low, -FAR)) < centre
        above = statistic(np.minimum(self.high, FAR)) > centre
        return {(False, False): EXACT, (False, True): AT_LEAST, (True, False): AT_MOST}.get(
            (bool(below), bool(above)), UNKNOWN
        )

    def ends(self, low: Callable[[Values], float], high: Callable[[Values], float]) -> Ends:
        """Return a low and a high statistic, each of the bounds on its side; infinite where open.

        So does an interval say no more than is known.
        """
        ends = low(np.maximum(self.low, -FAR)), high(np.minimum(self.high, FAR))
        return tuple(math.copysign(math.inf, e) if abs(e) > FAR / 1e6 else e for e in ends)  # type: ignore[return-value]

    def beyond(self, least: float) -> tuple[float, float]:
        """Return the shares that are above ``least`` and below its opposite for certain."""
        if not self.found.size:
            return math.nan, math.nan
        return float(np.mean(self.low > least)), float(np.mean(self.high < -least))


Ends = tuple[float, float]


def clear(low: float, high: float) -> bool:
    """Return whether an interval leaves zero out, so that an effect differs from nothing."""
    return low > 0.0 or high < 0.0


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

        chance = np.random.default_rng(1)
        found = bootstrap(
            (good,), np.mean, confidence_level=LEVEL, n_resamples=resamples, rng=chance
        ).confidence_interval
        return centre, float(found.low), float(found.high)
    from scipy.stats import t as student

    spread = math.sqrt(math.fsum((good - centre) ** 2) / (n - 1) / n)
    half = float(student.ppf(0.5 + LEVEL / 2.0, n - 1)) * spread
    return centre, centre - half, centre + half


def variance_removed(a: Values, b: Values) -> float:
    """Return the variance reduction of common random numbers (variance ratio).

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


def quantile(values: Values, share: float) -> float:
    """Return a quantile of the defined values; ``nan`` if there is none."""
    good = values[np.isfinite(values)]
    return float(np.quantile(good, share)) if good.size else math.nan


def or_none(value: float) -> float | None:
    """Return a figure for JSON: ``None`` where it is undefined."""
    return value if math.isfinite(value) else None


MOST_ERROR = 0.2  # of an estimate, to be called determined


@dataclass(frozen=True)
class Estimate:
    """A figure with its standard error; undetermined where that is above a fifth of it."""

    value: float
    error: float

    @property
    def determined(self) -> bool:
        """Whether the standard error is at most a fifth of the estimate."""
        return self.error <= MOST_ERROR * abs(self.value)


def mean_of(values: Values) -> Estimate:
    """Return the mean of the defined values with its standard error (``nan`` below two)."""
    good = values[np.isfinite(values)]
    error = float(np.std(good, ddof=1)) / math.sqrt(good.size) if good.size > 1 else math.nan
    return Estimate(mean(good), error)


def ratio_of(above: Values, below: Values) -> Estimate:
    """Return the ratio of two means over pairs with its delete-one jackknife error (Miller 1974).

    Pairs of which one is undefined do not count; ``nan`` below two pairs.
    """
    good = np.isfinite(above) & np.isfinite(below)
    above, below, n = above[good], below[good], int(good.sum())
    total, base = math.fsum(above), math.fsum(below)
    rest = base - below
    if n < 2 or base == 0.0 or not rest.all():
        return Estimate(math.nan, math.nan)
    without = (total - above) / rest
    spread = float(np.sum((without - without.mean()) ** 2))
    return Estimate(total / base, math.sqrt((n - 1) / n * spread))
