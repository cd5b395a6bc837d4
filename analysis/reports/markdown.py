"""The page on the effect of a treatment over the priors, written from an exploration."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from analysis.experiments.priors import Exploration
from model.measure.outcomes import OUTCOMES, unit_of_effect
from model.measure.run_folder import Refused
from model.parameters import FACTS

SHOWN = ("gap", "scaled_gap")


def as_json(found: Exploration) -> dict[str, Any]:
    """Return an exploration as JSON: shares, summaries and deciders by outcome and horizon."""
    rows = [
        {
            "name": name,
            "unit": unit_of_effect(name),
            "horizon": horizon,
            "smallest": OUTCOMES[name].smallest,
            **_plain(found.summary(name, horizon)),
            **_plain(found.shares(name, horizon)),
            "deciders": found.deciders(name, horizon) if name in SHOWN else [],
        }
        for name in OUTCOMES
        for horizon in found.horizons
    ]
    return {
        "schema_version": 1,
        "a": found.a.name,
        "b": found.b.name,
        "kind": "luck and ignorance",
        "seed": found.seed,
        "draws": int(found.points.shape[0]),
        "parameters": found.names,
        "redrawn": found.refused,
        "refused": found.refusals,
        "outcomes": rows,
    }


def _plain(row: dict[str, float]) -> dict[str, float | None]:
    return {k: v if math.isfinite(v) else None for k, v in row.items()}


def markdown(found: Exploration, command: str) -> str:
    """Return the page; ``command`` is what makes it."""
    a, b = found.a.name, found.b.name
    draws = found.points.shape[0]
    lines = [
        f"# The effect of `{b}` against `{a}` over the priors",
        "",
        f"Made by `{command}`. {draws} pairs of twin worlds, each pair at its own draw of the "
        f"{len(found.names)} parameters that have a prior and that neither scenario states, and "
        "with its own luck. Effects are differences of twins.",
        "",
        f"{found.refused} points were drawn again because they break a guard of the model; "
        f"{sum(found.refusals.values())} draws have no world that grows as they ask"
        + (f" ({_reasons(found)})" if found.refusals else "")
        + " and are left out.",
        "",
        "| effect on | end of | mean (95 % interval) | 5 to 95 % of draws | widens | leaves | "
        "narrows |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in SHOWN:
        unit = OUTCOMES[name].unit
        for horizon in found.horizons:
            s, share = found.summary(name, horizon), found.shares(name, horizon)
            cells = ["undefined"] * 5
            if s["n"]:
                cells = [
                    f"{s['mean']:+.2f} ({s['low']:+.2f} to {s['high']:+.2f})",
                    f"{s['p5']:+.2f} to {s['p95']:+.2f}",
                    *(f"{share[way]:.0%}" for way in ("rises", "stays", "falls")),
                ]
            head = [f"{name.replace('_', ' ')}, {unit}", horizon[:4]]
            lines.append("| " + " | ".join(head + cells) + " |")
    least = ", ".join(f"{OUTCOMES[n].smallest:g} {OUTCOMES[n].unit}" for n in SHOWN)
    lines += [
        "",
        f"*Widens*, *narrows*: by more than the smallest effect of interest ({least}); *leaves*: "
        "less than that either way.",
        "",
    ]
    for name in SHOWN:
        horizon = found.horizons[-1]
        lines += [
            f"## What decides the effect on the {name.replace('_', ' ')} at the end of "
            f"{horizon[:4]}",
            "",
            "Rank correlation of the parameter with the effect over the draws; positive: the more, "
            f"the wider. {_by_chance(found, name, horizon)}",
            "",
            "| parameter | correlation (95 %) | what it is |",
            "|---|---|---|",
        ]
        for row in found.deciders(name, horizon):
            group, _, entry = row["parameter"].partition(".")
            lines.append(
                f"| `{row['parameter']}` | {row['correlation']:+.2f} ({row['low']:+.2f} to "
                f"{row['high']:+.2f}) | {FACTS[group, entry].doc} |"
            )
        lines.append("")
    return "\n".join(lines)


def _by_chance(found: Exploration, name: str, horizon: str) -> str:
    rows = found.deciders(name, horizon)
    if not rows:
        return "Too few draws to tell."
    clear = [f"`{row['parameter']}`" for row in rows if row["clear"]]
    return (
        f"Larger than chance would make the largest of {len(found.names)} in nineteen cases of "
        f"twenty: {', '.join(clear) or 'none'}."
    )


def write(page: Path, text: str) -> None:
    """Write a page, whole or not at all. Raises ``Refused`` where it cannot be written."""
    aside = page.with_name(f".{page.name}-{os.getpid()}")
    try:
        aside.write_text(text + "\n", encoding="utf-8")
        os.replace(aside, page)
    except OSError as error:
        raise Refused(f"--page {page}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            aside.unlink()


def _reasons(found: Exploration) -> str:
    return ", ".join(f"{count} × {reason}" for reason, count in found.refusals.items())
