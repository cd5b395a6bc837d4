"""The state of application firms and of the markets for what they sell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Floats, Integers, Table, column


@dataclass
class Applications(Table):
    """A row an application firm, in the order of firms."""

    firm: Integers = column("i8", "application", unit="firm", doc="its row among firms")
    at: NDArray[np.int32] = column(
        "i4", "firm", unit="application", doc="a firm's row here or -1", fill=-1
    )
    platform: NDArray[np.int32] = column(
        "i4", "application", unit="platform", doc="line of models it builds on; -1 none", fill=-1
    )
    able: NDArray[np.bool_] = column(
        "?", "application", unit="-", doc="AI would pay for what it takes to take it up"
    )
    gain: Floats = column(
        "f8", "application", unit="1", doc="fall of unit cost by its platform, log"
    )
    quality: Floats = column(
        "f8", "application", unit="log quality", doc="of its products: ideas held and platform"
    )
    attraction: Floats = column(
        "f8", "application", unit="persons", doc="people times worth for money to buyers at home"
    )
    share: Floats = column(
        "f8", "application", "bloc", unit="share", doc="of the bloc's market in its sector"
    )
    sales: Floats = column("f8", "application", unit="USD/month", doc="in all blocs")
    payments: Floats = column("f8", "application", unit="USD/month", doc="for its platform")
    overhead: Floats = column("f8", "application", unit="USD/month", doc="its fixed cost")
    result: Floats = column("f8", "application", unit="USD/month", doc="gross margin less overhead")
    smoothed: Floats = column("f8", "application", unit="USD/month", doc="result, smoothed")
    viable: NDArray[np.bool_] = column(
        "?", "application", unit="-", doc="its smoothed result is not negative"
    )
    cash: Floats = column("f8", "application", unit="USD", doc="kept; below 0: owed")
    put_in: Floats = column("f8", "application", unit="USD", doc="by owners at its beginning")
    earned: Floats = column("f8", "application", unit="USD", doc="results since then, summed")
    paid_out: Floats = column("f8", "application", unit="USD", doc="to owners since then")
    lost: Floats = column("f8", "application", unit="USD", doc="written off when it closed")


@dataclass
class Branches(Table):
    """What is bought in each bloc of each sector of application firms."""

    demand: Floats = column("f8", "bloc", "branch", unit="USD/month", doc="spent by buyers")
    people: Floats = column("f8", "bloc", "branch", unit="persons", doc="at the bloc's firms")
    overhead: Floats = column(
        "f8", "bloc", "branch", unit="USD/month", doc="fixed cost of all its people"
    )
    firms_first: Integers = column("i8", "bloc", "branch", unit="firms", doc="at month 0")
    firms: Integers = column("i8", "bloc", "branch", unit="firms", doc="last counted")
    sold: Floats = column("f8", "bloc", "branch", unit="USD/month", doc="by the bloc's firms")
    lift: Floats = column(
        "f8", "bloc", "branch", unit="1", doc="quality and cost by platforms, mean by people"
    )
    attraction: Floats = column(
        "f8", "bloc", "branch", unit="persons", doc="of the bloc's firms, sum"
    )
    index: Floats = column(
        "f8", "bloc", "branch", unit="1", doc="worth for money on offer in the bloc, log-sum"
    )
    first: Floats = column(
        "f8", "bloc", "branch", unit="1", doc="the same in the first month", fill=np.nan
    )
