"""Ideas pass on only through channels, from who holds them, once; known curves in known limits."""

import math

import numpy as np
import pytest

from model.core.errors import InputError
from model.mechanisms.ideas.spillover import spillover
from model.month import MONTH
from model.state.codes import (
    CHANNELS,
    DISCOVERED,
    LAB_FIELDS,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    REDISCOVERED,
)
from tests.channels import BESIDE_TALK, PLAIN, plain_world

MUTE = {"spillover__strength": 0.0, "spillover__publication_hazard": 0.0}
# Only firms discover ideas.
FIRMS_ALONE = {"places__basic_discoveries": 0.0, "release__contributions": 0.0}


def held(knowledge):
    return np.unpackbits(knowledge.bits.view(np.uint8), axis=1, bitorder="little").astype(bool)


def by_channel(world):
    return world.record.acquired.sum(axis=(0, 1, 3, 4))


def same_bits(one, other):
    return all(
        np.array_equal(a.bits, b.bits)
        for a, b in zip(one.state.knowledge, other.state.knowledge, strict=True)
    )


# --- channels


@pytest.mark.parametrize(
    "fields", [slice(0, 1), slice(1, 2), slice(2, 3)], ids=["algorithms", "systems", "products"]
)
def test_every_channel_of_a_field_carries_ideas(fields, finished):
    total = finished("no_ban").record.acquired[:, fields].sum(axis=(0, 1, 3, 4))
    open_models_teach = fields.start == 0
    assert (np.delete(total, OPEN_WEIGHTS) > 0).all()
    assert (total[OPEN_WEIGHTS] > 0) == open_models_teach


def test_without_strength_and_hazard_it_is_as_if_there_were_no_phase(small, constants):
    # labs that enter read what is in print, which the phase puts there: nobody publishes here
    alone = small(constants=constants, phases=MONTH.without("spillover"), **MUTE, **FIRMS_ALONE)
    mute = small(constants=constants, **MUTE, **FIRMS_ALONE)
    loud = small(constants=constants)
    for world in (alone, mute, loud):
        world.state.firms.publishes[:] = 0.0
        world.run()
    assert not by_channel(mute)[PROXIMITY:].any()
    assert same_bits(alone, mute)
    for name, series in alone.record.series.items():
        assert np.array_equal(series, mute.record.series[name], equal_nan=True), name
    assert not same_bits(alone, loud)


@pytest.mark.parametrize(
    ("channel", "off"),
    [
        (PROXIMITY, {"spillover__proximity_flow": 0.0}),
        (OPEN_WEIGHTS, {"spillover__open_weights_flow": 0.0}),
        (PUBLICATION, {"spillover__publication_hazard": 0.0}),
    ],
)
def test_a_channel_without_flow_carries_nothing_and_the_others_go_on(
    channel, off, small, constants
):
    world = small(constants=constants, phases=MONTH.without("demography"), **off).run()
    carried = by_channel(world)
    assert carried[channel] == 0
    assert (np.delete(carried, channel) > 0).all()


def test_labs_that_enter_know_what_is_in_print_and_nothing_else(small):
    world = small(economy__labs=40, economy__firms=160, **MUTE)
    fixed, state = world.fixed, world.state
    entered = 0
    while state.month < fixed.inputs.calendar.months:
        known = [knowledge.pool.copy() for knowledge in state.knowledge]
        coming = np.flatnonzero(state.labs.founded == state.month)
        if state.month > 0:
            for lab in coming:
                assert not any(
                    state.knowledge[f].count[state.labs.member[lab, f]] for f in LAB_FIELDS
                )
        world.step()
        for lab in coming if state.month > 1 else ():
            for field in LAB_FIELDS:
                knowledge = state.knowledge[field]
                bits = knowledge.bits[state.labs.member[lab, field]]
                print_of_all = np.bitwise_or.reduce(knowledge.pool, axis=0)
                assert np.array_equal(bits, print_of_all)
                assert not (np.bitwise_or.reduce(known[field], axis=0) & ~bits).any()
            entered += 1
    assert entered > 0


# --- what can be learned, and how often


@pytest.mark.parametrize("scenario", ["no_ban", "ban", "mirror"])
def test_sums_over_channels_are_the_ideas_held(scenario, finished):
    world = finished(scenario)
    acquired = world.record.acquired.sum(axis=(0, 2, 3))  # field x target bloc
    for field, knowledge in enumerate(world.state.knowledge):
        bloc = world.state.firms.bloc[knowledge.row]
        count = np.bincount(bloc, knowledge.count, len(world.fixed.inputs.blocs))
        assert np.array_equal(acquired[field], count)
        assert np.array_equal(knowledge.count, held(knowledge).sum(axis=1))


