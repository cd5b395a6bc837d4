"""The effect of a treatment over all that is not known: twins at parameters drawn from priors.

Each draw takes a point of the priors (``analysis.experiments.prior_draws``) and one seed of luck;
the twins share both. Only effects at some horizons are kept, so that thousands of draws fit into
memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.experiments import prior_draws as draws_
from analysis.experiments.compare import check_comparable
from analysis.experiments.effects import Values, interval
from analysis.experiments.engines import each as each_call
from analysis.experiments.prior_draws import DECIDERS
from model.core.errors import InputError
from model.measure.outcomes import OUTCOMES, difference, outcomes_of
from model.scenario import Scenario
from model.setup import baseline

HORIZONS = ("2024-12", "2027-12", "2030-12")


@dataclass(frozen=True)
class Exploration:
    """Draws and what they gave.

    ``points`` is draw x parameter in units of the prior's quantile; ``effects[outcome]`` is draw
    x horizon, b minus a.
    """

    a: Scenario
    b: Scenario
    seed: int
    names: list[str]
    points: Values
    horizons: list[str]
    effects: dict[str, Values]
    refused: int
    refusals: dict[str, int]

    def shares(self, outcome: str, horizon: str) -> dict[str, float]:
        """Return the shares of draws in which an outcome rises, stays, falls.

        Beyond its smallest effect of interest, which stays the same in all draws.
        """
        values = self.effects[outcome][:, self.horizons.index(horizon)]
        good = values[np.isfinite(values)]
        least = OUTCOMES[outcome].smallest
        if not good.size:
            return {"rises": math.nan, "stays": math.nan, "falls": math.nan}
        return {
            "rises": float(np.mean(good > least)),
            "stays": float(np.mean(np.abs(good) <= least)),
            "falls": float(np.mean(good < -least)),
        }

    def deciders(self, outcome: str, horizon: str, count: int = DECIDERS) -> list[dict[str, Any]]:
        """Return the parameters that decide an effect: rank correlation and its interval."""
        values = self.effects[outcome][:, self.horizons.index(horizon)]
        return draws_.deciders(self.names, self.points, values, count)

    def summary(self, outcome: str, horizon: str) -> dict[str, float]:
        """Return mean, its interval, and the 5th, 50th and 95th percentile of an effect."""
        values = self.effects[outcome][:, self.horizons.index(horizon)]
        good = values[np.isfinite(values)]
        centre, low, high = interval(values)
        marks = np.quantile(good, (0.05, 0.5, 0.95)) if good.size else [math.nan] * 3
        return {
            "mean": centre,
            "low": low,
            "high": high,
            "p5": float(marks[0]),
            "median": float(marks[1]),
            "p95": float(marks[2]),
            "n": int(good.size),
        }


def explore(
    a: Scenario,
    b: Scenario,
    *,
    draws: int,
    seed: int = 1,
    workers: int = 1,
    each: Callable[[int, int], None] | None = None,
) -> Exploration:
    """Run twins at draws from the priors; draw d has the seed ``seed + d``.

    ``each(done, all)`` is called after every draw. Raises ``InputError`` for worlds that cannot be
    compared or fewer than two draws.
    """
    check_comparable(a, b)
    if draws < 2:
        raise InputError(f"--draws must be at least 2, got {draws}; a good value is 200")
    stream = draws_.Stream((a, b), draws, seed)
    try:
        points = np.array(stream.take(draws))
    except InputError as error:
        raise InputError(f"--draws {draws}: {error}") from None
    names, broken = stream.names, stream.passed
    horizons = _horizons(a)
    found: dict[int, dict[str, Values] | str] = {}
    for done, (d, result) in enumerate(_twins(a, b, names, points, horizons, seed, workers), 1):
        found[d] = result
        if each is not None:
            each(done, draws)
    refusals: dict[str, int] = {}
    for result in found.values():
        if isinstance(result, str):
            refusals[result] = refusals.get(result, 0) + 1
    good = [d for d in range(draws) if not isinstance(found[d], str)]
    rows = [found[d] for d in good]
    effects = {
        name: np.array([row[name] for row in rows if not isinstance(row, str)]) for name in OUTCOMES
    }
    labels = [f"{group}.{name}" for group, name in names]
    return Exploration(a, b, seed, labels, points[good], horizons, effects, broken, refusals)


def _horizons(a: Scenario) -> list[str]:
    calendar = a.parameters.economy.calendar()
    last = calendar.label(calendar.months - 1)
    return [h for h in HORIZONS if h < last] + [last]


def _twins(
    a: Scenario,
    b: Scenario,
    names: list[tuple[str, str]],
    points: Values,
    horizons: list[str],
    seed: int,
    workers: int,
) -> Iterator[tuple[int, dict[str, Values] | str]]:
    jobs = [(at_pair(a, b, names, p), horizons, seed + d) for d, p in enumerate(points)]
    yield from each_call(_effect, jobs, workers)


def at_pair(
    a: Scenario, b: Scenario, names: list[tuple[str, str]], point: Values
) -> tuple[Scenario, Scenario]:
    """Return both scenarios at the same point of the priors."""
    return draws_.at_point(a, names, point), draws_.at_point(b, names, point)


def _effect(
    pair: tuple[Scenario, Scenario], horizons: list[str], seed: int
) -> dict[str, Values] | str:
    # The effects at the horizons, or why there is none: some points of the priors have no world.
    from model.economy import World

    try:
        constants = baseline.resolve(pair[0].parameters)
        values = []
        for scenario in pair:
            world = World(scenario, rng=seed, constants=constants).run()
            calendar = world.fixed.inputs.calendar
            at = [calendar.index(int(h[:4]), int(h[5:])) for h in horizons]
            found = outcomes_of(world.fixed, world.state, world.record)
            values.append({name: np.asarray(found[name], np.float64)[at] for name in OUTCOMES})
    except InputError as error:
        return str(error).partition(":")[0]
    return {name: difference(name, values[0][name], values[1][name]) for name in OUTCOMES}
