r"""Supply: how many chips of each family vendors make, and at what price they sell them.

Output follows the record to its last year (each year's units, spread over its months along the
trend). From then on a vendor's capacity C follows its orders D, up or down, at most at the rate
``growth``,

.. math:: \Delta \ln C = \max(-growth / 12, \min(growth / 12,\; r \ln(D / C))),

Code: ``_produce``

and is shared among its families in proportion to demand; a new family begins with the share that
each family would have if all had the same. Unsold chips stay in stock until sale ends. A family's
mark-up over the list price responds to demand over supply,
:math:`\Delta \ln \mu = k \ln(D / S)`, between a floor and a ceiling; buyers that are not served
keep the money and ask again. Orders are money, so demand has a price elasticity of one.

Where materials are kept from a vendor's bloc (``mechanisms/chips/materials.py``), its chips cost
more and it makes fewer; buyers bear both.

Rules slow a vendor's roadmap: with R its revenue and R' its revenue from the budgets and choices of
a world without rules, its plans slip by :math:`1 - (R / R')^{\varepsilon}` months each month, and
later generations come out weaker by that much; months of higher revenue win the delay back. R = R'
while no rule binds. (Returns to R&D with R&D a share of revenue; both directions of doubt are in
the prior of ε.)

Limits: ε = 0: rules never touch the roadmap; price response 0: list prices for ever.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.state.fixed import Fixed
from model.state.state import State


class Supply(Mechanism):
    """Capacity, prices and roadmaps of vendors."""

    vendors: list[str] = fact([], "name", kind="choice", source="seeds/chips.csv", claims="C2")
    """Vendors that sell chips for clusters on the world market; empty: all vendors of the table."""
    growth: float = fact(
        1.1,
        "1/year",
        Uniform(0.5, 1.4),
        (0.0, 5.0),
        kind="estimated",
        source="epoch_chip_owners",
        claims="C2",
    )
    """Fastest growth of a vendor's capacity after the record (log rate); output of the leading
    vendor grew 2.4 to 3.0 times a year from 2022 to 2024."""
    capacity_response: float = fact(0.5, "1/month", Uniform(0.1, 1.0), (0.0, 1.0))
    """Share of the log distance between orders and capacity that a vendor closes each month."""
    price_response: float = fact(0.2, "1/month", Uniform(0.05, 0.5), (0.0, 2.0))
    """Elasticity of a chip family's monthly price change to demand over supply."""
    margin: float = fact(
        0.6,
        "share",
        Uniform(0.4, 0.75),
        (0.0, 1.0),
        kind="estimated",
        source="company_filings",
        claims="C13 C19",
    )
    """Share of chip sales that vendors keep as profit after the cost of production; enters only the
    measure of their profits."""
    price_floor: float = fact(0.5, "1", Uniform(0.3, 0.8), (0.01, 1.0))
    """Lowest price of a chip, as a multiple of its list price."""
    price_ceiling: float = fact(2.0, "1", Uniform(1.3, 3.0), (1.0, 20.0))
    """Highest price of a chip, as a multiple of its list price; vendors ration rather than charge
    more."""
    roadmap_growth: float = fact(
        1.35, "1/year", Uniform(1.2, 1.5), (1.0, 4.0), kind="estimated", source="epoch_hardware"
    )
    """Growth factor of performance per dollar over chip generations after the record, a year."""
    roadmap_interval: int = fact(18, "months", within=(6, 60))
    """Months between a vendor's chip generations after the record."""
    price_growth: float = fact(1.05, "1/year", Uniform(0.95, 1.2), (0.5, 2.0))
    """Growth factor of list prices over chip generations after the record, a year."""
    revenue_elasticity: float = fact(
        0.2, "1", Uniform(0.0, 0.6), (0.0, 3.0), kind="contested", under_rules=True, claims="C19"
    )
    """Elasticity of the pace of a vendor's roadmap to its revenue."""


