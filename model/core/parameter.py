"""Parameters and their records: unit, prior, range, kind of evidence, source, claims.

A parameter is declared once, in two lines, as a field of a frozen group beside its mechanism::

    class Discovery(Mechanism):
        exponent: float = fact(0.6, "1", Uniform(0.4, 0.8), (0.0, 1.0), source="jones_1995")
        '''Returns to researchers.'''

A lever that every bloc has is declared once too, and becomes one parameter for each role::

        breadth: float = lever(1.0, "1", (0.3, 3.0), since="release")
        '''Breadth of search of labs in {bloc}, as a multiple of the baseline.'''

makes ``breadth_leader``, ``breadth_follower`` and ``breadth_elsewhere``. Scenario files, messages,
tables of parameters and sweeps use these records.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from model.core.errors import InputError, shown
from model.core.kernels import face_class

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # the metaclass has no public name

Kind = Literal["measured", "estimated", "assumed", "contested", "choice"]


class ParameterName(NamedTuple):
    """Group and name of a parameter, ``group.name`` as text; equal to the pair of both."""

    group: str
    name: str

    def __str__(self) -> str:
        return f"{self.group}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> ParameterName:
        """Read ``group.name``; raises ``InputError`` where the text is something else."""
        group, dot, name = text.partition(".")
        if not (group and dot and name):
            raise InputError(f"{shown(text)} must read group.name, as in controls.porosity")
        return cls(group, name)


class Uniform(NamedTuple):
    """Prior with equal density between two values, in the parameter's unit."""

    low: float
    high: float

    def quantile(self, u: float) -> float:
        """Value below which a share ``u`` (0 to 1) of the prior lies."""
        return self.low + u * (self.high - self.low)


class LogUniform(NamedTuple):
    """Prior with equal density of the logarithm between two positive values."""

    low: float
    high: float

    def quantile(self, u: float) -> float:
        """Value below which a share ``u`` (0 to 1) of the prior lies."""
        return math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))


Prior = Uniform | LogUniform | None
Since = Literal["", "exchange", "release"]
ROLES = {
    "leader": "the leading bloc",
    "follower": "the following bloc",
    "elsewhere": "all other blocs",
}


@dataclass(frozen=True)
class Fact:
    """The record of one parameter: all of it but its value."""

    unit: str
    kind: Kind
    source: str
    doc: str = ""
    prior: Prior = None
    low: float | None = None
    high: float | None = None
    lever: bool = False
    under_rules: bool = False
    claims: tuple[str, ...] = ()
    since: Since = ""


@dataclass(frozen=True)
class Declared:
    """A default and its record, until the class of their group exists."""

    default: Any
    record: Fact
    roles: tuple[str, ...] = ()  # roles that have the lever
    bare: bool = False  # parameters are named by the role alone

    def field(self, sentence: str) -> Any:
        """Return the field of a group; raises ``TypeError`` where the sentence is missing."""
        text = " ".join(sentence.split()).removesuffix(".")
        if not text:
            raise TypeError("a parameter needs a sentence below its declaration")
        if self.record.since:
            text += f"; holds from {self.record.since}.since"
        extra: Any = {"fact": replace(self.record, doc=text)}
        return Field(
            self.default,
            ge=self.record.low,
            le=self.record.high,
            allow_inf_nan=False if isinstance(self.default, float) else None,
            description=text,
            json_schema_extra=extra,
        )


_DECLARED = re.compile(r'^    (\w+): [^\n]*?= (?:fact|lever)\(.*?\)\n    """(.*?)"""', re.M | re.S)


@lru_cache(maxsize=64)
def _source(module: ModuleType) -> str:
    try:
        return inspect.getsource(module)
    except (OSError, TypeError):  # no file: a notebook, or code executed as text
        return ""


def _sentences(module: str, name: str) -> dict[str, str]:
    # Reads the sentences below the declarations of a class from its file.
    text = _source(sys.modules[module]) if module in sys.modules else ""
    begin = text.find(f"\nclass {name}(")
    if begin < 0:
        return {}
    end = re.compile(r"^\S", re.M).search(text, text.index("\n", begin + 1))
    return dict(_DECLARED.findall(text[begin : end.start() if end else len(text)]))


