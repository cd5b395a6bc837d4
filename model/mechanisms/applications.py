r"""Application firms: who builds on which models, and what becomes of their sales.

*Taking AI up.* A firm of size s (mean 1) can use AI once what its best platform on offer saves and
improves pays for the fixed cost of taking it up:

.. math:: s_i\,g_i\,e^{\sigma\xi_i} > c, \qquad
          g = (\lambda_c + \lambda_q)\,(Q - Q_0) + \theta\,\ln(p_0/p)

(Q capability on offer in OOM, p its price, θ the share of platforms in unit cost, ξ the firm's own
standard normal, fixed): large firms first, and a potential that grows with quality per price (David
1969 and Davies 1979 on thresholds by size). Of those who can, each takes AI up at the hazard
:math:`(p + q\,F/M)\,a` (Bass 1969; F firms of the bloc that use it, M that can, a the bloc's
propensity): imitation is of peers to whom it would pay too. A user whose platform is gone, or who
finds none worth while, stops, and may come back the same way.

*Choosing.* Who takes AI up, and each user at a hazard of some once a year, chooses by logit among
the platforms on offer at the start of the month and none: utility quality · (Q − Q0) − price ·
ln(p/p0), tastes for open lines and for models from home; none has utility 0. Each (firm, platform)
has luck of its own, so that one platform more disturbs nobody who does not choose it. A platform of
another bloc is on offer to a share of firms equal to the exchange between the blocs, always the
same firms.

*Products.* Quality is the product ideas held plus λ_q a OOM of platform, unit cost falls by λ_c a
OOM and, as in a Cobb-Douglas cost function, by θ for each unit of log price; so payments are the
share θ of variable cost. Buyers of a bloc and sector choose by logit over quality for money,
:math:`\beta\,(quality - \ln price)`, weighted by the people of a firm (varieties: twice as many
people, or two firms of half as many, sell the same), with inertia; firms of other blocs take part
as far as exchange passes, less a taste for home. The mark-up is the one of many small rivals,
margin 1/(1 + β) of sales: a firm stands for a piece of an economy, its own share for nothing.
What buyers spend rises with the log-sum of what they are offered. Overhead goes with people, at a
rate set by home demand a head; a firm whose result, smoothed, is negative is *not viable*. It is
counted; exit is a matter for entry and exit.

Calibrated on firms of the European Union alone: 8 % use AI at the end of 2023, 13.5 % at the end of
2024, large ones 3.7 times as many as small ones then (Q0, σ and c; the top tenth by size against
the rest here).

Limits: no platform: nobody adopts; constant quality and price and a potential of all: Bass's closed
form; review 0: nobody changes; inertia 1: shares freeze; equal products split equally; exchange 0:
each bloc is alone, to the bit.
"""

from __future__ import annotations

import math

import numpy as np

from model.application_tables import BRANCHES, FIRST_BRANCH
from model.compiled import kernel, over_rows
from model.facts import LogUniform, Mechanism, Uniform, fact
from model.market_tables import CLOSED, DEVELOPERS, SEGMENTS
from model.randomness import address, at, key_of, uniform
from model.world import PRODUCTS, State

NOTHING_ON_OFFER = -1.0  # weight of a platform that a bloc cannot have


