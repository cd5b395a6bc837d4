"""Application firms: which adopt AI, on what they build, what they sell; limits with answers."""

import math
from dataclasses import fields

import numpy as np
import pytest

from model.economy import World
from model.measure.accounts import CLOSED, LAWS
from model.measure.tables import content_digest, tables_of
from model.mechanisms.firms.applications import applications
from model.mechanisms.firms.sectors import sectors
from model.month import MONTH
from model.scenario import load
from model.setup.baseline import resolve
from model.setup.inputs import inputs_of
from model.state.codes import CLOSED as BEHIND
from model.state.codes import NOTHING, OPEN
from tests.laws.test_symmetry import swapped

EARLY = {  # small worlds end before models are of use to firms: here they are so from the start
    "applications__first_use": 22.0,
    "applications__cost_to_adopt": 0.059,
    "applications__cost_spread": 0.75,
}
LAWS_OF_FIRMS = ("product_shares", "product_sales", "platform_payments")


def on_offer(price=1.0, quality=None):
    """Return a phase that stands in for the market of models: open ones at 0.3 of the price."""

    def offered(fixed, state):
        labs, table = state.labs, state.platforms
        table.quality[:] = NOTHING
        for line, column in ((BEHIND, labs.best_released), (OPEN, labs.open_capability)):
            rows = table.line == line
            table.quality[rows] = column[table.lab[rows]]
        if quality is not None:
            table.quality[:] = np.where(table.quality > NOTHING, quality, NOTHING)
        table.price[:] = np.where(table.line == BEHIND, price, 0.3 * price)[:, None]

    return MONTH.with_replaced("market", offered)


@pytest.fixture(scope="module")
def firms(small, constants):
    """Make a small world in which models are on offer to application firms."""

    def make(scenario="no_ban", price=1.0, quality=None, **changes):
        changes = {"constants": constants, "economy__firms": 400, **EARLY, **changes}
        return small(scenario, phases=on_offer(price, quality), **changes)

    return make


def still(small, constants, **changes):
    """Return a world of equal firms with equal, unchanging platforms, before its first month."""
    equal = {"economy__firms": 2000, "economy__size_spread": 0.0}
    world = small(constants=constants, **{**equal, **EARLY, **changes})
    fixed, state = world.fixed, world.state
    state.platforms.quality[:] = 30.0
    state.platforms.price[:] = 1.0
    for phase in MONTH[: MONTH.position("discovery")]:
        phase(fixed, state)
    return fixed, state


def using(world):
    return world.record.series["applications_using"]


def test_without_a_platform_nobody_adopts(small, constants):
    world = small(constants=constants, phases=MONTH.without("market")).run()
    assert not using(world).any() and not world.state.applications.payments.any()
    assert not world.state.applications.able.any()
    assert (world.record.series["application_sales"].sum(axis=1) > 0.0).all()


def test_accounts_close_every_month_in_odd_worlds(firms):
    for changes in ({}, {"exchange__between_blocs": 0.5}, {"sectors__inertia": 0.0}):
        world = firms("ban", strict=True, economy__end="2021-12", **changes).run()
        assert {law: LAWS[law](world.fixed, world.state) for law in LAWS_OF_FIRMS} == pytest.approx(
            dict.fromkeys(LAWS_OF_FIRMS, 0.0), abs=CLOSED
        )
        assert using(world)[-1].any() and world.state.platforms.payments.sum() > 0.0


def test_adoption_is_the_closed_form_of_bass(small, constants):
    """Everybody can use it, quality and price stay: F = (1 - e^-(p+q)t)/(1 + q/p e^-(p+q)t)."""
    p, q, months = 0.03, 0.38, 180
    everybody = {"applications__cost_to_adopt": 0.0, "economy__firms": 20_000}
    everybody |= {"adoption__innovation": p, "adoption__imitation": q}
    fixed, state = still(small, constants, **everybody)
    path = []
    for month in range(months):
        state.month = month
        applications(fixed, state)
        path.append(float((state.applications.platform >= 0).mean()))
    time = np.arange(1, months + 1) / 12.0
    falling = np.exp(-(p + q) * time)
    closed = (1.0 - falling) / (1.0 + q / p * falling)
    assert np.abs(np.array(path) - closed).max() < 0.04
    assert path[-1] > 0.9 and path == sorted(path)


