"""The model beside the record: every figure of a file of targets, over seeds or over prior draws.

At *default* parameters draws differ by seed alone (random variation). *Prior* draws also differ in
every parameter that no scenario states. A figure's percentiles are over the draws in which it is
defined; it is inside where its median lies in the band, a target where three quarters of its
figures are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Arm, Changes, Job, run
from analysis.experiments.prior_draws import Stream, values_at
from analysis.validation.history import History, observed
from analysis.validation.measures import MEASURES
from analysis.validation.targets import Figure, Target, Targets
from model.core.errors import InputError, near
from model.economy import World
from model.scenario import Scenario
from model.setup import baseline
from model.state.inputs import parse_month

DRAWS = ("default", "prior")
PERCENTILES = (0.05, 0.5, 0.95)
TRIES = 5  # points a draw that may be tried before giving up
END = ("economy", "end")


@dataclass(frozen=True)
class Scored:
    """A figure beside the model: ``values`` has an entry a draw, ``nan`` where it has none."""

    name: str
    target: str
    figure: Figure
    values: Values

    @property
    def percentiles(self) -> tuple[float, float, float]:
        """The 5th, 50th and 95th percentile of the draws; ``nan`` where no draw has a value."""
        good = self.values[np.isfinite(self.values)]
        if not good.size:
            return (math.nan, math.nan, math.nan)
        low, middle, high = (float(x) for x in np.quantile(good, PERCENTILES))
        return low, middle, high

    @property
    def inside(self) -> bool:
        """Whether the model's median lies in the band."""
        return self.figure.holds(self.percentiles[1])

    @property
    def draws_inside(self) -> list[bool]:
        """Which draws lie in the band; a draw without a value does not."""
        return [self.figure.holds(float(value)) for value in self.values]


@dataclass(frozen=True)
class Scorecard:
    """All targets beside the model; ``passed`` and ``refused`` count points that were not run."""

    targets: Targets
    kind: str
    draws: int
    figures: Mapping[str, Sequence[Scored]]  # by target; none where it is not reported
    passed: int = 0
    refused: int = 0

    def target_inside(self, name: str) -> bool:
        """Return whether a target is inside, by the medians of its figures."""
        figures = self.figures[name]
        return self.targets.targets[name].inside(sum(one.inside for one in figures))

    def draws_inside(self, name: str) -> list[bool]:
        """Return in which draws a target is inside."""
        target, figures = self.targets.targets[name], self.figures[name]
        columns = zip(*(one.draws_inside for one in figures), strict=True)
        return [target.inside(sum(column)) for column in columns]

    @property
    def by_draw(self) -> list[int]:
        """The number of targets that each draw is inside."""
        rows = [self.draws_inside(name) for name in self.figures]
        return [sum(column) for column in zip(*rows, strict=True)]


def validate(
    targets: Targets,
    worlds: Mapping[str, Scenario],
    *,
    draws: str = "default",
    replicates: int,
    seed: int = 1,
    workers: int = 1,
    each: Callable[[int, int], None] | None = None,
) -> Scorecard:
    """Run draws to the last month of the targets and return what they give.

    Args:
        targets: what to compare with.
        worlds: the scenarios that the targets name.
        draws: ``default`` (seeds) or ``prior`` (draws of the priors, each with its own seed).
        replicates: number of draws; draw r has the seed ``seed + r``.
        seed: of the first draw, and of the hypercube.
        workers: processes; results do not depend on their number.
        each: called with draws done and all, after every draw.

    Raises:
        InputError: for a world without a bloc or a month that a figure needs, or draws that have
            no world.
    """
    if draws not in DRAWS:
        raise InputError(f"draws must be default or prior, got {draws!r}; {near(draws, DRAWS)}")
    if replicates < 1:
        raise InputError(f"replicates must be at least 1, got {replicates}; a good value is 16")
    names, last = targets.worlds, targets.last
    for name in names:
        _check(targets, name, worlds[name], last)
    arms = [worlds[name] for name in names]
    measured = partial(figures_of, targets=targets)
    stream = Stream(arms, replicates, seed) if draws == "prior" else None
    if stream is None:
        first = _arms(arms, {}, last)[0].resolved()
        baseline.resolve(first.parameters)  # once, before all workers ask for it
    found: list[list[dict[str, float]]] = []
    tried = 0
    while (missing := replicates - len(found)) > 0:
        done = len(found)
        if tried - done > TRIES * replicates:
            raise InputError(f"only {done} of {replicates} draws have a world")
        points: Sequence[Changes] = [{}] * missing
        if stream is not None:
            points = [values_at(stream.names, point) for point in stream.take(missing)]
        jobs = [
            Job(_arms(arms, point, last), seed + tried + r, replicate=tried + r)
            for r, point in enumerate(points)
        ]
        tried += missing
        tick = partial(_tick, each, done, replicates)
        for one in run(jobs, measured, workers=workers, each=tick):
            if isinstance(one, list):
                found.append(one)
            elif stream is None:
                raise InputError(one.message)
    figures = {
        name: [
            Scored(
                name + figure.name,
                name,
                figure,
                np.array([row[names.index(target.world)][name + figure.name] for row in found]),
            )
            for figure in target.figures
        ]
        for name, target in targets.targets.items()
        if target.reported
    }
    passed = 0 if stream is None else stream.passed
    return Scorecard(targets, draws, replicates, figures, passed, tried - replicates)


