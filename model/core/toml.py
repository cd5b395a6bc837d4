"""TOML files of users: read within limits, refused with line and column, written back."""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

from model.core.errors import InputError, shown

LARGEST_FILE = 1_000_000  # bytes; a scenario file is a page or two
GOOD_LINES = 'good lines are title = "mine" and firms = 3000'
WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
ENDLESS_NUMBER = re.compile(r"[0-9][0-9_]{3999}")  # Python refuses to read these
ENDLESS_KEY = re.compile(r"(?:[^\s.=]{1,60}[ \t]?\.[ \t]?){60}")  # time and memory grow squared


def read_toml(path: Path) -> dict[str, Any]:
    """Read a small TOML file; raises ``InputError`` naming file, line and column, and the rule."""
    place = path.name
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise InputError(f"{place}: is no plain file; a good one is text, a page or two")
            # Files of the system have no size: they are windows, and count as empty.
            content = file.read(LARGEST_FILE + 1) if about.st_size else b""
    except OSError as error:
        raise InputError(f"{place}: cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise InputError(
            f"{place}: too large for a scenario, which has at most {LARGEST_FILE} bytes; "
            "a good one is a page or two"
        )
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{place}: must be UTF-8 text, got UTF-16; save it again as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: {_position(content[: error.start].decode())}: must be UTF-8 text, got the "
            f"byte 0x{content[error.start]:02x}; save it again as UTF-8"
        ) from None
    return parsed(text.replace("\r\n", "\n"), place)


def _without_waiting(path: str, flags: int) -> int:
    # A pipe, a device or a file of the system may hold a reader for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def parsed(text: str, place: str) -> dict[str, Any]:
    """Parse TOML; raises ``InputError`` naming place, line and column, and the rule."""
    for pattern, rule in (
        (ENDLESS_NUMBER, "numbers have less than 4000 digits"),
        (ENDLESS_KEY, "names have less than 60 parts"),
    ):
        found = pattern.search(text)
        if found:
            position = _position(text[: found.start()])
            raise InputError(f"{place}: {position}: {rule}, got {shown(found[0])}; {GOOD_LINES}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        start = re.search(r"[\[{][^\n]{40}", text)
        position = _position(text[: start.start()] if start else "")
        raise InputError(f"{place}: {position}: is nested too deeply; {GOOD_LINES}") from None
    except ValueError as error:
        message = str(error)
        where = WHERE.search(message)
        if where is None or where[1] is None:  # the end of the document
            position, line = _position(text), text.rstrip().rpartition("\n")[2]
        else:
            position = f"line {where[1]}, column {where[2]}"
            line = text.split("\n")[int(where[1]) - 1]
        rule = WHERE.sub("", message)[:120]
        raise InputError(
            f"{place}: {position}: is not TOML ({rule}), got {shown(line)}; {GOOD_LINES}"
        ) from None


def value_of(text: str) -> Any:
    """Return a value written as TOML; an unquoted word is text."""
    try:
        content = parsed(f"value = {text}", "value")
    except InputError:
        return text
    return content["value"] if len(content) == 1 else text


def quoted(value: Any) -> str:
    """Write a value as TOML, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {quoted(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(quoted, value)) + "]"
    if isinstance(value, date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # alike in both


def _position(before: str) -> str:
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return f"line {line}, column {column}"
