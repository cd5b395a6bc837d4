"""The effect of a treatment over all that is not known: twins at parameters drawn from priors.

Each draw takes a point of a Latin hypercube over the priors of all parameters that the two
scenarios leave at their defaults, and one seed of luck; the twins share both. Points that break a
guard of ``model.md`` (reach times difficulty) or that no world can be built from are drawn again
from the next hypercube and counted. What decides is told by rank correlations of parameters with
the effect, with bootstrap intervals: the hypercube makes its columns nearly independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from typing import Any

import numpy as np

from analysis.compare import check_comparable, watch_parent
from analysis.statistics import Values, interval
from model import baseline
from model.facts import InputError
from model.outcomes import OUTCOMES, outcomes_of
from model.scenario import FACTS, Scenario, with_values

HORIZONS = ("2024-12", "2027-12", "2030-12")
DECIDERS = 8
REDRAWS = 5  # hypercubes that may be used up before giving up


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
        good = np.isfinite(values)
        points, ranked = _ranks(self.points[good]), _ranks(values[good][:, None])[:, 0]
        found = [_correlation(points[:, k], ranked) for k in range(len(self.names))]
        order = sorted(range(len(found)), key=lambda k: -abs(found[k]))[:count]
        luck = np.random.default_rng(1)
        rows = []
        for k in order:
            again = [
                _correlation(points[pick, k], ranked[pick])
                for pick in luck.integers(0, ranked.size, (999, ranked.size))
            ]
            low, high = np.quantile(again, (0.025, 0.975))
            rows.append({"parameter": self.names[k], "correlation": found[k],
                         "low": float(low), "high": float(high)})  # fmt: skip
        return rows

    def summary(self, outcome: str, horizon: str) -> dict[str, float]:
        """Return mean, its interval, and the 5th, 50th and 95th percentile of an effect."""
        values = self.effects[outcome][:, self.horizons.index(horizon)]
        good = values[np.isfinite(values)]
        centre, low, high = interval(values)
        marks = np.quantile(good, (0.05, 0.5, 0.95)) if good.size else [math.nan] * 3
        return {"mean": centre, "low": low, "high": high, "p5": float(marks[0]),
                "median": float(marks[1]), "p95": float(marks[2]), "n": int(good.size)}  # fmt: skip


def _ranks(values: Values) -> Values:
    from scipy.stats import rankdata

    ranks: Values = np.asarray(rankdata(values, axis=0), np.float64)
    return ranks


def _correlation(x: Values, y: Values) -> float:
    sx, sy = float(np.std(x)), float(np.std(y))
    if sx == 0.0 or sy == 0.0:
        return 0.0
    return float(np.mean((x - np.mean(x)) * (y - np.mean(y))) / (sx * sy))


def free_parameters(a: Scenario, b: Scenario) -> list[tuple[str, str]]:
    """Return the parameters with a prior that neither scenario, nor a parent, states itself."""
    stated = set(a.origin) | set(b.origin)
    return [key for key, fact in FACTS.items() if fact.prior and f"{key[0]}.{key[1]}" not in stated]


def drawn(
    a: Scenario, b: Scenario, draws: int, seed: int
) -> tuple[list[tuple[str, str]], Values, int]:
    """Return the free parameters, draw x parameter quantiles that keep the guards, and redraws.

    Raises ``InputError`` when too few points keep the guards.
    """
    from scipy.stats import qmc

    names = free_parameters(a, b)
    kept: list[Values] = []
    broken = 0
    for cube in range(REDRAWS):
        sampler = qmc.LatinHypercube(len(names), rng=np.random.default_rng([seed, cube]))
        for point in sampler.random(draws):
            if len(kept) == draws:
                break
            try:
                world = at_point(a, names, point).parameters
                growth = world.finance.researcher_growth
                fine = not world.discovery.broken_guards(growth)
            except InputError:
                fine = False
            if fine:
                kept.append(point)
            else:
                broken += 1
    if len(kept) < draws:
        raise InputError(f"--draws {draws}: only {len(kept)} points of the priors can be run")
    return names, np.array(kept), broken


def at_point(scenario: Scenario, names: list[tuple[str, str]], point: Values) -> Scenario:
    """Return a scenario with parameters at quantiles of their priors.

    Raises ``InputError`` where together they cannot be.
    """
    changes = {}
    for key, u in zip(names, point, strict=True):
        prior = FACTS[key].prior
        assert prior is not None
        changes[key] = float(prior.quantile(float(u)))
    return Scenario(
        scenario.name,
        scenario.title,
        scenario.story,
        scenario.claims,
        scenario.lineage,
        with_values(scenario.parameters, changes),
        scenario.origin,
    )


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
    names, points, broken = drawn(a, b, draws, seed)
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
    if workers <= 1:
        for d, job in enumerate(jobs):
            yield d, _effect(*job)
        return
    with ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=get_context("spawn"), initializer=watch_parent
    ) as pool:
        futures = {pool.submit(_effect, *job): d for d, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in active_children():
                worker.terminate()
            raise


def at_pair(
    a: Scenario, b: Scenario, names: list[tuple[str, str]], point: Values
) -> tuple[Scenario, Scenario]:
    """Return both scenarios at the same point of the priors."""
    return at_point(a, names, point), at_point(b, names, point)


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
            calendar = world.state.setting.calendar
            at = [calendar.index(int(h[:4]), int(h[5:])) for h in horizons]
            found = outcomes_of(world.state, world.record)
            values.append({name: np.asarray(found[name], np.float64)[at] for name in OUTCOMES})
    except InputError as error:
        return str(error).partition(":")[0]
    return {name: values[1][name] - values[0][name] for name in OUTCOMES}
