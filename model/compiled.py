"""How kernels are compiled, cached and spread over threads.

numba keys its cache by the file that holds a kernel, so a helper edited in another file would be
missed. The cache folder is therefore named after a digest of all sources of the model. The folder
is set while our kernels are decorated and put back at once: a user's own numba code keeps its own.
No ``fastmath`` (it breaks comparisons with NaN) and no contraction of multiply and add (it differs
between processors).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numba

CHUNK = 1024  # rows a thread takes at a time; results do not depend on it


@cache
def sources_digest() -> str:
    """Return the SHA-256 (hexadecimal) of all Python sources of the model and the numba version."""
    digest = hashlib.sha256(numba.__version__.encode())
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        digest.update(str(path.relative_to(here).as_posix()).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def cache_folder() -> Path:
    """Return a writable folder for what may be computed again: kernels, resolved constants."""
    root = os.environ.get("SPILLOVER_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(root) if root else Path.home() / ".cache"
        folder = base / "spillover" / sources_digest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # no rights, or nobody's home
        return Path(tempfile.mkdtemp(prefix="spillover-cache-"))


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of arrays and numbers; cached on disk, holds no interpreter lock."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder())
    try:
        compiled: Callable[..., Any] = numba.njit(
            function, nogil=True, cache=True, error_model="numpy"
        )
    finally:
        settings.CACHE_DIR = before
    return compiled


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small function that kernels call; it becomes part of them."""
    compiled: Callable[..., Any] = numba.njit(function, nogil=True, error_model="numpy")
    return compiled


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="spillover")


def over_rows(threads: int, rows: int, function: Callable[..., None], *arguments: Any) -> None:
    """Call ``function(start, stop, *arguments)`` over all rows, on one or several threads.

    Each row is written by one call only and nothing is summed across rows, so the result has the
    same bits for any number of threads.
    """
    if threads <= 1 or rows <= CHUNK:
        function(0, rows, *arguments)
        return
    starts = range(0, rows, CHUNK)
    jobs = [
        _pool(threads).submit(function, start, min(start + CHUNK, rows), *arguments)
        for start in starts
    ]
    for job in jobs:
        job.result()
