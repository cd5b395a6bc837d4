"""Firms at month 0 and the rows kept for firms to come, by place and sector."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import address, at, key_of, uniform
from model.core.table import Integers
from model.mechanisms.firms.demography_kernels import draw_sizes
from model.state.codes import APPLICATION, CHIPMAKER, LAB, SECTORS
from model.state.firms import Firms
from model.state.inputs import Inputs, Laboratory, Place

if TYPE_CHECKING:
    from model.parameters import Parameters


def firms_of_places(
    parameters: Parameters,
    inputs: Inputs,
    places: list[Place],
    by_sector: list[list[int]],
    labs: list[Laboratory],
    seed: np.uint64,
) -> tuple[Firms, list[int]]:
    """Return all firms, and the labs (numbers in ``labs``) in the order of their rows.

    ``by_sector`` is the number of firms other than labs, by place and sector.
    """
    position = {place.name: c for c, place in enumerate(places)}
    by_place: list[list[int]] = [[] for _ in places]
    for i, lab in enumerate(labs):
        by_place[position[lab.cluster]].append(i)
    counts = [[len(by_place[c]), *by_sector[c][1:]] for c in range(len(places))]
    kinds = np.array([LAB, CHIPMAKER, APPLICATION, APPLICATION, APPLICATION])
    # Spare rows follow the firms of their place and sector.
    spare = parameters.demography.spare
    kept = [[spare(n) * (k == APPLICATION) for n, k in zip(row, kinds, strict=True)]
            for row in counts]  # fmt: skip
    firms_there = np.array([count for row in counts for count in row], np.int64)
    repeats = firms_there + np.array([count for row in kept for count in row], np.int64)
    table = Firms.allocate(firm=int(repeats.sum()))
    cells = np.array([(c, s) for c in range(len(places)) for s in range(len(SECTORS))], np.int64)
    table.cluster[:] = np.repeat(cells[:, 0], repeats)
    table.sector[:] = np.repeat(cells[:, 1], repeats)
    blocs = np.array([inputs.bloc_index(place.bloc) for place in places], np.int64)
    table.bloc[:] = blocs[table.cluster]
    table.kind[:] = kinds[table.sector]
    group = parameters.spillover
    published = {
        "closed": group.published_by_closed,
        "mixed": group.published_by_mixed,
        "open": group.published_by_open,
    }
    table.publishes[:] = group.published_elsewhere
    ordinal = np.arange(table.key.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    table.spare[:] = ordinal >= np.repeat(firms_there, repeats)
    table.active[:] = (table.kind != LAB) & ~table.spare
    keys = np.array([key_of("place", place.name) for place in places], np.uint64)
    _keys(keys[table.cluster], table.sector, ordinal, table.key)
    draws = address(seed, key_of("firm size"))
    draw_sizes(draws, table.key, 1.0, parameters.economy.size_spread, table.size)
    table.size[table.spare] = 0.0
    order = [i for row in by_place for i in row]  # labs in the order of their firms
    for firm, i in zip(np.flatnonzero(table.kind == LAB), order, strict=True):
        table.key[firm] = key_of("lab", labs[i].name)
        table.publishes[firm] = published[labs[i].release]
        table.lab[firm] = order.index(i)
    if parameters.places.scatter > 0.0:
        _scatter(parameters.places.scatter, address(seed, key_of("scatter")), blocs, table)
    return table, order


def _scatter(share: float, draws: np.uint64, cluster_bloc: Integers, table: Firms) -> None:
    # Random places of the bloc, addressed by firm; rows are sorted by place and sector again. Labs
    # keep their order among labs, so that sums that do not depend on place keep their last bit.
    first = np.searchsorted(cluster_bloc, table.bloc)
    last = np.searchsorted(cluster_bloc, table.bloc, side="right")
    place = table.cluster.astype(np.int64)
    _move(draws, share, table.key, table.spare, first, last, place)
    table.cluster[:] = place
    rows = np.lexsort((table.sector, table.cluster))
    for column in fields(table):
        values = getattr(table, column.name)
        values[:] = values[rows]


@kernel
def _move(draws, share, key, spare, first, last, place):
    for f in range(key.size):
        mine = at(draws, key[f])
        if not spare[f] and uniform(at(mine, np.uint64(0))) < share:
            count = last[f] - first[f]
            there = int(uniform(at(mine, np.uint64(1))) * count)
            place[f] = first[f] + min(there, count - 1)


@kernel
def _keys(place, sector, ordinal, key):
    for f in range(key.size):
        key[f] = at(at(place[f], np.uint64(sector[f])), np.uint64(ordinal[f]))
