"""Scenario files on the command line: shown, compared, checked, begun."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.reports.parameters import shown_as_lever
from model.parameters import FACTS
from model.scenario import load

if TYPE_CHECKING:
    from tests.conftest import Command


def test_show_levers(spillover: Command) -> None:
    said = spillover("show", "ban", "--levers")
    lines = said.out.splitlines()
    levers = [record for record in FACTS.values() if shown_as_lever(record)]
    assert said.code == 0 and len(lines) - 1 == len(levers) >= 8  # one line each, no more
    line = next(line for line in lines if line.startswith("release.follower"))
    assert "habit or open or closed" in line and "in the following bloc" in line
    shown = json.loads(spillover("show", "ban", "--levers", "--json").out)["parameters"]
    assert [row["parameter"] for row in shown] == [
        f"{group}.{name}" for (group, name), record in FACTS.items() if shown_as_lever(record)
    ]
    assert all(row["lever"] and row["meaning"] for row in shown)
    assert "default" in spillover("show", "ban", "--levers", "--origin").out


def test_show_the_difference_of_two(spillover: Command) -> None:
    words = ("show", "ban", "--diff", "no_ban", "--set", "spillover.strength=0.3")
    said = spillover(*words)
    head, *lines = said.out.splitlines()
    assert head.split() == ["parameter", "ban", "no_ban", "unit", "origin", "meaning"]
    rows = {line.split()[0]: line.split()[1:5] for line in lines}
    assert rows["controls.regime"] == ["history", "none", "name", "ban.toml"]
    assert rows["spillover.strength"][:2] == ["0.3", "0.2"] and "--set" in said.out
    shown = json.loads(spillover(*words, "--origin", "--json").out)
    assert shown["name"] == "ban" and shown["other"]["name"] == "no_ban"
    row = next(row for row in shown["parameters"] if row["parameter"] == "controls.regime")
    assert (row["value"], row["other"]) == ("history", "none")
    assert (row["origin"], row["other_origin"]) == ("ban.toml", "no_ban.toml")
    levers = json.loads(spillover(*words, "--levers", "--json").out)["parameters"]
    assert "spillover.strength" not in {row["parameter"] for row in levers}
    none = spillover("show", "ban", "--diff", "ban")
    assert none.code == 0 and "no difference" in none.err


def test_check(spillover: Command) -> None:
    Path("good.toml").write_text('title = "Good"\nextends = "ban"\n')
    Path("bad.toml").write_text('extends = "good"\n[economy]\nfirms = 3\n')
    Path("sweep.toml").write_text("[sweep]\npoints = 3\n")
    said = spillover("check", "good.toml", "ban")
    assert said.code == 0 and said.err == ""
    assert said.out.startswith("good.toml: ok: Good (extends ban)\nban: ok: The chip ban")
    said = spillover("check", "bad.toml", "good.toml", "sweep.toml", "nowhere.toml")
    assert said.code == 2 and said.out == "good.toml: ok: Good (extends ban)\n"
    bad, sweep, nowhere = said.err.splitlines()
    assert bad.startswith("spillover: bad.toml: economy.firms must be at least 4, got 3")
    assert "sweep.toml: sweep.scenario: is missing" in sweep and "nowhere.toml" in nowhere
    said = spillover("check", "--json", "bad.toml", "good.toml")
    one, two = json.loads(said.out)["files"]
    assert said.code == 2 and len(said.err.splitlines()) == 1
    assert not one["ok"] and one["message"] in said.err
    assert two == {
        "file": "good.toml", "ok": True, "title": "Good", "parent": "ban", "message": None
    }  # fmt: skip


def test_new_writes_a_file_that_changes_nothing_yet(spillover: Command) -> None:
    said = spillover("new", "my_ban", "--from", "ban")
    assert (said.code, said.out) == (0, "my_ban.toml\n") and "spillover check" in said.err
    assert spillover("check", "my_ban.toml").out == "my_ban.toml: ok: my_ban (extends ban)\n"
    text = Path("my_ban.toml").read_text(encoding="utf-8")
    loaded, parent = load("my_ban", environment={}), load("ban", environment={})
    assert loaded.parameters == parent.parameters and "?" in loaded.story
    # every parameter stands there, and what is uncommented is a scenario
    Path("all.toml").write_text(re.sub("(?m)^#(?! )", "", text), encoding="utf-8")
    everything = load("all.toml", environment={})
    assert everything.parameters == parent.parameters
    own = {place for place, source in everything.origin.items() if source == "all.toml"}
    assert own == {".".join(place) for place in FACTS}
    assert max(map(len, text.splitlines())) <= 120
    assert sorted(path.name for path in Path().iterdir()) == ["all.toml", "my_ban.toml"]
    again = spillover("new", "my_ban", "--from", "ban")
    assert again.code == 3 and Path("my_ban.toml").read_text(encoding="utf-8") == text


def test_new_names_its_parent_wherever_it_stands(spillover: Command) -> None:
    Path("mine.toml").write_text('extends = "ban"\n[spillover]\nstrength = 0.3\n')
    for number, (parent, out, extends) in enumerate(
        [
            ("mine", ".", "mine"),
            ("mine.toml", ".", "mine"),
            ("mine", "deep/er", "../../mine.toml"),
            ("ban", "deep", "ban"),
        ]
    ):
        said = spillover("new", f"child{number}", "--from", parent, "--out", out, "--quiet")
        assert said.code == 0 and said.err == ""
        path = said.out.strip()
        assert f'extends = "{extends}"' in Path(path).read_text()
        assert spillover("check", path).code == 0
        strength = load(path, environment={}).parameters.spillover.strength
        assert strength == (0.3 if "mine" in parent else 0.2)


def test_check_reads_sweeps_too(spillover: Command) -> None:
    Path("s.toml").write_text(
        '[sweep]\nscenario = "ban"\npoints = 3\n[factors]\nchance = "prior"\n'
    )
    said = spillover("check", "s.toml")
    assert said.code == 0 and "3 points" in said.out
