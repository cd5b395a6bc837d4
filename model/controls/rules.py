"""The rule engine: which chip may go where in which month, under which act, and why.

A regime is a list of dated acts with technical conditions; nothing here knows a bloc, a firm or a
chip by name. An act concerns a destination (the places of a bloc in one tier) when its targets
name the bloc or the tier, and it reaches a chip when the chip's maker sits in the acting bloc, in
an ally that takes part, or anywhere under a foreign-product rule. A bloc's own chips are never
foreign to it. Of the acts in force that reach and match a chip, the last to take effect decides;
a refusal by the buyers' own government applies besides.

Limits: no acts: everything may go everywhere. An act that ended before it took effect was never in
force, though it was announced, and buyers may have bought ahead of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.controls.acts import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.core.table import Floats, Integers
    from model.state.inputs import Act, Calendar, Chip, Destination

NOBODY = -1  # no act decides


@dataclass(frozen=True)
class Rules:
    """What acts decide, by month x chip x destination.

    ``granted`` is the share of orders that may be delivered (1 free, 0 barred, licences between);
    ``fee`` comes on top of the price, as a share of it; ``refused`` marks what the buyers'
    government forbids; ``act`` is the number of the foreign act that decides, ``own`` that of the
    buyers' government, ``NOBODY`` for none. While a bar is known and orders still arrive before
    it, ``ahead`` is one over the number of months that are left to buy ahead. ``offered`` (chip x
    destination) is false for export versions made for other destinations.
    """

    granted: Floats
    fee: Floats
    refused: NDArray[np.bool_]
    act: Integers
    own: Integers
    ahead: Floats
    offered: NDArray[np.bool_]


def evaluate(
    chips: Sequence[Chip],
    acts: Sequence[Act],
    destinations: Sequence[Destination],
    calendar: Calendar,
    delivery: int = 0,
) -> Rules:
    """Return what the acts decide for every month, chip and destination.

    ``delivery`` is the time in months that an order takes: buyers do not order ahead what would
    arrive under the bar.
    """
    shape = (calendar.months, len(chips), len(destinations))
    granted, fee, ahead = np.ones(shape), np.zeros(shape), np.zeros(shape)
    refused = np.zeros(shape, np.bool_)
    deciding, own = np.full(shape, NOBODY), np.full(shape, NOBODY)
    offered = np.ones(shape[1:], np.bool_)
    order = sorted(range(len(acts)), key=lambda a: (acts[a].effective, acts[a].name))
    for c, chip in enumerate(chips):
        for d, place in enumerate(destinations):
            offered[c, d] = offers(chip, acts, place)
            for a in order:
                act = acts[a]
                start, stop = calendar.span(act.effective, act.ended)
                if start < stop and binds(act, chip, place):
                    table = own if act.actor == place.bloc else deciding
                    table[start:stop, c, d] = a
            for table in (deciding, own):
                for a in {int(a) for a in table[:, c, d]} - {NOBODY}:
                    act, here = acts[a], table[:, c, d] == a
                    share = KINDS[act.kind].granted
                    granted[here, c, d] *= act.probability if share is None else share
                    fee[here, c, d] += act.fee
                    refused[here, c, d] |= act.kind == "refuse"
            for act in acts:
                if act.kind == "bar" and binds(act, chip, place):
                    _buy_ahead(ahead[:, c, d], granted[:, c, d], act, calendar, delivery)
    return Rules(granted, fee, refused, deciding, own, ahead, offered)


def _buy_ahead(ahead: Floats, granted: Floats, act: Act, calendar: Calendar, delivery: int) -> None:
    known = calendar.middle(act.rumoured or act.announced)
    until = calendar.middle(act.effective) - delivery
    if act.ended is not None:
        until = min(until, calendar.middle(act.ended))
    for month in range(max(0, known), min(until, calendar.months)):
        if granted[month] > 0.0:
            ahead[month] = max(ahead[month], 1.0 / (until - known))


def offers(chip: Chip, acts: Iterable[Act], place: Destination) -> bool:
    """Say whether vendors offer a chip in a destination.

    Export versions are offered to the targets of the rule they answer, domestic chips at home,
    other chips everywhere.
    """
    if chip.sale == "domestic":
        return chip.bloc == place.bloc
    answered = chip.answers.split("|")
    return not chip.answers or any(act.name in answered and concerns(act, place) for act in acts)


def concerns(act: Act, place: Destination) -> bool:
    """Say whether an act targets a destination, by its bloc or its tier."""
    return place.bloc in act.targets or f"tier {place.tier}" in act.targets


def reaches(act: Act, maker: str) -> bool:
    """Say whether an act covers the chips that makers of a bloc sell."""
    return act.foreign_product or maker == act.actor or maker in act.allies


def binds(act: Act, chip: Chip, place: Destination) -> bool:
    """Say whether an act, when in force, applies to a chip on its way to a destination."""
    if not act.rule or chip.bloc == place.bloc or not concerns(act, place):
        return False
    if act.actor != place.bloc and not reaches(act, chip.bloc):
        return False  # imports are within the reach of the buyers' own government
    return any(meets(chip, alternative) for alternative in act.rule)


def meets(chip: Chip, conditions: Mapping[str, float]) -> bool:
    """Say whether a chip meets all conditions (``tpp_min``, ``link_gbs_max`` …).

    A chip meets ``_min`` from the value upwards and ``_max`` strictly below it, as rules are
    written.
    """
    for name, value in conditions.items():
        measured = getattr(chip, name[:-4])
        if (measured < value) if name.endswith("_min") else (measured >= value):
            return False
    return True


def coverage(
    acts: Iterable[Act],
    kind: str,
    bloc: str,
    shares: Mapping[str, float],
    calendar: Calendar,
    destinations: Sequence[Destination],
) -> Floats:
    """Return, by month, the share of an input's world supply that acts keep from a bloc.

    ``kind`` is the kind of the acts (equipment, memory, foundry, materials); ``shares`` are the
    blocs' shares of world supply. Each participating bloc counts once, with the largest part of
    the industry that one of its acts concerns; a foreign-product rule closes all foreign supply.
    """
    held = np.zeros(calendar.months)
    for name, share in shares.items():
        barred = np.zeros(calendar.months)
        for act in acts:
            if act.kind == kind and name != bloc and reaches(act, name) and any(
                place.bloc == bloc and concerns(act, place) for place in destinations
            ):  # fmt: skip
                start, stop = calendar.span(act.effective, act.ended)
                barred[start:stop] = np.maximum(barred[start:stop], act.part)
        held += share * barred
    return held


def listed(
    acts: Iterable[Act],
    names: Sequence[str],
    homes: Sequence[str],
    blocs: Sequence[str],
    calendar: Calendar,
) -> NDArray[np.bool_]:
    """Return month x firm x bloc: whether an entity list bars the firm from that bloc's makers.

    ``homes`` are the firms' own blocs; a list covers the makers that its act reaches, never those
    at home.
    """
    table = np.zeros((calendar.months, len(names), len(blocs)), np.bool_)
    for act in acts:
        if act.kind == "entities":
            start, stop = calendar.span(act.effective, act.ended)
            for f, name in enumerate(names):
                for b, bloc in enumerate(blocs):
                    if name in act.firms and reaches(act, bloc) and bloc != homes[f]:
                        table[start:stop, f, b] = True
    return table
