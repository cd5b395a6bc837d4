r"""Adoption: users take up AI models as in Bass's model, with a potential that moves.

In a segment (consumers or developers of a bloc) a share F uses models and a share m would use those
on offer (``mechanisms/ai/market.py``). In a month

.. math:: \Delta F = \bigl(1 - e^{-(p + q F / m)\, a / 12}\bigr)\,(m - F)

Code: ``_take_up``

with a the segment's propensity (Bass 1969; as a hazard, so that a month never overshoots). Users
for whom no model is worth its price any more give up at the same pace.

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
    """Bass coefficient of innovation p: take-up of AI models without the example of other users."""
    imitation: float = fact(
        0.38,
        "1/year",
        Uniform(0.3, 0.5),
        (0.0, 20.0),
        kind="measured",
        source="sultan_1990",
        claims="D6",
    )
    """Bass coefficient of imitation q: take-up of AI models by the example of other users."""
    follower_propensity: float = fact(1.0, "1", LogUniform(0.5, 2.0), (0.0, 20.0), claims="D6 D15")
    """Propensity of users in the following bloc to take up AI models, over that of users in all
    other blocs."""


def adoption(fixed: Fixed, state: State) -> None:
    """Let users take up the models on offer.

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
    """Move adopters towards the potential for one step, at rates a step."""
    for s in range(potential.size):
        m, f = potential[s], adopters[s]
        example = min(1.0, f / m) if m > 0.0 else 1.0
        hazard = (innovation + imitation * example) * propensity[s]
        adopters[s] = f + (1.0 - math.exp(-hazard)) * (m - f)
