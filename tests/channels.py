"""Channels of learning, as tests of them need them: their flows, and one phase at a time."""

import copy

import numpy as np

from model.core.parameter import ParameterName
from model.mechanisms.ideas.spillover import spillover
from model.month import MONTH
from model.parameters import FACTS
from studies.channels import DISTILLATION
from studies.channels import FLOWS as PARAMETERS

# A channel's flow, and the top of its prior.
FLOWS = {
    channel: (ParameterName.parse(name).name, FACTS[ParameterName.parse(name)].prior.high)
    for channel, name in PARAMETERS.items()
    if channel != DISTILLATION
}
LONG = {"economy__end": "2024-12"}


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


def altered(state, **changes):
    """Return a copy of a state in which some parameters are others."""
    result = copy.deepcopy(state)
    for name, value in changes.items():
        group, _, entry = name.partition("__")
        old = getattr(result.parameters, group)
        new = old.model_copy(update={entry: value})
        result.parameters = result.parameters.model_copy(update={group: new})
    return result


def learned(state, number=0):
    """Return what one phase of learning brings: {(learner, idea): (channel, source)}."""
    spillover(state)
    table = state.learned[number]
    keys = zip(table.learner.tolist(), table.idea.tolist(), strict=True)
    values = zip(table.channel.tolist(), table.source.tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


def learning_state(small):
    """Return a state in the middle of a month, with much to learn on all channels."""
    firms = {"economy__firms": 400}
    constants = small(**firms).state.constants
    world = small(constants=constants, spillover__strength=0.6, **firms).run("2018-12")
    for phase in ("budgets", "discovery"):
        MONTH[MONTH.position(phase)](world.state)
    return world.state
