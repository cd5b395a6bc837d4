r"""Chips: orders are served as far as there is supply, arrive late, run, and wear out.

What buyers ask for (``mechanisms/purchases.py``) is cut to the caps of licences, then, family by
family, in proportion to what there is. Orders are paid when placed and arrive after a delay; what
has been barred meanwhile is cancelled and paid back. Of diverted chips a share is seized on the
way and never paid by the buyer. A fleet's effective performance is the sum over chips of

.. math:: units_j \cdot FLOP/s_j \cdot util \cdot \exp(-\lambda\, deficit_j\, e^{-K_{sys}/k_l}),
          \quad util = u_0 + u_1 (1 - e^{-K_{sys}/k_u}),
          \quad deficit_j = \max(0, 1 - link_j / link_{best})

so that systems ideas make up for weak links; it is kept by source: legal, degraded, stockpiled,
diverted, rented, domestic.

Limits: no orders: the fleet decays at the retirement rate. Link penalty 0: fleets add up by
performance. Chips are conserved by type: requested = delivered + cancelled + on the way,
delivered = at work + retired; and by family: produced = sold + in stock + scrapped, sold =
requested + seized - cancelled. So is money: granted + advanced = spent + cash + repaid + gone to
other uses.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact, monthly_share
from model.mechanisms.chips import orders_kernels
from model.mechanisms.chips.chip_cost import link_factor
from model.state.codes import LAB, LAB_FIELDS
from model.state.fixed import Fixed
from model.state.state import State


class Fleets(Mechanism):
    """Buying, running and retiring accelerators."""

    retirement: float = fact(0.18, "share/year", Uniform(0.1, 0.3), (0.0, 0.99))
    """Share of chips at work that is retired in a year."""
    delivery: int = fact(
        1, "months", within=(0, 24), kind="estimated", source="epoch_chip_counts", claims="C10"
    )
    """Time from payment to work; 1 fits how fast sales fell and came back around the rules of 2022
    and 2023 (seeds/targets.toml), 3 does not."""
    overhead: float = fact(
        1.6, "1", Uniform(1.3, 2.2), (1.0, 10.0), kind="estimated", source="cottier_2024"
    )
    """Price of a chip at work (server, network, hall) over the price of the chip."""
    utilisation: float = fact(0.35, "share", Uniform(0.25, 0.45), (0.01, 1.0), source="memory")
    """Share of peak performance that a run gets without systems ideas."""
    utilisation_gain: float = fact(
        0.20, "share", Uniform(0.1, 0.3), (0.0, 0.9), source="memory", claims="C7"
    )
    """What systems ideas can add to that share."""
    utilisation_scale: float = fact(1.0, "OOM", Uniform(0.5, 2.0), (0.01, 100.0))
    """Systems knowledge that brings 63 % of the gain."""
    link_penalty: float = fact(
        0.3, "1", Uniform(0.0, 1.0), (0.0, 10.0), kind="contested", claims="C2 C7"
    )
    """Loss (in logs) of a chip without links to others beside the best on the market."""
    link_scale: float = fact(1.0, "OOM", Uniform(0.5, 3.0), (0.01, 100.0), claims="C7")
    """Systems knowledge that makes up for 63 % of the loss by weak links."""


def fleets(fixed: Fixed, state: State) -> None:
    """Retire, ration, order, deliver; work out what fleets can do.

    Reads ``buyers.want``, ``market``, ``supply.stock``, systems knowledge. Writes the accounts of
    ``buyers``, ``supply.wanted``, ``fill``, ``sold``, ``stock``, ``chips.seized``, ``caps``,
    ``vendors.revenue``, ``unbound``, ``labs.effective`` and ``knowledge.compute`` of labs.
    """
    group, labs, chips, t = fixed.of(Fleets), state.labs, state.chips, state.month
    buyers, table = state.buyers, state.supply
    shared = fixed.shared
    orders_kernels.caps(
        t,
        state.caps.measure,
        state.caps.start,
        chips.cap[t],
        chips.tpp,
        buyers.destination,
        state.caps.allowed,
        state.caps.used,
        buyers.want,
    )
    orders_kernels.ration(
        chips.family,
        buyers.want,
        shared.enforcement,
        table.wanted,
        table.fill,
        table.stock,
        table.sold,
        chips.seized,
    )
    orders_kernels.charge_caps(
        t,
        state.caps.measure,
        state.caps.pace,
        state.caps.home,
        state.caps.start,
        chips.cap[t],
        chips.tpp,
        chips.family,
        buyers.bloc,
        buyers.destination,
        buyers.want,
        table.fill,
        state.caps.allowed,
        state.caps.used,
    )
    orders_kernels.order(
        (t + group.delivery) % buyers.ordered.shape[1],
        buyers.destination,
        chips.family,
        chips.price,
        table.markup,
        table.fill,
        chips.fee[t],
        shared.premium,
        shared.rent_margin,
        buyers.overhead,
        buyers.want,
        buyers.cash,
        buyers.free_cash,
        buyers.spent,
        buyers.fees,
        buyers.premiums,
        buyers.requested,
        buyers.ordered,
        buyers.prepaid,
    )
    orders_kernels.earn(
        chips.family,
        chips.vendor,
        chips.price,
        table.markup,
        table.fill,
        buyers.overhead,
        buyers.want,
        state.vendors.revenue,
        state.vendors.unbound,
    )
    _retire_and_deliver(
        t % buyers.ordered.shape[1],
        monthly_share(group.retirement),
        buyers.bloc,
        buyers.destination,
        state.listed[t],
        chips.maker,
        chips.home,
        chips.open_to,
        chips.granted[t],
        chips.refused[t],
        chips.family,
        buyers.cash,
        buyers.free_cash,
        buyers.spent,
        buyers.ordered,
        buyers.prepaid,
        buyers.units,
        buyers.fleet,
        buyers.delivered,
        buyers.cancelled,
        buyers.retired,
        table.stock,
        table.sold,
    )
    orders_kernels.idle(shared.idle_loss, buyers.cash, buyers.free_cash, buyers.let_go)
    _perform(
        chips.tflops,
        chips.link,
        chips.software,
        chips.variant,
        chips.home,
        chips.best_link[0],
        group.utilisation,
        group.utilisation_gain,
        group.utilisation_scale,
        group.link_penalty,
        group.link_scale,
        buyers.skill,
        buyers.units,
        buyers.by_source,
        buyers.free_by_source,
        buyers.effective,
        buyers.free_effective,
        buyers.gain,
        buyers.free_gain,
    )
    labs.effective[:] = buyers.effective[: labs.effective.size]
    shared = fixed.shared
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number]
        _experiments(
            labs.bloc,
            labs.member[:, number],
            labs.effective,
            shared.experiments_share,
            shared.rented_share,
            state.firms.kind,
            state.firms.bloc,
            knowledge.row,
            knowledge.team,
            state.blocs.rented,
            state.blocs.renters,
            knowledge.compute,
        )
    _offered(labs.bloc, buyers.free_effective, shared.rented_share, state.blocs.free_rented)


@kernel
def _retire_and_deliver(
    now, retirement, bloc, destination, listed, maker, home, open_to, granted, refused, family,
    cash, free_cash, spent, ordered, prepaid, units, fleet, delivered, cancelled, retired, stock,
    sold,
):  # fmt: skip
    for i in range(bloc.size):
        b, d = bloc[i], destination[i]
        for c in range(family.size):
            total = 0.0
            barred = home[c] < 0 and (listed[i, maker[c]] or granted[c, d] <= 0.0 or refused[c, d])
            for r in range(units.shape[2]):
                gone = units[i, c, r] * retirement
                units[i, c, r] -= gone
                retired[i, c, r] += gone
                come = ordered[i, now, c, r]
                if come > 0.0:
                    if not open_to[c, b] or (r < 2 and barred):
                        cancelled[i, c, r] += come
                        if r == 4:
                            free_cash[i] += prepaid[i, now, c, r]
                        else:
                            cash[i] += prepaid[i, now, c, r]
                            spent[i] -= prepaid[i, now, c, r]
                            stock[family[c]] += come
                            sold[family[c]] -= come
                    else:
                        units[i, c, r] += come
                        delivered[i, c, r] += come
                    ordered[i, now, c, r] = 0.0
                    prepaid[i, now, c, r] = 0.0
                if r < 4:
                    total += units[i, c, r]
            fleet[i, c] = total


@kernel
def _perform(
    tflops, link, software, variant, home, best_link, base, gain_of_use, gain_scale, penalty,
    link_scale, skill, units, by_source, free_by_source, effective, free_effective, gain, free_gain,
):  # fmt: skip
    for i in range(skill.size):
        by_source[i, :] = 0.0
        free_by_source[i, :] = 0.0
        better, free_better = 0.0, 0.0
        used = base + gain_of_use * (1.0 - math.exp(-skill[i] / gain_scale))
        known = skill[i] + 0.1
        would = base + gain_of_use * (1.0 - math.exp(-known / gain_scale))
        for c in range(tflops.size):
            peak = tflops[c] * 1e12 * software[c]
            rate, next_rate = peak * used, peak * would
            if home[c] < 0:  # domestic chips are measured in what they do
                rate *= link_factor(link[c], best_link, penalty, link_scale, skill[i])
                next_rate *= link_factor(link[c], best_link, penalty, link_scale, known)
            kind = 5 if home[c] >= 0 else (1 if variant[c] else 0)
            by_source[i, kind] += units[i, c, 0] * rate
            by_source[i, 2] += units[i, c, 1] * rate
            by_source[i, 3] += units[i, c, 2] * rate
            by_source[i, 4] += units[i, c, 3] * rate
            free_by_source[i, kind] += units[i, c, 4] * rate
            for r in range(4):
                better += units[i, c, r] * next_rate
            free_better += units[i, c, 4] * next_rate
        effective[i] = 0.0
        free_effective[i] = 0.0
        for s in range(by_source.shape[1]):
            effective[i] += by_source[i, s]
            free_effective[i] += free_by_source[i, s]
        gain[i] = better / effective[i] if effective[i] > 0.0 else 1.0
        free_gain[i] = free_better / free_effective[i] if free_effective[i] > 0.0 else 1.0


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


@kernel
def _offered(bloc, effective, share, offered):
    offered[:] = 0.0
    for i in range(bloc.size):
        offered[bloc[i]] += share * effective[i]
