r"""Fleets: orders are served as far as supply goes, arrive late, run, and wear out.

Demand (``mechanisms/chips/purchases.py``) is cut to the caps of licences, then rationed family by
family in proportion to supply. Buyers pay when they order, and chips arrive after a delay; orders
that a rule bars meanwhile are cancelled and refunded. A share of diverted chips is seized on the
way; the buyer never pays for them. A fleet's effective performance is the sum over chips of

.. math:: units_j \cdot FLOP/s_j \cdot util \cdot \exp(-\lambda\, deficit_j\, e^{-K_{sys}/k_l}),
          \quad util = u_0 + u_1 (1 - e^{-K_{sys}/k_u}),
          \quad deficit_j = \max(0, 1 - link_j / link_{best})

Code: ``_add_up_performance``

so that systems ideas make up for weak links. Performance is recorded by source: legal, export
versions, stockpiled, diverted, rented, domestic.

Limits: no orders: the fleet decays at the retirement rate. Link penalty 0: fleets add up by
performance. Chips are conserved by type: requested = delivered + cancelled + on the way,
delivered = at work + retired; and by family: produced = sold + in stock + scrapped, sold =
requested + seized - cancelled. Money is conserved too: granted + advanced = spent + cash + repaid +
gone to other uses.
"""

from __future__ import annotations

import math

from model.core.kernels import kernel
from model.core.parameter import Mechanism, Uniform, fact, monthly_share
from model.mechanisms.chips import orders_kernels
from model.mechanisms.chips.chip_cost import link_factor
from model.state.codes import (
    AHEAD,
    BOUGHT,
    DEGRADED,
    DIVERTED,
    DOMESTIC,
    FROM_INTERMEDIARIES,
    FROM_RENT,
    LAB,
    LAB_FIELDS,
    LEGAL,
    RENTED,
    STOCKPILED,
    UNBOUND,
)
from model.state.fixed import Fixed
from model.state.state import State

MORE_SKILL = 0.1  # OOM of systems ideas by which ``gain`` is measured


class Fleets(Mechanism):
    """Delivery, use and retirement of accelerators."""

    retirement: float = fact(0.18, "share/year", Uniform(0.1, 0.3), (0.0, 0.99))
    """Share of chips at work that buyers retire each year."""
    delivery: int = fact(
        1, "months", within=(0, 24), kind="estimated", source="epoch_chip_counts", claims="C10"
    )
    """Months from payment for a chip to its use; 1 fits how fast sales fell and recovered around
    the rules of 2022 and 2023 (seeds/targets.toml), 3 does not."""
    overhead: float = fact(
        1.6, "1", Uniform(1.3, 2.2), (1.0, 10.0), kind="estimated", source="cottier_2024"
    )
    """Cost of a chip at work (with server, network, building) as a multiple of the chip's price."""
    utilisation: float = fact(0.35, "share", Uniform(0.25, 0.45), (0.01, 1.0), source="memory")
    """Share of peak performance that a training run reaches without any systems ideas."""
    utilisation_gain: float = fact(
        0.20, "share", Uniform(0.1, 0.3), (0.0, 0.9), source="memory", claims="C7"
    )
    """Largest gain in the share of peak performance reached, with unlimited systems ideas."""
    utilisation_scale: float = fact(1.0, "OOM", Uniform(0.5, 2.0), (0.01, 100.0))
    """Systems knowledge that brings 63 % of the possible gain in utilisation."""
    link_penalty: float = fact(
        0.3, "1", Uniform(0.0, 1.0), (0.0, 10.0), kind="contested", claims="C2 C7"
    )
    """Log loss of performance of a chip without any links, relative to the chip with the best links
    on the market."""
    link_scale: float = fact(1.0, "OOM", Uniform(0.5, 3.0), (0.01, 100.0), claims="C7")
    """Systems knowledge that makes up for 63 % of the performance lost to weak links."""


def fleets(fixed: Fixed, state: State) -> None:
    """Ration, pay for and deliver orders, retire chips, and add up performance of fleets.

    Reads ``buyers.want``, ``chips``, ``supply.markup``, ``supply.stock``, ``state.listed``, systems
    knowledge. Writes the accounts of ``buyers``, ``supply.wanted``, ``fill``, ``sold``, ``stock``,
    ``chips.seized``, ``caps``, ``vendors.revenue``, ``unbound``, ``labs.effective``,
    ``blocs.rented``, ``free_rented``, ``renters``, and ``knowledge.compute`` of labs.
    """
    group, shared, month = fixed.of(Fleets), fixed.shared, state.month
    chips, supply = state.chips.face, state.supply.face
    buyers, caps = state.buyers.face, state.caps.face
    labs, blocs, slots = state.labs.face, state.blocs.face, buyers.ordered.shape[1]
    orders_kernels.cut_to_caps(month, caps, chips, buyers)
    orders_kernels.ration(shared.enforcement, chips, buyers, supply)
    orders_kernels.charge_caps(month, chips, supply, buyers, caps)
    due = (month + group.delivery) % slots
    orders_kernels.place_orders(month, due, shared, chips, supply, buyers)
    orders_kernels.add_up_revenue(chips, supply, buyers, state.vendors.face)
    retirement = monthly_share(group.retirement)
    _retire_and_deliver(month, month % slots, retirement, state.listed, chips, supply, buyers)
    orders_kernels.release_idle_cash(shared.idle_loss, buyers)
    _add_up_performance(fixed.face(Fleets), chips, buyers)
    labs.effective[:] = buyers.effective[: labs.effective.size]
    for number in LAB_FIELDS:
        knowledge = state.knowledge[number].face
        _share_compute(number, shared, labs, state.firms.face, blocs, knowledge)
    _add_up_unbound_rent(shared.rented_share, labs, buyers, blocs)


