"""The table of firms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Bits, Floats, Integers, Table, column
from model.state.codes import NEVER


@dataclass
class Firms(Table):
    """One row per firm."""

    key: Bits = column(
        "u8", "firm", unit="-", doc="stable key of the firm, from place, sector and ordinal"
    )
    bloc: NDArray[np.int8] = column("i1", "firm", unit="bloc", doc="bloc of the firm's place")
    cluster: NDArray[np.int32] = column("i4", "firm", unit="cluster", doc="place of the firm")
    sector: NDArray[np.int8] = column(
        "i1", "firm", unit="sector", doc="sector of the firm (index into SECTORS)"
    )
    kind: NDArray[np.int8] = column(
        "i1", "firm", unit="kind", doc="kind of firm (index into KINDS)"
    )
    size: Floats = column(
        "f8", "firm", unit="1", doc="weight of the firm in the total of its bloc and kind"
    )
    researchers: Floats = column(
        "f8", "firm", unit="persons", doc="researchers employed by the firm"
    )
    publishes: Floats = column(
        "f8", "firm", unit="share", doc="share of its own discoveries that the firm publishes"
    )
    bill: Floats = column("f8", "firm", unit="USD/month", doc="wage bill of the firm's researchers")
    wage: Floats = column("f8", "firm", unit="USD/year", doc="wage of a researcher in the firm")
    hire_rate: Floats = column(
        "f8",
        "firm",
        unit="1",
        doc="hires from other firms last month, over hires at the hazard of moves",
    )
    active: NDArray[np.bool_] = column(
        "?", "firm", unit="-", doc="whether the firm exists this month"
    )
    spare: NDArray[np.bool_] = column(
        "?", "firm", unit="-", doc="whether the row is kept for a firm to come"
    )
    entered: Integers = column(
        "i8", "firm", unit="month", doc="month in which the firm entered", fill=NEVER
    )
    left: Integers = column(
        "i8", "firm", unit="month", doc="month in which the firm closed", fill=NEVER
    )
    founder: Integers = column(
        "i8", "firm", unit="firm", doc="firm from which this firm split off, -1 for none", fill=-1
    )
    lab: NDArray[np.int32] = column(
        "i4", "firm", unit="lab", doc="row of the firm among labs, -1 for none", fill=-1
    )
