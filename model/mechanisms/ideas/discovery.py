r"""Discovery: labs and firms find ideas that exist before anyone finds them.

Each field has a catalogue of ideas 0, 1, 2, …; the size of idea n is a function of (seed, field,
n) alone, so that all blocs and both twins face the same nature and an idea can be found twice.
A firm's finds in a month are Poisson with mean

.. math:: \frac{A}{12\,n}\, S\, (R/r)^\gamma (X/x)^\kappa\, f^{-\eta}\, e^{-bK}

(R its researchers in the field, X its experiment compute, f its breadth of search, K its own
knowledge in the field; n, r, x the number, mean researchers and mean compute of active firms of
its kind at the start of the baseline world, S the kind's researchers over those of labs: an
economy of given size, whatever the number of firms). Ideas get harder with the firm's own
knowledge, as in semi-endogenous growth (Jones 1995; Bloom, Jones, Van Reenen and Webb 2020).

A firm that holds c ideas finds any that it lacks with index below c + w, w = f δ/m (the adjacent
possible; Weitzman 1998 on limits of search). Each find takes the idea of highest affinity, a
fixed hash of (firm, idea): which ideas suit whom is luck, the same in all twins. How a lab is
organised is its breadth of search: bottom-up labs (f 1.5) look widely and find what others do not,
top-down labs (f 1) look near what all others find. No source tells the organisation of single labs,
so all have one breadth, and levers by bloc ask what another would do.

*Products* are what application firms work on: ideas that make a product better or cheaper, sizes in
log quality, one catalogue for all sectors. A firm of mean size finds A of them a year before it
gets harder, whatever the number of firms: here S is the number of application firms and cancels n.
Algorithms are one stock that the whole economy adds to and mostly labs carry, so that their finds
are shared out; a product's quality is its own firm's, and two firms half as large with half the
people each must improve theirs as fast as one did (research intensity, not headcount, sets the
pace in growth with expanding variety: Young 1998, Peretto 1998). Shared out like algorithms, a cut
into ten times as many firms would leave each a tenth of its own finds. No compute enters (κ = 0).
What holds at the strength of spillover by default ends where firms learn nearly all that others
find: then each knows the union, which more firms fill faster (by some ln 10/b for ten times as
many); a tenfold cut adds 0.05 at the default.

On the balanced path knowledge grows at g when b = (κ g_C + γ g_R)/g. The difficulty b is set by
that, and the arrival A so that the leader's best lab, in products the mean application firm of the
leading bloc, grows at g over the first three reported years of the baseline world
(``model/setup/baseline.py``).

With ``ideas`` *unique* nothing is found twice in algorithms and systems: every find is an idea that
nobody found before, there is no reach, and depth does not stand in the way of learning it.

Limits: growth 0 takes the field away; a single closed firm follows dK/dt = A m F e^(−bK) for any
window; w = 1: all find in the same order.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from model.core.errors import InputError
from model.core.kernels import over_rows
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever, monthly_rate
from model.core.randomness import address, key_of
from model.mechanisms.ideas import discovery_kernels
from model.state.codes import ALGORITHMS, FIELDS, LAB_FIELDS, NEVER, PRODUCTS, SYSTEMS
from model.state.fixed import Fixed
from model.state.state import State

MOST_FINDS = 50.0  # a month; a larger rate means that parameters blow up
COMPUTE_GROWTH = math.log(4.3)  # g_C of the balanced path, 1/year; evidence: training compute


class Discovery(Mechanism):
    """How ideas are found."""

    mean_size: float = fact(0.01, "OOM", Uniform(0.006, 0.02), (0.004, 0.05))
    """Mean size m of an idea."""
    sizes: Literal["exponential", "lognormal", "pareto"] = fact("exponential", "name", claims="D3")
    """Law of the sizes of ideas, all of one mean: how much the largest count."""
    ideas: Literal["catalogue", "unique"] = fact("catalogue", "name", claims="D8 D12")
    """Whether what labs look for can be found by several, or every find is a new idea (algorithms
    and systems; products stay in the catalogue)."""
    reach: float = fact(0.5, "OOM", LogUniform(0.15, 0.9), (0.01, 3.0), claims="D12")
    """Adjacent possible δ: how far beyond its knowledge a firm of breadth 1 searches."""
    researchers_exponent: float = fact(
        0.6,
        "1",
        Uniform(0.4, 0.8),
        (0.0, 1.0),
        kind="estimated",
        source="klette_kortum",
        claims="D1 D14",
    )
    """Returns γ to researchers."""
    compute_exponent: float = fact(
        0.2,
        "1",
        Uniform(0.05, 0.4),
        (0.0, 1.0),
        kind="contested",
        source="experiment_compute",
        claims="D1 C7",
    )
    """Returns κ to compute for experiments, in algorithms and systems."""
    lab_breadth: float = fact(1.0, "1", Uniform(1.0, 2.5), (0.3, 5.0), claims="D2 D12")
    """Breadth of search f of labs (1 top-down, 1.5 bottom-up)."""
    breadth: float = lever(1.0, "1", (0.3, 3.0), since="release", claims="D2 D3 D12")
    """Breadth of search of labs in {bloc}, as a multiple of lab_breadth."""
    firm_breadth: float = fact(0.6, "1", Uniform(0.4, 1.0), (0.3, 5.0))
    """Breadth of search of all other firms."""
    breadth_cost: float = fact(
        0.25, "1", Uniform(0.0, 0.5), (0.0, 2.0), kind="contested", claims="D2"
    )
    """Exponent η by which breadth is paid for in the rate of finds."""
    algorithms_growth: float = fact(
        0.45, "OOM/year", Uniform(0.26, 0.72), (0.0, 1.5), kind="estimated", source="ho_2024"
    )
    """Growth of the leader's best lab in algorithms (compute needed halves in 8 months)."""
    systems_growth: float = fact(0.15, "OOM/year", Uniform(0.08, 0.25), (0.0, 1.0))
    """Growth of the leader's best lab in systems."""
    products_growth: float = fact(0.1, "1/year", Uniform(0.05, 0.2), (0.0, 1.0), claims="A3 D15")
    """Growth of the log quality (or cost) of products from ideas, mean of the application firms of
    the leading bloc by researchers."""
    lab_systems_share: float = fact(0.3, "share", Uniform(0.15, 0.5), (0.0, 1.0))
    """Share of a lab's researchers in systems; the rest work on algorithms."""
    chipmaker_systems_share: float = fact(0.3, "share", Uniform(0.1, 0.5), (0.0, 1.0))
    """Share of a chipmaker's researchers in systems."""
    application_algorithms_share: float = fact(0.15, "share", Uniform(0.05, 0.4), (0.0, 1.0))
    """Share of an application firm's researchers in algorithms; the rest work on products."""

    def shares(self, field: int) -> tuple[float, float, float]:
        """Return the share of researchers in a field, for labs, chipmakers, application firms."""
        return {
            ALGORITHMS: (1.0 - self.lab_systems_share, 0.0, self.application_algorithms_share),
            SYSTEMS: (self.lab_systems_share, self.chipmaker_systems_share, 0.0),
            PRODUCTS: (0.0, 0.0, 1.0 - self.application_algorithms_share),
        }[field]

    def growth(self, field: int) -> float:
        """Return the growth g in a field, a year: of the best lab, in products of the mean firm."""
        return (self.algorithms_growth, self.systems_growth, self.products_growth)[field]

    def compute_exponent_in(self, field: int) -> float:
        """Return κ of a field: no compute is needed to find products."""
        return self.compute_exponent if field in LAB_FIELDS else 0.0

    def difficulty(self, field: int, researcher_growth: float) -> float:
        """Return b of the balanced path, 1/OOM; refuses values below which growth runs away.

        In products nothing runs away: means do not follow knowledge there, and with researchers
        who stay as many as they are (b = 0) knowledge grows in a straight line.
        """
        growth = self.growth(field)
        if growth == 0.0:
            return 0.0
        inputs = self.compute_exponent_in(field) * COMPUTE_GROWTH
        b = (inputs + self.researchers_exponent * max(0.0, researcher_growth)) / growth
        if b < 0.3 and field in LAB_FIELDS:
            raise InputError(
                f"discovery: {FIELDS[field]} would never get harder (difficulty {b:.2f} per OOM, "
                "at least 0.3 is needed); lower the field's growth or raise "
                "discovery.researchers_exponent or discovery.compute_exponent"
            )
        return b

    def relative_pace(self, field: int) -> float:
        """Return a field's growth over that of algorithms.

        Sizes and reach are given for algorithms. A slower field has smaller ideas and a shorter
        reach in OOM, so that both are the same in years of progress; with one reach in OOM for
        all, f δ b would pass 1.39 in systems and other firms' ideas would be worth more than
        a field can hold.
        """
        if field == 0 or self.algorithms_growth == 0.0 or self.growth(field) == 0.0:
            return 1.0
        return self.growth(field) / self.algorithms_growth

    def idea_size(self, field: int) -> float:
        """Return the mean size m of an idea of a field, OOM."""
        return self.mean_size * self.relative_pace(field)

    def unique(self, field: int) -> bool:
        """Say whether every find of a field is a new idea."""
        return self.ideas == "unique" and field in LAB_FIELDS

    def window(self, breadth: float) -> int:
        """Return the number of ideas w beyond its own count that a firm searches, at least 1."""
        return max(1, round(breadth * self.reach / self.mean_size))

    def _levers(self) -> list[float]:
        return [self.by_role("breadth", role) for role in self.levers["breadth"]]

    def widest(self) -> float:
        """Return the largest breadth f that any firm may have."""
        return max(self.lab_breadth * max(1.0, *self._levers()), self.firm_breadth)

    def narrowest(self) -> float:
        """Return the smallest breadth f that any firm may have."""
        return min(self.lab_breadth * min(1.0, *self._levers()), self.firm_breadth)

    def broken_guards(self, researcher_growth: float) -> list[str]:
        """Say which limits of good behaviour these values pass; draws from priors avoid them."""
        b = self.difficulty(0, researcher_growth)
        widest, narrowest = self.widest(), self.narrowest()
        broken = []
        if widest * self.reach * b >= 1.39:
            broken.append(
                f"breadth x reach x difficulty is {widest * self.reach * b:.2f}, not below 1.39"
            )
        if self.window(narrowest) < 15:
            broken.append(f"the window of search is {self.window(narrowest)} ideas, not 15 or more")
        return broken


