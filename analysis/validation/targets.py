"""The record to compare with: ``seeds/targets.toml``, or a file of the same form, read with checks.

A target has one figure or several; each says which measure of a run it is compared with
(``measures.py``), the band in which a run may lie and still be our world, and the record. The head
of the file says what every field means.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.validation.history import ALL_SERIES, Asked, logarithmic, summable
from analysis.validation.measures import MEASURES
from model.core.errors import InputError, near, shown
from model.core.toml import read_toml
from model.scenario import shipped
from model.seed_tables import SEEDS, tables
from model.state.inputs import parse_month

FILE = "targets.toml"
POINTS = "index_points"
ENOUGH = 0.75  # share of a target's figures that have to be inside
QUANTILE = 1.959963984540054  # half-width of a 95 % band in standard deviations
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
QUARTER = re.compile(r"[0-9]{4}-Q[1-4]")
GOOD = {  # a good value of a field, for messages
    "title": '"Gap of best models, US over China"',
    "mark": '"D"',
    "source": '"epoch_models"',
    "world": '"ban"',
    "group": '"releases"',
    "compare": '"running maximum"',
    "unit": '"OOM"',
    "scale": '"log"',
    "measure": '"mean"',
    "first": '"2024-01"',
    "last": '"2024-12"',
    "pace_from": '"2023-03"',
    "until": '"2024-12"',
    "bloc": '"china"',
    "over": '"us"',
    "series": '"capability_released"',
    "over_series": '"cards"',
    "reason": '"clouds are one buyer a bloc"',
    "figures": "[[T1.figures]]",
    "reported": "false",
    "points": "true",
    "quarters": '{ "2023-Q1" = 18.3 }',
}
GOOD |= dict.fromkeys(("record", "error", "low", "high", "factor", "mode"), "0.7")
MONTHS = ("first", "last", "pace_from", "until")
Mark = Literal["P", "S", "D", "M"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Points(_Entry):
    """Points of the capability index per OOM of training compute: one unknown, triangular."""

    title: str = Field(min_length=3)
    low: float = Field(gt=0.0)
    mode: float = Field(gt=0.0)
    high: float = Field(gt=0.0)
    mark: Mark
    source: str = Field(min_length=1)


class Figure(_Entry):
    """A number of the record, its band, and what of a run is compared with it."""

    name: str = Field("", max_length=4)
    title: str = ""
    measure: str = ""
    series: str = ""
    over_series: str = ""
    bloc: str = ""
    over: str = ""
    first: str = ""
    last: str = ""
    pace_from: str = ""
    until: str = ""
    unit: str = Field(min_length=1)
    factor: float = Field(1.0, gt=0.0)
    scale: Literal["plain", "log", "logit"] = "plain"
    points: bool = False
    record: float
    error: float | None = Field(None, gt=0.0)
    low: float
    high: float
    mark: Mark | None = None

    @property
    def asked(self) -> Asked:
        """What the measure is asked for."""
        return Asked(**{name: getattr(self, name) for name in Asked.__dataclass_fields__})

    @property
    def spread(self) -> float:
        """Half-width of the band on the figure's scale, as a standard deviation."""
        return (self.on_scale(self.high) - self.on_scale(self.low)) / 2.0 / QUANTILE

    def on_scale(self, value: float) -> float:
        """Return a value on the scale on which errors are normal."""
        if self.scale == "plain":
            return value
        odds = value if self.scale == "log" else value / (1.0 - value)
        return math.log(odds)

    def holds(self, value: float) -> bool:
        """Return whether a value lies in the band."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Errors:
    """Standard deviations on the figure's scale; ``split``: the band's, halved between the two."""

    record: float
    discrepancy: float
    split: bool


class Target(_Entry):
    """What history says about one question, in one figure or several."""

    title: str = Field(min_length=3)
    world: str
    group: str = Field(min_length=1)
    mark: Mark
    source: str = Field(min_length=1)
    compare: str = Field(min_length=3)
    reported: bool = True
    reason: str = ""
    quarters: dict[str, float] = {}
    figures: list[Figure] = Field(min_length=1)

    def inside(self, figures_inside: int) -> bool:
        """Return whether enough of its figures are inside: three quarters."""
        return figures_inside >= ENOUGH * len(self.figures)


@dataclass(frozen=True)
class Targets:
    """All targets of a file, by name in its order, and the points of the index per OOM."""

    place: str
    targets: Mapping[str, Target]
    points: Points | None

    @property
    def last(self) -> str:
        """The last month that a figure needs, YYYY-MM."""
        return max(
            month
            for target in self._reported
            for figure in target.figures
            for month in (figure.last, figure.until)
        )

    @property
    def worlds(self) -> list[str]:
        """The scenarios that figures are computed in, each once."""
        return list(dict.fromkeys(target.world for target in self._reported))

    @property
    def _reported(self) -> list[Target]:
        return [target for target in self.targets.values() if target.reported]

    def record(self, figure: Figure) -> float:
        """Return a figure's record in its unit: points of the index as OOM at their mode."""
        return figure.record / self._per_oom(figure)

    def errors(self, figure: Figure) -> Errors:
        """Return the errors of the record and of the model, which together fill the band.

        Where the error of the record alone fills it, no discrepancy is left; where the file states
        none, half of the band's variance is that of either.
        """
        if figure.error is None:
            half = figure.spread / math.sqrt(2.0)
            return Errors(half, half, split=True)
        own = figure.error / self._per_oom(figure)
        return Errors(own, math.sqrt(max(0.0, figure.spread**2 - own**2)), split=False)

    def _per_oom(self, figure: Figure) -> float:
        return self.points.mode if figure.points and self.points is not None else 1.0


