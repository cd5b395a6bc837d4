"""The state of application firms and of the markets for what they sell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column


@dataclass
class Applications(Table):
    """One row per application firm, in the order of firms."""

    firm: Integers = column("i8", "application", unit="firm", doc="row of the firm among firms")
    at: NDArray[np.int32] = column(
        "i4",
        "firm",
        unit="application",
        doc="row of a firm among application firms, -1 for none",
        fill=-1,
    )
    platform: NDArray[np.int32] = column(
        "i4",
        "application",
        unit="platform",
        doc="line of models that the firm builds on, -1 for none",
        fill=-1,
    )
    able: NDArray[np.bool_] = column(
        "?", "application", unit="-", doc="whether AI would pay for the cost of adoption"
    )
    gain: Floats = column(
        "f8", "application", unit="1", doc="fall of log unit cost from the platform"
    )
    quality: Floats = column(
        "f8",
        "application",
        unit="log quality",
        doc="log quality of the firm's products, from ideas held and platform",
    )
    attraction: Floats = column(
        "f8",
        "application",
        unit="persons",
        doc="attraction to buyers at home: researchers times quality for money",
    )
    share: Floats = column(
        "f8",
        "application",
        "bloc",
        unit="share",
        doc="share of the firm in its sector's market of a bloc",
    )
    sales: Floats = column(
        "f8", "application", unit="USD/month", doc="sales of the firm in all blocs"
    )
    payments: Floats = column(
        "f8", "application", unit="USD/month", doc="payments for the platform"
    )
    overhead: Floats = column("f8", "application", unit="USD/month", doc="fixed cost of the firm")
    result: Floats = column("f8", "application", unit="USD/month", doc="gross margin less overhead")
    smoothed: Floats = column("f8", "application", unit="USD/month", doc="result, smoothed")
    viable: NDArray[np.bool_] = column(
        "?", "application", unit="-", doc="whether the smoothed result is not negative"
    )
    cash: Floats = column("f8", "application", unit="USD", doc="cash of the firm, below 0 debt")
    put_in: Floats = column(
        "f8", "application", unit="USD", doc="cash put in by owners at the beginning"
    )
    earned: Floats = column(
        "f8", "application", unit="USD", doc="results since the beginning, cumulative"
    )
    paid_out: Floats = column(
        "f8", "application", unit="USD", doc="payments to owners since the beginning, cumulative"
    )
    lost: Floats = column(
        "f8", "application", unit="USD", doc="debt written off when the firm closed"
    )


@dataclass
class Branches(Table):
    """Markets of application firms, by bloc of the buyers (or sellers) and sector."""

    demand: Floats = column(
        "f8", "bloc", "branch", unit="USD/month", doc="spending of the bloc's buyers on the sector"
    )
    people: Floats = column(
        "f8", "bloc", "branch", unit="persons", doc="researchers of the bloc's firms in the sector"
    )
    head_sales: Floats = column(
        "f8",
        "bloc",
        "branch",
        unit="USD/month/person",
        doc="sales a head that wages follow, smoothed; heads over the path of all research",
        fill=np.nan,
    )
    head_sales_first: Floats = column(
        "f8",
        "bloc",
        "branch",
        unit="USD/month/person",
        doc="sales a head in the first month with firms",
        fill=np.nan,
    )
    head_cost: Floats = column(
        "f8",
        "bloc",
        "branch",
        unit="USD/month/person",
        doc="fixed cost of a researcher of the bloc's firms in the sector",
    )
    firms_first: Integers = column("i8", "bloc", "branch", unit="firms", doc="firms at month 0")
    firms: Integers = column(
        "i8", "bloc", "branch", unit="firms", doc="active firms at the last count"
    )
    sold: Floats = column(
        "f8", "bloc", "branch", unit="USD/month", doc="sales of the bloc's firms in all blocs"
    )
    lift: Floats = column(
        "f8",
        "bloc",
        "branch",
        unit="1",
        doc="quality and cost advantage from platforms, mean by researchers",
    )
    attraction: Floats = column(
        "f8",
        "bloc",
        "branch",
        unit="persons",
        doc="attraction to buyers at home, sum over the bloc's firms",
    )
    index: Floats = column(
        "f8", "bloc", "branch", unit="1", doc="log-sum of quality for money on offer in the bloc"
    )
    first: Floats = column(
        "f8",
        "bloc",
        "branch",
        unit="1",
        doc="log-sum of quality for money on offer in the first month",
        fill=np.nan,
    )
