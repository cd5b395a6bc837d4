"""A run's folder: resolved scenario, provenance, Parquet tables; whole or absent.

A folder is written beside its place under a hidden temporary name, synced, and renamed at the
end, so that a reader never sees half a run, whenever the writer is killed. A folder that exists
is never overwritten.
"""

from __future__ import annotations

import glob
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from model.core.errors import InputError
from model.core.kernels import sources_digest
from model.measure.tables import content_digest
from model.scenario import Scenario, as_toml
from model.state.inputs import Inputs

SCHEMA_VERSION = 1
PACKAGES = ("spillover", "numpy", "numba", "llvmlite", "scipy", "pandas", "pyarrow", "mesa")


class Refused(Exception):
    """A result would be overwritten, is foreign or incomplete; nothing was written."""


def provenance(scenario: Scenario, seed: int, seconds: float) -> dict[str, Any]:
    """Return how a result was made: versions, commit, parameters, machine, command, time."""
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {
        "scenario": scenario.name,
        "seed": seed,
        "digest": scenario.parameters.digest(),
        "sources": sources_digest(),
        "commit": _commit(),
        "packages": packages,
        "python": platform.python_version(),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
        },
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }


def acts_of(inputs: Inputs) -> list[dict[str, str]]:
    """Return the acts that come into force during a run: name, title and month of effect."""
    calendar = inputs.calendar
    spans = [(act, *calendar.span(act.effective, act.ended)) for act in inputs.acts]
    return [
        {"name": act.name, "title": act.title, "month": calendar.label(start)}
        for act, start, stop in spans
        if start < stop
    ]


def cast_of(inputs: Inputs) -> dict[str, Any]:
    """Return leader, follower, and the printed names of the blocs."""
    return {
        "leader": inputs.leader,
        "follower": inputs.follower,
        "labels": {bloc.name: bloc.label for bloc in inputs.blocs},
    }


def write_run(
    folder: Path,
    scenario: Scenario,
    tables: Mapping[str, pa.Table],
    about: Mapping[str, Any],
    then: Callable[[Path], None] | None = None,
) -> None:
    """Write a run's folder, whole or not at all; raises ``Refused`` when something is there.

    ``then`` adds to the folder (figures) before it appears under its name.
    """

    def fill(place: Path) -> None:
        text = as_toml(scenario.parameters, scenario.title, scenario.story)
        (place / "scenario.toml").write_text(text, encoding="utf-8")
        for name, content in tables.items():
            pq.write_table(content, place / f"{name}.parquet", compression="zstd")
        columns = {
            name: {
                field.name: {
                    "unit": field.metadata[b"unit"].decode(),
                    "description": field.metadata[b"description"].decode(),
                }
                for field in content.schema
            }
            for name, content in tables.items()
        }
        digest = content_digest(tables)
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "kind": "run",
            **about,
            "content": digest,
            "tables": columns,
        }
        write_json(place / "manifest.json", manifest)
        if then is not None:
            then(place)

    write_folder(folder, fill)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with a newline at the end; refuses ``nan``: undefined figures are null."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def write_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder by filling a hidden one beside it, syncing it, and renaming it."""
    if folder.exists():
        raise Refused(f"{folder}: exists and is never overwritten; choose another folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        prefix = f".{folder.name}-{platform.node()}-{os.getpid()}-"
        place = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    except OSError as error:
        raise Refused(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        fill(place)
        for path in sorted(place.rglob("*")):
            if path.is_file():
                sync(path)
        sync(place)
        place.chmod(0o755)
        try:
            os.rename(place, folder)
        except OSError:
            raise Refused(
                f"{folder}: was made by another process meanwhile; theirs is kept"
            ) from None
        sync(folder.parent)
    except OSError as error:
        raise Refused(f"{folder}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep(folder: Path) -> None:
    # Remove what writers of this folder left behind when they were killed on this machine.
    start = f".{folder.name}-{platform.node()}-"
    for left in folder.parent.glob(f"{glob.escape(start)}*"):
        process = left.name.removeprefix(start).split("-")[0]
        if process.isdecimal() and int(process) != os.getpid() and not alive(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def alive(process: int) -> bool:
    """Say whether a process of this machine is running."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a result's folder.

    Raises ``InputError`` without a folder, ``Refused`` where the manifest is foreign or newer.
    """
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; run or compare makes one")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Refused(
            f"{folder}: holds no result of spillover (no readable manifest.json)"
        ) from None
    if not isinstance(manifest, dict) or "schema_version" not in manifest:
        raise Refused(f"{folder}: manifest.json is not one of spillover")
    if not isinstance(manifest["schema_version"], int):
        raise Refused(f"{folder}: manifest.json is not one of spillover")
    if manifest["schema_version"] > SCHEMA_VERSION:
        raise Refused(f"{folder}: was written by a newer spillover; update to read it")
    return manifest


def sync(path: Path) -> None:
    """Write a file, or the names in a folder, through to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _commit() -> str | None:
    here = Path(__file__).resolve().parents[2]
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None
