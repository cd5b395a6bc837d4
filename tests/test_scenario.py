"""Scenario files: what ships loads and survives a round trip; what is wrong is refused in words."""

import json
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.cast import setting_of
from model.facts import InputError
from model.scenario import FACTS, GROUPS, LARGEST_FILE, Parameters, Scenario, as_toml, load, shipped

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


LAYERS = ("default", "root.toml", "child.toml", "$SPILLOVER_FINANCE__TAPER", "--set")


@pytest.mark.parametrize("top", range(len(LAYERS)))
def test_values_layer_and_know_their_origin(top, tmp_path):
    values = [1.5, 0.1, 0.2, 0.3, 0.4]

    def line(layer):
        return f"[finance]\ntaper = {values[layer]}\n" if layer <= top else ""

    written(tmp_path, 'title = "root"\n' + line(1), "root")
    child = written(tmp_path, 'extends = "root.toml"\n' + line(2), "child")
    environment = {"SPILLOVER_FINANCE__TAPER": str(values[3])} if top >= 3 else {}
    overrides = [f"finance.taper = {values[4]}"] if top >= 4 else []
    scenario = load(child, overrides, environment)
    assert scenario.parameters.finance.taper == values[top]
    assert scenario.origin.get("finance.taper", "default") == LAYERS[top]
    assert scenario.lineage == ("child", "root")
    assert scenario.title == "child"


def test_a_child_keeps_what_it_does_not_state(tmp_path):
    written(tmp_path, "[finance]\ntaper = 0.1\nramp = 6\n[discovery]\nreach = 0.4\n", "root")
    child = written(tmp_path, 'extends = "root.toml"\n[finance]\nramp = 7\n', "child")
    scenario = load(child, environment={})
    assert (scenario.parameters.finance.taper, scenario.parameters.finance.ramp) == (0.1, 7)
    assert scenario.parameters.discovery.reach == 0.4
    assert scenario.origin == {
        "finance.taper": "root.toml",
        "finance.ramp": "child.toml",
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "mine.toml: is empty"),
        (" \n\t\n", "mine.toml: is empty"),
        ("[economy]\nfirms = \n", "line 2"),
        ("firms", "is not TOML"),
        ("[econmy]\nfirms = 10", "did you mean 'economy'"),
        ("economy = 3", "must be a table"),
        ("[economy]\nfirm = 10", "did you mean 'firms'"),
        ('[economy]\nfirms = "10"', "economy.firms must be a whole number, got '10'"),
        ("[economy]\nfirms = 10.0", "economy.firms must be a whole number, got 10.0"),
        ("[economy]\nfirms = 3", "economy.firms must be at least 4"),
        ("[economy]\nfirms = 1979-05-27", "economy.firms must be a whole number"),
        ('[economy]\nstart = "2018"', "economy.start must be a month"),
        ('[economy]\nend = "2017-12"', "economy.end must not be before"),
        ('[economy]\nend = "2150-12"', "at most 100 years"),
        ('[economy]\nleader = "uk"', "unknown bloc 'uk'"),
        ('[economy]\nfollower = "us"', "economy.follower must differ"),
        ('[economy]\nblocs = ["us", "us"]', "each bloc once"),
        ("[economy]\nblocs = []", "at least one bloc"),
        ('[economy]\nidentical_blocs = "uk"', "unknown bloc 'uk'"),
        ("[economy]\nlabs = 75\nfirms = 78", "economy.firms must be at least the labs"),
        ('[controls]\nregime = "hist"', "unknown regime 'hist'; regimes are none, history"),
        ('[controls]\nrecord_until = "2025"', "controls.record_until must be a month"),
        ('[release]\nleader = "opn"', "release.leader must be one of"),
        ("[training]\ntraining = 0.9", "must not pass 1, got 1.2"),
        ("[chips]\nutilisation = 1.0", "must not pass 1"),
        ("[discovery]\nalgorithms_growth = 1.5", "would never get harder"),
        ("title = 3", "title: must be text"),
        ("claims = 3", "claims: must be a list"),
        ("extends = 3", "extends: must be text"),
        ('extends = "nowhere"', "mine.toml: extends: unknown scenario 'nowhere'"),
        ('extends = "nowhere.toml"', "mine.toml: extends: no scenario file 'nowhere.toml'"),
    ],
)
def test_wrong_files_are_refused_in_words(text, said, tmp_path):
    assert said in refusal(written(tmp_path, text))


