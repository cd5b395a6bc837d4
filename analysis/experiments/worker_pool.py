"""Where runs are computed: processes of this machine, or the workers of a Dask cluster.

Both engines take calls of functions that a worker can import, and give a
``concurrent.futures.Future`` for each. Workers are kept as long as the engine, and each uses one
thread. A worker that dies fails only the call it was at (``WorkerDied``); the next call gets a new
one. The sources of the program itself are all that workers import: a caller's script is not run
again, and needs no guard ``if __name__ == "__main__"``.

Libraries that were tried in place of the pipes of ``Processes`` and of ``worker``, each with six
jobs on two workers, one of which calls ``os._exit`` and one of which gets SIGKILL:

- ``concurrent.futures.ProcessPoolExecutor`` (spawn and forkserver): one death breaks the pool and
  fails all six (``BrokenProcessPool``); workers run the caller's script again, so it needs a guard.
  A pool of one worker for each thread would cost one job a death, but the guard remains.
- ``loky`` 3.7: no guard, but again one death fails all six (``TerminatedWorkerError``). A pool of
  one worker for each thread did not end: it hung after the first deaths, and its workers outlived
  their killed parent.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from analysis.experiments.worker_process import receive, send
from model import compile_ahead
from model.core.errors import InputError

HOME = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(
    (
        "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)  # fmt: skip
NAMES = ("processes", "dask")
PATIENCE = 10.0  # seconds to wait for a scheduler, and for workers to end by themselves
LOOK = 5.0  # seconds for which a cluster's number of workers is remembered


class WorkerDied(Exception):
    """The worker at a call is gone: killed, crashed, or out of memory."""


class EngineLost(Exception):
    """The engine itself is gone, as when a cluster's scheduler was stopped."""


class Engine(Protocol):
    """What an engine can do."""

    def capacity(self) -> int:
        """Return how many calls are carried out at the same time."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Submit a call; its future gives the value, the call's exception or ``WorkerDied``."""

    def waits(self) -> str | None:
        """Return what the engine waits for where nothing can go on, in words."""

    def close(self, kill: bool = False) -> None:
        """Let workers end; with ``kill``, at once and whatever they do."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes:
    """Worker processes on this machine, started when they are first needed."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="spillover-worker")
        self._own = threading.local()
        self._lock = threading.Lock()
        compile_ahead.begin()
        self._children: list[subprocess.Popen[bytes]] = []
        self._closed = False

    def capacity(self) -> int:
        """Return the number of workers."""
        return self._workers

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Submit a call to the next free worker."""
        return self._pool.submit(self._call, function, arguments)

    def waits(self) -> str | None:
        """Return None: a worker is started when it is needed."""
        return None

    def close(self, kill: bool = False) -> None:
        """End the workers: idle ones by themselves; with ``kill`` all of them, at once."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            if kill:
                child.kill()
            elif child.stdin is not None:
                with _unheard():
                    child.stdin.close()
        for child in self._children:
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            for stream in (child.stdin, child.stdout):
                with _unheard():
                    if stream is not None:
                        stream.close()

    def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        content = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        child = getattr(self._own, "child", None)
        if child is None or child.poll() is not None:
            child = self._own.child = self._start()
        calls: Any = child.stdin
        answers: Any = child.stdout
        try:
            send(calls, content)
            fine, value = pickle.loads(receive(answers))
        except (EOFError, OSError, ValueError):
            code = child.wait()
            raise WorkerDied(f"the worker died while running the job ({_ending(code)})") from None
        if fine:
            return value
        raise value

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(HOME), *filter(None, [os.environ.get("PYTHONPATH")])])
        with self._lock:
            if self._closed:
                raise WorkerDied("the engine was closed")
            child = subprocess.Popen(
                # -P: no file of the current folder stands in for one of ours
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "analysis.experiments.worker_process",
                    str(os.getpid()),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
            )
            self._children = [c for c in self._children if c.poll() is None] + [child]
        return child


