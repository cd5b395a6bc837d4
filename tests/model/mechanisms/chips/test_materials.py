"""Materials kept from those who keep chips from others: arithmetic, limits, what it costs."""

import math

import numpy as np
import pytest

from model.measure.tables import content_digest, tables_of
from model.mechanisms.chips import materials as rules
from model.state.blocs import Blocs
from model.state.codes import CHANNELS, NEVER

STOP = {"announced": "2018-02-01", "effective": "2018-03-01", "actor": "china",
        "targets": ["us"], "kind": "materials"}  # fmt: skip


def two_blocs(months):
    return Blocs.allocate(bloc=2, channel=len(CHANNELS), month=months)


def felt(months, cut=0.8, leak=0.5, stock=4.0, substitution=60.0, elasticity=0.6, cost=0.01,
         criticality=0.1):  # fmt: skip
    """Return what a bloc cut off from a share of the world's supply bears, month by month."""
    blocs = two_blocs(months)
    blocs.withheld[:, 1, 0] = 1.0
    blocs.exchange[:] = 1.0
    blocs.materials_share[:] = 0.0, cut
    group = rules.Materials(
        leak=leak, stock=stock, substitution=substitution, elasticity=elasticity, cost_share=cost,
        criticality=criticality,
    ).face()  # fmt: skip
    seen = []
    for month in range(months):
        rules._bear_shortage(month, group, blocs.face)
        seen.append((blocs.short[0], blocs.replaced[0], blocs.dearer[0], blocs.made[0]))
        assert blocs.short[1] == 0.0 and blocs.dearer[1] == blocs.made[1] == 1.0
    return np.array(seen)


def test_what_is_felt_is_its_closed_form():
    seen = felt(30)
    t = np.arange(1, 31)
    short = 0.4 * (1.0 - (1.0 - 1.0 / 4.0) ** t)
    replaced = 1.0 - (1.0 - 0.8 / 60.0) ** t
    lost = short * (1.0 - replaced)
    assert np.allclose(seen[:, 0], short) and np.allclose(seen[:, 1], replaced)
    assert np.allclose(seen[:, 2], 1.0 + 0.01 * ((1.0 - lost) ** (-1.0 / 0.6) - 1.0))
    assert np.allclose(seen[:, 3], (1.0 - lost) ** 0.1)


def test_limits():
    assert (felt(12, leak=1.0)[:, 2:] == 1.0).all()
    assert (felt(12, criticality=0.0)[:, 3] == 1.0).all()
    assert (felt(12, cost=0.0)[:, 2] == 1.0).all()
    assert felt(200, substitution=1.0)[-1, 3] == pytest.approx(1.0)


def test_without_acts_and_hazard_nothing_happens(small, constants):
    one, two = (
        small("ban_no_response", constants=constants, materials__cost_share=cost).run()
        for cost in (0.0, 1.0)
    )
    assert content_digest(tables_of(one.fixed, one.state, one.record)) == content_digest(
        tables_of(two.fixed, two.state, two.record)
    )
    assert (two.state.blocs.dearer == 1.0).all() and (two.state.blocs.answered == NEVER).all()


def stopped(small, constants, **changes):
    return small("no_ban", constants=constants, controls__rules=[STOP], **changes).run()


@pytest.mark.parametrize(
    ("name", "values"),
    [("leak", (1.0, 0.6, 0.2)), ("criticality", (0.0, 0.2, 0.5)), ("elasticity", (50.0, 0.6, 0.2)),
     ("cost_share", (0.0, 0.02, 0.05)), ("stock", (40.0, 5.0, 1.0)),
     ("substitution", (2.0, 24.0, 1000.0))],
)  # fmt: skip
def test_every_strength_moves_what_chips_cost_or_how_many_are_made(name, values, small, constants):
    worlds = [
        stopped(small, constants, **{"materials__cost_share": 0.05, f"materials__{name}": value})
        for value in values
    ]
    leader = worlds[0].fixed.inputs.bloc_index("us")
    made = [w.state.blocs.made[leader] for w in worlds]
    dearer = [w.state.blocs.dearer[leader] for w in worlds]
    if name in ("leak", "criticality", "stock", "substitution"):
        assert made[0] > made[1] > made[2]
    if name != "criticality":
        assert dearer[0] < dearer[1] < dearer[2]
    chips = [w.state.supply.produced.sum() for w in worlds]
    if name in ("leak", "criticality"):
        assert chips[0] > chips[1] > chips[2]


def test_the_price_of_its_vendors_chips_rises_and_nobody_elses(small, constants):
    world = stopped(small, constants, materials__cost_share=0.05)
    state, supply = world.state, world.state.supply
    ratio = supply.markup / supply.pressure
    home = np.where(supply.vendor >= 0, state.vendors.bloc[supply.vendor], -1)
    leader = world.fixed.inputs.bloc_index("us")
    assert (ratio[home == leader] == pytest.approx(state.blocs.dearer[leader])) and (
        state.blocs.dearer[leader] > 1.0
    )
    assert (ratio[home != leader] == 1.0).all()


def test_an_answer_comes_by_chance_to_those_whose_acts_bind(small, constants, bar):
    bans = {"controls__rules": [bar("2018-07-01")]}
    never = small("no_ban", constants=constants, **bans).run()
    at_once = small("no_ban", constants=constants, **bans, materials__hazard=1.0).run()
    blocs, inputs = at_once.state.blocs, at_once.fixed.inputs
    leader, follower = inputs.bloc_index("us"), inputs.bloc_index("china")
    assert (never.state.blocs.answered == NEVER).all()
    first = inputs.calendar.index(2018, 7)
    assert blocs.answered[follower, leader] == first
    others = np.ones_like(blocs.answered, bool)
    others[follower, leader] = False
    assert (blocs.answered[others] == NEVER).all()
    half = small("no_ban", constants=constants, **bans, materials__hazard=1.0,
                 materials__part=0.5).run()  # fmt: skip
    assert half.state.blocs.short[leader] == pytest.approx(0.5 * blocs.short[leader])


def test_the_wait_for_an_answer_is_geometric():
    waits = []
    blocs = two_blocs(200)
    blocs.ordinal[:] = 0, 1
    blocs.provoked[:, 0, 1] = True
    for run in range(4000):
        blocs.answered[:] = NEVER
        for month in range(200):
            draws = np.uint64(run * 1_000_003 + month * 7919)
            rules._retaliate(draws, month, 0.2, blocs.face)
        waits.append(blocs.answered[0, 1])
    assert np.mean(waits) == pytest.approx(4.0, abs=4.0 * math.sqrt(20.0) / math.sqrt(4000))


def test_materials_cost_more_and_are_not_earned(small, constants):
    plain = small("no_ban", constants=constants).run()
    dear = stopped(small, constants, materials__cost_share=0.05, materials__criticality=0.0)
    kept = dear.parameters.supply.margin / dear.parameters.fleets.overhead
    series = dear.record.series
    leader = dear.fixed.inputs.bloc_index("us")
    assert series["vendor_profit"][-1, leader] == pytest.approx(
        series["vendor_revenue"][-1, leader] * kept / dear.state.blocs.dearer[leader]
    )
    assert series["vendor_profit"][-12:, leader].sum() < plain.record.series["vendor_profit"][
        -12:, leader
    ].sum() * (1.0 + 1e-9)
