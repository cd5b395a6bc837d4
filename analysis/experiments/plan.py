"""The points of a sweep: made from its design or read from a table, kept as ``plan.parquet``.

The plan has a row a point: its number, the value of each factor, and, where the design has places,
``<factor>@place``, the place from 0 to 1 that gave the value (indices are computed from these).
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_origin

import numpy as np
import pyarrow as pa
import pyarrow.csv

from analysis.experiments.designs import MOST_POINTS, Factor, sample
from analysis.experiments.effects import Values
from analysis.experiments.factors import bearable, side_of, sorted_choices
from analysis.experiments.scenario_loader import comparable
from analysis.experiments.specification import Specification
from model.core.arrow import read_table, table
from model.core.errors import InputError
from model.core.toml import quoted, value_of
from model.core.values import as_whole
from model.measure.tables import content_digest
from model.parameters import FACTS, GROUPS, known_parameter

PLACE = "@place"  # ends the name of a column of places


@dataclass(frozen=True)
class Plan:
    """Points: places of a design, or columns of values as a table lists them."""

    factors: tuple[Factor, ...]
    places: Values | None
    columns: dict[str, list[Any]]
    size: int

    def value(self, point: int, k: int) -> Any:
        """Return the value of the k-th factor at a point."""
        if self.places is not None:
            return self.factors[k].at(float(self.places[point, k]))
        return self.columns[self.factors[k].name][point]

    def at(self, point: int) -> dict[str, Any]:
        """Return the values of all factors at a point."""
        return {factor.name: self.value(point, k) for k, factor in enumerate(self.factors)}

    def table(self) -> pa.Table:
        """Return the plan as a table."""
        columns: dict[str, tuple[Any, str, str]] = {
            "point": (np.arange(self.size, dtype=np.int32), "1", "number of the point, from 0")
        }
        for k, factor in enumerate(self.factors):
            values = [self.value(point, k) for point in range(self.size)]
            if len({type(value) for value in values}) > 1 or isinstance(values[0], list | dict):
                values = [quoted(value) for value in values]
            fact = FACTS.get(factor.key)
            doc = fact.doc if fact else f"{factor.name} of the point"
            columns[factor.name] = (values, fact.unit if fact else "-", doc)
        for k, factor in enumerate(self.factors if self.places is not None else ()):
            assert self.places is not None
            name = f"{factor.name}{PLACE}"
            columns[name] = (self.places[:, k], "1", f"place of {factor.name} in its range, 0 to 1")
        return table(columns)


def plan_of(spec: Specification) -> tuple[Specification, Plan, bytes]:
    """Return the points of a sweep, the sweep with all its factors, and the plan's digest.

    Raises ``InputError``.
    """
    if spec.design == "file":
        spec, plan = _listed(spec)
        spec = replace(spec, factors=plan.factors, points=plan.size)
    else:
        places = sample(spec.design, spec.factors, spec.points, spec.seed)
        plan = Plan(spec.factors, places, {}, places.shape[0])
    return spec, plan, content_digest({"plan": plan.table()}).encode()


def _listed(spec: Specification) -> tuple[Specification, Plan]:
    path = spec.table
    assert path is not None
    content = _read(path)
    given = [n for n in content.column_names if n != "point" and not n.endswith(PLACE)]
    if not given or not content.num_rows:
        raise InputError(f"{path.name}: holds no points; a good file has a column a factor, named "
                         "as controls.porosity, and a row a point")  # fmt: skip
    if content.num_rows > MOST_POINTS:
        raise InputError(f"{path.name}: has {content.num_rows} points; at most {MOST_POINTS} are "
                         "run")  # fmt: skip
    if "scenario" in given:
        spec, content = _with_worlds(spec, content)
    columns: dict[str, list[Any]] = {}
    factors = []
    for name in given:
        values = content.column(name).to_pylist()
        where = f"{path.name}: column {name}"
        for row, value in enumerate(values, 2):
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                raise InputError(f"{path.name}: row {row}, column {name}: must be a finite value, "
                                 f"got {'nothing' if value is None else value}")  # fmt: skip
        if name == "scenario":
            factor = Factor(name, "choice", values=sorted_choices(spec.worlds), where="scenario")
        elif name == "chance":
            if not all(type(v) is int and 0 <= v <= 2**40 for v in values):
                raise InputError(f"{where}: must hold whole numbers from 0 up")
            factor = Factor(name, "integer", float(min(values)), float(max(values)))
        else:
            key = known_parameter(name, f"{where}: ")
            kind = GROUPS[key.group].model_fields[key.name].annotation
            if kind is float:
                values = [float(v) if type(v) is int else v for v in values]
            elif kind is int:
                values = [as_whole(v) for v in values]
            elif get_origin(kind) is list:  # a table writes lists as TOML does
                values = [value_of(v) if isinstance(v, str) else v for v in values]
            distinct = list({quoted(v): v for v in values}.values())
            if all(type(v) in (int, float) for v in distinct):
                ends = tuple(dict.fromkeys((min(distinct), max(distinct))))
                low, high = float(ends[0]), float(ends[-1])
                factor = Factor(name, "integer" if kind is int else "number", low, high)
                bearable(replace(factor, values=ends), spec.base, where)
            else:
                factor = Factor(name, "choice", values=sorted_choices(distinct))
                bearable(factor, spec.base, where)
            if spec.against is not None:
                side = side_of(key, [*spec.worlds.values(), spec.against])
                factor = replace(factor, where=side)
        columns[name] = values
        factors.append(factor)
    return spec, Plan(tuple(factors), None, columns, content.num_rows)


def _with_worlds(spec: Specification, content: pa.Table) -> tuple[Specification, pa.Table]:
    # The worlds of a table's column, which hold the names of scenarios and the paths of files,
    # loaded as all others of the sweep; the column then holds the names of scenarios alone.
    assert spec.table is not None
    given = content.column("scenario").to_pylist()
    where = f"{spec.table.name}: column scenario"
    if None in given:
        raise InputError(f"{spec.table.name}: row {given.index(None) + 2}, column scenario: must "
                         "name a scenario, got nothing")  # fmt: skip
    paths = list(dict.fromkeys(given))
    loaded, against = spec.loader.beside(spec.table).several(paths, where, spec.against)
    worlds = {scenario.name: scenario for scenario in loaded}
    comparable(spec.base, *worlds.values(), against)
    called = {path: scenario.name for path, scenario in zip(paths, loaded, strict=True)}
    names = pa.array([called[path] for path in given])
    at = content.column_names.index("scenario")
    return replace(spec, worlds=worlds, against=against), content.set_column(at, "scenario", names)


def _read(path: Path) -> pa.Table:
    try:
        if path.suffix == ".parquet":
            return read_table(path)
        if path.stat().st_size == 0:
            raise InputError(f"{path.name}: is empty; a good file begins with the names of factors")
        with pa.input_stream(os.fspath(path)) as file:  # by its ending, compressed or not
            _commas(path, file.read(100_000))
        with pa.input_stream(os.fspath(path)) as file:
            return pyarrow.csv.read_csv(file)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read: {error.strerror or error}") from None
    except pa.ArrowException as error:
        raise InputError(f"{path.name}: is no table of points ({str(error).splitlines()[0]}); "
                         "good files are CSV with a head line, and Parquet") from None  # fmt: skip


def _commas(path: Path, start: bytes) -> None:
    # Spreadsheets in many countries write semicolons between columns and commas in numbers.
    rows = [row for row in start.split(b"\n", 2)[:2] if row]
    lines = [row.decode("utf-8", "replace").strip() for row in rows] or [""]
    for mark, name in ((";", ";"), ("\t", "tabs"), ("|", "|")):
        if mark in lines[0] and "," not in lines[0]:
            decimal = any("," in cell for cell in lines[-1].split(mark))
            and_so = " and decimals are written with a comma" if decimal else ""
            and_good = " and points in numbers" if decimal else ""
            raise InputError(f"{path.name}: columns are parted by {name}{and_so}; write commas "
                             f"between columns{and_good}")  # fmt: skip
    if "," not in lines[0] and re.fullmatch(r"[+-]?\d+,\d+", lines[-1]):
        raise InputError(f"{path.name}: decimals are written with a comma, got {lines[-1]}; write "
                         f"points in numbers: {lines[-1].replace(',', '.')}")  # fmt: skip
