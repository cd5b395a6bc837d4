r"""Demography: labs enter by date; other firms enter by choice, split off, and close.

*Labs* enter at their founding date, the same in all twins: their means are a share of a recorded
path, so that entry and exit of a lab would only deal that money anew. A lab that enters knows what
is in print for it.

*Application firms*, from the first reported month on:

* *Exit.* A firm keeps cash for some months of overhead; results go into it, what passes goes to its
  owners. Whose cash is gone closes: its staff look for work next month where they live, what it
  held is lost unless others hold it, and creditors write the rest off.
* *Spin-offs* (Klepper 2007 on Detroit: better and larger firms breed more). At a hazard that is its
  sales over the mean of its bloc's sector times a constant, a firm loses some of its people to a
  new one. They take each of its ideas with a fixed chance, and mostly stay in town. The key of a
  spin-off is (parent, month, ordinal).
* *Entry.* Each month has a fixed list of potential entrants by bloc and sector, addressed by
  (bloc, sector, month, ordinal). Each reckons what it would sell with what it knows, at the
  market's share for that (``mechanisms/sectors.py``), and enters where

.. math:: \frac{margin \cdot sales_e - overhead_e}{overhead_e} \ge h\,e^{\sigma\xi_e}

with a threshold of its own. Who enters chooses a place of its bloc by a logit with utility
:math:`a \ln(researchers\ nearby / cost)`, researchers of other sectors counted by their adjacency.
So one entry shifts nobody else's luck, key or threshold.

All newcomers hold what is *common* (held by more than half of the bloc's firms in the field) and of
what is in print what years of reading at the hazard of other firms would have left them. Both are
credited to the publication channel, what comes from a parent to mobility.

Rows never move: places keep spare rows by trade, and a newcomer takes the first free one; where
none is left it goes elsewhere or is turned away, and counted. Rows are not used twice.

Left out: entry and exit of chipmakers (vendors, who sell, are no firms of the model), labs as
parents (their spin-offs stand in the table of labs by date), sale of firms.

Limits: no potential entrants, spin-offs and closing: the cast of the first month, bit for bit;
hurdle without end: nobody enters; exit 0: nobody closes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.randomness import address, key_of
from model.core.table import Bits, Floats, Integers
from model.mechanisms.firms import demography_kernels
from model.state.codes import FIELDS, FIRST_BRANCH, LAB, LAB_FIELDS, PRODUCTS, PUBLICATION, SECTORS
from model.state.fixed import Fixed
from model.state.knowledge import Learned
from model.state.state import State


class Demography(Mechanism):
    """Entry, exit and spin-offs of application firms."""

    entrants: float = fact(
        0.05, "share/year", Uniform(0.0, 0.1), (0.0, 1.0), source="memory", claims="B6"
    )
    """Potential entrants a year, over the firms of the bloc's sector at the start; in business
    statistics 7 to 10 % of firms a year are new, most of them tiny."""
    hurdle: float = fact(0.2, "share", LogUniform(0.05, 0.8), (0.0, 1e09), claims="B6")
    """Profit over overhead that the median potential entrant wants to see."""
    hurdle_spread: float = fact(1.0, "1", Uniform(0.3, 1.5), (0.0, 5.0))
    """Standard deviation of the logarithm of that threshold."""
    size: float = fact(0.3, "1", Uniform(0.1, 1.0), (0.001, 10.0))
    """Size of newcomers over that of the firms of the start."""
    experience: float = fact(5.0, "years", Uniform(1.0, 10.0), (0.0, 1000.0), claims="D8")
    """Time that founders have read what is in print, at the hazard of other firms."""
    spinoffs: float = fact(0.01, "1/year", Uniform(0.0, 0.03), (0.0, 1.0), claims="A2 B6")
    """Spin-offs a year of a firm of mean sales in its bloc's sector."""
    ideas_taken: float = fact(0.5, "share", Uniform(0.2, 0.9), (0.0, 1.0), claims="A2")
    """Share of the parent's ideas that a spin-off takes along."""
    stay_nearby: float = fact(
        0.8, "share", Uniform(0.5, 1.0), (0.0, 1.0), source="memory", claims="A1 A2"
    )
    """Share of spin-offs that stay at the parent's place (Detroit, Silicon Valley)."""
    pull: float = fact(1.0, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="A1 A4")
    """Elasticity of a place's draw on newcomers in researchers nearby over its cost; 0: all places
    alike."""
    runway: float = fact(12.0, "months", LogUniform(6.0, 36.0), (0.0, 1e06), claims="B6")
    """Overhead that a firm keeps as cash, and begins with."""
    exit: float = fact(1.0, "1/month", within=(0.0, 1.0), claims="B6")
    """Chance that a firm whose cash is gone closes."""
    room: float = fact(0.8, "share", within=(0.0, 20.0), kind="choice")
    """Spare rows that a place keeps for newcomers, over its firms at the start, by trade; none
    where nobody can come."""

    @property
    def open(self) -> bool:
        """Whether anybody can come."""
        return self.entrants > 0.0 or self.spinoffs > 0.0

    def spare(self, firms: int) -> int:
        """Return the spare rows beside so many firms of a place and trade."""
        return math.ceil(self.room * firms) if self.open else 0


