"""Scenario files: what ships loads and survives a round trip; what is wrong is refused in words."""

import tomllib

import pytest

from model.core.errors import InputError
from model.parameters import FACTS, Parameters
from model.scenario import as_toml, load, shipped

SHIPPED = pytest.mark.parametrize("name", shipped())


def written(folder, text, name="mine"):
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refusal(name, *overrides, environment=None):
    with pytest.raises(InputError) as refused:
        load(name, overrides, environment or {})
    return str(refused.value)


@SHIPPED
def test_shipped_scenarios_load_and_tell_a_story(name):
    scenario = load(name, environment={})
    assert scenario.name == name
    assert scenario.lineage[0] == name and scenario.lineage[-1] == "no_ban"
    assert scenario.title and "?" in scenario.story  # a story asks


@SHIPPED
def test_what_a_scenario_resolves_to_is_a_scenario_of_equal_digest(name, tmp_path):
    scenario = load(name, environment={})
    text = as_toml(scenario.parameters, 'a "title"', scenario.story)
    again = load(written(tmp_path, text), environment={})
    assert again.parameters == scenario.parameters
    assert again.parameters.digest() == scenario.parameters.digest()
    assert again.title == 'a "title"' and again.story == scenario.story
    assert set(again.origin) == {".".join(place) for place in FACTS}
    assert len(again.parameters.digest()) == 64


def test_the_baseline_ships_first_and_is_the_default():
    assert next(iter(shipped())) == "no_ban"
    parameters = load("no_ban", environment={}).parameters
    assert parameters == parameters.baseline()
    assert load("ban", environment={}).parameters.baseline() == parameters


def test_levers_and_only_levers_fall_back_in_the_baseline():
    changed = load(
        "ban", ["exchange.between_blocs=0.5", "spillover.strength=0.3"], environment={}
    ).parameters
    baseline = changed.baseline()
    assert baseline.controls.regime == "none" and baseline.exchange.between_blocs == 1.0
    assert baseline.spillover.strength == 0.3


def test_digests_differ_by_any_value():
    digests = {
        load("no_ban", overrides, {}).parameters.digest()
        for overrides in ([], ["discovery.reach=0.51"], ['controls.regime="history"'])
    }
    assert len(digests) == 3


LAYERS = ("default", "root.toml", "child.toml", "$SPILLOVER_BUDGETS__TAPER", "--set")


@pytest.mark.parametrize("top", range(len(LAYERS)))
def test_values_layer_and_know_their_origin(top, tmp_path):
    values = [1.5, 0.1, 0.2, 0.3, 0.4]

    def line(layer):
        return f"[budgets]\ntaper = {values[layer]}\n" if layer <= top else ""

    written(tmp_path, 'title = "root"\n' + line(1), "root")
    child = written(tmp_path, 'extends = "root.toml"\n' + line(2), "child")
    environment = {"SPILLOVER_BUDGETS__TAPER": str(values[3])} if top >= 3 else {}
    overrides = [f"budgets.taper = {values[4]}"] if top >= 4 else []
    scenario = load(child, overrides, environment)
    assert scenario.parameters.budgets.taper == values[top]
    assert scenario.origin.get("budgets.taper", "default") == LAYERS[top]
    assert scenario.lineage == ("child", "root")
    assert scenario.title == "child"


def test_a_child_keeps_what_it_does_not_state(tmp_path):
    written(tmp_path, "[budgets]\ntaper = 0.1\nramp = 6\n[discovery]\nreach = 0.4\n", "root")
    child = written(tmp_path, 'extends = "root.toml"\n[budgets]\nramp = 7\n', "child")
    scenario = load(child, environment={})
    assert (scenario.parameters.budgets.taper, scenario.parameters.budgets.ramp) == (0.1, 7)
    assert scenario.parameters.discovery.reach == 0.4
    assert scenario.origin == {
        "budgets.taper": "root.toml",
        "budgets.ramp": "child.toml",
        "discovery.reach": "root.toml",
    }


def test_scenarios_of_this_folder_are_found_by_name_and_shadow_none_that_ships(
    tmp_path, monkeypatch
):
    written(tmp_path, 'extends = "ban"\n', "mine")
    written(tmp_path, 'title = "false"\n', "ban")
    monkeypatch.chdir(tmp_path)
    assert load("mine", environment={}).lineage == ("mine", "ban", "no_ban")
    assert load("ban", environment={}).title != "false"


def test_bare_words_are_text_on_the_command_line():
    assert load("no_ban", ["controls.regime=history"], {}).parameters.controls.regime == "history"
    environment = {"SPILLOVER_CONTROLS__REGIME": "history", "SPILLOVER_CACHE_DIR": "/nowhere"}
    assert load("no_ban", environment=environment).parameters.controls.regime == "history"


def test_unknown_scenario_is_refused_with_the_near_one():
    assert "did you mean 'ban'" in refusal("bann")
    assert "no_ban" in refusal("zzz")


def test_overrides_of_a_world_are_checked(small):
    with pytest.raises(InputError, match="group__name"):
        small(firms=3)
    with pytest.raises(InputError, match="did you mean 'firms'"):
        small(economy__firm=3)


def test_any_title_survives():
    title = 'rocket \U0001f680, delete \x7f, quote " and \\'
    assert tomllib.loads(as_toml(Parameters(), title, title))["story"] == title