@cache
def standard() -> Targets:
    """Return the targets that come with the program; raises ``InputError`` as ``read`` does."""
    return read(SEEDS / FILE)


def read(path: Path) -> Targets:
    """Read a file of targets.

    Raises ``InputError`` that names file, target and field, the rule, the value got and a good one.
    """
    content = read_toml(path)
    given = content.pop(POINTS, None)
    points = None if given is None else _entry(Points, given, f"{path.name}: {POINTS}")
    if points is not None and not points.low <= points.mode <= points.high:
        raise InputError(
            f"{path.name}: {POINTS}: low, mode and high must rise, got "
            f"{points.low:g}, {points.mode:g}, {points.high:g}; good ones are 7.5, 10.5, 13"
        )
    if not content:
        raise InputError(f"{path.name}: holds no target; a good one begins with [T1]")
    targets = {}
    for name, entry in content.items():
        place = f"{path.name}: {name}"
        if not NAME.fullmatch(name):
            raise InputError(
                f"{path.name}: the name of a target is a letter, then letters, digits and _, at "
                f"most 20, got {shown(name)}; a good one is T1"
            )
        target = _entry(Target, entry, place)
        _check(target, place, points)
        targets[name] = target
    full = [name + figure.name for name, target in targets.items() for figure in target.figures]
    twice = [name for name in full if full.count(name) > 1]
    if twice:
        raise InputError(f"{path.name}: two figures are called {twice[0]}, by target and name; "
                         "a good one is called like no other")  # fmt: skip
    if not any(target.reported for target in targets.values()):
        raise InputError(f"{path.name}: no target is reported; a good one has no reported = false")
    return Targets(path.name, targets, points)


def _entry(kind: Any, entry: Any, place: str) -> Any:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        parts = [p + 1 if isinstance(p, int) else p for p in first["loc"]]  # figures from 1
        names = [str(p) for p in parts if isinstance(p, str)]
        field, rule = ".".join(map(str, parts)) or "it", first["msg"]
        rule = rule.removeprefix("Input ").replace("should", "must")
        if first["type"] == "extra_forbidden":
            deep = len(parts) > 1 and parts[0] == "figures"
            fields = (Figure if deep else kind).model_fields
            raise InputError(f"{place}: {field}: is unknown; {near(names[-1], fields)}") from None
        got = "is missing" if first["type"] == "missing" else None
        said = got or f"{rule}, got {shown(first['input'])}"
        good = GOOD.get(names[-1] if names else "", "see seeds/targets.toml")
        raise InputError(f"{place}: {field}: {said}; a good value is {good}") from None


def _check(target: Target, place: str, points: Points | None) -> None:
    if target.world not in shipped():
        raise InputError(
            f"{place}: world: {shown(target.world)} is unknown; {near(target.world, shipped())}"
        )
    if target.reported == bool(target.reason):
        rule = "must say why the target is not reported" if not target.reported else (
            "goes with reported = false"
        )  # fmt: skip
        raise InputError(f"{place}: reason: {rule}, got {shown(target.reason)}; "
                         f"a good value is {GOOD['reason']}")  # fmt: skip
    for quarter in target.quarters:
        if not QUARTER.fullmatch(quarter):
            raise InputError(f"{place}: quarters: a quarter reads YYYY-Qn, got {shown(quarter)}; "
                             "a good value is 2023-Q1")  # fmt: skip
    names = [figure.name for figure in target.figures]
    for k, figure in enumerate(target.figures, 1):
        here = f"{place}: figures.{k}"
        if len(names) > 1 and (not figure.name or names.count(figure.name) > 1):
            raise InputError(f"{here}.name: several figures need a name each, got "
                             f"{shown(figure.name)}; a good value is {chr(96 + k)!r}")  # fmt: skip
        _numbers(figure, here, points)
        if target.reported:
            _measured(figure, here)


