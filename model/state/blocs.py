"""The state of blocs: governments and the economies under them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column


@dataclass
class Blocs(Table):
    """A row a bloc (a government and the economy under it)."""

    ordinal: Integers = column("i8", "bloc", unit="1", doc="place among all blocs of the inputs")
    researchers: Floats = column("f8", "bloc", unit="persons", doc="researchers in the field of AI")
    funding: Floats = column("f8", "bloc", unit="USD/month", doc="means of all labs of the bloc")
    exchange: Floats = column(
        "f8", "bloc", "bloc", unit="share", doc="openness of one bloc (row) to what another offers"
    )
    rented: Floats = column("f8", "bloc", unit="FLOP/s", doc="labs' fleets rented to other firms")
    free_rented: Floats = column("f8", "bloc", unit="FLOP/s", doc="the same, had no rule bound")
    renters: Floats = column("f8", "bloc", unit="persons", doc="researchers who rent, one field")
    openness: Floats = column(
        "f8", "bloc", "bloc", unit="share", doc="of those who work with another bloc"
    )
    world_share: Floats = column(
        "f8", "bloc", unit="share", doc="of the researchers of all blocs of the inputs"
    )
    abroad: Floats = column(
        "f8", "bloc", "bloc", unit="share", doc="of a bloc's (row) people on the move, to another"
    )
    at_home: Floats = column("f8", "bloc", unit="share", doc="of them, to firms of the same bloc")
    moved: Floats = column(
        "f8", "bloc", "bloc", unit="share", doc="of last month's hires (row), by bloc they left"
    )
    typical: Floats = column(
        "f8", "bloc", unit="1", doc="mean weight in hiring of the bloc's firms, at the start"
    )
    funding_path: Floats = column(
        "f8", "bloc", unit="USD/month", doc="means on the path, before levers"
    )
    first_funding: Floats = column("f8", "bloc", unit="USD/month", doc="the same at month 0")
    budgets: Floats = column("f8", "bloc", unit="USD/month", doc="means of active labs")
    sizes: Floats = column("f8", "bloc", unit="1", doc="sizes of firms that are no labs, summed")
    lab_bill: Floats = column("f8", "bloc", unit="USD/month", doc="wage bill of labs")
    other_bill: Floats = column("f8", "bloc", unit="USD/month", doc="wage bill of other firms")
    pay: Floats = column(
        "f8", "bloc", unit="USD/month", doc="wage bills at what places cost, over it"
    )
    wage_labs: Floats = column("f8", "bloc", unit="USD/year", doc="of a researcher in labs")
    wage_elsewhere: Floats = column("f8", "bloc", unit="USD/year", doc="of one in other firms")
    in_labs: Floats = column("f8", "bloc", unit="persons", doc="researchers in labs")
    idle: Floats = column("f8", "bloc", unit="persons", doc="researchers whom no firm can employ")
    first_people: Floats = column("f8", "bloc", unit="persons", doc="researchers at month 0")
    added: Floats = column("f8", "bloc", unit="persons", doc="added by the lever on people, net")
    graduates: Floats = column("f8", "bloc", unit="persons/month", doc="who enter research")
    graduated: Floats = column("f8", "bloc", unit="persons", doc="all ever who entered research")
    to_finance: Floats = column("f8", "bloc", unit="persons/month", doc="whom finance takes")
    retirements: Floats = column("f8", "bloc", unit="persons/month", doc="who leave research")
    retired: Floats = column("f8", "bloc", unit="persons", doc="all ever who left research")
    hires: Floats = column("f8", "bloc", unit="persons/month", doc="hired from other firms")
    crossing: Floats = column(
        "f8", "bloc", "bloc", unit="persons/month", doc="who go from bloc (row) to bloc"
    )
    crossed: Floats = column("f8", "bloc", "bloc", unit="persons", doc="all ever who did")
    taught: Floats = column(
        "f8",
        "bloc",
        unit="1",
        doc="public money of universities when this month's graduates came, over that on the path",
        fill=1,
    )
    for_places: Floats = column(
        "f8", "bloc", unit="USD/month", doc="public money for infrastructure"
    )
    for_universities: Floats = column(
        "f8", "bloc", unit="USD/month", doc="public money for universities"
    )
    basic: Floats = column("f8", "bloc", unit="ideas/month", doc="found by universities")
    shield: Floats = column(
        "f8", "bloc", "channel", unit="share", doc="of contacts that protection of a source stops"
    )
    litigating: Floats = column("f8", "bloc", unit="share", doc="of researchers' time, protecting")
    materials_share: Floats = column(
        "f8", "bloc", unit="share", doc="of the world's supply of rare materials for chips"
    )
    withheld: Floats = column(
        "f8",
        "month",
        "bloc",
        "bloc",
        unit="share",
        doc="of it kept from another (column) by acts",
    )
    provoked: NDArray[np.bool_] = column(
        "?", "month", "bloc", "bloc", unit="-", doc="buyers of a bloc are bound by acts of another"
    )
    answered: Integers = column(
        "i8", "bloc", "bloc", unit="month", doc="a bloc stopped exports to another", fill=-1
    )
    short: Floats = column("f8", "bloc", unit="share", doc="of materials, stocks used up")
    replaced: Floats = column("f8", "bloc", unit="share", doc="of what is missing, by new sources")
    dearer: Floats = column(
        "f8", "bloc", unit="1", doc="cost of its vendors' chips, for want of materials", fill=1
    )
    made: Floats = column(
        "f8", "bloc", unit="share", doc="of its vendors' chips, for want of materials", fill=1
    )
    contributed: Floats = column(
        "f8", "bloc", unit="ideas/month", doc="by developers who work on open models"
    )
    hosts: Floats = column("f8", "bloc", unit="USD/month", doc="paid to hosts who made no model")
    entries: Integers = column("i8", "bloc", unit="firms/month", doc="who entered by choice")
    spinoffs: Integers = column("i8", "bloc", unit="firms/month", doc="who split off from others")
    exits: Integers = column("i8", "bloc", unit="firms/month", doc="who closed")
    turned_away: Integers = column(
        "i8", "bloc", unit="firms/month", doc="who found no room in the tables"
    )
    weights: Floats = column("f8", "bloc", unit="1", doc="sum of the weights that share a total")
    first_cluster: Integers = column("i8", "bloc", unit="cluster", doc="its first cluster")
    last_cluster: Integers = column("i8", "bloc", unit="cluster", doc="one past its last")
