"""Results as rows of text for a terminal, and summaries for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.experiments.effects import AT_LEAST, AT_MOST, EXACT, UNKNOWN, Bounds, median_of
from model.measure.outcomes import CENSORED, HEADLINES, OUTCOMES

MARKS = {EXACT: "", AT_LEAST: ">= ", AT_MOST: "<= ", UNKNOWN: "? "}
ABOUT_MARKS = (
    "The record cuts lags off: >= at least, <= at most, ? either way (both worlds are cut off)."
)
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
                row["bound"] = _of_one(values[t], flags[t])
            rows.append(row)
    return rows


def run_rows(summary: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a run's summary: a row an outcome, a column a month."""
    months = list(dict.fromkeys(row["month"] for row in summary))
    rows = []
    for name in OUTCOMES:
        here = [row for row in summary if row["name"] == name]
        cells = [MARKS[row.get("bound", EXACT)] + number(row["value"]) for row in here]
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
            cut = e["variance_removed_by_pairing"]
            percent = " %" if e.get("unit_of_effect", e["unit"]) == "%" else ""
            a_mark, b_mark, mark = (MARKS[e.get(k, EXACT)] for k in ("a_bound", "b_bound", "bound"))
            rows.append(
                [
                    f"{title(name)}, {e['unit']}",
                    e["horizon"].removesuffix("-12"),
                    a_mark + number(e["a_mean"]),
                    b_mark + number(e["b_mean"]),
                    mark + number(e["effect"], True) + percent,
                    span(e["low"], e["high"], percent),
                    number(e["benchmark"], True),
                    span(e["p5"], e["p95"]) if drawn else times(cut),
                ]
            )
    return columns, rows


def compare_notes(figures: Mapping[str, Any]) -> list[str]:
    """Return what a reader of the table has to know: pairs left out, marks, medians."""
    here = [e for e in figures["outcomes"] if e["name"] in HEADLINES]
    whole = figures["replicates"]
    notes = [
        f"{title(e['name'])}, end of {e['horizon'].removesuffix('-12')}: {e['n']} of {whole} pairs "
        "count; in the others it is undefined."
        for e in here
        if e["n"] < whole
    ]
    if any(e["statistic"] == "median" and e["n"] for e in here):
        notes.append("Lags: medians of each world and of the differences of pairs.")
    if any(e.get(key, EXACT) != EXACT for e in here for key in ("a_bound", "b_bound", "bound")):
        notes.append(ABOUT_MARKS)
    return notes


def span(low: float | None, high: float | None, unit: str = "") -> str:
    """Return an interval; a dash where it is undefined, an infinite end where one is open."""
    if low is None and high is None:
        return "-"
    return (
        f"{'-∞' if low is None else number(low, True)} … "
        f"{'+∞' if high is None else number(high, True)}{unit}"
    )


def _of_one(value: float | None, cut: bool | None) -> str:
    if value is None or not cut:
        return EXACT
    return Bounds.cut(np.array([value]), np.array([1.0])).how(median_of)


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
