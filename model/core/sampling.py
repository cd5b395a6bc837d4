"""Weighted sampling by descending a balanced tree of weights, and picks of bits in a word.

At every node one addressed draw decides between left and right, and a node is addressed by its
place, not by the path to it. So one more item disturbs the other picks hardly more than it must
(about log2(N)/N of them), every item is picked in exact proportion to its weight, and items without
weight change nothing. All functions are helpers, compiled into the kernels that call them.
"""

from __future__ import annotations

import numpy as np

from model.core.kernels import helper
from model.core.randomness import at, uniform


@helper
def ones(word):
    """Return the number of set bits of a word."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@helper
def power_of_two(number):
    """Return the smallest power of two that is not below a number."""
    power = 1
    while power < number:
        power *= 2
    return power


@helper
def falls_left(draw, left, total):
    """Return whether a pick among ``total`` (at most 2047) falls to the ``left`` ones of them."""
    # ``uniform(draw) * total < left`` in whole numbers, which is faster.
    return (draw >> np.uint64(11)) * np.uint64(total) + np.uint64(total >> 1) < (
        np.uint64(left) << np.uint64(53)
    )


@helper
def tree_pick(draw, sums, row, low, high):
    """Return an index in [low, high) with chance in proportion to weights.

    A row of ``sums`` is the running sum of the weights; it begins anew at ``low``. The row is given
    by its number, since making a view of it for every pick would cost as much as the pick.
    """
    first, count = low, high - low
    low, high = 0, count  # places count from the first, wherever its row is
    before, upto = 0.0, sums[row, first + count - 1]
    while high - low > 1:
        middle = (low + high) >> 1
        here = sums[row, first + middle - 1]
        if uniform(at(draw, np.uint64(middle))) * (upto - before) < here - before:
            high, upto = middle, here
        else:
            low, before = middle, here
    return first + low


@helper
def bit_pick(draw, word):
    """Return the place of a set bit of a word, all equally likely."""
    low, width = 0, 64
    total = ones(word)
    while width > 1:
        width //= 2
        mask = ((np.uint64(1) << np.uint64(width)) - np.uint64(1)) << np.uint64(low)
        left = ones(word & mask)
        if falls_left(at(draw, np.uint64((1 << 32) + low + width)), left, total):
            total = left
        else:
            low, total = low + width, total - left
    return low


@helper
def lacking(source, row, held, m, word):
    """Return the bits of a word that a source's row holds and row ``m`` lacks."""
    return source[row, word] & ~held[m, word]


@helper
def word_pick(draw, source, row, held, m, words):
    """Return a word with a bit that a source's row holds and row ``m`` lacks, or -1 if none.

    The first ``words`` words of a row are in use; the tree spans the whole row. With ``bit_pick``
    in that word, at the same address, all such bits are equally likely.
    """
    total = 0
    for word in range(words):
        total += ones(lacking(source, row, held, m, word))
    if total == 0:
        return -1
    low, high = 0, power_of_two(words)
    while high - low > 1:
        middle = (low + high) >> 1
        left = 0
        for word in range(low, min(middle, words)):
            left += ones(lacking(source, row, held, m, word))
        if uniform(at(draw, np.uint64(middle))) * total < left:
            high, total = middle, left
        else:
            low, total = middle, total - left
    return low
