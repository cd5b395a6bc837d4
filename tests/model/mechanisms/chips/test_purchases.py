"""What buyers ask for: without rules, under them, ahead of them, around them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.measure.tables import content_digest, tables_of
from model.mechanisms.chips.fleets import Fleets
from model.mechanisms.chips.purchases import Purchases, share_that_diverts
from model.month import MONTH
from model.state.codes import (
    AHEAD,
    BOUGHT,
    DEGRADED,
    DIVERTED,
    DOMESTIC,
    FROM_INTERMEDIARIES,
    RENTED,
    UNBOUND,
)
from model.state.codes import FROM_RENT as BY_RENT
from model.state.codes import STOCKPILED as BY_STOCK

LONG = {"economy__end": "2026-12"}


def digest(world) -> str:
    return content_digest(tables_of(world.fixed, world.state, world.record))


def costs(state):
    """Return what a chip at work costs, buyer by chip, without fees, premiums and margins."""
    chips = state.chips
    markup = state.supply.markup[chips.family]
    return chips.price * (markup + state.buyers.overhead[:, None] - 1.0)


def of(fixed, state, bloc="china"):
    return state.buyers.bloc == fixed.inputs.bloc_index(bloc)


def by_source(world, bloc="china"):
    """Run a world; return what its bloc's fleets did, by source, summed over months."""
    total = np.zeros(world.state.buyers.by_source.shape[1])

    def watch(world):
        here = of(world.fixed, world.state, bloc)
        total[:] += world.state.buyers.by_source[here].sum(axis=0)

    world.run(each=watch)
    return total


# Without rules -----------------------------------------------------------------------------------


def expected_share(fixed, state, i):
    """Return the shares of spending of a buyer and the domestic one, by the docstring's words."""
    group, chips, t = fixed.of(Purchases), state.chips, state.month
    on_sale = (chips.available <= t) & (t < chips.withdrawn)
    imports = on_sale & (chips.home < 0) & ~chips.variant
    links_of = fixed.of(Fleets)
    deficit = np.maximum(0.0, 1.0 - chips.link / chips.link[imports].max())
    catch_up = math.exp(-state.buyers.skill[i] / links_of.link_scale)
    links = np.where(chips.home < 0, np.exp(-links_of.link_penalty * deficit * catch_up), 1.0)
    worth = chips.tflops * chips.software * links * state.buyers.overhead[i] / costs(state)[i]
    a, e = group.choice_elasticity, np.where(imports, worth, 0.0)
    free = np.where(imports, (e / e.max()) ** a, 0.0)
    tied = free * chips.leading
    share = group.portable * free / free.sum() + (1.0 - group.portable) * tied / tied.sum()
    own = 0.0
    home = np.flatnonzero(on_sale & (chips.home == state.buyers.bloc[i]))
    if home.size:
        own = 1.0 / (1.0 + ((share @ e) / worth[home[0]]) ** a)
    share = share * (1.0 - own)
    share[home] += own
    return share


@pytest.mark.parametrize(
    ("elasticity", "portable", "software"),
    [(4.0, 0.1, 0.5), (0.0, 0.4, 0.7), (8.0, 0.0, 0.3), (2.0, 1.0, 1.0)],
)
def test_spending_splits_by_performance_per_dollar(
    elasticity, portable, software, small, constants
):
    seen = []

    def check(fixed, state):
        budget, want = state.buyers.cash, state.buyers.want
        assert not want[:, :, AHEAD:UNBOUND].any()
        assert np.array_equal(want[:, :, UNBOUND], want[:, :, BOUGHT])
        for i in np.flatnonzero(budget > 0.0)[::3]:
            money = want[i, :, BOUGHT] * costs(state)[i]
            share = expected_share(fixed, state, i)
            assert money / budget[i] == pytest.approx(share, rel=1e-9, abs=1e-15)
            seen.append(i)

    small(
        constants=constants, phases=MONTH.with_after("purchases", check), **LONG,
        purchases__choice_elasticity=elasticity, purchases__portable=portable,
        purchases__software=software,
    ).run()  # fmt: skip
    assert len(seen) > 400


