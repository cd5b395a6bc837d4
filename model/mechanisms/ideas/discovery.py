r"""Discovery: labs and firms find ideas that exist before anyone finds them.

Each field has a catalogue of ideas 0, 1, 2, …; the size of idea n is a function of (seed, field,
n) alone, so that all blocs and both runs of a pair face the same ideas and an idea can be
discovered twice. A firm's discoveries in a month are Poisson with mean

.. math:: \frac{A}{12\,n}\, S\, (R/r)^\gamma (X/x)^\kappa\, f^{-\eta}\, e^{-bK}

Code: ``discovery``

(R its researchers in the field, X its experiment compute, f its breadth of search, K its own
knowledge in the field; n, r, x the number, mean researchers and mean compute of active firms of
its kind at the start of the baseline, S the researchers of its kind over those of labs: an
economy of given size, whatever the number of firms). Ideas get harder with the firm's own
knowledge, as in semi-endogenous growth (Jones 1995; Bloom, Jones, Van Reenen and Webb 2020).

A firm that holds c ideas can discover any idea that it lacks with index below c + w, w = f δ/m (the
adjacent possible; Weitzman 1998 on limits of search). Each discovery takes the idea of highest
affinity, a fixed hash of (firm, idea): which ideas suit which firm is random, and the same in all
paired runs. The organisation of a lab is its breadth of search: bottom-up labs (f 1.5) look widely
and discover what others do not, top-down labs (f 1) look near what all others discover. No source
reports the organisation of single labs, so all labs have one breadth, and levers by bloc ask what
another breadth would do.

*Products* are what application firms work on: ideas that make a product better or cheaper, sizes in
log quality, one catalogue for all sectors. A firm of mean size discovers A of them a year before it
gets harder, whatever the number of firms: here S is the number of application firms and cancels n.
Algorithms are one stock that the whole economy adds to and mostly labs carry, so that discoveries
are shared out; a product's quality is its own firm's, and two firms half as large with half the
people each must improve theirs as fast as one did (research intensity, not headcount, sets the
pace in growth with expanding variety: Young 1998, Peretto 1998). Shared out like algorithms, a cut
into ten times as many firms would leave each a tenth of its own discoveries. No compute enters
(κ = 0). This invariance holds at the default strength of spillover and ends where firms learn
nearly all discoveries of others: then each knows the union, which more firms fill faster (by some
ln 10/b for ten times as many); a tenfold cut adds 0.05 at the default.

On the balanced path knowledge grows at g when b = (κ g_C + γ g_R)/g. That equation sets the
difficulty b; the arrival A is set so that the leader's best lab, in products the mean application
firm of the leading bloc, grows at g over the first three reported years of the baseline
(``model/setup/baseline.py``).

With ``ideas`` *unique* nothing is discovered twice in algorithms and systems: every discovery is an
idea that nobody held before, there is no reach, and depth does not stand in the way of learning it.

Limits: growth 0 takes the field away; a single closed firm follows dK/dt = A m F e^(−bK) for any
window; w = 1: all firms discover in the same order.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from model.core.errors import InputError
from model.core.kernels import kernel, over_rows
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever, monthly_rate
from model.core.randomness import address, at, key_of, poisson, uniform
from model.core.sampling import ones
from model.state.codes import (
    ALGORITHMS,
    DISCOVERED,
    FIELDS,
    LAB_FIELDS,
    NEVER,
    PRODUCTS,
    REDISCOVERED,
    SYSTEMS,
)
from model.state.fixed import Fixed
from model.state.state import State

MOST_DISCOVERIES = 50.0  # of a firm in a month; a larger rate means that parameters blow up
COMPUTE_GROWTH = math.log(4.3)  # g_C of the balanced path, 1/year; evidence: training compute


class Discovery(Mechanism):
    """How firms discover ideas."""

    mean_size: float = fact(0.01, "OOM", Uniform(0.006, 0.02), (0.004, 0.05))
    """Mean size m of an idea in algorithms; ideas of slower fields are smaller in proportion."""
    sizes: Literal["exponential", "lognormal", "pareto"] = fact("exponential", "name", claims="D3")
    """Distribution of the sizes of ideas at a given mean: how much the largest ideas count."""
    ideas: Literal["catalogue", "unique"] = fact("catalogue", "name", claims="D8 D12")
    """Whether several firms can discover one idea (catalogue) or every discovery is a new idea
    (unique), in algorithms and systems; products always come from a catalogue."""
    reach: float = fact(0.5, "OOM", LogUniform(0.15, 0.9), (0.01, 3.0), claims="D12")
    """Adjacent possible δ in algorithms: how far beyond its own knowledge a firm with breadth of
    search 1 looks for ideas."""
    researchers_exponent: float = fact(
        0.6,
        "1",
        Uniform(0.4, 0.8),
        (0.0, 1.0),
        kind="estimated",
        source="klette_kortum",
        claims="D1 D14",
    )
    """Elasticity γ of a firm's discovery rate to its researchers."""
    compute_exponent: float = fact(
        0.2,
        "1",
        Uniform(0.05, 0.4),
        (0.0, 1.0),
        kind="contested",
        source="experiment_compute",
        claims="D1 C7",
    )
    """Elasticity κ of a firm's discovery rate in algorithms and systems to its compute for
    experiments."""
    lab_breadth: float = fact(1.0, "1", Uniform(1.0, 2.5), (0.3, 5.0), claims="D2 D12")
    """Breadth of search f of labs: 1 for top-down, 1.5 for bottom-up organisation."""
    breadth: float = lever(1.0, "1", (0.3, 3.0), since="release", claims="D2 D3 D12")
    """Breadth of search of labs in {bloc}, as a multiple of discovery.lab_breadth."""
    firm_breadth: float = fact(0.6, "1", Uniform(0.4, 1.0), (0.3, 5.0))
    """Breadth of search f of firms other than labs."""
    breadth_cost: float = fact(
        0.25, "1", Uniform(0.0, 0.5), (0.0, 2.0), kind="contested", claims="D2"
    )
    """Elasticity η with which a broader search lowers a firm's discovery rate."""
    algorithms_growth: float = fact(
        0.45, "OOM/year", Uniform(0.26, 0.72), (0.0, 1.5), kind="estimated", source="ho_2024"
    )
    """Growth of knowledge in algorithms of the best lab of the leading bloc; at the default the
    compute needed for a given capability halves in 8 months."""
    systems_growth: float = fact(0.15, "OOM/year", Uniform(0.08, 0.25), (0.0, 1.0))
    """Growth of knowledge in systems of the best lab of the leading bloc."""
    products_growth: float = fact(0.1, "1/year", Uniform(0.05, 0.2), (0.0, 1.0), claims="A3 D15")
    """Growth of the log quality (or fall of the log cost) of products through ideas: mean of the
    application firms of the leading bloc, weighted by researchers."""
    lab_systems_share: float = fact(0.3, "share", Uniform(0.15, 0.5), (0.0, 1.0))
    """Share of a lab's researchers who work on systems; the others work on algorithms."""
    chipmaker_systems_share: float = fact(0.3, "share", Uniform(0.1, 0.5), (0.0, 1.0))
    """Share of a chipmaker's researchers who work on systems."""
    application_algorithms_share: float = fact(0.15, "share", Uniform(0.05, 0.4), (0.0, 1.0))
    """Share of an application firm's researchers who work on algorithms; the others work on
    products."""

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
        """Return κ of a field: discoveries in products need no compute."""
        return self.compute_exponent if field in LAB_FIELDS else 0.0

    def difficulty(self, field: int, researcher_growth: float) -> float:
        """Return b of the balanced path, 1/OOM; refuses values below which growth runs away.

        In products nothing runs away: budgets do not follow knowledge there, and with a constant
        number of researchers (b = 0) knowledge grows linearly.
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
        reach in OOM, so that both are equal in years of progress; with one reach in OOM for
        all fields, f δ b would pass 1.39 in systems and other firms' ideas would be worth more
        than a field can hold.
        """
        if field == 0 or self.algorithms_growth == 0.0 or self.growth(field) == 0.0:
            return 1.0
        return self.growth(field) / self.algorithms_growth

    def idea_size(self, field: int) -> float:
        """Return the mean size m of an idea of a field, OOM."""
        return self.mean_size * self.relative_pace(field)

    def unique(self, field: int) -> bool:
        """Say whether every discovery of a field is a new idea."""
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
        """Name the limits of good behaviour that these values pass; prior draws avoid them."""
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


