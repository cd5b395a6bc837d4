"""Where things are kept that can be made again; imports nothing heavy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

told: list[Callable[[], None]] = []  # called once, before the first kernel is compiled


@cache
def cache_folder() -> Path:
    """Return a writable folder for what can be made again: kernels, constants, offers on tab."""
    root = os.environ.get("SPILLOVER_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(root) if root else Path.home() / ".cache") / "spillover"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # no rights, or nobody's home
        return Path(tempfile.mkdtemp(prefix="spillover-cache-"))


def say_that_it_compiles() -> None:
    """Tell whoever wants to know that kernels have to be compiled, the first time only."""
    while told:
        told.pop()()
