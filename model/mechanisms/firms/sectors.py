r"""Sectors: application firms compete for the buyers of every bloc, and pay for what they build on.

Buyers of a bloc and sector choose by logit over quality for money,

.. math:: share_{ib} \propto people_i\,x_{b}\,e^{\beta\,(quality_i - \ln cost_i)}

Code: ``sectors``

(people stand for varieties: two firms with half the people each sell as much as one firm with all
of them; x is 1 at home, abroad it is the exchange between the blocs times the factor that home
bias leaves), except for the share of buyers that stays with last month's seller. The mark-up is
that of monopolistic competition (Dixit and Stiglitz 1977): the margin is 1/(1 + β) of sales, since
a firm stands for a small piece of the economy and its own market share does not count.

What a bloc spends on a sector grows at a stated rate, and with an elasticity ε (small: the budget
of a whole sector) in the quality for money of the products sold there,

.. math:: demand_b = D\,s_b\,e^{g t}\,e^{\varepsilon (I_b - I_b(0))}, \qquad
          I_b = \frac{1}{\beta} \ln \frac{\sum_i people_i\,x_{ib}\,
          e^{\beta\,(quality_i - \ln cost_i)}}{e^{\gamma t}}

Code: ``_spend``

The log-sum is taken over all products sold in the bloc, wherever they are made, with people counted
over the path γ on which all research grows: more researchers do not make the world richer, and a
bloc whose own firms go buys from abroad what that offers. Platforms take a share of variable cost.

*Overhead* is a firm's own: a fixed cost of each of its people, which follows the wages of its bloc
and sector, and these follow what a head there sells (with heads counted over the path of all
research, whose growth moves nobody's wage),

.. math:: c_{bs} = overhead\,\bar w_{bs}, \qquad
          \ln \bar w_{bs} = (1 - \omega)(\ln w_{bs}(0) + g t) + \omega \ln w_{bs}

Code: ``_pay_heads``

with w the sales a head, smoothed over the time in which wages answer. So where a bloc falls behind
wages fall too, and what decides whether a firm lives is how it stands among its neighbours; a firm
that leaves takes its cost along. A firm whose result, smoothed over some two years, is negative is
*not viable*. This file counts such firms; ``model/mechanisms/firms/demography.py`` decides which
firms close.

Sums run over firms in their order within bloc and sector, so they do not depend on the number of
threads, and a bloc shut out by exchange 0 adds no term.

Limits: shares of a market sum to one and sales to its demand; equal firms split equally; inertia 1:
shares freeze; exchange 0: every bloc buys from its own firms only; response 0: spending grows as
stated whatever is on offer; ω = 0: fixed costs grow as spending does.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from model.core.kernels import helper, kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.state.codes import BRANCHES, FIRST_BRANCH
from model.state.fixed import Fixed
from model.state.state import State


class Sectors(Mechanism):
    """Markets of application firms."""

    substitution: float = fact(3.0, "1", Uniform(1.5, 5.0), (0.1, 20.0), claims="A7 B6")
    """Weight of log quality for money in buyers' utility (elasticity of substitution between firms'
    products, minus 1); the gross margin of firms is 1/(1 + this weight)."""
    home_bias: float = fact(1.5, "1", Uniform(0.5, 3.0), (0.0, 20.0), claims="A7")
    """Utility that buyers add to products from their own bloc."""
    inertia: float = fact(0.95, "share", Uniform(0.8, 0.98), (0.0, 1.0), claims="B8")
    """Share of buyers of products who stay with last month's seller."""
    overhead: float = fact(0.12, "share", Uniform(0.04, 0.2), (0.0, 2.0), claims="B6")
    """Fixed cost per head of an application firm, over sales per head of its bloc and sector."""
    fixed: float = fact(0.3, "share", Uniform(0.1, 0.6), (0.0, 1.0), claims="B6")
    """Share of a firm's overhead that goes with its researchers; the rest goes with its sales."""
    wage_link: float = fact(0.8, "1", Uniform(0.5, 1.0), (0.0, 1.0), claims="B6")
    """Elasticity ω of fixed costs per head in what a head of the bloc and sector sells."""
    wage_lag: float = fact(24.0, "months", Uniform(12.0, 60.0), (1.0, 600.0), claims="B6")
    """Time in which wages of application firms follow what a head sells."""
    horizon: int = fact(24, "months", within=(1, 240), claims="B6")
    """Time over which an application firm's result is smoothed to judge whether it is viable."""
    demand_response: float = fact(0.1, "1", Uniform(0.0, 0.3), (0.0, 5.0), claims="B6")
    """Elasticity of a bloc's spending on a whole sector in the quality for money of the products on
    offer; 0 where each sector has a fixed share of all spending."""
    software: float = fact(1e12, "USD/year", LogUniform(5e11, 2e12), (1e06, 1e16), claims="D15")
    """World spending on software and cloud in 2024, at the products of the first month."""
    devices: float = fact(5e12, "USD/year", LogUniform(2.5e12, 1e13), (1e06, 1e16), claims="D15")
    """World spending on electronics, robots and cars in 2024, at the products of the first
    month."""
    services: float = fact(8e12, "USD/year", LogUniform(4e12, 1.6e13), (1e06, 1e16), claims="D15")
    """World spending in 2024, at the products of the first month, on services that application
    firms sell (finance, health, other)."""
    growth: float = fact(0.03, "1/year", Uniform(0.0, 0.06), (-0.5, 0.5))
    """Continuous growth of world spending on products of application firms, growth from better
    products excluded."""


