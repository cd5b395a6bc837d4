"""Errors in what a user gave: one kind of exception, and the wording of its messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date, time
from typing import Any


class InputError(ValueError):
    """An error in what a user gave; the text names place, rule, value and a good value."""


def shown(value: Any) -> str:
    """Return a value as messages show it; long ones are cut."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number with too many digits, too deep a list
        return "something far too large"
    return text if len(text) <= 80 else text[:77] + "..."


def near(wrong: str, good: Iterable[str]) -> str:
    """Return a hint: the nearest good word, or all of them."""
    words = list(good)
    close = difflib.get_close_matches(wrong, words, 1)
    return f"did you mean {close[0]!r}?" if close else "known are " + ", ".join(words)
