"""What the studies share: arms of their worlds, paired runs, intervals in words, pages.

Replicate r of every world of a study has the seed ``1 + r`` and the same constants, so that two
worlds differ by what the study varies and by what follows from it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from analysis.experiments import experiment
from analysis.experiments.effects import Values, interval
from analysis.experiments.experiment import Arm, Job, Observe, outcomes_at
from analysis.reports.markdown import probe, table, write
from model.core.errors import InputError
from model.economy import World
from model.measure.outcomes import OUTCOMES, unit_of_effect
from model.measure.run_folder import Refused
from model.scenario import load

__all__ = ["table"]
FIRMS = 300  # the same economy cut into fewer firms: effects keep, a run takes a second
HORIZONS = experiment.HORIZONS[1::2]  # the ends of 2024 and 2030


def arm(scenario: str, **changes: Any) -> Arm:
    """Return a scenario of ``FIRMS`` firms; ``changes`` are parameters as ``group__name``."""
    given = {"economy__firms": FIRMS, **changes}
    values = {}
    for name, value in given.items():
        group, _, entry = name.partition("__")
        values[group, entry] = value
    return Arm(load(scenario), values)


def runs(jobs: Sequence[Job], observe: Observe, workers: int) -> list[list[Any]]:
    """Return what is observed in each arm of each job; raises ``InputError`` where one fails."""
    found = []
    for result in experiment.run(jobs, observe, workers=workers):
        if not isinstance(result, list):
            raise InputError(result.message)
        found.append(result)
    return found


def outcomes(world: World) -> dict[str, Values]:
    """Run a world and return all outcomes at the horizons."""
    found = outcomes_at(world, HORIZONS)
    return {name: found[name] for name in OUTCOMES}


def measure_of(name: str) -> str:
    """Return what effects on an outcome are measured in."""
    return unit_of_effect(name)


def with_interval(values: Values, digits: int = 2) -> str:
    """Return a mean difference with its 95 % interval over replicates."""
    centre, low, high = interval(values)
    return f"{centre:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def beyond(values: Values, smallest: float) -> int:
    """Return the sign of a mean difference beyond random variation and of interest, else 0.

    Beyond random variation: the 95 % interval leaves zero out. Of interest: the mean is at least
    the smallest effect of interest.
    """
    centre, low, high = interval(values)
    if abs(centre) < smallest or not (low > 0.0 or high < 0.0):
        return 0
    return 1 if centre > 0.0 else -1


def share(value: float) -> str:
    """Return a share in per cent."""
    return f"{100.0 * value:.1f} %"


def start(module: str) -> None:
    """Run a study under its own name: workers import from there what it observes."""
    import_module(module).main()


def options(module: str, doc: str | None, replicates: int, least: int = 3) -> tuple[Namespace, str]:
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
    if given.page is not None:
        check_page(given.page, parser)
    command = f"python -m {module} --replicates {given.replicates}"
    return given, command + (f" --page {given.page}" if given.page else "")


def check_page(page: Path, parser: ArgumentParser) -> None:
    """End with a message where a page cannot be written, before a study computes it."""
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        probe(page)
    except (OSError, Refused) as error:
        parser.error(str(error))


def give(text: str, page: Path | None) -> None:
    """Print a page, or write it where asked."""
    if page is None:
        print(text)
        return
    page.parent.mkdir(parents=True, exist_ok=True)
    write(page, text)
