"""Scenario files: TOML that names a parent and states the differences; checked and traceable.

Values override each other in this order, and each keeps its origin: defaults, the parents' files
from the root down, the file itself, ``SPILLOVER_GROUP__NAME`` in the environment,
``group.name=value`` as an argument.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from model.core import meant as meant_values
from model.core.errors import InputError, near, shown
from model.core.parameter import ParameterName
from model.core.toml import quoted, read_toml, value_of
from model.core.values import as_whole, name_of, plain, texts_of
from model.environment import set_in
from model.parameters import FACTS, GROUPS, Parameters, meant
from model.setup.inputs import check

SHIPPED = Path(__file__).resolve().parent.parent / "scenarios"


MONTHS = ("start", "end", "since", "record_until")  # parameters that are months


OVERRIDDEN = "--set"  # the origin of a value laid over a scenario as it is loaded


HEADINGS = ("title", "story", "extends", "claims")


TEXTS = {
    "title": 'title = "The chip ban as it happened"',
    "story": 'story = "Does the follower fall behind?"',
    "extends": 'extends = "no_ban"',
}


UNSEEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)  # control characters, which disturb a terminal or a table


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario: its story, its parameters, and the origin of each value."""

    name: str
    title: str
    story: str
    claims: tuple[str, ...]
    lineage: tuple[str, ...]
    parameters: Parameters
    origin: Mapping[str, str]


def shipped() -> dict[str, Path]:
    """Return the built-in scenarios by name, the baseline first."""
    paths = sorted(SHIPPED.glob("*.toml"), key=lambda p: (p.stem != "no_ban", p.stem))
    return {path.stem: path for path in paths}


def load(
    name: str | Path,
    overrides: Iterable[str] | Mapping[str, Any] = (),
    environment: Mapping[str, str] | None = None,
) -> Scenario:
    """Resolve a scenario, given by the name of a built-in one or the path of a file.

    ``overrides`` are texts ``group.name=value`` with the value as TOML, or values by name. Raises
    ``InputError`` with a message that names place, field, rule, value and a good value.
    """
    chain = _chain(name_of(name, "a scenario", "no_ban"))
    values: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    for path, text in reversed(chain):
        for group, entries in text.items():
            if group not in HEADINGS:
                _lay(values, origin, group, entries, str(path.name), path.name)
    for group, entry, value, place in set_in(os.environ if environment is None else environment):
        _lay(values, origin, group, {entry: value}, place, place)
    for text in texts_of(overrides):
        group, entry, value = _override(text)
        _lay(values, origin, group, {entry: value}, f"--set {_cut(text)}", OVERRIDDEN)
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


def told_apart(worlds: Iterable[Scenario]) -> list[Scenario]:
    """Return scenarios, those of one name and other parameters with letters of their digests.

    Files of one name in two folders are two scenarios: what holds them by name, a folder, a table
    or a sentence, must not take one for the other.
    """
    found = list(worlds)
    digests: dict[str, set[str]] = {}
    for world in found:
        digests.setdefault(world.name, set()).add(world.parameters.digest())
    return [
        replace(world, name=f"{world.name}-{world.parameters.digest()[:8]}")
        if len(digests[world.name]) > 1
        else world
        for world in found
    ]


def build(values: Mapping[str, Mapping[str, Any]], origin: Mapping[str, str]) -> Parameters:
    """Check values of groups and freeze them; ``origin`` gives the place of each value."""
    groups: dict[str, Any] = {}
    for group, entries in values.items():
        kind = GROUPS[group]
        try:
            groups[group] = kind.model_validate(dict(entries))
        except ValidationError as error:
            raise InputError(_message(values, group, error, origin)) from None
    parameters = Parameters(**groups)
    try:
        check(parameters)
        parameters.check()
    except InputError as error:
        raise InputError(_placed(str(error), origin)) from None
    return parameters


def _placed(message: str, origin: Mapping[str, str]) -> str:
    # A rule that involves several values: add their places, and a good value.
    named = [place for place in re.findall(r"\b[a-z]\w*\.\w+", message) if place in origin]
    groups = {word.strip(".:") for word in re.findall(r"\b[a-z]\w*[.:]", message)}
    places = [origin[place] for place in named] or [
        source for place, source in origin.items() if ParameterName.parse(place).group in groups
    ]
    first = tuple(re.split(r"[ :]", message)[0].split("."))
    if first in FACTS and ";" not in message:
        default = GROUPS[first[0]].model_fields[first[1]].default
        message += f"; a good value is {quoted(default)}"
    return f"{', '.join(dict.fromkeys(places))}: {message}" if places else message


def with_values(parameters: Parameters, changes: Mapping[tuple[str, str], Any]) -> Parameters:
    """Return parameters with some values changed, by (group, name); raises ``InputError``."""
    values = parameters.model_dump()
    origin: dict[str, str] = {}
    for (group, entry), value in changes.items():
        _lay(values, origin, group, {entry: value}, "given", "given")
    return build(values, origin)


