r"""Degraded chips: the export versions that a vendor designs for destinations under a rule.

Some months after a rule bars the vendor's best chip on sale, or after a new best chip comes out
under a standing rule, the vendor offers the best export version of it that stays just below every
threshold in force there, thresholds for notification included, or within what is licensed. *Best*
is the largest

.. math:: v = \ln FLOP/s - \lambda\,(1 - link / link_{base}) + w \ln bandwidth

Code: ``designed``, ``value``

over all ways of undercutting each rule in one of its conditions; λ is the model's own penalty of
weak links. The price falls with the value lost: :math:`p = p_{base}\, e^{x (v - v_{base})}`.

Limits: no rule: no export version. A rule that nothing can undercut (a refusal, an entity list):
none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from model.controls.rules import binds, concerns, meets, reaches

if TYPE_CHECKING:
    from model.state.inputs import Act, Calendar, Chip, Destination

MARGIN = 0.999  # a design stays this far below a threshold


def design(
    base: Chip,
    acts: Sequence[Act],
    place: Destination,
    penalty: float,
    memory_weight: float,
) -> Chip | None:
    """Return the best export version of ``base`` that may go to a destination, or ``None``.

    ``acts`` are those in force. A design is open when no bar applies to it and none requires notice
    of it. The search tries every way of undercutting the rules that a design meets. The price is
    that of the base.
    """
    found: list[Chip] = []
    seen: set[Chip] = set()
    trials = [base]
    permitted = [
        (name, bound)
        for act in acts
        if not closes(act) and reaches(act, base.bloc) and concerns(act, place)
        for rule in act.rule
        for name, bound in rule.items()
        if name.endswith("_max")
    ]
    while trials:
        chip = trials.pop()
        if chip in seen:
            continue
        seen.add(chip)
        met = [
            rule
            for act in acts
            if closes(act) and reaches(act, chip.bloc) and concerns(act, place)
            for rule in (*act.rule, *act.notify)
            if meets(chip, rule)
        ]
        if is_open(chip, acts, place):
            found.append(chip)
            continue
        bounds = [(name, bound) for rule in met for name, bound in rule.items() if "_min" in name]
        bounds += permitted
        trials += [
            _cut(chip, name[:-4], bound * MARGIN)
            for name, bound in bounds
            if 0.0 < bound <= getattr(chip, name[:-4])  # nothing is cut to nothing
        ]
    found = [chip for chip in found if min(chip.tflops, chip.link_gbs) > 0.0]
    return max(found, key=lambda chip: value(chip, base, penalty, memory_weight), default=None)


def closes(act: Act) -> bool:
    """Say whether an act keeps everything it applies to from its targets."""
    return act.kind == "bar" or (act.kind == "licence" and act.probability == 0.0)


def is_open(chip: Chip, acts: Sequence[Act], place: Destination) -> bool:
    """Say whether a chip may go to a destination under acts in force, without notice."""
    deciding = [act for act in acts if act.actor != place.bloc and binds(act, chip, place)]
    last = max(deciding, key=lambda act: (act.effective, act.name), default=None)
    if last is not None and not closes(last):
        return True
    noticed = any(
        meets(chip, rule)
        for act in acts
        if closes(act) and reaches(act, chip.bloc) and concerns(act, place)
        for rule in act.notify
    )
    return last is None and not noticed


def value(chip: Chip, base: Chip, penalty: float, memory_weight: float) -> float:
    """Return the value of a chip relative to its base chip (the module's equation)."""
    deficit = max(0.0, 1.0 - chip.link_gbs / base.link_gbs)
    memory = math.log(chip.memory_bandwidth_gbs / base.memory_bandwidth_gbs)
    return math.log(chip.tflops / base.tflops) - penalty * deficit + memory_weight * memory


def _cut(chip: Chip, quantity: str, bound: float) -> Chip:
    if quantity == "link_gbs":
        return replace(chip, link_gbs=bound)
    if quantity == "memory_bandwidth_gbs":
        return replace(chip, memory_bandwidth_gbs=bound)
    tpp = bound * chip.die_mm2 if quantity == "density" else bound
    return replace(chip, tpp=tpp, tflops=chip.tflops * tpp / chip.tpp)


def designed(
    chips: Sequence[Chip],
    acts: Sequence[Act],
    destinations: Sequence[Destination],
    calendar: Calendar,
    delay: int,
    penalty: float,
    memory_weight: float,
    price_exponent: float,
) -> tuple[Chip, ...]:
    """Return the export versions that vendors bring out over a calendar, by month of sale."""
    found: dict[Chip, Chip] = {}
    plain = [chip for chip in chips if not chip.answers]
    spans = [(act, *calendar.span(act.effective, act.ended)) for act in acts if act.rule]
    spans = [(act, start, stop) for act, start, stop in spans if act.kind != "refuse"]
    for vendor in dict.fromkeys(chip.vendor for chip in plain):
        own = [chip for chip in plain if chip.vendor == vendor]
        for place in destinations if spans else ():
            before: tuple[str, ...] = ()
            for month in range(calendar.months - delay):
                force = [a for a, start, stop in spans if start <= month < stop and
                         concerns(a, place) and reaches(a, own[0].bloc)]  # fmt: skip
                best = _best_on_sale(own, month, calendar) if force else None
                if best is None or best.bloc == place.bloc or is_open(best, force, place):
                    before = ()
                    continue
                now = (best.name, *(act.name for act in force))
                if now != before:
                    bars = [act for act in force if closes(act) and binds(act, best, place)]
                    cut = design(best, force, place, penalty, memory_weight)
                    if cut is not None and bars:
                        variant = _named(cut, best, bars[-1], month + delay, calendar)
                        lost = value(cut, best, penalty, memory_weight)
                        price = best.price * math.exp(price_exponent * lost)
                        known = found.setdefault(cut, replace(variant, price=price))
                        if bars[-1].name not in known.answers.split("|"):
                            answers = f"{known.answers}|{bars[-1].name}"
                            found[cut] = replace(known, answers=answers)
                before = now
    return tuple(sorted(found.values(), key=lambda chip: (chip.available, chip.name)))


def _named(cut: Chip, base: Chip, act: Act, month: int, calendar: Calendar) -> Chip:
    year, number = divmod(calendar.first_month - 1 + month, 12)
    on_sale = (calendar.first_year + year, number + 1)
    when = f"{on_sale[0]}-{on_sale[1]:02d}"
    lasting = base.withdrawn is None or base.withdrawn <= on_sale
    return replace(
        cut,
        name=f"{base.name} cut {when} for {act.name}, {cut.tflops:.0f} TFLOP/s, "
        f"{cut.memory_bandwidth_gbs / 1000.0:.1f} TB/s",
        answers=act.name,
        available=on_sale,
        withdrawn=None if lasting else base.withdrawn,
    )


def _best_on_sale(chips: Sequence[Chip], month: int, calendar: Calendar) -> Chip | None:
    on_sale = [
        chip
        for chip in chips
        if calendar.index(*chip.available) <= month
        and (chip.withdrawn is None or month < calendar.index(*chip.withdrawn))
    ]
    return max(on_sale, key=lambda chip: (chip.tflops, chip.available, chip.name), default=None)