def test_a_platform_is_chosen_in_proportion_to_its_weight(small, constants):
    """A logit, not the best one: odds of two platforms and none are those of their weights."""
    fixed, state = still(
        small,
        constants,
        adoption__innovation=5.0,
        adoption__imitation=20.0,
        applications__cost_to_adopt=0.0,
        applications__review_rate=1.0,
        ai_market__home_bias=0.0,
        ai_market__openness_to_developers=0.0,
        applications__first_use=30.0 - 0.5,
    )
    platforms = state.platforms
    platforms.quality[2:] = NOTHING
    platforms.quality[:2] = (30.0, 30.5)
    counts = np.zeros(3)
    for month in range(40):
        state.month = month
        applications(fixed, state)
        if month >= 10:
            counts += np.bincount(state.applications.platform + 1, minlength=3)
    # utilities 0 (none), 2 x 0.5 and 2 x 1; a firm with none returns at the hazard of adoption
    assert counts[2] / counts[1] == pytest.approx(math.exp(1.0), rel=0.05)


def test_review_0_freezes_choices_and_reviews_make_them_move(firms):
    eager = {"adoption__innovation": 2.0, "economy__end": "2021-12"}
    kept, moved = (firms(applications__review_rate=r, **eager).run("2021-06") for r in (0.0, 0.3))
    for world, least in ((kept, 0.0), (moved, 0.3)):
        before = world.state.applications.platform.copy()
        world.run("2021-12")
        had = before >= 0
        changed = (world.state.applications.platform != before)[had].mean()
        assert had.sum() > 5
        assert changed == 0.0 if least == 0.0 else changed > least


def test_a_platform_that_is_withdrawn_is_left(small, constants):
    eager = {"adoption__innovation": 5.0, "applications__cost_to_adopt": 0.0}
    fixed, state = still(small, constants, **eager)
    applications(fixed, state)
    assert (state.applications.platform >= 0).any()
    state.platforms.quality[:] = NOTHING
    state.month = 1
    applications(fixed, state)
    assert (state.applications.platform == -1).all() and not state.applications.gain.any()


def test_cheap_platforms_make_more_users_and_more_viable_firms_on_ai(firms):
    """B6: at a thirtieth of the price more firms build on AI, and more of these can live."""
    users, on_ai = [], []
    for price in (30.0, 1.0, 0.03):
        worlds = [
            firms(price=price, rng=seed, economy__end="2024-12", applications__cost_share=0.01)
            for seed in (1, 2, 3)
        ]
        users.append(sum(using(w.run())[-1].sum() for w in worlds))
        on_ai.append(sum(w.record.series["applications_viable_on_ai"][-1].sum() for w in worlds))
    assert users[0] < users[1] < users[2]
    assert on_ai[0] < on_ai[1] < on_ai[2]


def test_where_all_build_on_ai_cheap_platforms_let_more_live(firms):
    """Buyers spend more on better value, overhead stays: products of which models are a third."""
    everybody = {
        "adoption__innovation": 5.0,
        "adoption__imitation": 20.0,
        "applications__cost_to_adopt": 0.0,
        "applications__cost_share": 0.3,
        "applications__first_price": 10.0,
        "sectors__overhead": 0.5,
        "sectors__fixed": 1.0,
        "sectors__wage_link": 0.0,
        "sectors__demand_response": 0.5,
    }
    viable = []
    for price in (3.0, 1.0, 0.3):
        series = firms(price=price, economy__end="2022-12", **everybody).run().record.series
        assert series["applications_using"][-1].min() > 0.9
        viable.append(series["applications_viable"][-1].sum())
    assert viable[0] < viable[1] < viable[2]


def test_equal_firms_split_equally(small, constants):
    fixed, state = still(small, constants, economy__blocs=["us"], sectors__inertia=0.0)
    state.firms.researchers[:] = 1.0
    sectors(fixed, state)
    branch = state.firms.sector[state.applications.firm]
    for s in np.unique(branch):
        share = state.applications.share[branch == s, 0]
        assert share == pytest.approx(1.0 / share.size)


def test_inertia_1_freezes_shares_and_0_forgets(firms):
    for inertia, frozen in ((1.0, True), (0.0, False)):
        world = firms(sectors__inertia=inertia)
        world.run("2018-06")
        before = world.state.applications.share.copy()
        world.run("2019-12")
        assert np.allclose(world.state.applications.share, before, rtol=1e-9) == frozen


