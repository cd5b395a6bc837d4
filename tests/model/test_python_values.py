"""Values of numpy and pandas are taken as what they are; worlds are copied; histories stay."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from model.agents import Bloc, Firm
from model.core.errors import InputError
from model.core.values import plain, texts_of
from model.economy import World
from model.scenario import load
from tests.worlds import TINY

FRAME = pd.DataFrame({"firms": [100, 120], "share": [0.2, 0.4], "on": [True, False]})


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (np.int32(3), 3),
        (np.float64(0.25), 0.25),
        (np.bool_(True), True),
        (np.str_("us"), "us"),
        (np.array(4), 4),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (range(2, 8, 2), [2, 4, 6]),
        (FRAME["on"], [True, False]),
        (FRAME["firms"].iloc[1], 120),
        (pd.Index(["none", "record"]), ["none", "record"]),
        (pd.Categorical(["us", "china"]), ["us", "china"]),
        (pd.Period("2019-06", "M"), "2019-06"),
        (Decimal("0.5"), 0.5),
        (Path("here") / "mine.toml", "here/mine.toml"),
        ({"low": np.float32(0.5), np.str_("high"): np.int64(1)}, {"low": 0.5, "high": 1}),
        ([pd.Series([1, 2]), (np.int8(1),)], [[1, 2], [1]]),
    ],
)
def test_a_value_of_a_library_is_the_plain_value(value: Any, same: Any) -> None:
    found = plain(value)
    assert found == same and type(found) is type(same)
    if isinstance(same, list):
        assert [type(one) for one in found] == [type(one) for one in same]


def test_parameters_take_values_of_libraries() -> None:
    world = World(
        "no_ban",
        rng=np.int64(3),
        **TINY
        | {
            "economy__firms": FRAME["firms"].iloc[0],
            "economy__labs": np.float64(8.0),  # a frame's row turns whole numbers into these
            "economy__end": pd.Period("2018-02", "M"),
            "economy__blocs": np.array(["us", "china", "allies", "others"]),
            "controls__porosity": Decimal("0.125"),
            "controls__stockpiling": FRAME["on"].iloc[1],
        },
    )
    economy, controls = world.parameters.economy, world.parameters.controls
    assert (economy.firms, economy.labs, economy.end) == (100, 8, "2018-02")
    assert (controls.porosity, controls.stockpiling, world.seed) == (0.125, False, 3)
    assert type(economy.firms) is int and type(controls.stockpiling) is bool
    assert world.run(until=pd.Timestamp("2018-01-15")).last_month == "2018-01"  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"firms must be a whole number, got 100\.5"):
        World("no_ban", economy__firms=np.float64(100.5))
    with pytest.raises(InputError, match="porosity must be a number, got <NA>"):
        World("no_ban", controls__porosity=pd.NA)
    with pytest.raises(InputError, match="porosity must be a finite number"):
        World("no_ban", controls__porosity=np.nan)


def test_scenarios_are_given_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "ban"\n[controls]\nporosity = 0.5\n')
    assert load(tmp_path / "mine.toml").parameters.controls.porosity == 0.5
    assert World(tmp_path / "mine.toml", rng=1, **TINY).scenario_name == "mine"
    for wrong in (3, None, ["ban"], b"ban"):
        with pytest.raises(InputError, match="a scenario must be a name or a path"):
            load(wrong)  # type: ignore[arg-type]


def test_overrides_are_texts_or_values_by_name() -> None:
    given = {"economy__firms": np.int64(60), "economy.end": "2018-03", "economy.blocs": ["us"]}
    texts = ("economy.firms=60", 'economy.end="2018-03"', 'economy.blocs=["us"]')
    assert texts_of(given) == texts_of(iter(texts)) == texts
    assert texts_of("economy.firms=60") == texts[:1]
    assert texts_of(np.array(texts)) == texts
    with pytest.raises(InputError, match=r"texts group\.name=value, got 3"):
        texts_of(["economy.firms=60", 3])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"seed": 3}, r"the seed is called rng, as in World\(rng=3\)"),
        ({"firms": 60}, "did you mean economy__firms?"),
        ({"porosity": 0.2}, "did you mean controls__porosity?"),
        ({"nothing": 1}, "group__name=value"),
    ],
)
def test_other_names_get_a_hint(words: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        World("no_ban", **words)


def test_what_makes_a_generator_is_a_seed() -> None:
    seeds = [
        World("no_ban", rng=made, **TINY).seed
        for made in (np.random.SeedSequence(5), np.random.PCG64(5), np.random.default_rng(5))
    ]
    assert len(set(seeds)) == 1


@pytest.fixture(scope="module")
def half() -> World:
    """Return a world on its way, with agents that somebody has looked at."""
    world = World("ban", rng=7, **TINY, demography__entrants=0.5)
    world.run(until="2018-02")
    assert world.agents
    return world


def ways(world: World) -> dict[str, World]:
    """Return copies of a world, made in every way."""
    return {"pickle": pickle.loads(pickle.dumps(world)), "deepcopy": copy.deepcopy(world)}


def test_a_copy_goes_on_as_the_world_itself(half: World) -> None:
    copies = ways(half)
    month = half.state.month
    ours = copies.pop("pickle")
    for world in copies.values():
        world.run(until="2018-09")
        assert half.state.month == ours.state.month == month, "the copy stands alone"
    ours.run(until="2018-09")
    whole = World("ban", rng=7, **TINY, demography__entrants=0.5).run(until="2018-09")
    for world in (ours, *copies.values()):
        for name, series in whole.record.series.items():
            assert np.array_equal(series, world.record.series[name], equal_nan=True), name
        frames = [w.datacollector.get_model_vars_dataframe() for w in (world, whole)]
        assert frames[0].equals(frames[1])
        numbers = [agent.unique_id for agent in world.agents]
        assert len(set(numbers)) == len(numbers), "agents that came later have numbers of their own"
        assert all(agent.model is world for agent in world.agents)


def test_a_copy_has_a_twin(half: World) -> None:
    world = pickle.loads(pickle.dumps(half))
    assert world.twin("no_ban").fixed.constants.arrival.tolist() == (
        half.twin("no_ban").fixed.constants.arrival.tolist()
    )


def test_what_a_collector_kept_of_a_month_stays() -> None:
    world = World("ban", rng=7, **TINY)
    world.datacollector = mesa.DataCollector(agenttype_reporters={Bloc: {"open": "exchange"}})
    world.run(until="2018-01")
    labs = [firm for firm in world.agents_by_type[Firm] if firm.kind == "lab"]
    kept = [(lab, lab.lab_columns, copy.deepcopy(lab.lab_columns)) for lab in labs]
    arrays = [
        (agent, name, value, value.copy())
        for agent in world.agents
        for name in dir(type(agent))
        if isinstance(getattr(type(agent), name), property)
        and isinstance(value := getattr(agent, name), np.ndarray)
    ]
    assert arrays and any(isinstance(v, np.ndarray) for _, now, _ in kept for v in now.values())
    frame = world.table("firms")
    before = frame.copy()
    collected = world.datacollector.get_agenttype_vars_dataframe(Bloc)
    past = [values.copy() for values in collected["open"]]
    world.run(until="2018-06")
    assert all(map(np.array_equal, past, collected["open"]))
    for agent, name, value, then in arrays:
        assert np.array_equal(value, then, equal_nan=True), f"{type(agent).__name__}.{name}"
    for lab, now, then in kept:
        for name, value in now.items():
            assert np.array_equal(value, then[name], equal_nan=True), f"{lab.row}: {name}"
    assert frame.equals(before)


def test_writing_an_attribute_writes_the_column_and_no_other_way_does() -> None:
    world = World("ban", rng=7, **TINY)
    bloc = next(iter(world.agents_by_type[Bloc]))
    there = world.state.blocs.exchange[bloc.row].copy()
    held = bloc.exchange
    held[:] = 0.5
    assert np.array_equal(world.state.blocs.exchange[bloc.row], there)
    bloc.exchange = held
    assert (world.state.blocs.exchange[bloc.row] == 0.5).all()
    outcomes = world.run(until="2018-01").outcomes()
    for series in outcomes.values():
        series[:] = 0.0
    assert world.latest("frontier") != 0.0
    with pytest.raises(InputError, match="did you mean 'frontier'"):
        world.latest("frontiers")
