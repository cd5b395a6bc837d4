"""What a shell offers on tab, from a generated index: nothing heavy is imported.

``python -m commands.completion_index`` writes the index anew.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

INDEX = Path(__file__).with_name("index.json")
LARGEST_FILE = 1_000_000  # bytes; what is larger is no scenario
PREFIX = "_SPILLOVER_PREFIX"  # what stands before the word that bash asks for
Offers = list[tuple[str, str]]


@cache
def index() -> dict[str, Any]:
    """Read the index: scenarios, words of scenario files, parameters, kinds of figures."""
    content: dict[str, Any] = json.loads(INDEX.read_text(encoding="utf-8"))
    return content


def scenario_files(folder: Path) -> list[Path]:
    """Return the scenario files of a folder, told from other TOML by their words."""
    return [path for path in sorted(folder.glob("*.toml")) if _is_scenario(path)]


def scenarios(incomplete: str) -> Offers:
    """Offer scenarios, shipped and in this folder."""
    offers = dict.fromkeys((path.stem for path in scenario_files(Path())), "in this folder")
    return _starting(incomplete, {**offers, **index()["scenarios"]})


def files(incomplete: str) -> Offers:
    """Offer the scenario files of this folder."""
    return _starting(incomplete, dict.fromkeys(path.name for path in scenario_files(Path())))


def figures(incomplete: str) -> Offers:
    """Offer kinds of figures."""
    return _starting(incomplete, dict.fromkeys(index()["figures"]))


def overrides(incomplete: str) -> Offers:
    """Offer ``group.name=``, and values after it; words a parameter may hold, or its default."""
    known = index()["parameters"]
    before = os.environ.get(PREFIX, "")
    name, equals, _ = (before + incomplete).partition("=")
    matching = [name] if name in known else []
    if not matching and not equals:
        matching = [place for place in known if place.startswith(name)]
    if len(matching) == 1 and (equals or known[matching[0]]["choices"]):
        place = matching[0]
        values = known[place]["choices"] or known[place]["default"]
        offers = {f"{place}={value}": known[place]["about"] for value in values}
    else:
        offers = {f"{place}=": known[place]["about"] for place in matching}
    return [
        (text.removeprefix(before), about)
        for text, about in offers.items()
        if text.startswith(before + incomplete)
    ]


def join_words(environment: MutableMapping[str, str]) -> None:
    """Undo that bash divides words at the equals sign, before it is asked what fits.

    ``--set group.name = v`` becomes ``--set v``, and what stood before is kept aside.
    """
    if environment.get("_SPILLOVER_COMPLETE") != "complete_bash":
        return
    words = environment.get("COMP_WORDS", "").split("\n")
    try:
        at = int(environment.get("COMP_CWORD", ""))
    except ValueError:
        return
    words += [""] * (at + 1 - len(words))
    if at >= 3 and words[at] == "=" and words[at - 2] == "--set":
        kept, current = at - 1, ""
    elif at >= 4 and words[at - 1] == "=" and words[at - 3] == "--set":
        kept, current = at - 2, words[at]
    else:
        return
    environment[PREFIX] = words[kept] + "="
    environment["COMP_WORDS"] = "\n".join([*words[:kept], current])
    environment["COMP_CWORD"] = str(kept)


def _starting(incomplete: str, offers: dict[str, Any]) -> Offers:
    return [(word, about or "") for word, about in offers.items() if word.startswith(incomplete)]


def _is_scenario(path: Path) -> bool:
    words = index()["headings"], index()["groups"]
    try:
        if path.stat().st_size > LARGEST_FILE:
            return False
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return any(word in content for word in words[0]) and not set(content) - {*words[0], *words[1]}
