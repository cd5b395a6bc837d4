"""The overhead of a sweep over its runs: ``python -m benchmarks.overhead``. Use a quiet machine.

The runs' own time is that of the same points in one process, one after another, nothing kept.
Both kinds are measured alternately; ratios with their spread count, seconds do not. With
``--memory`` the largest memory of the parent is printed for few and for many tiny runs.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.experiments import sweep as sweeps
from analysis.experiments import worker_pool
from analysis.experiments.plan import plan_of
from analysis.experiments.specification import check
from analysis.experiments.sweep_batch import run_batch
from benchmarks.speed import machine

FACTORS = {"controls.porosity": {"low": 0.0, "high": 0.6}}
TINY = ("economy.firms=60", "economy.labs=12", "economy.clusters=20", "economy.prehistory=12",
        'economy.end="2018-03"')  # fmt: skip
DEFAULT: tuple[str, ...] = ()


def sweep(points: int, overrides: tuple[str, ...], workers: int, folder: Path) -> float:
    """Run a sweep in a new folder; returns seconds from the start of warm workers to the end."""
    entries = {"scenario": "ban", "against": "no_ban", "points": points}
    spec, plan, digest = plan_of(check(entries, FACTORS, title="", place="", overrides=overrides))
    batches = sweeps.begin(spec, plan, spec.digest(digest), folder)
    engine = worker_pool.Processes(workers)
    warm = sweeps.batch_of(0, range(1), spec, plan)
    for future in [engine.submit(run_batch, warm) for _ in range(workers)]:
        future.result()
    begun = time.perf_counter()
    sweeps.resume(batches, spec, plan, lambda: engine)
    return time.perf_counter() - begun


def alone(points: int, overrides: tuple[str, ...]) -> float:
    """Run the same points here, one after another; returns seconds."""
    entries = {"scenario": "ban", "against": "no_ban", "points": points}
    spec, plan, _ = plan_of(check(entries, FACTORS, title="", place="", overrides=overrides))
    run_batch(sweeps.batch_of(0, range(1), spec, plan))
    begun = time.perf_counter()
    run_batch(sweeps.batch_of(0, range(points), spec, plan))
    return time.perf_counter() - begun


def memory(points: int) -> float:
    """Return the largest memory of a sweep's parent process, in MB."""
    code = (
        "import resource, sys, tempfile\n"
        "from pathlib import Path\n"
        "from benchmarks.overhead import TINY, sweep\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        f"    sweep({points}, TINY, 2, Path(folder) / 's')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--memory", action="store_true", help="few and many tiny runs, some minutes")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--points", type=int, default=24)
    given = words.parse_args()
    print(machine())
    for name, overrides, points in (
        ("default worlds", DEFAULT, given.points),
        ("tiny worlds", TINY, 20 * given.points),
    ):
        one, two, gain = [], [], []
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                runs = alone(points, overrides)
                single = sweep(points, overrides, 1, Path(folder) / "one")
                double = sweep(points, overrides, 2, Path(folder) / "two")
            one.append(100.0 * (single / runs - 1.0))
            two.append(100.0 * (2.0 * double / runs - 1.0))
            gain.append(single / double)
        for label, values, unit in (
            ("overhead, one worker", one, "%"),
            ("overhead, two workers", two, "%"),
            ("two workers against one", gain, "x"),
        ):
            middle = statistics.median(values)
            print(f"{name}, {points} pairs: {label:<24} {middle:6.2f} {unit}  "
                  f"({min(values):.2f} to {max(values):.2f}, {len(values)} times)")  # fmt: skip
    if given.memory:
        for points in (200, 5000):
            print(f"memory of the parent, {points} tiny pairs: {memory(points):.0f} MB")


if __name__ == "__main__":
    main()
