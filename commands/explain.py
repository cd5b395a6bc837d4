"""Commands that tell where knowledge and capability came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Json, Quiet

if TYPE_CHECKING:
    from analysis.attribution import Ledger

Folder = Annotated[Path, typer.Argument(help="folder of a run")]


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
    """Tell where knowledge and capability came from."""
    from analysis import attribution, console, explained
    from model.facts import InputError

    if bloc is not None and firm is not None:
        raise InputError("--bloc and --firm do not go together; give one of them")
    ledger = attribution.read(folder)
    chosen: list[tuple[str, int | None]]
    if firm is not None:
        row = attribution.firm_row(ledger, firm)
        chosen = [(ledger.bloc(row), row)]
    elif bloc is not None:
        chosen = [(attribution.checked_bloc(ledger, bloc), None)]
    else:
        chosen = [(name, None) for name in ledger.blocs]
    accounts = [attribution.account(ledger, *one) for one in chosen]
    best = [attribution.capability(ledger, *one) for one in chosen]
    if json_:
        console.as_json({**_head(ledger), "before": ledger.before, "accounts": accounts,
                         "capability": [model for model in best if model is not None]})  # fmt: skip
        return
    if bloc is None and firm is None:
        tables = explained.overview(accounts)
    else:
        tables = explained.by_year(accounts[0], ledger.before)
    for title, columns, rows in tables:
        console.data(title)
        console.table(columns, rows)
        console.data()
    for (name, number), model in zip(chosen, best, strict=True):
        of = name if number is None else ledger.name(number)
        console.data(explained.capability_line(of, model))


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
    """Follow an idea from firm to firm, a firm's sources, or a model's ancestors."""
    from analysis import attribution, console, explained
    from model.facts import InputError

    if sum(word is not None for word in (idea, firm, model)) != 1:
        raise InputError("trace follows one thing: give one of --idea algorithms:0, --firm NAME, "
                         "--model NAME")  # fmt: skip
    ledger = attribution.read(folder)
    content: dict[str, object]
    if idea is not None:
        path = attribution.path_of_idea(ledger, idea)
        if ledger.kept != "all":
            console.say("events of labs only are kept here: what other firms learned is not "
                        "listed; spillover run --events keeps all", quiet)  # fmt: skip
        content, tables = {"idea": path}, explained.way(path)
    elif firm is not None:
        sources = attribution.sources_of_firm(ledger, attribution.firm_row(ledger, firm))
        content, tables = {"firm": sources}, explained.sources(sources)
    else:
        chain = attribution.chain_of_model(ledger, model or "")
        content, tables = {"chain": chain}, explained.ancestors(chain)
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
