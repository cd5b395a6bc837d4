"""Draws of all that is not known: points of the priors, and which parameters decide an effect.

A draw takes a point of a Latin hypercube over the priors of all parameters that the scenarios
leave at their defaults. Points that break a guard (reach times difficulty) or that no world can be
built from are passed over, and counted. What decides is told by rank correlations of parameters
with the effect, with bootstrap intervals: the hypercube makes its columns nearly independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.experiments.effects import LEVEL, Values
from model.core.errors import InputError
from model.parameters import FACTS
from model.scenario import Scenario, with_values

DECIDERS = 8
REDRAWS = 5  # hypercubes that may be used up before giving up
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
            prior = FACTS[_key(name)].prior
            assert prior is not None
            found[name] = np.array([prior.quantile(float(u)) for u in self.points[:, k]])
        return found


def free_parameters(*worlds: Scenario) -> list[tuple[str, str]]:
    """Return the parameters with a prior that no scenario, nor a parent, states itself."""
    stated = {name for world in worlds for name in world.origin}
    return [key for key, fact in FACTS.items() if fact.prior and f"{key[0]}.{key[1]}" not in stated]


class Stream:
    """Points of the priors that keep the guards, one after another; ``passed`` counts the others.

    Args:
        worlds: scenarios that share a point.
        cube: number of points of a hypercube.
        seed: of the draws.
    """

    def __init__(self, worlds: Sequence[Scenario], cube: int, seed: int) -> None:
        self.names = free_parameters(*worlds)
        self.passed = 0
        self._world, self._cube, self._seed = worlds[0], cube, seed
        self._points = self._all()

    def take(self, number: int) -> list[Values]:
        """Return the next points. Raises ``InputError`` where too few keep the guards."""
        found: list[Values] = []
        passed = self.passed
        while len(found) < number:
            point = next(self._points)
            if _fine(self._world, self.names, point):
                found.append(point)
                continue
            self.passed += 1
            if self.passed - passed > REDRAWS * max(number, self._cube):
                raise InputError(f"only {len(found)} of {number} points of the priors can be run")
        return found

    def _all(self) -> Iterator[Values]:
        from scipy.stats import qmc

        cube = 0
        while True:
            luck = np.random.default_rng([self._seed, cube])
            yield from qmc.LatinHypercube(len(self.names), rng=luck).random(self._cube)
            cube += 1


def at_point(scenario: Scenario, names: list[tuple[str, str]], point: Values) -> Scenario:
    """Return a scenario with parameters at quantiles of their priors.

    Raises ``InputError`` where together they cannot be.
    """
    changes = {}
    for key, u in zip(names, point, strict=True):
        prior = FACTS[key].prior
        assert prior is not None
        changes[key] = float(prior.quantile(float(u)))
    return replace(scenario, parameters=with_values(scenario.parameters, changes))


def deciders(
    names: Sequence[str], points: Values, effects: Values, count: int = DECIDERS
) -> list[dict[str, Any]]:
    """Return the parameters that decide an effect most: rank correlation and its interval.

    ``clear`` where chance alone would hardly make the largest of so many correlations as large.
    """
    from scipy.stats import t as student

    good = np.isfinite(effects)
    if good.sum() < 4 or not names:
        return []
    ranks, ranked = _ranks(points[good]), _ranks(effects[good][:, None])[:, 0]
    found = _correlations(ranks, ranked)
    order = sorted(range(len(names)), key=lambda k: -abs(found[k]))[:count]
    luck = np.random.default_rng(1)
    picks = luck.integers(0, ranked.size, (RESAMPLES, ranked.size))
    again = np.array([_correlations(ranks[np.ix_(pick, order)], ranked[pick]) for pick in picks])
    low, high = np.quantile(again, ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0), axis=0)
    t = float(student.ppf(1.0 - (1.0 - LEVEL) / 2.0 / len(names), ranked.size - 2))
    chance = t / math.sqrt(ranked.size - 2 + t * t)
    return [
        {
            "parameter": names[k],
            "correlation": float(found[k]),
            "low": float(low[n]),
            "high": float(high[n]),
            "clear": bool(abs(found[k]) > chance),
        }
        for n, k in enumerate(order)
    ]


def _fine(world: Scenario, names: list[tuple[str, str]], point: Values) -> bool:
    try:
        there = at_point(world, names, point).parameters
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


def _key(name: str) -> tuple[str, str]:
    group, _, entry = name.partition(".")
    return group, entry
