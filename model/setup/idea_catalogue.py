r"""The catalogue of a field: ideas 0, 1, 2, … and their sizes, which exist before any discovery.

The size of idea n is a function of (seed, field, n) alone. Three distributions, all of mean m and
cut at 30 m, so that no single idea decides a run:

* *exponential*: memoryless, :math:`-m \ln u`; the cut hardly moves the mean (e^-30);
* *lognormal* with s = 1: :math:`a\, e^{s z}`, z normal;
* *pareto* with α = 2: :math:`a\, u^{-1/\alpha}`, without the cut a tail of infinite variance.

The scale a is such that the mean after the cut is m.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import at, uniform
from model.core.table import Floats

LARGEST = 30.0  # size of the largest idea over the mean
LOGNORMAL_SPREAD = 1.0  # s; 0.8 to 1.2 is plausible
PARETO_EXPONENT = 2.0  # α; 2 and above is plausible
LAWS = ("exponential", "lognormal", "pareto")


def mean_of(law: str, scale: float) -> float:
    """Return the mean size after the cut at ``LARGEST`` for a scale, both relative to m."""
    if law == "exponential":
        return scale * (1.0 - math.exp(-LARGEST / scale))
    if law == "pareto":
        a = PARETO_EXPONENT
        return scale * (a - math.pow(scale / LARGEST, a - 1.0)) / (a - 1.0)
    s, far = LOGNORMAL_SPREAD, math.log(LARGEST / scale) / LOGNORMAL_SPREAD
    below = 0.5 * math.erfc(-(far - s) / math.sqrt(2.0))
    return scale * math.exp(0.5 * s * s) * below + LARGEST * 0.5 * math.erfc(far / math.sqrt(2.0))


def scale_of(law: str) -> float:
    """Return the scale with which a distribution has mean 1 after the cut, by bisection.

    The scale of the exponential distribution is 1: its cut does not matter.
    """
    if law == "exponential":
        return 1.0
    low, high = 1e-3, 2.0  # the mean rises with the scale
    for _ in range(60):
        middle = 0.5 * (low + high)
        if mean_of(law, middle) < 1.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def sizes_of(
    sizes: np.uint64,
    mean: float,
    law: int,
    scale: float,
    spread: float,
    exponent: float,
    largest: float,
    size: Floats,
) -> None:
    """Write the sizes of a catalogue, OOM; ``law`` counts in ``LAWS``."""
    for n in range(size.size):
        here = at(sizes, np.uint64(n))
        u = uniform(here)
        if law == 0:
            raw = -math.log(u)
        elif law == 1:
            v = uniform(at(here, np.uint64(0)))
            normal = math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
            raw = scale * math.exp(spread * normal)
        else:
            raw = scale * u ** (-1.0 / exponent)
        size[n] = min(largest * mean, mean * raw)
