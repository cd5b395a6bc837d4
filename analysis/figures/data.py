"""What figures are drawn from: the worlds of a result's folder, and what replicates sum up to.

A run is one world with one replicate; a comparison is worlds A and B, replicate by replicate.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.core.arrow import read_table
from model.measure.run_folder import Refused, read_manifest
from model.state.codes import CHANNELS, FIELDS, LAB_FIELDS, SOURCES

Values = NDArray[np.float64]
BAND = (10, 90)  # percentiles over replicates
LONGEST_LABEL = 40  # letters of the name of a bloc beside a line
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Line:
    """A line of a figure, and the band about it (``nan`` where undefined)."""

    x: Values
    middle: Values
    low: Values
    high: Values

    @property
    def end(self) -> tuple[float, float]:
        """The last point that is defined; ``nan`` where there is none."""
        known = np.flatnonzero(np.isfinite(self.middle))
        if not known.size:
            return np.nan, np.nan
        return float(self.x[known[-1]]), float(self.middle[known[-1]])


@dataclass(frozen=True)
class World:
    """A world's folder; ``several`` where its tables have replicates."""

    folder: Path
    letter: str
    title: str
    several: bool
    name: str = ""

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """Return columns of a table, with ``replicate`` in front (1 in a run)."""
        wanted = ["replicate", *columns] if self.several else list(columns)
        frame: pd.DataFrame = read_table(self.folder / f"{name}.parquet", wanted).to_pandas(
            categories=[c for c in ("month", "bloc", "channel") if c in columns]
        )
        if not self.several:
            frame.insert(0, "replicate", 1)
        return frame


@dataclass(frozen=True)
class Rule:
    """A rule, with the letters of the worlds that have it."""

    title: str
    worlds: str
    name: str = ""


@dataclass(frozen=True)
class Act:
    """The rules of one date."""

    date: float
    month: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Folder:
    """A run or a comparison: worlds, leader and follower, dated rules, source line."""

    path: Path
    worlds: tuple[World, ...]
    leader: str
    follower: str
    blocs: tuple[str, ...]
    labels: dict[str, str]
    acts: tuple[Act, ...]
    months: tuple[str, ...]
    replicates: int
    source: str

    @property
    def compares(self) -> bool:
        """Whether there are two worlds."""
        return len(self.worlds) > 1

    @property
    def dates(self) -> Values:
        """The middles of the months, as years."""
        return np.array([date(month) for month in self.months]) + 1.0 / 24.0

    def label(self, bloc: str) -> str:
        """Return the printed name of a bloc."""
        return str(self.labels.get(bloc, bloc))[:LONGEST_LABEL]


def read_folder(path: Path) -> Folder:
    """Read what a result's folder says of itself; tables are read when they are drawn.

    Raises ``Refused`` where it holds neither a run nor a comparison, is not ours or newer.
    """
    about = read_manifest(path)
    if about.get("kind") not in ("run", "compare"):
        raise Refused(f"{path}: holds no run and no comparison")
    if about["kind"] == "run":
        name = str(about.get("scenario", path.name))
        worlds: tuple[World, ...] = (World(path, "A", _title(path, name), False, name),)
        source = f"spillover, scenario {name}, seed {about.get('seed', 'unknown')}"
    else:
        names = [str(about[world]) for world in ("a", "b")]
        titles = about.get("titles", names)
        worlds = tuple(
            World(path / letter, letter.upper(), str(title), True, name)
            for letter, title, name in zip(("a", "b"), titles, names, strict=True)
        )
        count = int(about.get("replicates", 1))
        paired = "1 paired replicate" if count == 1 else f"{count} paired replicates"
        source = (
            f"spillover, scenario {names[0]} against {names[1]}, {paired}, "
            f"{about.get('kind_of_uncertainty', 'random variation only')}"
        )
    table = worlds[0].table("blocs", "month", "bloc")
    blocs = tuple(str(bloc) for bloc in table["bloc"].unique())
    months = tuple(sorted(str(month) for month in table["month"].unique()))
    return Folder(
        path,
        worlds,
        str(about.get("leader", blocs[0])),
        str(about.get("follower", blocs[1] if len(blocs) > 1 else "")),
        blocs,
        dict(about.get("labels", {})),
        _acts(about.get("acts", []), months),
        months,
        int(about.get("replicates", 1)),
        source,
    )


def date(month: str) -> float:
    """Return the start of a month (YYYY-MM) as a number of years."""
    return int(month[:4]) + (int(month[5:7]) - 1) / 12.0


def printed(month: str) -> str:
    """Return a month as a reader writes it: Oct 2022."""
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def _title(path: Path, name: str) -> str:
    file = path / "scenario.toml"
    if not file.is_file():
        return name
    return str(tomllib.loads(file.read_text(encoding="utf-8")).get("title", name))


def _acts(given: list[dict[str, Any]], months: tuple[str, ...]) -> tuple[Act, ...]:
    worlds: dict[tuple[str, str, str], list[str]] = {}
    for act in given:
        if months[0] <= act["month"] <= months[-1]:
            name = str(act["name"])
            letters = worlds.setdefault((act["month"], act.get("title", name), name), [])
            letters.append(str(act.get("world", "a")).upper())
    dated: dict[str, list[Rule]] = {}
    for (month, title, name), letters in worlds.items():
        where = " and ".join(sorted(set(letters)))
        dated.setdefault(month, []).append(Rule(title, where, name))
    return tuple(Act(date(month), month, tuple(dated[month])) for month in sorted(dated))


