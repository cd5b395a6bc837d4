"""What an idea, and what research, brings to its owner, to other firms and to users.

``python -m studies.social_returns --page docs/returns.md`` gives single firms an idea, or more
research, in pairs of one world. Sentences are made from the figures.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.experiments.effects import Estimate
from analysis.experiments.social_returns import TREATMENTS, Gains, as_words, measure, summary
from model.scenario import load
from studies.common import give, options, start, table

WORLD, MONTH, YEARS, DISCOUNT = "no_ban", "2021-01", 5.0, 0.05
IDEAS, TREATED = 10, 4
NAMES = ("private", "others", "users", "social", "ratio")
UNITS = {"idea": "USD million an idea", "research": "USD a dollar of research"}
SCALE = {"idea": 1e-6, "research": 1.0}
TITLES = {
    "idea": f"{IDEAS} ideas more, at once",
    "research": "One per cent more research, for a year",
}


def gains(treatment: str, replicates: int, workers: int) -> list[Gains]:
    """Return the gains of a treatment in all worlds."""
    return measure(
        load(WORLD),
        treatment=treatment,
        ideas=IDEAS if treatment == "idea" else 1,
        month=MONTH,
        years=YEARS,
        discount=DISCOUNT,
        firms=TREATED,
        replicates=replicates,
        workers=workers,
    )


def page(found: dict[str, list[Gains]], replicates: int, command: str) -> str:
    """Return the page."""
    lines = [
        "# Private and social returns",
        "",
        f"Made by `{command}`: `{WORLD}`, {replicates} worlds, {TREATED} firms of each kind, bloc "
        f"and size of cluster treated in each, one at a time, in {MONTH}. Gains are those of the "
        f"{YEARS:g} years from then on over the same world untreated, discounted at {DISCOUNT:.0%} "
        "a year.",
        "",
        "*Private* is profit of the treated firm, *others* that of all other firms and hosts "
        "(what it takes from them counts against), *users* their surplus, *social* the sum, "
        "*ratio* social over private. Large clusters are the largest of a bloc that hold half of "
        "its researchers. Value ± standard error; in brackets: undetermined, since the error is "
        "above a fifth of the value. Bloom, Schankerman and Van Reenen (2013) measure a ratio of "
        "2 to 4 among listed firms of the United States.",
        "",
    ]
    for treatment, every in found.items():
        rows = summary([_scaled(gain, SCALE[treatment]) for gain in every])
        lines += [f"## {TITLES[treatment]}", "", f"{UNITS[treatment]}.", ""]
        lines += table(["of", "pairs", *NAMES], [as_words(row, NAMES) for row in rows])
        lines += [_said(rows), ""]
    return "\n".join(lines)


def _scaled(gain: Gains, scale: float) -> Gains:
    private, others, users = (scale * x for x in (gain.private, gain.others, gain.users))
    return replace(gain, private=private, others=others, users=users)


def _said(rows: list[dict[str, object]]) -> str:
    # What stands out from noise, in words: of all pairs, and which groups.
    every = rows[0]
    said = []
    for name in NAMES:
        estimate = every[name]
        assert isinstance(estimate, Estimate)
        words = f"{estimate.value:.3g} ± {estimate.error:.2g}"
        said.append(f"{name} {words if estimate.determined else 'undetermined'}")
    clear = [
        f"{row['by']} {row['value']}"
        for row in rows[1:]
        if isinstance(row["ratio"], Estimate) and row["ratio"].determined
    ]
    groups = f"The ratio is determined for {', '.join(clear)}." if clear else (
        "The ratio is determined for no single kind, bloc or size of cluster."
    )  # fmt: skip
    return f"Over all pairs: {'; '.join(said)}. {groups}"


def main() -> None:
    """Treat, and print or write the page."""
    given, command = options("studies.social_returns", __doc__, 8, 2)
    found = {t: gains(t, given.replicates, given.workers) for t in TREATMENTS}
    give(page(found, given.replicates, command), given.page)


if __name__ == "__main__":
    start("studies.social_returns")