def _numbers(figure: Figure, place: str, points: Points | None) -> None:
    if not figure.low <= figure.high:
        raise InputError(f"{place}.high: must not be below low, {figure.low:g}, got "
                         f"{figure.high:g}; a good value is {figure.low:g} or more")  # fmt: skip
    if figure.points and points is None:
        raise InputError(f"{place}.points: needs the table [{POINTS}] with low, mode and high; "
                         "good ones are 7.5, 10.5, 13")  # fmt: skip
    if figure.points and figure.scale != "plain":
        raise InputError(f"{place}.scale: must be plain where points = true, got "
                         f"{shown(figure.scale)}; a good value is 'plain'")  # fmt: skip
    least, most = (0.0, 1.0 if figure.scale == "logit" else math.inf)
    for field in ("low", "high", "record"):
        value = getattr(figure, field)
        if figure.scale != "plain" and not least < value < most:
            rule = "above 0" if most == math.inf else "between 0 and 1"
            raise InputError(f"{place}.{field}: must lie {rule} on the scale {figure.scale}, got "
                             f"{value:g}; a good value is 0.7")  # fmt: skip
    record = Targets("", {}, points).record(figure)
    error = Targets("", {}, points).errors(figure).record
    own = QUANTILE * (0.0 if figure.error is None else error)
    place_of, low, high = (figure.on_scale(x) for x in (record, figure.low, figure.high))
    if not low - own <= place_of <= high + own:
        raise InputError(
            f"{place}.record: must lie in the band {figure.low:g} to {figure.high:g}, or within "
            f"its own error of it, got {record:.3g}; a good value is "
            f"{min(max(record, figure.low), figure.high):g}"
        )


def _measured(figure: Figure, place: str) -> None:
    if figure.measure not in MEASURES:
        got = f"{shown(figure.measure)} is unknown" if figure.measure else "is missing"
        raise InputError(f"{place}.measure: {got}; {near(figure.measure, MEASURES)}")
    measure = MEASURES[figure.measure]
    for field in Asked.__dataclass_fields__:
        value = getattr(figure, field)
        if field in measure.needs and not value:
            raise InputError(f"{place}.{field}: is missing; the measure {figure.measure} needs it; "
                             f"a good value is {GOOD[field]}")  # fmt: skip
        if value and field not in (*measure.needs, *measure.may):
            raise InputError(f"{place}.{field}: the measure {figure.measure} does not read it, got "
                             f"{shown(value)}; leave it out")  # fmt: skip
        if not value:
            continue
        if field in MONTHS:
            _month(value, field, place)
        elif field.endswith("series"):
            if value not in ALL_SERIES:
                raise InputError(f"{place}.{field}: {shown(value)} is unknown; "
                                 f"{_near(value)}")  # fmt: skip
        else:
            _bloc(figure, value, field, place)
    if figure.first > figure.last:
        raise InputError(f"{place}.last: must not lie before first, {figure.first}, got "
                         f"{figure.last}; a good value is {figure.first}")  # fmt: skip


def _month(value: str, field: str, place: str) -> None:
    try:
        parse_month(value, field)
    except InputError:
        raise InputError(f"{place}.{field}: must be a month as YYYY-MM, got {shown(value)}; "
                         f"a good value is {GOOD[field]}") from None  # fmt: skip


def _bloc(figure: Figure, value: str, field: str, place: str) -> None:
    blocs = [bloc.name for bloc in tables().blocs]
    names = blocs if value == "world" else value.split("+")
    for name in names:
        if name not in blocs:
            raise InputError(f"{place}.{field}: no bloc {shown(name)}; "
                             f"{near(name, [*blocs, 'world'])}")  # fmt: skip
    summed = figure.measure != "mean_by_spending" and len(names) > 1
    for series in (figure.series, figure.over_series):
        if summed and series in ALL_SERIES and not (summable(series) or logarithmic(series)):
            raise InputError(f"{place}.{field}: {series} of several blocs has no sum, got "
                             f"{shown(value)}; a good value is {blocs[0]!r}")  # fmt: skip


def _near(series: str) -> str:
    hint = near(series, ALL_SERIES)
    return hint if len(hint) < 200 else "blocs.parquet of a run lists them"
