"""The figure of compute: how large labs' fleets are, and from which sources they come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import captions, panels, style
from analysis.figures.data import BAND, Folder, Line, Values, World, of_blocs, of_sources
from analysis.figures.panels import Label
from analysis.figures.style import INK, Grid, Words
from model.state.codes import LEGAL, SOURCES

WORTH_A_PANEL = 0.01  # of a bloc's fleet, in some month, from other sources than legal sales
WORTH_A_LABEL = 0.0005  # of a fleet in some month; below it prints as nothing
MEANINGS = (
    "Legal: chips sold freely or under licence; degraded: export versions below a threshold; "
    "stockpiled: bought ahead of a ban; diverted: smuggled by intermediaries; rented: offshore "
    "cloud; "
    "domestic: of the bloc's own industry."
)


def compute(folder: Folder) -> Figure:
    """Draw the fleets of leader and follower, and the shares of sources in the follower's.

    Blocs of which a part has another source than legal sales have a panel too. Of two worlds B
    is shown, and the follower's A too where it has rules of its own.
    """
    stacks = _stacks(folder)
    several = folder.replicates > 1
    low, high = BAND
    sheet = Words(
        "Compute of AI labs, and where it comes from",
        captions.keys(folder, "; lines: their mean"),
        captions.notes(folder),
        "Fleet: what all chips in the hands of a bloc's labs perform together, FLOP/s reached in "
        f"training. {MEANINGS} Figures at the right: last month"
        + (
            f", all replicates together; in brackets their {low}th to {high}th percentile, where "
            "these differ"
            if several
            else ""
        )
        + "."
        + captions.about_lines(folder),
        folder.source,
    )
    heights = tuple(4.6 if bloc == folder.follower else 3.2 for bloc, _, _ in stacks)
    figure, ((top,), *rows) = style.sheet(
        sheet, Grid((4.6, *heights), right=4.85 if several else 3.45)
    )
    panels.heading(top, "Fleet of all labs, effective FLOP/s")
    _fleets(top, folder, {bloc for bloc, _, _ in stacks})
    for (axis,), (bloc, world, amounts) in zip(rows, stacks, strict=True):
        where = f", world {world.letter}" if folder.compares else ""
        panels.heading(axis, f"Shares of sources in the fleet: {folder.label(bloc)}{where}")
        _shares(axis, folder, amounts)
    panels.mark_acts((top, *(axis for (axis,) in rows)), folder.acts)
    return figure


def shares_of(amounts: Values) -> Values:
    """Return shares of sources by month, source x month x replicate put together; 0 of nothing."""
    summed = amounts.sum(axis=2)
    return np.asarray(summed / np.maximum(summed.sum(axis=0), 1e-300))


def _stacks(folder: Folder) -> list[tuple[str, World, Values]]:
    last = folder.worlds[-1]
    ruled = {word for date in folder.acts for rule in date.rules for word in rule.worlds.split()}
    found = []
    for bloc in sorted(folder.blocs, key=lambda bloc: bloc != folder.follower):
        for world in folder.worlds:
            amounts = of_sources(folder, world, bloc)
            other = 1.0 - shares_of(amounts)[LEGAL, amounts.sum(axis=(0, 2)) > 0.0]
            if bloc == folder.follower:
                shown = world is last or world.letter in ruled
            else:
                shown = world is last and max(other, default=0.0) >= WORTH_A_PANEL
            if shown:
                found.append((bloc, world, amounts))
    return found


def _fleets(axis: Axes, folder: Folder, stacked: set[str]) -> None:
    found = [of_blocs(folder, world, "fleet") for world in folder.worlds]
    chief = [bloc for bloc in (folder.follower, folder.leader) if bloc in folder.blocs]
    labels = []
    for bloc in (*(b for b in folder.blocs if b in stacked and b not in chief), *chief):
        lines, colour = (
            [_logarithm(lines[bloc]) for lines in found],
            captions.colour_of(folder, bloc),
        )
        panels.lines(axis, lines, colour, band=bloc in chief)
        name = folder.label(bloc)
        if bloc == folder.follower and lines[0].end[1] != lines[-1].end[1]:
            for world, line in zip(folder.worlds, lines, strict=True):
                shade = colour if world is folder.worlds[-1] else style.FADED_FOLLOWER
                labels.append(Label(*line.end, f"{name}, {world.letter}", shade))
        else:
            labels.append(Label(*lines[-1].end, name, colour))
    panels.over_time(axis, folder.months)
    panels.powers(axis)
    panels.label_ends(axis, labels)
    if not any(np.isfinite(label.y) for label in labels):
        axis.set_yticks([])
        panels.remark(axis, "no lab has a fleet")


def _logarithm(line: Line) -> Line:
    def power_of(values: Values) -> Values:
        return np.log10(np.where(values > 0.0, values, np.nan))

    return replace(
        line, middle=power_of(line.middle), low=power_of(line.low), high=power_of(line.high)
    )


def _shares(axis: Axes, folder: Folder, amounts: Values) -> None:
    shares = shares_of(amounts)
    panels.over_time(axis, folder.months)
    panels.percentages(axis)
    if not shares.any():
        panels.remark(axis, "no lab has a fleet")
        return
    first, last = axis.get_xlim()
    axis.stackplot(
        np.array([first, *folder.dates, last]),
        np.pad(shares, ((0, 0), (1, 1)), mode="edge"),
        colors=style.SOURCE_COLOURS,
        edgecolor="white",
        linewidth=0.4,
    )
    middles = np.cumsum(shares[:, -1]) - shares[:, -1] / 2.0
    labels = []
    for k, source in enumerate(SOURCES):
        if max(shares[k]) >= WORTH_A_LABEL:
            text = f"{panels.percent(shares[k, -1])}  {source}{_range(amounts[:, -1], k)}"
            labels.append(Label(last, float(middles[k]), text, INK, style.SOURCE_COLOURS[k]))
    panels.label_ends(axis, labels)


def _range(amounts: Values, source: int) -> str:
    totals = amounts.sum(axis=0)
    known = totals > 0.0
    if known.sum() < 2:
        return ""
    low, high = np.percentile(amounts[source, known] / totals[known], BAND) * 100.0
    digits = 1 if high < 9.95 else 0
    ends = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return "" if ends[0] == ends[1] else f" ({'–'.join(ends)})"
