"""Fleets: bought by performance per dollar, delivered late, worn out, added up."""

import math

import numpy as np
import pytest

from model.month import MONTH
from model.world import LAB

ELASTICITIES = (0.0, 2.0, 4.0, 8.0, 50.0)


def shut(state, bloc=slice(None)):
    state.market.may_buy_by_month[state.month :, :, bloc] = False


def on_sale(state, month):
    market = state.market
    return (market.available <= month) & (month < market.withdrawn)


def test_without_orders_fleets_decay_at_the_rate_of_retirement(small, constants):
    world = small(constants=constants, finance__chip_share=0.0, chips__retirement=0.3)
    labs = world.state.labs
    assert not labs.fleet.any()
    labs.fleet[:] = labs.delivered[:] = labs.requested[:] = 100.0
    world.run("2018-12")  # 24 months with the prehistory
    assert labs.fleet == pytest.approx(100.0 * (1.0 - 0.3) ** 2, rel=1e-12)
    assert labs.retired == pytest.approx(100.0 * (1.0 - 0.7**2), rel=1e-12)
    assert not labs.ordered.any()


def test_without_retirement_chips_work_for_ever(small, constants):
    state = small(constants=constants, chips__retirement=0.0).run().state
    assert not state.labs.retired.any()
    assert np.array_equal(state.labs.fleet, state.labs.delivered)


def test_without_link_penalty_fleets_add_up_by_performance(small, constants):
    state = small(constants=constants, chips__link_penalty=0.0).run().state
    group = state.parameters.chips
    # what fleets could do this month was worked out before this month's finds
    again = MONTH[1]
    level = state.knowledge[1].level[state.labs.member[:, 1]]
    fleet = state.labs.fleet * (1.0 - group.retirement) ** (1.0 / 12.0)
    fleet += state.labs.ordered[:, state.month % (group.delivery + 1)]
    again(state)
    used = group.utilisation + group.utilisation_gain * (
        1.0 - np.exp(-level / group.utilisation_scale)
    )
    assert state.labs.effective == pytest.approx(
        (fleet * state.market.tflops * 1e12).sum(axis=1) * used, rel=1e-12
    )


def test_weak_links_cost_performance_and_systems_ideas_win_it_back(small, constants):
    def effective(penalty, systems):
        state = small(constants=constants, chips__link_penalty=penalty).state
        labs = state.labs
        labs.fleet[:] = 1.0
        state.knowledge[1].level[:] = systems
        MONTH[0](state)
        MONTH[1](state)
        return labs.effective[0] / (0.35 + 0.2 * (1.0 - math.exp(-systems)))

    assert effective(0.0, 0.0) == pytest.approx(effective(0.0, 5.0))
    assert effective(0.3, 0.0) < effective(0.3, 1.0) < effective(0.3, 5.0)
    assert effective(1.0, 0.0) < effective(0.3, 0.0) < effective(0.0, 0.0)


def test_the_link_factor_is_the_formula(small, constants):
    state = small(constants=constants, chips__link_penalty=0.7, chips__link_scale=2.0).state
    labs, market = state.labs, state.market
    worst = int(np.argmin(market.link))
    labs.fleet[:] = 0.0
    labs.fleet[:, worst] = 50.0
    state.knowledge[1].level[:] = 0.4
    shut(state)
    MONTH[0](state)
    MONTH[1](state)
    best = market.link[on_sale(state, 0) & market.world_class].max()
    deficit = 1.0 - market.link[worst] / best
    units = 50.0 * (1.0 - 0.18) ** (1.0 / 12.0)
    expected = units * market.tflops[worst] * 1e12 * (0.35 + 0.2 * (1.0 - math.exp(-0.4)))
    expected *= math.exp(-0.7 * deficit * math.exp(-0.4 / 2.0))
    assert market.best_link[0] == best
    assert labs.effective == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("delivery", [0, 1, 3, 7])
def test_orders_arrive_after_the_delay(delivery, small, constants):
    world = small(constants=constants, chips__delivery=delivery)
    labs = world.state.labs
    first = labs.delivered.sum(axis=1).copy()
    asked = []

    def watch(state):
        asked.append(labs.requested.sum(axis=1) - first)

    world.run("2018-12", each=watch)
    come = labs.delivered.sum(axis=1) - first
    assert come.max() > 0.0
    assert come == pytest.approx(asked[-1 - delivery], rel=1e-12)


