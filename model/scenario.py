"""Scenario files: TOML that names a parent and states what differs, checked, frozen, traceable.

Values layer in this order, each keeping its origin: defaults, the parents' files from the root
down, the file itself, ``SPILLOVER_GROUP__NAME`` in the environment, ``group.name=value`` given.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from model.cast import Economy, Observer
from model.compiled import sources_digest
from model.facts import Fact, InputError, Mechanism, fact_of
from model.mechanisms.chips import Chips
from model.mechanisms.discovery import Discovery
from model.mechanisms.finance import Finance
from model.mechanisms.policy import Controls, Exchange
from model.mechanisms.release import Release
from model.mechanisms.spillover import Spillover
from model.mechanisms.training import Training
from model.setting import seeds_text

SHIPPED = Path(__file__).resolve().parent.parent / "scenarios"
LARGEST_FILE = 1_000_000  # bytes; a scenario file is a page or two
ENVIRONMENT = ("SPILLOVER_CACHE_DIR",)
HEADINGS = ("title", "story", "extends", "claims")


class Parameters(Mechanism):
    """All parameters of a world, by group."""

    economy: Economy = Economy()
    controls: Controls = Controls()
    exchange: Exchange = Exchange()
    finance: Finance = Finance()
    chips: Chips = Chips()
    discovery: Discovery = Discovery()
    spillover: Spillover = Spillover()
    training: Training = Training()
    release: Release = Release()
    observer: Observer = Observer()

    def baseline(self) -> Parameters:
        """Return the same nature with every lever at its default: the baseline world."""
        levers = {
            group: {name: value for name, value in values.items() if not FACTS[group, name].lever}
            for group, values in self.model_dump().items()
        }
        return Parameters.model_validate(levers)

    def digest(self) -> str:
        """Return the SHA-256 of parameters, seed tables and model sources."""
        text = json.dumps(self.model_dump(), sort_keys=True).encode()
        return hashlib.sha256(text + seeds_text() + sources_digest().encode()).hexdigest()


GROUPS: dict[str, type[Mechanism]] = {
    name: field.annotation  # type: ignore[misc]
    for name, field in Parameters.model_fields.items()
}
FACTS: dict[tuple[str, str], Fact] = {
    (group, name): fact_of(field)
    for group, kind in GROUPS.items()
    for name, field in kind.model_fields.items()
}


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario: its story, its parameters, and where each value came from."""

    name: str
    title: str
    story: str
    claims: tuple[str, ...]
    lineage: tuple[str, ...]
    parameters: Parameters
    origin: Mapping[str, str]


def shipped() -> dict[str, Path]:
    """Return the scenarios that ship, by name, the baseline first."""
    paths = sorted(SHIPPED.glob("*.toml"), key=lambda p: (p.stem != "no_ban", p.stem))
    return {path.stem: path for path in paths}


def load(
    name: str, overrides: Iterable[str] = (), environment: Mapping[str, str] | None = None
) -> Scenario:
    """Resolve a scenario, given by the name of a shipped one or the path of a file.

    ``overrides`` are texts ``group.name=value`` with the value as TOML. Raises ``InputError``
    with one message that names place, field, rule, value and a good value.
    """
    chain = _chain(name)
    values: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    for path, text in reversed(chain):
        for group, entries in text.items():
            if group not in HEADINGS:
                _lay(values, origin, group, entries, str(path.name), path.name)
    for group, entry, value, place in _environment(
        os.environ if environment is None else environment
    ):
        _lay(values, origin, group, {entry: value}, place, place)
    for text in overrides:
        group, entry, value = _override(text)
        _lay(values, origin, group, {entry: value}, f"--set {text}", "--set")
    path, own = chain[0]
    parameters = build(values, origin)
    return Scenario(
        name=path.stem,
        title=own.get("title", path.stem),
        story=own.get("story", "").strip(),
        claims=tuple(own.get("claims", ())),
        lineage=tuple(p.stem for p, _ in chain),
        parameters=parameters,
        origin=origin,
    )


def build(values: Mapping[str, Mapping[str, Any]], origin: Mapping[str, str]) -> Parameters:
    """Check values of groups and freeze them; ``origin`` says where each one stands."""
    groups: dict[str, Any] = {}
    for group, entries in values.items():
        kind = GROUPS[group]
        try:
            groups[group] = kind.model_validate(dict(entries))
        except ValidationError as error:
            raise InputError(_message(group, kind, error, origin)) from None
    parameters = Parameters(**groups)
    parameters.economy.check(parameters)
    return parameters


def with_values(parameters: Parameters, changes: Mapping[tuple[str, str], Any]) -> Parameters:
    """Return parameters with some values changed, by (group, name); raises ``InputError``."""
    values = parameters.model_dump()
    origin: dict[str, str] = {}
    for (group, entry), value in changes.items():
        _lay(values, origin, group, {entry: value}, "given", "given")
    return build(values, origin)


def near(wrong: str, good: Iterable[str]) -> str:
    """Return a hint: the nearest good word, or all of them."""
    words = list(good)
    close = difflib.get_close_matches(wrong, words, 1)
    return f"did you mean {close[0]!r}?" if close else "known are " + ", ".join(words)