@kernel
def _retire_and_deliver(month, slot, retirement, listed, chips, supply, buyers):
    """Retire a share of every fleet; deliver what is due, or cancel and refund what is barred."""
    granted, refused, family = chips.granted, chips.refused, chips.family
    cash, free_cash, spent = buyers.cash, buyers.free_cash, buyers.spent
    ordered, prepaid, units = buyers.ordered, buyers.prepaid, buyers.units
    for i in range(buyers.bloc.size):
        b, d = buyers.bloc[i], buyers.destination[i]
        for c in range(family.size):
            total = 0.0
            barred = chips.home[c] < 0 and (
                listed[month, i, chips.maker[c]]
                or granted[month, c, d] <= 0.0
                or refused[month, c, d]
            )
            for r in range(units.shape[2]):
                gone = units[i, c, r] * retirement
                units[i, c, r] -= gone
                buyers.retired[i, c, r] += gone
                come = ordered[i, slot, c, r]
                if come > 0.0:
                    if not chips.open_to[c, b] or (r <= AHEAD and barred):
                        buyers.cancelled[i, c, r] += come
                        if r == UNBOUND:
                            free_cash[i] += prepaid[i, slot, c, r]
                        else:
                            cash[i] += prepaid[i, slot, c, r]
                            spent[i] -= prepaid[i, slot, c, r]
                            supply.stock[family[c]] += come
                            supply.sold[family[c]] -= come
                    else:
                        units[i, c, r] += come
                        buyers.delivered[i, c, r] += come
                    ordered[i, slot, c, r] = 0.0
                    prepaid[i, slot, c, r] = 0.0
                if r < UNBOUND:
                    total += units[i, c, r]
            buyers.fleet[i, c] = total


@kernel
def _add_up_performance(group, chips, buyers):
    """Add up the effective performance of fleets by source, with and without rules."""
    home, link, best_link, skill = chips.home, chips.link, chips.best_link[0], buyers.skill
    units, by_source, free_by_source = buyers.units, buyers.by_source, buyers.free_by_source
    effective, free_effective = buyers.effective, buyers.free_effective
    base, gain, scale = group.utilisation, group.utilisation_gain, group.utilisation_scale
    penalty, link_scale = group.link_penalty, group.link_scale
    for i in range(skill.size):
        by_source[i, :] = 0.0
        free_by_source[i, :] = 0.0
        better, free_better = 0.0, 0.0
        used = base + gain * (1.0 - math.exp(-skill[i] / scale))
        known = skill[i] + MORE_SKILL
        would = base + gain * (1.0 - math.exp(-known / scale))
        for c in range(home.size):
            peak = chips.tflops[c] * 1e12 * chips.software[c]
            rate, next_rate = peak * used, peak * would
            if home[c] < 0:  # domestic chips are counted by effective performance
                rate *= link_factor(link[c], best_link, penalty, link_scale, skill[i])
                next_rate *= link_factor(link[c], best_link, penalty, link_scale, known)
            kind = DOMESTIC if home[c] >= 0 else (DEGRADED if chips.variant[c] else LEGAL)
            by_source[i, kind] += units[i, c, BOUGHT] * rate
            by_source[i, STOCKPILED] += units[i, c, AHEAD] * rate
            by_source[i, FROM_INTERMEDIARIES] += units[i, c, DIVERTED] * rate
            by_source[i, FROM_RENT] += units[i, c, RENTED] * rate
            free_by_source[i, kind] += units[i, c, UNBOUND] * rate
            for r in range(UNBOUND):
                better += units[i, c, r] * next_rate
            free_better += units[i, c, UNBOUND] * next_rate
        effective[i] = 0.0
        free_effective[i] = 0.0
        for s in range(by_source.shape[1]):
            effective[i] += by_source[i, s]
            free_effective[i] += free_by_source[i, s]
        buyers.gain[i] = better / effective[i] if effective[i] > 0.0 else 1.0
        buyers.free_gain[i] = free_better / free_effective[i] if free_effective[i] > 0.0 else 1.0


@kernel
def _share_compute(number, shared, labs, firms, blocs, knowledge):
    """Share labs' compute for experiments in a field among labs and firms that rent."""
    # Labs use a share of their own fleet; other firms rent from the fleets of their bloc, in
    # proportion to their researchers, so that the number of firms does not change the total.
    row, team, compute = knowledge.row, knowledge.team, knowledge.compute
    kind, bloc, offered, wanted = firms.kind, firms.bloc, blocs.rented, blocs.renters
    offered[:] = 0.0
    wanted[:] = 0.0
    for i in range(labs.bloc.size):
        offered[labs.bloc[i]] += shared.rented_share * labs.effective[i]
    for m in range(row.size):
        if kind[row[m]] != LAB:
            wanted[bloc[row[m]]] += team[m]
    for m in range(row.size):
        b = bloc[row[m]]
        if kind[row[m]] != LAB:
            compute[m] = offered[b] * team[m] / wanted[b] if wanted[b] > 0.0 else 0.0
    for i in range(labs.bloc.size):
        compute[labs.member[i, number]] = shared.experiments_share * labs.effective[i]


@kernel
def _add_up_unbound_rent(share, labs, buyers, blocs):
    """Add up the compute that labs would rent out by bloc if no rule had ever bound."""
    blocs.free_rented[:] = 0.0
    for i in range(labs.bloc.size):
        blocs.free_rented[labs.bloc[i]] += share * buyers.free_effective[i]
