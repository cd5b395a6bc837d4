"""What is measured each month of application firms, by bloc and sector, and of the race."""

from __future__ import annotations

import math

import numpy as np

from model.core.kernels import kernel
from model.core.table import Floats
from model.state.codes import CLOSED, FIRST_BRANCH, FOUND, FOUND_AGAIN, NOTHING, PRODUCTS
from model.state.state import State

APPLICATION_SERIES: dict[str, tuple[str, str]] = {
    "products_mean": ("log quality", "product ideas held, mean of application firms by people"),
    "products_high": ("log quality", "product ideas held at the firm at the 90th percentile"),
    "products_found": ("ideas", "product ideas found this month, again included"),
    "products_from_sector": ("ideas", "product ideas learned from firms of the own sector"),
    "products_from_other_sectors": ("ideas", "product ideas learned from firms of other sectors"),
    "products_adapted": ("share", "of product ideas learned from firms: from other sectors"),
    "applications_using": ("share", "of application firms that build on AI models"),
    "applications_able": ("share", "of application firms to which AI would pay or that use it"),
    "applications_open": ("share", "of those that build on AI: on models with open weights"),
    "applications_home": ("share", "of those that build on AI: on models made in the bloc"),
    "applications_gain": ("1", "log fall of unit cost by platforms, mean by sales"),
    "applications_viable": ("firms", "application firms whose smoothed result is not negative"),
    "applications_on_ai": ("firms", "of these, those that build on AI models"),
    "application_sales": ("USD/month", "sales of application firms, at home and abroad"),
    "application_profit": ("USD/month", "their gross margin less overhead"),
    "platform_payments": ("USD/month", "paid for platforms by application firms"),
}

DEMOGRAPHY_SERIES: dict[str, tuple[str, str]] = {
    "application_firms": ("firms", "application firms"),
    "entries": ("firms", "application firms that entered by choice this month"),
    "spinoffs": ("firms", "that split off from others this month"),
    "exits": ("firms", "that closed this month"),
    "turned_away": ("firms", "newcomers for whom the tables had no room this month"),
}

RACE_SERIES: dict[str, tuple[str, str]] = {
    "rival_lead": ("months", "of the lab ahead of all it can see, over the nearest of them"),
    "race_spending": ("share", "of what labs could spend that goes to research"),
    "race_haste": ("models/year", "released by a lab in the last twelve months, mean"),
    "race_parity": (
        "share",
        "best released capability of the bloc and the best other one, as effective compute: "
        "lesser over greater",
    ),
    "race": ("1", "pressure of the race: cube root of spending x parity x (1 - e^-haste)"),
}

SECTOR_SERIES: dict[str, tuple[str, str]] = {
    "using": ("share", "of the sector's firms in the bloc that build on AI models"),
    "quality": ("log quality", "of their products, mean by people"),
    "frontier": ("log quality", "of products of the firm at the 90th percentile, by people"),
    "sales_share": ("share", "of the world's sales of the sector"),
    "rank_in_use": ("1", "place of the bloc by using; 1 leads"),
    "rank_at_frontier": ("1", "place of the bloc by frontier; 1 leads"),
}
USING, QUALITY, FRONTIER, SALES, IN_USE, AT_FRONTIER = range(len(SECTOR_SERIES))


def observe_demography(state: State, now: dict[str, Floats]) -> None:
    """Count application firms, and who came and went this month, by bloc."""
    firms, blocs = state.firms, state.blocs
    rows = state.applications.firm[firms.active[state.applications.firm]]
    now["application_firms"][:] = np.bincount(firms.bloc[rows], minlength=blocs.exits.size)
    for name in ("entries", "spinoffs", "exits", "turned_away"):
        now[name][:] = getattr(blocs, name)


def observe_race(state: State, now: dict[str, Floats]) -> None:
    """Measure how hard blocs race; feeds back into nothing.

    Parity is with all others, seen or not: a race is run against those whom one is cut off from.
    """
    labs = state.labs
    year = max(0, state.month - 11)
    recent = np.array([model.lab for model in state.models if model.released >= year], np.int64)
    _race(
        labs.bloc,
        state.firms.active[labs.firm],
        labs.ahead,
        labs.budget,
        labs.means,
        labs.best_released,
        recent,
        *(now[name] for name in RACE_SERIES),
    )


@kernel
def _race(bloc, active, ahead, budget, means, best, recent, lead, spending, haste, parity, race):
    for b in range(lead.size):
        number, spent, could, models = 0.0, 0.0, 0.0, 0.0
        lead[b] = 0.0
        mine, others = NOTHING, NOTHING
        for i in range(bloc.size):
            if bloc[i] != b:
                others = max(others, best[i])
                continue
            mine = max(mine, best[i])
            number += 1.0 if active[i] else 0.0
            spent += budget[i]
            could += means[i]
            lead[b] = max(lead[b], ahead[i])
        for k in range(recent.size):
            models += 1.0 if bloc[recent[k]] == b else 0.0
        spending[b] = spent / could if could > 0.0 else 0.0
        haste[b] = models / number if number > 0.0 else 0.0
        both = mine != NOTHING and others != NOTHING
        parity[b] = 10.0 ** -abs(mine - others) if both else 0.0
        race[b] = (spending[b] * parity[b] * (1.0 - math.exp(-haste[b]))) ** (1.0 / 3.0)