def as_toml(parameters: Parameters, title: str, story: str) -> str:
    """Write all parameters as a scenario file that runs as it is."""
    lines = [f"title = {_quoted(title)}", f"story = {_quoted(story)}"]
    for group, values in parameters.model_dump().items():
        lines += ["", f"[{group}]"]
        lines += [f"{name} = {_quoted(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _quoted(value: Any) -> str:
    # What JSON and TOML write alike: numbers, truth, text, lists of them.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _chain(name: str) -> list[tuple[Path, dict[str, Any]]]:
    chain: list[tuple[Path, dict[str, Any]]] = []
    path = find(name)
    while True:
        text = _read(path)
        if any(path == known for known, _ in chain):
            circle = " -> ".join([*(p.stem for p, _ in chain), path.stem])
            raise InputError(f"{path.name}: extends: parents form a cycle: {circle}")
        chain.append((path, text))
        parent = text.get("extends")
        if parent is None:
            return chain
        path = find(parent, beside=path.parent, place=f"{path.name}: extends: ")


def find(name: str, beside: Path | None = None, place: str = "") -> Path:
    """Return the file of a scenario: a path, one beside a child, one in this folder, one shipped.

    Raises ``InputError`` when there is none.
    """
    known = shipped()
    if len(name) > 1000:
        raise InputError(f"{place}a scenario's name is not {len(name)} letters long")
    if name.endswith(".toml") or "/" in name or os.sep in name:
        path = Path(name) if beside is None else beside / name
        if _is_file(path):
            return path.resolve()
        raise InputError(f"{place}no scenario file {name!r}; shipped are {', '.join(known)}")
    for folder in (beside, Path.cwd()):
        if folder is not None and name not in known and _is_file(folder / f"{name}.toml"):
            return (folder / f"{name}.toml").resolve()
    if name in known:
        return known[name].resolve()
    raise InputError(f"{place}unknown scenario {name!r}; {near(name, known)}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name no file can have
        return False


def _read(path: Path) -> dict[str, Any]:
    place = path.name
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{place}: too large for a scenario (at most {LARGEST_FILE} bytes)")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{place}: cannot be read as text: {error}") from None
    if not text.strip():
        raise InputError(f'{place}: is empty; the shortest scenario is: extends = "no_ban"')
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: is not TOML: {str(error)[:200]}") from None
    for name, value in content.items():
        if name in ("title", "story", "extends") and not isinstance(value, str):
            raise InputError(f"{place}: {name}: must be text, got {_shown(value)}")
        if name == "claims" and not (
            isinstance(value, list) and all(isinstance(claim, str) for claim in value)
        ):
            raise InputError(f'{place}: claims: must be a list of ids such as "C3", got {value!r}')
        if name not in HEADINGS:
            _known_group(name, place)
            if not isinstance(value, dict):
                raise InputError(f"{place}: {name}: must be a table [{name}], got {_shown(value)}")
    return content


def _known_group(group: str, place: str) -> None:
    if group not in GROUPS:
        raise InputError(f"{place}: unknown group {group!r}; {near(group, [*GROUPS, *HEADINGS])}")


def _known_entry(group: str, entry: str, place: str) -> None:
    names = GROUPS[group].model_fields
    if entry not in names:
        raise InputError(f"{place}: unknown parameter {group}.{entry}; {near(entry, names)}")


def _lay(
    values: dict[str, dict[str, Any]],
    origin: dict[str, str],
    group: str,
    entries: Mapping[str, Any],
    place: str,
    source: str,
) -> None:
    _known_group(group, place)
    for entry, value in entries.items():
        _known_entry(group, entry, place)
        values.setdefault(group, {})[entry] = value
        origin[f"{group}.{entry}"] = source


def _override(text: str) -> tuple[str, str, Any]:
    name, equals, value = text.partition("=")
    group, dot, entry = name.strip().partition(".")
    if not equals or not dot:
        raise InputError(f"--set {text}: must read group.name=value, as in controls.regime=history")
    return group, entry, _value(value.strip())


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text  # a bare word is text


def _environment(environment: Mapping[str, str]) -> list[tuple[str, str, Any, str]]:
    found = []
    for name, value in environment.items():
        if name.startswith("SPILLOVER_") and "__" not in name and name not in ENVIRONMENT:
            good = ", ".join(ENVIRONMENT)
            raise InputError(
                f"${name}: parameters read SPILLOVER_GROUP__NAME, as in "
                f"SPILLOVER_CONTROLS__REGIME=history; other known names are {good}"
            )
        group, split, entry = name.removeprefix("SPILLOVER_").partition("__")
        if name.startswith("SPILLOVER_") and split:
            found.append((group.lower(), entry.lower(), _value(value), f"${name}"))
    return found


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number with too many digits, too deep a list
        return "something far too large"
    return text if len(text) <= 80 else text[:77] + "..."


def _message(
    group: str, kind: type[Mechanism], error: ValidationError, origin: Mapping[str, str]
) -> str:
    first = error.errors(include_url=False)[0]
    entry = str(first["loc"][0])
    record, default = FACTS[group, entry], kind.model_fields[entry].default
    context = first.get("ctx", {})
    rules = {
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "less_than_equal": f"must be at most {context.get('le')}",
        "finite_number": "must be a finite number",
        "float_type": "must be a number",
        "int_type": "must be a whole number",
        "int_from_float": "must be a whole number",
        "string_type": "must be text",
        "bool_type": "must be true or false",
        "literal_error": f"must be one of {context.get('expected')}",
        "list_type": "must be a list",
    }
    rule = rules.get(first["type"], first["msg"])
    unit = "" if record.unit in ("1", "name", "-") else f" {record.unit}"
    place = origin.get(f"{group}.{entry}", "given")
    return (
        f"{place}: {group}.{entry} {rule}, got {_shown(first['input'])}; "
        f"a good value is {json.dumps(default)}{unit} ({record.doc})"
    )
