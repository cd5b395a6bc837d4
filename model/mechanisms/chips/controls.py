"""Policy: dated acts say which accelerator may be bought where, and how open blocs are.

What the acts say is worked out before a run (``model/controls/rules.py``), by month, chip and
destination; here stand the levers of governments and, month by month, how much exchange there is
between blocs. Nothing here knows a bloc by name: targets are data. Acts and sources:
``seeds/controls.toml``.

Limits: no acts, or acts without targets: everything may be bought everywhere. Exchange 0 between
blocs: nothing crosses, chips, rent and diverted chips included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.table import Floats
from model.state.fixed import Fixed
from model.state.state import State

if TYPE_CHECKING:
    from model.state.inputs import Inputs


class Controls(Mechanism):
    """Export controls on chips, and how leaky they are."""

    regime: str = fact("none", "name", lever=True, source="seeds/controls.toml", claims="C1 C3 C18")
    """Which dated acts are in force: a regime of seeds/controls.toml, or one act by name."""
    rules: list[dict[str, Any]] = fact([], "acts", lever=True, claims="C1")
    """Dated acts written here, beside those of the regime; fields as in seeds/controls.toml."""
    record_until: str = fact("2026-12", "month", lever=True, source="seeds/controls.toml")
    """Month (YYYY-MM) after which acts no longer take effect; those in force then stay."""
    years_sooner: int = fact(0, "years", within=(0, 20), lever=True, claims="C10")
    """Years by which every act comes sooner than in the record."""
    allied: bool = fact(True, "name", lever=True, claims="C1")
    """Whether blocs beside leader and follower take part, by own acts or in others'; without them
    a rule on foreign products still reaches their makers."""
    responses: bool = fact(True, "name", lever=True, claims="C13")
    """Whether the other side's acts (buyers' bans) are part of the world."""
    degraded: Literal["designed", "record", "none"] = fact(
        "designed", "name", lever=True, claims="C2"
    )
    """Weaker chips where rules bar: designed by the vendors, those of the record, or none."""
    stockpiling: bool = fact(True, "name", lever=True, claims="C10")
    """Whether buyers may buy ahead of a bar they know of."""
    porosity: float = fact(
        0.25,
        "share",
        LogUniform(0.03, 1.0),
        (0.0, 1.0),
        kind="contested",
        lever=True,
        source="cnas_2025",
        claims="C11",
    )
    """Share of unmet demand that traders in third countries would serve with no enforcement; set
    between 140,000 diverted chips in 2024 and 10 % of training compute."""
    enforcement: float = fact(
        0.1, "share", Uniform(0.02, 0.3), (0.0, 0.95), kind="assumed", lever=True, claims="C11"
    )
    """Share of diverted chips that are seized on their way."""
    rent_abroad: float = fact(
        0.1, "share", Uniform(0.0, 0.4), (0.0, 1.0), kind="assumed", lever=True, claims="C11"
    )
    """Share of unmet demand that may be met by renting chips in data centres abroad."""


class Exchange(Mechanism):
    """How much passes between blocs: talk, publications, open weights, chips."""

    between_blocs: float = fact(1.0, "share", within=(0.0, 1.0), lever=True, claims="A1 B3")
    """Openness of any bloc to what another offers; at 1 distance alone weakens exchange."""
    since: str = fact("", "month", lever=True)
    """Month (YYYY-MM) from which these shares hold; before it exchange is full; empty: the first
    reported month, so that twins share their prehistory."""
    leader_and_follower: float = fact(1.0, "share", within=(0.0, 1.0), lever=True, claims="B3 C14")
    """Openness between the leading and the following bloc, both ways; multiplies the other."""


def controls(fixed: Fixed, state: State) -> None:
    """Put this month's exchange between blocs in force.

    Reads ``exchange_from``. Writes ``blocs.exchange``, ``chips.open_to``.
    """
    if state.month == max(0, fixed.exchange_from):
        set_exchange(fixed.of(Exchange), fixed.inputs, state.blocs.exchange)
    state.chips.open_to[:] = state.blocs.exchange.T[state.chips.maker] > 0.0


def set_exchange(group: Exchange, inputs: Inputs, exchange: Floats) -> None:
    """Write the shares of exchange between all pairs of blocs (rows are receivers)."""
    pair = {inputs.leader, inputs.follower}
    for i, one in enumerate(inputs.blocs):
        for j, other in enumerate(inputs.blocs):
            both = group.leader_and_follower if {one.name, other.name} == pair else 1.0
            exchange[i, j] = 1.0 if i == j else group.between_blocs * both
