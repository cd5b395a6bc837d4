"""The command that checks the installation."""

from __future__ import annotations

from pathlib import Path

import typer

from commands.options import Json, Out


def doctor(out: Out = Path("runs"), json_: Json = False) -> None:
    """Check the installation: versions, cache, a small test run."""
    from dataclasses import asdict

    from commands import console
    from commands.self_test import examine

    found = []
    for finding in examine(out):
        found.append(finding)
        if not json_:
            console.data(f"{finding.state:8} {finding.name:12} {console.line(finding.text)}")
    if json_:
        console.as_json({"schema_version": 1, "findings": [asdict(one) for one in found]})
    wrong = [finding.name for finding in found if finding.state == "wrong"]
    if wrong:
        console.message(f"something is wrong: {', '.join(wrong)}")
        raise typer.Exit(4)
