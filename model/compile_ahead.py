"""Compile the kernels of a month from its last phase to its first, beside a process that runs it.

A first run compiles all kernels, in the order of the month. Started beside it, this module runs a
small world's phases backwards, so that each of the two processes compiles about half: they share
one cache, and neither compiles what the other is compiling. What the phases do in this order means
nothing and is thrown away: ``python -m model.compile_ahead``. A file in the cache says that it was
done for these sources.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from model.core import cache
from model.core.kernels import sources_digest

MONTHS = 2  # some kernels run only where the month before left something behind
_begun = False  # by this process, which begins once


def compile_ahead() -> None:
    """Run every phase of a small world, the last first, for the sake of its kernels alone."""
    from model.month import MONTH, close
    from model.parameters import Parameters
    from model.scenario import load
    from model.setup.baseline import references
    from model.setup.initial_state import build
    from model.setup.inputs import inputs_of

    parameters: Parameters = load("ban", ["economy.firms=100"]).parameters
    inputs = inputs_of(parameters)
    fixed, state = build(parameters, inputs, references(parameters, inputs), seed=1)
    for _ in range(MONTHS):
        for phase in reversed(MONTH):
            with contextlib.suppress(Exception):  # it may lack what an earlier phase makes
                phase(fixed, state)
        close(state)
    with contextlib.suppress(OSError):
        _mark().touch()


def begin() -> None:
    """Compile in a process of its own where that was not yet done; it ends by itself."""
    global _begun
    if _begun or _mark().exists():
        return
    _begun = True
    cache.say_that_it_compiles()
    with contextlib.suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-m", "model.compile_ahead"],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def say() -> None:
    """Say on standard error why the first command takes longer than all that follow."""
    print("spillover: compiling once for this machine, about a minute", file=sys.stderr)


def _mark() -> Path:
    return cache.cache_folder() / "kernels" / f".done-{sources_digest()[:16]}"


if __name__ == "__main__":
    compile_ahead()
