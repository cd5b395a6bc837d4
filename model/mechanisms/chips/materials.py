r"""Materials: what chips are made of may be kept from those who keep chips from others.

A government that supplies a share of the world's rare materials (gallium, germanium, rare earths)
may stop their export, by dated acts (kind ``materials`` in ``seeds/controls.toml``) or by chance:
while acts of another bloc bind its buyers, it answers in a month with probability ``hazard``, and
then for good. Both count once; the larger holds.

What is stopped leaks through third countries, is made up for by stocks at first and by new sources
in the end. With c the share of the world's supply that a bloc's vendors are cut off from,

.. math:: short' = (c\,(1 - leak) - short) / stock, \qquad
          replaced' = (1 - replaced)\,c / substitution, \qquad
          lost = short\,(1 - replaced),

the price of materials there rises to :math:`(1 - lost)^{-1/\varepsilon}` (ε supply and demand
elasticities together), a chip's cost by its part of that, and vendors pass it on; chips made there
fall to :math:`(1 - lost)^{\chi}`, χ how hard it is to do without.

Which government does so, and to whom, is data: nothing here knows a bloc by name. Not here: what
the one who stops exports loses by it, and all other uses of the materials.

Where exchange is nil anyway nothing can be kept from anybody: two blocs apart are two worlds.
Limits: no acts and hazard 0, or leak 1: nothing happens, to the bit; χ = 0: only the price answers;
substitution at once: only stocks matter.
"""

from __future__ import annotations

import numpy as np

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.randomness import address, at, key_of, uniform
from model.state.codes import NEVER
from model.state.fixed import Fixed
from model.state.state import State


class Materials(Mechanism):
    """How hard it is to do without another bloc's materials."""

    hazard: float = fact(0.0, "1/month", within=(0.0, 1.0), lever=True, claims="C13 C19")
    """Chance that a government whose buyers are bound answers with its materials; full effect on
    the bloc that acted."""
    part: float = fact(1.0, "share", within=(0.0, 1.0), lever=True, claims="C13")
    """Share of its exports of materials that such an answer stops."""
    leak: float = fact(
        0.5,
        "share",
        Uniform(0.1, 0.8),
        (0.0, 1.0),
        under_rules=True,
        source="materials_press",
        claims="C11 C13",
    )
    """Share of what is stopped that comes through third countries."""
    stock: float = fact(
        4.5,
        "months",
        Uniform(3.0, 6.0),
        (1.0, 120.0),
        under_rules=True,
        source="memory",
        claims="C13",
    )
    """Time over which stocks make up for what is missing."""
    substitution: float = fact(
        60.0, "months", LogUniform(24.0, 180.0), (1.0, 1e06), under_rules=True, claims="C13"
    )
    """Time in which new sources make up for a supply that is gone as a whole."""
    elasticity: float = fact(
        0.6,
        "1",
        Uniform(0.2, 1.5),
        (0.01, 100.0),
        kind="estimated",
        under_rules=True,
        source="usgs_2024|materials_press",
        claims="C13",
    )
    """Of supply and demand of the materials together, in absolute values: prices of germanium and
    gallium about doubled where some 0.4 of the world's supply was gone."""
    cost_share: float = fact(
        0.005, "share", LogUniform(0.001, 0.05), (0.0, 1.0), under_rules=True, claims="C13"
    )
    """Part of the materials in the price of an accelerator."""
    criticality: float = fact(
        0.1,
        "1",
        Uniform(0.0, 0.5),
        (0.0, 10.0),
        kind="contested",
        under_rules=True,
        claims="C13 C19",
    )
    """Elasticity χ of the chips that are made to the materials that are there."""


def materials(fixed: Fixed, state: State) -> None:
    """Let governments answer; work out what that costs chips, and how many are made.

    Reads ``blocs.withheld``, ``provoked``, ``materials_share``, ``exchange``. Writes
    ``blocs.answered``, ``short``, ``replaced``, ``dearer``, ``made``.
    """
    group, blocs = fixed.of(Materials), state.blocs
    month = state.month
    _answer(
        address(fixed.seed, key_of("answers"), month),
        month,
        group.hazard,
        blocs.ordinal,
        blocs.provoked[month],
        blocs.answered,
    )
    _feel(
        blocs.withheld[month],
        blocs.answered,
        blocs.exchange,
        blocs.materials_share,
        group.part,
        group.leak,
        group.stock,
        group.substitution,
        group.elasticity,
        group.cost_share,
        group.criticality,
        blocs.short,
        blocs.replaced,
        blocs.dearer,
        blocs.made,
    )


@kernel
def _answer(draws, month, hazard, ordinal, provoked, answered):
    # provoked[b, a]: acts of a bind buyers of b.
    for b in range(ordinal.size):
        mine = at(draws, np.uint64(ordinal[b]))
        for a in range(ordinal.size):
            u = uniform(at(mine, np.uint64(ordinal[a])))
            if provoked[b, a] and answered[b, a] == NEVER and u < hazard:
                answered[b, a] = month


@kernel
def _feel(
    withheld, answered, exchange, share, part, leak, stock, substitution, elasticity, cost_share,
    criticality, short, replaced, dearer, made,
):  # fmt: skip
    # withheld[b, a]: the share of its supply that acts of b keep from a.
    for a in range(share.size):
        cut = 0.0
        for b in range(share.size):
            kept = withheld[b, a]
            if answered[b, a] != NEVER:
                kept = max(kept, part)
            if exchange[a, b] > 0.0:  # else nothing came from there
                cut += share[b] * kept
        if cut <= 0.0 and short[a] <= 0.0:
            continue
        short[a] += (cut * (1.0 - leak) - short[a]) / stock
        replaced[a] += (1.0 - replaced[a]) * min(1.0, cut / substitution)
        lost = min(0.999, short[a] * (1.0 - replaced[a]))
        dearer[a] = 1.0 + cost_share * ((1.0 - lost) ** (-1.0 / elasticity) - 1.0)
        made[a] = (1.0 - lost) ** criticality
