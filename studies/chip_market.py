"""The market for chips beside the record: ``python -m studies.chip_market``.

Prints the targets of ``seeds/targets.toml`` that are about chips beside what worlds give (mean over
seeds), and quarter by quarter where the record has quarters. Nothing is fitted here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from analysis.experiments.experiment import Arm, Job
from analysis.validation.history import Asked, observed
from analysis.validation.measures import MEASURES
from analysis.validation.targets import Targets, standard
from analysis.validation.validate import measured
from model.economy import World
from model.scenario import load
from studies.common import runs, start

RANDOM_SEEDS = (1, 2, 3, 4)
CHIPS = ("T6", "T7", "T8", "T9", "T11", "T34")
BY_QUARTER = "T9"


def chips_alone(targets: Targets) -> Targets:
    """Return the targets that are about chips."""
    return replace(targets, targets={name: targets.targets[name] for name in CHIPS})


def months_of(quarter: str) -> tuple[str, str]:
    """Return the first and the last month of a quarter, YYYY-Qn."""
    year, number = quarter[:4], int(quarter[-1])
    return f"{year}-{3 * number - 2:02d}", f"{year}-{3 * number:02d}"


def found(world: World, targets: Targets) -> dict[str, float]:
    """Run a world to the last month of the targets, and return figures, by name or quarter."""
    history = observed(world, targets.last)
    share = MEASURES["ratio"].compute
    quarters = {}
    for quarter in targets.targets[BY_QUARTER].quarters:
        first, last = months_of(quarter)
        asked = Asked("leading_sales", bloc=history.follower, over="world", first=first, last=last)
        quarters[quarter] = 100.0 * share(history, asked)
    return measured(history, targets) | quarters


def main() -> None:
    """Print the comparison."""
    targets = chips_alone(standard())
    (world,) = targets.worlds
    jobs = [Job((Arm(load(world)),), seed) for seed in RANDOM_SEEDS]
    rows = [one for (one,) in runs(jobs, partial(found, targets=targets), workers=1)]
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    for name, target in targets.targets.items():
        print(target.title)
        for figure in target.figures:
            model, record = means[name + figure.name], targets.record(figure)
            far = "" if figure.holds(model) or math.isnan(model) else "  outside"
            band = f"{figure.low:g} to {figure.high:g}"
            print(f"  {figure.title:24} {figure.unit:10} record {record:.4g} ({band}), "
                  f"model {model:.4g}{far}")  # fmt: skip
        for quarter, record in target.quarters.items():
            print(f"  {quarter}  share in %: record {record:5.1f}  model {means[quarter]:5.1f}")


if __name__ == "__main__":
    start("studies.chip_market")
