"""What a scenario says, in rows: parameters, levers, differences, and where values come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal, get_args, get_origin

from model.controls.acts import acts_in, regimes
from model.controls.timeline import timeline
from model.core.errors import InputError, near
from model.core.parameter import Fact
from model.core.toml import quoted
from model.parameters import FACTS, GROUPS
from model.scenario import Scenario
from model.seed_tables import tables
from model.state.inputs import Act

NO_UNIT = ("", "1", "-", "name")
Row = dict[str, Any]


def choices(group: str, name: str) -> list[str]:
    """Return the words a parameter may hold; empty where it holds other things."""
    annotation = GROUPS[group].model_fields[name].annotation
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    if annotation is bool:
        return ["true", "false"]
    if (group, name) == ("controls", "regime"):
        return list(regimes())
    if group == "economy" and name in ("leader", "follower", "identical_blocs"):
        return [bloc.name for bloc in tables()[0]]
    return []


def parameters(
    scenario: Scenario, other: Scenario | None = None, levers: bool = False
) -> list[Row]:
    """Return a row a parameter, in the order of the groups.

    Args:
        scenario: the scenario that is shown.
        other: where given, only parameters that differ from this one, with both values.
        levers: only the levers, the choices of governments and firms.
    """
    values = scenario.parameters.model_dump()
    others = None if other is None else other.parameters.model_dump()
    rows = []
    for (group, name), record in FACTS.items():
        value = values[group][name]
        if (levers and not shown_as_lever(record)) or (others and others[group][name] == value):
            continue
        place = f"{group}.{name}"
        row = {
            "parameter": place,
            "value": value,
            "unit": record.unit,
            "kind": record.kind,
            "lever": record.lever,
            "low": record.low,
            "high": record.high,
            "choices": choices(group, name),
            "origin": scenario.origin.get(place, "default"),
            "meaning": record.doc,
        }
        if other is not None and others is not None:
            row["other"] = others[group][name]
            row["other_origin"] = other.origin.get(place, "default")
        rows.append(row)
    return rows


def shown_as_lever(record: Fact) -> bool:
    """Say whether a parameter is a decision; dates and lists that go with one are left out."""
    return record.lever and record.unit not in ("month", "acts")


def acts(scenario: Scenario) -> list[Row]:
    """Return the dated acts of a scenario, by day of effect."""
    calendar = scenario.parameters.economy.calendar()
    return [
        {
            "act": act.name,
            "kind": act.kind,
            "actor": act.actor,
            "targets": list(act.targets),
            "announced": act.announced.isoformat(),
            "effective": act.effective.isoformat(),
            "ended": act.ended.isoformat() if act.ended else None,
            "in_force": start < stop,
            "terms": terms(act),
            "rumoured": act.rumoured.isoformat() if act.rumoured else None,
            "allies": list(act.allies),
            "foreign_product": act.foreign_product,
            "response": act.response,
            "firms": list(act.firms),
            "rule": list(act.rule),
            "notify": list(act.notify),
            "part": act.part,
            "probability": act.probability,
            "fee": act.fee,
            "cap_tpp": act.cap_tpp,
            "cap_units": act.cap_units,
            "cap_home_share": act.cap_home_share,
            "title": act.title,
        }
        for act in acts_in(scenario.parameters)
        for start, stop in [calendar.span(act.effective, act.ended)]
    ]


def terms(act: Act) -> str:
    """Return what an act says, in signs: its rule, firms, fee, caps."""
    words = [
        " and ".join(
            f"{name[:-4]} {'>=' if name.endswith('_min') else '<'} {number(bound)}"
            for name, bound in alternative.items()
        )
        for alternative in act.rule
    ]
    said = [" or ".join(words), ", ".join(act.firms)]
    said += [f"part {act.part:g}"] if act.part < 1.0 else []
    said += [f"granted {act.probability:.0%}"] if act.probability < 1.0 else []
    said += [f"fee {act.fee:.0%}"] if act.fee else []
    said += [f"{act.cap_tpp:,.0f} TPP a country in 3 years"] if act.cap_tpp else []
    said += [f"{act.cap_units:,.0f} chips a year"] if act.cap_units else []
    said += [f"{act.cap_home_share:.0%} of home sales"] if act.cap_home_share else []
    return "; ".join(word for word in said if word)


def changes(scenario: Scenario, destination: str | None = None) -> list[Row]:
    """Return every change of what may go where, by month.

    ``destination`` is a bloc or one tier of it (``others tier 2``), by default all. Raises
    ``InputError`` for a destination that there is not.
    """
    found = timeline(scenario.parameters)
    if destination is not None:
        known = list(dict.fromkeys(change.destination for change in found))
        if not any(destination in (name, name.split()[0]) for name in known):
            raise InputError(
                f"destination {destination}: unknown destination; {near(destination, known)}"
            )
        found = [c for c in found if destination in (c.destination, c.destination.split()[0])]
    return [asdict(change) for change in found]


def restricted(rows: list[Row]) -> list[Row]:
    """Return the changes of chips that are at some time neither free nor off the market."""
    plain = ("free", "not yet sold", "no longer sold", "not sold", "not offered")
    some = {(r["destination"], r["chip"]) for r in rows if r["status"] not in plain}
    return [
        row
        for row in rows
        if (row["destination"], row["chip"]) in some
        and row["status"] not in ("not yet sold", "not offered")
    ]


def head(scenario: Scenario) -> Row:
    """Return what a scenario says of itself."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "story": scenario.story,
        "lineage": list(scenario.lineage),
        "claims": list(scenario.claims),
    }


def as_table(
    rows: list[Row], names: tuple[str, str] | None, levers: bool, origin: bool, meaning: bool
) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells of rows; ``names`` are those of two scenarios compared."""
    columns: dict[str, Callable[[Row], str]] = {
        "lever" if levers else "parameter": lambda row: str(row["parameter"])
    }
    columns[names[0] if names else "value"] = lambda row: plain(row["value"])
    if names:
        second = names[1] if names[1] != names[0] else f"{names[1]} (other)"
        columns[second] = lambda row: plain(row["other"])
    if levers:
        columns["range"] = span
    else:
        columns["unit"] = lambda row: str(row["unit"])
    if origin or names:
        columns["origin"] = lambda row: str(row["origin"])
    elif not levers:
        columns["kind"] = lambda row: str(row["kind"])
    if origin and names:
        columns["other's origin"] = lambda row: str(row["other_origin"])
    if meaning or levers:
        columns["what it does" if levers else "meaning"] = lambda row: str(row["meaning"])
    return list(columns), [[cell(row) for cell in columns.values()] for row in rows]


def span(row: Row) -> str:
    """Return what a parameter may hold, in words."""
    if row["choices"]:
        return " or ".join(row["choices"])
    unit = "" if row["unit"] in NO_UNIT else f" {row['unit']}"
    if row["low"] is None or row["high"] is None:
        if isinstance(row["value"], list):
            return f"a list of {'names' if row['unit'] in NO_UNIT else row['unit']}"
        return "YYYY-MM" if "YYYY-MM" in row["meaning"] else "text"
    return f"{number(row['low'])} to {number(row['high'])}{unit}"


def number(value: float) -> str:
    """Return a bound of a range as it is read."""
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:g}"


def plain(value: Any) -> str:
    """Return a value as it is read in a table: text without its quotes unless it is empty."""
    return value if isinstance(value, str) and value else quoted(value)
