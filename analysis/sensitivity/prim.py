"""Scenario discovery: where in the space of factors a thing happens, as a box in plain words.

The patient rule induction method (Friedman and Fisher 1999; Bryant and Lempert 2010): from the
whole space, the thin slice at one end of one factor (or one choice) whose loss raises the share of
cases most, for what it costs, is peeled off, again and again. Of all boxes on the way the one that
is best at once in *density* (the share of its points that are cases) and *coverage* (the share of
all cases in it) is taken, and limits that do not matter are taken away. Both figures are reported
for points that had no part in finding the box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.effects import Values

PEEL = 0.1  # share of a box's points that a peel takes
LEAST = 0.05  # share of all points that a box keeps
FEWEST = 12  # cases, and others, below which no box is sought
CHANCE = 0.05  # of a limit that does as well by chance alone
HELD_OUT = 3  # every so many points are kept out of finding
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """A factor's values over the points: numbers, or numbers of choices."""

    name: str
    values: Values
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Limit:
    """What a box asks of a factor: from ``low`` to ``high`` (infinite: no end), or choices."""

    name: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[Any, ...] = ()

    def words(self) -> str:
        """Return the limit in words."""
        if self.choices:
            return f"{self.name} is {' or '.join(str(choice) for choice in self.choices)}"
        low, high = f"{self.low:.3g}", f"{self.high:.3g}"
        if math.isinf(self.low):
            return f"{self.name} is at most {high}"
        if math.isinf(self.high):
            return f"{self.name} is at least {low}"
        return f"{self.name} lies between {low} and {high}"


@dataclass(frozen=True)
class Box:
    """A box: its limits, and how it does on points that had no part in finding it."""

    limits: tuple[Limit, ...]
    density: float
    coverage: float
    share: float
    points: int

    def words(self, happens: str) -> str:
        """Return the box as a sentence; ``happens`` is what the cases have in common."""
        where = " and ".join(limit.words() for limit in self.limits)
        return (
            f"Where {where}, {happens} in {100 * self.density:.0f} % of cases "
            f"({100 * self.share:.0f} % everywhere); {100 * self.coverage:.0f} % of all such cases "
            f"lie there (of {self.points} points that had no part in finding this)."
        )


def find(columns: Sequence[Column], cases: Bools) -> Box | None:
    """Return the box in which cases are dense, or None where there are too few cases.

    None, too, where no limit matters: the cases lie anywhere.
    """
    held = np.arange(cases.size) % HELD_OUT == HELD_OUT - 1
    y = cases[~held]
    if min(y.sum(), (~y).sum()) < FEWEST:
        return None
    x = [Column(c.name, c.values[~held], c.choices) for c in columns]
    inside = _best(x, y)
    limits = [limit for limit in map(_limit, x, [inside] * len(x)) if limit is not None]
    limits = _needed(x, y, limits)
    if not limits:
        return None
    out = [Column(c.name, c.values[held], c.choices) for c in columns]
    there, y = _in(out, limits), cases[held]
    density = float(np.mean(y[there])) if there.any() else math.nan
    coverage = float(there[y].mean()) if y.any() else math.nan
    if not density > float(np.mean(y)):
        return None  # found, but not found again
    return Box(tuple(limits), density, coverage, float(np.mean(y)), int(y.size))


def _best(columns: list[Column], cases: Bools) -> Bools:
    inside = np.ones(cases.size, np.bool_)
    best, score = inside, 0.0
    while True:
        peels = [peel for column in columns for peel in _peels(column, inside)]
        peels = [
            p for p in peels if p.sum() >= max(3, LEAST * cases.size) and p.sum() < inside.sum()
        ]
        if not peels:
            return best
        inside = max(peels, key=partial(_gain, cases=cases, before=inside))
        density, coverage = float(np.mean(cases[inside])), float(inside[cases].mean())
        both = 2.0 * density * coverage / (density + coverage) if density + coverage else 0.0
        base = 2.0 * cases.mean() / (cases.mean() + 1.0)
        if both > max(score, base):
            best, score = inside, both


def _gain(after: Bools, cases: Bools, before: Bools) -> float:
    # Density gained for each point lost, so that a whole choice is not peeled off for being large
    # (Kwakkel and Jaxa-Rozen 2016).
    gained = float(np.mean(cases[after]) - np.mean(cases[before]))
    return gained / float(before.sum() - after.sum())


def _peels(column: Column, inside: Bools) -> list[Bools]:
    values = column.values[inside]
    if column.choices:
        return [inside & (column.values != code) for code in np.unique(values)]
    low, high = np.quantile(values, (PEEL, 1.0 - PEEL))
    return [inside & (column.values > low), inside & (column.values < high)]


def _limit(column: Column, inside: Bools) -> Limit | None:
    values, kept = column.values, column.values[inside]
    if column.choices:
        codes = np.unique(kept)
        if codes.size == np.unique(values).size:
            return None
        return Limit(column.name, choices=tuple(column.choices[int(code)] for code in codes))
    low = float(kept.min()) if kept.min() > values.min() else -math.inf
    high = float(kept.max()) if kept.max() < values.max() else math.inf
    if math.isinf(low) and math.isinf(high):
        return None
    return Limit(column.name, low, high)


def _in(columns: Sequence[Column], limits: Sequence[Limit]) -> Bools:
    by_name = {column.name: column for column in columns}
    inside = np.ones(columns[0].values.size, np.bool_)
    for limit in limits:
        column = by_name[limit.name]
        if limit.choices:
            codes = [column.choices.index(choice) for choice in limit.choices]
            inside &= np.isin(column.values, codes)
        else:
            inside &= (column.values >= limit.low) & (column.values <= limit.high)
    return inside


def _needed(columns: list[Column], cases: Bools, limits: list[Limit]) -> list[Limit]:
    # Without a limit the box is larger; it stays where its points would hardly be so dense if drawn
    # from the larger one by chance. The least needed goes first.
    from scipy.stats import binomtest

    while limits:
        chances = []
        for limit in limits:
            larger = _in(columns, [other for other in limits if other is not limit])
            inside = _in(columns, limits)
            share = float(np.mean(cases[larger]))
            hits, number = int(cases[inside].sum()), int(inside.sum())
            test = binomtest(hits, number, share, alternative="greater") if number else None
            chances.append(1.0 if test is None else float(test.pvalue))
        worst = int(np.argmax(chances))
        if chances[worst] <= CHANCE:
            return limits
        limits = [limit for k, limit in enumerate(limits) if k != worst]
    return limits