def test_first_finds_are_the_ideas_known(finished):
    world = finished("no_ban")
    found = world.record.acquired.sum(axis=(0, 3, 4))
    for field, knowledge in enumerate(world.state.knowledge):
        assert found[field, DISCOVERED] == (knowledge.first_firm >= 0).sum()
        assert found[field, DISCOVERED] + found[field, REDISCOVERED] == knowledge.discoveries.sum()


def test_own_ideas_are_never_lost(small):
    world = small()
    before = [knowledge.bits.copy() for knowledge in world.state.knowledge]

    def watch(world):
        for old, knowledge in zip(before, world.state.knowledge, strict=True):
            assert not (old & ~knowledge.bits).any()
            old[:] = knowledge.bits

    world.run(each=watch)
    assert all(bits.any() for bits in before)


def test_nobody_learns_what_nobody_holds(small, constants):
    world = small(constants=constants, spillover__strength=20.0)

    def watch(world):
        for knowledge in world.state.knowledge:
            known = held(knowledge).any(axis=0)[: knowledge.size.size]
            # What universities or developers found stands in print before a firm holds it.
            assert not (known & (knowledge.first_month < 0)).any()
            assert known[knowledge.first_firm >= 0].all()

    world.run(each=watch)
    still = {k: v for k, v in PLAIN.items() if k.startswith("discovery")}
    nothing = small(**still, **FIRMS_ALONE).run()
    assert not nothing.record.acquired.any()


def test_without_exchange_nothing_crosses(small):
    acquired = small(exchange__between_blocs=0.0).run().record.acquired.sum(axis=(0, 1))
    for channel, name in enumerate(CHANNELS):
        assert np.array_equal(acquired[channel], np.diag(np.diag(acquired[channel]))), name
    assert np.diag(acquired[PROXIMITY]).sum() > 0


def test_leader_and_follower_alone_can_be_cut_apart(small, constants):
    world = small(constants=constants, exchange__leader_and_follower=0.0).run()
    total = world.record.acquired.sum(axis=(0, 1, 2))
    assert total[0, 1] == total[1, 0] == 0
    assert (total[[0, 1, 2, 2], [2, 2, 0, 1]] > 0).all()


def test_who_does_no_research_understands_nothing(small, constants):
    # a lab's team counts as it is; 1e4 researchers needed: next to nothing passes
    common = {"constants": constants, "phases": MONTH.without("demography")}
    dull = small(spillover__team_for_absorption=1e4, **common).run()
    bright = small(spillover__team_for_absorption=0.01, **common).run()
    learned = [by_channel(world)[PROXIMITY:].sum() for world in (dull, bright)]
    assert learned[0] < 0.05 * learned[1]


def test_what_lies_far_beyond_is_not_understood(small, constants):
    shallow = small(constants=constants, spillover__depth_scale=0.01, discovery__reach=0.02)
    deep = small(constants=constants, spillover__depth_scale=1e6, discovery__reach=0.02)
    learned = [by_channel(world.run())[PROXIMITY] for world in (shallow, deep)]
    assert learned[0] < 0.9 * learned[1]


def test_more_contacts_than_can_be_made_are_refused(small, constants):
    flood = {"spillover__strength": 20.0, "spillover__proximity_flow": 50.0}
    with pytest.raises(InputError, match=r"contacts.*20\d\d-\d\d"):
        small(constants=constants, **flood).run()


@pytest.mark.parametrize("lag", [1, 6, 11])
def test_discoveries_are_published_after_the_lag_and_not_before(lag, small, constants):
    world = small(constants=constants, spillover__publication_lag=lag, **FIRMS_ALONE)
    world.state.firms.publishes[:] = 1.0
    found = []

    def watch(world):
        state = world.state
        found.append([ideas[ideas >= 0] for _, ideas in state.discoveries])
        ended = state.month - 1
        for field, knowledge in enumerate(state.knowledge):
            in_print = np.unpackbits(
                np.bitwise_or.reduce(knowledge.pool, axis=0).view(np.uint8), bitorder="little"
            )
            due = [month[field] for month in found[: max(0, ended - lag + 1)]]
            expected = np.unique(np.concatenate(due)) if due else np.empty(0, int)
            assert np.array_equal(np.flatnonzero(in_print), expected)

    world.run("2018-06", each=watch)
    published = world.record.series["ideas_published"][:18].sum(axis=1)
    assert not published[:lag].any() and published[lag:].any()


