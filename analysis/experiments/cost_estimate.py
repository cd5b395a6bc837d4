"""What a sweep will cost before it runs: time, memory, disk."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.experiments.plan import Plan
from analysis.experiments.specification import Specification
from analysis.experiments.sweep import batch_of
from analysis.experiments.sweep_batch import as_table
from analysis.experiments.sweep_folder import Layout
from model.core.errors import InputError, shown
from model.economy import World
from model.measure.recorder import Record
from model.parameters import Parameters
from model.scenario import Scenario
from model.setup import baseline

PROBE = 1.0  # seconds for which months are stepped
RUNS = 13  # of the small economy that a solution takes, on average over the priors
STARTING = 3.0  # seconds until a worker is there
DISK_SHARE = 0.75  # of the raw size that compressed rows take
BATCH_BYTES = 12_000  # of a file's own description


@dataclass(frozen=True)
class Estimate:
    """What a sweep will take: seconds of one core and of the clock, bytes."""

    runs: int
    worlds: int
    natures: int
    run_seconds: float
    solve_seconds: float
    core_seconds: float
    seconds: float
    memory: int
    disk: int


def estimate(spec: Specification, plan: Plan, layout: Layout, workers: int) -> Estimate:
    """Return what a sweep will take on this machine; some months of its first point are run.

    Raises ``InputError`` where the first point cannot be built.
    """
    batch = batch_of(0, range(1), spec, plan)
    job = batch.job(batch.points[0])
    here, worlds = job.arms[-1].resolved(), len(job.arms)
    month = _month_seconds(here, job.seed)
    months = here.parameters.economy.calendar().months
    run_seconds = month * months * worlds
    natures = plan.size if spec.varies_baseline else 1
    prehistory = here.parameters.economy.prehistory
    small = min(1.0, baseline.FIRMS / here.parameters.economy.firms)
    solve = month * max(small, 0.15) * (prehistory + baseline.MONTHS) * RUNS
    core = run_seconds * layout.jobs + solve * natures
    rows = layout.jobs * layout.horizons
    blank = as_table([], worlds > 1)
    width = sum(max(1, field.type.bit_width // 8) if field.type != "string" else 1
                for field in blank.schema)  # fmt: skip
    disk = int(rows * width * DISK_SHARE) + layout.batches * BATCH_BYTES + plan.table().nbytes
    return Estimate(
        layout.jobs,
        layout.jobs * worlds,
        natures,
        run_seconds,
        solve,
        core,
        core / workers + STARTING,
        _peak() * (workers + 1),
        disk,
    )


def _month_seconds(scenario: Scenario, seed: int) -> float:
    # Of the later months, when more is known: the mean over the span is about that of its middle.
    parameters: Parameters = scenario.parameters
    world = World(scenario, rng=seed, constants=baseline.resolve(parameters))
    world.record = Record.blank(world.fixed, world.state, "none")
    for _ in range(2):
        world.step()  # what is compiled or read from the cache is not the sweep's cost
    taken: list[float] = []
    while world.running and sum(taken) < PROBE:
        begun = time.perf_counter()
        world.step()
        taken.append(time.perf_counter() - begun)
    return float(np.mean(taken[len(taken) // 4 :])) if taken else 0.0


def _peak() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 300_000_000
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def words(seconds: float) -> str:
    """Return a span of time as people say it."""
    for size, name in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {name}s"
    return f"{seconds:.0f} seconds" if seconds >= 10.0 else f"{seconds:.1f} seconds"


def size(number: int) -> str:
    """Return bytes as people say it."""
    value = float(number)
    for name in ("bytes", "kB", "MB", "GB"):
        if value < 1000.0:
            return f"{value:.0f} {name}"
        value /= 1000.0
    return f"{value:.1f} TB"


def span_of(text: str, place: str) -> float:
    """Return a span of time in seconds: 90, 90s, 30m, 2h, 1d or hours:minutes:seconds.

    Raises ``InputError`` where it is none.
    """
    units = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    clock = re.fullmatch(r"(?:(\d{1,6}):)?(\d{1,4}):(\d{1,2})", text)
    simple = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", text)
    if clock:
        seconds = int(clock[1] or 0) * 3600.0 + int(clock[2]) * 60.0 + int(clock[3])
    elif simple:
        seconds = float(simple[1]) * units[simple[2]]
    else:
        seconds = 0.0
    if seconds <= 0.0:
        raise InputError(f"{place} must be a span of time above 0, got {shown(text)}; "
                         "good values are 90s, 30m, 2h and 1:30:00")  # fmt: skip
    return seconds


def free_space(folder: Path) -> int:
    """Return the bytes that the disk of a folder, there or to be made, has left."""
    place = folder
    while not place.exists():
        place = place.parent
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize
