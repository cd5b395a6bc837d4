"""Kernels of the markets of application firms: who buys how much from whom, and what is left."""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.state.codes import FIRST_BRANCH


@kernel
def attract(
    row, firm_bloc, sector, active, researchers, quality, gain, beta, attraction, people, total
):
    """Write what draws buyers to each firm, and its sum and the people by bloc and sector."""
    people[:] = 0.0
    total[:] = 0.0
    for i in range(row.size):
        f = row[i]
        attraction[i] = 0.0
        if active[f]:
            b, s = firm_bloc[f], sector[f] - FIRST_BRANCH
            attraction[i] = researchers[f] * math.exp(beta * (quality[i] + gain[i]))
            people[b, s] += researchers[f]
            total[b, s] += attraction[i]


@kernel
def spend(people, attraction, exchange, abroad, beta, response, world, share, first, index, demand):
    """Write what the buyers of each bloc spend on each sector."""
    # The log-sum is taken over a head of the bloc's own firms, so that it does not grow with them.
    for b in range(index.shape[0]):
        for s in range(index.shape[1]):
            total = attraction[b, s]
            for o in range(index.shape[0]):
                if o != b and exchange[b, o] > 0.0:
                    total += exchange[b, o] * abroad * attraction[o, s]
            heads = people[b, s] if people[b, s] > 0.0 else 1.0
            demand[b, s] = 0.0
            if total > 0.0:
                index[b, s] = math.log(total / heads) / beta
                if math.isnan(first[b, s]):
                    first[b, s] = index[b, s]
                risen = math.exp(response * (index[b, s] - first[b, s]))
                demand[b, s] = world[s] * share[b] * risen


@kernel
def compete(
    row, firm_bloc, sector, active, attraction, total, exchange, abroad, inertia, kept, share
):
    """Write each firm's share of each bloc's market: who stays, and who chooses anew."""
    # Buyers who stay, where their seller may still sell; the others choose anew.
    kept[:] = 0.0
    for i in range(row.size):
        f = row[i]
        h, s = firm_bloc[f], sector[f] - FIRST_BRANCH
        for b in range(kept.shape[0]):
            passes = b == h or exchange[b, h] > 0.0
            share[i, b] = inertia * share[i, b] if active[f] and passes else 0.0
            kept[b, s] += share[i, b]
    for i in range(row.size):
        f = row[i]
        h, s = firm_bloc[f], sector[f] - FIRST_BRANCH
        for b in range(kept.shape[0]):
            whole = total[b, s]
            for o in range(kept.shape[0]):
                if o != b and exchange[b, o] > 0.0:
                    whole += exchange[b, o] * abroad * total[o, s]
            if whole <= 0.0 or attraction[i] <= 0.0:
                continue
            if b == h:
                share[i, b] += (1.0 - kept[b, s]) * attraction[i] / whole
            elif exchange[b, h] > 0.0:
                mine = exchange[b, h] * abroad * attraction[i]
                share[i, b] += (1.0 - kept[b, s]) * mine / whole


@kernel
def settle(
    first, row, firm_bloc, sector, active, researchers, share, platform, demand, people, world,
    spending, margin, paid, overhead, horizon, sales, payments, fixed, result, smoothed, viable,
    received, whole,
):  # fmt: skip
    """Write sales, payments for platforms, overhead, results, and who is viable."""
    received[:] = 0.0
    for b in range(whole.shape[0]):
        for s in range(whole.shape[1]):
            whole[b, s] = overhead * world[s] * spending[b]
    for i in range(row.size):
        f = row[i]
        h, s = firm_bloc[f], sector[f] - FIRST_BRANCH
        sales[i] = share[i, h] * demand[h, s]
        for b in range(demand.shape[0]):
            if b != h and share[i, b] > 0.0:
                sales[i] += share[i, b] * demand[b, s]
        payments[i] = paid * sales[i] if platform[i] >= 0 else 0.0
        if platform[i] >= 0:
            received[platform[i], h] += payments[i]
        fixed[i] = 0.0
        if active[f] and people[h, s] > 0.0:
            fixed[i] = whole[h, s] * researchers[f] / people[h, s]
        result[i] = margin * sales[i] - fixed[i]
        smoothed[i] = result[i] if first else smoothed[i] + (result[i] - smoothed[i]) / horizon
        viable[i] = active[f] and smoothed[i] >= 0.0
