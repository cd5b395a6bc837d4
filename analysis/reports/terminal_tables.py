"""Results as rows of text for a terminal, and summaries for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from model.measure.outcomes import CENSORED, HEADLINES, OUTCOMES

YEARS = ("2018", "2020", "2022", "2023", "2024", "2027", "2030")


def summary_of_run(tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """Return the outcomes of a run at the ends of some years and at its last month."""
    world = tables["world"]
    months = world.column("month").to_pylist()
    chosen = [m for m in months if m.endswith("-12") and m[:4] in YEARS]
    if months[-1] not in chosen:
        chosen.append(months[-1])
    rows = []
    for name, outcome in OUTCOMES.items():
        values = world.column(name).to_pylist()
        flags = world.column(f"{name}_censored").to_pylist() if name in CENSORED else None
        for month in chosen:
            t = months.index(month)
            row = {"name": name, "unit": outcome.unit, "month": month, "value": values[t]}
            if flags is not None:
                row["at_least"] = flags[t]
            rows.append(row)
    return rows


def run_rows(summary: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a run's summary: a row an outcome, a column a month."""
    months = list(dict.fromkeys(row["month"] for row in summary))
    rows = []
    for name in OUTCOMES:
        here = [row for row in summary if row["name"] == name]
        cells = [(">= " if row.get("at_least") else "") + number(row["value"]) for row in here]
        rows.append([f"{title(name)}, {here[0]['unit']}", *cells])
    return ["outcome", *months], rows


def compare_rows(figures: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a comparison: the headline outcomes at each horizon.

    They fit into 80 letters. Over prior draws the spread of effects takes the place of the
    variance reduction.
    """
    drawn = any(e["kind"] != "random variation" for e in figures["outcomes"])
    columns = [
        "outcome",
        "end of",
        figures["a"],
        figures["b"],
        "effect",
        "95 % interval",
        "compute-only",
        "90 % of draws" if drawn else "variance ratio",
    ]
    rows = []
    for name in HEADLINES:
        for e in figures["outcomes"]:
            if e["name"] != name:
                continue
            low, high = number(e["low"], True), number(e["high"], True)
            cut = e["variance_removed_by_pairing"]
            at_least = ">= " if e["censored_share"] else ""
            percent = " %" if e.get("unit_of_effect", e["unit"]) == "%" else ""
            rows.append(
                [
                    f"{title(name)}, {e['unit']}",
                    e["horizon"].removesuffix("-12"),
                    number(e["a_mean"]),
                    number(e["b_mean"]),
                    at_least + number(e["effect"], True) + percent,
                    f"{low} … {high}" + percent if e["low"] is not None else "-",
                    number(e["benchmark"], True),
                    f"{number(e['p5'], True)} … {number(e['p95'], True)}" if drawn else times(cut),
                ]
            )
    return columns, rows


def title(name: str) -> str:
    """Return an outcome's name in words."""
    return name.replace("_", " ")


def number(value: float | None, sign: bool = False) -> str:
    """Return a figure with two decimals (one from ten on), or a dash where it is undefined."""
    if value is None:
        return "-"
    digits = 1 if abs(value) >= 9.995 else 2
    text = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    return text.replace("-0.00", "0.00").replace("+0.00", "0.00")


def times(value: float | None) -> str:
    """Return a multiple, or a dash where it is undefined."""
    if value is None:
        return "-"
    if value >= 1000.0:
        return "> 999 x"
    return f"{value:.0f} x" if value >= 9.95 else f"{value:.1f} x"
