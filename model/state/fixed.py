"""What does not move during a run."""

from __future__ import annotations

from dataclasses import dataclass

from model.core.table import Floats


@dataclass(frozen=True)
class Constants:
    """What normalises rates: resolved once from the baseline world, shared by all its twins.

    ``firms`` is the number of active firms of a kind at the start of the baseline world, ``team``
    and ``compute`` their means, by (field, kind). ``share`` is a kind's part in a field's arrival:
    its researchers over those of labs; in products the number of its firms.
    """

    firms: Floats
    team: Floats
    compute: Floats
    share: Floats
    bloc_share: Floats
    arrival: Floats  # finds a year in the whole field, of products at one mean firm; by field
    infrastructure: float = 0.0  # USD a researcher, mean at the start; 0: places cost the same
    place_cost: float = 1.0  # cost without infrastructure, so that the mean at the start is 1
    place_size: float = 0.0  # researchers of a place, mean at the start; 0: size does not matter
