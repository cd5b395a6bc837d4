"""Measures of prices and of what labs earn and pay."""

from __future__ import annotations

import math

import numpy as np

from analysis.experiments.effects import Values
from analysis.validation.history import Asked, History, by_month, divided

NEAR = 1.0  # OOM: a line near the frontier
ALIKE = 0.3  # OOM: lines of like quality
LEADING_LABS = 2  # labs of the largest revenue, whose accounts are known


def open_over_closed_price(history: History, asked: Asked) -> float:
    """Price of an open line over a closed one of like quality, near the frontier: geometric mean.

    Pairs are of different labs and within 0.3 OOM.
    """
    market, ratios = history.market, []

    def pairs(month: int) -> float:
        here = market.on_offer(month)
        quality, price = market.quality[month], market.price[month]
        if here.any():
            near = here & (quality >= quality[here].max() - NEAR)
            closed, free = (
                np.flatnonzero(near & market.closed),
                np.flatnonzero(here & market.opened),
            )
            alike = np.abs(quality[free][None, :] - quality[closed][:, None]) <= ALIKE
            alike &= market.lab[free][None, :] != market.lab[closed][:, None]
            found = np.log(price[free])[None, :] - np.log(price[closed])[:, None]
            ratios.extend(found[alike].tolist())
        return 0.0

    inside = by_month(history, asked, pairs)
    return float(np.exp(np.mean(ratios))) if ratios and inside == 0.0 else math.nan


def best_closed_price(history: History, asked: Asked) -> float:
    """Price of the best closed line in the last month, USD a million tokens."""
    return _price_of_best(history, history.month(asked.last))


def change_of_best_closed_price(history: History, asked: Asked) -> float:
    """Price of the best closed line in the last month over that in the first."""
    first, last = (_price_of_best(history, history.month(m)) for m in (asked.first, asked.last))
    return divided(last, first)


def fall_of_price(history: History, asked: Asked) -> float:
    """Yearly factor by which the lowest price of the first month's best quality falls."""
    first, last = history.month(asked.first), history.month(asked.last)
    market = history.market
    if not 0 <= first < last < history.months or not market.on_offer(first).any():
        return math.nan
    reference = market.quality[first][market.on_offer(first)].max()
    prices = []
    for month in (first, last):
        good = market.on_offer(month) & (market.quality[month] >= reference)
        prices.append(market.price[month][good].min() if good.any() else math.nan)
    return float((prices[0] / prices[1]) ** (12.0 / (last - first)))


# Accounts of labs -------------------------------------------------------------------------------


def largest_share_of_revenue(history: History, asked: Asked) -> float:
    """Largest lab's share of all labs' revenue in a period."""
    revenue = _sums(history, asked)[0]
    return divided(float(revenue.max()), float(revenue.sum()))


def serving_share(history: History, asked: Asked) -> float:
    """Serving over serving and chips paid for, of the two labs of the largest revenue."""
    _, serving, chips = _leading(history, asked)
    return divided(serving, serving + chips)


def chips_over_revenue(history: History, asked: Asked) -> float:
    """Payments for chips over revenue, of the two labs of the largest revenue."""
    revenue, _, chips = _leading(history, asked)
    return divided(chips, revenue)


def _price_of_best(history: History, month: int) -> float:
    market = history.market
    if not 0 <= month < history.months:
        return math.nan
    here = np.flatnonzero(market.on_offer(month) & market.closed)
    if not here.size:
        return math.nan
    return float(market.price[month][here[np.argmax(market.quality[month][here])]])


def _sums(history: History, asked: Asked) -> tuple[Values, Values, Values]:
    # Revenue, serving and payments for chips in the period, a lab each.
    first, last = history.month(asked.first), history.month(asked.last)
    books = history.accounts
    if first < 0 or last >= history.months:
        nothing = np.full(books.revenue.shape[1], math.nan)
        return nothing, nothing, nothing
    revenue, serving, chips = (
        part[first : last + 1].sum(axis=0) for part in (books.revenue, books.serving, books.chips)
    )
    return revenue, serving, chips


def _leading(history: History, asked: Asked) -> tuple[float, float, float]:
    revenue, serving, chips = _sums(history, asked)
    order = np.argsort(-revenue, kind="stable")[:LEADING_LABS]
    return float(revenue[order].sum()), float(serving[order].sum()), float(chips[order].sum())
