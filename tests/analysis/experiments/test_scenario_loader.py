"""Every world of a sweep has what holds in all points, and the size of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.experiments import sweep as sweeps
from analysis.experiments.factors import in_words
from analysis.experiments.plan import plan_of
from analysis.experiments.specification import Specification, check, read
from model.core.errors import InputError
from tests.sweeping import TINY, tiny

NEW = 'extends = "ban"\n[controls]\nporosity = 0.123\n'
LARGE = 'extends = "ban"\n[economy]\nfirms = 4000\n'


def listed(folder: Path, rows: list[str], **entries: Any) -> Specification:
    table = folder / "points.csv"
    table.write_text("controls.rent_abroad,scenario\n" + "".join(f"0.1,{row}\n" for row in rows))
    given = {"scenario": "ban", "design": "file", "file": str(table), **entries}
    overrides = entries.pop("overrides", TINY)
    given.pop("overrides", None)
    return plan_of(check(given, {}, title="", place="", overrides=overrides))[0]


def sizes(spec: Specification) -> set[tuple[int, str]]:
    worlds = [*spec.worlds.values(), *([spec.against] if spec.against else [])]
    return {(w.parameters.economy.firms, w.parameters.economy.end) for w in worlds}


@pytest.mark.parametrize("against", [None, "no_ban"])
def test_worlds_of_a_table_have_what_is_set(tmp_path: Path, against: str | None) -> None:
    more = {} if against is None else {"against": against}
    spec = listed(tmp_path, ["ban", "ban_tight", "open_world"], **more)
    assert list(spec.worlds) == ["ban", "ban_tight", "open_world"]
    assert sizes(spec) == {(60, "2018-03")}


def test_worlds_of_a_table_can_be_files(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(NEW)
    spec = listed(tmp_path, ["mine.toml", "ban", "mine.toml"])
    assert list(spec.worlds) == ["mine", "ban"] and sizes(spec) == {(60, "2018-03")}
    assert spec.worlds["mine"].parameters.controls.porosity == 0.123
    spec, plan, digest = plan_of(spec)
    assert [plan.at(k)["scenario"] for k in range(3)] == ["mine", "ban", "mine"]
    batches = sweeps.begin(spec, plan, spec.digest(digest), tmp_path / "s")
    assert (tmp_path / "s" / "scenarios" / "mine.toml").is_file()
    (tmp_path / "mine.toml").unlink()
    assert sweeps.reopen(tmp_path / "s")[2].digest == batches.digest


def test_worlds_of_a_table_of_another_size_are_refused(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_text(LARGE)
    for rows in (["ban", "large.toml"], ["large.toml"]):
        with pytest.raises(InputError, match=r"cannot be compared: economy\.firms is"):
            listed(tmp_path, rows, overrides=TINY[1:])
    with pytest.raises(InputError, match="cannot be compared"):
        listed(tmp_path, ["large.toml"], overrides=TINY[1:], against="no_ban")


def test_scenarios_that_stand_beside_a_table_are_loaded_alike(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "large.toml").write_text(LARGE)
    spec = listed(tmp_path, ["ban", "large"])
    assert sizes(spec) == {(60, "2018-03")}
    with pytest.raises(InputError, match="cannot be compared"):
        listed(tmp_path, ["ban", "large"], overrides=TINY[1:])


def test_a_sweep_file_sets_for_the_worlds_of_its_table(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("scenario\nban_tight\nmine.toml\n")
    (tmp_path / "mine.toml").write_text(NEW)
    (tmp_path / "s.toml").write_text(
        '[sweep]\nscenario = "ban"\nagainst = "no_ban"\ndesign = "file"\nfile = "p.csv"\n'
        '[set.economy]\nfirms = 90\nend = "2019-03"\n'
    )
    spec = plan_of(read(tmp_path / "s.toml"))[0]
    assert sizes(spec) == {(90, "2019-03")}


def test_scenarios_of_one_name_in_a_table_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "ban.toml").write_text(NEW)
    spec = listed(tmp_path, ["ban", "a/ban.toml", "ban"], against="no_ban")
    one, other = spec.worlds.values()
    assert one.name != other.name and other.parameters.controls.porosity == 0.123
    spec, plan, _ = plan_of(spec)
    assert [plan.at(k)["scenario"] for k in range(3)] == [one.name, other.name, one.name]


def test_bad_names_in_a_table_are_one_message(tmp_path: Path) -> None:
    for rows, hint in (
        (["ban", ""], "points.csv: column scenario: a scenario's name is 1 to 1000"),
        (["no.toml"], "points.csv: column scenario: no scenario file"),
        (["bann"], "did you mean 'ban'"),
    ):
        with pytest.raises(InputError, match=hint):
            listed(tmp_path, rows)


def test_a_factor_makes_no_arm_larger_than_the_other() -> None:
    factors = {"economy.firms": {"low": 60, "high": 90, "in": "scenario"}}
    with pytest.raises(InputError, match=r'economy\.firms\.in: must be "both"'):
        tiny(factors)
    tiny({"economy.firms": {"low": 60, "high": 90}})
    tiny(factors, against=None)


WORDS: dict[str, tuple[str, list[Any]]] = {
    "two lists": ('economy.blocs=["us","china","allies","others"],["us","china"]',
                  [["us", "china", "allies", "others"], ["us", "china"]]),
    "one list": ('economy.blocs=["us", "china"]', [["us", "china"]]),
    "lists in lists": ("x.y=[[1,2],[3]],[]", [[[1, 2], [3]], []]),
    "tables": ('x.y={ a = 1, b = "c,d" },{ a = 2 }', [{"a": 1, "b": "c,d"}, {"a": 2}]),
    "a comma in a text": ('x.y="one, two","three"', ["one, two", "three"]),
    "a colon in a text": ('x.y="a:b","c"', ["a:b", "c"]),
    "words": ("x.y=none, record", ["none", "record"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WORDS)
def test_choices_in_words_can_be_lists(case: str) -> None:
    text, values = WORDS[case]
    assert in_words(text)[1] == {"values": values}


def test_lists_as_choices_are_a_sweep_and_go_on_in_its_folder(tmp_path: Path) -> None:
    name, value = in_words('economy.blocs=["us","china","allies","others"],["us","china"]')
    spec, plan, digest = tiny({name: value}, design="grid", against=None)
    assert plan.size == 2 and [plan.value(k, 0) for k in range(2)] == sorted(
        value["values"], key=str
    )
    sweeps.begin(spec, plan, digest, tmp_path / "s")
    assert sweeps.reopen(tmp_path / "s")[1].size == 2
    table = tmp_path / "s" / "plan.parquet"
    again = tiny({}, design="file", file=str(table), points=None, against=None)[1]
    assert [again.value(k, 0) for k in range(2)] == [plan.value(k, 0) for k in range(2)]


@pytest.mark.parametrize("words", [
    "scenario=no_ban,closed_world,open_world", "controls.degraded=none,designed,record",
    "controls.porosity=0.1,0,0.5",
])  # fmt: skip
def test_the_order_in_which_choices_are_listed_changes_nothing(words: str) -> None:
    name, _, listed = words.partition("=")
    found = []
    for order in (1, -1):
        choices = ",".join(listed.split(",")[::order])
        _, plan, digest = tiny(dict([in_words(f"{name}={choices}")]), against=None)
        found.append((digest, [plan.at(k) for k in range(plan.size)]))
    assert found[0] == found[1]
