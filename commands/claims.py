"""The command that lists, shows and tests claims."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import Json, Quiet, Seed, Set, home

ACTIONS = ("list", "show", "test")
FULL, QUICK = 40, 8  # draws; at full depth one claim takes some five minutes on two cores


def claims(
    action: Annotated[str, typer.Argument(help="list, show or test")] = "list",
    identities: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="claims, as A1 C3")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="test all claims")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"test with {QUICK} draws instead of {FULL}")
    ] = False,
    draws: Annotated[int | None, typer.Option(help="prior draws")] = None,
    set_: Set = None,
    firms: Annotated[int, typer.Option(help="firms of the worlds of a test")] = 300,
    seed: Seed = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="processes; default: one a core")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="write the page (Markdown) of a test here", callback=home)
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """List, show or test the claims."""
    from analysis.claims.ledger import ledger
    from model.core.errors import InputError, near

    known = ledger()
    if action not in ACTIONS:
        raise InputError(f"no action {action!r}; {near(action, ACTIONS)}")
    chosen = {name: known.one(name) for name in identities or known.claims}
    if action != "list" and not identities and not (action == "test" and all_):
        more = " or --all" if action == "test" else ""
        raise InputError(f"claims {action} needs an id{more}; good ones are A1 and C3")
    if action == "list":
        _list(chosen, json_)
    elif action == "show":
        _show(chosen, json_)
    else:
        number = draws if draws is not None else QUICK if quick else FULL
        given = "--all" if all_ and not identities else " ".join(chosen)
        command = f"spillover claims test {given} --draws {number}"
        command += "" if seed == 1 else f" --seed {seed}"
        command += "".join(f" --set {text}" for text in set_ or ())
        command += f" --page {page}" if page else ""
        if number < 2:
            raise InputError(f"--draws must be at least 2, got {number}; a good value is {FULL}")
        _test(chosen, number, set_ or [], firms, seed, workers, page, command, json_, quiet)


def _plain(chosen: dict[str, Any]) -> dict[str, Any]:
    rows = [{"id": name, **claim.model_dump(by_alias=True)} for name, claim in chosen.items()]
    return {"schema_version": 1, "claims": rows}


def _list(chosen: dict[str, Any], json_: bool) -> None:
    from commands import console

    if json_:
        console.as_json(_plain(chosen))
        return
    rows = [
        [name, claim.side, ", ".join(claim.documents), claim.test, claim.says]
        for name, claim in chosen.items()
    ]
    console.table(["id", "side", "documents", "test", "says"], rows)


def _show(chosen: dict[str, Any], json_: bool) -> None:
    from analysis.claims.ledger import THEMES
    from commands import console

    if json_:
        console.as_json(_plain(chosen))
        return
    for name, claim in chosen.items():
        for line in _lines(name, claim, THEMES[claim.theme]):
            console.data(line)


def _lines(name: str, claim: Any, theme: str) -> list[str]:
    lines = [f"{name}  {theme}; {claim.side}; {', '.join(claim.documents)}", "", claim.says]
    if claim.facts:
        lines += ["", f"Facts: {claim.facts}"]
    lines += [f"Figure: {figure}" for figure in claim.figures]
    lines += ["", f"Carried by: {', '.join(claim.mechanisms)}",
              f"Parameters: {', '.join(claim.parameters)}"]  # fmt: skip
    if claim.test != "open":
        lines += [f"No verdict ({claim.test}): {claim.why}"]
    if claim.worlds:
        changes = [
            f"{world}" + "".join(f", {k} = {v}" for k, v in values.items())
            for world, values in zip(claim.worlds, (claim.base, claim.treated), strict=True)
        ]
        lines += ["", f"Experiment: {changes[1]}", f"against:    {changes[0]}"]
        lines += [f"Supported where {each.words()}" for each in claim.expects]
        lines += [f"Thought to hang on: {', '.join(claim.deciders)}"]
        lines += [f"Test it: spillover claims test {name}"]
    return [*lines, ""]


def _test(
    chosen: dict[str, Any],
    draws: int,
    changes: list[str],
    firms: int,
    seed: int,
    workers: int | None,
    page: Path | None,
    command: str,
    json_: bool,
    quiet: bool,
) -> None:
    from analysis.claims import report, verdicts
    from analysis.experiments.worker_pool import cores
    from analysis.reports import markdown as pages
    from commands import console
    from model.core.errors import InputError
    from model.economy import checked_seed

    if not any(claim.expects for claim in chosen.values()):
        name, claim = next(iter(chosen.items()))
        raise InputError(f"{name} cannot be tested: {claim.why}")
    if page is not None:
        pages.probe(page)
    with console.progress("draws", quiet) as tick:
        found = verdicts.test(
            chosen, draws=draws, firms=firms, seed=checked_seed(seed),
            workers=workers or cores(), changes=changes, each=tick,
        )  # fmt: skip
    if page is not None:
        text = report.markdown(chosen, found, command)
        pages.write(page, text)
        console.say(f"written to {page}", quiet)
    if json_:
        rows = [verdicts.as_plain(verdict) for verdict in found]
        console.as_json({"schema_version": 1, "seed": seed, "verdicts": rows})
        return
    console.table(
        ["id", "verdict", "supported", "contradicted", "draws", "goes with"],
        [
            [v.identity, v.verdict, f"{v.share:.0%}", f"{v.against:.0%}",
             f"{v.supported.size} of {v.asked}", v.decider or "-"]
            for v in found
        ],
    )  # fmt: skip
    for verdict in found:
        if text := verdicts.overturn(verdict):
            console.data(f"to disagree with {verdict.identity}: "
                         f"spillover claims test {verdict.identity} --set {text}")  # fmt: skip
