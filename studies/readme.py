"""The result in the README: one fixed experiment, its figures as text.

``python -m studies.readme`` runs ``spillover compare no_ban ban --replicates 16`` (some minutes)
and prints the block; ``--write`` puts it between the two markers of ``README.md``. A slow test
compares what stands there with what this prints.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import textwrap
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.experiments.effects import clear
from analysis.experiments.imposers_cost import cost_sentence
from studies.common import start

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BEGIN = "<!-- result: written by python -m studies.readme --write -->"
END = "<!-- result: end -->"
COMMAND = "compare no_ban ban --replicates 16"
YEARS = ("2024", "2027", "2030")
WIDTH = 100
Figures = Mapping[str, Any]


def experiment() -> Figures:
    """Run the command and return its figures as it prints them with ``--json``."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*COMMAND.split(), "--json", "--quiet", "--no-plot", "--out", f"{folder}/runs"]
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words], cwd=ROOT, capture_output=True, text=True
        )
    if done.returncode:
        raise SystemExit(done.stderr.strip() or f"spillover {COMMAND} failed")
    found: Figures = json.loads(done.stdout)
    return found


def block(figures: Figures, day: str) -> str:
    """Return the text between the markers; ``day`` is the day on which the figures were made."""
    rows = {(row["name"], row["horizon"][:4]): row for row in figures["outcomes"]}
    last = YEARS[-1]
    gap, months = rows["gap", last], rows["scaled_gap", last]
    head = (
        f"**At default parameters** (`spillover {COMMAND}`, version {version('spillover')}, {day}):"
    )
    text = " ".join([head, _gap(gap, months, last), _cost(figures)])
    lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    lines += [
        "",
        "| gap in months, end of | without the ban | with the ban | effect (95 % interval) | "
        "compute loss alone |",
        "|---|---|---|---|---|",
    ]
    for year in YEARS:
        row = rows["scaled_gap", year]
        lines.append(
            f"| {year} | {row['a_mean']:.1f} | {row['b_mean']:.1f} | {row['effect']:+.2f} "
            f"({row['low']:.2f} to {row['high']:.2f}) | {row['benchmark']:+.1f} |"
        )
    return "\n".join(lines)


def _gap(gap: Figures, months: Figures, last: str) -> str:
    if not clear(gap["low"], gap["high"]):
        return (
            f"at the end of {last} the effect of the ban on the gap ({gap['effect']:+.2f} orders "
            f"of magnitude of effective training compute, OOM; 95 % interval {gap['low']:.2f} to "
            f"{gap['high']:.2f}) cannot be distinguished from zero."
        )
    way = "further behind" if gap["effect"] > 0.0 else "closer to"
    text = (
        f"at the end of {last} the ban leaves China's best model {abs(gap['effect']):.2f} orders "
        f"of magnitude of effective training compute (OOM; 95 % interval {gap['low']:.2f} to "
        f"{gap['high']:.2f}) {way} that of the United States."
    )
    if not clear(months["low"], months["high"]):
        return text
    return (
        f"{text} At the US rate of progress this is "
        f"{months['effect']:.1f} months ({months['low']:.1f} to {months['high']:.1f}); the loss of "
        f"training compute alone would give {months['benchmark']:.1f}."
    )


def _cost(figures: Figures) -> str:
    cost = figures["imposers_cost"][-1]
    if cost["a_month"] is None:
        return cost_sentence(dict(figures))
    return (
        f"The United States loses USD {cost['loss']:.0f} bn (standard error "
        f"{cost['loss_error']:.0f}) of surplus and profits, or USD {cost['a_month']:.0f} bn "
        f"(standard error {cost['a_month_error']:.0f}) for each month."
    )


def written(text: str) -> str:
    """Return the block that a README holds; raises ``ValueError`` where a marker is missing."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"README.md must hold {BEGIN} and {END} once")
    return text.partition(BEGIN)[2].partition(END)[0].strip("\n")


def main() -> None:
    """Run the experiment, and print its block or write it into the README."""
    parser = ArgumentParser(prog="python -m studies.readme", description="the README's result")
    parser.add_argument("--write", action="store_true", help="put the block into README.md")
    given = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    old = written(text)
    new = block(experiment(), date.today().isoformat())
    if not given.write:
        print(new)
        return
    README.write_text(text.replace(old, new), encoding="utf-8")


if __name__ == "__main__":
    start("studies.readme")
