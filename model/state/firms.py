"""The table of firms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.core.table import Bits, Floats, Integers, Table, column
from model.state.codes import NEVER


@dataclass
class Firms(Table):
    """A row a firm."""

    key: Bits = column("u8", "firm", unit="-", doc="stable key, from place, sector and ordinal")
    bloc: NDArray[np.int8] = column("i1", "firm", unit="bloc", doc="bloc")
    cluster: NDArray[np.int32] = column("i4", "firm", unit="cluster", doc="cluster")
    sector: NDArray[np.int8] = column("i1", "firm", unit="sector", doc="index into SECTORS")
    kind: NDArray[np.int8] = column("i1", "firm", unit="kind", doc="index into KINDS")
    size: Floats = column("f8", "firm", unit="1", doc="weight in its bloc's and kind's total")
    researchers: Floats = column("f8", "firm", unit="persons", doc="researchers employed")
    publishes: Floats = column("f8", "firm", unit="share", doc="share of own findings published")
    bill: Floats = column("f8", "firm", unit="USD/month", doc="what it can pay researchers")
    wage: Floats = column("f8", "firm", unit="USD/year", doc="what it pays one")
    hire_rate: Floats = column(
        "f8", "firm", unit="1", doc="hires from other firms last month, over those at the hazard"
    )
    active: NDArray[np.bool_] = column("?", "firm", unit="-", doc="exists this month")
    spare: NDArray[np.bool_] = column("?", "firm", unit="-", doc="kept for a firm to come")
    entered: Integers = column("i8", "firm", unit="month", doc="in which it entered", fill=NEVER)
    left: Integers = column("i8", "firm", unit="month", doc="in which it closed", fill=NEVER)
    founder: Integers = column(
        "i8", "firm", unit="firm", doc="firm it split off from; -1: none", fill=-1
    )
    lab: NDArray[np.int32] = column("i4", "firm", unit="lab", doc="row among labs or -1", fill=-1)
