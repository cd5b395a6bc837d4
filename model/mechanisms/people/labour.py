r"""Labour: people graduate, are hired, move, go abroad, retire; firms pay them.

**Demand.** Firms have wage bills. Those of a bloc's firms that are not labs sum to
:math:`(1 - s)\,W_b`, shared by size, with :math:`W_b` the wage path times the path of people (wages
are equal across blocs on it: there is no source for a difference) and s the share of labs at month
0. A lab's bill is what its budget leaves beside chips (``mechanisms/ai/budgets.py``). Other firms
are what else researchers can do: their bills do not answer wages, so that labs that pay a tenth
more get more people as their part of all bills rises.

**Wages.** One wage clears a bloc: what its bills buy, at the cost of places, over its people. A
firm's desired heads are what its own bill buys at that wage; its own wage is bill over heads,
above the bloc's where heads fall short of desired heads, at most ``highest_offer`` times (the rest
of the bill is unspent until people come). With x the wage over the bloc's,

.. math:: hazard_{f \to g} \propto h_0\,(x_g/x_f)^{\beta}\,D_g\,\kappa_{cd}, \qquad x = D/L

Code: ``labour``

(D desired heads, L heads, κ 1 in the cluster, ``spillover.moves_elsewhere`` in the rest of the
bloc), so that heads drift to where wages are equal and splitting a firm changes nothing. The
mean over a bloc is h₀ at equal wages. Graduates choose likewise from where they studied.

**People.** Stock = graduates − finance's share − retirement + net migration. Graduates follow
the path of people (growth ``budgets.researcher_growth``), and, with a delay, the funding of
universities. Emigrants are :math:`h_0\,a\,p_b\,(w_b/w_s)^\beta` × visas × exchange of movers,
and likewise a share of graduates, at any distance; p_b is a bloc's part of the world's researchers
and a sets the world's mean to ``spillover.moves_abroad``: at equal wages nothing flows on balance.

Moves carry ideas: ``firms.hire_rate`` and ``blocs.moved`` drive the mobility channel of the next
month. The drain to finance has no citable figure (D9).

Limits: hazard 0, or moves 0: nobody moves and nobody brings ideas; exchange or visas 0: nobody
crosses; people are conserved; equal wages everywhere: no net flow.
"""

from __future__ import annotations

import math

import numpy as np

from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever, monthly_share
from model.core.table import Floats
from model.mechanisms.people import labour_kernels as kernels
from model.state.fixed import Fixed
from model.state.state import State

FINANCE_ON_RECORD = 0.1  # share of graduates with which the recorded growth of people is met


class Labour(Mechanism):
    """Where researchers come from, what they earn, how they move."""

    hazard: float = fact(0.1, "1/year", LogUniform(0.03, 0.3), (0.0, 2.0), claims="A2 D7")
    """Rate h at which AI researchers change firm at equal wages."""
    wage_elasticity: float = fact(1.0, "1", Uniform(0.3, 3.0), (0.0, 5.0), claims="D10 D14")
    """Elasticity of researchers' moves between firms in the ratio of wages."""
    highest_offer: float = fact(3.0, "1", Uniform(1.5, 6.0), (1.0, 20.0))
    """Highest wage that a firm short of researchers offers, over the wage of its bloc."""
    retirement: float = fact(0.03, "1/year", Uniform(0.01, 0.06), (0.0, 0.5))
    """Share of researchers who leave research in a year."""
    finance_share: float = fact(
        FINANCE_ON_RECORD,
        "share",
        Uniform(0.0, 0.3),
        (0.0, 1.0),
        kind="assumed",
        lever=True,
        source="memory",
        claims="D9",
        since="exchange",
    )
    """Share of AI graduates who go into financial trading; the recorded growth of researchers is
    met at 0.1."""
    wage_2024: float = fact(300e3, "USD/year", LogUniform(150000.0, 600000.0), (1000.0, 1e08))
    """Cost of a researcher to a firm at the start of 2024, at which labs' wage bills about equal
    their budgets less chips."""
    wage_growth: float = fact(0.05, "1/year", Uniform(0.0, 0.15), (-0.2, 1.0))
    """Continuous growth of the cost of a researcher (a rate in logs)."""
    moves: float = fact(
        1.0, "share", within=(0.0, 3.0), lever=True, claims="A2 A6", since="exchange"
    )
    """Moves of researchers between firms and of graduates abroad, as a multiple of the baseline."""
    visas: float = fact(1.0, "1", within=(0.0, 5.0), lever=True, claims="D10", since="exchange")
    """Migration of researchers and graduates between blocs, as a multiple of the baseline."""
    visas_leader_and_follower: float = fact(
        1.0, "1", within=(0.0, 5.0), lever=True, claims="D10 C14", since="exchange"
    )
    """Migration of researchers and graduates between leader and follower, both ways, as a further
    multiple of the baseline beside visas."""
    people: float = lever(
        1.0, "1", (0.1, 10.0), claims="D1 D14", since="exchange", roles="leader follower"
    )
    """Researchers and graduates in {bloc}, as a multiple of the baseline."""


