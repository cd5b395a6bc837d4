"""The tables in ``seeds/``: what a row is, read with checks that name file, row and column.

Rows are data of the world as it was; nothing here knows a rule. Dated acts given in a scenario
file are read by the same code as those of ``seeds/controls.toml``.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from model.core.csv_table import WORDS, Fields, part, rows, toml
from model.core.errors import InputError
from model.state.inputs import Bloc, Chip, Laboratory, Place, Price, Shipment

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


LEDGER = "claims.toml"


class Tables(NamedTuple):
    """All tables but those of acts."""

    blocs: tuple[Bloc, ...]
    places: tuple[Place, ...]
    labs: tuple[Laboratory, ...]
    chips: tuple[Chip, ...]
    supply: tuple[Shipment, ...]
    prices: tuple[Price, ...]  # no rule reads them: simulated prices are held against them


WHOLE, PART = (
    ("funding_share", "cloud_share", "spending_share"),
    ("equipment_share", "memory_share", "materials_share"),
)


SUMS = dict.fromkeys(WHOLE, 1.0) | dict.fromkeys(PART, 0.0)
"""Least sum over the blocs of a share of the world; the most is 1 for all."""


@cache
def tables() -> Tables:
    """Return the tables of ``seeds/``; raises ``InputError`` as ``read_tables`` does."""
    return read_tables(SEEDS)


def seeds_text() -> bytes:
    """Return all seed tables, for digests; the ledger of claims is none: no world reads it."""
    files = [path for path in sorted(SEEDS.iterdir()) if path.is_file() and path.name != LEDGER]
    return b"".join(path.read_bytes() for path in files)


def read_tables(folder: Path) -> Tables:
    """Read the tables of a folder.

    Raises ``InputError`` that names file, line and column, the rule, the value got and a good one.
    """
    counts = ("researchers_2024", "domestic_2018", "developers_2024", "adoption")
    numbers = [f.name for f in fields(Bloc) if f.name not in ("name", "label")]
    spec = {"name": "text"} | {n: "0.." if n in counts else "0..1" for n in numbers}
    spec |= {f"{n}_mark": "mark" for n in numbers} | {f"{n}_source": "text" for n in numbers}
    blocs = []
    for name, row in toml(folder, "blocs.toml").items():
        values = Fields(f"blocs.toml: {name}", row).read(spec)
        blocs.append(Bloc(name, values["name"], *(values[n] for n in numbers)))
    for field, least in SUMS.items():
        total = sum(float(getattr(bloc, field)) for bloc in blocs)
        if not least - 1e-3 <= total <= 1.0 + 1e-3:
            rule = "must sum to 1" if least else "may sum to at most 1"
            raise InputError(f"blocs.toml: {field}: {rule} over the blocs, got {total:g}; scale it")
    words = {**WORDS, "bloc": tuple(bloc.name for bloc in blocs)}
    words["act"] = tuple(part("controls.toml", toml(folder, "controls.toml"), "acts"))
    places = tuple(
        Place(**_picked(Place, {**row, "name": row["cluster"]}))
        for _, row in rows(folder, "clusters.csv", words)
    )
    seats = {place.name: place.bloc for place in places}
    words["cluster"] = tuple(seats)
    labs = []
    for cells, row in rows(folder, "labs.csv", words):
        if seats[row["cluster"]] != row["bloc"]:
            raise cells.wrong("cluster", f"must lie in {row['bloc']}", "correct one of the two")
        labs.append(Laboratory(**_picked(Laboratory, {**row, "name": row["lab"]})))
    roots, chips = {}, []
    for cells, row in rows(folder, "chips.csv", words):
        if row["withdrawn"] is not None and row["withdrawn"] <= row["available"]:
            raise cells.wrong("withdrawn", "must be after available", "or leave it empty")
        row |= {"name": row["chip"], "price": row["price_usd"], "answers": row["answers"] or ""}
        chips.append(Chip(**_picked(Chip, row)))
        roots[row["chip"]] = (row["family"], cells)
    for family, cells in roots.values():
        if roots[family][0] != family:
            good = f"take {roots[family][0]!r}, as it does"
            raise cells.wrong("family", "must be a chip that is of its own family", good)
    words["chip"] = tuple(name for name, (family, _) in roots.items() if name == family)
    supply = tuple(
        Shipment(**_picked(Shipment, row)) for _, row in rows(folder, "supply.csv", words)
    )
    prices = tuple(Price(**_picked(Price, row)) for _, row in rows(folder, "prices.csv", words))
    return Tables(tuple(blocs), places, tuple(labs), tuple(chips), supply, prices)


def _picked(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are fields of a dataclass."""
    return {f.name: values[f.name] for f in fields(kind)}


def generated_places(count: int, seed: int, template: tuple[Place, ...]) -> tuple[Place, ...]:
    """Make ``count`` districts beyond those of a table, the same ones for the same seed.

    The table ends where its sources do; whether results depend on the number and smallness of
    districts can only be asked with more of them. Each lies within 150 km of one of the table,
    drawn by weight, and has its bloc, country, tier and sectors; weights go on falling with rank
    as in the tail of the table. A longer list begins with the shorter one. Raises ``InputError``
    for a negative count or an empty table.
    """
    if count < 0 or not template:
        raise InputError(f"generated districts: must be 0 or more, from a table, got {count}")
    # Not numpy's: this stream is promised to stay the same, and its import costs nothing.
    luck = random.Random(seed)
    names, result = {place.name for place in template}, []
    sums, copies = list(accumulate(p.weight for p in template)), dict.fromkeys(names, 1)
    lightest = min(place.weight for place in template)
    for rank in range(len(template) + 1, len(template) + count + 1):
        old = template[bisect(sums, luck.random() * sums[-1], hi=len(sums) - 1)]
        north, turn, name = math.radians(old.latitude), 2.0 * math.pi * luck.random(), old.name
        far = 150.0 / 6371.0 * math.sqrt(luck.random())  # even over the disc; in Earth's radii
        sine = math.sin(north) * math.cos(far) + math.cos(north) * math.sin(far) * math.cos(turn)
        east = math.atan2(
            math.sin(turn) * math.sin(far) * math.cos(north), math.cos(far) - math.sin(north) * sine
        )
        while name in names:
            copies[old.name] += 1
            name = f"{old.name} #{copies[old.name]}"
        names.add(name)
        place = replace(
            old,
            name=name,
            latitude=math.degrees(math.asin(min(1.0, max(-1.0, sine)))),
            longitude=(old.longitude + math.degrees(east) + 180.0) % 360.0 - 180.0,
            weight=lightest * len(template) / rank,
        )
        result.append(place)
    return tuple(result)
