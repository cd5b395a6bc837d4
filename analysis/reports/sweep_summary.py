"""What a sweep gave, in a few figures: the spread of outcomes and effects over its points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.experiments.effects import EXACT, Bounds, or_none, quantile
from analysis.experiments.sweep_folder import Batches, Damaged
from analysis.experiments.sweep_points import ONE_CHANCE, LeftOut, bounds_of, one_chance
from analysis.reports.terminal_tables import ABOUT_MARKS, number, title
from analysis.reports.terminal_tables import MARKS as SIGNS
from model.measure.outcomes import HEADLINES, OUTCOMES, unit_of_effect

MARKS = {"p5": 0.05, "median": 0.5, "p95": 0.95}


def summary(batches: Batches) -> list[dict[str, Any]]:
    """Return median, 5th and 95th percentile of the headline outcomes at the last horizon.

    Of effects where the sweep has them, over the runs of whole points: the same replicates at each
    (``analysis.experiments.sweep_points``). Batches are read one after another.
    """
    effects = batches.manifest["against"] is not None
    horizon = batches.manifest["horizons"][-1]
    pieces = []
    for batch in batches.there():
        try:
            content, _ = batches.read(batch)
        except (Damaged, FileNotFoundError):
            continue
        kept = ["point", "replicate"] + [
            column for column in content.column_names if _of(column) in HEADLINES
        ]
        here = content.filter(pc.equal(content["horizon"], horizon)).select(kept)
        pieces.append(here.replace_schema_metadata(None))
    frame = pa.concat_tables(pieces).to_pandas() if pieces else None
    return [_row(frame, name, effects, horizon, batches) for name in HEADLINES]


def _of(column: str) -> str:
    for ending in ("_censored", "_effect", "_against"):
        column = column.removesuffix(ending)
    return column


def _row(frame: Any, name: str, effects: bool, horizon: str, batches: Batches) -> dict[str, Any]:
    left, runs = LeftOut(batches.layout.points), Bounds.exact(np.zeros(0))
    if frame is not None:
        column = f"{name}_effect" if effects else name
        bounds = bounds_of(frame, column)
        by_point = frame.assign(fine=np.isfinite(bounds.found)).groupby("point")["fine"]
        ran = by_point.size() == batches.layout.replicates
        whole = by_point.sum() == batches.layout.replicates
        left = LeftOut(left.points, left.points - int(ran.sum()), int((ran & ~whole).sum()))
        runs = bounds.at(np.asarray(whole.reindex(frame["point"])))
    marks = {mark: partial(quantile, share=share) for mark, share in MARKS.items()}
    rises, falls = runs.beyond(OUTCOMES[name].smallest)
    return {
        "name": name,
        "unit": unit_of_effect(name) if effects else OUTCOMES[name].unit,
        "horizon": horizon,
        "what": "effect" if effects else "outcome",
        "n": int(runs.found.size),
        **{mark: or_none(of(runs.found)) for mark, of in marks.items()},
        "bounds": {mark: runs.how(of) for mark, of in marks.items()},
        "rises": or_none(rises) if effects else None,
        "falls": or_none(falls) if effects else None,
        "left_out": {"failed": left.failed, "undefined": left.undefined, "points": left.points},
    }


def notes(rows: list[dict[str, Any]], about: Mapping[str, Any], advice: str = "") -> list[str]:
    """Return what a reader of a summary has to know: points left out, marks, one chance.

    ``about`` is the manifest of the sweep; ``advice`` says how chance can be varied.
    """
    found = []
    for row in rows:
        words = LeftOut(**row["left_out"]).words()
        if words:
            found.append(f"{title(row['name'])}: {words[:1].lower()}{words[1:]}")
    if len(found) == len(rows) and len({text.partition(": ")[2] for text in found}) == 1:
        found = [LeftOut(**rows[0]["left_out"]).words()]
    if any(how != EXACT for row in rows for how in row["bounds"].values()):
        found.append(ABOUT_MARKS)
    factors = [factor["name"] for factor in about["factors"]]
    if one_chance({"factors": factors, "replicates": about["replicates"]}):
        found.append(f"{ONE_CHANCE} {advice}".rstrip())
    return found


def summary_rows(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a summary for a terminal."""
    effects = bool(rows) and rows[0]["what"] == "effect"
    columns = ["effect on" if effects else "outcome", "end of", "runs", "5 %", "median", "95 %"]
    columns += ["rises", "falls"] if effects else []
    table = []
    for row in rows:
        cells = [
            f"{title(row['name'])}, {row['unit']}",
            row["horizon"].removesuffix("-12"),
            str(row["n"]),
            *(SIGNS[row["bounds"][mark]] + number(row[mark], effects) for mark in MARKS),
        ]
        if effects:
            cells += ["-" if row[s] is None else f"{row[s]:.0%}" for s in ("rises", "falls")]
        table.append(cells)
    return columns, table
