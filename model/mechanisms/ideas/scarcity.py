r"""Scarcity: how a lab redirects its research when compute is scarce.

Constraint is measured against the lab's own unconstrained self: h is its fleet's effective compute
over that of the fleet it would hold had it bought with the same budget, at the same prices, under
no rule. Both stocks follow the same arithmetic, so h = 1 to the bit while no rule has bound.

**Researchers against experiments.** With s the elasticity of substitution between researchers and
compute for experiments, a lab's experiments count as

.. math:: X_{eq} = X_{ref}\,[(1 - \theta) + \theta\, h^{(s - 1)/s}]^{s/((s - 1)\,\theta)},

Code: ``_experiment``

X_ref being those of its unconstrained self (s = 1: X_ref h, the compute it has). Near h = 1 all s
agree; far below, a small s makes discoveries dry up with compute, a large s lets researchers
replace compute. The normalisation keeps the first-order share κ of compute (CES in calibrated share
form, Klump, McAdam and Willman 2012).

**Efficiency against scale.** Researchers either save compute (algorithms, systems) or bring more of
it into one run. With σ the elasticity between the two,

.. math:: logit(e) = logit(e_0) + \psi\, clip((\sigma - 1)/\sigma, -3, 3)\, \ln h

Code: ``_direct``

(directed technical change, Acemoglu 2002: with σ < 1 scarcity draws researchers to work that
saves the scarce factor). Taking people from scale costs: the usable compute of a run is
:math:`((1 - e)/(1 - e_0))^{0.3}` of what the fleet gives. Within efficiency the split between
algorithms and systems moves with the gain of one more systems idea on the lab's fleet relative to
its gain on the fleet of the unconstrained self (larger, on chips with weak links).

Whether scarcity raises or lowers the efficiency share, and whether that narrows the gap, follows
from contested elasticities and is no rule here.

Limits: h = 1: everything as without this mechanism, bit for bit; ψ = 0: nobody changes direction;
s = 1: experiments equal the compute for them.
"""

from __future__ import annotations

import math

from model.core.kernels import helper, kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.state.codes import LAB, LAB_FIELDS, SYSTEMS
from model.state.fixed import Fixed
from model.state.state import State

SCARCEST = 1e-6  # least h: a lab without chips redirects as far as one with a millionth of them


class Scarcity(Mechanism):
    """How labs respond to scarce compute."""

    sigma_research: float = fact(
        1.0,
        "1",
        LogUniform(0.1, 3.0),
        (0.05, 20.0),
        kind="contested",
        under_rules=True,
        claims="C4 C6 C7",
    )
    """Elasticity of substitution s between researchers and compute for experiments in research."""
    sigma_direction: float = fact(
        1.0,
        "1",
        LogUniform(0.25, 4.0),
        (0.05, 20.0),
        kind="contested",
        under_rules=True,
        claims="C4 C7 C8 C15",
    )
    """Elasticity of substitution σ between research that saves compute and research that brings
    more compute into one run."""
    compute_weight: float = fact(
        0.25, "share", Uniform(0.1, 0.5), (0.01, 0.99), under_rules=True, claims="C7"
    )
    """Share θ of compute in research when compute is not scarce."""
    efficiency: float = fact(
        0.5, "share", Uniform(0.3, 0.7), (0.01, 0.99), under_rules=True, claims="C7 D14"
    )
    """Share e₀ of a lab's researchers who work on efficiency without export controls; the others
    work on scale."""
    direction: float = fact(
        0.5, "1", Uniform(0.0, 1.5), (0.0, 10.0), kind="contested", under_rules=True, claims="C7"
    )
    """Strength ψ with which scarcity of compute moves researchers between efficiency and scale."""
    scale_exponent: float = fact(
        0.3, "1", Uniform(0.1, 0.6), (0.0, 2.0), under_rules=True, claims="C7 C15"
    )
    """Elasticity of a run's usable compute to the share of researchers who work on scale."""
    systems_pull: float = fact(
        1.0, "1", Uniform(0.0, 3.0), (0.0, 20.0), under_rules=True, claims="C7"
    )
    """Shift of a lab's researchers from algorithms to systems (logit) per unit by which systems
    ideas gain more on its own fleet than on an unconstrained fleet (log)."""


