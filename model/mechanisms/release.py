"""Release: finished models go out, closed or with open weights.

Every finished model is released to users in its month. Whether others get its weights follows the
policy that the scenario states for the lab's bloc: ``habit`` keeps what the lab is known for
(open, mixed, closed: ``seeds/labs.csv``), ``open`` and ``closed`` force all labs of the bloc. A
mixed lab opens each model after a delay. The choice by rent and complement is not modelled yet.

Limits: everybody closed: the open-weights channel and inheritance are empty.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from model.facts import Mechanism, fact
from model.world import HABITS, Model, State

Policy = Literal["habit", "open", "closed"]
OPENNESS = "how labs release their models: by each lab's habit, or all open, or all closed"


class Release(Mechanism):
    """Policies of release."""

    leader: Policy = fact(
        "habit",
        unit="name",
        kind="choice",
        lever=True,
        claims=("B3", "B11"),
        source="seeds/labs.csv",
        doc="in the leading bloc, " + OPENNESS,
    )
    follower: Policy = fact(
        "habit",
        unit="name",
        kind="choice",
        lever=True,
        claims=("B3", "B4"),
        source="seeds/labs.csv",
        doc="in the following bloc, " + OPENNESS,
    )
    elsewhere: Policy = fact(
        "habit",
        unit="name",
        kind="choice",
        lever=True,
        claims=("B1",),
        source="seeds/labs.csv",
        doc="in all other blocs, " + OPENNESS,
    )
    since: str = fact(
        "",
        unit="month",
        kind="choice",
        lever=True,
        source="own",
        doc="month (YYYY-MM) from which these policies hold; before it every lab keeps its habit; "
        "empty: the first reported month, so that twins share their prehistory",
    )
    delay: int = fact(
        12,
        unit="months",
        kind="assumed",
        low=1,
        high=120,
        claims=("B1",),
        source="own",
        doc="time after which a lab of mixed habit opens a model",
    )


def release(state: State) -> None:
    """Release the models finished this month; open those whose time has come.

    Reads ``labs.completed``, ``finished``, ``run_*``, ``habit``, ``state.run_bits``. Writes
    ``labs.best_*``, ``open_capability``, ``models``, ``opened``, ``state.open_bits``,
    ``state.models``, ``state.opening``.
    Labs are few and models rare, so that this is the one phase written out in Python.
    """
    group, labs, setting = state.parameters.release, state.labs, state.setting
    policies: dict[str, Policy] = {setting.leader: group.leader, setting.follower: group.follower}
    for lab in np.flatnonzero(labs.completed):
        bloc = setting.blocs[int(labs.bloc[lab])].name
        policy = policies.get(bloc, group.elsewhere)
        if state.month < state.release_from:
            policy = "habit"
        habit = HABITS[int(labs.habit[lab])] if policy == "habit" else policy
        delay = {"open": 0, "mixed": group.delay}.get(habit)
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
        if delay is not None:
            state.opening.append((state.month + delay, model, state.run_bits[lab].copy()))
    _open_due(state)
    state.released_by_month[state.month] = labs.best_released


def _open_due(state: State) -> None:
    waiting = []
    for due, model, bits in state.opening:
        if due > state.month:
            waiting.append((due, model, bits))
            continue
        model.opened = state.month
        lab = model.lab
        state.labs.opened[lab] += 1
        if model.capability > state.labs.open_capability[lab]:
            state.labs.open_capability[lab] = model.capability
            state.open_bits[lab] = bits
    state.opening[:] = waiting
