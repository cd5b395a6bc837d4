"""The rows of a sweep as one frame, from its folder or the folders of its shards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analysis.experiments.experiment import Failure
from analysis.experiments.sweep_batch import as_table
from analysis.experiments.sweep_folder import Batches, Damaged, spans
from model.core.place import expanded
from model.measure.outcomes import CENSORED
from model.measure.run_folder import Refused

if TYPE_CHECKING:
    import pandas as pd


def load_sweep(folder: str | Path, *more: str | Path, unfinished: bool = False) -> pd.DataFrame:
    """Return the rows of a sweep: one a point, replicate and horizon, with the factors' values.

    Args:
        folder: a sweep's folder.
        more: further folders of the same sweep, as shards on other machines leave them.
        unfinished: return what is there where batches are missing, instead of refusing.

    Returns:
        A frame; ``frame.attrs`` holds ``design``, ``factors``, ``failed`` (points that gave no
        row, with their messages), ``missing`` (how many runs), ``points``, ``replicates`` and
        ``kinds`` (what the sweep says of each factor).

    Raises:
        Refused: where a folder holds no sweep or another one, or, unless ``unfinished``, where
            batches are missing: it names them, and the shards they belong to.
    """
    folders = [expanded(Path(one), "folder") for one in (folder, *more)]
    content, failures, missing, first = merged(folders)
    if missing and not unfinished:
        raise Refused(missing_message(first, missing, folders))
    plan = first.plan()
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
        "points": first.layout.points,
        "kinds": {factor["name"]: factor for factor in first.manifest["factors"]},
    }
    _older(frame)
    return frame


def _older(frame: pd.DataFrame) -> None:
    # Sweeps of older versions say only that one of the two worlds is cut off: it may be either.
    for name in CENSORED:
        if f"{name}_effect" in frame and f"{name}_against_censored" not in frame:
            frame[f"{name}_against_censored"] = frame[f"{name}_censored"]


def merged(folders: list[Path]) -> tuple[pa.Table, list[Failure], list[int], Batches]:
    """Return all sound rows of the folders of one sweep, failures, missing batches, the first one.

    Raises ``Refused`` where a folder is of another sweep.
    """
    several = [Batches(folder) for folder in folders]
    first = several[0]
    for batches in several:
        if batches.digest != first.digest:
            raise Refused(f"{batches.folder}: holds another sweep than {first.folder}")
    tables: list[pa.Table] = []
    failures: list[Failure] = []
    missing = []
    there = [set(batches.there()) for batches in several]
    for number in range(first.layout.batches):
        for batches, known in zip(several, there, strict=True):
            if number not in known:
                continue
            try:
                content, failed = batches.read(number)
            except (Damaged, FileNotFoundError):
                continue
            tables.append(content.replace_schema_metadata(None))
            failures += failed
            break
        else:
            missing.append(number)
    blank = as_table([], first.manifest["against"] is not None).replace_schema_metadata(None)
    return pa.concat_tables(tables) if tables else blank, failures, missing, first


def missing_message(batches: Batches, missing: list[int], folders: list[Path]) -> str:
    """Say what is missing of a sweep: runs, batches, the shards they belong to."""
    runs = sum(len(batches.layout.jobs_of(number)) for number in missing)
    text = f"{batches.folder}: is unfinished: {runs} of {batches.layout.jobs} runs are missing"
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
    bad = [n for n in missing if batches.path(n).exists()]
    if bad:
        text += f"; damaged: {', '.join(batches.path(n).name for n in bad[:5])}"
    return f"{text}; resume it to finish it"
