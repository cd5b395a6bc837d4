"""Outcomes, fixed before any experiment was run; nothing else in the project defines them.

Leader and follower are named in the scenario and stay fixed, so that a gap can be negative. All
functions take series by month from the start of prehistory, capability as log10 of effective FLOP
unless stated, and return one value a month, ``nan`` where an outcome is undefined (stored as null).
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
    """An outcome: its unit, its definition, and the smallest effect of interest."""

    unit: str
    smallest: float  # effect of interest, in the unit of effects
    benchmark: str  # "gap", "lag" or "" (none): which compute-only benchmark is shown beside it
    definition: str
    relative: bool = False  # effects are in %, of the logarithm; the series is in USD
    headline: bool = False  # shown in short tables


LEVEL = "log10 FLOP"  # capability: log10 of effective training compute; differences are in OOM

OUTCOMES: dict[str, Outcome] = {
    "gap": Outcome(
        "OOM",
        0.05,
        "gap",
        "capability gap: the leader's best released capability so far minus the follower's",
        headline=True,
    ),
    "scaled_gap": Outcome(
        "months",
        1.0,
        "lag",
        "capability gap over the leader's growth a month in the last 24 months, mean of 12 months; "
        "undefined where the leader grew by less than 0.05 OOM a year",
        headline=True,
    ),
    "lag": Outcome(
        "months",
        1.0,
        "lag",
        "months since the leader's best released capability was where the follower's is now; "
        "negative when the follower leads; at least that long where the record is too short",
        headline=True,
    ),
    "perceived_lag": Outcome(
        "months",
        1.0,
        "lag",
        "lag of the follower's best released capability as the leader perceives it, which learns "
        "of the follower's releases with a delay",
    ),
    "compute_lag": Outcome(
        "months",
        2.0,
        "lag",
        "months since the leader's largest training run was as large as the follower's is now",
        headline=True,
    ),
    "own_gap": Outcome(
        "OOM",
        0.05,
        "gap",
        "gap in the best capability that a lab reached so far without another lab's model",
    ),
    "potential_gap": Outcome(
        "OOM",
        0.05,
        "gap",
        "gap in the best capability that a lab could reach now with its own fleet and ideas alone",
    ),
    "frontier": Outcome(
        LEVEL,
        0.05,
        "",
        "best released capability of the world so far, in effective training compute",
        headline=True,
    ),
    "algorithms_leader": Outcome(
        "OOM", 0.05, "", "algorithms held by the leader's lab that holds most"
    ),
    "algorithms_follower": Outcome(
        "OOM", 0.05, "", "algorithms held by the follower's lab that holds most"
    ),
    **{
        f"{name}_{who}": Outcome(
            "USD bn",
            1.0,
            "",
            f"{what} in the {who}'s bloc since the start, {DISCOUNTED}",
            relative=True,
            headline=name != "rnd",
        )
        for name, what in (
            ("surplus", "surplus of users of AI models"),
            ("profits", "profits of labs, hosts and application firms"),
            ("rnd", "research budgets of labs"),
        )
        for who in ("leader", "follower")
    },
    "vendor_profit_leader": Outcome(
        "USD bn",
        1.0,
        "",
        f"profit of chip vendors in the leader's bloc since the start, {DISCOUNTED}",
        relative=True,
        headline=True,
    ),
}
HEADLINES = tuple(name for name, outcome in OUTCOMES.items() if outcome.headline)
SUMS = {  # which series by bloc a discounted sum adds up
    "surplus": ("user_surplus",),
    "profits": ("lab_profit", "host_profit", "application_profit"),
    "rnd": ("research_budget",),
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
    the record, or the other has no model yet, the result is the time since the record begins, or
    since the first model of the one ahead, marked as censored ("at least").
    """
    size = leader.size
    months, censored = np.zeros(size), np.zeros(size, np.bool_)
    for t in range(size):
        ahead, behind, sign = leader, follower[t], 1.0
        if follower[t] > leader[t]:
            ahead, behind, sign = follower, leader[t], -1.0
        elif follower[t] == leader[t]:
            censored[t] = not math.isfinite(behind)  # no model yet: at least 0
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
    """Return a series as perceived ``months`` later; ``-inf`` before the first perceived value."""
    if months == 0:
        return series.copy()
    return np.concatenate([np.full(months, -np.inf), series[:-months]])[: series.size]


def discounted(flow: Floats, start: int) -> Floats:
    """Return the present value, at month ``start``, of a monthly flow since then; ``nan`` before.

    Summed month by month, so that a longer run begins with the sums of a shorter one.
    """
    months = np.arange(flow.size) - start
    worth = np.where(months >= 0, flow * (1.0 + DISCOUNT) ** (-months / 12.0), 0.0)
    return np.where(months >= 0, np.cumsum(worth), np.nan)


def difference(name: str, a: Floats, b: Floats) -> Floats:
    """Return the effect on an outcome, b against a, in its unit or for sums of money in %.

    The effect on a sum of money is 100 (ln b - ln a), so that effects can be compared across draws;
    undefined where a sum is not above zero.
    """
    if not OUTCOMES[name].relative:
        return b - a
    good = (a > 0.0) & (b > 0.0)
    ratio = np.where(good, b, 1.0) / np.where(good, a, 1.0)
    return np.where(good, 100.0 * np.log(ratio), np.nan)


def effect_of(name: str, a: float, b: float) -> float:
    """Return the effect on an outcome in one pair of runs, as ``difference`` does."""
    return float(difference(name, np.array([a]), np.array([b]))[0])


def unit_of_effect(name: str) -> str:
    """Return the unit of effects on an outcome."""
    return "%" if OUTCOMES[name].relative else unit_of_difference(OUTCOMES[name].unit)


def unit_of_difference(unit: str) -> str:
    """Return the unit of the difference of two values: of two logarithms of FLOP it is OOM."""
    return "OOM" if unit == LEVEL else unit


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
    """Return the compute-only benchmark of an effect, or ``nan``.

    ``flop_*`` are the follower's largest training run, log10 FLOP, without and with the treatment
    in paired runs; ``growth`` is the leader's growth of released capability, OOM a year. A gap's
    benchmark is the difference x of the two runs; a lag's is 12 x / growth.
    """
    x = flop_without - flop_with
    if kind == "gap":
        return x
    if kind == "lag" and growth >= SLOWEST_GROWTH:
        return 12.0 * x / growth
    return math.nan