class Dask:
    """The workers of a Dask cluster that is already there.

    Raises ``InputError`` where ``dask.distributed`` is not installed or nobody answers.
    """

    def __init__(self, scheduler: str | None) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise InputError(
                "engine dask needs dask.distributed, which is not installed; install "
                "spillover[cluster], or use engine processes"
            ) from None
        if not scheduler:
            raise InputError(
                "engine dask needs the address of a scheduler, as in scheduler tcp://127.0.0.1:8786"
            )
        for name in ("distributed.client", "distributed.core", "distributed.comm"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # we report losses
        try:
            self._client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError, RuntimeError) as error:
            raise InputError(
                f"scheduler {scheduler}: no Dask scheduler answers there ({error}); "
                "a good value is tcp://127.0.0.1:8786, where dask scheduler runs"
            ) from None
        self._pool = self._client.get_executor(pure=False)
        self._known, self._looked, self._gone = 1, -LOOK, False

    def capacity(self) -> int:
        """Return the number of threads of all workers, as of a few seconds ago."""
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            try:
                threads = sum(self._client.nthreads().values())
                self._known, self._gone = max(1, threads), threads == 0
            except Exception as error:
                raise EngineLost(f"the Dask scheduler is gone ({error})") from None
        return self._known

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Submit a call to any worker; the cluster repeats it where a worker is lost."""
        future: Future[Any] = self._pool.submit(_on_cluster, function, arguments)
        return future

    def waits(self) -> str | None:
        """Return that the cluster has no worker, where it has none."""
        return "waiting for the cluster, which has no worker now" if self._gone else None

    def close(self, kill: bool = False) -> None:
        """Leave the cluster; calls that are not finished are given up."""
        self._pool.shutdown(wait=False)
        with _unheard(Exception):
            self._client.close(timeout=PATIENCE)


def _on_cluster(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return function(*arguments)


def lost(error: BaseException) -> str | None:
    """Return why a worker was lost, where that is the reason for an exception."""
    if isinstance(error, WorkerDied):
        return str(error)
    if type(error).__name__ == "KilledWorker":  # of distributed, which may not be installed
        return "the cluster's workers died while running the job"
    return None


def start(name: str = "processes", workers: int | None = None, scheduler: str | None = None) -> Any:
    """Return an engine by name. Raises ``InputError`` where there is no such one."""
    if name == "dask":
        return Dask(scheduler)
    if name != "processes":
        raise InputError(f"engine must be one of {', '.join(NAMES)}, got {name!r}")
    if scheduler is not None:
        raise InputError(f"scheduler {scheduler}: goes with engine dask")
    return Processes(workers or cores())


def check(name: str, scheduler: str | None) -> None:
    """Find out whether an engine can be had, before anything is written for it.

    Raises ``InputError``.
    """
    if name != "processes":
        start(name, scheduler=scheduler).close()


def each(
    function: Callable[..., Any], calls: list[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, Any]]:
    """Carry out calls on worker processes, or here where one is enough; yields as they are done.

    Yields (number of the call, value). A call whose worker died is carried out once more. Raises
    what a call raises, ``WorkerDied`` at its second death too, and ends all others then.
    """
    if workers <= 1 or len(calls) <= 1:
        for number, arguments in enumerate(calls):
            yield number, function(*arguments)
        return
    engine = Processes(min(workers, len(calls)))
    fine = False
    try:
        numbers: dict[Future[Any], int] = {}
        waiting, again = deque(range(len(calls))), set[int]()
        while waiting or numbers:
            while waiting and len(numbers) < 2 * workers:
                number = waiting.popleft()
                numbers[engine.submit(function, *calls[number])] = number
            for future in wait(numbers, return_when=FIRST_COMPLETED).done:
                number = numbers.pop(future)
                if isinstance(future.exception(), WorkerDied) and number not in again:
                    again.add(number)
                    waiting.appendleft(number)
                    continue
                yield number, future.result()
        fine = True
    finally:
        engine.close(kill=not fine)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = "; out of memory?" if name == "SIGKILL" else ""
    return f"{name}{hint}"


@contextmanager
def _unheard(kind: type[Exception] = OSError) -> Iterator[None]:
    with suppress(kind):
        yield
