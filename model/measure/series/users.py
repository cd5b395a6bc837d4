"""Series of users of AI models: who uses them, spending, prices and surplus, by bloc."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from model.core.kernels import kernel
from model.core.table import Floats
from model.measure.series import sums_kernels
from model.mechanisms.ai.market import AiMarket
from model.state.codes import CLOSED, CONSUMERS, DEVELOPERS, OPEN, SEGMENTS
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "consumers_using": ("share", "share of consumers, by spending, who use AI models"),
    "developers_using": ("share", "share of developers, by spending, who use AI models"),
    "user_spending": ("USD/month", "spending of users on AI models"),
    "user_surplus": ("USD/month", "value of AI models to users above what users pay"),
    "price": ("USD/Mtoken", "mean price that users pay for AI models"),
    "quality_adjusted_price": (
        "USD/Mtoken",
        "mean price that users pay for AI models, divided by effective compute over that of the "
        "reference capability",
    ),
    "price_closed": ("USD/Mtoken", "mean price that users pay for closed models"),
    "price_open": (
        "USD/Mtoken",
        "mean price that users pay for open models, small versions excluded",
    ),
    "open_use": ("share", "share of models with open weights in users' tokens"),
    "home_use": ("share", "share of labs of the same bloc in users' spending"),
    "concentration": (
        "1",
        "Herfindahl index of users' spending over labs; implausible above 0.6",
    ),
    "host_profit": ("USD/month", "profit of cloud providers in the bloc that host open models"),
}


class Use(NamedTuple):
    """What users of a bloc pay, and whom, by bloc; each field is the series of its name."""

    price: Floats
    quality_adjusted_price: Floats
    price_closed: Floats
    price_open: Floats
    open_use: Floats
    home_use: Floats
    concentration: Floats


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    segments, market = state.segments, fixed.of(AiMarket)
    now["consumers_using"][:] = segments.adopters[CONSUMERS :: len(SEGMENTS)]
    now["developers_using"][:] = segments.adopters[DEVELOPERS :: len(SEGMENTS)]
    sums_kernels.total(segments.bloc, segments.spent, now["user_spending"])
    sums_kernels.total(segments.bloc, segments.surplus, now["user_surplus"])
    margin = market.host_margin
    now["host_profit"][:] = state.blocs.hosts * (margin / (1.0 + margin))
    of_lab = np.zeros(state.labs.firm.size)
    use = Use(*(now[name] for name in Use._fields))
    _use(state.platforms.face, segments.face, market.reference_capability, of_lab, use)


@kernel
def _use(platforms, segments, reference, of_lab, use):
    price, spending, line = platforms.price, platforms.spending, platforms.line
    for b in range(use.price.size):
        of_lab[:] = 0.0
        tokens, paid, given, better, at_home = 0.0, 0.0, 0.0, 0.0, 0.0
        for_closed, closed_tokens, for_open, open_tokens = 0.0, 0.0, 0.0, 0.0
        for s in range(segments.bloc.size):
            if segments.bloc[s] != b:
                continue
            for j in range(line.size):
                x = spending[j, s]
                if x <= 0.0:
                    continue
                paid += x
                tokens += x / price[j, s]
                given += x / price[j, s] if line[j] != CLOSED else 0.0
                at_home += x if platforms.bloc[j] == b else 0.0
                if line[j] == CLOSED:
                    for_closed += x
                    closed_tokens += x / price[j, s]
                elif line[j] == OPEN:
                    for_open += x
                    open_tokens += x / price[j, s]
                better += x * (math.log10(price[j, s]) - (platforms.quality[j] - reference))
                of_lab[platforms.lab[j]] += x
        use.price[b] = paid / tokens if tokens > 0.0 else np.nan
        use.quality_adjusted_price[b] = 10.0 ** (better / paid) if paid > 0.0 else np.nan
        use.price_closed[b] = for_closed / closed_tokens if closed_tokens > 0.0 else np.nan
        use.price_open[b] = for_open / open_tokens if open_tokens > 0.0 else np.nan
        use.open_use[b] = given / tokens if tokens > 0.0 else 0.0
        use.home_use[b] = at_home / paid if paid > 0.0 else 0.0
        use.concentration[b] = 0.0
        for i in range(of_lab.size):
            use.concentration[b] += (of_lab[i] / paid) ** 2 if paid > 0.0 else 0.0
