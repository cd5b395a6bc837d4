"""Claims put to the test: their experiments in twins, over draws from the priors.

Every draw is a point of the priors and a seed of luck, one for all claims, so that worlds which
several claims ask for run once. Rates are normalised in the plain world of the point. A claim is
supported in a draw where all that it expects holds. What is reported:

* effect: mean over draws and the range of 90 % of them;
* shares of draws in which it is supported and contradicted;
* a verdict by the 95 % interval of Wilson (1927) for the share supported: *holds in most plausible
  worlds* (all of it above one half), *fails in most* (all below); between them *depends on X* where
  support goes with one of the deciders beyond chance, else *cannot be told*;
* the break-even of the decider: where a logistic curve of support over it crosses one half.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.claims.ledger import Claim, Expectation
from analysis.experiments import engines
from analysis.experiments.effects import Values
from analysis.experiments.prior_draws import Stream, at_point, free_parameters
from model.core.errors import InputError
from model.economy import World
from model.measure.outcomes import (
    difference,
    outcomes_of,
    unit_of_difference,
    unit_of_effect,
)
from model.parameters import FACTS
from model.scenario import Scenario, load
from model.setup import baseline

PLAIN = "no_ban"
Z = 1.959964  # of the 95 % interval
RIDGE = 0.1  # keeps a logistic fit finite where support is complete on one side
Key = tuple[str, tuple[tuple[str, Any], ...], frozenset[str]]  # world, changes, not drawn
Wanted = tuple[str, str]  # a measure, a month


@dataclass(frozen=True)
class Verdict:
    """What an experiment showed; arrays are by draw, ``effects`` expectation x draw."""

    identity: str
    claim: Claim
    effects: Values
    supported: Values
    contradicted: Values
    verdict: str
    decider: str
    correlation: float
    break_even: float

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
        raise InputError(f"--draws must be at least 2, got {draws}; a good value is 40")
    asked = {name: claim for name, claim in claims.items() if claim.expects}
    everywhere = [*changes, f"economy.firms={firms}"]
    plain = load(PLAIN, everywhere, {})
    pairs = {name: claim.scenarios(everywhere) for name, claim in asked.items()}
    keys: dict[str, tuple[Key, Key]] = {}
    worlds: dict[Key, tuple[Scenario, set[Wanted]]] = {}
    stream = Stream([plain], draws, seed)
    for name, (a, b) in pairs.items():
        free = {".".join(key) for key in free_parameters(a, b)}
        fixed = frozenset({".".join(key) for key in stream.names} - free)
        both = []
        for scenario, world, own in zip(
            (a, b), asked[name].worlds, (asked[name].base, asked[name].treated), strict=True
        ):
            key: Key = (world, tuple(sorted(own.items())), fixed)
            wanted = worlds.setdefault(key, (scenario, set()))[1]
            wanted |= {(e.of, e.at) for e in asked[name].expects}
            both.append(key)
        keys[name] = (both[0], both[1])
    order = list(worlds)
    calls = [
        (plain, stream.names, point, seed + d,
         tuple((worlds[k][0], k[2], tuple(sorted(worlds[k][1]))) for k in order))
        for d, point in enumerate(stream.take(draws))
    ]  # fmt: skip
    found: dict[int, list[dict[Wanted, float]]] = {}
    for done, (d, measured) in enumerate(engines.each(_measured, calls, workers), 1):
        if not isinstance(measured, str):
            found[d] = measured
        if each is not None:
            each(done, draws)
    if not found:
        raise InputError("no draw has a world")
    points = np.array([calls[d][2] for d in sorted(found)])
    names = [".".join(key) for key in stream.names]
    return [
        _judged(name, claim, keys[name], order, [found[d] for d in sorted(found)], names, points)
        for name, claim in asked.items()
    ]


def _measured(
    plain: Scenario,
    names: list[tuple[str, str]],
    point: Values,
    seed: int,
    worlds: Sequence[tuple[Scenario, frozenset[str], tuple[Wanted, ...]]],
) -> list[dict[Wanted, float]] | str:
    # What each world of a draw shows; or why the draw has none.
    try:
        constants = baseline.resolve(at_point(plain, names, point).parameters)
        rows = []
        for scenario, fixed, wanted in worlds:
            kept = [k for k, key in enumerate(names) if ".".join(key) not in fixed]
            here = at_point(scenario, [names[k] for k in kept], point[kept])
            rows.append(_shown(World(here, rng=seed, constants=constants).run(), wanted))
        return rows
    except InputError as error:
        return str(error)


def _shown(world: World, wanted: Sequence[Wanted]) -> dict[Wanted, float]:
    outcomes = outcomes_of(world.fixed, world.state, world.record)
    calendar, inputs = world.fixed.inputs.calendar, world.fixed.inputs
    shown = {}
    for of, month in wanted:
        t = calendar.index(int(month[:4]), int(month[5:]))
        name, _, bloc = of.partition(" of ")
        series = world.record.series[name][:, inputs.bloc_index(bloc)] if bloc else outcomes[name]
        shown[of, month] = float(series[t])
    return shown


def effect_of(expectation: Expectation, a: float, b: float) -> float:
    """Return the effect that an expectation speaks of; of sums of money and the like in %."""
    name, bloc = expectation.measure()
    if not bloc:
        return float(difference(name, np.array([a]), np.array([b]))[0])
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
    verdict = _verdict(supported, decider, correlation, even)
    if claim.test != "open":
        verdict = claim.test
    return Verdict(
        name, claim, effects, supported, contradicted, verdict, decider, correlation, even
    )


def wilson(share: float, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if number == 0:
        return 0.0, 1.0
    middle = share + Z * Z / (2.0 * number)
    spread = Z * math.sqrt(share * (1.0 - share) / number + Z * Z / (4.0 * number * number))
    whole = 1.0 + Z * Z / number
    return (middle - spread) / whole, (middle + spread) / whole


def _verdict(supported: Values, decider: str, correlation: float, even: float) -> str:
    number = supported.size
    low, high = wilson(float(np.mean(supported)) if number else 0.5, number)
    if low > 0.5:
        return "holds in most plausible worlds"
    if high < 0.5:
        return "fails in most plausible worlds"
    if decider and math.isfinite(even) and abs(correlation) > Z / math.sqrt(max(1, number - 1)):
        return f"depends on {decider}, {'above' if correlation > 0.0 else 'below'} {even:.3g}"
    return "cannot be told"


def _decider(
    claim: Claim, names: list[str], points: Values, supported: Values
) -> tuple[str, float, float]:
    # Of the parameters thought to decide, the one that support goes with most.
    best, strongest, even = "", 0.0, math.nan
    varied = supported.size > 3 and 0.0 < np.mean(supported) < 1.0
    for name in (*claim.deciders, *claim.parameters) if varied else ():
        if name in names:
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
    prior = FACTS[_key(name)].prior
    if weights[1] == 0.0 or prior is None:
        return math.nan
    u = 0.5 - weights[0] / weights[1]
    return float(prior.quantile(float(u))) if 0.0 <= u <= 1.0 else math.nan


def _key(name: str) -> tuple[str, str]:
    group, _, entry = name.partition(".")
    return group, entry


def overturn(verdict: Verdict) -> str:
    """Return the command that tests the claim where its decider speaks against what was found.

    Where it mostly holds, at the end of the decider's prior at which it holds least, and the other
    way round.
    """
    if not verdict.decider:
        return ""
    prior = FACTS[_key(verdict.decider)].prior
    assert prior is not None
    low = (verdict.share >= 0.5) == (verdict.correlation > 0.0)
    value = prior.low if low else prior.high
    return f"spillover claims test {verdict.identity} --set {verdict.decider}={value:g}"


def as_plain(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for JSON; undefined figures are None."""
    rows = []
    for expectation, effects in zip(verdict.claim.expects, verdict.effects, strict=True):
        p5, p50, p95 = np.quantile(effects, (0.05, 0.5, 0.95)) if effects.size else [math.nan] * 3
        rows.append({
            "of": expectation.of, "at": expectation.at, "smallest": expectation.least(),
            "mean": _finite(float(np.mean(effects)) if effects.size else math.nan),
            "p5": _finite(float(p5)), "median": _finite(float(p50)), "p95": _finite(float(p95)),
        })  # fmt: skip
    return {
        "id": verdict.identity,
        "verdict": verdict.verdict,
        "draws": int(verdict.supported.size),
        "supported": _finite(verdict.share),
        "contradicted": _finite(verdict.against),
        "decider": verdict.decider or None,
        "correlation": _finite(verdict.correlation) if verdict.decider else None,
        "break_even": _finite(verdict.break_even),
        "effects": rows,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def unit_of(expectation: Expectation) -> str:
    """Return what the effect that an expectation speaks of is measured in."""
    from model.measure.recorder import SERIES

    name, bloc = expectation.measure()
    if expectation.relative:
        return "%"
    if bloc:
        return unit_of_difference(SERIES[name][0])
    return unit_of_effect(name)
