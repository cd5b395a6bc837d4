r"""Supply: what vendors make of each family of chips, and at what price it goes.

Output follows the record to its last year (each year's units, spread over its months along the
trend). From then on a vendor's capacity C follows its orders D, up or down never faster than
``growth``,

.. math:: \Delta \ln C = \max(-growth / 12, \min(growth / 12,\; r \ln(D / C))),

and is shared among its families by what is asked for; a new one begins with the share that each
family would have if all had the same. What is not sold stays in stock until sale
ends. A family's mark-up over the list price answers to orders over what there is,
:math:`\Delta \ln \mu = k \ln(D / S)`, between a floor and a ceiling; who is not served keeps the
money and asks again. Orders are money, so demand has a price elasticity of one.

Where materials are kept from a vendor's bloc (``mechanisms/materials.py``), its chips cost more and
fewer are made; both pass to buyers.

Rules slow a vendor's roadmap: with R its revenue and R' that from the purses and choices of a world
without rules, its plans slip by :math:`1 - (R / R')^{\varepsilon}` months each month, and later
generations come out weaker by that; months of more revenue win it back. R = R' while no rule binds.
(Returns to R&D with R&D a share of revenue; both directions of doubt are in the prior of ε.)

Limits: ε = 0: rules never touch the roadmap; price response 0: list prices for ever.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.state.fixed import Fixed
from model.state.state import State


class Supply(Mechanism):
    """What vendors make and ask."""

    vendors: list[str] = fact([], "name", kind="choice", source="seeds/chips.csv", claims="C2")
    """Vendors of chips for clusters who are on the market; empty: all of the table."""
    growth: float = fact(
        1.1,
        "1/year",
        Uniform(0.5, 1.4),
        (0.0, 5.0),
        kind="estimated",
        source="epoch_chip_owners",
        claims="C2",
    )
    """Fastest growth of a vendor's capacity after the record (a rate in logs); output of the
    leading vendor grew 2.4 to 3.0 times a year from 2022 to 2024."""
    capacity_response: float = fact(0.5, "1/month", Uniform(0.1, 1.0), (0.0, 1.0))
    """How fast capacity follows orders, share of the distance a month."""
    price_response: float = fact(0.2, "1/month", Uniform(0.05, 0.5), (0.0, 2.0))
    """Rise of the price with orders over what there is, both in logs."""
    margin: float = fact(
        0.6,
        "share",
        Uniform(0.4, 0.75),
        (0.0, 1.0),
        kind="estimated",
        source="company_filings",
        claims="C13 C19",
    )
    """What vendors keep of a dollar of sales, cost of making paid; for their profit alone."""
    price_floor: float = fact(0.5, "1", Uniform(0.3, 0.8), (0.01, 1.0))
    """Lowest price over the list price."""
    price_ceiling: float = fact(2.0, "1", Uniform(1.3, 3.0), (1.0, 20.0))
    """Highest price over the list price: vendors ration rather than charge more."""
    roadmap_growth: float = fact(
        1.35, "1/year", Uniform(1.2, 1.5), (1.0, 4.0), kind="estimated", source="epoch_hardware"
    )
    """Growth of performance per dollar of the generations after the table of chips."""
    roadmap_interval: int = fact(18, "months", within=(6, 60))
    """Time between the generations after the table of chips."""
    price_growth: float = fact(1.05, "1/year", Uniform(0.95, 1.2), (0.5, 2.0))
    """Growth of the price of a chip over the generations after the table."""
    revenue_elasticity: float = fact(
        0.2, "1", Uniform(0.0, 0.6), (0.0, 3.0), kind="contested", under_rules=True, claims="C19"
    )
    """How a vendor's pace depends on its revenue: share of pace lost per share of revenue."""