class Applications(Mechanism):
    """Adoption by firms, their platforms, their markets."""

    review: float = fact(
        1.0 / 12.0,
        unit="1/month",
        kind="assumed",
        prior=Uniform(0.03, 0.2),
        low=0.0,
        high=1.0,
        claims=("B9",),
        source="own",
        doc="chance a month that a firm which uses AI looks for another platform (lock-in: low)",
    )
    quality: float = fact(
        2.0,
        unit="1/OOM",
        kind="assumed",
        prior=Uniform(1.0, 3.0),
        low=0.0,
        high=10.0,
        claims=("B9",),
        source="own",
        doc="utility of capability in choosing a platform",
    )
    price: float = fact(
        1.1,
        unit="1",
        kind="estimated",
        prior=Uniform(0.7, 1.5),
        low=0.0,
        high=10.0,
        claims=("B6",),
        source="own",
        doc="utility lost by a unit of log price of a platform",
    )
    openness: float = fact(
        0.0,
        unit="1",
        kind="contested",
        prior=Uniform(-3.0, 1.0),
        low=-10.0,
        high=10.0,
        claims=("B9",),
        source="own",
        doc="utility of open weights beside price and capability",
    )
    home: float = fact(
        0.5,
        unit="1",
        kind="assumed",
        prior=Uniform(0.0, 2.0),
        low=-10.0,
        high=10.0,
        claims=("B9",),
        source="own",
        doc="utility of a model made in the own bloc",
    )
    p: float = fact(
        0.03,
        unit="1/year",
        kind="estimated",
        prior=Uniform(0.001, 0.04),
        low=0.0,
        high=5.0,
        claims=("D6",),
        source="own",
        doc="hazard of taking AI up, for a firm to which it would pay, with no other user",
    )
    q: float = fact(
        0.38,
        unit="1/year",
        kind="estimated",
        prior=Uniform(0.3, 0.5),
        low=0.0,
        high=20.0,
        claims=("D6",),
        source="own",
        doc="what that hazard gains when all of the bloc's firms to which it would pay use AI",
    )
    productivity: float = fact(
        0.005,
        unit="1/OOM",
        kind="assumed",
        prior=LogUniform(0.0015, 0.015),
        low=0.0,
        high=1.0,
        claims=("D13",),
        source="own",
        doc="fall of a user's log unit cost by an order of magnitude of platform capability",
    )
    improvement: float = fact(
        0.005,
        unit="1/OOM",
        kind="assumed",
        prior=LogUniform(0.0015, 0.015),
        low=0.0,
        high=1.0,
        claims=("A7", "D13"),
        source="own",
        doc="rise of the log quality of a user's products by an order of magnitude of platform",
    )
    cost_share: float = fact(
        0.005,
        unit="share",
        kind="assumed",
        prior=LogUniform(0.001, 0.02),
        low=0.0,
        high=0.9,
        claims=("B6",),
        source="own",
        doc="share of the platform in a user's variable cost",
    )
    first_use: float = fact(
        22.0,
        unit="OOM",
        kind="estimated",
        prior=Uniform(20.0, 24.0),
        low=0.0,
        high=60.0,
        claims=("D13",),
        source="own",
        doc="capability from which models are of use to firms; with cost_to_adopt and spread set "
        "by use of AI among European firms in 2023 and 2024",
    )
    first_price: float = fact(
        1.0,
        unit="USD/Mtoken",
        kind="assumed",
        prior=LogUniform(0.2, 20.0),
        low=1e-6,
        high=1e6,
        claims=("B6",),
        source="own",
        doc="price at which a platform saves nothing but by its capability",
    )
    cost_to_adopt: float = fact(
        0.059,
        unit="1",
        kind="estimated",
        prior=LogUniform(0.03, 0.12),
        low=0.0,
        high=10.0,
        claims=("D6",),
        source="own",
        doc="gain (log) that pays a typical firm of mean size for taking AI up",
    )
    spread: float = fact(
        0.75,
        unit="1",
        kind="estimated",
        prior=Uniform(0.4, 1.5),
        low=0.0,
        high=5.0,
        claims=("D6",),
        source="own",
        doc="standard deviation among firms of the log of that cost, beside size",
    )
    substitution: float = fact(
        3.0,
        unit="1",
        kind="assumed",
        prior=Uniform(1.5, 5.0),
        low=0.1,
        high=20.0,
        claims=("A7", "B6"),
        source="own",
        doc="utility of log quality for money in buying products; the gross margin is 1/(1 + it)",
    )
    home_products: float = fact(
        1.5,
        unit="1",
        kind="assumed",
        prior=Uniform(0.5, 3.0),
        low=0.0,
        high=20.0,
        claims=("A7",),
        source="own",
        doc="utility of products from the own bloc",
    )
    inertia: float = fact(
        0.95,
        unit="share",
        kind="assumed",
        prior=Uniform(0.8, 0.98),
        low=0.0,
        high=1.0,
        claims=("B8",),
        source="own",
        doc="share of buyers who buy this month where they bought last month",
    )
    overhead: float = fact(
        0.2,
        unit="share",
        kind="assumed",
        prior=Uniform(0.1, 0.3),
        low=0.0,
        high=2.0,
        claims=("B6",),
        source="own",
        doc="fixed cost a head, over demand a head of the sector at home",
    )
    horizon: int = fact(
        24,
        unit="months",
        kind="assumed",
        low=1,
        high=240,
        claims=("B6",),
        source="own",
        doc="time over which a firm's result is smoothed before it is called viable or not",
    )
    response: float = fact(
        0.5,
        unit="1",
        kind="assumed",
        prior=Uniform(0.0, 1.5),
        low=0.0,
        high=5.0,
        claims=("B6",),
        source="own",
        doc="rise of log spending on a sector by a unit of log quality for money on offer",
    )
    software: float = fact(
        1e12,
        unit="USD/year",
        kind="assumed",
        prior=LogUniform(0.5e12, 2e12),
        low=1e6,
        high=1e16,
        claims=("D15",),
        source="own",
        doc="spent in the world on software and cloud in 2024, at the products of the first month",
    )
    devices: float = fact(
        5e12,
        unit="USD/year",
        kind="assumed",
        prior=LogUniform(2.5e12, 10e12),
        low=1e6,
        high=1e16,
        claims=("D15",),
        source="own",
        doc="the same for electronics, robots and cars",
    )
    services: float = fact(
        8e12,
        unit="USD/year",
        kind="assumed",
        prior=LogUniform(4e12, 16e12),
        low=1e6,
        high=1e16,
        claims=("D15",),
        source="own",
        doc="the same for services that firms of the model sell (finance, health, other)",
    )
    growth: float = fact(
        0.03,
        unit="1/year",
        kind="assumed",
        prior=Uniform(0.0, 0.06),
        low=-0.5,
        high=0.5,
        source="own",
        doc="continuous growth of that spending beside what better products add",
    )