def test_a_better_product_sells_by_the_logit(small, constants):
    fixed, state = still(small, constants, economy__blocs=["us"], sectors__inertia=0.0)
    state.firms.researchers[:] = 1.0
    state.applications.quality[0], state.applications.gain[0] = 0.2, 0.1
    sectors(fixed, state)
    same = (
        state.firms.sector[state.applications.firm]
        == state.firms.sector[state.applications.firm[0]]
    )
    share = state.applications.share[same, 0]
    assert share[0] / share[1] == pytest.approx(math.exp(3.0 * 0.3))


def test_large_firms_come_first():
    """At the end of 2024 the top tenth by size uses AI 2.5 to 5 times as often as the rest."""
    top, rest = [], []
    scenario = load("no_ban", ["economy.firms=1500", 'economy.end="2024-12"'])
    for seed in range(1, 4):
        world = World(scenario, rng=seed).run()
        # Statistics count firms with ten people and more: those of the start, newcomers are tiny.
        table, firms = world.state.applications, world.state.firms
        counted = (firms.active & (firms.entered == 0))[table.firm]
        size, uses = firms.size[table.firm][counted], table.platform[counted] >= 0
        large = size >= np.quantile(size, 0.9)
        top.append(uses[large].mean())
        rest.append(uses[~large].mean())
    assert 2.5 < np.mean(top) / np.mean(rest) < 5.0, (np.mean(top), np.mean(rest))


def test_use_among_firms_is_that_of_europe():
    """Calibration: 8 % at the end of 2023, 13.5 % at the end of 2024, each within 2 points."""
    scenario = load("no_ban", ["economy.firms=1500", 'economy.end="2024-12"'])
    paths = [World(scenario, rng=seed).run() for seed in range(1, 7)]
    allies = paths[0].fixed.inputs.bloc_index("allies")
    share = np.mean([using(world)[:, allies] for world in paths], axis=0)
    assert share[-13] == pytest.approx(0.08, abs=0.02)
    assert share[-1] == pytest.approx(0.135, abs=0.02)


def test_blocs_without_exchange_build_and_buy_at_home(firms):
    world = firms(exchange__between_blocs=0.0, economy__end="2022-12").run()
    table, bloc = world.state.applications, world.state.firms.bloc
    there = table.platform >= 0
    assert there.sum() > 5
    assert (world.state.platforms.bloc[table.platform[there]] == bloc[table.firm[there]]).all()
    for b in range(table.share.shape[1]):
        assert not table.share[bloc[table.firm] != b, b].any()
    assert (world.record.series["applications_home"][-1][using(world)[-1] > 0.0] == 1.0).all()


def test_exchange_lets_a_part_of_firms_use_what_others_make(firms):
    abroad = []
    for exchange in (0.0, 0.3, 1.0):
        world = firms(exchange__between_blocs=exchange, economy__end="2023-12").run()
        home = world.record.series["applications_home"][-12:]
        abroad.append(float((1.0 - home)[using(world)[-12:] > 0.0].mean()))
    assert abroad[0] == 0.0 < abroad[1] < abroad[2]


@pytest.mark.parametrize("alone", ["us", "china"])
def test_two_blocs_without_exchange_are_two_separate_worlds(alone, small, constants):
    """To the bit, users of platforms included."""
    closed = {"exchange__between_blocs": 0.0, "economy__firms": 400, "economy__end": "2019-12"}
    changes = {**EARLY, "adoption__innovation": 1.0, "applications__cost_to_adopt": 0.01, **closed}
    # Who makes the chips there are is another matter: here labs' machines decide nothing.
    changes |= {
        "discovery__compute_exponent": 0.0,
        "spillover__open_weights_flow": 0.0,
        "release__contributions": 0.0,
        "rivalry__slack": 0.0,
    }

    def given(fixed, state):
        labs, table = state.labs, state.platforms
        table.quality[:] = np.where(table.line == BEHIND, 24.0 - labs.rank[table.lab], NOTHING)
        table.price[:] = 1.0

    worlds = [
        small(
            economy__blocs=blocs,
            constants=constants,
            phases=MONTH.with_replaced("market", given).without("supply").without("purchases"),
            **changes,
        ).run()
        for blocs in (["us", "china"], [alone])
    ]
    pair, single = (world.state for world in worlds)
    row = worlds[0].fixed.inputs.bloc_index(alone)
    here = pair.firms.bloc[pair.applications.firm] == row
    assert (single.applications.platform >= 0).sum() > 5
    for name in ("able", "gain", "quality", "sales", "payments", "result", "viable"):
        together = getattr(pair.applications, name)[here]
        assert np.array_equal(together, getattr(single.applications, name)), name
    for name in ("demand", "index", "attraction"):
        assert np.array_equal(
            getattr(pair.branches, name)[row], getattr(single.branches, name)[0]
        ), name


