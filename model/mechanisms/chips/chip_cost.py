"""Cost of a chip at work, and loss of performance by weak links: for several mechanisms."""

from __future__ import annotations

import math

from model.core.kernels import helper

EQUIVALENT_TFLOPS = 989.4  # an H100 equivalent: dense 16-bit performance, TFLOP/s


@helper
def unit_cost(price, markup, fee, premium, margin, overhead):
    """Return the cost of a chip at work to its buyer, USD: chip, server and hosting, extras.

    The chip costs its list price times the mark-up; server and hosting go by the list price;
    ``fee`` and ``premium`` are shares of the price of the chip, ``margin`` a share of the whole.
    """
    chip = price * markup * (1.0 + fee + premium)
    return (chip + price * (overhead - 1.0)) * (1.0 + margin)


@helper
def link_factor(link, best, penalty, scale, systems):
    """Return the share of performance that is left by links weaker than the best ones.

    Systems ideas (OOM) make up for the deficit: exp(-penalty · deficit · exp(-systems / scale)).
    """
    deficit = 1.0 - link / best if link < best else 0.0
    return math.exp(-penalty * deficit * math.exp(-systems / scale))
