"""Conservation laws: each a function of the state whose residual must be zero.

Chips and money are real numbers, so their residuals are relative and must be below ``CLOSED``;
people and ideas are exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.core.table import Floats
from model.mechanisms.ai.budgets import LEAD_SCALE, Budgets
from model.state.codes import BRANCHES, FIRST_BRANCH, NEVER, UNBOUND
from model.state.fixed import Fixed
from model.state.state import State

CLOSED = 1e-9


class NotClosed(ArithmeticError):
    """An account does not close: something came from nowhere or was lost."""


def chips_ordered(fixed: Fixed, state: State) -> float:
    """Chips requested = delivered + cancelled + on the way, by buyer, type and route.

    The law also holds for the chips that a buyer would hold had no rule ever bound.
    """
    buyers = state.buyers
    rest = buyers.requested - buyers.delivered - buyers.cancelled - buyers.ordered.sum(axis=1)
    return _relative(rest, buyers.requested)


def chips_delivered(fixed: Fixed, state: State) -> float:
    """Chips delivered = at work + retired, by buyer, type and route."""
    buyers = state.buyers
    return _relative(buyers.delivered - buyers.units - buyers.retired, buyers.delivered)


def chips_supplied(fixed: Fixed, state: State) -> float:
    """Chips produced = delivered + on the way + seized + in stock + scrapped, by family."""
    buyers, chips, supply = state.buyers, state.chips, state.supply
    out = (buyers.delivered + buyers.ordered.sum(axis=1))[:, :, :UNBOUND].sum(axis=(0, 2))
    out += chips.seized
    gone = np.bincount(chips.family, out, supply.produced.size)
    rest = supply.produced - gone - supply.stock - supply.scrapped
    return _relative(rest, supply.produced)


def compute_by_source(fixed: Fixed, state: State) -> float:
    """Legal, export-version, stockpiled, diverted, rented, domestic compute add up to the fleet."""
    buyers = state.buyers
    return _relative(buyers.by_source.sum(axis=1) - buyers.effective, buyers.effective)


def fleets(fixed: Fixed, state: State) -> float:
    """Chips at work by type = the sum over the routes they came by."""
    return _relative(
        state.buyers.units[:, :, :UNBOUND].sum(axis=2) - state.buyers.fleet, state.buyers.fleet
    )


def money(fixed: Fixed, state: State) -> float:
    """Money granted and advanced for chips = spent + cash + redirected to other uses, by buyer."""
    buyers = state.buyers
    rest = buyers.granted + buyers.debt - buyers.spent - buyers.cash - buyers.let_go
    return _relative(rest, buyers.granted)


def prepaid(fixed: Fixed, state: State) -> float:
    """Chips that are prepaid are on the way, and chips on the way are prepaid."""
    buyers = state.buyers
    return float(np.sum((buyers.prepaid > 0.0) != (buyers.ordered > 0.0)))


def lab_budgets(fixed: Fixed, state: State) -> float:
    """Budgets of a bloc's labs at the reference lead = its funding, where a lab is active."""
    labs, blocs, group = state.labs, state.blocs, fixed.of(Budgets)
    part = 1.0 - np.exp(-group.reference_lead / LEAD_SCALE)
    total = np.bincount(labs.bloc, labs.available * part, blocs.funding.size)
    rest = np.where(total > 0.0, total - blocs.funding, 0.0)
    return _relative(rest, blocs.funding)


def money_of_labs(fixed: Fixed, state: State) -> float:
    """Money from investors and users less serving costs = research budget + owners, by lab."""
    labs = state.labs
    rest = labs.investors + labs.earned - labs.budget - labs.owners
    return _relative(rest, labs.available + np.abs(labs.earned))


def lab_spending(fixed: Fixed, state: State) -> float:
    """Research budget = money for chips + wage bill, by lab that is active."""
    labs, bills = state.labs, state.firms.bill[state.labs.firm]
    rest = labs.budget - state.buyers.grant[: bills.size] - bills
    return _relative(np.where(state.firms.active[labs.firm], rest, 0.0), labs.budget)


def money_of_users(fixed: Fixed, state: State) -> float:
    """Spending of users and firms on AI models = revenue of labs and hosts."""
    platforms, segments = state.platforms, state.segments
    paid = float(segments.spent.sum() + platforms.payments.sum())
    taken = float(state.labs.revenue.sum() + state.blocs.hosts.sum())
    return _relative(paid - taken, paid)


def user_shares(fixed: Fixed, state: State) -> float:
    """Shares of lines in a segment sum to one, or to zero where there is no line."""
    total = state.platforms.share.sum(axis=0)
    return float(np.where(state.segments.potential > 0.0, np.abs(total - 1.0), total).max())


def people(fixed: Fixed, state: State) -> float:
    """Researchers of a bloc = employed + idle, and the sum of all flows since month 0."""
    firms, blocs = state.firms, state.blocs
    employed = np.bincount(firms.bloc, firms.researchers, blocs.researchers.size)
    came = blocs.first_people + blocs.added + blocs.graduated + blocs.crossed.sum(axis=0)
    left = blocs.retired + blocs.crossed.sum(axis=1)
    return max(
        _relative(employed + blocs.idle - blocs.researchers, blocs.researchers),
        _relative(came - left - blocs.researchers, blocs.researchers),
    )


