"""The command for global sensitivity analysis of a sweep."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import VARY_CHANCE, Json, NoPlot, Quiet, home

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 12  # factors in a table
SHARES = ("rank correlation", "share of rank variance")
MAIN = {"saltelli": "total", "morris": "mu*"}  # by which factors are ranked
WORDS = {
    "first": "alone",
    "total": "in all",
    "mu*": "mean size",
    "mu": "mean",
    "sigma": "spread",
}


def sensitivity(
    folders: Annotated[
        list[Path],
        typer.Argument(help="a sweep's folder, or all folders of its shards", callback=home),
    ],
    outcome: Annotated[str, typer.Option(help="the outcome")] = "gap",
    horizon: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="month; default: the sweep's last")
    ] = None,
    phase: Annotated[
        str | None,
        typer.Option(metavar="X,Y", help="two factors of the diagram; default: the two that "
                                         "matter most"),
    ] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="take what is there of a sweep not done")
    ] = False,
    no_plot: NoPlot = False,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Global sensitivity analysis of a sweep.

    Indices, phase diagram, scenario discovery.
    """
    from analysis.experiments.sweep_rows import load_sweep
    from analysis.sensitivity.indices import checked_horizon, indices_of_rows
    from analysis.sensitivity.prim_sentence import discover
    from commands.run import undrawn
    from model.core.errors import InputError, near
    from model.measure.outcomes import OUTCOMES
    from model.measure.run_folder import reading

    if outcome not in OUTCOMES:
        raise InputError(f"--outcome: unknown outcome {outcome!r}; {near(outcome, OUTCOMES)}")
    first, *more = folders
    with reading(first):
        frame = load_sweep(first, *more, unfinished=unfinished)
        month = checked_horizon(frame, horizon)
        at = frame[frame["horizon"] == month]
        notes = _notes(at, outcome)
        table = indices_of_rows(first, frame, month, [outcome])
        effects = f"{outcome}_effect" in frame
        boxes = discover(at, outcome)
    files: list[Path] = []
    why = None  # no figure: the indices are told all the same
    if not no_plot and (effects or phase):
        try:
            files = _phase(first, frame, table, outcome, month, phase, quiet)
        except InputError:
            raise
        except Exception as error:
            why = str(error) or type(error).__name__
    _tell(frame, table, outcome, month, boxes, notes, files, json_, quiet)
    undrawn([first] if why is not None else [], why, "spillover sensitivity")


def _tell(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    outcome: str,
    month: str,
    boxes: list[dict[str, Any]],
    notes: list[str],
    files: list[Path],
    json_: bool,
    quiet: bool,
) -> None:
    from commands import console

    if json_:
        rows = [
            {key: _plain(value) for key, value in row.items()}
            for row in table.to_dict(orient="records")
        ]
        console.as_json({
            "schema_version": 1, "design": frame.attrs["design"], "horizon": month,
            "failed": len(frame.attrs["failed"]), "missing": frame.attrs["missing"],
            "indices": rows, "boxes": boxes, "figures": [str(file) for file in files],
            "notes": notes,
        })  # fmt: skip
        return
    for of in ("effect", "outcome"):
        here = table[(table["outcome"] == outcome) & (table["of"] == of)]
        if len(here):
            _print(here, outcome, of, month)
    for box in boxes:
        console.data(box["words"])
    for note in notes:
        console.data(note)
    if not len(table):
        console.say("no indices: too few points, or nothing varies", quiet)
    for file in files:
        console.say(str(file), quiet)


def _notes(frame: pd.DataFrame, outcome: str) -> list[str]:
    # What a reader has to know: points left out, and by what chance points differ.
    from analysis.experiments.sweep_points import ONE_CHANCE, one_chance, whole_points
    from analysis.reports.terminal_tables import title

    found = []
    for of, column in (("Effect on ", f"{outcome}_effect"), ("", outcome)):
        if column in frame and (words := whole_points(frame, column)[1].words()):
            found.append(f"{of}{title(outcome)}: {words[:1].lower()}{words[1:]}")
    failed = len(frame.attrs["failed"])
    if failed:
        found.append(
            f"{failed} of {frame.attrs['points'] * frame.attrs['replicates']} runs failed."
        )
    if one_chance(frame.attrs):
        found.append(f"{ONE_CHANCE} {VARY_CHANCE}")
    return found


