"""Twins compared: the effect of one world against another, replicate by replicate.

All worlds of a replicate have the same seed, and luck has an address (``model.core.randomness``),
so that what differs between them is the treatment and what follows from it. Two kinds of
uncertainty are told apart. *Luck*: parameters stand at the values of the scenarios, replicates
differ by seed. *Luck and ignorance*: every replicate is also a draw of all parameters that have a
prior and that no scenario states (``analysis.experiments.prior_draws``). Means have t intervals
below 30 replicates and bootstrap intervals from there on; lags, which can be censored, have medians
of the paired differences with the order-statistics interval (Conover 1999, 3.2).

The number of replicates may be left to the precision that is asked for: looks are taken at fixed
numbers (each twice the one before), and the first at which the headline's interval is narrow enough
is the last. That depends on widths alone, not on where the effect lies.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.experiments import engines
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
from analysis.experiments.prior_draws import Draws, Stream, at_point
from model.core.errors import InputError
from model.measure.outcomes import CENSORED, OUTCOMES, benchmark, difference
from model.measure.tables import content_digest
from model.run import Result, run
from model.scenario import Scenario
from model.setup import baseline
from model.state.fixed import Constants

KEPT = ("world", "blocs", "acquisitions", "diffusion", "models")  # tables kept by replicate
HEADLINE = ("scaled_gap", "gap")  # what precision is asked of: the first that is defined
HORIZONS = ("2023-12", "2024-12", "2027-12", "2030-12")
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
    results: dict[str, list[Result]]
    seconds: float
    draws: Draws | None = None
    looks: tuple[tuple[int, float], ...] = ()

    @property
    def kind(self) -> str:
        """What intervals are for: ``luck``, or ``luck and ignorance``."""
        return "luck" if self.draws is None else "luck and ignorance"

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
        differences = difference(name, a, b)
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
) -> list[Comparison]:
    """Run paired replicates of scenarios; return each against the first.

    Args:
        worlds: two scenarios or more.
        replicates: pairs; with ``width``, those of the first look.
        seed: replicate r has the seed ``seed + r``.
        workers: processes; results do not depend on their number.
        draws: every replicate is also a draw of the parameters from their priors.
        width: go on until the headline's interval is at most this wide (months of the scaled gap;
            OOM of the gap where that is undefined), in every comparison.
        most: replicates at which to end in any case.
        each: called with runs done and all, after every run.

    Raises:
        InputError: for worlds that cannot be compared, or draws that have no world.
    """
    for other in worlds[1:]:
        check_comparable(worlds[0], other)
    if replicates < 1:
        raise InputError(f"replicates must be at least 1, got {replicates}; a good value is 16")
    begun = time.perf_counter()
    runs = _Runs(worlds, replicates, seed, workers, draws, each)
    looks: list[tuple[int, float]] = []
    number = replicates
    while True:
        runs.reach(number)
        found = [_comparison(runs, w, begun) for w in range(1, len(worlds))]
        if width is None:
            return found
        looks.append((number, max(one.width() for one in found)))
        if looks[-1][1] <= width or number >= (most or number):
            return [replace(one, looks=tuple(looks)) for one in found]
        number = min(2 * number, most or number)


class _Runs:
    # Replicates that are there: results[r] holds a result a world; points[r] its draw.
    def __init__(
        self,
        worlds: Sequence[Scenario],
        replicates: int,
        seed: int,
        workers: int,
        draws: bool,
        each: Callable[[int, int], None] | None,
    ) -> None:
        self.worlds, self.seed, self.workers, self.each = worlds, seed, workers, each
        self.stream = Stream(worlds, replicates, seed) if draws else None
        self.constants = None if draws else baseline.resolve(worlds[0].parameters)
        self.results: list[list[Result]] = []
        self.points: list[Values] = []
        self.refused: dict[str, int] = {}
        self.tried = 0

    def reach(self, number: int) -> None:
        # Draws that have no world are made up for by the next points.
        while len(self.results) < number:
            missing = number - len(self.results)
            if self.tried - len(self.results) > 5 * number:
                raise InputError(f"only {len(self.results)} of {number} draws have a world")
            points = self.stream.take(missing) if self.stream is not None else None
            first, self.tried = self.tried, self.tried + missing
            found = dict(self._run(first, missing, points))
            for r in range(missing):
                one = found[r]
                if isinstance(one, str):
                    self.refused[one] = self.refused.get(one, 0) + 1
                    continue
                self.results.append(one)
                if points is not None:
                    self.points.append(points[r])

    def _run(
        self, first: int, number: int, points: list[Values] | None
    ) -> Iterator[tuple[int, list[Result] | str]]:
        total, width = len(self.results) + number, len(self.worlds)
        done = len(self.results) * width
        if points is not None:
            assert self.stream is not None
            calls: list[tuple[object, ...]] = [
                (tuple(self.worlds), self.stream.names, point, self.seed + first + r)
                for r, point in enumerate(points)
            ]
            for r, one in engines.each(_drawn, calls, self.workers):
                done += width
                if self.each is not None:
                    self.each(done, total * width)
                yield r, one
            return
        calls = [
            (world, self.seed + first + r, self.constants)
            for r in range(number)
            for world in self.worlds
        ]
        halves: dict[int, dict[int, Result]] = {}
        for n, result in engines.each(_one, calls, self.workers):
            done += 1
            if self.each is not None:
                self.each(done, total * width)
            r, w = divmod(n, width)
            halves.setdefault(r, {})[w] = result
            if len(halves[r]) == width:
                here = halves.pop(r)
                yield r, [here[k] for k in range(width)]


def _comparison(runs: _Runs, w: int, begun: float) -> Comparison:
    a, b = runs.worlds[0], runs.worlds[w]
    results = {"a": [row[0] for row in runs.results], "b": [row[w] for row in runs.results]}
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
    if runs.stream is not None:
        names = [".".join(key) for key in runs.stream.names]
        draws = Draws(names, np.array(runs.points), runs.stream.passed, dict(runs.refused))
    return Comparison(
        a,
        b,
        runs.seed,
        months,
        series,
        compute,
        _growth(leader),
        results,
        time.perf_counter() - begun,
        draws,
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


def _one(scenario: Scenario, seed: int, constants: Constants) -> Result:
    # A result's tables that are kept, and the digest of all of them.
    result = run(scenario, seed, constants=constants, events="none")
    about = {**result.about, "content": content_digest(result.tables)}
    return replace(result, tables={name: result.tables[name] for name in KEPT}, about=about)


def _drawn(
    worlds: Sequence[Scenario], names: list[tuple[str, str]], point: Values, seed: int
) -> list[Result] | str:
    # All worlds at a point of the priors, or why there are none.
    try:
        there = [at_point(world, names, point) for world in worlds]
        constants = baseline.resolve(there[0].parameters)
        return [_one(world, seed, constants) for world in there]
    except InputError as error:
        return str(error).partition(":")[0]


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
