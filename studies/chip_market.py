"""How the market for chips compares with the record: ``python -m studies.chip_market``.

Prints the targets of ``seeds/targets.toml`` beside what worlds give (mean over seeds), and the
distance where there is a tolerance. Nothing is fitted here.
"""

from __future__ import annotations

import tomllib

import numpy as np

from model.economy import World
from model.mechanisms.chips.chip_cost import EQUIVALENT_TFLOPS
from model.seed_tables import SEEDS

SEEDS_OF_LUCK = (1, 2, 3, 4)


def main() -> None:
    """Print the comparison."""
    targets = tomllib.loads((SEEDS / "targets.toml").read_text(encoding="utf-8"))
    worlds = {name: [World(name, rng=seed) for seed in SEEDS_OF_LUCK] for name in ("ban", "no_ban")}
    shares = np.mean([follower_share(world) for world in worlds["ban"]], axis=0)
    for world in worlds["no_ban"]:
        world.run(until="2024-12")
    calendar = worlds["ban"][0].fixed.inputs.calendar
    share = targets["follower_share"]
    print(f"{share['title']}, {share['unit']}")
    for quarter, record in share["values"].items():
        first = calendar.index(int(quarter[:4]), 3 * int(quarter[-1]) - 2)
        here, world = shares[first : first + 3].sum(axis=0)
        model = 100.0 * here / world
        far = "" if abs(model - record) <= share["tolerance"] else "  outside"
        print(f"  {quarter}  record {record:5.1f}  model {model:5.1f}{far}")
    growth = targets["compute_growth"]
    found = np.mean([compute_growth(world) for world in worlds["no_ban"]])
    print(f"{growth['title']}: record {growth['value']}, model {found:.2f}")
    diverted = targets["diverted_2024"]
    year = slice(calendar.index(2024, 1), calendar.index(2025, 1))
    china = worlds["ban"][0].fixed.inputs.bloc_index("china")
    chips = np.mean(
        [world.record.series["chips_diverted"][year, china].sum() for world in worlds["ban"]]
    )
    print(f"{diverted['title']}: record {diverted['value']:,} ({diverted['low']:,} to "
          f"{diverted['high']:,}), model {chips:,.0f}")  # fmt: skip


def follower_share(world: World) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return month x (follower, world): the leading vendor's legal sales, H100 equivalents."""
    state = world.state
    inputs, buyers = world.fixed.inputs, state.buyers
    worth = np.array([chip.tflops / EQUIVALENT_TFLOPS for chip in inputs.chips])
    worth[~state.chips.leading] = 0.0
    mine = buyers.bloc == inputs.bloc_index(inputs.follower)
    sold = np.zeros((inputs.calendar.months + 1, 2))

    def each(after: object) -> None:
        total = buyers.delivered[:, :, :2].sum(axis=2) @ worth
        sold[state.month] = total[mine].sum(), total.sum()

    world.run(until="2024-12", each=each)
    return np.diff(sold, axis=0)


def compute_growth(world: World) -> float:
    """Return the yearly growth factor of the world's largest run from 2018 to 2024."""
    calendar = world.fixed.inputs.calendar
    largest = world.record.series["training_compute"].max(axis=1)
    first, last = calendar.index(2017, 12), calendar.index(2024, 12)
    return float(10.0 ** ((largest[last] - largest[first]) / 7.0))


if __name__ == "__main__":
    main()
