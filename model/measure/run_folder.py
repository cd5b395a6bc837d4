"""A run's folder: resolved scenario, provenance, Parquet tables; whole or absent.

A folder is written beside its place under a hidden temporary name, synced, and renamed at the
end, so that a reader never sees half a run, whenever the writer is killed. A folder that exists
is never overwritten. Whether it can be made is found out before anything is computed for it.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa

from model.core.arrow import write_table
from model.core.errors import InputError
from model.core.kernels import sources_digest
from model.measure.tables import content_digest
from model.scenario import Scenario, as_toml
from model.state.inputs import Inputs

SCHEMA_VERSION = 1
LONGEST_NAME = 120  # bytes of the words in a folder's name; file systems take 255 for all of it
LONGEST_FILE = "a/compute_by_source.parquet"  # the longest path inside a result's folder
TRIES = 10  # to make the folder in which a hidden one is filled
PLAIN = re.compile(r"[^/\\\x00-\x1f\x7f]{1,250}")  # a name that leads to no other folder
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
    then: Callable[[Path], object] | None = None,
) -> str | None:
    """Write a run's folder, whole or not at all; raises ``Refused`` when something is there.

    ``then`` draws figures, as ``write_folder`` says; returns why they could not be drawn.
    """

    def fill(place: Path) -> None:
        text = as_toml(scenario.parameters, scenario.title, scenario.story)
        (place / "scenario.toml").write_text(text, encoding="utf-8")
        for name, content in tables.items():
            write_table(content, place / f"{name}.parquet")
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

    return write_folder(folder, fill, then)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with a newline at the end; refuses ``nan``: undefined figures are null."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def folder_name(words: str, end: str) -> str:
    """Return the name of a result's folder: words and end; words too long for a disk are cut.

    Letters of a digest of all the words distinguish names that are cut alike.
    """
    content = words.encode(errors="surrogateescape")
    if len(content) > LONGEST_NAME:
        kept = content[: LONGEST_NAME - 9].decode(errors="ignore")
        words = f"{kept}-{hashlib.sha256(content).hexdigest()[:8]}"
    return f"{words}-{end}"


def probe(folder: Path) -> None:
    """Find out whether a result's folder can be made, before anything is computed for it.

    All is tried that is done at the end, with the longest names there are. Raises ``Refused``.
    """
    if os.path.lexists(folder) and not folder.exists():
        raise Refused(f"{folder}: is a link that leads nowhere; remove it, or give another folder")
    made = [place for place in folder.parents if not os.path.lexists(place)]
    try:
        place = _aside(folder)
        try:
            (place / folder.name).mkdir()
            for name in ("figures", Path(LONGEST_FILE).parent):
                (place / name).mkdir()
            (place / LONGEST_FILE).write_bytes(b"probe")
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        with suppress(OSError):  # others may have begun to use them
            for parent in made:
                parent.rmdir()


def write_folder(
    folder: Path, fill: Callable[[Path], None], then: Callable[[Path], object] | None = None
) -> str | None:
    """Make a folder by filling a hidden one beside it, syncing it, and renaming it.

    ``then`` draws ``figures`` into it before it appears under its name. Whatever becomes of them,
    what ``fill`` has written is kept: returns why they could not be drawn.
    """
    if os.path.lexists(folder):
        raise Refused(f"{folder}: exists and is never overwritten; choose another folder")
    try:
        place = _aside(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        fill(place)
        why, stop = None, None
        try:
            if then is not None:
                then(place)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
        except BaseException as error:  # an interrupt: first keep what was computed
            stop = error
        if why is not None or stop is not None:
            shutil.rmtree(place / "figures", ignore_errors=True)
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
        raise _unwritable(folder, error) from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if stop is not None:
        raise stop
    return why


def _aside(folder: Path) -> Path:
    # The hidden folder in which one of this name is filled.
    prefix = f".{folder.name}-{platform.node()}-{os.getpid()}-"
    for again in range(TRIES):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            return Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        except FileNotFoundError:  # another process tried whether it could be made, and left
            if again == TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def _unwritable(folder: Path, error: OSError) -> Refused:
    hint = ""
    if error.errno == errno.ENAMETOOLONG:
        rest = len(os.fsencode(folder.absolute())) - len(os.fsencode(folder.parent.absolute()))
        hint = (
            f" ({len(os.fsencode(folder.absolute()))} letters, {rest} of them its own name); give "
            "a scenario or a folder with a shorter name"
        )
    return Refused(f"{folder}: cannot be written: {error.strerror}{hint}")


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
    except (ProcessLookupError, OverflowError):  # a number that no process has
        return False
    except OSError:
        return True
    return True


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Read a result's folder: whatever is odd in it ends as one ``Refused`` that names it."""
    try:
        yield
    except (Refused, InputError):
        raise
    except OSError as error:
        raise Refused(f"{folder}: cannot be read or written: {error.strerror or error}") from error
    except Exception as error:  # a table without a column, a number where a list should be
        first = (str(error).splitlines() or [""])[0][:120]
        raise Refused(
            f"{folder}: cannot be read: holds no sound result, or one of another version "
            f"({type(error).__name__}: {first})"
        ) from error


def plain(names: Iterable[str]) -> list[str]:
    """Return names of which a folder's files are named. Raises ``ValueError`` where one leads out.

    Who wrote the folder may not say which files outside of it are read and written.
    """
    found = list(names)
    for name in found:
        if not isinstance(name, str) or not PLAIN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be part of a file's name")
    return found


def inside(place: Path, folder: Path) -> None:
    """Refuse a place below a folder that a link leads out of it; raises ``Refused``."""
    if place.is_relative_to(folder) and not place.resolve().is_relative_to(folder.resolve()):
        raise Refused(f"{place}: is a link that leads out of {folder}; remove it")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a result's folder.

    Raises ``InputError`` without a folder, ``Refused`` where the manifest is foreign or newer.
    """
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; run or compare makes one")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
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
