"""Talent against money, partial effects.

``python -m benchmarks.talent --page docs/talent.md``: in twins of a world a bloc gets a tenth more
researchers, or a tenth more means, from the first reported month on. What that does to its best
lab's algorithms and to the gap, and the two beside each other. Nothing is fitted here.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from analysis.statistics import Values
from benchmarks.sweeps import FIRMS, beyond, give, table, told
from model.economy import World
from model.outcomes import OUTCOMES

LEVERS = {"researchers": "labour__people", "money": "finance__means"}
SIDES = ("leader", "follower")
NAMES = ("algorithms_leader", "algorithms_follower", "gap")
MORE = 1.1
Found = dict[tuple[str, str, str], float]


def one(world: str, firms: int, seed: int) -> Found:
    """Return the effects of a tenth more by (side, what, outcome), in the world of one seed."""
    plain = World(world, rng=seed, economy__firms=firms)
    before = measures(plain.run())
    found: Found = {}
    for side in SIDES:
        for what, lever in LEVERS.items():
            twin = plain.twin(world, **{f"{lever}_{side}": MORE})
            for name, value in measures(twin.run()).items():
                found[side, what, name] = value - before[name]
    return found


def measures(world: World) -> dict[str, float]:
    """Return algorithms of both sides and the gap at the end, OOM."""
    outcomes = world.outcomes()
    return {name: float(outcomes[name][-1]) for name in NAMES}


def page(found: list[Found], world: str, firms: int, command: str) -> str:
    """Return the page."""
    lines = [
        "# Talent against money",
        "",
        f"Made by `{command}`: `{world}`, {len(found)} paired replicates of luck, {firms} firms, "
        "end of 2030, OOM. One bloc gets a tenth more researchers, or its labs a tenth more means "
        "(for chips and people), from the first reported month on; all else is as it was, and "
        "wages clear. Means with 95 % intervals.",
        "",
    ]
    values = {key: np.array([one[key] for one in found]) for key in found[0]}
    head = ["a tenth more", *(name.replace("_", " ") for name in NAMES)]
    rows = [
        [f"{what}, {side}", *(told(values[side, what, name], 3) for name in NAMES)]
        for side in SIDES
        for what in LEVERS
    ]
    lines += table(head, rows)
    lines += [_said(values, side) for side in SIDES]
    return "\n".join(lines)


def _said(values: dict[tuple[str, str, str], Values], side: str) -> str:
    name = f"algorithms_{side}"
    people, money = (values[side, what, name] for what in LEVERS)
    difference = people - money
    sign = beyond(difference, 0.0)
    word = {1: "more than", -1: "less than", 0: "what cannot be told from what"}[sign]
    end = "" if sign else " does"
    least = OUTCOMES["gap"].smallest
    moved = [what for what in LEVERS if beyond(values[side, what, "gap"], least)]
    gap = f"{' and '.join(moved)} move{'' if len(moved) > 1 else 's'}" if moved else "neither moves"
    return (
        f"A tenth more researchers give the {side}'s best lab {word} a tenth more money{end} "
        f"({told(difference, 3)} OOM); {gap} the gap beyond luck and {least:g} OOM."
    )


def main() -> None:
    """Run the twins, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--world", default="no_ban")
    parser.add_argument("--firms", type=int, default=FIRMS)
    parser.add_argument("--replicates", type=int, default=32, help="of luck, at least 3")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--page", type=Path, help="write the page here instead of printing it")
    asked = parser.parse_args()
    if asked.replicates < 3:
        parser.error(f"--replicates must be at least 3, got {asked.replicates}; a good value is 32")
    seeds = range(1, asked.replicates + 1)
    with ProcessPoolExecutor(max(1, asked.workers), get_context("spawn")) as pool:
        found = list(pool.map(partial(one, asked.world, asked.firms), seeds))
    command = f"python -m benchmarks.talent --replicates {asked.replicates}"
    command += f" --page {asked.page}" if asked.page else ""
    give(page(found, asked.world, asked.firms, command), asked.page)


if __name__ == "__main__":
    main()
