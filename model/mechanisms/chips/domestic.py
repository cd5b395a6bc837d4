r"""Domestic chips: an industry that learns by making, in all scenarios, with and without a ban.

A bloc's domestic makers are one industry that sells at home, counted in H100 equivalents. Buyers
split spending between domestic chips and imports by effective performance per dollar
(``mechanisms/chips/purchases.py``), where

.. math:: e_{dom} = e_0\, e_{import}(2018)\, e^{g\,(t - 2018)}\, (1 + Q / Q_0)^{\omega}

Code: ``_make``

with Q cumulative output (Wright's law; 20 % less cost per doubling is ω = 0.32). Possible output is
capacity times yield over full yield; yield rises with the experience of a generation,
:math:`y = y_0 + (y_1 - y_0)(1 - e^{-Q_g / q})`, of which a new generation keeps a part. Capacity
grows with the fabs of the bloc, which serve others too,
:math:`\Delta \ln C = c\,(1 - \beta\,B)/12`, B the share of the world's chip-making equipment that
rules withhold. Output of foreign foundries drops out as far as a rule bars them. A bar on memory
leaves :math:`1 - m\,B_m e^{-t/\tau}` of output, t months into the bar, as memory makers at home
catch up; memory stockpiled before the bar bridges a while.

e₀, ω, g and c decide the sign of a ban's effect and are not identified by data to 2024: they are
always swept, never fixed. Limits: e₀ = 0: no domestic chips; ω = 0: making teaches nothing;
c = 0: capacity stays; β = m = 0: equipment and memory rules change nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.mechanisms.chips.chip_cost import EQUIVALENT_TFLOPS
from model.state.fixed import Fixed
from model.state.state import State

EXPERIENCE = 50_000.0  # H100 equivalents, Q₀
EQUIVALENT = EQUIVALENT_TFLOPS * 1e12  # FLOP/s of an H100 equivalent


class Progress(NamedTuple):
    """What time alone brings to domestic industries this month."""

    new_generation: bool  # whether a new generation of chips begins
    performance: float  # performance per dollar over the best import's in 2018, without learning
    growth: float  # growth of capacity without rules, log rate a month


class Domestic(Mechanism):
    """Domestic chip industries: learning, yields, capacity, dependence on imported inputs."""

    base: float = fact(
        0.4,
        "share",
        Uniform(0.1, 0.5),
        (0.0, 2.0),
        kind="contested",
        source="seeds/chips.csv",
        claims="C9",
    )
    """Performance per dollar of domestic chips over that of the best import in 2018, e₀; the list
    price of the Ascend 910B leads back to about 1, of which programs reach a part."""
    learning: float = fact(
        0.32,
        "1",
        Uniform(0.1, 0.6),
        (0.0, 2.0),
        kind="contested",
        source="irwin_klenow|nagy_2013",
        claims="C9",
    )
    """Learning exponent ω of domestic chips: 0.32 is 20 % less cost per doubling of cumulative
    output."""
    progress: float = fact(
        0.12, "1/year", Uniform(0.0, 0.25), (-0.5, 2.0), kind="contested", claims="C9"
    )
    """Growth of domestic chips' performance per dollar with time alone (log rate), g."""
    capacity_growth: float = fact(
        0.5, "1/year", Uniform(0.0, 0.7), (0.0, 5.0), kind="contested", claims="C9"
    )
    """Growth of domestic chip capacity without rules (log rate), c."""
    yield_first: float = fact(
        0.2,
        "share",
        Uniform(0.1, 0.4),
        (0.01, 1.0),
        kind="estimated",
        source="press_ascend",
        claims="C9",
    )
    """Yield of domestic chips (share of working dies) at the start of a generation."""
    yield_full: float = fact(
        0.6,
        "share",
        Uniform(0.5, 0.8),
        (0.01, 1.0),
        kind="estimated",
        source="press_ascend",
        claims="C9",
    )
    """Yield of domestic chips (share of working dies) once a generation is mastered."""
    yield_experience: float = fact(
        20_000.0, "chips", LogUniform(5000.0, 80000.0), (1.0, 1e09), claims="C9"
    )
    """Output of a domestic chip generation (H100 equivalents) that brings 63 % of its gain in
    yield."""
    generation: int = fact(36, "months", within=(1, 240), claims="C9")
    """Months between generations of domestic chips."""
    carried_over: float = fact(
        0.3,
        "share",
        Uniform(0.1, 0.6),
        (0.0, 1.0),
        kind="estimated",
        source="irwin_klenow",
        claims="C9",
    )
    """Share of yield experience that a new generation of domestic chips keeps."""
    equipment_dependence: float = fact(
        0.6,
        "share",
        Uniform(0.1, 1.0),
        (0.0, 1.0),
        kind="contested",
        under_rules=True,
        claims="C1 C9",
    )
    """Share of domestic capacity growth lost if a rule barred all foreign chip-making equipment."""
    memory_dependence: float = fact(
        0.6,
        "share",
        Uniform(0.1, 1.0),
        (0.0, 1.0),
        kind="contested",
        under_rules=True,
        claims="C1 C9",
    )
    """Share of domestic chip output lost if a rule barred all foreign high-bandwidth memory."""
    memory_catch_up: float = fact(
        30.0, "months", Uniform(12.0, 60.0), (1.0, 1000.0), under_rules=True, claims="C9"
    )
    """Months in which domestic memory makers win back 63 % of the output lost to a memory bar."""
    memory_stockpile: float = fact(
        12.0,
        "months",
        Uniform(3.0, 24.0),
        (0.0, 240.0),
        kind="estimated",
        under_rules=True,
        source="semianalysis_ascend",
        claims="C9 C10",
    )
    """Months of output for which domestic makers stockpile memory before an announced bar."""


