"""What the written sweeps share: worlds in the same luck, intervals in words, pages.

Replicate r of every world of a sweep has the seed ``1 + r`` and the same constants, so that two
worlds differ by what is swept and by what follows from it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from analysis.experiments.effects import Values, interval
from model.economy import World
from model.measure.outcomes import OUTCOMES, unit_of_effect
from model.state.fixed import Constants

FIRMS = 300  # the same economy cut into fewer firms: effects keep, a run takes a second
HORIZONS = ("2024-12", "2030-12")


def run(scenario: str, seed: int, constants: Constants | None, changes: Mapping[str, Any]) -> World:
    """Return a finished world; ``changes`` are parameters as ``group__name``."""
    given = {"economy__firms": FIRMS, **changes}
    return World(scenario, rng=seed, constants=constants, **given).run()


def at_horizons(world: World, series: Values) -> Values:
    """Return the values of a series at the horizons."""
    calendar = world.fixed.inputs.calendar
    months = [calendar.index(int(h[:4]), int(h[5:])) for h in HORIZONS]
    found: Values = np.asarray(series, np.float64)[months]
    return found


def outcomes(world: World) -> dict[str, Values]:
    """Return all outcomes of a finished world at the horizons."""
    found = world.outcomes()
    return {name: at_horizons(world, found[name]) for name in OUTCOMES}


def measure_of(name: str) -> str:
    """Return what effects on an outcome are measured in."""
    return unit_of_effect(name)


def told(values: Values, digits: int = 2) -> str:
    """Return a mean difference with its 95 % interval over replicates."""
    centre, low, high = interval(values)
    return f"{centre:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def beyond(values: Values, smallest: float) -> int:
    """Return the sign of a mean difference that is beyond luck and worth talking of, else 0.

    Beyond luck: the 95 % interval leaves zero out. Worth talking of: the mean is at least the
    smallest effect of interest.
    """
    centre, low, high = interval(values)
    if abs(centre) < smallest or not (low > 0.0 or high < 0.0):
        return 0
    return 1 if centre > 0.0 else -1


def share(value: float) -> str:
    """Return a share in per cent."""
    return f"{100.0 * value:.1f} %"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table as lines of Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def asked(module: str, doc: str | None, replicates: int, least: int = 3) -> tuple[Namespace, str]:
    """Read the options that pages have in common; returns them and the command to print.

    The number of processes does not change a figure, so that it does not stand in the command.
    """
    parser = ArgumentParser(prog=f"python -m {module}", description=(doc or "").partition("\n")[0])
    parser.add_argument("--replicates", type=int, default=replicates, help=f"at least {least}")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--page", type=Path, help="write the page here instead of printing it")
    given = parser.parse_args()
    for name, lowest, good in (("replicates", least, replicates), ("workers", 1, 2)):
        if (got := getattr(given, name)) < lowest:
            parser.error(f"--{name} must be at least {lowest}, got {got}; a good value is {good}")
    command = f"python -m {module} --replicates {given.replicates}"
    return given, command + (f" --page {given.page}" if given.page else "")


def spread(workers: int) -> ProcessPoolExecutor:
    """Return processes to share work among."""
    return ProcessPoolExecutor(workers, get_context("spawn"))


def give(text: str, page: Path | None) -> None:
    """Print a page, or write it where asked."""
    if page is None:
        print(text)
        return
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text + "\n", encoding="utf-8")
