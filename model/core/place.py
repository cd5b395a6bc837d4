"""Paths as users write them; imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from model.core.errors import InputError


def expanded(path: Path, what: str) -> Path:
    """Return a path with ``~`` as the home folder it stands for. Raises ``InputError``."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise InputError(
            f"{what} {path}: {path.parts[0]} is nobody's home folder; write the whole path, or "
            f"./{path} for a folder of this name"
        ) from None