class Pace(NamedTuple):
    """Determinants of the discovery rates of a field; arrays are by kind of firm."""

    firms: Any  # active firms at the start of the baseline, n
    compute: Any  # their mean compute for experiments, x, FLOP/s
    scale: Any  # discoveries of all of them a month before ideas get harder, A S / 12
    researchers_exponent: float  # γ
    compute_exponent: float  # κ
    breadth_cost: float  # η
    difficulty: float  # b, 1/OOM


class Discoveries(NamedTuple):
    """Discoveries of a month: member m makes ``count[m]``, in the rows before ``ends[m]``."""

    count: Any  # member: discoveries
    ends: Any  # member: running sum of counts
    member: Any  # discovery: the member that makes it
    idea: Any  # discovery: NEVER where none is in reach, NEVER - 1 where the catalogue is used up


def discovery(fixed: Fixed, state: State) -> None:
    """Draw the discoveries of the month and write them into the catalogue's record.

    Reads ``knowledge.relative_team``, ``compute``, ``busy``, ``blocs.litigating``, ``labs.bloc``,
    ``vigour``, ``clusters.crowd``. Writes labs' ``knowledge.breadth`` and ``window`` by the levers,
    ``knowledge.rate``, ``full_rate``, ``bits``, ``count``, ``level``, ``discoveries``,
    ``first_month``, ``first_firm``, ``first_bloc``, ``owner``, ``owned``, ``holders``, ``words``,
    ``state.discoveries``, ``state.acquired``.
    """
    group = fixed.of(Discovery)
    firms, labs, blocs = state.firms.face, state.labs.face, state.blocs.face
    breadths = group.lab_breadth * np.array(fixed.by_bloc(Discovery, "breadth", state.month))
    windows = np.array([group.window(breadth) for breadth in breadths])
    for number, table in enumerate(state.knowledge):
        knowledge, rows = table.face, table.row.size
        if number in LAB_FIELDS and fixed.holds("release", state.month):
            _organise(number, labs, breadths, windows, knowledge)
        where = (firms, state.clusters.face, blocs, labs, _pace(fixed, number))
        over_rows(fixed.threads, rows, _expect_discoveries, *where, knowledge)
        if rows and not table.rate.max() <= MOST_DISCOVERIES:
            raise InputError(
                f"discovery: a firm would make {table.rate.max():.3g} discoveries a month in "
                f"{FIELDS[number]} in {fixed.date(state.month)}, "
                f"at most {MOST_DISCOVERIES:.0f} can be simulated; "
                "raise discovery.mean_size (a good value is 0.01) or lower the field's growth"
            )
        draws = address(fixed.seed, key_of("finds", FIELDS[number]), state.month)
        count = np.empty(rows, np.int64)
        over_rows(fixed.threads, rows, _draw_discoveries, draws, firms, knowledge, count)
        ends = np.cumsum(count)
        total = int(ends[-1]) if rows else 0
        made = Discoveries(count, ends, np.empty(total, np.int64), np.empty(total, np.int64))
        if group.unique(number):
            turn = np.empty(rows, np.uint64)
            _take_turns(draws, firms, knowledge, turn)
            _invent(np.argsort(turn), knowledge, made)
        else:
            affinity = address(fixed.seed, key_of("affinity", FIELDS[number]))
            over_rows(fixed.threads, rows, _search, affinity, firms, knowledge, made)
        if total and made.idea.min() < NEVER:
            raise InputError(
                f"discovery: the catalogue of {FIELDS[number]} is used up in "
                f"{fixed.date(state.month)}; "
                "raise discovery.mean_size or lower the field's growth"
            )
        _register(state.month, firms, labs, made, knowledge, state.acquired[number])
        state.discoveries[number] = (made.member, made.idea)


