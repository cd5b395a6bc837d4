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

    regime: str = fact(
        "none",
        unit="name",
        kind="choice",
        lever=True,
        claims=("C1", "C3", "C18"),
        source="seeds/controls.toml",
        doc="which dated acts are in force: a regime of seeds/controls.toml, or one act by name",
    )
    rules: list[dict[str, Any]] = fact(
        [],
        unit="acts",
        kind="choice",
        lever=True,
        claims=("C1",),
        source="own",
        doc="dated acts written here, beside those of the regime; fields as in seeds/controls.toml",
    )
    record_until: str = fact(
        "2026-12",
        unit="month",
        kind="choice",
        lever=True,
        source="seeds/controls.toml",
        doc="month (YYYY-MM) after which acts no longer take effect; those in force then stay",
    )
    years_sooner: int = fact(
        0,
        unit="years",
        kind="choice",
        lever=True,
        low=0,
        high=20,
        claims=("C10",),
        source="own",
        doc="years by which every act comes sooner than in the record",
    )
    allied: bool = fact(
        True,
        unit="name",
        kind="choice",
        lever=True,
        claims=("C1",),
        source="own",
        doc="whether blocs beside leader and follower take part, by own acts or in others'; "
        "without them a rule on foreign products still reaches their makers",
    )
    responses: bool = fact(
        True,
        unit="name",
        kind="choice",
        lever=True,
        claims=("C13",),
        source="own",
        doc="whether the other side's acts (buyers' bans) are part of the world",
    )
    degraded: Literal["designed", "record", "none"] = fact(
        "designed",
        unit="name",
        kind="choice",
        lever=True,
        claims=("C2",),
        source="own",
        doc="weaker chips where rules bar: designed by the vendors, those of the record, or none",
    )
    stockpiling: bool = fact(
        True,
        unit="name",
        kind="choice",
        lever=True,
        claims=("C10",),
        source="own",
        doc="whether buyers may buy ahead of a bar they know of",
    )
    porosity: float = fact(
        0.25,
        unit="share",
        kind="contested",
        prior=LogUniform(0.03, 1.0),
        low=0.0,
        high=1.0,
        lever=True,
        claims=("C11",),
        source="cnas_2025",
        doc="share of unmet demand that traders in third countries would serve with no "
        "enforcement; set between 140,000 diverted chips in 2024 and 10 % of training compute",
    )
    enforcement: float = fact(
        0.1,
        unit="share",
        kind="assumed",
        prior=Uniform(0.02, 0.3),
        low=0.0,
        high=0.95,
        lever=True,
        claims=("C11",),
        source="own",
        doc="share of diverted chips that are seized on their way",
    )
    rent_abroad: float = fact(
        0.1,
        unit="share",
        kind="assumed",
        prior=Uniform(0.0, 0.4),
        low=0.0,
        high=1.0,
        lever=True,
        claims=("C11",),
        source="own",
        doc="share of unmet demand that may be met by renting chips in data centres abroad",
    )


class Exchange(Mechanism):
    """How much passes between blocs: talk, publications, open weights, chips."""

    between_blocs: float = fact(
        1.0,
        unit="share",
        kind="choice",
        lever=True,
        low=0.0,
        high=1.0,
        claims=("A1", "B3"),
        source="own",
        doc="openness of any bloc to what another offers; at 1 distance alone weakens exchange",
    )
    since: str = fact(
        "",
        unit="month",
        kind="choice",
        lever=True,
        source="own",
        doc="month (YYYY-MM) from which these shares hold; before it exchange is full; empty: "
        "the first reported month, so that twins share their prehistory",
    )
    leader_and_follower: float = fact(
        1.0,
        unit="share",
        kind="choice",
        lever=True,
        low=0.0,
        high=1.0,
        claims=("B3", "C14"),
        source="own",
        doc="openness between the leading and the following bloc, both ways; multiplies the other",
    )


def controls(fixed: Fixed, state: State) -> None:
    """Put this month's exchange between blocs in force.

    Reads ``exchange_from``. Writes ``blocs.exchange``, ``market.open_to``.
    """
    if state.month == max(0, fixed.exchange_from):
        set_exchange(fixed.of(Exchange), fixed.inputs, state.blocs.exchange)
    state.market.open_to[:] = state.blocs.exchange.T[state.market.maker] > 0.0


def set_exchange(group: Exchange, inputs: Inputs, exchange: Floats) -> None:
    """Write the shares of exchange between all pairs of blocs (rows are receivers)."""
    pair = {inputs.leader, inputs.follower}
    for i, one in enumerate(inputs.blocs):
        for j, other in enumerate(inputs.blocs):
            both = group.leader_and_follower if {one.name, other.name} == pair else 1.0
            exchange[i, j] = 1.0 if i == j else group.between_blocs * both
