"""The ``spillover`` command: parses, delegates, prints.

Nothing heavy is imported before the command is known. Data goes to standard output, all else to
standard error. Exit codes: 0 done, 1 some runs failed, 2 invalid input, 3 refused, 4 a check did
not hold, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.scenario import Scenario

app = typer.Typer(
    name="spillover",
    help="A laboratory for chip bans, open models and the spread of knowledge.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich alone would cost a tenth of a second
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[str, typer.Argument(help="name of a shipped scenario, or path of a file")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="GROUP.NAME=VALUE", help="change a parameter (repeatable)"),
]
Seed = Annotated[int, typer.Option(help="seed of the luck, from 0 up")]
Until = Annotated[str | None, typer.Option(metavar="YYYY-MM", help="last month")]
FirmsOption = Annotated[
    int | None, typer.Option(help="number of firms the economy is shared among")
]
Out = Annotated[Path, typer.Option(help="folder in which the result's folder is made")]
NoPlot = Annotated[bool, typer.Option("--no-plot", help="make no figures")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no messages, only data")]


@app.command()
def scenarios(json_: Json = False) -> None:
    """List the worlds that ship and those in this folder."""
    from model import scenario as files
    from model.facts import InputError

    rows = []
    here = {p.stem: p for p in sorted(Path.cwd().glob("*.toml")) if _is_scenario(p)}
    for name, path in {**here, **files.shipped()}.items():
        try:
            loaded = files.load(str(path))
        except InputError as error:
            _say(f"left out: {error}")
            continue
        parent = loaded.lineage[1] if len(loaded.lineage) > 1 else ""
        rows.append({"name": name, "parent": parent, "title": loaded.title})
    if json_:
        _json({"schema_version": 1, "scenarios": rows})
    else:
        _table(["scenario", "parent", "title"], [list(row.values()) for row in rows])


@app.command()
def show(
    name: Name,
    set_: Set = None,
    origin: Annotated[bool, typer.Option(help="tell where each value comes from")] = False,
    json_: Json = False,
) -> None:
    """Show the resolved parameters of a scenario, with units."""
    from model.scenario import FACTS, load

    loaded = load(name, set_ or ())
    values = loaded.parameters.model_dump()
    rows = [
        {
            "parameter": f"{group}.{entry}",
            "value": values[group][entry],
            "unit": record.unit,
            "kind": record.kind,
            "origin": loaded.origin.get(f"{group}.{entry}", "default"),
            "meaning": record.doc,
        }
        for (group, entry), record in FACTS.items()
    ]
    if json_:
        about = {"name": loaded.name, "title": loaded.title, "story": loaded.story,
                 "lineage": loaded.lineage, "claims": loaded.claims}  # fmt: skip
        _json({"schema_version": 1, **about, "parameters": rows})
        return
    _say(f"{loaded.title}\n{loaded.story}\n")
    columns = ["parameter", "value", "unit", "origin" if origin else "kind"]
    if not sys.stdout.isatty() or shutil.get_terminal_size().columns >= 110:
        columns.append("meaning")
    _table(columns, [[str(row[column]) for column in columns] for row in rows])


@app.command()
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
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one world: a summary, figures, a folder with everything."""
    from model import store
    from model.economy import checked_seed
    from model.run import folder_of, result_of
    from model.run import run as run_world

    scenario = _load(name, set_, until, firms)
    checked_seed(seed)
    _check_out(out)
    folder = folder_of(scenario, seed, out)
    if folder.exists():
        _reuse(folder, scenario.parameters.digest(), quiet)
        tables = result_of(folder)
    else:
        with _progress("months", quiet) as tick:
            result = run_world(
                scenario,
                seed,
                threads=threads,
                strict=strict,
                each=lambda state: tick(state.month, state.setting.calendar.months),
            )
        tables = result.tables

        def figures(place: Path) -> None:
            from analysis.figures import figures_of_run

            figures_of_run(place, place / "figures")

        with _race(folder, scenario.parameters.digest(), quiet):
            store.write_run(folder, scenario, tables, result.about, None if no_plot else figures)
    from analysis.tables import run_rows, summary_of_run

    summary = summary_of_run(tables)
    if json_:
        _json({"schema_version": 1, "scenario": scenario.name, "seed": seed,
               "folder": str(folder), "outcomes": summary})  # fmt: skip
    else:
        _table(*run_rows(summary))
    _say(f"written to {folder}", quiet)


