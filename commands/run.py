"""Commands that run one world, and draw results."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import (
    OFFERS,
    FirmsOption,
    Json,
    Name,
    NoPlot,
    Out,
    Quiet,
    Seed,
    Set,
    Until,
    home,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.scenario import Scenario


def run(
    name: Name,
    set_: Set = None,
    seed: Seed = 1,
    until: Until = None,
    firms: FirmsOption = None,
    out: Out = Path("runs"),
    no_plot: NoPlot = False,
    strict: Annotated[bool, typer.Option("--strict", help="check accounts every month")] = False,
    threads: Annotated[int, typer.Option(min=1, max=256, help="threads inside the run")] = 1,
    events: Annotated[
        bool, typer.Option("--events", help="keep what every firm learned, not labs alone")
    ] = False,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one world: a summary, figures, a folder with everything."""
    from commands import console
    from model.economy import checked_seed
    from model.measure import run_folder
    from model.run import folder_of, result_of
    from model.run import run as run_world

    scenario = load_world(name, set_, until, firms)
    checked_seed(seed)
    check_out(out)
    folder = folder_of(scenario, seed, out)
    why = None
    if folder.exists():
        reuse(folder, scenario.parameters.digest(), quiet, events)
        tables = result_of(folder)
    else:
        run_folder.probe(folder)
        with console.progress("months", quiet) as tick:
            result = run_world(
                scenario,
                seed,
                threads=threads,
                strict=strict,
                events="all" if events else "labs",
                each=lambda world: tick(world.state.month, world.fixed.inputs.calendar.months),
            )
        tables = result.tables

        with race(folder, scenario.parameters.digest(), quiet, events):
            why = run_folder.write_run(
                folder, scenario, tables, result.about, None if no_plot else draw
            )
        say_of_figures(folder, quiet or no_plot or why is not None)
    from analysis.reports.terminal_tables import run_rows, summary_of_run

    summary = summary_of_run(tables)
    if json_:
        console.as_json({"schema_version": 1, "scenario": scenario.name, "seed": seed,
               "folder": str(folder), "outcomes": summary})  # fmt: skip
    else:
        console.table(*run_rows(summary))
    console.say(f"written to {folder}", quiet)
    undrawn([folder] if why is not None else [], why)


def draw(place: Path) -> None:
    """Draw all figures of a result's folder in it."""
    from analysis.figures.catalogue import figures_of

    figures_of(place, place / "figures")


def undrawn(folders: list[Path], why: str | None, again: str = "spillover plot") -> None:
    """End with a message where figures could not be drawn, though all else is there."""
    from commands import console

    if folders:
        console.message(f"figures could not be drawn ({why}); all else is kept; draw them with: "
                        f"{again} {' '.join(map(str, folders))}")  # fmt: skip
        raise typer.Exit(1)


def plot(
    folders: Annotated[
        list[Path], typer.Argument(help="folders of runs and comparisons", callback=home)
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="innovation, gap, compute, market, diffusion or channels (repeatable); "
            "default: all",
            autocompletion=OFFERS["figures"],
        ),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="write PDFs beside the PNG files")] = False,
    quiet: Quiet = False,
) -> None:
    """Draw the figures of results anew, in their folders."""
    from analysis.figures.catalogue import checked_kinds, figures_of
    from commands import console
    from model.core.errors import InputError
    from model.measure.run_folder import Refused

    kinds = checked_kinds(kind or ())
    odd = 0
    for folder in folders:
        try:
            paths = figures_of(folder, folder / "figures", kinds, pdf)
        except (InputError, Refused) as error:
            if len(folders) == 1:
                raise
            console.message(str(error))  # the others are drawn all the same
            odd += 1
            continue
        for path in paths:
            console.say(str(path), quiet)
        say_of_figures(folder, quiet)
    if odd:
        console.message(f"{odd} of {len(folders)} folders could not be drawn")
        raise typer.Exit(1)


def load_world(name: str, set_: list[str] | None, until: str | None, firms: int | None) -> Scenario:
    """Return a scenario with what options change; raises ``InputError``."""
    from model.scenario import load

    given = list(set_ or ())
    if until is not None:
        given.append(f'economy.end="{until}"')
    if firms is not None:
        given.append(f"economy.firms={firms}")
    return load(name, given)


def say_of_figures(folder: Path, quiet: bool) -> None:
    """Say which titles the figures of a result cannot show."""
    if not quiet:
        from analysis.figures.catalogue import remarks
        from commands import console

        for remark in remarks(folder):
            console.say(console.line(remark))


def check_out(out: Path) -> None:
    """Refuse what is no folder for results; raises ``InputError`` or ``Refused``."""
    from model.core.errors import InputError
    from model.measure.run_folder import Refused

    out.absolute()  # an error now where the current folder is gone, and not after all runs
    if str(out) in ("", "."):
        raise InputError("--out must name a folder, as in --out runs")
    if out.exists() and not out.is_dir():
        raise Refused(f"--out {out}: is a file, not a folder; results cannot be written there")


def reuse(folder: Path, digest: str, quiet: bool, events: bool = False) -> None:
    """Say that a result is there and is used again; raises ``Refused`` where it is another."""
    from commands import console
    from model.measure import run_folder
    from model.measure.run_folder import Refused

    manifest = run_folder.read_manifest(folder)
    if digest != manifest.get("digest"):
        raise Refused(f"{folder}: holds another result (its digest differs); give another --out")
    if events and manifest.get("events") != "all":
        raise Refused(f"{folder}: is complete, but keeps the events of labs only; "
                      "give another --out to keep those of all firms")  # fmt: skip
    console.say(f"{folder} is complete and is used again", quiet)


@contextmanager
def race(folder: Path, digest: str, quiet: bool, events: bool = False) -> Iterator[None]:
    """Write a result; another process that finished the same meanwhile is as good."""
    from model.measure.run_folder import Refused

    try:
        yield
    except Refused:
        if not folder.exists():
            raise
        reuse(folder, digest, quiet, events)
