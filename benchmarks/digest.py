"""Content digests of all scenarios: equal lines mean equal bits.

``make agree OTHER=python3.13`` compares those of two Pythons. A change that should leave results
alone is checked by two calls: ``python -m benchmarks.digest --write FILE`` before it and
``python -m benchmarks.digest --against FILE`` after it. Names of outputs may have changed between
the two: ``tests/records/renamed.toml`` maps the old to the new ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from model.economy import World
from model.measure.tables import content_digest, tables_of
from model.scenario import shipped

RENAMED = Path(__file__).resolve().parents[1] / "tests" / "records" / "renamed.toml"


def columns_of(scenario: str) -> Iterator[tuple[str, str]]:
    """Run a scenario and yield ``table/column`` and the digest of its values.

    Channels count by their old words, so that a record stays good when they are renamed.
    """
    words = {new: old for old, new in renamed()["channels"].items()}
    world = World(scenario, rng=1, threads=2).run()
    for name, table in tables_of(world.fixed, world.state, world.record).items():
        for column in table.column_names:
            values = table.column(column)
            if column == "channel":
                values = pa.chunked_array([[words.get(w, w) for w in values.to_pylist()]])
            # One nameless column at a time, so that a new name changes nothing.
            yield f"{name}/{column}", content_digest({"": pa.table({"": values})})


def renamed() -> dict[str, dict[str, str]]:
    """Return the map of old to new names of outputs."""
    return tomllib.loads(RENAMED.read_text(encoding="utf-8"))


def now_called(old: str) -> str:
    """Return today's ``table/column`` of an old one."""
    names = renamed()
    table, _, column = old.partition("/")
    if table == "blocs" and column in names["series"]:
        return f"blocs/{names['series'][column]}"
    if table == "world":
        base = column.removesuffix("_censored")
        return f"world/{names['outcomes'].get(base, base)}{column[len(base) :]}"
    return names["columns"].get(f"{table}.{column}", f"{table}.{column}").replace(".", "/", 1)


def against(before: dict[str, dict[str, str]]) -> int:
    """Report columns that differ from an earlier record; return how many do."""
    differ = 0
    for scenario, old in before.items():
        new = dict(columns_of(scenario))
        wrong = [name for name in old if new.get(now_called(name)) != old[name]]
        print(scenario, len(old), "columns,", f"differ: {', '.join(wrong)}" if wrong else "equal")
        differ += len(wrong)
    return differ


def main() -> None:
    """Print digests of three scenarios, or write or compare those of all columns."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", type=Path, metavar="FILE", help="record the digests of all")
    options.add_argument("--against", type=Path, metavar="FILE", help="compare with a record")
    asked = options.parse_args()
    if asked.write:
        found = {scenario: dict(columns_of(scenario)) for scenario in shipped()}
        asked.write.write_text(json.dumps(found, indent=0), encoding="utf-8")
    elif asked.against:
        sys.exit(against(json.loads(asked.against.read_text(encoding="utf-8"))) > 0)
    else:
        for scenario in ("no_ban", "ban", "mirror"):
            for threads in (1, 2, 4):
                world = World(scenario, rng=1, threads=threads).run()
                tables = tables_of(world.fixed, world.state, world.record)
                print(scenario, threads, content_digest(tables))


if __name__ == "__main__":
    main()
