r"""Demography: labs enter by date; other firms enter by choice, split off, and close.

*Labs* enter at their founding date, the same in all paired runs: their budgets are shares of a
recorded path, so entry or exit of a lab would only share out the same money differently. A lab that
enters knows what is published within its reach.

*Application firms*, from the first reported month on:

* *Exit.* A firm keeps cash for some months of overhead; results go into cash, and cash beyond this
  reserve goes to owners. A firm whose cash is gone closes, and any firm closes at a small constant
  hazard (as in Melitz 2003): its staff look for work next month where they live, ideas that no
  other firm holds are lost, and creditors write off a debt, or owners take what cash is left.
* *Spin-offs* (Klepper 2007 on Detroit: better and larger firms breed more). At a hazard that is its
  sales over the mean of its bloc's sector times a constant, a firm loses some of its people to a
  new one. The new firm takes each of the parent's ideas with a fixed chance, and mostly stays in
  town. The key of a spin-off is (parent, month, ordinal).
* *Entry.* Each month has a fixed list of potential entrants by bloc and sector, addressed by
  (bloc, sector, month, ordinal). Each computes what it would sell with what it knows, at the market
  share that follows (``mechanisms/firms/sectors.py``), and enters where

.. math:: \frac{margin \cdot sales_e - overhead_e}{overhead_e} \ge h\,e^{\sigma\xi_e}

Code: ``_entrants``

with a threshold of its own. An entrant chooses a place of its bloc by a logit with utility
:math:`a \ln(researchers\ nearby / cost)`, researchers of other sectors counted by their adjacency.
So one entry changes no other firm's random draws, key or threshold.

All newcomers hold what is *common* (held by more than half of the bloc's firms in the field) and,
of published ideas, what years of reading at the hazard of other firms would have left them. Both
are credited to the publication channel, what comes from a parent to mobility.

Rows never move: places keep spare rows by sector, and a newcomer takes the first free one; where
none is left it goes to another place or is turned away, and counted. Rows are not used twice.

Left out: entry and exit of chipmakers (the vendors that sell chips are not firms of the model),
labs as parents (their spin-offs stand in the table of labs by date), sale of firms.

Limits: no potential entrants, spin-offs and closing: the firms of the first month, bit for bit;
infinite hurdle: no firm enters; exit 0: no firm closes.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.randomness import address, key_of
from model.core.table import Floats, Integers
from model.mechanisms.firms import demography_kernels as kernels
from model.mechanisms.firms.demography_kernels import Background, Newcomers
from model.state.codes import FIELDS, LAB, LAB_FIELDS, PRODUCTS, PUBLICATION, SECTORS
from model.state.fixed import Fixed
from model.state.knowledge import Learned
from model.state.state import State


class Demography(Mechanism):
    """Entry, exit and spin-offs of application firms."""

    entrants: float = fact(
        0.1, "share/year", Uniform(0.04, 0.2), (0.0, 1.0), source="memory", claims="B6"
    )
    """Potential entrants a year among application firms, over the firms of the bloc's sector at the
    start; in business statistics 7 to 10 % of firms a year are new, most of them tiny."""
    hurdle: float = fact(0.2, "share", LogUniform(0.05, 0.8), (0.0, 1e09), claims="B6")
    """Expected profit over overhead at which the median potential entrant enters."""
    hurdle_spread: float = fact(1.0, "1", Uniform(0.3, 1.5), (0.0, 5.0))
    """Standard deviation of the logarithm of potential entrants' profit threshold."""
    size: float = fact(0.3, "1", Uniform(0.1, 1.0), (0.001, 10.0))
    """Median size of entrants and spin-offs, over that of the firms at the start."""
    experience: float = fact(5.0, "years", Uniform(1.0, 10.0), (0.0, 1000.0), claims="D8")
    """Time for which founders of firms have read publications, at other firms' reading hazard."""
    spinoffs: float = fact(0.02, "1/year", Uniform(0.0, 0.04), (0.0, 1.0), claims="A2 B6")
    """Spin-offs a year of an application firm with the mean sales of its bloc's sector."""
    ideas_taken: float = fact(0.5, "share", Uniform(0.2, 0.9), (0.0, 1.0), claims="A2")
    """Share of the parent firm's ideas that a spin-off takes along."""
    stay_nearby: float = fact(
        0.8, "share", Uniform(0.5, 1.0), (0.0, 1.0), source="memory", claims="A1 A2"
    )
    """Share of spin-offs that stay at the parent firm's place (Detroit, Silicon Valley)."""
    pull: float = fact(1.0, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="A1 A4")
    """Elasticity of a place's attraction to new firms in researchers nearby over the place's cost;
    0: all places attract alike."""
    runway: float = fact(12.0, "months", LogUniform(6.0, 36.0), (0.0, 1e06), claims="B6")
    """Months of overhead that an application firm keeps as cash, and begins with."""
    exit: float = fact(1.0, "1/month", within=(0.0, 1.0), claims="B6")
    """Hazard at which an application firm without cash closes."""
    other_closures: float = fact(
        0.03, "1/year", Uniform(0.0, 0.06), (0.0, 1.0), source="memory", claims="B6"
    )
    """Hazard at which a firm closes whatever its cash (owners retire, products end); most closures
    in business statistics are not insolvencies."""
    room: float = fact(1.5, "share", within=(0.0, 20.0), kind="choice")
    """Spare rows of the firm table for newcomers, over the firms at the start, by place and sector;
    none where entry and spin-offs are 0."""

    @property
    def open(self) -> bool:
        """Whether firms can enter or split off."""
        return self.entrants > 0.0 or self.spinoffs > 0.0

    def spare(self, firms: int) -> int:
        """Return the spare rows beside so many firms of a place and sector."""
        return math.ceil(self.room * firms) if self.open else 0


