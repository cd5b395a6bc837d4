"""Series of ideas: held, discovered, learned, published, by bloc."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from model.core.table import Floats
from model.measure.series import sums_kernels
from model.state.codes import DISCOVERED, FIELDS, LAB_FIELDS, PRODUCTS, REDISCOVERED
from model.state.fixed import Fixed
from model.state.state import State

HIGH = 0.9  # percentile of researchers that stands for a bloc's best firms

SERIES: dict[str, tuple[str, str]] = {
    "algorithms_best": ("OOM", "algorithms held by the lab that holds most"),
    "algorithms_mean": ("OOM", "algorithms held, mean of active labs"),
    "systems_best": ("OOM", "systems ideas held by the lab that holds most"),
    "systems_mean": ("OOM", "systems ideas held, mean of active labs"),
    "ideas_discovered": (
        "ideas",
        "ideas in algorithms and systems that firms discovered first in the world in the month",
    ),
    "ideas_rediscovered": (
        "ideas",
        "discoveries in algorithms and systems in the month that were known elsewhere already",
    ),
    "ideas_learned": (
        "ideas",
        "ideas in algorithms and systems that firms learned from others in the month",
    ),
    "ideas_published": ("ideas", "ideas in algorithms and systems published in the month"),
    "ideas_contributed": (
        "ideas",
        "ideas that developers of open models contributed in the month",
    ),
    "ideas_from_universities": (
        "ideas",
        "ideas that universities discovered in the month, all fields",
    ),
    "products_mean": (
        "log quality",
        "product ideas held, mean of application firms weighted by researchers",
    ),
    "products_high": (
        "log quality",
        "product ideas held by the application firm at the 90th percentile of researchers",
    ),
    "products_discovered": (
        "ideas",
        "product ideas that firms discovered in the month, rediscoveries included",
    ),
    "products_from_sector": (
        "ideas",
        "product ideas learned in the month from firms of the own sector",
    ),
    "products_from_other_sectors": (
        "ideas",
        "product ideas learned in the month from firms of other sectors",
    ),
    "products_adapted": (
        "share",
        "share of firms of other sectors in the product ideas learned from firms in the month",
    ),
}


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    labs, fields = state.labs, list(LAB_FIELDS)
    active = state.firms.active[labs.firm]
    for field in fields:
        level = state.knowledge[field].level[labs.member[:, field]]
        best, mean = now[f"{FIELDS[field]}_best"], now[f"{FIELDS[field]}_mean"]
        sums_kernels.largest(labs.bloc, active, level, 0.0, best)
        for b in range(mean.size):
            rows = np.flatnonzero((labs.bloc == b) & active)
            mean[b] = math.fsum(level[rows]) / max(1, rows.size)
    to_bloc = state.acquired[fields].sum(axis=(0, 2))  # channel x target bloc; whole numbers
    now["ideas_discovered"][:] = to_bloc[DISCOVERED]
    now["ideas_rediscovered"][:] = to_bloc[REDISCOVERED]
    now["ideas_learned"][:] = to_bloc[REDISCOVERED + 1 :].sum(axis=0)
    now["ideas_published"][:] = state.published[fields].sum(axis=0)
    now["ideas_contributed"][:] = state.blocs.contributed
    now["ideas_from_universities"][:] = state.blocs.basic
    _products(state, now)


def _products(state: State, now: Mapping[str, Floats]) -> None:
    knowledge, firms, learned = state.knowledge[PRODUCTS], state.firms, state.learned[PRODUCTS]
    mean, high = now["products_mean"], now["products_high"]
    bloc = firms.bloc[knowledge.row]
    order = np.argsort(knowledge.level, kind="stable")
    sums_kernels.by_researchers(bloc, order, knowledge.team, knowledge.level, HIGH, mean, high)
    taught = learned.source >= 0
    source, learner = learned.source[taught], learned.learner[taught]
    elsewhere = firms.sector[source] != firms.sector[learner]
    own, other = (
        np.bincount(firms.bloc[learner[part]], minlength=mean.size)
        for part in (~elsewhere, elsewhere)
    )
    discovered = state.acquired[PRODUCTS, [DISCOVERED, REDISCOVERED]]
    now["products_discovered"][:] = discovered.sum(axis=(0, 1))
    now["products_from_sector"][:], now["products_from_other_sectors"][:] = own, other
    now["products_adapted"][:] = other / np.maximum(1, own + other)
