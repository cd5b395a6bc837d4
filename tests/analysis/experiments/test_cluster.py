"""The engine dask, against a real scheduler with worker processes on this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from analysis.experiments import sweep as sweeps
from analysis.experiments import worker_pool
from model.core.errors import InputError
from tests.sweeping import done, tiny

distributed = pytest.importorskip("distributed")
HERE = Path(__file__).resolve().parents[3]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Start a scheduler and two workers on loopback; they end with the test."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), **worker_pool.ONE_THREAD}
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=tmp_path, env=environment,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    try:
        scheduler = start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                          "--no-dashboard", "--no-show")  # fmt: skip
        assert scheduler.stderr is not None
        address = ""
        for line in scheduler.stderr:
            if found := re.search(r"Scheduler at:\s*(tcp://127\.0\.0\.1:\d+)", line):
                address = found[1]
                break
        assert address
        workers = [
            start("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
                  "--no-dashboard", "--host", "127.0.0.1", "--death-timeout", "60",
                  "--local-directory", str(tmp_path / f"worker-{n}"))
            for n in range(2)
        ]  # fmt: skip
        for process in started:  # nobody else reads what they say
            assert process.stderr is not None
            threading.Thread(target=process.stderr.read, daemon=True).start()
        yield address, workers
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def test_a_cluster_that_loses_a_worker_gives_the_same_rows(
    cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    address, workers = cluster
    whole = done(tmp_path / "whole", points=16)
    spec, plan, digest = tiny(points=16)
    batches = sweeps.begin(spec, plan, digest, tmp_path / "s")
    killed = []

    def tell(progress: Any) -> None:
        if progress.new >= 4 and not killed:
            killed.append(True)
            os.kill(workers[0].pid, signal.SIGKILL)

    def engine() -> Any:
        made = worker_pool.start("dask", scheduler=address)
        until = time.monotonic() + 60.0
        while made.capacity() < 2 and time.monotonic() < until:
            time.sleep(0.2)
            made._looked = 0.0
        assert made.capacity() == 2
        return made

    progress = sweeps.resume(batches, spec, plan, engine, report=tell)
    assert killed and (progress.done, progress.failed, progress.total) == (16, 0, 16)
    for number in range(16):
        assert pq.read_table(batches.path(number)).equals(pq.read_table(whole.path(number)))


def test_no_cluster_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="needs the address of a scheduler"):
        worker_pool.start("dask")
    monkeypatch.setattr(worker_pool, "PATIENCE", 0.3)
    with pytest.raises(InputError, match="no Dask scheduler answers there"):
        worker_pool.start("dask", scheduler="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install spillover\[cluster\]"):
        worker_pool.start("dask", scheduler="tcp://127.0.0.1:9")
