"""The command that puts the model beside the record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import FirmsOption, Json, Quiet, Seed, Set

FEW, MANY = 8, 64  # draws


def validate(
    draws: Annotated[
        str,
        typer.Option(
            metavar="default|prior",
            help="default: parameters at their defaults, a seed a draw; prior: draws of the priors",
        ),
    ] = "default",
    targets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="file of the form of seeds/targets.toml; default: that file"
        ),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(help="draws; default: 8, with --draws prior 64")
    ] = None,
    firms: FirmsOption = None,
    set_: Set = None,
    seed: Seed = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="processes; default: one a core")
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put the model beside the record to the end of 2024.

    A target is inside where the model's median lies in its band.
    """
    from analysis.experiments.worker_pool import cores
    from analysis.reports import scorecard
    from analysis.validation import targets as record
    from analysis.validation.validate import DRAWS, as_plain
    from analysis.validation.validate import validate as run
    from commands import console
    from commands.run import load_world
    from model.core.errors import InputError, near, shown
    from model.economy import checked_seed

    if draws not in DRAWS:
        raise InputError(f"--draws must be default or prior, got {shown(draws)}; "
                         f"{near(draws, DRAWS)}")  # fmt: skip
    number = replicates if replicates is not None else FEW if draws == "default" else MANY
    if not 1 <= number <= 100_000:
        good = FEW if draws == "default" else MANY
        raise InputError(f"--replicates must be from 1 to 100000, got {number}; "
                         f"a good value is {good}")  # fmt: skip
    checked_seed(seed)
    chosen = record.standard() if targets is None else record.read(targets)
    worlds = {name: load_world(name, set_, None, firms) for name in chosen.worlds}
    with console.progress("draws", quiet) as tick:
        card = run(
            chosen, worlds, draws=draws, replicates=number, seed=seed,
            workers=workers or cores(), each=tick,
        )  # fmt: skip
    plain = as_plain(card)
    if json_:
        console.as_json(plain)
        return
    for line in scorecard.lines(plain):
        console.data(console.line(line))