def discovery(fixed: Fixed, state: State) -> None:
    """Draw the finds of the month and write them into the catalogue's record.

    Reads ``knowledge.relative_team``, ``compute``, ``busy``, ``blocs.litigating``, ``labs.bloc``,
    ``vigour``, ``clusters.crowd``. Writes labs' ``knowledge.breadth`` and ``window`` by the levers,
    ``knowledge.rate``, ``full_rate``, ``bits``, ``count``, ``level``, ``finds``, ``first_month``,
    ``first_firm``, ``first_bloc``, ``owner``, ``holders``, ``state.finds``, ``state.acquired``.
    """
    group, labs = fixed.of(Discovery), state.labs
    breadths = group.lab_breadth * np.array(fixed.by_bloc(Discovery, "breadth", state.month))
    windows = np.array([group.window(breadth) for breadth in breadths])
    for number, knowledge in enumerate(state.knowledge):
        if number in LAB_FIELDS and fixed.holds("release", state.month):
            discovery_kernels.organise(
                labs.bloc,
                labs.member[:, number],
                breadths,
                windows,
                knowledge.breadth,
                knowledge.window,
            )
        rows = knowledge.row.size
        arrival = fixed.constants.arrival[number]
        scale = monthly_rate(arrival) * fixed.constants.share[number]
        b = group.difficulty(number, fixed.shared.researcher_growth)
        over_rows(
            fixed.threads,
            rows,
            discovery_kernels.rates,
            knowledge.row,
            state.firms.kind,
            knowledge.relative_team,
            knowledge.compute,
            knowledge.level,
            knowledge.breadth,
            fixed.constants.firms[number],
            fixed.constants.compute[number],
            scale,
            group.researchers_exponent,
            group.compute_exponent_in(number),
            group.breadth_cost,
            b,
            state.firms.bloc,
            state.firms.cluster,
            state.clusters.crowd,
            state.firms.lab,
            labs.vigour,
            state.blocs.litigating,
            knowledge.busy,
            knowledge.full_rate,
            knowledge.rate,
        )
        if rows and not knowledge.rate.max() <= MOST_FINDS:
            raise InputError(
                f"discovery: a firm would make {knowledge.rate.max():.3g} finds a month in "
                f"{FIELDS[number]} in {fixed.date(state.month)}, "
                f"at most {MOST_FINDS:.0f} can be simulated; "
                "raise discovery.mean_size (a good value is 0.01) or lower the field's growth"
            )
        finds = np.empty(rows, np.int64)
        draws = address(fixed.seed, key_of("finds", FIELDS[number]), state.month)
        over_rows(
            fixed.threads,
            rows,
            discovery_kernels.counts,
            draws,
            knowledge.row,
            state.firms.key,
            knowledge.rate,
            finds,
        )
        ends = np.cumsum(finds)
        total = int(ends[-1]) if rows else 0
        members, ideas = np.empty(total, np.int64), np.empty(total, np.int64)
        affinity = address(fixed.seed, key_of("affinity", FIELDS[number]))
        columns = (knowledge.size, knowledge.bits, knowledge.count, knowledge.level, members, ideas)
        if group.unique(number):
            turn = np.empty(rows, np.uint64)
            discovery_kernels.turns(draws, knowledge.row, state.firms.key, turn)
            order = np.argsort(turn)
            discovery_kernels.invent(order, finds, ends, knowledge.first_month, *columns)
        else:
            over_rows(
                fixed.threads,
                rows,
                discovery_kernels.search,
                affinity,
                knowledge.row,
                state.firms.key,
                finds,
                ends,
                knowledge.window,
                *columns,
            )
        if total and ideas.min() < NEVER:
            raise InputError(
                f"discovery: the catalogue of {FIELDS[number]} is used up in "
                f"{fixed.date(state.month)}; "
                "raise discovery.mean_size or lower the field's growth"
            )
        discovery_kernels.register(
            state.month,
            knowledge.row,
            state.firms.key,
            state.firms.bloc,
            state.firms.lab,
            state.labs.firm,
            members,
            ideas,
            knowledge.first_month,
            knowledge.first_firm,
            knowledge.first_bloc,
            knowledge.owner,
            knowledge.owned,
            knowledge.finds,
            knowledge.holders,
            knowledge.words,
            state.acquired[number],
        )
        state.finds[number] = (members, ideas)
