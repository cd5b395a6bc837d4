"""The figure of the market: what models cost, simulated and recorded, and who uses them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import captions, panels, style
from analysis.figures.data import Folder, Line, by_replicate, date, line, of_blocs
from analysis.figures.panels import Label
from analysis.figures.style import DIFFERENCE, INK, MUTED, Grid, Words
from model.seed_tables import tables

HELD_AGAINST = 2024  # the last year of the record of prices
OPEN_COLOUR = DIFFERENCE


def market(folder: Folder) -> Figure:
    """Draw prices of closed and open models beside the record, and adoption by bloc."""
    sheet = Words(
        "Prices and users of AI models",
        captions.keys(folder, "; lines: their mean"),
        captions.notes(folder),
        "Prices: mean over the spending of users everywhere, small versions of open models left "
        "out. Dots: list prices of leading models on their day, three parts input and one part "
        f"output, to {HELD_AGAINST} (seeds/prices.csv), none of which any rule reads; filled: "
        "closed, rings: open. Use: share of consumers' potential spending by those who use some "
        "model." + captions.about_lines(folder),
        folder.source,
    )
    figure, ((top,), (low,)) = style.sheet(sheet, Grid((5.6, 4.6), right=2.9))
    panels.heading(top, "Price, USD per million tokens")
    _prices(top, folder)
    panels.heading(low, "Consumers who use AI models, share by spending")
    _use(low, folder)
    panels.mark_acts((top, low), folder.acts)
    return figure


def _prices(axis: Axes, folder: Folder) -> None:
    axis.set_yscale("log")
    axis.minorticks_off()
    labels = []
    for name, colour, word in (
        ("price_closed", INK, "closed"),
        ("price_open", OPEN_COLOUR, "open"),
    ):
        drawn = [_of_all(folder, world_at, name) for world_at in range(len(folder.worlds))]
        panels.lines(axis, drawn, colour)
        labels.append(Label(*drawn[-1].end, word, colour))
    for price in tables().prices:
        if price.date[0] <= HELD_AGAINST and price.usd_per_mtok > 0.0:
            place = date(f"{price.date[0]}-{price.date[1]:02d}")
            closed = price.release == "closed"
            axis.plot(
                place,
                price.usd_per_mtok,
                marker="o",
                markersize=2.8,
                color=MUTED if closed else OPEN_COLOUR,
                markerfacecolor=MUTED if closed else "white",
                lw=0.0,
                zorder=2.0,
            )
    axis.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    panels.over_time(axis, folder.months)
    panels.label_ends(axis, labels)


def _of_all(folder: Folder, world_at: int, name: str) -> Line:
    # The mean over blocs, each month by what its users spend.
    table = folder.worlds[world_at].table("blocs", "month", "bloc", name, "user_spending")
    table = table.assign(paid=table[name].fillna(0.0) * table["user_spending"],
                         by=table["user_spending"].where(table[name].notna(), 0.0))  # fmt: skip
    sums = table.groupby(["replicate", "month"], observed=True)[["paid", "by"]].sum()
    sums[name] = np.where(sums["by"] > 0.0, sums["paid"] / sums["by"].clip(lower=1e-300), np.nan)
    return line(folder.dates, by_replicate(sums.reset_index(), "month", name)[1])


def _use(axis: Axes, folder: Folder) -> None:
    found = [of_blocs(folder, world, "consumers_using") for world in folder.worlds]
    labels = []
    chief = (folder.leader, folder.follower)
    for bloc in (*(b for b in folder.blocs if b not in chief), *chief):
        if bloc in folder.blocs:
            drawn, colour = [lines[bloc] for lines in found], captions.colour_of(folder, bloc)
            panels.lines(axis, drawn, colour, band=bloc in chief)
            labels.append(Label(*drawn[-1].end, folder.label(bloc), colour))
    highest = max((float(np.nanmax(one[b].middle, initial=0.0)) for one in found for b in one),
                  default=1.0)  # fmt: skip
    top = next(level for level in (0.2, 0.5, 1.0) if highest <= level or level == 1.0)
    panels.percentages(axis, top)
    panels.over_time(axis, folder.months)
    panels.label_ends(axis, labels)
