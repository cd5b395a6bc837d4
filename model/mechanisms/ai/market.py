r"""Market: users choose among models, labs set prices, competing hosts price open models at cost.

Consumers and developers of a bloc (segments) spend a given total on AI models if all of them use
some: more models do not create more demand. The spending of users is shared by logit,

.. math:: u_j = \beta_q\,(q_j - q_0) - \alpha \ln p_j + open + home + \gamma\, s_j^{before}
          + \ln x_j, \qquad s_j = e^{u_j} / \textstyle\sum_k e^{u_k},

Code: ``market``

q the capability on offer in OOM, p the price, x the exchange that lets the model through, γ the
network effect of other users. The share of users who would use any model is a nest above it,
:math:`m = e^V / (1 + e^V)` with :math:`V = \lambda \ln \sum_j e^{u_j}` (McFadden 1978); adoption
(``mechanisms/ai/adoption.py``) converges to it. A share of users looks around in a month, the
others stay with their line as long as it is on offer.

Shares are of spending, so use (tokens) has a price elasticity of
:math:`-(1 + \alpha\,(1 - s))` and a month's response of :math:`-(1 + \rho\,\alpha)` at share ρ of
users who look around: −1.1 at the defaults, as measured. A line's profit is
:math:`E\, m\, s\, (1 - c/p)`; its first-order condition gives the mark-up

.. math:: p = c\,\bigl(1 + 1/(\alpha \kappa)\bigr), \qquad
          \kappa = (1 - s) + \lambda\, s\, (1 - m),

Code: ``market``

which labs approach month by month. Any host may run open lines: their price is the serving cost in
the user's bloc plus a host's margin.

Serving is bound by memory bandwidth: a token reads all N active parameters once for a batch of
requests, :math:`c = 10^6\, N\, b / B` with b the cost of moving a byte on the chips that serve
(USD, price of a chip at work over its bandwidth and life), N = (FLOP/120)^½ (compute-optimal
training at 20 tokens a parameter) and B the batch, which systems ideas raise.

With ``selection`` *replicator* users who look around meet lines as often as these are used, and
choose among the lines that they meet: :math:`s_j \propto (s_j^{before} + \varepsilon)\,e^{u_j}`,
the discrete replicator equation with mutation ε (as market shares move in models of the
Keynes-Schumpeter family). Prices are set as under logit.

Users' surplus is the log-sum in money, :math:`E\,\ln(1 + e^V)/(\alpha\lambda)`, of those who have
adopted: by Roy's identity a price that rises by 1 % costs 1 % of the spending on the line.

Limits: shares sum to one; equal lines share equally; nobody looks around: shares freeze; no line
on offer: nobody spends.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from model.core.kernels import helper, kernel
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.state.codes import CLOSED, DEVELOPERS, NOTHING, OPEN
from model.state.fixed import Fixed
from model.state.state import State

SECONDS_A_MONTH = 365.25 * 86400.0 / 12.0
COMPUTE_A_PARAMETER = 120.0  # FLOP of a compute-optimal run over parameters squared: 6 x 20


class AiMarket(Mechanism):
    """Users' preferences, costs of serving, prices."""

    selection: Literal["logit", "replicator"] = fact("logit", "name", claims="B6")
    """How users who look around choose a line: they compare all lines (logit), or meet lines as
    often as these are used (replicator)."""
    mutation: float = fact(0.01, "share", within=(1e-09, 1.0))
    """Share of use that a line has in what users meet beyond its true share, so that they meet
    lines that nobody uses yet; matters under ai_market.selection replicator only."""
    spending_2024: float = fact(
        60e9,
        "USD/year",
        LogUniform(2e10, 2e11),
        (0.0, 1e14),
        source="epoch_companies|own",
        claims="B6 B11",
    )
    """Spending of the world's users on AI models at the start of 2024 if all of them used models;
    about 10 % of users spent some USD 5 to 10 bn a year then."""
    spending_growth: float = fact(1.15, "1/year", Uniform(1.0, 1.5), (0.5, 5.0))
    """Growth factor a year of the spending on AI models if all users used them."""
    developers: float = fact(0.4, "share", Uniform(0.2, 0.6), (0.0, 1.0))
    """Share of developers in the spending on AI models if all users used them; the rest is that of
    consumers."""
    quality_weight: float = fact(
        2.0, "1/OOM", Uniform(1.0, 3.0), (0.0, 10.0), kind="contested", claims="B1 B8"
    )
    """Weight of an order of magnitude of capability in users' utility; at 6 the best model takes
    all spending."""
    price_weight: float = fact(
        0.2,
        "1",
        LogUniform(0.05, 1.1),
        (0.01, 10.0),
        kind="estimated",
        source="demirer_2025|own",
        claims="B6 B7",
    )
    """Weight of the logarithm of the price in users' utility; 0.2 gives the measured elasticity of
    use within a month, -1.1."""
    reference_capability: float = fact(
        28.1,
        "OOM",
        Uniform(27.1, 29.1),
        (0.0, 100.0),
        kind="estimated",
        source="users_2024",
        claims="B8 D6",
    )
    """Capability at which half of all users would use a single model priced at 1 USD per million
    tokens."""
    nest: float = fact(0.5, "1", Uniform(0.2, 0.9), (0.05, 1.0), claims="B7")
    """Nesting parameter λ of the choice between models and no model: at 1 models are as distinct
    from each other as from no model, at smaller values they are closer substitutes."""
    openness_to_consumers: float = fact(
        -1.5,
        "1",
        Uniform(-4.0, 0.5),
        (-10.0, 10.0),
        kind="contested",
        source="nagle_yue_2025|own",
        claims="B6 B9",
    )
    """Utility that open weights add to a line for consumers; negative, since open lines are used
    less than their price and quality suggest (trust, convenience)."""
    openness_to_developers: float = fact(
        -0.5,
        "1",
        Uniform(-3.0, 1.5),
        (-10.0, 10.0),
        kind="contested",
        source="nagle_yue_2025|own",
        claims="B2 B9",
    )
    """Utility that open weights add to a line for developers and firms, who can inspect the model
    and build on it."""
    home_bias: float = fact(1.0, "1", Uniform(0.0, 3.0), (0.0, 20.0), claims="B9 D15")
    """Utility that a maker in the user's own bloc adds to a line (language, trust, law)."""
    network_effect: float = fact(0.5, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="B9")
    """Utility that a line gains when all other users of the segment use it (network effect)."""
    looking_around: float = fact(
        0.5,
        "share/month",
        Uniform(0.2, 0.8),
        (0.0, 1.0),
        kind="estimated",
        source="fradkin_2025|own",
        claims="B8",
    )
    """Share of users who choose a line anew in a month; the others stay with their line."""
    price_speed: float = fact(0.3, "1/month", Uniform(0.1, 1.0), (0.0, 1.0), claims="B6")
    """Share of the (log) distance to its profit-maximising price that a lab moves in a month."""
    host_margin: float = fact(0.25, "share", Uniform(0.0, 0.6), (0.0, 10.0), claims="B6")
    """Margin of hosts of open lines over the cost of serving."""
    hosted_by_maker: float = fact(0.3, "share", Uniform(0.05, 0.6), (0.0, 1.0), claims="B4 B11")
    """Share of the spending on a lab's open lines that the lab itself earns as a host."""
    batch: float = fact(40.0, "1", LogUniform(15.0, 120.0), (1.0, 10000.0), claims="B6")
    """Requests served by one reading of a model's parameters (a byte each), without systems ideas;
    set by hosted prices of an open model of 405 bn parameters in 2024."""
    batch_gain: float = fact(0.5, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="B6 C7")
    """Elasticity of the requests served by one reading of a model's parameters to systems ideas, in
    OOM per OOM."""
    small_loss: float = fact(0.6, "OOM", Uniform(0.2, 1.5), (0.0, 10.0), claims="B5")
    """Capability that a small version, distilled from an open model, loses."""
    small_size: float = fact(0.1, "share", LogUniform(0.02, 0.3), (0.001, 1.0), claims="B5")
    """Parameters of a small version over the parameters of its open model."""