def demography(fixed: Fixed, state: State) -> None:
    """Let labs founded this month enter, and other firms close, split off and enter.

    Reads ``labs.founded``, ``knowledge.pool``, ``blocs.exchange``, ``applications.result``,
    ``sales``, ``overhead``, ``branches``, ``clusters.cost``. Writes ``firms.key``, ``size``,
    ``active``, ``spare``, ``entered``, ``left``, ``founder``, ``researchers``, in ``knowledge``
    ``bits``, ``count``, ``level``, ``holders``, ``partner``, in ``applications`` cash and its
    accounts, in ``blocs`` the counts of the month, ``acquired``, and adds what newcomers learned
    to ``state.learned``.
    """
    _found_labs(fixed, state)
    blocs, group = state.blocs, fixed.of(Demography)
    for counted in (blocs.entries, blocs.spinoffs, blocs.exits, blocs.turned_away):
        counted[:] = 0
    start = fixed.inputs.calendar.prehistory
    if state.month < start:
        return
    table, active = state.applications, state.firms.active
    if state.month == start:
        here = active[table.firm]
        table.put_in[here] = group.runway * table.overhead[here]
        table.cash[here] = table.put_in[here]
    kernels.bank(state.firms.face, group.runway, table.face)
    if group.exit > 0.0 or group.other_closures > 0.0:
        _close(fixed, state)
    if group.open:
        _enter(fixed, state)


def _found_labs(fixed: Fixed, state: State) -> None:
    labs, firms = state.labs, state.firms
    entering = np.flatnonzero((labs.founded == state.month) & ~firms.active[labs.firm])
    if not entering.size:
        return
    rows, no_parent = labs.firm[entering], np.full(entering.size, -1, np.int64)
    # Labs read all that is published; nothing is common knowledge beside it.
    nothing = np.full(state.blocs.exits.size, math.inf)
    background = Background(nothing, read=1.0, taken=fixed.of(Demography).ideas_taken)
    for number in LAB_FIELDS:
        draws = address(fixed.seed, key_of("entrants", FIELDS[number]))
        _teach(draws, rows, no_parent, background, state, number)
    firms.active[rows] = True
    firms.entered[rows] = state.month


