"""Whatever is wrong is refused in one line: place, field, rule, value, and what would be right."""

import math
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, get_origin

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from model.core.errors import InputError, shown
from model.core.toml import LARGEST_FILE, quoted
from model.parameters import FACTS, GROUPS
from model.scenario import Scenario, load, shipped
from model.setup.inputs import inputs_of

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"
MESSAGES = tomllib.loads((CORPUS / "messages.toml").read_text(encoding="utf-8"))
WORDS = ("; ", "ids such as", "did you mean")  # what comes after them helps


def refusal(name, *overrides, environment=None):
    with pytest.raises(InputError) as refused:
        load(str(name), overrides, environment or {})
    return one_line(refused.value)


def one_line(error):
    message = str(error)
    assert message.isprintable() and len(message) < 700, message
    return message


@pytest.mark.parametrize("name", MESSAGES)
def test_malformed_files_are_refused_in_words(name):
    message = refusal(CORPUS / f"{name}.toml")
    missing = [word for word in MESSAGES[name] if word not in message]
    assert not missing, message
    culprit = "empty" if name == "extends_bad_parent" else name
    assert message.startswith(f"{culprit}.toml: "), message
    assert any(word in message for word in WORDS) or "cycle" in name, message


def test_every_malformed_file_has_its_words():
    files = {path.stem for path in CORPUS.glob("*.toml")} - {"messages"}
    assert files == set(MESSAGES) and all(MESSAGES.values())