class Serving(NamedTuple):
    """Chips that serve models: those of labs and those of the clouds of each bloc."""

    own: Any  # lab: cost of moving a byte, USD; of its bloc's clouds where it has no chips
    cloud: Any  # bloc: cost of moving a byte, USD
    skill: Any  # bloc: systems ideas of the clouds, OOM


def market(fixed: Fixed, state: State) -> None:
    """Set serving costs and prices, let users choose; count spending and surplus.

    Reads ``platforms.quality``, ``flop``, ``segments.adopters``, ``buyers.fleet``, ``skill``,
    ``blocs.exchange``, ``chips.price``. Writes ``platforms.cost``, ``price``, ``share``,
    ``spending``, ``segments.spending_power``, ``worth``, ``potential``, ``spent``, ``surplus``.
    """
    group, shared, table = fixed.of(AiMarket), fixed.shared, state.segments
    years = fixed.inputs.calendar.year(state.month) - 2024.0
    world = group.spending_2024 / 12.0 * group.spending_growth**years
    for s in range(table.bloc.size):
        part = group.developers if table.kind[s] == DEVELOPERS else 1.0 - group.developers
        table.spending_power[s] = world * part * fixed.inputs.blocs[table.bloc[s]].spending_share
    weights, segments, platforms = fixed.face(AiMarket), table.face, state.platforms.face
    buyers, blocs = state.buyers.face, state.blocs.face
    clouds = np.zeros((2, len(fixed.inputs.blocs)))
    serving = Serving(np.zeros(state.labs.firm.size), clouds[0], clouds[1])
    worn = shared.chip_overhead / (shared.write_off * SECONDS_A_MONTH * 1e9)
    _move_bytes(worn, buyers, state.chips.face, serving)
    _cost_serving(buyers, serving, weights, platforms)
    _set_prices(segments, weights, platforms)
    mutation = group.mutation if group.selection == "replicator" else 0.0
    _choose(mutation, blocs, weights, platforms, segments)


