"""Fleets: served, delivered late, worn out, added up; caps, licences, and no way around a rule."""

import math

import numpy as np
import pytest

from model.mechanisms.chips.controls import controls
from model.mechanisms.chips.fleets import Fleets, fleets
from model.mechanisms.chips.purchases import purchases
from model.month import MONTH
from model.state.codes import AHEAD, BOUGHT, DIVERTED, LAB, LAB_FIELDS, UNBOUND

KEPT = 1.0 - Fleets().retirement  # of a fleet is left after a year


def of(fixed, state, bloc="china"):
    return state.buyers.bloc == fixed.inputs.bloc_index(bloc)


def shut(fixed, state, bloc="china"):
    """Bar a bloc from everything, from this month on."""
    places = [d for d, place in enumerate(fixed.inputs.destinations) if place.bloc == bloc]
    state.chips.granted[state.month :, :, places] = 0.0


def test_without_orders_fleets_decay_at_the_rate_of_retirement(small, constants):
    world = small(constants=constants, budgets__chip_share=0.0, fleets__retirement=0.3)
    buyers, labs = world.state.buyers, world.state.labs.bloc.size
    first = buyers.units.copy()
    buyers.cash[:] = 0.0
    world.phases = MONTH.without("budgets").without("purchases")
    world.run("2018-12")  # 24 months with the prehistory
    assert first[labs:, :, BOUGHT].any() and first[labs:, :, UNBOUND].any()
    assert buyers.units == pytest.approx(first * 0.7**2, rel=1e-12)
    assert buyers.retired == pytest.approx(first * (1.0 - 0.7**2), rel=1e-12)
    assert not buyers.ordered.any()


def test_without_retirement_chips_work_for_ever(small, constants):
    buyers = small(constants=constants, fleets__retirement=0.0).run().state.buyers
    assert not buyers.retired.any()
    assert np.array_equal(buyers.units, buyers.delivered)


def used(skill):
    """Return the utilisation at some knowledge of systems, OOM."""
    group = Fleets()
    gain = 1.0 - np.exp(-skill / group.utilisation_scale)
    return group.utilisation + group.utilisation_gain * gain


def test_without_link_penalty_fleets_add_up_by_performance(small, constants):
    state = small("ban", constants=constants, fleets__link_penalty=0.0, economy__end="2024-06")
    state = state.run().state
    peak = state.chips.tflops * state.chips.software * 1e12
    assert state.buyers.effective == pytest.approx(
        (state.buyers.fleet @ peak) * used(state.buyers.skill), rel=1e-12
    )


def first_month(small, constants, systems, units, **changes):
    """Return a state in which everybody has the same fleet and the same knowledge of systems."""
    world = small(constants=constants, **changes)
    fixed, state = world.fixed, world.state
    state.chips.link[state.chips.home >= 0] = 1.0
    state.buyers.units[:] = 0.0
    state.buyers.units[:, :, BOUGHT] = units
    state.knowledge[1].level[:] = systems
    for phase in (controls, purchases, fleets):
        phase(fixed, state)
    return state


def test_weak_links_cost_performance_and_systems_ideas_win_it_back(small, constants):
    def effective(penalty, systems):
        state = first_month(small, constants, systems, 1.0, fleets__link_penalty=penalty)
        return state.labs.effective[0] / used(systems)

    assert effective(0.0, 0.0) == pytest.approx(effective(0.0, 5.0))
    assert effective(0.3, 0.0) < effective(0.3, 1.0) < effective(0.3, 5.0)
    assert effective(1.0, 0.0) < effective(0.3, 0.0) < effective(0.0, 0.0)