def spent_on(small, constants, chosen, **changes):
    """Return the share of all spending that goes to chosen chips."""
    money = np.zeros(2)

    def watch(fixed, state):
        paid = (state.buyers.want[:, :, BOUGHT] * costs(state)).sum(axis=0)
        money[:] += paid[chosen(state.chips)].sum(), paid.sum()

    phases = MONTH.with_after("purchases", watch)
    small(constants=constants, phases=phases, **LONG, **changes).run()
    return money[0] / money[1]


def rises(values):
    return all(np.diff(values) > 0.0)


def test_ties_of_software_hold_spending_with_the_leading_vendor(small, constants):
    def rest(chips):
        return ~chips.leading & (chips.home < 0)

    shares = [spent_on(small, constants, rest, purchases__portable=p) for p in (0, 0.1, 0.4, 1)]
    assert shares[0] == 0.0 and rises(shares)
    shares = [spent_on(small, constants, rest, purchases__software=s) for s in (0.1, 0.3, 0.5, 1.0)]
    assert rises(shares)


def test_elasticity_turns_spending_to_the_better_chip(small, constants):
    shares = []
    for elasticity in (0.0, 2.0, 4.0, 8.0, 50.0):
        most = []

        def watch(fixed, state, most=most):
            paid = (state.buyers.want[:, :, BOUGHT] * costs(state)).sum(axis=0)
            if paid.any():  # budgets of the first month are there in the second
                most.append(paid.max() / paid.sum())

        phases = MONTH.with_after("purchases", watch)
        given = {"purchases__choice_elasticity": elasticity, "purchases__portable": 0.0}
        world = small(constants=constants, phases=phases, domestic__base=0.0, **given)
        world.run("2017-03")
        shares.append(most[-1])
    assert rises(shares) and shares[-1] > 0.99


# Ways around a rule ------------------------------------------------------------------------------

FREE_TRADE = {
    "controls__porosity": 1.0,
    "controls__enforcement": 0.0,
    "controls__rent_abroad": 0.0,
    "controls__stockpiling": False,
    "controls__degraded": "none",
    "purchases__premium": 0.0,
    "purchases__intermediary_cost": 0.0,
}


def fleets(world):
    record = world.record.series
    return np.array([record["fleet"], record["compute_of_clouds"]])


@pytest.mark.parametrize(
    ("least", "domestic", "tolerance"),
    [
        (4800, True, 1e-12),  # money is summed in another order
        (0, False, 1e-12),
        # where domestic chips are better than any import, some leave what is barred to others
        (0, True, 0.01),
    ],
)
def test_a_rule_that_intermediaries_pass_free_of_charge_is_no_rule(
    least, domestic, tolerance, small, bar
):
    """So it is where orders arrive at once."""
    given = {"fleets__delivery": 0, **LONG} | ({} if domestic else {"domestic__base": 0.0})
    free = small(fleets__delivery=0, **LONG)
    constants = free.fixed.constants
    free = small(constants=constants, **given).run()
    acts = [bar("2019-07-01", rule=[{"tpp_min": least}])]
    ruled = small(constants=constants, controls__rules=acts, **FREE_TRADE, **given).run()
    assert ruled.state.buyers.delivered[of(ruled.fixed, ruled.state), :, DIVERTED].sum() > 1000.0
    assert fleets(ruled) == pytest.approx(fleets(free), rel=tolerance)


