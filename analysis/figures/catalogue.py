"""Figures of a run or a comparison: innovation, gap, compute, market, diffusion, channels.

Every figure is drawn from a folder's tables alone, on a sheet of ``analysis.figures.style``. Titles
say what is shown; what comes out is left to the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from analysis.figures import captions, fonts, panels, style
from analysis.figures.compute import compute
from analysis.figures.data import (
    Folder,
    Line,
    Values,
    at_least,
    channel_shares,
    diffusion_line,
    effect,
    of_blocs,
    of_world,
    printed,
    read_folder,
)
from analysis.figures.market import market
from analysis.figures.panels import Label
from analysis.figures.style import DIFFERENCE, FADED, INK, MUTED, Grid, Words
from model.core.errors import InputError
from model.measure.outcomes import CENSORED, OUTCOMES
from model.measure.run_folder import inside, reading
from model.state.codes import CHANNELS, FIELDS, LAB_FIELDS

FEWEST_IDEAS = 10  # below it an age has no point on an S-curve


def figures_of(folder: Path, out: Path, kinds: Sequence[str] = (), pdf: bool = False) -> list[Path]:
    """Draw the figures of a run's or a comparison's folder into ``out``.

    Args:
        folder: a folder written by ``model.measure.run_folder.write_run``, or by
            ``analysis.experiments.comparison_folder.write``.
        out: where the files go; made where it is missing.
        kinds: names in ``FIGURES``; all of them where none is given.
        pdf: write a PDF beside each PNG.

    Returns:
        The files written.

    Raises:
        InputError: for a figure that is none, or a folder that is not there.
        Refused: where the folder holds no result that can be drawn.
    """
    checked_kinds(kinds)
    with reading(folder):
        inside(out, folder)
        return _draw(read_folder(folder), out, kinds, pdf)


def checked_kinds(kinds: Sequence[str]) -> Sequence[str]:
    """Return names of figures. Raises ``InputError`` where one is none."""
    for kind in kinds:
        if kind not in FIGURES:
            raise InputError(f"unknown figure {kind!r}; figures are {', '.join(FIGURES)}")
    return kinds


def innovation(folder: Folder) -> Figure:
    """Draw the best released capability and the ideas first found so far, by bloc."""
    sheet = Words(
        "Capability and new ideas, by bloc",
        captions.keys(folder, "; lines: their mean"),
        captions.notes(folder),
        "Effective training compute: FLOP times what better algorithms save; ten times as much "
        "is one order of magnitude (OOM). Ideas: algorithms and systems, each counted in the bloc "
        "that found it first." + captions.about_lines(folder),
        folder.source,
    )
    figure, ((top,), (low,)) = style.sheet(sheet, Grid((6.4, 4.6)))
    panels.heading(top, "Best model released so far, FLOP of effective training compute")
    _by_bloc(top, folder, "capability_released", total=False)
    panels.powers(top)
    panels.heading(low, f"Ideas first found since {printed(folder.months[0])}, number")
    low.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    low.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    _by_bloc(low, folder, "ideas_discovered", total=True)
    panels.mark_acts((top, low), folder.acts)
    return figure


def gap(folder: Folder) -> Figure:
    """Draw the gap and the lag of leader and follower; of two worlds also the effect on the gap."""
    leader, follower = folder.label(folder.leader), folder.label(folder.follower)
    caption = (
        f"Gap: {OUTCOMES['gap'].definition}; 1 OOM is ten times the effective training compute. "
        f"Lag: {OUTCOMES['lag'].definition} (dotted). Figures at the right: last month."
    )
    sheet = Words(
        f"Gap and lag between leader and follower: {leader} and {follower}",
        captions.keys(folder, "; lines: mean (gap), median (lag)"),
        captions.notes(folder),
        caption
        + captions.about_lines(folder)
        + (captions.about_effect(folder) if folder.compares else ""),
        folder.source,
    )
    figure, grid = style.sheet(sheet, Grid((4.4, 4.0, 4.4) if folder.compares else (5.0, 5.0)))
    axes = [axis for (axis,) in grid]
    _outcome(axes[0], folder, "gap")
    _outcome(axes[1], folder, "lag")
    if folder.compares:
        _effect_on_gap(axes[2], folder)
    panels.mark_acts(axes, folder.acts)
    return figure


def diffusion(folder: Folder) -> Figure:
    """Draw S-curves: the share of firms that hold an idea, at home and abroad, by its age."""
    sheet = Words(
        "How ideas spread at home and abroad",
        captions.keys(folder, "; lines: all ideas together"),
        (),
        "Share of a field's firms that hold an idea, by months since it was first found, mean over "
        "ideas. At home: firms of the bloc that found it first; abroad: all others. Ideas first "
        f"found since {printed(folder.months[0])}; at each age those that are old enough, where "
        f"there are at least {FEWEST_IDEAS}"
        + (
            " over all replicates. Where A is not seen, it lies under B."
            if folder.compares
            else "."
        ),
        folder.source,
    )
    grid = Grid((4.6, 4.6), 2, right=1.75, between=2.6, head=0.75, below=0.4)
    figure, rows = style.sheet(sheet, grid)
    curves = _curves(folder)
    drawn = [line for lines in curves.values() for line in lines if np.isfinite(line.end[1])]
    oldest = max((line.end[0] for line in drawn), default=12.0)
    most = max((float(np.nanmax(line.middle)) for line in drawn), default=1.0)
    top = next(level for level in (0.05, 0.1, 0.2, 0.5, 1.0) if most <= level)
    for row, bloc in zip(rows, (folder.leader, folder.follower), strict=True):
        for axis, field in zip(row, (FIELDS[number] for number in LAB_FIELDS), strict=True):
            panels.heading(axis, f"{field.capitalize()} first found: {folder.label(bloc)}", 6.5)
            axis.set_xlim(0.0, max(oldest, 1.0))
            panels.percentages(axis, top)
            _spread(axis, curves, bloc, field, captions.colour_of(folder, bloc))
    for axis in rows[-1]:
        axis.set_xlabel("months since first found")
    return figure


def channels(folder: Folder) -> Figure:
    """Draw by which channel the firms of leader and follower came to hold ideas, year by year."""
    sheet = Words(
        "How firms came to hold ideas, by channel",
        captions.keys(folder, drawn=False),
        (),
        "Shares in all acquisitions of a year; an acquisition is one firm that comes to hold one "
        "idea of algorithms or systems. Own discovery: first in the world; independent "
        "rediscovery: by a firm's own research, after others; all else: learned from others. "
        "Figures at the right: last year shown."
        + (" All replicates together." if folder.replicates > 1 else ""),
        folder.source,
    )
    blocs = (folder.leader, folder.follower)
    heights = (4.8, 4.8) if folder.compares else (5.6,)
    figure, rows = style.sheet(sheet, Grid(heights, 2, right=4.8, between=1.6, head=0.75))
    places = [(bloc, world) for bloc in blocs for world in folder.worlds]
    axes = [axis for row in rows for axis in row]
    for number, (axis, (bloc, world)) in enumerate(zip(axes, places, strict=True)):
        title = folder.label(bloc) + (f", world {world.letter}" if folder.compares else "")
        panels.heading(axis, title, 6.5)
        _stacks(axis, *channel_shares(world, bloc), last=number % 2 == 1)
    return figure


FIGURES: dict[str, Callable[[Folder], Figure]] = {
    "innovation": innovation,
    "gap": gap,
    "compute": compute,
    "market": market,
    "diffusion": diffusion,
    "channels": channels,
}


def remarks(folder: Path) -> list[str]:
    """Return what is to be said of the figures of a result: titles that no font can write."""
    return fonts.drawable(read_folder(folder))[1]


def _draw(folder: Folder, out: Path, kinds: Sequence[str], pdf: bool) -> list[Path]:
    written = []
    with style.styled(fonts.families(folder)):
        folder, _ = fonts.drawable(folder)
        for kind in kinds or FIGURES:
            written += style.save(FIGURES[kind](folder), out, kind, pdf)
    return written


def _by_bloc(axis: Axes, folder: Folder, name: str, total: bool) -> None:
    found = [of_blocs(folder, world, name, total) for world in folder.worlds]
    chief = [bloc for bloc in (folder.follower, folder.leader) if bloc in folder.blocs]
    labels = []
    for bloc in (*(b for b in folder.blocs if b not in chief), *chief):
        lines, colour = [lines[bloc] for lines in found], captions.colour_of(folder, bloc)
        panels.lines(axis, lines, colour, band=bloc in chief)
        labels.append(Label(*lines[-1].end, folder.label(bloc), colour))
    if total:
        axis.set_ylim(bottom=0.0)
    panels.over_time(axis, folder.months)
    panels.label_ends(axis, labels)


def _outcome(axis: Axes, folder: Folder, name: str) -> None:
    panels.heading(axis, f"{name.capitalize()}, {OUTCOMES[name].unit}")
    labels = []
    for world in folder.worlds:
        solid = world is folder.worlds[-1]
        found = of_world(folder, world, name, median=name in CENSORED)
        short = at_least(world, name) if name in CENSORED else np.zeros(found.x.size, np.bool_)
        drawn = replace(found, middle=np.where(short, np.nan, found.middle))
        panels.draw(axis, drawn, DIFFERENCE, solid)
        panels.dotted(axis, found.x, np.where(short, found.middle, np.nan), DIFFERENCE, solid)
        x, y = found.end
        mark = ("≤ " if y < 0.0 else "≥ ") if short[-1] else ""
        text = mark + captions.measure(y, OUTCOMES[name].unit)
        colour = DIFFERENCE if solid else FADED
        labels.append(Label(x, y, f"{world.letter}: {text}" if folder.compares else text, colour))
    bottom, top = axis.get_ylim()
    axis.set_ylim(min(bottom, 0.0), max(top, 0.0))
    _finish(axis, folder, labels)


def _effect_on_gap(axis: Axes, folder: Folder) -> None:
    (found, of_mean), small = effect(folder, "gap"), OUTCOMES["gap"].smallest
    panels.heading(axis, "Effect of B against A on the gap, OOM")
    axis.axhspan(-small, small, color=style.FAINT, lw=0.0, zorder=0.5)
    several = folder.replicates > 1
    panels.draw(axis, found, DIFFERENCE)
    for end in (of_mean.low, of_mean.high) if several else ():
        axis.plot(found.x, end, color=DIFFERENCE, lw=0.5)
    bottom, top = axis.get_ylim()
    axis.set_ylim(min(bottom, -2.0 * small), max(top, 2.0 * small))
    x, y = found.end
    _finish(axis, folder, [Label(x, y, captions.measure(y, OUTCOMES["gap"].unit, "+"), DIFFERENCE)])


def _finish(axis: Axes, folder: Folder, labels: Sequence[Label]) -> None:
    axis.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    panels.over_time(axis, folder.months)
    panels.label_ends(axis, labels)
    if any(np.isfinite(label.y) for label in labels):
        if axis.get_ylim()[0] < 0.0:
            axis.axhline(0.0, color=INK, lw=0.7, zorder=1.0)
        return
    axis.set_yticks([])
    panels.remark(axis, "undefined: leader or follower has released no model, or is not there")


def _curves(folder: Folder) -> dict[tuple[str, str, str], list[Line]]:
    columns = ("field", "origin", "age", "home", "abroad", "ideas")
    curves: dict[tuple[str, str, str], list[Line]] = {}
    for world in folder.worlds:
        table = world.table("diffusion", *columns)
        for bloc in (folder.leader, folder.follower):
            for field in (FIELDS[number] for number in LAB_FIELDS):
                here = table[(table["field"] == field) & (table["origin"] == bloc)]
                for place in ("abroad", "home"):
                    found = diffusion_line(here, place, FEWEST_IDEAS)
                    curves.setdefault((bloc, field, place), []).append(found)
    return curves


def _spread(
    axis: Axes,
    curves: Mapping[tuple[str, str, str], Sequence[Line]],
    bloc: str,
    field: str,
    colour: str,
) -> None:
    labels = []
    for place, name, shade in (("abroad", "abroad", MUTED), ("home", "at home", colour)):
        lines = curves[bloc, field, place]
        panels.lines(axis, lines, shade)
        labels.append(Label(*lines[-1].end, name, shade))
    span = axis.get_xlim()[1]
    axis.xaxis.set_major_locator(
        MultipleLocator(next(step for step in (1, 3, 6, 12, 24) if span <= 6 * step or step == 24))
    )
    panels.levels(axis)
    panels.label_ends(axis, labels)
    if not any(np.isfinite(label.y) for label in labels):
        panels.remark(axis, f"fewer than {FEWEST_IDEAS} ideas")


def _stacks(axis: Axes, years: Sequence[int], shares: Values, last: bool) -> None:
    if not years:
        axis.set_axis_off()
        panels.remark(axis, "no firm came to hold an idea")
        return
    base = np.zeros(len(years))
    for share, colour in zip(shares.T, style.CHANNEL_COLOURS, strict=True):
        axis.bar(years, share, 0.82, bottom=base, color=colour, lw=0.0)
        base += share
    axis.set_xlim(years[0] - 0.5, years[-1] + 0.5)
    axis.set_xticks(years[:: -(-len(years) // 5)])
    axis.spines["left"].set_visible(False)
    panels.percentages(axis)
    if last:
        axis.tick_params(labelleft=False)
    middles = np.cumsum(shares[-1]) - shares[-1] / 2.0
    panels.label_ends(
        axis,
        [
            Label(
                years[-1] + 0.45,
                float(y),
                panels.percent(share) + (f"  {name}" if last else ""),
                INK,
            )
            for y, share, name in zip(middles, shares[-1], CHANNELS, strict=True)
        ],
    )
