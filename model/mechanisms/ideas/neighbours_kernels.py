"""Possible contacts of a firm: researchers summed by cell and distance, and picks among them.

A cell is a sector of a cluster. The supplier network, spillover and new firms pick in the same way.
"""

from __future__ import annotations

import numpy as np

from model.core.kernels import helper, kernel
from model.core.randomness import at, uniform
from model.core.sampling import tree_pick


@kernel
def masses(team, start, stop, adjacency, mass, within, seen):
    """Sum researchers by cell, and by cluster as each sector sees them."""
    # Sums begin anew in every cell and cluster: firms elsewhere do not touch the last bit.
    clusters, sectors = mass.shape
    for c in range(clusters):
        for s in range(sectors):
            total = 0.0
            for m in range(start[c, s], stop[c, s]):
                total += team[m]
                within[m] = total
            mass[c, s] = total
        for s in range(sectors):
            total = 0.0
            for t in range(sectors):
                total += mass[c, t] * (1.0 if t == s else adjacency)
            seen[s, c] = total


@kernel
def pulls(seen, cluster_bloc, nearness, gain, pull, more):
    """Sum researchers by nearness, as each cell sees those of each bloc.

    Those of the own place count ``gain`` times; ``more`` is what that makes of all in the bloc.
    """
    # pull: running sum, over the clusters of a bloc, of nearness x adjacency x researchers,
    # as a firm of (cluster, sector) sees it. Sums begin anew in every bloc.
    sectors, clusters = seen.shape
    for c in range(clusters):
        for s in range(sectors):
            total = 0.0
            for d in range(clusters):
                if d > 0 and cluster_bloc[d] != cluster_bloc[d - 1]:
                    total = 0.0
                weight = nearness[c, d] * seen[s, d]
                total += weight * gain[c] if c == d else weight
                pull[c, s, d] = total
            last = c
            while last + 1 < clusters and cluster_bloc[last + 1] == cluster_bloc[c]:
                last += 1
            whole, own = pull[c, s, last], nearness[c, c] * seen[s, c]
            before = whole - own * (gain[c] - 1.0)
            more[c, s] = 1.0 + own * (gain[c] - 1.0) / before if before > 0.0 else 1.0


@helper
def bloc_pick(u, home, openness, exchange, permit):
    """Return the bloc of a mover or partner, or -1 for nobody."""
    # Home first, then the others in their order; nobody where the bloc does not take part or
    # exchange does not let the contact pass.
    low = openness[home, home]
    if u < low:
        return home
    for s in range(openness.shape[1]):
        if s != home:
            low += openness[home, s]
            if u < low:
                return s if permit < exchange[home, s] else -1
    return -1


@helper
def cell_pick(draw, home, own, low, high, pull, mass, seen, adjacency):
    """Return a cluster of a bloc and a sector, or -1 if there is nobody.

    Of a bloc (clusters ``low`` to ``high``) the cluster is drawn by pull and in it the sector by
    adjacency, as firms of cluster ``home`` and sector ``own`` see them.
    """
    cell = home * mass.shape[1] + own
    if not (low < high and pull[cell, high - 1] > 0.0):
        return -1, -1
    there = tree_pick(at(draw, np.uint64(1)), pull, cell, low, high)
    u = uniform(at(draw, np.uint64(2)))
    reached, other = 0.0, -1
    for t in range(mass.shape[1]):
        weight = mass[there, t] * (1.0 if t == own else adjacency)
        if weight > 0.0:
            other = t
            reached += weight
            if u * seen[own, there] < reached:
                break
    return there, other


@helper
def member_pick(draw, there, other, within, cell_start, cell_stop):
    """Return a member of a cell, by researchers, or -1 where there is no cell."""
    if there < 0:
        return -1
    start, stop = cell_start[there, other], cell_stop[there, other]
    return tree_pick(at(draw, np.uint64(3)), within, 0, start, stop)
