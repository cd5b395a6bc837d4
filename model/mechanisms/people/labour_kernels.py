"""Kernels of the labour market: what firms can pay, who leaves, who is hired where.

Sums run over the firms of a cluster in their order, then over the clusters of a bloc: the people
of one bloc never touch the last bit of another's.
"""

from __future__ import annotations

from model.core.kernels import kernel


@kernel
def sizes(cluster, kind, active, size, firm, budget, cluster_bloc, small, others, labs):
    """Sum sizes of firms that are no labs and budgets of labs, by bloc."""
    small[:] = 0.0
    others[:] = 0.0
    labs[:] = 0.0
    for f in range(size.size):
        if active[f] and kind[f] != 0:
            small[cluster[f]] += size[f]
    for c in range(small.size):
        others[cluster_bloc[c]] += small[c]
    for i in range(firm.size):
        if active[firm[i]]:
            labs[cluster_bloc[cluster[firm[i]]]] += budget[i]


@kernel
def bills(
    cluster, lab, active, size, budget, cluster_bloc, others, labs, other_bill, lab_bill, cost,
    staff, bill, heads, pay, spent,
):  # fmt: skip
    """Share the wage bills of a bloc among its firms; sum heads and what bills buy by cluster."""
    heads[:] = 0.0
    pay[:] = 0.0
    spent[:] = 0.0
    for f in range(size.size):
        c = cluster[f]
        b = cluster_bloc[c]
        bill[f] = 0.0
        if not active[f]:
            continue
        if lab[f] >= 0:
            if labs[b] > 0.0:
                bill[f] = lab_bill[b] * budget[lab[f]] / labs[b]
        else:
            bill[f] = other_bill[b] * size[f] / others[b]
        heads[c] += staff[f]
        pay[c] += bill[f] / cost[c]
        spent[c] += bill[f]


@kernel
def by_bloc(cluster_bloc, values, total):
    """Sum a column of clusters by bloc."""
    total[:] = 0.0
    for c in range(values.size):
        total[cluster_bloc[c]] += values[c]


@kernel
def appeal(
    cluster, cluster_bloc, cost, bill, people, pay, elasticity, highest, kept, staff, wage, pull,
    appeal, by_cluster,
):  # fmt: skip
    """Write what firms pay, and how much they draw people.

    Desired heads are what the bill buys at the wage that clears the bloc; the wage a firm offers
    over that one is desired heads over heads, at most ``highest``.
    """
    by_cluster[:] = 0.0
    for f in range(bill.size):
        c = cluster[f]
        b = cluster_bloc[c]
        if bill[f] <= 0.0 or pay[b] <= 0.0:
            appeal[f] = wage[f] = 0.0
            pull[f] = highest**-elasticity
            continue
        desired = bill[f] / cost[c] * people[b] / pay[b]
        ratio = highest
        if desired < highest * staff[f]:
            ratio = max(1.0 / highest, desired / staff[f])
            wage[f] = 12.0 * kept * bill[f] / staff[f]
        else:
            wage[f] = 12.0 * kept * highest * cost[c] * pay[b] / people[b]
        pull[f] = ratio**elasticity
        appeal[f] = desired * pull[f]
        by_cluster[c] += appeal[f]


@kernel
def payroll(bloc, lab, staff, wage, heads, labs, elsewhere, in_labs):
    """Write the mean wage of researchers in labs and elsewhere by bloc; 0 where there are none."""
    heads[:] = 0.0
    labs[:] = 0.0
    elsewhere[:] = 0.0
    in_labs[:] = 0.0
    for f in range(bloc.size):
        b = bloc[f]
        if lab[f] >= 0:
            labs[b] += staff[f] * wage[f]
            in_labs[b] += staff[f]
        else:
            elsewhere[b] += staff[f] * wage[f]
            heads[b] += staff[f]
    for b in range(heads.size):
        elsewhere[b] = elsewhere[b] / heads[b] if heads[b] > 0.0 else 0.0
        labs[b] = labs[b] / in_labs[b] if in_labs[b] > 0.0 else 0.0


