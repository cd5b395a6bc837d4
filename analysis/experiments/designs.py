"""Designs: which points of a space of factors are run.

A factor turns a place between 0 and 1 into a value: a number on a linear or logarithmic scale, a
whole number, one of some choices (switches, words, scenarios), or a random seed. A
design is a matrix of places, point by factor:

- grid: all combinations of levels;
- lhs, sobol: space-filling samples (McKay et al. 1979; Sobol' 1967, scrambled);
- saltelli: for Sobol indices, n(k + 2) points: for each of n base points A, B, and A with one
  column of B at a time (Saltelli et al. 2010);
- morris: r(k + 1) points: trajectories that change one factor at a time, on four levels
  (Morris 1991);
- file: points as a table lists them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.core.errors import InputError, near
from model.core.parameter import ParameterName

Values = NDArray[np.float64]
DESIGNS = ("grid", "lhs", "sobol", "saltelli", "morris", "file")
POINTS = {"grid": 5, "lhs": 64, "sobol": 64, "saltelli": 64, "morris": 10}  # by default
COUNTED = {
    "grid": "levels of each factor",
    "lhs": "points",
    "sobol": "points",
    "saltelli": "base points, each run once more for every factor and once for the other sample",
    "morris": "trajectories, each of one point more than there are factors",
}
LEVELS = 4  # of a Morris design
MOST_POINTS = 5_000_000
MOST_PLACES = 100_000_000  # points times factors that memory can hold


@dataclass(frozen=True)
class Factor:
    """One thing that is varied.

    Attributes:
        name: ``group.name`` of a parameter, ``scenario`` or ``chance``.
        kind: how a place becomes a value.
        low: least value of a number.
        high: greatest value of a number.
        log: numbers are spread evenly over their logarithm.
        values: the choices, in order.
        levels: number of levels in a grid; by default the design's.
        where: the worlds in which it holds: both arms, or the scenario alone.
    """

    name: str
    kind: Literal["number", "integer", "choice"]
    low: float = math.nan
    high: float = math.nan
    log: bool = False
    values: tuple[Any, ...] = ()
    levels: int | None = None
    where: Literal["both", "scenario"] = "both"

    @property
    def key(self) -> tuple[str, str]:
        """Group and name of the parameter; of ``scenario`` and ``chance`` an empty name."""
        group, _, name = self.name.partition(".")
        return ParameterName(group, name)

    def at(self, u: float) -> Any:
        """Return the value at a place from 0 to 1."""
        if self.kind == "choice":
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        if self.kind == "integer":
            low, high = int(self.low), int(self.high)
            if self.log:
                reach = math.log(high + 0.5) - math.log(low - 0.5)
                value = round(math.exp(math.log(low - 0.5) + u * reach))
            else:
                value = low + int(u * (high - low + 1))
            return min(max(value, low), high)
        if self.log:
            start = math.log(self.low)
            value_ = math.exp(start + u * (math.log(self.high) - start))
        else:
            value_ = self.low + u * (self.high - self.low)
        return min(max(value_, self.low), self.high)

    def grid(self, levels: int) -> list[float]:
        """Return the places of its levels: ends and what lies evenly between; every choice."""
        count = self.levels or levels
        if self.kind == "choice":
            return [(k + 0.5) / len(self.values) for k in range(len(self.values))]
        if self.kind == "number":
            return [k / (count - 1) for k in range(count)] if count > 1 else [0.5]
        whole = int(self.high) - int(self.low) + 1
        if count >= whole and not self.log:
            return [(k + 0.5) / whole for k in range(whole)]
        places = [k / (count - 1) for k in range(count)] if count > 1 else [0.5]
        return list({self.at(u): u for u in places}.values())


def sample(design: str, factors: Sequence[Factor], points: int, seed: int) -> Values:
    """Return the places of all points, point by factor.

    Args:
        design: a name in ``DESIGNS`` but file.
        factors: what is varied, at least one.
        points: what ``COUNTED`` says for the design.
        seed: of the sample, nothing to do with the seeds of worlds.

    Raises:
        InputError: where the design cannot be made so.
    """
    if design not in POINTS:
        raise InputError(f"design: unknown design {design!r}; {near(design, DESIGNS)}")
    least = 2 if design in ("saltelli", "morris") else 1
    if points < least:
        raise InputError(
            f"points must be at least {least} ({COUNTED[design]}), got {points}; "
            f"a good value is {POINTS[design]}"
        )
    if design in ("sobol", "saltelli") and points & (points - 1):
        below = 1 << (points.bit_length() - 1)
        raise InputError(
            f"points must be a power of two, without which a {design} sample loses its balance, "
            f"got {points}; good values are {below} and {2 * below}"
        )
    size = size_of(design, factors, points)
    if size > MOST_POINTS or size * len(factors) > MOST_PLACES:
        raise InputError(
            f"points: a {design} design of {len(factors)} factors with {points} "
            f"({COUNTED[design]}) has {size} points; at most {MOST_POINTS} points and "
            f"{MOST_PLACES} values are run; a good value is {POINTS[design]}"
        )
    chance = np.random.default_rng([seed, DESIGNS.index(design)])
    number = len(factors)
    if design == "grid":
        rows = itertools.product(*(factor.grid(points) for factor in factors))
        return np.array(list(rows), np.float64)
    if design == "morris":
        return _trajectories(number, points, chance)
    from scipy.stats import qmc

    if design == "lhs":
        cube: Values = qmc.LatinHypercube(number, rng=chance).random(points)
        return cube
    if design == "sobol":
        places: Values = qmc.Sobol(number, rng=chance).random(points)
        return places
    return _saltelli(qmc.Sobol(2 * number, rng=chance).random(points))


def size_of(design: str, factors: Sequence[Factor], points: int) -> int:
    """Return the number of points of a design."""
    if design == "grid":
        return math.prod(
            len(factor.values) if factor.kind == "choice" else factor.levels or points
            for factor in factors
        )
    return points * {"saltelli": len(factors) + 2, "morris": len(factors) + 1}.get(design, 1)


def _saltelli(both: Values) -> Values:
    # Base point by base point: A, A with each column of B, B; so that the first part of a sweep
    # is a sweep of its own.
    points, twice = both.shape
    number = twice // 2
    a, b = both[:, :number], both[:, number:]
    rows = np.repeat(a[:, None, :], number + 2, axis=1)
    for k in range(number):
        rows[:, k + 1, k] = b[:, k]
    rows[:, number + 1] = b
    return rows.reshape(points * (number + 2), number)


def _trajectories(number: int, points: int, chance: np.random.Generator) -> Values:
    # A start, then one factor after another moves by p / (2 (p - 1)) up or down.
    step = LEVELS / (2.0 * (LEVELS - 1.0))
    grid = np.arange(LEVELS) / (LEVELS - 1.0)
    rows = np.empty((points, number + 1, number))
    for path in rows:
        start = chance.choice(grid, number)
        path[0] = start
        for n, k in enumerate(chance.permutation(number), 1):
            path[n] = path[n - 1]
            path[n, k] += step if start[k] < 0.5 else -step
    return np.clip(rows.reshape(points * (number + 1), number), 0.0, 1.0)