def test_a_cycle_of_parents_is_refused(tmp_path):
    one = written(tmp_path, 'extends = "two.toml"', "one")
    written(tmp_path, 'extends = "one.toml"', "two")
    assert "one -> two -> one" in refusal(one)
    assert "cycle" in refusal(written(tmp_path, 'extends = "self.toml"', "self"))


def test_too_large_a_file_is_refused(tmp_path):
    assert "too large" in refusal(written(tmp_path, "#" * (LARGEST_FILE + 1)))


def test_folders_and_binary_files_are_refused(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    assert "no scenario file" in refusal(str(tmp_path / "folder.toml"))
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    assert "binary.toml: cannot be read as text" in refusal(str(tmp_path / "binary.toml"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("firms", "must read group.name=value"),
        ("economy.firms", "must read group.name=value"),
        ("firms=3", "must read group.name=value"),
        ("econ.firms=3", "did you mean 'economy'"),
        ("economy.firm=3", "did you mean 'firms'"),
        ("economy.firms=many", "--set: economy.firms must be a whole number, got 'many'"),
        ("economy.firms=3", "--set: economy.firms must be at least 4"),
        ("economy.firms=", "economy.firms must be a whole number, got ''"),
    ],
)
def test_wrong_overrides_are_refused(override, said):
    assert said in refusal("no_ban", override)


def test_wrong_environment_is_refused_by_its_name():
    message = refusal("no_ban", environment={"SPILLOVER_ECONOMY__FIRM": "3"})
    assert "$SPILLOVER_ECONOMY__FIRM" in message and "did you mean 'firms'" in message
    message = refusal("no_ban", environment={"SPILLOVER_ECONOMY__FIRMS": "3"})
    assert message.startswith("$SPILLOVER_ECONOMY__FIRMS: economy.firms must be at least 4")


def test_overrides_of_a_world_are_checked(small):
    with pytest.raises(InputError, match="group__name"):
        small(firms=3)
    with pytest.raises(InputError, match="did you mean 'firms'"):
        small(economy__firm=3)


words = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
scalars = st.one_of(
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.booleans(),
    st.text(max_size=20),
    st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=3),
    st.sampled_from(["us", "china", "none", "history", "open", "2018-01", "2030-12"]),
)
literals = st.one_of(
    scalars.map(json.dumps).map(str.lower),
    st.sampled_from(["1979-05-27", "07:32:00", "0x10", "{a = 1}", "[[1]]", "nan", "-inf", "''"]),
    st.text(max_size=10),
)
places = st.sampled_from(list(FACTS))
entries = st.one_of(
    st.tuples(places, literals).map(lambda e: f"{e[0][0]}.{e[0][1]} = {e[1]}"),
    st.tuples(st.sampled_from([*GROUPS, "title", "extends"]), literals).map(" = ".join),
    st.tuples(words, words, literals).map(lambda e: f"[{e[0]}]\n{e[1]} = {e[2]}"),
    st.text(max_size=30),
)
texts = st.lists(entries, max_size=4).map("\n".join)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_any_text_is_a_scenario_or_refused(text, tmp_path):
    path = tmp_path / "fuzz.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        scenario = load(str(path), environment={})
    except InputError as refused:
        assert str(refused)
    else:
        assert isinstance(scenario, Scenario)
        setting_of(scenario.parameters)


@settings(max_examples=100)
@given(override=st.one_of(st.text(max_size=40), entries))
def test_any_override_is_taken_or_refused(override):
    try:
        load("no_ban", [override], {})
    except InputError as refused:
        assert str(refused)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 3000 + "]" * 3000,
        "[economy]\nfirms = " + "9" * 5000,
        "[economy]\nfirms = 0x" + "f" * 5000,
        'extends = "' + "a" * 300 + '"',
        'extends = "' + "a" * 300 + '.toml"',
        'extends = "' + "a" * 5000 + '.toml"',
        "title = '\\ud800'\nclaims = 3",
    ],
    ids=["nested", "digits", "hex", "long name", "long path", "longer", "claims"],
)
def test_hostile_files_are_refused(text, tmp_path):
    path = tmp_path / "hostile.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        load(str(path), environment={})
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 3000, "0x" + "f" * 5000])
def test_hostile_overrides_are_refused(value):
    with pytest.raises(InputError):
        load("no_ban", ["economy.firms=" + value], {})


def test_any_title_survives():
    title = 'rocket \U0001f680, delete \x7f, quote " and \\'
    assert tomllib.loads(as_toml(Parameters(), title, title))["story"] == title