def _close(fixed: Fixed, state: State) -> None:
    table, firms = state.applications, state.firms
    closes = np.zeros(table.firm.size, np.bool_)
    draws = address(fixed.seed, key_of("closing"), state.month)
    group = fixed.of(Demography)
    sound = -math.expm1(-group.other_closures / 12.0)
    kernels.closing(draws, firms.face, max(group.exit, sound), sound, table.face, closes)
    gone = np.flatnonzero(closes)
    if not gone.size:
        return
    rows = table.firm[gone]
    firms.active[rows] = False
    firms.left[rows] = state.month
    left = np.maximum(table.cash[gone], 0.0)
    table.paid_out[gone] += left
    table.lost[gone] -= table.cash[gone] - left
    table.cash[gone] = 0.0
    table.platform[gone] = -1
    state.blocs.exits[:] = np.bincount(firms.bloc[rows], minlength=state.blocs.exits.size)
    for knowledge in state.knowledge:
        members = knowledge.at[rows].astype(np.int64)
        kernels.forget(members[members >= 0], firms.face, knowledge.face)


def _enter(fixed: Fixed, state: State) -> None:
    # Spin-offs and entrants: list them, give them rows, people, cash and ideas.
    group, firms, blocs, heads = fixed.of(Demography), state.firms, state.blocs, _heads(state)
    read = 1.0 - math.exp(-12.0 * fixed.shared.publication_hazard * group.experience)
    backgrounds = [  # before any firm enters
        Background(_common(state, number), read, group.ideas_taken) for number in range(len(FIELDS))
    ]
    new = _spinoffs(fixed, state)
    new = new.and_then(_entrants(fixed, state, heads, backgrounds[PRODUCTS]))
    if not new.key.size:
        return
    rows = _rows(fixed, state, new)
    blocs.turned_away[:] = np.bincount(new.bloc[rows < 0], minlength=blocs.turned_away.size)
    new, rows = new.only(rows >= 0), rows[rows >= 0]
    places, table, branches = state.clusters.researchers, state.applications, state.branches
    kernels.open_doors(
        state.month, rows, new, heads, group.runway, firms.face, places, table.face, branches.face
    )
    of_parents = new.parent >= 0
    for counted, those in ((blocs.spinoffs, of_parents), (blocs.entries, ~of_parents)):
        counted[:] = np.bincount(new.bloc[those], minlength=counted.size)
    for number, knowledge in enumerate(state.knowledge):
        source = np.where(of_parents, knowledge.at[new.parent], -1).astype(np.int64)
        draws = address(fixed.seed, key_of("newcomers", FIELDS[number]))
        _teach(draws, rows, source, backgrounds[number], state, number)


def _heads(state: State) -> Floats:
    # Researchers of a firm of size 1, by bloc; labs left out.
    firms = state.firms
    others = firms.active & (firms.kind != LAB)
    count = state.blocs.exits.size
    people, sizes = (
        np.bincount(firms.bloc[others], column[others], count)
        for column in (firms.researchers, firms.size)
    )
    each: Floats = np.asarray(people / np.where(sizes > 0.0, sizes, 1.0), np.float64)
    return each


def _spinoffs(fixed: Fixed, state: State) -> Newcomers:
    firms, table, branches = state.firms.face, state.applications.face, state.branches.face
    kernels.survey(firms, table, state.knowledge[PRODUCTS].face, branches)
    draws = address(fixed.seed, key_of("spin-offs"), state.month)
    names, hazard = key_of("spin-off"), fixed.of(Demography).spinoffs / 12.0
    new = _blank(table.firm.size)
    count = kernels.split_off(draws, names, state.month, hazard, firms, table, branches, new)
    return _with_sizes(fixed, new, count)


