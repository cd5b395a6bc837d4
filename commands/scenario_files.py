"""Scenario files as users keep them: checked one by one, and begun from a commented template."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from analysis.experiments.plan import plan_of
from analysis.experiments.specification import is_specification
from analysis.experiments.specification import read as read_sweep
from analysis.reports.parameters import parameters, span
from model.core.errors import InputError, shown
from model.core.parameter import ParameterName
from model.core.toml import quoted
from model.parameters import GROUPS
from model.scenario import Scenario, find, load, shipped

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def check(files: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Check scenario files with all their parents, and sweeps; a row a file, refused or not."""
    for file in files:
        try:
            if is_specification(Path(file)):
                sweep, plan, _ = plan_of(read_sweep(Path(file)))
                yield {"file": file, "ok": True, "title": f"{sweep.title}: {plan.size} points",
                       "parent": sweep.base.name, "message": None}  # fmt: skip
                continue
            scenario = load(file, environment={})
        except InputError as error:
            yield {"file": file, "ok": False, "title": None, "parent": None, "message": str(error)}
        else:
            parent = scenario.lineage[1] if len(scenario.lineage) > 1 else None
            yield {"file": file, "ok": True, "title": scenario.title, "parent": parent,
                   "message": None}  # fmt: skip


def new(name: str, parent: str, folder: Path) -> Path:
    """Write a commented scenario file to edit, and return its path.

    Raises ``InputError`` for a bad name or parent, ``FileExistsError`` where the file is there.
    """
    taken = {known.casefold() for known in shipped()}
    if not NAME.fullmatch(name):
        good = NAME.search(Path(name.removesuffix(".toml")).name)
        raise InputError(
            "NAME must be 1 to 64 letters, digits, _ or -, a letter first (no folder, no .toml), "
            f"got {shown(name)}; a good value is {good[0] if good else 'my_ban'}"
        )
    if name.casefold() in taken:
        raise InputError(
            f"NAME must not be that of a built-in scenario ({', '.join(shipped())}), got {name!r}; "
            f"a good value is my_{name}"
        )
    path = folder / f"{name}.toml"
    if os.path.lexists(path):
        raise FileExistsError(path)
    try:
        scenario = load(parent, environment={})
    except InputError as error:
        raise InputError(f"--from: {error}") from None
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, template(name, scenario, _reference(parent, folder)))
    return path


def template(name: str, parent: Scenario, reference: str) -> str:
    """Return a scenario file that changes nothing yet: every parameter stands in a comment."""
    lines = [
        f"# {name}.toml: the same world as {parent.name}, but for what is written here.",
        "# To change a parameter, take away the # before its name and write another value. What",
        "# stays behind a # follows the parent. The values here are the parent's.",
        f"# Then: spillover check {name}.toml",
        f"#       spillover compare {parent.name} {name}",
        "",
        f"title = {quoted(name)}  # one line",
        'story = """',
        f"What would be different from {parent.name}, who decides it, and what do you expect?",
        '"""',
        f"extends = {quoted(reference)}",
        "claims = []  # what this world is for, as ids of claims",
    ]
    rows = parameters(parent)
    for group, kind in GROUPS.items():
        named = [(ParameterName.parse(row["parameter"]), row) for row in rows]
        inside = [(name, row) for (at, name), row in named if at == group]
        about = (kind.__doc__ or "").strip().split("\n")[0]
        lines += ["", "", f"# {about}", f"[{group}]"]
        for entry, row in sorted(inside, key=lambda pair: not pair[1]["lever"]):
            what = f"{row['meaning']} ({'a lever; ' if row['lever'] else ''}{span(row)})"
            lines += ["", *textwrap.wrap(what, 96, initial_indent="# ", subsequent_indent="# ")]
            lines += [f"#{entry} = {quoted(row['value'])}"]
    return "\n".join(lines) + "\n"


def _reference(parent: str, folder: Path) -> str:
    # How a file in this folder names its parent.
    path = find(parent)
    if path in {known.resolve() for known in shipped().values()}:
        return path.stem
    if path.parent == folder.resolve() and path.stem not in shipped():
        return path.stem
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return str(path)


def _write(path: Path, text: str) -> None:
    # Whole or not at all, and never over another file.
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(aside, 0o666 & ~mask)
        try:
            os.link(aside, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            os.rename(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
