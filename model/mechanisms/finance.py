r"""Finance: what the labs of a bloc have to spend, and on whom and what.

The means of all labs of the world follow a path anchored in 2024; a bloc gets its share of the
world's private investment in AI. Within a bloc, means fall with rank as :math:`rank^{-z}` (Zipf;
equal in all blocs) and a new lab grows into its place over two years. A share buys chips; who is
hired with the rest is the labour market's (``model/mechanisms/labour.py``).

.. math:: \ln F(t) = \ln F_{2024} + g_\infty s + (g_0 - g_\infty)\,\tau\,(1 - e^{-s/\tau}),
          \quad s = t - 2024 > 0; \qquad \ln F(t) = \ln F_{2024} + g_0 s, \quad s \le 0

Clouds spend what the world spends on chips beside the labs: as recorded, and after the record in
step with the labs' means. Revenue does not feed budgets yet. Limits: taper 0: growth drops to its
long-run rate at once; concentration 0: all labs of a bloc are equal; levers at 1: the path.
"""

from __future__ import annotations

import math

from model.compiled import kernel
from model.facts import LogUniform, Mechanism, Uniform, fact
from model.world import LAB, State


class Finance(Mechanism):
    """Means of labs, and the people they hire."""

    funding_2024: float = fact(
        34e9,
        unit="USD/year",
        kind="estimated",
        prior=LogUniform(17e9, 68e9),
        low=1e6,
        high=1e13,
        claims=("D11",),
        source="epoch_companies",
        doc="means of all labs of the world at the start of 2024, chips and people; derived from "
        "the largest lab's spending on compute for research in 2024 (USD 4 billion) and its share",
    )
    growth_to_2024: float = fact(
        3.1,
        unit="1/year",
        kind="estimated",
        prior=Uniform(2.0, 3.5),
        low=1.0,
        high=10.0,
        claims=("D11",),
        source="cottier_2024",
        doc="growth of those means until 2024: 2.4 to 2020 and 3.5 from then on, as a mean over "
        "2018 to 2024",
    )
    growth_in_the_long_run: float = fact(
        1.2,
        unit="1/year",
        kind="assumed",
        prior=Uniform(1.05, 1.5),
        low=0.5,
        high=10.0,
        source="own",
        doc="growth of those means after the boom",
    )
    taper: float = fact(
        1.5,
        unit="years",
        kind="assumed",
        prior=Uniform(0.5, 3.0),
        low=0.0,
        high=20.0,
        source="own",
        doc="time in which the boom's extra growth falls to 37 %",
    )
    chip_share: float = fact(
        0.65,
        unit="share",
        kind="estimated",
        prior=Uniform(0.5, 0.8),
        low=0.0,
        high=1.0,
        claims=("D14",),
        source="cottier_2024",
        doc="share of means that buys chips and what they stand in",
    )
    concentration: float = fact(
        1.0,
        unit="1",
        kind="assumed",
        prior=Uniform(0.6, 1.4),
        low=0.0,
        high=5.0,
        claims=("D3",),
        source="own",
        doc="fall of a lab's means with its rank in the bloc (Zipf's exponent)",
    )
    ramp: int = fact(
        24,
        unit="months",
        kind="assumed",
        low=1,
        high=120,
        source="own",
        doc="time in which a new lab grows into its place",
    )
    means_leader: float = fact(
        1.0,
        unit="1",
        kind="choice",
        lever=True,
        low=0.0,
        high=20.0,
        claims=("D1", "D14"),
        source="own",
        doc="means of labs of the leading bloc over those on the path, from exchange.since on",
    )
    means_follower: float = fact(
        1.0,
        unit="1",
        kind="choice",
        lever=True,
        low=0.0,
        high=20.0,
        claims=("D1", "D14"),
        source="own",
        doc="means of labs of the following bloc over those on the path, from exchange.since on",
    )
    researcher_growth: float = fact(
        0.25,
        unit="1/year",
        kind="estimated",
        prior=Uniform(0.1, 0.4),
        low=-0.5,
        high=2.0,
        claims=("D10",),
        source="unido_dongbi",
        doc="continuous growth of the number of researchers (a rate in logs)",
    )
    lab_researchers: float = fact(
        0.2,
        unit="share",
        kind="assumed",
        prior=Uniform(0.1, 0.4),
        low=0.01,
        high=0.99,
        claims=("D14",),
        source="own",
        doc="share of a bloc's AI researchers who work in labs at month 0; the rest work in other "
        "firms",
    )


