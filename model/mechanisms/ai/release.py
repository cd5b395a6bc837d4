r"""Release: finished models go out, closed or with open weights.

Every finished model is released to users in its month. Whether others get its weights, a lab
chooses: it opens a model when

.. math:: k_c\, complement + k_t\, motive + k_d\, drawn > k_r\, rent,
          \qquad rent = \ln(1 + e^{3\, lead})/3,

all in shares of what it could earn with the model closed. What it sells beside models (chips,
cloud, devices, advertising) gains when models are cheap (commoditised complements: Lerner and
Tirole 2002); openness draws researchers, the more the more research counts for the lab; and open
models draw ideas from developers (``drawn``: ideas contributed a month over those the lab finds
itself). The rent of exclusivity rises with the lead in OOM over the best alternative of others,
open or closed, between -1 and 2: a rule that looks at open alternatives alone would never open the
first one. A model that stays closed is looked at again in every month from a first one on: it is
opened late when others have caught up with it.

``habit`` keeps what a lab is known for instead (open, mixed, closed: ``seeds/labs.csv``; a mixed
lab opens each model after a delay); ``open`` and ``closed`` force all labs of a bloc.

Developers of a bloc contribute :math:`c_0 \sqrt{D}` ideas a month on average to the public pool of
algorithms, D millions of developers times their use of open lines: ideas that are within reach of
the best open model and not in print in the bloc. There is no evidence for c₀.

Limits: everybody closed: the open-weights channel, inheritance and contributions are empty;
c₀ = 0: nobody contributes; k_r = 0: whoever gains anything opens at once.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever
from model.core.randomness import address, at, key_of, poisson, uniform
from model.core.table import Floats
from model.state.codes import CLOSED, HABITS, LINES, NEVER, NOTHING, OPEN, SEGMENTS, SMALL
from model.state.fixed import Fixed
from model.state.knowledge import Model
from model.state.state import State

Policy = Literal["choice", "habit", "open", "closed"]
LOWEST_LEAD, HIGHEST_LEAD = -1.0, 2.0  # OOM; beyond them a lead changes nothing


class Release(Mechanism):
    """Policies of release."""

    policy: Policy = lever(
        "choice", "name", source="seeds/labs.csv", claims="B1 B3 B4 B11", since="release", bare=True
    )
    """How labs in {bloc} release models: by choice, by each lab's habit, all open or all closed."""
    since: str = fact("", "month", lever=True)
    """Month (YYYY-MM) from which these policies hold; before it every lab chooses; empty: the
    first reported month, so that twins share their prehistory."""
    delay: int = fact(12, "months", within=(1, 120), claims="B1")
    """Time after which a lab of mixed habit opens a model, and from which a lab that chooses looks
    again at one that stayed closed."""
    complement: float = fact(0.08, "1", Uniform(0.0, 0.3), (0.0, 10.0), claims="B4 B6")
    """Gain k_c of openness through what a lab sells beside models, over closed revenue."""
    talent: float = fact(0.08, "1", Uniform(0.0, 0.3), (0.0, 10.0), claims="B4 D8")
    """Gain k_t of openness to a lab that lives for research, over closed revenue."""
    drawing: float = fact(0.15, "1", Uniform(0.0, 0.5), (0.0, 10.0), claims="B2 B4")
    """Gain k_d where developers contribute as many ideas as the lab finds itself."""
    rent: float = fact(1.0, "1", Uniform(0.5, 2.0), (0.0, 10.0), claims="B4 B11")
    """Weight k_r of the rent that openness gives up."""
    contributions: float = fact(
        0.1, "ideas/month", LogUniform(0.01, 1.0), (0.0, 20.0), kind="contested", claims="B1 B2"
    )
    """Ideas c0 contributed a month by a million developers on open models; no evidence."""
    small_lag: int = fact(1, "months", within=(0, 24), claims="B5")
    """Time after which an open model has a small version; people ran some within hours."""


def release(fixed: Fixed, state: State) -> None:
    """Release the models finished this month; open those whose time has come.

    Reads ``labs.completed``, ``finished``, ``run_*``, ``habit``, ``complement``, ``motive``,
    ``state.run_bits``, ``platforms.share``, ``segments.adopters``, ``knowledge.rate``. Writes
    ``labs.best_*``, ``open_capability``, ``models``, ``opened``, ``state.open_bits``,
    ``state.models``, ``state.opening``, ``platforms.quality``, ``flop``, ``blocs.contributed``,
    ``knowledge.pending``.
    Labs are few and models rare, so that this is the one phase written out in Python.
    """
    labs = state.labs
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
    # Open what is to be opened; what is no better than its maker's open model need not wait.
    group, labs, waiting = fixed.of(Release), state.labs, []
    alternative, gain = np.zeros(labs.firm.size), np.zeros(labs.firm.size)
    _weigh(
        labs.bloc,
        labs.best_released,
        state.blocs.exchange,
        labs.complement,
        labs.motive,
        state.knowledge[0].rate[labs.member[:, 0]],
        then,
        group.complement,
        group.talent,
        group.drawing,
        group.contributions,
        alternative,
        gain,
    )
    policies = fixed.by_bloc(Release, "policy", state.month)
    for model, bits in state.opening:
        lab, age = model.lab, state.month - model.released
        lead = min(HIGHEST_LEAD, max(LOWEST_LEAD, model.capability - alternative[lab]))
        rent = math.log1p(math.exp(3.0 * lead)) / 3.0
        if age == 0:
            model.gain, model.rent = float(gain[lab]), rent
        policy, looks = policies[labs.bloc[lab]], age == 0 or age >= group.delay
        if policy == "habit":
            habit = HABITS[int(labs.habit[lab])]
            opens = habit == "open" or (habit == "mixed" and age >= group.delay)
        elif policy == "choice":
            opens = looks and gain[lab] > group.rent * rent
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
    # Developers, millions, by bloc who work with open lines now, and by lab and bloc who would if
    # the lab opened its own.
    platforms, blocs = state.platforms, fixed.inputs.blocs
    developers = np.array([bloc.developers_2024 for bloc in blocs])
    now, then = np.zeros(len(blocs)), np.zeros((state.labs.firm.size, len(blocs)))
    _use(
        platforms.lab,
        platforms.line,
        platforms.share,
        state.segments.adopters,
        developers,
        len(SEGMENTS),
        now,
        then,
    )
    return now, then


