"""A tiny sweep that tests share, and an engine that works in the caller's own process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from analysis.experiments import sweep as sweeps
from analysis.experiments.plan import Plan, plan_of
from analysis.experiments.specification import Specification, check
from analysis.experiments.sweep_folder import Batches
from tests import worlds

# Labs, places and prehistory as in conftest: what is solved for one is solved for both.
TINY = tuple(worlds.texts(worlds.SMALL, economy__firms=60, economy__end="2018-03"))
FACTORS = {
    "controls.porosity": {"low": 0.0, "high": 0.6},
    "controls.stockpiling": "switch",
}


class Here:
    """Carries out calls at once, in this process."""

    def capacity(self) -> int:
        return 1

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def waits(self) -> str | None:
        return None

    def close(self, kill: bool = False) -> None:
        pass


def dies_once(place: Path, value: int) -> int:
    """Return the value, but end the process at the first call with a place."""
    if not place.exists():
        place.touch()
        os._exit(5)
    return value


def tiny(factors: Any = None, **entries: Any) -> tuple[Specification, Plan, str]:
    """Return a sweep of tiny twins, its points and its digest."""
    entries = {"scenario": "ban", "against": "no_ban", "design": "lhs", "points": 6, "batch": 1,
               **entries}  # fmt: skip
    entries = {name: value for name, value in entries.items() if value is not None}
    spec = check(entries, FACTORS if factors is None else factors, title="", place="",
                 overrides=TINY)  # fmt: skip
    spec, plan, digest = plan_of(spec)
    return spec, plan, spec.digest(digest)


def done(folder: Path, factors: Any = None, shard: Any = (1, 1), **entries: Any) -> Batches:
    """Carry a tiny sweep out in a folder, in this process."""
    spec, plan, digest = tiny(factors, **entries)
    batches = sweeps.begin(spec, plan, digest, folder, resume=True)
    sweeps.resume(batches, spec, plan, Here, shard=shard)
    return batches


if __name__ == "__main__":  # python -m tests.sweeping FOLDER POINTS
    done(Path(sys.argv[1]), points=int(sys.argv[2]))
