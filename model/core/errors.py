"""Errors in what a user gave: one kind of exception, and the wording of its messages."""

from __future__ import annotations

import difflib
import re
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
    close = nearest(wrong, words)
    return f"did you mean {close!r}?" if close else "known are " + ", ".join(words)


def nearest(wrong: str, good: Iterable[str]) -> str:
    """Return the word that was meant, a letter or two aside; empty where none is near.

    Names are compared part by part, as ``imports_china`` is near to ``imports_us`` letter by
    letter, and means another country.
    """
    for word in difflib.get_close_matches(wrong, list(good), 3):
        one, other = (re.split(r"[._\s-]+", text.lower()) for text in (wrong, word))
        parts = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        exchanged = [("".join(one[a:b]), "".join(other[c:d])) for kind, a, b, c, d in parts
                     if kind == "replace"]  # fmt: skip
        if all(_alike(*pair) for pair in exchanged):
            return word
    return ""


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other).ratio() >= 0.6
