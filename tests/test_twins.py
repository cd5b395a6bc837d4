"""Twins: changing nothing changes nothing, to the bit; worlds that do not touch are separate."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.compare import compare
from model.baseline import resolve
from model.cast import setting_of
from model.economy import World
from model.outcomes import OUTCOMES
from model.recorder import Record
from model.scenario import FACTS, load
from model.setting import Setting
from model.tables import content_digest, tables_of

SMALL = ["economy.firms=300", "economy.clusters=30", "economy.labs=16", 'economy.end="2024-12"']


def digest(world: World) -> str:
    return content_digest(tables_of(world.state, world.record))


def test_comparing_a_world_with_itself_gives_exactly_zero() -> None:
    world = load("no_ban", SMALL)
    comparison = compare(world, world, replicates=2)
    for name in OUTCOMES:
        a, b = comparison.series["a"][name], comparison.series["b"][name]
        assert np.array_equal(a, b, equal_nan=True), name
    for a, b in zip(comparison.results["a"], comparison.results["b"], strict=True):
        assert content_digest(a.tables) == content_digest(b.tables)


def test_nothing_differs_before_the_first_rule_takes_effect() -> None:
    a, b = (World(load(name, SMALL), rng=3).run("2022-08") for name in ("no_ban", "ban"))
    assert digest(a) == digest(b)
    a.run("2023-06")
    b.run("2023-06")
    assert digest(a) != digest(b)


def with_vendors_everywhere(setting: Setting) -> Setting:
    """Every bloc makes every chip, so that worlds without exchange still have fleets."""
    chips = [
        replace(chip, name=f"{chip.name} of {bloc.name}", bloc=bloc.name)
        for bloc in setting.blocs
        for chip in setting.chips
        if not chip.answers
    ]
    return replace(setting, chips=tuple(chips))


@pytest.mark.parametrize("alone", ["us", "china"])
def test_two_blocs_without_exchange_are_two_separate_worlds(alone: str) -> None:
    closed = [*SMALL, "exchange.between_blocs=0.0", "exchange.since=1990-01"]
    both = load("no_ban", [*closed, 'economy.blocs=["us", "china"]'])
    one = load("no_ban", [*closed, f'economy.blocs=["{alone}"]'])
    constants = resolve(both.parameters)
    assert constants is resolve(one.parameters)
    worlds = [
        World(
            scenario,
            rng=5,
            constants=constants,
            setting=with_vendors_everywhere(setting_of(scenario.parameters)),
        ).run()
        for scenario in (both, one)
    ]
    pair, single = (world.state for world in worlds)
    row = pair.setting.bloc_index(alone)
    found, again = "ideas_found", "ideas_found_again"  # who was first is told of the whole world
    for record in (world.record for world in worlds):
        record.series[found] = record.series.pop(again) + record.series[found]
    for name, series in worlds[1].record.series.items():
        together = worlds[0].record.series[name][:, row]
        assert np.array_equal(together, series[:, 0], equal_nan=True), name
    for field in range(len(pair.knowledge)):
        here = np.isin(pair.firms.bloc[pair.knowledge[field].row], row)
        assert np.array_equal(pair.knowledge[field].bits[here], single.knowledge[field].bits)
        assert single.knowledge[field].count.sum() > 100
    names = {"models": [m for m in pair.models if pair.labs.bloc[m.lab] == row]}
    assert len(names["models"]) == len(single.models) > 5
    assert [m.capability for m in names["models"]] == [m.capability for m in single.models]


def test_a_fresh_cache_compiles_the_same_bits(tmp_path: Path) -> None:
    sizes = ["economy.firms=100", "economy.labs=8", "economy.clusters=12", 'economy.end="2018-12"']
    code = (
        "from model.economy import World; from model.scenario import load\n"
        "from model.tables import content_digest, tables_of\n"
        f"world = World(load('ban', {sizes!r}), rng=6).run()\n"
        "print(content_digest(tables_of(world.state, world.record)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "SPILLOVER_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(tmp_path.rglob("*.nbc")), "kernels were compiled into the fresh cache"
    assert done.stdout.strip() == digest(World(load("ban", sizes), rng=6).run())


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_do_not_change_a_bit(threads: int) -> None:
    sizes = ["economy.firms=5000", 'economy.end="2018-12"']
    worlds = [World(load("no_ban", sizes), rng=2, threads=number).run() for number in (1, threads)]
    assert digest(worlds[0]) == digest(worlds[1])


def test_levers_leave_the_baseline_alone() -> None:
    """Constants that normalise rates are the same for all twins."""
    base = resolve(load("no_ban", SMALL).parameters)
    for (group, name), fact in FACTS.items():
        if fact.lever and name not in ("blocs", "record_until", "regime", "since"):
            value = 0.5 if fact.unit == "share" else "open"
            changed = load("no_ban", [*SMALL, f"{group}.{name}={value!r}".replace("'", '"')])
            assert resolve(changed.parameters) is base
    assert resolve(load("ban", SMALL).parameters) is base


@pytest.mark.parametrize("lever", ["release.leader=open", "exchange.between_blocs=0.2"])
def test_twins_share_their_prehistory(lever: str) -> None:
    plain, other = (
        World(load("no_ban", SMALL), rng=2),
        World(load("no_ban", [*SMALL, lever]), rng=2),
    )
    for world in (plain, other):
        world.run("2017-12")
    for one, two in zip(plain.state.knowledge, other.state.knowledge, strict=True):
        assert np.array_equal(one.bits, two.bits)
    assert digest(plain.run("2019-12")) != digest(other.run("2019-12"))


def test_a_twin_keeps_what_it_is_not_told_to_change() -> None:
    world = World("ban", rng=7, spillover__strength=0.3, economy__firms=300, economy__labs=16)
    twin = world.twin("no_ban")
    assert twin.parameters.spillover.strength == 0.3
    assert twin.state.constants is world.state.constants
    assert twin.state.setting.acts == () and len(world.state.setting.acts) > 0
    assert world.twin("no_ban", spillover__strength=0.1).parameters.spillover.strength == 0.1


def test_worlds_of_other_nature_are_normalised_alike() -> None:
    """Calibrating one of two compared worlds anew would hide part of the effect."""
    a, b = load("no_ban", SMALL), load("no_ban", [*SMALL, "spillover.strength=0.6"])
    comparison = compare(a, b, replicates=1)
    tables = comparison.results["b"][0].tables
    constants = resolve(a.parameters)
    world = World(b, rng=1, constants=constants)
    world.record = Record.blank(world.state, "none")  # as in comparisons
    assert content_digest(tables) == digest(world.run())


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    first, again, other = (World(load("ban", SMALL), rng=seed).run() for seed in (1, 1, 2))
    assert digest(first) == digest(again) != digest(other)
    assert digest(first) == digest(
        World(load("no_ban", SMALL), rng=1).twin(load("ban", SMALL)).run()
    )
