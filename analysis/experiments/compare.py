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
from typing import Any

import numpy as np

from analysis.experiments.effects import (
    MONTHLY_RESAMPLES,
    RESAMPLES,
    Bounds,
    Values,
    interval,
    mean,
    median_of,
    quantile,
    sign_share,
    variance_removed,
)
from analysis.experiments.experiment import HORIZONS
from analysis.experiments.pairs import Keeper, Replicates, Run
from analysis.experiments.prior_draws import Draws, most_influential
from model.core.errors import InputError
from model.measure.outcomes import CENSORED, GROWTH_WINDOW, OUTCOMES, benchmark, difference
from model.scenario import Scenario

HEADLINE = ("scaled_gap", "gap")  # whose interval is looked at: the first that is defined
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
    """An outcome at a month: both worlds, the effect of b against a, its interval.

    All figures are over the ``n`` pairs in which the effect is defined. Where a record cuts lags
    off, ``a_bound``, ``b_bound`` and ``bound`` say how levels and effect are known (at least, at
    most), and ends of intervals and percentiles are infinite where they are open.
    """

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
    a_bound: str
    b_bound: str
    bound: str


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

    def bounds(self, name: str, month: str) -> tuple[Bounds, Bounds, Bounds]:
        """Return an outcome in both worlds, and the effect on it, by replicate."""
        t = self.months.index(month)
        if name not in CENSORED:
            a, b = (Bounds.exact(self.series[w][name][:, t]) for w in ("a", "b"))
            return a, b, Bounds.exact(self.differences(name, month))
        a, b = (
            Bounds.cut(self.series[w][name][:, t], self.series[w][name + "_censored"][:, t])
            for w in ("a", "b")
        )
        return a, b, b.less(a)

    def effect(self, name: str, month: str, resamples: int = RESAMPLES) -> Effect:
        """Return the effect on an outcome at a month."""
        t = self.months.index(month)
        a, b, differences = self.bounds(name, month)
        defined = np.isfinite(differences.found)
        a, b, differences = (each.at(defined) for each in (a, b, differences))
        lags = name in CENSORED
        middle = median_of if lags else mean
        centre, low, high = interval(differences.found, lags, resamples)
        if lags and math.isfinite(low):
            low, high = differences.ends(lambda v: interval(v, True)[1],
                                         lambda v: interval(v, True)[2])  # fmt: skip
        x = np.array([self.follower_compute[world][:, t] for world in ("a", "b")])[:, defined]
        x = x[:, np.isfinite(x).all(axis=0)]
        p5, p95 = differences.ends(partial(quantile, share=0.05), partial(quantile, share=0.95))
        rises, falls = differences.beyond(OUTCOMES[name].smallest)
        return Effect(
            name,
            OUTCOMES[name].unit,
            month,
            middle(a.found),
            middle(b.found),
            centre,
            low,
            high,
            int(defined.sum()),
            sign_share(differences.found, centre),
            benchmark(
                OUTCOMES[name].benchmark, mean(x[0]), mean(x[1]), float(self.leader_growth[t])
            ),
            variance_removed(a.found, b.found),
            float(np.mean(differences.open)) if lags and defined.any() else math.nan,
            p5,
            p95,
            rises,
            falls,
            a.how(middle),
            b.how(middle),
            differences.how(middle),
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
        seed: of replicates (``experiment.seed_of``) and draws.
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
    made = Replicates(worlds, replicates, seed, workers, draws, each, keeper)
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


def _comparison(made: Replicates, w: int, begun: float) -> Comparison:
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
