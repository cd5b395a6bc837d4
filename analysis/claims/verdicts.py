"""Tests of claims over prior draws, by paired runs.

Every draw is a point of the priors and a seed, the same for all claims: one job holds all worlds
of a draw, each once. Rates are normalised in the plain world of the point. A claim is supported in
a draw where all that it expects holds. What is reported:

* effect: mean over draws and the range of 90 % of them;
* shares of draws in which it is supported and contradicted;
* a verdict by the 95 % interval of Wilson (1927) for the share supported: *holds in most plausible
  worlds* (all of it above one half), *fails in most* (all below); between them *depends on X* where
  support correlates with its most influential parameter beyond chance, else *inconclusive*;
* the break-even of that parameter: where a logistic curve of support over it crosses one half.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from analysis.claims.ledger import Claim, Expectation
from analysis.experiments.effects import Values, or_none
from analysis.experiments.experiment import Arm, Job, at_months, months_of, run, seed_of
from analysis.experiments.prior_draws import Stream, free_parameters, values_at
from model.core.errors import InputError
from model.core.parameter import ParameterName
from model.economy import World
from model.measure import outcomes
from model.measure.recorder import SERIES
from model.parameters import FACTS
from model.scenario import Scenario, load

PLAIN = "no_ban"
Z = 1.959964  # of the 95 % interval
RIDGE = 0.1  # keeps a logistic fit finite where support is complete on one side
Key = tuple[str, tuple[tuple[str, Any], ...], frozenset[ParameterName]]  # not drawn
Wanted = tuple[str, str]  # a measure, a month


@dataclass(frozen=True)
class Verdict:
    """What an experiment showed; arrays are by draw, ``effects`` expectation x draw.

    Of ``asked`` draws, those count that have a world and in which all effects are defined.
    """

    identity: str
    claim: Claim
    effects: Values
    supported: Values
    contradicted: Values
    verdict: str
    decider: str
    correlation: float
    break_even: float
    asked: int

    @property
    def share(self) -> float:
        """Share of draws in which the claim is supported."""
        return float(np.mean(self.supported)) if self.supported.size else math.nan

    @property
    def against(self) -> float:
        """Share of draws in which something it expects is contradicted."""
        return float(np.mean(self.contradicted)) if self.contradicted.size else math.nan


def test(
    claims: Mapping[str, Claim],
    *,
    draws: int,
    firms: int = 300,
    seed: int = 1,
    workers: int = 1,
    changes: Sequence[str] = (),
    each: Callable[[int, int], None] | None = None,
) -> list[Verdict]:
    """Run the experiments of claims and judge them; those without an experiment are left out.

    ``changes`` (``group.name=value``) hold in all worlds. Raises ``InputError`` for fewer than two
    draws, or where no draw has a world.
    """
    if draws < 2:
        raise InputError(f"draws must be at least 2, got {draws}; a good value is 40")
    asked = {name: claim for name, claim in claims.items() if claim.expects}
    everywhere = [*changes, f"economy.firms={firms}"]
    plain = load(PLAIN, everywhere, {})
    stream = Stream([plain], draws, seed)
    keys: dict[str, tuple[Key, Key]] = {}
    worlds: dict[Key, Scenario] = {}
    wanted: dict[Wanted, None] = {}
    for name, claim in asked.items():
        a, b = claim.scenarios(everywhere)
        fixed = frozenset(stream.names) - frozenset(free_parameters(a, b))
        first, second = (
            (world, tuple(sorted(own.items())), fixed)
            for world, own in zip(claim.worlds, (claim.base, claim.treated), strict=True)
        )
        worlds.setdefault(first, a)
        worlds.setdefault(second, b)
        keys[name] = (first, second)
        wanted |= {(e.of, e.at): None for e in claim.expects}
    order, points = list(worlds), np.array(stream.take(draws))
    jobs = []
    for d, point in enumerate(points):
        values = values_at(stream.names, point)
        arms = tuple(
            Arm(world, {name: x for name, x in values.items() if name not in key[2]})
            for key, world in worlds.items()
        )
        jobs.append(Job(arms, seed_of(seed, d), replicate=d, normalised=Arm(plain, values)))
    measure = partial(measures, wanted=tuple(wanted))
    results = run(jobs, measure, workers=workers, each=each)
    good = [d for d, result in enumerate(results) if isinstance(result, list)]
    found = [result for result in results if isinstance(result, list)]
    if not found:
        raise InputError("no draw has a world")
    names = [str(name) for name in stream.names]
    return [
        _judged(name, claim, keys[name], order, found, names, points[good], draws)
        for name, claim in asked.items()
    ]


def measures(world: World, wanted: Sequence[Wanted]) -> dict[Wanted, float]:
    """Run a world, and return outcomes and series of blocs at months."""
    world.run()
    found, inputs = outcomes.outcomes_of(world.fixed, world.state, world.record), world.fixed.inputs
    shown = {}
    for of, month in wanted:
        name, _, bloc = of.partition(" of ")
        row = inputs.bloc_index(bloc) if bloc else 0
        series = world.record.series[name][:, row] if bloc else found[name]
        if not bloc and name in outcomes.CENSORED:  # a bound is no value
            series = np.where(found[f"{name}_censored"] > 0, math.nan, series)
        shown[of, month] = float(at_months(series, months_of(world, [month]))[0])
    return shown


def effect_of(expectation: Expectation, a: float, b: float) -> float:
    """Return the effect that an expectation speaks of; of sums of money and the like in %."""
    name, bloc = expectation.measure()
    if not bloc:
        return outcomes.effect_of(name, a, b)
    if expectation.relative:
        return 100.0 * math.log(b / a) if a > 0.0 and b > 0.0 else math.nan
    return b - a


def _judged(
    name: str,
    claim: Claim,
    keys: tuple[Key, Key],
    order: list[Key],
    found: list[list[dict[Wanted, float]]],
    names: list[str],
    points: Values,
    asked: int,
) -> Verdict:
    first, second = (order.index(key) for key in keys)
    effects = np.array([
        [effect_of(e, row[first][e.of, e.at], row[second][e.of, e.at]) for row in found]
        for e in claim.expects
    ])  # fmt: skip
    good = np.isfinite(effects).all(axis=0)
    effects, points = effects[:, good], points[good]
    said = [
        [e.supported(float(x)) for x in row] for e, row in zip(claim.expects, effects, strict=True)
    ]
    supported = np.array([all(s is True for s in column) for column in zip(*said, strict=True)])
    contradicted = np.array([any(s is False for s in column) for column in zip(*said, strict=True)])
    decider, correlation, even = _decider(claim, names, points, supported)
    candidates = len(_candidates(claim, names))
    verdict = _verdict(supported, decider, correlation, even, candidates)
    if claim.test != "open":
        verdict = claim.test
    return Verdict(
        name, claim, effects, supported, contradicted, verdict, decider, correlation, even, asked
    )


def wilson(share: float, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if number == 0:
        return 0.0, 1.0
    middle = share + Z * Z / (2.0 * number)
    spread = Z * math.sqrt(share * (1.0 - share) / number + Z * Z / (4.0 * number * number))
    whole = 1.0 + Z * Z / number
    return (middle - spread) / whole, (middle + spread) / whole


def _verdict(
    supported: Values, decider: str, correlation: float, even: float, candidates: int = 1
) -> str:
    # The largest of several correlations must be larger than chance would make it.
    number = supported.size
    low, high = wilson(float(np.mean(supported)) if number else 0.5, number)
    if low > 0.5:
        return "holds in most plausible worlds"
    if high < 0.5:
        return "fails in most plausible worlds"
    z = NormalDist().inv_cdf(1.0 - 0.025 / max(1, candidates))
    if decider and math.isfinite(even) and abs(correlation) > z / math.sqrt(max(1, number - 1)):
        return f"depends on {decider}, {'above' if correlation > 0.0 else 'below'} {even:.3g}"
    return "inconclusive"


def _candidates(claim: Claim, names: list[str]) -> list[str]:
    return [n for n in dict.fromkeys((*claim.deciders, *claim.parameters)) if n in names]


def _decider(
    claim: Claim, names: list[str], points: Values, supported: Values
) -> tuple[str, float, float]:
    # Of the parameters thought to matter, the one that support goes with most.
    best, strongest, even = "", 0.0, math.nan
    varied = supported.size > 3 and 0.0 < np.mean(supported) < 1.0
    for name in _candidates(claim, names) if varied else ():
        u = points[:, names.index(name)]
        r = float(np.corrcoef(u, supported)[0, 1])
        if abs(r) > abs(strongest):
            best, strongest, even = name, r, break_even(name, u, supported)
    return best, strongest, even


def break_even(name: str, quantiles: Values, supported: Values) -> float:
    """Return the value of a parameter at which support is as likely as not; nan outside its prior.

    By logistic regression on the quantile in the prior, with a small ridge.
    """
    x = np.column_stack([np.ones(quantiles.size), quantiles - 0.5])
    weights = np.zeros(2)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-x @ weights))
        slope = x.T @ (supported - p) - RIDGE * weights
        curvature = (x * (p * (1.0 - p))[:, None]).T @ x + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    prior = FACTS[ParameterName.parse(name)].prior
    if weights[1] == 0.0 or prior is None:
        return math.nan
    u = 0.5 - weights[0] / weights[1]
    return float(prior.quantile(float(u))) if 0.0 <= u <= 1.0 else math.nan


def overturn(verdict: Verdict) -> str:
    """Return the value, as ``group.name=value``, at which a test speaks most against the verdict.

    Where the claim mostly holds, the end of the prior of its most influential parameter at which
    it holds least, and the other way round; empty where none is known.
    """
    if not verdict.decider:
        return ""
    prior = FACTS[ParameterName.parse(verdict.decider)].prior
    assert prior is not None
    low = (verdict.share >= 0.5) == (verdict.correlation > 0.0)
    return f"{verdict.decider}={prior.low if low else prior.high:g}"


def as_plain(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for JSON; undefined figures are None."""
    rows = []
    for expectation, effects in zip(verdict.claim.expects, verdict.effects, strict=True):
        p5, p50, p95 = np.quantile(effects, (0.05, 0.5, 0.95)) if effects.size else [math.nan] * 3
        rows.append({
            "of": expectation.of, "at": expectation.at, "smallest": expectation.least(),
            "mean": or_none(float(np.mean(effects)) if effects.size else math.nan),
            "p5": or_none(float(p5)), "median": or_none(float(p50)), "p95": or_none(float(p95)),
        })  # fmt: skip
    return {
        "id": verdict.identity,
        "verdict": verdict.verdict,
        "draws": int(verdict.supported.size),
        "draws_asked": verdict.asked,
        "supported": or_none(verdict.share),
        "contradicted": or_none(verdict.against),
        "decider": verdict.decider or None,
        "correlation": or_none(verdict.correlation) if verdict.decider else None,
        "break_even": or_none(verdict.break_even),
        "effects": rows,
    }


def unit_of(expectation: Expectation) -> str:
    """Return what the effect that an expectation speaks of is measured in."""
    name, bloc = expectation.measure()
    if bloc:
        return "%" if expectation.relative else outcomes.unit_of_difference(SERIES[name][0])
    return outcomes.unit_of_effect(name)
