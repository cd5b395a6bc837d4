"""Dated acts of export control: what kinds there are, those on record, those of a scenario.

``KINDS`` says what acts of each kind do, whom they bind and which fields they take. Acts on record
stand in ``seeds/controls.toml``; acts in a scenario file are read by the same code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from model.core.csv_table import Fields, part, spec_of, toml
from model.core.errors import InputError, near, shown
from model.seed_tables import SEEDS, WORDS, tables
from model.state.inputs import Act, Regime, parse_month

if TYPE_CHECKING:
    from model.parameters import Parameters


class ActKind(NamedTuple):
    """What acts of a kind do, whom they bind, and which fields they take besides the dates."""

    effect: str
    binds: str
    provokes: bool = False  # whether the bloc of those bound may retaliate
    granted: float | None = None  # share of orders that go through; None: ``probability`` of them
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


CAPS = ("cap_tpp", "cap_units", "cap_home_share")
KINDS = {
    "bar": ActKind(
        "what meets the rule may not go to the targets",
        "buyers in the targets",
        provokes=True,
        granted=0.0,
        needs=("rule",),
        takes=("notify",),
    ),
    "allow": ActKind(
        "what meets the rule may go to the targets again",
        "nobody",
        granted=1.0,
        needs=("rule",),
    ),
    "licence": ActKind(
        "what meets the rule goes to the targets in part: probability, fee, caps",
        "buyers in the targets",
        needs=("rule",),
        takes=("probability", "fee", *CAPS),
    ),
    "entities": ActKind(
        "the named labs may not buy from makers in the actor's bloc",
        "the named labs",
        provokes=True,
        needs=("firms",),
    ),
    "refuse": ActKind(
        "the targets' own government forbids buying what meets the rule",
        "buyers in the actor's bloc",
        granted=1.0,
        needs=("rule",),
    ),
    "equipment": ActKind(
        "chip-making equipment of the actor and its allies may not go to the targets",
        "domestic chip makers in the targets",
        provokes=True,
    ),
    "memory": ActKind(
        "high-bandwidth memory of the actor and its allies may not go to the targets",
        "domestic chip makers in the targets",
        provokes=True,
    ),
    "foundry": ActKind(
        "foreign foundries may not make the targets' designs",
        "domestic chip makers in the targets",
        provokes=True,
    ),
    "materials": ActKind(
        "rare materials of the actor and its allies may not go to the targets",
        "vendors of chips in the targets",
    ),
}
ACT = spec_of(
    "title:text? rumoured:day? announced:day effective:day ended:day? actor:bloc allies:[bloc]? "
    "targets:[target] kind:kind response:flag? foreign_product:flag? part:0..1? rule:rules? "
    "notify:rules? firms:[lab]? probability:0..1? fee:0..1? cap_tpp:>0? cap_units:>0? "
    "cap_home_share:0..1? mark:mark? source:text?"
)
REGIME = spec_of("title:text acts:[act]*? kept:[member]?")
CONDITIONS = tuple(
    f"{quantity}_{end}"
    for quantity in ("tpp", "density", "memory_bandwidth_gbs", "link_gbs")
    for end in ("min", "max")
)
EXAMPLES = {"rule": "[{ tpp_min = 4800 }]", "firms": '["Huawei"]'}
NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def acts_in(parameters: Parameters) -> tuple[Act, ...]:
    """Return the acts of a scenario: its own, and its regime's up to ``record_until``.

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


def sooner(act: Act, years: int) -> Act:
    """Return the same act with all its dates some years earlier."""

    def moved(day: date | None) -> date | None:
        if day is None:
            return None
        leap = (day.month, day.day) == (2, 29)
        return day.replace(year=max(date.min.year, day.year - years), day=28 if leap else day.day)

    if years == 0:
        return act
    return replace(
        act,
        rumoured=moved(act.rumoured),
        announced=moved(act.announced) or act.announced,
        effective=moved(act.effective) or act.effective,
        ended=moved(act.ended),
    )


