"""Twins: changing nothing changes nothing, to the bit; worlds that do not touch are separate."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.experiments.compare import compare
from model.economy import World
from model.measure.outcomes import OUTCOMES
from model.measure.recorder import Record
from model.measure.tables import content_digest, tables_of
from model.parameters import FACTS, Parameters
from model.scenario import load, with_values
from model.setup.baseline import resolve
from model.setup.inputs import inputs_of
from model.state.inputs import Inputs
from tests import worlds

# More labs and places than the tests' small world: the listed firms must be among its buyers.
SMALL = ["economy.firms=300", "economy.clusters=30", "economy.labs=16", 'economy.end="2024-12"']


def digest(world: World) -> str:
    return content_digest(tables_of(world.fixed, world.state, world.record))


def test_comparing_a_world_with_itself_gives_exactly_zero() -> None:
    world = load("no_ban", SMALL)
    comparison = compare(world, world, replicates=2)
    for name in OUTCOMES:
        a, b = comparison.series["a"][name], comparison.series["b"][name]
        assert np.array_equal(a, b, equal_nan=True), name
    for a, b in zip(comparison.results["a"], comparison.results["b"], strict=True):
        assert content_digest(a.tables) == content_digest(b.tables)


@pytest.mark.parametrize(
    ("scenario", "last", "then"),
    [
        ("ban", "2019-04", "2019-06"),  # the first firm was listed in May 2019
        ("ban_tight", "2019-04", "2019-06"),
        ("entity_list_only", "2019-04", "2019-06"),
        ("chips_only", "2022-08", "2022-10"),  # the letter came in August, after the middle
    ],
)
def test_nothing_differs_before_the_first_rule_takes_effect(
    scenario: str, last: str, then: str
) -> None:
    regime = ["controls.regime=chips_only"] if scenario == "chips_only" else []
    other = load("no_ban" if regime else scenario, [*SMALL, *regime])
    a, b = World(load("no_ban", SMALL), rng=3), World(other, rng=3)
    assert digest(a.run(last)) == digest(b.run(last))
    assert digest(a.run(then)) != digest(b.run(then))


def with_vendors_everywhere(inputs: Inputs) -> Inputs:
    """Every bloc makes every chip, of a supply of its own, and one has domestic chips besides."""
    plain = [chip for chip in inputs.chips if not chip.answers and chip.sale != "domestic"]
    domestic = [chip for chip in inputs.chips if chip.sale == "domestic"]
    assert domestic
    chips = [
        replace(chip, name=f"{chip.name} of {bloc.name}", bloc=bloc.name,
                family=f"{chip.family} of {bloc.name}")
        for bloc in inputs.blocs
        for chip in plain
    ]  # fmt: skip
    supply = [
        replace(row, family=f"{row.family} of {bloc.name}")
        for bloc in inputs.blocs
        for row in inputs.supply
    ]
    return replace(inputs, chips=(*chips, *domestic), supply=tuple(supply))


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
            inputs=with_vendors_everywhere(inputs_of(scenario.parameters)),
        ).run()
        for scenario in (both, one)
    ]
    pair, single = (world.state for world in worlds)
    row = worlds[0].fixed.inputs.bloc_index(alone)
    found, again = "ideas_discovered", "ideas_rediscovered"  # first in the whole world or not
    for record in (world.record for world in worlds):
        record.series[found] = record.series.pop(again) + record.series[found]
        for name in ("vendor_revenue", "vendor_profit"):
            del record.series[name]  # the vendors of all blocs go by the same names
        for name in ("race_parity", "race"):
            del record.series[name]  # a comparison of blocs
    for name, series in worlds[1].record.series.items():
        together = worlds[0].record.series[name][:, row]
        assert np.array_equal(together, series[:, 0], equal_nan=True), name
    for field in range(len(pair.knowledge)):
        here = np.isin(pair.firms.bloc[pair.knowledge[field].row], row)
        assert np.array_equal(pair.knowledge[field].bits[here], single.knowledge[field].bits)
        assert single.knowledge[field].count.sum() > 100
    rows = pair.buyers.bloc == row
    for column in ("fleet", "units", "ordered", "cash", "by_source"):
        together = getattr(pair.buyers, column)[rows]
        assert together.any() and np.array_equal(together, getattr(single.buyers, column)), column
    names = {"models": [m for m in pair.models if pair.labs.bloc[m.lab] == row]}
    assert len(names["models"]) == len(single.models) > 5
    assert [m.capability for m in names["models"]] == [m.capability for m in single.models]


@pytest.mark.slow
def test_a_fresh_cache_compiles_the_same_bits(tmp_path: Path) -> None:
    sizes = worlds.texts(worlds.TINY, economy__end="2018-12")
    code = (
        "from model.economy import World; from model.scenario import load\n"
        "from model.measure.tables import content_digest, tables_of\n"
        f"world = World(load('ban', {sizes!r}), rng=6).run()\n"
        "print(content_digest(tables_of(world.fixed, world.state, world.record)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
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
    others = {  # where another value cannot be made of the kind of the default
        "regime": "history", "record_until": "2022-01", "degraded": "none", "since": "2019-01",
        "rules": [{"announced": "2015-01-01", "effective": "2015-01-01", "actor": "us",
                   "targets": ["china"], "kind": "bar", "rule": [{"tpp_min": 0}]}],
    }  # fmt: skip
    tried = 0
    for (group, name), fact in FACTS.items():
        if (fact.lever or fact.under_rules) and name != "blocs":
            default = getattr(getattr(Parameters(), group), name)
            value = others.get(name, "open")
            if isinstance(default, bool):
                value = not default
            elif isinstance(default, int | float):
                value = default + 1 if isinstance(default, int) else 0.5 * default + 0.01
            changed = with_values(load("no_ban", SMALL).parameters, {(group, name): value})
            assert changed != load("no_ban", SMALL).parameters
            assert resolve(changed) is base, (group, name)
            tried += 1
    assert tried > 20
    for scenario in ("ban", "tiers", "ban_early"):
        assert resolve(load(scenario, SMALL).parameters) is base


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
    assert twin.fixed.constants is world.fixed.constants
    assert twin.fixed.inputs.acts == () and len(world.fixed.inputs.acts) > 0
    assert not any(chip.answers for chip in twin.fixed.inputs.chips)
    assert world.twin("no_ban", spillover__strength=0.1).parameters.spillover.strength == 0.1


def test_a_twin_by_name_has_the_overrides_that_the_scenario_was_loaded_with() -> None:
    texts = [*SMALL, "spillover.strength=0.3", 'economy.blocs=["us", "china", "allies"]']
    world = World(load("ban", texts), rng=7)
    twin = world.twin("no_ban")
    assert twin.parameters == load("no_ban", texts).parameters
    assert twin.twin("ban").parameters == world.parameters
    assert world.twin("no_ban", spillover__strength=0.1).parameters.spillover.strength == 0.1
    plain = load("no_ban", SMALL)
    assert world.twin(plain).parameters == plain.parameters


def test_worlds_of_other_nature_are_normalised_alike() -> None:
    """Calibrating one of two compared worlds anew would hide part of the effect."""
    a, b = load("no_ban", SMALL), load("no_ban", [*SMALL, "spillover.strength=0.6"])
    comparison = compare(a, b, replicates=1)
    tables = comparison.results["b"][0].tables
    constants = resolve(a.parameters)
    world = World(b, rng=1, constants=constants)
    world.record = Record.blank(world.fixed, world.state, "none")  # as in comparisons
    world.run()
    alone = tables_of(world.fixed, world.state, world.record)
    assert content_digest(tables) == content_digest({name: alone[name] for name in tables})


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    first, again, other = (World(load("ban", SMALL), rng=seed).run() for seed in (1, 1, 2))
    assert digest(first) == digest(again) != digest(other)
    for scenario in ("no_ban", "tiers", "ban"):
        twin = World(load(scenario, SMALL), rng=1).twin(load("ban", SMALL))
        assert digest(first) == digest(twin.run())


def test_a_twin_keeps_the_inputs_it_was_given() -> None:
    given = load("ban", SMALL)
    whole = inputs_of(given.parameters)
    plain = tuple(chip for chip in whole.chips if chip.sale == "domestic" or chip.vendor != "AMD")
    world = World(given, rng=1, inputs=replace(whole, chips=plain))
    twin = world.twin(load("no_ban", SMALL))
    assert {chip.vendor for chip in twin.fixed.inputs.chips} == {chip.vendor for chip in plain}
    assert not any(chip.answers for chip in twin.fixed.inputs.chips)
    assert twin.twin(given).fixed.inputs.acts == whole.acts