@kernel
def seen(cluster_bloc, commute, by_cluster, total):
    """Write the appeal of all firms of the bloc as it is seen from each cluster."""
    for c in range(by_cluster.size):
        total[c] = 0.0
        for d in range(by_cluster.size):
            if cluster_bloc[d] == cluster_bloc[c]:
                total[c] += commute[c, d] * by_cluster[d]


@kernel
def migrate(
    hazard, elasticity, highest, abroad, visas, exchange, pay, heads, people, graduates, retiring,
    movers, students, leaving,
):  # fmt: skip
    """Write who goes from bloc (row) to bloc: movers and graduates, persons this month."""
    blocs = heads.size
    for s in range(blocs):
        home, away, rate = 1.0, 0.0, 0.0
        for b in range(blocs):
            movers[s, b] = students[s, b] = 0.0
            if b == s:
                continue
            home -= abroad[s, b]
            passing = visas[s, b] * exchange[b, s]
            if passing <= 0.0 or pay[s] <= 0.0 or pay[b] <= 0.0:
                continue
            better = (pay[b] / people[b]) / (pay[s] / people[s])
            better = min(highest, max(1.0 / highest, better)) ** elasticity
            movers[s, b] = hazard * abroad[s, b] * passing * better
            students[s, b] = abroad[s, b] * passing * better
            rate += movers[s, b]
            away += students[s, b]
        leaving[s] = rate / (1.0 + rate)
        for b in range(blocs):
            if movers[s, b] > 0.0:
                movers[s, b] *= heads[s] * (1.0 - retiring) / (1.0 + rate)
            if students[s, b] > 0.0:
                students[s, b] *= graduates[s] / (max(0.0, home) + away)


@kernel
def leave(
    cluster, cluster_bloc, active, hazard, typical, at_home, people, total, retiring, leaving,
    staff, pull, gone, retired, emigrated, moved,
):  # fmt: skip
    """Let people retire, emigrate, give notice; write who changes firm, by firm and cluster.

    A share r/(1 + r) goes at rate r, so that nobody goes twice; of a closed firm everybody goes.
    """
    retired[:] = 0.0
    emigrated[:] = 0.0
    moved[:] = 0.0
    for f in range(staff.size):
        gone[f] = 0.0
        if staff[f] <= 0.0:
            continue
        c = cluster[f]
        b = cluster_bloc[c]
        old = staff[f] * retiring
        abroad = (staff[f] - old) * leaving[b]
        staff[f] -= old + abroad
        if total[c] > 0.0:
            rate = hazard * at_home[b] * total[c] / (typical[b] * people[b] * pull[f])
            gone[f] = staff[f] * rate / (1.0 + rate) if active[f] else staff[f]
        retired[c] += old
        emigrated[c] += abroad
        moved[c] += gone[f]


@kernel
def arrive(cluster_bloc, commute, total, moved, graduates, hires, entries):
    """Write by cluster how many movers, and graduates, come for each unit of appeal."""
    for d in range(total.size):
        hires[d] = entries[d] = 0.0
        for c in range(total.size):
            if cluster_bloc[c] == cluster_bloc[d] and total[c] > 0.0:
                hires[d] += commute[c, d] * moved[c] / total[c]
                entries[d] += commute[c, d] * graduates[c] / total[c]


@kernel
def hire(
    cluster, cluster_bloc, appeal, gone, total, hires, entries, movers, others, hazard, staff,
    rate, heads, hired,
):  # fmt: skip
    """Let firms hire; write the rate at which each hired from other firms, 1 at the hazard."""
    heads[:] = 0.0
    hired[:] = 0.0
    for f in range(staff.size):
        c = cluster[f]
        b = cluster_bloc[c]
        rate[f] = 0.0
        staff[f] -= gone[f]
        if appeal[f] > 0.0:
            own = gone[f] * appeal[f] / total[c] if gone[f] > 0.0 else 0.0  # stays after all
            from_firms = appeal[f] * (hires[c] + movers[b])
            staff[f] += from_firms + appeal[f] * (entries[c] + others[b])
            from_firms = max(0.0, from_firms - own)
            hired[c] += from_firms
            if hazard > 0.0 and staff[f] > 0.0:
                rate[f] = from_firms / staff[f] / hazard
        heads[c] += staff[f]