def by_replicate(table: pd.DataFrame, index: str, column: str) -> tuple[list[Any], Values]:
    """Return the values of an index, in order, and a column as index x replicate."""
    wide = table.pivot(index=index, columns="replicate", values=column).sort_index()
    return list(wide.index), wide.to_numpy(np.float64, na_value=np.nan)


def line(x: Values, values: Values, median: bool = False) -> Line:
    """Return mean (or median) and band over replicates of values, x by replicate.

    Undefined where less than half of the replicates are defined; else over those that are.
    """
    known = np.isfinite(values)
    enough = (known.sum(axis=1) * 2 >= values.shape[1]) & known.any(axis=1)
    middle, low, high = (np.full(x.size, np.nan) for _ in range(3))
    if enough.any():
        defined = np.where(known, values, np.nan)[enough]
        middle[enough] = np.nanmedian(defined, axis=1) if median else np.nanmean(defined, axis=1)
        if values.shape[1] > 1:
            low[enough], high[enough] = np.nanpercentile(defined, BAND, axis=1)
    return Line(x, middle, low, high)


def of_blocs(folder: Folder, world: World, name: str, total: bool = False) -> dict[str, Line]:
    """Return a series of the table of blocs by bloc, summed up from the start where ``total``."""
    table = world.table("blocs", "month", "bloc", name)
    found = {}
    for bloc in folder.blocs:
        _, values = by_replicate(table[table["bloc"] == bloc], "month", name)
        found[bloc] = line(folder.dates, np.cumsum(values, axis=0) if total else values)
    return found


def of_sources(folder: Folder, world: World, bloc: str) -> Values:
    """Return the fleet of a bloc's labs by source, as source x month x replicate, in FLOP/s."""
    names = [f"compute_{source}" for source in SOURCES]
    table = world.table("blocs", "month", "bloc", *names)
    here = table[table["bloc"] == bloc]
    return np.nan_to_num([by_replicate(here, "month", name)[1] for name in names])


def of_world(folder: Folder, world: World, name: str, median: bool = False) -> Line:
    """Return an outcome by month."""
    _, values = by_replicate(world.table("world", "month", name), "month", name)
    return line(folder.dates, values, median)


def at_least(world: World, name: str) -> NDArray[np.bool_]:
    """Say in which months an outcome is censored in half of the replicates or more."""
    name += "_censored"
    _, values = by_replicate(world.table("world", "month", name), "month", name)
    return np.asarray(values.mean(axis=1) >= 0.5)


def effect(folder: Folder, name: str) -> tuple[Line, Line]:
    """Return the effect of B against A on an outcome: with the spread of pairs, and of its mean.

    The first band is the 5th to 95th percentile of pairs, the second the 95 % interval of the mean.
    """
    table = read_table(folder.path / "effects.parquet").to_pandas()
    table = table[table["outcome"] == name].sort_values("month")
    x = np.array([date(m) for m in table["month"]]) + 1.0 / 24.0
    middle, *ends = (
        table[c].to_numpy(np.float64, na_value=np.nan)
        for c in ("effect", "p5", "p95", "low", "high")
    )
    return Line(x, middle, *ends[:2]), Line(x, middle, *ends[2:])


def diffusion_line(table: pd.DataFrame, place: str, fewest: int) -> Line:
    """Return the mean share of firms that hold an idea, by its age in months, over all ideas.

    Replicates count by their ideas; ages at which there are fewer than ``fewest`` are left out.
    """
    ages, shares = by_replicate(table, "age", place)
    _, ideas = by_replicate(table, "age", "ideas")
    weights = np.where(np.isfinite(shares), np.nan_to_num(ideas), 0.0)
    total = weights.sum(axis=1)
    summed = (np.nan_to_num(shares) * weights).sum(axis=1)
    middle = np.where(total >= fewest, summed / np.maximum(total, 1.0), np.nan)
    low, high = np.full((2, middle.size), np.nan)
    if shares.shape[1] > 1:
        known = (np.isfinite(shares).sum(axis=1) * 2 >= shares.shape[1]) & np.isfinite(middle)
        if known.any():
            low[known], high[known] = np.nanpercentile(shares[known], BAND, axis=1)
    return Line(np.array(ages, np.float64), middle, low, high)


def channel_shares(world: World, bloc: str) -> tuple[list[int], Values]:
    """Return years, and the share of each channel in what a bloc's firms came to hold, by year.

    Algorithms and systems: the many ideas of products would hide them.
    """
    table = world.table("acquisitions", "month", "field", "channel", "target", "ideas")
    table = table[table["field"].isin([FIELDS[field] for field in LAB_FIELDS])]
    reported = world.table("world", "month")["month"].unique()  # the rest is prehistory
    table = table[(table["target"] == bloc) & table["month"].isin(reported)]
    sums = table.groupby(["month", "channel"], observed=True)["ideas"].sum().reset_index()
    totals: dict[int, Values] = {}
    for month, channel, ideas in sums.itertuples(index=False):
        year = totals.setdefault(int(str(month)[:4]), np.zeros(len(CHANNELS)))
        year[CHANNELS.index(str(channel))] += float(ideas)
    years = sorted(totals)
    counts = np.array([totals[year] for year in years]).reshape(len(years), len(CHANNELS))
    return years, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
