"""Compilation of kernels, their cache, and their distribution over threads.

A kernel is kept on disk by a digest of its file and of all files of the model that it imports, at
any depth: an edit recompiles only the kernels that depend on the edited file. Of the tables in
``model/state`` the layout counts, not the meaning written for a column.
No ``fastmath`` (it breaks comparisons with NaN) and no contraction of multiply and add (it differs
between processors).
"""

from __future__ import annotations

import dis
import functools
import hashlib
import re
import sys
from collections import namedtuple
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numba
import numba.extending
import numpy as np

from model.core.kernel_cache import KernelCache

HERE = Path(__file__).resolve().parent.parent
IMPORTS = re.compile(r"^(?:from|import) (model(?:\.\w+)*)(?: import (\([^)]*\)|[^\n(]*))?", re.M)
LAYOUT = re.compile(
    r'^class (\w+)|^    (\w+): ([^=#\n]+?)(?: +#.*| = column\(\s*("\w+"(?:,\s*"\w+")*).*)?$', re.M
)
CHUNK = 1024  # rows a thread takes at a time; results do not depend on this number


@cache
def sources_digest() -> str:
    """Return the SHA-256 (hexadecimal) of all Python sources of the model and the numba version."""
    return _digest(HERE.rglob("*.py"))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(paths):
        place = path.relative_to(HERE) if path.is_relative_to(HERE) else path
        digest.update(place.as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def layout_digest(paths: Iterable[Path]) -> str:
    """Return the SHA-256 (hexadecimal) of what decides how kernels of some files are compiled.

    Of a table only the names, types and dimensions of its columns do, not what is said of them.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(paths):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "state" and path.name != "codes.py":
            text = repr(LAYOUT.findall(text))
        digest.update(f"{path.name}\n{text}".encode())
    return digest.hexdigest()


@cache
def standing_on(path: Path) -> frozenset[Path]:
    """Return a file of the model and all files of the model that it imports, at any depth.

    Imports inside functions and for type checkers only do not count: kernels take their helpers
    and constants from imports at the head of a file.
    """
    found, waiting = {path}, [path]
    while waiting:
        for name, members in IMPORTS.findall(waiting.pop().read_text(encoding="utf-8")):
            words = [name, *(f"{name}.{word}" for word in re.findall(r"\w+", members))]
            for word in words:
                source = HERE.parent.joinpath(*word.split(".")).with_suffix(".py")
                if source not in found and source.is_file():
                    found.add(source)
                    waiting.append(source)
    return frozenset(found)


class Face(tuple[Any, ...]):
    """Base of the named tuples by which kernels take tables and groups of parameters.

    Its class decides the types of its entries; ``narrowed`` holds what single kernels read of it.
    """

    @functools.cached_property
    def narrowed(self) -> dict[tuple[Kernel, int], Any]:
        """What a kernel reads of this face, by kernel and place among its arguments."""
        return {}


def face_class(name: str, columns: Iterable[str], owner: str, module: str) -> Any:
    """Return a class of named tuples, found by the name ``owner.Face`` of a module."""
    made = type("Face", (namedtuple(name, columns), Face), {})
    made.__module__, made.__qualname__ = module, f"{owner}.Face"  # as numba's cache needs it
    return made


class Kernel:
    """A compiled function that is handed no more than it reads.

    A table may have fifty columns of which a kernel reads three. numba would look at all fifty at
    every call and compile code that unpacks them, which takes longer than most kernels take to
    run. So a face (of a table, of a group of parameters) is narrowed to the columns that stand in
    the kernel's own code, once for each face; and a call whose kinds of arguments are known goes
    straight to the machine code.
    """

    def __init__(self, compiled: Any) -> None:
        self.compiled = compiled
        self._columns = _columns_read(compiled.py_func)
        self._codes: dict[tuple[Any, ...], Callable[..., Any]] = {}
        functools.update_wrapper(self, compiled.py_func)

    def __call__(self, *arguments: Any) -> Any:
        """Call the machine code; compiles it, or loads it from the cache, where it is needed."""
        given = list(arguments)
        for place, columns in self._columns:
            face = given[place]
            if isinstance(face, Face):
                given[place] = face.narrowed.get((self, place)) or self._narrowed(
                    place, face, columns
                )
        kinds = _kinds(given)
        code = self._codes.get(kinds)
        if code is not None:
            return code(*given)
        result = self.compiled(*given)
        types = tuple(numba.typeof(value) for value in given)
        if types in self.compiled.overloads:
            self._codes[kinds] = self.compiled.overloads[types].entry_point
        return result

    def _narrowed(self, place: int, face: Any, columns: tuple[str, ...]) -> Any:
        function = self.compiled.py_func
        name = f"{function.__name__}_{place}_{type(face).__qualname__.replace('.', '_')}"
        module = sys.modules[function.__module__]
        if not hasattr(module, name):
            made: Any = namedtuple(name, columns)  # type: ignore[misc]
            made.__module__, made.by_face = module.__name__, True  # type: ignore[attr-defined]
            setattr(module, name, made)  # found by its name, as numba's cache needs it
        narrow = getattr(module, name)(*(getattr(face, column) for column in columns))
        face.narrowed[self, place] = narrow  # as long as the face is there
        return narrow


def _columns_read(function: Callable[..., Any]) -> list[tuple[int, tuple[str, ...]]]:
    # Arguments of which only attributes are read, with their names; one that is handed on whole
    # (to a helper) is left as it is.
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    columns: dict[str, set[str]] = {name: set() for name in names}
    whole = set()
    steps = list(dis.get_instructions(function))
    for step, following in pairwise([*steps, steps[-1]]):
        if not step.opname.startswith(("LOAD_FAST", "STORE_FAST")):
            continue
        loaded = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        read = step.opname.startswith("LOAD_FAST") and following.opname == "LOAD_ATTR"
        if read:
            columns.get(loaded[-1], set()).add(following.argval)
        whole |= set(loaded[:-1] if read else loaded)
    return [
        (place, tuple(sorted(columns[name])))
        for place, name in enumerate(names)
        if columns[name] and name not in whole
    ]


@numba.extending.typeof_impl.register(Kernel)
def _typeof_kernel(value: Kernel, context: Any) -> Any:
    return numba.typeof(value.compiled)  # kernels that call a kernel see what numba made of it


@cache
def _is_open(kind: type) -> bool:
    # A tuple whose entries say what it is; the class of a face says as much by itself.
    return issubclass(kind, tuple) and not issubclass(kind, Face) and not hasattr(kind, "by_face")


def _kinds(values: Iterable[Any]) -> tuple[Any, ...]:
    # What decides the numba types of values, found quickly.
    kinds: list[Any] = []
    for value in values:
        kind = type(value)
        if kind is np.ndarray:
            kinds.append((value.dtype.num, value.ndim, value.flags.num))
        elif kind is not float and kind is not int and _is_open(kind):  # type: ignore[arg-type]
            kinds.append((kind, _kinds(value)))
        else:
            kinds.append(kind)
    return tuple(kinds)


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of arrays and numbers; cached on disk, holds no interpreter lock."""
    own = Path(function.__code__.co_filename).resolve()
    sources = standing_on(own) if own.is_file() else ()
    compiled: Any = numba.njit(function, nogil=True, error_model="numpy")
    compiled._cache = KernelCache(function, layout_digest(sources))
    return Kernel(compiled)


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small function that kernels call; it becomes part of them."""
    compiled: Callable[..., Any] = numba.njit(
        function, nogil=True, error_model="numpy", forceinline=True
    )
    return compiled


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="spillover")


def over_rows(threads: int, rows: int, function: Callable[..., None], *arguments: Any) -> None:
    """Call ``function(start, stop, *arguments)`` over all rows, on one or several threads.

    Only one call writes a row and none sums across rows, so the result has the same bits for any
    number of threads.
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