def figures_of(world: World, targets: Targets) -> dict[str, float]:
    """Run a world, and return all figures that the model has, by name, in their units."""
    return measured(observed(world, targets.last), targets)


def measured(history: History, targets: Targets) -> dict[str, float]:
    """Return all figures of a history that the model has, by name, in their units."""
    return {
        name + figure.name: figure.factor * MEASURES[figure.measure].compute(history, figure.asked)
        for name, target in targets.targets.items()
        if target.reported
        for figure in target.figures
    }


def as_plain(card: Scorecard) -> dict[str, Any]:
    """Return a scorecard for JSON: a row a figure, then a row a target; undefined is None."""
    verdicts = [_verdict(card, name) for name in card.targets.targets]
    rows = [
        _row(card, name, target, figure, k)
        for name, target in card.targets.targets.items()
        for k, figure in enumerate(target.figures)
    ]
    by_draw = card.by_draw
    points = card.targets.points
    return {
        "schema_version": 1,
        "targets": rows,
        "verdicts": verdicts,
        "index_points": None if points is None else points.model_dump(),
        "draws": {
            "kind": card.kind,
            "number": card.draws,
            "inside_all": sum(n == len(card.figures) for n in by_draw),
            "most_inside": max(by_draw, default=0),
            "targets": len(card.figures),
            "guards_broken": card.passed,
            "without_world": card.refused,
        },
    }


def _row(card: Scorecard, name: str, target: Target, figure: Figure, k: int) -> dict[str, Any]:
    one = card.figures[name][k] if target.reported else None
    errors = card.targets.errors(figure)
    p5, p50, p95 = (math.nan,) * 3 if one is None else one.percentiles
    inside = [] if one is None else one.draws_inside
    return {
        "name": name + figure.name,
        "unit": figure.unit,
        "record": card.targets.record(figure),
        "low": figure.low,
        "high": figure.high,
        "p5": _number(p5),
        "p50": _number(p50),
        "p95": _number(p95),
        "inside": one is not None and one.inside,
        "target": name,
        "title": figure.title or target.title,
        "share_inside": None if one is None else sum(inside) / len(inside),
        "defined": 0 if one is None else int(np.isfinite(one.values).sum()),
        "reported": target.reported,
        "reason": target.reason,
        "scale": figure.scale,
        "record_error": errors.record,
        "discrepancy": errors.discrepancy,
        "band_split": errors.split,
        "mark": figure.mark or target.mark,
        "source": target.source,
    }


def _verdict(card: Scorecard, name: str) -> dict[str, Any]:
    target = card.targets.targets[name]
    figures = card.figures.get(name, ())
    inside = card.draws_inside(name) if target.reported else []
    return {
        "name": name,
        "title": target.title,
        "group": target.group,
        "figures": len(target.figures),
        "figures_inside": sum(one.inside for one in figures),
        "inside": target.reported and card.target_inside(name),
        "share_inside": sum(inside) / len(inside) if inside else None,
        "reported": target.reported,
        "reason": target.reason,
    }


def _check(targets: Targets, name: str, world: Scenario, last: str) -> None:
    # Before a run: the span and the blocs that figures need.
    economy = world.parameters.economy
    calendar = economy.calendar()
    if not 0 <= calendar.index(*parse_month(last, "last")) < calendar.months:
        first = calendar.label(0)
        raise InputError(
            f"{targets.place}: figures go to {last}, and {name} runs from {first} to "
            f"{economy.end}; a good economy.end is {last}"
        )
    there = {*economy.blocs, "world", ""}
    for key, target in targets.targets.items():
        for k, figure in enumerate(target.figures, 1):
            for field, blocs in (("bloc", figure.bloc), ("over", figure.over)):
                gone = [bloc for bloc in blocs.split("+") if bloc not in there]
                if gone and target.reported and target.world == name:
                    raise InputError(
                        f"{targets.place}: {key}: figures.{k}.{field}: {name} has no bloc "
                        f"{gone[0]!r}; {near(gone[0], economy.blocs)}"
                    )


def _arms(worlds: Sequence[Scenario], point: Changes, last: str) -> tuple[Arm, ...]:
    return tuple(Arm(world, {**point, END: last}) for world in worlds)


def _tick(
    each: Callable[[int, int], None] | None, before: int, total: int, done: int, _: int
) -> None:
    if each is not None:
        each(before + done, total)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