@kernel
def _move_bytes(worn, buyers, chips, serving):
    """Write the cost of moving a byte, of labs and of clouds; ``worn`` is 1/s times overhead."""
    # The price of the chips at work over the bytes that they move.
    bloc, fleet, price, bandwidth = buyers.bloc, buyers.fleet, chips.price, chips.bandwidth
    labs, cloud = serving.own.size, serving.cloud
    moved = np.zeros(cloud.size)
    paid = np.zeros(cloud.size)
    known = np.zeros(cloud.size)
    for i in range(labs, bloc.size):
        for c in range(price.size):
            moved[bloc[i]] += fleet[i, c] * bandwidth[c]
            paid[bloc[i]] += fleet[i, c] * price[c]
        known[bloc[i]] = max(known[bloc[i]], buyers.skill[i])
    for b in range(cloud.size):
        cloud[b] = paid[b] / moved[b] * worn if moved[b] > 0.0 else 0.0
        serving.skill[b] = known[b]
    for i in range(labs):
        own_moved, own_paid = 0.0, 0.0
        for c in range(price.size):
            own_moved += fleet[i, c] * bandwidth[c]
            own_paid += fleet[i, c] * price[c]
        serving.own[i] = own_paid / own_moved * worn if own_moved > 0.0 else cloud[bloc[i]]


@helper
def serving_cost(flop, a_byte, batch, gain, systems, size):
    """Return the cost of serving a million tokens, USD, of a model of a run of 10^flop FLOP."""
    parameters = math.sqrt(10.0**flop / COMPUTE_A_PARAMETER) * size
    return 1e6 * parameters * a_byte / (batch * 10.0 ** (gain * systems))


@kernel
def _cost_serving(buyers, serving, weights, platforms):
    """Write the cost of serving a million tokens, USD, by line and bloc."""
    cost, batch, gain = platforms.cost, weights.batch, weights.batch_gain
    for j in range(cost.shape[0]):
        i, flop = platforms.lab[j], platforms.flop[j]
        for b in range(cost.shape[1]):
            cost[j, b] = 0.0
            if platforms.quality[j] == NOTHING:
                continue
            if platforms.line[j] == CLOSED:
                cost[j, b] = serving_cost(flop, serving.own[i], batch, gain, buyers.skill[i], 1.0)
            else:
                size = 1.0 if platforms.line[j] == OPEN else weights.small_size
                cost[j, b] = serving_cost(
                    flop, serving.cloud[b], batch, gain, serving.skill[b], size
                )


