r"""Release: labs release finished models, closed or with open weights.

A lab releases every finished model to users in the month of its completion. Whether it publishes
the weights is, by default, its recorded *habit* (open, mixed, closed, with the dates on which it
changed: ``seeds/labs.csv``; a mixed lab opens each model after a delay). ``open`` and ``closed``
force all labs of a bloc. Under ``choice`` a lab opens a model when

.. math:: k_c\, complement + k_t\, motive + k_d\, drawn > k_r\, rent,
          \qquad rent = \ln(1 + e^{3\, lead})/3,

Code: ``_weigh``

all in shares of the closed revenue that it could earn with the model. Products that the lab sells
beside models (chips, cloud, devices, advertising) gain when models are cheap (commoditised
complements: Lerner and Tirole 2002); openness attracts researchers, the more so the more research
counts for the lab; and open models attract ideas from developers (``drawn``: ideas contributed a
month over the lab's own discoveries). The rent of exclusivity rises with the lead in OOM over the
best alternative of others, open or closed, between -1 and 2: a rule that looks at open alternatives
alone would never open the first model. From a first month on, the lab reconsiders every month a
model that stayed closed: it opens the model late when others have caught up.

Choice is not the default, also after the record: what openness brings is a weight here and stands
in no account, so that under this rule nearly all labs open nearly everything, where most of the
leading ones on record did not.

Developers of a bloc contribute :math:`c_0 \sqrt{D}` ideas a month on average to the public pool of
algorithms, D millions of developers times their use of open lines: ideas that are within reach of
the best open model and not yet published in the bloc. There is no evidence for c₀.

Limits: all labs closed: the open-weights channel, inheritance and contributions are empty;
c₀ = 0: nobody contributes; k_r = 0: a lab that gains anything opens at once.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever
from model.core.randomness import address, at, key_of, poisson, uniform
from model.core.table import Floats
from model.state.codes import (
    ALGORITHMS,
    CLOSED,
    DEVELOPERS,
    HABITS,
    LINES,
    NEVER,
    NOTHING,
    OPEN,
    SEGMENTS,
    SMALL,
)
from model.state.fixed import Fixed
from model.state.knowledge import Model
from model.state.state import State

Policy = Literal["choice", "habit", "open", "closed"]
LOWEST_LEAD, HIGHEST_LEAD = -1.0, 2.0  # OOM; beyond them a lead changes nothing


class Release(Mechanism):
    """Release policies, and what labs gain by openness."""

    policy: Policy = lever(
        "habit", "name", source="seeds/labs.csv", claims="B1 B3 B4 B11", since="release", bare=True
    )
    """How labs in {bloc} release models: by choice, by each lab's habit, all open or all closed."""
    since: str = fact("", "month", lever=True)
    """Month (YYYY-MM) from which release policies hold; before it labs follow their habit; empty:
    the first reported month, so that paired runs share their prehistory."""
    delay: int = fact(12, "months", within=(1, 120), claims="B1")
    """Age at which a lab of mixed habit opens a model, and from which a lab under choice
    reconsiders every month a model that stayed closed."""
    complement: float = fact(0.08, "1", Uniform(0.0, 0.3), (0.0, 10.0), claims="B4 B6")
    """Gain k_c of openness, over closed revenue, to a lab whose owner sells much beside models."""
    talent: float = fact(0.08, "1", Uniform(0.0, 0.3), (0.0, 10.0), claims="B4 D8")
    """Gain k_t of openness in attracting researchers, over closed revenue, to a lab that values
    research alone."""
    drawing: float = fact(0.15, "1", Uniform(0.0, 0.5), (0.0, 10.0), claims="B2 B4")
    """Gain k_d of openness, over closed revenue, where developers contribute as many ideas as the
    lab discovers itself."""
    rent: float = fact(1.0, "1", Uniform(0.5, 2.0), (0.0, 10.0), claims="B4 B11")
    """Weight k_r of the rent of exclusivity that a lab gives up when it opens a model."""
    contributions: float = fact(
        0.1, "ideas/month", LogUniform(0.01, 1.0), (0.0, 20.0), kind="contested", claims="B1 B2"
    )
    """Ideas c0 that a million developers who work with open models contribute; no evidence."""
    small_lag: int = fact(1, "months", within=(0, 24), claims="B5")
    """Time from the opening of a model to its small version; some were run within hours."""


