"""When scarce compute makes labs look for efficiency, and what that does to the gap.

``python -m studies.scarcity --page docs/scarcity.md`` sweeps the two contested elasticities of
``model/mechanisms/ideas/scarcity.py`` and the strength of spillover. Every world with the ban
stands beside two others with common random numbers: one without the ban, and one with the ban in
which nobody turns (``scarcity.direction`` 0). Sentences are made from the figures; no answer stands
here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Job, at_months, months_of
from model.economy import World
from model.measure.outcomes import OUTCOMES
from studies.common import (
    FIRMS,
    HORIZONS,
    arm,
    beyond,
    give,
    options,
    outcomes,
    runs,
    start,
    table,
    with_interval,
)

SIGMA_DIRECTION = (0.3, 0.6, 2.5)
SIGMA_RESEARCH = (0.3, 1.0, 2.5)
STRENGTH = (0.05, 0.2, 1.0)
FREE, BAN = "no_ban", "ban"
SHOWN = ("gap", "scaled_gap")


@dataclass(frozen=True)
class Cell:
    """One world in all replicates; arrays are replicate x horizon."""

    outcomes: dict[str, Values]
    efficiency: Values  # share of the follower's researchers on efficiency, mean of its labs
    fleet: Values  # the follower's fleet over what it would be had no rule bound, h


Place = tuple[float, float, float | None]  # strength, σ of research, σ of direction (None: ψ = 0)


Observed = tuple[dict[str, Values], Values, Values]


def observed(world: World) -> Observed:
    """Run a world; return outcomes, the follower's efficiency share and its fleet, as in a cell."""
    found = outcomes(world)
    inputs, series, months = world.fixed.inputs, world.record.series, months_of(world, HORIZONS)
    follower = inputs.bloc_index(inputs.follower)
    base = world.parameters.scarcity.efficiency
    efficiency = at_months(base * series["efficiency_share"][:, follower], months)
    held, free = (series[n][:, follower] for n in ("fleet", "compute_unbound"))
    return found, efficiency, at_months(held / np.where(free > 0.0, free, np.nan), months)


def cell(found: list[Observed]) -> Cell:
    """Return what a world gives over replicates."""
    by_name = {name: np.array([one[name] for one, _, _ in found]) for name in OUTCOMES}
    return Cell(by_name, *(np.array([one[k] for one in found]) for k in (1, 2)))


def changes_at(strength: float) -> dict[Place, dict[str, float]]:
    """Return what changes in the worlds with the ban at a strength of spillover."""
    found: dict[Place, dict[str, float]] = {}
    for research in SIGMA_RESEARCH:
        given = {"spillover__strength": strength, "scarcity__sigma_research": research}
        found[strength, research, None] = {**given, "scarcity__direction": 0.0}
        for direction in SIGMA_DIRECTION:
            found[strength, research, direction] = {**given, "scarcity__sigma_direction": direction}
    return found


def sweep(replicates: int, workers: int = 1) -> tuple[dict[float, Cell], dict[Place, Cell]]:
    """Return the worlds without the ban by strength, and those with it."""
    jobs = []
    for strength in STRENGTH:
        # Without rules nobody is constrained, and the elasticities change no bit.
        free = arm(FREE, spillover__strength=strength)
        bans = [arm(BAN, **changes) for changes in changes_at(strength).values()]
        jobs += [Job((free, *bans), 1 + r) for r in range(replicates)]
    found = runs(jobs, observed, workers)
    free_cells: dict[float, Cell] = {}
    ban: dict[Place, Cell] = {}
    for n, strength in enumerate(STRENGTH):
        here = found[n * replicates : (n + 1) * replicates]
        free_cells[strength] = cell([one[0] for one in here])
        for k, place in enumerate(changes_at(strength), 1):
            ban[place] = cell([one[k] for one in here])
    return free_cells, ban


def page(free: dict[float, Cell], ban: dict[Place, Cell], replicates: int, command: str) -> str:
    """Return the page; ``command`` is what makes it."""
    lines = [
        "# Scarcity, efficiency and the gap",
        "",
        f"Made by `{command}`: `{BAN}` against `{FREE}`, {replicates} replicates a world, "
        f"{FIRMS} firms, all else at its defaults. Every strength of spillover is normalised "
        "anew, so that the leader's best lab grows alike.",
        "",
        "Under the ban a lab is as constrained as its fleet h is small beside the one it would "
        "hold had no rule bound. Two elasticities say what it makes of that: σ of direction "
        "(saving compute against scaling it) moves its researchers, σ of research (people against "
        "experiments) says how far they stand in for compute. *Turning* is what moving them does: "
        "the ban as it is, less the same ban in which nobody turns, in paired runs.",
        "",
        "## What scarcity does to the efficiency share",
        "",
        "The follower's mean h and the share of its labs' researchers on efficiency "
        "(0.5 without rules), end of year; ranges are those over all strengths and σ of research.",
        "",
    ]
    lines += table(
        ["σ of direction", *(f"{what}, {h[:4]}" for h in HORIZONS for what in ("h", "share"))],
        [
            [
                f"{d:g}",
                *(_span(ban, d, what, t) for t in (0, 1) for what in ("fleet", "efficiency")),
            ]
            for d in SIGMA_DIRECTION
        ],
    )
    lines += [_of_share(ban), "", "## What the ban does to the gap", ""]
    for name in SHOWN:
        lines += _effects(free, ban, name)
    lines += ["## What turning does to it", ""]
    for name in SHOWN:
        lines += _turning(ban, name)
        lines += [_of_turning(ban, name), ""]
    return "\n".join(lines)


