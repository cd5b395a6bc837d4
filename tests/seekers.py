"""Closed firms that search one catalogue, for tests of discovery and of its limits."""

import numpy as np

from model.core.randomness import address, key_of
from model.mechanisms.ideas.discovery import Discoveries, _draw_discoveries, _search
from model.state.firms import Firms
from model.state.knowledge import Knowledge


def members(number, ideas=1):
    """Return a table of firms and their knowledge of a field, each firm a member."""
    firms = Firms.allocate(firm=number)
    knowledge = Knowledge.allocate(
        member=number, firm=number, idea=ideas, word=-(-ideas // 64),
        slot=1, bloc=1, delay=1, one=1, cluster=1, sector=1,
    )  # fmt: skip
    knowledge.row[:] = np.arange(number)
    return firms, knowledge


def blank(count):
    """Return discoveries of which only the number of each member is known."""
    ends = np.cumsum(count)
    return Discoveries(count, ends, *(np.empty(ends[-1], np.int64) for _ in range(2)))


class Seekers:
    """Closed firms that search one catalogue, driven by the kernels alone."""

    def __init__(self, number, window, sizes, seed=1, first_key=0):
        self.firms, self.knowledge = members(number, sizes.size)
        self.seed, self.number = np.uint64(seed), number
        self.key = self.firms.key
        self.key[:] = np.arange(first_key, first_key + number)
        self.bits, self.count = self.knowledge.bits, self.knowledge.count
        self.level = self.knowledge.level
        self.knowledge.size[:], self.knowledge.window[:] = sizes, window

    def month(self, month, rate):
        self.knowledge.rate[:] = rate
        count = np.empty(self.number, np.int64)
        draws = address(self.seed, key_of("finds"), month)
        tables = (self.firms.face, self.knowledge.face)
        _draw_discoveries(0, self.number, draws, *tables, count)
        return self.search(count)

    def search(self, count):
        made, affinity = blank(count), address(self.seed, key_of("affinity"))
        _search(0, self.number, affinity, self.firms.face, self.knowledge.face, made)
        return made.member, made.idea

    def held(self):
        return np.unpackbits(self.bits.view(np.uint8), axis=1, bitorder="little").astype(bool)


def equal_sizes(number=2000, mean=0.01):
    return np.full(number, mean)
