"""The treatment effect of one world relative to another, over paired replicates.

All worlds of a replicate have common random numbers. Two kinds of uncertainty are kept apart.
*Random variation*: parameters stand at the values of the scenarios, replicates differ by seed.
*Random variation and parameter uncertainty*: every replicate is also a prior draw of all parameters
that no scenario states (``analysis.experiments.prior_draws``). Means have t intervals below 30
replicates and bootstrap intervals from there on; lags, which can be censored, have medians of the
paired differences with the order-statistics interval (Conover 1999, 3.2).

The number of replicates may be left to the precision that is wanted (a sequential design): there
are looks at fixed numbers of replicates, each twice the one before, and the first at which the
interval of the headline's effect is narrow enough is the last. The rule looks at widths alone, not
at the effect.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from analysis.experiments import experiment
from analysis.experiments.effects import (
    MONTHLY_RESAMPLES,
    RESAMPLES,
    Values,
    interval,
    mean,
    median_of,
    sign_share,
    variance_removed,
)
from analysis.experiments.experiment import HORIZONS, Arm, Failure, Job
from analysis.experiments.prior_draws import Draws, Stream, most_influential, values_at
from model.core.errors import InputError
from model.economy import World
from model.measure.outcomes import CENSORED, GROWTH_WINDOW, OUTCOMES, benchmark, difference
from model.measure.tables import content_digest, tables_of
from model.scenario import Scenario
from model.setup import baseline

KEPT = ("world", "blocs", "acquisitions", "diffusion", "models")  # tables kept by replicate
HEADLINE = ("scaled_gap", "gap")  # whose interval is looked at: the first that is defined
TRIES = 5  # points a replicate that may be tried before giving up
SAME = (
    "start",
    "end",
    "prehistory",
    "firms",
    "labs",
    "clusters",
    "blocs",
    "leader",
    "follower",
    "identical_blocs",
)


@dataclass(frozen=True)
class Run:
    """What a comparison keeps of a run: some tables, the content digest of all of them."""

    tables: dict[str, pa.Table]
    content: str


class Keeper(Protocol):
    """What keeps the finished replicates of a comparison under way, and gives them back."""

    def read(self, number: int) -> list[Run] | Failure | None:
        """Return a replicate by its number; None where it is not kept."""

    def keep(self, number: int, result: list[Run] | Failure) -> None:
        """Keep a replicate."""


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
    p5: float
    p95: float
    rises: float
    falls: float


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
    results: dict[str, list[Run]]
    seconds: float
    draws: Draws | None = None
    looks: tuple[tuple[int, float], ...] = ()

    @property
    def kind(self) -> str:
        """What varies over replicates, as results name it."""
        return (
            "random variation"
            if self.draws is None
            else "random variation and parameter uncertainty"
        )

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

    def differences(self, name: str, month: str) -> Values:
        """Return the effect on an outcome at a month, by replicate."""
        t = self.months.index(month)
        return difference(name, *(self.series[world][name][:, t] for world in ("a", "b")))

    def most_influential(self, name: str, month: str) -> list[dict[str, Any]]:
        """Return the most influential parameters of an effect; none without prior draws."""
        if self.draws is None:
            return []
        effects = self.differences(name, month)
        return most_influential(self.draws.names, self.draws.points, effects)

    def effect(self, name: str, month: str, resamples: int = RESAMPLES) -> Effect:
        """Return the effect on an outcome at a month."""
        t = self.months.index(month)
        a, b = self.series["a"][name][:, t], self.series["b"][name][:, t]
        differences = self.differences(name, month)
        centre, low, high = interval(differences, name in CENSORED, resamples)
        middle = median_of if name in CENSORED else mean
        x = [float(mean(self.follower_compute[world][:, t])) for world in ("a", "b")]
        censored = math.nan
        if name in CENSORED:
            flags = [self.series[w][name + "_censored"][:, t] for w in ("a", "b")]
            censored = float(np.mean(np.maximum(*flags)))
        good = differences[np.isfinite(differences)]
        p5, p95 = np.quantile(good, (0.05, 0.95)) if good.size else (math.nan, math.nan)
        least = OUTCOMES[name].smallest
        return Effect(
            name,
            OUTCOMES[name].unit,
            month,
            middle(a),
            middle(b),
            centre,
            low,
            high,
            good.size,
            sign_share(differences, centre),
            benchmark(OUTCOMES[name].benchmark, x[0], x[1], float(self.leader_growth[t])),
            variance_removed(a, b),
            censored,
            float(p5),
            float(p95),
            float(np.mean(good > least)) if good.size else math.nan,
            float(np.mean(good < -least)) if good.size else math.nan,
        )

    def width(self) -> float:
        """Return the width of the interval of the headline's effect at the last month."""
        for name in HEADLINE:
            found = self.effect(name, self.months[-1])
            if math.isfinite(found.low):
                return found.high - found.low
        return math.nan


