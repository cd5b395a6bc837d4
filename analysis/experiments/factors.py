"""Factors of a sweep as users write them: ranges, choices, switches, priors; checked one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args, get_origin

from analysis.experiments.compare import SAME
from analysis.experiments.designs import CHANCE, Factor, all_numbers
from model.core import meant
from model.core.errors import InputError, near, shown
from model.core.parameter import LogUniform, ParameterName
from model.core.toml import quoted, value_of
from model.core.values import as_whole
from model.parameters import FACTS, GROUPS, known_parameter
from model.scenario import Scenario, with_values

RANGE = ("low", "high", "scale", "levels", "in")
CHOICES = ("values", "in")
SEEDS = (1, 1000)  # where no range is given


def factors_of(
    given: Mapping[str, Any],
    worlds: Mapping[str, Scenario],
    against: Scenario | None,
    place: str,
) -> tuple[Factor, ...]:
    """Return the factors of a sweep, checked; none given: all parameters with a prior, and chance.

    ``place`` stands before the name in messages: the file, or nothing for the command line.
    Raises ``InputError``.
    """
    all_worlds = [*worlds.values(), *([against] if against else [])]
    if not given:
        stated = {name for world in all_worlds for name in world.origin}
        free = {str(key): "prior" for key, fact in FACTS.items() if fact.prior}
        given = {name: value for name, value in free.items() if name not in stated}
        given[CHANCE] = {"low": SEEDS[0], "high": SEEDS[1]}
    made = []
    for name, value in given.items():
        where = f"{place}factors.{name}" if place else f"factor {name}"
        if name == "scenario":
            made.append(Factor(name, "choice", values=sorted_choices(worlds), where="scenario"))
        elif name == CHANCE:
            made.append(_chance(value, where))
        else:
            made.append(_factor(name, value, worlds, against, where))
    return tuple(made)


def _chance(value: Any, where: str) -> Factor:
    if value in ("prior", {"values": []}):
        value = {"low": SEEDS[0], "high": SEEDS[1]}
    fine = isinstance(value, dict) and set(value) <= {"low", "high", "levels"}
    low, high = (as_whole(value.get(end)) if fine else None for end in ("low", "high"))
    if type(low) is not int or type(high) is not int or not 0 <= low < high <= 2**40:
        raise InputError(f"{where}: must be a range of whole numbers from 0 up, got "
                         f"{shown(value)}; a good value is {{ low = 1, high = 100 }}")  # fmt: skip
    return Factor(CHANCE, "integer", float(low), float(high), levels=value.get("levels"))


def _factor(
    name: str,
    value: Any,
    worlds: Mapping[str, Scenario],
    against: Scenario | None,
    where: str,
) -> Factor:
    key = known_parameter(name, f"{where}: ")
    fact, annotation = FACTS[key], GROUPS[key.group].model_fields[key.name].annotation
    if annotation is bool and value in ("switch", "prior"):
        value = {"values": [False, True]}
    drawn = value == "prior"
    if drawn:
        if fact.prior is None:
            words = annotation is bool or get_origin(annotation) is Literal
            good = f"{{ values = {_choices(name)} }}" if words else _range(name)
            raise InputError(f"{where}: has no prior, so its range must be given; "
                             f"a good value is {good}")  # fmt: skip
        value = {"low": fact.prior.low, "high": fact.prior.high,
                 "scale": "log" if isinstance(fact.prior, LogUniform) else "linear"}  # fmt: skip
    if not isinstance(value, dict):
        words = annotation is bool or get_origin(annotation) is Literal
        good = f"{{ values = {_choices(name)} }}" if words else _range(name)
        raise InputError(f"{where}: must be a range, choices or a prior, got {shown(value)}; "
                         f"a good value is {good}")  # fmt: skip
    allowed = CHOICES if "values" in value else RANGE
    for word in value:
        if word not in allowed:
            raise InputError(f"{where}: unknown entry {shown(word)}; {near(word, allowed)}")
    side = value.get("in")
    if side not in (None, "both", "scenario"):
        raise InputError(f'{where}.in: must be "both" or "scenario", got {shown(side)}')
    if side is None:
        side = side_of(key, [*worlds.values(), *([against] if against else [])])
    if "values" not in value and annotation not in (int, float):
        raise InputError(f"{where}: is no number, so its values must be listed, got "
                         f"{shown(value)}; a good value is "
                         f"{{ values = {_choices(name)} }}")  # fmt: skip
    if "values" in value:
        made = _choice(name, value["values"], annotation is float, side, where)
    else:
        made = _span(name, value, annotation is int, side, where)
    if not drawn:  # a prior lies in the range of its parameter
        bearable(made, next(iter(worlds.values())), where)
    return made


def side_of(key: ParameterName, worlds: Iterable[Scenario]) -> Literal["both", "scenario"]:
    """Return where a factor holds: in both arms, or, where worlds differ in it, in the scenario."""
    stated = {quoted(getattr(getattr(world.parameters, key.group), key.name)) for world in worlds}
    return "both" if len(stated) == 1 else "scenario"


def sorted_choices(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return choices in an order of their own, whatever the order in which they are listed.

    A design gives choices by their place, so that another order would be another sample.
    """
    found = list(values)
    return tuple(sorted(found) if all_numbers(found) else sorted(found, key=quoted))


