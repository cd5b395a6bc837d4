"""Kernels of the labour market: what firms can pay, who leaves, who is hired where.

Sums run over the firms of a cluster in their order, then over the clusters of a bloc: the people
of one bloc never touch the last bit of another's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from model.core.kernels import kernel
from model.state.codes import LAB


class Flows(NamedTuple):
    """What draws people to firms this month, and how many leave and come."""

    pull: Any  # firm: wage over the bloc's, to the elasticity of moves
    appeal: Any  # firm: desired heads times pull
    gone: Any  # firm: persons who leave for other firms
    drawn: Any  # cluster: appeal of its firms, sum
    retired: Any  # cluster: persons
    emigrated: Any  # cluster: persons
    moved: Any  # cluster: persons who leave for other firms
    hires: Any  # cluster: movers of the bloc who come, for each unit of appeal
    entries: Any  # cluster: graduates of the bloc who come, for each unit of appeal
    hired: Any  # cluster: persons hired from other firms


class Migration(NamedTuple):
    """Persons who go from bloc (row) to bloc this month."""

    movers: Any
    students: Any  # graduates who start abroad
    leaving: Any  # bloc: share of its researchers who emigrate


@kernel
def sum_sizes(firms, labs, clusters, blocs):
    """Sum sizes of firms that are not labs and budgets of labs, by bloc."""
    small = np.zeros(clusters.bloc.size)
    blocs.sizes[:] = 0.0
    blocs.budgets[:] = 0.0
    for f in range(firms.size.size):
        if firms.active[f] and firms.kind[f] != LAB:
            small[firms.cluster[f]] += firms.size[f]
    for c in range(small.size):
        blocs.sizes[clusters.bloc[c]] += small[c]
    for i in range(labs.firm.size):
        f = labs.firm[i]
        if firms.active[f]:
            blocs.budgets[clusters.bloc[firms.cluster[f]]] += labs.budget[i]


@kernel
def share_bills(firms, labs, clusters, blocs):
    """Share the wage bills of a bloc among its firms; sum heads and what bills buy by cluster."""
    clusters.researchers[:] = 0.0
    clusters.pay[:] = 0.0
    clusters.spent[:] = 0.0
    for f in range(firms.size.size):
        c, lab = firms.cluster[f], firms.lab[f]
        b = clusters.bloc[c]
        firms.bill[f] = 0.0
        if not firms.active[f]:
            continue
        bill = 0.0
        if lab < 0:
            bill = blocs.other_bill[b] * firms.size[f] / blocs.sizes[b]
        elif blocs.budgets[b] > 0.0:
            bill = blocs.lab_bill[b] * labs.budget[lab] / blocs.budgets[b]
        firms.bill[f] = bill
        clusters.researchers[c] += firms.researchers[f]
        clusters.pay[c] += bill / clusters.cost[c]
        clusters.spent[c] += bill


@kernel
def sum_by_bloc(cluster_bloc, values, total):
    """Sum a column of clusters by bloc."""
    total[:] = 0.0
    for c in range(values.size):
        total[cluster_bloc[c]] += values[c]


@kernel
def offer_wages(group, kept, firms, clusters, blocs, flows):
    """Write the wage of each firm and its appeal to people; ``kept`` is wages' share of the bill.

    Desired heads are what the bill buys at the wage that clears the bloc; the wage a firm offers
    over that one is desired heads over heads, at most ``highest_offer``.
    """
    elasticity, highest = group.wage_elasticity, group.highest_offer
    bills, staff, wage = firms.bill, firms.researchers, firms.wage
    flows.drawn[:] = 0.0
    for f in range(bills.size):
        c, bill = firms.cluster[f], bills[f]
        b = clusters.bloc[c]
        cost, pay, people = clusters.cost[c], blocs.pay[b], blocs.researchers[b]
        if bill <= 0.0 or pay <= 0.0:
            flows.appeal[f] = wage[f] = 0.0
            flows.pull[f] = highest**-elasticity
            continue
        desired = bill / cost * people / pay
        ratio = highest
        if desired < highest * staff[f]:
            ratio = max(1.0 / highest, desired / staff[f])
            wage[f] = 12.0 * kept * bill / staff[f]
        else:
            wage[f] = 12.0 * kept * highest * cost * pay / people
        flows.pull[f] = ratio**elasticity
        flows.appeal[f] = desired * flows.pull[f]
        flows.drawn[c] += flows.appeal[f]


@kernel
def average_wages(firms, blocs):
    """Write the mean wage of researchers in labs and elsewhere by bloc; 0 where there are none."""
    labs, elsewhere, in_labs = blocs.wage_labs, blocs.wage_elsewhere, blocs.in_labs
    heads = np.zeros(labs.size)
    labs[:] = 0.0
    elsewhere[:] = 0.0
    in_labs[:] = 0.0
    for f in range(firms.bloc.size):
        b, staff = firms.bloc[f], firms.researchers[f]
        if firms.lab[f] >= 0:
            labs[b] += staff * firms.wage[f]
            in_labs[b] += staff
        else:
            elsewhere[b] += staff * firms.wage[f]
            heads[b] += staff
    for b in range(heads.size):
        elsewhere[b] = elsewhere[b] / heads[b] if heads[b] > 0.0 else 0.0
        labs[b] = labs[b] / in_labs[b] if in_labs[b] > 0.0 else 0.0


@kernel
def spread_appeal(cluster_bloc, commute, by_cluster, total):
    """Write the appeal of all firms of the bloc as seen from each cluster."""
    for c in range(by_cluster.size):
        total[c] = 0.0
        for d in range(by_cluster.size):
            if cluster_bloc[d] == cluster_bloc[c]:
                total[c] += commute[c, d] * by_cluster[d]


@kernel
def migrate(hazard, retiring, visas, heads, group, blocs, migration):
    """Write who goes from bloc (row) to bloc: movers and graduates, persons this month."""
    abroad, pay, people, highest = blocs.abroad, blocs.pay, blocs.researchers, group.highest_offer
    movers, students = migration.movers, migration.students
    for s in range(heads.size):
        home, away, rate = 1.0, 0.0, 0.0
        for b in range(heads.size):
            movers[s, b] = students[s, b] = 0.0
            if b == s:
                continue
            home -= abroad[s, b]
            passing = visas[s, b] * blocs.exchange[b, s]
            if passing <= 0.0 or pay[s] <= 0.0 or pay[b] <= 0.0:
                continue
            better = (pay[b] / people[b]) / (pay[s] / people[s])
            better = min(highest, max(1.0 / highest, better)) ** group.wage_elasticity
            movers[s, b] = hazard * abroad[s, b] * passing * better
            students[s, b] = abroad[s, b] * passing * better
            rate += movers[s, b]
            away += students[s, b]
        migration.leaving[s] = rate / (1.0 + rate)
        for b in range(heads.size):
            if movers[s, b] > 0.0:
                movers[s, b] *= heads[s] * (1.0 - retiring) / (1.0 + rate)
            if students[s, b] > 0.0:
                students[s, b] *= blocs.graduates[s] / (max(0.0, home) + away)


@kernel
def leave(hazard, retiring, leaving, firms, clusters, blocs, flows):
    """Let people retire, emigrate or leave for other firms, by firm and cluster.

    A share r/(1 + r) goes at rate r, so that nobody goes twice; all people of a closed firm go.
    """
    staff, total = firms.researchers, clusters.appeal
    flows.retired[:] = 0.0
    flows.emigrated[:] = 0.0
    flows.moved[:] = 0.0
    for f in range(staff.size):
        flows.gone[f] = 0.0
        if staff[f] <= 0.0:
            continue
        c = firms.cluster[f]
        b = clusters.bloc[c]
        old = staff[f] * retiring
        abroad = (staff[f] - old) * leaving[b]
        staff[f] -= old + abroad
        if total[c] > 0.0:
            usual = blocs.typical[b] * blocs.researchers[b] * flows.pull[f]
            rate = hazard * blocs.at_home[b] * total[c] / usual
            flows.gone[f] = staff[f] * rate / (1.0 + rate) if firms.active[f] else staff[f]
        flows.retired[c] += old
        flows.emigrated[c] += abroad
        flows.moved[c] += flows.gone[f]


@kernel
def arrive(graduates, clusters, flows):
    """Write by cluster how many movers and graduates come for each unit of appeal."""
    bloc, commute, total = clusters.bloc, clusters.commute, clusters.appeal
    hires, entries, moved = flows.hires, flows.entries, flows.moved
    for d in range(total.size):
        hires[d] = entries[d] = 0.0
        for c in range(total.size):
            if bloc[c] == bloc[d] and total[c] > 0.0:
                hires[d] += commute[c, d] * moved[c] / total[c]
                entries[d] += commute[c, d] * graduates[c] / total[c]


@kernel
def hire(hazard, movers, others, firms, clusters, flows):
    """Let firms hire; write the rate at which each hired from other firms, 1 at the hazard.

    ``movers`` (from abroad) and ``others`` (graduates from abroad, people without a job) are by
    bloc, for each unit of appeal.
    """
    staff, heads, rate = firms.researchers, clusters.researchers, firms.hire_rate
    heads[:] = 0.0
    flows.hired[:] = 0.0
    for f in range(staff.size):
        c, gone, appeal = firms.cluster[f], flows.gone[f], flows.appeal[f]
        b = clusters.bloc[c]
        rate[f] = 0.0
        staff[f] -= gone
        if appeal > 0.0:
            own = gone * appeal / clusters.appeal[c] if gone > 0.0 else 0.0  # stays after all
            from_firms = appeal * (flows.hires[c] + movers[b])
            staff[f] += from_firms + appeal * (flows.entries[c] + others[b])
            from_firms = max(0.0, from_firms - own)
            flows.hired[c] += from_firms
            if hazard > 0.0 and staff[f] > 0.0:
                rate[f] = from_firms / staff[f] / hazard
        heads[c] += staff[f]
