"""The market for accelerators at month 0: chips, families, vendors, domestic makers, caps, buyers.

Everything known before a run is laid out by month here: what rules decide, recorded output, world
spending on chips at list prices. After the record that spending grows in step with labs' budgets.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from model.controls.acts import KINDS
from model.controls.rules import concerns, coverage, evaluate, listed
from model.core.table import Floats, Integers
from model.mechanisms.ai.budgets import world_budget
from model.setup.inputs import ROADMAP
from model.state.blocs import Blocs
from model.state.chips import Buyers, Caps, Chips, ChipSupply, Makers, Vendors
from model.state.codes import CAP_ON_CHIPS, CAP_ON_HOME_SHARE, CAP_ON_PERFORMANCE, PLANES, SOURCES
from model.state.inputs import Inputs
from model.state.labs import Labs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.parameters import Parameters
    from model.state.inputs import Bloc, Laboratory, Shipment

STEEPEST = 1.5  # trend within a year, in logs: the record's first years double and more
CAP_MONTHS = 36  # caps on performance are given for three years


def chips_of(parameters: Parameters, inputs: Inputs) -> tuple[Chips, Caps]:
    """Return the chips and the caps of licences, with what rules decide month by month."""
    calendar, chips, places = inputs.calendar, inputs.chips, inputs.destinations
    sizes = {"chip": len(chips), "bloc": len(inputs.blocs), "destination": len(places)}
    table = Chips.allocate(**sizes, month=calendar.months, side=2, one=1)
    families, vendors = families_of(inputs), vendors_of(inputs)
    leading = _leading_vendor(inputs)
    for c, chip in enumerate(chips):
        domestic = chip.sale == "domestic"
        table.tflops[c], table.link[c], table.price[c] = chip.tflops, chip.link_gbs, chip.price
        table.tpp[c], table.bandwidth[c] = chip.tpp, chip.memory_bandwidth_gbs
        table.available[c] = calendar.index(*chip.available)
        table.withdrawn[c] = (
            calendar.index(*chip.withdrawn) if chip.withdrawn else np.iinfo(np.int64).max
        )
        table.variant[c] = bool(chip.answers)
        table.leading[c] = chip.vendor == leading
        software = parameters.purchases.software
        table.software[c] = 1.0 if domestic or chip.vendor == leading else software
        table.planned[c] = chip.name.startswith(ROADMAP) and not chip.answers
        table.vendor[c] = -1 if domestic else vendors.index(chip.vendor)
        table.family[c] = families.index(chip.family)
        here = inputs.bloc_index(chip.bloc)
        table.maker[c] = max(0, here)
        if domestic:
            table.home[c] = here
        if here < 0:
            table.available[c] = np.iinfo(np.int64).max  # its vendor's bloc does not take part
    rules = evaluate(chips, inputs.acts, places, calendar, parameters.fleets.delivery)
    table.granted[:], table.fee[:], table.refused[:] = rules.granted, rules.fee, rules.refused
    table.offered[:], table.ahead[:] = rules.offered, rules.ahead
    return table, _caps(inputs, (rules.act, rules.own), table)


def families_of(inputs: Inputs) -> list[str]:
    """Return the names of the families of chips on the market."""
    return list(dict.fromkeys(chip.family for chip in inputs.chips))


def vendors_of(inputs: Inputs) -> list[str]:
    """Return the names of the vendors on the world's market."""
    return list(dict.fromkeys(chip.vendor for chip in inputs.chips if chip.sale != "domestic"))


def _leading_vendor(inputs: Inputs) -> str:
    # The vendor with the highest sales at list prices in the whole record.
    heads = {chip.name: chip for chip in inputs.chips}
    sales: dict[str, float] = {}
    for row in inputs.supply:
        if row.family in heads:
            chip = heads[row.family]
            sales[chip.vendor] = sales.get(chip.vendor, 0.0) + row.units * chip.price
    return max(sales, key=lambda vendor: (sales[vendor], vendor), default="")