@app.command()
def compare(
    a: Annotated[str, typer.Argument(help="the world to compare with")],
    b: Annotated[str, typer.Argument(help="the world whose effect is asked for")],
    set_: Set = None,
    replicates: Annotated[int, typer.Option(help="paired replicates")] = 16,
    seed: Seed = 1,
    until: Until = None,
    firms: FirmsOption = None,
    out: Out = Path("runs"),
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="processes; default: one a core")
    ] = None,
    no_plot: NoPlot = False,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run two worlds as twins and report the effect of B against A."""
    from analysis import compare as twins
    from analysis import results
    from analysis.tables import compare_rows
    from model.economy import checked_seed
    from model.facts import InputError

    worlds = _load(a, set_, until, firms), _load(b, set_, until, firms)
    checked_seed(seed)
    _check_out(out)
    if not 1 <= replicates <= 100_000:
        raise InputError(
            f"--replicates must be from 1 to 100000, got {replicates}; a good value is 16"
        )
    folder = results.folder_of(*worlds, replicates, seed, out)
    if folder.exists():
        _reuse(folder, results.digest_of(*worlds), quiet)
        figures = results.read_effects(folder)
    else:
        twins.check_comparable(*worlds)
        with _progress("runs", quiet) as tick:
            comparison = twins.compare(
                *worlds,
                replicates=replicates,
                seed=seed,
                workers=workers or os.cpu_count() or 1,
                each=tick,
            )
        figures = results.as_json(comparison)
        with _race(folder, results.digest_of(*worlds), quiet):
            results.write(folder, comparison, figures=not no_plot)
    if json_:
        _json({**figures, "folder": str(folder)})
    else:
        count = max(row["n"] for row in figures["outcomes"])
        typer.echo(f"{figures['b']} against {figures['a']}, {count} paired replicates, luck only\n")
        _table(*compare_rows(figures))
        typer.echo()
        for sentence in figures["sentences"]:
            typer.echo(sentence)
    _say(f"written to {folder}", quiet)


@app.command()
def plot(
    folders: Annotated[list[Path], typer.Argument(help="folders of runs and comparisons")],
    kind: Annotated[
        list[str] | None,
        typer.Option(help="innovation, gap, diffusion or channels (repeatable); default: all"),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Draw the figures of results anew, in their folders."""
    import pyarrow

    from model import store
    from model.store import Refused

    for folder in folders:
        holds = store.read_manifest(folder).get("kind")
        from analysis.figures import figures_of_comparison, figures_of_run

        makers = {"run": figures_of_run, "compare": figures_of_comparison}
        if holds not in makers:
            raise Refused(f"{folder}: holds no run and no comparison")
        try:
            paths = makers[holds](folder, folder / "figures", kind or ())
        except (OSError, KeyError, pyarrow.ArrowException) as error:
            raise Refused(f"{folder}: cannot be read or written: {error}") from None
        for path in paths:
            _say(str(path), quiet)


class Stopped(BaseException):
    """A signal asked to stop; carries the exit code."""


