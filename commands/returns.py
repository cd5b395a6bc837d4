"""The command that measures what an idea, or research, brings to its owner and to all."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.options import FirmsOption, Json, Name, Quiet, Seed, Set, Until


def returns(
    scenario: Name,
    set_: Set = None,
    of: Annotated[
        str, typer.Option(help="one firm gets: an idea, or one per cent more research for a year")
    ] = "idea",
    ideas: Annotated[int, typer.Option(help="ideas given at once; gains are per idea")] = 1,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="month of treatment")] = "2021-01",
    years: Annotated[float, typer.Option(help="horizon")] = 5.0,
    discount: Annotated[float, typer.Option(help="rate a year")] = 0.05,
    treated: Annotated[
        int, typer.Option(help="firms treated of each kind, bloc and size of cluster")
    ] = 4,
    replicates: Annotated[int, typer.Option(help="worlds")] = 4,
    seed: Seed = 1,
    until: Until = None,
    firms: FirmsOption = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure private and social returns: one firm is treated in a twin world."""
    from analysis.experiments import social_returns as analysis
    from commands import console
    from commands.run import load_world
    from model.economy import checked_seed

    world = load_world(scenario, set_, until, firms)
    with console.progress("twins", quiet) as tick:
        gains = analysis.measure(
            world,
            treatment=of,
            ideas=ideas,
            month=month,
            years=years,
            discount=discount,
            firms=treated,
            replicates=replicates,
            seed=checked_seed(seed),
            each=tick,
        )
    rows = analysis.summary(gains)
    if json_:
        console.as_json(
            {
                "schema_version": 1,
                "scenario": world.name,
                "of": of,
                "month": month,
                "years": years,
                "discount": discount,
                "rows": [analysis.as_plain(row) for row in rows],
            }
        )
        return
    unit = "USD an idea" if of == "idea" else "USD a dollar of research"
    console.data(f"{world.name}, {of}, {month} and {years:g} years, {discount:.0%} a year; {unit}")
    console.data()
    names = ("private", "others", "users", "social", "ratio")
    console.table(["of", "pairs", *names], [analysis.as_words(row, names) for row in rows])
    console.data()
    console.data("value ± standard error; in brackets: undetermined, the error is above a fifth")
