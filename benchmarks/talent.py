"""Talent density against money, partial effects: ``python -m benchmarks.talent``.

In twins of a world a bloc gets a tenth more researchers, or a tenth more means, from the first
reported month on; printed is what that does to its best lab's algorithms and to the gap, with
standard errors over seeds. Nothing is fitted here.
"""

from __future__ import annotations

import argparse

import numpy as np

from model.economy import World

LEVERS = {"researchers": "labour__people", "money": "finance__means"}
MORE = 1.1


def main() -> None:
    """Print the effects."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", default="no_ban")
    parser.add_argument("--firms", type=int, default=3000)
    parser.add_argument("--replicates", type=int, default=16)
    parser.add_argument("--until", default="2030-12", help="last month, YYYY-MM")
    given = parser.parse_args()
    found: dict[tuple[str, str, str], list[float]] = {}
    for seed in range(1, given.replicates + 1):
        plain = World(given.world, rng=seed, economy__firms=given.firms, economy__end=given.until)
        before = measures(plain.run())
        for side in ("leader", "follower"):
            for what, lever in LEVERS.items():
                twin = plain.twin(given.world, **{f"{lever}_{side}": MORE})
                for name, value in measures(twin.run()).items():
                    found.setdefault((side, what, name), []).append(value - before[name])
    print(f"{given.world}, {given.firms} firms, {given.replicates} paired replicates, end of "
          f"{given.until}; effect of a tenth more, OOM (standard error)")  # fmt: skip
    for (side, what, name), values in found.items():
        sample = np.array(values)
        error = sample.std(ddof=1) / np.sqrt(sample.size)
        print(f"  {side:9} {what:12} {name:20} {sample.mean():+.4f} ({error:.4f})")


def measures(world: World) -> dict[str, float]:
    """Return algorithms of both sides and the gap at the end, OOM."""
    outcomes = world.outcomes()
    names = ("algorithms_leader", "algorithms_follower", "gap")
    return {name: float(outcomes[name][-1]) for name in names}


if __name__ == "__main__":
    main()
