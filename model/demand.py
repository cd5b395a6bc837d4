"""The market for AI models at month 0: who may use them and pay, and the lines labs may offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.setting import Setting
from model.world import Labs, Platforms, Segments

if TYPE_CHECKING:
    from model.scenario import Parameters


def segments_of(parameters: Parameters, setting: Setting) -> Segments:
    """Return consumers and developers of each bloc; nobody uses a model yet."""
    table = Segments.allocate(segment=2 * len(setting.blocs))
    for b, bloc in enumerate(setting.blocs):
        table.bloc[2 * b : 2 * b + 2] = b
        table.kind[2 * b : 2 * b + 2] = (0, 1)
        eager = parameters.adoption.follower if bloc.name == setting.follower else 1.0
        table.propensity[2 * b : 2 * b + 2] = bloc.adoption * eager
    return table


def platforms_of(labs: Labs, setting: Setting) -> Platforms:
    """Return the three lines of every lab, nothing on offer yet."""
    number, blocs = labs.firm.size, len(setting.blocs)
    table = Platforms.allocate(platform=3 * number, bloc=blocs, segment=2 * blocs)
    for i in range(number):
        rows = slice(3 * i, 3 * i + 3)
        table.lab[rows], table.bloc[rows], table.line[rows] = i, labs.bloc[i], (0, 1, 2)
    return table
