"""What a treatment costs the leading bloc, beside what it gains: the imposer's cost of a lag.

Losses are what the bloc's users, its labs, hosts and application firms, and its vendors of chips
have less in one world than in the other of its pair, since the start and discounted; what is gained
is the effect on the scaled gap. Their ratio, in USD a month of gap, is defined where the mean
effect is a month or more either way: below, nothing was bought.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.experiments.compare import Comparison
from analysis.experiments.effects import mean_of, or_none, ratio_of
from model.measure.outcomes import OUTCOMES

LOSSES = ("surplus_leader", "profits_leader", "vendor_profit_leader")


def imposers_cost(comparison: Comparison, month: str) -> dict[str, Any]:
    """Return losses of the leader, months of gap gained, and their ratio with its error.

    Means over pairs; losses in USD bn, the ratio in USD bn a month. Undefined figures are ``None``.
    """
    t = comparison.months.index(month)
    a, b = comparison.series["a"], comparison.series["b"]
    parts = {name: a[name][:, t] - b[name][:, t] for name in LOSSES}
    lost = np.sum(list(parts.values()), axis=0)
    months = b["scaled_gap"][:, t] - a["scaled_gap"][:, t]
    gained, cost = mean_of(months), ratio_of(lost, months)
    defined = abs(gained.value) >= OUTCOMES["scaled_gap"].smallest
    return {
        "horizon": month,
        "unit": "USD bn",
        "losses": {name: or_none(mean_of(values).value) for name, values in parts.items()},
        "loss": or_none(mean_of(lost).value),
        "loss_error": or_none(mean_of(lost).error),
        "months": or_none(gained.value),
        "a_month": or_none(cost.value) if defined else None,
        "a_month_error": or_none(cost.error) if defined else None,
    }


def cost_sentence(figures: dict[str, Any]) -> str:
    """Return the imposer's cost at the last horizon in words."""
    last = figures["imposers_cost"][-1]
    if last["loss"] is None:
        return "What the leading bloc loses is not defined."
    year, lost = last["horizon"].removesuffix("-12"), last["loss"]
    word = "loses" if lost >= 0.0 else "gains"
    error = "" if last["loss_error"] is None else f" (standard error {last['loss_error']:.0f})"
    text = (
        f"By the end of {year} the leading bloc {word} USD {abs(lost):.0f} bn{error} of surplus "
        "and profits"
    )
    if last["a_month"] is None:
        return text + "; the gap moves by less than a month, so that no cost of one is defined."
    doubt = last["a_month_error"]
    error = "" if doubt is None else f" (standard error {doubt:.0f})"
    return text + f": USD {last['a_month']:.0f} bn{error} for a month of gap."
