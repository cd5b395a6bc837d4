"""What was meant by a value that is refused, for the good value that a refusal names.

People write 25 for 25 per cent, ``0,25`` where commas mark decimals, ``"no"`` for false, a year for
its first month. Each function returns None where nothing is near.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from model.core.errors import nearest
from model.core.values import as_whole

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
PERCENT = re.compile(r"\s*(%|per ?cent)$", re.I)
GROUPED = re.compile(r"(?<=\d)[_'\u00a0\u202f ](?=\d)|(?<=\d),(?=\d{3}(?:[,.]|$))")
DECIMAL = re.compile(r"(?<=\d),(?=\d+$)")
WORDS = {"true": True, "yes": True, "on": True, "1": True,
         "false": False, "no": False, "off": False, "0": False}  # fmt: skip
DAY = re.compile(r"(\d{4})[-/.]?(\d{1,2})?[-/.]?(\d{1,2})?(?:[T ].*)?")


def number(got: Any) -> float | int | None:
    """Return the finite number that a value is, or that a text writes."""
    if isinstance(got, bool) or not isinstance(got, int | float | str):
        return None
    text = got.strip() if isinstance(got, str) else ""
    if len(text) > 60:
        return None
    plain = DECIMAL.sub(".", GROUPED.sub("", PERCENT.sub("", text)))
    try:
        value = (float(plain) if NUMBER.fullmatch(plain) else math.nan) if text else float(got)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(value):
        return None
    value = round(value / 100.0, 12) if PERCENT.search(text) else value
    found: float | int = as_whole(value)
    return found


def numbers(got: Any, low: float, high: float, *, whole: bool) -> Iterator[float | int]:
    """Yield numbers in a range that may be meant, the likeliest first."""
    value = number(got)
    if value is None:
        return
    share = low >= 0.0 and high <= 1.0
    near = [value, round(value / 100.0, 12)] if share and 2.0 <= value <= 100.0 else [value]
    for one in near:
        found = round(one) if whole and abs(one) < 1e15 else one
        if low <= found <= high:
            yield found


def flag(got: Any) -> bool | None:
    """Return the truth value that a word, 0 or 1 stands for."""
    return WORDS.get(str(got).strip().lower()) if isinstance(got, str | int | float) else None


def day(got: Any) -> date | None:
    """Return the day of a date with a time, of a text in another form, of a month or a year."""
    if isinstance(got, datetime):
        return got.date()
    if isinstance(got, date):
        return got
    found = DAY.fullmatch(str(got).strip()) if isinstance(got, str | int) else None
    try:
        return date(*(int(part or 1) for part in found.groups())) if found else None
    except ValueError:
        return None


def month(got: Any, *, last: bool = False) -> str | None:
    """Return the month (YYYY-MM) of what ``day`` understands; of a year the first, or last."""
    found = day(got)
    if found is None or not 1900 <= found.year <= 2200:
        return None
    whole_year = re.fullmatch(r"\d{4}", str(got).strip()) is not None
    return f"{found.year:04d}-{12 if last and whole_year else found.month:02d}"


def word(got: Any, words: tuple[str, ...]) -> str | None:
    """Return the word of a list that a text is near to."""
    return nearest(got.strip().lower(), words) or None if isinstance(got, str) else None