def test_what_is_barred_on_its_way_is_cancelled_and_paid_back(small):
    world = small().run("2018-06")
    state, labs = world.state, world.state.labs
    china = labs.bloc == state.setting.bloc_index("china")
    under_way = labs.ordered[china].sum(axis=(1,)).copy()
    delivered = labs.delivered.copy()
    shut(state, state.setting.bloc_index("china"))
    cost = state.market.price * state.parameters.chips.overhead
    world.run("2018-12")
    assert under_way.sum() > 0.0
    assert not labs.ordered[china].any()
    assert labs.cancelled[china] == pytest.approx(under_way)
    assert not labs.cancelled[~china].any()
    assert np.array_equal(labs.delivered[china], delivered[china])
    assert labs.spent[china] == pytest.approx(labs.delivered[china] @ cost)
    assert labs.cash[china] == pytest.approx(labs.granted[china] - labs.spent[china])


def test_money_that_cannot_be_spent_waits_for_the_end_of_the_rule(small):
    world = small().run("2018-06")
    state, labs = world.state, world.state.labs
    free = state.market.may_buy_by_month.copy()
    shut(state)
    world.run("2018-12")
    waiting = labs.cash.copy()
    assert (waiting[labs.budget > 0.0] > 0.0).all()
    state.market.may_buy_by_month[:] = free
    asked = labs.requested.copy()
    world.run("2019-01")
    cost = state.market.price * state.parameters.chips.overhead
    assert (labs.requested - asked) @ cost == pytest.approx(waiting)


def spending(small, constants, elasticity):
    world = small(constants=constants, chips__choice_elasticity=elasticity)
    state, labs = world.state, world.state.labs
    before = labs.requested.copy()
    world.run("2017-01")
    systems = state.knowledge[1].level[labs.member[0, 1]]
    world.run("2017-02")  # the first month's means are spent in the second
    cost = state.market.price * state.parameters.chips.overhead
    bought = (labs.requested - before)[0] * cost
    return bought / bought.sum(), state.market, systems


def test_elasticity_moves_spending_to_the_better_chip(small, constants):
    shares, market, _ = zip(*(spending(small, constants, e) for e in ELASTICITIES), strict=True)
    bought = np.flatnonzero(shares[0])
    worth = market[0].tflops / market[0].price  # links hardly differ in 2017
    best = bought[np.argmax(worth[bought])]
    assert bought.size >= 2
    assert shares[0][bought] == pytest.approx(1.0 / bought.size)
    best_share = [share[best] for share in shares]
    assert best_share == sorted(best_share)
    assert best_share[-1] > 0.99
    assert all((np.flatnonzero(share > 0.0) == bought).all() for share in shares[:4])


def test_spending_goes_by_the_power_of_performance_per_dollar(small, constants):
    share, market, systems = spending(small, constants, 4.0)
    bought = np.flatnonzero(share)
    deficit = np.maximum(0.0, 1.0 - market.link / market.best_link[0]) * np.exp(-systems)
    worth = (market.tflops * np.exp(-0.3 * deficit) / market.price) ** 4.0
    assert share[bought] == pytest.approx(worth[bought] / worth[bought].sum(), rel=1e-9)


def test_only_chips_on_sale_are_ordered(small):
    world = small(economy__end="2022-12")
    state, labs = world.state, world.state.labs
    asked = labs.requested.copy()

    def watch(state):
        ended = state.month - 1
        assert not (labs.requested - asked)[:, ~on_sale(state, ended)].any()
        asked[:] = labs.requested

    world.run(each=watch)
    assert (state.labs.requested.sum(axis=0) > 0.0).sum() > 3


def test_experiments_use_shares_of_fleets(small):
    world = small().run()
    state = world.state
    MONTH[1](state)
    group, labs = state.parameters.training, state.labs
    for number, knowledge in enumerate(state.knowledge):
        own = knowledge.compute[labs.member[:, number]]
        assert own == pytest.approx(group.experiments * labs.effective)
        kind, bloc = state.firms.kind[knowledge.row], state.firms.bloc[knowledge.row]
        for b in range(len(state.setting.blocs)):
            renters = (kind != LAB) & (bloc == b)
            offered = group.rented * labs.effective[labs.bloc == b].sum()
            taken = offered if renters.any() else 0.0
            assert knowledge.compute[renters].sum() == pytest.approx(taken)
