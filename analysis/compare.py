"""Twins compared: the effect of one world against another, replicate by replicate.

Both worlds of a replicate have the same seed, and luck has an address (``model.randomness``), so
that what differs between them is the treatment and what follows from it. Intervals are for luck
only: parameters stand at the values of the scenarios. Means have t intervals below 30 replicates
and bootstrap intervals from there on; lags, which can be censored, have medians of the paired
differences with the order-statistics interval (Conover 1999, 3.2).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.statistics import (
    LEVEL,
    MONTHLY_RESAMPLES,
    RESAMPLES,
    Values,
    interval,
    mean,
    median_of,
    sign_share,
    variance_removed,
)
from model import baseline, store
from model.cast import setting_of
from model.facts import InputError
from model.outcomes import CENSORED, OUTCOMES, benchmark
from model.run import Result, run
from model.scenario import Scenario, as_toml
from model.tables import content_digest, table

HORIZONS = ("2023-12", "2024-12", "2027-12", "2030-12")
KEPT = ("world", "blocs", "acquisitions", "diffusion", "models")  # tables kept by replicate
SAME = ("start", "end", "prehistory", "firms", "labs", "clusters", "blocs", "leader", "follower")


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

    def effects(self, horizons: list[str] | None = None) -> list[Effect]:
        """Return the effects at horizons (YYYY-MM), by default the ends of stated years."""
        chosen = horizons or [h for h in HORIZONS if h in self.months]
        if horizons is None and self.months[-1] not in chosen:
            chosen.append(self.months[-1])
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
    for scenario in (a, b):
        baseline.resolve(scenario.parameters)  # once, here; workers find it on disk
    jobs = [(world, r) for r in range(replicates) for world in ("a", "b")]
    found: dict[tuple[str, int], Result] = {}
    for done, (key, result) in enumerate(_runs(jobs, {"a": a, "b": b}, seed, workers), 1):
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
            [_of_bloc(r, "training_compute", a.parameters.economy.follower) for r in rows]
        )
        for world, rows in results.items()
    }
    leader = np.array(
        [_of_bloc(r, "capability_released", a.parameters.economy.leader) for r in results["a"]]
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


def sentences(comparison: Comparison) -> list[str]:
    """Return three plain sentences: the effect, how certain, what decides it."""
    month = comparison.months[-1]
    effect = comparison.effect("scaled_gap", month)
    gap = comparison.effect("gap", month)
    a, b, n = comparison.a.name, comparison.b.name, gap.n
    follower, leader = (
        comparison.a.parameters.economy.follower,
        comparison.a.parameters.economy.leader,
    )
    if not math.isfinite(gap.effect):
        return [f"Leader and follower have no released models to compare in {month}.", "", ""]
    if gap.effect == 0.0 and gap.low == gap.high == 0.0:
        first = f"{b} against {a} changes nothing: every replicate is the same to the bit."
    else:
        first = (
            f"At the end of {month.removesuffix('-12')}, {b} against {a} puts {follower} {abs(gap.effect):.2f} orders "
            "of magnitude of effective compute "
            f"{'further behind' if gap.effect > 0 else 'closer to'} {leader}"
        )
        if math.isfinite(effect.effect):
            first += f", {abs(effect.effect):.1f} months at {leader}'s pace"
        first += "."
    if n > 1:
        second = (
            f"Over {n} replicates the effect on the gap lies between {gap.low:.2f} and "
            f"{gap.high:.2f} with 95 % confidence: luck only, parameters as the scenarios state."
        )
    else:
        second = "One replicate says nothing about luck; ask for more with --replicates."
    third = "What decides it is not told by luck: it needs parameters drawn from their priors."
    if math.isfinite(gap.benchmark) and gap.benchmark != 0.0:
        third = (
            f"The loss of training compute alone would make {gap.benchmark:.2f} of the gap; what "
            "else decides it is not told by luck, but by parameters drawn from their priors."
        )
    return [first, second, third]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as data for JSON; undefined figures are ``None``."""
    return {
        "schema_version": store.SCHEMA_VERSION,
        "a": comparison.a.name,
        "b": comparison.b.name,
        "outcomes": [
            {
                "name": e.name,
                "unit": e.unit,
                "horizon": e.horizon,
                "a_mean": _or_none(e.a_mean),
                "b_mean": _or_none(e.b_mean),
                "effect": _or_none(e.effect),
                "low": _or_none(e.low),
                "high": _or_none(e.high),
                "level": LEVEL,
                "n": e.n,
                "sign_share": _or_none(e.sign_share),
                "benchmark": _or_none(e.benchmark),
                "variance_removed_by_pairing": _or_none(e.variance_removed),
                "censored_share": _or_none(e.censored),
                "statistic": "median" if e.name in CENSORED else "mean",
                "kind": "luck",
            }
            for e in comparison.effects()
        ],
        "months": {
            "month": comparison.months,
            **{
                name: {
                    "effect": [_or_none(e.effect) for e in path],
                    "low": [_or_none(e.low) for e in path],
                    "high": [_or_none(e.high) for e in path],
                }
                for name, path in comparison.paths.items()
            },
        },
        "sentences": sentences(comparison),
    }


