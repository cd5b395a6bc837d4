"""Budgets and people: the path of the world's lab budgets, and how it is shared out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.mechanisms.ai.budgets import Budgets, budgets, world_budget
from model.state.codes import LAB

YEARS = st.floats(2010.0, 2040.0)


def test_means_are_anchored_in_2024():
    assert world_budget(Budgets(), 2024.0) == 34e9


@given(YEARS.filter(lambda year: year <= 2023.0))
def test_means_grow_at_the_booms_rate_before(year):
    assert world_budget(Budgets(), year + 1.0) / world_budget(Budgets(), year) == pytest.approx(3.1)


@given(YEARS.filter(lambda year: year >= 2024.0))
def test_without_taper_growth_drops_at_once(year):
    group = Budgets(taper=0.0)
    assert world_budget(group, year + 1.0) / world_budget(group, year) == pytest.approx(1.2)


@given(YEARS, st.floats(0.0, 20.0))
def test_growth_lies_between_the_booms_and_the_long_runs(year, taper):
    group = Budgets(taper=taper)
    growth = world_budget(group, year + 0.5) / world_budget(group, year)
    assert math.sqrt(1.2) - 1e-9 <= growth <= math.sqrt(3.1) + 1e-9


def test_the_path_is_smooth_and_ends_at_the_long_runs_growth():
    group = Budgets(taper=1.5)
    step = 1e-6
    before = math.log(world_budget(group, 2024.0) / world_budget(group, 2024.0 - step)) / step
    after = math.log(world_budget(group, 2024.0 + step) / world_budget(group, 2024.0)) / step
    assert before == pytest.approx(after, rel=1e-4)
    assert world_budget(group, 2061.0) / world_budget(group, 2060.0) == pytest.approx(1.2, rel=1e-6)
    # a small taper is near none
    assert world_budget(Budgets(taper=1e-9), 2030.0) == pytest.approx(
        world_budget(Budgets(taper=0.0), 2030.0)
    )


def test_the_taper_is_the_time_in_which_extra_growth_falls_to_37_percent():
    group, step = Budgets(taper=2.0), 1e-6
    then = math.log(world_budget(group, 2026.0 + step) / world_budget(group, 2026.0)) / step
    extra = (then - math.log(1.2)) / (math.log(3.1) - math.log(1.2))
    assert extra == pytest.approx(math.exp(-1.0), rel=1e-4)


def at_the_reference_lead(world):
    """Put a world's labs at the reference lead and stake and share out budgets once more."""
    fixed, state = world.fixed, world.state
    state.labs.lead[:] = fixed.shared.reference_lead
    state.labs.effort[:] = 1.0  # and at the reference stake
    state.month -= 1
    budgets(fixed, state)
    return fixed, state


def test_budgets_at_the_reference_lead_add_up_to_the_blocs_shares_of_the_world(small):
    fixed, state = at_the_reference_lead(small().run())
    year = fixed.inputs.calendar.year(state.month)
    group, blocs = fixed.of(Budgets), state.blocs
    chips = world_budget(group, year) * group.chip_share / 12.0
    for b, bloc in enumerate(fixed.inputs.blocs):
        mine = state.labs.budget[state.labs.bloc == b]
        assert mine.sum() == pytest.approx(blocs.funding_path[b])
        assert blocs.chips_path[b] == pytest.approx(chips * bloc.share_of_means(year))
    assert np.all(blocs.chips_path < blocs.funding_path)


def test_people_add_up_and_grow(small, constants):
    """Labs start with their share of people by budget, others with the rest by size; all grow."""
    world = small(constants=constants)
    fixed, state = world.fixed, world.state
    calendar, firms, labs = fixed.inputs.calendar, state.firms, state.labs
    grown = math.exp(0.25 * (calendar.year(0) - 2024.0))
    for b, bloc in enumerate(fixed.inputs.blocs):
        total = bloc.researchers_2024 * grown
        if not firms.active[firms.bloc == b].any():
            assert bloc.name == "others" and state.blocs.idle[b] == pytest.approx(total)
            continue
        has_lab = bool((labs.budget[labs.bloc == b] > 0.0).any())
        for share, kind in ((0.2, firms.kind == LAB), (0.8, firms.kind != LAB)):
            staff = firms.researchers[(firms.bloc == b) & kind]
            if has_lab:
                assert staff.sum() == pytest.approx(share * total)
            else:  # no lab to work for: all work elsewhere
                assert staff.sum() == pytest.approx(0.0 if share == 0.2 else total)
        others = np.flatnonzero((firms.bloc == b) & (firms.kind != LAB))
        staff, size = firms.researchers[others], firms.size[others]
        assert staff / staff.sum() == pytest.approx(size / size.sum())
        mine = np.flatnonzero((labs.bloc == b) & (labs.budget > 0.0))
        staff = firms.researchers[labs.firm[mine]]
        assert staff / staff.sum() == pytest.approx(labs.budget[mine] / labs.budget[mine].sum())
    world.run()
    totals = world.record.series["researchers"].sum(axis=1)
    assert totals[12:] / totals[:-12] == pytest.approx(math.exp(0.25), rel=1e-9)


