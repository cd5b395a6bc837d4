"""Old words do not come back: words that a reader must decode, and what to write instead."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORDS: dict[str, str] = {  # pattern: what to write instead
    r"\bluck\b(?!=)": "random variation, chance or seed",
    r"\bignorance\b": "parameter uncertainty",
    r"\bnot known\b(?= \d| times|$)|\ball that is not known\b|\bwhat is not known\b":
        "parameter uncertainty, prior draws",
    r"\bdeciders?\b": "most influential parameters",
    r"\bwhat decides\b|\bparameters? (?:that )?decides?\b|\bfactors decide\b|\bdecide most\b":
        "most influential parameters",
    r"\btwins\b|\btwin (?:worlds?|runs?|effects)\b|\bpairs of twins?\b":
        "paired runs, common random numbers",
    r"\b(?:is|are|was|be|been) told\b|\btold (?:of|apart|by)\b": "prints, reports, says",
    r"\btells?\b": "says, prints, reports",
    r"\bworlds? that ships?\b|\bshipped (?:worlds?|scenarios?)\b": "scenarios",
    r"\bfound again\b": "rediscovered",
    r"\bfinds\b(?= (?:of|a month|are)|,|\.|;)|\bown finds\b|\bof finds\b": "discoveries",
    r"\bput in print\b|\bin print\b|\bprint holds\b": "published",
    r"\bpairing\b": "variance reduction",
    r"\barithmetic\b": "compute-only benchmark",
    r"\bparameters of nature\b|\bnatures?\b(?! of)": "structural parameters",
    r"\btraders\b": "intermediaries",
    r"\bhosts abroad\b": "offshore cloud",
    r"\bweaker chips?\b|\bweaker variants?\b": "export versions",
    r"\bstacked memory\b": "high-bandwidth memory",
    r"\bforeign product\b": "Foreign Direct Product Rule",
    r"\bthe other side'?s? (?:acts?|answers?)\b": "countermeasures",
    r"\blose custom\b": "lose customers",
    r"\beffect (?:that )?is asked for\b|\beffects? (?:are|is) asked\b": "treatment effect",
    r"\bworth talking of\b": "smallest effect of interest",
    r"\bwho finds no room\b|\bfound no room\b": "entrants turned away",
    r"\bby what differs\b|\bwhat was of late\b|\bof late\b": "smoothed",
}  # fmt: skip
# Code and links keep their words: World.twin, the factor luck, names of columns.
KEPT = re.compile(r"```.*?```|`[^`]*`|\([^)\s]+\.md[^)]*\)|<!--.*?-->", re.S)


def pages() -> Iterator[tuple[str, str]]:
    """Yield the pages in prose, without code; dated results are results."""
    from docs.build import PAGES

    built = {ROOT / "docs" / name for name in PAGES}  # their words are those of their sources
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if path.parent.name != "results" and path not in built:
            yield path.relative_to(ROOT).as_posix(), KEPT.sub("", path.read_text(encoding="utf-8"))
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    yield "CONTRIBUTING.md", KEPT.sub("", text.partition("## Style")[0])  # its table names them


def results() -> Iterator[tuple[str, str]]:
    """Yield the prose of dated results, without tables, lists and claims' own words."""
    for path in sorted((ROOT / "docs" / "results").glob("*.md")):
        if path.stem == "claims":
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        prose = "\n".join(line for line in lines if not line.startswith(("|", "-")))
        yield path.relative_to(ROOT).as_posix(), KEPT.sub("", prose)


def scenario_texts() -> Iterator[tuple[str, str]]:
    """Yield titles and stories of scenarios."""
    import tomllib

    for path in sorted((ROOT / "scenarios").glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        yield path.name, f"{content['title']}\n{content['story']}"


def strings(*places: Path) -> Iterator[tuple[str, str]]:
    """Yield string literals, docstrings of functions included, of files, with their lines."""
    for place in places:
        tree = ast.parse(place.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = place.relative_to(ROOT).as_posix()
                # Names of columns, options and files are no prose.
                if " " in node.value:
                    yield f"{name}:{node.lineno}", KEPT.sub("", node.value)


def command_texts() -> Iterator[tuple[str, str]]:
    """Yield help texts and messages of the commands."""
    yield from strings(ROOT / "cli.py", *sorted((ROOT / "commands").glob("*.py")))


def report_texts() -> Iterator[tuple[str, str]]:
    """Yield what analysis writes and draws."""
    yield from strings(*sorted((ROOT / "analysis").rglob("*.py")))


def parameter_texts() -> Iterator[tuple[str, str]]:
    """Yield the sentences of parameters."""
    from model.parameters import FACTS

    for (group, name), record in FACTS.items():
        yield f"{group}.{name}", record.doc


def column_texts() -> Iterator[tuple[str, str]]:
    """Yield the meanings of the columns of the state."""
    for path in sorted((ROOT / "model" / "state").glob("*.py")):
        module = import_module(f"model.state.{path.stem}")
        for kind in vars(module).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__:
                for field in fields(kind):
                    if "doc" in field.metadata:
                        yield f"{kind.__name__}.{field.name}", field.metadata["doc"]


def series_texts() -> Iterator[tuple[str, str]]:
    """Yield the definitions of outcomes, and what stands in the files that observe."""
    from model.measure.outcomes import OUTCOMES

    yield from ((name, outcome.definition) for name, outcome in OUTCOMES.items())
    yield from strings(*sorted((ROOT / "model" / "measure").rglob("*.py")))


Source = Callable[[], Iterator[tuple[str, str]]]
SOURCES: tuple[Source, ...] = (
    pages, results, scenario_texts, command_texts, report_texts, parameter_texts, column_texts,
    series_texts,
)  # fmt: skip


def old_words(source: Source) -> list[str]:
    """Return where a source uses an old word, and what to write instead."""
    return [
        f"{place}: {found.group(0)!r}: write {instead}"
        for place, text in source()
        for pattern, instead in WORDS.items()
        for found in re.finditer(pattern, text, re.I)
    ]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_no_old_word(source: Source) -> None:
    assert [text for _, text in source() if text.strip()]
    assert old_words(source) == []


def test_an_old_word_is_noticed() -> None:
    bad = "Tell which factors decide, over luck and ignorance; ideas found again by twins."
    found = old_words(lambda: iter([("here", bad)]))
    assert len(found) == 6 and all("write" in line for line in found)


if __name__ == "__main__":  # python tests/test_words.py: what is left, room by room
    sys.path.insert(0, str(ROOT))
    for room in SOURCES:
        print(f"== {room.__name__}")
        print("\n".join(old_words(room)) or "none")
