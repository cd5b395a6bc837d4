"""The table of places: industrial districts, their universities and infrastructure."""

from __future__ import annotations

from dataclasses import dataclass

from model.core.table import Bits, Floats, Integers, Table, column


@dataclass
class Clusters(Table):
    """A row an industrial district."""

    key: Bits = column("u8", "cluster", unit="-", doc="stable key, from the name of the place")
    bloc: Integers = column("i8", "cluster", unit="bloc", doc="bloc it lies in")
    latitude: Floats = column("f8", "cluster", unit="degrees", doc="north positive")
    longitude: Floats = column("f8", "cluster", unit="degrees", doc="east positive")
    weight: Floats = column("f8", "cluster", unit="share", doc="share of the world's innovation")
    nearness: Floats = column(
        "f8", "cluster", "cluster", unit="1", doc="kernel of distance, 1 at no distance"
    )
    campus: Floats = column("f8", "cluster", unit="share", doc="of its bloc's universities")
    researchers: Floats = column("f8", "cluster", unit="persons", doc="of all firms here")
    appeal: Floats = column(
        "f8", "cluster", unit="persons", doc="of the bloc's firms to people here"
    )
    pay: Floats = column(
        "f8", "cluster", unit="USD/month", doc="wage bills here, over what the place costs"
    )
    spent: Floats = column("f8", "cluster", unit="USD/month", doc="wage bills here")
    stock: Floats = column("f8", "cluster", unit="USD", doc="shared infrastructure")
    fed: Floats = column("f8", "cluster", unit="USD", doc="all ever put into it, first included")
    worn: Floats = column("f8", "cluster", unit="USD", doc="all of it ever worn out")
    cost: Floats = column(
        "f8", "cluster", unit="1", doc="of research and of hosting chips, over the mean", fill=1
    )
    crowd: Floats = column(
        "f8", "cluster", unit="1", doc="factor on finds from the number of researchers", fill=1
    )
    commute: Floats = column(
        "f8", "cluster", "cluster", unit="1", doc="weight in hiring: 1 at home, less elsewhere"
    )
    bloc_share: Floats = column(
        "f8",
        "field",
        "cluster",
        "bloc",
        unit="share",
        doc="where contacts of the cluster's firms go in the baseline world; rows sum to one",
    )
