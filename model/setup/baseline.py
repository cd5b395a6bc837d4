"""The baseline, from which rates are normalised: resolved once and shared by paired runs.

The baseline has the structural parameters of the scenario and every lever at its default (no
controls, full exchange, labs release by habit). Its first month gives the reference sizes; then the
arrival rates A are solved so that the leader's best lab grows at the stated rate in each field over
the first three reported years; in products, where labs hold no ideas, the application firms of the
leading bloc, as a mean by researchers (the best firm is better the more firms divide the economy;
the mean is not). Solving uses a small economy (the labs and few other firms: growth does not depend
on how finely the rest is divided) and several fixed seeds, independent of the seed of a run. The
solution is cached on disk by the digest of parameters, tables and sources.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.core.cache import cache_folder
from model.core.errors import InputError
from model.core.table import Floats
from model.mechanisms.chips.controls import controls
from model.mechanisms.chips.domestic import domestic
from model.mechanisms.chips.fleets import fleets
from model.mechanisms.chips.purchases import purchases
from model.mechanisms.chips.supply import supply
from model.mechanisms.people.places import normalised
from model.month import advance, close
from model.parameters import Parameters
from model.setup.initial_state import build, neutral_constants
from model.setup.inputs import inputs_of
from model.state.codes import APPLICATION, FIELDS, LAB, LAB_FIELDS, PRODUCTS
from model.state.fixed import Constants, Fixed
from model.state.inputs import Inputs
from model.state.knowledge import Knowledge
from model.state.state import State

SEEDS = tuple(range(1001, 1009))  # growth differs by 9 % between seeds; the mean of 8 by 3 %
FIRMS = 400  # in the economy in which growth is solved, labs (at most 75) included
MONTHS = 36  # of reported time over which growth is measured
TOLERANCE, LOOSE_TOLERANCE = 0.02, 0.05  # relative; random variation between seeds alone is 3 %
USUAL = np.array(
    [-1.87, -1.69, -1.09]
)  # usual solutions, in log_a relative to log of growth over size
USUAL_SLOPE, SLOPES = 0.3, (0.05, 1.5)  # of the logarithm of growth by that of arrival
LONGEST_STEP = 2.0
CLOSED_BRACKET = 0.002  # in the logarithm of the arrival rate
ROUNDS = 40


def resolve(parameters: Parameters) -> Constants:
    """Return the constants of the baseline of these parameters.

    Raises ``InputError`` when no arrival rate gives the growth of the parameters.
    """
    return _resolved(parameters.baseline().model_dump_json())


@lru_cache(maxsize=64)
def _resolved(text: str) -> Constants:
    parameters = Parameters.model_validate_json(text)
    inputs = inputs_of(parameters)
    constants = references(parameters, inputs)
    return replace(constants, arrival=_arrival(parameters))


def references(parameters: Parameters, inputs: Inputs) -> Constants:
    """Return the reference sizes of a baseline at its first month (no arrival rates)."""
    fixed, state = build(parameters, inputs, neutral_constants(), seed=SEEDS[0])
    for phase in (controls, supply, domestic, purchases, fleets):
        phase(fixed, state)
    shape = (len(FIELDS), 3)
    firms, team, compute, share = (np.zeros(shape) for _ in range(4))
    for field, knowledge in enumerate(state.knowledge):
        kinds = state.firms.kind[knowledge.row]
        active = state.firms.active[knowledge.row]
        for kind in range(3):
            rows = np.flatnonzero((kinds == kind) & active)
            if rows.size:
                firms[field, kind] = rows.size
                team[field, kind] = math.fsum(knowledge.team[rows]) / rows.size
                compute[field, kind] = math.fsum(knowledge.compute[rows]) / rows.size
        if field not in LAB_FIELDS:
            share[field] = firms[field]
            continue
        labs = firms[field, LAB] * team[field, LAB]
        if labs <= 0.0:
            raise InputError(
                "economy: no lab works on " + FIELDS[field] + " at the start of prehistory; "
                "raise economy.labs or change discovery.lab_systems_share"
            )
        share[field] = firms[field] * team[field] / labs
    infrastructure, cost, size = normalised(fixed, state)
    return Constants(firms, team, compute, share, _bloc_share(fixed, state), np.zeros(len(FIELDS)),
                     infrastructure, cost, size)  # fmt: skip


def _bloc_share(fixed: Fixed, state: State) -> Floats:
    # Shares of contacts at full exchange: nearness times researchers, by field, place and bloc.
    clusters = state.clusters
    number = clusters.key.size
    share = np.zeros((len(FIELDS), number, len(fixed.inputs.blocs)))
    for field, knowledge in enumerate(state.knowledge):
        place = state.firms.cluster[knowledge.row]
        people = [math.fsum(knowledge.team[place == c]) for c in range(number)]
        for c in range(number):
            for d in range(number):
                share[field, c, clusters.bloc[d]] += clusters.nearness[c, d] * people[d]
            total = math.fsum(share[field, c])
            share[field, c] /= total if total > 0.0 else 1.0  # no researcher works in the field
    return share


def _arrival(parameters: Parameters) -> Floats:
    # Neither the last month nor the number of firms of the run matters: a shorter run is the
    # beginning of a longer one, and more firms divide the same economy more finely.
    economy = parameters.economy
    calendar = economy.calendar()
    end = calendar.label(calendar.prehistory + MONTHS - 1)
    small = parameters.model_copy(
        update={"economy": economy.model_copy(update={"firms": FIRMS, "end": end})}
    )
    digest = small.digest()
    kept = cache_folder() / f"arrival-{digest[:24]}.json"
    try:
        return np.array(json.loads(kept.read_text()), np.float64)
    except (OSError, ValueError):
        solved = solve(small)
        _keep(kept, solved)
        return solved


def _keep(path: Path, values: Floats) -> None:
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(values.tolist(), file)
        os.replace(file.name, path)
    except OSError:
        pass  # the cache cannot be written: the next run solves again


def growth_of(parameters: Parameters, constants: Constants, seeds: Sequence[int]) -> Floats:
    """Return the growth by field, OOM (products: log quality) a year, mean over seeds.

    Growth of the leader's best lab; in products of the leader's application firms, as a mean by
    researchers; over all reported months of the calendar.
    """
    inputs = inputs_of(parameters)
    calendar = inputs.calendar
    leader = inputs.bloc_index(inputs.leader)
    total = np.zeros(len(FIELDS))
    for seed in seeds:
        fixed, state = build(parameters, inputs, constants, seed)
        while state.month < calendar.months:
            if state.month == calendar.prehistory:
                total -= _known(state, leader)
            advance(fixed, state)
            close(state)
        total += _known(state, leader)
    years = (calendar.months - calendar.prehistory) / 12.0
    return total / years / len(seeds)


def _known(state: State, leader: int) -> Floats:
    labs = np.flatnonzero(state.labs.bloc == leader)
    return np.array(
        [
            knowledge.level[state.labs.member[labs, field]].max()
            if field in LAB_FIELDS
            else _mean(knowledge, state.firms.bloc[knowledge.row] == leader)
            for field, knowledge in enumerate(state.knowledge)
        ]
    )


def _mean(knowledge: Knowledge, here: NDArray[np.bool_]) -> float:
    # Mean by researchers; over all blocs where the leader has no application firm.
    rows = np.flatnonzero(here) if here.any() else np.arange(here.size)
    people = math.fsum(knowledge.team[rows])
    return math.fsum(knowledge.team[rows] * knowledge.level[rows]) / people if people else 0.0


def _growth_or_too_fast(
    parameters: Parameters, constants: Constants, raised: NDArray[np.bool_]
) -> Floats:
    # A trial that exceeds the limits of a month means that the raised rates are too high.
    try:
        return growth_of(parameters, constants, SEEDS)
    except InputError:
        return np.where(raised | ~raised.any(), np.inf, 0.0)


def _next(
    log_a: Floats, growth: Floats, goal: Floats, before: Floats, low: Floats, high: Floats
) -> Floats:
    # The next trial, by field; ``before`` is replaced by the present trial.
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (growth - before[1]) / (log_a - before[0])
        slope = np.where(np.isfinite(slope), np.clip(slope, *SLOPES), USUAL_SLOPE)
    step = np.where(np.isfinite(growth), (goal - growth) / slope, np.sign(goal - growth))
    trial = log_a + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    inside = (low < trial) & (trial < high)
    middle = np.where(np.isfinite(low + high), (low + high) / 2.0, trial)
    before[0], before[1] = log_a, np.where(np.isfinite(growth), growth, np.nan)
    return np.where(inside, trial, middle)


def solve(parameters: Parameters) -> Floats:
    """Return the arrival rates, discoveries a year by field, that give the growth of parameters.

    Growth rises with arrival and saturates at the bound of the balanced path; each field is solved
    by secants on the logarithms, by bisection where these leave the bracket, all fields in the
    same runs. Ideas are discrete, so that a field also counts as solved when its bracket has closed
    within a looser tolerance. Raises ``InputError`` when a growth cannot be reached.
    """
    group = parameters.discovery
    constants = references(parameters, inputs_of(parameters))
    goal = np.array([group.growth(field) for field in range(len(FIELDS))])
    size = np.array([group.idea_size(field) for field in range(len(FIELDS))])
    wanted = goal > 0.0
    wanted[PRODUCTS] &= constants.firms[PRODUCTS, APPLICATION] > 0.0
    firms = constants.firms[:, LAB].copy()  # rates are of the whole field, in products of one firm
    firms[PRODUCTS] = 1.0
    low, high = np.full(goal.size, -np.inf), np.full(goal.size, np.inf)
    start = np.log(np.where(wanted, goal, 1.0) / size)
    log_a = start + USUAL
    before = np.full((2, goal.size), np.nan)  # log_a and the logarithm of growth, a round ago
    for _ in range(ROUNDS):
        arrival = np.where(wanted, np.exp(log_a) * firms, 0.0)
        got = _growth_or_too_fast(parameters, replace(constants, arrival=arrival), log_a > start)
        error = np.where(wanted, np.abs(got - goal), 0.0)
        closed = high - low < CLOSED_BRACKET
        solved = (error <= TOLERANCE * goal) | (closed & (error <= LOOSE_TOLERANCE * goal))
        if solved.all():
            return arrival
        short = got < goal
        low, high = np.where(short, log_a, low), np.where(short, high, log_a)
        low = np.where(closed, log_a - 0.5, low)  # another field has changed: reopen the bracket
        high = np.where(closed, log_a + 0.5, high)
        trial = _next(log_a, np.log(np.maximum(got, 1e-9)), np.log(np.where(wanted, goal, 1.0)),
                      before, low, high)  # fmt: skip
        if np.any(np.abs(trial[~solved]) > 25.0):
            break
        log_a = np.where(solved & ~closed, log_a, trial)
    raise InputError(
        "discovery: no arrival of ideas lets the leader's best lab grow by "
        f"{goal[0]:.3g} (algorithms) and {goal[1]:.3g} (systems) OOM a year and its application "
        f"firms by {goal[2]:.3g} (products) over the first years reported (reached {got[0]:.3g}, "
        f"{got[1]:.3g} and {got[2]:.3g}); good values are 0.45, 0.15 and 0.1, with "
        "spillover.strength 0.2"
    )
