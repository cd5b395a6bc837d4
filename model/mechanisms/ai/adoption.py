r"""Adoption: users take up AI models, as Bass has it, on a potential that moves.

Of a segment (consumers, developers of a bloc) a share F uses models and a share m would, by what
is on offer (``mechanisms/market.py``). In a month

.. math:: \Delta F = \bigl(1 - e^{-(p + q F / m)\, a / 12}\bigr)\,(m - F)

with a the segment's propensity (Bass 1969; as a hazard, so that a month never overshoots). Who
finds nothing worth it any more gives up at the same pace.

Limits: constant m: Bass's closed form; p = q = 0: nobody takes anything up.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.state.fixed import Fixed
from model.state.state import State


class Adoption(Mechanism):
    """How users take up AI models."""

    innovation: float = fact(
        0.03,
        "1/year",
        Uniform(0.001, 0.04),
        (0.0, 10.0),
        kind="measured",
        source="sultan_1990",
        claims="D6",
    )
    """Take-up without the example of others, p."""
    imitation: float = fact(
        0.38,
        "1/year",
        Uniform(0.3, 0.5),
        (0.0, 20.0),
        kind="measured",
        source="sultan_1990",
        claims="D6",
    )
    """Take-up by example, q."""
    follower_propensity: float = fact(1.0, "1", LogUniform(0.5, 2.0), (0.0, 20.0), claims="D6 D15")
    """Propensity to take up new things in the following bloc over that elsewhere."""


def adoption(fixed: Fixed, state: State) -> None:
    """Let users take up what is on offer.

    Reads ``segments.potential``, ``propensity``. Writes ``segments.adopters``.
    """
    group, segments = fixed.of(Adoption), state.segments
    _take_up(
        segments.potential,
        segments.propensity,
        group.innovation / 12.0,
        group.imitation / 12.0,
        segments.adopters,
    )


@kernel
def _take_up(potential, propensity, innovation, imitation, adopters):
    for s in range(potential.size):
        m, f = potential[s], adopters[s]
        example = min(1.0, f / m) if m > 0.0 else 1.0
        hazard = (innovation + imitation * example) * propensity[s]
        adopters[s] = f + (1.0 - math.exp(-hazard)) * (m - f)