def _caps(inputs: Inputs, deciding: tuple[Integers, Integers], chips: Chips) -> Caps:
    # Two caps may hold at once: one of a foreign act, one of the buyers' own government. All
    # destinations of an act share its cap. A cap on performance is given per country, and only
    # countries with a place in the table count.
    pairs = [
        (a, side)
        for a, act in enumerate(inputs.acts)
        if any(x is not None for x in (act.cap_tpp, act.cap_units, act.cap_home_share))
        for side, table in enumerate(deciding)
        if (table == a).any()
    ]
    caps = Caps.allocate(cap=len(pairs))
    for k, (a, side) in enumerate(pairs):
        act, here = inputs.acts[a], deciding[side] == a
        chips.cap[:, :, :, side][here] = k
        caps.start[k] = max(0, inputs.calendar.middle(act.effective))
        countries = sum(
            place.countries for d, place in enumerate(inputs.destinations) if here[:, :, d].any()
        )
        if act.cap_tpp is not None:
            caps.measure[k] = CAP_ON_PERFORMANCE
            caps.pace[k] = act.cap_tpp * countries / CAP_MONTHS
        elif act.cap_units is not None:
            caps.measure[k], caps.pace[k] = CAP_ON_CHIPS, act.cap_units / 12.0
        else:
            caps.measure[k], caps.pace[k] = CAP_ON_HOME_SHARE, float(act.cap_home_share or 0.0)
            caps.home[k] = inputs.bloc_index(act.actor)
    return caps


def supply_of(parameters: Parameters, inputs: Inputs) -> tuple[ChipSupply, Vendors]:
    """Return the families of chips with their recorded output, and their vendors."""
    calendar, families, vendors = inputs.calendar, families_of(inputs), vendors_of(inputs)
    table = ChipSupply.allocate(family=len(families), month=calendar.months)
    last = max((row.year for row in inputs.supply), default=calendar.first_year - 1)
    recorded = max(0, min(calendar.months, calendar.index(last + 1, 1)))
    for f, name in enumerate(families):
        chips = [chip for chip in inputs.chips if chip.family == name]
        table.vendor[f] = -1 if chips[0].sale == "domestic" else vendors.index(chips[0].vendor)
        table.price[f] = next((chip.price for chip in chips if chip.name == name), chips[0].price)
        if table.vendor[f] >= 0:
            table.made_by_month[:recorded, f] = 0.0
            first = min(calendar.index(*chip.available) for chip in chips)
            ends = [calendar.index(*chip.withdrawn) for chip in chips if chip.withdrawn]
            stop = max(ends) if len(ends) == len(chips) else calendar.months
            table.first[f] = first
            rows = [row for row in inputs.supply if row.family == name]
            months = _monthly(rows, inputs, first, stop)
            for month, units in months.items():
                if 0 <= month < calendar.months:
                    table.made_by_month[month, f] = units
    year = [world_budget(parameters.budgets, calendar.year(t)) for t in range(calendar.months)]
    for t in range(calendar.months):
        if t < recorded:
            table.spending[t] = math.fsum(table.made_by_month[t, table.vendor >= 0] *
                                          table.price[table.vendor >= 0])  # fmt: skip
        else:  # the mean of the record's last quarter, grown with labs' budgets
            first = max(0, recorded - 3)
            base = math.fsum(table.spending[first:recorded]) / max(1, recorded - first)
            table.spending[t] = base * year[t] / year[max(0, recorded - 1)]
    sellers = Vendors.allocate(vendor=len(vendors))
    for chip in inputs.chips:
        if chip.sale != "domestic":
            sellers.bloc[vendors.index(chip.vendor)] = inputs.bloc_index(chip.bloc)
    return table, sellers


def materials_of(inputs: Inputs, blocs: Blocs) -> None:
    """Write shares of materials, what acts withhold from whom, and whose acts bind whom, by month.

    Acts of another bloc bind a bloc if they bar what it buys or what its own makers need; acts in
    response do not count. An act counts as one of its actor and of every ally that takes part.
    """
    calendar, places = inputs.calendar, inputs.destinations
    names = [bloc.name for bloc in inputs.blocs]
    for b, bloc in enumerate(inputs.blocs):
        blocs.materials_share[b] = bloc.materials_share
        for t, target in enumerate(names):
            blocs.withheld[:, b, t] = coverage(
                inputs.acts, "materials", target, {bloc.name: 1.0}, calendar, places
            )
    for act in inputs.acts:
        if not KINDS[act.kind].provokes or act.response:
            continue
        start, stop = calendar.span(act.effective, act.ended)
        actors = [b for b, name in enumerate(names) if name == act.actor or name in act.allies]
        for t, target in enumerate(names):
            if any(place.bloc == target and concerns(act, place) for place in places):
                blocs.provoked[start:stop, t, [b for b in actors if b != t]] = True


def _monthly(rows: list[Shipment], inputs: Inputs, first: int, stop: int) -> dict[int, float]:
    # Spread a year's units over its months on sale, along the trend of the years around it.
    units = {row.year: row.units for row in rows}
    result: dict[int, float] = {}
    for year, total in units.items():
        before, after = units.get(year - 1), units.get(year + 1)
        ends = [math.log(x) for x in (before, after) if x]
        slope = 0.0
        if before and after:
            slope = (ends[1] - ends[0]) / 2.0
        elif before or after:
            slope = math.log(total) - ends[0] if before else ends[0] - math.log(total)
        slope = min(STEEPEST, max(-STEEPEST, slope))
        on_sale = [m for m in range(12) if first <= inputs.calendar.index(year, m + 1) < stop]
        months = on_sale or range(12)
        weights = {month: math.exp(slope * (month + 0.5) / 12.0) for month in months}
        for month in months:
            t = inputs.calendar.index(year, month + 1)
            result[t] = total * weights[month] / math.fsum(weights.values())
    return result


