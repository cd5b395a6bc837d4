"""What several mechanisms ask of a chip: what it costs at work, and what its links let it do."""

from __future__ import annotations

import math

from model.core.kernels import helper

EQUIVALENT_TFLOPS = 989.4
"""An H100 equivalent: dense 16-bit performance, TFLOP/s."""


@helper
def unit_cost(price, markup, fee, premium, margin, overhead):
    """Return what a chip at work costs its buyer, USD: the chip, what it stands in, extras.

    The chip costs its list price times the mark-up; what it stands in goes by the list price;
    ``fee`` and ``premium`` are shares of the price of the chip, ``margin`` one of the whole.
    """
    chip = price * markup * (1.0 + fee + premium)
    return (chip + price * (overhead - 1.0)) * (1.0 + margin)


@helper
def link_factor(link, best, penalty, scale, systems):
    """Return the share of performance that links leave, by the deficit against the best ones.

    Systems ideas (OOM) make up for it: exp(-penalty · deficit · exp(-systems / scale)).
    """
    deficit = 1.0 - link / best if link < best else 0.0
    return math.exp(-penalty * deficit * math.exp(-systems / scale))
