"""Paired runs, and the one way to make them: worlds × points × replicates → jobs → observations.

A job has arms: scenarios at a point, which share a seed (common random numbers: every draw has an
address, ``model.core.randomness``) and the constants of one baseline, so that they differ by the
treatment and by what follows from it. ``paired`` runs a job; nothing else runs paired worlds. All
else is a *design*: it makes the jobs (compare: replicates, or a prior draw each; sweep: points;
claims: the worlds of many claims at each draw; the studies), says what to observe, and turns
observations into effects by ``model.measure.outcomes.difference``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.experiments import worker_pool
from analysis.experiments.effects import Values
from model.core.errors import InputError
from model.economy import LARGEST_SEED, World
from model.measure.outcomes import outcomes_of
from model.measure.recorder import Record
from model.scenario import Scenario, with_values
from model.setup import baseline

HORIZONS = ("2023-12", "2024-12", "2027-12", "2030-12")  # ends of years that are reported
STRIDE = 0x6A09E667F3BCC909  # the fraction of the square root of 2: its multiples keep far apart
Changes = Mapping[tuple[str, str], Any]  # values by (group, name)
Observe = Callable[[World], Any]  # takes a world at its first month, runs it, returns what to keep


def seed_of(seed: int, replicate: int) -> int:
    """Return the seed of the worlds of a replicate, counted from 0, of an experiment.

    Experiments of one seed share their replicates, whatever their design; experiments of two seeds
    share none. Replicate r of seed 1 is the world of seed 1 + r.
    """
    return (1 + replicate + (seed - 1) * STRIDE) % (LARGEST_SEED + 1)


@dataclass(frozen=True)
class Arm:
    """A scenario with some values changed."""

    scenario: Scenario
    changes: Changes = field(default_factory=dict)

    def resolved(self) -> Scenario:
        """Return the scenario at these values; raises ``InputError`` where they cannot be."""
        if not self.changes:
            return self.scenario
        parameters = with_values(self.scenario.parameters, self.changes)
        return replace(self.scenario, parameters=parameters)


@dataclass(frozen=True)
class Job:
    """Arms that are run with common random numbers.

    ``seed`` is that of the worlds (``seed_of``). ``normalised`` is the arm whose baseline gives the
    constants, by default the first; ``point`` and ``replicate`` only name the job.
    """

    arms: tuple[Arm, ...]
    seed: int
    point: int = 0
    replicate: int = 0
    normalised: Arm | None = None


@dataclass(frozen=True)
class Failure:
    """A job that gave nothing, and why."""

    point: int
    replicate: int
    message: str


def paired(job: Job, observe: Observe) -> list[Any]:
    """Run all arms of a job and return what is observed of each.

    Raises ``InputError`` where the point has no world.
    """
    scenarios = [arm.resolved() for arm in job.arms]
    plain = scenarios[0] if job.normalised is None else job.normalised.resolved()
    constants = baseline.resolve(plain.parameters)
    found = []
    for scenario in scenarios:
        world = World(scenario, rng=job.seed, constants=constants)
        world.record = Record.blank(
            world.fixed, world.state, "none"
        )  # keeps no single acquisitions
        found.append(observe(world))
    return found


def attempt(job: Job, observe: Observe) -> list[Any] | Failure:
    """Run a job; a point that has no world gives a ``Failure``."""
    try:
        return paired(job, observe)
    except InputError as error:
        return Failure(job.point, job.replicate, str(error))


def run(
    jobs: Sequence[Job],
    observe: Observe,
    *,
    workers: int = 1,
    each: Callable[[int, int], None] | None = None,
    keep: Callable[[Job, Any], None] | None = None,
) -> list[list[Any] | Failure]:
    """Run jobs on worker processes (here with one worker), and return results in their order.

    Results do not depend on ``workers``. ``each`` is called with jobs done and all, after every
    job; ``keep`` with a job and its result, as soon as it is there. ``observe`` must be importable:
    a function, or a ``functools.partial`` of one.
    """
    found: list[Any] = [None] * len(jobs)
    calls = [(job, observe) for job in jobs]
    for done, (number, result) in enumerate(worker_pool.each(attempt, calls, workers), 1):
        found[number] = result
        if keep is not None:
            keep(jobs[number], result)
        if each is not None:
            each(done, len(jobs))
    return found


def months_of(world: World, horizons: Sequence[str]) -> NDArray[np.int64]:
    """Return the index of each month (YYYY-MM) in the record of a world."""
    calendar = world.fixed.inputs.calendar
    return np.array([calendar.index(int(h[:4]), int(h[5:])) for h in horizons], np.int64)


def at_months(series: Values, months: NDArray[np.int64]) -> Values:
    """Return a series by month at some months; ``nan`` outside of it."""
    inside = (months >= 0) & (months < len(series))
    values = np.asarray(series, np.float64)[np.where(inside, months, 0)]
    return np.where(inside, values, math.nan)


def outcomes_at(world: World, horizons: Sequence[str]) -> dict[str, Values]:
    """Run a world and return its outcomes (and ``<lag>_censored``) at months, YYYY-MM."""
    world.run()
    months = months_of(world, horizons)
    found = outcomes_of(world.fixed, world.state, world.record)
    return {name: at_months(values, months) for name, values in found.items()}
