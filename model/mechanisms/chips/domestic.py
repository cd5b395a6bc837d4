r"""Domestic chips: an industry that learns by making, in all worlds, with and without a ban.

A bloc's domestic makers are one industry that sells at home, counted in H100 equivalents. Buyers
split spending between it and imports by effective performance per dollar
(``mechanisms/purchases.py``), where

.. math:: e_{dom} = e_0\, e_{import}(2018)\, e^{g\,(t - 2018)}\, (1 + Q / Q_0)^{\omega}

with Q all it ever made (Wright's law; 20 % less cost per doubling is ω = 0.32). What it can make is
its capacity times yield over full yield; yield rises with the experience of a generation,
:math:`y = y_0 + (y_1 - y_0)(1 - e^{-Q_g / q})`, of which a new generation keeps a part. Capacity
grows with the fabs of the bloc, which serve others too,
:math:`\Delta \ln C = c\,(1 - \beta\,B)/12`, B the share of the world's chip-making equipment that
rules keep away. What foreign foundries would make drops out as far as a rule bars them.
A bar on memory leaves :math:`1 - m\,B_m e^{-t/\tau}` of
output, t months into the bar, as memory makers at home catch up; what was put by bridges a while.

e₀, ω, g and c decide the sign of a ban's effect and are not identified by data to 2024: they are
always swept, never fixed. Limits: e₀ = 0: no domestic chips; ω = 0: making teaches nothing;
c = 0: capacity stays; β = m = 0: equipment and memory rules change nothing.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.mechanisms.chips.chip_cost import EQUIVALENT_TFLOPS
from model.state.fixed import Fixed
from model.state.state import State

EXPERIENCE = 50_000.0  # H100 equivalents, Q₀


class Domestic(Mechanism):
    """Domestic chip industries."""

    base: float = fact(
        0.4,
        "share",
        Uniform(0.1, 0.5),
        (0.0, 2.0),
        kind="contested",
        source="seeds/chips.csv",
        claims="C9",
    )
    """Performance per dollar of domestic chips over the best import's in 2018, e₀; the list price
    of the Ascend 910B leads back to about 1, of which programs reach a part."""
    learning: float = fact(
        0.32,
        "1",
        Uniform(0.1, 0.6),
        (0.0, 2.0),
        kind="contested",
        source="irwin_klenow|nagy_2013",
        claims="C9",
    )
    """Learning exponent ω: 0.32 is 20 % less cost per doubling of all that was made."""
    progress: float = fact(
        0.12, "1/year", Uniform(0.0, 0.25), (-0.5, 2.0), kind="contested", claims="C9"
    )
    """Growth of performance per dollar that comes with time alone (a rate in logs), g."""
    capacity_growth: float = fact(
        0.5, "1/year", Uniform(0.0, 0.7), (0.0, 5.0), kind="contested", claims="C9"
    )
    """Growth of capacity (a rate in logs), c."""
    yield_first: float = fact(
        0.2,
        "share",
        Uniform(0.1, 0.4),
        (0.01, 1.0),
        kind="estimated",
        source="press_ascend",
        claims="C9",
    )
    """Share of dies that work at the start of a generation."""
    yield_full: float = fact(
        0.6,
        "share",
        Uniform(0.5, 0.8),
        (0.01, 1.0),
        kind="estimated",
        source="press_ascend",
        claims="C9",
    )
    """Share of dies that work when a generation is mastered."""
    yield_experience: float = fact(
        20_000.0, "chips", LogUniform(5000.0, 80000.0), (1.0, 1e09), claims="C9"
    )
    """Experience with a generation (H100 equivalents) that brings 63 % of the gain."""
    generation: int = fact(36, "months", within=(1, 240), claims="C9")
    """Time between generations."""
    carried_over: float = fact(
        0.3,
        "share",
        Uniform(0.1, 0.6),
        (0.0, 1.0),
        kind="estimated",
        source="irwin_klenow",
        claims="C9",
    )
    """Share of experience with yield that a new generation keeps."""
    equipment_dependence: float = fact(
        0.6,
        "share",
        Uniform(0.1, 1.0),
        (0.0, 1.0),
        kind="contested",
        under_rules=True,
        claims="C1 C9",
    )
    """Share of capacity growth lost if all the world's equipment were barred."""
    memory_dependence: float = fact(
        0.6,
        "share",
        Uniform(0.1, 1.0),
        (0.0, 1.0),
        kind="contested",
        under_rules=True,
        claims="C1 C9",
    )
    """Share of output lost if all the world's stacked memory were barred."""
    memory_catch_up: float = fact(
        30.0, "months", Uniform(12.0, 60.0), (1.0, 1000.0), under_rules=True, claims="C9"
    )
    """Time in which makers of memory at home win back 63 % of that."""
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
    """Months of output for which memory is put by when a bar on it is known."""


