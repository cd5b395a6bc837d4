"""What is recorded each month: series by bloc, holders of ideas, who learned what from whom.

Each file of ``model/measure/series`` declares the series of a subject, with unit and definition,
and observes them; here they are joined and kept. Arrays are laid out before the run. The months
of prehistory are recorded too (lags need them) and left out of what is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.core.table import Floats, Integers
from model.measure.idea_acquisitions import Events, Keep
from model.measure.series import chips, firms, ideas, labs, people, race, users
from model.state.codes import BRANCHES, CHANNELS, FIELDS
from model.state.fixed import Fixed
from model.state.state import State

SUBJECTS = (labs, chips, ideas, people, users, firms, race)
SERIES = {name: about for subject in SUBJECTS for name, about in subject.SERIES.items()}
TOTALS = (*labs.TOTALS, *chips.TOTALS)


@dataclass
class Record:
    """All that was measured: series[name] is month x bloc; ideas as counts of holders."""

    series: dict[str, Floats]
    acquired: Integers  # month x field x channel x source bloc x target bloc
    sizes: Floats  # the same in OOM: the sizes of these ideas
    sectors: Floats  # month x bloc x sector x SECTOR_SERIES
    events: Events  # acquisitions one by one
    holders: tuple[np.ndarray[tuple[int, ...], np.dtype[np.int32]], ...]  # month x idea x bloc
    months: int = 0

    @classmethod
    def blank(cls, fixed: Fixed, state: State, keep: Keep = "labs") -> Record:
        """Lay out the arrays for all months of a world; ``keep`` says whose events are kept."""
        months, blocs = fixed.inputs.calendar.months, len(fixed.inputs.blocs)
        shape = (months, len(FIELDS), len(CHANNELS), blocs, blocs)
        return cls(
            series={name: np.full((months, blocs), np.nan) for name in SERIES},
            acquired=np.zeros(shape, np.int64),
            sizes=np.zeros(shape),
            sectors=np.zeros((months, blocs, len(BRANCHES), len(firms.SECTOR_SERIES))),
            events=Events(state, keep),
            holders=tuple(
                np.zeros((months, *knowledge.holders.shape), np.int32)
                for knowledge in state.knowledge
            ),
        )

    def observe(self, fixed: Fixed, state: State) -> None:
        """Record the month that just ended."""
        t = state.month
        now = {name: values[t] for name, values in self.series.items()}
        for subject in SUBJECTS:
            subject.observe(fixed, state, now)
        for name in TOTALS:
            before = self._totals.get(name, 0.0)
            self._totals[name] = now[name].copy()
            now[name] -= before
        firms.observe_sectors(state, self.sectors[t])
        self.acquired[t] = state.acquired
        self.events.observe(fixed, state, self.sizes[t])
        for field, knowledge in enumerate(state.knowledge):
            self.holders[field][t] = knowledge.holders
        self.months = t + 1

    def __post_init__(self) -> None:
        self._totals: dict[str, Floats | float] = {}
