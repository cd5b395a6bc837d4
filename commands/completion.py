"""What a shell offers on tab, from an index of names in the cache: nothing heavy is imported.

The index is built on first use (``commands.completion_index``, which imports the model) and again
after its sources have changed; their names, sizes and times say so.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
from collections.abc import MutableMapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from model.core.cache import cache_folder

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("model/**/*.py", "analysis/figures/*.py", "analysis/reports/*.py",
           "commands/completion_index.py", "scenarios/*.toml")  # fmt: skip
LARGEST_FILE = 1_000_000  # bytes; what is larger is no scenario
PREFIX = "_SPILLOVER_PREFIX"  # what stands before the word that bash asks for
Offers = list[tuple[str, str]]


@cache
def index() -> dict[str, Any]:
    """Return the index: scenarios, words of scenario files, parameters, kinds of figures."""
    key, place = digest(), index_file()
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(place.read_text(encoding="utf-8"))
        if kept["key"] == key:
            names: dict[str, Any] = kept["names"]
            return names
    found: dict[str, Any] = import_module("commands.completion_index").content()
    with suppress(OSError):  # nowhere to keep it: it is built again next time
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as file:
            json.dump({"key": key, "names": found}, file)
        os.replace(file.name, place)
    return found


def index_file() -> Path:
    """Return where the index of this checkout is kept."""
    return cache_folder() / f"names-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}.json"


def digest() -> str:
    """Return a digest of names, sizes and times of what the index is made from."""
    found = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            state = path.stat()
            found.update(f"{path.relative_to(ROOT)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return found.hexdigest()


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