def _pace(fixed: Fixed, number: int) -> Pace:
    group, constants = fixed.of(Discovery), fixed.constants
    return Pace(
        firms=constants.firms[number],
        compute=constants.compute[number],
        scale=monthly_rate(constants.arrival[number]) * constants.share[number],
        researchers_exponent=group.researchers_exponent,
        compute_exponent=group.compute_exponent_in(number),
        breadth_cost=group.breadth_cost,
        difficulty=group.difficulty(number, fixed.shared.researcher_growth),
    )


@kernel
def _organise(number, labs, breadths, windows, knowledge):
    """Write the labs' breadth and window of search in a field, by bloc."""
    for i in range(labs.bloc.size):
        knowledge.breadth[labs.member[i, number]] = breadths[labs.bloc[i]]
        knowledge.window[labs.member[i, number]] = windows[labs.bloc[i]]


@kernel
def _expect_discoveries(start, stop, firms, clusters, blocs, labs, pace, knowledge):
    """Write expected discoveries a month, with a team's full time and with its remaining time."""
    for m in range(start, stop):
        f = knowledge.row[m]
        kind, lab, team = firms.kind[f], firms.lab[f], knowledge.relative_team[m]
        if team <= 0.0 or pace.firms[kind] <= 0.0:
            knowledge.rate[m] = knowledge.full_rate[m] = 0.0
            continue
        experiments, typical = 1.0, pace.compute[kind]
        if pace.compute_exponent > 0.0:
            relative = knowledge.compute[m] / typical if typical > 0.0 else 0.0
            experiments = relative**pace.compute_exponent
        effort = team**pace.researchers_exponent * experiments
        full = pace.scale[kind] / pace.firms[kind] * effort
        full = full * knowledge.breadth[m] ** -pace.breadth_cost
        full = full * math.exp(-pace.difficulty * knowledge.level[m])
        full *= clusters.crowd[firms.cluster[f]]
        if lab >= 0:
            full *= labs.vigour[lab]
        left = (1.0 - knowledge.busy[m]) * (1.0 - blocs.litigating[firms.bloc[f]])
        knowledge.full_rate[m] = full
        knowledge.rate[m] = full * left**pace.researchers_exponent if left < 1.0 else full


