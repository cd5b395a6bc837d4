r"""Training: a lab turns compute and ideas into a model.

A lab without a run starts one when its fleet exceeds a minimum and the run, at the present fleet
and with the ideas it holds now, would beat its own best model by at least a stated step. How long
it is to last is luck, addressed by (lab, number of the run), so that labs do not release in step.
Ideas are frozen at the start; FLOP add up over the planned months. Capability is effective training
compute in orders of magnitude:

.. math:: own = \log_{10} FLOP + K_{alg}, \qquad
          uplift = \min(\chi, \log_{10}(1 + \rho \max(0, 10^{base - own} - 1))), \qquad
          capability = own + uplift

``base`` is the best *other* lab's open model at the start that the lab may use or, where the plan
comes out higher with it, the best model that another lab had released some months before, less a
loss (distillation: outputs behind an API teach, but carry no ideas; asking takes a share of the
run's compute, and sellers can block it); its own earlier models give none. ρ = 1 would give the
base at most, ρ = 0 nothing; χ caps what can be inherited. That an order of magnitude of compute
and one of algorithms count the same is the definition of algorithmic progress as compute saved
(Ho et al. 2024).

What is simpler than it might be: a run starts for a stated step and not when its expected value
pays, and shares of the fleet for training, experiments and serving are fixed, since without users
and revenue nothing prices a run or an answer.

Limits: no base: ten times the FLOP is one OOM more; no fleet, no model.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import helper, kernel
from model.core.parameter import Mechanism, Uniform, fact
from model.core.randomness import address, at, key_of, uniform
from model.core.table import Floats
from model.state.codes import NOTHING
from model.state.fixed import Fixed
from model.state.state import State

SECONDS_A_MONTH = 365.25 * 86400.0 / 12.0


class Training(Mechanism):
    """How fleets are split, when runs start, what open models hand on."""

    fleet_share: float = fact(0.45, "share", Uniform(0.3, 0.6), (0.0, 1.0))
    """Share of a lab's fleet in its run."""
    experiments_share: float = fact(0.25, "share", Uniform(0.1, 0.35), (0.0, 1.0))
    """Share of a lab's fleet for experiments; what is left serves users."""
    rented_share: float = fact(0.05, "share", Uniform(0.01, 0.1), (0.0, 1.0))
    """Share of a lab's fleet rented to other firms of its bloc for experiments."""
    run_months: int = fact(4, "months", within=(1, 24), kind="estimated", source="epoch_models")
    """Mean planned length of a run."""
    run_spread: float = fact(0.5, "share", Uniform(0.2, 0.6), (0.0, 1.0))
    """Runs last from (1 - this) to (1 + this) times the mean length; without it all labs would
    release in the same months."""
    write_off: int = fact(48, "months", within=(1, 240))
    """Time over which chips are written off, for the cost of a run."""
    step: float = fact(0.1, "OOM", Uniform(0.05, 0.3), (0.0, 3.0))
    """Least improvement on its own best model for which a lab starts a run."""
    smallest_fleet: float = fact(1e12, "FLOP/s", within=(0.0, 1e20))
    """Least effective performance of a fleet with which a run is started."""
    inheritance_cap: float = fact(
        0.5, "OOM", Uniform(0.0, 1.2), (0.0, 5.0), kind="contested", claims="B3 B10 C4"
    )
    """Most χ that building on another's open model adds."""
    inheritance: float = fact(
        0.5, "share", Uniform(0.0, 1.0), (0.0, 1.0), kind="contested", claims="B3 B10 C4"
    )
    """Share ρ of the distance to the open model that is inherited."""

    distillation: bool = fact(True, "name", lever=True, claims="B10 C6", since="release")
    """Whether labs may learn from the outputs of others' closed models."""
    distillation_blocked: float = fact(
        0.0, "share", within=(0.0, 1.0), lever=True, claims="B10", since="release"
    )
    """Share of pairs of labs of different blocs between which the seller blocks it."""
    distillation_loss: float = fact(
        0.5, "OOM", Uniform(0.1, 1.5), (0.0, 10.0), kind="contested", claims="B10 C6"
    )
    """Capability lost when a closed model is copied by its outputs."""
    distillation_lag: int = fact(3, "months", within=(0, 60), claims="B10")
    """Age at which a closed model can be copied."""
    distillation_cost: float = fact(0.05, "share", Uniform(0.0, 0.3), (0.0, 1.0), claims="B10")
    """Share of a run's compute spent on asking the closed model."""


