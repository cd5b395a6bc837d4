"""Addressed random draws: every draw is a function of (seed, purpose, month, key, counter).

No draw comes from a stream, so a change of one part of a run leaves all other draws unchanged:
paired runs have common random numbers (Glasserman and Yao 1992, on when these cut variance). The
mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, section 4).
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

import numpy as np

from model.core.kernels import helper, kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_ONE = np.uint64(1)
LARGEST_MEAN = 500.0  # of a Poisson count by inversion: e^-mean must not vanish (it does at 745)
_PARTS = np.uint64(1 << 32)  # address of the parts of a larger count, beyond all other keys
_TO_UNIT = 2.0**-53


@lru_cache(maxsize=1024, typed=True)  # the keys of purposes are needed every month
def key_of(*parts: object) -> np.uint64:
    """Return a stable 64-bit key of words and numbers (a place, a purpose, an ordinal)."""
    text = "\x1f".join(str(part) for part in parts)
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big"))


@helper
def mixed(z: np.uint64) -> np.uint64:
    """Spread the bits of a 64-bit number over all 64 bits, one to one."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@helper
def at(address: np.uint64, key: np.uint64) -> np.uint64:
    """Return the address of ``key`` under ``address``."""
    return mixed(address + (key + _ONE) * _GOLDEN)


@helper
def uniform(address: np.uint64) -> float:
    """Return the draw at an address, uniform on the open interval (0, 1)."""
    return (np.float64(address >> _S11) + 0.5) * _TO_UNIT


@helper
def normal(address: np.uint64) -> float:
    """Return the standard normal draw at an address (Box and Muller 1958)."""
    u, v = uniform(at(address, np.uint64(0))), uniform(at(address, np.uint64(1)))
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)


@helper
def poisson(u: float, mean: float) -> int:
    """Return the Poisson count at quantile ``u``, by inversion, so that it is monotone in both.

    For means up to 500; ``poisson_at`` takes larger ones.
    """
    probability = math.exp(-mean)
    cumulated = probability
    count = 0
    while u > cumulated and count < 2000:
        count += 1
        probability *= mean / count
        cumulated += probability
    return count


@helper
def poisson_at(address: np.uint64, mean: float) -> int:
    """Return the Poisson count at an address, for any mean.

    Up to a mean of 500 it is the count at the quantile of the address. For larger means it is the
    sum of several counts, each at an address of its own, which is exactly a Poisson count.
    """
    if mean <= LARGEST_MEAN:
        return poisson(uniform(address), mean)
    parts = int(mean / LARGEST_MEAN) + 1
    count = 0
    for part in range(parts):
        count += poisson(uniform(at(address, _PARTS + np.uint64(part))), mean / parts)
    return count


@kernel
def _address(seed: np.uint64, purpose: np.uint64, month: np.uint64) -> np.uint64:
    return at(at(mixed(seed + _GOLDEN), purpose), month)


def address(seed: np.uint64, purpose: np.uint64, month: int = 0) -> np.uint64:
    """Return the address of a purpose in a month (month 0 is the first of prehistory).

    Purposes whose draws belong to no month have month 0.
    """
    return np.uint64(_address(seed, purpose, np.uint64(month)))


@kernel
def _under(place: np.uint64, key: np.uint64) -> np.uint64:
    return at(place, key)


@kernel
def _uniform(place: np.uint64) -> float:
    return uniform(place)


def draw(place: np.uint64, *keys: int) -> float:
    """Return the uniform draw in (0, 1) at keys under an address.

    For rules written in Python, which would have to convert the results of kernels' helpers.
    """
    for key in keys:
        place = np.uint64(_under(place, np.uint64(key)))
    return float(_uniform(place))