def test_the_command_tells_each_file_in_one_line():
    files = [f"{name}.toml" for name in MESSAGES]
    done = subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "check", *files, "nowhere.toml", "ban"],
        cwd=CORPUS,
        env={"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == "ban: ok: The chip ban as it happened (extends no_ban)\n"
    lines = done.stderr.splitlines()
    assert len(lines) == len(files) + 1
    assert all(line.startswith("spillover: ") for line in lines)
    assert "Traceback" not in done.stderr
    assert lines[-1].endswith(
        f"no scenario file 'nowhere.toml'; shipped are {', '.join(shipped())}"
    )


def test_too_large_a_file_is_refused(tmp_path):
    path = tmp_path / "large.toml"
    path.write_text("#" * (LARGEST_FILE + 1))
    assert "large.toml: too large" in refusal(path)


def test_a_byte_order_mark_and_windows_lines_are_taken(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + 'title = "Größe"\r\nstory = """\r\na\r\nb"""\r\n'.encode())
    scenario = load(str(path), environment={})
    assert (scenario.title, scenario.story) == ("Größe", "a\nb")


@pytest.mark.parametrize("name", ["no\nban", "", "\x1b[31m", "a" * 1001, "x\udcff.toml"])
def test_names_no_file_should_have_are_refused(name):
    assert "1 to 1000 printable letters" in refusal(name)


# Every parameter, given everything that it is not, in a file, as an override, in the environment.

ANY = ["1979-05-27", "07:32:00", "{us = 1}"]
WRONG = {
    float: ["'much'", "''", "true", "[0.5]", "nan", "+nan", "inf", "-inf", "1e999", *ANY],
    int: ["'many'", "''", "true", "1.5", "[1]", "nan", "inf", "-inf", "9e99", *ANY],
    str: ["7", "0.5", "true", "['us']", "nan", *ANY],
    list: ["'us'", "7", "true", "[7]", "[['us']]", "nan", *ANY],
    bool: ["'yes'", "1", "0.5", "[true]", "nan", *ANY],
}


def wrong_values():
    for (group, name), record in FACTS.items():
        kind = type(GROUPS[group].model_fields[name].default)
        yield from ((group, name, text) for text in WRONG.get(kind, ANY))
        for bound, sign in ((record.low, -1), (record.high, 1)):
            if bound is not None:
                beyond = [bound + sign * max(1, abs(bound)), sign * 10**30]
                if kind is float:
                    beyond.append(math.nextafter(bound, sign * math.inf))
                yield from ((group, name, quoted(kind(value))) for value in beyond)


@pytest.mark.parametrize("group", GROUPS)
def test_everything_a_parameter_is_not_is_refused(group, tmp_path):
    for name in GROUPS[group].model_fields:
        assert_refused_everywhere(group, name, tmp_path)


def assert_refused_everywhere(group, name, tmp_path):
    place = f"{group}.{name}"
    path = tmp_path / "mine.toml"
    variable = f"SPILLOVER_{group}__{name}".upper()
    for text in [text for *where, text in VALUES if where == [group, name]]:
        path.write_text(f"[{group}]\n{name} = {text}\n", encoding="utf-8")
        for source, message in (
            ("mine.toml", refusal(path)),
            ("--set", refusal("no_ban", f"{place}={text}")),
            (f"${variable}", refusal("no_ban", environment={variable: text})),
        ):
            assert message.startswith((f"{source}: {place} must ", f"{source}: {place}[")), message
            passes(place, message)
            value = tomllib.loads(f"value = {text}")["value"]
            if kind_of(group, name) is list and isinstance(value, list):
                (value,) = value  # its entry is what is wrong
                inner = "a table" if "dict" in str(GROUPS[group].model_fields[name]) else "text"
                assert f" must be {inner}, got" in message, message
            else:
                assert f" must {rule(group, name, value)}" in message, message
            assert f", got {shown(value)};" in message, message


def passes(place, message):
    """Check that the value that a message calls good is one."""
    (good,) = re.findall(r"; a good value is (.+?) \(", message)
    unit = FACTS[tuple(place.split("."))].unit
    taken(place, good.removesuffix(f" {unit}"))


@cache
def taken(place, good):
    load("no_ban", [f"{place}={good}"], {})


def kind_of(group, name):
    return type(GROUPS[group].model_fields[name].default)


def rule(group, name, value):
    record, kind = FACTS[group, name], kind_of(group, name)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if (whole and kind is int) or (kind is float and (whole or isinstance(value, float))):
        if not math.isfinite(value):
            return "be a finite number"
        return "be at least" if value < record.low else "be at most"
    if kind is str and get_origin(GROUPS[group].model_fields[name].annotation) is Literal:
        return "be one of"
    return RULES.get(kind, "be ")


RULES = {
    float: "be a number",
    int: "be a whole number",
    str: "be text",
    list: "be a list",
    bool: "be true or false",
}
VALUES = list(wrong_values())


def test_the_catalogue_of_wrong_values_is_full():
    assert len(VALUES) > 8 * len(FACTS)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("firms", "must read group.name=value"),
        ("economy.firms", "must read group.name=value"),
        ("firms=3", "must read group.name=value"),
        ("=", "must read group.name=value"),
        ("", "must read group.name=value"),
        (".=3", "unknown group ''"),
        ("econ.firms=3", "did you mean 'economy'"),
        ("economy.firm=3", "did you mean 'firms'"),
        ("economy.firms.x=3", "unknown parameter economy.firms.x"),
        ("economy.strength=3", "did you mean spillover.strength?"),
        ("economy.firms=many", "--set: economy.firms must be a whole number, got 'many'"),
        ("economy.firms=3", "--set: economy.firms must be at least 4"),
        ("economy.firms=", "economy.firms must be a whole number, got ''"),
        ("economy.firms=100\nlabs=3", "economy.firms must be a whole number, got '100"),
        ("economy.firms=" + "9" * 5000, "economy.firms must be a whole number, got '999"),
        ("economy.firms=" + "[" * 3000, "economy.firms must be a whole number, got '[[["),
        ("economy.firms=0x" + "f" * 5000, "economy.firms must be at most"),
        ("economy.end=2017-12", "--set: economy.end must not be before economy.start"),
        ("economy.leader=uk", "--set: economy.leader: unknown bloc 'uk'"),
        ("economy.follower=us", "--set: economy.follower must differ"),
        ("discovery.lab_systems_share=0", "--set: discovery.lab_systems_share must be above 0"),
        ("discovery.lab_systems_share=1.0", "got 1; a good value is 0.95"),
        ("x" * 5000, "must read group.name=value"),
    ],
)
def test_wrong_overrides_are_refused(override, said):
    assert said in refusal("no_ban", override)


