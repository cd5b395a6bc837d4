"""What the record is compared with: a run's months and models, as plain arrays.

The measures (``measures.py``) read a ``History`` and nothing else of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.effects import Values
from model.economy import World
from model.measure.recorder import SERIES
from model.mechanisms.chips.chip_cost import EQUIVALENT_TFLOPS
from model.state.codes import AHEAD, BOUGHT, CLOSED, DEVELOPERS, NEVER, OPEN, SEGMENTS
from model.state.inputs import Calendar

CARD_TFLOPS = 376.0  # of the domestic card that the record counts, dense 16 bit
LEGAL = slice(BOUGHT, AHEAD + 1)  # routes of legal sales

# Observed here beside the series of the model: name, unit, definition.
OBSERVED: dict[str, tuple[str, str]] = {
    "leading_sales": (
        "H100 equivalents",
        "legal sales of the leading vendor to the bloc in the month, by dense 16-bit performance",
    ),
    "cards": ("chips", "accelerators that buyers of the bloc got legally in the month"),
    "domestic_cards": (
        "chips",
        f"accelerators of domestic makers among these, as cards of {CARD_TFLOPS:g} TFLOP/s",
    ),
}
ALL_SERIES = {**SERIES, **OBSERVED}

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """What a measure is asked for: a series, blocs, months (YYYY-MM); each reads what it needs.

    A bloc may be several joined by ``+``, or the ``world``. ``first`` and ``last`` are included.
    """

    series: str = ""
    over_series: str = ""
    bloc: str = ""
    over: str = ""
    first: str = ""
    last: str = ""
    pace_from: str = ""
    until: str = ""


@dataclass(frozen=True)
class Models:
    """Models in the order of their release; all arrays have an entry a model.

    ``released`` and ``opened`` are months from the start of prehistory, ``opened`` is ``NEVER``
    for closed weights; ``capability`` and ``flop`` are log10 FLOP, ``cost`` is USD.
    """

    lab: Whole
    bloc: Whole
    released: Whole
    opened: Whole
    capability: Values
    flop: Values
    cost: Values

    def out(self, month: int) -> Flags:
        """Return which models are released by the end of a month."""
        found: Flags = self.released <= month
        return found

    def open_at(self, month: int) -> Flags:
        """Return which models have open weights at the end of a month."""
        found: Flags = (self.opened != NEVER) & (self.opened <= month)
        return found


@dataclass(frozen=True)
class Market:
    """Lines on offer to developers of the leading bloc: arrays are month x line.

    ``quality`` is log10 FLOP and ``-inf`` where the line has no model; ``price`` is USD a million
    tokens and 0 where there is none.
    """

    lab: Whole
    closed: Flags
    opened: Flags
    quality: Values
    price: Values

    def on_offer(self, month: int) -> Flags:
        """Return which lines can be bought in a month."""
        found: Flags = np.isfinite(self.quality[month]) & (self.price[month] > 0.0)
        return found


@dataclass(frozen=True)
class Accounts:
    """What labs earn and pay, USD a month: month x lab; ``chips`` are payments for chips."""

    revenue: Values
    serving: Values
    chips: Values


@dataclass(frozen=True)
class History:
    """A run up to a month: months from the start of prehistory, blocs in their order."""

    calendar: Calendar
    blocs: tuple[str, ...]
    leader: str
    follower: str
    series: Mapping[str, Values]  # name: month x bloc
    spending_share: Values  # bloc: share of the world's spending on models, if all used them
    models: Models
    market: Market
    accounts: Accounts
    months: int  # simulated so far

    def month(self, text: str) -> int:
        """Return the index of a month, YYYY-MM; it may lie outside the run."""
        return self.calendar.index(int(text[:4]), int(text[5:]))

    def rows(self, bloc: str) -> list[int]:
        """Return the rows of a bloc, of several joined by ``+``, or of the ``world``."""
        if bloc == "world":
            return list(range(len(self.blocs)))
        return [self.blocs.index(name) for name in bloc.split("+")]

    def of(self, name: str, bloc: str) -> Values:
        """Return a series by month: of several blocs the sum, of logarithms the largest."""
        values = self.series[name][: self.months, self.rows(bloc)]
        found: Values = values.max(axis=1) if logarithmic(name) else values.sum(axis=1)
        return found

    def window(self, values: Values, first: str, last: str) -> Values:
        """Return a series from a month to another, both included; ``nan`` outside of the run."""
        months = np.arange(self.month(first), self.month(last) + 1)
        inside = (months >= 0) & (months < self.months)
        return np.where(inside, values[np.where(inside, months, 0)], math.nan)


def logarithmic(name: str) -> bool:
    """Return whether a series is a logarithm or the level of the best; blocs have a largest."""
    return ALL_SERIES[name][0] in ("log10 FLOP", "OOM")


def summable(name: str) -> bool:
    """Return whether a series of several blocs has a sum."""
    return ALL_SERIES[name][0].split("/")[0] not in ("share", "1", "months", "log quality") and (
        "Mtoken" not in ALL_SERIES[name][0]
    )


def observed(world: World, until: str) -> History:
    """Run a world to the end of a month, YYYY-MM, and return its history.

    Raises ``InputError`` where the month lies outside of the world's span.
    """
    state, inputs = world.state, world.fixed.inputs
    watch = _Watch(world)
    world.run(until=until, each=watch.see)
    months = state.month
    platforms = state.platforms
    series = {name: values[:months] for name, values in world.record.series.items()}
    sums = np.array(watch.sold).reshape(months, len(OBSERVED), len(inputs.blocs))
    flows = np.diff(sums, axis=0, prepend=watch.begun[None])
    series |= {name: flows[:, k] for k, name in enumerate(OBSERVED)}
    return History(
        calendar=inputs.calendar,
        blocs=tuple(bloc.name for bloc in inputs.blocs),
        leader=inputs.leader,
        follower=inputs.follower,
        series=series,
        spending_share=np.array([bloc.spending_share for bloc in inputs.blocs]),
        models=_models(world),
        market=Market(
            platforms.lab.copy(),
            platforms.line == CLOSED,
            platforms.line == OPEN,
            np.array(watch.quality),
            np.array(watch.price),
        ),
        accounts=Accounts(
            np.array(watch.revenue),
            np.array(watch.serving),
            np.diff(np.array(watch.spent), axis=0, prepend=0.0),
        ),
        months=months,
    )


class _Watch:
    # What is read off the state after every month, since no series keeps it.
    def __init__(self, world: World) -> None:
        state, inputs = world.state, world.fixed.inputs
        tflops = np.array([chip.tflops for chip in inputs.chips])
        domestic = state.chips.home >= 0
        self.worth = np.array([
            np.where(state.chips.leading, tflops / EQUIVALENT_TFLOPS, 0.0),
            np.where(domestic, tflops / CARD_TFLOPS, 1.0),
            np.where(domestic, tflops / CARD_TFLOPS, 0.0),
        ])  # fmt: skip
        self.blocs, self.bloc = len(inputs.blocs), state.buyers.bloc
        segment = len(SEGMENTS) * inputs.bloc_index(inputs.leader) + DEVELOPERS
        self.segment = segment if segment >= 0 else DEVELOPERS
        self.quality: list[Values] = []
        self.price: list[Values] = []
        self.revenue: list[Values] = []
        self.serving: list[Values] = []
        self.spent: list[Values] = []
        self.sold: list[Values] = []
        self.begun = self._delivered(world)

    def see(self, world: World) -> None:
        labs, platforms = world.state.labs, world.state.platforms
        self.quality.append(platforms.quality.copy())
        self.price.append(platforms.price[:, self.segment].copy())
        self.revenue.append(labs.revenue.copy())
        self.serving.append(labs.serving.copy())
        self.spent.append(world.state.buyers.spent[: labs.firm.size].copy())
        self.sold.append(self._delivered(world))

    def _delivered(self, world: World) -> Values:
        # Since the start, by what is counted and bloc.
        chips = world.state.buyers.delivered[:, :, LEGAL].sum(axis=2) @ self.worth.T
        return np.array([np.bincount(self.bloc, w, self.blocs) for w in chips.T])


def _models(world: World) -> Models:
    models, blocs = world.state.models, world.state.labs.bloc
    lab = np.array([m.lab for m in models], np.int64)
    return Models(
        lab=lab,
        bloc=blocs[lab] if lab.size else lab,
        released=np.array([m.released for m in models], np.int64),
        opened=np.array([NEVER if m.opened is None else m.opened for m in models], np.int64),
        capability=np.array([m.capability for m in models], np.float64),
        flop=np.log10(np.array([m.flop for m in models], np.float64)),
        cost=np.array([m.cost for m in models], np.float64),
    )


def by_month(history: History, asked: Asked, at: Callable[[int], float]) -> float:
    """Return the mean of what a function gives at month-ends; ``nan`` where one has nothing."""
    first, last = history.month(asked.first), history.month(asked.last)
    if first < 0 or last >= history.months:
        return math.nan
    return finite(float(np.mean([at(month) for month in range(first, last + 1)])))


def divided(one: float, other: float) -> float:
    """Return a quotient, ``nan`` where it is none."""
    good = math.isfinite(one) and math.isfinite(other) and other > 0.0
    return one / other if good else math.nan


def finite(value: float) -> float:
    """Return a number, ``nan`` where it is infinite."""
    return float(value) if math.isfinite(value) else math.nan
