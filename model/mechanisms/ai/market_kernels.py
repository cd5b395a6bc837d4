"""Kernels of the market for AI models: serving costs, prices, what users choose."""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import helper, kernel
from model.state.codes import CLOSED, NOTHING, OPEN

COMPUTE_A_PARAMETER = 120.0  # FLOP of a compute-optimal run over parameters squared: 6 x 20


@kernel
def bytes_moved(labs, bloc, skill, fleet, price, bandwidth, worn, a_byte, host_cost, host_skill):
    """Write the cost of moving a byte, USD: of labs, and of clouds by bloc with their skill."""
    # Cost of moving a byte, USD: worn (1/s) times the price of the chips at work over what they
    # move; of clouds by bloc, and of labs on their own chips or, without any, on the clouds'.
    moved = np.zeros(host_cost.size)
    paid = np.zeros(host_cost.size)
    known = np.zeros(host_cost.size)
    for i in range(labs, bloc.size):
        for c in range(price.size):
            moved[bloc[i]] += fleet[i, c] * bandwidth[c]
            paid[bloc[i]] += fleet[i, c] * price[c]
        known[bloc[i]] = max(known[bloc[i]], skill[i])
    for b in range(host_cost.size):
        host_cost[b] = paid[b] / moved[b] * worn if moved[b] > 0.0 else 0.0
        host_skill[b] = known[b]
    for i in range(labs):
        own_moved, own_paid = 0.0, 0.0
        for c in range(price.size):
            own_moved += fleet[i, c] * bandwidth[c]
            own_paid += fleet[i, c] * price[c]
        a_byte[i] = own_paid / own_moved * worn if own_moved > 0.0 else host_cost[bloc[i]]


@helper
def serving_cost(flop, a_byte, batch, gain, systems, size):
    """Return the cost of serving a million tokens, USD, of a model of a run of 10^flop FLOP."""
    parameters = math.sqrt(10.0**flop / COMPUTE_A_PARAMETER) * size
    return 1e6 * parameters * a_byte / (batch * 10.0 ** (gain * systems))


@kernel
def costs(lab, line, quality, flop, skill, a_byte, host_cost, host_skill, batch, gain, small, cost):
    """Write what serving a million tokens costs, USD, by line and bloc."""
    for j in range(line.size):
        for b in range(cost.shape[1]):
            cost[j, b] = 0.0
            if quality[j] == NOTHING:
                continue
            if line[j] == CLOSED:
                cost[j, b] = serving_cost(flop[j], a_byte[lab[j]], batch, gain, skill[lab[j]], 1.0)
            else:
                size = 1.0 if line[j] == OPEN else small
                cost[j, b] = serving_cost(flop[j], host_cost[b], batch, gain, host_skill[b], size)


@helper
def best_price(cost, share, potential, weight, nest):
    """Return the price at which a line's profit is highest, given its share and the potential."""
    kappa = (1.0 - share) + nest * share * (1.0 - potential)
    return cost * (1.0 + 1.0 / (weight * max(kappa, 1e-3)))


@kernel
def prices(line, quality, cost, bloc, potential, share, weight, nest, margin, speed, price):
    """Let prices go a part of the way to what is best; open lines cost serving and a margin."""
    for j in range(line.size):
        for s in range(bloc.size):
            c = cost[j, bloc[s]]
            if quality[j] == NOTHING or c <= 0.0:
                price[j, s] = 0.0
            elif line[j] != CLOSED:
                price[j, s] = c * (1.0 + margin)
            else:
                wanted = best_price(c, share[j, s], potential[s], weight, nest)
                if price[j, s] <= 0.0:
                    price[j, s] = wanted
                else:  # never below cost: a new model can cost more to serve than the last
                    price[j, s] *= (wanted / price[j, s]) ** speed
                    price[j, s] = max(c, price[j, s])


@kernel
def choose(
    maker, line, quality, cost, price, bloc, means, adopters, openness, exchange, weights, share,
    spending, worth, potential, spent, surplus,
):  # fmt: skip
    """Write shares, spending, the worth of what is on offer, who would use it, surplus."""
    by_quality, reference, by_price, home = weights[0], weights[1], weights[2], weights[3]
    network, nest, looking, mutation = weights[4], weights[5], weights[6], weights[7]
    utility, followed = np.zeros(line.size), np.zeros(line.size)
    for s in range(bloc.size):
        b = bloc[s]
        highest = NOTHING
        for j in range(line.size):
            utility[j] = NOTHING
            passes = exchange[b, maker[j]]
            if price[j, s] <= 0.0 or passes <= 0.0:
                continue
            u = by_quality * (quality[j] - reference) - by_price * math.log(price[j, s])
            u += network * share[j, s] + math.log(passes)
            u += openness[s] if line[j] != CLOSED else 0.0
            u += home if maker[j] == b else 0.0
            utility[j] = u
            highest = max(highest, u)
        if highest == NOTHING:
            for j in range(line.size):
                share[j, s] = spending[j, s] = 0.0
            worth[s] = potential[s] = spent[s] = surplus[s] = 0.0
            continue
        total, stay, met = 0.0, 0.0, 0.0
        for j in range(line.size):
            if utility[j] > NOTHING:
                fit = math.exp(utility[j] - highest)
                total += fit
                stay += (1.0 - looking) * share[j, s]
                # Selection by imitation: users meet a line as often as it is used.
                followed[j] = fit * (share[j, s] + mutation) if mutation > 0.0 else fit
                met += followed[j]
        value = nest * (highest + math.log(total))
        # ln(1 + e^V), for large values too
        worth[s] = max(value, 0.0) + math.log1p(math.exp(-abs(value)))
        potential[s] = 1.0 / (1.0 + math.exp(-value))
        spent[s] = means[s] * adopters[s]
        # Of those who would use models, the share that does.
        reached = min(1.0, adopters[s] / potential[s]) if potential[s] > 0.0 else 0.0
        surplus[s] = reached * means[s] / (by_price * nest) * worth[s]
        for j in range(line.size):
            if utility[j] > NOTHING:
                chosen = followed[j] / met
                share[j, s] = (1.0 - looking) * share[j, s] + (1.0 - stay) * chosen
                spending[j, s] = spent[s] * share[j, s]
            else:
                share[j, s] = spending[j, s] = 0.0