@pytest.mark.parametrize("side", ["leader", "follower"])
def test_means_of_a_side_go_by_its_lever_from_its_month_on(side, small, constants):
    given = {"exchange__since": "2018-01", "budgets__appropriability": 0.0}
    given |= {"budgets__revenue_weight": 0.0, "rivalry__escape": 0.0}
    plain = small(constants=constants, **given).run()
    more = small(constants=constants, **{f"budgets__budget_{side}": 1.1}, **given).run()
    paid = plain.record.series["research_budget"]
    ratio = np.where(paid > 0.0, more.record.series["research_budget"], 1.0)
    ratio /= np.where(paid > 0.0, paid, 1.0)
    first = plain.fixed.inputs.calendar.prehistory
    mine = plain.fixed.inputs.bloc_index(getattr(plain.fixed.inputs, side))
    assert ratio[:first, mine] == pytest.approx(1.0, rel=1e-15)
    assert ratio[first:, mine] == pytest.approx(1.1)
    rest = np.delete(ratio, mine, axis=1)
    assert np.abs(rest - 1.0).max() == 0.0


def test_without_concentration_all_labs_of_a_bloc_are_equal(small, constants):
    given = {"budgets__concentration": 0.0, "budgets__ramp": 1}
    labs = small(constants=constants, **given).run("2017-01").state.labs
    for bloc in range(3):
        budget = labs.budget[(labs.bloc == bloc) & (labs.budget > 0.0)]
        assert budget.size > 1
        assert budget == pytest.approx(budget.mean())


@pytest.mark.parametrize("exponent", [0.7, 1.0, 2.0])
def test_means_fall_with_rank_by_zipf(exponent, small, constants):
    given = {"budgets__concentration": exponent, "budgets__ramp": 1}
    labs = small(constants=constants, **given).run("2017-01").state.labs
    for bloc in range(3):
        rows = np.flatnonzero((labs.bloc == bloc) & (labs.budget > 0.0))
        assert rows.size > 1
        scaled = labs.budget[rows] * labs.rank[rows] ** exponent
        assert scaled == pytest.approx(scaled.mean())


@pytest.mark.parametrize("ramp", [1, 12, 24])
def test_a_new_lab_grows_into_its_place(ramp, small):
    by_rank = {"budgets__appropriability": 0.0, "budgets__revenue_weight": 0.0}
    by_rank |= {"rivalry__escape": 0.0}
    world = small(economy__labs=40, economy__firms=160, budgets__ramp=ramp, **by_rank)
    state, labs = world.state, world.state.labs
    new = np.flatnonzero((labs.founded > 0) & (labs.founded < 30) & (labs.bloc < 2))
    old = [np.flatnonzero((labs.bloc == b) & (labs.founded <= -24))[0] for b in labs.bloc[new]]
    assert new.size
    ratios = []

    def watch(world):
        place = labs.budget[new] * labs.rank[new] / (labs.budget[old] * labs.rank[old])
        ratios.append((state.month - 1, place))

    world.run(each=watch)
    for month, place in ratios:
        age = month - labs.founded[new] + 1
        expected = np.clip(age / ramp, 0.0, 1.0)
        expected[month <= labs.founded[new]] = 0.0  # it enters at the end of its first month
        assert place == pytest.approx(expected)
    assert not state.firms.researchers[labs.firm[labs.founded > state.month]].any()


