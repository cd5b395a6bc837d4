r"""Search: where a lab looks when compute is scarce.

Constraint is measured against the lab's own unconstrained self: h is its fleet's effective compute
over that of the fleet it would hold had it bought with the same means, at the same prices, under
no rule. Both stocks follow the same arithmetic, so h = 1 to the bit while no rule has bound.

**Researchers against experiments.** With s the elasticity of substitution between researchers and
compute for experiments, a lab's experiments count as

.. math:: X_{eq} = X_{ref}\,[(1 - \theta) + \theta\, h^{(s - 1)/s}]^{s/((s - 1)\,\theta)},

X_ref being those of its unconstrained self (s = 1: X_ref h, what it has). Near h = 1 all s give
the same; far below, a small s makes ideas dry up with compute, a large one lets researchers stand
in for it. The normalisation keeps the first-order share κ of compute (CES in calibrated share form,
Klump, McAdam and Willman 2012).

**Efficiency against scale.** Researchers either save compute (algorithms, systems) or bring more of
it into one run. With σ the elasticity between the two,

.. math:: logit(e) = logit(e_0) + \psi\, clip((\sigma - 1)/\sigma, -3, 3)\, \ln h

(the direction of directed technical change, Acemoglu 2002: with σ < 1 scarcity draws people to what
saves the scarce factor). Taking people from scale costs: the usable compute of a run is
:math:`((1 - e)/(1 - e_0))^{0.3}` of what the fleet gives. Within efficiency the split between
algorithms and systems moves with what one more systems idea gives on its fleet beside what it
gives its unconstrained self (more, on chips with weak links).

Whether scarcity raises or lowers the efficiency share, and whether that narrows the gap, follows
from contested elasticities and is no rule here. Limits: h = 1: everything as without this module,
bit for bit; ψ = 0: nobody changes direction; s = 1: experiments are what they are.
"""

from __future__ import annotations

import math

from model.core.kernels import helper, kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.state.codes import LAB, LAB_FIELDS
from model.state.fixed import Fixed
from model.state.state import State

SCARCEST = 1e-6  # a lab with no chips at all turns as far as one with a millionth of its own


class Scarcity(Mechanism):
    """How labs answer scarce compute."""

    sigma_research: float = fact(
        1.0,
        "1",
        LogUniform(0.1, 3.0),
        (0.05, 20.0),
        kind="contested",
        under_rules=True,
        claims="C4 C6 C7",
    )
    """Elasticity of substitution s between researchers and compute for experiments."""
    sigma_direction: float = fact(
        1.0,
        "1",
        LogUniform(0.25, 4.0),
        (0.05, 20.0),
        kind="contested",
        under_rules=True,
        claims="C4 C7 C8 C15",
    )
    """Elasticity of substitution σ between saving compute and scaling it."""
    compute_weight: float = fact(
        0.25, "share", Uniform(0.1, 0.5), (0.01, 0.99), under_rules=True, claims="C7"
    )
    """Share θ of compute in research where nothing is scarce."""
    efficiency: float = fact(
        0.5, "share", Uniform(0.3, 0.7), (0.01, 0.99), under_rules=True, claims="C7 D14"
    )
    """Share e₀ of a lab's researchers on efficiency, the rest on scale, under no rule."""
    direction: float = fact(
        0.5, "1", Uniform(0.0, 1.5), (0.0, 10.0), kind="contested", under_rules=True, claims="C7"
    )
    """Strength ψ with which scarcity moves researchers."""
    scale_exponent: float = fact(
        0.3, "1", Uniform(0.1, 0.6), (0.0, 2.0), under_rules=True, claims="C7 C15"
    )
    """Loss of usable compute with the share of researchers on scale."""
    systems_pull: float = fact(
        1.0, "1", Uniform(0.0, 3.0), (0.0, 20.0), under_rules=True, claims="C7"
    )
    """Shift between algorithms and systems (logit) per unit of what systems ideas gain more on a
    lab's own fleet (log)."""


def scarcity(fixed: Fixed, state: State) -> None:
    """Let labs answer scarcity: experiments, direction, engineers.

    Reads ``buyers.effective``, ``free_effective``, ``gain``, ``free_gain``, ``blocs.rented``,
    ``free_rented``. Writes ``labs.constraint``, ``efficiency``, ``scale_up``, and scales in
    ``knowledge`` ``team``, ``relative_team`` and ``compute``.
    """
    group, labs, buyers = fixed.of(Scarcity), state.labs, state.buyers
    lean = (group.sigma_direction - 1.0) / group.sigma_direction
    _direct(
        buyers.effective,
        buyers.free_effective,
        group.direction * min(3.0, max(-3.0, lean)),
        group.efficiency,
        group.scale_exponent,
        labs.constraint,
        labs.efficiency,
        labs.scale_up,
    )
    shares = fixed.shared.systems_share
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number]
        _move(
            number,
            labs.member[:, number],
            labs.efficiency,
            buyers.gain,
            buyers.free_gain,
            group.systems_pull,
            shares,
            knowledge.team,
            knowledge.relative_team,
        )
        _experiment(
            labs.constraint,
            labs.member[:, number],
            state.firms.kind,
            state.firms.bloc,
            knowledge.row,
            state.blocs.rented,
            state.blocs.free_rented,
            group.sigma_research,
            group.compute_weight,
            knowledge.compute,
        )


@kernel
def _direct(effective, free, lean, share, exponent, constraint, efficiency, scale_up):
    odds = math.log(share / (1.0 - share))
    for i in range(constraint.size):
        h = effective[i] / free[i] if free[i] > 0.0 else 1.0
        constraint[i] = h
        efficiency[i] = scale_up[i] = 1.0
        if h != 1.0 and lean != 0.0:
            e = 1.0 / (1.0 + math.exp(-(odds + lean * math.log(max(h, SCARCEST)))))
            efficiency[i] = e / share
            scale_up[i] = ((1.0 - e) / (1.0 - share)) ** exponent


@kernel
def _move(number, member, efficiency, gain, free_gain, pull, systems_share, team, relative):
    for i in range(member.size):
        factor = efficiency[i]
        if gain[i] != free_gain[i] and 0.0 < systems_share < 1.0 and pull != 0.0:
            more = pull * math.log(gain[i] / free_gain[i]) / 0.1 / math.log(10.0)
            odds = math.log(systems_share / (1.0 - systems_share)) + more
            moved = 1.0 / (1.0 + math.exp(-odds))
            factor *= (
                moved / systems_share if number == 1 else (1.0 - moved) / (1.0 - systems_share)
            )
        if factor != 1.0:
            team[member[i]] *= factor
            relative[member[i]] *= factor


@helper
def _stretch(h, elasticity, weight):
    # X_eq over what there is, X_ref h.
    if h == 1.0 or h <= 0.0 or elasticity == 1.0:
        return 1.0
    power = (elasticity - 1.0) / elasticity
    bracket = (1.0 - weight) + weight * h**power
    return bracket ** (1.0 / (power * weight)) / h


@kernel
def _experiment(
    constraint, member, kind, bloc, row, rented, free_rented, elasticity, weight, compute
):
    for i in range(member.size):
        compute[member[i]] *= _stretch(constraint[i], elasticity, weight)
    for m in range(row.size):
        if kind[row[m]] != LAB:
            b = bloc[row[m]]
            h = rented[b] / free_rented[b] if free_rented[b] > 0.0 else 1.0
            compute[m] *= _stretch(h, elasticity, weight)