def path_of_people(fixed: Fixed, state: State, month: int) -> Floats:
    """Return by bloc the researchers on the path, anchored in 2024."""
    years = fixed.inputs.calendar.year(month) - 2024.0
    grown = math.exp(fixed.shared.researcher_growth * years)
    return np.array([bloc.researchers_2024 * grown for bloc in fixed.inputs.blocs])


def settle(fixed: Fixed, state: State) -> None:
    """Give every firm the people that its wage bill buys at the wage of its bloc, at month 0."""
    group, blocs, clusters, firms = fixed.of(Labour), state.blocs, state.clusters, state.firms
    blocs.first_people[:] = blocs.researchers[:] = path_of_people(fixed, state, 0)
    cost = clusters.cost.copy()
    clusters.cost[:] = 1.0  # who starts where does not depend on what places will cost
    _pay(fixed, state)
    paid = np.where(blocs.pay > 0.0, blocs.pay, 1.0)
    firms.researchers[:] = firms.bill * (blocs.researchers / paid)[firms.bloc]
    blocs.idle[:] = np.where(blocs.pay > 0.0, 0.0, blocs.researchers)
    kernels.share_bills(firms.face, state.labs.face, clusters.face, blocs.face)
    clusters.cost[:] = cost
    heads = clusters.researchers
    kernels.spread_appeal(clusters.bloc, clusters.commute, heads, clusters.appeal)
    kernels.sum_by_bloc(clusters.bloc, heads * clusters.appeal, blocs.typical)
    people = np.where(blocs.researchers > 0.0, blocs.researchers, 1.0)
    blocs.typical[:] = np.where(blocs.typical > 0.0, blocs.typical / people**2, 1.0)
    moves = group.moves if fixed.holds("exchange", state.month) else 1.0
    firms.hire_rate[:] = moves if group.hazard > 0.0 else 0.0
    away = blocs.abroad * blocs.exchange  # as many come from a bloc as go there
    blocs.moved[:] = away
    for b in range(blocs.idle.size):
        blocs.moved[b, b] = 1.0 - math.fsum(away[b])


def labour(fixed: Fixed, state: State) -> None:
    """Let people graduate, move, emigrate, retire, and be paid.

    Reads ``labs.budget``, ``blocs.chips_path``, ``funding_path``, ``taught``, ``exchange``,
    ``clusters.cost``, ``commute``, ``campus``, ``firms.size``, ``active``. Writes
    ``firms.bill``, ``wage``, ``researchers``, ``hire_rate``, ``clusters.researchers``, ``spent``,
    ``pay``, ``appeal``, and in ``blocs`` the people and their flows.
    """
    group, numbers = fixed.of(Labour), fixed.face(Labour)
    blocs, clusters, firms = state.blocs, state.clusters, state.firms
    if state.month == max(0, fixed.exchange_from):
        _add(fixed, state)
    _pay(fixed, state)
    retiring, hazard = monthly_share(group.retirement), group.hazard / 12.0
    moves = group.moves if fixed.holds("exchange", state.month) else 1.0
    _graduate(fixed, state, retiring)
    tables = (firms.face, clusters.face)
    places, count = clusters.key.size, blocs.idle.size
    flows = kernels.Flows(
        *(np.empty(firms.key.size) for _ in range(3)), *(np.empty(places) for _ in range(7))
    )
    migration = kernels.Migration(
        np.empty((count, count)), np.empty((count, count)), np.empty(count)
    )
    wages = 1.0 - fixed.shared.firms_share  # of the bill; the rest feeds infrastructure
    kernels.offer_wages(numbers, wages, *tables, blocs.face, flows)
    kernels.spread_appeal(clusters.bloc, clusters.commute, flows.drawn, clusters.appeal)
    employed, visas = blocs.researchers - blocs.idle, _visas(fixed, state) * moves
    kernels.migrate(hazard, retiring, visas, employed, numbers, blocs.face, migration)
    kernels.leave(hazard * moves, retiring, migration.leaving, *tables, blocs.face, flows)
    movers, students = migration.movers, migration.students
    staying, idle = blocs.graduates.copy(), blocs.idle.copy()
    for s in range(count):
        for b in range(count):
            if students[s, b] > 0.0:
                staying[s] -= students[s, b]
    graduates = clusters.campus * staying[clusters.bloc]
    graduates[clusters.appeal <= 0.0] = 0.0  # no firm near there hires: they look everywhere
    kernels.arrive(graduates, clusters.face, flows)
    total, placed, come, newcomers = (np.zeros(count) for _ in range(4))
    kernels.sum_by_bloc(clusters.bloc, flows.drawn, total)
    kernels.sum_by_bloc(clusters.bloc, graduates, placed)
    for b in range(count):
        for s in range(count):
            if movers[s, b] > 0.0:
                come[b] += movers[s, b]
            if students[s, b] > 0.0:
                newcomers[b] += students[s, b]
    newcomers += staying - placed + idle * (1.0 - retiring)
    hired = np.where(total > 0.0, total, 1.0)
    kernels.hire(hazard, come / hired, newcomers / hired, *tables, flows)
    kernels.average_wages(firms.face, blocs.face)
    blocs.idle[:] = np.where(total > 0.0, 0.0, newcomers + come)
    kernels.sum_by_bloc(clusters.bloc, clusters.researchers, blocs.researchers)
    blocs.researchers += blocs.idle
    kernels.sum_by_bloc(clusters.bloc, flows.hired, blocs.hires)
    kernels.sum_by_bloc(clusters.bloc, flows.retired, blocs.retirements)
    blocs.retirements += idle * retiring
    blocs.retired += blocs.retirements
    blocs.graduated += blocs.graduates
    blocs.crossing[:] = movers + students
    blocs.crossed += blocs.crossing
    _origins(movers, blocs.hires, blocs.moved)