def domestic(fixed: Fixed, state: State) -> None:
    """Let domestic industries grow, learn, make.

    Reads ``supply.wanted``, ``stock``, bars by month. Writes ``makers``, ``supply.production``,
    ``produced``, ``stock`` of their families, ``chips.price`` of their chips.
    """
    group, makers, chips, table = (
        fixed.of(Domestic),
        state.makers,
        state.chips,
        state.supply,
    )
    year = fixed.inputs.calendar.year(state.month) - 2018.0
    _make(
        state.month,
        round(year * 12.0) % group.generation == 0,
        makers.chip,
        chips.family,
        makers.equipment_barred,
        makers.memory_barred,
        makers.memory_known,
        makers.memory_months,
        makers.foundry_barred,
        table.wanted,
        makers.reference,
        group.base * math.exp(group.progress * year),
        group.learning,
        group.capacity_growth / 12.0 if year >= 0.0 else 0.0,
        group.yield_first,
        group.yield_full,
        group.yield_experience,
        group.carried_over,
        group.equipment_dependence,
        group.memory_dependence,
        group.memory_catch_up,
        group.memory_stockpile,
        fixed.shared.stockpiling,
        EXPERIENCE,
        EQUIVALENT_TFLOPS * 1e12,
        makers.home_capacity,
        makers.foreign_capacity,
        makers.experience,
        makers.of_generation,
        makers.yielded,
        makers.memory_stock,
        table.production,
        table.produced,
        table.stock,
        table.price,
        chips.price,
    )


@kernel
def _make(
    month, new_generation, chip, family, equipment, memory, memory_known, memory_months, foundry,
    wanted, reference, factor, learning, growth, first, full, scale, carried, equipment_bite,
    memory_bite, catch_up, put_by, may_put_by, known, equivalent, at_home, abroad, experience,
    of_generation, yielded, memory_stock, production, produced, stock, family_price, price,
):  # fmt: skip
    for m in range(chip.size):
        f = family[chip[m]]
        if new_generation:
            of_generation[m] *= carried
        yielded[m] = first + (full - first) * (1.0 - math.exp(-of_generation[m] / scale))
        able = (at_home[m] + (1.0 - foundry[month, m]) * abroad[m]) * yielded[m] / full
        at_home[m] *= math.exp(growth * (1.0 - equipment_bite * equipment[month, m]))
        abroad[m] *= math.exp(growth)
        # What was asked for last month, less what lies in stock, and a tenth for growth.
        output = max(0.0, min(able, 1.1 * wanted[f] - stock[f]))
        if memory_known[month, m] and may_put_by:
            memory_stock[m] = put_by * able
        lost = memory_bite * memory[month, m] * math.exp(-memory_months[month, m] / catch_up)
        short = output * lost
        bridged = min(short, memory_stock[m])
        if lost > 0.0:
            memory_stock[m] -= bridged
            output -= short - bridged
        production[f] = output
        produced[f] += output
        stock[f] += output
        experience[m] += output
        of_generation[m] += output
        better = (1.0 + experience[m] / known) ** learning
        per = factor * reference[m] * better
        price[chip[m]] = equivalent / per
        family_price[f] = price[chip[m]]
