"""Prior draws (stratified), and rank correlations of parameters with an effect.

A draw is a point of the priors of all parameters that the scenarios leave at their defaults. Each
parameter has a stream of its own (``analysis.experiments.strata``): its value is a function of the
seed, its name and the number of the replicate, so that analyses which share these share draws,
whatever else they draw, and a longer one begins with a shorter one. A point that breaks a guard
(reach times difficulty) or that no world can be built from is drawn again for its replicate alone,
and counted. The most influential parameters are those of the largest rank correlations with the
effect, which have bootstrap intervals: streams are nearly independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.experiments.effects import LEVEL, Values
from analysis.experiments.experiment import Arm
from analysis.experiments.strata import side_by_side
from model.core.errors import InputError
from model.core.parameter import ParameterName
from model.parameters import FACTS
from model.scenario import Scenario

MOST_INFLUENTIAL = 8
REDRAWS = 5  # points that may be passed over for each that is asked for, before giving up
RESAMPLES = 999


@dataclass(frozen=True)
class Draws:
    """The draws of a comparison: draw x parameter in units of the prior's quantile.

    ``passed`` points break a guard and were not run; ``refused`` says of the others that have no
    world, why and how many.
    """

    names: list[str]
    points: Values
    passed: int
    refused: dict[str, int]

    def values(self) -> dict[str, Values]:
        """Return the values of the parameters, by name, one a draw."""
        found = {}
        for k, name in enumerate(self.names):
            prior = FACTS[ParameterName.parse(name)].prior
            assert prior is not None
            found[name] = np.array([prior.quantile(float(u)) for u in self.points[:, k]])
        return found


def free_parameters(*worlds: Scenario) -> list[ParameterName]:
    """Return the parameters with a prior that no scenario, nor a parent, states itself."""
    stated = {name for world in worlds for name in world.origin}
    names = (ParameterName(*key) for key, fact in FACTS.items() if fact.prior)
    return [name for name in names if str(name) not in stated]


class Stream:
    """Points of the priors that keep the guards, replicate by replicate; ``passed`` counts others.

    Args:
        worlds: scenarios that share a point.
        cube: number of points that are expected.
        seed: of the draws.
    """

    def __init__(self, worlds: Sequence[Scenario], cube: int, seed: int) -> None:
        self.names = free_parameters(*worlds)
        self.passed = 0
        self._words = [str(name) for name in self.names]
        self._world, self._cube, self._seed = worlds[0], cube, seed
        self._rounds: list[int] = []  # of the point that each replicate has
        self._places: Values = np.zeros((0, 0))  # of the first round

    def take(self, number: int) -> list[Values]:
        """Return the points of the next replicates.

        Raises ``InputError`` where too few keep the guards.
        """
        most = self.passed + REDRAWS * max(number, self._cube)
        found: list[Values] = []
        for _ in range(number):
            self._rounds.append(-1)
            point = self._next(len(self._rounds) - 1, most)
            if point is None:
                raise InputError(f"only {len(found)} of {number} points of the priors can be run")
            found.append(point)
        return found

    def again(self, replicate: int) -> Values:
        """Return another point for a replicate whose point has no world. Raises ``InputError``."""
        point = self._next(replicate, self.passed + REDRAWS * self._cube)
        if point is None:
            raise InputError(f"no point of the priors can be run as draw {replicate + 1}")
        return point

    def _next(self, replicate: int, most: int) -> Values | None:
        while True:
            self._rounds[replicate] += 1
            point = self._place(self._rounds[replicate], replicate)
            if _fine(self._world, self.names, point):
                return point
            self.passed += 1
            if self.passed > most:
                return None

    def _place(self, again: int, replicate: int) -> Values:
        if again:  # stands in for one that cannot be used, on its own
            words = [f"{word} of replicate {replicate}" for word in self._words]
            return np.asarray(side_by_side(1, self._seed, words, again)[0])
        if len(self._places) <= replicate:
            size = 1 << max(replicate + 1, self._cube).bit_length()
            self._places = side_by_side(size, self._seed, self._words)
        return np.asarray(self._places[replicate])


def values_at(names: Sequence[ParameterName], point: Values) -> dict[tuple[str, str], float]:
    """Return the values of parameters at a point, in units of their priors' quantiles (0 to 1)."""
    found: dict[tuple[str, str], float] = {}
    for name, u in zip(names, point, strict=True):
        prior = FACTS[name].prior
        assert prior is not None
        found[name] = float(prior.quantile(float(u)))
    return found


def most_influential(
    names: Sequence[str], points: Values, effects: Values, count: int = MOST_INFLUENTIAL
) -> list[dict[str, Any]]:
    """Return the most influential parameters of an effect: rank correlation and its interval.

    ``points`` is draw x parameter, ``effects`` by draw; none for fewer than four draws. ``clear``
    where chance alone would hardly make the largest of so many correlations as large.
    """
    from scipy.stats import t as student

    good = np.isfinite(effects)
    if good.sum() < 4 or not names:
        return []
    ranks, ranked = _ranks(points[good]), _ranks(effects[good][:, None])[:, 0]
    found = _correlations(ranks, ranked)
    order = sorted(range(len(names)), key=lambda k: -abs(found[k]))[:count]
    chance = np.random.default_rng(1)
    picks = chance.integers(0, ranked.size, (RESAMPLES, ranked.size))
    again = np.array([_correlations(ranks[np.ix_(pick, order)], ranked[pick]) for pick in picks])
    low, high = np.quantile(again, ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0), axis=0)
    t = float(student.ppf(1.0 - (1.0 - LEVEL) / 2.0 / len(names), ranked.size - 2))
    largest = t / math.sqrt(ranked.size - 2 + t * t)  # by chance
    return [
        {
            "parameter": names[k],
            "correlation": float(found[k]),
            "low": float(low[n]),
            "high": float(high[n]),
            "clear": bool(abs(found[k]) > largest),
        }
        for n, k in enumerate(order)
    ]


def _fine(world: Scenario, names: Sequence[ParameterName], point: Values) -> bool:
    try:
        there = Arm(world, values_at(names, point)).resolved().parameters
        return not there.discovery.broken_guards(there.budgets.researcher_growth)
    except InputError:
        return False


def _ranks(values: Values) -> Values:
    from scipy.stats import rankdata

    ranks: Values = np.asarray(rankdata(values, axis=0), np.float64)
    return ranks


def _correlations(x: Values, y: Values) -> Values:
    # Of each column with y; 0 where one of them does not vary.
    dx, dy = x - x.mean(axis=0), y - y.mean()
    size = np.sqrt((dx * dx).sum(axis=0) * (dy @ dy))
    found: Values = np.where(size > 0.0, (dy @ dx) / np.where(size > 0.0, size, 1.0), 0.0)
    return found
