"""A world is an ordinary Mesa model: agents, collectors and batches work with no adapter."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

from model.agents import Bloc, Cluster, Firm
from model.core.errors import InputError
from model.economy import World
from model.month import MONTH
from model.scenario import load
from model.state.fixed import Fixed
from model.state.state import State
from tests import worlds

SMALL = {
    **worlds.TINY,
    "economy__end": "2018-06",
    "demography__entrants": 0.0,
    "demography__spinoffs": 0.0,
    "demography__exit": 0.0,
    "demography__other_closures": 0.0,
}
MONTHS = 18  # a year of prehistory and half of 2018


def small(scenario: str = "ban", rng: int = 7, **more: object) -> World:
    return World(scenario, rng=rng, **{**SMALL, **more})


def test_a_world_is_a_mesa_model_and_every_run_steps_it() -> None:
    world = small()
    assert isinstance(world, mesa.Model)
    for _ in range(MONTHS):
        assert world.running
        world.step()
    assert world.steps == MONTHS
    assert not world.running
    assert world.last_month == "2018-06"
    world.step()  # nothing happens after the last month
    assert world.state.month == MONTHS


def test_agents_are_views_of_rows() -> None:
    world = small().run("2018-01")
    by_type = world.agents_by_type
    assert len(by_type[Bloc]) == 4
    assert len(by_type[Firm]) == 100
    assert len(by_type[Cluster]) == world.state.clusters.key.size
    assert len(world.agents) == sum(len(agents) for agents in by_type.values())
    labs = by_type[Firm].select(lambda firm: firm.kind == "lab")
    assert len(labs) == 8
    firm = next(iter(labs))
    assert firm.researchers == world.state.firms.researchers[firm.row]
    firm.researchers = 12.5
    assert world.state.firms.researchers[firm.row] == 12.5
    assert firm.knowledge["algorithms"] > 0.0
    assert firm.lab_columns["best_released"] == world.state.labs.best_released[firm.lab]
    with pytest.raises(NotImplementedError, match="phase"):
        firm.step()
    with pytest.raises(AttributeError):
        world.agents = []


def test_agent_sets_select_group_and_aggregate() -> None:
    firms = small().run("2018-01").agents_by_type[Firm]
    counts = firms.groupby("bloc").count()
    assert set(counts) == {"us", "china", "allies", "others"}
    assert sum(counts.values()) == len(firms)
    total = firms.select(lambda firm: firm.bloc == "us").agg("researchers", sum)
    assert total > 0.0
    assert len(firms.select(at_most=5)) == 5
    assert len(firms.get("sector")) == 100


def test_data_collector() -> None:
    world = small().run()
    frame = world.datacollector.get_model_vars_dataframe()
    assert list(frame["month"])[12:] == [f"2018-{month:02d}" for month in range(1, 7)]
    series = world.record.series["capability_released"][:, 0]
    assert np.array_equal(frame["capability_released_us"], series)


def test_a_users_own_collector() -> None:
    world = small()
    world.datacollector = mesa.DataCollector(
        model_reporters={"firms": lambda w: len(w.agents_by_type[Firm])},
        agenttype_reporters={Firm: {"researchers": "researchers"}},
    )
    world.run()
    assert set(world.datacollector.get_model_vars_dataframe()["firms"]) == {100}
    assert len(world.datacollector.get_agenttype_vars_dataframe(Firm)) == MONTHS * 100


def test_batch_run() -> None:
    parameters = {**SMALL, "scenario": ["no_ban", "ban"], "rng": [1, 2], "spillover__strength": 0.1}
    rows = mesa.batch_run(World, parameters, max_steps=50, display_progress=False)
    assert len(rows) == 4
    assert {row["month"] for row in rows} == {"2018-06"}
    assert {row["scenario"] for row in rows} == {"no_ban", "ban"}


def test_seeds() -> None:
    assert small(rng=7).seed == 7
    fresh = World("no_ban", **SMALL)
    assert 0 <= fresh.seed < 2**63
    drawn = World("no_ban", rng=np.random.default_rng(3), **SMALL)
    assert drawn.seed == World("no_ban", rng=np.random.default_rng(3), **SMALL).seed
    for wrong in ("x", -1, 1.5, 2**64, float("inf"), float("nan")):
        with pytest.raises(InputError, match="seed"):
            World("no_ban", rng=wrong, **SMALL)


def test_overrides_are_checked() -> None:
    with pytest.raises(InputError, match=r"did you mean 'strength'"):
        small(spillover__strenght=0.1)
    with pytest.raises(InputError, match="group__name"):
        small(strength=0.1)


def test_a_phase_of_ones_own() -> None:
    seen = []

    def watch(fixed: Fixed, state: State) -> None:
        seen.append((fixed.date(state.month), len(state.models)))

    world = World("no_ban", rng=1, phases=MONTH.with_after("training", watch), **SMALL)
    plain = World("no_ban", rng=1, **SMALL)
    world.run()
    plain.run()
    assert [date for date, _ in seen][:2] == ["2017-01", "2017-02"]
    assert np.array_equal(world.state.knowledge[0].bits, plain.state.knowledge[0].bits)
    with pytest.raises(InputError, match="phases are"):
        MONTH.without("nothing")
    assert len(MONTH.without("spillover")) == len(MONTH) - 1


def test_a_world_without_spillover_learns_nothing() -> None:
    world = World("no_ban", rng=1, phases=MONTH.without("spillover"), **SMALL).run()
    assert world.record.series["ideas_learned"].sum() == 0.0
    assert world.record.series["ideas_discovered"].sum() > 0.0


def test_tables_open_in_pandas() -> None:
    world = small().run()
    blocs = world.table("blocs")
    assert list(blocs.columns[:2]) == ["month", "bloc"]
    assert len(blocs) == 6 * 4
    with pytest.raises(InputError, match="tables are"):
        world.table("nothing")


def test_a_scenario_object_can_be_given() -> None:
    assert World(load("ban"), rng=1, **SMALL).scenario_name == "ban"


@pytest.mark.parametrize("until", ["2018-13", "2018-00", "2010-01", "2050-01", "x", 7])
def test_until_is_a_month_of_the_span(until: object) -> None:
    with pytest.raises(InputError, match="until"):
        small().run(until=until)  # type: ignore[arg-type]


def test_a_leader_without_labs_is_refused() -> None:
    with pytest.raises(InputError, match="has no lab"):
        small(economy__labs=2, economy__leader="others")
