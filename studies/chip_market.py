"""The market for chips beside the record: ``python -m studies.chip_market``.

Prints the targets of ``seeds/targets.toml`` beside what worlds give (mean over seeds), and the
distance where there is a tolerance. Nothing is fitted here.
"""

from __future__ import annotations

import tomllib
from typing import NamedTuple

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Arm, Job
from model.economy import World
from model.mechanisms.chips.chip_cost import EQUIVALENT_TFLOPS
from model.scenario import load
from model.seed_tables import SEEDS
from studies.common import runs, start

RANDOM_SEEDS = (1, 2, 3, 4)
BAN, FREE = "ban", "no_ban"
END = "2024-12"


class Market(NamedTuple):
    """What a world gives.

    ``shares`` is month x (follower, world): the leading vendor's legal sales, H100 equivalents;
    ``growth`` the yearly factor of the largest training run, 2018 to 2024; ``diverted`` chips of
    2024.
    """

    shares: Values
    growth: float
    diverted: float


def observed(world: World) -> Market:
    """Run a world to the end of 2024, and return its market for chips."""
    state = world.state
    inputs, buyers = world.fixed.inputs, state.buyers
    worth = np.array([chip.tflops / EQUIVALENT_TFLOPS for chip in inputs.chips])
    worth[~state.chips.leading] = 0.0
    follower = inputs.bloc_index(inputs.follower)
    mine = buyers.bloc == follower
    sold = np.zeros((inputs.calendar.months + 1, 2))

    def each(after: object) -> None:
        total = buyers.delivered[:, :, :2].sum(axis=2) @ worth
        sold[state.month] = total[mine].sum(), total.sum()

    world.run(until=END, each=each)
    calendar, series = inputs.calendar, world.record.series
    largest = series["training_compute"].max(axis=1)
    first, last = calendar.index(2017, 12), calendar.index(2024, 12)
    growth = float(10.0 ** ((largest[last] - largest[first]) / 7.0))
    year = slice(calendar.index(2024, 1), calendar.index(2025, 1))
    diverted = float(series["chips_diverted"][year, follower].sum())
    return Market(np.diff(sold, axis=0), growth, diverted)


def main() -> None:
    """Print the comparison."""
    targets = tomllib.loads((SEEDS / "targets.toml").read_text(encoding="utf-8"))
    arms = tuple(Arm(load(name)) for name in (BAN, FREE))
    found = runs([Job(arms, seed) for seed in RANDOM_SEEDS], observed, workers=1)
    shares = np.mean([ban.shares for ban, _ in found], axis=0)
    calendar = arms[0].scenario.parameters.economy.calendar()
    share = targets["follower_share"]
    print(f"{share['title']}, {share['unit']}")
    for quarter, record in share["values"].items():
        first = calendar.index(int(quarter[:4]), 3 * int(quarter[-1]) - 2)
        here, world = shares[first : first + 3].sum(axis=0)
        model = 100.0 * here / world
        far = "" if abs(model - record) <= share["tolerance"] else "  outside"
        print(f"  {quarter}  record {record:5.1f}  model {model:5.1f}{far}")
    growth = targets["compute_growth"]
    mean = np.mean([free.growth for _, free in found])
    print(f"{growth['title']}: record {growth['value']}, model {mean:.2f}")
    diverted = targets["diverted_2024"]
    chips = np.mean([ban.diverted for ban, _ in found])
    print(f"{diverted['title']}: record {diverted['value']:,} ({diverted['low']:,} to "
          f"{diverted['high']:,}), model {chips:,.0f}")  # fmt: skip


if __name__ == "__main__":
    start("studies.chip_market")
