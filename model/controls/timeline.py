"""The timeline of rules, before any run: which chip may go where in which month, and why.

It applies the engine that runs obey (``model/controls/rules.py``) to every chip of the table, also
to chips that nobody in the model buys, and to the export versions and later generations of the
scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.controls.rules import NOBODY, Rules, evaluate
from model.seed_tables import tables
from model.setup.inputs import inputs_of
from model.state.inputs import Calendar, Chip, Inputs

if TYPE_CHECKING:
    from model.parameters import Parameters
    from model.state.inputs import Act


@dataclass(frozen=True)
class Change:
    """A chip's status for a destination from a month on; ``act`` is the reason, or empty."""

    month: str
    destination: str
    chip: str
    status: str
    act: str


def timeline(parameters: Parameters) -> list[Change]:
    """Return every change of status of every chip for every destination, by month.

    Statuses: not yet sold, free, licence, barred, refused (by the buyers' own government), no
    longer sold, not sold (kept by its maker), not offered (made for other destinations). The first
    month of the calendar opens each list.
    """
    inputs = inputs_of(parameters)
    chips = chips_of(inputs)
    rules = evaluate(chips, inputs.acts, inputs.destinations, inputs.calendar)
    changes = []
    for d, place in enumerate(inputs.destinations):
        for c, chip in enumerate(chips):
            before = ""
            for month in range(inputs.calendar.months):
                status, act = status_of(rules, chip, month, c, d, inputs.calendar, inputs.acts)
                if f"{status} {act}" != before:
                    label = inputs.calendar.label(month)
                    changes.append(Change(label, place.name, chip.name, status, act))
                before = f"{status} {act}"
    return sorted(changes, key=lambda change: change.month)


def chips_of(inputs: Inputs) -> tuple[Chip, ...]:
    """Return the chips that rules apply to: the table's, and the scenario's own ones."""
    plain = [chip for chip in tables().chips if not chip.answers]
    known = {chip.name for chip in plain}
    return (*plain, *(chip for chip in inputs.chips if chip.name not in known))


def status_of(
    rules: Rules,
    chip: Chip,
    month: int,
    c: int,
    d: int,
    calendar: Calendar,
    acts: tuple[Act, ...],
) -> tuple[str, str]:
    """Return the status of a chip (row c) for a destination (row d) in a month, and the act."""
    if chip.sale == "own":
        return "not sold", ""
    if not rules.offered[c, d]:
        return "not offered", ""
    if month < calendar.index(*chip.available):
        return "not yet sold", ""
    if chip.withdrawn is not None and month >= calendar.index(*chip.withdrawn):
        return "no longer sold", ""
    act, own = int(rules.act[month, c, d]), int(rules.own[month, c, d])
    name = acts[act].name if act != NOBODY else ""
    if rules.refused[month, c, d] and own != NOBODY:
        return "refused", acts[own].name
    if rules.granted[month, c, d] == 0.0:
        return "barred", name
    licensed = [a for a in (act, own) if a != NOBODY and acts[a].kind == "licence"]
    if licensed:
        return "licence", " and ".join(acts[a].name for a in licensed)
    return "free", name
