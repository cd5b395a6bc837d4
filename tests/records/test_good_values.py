"""A value that a refusal calls good passes the check, and is near what was meant."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from analysis.experiments.plan import plan_of
from analysis.experiments.specification import given
from model.controls.acts import act_of
from model.core import meant
from model.core.errors import InputError, near
from model.scenario import load

ACT = {
    "announced": date(2024, 1, 1), "effective": date(2024, 7, 1), "actor": "us",
    "targets": ["china"], "kind": "licence", "rule": [{"tpp_min": 4800}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("override", "good"),
    [
        ("controls.porosity=25", "0.25"),
        ("controls.porosity='25 %'", "0.25"),
        ("controls.porosity='30 per cent'", "0.3"),
        ("controls.porosity='0,25'", "0.25"),
        ("economy.firms='100_000'", "100000"),
        ("economy.firms='2 500'", "2500"),
        ("economy.firms='1,000,000'", "1000000"),
        ("economy.firms=2499.8", "2500"),
        ("economy.firms=10.5", "3000"),  # 10 would be too few for the labs
        ("controls.stockpiling='no'", "false"),
        ("controls.stockpiling=1", "true"),
        ("release.leader='Opn'", '"open"'),
        ("exchange.since=2027", '"2027-01"'),
        ("release.since=2027-03-09", '"2027-03"'),
        ("exchange.since='2027/3'", '"2027-03"'),
        ("economy.end=2026", '"2026-12"'),
        ("economy.end='2026'", '"2026-12"'),
        ("economy.start='2031-01'", '"2043-12"'),
        ("economy.end='2150-12'", '"2117-12"'),
    ],
)
def test_the_good_value_of_a_parameter(override: str, good: str) -> None:
    with pytest.raises(InputError) as refused:
        load("ban", [override], {})
    said = str(refused.value)
    assert f"; a good value is {good}" in said, said
    name = re.search(r"\w+\.\w+(?= must|:)", said.partition(": ")[2])
    assert name
    rest = [override] if name[0] not in override else []
    load("ban", [*rest, f"{name[0]}={good}"], {})


@pytest.mark.parametrize(
    ("field", "got", "rule", "good"),
    [
        ("fee", 25, "must be a share from 0 to 1", 0.25),
        ("fee", "25%", "must be a share from 0 to 1", 0.25),
        ("fee", -0.1, "must be a share from 0 to 1", 0),
        ("fee", 1.2, "must be a share from 0 to 1", 1),
        ("probability", 50, "must be a share from 0 to 1", 0.5),
        ("probability", "0,5", "must be a share from 0 to 1", 0.5),
        ("cap_units", 0, "must be a number, above 0", 1),
        ("cap_units", "100_000", "must be a number, above 0", 100_000),
        ("foreign_product", "no", "must be true or false", False),
        ("announced", 2023, "must be a date YYYY-MM-DD", "2023-01-01"),
        ("announced", "2023/11", "must be a date YYYY-MM-DD", "2023-11-01"),
        ("announced", datetime(2023, 5, 1, 9), "must be a day without a time", "2023-05-01"),
        ("announced", datetime(2023, 5, 1, tzinfo=UTC), "a day without a time", "2023-05-01"),
        ("announced", "2023-05-01T09:00", "must be a date YYYY-MM-DD", "2023-05-01"),
        ("targets", ["china", "china"], "must not name anything twice", ["china"]),
    ],
)
def test_the_good_value_of_a_field_of_an_act(
    field: str, got: object, rule: str, good: object
) -> None:
    with pytest.raises(InputError) as refused:
        act_of("own", {**ACT, field: got}, "controls.rules[0]")
    said = str(refused.value)
    shown = {True: "true", False: "false"}[good] if isinstance(good, bool) else f"{good}"
    assert rule in said and said.endswith(f"; a good value is {shown}".replace("'", '"')), said
    taken = date.fromisoformat(good) if field == "announced" else good  # type: ignore[arg-type]
    assert act_of("own", {**ACT, field: taken}, "here")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("places.universities_china", "universities_follower"),
        ("places.universities_us", "universities_leader"),
        ("places.universities_allies", "universities_elsewhere"),
        ("places.universities_folower", "universities_follower"),
        ("economy.firm", "firms"),
    ],
)
def test_another_country_is_not_what_was_meant(wrong: str, right: str) -> None:
    with pytest.raises(InputError, match=f"did you mean '{right}'"):
        load("ban", [f"{wrong}=1"], {})
    assert near("exports_china", ["exports_us", "imports_us"]).startswith("known are")
    assert near("exprts_us", ["exports_us", "imports_us"]) == "did you mean 'exports_us'?"


@pytest.mark.parametrize(
    "word",
    [
        "controls.degraded", "controls.porosity=0.6:0.1", "economy.firms=500:500", "economy.blocs",
        "spillover.strength=0:1:log", "controls.stockpiling=1:1", "controls.regime",
        "controls.years_sooner", "controls.porosity=0:60%", "economy.labs=40:40",
    ],
)  # fmt: skip
def test_the_good_range_of_a_factor_is_taken(word: str) -> None:
    from analysis.experiments.specification import check

    entries = {"scenario": "ban", "points": 2}
    with pytest.raises(InputError) as refused:
        given(entries, (word,))
    good = re.search(r"a good value is (\{.+\}|[\d.]+)$", str(refused.value))
    assert good, refused.value
    from model.core.toml import parsed

    value = parsed(f"value = {good[1]}", "here")["value"]
    name = word.partition("=")[0]
    if isinstance(value, float):
        value = {"low": value, "high": 1.0}
    assert check(entries, {name: value}, title="", place="").factors


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("controls.porosity;controls.rent_abroad\n0,1;0,05\n",
         "columns are parted by ; and decimals are written with a comma"),
        ("controls.porosity;controls.rent_abroad\n0.1;0.05\n", "columns are parted by ;"),
        ("controls.porosity\tcontrols.rent_abroad\n0.1\t0.05\n", "columns are parted by tabs"),
        ("controls.porosity\n0,1\n0,2\n", "write points in numbers: 0.1"),
        ('controls.porosity,chance\n"0,1",1\n', "got '0,1'; a good value is 0.1"),
    ],
)  # fmt: skip
def test_tables_of_other_countries_are_refused_by_their_cause(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(said)):
        plan_of(given({"scenario": "ban", "design": "file", "file": str(path)}))


def test_a_table_of_whole_numbers_written_as_floats_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("economy.firms,controls.porosity\n100.0,0\n200.0,1\n")
    _, plan, _ = plan_of(given({"scenario": "ban", "design": "file", "file": str(path)}))
    assert plan.columns == {"economy.firms": [100, 200], "controls.porosity": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("got", "same"),
    [("25%", 0.25), ("1e3", 1000), ("1'000", 1000), ("1,5", 1.5), ("-2", -2), ("x", None),
     ("", None), (True, None), (float("inf"), None), ("9" * 400, None), ("1.000,5", None)],
)  # fmt: skip
def test_numbers_as_people_write_them(got: object, same: float | None) -> None:
    assert meant.number(got) == same
