r"""Market: users choose among models, labs ask prices, hosts push open ones to their cost.

Consumers and developers of a bloc (segments) spend a given total on AI models if all of them use
some: more models do not make more demand. The spending of those who use models is shared by logit,

.. math:: u_j = \beta_q\,(q_j - q_0) - \alpha \ln p_j + open + home + \gamma\, s_j^{before}
          + \ln x_j, \qquad s_j = e^{u_j} / \textstyle\sum_k e^{u_k},

q the capability on offer in OOM, p the price, x the exchange that lets the model through, γ the
pull of what others use. Who would use some model at all is a nest above it,
:math:`m = e^V / (1 + e^V)` with :math:`V = \lambda \ln \sum_j e^{u_j}` (McFadden 1978); adoption
(``mechanisms/adoption.py``) leads there. A share of users looks around in a month, the rest stay
with the line they are used to, as long as it is on offer.

Shares are of spending, so use (tokens) has a price elasticity of
:math:`-(1 + \alpha\,(1 - s))` and a month's response of :math:`-(1 + \rho\,\alpha)` at share ρ of
users who look around: 1.1 at the defaults, as measured. A line's profit is
:math:`E\, m\, s\, (1 - c/p)`; its first-order condition gives the mark-up

.. math:: p = c\,\bigl(1 + 1/(\alpha \kappa)\bigr), \qquad
          \kappa = (1 - s) + \lambda\, s\, (1 - m),

which labs approach month by month. Open lines are run by whoever wants to: the price is the
serving cost in the user's bloc and a host's margin.

Serving is bound by memory bandwidth: a token reads all N active parameters once for a batch of
requests, :math:`c = 10^6\, N\, b / B` with b the cost of moving a byte on the chips that serve
(USD, price of a chip at work over its bandwidth and life), N = (FLOP/120)^½ (compute-optimal
training at 20 tokens a parameter) and B the batch, which systems ideas raise.

With ``selection`` *replicator* those who look around meet lines as often as these are used, and
choose among what they meet: :math:`s_j \propto (s_j^{before} + \varepsilon)\,e^{u_j}`, the
discrete replicator equation with mutation ε (as market shares move in models of the
Keynes-Schumpeter family). Prices are set as under logit.

Users' surplus is the log-sum in money, :math:`E\,\ln(1 + e^V)/(\alpha\lambda)`, of those who have
adopted: by Roy's identity a price that rises by 1 % costs 1 % of what is spent on the line.

Limits: shares sum to one; equal lines share equally; nobody looks around: shares freeze; no line
on offer: nobody spends.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.mechanisms.ai import market_kernels
from model.state.codes import DEVELOPERS
from model.state.fixed import Fixed
from model.state.state import State

SECONDS_A_MONTH = 365.25 * 86400.0 / 12.0


class AiMarket(Mechanism):
    """What users want, what serving costs, how prices are set."""

    selection: Literal["logit", "replicator"] = fact("logit", "name", claims="B6")
    """How users who look around find a line: they compare all, or meet what others use."""
    mutation: float = fact(0.01, "share", within=(1e-09, 1.0))
    """Under replicator: chance to meet a line that nobody uses yet, over its rivals' shares."""
    spending_2024: float = fact(
        60e9,
        "USD/year",
        LogUniform(2e10, 2e11),
        (0.0, 1e14),
        source="epoch_companies|own",
        claims="B6 B11",
    )
    """What the world's users would spend on AI models if all used them, at the start of 2024; some
    USD 5 to 10 bn a year was spent then by some 10 % of them."""
    spending_growth: float = fact(1.15, "1/year", Uniform(1.0, 1.5), (0.5, 5.0))
    """Growth of that total."""
    developers: float = fact(0.4, "share", Uniform(0.2, 0.6), (0.0, 1.0))
    """Part of that total which developers spend, the rest consumers."""
    quality_weight: float = fact(
        2.0, "1/OOM", Uniform(1.0, 3.0), (0.0, 10.0), kind="contested", claims="B1 B8"
    )
    """Weight of an order of magnitude of capability in choice; at 6 the best takes all."""
    price_weight: float = fact(
        0.2,
        "1",
        LogUniform(0.05, 1.1),
        (0.01, 10.0),
        kind="estimated",
        source="demirer_2025|own",
        claims="B6 B7",
    )
    """Weight of the logarithm of the price in the choice of spending; 0.2 gives the measured
    elasticity of use, -1.1, within a month."""
    reference_capability: float = fact(
        28.5,
        "OOM",
        Uniform(27.5, 29.5),
        (0.0, 100.0),
        kind="estimated",
        source="users_2024",
        claims="B8 D6",
    )
    """Capability of a single model at 1 USD per million tokens that half of all would use."""
    nest: float = fact(0.5, "1", Uniform(0.2, 0.9), (0.05, 1.0), claims="B7")
    """Likeness λ of models beside doing without: 1, a model is as unlike another as none."""
    openness_to_consumers: float = fact(
        -1.5,
        "1",
        Uniform(-4.0, 0.5),
        (-10.0, 10.0),
        kind="contested",
        source="nagle_yue_2025|own",
        claims="B6 B9",
    )
    """What open weights add to the utility of a line to consumers; open lines are used less than
    their price and quality would say (trust, convenience)."""
    openness_to_developers: float = fact(
        -0.5,
        "1",
        Uniform(-3.0, 1.5),
        (-10.0, 10.0),
        kind="contested",
        source="nagle_yue_2025|own",
        claims="B2 B9",
    )
    """The same to developers and firms, who can look inside and build on it."""
    home_bias: float = fact(1.0, "1", Uniform(0.0, 3.0), (0.0, 20.0), claims="B9 D15")
    """What a maker of the own bloc adds to the utility of a line (language, trust, law)."""
    network_effect: float = fact(0.5, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="B9")
    """What the use of a line by all others of the segment adds to its utility."""
    looking_around: float = fact(
        0.5,
        "share/month",
        Uniform(0.2, 0.8),
        (0.0, 1.0),
        kind="estimated",
        source="fradkin_2025|own",
        claims="B8",
    )
    """Share of users who choose anew in a month; the rest stay (inertia)."""
    price_speed: float = fact(0.3, "1/month", Uniform(0.1, 1.0), (0.0, 1.0), claims="B6")
    """Share of the way to its best price that a lab goes in a month."""
    host_margin: float = fact(0.25, "share", Uniform(0.0, 0.6), (0.0, 10.0), claims="B6")
    """What hosts of open lines add to the cost of serving."""
    hosted_by_maker: float = fact(0.3, "share", Uniform(0.05, 0.6), (0.0, 1.0), claims="B4 B11")
    """Share of the spending on its open lines that goes to the lab itself, as a host."""
    batch: float = fact(40.0, "1", LogUniform(15.0, 120.0), (1.0, 10000.0), claims="B6")
    """Requests served by one reading of the parameters (a byte each), without systems ideas; set
    by hosted prices of an open model of 405 bn parameters in 2024."""
    batch_gain: float = fact(0.5, "1", Uniform(0.0, 1.5), (0.0, 5.0), claims="B6 C7")
    """By how many OOM an OOM of systems ideas raises that number."""
    small_loss: float = fact(0.6, "OOM", Uniform(0.2, 1.5), (0.0, 10.0), claims="B5")
    """Capability that a small version distilled from an open model lacks."""
    small_size: float = fact(0.1, "share", LogUniform(0.02, 0.3), (0.001, 1.0), claims="B5")
    """Parameters of a small version over those of the open model."""


