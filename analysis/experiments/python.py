"""Experiments from Python, as pandas frames: what the commands do, for notebooks and scripts.

Workers import the program alone and never run the caller's script again, so a call needs no guard
``if __name__ == "__main__"``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.experiments import engines
from analysis.experiments import sweep as sweeps
from analysis.experiments.plan import plan_of
from analysis.experiments.points import Failure
from analysis.experiments.specification import Specification
from analysis.experiments.specification import read as read_specification
from analysis.experiments.sweep_folder import Damaged, Parts, spans
from model.measure.run_folder import Refused
from model.scenario import load

if TYPE_CHECKING:
    import pandas as pd


def sweep(
    what: str | Path,
    *,
    vary: Mapping[str, Any] | None = None,
    out: str | Path = "runs",
    workers: int | None = None,
    engine: str = "processes",
    scheduler: str | None = None,
    overrides: Iterable[str] = (),
    **entries: Any,
) -> pd.DataFrame:
    """Run a sweep, or go on with one, and return its rows.

    Args:
        what: path of a sweep's file, or a scenario.
        vary: factors by name, as in a sweep's file: ``{"controls.porosity": {"low": 0.0, "high":
            0.6}}``; a pair of numbers is a range, a list choices. Not with a file.
        out: folder in which the sweep's folder is made.
        workers: worker processes; by default one a core.
        engine: ``processes`` or ``dask``.
        scheduler: address of the Dask scheduler.
        overrides: ``group.name=value``, held in all points.
        entries: ``design``, ``points``, ``replicates``, ``against``, ``seed``, ``horizons``.

    Returns:
        As ``load_sweep``.

    Raises:
        InputError: where something given is wrong.
        Refused: where the folder holds something else.
    """
    spec = _specification(what, vary, overrides, entries)
    spec, plan, digest_of_plan = plan_of(spec)
    digest = spec.digest(digest_of_plan)
    folder = sweeps.folder_of(spec, plan, digest, Path(out))
    parts = sweeps.begin(spec, plan, digest, folder, resume=True)
    sweeps.carry_on(parts, spec, plan, lambda: engines.start(engine, workers, scheduler))
    return load_sweep(folder)


def _specification(
    what: str | Path,
    vary: Mapping[str, Any] | None,
    overrides: Iterable[str],
    entries: Mapping[str, Any],
) -> Specification:
    from analysis.experiments.specification import check, is_specification

    if is_specification(Path(what)):
        return read_specification(Path(what), entries, tuple(overrides))
    factors: dict[str, Any] = {}
    for name, value in (vary or {}).items():
        if isinstance(value, tuple) and len(value) == 2:
            value = {"low": value[0], "high": value[1]}
        factors[name] = {"values": value} if isinstance(value, list) else value
    return check({**entries, "scenario": str(what)}, factors, title="", place="",
                 overrides=tuple(overrides))  # fmt: skip


def load_sweep(folder: str | Path, *more: str | Path, unfinished: bool = False) -> pd.DataFrame:
    """Return the rows of a sweep: one a point, replicate and horizon, with the factors' values.

    Args:
        folder: a sweep's folder.
        more: further folders of the same sweep, as shards on other machines leave them.
        unfinished: return what is there where batches are missing, instead of refusing.

    Returns:
        A frame; ``frame.attrs`` tells ``design``, ``factors``, ``failed`` (points that gave no
        row, with their messages) and ``missing`` (how many runs).

    Raises:
        Refused: where a folder holds no sweep or another one, or, unless ``unfinished``, where
            batches are missing: it names them, and the shards they belong to.
    """
    content, failures, missing, first = merged([Path(folder), *map(Path, more)])
    if missing and not unfinished:
        raise Refused(gap(first, missing, [Path(folder), *map(Path, more)]))
    plan = pq.read_table(first.folder / "plan.parquet")
    factors = [name for name in plan.column_names if name != "point" and "@" not in name]
    frame: pd.DataFrame = content.to_pandas(strings_to_categorical=True)
    values = plan.select(["point", *factors]).to_pandas().set_index("point")
    at = values.reindex(frame["point"]).reset_index(drop=True)
    for place, name in enumerate(factors):
        frame.insert(1 + place, name, at[name])
    frame.attrs = {
        "design": first.manifest["design"],
        "factors": factors,
        "failed": [vars(failure) for failure in failures],
        "missing": sum(len(first.layout.jobs_of(number)) for number in missing),
        "replicates": first.layout.replicates,
    }
    return frame


def merged(folders: list[Path]) -> tuple[pa.Table, list[Failure], list[int], Parts]:
    """Return all sound rows of the folders of one sweep, failures, missing batches, the first one.

    Raises ``Refused`` where a folder is of another sweep.
    """
    several = [Parts(folder) for folder in folders]
    first = several[0]
    for parts in several:
        if parts.digest != first.digest:
            raise Refused(f"{parts.folder}: holds another sweep than {first.folder}")
    tables: list[pa.Table] = []
    failures: list[Failure] = []
    missing = []
    there = [set(parts.there()) for parts in several]
    for number in range(first.layout.batches):
        for parts, known in zip(several, there, strict=True):
            if number not in known:
                continue
            try:
                content, failed = parts.read(number)
            except (Damaged, FileNotFoundError):
                continue
            tables.append(content.replace_schema_metadata(None))
            failures += failed
            break
        else:
            missing.append(number)
    from analysis.experiments.points import part

    blank = part([], first.manifest["against"] is not None).replace_schema_metadata(None)
    return pa.concat_tables(tables) if tables else blank, failures, missing, first


def gap(parts: Parts, missing: list[int], folders: list[Path]) -> str:
    """Say what is missing of a sweep: runs, batches, the shards they belong to."""
    runs = sum(len(parts.layout.jobs_of(number)) for number in missing)
    text = f"{parts.folder}: is unfinished: {runs} of {parts.layout.jobs} runs are missing"
    counts = {
        int(place.name.partition("-of-")[2])
        for folder in folders
        for place in (folder / "shards").glob("*-of-*")
    }
    if counts:
        number = max(counts)
        shards = sorted({batch % number + 1 for batch in missing})
        names = ", ".join(f"{shard}/{number}" for shard in shards)
        text += f" (of the shards {names})"
    else:
        text += f" (batches {spans(missing)})"
    bad = [n for n in missing if parts.path(n).exists()]
    if bad:
        text += f"; damaged: {', '.join(parts.path(n).name for n in bad[:5])}"
    return f"{text}; finish it with spillover sweep {parts.folder} --resume"


def compare(
    a: str, *others: str, replicates: int = 16, draws: str = "", seed: int = 1,
    workers: int | None = None, overrides: Iterable[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """Run twins and return the effects: a row a world, outcome and horizon.

    Args:
        a: the scenario to compare with.
        others: the scenarios whose effects are asked for.
        replicates: pairs of twins.
        draws: ``prior`` draws parameters from their priors, a draw a replicate.
        seed: of the first replicate's luck.
        workers: worker processes; by default one a core.
        overrides: ``group.name=value``, held in all worlds.

    Raises:
        InputError: where something given is wrong.
    """
    import pandas as pd

    from analysis.experiments.compare import compare_all
    from analysis.experiments.comparison_folder import as_json

    worlds = [load(name, tuple(overrides)) for name in (a, *others)]
    found = compare_all(
        worlds, replicates=replicates, seed=seed, workers=workers or engines.cores(),
        draws=draws == "prior",
    )  # fmt: skip
    rows = [
        {"a": comparison.a.name, "b": comparison.b.name, **row}
        for comparison in found
        for row in as_json(comparison)["outcomes"]
    ]
    return pd.DataFrame(rows)


def timed(seconds: float | None) -> float | None:
    """Return the moment at which a span of seconds from now is over."""
    return None if seconds is None else time.monotonic() + seconds
