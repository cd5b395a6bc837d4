r"""Budgets: what the labs of a bloc have to spend, and on which researchers and chips.

**The path.** What the labs of the world spend on chips follows a path anchored in 2024; a bloc gets
its share of what buys compute in the world (capital expenditure, fleets, vendors' sales:
``seeds/means.csv``, by the owner's head office; deals of venture capital, which are on better
record, would put the allies' labs above China's). After the record the last row holds. What labs
spend on people follows the number and the wage of researchers, which grew much less than chips,
but for a small pull ρ. The path P of a bloc's means is the sum of both,

.. math:: P_b = C_b + W_b, \qquad C_b = \chi F(t)\, share_b(t), \qquad
          W_b = s\,w(t)\,L_b(t)\,(C_b/C_b(0))^{\rho}

Code: ``paths``

.. math:: \ln F(t) = \ln F_{2024} + g_\infty s + (g_0 - g_\infty)\,\tau\,(1 - e^{-s/\tau}),
          \quad s = t - 2024 > 0; \qquad \ln F(t) = \ln F_{2024} + g_0 s, \quad s \le 0

Code: ``world_budget``

**Revenue.** The path is the record's, and so that of the world with the ban. What labs earn moves
their means off it: a share κ of the means is cash flow, and outside finance follows the revenue
that investors come to expect,

.. math:: M_b = P_b\,[(1 - \kappa)\,e^{\varepsilon x_b} + \kappa\,r_b], \qquad
          x_b \mathrel{+}= (\ln r_b - x_b)/\tau_x, \qquad
          r_b = \frac{R_b + h P_b}{R^{*}_b + h P_b}

Code: ``follow_revenue``

with R revenue of the bloc's labs, smoothed over a year, and R* that of the same labs in the world
with the ban, solved once from the parameters to the end of 2024 (``setup/baseline.py``) and from
then on in step with the path; it is the same in all worlds that are compared. h keeps hope: where
revenue is a trifle beside the means, investors do not look at it. So a bloc that loses a share s of
its market loses about (κ + (1 − κ) ε) s of its means after some two years.

**Labs.** Within a bloc means fall with rank as :math:`rank^{-z}` (Zipf; equal in all blocs) and a
new lab grows into its place over two years; a part of the bloc's funding goes by labs' earnings
instead,

.. math:: available_i = F_b\,[(1 - w')\, funding_i + w'\, earnings_i] / \nu_0, \qquad
          w' = \min(w, \textstyle\sum_b earned / F_b),

Code: ``_fund``

so that earnings never direct more money than labs have earned. From its available budget a lab
spends on research

.. math:: budget_i = \nu_0\, available_i\, (\nu_i / \nu_0)^a\, effort_i, \qquad
          \nu_i = 1 - e^{-lead_i / 24}

Code: ``_fund``

with the lead in months that the lab has experienced (``mechanisms/ideas/appropriability.py``):
ideas that rivals soon have are worth less research (Nelson 1959; Arrow 1962); at the reference lead
labs spend what the record says. Effort is the response to rivals (``mechanisms/firms/rivalry.py``).
Owners keep the rest. Of every research budget the share C/P buys chips, computing rented included;
the rest is the lab's wage bill, for which the labour market finds people
(``mechanisms/people/labour.py``): budget = chips + wages and what goes with them + cash.

Clouds spend what the world spends on chips beside the labs: as recorded, and after the record in
step with labs' budgets. Limits: taper 0: growth drops to its long-run rate at once;
concentration 0: all labs of a bloc are equal; a = 0: leads do not matter; lead 0: no research;
κ = ε = 0: revenue moves nothing, to the bit; levers at 1: the path.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever
from model.core.table import Floats
from model.state.codes import LAB
from model.state.fixed import Fixed
from model.state.inputs import Bloc
from model.state.state import State

FARTHEST = 1.5  # of the log of revenue over what is expected, that outside finance believes
LEAD_SCALE = (
    24.0  # months; lead at which an idea has 63 % of its full worth to the lab that holds it
)


class Budgets(Mechanism):
    """Budgets of labs and the growth of researchers."""

    funding_2024: float = fact(
        34e9,
        "USD/year",
        LogUniform(1.7e10, 6.8e10),
        (1e06, 1e13),
        kind="estimated",
        source="epoch_companies",
        claims="D11",
    )
    """Budgets of all labs of the world at the start of 2024, chips and people; derived from the
    largest lab's spending on compute for research in 2024 (USD 4 billion) and its share."""
    growth_to_2024: float = fact(
        3.1,
        "1/year",
        Uniform(2.0, 3.5),
        (1.0, 10.0),
        kind="estimated",
        source="cottier_2024",
        claims="D11",
    )
    """Yearly growth factor of the world's lab budgets until 2024, as a mean over 2018 to 2024 (2.4
    to 2020 and 3.5 from then on)."""
    long_run_growth: float = fact(1.2, "1/year", Uniform(1.05, 1.5), (0.5, 10.0))
    """Yearly growth factor of the world's lab budgets after the boom."""
    taper: float = fact(1.5, "years", Uniform(0.5, 3.0), (0.0, 20.0))
    """Time in which the extra growth of lab budgets in the boom falls to 37 %."""
    chip_share: float = fact(
        0.65,
        "share",
        Uniform(0.5, 0.8),
        (0.0, 1.0),
        kind="estimated",
        source="cottier_2024",
        claims="D14",
    )
    """Share χ of labs' budgets of 2024 that buys chips, with servers and hosting."""
    budget_pull: float = fact(0.05, "1", Uniform(0.0, 0.15), (0.0, 1.0), claims="D14")
    """Elasticity of labs' wage bills, relative to other firms', in the growth of labs' budgets."""
    cash_flow: float = fact(0.05, "share", Uniform(0.0, 0.15), (0.0, 0.9), claims="B4 B11")
    """Share κ of labs' means that is their own cash flow."""
    finance_response: float = fact(0.5, "1", Uniform(0.0, 1.0), (0.0, 1.0), claims="B11 C14")
    """Elasticity ε of outside finance in the revenue that investors expect."""
    finance_lag: float = fact(18.0, "months", Uniform(12.0, 24.0), (1.0, 240.0), claims="B11 C14")
    """Time in which outside finance follows revenue."""
    hope: float = fact(0.05, "share", LogUniform(0.02, 0.2), (1e-6, 10.0), claims="B11")
    """Revenue h, over means, beside which a change of revenue counts for half with investors."""
    concentration: float = fact(1.0, "1", Uniform(0.6, 1.4), (0.0, 5.0), claims="D3")
    """Exponent with which a lab's funding falls with its rank in the bloc (Zipf)."""
    revenue_weight: float = fact(0.3, "share", Uniform(0.0, 0.6), (0.0, 1.0), claims="B4 B11")
    """Share w of a bloc's lab funding that goes to labs by their earnings, not by rank."""
    appropriability: float = fact(1.0, "1", Uniform(0.0, 2.0), (0.0, 5.0), claims="A8 B11")
    """Exponent a with which a lab's research rises with the worth of the lead it experiences."""
    reference_lead: float = fact(
        18.0,
        "months",
        Uniform(8.0, 30.0),
        (0.1, 1000.0),
        kind="estimated",
        source="mansfield_1985",
        claims="A8",
    )
    """Lead over rivals at which labs' research spending is that on record."""
    ramp: int = fact(24, "months", within=(1, 120))
    """Time in which a new lab's funding grows to that of its rank."""
    means_china: float = fact(0.0, "1", Uniform(-0.52, 0.52), (-3.0, 3.0), claims="D1 D11")
    """Logarithm of the means of labs in China, over those of the US, beyond the record's; one
    offset for the whole path, standard deviation 0.3."""
    means_allies: float = fact(0.0, "1", Uniform(-0.78, 0.78), (-3.0, 3.0), claims="D11")
    """Logarithm of the means of labs of the allies, over those of the US, beyond the record's;
    standard deviation 0.45."""
    means_others: float = fact(0.0, "1", Uniform(-1.04, 1.04), (-3.0, 3.0), claims="D11")
    """Logarithm of the means of labs elsewhere, over those of the US, beyond the record's; standard
    deviation 0.6."""
    budget: float = lever(
        1.0, "1", within=(0.0, 20.0), claims="D1 D14", since="exchange", roles="leader follower"
    )
    """Lab budgets in {bloc}, as a multiple of the baseline."""
    researcher_growth: float = fact(
        0.25,
        "1/year",
        Uniform(0.1, 0.4),
        (-0.5, 2.0),
        kind="estimated",
        source="unido_dongbi",
        claims="D10",
    )
    """Continuous growth of the number of AI researchers (a rate in logs)."""
    lab_researchers: float = fact(0.2, "share", Uniform(0.1, 0.4), (0.01, 0.99), claims="D14")
    """Share of a bloc's AI researchers who work in labs at month 0, the rest in other firms."""


