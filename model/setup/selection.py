"""Which labs, places and firms take part.

Totals (budgets, researchers, demand) are shared among firms: the number of firms decides how finely
the economy is divided, not its size. Labs are the largest of each bloc; places are those with labs
and then those with the largest weight; firms are distributed by the weight of places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from model.state.codes import SECTORS
from model.state.inputs import Inputs, Laboratory, Place


def largest_remainders(weights: Sequence[float], total: int) -> list[int]:
    """Share a whole number in proportion to weights; parts are whole and add up exactly."""
    whole = math.fsum(weights)
    if not weights:
        return []
    exact = [total * weight / whole for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    return parts


def labs_of(inputs: Inputs, number: int) -> list[Laboratory]:
    """Return the labs that take part, the largest of each bloc first."""
    by_bloc = [
        sorted((lab for lab in inputs.labs if lab.bloc == bloc.name), key=lambda lab: lab.rank)
        for bloc in inputs.blocs
    ]
    parts = largest_remainders([len(labs) for labs in by_bloc], min(number, len(inputs.labs)))
    return [lab for labs, part in zip(by_bloc, parts, strict=True) for lab in labs[:part]]


def places_of(inputs: Inputs, labs: list[Laboratory], number: int) -> list[Place]:
    """Return the places that take part, by bloc: those with labs, then the heaviest."""
    hosts = {lab.cluster for lab in labs}
    ranked = sorted(inputs.places, key=lambda place: (place.name not in hosts, -place.weight))
    last = ranked[max(number, len(hosts)) - 1].weight
    chosen = {
        place.name
        for rank, place in enumerate(ranked)
        if rank < max(number, len(hosts)) or place.weight == last  # equals enter together
    }
    return [
        place
        for bloc in inputs.blocs
        for place in inputs.places
        if place.bloc == bloc.name and place.name in chosen
    ]


def firms_of(places: list[Place], inputs: Inputs, number: int) -> list[list[int]]:
    """Return the number of firms other than labs, by place and sector.

    In proportion to the weight of the bloc, within it to the weight of the place, then evenly over
    the sectors of the place.
    """
    by_bloc = [[p for p in places if p.bloc == bloc.name] for bloc in inputs.blocs]
    weights = [math.fsum(place.weight for place in here) for here in by_bloc]
    counts = [
        count
        for here, total in zip(by_bloc, largest_remainders(weights, number), strict=True)
        for count in largest_remainders([place.weight for place in here], total)
    ]
    by_sector = []
    for place, count in zip(places, counts, strict=True):  # both in the order of blocs
        sectors = [s for s, name in enumerate(SECTORS) if name in place.sectors and s > 0] or [4]
        row = [0] * len(SECTORS)
        parts = largest_remainders([1.0] * len(sectors), count)
        for sector, part in zip(sectors, parts, strict=True):
            row[sector] = part
        by_sector.append(row)
    return by_sector
