"""The monthly schedule: an ordered list of phases.

Within a phase every firm reads the state at the phase's start, so the order of firms never
matters. To add or replace a rule, pass other phases to a world::

    World("ban", phases=MONTH.with_after("training", my_phase))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from model.core.errors import InputError
from model.mechanisms.ai.adoption import adoption
from model.mechanisms.ai.budgets import budgets
from model.mechanisms.ai.market import market
from model.mechanisms.ai.release import release
from model.mechanisms.ai.training import training
from model.mechanisms.chips.controls import controls
from model.mechanisms.chips.domestic import domestic
from model.mechanisms.chips.fleets import fleets
from model.mechanisms.chips.materials import materials
from model.mechanisms.chips.purchases import purchases
from model.mechanisms.chips.supply import supply
from model.mechanisms.firms.applications import applications
from model.mechanisms.firms.demography import demography
from model.mechanisms.firms.rivalry import rivalry
from model.mechanisms.firms.sectors import sectors
from model.mechanisms.ideas.appropriability import appropriability
from model.mechanisms.ideas.density import density
from model.mechanisms.ideas.discovery import discovery
from model.mechanisms.ideas.scarcity import scarcity
from model.mechanisms.ideas.spillover import spillover
from model.mechanisms.people.labour import labour
from model.mechanisms.people.places import places
from model.state.fixed import Fixed
from model.state.knowledge import Learned
from model.state.state import State

Phase = Callable[[Fixed, State], None]


class Phases(tuple[Phase, ...]):
    """An ordered list of phases, each known by the name of its function."""

    __slots__ = ()

    def position(self, name: str) -> int:
        """Return the position of a phase; raises ``InputError`` when no phase has that name."""
        names = [phase.__name__ for phase in self]
        if name not in names:
            raise InputError(f"no phase {name!r}; phases are {', '.join(names)}")
        return names.index(name)

    def with_after(self, name: str, phase: Phase) -> Phases:
        """Return the phases with one more, after the named one."""
        return self._spliced(self.position(name) + 1, 0, [phase])

    def with_replaced(self, name: str, phase: Phase) -> Phases:
        """Return the phases with the named one replaced."""
        return self._spliced(self.position(name), 1, [phase])

    def without(self, name: str) -> Phases:
        """Return the phases without the named one."""
        return self._spliced(self.position(name), 1, [])

    def _spliced(self, place: int, gone: int, new: Iterable[Phase]) -> Phases:
        return Phases([*self[:place], *new, *self[place + gone :]])


MONTH = Phases(
    [
        # Chips: what may be traded, what is made, who buys.
        controls,  # governments set how open blocs are to each other
        materials,  # governments retaliate by withholding rare materials
        supply,  # vendors make chips and set prices
        domestic,  # domestic chip industries produce and learn by making
        purchases,  # buyers choose chips, under the rules and around them
        fleets,  # orders are served, old chips retire, new ones go to work
        budgets,  # labs and clouds get their budgets
        # Ideas: who discovers, who learns from others.
        scarcity,  # labs respond to scarce compute
        discovery,  # researchers discover ideas
        density,  # researchers talk more where more of them are near
        spillover,  # firms learn ideas from each other
        # AI: models are trained, released and used.
        training,  # training runs start, continue, end
        release,  # labs release finished models, open or closed
        market,  # labs set prices, users choose among models
        # Firms: who uses AI, who sells, what rivals do.
        applications,  # application firms adopt AI and choose platforms
        sectors,  # application firms compete for buyers and pay for platforms
        adoption,  # users adopt AI
        appropriability,  # labs earn, and observe how long their ideas stay private
        rivalry,  # labs respond to the lead over their rivals
        # People: who works where, and which firms come and go.
        labour,  # people graduate, are hired, move, retire
        places,  # infrastructure grows and depreciates, universities discover ideas
        demography,  # labs are founded; firms enter, split off and close
    ]
)


def advance(fixed: Fixed, state: State, phases: Iterable[Phase] = MONTH) -> None:
    """Simulate one month; ``close`` then moves on to the next one."""
    state.acquired[:] = 0
    state.published[:] = 0
    state.learned[:] = [Learned.nothing() for _ in state.learned]
    for phase in phases:
        phase(fixed, state)


def close(state: State) -> None:
    """End the month: all that follows belongs to the next one."""
    state.month += 1
