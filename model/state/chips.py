"""The state of the market for accelerators: buyers, chips, supply, vendors, makers, caps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column


@dataclass
class Buyers(Table):
    """A row a buyer of accelerators: the labs in their order, then the clouds by destination.

    Clouds are all other buyers: hosts, and firms with machines of their own. Planes are the routes
    by which a buyer gets chips; the last plane holds what it would buy if no rule had ever bound.
    """

    bloc: Integers = column("i8", "buyer", unit="bloc", doc="bloc of the buyer")
    destination: Integers = column(
        "i8", "buyer", unit="destination", doc="destination of the buyer's chips"
    )
    skill: Floats = column(
        "f8", "buyer", unit="OOM", doc="systems ideas the buyer runs chips with; clouds: labs' mean"
    )
    overhead: Floats = column(
        "f8", "buyer", unit="1", doc="cost of a chip at work over its price, where it is hosted"
    )
    grant: Floats = column("f8", "buyer", unit="USD/month", doc="chip budget of this month")
    granted: Floats = column("f8", "buyer", unit="USD", doc="chip budgets, cumulative")
    debt: Floats = column(
        "f8", "buyer", unit="USD", doc="credit taken to buy ahead and not yet repaid"
    )
    cash: Floats = column("f8", "buyer", unit="USD", doc="unspent chip budget")
    free_cash: Floats = column(
        "f8", "buyer", unit="USD", doc="unspent chip budget if no rule had ever bound"
    )
    spent: Floats = column(
        "f8", "buyer", unit="USD", doc="payments for chips less refunds, cumulative"
    )
    let_go: Floats = column(
        "f8", "buyer", unit="USD", doc="unspent chip budget gone to other uses, cumulative"
    )
    fees: Floats = column(
        "f8", "buyer", unit="USD", doc="licence fees paid to the acting government, cumulative"
    )
    premiums: Floats = column(
        "f8",
        "buyer",
        unit="USD",
        doc="extra cost of diverted and rented chips over their prices, cumulative",
    )
    want: Floats = column(
        "f8",
        "buyer",
        "chip",
        "plane",
        unit="chips",
        doc="demand of this month before rationing, by route",
    )
    fleet: Floats = column("f8", "buyer", "chip", unit="chips", doc="chips at work, all routes")
    units: Floats = column(
        "f8", "buyer", "chip", "plane", unit="chips", doc="chips at work, by route"
    )
    ordered: Floats = column(
        "f8",
        "buyer",
        "slot",
        "chip",
        "plane",
        unit="chips",
        doc="chips on the way, by month of arrival (a ring)",
    )
    prepaid: Floats = column(
        "f8",
        "buyer",
        "slot",
        "chip",
        "plane",
        unit="USD",
        doc="payments for chips on the way, by month of arrival (a ring)",
    )
    requested: Floats = column(
        "f8", "buyer", "chip", "plane", unit="chips", doc="chips ordered, cumulative"
    )
    delivered: Floats = column(
        "f8", "buyer", "chip", "plane", unit="chips", doc="chips delivered, cumulative"
    )
    cancelled: Floats = column(
        "f8", "buyer", "chip", "plane", unit="chips", doc="orders cancelled by rules, cumulative"
    )
    retired: Floats = column(
        "f8", "buyer", "chip", "plane", unit="chips", doc="chips retired, cumulative"
    )
    by_source: Floats = column(
        "f8", "buyer", "source", unit="FLOP/s", doc="effective performance of the fleet, by source"
    )
    effective: Floats = column(
        "f8", "buyer", unit="FLOP/s", doc="effective performance of the fleet, at its utilisation"
    )
    free_by_source: Floats = column(
        "f8",
        "buyer",
        "source",
        unit="FLOP/s",
        doc="effective performance of the fleet if no rule had ever bound, by source",
    )
    free_effective: Floats = column(
        "f8",
        "buyer",
        unit="FLOP/s",
        doc="effective performance of the fleet if no rule had ever bound",
    )
    gain: Floats = column(
        "f8",
        "buyer",
        unit="1",
        doc="effective performance with 0.1 OOM more systems ideas, over the present one",
    )
    free_gain: Floats = column(
        "f8",
        "buyer",
        unit="1",
        doc="gain in effective performance from systems ideas if no rule had ever bound",
    )


@dataclass
class Chips(Table):
    """A row an accelerator on the market."""

    tflops: Floats = column("f8", "chip", unit="TFLOP/s", doc="dense 16-bit performance")
    link: Floats = column("f8", "chip", unit="GB/s", doc="bandwidth between chips")
    bandwidth: Floats = column("f8", "chip", unit="GB/s", doc="memory bandwidth")
    tpp: Floats = column("f8", "chip", unit="1", doc="total processing performance")
    price: Floats = column("f8", "chip", unit="USD", doc="list price")
    software: Floats = column(
        "f8", "chip", unit="share", doc="share of peak performance that programs reach"
    )
    available: Integers = column("i8", "chip", unit="month", doc="first month of sale")
    withdrawn: Integers = column("i8", "chip", unit="month", doc="first month without orders")
    variant: NDArray[np.bool_] = column(
        "?", "chip", unit="-", doc="whether the chip is an export version made for a rule"
    )
    leading: NDArray[np.bool_] = column(
        "?", "chip", unit="-", doc="whether the leading vendor sells the chip"
    )
    planned: NDArray[np.bool_] = column(
        "?", "chip", unit="-", doc="whether the chip is a generation after the record"
    )
    maker: Integers = column("i8", "chip", unit="bloc", doc="bloc of the chip's vendor")
    vendor: Integers = column("i8", "chip", unit="vendor", doc="row of the vendor; -1: domestic")
    family: Integers = column("i8", "chip", unit="family", doc="row of the chip's family")
    home: Integers = column(
        "i8", "chip", unit="bloc", doc="only bloc in which a domestic chip is sold", fill=-1
    )
    seized: Floats = column(
        "f8", "chip", unit="chips", doc="chips seized from intermediaries, cumulative"
    )
    open_to: NDArray[np.bool_] = column(
        "?", "chip", "bloc", unit="-", doc="whether exchange between blocs lets the chip pass"
    )
    granted: Floats = column(
        "f8", "month", "chip", "destination", unit="share", doc="share of orders that rules grant"
    )
    ruled: Floats = column(
        "f8",
        "chip",
        "destination",
        unit="share",
        doc="share of orders that rules and exhausted caps grant this month",
    )
    fee: Floats = column(
        "f8",
        "month",
        "chip",
        "destination",
        unit="share",
        doc="licence fee as a share of the chip's price",
    )
    refused: NDArray[np.bool_] = column(
        "?",
        "month",
        "chip",
        "destination",
        unit="-",
        doc="whether the buyers' own government forbids the chip",
    )
    offered: NDArray[np.bool_] = column(
        "?", "chip", "destination", unit="-", doc="whether the chip is made for the destination"
    )
    ahead: Floats = column(
        "f8",
        "month",
        "chip",
        "destination",
        unit="1/month",
        doc="share of purchases ahead of a coming bar that buyers make in the month",
    )
    cap: Integers = column(
        "i8",
        "month",
        "chip",
        "destination",
        "side",
        unit="cap",
        doc="row of the cap in force, -1 none: of foreign acts, of the buyers' own government",
        fill=-1,
    )
    best_link: Floats = column(
        "f8", "one", unit="GB/s", doc="bandwidth of the best links on the world market"
    )


@dataclass
class ChipSupply(Table):
    """A row a family of chips: output, stock, sales and price."""

    vendor: Integers = column("i8", "family", unit="vendor", doc="row of the vendor; -1: domestic")
    first: Integers = column("i8", "family", unit="month", doc="first month of sale")
    price: Floats = column("f8", "family", unit="USD", doc="list price of the family's first chip")
    made_by_month: Floats = column(
        "f8",
        "month",
        "family",
        unit="chips/month",
        doc="recorded output; -1 after the record",
        fill=-1,
    )
    spending: Floats = column(
        "f8", "month", unit="USD/month", doc="world spending on chips at list prices"
    )
    production: Floats = column("f8", "family", unit="chips/month", doc="output of this month")
    produced: Floats = column("f8", "family", unit="chips", doc="output, cumulative")
    stock: Floats = column("f8", "family", unit="chips", doc="unsold chips in stock")
    sold: Floats = column(
        "f8", "family", unit="chips", doc="chips sold less cancelled orders, cumulative"
    )
    scrapped: Floats = column(
        "f8", "family", unit="chips", doc="unsold chips scrapped when sale ended, cumulative"
    )
    wanted: Floats = column(
        "f8", "family", unit="chips/month", doc="demand of this month, chips to be seized included"
    )
    fill: Floats = column(
        "f8", "family", unit="share", doc="share of demand that the stock can serve", fill=1
    )
    pressure: Floats = column(
        "f8",
        "family",
        unit="1",
        doc="price over list price from demand and supply, without the cost of short materials",
        fill=1,
    )
    markup: Floats = column("f8", "family", unit="1", doc="price over list price", fill=1)


@dataclass
class Vendors(Table):
    """A row a vendor of accelerators on the world market."""

    bloc: Integers = column(
        "i8", "vendor", unit="bloc", doc="home bloc; -1: a bloc that does not take part"
    )
    capacity: Floats = column(
        "f8", "vendor", unit="USD/month", doc="capacity at list prices; 0 before the first output"
    )
    orders: Floats = column(
        "f8", "vendor", unit="USD/month", doc="demand for the vendor's chips at list prices"
    )
    revenue: Floats = column(
        "f8", "vendor", unit="USD/month", doc="payments for the vendor's chips at work"
    )
    unbound: Floats = column(
        "f8",
        "vendor",
        unit="USD/month",
        doc="payments for the vendor's chips at work if no rule had ever bound",
    )
    slip: Floats = column("f8", "vendor", unit="months", doc="delay of the vendor's roadmap")


@dataclass
class Makers(Table):
    """A row a domestic chip industry, in H100 equivalents."""

    bloc: Integers = column("i8", "maker", unit="bloc", doc="home bloc of the industry")
    chip: Integers = column("i8", "maker", unit="chip", doc="row of the industry's chip")
    reference: Floats = column(
        "f8",
        "maker",
        unit="FLOP/s/USD",
        doc="performance per dollar of the best import at the start of 2018",
    )
    home_capacity: Floats = column(
        "f8", "maker", unit="chips/month", doc="capacity of fabs at home, at full yield"
    )
    foreign_capacity: Floats = column(
        "f8", "maker", unit="chips/month", doc="capacity in foreign foundries, at full yield"
    )
    experience: Floats = column("f8", "maker", unit="chips", doc="output, cumulative")
    of_generation: Floats = column(
        "f8",
        "maker",
        unit="chips",
        doc="experience with the present generation that yield rests on",
    )
    yielded: Floats = column("f8", "maker", unit="share", doc="yield, the share of working dies")
    memory_stock: Floats = column(
        "f8", "maker", unit="chips", doc="stockpiled memory, in the chips it suffices for"
    )
    equipment_barred: Floats = column(
        "f8",
        "month",
        "maker",
        unit="share",
        doc="share of the world's chip-making equipment that rules withhold",
    )
    memory_barred: Floats = column(
        "f8",
        "month",
        "maker",
        unit="share",
        doc="share of the world's high-bandwidth memory that rules withhold",
    )
    memory_known: NDArray[np.bool_] = column(
        "?", "month", "maker", unit="-", doc="whether a bar on memory is known to come"
    )
    memory_months: Integers = column(
        "i8", "month", "maker", unit="months", doc="months since a bar on memory began"
    )
    foundry_barred: Floats = column(
        "f8", "month", "maker", unit="share", doc="share of foreign foundries that rules bar"
    )


@dataclass
class Caps(Table):
    """A row a cap of a licence."""

    measure: Integers = column(
        "i8", "cap", unit="-", doc="what the cap counts: row of CAP_MEASURES"
    )
    pace: Floats = column(
        "f8",
        "cap",
        unit="1/month",
        doc="allowance a month, or allowance per chip that goes to the home bloc",
    )
    home: Integers = column(
        "i8", "cap", unit="bloc", doc="bloc whose purchases raise the allowance", fill=-1
    )
    start: Integers = column("i8", "cap", unit="month", doc="first month in force")
    allowed: Floats = column("f8", "cap", unit="TPP or chips", doc="allowance, cumulative")
    used: Floats = column(
        "f8", "cap", unit="TPP or chips", doc="sales charged to the cap, cumulative"
    )
