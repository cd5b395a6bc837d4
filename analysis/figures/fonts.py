"""Letters that the font of figures lacks: from an installed font, or names instead of titles.

Titles may be written in any script. The font that comes with matplotlib has Latin, Greek, Cyrillic
and some more; Chinese, for one, is in fonts that a computer may have or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

from analysis.figures.data import Folder

OWN = "DejaVu Sans"
BOXES = "Last Resort"  # comes with matplotlib, and draws a box for every letter
LIKELY = ("noto", "cjk", "han", "gothic", "unifont", "droid", "wqy", "arial", "free")


@cache
def _letters(file: str) -> frozenset[int]:
    try:
        return frozenset(get_font(file).get_charmap())
    except (OSError, RuntimeError):  # a font that cannot be read has no letters
        return frozenset()


def lacking(texts: Iterable[str]) -> frozenset[str]:
    """Return the letters of texts that the font of figures lacks."""
    own = _letters(findfont(FontProperties(family=OWN)))
    return frozenset(letter for letter in "".join(texts) if ord(letter) not in own)


@cache
def family_with(letters: frozenset[str]) -> str:
    """Return the family of an installed font that has letters; empty where there is none."""
    wanted = {ord(letter) for letter in letters}
    drawing = [font for font in fontManager.ttflist if not font.name.startswith(BOXES)]
    fonts = sorted(drawing, key=lambda font: (
        not any(word in font.name.lower() for word in LIKELY), font.style != "normal", font.name,
        str(font.weight),
    ))  # fmt: skip
    return next((font.name for font in fonts if wanted <= _letters(font.fname)), "")


def families(folder: Folder) -> list[str]:
    """Return the families in which a result's titles are written, the usual one first."""
    letters = lacking(_texts(folder))
    other = family_with(letters) if letters else ""
    return [OWN, other] if other else [OWN]


def drawable(folder: Folder) -> tuple[Folder, list[str]]:
    """Return a result with titles that can be drawn, and what to say of those that cannot."""
    if len(families(folder)) > 1 or not lacking(_texts(folder)):
        return folder, []
    said, worlds = [], []
    for world in folder.worlds:
        if lacking([world.title]):
            name = f"world {world.letter}" if lacking([world.name]) else world.name
            said.append(f"no installed font has all letters of the title {world.title!r}: figures "
                        f"show {name!r} instead")  # fmt: skip
            world = replace(world, title=name)
        worlds.append(world)
    acts = []
    for act in folder.acts:
        for rule in act.rules:
            if lacking([rule.title]):
                said.append(f"no installed font has all letters of the title {rule.title!r}: "
                            f"figures show {rule.name!r} instead")  # fmt: skip
        rules = (replace(r, title=r.name) if lacking([r.title]) else r for r in act.rules)
        acts.append(replace(act, rules=tuple(rules)))
    source = "".join("?" if lacking([letter]) else letter for letter in folder.source)
    said = said if len(said) < 2 else [f"{said[0]}; and {len(said) - 1} more"]
    return replace(folder, worlds=tuple(worlds), acts=tuple(acts), source=source), said


def _texts(folder: Folder) -> list[str]:
    rules = [rule.title for act in folder.acts for rule in act.rules]
    return [*(world.title for world in folder.worlds), *rules, folder.source]
