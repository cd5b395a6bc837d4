"""What vendors make and ask: the record, capacity, stock, rationing, prices, roadmaps."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.mechanisms.chips.supply import Supply, _adjust_prices
from model.month import MONTH
from model.scenario import load
from model.setup.inputs import ROADMAP, inputs_of
from model.state.chips import ChipSupply
from model.state.codes import DIVERTED, UNBOUND

LONG = {"economy__end": "2028-12"}
GROUP = Supply()


def recorded_months(state):
    return np.flatnonzero((state.supply.made_by_month >= 0.0).any(axis=1))


def of_world(state):
    return np.flatnonzero(state.supply.vendor >= 0)


def on_sale(fixed, state, family, month):
    chips = [chip.family == family for chip in fixed.inputs.chips]
    table = state.chips
    return bool(((table.available <= month) & (month < table.withdrawn))[chips].any())


# The record --------------------------------------------------------------------------------------


def test_output_of_the_record_sums_to_its_table(small):
    world = small(**LONG)
    fixed, state = world.fixed, world.state
    calendar, table = fixed.inputs.calendar, state.supply.made_by_month
    families = list(dict.fromkeys(chip.family for chip in fixed.inputs.chips))
    checked = 0
    for row in fixed.inputs.supply:
        first = calendar.index(row.year, 1)
        if row.family in families and first >= 0 and first + 12 <= calendar.months:
            made = table[first : first + 12, families.index(row.family)]
            assert made.sum() == pytest.approx(row.units, rel=1e-9)
            sold = [on_sale(fixed, state, row.family, t) for t in range(first, first + 12)]
            assert np.array_equal(made > 0.0, sold)
            checked += 1
    assert checked > 25


def test_output_follows_the_trend_of_the_years_around_it(small):
    world = small(**LONG)
    fixed, state = world.fixed, world.state
    families = list(dict.fromkeys(chip.family for chip in fixed.inputs.chips))
    index = fixed.inputs.calendar.index
    made = state.supply.made_by_month[:, families.index("H100 SXM")]
    assert (np.diff(made[index(2023, 1) : index(2025, 1)]) > 0.0).all()  # each year more than twice
    made = state.supply.made_by_month[:, families.index("V100 SXM2 16 GB")]
    assert (np.diff(made[index(2021, 1) : index(2022, 1)]) < 0.0).all()  # run out
    assert not made[index(2022, 1) : index(2025, 1)].any()


def test_a_run_makes_what_the_record_says(small):
    world = small(**LONG)
    fixed, state, supply = world.fixed, world.state, world.state.supply
    rows, seen = of_world(state), []

    def watch(world):
        table = supply.made_by_month[state.month - 1, rows]
        if (table >= 0.0).all():
            assert np.array_equal(supply.production[rows], table)
            seen.append(state.month)
        else:
            assert (table < 0.0).all()

    world.run(each=watch)
    assert fixed.inputs.calendar.label(seen[-1] - 1) == "2024-12"


# After the record --------------------------------------------------------------------------------


def test_capacity_follows_orders_and_never_faster_than_it_can(small):
    world = small(**LONG)
    vendors, rows = world.state.vendors, []

    def watch(world):
        rows.append((vendors.capacity.copy(), vendors.orders.copy()))

    world.run(each=watch)
    last = recorded_months(world.state)[-1]
    bound = 0
    for month in range(last + 1, len(rows)):
        (before, orders), (after, _) = rows[month - 1], rows[month]
        live = (before > 0.0) & (orders > 0.0)
        step = np.log(after[live] / before[live])
        wanted = GROUP.capacity_response * np.log(orders[live] / before[live])
        limit = GROUP.growth / 12.0
        assert step == pytest.approx(np.clip(wanted, -limit, limit), rel=1e-9, abs=1e-12)
        bound += int((np.abs(wanted) > limit).sum())
    assert bound > 0


def test_output_after_the_record_is_capacity_at_list_prices(small):
    world = small(**LONG)
    supply, vendors = world.state.supply, world.state.vendors
    last = recorded_months(world.state)[-1]
    seen = []

    def watch(world):
        state = world.state
        if state.month - 1 > last:
            rows = of_world(state)
            value = np.bincount(supply.vendor[rows], (supply.production * supply.price)[rows],
                                vendors.capacity.size)  # fmt: skip
            live = value > 0.0
            assert value[live] == pytest.approx(vendors.capacity[live], rel=1e-9)
            seen.append(live.sum())

    world.run(each=watch)
    assert len(seen) == 48 and max(seen) >= 3


def test_growth_of_nothing_holds_capacity(small, constants):
    world = small(constants=constants, supply__growth=0.0, **LONG)
    at_last = []
    world.run(each=lambda world: at_last.append(world.state.vendors.capacity.copy()))
    last = recorded_months(world.state)[-1]
    assert np.array_equal(at_last[last], at_last[-1])


# Rationing and stock -----------------------------------------------------------------------------


def test_all_are_served_in_the_same_proportion(small):
    """By family, whoever asks and by whatever route; no more is sold than there is."""
    world = small("ban", **LONG)
    buyers, supply = world.state.buyers, world.state.supply
    before, short = buyers.requested.copy(), []

    def offered(fixed, state):
        offered.stock = supply.stock.copy()

    def watch(world):
        state = world.state
        served = buyers.requested - before
        fill = supply.fill[state.chips.family][None, :, None]
        assert np.allclose(served, buyers.want * fill, rtol=1e-9, atol=1e-6)
        assert (supply.fill <= 1.0).all() and (supply.fill >= 0.0).all()
        sold = supply.wanted * supply.fill
        assert (sold <= offered.stock * (1.0 + 1e-9) + 1e-9).all()
        full = (supply.fill < 1.0) & (supply.wanted > 0.0)
        assert sold[full] == pytest.approx(offered.stock[full], rel=1e-9)  # all there was
        short.append(full.sum())
        before[:] = buyers.requested

    world.phases = MONTH.with_after("purchases", offered)
    world.run(each=watch)
    assert max(short) > 2
    assert buyers.requested[:, :, DIVERTED].any()


def test_what_is_unsold_when_sale_ends_is_scrapped(small):
    world = small(**LONG)
    state, supply, table = world.state, world.state.supply, world.state.chips
    world.run()
    for family in of_world(state):
        chips = table.family == family
        if (table.withdrawn[chips] <= state.month - 1).all():
            assert supply.stock[family] == 0.0
    assert supply.scrapped.sum() > 0.0


def test_only_the_named_vendors_sell(small):
    world = small(supply__vendors=["AMD"], **LONG).run()
    fixed, state = world.fixed, world.state
    vendors = {chip.vendor for chip in fixed.inputs.chips if chip.sale != "domestic"}
    assert vendors == {"AMD"}
    assert state.buyers.delivered[..., :UNBOUND].any()


# Prices ------------------------------------------------------------------------------------------


def price(wanted, fill, production, stock, response=0.2, floor=0.5, ceiling=2.0, markup=1.0):
    supply = ChipSupply.allocate(family=1, month=1)
    supply.wanted[0], supply.fill[0] = wanted, fill
    supply.production[0], supply.stock[0], supply.pressure[0] = production, stock, markup
    _adjust_prices(response, math.log(floor), math.log(ceiling), supply.face)
    return float(supply.pressure[0])


def test_the_price_rises_with_orders_over_what_there_is():
    assert price(150, 1 / 1.5, 100, 0) == pytest.approx(1.5**0.2)
    assert price(50, 1, 100, 50) == pytest.approx(0.5**0.2)
    assert price(100, 1, 100, 0) == 1.0
    assert price(0, 1, 100, 500) == 1.0  # nobody asks: nothing is learned
    assert price(120, 1, 100, 400) == pytest.approx(0.25**0.2)  # much lies unsold


def test_where_nothing_is_made_any_more_a_speck_in_stock_moves_no_price():
    """Stocks are sold out to rounding; the price must not depend on what rounding leaves."""
    for fill in (0.0, 0.01, 0.5):
        clean, speck = price(100, fill, 0, 0.0), price(100, fill, 0, 1e-12)
        assert speck == pytest.approx(clean, rel=1e-9)
        assert clean > 1.0 if fill else clean == 1.0  # where there is nothing, no market
    assert price(100, 1.0, 0, 900.0) < 1.0


@given(
    st.floats(0.0, 1e6), st.floats(0.0, 1.0), st.floats(0.0, 1e6), st.floats(0.0, 1e6),
    st.floats(0.0, 2.0), st.floats(0.01, 1.0), st.floats(1.0, 20.0), st.floats(0.5, 2.0),
)  # fmt: skip
def test_prices_stay_between_floor_and_ceiling(
    wanted, fill, production, stock, response, floor, ceiling, markup
):
    markup = min(ceiling, max(floor, markup))
    after = price(wanted, fill, production, stock, response, floor, ceiling, markup)
    assert floor * (1.0 - 1e-12) <= after <= ceiling * (1.0 + 1e-12)
    if response == 0.0:
        assert after == pytest.approx(markup, rel=1e-12)
    dearer = price(2.0 * wanted, 0.5 * fill, production, stock, response, floor, ceiling, markup)
    assert dearer >= after * (1.0 - 1e-12)


def test_without_response_chips_go_at_list_prices_for_ever(small, constants):
    world = small("ban", constants=constants, supply__price_response=0.0, **LONG)

    def watch(world):
        assert (world.state.supply.pressure == 1.0).all()

    world.run(each=watch)
    spent = world.state.buyers.spent.sum()
    assert spent > 0.0


def test_prices_of_a_run_stay_within_their_bounds_and_move(small):
    world, seen = small("ban", **LONG), []
    world.run(each=lambda world: seen.append(world.state.supply.pressure.copy()))
    found = np.array(seen)
    assert GROUP.price_floor * (1 - 1e-12) <= found.min() < 0.9
    assert 1.5 < found.max() <= GROUP.price_ceiling * (1 + 1e-12)


# Roadmaps ----------------------------------------------------------------------------------------


def planned(world):
    """Return designed and actual performance and links of the generations that came out."""
    fixed, state = world.fixed, world.state
    rows = [c for c, chip in enumerate(fixed.inputs.chips)
            if chip.name.startswith(ROADMAP) and not chip.answers
            and state.chips.available[c] < state.month]  # fmt: skip
    chips = [fixed.inputs.chips[c] for c in rows]
    return (
        np.array([chip.tflops for chip in chips]),
        state.chips.tflops[rows],
        np.array([chip.link_gbs for chip in chips]),
        state.chips.link[rows],
    )


def test_without_rules_no_roadmap_slips(small):
    world = small(**LONG).run()
    assert not world.state.vendors.slip.any()
    designed, actual, links, actual_links = planned(world)
    assert designed.size >= 2
    assert np.array_equal(designed, actual) and np.array_equal(links, actual_links)


def test_a_ban_slows_the_roadmap_and_later_generations_are_weaker(small):
    world = small("ban", **LONG).run()
    assert world.state.vendors.slip.max() > 0.0
    designed, actual, links, actual_links = planned(world)
    assert (actual <= designed).all() and (actual < designed).any()
    assert actual / designed == pytest.approx(actual_links / links, rel=1e-12)
    pace = math.log(GROUP.roadmap_growth * GROUP.price_growth) / 12.0
    latest = math.exp(-pace * world.state.vendors.slip.max())
    assert latest * (1.0 - 1e-12) <= (actual / designed).min() < 1.0


def test_roadmaps_without_elasticity_never_slip_and_with_more_slip_more(small, constants):
    slips = []
    for elasticity in (0.0, 0.1, 0.2, 0.6):
        given = {"supply__revenue_elasticity": elasticity, **LONG}
        slips.append(small("ban", constants=constants, **given).run().state.vendors.slip.max())
    assert slips[0] == 0.0
    assert slips == sorted(slips) and slips[1] > 0.0


def test_the_slip_of_a_month_is_the_share_of_pace_that_is_lost(small):
    world = small("ban", supply__revenue_elasticity=0.5, **LONG)
    vendors, before = world.state.vendors, {}

    def note(fixed, state):
        before.update(slip=vendors.slip.copy(), paid=vendors.revenue.copy(),
                      free=vendors.unbound.copy())  # fmt: skip

    def check(fixed, state):
        paid, free = before["paid"], before["free"]
        ratio = np.divide(paid, free, where=free > 0.0, out=np.ones_like(free))
        slip = np.maximum(0.0, before["slip"] + 1.0 - ratio**0.5)  # never sooner than planned
        assert vendors.slip == pytest.approx(slip, abs=1e-9)

    world.phases = MONTH.with_after("controls", note).with_after("supply", check)
    world.run()


def test_generations_grow_as_the_parameters_say():
    given = ["supply.roadmap_growth=1.5", "supply.price_growth=1.1", "supply.roadmap_interval=12"]
    chips = inputs_of(load("no_ban", given).parameters).chips
    own = [c for c in chips if c.vendor == "NVIDIA" and c.name.startswith(ROADMAP)]
    assert len(own) >= 4
    for one, two in pairwise(own):
        assert two.tflops / two.price == pytest.approx(1.5 * one.tflops / one.price, rel=1e-9)
        assert two.price == pytest.approx(1.1 * one.price, rel=1e-9)
        assert two.density == pytest.approx(one.density, rel=1e-9)
        months = 12 * (two.available[0] - one.available[0]) + two.available[1] - one.available[1]
        assert months == 12