def world_budget(group: Budgets, year: float) -> float:
    """Return the budgets of all labs of the world, USD a year, at a date given in years."""
    past = year - 2024.0
    start, long_run = math.log(group.growth_to_2024), math.log(group.long_run_growth)
    if past <= 0.0:
        return group.funding_2024 * math.exp(start * past)
    boom = group.taper * (1.0 - math.exp(-past / group.taper)) if group.taper > 0.0 else 0.0
    return group.funding_2024 * math.exp(long_run * past + (start - long_run) * boom)


def shares_of_means(group: Budgets, blocs: Sequence[Bloc], year: float) -> Floats:
    """Return each bloc's share of the world's means of labs at a date in years.

    The record's, with the odds against all others changed by the draw's offsets for the whole path.
    """
    recorded = np.array([bloc.share_of_means(year) for bloc in blocs])
    offsets = [getattr(group, f"means_{bloc.name}", 0.0) for bloc in blocs]
    if not any(offsets):
        return recorded
    shifted = recorded * np.exp(offsets)
    shares: Floats = shifted * (math.fsum(recorded) / math.fsum(shifted))
    return shares


def budgets(fixed: Fixed, state: State) -> None:
    """Share out labs' budgets and clouds' spending; count the teams that last month's hiring left.

    Reads ``labs.rank``, ``founded``, ``revenue``, ``serving``, ``smoothed_revenue``, ``lead``,
    ``effort``, ``firms.researchers``. Writes ``blocs.funding``, ``funding_path``, ``chips_path``,
    ``finance``,
    ``labs.available``, ``earned``, ``investors``, ``owners``, ``budget``, ``buyers.grant``,
    ``granted``, ``cash``, and in ``knowledge`` ``team`` and ``relative_team``.
    """
    group, blocs = fixed.of(Budgets), state.blocs
    year = fixed.inputs.calendar.year(state.month)
    blocs.chips_path[:], wages = paths(fixed, year, _others(state))
    blocs.funding_path[:] = blocs.chips_path + wages
    revenue = follow_revenue(fixed, state)
    blocs.funding[:] = blocs.funding_path * revenue
    blocs.funding *= fixed.by_bloc(Budgets, "budget", state.month)
    reference = 1.0 - math.exp(-group.reference_lead / LEAD_SCALE)
    numbers, active, buyers = fixed.face(Budgets), state.firms.active, state.buyers.face
    _fund(state.month, active, numbers, reference, blocs.face, state.labs.face, buyers.grant)
    spending = state.supply.spending[state.month] * fixed.shared.chip_overhead
    clouds = spending - world_budget(group, year) / 12.0 * group.chip_share
    _grant(state.labs.firm.size, clouds, state.cloud_share, buyers)
    teams(fixed, state)


