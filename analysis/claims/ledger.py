"""The ledger of claims: what documents assert, what carries it here, and how it is tested.

``seeds/claims.toml`` holds one entry a claim; its head says what the fields are. Experiments are
data: two worlds, parameters changed in either, and what the effect must be for the claim to be
supported. They are written before any verdict is computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.core.errors import InputError, near, shown
from model.core.toml import quoted, read_toml
from model.measure.outcomes import OUTCOMES, unit_of_effect
from model.parameters import FACTS
from model.scenario import Scenario, load, shipped
from model.seed_tables import LEDGER, SEEDS, tables
from model.state.inputs import parse_month

MECHANISMS = frozenset(
    path.stem
    for path in (Path(__file__).resolve().parents[2] / "model" / "mechanisms").rglob("*.py")
    if path.stem != "__init__" and not path.stem.endswith("_kernels")
)
IDENTITY = re.compile(r"[A-D][1-9][0-9]?")
THEMES = {
    "cluster": "Knowledge spillover in clusters",
    "openness": "Open against closed release",
    "controls": "Export controls",
    "organisation": "Organisation, talent, adoption, imitation",
}
Effect = Literal["rises", "falls", "stays"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Expectation(_Entry):
    """What the effect on an outcome must be: a sign beyond the smallest effect, or a bound."""

    of: str
    at: str
    effect: Effect | None = None
    below: float | None = None
    above: float | None = None
    smallest: float | None = None
    relative: bool = False

    def measure(self) -> tuple[str, str]:
        """Return the outcome, or series, and the bloc (empty for an outcome)."""
        name, _, bloc = self.of.partition(" of ")
        return name, bloc

    def least(self) -> float:
        """Return the smallest effect of interest, in the unit of effects."""
        name, bloc = self.measure()
        if not bloc:
            return OUTCOMES[name].smallest
        assert self.smallest is not None
        return self.smallest

    def words(self) -> str:
        """Return what supports the claim, in words."""
        name, bloc = self.measure()
        what = name.replace("_", " ") + (f" of {bloc}" if bloc else "")
        if self.effect is not None:
            unit = "%" if self.relative or (not bloc and OUTCOMES[name].relative) else ""
            unit = unit or ("" if bloc else unit_of_effect(name))
            verb = {"rises": "rises by more than", "falls": "falls by more than",
                    "stays": "moves by less than"}[self.effect]  # fmt: skip
            return f"{what} {verb} {self.least():g} {unit}".rstrip() + f", end of {self.at}"
        bound = f"below {self.below:g}" if self.below is not None else f"above {self.above:g}"
        return f"the effect on {what} is {bound} {unit_of_effect(name)}, end of {self.at}"

    def supported(self, effect: float) -> bool | None:
        """Say whether an effect supports it (True), contradicts it (False), or neither (None)."""
        least = self.least()
        if self.below is not None:
            return effect < self.below
        if self.above is not None:
            return effect > self.above
        if self.effect == "stays":
            return abs(effect) <= least
        sign = 1.0 if self.effect == "rises" else -1.0
        if sign * effect > least:
            return True
        return False if sign * effect < -least else None


class Claim(_Entry):
    """An entry of the ledger."""

    theme: Literal["cluster", "openness", "controls", "organisation"]
    documents: list[Literal["S0", "S1", "S2", "S3", "S4"]] = Field(min_length=1)
    side: Literal["for", "against", "neutral"]
    says: str = Field(min_length=20)
    facts: str = ""
    figures: list[str] = []
    mechanisms: list[str] = Field(min_length=1)
    parameters: list[str] = Field(min_length=1)
    deciders: list[str] = Field(min_length=1)
    test: Literal["open", "by construction", "none"]
    why: str = ""
    worlds: list[str] = []
    treated: dict[str, bool | int | float | str] = Field(default={}, alias="with")
    base: dict[str, bool | int | float | str] = Field(default={}, alias="against")
    expects: list[Expectation] = []

    def scenarios(self, both: Sequence[str] = ()) -> tuple[Scenario, Scenario]:
        """Return the base and the treated world; ``both`` are changes of both (``a.b=1``)."""
        first, second = (
            load(
                world, [*both, *(f"{name}={quoted(value)}" for name, value in changes.items())], {}
            )
            for world, changes in zip(self.worlds, (self.base, self.treated), strict=True)
        )
        return first, second


@dataclass(frozen=True)
class Ledger:
    """All claims, in the order of the file."""

    claims: Mapping[str, Claim]

    def one(self, identity: str) -> Claim:
        """Return a claim; raises ``InputError`` with the nearest id where there is none."""
        if identity not in self.claims:
            raise InputError(f"no claim {identity!r}; {near(identity, self.claims)}")
        return self.claims[identity]


@cache
def ledger() -> Ledger:
    """Return the ledger that ships; raises ``InputError`` as ``read`` does."""
    return read(SEEDS / LEDGER)


def read(path: Path) -> Ledger:
    """Read a ledger.

    Raises ``InputError`` that names file, line and entry, the rule, the value got and a good one.
    """
    content = read_toml(path)
    text = path.read_text(encoding="utf-8")
    entries = content.pop("claims", None)
    if content or not isinstance(entries, dict) or not entries:
        raise InputError(
            f"{path.name}: holds tables [claims.ID] and nothing else, got {shown(list(content))}; "
            "a good one is [claims.A1]"
        )
    claims = {}
    for identity, entry in entries.items():
        place = f"{path.name}: line {_line(text, identity)}: {identity}"
        if not IDENTITY.fullmatch(identity):
            raise InputError(f"{place}: an id is a letter from A to D and a number, as A1")
        claims[identity] = _claim(entry, place)
    return Ledger(claims)


def _claim(entry: Any, place: str) -> Claim:
    try:
        claim = Claim.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        rule = first["msg"].lower()
        known = [f.alias or n for n, f in Claim.model_fields.items()]
        if first["type"] == "extra_forbidden":
            rule = f"is unknown; {near(str(first['loc'][-1]), known)}"
        elif first["type"] == "missing":
            rule = "is missing"
        got = "" if first["type"] == "missing" else f", got {shown(first['input'])}"
        raise InputError(f"{place}: {field}: {rule}{got}") from None
    names = [f"{group}.{name}" for group, name in FACTS]
    for field, words, good in (
        ("mechanisms", claim.mechanisms, sorted(MECHANISMS)),
        ("parameters", claim.parameters, names),
        ("deciders", claim.deciders, names),
        ("with", claim.treated, names),
        ("against", claim.base, names),
        ("worlds", claim.worlds, list(shipped())),
    ):
        for word in words:
            if word not in good:
                raise InputError(f"{place}: {field}: {word!r} is unknown; {_near(word, good)}")
    _experiment(claim, place)
    return claim


def _experiment(claim: Claim, place: str) -> None:
    if claim.test != "open" and not claim.why:
        raise InputError(f"{place}: why: must say why the claim is not open to a test")
    if claim.test == "none":
        if claim.worlds or claim.expects:
            raise InputError(f"{place}: test is none, but an experiment is given")
        return
    if len(claim.worlds) != 2 or not claim.expects:
        raise InputError(f"{place}: needs two worlds and what it expects; good worlds are "
                         '["no_ban", "ban"]')  # fmt: skip
    if claim.worlds[0] == claim.worlds[1] and claim.treated == claim.base:
        raise InputError(
            f"{place}: both worlds are the same; change a parameter `with` or `against`"
        )
    from model.measure.recorder import SERIES

    blocs = [bloc.name for bloc in tables().blocs]
    for expectation in claim.expects:
        name, bloc = expectation.measure()
        if not bloc and name not in OUTCOMES:
            raise InputError(f"{place}: of: no outcome {name!r}; {_near(name, list(OUTCOMES))}")
        if bloc and (name not in SERIES or bloc not in blocs):
            wrong, good = (bloc, blocs) if name in SERIES else (name, list(SERIES))
            raise InputError(f"{place}: of: {wrong!r} is unknown; {_near(wrong, good)}")
        if bloc and (expectation.smallest is None or expectation.smallest <= 0.0):
            raise InputError(f"{place}: smallest: a series needs its smallest effect of interest")
        given = [expectation.effect, expectation.below, expectation.above]
        if sum(one is not None for one in given) != 1:
            raise InputError(f"{place}: expects: give one of effect, below and above")
        parse_month(expectation.at, "at", place)
    claim.scenarios()


def _near(word: str, good: list[str]) -> str:
    hint = near(word, good)
    return hint if len(hint) < 400 else "spillover show no_ban lists them"


def _line(text: str, identity: str) -> int:
    found = re.search(rf"^\[claims\.\"?{re.escape(identity)}\"?[\].]", text, re.M)
    return text[: found.start()].count("\n") + 1 if found else 1