def _print(table: pd.DataFrame, outcome: str, of: str, month: str) -> None:
    from analysis.reports.terminal_tables import title
    from commands import console
    from model.measure.outcomes import OUTCOMES

    kinds = list(dict.fromkeys(table["index"]))
    main = _main(kinds)
    names = _ranked(table)[:SHOWN]
    unit = f", {OUTCOMES[outcome].unit}" if main == "mu*" else ""
    console.data(
        f"{'Effect on ' if of == 'effect' else ''}{title(outcome)}{unit}, end of "
        f"{month.removesuffix('-12')}, from {int(table['n'].iloc[0])} "
        + {"total": "base points", "mu*": "trajectories"}.get(main, "points")
    )
    rows = []
    for name in names:
        cells = [name]
        for kind in kinds:
            here = table[(table["factor"] == name) & (table["index"] == kind)]
            if not len(here) or not math.isfinite(here["value"].iloc[0]):
                cells.append("-")
                continue
            value, low, high = (float(here[c].iloc[0]) for c in ("value", "low", "high"))
            cells.append(f"{value:.2f} ({low:.2f} … {high:.2f})")
        rows.append(cells)
    heads = [f"{kind} ({WORDS[kind]})" if kind in WORDS else kind for kind in kinds]
    console.table(["factor", *heads], rows)
    console.data()


def _main(kinds: list[str]) -> str:
    # The index of the design; that of chance, from replicates, stands beside it.
    return "total" if "first" in kinds else "mu*" if "mu*" in kinds else kinds[0]


def _ranked(table: pd.DataFrame) -> list[str]:
    # Factors by the size of their index; a correlation squared is a share of variance, too.
    main = [*MAIN.values(), *SHARES]
    here = table[table["index"].isin(main)].dropna(subset=["value"])
    size = here["value"].abs().where(here["index"] != SHARES[0], here["value"] ** 2)
    return list(dict.fromkeys(here.loc[size.sort_values(ascending=False).index, "factor"]))


def _phase(
    folder: Path,
    frame: pd.DataFrame,
    table: pd.DataFrame,
    outcome: str,
    month: str,
    asked: str | None,
    quiet: bool,
) -> list[Path]:
    from analysis.figures import style
    from analysis.sensitivity import phase_diagram
    from commands import console
    from model.core.errors import InputError
    from model.measure import run_folder

    column = f"{outcome}_effect"
    if column not in frame:
        raise InputError("--phase: this sweep has no effects; run it with --against SCENARIO")
    if asked is not None:
        one, comma, other = (word.strip() for word in asked.partition(","))
        if not comma:
            raise InputError(f"--phase must name two factors, as X,Y, got {asked!r}; factors are "
                             f"{', '.join(frame.attrs['factors'])}")  # fmt: skip
    else:
        here = table[(table["outcome"] == outcome) & (table["of"] == "effect")]
        numbers = [
            f for f in frame.attrs["factors"] if frame[f].dtype.kind in "if" and f != "chance"
        ]
        names = [name for name in _ranked(here) if name in numbers]
        names += [name for name in numbers if name not in names]
        if len(names) < 2:
            return []
        one, other = names[:2]
    at = frame[frame["horizon"] == month]
    at.attrs = frame.attrs
    try:
        found = phase_diagram.phase(at, one, other, column)
    except InputError as error:
        if asked is not None:
            raise
        console.say(f"no phase diagram: {str(error).removeprefix('phase: ')}", quiet)
        return []
    run_folder.inside(folder / "figures", folder)
    manifest = run_folder.read_manifest(folder)
    worlds = (" or ".join(manifest["worlds"]), str(manifest["against"]))
    titles = (
        phase_diagram.title_of(folder, manifest["worlds"]),
        phase_diagram.title_of(folder, [worlds[1]]),
    )
    source = (f"spillover, {manifest['design']} sweep of {manifest['points']} points, "
              f"{manifest['replicates']} replicates each")  # fmt: skip
    with style.styled():
        sheet = phase_diagram.figure(found, one, other, outcome, month, worlds, titles, source)
        return phase_diagram.save(sheet, folder / "figures", one, other, outcome)


def _plain(value: Any) -> Any:
    from analysis.experiments.effects import or_none

    if isinstance(value, float):
        return or_none(value)
    return value.item() if hasattr(value, "item") else value
