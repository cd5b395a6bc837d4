"""Channels one by one: what each carries, from whom to whom, and what it costs to learn."""

import copy
import math
from typing import Any

import numpy as np
import pytest

from model.core.errors import InputError
from model.economy import World
from model.measure.accounts import CLOSED, LAWS
from model.mechanisms.ideas import spillover as spillover_rules
from model.month import MONTH
from model.scenario import load
from model.setup.baseline import resolve
from model.state.codes import (
    COLLABORATION,
    LAB_FIELDS,
    MOBILITY,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
)
from tests.channels import FLOWS, LONG, altered, busy, by_channel, flow, held, learned, only
from tests.worlds import SMALL, texts, with_parameters

EVERY = pytest.mark.parametrize("channel", FLOWS, ids=lambda c: FLOWS[c][0])
BEFORE, AFTER = "discovery", "spillover"


@pytest.fixture(scope="module")
def busy_world(small):
    return busy(small)


# --- each channel


@EVERY
def test_a_channel_without_flow_is_gone_and_leaves_the_draws_of_others(channel, busy_world):
    """Others carry what they carried, and what both had offered and the channel was credited."""
    off = learned(*altered(busy_world, **flow(channel, 0.0)))
    on = learned(*altered(busy_world, **flow(channel, FLOWS[channel][1])))
    assert not any(how == channel for how, _ in off.values())
    carried = {key for key, (how, _) in on.items() if how == channel}
    assert len(carried) > 10
    rest = {key: value for key, value in on.items() if key not in carried}
    assert {key: off[key] for key in rest} == rest
    assert off.keys() - rest.keys() <= carried


@EVERY
def test_one_channel_alone_carries_and_the_others_do_not(channel, small, constants):
    phases = MONTH.without("demography")  # labs that enter read what is in print
    carried = by_channel(small(constants=constants, phases=phases, **only(channel)).run())
    assert carried[channel] > 100
    assert carried[list(FLOWS)].sum() == carried[channel]


def test_without_any_flow_the_phase_can_be_left_out(small, constants):
    nothing = {name: value for one in FLOWS for name, value in flow(one, 0.0).items()}
    nothing["places__basic_discoveries"] = (
        0.0  # universities read print, which is part of the phase
    )
    phases = MONTH.without("demography")
    mute = small(constants=constants, phases=phases, **nothing).run()
    alone = small(constants=constants, phases=phases.without("spillover"), **nothing).run()
    for one, other in zip(mute.state.knowledge, alone.state.knowledge, strict=True):
        assert np.array_equal(one.bits, other.bits)
    for name, series in mute.record.series.items():
        if name != "ideas_published":  # nobody reads them
            assert np.array_equal(series, alone.record.series[name], equal_nan=True), name


# Eight worlds at three strengths each: one channel every day, the others in make verify.
@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(
            channel,
            marks=() if channel == PROXIMITY else pytest.mark.slow,
            id=name,
        )
        for channel, (name, *_) in FLOWS.items()
    ],
)
def test_a_stronger_flow_carries_more_and_moves_an_outcome(channel, small, constants):
    """From none to the top of its prior, with common random numbers; every channel matters."""
    shares, follower = [], []
    # Hires come in uneven numbers, so that mobility needs more worlds to stand out from chance.
    worlds = 24 if channel == MOBILITY else 8
    strongest = FLOWS[channel][1]
    for value in (0.0, strongest / 4.0, strongest):
        carried, total, level = 0, 0, []
        for seed in range(1, 9 if 0.0 < value < strongest else worlds + 1):
            world = small(constants=constants, rng=seed, **LONG, **flow(channel, value)).run()
            counts = by_channel(world)
            carried, total = carried + counts[channel], total + counts.sum()
            level.append(world.latest("algorithms_follower"))
        shares.append(carried / total)
        follower.append(np.array(level))
    assert shares[0] < shares[1] < shares[2]
    assert (shares[0] == 0.0) == (channel != PUBLICATION)  # labs that enter read
    moved = follower[2] - follower[0]
    assert moved.mean() > 0.05
    assert moved.mean() > 2.0 * moved.std(ddof=1) / math.sqrt(moved.size)


def test_more_supplier_contacts_than_can_be_drawn_are_refused(small, constants):
    with pytest.raises(InputError, match=r"contacts in 20\d\d-\d\d"):
        small(constants=constants, spillover__strength=10.0, spillover__supplier_flow=10.0).run()


def test_firms_that_grow_beyond_the_most_contacts_go_on(small, constants, monkeypatch):
    world = small(constants=constants).run("2018-02")
    world.fixed = with_parameters(
        world, spillover__strength=20.0, spillover__collaboration_flow=50.0
    )
    world.step()  # after the first year growth is the cause, and contacts are capped
    assert world.last_month == "2018-03"
    monkeypatch.setattr(spillover_rules, "FIRST", 1000)
    with pytest.raises(InputError, match="contacts in 2018-04"):
        world.step()