def test_wrong_environment_is_refused_by_its_name():
    message = refusal("no_ban", environment={"SPILLOVER_ECONOMY__FIRM": "3"})
    assert "$SPILLOVER_ECONOMY__FIRM" in message and "did you mean 'firms'" in message
    message = refusal("no_ban", environment={"SPILLOVER_ECONOMI__FIRMS": "3"})
    assert "did you mean SPILLOVER_ECONOMY__FIRMS?" in message


def test_what_several_values_break_names_all_their_places(tmp_path):
    (tmp_path / "parent.toml").write_text("[training]\nfleet_share = 0.6\n")
    child = tmp_path / "child.toml"
    child.write_text('extends = "parent.toml"\n[training]\nexperiments_share = 0.4\n')
    assert refusal(child).startswith("parent.toml, child.toml: training: ")


# Anything at all: taken, or refused in one line.

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
    scalars.map(quoted),
    st.sampled_from(["1979-05-27", "07:32:00", "0x10", "{a = 1}", "[[1]]", "nan", "-inf", "''"]),
    st.text(max_size=10),
)
places = st.sampled_from(list(FACTS))
inside = st.one_of(  # values in the range, so that combinations are met
    st.sampled_from([0, 0.0, 1, 1.0, 2, 0.5]),
    *[st.just(GROUPS[group].model_fields[name].default) for group, name in FACTS],
    *[st.sampled_from([r.low, r.high]) for r in FACTS.values() if r.low is not None],
).map(quoted)
entries = st.one_of(
    st.tuples(places, st.one_of(literals, inside)).map(lambda e: f"{e[0][0]}.{e[0][1]} = {e[1]}"),
    st.tuples(st.sampled_from([*GROUPS, "title", "extends"]), literals).map(" = ".join),
    st.tuples(words, words, literals).map(lambda e: f"[{e[0]}]\n{e[1]} = {e[2]}"),
    st.text(max_size=30),
)
texts = st.lists(entries, max_size=4).map("\n".join)
extremes = st.dictionaries(
    st.sampled_from([p for p, r in FACTS.items() if r.low is not None]), st.booleans(), max_size=6
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
@example(text="title = '\\ud800'\nclaims = 3")
def test_any_text_is_a_scenario_or_refused(text, tmp_path):
    path = tmp_path / "fuzz.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        scenario = load(str(path), environment={})
    except InputError as refused:
        one_line(refused)
    else:
        assert isinstance(scenario, Scenario)
        inputs_of(scenario.parameters)


@settings(max_examples=200)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_a_scenario_or_refused(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(content)
    try:
        load(str(path), environment={})
    except InputError as refused:
        assert one_line(refused).startswith("fuzz.toml: ")


@settings(max_examples=200)
@given(override=st.one_of(st.text(max_size=40), entries))
def test_any_override_is_taken_or_refused(override):
    try:
        load("no_ban", [override], {})
    except InputError as refused:
        one_line(refused)


@settings(max_examples=200)
@given(ends=extremes)
def test_any_corner_of_the_ranges_is_taken_or_refused(ends):
    overrides = [
        f"{group}.{name}={FACTS[group, name].high if top else FACTS[group, name].low}"
        for (group, name), top in ends.items()
    ]
    try:
        load("no_ban", overrides, {})
    except InputError as refused:
        assert one_line(refused).startswith("--set: ")


@settings(max_examples=100)
@given(name=st.text(max_size=30))
def test_any_name_is_a_scenario_or_refused(name):
    try:
        load(name, environment={})
    except InputError as refused:
        one_line(refused)