@kernel
def _use(lab, line, share, adopters, developers, kinds, now, then):
    for b in range(developers.size):
        row = b * kinds + kinds - 1
        for j in range(lab.size):
            people = developers[b] * adopters[row] * share[j, row]
            if line[j] != CLOSED:
                now[b] += people
            else:
                then[lab[j], b] += people
    for i in range(then.shape[0]):
        for b in range(developers.size):
            then[i, b] += now[b]


@kernel
def _weigh(
    bloc, best, exchange, complement, motive, finds, use, by_complement, by_motive, drawing, each,
    alternative, gain,
):  # fmt: skip
    # The best model of another lab that users of a lab's bloc may have, OOM; what openness gives,
    # over what a model could earn closed.
    for i in range(bloc.size):
        alternative[i] = NOTHING
        for j in range(bloc.size):
            if j != i and exchange[bloc[i], bloc[j]] > 0.0:
                alternative[i] = max(alternative[i], best[j])
        drawn = 0.0
        for b in range(exchange.shape[0]):
            drawn += each * math.sqrt(use[i, b]) * exchange[bloc[i], b]
        share = min(1.0, drawn / finds[i]) if finds[i] > 0.0 else 0.0
        gain[i] = by_complement * complement[i] + by_motive * motive[i] + drawing * share


def _contribute(fixed: Fixed, state: State, now: Floats) -> None:
    # Developers find what is in reach of the best open model; it is in print in the next month.
    group, labs, algorithms = fixed.of(Release), state.labs, state.knowledge[0]
    luck = address(fixed.seed, key_of("contributions"), state.month)
    suits = address(fixed.seed, key_of("contributed"))
    window = fixed.shared.lab_window
    for b, ordinal in enumerate(state.blocs.ordinal):
        use = now[b] if group.contributions > 0.0 else 0.0
        state.blocs.contributed[b] = 0.0
        usable = (state.blocs.exchange[b, labs.bloc] > 0.0) & (labs.open_capability > NOTHING)
        if use <= 0.0 or not usable.any():
            continue
        rows = np.flatnonzero(usable)
        best = rows[int(np.argmax(labs.open_capability[rows]))]
        _find(
            luck,
            suits,
            np.uint64(ordinal),
            b,
            group.contributions * math.sqrt(use),
            state.month,
            window,
            state.open_bits[best],
            (state.month + 1) % algorithms.pending.shape[1],
            algorithms.pool,
            algorithms.pending,
            algorithms.words,
            algorithms.first_month,
            algorithms.first_bloc,
            state.blocs.contributed,
            fixed.shared.unique_ideas[0],
        )


@kernel
def _find(
    luck, suits, ordinal, bloc, mean, month, window, known, later, pool, pending, words,
    first_month, first_bloc, contributed, unique,
):  # fmt: skip
    one, held = np.uint64(1), 0
    for n in range(first_month.size):
        if (known[n // 64] >> np.uint64(n % 64)) & one:
            held += 1
    count = poisson(uniform(at(luck, ordinal)), mean)
    for _ in range(count):
        best, highest = NEVER, np.uint64(0)
        for n in range(first_month.size if unique else min(first_month.size, held + window)):
            if unique and (best >= 0 or first_month[n] != NEVER):
                continue
            bit = one << np.uint64(n % 64)
            if (pool[bloc, n // 64] | pending[bloc, later, n // 64]) & bit:
                continue
            value = at(at(suits, ordinal), np.uint64(n))
            if best < 0 or value > highest:
                best, highest = n, value
        if best < 0:
            break
        pending[bloc, later, best // 64] |= one << np.uint64(best % 64)
        contributed[bloc] += 1.0
        if first_month[best] < 0:
            first_month[best] = month
            first_bloc[best] = bloc
            words[0] = max(words[0], best // 64 + 1)


def _offer(fixed: Fixed, state: State, model: Model, line: int) -> None:
    # Put a model on offer if it beats what stands there; nobody pays for a closed line that is
    # no better than what its maker gives away.
    platforms, row = state.platforms, model.lab * len(LINES)
    loss = fixed.shared.small_loss if line == SMALL else 0.0
    if model.capability - loss > platforms.quality[row + line]:
        platforms.quality[row + line] = model.capability - loss
        platforms.flop[row + line] = math.log10(model.flop)
    if platforms.quality[row + CLOSED] <= platforms.quality[row + OPEN]:
        platforms.quality[row + CLOSED] = NOTHING
