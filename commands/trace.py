"""Commands that attribute knowledge and capability to their sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Json, Quiet, home

if TYPE_CHECKING:
    from analysis.attribution.lineage import Ledger

Folder = Annotated[Path, typer.Argument(help="folder of a run", callback=home)]


def why(
    folder: Folder,
    bloc: Annotated[
        str | None, typer.Option(metavar="BLOC", help="one bloc; default: every bloc")
    ] = None,
    firm: Annotated[
        str | None, typer.Option(metavar="FIRM", help="one firm: name of a lab, or row")
    ] = None,
    json_: Json = False,
) -> None:
    """Attribute knowledge and capability to channels and sources."""
    from analysis.attribution import lineage
    from analysis.attribution import tables as texts
    from commands import console
    from model.core.errors import InputError
    from model.measure.run_folder import reading

    if bloc is not None and firm is not None:
        raise InputError("--bloc and --firm do not go together; give one of them")
    with reading(folder):
        ledger = lineage.read(folder)
        chosen: list[tuple[str, int | None]]
        if firm is not None:
            row = lineage.firm_row(ledger, firm)
            chosen = [(ledger.bloc(row), row)]
        elif bloc is not None:
            chosen = [(lineage.checked_bloc(ledger, bloc), None)]
        else:
            chosen = [(name, None) for name in ledger.blocs]
        accounts = [lineage.account(ledger, *one) for one in chosen]
        best = [lineage.capability(ledger, *one) for one in chosen]
    if json_:
        console.as_json({**_head(ledger), "before": ledger.before, "accounts": accounts,
                         "capability": [model for model in best if model is not None]})  # fmt: skip
        return
    if bloc is None and firm is None:
        tables = texts.overview(accounts)
    else:
        tables = texts.by_year(accounts[0], ledger.before)
    for title, columns, rows in tables:
        console.data(title)
        console.table(columns, rows)
        console.data()
    for (name, number), model in zip(chosen, best, strict=True):
        of = name if number is None else ledger.name(number)
        console.data(texts.capability_line(of, model))


def trace(
    folder: Folder,
    idea: Annotated[
        str | None, typer.Option(metavar="FIELD:N", help="the way of an idea, as algorithms:12")
    ] = None,
    firm: Annotated[
        str | None,
        typer.Option(metavar="FIRM", help="the sources of a firm: name of a lab, or row"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="what a model was built on, as 'DeepSeek 3'"),
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Trace an idea, a firm's sources, or a model's ancestors."""
    from analysis.attribution import lineage
    from analysis.attribution import tables as texts
    from commands import console
    from model.core.errors import InputError
    from model.measure.run_folder import reading

    if sum(word is not None for word in (idea, firm, model)) != 1:
        raise InputError("trace follows one thing: give one of --idea algorithms:0, --firm NAME, "
                         "--model NAME")  # fmt: skip
    with reading(folder):
        ledger = lineage.read(folder)
        content: dict[str, object]
        if idea is not None:
            path = lineage.path_of_idea(ledger, idea)
            if ledger.kept != "all":
                console.say("events of labs only are kept here: what other firms learned is not "
                            "listed; spillover run --events keeps all", quiet)  # fmt: skip
            content, tables = {"idea": path}, texts.way(path)
        elif firm is not None:
            sources = lineage.sources_of_firm(ledger, lineage.firm_row(ledger, firm))
            content, tables = {"firm": sources}, texts.sources(sources)
        else:
            chain = lineage.chain_of_model(ledger, model or "")
            content, tables = {"chain": chain}, texts.ancestors(chain)
    if json_:
        console.as_json({**_head(ledger), **content})
        return
    for number, (title, columns, rows) in enumerate(tables):
        if number:
            console.data()
        console.data(title)
        if rows:
            console.table(columns, rows)


def _head(ledger: Ledger) -> dict[str, object]:
    return {
        "schema_version": 1,
        "folder": str(ledger.folder),
        "scenario": ledger.about.get("scenario"),
        "seed": ledger.about.get("seed"),
        "events": ledger.kept,
    }