def compare(
    a: Scenario,
    b: Scenario,
    *,
    replicates: int,
    seed: int = 1,
    workers: int = 1,
    draws: bool = False,
    each: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run paired replicates of two scenarios; see ``compare_all``."""
    return compare_all(
        (a, b), replicates=replicates, seed=seed, workers=workers, draws=draws, each=each
    )[0]


def compare_all(
    worlds: Sequence[Scenario],
    *,
    replicates: int,
    seed: int = 1,
    workers: int = 1,
    draws: bool = False,
    width: float | None = None,
    most: int | None = None,
    each: Callable[[int, int], None] | None = None,
    keeper: Keeper | None = None,
) -> list[Comparison]:
    """Run paired replicates of scenarios; return each against the first.

    Args:
        worlds: two scenarios or more.
        replicates: pairs; with ``width``, those of the first look.
        seed: replicate r has the seed ``seed + r``.
        workers: processes; results do not depend on their number.
        draws: every replicate is also a prior draw of the parameters.
        width: go on until the headline's interval is at most this wide (months of the scaled gap;
            OOM of the gap where that is undefined), in every comparison.
        most: replicates at which to end in any case.
        each: called with replicates done and all, after every replicate.
        keeper: keeps finished replicates; those it has are not run again.

    Raises:
        InputError: for worlds that cannot be compared, or draws that have no world.
    """
    for other in worlds[1:]:
        check_comparable(worlds[0], other)
    least = 2 if draws else 1
    if replicates < least:
        raise InputError(
            f"replicates must be at least {least}{' with prior draws' if draws else ''}, got "
            f"{replicates}; a good value is {64 if draws else 16}"
        )
    begun = time.perf_counter()
    made = _Replicates(worlds, replicates, seed, workers, draws, each, keeper)
    seen: list[tuple[int, float]] = []
    last = replicates if width is None else max(most or replicates, replicates)
    for number in looks(replicates, last):
        made.reach(number)
        found = [_comparison(made, w, begun) for w in range(1, len(worlds))]
        if width is None:
            break
        seen.append((number, max(one.width() for one in found)))
        if seen[-1][1] <= width:
            break
    return [replace(one, looks=tuple(seen)) for one in found]


def looks(first: int, last: int) -> Iterator[int]:
    """Yield the numbers of replicates of a sequential design: each twice the one before."""
    while first < last:
        yield first
        first *= 2
    yield last


class _Replicates:
    # Replicates so far: results[r] holds a run for each world; points[r] its draw.
    def __init__(
        self,
        worlds: Sequence[Scenario],
        replicates: int,
        seed: int,
        workers: int,
        draws: bool,
        each: Callable[[int, int], None] | None,
        keeper: Keeper | None,
    ) -> None:
        self.keeper = keeper
        self.worlds, self.seed, self.workers, self.each = worlds, seed, workers, each
        self.stream = Stream(worlds, replicates, seed) if draws else None
        if not draws:
            baseline.resolve(worlds[0].parameters)  # once, before all workers ask for it
        self.results: list[list[Run]] = []
        self.points: list[Values] = []
        self.refused: dict[str, int] = {}
        self.tried = 0

    def reach(self, number: int) -> None:
        # The next points stand in for draws that have no world.
        while (missing := number - len(self.results)) > 0:
            done = len(self.results)
            if self.tried - done > TRIES * number:
                raise InputError(f"only {done} of {number} draws have a world")
            points = None if self.stream is None else self.stream.take(missing)
            jobs = [
                self._job(self.tried + r, None if points is None else points[r])
                for r in range(missing)
            ]
            self.tried += missing
            found = self._results(jobs, done, number)
            for r, one in enumerate(found):
                if isinstance(one, list):
                    self.results.append(one)
                    self.points += [points[r]] if points is not None else []
                elif points is None:
                    raise InputError(one.message)
                else:
                    why = one.message.partition(":")[0]
                    self.refused[why] = self.refused.get(why, 0) + 1

    def _results(self, jobs: list[Job], done: int, total: int) -> list[list[Run] | Failure]:
        # Those kept from before, and what is missing of them.
        keeper = self.keeper
        if keeper is None:
            tick = partial(self._tick, done, total)
            return experiment.run(jobs, kept, workers=self.workers, each=tick)
        before = {job.replicate: keeper.read(job.replicate) for job in jobs}
        missing = [job for job in jobs if before[job.replicate] is None]
        tick = partial(self._tick, done + len(jobs) - len(missing), total)
        new = experiment.run(
            missing, kept, workers=self.workers, each=tick,
            keep=lambda job, result: keeper.keep(job.replicate, result),
        )  # fmt: skip
        run = dict(zip((job.replicate for job in missing), new, strict=True))
        return [before[job.replicate] or run[job.replicate] for job in jobs]

    def _tick(self, before: int, total: int, done: int, _: int) -> None:
        if self.each is not None:
            self.each(before + done, total)

    def _job(self, replicate: int, point: Values | None) -> Job:
        changes = {}
        if self.stream is not None and point is not None:
            changes = values_at(self.stream.names, point)
        arms = tuple(Arm(world, changes) for world in self.worlds)
        return Job(arms, self.seed + replicate, replicate=replicate)


def _comparison(made: _Replicates, w: int, begun: float) -> Comparison:
    a, b = made.worlds[0], made.worlds[w]
    results = {"a": [row[0] for row in made.results], "b": [row[w] for row in made.results]}
    months: list[str] = results["a"][0].tables["world"].column("month").to_pylist()
    series = {
        world: {
            name: _stack(results[world], name)
            for outcome in OUTCOMES
            for name in ((outcome, outcome + "_censored") if outcome in CENSORED else (outcome,))
        }
        for world in ("a", "b")
    }
    economy = a.parameters.economy
    compute = {
        world: np.array([of_bloc(r, "training_compute", economy.follower) for r in rows])
        for world, rows in results.items()
    }
    leader = np.array([of_bloc(r, "capability_released", economy.leader) for r in results["a"]])
    draws = None
    if made.stream is not None:
        names = [str(name) for name in made.stream.names]
        draws = Draws(names, np.array(made.points), made.stream.passed, dict(made.refused))
    seconds = time.perf_counter() - begun
    return Comparison(
        a, b, made.seed, months, series, compute, _growth(leader), results, seconds, draws
    )


def check_comparable(a: Scenario, b: Scenario) -> None:
    """Refuse worlds whose span, blocs or selection differ; raises ``InputError``."""
    one, other = a.parameters.economy, b.parameters.economy
    for name in SAME:
        if getattr(one, name) != getattr(other, name):
            raise InputError(
                f"{a.name} and {b.name} cannot be compared: economy.{name} is "
                f"{getattr(one, name)!r} in one and {getattr(other, name)!r} in the other; "
                f"give both the same economy.{name}"
            )


def kept(world: World) -> Run:
    """Run a world, and return what a comparison keeps of it."""
    world.run()
    tables = tables_of(world.fixed, world.state, world.record)
    return Run({name: tables[name] for name in KEPT}, content_digest(tables))


def _stack(results: list[Run], name: str) -> Values:
    return np.array(
        [np.asarray(r.tables["world"].column(name).to_pandas(), np.float64) for r in results]
    )


def of_bloc(result: Run, name: str, bloc: str) -> Values:
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
    for t in range(GROWTH_WINDOW, leader.shape[1]):
        growth[t] = mean(leader[:, t] - leader[:, t - GROWTH_WINDOW]) / (GROWTH_WINDOW / 12.0)
    return growth
