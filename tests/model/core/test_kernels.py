"""Kernels are handed what they read of a face, and what they write stands in the table."""

import gc
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

from model.core.kernels import helper, kernel
from model.core.table import Floats, Integers, Table, column


@dataclass
class Shops(Table):
    """A small table of three columns."""

    town: Integers = column("i8", "shop", unit="town", doc="town of the shop")
    sales: Floats = column("f8", "shop", unit="USD", doc="sales of the month")
    total: Floats = column("f8", "town", unit="USD", doc="sales of all shops of the town")


@kernel
def add_up(factor, shops):
    shops.total[:] = 0.0
    for i in range(shops.town.size):
        shops.total[shops.town[i]] += factor * shops.sales[i]


@helper
def first_of(shops):
    return shops.sales[0]


@kernel
def hand_on(shops):
    return first_of(shops) + shops.sales[1]


@kernel
def towns(shops):
    return shops.town.size


def shops(*sales):
    table = Shops.allocate(shop=len(sales), town=2)
    table.sales[:] = sales
    table.town[:] = np.arange(len(sales)) % 2
    return table


def test_a_kernel_writes_into_the_table_it_is_given():
    one, other = shops(1.0, 2.0, 4.0), shops(10.0, 20.0)
    for table in (one, other, one):
        add_up(2.0, table.face)
    assert one.total.tolist() == [10.0, 4.0] and other.total.tolist() == [20.0, 40.0]


def test_a_face_is_narrowed_to_what_is_read_and_left_whole_where_it_is_handed_on():
    table = shops(1.0, 2.0)
    assert towns(table.face) == 2 and hand_on(table.face) == 3.0
    (narrow,) = (kept for (which, _), kept in table.face.narrowed.items() if which is towns)
    assert narrow._fields == ("town",) and narrow.town is table.town
    assert not [which for which, _ in table.face.narrowed if which is hand_on]


def test_another_array_in_a_column_is_seen():
    table = shops(1.0, 2.0)
    add_up(1.0, table.face)
    table.sales = np.array([5.0, 7.0])
    add_up(1.0, table.face)
    assert table.total.tolist() == [5.0, 7.0]


def test_numbers_of_other_kinds_are_taken_for_what_they_are():
    table = shops(1.0, 2.0)
    for factor, total in ((1, 1.0), (0.5, 0.5), (np.float64(0.25), 0.25), (True, 1.0)):
        add_up(factor, table.face)
        assert table.total[0] == total, factor


@pytest.mark.parametrize(
    "array", [np.zeros(2, np.float32), np.zeros((2, 1)), np.zeros(4)[::2], np.zeros(2, np.int64)]
)
def test_a_column_that_kernels_would_misread_is_refused(array):
    table = shops(1.0, 2.0)
    table.sales = array
    with pytest.raises(TypeError, match=r"Shops\.sales"):
        _ = table.face


def test_a_table_that_nobody_holds_is_forgotten():
    table = shops(1.0, 2.0)
    add_up(1.0, table.face)
    gone = weakref.ref(table)
    del table
    gc.collect()
    assert gone() is None