def makers_of(parameters: Parameters, inputs: Inputs, chips: Chips) -> Makers:
    """Return the domestic industries, with the inputs that rules withhold month by month."""
    calendar = inputs.calendar
    rows = np.flatnonzero(chips.home >= 0)
    table = Makers.allocate(maker=rows.size, month=calendar.months)
    equipment = {bloc.name: bloc.equipment_share for bloc in inputs.blocs}
    memory = {bloc.name: bloc.memory_share for bloc in inputs.blocs}
    for m, c in enumerate(rows):
        bloc = inputs.blocs[chips.home[c]]
        table.bloc[m], table.chip[m] = chips.home[c], c
        table.reference[m] = _best_import(inputs, parameters)
        share = min(0.99, bloc.foreign_foundry)
        table.home_capacity[m] = bloc.domestic_2018
        table.foreign_capacity[m] = bloc.domestic_2018 * share / (1.0 - share)
        bar = {
            kind: coverage(inputs.acts, kind, bloc.name, shares, calendar, inputs.destinations)
            for kind, shares in (("equipment", equipment), ("memory", memory),
                                 ("foundry", _abroad(bloc, inputs)))
        }  # fmt: skip
        table.equipment_barred[:, m], table.memory_barred[:, m] = bar["equipment"], bar["memory"]
        table.foundry_barred[:, m] = np.minimum(1.0, bar["foundry"])
        under = 0
        for t in range(calendar.months):
            under = under + 1 if bar["memory"][t] > 0.0 else 0
            table.memory_months[t, m] = max(0, under - 1)
        for act in inputs.acts:
            if act.kind == "memory" and any(
                place.bloc == bloc.name and concerns(act, place) for place in inputs.destinations
            ):
                known = calendar.middle(act.rumoured or act.announced)
                until = calendar.middle(min(act.effective, act.ended or act.effective))
                table.memory_known[max(0, known) : max(0, until), m] = True
    return table


def _abroad(bloc: Bloc, inputs: Inputs) -> dict[str, float]:
    # All foreign blocs count equally: there is no table of foundries.
    others = [other.name for other in inputs.blocs if other.name != bloc.name]
    return {name: 1.0 / len(others) for name in others}


def _best_import(inputs: Inputs, parameters: Parameters) -> float:
    # Performance per dollar (FLOP/s/USD) of the leading vendor's best chip in January 2018.
    leading = _leading_vendor(inputs)
    return max(
        (
            chip.tflops * 1e12 / chip.price
            for chip in inputs.chips
            if chip.vendor == leading and not chip.answers and chip.available <= (2018, 1)
            and (chip.withdrawn is None or chip.withdrawn > (2018, 1))
        ),
        default=1e10,
    )  # fmt: skip


def buyers_of(
    parameters: Parameters, inputs: Inputs, labs: Labs, rows: list[Laboratory]
) -> tuple[Buyers, Floats, NDArray[np.bool_]]:
    """Return the buyers, their shares of cloud spending, and who is on an entity list when.

    ``rows`` are the labs in the order of the table.
    """
    places = inputs.destinations
    number = len(rows) + len(places)
    table = Buyers.allocate(
        buyer=number,
        chip=len(inputs.chips),
        slot=parameters.fleets.delivery + 1,
        plane=PLANES,
        source=len(SOURCES),
    )
    tiers = {place.name: place.tier for place in inputs.places}
    names = [(place.bloc, place.tier) for place in places]
    share = np.zeros(number)
    for i, lab in enumerate(rows):
        table.bloc[i] = inputs.bloc_index(lab.bloc)
        table.destination[i] = names.index((lab.bloc, tiers[lab.cluster]))
    for d, place in enumerate(places):
        bloc = inputs.bloc_index(place.bloc)
        table.bloc[len(rows) + d], table.destination[len(rows) + d] = bloc, d
        share[len(rows) + d] = inputs.blocs[bloc].cloud_share * place.weight
    known = [lab.name for lab in rows] + [""] * len(places)
    homes = [lab.bloc for lab in rows] + [place.bloc for place in places]
    blocs = [bloc.name for bloc in inputs.blocs]
    return table, share, listed(inputs.acts, known, homes, blocs, inputs.calendar)
