r"""Application firms: which firms adopt AI, and on which models they build.

*Adoption.* A firm of size s (mean 1) can use AI once the savings and improvements from the best
platform on offer pay for the fixed cost of adoption:

.. math:: s_i\,g_i\,e^{\sigma\xi_i} > c, \qquad
          g = (\lambda_c + \lambda_q)\,(Q - Q_0) + \theta\,\ln(p_0/p)

Code: ``applications``

(Q capability on offer in OOM, p its price, θ the share of platforms in unit cost, ξ the firm's own
standard normal, fixed): large firms first, and a potential that grows with quality per price (David
1969 and Davies 1979 on thresholds by size). Each firm that can use AI adopts it at the hazard
:math:`(p + q\,F/M)\,a` (Bass 1969; F firms of the bloc use AI, M can use it, a is the bloc's
propensity): firms imitate peers for which adoption would pay too. A user stops when its platform is
gone or no platform on offer is worth its price, and may adopt again in the same way.

*Choice of platform.* Adopters, and users at a hazard of about once a year, choose by logit among
the platforms on offer at the start of the month and none: utility quality · (Q − Q0) − price ·
ln(p/p0), tastes for open lines and for models from home; none has utility 0. Each (firm, platform)
pair has random draws of its own, so that one platform more changes nothing for firms that do not
choose it. A platform of another bloc is on offer to a share of firms equal to the exchange between
the blocs, always the same firms.

The quality of a firm's products is the product ideas it holds plus λ_q per OOM of platform; unit
cost falls by λ_c per OOM and, as in a Cobb-Douglas cost function, by θ per unit of log price. The
effects on sales follow in ``model/mechanisms/firms/sectors.py``.

Calibrated on firms of the European Union alone: 8 % use AI at the end of 2023, 13.5 % at the end of
2024, large ones 3.7 times as many as small ones then (Q0, σ and c; the top tenth by size against
the rest here).

Limits: no platform: no firm adopts; constant quality and price and a potential of all firms: Bass's
closed form; review 0: no firm changes platform; exchange 0: each bloc is alone, to the bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from model.core.kernels import helper, kernel, over_rows
from model.core.parameter import LogUniform, Mechanism, Uniform, fact
from model.core.randomness import address, at, key_of, uniform
from model.state.codes import CLOSED, DEVELOPERS, PRODUCTS, SEGMENTS
from model.state.fixed import Fixed
from model.state.state import State

NOT_ON_OFFER = -1.0  # weight of a platform that a bloc cannot have


class Applications(Mechanism):
    """Adoption by firms and their choice of platforms."""

    review_rate: float = fact(1.0 / 12.0, "1/month", Uniform(0.03, 0.2), (0.0, 1.0), claims="B9")
    """Hazard at which an application firm that uses AI reconsiders its platform (low: lock-in)."""
    price_weight: float = fact(
        1.1, "1", Uniform(0.7, 1.5), (0.0, 10.0), kind="estimated", claims="B6"
    )
    """Utility that an application firm loses per unit of log price of a platform."""
    productivity: float = fact(0.005, "1/OOM", LogUniform(0.0015, 0.015), (0.0, 1.0), claims="D13")
    """Fall of an AI-using firm's log unit cost per order of magnitude of platform capability."""
    improvement: float = fact(
        0.005, "1/OOM", LogUniform(0.0015, 0.015), (0.0, 1.0), claims="A7 D13"
    )
    """Rise of the log quality of an AI-using firm's products per order of magnitude of platform
    capability."""
    cost_share: float = fact(0.002, "share", LogUniform(0.0005, 0.01), (0.0, 0.9), claims="B6")
    """Share of the AI platform in the variable cost of an application firm that uses AI."""
    first_use: float = fact(
        25.9,
        "OOM",
        Uniform(24.4, 27.4),
        (0.0, 60.0),
        kind="estimated",
        source="eurostat_ai_use|own",
        claims="D13",
    )
    """Capability from which AI models are useful to firms; calibrated, with cost_to_adopt and
    cost_spread, to the use of AI by European firms in 2023 and 2024."""
    first_price: float = fact(1.0, "USD/Mtoken", LogUniform(0.2, 20.0), (1e-06, 1e06), claims="B6")
    """Price of AI at which firms gain from a platform's capability alone, not from its price."""
    cost_to_adopt: float = fact(
        0.026,
        "1",
        LogUniform(0.01, 0.06),
        (0.0, 10.0),
        kind="estimated",
        source="eurostat_ai_use|own",
        claims="D6",
    )
    """Log gain from AI at which adoption pays for a typical firm of mean size."""
    cost_spread: float = fact(
        1.25,
        "1",
        Uniform(0.7, 2.0),
        (0.0, 5.0),
        kind="estimated",
        source="eurostat_ai_use|own",
        claims="D6",
    )
    """Standard deviation among firms of the log cost of adopting AI, differences in firm size
    excluded."""