class Spending(NamedTuple):
    """What buyers spend at the products of the first month, and what they make of distance."""

    world: Any  # sector: spending of the world, USD a month
    share: Any  # bloc: its share of the world's spending
    grown: float  # growth of spending since the first month, a factor
    trend: float  # growth of all research since the first month on its path, a factor
    abroad: float  # weight of a product from abroad at full exchange, over one from home


def sectors(fixed: Fixed, state: State) -> None:
    """Let the firms of each sector compete in every bloc, pay for platforms and count results.

    Reads ``applications.quality``, ``gain``, ``platform``, ``firms.researchers``,
    ``blocs.exchange``. Writes ``applications.attraction``, ``share``, ``sales``, ``payments``,
    ``overhead``, ``result``, ``smoothed``, ``viable``, ``state.branches``, ``platforms.payments``.
    """
    group, firms, exchange = fixed.face(Sectors), state.firms.face, state.blocs.exchange
    table, branches = state.applications.face, state.branches.face
    years = fixed.inputs.calendar.year(state.month) - 2024.0
    grown = math.exp(group.growth * years) / 12.0
    start = fixed.inputs.calendar.year(0) - 2024.0
    spending = Spending(
        world=np.array([getattr(group, name) for name in BRANCHES]) * grown,
        share=np.array([bloc.spending_share for bloc in fixed.inputs.blocs]),
        grown=math.exp(group.growth * (years - start)),
        trend=math.exp(fixed.shared.researcher_growth * (years - start)),
        abroad=math.exp(-group.home_bias),
    )
    _attract(firms, group, table, branches)
    _spend(exchange, group, spending, branches)
    _compete(firms, exchange, group, spending, table, branches)
    first, cost_share = state.month == 0, fixed.shared.cost_share
    _account(first, firms, group, cost_share, spending, table, branches, state.platforms.payments)


@kernel
def _attract(firms, group, applications, branches):
    """Write each firm's attraction to buyers, its sum and the people by bloc and sector."""
    branches.people[:] = 0.0
    branches.attraction[:] = 0.0
    for i in range(applications.firm.size):
        f = applications.firm[i]
        applications.attraction[i] = 0.0
        if firms.active[f]:
            b, s = firms.bloc[f], firms.sector[f] - FIRST_BRANCH
            worth = group.substitution * (applications.quality[i] + applications.gain[i])
            applications.attraction[i] = firms.researchers[f] * math.exp(worth)
            branches.people[b, s] += firms.researchers[f]
            branches.attraction[b, s] += applications.attraction[i]


@kernel
def _spend(exchange, group, spending, branches):
    """Write what the buyers of each bloc spend on each sector."""
    attraction, index, first = branches.attraction, branches.index, branches.first
    for b in range(index.shape[0]):
        for s in range(index.shape[1]):
            total = attraction[b, s]
            for o in range(index.shape[0]):
                if o != b and exchange[b, o] > 0.0:
                    total += exchange[b, o] * spending.abroad * attraction[o, s]
            branches.demand[b, s] = 0.0
            if total > 0.0:
                index[b, s] = math.log(total / spending.trend) / group.substitution
                if math.isnan(first[b, s]):
                    first[b, s] = index[b, s]
                risen = math.exp(group.demand_response * (index[b, s] - first[b, s]))
                branches.demand[b, s] = spending.world[s] * spending.share[b] * risen