def release(fixed: Fixed, state: State) -> None:
    """Release the models finished this month; open models where openness pays or policy asks it.

    Reads ``labs.completed``, ``finished``, ``run_*``, ``habit_changes``, ``complement``,
    ``motive``, ``state.run_bits``, ``platforms.share``, ``segments.adopters``, ``knowledge.rate``.
    Writes ``labs.habit``, ``best_*``, ``open_capability``, ``models``, ``opened``,
    ``state.open_bits``, ``state.models``, ``state.opening``, ``platforms.quality``, ``flop``,
    ``blocs.contributed``, ``knowledge.pending``, ``first_month``, ``first_bloc``, ``words``.
    Labs are few and models rare, so that this phase is mostly written in Python.
    """
    labs = state.labs
    changes = labs.habit_changes == state.month
    labs.habit[changes] = labs.later_habit[changes]
    now, then = _open_use(fixed, state)
    _contribute(fixed, state, now)
    for lab in np.flatnonzero(labs.completed):
        base_lab = int(labs.run_base_lab[lab])
        model = Model(
            lab=int(lab),
            started=int(labs.run_start[lab]),
            released=state.month,
            opened=None,
            flop=float(labs.run_flop[lab]),
            chip_hours=float(labs.run_chip_hours[lab]),
            cost=float(labs.run_cost[lab]),
            algorithms=float(labs.run_knowledge[lab]),
            own=float(labs.finished_own[lab]),
            base=float(labs.run_base[lab]) if base_lab >= 0 else None,
            base_lab=base_lab if base_lab >= 0 else None,
            base_open=bool(labs.run_base_open[lab]) if base_lab >= 0 else None,
            capability=float(labs.finished[lab]),
        )
        state.models.append(model)
        labs.models[lab] += 1
        labs.best_own[lab] = max(labs.best_own[lab], model.own)
        labs.best_flop[lab] = max(labs.best_flop[lab], model.flop)
        labs.best_released[lab] = max(labs.best_released[lab], model.capability)
        state.opening.append((model, state.run_bits[lab].copy()))
        _offer(fixed, state, model, CLOSED)
    _open(fixed, state, then)
    state.released_by_month[state.month] = labs.best_released


def _open(fixed: Fixed, state: State, then: Floats) -> None:
    # A model that is no better than its maker's best open model is no longer considered.
    group, labs, waiting = fixed.of(Release), state.labs, []
    alternative, gain = np.zeros(labs.firm.size), np.zeros(labs.firm.size)
    knowledge = state.knowledge[ALGORITHMS].face
    given = (labs.face, state.blocs.face, knowledge, then, fixed.face(Release))
    _weigh(*given, alternative, gain)
    policies = fixed.by_bloc(Release, "policy", state.month)
    for model, bits in state.opening:
        lab, age = model.lab, state.month - model.released
        lead = min(HIGHEST_LEAD, max(LOWEST_LEAD, model.capability - alternative[lab]))
        rent = math.log1p(math.exp(3.0 * lead)) / 3.0
        if age == 0:
            model.gain, model.rent = float(gain[lab]), rent
        policy, decides = policies[labs.bloc[lab]], age == 0 or age >= group.delay
        if policy == "habit":
            habit = HABITS[int(labs.habit[lab])]
            opens = habit == "open" or (habit == "mixed" and age >= group.delay)
        elif policy == "choice":
            opens = decides and gain[lab] > group.rent * rent
        else:
            opens = policy == "open"
        if opens:
            model.opened = state.month
            labs.opened[lab] += 1
            _offer(fixed, state, model, OPEN)
            state.shrinking.append(model)
            if model.capability > labs.open_capability[lab]:
                labs.open_capability[lab] = model.capability
                state.open_bits[lab] = bits
        else:
            waiting.append((model, bits))
    state.opening[:] = [w for w in waiting if w[0].capability > labs.open_capability[w[0].lab]]
    for model in state.shrinking:
        if state.month - (model.opened or 0) >= group.small_lag:
            _offer(fixed, state, model, SMALL)
    state.shrinking[:] = [
        m for m in state.shrinking if state.month - (m.opened or 0) < group.small_lag
    ]


def _open_use(fixed: Fixed, state: State) -> tuple[Floats, Floats]:
    # Developers, millions, who work with open lines: now, by bloc; and if a lab opened its closed
    # line, by lab and bloc.
    developers = np.array([bloc.developers_2024 for bloc in fixed.inputs.blocs])
    now, then = np.zeros(developers.size), np.zeros((state.labs.firm.size, developers.size))
    _use(developers, state.platforms.face, state.segments.face, now, then)
    return now, then


