r"""Training: a lab turns compute and ideas into a model.

A lab without a run starts one when its fleet exceeds a minimum and the run, at the present fleet
and with the ideas held now, would beat its own best model by at least a stated step. The length of
a run is random, with draws addressed by (lab, calendar month of its start): labs do not release in
step, and a run that one world delays has no say in how long all later runs are. Ideas are
frozen at the start; FLOP add up over the planned months. Capability is effective training compute
in orders of magnitude:

.. math:: own = \log_{10} FLOP + K_{alg}, \qquad
          uplift = \min(\chi, \log_{10}(1 + \rho \max(0, 10^{base - own} - 1))), \qquad
          capability = own + uplift

Code: ``_train``, ``capability_of``

``base`` is the best open model of *another* lab that the lab may use at the start or, where the
planned capability is higher with it, the best model that another lab had released some months
before, less a loss (distillation: outputs behind an API teach, but carry no ideas; querying takes a
share of the run's compute, and sellers can block it); a lab inherits nothing from its own earlier
models. ρ = 1 would give the base at most, ρ = 0 nothing; χ caps inheritance. One order of magnitude
of compute counts as much as one of algorithms by the definition of algorithmic progress as compute
saved (Ho et al. 2024).

Simplifications: a run starts for a stated step and not when its expected value pays, and shares of
the fleet for training, experiments and serving are fixed, since without users and revenue nothing
prices a run or an answer.

Limits: no base: ten times the FLOP is one OOM more; no fleet, no model.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from model.core.kernels import helper, kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.core.randomness import address, at, key_of, uniform
from model.core.table import Floats
from model.state.codes import ALGORITHMS, NOTHING
from model.state.fixed import Fixed
from model.state.state import State

SECONDS_A_MONTH = 365.25 * 86400.0 / 12.0


class Training(Mechanism):
    """Uses of fleets, start of runs, inheritance from open models, distillation."""

    fleet_share: float = fact(0.15, "share", Uniform(0.06, 0.25), (0.0, 1.0))
    """Share of a lab's fleet used for its training run; a tenth to three tenths of what research
    has, for most goes into experiments."""
    experiments_share: float = fact(0.4, "share", Uniform(0.3, 0.5), (0.0, 1.0))
    """Share of a lab's fleet used for experiments; the fleet that remains serves users."""
    rented_share: float = fact(0.05, "share", Uniform(0.01, 0.1), (0.0, 1.0))
    """Share of a lab's fleet rented to other firms of its bloc for experiments."""
    run_months: int = fact(4, "months", within=(1, 24), kind="estimated", source="epoch_models")
    """Mean planned length of a training run."""
    run_spread: float = fact(0.5, "share", Uniform(0.2, 0.6), (0.0, 1.0))
    """Half the range of lengths of training runs, over their mean length; at 0 all labs would
    release models in the same months."""
    write_off: int = fact(48, "months", within=(1, 240))
    """Time over which chips are written off in the cost of a training run."""
    step: float = fact(0.1, "OOM", Uniform(0.05, 0.3), (0.0, 3.0))
    """Least improvement on its own best model for which a lab starts a training run."""
    smallest_fleet: float = fact(1e12, "FLOP/s", within=(0.0, 1e20))
    """Least effective performance of a fleet with which a lab starts a training run."""
    inheritance_cap: float = fact(
        0.5, "OOM", Uniform(0.0, 1.2), (0.0, 5.0), kind="contested", claims="B3 B10 C4"
    )
    """Largest capability χ that a lab gains by building on the model of another lab."""
    inheritance: float = fact(
        0.5, "share", Uniform(0.0, 1.0), (0.0, 1.0), kind="contested", claims="B3 B10 C4"
    )
    """Share ρ of the distance to the model of another lab that a lab inherits by building on it."""

    distillation: bool = fact(True, "name", lever=True, claims="B10 C6", since="release")
    """Whether labs may learn from the outputs of other labs' closed models (distillation)."""
    distillation_blocked: float = fact(
        0.0, "share", within=(0.0, 1.0), lever=True, claims="B10", since="release"
    )
    """Share of pairs of labs of different blocs in which the seller blocks distillation."""
    distillation_loss: float = fact(
        0.5, "OOM", Uniform(0.1, 1.5), (0.0, 10.0), kind="contested", claims="B10 C6"
    )
    """Capability lost when a lab copies a closed model through its outputs."""
    distillation_lag: int = fact(3, "months", within=(0, 60), claims="B10")
    """Age at which a closed model can be copied through its outputs."""
    distillation_cost: float = fact(0.05, "share", Uniform(0.0, 0.3), (0.0, 1.0), claims="B10")
    """Share of a training run's compute spent on queries to the closed model that it copies."""


class Access(NamedTuple):
    """Draws and limits of the length of runs and of the models that they can build on."""

    length: Any  # address of the draws of lengths
    usable: Any  # address of the draws by which a lab may use models of another
    blocking: Any  # address of the draws by which a lab blocks copying by another
    blocked: float  # share of pairs of labs of different blocs in which the seller blocks
    shown: Any  # lab: capability of its best model old enough to be copied, OOM


