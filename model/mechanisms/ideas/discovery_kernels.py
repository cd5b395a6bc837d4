"""Kernels of discovery: how many finds firms make, what they find, who was first."""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import at, poisson, uniform
from model.core.sampling import ones
from model.state.codes import FOUND, FOUND_AGAIN, NEVER


@kernel
def organise(bloc, member, breadths, windows, breadth, window):
    """Write breadth and window of labs, by bloc."""
    for i in range(bloc.size):
        breadth[member[i]] = breadths[bloc[i]]
        window[member[i]] = windows[bloc[i]]


@kernel
def rates(
    start, stop, row, kind, team, compute, level, breadth, firms, reference, scale,
    gamma, kappa, cost, b, bloc, cluster, crowd, lab, vigour, litigating, busy, full_rate, rate,
):  # fmt: skip
    """Write expected finds a month, with all time for it and with what is left of it."""
    for m in range(start, stop):
        k = kind[row[m]]
        if team[m] <= 0.0 or firms[k] <= 0.0:
            rate[m] = full_rate[m] = 0.0
            continue
        experiments = 1.0
        if kappa > 0.0:
            experiments = (compute[m] / reference[k]) ** kappa if reference[k] > 0.0 else 0.0
        effort = team[m] ** gamma * experiments
        full = scale[k] / firms[k] * effort * breadth[m] ** -cost * math.exp(-b * level[m])
        full *= crowd[cluster[row[m]]]
        if lab[row[m]] >= 0:
            full *= vigour[lab[row[m]]]
        left = (1.0 - busy[m]) * (1.0 - litigating[bloc[row[m]]])
        full_rate[m] = full
        rate[m] = full * left**gamma if left < 1.0 else full


@kernel
def counts(start, stop, draws, row, key, rate, finds):
    """Draw how many finds each member makes."""
    for m in range(start, stop):
        finds[m] = poisson(uniform(at(draws, key[row[m]])), rate[m]) if rate[m] > 0.0 else 0


@kernel
def search(
    start, stop, affinity, row, key, finds, ends, window, size, bits, count, level, members, ideas
):
    """Write what each find is: the idea of highest affinity in reach that the member lacks."""
    one, word_bits = np.uint64(1), 64
    for m in range(start, stop):
        mine = at(affinity, key[row[m]])
        first = ends[m] - finds[m]
        for f in range(finds[m]):
            members[first + f] = m
            ideas[first + f] = NEVER
            reach = count[m] + window[m]
            if reach > size.size:
                ideas[first + f] = NEVER - 1  # the catalogue is too short: the caller refuses
                continue
            best, highest = -1, np.uint64(0)
            for word in range(-(-reach // word_bits)):
                lacks = ~bits[m, word]
                if reach - word * word_bits < word_bits:
                    lacks &= (one << np.uint64(reach - word * word_bits)) - one
                while lacks:  # from bit to bit: of most words a firm holds nearly all
                    lowest = lacks & (~lacks + one)
                    n = word * word_bits + ones(lowest - one)
                    lacks ^= lowest
                    value = at(mine, np.uint64(n))
                    if best < 0 or value > highest:
                        best, highest = n, value
            if best >= 0:
                bits[m, best // word_bits] |= one << np.uint64(best % word_bits)
                count[m] += 1
                level[m] += size[best]
                ideas[first + f] = best


@kernel
def turns(draws, row, key, turn):
    """Write an addressed number a member, whose order is that of nobody's place."""
    for m in range(row.size):
        turn[m] = at(at(draws, key[row[m]]), np.uint64(1))


@kernel
def invent(order, finds, ends, first_month, size, bits, count, level, members, ideas):
    """Write what each find is where all are new: the next ideas that nobody found."""
    n = 0
    for m in order:
        for f in range(ends[m] - finds[m], ends[m]):
            members[f] = m
            while n < size.size and first_month[n] != NEVER:
                n += 1
            if n >= size.size:
                ideas[f] = NEVER - 1  # the catalogue is too short: the caller refuses
                continue
            bits[m, n // 64] |= np.uint64(1) << np.uint64(n % 64)
            count[m] += 1
            level[m] += size[n]
            ideas[f] = n
            n += 1


@kernel
def register(
    month, row, key, bloc, lab, lab_firm, members, ideas, first_month, first_firm, first_bloc,
    owner, owned, finds, holders, words, acquired,
):  # fmt: skip
    """Count finds, and note who was first."""
    for f in range(members.size):
        n = ideas[f]
        if n < 0:
            continue
        b = bloc[row[members[f]]]
        fresh = first_month[n] == NEVER
        if fresh:
            first_month[n] = month
            words[0] = max(words[0], n // 64 + 1)
            first_firm[n] = row[members[f]]
            first_bloc[n] = b
        finds[n] += 1
        mine = lab[row[members[f]]]
        if holders[n, b] == 0:
            owner[n, b], owned[n, b] = mine, month
        elif mine >= 0 and owned[n, b] == month:
            # Found by several in one month: the order of firms must not decide whose it is.
            other = owner[n, b]
            if other < 0 or key[lab_firm[mine]] > key[lab_firm[other]]:
                owner[n, b] = mine
        holders[n, b] += 1
        acquired[FOUND if fresh else FOUND_AGAIN, b, b] += 1
