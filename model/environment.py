"""Parameters in the environment: ``SPILLOVER_GROUP__NAME``, and what is left to others.

Clusters and module systems name variables after programs (``SPILLOVER_SERVICE_HOST``,
``SPILLOVER_ROOT``). A name that is none of ours, nor nearly one, is ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from model.core.errors import InputError, near
from model.core.toml import value_of
from model.parameters import FACTS, GROUPS

PREFIX = "SPILLOVER_"
OTHERS = ("SPILLOVER_CACHE_DIR",)  # ours, and no parameters
ALIKE = 0.92  # from which a name is a parameter's with a letter wrong


def set_in(environment: Mapping[str, str]) -> list[tuple[str, str, Any, str]]:
    """Return the parameters that the environment sets: group, name, value, place.

    Raises ``InputError`` for a name in a group of parameters that has no such parameter, and for a
    name that is nearly a parameter's.
    """
    found = []
    for name, value in environment.items():
        if _is_ours(name):
            group, _, entry = name.removeprefix(PREFIX).lower().partition("__")
            if group not in GROUPS:
                meant = _nearest(name)
                hint = f"did you mean {meant}?" if meant else near(group, GROUPS)
                raise InputError(f"${name}: is no parameter; {hint}")
            found.append((group, entry, value_of(value), f"${name}"))
    return found


def ignored(environment: Mapping[str, str]) -> list[str]:
    """Return the names that begin as ours do, and are ignored."""
    names = (name for name in environment if name.startswith(PREFIX) and name not in OTHERS)
    return sorted(name for name in names if not _is_ours(name))


def _is_ours(name: str) -> bool:
    # In a group of ours, or so near a parameter's name that it can only be meant.
    if not name.startswith(PREFIX) or name in OTHERS:
        return False
    group, two, _ = name.removeprefix(PREFIX).lower().partition("__")
    return bool(two and group in GROUPS) or bool(_nearest(name))


def _nearest(name: str) -> str:
    rest = name.removeprefix(PREFIX).upper()
    close = difflib.get_close_matches(rest, _names(), 1, ALIKE)
    return f"{PREFIX}{close[0]}" if close else ""


@cache
def _names() -> tuple[str, ...]:
    return tuple(f"{group}__{entry}".upper() for group, entry in FACTS)
