"""The state of the market for accelerators: buyers, chips, supply, vendors, makers, caps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column


@dataclass
class Buyers(Table):
    """A row a buyer of accelerators: the labs in their order, then the clouds by destination.

    Clouds are everybody else who buys: hosts, and firms with machines of their own.
    """

    bloc: Integers = column("i8", "buyer", unit="bloc", doc="bloc")
    destination: Integers = column("i8", "buyer", unit="destination", doc="where its chips go")
    skill: Floats = column("f8", "buyer", unit="OOM", doc="systems ideas; clouds: labs' mean")
    overhead: Floats = column(
        "f8", "buyer", unit="1", doc="cost of a chip at work over its price, where it is hosted"
    )
    grant: Floats = column("f8", "buyer", unit="USD/month", doc="set aside for chips this month")
    granted: Floats = column("f8", "buyer", unit="USD", doc="all ever set aside for chips")
    debt: Floats = column("f8", "buyer", unit="USD", doc="advanced to buy ahead, not yet repaid")
    cash: Floats = column("f8", "buyer", unit="USD", doc="for chips, not yet spent")
    free_cash: Floats = column("f8", "buyer", unit="USD", doc="the same, had no rule bound")
    spent: Floats = column("f8", "buyer", unit="USD", doc="all ever paid for chips, less refunds")
    let_go: Floats = column("f8", "buyer", unit="USD", doc="idle money gone to other uses")
    fees: Floats = column("f8", "buyer", unit="USD", doc="of it fees to the state that permits")
    premiums: Floats = column("f8", "buyer", unit="USD", doc="of it to traders and hosts abroad")
    want: Floats = column(
        "f8",
        "buyer",
        "chip",
        "plane",
        unit="chips",
        doc="asked for this month, before rationing, by route; last what no rule would change",
    )
    fleet: Floats = column("f8", "buyer", "chip", unit="chips", doc="at work, all routes")
    units: Floats = column("f8", "buyer", "chip", "plane", unit="chips", doc="at work")
    ordered: Floats = column(
        "f8",
        "buyer",
        "slot",
        "chip",
        "plane",
        unit="chips",
        doc="on the way, by month of arrival (a ring)",
    )
    prepaid: Floats = column(
        "f8", "buyer", "slot", "chip", "plane", unit="USD", doc="paid for what is on the way"
    )
    requested: Floats = column("f8", "buyer", "chip", "plane", unit="chips", doc="all ever ordered")
    delivered: Floats = column("f8", "buyer", "chip", "plane", unit="chips", doc="all ever")
    cancelled: Floats = column("f8", "buyer", "chip", "plane", unit="chips", doc="all ever")
    retired: Floats = column("f8", "buyer", "chip", "plane", unit="chips", doc="all ever retired")
    by_source: Floats = column("f8", "buyer", "source", unit="FLOP/s", doc="effective, by origin")
    effective: Floats = column("f8", "buyer", unit="FLOP/s", doc="fleet at its utilisation")
    free_by_source: Floats = column("f8", "buyer", "source", unit="FLOP/s", doc="had no rule bound")
    free_effective: Floats = column("f8", "buyer", unit="FLOP/s", doc="had no rule ever bound")
    gain: Floats = column(
        "f8", "buyer", unit="1", doc="effective with more systems ideas, over now"
    )
    free_gain: Floats = column("f8", "buyer", unit="1", doc="the same, had no rule ever bound")


@dataclass
class Chips(Table):
    """Accelerators on the market: a row a chip."""

    tflops: Floats = column("f8", "chip", unit="TFLOP/s", doc="dense 16-bit performance")
    link: Floats = column("f8", "chip", unit="GB/s", doc="bandwidth between chips")
    bandwidth: Floats = column("f8", "chip", unit="GB/s", doc="of its memory")
    tpp: Floats = column("f8", "chip", unit="1", doc="total processing performance")
    price: Floats = column("f8", "chip", unit="USD", doc="list price")
    software: Floats = column("f8", "chip", unit="share", doc="of its peak that programs reach")
    available: Integers = column("i8", "chip", unit="month", doc="first month of sale")
    withdrawn: Integers = column("i8", "chip", unit="month", doc="first month without orders")
    variant: NDArray[np.bool_] = column("?", "chip", unit="-", doc="weaker, made for a rule")
    leading: NDArray[np.bool_] = column("?", "chip", unit="-", doc="of the vendor who sold most")
    planned: NDArray[np.bool_] = column("?", "chip", unit="-", doc="of a roadmap, after the table")
    maker: Integers = column("i8", "chip", unit="bloc", doc="bloc of the vendor")
    vendor: Integers = column("i8", "chip", unit="vendor", doc="row among vendors")
    family: Integers = column("i8", "chip", unit="family", doc="row among families")
    home: Integers = column("i8", "chip", unit="bloc", doc="sold in this bloc only", fill=-1)
    seized: Floats = column("f8", "chip", unit="chips", doc="taken from traders, all ever")
    open_to: NDArray[np.bool_] = column("?", "chip", "bloc", unit="-", doc="exchange lets it pass")
    granted: Floats = column("f8", "month", "chip", "destination", unit="share", doc="of orders")
    ruled: Floats = column(
        "f8", "chip", "destination", unit="share", doc="granted this month, caps included"
    )
    fee: Floats = column("f8", "month", "chip", "destination", unit="share", doc="on top of price")
    refused: NDArray[np.bool_] = column(
        "?", "month", "chip", "destination", unit="-", doc="by the buyers' government"
    )
    offered: NDArray[np.bool_] = column(
        "?", "chip", "destination", unit="-", doc="a variant made for these"
    )
    ahead: Floats = column(
        "f8", "month", "chip", "destination", unit="1/month", doc="share of what is bought ahead"
    )
    cap: Integers = column(
        "i8",
        "month",
        "chip",
        "destination",
        "side",
        unit="cap",
        doc="row among caps or -1: of others' acts, and of the buyers' own government's",
        fill=-1,
    )
    best_link: Floats = column("f8", "one", unit="GB/s", doc="best link on the world's market")


@dataclass
class ChipSupply(Table):
    """Families of chips (a row each): what is made of them, kept, sold, and at what price."""

    vendor: Integers = column("i8", "family", unit="vendor", doc="row among vendors; -1: domestic")
    first: Integers = column("i8", "family", unit="month", doc="first month of sale")
    price: Floats = column("f8", "family", unit="USD", doc="list price of its first chip")
    made_by_month: Floats = column(
        "f8", "month", "family", unit="chips/month", doc="as recorded; -1 after the record", fill=-1
    )
    spending: Floats = column(
        "f8", "month", unit="USD/month", doc="world's spending on chips at list prices"
    )
    production: Floats = column("f8", "family", unit="chips/month", doc="this month")
    produced: Floats = column("f8", "family", unit="chips", doc="all ever")
    stock: Floats = column("f8", "family", unit="chips", doc="unsold, with the vendor")
    sold: Floats = column("f8", "family", unit="chips", doc="all ever, cancelled orders not")
    scrapped: Floats = column("f8", "family", unit="chips", doc="unsold when sale ended")
    wanted: Floats = column("f8", "family", unit="chips/month", doc="asked for this month")
    fill: Floats = column("f8", "family", unit="share", doc="of it that could be sold", fill=1)
    pressure: Floats = column("f8", "family", unit="1", doc="the same, cost at list", fill=1)
    markup: Floats = column("f8", "family", unit="1", doc="price over list price", fill=1)


@dataclass
class Vendors(Table):
    """A row a vendor of accelerators on the world's market."""

    bloc: Integers = column("i8", "vendor", unit="bloc", doc="its home; -1: not in this world")
    capacity: Floats = column("f8", "vendor", unit="USD/month", doc="at list; 0: as recorded")
    orders: Floats = column("f8", "vendor", unit="USD/month", doc="asked for, at family prices")
    revenue: Floats = column("f8", "vendor", unit="USD/month", doc="paid for its chips at work")
    unbound: Floats = column("f8", "vendor", unit="USD/month", doc="the same, had no rule bound")
    slip: Floats = column("f8", "vendor", unit="months", doc="by which its roadmap is late")


