"""The state of blocs: governments and the economies under them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column


@dataclass
class Blocs(Table):
    """One row per bloc (a government and the economy under it)."""

    ordinal: Integers = column(
        "i8", "bloc", unit="1", doc="position of the bloc among all blocs of the inputs"
    )
    researchers: Floats = column("f8", "bloc", unit="persons", doc="AI researchers of the bloc")
    funding: Floats = column("f8", "bloc", unit="USD/month", doc="budgets of all labs of the bloc")
    exchange: Floats = column(
        "f8",
        "bloc",
        "bloc",
        unit="share",
        doc="openness of a bloc (row) to chips, models, ideas and people of another",
    )
    rented: Floats = column(
        "f8", "bloc", unit="FLOP/s", doc="compute of labs' fleets rented to other firms"
    )
    free_rented: Floats = column(
        "f8",
        "bloc",
        unit="FLOP/s",
        doc="compute of labs' fleets that would be rented to other firms without controls",
    )
    renters: Floats = column(
        "f8", "bloc", unit="persons", doc="researchers of firms that rent compute, in one field"
    )
    openness: Floats = column(
        "f8",
        "bloc",
        "bloc",
        unit="share",
        doc="share of a bloc's (row) research partners that are in another bloc",
    )
    world_share: Floats = column(
        "f8",
        "bloc",
        unit="share",
        doc="share of the bloc in the researchers of all blocs of the inputs",
    )
    abroad: Floats = column(
        "f8",
        "bloc",
        "bloc",
        unit="share",
        doc="share of a bloc's (row) people on the move who go to another bloc",
    )
    at_home: Floats = column(
        "f8",
        "bloc",
        unit="share",
        doc="share of the bloc's people on the move who go to firms of the same bloc",
    )
    moved: Floats = column(
        "f8",
        "bloc",
        "bloc",
        unit="share",
        doc="share of a bloc's (row) hires last month that left firms of another bloc",
    )
    typical: Floats = column(
        "f8", "bloc", unit="1", doc="mean weight in hiring of the bloc's firms at the start"
    )
    chips_path: Floats = column(
        "f8", "bloc", unit="USD/month", doc="what the bloc's labs spend on chips on the path"
    )
    funding_path: Floats = column(
        "f8",
        "bloc",
        unit="USD/month",
        doc="budgets of the bloc's labs on the path, chips and people, before levers and revenue",
    )
    finance: Floats = column(
        "f8", "bloc", unit="1", doc="log of outside finance over its path, which follows revenue"
    )
    budgets: Floats = column(
        "f8", "bloc", unit="USD/month", doc="research budgets of the bloc's active labs"
    )
    sizes: Floats = column(
        "f8", "bloc", unit="1", doc="sum of the sizes of firms that are not labs"
    )
    lab_bill: Floats = column("f8", "bloc", unit="USD/month", doc="wage bill of the bloc's labs")
    other_bill: Floats = column(
        "f8", "bloc", unit="USD/month", doc="wage bill of the bloc's other firms"
    )
    pay: Floats = column(
        "f8",
        "bloc",
        unit="USD/month",
        doc="wage bills of the bloc's firms, over the cost of their places",
    )
    wage_labs: Floats = column(
        "f8", "bloc", unit="USD/year", doc="mean wage of a researcher in labs"
    )
    wage_elsewhere: Floats = column(
        "f8", "bloc", unit="USD/year", doc="mean wage of a researcher in other firms"
    )
    in_labs: Floats = column("f8", "bloc", unit="persons", doc="researchers in the bloc's labs")
    idle: Floats = column(
        "f8", "bloc", unit="persons", doc="researchers without a job for lack of firms"
    )
    first_people: Floats = column(
        "f8", "bloc", unit="persons", doc="researchers of the bloc at month 0"
    )
    added: Floats = column(
        "f8",
        "bloc",
        unit="persons",
        doc="researchers added by the lever on people, net, cumulative",
    )
    graduates: Floats = column(
        "f8", "bloc", unit="persons/month", doc="graduates who enter research"
    )
    graduated: Floats = column(
        "f8", "bloc", unit="persons", doc="graduates who entered research, cumulative"
    )
    to_finance: Floats = column(
        "f8", "bloc", unit="persons/month", doc="graduates who go into finance"
    )
    retirements: Floats = column(
        "f8", "bloc", unit="persons/month", doc="researchers who leave research"
    )
    retired: Floats = column(
        "f8", "bloc", unit="persons", doc="researchers who left research, cumulative"
    )
    hires: Floats = column(
        "f8", "bloc", unit="persons/month", doc="researchers hired from other firms"
    )
    crossing: Floats = column(
        "f8",
        "bloc",
        "bloc",
        unit="persons/month",
        doc="researchers and graduates who go from a bloc (row) to another",
    )
    crossed: Floats = column(
        "f8",
        "bloc",
        "bloc",
        unit="persons",
        doc="researchers and graduates who went from a bloc (row) to another, cumulative",
    )
    taught: Floats = column(
        "f8",
        "bloc",
        unit="1",
        doc="public funding of universities when this month's graduates began, over the path",
        fill=1,
    )
    for_places: Floats = column(
        "f8", "bloc", unit="USD/month", doc="public money for infrastructure"
    )
    for_universities: Floats = column(
        "f8", "bloc", unit="USD/month", doc="public money for universities"
    )
    basic: Floats = column(
        "f8", "bloc", unit="ideas/month", doc="discoveries of the bloc's universities"
    )
    shield: Floats = column(
        "f8",
        "bloc",
        "channel",
        unit="share",
        doc="share of contacts with firms of the bloc that protection stops",
    )
    litigating: Floats = column(
        "f8", "bloc", unit="share", doc="share of researchers' time spent on protection of ideas"
    )
    materials_share: Floats = column(
        "f8",
        "bloc",
        unit="share",
        doc="share of the bloc in the world's supply of rare materials for chips",
    )
    withheld: Floats = column(
        "f8",
        "month",
        "bloc",
        "bloc",
        unit="share",
        doc="share of a bloc's (row) supply of materials that acts withhold from another",
    )
    provoked: NDArray[np.bool_] = column(
        "?",
        "month",
        "bloc",
        "bloc",
        unit="-",
        doc="whether acts of another bloc (column) bind buyers of a bloc (row)",
    )
    answered: Integers = column(
        "i8",
        "bloc",
        "bloc",
        unit="month",
        doc="month in which a bloc (row) stopped exports of materials to another, -1 for never",
        fill=-1,
    )
    short: Floats = column(
        "f8", "bloc", unit="share", doc="share of materials that is missing, stocks used up"
    )
    replaced: Floats = column(
        "f8", "bloc", unit="share", doc="share of missing materials that new sources replace"
    )
    dearer: Floats = column(
        "f8",
        "bloc",
        unit="1",
        doc="cost factor of the bloc's vendors' chips for lack of materials",
        fill=1,
    )
    made: Floats = column(
        "f8",
        "bloc",
        unit="share",
        doc="share of the bloc's vendors' chips that is made despite the lack of materials",
        fill=1,
    )
    contributed: Floats = column(
        "f8", "bloc", unit="ideas/month", doc="ideas from developers who work on open models"
    )
    hosts: Floats = column(
        "f8",
        "bloc",
        unit="USD/month",
        doc="payments to hosts of open models that they did not make",
    )
    entries: Integers = column("i8", "bloc", unit="firms/month", doc="firms that entered by choice")
    spinoffs: Integers = column(
        "i8", "bloc", unit="firms/month", doc="firms that split off from others"
    )
    exits: Integers = column("i8", "bloc", unit="firms/month", doc="firms that closed")
    turned_away: Integers = column(
        "i8", "bloc", unit="firms/month", doc="entrants turned away because no row is free"
    )
    weights: Floats = column(
        "f8", "bloc", unit="1", doc="sum of labs' weights in the bloc's funding"
    )
    first_cluster: Integers = column("i8", "bloc", unit="cluster", doc="first place of the bloc")
    last_cluster: Integers = column(
        "i8", "bloc", unit="cluster", doc="one past the last place of the bloc"
    )
