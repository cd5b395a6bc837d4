"""The baseline, from which rates are normalised: resolved once and shared by paired runs.

The baseline has the structural parameters of the scenario and every lever at its default (no
controls, full exchange, labs release by habit). Its first month gives the reference sizes; then the
arrival rates A are solved so that the leader's best lab grows at the stated rate in each field over
the first three reported years; in products, where labs hold no ideas, the application firms of the
leading bloc, as a mean by researchers (the best firm is better the more firms divide the economy;
the mean is not). Solving uses a small economy (the labs and few other firms: growth does not depend
on how finely the rest is divided) and fixed seeds, independent of the seed of a run: a regression
over all runs so far says where the rates lie, and how well that is known. The solution is cached on
disk by the digest of parameters, tables and sources.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model.core import kept
from model.core.errors import InputError
from model.core.table import Floats
from model.mechanisms.chips.controls import controls
from model.mechanisms.chips.domestic import domestic
from model.mechanisms.chips.fleets import fleets
from model.mechanisms.chips.purchases import purchases
from model.mechanisms.chips.supply import supply
from model.mechanisms.ideas.density import Density
from model.mechanisms.ideas.density import references as densities
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

FIRST_SEED = 1001  # every run of a solution takes the next seed; none is the seed of a user's run
ROUNDS = (1, 1, 2, 4)  # runs of the first rounds; every further round has as many as the last
MOST_RUNS = 60
REVENUE_RUNS = 3  # from which what labs are expected to earn is known
REVENUE_FIRMS = 160  # in them: users pay, however finely firms divide the economy
LAST_ON_RECORD = "2024-12"
FIRMS = 400  # in the economy in which growth is solved, labs (at most 75) included
MONTHS = 36  # of reported time over which growth is measured
PRECISION = 0.03  # standard error of the logarithm of growth at the solution
ENOUGH_RUNS, ENOUGH = 20, 0.05  # in a world of much chance, as many runs and this error will do
NOISE, NOISE_WEIGHT = 0.085, 4.0  # of one run's log growth, known as well as from four runs
SLOPE, SLOPE_ERROR, LEAST_SLOPE = 0.35, 0.12, 0.05  # of log growth by log arrival, before a run
REACH = 1.0  # of log arrival, over which a run's weight falls by a factor of e
LONGEST_STEP = 2.0  # in log arrival, from one round to the next
FARTHEST = 6.0  # from the usual solution: growth that is not met there does not answer
LEAST_GROWTH = 0.02  # of the goal: what the logarithm takes for a run without growth
# Over draws of the priors: usual solutions, in log arrival relative to log of growth over size, at
# the usual strength of spillovers, and how they fall with the logarithm of that strength.
USUAL = np.array([-2.2, -1.5, -1.8])
USUAL_STRENGTH, FALL = 0.2, -0.8


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
    constants = replace(constants, arrival=_arrival(parameters))
    return replace(constants, revenue=expected_revenue(parameters, constants.arrival))


def expected_revenue(parameters: Parameters, arrival: Floats) -> dict[int, Floats] | None:
    """Return labs' smoothed revenue in the world with the ban, by bloc's place and month, to 2024.

    What labs have to spend is on record, and the record is that of a world with the ban: there
    revenue is what it is expected to be. It is the mean of three runs of a small economy. Of blocs
    that are copies of one another there is no record: they are expected to earn alike, without
    controls. Nothing where no lab's means follow revenue.
    """
    group, economy = parameters.budgets, parameters.economy
    if group.cash_flow == 0.0 and group.finance_response == 0.0:
        return None
    regime = "none" if economy.identical_blocs else "history"
    small = parameters.model_copy(
        update={
            "economy": economy.model_copy(update={"firms": REVENUE_FIRMS, "end": LAST_ON_RECORD}),
            "controls": parameters.controls.model_copy(update={"regime": regime}),
        }
    )
    found = kept.kept(f"revenue-{small.digest()}", lambda: _revenue(small, arrival))
    places = build(small, inputs_of(small), neutral_constants(), FIRST_SEED)[1].blocs.ordinal
    return {int(place): found[:, b] for b, place in enumerate(places)}


def _revenue(parameters: Parameters, arrival: Floats) -> Floats:
    inputs = inputs_of(parameters)
    constants = replace(references(parameters, inputs), arrival=arrival)
    runs = []
    for seed in range(FIRST_SEED, FIRST_SEED + REVENUE_RUNS):
        fixed, state = build(parameters, inputs, constants, seed)
        months = []
        while state.month < inputs.calendar.months:
            advance(fixed, state)
            close(state)
            labs = state.labs
            months.append(np.bincount(labs.bloc, labs.smoothed_revenue, len(inputs.blocs)))
        runs.append(months)
    mean: Floats = np.mean(runs, axis=0)
    if parameters.economy.identical_blocs:
        mean[:] = mean.mean(axis=1, keepdims=True)
    return mean


def references(parameters: Parameters, inputs: Inputs) -> Constants:
    """Return the reference sizes of a baseline at its first month (no arrival rates)."""
    fixed, state = build(parameters, inputs, neutral_constants(), seed=FIRST_SEED)
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
    crowded = densities(fixed.of(Density), state.clusters.researchers)
    return Constants(firms, team, compute, share, _bloc_share(fixed, state), np.zeros(len(FIELDS)),
                     infrastructure, cost, size, *crowded)  # fmt: skip


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
    return kept.kept(f"arrival-{small.digest()}", lambda: solve(small))


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


class _Runs:
    """Runs at trial arrival rates, and what they say of the rates that give the goal.

    Arrays are by field; the logarithm of arrival is per lab (products: per application firm).
    """

    def __init__(self, goal: Floats) -> None:
        self.goal = np.log(goal)
        self.trials: list[Floats] = []
        self.growths: list[Floats] = []
        self.ceiling = np.full(goal.size, np.inf)  # above, ideas of a month exceed the limits

    def add(self, trial: Floats, growth: Floats) -> None:
        least = LEAST_GROWTH * np.exp(self.goal)
        self.trials.append(trial)
        self.growths.append(np.log(np.maximum(growth, least)))

    def solution(self, field: int, near: float) -> tuple[float, float]:
        """Return log arrival that gives the goal, and the standard error of log growth there.

        A local regression of log growth on log arrival over all runs, weighted by nearness to
        where the goal is expected, with what is known of the slope and of the noise beforehand.
        """
        trials = np.array([trial[field] for trial in self.trials])
        growths = np.array([growth[field] for growth in self.growths])
        for _ in range(3):  # weights depend on the solution
            weights = np.exp(-np.abs(trials - near) / REACH)
            design = np.column_stack([np.ones(trials.size), trials - near])
            slope_weight = (NOISE / SLOPE_ERROR) ** 2
            inverse = np.linalg.inv(
                design.T @ (weights[:, None] * design) + np.diag([1e-9, slope_weight])
            )
            level, slope = inverse @ (
                design.T @ (weights * growths) + np.array([0.0, slope_weight * SLOPE])
            )
            residual = growths - level - slope * (trials - near)
            step = (self.goal[field] - level) / max(slope, LEAST_SLOPE)
            step = float(np.clip(step, -LONGEST_STEP, LONGEST_STEP))
            here = np.array([1.0, step])
            noise = (NOISE_WEIGHT * NOISE**2 + weights @ residual**2) / (
                NOISE_WEIGHT + weights.sum()
            )
            error = math.sqrt(noise * float(here @ inverse @ here))
            near = min(near + step, self.ceiling[field] - 0.1)
        return near, error


def solve(parameters: Parameters) -> Floats:
    """Return the arrival rates, discoveries a year by field, that give the growth of parameters.

    Growth rises with arrival and saturates at the bound of the balanced path. One run's growth
    differs by 9 % from seed to seed, so that what is solved is a regression: rounds of runs, each
    with seeds of its own, at the rates that all runs so far point to, until the standard error of
    growth there is ``PRECISION`` in every field (``ENOUGH`` after ``ENOUGH_RUNS``). Raises
    ``InputError`` when a growth cannot be reached.
    """
    group = parameters.discovery
    constants = references(parameters, inputs_of(parameters))
    goal = np.array([group.growth(field) for field in range(len(FIELDS))])
    size = np.array([group.idea_size(field) for field in range(len(FIELDS))])
    wanted = goal > 0.0
    wanted[PRODUCTS] &= constants.firms[PRODUCTS, APPLICATION] > 0.0
    firms = constants.firms[:, LAB].copy()  # rates are of the whole field, in products of one firm
    firms[PRODUCTS] = 1.0
    strength = max(parameters.spillover.strength, 0.1 * USUAL_STRENGTH)
    usual = np.log(np.where(wanted, goal, 1.0) / size) + USUAL
    usual += FALL * math.log(strength / USUAL_STRENGTH)
    trial = usual.copy()
    runs = _Runs(np.where(wanted, goal, 1.0))
    seeds = itertools.count(FIRST_SEED)
    settled = np.zeros(goal.size, np.bool_)
    for number in itertools.chain(ROUNDS, itertools.repeat(ROUNDS[-1])):
        arrival = np.where(wanted, np.exp(trial) * firms, 0.0)
        there = replace(constants, arrival=arrival)
        for seed in itertools.islice(seeds, number):
            try:
                runs.add(trial, growth_of(parameters, there, [seed]))
            except InputError:  # more ideas in a month than its limits: the raised rates are high
                raised = trial > usual
                runs.ceiling = np.where(raised | ~raised.any(), trial, runs.ceiling)
                trial = np.where(raised | ~raised.any(), trial - 0.5, trial)
                break
        else:
            found = [runs.solution(field, trial[field]) for field in range(goal.size)]
            near = np.array([near for near, _ in found])
            error = np.array([error for _, error in found])
            precise = ENOUGH if len(runs.trials) >= ENOUGH_RUNS else PRECISION
            now = ~settled & (error <= precise) & (np.abs(near - trial) < REACH)
            # What is settled stays, so that a field does not feel how long another takes.
            trial = np.where(settled, trial, near)
            settled |= now
            if np.all(settled | ~wanted):
                return np.where(wanted, np.exp(trial) * firms, 0.0)
        far = np.abs(trial - usual) > FARTHEST
        if np.any(far & wanted) or len(runs.trials) > MOST_RUNS:
            break
    got = np.exp(runs.growths[-1]) if runs.growths else np.zeros(goal.size)
    raise InputError(
        "discovery: no arrival of ideas lets the leader's best lab grow by "
        f"{goal[0]:.3g} (algorithms) and {goal[1]:.3g} (systems) OOM a year and its application "
        f"firms by {goal[2]:.3g} (products) over the first years reported (reached {got[0]:.3g}, "
        f"{got[1]:.3g} and {got[2]:.3g}); good values are 0.45, 0.15 and 0.1, with "
        "spillover.strength 0.2"
    )