def paths(fixed: Fixed, year: float, others: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return what labs spend on chips and on people on the path, USD a month, by bloc.

    ``others`` says where firms that are no labs employ researchers; elsewhere labs employ all.
    """
    group, shared, blocs = fixed.of(Budgets), fixed.shared, fixed.inputs.blocs
    first = fixed.inputs.calendar.year(0)
    before, shares = (shares_of_means(group, blocs, date) for date in (first, year))
    begun = world_budget(group, first) * group.chip_share / 12.0 * before
    chips = world_budget(group, year) * group.chip_share / 12.0 * shares
    people = np.array([bloc.researchers_2024 for bloc in blocs])
    people = people * np.where(others, group.lab_researchers, 1.0)
    growth = (group.researcher_growth + shared.wage_growth) * (year - 2024.0)
    wages = people * shared.wage_2024 * math.exp(growth) / 12.0
    grown = np.divide(chips, begun, out=np.ones_like(chips), where=begun > 0.0)
    return chips, wages * grown**group.budget_pull * (shares > 0.0)


def _others(state: State) -> NDArray[np.bool_]:
    firms = state.firms
    here = firms.active & (firms.kind != LAB)
    found: NDArray[np.bool_] = np.bincount(firms.bloc[here], minlength=len(state.blocs.funding)) > 0
    return found


def follow_revenue(fixed: Fixed, state: State) -> Floats:
    """Return labs' means over their path by bloc, and move what outside finance expects.

    Ones where nothing is expected of revenue: in prehistory, and without a baseline.
    """
    group, expected, blocs = fixed.of(Budgets), fixed.constants.revenue, state.blocs
    silent = group.cash_flow == 0.0 and group.finance_response == 0.0
    if silent or expected is None or state.month < fixed.inputs.calendar.prehistory:
        return np.ones(blocs.funding.size)
    revenue = np.bincount(state.labs.bloc, state.labs.smoothed_revenue, blocs.funding.size)
    here = [expected[int(place)] for place in blocs.ordinal]
    last = here[0].size - 1
    usual = np.array([path[min(state.month, last)] for path in here])
    if state.month > last:
        before = sum(paths(fixed, fixed.inputs.calendar.year(last), _others(state)))
        usual = usual * (blocs.funding_path / np.where(before > 0.0, before, 1.0))
    hope = group.hope * blocs.funding_path
    ratio = np.divide(revenue + hope, usual + hope, out=np.ones_like(hope), where=hope > 0.0)
    step = np.clip(np.log(ratio), -FARTHEST, FARTHEST) - blocs.finance
    blocs.finance += step / group.finance_lag
    outside = np.exp(group.finance_response * blocs.finance)
    means: Floats = (1.0 - group.cash_flow) * outside + group.cash_flow * ratio
    return means


def teams(fixed: Fixed, state: State) -> None:
    """Share firms' researchers among fields.

    Reads ``firms.researchers``, ``active``. Writes ``knowledge.team`` and ``relative_team``.
    """
    for number, knowledge in enumerate(state.knowledge):
        shares = fixed.shared.field_shares[number]
        _assign(state.firms.face, shares, fixed.constants.team[number], knowledge.face)


@kernel
def _fund(month, active, group, reference, blocs, labs, grant):
    """Write the funding, research budget, chip budget and profits of each lab.

    ``reference`` is the worth of the reference lead.
    """
    bloc, available, recent = labs.bloc, labs.available, labs.smoothed_revenue
    funding, weights = blocs.funding, blocs.weights
    weights[:] = 0.0
    for i in range(bloc.size):
        age = month - labs.founded[i] + 1
        grown = min(1.0, age / group.ramp) if active[labs.firm[i]] and age > 0 else 0.0
        available[i] = grown / labs.rank[i] ** group.concentration
        weights[bloc[i]] += available[i]
    for b in range(funding.size):
        income = 0.0
        for i in range(bloc.size):
            if bloc[i] == b:
                income += recent[i]
        path = blocs.funding_path[b]
        for_chips = blocs.chips_path[b] / path if path > 0.0 else 0.0
        part = min(group.revenue_weight, income / funding[b]) if funding[b] > 0.0 else 0.0
        for i in range(bloc.size):
            if bloc[i] != b:
                continue
            share = available[i] / weights[b] if weights[b] > 0.0 else 0.0
            if part > 0.0:
                share = (1.0 - part) * share + part * recent[i] / income
            whole = funding[b] * share / reference
            worth = (1.0 - math.exp(-labs.lead[i] / LEAD_SCALE)) / reference
            drive = worth**group.appropriability
            # A lab spends at most all it has: 1 / reference of what the record says.
            plan = min(whole, whole * reference * drive * labs.effort[i])
            budget = plan * labs.budget_factor[i]
            earned = labs.revenue[i] - labs.serving[i]
            reinvested = min(max(earned, 0.0), whole)
            available[i], labs.budget[i], labs.earned[i] = whole, budget, earned
            grant[i] = budget * for_chips
            labs.investors[i] = whole - reinvested + (budget - plan)
            labs.owners[i] = whole - plan + earned - reinvested


@kernel
def _grant(labs, clouds, cloud_share, buyers):
    """Give clouds their share of spending, and every buyer the month's money for chips."""
    for i in range(buyers.grant.size):
        if i >= labs:
            buyers.grant[i] = max(0.0, clouds) * cloud_share[i]
        buyers.granted[i] += buyers.grant[i]
        buyers.cash[i] += buyers.grant[i]
        buyers.free_cash[i] += buyers.grant[i]


@kernel
def _assign(firms, shares, reference, knowledge):
    """Write the team of each member of a field; ``shares`` and ``reference`` are by kind."""
    for m in range(knowledge.row.size):
        f = knowledge.row[m]
        k = firms.kind[f]
        knowledge.team[m] = firms.researchers[f] * shares[k] if firms.active[f] else 0.0
        relative = knowledge.team[m] / reference[k] if reference[k] > 0.0 else 0.0
        knowledge.relative_team[m] = relative
