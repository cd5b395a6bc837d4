"""Closed firms that search one catalogue, for tests of discovery and of its limits."""

import numpy as np

from model.core.randomness import address, key_of
from model.mechanisms.ideas.discovery_kernels import counts, search


class Seekers:
    """Closed firms that search one catalogue, driven by the kernels alone."""

    def __init__(self, number, window, sizes, seed=1, first_key=0):
        self.row = np.arange(number)
        self.key = np.arange(first_key, first_key + number, dtype=np.uint64)
        self.seed, self.size, self.number = np.uint64(seed), sizes, number
        self.window = np.full(number, window)
        self.bits = np.zeros((number, -(-sizes.size // 64)), np.uint64)
        self.count, self.level = np.zeros(number, np.int64), np.zeros(number)

    def month(self, month, rate):
        finds = np.empty(self.number, np.int64)
        draws = address(self.seed, key_of("finds"), month)
        counts(0, self.number, draws, self.row, self.key, rate, finds)
        ends = np.cumsum(finds)
        members, ideas = np.empty(ends[-1], np.int64), np.empty(ends[-1], np.int64)
        search(
            0,
            self.number,
            address(self.seed, key_of("affinity")),
            self.row,
            self.key,
            finds,
            ends,
            self.window,
            self.size,
            self.bits,
            self.count,
            self.level,
            members,
            ideas,
        )
        return members, ideas

    def held(self):
        return np.unpackbits(self.bits.view(np.uint8), axis=1, bitorder="little").astype(bool)


def equal_sizes(number=2000, mean=0.01):
    return np.full(number, mean)
