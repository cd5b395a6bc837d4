"""The page on a treatment effect over prior draws, written from a comparison."""

from __future__ import annotations

import math

import numpy as np

from analysis.experiments.compare import Comparison
from analysis.experiments.effects import clear, interval
from analysis.reports.markdown import table
from model.core.parameter import ParameterName
from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS

SHOWN = ("gap", "scaled_gap")
WAYS = ("rises", "stays", "falls")


def shares(comparison: Comparison, name: str, horizon: str) -> dict[str, float]:
    """Return the shares of draws in which an outcome rises, stays and falls.

    Beyond its smallest effect of interest; ``nan`` where no draw has an effect.
    """
    values = comparison.differences(name, horizon)
    good = values[np.isfinite(values)]
    least = OUTCOMES[name].smallest
    if not good.size:
        return dict.fromkeys(WAYS, math.nan)
    found = (good > least, np.abs(good) <= least, good < -least)
    return {way: float(np.mean(here)) for way, here in zip(WAYS, found, strict=True)}


def markdown(comparison: Comparison, command: str) -> str:
    """Return the page; ``command`` is what makes it. The comparison must be over prior draws."""
    a, b, draws = comparison.a.name, comparison.b.name, comparison.draws
    assert draws is not None
    reasons = ", ".join(f"{count} × {reason}" for reason, count in draws.refused.items())
    lines = [
        f"# The effect of `{b}` relative to `{a}` over prior draws",
        "",
        f"Made by `{command}`. {len(draws.points)} paired runs with common random numbers, each "
        f"pair at its own draw of the {len(draws.names)} parameters that have a prior and that "
        "neither scenario states, and with its own seed. Effects are differences of pairs.",
        "",
        f"{draws.passed} points were drawn again because they break a guard of the model; "
        f"{sum(draws.refused.values())} draws were rejected because no calibration reaches the "
        "target growth" + (f" ({reasons})" if reasons else "") + ", and others took their place.",
        "",
    ]
    head = ["effect on", "end of", "draws", "mean (95 % interval)", "5 to 95 % of draws"]
    rows = [_row(comparison, name, month) for name in SHOWN for month in comparison.horizons]
    lines += table([*head, "widens", "leaves", "narrows"], rows)
    least = ", ".join(f"{OUTCOMES[n].smallest:g} {OUTCOMES[n].unit}" for n in SHOWN)
    lines += [
        f"*Widens*, *narrows*: by more than the smallest effect of interest ({least}); *leaves*: "
        "less than that either way. *Draws*: those in which the effect is defined; the others are "
        "left out. Means in brackets cannot be distinguished from zero.",
        "",
    ]
    for name in SHOWN:
        lines += _influences(comparison, name, len(draws.names))
    return "\n".join(lines)


def _row(comparison: Comparison, name: str, horizon: str) -> list[str]:
    values = comparison.differences(name, horizon)
    good = values[np.isfinite(values)]
    cells = ["undefined"] * 5
    if good.size:
        centre, low, high = interval(values)
        p5, p95 = np.quantile(good, (0.05, 0.95))
        middle = f"{centre:+.2f}" if clear(low, high) else f"[{centre:+.2f}]"
        cells = [f"{middle} ({low:+.2f} to {high:+.2f})", f"{p5:+.2f} to {p95:+.2f}"]
        cells += [f"{share:.0%}" for share in shares(comparison, name, horizon).values()]
    count = f"{good.size} of {values.size}"
    return [f"{name.replace('_', ' ')}, {OUTCOMES[name].unit}", horizon[:4], count, *cells]


def _influences(comparison: Comparison, name: str, number: int) -> list[str]:
    horizon = comparison.horizons[-1]
    found = comparison.most_influential(name, horizon)
    clear = [f"`{row['parameter']}`" for row in found if row["clear"]]
    verdict = "Too few draws to say."
    if found:
        verdict = (
            f"Larger than chance would make the largest of {number} in nineteen cases of twenty: "
            f"{', '.join(clear) or 'none'}."
        )
    rows = [
        [
            f"`{row['parameter']}`",
            f"{row['correlation']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})",
            FACTS[ParameterName.parse(row["parameter"])].doc,
        ]
        for row in found
    ]
    return [
        f"## Most influential parameters: {name.replace('_', ' ')}, end of {horizon[:4]}",
        "",
        "Rank correlation of the parameter with the effect over the draws; positive: the more, "
        f"the wider. {verdict}",
        "",
        *table(["parameter", "correlation (95 %)", "what it is"], rows),
    ]
