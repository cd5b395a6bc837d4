r"""Sectors: application firms compete for the buyers of every bloc, and pay for what they build on.

Buyers of a bloc and sector choose by logit over quality for money,

.. math:: share_{ib} \propto people_i\,x_{b}\,e^{\beta\,(quality_i - \ln cost_i)}

(people stand for varieties: two firms of half as many sell what one did; x is 1 at home, abroad
the exchange between the blocs times what the taste for home leaves), but for the part that buys
where it bought last month. The mark-up is that of many small rivals (Dixit and Stiglitz 1977):
margin 1/(1 + β) of sales, since a firm stands for a piece of an economy and its own share for
nothing. What a bloc spends on a sector rises with the log-sum of what it is offered, over that of
the first month. Platforms take a share of variable cost. Overhead goes with people, at a rate set
by demand a head at home; a firm whose result, smoothed over some two years, is negative is *not
viable*. It is counted here; who closes is told in ``model/mechanisms/firms/demography.py``.

Sums run over firms in their order within bloc and sector: no number of firms or threads touches
them, and a bloc that exchange does not let in adds no term.

Limits: shares of a market sum to one and sales to its demand; equal firms split equally; inertia 1:
shares freeze; exchange 0: every bloc is served by its own; response 0: nobody spends more because
platforms are cheap.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.mechanisms.firms import sectors_kernels
from model.state.codes import BRANCHES
from model.state.fixed import Fixed
from model.state.state import State


class Sectors(Mechanism):
    """Markets of application firms."""

    substitution: float = fact(3.0, "1", Uniform(1.5, 5.0), (0.1, 20.0), claims="A7 B6")
    """Utility of log quality for money in buying products; the gross margin is 1/(1 + it)."""
    home_bias: float = fact(1.5, "1", Uniform(0.5, 3.0), (0.0, 20.0), claims="A7")
    """Utility of products from the own bloc."""
    inertia: float = fact(0.95, "share", Uniform(0.8, 0.98), (0.0, 1.0), claims="B8")
    """Share of buyers who buy this month where they bought last month."""
    overhead: float = fact(0.2, "share", Uniform(0.1, 0.3), (0.0, 2.0), claims="B6")
    """Fixed cost a head, over demand a head of the sector at home."""
    horizon: int = fact(24, "months", within=(1, 240), claims="B6")
    """Time over which a firm's result is smoothed before it is called viable or not."""
    demand_response: float = fact(0.5, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="B6")
    """Rise of log spending on a sector by a unit of log quality for money on offer."""
    software: float = fact(1e12, "USD/year", LogUniform(5e11, 2e12), (1e06, 1e16), claims="D15")
    """Spent in the world on software and cloud in 2024, at the products of the first month."""
    devices: float = fact(5e12, "USD/year", LogUniform(2.5e12, 1e13), (1e06, 1e16), claims="D15")
    """The same for electronics, robots and cars."""
    services: float = fact(8e12, "USD/year", LogUniform(4e12, 1.6e13), (1e06, 1e16), claims="D15")
    """The same for services that firms of the model sell (finance, health, other)."""
    growth: float = fact(0.03, "1/year", Uniform(0.0, 0.06), (-0.5, 0.5))
    """Continuous growth of that spending beside what better products add."""


def sectors(fixed: Fixed, state: State) -> None:
    """Let the firms of each sector compete in every bloc, then pay and count.

    Reads ``applications.quality``, ``gain``, ``platform``, ``firms.researchers``,
    ``blocs.exchange``. Writes ``applications.attraction``, ``share``, ``sales``, ``payments``,
    ``overhead``, ``result``, ``smoothed``, ``viable``, ``state.branches``, ``platforms.payments``.
    """
    group, table, branches = fixed.of(Sectors), state.applications, state.branches
    firms, platforms = state.firms, state.platforms
    years = fixed.inputs.calendar.year(state.month) - 2024.0
    grown = math.exp(group.growth * years) / 12.0
    world = np.array([getattr(group, name) for name in BRANCHES]) * grown
    shares = np.array([bloc.spending_share for bloc in fixed.inputs.blocs])
    sectors_kernels.attract(
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        firms.researchers,
        table.quality,
        table.gain,
        group.substitution,
        table.attraction,
        branches.people,
        branches.attraction,
    )
    sectors_kernels.spend(
        branches.people,
        branches.attraction,
        state.blocs.exchange,
        math.exp(-group.home_bias),
        group.substitution,
        group.demand_response,
        world,
        shares,
        branches.first,
        branches.index,
        branches.demand,
    )
    sectors_kernels.compete(
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        table.attraction,
        branches.attraction,
        state.blocs.exchange,
        math.exp(-group.home_bias),
        group.inertia,
        np.empty_like(branches.demand),
        table.share,
    )
    margin = 1.0 / (1.0 + group.substitution)
    sectors_kernels.settle(
        state.month == 0,
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        firms.researchers,
        table.share,
        table.platform,
        branches.demand,
        branches.people,
        world,
        shares,
        margin,
        (1.0 - margin) * fixed.shared.cost_share,
        group.overhead,
        group.horizon,
        table.sales,
        table.payments,
        table.overhead,
        table.result,
        table.smoothed,
        table.viable,
        platforms.payments,
        branches.overhead,
    )
