"""The supplier network: who buys from whom, drawn once and kept.

Each firm has suppliers in proportion to its size (sizes are lognormal, so that degrees are
heavy-tailed), found like acquaintances: by the blocs' shares of contacts in the baseline world, by
distance, sector and size. A link serves both ends. Numbers of links to each bloc are drawn apart,
addressed by firm and bloc, so that a firm's links at home do not depend on who else takes part.
The mean number of links is that of firms in Japan; that half of them change in five years is
left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import address, at, key_of, poisson, uniform
from model.core.sampling import tree_pick
from model.core.table import Integers
from model.mechanisms.ideas.neighbours_kernels import masses, pulls
from model.state.blocs import Blocs
from model.state.codes import SECTORS
from model.state.firms import Firms
from model.state.places import Clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.parameters import Parameters


def links_of(
    parameters: Parameters, firms: Firms, clusters: Clusters, blocs: Blocs, seed: np.uint64
) -> tuple[Integers, NDArray[np.int32]]:
    """Return the links of all firms: ``to[start[f, b] : start[f, b + 1]]`` are f's in bloc b."""
    number, count = firms.key.size, blocs.ordinal.size
    start = np.zeros((number, count + 1), np.int64)
    mean = parameters.spillover.links / 2.0
    if not clusters.bloc_share.any() or mean <= 0.0:
        return start, np.empty(0, np.int32)
    sectors = len(SECTORS)
    cell = firms.cluster.astype(np.int64) * sectors + firms.sector
    edges = np.searchsorted(cell, np.arange(clusters.key.size * sectors + 1))
    first = edges[:-1].reshape(clusters.key.size, sectors)
    last = edges[1:].reshape(clusters.key.size, sectors)
    mass = np.zeros((clusters.key.size, sectors))
    within = np.zeros(number)
    seen = np.zeros((sectors, clusters.key.size))
    pull = np.zeros((clusters.key.size, sectors, clusters.key.size))
    adjacency = parameters.spillover.sector_adjacency
    masses(firms.size, first, last, adjacency, mass, within, seen)
    pulls(seen, clusters.bloc, clusters.nearness, pull)
    # Sizes have mean exp(spread² / 2); larger firms have more suppliers, less than in proportion.
    # Of firms to come nobody knows yet: they find all of their partners themselves.
    typical = math.exp(parameters.economy.size_spread**2 / 8.0)
    size = np.where(firms.spare, 4.0 * parameters.demography.size, firms.size)
    luck = address(seed, key_of("suppliers"))
    many = np.zeros((number, count), np.int64)
    _count(luck, firms.key, firms.cluster, size, clusters.bloc_share[0], blocs.ordinal,
           mean / typical, many)  # fmt: skip
    source = np.repeat(np.arange(number), many.sum(axis=1))
    target = np.full(source.size, -1, np.int64)
    _fill(luck, firms.key, firms.cluster, firms.sector, blocs.ordinal, blocs.first_cluster,
          blocs.last_cluster, pull.reshape(-1, pull.shape[2]), mass, within.reshape(1, -1), first,
          last, adjacency, many, target)  # fmt: skip
    found = (target >= 0) & (target != source)
    one = np.concatenate([source[found], target[found]])
    other = np.concatenate([target[found], source[found]])
    where = one * count + firms.bloc[other]
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(number * count + 1))
    start[:, :count] = bounds[:-1].reshape(number, count)
    start[:, count] = bounds[count::count]
    return start, other[order].astype(np.int32)


@kernel
def _count(luck, key, cluster, size, share, ordinal, mean, many):
    for f in range(key.size):
        mine = at(luck, key[f])
        for s in range(ordinal.size):
            here = at(mine, np.uint64(ordinal[s]))
            expected = min(200.0, mean * math.sqrt(size[f]) * share[cluster[f], s])
            if expected > 0.0:
                many[f, s] = poisson(uniform(here), expected)


@kernel
def _fill(
    luck, key, cluster, sector, ordinal, first_cluster, last_cluster, pull, mass, within, first,
    last, adjacency, many, target,
):  # fmt: skip
    place = 0
    for f in range(key.size):
        mine = at(luck, key[f])
        home, trade = cluster[f], sector[f]
        for s in range(ordinal.size):
            here = at(mine, np.uint64(ordinal[s]))
            low, high = first_cluster[s], last_cluster[s]
            for k in range(many[f, s]):
                draw = at(here, np.uint64(k + 1))
                cell = home * mass.shape[1] + trade
                if low < high and pull[cell, high - 1] > 0.0:
                    there = tree_pick(at(draw, np.uint64(1)), pull, cell, low, high)
                    u = uniform(at(draw, np.uint64(2)))
                    seen = 0.0
                    for t in range(mass.shape[1]):
                        seen += mass[there, t] * (1.0 if t == trade else adjacency)
                    reached, other = 0.0, -1
                    for t in range(mass.shape[1]):
                        weight = mass[there, t] * (1.0 if t == trade else adjacency)
                        if weight > 0.0:
                            other = t
                            reached += weight
                            if u * seen < reached:
                                break
                    target[place] = tree_pick(
                        at(draw, np.uint64(3)), within, 0, first[there, other], last[there, other]
                    )
                place += 1
