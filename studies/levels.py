"""Levels that a reader will see, beside the record.

``python -m studies.levels --page docs/results/levels.md``: the world as it happened (``ban``) at
default parameters. For each level the model's path, median and 5 to 95 % over seeds, at the ends of
years, and under it what the record to 2024 says. Nothing is fitted here, and a level that is far
from the record stays on the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Job
from analysis.validation.history import ALL_SERIES
from model.economy import World
from studies.common import FIRMS, arm, give, options, runs, start, table

YEARS = (2018, 2020, 2022, 2023, 2024, 2027, 2030)
WORLD = "ban"
Rows = dict[tuple[str, str], Values]  # level and bloc: by year


class Level(NamedTuple):
    """A level: its series, what it is multiplied with, its blocs, and the record in words."""

    title: str
    unit: str
    series: str
    factor: float
    together: bool  # of the world; else of each bloc
    record: str


def yearly(series: str, title: str, record: str, together: bool = False) -> Level:
    """Return a level of money a month as USD bn a year."""
    return Level(title, "USD bn a year", series, 12e-9, together, record)


LEVELS = (
    Level("Capability of the best released model", "log10 FLOP, effective", "capability_released",
          1.0, False, "US over China, mean of 2024: 0.4 to 1.15; China over the allies: -0.7 to "
          "0.4 to May 2024, 0.1 to 1.1 from July (T1, T24)"),
    Level("Largest training run", "log10 FLOP", "training_compute", 1.0, False,
          "US 2020 23.5, 2022 24.4, 2023 and 2024 25.7; China 2024 25.4 (T6, T7)"),
    Level("Effective compute of labs' fleets", "exaFLOP/s", "fleet", 1e-18, False,
          "end of 2024, peak performance of whole fleets, clouds included: five US owners 4.2 "
          "million H100 equivalents, China 0.32 million bought legally (T25)"),
    Level("Domestic accelerators", "thousand H100 equivalents a year", "domestic_chip_output",
          12e-3, False, "China 2023 4 to 60, 2024 30 to 250 (T11)"),
    Level("Accelerators diverted", "thousand chips a year", "chips_diverted", 12e-3, False,
          "to China 2023 12.5, 2024 140 (T8)"),
    yearly("chip_spending", "Spending on accelerators", "the leading vendor's data-centre sales of "
           "2024 were about USD 100 bn (an input)", True),
    yearly("user_spending", "Spending of users on models", "2022 0.02 to 0.5, 2023 1.6 to 4.5, "
           "2024 6 to 15 (T12)", True),
    yearly("lab_revenue", "Revenue of labs", "as spending; the largest lab has 0.45 to 0.85 of it "
           "in 2024 (T30)"),
    yearly("research_budget", "Research budgets of labs", "research compute over revenue of "
           "leading labs in 2024: 0.8 to 3 (T32)"),
    yearly("lab_wages", "Wages of labs", "staff up to half of development cost"),
    Level("Wages over research budgets of labs", "share", "wage_share", 1.0, False,
          "below 1 in every year; 0.2 to 0.5 in 2024"),
    yearly("user_surplus", "Surplus of users", "US 2024: one survey says 97, so 40 to 200"),
    yearly("application_sales", "Sales of application firms", "they grow some 3 % a year", True),
    yearly("application_profit", "Profit of application firms", "no record is used", True),
    Level("Application firms", f"firms (of {FIRMS} in all at the start)", "application_firms", 1.0,
          True, "steady; each year 4 to 12 % enter and as many leave"),
    Level("Price of closed lines", "USD per million tokens", "price_closed", 1.0, True,
          "2020 60, March 2023 37.5, November 2023 15, August 2024 4.4 (T15)"),
    Level("Share of tokens on open models", "share", "open_use", 1.0, True,
          "2024: 0.03 to 0.4 (T13)"),
    Level("Share of spending on home models", "share", "home_use", 1.0, False,
          "China 2023 and 2024: above 0.85 (T36)"),
)  # fmt: skip
MEANS = ("price_closed", "open_use")  # of the blocs, where others are sums


def job(seed: int) -> Job:
    """Return the world as it happened, at one seed."""
    return Job((arm(WORLD),), seed)


def levels(world: World) -> Rows:
    """Run a world; return all levels at the ends of years."""
    record, calendar = world.run().record.series, world.fixed.inputs.calendar
    months = [calendar.index(year, 12) for year in YEARS]
    names = [bloc.name for bloc in world.fixed.inputs.blocs]
    wages, budgets = record["lab_wages"], record["research_budget"]
    series = {**record, "wage_share": wages / np.maximum(budgets, 1e-9)}
    found: Rows = {}
    for level in LEVELS:
        path = series[level.series]
        if level.unit.endswith("a year"):  # of the year, not of its last month
            path = np.array([path[m - 11 : m + 1].mean(axis=0) for m in months]) * level.factor
        else:
            path = path[months] * level.factor
        if level.together:
            over: Callable[..., Values] = np.nanmean if level.series in MEANS else np.nansum
            found[level.title, "world"] = over(path, axis=1)
        else:
            found |= {(level.title, name): path[:, b] for b, name in enumerate(names)}
    return found


def page(found: list[Rows], command: str) -> str:
    """Return the page."""
    lines = [
        "# Levels beside the record",
        "",
        f"Made by `{command}`: `{WORLD}` at default parameters, {len(found)} seeds, {FIRMS} firms, "
        "ends of years. Medians, and 5 to 95 % over seeds, which is random variation alone; how "
        "uncertain parameters are is not in it. `spillover validate` compares with every recorded "
        "figure.",
        "",
    ]
    for level in LEVELS:
        keys = [key for key in found[0] if key[0] == level.title]
        rows = [
            [bloc, *(_cell([one[title, bloc][y] for one in found]) for y in range(len(YEARS)))]
            for title, bloc in keys
        ]
        lines += [f"## {level.title}", "", f"In {level.unit}.", ""]
        lines += table(["", *map(str, YEARS)], rows)
        lines += [f"Record: {level.record}.", ""]
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    good = [value for value in values if math.isfinite(value)]
    if not good:
        return "none"
    low, middle, high = (_number(float(x)) for x in np.quantile(good, (0.05, 0.5, 0.95)))
    return f"{middle} ({low} to {high})"


def _number(value: float) -> str:
    # Three digits, and whole numbers from a thousand on.
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def main() -> None:
    """Run the seeds, and print or write the page."""
    given, command = options("studies.levels", __doc__, 10)
    unknown = {level.series for level in LEVELS} - set(ALL_SERIES) - {"wage_share"}
    assert not unknown, unknown
    jobs = [job(seed) for seed in range(1, given.replicates + 1)]
    found = [one for (one,) in runs(jobs, levels, given.workers)]
    give(page(found, command), given.page)


if __name__ == "__main__":
    start("studies.levels")
