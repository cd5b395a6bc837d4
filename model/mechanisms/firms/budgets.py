r"""Finance: what the labs of a bloc have to spend, and on whom and what.

The means of all labs of the world follow a path anchored in 2024; a bloc gets its share of the
world's private investment in AI. Within a bloc outside funding falls with rank as
:math:`rank^{-z}` (Zipf; equal in all blocs) and a new lab grows into its place over two years; a
part of the bloc's means goes by what its labs earn instead,

.. math:: means_i = F_b\,[(1 - w')\, funding_i + w'\, earnings_i] / \nu_0, \qquad
          w' = \min(w, \textstyle\sum_b earned / F_b),

so that earnings move no more money than there is of them. Of its means a lab spends on research

.. math:: budget_i = \nu_0\, means_i\, (\nu_i / \nu_0)^a\, effort_i, \qquad
          \nu_i = 1 - e^{-lead_i / 24}

with the lead in months that it has experienced (``mechanisms/returns.py``): ideas that rivals
soon have are worth less research (Nelson 1959; Arrow 1962); at the reference lead labs spend what
the record says. Effort is what rivals make of it (``mechanisms/rivalry.py``). Owners keep the
rest. Of the budget a share buys chips; who is hired with the rest is the labour market's
(``model/mechanisms/people/labour.py``).

.. math:: \ln F(t) = \ln F_{2024} + g_\infty s + (g_0 - g_\infty)\,\tau\,(1 - e^{-s/\tau}),
          \quad s = t - 2024 > 0; \qquad \ln F(t) = \ln F_{2024} + g_0 s, \quad s \le 0

Clouds spend what the world spends on chips beside the labs: as recorded, and after the record in
step with the labs' means. Limits: taper 0: growth drops to its long-run rate at once;
concentration 0: all labs of a bloc are equal; a = 0: leads do not matter; lead 0: no research;
levers at 1: the path.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact, lever
from model.state.codes import LAB
from model.state.fixed import Fixed
from model.state.state import State

LEAD_SCALE = 24.0  # months; of the lead after which 63 % of its worth is reached


class Budgets(Mechanism):
    """Means of labs, and the people they hire."""

    funding_2024: float = fact(
        34e9,
        "USD/year",
        LogUniform(1.7e10, 6.8e10),
        (1e06, 1e13),
        kind="estimated",
        source="epoch_companies",
        claims="D11",
    )
    """Means of all labs of the world at the start of 2024, chips and people; derived from the
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
    """Growth of those means until 2024: 2.4 to 2020 and 3.5 from then on, as a mean over 2018 to
    2024."""
    long_run_growth: float = fact(1.2, "1/year", Uniform(1.05, 1.5), (0.5, 10.0))
    """Growth of those means after the boom."""
    taper: float = fact(1.5, "years", Uniform(0.5, 3.0), (0.0, 20.0))
    """Time in which the boom's extra growth falls to 37 %."""
    chip_share: float = fact(
        0.65,
        "share",
        Uniform(0.5, 0.8),
        (0.0, 1.0),
        kind="estimated",
        source="cottier_2024",
        claims="D14",
    )
    """Share of means that buys chips and what they stand in."""
    concentration: float = fact(1.0, "1", Uniform(0.6, 1.4), (0.0, 5.0), claims="D3")
    """Fall of a lab's means with its rank in the bloc (Zipf's exponent)."""
    revenue_weight: float = fact(0.3, "share", Uniform(0.0, 0.6), (0.0, 1.0), claims="B4 B11")
    """Part w of a bloc's means that goes to its labs by what they earn, not by rank."""
    appropriability: float = fact(1.0, "1", Uniform(0.0, 2.0), (0.0, 5.0), claims="A8 B11")
    """Strength a with which the lead that a lab experiences drives its research."""
    reference_lead: float = fact(
        18.0,
        "months",
        Uniform(8.0, 30.0),
        (0.1, 1000.0),
        kind="estimated",
        source="mansfield_1985",
        claims="A8",
    )
    """Lead at which labs spend on research what the record says."""
    ramp: int = fact(24, "months", within=(1, 120))
    """Time in which a new lab grows into its place."""
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
    """Continuous growth of the number of researchers (a rate in logs)."""
    lab_researchers: float = fact(0.2, "share", Uniform(0.1, 0.4), (0.01, 0.99), claims="D14")
    """Share of a bloc's AI researchers who work in labs at month 0, the rest in other firms."""


def means(group: Budgets, year: float) -> float:
    """Return the means of all labs of the world, USD a year, at a date given in years."""
    past = year - 2024.0
    start, long_run = math.log(group.growth_to_2024), math.log(group.long_run_growth)
    if past <= 0.0:
        return group.funding_2024 * math.exp(start * past)
    boom = group.taper * (1.0 - math.exp(-past / group.taper)) if group.taper > 0.0 else 0.0
    return group.funding_2024 * math.exp(long_run * past + (start - long_run) * boom)


