"""The month: the ordered phases, in which all that happens happens.

Inside a phase everything reads the state at the phase's start, so the order of firms never
matters. To add or replace a rule, pass other phases to a world::

    World("ban", phases=MONTH.with_after("training", my_phase))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from model.core.errors import InputError
from model.mechanisms.ai.adoption import adoption
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
from model.mechanisms.firms.budgets import budgets
from model.mechanisms.firms.demography import demography
from model.mechanisms.firms.rivalry import rivalry
from model.mechanisms.firms.sectors import sectors
from model.mechanisms.ideas.appropriability import appropriability
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
        """Return where a phase stands; raises ``InputError`` when there is none of that name."""
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
        controls,  # how open blocs are to each other
        materials,  # governments answer with what chips are made of
        supply,  # vendors make chips and set prices
        domestic,  # domestic industries make chips and learn
        purchases,  # buyers choose, under the rules and around them
        fleets,  # orders are served, old chips go, new ones come
        budgets,  # means are shared out
        scarcity,  # labs answer scarce compute
        discovery,  # ideas are found
        spillover,  # ideas pass on
        training,  # runs start, go on, end
        release,  # finished models go out, closed or open
        market,  # prices are set, users choose among models
        applications,  # firms take models up and build on them
        sectors,  # they compete for buyers, and pay
        adoption,  # users take models up
        appropriability,  # labs earn, and learn how long their ideas stay theirs
        rivalry,  # they look at who is beside them
        labour,  # people graduate, are hired, move, retire
        places,  # infrastructure wears and grows, universities find
        demography,  # labs enter
    ]
)


def advance(fixed: Fixed, state: State, phases: Iterable[Phase] = MONTH) -> None:
    """Carry a world one month on, up to but not including the next month."""
    state.acquired[:] = 0
    state.published[:] = 0
    state.learned[:] = [Learned.nothing() for _ in state.learned]
    for phase in phases:
        phase(fixed, state)


def close(state: State) -> None:
    """End the month: what follows belongs to the next one."""
    state.month += 1
