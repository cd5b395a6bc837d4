"""Which parameters move nothing: each is moved alone, from several points of the priors.

A screening by elementary effects (Morris 1991) in its radial form (Campolongo, Saltelli and
Cariboni 2011): from each of a few points, drawn over the ranges of all parameters, one parameter
after another goes half of its range up or down while all others, and the seed, stay. The baseline
that normalises rates is that of the point; a parameter that moves nothing then is moved once more
with its own baseline. Effects are measured in standard deviations of an outcome over points.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import get_args, get_origin

import numpy as np

from analysis.experiments import experiment
from analysis.experiments.designs import Factor
from analysis.experiments.effects import Values
from analysis.experiments.experiment import Arm, Job
from analysis.experiments.strata import side_by_side
from model.core.errors import InputError
from model.core.parameter import LogUniform, ParameterName
from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS, GROUPS
from model.scenario import Scenario
from studies.common import FIRMS, HORIZONS, arm, give, options, outcomes, start, table

REDRAWS = 50  # hypercubes that may be used up before giving up
SCENARIO, SEED, POINTS = "ban", 20, 24  # points over which the spread of outcomes is measured
INERT = 0.01  # of an outcome's spread
CHANCE = "chance"
FRAME = {  # dates and names, not quantities of the economy; other tests move these
    "controls.regime", "controls.rules", "controls.record_until", "exchange.since",
    "release.since", "supply.vendors",
}  # fmt: skip
WHY = {  # what is known of those found inert
    "controls.allied": "nothing at these points; from further ones it moves outcomes",
    "purchases.stockpile": (
        "it needs `controls.stockpiling`, which was off at these points; where it was on it moves"
        " outcomes"
    ),
    "purchases.repayment": "as `purchases.stockpile`",
    "domestic.generation": "nothing at these points; from further ones it moves outcomes",
    "domestic.memory_stockpile": (
        "a stock for the months after a bar on memory; it moves output then (tests show it), and "
        "none of the outcomes at either horizon"
    ),
    "sectors.horizon": (
        "it says who is counted as viable, which is a series and no outcome; who closes goes by "
        "cash"
    ),
}
Found = dict[str, Values]


def factors() -> list[Factor]:
    """Return all parameters but the frame as factors, in the order of their groups.

    Those without a prior go from half to twice their default, from 0 to 1 where that is 0, within
    what the model can stand; words and switches through all of their values.
    """
    found = []
    for (group, name), fact in FACTS.items():
        label = str(ParameterName(group, name))
        if (group == "economy" and fact.kind == "choice") or label in FRAME:
            continue
        field = GROUPS[group].model_fields[name]
        default, kind = field.default, field.annotation
        if kind is bool or get_origin(kind) is not None:
            values = (False, True) if kind is bool else get_args(kind)
            found.append(Factor(label, "choice", values=values))
        elif fact.prior is not None:
            log = isinstance(fact.prior, LogUniform)
            found.append(Factor(label, "number", fact.prior.low, fact.prior.high, log))
        else:
            low = max(0.5 * default, -math.inf if fact.low is None else fact.low)
            high = min(2.0 * default or 1.0, math.inf if fact.high is None else fact.high)
            if isinstance(default, int):
                found.append(Factor(label, "integer", math.floor(low), math.ceil(high)))
            else:
                found.append(Factor(label, "number", low, high))
    return found


def moved(factor: Factor, place: float) -> float:
    """Return where a factor goes from a place: half of its range away, or its next value."""
    if factor.kind != "choice":
        return place + 0.5 if place < 0.5 else place - 0.5
    number = len(factor.values)
    now = min(int(place * number), number - 1)
    return ((now + 1) % number + 0.5) / number


@lru_cache(maxsize=1)
def points() -> list[tuple[float, ...]]:
    """Return points that a world can be built from, in the order they were drawn."""
    names = [factor.name for factor in factors()]
    found: list[tuple[float, ...]] = []
    for again in range(REDRAWS):  # a new parameter leaves the places of the others as they are
        for point in side_by_side(POINTS, SEED, names, again):
            here = tuple(point.tolist())
            if len(found) < POINTS and _fine(here):
                found.append(here)
    if len(found) < POINTS:
        raise InputError(
            f"only {len(found)} of {REDRAWS * POINTS} points of all ranges have worlds"
        )
    return found


def _fine(point: tuple[float, ...]) -> bool:
    try:
        parameters = world_at(point).parameters
        return not parameters.discovery.broken_guards(parameters.budgets.researcher_growth)
    except InputError:
        return False


def arm_at(point: tuple[float, ...]) -> Arm:
    """Return the scenario at a point."""
    plain = arm(SCENARIO)
    changes = {f.key: f.at(u) for f, u in zip(factors(), point, strict=True)}
    return Arm(plain.resolved(), changes)


def world_at(point: tuple[float, ...]) -> Scenario:
    """Return the scenario at a point, resolved; raises ``InputError`` where there is none."""
    return arm_at(point).resolved()


def step(number: int, name: str = "", anew: bool = False) -> Job:
    """Return a point, or one step from it: one factor moved, or another seed.

    ``anew``: with the baseline of where the step leads, instead of that of the point.
    """
    point = points()[number]
    place, seed = list(point), 1 + number
    if name == CHANCE:
        seed += 1000
    elif name:
        at = [factor.name for factor in factors()].index(name)
        place[at] = moved(factors()[at], place[at])
    normalised = None if anew else arm_at(point)
    return Job((arm_at(tuple(place)),), seed, point=number, normalised=normalised)


def observed(jobs: list[Job], workers: int) -> list[Found | None]:
    """Return the outcomes of each job; nothing where no calibration reaches the target growth."""
    results = experiment.run(jobs, outcomes, workers=workers)
    return [result[0] if isinstance(result, list) else None for result in results]


def effect(one: Found, other: Found, scale: Found) -> Found:
    """Return the size of a change by outcome and horizon, over the spread of the outcome.

    Where a change makes an outcome undefined, or defined, it counts as one.
    """
    result = {}
    for name, unit in scale.items():
        with np.errstate(invalid="ignore"):
            change = np.abs(other[name] - one[name])
        same = (other[name] == one[name]) | (np.isnan(one[name]) & np.isnan(other[name]))
        over = np.where(unit > 0.0, change / np.where(unit > 0.0, unit, 1.0), 0.0)
        result[name] = np.where(same, 0.0, np.where(np.isfinite(change), over, 1.0))
    return result


def page(effects: dict[str, list[Found]], again: dict[str, list[Found]], command: str) -> str:
    """Return the page, from effects by parameter, and those with what normalises solved anew."""
    mean = {name: _mean(rows) for name, rows in effects.items() if rows}
    anew = {name: _mean(rows) for name, rows in again.items() if rows}
    largest = {name: max(float(v.max()) for v in rows.values()) for name, rows in mean.items()}
    best = {**largest, **{n: max(float(v.max()) for v in r.values()) for n, r in anew.items()}}
    inert = [name for name, value in best.items() if value < INERT]
    faint = [n for n, value in best.items() if n not in inert and value < 0.5 * largest[CHANCE]]
    lines = [
        "# Which parameters move nothing",
        "",
        f"Made by `{command}`: `{SCENARIO}`, {FIRMS} firms, {len(effects) - 1} parameters, "
        f"each moved alone by half of its range from {max(map(len, effects.values()))} points of "
        f"all ranges; {len(OUTCOMES)} outcomes at the end of {' and '.join(HORIZONS)}. Effects "
        f"are means of sizes over points, in standard deviations of the outcome over {POINTS} "
        "points.",
        "",
        f"Noise floor: another seed alone moves outcomes by {_median(mean[CHANCE]):.2f} (median), "
        f"at most {largest[CHANCE]:.2f}; smaller effects cannot be distinguished from noise.",
        "",
        f"## Inert: below {100 * INERT:.0f} % of every outcome's spread",
        "",
        *([f"- `{name}`: {WHY.get(name, 'not explained yet')}." for name in inert] or ["None."]),
        "",
        "## Faint: below half of the noise floor's largest, in every outcome",
        "",
        *([f"- `{n}` ({best[n]:.2f}): {_doc(n)}." for n in sorted(faint)] or ["None."]),
        "",
        "## Moving only what normalises rates",
        "",
        *([f"- `{n}` ({best[n]:.2f}): {_doc(n)}." for n in anew if n not in inert] or ["None."]),
        "",
    ]
    for outcome in ("gap", "scaled_gap", "frontier", "algorithms_follower"):
        ranked = sorted(mean, key=lambda n: -float(mean[n][outcome][-1]))[:12]
        lines += [f"## What moves {outcome.replace('_', ' ')} most, {HORIZONS[-1]}", ""]
        rows = [[f"`{n}`", f"{mean[n][outcome][-1]:.2f}", _doc(n)] for n in ranked]
        lines += table(["parameter", "effect", "what it is"], rows)
    return "\n".join(lines).rstrip() + "\n"


def _mean(rows: list[Found]) -> Found:
    return {name: np.mean([row[name] for row in rows], axis=0) for name in rows[0]}


def _median(effects: Found) -> float:
    return float(np.median(np.concatenate(list(effects.values()))))


def _doc(name: str) -> str:
    return "another seed" if name == CHANCE else FACTS[ParameterName.parse(name)].doc


def main() -> None:
    """Screen, and print or write the page."""
    given, command = options("studies.screening", __doc__, 4, 2)
    there = observed([step(n) for n in range(POINTS)], given.workers)
    scale = _scale([found for found in there if found is not None])
    bases = [n for n, found in enumerate(there) if found is not None][: given.replicates]
    names = [CHANCE, *(factor.name for factor in factors())]
    effects = _effects(names, bases, there, scale, given.workers, anew=False)
    still = [n for n in names if all(not _any(row) for row in effects[n])]
    again = _effects(still, bases, there, scale, given.workers, anew=True)
    give(page(effects, again, command), given.page)


def _scale(found: list[Found]) -> Found:
    def deviation(values: Values) -> float:
        good = values[np.isfinite(values)]
        return float(good.std()) if good.size > 1 else 0.0

    return {
        name: np.array([deviation(column) for column in np.array([row[name] for row in found]).T])
        for name in OUTCOMES
    }


def _effects(
    names: list[str],
    bases: list[int],
    there: list[Found | None],
    scale: Found,
    workers: int,
    anew: bool,
) -> dict[str, list[Found]]:
    steps = [(name, n) for name in names for n in bases]
    found = observed([step(n, name, anew) for name, n in steps], workers)
    effects: dict[str, list[Found]] = {name: [] for name in names}
    for (name, n), other in zip(steps, found, strict=True):
        one = there[n]
        if one is not None and other is not None:
            effects[name].append(effect(one, other, scale))
    return effects


def _any(row: Found) -> bool:
    return any(float(values.max()) > 0.0 for values in row.values())


if __name__ == "__main__":
    start("studies.screening")
