"""How figures look: ink and colours, a sheet laid out in centimetres, labelled line ends, files.

A sheet is 16 cm wide and as high as its parts need. Colours: M. Okabe and K. Ito, "Color Universal
Design", 2008. Where two worlds are drawn, A is dashed and lighter, B solid.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from model.measure.run_folder import plain

WIDTH = 16.0  # cm
INCH = 2.54  # cm
POINT = INCH / 72.0  # cm
INK, MUTED, RULE, FAINT = "#1a1a1a", "#5c5c5c", "#9a9a9a", "#d9d9d9"
LEADER, FOLLOWER, OTHER = "#0072b2", "#d55e00", "#8a8a8a"
DIFFERENCE, FADED = "#007a5a", "#4d9f88"  # bluish green, darkened so that words can be read
CHANNEL_COLOURS = (
    "#1a1a1a", "#e69f00", "#56b4e9", "#0072b2", "#009e73", "#cc79a7", "#f0e442", "#9a9a9a",
)  # fmt: skip
FADED_FOLLOWER = "#bd7339"  # dark enough for words
SOURCE_COLOURS = ("#cfcfcf", "#56b4e9", "#e69f00", "#1a1a1a", "#cc79a7", "#009e73")
BODY, SMALL, HEAD = 7.5, 6.5, 10.5  # points
LINE = 0.31  # cm, a line of small print
BETWEEN = 0.5  # cm, between two columns of notes
MANY = 8  # notes; more stand in two columns
LONGEST_TEXT, LONGEST_CAPTION = 240, 3000  # letters that are drawn of one text
MOST_NOTES = 60
DASHES = (0, (3.2, 1.6))

STYLE: Any = {  # names and values of matplotlib
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": BODY,
    "axes.unicode_minus": True,
    "figure.dpi": 200.0,
    "font.family": ["DejaVu Sans"],
    "font.size": BODY,
    "lines.dash_capstyle": "butt",
    "pdf.fonttype": 42,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0.0,
}


@dataclass(frozen=True)
class Key:
    """A line of the key under the title: what a line style or a band means; "": words only."""

    kind: Literal["solid", "dashed", "band", ""]
    text: str


@dataclass(frozen=True)
class Grid:
    """Where panels stand, in cm: height of each row, number of columns, room beside and below."""

    rows: tuple[float, ...]
    columns: int = 1
    left: float = 1.25
    right: float = 2.6
    between: float = 2.2
    head: float = 0.85
    foot: float = 0.55
    below: float = 0.0  # under the last row, for a label of its axis


@dataclass(frozen=True)
class Words:
    """All that is written around the panels of a sheet; ``notes`` are (mark, text)."""

    title: str
    keys: tuple[Key, ...]
    notes: tuple[tuple[str, str], ...]
    caption: str
    source: str


@contextmanager
def styled(families: Sequence[str] = ("DejaVu Sans",)) -> Iterator[None]:
    """Use this style, and nothing of the reader's own settings, until the block ends.

    Letters come from the first of the ``families`` that has them.
    """
    fonts: Any = {"font.family": list(families)}
    if len(families) > 1:
        fonts["pdf.fonttype"] = 3  # fonts with other outlines cannot be embedded whole
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="matplotlib")
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcdefaults()
        with matplotlib.rc_context({**STYLE, **fonts}):
            yield


def width_of(text: str, size: float) -> float:
    """Return how wide a text is, in cm."""
    font = FontProperties(family=matplotlib.rcParams["font.family"], size=size)
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) * POINT


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text as it is drawn: on one line, and not longer than a reader can bear."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return line if len(line) <= most else line[: most - 1] + "…"


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Return a text in lines not wider than ``width`` cm; a longer word keeps its own line."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def columns_of(
    notes: Sequence[tuple[str, str]], indent: float, room: float
) -> list[list[tuple[str, str]]]:
    """Return notes as columns of lines (mark, text): one column, or two where they are many."""
    columns = 2 if len(notes) > MANY else 1
    width = (room + BETWEEN) / columns - BETWEEN - indent
    blocks = [
        [(mark if n == 0 else "", line) for n, line in enumerate(wrapped(text, SMALL, width))]
        for mark, text in notes
    ]
    total = sum(map(len, blocks))
    found: list[list[tuple[str, str]]] = [[] for _ in range(columns)]
    for block in blocks:
        first = columns == 1 or (not found[1] and len(found[0]) * 2 + len(block) <= total)
        found[0 if first else 1] += block
    return found


def lighter(colour: str, share: float = 0.45) -> tuple[float, float, float]:
    """Return a colour mixed with white; ``share`` is the share of white."""
    red, green, blue = (part + (1.0 - part) * share for part in to_rgb(colour))
    return red, green, blue


def sheet(words: Words, grid: Grid) -> tuple[Figure, list[list[Axes]]]:
    """Lay out a sheet: title, key, panels by row and column, notes, caption, source.

    Returns the figure and its panels; the height follows from the parts.
    """
    room = WIDTH - 0.6
    words = Words(
        cut(words.title),
        tuple(Key(key.kind, cut(key.text)) for key in words.keys),
        tuple((mark, cut(text)) for mark, text in words.notes[:MOST_NOTES]),
        cut(words.caption, LONGEST_CAPTION),
        cut(words.source),
    )
    titles = wrapped(words.title, HEAD * 1.1, room)
    indent = max((width_of(mark, SMALL) for mark, _ in words.notes), default=0.0) + 0.2
    notes = columns_of(words.notes, indent, room)
    caption = wrapped(words.caption, SMALL, room)
    header = 0.35 + 0.5 * len(titles) + 0.38 * len(words.keys)
    footer = LINE * (max(map(len, notes)) + len(caption) + 1) + 0.55
    height = (
        header + sum(grid.rows) + len(grid.rows) * (grid.head + grid.foot) + grid.below + footer
    )
    figure = Figure(figsize=(WIDTH / INCH, height / INCH))

    def write(x: float, y: float, text: str, size: float, colour: str, **more: Any) -> None:
        figure.text(
            x / WIDTH, 1.0 - y / height, text, size=size, color=colour, va="baseline", **more
        )

    y = 0.3
    for text in titles:
        y += 0.5
        write(0.3, y, text, HEAD, INK, weight="bold")
    for key in words.keys:
        y += 0.38
        if key.kind:
            _sample(figure, key.kind, y - 0.09, height)
        write(1.3 if key.kind else 0.3, y, key.text, BODY, INK)
    panels = _panels(figure, grid, header, height)
    y = height - footer + 0.1
    for number, column in enumerate(notes):
        left = 0.3 + number * (room + BETWEEN) / len(notes)
        for line, (mark, text) in enumerate(column, 1):
            write(left, y + line * LINE, mark, SMALL, INK)
            write(left + indent, y + line * LINE, text, SMALL, INK)
    y += max(map(len, notes)) * LINE + 0.08
    for text in caption:
        y += LINE
        write(0.3, y, text, SMALL, MUTED)
    write(0.3, y + LINE + 0.08, words.source, SMALL, MUTED, style="italic")
    return figure, panels


def _sample(figure: Figure, kind: str, y: float, height: float) -> None:
    left, right, level = 0.3 / WIDTH, 1.15 / WIDTH, 1.0 - y / height
    if kind == "band":
        figure.add_artist(
            Rectangle((left, level - 0.1 / height), right - left, 0.2 / height, color=FAINT, lw=0.0)
        )
        return
    solid = kind == "solid"
    figure.add_artist(
        Line2D(
            [left, right],
            [level, level],
            color=INK if solid else lighter(INK),
            lw=1.5 if solid else 1.2,
            linestyle="-" if solid else DASHES,
        )
    )


def _panels(figure: Figure, grid: Grid, header: float, height: float) -> list[list[Axes]]:
    wide = (WIDTH - grid.left - grid.right - grid.between * (grid.columns - 1)) / grid.columns
    panels, top = [], header
    for high in grid.rows:
        top += grid.head
        row = []
        for column in range(grid.columns):
            left = grid.left + column * (wide + grid.between)
            bottom = height - top - high
            row.append(
                figure.add_axes((left / WIDTH, bottom / height, wide / WIDTH, high / height))
            )
        panels.append(row)
        top += high + grid.foot
    return panels


def save(figure: Figure, folder: Path, name: str, pdf: bool = False) -> list[Path]:
    """Write a figure as PNG (200 dpi), and PDF where asked, which takes twice as long.

    Files appear whole. Returns their paths.
    """
    stem = folder / plain([name])[0]
    stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    kinds: dict[str, dict[str, None]] = {"png": {"Software": None}}
    if pdf:
        kinds["pdf"] = {"CreationDate": None}
    for kind, metadata in kinds.items():
        path = stem.with_name(f"{stem.name}.{kind}")
        aside = stem.with_name(f".{stem.name}-{os.getpid()}.{kind}")
        try:
            figure.savefig(aside, format=kind, dpi=200, metadata=metadata)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        written.append(path)
    return written