def applications(state: State) -> None:
    """Let firms take AI up and choose, then produce, compete and pay.

    Reads ``platforms.quality``, ``price``, ``blocs.exchange``, ``segments.propensity``,
    ``firms.researchers``, ``size``, products knowledge. Writes ``state.applications``,
    ``state.branches`` and ``platforms.payments``.
    """
    _take_up(state)
    _sell(state)


def _take_up(state: State) -> None:
    group, table, platforms = state.parameters.applications, state.applications, state.platforms
    blocs, firms, number = state.blocs, state.firms, platforms.lab.size
    developers = slice(DEVELOPERS, None, len(SEGMENTS))
    price = np.ascontiguousarray(platforms.price[:, developers])
    weight, better, cheaper = (np.empty((blocs.funding.size, number)) for _ in range(3))
    _on_offer(
        platforms.bloc,
        platforms.line,
        platforms.quality,
        price,
        blocs.exchange,
        group.first_use,
        group.first_price,
        group.quality,
        group.price,
        group.openness,
        group.home,
        group.productivity,
        group.improvement,
        group.cost_share,
        weight,
        better,
        cheaper,
    )
    keys = firms.key[state.labs.firm][platforms.lab]
    access = address(state.seed, key_of("platform access"))
    over_rows(
        state.threads,
        table.firm.size,
        _who_can,
        access,
        address(state.seed, key_of("threshold")),
        table.firm,
        firms.key,
        firms.bloc,
        firms.size,
        firms.active,
        platforms.bloc,
        platforms.line,
        keys,
        blocs.exchange,
        weight,
        better,
        cheaper,
        state.parameters.economy.size_spread,
        group.cost_to_adopt,
        group.spread,
        table.able,
    )
    hazard = np.empty(blocs.funding.size)
    propensity = np.ascontiguousarray(state.segments.propensity[developers])
    _hazards(
        table.firm,
        firms.bloc,
        table.platform,
        table.able,
        propensity,
        group.p / 12.0,
        group.q / 12.0,
        hazard,
    )
    over_rows(
        state.threads,
        table.firm.size,
        _choose,
        access,
        address(state.seed, key_of("platforms"), state.month),
        table.firm,
        firms.key,
        firms.bloc,
        firms.active,
        platforms.bloc,
        platforms.line,
        keys,
        blocs.exchange,
        weight,
        table.able,
        hazard,
        1.0 - math.exp(-group.review) if group.review < 1.0 else 1.0,
        table.platform,
    )
    _build(
        table.firm,
        firms.bloc,
        state.knowledge[PRODUCTS].at,
        state.knowledge[PRODUCTS].level,
        better,
        cheaper,
        table.platform,
        table.gain,
        table.quality,
    )