def as_toml(parameters: Parameters, title: str, story: str) -> str:
    """Write all parameters as a complete scenario file."""
    lines = [f"title = {quoted(title)}", f"story = {quoted(story)}"]
    for group, values in parameters.model_dump().items():
        lines += ["", f"[{group}]"]
        lines += [f"{name} = {quoted(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


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
    """Return the file of a scenario: a path, a file beside the child, in this folder, or built in.

    Raises ``InputError`` when no file is found.
    """
    known = shipped()
    if len(name) > 1000 or not name.isprintable() or not name:
        raise InputError(
            f"{place}a scenario's name is 1 to 1000 printable letters, got {shown(name)}; "
            f"shipped are {', '.join(known)}"
        )
    if name.endswith(".toml") or "/" in name or os.sep in name:
        path = home(name) if beside is None else beside / name
        if _is_file(path):
            if path.suffix != ".toml":  # a message about another file might show a line of it
                raise InputError(
                    f"{place}a scenario's file ends in .toml, got {shown(name)}; "
                    f"a good name is {path.stem or 'mine'}.toml"
                )
            return path.resolve()
        what = ", which is a folder" if _is_folder(path) else ""
        raise InputError(f"{place}no scenario file {name!r}{what}; shipped are {', '.join(known)}")
    for folder in (beside, Path()):  # the current folder, which may be gone
        if folder is not None and name not in known and _is_file(folder / f"{name}.toml"):
            return (folder / f"{name}.toml").resolve()
    if name in known:
        return known[name].resolve()
    raise InputError(f"{place}unknown scenario {name!r}; {near(name, known)}")


def home(name: str) -> Path:
    """Return the path of a name, with ``~`` as a home folder where it is one."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name no file can have
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> dict[str, Any]:
    place = path.name
    content = read_toml(path)
    if not content:
        raise InputError(f'{place}: is empty; the shortest scenario is: extends = "no_ban"')
    for name, value in content.items():
        if name in TEXTS and not isinstance(value, str):
            raise InputError(
                f"{place}: {name}: must be text, got {shown(value)}; a good line is {TEXTS[name]}"
            )
        if name in TEXTS and UNSEEN.search(value.replace("\n", "") if name == "story" else value):
            raise InputError(
                f"{place}: {name}: must be {'text' if name == 'story' else 'one line'} without "
                f"control characters, got {shown(value)}; a good line is {TEXTS[name]}"
            )
        if name == "claims" and not (
            isinstance(value, list) and all(isinstance(claim, str) for claim in value)
        ):
            raise InputError(
                f'{place}: claims: must be a list of ids such as ["C3"], got {shown(value)}'
            )
        if name not in HEADINGS:
            _known_group(name, place)
            if not isinstance(value, dict):
                raise InputError(
                    f"{place}: {name}: must be a table, got {shown(value)}; good lines are "
                    f"[{name}] and parameters below it"
                )
    return content


def _known_group(group: str, place: str) -> None:
    if group not in GROUPS:
        home = [known for known in GROUPS if group in GROUPS[known].model_fields]
        hint = f"did you mean {home[0]}.{group}, in the table [{home[0]}]?" if home else ""
        raise InputError(
            f"{place}: unknown group {shown(group)}; {hint or near(group, [*GROUPS, *HEADINGS])}"
        )


def _known_entry(group: str, entry: str, place: str) -> None:
    names = GROUPS[group].model_fields
    if entry not in names:
        home = [known for known in GROUPS if entry in GROUPS[known].model_fields]
        hint = f"did you mean {home[0]}.{entry}?" if home else meant(entry, names)
        raise InputError(f"{place}: unknown parameter {group}.{_cut(entry)}; {hint}")


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
        value = plain(value)
        kind = GROUPS[group].model_fields[entry].annotation
        values.setdefault(group, {})[entry] = as_whole(value) if kind is int else value
        origin[f"{group}.{entry}"] = source


def _override(text: str) -> tuple[str, str, Any]:
    name, equals, value = text.partition("=")
    group, dot, entry = name.strip().partition(".")
    if not equals or not dot:
        raise InputError(
            f"--set {_cut(text)}: must read group.name=value, as in controls.regime=history"
        )
    return group.strip(), entry.strip(), value_of(value.strip())


def _cut(text: str) -> str:
    return text if text.isprintable() and len(text) <= 80 else shown(text)


def _good(
    values: Mapping[str, Mapping[str, Any]], group: str, entry: str, got: Any, path: tuple[Any, ...]
) -> Any:
    # A value that passes the checks and is near what was meant; the default where none is.
    field, record = GROUPS[group].model_fields[entry], FACTS[group, entry]
    kind, default = field.annotation, field.default
    low = -math.inf if record.low is None else record.low
    high = math.inf if record.high is None else record.high
    near: list[Any] = []
    if path:
        pass  # an entry of a list or a table
    elif kind is bool:
        near = [meant_values.flag(got)]
    elif kind in (int, float):
        found = meant_values.numbers(got, low, high, whole=kind is int)
        near = [kind(number) for number in found]
    elif kind is str and (entry in MONTHS or re.fullmatch(r"\d{4}-\d\d", default)):
        near = [meant_values.month(got, last=entry in ("end", "record_until")), "2027-01"]
    elif get_origin(kind) is Literal:
        near = [meant_values.word(got, get_args(kind))]
    for value in near:
        changed = {**values, group: {**values[group], entry: value}}
        if value is not None and _stands(changed):
            return value
    return default


def _stands(values: Mapping[str, Mapping[str, Any]]) -> bool:
    try:
        build(values, {})
    except InputError:
        return False
    return True


def _message(
    values: Mapping[str, Mapping[str, Any]],
    group: str,
    error: ValidationError,
    origin: Mapping[str, str],
) -> str:
    kind = GROUPS[group]
    first = error.errors(include_url=False)[0]
    entry = str(first["loc"][0])
    within = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in first["loc"][1:])
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
        "dict_type": "must be a table",
    }
    rule = rules.get(first["type"], first["msg"])
    unit = f" {record.unit}" if type(default) in (int, float) and record.unit != "1" else ""
    place = origin.get(f"{group}.{entry}", "given")
    good = _good(values, group, entry, first["input"], first["loc"][1:])
    return (
        f"{place}: {group}.{entry}{within} {rule}, got {shown(first['input'])}; "
        f"a good value is {quoted(good)}{unit} ({record.doc})"
    )
