"""No thumb on the scale: names of blocs decide nothing, identical blocs have no difference."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from model.core.errors import InputError
from model.economy import World
from model.scenario import load
from model.setup.baseline import references, resolve
from model.setup.inputs import inputs_of
from model.state.codes import PUBLICATION
from model.state.inputs import Inputs
from tests import worlds

SMALL = worlds.texts(worlds.SMALL, economy__firms=300, economy__end="2024-12")


def swapped(inputs: Inputs, one: str, other: str) -> Inputs:
    """Exchange the names of two blocs in all data, rules and roles."""
    name = {one: other, other: one}
    return replace(
        inputs,
        blocs=tuple(replace(b, name=name.get(b.name, b.name)) for b in inputs.blocs),
        places=tuple(replace(p, bloc=name.get(p.bloc, p.bloc)) for p in inputs.places),
        labs=tuple(replace(x, bloc=name.get(x.bloc, x.bloc)) for x in inputs.labs),
        chips=tuple(replace(c, bloc=name.get(c.bloc, c.bloc)) for c in inputs.chips),
        acts=tuple(
            replace(
                a,
                actor=name.get(a.actor, a.actor),
                allies=tuple(name.get(x, x) for x in a.allies),
                targets=tuple(name.get(t, t) for t in a.targets),
            )
            for a in inputs.acts
        ),
        leader=name.get(inputs.leader, inputs.leader),
        follower=name.get(inputs.follower, inputs.follower),
    )


TABLES = ("buyers", "chips", "supply", "vendors", "makers", "caps", "labs", "firms", "blocs",
          "platforms", "applications", "branches")  # fmt: skip


@pytest.mark.parametrize(
    ("scenario", "pair"),
    [
        ("no_ban", ("us", "china")),
        ("ban", ("us", "china")),
        ("ban", ("allies", "china")),
        ("tiers", ("us", "others")),
    ],
)
def test_label_swap(scenario: str, pair: tuple[str, str]) -> None:
    """Exchanging two names in all data leaves every number where it was, rule by rule."""
    levers = ["release.leader=closed", "exchange.leader_and_follower=0.5", 'economy.end="2027-06"']
    given = load(scenario, [*SMALL, *levers])
    inputs = inputs_of(given.parameters)
    constants = resolve(given.parameters)
    plain = World(given, rng=4, inputs=inputs, constants=constants).run()
    other = World(given, rng=4, inputs=swapped(inputs, *pair), constants=constants).run()
    one, two = dict(zip(pair, pair[::-1], strict=True)), ["us", "china", "allies", "others"]
    assert [b.name for b in other.fixed.inputs.blocs] == [one.get(name, name) for name in two]
    acts = [world.fixed.inputs.acts for world in (plain, other)]
    assert (acts[0] != acts[1]) == (scenario != "no_ban")
    for name, values in plain.outcomes().items():
        assert np.array_equal(values, other.outcomes()[name], equal_nan=True), name
    for name, series in plain.record.series.items():
        assert np.array_equal(series, other.record.series[name], equal_nan=True), name
    for table in TABLES:
        here, there = getattr(plain.state, table), getattr(other.state, table)
        for field in fields(here):
            values = getattr(here, field.name)
            same = np.array_equal(
                values, getattr(there, field.name), equal_nan=values.dtype.kind == "f"
            )
            assert same, (table, field.name)
    assert plain.state.buyers.by_source.any(axis=0).sum() >= (5 if scenario == "ban" else 2)


def test_a_rule_strikes_identical_blocs_alike() -> None:
    """What is left of the fleet of who is barred does not depend on who bars whom.

    Fleets of identical blocs differ by chance alone (systems ideas, the few years of their labs),
    so that the ratios agree within 5 %.
    """
    scenario, left = load("mirror", SMALL), []
    free = World(scenario, rng=1).run()
    for sender, target in (("us", "china"), ("china", "allies"), ("allies", "others")):
        act = {"announced": "2020-01-01", "effective": "2020-01-01", "actor": sender,
               "targets": [target], "kind": "bar", "foreign_product": True,
               "rule": [{"tpp_min": 4000}]}  # fmt: skip
        ruled = World(scenario, rng=1, controls__rules=[act]).run()
        row = ruled.fixed.inputs.bloc_index(target)
        fleets = [world.record.series["fleet"][-1] for world in (ruled, free)]
        left.append(fleets[0][row] / fleets[1][row])
    assert max(left) < 0.8
    assert left == pytest.approx([float(np.mean(left))] * 3, rel=0.05)


def test_label_swap_leaves_the_constants() -> None:
    parameters = load("no_ban", SMALL).parameters
    inputs = inputs_of(parameters)
    plain, other = (
        references(parameters, inputs),
        references(parameters, swapped(inputs, "us", "china")),
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
    assert_no_mean(differences(12, SMALL))


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
    world = World(load("mirror", SMALL), rng=1)
    fixed, state = world.fixed, world.state
    assert len({bloc.means for bloc in fixed.inputs.blocs}) == 1
    firms = np.bincount(state.firms.bloc)
    assert firms.max() - firms.min() <= 1
    assert len(set(np.bincount(state.labs.bloc))) == 1
    keys = state.firms.key
    assert np.unique(keys).size == keys.size
