"""The table of places: industrial districts, their universities and infrastructure."""

from __future__ import annotations

from dataclasses import dataclass

from model.core.table import Bits, Floats, Integers, Table, column


@dataclass
class Clusters(Table):
    """One row per place: an industrial district."""

    key: Bits = column("u8", "cluster", unit="-", doc="stable key of the place, from its name")
    bloc: Integers = column("i8", "cluster", unit="bloc", doc="bloc of the place")
    latitude: Floats = column(
        "f8", "cluster", unit="degrees", doc="latitude of the place, north positive"
    )
    longitude: Floats = column(
        "f8", "cluster", unit="degrees", doc="longitude of the place, east positive"
    )
    weight: Floats = column(
        "f8", "cluster", unit="share", doc="share of the place in the world's innovation"
    )
    nearness: Floats = column(
        "f8",
        "cluster",
        "cluster",
        unit="1",
        doc="weight of contacts between two places by distance, 1 at no distance",
    )
    campus: Floats = column(
        "f8", "cluster", unit="share", doc="share of the place in its bloc's universities"
    )
    researchers: Floats = column(
        "f8", "cluster", unit="persons", doc="researchers of all firms of the place"
    )
    talk: Floats = column(
        "f8", "cluster", unit="1", doc="talk inside the place, over that at mean density", fill=1.0
    )
    appeal: Floats = column(
        "f8",
        "cluster",
        unit="persons",
        doc="appeal of the bloc's firms to researchers of the place, as desired heads",
    )
    pay: Floats = column(
        "f8",
        "cluster",
        unit="USD/month",
        doc="wage bills of the place's firms, over the cost of the place",
    )
    spent: Floats = column("f8", "cluster", unit="USD/month", doc="wage bills of the place's firms")
    stock: Floats = column("f8", "cluster", unit="USD", doc="stock of shared infrastructure")
    fed: Floats = column(
        "f8",
        "cluster",
        unit="USD",
        doc="cumulative investment in infrastructure, first stock included",
    )
    worn: Floats = column(
        "f8", "cluster", unit="USD", doc="cumulative depreciation of infrastructure"
    )
    cost: Floats = column(
        "f8",
        "cluster",
        unit="1",
        doc="cost of research and of hosting chips, over the mean of places",
        fill=1,
    )
    crowd: Floats = column(
        "f8",
        "cluster",
        unit="1",
        doc="factor on discoveries from the number of researchers of the place",
        fill=1,
    )
    commute: Floats = column(
        "f8",
        "cluster",
        "cluster",
        unit="1",
        doc="weight of hiring between two places, 1 within a place",
    )
    bloc_share: Floats = column(
        "f8",
        "field",
        "cluster",
        "bloc",
        unit="share",
        doc="share of contacts of the place's firms with a bloc in the baseline; rows sum to one",
    )