def market(fixed: Fixed, state: State) -> None:
    """Work out serving costs, prices, choices, spending, surplus, revenue.

    Reads ``platforms.quality``, ``flop``, ``segments.adopters``, ``buyers.units``, ``skill``,
    ``blocs.exchange``, ``chips.price``. Writes ``platforms.cost``, ``price``, ``share``,
    ``spending``, ``segments.means``, ``worth``, ``potential``, ``spent``, ``surplus``,
    ``labs.revenue``, ``serving``, ``blocs.hosts``.
    """
    group, platforms, segments = fixed.of(AiMarket), state.platforms, state.segments
    chips, buyers, labs = state.chips, state.buyers, state.labs
    years = fixed.inputs.calendar.year(state.month) - 2024.0
    world = group.spending_2024 / 12.0 * group.spending_growth**years
    for s in range(segments.bloc.size):
        part = group.developers if segments.kind[s] == DEVELOPERS else 1.0 - group.developers
        segments.means[s] = world * part * fixed.inputs.blocs[segments.bloc[s]].spending_share
    a_byte = np.zeros(labs.firm.size)
    by_host = np.zeros((2, len(fixed.inputs.blocs)))
    market_kernels.bytes_moved(
        labs.firm.size,
        buyers.bloc,
        buyers.skill,
        buyers.fleet,
        chips.price,
        chips.bandwidth,
        fixed.shared.chip_overhead / (fixed.shared.write_off * SECONDS_A_MONTH * 1e9),
        a_byte,
        by_host[0],
        by_host[1],
    )
    market_kernels.costs(
        platforms.lab,
        platforms.line,
        platforms.quality,
        platforms.flop,
        buyers.skill,
        a_byte,
        by_host[0],
        by_host[1],
        group.batch,
        group.batch_gain,
        group.small_size,
        platforms.cost,
    )
    market_kernels.prices(
        platforms.line,
        platforms.quality,
        platforms.cost,
        segments.bloc,
        segments.potential,
        platforms.share,
        group.price_weight,
        group.nest,
        group.host_margin,
        group.price_speed,
        platforms.price,
    )
    market_kernels.choose(
        platforms.bloc, platforms.line, platforms.quality, platforms.cost, platforms.price,
        segments.bloc, segments.means, segments.adopters, np.where(segments.kind == DEVELOPERS,
        group.openness_to_developers, group.openness_to_consumers), state.blocs.exchange,
        np.array([group.quality_weight, group.reference_capability, group.price_weight,
        group.home_bias, group.network_effect,
                  group.nest, group.looking_around,
                  group.mutation if group.selection == "replicator" else 0.0]),
        platforms.share,
        platforms.spending,
        segments.worth,
        segments.potential,
        segments.spent,
        segments.surplus,
    )  # fmt: skip
