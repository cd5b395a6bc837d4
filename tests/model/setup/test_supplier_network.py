"""Customers and suppliers, and how much more neighbours learn from each other."""

import math

import numpy as np
import pytest

from model.state.codes import COLLABORATION, MOBILITY, PROXIMITY, SUPPLIER
from tests.channels import by_channel, only


@pytest.fixture(scope="module")
def network(small, constants):
    """Links of many firms: their world, one end, the other end."""
    world = small(economy__firms=3000)
    state = world.state
    ends = np.repeat(np.arange(state.firms.key.size), np.diff(state.link_start[:, [0, -1]])[:, 0])
    return world, ends, state.link_to.astype(np.int64)


def test_links_serve_both_ends_and_nobody_alone(network):
    world, one, other = network
    state = world.state
    number = state.firms.key.size
    assert np.array_equal(np.sort(one * number + other), np.sort(other * number + one))
    assert (one != other).all()
    for b in range(len(world.fixed.inputs.blocs)):
        inside = [state.link_to[lo:hi] for lo, hi in state.link_start[:, b : b + 2]]
        assert (state.firms.bloc[np.concatenate(inside)] == b).all()


def test_links_are_as_many_as_stated_and_a_few_firms_have_very_many(network):
    world, one, _ = network
    state = world.state
    degree = np.bincount(one, minlength=state.firms.key.size)
    # 3,000 firms draw some 7,000 links: 1 % random variation, 2 % that of sizes; few are lost
    assert degree.mean() == pytest.approx(world.parameters.spillover.links, rel=0.06)
    assert degree.max() > 5.0 * degree.mean()
    assert degree.std() > 1.5 * math.sqrt(degree.mean())  # by chance alone it would be the root
    large = state.firms.size > np.quantile(state.firms.size, 0.9)
    assert degree[large].mean() > 2.0 * degree[~large].mean()


@pytest.mark.parametrize("links", [0.0, 1.0, 12.0])
def test_the_mean_number_of_links_is_a_parameter(links, small, constants):
    state = small(constants=constants, spillover__links=links).state
    # 120 firms: few links, random variation of a tenth
    tolerance = 3.0 * math.sqrt(2.0 * links / state.firms.key.size) + 0.1 * links
    assert state.link_to.size / state.firms.key.size == pytest.approx(links, abs=tolerance)
    if links == 0.0:
        assert not by_channel(small(constants=constants, spillover__links=0.0).run())[SUPPLIER]


@pytest.mark.parametrize("alone", ["us", "china", "allies"])
def test_links_at_home_do_not_depend_on_who_else_takes_part(alone, small, constants):
    world = small(constants=constants, economy__firms=400)
    single = small(constants=constants, economy__firms=400, economy__blocs=[alone]).state
    whole, row = world.state, world.fixed.inputs.bloc_index(alone)
    firms = np.flatnonzero(whole.firms.bloc == row)
    assert np.array_equal(whole.firms.key[firms], single.firms.key)
    links = 0
    for f, g in zip(firms, range(firms.size), strict=True):
        here = whole.link_to[whole.link_start[f, row] : whole.link_start[f, row + 1]]
        there = single.link_to[single.link_start[g, 0] : single.link_start[g, 1]]
        assert np.array_equal(whole.firms.key[here], single.firms.key[there])
        links += here.size
    assert links > 20


def test_links_are_the_same_for_any_number_of_threads_and_differ_by_seed(small, constants):
    one, four, other = (
        small(constants=constants, **given).state for given in ({}, {"threads": 4}, {"rng": 2})
    )
    assert np.array_equal(one.link_to, four.link_to)
    assert np.array_equal(one.link_start, four.link_start)
    assert not np.array_equal(one.link_start, other.link_start)


@pytest.mark.parametrize("channel", [PROXIMITY, SUPPLIER, MOBILITY, COLLABORATION])
def test_neighbours_learn_from_each_other_more_than_from_those_far_away(channel, small, constants):
    """Odds of own cluster against the rest of the bloc, over those if all were met alike."""
    world = small(constants=constants, economy__firms=600, spillover__strength=0.6, **only(channel))
    near = far = expected = 0.0

    def count(world):
        nonlocal near, far, expected
        state = world.state
        learned, firms, knowledge = state.learned[0], state.firms, state.knowledge[0]
        if not learned.learner.size:
            return
        people = np.zeros(firms.key.size)
        people[knowledge.row] = knowledge.team
        cluster = np.bincount(firms.cluster, people, state.clusters.key.size)
        bloc = np.bincount(firms.bloc, people, len(world.fixed.inputs.blocs))
        home = firms.bloc[learned.learner] == firms.bloc[learned.source]
        one, other = learned.learner[home], learned.source[home]
        inside = firms.cluster[one] == firms.cluster[other]
        near, far = near + inside.sum(), far + (~inside).sum()
        expected += (cluster[firms.cluster[one]] / bloc[firms.bloc[one]]).sum()

    world.run("2018-12", each=count)
    odds = (near / far) / (expected / (near + far - expected))
    assert near + far > 500
    assert odds > 1.2
