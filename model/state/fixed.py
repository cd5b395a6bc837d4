"""What does not change during a run: parameters, inputs, constants, seed and threads.

``State`` changes from month to month, ``Fixed`` does not, a phase is ``phase(fixed, state)``. A
mechanism reads its own group of parameters with ``fixed.of(Group)``; quantities of other
mechanisms' groups stand in ``fixed.shared``, where every such dependence can be seen at a glance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from model.core.kernels import Face
from model.core.parameter import Mechanism, Since
from model.core.table import Floats
from model.state.inputs import Inputs

Group = TypeVar("Group", bound=Mechanism)


@dataclass(frozen=True)
class Constants:
    """Constants that normalise rates: resolved once from the baseline, shared by paired runs.

    ``firms`` is the number of active firms of a kind at the start of the baseline, ``team`` and
    ``compute`` their averages, by (field, kind). ``share`` is a kind's part in a field's arrival:
    its researchers over those of labs; in products the number of its firms.
    """

    firms: Floats
    team: Floats
    compute: Floats
    share: Floats
    bloc_share: Floats
    arrival: Floats  # discoveries a year, by field; in products those of one mean firm
    infrastructure: float = 0.0  # USD a researcher, mean at the start; 0: no effect on costs
    place_cost: float = 1.0  # cost without infrastructure, so that the mean at the start is 1
    place_size: float = 0.0  # researchers of a place, mean at the start; 0: size does not matter
    density: float = 0.0  # researchers in a researcher's place, mean at the start
    density_gain: float = 0.0  # mean effect of density at the start; 0: density does not matter
    revenue: Mapping[int, Floats] | None = None  # by bloc's place: expected of labs, by month


class _Shared(NamedTuple):
    """Quantities that several mechanisms use (in brackets: the group that states each one).

    Tuples are by field of ideas: algorithms, systems, products. Kernels take it as it is.
    """

    size_spread: float  # standard deviation of log firm size (economy)
    porosity: float  # share of withheld chips that intermediaries divert (controls)
    rent_abroad: float  # share of withheld compute that may be rented abroad (controls)
    stockpiling: bool  # whether buyers buy ahead of announced rules (controls)
    enforcement: float  # share of diverted chips that is seized (controls)
    premium: float  # price of a diverted chip over the list price (purchases)
    rent_margin: float  # price of rented compute over its cost (purchases)
    idle_loss: float  # share of unspent chip budgets that is lost a month (purchases)
    chip_overhead: float  # cost of a chip at work, hosting included, over its price (fleets)
    link_penalty: float  # loss from slow links (fleets)
    link_scale: float  # size of training clusters at which links matter (fleets)
    write_off: float  # months over which a chip is written off (training)
    experiments_share: float  # share of a lab's fleet for experiments (training)
    rented_share: float  # share of a lab's fleet rented to other firms (training)
    field_shares: tuple[tuple[float, float, float], ...]  # of researchers, by kind (discovery)
    systems_share: float  # share of a lab's researchers in systems (discovery)
    idea_size: tuple[float, ...]  # mean size of an idea (discovery)
    mean_idea_size: float  # mean size of an idea in algorithms, OOM (discovery)
    difficulty: tuple[float, ...]  # rate at which ideas get harder, 1/OOM (discovery)
    unique_ideas: tuple[bool, ...]  # whether every discovery is a new idea (discovery)
    lab_window: int  # ideas beyond its own count that a lab searches (discovery)
    researchers_exponent: float  # returns to researchers (discovery)
    publication_lag: int  # months from discovery to publication (spillover)
    publication_hazard: float  # chance a month to read a published idea (spillover)
    sector_adjacency: float  # nearness of two different sectors (spillover)
    quality_weight: float  # weight of capability in users' utility (ai_market)
    home_bias: float  # weight of home models in users' utility (ai_market)
    openness_to_developers: float  # value of open weights to developers (ai_market)
    nest: float  # independence of choices between models (ai_market)
    small_loss: float  # capability that a small version lacks, OOM (ai_market)
    hosted_by_maker: float  # share of open use that its maker hosts (ai_market)
    innovation: float  # Bass coefficient of innovation, 1/year (adoption)
    imitation: float  # Bass coefficient of imitation, 1/year (adoption)
    researcher_growth: float  # growth of researchers, 1/year (budgets)
    reference_lead: float  # months an idea stays private, at the reference (budgets)
    lab_researchers: float  # share of researchers in labs (budgets)
    wage_2024: float  # cost of a researcher in 2024, USD a year (labour)
    wage_growth: float  # growth of that cost, 1/year (labour)
    cost_share: float  # share of unit cost that AI can lower (applications)
    product_substitution: float  # elasticity between products of a sector (sectors)
    product_home_bias: float  # log bias for home products (sectors)
    firms_share: float  # share of wage bills that goes into infrastructure (places)
    graduates_paid: float  # public money for graduates' training, elasticity (places)


class Shared(_Shared, Face):
    """The shared quantities, as kernels take them."""


@dataclass(frozen=True)
class Fixed:
    """All inputs of a run."""

    groups: Mapping[type[Mechanism], Mechanism]
    shared: Shared
    inputs: Inputs
    constants: Constants
    seed: np.uint64
    threads: int
    exchange_from: int  # month from which the scenario's exchange holds
    release_from: int  # month from which the scenario's policies of release hold

    faces: dict[type[Mechanism], Any] = field(default_factory=dict, init=False, repr=False)

    def face(self, kind: type[Mechanism]) -> Any:
        """Return the numbers of a group of parameters as a named tuple, for kernels."""
        if kind not in self.faces:
            self.faces[kind] = self.groups[kind].face()
        return self.faces[kind]

    def of(self, kind: type[Group]) -> Group:
        """Return the parameters of a mechanism, by the class of its group."""
        return cast(Group, self.groups[kind])

    def holds(self, since: Since, month: int) -> bool:
        """Say whether levers that hold from a group's ``since`` do so in a month."""
        return month >= (self.release_from if since == "release" else self.exchange_from)

    def by_bloc(self, kind: type[Mechanism], lever: str, month: int) -> list[Any]:
        """Return the values of a lever in a month, bloc by bloc; its default before it holds."""
        group = self.groups[kind]
        holds = self.holds(kind.since_of(lever), month)
        roles = {self.inputs.leader: "leader", self.inputs.follower: "follower"}
        return [
            group.by_role(lever, roles.get(bloc.name, "elsewhere"), holds=holds)
            for bloc in self.inputs.blocs
        ]

    def date(self, month: int) -> str:
        """Return a month (0 is the first of prehistory) as YYYY-MM."""
        return self.inputs.calendar.label(month)

    def __getstate__(self) -> dict[str, Any]:
        # What kernels keep of the faces they read is not part of a run, and cannot be stored.
        return {**self.__dict__, "shared": type(self.shared)(*self.shared), "faces": {}}

    def replaced(self, **changes: Any) -> Fixed:
        """Return a copy in which some fields are others."""
        return replace(self, **changes)