def means(group: Finance, year: float) -> float:
    """Return the means of all labs of the world, USD a year, at a date given in years."""
    past = year - 2024.0
    start, long_run = math.log(group.growth_to_2024), math.log(group.growth_in_the_long_run)
    if past <= 0.0:
        return group.funding_2024 * math.exp(start * past)
    boom = group.taper * (1.0 - math.exp(-past / group.taper)) if group.taper > 0.0 else 0.0
    return group.funding_2024 * math.exp(long_run * past + (start - long_run) * boom)


def finance(state: State) -> None:
    """Share out means; count the teams that last month's hiring left.

    Reads ``labs.rank``, ``founded``, ``firms.researchers``. Writes ``blocs.funding``,
    ``funding_path``, ``labs.budget``, ``buyers.grant``, ``granted``, ``cash``, and in
    ``knowledge`` ``team`` and ``relative_team``.
    """
    group, setting, firms = state.parameters.finance, state.setting, state.firms
    year = setting.calendar.year(state.month)
    world = means(group, year) / 12.0
    levers = {setting.leader: group.means_leader, setting.follower: group.means_follower}
    for b, bloc in enumerate(setting.blocs):
        state.blocs.funding_path[b] = world * bloc.funding_share
        lever = levers.get(bloc.name, 1.0) if state.month >= state.exchange_from else 1.0
        state.blocs.funding[b] = state.blocs.funding_path[b] * lever
    labs = state.labs
    _share_out(
        state.month,
        labs.firm,
        labs.bloc,
        labs.rank,
        labs.founded,
        state.blocs.funding,
        group.concentration,
        group.ramp,
        group.chip_share,
        firms.active,
        state.blocs.weights,
        labs.budget,
        state.buyers.grant,
    )
    _grant(
        labs.firm.size,
        state.supply.spending[state.month] * state.parameters.chips.overhead
        - means(group, year) / 12.0 * group.chip_share,
        state.cloud_share,
        state.buyers.grant,
        state.buyers.granted,
        state.buyers.cash,
        state.buyers.free_cash,
    )
    teams(state)


def teams(state: State) -> None:
    """Share firms' researchers among fields.

    Reads ``firms.researchers``, ``active``. Writes ``knowledge.team`` and ``relative_team``.
    """
    firms = state.firms
    for number, knowledge in enumerate(state.knowledge):
        shares = state.parameters.discovery.shares(number)
        _teams(
            knowledge.row,
            firms.kind,
            firms.active,
            firms.researchers,
            *shares,
            state.constants.team[number],
            knowledge.team,
            knowledge.relative_team,
        )


@kernel
def _share_out(
    month, lab_firm, lab_bloc, rank, founded, funding, concentration, ramp, chip_share, active,
    weights, budget, grant,
):  # fmt: skip
    weights[:] = 0.0
    for i in range(rank.size):
        age = month - founded[i] + 1
        grown = min(1.0, age / ramp) if active[lab_firm[i]] and age > 0 else 0.0
        budget[i] = grown / rank[i] ** concentration
        weights[lab_bloc[i]] += budget[i]
    for i in range(rank.size):
        b = lab_bloc[i]
        budget[i] = funding[b] * (budget[i] / weights[b] if weights[b] > 0.0 else 0.0)
        grant[i] = budget[i] * chip_share


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
