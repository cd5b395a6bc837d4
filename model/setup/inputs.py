"""The inputs of a scenario: blocs, places, labs, chips on sale, acts in force.

The chips are those of the table that are sold for clusters, the generations that follow them,
export versions designed under thresholds, and a chip that stands for each domestic industry. The
table also holds cards for single machines and chips that their makers keep to themselves; rules
apply to them too, but nobody in the model buys them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model.controls.acts import acts_in
from model.controls.degraded_chips import designed
from model.core.errors import InputError
from model.mechanisms.chips.chip_cost import EQUIVALENT_TFLOPS
from model.parameters import BLOCS
from model.seed_tables import generated_places, tables
from model.setup.selection import labs_of
from model.state.inputs import Chip, Inputs, parse_month

if TYPE_CHECKING:
    from model.parameters import Parameters

GENERATED = 1  # seed of places beyond the table: the same in all scenarios and replicates
ROADMAP = "generation of "  # what the names of chips after the record begin with


def check(parameters: Parameters) -> None:
    """Refuse parameters without valid inputs; raises ``InputError``."""
    economy = parameters.economy
    inputs = inputs_of(parameters)
    if economy.leader == economy.follower:
        raise InputError(
            f"economy.follower must differ from economy.leader, got {economy.leader!r}"
        )
    if not any(lab.bloc == economy.leader for lab in labs_of(inputs, economy.labs)):
        raise InputError(
            f"economy.labs: the leader {economy.leader!r} has no lab among {economy.labs}; "
            "a good value is 40"
        )
    if len(set(economy.blocs)) < max(1, len(economy.blocs)):
        raise InputError(f"economy.blocs must name each bloc once, got {economy.blocs}")
    if economy.firms < economy.labs + len(BLOCS):
        raise InputError(
            f"economy.firms must be at least the labs and one firm a bloc "
            f"({economy.labs + len(BLOCS)}), got {economy.firms}; a good value is 3000"
        )
    since(parameters.exchange.since, "exchange", inputs)
    since(parameters.release.since, "release", inputs)


def inputs_of(parameters: Parameters) -> Inputs:
    """Return the inputs of a scenario: blocs, places, labs, chips to the end, acts in force.

    Raises ``InputError`` for unknown blocs, regimes and dates.
    """
    economy = parameters.economy
    rows = tables()
    blocs = rows.blocs
    names = [bloc.name for bloc in blocs]
    for field, given in (("leader", [economy.leader]), ("follower", [economy.follower]),
                         ("blocs", economy.blocs)):  # fmt: skip
        for name in given:
            if name not in names:
                raise InputError(
                    f"economy.{field}: unknown bloc {name!r}; blocs are {', '.join(names)}"
                )
    if not economy.blocs:
        raise InputError('economy.blocs must name at least one bloc, as ["us", "china"]')
    beyond = economy.clusters - len(rows.places)
    inputs = Inputs(
        economy.calendar(),
        blocs,
        rows.places + generated_places(max(0, beyond), GENERATED, rows.places),
        rows.labs,
        (),
        rows.supply,
        acts_in(parameters),
        economy.leader,
        economy.follower,
    )
    if economy.identical_blocs:
        number = len(blocs)
        if economy.labs % number or (economy.firms - economy.labs) % number:
            raise InputError(
                f"economy.identical_blocs: labs and other firms must divide by {number} blocs, got "
                f"{economy.labs} labs of {economy.firms} firms; good values are 40 and 3000"
            )
        inputs = mirrored(inputs, economy.identical_blocs)
    return replace(inputs, chips=chips_in(parameters, inputs, rows.chips))


def since(text: str, group: str, inputs: Inputs) -> int:
    """Return the month from which a group's levers hold; empty is the first reported month."""
    if not text:
        return inputs.calendar.prehistory
    return inputs.calendar.index(*parse_month(text, "since", group))


