"""The tables in ``seeds/``: blocs, clusters, labs, chips, supply, prices, read with checks.

What each column may hold is written once, in ``COLUMNS``. Rows are data of the world as it was;
nothing here knows a rule. Dated acts are read in ``model/controls/acts.py``.
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from model.core.csv_table import Fields, Words, part, rows, spec_of, toml
from model.core.errors import InputError
from model.state.inputs import Bloc, Chip, Laboratory, Place, Price, Shipment

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
LEDGER = "claims.toml"
SALES = {
    "merchant": "sold for clusters to any buyer",
    "card": "sold for single machines or for programs of its own; no fleet of the model buys it",
    "own": "made for its owner's machines, never sold",
    "domestic": "sold at home by the makers that mechanisms/chips/domestic.py treats as one "
    "industry; listed for comparison",
}
WORDS: Words = {  # what columns of these kinds may hold; names of rows are added when read
    "mark": ("P", "S", "D", "M"),
    "sale": tuple(SALES),
    "tier": ("home", "1", "2", "3"),
    "habit": ("closed", "mixed", "open"),
    "sector": ("models", "chips", "software", "devices", "services"),
}
COLUMNS = {
    name: spec_of(text)
    for name, text in {
        "clusters.csv": "cluster:new country:text bloc:bloc tier:tier latitude:-90..90 "
        "longitude:-180..180 weight:>0 weight_mark:mark ai_weight:0..1 ai_mark:mark "
        "sectors:[sector] source:text",
        "labs.csv": "lab:new bloc:bloc cluster:cluster founded:whole1800..2100 rank:whole1..999 "
        "release:habit earlier:habit? until:month? motive:0..1 complement:0..1 mark:mark "
        "source:text",
        "chips.csv": "chip:new vendor:text bloc:bloc sale:sale family:chip available:month "
        "withdrawn:month? answers:act? price_usd:>0 tflops:>0 memory_gb:>0 "
        "memory_bandwidth_gbs:>0 link_gbs:0.. tpp:>0 die_mm2:>0 mark:mark marks_of_fields:notes? "
        "source:text",
        "prices.csv": "model:new date:month vendor:text bloc:bloc release:habit usd_per_mtok:0.. "
        "mark:mark source:text",
        "means.csv": "bloc:bloc year:whole1990..2100 share:0..1 mark:mark source:text",
        "supply.csv": "family:chip year:whole1990..2100 units:>0 mark:mark source:text",
    }.items()
}
KEYS = {
    "supply.csv": ("family", "year"),
    "means.csv": ("bloc", "year"),
}


class Tables(NamedTuple):
    """All tables but those of acts."""

    blocs: tuple[Bloc, ...]
    places: tuple[Place, ...]
    labs: tuple[Laboratory, ...]
    chips: tuple[Chip, ...]
    supply: tuple[Shipment, ...]
    prices: tuple[Price, ...]  # no rule reads them: simulated prices are compared with them


WHOLE, PART = (
    ("cloud_share", "spending_share"),
    ("equipment_share", "memory_share", "materials_share"),
)
# Least sum over the blocs of a share of the world; the most is 1 for all.
SUMS = dict.fromkeys(WHOLE, 1.0) | dict.fromkeys(PART, 0.0)


@cache
def tables() -> Tables:
    """Return the tables of ``seeds/``; raises ``InputError`` as ``read_tables`` does."""
    return read_tables(SEEDS)


def seeds_text() -> bytes:
    """Return all seed tables, for digests, without the ledger of claims, which no run reads."""
    files = [path for path in sorted(SEEDS.iterdir()) if path.is_file() and path.name != LEDGER]
    return b"".join(path.read_bytes() for path in files)


def read_tables(folder: Path) -> Tables:
    """Read the tables of a folder.

    Raises ``InputError`` that names file, line and column, the rule, the value got and a good one.
    """
    counts = ("researchers_2024", "domestic_2018", "developers_2024", "adoption")
    numbers = [f.name for f in fields(Bloc) if f.name not in ("name", "label", "means")]
    spec = {"name": "text"} | {n: "0.." if n in counts else "0..1" for n in numbers}
    spec |= {f"{n}_mark": "mark" for n in numbers} | {f"{n}_source": "text" for n in numbers}
    blocs = []
    means = _means(folder)
    for name, row in toml(folder, "blocs.toml").items():
        values = Fields(f"blocs.toml: {name}", row, WORDS).read(spec)
        counted = {n: values[n] for n in numbers}
        blocs.append(Bloc(name, values["name"], **counted, means=means(name)))
    for field, least in SUMS.items():
        total = sum(float(getattr(bloc, field)) for bloc in blocs)
        if not least - 1e-3 <= total <= 1.0 + 1e-3:
            rule = "must sum to 1" if least else "may sum to at most 1"
            raise InputError(f"blocs.toml: {field}: {rule} over the blocs, got {total:g}; scale it")
    words = {**WORDS, "bloc": tuple(bloc.name for bloc in blocs)}
    words["act"] = tuple(part("controls.toml", toml(folder, "controls.toml"), "acts"))
    places = tuple(
        Place(**_picked(Place, {**row, "name": row["cluster"]}))
        for _, row in _rows(folder, "clusters.csv", words)
    )
    seats = {place.name: place.bloc for place in places}
    words["cluster"] = tuple(seats)
    labs = []
    for cells, row in _rows(folder, "labs.csv", words):
        if seats[row["cluster"]] != row["bloc"]:
            raise cells.wrong("cluster", f"must lie in {row['bloc']}", "correct one of the two")
        if (row["earlier"] is None) != (row["until"] is None):
            raise cells.wrong("until", "must be given with an earlier habit only", "2020-05")
        labs.append(Laboratory(**_picked(Laboratory, {**row, "name": row["lab"]})))
    roots, chips = {}, []
    for cells, row in _rows(folder, "chips.csv", words):
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
        Shipment(**_picked(Shipment, row)) for _, row in _rows(folder, "supply.csv", words)
    )
    prices = tuple(Price(**_picked(Price, row)) for _, row in _rows(folder, "prices.csv", words))
    return Tables(tuple(blocs), places, tuple(labs), tuple(chips), supply, prices)


def _means(folder: Path) -> Callable[[str], tuple[tuple[int, float], ...]]:
    # The path of each bloc's share; of every year all blocs add up to 1.
    words = {**WORDS, "bloc": tuple(toml(folder, "blocs.toml"))}
    found: dict[str, dict[int, float]] = {bloc: {} for bloc in words["bloc"]}
    sums: dict[int, float] = {}
    for _, row in _rows(folder, "means.csv", words):
        found[row["bloc"]][row["year"]] = row["share"]
        sums[row["year"]] = sums.get(row["year"], 0.0) + row["share"]
    for year, total in sums.items():
        if abs(total - 1.0) > 1e-3:
            rule = f"must sum to 1 over the blocs in {year}"
            raise InputError(f"means.csv: share: {rule}, got {total:g}; scale it")
    for bloc, path in found.items():
        if set(path) != set(sums):
            lacks = ", ".join(str(year) for year in sorted(set(sums) - set(path)))
            raise InputError(f"means.csv: {bloc}: must have a row for each year, lacks {lacks}")
    return lambda bloc: tuple(sorted(found[bloc].items()))


def _rows(folder: Path, name: str, words: Words) -> Iterator[tuple[Fields, dict[str, Any]]]:
    return rows(folder, name, COLUMNS[name], words, {"notes": _notes}, KEYS.get(name, ()))


def _notes(row: Fields, field: str, got: Any) -> str:
    text = row.text(field, got)
    if not re.fullmatch(r"[a-z]+:[PSDM](;[a-z]+:[PSDM])*", text):
        raise row.wrong(field, "must be field:mark joined by ;", "as in price:M;die:D", got)
    return text


def _picked(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are fields of a dataclass."""
    return {f.name: values[f.name] for f in fields(kind)}


def generated_places(count: int, seed: int, template: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return ``count`` generated districts beyond those of a table, the same for the same seed.

    The table ends where its sources do; a test of whether results depend on the number and
    smallness of districts needs more of them. Each generated district lies within 150 km of a
    district of the table, drawn by weight, and has its bloc, country, tier and sectors; weights
    keep falling with rank as in the tail of the table. A longer list begins with the shorter one.
    Raises ``InputError`` for a negative count or an empty table.
    """
    if count < 0 or not template:
        raise InputError(f"generated districts: must be 0 or more, from a table, got {count}")
    # Not numpy's: this stream is promised to stay the same, and its import costs nothing.
    draw = random.Random(seed).random
    names, result = {place.name for place in template}, []
    sums, copies = list(accumulate(p.weight for p in template)), dict.fromkeys(names, 1)
    lightest = min(place.weight for place in template)
    for rank in range(len(template) + 1, len(template) + count + 1):
        old = template[bisect(sums, draw() * sums[-1], hi=len(sums) - 1)]
        north, turn, name = (
            math.radians(old.latitude),
            2.0 * math.pi * draw(),
            old.name,
        )
        far = 150.0 / 6371.0 * math.sqrt(draw())  # even over the disc; in Earth's radii
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
