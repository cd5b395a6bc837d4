"""Which outcomes change when a rule of the model is another one.

``python -m studies.rule_variants --page docs/alternatives.md`` runs the worlds with and without
the ban under every rule that can be chosen, one at a time, with common random numbers. Arrival
rates are solved anew for every rule, so that the leader's best lab grows alike at the start.
"""

from __future__ import annotations

from typing import get_args, get_origin

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Job
from model.measure.outcomes import CENSORED, OUTCOMES, difference
from model.parameters import FACTS, GROUPS
from model.scenario import load
from studies.common import (
    FIRMS,
    HORIZONS,
    arm,
    beyond,
    give,
    measure_of,
    options,
    outcomes,
    runs,
    start,
    table,
    with_interval,
)

FREE, BAN = "no_ban", "ban"
PLAIN = ("", "", "")
Rule = tuple[str, str, str]
SHOWN = ("gap", "scaled_gap", "frontier", "algorithms_follower")


def rules() -> list[Rule]:
    """Return what can be chosen beside the defaults, as (group, name, word)."""
    defaults = load(FREE).parameters
    found = []
    for group, kind in GROUPS.items():
        for name, field in kind.model_fields.items():
            words = get_args(field.annotation) if get_origin(field.annotation) else ()
            if words and all(isinstance(w, str) for w in words) and not FACTS[group, name].lever:
                default = getattr(getattr(defaults, group), name)
                found += [(group, name, word) for word in words if word != default]
    return found


def job(rule: Rule, seed: int) -> Job:
    """Return the worlds without and with the ban under a rule, whose baseline is solved anew."""
    group, name, word = rule
    changes = {f"{group}__{name}": word} if group else {}
    return Job(tuple(arm(world, **changes) for world in (FREE, BAN)), seed)


def _at_end(found: list[dict[str, dict[str, Values]]], world: str, name: str) -> Values:
    return np.array([each[world][name][-1] for each in found])


def page(found: dict[Rule, list[dict[str, dict[str, Values]]]], command: str) -> str:
    """Return the page."""
    replicates, year = len(found[PLAIN]), HORIZONS[-1][:4]
    lines = [
        "# Other rules, other outcomes",
        "",
        f"Made by `{command}`: `{BAN}` against `{FREE}`, {replicates} replicates, {FIRMS} "
        f"firms, end of {year}. Every rule that can be chosen, one at a time, all else at its "
        "default; arrival rates solved anew. A change is listed where its 95 % interval leaves "
        "zero out and its mean is at least the smallest effect of interest.",
        "",
        f"## The ban's effect, end of {year}",
        "",
    ]
    head = ["rule", *(f"{n.replace('_', ' ')}, {measure_of(n)}" for n in SHOWN)]
    rows = []
    for rule, values in found.items():
        effects = [
            difference(name, *(_at_end(values, world, name) for world in (FREE, BAN)))
            for name in SHOWN
        ]
        rows.append([_label(rule), *(with_interval(effect) for effect in effects)])
    lines += table(head, rows)
    lines += ["## What changes", ""]
    changes = []
    for rule, values in found.items():
        if rule == PLAIN:
            continue
        levels, effects = [], []
        for name in OUTCOMES:
            if name in CENSORED:
                continue
            least = OUTCOMES[name].smallest
            free, ban = (_at_end(values, world, name) for world in (FREE, BAN))
            free0, ban0 = (_at_end(found[PLAIN], world, name) for world in (FREE, BAN))
            if beyond(change := difference(name, free0, free), least):
                levels.append(f"{name.replace('_', ' ')} {with_interval(change)}")
            other = difference(name, free, ban) - difference(name, free0, ban0)
            if beyond(other, least):
                effects.append(f"{name.replace('_', ' ')} {with_interval(other)}")
        changes.append(
            [_label(rule), "; ".join(levels) or "nothing", "; ".join(effects) or "nothing"]
        )
    lines += table(["rule", f"levels without the ban, {year}", "effect of the ban"], changes)
    lines.append("Sums of money in % (100 times the logarithm of the ratio). Lags are left out.")
    return "\n".join(lines)


def _label(rule: Rule) -> str:
    group, name, word = rule
    return f"`{group}.{name} = {word}`" if group else "defaults"


def main() -> None:
    """Run the worlds, and print or write the page."""
    given, command = options("studies.rule_variants", __doc__, 16)
    every, number = (PLAIN, *rules()), given.replicates
    jobs = [job(rule, 1 + r) for rule in every for r in range(number)]
    pairs = [
        dict(zip((FREE, BAN), pair, strict=True)) for pair in runs(jobs, outcomes, given.workers)
    ]
    found = {rule: pairs[n * number : (n + 1) * number] for n, rule in enumerate(every)}
    give(page(found, command), given.page)


if __name__ == "__main__":
    start("studies.rule_variants")
