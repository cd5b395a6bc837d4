"""Phase diagrams: an effect over two factors, with the line where it changes sign.

From a grid the effect is drawn as it was found. From any other design a surface is fitted to the
points by least squares, of third degree in the two factors (of second where points are few); what
the other factors do is scatter about it. Thin lines are the zero lines of surfaces fitted to
resampled points: where they keep together, the sign is certain.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from analysis.experiments.designs import CHANCE
from analysis.experiments.effects import Values
from analysis.experiments.sweep_points import LeftOut, whole_points
from analysis.figures import style
from analysis.figures.style import INK, MUTED, Grid, Words
from analysis.reports.parameters import NO_UNIT
from analysis.reports.terminal_tables import title
from model.core.errors import InputError
from model.measure.outcomes import OUTCOMES, unit_of_effect
from model.measure.run_folder import plain
from model.parameters import FACTS

if TYPE_CHECKING:
    import pandas as pd

NARROWS, WIDENS = "#2166ac", "#c2510c"  # dark enough for words
COLOURS = LinearSegmentedColormap.from_list("effect", [NARROWS, "#f7f7f7", WIDENS])
FINE = 80  # places along an axis of a fitted surface
AGAIN = 20  # resampled surfaces
CUBIC, QUADRATIC = 60, 24  # points from which a degree is fitted
FEWEST_LEVELS = 3  # of a grid


@dataclass(frozen=True)
class Phase:
    """An effect over two factors: ``z`` is y by x; ``again`` are surfaces of resampled points."""

    x: Values
    y: Values
    z: Values
    again: tuple[Values, ...]
    points: int
    fit: float | None
    left: LeftOut = LeftOut(0)


def phase(frame: pd.DataFrame, one: str, other: str, column: str) -> Phase:
    """Return an effect over two factors, from a sweep's rows at one horizon.

    Raises ``InputError`` where the factors are no numbers, as choices and seeds, or the points too
    few. Points that are not whole (``analysis.experiments.sweep_points``) are left out.
    """
    for name in (one, other):
        if name not in frame.attrs["factors"]:
            raise InputError(f"phase: {name!r} is no factor of this sweep; factors are "
                             f"{', '.join(frame.attrs['factors'])}")  # fmt: skip
        if frame[name].dtype.kind not in "if":
            raise InputError(f"phase: {name} holds choices, and a phase diagram needs numbers")
        if name == CHANCE:
            raise InputError("phase: chance holds seeds, which have no order, and a phase diagram "
                             "needs numbers")  # fmt: skip
    if one == other:
        raise InputError(f"phase: needs two factors, got {one} twice")
    values, left = whole_points(frame, column)
    means = frame.groupby("point").agg({one: "first", other: "first"}).reindex(values.index)
    means = means.assign(**{column: values})
    x, y, z = (means[name].to_numpy(np.float64) for name in (one, other, column))
    columns, rows = np.unique(x), np.unique(y)
    whole = columns.size * rows.size
    if frame.attrs["design"] == "grid" and min(columns.size, rows.size) >= FEWEST_LEVELS:
        table = means.groupby([other, one])[column].mean().unstack().to_numpy(np.float64)
        if table.shape == (rows.size, columns.size) and np.isfinite(table).sum() == whole:
            return Phase(columns, rows, table, (), int(z.size), None, left)
    if z.size < QUADRATIC:
        few = f"{z.size} whole points" if left.number else f"{z.size} points"
        raise InputError(f"phase: {few} are too few for a surface; {QUADRATIC} are "
                         "enough, or a grid of 3 levels each")  # fmt: skip
    return replace(_surface(x, y, z), left=left)


def figure(
    found: Phase,
    one: str,
    other: str,
    name: str,
    horizon: str,
    worlds: tuple[str, str],
    titles: tuple[str, str],
    source: str,
) -> Figure:
    """Draw a phase diagram on a sheet.

    Args:
        found: the effect.
        one: the factor along the horizontal axis.
        other: the factor along the vertical axis.
        name: the outcome.
        horizon: month.
        worlds: names of the scenario and of what it is held against.
        titles: their titles.
        source: what stands below.
    """
    unit, least = unit_of_effect(name), OUTCOMES[name].smallest
    how = (
        f"Means of {found.points} points of a grid."
        if found.fit is None
        else f"Surface fitted to {found.points} points, which explains "
        f"{100 * max(0.0, found.fit):.0f} % of the differences between them; the rest is other "
        f"factors and chance. Thin lines: the zero line in {AGAIN} resamples of the points."
    )
    words = Words(
        f"Where “{titles[0]}” widens the {title(name)}, and where it narrows it",
        (),
        (),
        f"Effect of {worlds[0]} against {worlds[1]} (“{titles[1]}”) on the "
        f"{title(name)} at the end of "
        f"{horizon.removesuffix('-12')}, {unit}; {OUTCOMES[name].definition}. Thick line: no "
        f"effect. Between the dotted lines it is below {least:g} {unit}, the least of interest. "
        f"{how} {found.left.words()}".rstrip(),
        source,
    )
    sheet, ((axis,),) = style.sheet(words, Grid((8.4,), left=2.4, right=2.2, below=1.5))
    _draw(axis, found, least)
    _axis(axis, one, "x")
    _axis(axis, other, "y")
    limit = max(float(np.nanmax(np.abs(found.z))), 1e-9)
    _scale(sheet, axis, limit, unit)
    return sheet


def title_of(folder: Path, names: list[str]) -> str:
    """Return the titles of scenarios as a sweep's folder keeps them; names where they are lost."""
    found = []
    for name in plain(names):
        try:
            text = (folder / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
            found.append(str(tomllib.loads(text)["title"]))
        except (OSError, ValueError, KeyError):
            found.append(name)
    return " or ".join(found)


def save(sheet: Figure, folder: Path, one: str, other: str, name: str) -> list[Path]:
    """Write a phase diagram below a folder; returns the files."""
    return style.save(sheet, folder, f"phase-{name}-{one}-{other}")


def _surface(x: Values, y: Values, z: Values) -> Phase:
    degree = 3 if z.size >= CUBIC else 2
    u, v = (_unit(values, values) for values in (x, y))
    basis = _terms(u, v, degree)
    fine_x = np.linspace(x.min(), x.max(), FINE)
    fine_y = np.linspace(y.min(), y.max(), FINE)
    mesh = np.meshgrid(_unit(fine_x, x), _unit(fine_y, y))
    fine = _terms(mesh[0].ravel(), mesh[1].ravel(), degree)
    chance = np.random.default_rng(1)
    surfaces = []
    for n in range(AGAIN + 1):
        pick = np.arange(z.size) if n == 0 else chance.integers(0, z.size, z.size)
        weights = np.linalg.lstsq(basis[pick], z[pick], rcond=None)[0]
        if n == 0:
            rest = float(np.sum((z - basis @ weights) ** 2))
            spread = float(np.sum((z - z.mean()) ** 2))
        surfaces.append((fine @ weights).reshape(FINE, FINE))
    fit = 1.0 - rest / spread if spread > 0.0 else 0.0
    return Phase(fine_x, fine_y, surfaces[0], tuple(surfaces[1:]), int(z.size), fit)


def _unit(values: Values, of: Values) -> Values:
    low, high = float(of.min()), float(of.max())
    return 2.0 * (values - low) / (high - low) - 1.0 if high > low else np.zeros(values.size)


def _terms(u: Values, v: Values, degree: int) -> Values:
    rows = [u**i * v**j for i in range(degree + 1) for j in range(degree + 1 - i)]
    return np.array(rows).T


def _draw(axis: Axes, found: Phase, least: float) -> None:
    limit = max(float(np.nanmax(np.abs(found.z))), 1e-9)
    norm = TwoSlopeNorm(0.0, -limit, limit)
    shading: Any = "nearest" if found.fit is None else "gouraud"
    axis.pcolormesh(found.x, found.y, found.z, cmap=COLOURS, norm=norm, shading=shading,
                    rasterized=True)  # fmt: skip
    for surface in found.again:
        axis.contour(found.x, found.y, surface, levels=[0.0], colors=[MUTED], linewidths=0.35)
    for level, line, width in (
        (0.0, "solid", 1.8),
        (least, "dotted", 0.9),
        (-least, "dotted", 0.9),
    ):
        if np.nanmin(found.z) < level < np.nanmax(found.z):
            axis.contour(found.x, found.y, found.z, levels=[level], colors=[INK],
                         linewidths=width, linestyles=line)  # fmt: skip
    for sign, word, colour in ((1.0, "widens", WIDENS), (-1.0, "narrows", NARROWS)):
        _word(axis, found, sign, word, colour, least)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _word(axis: Axes, found: Phase, sign: float, word: str, colour: str, least: float) -> None:
    # In the middle of the region, where there is one that is worth a word.
    region = sign * found.z > least
    if np.mean(region) < 0.04:
        return
    rows, columns = np.nonzero(region)
    # the place of the region nearest to its own middle lies inside it
    away = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    k = int(np.argmin(away))
    axis.text(found.x[columns[k]], found.y[rows[k]], word, color="white", weight="bold",
              size=style.BODY, ha="center", va="center",
              bbox={"facecolor": colour, "edgecolor": "none", "pad": 2.0})  # fmt: skip


def _axis(axis: Axes, name: str, which: str) -> None:
    # What the parameter is, in two lines at most, then its name and unit.
    fact = {str(key): fact for key, fact in FACTS.items()}.get(name)
    room = 11.5 if which == "x" else 8.0
    unit = "" if fact is None or fact.unit in NO_UNIT else f", {fact.unit}"
    lines = []
    if fact is not None:
        doc = fact.doc.partition(";")[0]
        words = style.wrapped(doc[:1].upper() + doc[1:], style.BODY, room)
        lines = words if len(words) <= 2 else [words[0], words[1].rstrip(",;:( ") + " …"]
    label = "\n".join([*lines, f"{name}{unit}"])
    (axis.set_xlabel if which == "x" else axis.set_ylabel)(label, size=style.BODY)


def _scale(sheet: Figure, axis: Axes, limit: float, unit: str) -> None:
    box = axis.get_position()
    place = sheet.add_axes((box.x1 + 0.03, box.y0, 0.018, box.height))
    steps = np.linspace(-limit, limit, 256)
    place.pcolormesh([0.0, 1.0], steps, np.repeat(steps[:-1, None], 1, axis=1), cmap=COLOURS,
                     rasterized=True)  # fmt: skip
    place.set_xticks([])
    place.yaxis.tick_right()
    place.set_title(unit, size=style.SMALL, loc="left")
    place.tick_params(length=0.0, labelsize=style.SMALL)
    place.yaxis.set_major_formatter(
        lambda value, _: f"{value:+.2g}".replace("-", "−") if value else "0"
    )
    for spine in place.spines.values():
        spine.set_visible(False)