@dataclass
class Makers(Table):
    """A row a domestic chip industry, in H100 equivalents."""

    bloc: Integers = column("i8", "maker", unit="bloc", doc="its home")
    chip: Integers = column("i8", "maker", unit="chip", doc="its row among chips")
    reference: Floats = column(
        "f8", "maker", unit="FLOP/s/USD", doc="of the best import at the start of 2018"
    )
    home_capacity: Floats = column("f8", "maker", unit="chips/month", doc="at full yield, at home")
    foreign_capacity: Floats = column("f8", "maker", unit="chips/month", doc="in foundries abroad")
    experience: Floats = column("f8", "maker", unit="chips", doc="all ever made")
    of_generation: Floats = column("f8", "maker", unit="chips", doc="what yield rests on")
    yielded: Floats = column("f8", "maker", unit="share", doc="of dies that work")
    memory_stock: Floats = column("f8", "maker", unit="chips", doc="memory put by, in chips")
    equipment_barred: Floats = column("f8", "month", "maker", unit="share", doc="of world supply")
    memory_barred: Floats = column("f8", "month", "maker", unit="share", doc="of world supply")
    memory_known: NDArray[np.bool_] = column("?", "month", "maker", unit="-", doc="a bar to come")
    memory_months: Integers = column("i8", "month", "maker", unit="months", doc="under the bar")
    foundry_barred: Floats = column("f8", "month", "maker", unit="share", doc="of them abroad")


@dataclass
class Caps(Table):
    """A row a cap of a licence, by act and destination."""

    measure: Integers = column("i8", "cap", unit="-", doc="0 TPP, 1 chips, 2 share of home volume")
    pace: Floats = column("f8", "cap", unit="1/month", doc="allowance a month, or the share")
    home: Integers = column("i8", "cap", unit="bloc", doc="whose volume it is a share of", fill=-1)
    start: Integers = column("i8", "cap", unit="month", doc="first month in force")
    allowed: Floats = column("f8", "cap", unit="TPP or chips", doc="all ever")
    used: Floats = column("f8", "cap", unit="TPP or chips", doc="all ever")