@kernel
def _compete(firms, exchange, group, spending, applications, branches):
    """Write each firm's share of each bloc's market: buyers who stay and buyers who choose."""
    row, share, attraction = applications.firm, applications.share, applications.attraction
    bloc, sector, total, abroad = firms.bloc, firms.sector, branches.attraction, spending.abroad
    # Buyers stay where their seller may still sell; the others choose anew.
    kept = np.zeros(total.shape)
    for i in range(row.size):
        f = row[i]
        h, s = bloc[f], sector[f] - FIRST_BRANCH
        for b in range(kept.shape[0]):
            passes = b == h or exchange[b, h] > 0.0
            share[i, b] = group.inertia * share[i, b] if firms.active[f] and passes else 0.0
            kept[b, s] += share[i, b]
    for i in range(row.size):
        f = row[i]
        h, s = bloc[f], sector[f] - FIRST_BRANCH
        for b in range(kept.shape[0]):
            whole = total[b, s]
            for o in range(kept.shape[0]):
                if o != b and exchange[b, o] > 0.0:
                    whole += exchange[b, o] * abroad * total[o, s]
            if whole <= 0.0 or attraction[i] <= 0.0:
                continue
            if b == h:
                share[i, b] += (1.0 - kept[b, s]) * attraction[i] / whole
            elif exchange[b, h] > 0.0:
                mine = exchange[b, h] * abroad * attraction[i]
                share[i, b] += (1.0 - kept[b, s]) * mine / whole


@kernel
def _account(first, firms, group, cost_share, spending, applications, branches, received):
    """Write sales, payments for platforms, overhead, results, and which firms are viable."""
    margin = 1.0 / (1.0 + group.substitution)
    paid = (1.0 - margin) * cost_share
    row, share, platform = applications.firm, applications.share, applications.platform
    sales, payments, overhead, result, smoothed = (
        applications.sales, applications.payments, applications.overhead, applications.result,
        applications.smoothed,
    )  # fmt: skip
    demand = branches.demand
    received[:] = 0.0
    branches.sold[:] = 0.0
    for i in range(row.size):
        f = row[i]
        h, s = firms.bloc[f], firms.sector[f] - FIRST_BRANCH
        sales[i] = share[i, h] * demand[h, s]
        for b in range(demand.shape[0]):
            if b != h and share[i, b] > 0.0:
                sales[i] += share[i, b] * demand[b, s]
        branches.sold[h, s] += sales[i]
        payments[i] = paid * sales[i] if platform[i] >= 0 else 0.0
        if platform[i] >= 0:
            received[platform[i], h] += payments[i]
    _pay_heads(group, spending, branches)
    for i in range(row.size):
        f = row[i]
        overhead[i] = 0.0
        if firms.active[f]:
            h, s = firms.bloc[f], firms.sector[f] - FIRST_BRANCH
            alone = branches.head_cost[h, s] * firms.researchers[f]
            usual = branches.sold[h, s] / branches.people[h, s] if branches.people[h, s] else 0.0
            usual *= firms.researchers[f]
            staff = sales[i] / usual if usual > 0.0 else 1.0
            overhead[i] = alone * (group.fixed + (1.0 - group.fixed) * staff)
        result[i] = margin * sales[i] - overhead[i]
        change = (result[i] - smoothed[i]) / group.horizon
        smoothed[i] = result[i] if first else smoothed[i] + change
        applications.viable[i] = firms.active[f] and smoothed[i] >= 0.0


@helper
def _pay_heads(group, spending, branches):
    """Write what a researcher costs in each bloc and sector."""
    people, sold, smooth, first = (
        branches.people, branches.sold, branches.head_sales, branches.head_sales_first
    )  # fmt: skip
    for s in range(people.shape[1]):
        for b in range(people.shape[0]):
            if people[b, s] > 0.0 and sold[b, s] > 0.0:
                sells = sold[b, s] / people[b, s] * spending.trend
                if math.isnan(first[b, s]):
                    first[b, s] = smooth[b, s] = sells
                smooth[b, s] *= (sells / smooth[b, s]) ** (1.0 / group.wage_lag)
            branches.head_cost[b, s] = 0.0
            if not math.isnan(first[b, s]):
                stated = first[b, s] * spending.grown
                wage = stated * (smooth[b, s] / stated) ** group.wage_link
                branches.head_cost[b, s] = group.overhead * wage / spending.trend