def test_label_swap_leaves_users_of_platforms_where_they_were():
    """Names of blocs do not decide which firms build on what and sell where."""
    size = [
        "economy.firms=400",
        "economy.labs=16",
        "economy.clusters=30",
        "adoption.innovation=0.3",
    ]
    size += [f"{name.replace('__', '.')}={value}" for name, value in EARLY.items()]
    given = load("ban", [*size, "exchange.leader_and_follower=0.5", 'economy.end="2022-12"'])
    inputs = inputs_of(given.parameters)
    plain, other = (
        World(given, rng=4, inputs=one, constants=resolve(given.parameters), phases=on_offer())
        for one in (inputs, swapped(inputs, "us", "china"))
    )
    plain.run()
    other.run()
    assert (plain.state.applications.platform >= 0).sum() > 50
    for table in ("applications", "branches", "platforms"):
        here, there = getattr(plain.state, table), getattr(other.state, table)
        for column in fields(here):
            values = getattr(here, column.name)
            nan = values.dtype.kind == "f"
            same = np.array_equal(values, getattr(there, column.name), equal_nan=nan)
            assert same, (table, column.name)
    assert np.array_equal(plain.record.sectors, other.record.sectors)


def test_threads_do_not_change_a_bit():
    scenario = load("no_ban", ["economy.firms=5000", 'economy.end="2018-06"'])
    changes = {**EARLY, "adoption__innovation": 2.0, "applications__cost_to_adopt": 0.0}
    worlds = [World(scenario, rng=2, threads=t, phases=on_offer(), **changes).run() for t in (1, 3)]
    one, other = (content_digest(tables_of(w.fixed, w.state, w.record)) for w in worlds)
    assert one == other and (worlds[0].state.applications.platform >= 0).sum() > 100


AT_THE_EDGE = {"sectors__overhead": 0.24, "sectors__fixed": 1.0}  # where many firms just live
EACH = {
    "applications": (
        ("review_rate", 0.0), ("price_weight", 5.0), ("productivity", 0.0), ("improvement", 0.0),
        ("cost_share", 0.0), ("first_use", 20.0), ("first_price", 5.0),
        ("cost_to_adopt", 0.01), ("cost_spread", 0.0),
    ),
    "sectors": (
        ("substitution", 1.0), ("home_bias", 0.0), ("inertia", 0.0), ("overhead", 0.1),
        ("fixed", 0.5), ("wage_link", 0.0), ("wage_lag", 6.0), ("horizon", 1),
        ("demand_response", 0.0), ("software", 2e12), ("devices", 2e12),
        ("services", 2e12), ("growth", 0.0),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(firms):
    return firms(price=2.0, economy__end="2022-12", **AT_THE_EDGE).run()


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [(group, *pair) for group, pairs in EACH.items() for pair in pairs],
)
def test_each_parameter_moves_something_that_is_reported(group, name, value, firms, plain):
    given = {**AT_THE_EDGE, f"{group}__{name}": value}
    world = firms(price=2.0, economy__end="2022-12", **given).run()
    moved = [
        of
        for of, series in world.record.series.items()
        if not np.array_equal(series, plain.record.series[of], equal_nan=True)
    ]
    assert any(of.startswith(("application", "platform")) for of in moved)


def test_every_parameter_is_tried():
    from model.parameters import GROUPS

    for group, pairs in EACH.items():
        assert {name for name, _ in pairs} == set(GROUPS[group].model_fields)


def test_sectors_are_ranked(plain):
    table = plain.table("sectors")
    last = table[table["month"] == "2022-12"]
    assert len(last) == 4 * 3
    assert last.groupby("sector")["sales_share"].sum().to_numpy() == pytest.approx(1.0)
    for _, rows in last.groupby("sector"):
        for rank, measure in (("rank_in_use", "using"), ("rank_at_frontier", "frontier")):
            best = rows[rows[measure] == rows[measure].max()]
            assert (best[rank] == 1.0).all()
            assert rows[rank].between(1, 4).all()
    assert (last["frontier"] >= last["quality"]).mean() > 0.8
