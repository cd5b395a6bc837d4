"""Dated acts: those of ``seeds/controls.toml``, and those that a scenario adds.

Acts given in a scenario file are read by the same code as those of the record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.controls.rules import sooner
from model.core.csv_table import COLUMNS, WORDS, Fields, part, toml
from model.core.errors import InputError, near, shown
from model.seed_tables import SEEDS, tables
from model.state.inputs import Act, Regime, parse_month

if TYPE_CHECKING:
    from model.parameters import Parameters


def acts_in(parameters: Parameters) -> tuple[Act, ...]:
    """Return the acts of a scenario: its regime's and its own, in force by the record's end.

    Raises ``InputError`` for unknown regimes and malformed acts.
    """
    group = parameters.controls
    last = parse_month(group.record_until, "record_until", "controls")
    given = [
        act_of(str(fields.get("name", f"rule_{n + 1}")), {k: v for k, v in fields.items()
                                                            if k != "name"},
               f"controls.rules[{n}]")
        for n, fields in enumerate(group.rules)
    ]  # fmt: skip
    try:
        acts = [*acts_of(group.regime), *given]
    except InputError as error:
        raise InputError(f"controls.regime: {error}") from None
    twice = {act.name for act in acts if [a.name for a in acts].count(act.name) > 1}
    if twice:
        raise InputError(f"controls.rules: the act {min(twice)!r} is given twice; rename one")
    first = date(*parse_month(parameters.economy.start, "start"), 1)
    kept = [
        _from(sooner(act, group.years_sooner), first)
        for act in acts
        if (act in given or (act.effective.year, act.effective.month) <= last)
        and (group.responses or not act.response)
    ]
    kept = [act for act in kept if act.ended is None or act.ended > first]
    if not group.allied:
        pair = (parameters.economy.leader, parameters.economy.follower)
        kept = [
            replace(act, allies=tuple(bloc for bloc in act.allies if bloc in pair))
            for act in kept
            if act.actor in pair
        ]
    return tuple(sorted(kept, key=lambda act: (act.effective, act.name)))


def _from(act: Act, first: date) -> Act:
    # Twins share their prehistory: what would come before the first reported month comes then.
    rumoured = None if act.rumoured is None else max(first, act.rumoured)
    return replace(
        act,
        rumoured=rumoured,
        announced=max(first, act.announced),
        effective=max(first, act.effective),
    )


NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


FIELDS_OF_KINDS = {
    "rule": ("bar", "allow", "licence", "refuse"),  # these two are needed
    "firms": ("entities",),
    "notify": ("bar",),
    **dict.fromkeys(("probability", "fee", "cap_tpp", "cap_units", "cap_home_share"), ("licence",)),
}


@cache
def acts() -> dict[str, Act]:
    """Return the acts of ``seeds/controls.toml`` by name; raises as ``read_controls`` does."""
    return read_controls(SEEDS)[0]


@cache
def regimes() -> dict[str, Regime]:
    """Return the regimes of ``seeds/controls.toml`` by name; raises as ``read_controls`` does."""
    return read_controls(SEEDS)[1]


def acts_of(regime: str) -> tuple[Act, ...]:
    """Return the acts of a regime, or the one act of that name, by day of effect, then name.

    Those that the regime keeps have no end. Raises ``InputError`` for unknown names.
    """
    known, named = acts(), regimes()
    if regime in known:
        return (known[regime],)
    if regime not in named:
        raise InputError(
            f"unknown regime {shown(regime)}; {near(regime, [*named, *known])}; regimes are "
            f"{', '.join(named)}; the name of an act stands for that act alone"
        )
    chosen = (
        replace(known[name], ended=None) if name in named[regime].kept else known[name]
        for name in named[regime].acts
    )
    return tuple(sorted(chosen, key=lambda act: (act.effective, act.name)))


def read_controls(folder: Path) -> tuple[dict[str, Act], dict[str, Regime]]:
    """Read acts and regimes from ``controls.toml`` of a folder.

    Raises ``InputError`` for what ``act_of`` refuses, and for regimes of unknown acts.
    """
    content = toml(folder, "controls.toml")
    if other := sorted(set(content) - {"acts", "regimes"}):
        raise InputError(f"controls.toml: {other[0]}: is unknown; known are acts, regimes")
    known = {
        name: act_of(name, row, f"controls.toml: acts.{name}")
        for name, row in part("controls.toml", content, "acts").items()
    }
    named = {}
    for name, row in part("controls.toml", content, "regimes").items():
        at = f"controls.toml: regimes.{name}"
        if name in known:
            raise InputError(f"{at}: is the name of an act too; give the regime another")
        given = row.get("acts") if isinstance(row, dict) else ()
        members = tuple(given) if isinstance(given, list) else ()
        words = {"act": tuple(known), "member": members}
        named[name] = Regime(
            name, **({"acts": ()} | Fields(at, row, words).read(COLUMNS["regime"]))
        )
    return known, named


def act_of(name: str, fields: Mapping[str, Any], place: str) -> Act:
    """Make an act of a table of TOML; ``place`` says where it stands, for messages.

    Raises ``InputError`` that names place and field, the rule, the value got and a good one.
    """
    known = tables()
    blocs = tuple(bloc.name for bloc in known.blocs)
    words = {**WORDS, "bloc": blocs, "target": (*blocs, "tier 1", "tier 2", "tier 3")}
    row = Fields(place, fields, words | {"lab": tuple(lab.name for lab in known.labs)})
    act = row.read(COLUMNS["act"])
    for field, kinds in FIELDS_OF_KINDS.items():
        if field in act and act["kind"] not in kinds:
            good = f"it belongs to kind {', '.join(kinds)}"
            raise row.wrong(field, f"has no meaning with kind {act['kind']!r}", good)
        if field in ("rule", "firms") and field not in act and act["kind"] in kinds:
            good = "a good value is " + (
                '["Huawei"]' if field == "firms" else "[{ tpp_min = 4800 }]"
            )
            raise row.wrong(field, f"is needed with kind {act['kind']!r}", good)
    dates = [day for day in ("rumoured", "announced", "effective") if day in act]
    for first, second in [*pairwise(dates), ("announced", "ended")]:
        if second in act and act[first] > act[second]:
            raise row.wrong(first, f"must not be after {second}, {act[second]}", "exchange them")
    if act["kind"] == "refuse" and act["actor"] not in act["targets"]:
        good = "it is the targets' own government that refuses; a good kind is bar"
        raise row.wrong("actor", "must be among the targets with kind 'refuse'", good)
    caps = [field for field in ("cap_tpp", "cap_units", "cap_home_share") if field in act]
    if len(caps) > 1:
        raise row.wrong(caps[1], f"cannot stand beside {caps[0]}", "make two acts of it")
    if not NAME.fullmatch(name):
        raise InputError(f"{place}: name: must be letters, digits, _ and -, at most 60, got "
                         f"{shown(name)}; a good name is my_rule")  # fmt: skip
    act = {"title": name, "rumoured": None, "ended": None, "allies": ()} | act
    return Act(name=name, **{k: v for k, v in act.items() if k not in ("mark", "source")})