# --- who learned what from whom


@pytest.mark.parametrize("scenario", ["no_ban", "mirror"])
def test_records_of_learning_agree_with_the_counts_and_with_the_ideas_held(scenario, small):
    world = small(scenario, constants=small(scenario).fixed.constants, spillover__strength=0.8)
    start: list[Any] = []
    seen = np.zeros(len(FLOWS) + 2, np.int64)

    def snapshot(fixed, state):
        start[:] = [copy.deepcopy(state.knowledge), state.open_bits.copy(), state.acquired.copy()]

    def check(fixed, state):
        knowledge, open_bits, acquired = start
        for number, now in enumerate(state.knowledge):
            before, record = knowledge[number], state.learned[number]
            learner, source = before.at[record.learner], before.at[record.source]
            named = record.source >= 0
            assert np.array_equal(named, record.channel != PUBLICATION)
            assert (record.learner != record.source).all()
            # each once, new to who learns it, held since
            pairs = np.stack([record.learner, record.idea])
            assert np.unique(pairs, axis=1).shape == pairs.shape
            assert not held(before.bits, learner, record.idea).any()
            assert held(now.bits, learner, record.idea).all()
            assert now.count.sum() - before.count.sum() == record.idea.size
            # held by who passed it on, at the phase's start; out of models, when these were begun
            assert held(before.bits, source[named], record.idea[named]).all()
            of_models = record.channel == OPEN_WEIGHTS
            lab = state.firms.lab[record.source[of_models]]
            assert (lab >= 0).all() and held(open_bits, lab, record.idea[of_models]).all()
            in_print = np.bitwise_or.reduce(before.pool, axis=0)[None, :]
            read = record.idea[record.channel == PUBLICATION]
            assert held(in_print, np.zeros(read.size, np.int64), read).all()
            # counted by channel and blocs
            counted = state.acquired[number] - acquired[number]
            blocs = state.firms.bloc
            expected = np.zeros_like(counted)
            np.add.at(
                expected,
                (record.channel[named], blocs[record.source[named]], blocs[record.learner[named]]),
                1,
            )
            expected[PUBLICATION] = counted[PUBLICATION]
            assert np.array_equal(counted, expected)
            to = np.bincount(blocs[record.learner[~named]], minlength=counted.shape[1])
            assert np.array_equal(counted[PUBLICATION].sum(axis=0), to)
            seen[:] += np.bincount(record.channel, minlength=seen.size)

    world.phases = MONTH.with_after(BEFORE, snapshot).with_after(AFTER, check)
    world.run()
    assert (seen[list(FLOWS)] > 50).all()


def test_all_accounts_close_with_all_channels_wide_open(small, constants):
    wide = {name: v for c in FLOWS for name, v in flow(c, FLOWS[c][1]).items()}
    world = small("ban", constants=constants, strict=True, **LONG, **wide).run()
    world.state.month -= 1
    for name in ("ideas_counted", "knowledge_summed", "first_discoveries"):
        assert LAWS[name](world.fixed, world.state) <= CLOSED


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_exchange_weakens_every_channel_between_blocs_and_zero_cuts_it(share, small, constants):
    full, less = (
        small(constants=constants, exchange__between_blocs=value, spillover__strength=0.6)
        .run()
        .record.acquired.sum(axis=(0, 1))
        for value in (1.0, share)
    )
    for channel in FLOWS:
        home, abroad = (np.trace(x[channel]) for x in (full, less))
        assert home > 0 and abroad > 0
        across = [1.0 - np.trace(x[channel]) / x[channel].sum() for x in (full, less)]
        assert across[0] > 0.0
        assert across[1] == 0.0 if share == 0.0 else across[1] < across[0]


def given_fleets(fixed, state):
    """Stand in for the market: fleets by rank, that grow."""
    labs, buyers = state.labs, state.buyers
    labs.effective[:] = 1e15 * 10.0 ** (0.04 * state.month) / labs.rank
    for column in (buyers.effective, buyers.free_effective):
        column[: labs.rank.size] = labs.effective
    for column in (buyers.gain, buyers.free_gain, state.blocs.rented, state.blocs.free_rented):
        column[:] = 1.0
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number]
        knowledge.compute[:] = 1e13
        knowledge.compute[labs.member[:, number]] = 0.25 * labs.effective


