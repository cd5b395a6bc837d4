"""Figures of a run or a comparison: innovation, gap, diffusion, channels.

Every figure is drawn from a folder's tables alone, on a sheet of ``analysis.style``. Titles say
what is shown; what comes out is left to the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from analysis import panels, style
from analysis.series import (
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
from analysis.style import DIFFERENCE, INK, MUTED, Grid, Key, Words
from model.facts import InputError
from model.outcomes import OUTCOMES
from model.world import CHANNELS, FIELDS

FEWEST_IDEAS = 5  # below it an age has no point on an S-curve
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figures_of_run(folder: Path, out: Path, kinds: Sequence[str] = ()) -> list[Path]:
    """Draw the figures of a run's folder into ``out``, as PNG and PDF.

    Args:
        folder: a folder written by ``model.store.write_run``.
        out: where the files go; made where it is missing.
        kinds: names in ``FIGURES``; all of them where none is given.

    Returns:
        The files written.
    """
    return _draw(read_folder(folder, "run"), out, kinds)


def figures_of_comparison(folder: Path, out: Path, kinds: Sequence[str] = ()) -> list[Path]:
    """Draw the figures of a comparison's folder into ``out``, as PNG and PDF.

    Args:
        folder: a folder written by ``analysis.compare.write``.
        out: where the files go; made where it is missing.
        kinds: names in ``FIGURES``; all of them where none is given.

    Returns:
        The files written.
    """
    return _draw(read_folder(folder, "compare"), out, kinds)


def innovation(folder: Folder) -> Figure:
    """Draw the best released capability and the ideas first found so far, by bloc."""
    words = Words(
        "Capability and new ideas, by bloc",
        _keys(folder, "mean"),
        _notes(folder),
        "Effective training compute: FLOP times what better algorithms save; ten times as much "
        "is one order of magnitude (OOM). Ideas: algorithms and systems, each counted in the bloc "
        "that found it first." + _about_lines(folder),
        folder.source,
    )
    figure, ((top,), (low,)) = style.sheet(words, Grid((6.0, 4.6)))
    _by_bloc(top, folder, "capability_released", total=False)
    panels.heading(top, "Best model released so far, FLOP of effective training compute")
    top.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    top.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _power(y)))
    _by_bloc(low, folder, "ideas_found", total=True)
    panels.heading(low, f"Ideas first found since {printed(folder.months[0])}")
    low.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    panels.mark_acts((top, low), folder.acts)
    return figure


def gap(folder: Folder) -> Figure:
    """Draw the gap and the lag of leader and follower; in a comparison also the effect on the gap."""
    leader, follower = folder.label(folder.leader), folder.label(folder.follower)
    caption = (
        f"Gap: {OUTCOMES['gap'].definition}; 1 OOM is ten times the effective training compute. "
        f"Lag: {OUTCOMES['lag'].definition}; dotted: at least."
    )
    if folder.compares:
        caption += " Gap: mean over replicates; lag: median."
    words = Words(
        f"Gap and lag between leader and follower: {leader} and {follower}",
        _keys(folder, "middle"),
        _notes(folder),
        caption + _about_lines(folder) + (_about_effect(folder) if folder.compares else ""),
        folder.source,
    )
    rows = (4.4, 4.0, 4.4) if folder.compares else (5.0, 5.0)
    figure, grid = style.sheet(words, Grid(rows))
    axes = [axis for (axis,) in grid]
    for axis, name in zip(axes, ("gap", "lag"), strict=False):
        panels.heading(axis, f"{name.capitalize()}, {OUTCOMES[name].unit}")
        _outcome(axis, folder, name)
    if folder.compares:
        _effect_on_gap(axes[2], folder)
    panels.mark_acts(axes, folder.acts)
    return figure


def diffusion(folder: Folder) -> Figure:
    """Draw S-curves: the share of firms that hold an idea, at home and abroad, by its age."""
    words = Words(
        "How ideas spread at home and abroad",
        _keys(folder),
        (),
        "Share of a field's firms that hold an idea, by months since it was first found, mean over "
        "ideas; at home: firms of the bloc that found it first; abroad: all other firms. Ideas "
        f"first found since {printed(folder.months[0])}; at each age those that are old enough, "
        f"where there are {FEWEST_IDEAS} or more{' over all replicates' if folder.compares else ''}.",
        folder.source,
    )
    figure, grid = style.sheet(words, Grid((4.6, 4.6), 2, right=1.75, between=2.6, foot=0.95))
    tables = [
        world.table("diffusion", "field", "origin", "age", "home", "abroad", "ideas")
        for world in folder.worlds
    ]
    oldest = max((int(table["age"].max()) for table in tables if len(table)), default=12)
    for row, bloc in zip(grid, (folder.leader, folder.follower), strict=True):
        for axis, field in zip(row, FIELDS, strict=True):
            here = [t[(t["field"] == field) & (t["origin"] == bloc)] for t in tables]
            ends = []
            for place, colour in (("abroad", MUTED), ("home", _colour(folder, bloc))):
                lines = [diffusion_line(table, place, FEWEST_IDEAS) for table in here]
                _lines(axis, lines, colour)
                word = "at home" if place == "home" else "abroad"
                ends.append((*_end(lines), word, colour))
            axis.set(xlim=(0.0, max(oldest, 1)), ylim=(0.0, 1.0), xlabel="months since first found")
            axis.xaxis.set_major_locator(
                MultipleLocator(24 if oldest > 48 else 12 if oldest > 24 else 6)
            )
            axis.yaxis.set_major_formatter(PercentFormatter(1.0, 0, " %"))
            panels.levels(axis)
            panels.label_ends(axis, ends)
            panels.heading(axis, f"{field.capitalize()} first found: {folder.label(bloc)}")
            if not any(np.isfinite(y) for _, y, _, _ in ends):
                panels.remark(axis, f"fewer than {FEWEST_IDEAS} ideas")
    return figure


def channels(folder: Folder) -> Figure:
    """Draw by which channel the firms of leader and follower came to hold ideas, year by year."""
    words = Words(
        "How firms came to hold ideas, by channel",
        tuple(Key("", f"{w.letter}: {w.title}") for w in folder.worlds) if folder.compares else (),
        (),
        "Shares in all acquisitions of a year; an acquisition is one firm that comes to hold one "
        "idea. Found: first in the world; found again: by own research, unknown to the finder; "
        "the others: learned. Figures at the right: last year shown.",
        folder.source,
    )
    blocs = (folder.leader, folder.follower)
    wide = Grid((4.8, 4.8) if folder.compares else (5.6,), 2, right=3.15, between=1.75)
    figure, grid = style.sheet(words, wide)
    if folder.compares:
        places = [(b, w, axis) for b, row in zip(blocs, grid, strict=True)
                  for w, axis in zip(folder.worlds, row, strict=True)]  # fmt: skip
    else:
        places = [(b, folder.worlds[0], axis) for b, axis in zip(blocs, grid[0], strict=True)]
    for number, (bloc, world, axis) in enumerate(places):
        years, shares = channel_shares(world, bloc)
        title = folder.label(bloc) + (f", world {world.letter}" if folder.compares else "")
        panels.heading(axis, title)
        _stacks(axis, years, shares, names=number % 2 == 1)
    return figure


FIGURES: dict[str, Callable[[Folder], Figure]] = {
    "innovation": innovation,
    "gap": gap,
    "diffusion": diffusion,
    "channels": channels,
}


def _draw(folder: Folder, out: Path, kinds: Sequence[str]) -> list[Path]:
    for kind in kinds:
        if kind not in FIGURES:
            raise InputError(f"unknown figure {kind!r}; figures are {', '.join(FIGURES)}")
    written = []
    with style.styled():
        for kind in kinds or FIGURES:
            written += style.save(FIGURES[kind](folder), out / kind)
    return written


def _keys(folder: Folder, what: str = "") -> tuple[Key, ...]:
    if not folder.compares:
        return (Key("", folder.worlds[0].title),)
    a, b = folder.worlds
    keys = (Key("dashed", f"A: {a.title}"), Key("solid", f"B: {b.title}"))
    if not what or folder.replicates == 1:
        return keys
    band = f"10th to 90th percentile of {folder.replicates} replicates"
    return (*keys, Key("band", f"{band}; lines: their {what}" if what == "mean" else band))


def _notes(folder: Folder) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            str(number),
            f"{printed(act.month)}{f' ({act.worlds})' if folder.compares else ''}: {act.title}",
        )
        for number, act in enumerate(folder.acts, 1)
    )


def _about_lines(folder: Folder) -> str:
    text = " Vertical lines: the dated rules above." if folder.acts else ""
    if folder.compares:
        text += " Where A is not seen, it lies under B."
    if folder.compares and folder.replicates == 1:
        text += " One replicate: no bands."
    return text


def _about_effect(folder: Folder) -> str:
    text = f" Effect: B less A in each pair, mean; grey: under {OUTCOMES['gap'].smallest:g} OOM, too small to matter"
    return text + (
        "; one pair: no interval." if folder.replicates == 1 else "; band: 95 % interval."
    )


def _colour(folder: Folder, bloc: str) -> str:
    return {folder.leader: style.LEADER, folder.follower: style.FOLLOWER}.get(bloc, style.OTHER)


def _power(exponent: float) -> str:
    return "10" + f"{exponent:g}".translate(SUPERSCRIPTS)


def _end(lines: Sequence[Line]) -> tuple[float, float]:
    """Return where the last line ends, at the mean height of all of them."""
    ends = []
    for line in lines:
        known = np.flatnonzero(np.isfinite(line.middle))
        if known.size:
            ends.append((float(line.x[known[-1]]), float(line.middle[known[-1]])))
    if not ends:
        return np.nan, np.nan
    return ends[-1][0], float(np.mean([y for _, y in ends]))


def _lines(axis: Axes, lines: Sequence[Line], colour: str, band: bool = True) -> None:
    for line, world in zip(lines, ("A", "B") if len(lines) > 1 else ("B",), strict=True):
        panels.draw(axis, line, colour, solid=world == "B", band=band)


def _by_bloc(axis: Axes, folder: Folder, name: str, total: bool) -> None:
    found = [of_blocs(folder, world, name, total) for world in folder.worlds]
    ends = []
    chief = [bloc for bloc in (folder.follower, folder.leader) if bloc in folder.blocs]
    for bloc in (*(b for b in folder.blocs if b not in chief), *chief):
        lines = [lines[bloc] for lines in found]
        _lines(axis, lines, _colour(folder, bloc), band=bloc in chief)
        ends.append((*_end(lines), folder.label(bloc), _colour(folder, bloc)))
    if total:
        axis.set_ylim(bottom=0.0)
    panels.over_time(axis, folder.months)
    panels.label_ends(axis, ends)


def _outcome(axis: Axes, folder: Folder, name: str) -> None:
    lines, ends = [], []
    for world in folder.worlds:
        found = of_world(folder, world, name, median=name == "lag")
        ends.append([*_end([found]), ""])
        if name == "lag":
            short = at_least(world, name)
            lines.append(
                Line(found.x, np.where(short, np.nan, found.middle), found.low, found.high)
            )
            solid = world is folder.worlds[-1]
            panels.dotted(axis, found.x, np.where(short, found.middle, np.nan), DIFFERENCE, solid)
        else:
            lines.append(found)
    _lines(axis, lines, DIFFERENCE)
    bottom, top = axis.get_ylim()
    axis.set_ylim(min(bottom, 0.0), max(top, 0.0))
    if axis.get_ylim()[0] < 0.0:
        axis.axhline(0.0, color=INK, lw=0.6)
    panels.over_time(axis, folder.months)
    form = "{:.2f} OOM" if name == "gap" else "{:.0f} months"
    panels.label_ends(
        axis,
        [(x, y, (f"{w.letter}: " if folder.compares else "") + form.format(y).replace("-", "−"), DIFFERENCE)
         for (x, y, _), w in zip(ends, folder.worlds, strict=True)],
    )  # fmt: skip
    if not any(np.isfinite(y) for _, y, _ in ends):
        panels.remark(axis, "undefined: a bloc has released nothing, or is not in this world")


def _effect_on_gap(axis: Axes, folder: Folder) -> None:
    found, small = effect(folder, "gap"), OUTCOMES["gap"].smallest
    panels.heading(axis, "Effect of B against A on the gap, OOM")
    axis.axhspan(-small, small, color=style.FAINT, lw=0.0, zorder=0.5)
    axis.axhline(0.0, color=INK, lw=0.7)
    panels.draw(axis, found, DIFFERENCE)
    bottom, top = axis.get_ylim()
    axis.set_ylim(min(bottom, -2.0 * small), max(top, 2.0 * small))
    panels.over_time(axis, folder.months)
    x, y = _end([found])
    panels.label_ends(axis, [(x, y, f"{y:+.2f} OOM".replace("-", "−"), DIFFERENCE)])
    if not np.isfinite(y):
        panels.remark(axis, "undefined")


def _stacks(axis: Axes, years: Sequence[int], shares: Values, names: bool) -> None:
    if not years:
        axis.set_axis_off()
        panels.remark(axis, "no firm of this bloc came to hold an idea")
        return
    base = np.zeros(len(years))
    for share, colour in zip(shares.T, style.CHANNEL_COLOURS, strict=True):
        axis.bar(years, share, 0.82, bottom=base, color=colour, lw=0.0)
        base += share
    axis.set(xlim=(years[0] - 0.5, years[-1] + 0.5), ylim=(0.0, 1.0))
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, 0, " %"))
    axis.spines["left"].set_visible(False)
    middles = np.cumsum(shares[-1]) - shares[-1] / 2.0
    panels.label_ends(
        axis,
        [
            (years[-1] + 0.5, float(y), _percent(share) + (f"  {name}" if names else ""), INK)
            for y, share, name in zip(middles, shares[-1], CHANNELS, strict=True)
        ],
    )


def _percent(share: float) -> str:
    return (
        f"{share:.1%}".replace("%", " %") if share < 0.0995 else f"{share:.0%}".replace("%", " %")
    )
