"""Firms enter by choice, split off, close: with keys of their own, and accounts that add up."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.core.randomness import at, key_of
from model.measure.idea_tables import firms_by_month
from model.measure.tables import content_digest, tables_of
from model.mechanisms.firms import demography as rules
from model.mechanisms.firms import demography_kernels
from model.month import MONTH
from model.parameters import Parameters
from model.state.application_firms import Applications, Branches
from model.state.blocs import Blocs
from model.state.codes import APPLICATION, FIELDS, MOBILITY, NEVER, PRODUCTS, PUBLICATION
from model.state.firms import Firms
from model.state.knowledge import Knowledge
from model.state.places import Clusters
from tests.worlds import unclosed

LONG = {"economy__firms": 200, "economy__end": "2021-12", "sectors__overhead": 0.24}
NOBODY = {
    "demography__entrants": 0.0,
    "demography__spinoffs": 0.0,
    "demography__exit": 0.0,
    "demography__other_closures": 0.0,
}
BUSY = {
    "demography__entrants": 0.3,
    "demography__spinoffs": 0.1,
    "demography__runway": 3.0,
    "demography__exit": 1.0,
}


@pytest.fixture(scope="module")
def ended(small, constants):
    """Return a world at its end, to be read only."""

    @cache
    def run(scenario="no_ban", **changes):
        return small(scenario, constants=constants, strict=True, **{**LONG, **changes}).run()

    return run


def total(world, name):
    return float(np.nansum(world.record.series[name]))


def newcomers(world, split=None):
    """Return the rows of firms that came after the first month; those split off, or the others."""
    firms = world.state.firms
    here = (firms.kind == APPLICATION) & (firms.entered > 0)
    return np.flatnonzero(here if split is None else here & ((firms.founder >= 0) == split))


def test_without_strength_the_cast_stays_to_the_bit(ended, small, constants):
    def demography(fixed, state):
        rules._found_labs(fixed, state)

    phases = MONTH.with_replaced("demography", demography)
    plain = small(constants=constants, phases=phases, **{**LONG, **NOBODY}).run()
    world = ended(**NOBODY)
    one, other = (content_digest(tables_of(w.fixed, w.state, w.record)) for w in (world, plain))
    assert one == other
    assert not world.state.firms.spare.any() and world.state.firms.key.size == 200
    assert total(world, "entries") == total(world, "exits") == total(world, "spinoffs") == 0.0


def test_firms_come_and_go_and_are_counted(ended):
    world = ended(**BUSY)
    firms, start = world.state.firms, world.fixed.inputs.calendar.prehistory
    for name, rows in (
        ("entries", newcomers(world, split=False)),
        ("spinoffs", newcomers(world, split=True)),
        ("exits", np.flatnonzero(firms.left >= 0)),
    ):
        assert total(world, name) == rows.size > 0, name
    assert (firms.entered[newcomers(world)] >= start).all()
    assert (firms.left[firms.left >= 0] >= start).all()
    series = world.record.series
    change = sum(series[n].sum() * sign for n, sign in
                 (("entries", 1), ("spinoffs", 1), ("exits", -1)))  # fmt: skip
    number = series["application_firms"].sum(axis=1)
    assert number[-1] - number[0] == change


def test_rows_never_move_and_are_used_once(ended):
    world, still = ended(**BUSY), ended(**{**BUSY, **NOBODY})
    firms = world.state.firms
    old = (firms.entered == 0) & (firms.lab < 0)
    assert np.isin(still.state.firms.key[still.state.firms.lab < 0], firms.key[old]).all()
    cell = firms.cluster.astype(int) * 8 + firms.sector
    assert (np.diff(cell) >= 0).all()
    assert (firms.spare == ((firms.entered == NEVER) & (firms.kind == APPLICATION))).all()
    assert (firms.left[firms.left >= 0] > firms.entered[firms.left >= 0]).all()


def test_who_closes_leaves_nothing_behind(ended):
    world = ended(**BUSY)
    firms, month = world.state.firms, world.state.month
    gone = np.flatnonzero((firms.left >= 0) & (firms.left < month - 1))
    assert gone.size and not firms.researchers[gone].any() and not firms.active[gone].any()
    for knowledge in world.state.knowledge:
        members = knowledge.at[gone]
        members = members[members >= 0]
        assert not knowledge.bits[members].any() and not knowledge.count[members].any()
        assert not np.isin(knowledge.partner, members).any()
    table = world.state.applications
    rows = table.at[gone]
    assert not table.sales[rows].any() and (table.platform[rows] == -1).all()
    assert (table.lost[rows] > 0.0).all() and not table.cash[rows].any()
    assert unclosed(world) == {}


def test_what_came_is_held_or_was_lost(ended):
    world = ended(**BUSY)
    came = world.record.acquired.sum(axis=(0, 2, 3))  # field x bloc
    for field, knowledge in enumerate(world.state.knowledge):
        bloc = world.state.firms.bloc[knowledge.row]
        kept = np.bincount(bloc, knowledge.count + knowledge.lost, came.shape[1])
        assert np.array_equal(came[field], kept)
        assert (knowledge.lost > 0).any() == (FIELDS[field] != "systems")


def test_agents_come_and_go_with_firms(small, constants):
    world = small(constants=constants, **{**LONG, **BUSY})
    from model.agents import Firm

    before = set(world.agents_by_type[Firm])
    world.run()
    after, firms = set(world.agents_by_type[Firm]), world.state.firms
    assert {view.row for view in after} == set(np.flatnonzero(~firms.spare & (firms.left < 0)))
    assert {view.row for view in before - after} == set(np.flatnonzero(firms.left >= 0)) & {
        view.row for view in before
    }
    assert before & after and after - before


def test_keys_are_addresses_and_paired_runs_list_the_same_entrants(ended):
    ban, free = ended("ban", **BUSY), ended("no_ban", **BUSY)
    sizes = []
    for world in (ban, free):
        firms, rows = world.state.firms, newcomers(world)
        assert np.unique(firms.key[rows]).size == rows.size
        where = zip(firms.key[rows], firms.size[rows], firms.sector[rows], firms.bloc[rows],
                    firms.entered[rows], strict=True)  # fmt: skip
        sizes.append({key: tuple(rest) for key, *rest in where})
        for row in newcomers(world, split=True):
            parent = firms.key[firms.founder[row]]
            here = key_of("spin-off")
            for key in (parent, firms.entered[row]):
                here = np.uint64(at(here, np.uint64(key)))
            assert firms.key[row] in {np.uint64(at(here, np.uint64(j))) for j in range(4)}
    both = sizes[0].keys() & sizes[1].keys()
    assert len(both) > 0.5 * len(sizes[0])
    assert all(sizes[0][key] == sizes[1][key] for key in both)


def test_a_paired_run_of_one_scenario_is_the_same_to_the_bit(ended, small, constants):
    world = ended(**BUSY)
    again = small(constants=constants, **{**LONG, **BUSY}).twin("no_ban").run()
    one, other = (content_digest(tables_of(w.fixed, w.state, w.record)) for w in (world, again))
    assert one == other


@pytest.mark.parametrize(
    ("name", "values", "series", "rises"),
    [
        ("entrants", (0.0, 0.1, 0.4), "entries", True),
        ("hurdle", (0.01, 0.5, 100.0), "entries", False),
        ("spinoffs", (0.0, 0.05, 0.2), "spinoffs", True),
        ("runway", (1.0, 6.0, 60.0), "exits", False),
        ("exit", (0.0, 0.05, 1.0), "exits", True),
    ],
)
def test_each_strength_moves_its_outcome(name, values, series, rises, ended):
    got = [total(ended(**{**BUSY, f"demography__{name}": value}), series) for value in values]
    assert sorted(got, reverse=not rises) == got and len(set(got)) == 3
    if name in ("entrants", "spinoffs", "exit"):
        assert got[0] == 0.0


def test_hurdles_are_spread_as_asked(ended):
    """Without spread all of a sector enter or none; with it some enter at a high hurdle."""
    narrow, wide = (
        total(ended(**{**BUSY, "demography__hurdle": 5.0, "demography__hurdle_spread": spread}),
              "entries")
        for spread in (0.0, 3.0)
    )  # fmt: skip
    assert narrow < wide


@pytest.mark.parametrize(
    ("name", "values", "split"),
    [("experience", (0.0, 100.0), False), ("ideas_taken", (0.0, 1.0), True)],
)
def test_what_newcomers_bring_goes_by_its_strength(name, values, split, ended):
    """Product ideas at entry: read in publications, or taken from the parent."""
    acquired = []
    for value in values:
        world = ended(**{**BUSY, f"demography__{name}": value})
        channel = MOBILITY if split else PUBLICATION
        acquired.append(world.record.acquired[:, PRODUCTS, channel].sum())
    assert acquired[1] > acquired[0]


def test_spin_offs_stay_and_places_pull(ended):
    def at_home(near):
        world = ended(**{**BUSY, "demography__stay_nearby": near, "demography__room": 5.0})
        firms, rows = world.state.firms, newcomers(world, split=True)
        return (firms.cluster[rows] == firms.cluster[firms.founder[rows]]).mean()

    assert at_home(1.0) > 0.9 > at_home(0.0)

    def crowd(pull):
        world = ended(**{**BUSY, "demography__pull": pull, "demography__room": 5.0})
        firms, rows = world.state.firms, newcomers(world, split=False)
        return world.state.clusters.researchers[firms.cluster[rows]].mean()

    assert crowd(3.0) > crowd(1.0) > crowd(0.0)


def test_small_newcomers_stay_small(ended):
    def heads(size):
        world = ended(**{**BUSY, "demography__size": size})
        rows = newcomers(world)
        return world.state.firms.researchers[rows].mean()

    assert heads(1.0) > 2.0 * heads(0.2)


def test_who_finds_no_room_is_counted(ended):
    world = ended(**{**BUSY, "demography__room": 0.01, "demography__entrants": 0.9})
    assert total(world, "turned_away") > 0.0
    assert total(ended(**BUSY), "turned_away") < total(world, "turned_away")
    none = ended(**{**BUSY, "demography__room": 0.0})  # counted where there is no room at all
    assert total(none, "turned_away") > 0.0 == total(none, "entries")


# --- rules of their own, without a world --------------------------------------------------------


def firms_to_come(keys, sector=2, home=-1, size=1.0):
    """Return newcomers of one bloc and sector."""
    whole = (np.full(keys.size, value, np.int64) for value in (0, sector, -1, home))
    return demography_kernels.Newcomers(keys, *whole, np.full(keys.size, size))


def settled(keys, seen, exponent=1.0, near=0.0, home=-1, rooms=3):
    """Return the places that newcomers of one sector get; every place has ``rooms`` rows."""
    places = len(seen)
    spare = np.ones(places * rooms, bool)
    first = np.arange(places, dtype=np.int64)[:, None] * rooms
    row = np.empty(keys.size, np.int64)
    clusters = Clusters.allocate(cluster=places, bloc=1, field=3)
    clusters.key[:] = np.arange(places) + 9
    group = rules.Demography(stay_nearby=near, pull=exponent).face()
    new = firms_to_come(keys, sector=0, home=home)
    demography_kernels.choose_place(
        np.uint64(5), new, group, np.array([seen]), first, first + rooms, clusters.face, spare, row
    )
    assert np.unique(row[row >= 0]).size == (row >= 0).sum()
    return np.where(row >= 0, row // rooms, -1)


KEYS = np.arange(4000, dtype=np.uint64) * np.uint64(77)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_places_are_chosen_by_a_logit(exponent):
    seen = np.array([1.0, 2.0, 5.0])
    share = np.bincount(settled(KEYS, seen, exponent, rooms=KEYS.size), minlength=3) / KEYS.size
    expected = seen**exponent / (seen**exponent).sum()
    assert share == pytest.approx(expected, abs=0.03)


def test_a_full_place_sends_on_and_a_full_bloc_away():
    place = settled(KEYS[:8], np.array([1.0, 1e9]), rooms=3)
    assert np.bincount(place + 1, minlength=3).tolist() == [2, 3, 3]
    assert (settled(KEYS[:3], np.array([1.0, 1e9]), near=1.0, home=0) == 0).all()


@given(st.integers(0, 39), st.floats(0.0, 3.0))
def test_one_newcomer_less_moves_nobody_else(out, exponent):
    """Where there is room for all, each goes where its own draws send it."""
    seen, keys = np.array([1.0, 3.0, 2.0]), KEYS[:40]
    whole, rest = (settled(k, seen, exponent, rooms=40) for k in (keys, np.delete(keys, out)))
    assert np.array_equal(np.delete(whole, out), rest)


def verdicts(keys, hurdle, sales=1.0, overhead=1.0, spread=0.0, known=0.0, lift=0.0):
    """Return who enters one market of unit attraction, demand and people."""
    enters = np.zeros(keys.size, bool)
    knowledge = Knowledge.allocate(
        member=1, word=1, idea=1, bloc=1, slot=1, firm=1, delay=1, cluster=1, sector=1, one=1
    )
    knowledge.holders[:], knowledge.size[:] = 1, known
    blocs = Blocs.allocate(bloc=1, channel=1, month=1)
    branches = Branches.allocate(bloc=1, branch=1)
    branches.lift[:], branches.attraction[:], branches.people[:] = lift, 1.0, 1.0
    branches.demand[:], branches.head_cost[:] = sales, overhead
    demography_kernels.judge_entry(
        np.uint64(1), np.uint64(2), firms_to_come(keys, size=1e-6), np.ones(1),
        demography_kernels.Background(np.zeros(1), read=0.0, taken=0.0), knowledge.face, blocs.face,
        branches.face, rules.Demography(hurdle=hurdle, hurdle_spread=spread).face(),
        Parameters().shared()._replace(product_substitution=3.0), enters,
    )  # fmt: skip
    return enters


@given(st.floats(0.01, 3.0), st.floats(0.1, 10.0), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_it_enters_whom_it_pays(hurdle, sales, known, lift):
    """A small firm's share is its attraction: profit over overhead in closed form."""
    profit = 0.25 * sales * math.exp(3.0 * (known + lift)) - 1.0
    if abs(profit - hurdle) > 1e-4:
        assert verdicts(KEYS[:1], hurdle, sales, 1.0, 0.0, known, lift)[0] == (profit >= hurdle)