class Offered(NamedTuple):
    """Platforms as the firms of each bloc see them."""

    keys: Any  # platform: key of its lab
    weight: Any  # bloc x platform: logit weight, negative where it is not on offer
    better: Any  # bloc x platform: rise of log product quality
    cheaper: Any  # bloc x platform: fall of log unit cost


def applications(fixed: Fixed, state: State) -> None:
    """Let firms adopt AI, choose a platform and build products on it.

    Reads ``platforms.quality``, ``price``, ``blocs.exchange``, ``segments.propensity``,
    ``firms.size``, products knowledge. Writes ``applications.able``, ``platform``, ``gain``,
    ``quality``.
    """
    group, shared, exchange = fixed.face(Applications), fixed.shared, state.blocs.exchange
    firms, platforms, table = state.firms.face, state.platforms.face, state.applications.face
    number, blocs, rows = platforms.lab.size, len(exchange), table.firm.size
    developers = slice(DEVELOPERS, None, len(SEGMENTS))
    price = np.ascontiguousarray(platforms.price[:, developers])
    propensity = np.ascontiguousarray(state.segments.propensity[developers])
    keys = firms.key[state.labs.firm][platforms.lab]
    offered = Offered(keys, *(np.empty((blocs, number)) for _ in range(3)))
    _offer(platforms, price, exchange, group, shared, offered)
    market = (firms, platforms, exchange, offered)
    access = address(fixed.seed, key_of("platform access"))
    thresholds = address(fixed.seed, key_of("threshold"))
    spread = shared.size_spread
    over_rows(fixed.threads, rows, _judge, access, thresholds, *market, group, spread, table)
    hazard = np.empty(blocs)
    _imitate(firms, propensity, shared, table, hazard)
    draws = address(fixed.seed, key_of("platforms"), state.month)
    review = group.review_rate
    over_rows(fixed.threads, rows, _choose, access, draws, *market, hazard, review, table)
    _build(firms, state.knowledge[PRODUCTS].face, offered, table)


@kernel
def _offer(platforms, price, exchange, group, shared, offered):
    """Write the logit weight, the improvement and the saving of each platform in each bloc."""
    weight, better, cheaper = offered.weight, offered.better, offered.cheaper
    bloc, quality = platforms.bloc, platforms.quality
    for b in range(weight.shape[0]):
        for j in range(bloc.size):
            weight[b, j] = NOT_ON_OFFER
            better[b, j] = cheaper[b, j] = 0.0
            passes = bloc[j] == b or exchange[b, bloc[j]] > 0.0
            if not passes or quality[j] == -math.inf or price[j, b] <= 0.0:
                continue
            above = quality[j] - group.first_use
            dearer = math.log(price[j, b] / group.first_price)
            utility = shared.quality_weight * above - group.price_weight * dearer
            utility += shared.openness_to_developers if platforms.line[j] != CLOSED else 0.0
            utility += shared.home_bias if bloc[j] == b else 0.0
            weight[b, j] = math.exp(min(500.0, utility))
            better[b, j] = group.improvement * max(0.0, above)
            saved = group.productivity * max(0.0, above) - group.cost_share * dearer
            cheaper[b, j] = max(0.0, saved)


