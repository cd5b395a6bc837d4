"""Outcomes, fixed before any experiment was run; nothing else in the project defines them.

Leader and follower are named in the scenario and stay fixed, so that a gap can be negative. All
functions take series by month from the start of prehistory, in OOM unless said, and return one
value a month, ``nan`` where an outcome is undefined (written as null).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from model.core.table import Floats
from model.measure.recorder import Record
from model.parameters import Observer
from model.state.fixed import Fixed
from model.state.state import State

DISCOUNT = 0.05  # a year
DISCOUNTED = "discounted at 5 % a year"
SLOWEST_GROWTH = 0.05  # OOM a year; below it a gap has no time scale
GROWTH_WINDOW = 24  # months over which the leader's growth is measured
MEAN_WINDOW = 12  # months over which the scaled gap is averaged


@dataclass(frozen=True)
class Outcome:
    """An outcome: its unit, its definition, and the smallest effect worth talking of."""

    unit: str
    smallest: float
    benchmark: str  # "gap", "lag" or "" (none): which arithmetic benchmark stands beside it
    definition: str
    relative: bool = False  # effects are in %, of the logarithm; the series is in USD


OUTCOMES: dict[str, Outcome] = {
    "gap": Outcome(
        "OOM",
        0.05,
        "gap",
        "leader's minus follower's best released capability so far",
    ),
    "scaled_gap": Outcome(
        "months",
        1.0,
        "lag",
        "gap over the leader's growth a month in the last 24 months, mean of 12 months; undefined "
        "where the leader grew by less than 0.05 OOM a year",
    ),
    "lag": Outcome(
        "months",
        1.0,
        "lag",
        "months since the leader's best released capability was where the follower's is now; "
        "negative when the follower leads; at least that long where the record is too short",
    ),
    "perceived_lag": Outcome(
        "months",
        1.0,
        "lag",
        "the lag as the leader sees it, who learns of the follower's releases with a delay",
    ),
    "compute_lag": Outcome(
        "months", 2.0, "lag", "the lag of the largest training run instead of capability"
    ),
    "own_gap": Outcome(
        "OOM", 0.05, "gap", "gap of the best that labs made alone, inheritance left out"
    ),
    "potential_gap": Outcome(
        "OOM", 0.05, "gap", "gap of what labs could make now, alone, with their fleets and ideas"
    ),
    "frontier": Outcome("OOM", 0.05, "", "best released capability of the world so far"),
    "algorithms_leader": Outcome("OOM", 0.05, "", "algorithms held by the leader's best lab"),
    "algorithms_follower": Outcome("OOM", 0.05, "", "algorithms held by the follower's best lab"),
    **{
        f"{name}_{who}": Outcome(
            "USD bn", 1.0, "", f"{what} of the {who} since the start, {DISCOUNTED}", relative=True
        )
        for name, what in (
            ("surplus", "surplus of the users"),
            ("profits", "profits of labs, hosts and application firms"),
            ("rnd", "research budgets of the labs"),
        )
        for who in ("leader", "follower")
    },
    "vendor_profit_leader": Outcome(
        "USD bn",
        1.0,
        "",
        f"profit of the leader's vendors of chips since the start, {DISCOUNTED}",
        relative=True,
    ),
}
SUMS = {  # which series by bloc a discounted sum adds up
    "surplus": ("user_surplus",),
    "profits": ("lab_profit", "host_profit", "application_profit"),
    "rnd": ("budget",),
    "vendor_profit": ("vendor_profit",),
}
CENSORED = ("lag", "perceived_lag", "compute_lag")  # reported as median, with the censored share


def scaled_gap(gap: Floats, leader: Floats) -> Floats:
    """Return the gap in months of the leader's growth, as OUTCOMES defines it."""
    result = np.full(gap.size, np.nan)
    ratio = np.full(gap.size, np.nan)
    for t in range(GROWTH_WINDOW, gap.size):
        before, now = leader[t - GROWTH_WINDOW], leader[t]
        if math.isfinite(before) and (now - before) / GROWTH_WINDOW * 12.0 >= SLOWEST_GROWTH:
            ratio[t] = gap[t] * GROWTH_WINDOW / (now - before)
        window = ratio[max(0, t - MEAN_WINDOW + 1) : t + 1]
        if t >= GROWTH_WINDOW + MEAN_WINDOW - 1 and np.all(np.isfinite(window)):
            result[t] = math.fsum(window) / MEAN_WINDOW
    return result