def _sell(state: State) -> None:
    group, table, branches = state.parameters.applications, state.applications, state.branches
    firms, platforms = state.firms, state.platforms
    years = state.setting.calendar.year(state.month) - 2024.0
    grown = math.exp(group.growth * years) / 12.0
    world = np.array([getattr(group, name) for name in BRANCHES]) * grown
    shares = np.array([bloc.spending_share for bloc in state.setting.blocs])
    _attract(
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        firms.researchers,
        table.quality,
        table.gain,
        group.substitution,
        table.attraction,
        branches.people,
        branches.attraction,
    )
    _spend(
        branches.people,
        branches.attraction,
        state.blocs.exchange,
        math.exp(-group.home_products),
        group.substitution,
        group.response,
        world,
        shares,
        branches.first,
        branches.index,
        branches.demand,
    )
    _compete(
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        table.attraction,
        branches.attraction,
        state.blocs.exchange,
        math.exp(-group.home_products),
        group.inertia,
        np.empty_like(branches.demand),
        table.share,
    )
    margin = 1.0 / (1.0 + group.substitution)
    _settle(
        state.month == 0,
        table.firm,
        firms.bloc,
        firms.sector,
        firms.active,
        firms.researchers,
        table.share,
        table.platform,
        branches.demand,
        branches.people,
        world,
        shares,
        margin,
        (1.0 - margin) * group.cost_share,
        group.overhead,
        group.horizon,
        table.sales,
        table.payments,
        table.result,
        table.smoothed,
        table.viable,
        platforms.payments,
    )


@kernel
def _on_offer(
    bloc, line, quality, price, exchange, first_use, first_price, by_quality, by_price, openness,
    home, productivity, improvement, cost_share, weight, better, cheaper,
):  # fmt: skip
    for b in range(weight.shape[0]):
        for j in range(bloc.size):
            weight[b, j] = NOTHING_ON_OFFER
            better[b, j] = cheaper[b, j] = 0.0
            passes = bloc[j] == b or exchange[b, bloc[j]] > 0.0
            if not passes or quality[j] == -math.inf or price[j, b] <= 0.0:
                continue
            above = quality[j] - first_use
            dearer = math.log(price[j, b] / first_price)
            utility = by_quality * above - by_price * dearer
            utility += openness if line[j] != CLOSED else 0.0
            utility += home if bloc[j] == b else 0.0
            weight[b, j] = math.exp(min(500.0, utility))
            better[b, j] = improvement * max(0.0, above)
            cheaper[b, j] = max(0.0, productivity * max(0.0, above) - cost_share * dearer)


@kernel
def _who_can(
    start, stop, access, thresholds, row, key, firm_bloc, size, active, bloc, line, keys, exchange,
    weight, better, cheaper, size_spread, cost, spread, able,
):  # fmt: skip
    for i in range(start, stop):
        f = row[i]
        b = firm_bloc[f]
        best = 0.0
        for j in range(bloc.size):
            gain = better[b, j] + cheaper[b, j]
            if weight[b, j] < 0.0 or gain <= best or not active[f]:
                continue
            passed = bloc[j] == b or exchange[b, bloc[j]] >= 1.0
            if not passed:
                draw = at(at(at(access, key[f]), keys[j]), np.uint64(line[j]))
                passed = uniform(draw) < exchange[b, bloc[j]]
            if passed:
                best = gain
        mine = at(thresholds, key[f])
        u, v = uniform(at(mine, np.uint64(0))), uniform(at(mine, np.uint64(1)))
        own = spread * math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
        relative = size[f] * math.exp(own - 0.5 * size_spread**2)
        able[i] = best > 0.0 and relative * best > cost


@kernel
def _hazards(row, firm_bloc, platform, able, propensity, p, q, hazard):
    for b in range(hazard.size):
        users = those = 0
        for i in range(row.size):
            if firm_bloc[row[i]] == b:
                users += platform[i] >= 0
                those += platform[i] >= 0 or able[i]
        share = users / those if those else 0.0
        hazard[b] = 1.0 - math.exp(-(p + q * share) * propensity[b])


@kernel
def _choose(
    start, stop, access, draws, row, key, firm_bloc, active, bloc, line, keys, exchange, weight,
    able, hazard, review, platform,
):  # fmt: skip
    for i in range(start, stop):
        f = row[i]
        b = firm_bloc[f]
        if not active[f]:
            platform[i] = -1
            continue
        mine = at(draws, key[f])
        now = platform[i]
        gone = now >= 0 and weight[b, now] < 0.0
        chance = review if now >= 0 else (hazard[b] if able[i] else 0.0)
        if not gone and uniform(at(mine, np.uint64(0))) >= chance:
            continue
        # A race of exponentials at rates that are the weights: a logit, and all luck is apart.
        first, chosen = -math.log(uniform(at(mine, np.uint64(1)))), -1
        for j in range(bloc.size):
            if weight[b, j] < 0.0:
                continue
            if bloc[j] != b and exchange[b, bloc[j]] < 1.0:
                draw = at(at(at(access, key[f]), keys[j]), np.uint64(line[j]))
                if uniform(draw) >= exchange[b, bloc[j]]:
                    continue
            u = uniform(at(at(at(mine, np.uint64(2)), keys[j]), np.uint64(line[j])))
            time = -math.log(u) / weight[b, j]
            if time < first:
                first, chosen = time, j
        platform[i] = chosen