@helper
def passes_border(access, firm_key, lab_key, line, exchange):
    """Say whether a firm may use a platform of another bloc: always the same share of firms."""
    draw = at(at(at(access, firm_key), lab_key), np.uint64(line))
    return uniform(draw) < exchange


@kernel
def _judge(
    start, stop, access, thresholds, firms, platforms, exchange, offered, group, size_spread,
    applications,
):  # fmt: skip
    """Write for which firms the best platform within reach would pay for adoption."""
    bloc, line, keys, weight = platforms.bloc, platforms.line, offered.keys, offered.weight
    better, cheaper = offered.better, offered.cheaper
    for i in range(start, stop):
        f = applications.firm[i]
        b, key, active = firms.bloc[f], firms.key[f], firms.active[f]
        best = 0.0
        for j in range(bloc.size):
            gain = better[b, j] + cheaper[b, j]
            if weight[b, j] < 0.0 or gain <= best or not active:
                continue
            passed = bloc[j] == b or exchange[b, bloc[j]] >= 1.0
            if passed or passes_border(access, key, keys[j], line[j], exchange[b, bloc[j]]):
                best = gain
        mine = at(thresholds, key)
        u, v = uniform(at(mine, np.uint64(0))), uniform(at(mine, np.uint64(1)))
        own = group.cost_spread * math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
        relative = firms.size[f] * math.exp(own - 0.5 * size_spread**2)
        applications.able[i] = best > 0.0 and relative * best > group.cost_to_adopt


@kernel
def _imitate(firms, propensity, shared, applications, hazard):
    """Write the chance a month that a firm of a bloc adopts AI, if adoption would pay."""
    p, q = shared.innovation / 12.0, shared.imitation / 12.0
    for b in range(hazard.size):
        users = those = 0
        for i in range(applications.firm.size):
            if firms.bloc[applications.firm[i]] == b:
                users += applications.platform[i] >= 0
                those += applications.platform[i] >= 0 or applications.able[i]
        share = users / those if those else 0.0
        hazard[b] = 1.0 - math.exp(-(p + q * share) * propensity[b])


@kernel
def _choose(
    start, stop, access, draws, firms, platforms, exchange, offered, hazard, review_rate,
    applications,
):  # fmt: skip
    """Let firms that adopt, reconsider or have lost their platform choose one, or none."""
    bloc, line, keys, weight = platforms.bloc, platforms.line, offered.keys, offered.weight
    platform = applications.platform
    for i in range(start, stop):
        f = applications.firm[i]
        b, key = firms.bloc[f], firms.key[f]
        if not firms.active[f]:
            platform[i] = -1
            continue
        mine = at(draws, key)
        now = platform[i]
        gone = now >= 0 and weight[b, now] < 0.0
        chance = review_rate if now >= 0 else (hazard[b] if applications.able[i] else 0.0)
        if not gone and uniform(at(mine, np.uint64(0))) >= chance:
            continue
        # A race of exponentials at rates that are the weights is a logit with separate draws.
        first, chosen = -math.log(uniform(at(mine, np.uint64(1)))), -1
        for j in range(bloc.size):
            if weight[b, j] < 0.0:
                continue
            apart = bloc[j] != b and exchange[b, bloc[j]] < 1.0
            if apart and not passes_border(access, key, keys[j], line[j], exchange[b, bloc[j]]):
                continue
            u = uniform(at(at(at(mine, np.uint64(2)), keys[j]), np.uint64(line[j])))
            time = -math.log(u) / weight[b, j]
            if time < first:
                first, chosen = time, j
        platform[i] = chosen


@kernel
def _build(firms, knowledge, offered, applications):
    """Write the fall of log unit cost by the platform and the log quality of products."""
    for i in range(applications.firm.size):
        f, j = applications.firm[i], applications.platform[i]
        m, b = knowledge.at[f], firms.bloc[f]
        level = knowledge.level[m] if m >= 0 else 0.0
        applications.gain[i] = offered.cheaper[b, j] if j >= 0 else 0.0
        applications.quality[i] = level + (offered.better[b, j] if j >= 0 else 0.0)