def places_of_people(fixed: Fixed, state: State) -> float:
    """Researchers of a place = those of its firms."""
    firms, clusters = state.firms, state.clusters
    here = np.bincount(firms.cluster, firms.researchers, clusters.researchers.size)
    return _relative(here - clusters.researchers, clusters.researchers)


def infrastructure(fixed: Fixed, state: State) -> float:
    """Infrastructure of a place = investment since the start less depreciation."""
    clusters = state.clusters
    return _relative(clusters.fed - clusters.worn - clusters.stock, clusters.fed)


def ideas_counted(fixed: Fixed, state: State) -> float:
    """Ideas counted of a firm = bits set, and holders of an idea = firms whose bit is set."""
    worst = 0.0
    for knowledge in state.knowledge:
        held = np.unpackbits(knowledge.bits.view(np.uint8), axis=1, bitorder="little")
        held = held[:, : knowledge.size.size].astype(np.int64)
        worst = max(worst, float(np.abs(held.sum(axis=1) - knowledge.count).max(initial=0)))
        bloc = state.firms.bloc[knowledge.row]
        for b in range(knowledge.holders.shape[1]):
            rest = held[bloc == b].sum(axis=0) - knowledge.holders[:, b]
            worst = max(worst, float(np.abs(rest).max(initial=0)))
    return worst


def knowledge_summed(fixed: Fixed, state: State) -> float:
    """Knowledge of a firm = sum of the sizes of the ideas it holds."""
    worst = 0.0
    for knowledge in state.knowledge:
        held = np.unpackbits(knowledge.bits.view(np.uint8), axis=1, bitorder="little")
        total = held[:, : knowledge.size.size] @ knowledge.size
        worst = max(worst, float(np.abs(total - knowledge.level).max(initial=0.0)))
    return worst


def first_discoveries(fixed: Fixed, state: State) -> float:
    """Every idea that a firm holds has a first discovery."""
    rest = 0
    for knowledge in state.knowledge:
        rest += int(np.sum((knowledge.holders.sum(axis=1) > 0) & (knowledge.first_month < 0)))
    return float(rest)


def product_shares(fixed: Fixed, state: State) -> float:
    """Shares in a bloc's market for the products of a sector sum to one, where any firm sells."""
    shares, demand = _by_market(state, state.applications.share), state.branches.demand
    return float(np.abs(np.where(demand > 0.0, shares - 1.0, shares)).max(initial=0.0))


def product_sales(fixed: Fixed, state: State) -> float:
    """Sales of application firms = spending of buyers of all blocs, by sector."""
    sales = _by_market(state, state.applications.sales[:, None]).sum(axis=0)
    demand = state.branches.demand.sum(axis=0)
    return _relative(sales - demand, demand)


def platform_payments(fixed: Fixed, state: State) -> float:
    """Payments of a bloc's application firms for AI models = payments labs and hosts receive."""
    table, platforms = state.applications, state.platforms
    bloc = state.firms.bloc[table.firm]
    paid = np.bincount(bloc, table.payments, platforms.payments.shape[1])
    return _relative(paid - platforms.payments.sum(axis=0), paid)


def money_of_firms(fixed: Fixed, state: State) -> float:
    """Paid in + earned + written off = cash + paid out, by application firm."""
    table = state.applications
    rest = table.put_in + table.earned + table.lost - table.cash - table.paid_out
    return _relative(rest, table.put_in + np.abs(table.earned) + table.paid_out)


def firms_counted(fixed: Fixed, state: State) -> float:
    """Active firms have entered and not closed; other firms hold no ideas."""
    firms = state.firms
    here = (firms.entered != NEVER) & (firms.left == NEVER)
    rest = int(np.sum(here != firms.active)) + int(np.sum(firms.spare & firms.active))
    for knowledge in state.knowledge:
        rest += int(np.sum(~firms.active[knowledge.row] & (knowledge.count > 0)))
    return float(rest)


def _by_market(state: State, column: Floats) -> Floats:
    # Sums over firms, by column and sector.
    branch = state.firms.sector[state.applications.firm].astype(np.int64) - FIRST_BRANCH
    return np.array([np.bincount(branch, values, len(BRANCHES)) for values in column.T])


LAWS: dict[str, Callable[[Fixed, State], float]] = {
    law.__name__: law
    for law in (
        chips_ordered,
        chips_delivered,
        chips_supplied,
        compute_by_source,
        fleets,
        money,
        prepaid,
        lab_budgets,
        money_of_labs,
        lab_spending,
        money_of_users,
        user_shares,
        people,
        places_of_people,
        infrastructure,
        ideas_counted,
        knowledge_summed,
        first_discoveries,
        product_shares,
        product_sales,
        platform_payments,
        money_of_firms,
        firms_counted,
    )
}


def _relative(rest: object, size: object) -> float:
    residual, scale = np.abs(np.asarray(rest)), np.abs(np.asarray(size))
    return float((residual / np.maximum(scale, 1.0)).max(initial=0.0))
