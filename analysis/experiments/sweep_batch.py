"""A batch of a sweep: its jobs are run and their outcomes returned, row by row.

A job is a point and a replicate. Its seed is that of the replicate (or of the factor chance), never
of the point, so that all points have common random numbers; its constants are those of the baseline
at the point, of the world that the scenario is held against where there is one. Nothing else
decides a row, on whatever machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.experiments.effects import Values
from analysis.experiments.experiment import (
    Arm,
    Changes,
    Failure,
    Job,
    at_months,
    months_of,
    outcomes_at,
    paired,
)
from model.core.errors import InputError
from model.core.kernels import sources_digest
from model.economy import World
from model.measure.outcomes import CENSORED, GROWTH_WINDOW, OUTCOMES, effect_of, unit_of_effect
from model.scenario import Scenario


@dataclass(frozen=True)
class Point:
    """A point and a replicate: the seed, and what changes in both arms and in the scenario."""

    point: int
    replicate: int
    seed: int
    scenario: str
    both: Changes = field(default_factory=dict)
    alone: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Points that are run and kept together, with all they need."""

    number: int
    sources: str
    worlds: Mapping[str, Scenario]
    against: Scenario | None
    horizons: tuple[str, ...]
    points: tuple[Point, ...]

    def job(self, at: Point) -> Job:
        """Return the job of a point: the scenario, after what it is held against if anything."""
        arm = Arm(self.worlds[at.scenario], {**at.both, **at.alone})
        control = () if self.against is None else (Arm(self.against, at.both),)
        return Job((*control, arm), at.seed, at.point, at.replicate)


def columns_of(effects: bool) -> dict[str, tuple[str, str]]:
    """Return the columns of a batch's rows: unit and description by name.

    With ``effects`` there is a control, the scenario that the other is held against.
    """
    found = {
        "point": ("1", "number of the point in plan.parquet"),
        "replicate": ("1", "replicate, from 0: its seed"),
        "horizon": ("YYYY-MM", "month"),
    }
    for name, outcome in OUTCOMES.items():
        found[name] = (outcome.unit, outcome.definition)
        if effects:
            found[f"{name}_against"] = (outcome.unit, f"{name} of the control")
            found[f"{name}_effect"] = (unit_of_effect(name), f"{name} less that of the control")
        if name in CENSORED:
            what = "is at least this (below zero: at most): record too short"
            found[f"{name}_censored"] = ("-", f"{name} {what}")
            if effects:
                found[f"{name}_against_censored"] = ("-", f"{name} of the control {what}")
    found["follower_compute"] = ("log10 FLOP", "largest training run of the follower")
    if effects:
        found["follower_compute_against"] = ("log10 FLOP", "the same of the control")
    found["leader_growth"] = (
        "OOM/year", "growth of the leader's released capability over the last 24 months, in the "
        "control where there is one",
    )  # fmt: skip
    return found


def type_of(name: str) -> pa.DataType:
    """Return the type of a column of a batch's rows."""
    kinds = {"point": pa.int32(), "replicate": pa.int32(), "horizon": pa.string()}
    return kinds.get(name, pa.bool_() if name.endswith("_censored") else pa.float32())


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
    for at in batch.points:
        job = batch.job(at)
        try:
            rows += _rows(job, batch.horizons)
        except Exception as error:  # whatever it is, it does not stop the other points
            kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
            failures.append(Failure(job.point, job.replicate, f"{kind}{error}"))
    return as_table(rows, batch.against is not None), failures


def as_table(rows: list[dict[str, Any]], effects: bool) -> pa.Table:
    """Return rows as a table: outcomes as float32, undefined ones null."""
    arrays, fields = [], []
    for name, (unit, description) in columns_of(effects).items():
        kind = type_of(name)
        values = [row[name] for row in rows]
        if kind == pa.float32():
            values = [value if math.isfinite(value) else None for value in values]
        arrays.append(pa.array(values, kind))
        metadata = {"unit": unit, "description": description}
        fields.append(pa.field(name, kind, metadata=metadata))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _rows(job: Job, horizons: tuple[str, ...]) -> list[dict[str, Any]]:
    found = paired(job, partial(observed, horizons=horizons))
    rows = []
    for h, horizon in enumerate(horizons):
        row: dict[str, Any] = {"point": job.point, "replicate": job.replicate, "horizon": horizon}
        other, one = ({k: float(v[h]) for k, v in found[n].items()} for n in (0, -1))
        for name in OUTCOMES:
            row[name] = one[name]
            row[f"{name}_against"] = other[name]
            row[f"{name}_effect"] = effect_of(name, other[name], one[name])
            if name in CENSORED:
                row[f"{name}_censored"] = one[f"{name}_censored"] > 0
                row[f"{name}_against_censored"] = other[f"{name}_censored"] > 0
        row["follower_compute"] = one["follower_compute"]
        row["follower_compute_against"] = other["follower_compute"]
        row["leader_growth"] = other["leader_growth"]
        rows.append(row)
    return rows


def observed(world: World, horizons: tuple[str, ...]) -> dict[str, Values]:
    """Run a world; return outcomes, the follower's compute and the leader's growth at horizons."""
    found = outcomes_at(world, horizons)
    inputs, record, at = world.fixed.inputs, world.record, months_of(world, horizons)

    def of_bloc(name: str, bloc: int) -> Values:
        if bloc < 0:
            return np.full(record.months, math.nan)
        values: Values = np.asarray(record.series[name][: record.months, bloc], np.float64)
        return values

    compute = of_bloc("training_compute", inputs.bloc_index(inputs.follower))
    capability = of_bloc("capability_released", inputs.bloc_index(inputs.leader))
    growth = np.full(record.months, math.nan)
    with np.errstate(invalid="ignore"):  # no model yet: minus infinity less itself
        growth[GROWTH_WINDOW:] = capability[GROWTH_WINDOW:] - capability[:-GROWTH_WINDOW]
    found["follower_compute"] = at_months(compute, at)
    found["leader_growth"] = at_months(growth * 12.0 / GROWTH_WINDOW, at)
    return found