def write(folder: Path, comparison: Comparison, figures: bool = True) -> None:
    """Write a comparison's folder, whole or not at all; raises ``Refused`` when one is there."""

    def fill(place: Path) -> None:
        for world, scenario in (("a", comparison.a), ("b", comparison.b)):
            (place / world).mkdir()
            text = as_toml(scenario.parameters, scenario.title, scenario.story)
            (place / world / "scenario.toml").write_text(text, encoding="utf-8")
            for name in KEPT:
                pq.write_table(
                    _by_replicate(comparison.results[world], name),
                    place / world / f"{name}.parquet",
                    compression="zstd",
                )
        pq.write_table(_effects_table(comparison), place / "effects.parquet", compression="zstd")
        store.write_json(place / "effects.json", as_json(comparison))
        store.write_json(place / "manifest.json", _manifest(comparison))
        if figures:
            from analysis.figures import figures_of_comparison

            figures_of_comparison(place, place / "figures")

    store.write_folder(folder, fill)


def folder_of(a: Scenario, b: Scenario, replicates: int, seed: int, out: Path) -> Path:
    """Return the folder of a comparison: scenarios, replicates, seed, digest of all of them."""
    digest = a.parameters.digest()[:4] + b.parameters.digest()[:4]
    return out / f"{a.name}-{b.name}-{replicates}x{seed}-{digest}"


def _runs(
    jobs: list[tuple[str, int]], scenarios: Mapping[str, Scenario], seed: int, workers: int
) -> Iterator[tuple[tuple[str, int], Result]]:
    if workers <= 1 or len(jobs) == 1:
        for world, r in jobs:
            yield (world, r), _one(scenarios[world], seed + r)
        return
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(_one, scenarios[world], seed + r): (world, r) for world, r in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(scenario: Scenario, seed: int) -> Result:
    return run(scenario, seed)


def _stack(results: list[Result], name: str) -> Values:
    return np.array(
        [np.asarray(r.tables["world"].column(name).to_pandas(), np.float64) for r in results]
    )


def _of_bloc(result: Result, name: str, bloc: str) -> Values:
    blocs = result.tables["blocs"]
    here = np.asarray(blocs.column("bloc").to_pandas()) == bloc
    values: Values = np.asarray(blocs.column(name).to_pandas(), np.float64)[here]
    return values


def _growth(leader: Values) -> Values:
    # OOM a year over the last 24 months, mean over replicates; undefined in the first months.
    growth = np.full(leader.shape[1], math.nan)
    for t in range(24, leader.shape[1]):
        growth[t] = mean(leader[:, t] - leader[:, t - 24]) / 2.0
    return growth


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _by_replicate(results: list[Result], name: str) -> pa.Table:
    parts = []
    for number, result in enumerate(results, 1):
        part = result.tables[name]
        field = pa.field(
            "replicate", pa.int64(), metadata={"unit": "1", "description": "replicate, from 1"}
        )
        parts.append(part.add_column(0, field, pa.array([number] * part.num_rows, pa.int64())))
    return pa.concat_tables(parts)


def _effects_table(comparison: Comparison) -> pa.Table:
    effects = [effect for path in comparison.paths.values() for effect in path]
    docs = {
        "outcome": ("name", "-", "outcome"),
        "unit": ("unit", "-", "unit of the figures"),
        "month": ("horizon", "YYYY-MM", "month"),
        "a_mean": ("a_mean", "unit", "world a, mean over replicates (lags: median)"),
        "b_mean": ("b_mean", "unit", "world b, mean over replicates (lags: median)"),
        "effect": ("effect", "unit", "b against a, mean of pairs (lags: median)"),
        "low": ("low", "unit", "low end of the 95 % interval, luck only"),
        "high": ("high", "unit", "high end of the 95 % interval, luck only"),
        "n": ("n", "1", "replicates in which it is defined"),
    }
    return table(
        {
            column: ([getattr(effect, attribute) for effect in effects], unit, doc)
            for column, (attribute, unit, doc) in docs.items()
        }
    )


def _manifest(comparison: Comparison) -> dict[str, Any]:
    first = comparison.results["a"][0]
    acts = [
        {**act, "world": world}
        for world, scenario in (("a", comparison.a), ("b", comparison.b))
        for act in store.acts_of(setting_of(scenario.parameters))
    ]
    return {
        "schema_version": store.SCHEMA_VERSION,
        "kind": "compare",
        "a": comparison.a.name,
        "b": comparison.b.name,
        "titles": [comparison.a.title, comparison.b.title],
        "replicates": len(comparison.results["a"]),
        "kind_of_uncertainty": "luck only",
        **store.cast_of(setting_of(comparison.a.parameters)),
        "digests": [s.parameters.digest() for s in (comparison.a, comparison.b)],
        "contents": {
            world: [content_digest(result.tables) for result in results]
            for world, results in comparison.results.items()
        },
        **store.provenance(comparison.a, comparison.seed, comparison.seconds),
        "acts": acts,
        "packages": first.about["packages"],
    }
