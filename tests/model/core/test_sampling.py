"""Picks: in proportion to weights, and hardly disturbed by one more to pick from."""

import math

import numba
import numpy as np
import pytest
from scipy import stats

from model.core.randomness import address, at, key_of
from model.core.sampling import bit_pick, lacking, tree_pick, word_pick


@numba.njit
def _picked(draws, source, row, held, m, words, out):
    for k in range(draws.size):
        word = word_pick(draws[k], source, row, held, m, words)
        out[k] = -1
        if word >= 0:
            out[k] = word * 64 + bit_pick(draws[k], lacking(source, row, held, m, word))


@numba.njit
def _met(draws, sums, low, high, out):
    for k in range(draws.size):
        out[k] = tree_pick(draws[k], sums, 1, low, high)


DRAWS = 40_000


def two_rows(sums):
    """The sums as the second of two rows: the first must not be looked at."""
    return np.stack([np.full(sums.size, np.nan), sums])


def addresses(number=DRAWS):
    here = address(np.uint64(9), key_of("picks"))
    return np.array([at(here, np.uint64(k)) for k in range(number)], np.uint64)


def row_of(ideas, words=3):
    row = np.zeros((1, words), np.uint64)
    for n in ideas:
        row[0, n // 64] |= np.uint64(1 << (n % 64))
    return row


def picks_among(ideas, lacks=(), words=3):
    out = np.empty(DRAWS, np.int64)
    _picked(addresses(), row_of(ideas, words), 0, row_of(lacks, words), 0, words, out)
    return out


@pytest.mark.parametrize(
    "ideas",
    [[0], [63], [64], [5, 191], list(range(192)), [0, 1, 2, 64, 128, 129, 190], [31, 32, 33, 100]],
    ids=len,
)
def test_every_idea_is_as_likely_to_be_picked(ideas):
    counted = np.bincount(picks_among(ideas), minlength=192)
    assert set(np.flatnonzero(counted)) == set(ideas)
    assert stats.chisquare(counted[ideas]).pvalue > 1e-3 or len(ideas) == 1


def test_only_what_is_lacking_is_picked():
    assert set(np.unique(picks_among([1, 70, 130], lacks=[70]))) == {1, 130}
    assert (picks_among([1, 70], lacks=[1, 70, 3]) == -1).all()
    assert (picks_among([]) == -1).all()


@pytest.mark.parametrize("more", [0, 40, 100, 191])
def test_one_more_idea_shifts_few_other_picks(more):
    ideas = [n for n in range(0, 192, 3) if n != more]  # 64 or 63 of them
    before, after = picks_among(ideas), picks_among([*ideas, more])
    changed = (before != after) & (after != more)
    assert changed.mean() < math.log2(len(ideas)) / len(ideas)
    assert abs((after == more).mean() - 1.0 / (len(ideas) + 1)) < 0.005


def test_words_that_nobody_uses_yet_change_no_pick():
    ideas = [3, 17, 63, 64, 100]
    assert np.array_equal(picks_among(ideas, words=2), picks_among(ideas, words=9))


def test_firms_are_met_in_proportion_to_their_weight():
    weights = np.array([9.0, 0.0, 1.0, 5.0, 0.0, 2.5, 0.5, 2.0])
    sums = np.cumsum(weights[1:])
    out = np.empty(DRAWS, np.int64)
    _met(addresses(), two_rows(np.concatenate([[9.0], sums])), 1, 8, out)
    counted = np.bincount(out, minlength=8)[1:]
    assert set(np.flatnonzero(counted) + 1) == {2, 3, 5, 6, 7}
    some = weights[1:] > 0.0
    expected = weights[1:][some] / sums[-1] * DRAWS
    assert stats.chisquare(counted[some], expected).pvalue > 1e-3


def test_one_more_firm_shifts_few_other_meetings():
    weights = np.ones(64)
    before, after = np.empty(DRAWS, np.int64), np.empty(DRAWS, np.int64)
    _met(addresses(), two_rows(np.cumsum(weights)), 0, 64, before)
    weights[20] = 2.0
    _met(addresses(), two_rows(np.cumsum(weights)), 0, 64, after)
    assert ((before != after) & (after != 20)).mean() < 6.0 / 64.0
