"""The page of scenarios: what each asks, what it changes, which claims it serves.

``python -m docs.build`` writes it from the files in ``scenarios``. Dates and commits are those of
each file's last change, as far as the history is there.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from analysis.claims.ledger import ledger
from analysis.reports import parameters
from model.core.parameter import ParameterName
from model.parameters import FACTS
from model.scenario import Scenario, load, shipped

ROOT = Path(__file__).resolve().parents[2]
CHANGED = "*Last changed:*"


def content() -> str:
    """Return the page."""
    lines = [
        "# Scenarios",
        "",
        "Built by `make docs` from the files in `scenarios/`. A scenario states only what differs "
        "from its parent; paired runs share everything else, the random numbers included. "
        "`spillover show NAME` prints its parameters and dated acts, `spillover compare PARENT "
        "NAME` its effects.",
        "",
    ]
    for name in shipped():
        lines += _world(load(name))
    return "\n".join(lines)


def _world(scenario: Scenario) -> list[str]:
    head = parameters.head(scenario)
    lines = [f"## `{scenario.name}`: {head['title']}", "", " ".join(head["story"].split()), ""]
    if len(scenario.lineage) > 1:
        parent = load(scenario.lineage[1])
        lines += [
            f"Relative to `{parent.name}`:",
            "",
            f"| parameter | `{parent.name}` | `{scenario.name}` | what it is |",
            "|---|---|---|---|",
        ]
        there = parent.parameters.model_dump()
        for row in parameters.parameters(scenario, parent):
            key = ParameterName.parse(str(row["parameter"]))
            values = (there[key.group][key.name], row["value"])
            one, two = (f"`{parameters.plain(value) or 'none'}`" for value in values)
            lines.append(f"| `{row['parameter']}` | {one} | {two} | {FACTS[key].doc} |")
        lines.append("")
    else:
        lines += ["The baseline: every parameter at its default.", ""]
    claims = ledger().claims
    for claim in head["claims"]:
        lines.append(f"- {claim}: {claims[claim].says}")
    lines += ["", f"{CHANGED} {_history(scenario.name)}.", ""]
    return lines


def _history(name: str) -> str:
    form = "format.pretty=format:%as, commit %h"
    asked = ["git", "-c", form, "log", "-1", "--", f"scenarios/{name}.toml"]
    try:
        found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip() or "unknown"
