"""Talent against money, partial effects.

``python -m studies.talent --page docs/talent.md``: in paired runs a bloc gets a tenth more
researchers, or a tenth larger budgets, from the first reported month on. What that does to its best
lab's algorithms and to the gap, and the two beside each other. Nothing is fitted here.
"""

from __future__ import annotations

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Job
from model.economy import World
from model.measure.outcomes import OUTCOMES
from studies.common import FIRMS, arm, beyond, give, options, runs, start, table, with_interval

LEVERS = {"researchers": "labour__people", "money": "budgets__budget"}
SIDES = ("leader", "follower")
NAMES = ("algorithms_leader", "algorithms_follower", "gap")
WORLD, MORE = "no_ban", 1.1
Found = dict[tuple[str, str, str], float]


def job(seed: int) -> Job:
    """Return the plain world, and those with a tenth more, at one seed."""
    more = [arm(WORLD, **{f"{lever}_{side}": MORE}) for side in SIDES for lever in LEVERS.values()]
    return Job((arm(WORLD), *more), seed)


def measures(world: World) -> dict[str, float]:
    """Run a world; return algorithms of both sides and the gap at the end, OOM."""
    outcomes = world.run().outcomes()
    return {name: float(outcomes[name][-1]) for name in NAMES}


def effects(observed: list[dict[str, float]]) -> Found:
    """Return the effects of a tenth more by (side, what, outcome), in the worlds of one seed."""
    plain, *more = observed
    keys = [(side, what) for side in SIDES for what in LEVERS]
    return {
        (*key, name): after[name] - plain[name]
        for key, after in zip(keys, more, strict=True)
        for name in NAMES
    }


def page(found: list[Found], command: str) -> str:
    """Return the page."""
    lines = [
        "# Talent against money",
        "",
        f"Made by `{command}`: `{WORLD}`, {len(found)} paired replicates, {FIRMS} firms, "
        "end of 2030, OOM. One bloc gets a tenth more researchers, or its labs' budgets are a "
        "tenth larger (for chips and people), from the first reported month on; all else is "
        "as it was, and wages clear. Means with 95 % intervals.",
        "",
    ]
    values = {key: np.array([one[key] for one in found]) for key in found[0]}
    head = ["a tenth more", *(name.replace("_", " ") for name in NAMES)]
    rows = [
        [f"{what}, {side}", *(with_interval(values[side, what, name], 3) for name in NAMES)]
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
    word = {1: "more than", -1: "less than", 0: "what cannot be distinguished from what"}[sign]
    end = "" if sign else " does"
    least = OUTCOMES["gap"].smallest
    moved = [what for what in LEVERS if beyond(values[side, what, "gap"], least)]
    gap = f"{' and '.join(moved)} move{'' if len(moved) > 1 else 's'}" if moved else "neither moves"
    return (
        f"A tenth more researchers give the {side}'s best lab {word} a tenth more money{end} "
        f"({with_interval(difference, 3)} OOM); {gap} the gap beyond random variation and "
        f"{least:g} OOM."
    )


def main() -> None:
    """Run the pairs, and print or write the page."""
    given, command = options("studies.talent", __doc__, 32)
    jobs = [job(seed) for seed in range(1, given.replicates + 1)]
    found = [effects(observed) for observed in runs(jobs, measures, given.workers)]
    give(page(found, command), given.page)


if __name__ == "__main__":
    start("studies.talent")
