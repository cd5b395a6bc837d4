"""Products: ideas of application firms; their pace does not depend on how many firms there are."""

from dataclasses import replace

import numpy as np
import pytest

from model.economy import World
from model.measure.recorder import Record
from model.mechanisms.ideas.discovery import Discovery
from model.scenario import load
from model.setup.baseline import references, resolve
from model.setup.inputs import inputs_of
from model.state.codes import APPLICATION, OPEN_WEIGHTS, PRODUCTS

ALONE = {"spillover__strength": 0.0, "spillover__publication_hazard": 0.0}
GONE = {"discovery__algorithms_growth": 0.0, "discovery__systems_growth": 0.0}


def known(world):
    """Return product knowledge of the world, a mean by people."""
    knowledge = world.state.knowledge[PRODUCTS]
    return float((knowledge.team * knowledge.level).sum() / knowledge.team.sum())


def test_application_firms_hold_them_and_nobody_else(finished):
    world = finished("no_ban")
    state = world.state
    knowledge = state.knowledge[PRODUCTS]
    assert np.array_equal(knowledge.row, np.flatnonzero(state.firms.kind == APPLICATION))
    assert (state.labs.member[:, PRODUCTS] == -1).all()
    assert (knowledge.count > 0).all() and not knowledge.compute.any()
    on_algorithms = state.knowledge[0].team[state.knowledge[0].at[knowledge.row]]
    share = world.parameters.discovery.application_algorithms_share
    assert on_algorithms == pytest.approx(share * (on_algorithms + knowledge.team))
    assert finished("no_ban").record.acquired[:, PRODUCTS, OPEN_WEIGHTS].sum() == 0


def test_the_pace_of_a_closed_firm_does_not_depend_on_how_many_there_are():
    """A mean firm discovers A of them a year, in an economy of 300 firms and of 3,000."""
    rates = []
    for firms in (300, 3000):
        scenario = load(
            "no_ban",
            [
                f"economy.firms={firms}",
                "economy.size_spread=0.0",
                "demography.entrants=0.0",
                "demography.spinoffs=0.0",
            ],
        )
        constants = references(scenario.parameters, inputs_of(scenario.parameters))
        constants = replace(constants, arrival=np.array([0.0, 0.0, 12.0]))
        world = World(scenario, rng=1, constants=constants)
        world.step()
        knowledge = world.state.knowledge[PRODUCTS]
        typical = knowledge.rate / knowledge.relative_team**0.6
        assert typical == pytest.approx(0.6**-0.25)  # one a month, and what narrow search spares
        rates.append(float(np.average(knowledge.rate, weights=knowledge.team)))
    assert rates[0] == pytest.approx(rates[1], rel=0.05)


@pytest.mark.parametrize(
    ("many", "seeds", "end"),
    [(1200, 3, "2022-12"), pytest.param(3000, 4, "2024-12", marks=pytest.mark.slow)],
)
def test_firms_cut_finer_know_the_same(many, seeds, end):
    """The same economy cut finer: mean knowledge within 0.1, half of it random variation."""
    means = []
    for firms, those in ((300, range(1, 2 * seeds + 1)), (many, range(21, 21 + seeds))):
        scenario = load("no_ban", [f"economy.firms={firms}", f'economy.end="{end}"'])
        means.append([known(World(scenario, rng=seed).run()) for seed in those])
    few, many = (np.array(values) for values in means)
    assert abs(few.mean() - many.mean()) < 0.1, (few, many)
    assert few.mean() > 0.5


@pytest.mark.slow
def test_3000_and_30000_firms_know_the_same():
    means = []
    for firms, seeds in ((3000, range(1, 7)), (30000, range(21, 24))):
        scenario = load("no_ban", [f"economy.firms={firms}", 'economy.end="2024-12"'])
        means.append(np.mean([known(World(scenario, rng=seed).run()) for seed in seeds]))
    assert abs(means[0] - means[1]) < 0.1, means


def learned(world):
    """Return how many product ideas were learned from firms of the own and of other sectors."""
    series = world.record.series
    return tuple(
        series[name].sum() for name in ("products_from_sector", "products_from_other_sectors")
    )


def test_without_adjacency_nothing_passes_between_sectors(small, constants):
    """A3: the share of adoptions outside the sector of origin rises with adjacency, from none."""
    shares = []
    for adjacency in (0.0, 0.1, 0.3, 1.0):
        world = small(constants=constants, spillover__sector_adjacency=adjacency).run()
        own, other = learned(world)
        assert own > 100
        shares.append(other / (own + other))
    assert shares[0] == 0.0
    assert shares == sorted(shares) and shares[-1] > 0.4


def test_what_was_learned_from_other_sectors_is_what_events_say(small):
    world = small()
    world.record = Record.blank(world.fixed, world.state, "all")
    world.run()
    rows, sector = world.record.events.rows(), world.state.firms.sector
    taught = (rows.field == PRODUCTS) & (rows.source >= 0) & (rows.source != rows.firm)
    crossed = sector[rows.source[taught]] != sector[rows.firm[taught]]
    assert learned(world) == ((~crossed).sum(), crossed.sum())
    share = world.record.series["products_adapted"]
    assert ((share >= 0.0) & (share <= 1.0)).all() and share.any()


def test_other_fields_do_not_feel_products(small):
    """Without products all else is the same, bit for bit, but for what firms pay labs."""
    unpaid = {"budgets__revenue_weight": 0.0}
    plain, without = (small(**unpaid, **c).run() for c in ({}, {"discovery__products_growth": 0.0}))
    assert not without.state.knowledge[PRODUCTS].bits.any()
    assert plain.state.knowledge[PRODUCTS].count.sum() > 1000
    for one, other in zip(plain.state.knowledge[:2], without.state.knowledge[:2], strict=True):
        assert np.array_equal(one.bits, other.bits)
    for name, values in plain.outcomes().items():
        if name.startswith("profits"):  # of application firms too
            continue
        assert np.array_equal(values, without.outcomes()[name], equal_nan=True), name
    assert np.array_equal(plain.fixed.constants.arrival[:2], without.fixed.constants.arrival[:2])


def test_people_find_products_and_their_own_growth_sets_the_size_of_ideas(small, constants):
    fewer = small(constants=constants, discovery__application_algorithms_share=0.9).run()
    assert known(fewer) < 0.9 * known(small(constants=constants).run())
    group = Discovery()
    assert group.idea_size(PRODUCTS) == pytest.approx(0.01 * 0.10 / 0.45)
    assert group.shares(PRODUCTS) == pytest.approx((0.0, 0.0, 0.85))


def test_an_economy_without_application_firms_has_no_products(small):
    constants = resolve(load("no_ban").parameters)
    world = small(discovery__application_algorithms_share=1.0, constants=constants)
    assert world.state.knowledge[PRODUCTS].row.size == 0
    world.run("2018-03")
    assert not world.record.series["products_mean"][:15].any()
    entering = small(
        discovery__application_algorithms_share=1.0, constants=constants, demography__entrants=0.5
    )
    assert (entering.run("2018-01").state.firms.entered > 0).any(), "nobody teaches them products"
    alone = small(discovery__application_algorithms_share=1.0)
    assert alone.fixed.constants.arrival[PRODUCTS] == 0.0
