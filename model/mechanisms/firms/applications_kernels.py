"""Kernels of taking AI up: what is on offer to application firms, to whom it pays, who chooses."""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import at, uniform
from model.state.codes import CLOSED

NOTHING_ON_OFFER = -1.0  # weight of a platform that a bloc cannot have


@kernel
def on_offer(
    bloc, line, quality, price, exchange, first_use, first_price, by_quality, by_price, openness,
    home, productivity, improvement, cost_share, weight, better, cheaper,
):  # fmt: skip
    """Write each bloc's logit weight of each platform, and what it improves and saves there."""
    for b in range(weight.shape[0]):
        for j in range(bloc.size):
            weight[b, j] = NOTHING_ON_OFFER
            better[b, j] = cheaper[b, j] = 0.0
            passes = bloc[j] == b or exchange[b, bloc[j]] > 0.0
            if not passes or quality[j] == -math.inf or price[j, b] <= 0.0:
                continue
            above = quality[j] - first_use
            dearer = math.log(price[j, b] / first_price)
            utility = by_quality * above - by_price * dearer
            utility += openness if line[j] != CLOSED else 0.0
            utility += home if bloc[j] == b else 0.0
            weight[b, j] = math.exp(min(500.0, utility))
            better[b, j] = improvement * max(0.0, above)
            cheaper[b, j] = max(0.0, productivity * max(0.0, above) - cost_share * dearer)


@kernel
def who_can(
    start, stop, access, thresholds, row, key, firm_bloc, size, active, bloc, line, keys, exchange,
    weight, better, cheaper, size_spread, cost, spread, able,
):  # fmt: skip
    """Write to whom the best platform it can have would pay for taking AI up."""
    for i in range(start, stop):
        f = row[i]
        b = firm_bloc[f]
        best = 0.0
        for j in range(bloc.size):
            gain = better[b, j] + cheaper[b, j]
            if weight[b, j] < 0.0 or gain <= best or not active[f]:
                continue
            passed = bloc[j] == b or exchange[b, bloc[j]] >= 1.0
            if not passed:
                draw = at(at(at(access, key[f]), keys[j]), np.uint64(line[j]))
                passed = uniform(draw) < exchange[b, bloc[j]]
            if passed:
                best = gain
        mine = at(thresholds, key[f])
        u, v = uniform(at(mine, np.uint64(0))), uniform(at(mine, np.uint64(1)))
        own = spread * math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
        relative = size[f] * math.exp(own - 0.5 * size_spread**2)
        able[i] = best > 0.0 and relative * best > cost


@kernel
def hazards(row, firm_bloc, platform, able, propensity, p, q, hazard):
    """Write the chance a month that a firm of a bloc takes AI up, if that would pay."""
    for b in range(hazard.size):
        users = those = 0
        for i in range(row.size):
            if firm_bloc[row[i]] == b:
                users += platform[i] >= 0
                those += platform[i] >= 0 or able[i]
        share = users / those if those else 0.0
        hazard[b] = 1.0 - math.exp(-(p + q * share) * propensity[b])


@kernel
def choose(
    start, stop, access, draws, row, key, firm_bloc, active, bloc, line, keys, exchange, weight,
    able, hazard, review, platform,
):  # fmt: skip
    """Let who takes AI up, looks again or has lost its platform choose one, or none."""
    for i in range(start, stop):
        f = row[i]
        b = firm_bloc[f]
        if not active[f]:
            platform[i] = -1
            continue
        mine = at(draws, key[f])
        now = platform[i]
        gone = now >= 0 and weight[b, now] < 0.0
        chance = review if now >= 0 else (hazard[b] if able[i] else 0.0)
        if not gone and uniform(at(mine, np.uint64(0))) >= chance:
            continue
        # A race of exponentials at rates that are the weights: a logit, and all luck is apart.
        first, chosen = -math.log(uniform(at(mine, np.uint64(1)))), -1
        for j in range(bloc.size):
            if weight[b, j] < 0.0:
                continue
            if bloc[j] != b and exchange[b, bloc[j]] < 1.0:
                draw = at(at(at(access, key[f]), keys[j]), np.uint64(line[j]))
                if uniform(draw) >= exchange[b, bloc[j]]:
                    continue
            u = uniform(at(at(at(mine, np.uint64(2)), keys[j]), np.uint64(line[j])))
            time = -math.log(u) / weight[b, j]
            if time < first:
                first, chosen = time, j
        platform[i] = chosen


@kernel
def build(row, firm_bloc, member_at, level, better, cheaper, platform, gain, quality):
    """Write the log fall of unit cost by the platform and the log quality of products."""
    for i in range(row.size):
        m, j, b = member_at[row[i]], platform[i], firm_bloc[row[i]]
        gain[i] = cheaper[b, j] if j >= 0 else 0.0
        quality[i] = (level[m] if m >= 0 else 0.0) + (better[b, j] if j >= 0 else 0.0)
