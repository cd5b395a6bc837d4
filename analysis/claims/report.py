"""The page of claims: what each says, its verdict, what it depends on, how to disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.claims.ledger import THEMES, Claim
from analysis.claims.verdicts import Verdict, overturn, unit_of
from model.core.parameter import Fact, ParameterName
from model.parameters import FACTS

NO_VERDICT = {"by construction": "true by construction: no verdict", "none": "cannot be tested"}


def markdown(claims: Mapping[str, Claim], verdicts: Sequence[Verdict], command: str) -> str:
    """Return the page; claims without a verdict say why they have none."""
    found = {verdict.identity: verdict for verdict in verdicts}
    draws = max((verdict.asked for verdict in verdicts), default=0)
    lines = [
        "# Verdicts on the claims",
        "",
        f"Made by `{command}`: {draws} prior draws of all parameters that the worlds of a "
        "claim do not state, each with a seed of its own, the same for all claims. "
        "*Supported* is the share of draws in which all that the claim expects holds beyond the "
        "smallest effect of interest, *contradicted* that in which something it expects goes the "
        "other way; in the rest nothing happens. Experiments stand in `seeds/claims.toml` and were "
        "written before any verdict was computed. A verdict is about this model over these priors.",
        "",
    ]
    counts: dict[str, int] = {}
    for verdict in verdicts:
        word = verdict.verdict.split(" on ")[0]
        if word not in NO_VERDICT:
            counts[word] = counts.get(word, 0) + 1
    if counts:
        lines += ["; ".join(f"{word}: {n}" for word, n in counts.items()) + ".", ""]
    for theme, title in THEMES.items():
        lines += [f"## {title}", ""]
        for name, claim in claims.items():
            if claim.theme == theme:
                lines += _entry(name, claim, found.get(name))
    return "\n".join(lines)


def _entry(name: str, claim: Claim, verdict: Verdict | None) -> list[str]:
    side = {"for": "for", "against": "against", "neutral": "neither side"}[claim.side]
    lines = [f"### {name}", "", f"{claim.says} ({', '.join(claim.documents)}; {side})", ""]
    if claim.facts:
        lines += [f"*Facts:* {claim.facts}", ""]
    if claim.test != "open":
        lines += [f"**{NO_VERDICT[claim.test].capitalize()}.** {claim.why}", ""]
        if verdict is None:
            return lines
    if verdict is None:
        return [*lines, "**Not tested.**", ""]
    if claim.test == "open":
        lines += [
            f"**{verdict.verdict.capitalize()}**: supported in {verdict.share:.0%}, contradicted "
            f"in {verdict.against:.0%} of {verdict.supported.size} draws"
            + (
                "."
                if verdict.supported.size == verdict.asked
                else f" (of {verdict.asked}; the others have no world, or no defined effect)."
            ),
            "",
        ]
    lines += ["| effect | mean | 5 to 95 % of draws | expected |", "|---|---|---|---|"]
    for expectation, effects in zip(claim.expects, verdict.effects, strict=True):
        what = expectation.of.replace("_", " ") + f", {unit_of(expectation)}, end of "
        cells = ["undefined", "undefined"]
        if effects.size:
            low, high = np.quantile(effects, (0.05, 0.95))
            cells = [f"{np.mean(effects):+.3g}", f"{low:+.3g} to {high:+.3g}"]
        bound = expectation.effect or (
            f"below {expectation.below:g}" if expectation.below is not None
            else f"above {expectation.above:g}"
        )  # fmt: skip
        lines.append(f"| {what}{expectation.at[:4]} | {cells[0]} | {cells[1]} | {bound} |")
    lines.append("")
    if verdict.decider and claim.test == "open":
        fact: Fact = FACTS[ParameterName.parse(verdict.decider)]
        even = (
            f"break-even {verdict.break_even:.3g}"
            if math.isfinite(verdict.break_even)
            else "no value within its prior reverses the verdict"
        )
        lines += [
            f"*Most influential parameter:* `{verdict.decider}` ({fact.doc}), correlation "
            f"{verdict.correlation:+.2f}; {even}.",
            "",
            f"*To disagree:* test {verdict.identity} with `{overturn(verdict)}`",
            "",
        ]
    return lines