def test_the_link_factor_is_the_formula_and_domestic_chips_have_none(small, constants):
    given = {"fleets__link_penalty": 0.7, "fleets__link_scale": 2.0, "budgets__chip_share": 0.0}
    chips = small(constants=constants, **given).state.chips
    home = int(np.flatnonzero(chips.home >= 0)[0])
    worst = int(np.argmin(np.where(chips.home < 0, chips.link, np.inf)))
    rate = used(0.4)
    for chip in (worst, home):
        units = np.zeros(chips.link.size)
        units[chip] = 50.0
        state = first_month(small, constants, 0.4, units, **given)
        chips = state.chips
        on_sale = (chips.available <= 0) & (chips.withdrawn > 0) & (chips.home < 0)
        best = chips.link[on_sale & ~chips.variant].max()
        assert chips.best_link[0] == best
        deficit = 1.0 - chips.link[chip] / best if chip == worst else 0.0
        expected = (
            50.0 * KEPT ** (1.0 / 12.0) * chips.tflops[chip] * 1e12 * chips.software[chip] * rate
        )
        expected *= math.exp(-0.7 * deficit * math.exp(-0.4 / 2.0))
        assert state.labs.effective[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("delivery", [0, 1, 3, 7])
def test_orders_arrive_after_the_delay(delivery, small, constants):
    world = small(constants=constants, fleets__delivery=delivery)
    buyers = world.state.buyers
    first = buyers.delivered.sum(axis=1)  # by route
    asked = []
    world.run("2018-12", each=lambda world: asked.append(buyers.requested.sum(axis=1) - first))
    come = buyers.delivered.sum(axis=1) - first
    assert come[:, BOUGHT].max() > 0.0 and come[:, UNBOUND].max() > 0.0
    assert come == pytest.approx(asked[-1 - delivery], rel=1e-12)


def test_what_is_barred_on_its_way_is_cancelled_and_paid_back(small, tight):
    world = small(fleets__delivery=3, purchases__idle_loss=0.0, **tight).run("2018-06")
    fixed, state, buyers = world.fixed, world.state, world.state.buyers
    here = of(fixed, state)
    under_way = buyers.ordered[here][..., :UNBOUND].sum(axis=1)
    paid = buyers.prepaid[here][..., :UNBOUND].sum(axis=(1, 2, 3))
    delivered, spent = buyers.delivered.copy(), buyers.spent.copy()
    cash, granted, gone = buyers.cash.copy(), buyers.granted.copy(), buyers.let_go.copy()
    shut(fixed, state)
    world.run("2018-12")
    assert under_way.sum() > 0.0
    assert not buyers.ordered[here][..., :UNBOUND].any()
    assert buyers.cancelled[here][..., :UNBOUND] == pytest.approx(under_way)
    assert not buyers.cancelled[~here].any() and not buyers.cancelled[..., UNBOUND].any()
    more = (buyers.delivered - delivered)[here]
    assert not more[..., :UNBOUND].any() and more[..., UNBOUND].any()
    assert spent[here] - buyers.spent[here] == pytest.approx(paid)
    new = (buyers.granted - granted - buyers.let_go + gone)[here]
    assert buyers.cash[here] - cash[here] == pytest.approx(paid + new)


def test_only_chips_on_sale_are_ordered(small):
    world = small("ban", economy__end="2026-12")
    state, chips, buyers = world.state, world.state.chips, world.state.buyers
    asked = buyers.requested.copy()

    def watch(world):
        ended = state.month - 1
        on_sale = (chips.available <= ended) & (ended < chips.withdrawn)
        assert not (buyers.requested - asked)[:, ~on_sale].any()
        asked[:] = buyers.requested

    world.run(each=watch)
    assert (state.buyers.requested[..., :UNBOUND].sum(axis=(0, 2)) > 0.0).sum() > 15


def test_experiments_use_shares_of_fleets(small):
    world = small().run("2019-11")
    fixed, state = world.fixed, world.state
    fleets(fixed, state)
    shares, labs = fixed.shared, state.labs
    assert np.array_equal(labs.effective, state.buyers.effective[: labs.bloc.size])
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number]
        own = knowledge.compute[labs.member[:, number]]
        assert own == pytest.approx(shares.experiments_share * labs.effective)
        kind, bloc = state.firms.kind[knowledge.row], state.firms.bloc[knowledge.row]
        for b in range(len(fixed.inputs.blocs)):
            renters = (kind != LAB) & (bloc == b)
            offered = shares.rented_share * labs.effective[labs.bloc == b].sum()
            taken = offered if renters.any() else 0.0
            assert knowledge.compute[renters].sum() == pytest.approx(taken)