def training(fixed: Fixed, state: State) -> None:
    """Carry runs on for a month; end and start them.

    Reads ``labs.effective``, ``scale_up``, algorithms knowledge, ``labs.open_capability``. Writes
    the columns ``labs.run_*``, ``completed``, ``finished``, ``finished_own``, ``potential``,
    ``state.run_bits``.
    """
    group, labs = fixed.of(Training), state.labs
    algorithms = state.knowledge[0]
    _train(
        state.month,
        address(fixed.seed, key_of("access")),
        address(fixed.seed, key_of("run length")),
        labs.models,
        state.firms.key,
        state.firms.active,
        labs.firm,
        labs.bloc,
        labs.member[:, 0],
        labs.effective,
        labs.scale_up,
        state.buyers.fleet,
        state.chips.price,
        algorithms.level,
        algorithms.bits,
        labs.open_capability,
        state.blocs.exchange,
        labs.best_own,
        fixed.shared.chip_overhead / group.write_off,
        group.fleet_share,
        group.run_months,
        group.run_spread,
        group.step,
        group.smallest_fleet,
        group.inheritance_cap,
        group.inheritance,
        address(fixed.seed, key_of("blocking")),
        _behind_interfaces(fixed, state),
        group.distillation_blocked if fixed.holds("release", state.month) else 0.0,
        group.distillation_loss,
        group.distillation_cost,
        labs.run_flop,
        labs.run_left,
        labs.run_start,
        labs.run_cost,
        labs.run_chip_hours,
        labs.run_knowledge,
        labs.run_base,
        labs.run_base_lab,
        labs.run_base_open,
        labs.completed,
        labs.finished_own,
        labs.finished,
        labs.potential,
        state.run_bits,
    )


def _behind_interfaces(fixed: Fixed, state: State) -> Floats:
    # What others had released long enough ago to be copied, by lab.
    group, nothing = fixed.of(Training), np.full(state.labs.firm.size, NOTHING)
    then = state.month - max(1, group.distillation_lag)
    allowed = group.distillation or not fixed.holds("release", state.month)
    return state.released_by_month[then] if allowed and then >= 0 else nothing


@helper
def capability_of(own, base, cap, share):
    """Return a model's capability, OOM, from what its maker did alone and the open model below."""
    if base <= own:
        return own
    return own + min(cap, math.log10(1.0 + share * (10.0 ** (base - own) - 1.0)))


@kernel
def _train(
    month, access, lengths, models, key, active, firm, bloc, member, effective, scale_up, fleet,
    price, level, bits, open_capability, exchange, best_own, write_off, share, mean_months, spread,
    step, smallest, cap, inherited, blocking, shown, blocked, loss, asking,
    flop, left, begun, cost, hours, knowledge, base, base_lab, base_open, completed, own,
    capability,
    potential, run_bits,
):  # fmt: skip
    for i in range(firm.size):
        completed[i] = False
        potential[i] = NOTHING
        a_month = share * effective[i] * scale_up[i] * SECONDS_A_MONTH
        if not active[firm[i]] or a_month <= 0.0:
            continue
        u = uniform(at(at(lengths, key[firm[i]]), np.uint64(models[i])))
        months = max(1, int(mean_months * (1.0 - spread + 2.0 * spread * u) + 0.5))
        planned = math.log10(a_month * months) + level[member[i]]
        potential[i] = math.log10(a_month * mean_months) + level[member[i]]
        if left[i] == 0:
            if effective[i] < smallest or planned < best_own[i] + step:
                continue
            left[i] = months
            begun[i] = month
            flop[i] = cost[i] = hours[i] = 0.0
            knowledge[i] = level[member[i]]
            base[i] = NOTHING
            base_lab[i] = -1
            for j in range(firm.size):
                if j == i or open_capability[j] <= base[i]:
                    continue
                u = uniform(at(at(access, key[firm[j]]), key[firm[i]]))
                if bloc[j] == bloc[i] or u < exchange[bloc[i], bloc[j]]:
                    base[i] = open_capability[j]
                    base_lab[i] = j
            base_open[i] = base_lab[i] >= 0
            plain = capability_of(planned, base[i], cap, inherited)
            copy, copied = base[i], -1
            for j in range(firm.size):
                if j == i or shown[j] - loss <= copy:
                    continue
                u = uniform(at(at(access, key[firm[j]]), key[firm[i]]))
                v = uniform(at(at(blocking, key[firm[j]]), key[firm[i]]))
                if bloc[j] == bloc[i] or (u < exchange[bloc[i], bloc[j]] and v >= blocked):
                    copy, copied = shown[j] - loss, j
            if copied >= 0 and asking < 1.0:
                left_over = planned + math.log10(1.0 - asking)
                if capability_of(left_over, copy, cap, inherited) > plain:
                    base[i], base_lab[i], base_open[i] = copy, copied, False
            for word in range(bits.shape[1]):
                run_bits[i, word] = bits[member[i], word]
        # Who copies a closed model spends a part of the run on asking it.
        copies = base_lab[i] >= 0 and not base_open[i]
        flop[i] += a_month * (1.0 - asking) if copies else a_month
        for c in range(fleet.shape[1]):
            cost[i] += share * fleet[i, c] * price[c] * write_off
            hours[i] += share * fleet[i, c] * SECONDS_A_MONTH / 3600.0
        left[i] -= 1
        if left[i] == 0:
            completed[i] = True
            own[i] = math.log10(flop[i]) + knowledge[i]
            capability[i] = capability_of(own[i], base[i], cap, inherited)