def _span(ban: dict[Place, Cell], direction: float, what: str, t: int) -> str:
    means = [
        float(np.mean(getattr(found, what)[:, t]))
        for (_, _, d), found in ban.items()
        if d == direction
    ]
    return f"{min(means):.2f} to {max(means):.2f}"


def _of_share(ban: dict[Place, Cell]) -> str:
    said = []
    for word, sign in (("above", 1), ("below", -1)):
        where = [
            f"{d:g}"
            for d in SIGMA_DIRECTION
            if all(np.sign(_more(found)) == sign for (_, _, own), found in ban.items() if own == d)
        ]
        if where:
            said.append(f"{word} one half at σ of direction {', '.join(where)}")
    year = HORIZONS[-1][:4]
    if not said:
        return f"At the end of {year} no σ of direction puts the share on one side in every cell."
    return f"At the end of {year} the share lies {' and '.join(said)}, in every cell."


def _rows() -> list[tuple[float, float]]:
    return [(strength, research) for strength in STRENGTH for research in SIGMA_RESEARCH]


def _effects(free: dict[float, Cell], ban: dict[Place, Cell], name: str) -> list[str]:
    unit = OUTCOMES[name].unit
    head = ["strength", "σ of research", "nobody turns", *(f"σ = {d:g}" for d in SIGMA_DIRECTION)]
    rows = []
    for strength, research in _rows():
        row = [f"{strength:g}", f"{research:g}"]
        for direction in (None, *SIGMA_DIRECTION):
            with_ban = ban[strength, research, direction].outcomes[name][:, -1]
            row.append(with_interval(with_ban - free[strength].outcomes[name][:, -1]))
        rows.append(row)
    what = f"Effect of `{BAN}` on the {name.replace('_', ' ')}, {unit}, end of {HORIZONS[-1][:4]}:"
    return [what, "", *table(head, rows)]


def turning(ban: dict[Place, Cell], name: str, place: Place, t: int) -> Values:
    """Return the effect of turning on an outcome at a horizon, by replicate."""
    strength, research, _ = place
    still = ban[strength, research, None].outcomes[name][:, t]
    moved: Values = ban[place].outcomes[name][:, t] - still
    return moved


def _turning(ban: dict[Place, Cell], name: str) -> list[str]:
    unit = OUTCOMES[name].unit
    head = ["strength", "σ of research"]
    head += [f"{h[:4]}, σ = {d:g}" for h in HORIZONS for d in SIGMA_DIRECTION]
    rows = [
        [f"{strength:g}", f"{research:g}"]
        + [
            with_interval(turning(ban, name, (strength, research, d), t))
            for t in range(len(HORIZONS))
            for d in SIGMA_DIRECTION
        ]
        for strength, research in _rows()
    ]
    return [f"On the {name.replace('_', ' ')}, {unit}:", "", *table(head, rows)]


def _of_turning(ban: dict[Place, Cell], name: str) -> str:
    # What the figures say of the last horizon: cells of one strength and σ of direction together,
    # since replicates share their random numbers across σ of research.
    unit, least = OUTCOMES[name].unit, OUTCOMES[name].smallest
    found: dict[int, list[str]] = {1: [], -1: [], 0: []}
    for direction in SIGMA_DIRECTION:
        for strength in STRENGTH:
            places = [(strength, research, direction) for research in SIGMA_RESEARCH]
            values = np.mean([turning(ban, name, place, -1) for place in places], axis=0)
            word = "raised" if np.mean([_more(ban[p]) for p in places]) > 0.0 else "lowered"
            found[beyond(values, least)].append(
                f"at σ of direction {direction:g} (share {word}) and strength {strength:g} "
                f"{with_interval(values)}"
            )
    said = [
        f"Turning {word} it {'; '.join(found[sign])}."
        for sign, word in ((-1, "narrows"), (1, "widens"))
        if found[sign]
    ]
    if found[0]:
        what = "It does nothing beyond random variation and the smallest effect of interest"
        said.append(f"{what} {'; '.join(found[0])}.")
    return (
        f"End of {HORIZONS[-1][:4]}, mean over σ of research, {unit}; the share is that of "
        "researchers on efficiency. " + " ".join(said)
    )


def _more(found: Cell) -> float:
    # By how much the efficiency share is above that without rules, at the last horizon.
    return float(np.mean(found.efficiency[:, -1])) - 0.5


def main() -> None:
    """Sweep, and print or write the page."""
    given, command = options("studies.scarcity", __doc__, 8)
    found = sweep(given.replicates, given.workers)
    give(page(*found, given.replicates, command), given.page)


if __name__ == "__main__":
    start("studies.scarcity")
