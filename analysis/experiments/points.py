"""What a worker does of a sweep: runs a batch of jobs and returns their outcomes, row by row.

A job is a point and a replicate. Its luck is addressed by the replicate (or by the factor luck),
never by the point, so that all points share their luck; its constants are those of the baseline of
the point's own nature, the same in both twins. Nothing else decides a row, on whatever machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.experiments.effects import Values
from model.core.errors import InputError
from model.core.kernels import sources_digest
from model.economy import World
from model.measure.outcomes import (
    CENSORED,
    GROWTH_WINDOW,
    OUTCOMES,
    effect_of,
    outcomes_of,
    unit_of_effect,
)
from model.measure.recorder import Record
from model.scenario import Scenario, with_values
from model.setup import baseline

Changes = Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Job:
    """One row's worth of work: a world, or twins, at a point with a piece of luck."""

    point: int
    replicate: int
    seed: int
    scenario: str
    both: Changes
    alone: Changes


@dataclass(frozen=True)
class Batch:
    """Jobs that are computed and kept together, with all they need."""

    number: int
    sources: str
    worlds: Mapping[str, Scenario]
    against: Scenario | None
    horizons: tuple[str, ...]
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Failure:
    """A job that gave no row, and why."""

    point: int
    replicate: int
    message: str


def columns_of(twins: bool) -> dict[str, tuple[str, str]]:
    """Return the columns of a part: unit and description by name."""
    found = {
        "point": ("1", "number of the point in plan.parquet"),
        "replicate": ("1", "replicate, from 0: its luck"),
        "horizon": ("YYYY-MM", "month"),
    }
    for name, outcome in OUTCOMES.items():
        found[name] = (outcome.unit, outcome.definition)
        if twins:
            found[f"{name}_against"] = (outcome.unit, f"{name} of the twin it is held against")
            found[f"{name}_effect"] = (unit_of_effect(name), f"{name} less that of its twin")
        if name in CENSORED:
            found[f"{name}_censored"] = ("-", f"{name} is at least this: record too short")
    found["follower_compute"] = ("log10 FLOP", "largest training run of the follower")
    if twins:
        found["follower_compute_against"] = ("log10 FLOP", "the same of the twin")
    found["leader_growth"] = (
        "OOM/year", "growth of the leader's released capability over the last 24 months, in the "
        "twin where there is one",
    )  # fmt: skip
    return found


def run_batch(batch: Batch) -> tuple[pa.Table, list[Failure]]:
    """Run the jobs of a batch; returns their rows, and the jobs that failed.

    Raises ``InputError`` where this worker's program is another than the one that planned it.
    """
    if batch.sources != sources_digest():
        raise InputError(
            "a worker has other sources of the model than the sweep; install the same spillover "
            "on all of them"
        )
    rows: list[dict[str, Any]] = []
    failures = []
    for job in batch.jobs:
        try:
            rows += _rows(batch, job)
        except InputError as error:
            failures.append(Failure(job.point, job.replicate, str(error)))
        except Exception as error:  # whatever it is, it does not stop the other points
            text = f"{type(error).__name__}: {error}"
            failures.append(Failure(job.point, job.replicate, text))
    return part(rows, batch.against is not None), failures


def part(rows: list[dict[str, Any]], twins: bool) -> pa.Table:
    """Return rows as a table: outcomes as float32, undefined ones null."""
    arrays, fields = [], []
    for name, (unit, description) in columns_of(twins).items():
        kind = {"point": pa.int32(), "replicate": pa.int32(), "horizon": pa.string()}.get(name)
        if name.endswith("_censored"):
            kind = pa.bool_()
        values = [row[name] for row in rows]
        if kind is None:
            kind = pa.float32()
            values = [value if math.isfinite(value) else None for value in values]
        arrays.append(pa.array(values, kind))
        metadata = {"unit": unit, "description": description}
        fields.append(pa.field(name, kind, metadata=metadata))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def worlds_at(
    scenario: Scenario, against: Scenario | None, both: Changes, alone: Changes
) -> tuple[Scenario, Scenario | None]:
    """Return a scenario and its twin at a point; raises ``InputError`` where there is none."""
    here = _changed(scenario, {**both, **alone})
    return here, None if against is None else _changed(against, both)


def _changed(scenario: Scenario, changes: Changes) -> Scenario:
    if not changes:
        return scenario
    return replace(scenario, parameters=with_values(scenario.parameters, changes))


def _rows(batch: Batch, job: Job) -> list[dict[str, Any]]:
    here, there = worlds_at(batch.worlds[job.scenario], batch.against, job.both, job.alone)
    constants = baseline.resolve((there or here).parameters)
    measured = [
        _measured(world, job.seed, constants, batch.horizons)
        for world in (here, there)
        if world is not None
    ]
    rows = []
    for h, horizon in enumerate(batch.horizons):
        row: dict[str, Any] = {"point": job.point, "replicate": job.replicate, "horizon": horizon}
        one = {name: float(values[h]) for name, values in measured[0].items()}
        other = {name: float(values[h]) for name, values in measured[-1].items()}
        for name in OUTCOMES:
            row[name] = one[name]
            row[f"{name}_against"] = other[name]
            row[f"{name}_effect"] = effect_of(name, other[name], one[name])
            if name in CENSORED:
                flag = f"{name}_censored"
                row[flag] = one[flag] > 0 or other[flag] > 0
        row["follower_compute"] = one["follower_compute"]
        row["follower_compute_against"] = other["follower_compute"]
        row["leader_growth"] = other["leader_growth"]
        rows.append(row)
    return rows


def _measured(
    scenario: Scenario, seed: int, constants: Any, horizons: tuple[str, ...]
) -> dict[str, Values]:
    world = World(scenario, rng=seed, constants=constants)
    world.record = Record.blank(world.fixed, world.state, "none")
    world.run()
    inputs, record = world.fixed.inputs, world.record
    calendar = inputs.calendar
    at = np.array([calendar.index(int(h[:4]), int(h[5:])) for h in horizons])
    inside = (at >= 0) & (at < record.months)
    found = outcomes_of(world.fixed, world.state, record)
    found["follower_compute"] = _bloc(
        record, "training_compute", inputs.bloc_index(inputs.follower)
    )
    capability = _bloc(record, "capability_released", inputs.bloc_index(inputs.leader))
    growth = np.full(record.months, math.nan)
    with np.errstate(invalid="ignore"):  # no model yet: minus infinity less itself
        growth[GROWTH_WINDOW:] = capability[GROWTH_WINDOW:] - capability[:-GROWTH_WINDOW]
    found["leader_growth"] = growth * 12.0 / GROWTH_WINDOW
    return {
        name: np.where(inside, np.asarray(values, np.float64)[np.where(inside, at, 0)], math.nan)
        for name, values in found.items()
    }


def _bloc(record: Record, name: str, bloc: int) -> Values:
    if bloc < 0:
        return np.full(record.months, math.nan)
    values: Values = np.asarray(record.series[name][: record.months, bloc], np.float64)
    return values
