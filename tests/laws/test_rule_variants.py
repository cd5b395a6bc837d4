"""Rules that can be chosen: each does what its name says, and the default is the plain one."""

from typing import get_args, get_origin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seekers import blank, members

from model.core.randomness import address, key_of
from model.measure.tables import content_digest, tables_of
from model.mechanisms.ai.market import AiMarket, _choose
from model.mechanisms.ideas import spillover_kernels
from model.mechanisms.ideas.discovery import _invent, _take_turns
from model.parameters import FACTS, GROUPS
from model.state.ai_market import Platforms, Segments
from model.state.blocs import Blocs
from model.state.codes import DISCOVERED, LAB_FIELDS, NEVER, REDISCOVERED

RULES = {  # all parameters that choose a structural rule
    (group, name): get_args(field.annotation)
    for group, kind in GROUPS.items()
    for name, field in kind.model_fields.items()
    if get_origin(field.annotation) is not None
    and all(isinstance(word, str) for word in get_args(field.annotation))
    and not FACTS[group, name].lever
}


def chosen(share, utility, months, looking=1.0, mutation=1e-9):
    """Return shares after some months in which lines stay what they are."""
    blocs, segments = Blocs.allocate(bloc=1, month=1, channel=1), Segments.allocate(segment=1)
    platforms = Platforms.allocate(platform=len(share), bloc=1, segment=1)
    blocs.exchange[:] = platforms.price[:] = segments.spending_power[:] = segments.adopters[:] = 1.0
    platforms.quality[:], platforms.share[:, 0] = utility, share
    weights = AiMarket(
        quality_weight=1.0, reference_capability=0.0, price_weight=1.0, home_bias=0.0,
        network_effect=0.0, nest=0.5, looking_around=looking,
    ).face()  # fmt: skip
    for _ in range(months):
        _choose(mutation, blocs.face, weights, platforms.face, segments.face)
    return platforms.share[:, 0]


@given(st.floats(0.05, 0.95), st.floats(-1.0, 1.0), st.integers(1, 20))
def test_replicators_odds_grow_by_the_difference_of_fitness_a_month(first, better, months):
    """The discrete replicator equation, in closed form for two lines."""
    after = chosen([first, 1.0 - first], [better, 0.0], months)
    odds = first / (1.0 - first) * np.exp(better * months)
    assert after[0] == pytest.approx(odds / (1.0 + odds), rel=1e-5, abs=1e-6)


@given(st.lists(st.floats(0.05, 1.0), min_size=2, max_size=5), st.floats(0.0, 1.0))
def test_equal_lines_keep_their_shares_under_replicator_and_share_alike_under_logit(share, looking):
    share = np.array(share) / np.sum(share)
    utility = np.full(share.size, 0.3)
    assert chosen(share, utility, 5, looking) == pytest.approx(share, abs=1e-6)
    assert chosen(share, utility, 1, 1.0, 0.0) == pytest.approx(np.full(share.size, 1 / share.size))


def test_a_line_that_nobody_uses_comes_in_by_mutation_alone():
    assert chosen([1.0, 0.0], [0.0, 2.0], 10, mutation=1e-9)[1] < 1e-4 * np.exp(20.0) * 1e-4
    assert chosen([1.0, 0.0], [0.0, 2.0], 10, mutation=0.05)[1] > 0.9


def test_with_much_mutation_replicator_is_logit():
    odd = chosen([0.9, 0.1], [0.0, 1.0], 1, mutation=1e6)
    assert odd == pytest.approx(chosen([0.9, 0.1], [0.0, 1.0], 1, mutation=0.0), rel=1e-5)


def absorbed(rule, team=(5.0, 0.0, 20.0), count=(10, 40, 20)):
    firms, knowledge = members(3)
    knowledge.team[:], knowledge.relative_team[:], knowledge.count[:] = team, 1.0, count
    number = spillover_kernels.RULES.index(rule)
    spillover_kernels.absorb(firms.face, knowledge.face, 5.0, 10.0, number)
    return knowledge.absorption


def test_absorption_takes_research_or_knowledge_or_nothing():
    assert absorbed("research") == pytest.approx(1.0 - np.exp([-1.0, 0.0, -4.0]))
    assert absorbed("knowledge").tolist() == [0.25, 0.0, 0.5]
    assert absorbed("none").tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("group", "name", "word"),
    [(*key, word) for key, words in RULES.items() for word in words],
    ids=lambda value: str(value),
)
def test_every_rule_runs_with_closed_books_and_differs_from_the_default(
    group, name, word, small, constants
):
    given = {"ai_market__reference_capability": 22.0, "economy__end": "2020-12"}
    plain, other = (
        small(constants=constants, strict=True, **given, **changes).run()
        for changes in ({}, {f"{group}__{name}": word})
    )
    same = content_digest(tables_of(plain.fixed, plain.state, plain.record)) == content_digest(
        tables_of(other.fixed, other.state, other.record)
    )
    assert same == (word == getattr(getattr(plain.parameters, group), name))


def test_where_every_find_is_new_nobody_finds_what_others_found(small, constants):
    world = small(constants=constants, discovery__ideas="unique", economy__end="2020-12").run()
    found = world.record.acquired[:, list(LAB_FIELDS)]
    assert found[:, :, REDISCOVERED].sum() == 0 and found[:, :, DISCOVERED].sum() > 100
    for field in LAB_FIELDS:
        knowledge = world.state.knowledge[field]
        assert knowledge.discoveries.max() == 1
        known = np.flatnonzero(knowledge.first_month != NEVER)
        assert known.max() + 1 == known.size  # one after the other
    plain = small(constants=constants, economy__end="2020-12").run()
    union = [(w.state.knowledge[0].first_month != NEVER).sum() for w in (plain, world)]
    assert union[1] > union[0]  # nobody searches in vain


def test_new_discoveries_go_round_by_chance_and_not_by_place():
    """Two members discover in a month: who gets the first idea does not depend on their order."""
    first = []
    for seed in range(400):
        firms, knowledge = members(2, ideas=9)
        firms.key[:], knowledge.size[:] = (7, 11), 1.0
        turn, made = np.empty(2, np.uint64), blank(np.ones(2, np.int64))
        draws = address(np.uint64(seed), key_of("finds"), 0)
        _take_turns(draws, firms.face, knowledge.face, turn)
        _invent(np.argsort(turn), knowledge.face, made)
        assert sorted(made.idea) == [0, 1]
        assert knowledge.bits[:, 0].tolist() == [1 << int(n) for n in made.idea]
        first.append(made.idea[0])
    assert abs(np.mean(first) - 0.5) < 0.1


def test_there_are_rules_to_choose():
    named = {("discovery", "sizes"), ("discovery", "ideas"), ("ai_market", "selection")}
    assert named | {("spillover", "absorption_rule")} <= set(RULES)