def lag(
    leader: Floats, follower: Floats
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the horizontal distance of two running maxima, in months, and where it is censored.

    At month t: how long ago the series that is ahead first reached what the other has now, with
    linear interpolation between months; positive when the leader is ahead. Where that lies before
    the record, or the other has no model yet, the time since the record begins, or since the first
    model of the one ahead, stands, marked as censored ("at least").
    """
    size = leader.size
    months, censored = np.zeros(size), np.zeros(size, np.bool_)
    for t in range(size):
        ahead, behind, sign = leader, follower[t], 1.0
        if follower[t] > leader[t]:
            ahead, behind, sign = follower, leader[t], -1.0
        elif follower[t] == leader[t]:
            censored[t] = not math.isfinite(behind)  # nobody has a model yet: at least nothing
            continue
        # first month at which the one ahead had reached the level
        s = int(np.searchsorted(ahead[: t + 1], behind))
        first = int(np.argmax(np.isfinite(ahead[: t + 1])))  # first model, or start of the record
        if s <= first:
            months[t], censored[t] = sign * (t - first), behind < ahead[first]
            continue
        start, stop = ahead[s - 1], ahead[s]
        months[t] = sign * (t - (s - 1 + (behind - start) / (stop - start)))
    return months, censored


def delayed(series: Floats, months: int) -> Floats:
    """Return a series as it is seen ``months`` later; before anything was seen, nothing."""
    if months == 0:
        return series.copy()
    return np.concatenate([np.full(months, -np.inf), series[:-months]])[: series.size]


def discounted(flow: Floats, start: int) -> Floats:
    """Return the sum of a flow a month since month ``start``, worth at ``start``; ``nan`` before.

    Month by month, so that a longer run begins with the sums of a shorter one.
    """
    months = np.arange(flow.size) - start
    worth = np.where(months >= 0, flow * (1.0 + DISCOUNT) ** (-months / 12.0), 0.0)
    return np.where(months >= 0, np.cumsum(worth), np.nan)


def difference(name: str, a: Floats, b: Floats) -> Floats:
    """Return the effect on an outcome, b against a, in its unit or for sums of money in %.

    Of sums 100 (ln b - ln a) is given, so that effects of other draws can be compared; undefined
    where one of them is not above zero.
    """
    if not OUTCOMES[name].relative:
        return b - a
    good = (a > 0.0) & (b > 0.0)
    ratio = np.where(good, b, 1.0) / np.where(good, a, 1.0)
    return np.where(good, 100.0 * np.log(ratio), np.nan)


def effect_of(name: str, a: float, b: float) -> float:
    """Return the effect on an outcome in one pair of twins, as ``difference`` does."""
    return float(difference(name, np.array([a]), np.array([b]))[0])


def unit_of_effect(name: str) -> str:
    """Return the unit in which the effect on an outcome is given."""
    return "%" if OUTCOMES[name].relative else OUTCOMES[name].unit


def outcomes_of(fixed: Fixed, state: State, record: Record) -> dict[str, Floats]:
    """Return all outcomes by month of prehistory and history; lags with ``<name>_censored``."""
    inputs, series = fixed.inputs, record.series
    leader = inputs.bloc_index(inputs.leader)
    follower = inputs.bloc_index(inputs.follower)
    blank = np.full(record.months, np.nan)

    def of(name: str, bloc: int) -> Floats:
        return series[name][: record.months, bloc] if bloc >= 0 else blank

    def lead(name: str) -> Floats:
        first, second = of(name, leader), of(name, follower)
        good = np.isfinite(first) & np.isfinite(second)
        return np.where(good, np.where(good, first, 0.0) - np.where(good, second, 0.0), np.nan)

    first, second = of("capability_released", leader), of("capability_released", follower)
    result = {
        "gap": lead("capability_released"),
        "own_gap": lead("capability_own"),
        "potential_gap": lead("capability_potential"),
        "algorithms_leader": of("algorithms_best", leader).copy(),
        "algorithms_follower": of("algorithms_best", follower).copy(),
    }
    result["scaled_gap"] = scaled_gap(result["gap"], first)
    seen = delayed(second, fixed.of(Observer).information_delay)
    for name, one, other in (
        ("lag", first, second),
        ("perceived_lag", first, seen),
        ("compute_lag", of("training_compute", leader), of("training_compute", follower)),
    ):
        if leader >= 0 and follower >= 0:
            result[name], censored = lag(one, other)
            result[name + "_censored"] = censored.astype(np.float64)
        else:
            result[name] = result[name + "_censored"] = blank
    for name, parts in SUMS.items():
        for who, bloc in (("leader", leader), ("follower", follower)):
            if f"{name}_{who}" in OUTCOMES:
                flow = sum((of(part, bloc) for part in parts), np.zeros(record.months))
                result[f"{name}_{who}"] = discounted(flow, inputs.calendar.prehistory) / 1e9
    frontier = series["capability_released"][: record.months].max(axis=1)
    result["frontier"] = np.where(np.isfinite(frontier), frontier, np.nan)
    return result


def benchmark(kind: str, flop_without: float, flop_with: float, growth: float) -> float:
    """Return what arithmetic alone would say of an effect, or ``nan``.

    ``flop_*`` are the follower's largest training run, log10 FLOP, without and with the treatment
    in twins; ``growth`` the leader's growth of released capability, OOM a year. The gap's
    benchmark is their difference x; a lag's is 12 x / growth.
    """
    x = flop_without - flop_with
    if kind == "gap":
        return x
    if kind == "lag" and growth >= SLOWEST_GROWTH:
        return 12.0 * x / growth
    return math.nan
