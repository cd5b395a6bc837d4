r"""Application firms: who takes AI up, and on which models they build.

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

Quality is the product ideas held plus λ_q an OOM of platform; unit cost falls by λ_c an OOM and, as
in a Cobb-Douglas cost function, by θ for each unit of log price. What follows for sales is told in
``model/mechanisms/firms/sectors.py``.

Calibrated on firms of the European Union alone: 8 % use AI at the end of 2023, 13.5 % at the end of
2024, large ones 3.7 times as many as small ones then (Q0, σ and c; the top tenth by size against
the rest here).

Limits: no platform: nobody adopts; constant quality and price and a potential of all: Bass's closed
form; review 0: nobody changes; exchange 0: each bloc is alone, to the bit.
"""

from __future__ import annotations

import numpy as np

from model.core.kernels import over_rows
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.randomness import address, key_of
from model.mechanisms.firms import applications_kernels
from model.state.codes import DEVELOPERS, PRODUCTS, SEGMENTS
from model.state.fixed import Fixed
from model.state.state import State


class Applications(Mechanism):
    """Adoption by firms and their choice of platforms."""

    review_rate: float = fact(1.0 / 12.0, "1/month", Uniform(0.03, 0.2), (0.0, 1.0), claims="B9")
    """Chance a month that a firm which uses AI looks for another platform (lock-in: low)."""
    price_weight: float = fact(
        1.1, "1", Uniform(0.7, 1.5), (0.0, 10.0), kind="estimated", claims="B6"
    )
    """Utility lost by a unit of log price of a platform."""
    productivity: float = fact(0.005, "1/OOM", LogUniform(0.0015, 0.015), (0.0, 1.0), claims="D13")
    """Fall of a user's log unit cost by an order of magnitude of platform capability."""
    improvement: float = fact(
        0.005, "1/OOM", LogUniform(0.0015, 0.015), (0.0, 1.0), claims="A7 D13"
    )
    """Rise of the log quality of a user's products by an order of magnitude of platform."""
    cost_share: float = fact(0.002, "share", LogUniform(0.0005, 0.01), (0.0, 0.9), claims="B6")
    """Share of the platform in a user's variable cost."""
    first_use: float = fact(
        26.5,
        "OOM",
        Uniform(25.0, 28.0),
        (0.0, 60.0),
        kind="estimated",
        source="eurostat_ai_use|own",
        claims="D13",
    )
    """Capability from which models are of use to firms; with cost_to_adopt and spread set by use
    of AI among European firms in 2023 and 2024."""
    first_price: float = fact(1.0, "USD/Mtoken", LogUniform(0.2, 20.0), (1e-06, 1e06), claims="B6")
    """Price at which a platform saves nothing but by its capability."""
    cost_to_adopt: float = fact(
        0.026,
        "1",
        LogUniform(0.01, 0.06),
        (0.0, 10.0),
        kind="estimated",
        source="eurostat_ai_use|own",
        claims="D6",
    )
    """Gain (log) that pays a typical firm of mean size for taking AI up."""
    cost_spread: float = fact(
        1.35,
        "1",
        Uniform(0.7, 2.0),
        (0.0, 5.0),
        kind="estimated",
        source="eurostat_ai_use|own",
        claims="D6",
    )
    """Standard deviation among firms of the log of that cost, beside size."""


def applications(fixed: Fixed, state: State) -> None:
    """Let firms take AI up, choose what to build on, and build.

    Reads ``platforms.quality``, ``price``, ``blocs.exchange``, ``segments.propensity``,
    ``firms.size``, products knowledge. Writes ``applications.able``, ``platform``, ``gain``,
    ``quality``.
    """
    group, table, platforms = fixed.of(Applications), state.applications, state.platforms
    shared = fixed.shared
    blocs, firms, number = state.blocs, state.firms, platforms.lab.size
    developers = slice(DEVELOPERS, None, len(SEGMENTS))
    price = np.ascontiguousarray(platforms.price[:, developers])
    weight, better, cheaper = (np.empty((blocs.funding.size, number)) for _ in range(3))
    applications_kernels.on_offer(
        platforms.bloc,
        platforms.line,
        platforms.quality,
        price,
        blocs.exchange,
        group.first_use,
        group.first_price,
        shared.quality_weight,
        group.price_weight,
        shared.openness_to_developers,
        shared.home_bias,
        group.productivity,
        group.improvement,
        group.cost_share,
        weight,
        better,
        cheaper,
    )
    keys = firms.key[state.labs.firm][platforms.lab]
    access = address(fixed.seed, key_of("platform access"))
    over_rows(
        fixed.threads,
        table.firm.size,
        applications_kernels.who_can,
        access,
        address(fixed.seed, key_of("threshold")),
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
        shared.size_spread,
        group.cost_to_adopt,
        group.cost_spread,
        table.able,
    )
    hazard = np.empty(blocs.funding.size)
    propensity = np.ascontiguousarray(state.segments.propensity[developers])
    applications_kernels.hazards(
        table.firm,
        firms.bloc,
        table.platform,
        table.able,
        propensity,
        shared.innovation / 12.0,
        shared.imitation / 12.0,
        hazard,
    )
    over_rows(
        fixed.threads,
        table.firm.size,
        applications_kernels.choose,
        access,
        address(fixed.seed, key_of("platforms"), state.month),
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
        group.review_rate,
        table.platform,
    )
    applications_kernels.build(
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
