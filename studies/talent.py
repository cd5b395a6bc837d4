"""Talent against money, partial effects.

``python -m studies.talent --page docs/talent.md``: in twins of a world a bloc gets a tenth more
researchers, or a tenth more means, from the first reported month on. What that does to its best
lab's algorithms and to the gap, and the two beside each other. Nothing is fitted here.
"""

from __future__ import annotations

import numpy as np

from analysis.experiments.effects import Values
from model.economy import World
from model.measure.outcomes import OUTCOMES
from studies.common import FIRMS, asked, beyond, give, spread, table, told

LEVERS = {"researchers": "labour__people", "money": "finance__means"}
SIDES = ("leader", "follower")
NAMES = ("algorithms_leader", "algorithms_follower", "gap")
WORLD, MORE = "no_ban", 1.1
Found = dict[tuple[str, str, str], float]


def one(seed: int) -> Found:
    """Return the effects of a tenth more by (side, what, outcome), in the world of one seed."""
    plain = World(WORLD, rng=seed, economy__firms=FIRMS)
    before = measures(plain.run())
    found: Found = {}
    for side in SIDES:
        for what, lever in LEVERS.items():
            twin = plain.twin(WORLD, **{f"{lever}_{side}": MORE})
            for name, value in measures(twin.run()).items():
                found[side, what, name] = value - before[name]
    return found


def measures(world: World) -> dict[str, float]:
    """Return algorithms of both sides and the gap at the end, OOM."""
    outcomes = world.outcomes()
    return {name: float(outcomes[name][-1]) for name in NAMES}


def page(found: list[Found], command: str) -> str:
    """Return the page."""
    lines = [
        "# Talent against money",
        "",
        f"Made by `{command}`: `{WORLD}`, {len(found)} paired replicates of luck, {FIRMS} firms, "
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
    given, command = asked("studies.talent", __doc__, 32)
    with spread(given.workers) as pool:
        found = list(pool.map(one, range(1, given.replicates + 1)))
    give(page(found, command), given.page)


if __name__ == "__main__":
    main()