def scarcity(fixed: Fixed, state: State) -> None:
    """Let labs respond to scarcity: direction of research, teams, experiments.

    Reads ``buyers.effective``, ``free_effective``, ``gain``, ``free_gain``, ``blocs.rented``,
    ``free_rented``. Writes ``labs.constraint``, ``efficiency``, ``scale_up``, and scales in
    ``knowledge`` ``team``, ``relative_team`` and ``compute``.
    """
    group, shared, labs = fixed.face(Scarcity), fixed.shared, state.labs.face
    firms, blocs, buyers = state.firms.face, state.blocs.face, state.buyers.face
    _direct(buyers, group, labs)
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number].face
        _change_field(number, buyers, labs, shared.systems_share, group.systems_pull, knowledge)
        _experiment(number, firms, blocs, labs, group, knowledge)


@kernel
def _direct(buyers, scarcity, labs):
    """Write the labs' constraint, their researchers on efficiency and the usable part of a run."""
    share, elasticity = scarcity.efficiency, scarcity.sigma_direction
    odds = math.log(share / (1.0 - share))
    lean = scarcity.direction * min(3.0, max(-3.0, (elasticity - 1.0) / elasticity))
    for i in range(labs.constraint.size):
        free = buyers.free_effective[i]
        h = buyers.effective[i] / free if free > 0.0 else 1.0
        labs.constraint[i] = h
        labs.efficiency[i] = labs.scale_up[i] = 1.0
        if h != 1.0 and lean != 0.0:
            e = 1.0 / (1.0 + math.exp(-(odds + lean * math.log(max(h, SCARCEST)))))
            labs.efficiency[i] = e / share
            labs.scale_up[i] = ((1.0 - e) / (1.0 - share)) ** scarcity.scale_exponent


@kernel
def _change_field(number, buyers, labs, share, pull, knowledge):
    """Scale the labs' teams in a field; ``share`` of their researchers start in systems."""
    for i in range(labs.efficiency.size):
        factor, gain, free_gain = labs.efficiency[i], buyers.gain[i], buyers.free_gain[i]
        if gain != free_gain and 0.0 < share < 1.0 and pull != 0.0:
            more = pull * math.log(gain / free_gain) / 0.1 / math.log(10.0)
            odds = math.log(share / (1.0 - share)) + more
            moved = 1.0 / (1.0 + math.exp(-odds))
            factor *= moved / share if number == SYSTEMS else (1.0 - moved) / (1.0 - share)
        if factor != 1.0:
            knowledge.team[labs.member[i, number]] *= factor
            knowledge.relative_team[labs.member[i, number]] *= factor


@helper
def _stretch(h, elasticity, weight):
    """Return the experiments that a lab's compute counts as, over that compute: X_eq/(X_ref h)."""
    if h == 1.0 or h <= 0.0 or elasticity == 1.0:
        return 1.0
    power = (elasticity - 1.0) / elasticity
    bracket = (1.0 - weight) + weight * h**power
    return bracket ** (1.0 / (power * weight)) / h


@kernel
def _experiment(number, firms, blocs, labs, scarcity, knowledge):
    """Scale compute for experiments in a field by the substitution of researchers for compute."""
    elasticity, weight = scarcity.sigma_research, scarcity.compute_weight
    for i in range(labs.constraint.size):
        part = _stretch(labs.constraint[i], elasticity, weight)
        knowledge.compute[labs.member[i, number]] *= part
    for m in range(knowledge.row.size):
        f = knowledge.row[m]
        if firms.kind[f] != LAB:
            free = blocs.free_rented[firms.bloc[f]]
            h = blocs.rented[firms.bloc[f]] / free if free > 0.0 else 1.0
            knowledge.compute[m] *= _stretch(h, elasticity, weight)