def test_strength_raises_what_is_learned_and_moves_outcomes(small, constants):
    shares, outcomes = [], []
    for strength in (0.0, 0.2, 1.0):
        learned = total = 0
        moved = np.zeros(3)
        for seed in (1, 2, 3):
            world = small(constants=constants, spillover__strength=strength, rng=seed).run()
            learned += by_channel(world)[[PROXIMITY, OPEN_WEIGHTS]].sum()
            total += by_channel(world).sum()
            found = world.outcomes()
            moved += [found[n][-1] / 3 for n in ("gap", "algorithms_follower", "frontier")]
        shares.append(learned / total)
        outcomes.append(moved)
    assert shares[0] == 0.0 and shares[0] < shares[1] < shares[2]
    assert np.abs(outcomes[2] - outcomes[0]).max() > 0.05
    assert outcomes[2][1] > outcomes[1][1] > outcomes[0][1]


# --- known curves


def talk(contacts):
    """Return the parameters with which a firm meets ``contacts`` others a month."""
    return {
        "spillover__strength": 1.0,
        "spillover__proximity_flow": contacts * 12.0 * 0.01,
        "spillover__publication_hazard": 0.0,
        **{f"spillover__{name}": 0.0 for name in BESIDE_TALK},
    }


def test_one_idea_in_one_well_mixed_channel_spreads_as_a_logistic(small):
    contacts, months, first = 0.1, 70, 0.05
    share = np.zeros(months + 1)
    for seed in range(3):
        world, knowledge, rows = plain_world(small, seed, **talk(contacts))
        start = np.random.default_rng(seed).choice(rows, int(first * rows.size), replace=False)
        knowledge.bits[start, 0] = 1
        knowledge.count[start] = 1
        share[0] += start.size / rows.size / 3
        for month in range(1, months + 1):
            spillover(world.fixed, world.state)
            world.state.month += 1
            share[month] += knowledge.count[rows].sum() / rows.size / 3
    odds = share[0] / (1.0 - share[0]) * np.exp(contacts * np.arange(months + 1))
    assert rows.size > 300
    assert share[-1] > 0.9
    assert np.abs(share - odds / (1.0 + odds)).max() < 0.05


@pytest.mark.parametrize("hazard", [0.01, 0.2])
def test_a_constant_outside_source_gives_the_exponential_curve(hazard, small):
    mute_but_print = {"spillover__strength": 0.0, "spillover__publication_hazard": hazard}
    world, knowledge, rows = plain_world(small, 4, **mute_but_print)
    ideas, months = 40, 30
    knowledge.pool[0, 0] = np.uint64((1 << ideas) - 1)
    for month in range(1, months + 1):
        spillover(world.fixed, world.state)
        world.state.month += 1
        read = knowledge.count[rows].mean() / ideas
        expected = 1.0 - math.exp(-hazard * month)
        error = math.sqrt(expected * (1.0 - expected) / (rows.size * ideas))
        assert abs(read - expected) < 5.0 * error
    by_idea = held(knowledge)[rows][:, :ideas].sum(axis=0)
    assert by_idea.std() < 3.0 * math.sqrt(rows.size * 0.25)


@pytest.mark.parametrize("exchange", [0.0, 0.25, 1.0])
def test_foreign_print_is_read_in_proportion_to_exchange(exchange, small):
    given = {**PLAIN, "economy__blocs": ["us", "china"], "exchange__between_blocs": exchange}
    given |= {"spillover__strength": 0.0, "spillover__publication_hazard": 0.05}
    world, knowledge, rows = plain_world(small, 4, **given)
    knowledge.pool[1, 0] = np.uint64((1 << 40) - 1)
    for _ in range(20):
        spillover(world.fixed, world.state)
        world.state.month += 1
    bloc = world.state.firms.bloc[knowledge.row[rows]]
    at_home, abroad = (knowledge.count[rows[bloc == b]].mean() / 40 for b in (1, 0))
    assert at_home == pytest.approx(1.0 - math.exp(-1.0), abs=0.015)
    assert abroad == pytest.approx(1.0 - math.exp(-exchange), abs=0.015)


def test_talk_across_blocs_falls_with_exchange(small, constants):
    across = []
    for exchange in (0.25, 0.5, 1.0):
        world = small(constants=constants, exchange__between_blocs=exchange).run()
        acquired = world.record.acquired[:, :, PROXIMITY].sum(axis=(0, 1))
        across.append((acquired.sum() - np.trace(acquired)) / acquired.sum())
    assert across == sorted(across)
    assert across[0] < 0.6 * across[2]
