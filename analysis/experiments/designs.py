"""Designs: which points of a space of factors are run.

A factor turns a place between 0 and 1 into a value: a number on a linear or logarithmic scale, a
whole number, one of some choices (switches, words, scenarios), or a random seed. A
design is a matrix of places, point by factor:

- grid: all combinations of levels;
- lhs, sobol: space-filling samples (McKay et al. 1979; Sobol' 1967, scrambled). Of lhs, a factor's
  places are those of its own stream (``analysis.experiments.strata``): other factors, and twice
  as many points, leave them as they are;
- saltelli: for Sobol indices, n(k + 2) points: for each of n base points A, B, and A with one
  column of B at a time (Saltelli et al. 2010);
- morris: r(k + 1) points: trajectories that change one factor at a time: numbers on four levels
  (Morris 1991), choices and seeds from one to any other, all pairs in turn;
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

from analysis.experiments.strata import side_by_side
from model.core.errors import InputError, near
from model.core.parameter import ParameterName
from model.core.randomness import key_of

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
MOST_PAIRS = 10_000  # of choices, up to which all are met in turn; of more some, at random


CHANCE = "chance"  # the factor that is the seed


def all_numbers(values: Sequence[Any]) -> bool:
    """Return whether values are numbers and switches, which have an order."""
    return all(isinstance(value, int | float) for value in values)


@dataclass(frozen=True)
class Factor:
    """One thing that is varied.

    Attributes:
        name: ``group.name`` of a parameter, ``scenario`` or ``chance``.
        kind: how a place becomes a value.
        low: least value of a number.
        high: greatest value of a number.
        log: numbers are spread evenly over their logarithm.
        values: the choices; their order is that of ``factors.sorted_choices``.
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
    def without_order(self) -> bool:
        """Whether its values are words, worlds, lists or seeds, of which none is more or less."""
        return self.name == CHANCE or (self.kind == "choice" and not all_numbers(self.values))

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
        InputError: where the design cannot be made so; it names a way out that can be run.
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
            f"points: a {design} design of {len(factors)} factors with {_about(points)} "
            f"({COUNTED[design]}) has {_about(size)} points; at most {MOST_POINTS} points and "
            f"{MOST_PLACES} values are run; {_way_out(design, factors)}"
        )
    chance = np.random.default_rng([seed, DESIGNS.index(design)])
    number = len(factors)
    if design == "grid":
        rows = itertools.product(*(factor.grid(points) for factor in factors))
        return np.array(list(rows), np.float64)
    if design == "morris":
        return _trajectories(factors, points, seed)
    if design == "lhs":
        odd = points // (points & -points)  # a hypercube at this number, and each time it doubles
        return side_by_side(points, seed, [factor.name for factor in factors], first=odd)
    from scipy.stats import qmc

    if design == "sobol":
        places: Values = qmc.Sobol(number, rng=chance).random(points)
        return places
    return _saltelli(qmc.Sobol(2 * number, rng=chance).random(points))


def _about(number: int) -> str:
    # A count as people can read it: 64, about 6e132. (Floats end at 1e308, counts do not.)
    if number < 10**9:
        return str(number)
    power = math.log10(number)
    digit, power = round(10 ** (power % 1.0)), int(power)
    return f"about {digit}e{power}" if digit < 10 else f"about 1e{power + 1}"


def _way_out(design: str, factors: Sequence[Factor]) -> str:
    # What can be run: fewer points, or for grids with too many factors, fewer of these.
    def fine(points: int, these: Sequence[Factor]) -> bool:
        size = size_of(design, these, points)
        return size <= MOST_POINTS and size * len(these) <= MOST_PLACES

    least = 2 if design in ("grid", "saltelli", "morris") else 1
    if fine(least, factors):
        good = next(n for n in (1 << k for k in range(30, -1, -1)) if fine(n, factors))
        return f"a good value is {min(good, POINTS[design])}"
    usual = POINTS[design]
    most = next(n for n in range(len(factors), -1, -1) if fine(usual, factors[:n]))
    fewer = f"vary fewer factors (at most {most} with {usual})" if most else "vary other factors"
    return f"{fewer}, or take design lhs" if design == "grid" else fewer


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


def _trajectories(factors: Sequence[Factor], points: int, seed: int) -> Values:
    # A start, then one factor after another moves. Each factor has a stream of its own, so that
    # others, and more trajectories, leave where it goes as it is.
    number = len(factors)
    ends = np.empty((points, 2, number))
    turns = np.empty((points, number))
    for k, factor in enumerate(factors):
        chance = np.random.default_rng([int(key_of("morris", seed, factor.name)), 0])
        if factor.kind == "choice" or factor.without_order:
            ends[:, :, k] = _pairs(factor, points, chance)
        else:  # by p / (2 (p - 1)) up or down
            step = LEVELS / (2.0 * (LEVELS - 1.0))
            start = chance.integers(0, LEVELS, points) / (LEVELS - 1.0)
            ends[:, 0, k] = start
            ends[:, 1, k] = np.clip(np.where(start < 0.5, start + step, start - step), 0.0, 1.0)
        later = np.random.default_rng([int(key_of("morris", seed, factor.name)), 1])
        turns[:, k] = later.random(points)
    rows = np.empty((points, number + 1, number))
    for path, (start, stop), turn in zip(rows, ends, turns, strict=True):
        path[:] = start
        for n, k in enumerate(np.argsort(turn, kind="stable"), 1):
            path[n:, k] = stop[k]
    return rows.reshape(points * (number + 1), number)


def _pairs(factor: Factor, points: int, chance: np.random.Generator) -> Values:
    # The places of two different choices (or seeds), trajectory by trajectory, either way round.
    whole = len(factor.values) if factor.kind == "choice" else int(factor.high - factor.low) + 1
    if whole == 1:
        return np.full((points, 2), 0.5)
    pairs = whole * (whole - 1) // 2
    found = np.empty((points, 2))
    if pairs <= MOST_PAIRS:
        every = np.array(list(itertools.combinations(range(whole), 2)))
        for begin in range(0, points, pairs):
            block = every[chance.permutation(pairs)]
            block = chance.permuted(block, axis=1)
            found[begin : begin + pairs] = block[: points - begin]
    else:
        for row in found:
            one = int(chance.integers(whole))
            row[:] = one, (one + 1 + int(chance.integers(whole - 1))) % whole
    return (found + 0.5) / whole
