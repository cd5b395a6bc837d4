"""Whether this machine is fit: versions, cores, cache, write rights, and a small run as a test."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from model.core.errors import InputError
from model.measure.run_folder import PACKAGES

OPTIONAL = {"distributed": "the engine dask; install spillover[cluster]"}
ROOM = 1_000_000_000  # bytes of disk below which a warning stands
SMALL = ("economy.firms=60", "economy.labs=12", "economy.clusters=20", "economy.prehistory=12",
         'economy.end="2018-06"')  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: fine, a warning, or wrong; and what to do."""

    name: str
    state: str  # "ok", "warning" or "wrong"
    text: str


def examine(out: Path) -> Iterator[Finding]:
    """Yield findings, one after another; the last ones run a small world and a worker.

    ``out`` is the folder in which results would be written.
    """
    where = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("python", "ok" if sys.version_info >= (3, 11) else "wrong", where)
    for name in PACKAGES:
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(name, "wrong", "is not installed; install spillover again")
    for name, what in OPTIONAL.items():
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(name, "ok", f"is not there; only needed for {what}")
    yield environment()
    yield from _machine(out)
    yield _guarded("self-test", _self_test)
    yield _guarded("workers", _workers)


def environment() -> Finding:
    """Return what the environment sets, and which of its names are ignored."""
    # Clusters and module systems set names too; a typing error may be among them.
    from model.environment import ignored, set_in

    try:
        found = [f"{place} is taken" for *_, place in set_in(os.environ)]
    except InputError as error:
        return Finding("environment", "wrong", str(error))
    others = ignored(os.environ)
    if others:
        found.append(f"{', '.join(others)} ignored: no parameters, which are named "
                     "SPILLOVER_GROUP__NAME, as SPILLOVER_CONTROLS__POROSITY")  # fmt: skip
    return Finding("environment", "warning" if others else "ok", "; ".join(found) or "sets nothing")


def _machine(out: Path) -> Iterator[Finding]:
    from analysis.experiments.worker_pool import cores
    from model.core.cache import cache_folder

    mine, whole = cores(), os.cpu_count() or 1
    yield Finding("cores", "ok", f"{mine}" if mine == whole else f"{mine} of {whole} may be used")
    folder = cache_folder()
    asked = os.environ.get("SPILLOVER_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    lasting = not folder.name.startswith("spillover-cache-")
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    yield Finding(
        "cache",
        "ok" if lasting else "warning",
        f"{folder}, {files} files" + ("" if lasting else
        f": {asked or 'the home folder'} cannot be written, so everything is compiled each time; "
        "set SPILLOVER_CACHE_DIR to a folder that can"),
    )  # fmt: skip
    place = out
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        yield Finding("results", "wrong", f"{out}: cannot be written: {error.strerror}; give "
                      "another --out")  # fmt: skip
        return
    if hasattr(os, "statvfs"):
        status = os.statvfs(place)
        free = status.f_bavail * status.f_frsize
        yield Finding("results", "ok" if free > ROOM else "warning",
                      f"{out} can be written; {free / 1e9:.1f} GB free")  # fmt: skip


def _self_test() -> str:
    # The same world twice must be the same to the bit, and its accounts must close.
    from model.measure.tables import content_digest
    from model.run import run
    from model.scenario import load

    world = load("ban", SMALL, environment={})
    begun = time.perf_counter()
    first = content_digest(run(world, 1, strict=True).tables)
    compiled = time.perf_counter() - begun
    begun = time.perf_counter()
    second = content_digest(run(world, 1, threads=2).tables)
    warm = time.perf_counter() - begun
    if first != second:
        raise ValueError("two runs of the same world differ; please report it")
    return (f"a small world twice, the same to the bit ({compiled:.1f} s with what had to be "
            f"compiled, then {warm:.2f} s)")  # fmt: skip


def _workers() -> str:
    from analysis.experiments.worker_pool import Processes

    engine = Processes(1)
    begun = time.perf_counter()
    try:
        engine.submit(os.getpid).result(timeout=120)
    finally:
        engine.close()
    return f"a process of its own answers ({time.perf_counter() - begun:.1f} s to start)"


def _guarded(name: str, test: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", test())
    except Exception as error:  # whatever is wrong is what is to be told
        return Finding(name, "wrong", f"{type(error).__name__}: {error}")