def chips_in(parameters: Parameters, inputs: Inputs, table: tuple[Chip, ...]) -> tuple[Chip, ...]:
    """Return all chips on sale in a scenario, from the table and its parameters.

    Raises ``InputError`` for unknown vendors and for export versions that cannot be had.
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
            inputs.acts,
            inputs.destinations,
            inputs.calendar,
            parameters.degraded.delay,
            parameters.fleets.link_penalty,
            parameters.degraded.memory_weight,
            parameters.degraded.price_exponent,
        )
    newest = max(plain, key=lambda chip: chip.available)
    home = [bloc for bloc in inputs.blocs if bloc.domestic_2018 and parameters.domestic.base]
    return chips + tuple(
        replace(
            newest,
            name=f"domestic, {bloc.label}",
            vendor=f"domestic, {bloc.label}",
            bloc=bloc.name,
            sale="domestic",
            family=f"domestic, {bloc.label}",
            available=(2018, 1),  # domestic.base is relative to the best import of that year
            withdrawn=None,
            tflops=EQUIVALENT_TFLOPS,
        )
        for bloc in home
    )


def roadmap(
    chips: Iterable[Chip], until: tuple[int, int], interval: int, growth: float, price_growth: float
) -> tuple[Chip, ...]:
    """Return the chips and the generations that follow each vendor's fastest one, to a month.

    Each generation comes ``interval`` months after the vendor's last; performance, bandwidth and
    links grow so that performance per dollar grows by ``growth`` a year while the price grows by
    ``price_growth`` a year. Density stays that of the last chip of the table: dies grow with
    performance. Vendors without a new chip in the two years before the newest chip of the table
    have no roadmap.
    """
    result, step = list(chips), interval / 12.0
    plain = [chip for chip in result if not chip.answers]
    newest = max((chip.available for chip in plain), default=(0, 0))
    for vendor in dict.fromkeys(chip.vendor for chip in plain):
        own = [chip for chip in plain if chip.vendor == vendor]
        last = max(chip.available for chip in own)
        if (newest[0] - last[0]) * 12 + newest[1] - last[1] > 24:
            continue
        generation = replace(max(own, key=lambda chip: chip.tflops), available=last)
        while True:
            months = generation.available[0] * 12 + generation.available[1] - 1 + interval
            on_sale = (months // 12, months % 12 + 1)
            if on_sale > until:
                break
            faster = (growth * price_growth) ** step
            name = f"{ROADMAP}{on_sale[0]}-{on_sale[1]:02d}, {vendor}"
            generation = replace(
                generation,
                name=name,
                family=name,
                available=on_sale,
                withdrawn=None,
                price=generation.price * price_growth**step,
                tflops=generation.tflops * faster,
                memory_bandwidth_gbs=generation.memory_bandwidth_gbs * faster,
                link_gbs=generation.link_gbs * faster,
                tpp=generation.tpp * faster,
                die_mm2=generation.die_mm2 * faster,
            )
            result.append(generation)
    return tuple(result)


def mirrored(inputs: Inputs, template: str) -> Inputs:
    """Return inputs whose blocs are all copies of one, set evenly around the globe.

    The blocs share world budgets and researchers equally; keys of the copies come from place and
    number. Raises ``InputError`` when the template is no bloc of the inputs.
    """
    if inputs.bloc_index(template) < 0:
        good = ", ".join(b.name for b in inputs.blocs)
        raise InputError(f"economy.identical_blocs: unknown bloc {template!r}; blocs are {good}")
    number = len(inputs.blocs)
    shared = ("researchers_2024", "cloud_share", "equipment_share",
              "memory_share", "materials_share", "domestic_2018", "foreign_foundry",
              "spending_share", "developers_2024", "adoption")  # fmt: skip
    equal: dict[str, Any] = {
        name: math.fsum(getattr(bloc, name) for bloc in inputs.blocs) / number for name in shared
    }
    years = [year for year, _ in inputs.blocs[0].means]
    paths = zip(*(bloc.means for bloc in inputs.blocs), strict=True)
    shares = [math.fsum(share for _, share in row) / number for row in paths]
    equal["means"] = tuple(zip(years, shares, strict=True))
    blocs, places, labs = [], [], []
    for copy, bloc in enumerate(inputs.blocs):
        mark = f" #{copy + 1}"
        blocs.append(replace(bloc, **equal))
        for place in inputs.places:
            if place.bloc == template:
                turned = (place.longitude + 360.0 * copy / number + 180.0) % 360.0 - 180.0
                places.append(
                    replace(place, name=place.name + mark, bloc=bloc.name, longitude=turned)
                )
        for lab in inputs.labs:
            if lab.bloc == template:
                labs.append(
                    replace(lab, name=lab.name + mark, bloc=bloc.name, cluster=lab.cluster + mark)
                )
    return replace(inputs, blocs=tuple(blocs), places=tuple(places), labs=tuple(labs))