class Newcomers(NamedTuple):
    """Firms to come: keys, blocs, sectors, parents and their places (-1: none), sizes."""

    key: Bits
    bloc: Integers
    sector: Integers
    parent: Integers
    home: Integers
    size: Floats

    def only(self, rows: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Newcomers:
        """Return some of them."""
        return Newcomers._make(column[rows] for column in self)

    def and_then(self, others: Newcomers) -> Newcomers:
        """Return these, then others."""
        return Newcomers._make(map(np.concatenate, zip(self, others, strict=True)))


def demography(fixed: Fixed, state: State) -> None:
    """Let labs founded this month in, and firms close, split off and enter.

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
    demography_kernels.bank(
        table.firm,
        active,
        table.result,
        table.overhead,
        group.runway,
        table.cash,
        table.earned,
        table.paid_out,
    )
    if group.exit > 0.0:
        _close(fixed, state)
    if group.open:
        _come(fixed, state)


def _found_labs(fixed: Fixed, state: State) -> None:
    labs, firms = state.labs, state.firms
    entering = np.flatnonzero((labs.founded == state.month) & ~firms.active[labs.firm])
    if not entering.size:
        return
    nobody = np.full(entering.size, -1, np.int64)
    nothing = np.full(state.blocs.exits.size, math.inf)  # is common: they read all that is in print
    for number in LAB_FIELDS:
        _teach(
            fixed,
            state,
            number,
            labs.firm[entering],
            labs.member[entering, number],
            nobody,
            ("entrants", FIELDS[number]),
            1.0,
            nothing,
        )
    firms.active[labs.firm[entering]] = True
    firms.entered[labs.firm[entering]] = state.month


def _close(fixed: Fixed, state: State) -> None:
    table, firms, group = state.applications, state.firms, fixed.of(Demography)
    closes = np.zeros(table.firm.size, np.bool_)
    luck = address(fixed.seed, key_of("closing"), state.month)
    demography_kernels.closing(
        luck, table.firm, firms.key, firms.active, table.cash, group.exit, closes
    )
    gone = np.flatnonzero(closes)
    if not gone.size:
        return
    rows = table.firm[gone]
    firms.active[rows] = False
    firms.left[rows] = state.month
    table.lost[gone] -= table.cash[gone]
    table.cash[gone] = 0.0
    table.platform[gone] = -1
    state.blocs.exits[:] = np.bincount(firms.bloc[rows], minlength=state.blocs.exits.size)
    for knowledge in state.knowledge:
        members = knowledge.at[rows].astype(np.int64)
        demography_kernels.forget(
            members[members >= 0],
            knowledge.row,
            firms.bloc,
            knowledge.bits,
            knowledge.count,
            knowledge.level,
            knowledge.lost,
            knowledge.lost_level,
            knowledge.holders,
            knowledge.partner,
        )


def _come(fixed: Fixed, state: State) -> None:
    firms, blocs = state.firms, state.blocs
    heads, read = _heads(state), _read(fixed, state)
    common = [_common(state, number) for number in range(len(FIELDS))]  # before anybody comes
    split, entering = (
        _spinoffs(fixed, state),
        _entrants(fixed, state, heads, common[PRODUCTS], read),
    )
    new = split.and_then(entering)
    if not new.key.size:
        return
    row = _places(fixed, state, new)
    turned = np.bincount(new.bloc[row < 0], minlength=blocs.turned_away.size)
    blocs.turned_away[:] = turned
    new, row = new.only(row >= 0), row[row >= 0]
    table, branches, group = state.applications, state.branches, fixed.of(Demography)
    demography_kernels.open_doors(
        state.month,
        row,
        new.key,
        new.size,
        new.parent,
        heads,
        new.bloc,
        table.at,
        group.runway,
        branches.overhead,
        branches.people,
        firms.cluster,
        firms.sector,
        firms.key,
        firms.size,
        firms.active,
        firms.entered,
        firms.founder,
        firms.researchers,
        state.clusters.researchers,
        table.overhead,
        table.cash,
        table.put_in,
    )
    of_parents = new.parent >= 0
    for counted, those in ((blocs.spinoffs, of_parents), (blocs.entries, ~of_parents)):
        counted[:] = np.bincount(new.bloc[those], minlength=counted.size)
    for number, knowledge in enumerate(state.knowledge):
        source = np.where(of_parents, knowledge.at[new.parent], -1).astype(np.int64)
        _teach(
            fixed,
            state,
            number,
            row,
            knowledge.at[row].astype(np.int64),
            source,
            ("newcomers", FIELDS[number]),
            read,
            common[number],
        )


def _heads(state: State) -> Floats:
    # Researchers that a firm of size 1 has, by bloc; no labs.
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
    table, firms, knowledge = state.applications, state.firms, state.knowledge[PRODUCTS]
    group, branches = fixed.of(Demography), state.branches
    demography_kernels.trade(
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        firms.researchers,
        table.sales,
        table.quality,
        knowledge.level,
        knowledge.at,
        table.gain,
        branches.firms,
        branches.sold,
        branches.lift,
    )
    new = _blank(table.firm.size)
    count = demography_kernels.split(
        address(fixed.seed, key_of("spin-offs"), state.month),
        key_of("spin-off"),
        state.month,
        table.firm,
        firms.bloc,
        firms.sector,
        firms.cluster,
        firms.key,
        firms.active,
        table.sales,
        branches.firms,
        branches.sold,
        group.spinoffs / 12.0,
        *new[:5],
    )
    return _with_sizes(fixed, state, new.only(np.arange(new.key.size) < count))


def _entrants(fixed: Fixed, state: State, heads: Floats, common: Floats, read: float) -> Newcomers:
    blocs, branches = state.blocs, state.branches
    group, shared, knowledge = fixed.of(Demography), fixed.shared, state.knowledge[PRODUCTS]
    new = _blank(state.applications.firm.size)
    names = blocs.ordinal.astype(np.uint64)  # its place in the inputs, whatever it is called
    count = demography_kernels.listed(
        address(fixed.seed, key_of("potential entrants"), state.month),
        key_of("entrant"),
        state.month,
        names,
        branches.firms_first * (group.entrants / 12.0),
        FIRST_BRANCH,
        *new[:3],
    )
    new = _with_sizes(fixed, state, new.only(np.arange(new.key.size) < count))
    enters = np.zeros(count, np.bool_)
    demography_kernels.judge(
        address(fixed.seed, key_of("newcomers", FIELDS[PRODUCTS])),
        address(fixed.seed, key_of("hurdles")),
        new.key,
        new.bloc,
        new.sector,
        new.size,
        heads,
        knowledge.holders,
        common,
        read,
        knowledge.pool,
        blocs.exchange,
        blocs.ordinal,
        knowledge.size,
        shared.product_substitution,
        math.exp(-shared.product_home_bias),
        1.0 / (1.0 + shared.product_substitution),
        branches.lift,
        branches.attraction,
        branches.people,
        branches.demand,
        branches.overhead,
        group.hurdle,
        group.hurdle_spread,
        enters,
    )
    return new.only(enters)


def _blank(count: int) -> Newcomers:
    bloc, sector, parent, home = (np.full(count, -1, np.int64) for _ in range(4))
    return Newcomers(np.empty(count, np.uint64), bloc, sector, parent, home, np.empty(count))


def _with_sizes(fixed: Fixed, state: State, new: Newcomers) -> Newcomers:
    luck = address(fixed.seed, key_of("firm size"))
    spread = fixed.shared.size_spread
    demography_kernels.sized(luck, new.key, fixed.of(Demography).size, spread, new.size)
    return new


def _places(fixed: Fixed, state: State, new: Newcomers) -> Integers:
    firms, clusters, group = state.firms, state.clusters, fixed.of(Demography)
    shape = (clusters.key.size, len(SECTORS))
    cell = firms.cluster.astype(np.int64) * shape[1] + firms.sector
    edges = np.searchsorted(cell, np.arange(shape[0] * shape[1] + 1))
    people = np.bincount(cell, firms.researchers, shape[0] * shape[1]).reshape(shape)
    nearness = np.full((shape[1], shape[1]), fixed.shared.sector_adjacency)
    np.fill_diagonal(nearness, 1.0)
    row = np.empty(new.key.size, np.int64)
    demography_kernels.settle(
        address(fixed.seed, key_of("settling")),
        new.key,
        new.bloc,
        new.sector,
        new.home,
        group.stay_nearby,
        nearness @ people.T,
        clusters.cost,
        group.pull,
        edges[:-1].reshape(shape),
        edges[1:].reshape(shape),
        clusters.bloc,
        clusters.key,
        firms.spare,
        row,
    )
    return row


def _common(state: State, number: int) -> Floats:
    # Half of the bloc's active firms in the field: what more of them hold is common.
    row = state.knowledge[number].row
    there = state.firms.bloc[row[state.firms.active[row]]]
    half: Floats = np.bincount(there, minlength=state.blocs.exits.size) / 2.0
    return half


def _read(fixed: Fixed, state: State) -> float:
    # Share of what is in print that founders have read.
    hazard = fixed.shared.publication_hazard
    return 1.0 - math.exp(-12.0 * hazard * fixed.of(Demography).experience)


def _teach(
    fixed: Fixed,
    state: State,
    number: int,
    rows: Integers,
    members: Integers,
    source: Integers,
    purpose: tuple[str, str],
    share: float,
    common: Floats,
) -> None:
    firms, knowledge, blocs = state.firms, state.knowledge[number], state.blocs
    most = rows.size * knowledge.size.size
    who, idea, channel, origin = (np.empty(most, np.int64) for _ in range(4))
    learned = demography_kernels.teach(
        address(fixed.seed, key_of(*purpose)),
        members,
        firms.bloc[rows],
        source,
        firms.key[rows],
        knowledge.holders.copy(),
        common,
        share,
        fixed.of(Demography).ideas_taken,
        knowledge.pool,
        blocs.exchange,
        blocs.ordinal,
        knowledge.size,
        knowledge.bits,
        knowledge.count,
        knowledge.level,
        knowledge.holders,
        state.acquired[number],
        who,
        idea,
        channel,
        origin,
    )
    who, idea, channel, origin = (column[:learned] for column in (who, idea, channel, origin))
    parents = np.where(source >= 0, knowledge.row[source], -1)
    state.learned[number] = state.learned[number].and_then(
        Learned(
            learner=rows[who],
            idea=idea,
            source=np.where(channel == PUBLICATION, -1, parents[who]),
            channel=channel,
            origin=origin,
        )
    )
