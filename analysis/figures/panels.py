"""What is drawn on a panel: lines with bands, a dated axis, dates of rules, labelled line ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from analysis.figures.data import Act, Line, Values, date, printed
from analysis.figures.style import (
    BODY,
    DASHES,
    FAINT,
    INK,
    MUTED,
    POINT,
    RULE,
    SMALL,
    lighter,
    width_of,
)

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NEAR = 12.0  # points from the edge of a panel, within which labels stand in one column


@dataclass(frozen=True)
class Label:
    """The words at the end of a line, which may have none (``nan``); a mark is a square before."""

    x: float
    y: float
    text: str
    colour: str
    mark: str = ""


def draw(axis: Axes, line: Line, colour: str, solid: bool = True, band: bool = True) -> None:
    """Draw a line, solid or dashed and lighter, and its band; without a band it is thinner."""
    if band and np.isfinite(line.low).any():
        shade = lighter(colour, 0.0 if solid else 0.3)
        axis.fill_between(line.x, line.low, line.high, color=shade, alpha=0.16, lw=0.0)
    shown = colour if solid else lighter(colour)
    alone = int(np.isfinite(line.middle).sum()) == 1
    axis.plot(
        line.x,
        line.middle,
        color=shown,
        lw=(1.5 if solid else 1.2) * (1.0 if band else 0.7),
        linestyle="-" if solid else DASHES,
        marker="o" if alone else "",
        markersize=3.0,
        zorder=2.4 if solid else 2.3,
    )


def lines(axis: Axes, drawn: Sequence[Line], colour: str, band: bool = True) -> None:
    """Draw the lines of the worlds: the last one solid, those before it dashed."""
    for one in drawn:
        draw(axis, one, colour, solid=one is drawn[-1], band=band)


def dotted(axis: Axes, x: Values, y: Values, colour: str, solid: bool) -> None:
    """Draw a line of "at least": what is true lies at it or beyond."""
    axis.plot(x, y, color=colour if solid else lighter(colour), lw=1.3, linestyle=(0, (1.0, 1.6)))


def over_time(axis: Axes, months: Sequence[str]) -> None:
    """Set the span of a dated axis and write its years, or half-years where it is short."""
    first, last = date(months[0]), date(months[-1]) + 1.0 / 12.0
    axis.set_xlim(first, last)
    if last - first > 3.0:
        step = next(s for s in (1, 2, 5, 10, 20) if (last - first) / s <= 9.0 or s == 20)
        years = [
            y for y in range(int(first), int(last) + 1) if y % step == 0 and first <= y <= last
        ]
        axis.set_xticks(years, [str(year) for year in years])
    else:
        step = max(1, -(-len(months) // 6))
        axis.set_xticks([date(m) for m in months[::step]], [printed(m) for m in months[::step]])
    levels(axis)


def mark_acts(axes: Sequence[Axes], acts: Sequence[Act]) -> None:
    """Draw the dates of rules as thin lines through all panels, with their numbers above each.

    Numbers whose dates are too near for both to be read are written as one mark.
    """
    for axis in axes:
        for act in acts:
            axis.axvline(act.date, color=RULE, lw=0.5, zorder=1.5)
        span, (low, high) = axis.get_window_extent(), axis.get_xlim()
        figure = axis.get_figure()
        if figure is None or high <= low:
            continue
        cm_a_year = span.width / figure.dpi * 72.0 * POINT / (high - low)
        for numbers in _together(acts, cm_a_year):
            middle = float(np.mean([acts[n].date for n in numbers]))
            axis.annotate(
                _numbers(numbers),
                (middle, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0.0, 1.5),
                textcoords="offset points",
                ha="center",
                color=MUTED,
                size=SMALL - 0.5,
                annotation_clip=False,
            )


def _together(acts: Sequence[Act], cm_a_year: float) -> list[list[int]]:
    groups: list[list[int]] = []
    for number, act in enumerate(acts):
        if groups:
            before = groups[-1]
            middle = float(np.mean([acts[n].date for n in before]))
            need = (
                width_of(_numbers(before), SMALL) + width_of(str(number + 1), SMALL)
            ) / 2.0 + 0.1
            if (act.date - middle) * cm_a_year < need:
                before.append(number)
                continue
        groups.append([number])
    return groups


def _numbers(numbers: Sequence[int]) -> str:
    shown = [str(number + 1) for number in numbers]
    return ", ".join(shown) if len(shown) < 3 else f"{shown[0]}–{shown[-1]}"


def remark(axis: Axes, text: str) -> None:
    """Write into an empty panel why it is empty."""
    axis.text(
        0.5,
        0.5,
        text,
        transform=axis.transAxes,
        ha="center",
        va="center",
        color=MUTED,
        bbox={"facecolor": "white", "lw": 0.0},
    )


def heading(axis: Axes, text: str, room: float = 11.0) -> None:
    """Write what a panel shows ``room`` points above its corner (there, marks find room)."""
    axis.annotate(
        text,
        (0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0.0, room),
        textcoords="offset points",
        color=INK,
        size=BODY,
        weight="bold",
        annotation_clip=False,
    )


def levels(axis: Axes) -> None:
    """Draw thin level lines behind the data, and no side line."""
    axis.grid(axis="y", color=FAINT, lw=0.5)
    axis.set_axisbelow(True)
    axis.spines["left"].set_visible(False)


def spread(places: Sequence[float], gap: float, low: float, high: float) -> Values:
    """Return places moved as little as possible (least squares) to stand ``gap`` apart.

    Least squares under an order is isotonic regression of the places less their due distances;
    found by pooling neighbours. Places end between ``low`` and ``high`` where there is room.
    """
    order = np.argsort(places, kind="stable")
    pools: list[tuple[float, int]] = []  # mean, members
    for rank, index in enumerate(order):
        mean, members = places[index] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean, members = (mean * members + other * more) / (members + more), members + more
        pools.append((mean, members))
    fitted = [mean for mean, members in pools for _ in range(members)]
    top = max(low, high - gap * (len(fitted) - 1))
    result = np.zeros(len(fitted))
    for rank, index in enumerate(order):
        result[index] = min(max(fitted[rank], low), top) + rank * gap
    return result


def label_ends(axis: Axes, labels: Sequence[Label]) -> None:
    """Write labels to the right of the line ends, nudged so that none overlap.

    Call it after the limits of the panel are set; lines without an end get no label.
    """
    ends = [label for label in labels if np.isfinite(label.y)]
    figure = axis.get_figure()
    if not ends or figure is None:
        return
    points = 72.0 / figure.dpi
    box = axis.get_window_extent()
    low = box.y0 * points + BODY * 0.6  # clear of the axis
    at = axis.transData.transform([(label.x, label.y) for label in ends]) * points
    placed = spread([float(y) for y in at[:, 1]], BODY * 1.25, low, box.y1 * points)
    away, nudge = box.x1 * points - at[:, 0], placed - at[:, 1]
    away[away > NEAR] = 0.0  # a line that ends early is labelled where it ends
    moved = np.abs(nudge) > BODY * 0.4
    room = 9.0 if moved.any() else 4.0
    for n, label in enumerate(ends):
        line = {"arrowstyle": "-", "color": lighter(label.colour), "lw": 0.5, "shrinkA": 1.0,
                "shrinkB": 1.0, "relpos": (0.0, 0.5)}  # fmt: skip
        words, start = [(label.text, label.colour)], float(away[n]) + room
        if label.mark:
            words.insert(0, ("\N{BLACK SQUARE}", label.mark))
        for number, (text, colour) in enumerate(words):
            axis.annotate(
                text,
                (label.x, label.y),
                xytext=(start + number * BODY * 1.25, float(nudge[n])),
                textcoords="offset points",
                color=colour,
                size=BODY,
                va="center_baseline",
                annotation_clip=False,
                arrowprops=line if moved[n] and number == 0 else None,
            )


def percentages(axis: Axes, top: float = 1.0) -> None:
    """Write shares on the upright axis in percent, from nothing to ``top``."""
    axis.set_ylim(0.0, top)
    axis.yaxis.set_major_locator(MultipleLocator(0.05 if top == 0.2 else top / 5.0))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, 0, " %"))


def powers(axis: Axes) -> None:
    """Write an upright axis of exponents as powers of ten, or as multiples of them in a short span.

    Call it after the limits of the panel are set.
    """
    low, high = axis.get_ylim()
    if high - low >= 2.0:
        axis.yaxis.set_major_locator(
            MaxNLocator(6, integer=True, steps=[1, 2, 3, 5, 10], min_n_ticks=1)
        )
        axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: power(y)))
        return
    for factors in (np.array([1.0, 2.0, 5.0]), np.arange(1.0, 10.0), np.arange(1.0, 10.0, 0.1)):
        ticks = [
            (n + np.log10(factor), f"{factor:.2g}×{power(n)}" if factor > 1.0 else power(n))
            for n in range(int(np.floor(low)), int(np.ceil(high)))
            for factor in factors
            if low <= n + np.log10(factor) <= high
        ]
        if len(ticks) > 1:
            break
    axis.set_yticks([place for place, _ in ticks], [text for _, text in ticks])


def power(exponent: float) -> str:
    """Return a power of ten as it is printed."""
    return "10" + f"{exponent:g}".translate(SUPERSCRIPTS)


def percent(share: float) -> str:
    """Return a share as percent, with one digit behind the point where it is small."""
    if 0.0 < share < 0.0005:
        return "<0.1 %"
    return f"{share * 100.0:.{1 if 0.0 < share < 0.0995 else 0}f} %"
