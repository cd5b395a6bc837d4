"""The supplier network: which firms are customers and suppliers of each other, drawn once.

The number of a firm's suppliers rises with the square root of its size (sizes are lognormal, so
that degrees are heavy-tailed). Suppliers are drawn like contacts in spillover: by the blocs' shares
of contacts in the baseline, by distance, sector and size. A link serves both ends. Numbers of links
to each bloc are drawn separately, addressed by firm and bloc, so that a firm's links at home do not
depend on which other blocs take part. The mean number of links is that of firms in Japan; turnover
of links (half in five years) is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import address, at, key_of, poisson, uniform
from model.core.table import Integers
from model.mechanisms.ideas.neighbours_kernels import cell_pick, masses, member_pick, pulls
from model.state.blocs import Blocs
from model.state.codes import SECTORS
from model.state.firms import Firms
from model.state.places import Clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.parameters import Parameters


class Cells(NamedTuple):
    """Firms as partners: sums of their sizes by place and sector, which picks descend."""

    first: Any  # cluster x sector: first firm of a cell
    last: Any  # cluster x sector: one past its last firm
    mass: Any  # cluster x sector: size
    within: Any  # 1 x firm: running sum of sizes inside a cell
    seen: Any  # sector x cluster: size by adjacency of sectors
    pull: Any  # cell x cluster: running sum of size by nearness, begun anew in every bloc


def links_of(
    parameters: Parameters, firms: Firms, clusters: Clusters, blocs: Blocs, seed: np.uint64
) -> tuple[Integers, NDArray[np.int32]]:
    """Return the links of all firms: ``to[start[f, b] : start[f, b + 1]]`` are f's in bloc b."""
    number, count = firms.key.size, blocs.ordinal.size
    start = np.zeros((number, count + 1), np.int64)
    mean = parameters.spillover.links / 2.0
    if not clusters.bloc_share.any() or mean <= 0.0:
        return start, np.empty(0, np.int32)
    adjacency = parameters.spillover.sector_adjacency
    cells = _cells(firms, clusters, adjacency)
    # The mean of the square root of sizes is exp(spread² / 8). No firm draws firms to come as its
    # suppliers, so they draw all of their links themselves: twice as many, 4 under the root.
    typical = math.exp(parameters.economy.size_spread**2 / 8.0)
    size = np.where(firms.spare, 4.0 * parameters.demography.size, firms.size)
    draws, shares = address(seed, key_of("suppliers")), clusters.bloc_share[0]
    many = np.zeros((number, count), np.int64)
    _count(draws, firms.face, size, shares, blocs.ordinal, mean / typical, many)
    source = np.repeat(np.arange(number), many.sum(axis=1))
    target = np.full(source.size, -1, np.int64)
    _choose(draws, firms.face, blocs.face, cells, adjacency, many, target)
    found = (target >= 0) & (target != source)
    one = np.concatenate([source[found], target[found]])
    other = np.concatenate([target[found], source[found]])
    where = one * count + firms.bloc[other]
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(number * count + 1))
    start[:, :count] = bounds[:-1].reshape(number, count)
    start[:, count] = bounds[count::count]
    return start, other[order].astype(np.int32)


def _cells(firms: Firms, clusters: Clusters, adjacency: float) -> Cells:
    places, sectors = clusters.key.size, len(SECTORS)
    cell = firms.cluster.astype(np.int64) * sectors + firms.sector
    edges = np.searchsorted(cell, np.arange(places * sectors + 1))
    first, last = edges[:-1].reshape(places, sectors), edges[1:].reshape(places, sectors)
    mass, seen = np.zeros((places, sectors)), np.zeros((sectors, places))
    within, pull = np.zeros(firms.key.size), np.zeros((places, sectors, places))
    masses(firms.size, first, last, adjacency, mass, within, seen)
    alike = np.ones(clusters.key.size)  # density makes talk more frequent, not suppliers
    pulls(seen, clusters.bloc, clusters.nearness, alike, pull, np.empty(seen.T.shape))
    return Cells(first, last, mass, within.reshape(1, -1), seen, pull.reshape(-1, places))


@kernel
def _count(draws, firms, size, share, ordinal, mean, many):
    """Draw how many suppliers each firm has in each bloc."""
    for f in range(size.size):
        mine = at(draws, firms.key[f])
        for s in range(ordinal.size):
            here = at(mine, np.uint64(ordinal[s]))
            expected = min(200.0, mean * math.sqrt(size[f]) * share[firms.cluster[f], s])
            if expected > 0.0:
                many[f, s] = poisson(uniform(here), expected)


@kernel
def _choose(draws, firms, blocs, cells, adjacency, many, target):
    """Draw the suppliers of each firm, -1 where a bloc has none in reach."""
    first, last, mass, within, seen, pull = cells
    link = 0
    for f in range(many.shape[0]):
        mine = at(draws, firms.key[f])
        home, sector = firms.cluster[f], firms.sector[f]
        for s in range(many.shape[1]):
            here = at(mine, np.uint64(blocs.ordinal[s]))
            low, high = blocs.first_cluster[s], blocs.last_cluster[s]
            for k in range(many[f, s]):
                draw = at(here, np.uint64(k + 1))
                there, other = cell_pick(draw, home, sector, low, high, pull, mass, seen, adjacency)
                target[link] = member_pick(draw, there, other, within, first, last)
                link += 1
