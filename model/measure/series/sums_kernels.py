"""Sums, largest values and percentiles by bloc: what the subjects' files share."""

from __future__ import annotations

import math

from model.core.kernels import kernel


@kernel
def largest(bloc, active, column, none, result):
    """Write the largest value among active rows, by bloc; ``none`` where a bloc has no such row."""
    result[:] = math.nan
    for i in range(bloc.size):
        b = bloc[i]
        if active[i] and not result[b] >= column[i]:
            result[b] = column[i]
    for b in range(result.size):
        if math.isnan(result[b]):
            result[b] = none


@kernel
def total(bloc, column, result):
    """Write the sum of a column, by bloc."""
    result[:] = 0.0
    for i in range(bloc.size):
        result[bloc[i]] += column[i]


@kernel
def by_researchers(bloc, order, team, level, percentile, mean, high):
    """Write mean and percentile of a level by bloc, each member weighted by its researchers.

    ``order`` sorts members by level. A percentile of firms instead would move when small firms
    are cut finer.
    """
    for b in range(mean.size):
        people = weighted = 0.0
        for m in range(bloc.size):
            if bloc[m] == b:
                people += team[m]
                weighted += team[m] * level[m]
        mean[b] = weighted / people if people > 0.0 else 0.0
        high[b] = passed = 0.0
        for m in order:
            if bloc[m] == b and team[m] > 0.0:
                high[b] = level[m]
                passed += team[m]
                if passed >= percentile * people:
                    break
