"""Known answers in limits where discovery and spillover can be worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from model.mechanisms.ideas.spillover import spillover
from model.setup.idea_catalogue import LARGEST, LAWS, mean_of, scale_of
from tests.channels import BESIDE_TALK, plain_world
from tests.seekers import Seekers, equal_sizes

ARRIVAL, DIFFICULTY, YEARS = 100.0, 0.8, 10  # finds a year of all firms, 1/OOM


def shared(firms, window, seed):
    """Return what firms that share every find at once know after ten years, OOM."""
    seekers = Seekers(firms, window, equal_sizes(), seed)
    for month in range(12 * YEARS):
        rate = ARRIVAL / 12.0 / firms * np.exp(-DIFFICULTY * seekers.level)
        seekers.month(month, rate)
        seekers.bits[:] = np.bitwise_or.reduce(seekers.bits, axis=0)
        seekers.count[:] = seekers.held()[0].sum()
        seekers.level[:] = 0.01 * seekers.count
    return float(seekers.level[0])


def test_what_is_fully_shared_depends_neither_on_reach_nor_on_the_number_of_firms():
    closed = math.log(1.0 + DIFFICULTY * ARRIVAL * 0.01 * YEARS) / DIFFICULTY
    for firms in (5, 40):
        for window in (50, 200):
            known = np.mean([shared(firms, window, seed) for seed in range(1, 9)])
            assert abs(known - closed) < 0.1, (firms, window)


def test_an_entrant_that_knows_nothing_hardly_moves_what_is_known():
    def union(entrant):
        seekers = Seekers(21, 50, equal_sizes())
        for month in range(72):
            rate = np.full(21, 1.5)
            rate[20] = 1.5 if entrant and month >= 60 else 0.0
            seekers.month(month, rate)
        return 0.01 * seekers.held().any(axis=0).sum(), seekers.count[20]

    (without, nothing), (with_it, something) = union(False), union(True)
    assert nothing == 0 and something > 5
    assert abs(with_it - without) < 0.05


def test_ideas_of_half_the_size_that_come_twice_as_often_are_worth_the_same(small, constants):
    """At one reach in OOM; contacts double by themselves, since flows are given in OOM."""
    twice = replace(constants, arrival=2.0 * constants.arrival)
    levels = np.zeros(2)
    for seed in (1, 2, 3, 4):
        for k, (given, size) in enumerate(((constants, 0.01), (twice, 0.005))):
            world = small(
                constants=given, rng=seed, discovery__mean_size=size, economy__end="2022-12"
            ).run()
            levels[k] += np.mean(world.record.series["algorithms_mean"][-1][:2]) / 4
    assert levels.min() > 0.5
    assert abs(levels[1] - levels[0]) < 0.15


def test_print_and_talk_together_give_the_closed_form_of_bass(small):
    """One idea: outside influence p is the hazard of reading, inside influence q talk, a month.

    Slow, so that steps of a month are close to the continuous time of the closed form.
    """
    p, q, months = 0.01, 0.06, 100
    given = {
        "spillover__strength": 1.0,
        "spillover__proximity_flow": q * 12.0 * 0.01,
        "spillover__publication_hazard": p,
        **{f"spillover__{name}": 0.0 for name in BESIDE_TALK},
    }
    share = np.zeros(months + 1)
    for seed in range(3):
        world, knowledge, rows = plain_world(small, seed, **given)
        knowledge.pool[0, 0] = np.uint64(1)
        for month in range(1, months + 1):
            spillover(world.fixed, world.state)
            world.state.month += 1
            share[month] += knowledge.count[rows].mean() / 3
    gone = np.exp(-(p + q) * np.arange(months + 1))
    assert share[-1] > 0.9
    assert np.abs(share - (1.0 - gone) / (1.0 + q / p * gone)).max() < 0.05


# --- laws of the sizes of ideas


@pytest.mark.parametrize("law", LAWS)
def test_every_law_of_sizes_has_the_mean_asked_for(law):
    assert mean_of(law, scale_of(law)) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_sizes_follow_their_law(law, small):
    tables = [
        small(rng=seed, discovery__sizes=law, economy__end="2030-12").state.knowledge[0].size
        for seed in range(1, 9)
    ]
    size = np.concatenate(tables) / 0.01
    assert size.min() > 0.0 and size.max() <= LARGEST
    assert abs(size.mean() - 1.0) < 4.0 * size.std() / math.sqrt(size.size)
    middle = {"exponential": math.log(2.0), "lognormal": 1.0, "pareto": math.sqrt(2.0)}
    assert np.median(size) == pytest.approx(middle[law] * scale_of(law), rel=0.08)


def test_the_tail_of_sizes_is_heavier_from_law_to_law():
    scales = {law: scale_of(law) for law in LAWS}
    beyond = {
        "exponential": math.exp(-10.0),
        "lognormal": 0.5 * math.erfc(math.log(10.0 / scales["lognormal"]) / math.sqrt(2.0)),
        "pareto": (scales["pareto"] / 10.0) ** 2.0,
    }
    assert [*sorted(beyond, key=beyond.__getitem__)] == list(LAWS)
    assert beyond["exponential"] < 1e-4 < 1e-3 < beyond["lognormal"]
