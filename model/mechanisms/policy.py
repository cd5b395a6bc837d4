"""Policy: dated acts say which accelerator may be bought where, and how open blocs are.

An act in force bars every chip that meets its technical conditions (performance, performance
density, memory and link bandwidth) for the blocs it targets, or allows again what an older act
bars. A chip is barred for a bloc while some act in force bars it and no later act in force allows
it. Nothing here knows a bloc by name: targets are data. Acts and sources: ``seeds/controls.toml``.

Limits: no acts, or acts without targets: everything may be bought everywhere. An act that ended
before it took effect was never in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.facts import Mechanism, fact
from model.world import Floats, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.setting import Act, Calendar, Chip, Setting


class Controls(Mechanism):
    """Export controls on chips."""

    regime: str = fact(
        "none",
        unit="name",
        kind="choice",
        lever=True,
        claims=("C1", "C3", "C18"),
        source="seeds/controls.toml",
        doc="which list of dated acts is in force: a regime of seeds/controls.toml",
    )
    record_until: str = fact(
        "2025-12",
        unit="name",
        kind="choice",
        lever=True,
        source="seeds/controls.toml",
        doc="month (YYYY-MM) after which acts no longer take effect; those in force then stay",
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
        unit="name",
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


def policy(state: State) -> None:
    """Put this month's rules in force.

    Reads ``market.may_buy_by_month``, ``exchange_from``. Writes ``market.may_buy``,
    ``blocs.exchange``.
    """
    market, group, setting = state.market, state.parameters.exchange, state.setting
    if state.month == max(0, state.exchange_from):
        set_exchange(group, setting, state.blocs.exchange)
    open_to = state.blocs.exchange.T[market.vendor] > 0.0  # chip x bloc of the buyer
    np.logical_and(market.may_buy_by_month[state.month], open_to, out=market.may_buy)


def set_exchange(group: Exchange, setting: Setting, exchange: Floats) -> None:
    """Write the shares of exchange between all pairs of blocs (rows are receivers)."""
    pair = {setting.leader, setting.follower}
    for i, one in enumerate(setting.blocs):
        for j, other in enumerate(setting.blocs):
            both = group.leader_and_follower if {one.name, other.name} == pair else 1.0
            exchange[i, j] = 1.0 if i == j else group.between_blocs * both


def meets(chip: Chip, conditions: dict[str, float]) -> bool:
    """Say whether a chip meets all of an act's conditions (``tpp_min``, ``link_gbs_max`` …).

    ``_min`` is met from the value upwards, ``_max`` strictly below it, as the rules are written.
    """
    for name, value in conditions.items():
        measured = getattr(chip, name[:-4])
        if (measured < value) if name.endswith("_min") else (measured >= value):
            return False
    return True


def permissions(
    chips: list[Chip], acts: list[Act], blocs: list[str], calendar: Calendar
) -> NDArray[np.bool_]:
    """Return month x chip x bloc: may a buyer of the bloc order the chip in that month?

    A variant made in answer to an act is offered only to the blocs which that act targets, and
    exists only in worlds that have the act.
    """
    shape = (calendar.months, len(chips), len(blocs))
    allowed: NDArray[np.bool_] = np.ones(shape, np.bool_)
    spans = [(act, *calendar.span(act.effective, act.ended)) for act in acts]
    for c, chip in enumerate(chips):
        offered = set(blocs)
        if chip.answers:
            offered = {t for act in acts if act.name == chip.answers for t in act.targets}
        for b, bloc in enumerate(blocs):
            allowed[:, c, b] = bloc in offered
        for act, start, stop in spans:  # in order of effect: a later act overrules an older one
            if start >= stop or not any(meets(chip, rule) for rule in act.rule):
                continue
            for b, bloc in enumerate(blocs):
                if bloc in act.targets:
                    allowed[start:stop, c, b] = act.kind == "allow" and bloc in offered
    return allowed
