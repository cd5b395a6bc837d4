"""Conservation laws, each a function of the state that returns a residual which must be zero.

Chips and money are real numbers, so their residuals are relative and must be below ``CLOSED``;
people and ideas are exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.application_tables import BRANCHES, FIRST_BRANCH
from model.world import LAB, UNBOUND, Floats, State

CLOSED = 1e-9


class NotClosed(ArithmeticError):
    """An account does not close: something was made of nothing, or lost."""


def chips_ordered(state: State) -> float:
    """Chips requested = delivered + cancelled + on the way, by buyer, type and route.

    It holds as well for those that a buyer would hold had no rule bound.
    """
    buyers = state.buyers
    rest = buyers.requested - buyers.delivered - buyers.cancelled - buyers.ordered.sum(axis=1)
    return _relative(rest, buyers.requested)


def chips_delivered(state: State) -> float:
    """Chips delivered = at work + retired, by buyer, type and route."""
    buyers = state.buyers
    return _relative(buyers.delivered - buyers.units - buyers.retired, buyers.delivered)


def chips_supplied(state: State) -> float:
    """Chips produced = delivered + on the way + seized + in stock + scrapped, by family."""
    buyers, market, supply = state.buyers, state.market, state.supply
    out = (buyers.delivered + buyers.ordered.sum(axis=1))[:, :, :UNBOUND].sum(axis=(0, 2))
    out += market.seized
    gone = np.bincount(market.family, out, supply.produced.size)
    rest = supply.produced - gone - supply.stock - supply.scrapped
    return _relative(rest, supply.produced)


def compute_by_source(state: State) -> float:
    """Legal, degraded, stockpiled, diverted, rented, domestic compute add up to the fleet."""
    buyers = state.buyers
    return _relative(buyers.by_source.sum(axis=1) - buyers.effective, buyers.effective)


def fleets(state: State) -> float:
    """Chips at work by type = the sum over the routes they came by."""
    return _relative(
        state.buyers.units[:, :, :UNBOUND].sum(axis=2) - state.buyers.fleet, state.buyers.fleet
    )


def money(state: State) -> float:
    """Money granted and advanced for chips = spent + cash + gone to other uses, by buyer."""
    buyers = state.buyers
    rest = buyers.granted + buyers.debt - buyers.spent - buyers.cash - buyers.let_go
    return _relative(rest, buyers.granted)


def prepaid(state: State) -> float:
    """Nobody has paid for nothing: what is prepaid is on the way, and the other way round."""
    buyers = state.buyers
    return float(np.sum((buyers.prepaid > 0.0) != (buyers.ordered > 0.0)))


def budgets(state: State) -> float:
    """Budgets of a bloc's labs add up to the bloc's funding, where it has an active lab."""
    labs, blocs = state.labs, state.blocs
    total = np.bincount(labs.bloc, labs.budget, blocs.funding.size)
    rest = np.where(total > 0.0, total - blocs.funding, 0.0)
    return _relative(rest, blocs.funding)


def people(state: State) -> float:
    """Researchers of a bloc's firms add up to the bloc's researchers."""
    firms, blocs = state.firms, state.blocs
    working = firms.active & ((firms.kind != LAB) | (firms.researchers > 0.0))
    total = np.bincount(firms.bloc[working], firms.researchers[working], blocs.researchers.size)
    lab_share = state.parameters.finance.lab_researchers
    has_lab = np.bincount(firms.bloc, firms.researchers * (firms.kind == LAB), total.size) > 0.0
    has_other = np.bincount(firms.bloc, firms.kind != LAB, total.size) > 0.0
    employed = np.where(has_lab, lab_share, 0.0) + np.where(has_other, 1.0 - lab_share, 0.0)
    return _relative(total - blocs.researchers * employed, blocs.researchers)


def ideas_counted(state: State) -> float:
    """Ideas counted = bits held, and the holders of an idea are those whose bit is set."""
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


def knowledge_summed(state: State) -> float:
    """Knowledge of a firm = sum of the sizes of the ideas it holds."""
    worst = 0.0
    for knowledge in state.knowledge:
        held = np.unpackbits(knowledge.bits.view(np.uint8), axis=1, bitorder="little")
        total = held[:, : knowledge.size.size] @ knowledge.size
        worst = max(worst, float(np.abs(total - knowledge.level).max(initial=0.0)))
    return worst


def first_finds(state: State) -> float:
    """Nobody holds what nobody found: ideas held by someone have a first finder."""
    rest = 0
    for knowledge in state.knowledge:
        rest += int(np.sum((knowledge.holders.sum(axis=1) > 0) & (knowledge.first_month < 0)))
    return float(rest)


def market_shares(state: State) -> float:
    """Shares of a bloc's market for the products of a sector sum to one, where anybody sells."""
    shares, demand = _by_market(state, state.applications.share), state.branches.demand
    return float(np.abs(np.where(demand > 0.0, shares - 1.0, shares)).max(initial=0.0))


def product_sales(state: State) -> float:
    """What application firms sell is what buyers of all blocs spend, by sector."""
    sales = _by_market(state, state.applications.sales[:, None]).sum(axis=0)
    demand = state.branches.demand.sum(axis=0)
    return _relative(sales - demand, demand)


def platform_payments(state: State) -> float:
    """What application firms of a bloc pay for platforms is what makers of these are paid."""
    table, platforms = state.applications, state.platforms
    bloc = state.firms.bloc[table.firm]
    paid = np.bincount(bloc, table.payments, platforms.payments.shape[1])
    return _relative(paid - platforms.payments.sum(axis=0), paid)


def _by_market(state: State, column: Floats) -> Floats:
    # Sums over firms, by column and sector.
    branch = state.firms.sector[state.applications.firm].astype(np.int64) - FIRST_BRANCH
    return np.array([np.bincount(branch, values, len(BRANCHES)) for values in column.T])


LAWS: dict[str, Callable[[State], float]] = {
    law.__name__: law
    for law in (
        chips_ordered,
        chips_delivered,
        chips_supplied,
        compute_by_source,
        fleets,
        money,
        prepaid,
        budgets,
        people,
        ideas_counted,
        knowledge_summed,
        first_finds,
        market_shares,
        product_sales,
        platform_payments,
    )
}


def _relative(rest: object, size: object) -> float:
    residual, scale = np.abs(np.asarray(rest)), np.abs(np.asarray(size))
    return float((residual / np.maximum(scale, 1.0)).max(initial=0.0))
