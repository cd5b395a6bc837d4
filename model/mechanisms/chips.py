r"""Chips: labs buy accelerators, wait for them, run them, wear them out.

Spending is split among the chips that a lab may buy by effective performance per dollar,
:math:`share_j = e_j^a / \sum_k e_k^a` (the logit of log e; ``a`` = ``choice_elasticity``).
Orders arrive after a delay; what has been barred meanwhile is cancelled and paid back.
A fleet's effective performance is the sum over chips of

.. math:: units_j \cdot FLOP/s_j \cdot util \cdot \exp(-\lambda\, deficit_j\, e^{-K_{sys}/k_l}),
          \quad util = u_0 + u_1 (1 - e^{-K_{sys}/k_u}),
          \quad deficit_j = \max(0, 1 - link_j / link_{best})

so that systems ideas make up for weak links. Prices are list prices; supply does not ration yet.

Limits: no orders: the fleet decays at the retirement rate. Link penalty 0: fleets add up by
performance. Chips are conserved by type: requested = delivered + cancelled + on the way,
delivered = at work + retired; so is money: granted = spent + cash.
"""

from __future__ import annotations

import math

from model.compiled import helper, kernel
from model.facts import LogUniform, Mechanism, Uniform, fact, monthly_share
from model.world import LAB, State


class Chips(Mechanism):
    """Buying, running and retiring accelerators."""

    vendors: list[str] = fact(
        ["NVIDIA"],
        unit="name",
        kind="choice",
        claims=("C2",),
        source="seeds/chips.csv",
        doc="vendors from whom labs buy; the leading one sold most accelerators, and what keeps "
        "buyers with it (software, supply) is not modelled yet, so that others would sell by "
        "list price alone",
    )
    retirement: float = fact(
        0.18,
        unit="share/year",
        kind="assumed",
        prior=Uniform(0.10, 0.30),
        low=0.0,
        high=0.99,
        source="own",
        doc="share of chips at work that is retired in a year",
    )
    delivery: int = fact(
        3,
        unit="months",
        kind="assumed",
        low=0,
        high=24,
        source="memory",
        doc="time from order to delivery",
    )
    choice_elasticity: float = fact(
        4.0,
        unit="1",
        kind="assumed",
        prior=Uniform(2.0, 8.0),
        low=0.0,
        high=50.0,
        source="own",
        doc="how sharply spending turns to the chip with more performance per dollar",
    )
    overhead: float = fact(
        1.6,
        unit="1",
        kind="estimated",
        prior=Uniform(1.3, 2.2),
        low=1.0,
        high=10.0,
        source="cottier_2024",
        doc="price of a chip at work (server, network, hall) over the price of the chip",
    )
    utilisation: float = fact(
        0.35,
        unit="share",
        kind="assumed",
        prior=Uniform(0.25, 0.45),
        low=0.01,
        high=1.0,
        source="memory",
        doc="share of peak performance that a run gets without systems ideas",
    )
    utilisation_gain: float = fact(
        0.20,
        unit="share",
        kind="assumed",
        prior=Uniform(0.10, 0.30),
        low=0.0,
        high=0.9,
        claims=("C7",),
        source="memory",
        doc="what systems ideas can add to that share",
    )
    utilisation_scale: float = fact(
        1.0,
        unit="OOM",
        kind="assumed",
        prior=Uniform(0.5, 2.0),
        low=0.01,
        high=100.0,
        source="own",
        doc="systems knowledge that brings 63 % of the gain",
    )
    link_penalty: float = fact(
        0.3,
        unit="1",
        kind="contested",
        prior=Uniform(0.0, 1.0),
        low=0.0,
        high=10.0,
        claims=("C2", "C7"),
        source="own",
        doc="loss (in logs) of a chip without links to others beside the best on the market",
    )
    link_scale: float = fact(
        1.0,
        unit="OOM",
        kind="assumed",
        prior=Uniform(0.5, 3.0),
        low=0.01,
        high=100.0,
        claims=("C7",),
        source="own",
        doc="systems knowledge that makes up for 63 % of the loss by weak links",
    )
    roadmap_growth: float = fact(
        1.35,
        unit="1/year",
        kind="estimated",
        prior=Uniform(1.2, 1.5),
        low=1.0,
        high=4.0,
        source="epoch_hardware",
        doc="growth of performance per dollar of the generations after the table of chips",
    )
    roadmap_interval: int = fact(
        18,
        unit="months",
        kind="assumed",
        low=6,
        high=60,
        source="own",
        doc="time between the generations after the table of chips",
    )
    price_growth: float = fact(
        1.05,
        unit="1/year",
        kind="assumed",
        prior=LogUniform(0.95, 1.2),
        low=0.5,
        high=2.0,
        source="own",
        doc="growth of the price of a chip over the generations after the table",
    )


