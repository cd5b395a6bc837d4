"""Series of application firms: adoption of AI, sales, entry and exit, by bloc and sector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from model.core.kernels import kernel
from model.core.table import Floats
from model.measure.series import sums_kernels
from model.measure.series.ideas import HIGH
from model.state.codes import CLOSED, FIRST_BRANCH
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "applications_using": ("share", "share of application firms that build on AI models"),
    "applications_able": (
        "share",
        "share of application firms that build on AI models or would gain by doing so",
    ),
    "applications_open": (
        "share",
        "share of models with open weights among application firms that build on AI models",
    ),
    "applications_home": (
        "share",
        "share of models from the same bloc among application firms that build on AI models",
    ),
    "applications_gain": (
        "1",
        "fall of the log of unit cost through AI models, mean of application firms by sales",
    ),
    "applications_viable": (
        "firms",
        "application firms whose smoothed result is not negative",
    ),
    "applications_viable_on_ai": (
        "firms",
        "application firms that build on AI models and whose smoothed result is not negative",
    ),
    "application_sales": ("USD/month", "sales of application firms, at home and abroad"),
    "application_profit": ("USD/month", "gross margin of application firms less overhead"),
    "platform_payments": ("USD/month", "payments of application firms for AI models"),
    "application_firms": ("firms", "active application firms"),
    "entries": ("firms", "application firms that entered by choice in the month"),
    "spinoffs": ("firms", "application firms that split off from others in the month"),
    "exits": ("firms", "application firms that closed in the month"),
    "turned_away": ("firms", "entrants turned away in the month because the tables were full"),
}

SECTOR_SERIES: dict[str, tuple[str, str]] = {
    "using": ("share", "share of the sector's firms in the bloc that build on AI models"),
    "quality": (
        "log quality",
        "quality of products of the sector's firms, mean weighted by researchers",
    ),
    "frontier": (
        "log quality",
        "quality of products of the sector's firm at the 90th percentile of researchers",
    ),
    "sales_share": ("share", "share of the bloc's firms in the world's sales of the sector"),
    "rank_in_use": ("1", "rank of the bloc by share of firms that build on AI models; 1 leads"),
    "rank_at_frontier": ("1", "rank of the bloc by quality at the frontier; 1 leads"),
}
USING, QUALITY, FRONTIER, SALES, IN_USE, AT_FRONTIER = range(len(SECTOR_SERIES))


class Adoption(NamedTuple):
    """What application firms do with AI models, by bloc; each field is the series of its name."""

    applications_using: Floats
    applications_able: Floats
    applications_open: Floats
    applications_home: Floats
    applications_gain: Floats
    applications_viable: Floats
    applications_viable_on_ai: Floats
    application_sales: Floats
    application_profit: Floats
    platform_payments: Floats


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    firms, applications, blocs = state.firms, state.applications, state.blocs
    adoption = Adoption(*(now[name] for name in Adoption._fields))
    _adoption(firms.face, applications.face, state.platforms.face, adoption)
    rows = applications.firm[firms.active[applications.firm]]
    now["application_firms"][:] = np.bincount(firms.bloc[rows], minlength=blocs.exits.size)
    for name in ("entries", "spinoffs", "exits", "turned_away"):
        now[name][:] = getattr(blocs, name)


def observe_sectors(state: State, sectors: Floats) -> None:
    """Observe the month that just ended by sector: bloc x sector x ``SECTOR_SERIES``."""
    applications, firms = state.applications, state.firms
    branch = firms.sector[applications.firm].astype(np.int64) - FIRST_BRANCH
    bloc, quality = firms.bloc[applications.firm], applications.quality
    order = np.argsort(quality, kind="stable")
    for s in range(sectors.shape[1]):
        people = np.where(branch == s, firms.researchers[applications.firm], 0.0)
        mean, high = np.zeros((2, sectors.shape[0]))
        sums_kernels.by_researchers(bloc, order, people, quality, HIGH, mean, high)
        sectors[:, s, QUALITY], sectors[:, s, FRONTIER] = mean, high
    _sectors(firms.face, applications.face, branch, sectors)


@kernel
def _adoption(firms, applications, platforms, now):
    for b in range(now.applications_using.size):
        number = users = able = on_open = at_home = viable = viable_on_ai = 0
        gained = sold = profit = paid = 0.0
        for i in range(applications.firm.size):
            f = applications.firm[i]
            if firms.bloc[f] != b or not firms.active[f]:
                continue
            j = applications.platform[i]
            number += 1
            able += applications.able[i] or j >= 0
            viable += applications.viable[i]
            if j >= 0:
                users += 1
                viable_on_ai += applications.viable[i]
                on_open += platforms.line[j] != CLOSED
                at_home += platforms.bloc[j] == b
            gained += applications.sales[i] * applications.gain[i]
            sold += applications.sales[i]
            profit += applications.result[i]
            paid += applications.payments[i]
        now.applications_using[b] = users / max(1, number)
        now.applications_able[b] = able / max(1, number)
        now.applications_open[b] = on_open / max(1, users)
        now.applications_home[b] = at_home / max(1, users)
        now.applications_gain[b] = gained / sold if sold > 0.0 else 0.0
        now.applications_viable[b], now.applications_viable_on_ai[b] = viable, viable_on_ai
        now.application_sales[b], now.application_profit[b] = sold, profit
        now.platform_payments[b] = paid


@kernel
def _sectors(firms, applications, branch, table):
    blocs, branches = table.shape[:2]
    row, platform, sales = applications.firm, applications.platform, applications.sales
    for s in range(branches):
        world = 0.0
        for b in range(blocs):
            number = users = 0
            sold = 0.0
            for i in range(row.size):
                if firms.bloc[row[i]] == b and branch[i] == s and firms.active[row[i]]:
                    number += 1
                    users += platform[i] >= 0
                    sold += sales[i]
            table[b, s, USING] = users / max(1, number)
            table[b, s, SALES] = sold
            world += sold
        for b in range(blocs):
            table[b, s, SALES] /= world if world > 0.0 else 1.0
            table[b, s, IN_USE] = table[b, s, AT_FRONTIER] = 1.0
            for o in range(blocs):
                table[b, s, IN_USE] += table[o, s, USING] > table[b, s, USING]
                table[b, s, AT_FRONTIER] += table[o, s, FRONTIER] > table[b, s, FRONTIER]
