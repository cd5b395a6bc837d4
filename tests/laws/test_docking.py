"""Docking: reduced to the rules of published models, the world does what they report.

Bass's closed form: ``tests/laws/test_limits.py`` (print and talk),
``tests/model/mechanisms/ai/test_market.py`` and
``tests/model/mechanisms/firms/test_applications.py`` (adoption). Wright's slope:
``tests/model/mechanisms/chips/test_domestic.py``.
"""

import math

import networkx
import numba
import numpy as np
import pytest
from scipy import stats

from model.core.randomness import address, at, key_of, uniform
from model.economy import World
from model.mechanisms.ideas.discovery import discovery
from model.mechanisms.ideas.spillover import spillover
from model.state.codes import ALGORITHMS, APPLICATION, PRODUCTS
from model.state.fixed import Fixed
from model.state.state import State

# Cowan and Jonard (2004): barter on a ring of which a share of links is rewired -------------------

EXPERTS, ROUNDS, TAKEN = 10, 40, 0.1  # a field; meetings a month; share of a gap that passes
LEVEL = 600  # ideas an expert holds; all others hold at most a tenth of them


@numba.njit
def _raise(bits, count, member, number):
    for _ in range(number):
        n = count[member]
        bits[member, n // 64] |= np.uint64(1) << np.uint64(n % 64)
        count[member] += 1


@numba.njit
def _barter(draws, rounds, start, to, here, there, bits, count, bits2, count2, share):
    # A meeting is a trade where each has more than the other of one field: neither gives for
    # nothing. Ideas build on one another, so that who has more of a field has all that others have.
    for r in range(rounds):
        for f in range(here.size):
            draw = at(at(draws, np.uint64(r)), np.uint64(f))
            g = to[start[f] + int(uniform(draw) * (start[f + 1] - start[f]))]
            one = count[here[f]] - count[here[g]]
            two = count2[there[g]] - count2[there[f]]
            if one * two <= 0:
                continue
            giver, taker = (f, g) if one > 0 else (g, f)
            _raise(bits, count, here[taker], int(share * abs(one)))
            _raise(bits2, count2, there[giver], int(share * abs(two)))


def known_under_barter(rewired: float, seed: int) -> float:
    """Return the mean number of ideas a firm holds in the end, of a field."""
    size = {"economy__firms": 600, "economy__labs": 8, "economy__clusters": 20}
    world = World("no_ban", rng=seed, **size)
    fixed, state = world.fixed, world.state
    fields = [state.knowledge[number] for number in (ALGORITHMS, PRODUCTS)]
    firms = np.flatnonzero((state.firms.kind == APPLICATION) & state.firms.active)[:500]
    here, there = (knowledge.at[firms] for knowledge in fields)
    graph = networkx.watts_strogatz_graph(firms.size, 10, rewired, seed=seed)
    start = np.cumsum([0, *(graph.degree(f) for f in range(firms.size))])
    to = np.concatenate([sorted(graph[f]) for f in range(firms.size)])
    draws = np.random.default_rng(seed)
    masters = draws.permutation(firms.size)[: 2 * EXPERTS].reshape(2, EXPERTS)
    for k, (knowledge, rows) in enumerate(zip(fields, (here, there), strict=True)):
        knowledge.bits[rows] = 0
        knowledge.count[rows] = 0
        for f, row in enumerate(rows):
            _raise(
                knowledge.bits,
                knowledge.count,
                row,
                LEVEL if f in masters[k] else draws.integers(0, LEVEL // 10),
            )

    def barter(fixed: Fixed, state: State) -> None:
        draws = address(fixed.seed, key_of("barter"), state.month)
        _barter(
            draws,
            ROUNDS,
            start,
            to,
            here,
            there,
            fields[0].bits,
            fields[0].count,
            fields[1].bits,
            fields[1].count,
            TAKEN,
        )

    while state.month < fixed.inputs.calendar.months:
        barter(fixed, state)
        state.month += 1
    held = np.unpackbits(fields[0].bits[here].view(np.uint8), axis=1).sum(axis=1)
    assert np.array_equal(held, fields[0].count[here])
    return float(np.mean([fields[0].count[here].mean(), fields[1].count[there].mean()]))


@pytest.mark.slow
def test_under_barter_most_is_known_where_few_links_are_long():
    """Mean knowledge is highest between the ring and the random network."""
    known = {
        share: np.array([known_under_barter(share, seed) for seed in range(1, 9)])
        for share in (0.0, 0.1, 1.0)
    }
    for extreme in (0.0, 1.0):
        gain = stats.ttest_ind(known[0.1], known[extreme], alternative="greater", equal_var=False)
        assert gain.pvalue < 0.05, {share: values.mean() for share, values in known.items()}


# Keynes and Schumpeter (Dosi, Fagiolo and Roventini 2010): innovation, then imitation -------------


@pytest.fixture(scope="module")
def innovators(small):
    """What labs and firms find in a month, from one state, under many lucks."""
    world = small(rng=4, economy__firms=300, spillover__strength=0.0).run("2018-06")
    fixed, state = world.fixed, world.state
    knowledge, finds, gains = state.knowledge[ALGORITHMS], [], []
    names = ("bits", "count", "level")
    before = [{name: getattr(k, name).copy() for name in names} for k in state.knowledge]
    for seed in range(1000, 1400):
        discovery(fixed.replaced(seed=np.uint64(seed)), state)
        finds.append(knowledge.count - before[ALGORITHMS]["count"])
        gains.append(knowledge.level - before[ALGORITHMS]["level"])
        for field, columns in zip(state.knowledge, before, strict=True):
            for name, values in columns.items():
                getattr(field, name)[:] = values
    return knowledge, np.array(finds), np.array(gains)


def test_whether_a_firm_innovates_is_a_draw_whose_chance_saturates_with_research(innovators):
    """First step: success with probability 1 - exp(-effort), as there."""
    knowledge, finds, _ = innovators
    expected = 1.0 - np.exp(-knowledge.rate)
    assert np.ptp(expected) > 0.5
    spread = np.sqrt(expected * (1.0 - expected) / finds.shape[0])
    share = (finds > 0).mean(axis=0)
    assert (np.abs(share - expected) <= 5.0 * spread + 0.01).all()
    whole = math.sqrt(float((spread**2).sum()))
    assert abs((share - expected).sum()) < 4.0 * whole


def test_what_an_innovation_brings_has_the_mean_and_spread_of_its_law(innovators):
    """Second step: the size of the step, drawn among the ideas in reach that the firm lacks."""
    knowledge, finds, gains = innovators
    held = np.unpackbits(knowledge.bits.view(np.uint8), axis=1, bitorder="little")
    places = np.arange(knowledge.size.size)
    reach = places < (knowledge.count + knowledge.window)[:, None]
    lacks = reach & (held[:, : places.size] == 0)
    mean = (lacks * knowledge.size).sum(axis=1) / lacks.sum(axis=1)
    second = (lacks * knowledge.size**2).sum(axis=1) / lacks.sum(axis=1)
    once = (finds == 1).sum(axis=0)
    sums, squares = (np.where(finds == 1, gains**k, 0.0).sum() for k in (1, 2))
    assert sums / once.sum() == pytest.approx((once @ mean) / once.sum(), rel=0.04)
    assert squares / once.sum() == pytest.approx((once @ second) / once.sum(), rel=0.1)
    # The catalogue's law is exponential here: the spread of a step is its mean.
    assert knowledge.size.std() == pytest.approx(knowledge.size.mean(), rel=0.1)
    # Of a compound Poisson sum with rate r the mean is r times, the variance r (m² + s²).
    assert gains.mean(axis=0).sum() == pytest.approx((knowledge.rate * mean).sum(), rel=0.05)
    assert gains.var(axis=0).sum() == pytest.approx((knowledge.rate * second).sum(), rel=0.1)


def test_imitation_is_the_other_draw_and_needs_somebody_to_imitate(small):
    """Without innovation firms gain from others alone; the world as a whole gains nothing."""
    world = small(rng=4, economy__firms=300).run("2018-06")
    fixed, state = world.fixed, world.state
    knowledge = state.knowledge[ALGORITHMS]
    for number in range(len(state.knowledge)):
        state.discoveries[number] = (np.empty(0, np.int64), np.empty(0, np.int64))
    before, known = knowledge.count.copy(), knowledge.holders.sum(axis=1) > 0
    spillover(fixed, state)
    gained = knowledge.count - before
    assert gained.sum() > 0 and (gained >= 0).all()
    assert np.array_equal(knowledge.holders.sum(axis=1) > 0, known)
    master = np.argmax(before)
    knowledge.bits[:] = knowledge.bits[master]  # all know what one knows: nobody to imitate
    knowledge.count[:] = before[master]
    knowledge.pool[:] = 0
    before = knowledge.count.copy()
    state.open_bits[:] = 0
    spillover(fixed, state)
    assert np.array_equal(knowledge.count, before)
