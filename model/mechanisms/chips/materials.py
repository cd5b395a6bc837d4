r"""Materials: a bloc under export controls retaliates by withholding rare materials for chips.

A government that supplies a share of the world's rare materials (gallium, germanium, rare earths)
may stop their export, by dated acts (kind ``materials`` in ``seeds/controls.toml``) or by chance:
while acts of another bloc bind its buyers, it retaliates in a month with probability ``hazard``,
and then for good. Act and retaliation do not add up; the larger holds.

Stopped exports leak through third countries; stocks make up for the rest at first, new sources in
the end. With c the share of the world's supply that a bloc's vendors are cut off from,

.. math:: short' = (c\,(1 - leak) - short) / stock, \qquad
          replaced' = (1 - replaced)\,c / substitution, \qquad
          lost = short\,(1 - replaced),

Code: ``_bear_shortage``

the price of materials there rises to :math:`(1 - lost)^{-1/\varepsilon}` (ε supply and demand
elasticities together), a chip's cost by the materials' share of it, and vendors pass the cost on;
output of chips there falls to :math:`(1 - lost)^{\chi}`, χ how critical the materials are.

Which government retaliates, and against whom, is data: nothing here knows a bloc by name. Left out:
what the retaliating bloc loses by stopping its exports, and all other uses of the materials.

Without exchange nothing can be withheld: two blocs apart are two worlds. Limits: no acts and
hazard 0, or leak 1: nothing happens, to the bit; χ = 0: only prices respond; substitution at once:
only stocks matter.
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
    """Retaliation with rare materials, and how hard it is to do without them."""

    hazard: float = fact(0.0, "1/month", within=(0.0, 1.0), lever=True, claims="C13 C19")
    """Chance a month that a government whose buyers are under export controls stops exports of
    materials to the bloc that controls them."""
    part: float = fact(1.0, "share", within=(0.0, 1.0), lever=True, claims="C13")
    """Share of a bloc's exports of materials that its retaliation stops."""
    leak: float = fact(
        0.5,
        "share",
        Uniform(0.1, 0.8),
        (0.0, 1.0),
        under_rules=True,
        source="materials_press",
        claims="C11 C13",
    )
    """Share of stopped exports of materials that arrives through third countries."""
    stock: float = fact(
        4.5,
        "months",
        Uniform(3.0, 6.0),
        (1.0, 120.0),
        under_rules=True,
        source="memory",
        claims="C13",
    )
    """Months over which stocks make up for missing materials."""
    substitution: float = fact(
        60.0, "months", LogUniform(24.0, 180.0), (1.0, 1e06), under_rules=True, claims="C13"
    )
    """Months in which new sources replace a world supply of materials that is lost entirely."""
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
    """Price elasticities of supply and demand of materials added up, in absolute values; prices of
    germanium and gallium about doubled when some 0.4 of the world's supply was gone."""
    cost_share: float = fact(
        0.005, "share", LogUniform(0.001, 0.05), (0.0, 1.0), under_rules=True, claims="C13"
    )
    """Share of rare materials in the price of an accelerator."""
    criticality: float = fact(
        0.1,
        "1",
        Uniform(0.0, 0.5),
        (0.0, 10.0),
        kind="contested",
        under_rules=True,
        claims="C13 C19",
    )
    """Elasticity χ of chip output to the supply of rare materials."""


def materials(fixed: Fixed, state: State) -> None:
    """Let governments retaliate; write how much dearer and fewer chips become.

    Reads ``blocs.withheld``, ``provoked``, ``materials_share``, ``exchange``. Writes
    ``blocs.answered``, ``short``, ``replaced``, ``dearer``, ``made``.
    """
    month, blocs = state.month, state.blocs.face
    _retaliate(
        address(fixed.seed, key_of("answers"), month), month, fixed.of(Materials).hazard, blocs
    )
    _bear_shortage(month, fixed.face(Materials), blocs)


@kernel
def _retaliate(draws, month, hazard, blocs):
    """Let governments whose buyers are bound stop their exports of materials, by chance."""
    # provoked[month, b, a]: acts of a bind buyers of b.
    ordinal, answered = blocs.ordinal, blocs.answered
    for b in range(ordinal.size):
        mine = at(draws, np.uint64(ordinal[b]))
        for a in range(ordinal.size):
            u = uniform(at(mine, np.uint64(ordinal[a])))
            if blocs.provoked[month, b, a] and answered[b, a] == NEVER and u < hazard:
                answered[b, a] = month


@kernel
def _bear_shortage(month, group, blocs):
    """Update shortages of materials by bloc, and what they do to its vendors' chips."""
    # withheld[month, b, a]: the share of its supply that acts of b keep from a.
    short, replaced = blocs.short, blocs.replaced
    for a in range(short.size):
        cut = 0.0
        for b in range(short.size):
            kept = blocs.withheld[month, b, a]
            if blocs.answered[b, a] != NEVER:
                kept = max(kept, group.part)
            if blocs.exchange[a, b] > 0.0:  # else nothing came from there
                cut += blocs.materials_share[b] * kept
        if cut <= 0.0 and short[a] <= 0.0:
            continue
        short[a] += (cut * (1.0 - group.leak) - short[a]) / group.stock
        replaced[a] += (1.0 - replaced[a]) * min(1.0, cut / group.substitution)
        lost = min(0.999, short[a] * (1.0 - replaced[a]))
        dearer = (1.0 - lost) ** (-1.0 / group.elasticity)
        blocs.dearer[a] = 1.0 + group.cost_share * (dearer - 1.0)
        blocs.made[a] = (1.0 - lost) ** group.criticality
