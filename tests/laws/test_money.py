"""Money closes, sectors live, means follow revenue: the checks of the economy around the labs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.economy import World
from model.mechanisms.ai.budgets import follow_revenue
from tests import worlds


class Watched:
    """What a world's sectors and labs did, month by month."""

    def __init__(self, scenario: str, seed: int, **changes: object) -> None:
        self.demand, self.sales, self.firms = [], [], []
        self.entries, self.exits, self.wages, self.budgets = [], [], [], []
        self.world = World(scenario, rng=seed, **changes)
        self.start = self.world.fixed.inputs.calendar.prehistory
        self.world.run(each=self._watch)

    def _watch(self, world: World) -> None:
        state = world.state
        self.demand.append(state.branches.demand.copy())
        self.firms.append(state.branches.firms.copy())
        self.sales.append(state.applications.sales.sum())
        self.entries.append(int((state.blocs.entries + state.blocs.spinoffs).sum()))
        self.exits.append(int(state.blocs.exits.sum()))
        labs = state.labs
        self.budgets.append(labs.budget.sum())
        self.wages.append(state.firms.bill[labs.firm].sum())

    def rates(self) -> tuple[float, float]:
        """Return entry and exit a year, over firms."""
        firms = np.array(self.firms[self.start :]).sum(axis=(1, 2)).mean()
        entries, exits = (np.mean(flow[self.start :]) for flow in (self.entries, self.exits))
        return float(12.0 * entries / firms), float(12.0 * exits / firms)

    def growth(self) -> float:
        """Return the growth of world sales a year over the reported months."""
        years = (len(self.sales) - 1 - self.start) / 12.0
        return float((self.sales[-1] / self.sales[self.start]) ** (1.0 / years) - 1.0)

    def largest_move(self) -> float:
        """Return the largest change of a bloc and sector's demand in a month."""
        return float(np.abs(np.diff(np.log(np.array(self.demand[self.start :])), axis=0)).max())


def test_demand_moves_steadily_and_sums_do_not_depend_on_the_number_of_firms() -> None:
    few, many = (
        Watched("ban", 1, economy__firms=firms, economy__end="2021-12") for firms in (300, 900)
    )
    for one in (few, many):
        assert one.largest_move() < 0.03
        assert 0.01 < one.growth() < 0.06
    assert few.sales[-1] == pytest.approx(many.sales[-1], rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
def test_no_sector_dies_and_firms_come_and_go(seed: int) -> None:
    one = Watched("ban", seed)
    entry, leave = one.rates()
    assert one.firms[-1].min() > 0
    assert 0.04 <= entry <= 0.12 and 0.04 <= leave <= 0.12
    assert one.largest_move() < 0.03
    assert 0.01 <= one.growth() <= 0.05


@pytest.mark.slow
def test_wages_are_a_part_of_labs_budgets() -> None:
    shares = []
    for seed in range(1, 5):
        one = Watched("ban", seed, economy__end="2024-12")
        shares.append(np.sum(one.wages[-12:]) / np.sum(one.budgets[-12:]))
        assert all(w <= b for w, b in zip(one.wages, one.budgets, strict=True))
    assert 0.2 <= np.mean(shares) <= 0.5


# --- means follow revenue


def at_revenue(small, constants, share: float, **changes: float):
    """Return a world in which labs earn a share of what is expected of them."""
    world = small(constants=constants).run("2018-03")
    fixed, state = world.fixed, world.state
    months = fixed.inputs.calendar.months
    expected = {int(b): np.full(months, 1e9) for b in state.blocs.ordinal}
    fixed = worlds.with_parameters(world, **changes).replaced(
        constants=replace(fixed.constants, revenue=expected)
    )
    state.blocs.funding_path[:] = 2e9
    state.blocs.finance[:] = 0.0
    state.labs.smoothed_revenue[:] = 0.0
    for b in range(state.blocs.ordinal.size):
        labs = np.flatnonzero(state.labs.bloc == b)
        if labs.size:
            state.labs.smoothed_revenue[labs[0]] = share * 1e9
    return fixed, state


@pytest.mark.parametrize(("cash", "response"), [(0.0, 0.5), (0.1, 0.0), (0.05, 0.8)])
def test_a_lost_market_lowers_means_by_its_share(small, constants, cash, response):
    """By about (cash flow + (1 - cash flow) response) of what is lost, after some two years."""
    given = {"budgets__cash_flow": cash, "budgets__finance_response": response}
    given |= {"budgets__hope": 1e-6, "budgets__finance_lag": 12.0}
    fixed, state = at_revenue(small, constants, 0.9, **given)
    for _ in range(120):
        means = follow_revenue(fixed, state)
    there = np.bincount(state.labs.bloc, minlength=means.size) > 0
    assert means[there] == pytest.approx(1.0 - 0.1 * (cash + (1.0 - cash) * response), abs=0.003)


def test_expected_revenue_and_strength_0_move_nothing(small, constants):
    given = {"budgets__cash_flow": 0.1, "budgets__finance_response": 0.7}
    fixed, state = at_revenue(small, constants, 1.0, **given)
    means = follow_revenue(fixed, state)
    there = np.bincount(state.labs.bloc, minlength=means.size) > 0
    assert means[there] == pytest.approx(1.0, abs=1e-12)
    fixed, state = at_revenue(
        small, constants, 0.5, budgets__cash_flow=0.0, budgets__finance_response=0.0
    )
    assert np.array_equal(follow_revenue(fixed, state), np.ones(means.size))


def test_hope_stands_by_labs_that_earn_a_trifle(small, constants):
    found = []
    for hope in (1e-6, 0.05, 0.2):
        given = {"budgets__finance_response": 1.0, "budgets__hope": hope}
        fixed, state = at_revenue(small, constants, 0.5, **given)
        for _ in range(60):
            means = follow_revenue(fixed, state)
        found.append(means.min())
    assert found[0] < found[1] < found[2] < 1.0


def test_all_accounts_close_in_a_world_of_money(small):
    """Also with means that follow revenue, and with a ban."""
    following = {"budgets__cash_flow": 0.1, "budgets__finance_response": 0.8}
    world = World("ban", rng=2, strict=True, **{**worlds.TINY, **following})
    world.run()
    record = world.record.series
    spent = record["chip_budget"] + record["lab_wages"] + record["unspent_by_labs"]
    assert np.all(spent <= record["research_budget"] * (1.0 + 1e-9))
    assert spent.sum() > 0.9 * record["research_budget"].sum()
