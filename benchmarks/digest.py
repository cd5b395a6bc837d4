"""Print the content digests of some runs: equal lines mean equal bits.

``make agree OTHER=python3.13`` compares those of two Pythons.
"""

from __future__ import annotations

from model.economy import World
from model.measure.tables import content_digest, tables_of


def main() -> None:
    for scenario in ("no_ban", "ban", "mirror"):
        for threads in (1, 2, 4):
            world = World(scenario, rng=1, threads=threads).run()
            print(
                scenario, threads, content_digest(tables_of(world.fixed, world.state, world.record))
            )


if __name__ == "__main__":
    main()
