"""Channels of learning, as tests of them need them: their flows, and one phase at a time."""

import copy

import numpy as np

from model.core.parameter import ParameterName
from model.mechanisms.ideas.spillover import spillover
from model.month import MONTH
from model.parameters import FACTS
from studies.channels import DISTILLATION
from studies.channels import FLOWS as PARAMETERS
from tests.worlds import with_parameters

# A channel's flow, and the top of its prior.
FLOWS = {
    channel: (ParameterName.parse(name).name, FACTS[ParameterName.parse(name)].prior.high)
    for channel, name in PARAMETERS.items()
    if channel != DISTILLATION
}
LONG = {"economy__end": "2024-12"}
BESIDE_TALK = ("supplier_flow", "mobility_flow", "collaboration_flow")
# All that a firm meets it understands, everybody is as near as the next, nothing is found.
PLAIN = {
    "economy__blocs": ["us"],
    "economy__firms": 3000,
    "economy__size_spread": 0.0,
    "discovery__algorithms_growth": 0.0,
    "discovery__systems_growth": 0.0,
    "discovery__products_growth": 0.0,
    "spillover__team_for_absorption": 0.01,
    "spillover__depth_scale": 1e6,
    "spillover__codified": 1.0,
    "spillover__sector_adjacency": 1.0,
}


def flow(channel, value):
    return {f"spillover__{FLOWS[channel][0]}": value}


def only(channel):
    """Return the flows with which ideas pass on one channel alone, and often."""
    result = {}
    for one in FLOWS:
        result |= flow(one, 10.0 * FLOWS[one][1] if one == channel else 0.0)
    return result


def by_channel(world):
    return world.record.acquired.sum(axis=(0, 1, 3, 4))


def held(bits, member, idea):
    return (bits[member, idea // 64] >> (idea % 64).astype(np.uint64)) & np.uint64(1) == 1


def altered(world, **changes):
    """Return what a world is given, with some parameters others, and a copy of its state."""
    return with_parameters(world, **changes), copy.deepcopy(world.state)


def learned(fixed, state, number=0):
    """Return what one phase of learning brings: {(learner, idea): (channel, source)}."""
    spillover(fixed, state)
    table = state.learned[number]
    keys = zip(table.learner.tolist(), table.idea.tolist(), strict=True)
    values = zip(table.channel.tolist(), table.source.tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


def busy(small):
    """Return a world in the middle of a month, with much to learn on all channels."""
    firms = {"economy__firms": 400}
    constants = small(**firms).fixed.constants
    world = small(constants=constants, spillover__strength=0.6, **firms).run("2018-12")
    for phase in ("budgets", "discovery"):
        MONTH[MONTH.position(phase)](world.fixed, world.state)
    return world


def plain_world(small, rng, **changes):
    """Return a world of many equal firms of one bloc, and the rows that take part."""
    world = small(rng=rng, **{**PLAIN, **changes})
    fixed, state = world.fixed, world.state
    state.firms.active[state.labs.firm] = False
    MONTH[MONTH.position("budgets")](fixed, state)
    knowledge = state.knowledge[0]
    rows = np.flatnonzero(knowledge.team > 0.0)
    knowledge.relative_team[rows] = 1.0
    state.clusters.bloc_share[:] = 1.0  # all talk stays at home
    knowledge.words[:] = knowledge.bits.shape[1]
    return world, knowledge, rows
