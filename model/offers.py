"""What is on offer in a world: the acts of its regime, and the chips on its market.

The market holds the chips of the table that are sold for clusters, the generations that follow
them, weaker variants made for rules, and a chip that stands for each domestic industry. Cards for
single machines and chips that their makers keep to themselves are in the table, and rules are
read for them too, but nobody here buys them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from model.facts import InputError
from model.machines import EQUIVALENT_TFLOPS
from model.rules import sooner
from model.seeds import Act, Chip, act_of, acts_of
from model.setting import Setting, parse_month, roadmap
from model.variants import designed

if TYPE_CHECKING:
    from model.scenario import Parameters


def acts_in(parameters: Parameters) -> tuple[Act, ...]:
    """Return the acts of a scenario: its regime's and its own, in force by the record's end.

    Raises ``InputError`` for unknown regimes and malformed acts.
    """
    group = parameters.controls
    last = parse_month(group.record_until, "record_until", "controls")
    given = [
        act_of(str(fields.get("name", f"rule_{n + 1}")), {k: v for k, v in fields.items()
                                                            if k != "name"},
               f"controls.rules[{n}]")
        for n, fields in enumerate(group.rules)
    ]  # fmt: skip
    try:
        acts = [*acts_of(group.regime), *given]
    except InputError as error:
        raise InputError(f"controls.regime: {error}") from None
    twice = {act.name for act in acts if [a.name for a in acts].count(act.name) > 1}
    if twice:
        raise InputError(f"controls.rules: the act {min(twice)!r} is given twice; rename one")
    first = date(*parse_month(parameters.economy.start, "start"), 1)
    kept = [
        _from(sooner(act, group.years_sooner), first)
        for act in acts
        if (act in given or (act.effective.year, act.effective.month) <= last)
        and (group.responses or not act.response)
    ]
    kept = [act for act in kept if act.ended is None or act.ended > first]
    if not group.allied:
        pair = (parameters.economy.leader, parameters.economy.follower)
        kept = [
            replace(act, allies=tuple(bloc for bloc in act.allies if bloc in pair))
            for act in kept
            if act.actor in pair
        ]
    return tuple(sorted(kept, key=lambda act: (act.effective, act.name)))


def _from(act: Act, first: date) -> Act:
    # Twins share their prehistory: what would come before the first reported month comes then.
    rumoured = None if act.rumoured is None else max(first, act.rumoured)
    return replace(
        act,
        rumoured=rumoured,
        announced=max(first, act.announced),
        effective=max(first, act.effective),
    )


def chips_in(parameters: Parameters, setting: Setting, table: tuple[Chip, ...]) -> tuple[Chip, ...]:
    """Return all chips that can be bought in a world, from the table and its parameters.

    Raises ``InputError`` for vendors and ways of degrading that there are not.
    """
    group, controls = parameters.supply, parameters.controls
    merchants = [chip for chip in table if chip.sale == "merchant"]
    sellers = sorted({chip.vendor for chip in merchants})
    for name in group.vendors:
        if name not in sellers:
            raise InputError(
                f"supply.vendors: unknown vendor {name!r}; vendors are {', '.join(sellers)}"
            )
    on_market = [c for c in merchants if not group.vendors or c.vendor in group.vendors]
    plain = [chip for chip in on_market if not chip.answers]
    if not plain:
        raise InputError("supply.vendors must include one that sells more than variants")
    if controls.degraded == "record" and controls.years_sooner:
        raise InputError(
            "controls.degraded: the record's variants cannot come sooner with years_sooner "
            f'{controls.years_sooner}; a good value is "designed"'
        )
    end = parse_month(parameters.economy.end, "end")
    chips = roadmap(plain, end, group.roadmap_interval, group.roadmap_growth, group.price_growth)
    if controls.degraded == "record":
        chips += tuple(chip for chip in on_market if chip.answers)
    elif controls.degraded == "designed":
        chips += designed(
            chips,
            setting.acts,
            setting.destinations,
            setting.calendar,
            parameters.degraded.delay,
            parameters.chips.link_penalty,
            parameters.degraded.memory_weight,
            parameters.degraded.price_exponent,
        )
    newest = max(plain, key=lambda chip: chip.available)
    home = [bloc for bloc in setting.blocs if bloc.domestic_2018 and parameters.domestic.base]
    return chips + tuple(
        replace(
            newest,
            name=f"domestic, {bloc.label}",
            vendor=f"domestic, {bloc.label}",
            bloc=bloc.name,
            sale="domestic",
            family=f"domestic, {bloc.label}",
            available=(2018, 1),  # the year that its base is given for
            withdrawn=None,
            tflops=EQUIVALENT_TFLOPS,
        )
        for bloc in home
    )