@helper
def best_price(cost, share, potential, weight, nest):
    """Return the price at which a line's profit is highest, given its share and the potential."""
    kappa = (1.0 - share) + nest * share * (1.0 - potential)
    return cost * (1.0 + 1.0 / (weight * max(kappa, 1e-3)))


@kernel
def _set_prices(segments, weights, platforms):
    """Move prices of closed lines towards the best price; open lines cost serving and a margin."""
    price, share = platforms.price, platforms.share
    for j in range(price.shape[0]):
        for s in range(price.shape[1]):
            c = platforms.cost[j, segments.bloc[s]]
            if platforms.quality[j] == NOTHING or c <= 0.0:
                price[j, s] = 0.0
            elif platforms.line[j] != CLOSED:
                price[j, s] = c * (1.0 + weights.host_margin)
            else:
                wanted = best_price(
                    c, share[j, s], segments.potential[s], weights.price_weight, weights.nest
                )
                if price[j, s] <= 0.0:
                    price[j, s] = wanted
                else:  # never below cost: a new model can cost more to serve than the last
                    price[j, s] *= (wanted / price[j, s]) ** weights.price_speed
                    price[j, s] = max(c, price[j, s])


@kernel
def _choose(mutation, blocs, weights, platforms, segments):
    """Write shares and spending by line; worth, potential, spending and surplus by segment."""
    maker, line, quality, price = (
        platforms.bloc, platforms.line, platforms.quality, platforms.price
    )  # fmt: skip
    share, spending = platforms.share, platforms.spending
    worth, potential, power = segments.worth, segments.potential, segments.spending_power
    nest, staying = weights.nest, 1.0 - weights.looking_around
    utility, followed = np.zeros(line.size), np.zeros(line.size)
    for s in range(segments.bloc.size):
        b = segments.bloc[s]
        openness = weights.openness_to_consumers
        if segments.kind[s] == DEVELOPERS:
            openness = weights.openness_to_developers
        highest = NOTHING
        for j in range(line.size):
            utility[j] = NOTHING
            passes = blocs.exchange[b, maker[j]]
            if price[j, s] <= 0.0 or passes <= 0.0:
                continue
            u = weights.quality_weight * (quality[j] - weights.reference_capability)
            u = u - weights.price_weight * math.log(price[j, s])
            u += weights.network_effect * share[j, s] + math.log(passes)
            u += openness if line[j] != CLOSED else 0.0
            u += weights.home_bias if maker[j] == b else 0.0
            utility[j] = u
            highest = max(highest, u)
        if highest == NOTHING:
            for j in range(line.size):
                share[j, s] = spending[j, s] = 0.0
            worth[s] = potential[s] = segments.spent[s] = segments.surplus[s] = 0.0
            continue
        total, stay, met = 0.0, 0.0, 0.0
        for j in range(line.size):
            if utility[j] > NOTHING:
                fit = math.exp(utility[j] - highest)
                total += fit
                stay += staying * share[j, s]
                # Selection by imitation: users meet a line as often as it is used.
                followed[j] = fit * (share[j, s] + mutation) if mutation > 0.0 else fit
                met += followed[j]
        value = nest * (highest + math.log(total))
        # ln(1 + e^V), for large values too
        worth[s] = max(value, 0.0) + math.log1p(math.exp(-abs(value)))
        potential[s] = 1.0 / (1.0 + math.exp(-value))
        spent = power[s] * segments.adopters[s]
        segments.spent[s] = spent
        # Of those who would use models, the share that does.
        reached = min(1.0, segments.adopters[s] / potential[s]) if potential[s] > 0.0 else 0.0
        segments.surplus[s] = reached * power[s] / (weights.price_weight * nest) * worth[s]
        for j in range(line.size):
            if utility[j] > NOTHING:
                chosen = followed[j] / met
                share[j, s] = staying * share[j, s] + (1.0 - stay) * chosen
                spending[j, s] = spent * share[j, s]
            else:
                share[j, s] = spending[j, s] = 0.0
