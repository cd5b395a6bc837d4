"""The command that draws parameters from their priors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import OFFERS, FirmsOption, Json, Quiet, Seed, Set, Until


def explore(
    a: Annotated[
        str, typer.Argument(help="the world to compare with", autocompletion=OFFERS["scenarios"])
    ],
    b: Annotated[
        str,
        typer.Argument(
            help="the world whose effect is asked for", autocompletion=OFFERS["scenarios"]
        ),
    ],
    set_: Set = None,
    draws: Annotated[int, typer.Option(help="draws of all parameters from their priors")] = 64,
    seed: Seed = 1,
    until: Until = None,
    firms: FirmsOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="processes; default: one a core")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="write the page (Markdown) here, anew if it is there")
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw all parameters from their priors and report the effect of B against A over them."""
    from analysis.experiments import priors
    from analysis.experiments.engines import cores
    from analysis.reports import markdown as pages
    from commands import console
    from commands.run import load_world
    from model.core.errors import InputError
    from model.economy import checked_seed

    worlds = load_world(a, set_, until, firms), load_world(b, set_, until, firms)
    checked_seed(seed)
    if not 2 <= draws <= 100_000:
        raise InputError(f"--draws must be from 2 to 100000, got {draws}; a good value is 200")
    with console.progress("draws", quiet) as tick:
        found = priors.explore(
            *worlds, draws=draws, seed=seed, workers=workers or cores(), each=tick
        )
    command = f"spillover explore {a} {b} --draws {draws}"
    command += "" if seed == 1 else f" --seed {seed}"
    command += "" if firms is None else f" --firms {firms}"
    command += "" if until is None else f" --until {until}"
    command += "".join(f" --set {text}" for text in set_ or ())
    text = pages.markdown(found, command + (f" --page {page}" if page else ""))
    if page is not None:
        pages.write(page, text)
        console.say(f"written to {page}", quiet)
    if json_:
        console.as_json(pages.as_json(found))
    else:
        console.data(text)
