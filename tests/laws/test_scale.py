"""The same economy cut into more firms is the same economy; growth is steady."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ks_2samp

from model.economy import World
from model.scenario import load

OUTCOMES = ("gap", "frontier")


def outcomes(firms: int, seeds: range, end: str = "2026-12") -> dict[str, np.ndarray]:
    scenario = load("no_ban", [f"economy.firms={firms}", f'economy.end="{end}"'])
    values = [World(scenario, rng=seed).run().outcomes() for seed in seeds]
    return {name: np.array([v[name] for v in values]) for name in OUTCOMES}


def assert_alike(few: dict[str, np.ndarray], many: dict[str, np.ndarray]) -> None:
    """Same mean within error or 0.05 OOM (the smallest effect of interest), same distribution."""
    for name in OUTCOMES:
        for month in (-1, -25):
            a, b = few[name][:, month], many[name][:, month]
            error = math.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
            assert abs(a.mean() - b.mean()) < max(3.0 * error, 0.05), (name, month, a, b)
            assert ks_2samp(a, b).pvalue > 0.001, (name, month)


def test_300_and_900_firms_give_the_same_frontier_and_gap() -> None:
    few, many = outcomes(300, range(1, 9), "2022-12"), outcomes(900, range(21, 29), "2022-12")
    assert_alike(few, many)


@pytest.mark.slow
def test_300_and_3000_firms_give_the_same_frontier_and_gap() -> None:
    assert_alike(outcomes(300, range(1, 13)), outcomes(3000, range(21, 33)))


@pytest.mark.slow
def test_3000_and_30000_firms_give_the_same_frontier_and_gap() -> None:
    assert_alike(outcomes(3000, range(1, 31)), outcomes(30000, range(41, 61)))


def test_growth_is_steady() -> None:
    """Frontier compute grows 3.8 to 5 times a year; compute needed halves in 5 to 14 months."""
    scenario = load("no_ban", ['economy.end="2024-12"', "economy.firms=300"])
    for seed in range(1, 5):
        series = World(scenario, rng=seed).run().record.series
        years = np.arange(series["training_compute"].shape[0]) / 12.0
        reported = slice(36, None)  # 2018 to 2024
        compute = series["training_compute"].max(axis=1)[reported]
        growth = 10.0 ** np.polyfit(years[reported], compute, 1)[0]
        assert 3.8 <= growth <= 5.0, (seed, growth)
        algorithms = series["algorithms_best"].max(axis=1)[reported]
        pace = np.polyfit(years[reported], algorithms, 1)[0]
        halving = 12.0 * math.log10(2.0) / pace
        assert 5.0 <= halving <= 14.0, (seed, halving)