def test_what_was_on_its_way_is_all_that_such_a_rule_costs(small, constants, bar):
    """A rule that takes effect cancels orders under way, and intermediaries do not replace them.

    That costs the follower what was on its way, no more than the orders of the delivery time; old
    chips retire, fleets grow, so that the loss fades.
    """
    free = small(constants=constants, **LONG).run()
    acts = [bar("2019-07-01", rule=[{"tpp_min": 4800}])]
    ruled = small(constants=constants, controls__rules=acts, **FREE_TRADE, **LONG).run()
    lost = 1.0 - fleets(ruled)[:, :, 1] / fleets(free)[:, :, 1]
    first = free.fixed.inputs.calendar.index(2019, 7)
    assert lost[:, :first] == pytest.approx(0.0, abs=1e-12)
    assert 0.0 < lost.max() < 0.3  # orders of three months of a fleet that doubles in a year
    assert abs(lost[:, -1]).max() < 0.02


STRENGTHS = [  # what to set to nothing, its source, what then has no more say
    ({"controls__porosity": 0.0}, FROM_INTERMEDIARIES,
     {"purchases__premium": 2.0, "purchases__intermediary_cost": 0.01, "purchases__penalty": 3.0,
      "controls__enforcement": 0.5}),
    ({"controls__rent_abroad": 0.0}, BY_RENT, {"purchases__rent_margin": 3.0}),
    ({"purchases__stockpile": 0.0}, BY_STOCK, {"purchases__repayment": 0.9}),
    ({"controls__degraded": "none"}, DEGRADED,
     {"degraded__delay": 12, "degraded__memory_weight": 2.0, "degraded__price_exponent": 1.5}),
    ({"domestic__base": 0.0}, DOMESTIC,
     {"domestic__learning": 0.0, "domestic__capacity_growth": 0.1, "domestic__generation": 7,
      "domestic__memory_dependence": 0.9, "domestic__memory_stockpile": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("none", "source", "idle"), STRENGTHS, ids=[str(s[0]) for s in STRENGTHS])
def test_a_strength_of_nothing_removes_its_source_to_the_bit(none, source, idle, small, constants):
    assert by_source(small("ban", constants=constants, **LONG))[source] > 0.0
    without = small("ban", constants=constants, **none, **LONG)
    assert by_source(without)[source] == 0.0
    assert digest(without) == digest(
        small("ban", constants=constants, **none, **idle, **LONG).run()
    )


def test_nothing_is_bought_ahead_where_that_is_forbidden(small, constants):
    world = small("ban", constants=constants, controls__stockpiling=False, **LONG).run()
    assert not world.state.buyers.requested[:, :, AHEAD].any()
    assert not world.state.buyers.debt.any()


SWEEPS = [
    ("controls__porosity", (0.0, 0.05, 0.25, 0.6, 1.0), DIVERTED, 1),
    ("controls__enforcement", (0.0, 0.05, 0.1, 0.2, 0.3), DIVERTED, -1),
    ("purchases__intermediary_cost", (0.0, 0.1, 0.3, 1.0), DIVERTED, -1),
    ("purchases__penalty", (0.0, 0.5, 1.0, 3.0), DIVERTED, -1),
    ("controls__rent_abroad", (0.0, 0.1, 0.3, 0.6, 1.0), RENTED, 1),
    ("purchases__rent_margin", (0.0, 0.3, 1.0, 3.0), RENTED, -1),
    ("purchases__stockpile", (0.0, 1.0, 3.0, 6.0), AHEAD, 1),
]


@pytest.mark.parametrize(("name", "values", "route", "sign"), SWEEPS, ids=[s[0] for s in SWEEPS])
def test_a_strength_moves_its_route(name, values, route, sign, small, constants):
    got = []
    for value in values:
        world = small("ban", constants=constants, **{name: value}, **LONG).run()
        here = of(world.fixed, world.state)
        got.append(world.state.buyers.requested[here, :, route].sum())
    assert rises(np.array(got) * sign), got


SHARES, EXTRAS = st.floats(0.0, 0.95), st.floats(0.0, 5.0)


@given(EXTRAS, st.floats(0.001, 5.0), EXTRAS, SHARES)
def test_intermediaries_divert_where_it_pays(premium, cost, penalty, seized):
    from scipy.stats import expon

    left = (1.0 - seized) * (1.0 + premium) - 1.0 - seized * penalty
    paid = share_that_diverts(premium, cost, penalty, seized)
    assert paid == pytest.approx(expon.cdf(left, scale=cost), rel=1e-9, abs=1e-12)
    assert share_that_diverts(premium + 0.1, cost, penalty, seized) >= paid
    assert share_that_diverts(premium, cost + 0.1, penalty, seized) <= paid
    assert share_that_diverts(premium, cost, penalty + 0.1, seized) <= paid
    assert share_that_diverts(premium, cost, penalty, seized + 0.01) <= paid


def test_intermediaries_without_costs_ship_all_or_nothing():
    assert share_that_diverts(0.0, 0.0, 0.0, 0.0) == share_that_diverts(0.5, 0.0, 1.0, 0.1) == 1.0
    assert share_that_diverts(0.0, 0.0, 0.0, 0.1) == share_that_diverts(0.0, 0.1, 0.0, 0.0) == 0.0


def test_what_a_buyer_asks_for_is_its_budget_and_what_is_brought_forward(small, constants):
    """By all routes together: nothing is asked for twice, nothing is dropped."""
    seen = np.zeros(UNBOUND + 1)
    before = {}

    def note(fixed, state):
        before["cash"], before["debt"] = state.buyers.cash.copy(), state.buyers.debt.copy()

    def check(fixed, state):
        buyers, chips, group = state.buyers, state.chips, fixed.of(Purchases)
        markup = state.supply.markup[chips.family]
        fee = chips.fee[state.month][:, buyers.destination].T
        rest = buyers.overhead[:, None] - 1.0
        price = {
            BOUGHT: chips.price * (markup * (1.0 + fee) + rest),
            AHEAD: chips.price * (markup * (1.0 + fee) + rest),
            DIVERTED: chips.price * (markup * (1.0 + group.premium) + rest),
            RENTED: costs(state) * (1.0 + group.rent_margin),
        }
        money = sum(buyers.want[:, :, r] * price[r] for r in price)
        rows = buyers.want[:, :, BOUGHT].any(axis=1)  # something legal is to be had
        assert money.sum(axis=1)[rows] == pytest.approx(buyers.cash[rows], rel=1e-9)
        assert (money.sum(axis=1) <= buyers.cash * (1.0 + 1e-12)).all()
        changed = buyers.cash - before["cash"]
        assert changed == pytest.approx(buyers.debt - before["debt"], rel=1e-9, abs=1e-3)
        assert not (buyers.want[..., BOUGHT] > 0.0)[fee_free(state)].any()
        seen[:] += buyers.want.sum(axis=(0, 1))

    def fee_free(state):
        barred = state.chips.granted[state.month] == 0.0
        return barred[:, state.buyers.destination].T

    phases = MONTH.with_after("domestic", note).with_after("purchases", check)
    small("ban", constants=constants, phases=phases, **LONG).run()
    assert (seen > 0.0).all()


def test_intermediaries_come_first_and_hosts_abroad_rent_out_a_share_of_the_rest(
    small, constants, bar, tight
):
    """Of what would be bought without rules; with nothing legal to be had nobody stays away."""
    ways = {**tight, "controls__porosity": 0.4, "controls__rent_abroad": 0.5}
    pays = share_that_diverts(0.5, 0.2, 1.0, 0.1)
    ways |= {
        "purchases__premium": 0.5,
        "purchases__intermediary_cost": 0.2,
        "purchases__penalty": 1.0,
        "controls__enforcement": 0.1,
        "purchases__rent_margin": 0.3,
    }
    seen = []

    def check(fixed, state):
        if fixed.date(state.month) >= "2018-07":
            buyers, chips, here = state.buyers, state.chips, of(fixed, state)
            free = buyers.want[here][:, :, UNBOUND] * costs(state)[here]
            dear = chips.price * state.supply.markup[chips.family] * 0.5
            diverted = buyers.want[here][:, :, DIVERTED] * (costs(state)[here] + dear)
            rented = buyers.want[here][:, :, RENTED] * costs(state)[here] * 1.3
            assert diverted == pytest.approx(0.4 * pays * free, rel=1e-9)
            assert rented == pytest.approx(0.5 * (1.0 - 0.4 * pays) * free, rel=1e-9)
            assert not buyers.want[here][:, :, BOUGHT].any()
            seen.append(rented.sum() > 0.0)

    phases = MONTH.with_after("purchases", check)
    small(constants=constants, controls__rules=[bar()], phases=phases, **ways).run()
    assert sum(seen) > 12


# Ahead of a rule ---------------------------------------------------------------------------------

KNOWN = {"announced": "2018-03-01", "effective": "2018-12-01", "rule": [{"tpp_min": 1}]}


def followed(world):
    """Run a world; return by month debt, money spent in all and granted of the follower."""
    rows = []

    def watch(world):
        here, buyers = of(world.fixed, world.state), world.state.buyers
        rows.append([buyers.debt[here].sum(), buyers.spent[here].sum(), buyers.grant[here].sum(),
                     buyers.requested[here][:, :, AHEAD].sum()])  # fmt: skip

    world.run(each=watch)
    return np.array(rows).T


@pytest.mark.parametrize("ended", [None, "2018-11-30"], ids=["in force", "withdrawn"])
def test_what_is_bought_ahead_is_paid_back_by_buying_less_later(ended, small, constants, bar):
    act = bar(**KNOWN, **({"ended": ended} if ended else {}))
    act["ended"] = ended or "2019-12-01"
    kept = {**LONG, "economy__end": "2021-12", "controls__degraded": "none"}
    with_stock = small(constants=constants, controls__rules=[act], **kept)
    calendar = with_stock.fixed.inputs.calendar
    debt, spent, _, ahead = followed(with_stock)
    none = small(constants=constants, controls__rules=[act], purchases__stockpile=0.0, **kept)
    _, without, _, _ = followed(none)
    first, last = calendar.index(2018, 3), calendar.index(2018, 12)
    bought = np.diff(ahead, prepend=0.0)
    delivery = with_stock.parameters.fleets.delivery
    assert (bought[first : last - delivery] > 0.0).any()
    assert not np.delete(bought, range(first, last)).any()
    assert not debt[:first].any() and debt[last - delivery - 1] > 0.0
    assert spent[:first] == pytest.approx(without[:first], rel=1e-12)
    more = spent - without
    assert more[last - delivery - 1] > 0.0
    assert more[-1] < 0.5 * more.max()  # bought less later
    assert (np.diff(debt[last:]) <= 1e-6).all() and debt[-1] == 0.0


def test_several_rules_to_come_are_not_bought_ahead_of_twice(small, constants, bar):
    """What is brought forward never passes its months' budgets, however many bars are known."""
    plain = {"announced": "2018-03-01", "rule": [{"tpp_min": 1}]}
    acts = [bar(**plain, effective=f"2018-{month:02d}-01", ended=f"2018-{month:02d}-01")
            for month in (6, 9, 12)]  # fmt: skip
    world = small(constants=constants, controls__rules=acts, purchases__repayment=0.0)
    buyers, most = world.state.buyers, []

    def watch(world):
        most.append(buyers.grant.copy())
        limit = world.parameters.purchases.stockpile * np.max(most, axis=0)
        assert (buyers.debt <= limit * (1.0 + 1e-9)).all()

    world.run(each=watch)
    limit = world.parameters.purchases.stockpile * np.max(most, axis=0)
    assert (buyers.debt > 0.5 * limit)[of(world.fixed, world.state) & (limit > 0.0)].any()


def test_repayment_is_its_share_of_budgets(small, constants, bar):
    act = bar(**KNOWN)
    world = small(constants=constants, controls__rules=[act], purchases__repayment=0.25)
    debt, _, grant, _ = followed(world)
    month = world.fixed.inputs.calendar.index(2019, 2)
    assert debt[month - 1] - debt[month] == pytest.approx(0.25 * grant[month - 1], rel=1e-9)