@kernel
def _use(developers, platforms, segments, now, then):
    """Add up developers who work with open lines: now, and if a lab opened its closed line."""
    for b in range(developers.size):
        row = b * len(SEGMENTS) + DEVELOPERS
        for j in range(platforms.line.size):
            people = developers[b] * segments.adopters[row] * platforms.share[j, row]
            if platforms.line[j] != CLOSED:
                now[b] += people
            else:
                then[platforms.lab[j], b] += people
    for i in range(then.shape[0]):
        for b in range(developers.size):
            then[i, b] += now[b]


@kernel
def _weigh(labs, blocs, knowledge, then, release, alternative, gain):
    """Write the best alternative to each lab's models, OOM, and its gain of openness.

    The alternative is the best model of another lab that users in the lab's bloc may use; the gain
    is relative to closed revenue.
    """
    bloc, exchange = labs.bloc, blocs.exchange
    for i in range(bloc.size):
        alternative[i] = NOTHING
        for j in range(bloc.size):
            if j != i and exchange[bloc[i], bloc[j]] > 0.0:
                alternative[i] = max(alternative[i], labs.best_released[j])
        drawn = 0.0
        for b in range(exchange.shape[0]):
            drawn += release.contributions * math.sqrt(then[i, b]) * exchange[bloc[i], b]
        own = knowledge.rate[labs.member[i, ALGORITHMS]]
        share = min(1.0, drawn / own) if own > 0.0 else 0.0
        openness = release.complement * labs.complement[i] + release.talent * labs.motive[i]
        gain[i] = openness + release.drawing * share


def _contribute(fixed: Fixed, state: State, now: Floats) -> None:
    # Developers discover ideas in reach of the best open model; they appear in print next month.
    group, labs, blocs = fixed.of(Release), state.labs, state.blocs
    algorithms, shared = state.knowledge[ALGORITHMS].face, fixed.shared
    draws = address(fixed.seed, key_of("contributions"), state.month)
    affinity = address(fixed.seed, key_of("contributed"))
    reach = (shared.lab_window, shared.unique_ideas[ALGORITHMS])
    for b in range(blocs.ordinal.size):
        use = now[b] if group.contributions > 0.0 else 0.0
        blocs.contributed[b] = 0.0
        usable = (blocs.exchange[b, labs.bloc] > 0.0) & (labs.open_capability > NOTHING)
        if use <= 0.0 or not usable.any():
            continue
        rows = np.flatnonzero(usable)
        known = state.open_bits[rows[int(np.argmax(labs.open_capability[rows]))]]
        mean = group.contributions * math.sqrt(use)
        _find(draws, affinity, state.month, b, mean, known, *reach, blocs.face, algorithms)


@kernel
def _find(draws, affinity, month, bloc, mean, known, window, unique, blocs, knowledge):
    """Let developers of a bloc discover ideas in reach of the open model whose ideas are known."""
    pool, pending, first_month = knowledge.pool, knowledge.pending, knowledge.first_month
    later = (month + 1) % pending.shape[1]
    ordinal = np.uint64(blocs.ordinal[bloc])
    one, held = np.uint64(1), 0
    for n in range(first_month.size):
        if (known[n // 64] >> np.uint64(n % 64)) & one:
            held += 1
    count = poisson(uniform(at(draws, ordinal)), mean)
    for _ in range(count):
        best, highest = NEVER, np.uint64(0)
        for n in range(first_month.size if unique else min(first_month.size, held + window)):
            if unique and (best >= 0 or first_month[n] != NEVER):
                continue
            bit = one << np.uint64(n % 64)
            if (pool[bloc, n // 64] | pending[bloc, later, n // 64]) & bit:
                continue
            value = at(at(affinity, ordinal), np.uint64(n))
            if best < 0 or value > highest:
                best, highest = n, value
        if best < 0:
            break
        pending[bloc, later, best // 64] |= one << np.uint64(best % 64)
        blocs.contributed[bloc] += 1.0
        if first_month[best] < 0:
            first_month[best] = month
            knowledge.first_bloc[best] = bloc
            knowledge.words[0] = max(knowledge.words[0], best // 64 + 1)


def _offer(fixed: Fixed, state: State, model: Model, line: int) -> None:
    # Put a model on offer if it beats the present model of the line; nobody pays for a closed line
    # that is no better than its maker's open line.
    platforms, row = state.platforms, model.lab * len(LINES)
    loss = fixed.shared.small_loss if line == SMALL else 0.0
    if model.capability - loss > platforms.quality[row + line]:
        platforms.quality[row + line] = model.capability - loss
        platforms.flop[row + line] = math.log10(model.flop)
    if platforms.quality[row + CLOSED] <= platforms.quality[row + OPEN]:
        platforms.quality[row + CLOSED] = NOTHING
