"""Kernels of universities: what is in print in a bloc, and what they find beyond it."""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import kernel
from model.core.randomness import at, poisson, uniform
from model.state.codes import NEVER


@kernel
def in_print(scale, b, pending, size, taught, share, known, count, rate):
    """Write what universities of a bloc know, in print there or on its way, and their finds."""
    for s in range(known.shape[0]):
        level = 0.0
        for word in range(known.shape[1]):
            for slot in range(pending.shape[1]):
                known[s, word] |= pending[s, slot, word]
            if known[s, word] == np.uint64(0):
                continue
            for place in range(64):
                if (known[s, word] >> np.uint64(place)) & np.uint64(1):
                    count[s] += 1
                    level += size[word * 64 + place]
        rate[s] = scale * share[s] * taught[s] * math.exp(-b * level)


@kernel
def find(
    draws, affinity, month, later, window, key, bloc, campus, known, count, rate, mine, pending,
    first_month, first_bloc, words, basic, unique,
):  # fmt: skip
    """Draw what the universities of each place find, and send it into print."""
    one = np.uint64(1)
    for c in range(key.size):
        s = bloc[c]
        mean = rate[s] * campus[c]
        number = poisson(uniform(at(draws, key[c])), mean) if mean > 0.0 else 0
        if number == 0:
            continue
        for word in range(mine.size):
            mine[word] = known[s, word]
        taste = at(affinity, key[c])
        for _ in range(number):
            best, highest = -1, np.uint64(0)
            for n in range(
                first_month.size if unique else min(count[s] + window, first_month.size)
            ):
                if unique and (best >= 0 or first_month[n] != NEVER):
                    continue
                if (mine[n // 64] >> np.uint64(n % 64)) & one:
                    continue
                value = at(taste, np.uint64(n))
                if best < 0 or value > highest:
                    best, highest = n, value
            if best < 0:
                break
            bit = one << np.uint64(best % 64)
            mine[best // 64] |= bit
            pending[s, later, best // 64] |= bit
            if first_month[best] == NEVER:
                first_month[best] = month
                first_bloc[best] = s
                words[0] = max(words[0], best // 64 + 1)
            basic[s] += 1.0
