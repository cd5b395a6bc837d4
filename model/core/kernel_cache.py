"""Compiled kernels on disk, shared by all checkouts, environments and processes of a machine.

numba keeps compiled code by the path and the time of its source, so that every clone compiles
anew, and it trusts what it finds. Here a kernel is kept by content: by what decides how it is
compiled (its sources, the types it is called with, numba, Python, the processor), wherever it
stands. Each file begins with the digest of the rest: a file that was cut, emptied or written by
something else is thrown away and made again. Where nothing can be written, kernels are compiled
and not kept. Of two processes that need the same kernel at once, one compiles it and the other
waits for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numba
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from model.core import cache

DIGEST = 32  # bytes of SHA-256 at the head of a file
LONGEST_WAIT, PAUSE = 60.0, 0.02  # seconds for which another process's compilation is waited for


class KernelCache:
    """The cache of one kernel, as numba asks for it; stands in the place of numba's own."""

    def __init__(self, function: Callable[..., Any], sources: str) -> None:
        code = function.__code__
        self._stamp = hashlib.sha256(
            repr((sources, function.__module__, function.__qualname__)).encode() + code.co_code
        )
        self._name = function.__qualname__.replace("<", "").replace(">", "")
        self._folder = cache.cache_folder() / "kernels" / sources[:16]
        self._claims: dict[Path, IO[bytes]] = {}

    @property
    def cache_path(self) -> str:
        """The folder of the kernel's files."""
        return str(self._folder)

    def enable(self) -> None:
        """Do nothing: it is always on."""

    disable = flush = enable

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the compiled code for a signature, or nothing where it must be compiled."""
        context.refresh()
        path = self._path(signature, context.codegen())
        found = self._read(path, context)
        if found is None and self._claim(path):
            found = self._read(path, context)  # another process has made it meanwhile
            if found is not None:
                self._release(path)
        if found is None:
            cache.say_that_it_compiles()
        return found

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep the compiled code of a signature."""
        path = self._path(signature, compiled.codegen)
        try:
            if not compiled.lifted and not compiled.library.has_dynamic_globals:
                self._write(path, dumps(compiled._reduce()))
        except OSError:
            pass  # the disk is full or nobody's: the code is there, it is only not kept
        finally:
            self._release(path)

    def _path(self, signature: Any, codegen: Any) -> Path:
        key = self._stamp.copy()
        where = (numba.__version__, sys.version_info[:2], codegen.magic_tuple())
        key.update(repr((signature, where)).encode())
        return self._folder / f"{self._name}-{key.hexdigest()[:24]}"

    def _read(self, path: Path, context: Any) -> Any:
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
                raise ValueError("damaged")
            return CompileResult._rebuild(context, *pickle.loads(content[DIGEST:]))
        except Exception:  # whatever a damaged or foreign file may raise
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            os.replace(name, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _claim(self, path: Path) -> bool:
        # Whether another process was waited for. A lock ends with the process that holds it.
        try:
            import fcntl
        except ImportError:  # Windows: both compile
            return False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.with_name(f".{path.name}.lock").open("wb")
        except OSError:
            return False
        waited, stop = False, time.monotonic() + LONGEST_WAIT
        while time.monotonic() < stop:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._claims[path] = file
                return waited or path.exists()
            except BlockingIOError:
                waited = True
                time.sleep(PAUSE)
            except OSError:  # a file system without locks
                break
        file.close()
        return waited

    def _release(self, path: Path) -> None:
        file = self._claims.pop(path, None)
        if file is not None:
            with contextlib.suppress(OSError):
                path.with_name(f".{path.name}.lock").unlink()
            file.close()
