"""The market for AI models at month 0: segments of users, and the lines that labs may offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.state.ai_market import Platforms, Segments
from model.state.codes import LINES, SEGMENTS
from model.state.inputs import Inputs
from model.state.labs import Labs

if TYPE_CHECKING:
    from model.parameters import Parameters


def segments_of(parameters: Parameters, inputs: Inputs) -> Segments:
    """Return consumers and developers of each bloc; no user has adopted a model yet."""
    kinds = len(SEGMENTS)
    table = Segments.allocate(segment=kinds * len(inputs.blocs))
    for b, bloc in enumerate(inputs.blocs):
        rows = slice(kinds * b, kinds * (b + 1))
        table.bloc[rows], table.kind[rows] = b, range(kinds)
        eager = parameters.adoption.follower_propensity if bloc.name == inputs.follower else 1.0
        table.propensity[rows] = bloc.adoption * eager
    return table


def platforms_of(labs: Labs, inputs: Inputs) -> Platforms:
    """Return the three lines of every lab, without a model on offer yet."""
    number, blocs = labs.firm.size, len(inputs.blocs)
    lines, kinds = len(LINES), len(SEGMENTS)
    table = Platforms.allocate(platform=lines * number, bloc=blocs, segment=kinds * blocs)
    for i in range(number):
        rows = slice(lines * i, lines * (i + 1))
        table.lab[rows], table.bloc[rows], table.line[rows] = i, labs.bloc[i], range(lines)
    return table