def _from(act: Act, first: date) -> Act:
    # Paired runs share their prehistory: an act dated before the first reported month comes then.
    rumoured = None if act.rumoured is None else max(first, act.rumoured)
    return replace(
        act,
        rumoured=rumoured,
        announced=max(first, act.announced),
        effective=max(first, act.effective),
    )


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
        named[name] = Regime(name, **({"acts": ()} | Fields(at, row, words).read(REGIME)))
    return known, named


def act_of(name: str, fields: Mapping[str, Any], place: str) -> Act:
    """Return the act that a table of TOML describes; ``place`` names the table in messages.

    Raises ``InputError`` that names place and field, the rule, the value got and a good one.
    """
    known = tables()
    blocs = tuple(bloc.name for bloc in known.blocs)
    words = {
        **WORDS,
        "kind": tuple(KINDS),
        "bloc": blocs,
        "target": (*blocs, "tier 1", "tier 2", "tier 3"),
        "lab": tuple(lab.name for lab in known.labs),
    }
    row = Fields(place, fields, words, {"rules": _rules})
    act = row.read(ACT)
    takes = {name: (*kind.needs, *kind.takes) for name, kind in KINDS.items()}
    for field in dict.fromkeys(field for own in takes.values() for field in own):
        if field in act and field not in takes[act["kind"]]:
            good = f"it belongs to kind {', '.join(k for k in KINDS if field in takes[k])}"
            raise row.wrong(field, f"has no meaning with kind {act['kind']!r}", good)
        if field not in act and field in KINDS[act["kind"]].needs:
            good = f"a good value is {EXAMPLES[field]}"
            raise row.wrong(field, f"is needed with kind {act['kind']!r}", good)
    dates = [day for day in ("rumoured", "announced", "effective") if day in act]
    for first, second in [*pairwise(dates), ("announced", "ended")]:
        if second in act and act[first] > act[second]:
            raise row.wrong(first, f"must not be after {second}, {act[second]}", "exchange them")
    if act["kind"] == "refuse" and act["actor"] not in act["targets"]:
        good = "it is the targets' own government that refuses; a good kind is bar"
        raise row.wrong("actor", "must be among the targets with kind 'refuse'", good)
    caps = [field for field in CAPS if field in act]
    if len(caps) > 1:
        raise row.wrong(caps[1], f"cannot stand beside {caps[0]}", "make two acts of it")
    if not NAME.fullmatch(name):
        raise InputError(f"{place}: name: must be letters, digits, _ and -, at most 60, got "
                         f"{shown(name)}; a good name is my_rule")  # fmt: skip
    act = {"title": name, "rumoured": None, "ended": None, "allies": ()} | act
    return Act(name=name, **{k: v for k, v in act.items() if k not in ("mark", "source")})


def _rules(row: Fields, field: str, got: Any) -> tuple[dict[str, float], ...]:
    entries = row.entries(field, got)
    return tuple(_alternative(row, f"{field}[{i}]", entry) for i, entry in enumerate(entries))


def _alternative(row: Fields, field: str, got: Any) -> dict[str, float]:
    # The conditions that hold together in one alternative of a rule.
    if not isinstance(got, Mapping) or not got:
        good = "a good value is { tpp_min = 4800 }, for every chip { tpp_min = 0 }"
        raise row.wrong(field, "must be a table of conditions", good, got)
    for name in got:
        if name not in CONDITIONS:
            hint = near(f"{name}", CONDITIONS)
            raise row.wrong(field, f"has an unknown condition {shown(name)}", hint, got)
    found = {n: row.number(f"{field}.{n}", "0..", value) for n, value in got.items()}
    for name in found:
        if name.endswith("_min") and found[name] >= found.get(f"{name[:-3]}max", math.inf):
            raise row.wrong(field, f"{name} must be below its _max", "no chip meets it", got)
    return found
