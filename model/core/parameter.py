"""Parameters that know what they are: unit, prior, kind of evidence, source, claims.

A parameter is declared once, as a field of a frozen group beside the mechanism it belongs to::

    class Discovery(Mechanism):
        exponent: float = fact(0.6, unit="1", prior=Uniform(0.4, 0.8), low=0.0, high=1.0,
                               kind="estimated", source="...", doc="returns to researchers")

Everything else (scenario files, messages, tables of parameters, sweeps) is read off these records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from model.core.errors import InputError, shown

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


@dataclass(frozen=True)
class Fact:
    """What is known of one parameter beside its value."""

    unit: str
    kind: Kind
    source: str
    doc: str
    prior: Prior = None
    low: float | None = None
    high: float | None = None
    lever: bool = False
    under_rules: bool = False
    claims: tuple[str, ...] = ()


class Mechanism(BaseModel):
    """Frozen base of every group of parameters; unknown names and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def fact(
    default: Any,
    *,
    unit: str,
    kind: Kind,
    source: str,
    doc: str,
    prior: Prior = None,
    low: float | None = None,
    high: float | None = None,
    lever: bool = False,
    under_rules: bool = False,
    claims: tuple[str, ...] = (),
) -> Any:
    """Declare one parameter of a group.

    ``low`` and ``high`` are the values the model can stand (inclusive); ``prior`` is what is
    thought likely. A ``lever`` is a choice of governments or firms: it is part of a treatment,
    and the baseline world from which normalising constants are resolved keeps its default. So it
    does where a parameter matters ``under_rules`` only, since the baseline has none.
    Raises ``ValueError`` where default or prior leave the range.
    """
    record = Fact(unit, kind, source, doc, prior, low, high, lever, under_rules, claims)
    if prior is not None:
        inside = (low is None or low <= prior.low) and (high is None or prior.high <= high)
        if not (prior.low < prior.high and inside and prior.low <= default <= prior.high):
            raise ValueError(
                f"prior {prior} does not fit default {default} and range {low}, {high}"
            )
    return Field(
        default,
        ge=low,
        le=high,
        allow_inf_nan=False if isinstance(default, float) else None,
        description=doc,
        json_schema_extra={"fact": record},  # type: ignore[dict-item]
    )


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
