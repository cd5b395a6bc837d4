"""A place for what can be made again, where the usual one cannot be written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

RUNS = ("run", "compare", "sweep", "claims", "doctor")  # commands that compile kernels


@contextmanager
def usable_cache(words: Sequence[str]) -> Iterator[None]:
    """Give this process and its workers one cache folder, for its own time where no other is.

    Nobody's home, or one without rights, keeps nothing: commands that run worlds say so once.
    """
    if _writable():
        yield
        return
    import shutil
    import tempfile

    try:
        place = tempfile.mkdtemp(prefix="spillover-cache-")
    except OSError:  # not even there; who needs it will say so
        yield
        return
    before = os.environ.get("SPILLOVER_CACHE_DIR")
    os.environ["SPILLOVER_CACHE_DIR"] = place
    os.environ.setdefault("MPLCONFIGDIR", place)
    if words and words[0] in RUNS and not {"-q", "--quiet", "-h", "--help"} & set(words):
        print(
            "no folder for compiled code can be written, so that each command compiles anew, for a "
            "minute; SPILLOVER_CACHE_DIR=FOLDER names one that can",
            file=sys.stderr,
        )
    try:
        yield
    finally:
        if before is None:
            del os.environ["SPILLOVER_CACHE_DIR"]
        else:
            os.environ["SPILLOVER_CACHE_DIR"] = before
        if os.environ.get("MPLCONFIGDIR") == place:
            del os.environ["MPLCONFIGDIR"]
        shutil.rmtree(place, ignore_errors=True)


def _writable() -> bool:
    # As the model looks for its folder, but nothing is left behind.
    root = os.environ.get("SPILLOVER_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(root) if root else Path.home() / ".cache") / "spillover"
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        try:
            probe.touch()
        finally:
            with suppress(OSError):
                probe.unlink()
    except (OSError, RuntimeError):
        return False
    return True