def training(fixed: Fixed, state: State) -> None:
    """Carry on training runs for a month; end and start runs.

    Reads ``labs.effective``, ``scale_up``, algorithms knowledge, ``labs.open_capability``. Writes
    the columns ``labs.run_*``, ``completed``, ``finished``, ``finished_own``, ``potential``,
    ``state.run_bits``.
    """
    group, seed = fixed.of(Training), fixed.seed
    access = Access(
        length=address(seed, key_of("run length")),
        usable=address(seed, key_of("access")),
        blocking=address(seed, key_of("blocking")),
        blocked=group.distillation_blocked if fixed.holds("release", state.month) else 0.0,
        shown=_behind_interfaces(fixed, state),
    )
    _train(
        state.month,
        fixed.shared.chip_overhead / group.write_off,
        access,
        state.firms.face,
        state.blocs.face,
        state.buyers.face,
        state.chips.face,
        state.knowledge[ALGORITHMS].face,
        fixed.face(Training),
        state.labs.face,
        state.run_bits,
    )


def _behind_interfaces(fixed: Fixed, state: State) -> Floats:
    # Capability of models of each lab that were released long enough ago to be copied.
    group, nothing = fixed.of(Training), np.full(state.labs.firm.size, NOTHING)
    then = state.month - max(1, group.distillation_lag)
    allowed = group.distillation or not fixed.holds("release", state.month)
    return state.released_by_month[then] if allowed and then >= 0 else nothing


@helper
def capability_of(own, base, cap, share):
    """Return a model's capability, OOM, from its maker's own work and the model it builds on."""
    if base <= own:
        return own
    return own + min(cap, math.log10(1.0 + share * (10.0 ** (base - own) - 1.0)))


@kernel
def _train(
    month, worn, access, firms, blocs, buyers, chips, knowledge, training, labs, run_bits
):  # fmt: skip
    """Carry on each lab's run for a month; ``worn`` is the cost of a chip a month over its price.

    A run that ends leaves its model's capability in ``labs.finished``.
    """
    share, asking = training.fleet_share, training.distillation_cost
    for i in range(labs.firm.size):
        key, member = firms.key[labs.firm[i]], labs.member[i, ALGORITHMS]
        labs.completed[i] = False
        labs.potential[i] = NOTHING
        a_month = share * labs.effective[i] * labs.scale_up[i] * SECONDS_A_MONTH
        if not firms.active[labs.firm[i]] or a_month <= 0.0:
            continue
        u = uniform(at(at(access.length, key), np.uint64(month)))
        spread = 1.0 - training.run_spread + 2.0 * training.run_spread * u
        months = max(1, int(training.run_months * spread + 0.5))
        planned = math.log10(a_month * months) + knowledge.level[member]
        labs.potential[i] = math.log10(a_month * training.run_months) + knowledge.level[member]
        if labs.run_left[i] == 0:
            small = labs.effective[i] < training.smallest_fleet
            if small or planned < labs.best_own[i] + training.step:
                continue
            labs.run_left[i] = months
            labs.run_start[i] = month
            labs.run_flop[i] = labs.run_cost[i] = labs.run_chip_hours[i] = 0.0
            labs.run_knowledge[i] = knowledge.level[member]
            base, maker, copied = _base_of(i, planned, access, firms, blocs, training, labs)
            labs.run_base[i], labs.run_base_lab[i] = base, maker
            labs.run_base_open[i] = maker >= 0 and not copied
            for word in range(run_bits.shape[1]):
                run_bits[i, word] = knowledge.bits[member, word]
        # A lab that copies a closed model spends a part of the run on queries to it.
        copies = labs.run_base_lab[i] >= 0 and not labs.run_base_open[i]
        labs.run_flop[i] += a_month * (1.0 - asking) if copies else a_month
        for c in range(chips.price.size):
            chips_used = share * buyers.fleet[i, c]
            labs.run_cost[i] += chips_used * chips.price[c] * worn
            labs.run_chip_hours[i] += chips_used * SECONDS_A_MONTH / 3600.0
        labs.run_left[i] -= 1
        if labs.run_left[i] == 0:
            labs.completed[i] = True
            labs.finished_own[i] = math.log10(labs.run_flop[i]) + labs.run_knowledge[i]
            labs.finished[i] = capability_of(
                labs.finished_own[i], labs.run_base[i], training.inheritance_cap,
                training.inheritance,
            )  # fmt: skip


@helper
def _base_of(i, planned, access, firms, blocs, training, labs):
    """Return the base of a lab's run, OOM, its maker (-1: none) and whether it is a copy."""
    bloc, open_capability, exchange = labs.bloc, labs.open_capability, blocs.exchange
    cap, inherited = training.inheritance_cap, training.inheritance
    key, asking = firms.key[labs.firm[i]], training.distillation_cost
    base, maker = NOTHING, -1
    for j in range(bloc.size):
        if j == i or open_capability[j] <= base:
            continue
        u = uniform(at(at(access.usable, firms.key[labs.firm[j]]), key))
        if bloc[j] == bloc[i] or u < exchange[bloc[i], bloc[j]]:
            base, maker = open_capability[j], j
    copy, seller = base, -1
    for j in range(bloc.size):
        shown = access.shown[j] - training.distillation_loss
        if j == i or shown <= copy:
            continue
        u = uniform(at(at(access.usable, firms.key[labs.firm[j]]), key))
        v = uniform(at(at(access.blocking, firms.key[labs.firm[j]]), key))
        if bloc[j] == bloc[i] or (u < exchange[bloc[i], bloc[j]] and v >= access.blocked):
            copy, seller = shown, j
    if seller >= 0 and asking < 1.0:
        left_over = planned + math.log10(1.0 - asking)
        plain = capability_of(planned, base, cap, inherited)
        if capability_of(left_over, copy, cap, inherited) > plain:
            return copy, seller, True
    return base, maker, False
