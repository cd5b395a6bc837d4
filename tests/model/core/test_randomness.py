"""Draws are uniform, independent of one another, and stand at addresses that never move."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from model.core.randomness import address, at, key_of, mixed, poisson, poisson_at, uniform

NUMBER = 20_000


@numba.njit
def _uniforms(here, keys, out):
    for k in range(keys.size):
        out[k] = uniform(at(here, keys[k]))


@numba.njit
def _counts(draws, mean, out):
    for k in range(draws.size):
        out[k] = poisson(draws[k], mean)


@numba.njit
def _counts_at(here, mean, out):
    for k in range(out.size):
        out[k] = poisson_at(at(here, np.uint64(k)), mean)


@numba.njit
def _mixed(words, out):
    for k in range(words.size):
        out[k] = mixed(words[k])


def draws(seed=1, purpose="finds", month=0, first_key=0, number=NUMBER):
    out = np.empty(number)
    keys = np.arange(first_key, first_key + number, dtype=np.uint64)
    _uniforms(address(np.uint64(seed), key_of(purpose), month), keys, out)
    return out


def counts(quantiles, mean):
    out = np.empty(len(quantiles), np.int64)
    _counts(np.asarray(quantiles, np.float64), mean, out)
    return out


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
@pytest.mark.parametrize("month", [0, 1, 191])
def test_draws_over_keys_are_uniform(seed, month):
    u = draws(seed, month=month)
    assert u.min() > 0.0 and u.max() < 1.0
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_draws_over_months_and_purposes_are_uniform():
    key = np.array([7], np.uint64)
    out = np.empty(1)
    over_months, over_purposes = np.empty(2000), np.empty(2000)
    for k in range(2000):
        _uniforms(address(np.uint64(1), key_of("finds"), k), key, out)
        over_months[k] = out[0]
        _uniforms(address(np.uint64(1), key_of("purpose", k), 0), key, out)
        over_purposes[k] = out[0]
    assert stats.kstest(over_months, "uniform").pvalue > 1e-3
    assert stats.kstest(over_purposes, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"purpose": "meetings"}, {"month": 1}, {"month": 12}, {"first_key": 1}],
    ids=str,
)
def test_draws_at_neighbouring_addresses_are_independent(other):
    table, _, _ = np.histogram2d(draws(), draws(**other), bins=8, range=[(0, 1), (0, 1)])
    assert stats.chisquare(table.ravel()).pvalue > 1e-3


def test_every_bit_of_a_key_changes_half_the_bits():
    words = draws(number=500).view(np.uint64)
    before, after = np.empty_like(words), np.empty_like(words)
    _mixed(words, before)
    for bit in range(64):
        _mixed(words ^ (np.uint64(1) << np.uint64(bit)), after)
        assert abs(np.bitwise_count(before ^ after).mean() - 32.0) < 1.0


def test_mixing_is_one_to_one_on_many_words():
    words = np.arange(200_000, dtype=np.uint64)
    out = np.empty_like(words)
    _mixed(words, out)
    assert np.unique(out).size == words.size


@pytest.mark.parametrize("mean", [0.003, 0.1, 1.0, 7.0, 50.0])
def test_poisson_counts_have_their_mean_and_variance(mean):
    found = counts(draws(number=200_000), mean)
    error = np.sqrt(mean / found.size)
    assert abs(found.mean() - mean) < 4.0 * error
    spread = np.sqrt((mean + 2.0 * mean**2) / found.size)
    assert abs(found.var() - mean) < 4.0 * spread


@pytest.mark.parametrize("mean", [0.01, 0.7, 5.0, 40.0])
def test_poisson_inverts_the_distribution(mean):
    u = np.linspace(0.0005, 0.9995, 999)
    assert np.array_equal(counts(u, mean), stats.poisson.ppf(u, mean))


def counts_at(mean, number=NUMBER):
    out = np.empty(number, np.int64)
    _counts_at(address(np.uint64(1), key_of("contacts")), mean, out)
    return out


@pytest.mark.parametrize("mean", [0.01, 5.0, 400.0, 500.0])
def test_a_count_at_an_address_is_that_at_its_quantile(mean):
    assert np.array_equal(counts_at(mean), counts(draws(purpose="contacts"), mean))


@pytest.mark.parametrize("mean", [500.1, 740.0, 1234.5, 20_000.0])
def test_large_counts_are_poisson_too(mean):
    found = counts_at(mean)
    error = np.sqrt(mean / found.size)
    assert abs(found.mean() - mean) < 4.0 * error
    assert abs(found.var() - mean) < 4.0 * np.sqrt((mean + 2.0 * mean**2) / found.size)
    chance = np.random.default_rng(1).random(found.size)  # spreads each count over its step
    smoothed = stats.poisson.cdf(found - 1, mean) + chance * stats.poisson.pmf(found, mean)
    assert stats.kstest(smoothed, "uniform").pvalue > 1e-3


unit = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
means = st.floats(0.0, 60.0)


@given(unit, unit, means, means)
def test_poisson_counts_rise_with_quantile_and_mean(u, v, mean, other):
    low, high = sorted((u, v))
    assert poisson(low, mean) <= poisson(high, mean)
    less, more = sorted((mean, other))
    assert poisson(u, less) <= poisson(u, more)


def test_keys_differ_by_words_and_by_where_words_end():
    keys = [key_of("firm", n) for n in range(10_000)]
    assert len(set(keys)) == len(keys)
    assert key_of("ab", "c") != key_of("a", "bc") != key_of("abc")


def test_addresses_stay_where_they_are():
    # Golden: a change here changes the random draws of every world ever run.
    assert int(key_of("size", "algorithms")) == 14924859611179576416
    assert int(address(np.uint64(1), key_of("finds", "systems"), 12)) == 8100695436632669718
    assert draws(number=3).tolist() == [0.728842137358489, 0.3181293034577229, 0.40814340813487354]
