"""The page of all commands and options, from the records that typer keeps of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

HEAD = """\
# Command line

`spillover COMMAND --help` prints the same in a terminal. Data goes to standard output, messages go
to standard error; see [exit codes](exit-codes.md). Built by `make docs`.
"""


def markdown(application: typer.Typer) -> str:
    """Return the page of an application: a part for each command, a row for each parameter."""
    import typer

    group: Any = typer.main.get_command(application)
    lines = [HEAD]
    for name, command in group.commands.items():
        lines += [f"## `spillover {name}`", "", sentence(command.help), ""]
        lines += ["| parameter | default | what it is |", "|---|---|---|"]
        lines += [_row(parameter) for parameter in command.params]
        lines.append("")
    return "\n".join(lines)


def sentence(text: str) -> str:
    """Return a help text in one line, as a sentence."""
    line = " ".join((text or "").split())
    return f"{line[:1].upper()}{line[1:].removesuffix('.')}." if line else ""


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        many = " …" if parameter.nargs == -1 else ""
        name = f"`{parameter.metavar or parameter.name.upper()}`{many}"
    else:
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        flag = getattr(parameter, "is_flag", False)
        value = "" if flag else f" {parameter.metavar or _kind(parameter)}"
        name = f"`{names}{value}`"
    default = "required" if parameter.required else _default(parameter.default)
    cells = [name, default, sentence(parameter.help or "")]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    return {int: "N", float: "X", Path: "PATH"}.get(kind, "TEXT")


def _default(value: Any) -> str:
    if value is None or value is False or value == [] or callable(value):
        return "none"
    return f"`{value}`"
