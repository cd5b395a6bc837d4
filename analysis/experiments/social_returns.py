r"""Private and social returns: a firm gets one more idea, or does one per cent more research.

A world runs to a month; from there on it runs once as it is and once for every chosen firm with
that firm treated, all with common random numbers. Gains are differences of flows over a horizon,
discounted to the month of treatment:

* *private*: profit of the treated firm (labs: earnings, serving paid; other firms: operating
  profit);
* *others*: profits of all other firms and hosts, where business stolen counts against;
* *users*: their surplus.

Social is the sum. The ratio of social to private (Bloom, Schankerman and Van Reenen 2013 measure
some 2 to 4) has a delete-one jackknife error over pairs. A figure whose standard error is above a
fifth of it is called undetermined: a model of firms that react has many small quakes, and one idea
is little.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from analysis.experiments.effects import Estimate, Values, mean_of, or_none, ratio_of
from analysis.experiments.experiment import Arm, Job, run, seed_of
from model.core.errors import InputError
from model.core.randomness import address, at, key_of
from model.economy import World
from model.mechanisms.ai.market import AiMarket
from model.month import advance, close
from model.scenario import Scenario
from model.state.codes import LAB
from model.state.fixed import Fixed
from model.state.inputs import parse_month
from model.state.state import State

TREATMENTS = ("idea", "research")
SIZES = ("large", "small")  # clusters: those that hold the larger half of a bloc's researchers
RESEARCH_MONTHS = 12  # over which a firm spends one per cent more


@dataclass(frozen=True)
class Gains:
    """What one treated firm brought, USD at the month of treatment, per idea or per USD spent."""

    replicate: int
    firm: int
    bloc: str
    cluster: str
    kind: str
    private: float
    others: float
    users: float


def measure(
    scenario: Scenario,
    *,
    treatment: str = "idea",
    ideas: int = 1,
    month: str = "2021-01",
    years: float = 5.0,
    discount: float = 0.05,
    firms: int = 4,
    replicates: int = 4,
    seed: int = 1,
    workers: int = 1,
    each: Callable[[int, int], None] | None = None,
) -> list[Gains]:
    """Treat ``firms`` firms of each kind, bloc and size of cluster in ``replicates`` worlds.

    Args:
        scenario: the world.
        treatment: ``idea``, or ``research`` (one per cent more for a year).
        ideas: given at once; gains are per idea, of research per USD of research more.
        month: month of treatment, YYYY-MM.
        years: horizon of the gains.
        discount: rate a year.
        firms: treated firms of each kind, bloc and size of cluster.
        replicates: worlds, each with a seed of its own (``experiment.seed_of``).
        seed: random seed.
        workers: worker processes; results do not depend on their number.
        each: called with worlds done and all.

    Raises:
        InputError: for a month or horizon outside the span, or what cannot be measured.
    """
    if treatment not in TREATMENTS:
        raise InputError(f"treatment must be one of {', '.join(TREATMENTS)}, got {treatment!r}")
    for name, value in (("ideas", ideas), ("firms", firms), ("replicates", replicates)):
        if value < 1:
            raise InputError(f"{name} must be at least 1, got {value}; a good value is 4")
    if not 0.0 <= discount < 1.0:
        raise InputError(f"discount must be from 0 to below 1, got {discount}; 0.05 is good")
    calendar = scenario.parameters.economy.calendar()
    start = calendar.index(*parse_month(month, "month", "returns"))
    stop = start + round(years * 12.0)
    if not calendar.prehistory <= start < stop <= calendar.months:
        raise InputError(
            f"month {month} and years {years:g} must lie in the reported span, "
            f"{calendar.label(calendar.prehistory)} to {calendar.label(calendar.months - 1)}; "
            "good values are 2021-01 and 5"
        )
    observe = partial(
        gains_of, treatment=treatment, ideas=ideas, start=start, stop=stop, discount=discount,
        firms=firms,
    )  # fmt: skip
    jobs = [Job((Arm(scenario),), seed_of(seed, r), replicate=r) for r in range(replicates)]
    found: list[Gains] = []
    for r, result in enumerate(run(jobs, observe, workers=workers, each=each)):
        if not isinstance(result, list):
            raise InputError(result.message)
        found += [replace(gain, replicate=r) for gain in result[0]]
    return found


def gains_of(
    world: World, treatment: str, ideas: int, start: int, stop: int, discount: float, firms: int
) -> list[Gains]:
    """Run a world to month ``start``, and from there on once for every treated firm."""
    fixed, state, found = world.fixed, world.state, []
    while state.month < start:
        advance(fixed, state)
        close(state)
    plain = _flows(fixed, copy.deepcopy(state), stop, discount)
    for firm, kind, size in _chosen(fixed, state, firms, treatment):
        treated = copy.deepcopy(state)
        done = _treat(treated, firm, treatment, ideas)
        flows = _flows(fixed, treated, stop, discount)
        per = float(ideas) if treatment == "idea" else flows.research - plain.research
        if done and per > 0.0:
            own = flows.firms[firm] - plain.firms[firm]
            rest = math.fsum(flows.firms - plain.firms) - own + flows.hosts - plain.hosts
            bloc = fixed.inputs.blocs[int(state.firms.bloc[firm])].name
            gained = (own / per, rest / per, (flows.users - plain.users) / per)
            found.append(Gains(0, firm, bloc, size, kind, *gained))
    return found


def summary(gains: list[Gains]) -> list[dict[str, object]]:
    """Return a row for all, each kind, bloc and size of cluster: estimates with their errors."""
    groups: dict[tuple[str, str], list[Gains]] = {("all", ""): gains}
    for field in ("kind", "bloc", "cluster"):
        for value in dict.fromkeys(str(getattr(gain, field)) for gain in gains):
            groups[field, value] = [g for g in gains if getattr(g, field) == value]
    rows: list[dict[str, object]] = []
    for (field, value), some in groups.items():
        private = np.array([g.private for g in some])
        others = np.array([g.others for g in some])
        users = np.array([g.users for g in some])
        row: dict[str, object] = {"by": field, "value": value, "pairs": len(some)}
        for name, values in (
            ("private", private),
            ("others", others),
            ("users", users),
            ("social", private + others + users),
        ):
            row[name] = mean_of(values)
        row["ratio"] = ratio_of(private + others + users, private)
        rows.append(row)
    return rows


def as_plain(row: dict[str, object]) -> dict[str, object]:
    """Return a row of the summary for JSON; undefined figures are None."""
    plain: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, Estimate):
            plain[name] = or_none(value.value)
            plain[f"{name}_error"] = or_none(value.error)
            plain[f"{name}_determined"] = value.determined
        else:
            plain[name] = value
    return plain


def as_words(row: dict[str, object], names: Sequence[str]) -> list[str]:
    """Return a row of the summary for print: value ± error, in brackets where undetermined."""
    words = [f"{row['by']} {row['value']}".strip(), str(row["pairs"])]
    for name in names:
        estimate = row[name]
        assert isinstance(estimate, Estimate)
        text = f"{estimate.value:.3g} ± {estimate.error:.2g}"
        if not math.isfinite(estimate.value):
            text = "-"
        words.append(text if estimate.determined or text == "-" else f"({text})")
    return words


@dataclass
class _Flows:
    firms: Values
    hosts: float
    users: float
    research: float


def _flows(fixed: Fixed, state: State, stop: int, discount: float) -> _Flows:
    # Discounted sums from the month of treatment to the horizon.
    total = _Flows(np.zeros(state.firms.key.size), 0.0, 0.0, 0.0)
    start, labs = state.month, state.labs
    while state.month < stop:
        if state.month == start + RESEARCH_MONTHS:
            labs.budget_factor[:] = 1.0
        advance(fixed, state)
        worth = (1.0 + discount) ** (-(state.month - start) / 12.0)
        np.add.at(total.firms, labs.firm, worth * (labs.revenue - labs.serving))
        table = state.applications
        np.add.at(total.firms, table.firm, worth * table.result)
        margin = fixed.of(AiMarket).host_margin
        total.hosts += worth * math.fsum(state.blocs.hosts) * margin / (1.0 + margin)
        total.users += worth * math.fsum(state.segments.surplus)
        total.research += worth * math.fsum(labs.budget)
        close(state)
    return total


def _chosen(fixed: Fixed, state: State, firms: int, treatment: str) -> list[tuple[int, str, str]]:
    # The firms of highest addressed rank of each kind, bloc and size of cluster.
    draws = address(fixed.seed, key_of("returns"))
    chosen = []
    people = np.bincount(state.firms.cluster, state.firms.researchers, state.clusters.key.size)
    for b in range(len(fixed.inputs.blocs)):
        places = np.flatnonzero(state.clusters.bloc == b)
        order = places[np.argsort(-people[places], kind="stable")]
        held = np.cumsum(people[order])
        half = {int(c) for c in order[: int(np.searchsorted(held, held[-1] / 2.0)) + 1]}
        for kind in ("lab",) if treatment == "research" else ("lab", "firm"):
            rows = np.flatnonzero(
                (state.firms.bloc == b)
                & state.firms.active
                & ((state.firms.kind == LAB) == (kind == "lab"))
            )
            for size in SIZES:
                here = [
                    f for f in rows if (int(state.firms.cluster[f]) in half) == (size == "large")
                ]
                here.sort(key=lambda f: -int(at(draws, state.firms.key[f])))
                chosen += [(int(f), kind, size) for f in here[:firms]]
    return chosen


def _treat(state: State, firm: int, treatment: str, ideas: int) -> bool:
    # Whether the firm could be treated: it lacks an idea of a field it works on, or is a lab.
    lab = int(state.firms.lab[firm])
    if treatment == "research":
        state.labs.budget_factor[lab] = 1.01
        return lab >= 0
    # The field a firm lives by: its last one (labs systems would be, so theirs is the first).
    for knowledge in state.knowledge if lab >= 0 else reversed(state.knowledge):
        m = int(knowledge.at[firm])
        if m < 0:
            continue
        given = 0
        for n in range(int(knowledge.count[m] + knowledge.window[m])):
            bit = np.uint64(1) << np.uint64(n % 64)
            if given < ideas and not knowledge.bits[m, n // 64] & bit:
                knowledge.bits[m, n // 64] |= bit
                knowledge.count[m] += 1
                knowledge.level[m] += knowledge.size[n]
                knowledge.holders[n, state.firms.bloc[firm]] += 1
                if knowledge.first_month[n] < 0:
                    knowledge.first_month[n] = state.month
                    knowledge.first_firm[n], knowledge.first_bloc[n] = firm, state.firms.bloc[firm]
                knowledge.words[0] = max(knowledge.words[0], n // 64 + 1)
                given += 1
        return given == ideas
    return False