def supply(fixed: Fixed, state: State) -> None:
    """Make this month's chips; set prices by last month's orders; let roadmaps slip.

    Reads ``supply.wanted``, ``vendors.orders``, ``revenue``, ``unbound``, ``blocs.dearer``,
    ``made``. Writes ``supply`` (``production``, ``produced``, ``stock``, ``scrapped``,
    ``pressure``, ``markup``), ``vendors.capacity``, ``slip``, and of chips that come out this
    month ``chips.tflops`` and ``link``.
    """
    group, table, vendors, chips = (
        fixed.of(Supply),
        state.supply,
        state.vendors,
        state.chips,
    )
    _prices(
        table.wanted,
        table.fill,
        table.production,
        table.stock,
        group.price_response,
        math.log(group.price_floor),
        math.log(group.price_ceiling),
        table.pressure,
    )
    _ask(table.vendor, vendors.bloc, state.blocs.dearer, table.pressure, table.markup)
    _roadmap(
        state.month,
        chips.planned,
        chips.available,
        chips.vendor,
        vendors.revenue,
        vendors.unbound,
        group.revenue_elasticity,
        math.log(group.roadmap_growth * group.price_growth) / 12.0,
        vendors.slip,
        chips.tflops,
        chips.link,
    )
    _produce(
        state.month,
        table.vendor,
        table.price,
        table.first,
        table.made_by_month,
        table.wanted,
        vendors.orders,
        group.growth / 12.0,
        group.capacity_response,
        vendors.bloc,
        state.blocs.made,
        vendors.capacity,
        table.production,
        table.produced,
        table.stock,
    )
    _scrap(state.month, chips.family, chips.withdrawn, table.stock, table.scrapped)


@kernel
def _prices(wanted, fill, production, stock, response, floor, ceiling, markup):
    # ``stock`` still is what was left over last month. Where nothing is made any more, what there
    # was is that and what was sold.
    for f in range(wanted.size):
        there = production[f] if production[f] > 0.0 else wanted[f] * fill[f] + stock[f]
        if wanted[f] > 0.0 and response > 0.0:
            # Where there is nothing, or a speck of rounding, there is no market to set a price.
            excess = math.log(wanted[f] / there) if there > 1e-9 * wanted[f] else 0.0
            if stock[f] > production[f] > 0.0:  # more than a month's output lies unsold
                excess = min(excess, math.log(production[f] / stock[f]))
            change = response * min(1.5, max(-1.5, excess))
            markup[f] = math.exp(min(ceiling, max(floor, math.log(markup[f]) + change)))


@kernel
def _ask(vendor, bloc, dearer, pressure, markup):
    for f in range(vendor.size):
        markup[f] = pressure[f]
        if vendor[f] >= 0 and bloc[vendor[f]] >= 0:
            markup[f] *= dearer[bloc[vendor[f]]]


@kernel
def _roadmap(
    month, planned, available, vendor, revenue, unbound, elasticity, pace, slip, tflops, link
):
    for v in range(slip.size):
        ratio = revenue[v] / unbound[v] if unbound[v] > 0.0 else 1.0
        if abs(ratio - 1.0) > 1e-9:  # less than that is rounding
            slip[v] = max(0.0, slip[v] + 1.0 - ratio**elasticity)
    for c in range(planned.size):
        if planned[c] and available[c] == month and slip[vendor[c]] > 0.0:
            late = math.exp(-pace * slip[vendor[c]])
            tflops[c] *= late
            link[c] *= late


@kernel
def _produce(
    month, vendor, price, first, made, wanted, orders, growth, response, bloc, able, capacity,
    production, produced, stock,
):  # fmt: skip
    for v in range(capacity.size):
        recorded = 0.0
        for f in range(vendor.size):
            if vendor[f] == v and made[month, f] >= 0.0:
                recorded += made[month, f] * price[f]
        if recorded > 0.0:
            capacity[v] = recorded
        elif capacity[v] > 0.0 and orders[v] > 0.0:
            change = response * math.log(orders[v] / capacity[v])
            capacity[v] *= math.exp(min(growth, max(-growth, change)))
    for f in range(vendor.size):
        if vendor[f] < 0:
            continue  # domestic: its maker says what is made
        if made[month, f] >= 0.0:
            production[f] = made[month, f]
        else:
            old, new = 0, 0
            for g in range(vendor.size):
                if vendor[g] == vendor[f] and made[month, g] < 0.0:
                    if wanted[g] > 0.0:
                        old += 1
                    elif first[g] == month:
                        new += 1
            share = wanted[f] * price[f] / orders[vendor[f]] if orders[vendor[f]] > 0.0 else 0.0
            if new > 0:
                share *= old / (old + new)
                if wanted[f] == 0.0 and first[f] == month:
                    share = 1.0 / (old + new)
            production[f] = capacity[vendor[f]] * share / price[f]
        if bloc[vendor[f]] >= 0:
            production[f] *= able[bloc[vendor[f]]]
        produced[f] += production[f]
        stock[f] += production[f]


@kernel
def _scrap(month, family, withdrawn, stock, scrapped):
    for f in range(stock.size):
        on = False
        for c in range(family.size):
            on = on or (family[c] == f and month < withdrawn[c])
        if not on:
            scrapped[f] += stock[f]
            stock[f] = 0.0