def chips(state: State) -> None:
    """Retire, deliver, order; work out what fleets can do.

    Reads ``market``, systems knowledge. Writes ``labs.fleet``, ``ordered``, ``cash`` and their
    accounts, ``labs.effective``, ``knowledge.compute`` of labs, ``market.best_link``.
    """
    group, labs, market = state.parameters.chips, state.labs, state.market
    _best_link(state.month, market.available, market.withdrawn, market.world_class, market.link,
               market.best_link)  # fmt: skip
    systems = state.knowledge[1]
    _machines(
        state.month,
        labs.bloc,
        labs.member[:, 1],
        systems.level,
        market.may_buy,
        market.available,
        market.withdrawn,
        market.tflops,
        market.link,
        market.price,
        market.best_link[0],
        monthly_share(group.retirement),
        group.delivery,
        group.choice_elasticity,
        group.overhead,
        group.utilisation,
        group.utilisation_gain,
        group.utilisation_scale,
        group.link_penalty,
        group.link_scale,
        labs.cash,
        labs.spent,
        labs.fleet,
        labs.ordered,
        labs.requested,
        labs.delivered,
        labs.cancelled,
        labs.retired,
        labs.effective,
    )
    shares = state.parameters.training
    for number, knowledge in enumerate(state.knowledge):
        _experiments(
            labs.bloc,
            labs.member[:, number],
            labs.effective,
            shares.experiments,
            shares.rented,
            state.firms.kind,
            state.firms.bloc,
            knowledge.row,
            knowledge.team,
            state.blocs.rented,
            state.blocs.renters,
            knowledge.compute,
        )


@kernel
def _best_link(month, available, withdrawn, world_class, link, best):
    best[0] = 0.0
    for c in range(link.size):
        if world_class[c] and available[c] <= month < withdrawn[c] and link[c] > best[0]:
            best[0] = link[c]


@helper
def _link_factor(link, best, penalty, scale, systems):
    deficit = 1.0 - link / best if link < best else 0.0
    return math.exp(-penalty * deficit * math.exp(-systems / scale))


@kernel
def _machines(
    month, bloc, member, level, may_buy, available, withdrawn, tflops, link, price, best_link,
    retirement, delivery, elasticity, overhead, base, gain, gain_scale, penalty, link_scale,
    cash, spent, fleet, ordered, requested, delivered, cancelled, retired, effective,
):  # fmt: skip
    slots = ordered.shape[1]
    now, due = month % slots, (month + delivery) % slots
    for i in range(bloc.size):
        systems = level[member[i]]
        total = 0.0
        for c in range(price.size):
            gone = fleet[i, c] * retirement
            fleet[i, c] -= gone
            retired[i, c] += gone
            if may_buy[c, bloc[i]] and available[c] <= month < withdrawn[c]:
                factor = _link_factor(link[c], best_link, penalty, link_scale, systems)
                total += (tflops[c] * factor / price[c]) ** elasticity
        if total > 0.0 and cash[i] > 0.0:
            purse = cash[i]
            for c in range(price.size):
                if may_buy[c, bloc[i]] and available[c] <= month < withdrawn[c]:
                    factor = _link_factor(link[c], best_link, penalty, link_scale, systems)
                    share = (tflops[c] * factor / price[c]) ** elasticity / total
                    units = purse * share / (price[c] * overhead)
                    ordered[i, due, c] += units
                    requested[i, c] += units
            cash[i] = 0.0
            spent[i] += purse
        rate = 0.0
        for c in range(price.size):
            units = ordered[i, now, c]
            ordered[i, now, c] = 0.0
            if units > 0.0:
                if may_buy[c, bloc[i]]:
                    fleet[i, c] += units
                    delivered[i, c] += units
                else:
                    refund = units * price[c] * overhead
                    cancelled[i, c] += units
                    cash[i] += refund
                    spent[i] -= refund
            factor = _link_factor(link[c], best_link, penalty, link_scale, systems)
            rate += fleet[i, c] * tflops[c] * 1e12 * factor
        effective[i] = rate * (base + gain * (1.0 - math.exp(-systems / gain_scale)))


@kernel
def _experiments(
    lab_bloc, lab_member, effective, share, rented, kind, firm_bloc, row, team,
    offered, wanted, compute,
):  # fmt: skip
    # Labs use a share of their own fleet; other firms rent from the fleets of their bloc, in
    # proportion to their researchers, so that the number of firms does not change the total.
    offered[:] = 0.0
    wanted[:] = 0.0
    for i in range(lab_bloc.size):
        offered[lab_bloc[i]] += rented * effective[i]
    for m in range(row.size):
        if kind[row[m]] != LAB:
            wanted[firm_bloc[row[m]]] += team[m]
    for m in range(row.size):
        b = firm_bloc[row[m]]
        if kind[row[m]] != LAB:
            compute[m] = offered[b] * team[m] / wanted[b] if wanted[b] > 0.0 else 0.0
    for i in range(lab_bloc.size):
        compute[lab_member[i]] = share * effective[i]