def _origins(movers: Floats, hires: Floats, moved: Floats) -> None:
    # The blocs that hires came from; a bloc without hires keeps last month's shares.
    for b in range(hires.size):
        if hires[b] > 0.0:
            moved[b] = movers[:, b] / hires[b]
            moved[b, b] = 1.0 - sum(float(share) for share in moved[b] if share > 0.0)


def _add(fixed: Fixed, state: State) -> None:
    # The lever on people: from one month on, a multiple of all researchers, employed as before.
    blocs = state.blocs
    for b, factor in enumerate(fixed.by_bloc(Labour, "people", state.month)):
        if factor != 1.0:
            rows = state.firms.bloc == b
            blocs.added[b] += blocs.researchers[b] * (factor - 1.0)
            blocs.researchers[b] *= factor
            blocs.idle[b] *= factor
            state.firms.researchers[rows] *= factor


def _graduate(fixed: Fixed, state: State, retiring: float) -> None:
    # As many as keep people on their path at the recorded share of finance, times the effect of
    # universities' funding some years ago.
    blocs, group = state.blocs, fixed.of(Labour)
    now, then = (path_of_people(fixed, state, state.month + later) for later in (0, 1))
    paid = fixed.shared.graduates_paid
    holds = fixed.holds("exchange", state.month)
    to_finance = group.finance_share if holds else FINANCE_ON_RECORD
    for b, factor in enumerate(fixed.by_bloc(Labour, "people", state.month)):
        path = max(0.0, then[b] - (1.0 - retiring) * now[b]) / (1.0 - FINANCE_ON_RECORD)
        whole = path * factor * (1.0 - paid + paid * blocs.taught[b])
        blocs.to_finance[b] = whole * to_finance
        blocs.graduates[b] = whole - blocs.to_finance[b]


def _visas(fixed: Fixed, state: State) -> Floats:
    group, inputs = fixed.of(Labour), fixed.inputs
    names = [bloc.name for bloc in inputs.blocs]
    table = np.ones((len(names), len(names)))
    if fixed.holds("exchange", state.month):
        pair = {inputs.leader, inputs.follower}
        for i, one in enumerate(names):
            for j, other in enumerate(names):
                both = group.visas_leader_and_follower if {one, other} == pair else 1.0
                table[i, j] = group.visas * both
    return table


def _pay(fixed: Fixed, state: State) -> None:
    # Wage bills by bloc, then by firm. In a bloc with labs only, or none, one kind takes all.
    group, blocs, clusters = fixed.of(Labour), state.blocs, state.clusters
    tables = (state.firms.face, state.labs.face, clusters.face, blocs.face)
    kernels.sum_sizes(*tables)
    years = fixed.inputs.calendar.year(state.month) - 2024.0
    wage = group.wage_2024 * math.exp(group.wage_growth * years) / 12.0
    share = fixed.shared.lab_researchers
    people = path_of_people(fixed, state, state.month)
    for b in range(blocs.idle.size):
        has_lab, has_other = blocs.budgets[b] > 0.0, blocs.sizes[b] > 0.0
        labs = (share if has_other else 1.0) if has_lab else 0.0
        whole, path = wage * people[b], blocs.funding_path[b]
        for_people = 1.0 - blocs.chips_path[b] / path if path > 0.0 else 0.0
        blocs.lab_bill[b] = blocs.budgets[b] * for_people
        blocs.other_bill[b] = (1.0 - labs) * whole if has_other else 0.0
    kernels.share_bills(*tables)
    kernels.sum_by_bloc(clusters.bloc, clusters.pay, blocs.pay)
