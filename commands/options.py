"""Options that commands share, and what a shell offers for them on tab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable


def _offers(what: str) -> Callable[[str], list[tuple[str, str]]]:
    # What a shell offers on tab; the module is imported only when it asks.
    def offer(incomplete: str) -> list[tuple[str, str]]:
        from commands import completion

        found: list[tuple[str, str]] = getattr(completion, what)(incomplete)
        return found

    return offer


def home(parameter: typer.CallbackParam, value: Any) -> Any:
    """Return a path, or each of several, with ``~`` as a home folder; shells leave some as it is.

    Raises ``InputError`` where it is nobody's.
    """
    many = value if isinstance(value, list | tuple) else [value]
    if not any(str(path).startswith("~") for path in many):
        return value
    from model.core.place import expanded

    what = parameter.opts[0] if parameter.opts[0].startswith("-") else "folder"
    found = [expanded(path, what) for path in many]
    return found if isinstance(value, list | tuple) else found[0]


OFFERS = {what: _offers(what) for what in ("scenarios", "files", "overrides", "figures")}
VARY_CHANCE = "--replicates 4 or --vary chance=1:1000 varies it."
Name = Annotated[
    str,
    typer.Argument(
        help="name of a built-in scenario, or path of a file", autocompletion=OFFERS["scenarios"]
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="GROUP.NAME=VALUE",
        help="change a parameter (repeatable)",
        autocompletion=OFFERS["overrides"],
    ),
]
Seed = Annotated[int, typer.Option(help="random seed, from 0 up")]
Until = Annotated[str | None, typer.Option(metavar="YYYY-MM", help="last month")]
FirmsOption = Annotated[
    int | None, typer.Option(help="number of firms the economy is shared among")
]
Out = Annotated[
    Path, typer.Option(help="folder in which the result's folder is made", callback=home)
]
NoPlot = Annotated[bool, typer.Option("--no-plot", help="make no figures")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no messages, only data")]
