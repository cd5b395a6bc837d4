"""How fast: ``make bench``. Run it on a quiet machine; every figure names its spread."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def machine() -> str:
    """Return the processor's name, the number of cores and the system."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = names[0].partition(":")[2].strip() if names else name
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} cores, {system}"


def seconds(function: Callable[[], object], times: int) -> str:
    """Return the median and range of the time a call takes."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        function()
        taken.append(time.perf_counter() - begun)
    spread = f"{min(taken):.2f} to {max(taken):.2f}, {times} times"
    return f"{statistics.median(taken):7.2f} s  ({spread})"


def command(*words: str, **environment: str) -> Callable[[], object]:
    """Return a call of the command in a process of its own."""
    return lambda: subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=HERE,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )


def main() -> None:
    print(machine())
    print("spillover --help                         ", seconds(command("--help"), 9))
    with tempfile.TemporaryDirectory() as folder:
        cold = command("run", "ban", "--no-plot", "--out", f"{folder}/0",
                       SPILLOVER_CACHE_DIR=f"{folder}/cache")  # fmt: skip
        print("first run ever, compile included         ", seconds(cold, 1))

        def warm() -> object:
            shutil.rmtree(f"{folder}/1", ignore_errors=True)
            return command("run", "ban", "--no-plot", "--out", f"{folder}/1")()

        warm()
        print("default run, whole process, no figures   ", seconds(warm, 5))

    from model.economy import World

    def run(firms: int = 3000, threads: int = 1) -> Callable[[], object]:
        return lambda: World("ban", rng=1, threads=threads, economy__firms=firms).run()

    run()()
    print("default run (3,000 firms, 156 + 36 months)", seconds(run(), 7))
    for firms in (30_000, 100_000):
        for threads in (1, 2):
            label = f"{firms:,} firms, {threads} thread{'s' * (threads > 1)}"
            print(f"{label:<42}", seconds(run(firms, threads), 1))
    world = World("ban", rng=1, economy__firms=100_000)
    print(f"bytes a firm at 100,000 firms             {world.state.bytes() / 100_000:7.0f}")


if __name__ == "__main__":
    main()
