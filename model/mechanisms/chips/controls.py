"""Controls: dated acts decide which accelerator may be bought where, levers how open blocs are.

The acts are evaluated before a run (``model/controls/rules.py``), by month, chip and destination.
This file holds the levers of governments and sets, month by month, the exchange between blocs.
Nothing here knows a bloc by name: targets are data. Acts and sources: ``seeds/controls.toml``.

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
    """Export controls on chips, and how much leaks around them."""

    regime: str = fact("none", "name", lever=True, source="seeds/controls.toml", claims="C1 C3 C18")
    """Acts of export control in force: a regime of seeds/controls.toml, or one act by name."""
    rules: list[dict[str, Any]] = fact([], "acts", lever=True, claims="C1")
    """Dated acts of the scenario itself, added to the regime; fields as in seeds/controls.toml."""
    record_until: str = fact("2026-12", "month", lever=True, source="seeds/controls.toml")
    """Month (YYYY-MM) after which acts of the regime no longer take effect; acts already in force
    stay in force."""
    years_sooner: int = fact(0, "years", within=(0, 20), lever=True, claims="C10")
    """Years by which every act of export control takes effect earlier than in the record."""
    allied: bool = fact(True, "name", lever=True, claims="C1")
    """Whether blocs other than leader and follower impose controls or join them; if not, a
    foreign-product rule still reaches their makers."""
    responses: bool = fact(True, "name", lever=True, claims="C13")
    """Whether the acts by which target blocs respond (import bans, retaliation) are in force."""
    degraded: Literal["designed", "record", "none"] = fact(
        "designed", "name", lever=True, claims="C2"
    )
    """Export versions of barred chips: designed by the vendors, taken from the record, or none."""
    stockpiling: bool = fact(True, "name", lever=True, claims="C10")
    """Whether buyers may buy chips ahead of an announced bar."""
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
    """Share of unmet chip demand that intermediaries in third countries would serve without any
    enforcement; set between 140,000 diverted chips in 2024 and 10 % of training compute."""
    enforcement: float = fact(
        0.1, "share", Uniform(0.02, 0.3), (0.0, 0.95), kind="assumed", lever=True, claims="C11"
    )
    """Share of diverted chips that authorities seize on the way."""
    rent_abroad: float = fact(
        0.1, "share", Uniform(0.0, 0.4), (0.0, 1.0), kind="assumed", lever=True, claims="C11"
    )
    """Share of unmet chip demand that buyers may meet by renting chips in data centres abroad."""


class Exchange(Mechanism):
    """Openness between blocs: to contacts, publications, open weights and chips."""

    between_blocs: float = fact(1.0, "share", within=(0.0, 1.0), lever=True, claims="A1 B3")
    """Openness between any two blocs; at 1 only distance weakens exchange."""
    since: str = fact("", "month", lever=True)
    """Month (YYYY-MM) from which levers on exchange hold, with full exchange before; empty: the
    first reported month, so that paired runs share their prehistory."""
    leader_and_follower: float = fact(1.0, "share", within=(0.0, 1.0), lever=True, claims="B3 C14")
    """Openness between the leading and the following bloc, both ways; multiplies the openness
    between any two blocs."""


def controls(fixed: Fixed, state: State) -> None:
    """Set this month's exchange between blocs.

    Reads ``fixed.exchange_from``. Writes ``blocs.exchange``, ``chips.open_to``.
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