def supply(fixed: Fixed, state: State) -> None:
    """Set prices by last month's orders, let roadmaps slip, and make this month's chips.

    Reads ``supply.wanted``, ``fill``, ``vendors.orders``, ``revenue``, ``unbound``,
    ``blocs.dearer``, ``made``. Writes ``supply`` (``production``, ``produced``, ``stock``,
    ``scrapped``, ``pressure``, ``markup``), ``vendors.capacity``, ``slip``, and of chips that come
    out this month ``chips.tflops`` and ``link``.
    """
    group, month = fixed.of(Supply), state.month
    families, vendors, chips = state.supply.face, state.vendors.face, state.chips.face
    blocs = state.blocs.face
    floor, ceiling = math.log(group.price_floor), math.log(group.price_ceiling)
    _adjust_prices(group.price_response, floor, ceiling, families)
    _pass_on_costs(blocs, vendors, families)
    pace = math.log(group.roadmap_growth * group.price_growth) / 12.0
    _delay_roadmaps(month, group.revenue_elasticity, pace, vendors, chips)
    _produce(month, group.growth / 12.0, group.capacity_response, blocs, vendors, families)
    _scrap(month, chips, families)


@kernel
def _adjust_prices(response, floor, ceiling, supply):
    """Move prices over list prices by excess demand, between logs of floor and ceiling."""
    # ``stock`` is still last month's unsold rest. Where a family is no longer made, last month's
    # supply was that rest and the chips sold.
    wanted, production = supply.wanted, supply.production
    stock, markup = supply.stock, supply.pressure
    for f in range(wanted.size):
        sold = wanted[f] * supply.fill[f]
        offered = production[f] if production[f] > 0.0 else sold + stock[f]
        if wanted[f] > 0.0 and response > 0.0:
            # Without supply, or with a speck of rounding, there is no market to set a price.
            excess = math.log(wanted[f] / offered) if offered > 1e-9 * wanted[f] else 0.0
            if stock[f] > production[f] > 0.0:  # more than a month's output lies unsold
                excess = min(excess, math.log(production[f] / stock[f]))
            change = response * min(1.5, max(-1.5, excess))
            markup[f] = math.exp(min(ceiling, max(floor, math.log(markup[f]) + change)))


@kernel
def _pass_on_costs(blocs, vendors, supply):
    """Add to prices what short materials cost the vendors of a bloc."""
    for f in range(supply.vendor.size):
        supply.markup[f] = supply.pressure[f]
        v = supply.vendor[f]
        if v >= 0 and vendors.bloc[v] >= 0:
            supply.markup[f] *= blocs.dearer[vendors.bloc[v]]


@kernel
def _delay_roadmaps(month, elasticity, pace, vendors, chips):
    """Let roadmaps slip by the revenue that rules cost; weaken chips that come out late."""
    slip, unbound, vendor = vendors.slip, vendors.unbound, chips.vendor
    for v in range(slip.size):
        ratio = vendors.revenue[v] / unbound[v] if unbound[v] > 0.0 else 1.0
        if abs(ratio - 1.0) > 1e-9:  # less than that is rounding
            slip[v] = max(0.0, slip[v] + 1.0 - ratio**elasticity)
    for c in range(vendor.size):
        if chips.planned[c] and chips.available[c] == month and slip[vendor[c]] > 0.0:
            late = math.exp(-pace * slip[vendor[c]])
            chips.tflops[c] *= late
            chips.link[c] *= late


@kernel
def _produce(month, growth, response, blocs, vendors, supply):
    """Make the record's chips; after the record adjust capacity and share it among families."""
    vendor, price, first, made = supply.vendor, supply.price, supply.first, supply.made_by_month
    wanted, production = supply.wanted, supply.production
    orders, capacity = vendors.orders, vendors.capacity
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
            continue  # the domestic industry decides its own output
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
        if vendors.bloc[vendor[f]] >= 0:
            production[f] *= blocs.made[vendors.bloc[vendor[f]]]
        supply.produced[f] += production[f]
        supply.stock[f] += production[f]


@kernel
def _scrap(month, chips, supply):
    """Scrap the stock of families no longer on sale."""
    family, withdrawn, stock = chips.family, chips.withdrawn, supply.stock
    for f in range(stock.size):
        on = False
        for c in range(family.size):
            on = on or (family[c] == f and month < withdrawn[c])
        if not on:
            supply.scrapped[f] += stock[f]
            stock[f] = 0.0
