"""What a treatment costs the leading bloc, beside what it gains: the imposer's cost of a lag.

Losses are what the bloc's users, its labs, hosts and application firms, and its vendors of chips
have less in one world than in the other of its pair, since the start and discounted; what is gained
is the effect on the scaled gap. All figures are over the pairs in which all of them are defined.
Their ratio, in USD a month of gap, is defined where the mean effect is a month or more either way
(below, nothing was bought) and both can be distinguished from zero: a price of chance is none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.experiments.compare import Comparison
from analysis.experiments.effects import clear, interval, mean_of, or_none, ratio_of
from model.measure.outcomes import OUTCOMES

LOSSES = ("surplus_leader", "profits_leader", "vendor_profit_leader")


def imposers_cost(comparison: Comparison, month: str) -> dict[str, Any]:
    """Return losses of the leader, months of gap gained, and their ratio with its error.

    Means over pairs; losses in USD bn, the ratio in USD bn a month. Undefined figures are ``None``.
    """
    t = comparison.months.index(month)
    a, b = comparison.series["a"], comparison.series["b"]
    parts = {name: a[name][:, t] - b[name][:, t] for name in LOSSES}
    months = b["scaled_gap"][:, t] - a["scaled_gap"][:, t]
    # Where no pair has a scaled gap (a young world), losses are still there.
    columns = [*parts.values(), *([months] if np.isfinite(months).any() else [])]
    good = np.isfinite(columns).all(axis=0)
    parts, months = {name: values[good] for name, values in parts.items()}, months[good]
    lost = np.sum(list(parts.values()), axis=0)
    gained, cost = mean_of(months), ratio_of(lost, months)
    sure = {name: clear(*interval(x)[1:]) for name, x in (("loss", lost), ("months", months))}
    large = abs(gained.value) >= OUTCOMES["scaled_gap"].smallest
    defined = large and all(sure.values())
    return {
        "horizon": month,
        "unit": "USD bn",
        "n": int(good.sum()),
        "losses": {name: or_none(mean_of(values).value) for name, values in parts.items()},
        "loss": or_none(mean_of(lost).value),
        "loss_error": or_none(mean_of(lost).error),
        "loss_clear": sure["loss"],
        "months": or_none(gained.value),
        "months_clear": sure["months"],
        "a_month": or_none(cost.value) if defined else None,
        "a_month_error": or_none(cost.error) if defined else None,
    }


def cost_sentence(figures: dict[str, Any]) -> str:
    """Return the imposer's cost at the last horizon in words."""
    last = figures["imposers_cost"][-1]
    if last["loss"] is None:
        return "What the leading bloc loses is not defined."
    whole = figures.get("replicates", last["n"])
    some = "" if last["n"] == whole else f"In the {last['n']} of {whole} pairs that count: "
    return some + _cost(last)


def _cost(last: dict[str, Any]) -> str:
    year, lost = last["horizon"].removesuffix("-12"), last["loss"]
    error = "" if last["loss_error"] is None else f" (standard error {last['loss_error']:.0f})"
    if not last.get("loss_clear", True) and last["loss_error"] is not None:
        return (
            f"What the leading bloc loses or gains of surplus and profits by the end of {year}, "
            f"USD {lost:+.0f} bn{error}, cannot be distinguished from zero, so that no month of "
            "gap has a price."
        )
    word = "loses" if lost >= 0.0 else "gains"
    one = "In one pair of runs, by" if last["loss_error"] is None else "By"
    text = (
        f"{one} the end of {year} the leading bloc {word} USD {abs(lost):.0f} bn{error} of surplus "
        "and profits"
    )
    if last["a_month"] is None:
        months = last["months"]
        small = months is None or abs(months) < OUTCOMES["scaled_gap"].smallest
        why = (
            "the gap moves by less than a month" if small
            else "one pair of runs gives no interval of the gap" if last["loss_error"] is None
            else "the effect on the gap in months cannot be distinguished from zero"
        )  # fmt: skip
        return f"{text}; {why}, so that no cost of one is defined."
    doubt = last["a_month_error"]
    error = "" if doubt is None else f" (standard error {doubt:.0f})"
    return text + f": USD {last['a_month']:.0f} bn{error} for a month of gap."
