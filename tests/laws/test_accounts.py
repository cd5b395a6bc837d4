"""Laws of conservation close in odd worlds, and each fails when it is broken."""

import numpy as np
import pytest

from model.measure.accounts import CLOSED, LAWS
from model.month import MONTH
from model.state.codes import UNBOUND
from tests.worlds import unclosed

ROUTES = slice(UNBOUND)  # all planes but the one without rules
LONG = {"economy__end": "2024-06"}  # past the first chip bans, so that orders are cancelled
ODD = {
    "controls__rules": [
        {"announced": "2018-03-01", "effective": "2018-09-01", "actor": "us", "targets": ["china"],
         "kind": "licence", "foreign_product": True, "rule": [{"tpp_min": 0}],
         "probability": 0.4, "fee": 0.3, "cap_units": 900},
        {"announced": "2018-01-01", "effective": "2018-06-01", "actor": "us", "targets": ["tier 2"],
         "kind": "bar", "rule": [{"tpp_min": 100}], "ended": "2018-05-20"},
    ],
    "controls__enforcement": 0.6,
}  # fmt: skip


def _more_bits(state):
    knowledge = state.knowledge[0]
    member = int(np.argmin(knowledge.count))
    free = next(n for n in range(64) if not int(knowledge.bits[member, 0]) >> n & 1)
    knowledge.bits[member, 0] |= np.uint64(1 << free)


def _undiscovered(state):
    knowledge = state.knowledge[1]
    knowledge.first_month[np.argmax(knowledge.holders.sum(axis=1))] = -1


def _add(table, column, amount, planes=slice(None)):
    def tamper(state):
        values = getattr(getattr(state, table), column)[..., planes]
        values.flat[int(np.argmax(np.abs(values)))] += amount

    return tamper


def _holders(state):
    state.knowledge[0].holders[3, 0] += 1


def _level(state):
    state.knowledge[1].level[0] += 1e-6


def _ghost(state):
    state.firms.left[np.argmax(state.firms.active)] = 3


def _memory(state):
    firms = state.firms
    firms.active[np.argmax(firms.active & (firms.lab < 0))] = False


def _prepaid(state):
    state.buyers.prepaid[state.buyers.ordered == 0.0] += 1.0


def _unpaid(state):
    state.buyers.prepaid[state.buyers.ordered > 0.0] = 0.0


BREAKS = {
    "chips_ordered": [
        _add("buyers", column, 1.0, planes)
        for column in ("requested", "ordered")
        for planes in (ROUTES, UNBOUND)
    ],
    "chips_delivered": [
        _add("buyers", column, 1.0, planes)
        for column in ("units", "retired")
        for planes in (ROUTES, UNBOUND)
    ],
    "chips_supplied": [
        _add("supply", "produced", 1.0),
        _add("supply", "stock", 1.0),
        _add("supply", "scrapped", 1.0),
        _add("chips", "seized", 1.0),
        _add("buyers", "delivered", 1.0, ROUTES),
    ],
    "compute_by_source": [_add("buyers", "by_source", 1e12), _add("buyers", "effective", 1e12)],
    "fleets": [_add("buyers", "fleet", 1.0), _add("buyers", "units", 1.0, ROUTES)],
    "money": [
        _add("buyers", "cash", 1e6),
        _add("buyers", "spent", 1e6),
        _add("buyers", "debt", 1e6),
    ],
    "money_of_firms": [
        _add("applications", column, 1e9)
        for column in ("cash", "put_in", "earned", "paid_out", "lost")
    ],
    "firms_counted": [_ghost, _memory],
    "prepaid": [_prepaid, _unpaid],
    "lab_budgets": [_add("labs", "available", 1e3), _add("blocs", "funding", 1e3)],
    "money_of_labs": [
        _add("labs", column, 1e3) for column in ("budget", "owners", "investors", "earned")
    ],
    "lab_spending": [_add("labs", "budget", 1e3), _add("firms", "bill", 1e3)],
    "money_of_users": [
        _add("labs", "revenue", 1e3),
        _add("blocs", "hosts", 1e3),
        _add("segments", "spent", 1e3),
        _add("platforms", "payments", 1e3),
    ],
    "user_shares": [_add("platforms", "share", 1e-6)],
    "people": [
        _add("firms", "researchers", 1.0),
        *(
            _add("blocs", column, 1.0)
            for column in ("researchers", "idle", "graduated", "retired", "added", "crossed")
        ),
    ],
    "places_of_people": [_add("firms", "researchers", 1.0), _add("clusters", "researchers", 1.0)],
    "infrastructure": [_add("clusters", column, 1e3) for column in ("stock", "fed", "worn")],
    "ideas_counted": [_more_bits, _holders],
    "knowledge_summed": [_more_bits, _level],
    "first_discoveries": [_undiscovered],
    "product_shares": [_add("applications", "share", 0.01)],
    "product_sales": [_add("applications", "sales", 1e6), _add("branches", "demand", 1e6)],
    "platform_payments": [
        _add("applications", "payments", 1e3),
        _add("platforms", "payments", 1e3),
    ],
}


def test_the_ban_of_the_small_world_cancels_orders(small):
    state = small("ban", rng=2, **LONG).run().state
    assert state.buyers.cancelled[..., ROUTES].sum() > 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"economy__blocs": ["us", "china"]},
        {"economy__labs": 4, "economy__firms": 8},
        {"exchange__between_blocs": 0.3},
        {"fleets__delivery": 0},
        {"fleets__delivery": 7},
        {"budgets__chip_share": 1.0},
        {"supply__vendors": ["AMD"]},
        {"domestic__base": 0.0, "controls__degraded": "none"},
        ODD,
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_laws_hold_in_odd_worlds(changes, small):
    world = small("ban", rng=3, strict=True, **changes).run()
    assert unclosed(world) == {}


def test_every_law_is_tested():
    assert set(BREAKS) == set(LAWS)


@pytest.mark.parametrize(
    ("name", "tamper"), [(name, tamper) for name, many in BREAKS.items() for tamper in many]
)
def test_a_broken_law_is_noticed(name, tamper, small):
    world = small("ban", rng=2, **LONG).run("2023-01")
    assert LAWS[name](world.fixed, world.state) <= CLOSED
    tamper(world.state)
    assert LAWS[name](world.fixed, world.state) > CLOSED


def test_a_strict_world_stops_at_once_and_names_law_and_month(small):
    def theft(fixed, state):
        if fixed.date(state.month) == "2018-03":
            state.buyers.cash[0] += 1e9

    phases = MONTH.with_after("demography", theft)
    world = small(rng=2, strict=True, phases=phases)
    with pytest.raises(ArithmeticError, match="money does not close in 2018-03"):
        world.run()