def main() -> NoReturn:
    """Run the command line; every expected failure is one message and an exit code."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        signal.signal(number, _stop_with(code))
    foreign = _foreign_model()
    if foreign:
        sys.exit(_message(foreign, 2))
    try:
        app()
    except Stopped as stop:
        sys.exit(_message("stopped; nothing half-written is left", stop.args[0]))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        sys.exit(_failed(error))
    finally:
        _flush()
    sys.exit(0)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_message(f"standard output cannot be written: {error.strerror}", 1))


def _foreign_model() -> str | None:
    # A file or folder named model that stands before ours on the path hides it.
    found = importlib.util.find_spec("model")
    origin = Path(found.origin) if found is not None and found.origin else None
    ours = Path(__file__).resolve().parent / "model" / "__init__.py"
    if origin is not None and origin.resolve() == ours:
        return None
    return f"{origin or 'a folder named model'} hides spillover's own; rename it or start elsewhere"


def _stop_with(code: int) -> Callable[[int, Any], NoReturn]:
    def stop(number: int, frame: Any) -> NoReturn:
        raise Stopped(code)

    return stop


def _failed(error: Exception) -> int:
    from model.facts import InputError

    if isinstance(error, InputError):
        return _message(str(error), 2)
    from model.store import Refused

    if isinstance(error, Refused):
        return _message(str(error), 3)
    from model.accounts import NotClosed

    if isinstance(error, NotClosed):
        return _message(str(error), 4)
    if isinstance(error, OSError) and error.filename is None:
        return _message(f"cannot write: {error.strerror}", 1)
    raise error


def _message(text: str, code: int) -> int:
    print(f"spillover: {text}", file=sys.stderr)
    return code


def _load(name: str, set_: list[str] | None, until: str | None, firms: int | None) -> Scenario:
    from model.scenario import load

    given = list(set_ or ())
    if until is not None:
        given.append(f'economy.end="{until}"')
    if firms is not None:
        given.append(f"economy.firms={firms}")
    return load(name, given)


def _check_out(out: Path) -> None:
    from model.facts import InputError
    from model.store import Refused

    if str(out) in ("", "."):
        raise InputError("--out must name a folder, as in --out runs")
    if out.exists() and not out.is_dir():
        raise Refused(f"--out {out}: is a file, not a folder; results cannot be written there")


def _is_scenario(path: Path) -> bool:
    import tomllib

    from model.scenario import GROUPS, HEADINGS, LARGEST_FILE

    try:
        if path.stat().st_size > LARGEST_FILE:
            return False
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    foreign = set(content) - {*HEADINGS, *GROUPS}
    return any(heading in content for heading in HEADINGS) and not foreign


def _reuse(folder: Path, digest: str, quiet: bool) -> None:
    from model import store
    from model.store import Refused

    manifest = store.read_manifest(folder)
    if digest != manifest.get("digest"):
        raise Refused(f"{folder}: holds another result (its digest differs); give another --out")
    _say(f"{folder} is complete and is used again", quiet)


@contextmanager
def _race(folder: Path, digest: str, quiet: bool) -> Iterator[None]:
    # Another process may have finished the same result meanwhile: theirs is as good.
    from model.store import Refused

    try:
        yield
    except Refused:
        if not folder.exists():
            raise
        _reuse(folder, digest, quiet)


def _say(text: str, quiet: bool = False) -> None:
    if not quiet:
        print(text, file=sys.stderr)


def _json(content: Any) -> None:
    import json

    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def _table(columns: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False)
    if not console.is_terminal:  # a file or a pipe has room
        console = Console(highlight=False, width=1000, no_color=True)
        console = Console(highlight=False, width=console.measure(table).maximum + 1, no_color=True)
    console.print(table)


@contextmanager
def _progress(unit: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    if quiet:
        yield lambda done, total: None
        return
    if not sys.stderr.isatty():
        yield lambda done, total: _progress_line(unit, done, total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn(unit),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with bar:
        task = bar.add_task(unit, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _progress_line(unit: str, done: int, total: int) -> None:
    # A line at every tenth of the way, for logs.
    if unit == "runs" and (done == 1 or done * 10 // total > (done - 1) * 10 // total):
        print(f"{done} of {total} {unit}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