# No way around a rule ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [{}, {"actor": "china", "kind": "refuse"}, {"targets": ["tier 3"]}],
    ids=["barred", "refused", "by tier"],
)
def test_a_rule_without_any_way_around_lets_fleets_decay(fields, small, constants, bar, tight):
    """Of a fleet the share that is not retired is left, to rounding, and nothing comes."""
    flat = {"fleets__utilisation_gain": 0.0, "fleets__link_penalty": 0.0, "fleets__delivery": 2}
    acts = [bar("2018-07-01", **fields)]
    world = small(constants=constants, controls__rules=acts, **flat, **tight).run("2018-08")
    fixed, state, buyers = world.fixed, world.state, world.state.buyers
    here, there = of(fixed, state), of(fixed, state, "us")
    units, effective, elsewhere = (
        buyers.units[here][..., :UNBOUND],
        buyers.effective[here],
        buyers.effective[there],
    )
    world.run("2019-08")
    assert effective.min() >= 0.0 and effective.max() > 0.0
    assert buyers.units[here][..., :UNBOUND] == pytest.approx(units * KEPT, rel=1e-12)
    assert buyers.effective[here] == pytest.approx(effective * KEPT, rel=1e-12)
    assert buyers.effective[there].sum() > 1.5 * elsewhere.sum()


def test_money_waits_while_nothing_can_be_bought_and_is_spent_after(small, constants, bar, tight):
    act = bar("2018-06-01", ended="2019-06-01")
    kept = {**tight, "purchases__idle_loss": 0.0, "economy__end": "2020-12"}
    world = small(constants=constants, controls__rules=[act], **kept)
    buyers, here = world.state.buyers, of(world.fixed, world.state)
    world.run("2018-12")
    spent, waiting = buyers.spent[here].copy(), buyers.cash[here].copy()
    granted = buyers.granted[here].copy()
    world.run("2019-05")
    assert np.array_equal(buyers.spent[here], spent)
    assert buyers.cash[here] - waiting == pytest.approx(buyers.granted[here] - granted, rel=1e-9)
    assert not buyers.ordered[here][..., :UNBOUND].any()
    world.run("2020-06")
    assert (buyers.spent[here] - spent).sum() > 0.8 * (buyers.granted[here] - granted).sum()


def test_a_listed_lab_alone_stops_buying(small, constants, tight):
    act = {"announced": "2018-07-01", "effective": "2018-07-01", "actor": "us",
           "targets": ["china"], "kind": "entities", "firms": ["Baidu"]}  # fmt: skip
    world = small(constants=constants, controls__rules=[act], **tight, fleets__delivery=1)
    fixed, state, buyers = world.fixed, world.state, world.state.buyers
    listed = state.listed.any(axis=(0, 2))
    assert listed.sum() == 1 and of(fixed, state)[listed].all()
    world.run("2018-09")
    before, spent = buyers.fleet.copy(), buyers.spent.copy()
    world.run("2019-09")
    assert buyers.fleet[listed] == pytest.approx(before[listed] * KEPT, rel=1e-12)
    assert buyers.spent[listed] == spent[listed]
    others = of(fixed, state) & ~listed & (buyers.grant > 0.0)
    assert (buyers.spent[others] > spent[others]).all()


# Caps and licences -------------------------------------------------------------------------------


def ordered_by_month(world, rows, weight=1.0, routes=(BOUGHT, AHEAD)):
    """Run a world; return what some buyers ordered, month by month, all chips."""
    buyers, found = world.state.buyers, []

    def watch(world):
        units = buyers.requested[rows][:, :, list(routes)].sum(axis=(0, 2))
        found.append(float((units * weight).sum()))

    world.run(each=watch)
    return np.diff(found, prepend=found[0])