def _choice(name: str, values: Any, real: bool, side: Any, where: str) -> Factor:
    if not isinstance(values, list) or len(values) < 1:
        raise InputError(f"{where}.values: must list at least one value, got {shown(values)}; "
                         f"a good value is {_choices(name)}")  # fmt: skip
    if any(values.count(value) > 1 for value in values):
        once = [value for n, value in enumerate(values) if value not in values[:n]]
        raise InputError(f"{where}.values: must name each value once, got {shown(values)}; "
                         f"a good value is {quoted(once)}")  # fmt: skip
    if real:  # 1 and 0.5 are numbers of one kind
        values = [float(value) if type(value) is int else value for value in values]
    return Factor(name, "choice", values=sorted_choices(values), where=side)


def _span(name: str, value: Mapping[str, Any], whole: bool, side: Any, where: str) -> Factor:
    ends = []
    for word in ("low", "high"):
        end = value.get(word)
        if isinstance(end, bool) or not isinstance(end, int | float) or abs(end) > 1e300:
            raise InputError(f"{where}.{word}: must be a finite number, got {shown(end)}; "
                             f"a good value is {_default(name)}")  # fmt: skip
        if not math.isfinite(end) or (whole and end != int(end)):
            rule = "a whole number" if whole else "a finite number"
            raise InputError(f"{where}.{word}: must be {rule}, got {shown(end)}; "
                             f"a good value is {_default(name)}")  # fmt: skip
        ends.append(float(end))
    low, high = ends
    if not low < high:
        good = f"{{ low = {ends[1]!r}, high = {ends[0]!r} }}"
        if low == high:
            good = f"{{ values = [{int(low) if whole else low!r}] }}"
        raise InputError(f"{where}: low must be below high, got {low!r} and {high!r}; "
                         f"a good value is {good}")  # fmt: skip
    scale = value.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise InputError(f'{where}.scale: must be "linear" or "log", got {shown(scale)}')
    if scale == "log" and low <= 0.0:
        good = 'scale = "linear"' if whole or high <= 0.0 else f"{high / 100.0!r}"
        raise InputError(f"{where}.low: must be above 0 on a logarithmic scale, got {low!r}; "
                         f"a good value is {good}")  # fmt: skip
    levels = as_whole(value.get("levels"))
    if levels is not None and (type(levels) is not int or not 1 <= levels <= 10_000):
        raise InputError(f"{where}.levels: must be a whole number from 1 to 10000, got "
                         f"{shown(levels)}; a good value is 5")  # fmt: skip
    return Factor(name, "integer" if whole else "number", low, high, scale == "log",
                  levels=levels, where=side)  # fmt: skip


