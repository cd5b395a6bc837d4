"""A comparison in three sentences: the effect, its uncertainty, the most influential parameters.

What differs from nothing by chance alone is not asserted: an effect has a direction only where its
interval leaves zero out, a parameter is named only where it stands out.
"""

from __future__ import annotations

import math

from analysis.experiments.compare import Comparison, Effect
from analysis.experiments.effects import LEVEL, clear
from model.core.parameter import ParameterName
from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS
from model.seed_tables import tables


def sentences(comparison: Comparison) -> list[str]:
    """Return three sentences: the effect, its uncertainty, the most influential parameters."""
    last = comparison.months[-1]
    month = last.removesuffix("-12")
    gap = comparison.effect("gap", last)
    if not math.isfinite(gap.effect):
        return [f"Leader and follower have no released models to compare in {month}.", "", ""]
    return [
        _effect(comparison, gap, month),
        _certainty(comparison, gap),
        _decider(comparison, gap, month),
    ]


def _effect(comparison: Comparison, gap: Effect, month: str) -> str:
    a, b = comparison.a.name, comparison.b.name
    economy = comparison.a.parameters.economy
    label = {bloc.name: bloc.label for bloc in tables().blocs}
    follower, leader = label[economy.follower], label[economy.leader]
    the = "the " if leader.endswith("s") else ""  # a plural takes an article
    contents = [[r.content for r in comparison.results[world]] for world in ("a", "b")]
    if contents[0] == contents[1]:
        return f"{b} against {a} changes nothing: every replicate is the same to the bit."
    if gap.effect == 0.0:
        return f"At the end of {month}, {b} against {a} leaves the gap as it is."
    if gap.n > 1 and not clear(gap.low, gap.high):
        return (
            f"At the end of {month}, the effect of {b} against {a} on the gap, {gap.effect:+.2f} "
            "orders of magnitude (OOM) of effective compute, cannot be distinguished from zero."
        )
    on_average = "on average " if comparison.draws is not None else ""
    one = "In one pair of runs, at" if gap.n == 1 else "At"
    where = "further behind" if gap.effect > 0 else "closer to"
    text = (
        f"{one} the end of {month}, {b} against {a} leaves {follower}'s best model {on_average}"
        f"{abs(gap.effect):.2f} orders of magnitude (OOM) of effective compute {where} that of "
        f"{the}{leader}"
    )
    scaled = comparison.effect("scaled_gap", comparison.months[-1])
    if math.isfinite(scaled.effect) and (scaled.n == 1 or clear(scaled.low, scaled.high)):
        word, months = "widens" if scaled.effect >= 0 else "narrows", abs(scaled.effect)
        text += f"; at the rate of progress of {the}{leader} the gap {word} by {months:.1f} months"
    return text + "."


def _certainty(comparison: Comparison, gap: Effect) -> str:
    if gap.n <= 1:
        return "One replicate says nothing about random variation; run more replicates."
    level = _percent(LEVEL)
    if comparison.draws is None:
        return (
            f"Over {gap.n} replicates the effect on the gap lies between {gap.low:.2f} and "
            f"{gap.high:.2f} with {level} confidence: random variation only, parameters as the "
            "scenarios state."
        )
    least = OUTCOMES["gap"].smallest
    return (
        f"Over {gap.n} prior draws of {len(comparison.draws.names)} parameters, each with its own "
        f"seed, the gap grows by more than {least:g} in {_percent(gap.rises)} and shrinks by "
        f"more in {_percent(gap.falls)}; nine in ten effects lie between {gap.p5:+.2f} and "
        f"{gap.p95:+.2f}, their mean between {gap.low:+.2f} and {gap.high:+.2f} with {level} "
        "confidence: random variation and parameter uncertainty."
    )


def _decider(comparison: Comparison, gap: Effect, month: str) -> str:
    if comparison.draws is None:
        third = "To see which parameters drive it, sample them (draws='prior')."
        if math.isfinite(gap.benchmark) and gap.benchmark != 0.0:
            third = (
                f"The loss of training compute alone would make {gap.benchmark:.2f} of the gap; "
                "to see which parameters drive the rest, sample them (draws='prior')."
            )
        return third
    rows = comparison.most_influential("gap", comparison.months[-1])
    if not rows:
        return f"{gap.n} draws are too few to rank parameters; run 64 or more."
    words = "; ".join(
        f"{row['parameter']} ({_doc(row['parameter'])}: {row['correlation']:+.2f})"
        for row in [row for row in rows if row["clear"]][:2]
    )
    if words:
        return f"Most influential, by rank correlation over the draws: {words}."
    return f"No one parameter stands out from chance with {gap.n} draws; more draws may show one."


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _doc(name: str) -> str:
    text = FACTS[ParameterName.parse(name)].doc
    return text if len(text) <= 60 else text[:60].rsplit(" ", 1)[0].rstrip(",;:(") + " …"