@pytest.mark.parametrize("alone", ["us", "china"])
def test_blocs_without_exchange_learn_as_if_each_were_alone(alone):
    size = texts(SMALL, economy__firms=300, economy__end="2021-12")
    wide = ["spillover.strength=0.6", "training.distillation_loss=0.1", "protection.leader=0.4"]
    closed = [*size, *wide, "exchange.between_blocs=0.0", "exchange.since=1990-01"]
    phases = MONTH.with_replaced("fleets", given_fleets)
    # Without recorded chips nobody can tell what serving users costs: no market, and no returns.
    for gone in ("supply", "domestic", "purchases", "market", "appropriability"):
        phases = phases.without(gone)
    scenarios = [
        load("no_ban", [*closed, f"economy.blocs={blocs}"])
        for blocs in ('["us", "china"]', f'["{alone}"]')
    ]
    constants = resolve(load("no_ban", size).parameters)
    worlds = [World(s, rng=5, constants=constants, phases=phases).run() for s in scenarios]
    pair, single = (world.state for world in worlds)
    row = worlds[0].fixed.inputs.bloc_index(alone)
    together, apart = (world.record.acquired for world in worlds)
    learning = together[:, :, PROXIMITY:]
    assert np.array_equal(learning[:, :, :, row, row], apart[:, :, PROXIMITY:, 0, 0])
    assert (learning.sum(axis=(0, 1))[:, row, row] > 20).all()
    assert not learning[:, :, :, [0, 1], [1, 0]].any()
    for both, one in zip(pair.knowledge, single.knowledge, strict=True):
        here = pair.firms.bloc[both.row] == row
        assert np.array_equal(both.bits[here], one.bits)
        assert np.array_equal(both.busy[here], one.busy)
    mine = [m for m in pair.models if pair.labs.bloc[m.lab] == row]
    assert [m.capability for m in mine] == [m.capability for m in single.models]
    assert any(m.base_open is False for m in single.models)


# --- movers and partners


def moves(world):
    """Run a world; return the numbers of ideas a firm learned from one employer in a month."""
    sizes: list[int] = []

    def count(world):
        record = world.state.learned[0]
        here = record.channel == MOBILITY
        pairs = np.stack([record.learner[here], record.source[here]])
        sizes.extend(np.unique(pairs, axis=1, return_counts=True)[1])

    world.run(each=count)
    return np.array(sizes)


def test_who_is_hired_brings_several_ideas_of_one_employer(small, constants):
    common = {"constants": constants, "economy__firms": 400, **LONG}
    one, three = (moves(small(spillover__ideas_a_move=n, **common)) for n in (1, 3))
    assert one.mean() < 1.1  # two hires of one month, from one firm
    assert three.mean() > 1.5
    assert set(np.unique(three)) >= {1, 2, 3}
    # the flow is that of all ideas; some of those brought together are one and the same
    assert three.sum() == pytest.approx(one.sum(), rel=0.2)
    assert three.size < 0.6 * one.size


def test_hires_come_from_near_and_from_abroad_as_stated(small, constants):
    def across(**changes):
        world = small(constants=constants, spillover__strength=0.6, **LONG, **changes).run()
        total = world.record.acquired.sum(axis=(0, 1))[MOBILITY]
        return 1.0 - np.trace(total) / total.sum()

    found = [across(spillover__moves_abroad=share) for share in (0.0, 0.1, 0.5)]
    assert found[0] == 0.0
    assert found == sorted(found) and found[2] > 0.3


@pytest.mark.parametrize("elsewhere", [0.0, 1.0])
def test_the_weight_of_the_rest_of_the_bloc_in_hiring(elsewhere, small, constants):
    given = {"spillover__moves_elsewhere": elsewhere, "spillover__strength": 0.6}
    world = small(constants=constants, economy__firms=600, **only(MOBILITY), **given)
    inside = []

    def count(world):
        record, firms = world.state.learned[0], world.state.firms
        home = firms.bloc[record.learner] == firms.bloc[record.source]
        inside.extend(firms.cluster[record.learner[home]] == firms.cluster[record.source[home]])

    world.run("2018-12", each=count)
    assert len(inside) > 300
    assert all(inside) if elsewhere == 0.0 else np.mean(inside) < 0.6


def test_who_has_learned_from_a_partner_meets_it_again(small, constants):
    repeats = []
    for memory in (0.0, 0.5, 0.95):
        given = {"spillover__partner_memory": memory, "economy__firms": 400}
        world = small(constants=constants, **LONG, **given, **flow(COLLABORATION, 0.3))
        known: set[tuple[int, int]] = set()
        again = total = 0

        def count(world, known=known):
            nonlocal again, total
            record = world.state.learned[0]
            here = record.channel == COLLABORATION
            met = set(zip(record.learner[here].tolist(), record.source[here].tolist(), strict=True))
            again, total = again + len(met & known), total + len(met)
            known |= met

        world.run(each=count)
        assert total > 500
        repeats.append(again / total)
    assert repeats[0] < repeats[1] < repeats[2]
    assert repeats[2] > 1.5 * repeats[0]


def test_only_partners_who_taught_something_are_remembered(small, constants):
    state = small(constants=constants, **LONG).run().state
    for knowledge in state.knowledge:
        partner = knowledge.partner
        assert (partner != np.arange(knowledge.row.size)[:, None]).all()
        assert (partner[partner >= 0] < knowledge.row.size).all() and (partner >= 0).any()
    mute = small(constants=constants, **LONG, **flow(COLLABORATION, 0.0)).run().state
    assert all((knowledge.partner == -1).all() for knowledge in mute.knowledge)