def _choices(name: str) -> str:
    # All words of a parameter, or its default alone.
    field = GROUPS[ParameterName.parse(name).group].model_fields[ParameterName.parse(name).name]
    words = [False, True] if field.annotation is bool else list(get_args(field.annotation))
    fine = field.annotation is bool or get_origin(field.annotation) is Literal
    return quoted(words if fine else [field.default])


def _range(name: str) -> str:
    # Its prior, or the range that the model accepts.
    fact = FACTS[ParameterName.parse(name)]
    ends = (fact.prior.low, fact.prior.high) if fact.prior else (fact.low, fact.high)
    if None in ends:
        return f"{{ values = {_choices(name)} }}"
    return f"{{ low = {ends[0]!r}, high = {ends[1]!r} }}"


def _default(name: str) -> str:
    key = ParameterName.parse(name)
    return quoted(GROUPS[key.group].model_fields[key.name].default)


def bearable(factor: Factor, world: Scenario, where: str) -> None:
    """Refuse what one value of a factor alone breaks; raises ``InputError``."""
    # What one value alone breaks is refused before anything runs; combinations fail as points.
    values = factor.values or (factor.at(0.0), factor.at(1.0))
    for value in values:
        try:
            with_values(world.parameters, {factor.key: value})
        except InputError as error:
            raise InputError(f"{where}: {str(error).removeprefix('given: ')}") from None


def refuse_lopsided(factor: Factor, against: Scenario | None, where: str) -> None:
    """Refuse a factor that would make one arm of another size; raises ``InputError``."""
    group, name = factor.key
    if against is not None and factor.where == "scenario" and group == "economy" and name in SAME:
        raise InputError(f'{where}.in: must be "both", got "scenario": worlds that differ in '
                         f'{factor.name} cannot be compared; a good value is "both"')  # fmt: skip


def in_file(tables: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the table [factors] of a file by name of the factor; raises ``InputError``."""
    # controls.porosity = ... is a table in a table for TOML, "controls.porosity" = ... is not.
    found: dict[str, Any] = {}
    for name, value in tables.items():
        inner = isinstance(value, dict) and name in GROUPS
        for key, content in ((f"{name}.{k}", v) for k, v in value.items()) if inner else (
            (name, value),
        ):  # fmt: skip
            if key in found:
                raise InputError(f"{place}: factors.{key}: is given twice; give it once")
            found[key] = content
    return found


def in_words(text: str) -> tuple[str, Any]:
    """Return name and range of ``NAME=LOW:HIGH`` and its other forms; raises ``InputError``."""
    name, equals, words = text.partition("=")
    name, words = name.strip(), words.strip()
    if not name or not name.isprintable():
        raise InputError(f"factor {shown(text)}: must read NAME=LOW:HIGH, as in "
                         "controls.porosity=0:0.6")  # fmt: skip
    if not equals or words == "prior":
        return name, "prior"
    if ":" in words and words[0] not in "[{\"'":
        low, _, rest = words.partition(":")
        high, _, scale = rest.partition(":")
        value: dict[str, Any] = {"low": _number(low, name), "high": _number(high, name)}
        if scale:
            value["scale"] = scale
        return name, value
    return name, {"values": [value_of(word.strip()) for word in _listed(words)]}


def _listed(words: str) -> list[str]:
    # Cut at commas, but not within brackets, braces and quotes: choices can be lists.
    found, depth, mark = [""], 0, ""
    for letter in words:
        if mark:
            mark = "" if letter == mark else mark
        elif letter in "\"'":
            mark = letter
        elif letter in "[]{}":
            depth += 1 if letter in "[{" else -1
        elif letter == "," and depth == 0:
            found.append("")
            continue
        found[-1] += letter
    return found


def _number(word: str, name: str) -> float | int:
    for kind in (int, float):
        try:
            return kind(word)
        except (ValueError, OverflowError):
            continue
    near = meant.number(word)
    good = f"as in {name}=0:1" if near is None else f"a good value is {near!r}"
    raise InputError(f"factor {name}: must read NAME=LOW:HIGH with two numbers, got {shown(word)}; "
                     f"{good}")  # fmt: skip