def budgets(fixed: Fixed, state: State) -> None:
    """Share out means; count the teams that last month's hiring left.

    Reads ``labs.rank``, ``founded``, ``revenue``, ``serving``, ``revenue_mean``, ``lead``,
    ``effort``, ``firms.researchers``. Writes ``blocs.funding``, ``funding_path``, ``labs.means``,
    ``earned``, ``investors``, ``owners``, ``budget``, ``buyers.grant``, ``granted``, ``cash``, and
    in ``knowledge`` ``team`` and ``relative_team``.
    """
    group, inputs, firms = fixed.of(Budgets), fixed.inputs, state.firms
    year = inputs.calendar.year(state.month)
    world = means(group, year) / 12.0
    levers = fixed.by_bloc(Budgets, "budget", state.month)
    for b, bloc in enumerate(inputs.blocs):
        state.blocs.funding_path[b] = world * bloc.funding_share
        state.blocs.funding[b] = state.blocs.funding_path[b] * levers[b]
    labs = state.labs
    _means(
        state.month,
        labs.firm,
        labs.bloc,
        labs.rank,
        labs.founded,
        firms.active,
        state.blocs.funding,
        labs.revenue,
        labs.serving,
        labs.revenue_mean,
        labs.lead,
        labs.boost,
        labs.effort,
        group.concentration,
        group.ramp,
        group.chip_share,
        group.revenue_weight,
        group.appropriability,
        1.0 - math.exp(-group.reference_lead / LEAD_SCALE),
        state.blocs.weights,
        labs.earned,
        labs.means,
        labs.investors,
        labs.owners,
        labs.budget,
        state.buyers.grant,
    )
    _grant(
        labs.firm.size,
        state.supply.spending[state.month] * fixed.shared.chip_overhead
        - means(group, year) / 12.0 * group.chip_share,
        state.cloud_share,
        state.buyers.grant,
        state.buyers.granted,
        state.buyers.cash,
        state.buyers.free_cash,
    )
    teams(fixed, state)


def teams(fixed: Fixed, state: State) -> None:
    """Share firms' researchers among fields.

    Reads ``firms.researchers``, ``active``. Writes ``knowledge.team`` and ``relative_team``.
    """
    firms = state.firms
    for number, knowledge in enumerate(state.knowledge):
        shares = fixed.shared.field_shares[number]
        _teams(
            knowledge.row,
            firms.kind,
            firms.active,
            firms.researchers,
            *shares,
            fixed.constants.team[number],
            knowledge.team,
            knowledge.relative_team,
        )


@kernel
def _means(
    month, firm, bloc, rank, founded, active, funding, revenue, serving, earned_of_late, lead,
    boost, effort, concentration, ramp, chip_share, by_revenue, strength, reference, weights,
    earned, means, investors, owners, budget, grant,
):  # fmt: skip
    weights[:] = 0.0
    for i in range(rank.size):
        age = month - founded[i] + 1
        grown = min(1.0, age / ramp) if active[firm[i]] and age > 0 else 0.0
        means[i] = grown / rank[i] ** concentration
        weights[bloc[i]] += means[i]
    for b in range(funding.size):
        income = 0.0
        for i in range(rank.size):
            if bloc[i] == b:
                income += earned_of_late[i]
        part = min(by_revenue, income / funding[b]) if funding[b] > 0.0 else 0.0
        for i in range(rank.size):
            if bloc[i] != b:
                continue
            share = means[i] / weights[b] if weights[b] > 0.0 else 0.0
            if part > 0.0:
                share = (1.0 - part) * share + part * earned_of_late[i] / income
            means[i] = funding[b] * share / reference
            worth = (1.0 - math.exp(-lead[i] / LEAD_SCALE)) / reference
            # Nobody spends more than there is: at most 1 / reference of what the record says.
            plan = min(means[i], means[i] * reference * worth**strength * effort[i])
            budget[i] = plan * boost[i]
            grant[i] = budget[i] * chip_share
            earned[i] = revenue[i] - serving[i]
            kept_in = min(max(earned[i], 0.0), means[i])
            investors[i] = means[i] - kept_in + (budget[i] - plan)
            owners[i] = means[i] - plan + earned[i] - kept_in


@kernel
def _grant(labs, elsewhere, cloud_share, grant, granted, cash, free_cash):
    for i in range(grant.size):
        if i >= labs:
            grant[i] = max(0.0, elsewhere) * cloud_share[i]
        granted[i] += grant[i]
        cash[i] += grant[i]
        free_cash[i] += grant[i]


@kernel
def _teams(row, kind, active, researchers, lab, chipmaker, application, reference, team, relative):
    for m in range(row.size):
        k = kind[row[m]]
        share = lab if k == LAB else (chipmaker if k == 1 else application)
        team[m] = researchers[row[m]] * share if active[row[m]] else 0.0
        relative[m] = team[m] / reference[k] if reference[k] > 0.0 else 0.0
