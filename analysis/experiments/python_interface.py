"""Experiments from Python, as pandas frames: what the commands do, for notebooks and scripts.

Workers import the program alone and never run the caller's script again, so a call needs no guard
``if __name__ == "__main__"``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.experiments import sweep as sweeps
from analysis.experiments import worker_pool
from analysis.experiments.compare import compare_all
from analysis.experiments.comparison_folder import as_json, read_effects
from analysis.experiments.plan import plan_of
from analysis.experiments.specification import Specification, check, is_specification
from analysis.experiments.specification import read as read_specification
from analysis.experiments.sweep_rows import load_sweep
from model import run as runs
from model.core.errors import InputError, shown
from model.core.place import expanded
from model.core.values import name_of, plain, texts_of, whole_number
from model.economy import World, checked_seed
from model.measure.run_folder import read_manifest
from model.scenario import home, told_apart
from model.scenario import load as load_scenario

if TYPE_CHECKING:
    from model.scenario import Scenario

__all__ = ["compare", "load", "load_sweep", "run", "sensitivity", "sweep"]


def run(
    scenario: str | Path | Scenario = "no_ban",
    seed: int = 1,
    until: str | None = None,
    **overrides: Any,
) -> World:
    """Run one world and return it.

    Args:
        scenario: name of a built-in scenario, path of a file, or a scenario.
        seed: random seed.
        until: last month, YYYY-MM; by default that of the scenario.
        overrides: parameters as ``group__name=value``.

    Raises:
        InputError: where something given is wrong.
    """
    return World(scenario, rng=seed, **overrides).run(until)


def compare(
    a: str | Path, *others: str | Path, replicates: int = 16, draws: str = "", seed: int = 1,
    workers: int | None = None, overrides: Iterable[str] | Mapping[str, Any] = (),
) -> pd.DataFrame:  # fmt: skip
    """Run paired replicates (common random numbers) and return treatment effects relative to ``a``.

    Args:
        a: the scenario to compare with, a name or the path of a file.
        others: the scenarios whose effects are wanted, one at least.
        replicates: pairs of runs.
        draws: ``prior`` also draws all parameters from their priors, a draw a replicate.
        seed: seed of the first replicate.
        workers: worker processes; by default one a core.
        overrides: ``group.name=value``, or values by name, held in all worlds.

    Returns:
        A row a world, outcome and horizon.

    Raises:
        InputError: where something given is wrong.
    """
    if draws not in ("", "prior"):
        raise InputError(f"draws must be 'prior' or empty, got {shown(draws)}")
    if not others:
        raise InputError("compare takes two scenarios at least, as in compare('no_ban', 'ban')")
    texts = texts_of(overrides)
    worlds = told_apart(load_scenario(name, texts) for name in (a, *others))
    found = compare_all(
        worlds, replicates=whole_number(replicates, "replicates", 1, 16),
        seed=checked_seed(seed), workers=_workers(workers) or worker_pool.cores(),
        draws=bool(draws),
    )  # fmt: skip
    return pd.concat([_effects(as_json(comparison)) for comparison in found], ignore_index=True)


def sweep(
    what: str | Path,
    *,
    vary: Mapping[str, Any] | None = None,
    out: str | Path = "runs",
    workers: int | None = None,
    engine: str = "processes",
    scheduler: str | None = None,
    overrides: Iterable[str] | Mapping[str, Any] = (),
    **entries: Any,
) -> pd.DataFrame:
    """Run a sweep, or resume one, and return its rows.

    Args:
        what: path of a sweep's file, or a scenario.
        vary: factors by name, as in a sweep's file: ``{"controls.porosity": {"low": 0.0, "high":
            0.6}}``; a pair of numbers in brackets ``()`` is a range; lists, arrays, series and
            ``range()`` are choices. Not with a file.
        out: folder in which the sweep's folder is made.
        workers: worker processes; by default one a core.
        engine: ``processes`` or ``dask``.
        scheduler: address of the Dask scheduler.
        overrides: ``group.name=value``, or values by name, held in all points.
        entries: ``design``, ``points``, ``replicates``, ``against``, ``seed``, ``horizons``.

    Returns:
        As ``load`` of its folder: a row a point, replicate and horizon.

    Raises:
        InputError: where something given is wrong.
        Refused: where the folder holds something else.
    """
    spec, plan, digest_of_plan = plan_of(specification_of(what, vary, overrides, entries))
    digest = spec.digest(digest_of_plan)
    worker_pool.check(engine, scheduler)
    number = _workers(workers)
    folder = sweeps.folder_of(spec, plan, digest, expanded(Path(out), "out"))
    batches = sweeps.begin(spec, plan, digest, folder, resume=True)
    sweeps.resume(
        batches, spec, plan, lambda: worker_pool.start(engine, number, scheduler),
        say=lambda text: print(text, file=sys.stderr),
    )  # fmt: skip
    return load_sweep(folder)


def load(
    folder: str | Path, *more: str | Path, unfinished: bool = False
) -> pd.DataFrame | dict[str, pd.DataFrame]:
    """Return the result that a folder holds.

    Args:
        folder: a folder that a command, or ``sweep``, has written.
        more: further folders of the same sweep, as shards on other machines leave them.
        unfinished: of a sweep, return what is there where batches are missing.

    Returns:
        Of a sweep its rows, of a comparison its effects (a row an outcome and horizon), of a run
        its tables by name.

    Raises:
        InputError, Refused: where there is no such folder, or it cannot be read.
    """
    place = expanded(Path(folder), "folder")
    kind = read_manifest(place).get("kind")
    if kind == "run":
        tables = runs.result_of(place)
        return {name: table.to_pandas() for name, table in tables.items()}
    if kind == "compare":
        return _effects(read_effects(place))
    return load_sweep(folder, *more, unfinished=unfinished)


def sensitivity(
    folder: str | Path,
    *more: str | Path,
    horizon: str | None = None,
    unfinished: bool = False,
    outcome: str | None = None,
) -> pd.DataFrame:
    """Return a global sensitivity analysis of a sweep: a row an outcome, factor and index.

    Arguments and errors as of ``analysis.sensitivity.indices.sensitivity``.
    """
    from analysis.sensitivity.indices import sensitivity as indices_of

    return indices_of(folder, *more, horizon=horizon, unfinished=unfinished, outcome=outcome)


def _effects(figures: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"a": figures["a"], "b": figures["b"], **row} for row in figures["outcomes"]]
    )


def specification_of(
    what: str | Path,
    vary: Mapping[str, Any] | None,
    overrides: Iterable[str] | Mapping[str, Any],
    entries: Mapping[str, Any],
) -> Specification:
    """Return the sweep that the arguments of ``sweep`` describe; raises ``InputError``."""
    name, texts = name_of(what, "what is swept", "ban"), texts_of(overrides)
    if is_specification(home(name)):
        return read_specification(home(name), entries, texts)
    factors = {str(name): _factor(value) for name, value in (vary or {}).items()}
    return check({**entries, "scenario": name}, factors, title="", place="", overrides=texts)


def _factor(value: Any) -> Any:
    if isinstance(value, tuple) and len(value) == 2:
        return {"low": value[0], "high": value[1]}
    found = plain(value)
    return {"values": found} if isinstance(found, list) else found


def _workers(workers: Any) -> int | None:
    return None if workers is None else whole_number(workers, "workers", 1, worker_pool.cores())
