"""Domestic chips: price, learning, yield, capacity, and what rules take of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from model.mechanisms.chips.domestic import EXPERIENCE

LONG = {"economy__end": "2026-12"}
STRONG = {"domestic__base": 1.5}  # better than imports at first: all that can be made is sold
COLUMNS = ("home_capacity", "foreign_capacity", "experience", "of_generation", "yielded",
           "memory_stock")  # fmt: skip


class Trace:
    """What an industry was after every month, and what it made; one industry, the first."""

    def __init__(self, world):
        self.rows = {name: [] for name in (*COLUMNS, "made", "price", "able", "asked")}
        self.group = world.parameters.domestic
        self.calendar = world.fixed.inputs.calendar
        self.wanted = world.state.supply.wanted.copy()
        world.run(each=self.note)
        self.fixed, self.state = world.fixed, world.state
        for name, values in self.rows.items():
            setattr(self, name, np.array(values))

    def note(self, world):
        state = world.state
        makers, chip = state.makers, int(state.makers.chip[0])
        family = state.chips.family[chip]
        for name in COLUMNS:
            self.rows[name].append(float(getattr(makers, name)[0]))
        self.rows["made"].append(float(state.supply.production[family]))
        self.rows["price"].append(float(state.chips.price[chip]))
        self.rows["asked"].append(float(state.supply.wanted[family]))
        full = makers.yielded[0] / self.group.yield_full
        self.rows["able"].append(float(full))

    def months(self, first, last):
        return slice(self.calendar.index(*first), self.calendar.index(*last))


def act(kind, day="2020-01-01", **fields):
    plain = {"announced": day, "effective": day, "actor": "us", "targets": ["china"]}
    return {**plain, "kind": kind, **fields}


def traced(small, constants, rules=(), **changes):
    given = {"controls__rules": list(rules), **LONG, **STRONG, **changes}
    return Trace(small(constants=constants, **given))


@pytest.mark.parametrize("scenario", ["no_ban", "ban", "ban_tight"])
def test_it_makes_chips_in_all_worlds(scenario, small, constants):
    series = small(scenario, constants=constants, **LONG).run().record.series
    assert (series["domestic_chip_output"][-24:, 1] > 0.0).sum() > 18
    assert not np.delete(series["domestic_chip_output"], 1, axis=1).any()
    assert series["compute_domestic"][-1, 1] > 0.0


def test_a_better_domestic_industry_sells_more(small, constants):
    made = []
    for base in (0.0, 0.1, 0.3, 0.6):
        series = small("ban", constants=constants, domestic__base=base, **LONG).run().record.series
        made.append(series["domestic_chip_output"][:, 1].sum())
    assert made[0] == 0.0 and made == sorted(set(made))


def test_without_learning_and_progress_the_price_stays(small, constants):
    given = {"domestic__learning": 0.0, "domestic__progress": 0.0}
    trace = traced(small, constants, **given)
    assert trace.made.sum() > EXPERIENCE
    assert trace.price == pytest.approx(trace.price[0], rel=1e-12)
    # the price of an H100 equivalent at a share of what the best import gave in 2018
    reference, base = trace.state.makers.reference[0], trace.group.base
    assert trace.price[0] == pytest.approx(989.4e12 / (base * reference), rel=1e-12)


@pytest.mark.parametrize("exponent", [0.1, 0.32, 0.6])
def test_the_measured_slope_is_wrights(exponent, small, constants):
    """A doubling of all that was made, with what was known before, takes 2^-ω off the price."""
    given = {"domestic__learning": exponent, "domestic__progress": 0.0}
    trace = traced(small, constants, **given)
    known = np.log2(1.0 + trace.experience / EXPERIENCE)
    slope, _ = np.polyfit(known, np.log2(trace.price), 1)
    assert known[-1] > 0.5
    assert slope == pytest.approx(-exponent, rel=1e-6)
    assert 1.0 - 2.0**slope == pytest.approx(1.0 - 0.5**exponent, rel=1e-6)


def test_time_alone_takes_progress_off_the_price(small, constants):
    trace = traced(small, constants, domestic__learning=0.0, domestic__progress=0.2)
    assert np.diff(np.log(trace.price)) == pytest.approx(-0.2 / 12.0, rel=1e-9)


def test_experience_is_all_that_was_made(small, constants):
    trace = traced(small, constants)
    assert trace.experience == pytest.approx(np.cumsum(trace.made), rel=1e-9)
    assert trace.experience[-1] == pytest.approx(trace.state.supply.produced[
        trace.state.chips.family[trace.state.makers.chip[0]]], rel=1e-9)  # fmt: skip


def test_output_is_bounded_by_capacity_and_by_what_is_asked_for(small, constants):
    trace = traced(small, constants)
    before = (trace.home_capacity + trace.foreign_capacity)[:-1]
    assert (trace.made[1:] <= before * trace.able[1:] * (1.0 + 1e-9)).all()
    assert (trace.made[1:] <= 1.1 * trace.asked[:-1] * (1.0 + 1e-9)).all()


@pytest.mark.parametrize("growth", [0.0, 0.3, 0.7])
def test_capacity_grows_from_2018_on(growth, small, constants):
    trace = traced(small, constants, domestic__capacity_growth=growth)
    for capacity in (trace.home_capacity, trace.foreign_capacity):
        before, since = trace.months((2017, 1), (2018, 1)), trace.months((2018, 1), (2026, 12))
        assert np.diff(np.log(capacity[before])) == pytest.approx(0.0, abs=1e-12)
        assert np.diff(np.log(capacity[since])) == pytest.approx(growth / 12.0, rel=1e-9, abs=1e-12)


def test_yield_rises_with_a_generation_and_falls_with_the_next(small, constants):
    given = {"domestic__generation": 24, "domestic__carried_over": 0.3}
    trace = traced(small, constants, **given)
    group = trace.group
    starts = [m for m in range(1, trace.made.size)
              if (m - trace.calendar.index(2018, 1)) % 24 == 0]  # fmt: skip
    assert len(starts) >= 4
    for month in range(1, trace.made.size):
        kept = trace.of_generation[month - 1] * (0.3 if month in starts else 1.0)
        assert trace.of_generation[month] == pytest.approx(kept + trace.made[month], rel=1e-9)
        learned = 1.0 - math.exp(-kept / group.yield_experience)
        expected = group.yield_first + (group.yield_full - group.yield_first) * learned
        assert trace.yielded[month] == pytest.approx(expected, rel=1e-9)
        if trace.of_generation[month - 1] > 0.0:  # domestic chips are sold from 2018 on
            rises = trace.yielded[month] >= trace.yielded[month - 1]
            assert rises != (month in starts)


# What rules take ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("allies", "part"), [([], 1.0), (["allies"], 1.0), (["allies"], 0.5)])
def test_equipment_rules_slow_the_fabs_by_their_share_of_the_world(allies, part, small, constants):
    rule = act("equipment", part=part, **({"allies": allies} if allies else {}))
    given = {"domestic__capacity_growth": 0.6, "domestic__equipment_dependence": 0.8}
    trace = traced(small, constants, [rule], **given)
    shares = {bloc.name: bloc.equipment_share for bloc in trace.fixed.inputs.blocs}
    barred = part * sum(shares[name] for name in ("us", *allies))
    since, before = trace.months((2020, 1), (2026, 12)), trace.months((2018, 1), (2020, 1))
    growth = np.diff(np.log(trace.home_capacity))
    assert growth[before.start : before.stop - 1] == pytest.approx(0.05, rel=1e-9)
    assert growth[since.start : since.stop - 1] == pytest.approx(
        0.05 * (1.0 - 0.8 * barred), rel=1e-9
    )
    abroad = np.diff(np.log(trace.foreign_capacity))[since.start : since.stop - 1]
    assert abroad == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize(("kind", "name"), [("equipment", "equipment_dependence"),
                                            ("memory", "memory_dependence")])  # fmt: skip
def test_a_rule_without_bite_changes_nothing(kind, name, small, constants):
    given = {f"domestic__{name}": 0.0}
    plain = traced(small, constants, **given)
    ruled = traced(small, constants, [act(kind, foreign_product=True)], **given)
    for column in ("made", "price", "home_capacity", "yielded"):
        assert np.array_equal(getattr(plain, column), getattr(ruled, column)), column


def memory_barred(trace, actors):
    return sum(bloc.memory_share for bloc in trace.fixed.inputs.blocs if bloc.name in actors)


def test_a_bar_on_memory_takes_output_and_makers_at_home_catch_up(small, constants):
    """Told on its day, so that nothing is put by."""
    given = {"domestic__memory_dependence": 0.8, "domestic__memory_catch_up": 20.0}
    plain = traced(small, constants, **given)
    ruled = traced(small, constants, [act("memory", allies=["allies"])], **given)
    first = plain.calendar.index(2020, 1)
    assert np.array_equal(plain.made[:first], ruled.made[:first])
    barred = memory_barred(ruled, ("us", "allies"))
    # in the first month all else is as in the world without the rule
    assert ruled.made[first] / plain.made[first] == pytest.approx(1.0 - 0.8 * barred, rel=1e-9)
    assert not ruled.memory_stock.any()
    lost = ruled.state.makers.memory_months[:, 0]
    assert lost[first : first + 3].tolist() == [0, 1, 2] and not lost[:first].any()
    weaker = traced(small, constants, [act("memory")], **given)
    assert weaker.made[first] > ruled.made[first]


def test_memory_put_by_bridges_the_bar_for_its_months(small, constants):
    known = act("memory", day="2020-01-01", announced="2019-09-01", allies=["allies"])
    given = {"domestic__memory_dependence": 1.0, "domestic__memory_catch_up": 1000.0}

    def stocked(months, **changes):
        return traced(
            small, constants, [known], domestic__memory_stockpile=months, **given, **changes
        )

    plain = traced(small, constants, **given)
    first = plain.calendar.index(2020, 1)
    none, some, much = stocked(0.0), stocked(6.0), stocked(24.0)
    assert none.made[first] < 0.2 * plain.made[first]
    for trace, months in ((some, 6), (much, 24)):
        full = trace.made[first:] >= plain.made[first:] * (1.0 - 1e-9)
        # longer than its months, for output lies below capacity and a part of memory is not barred
        assert full[: months - 1].all()
        assert (np.diff(trace.memory_stock[first:]) <= 1e-9).all()
    assert some.memory_stock[-1] == 0.0 < some.memory_stock[first]
    assert some.made[-1] < 0.5 * plain.made[-1]
    forbidden = stocked(24.0, controls__stockpiling=False)
    assert np.array_equal(forbidden.made, none.made)


@pytest.mark.parametrize(("fields", "barred"), [({"part": 0.7, "foreign_product": True}, 0.7),
                                                ({"foreign_product": True}, 1.0),
                                                ({}, 1.0 / 3.0)])  # fmt: skip
def test_foundry_rules_bar_what_is_made_abroad(fields, barred, small, constants):
    trace = traced(small, constants, [act("foundry", **fields)])
    first = trace.calendar.index(2020, 1)
    table = trace.state.makers.foundry_barred[:, 0]
    assert table[first:] == pytest.approx(barred) and not table[:first].any()
    capacity = trace.home_capacity + (1.0 - table) * trace.foreign_capacity
    assert (trace.made[1:] <= capacity[1:] * trace.able[1:] * (1.0 + 1e-9)).all()
    plain = traced(small, constants)
    assert trace.made[first:].sum() < plain.made[first:].sum()


def test_a_bar_on_imports_sells_more_domestic_chips(small, constants, bar):
    weak = {"domestic__base": 0.3}
    plain = traced(small, constants, **weak)
    ruled = traced(small, constants, [bar("2020-01-01", rule=[{"tpp_min": 1000}])], **weak)
    first = plain.calendar.index(2020, 1)
    assert np.array_equal(plain.made[: first + 1], ruled.made[: first + 1])
    assert ruled.made[first + 1 :].sum() > 1.2 * plain.made[first + 1 :].sum()
    assert ruled.price[-1] < plain.price[-1]