def domestic(fixed: Fixed, state: State) -> None:
    """Let domestic industries grow, learn and make chips.

    Reads ``supply.wanted``, ``stock``, ``makers`` (bars by month). Writes ``makers``,
    ``supply.production``, ``produced``, ``stock``, ``price`` of their families, ``chips.price`` of
    their chips.
    """
    group = fixed.of(Domestic)
    year = fixed.inputs.calendar.year(state.month) - 2018.0
    progress = Progress(
        new_generation=round(year * 12.0) % group.generation == 0,
        performance=group.base * math.exp(group.progress * year),
        growth=group.capacity_growth / 12.0 if year >= 0.0 else 0.0,
    )
    _make(
        state.month,
        progress,
        fixed.face(Domestic),
        fixed.shared,
        state.chips.face,
        state.supply.face,
        state.makers.face,
    )


@kernel
def _make(month, progress, group, shared, chips, supply, makers):
    """Make chips, and learn by making: yields rise, prices fall, capacity grows."""
    family, wanted, stock = chips.family, supply.wanted, supply.stock
    at_home, abroad = makers.home_capacity, makers.foreign_capacity
    experience, of_generation = makers.experience, makers.of_generation
    yielded, memory_stock = makers.yielded, makers.memory_stock
    first, full = group.yield_first, group.yield_full
    for m in range(makers.chip.size):
        c = makers.chip[m]
        f = family[c]
        if progress.new_generation:
            of_generation[m] *= group.carried_over
        mastered = 1.0 - math.exp(-of_generation[m] / group.yield_experience)
        yielded[m] = first + (full - first) * mastered
        foreign = (1.0 - makers.foundry_barred[month, m]) * abroad[m]
        able = (at_home[m] + foreign) * yielded[m] / full
        slowed = group.equipment_dependence * makers.equipment_barred[month, m]
        at_home[m] *= math.exp(progress.growth * (1.0 - slowed))
        abroad[m] *= math.exp(progress.growth)
        # Last month's demand less the stock, and a tenth for growth.
        output = max(0.0, min(able, 1.1 * wanted[f] - stock[f]))
        if makers.memory_known[month, m] and shared.stockpiling:
            memory_stock[m] = group.memory_stockpile * able
        caught_up = math.exp(-makers.memory_months[month, m] / group.memory_catch_up)
        lost = group.memory_dependence * makers.memory_barred[month, m] * caught_up
        short = output * lost
        bridged = min(short, memory_stock[m])
        if lost > 0.0:
            memory_stock[m] -= bridged
            output -= short - bridged
        supply.production[f] = output
        supply.produced[f] += output
        stock[f] += output
        experience[m] += output
        of_generation[m] += output
        better = (1.0 + experience[m] / EXPERIENCE) ** group.learning
        per_dollar = progress.performance * makers.reference[m] * better
        chips.price[c] = EQUIVALENT / per_dollar
        supply.price[f] = chips.price[c]
