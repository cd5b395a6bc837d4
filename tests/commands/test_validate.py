"""The command that puts the model beside the record, on tiny worlds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analysis.reports import scorecard
from analysis.validation.targets import standard
from analysis.validation.validate import Scorecard, Scored, as_plain
from tests import worlds

if TYPE_CHECKING:
    from tests.conftest import Command

SMALL = worlds.words({**worlds.TINY, "economy__end": "2024-12"})
KEYS = ["name", "unit", "record", "low", "high", "p5", "p50", "p95", "inside"]
THEIRS = """
[one]
title = "Largest run of the leader early on"
world = "ban"
group = "runs"
mark = "M"
source = "a notebook"
compare = "as it is"
[[one.figures]]
measure = "level"
series = "training_compute"
bloc = "us"
last = "2018-06"
unit = "log10 FLOP"
record = 23
low = 0
high = 99

[two]
title = "Nothing like it"
world = "ban"
group = "none"
mark = "M"
source = "a notebook"
compare = "as it is"
reported = false
reason = "the model has no weather"
[[two.figures]]
unit = "mm"
record = 3
low = 2
high = 4
"""


def card(kind: str = "default", draws: int = 4) -> Scorecard:
    """Return a scorecard in which the draws of a figure lie at and around its record."""
    targets = standard()
    spread = np.linspace(-0.2, 0.2, draws)
    figures = {
        name: [
            Scored(name + f.name, name, f, targets.record(f) * (1.0 + spread))
            for f in target.figures
        ]
        for name, target in targets.targets.items()
        if target.reported
    }
    return Scorecard(targets, kind, draws, figures)


def test_the_model_beside_the_record(spillover: Command) -> None:
    said = spillover("validate", *SMALL, "--replicates", "2", "--workers", "1", "--json", "-q")
    assert said.code == 0 and said.err == ""
    content = json.loads(said.out)
    assert list(content)[:2] == ["schema_version", "targets"] and content["schema_version"] == 1
    rows = {row["name"]: row for row in content["targets"]}
    targets = standard().targets
    assert list(rows) == [name + f.name for name, t in targets.items() for f in t.figures]
    for row in rows.values():
        assert list(row)[: len(KEYS)] == KEYS
        assert isinstance(row["inside"], bool)
        if row["p50"] is None:
            assert not row["inside"] and (row["reason"] or row["defined"] == 0)
            continue
        assert row["p5"] <= row["p50"] <= row["p95"]
        assert row["inside"] == (row["low"] <= row["p50"] <= row["high"])
    assert rows["T25a"]["p50"] is None and "clouds" in rows["T25a"]["reason"]
    undefined = [name for name, row in rows.items() if row["reported"] and row["p50"] is None]
    assert undefined == [], "eight labs suffice for all figures that the model has"
    assert content["draws"]["targets"] == len(targets) - 1


def test_prior_draws_have_their_shares_and_others_targets_their_dates(
    spillover: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []

    def values_at(names: list[Any], point: Any) -> dict[tuple[str, str], float]:
        drawn.append(float(point[0]))  # a lever, so that no draw needs its own arrival rates
        return {("controls", "porosity"): drawn[-1]}

    monkeypatch.setattr("analysis.validation.validate.values_at", values_at)
    Path("theirs.toml").write_text(THEIRS, encoding="utf-8")
    words = ("validate", "--targets", "theirs.toml", *worlds.words(worlds.TINY), "--workers", "1")
    said = spillover(*words, "--draws", "prior", "--replicates", "2")
    assert said.code == 0 and "2 of 2 draws" in said.err
    assert len(set(drawn)) == 2
    first, rows = said.out.splitlines()[0], said.out.splitlines()[1:]
    assert first.split()[-2:] == ["in", "draws"]
    assert any(re.search(r" 0…99 .*yes +100%$", row) for row in rows)
    assert any("not in the model" in row for row in rows)
    assert "two (the model has no weather)" in said.out
    assert "2 of 2 draws of the priors are inside all 1 targets" in said.out
    plain = json.loads(spillover(*words, "--replicates", "1", "--json", "--quiet").out)
    one, two = plain["targets"]
    assert one["inside"] and one["share_inside"] == 1.0 and one["p5"] == one["p95"]
    assert two["p50"] is None and not two["inside"]


REFUSED = {
    "unknown draws": (["--draws", "priors"], "--draws must be default or prior, got 'priors'; did"),
    "no replicates": (["--replicates", "0"], "--replicates must be .*got 0; a good value is 8"),
    "negative seed": (["--seed", "-1"], "whole number"),
    "no file": (["--targets", "nowhere.toml"], "nowhere.toml: cannot be read"),
    "wrong file": (
        ["--targets", "wrong.toml"],
        r"wrong\.toml: one: figures\.1\.low: must not .*|wrong\.toml: one: figures\.1\.high: must "
        r"not be below low, 100, got 99; a good value is 100",
    ),
    "too short a world": (
        ["--set", 'economy.end="2020-12"'],
        "targets.toml: figures go to 2024-12, and ban runs from .* to 2020-12; a good economy.end "
        "is 2024-12",
    ),
    "bloc that is not there": (
        ["--set", 'economy.blocs=["us", "china", "others"]'],
        r"targets\.toml: T16: figures\.1\.bloc: ban has no bloc 'allies'|T18: .* 'allies'",
    ),
    "unknown parameter": (["--set", "spillover.strenght=1"], "strength"),
}  # fmt: skip


@pytest.mark.parametrize("words, said", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(spillover: Command, words: list[str], said: str) -> None:
    Path("wrong.toml").write_text(THEIRS.replace("low = 0", "low = 100"), encoding="utf-8")
    found = spillover("validate", *words)
    assert found.code == 2 and found.out == ""
    assert re.search(said, found.err), found.err
    assert found.err.count("\n") == 1 and "Traceback" not in found.err


@pytest.mark.parametrize("kind", ["default", "prior"])
def test_the_table_is_whole_at_80_columns(kind: str) -> None:
    lines = scorecard.lines(as_plain(card(kind)))
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for name, target in standard().targets.items():
        assert sum(line.split(" ")[0] == name for line in lines) == 1
        words = re.sub(r"\s+", " ", text)
        assert target.title.split()[0] in words
    assert text.count("not in the model") >= 5
    assert lines[0].split()[:4] == ["target", "unit", "record", "band"]
    assert ("draws" in lines[0]) == (kind == "prior")


def test_a_target_counts_by_draw_and_by_median() -> None:
    found = card(draws=5)
    plain = as_plain(found)
    assert all(v["inside"] for v in plain["verdicts"] if v["reported"]), "the record is inside"
    centre = found.by_draw[2]
    assert centre == len(found.figures) == max(found.by_draw)
    assert plain["draws"]["most_inside"] == centre and plain["draws"]["inside_all"] >= 1
    for name, verdict in zip(found.targets.targets, plain["verdicts"], strict=True):
        if verdict["reported"]:
            share = np.mean(found.draws_inside(name))
            assert verdict["share_inside"] == pytest.approx(share)


def test_draws_without_a_value_are_left_out_and_said() -> None:
    found = card()
    one = found.figures["T2"][0]
    holes = Scored("T2", "T2", one.figure, np.array([np.nan, 10.0, np.nan, 12.0]))
    plain = as_plain(Scorecard(found.targets, "default", 4, {**found.figures, "T2": [holes]}))
    row: dict[str, Any] = next(r for r in plain["targets"] if r["name"] == "T2")
    assert row["p50"] == 11.0 and row["defined"] == 2 and row["inside"]
    assert row["share_inside"] == 0.5
    assert any("Undefined in some draws: T2." in line for line in scorecard.lines(plain))
    nothing = Scored("T2", "T2", one.figure, np.full(4, np.nan))
    plain = as_plain(Scorecard(found.targets, "default", 4, {**found.figures, "T2": [nothing]}))
    row = next(r for r in plain["targets"] if r["name"] == "T2")
    assert row["p5"] is row["p50"] is row["p95"] is None and not row["inside"]


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0"),
        (None, "-"),
        (0.105, "0.105"),
        (1.15, "1.15"),
        (25.4, "25.4"),
        (2000, "2000"),
        (9999.6, "10k"),
        (12500, "12.5k"),
        (140e3, "140k"),
        (999.96e3, "1m"),
        (-0.7143, "-0.71"),
        (1e-7, "1e-7"),
        (3e20, "3e20"),
    ],
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert scorecard.short(value) == text


def test_no_number_is_longer_than_its_column() -> None:
    for exponent in range(-12, 18):
        for lead in (1.0, -1.0, 1.234567, -9.99, 9.9999):
            assert len(scorecard.short(lead * 10.0**exponent)) <= 6
