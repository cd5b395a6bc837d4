"""The command that estimates treatment effects by paired runs."""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import OFFERS, FirmsOption, Json, NoPlot, Out, Quiet, Seed, Set, Until, home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.experiments.kept_pairs import KeptPairs
    from model.scenario import Scenario

MOST = 512  # replicates at which a sequential comparison ends by default


def compare(
    a: Annotated[
        str,
        typer.Argument(help="the world to compare with", autocompletion=OFFERS["scenarios"]),
    ],
    b: Annotated[
        list[str],
        typer.Argument(
            help="the worlds whose effects are wanted, each relative to A",
            autocompletion=OFFERS["scenarios"],
        ),
    ],
    set_: Set = None,
    replicates: Annotated[int, typer.Option(help="paired replicates (with --draws: draws)")] = 16,
    draws: Annotated[
        str | None,
        typer.Option(
            metavar="prior", help="also draw all parameters from their priors, a draw a replicate"
        ),
    ] = None,
    until_precise: Annotated[
        float | None,
        typer.Option(
            metavar="WIDTH",
            help="more replicates, twice as many at each look, until the 95 % interval of the "
            "scaled gap's effect is this wide (months)",
        ),
    ] = None,
    max_replicates: Annotated[
        int | None,
        typer.Option(help=f"with --until-precise: upper limit on replicates; default {MOST}"),
    ] = None,
    seed: Seed = 1,
    until: Until = None,
    firms: FirmsOption = None,
    out: Out = Path("runs"),
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="processes; default: one a core")
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(help="with --draws prior: write the page (Markdown) here", callback=home),
    ] = None,
    no_plot: NoPlot = False,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Paired runs: the treatment effect of each B relative to A.

    Both runs of a pair have common random numbers.
    """
    from analysis.experiments import comparison_folder, worker_pool
    from analysis.experiments.compare import check_comparable, compare_all
    from analysis.experiments.kept_pairs import kept_pairs
    from analysis.experiments.prior_draws import free_parameters
    from analysis.reports import markdown, prior_draws
    from commands import console
    from commands.run import check_out, load_world, race, reuse, say_of_figures, undrawn
    from model.economy import checked_seed
    from model.measure import run_folder
    from model.scenario import told_apart

    worlds = told_apart(load_world(name, set_, until, firms) for name in (a, *b))
    _check(worlds, replicates, draws, until_precise, max_replicates, page)
    checked_seed(seed)
    check_out(out)
    if page is not None:
        markdown.probe(page)
    most = max_replicates or max(MOST, replicates)
    how = "prior" if draws else ""
    number = replicates
    if until_precise is not None:
        how += f"{'-' if how else ''}width{until_precise:g}from{replicates}"
        number = most
    drawn = [str(name) for name in free_parameters(*worlds)] if draws else []
    folders = [
        comparison_folder.folder_of(worlds[0], w, number, seed, out, how, drawn) for w in worlds[1:]
    ]
    digests = [comparison_folder.digest_of(worlds[0], w, how, drawn) for w in worlds[1:]]
    missing = [k for k, folder in enumerate(folders) if not folder.exists()]
    if (until_precise is not None and missing) or page:  # they stop together; a page needs the runs
        missing = list(range(len(folders)))
    for k, folder in enumerate(folders):
        if folder.exists():
            reuse(folder, digests[k], quiet or k in missing)
    undone: dict[int, str] = {}
    if missing:
        for k in missing:
            check_comparable(worlds[0], worlds[1 + k])
            run_folder.probe(folders[k])
        run = [worlds[0], *(worlds[1 + k] for k in missing)]
        pairs = kept_pairs(run, replicates, seed, out, how, digests[0])
        if pairs.count():
            console.say(f"{pairs.count()} pairs of before are used again", quiet)
        with console.progress("replicates", quiet) as tick, _keeping(pairs):
            found = compare_all(
                run,
                replicates=replicates,
                seed=seed,
                workers=workers or worker_pool.cores(),
                draws=bool(draws),
                width=until_precise,
                most=most,
                each=tick,
                keeper=pairs,
            )
        for k, comparison in zip(missing, found, strict=True):
            if not folders[k].exists():
                with race(folders[k], digests[k], quiet):
                    why = comparison_folder.write(folders[k], comparison, not no_plot, how)
                    if why is not None:
                        undone[k] = why
                say_of_figures(folders[k], quiet or no_plot or k in undone)
        if page is not None:
            command = _command(a, b, replicates, seed, set_, until, firms, until_precise, page)
            markdown.write(page, prior_draws.markdown(found[0], command))
            console.say(f"written to {page}", quiet)
        pairs.remove()
    figures = [comparison_folder.read_effects(folder) for folder in folders]
    if json_:
        rows = [
            {**content, "folder": str(folder)}
            for content, folder in zip(figures, folders, strict=True)
        ]
        one = {"schema_version": 1, "comparisons": rows} if len(rows) > 1 else rows[0]
        console.as_json(one)
    else:
        for k, content in enumerate(figures):
            if k:
                console.data()
            _print(content)
    for folder in folders:
        console.say(f"written to {folder}", quiet)
    undrawn([folders[k] for k in undone], next(iter(undone.values()), None))


@contextmanager
def _keeping(pairs: KeptPairs) -> Iterator[None]:
    # Whatever stops a comparison, its user learns that the same command goes on.
    from commands import console
    from model.core.errors import InputError

    try:
        yield
    except InputError:
        raise
    except BaseException:
        if pairs.count():
            console.message(f"{pairs.count()} finished pairs are kept; the same command goes on")
        raise


def _command(
    a: str,
    b: list[str],
    replicates: int,
    seed: int,
    set_: list[str] | None,
    until: str | None,
    firms: int | None,
    width: float | None,
    page: Path,
) -> str:
    # The words that make a page; the number of workers does not change it.
    words = [f"spillover compare {a} {b[0]} --draws prior --replicates {replicates}"]
    words += [] if width is None else [f"--until-precise {width:g}"]
    words += [] if seed == 1 else [f"--seed {seed}"]
    words += [] if firms is None else [f"--firms {firms}"]
    words += [] if until is None else [f"--until {until}"]
    words += [f"--set {text}" for text in set_ or ()]
    return " ".join([*words, f"--page {page}"])


def _print(figures: dict[str, Any]) -> None:
    from analysis.experiments.imposers_cost import cost_sentence
    from analysis.reports.terminal_tables import compare_notes, compare_rows, number
    from commands import console

    count = figures["replicates"]
    head = f"{figures['b']} against {figures['a']}, {count} paired replicates, "
    head += "random variation only"
    if "parameters" in figures:
        head = (
            f"{figures['b']} against {figures['a']}, {count} pairs, each at its own prior draw of "
            f"{len(figures['parameters'])} parameters"
        )
    console.paragraph(head + "\n")
    console.table(*compare_rows(figures))
    for note in compare_notes(figures):
        console.paragraph(note)
    console.data()
    for sentence in figures["sentences"]:
        console.paragraph(sentence)
    console.paragraph(cost_sentence(figures))
    looks = figures.get("looks", [])
    if looks:
        widths = ", ".join(f"{look['replicates']}: {number(look['width'])}" for look in looks)
        console.paragraph(
            f"Width of the headline's interval at each look (replicates: width): {widths}"
        )


def _check(
    worlds: list[Scenario],
    replicates: int,
    draws: str | None,
    width: float | None,
    most: int | None,
    page: Path | None,
) -> None:
    from model.core.errors import InputError, shown

    if not 1 <= replicates <= 100_000:
        raise InputError(
            f"--replicates must be from 1 to 100000, got {replicates}; a good value is 16"
        )
    if draws not in (None, "prior"):
        raise InputError(
            f"--draws must be prior, got {shown(draws)}; without it, the seed alone varies"
        )
    if draws and replicates < 2:
        raise InputError(f"--replicates must be at least 2 with --draws prior, got {replicates}; "
                         "a good value is 64")  # fmt: skip
    if width is not None and not (math.isfinite(width) and width > 0.0):
        raise InputError(f"--until-precise must be a width above 0 in months, got {width}; "
                         "a good value is 1")  # fmt: skip
    if width is not None and replicates < 2:
        raise InputError(f"--replicates must be at least 2 with --until-precise, got {replicates}; "
                         "a good value is 16")  # fmt: skip
    if most is not None and width is None:
        raise InputError(f"--max-replicates {most}: goes with --until-precise WIDTH")
    if most is not None and not replicates <= most <= 100_000:
        raise InputError(f"--max-replicates must be from --replicates ({replicates}) to 100000, "
                         f"got {most}; a good value is {max(MOST, replicates)}")  # fmt: skip
    if page is not None and not draws:
        raise InputError(f"--page {page}: goes with --draws prior")
    if page is not None and len(worlds) > 2:
        raise InputError(f"--page {page}: is about one world relative to A; give one B")
    names = [world.name for world in worlds]
    twice = [name for name in dict.fromkeys(names[1:]) if names[1:].count(name) > 1]
    if twice:
        raise InputError(f"{twice[0]} is given twice; give each world once")