@kernel
def _build(row, firm_bloc, member_at, level, better, cheaper, platform, gain, quality):
    for i in range(row.size):
        m, j, b = member_at[row[i]], platform[i], firm_bloc[row[i]]
        gain[i] = cheaper[b, j] if j >= 0 else 0.0
        quality[i] = (level[m] if m >= 0 else 0.0) + (better[b, j] if j >= 0 else 0.0)


@kernel
def _attract(
    row, firm_bloc, sector, active, researchers, quality, gain, beta, attraction, people, total
):
    people[:] = 0.0
    total[:] = 0.0
    for i in range(row.size):
        f = row[i]
        attraction[i] = 0.0
        if active[f]:
            b, s = firm_bloc[f], sector[f] - FIRST_BRANCH
            attraction[i] = researchers[f] * math.exp(beta * (quality[i] + gain[i]))
            people[b, s] += researchers[f]
            total[b, s] += attraction[i]


@kernel
def _spend(people, attraction, exchange, abroad, beta, response, world, share, first, index, demand):
    # The log-sum is taken over a head of the bloc's own firms, so that it does not grow with them.
    for b in range(index.shape[0]):
        for s in range(index.shape[1]):
            total = attraction[b, s]
            for o in range(index.shape[0]):
                if o != b and exchange[b, o] > 0.0:
                    total += exchange[b, o] * abroad * attraction[o, s]
            heads = people[b, s] if people[b, s] > 0.0 else 1.0
            demand[b, s] = 0.0
            if total > 0.0:
                index[b, s] = math.log(total / heads) / beta
                if math.isnan(first[b, s]):
                    first[b, s] = index[b, s]
                risen = math.exp(response * (index[b, s] - first[b, s]))
                demand[b, s] = world[s] * share[b] * risen


@kernel
def _compete(
    row, firm_bloc, sector, active, attraction, total, exchange, abroad, inertia, kept, share
):
    # Buyers who stay, where their seller may still sell; the others choose anew.
    kept[:] = 0.0
    for i in range(row.size):
        f = row[i]
        h, s = firm_bloc[f], sector[f] - FIRST_BRANCH
        for b in range(kept.shape[0]):
            passes = b == h or exchange[b, h] > 0.0
            share[i, b] = inertia * share[i, b] if active[f] and passes else 0.0
            kept[b, s] += share[i, b]
    for i in range(row.size):
        f = row[i]
        h, s = firm_bloc[f], sector[f] - FIRST_BRANCH
        for b in range(kept.shape[0]):
            whole = total[b, s]
            for o in range(kept.shape[0]):
                if o != b and exchange[b, o] > 0.0:
                    whole += exchange[b, o] * abroad * total[o, s]
            if whole <= 0.0 or attraction[i] <= 0.0:
                continue
            if b == h:
                share[i, b] += (1.0 - kept[b, s]) * attraction[i] / whole
            elif exchange[b, h] > 0.0:
                mine = exchange[b, h] * abroad * attraction[i]
                share[i, b] += (1.0 - kept[b, s]) * mine / whole


@kernel
def _settle(
    first, row, firm_bloc, sector, active, researchers, share, platform, demand, people, world,
    spending, margin, paid, overhead, horizon, sales, payments, result, smoothed, viable, received,
):  # fmt: skip
    received[:] = 0.0
    for i in range(row.size):
        f = row[i]
        h, s = firm_bloc[f], sector[f] - FIRST_BRANCH
        sales[i] = share[i, h] * demand[h, s]
        for b in range(demand.shape[0]):
            if b != h and share[i, b] > 0.0:
                sales[i] += share[i, b] * demand[b, s]
        payments[i] = paid * sales[i] if platform[i] >= 0 else 0.0
        if platform[i] >= 0:
            received[platform[i], h] += payments[i]
        fixed = 0.0
        if active[f] and people[h, s] > 0.0:
            fixed = overhead * world[s] * spending[h] * researchers[f] / people[h, s]
        result[i] = margin * sales[i] - fixed
        smoothed[i] = result[i] if first else smoothed[i] + (result[i] - smoothed[i]) / horizon
        viable[i] = active[f] and smoothed[i] >= 0.0
