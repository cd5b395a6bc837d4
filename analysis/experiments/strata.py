"""Places by address: a stream of places in 0 to 1 for each name, stratified in blocks that double.

The first 1, 2, 4, 8, … places of a stream are one in each of so many equal strata: to go from k to
2 k, the new ones fill the strata that the first k left empty, in random order (Sallaberry, Helton
and Hora 2008). So a longer stream begins with a shorter one, and streams side by side are a Latin
hypercube wherever their length is a power of two. (A first block of n makes it one at n, 2 n,
4 n, ….) A stream is a function of seed, name, round and first block alone: what else is drawn
beside it does not change it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.core.randomness import key_of

GRAIN = 1 << 24  # places within a stratum: sums of both are exact, so that no place leaves its own
Values = NDArray[np.float64]


def strata(number: int, seed: int, name: str, again: int = 0, first: int = 1) -> Values:
    """Return the first places of a stream, each above 0 and below 1.

    Args:
        number: how many places.
        seed: of the experiment.
        name: of what is drawn.
        again: round; each has a stream of its own, to stand in for places that cannot be used.
        first: size of the first block, which the others double.
    """
    key = int(key_of("strata", seed, name, again))
    places = np.zeros(0)
    while places.size < number:
        chance = np.random.default_rng([key, places.size])
        count = places.size or first
        cells = places.size + count
        empty = np.ones(cells, np.bool_)
        empty[(places * cells).astype(np.int64)] = False
        fresh = chance.permutation(np.flatnonzero(empty))
        within = (chance.integers(0, GRAIN, count) + 0.5) / GRAIN
        places = np.concatenate([places, (fresh + within) / cells])
    return places[:number]


def side_by_side(
    number: int, seed: int, names: Sequence[str], again: int = 0, first: int = 1
) -> Values:
    """Return the first places of the streams of some names, place by name."""
    columns = [strata(number, seed, name, again, first) for name in names]
    return np.column_stack(columns) if columns else np.zeros((number, 0))
