"""Titles in scripts that the font lacks: another font, or the name and a line that says so."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from matplotlib.font_manager import FontProperties, findfont, get_font

from analysis.figures import fonts, style
from analysis.figures.catalogue import figures_of, remarks
from analysis.figures.data import Folder, read_folder
from tests import worlds

if TYPE_CHECKING:
    from tests.conftest import Command

TITLES = {  # file: title, what figures show where no font has its letters
    "chips": ("芯片禁令：多孔边境与国产芯片", "chips"),
    "芯片": ("芯片禁令", "world A"),
    "mixed": ("Chips 칩 and bans", "mixed"),
    "signs": ("A ban \U0001f6ab", "signs"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Return the folder of a run with a plain title."""
    from model.measure import run_folder
    from model.run import run
    from model.scenario import load

    place = tmp_path_factory.mktemp("runs") / "plain"
    scenario = load("ban", worlds.texts(worlds.TINY))
    result = run(scenario, 1)
    run_folder.write_run(place, scenario, result.tables, result.about, None)
    return read_folder(place)


def titled(folder: Folder, title: str, name: str) -> Folder:
    return replace(folder, worlds=(replace(folder.worlds[0], title=title, name=name),))


def test_plain_titles_stay(folder: Folder) -> None:
    for title in ("The chip ban", "Größe, Łódź, Ελλάδα, Россия", "≥ 4,800 TPP – «now»"):
        plain = titled(folder, title, "plain")
        assert fonts.drawable(plain) == (plain, []) and fonts.families(plain) == [fonts.OWN]


@pytest.mark.parametrize("name", TITLES)
def test_a_title_no_font_has_gives_way_to_the_name(
    name: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "family_with", lambda letters: "")
    title, shown = TITLES[name]
    drawn, said = fonts.drawable(titled(folder, title, name))
    assert drawn.worlds[0].title == shown and not fonts.lacking([drawn.source])
    assert len(said) == 1 and title in said[0] and repr(shown) in said[0] and "\n" not in said[0]


def test_a_title_of_an_act_gives_way_to_its_name(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "family_with", lambda letters: "")
    first, *others = folder.acts
    rules = tuple(replace(rule, title="出口管制", name="own_rule") for rule in first.rules)
    drawn, said = fonts.drawable(replace(folder, acts=(replace(first, rules=rules), *others)))
    assert {rule.title for rule in drawn.acts[0].rules} == {"own_rule"}
    assert len(said) == 1 and "'own_rule'" in said[0]


def test_letters_come_from_an_installed_font() -> None:
    def letters(family: str) -> set[int]:
        return set(get_font(findfont(FontProperties(family=family))).get_charmap())

    own, other = letters(fonts.OWN), letters("STIXGeneral")
    letter = chr(min(other - own))
    family = fonts.family_with(frozenset(letter))
    assert family and ord(letter) in letters(family)
    with warnings.catch_warnings(), style.styled([fonts.OWN, family]):
        warnings.simplefilter("error")
        assert style.width_of(letter, 8.0) > 0.0
    assert fonts.family_with(frozenset("\U0010fffd\U0010fffc")) == ""


def test_the_command_says_one_line_and_matplotlib_none(
    spillover: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "family_with", lambda letters: "")
    Path("芯片.toml").write_text('title = "芯片禁令"\nextends = "ban"\n', encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        said = spillover("run", "芯片.toml", *worlds.words(worlds.TINY))
    assert said.code == 0
    lines = [line for line in said.err.splitlines() if "months" not in line]
    assert len(lines) == 2 and lines[0].startswith("no installed font has all letters")
    assert lines[1].startswith("written to ")
    (place,) = Path("runs").iterdir()
    assert (place / "figures" / "gap.png").is_file() and len(remarks(place)) == 1
    assert figures_of(place, Path("again"), ["gap"])
    again = spillover("plot", str(place), "--kind", "gap")
    assert again.code == 0 and again.err.count("no installed font") == 1
