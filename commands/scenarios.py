"""Commands about scenario files: list, show, check, begin a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import OFFERS, Json, Name, Quiet, Set, home

if TYPE_CHECKING:
    from model.scenario import Scenario


def scenarios(json_: Json = False) -> None:
    """List the built-in scenarios and those in this folder."""
    from commands import completion, console
    from model import scenario as files
    from model.core.errors import InputError

    rows = []
    here = {path.stem: path for path in completion.scenario_files(Path())}
    for name, path in {**here, **files.shipped()}.items():
        try:
            loaded = files.load(str(path))
        except InputError as error:
            console.say(f"left out: {console.line(str(error))}")
            continue
        parent = loaded.lineage[1] if len(loaded.lineage) > 1 else ""
        rows.append({"name": name, "parent": parent, "title": loaded.title})
    if json_:
        console.as_json({"schema_version": 1, "scenarios": rows})
    else:
        console.table(["scenario", "parent", "title"], [list(row.values()) for row in rows])


def show(
    name: Name,
    set_: Set = None,
    levers: Annotated[bool, typer.Option("--levers", help="only what can be decided")] = False,
    origin: Annotated[bool, typer.Option("--origin", help="where each value comes from")] = False,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            help="only what differs from this one",
            autocompletion=OFFERS["scenarios"],
        ),
    ] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="the dated acts, and which chip may go where when")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="BLOC",
            help="with --timeline: a bloc, or one tier of it as 'others tier 2'; "
            "default: the follower",
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Show a scenario's parameters with units, or its timeline."""
    from analysis.reports import parameters
    from commands import console
    from model.core.errors import InputError
    from model.scenario import load

    loaded = load(name, set_ or ())
    if to is not None and not timeline:
        raise InputError(f"--to {to}: goes with --timeline")
    if timeline:
        if levers or origin or diff is not None:
            raise InputError("--timeline does not go with --levers, --origin or --diff")
        _timeline(loaded, to, json_)
        return
    other = None if diff is None else load(diff)
    rows = parameters.parameters(loaded, other, levers)
    if json_:
        about = {} if other is None else {"other": parameters.head(other)}
        console.as_json({"schema_version": 1, **parameters.head(loaded), **about,
                         "parameters": rows})  # fmt: skip
        return
    console.say("\n".join(console.wrapped(f"{loaded.title}\n{' '.join(loaded.story.split())}\n")))
    names = None if other is None else (loaded.name, other.name)
    console.table(*parameters.as_table(rows, names, levers, origin, console.roomy()))
    if other is not None and not rows:
        console.say(f"no difference between {loaded.name} and {other.name}")


def _timeline(loaded: Scenario, to: str | None, json_: bool) -> None:
    from analysis.reports import parameters
    from commands import console

    acts = parameters.acts(loaded)
    if json_:
        changes = parameters.changes(loaded, to)
        console.as_json({"schema_version": 1, **parameters.head(loaded), "acts": acts,
                         "changes": changes})  # fmt: skip
        return
    changes = parameters.changes(loaded, to or loaded.parameters.economy.follower)
    console.say(f"{loaded.title}\n")
    console.table(
        ["announced", "effective", "until", "act", "kind", "actor", "targets", "terms", "title"],
        [
            [
                act["announced"],
                act["effective"],
                (act["ended"] or "") if act["in_force"] else "never",
                act["act"],
                act["kind"],
                act["actor"],
                ", ".join(act["targets"]),
                act["terms"],
                act["title"],
            ]
            for act in acts
        ],
    )
    rows = parameters.restricted(changes)
    console.data("")
    console.table(
        ["from", "to", "chip", "status", "why"],
        [[r["month"], r["destination"], r["chip"], r["status"], r["act"]] for r in rows],
    )
    if not rows:
        console.say("no rule binds any chip")


def check(
    files: Annotated[
        list[str],
        typer.Argument(help="files of scenarios and sweeps", autocompletion=OFFERS["files"]),
    ],
    json_: Json = False,
) -> None:
    """Check scenario and sweep files without running them."""
    from commands import console, scenario_files

    rows = []
    if any(file.endswith(".toml") for file in files):
        Path(files[0]).absolute()  # an error where the current folder is gone
    for row in scenario_files.check(files):
        rows.append(row)
        if not row["ok"]:
            console.message(row["message"])
        elif not json_:
            parent = f" (extends {row['parent']})" if row["parent"] else ""
            console.data(console.line(f"{row['file']}: ok: {row['title']}{parent}"))
    if json_:
        console.as_json({"schema_version": 1, "files": rows})
    if not all(row["ok"] for row in rows):
        raise typer.Exit(2)


def new(
    name: Annotated[str, typer.Argument(help="name of the scenario, without .toml")],
    parent: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SCENARIO",
            help="the world it starts from",
            autocompletion=OFFERS["scenarios"],
        ),
    ],
    out: Annotated[Path, typer.Option(help="folder of the file", callback=home)] = Path("."),
    quiet: Quiet = False,
) -> None:
    """Write a commented scenario file to edit."""
    from commands import console, scenario_files
    from model.measure.run_folder import Refused

    if out.exists() and not out.is_dir():
        raise Refused(f"--out {out}: is a file, not a folder")
    try:
        path = scenario_files.new(name, parent, out)
    except FileExistsError:
        raise Refused(f"{out / name}.toml: exists and is never overwritten; take another NAME "
                      "or another --out") from None  # fmt: skip
    except OSError as error:
        raise Refused(f"{out / name}.toml: cannot be written: {error.strerror}") from None
    console.data(str(path))
    console.say(f"next: edit it, then spillover check {path}", quiet)