def observe_applications(state: State, now: dict[str, Floats], sectors: Floats) -> None:
    """Measure the month that ended: ``now`` by name a value a bloc, ``sectors`` a table."""
    _ideas(state, now)
    table, firms = state.applications, state.firms
    _firms(
        table.firm,
        firms.bloc,
        firms.active,
        table.platform,
        table.able,
        state.platforms.line,
        state.platforms.bloc,
        table.gain,
        table.viable,
        table.sales,
        table.result,
        table.payments,
        *(now[name] for name in list(APPLICATION_SERIES)[-10:]),
    )
    branch = firms.sector[table.firm].astype(np.int64) - FIRST_BRANCH
    order = np.argsort(table.quality, kind="stable")
    for s in range(sectors.shape[1]):
        people = np.where(branch == s, firms.researchers[table.firm], 0.0)
        mean, high = np.zeros((2, sectors.shape[0]))
        _by_people(firms.bloc[table.firm], order, people, table.quality, 0.9, mean, high)
        sectors[:, s, QUALITY], sectors[:, s, FRONTIER] = mean, high
    _sectors(table.firm, firms.bloc, branch, firms.active, table.platform, table.sales, sectors)


def _ideas(state: State, now: dict[str, Floats]) -> None:
    knowledge, firms, learned = state.knowledge[PRODUCTS], state.firms, state.learned[PRODUCTS]
    bloc = firms.bloc[knowledge.row]
    order = np.argsort(knowledge.level, kind="stable")
    _by_people(bloc, order, knowledge.team, knowledge.level, 0.9,
               now["products_mean"], now["products_high"])  # fmt: skip
    taught = learned.source >= 0
    source, learner = learned.source[taught], learned.learner[taught]
    elsewhere = firms.sector[source] != firms.sector[learner]
    blocs = now["products_found"].size
    own, other = (
        np.bincount(firms.bloc[learner[part]], minlength=blocs) for part in (~elsewhere, elsewhere)
    )
    now["products_found"][:] = state.acquired[PRODUCTS, [FOUND, FOUND_AGAIN]].sum(axis=(0, 1))
    now["products_from_sector"][:], now["products_from_other_sectors"][:] = own, other
    now["products_adapted"][:] = other / np.maximum(1, own + other)


@kernel
def _firms(
    row, firm_bloc, active, platform, able, line, maker, gain, viable, sales, result, payments,
    using, could, on_open, at_home, mean_gain, can_live, on_ai, sold, profit, paid,
):  # fmt: skip
    for b in range(using.size):
        firms = users = those = opened = home = living = alive = 0
        gained = sold[b] = profit[b] = paid[b] = 0.0
        for i in range(row.size):
            if firm_bloc[row[i]] != b or not active[row[i]]:
                continue
            j = platform[i]
            firms += 1
            those += able[i] or j >= 0
            living += viable[i]
            if j >= 0:
                users += 1
                alive += viable[i]
                opened += line[j] != CLOSED
                home += maker[j] == b
            gained += sales[i] * gain[i]
            sold[b] += sales[i]
            profit[b] += result[i]
            paid[b] += payments[i]
        using[b], could[b] = users / max(1, firms), those / max(1, firms)
        on_open[b], at_home[b] = opened / max(1, users), home / max(1, users)
        mean_gain[b] = gained / sold[b] if sold[b] > 0.0 else 0.0
        can_live[b], on_ai[b] = living, alive


@kernel
def _sectors(row, firm_bloc, branch, active, platform, sales, table):
    blocs, branches = table.shape[:2]
    for s in range(branches):
        world = 0.0
        for b in range(blocs):
            firms = users = 0
            sold = 0.0
            for i in range(row.size):
                if firm_bloc[row[i]] == b and branch[i] == s and active[row[i]]:
                    firms += 1
                    users += platform[i] >= 0
                    sold += sales[i]
            table[b, s, USING] = users / max(1, firms)
            table[b, s, SALES] = sold
            world += sold
        for b in range(blocs):
            table[b, s, SALES] /= world if world > 0.0 else 1.0
            table[b, s, IN_USE] = table[b, s, AT_FRONTIER] = 1.0
            for o in range(blocs):
                table[b, s, IN_USE] += table[o, s, USING] > table[b, s, USING]
                table[b, s, AT_FRONTIER] += table[o, s, FRONTIER] > table[b, s, FRONTIER]


@kernel
def _by_people(bloc, order, team, level, percentile, mean, high):
    # Both by researchers: a percentile of firms would move when small ones are cut finer.
    for b in range(mean.size):
        people = weighted = 0.0
        for m in range(bloc.size):
            if bloc[m] == b:
                people += team[m]
                weighted += team[m] * level[m]
        mean[b] = weighted / people if people > 0.0 else 0.0
        high[b] = passed = 0.0
        for m in order:
            if bloc[m] == b and team[m] > 0.0:
                high[b] = level[m]
                passed += team[m]
                if passed >= percentile * people:
                    break
