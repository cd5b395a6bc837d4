"""No thumb on the scale: names of blocs decide nothing, identical blocs have no difference."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from model.baseline import references, resolve
from model.cast import setting_of
from model.economy import World
from model.facts import InputError
from model.scenario import load
from model.setting import Setting
from model.world import PUBLICATION

SMALL = ["economy.firms=300", "economy.clusters=30", "economy.labs=16", 'economy.end="2024-12"']


def swapped(setting: Setting, one: str, other: str) -> Setting:
    """Exchange the names of two blocs in all data, rules and roles."""
    name = {one: other, other: one}
    return replace(
        setting,
        blocs=tuple(replace(b, name=name.get(b.name, b.name)) for b in setting.blocs),
        places=tuple(replace(p, bloc=name.get(p.bloc, p.bloc)) for p in setting.places),
        labs=tuple(replace(x, bloc=name.get(x.bloc, x.bloc)) for x in setting.labs),
        chips=tuple(replace(c, bloc=name.get(c.bloc, c.bloc)) for c in setting.chips),
        acts=tuple(
            replace(a, targets=tuple(name.get(t, t) for t in a.targets)) for a in setting.acts
        ),
        leader=name[setting.leader],
        follower=name[setting.follower],
    )


@pytest.mark.parametrize("scenario", ["no_ban", "ban"])
def test_label_swap(scenario: str) -> None:
    given = load(scenario, [*SMALL, "release.leader=closed", "exchange.leader_and_follower=0.5"])
    setting = setting_of(given.parameters)
    constants = resolve(given.parameters)
    plain = World(given, rng=4, setting=setting, constants=constants).run()
    other = World(given, rng=4, setting=swapped(setting, "us", "china"), constants=constants).run()
    assert [b.name for b in other.state.setting.blocs] == ["china", "us", "allies", "others"]
    for name, values in plain.outcomes().items():
        assert np.array_equal(values, other.outcomes()[name], equal_nan=True), name
    for name, series in plain.record.series.items():
        assert np.array_equal(series, other.record.series[name], equal_nan=True), name


def test_label_swap_leaves_the_constants() -> None:
    parameters = load("no_ban", SMALL).parameters
    setting = setting_of(parameters)
    plain, other = (
        references(parameters, setting),
        references(parameters, swapped(setting, "us", "china")),
    )
    assert np.array_equal(plain.bloc_share, other.bloc_share)
    assert np.array_equal(plain.team, other.team)


def differences(replicates: int, size: list[str]) -> np.ndarray:
    """Return the gap at the end of mirror worlds, a value a replicate."""
    scenario = load("mirror", size)
    return np.array(
        [World(scenario, rng=seed).run().latest("gap") for seed in range(1, replicates + 1)]
    )


def assert_no_mean(values: np.ndarray) -> None:
    error = values.std(ddof=1) / math.sqrt(values.size)
    assert error > 0.0
    assert abs(values.mean()) < 3.5 * error, (values.mean(), error)


def test_identical_blocs_have_no_mean_difference() -> None:
    assert_no_mean(differences(24, SMALL))


@pytest.mark.slow
def test_identical_blocs_have_no_mean_difference_at_full_size() -> None:
    values = differences(100, [])
    assert_no_mean(values)


def test_identical_blocs_get_equal_credit() -> None:
    """Who is read abroad when several print the same is not decided by their order."""
    credit = np.zeros(4)
    for seed in range(1, 7):
        acquired = World(load("mirror", SMALL), rng=seed).run().record.acquired
        given = acquired[:, :, PUBLICATION].sum(axis=(0, 1)).astype(float)  # source x target
        np.fill_diagonal(given, 0.0)
        credit += given.sum(axis=1)
    assert credit.min() > 500
    assert credit.max() / credit.min() < 1.4, credit


def test_a_mirror_that_does_not_divide_is_refused() -> None:
    with pytest.raises(InputError, match="divide"):
        load("mirror", ["economy.labs=41"])


def test_mirrored_blocs_are_alike() -> None:
    state = World(load("mirror", SMALL), rng=1).state
    assert len({bloc.funding_share for bloc in state.setting.blocs}) == 1
    firms = np.bincount(state.firms.bloc)
    assert firms.max() - firms.min() <= 1
    assert len(set(np.bincount(state.labs.bloc))) == 1
    keys = state.firms.key
    assert np.unique(keys).size == keys.size
