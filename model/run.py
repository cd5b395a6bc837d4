"""One run and its folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa

from model.core.arrow import read_table
from model.core.errors import InputError
from model.economy import World
from model.measure import run_folder
from model.measure.idea_acquisitions import Keep
from model.measure.recorder import Record
from model.measure.tables import tables_of
from model.scenario import Scenario
from model.state.fixed import Constants


@dataclass(frozen=True)
class Result:
    """A finished run: its tables and its provenance."""

    scenario: Scenario
    seed: int
    tables: dict[str, pa.Table]
    about: dict[str, Any]


def run(
    scenario: Scenario,
    seed: int,
    *,
    threads: int = 1,
    strict: bool = False,
    constants: Constants | None = None,
    events: Keep = "labs",
    each: Callable[[World], None] | None = None,
) -> Result:
    """Run one world to its end; ``constants`` by default come from its own baseline.

    ``events`` selects the acquisitions of ideas that are kept one by one: those of labs, of all
    firms (some 17 bytes each during the run), or none. Raises ``InputError`` where the world cannot
    be built.
    """
    if events not in get_args(Keep):
        raise InputError(
            f"events must be one of {', '.join(get_args(Keep))}, got {events!r}; "
            "a good value is labs"
        )
    begun = time.perf_counter()
    world = World(scenario, rng=seed, threads=threads, strict=strict, constants=constants)
    world.record = Record.blank(world.fixed, world.state, events)
    world.run(each=each)
    tables = tables_of(world.fixed, world.state, world.record)
    about = {
        **run_folder.provenance(scenario, seed, time.perf_counter() - begun),
        **run_folder.cast_of(world.fixed.inputs),
        "events": events,
        "acts": [{**act, "world": "a"} for act in run_folder.acts_of(world.fixed.inputs)],
    }
    return Result(scenario, seed, tables, about)


def folder_of(scenario: Scenario, seed: int, out: Path) -> Path:
    """Return the folder of a run: scenario, seed and the digest of all that determines the run."""
    end = f"{seed}-{scenario.parameters.digest()[:8]}"
    return out / run_folder.folder_name(scenario.name, end)


def result_of(folder: Path) -> dict[str, pa.Table]:
    """Return the tables of a run's folder; raises ``Refused`` where a table cannot be read."""
    with run_folder.reading(folder):
        names = run_folder.plain(run_folder.read_manifest(folder).get("tables", {}))
        return {name: read_table(folder / f"{name}.parquet") for name in names}
