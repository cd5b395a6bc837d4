"""Twins compared: the effect of one world against another, replicate by replicate.

Both worlds of a replicate have the same seed, and luck has an address (``model.randomness``), so
that what differs between them is the treatment and what follows from it. Intervals are for luck
only: parameters stand at the values of the scenarios. Means have t intervals below 30 replicates
and bootstrap intervals from there on; lags, which can be censored, have medians of the paired
differences with the order-statistics interval (Conover 1999, 3.2).
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import active_children, get_context

import numpy as np

from analysis.statistics import (
    MONTHLY_RESAMPLES,
    RESAMPLES,
    Values,
    interval,
    mean,
    median_of,
    sign_share,
    variance_removed,
)
from model import baseline
from model.facts import InputError
from model.outcomes import CENSORED, OUTCOMES, benchmark
from model.run import Result, run
from model.scenario import Scenario
from model.world import Constants

HORIZONS = ("2023-12", "2024-12", "2027-12", "2030-12")
SAME = (
    "start", "end", "prehistory", "firms", "labs", "clusters", "blocs", "leader", "follower",
    "identical_blocs",
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """An outcome at a month: both worlds, the effect of b against a, its interval."""

    name: str
    unit: str
    horizon: str
    a_mean: float
    b_mean: float
    effect: float
    low: float
    high: float
    n: int
    sign_share: float
    benchmark: float
    variance_removed: float
    censored: float


@dataclass(frozen=True)
class Comparison:
    """Paired replicates of two worlds; ``series[world][outcome]`` is replicate x month."""

    a: Scenario
    b: Scenario
    seed: int
    months: list[str]
    series: dict[str, dict[str, Values]]
    follower_compute: dict[str, Values]
    leader_growth: Values
    results: dict[str, list[Result]]
    seconds: float

    @property
    def horizons(self) -> list[str]:
        """The ends of stated years, as far as they are reached, and the last month."""
        return [h for h in HORIZONS if h in self.months[:-1]] + [self.months[-1]]

    def effects(self, horizons: list[str] | None = None) -> list[Effect]:
        """Return the effects at horizons (YYYY-MM), by default the ends of stated years."""
        chosen = horizons or self.horizons
        return [self.effect(name, month) for name in OUTCOMES for month in chosen]

    @cached_property
    def paths(self) -> dict[str, list[Effect]]:
        """The effects on every outcome in every month (intervals from fewer resamples)."""
        return {
            name: [self.effect(name, month, MONTHLY_RESAMPLES) for month in self.months]
            for name in OUTCOMES
        }

    def effect(self, name: str, month: str, resamples: int = RESAMPLES) -> Effect:
        """Return the effect on an outcome at a month."""
        t = self.months.index(month)
        a, b = self.series["a"][name][:, t], self.series["b"][name][:, t]
        centre, low, high = interval(b - a, name in CENSORED, resamples)
        middle = median_of if name in CENSORED else mean
        x = [float(mean(self.follower_compute[world][:, t])) for world in ("a", "b")]
        censored = math.nan
        if name in CENSORED:
            flags = [self.series[w][name + "_censored"][:, t] for w in ("a", "b")]
            censored = float(np.mean(np.maximum(*flags)))
        return Effect(
            name,
            OUTCOMES[name].unit,
            month,
            middle(a),
            middle(b),
            centre,
            low,
            high,
            int(np.isfinite(b - a).sum()),
            sign_share(b - a, centre),
            benchmark(OUTCOMES[name].benchmark, x[0], x[1], float(self.leader_growth[t])),
            variance_removed(a, b),
            censored,
        )


def compare(
    a: Scenario,
    b: Scenario,
    *,
    replicates: int,
    seed: int = 1,
    workers: int = 1,
    each: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run paired replicates of two scenarios; replicate r has the seed ``seed + r``.

    ``each(done, all)`` is called after every run. With several workers, runs go to spawned
    processes; results do not depend on their number. Raises ``InputError`` for worlds that
    cannot be compared.
    """
    check_comparable(a, b)
    if replicates < 1:
        raise InputError(f"replicates must be at least 1, got {replicates}; a good value is 16")
    begun = time.perf_counter()
    constants = baseline.resolve(a.parameters)  # a's for both: twins are normalised alike
    jobs = [(world, r) for r in range(replicates) for world in ("a", "b")]
    found: dict[tuple[str, int], Result] = {}
    for done, (key, result) in enumerate(
        _runs(jobs, {"a": a, "b": b}, seed, workers, constants), 1
    ):
        found[key] = result
        if each is not None:
            each(done, len(jobs))
    results = {world: [found[world, r] for r in range(replicates)] for world in ("a", "b")}
    months: list[str] = results["a"][0].tables["world"].column("month").to_pylist()
    series = {
        world: {
            name: _stack(results[world], name)
            for outcome in OUTCOMES
            for name in ((outcome, outcome + "_censored") if outcome in CENSORED else (outcome,))
        }
        for world in ("a", "b")
    }
    compute = {
        world: np.array(
            [of_bloc(r, "training_compute", a.parameters.economy.follower) for r in rows]
        )
        for world, rows in results.items()
    }
    leader = np.array(
        [of_bloc(r, "capability_released", a.parameters.economy.leader) for r in results["a"]]
    )
    return Comparison(
        a, b, seed, months, series, compute, _growth(leader), results, time.perf_counter() - begun
    )


def check_comparable(a: Scenario, b: Scenario) -> None:
    """Refuse worlds whose span, blocs or cast differ; raises ``InputError``."""
    one, other = a.parameters.economy, b.parameters.economy
    for name in SAME:
        if getattr(one, name) != getattr(other, name):
            raise InputError(
                f"{a.name} and {b.name} cannot be compared: economy.{name} is "
                f"{getattr(one, name)!r} in one and {getattr(other, name)!r} in the other; "
                f"give both the same with --set economy.{name}=..."
            )


def _runs(
    jobs: list[tuple[str, int]],
    scenarios: Mapping[str, Scenario],
    seed: int,
    workers: int,
    constants: Constants,
) -> Iterator[tuple[tuple[str, int], Result]]:
    if workers <= 1 or len(jobs) == 1:
        for world, r in jobs:
            yield (world, r), _one(scenarios[world], seed + r, constants)
        return
    with ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=get_context("spawn"), initializer=watch_parent
    ) as pool:
        futures = {
            pool.submit(_one, scenarios[world], seed + r, constants): (world, r)
            for world, r in jobs
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in active_children():
                worker.terminate()
            raise


def _one(scenario: Scenario, seed: int, constants: Constants) -> Result:
    return run(scenario, seed, constants=constants, events="none")


def watch_parent() -> None:
    """End a worker whose parent was killed, instead of letting it wait for ever."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _stack(results: list[Result], name: str) -> Values:
    return np.array(
        [np.asarray(r.tables["world"].column(name).to_pandas(), np.float64) for r in results]
    )


def of_bloc(result: Result, name: str, bloc: str) -> Values:
    """Return a series of a bloc by month; undefined where the bloc is not there."""
    blocs = result.tables["blocs"]
    here = np.asarray(blocs.column("bloc").to_pandas()) == bloc
    if not here.any():
        return np.full(result.tables["world"].num_rows, math.nan)
    values: Values = np.asarray(blocs.column(name).to_pandas(), np.float64)[here]
    return values


def _growth(leader: Values) -> Values:
    # OOM a year over the last 24 months, mean over replicates; undefined in the first months.
    growth = np.full(leader.shape[1], math.nan)
    for t in range(24, leader.shape[1]):
        growth[t] = mean(leader[:, t] - leader[:, t - 24]) / 2.0
    return growth
