"""What an idea, or research, brings to its owner and to all others."""

import math

import numpy as np
import pytest

from analysis.experiments.effects import mean_of, ratio_of
from analysis.experiments.social_returns import Gains, as_plain, as_words, measure, summary
from model.core.errors import InputError
from model.mechanisms.ideas.appropriability import FIRST_GUESS, appropriability
from model.scenario import load
from tests.worlds import with_parameters

SIZES = [
    "economy.labs=12",
    "economy.firms=120",
    "economy.clusters=20",
    "ai_market.reference_capability=22.0",
]
SHORT = [*SIZES, "economy.prehistory=12", 'economy.end="2020-12"']


@pytest.fixture(scope="module")
def gains():
    return measure(
        load("no_ban", SHORT), ideas=20, month="2018-06", years=2.0, firms=1, replicates=2
    )


def test_everybody_is_treated_once_and_gains_are_finite(gains):
    assert {g.kind for g in gains} == {"lab", "firm"} and {g.replicate for g in gains} == {0, 1}
    keys = [(g.replicate, g.firm) for g in gains]
    assert len(set(keys)) == len(keys) > 8
    assert all(math.isfinite(x) for g in gains for x in (g.private, g.others, g.users))


def test_ideas_of_labs_are_worth_something_to_users(gains):
    labs = [g for g in gains if g.kind == "lab"]
    assert any(g.users != 0.0 for g in labs)
    rows = {(row["by"], row["value"]): row for row in summary(gains)}
    assert {"all", "kind", "bloc", "cluster"} == {by for by, _ in rows}
    whole = rows["all", ""]
    assert whole["social"].value == pytest.approx(
        whole["private"].value + whole["others"].value + whole["users"].value
    )
    plain = as_plain(whole)
    assert {"private", "private_error", "private_determined"} <= set(plain)
    assert len(as_words(whole, ("private", "ratio"))) == 4


def test_research_is_measured_in_dollars_of_it():
    found = measure(
        load("no_ban", SHORT), treatment="research", month="2018-06", years=1.0, firms=1,
        replicates=1,
    )  # fmt: skip
    assert found and {g.kind for g in found} == {"lab"}


def test_changing_nothing_brings_nothing():
    """A treated world without a treatment is the same world to the bit."""
    import copy

    from analysis.experiments.social_returns import _flows
    from model.setup import baseline
    from model.setup.initial_state import build
    from model.setup.inputs import inputs_of

    parameters = load("no_ban", SHORT).parameters
    fixed, state = build(parameters, inputs_of(parameters), baseline.resolve(parameters), 3)
    one, other = (_flows(fixed, copy.deepcopy(state), 30, 0.05) for _ in range(2))
    assert np.array_equal(one.firms, other.firms)
    assert (one.users, one.hosts, one.research) == (other.users, other.hosts, other.research)


def test_an_estimate_is_determined_when_its_error_is_a_fifth_or_less():
    assert mean_of(np.array([10.0, 10.1, 9.9])).determined
    assert not mean_of(np.array([1.0, -1.0, 3.0])).determined
    assert not mean_of(np.array([1.0])).determined
    ratio = ratio_of(np.array([4.0, 6.0, 8.0]), np.array([2.0, 3.0, 4.0]))
    assert ratio.value == pytest.approx(2.0) and ratio.error == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(ratio_of(np.array([1.0]), np.array([1.0])).value)


def test_social_equals_private_without_others():
    """No spillover, no surplus, nobody else: what is gained is the owner's."""
    alone = [Gains(0, n, "us", "large", "lab", 5.0 + n, 0.0, 0.0) for n in range(3)]
    assert summary(alone)[0]["ratio"].value == 1.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"treatment": "chance"}, "treatment must be one of"),
        ({"ideas": 0}, "ideas must be at least 1"),
        ({"discount": 1.5}, "discount must be"),
        ({"month": "2012-01"}, "must lie in the reported span"),
        ({"years": 50.0}, "must lie in the reported span"),
        ({"month": "soon"}, "must be a month"),
    ],
)
def test_what_cannot_be_measured_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        measure(load("no_ban", SHORT), **{"month": "2018-06", "years": 1.0, **given})


def test_the_lead_is_what_a_lab_has_seen_and_the_first_guess_where_it_has_seen_nothing(small):
    world = small()
    fixed, state = world.fixed, world.state
    labs = state.labs
    guess = fixed.shared.reference_lead
    appropriability(fixed, state)
    assert labs.lead == pytest.approx(np.full(labs.lead.size, guess))
    labs.exposure[0], labs.leaks[0] = 200.0, 10.0
    appropriability(with_parameters(world, appropriability__decay_months=1e12), state)
    assert labs.lead[0] == pytest.approx((200.0 + FIRST_GUESS * guess) / (10.0 + FIRST_GUESS))


def test_stronger_spillover_shortens_leads(small, constants):
    long = {"economy__end": "2021-12"}
    weak, strong = (
        small(constants=constants, spillover__strength=x, **long).run().state.labs.lead.mean()
        for x in (0.02, 2.0)
    )
    assert strong < weak


def test_instant_imitation_leaves_no_lead(small):
    """All labs hold every discovery of one of them at once: leads and research go to nothing."""

    def share(fixed, state):
        for knowledge in state.knowledge[:2]:
            rows = np.unique(state.labs.member[:, 0 if knowledge is state.knowledge[0] else 1])
            known = np.bitwise_or.reduce(knowledge.bits[rows], axis=0)
            knowledge.bits[rows] = known

    from model.month import MONTH

    world = small(phases=MONTH.with_after("discovery", share), economy__end="2022-12").run()
    labs, active = world.state.labs, world.state.firms.active[world.state.labs.firm]
    # No idea was waited for: what is left of a lead is the first guess.
    guess = FIRST_GUESS * world.fixed.shared.reference_lead
    assert labs.lead[active] == pytest.approx(guess / (labs.leaks[active] + FIRST_GUESS))
    assert labs.leaks[active].max() > 3.0
    short = active & (labs.lead < 6.0)
    assert short.any() and (labs.budget[short] < labs.available[short] * 0.3).all()


def test_a_lab_without_rivals_and_neighbours_brings_nothing_to_other_firms():
    """No spillover, no rival, no firm that builds on models: private is social but for users."""
    alone = [
        *SHORT[1:], "economy.firms=40", "economy.labs=2", 'economy.blocs=["us"]',
        "spillover.strength=0.0", "spillover.publication_hazard=0.0",
        "applications.cost_to_adopt=10.0", "budgets.appropriability=0.0",
        "budgets.cash_flow=0.0", "budgets.finance_response=0.0",
        "rivalry.escape=0.0", "rivalry.slack=0.0",  # else its wages move other firms' people
        "release.contributions=0.0", 'release.since="1990-01"', 'release.leader="closed"',
        'release.follower="closed"', 'release.elsewhere="closed"',
    ]  # fmt: skip
    found = measure(
        load("no_ban", alone), ideas=30, month="2018-06", years=2.0, firms=1, replicates=1
    )
    labs = [g for g in found if g.kind == "lab"]
    assert labs and all(g.others == 0.0 for g in labs)
    assert all(g.private != 0.0 and g.users > 0.0 for g in labs)