@kernel
def _draw_discoveries(start, stop, draws, firms, knowledge, count):
    """Draw how many discoveries each member makes."""
    row, key, rate = knowledge.row, firms.key, knowledge.rate
    for m in range(start, stop):
        count[m] = poisson(uniform(at(draws, key[row[m]])), rate[m]) if rate[m] > 0.0 else 0


@kernel
def _search(start, stop, affinity, firms, knowledge, made):
    """Write the idea of each discovery: that of highest affinity in reach that the member lacks."""
    bits, count, size = knowledge.bits, knowledge.count, knowledge.size
    one, word_bits = np.uint64(1), 64
    for m in range(start, stop):
        mine = at(affinity, firms.key[knowledge.row[m]])
        for x in range(made.ends[m] - made.count[m], made.ends[m]):
            made.member[x] = m
            made.idea[x] = NEVER
            reach = count[m] + knowledge.window[m]
            if reach > size.size:
                made.idea[x] = NEVER - 1  # the catalogue is too short: the caller refuses
                continue
            best, highest = -1, np.uint64(0)
            for word in range(-(-reach // word_bits)):
                lacks = ~bits[m, word]
                if reach - word * word_bits < word_bits:
                    lacks &= (one << np.uint64(reach - word * word_bits)) - one
                while lacks:  # from bit to bit: of most words a firm holds nearly all
                    lowest = lacks & (~lacks + one)
                    n = word * word_bits + ones(lowest - one)
                    lacks ^= lowest
                    value = at(mine, np.uint64(n))
                    if best < 0 or value > highest:
                        best, highest = n, value
            if best >= 0:
                bits[m, best // word_bits] |= one << np.uint64(best % word_bits)
                count[m] += 1
                knowledge.level[m] += size[best]
                made.idea[x] = best


@kernel
def _take_turns(draws, firms, knowledge, turn):
    """Write a random number for each member, so that the order of discoveries is not by place."""
    for m in range(knowledge.row.size):
        turn[m] = at(at(draws, firms.key[knowledge.row[m]]), np.uint64(1))


@kernel
def _invent(order, knowledge, made):
    """Write the idea of each discovery where all are new: the next ideas not yet discovered."""
    n = 0
    for m in order:
        for x in range(made.ends[m] - made.count[m], made.ends[m]):
            made.member[x] = m
            while n < knowledge.size.size and knowledge.first_month[n] != NEVER:
                n += 1
            if n >= knowledge.size.size:
                made.idea[x] = NEVER - 1  # the catalogue is too short: the caller refuses
                continue
            knowledge.bits[m, n // 64] |= np.uint64(1) << np.uint64(n % 64)
            knowledge.count[m] += 1
            knowledge.level[m] += knowledge.size[n]
            made.idea[x] = n
            n += 1


@kernel
def _register(month, firms, labs, made, knowledge, acquired):
    """Count discoveries and rediscoveries, and record the first of each idea."""
    owner, owned, holders = knowledge.owner, knowledge.owned, knowledge.holders
    for x in range(made.idea.size):
        n = made.idea[x]
        if n < 0:
            continue
        f = knowledge.row[made.member[x]]
        b, mine = firms.bloc[f], firms.lab[f]
        fresh = knowledge.first_month[n] == NEVER
        if fresh:
            knowledge.first_month[n] = month
            knowledge.words[0] = max(knowledge.words[0], n // 64 + 1)
            knowledge.first_firm[n] = f
            knowledge.first_bloc[n] = b
        knowledge.discoveries[n] += 1
        if holders[n, b] == 0:
            owner[n, b], owned[n, b] = mine, month
        elif mine >= 0 and owned[n, b] == month:
            # Several discover it in one month: the order of firms must not decide whose it is.
            other = owner[n, b]
            if other < 0 or firms.key[labs.firm[mine]] > firms.key[labs.firm[other]]:
                owner[n, b] = mine
        holders[n, b] += 1
        acquired[DISCOVERED if fresh else REDISCOVERED, b, b] += 1
