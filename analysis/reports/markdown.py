"""Pages in Markdown: tables, and writing a page whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from model.measure.run_folder import Refused


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table as lines, with an empty one after it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def probe(page: Path) -> None:
    """Find out whether a page can be written, before anything is computed for it.

    Raises ``Refused``.
    """
    if page.is_dir() or not page.name:
        raise Refused(f"page {page}: is a folder; give the name of a file, as {page / 'page.md'}")
    _put(page, "", keep=False)


def write(page: Path, text: str) -> None:
    """Write a page, whole or not at all. Raises ``Refused`` where it cannot be written."""
    _put(page, text + "\n", keep=True)


def _put(page: Path, text: str, keep: bool) -> None:
    aside = page.with_name(f".{page.name}-{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        if keep:
            os.replace(aside, page)
    except OSError as error:
        raise Refused(f"page {page}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            aside.unlink()
