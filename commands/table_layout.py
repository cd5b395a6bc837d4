"""Tables as lines of a given width: numbers whole, words folded, no column lost.

A column of numbers is as wide as its longest number; columns of words share what is left and fold.
Where that leaves no room, each row becomes a list of its columns, one below another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, chop_cells

GAP = 1
LEAST = 16  # letters that a column of words needs; shorter words need less, longer ones are cut
FIGURE = re.compile(r"[-+−]?\d[\d,._]*(e[+-]?\d+)?|-|")
MARKS = re.compile(r"\s*(…|\.\.\.|%|\bx\b|\bto\b|[<>]=?|[≥≤~])\s*")


def lines(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int | None
) -> tuple[list[str], int]:
    """Return a table's lines, and how many of them are its head; ``width`` None: no limit."""
    texts = [[cell.replace("\n", " ") for cell in row] for row in rows]
    natural = [max([cell_len(head), *(cell_len(row[c]) for row in texts)])
               for c, head in enumerate(columns)]  # fmt: skip
    gaps = GAP * (len(columns) - 1)
    if width is None or sum(natural) + gaps <= width:
        return _laid(columns, texts, natural)
    least = [_least(head, [row[c] for row in texts]) for c, head in enumerate(columns)]
    room = width - gaps - sum(least)
    if room < 0:
        return _listed(columns, texts, width), 0
    widths = list(least)
    while room and (short := [c for c, w in enumerate(widths) if w < natural[c]]):
        widths[min(short, key=lambda c: widths[c])] += 1
        room -= 1
    return _laid(columns, texts, widths)


def folded(text: str, width: int) -> list[str]:
    """Return a text in lines of a width: between words, longer words cut; wide letters count 2."""
    found: list[str] = [""]
    for word in text.split(" "):
        longer = f"{found[-1]} {word}" if found[-1] else word
        if cell_len(longer) <= width:
            found[-1] = longer
            continue
        parts = chop_cells(word, width) if cell_len(word) > width else [word]
        found += parts if found[-1] else []
        if not found[0] and len(found) == 1:
            found = list(parts)
    return found


def _is_figure(cell: str) -> bool:
    return all(FIGURE.fullmatch(part) for part in MARKS.sub(" ", cell).strip().split(" "))


def _least(head: str, cells: Sequence[str]) -> int:
    # Numbers stay whole; of words the longest, up to a limit beyond which they are cut.
    longest = max((cell_len(word) for word in head.split(" ")), default=0)
    if cells and all(map(_is_figure, cells)):
        return max([min(longest, LEAST), *map(cell_len, cells)])
    words = [cell_len(word) for cell in cells for word in cell.split(" ")]
    return max(1, min(LEAST, max([longest, *words])))


def _laid(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> tuple[list[str], int]:
    heads = _row(columns, widths)
    return [*heads, *(line for row in rows for line in _row(row, widths))], len(heads)


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = [folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    found = []
    for number in range(max(map(len, parts), default=0)):
        line = [part[number] if number < len(part) else "" for part in parts]
        padded = (text + " " * (w - cell_len(text)) for text, w in zip(line, widths, strict=True))
        found.append((" " * GAP).join(padded).rstrip())
    return found


def _listed(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    found = []
    for row in rows:
        for number, (head, cell) in enumerate(zip(columns, row, strict=True)):
            indent = "  " if number else ""
            text = folded(f"{head}: {cell}", max(8, width - 4))
            found += [indent + text[0], *(f"{indent}  {line}" for line in text[1:])]
    return found