@pytest.mark.parametrize(
    ("cap", "weighted", "least"),
    [
        ({"cap_tpp": 2_000_000}, True, 0),
        ({"cap_units": 3_000}, False, 0),
        ({"cap_units": 500}, False, 4800),
    ],
    ids=str,
)
def test_caps_hold_in_every_month(cap, weighted, least, small, constants, bar):
    """What was ordered never passes what was allowed so far, and comes near it."""
    act = bar("2018-07-01", kind="licence", targets=["tier 2"], rule=[{"tpp_min": least}], **cap)
    world = small(constants=constants, controls__rules=[act], economy__end="2024-12")
    fixed, state = world.fixed, world.state
    (d,) = [k for k, place in enumerate(fixed.inputs.destinations) if place.tier == "2"]
    countries = fixed.inputs.destinations[d].countries
    rows = np.flatnonzero(state.buyers.destination == d)
    capped = np.where(state.chips.tpp >= least, state.chips.tpp if weighted else 1.0, 0.0)
    orders = ordered_by_month(world, rows, capped)
    start = fixed.inputs.calendar.index(2018, 7)
    pace = cap["cap_tpp"] * countries / 36.0 if weighted else cap["cap_units"] / 12.0
    allowed = pace * np.arange(1, orders.size - start + 1)
    sold = np.cumsum(orders[start:])
    assert (sold <= allowed * (1.0 + 1e-9)).all()
    assert sold[-1] > 0.9 * allowed[-1]
    assert state.caps.used[0] == pytest.approx(sold[-1], rel=1e-9)
    free = small(constants=constants, economy__end="2024-12")
    assert ordered_by_month(free, rows, capped)[start:].sum() > sold[-1]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1])
def test_a_cap_relative_to_the_home_bloc_holds_in_every_month(share, small, constants, bar):
    act = bar("2018-07-01", kind="licence", cap_home_share=share)
    given = {"constants": constants, "controls__rules": [act], "economy__end": "2024-12"}
    theirs, home = small(**given), small(**given)
    start = theirs.fixed.inputs.calendar.index(2018, 7)
    imports = theirs.state.chips.home < 0
    bought = ordered_by_month(theirs, of(theirs.fixed, theirs.state), imports)[start:]
    at_home = ordered_by_month(home, of(home.fixed, home.state, "us"), imports)[start:]
    assert (np.cumsum(bought) <= share * np.cumsum(at_home) * (1.0 + 1e-9)).all()
    assert bought.any() == (share > 0.0)


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.8])
def test_a_licence_grants_its_part_of_what_is_asked_for(probability, small, constants, bar, tight):
    """Of the demand of a world without rules: what waits does not ask again and again."""
    seen = []

    def check(fixed, state):
        want = state.buyers.want[of(fixed, state)]
        asked, free = want[..., :UNBOUND].sum(axis=2), want[..., UNBOUND]
        part = probability if fixed.date(state.month) >= "2018-07" else 1.0
        assert asked == pytest.approx(part * free, rel=1e-9)
        seen.append(asked.sum())

    acts = [bar("2018-07-01", kind="licence", probability=probability)]
    phases = MONTH.with_after("purchases", check)
    small(constants=constants, controls__rules=acts, phases=phases, **tight).run()
    assert sum(value > 0.0 for value in seen) > (20 if probability else 12)


def test_a_fee_is_paid_on_top_of_the_price_and_buys_nothing(small, constants, bar, tight):
    def after(fee):
        acts = [bar("2018-07-01", kind="licence", fee=fee)]
        same = {"places__cost_exponent": 0.0, "places__crowding": 0.0}  # places cost the same
        given = {**tight, **same, "controls__rules": acts}
        return small(constants=constants, **given).run("2018-07")

    worlds = after(0.0), after(0.25)
    plain, dearer = (world.state for world in worlds)
    here, chips = of(worlds[0].fixed, plain), plain.chips
    price = chips.price * plain.supply.markup[chips.family]
    at_work = price + chips.price * (plain.buyers.overhead[here][:, None] - 1.0)
    wants = [state.buyers.want[here] for state in (plain, dearer)]
    units, fewer = (want[..., :UNBOUND].sum(axis=2) for want in wants)
    assert fewer == pytest.approx(units * at_work / (at_work + 0.25 * price), rel=1e-9)
    sold = fewer * dearer.supply.fill[chips.family]
    assert not plain.buyers.fees.any()
    assert dearer.buyers.fees[here] == pytest.approx(sold @ (0.25 * price), rel=1e-9)
    assert not dearer.buyers.fees[~here].any()


def test_what_is_seized_comes_on_top_of_what_arrives(small):
    state = small("ban", controls__enforcement=0.2, economy__end="2025-12").run().state
    diverted = state.buyers.requested[:, :, DIVERTED].sum(axis=0)
    assert diverted.sum() > 0.0
    assert state.chips.seized == pytest.approx(diverted * 0.2 / 0.8, rel=1e-9)