def _entrants(fixed: Fixed, state: State, heads: Floats, background: Background) -> Newcomers:
    blocs, branches = state.blocs.face, state.branches.face
    number = branches.firms_first * (fixed.of(Demography).entrants / 12.0)
    draws = address(fixed.seed, key_of("potential entrants"), state.month)
    new, names = _blank(state.applications.firm.size), key_of("entrant")
    # A bloc is addressed by its place in the inputs, whatever it is called.
    count = kernels.list_entrants(draws, names, state.month, blocs.ordinal, number, new)
    new = _with_sizes(fixed, new, count)
    enters = np.zeros(count, np.bool_)
    kernels.judge_entry(
        address(fixed.seed, key_of("newcomers", FIELDS[PRODUCTS])),
        address(fixed.seed, key_of("hurdles")),
        new,
        heads,
        background,
        state.knowledge[PRODUCTS].face,
        blocs,
        branches,
        fixed.face(Demography),
        fixed.shared,
        enters,
    )
    return new.only(enters)


def _blank(count: int) -> Newcomers:
    bloc, sector, parent, home = (np.full(count, -1, np.int64) for _ in range(4))
    return Newcomers(np.empty(count, np.uint64), bloc, sector, parent, home, np.empty(count))


def _with_sizes(fixed: Fixed, new: Newcomers, count: int) -> Newcomers:
    new = new.only(np.arange(new.key.size) < count)
    draws, relative = address(fixed.seed, key_of("firm size")), fixed.of(Demography).size
    kernels.draw_sizes(draws, new.key, relative, fixed.shared.size_spread, new.size)
    return new


def _rows(fixed: Fixed, state: State, new: Newcomers) -> Integers:
    # The row of each newcomer, -1 where no place of its bloc has room.
    firms, clusters = state.firms, state.clusters
    shape = (clusters.key.size, len(SECTORS))
    cell = firms.cluster.astype(np.int64) * shape[1] + firms.sector
    edges = np.searchsorted(cell, np.arange(shape[0] * shape[1] + 1))
    first, last = edges[:-1].reshape(shape), edges[1:].reshape(shape)
    people = np.bincount(cell, firms.researchers, shape[0] * shape[1]).reshape(shape)
    nearness = np.full((shape[1], shape[1]), fixed.shared.sector_adjacency)
    np.fill_diagonal(nearness, 1.0)
    seen, rows = nearness @ people.T, np.empty(new.key.size, np.int64)
    draws, group = address(fixed.seed, key_of("settling")), fixed.face(Demography)
    kernels.choose_place(draws, new, group, seen, first, last, clusters.face, firms.spare, rows)
    return rows


def _common(state: State, number: int) -> Floats:
    # Half of the bloc's active firms in the field: what more of them hold is common.
    row = state.knowledge[number].row
    there = state.firms.bloc[row[state.firms.active[row]]]
    half: Floats = np.bincount(there, minlength=state.blocs.exits.size) / 2.0
    return half


def _teach(
    draws: np.uint64,
    rows: Integers,
    source: Integers,
    background: Background,
    state: State,
    number: int,
) -> None:
    knowledge, acquired = state.knowledge[number], state.acquired[number]
    firms, blocs, ideas = state.firms.face, state.blocs.face, knowledge.face
    most = rows.size * knowledge.size.size
    drawn = kernels.Lessons(*(np.empty(most, np.int64) for _ in range(4)))
    learned = kernels.teach(draws, rows, source, background, firms, blocs, ideas, acquired, drawn)
    lessons = kernels.Lessons(*(column[:learned] for column in drawn))
    taught = source >= 0  # a field in which nobody works has no teachers
    parents = np.full(source.shape, -1)
    parents[taught] = knowledge.row[source[taught]]
    parents = parents[lessons.learner]
    state.learned[number] = state.learned[number].and_then(
        Learned(
            learner=rows[lessons.learner],
            idea=lessons.idea,
            source=np.where(lessons.channel == PUBLICATION, -1, parents),
            channel=lessons.channel,
            origin=lessons.origin,
        )
    )
