"""Arrays that took long to compute, kept in the cache and believed only where undamaged."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from model.core.cache import cache_folder
from model.core.table import Floats


def kept(name: str, make: Callable[[], Floats]) -> Floats:
    """Return the array of a name (with the digest of all that it follows from), made at most once.

    A file that is not to the letter what was written is made again; where nothing can be written,
    the array is made each time.
    """
    kind, _, digest = name.rpartition("-")
    path = cache_folder() / f"{kind}-{digest[:24]}.json"
    found = read(path, name)
    if found is None:
        found = make()
        keep(path, name, found)
    return found


def read(path: Path, name: str) -> Floats | None:
    """Return what was kept, or nothing where the file is not exactly what ``keep`` writes."""
    try:
        text = path.read_text(encoding="utf-8")
        values = np.array(json.loads(text)["values"], np.float64)
        return values if text == _page(name, values) else None
    except (OSError, ValueError, TypeError, LookupError, RecursionError, OverflowError):
        return None


def keep(path: Path, name: str, values: Floats) -> None:
    """Write an array, whole or not at all; a folder that cannot be written is no error."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            file.write(_page(name, values))
        os.replace(file.name, path)
    except OSError:
        pass


def _page(name: str, values: Floats) -> str:
    content = {"name": name, "values": values.tolist()}
    check = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return json.dumps({**content, "check": check})
