"""Which mechanism moves which outcome.

``python -m studies.coupling --page docs/results/coupling.md``: in the world with the ban every
mechanism is switched off exactly, all else equal and with common random numbers, at the defaults
and at some draws of the priors. The table says by how much the mechanism, where it works, moves an
outcome at the end of 2030 beyond random variation and the outcome's smallest effect of interest. An
outcome that nothing moves and a mechanism that moves nothing are named.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Arm, Job
from analysis.experiments.prior_draws import Stream, values_at
from model.core.parameter import ParameterName
from model.measure.outcomes import CENSORED, OUTCOMES, difference
from model.parameters import FACTS
from model.scenario import load
from studies.common import FIRMS, beyond, give, options, outcomes, runs, start, table

SCENARIO = "ban"
DRAWS = 2  # of the priors, beside the defaults
SWITCHES: dict[str, dict[str, Any]] = {
    "local talk": {"spillover.proximity_flow": 0.0},
    "density": {"density.elasticity": 0.0},
    "suppliers": {"spillover.supplier_flow": 0.0},
    "moving people": {"spillover.mobility_flow": 0.0},
    "joint research": {"spillover.collaboration_flow": 0.0},
    "publications": {"spillover.publication_hazard": 0.0},
    "ideas from open weights": {"spillover.open_weights_flow": 0.0},
    "inheritance from open models": {"training.inheritance_cap": 0.0},
    "distillation": {"training.distillation": False},
    "developers' contributions": {"release.contributions": 0.0},
    "universities' ideas": {"places.basic_discoveries": 0.0},
    "leads and research": {"budgets.appropriability": 0.0},
    "rivalry": {"rivalry.escape": 0.0, "rivalry.slack": 0.0},
    "finance follows revenue": {"budgets.cash_flow": 0.0, "budgets.finance_response": 0.0},
    "funding by earnings": {"budgets.revenue_weight": 0.0},
    "entry of firms": {"demography.entrants": 0.0, "demography.spinoffs": 0.0},
    "exit of firms": {"demography.exit": 0.0, "demography.other_closures": 0.0},
    "gains of firms from AI": {"applications.productivity": 0.0, "applications.improvement": 0.0},
    "demand response": {"sectors.demand_response": 0.0},
    "wages of firms": {"sectors.wage_link": 0.0},
    "home bias of users": {"ai_market.home_bias": 0.0},
    "network effects": {"ai_market.network_effect": 0.0},
    "diversion": {"controls.porosity": 0.0},
    "renting abroad": {"controls.rent_abroad": 0.0},
    "stockpiling": {"controls.stockpiling": False},
    "degraded chips": {"controls.degraded": "none"},
    "domestic chips": {"domestic.base": 0.0},
    "responses to controls": {"controls.responses": False},
}
NAMES = tuple(name for name in OUTCOMES if name not in CENSORED)
LAST = -1
Found = dict[str, dict[str, Values]]  # mechanism, outcome: what it does, by seed


def jobs(replicates: int) -> list[Job]:
    """Return for each point and seed the whole world and those without one mechanism."""
    world = load(SCENARIO)
    stream = Stream([world], DRAWS, 1)
    points: list[dict[tuple[str, str], Any]] = [{}]
    points += [values_at(stream.names, point) for point in stream.take(DRAWS)]
    return [
        Job(tuple(_arms(world, point)), seed, number)
        for number, point in enumerate(points)
        for seed in range(1, replicates + 1)
    ]


def _arms(world: Any, point: dict[tuple[str, str], Any]) -> list[Arm]:
    given = {**point, ("economy", "firms"): FIRMS}
    arms = [Arm(world, given)]
    for switch in SWITCHES.values():
        off = {ParameterName.parse(name): value for name, value in switch.items()}
        arms.append(Arm(world, {**given, **{(n.group, n.name): v for n, v in off.items()}}))
    return arms


def effects(observed: list[dict[str, Values]]) -> dict[str, dict[str, float]]:
    """Return what each mechanism makes of each outcome, in the worlds of one seed."""
    whole, *without = observed
    return {
        mechanism: {
            name: float(difference(name, off[name][[LAST]], whole[name][[LAST]])[0])
            for name in NAMES
        }
        for mechanism, off in zip(SWITCHES, without, strict=True)
    }


def page(found: list[list[dict[str, dict[str, float]]]], command: str) -> str:
    """Return the page; ``found`` is by point and seed."""
    signs = {
        mechanism: {name: _signs(found, mechanism, name) for name in NAMES}
        for mechanism in SWITCHES
    }
    lines = [
        "# Which mechanism moves which outcome",
        "",
        f"Made by `{command}`: `{SCENARIO}`, {FIRMS} firms, end of 2030, the defaults and "
        f"{len(found) - 1} draws of the priors, {len(found[0])} seeds each. A mechanism is "
        "switched off exactly, with common random numbers and the same normalisation. Signs, one a "
        "point: what the mechanism, where it works, does to the outcome (+ raises, - lowers, 0 not "
        "beyond random variation and the smallest effect of interest).",
        "",
    ]
    rows = [[mechanism, *(signs[mechanism][name] for name in NAMES)] for mechanism in SWITCHES]
    lines += table(["mechanism", *(name.replace("_", " ") for name in NAMES)], rows)
    still = [name for name in NAMES if not any(_moves(signs[m][name]) for m in SWITCHES)]
    idle = [m for m in SWITCHES if not any(_moves(sign) for sign in signs[m].values())]
    lines += [
        "Outcomes that nothing moves: " + (", ".join(still) or "none") + ".",
        "",
        "Mechanisms that move nothing: " + (", ".join(idle) or "none") + ".",
    ]
    return "\n".join(lines)


def _moves(signs: str) -> bool:
    return bool(set(signs) - {"0", " "})


def _signs(found: list[list[dict[str, dict[str, float]]]], mechanism: str, name: str) -> str:
    words = []
    for seeds in found:
        values = np.array([one[mechanism][name] for one in seeds])
        good = values[np.isfinite(values)]
        sign = beyond(good, OUTCOMES[name].smallest) if good.size >= 3 else 0
        words.append({1: "+", -1: "-", 0: "0"}[sign])
    return " ".join(words)


def main() -> None:
    """Run all worlds, and print or write the page."""
    given, command = options("studies.coupling", __doc__, 8)
    for switch in SWITCHES.values():
        for name in switch:
            assert ParameterName.parse(name) in FACTS, name
    todo = jobs(given.replicates)
    each = [effects(observed) for observed in runs(todo, outcomes, given.workers)]
    found = [
        [one for one, job in zip(each, todo, strict=True) if job.point == point]
        for point in range(1 + DRAWS)
    ]
    give(page(found, command), given.page)


if __name__ == "__main__":
    start("studies.coupling")
