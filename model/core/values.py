"""Values from Python as the plain values they stand for: numpy, pandas, ranges, paths.

Scripts and notebooks hold numbers in arrays and frames. What they hand over is made plain once, at
the door, and is then checked as the same value in a file would be.
"""

from __future__ import annotations

import decimal
import numbers
import os
from collections.abc import Iterable, Mapping
from typing import Any

from model.core.errors import InputError, shown

EXACT = 2**53  # whole numbers up to here are the same as a float


def plain(value: Any) -> Any:
    """Return a value of Python's own for one of numpy or pandas, a range or a path.

    Arrays of any library, series, ranges and tuples become lists, entry by entry; what is none of
    these stays as it is, for the check of the parameter to refuse.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    try:
        return _plain(value)
    except (RecursionError, OverflowError, TypeError, ValueError):
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(entry) for entry in value]
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real | decimal.Decimal):
        return float(value)
    if type(value).__name__ == "Period":  # of pandas: a month, as it is written
        return str(value)
    for turn in ("to_pydatetime", "tolist", "to_list", "item"):  # days; arrays; series; scalars
        if callable(getattr(value, turn, None)):
            found = getattr(value, turn)()
            return found if type(found) is type(value) else plain(found)
    return value


def as_whole(value: Any) -> Any:
    """Return a float that is a whole number as an int, as frames turn ints into floats."""
    return int(value) if type(value) is float and abs(value) < EXACT and value % 1 == 0 else value


def whole_number(value: Any, name: str, low: int, good: int) -> int:
    """Return a whole number of at least ``low``; raises ``InputError`` for anything else."""
    number = as_whole(plain(value))
    if type(number) is not int or number < low:
        raise InputError(f"{name} must be a whole number of at least {low}, got {shown(value)}; "
                         f"a good value is {good}")  # fmt: skip
    return number


def name_of(value: Any, what: str, good: str) -> str:
    """Return a name or a path as text; raises ``InputError`` for anything else."""
    name = plain(value)
    if not isinstance(name, str):
        raise InputError(f"{what} must be a name or a path, got {shown(value)}; "
                         f"a good value is {good!r}")  # fmt: skip
    return name


def texts_of(overrides: Iterable[str] | Mapping[str, Any]) -> tuple[str, ...]:
    """Return overrides as texts ``group.name=value``: of one text, of texts, or of a mapping.

    A mapping has names ``group.name`` or ``group__name``. Raises ``InputError``.
    """
    from model.core.toml import quoted

    if isinstance(overrides, str):
        return (overrides,)
    if isinstance(overrides, Mapping):
        return tuple(
            f"{str(name).replace('__', '.', 1)}={quoted(plain(value))}"
            for name, value in overrides.items()
        )
    texts = plain(overrides if hasattr(overrides, "tolist") else list(overrides))
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"overrides must be texts group.name=value, got {shown(text)}; "
                             "a good value is 'controls.porosity=0.3'")  # fmt: skip
    return tuple(texts)