class _Groups(ModelMetaclass):
    """Makes the fields of a group from the declarations by ``fact`` and ``lever``."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **given: Any
    ) -> Any:
        kinds: dict[str, Any] = {}
        levers: dict[str, Mapping[str, str]] = {}
        texts = _sentences(namespace["__module__"], name)
        for entry, kind in namespace.get("__annotations__", {}).items():
            declared = namespace.get(entry)
            if not isinstance(declared, Declared):
                kinds[entry] = kind
                continue
            text = declared.record.doc or texts.get(entry, "")
            if not declared.roles:
                kinds[entry] = kind
                namespace[entry] = declared.field(text)
                continue
            del namespace[entry]
            levers[entry] = {
                role: role if declared.bare else f"{entry}_{role}" for role in declared.roles
            }
            for role, field in levers[entry].items():
                kinds[field] = kind
                namespace[field] = declared.field(text.replace("{bloc}", ROLES[role]))
        namespace["__annotations__"] = kinds
        made: Any = super().__new__(mcs, name, bases, namespace, **given)
        made.levers = levers
        # Numbers alone: kernels take no words. The cache of compiled kernels finds the face by its
        # qualified name.
        numbers = [n for n, f in made.model_fields.items() if isinstance(f.default, int | float)]
        made.Face = face_class("Face", numbers, name, namespace["__module__"])
        return made


class Mechanism(BaseModel, metaclass=_Groups):
    """Frozen base of every group of parameters; refuses unknown names and wrong types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    levers: ClassVar[Mapping[str, Mapping[str, str]]] = {}  # lever: role: name of the parameter

    Face: ClassVar[Any]

    def face(self) -> Any:
        """Return the numbers of the group as a named tuple, for kernels."""
        return self.Face(*(getattr(self, name) for name in self.Face._fields))

    @classmethod
    def since_of(cls, lever: str) -> Since:
        """Return the group whose ``since`` dates the start of a lever of every bloc."""
        return fact_of(cls.model_fields[next(iter(cls.levers[lever].values()))]).since

    def by_role(self, lever: str, role: str, *, holds: bool = True) -> Any:
        """Return the value of a lever for a role: leader, follower, elsewhere.

        The default where the lever does not hold yet, or where the role has none.
        """
        names = type(self).levers[lever]
        if holds and role in names:
            return getattr(self, names[role])
        return type(self).model_fields[next(iter(names.values()))].default


def fact(
    default: Any,
    unit: str,
    prior: Prior = None,
    within: tuple[float, float] | None = None,
    *,
    kind: Kind | None = None,
    source: str = "own",
    claims: str = "",
    lever: bool = False,
    under_rules: bool = False,
    since: Since = "",
    doc: str = "",
) -> Any:
    """Declare one parameter of a group; the sentence below it gives its meaning.

    Args:
        default: value unless a scenario sets another.
        unit: unit; ``1`` for a pure number, ``name`` for a word.
        prior: prior distribution; ``None``: not sampled.
        within: lowest and highest value that the model accepts, both inclusive.
        kind: kind of evidence; by default ``choice`` for a lever, else ``assumed``.
        source: a key of ``seeds/sources.toml``, a file, or ``own`` for our judgement.
        claims: claims that depend on it, as ``"A1 C4"``.
        lever: a choice of governments or firms, part of a treatment; the baseline for normalising
            constants keeps its default.
        under_rules: matters under export controls only, so that the baseline keeps its default.
        since: group whose ``since`` dates the start of the lever.
        doc: the sentence, for a class that no file contains.

    Raises:
        ValueError: where default or prior leave the range.
    """
    low, high = within or (None, None)
    kind = kind or ("choice" if lever else "assumed")
    named = tuple(claims.split())
    record = Fact(unit, kind, source, doc, prior, low, high, lever, under_rules, named, since)
    if prior is not None:
        inside = (low is None or low <= prior.low) and (high is None or prior.high <= high)
        if not (prior.low < prior.high and inside and prior.low <= default <= prior.high):
            raise ValueError(
                f"prior {prior} does not fit default {default} and range {low}, {high}"
            )
    return Declared(default, record)


def lever(
    default: Any,
    unit: str,
    within: tuple[float, float] | None = None,
    *,
    since: Since,
    roles: str = "leader follower elsewhere",
    bare: bool = False,
    source: str = "own",
    claims: str = "",
    doc: str = "",
) -> Any:
    """Declare a lever that every bloc has: a parameter for each role, ``breadth_leader`` and so on.

    Args:
        default: value in the baseline, for all roles.
        unit: as for ``fact``.
        within: as for ``fact``.
        since: group whose ``since`` dates the start of the lever; before it the default holds.
        roles: roles that have the lever.
        bare: parameters are named by role alone (``release.leader``).
        source: as for ``fact``.
        claims: as for ``fact``.
        doc: the sentence, for a class that no file contains; ``{bloc}`` stands for the role.
    """
    low, high = within or (None, None)
    named = tuple(claims.split())
    record = Fact(unit, "choice", source, doc, None, low, high, True, False, named, since)
    return Declared(default, record, tuple(roles.split()), bare)


def fact_of(field: FieldInfo) -> Fact:
    """Return the record that ``fact`` attached to a field of a group."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    record = extra["fact"]
    assert isinstance(record, Fact)
    return record


def monthly_rate(per_year: float) -> float:
    """Turn a rate per year into a rate per month (a rate is additive, so a twelfth)."""
    return per_year / 12.0


def monthly_share(per_year: float) -> float:
    """Turn a share lost per year into the share lost per month: 1 - (1 - s)^(1/12)."""
    return 1.0 - math.pow(1.0 - per_year, 1.0 / 12.0)
