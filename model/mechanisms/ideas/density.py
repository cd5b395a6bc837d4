r"""Density: how many contacts a firm makes nearby rises with how many researchers are nearby.

.. math:: g_c = \frac{1}{\bar g}\left[\frac{(1 + s)\,x_c}{x_c + s}\right]^{\varepsilon}, \qquad
          x_c = \frac{D_c}{\bar D}\,e^{-\gamma t}

Code: ``gains``

D the researchers of a place (a labour market of some 60 km), :math:`\bar D` its mean by researchers
at the start of the baseline and :math:`\bar g` that of the bracket, so that the elasticity ε moves
contacts between places and adds none to the world; the growth of all research on its path γ moves
nothing. s bounds the gain of very dense places. Talk of a firm inside
its own place is g times as frequent, talk with the rest of its bloc and the world as before
(``mechanisms/ideas/spillover.py``). Twice the density goes with a fifth more patents a head
(Carlino, Chatterjee and Hunt 2007); how much of that is cause and how much the sorting of able
people is contested, so that the prior begins at 0.

Left out: a second, smaller scale (the park or campus of some 500 m), for which the tables of places
have no data.

Limits: ε = 0: 1 everywhere, to the bit; firms cut in two: no change; scattered firms: fewer
contacts where elasticity is above 0.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.table import Floats
from model.state.fixed import Fixed
from model.state.state import State


class Density(Mechanism):
    """How talk nearby rises with the number of researchers nearby."""

    elasticity: float = fact(
        0.1, "1", Uniform(0.0, 0.3), (0.0, 2.0), kind="contested", source="memory", claims="A1 A4"
    )
    """Elasticity ε of contacts inside a place in the researchers there; 0: density does not
    matter."""
    saturation: float = fact(4.0, "1", LogUniform(1.0, 20.0), (0.01, 1e6), claims="A1")
    """Density s, over the mean, at which half of what more density could bring is there."""


def density(fixed: Fixed, state: State) -> None:
    """Let talk inside a place be as frequent as its density makes it.

    Reads ``clusters.researchers``. Writes ``clusters.talk``.
    """
    state.clusters.talk[:] = gains(fixed, state.month, state.clusters.researchers)


def gains(fixed: Fixed, month: int, researchers: Floats) -> Floats:
    """Return by place the contacts inside it, over those at mean density.

    ``researchers`` is by place, in a month. Ones where the elasticity is 0 or no baseline is known.
    """
    constants, group = fixed.constants, fixed.of(Density)
    if group.elasticity == 0.0 or constants.density_gain == 0.0:
        return np.ones(researchers.size)
    trend = math.exp(fixed.shared.researcher_growth * month / 12.0)
    relative = researchers / (constants.density * trend)
    return _bracket(group, relative) / constants.density_gain


def references(group: Density, researchers: Floats) -> tuple[float, float]:
    """Return mean density and mean gain, by researchers, at the baseline's start."""
    whole = math.fsum(researchers)
    density = math.fsum(researchers * researchers) / whole
    gain = math.fsum(researchers * _bracket(group, researchers / density)) / whole
    return density, gain


def _bracket(group: Density, relative: Floats) -> Floats:
    s = group.saturation
    found: Floats = ((1.0 + s) * relative / (relative + s)) ** group.elasticity
    return found