def test_chips_get_their_share_of_budgets(small, constants):
    world = small(constants=constants, budgets__chip_share=0.4)
    labs, buyers = world.state.labs, world.state.buyers
    number = labs.bloc.size
    before = buyers.granted.copy()
    shared_out, clouds = np.zeros(number), []

    def watch(world):
        path = world.state.blocs
        shared_out[:] += labs.budget * (path.chips_path / path.funding_path)[labs.bloc]
        clouds.append(buyers.grant[number:].sum())

    world.run("2018-01", each=watch)
    assert (buyers.granted - before)[:number] == pytest.approx(shared_out)
    assert (buyers.granted - before)[number:].sum() == pytest.approx(sum(clouds))


def test_clouds_get_what_the_world_spends_on_chips_beside_the_labs(small):
    """As recorded, each its share, and afterwards in step with the budgets of labs."""
    world = small(economy__end="2027-12")
    fixed, state, number = world.fixed, world.state, world.state.labs.bloc.size
    group, overhead = fixed.of(Budgets), fixed.shared.chip_overhead
    calendar = fixed.inputs.calendar

    def watch(world):
        ended = state.month - 1
        year = calendar.year(ended)
        rest = (
            state.supply.spending[ended] * overhead
            - world_budget(group, year) / 12.0 * group.chip_share
        )
        grant = state.buyers.grant[number:]
        assert grant == pytest.approx(max(0.0, rest) * state.cloud_share[number:], rel=1e-9)

    world.run(each=watch)
    assert state.cloud_share.sum() == pytest.approx(1.0)
    for bloc in fixed.inputs.blocs:
        rows = state.buyers.bloc == fixed.inputs.bloc_index(bloc.name)
        assert state.cloud_share[rows].sum() == pytest.approx(bloc.cloud_share)
    last, spending = calendar.index(2026, 1), state.supply.spending
    grown = world_budget(group, calendar.year(last + 12)) / world_budget(group, calendar.year(last))
    assert spending[last + 12] / spending[last] == pytest.approx(grown, rel=1e-9)
    months = range(calendar.index(2021, 1), calendar.index(2022, 1))
    year = [row for row in fixed.inputs.supply if row.year == 2021]
    price = {chip.name: chip.price for chip in fixed.inputs.chips}
    sold = sum(row.units * price[row.family] for row in year if row.family in price)
    assert spending[months].sum() == pytest.approx(sold, rel=1e-9)


def test_longer_leads_mean_more_research_and_none_its_floor(small):
    fixed, state = at_the_reference_lead(small().run())
    plain = state.labs.budget.copy()
    for lead, more in ((4.0, False), (60.0, True)):
        state.labs.lead[:] = lead
        budgets(fixed, state)
        active = plain > 0.0
        assert ((state.labs.budget > plain) == more)[active].all()
        expected = (1.0 - math.exp(-lead / 24.0)) / (1.0 - math.exp(-18.0 / 24.0))
        assert state.labs.budget[active] / plain[active] == pytest.approx(expected)
    state.labs.lead[:] = 0.0
    budgets(fixed, state)
    assert not state.labs.budget.any()
    assert state.labs.owners.sum() == pytest.approx(state.labs.available.sum(), rel=1e-3)


def test_without_appropriability_leads_do_not_matter(small):
    fixed, state = at_the_reference_lead(small(budgets__appropriability=0.0).run())
    plain = state.labs.budget.copy()
    state.labs.lead[:] = 3.0
    budgets(fixed, state)
    assert np.array_equal(state.labs.budget, plain)


def test_who_earns_more_gets_more_but_not_more_than_is_earned(small):
    fixed, state = at_the_reference_lead(small().run())
    labs = state.labs
    plain, here = labs.budget.copy(), np.flatnonzero(labs.bloc == 0)
    labs.smoothed_revenue[:] = 0.0
    first = here[int(np.argmin(plain[here]))]
    labs.smoothed_revenue[first] = 0.1 * plain[here].sum()  # a tenth of the funding of the bloc
    budgets(fixed, state)
    by_rank = labs.budget[first]
    assert labs.budget[here].sum() == pytest.approx(plain[here].sum(), rel=1e-6)
    assert 0.1 * plain[here].sum() <= by_rank <= 0.12 * plain[here].sum() + plain[first]
    labs.smoothed_revenue[first] = 10.0 * plain[here].sum()
    budgets(fixed, state)  # at most the stated part goes by revenue: no lab takes all
    assert labs.budget[first] < 0.45 * plain[here].sum()