def test_hurdles_are_lognormal():
    """Where profit over overhead is the median hurdle, half of all enter; at e times it 84 %."""
    share = [verdicts(KEYS, 0.5, 4.0 * (1.0 + 0.5 * x), 1.0, 1.0).mean() for x in (1.0, math.e)]
    assert share == pytest.approx([0.5, 0.841], abs=0.03)


def test_cash_is_kept_and_the_rest_paid_out():
    firms, table = Firms.allocate(firm=1), Applications.allocate(application=1, firm=1, bloc=1)
    firms.active[:], table.cash[:], table.overhead[:] = True, 2.0, 1.0
    table.result[:] = 5.0
    demography_kernels.bank(firms.face, 4.0, table.face)
    assert (table.cash[0], table.earned[0], table.paid_out[0]) == (4.0, 5.0, 3.0)
    table.result[:] = -9.0
    demography_kernels.bank(firms.face, 4.0, table.face)
    assert (table.cash[0], table.earned[0], table.paid_out[0]) == (-5.0, -4.0, 3.0)


def test_spin_offs_go_by_sales():
    """As many as the hazard says, and of firms in proportion to what they sell."""
    number = 2000
    row = np.arange(number)
    firms = Firms.allocate(firm=number)
    firms.key[:], firms.sector[:], firms.active[:] = KEYS[:number], 2, True
    table = Applications.allocate(application=number, firm=number, bloc=1)
    table.firm[:], table.sales[:] = row, np.where(row < 1000, 1.0, 3.0)
    branches = Branches.allocate(bloc=1, branch=1)
    branches.firms[:], branches.sold[:] = number, table.sales.sum()
    new = firms_to_come(np.zeros(number, np.uint64))
    count = demography_kernels.split_off(
        np.uint64(3), np.uint64(4), 7, 0.2, firms.face, table.face, branches.face, new
    )
    assert count == pytest.approx(0.2 * number, abs=5.0 * math.sqrt(0.2 * number))
    of_large = (new.parent[:count] >= 1000).mean()
    assert of_large == pytest.approx(0.75, abs=0.1)


def test_fields_of_newcomers_are_those_of_their_trade(ended):
    world = ended(**BUSY)
    rows = newcomers(world)
    for field, knowledge in zip(FIELDS, world.state.knowledge, strict=True):
        assert (knowledge.at[rows] >= 0).all() == (field != "systems")


def test_shares_of_holders_are_shares_of_those_who_are_there(ended):
    """Firms come and go: no more than all of them ever hold an idea."""
    world = ended(**BUSY)
    series = world.record.series["application_firms"]
    there = firms_by_month(world.fixed, world.state, PRODUCTS, world.record.months)
    assert np.array_equal(there, series)
    frame = world.table("diffusion")
    for place in ("home", "abroad"):
        assert frame[place].dropna().between(0.0, 1.0).all()
    for field, holders in enumerate(world.record.holders):
        there = firms_by_month(world.fixed, world.state, field, world.record.months)
        assert (holders <= there[:, None, :]).all()
