"""Names and numbers of sectors, fields, channels, routes and sources, for kernels to import.

A kernel's machine code depends on these numbers, so this file holds nothing else: an edit of a
column's wording recompiles nothing.
"""

from __future__ import annotations

import numpy as np

BRANCHES = ("software", "devices", "services")  # sectors of application firms, in their order


FIRST_BRANCH = 2  # the sector that is branch 0


SEGMENTS = ("consumers", "developers")


CONSUMERS, DEVELOPERS = range(len(SEGMENTS))


LINES = ("closed", "open", "small")


CLOSED, OPEN, SMALL = range(len(LINES))


SECTORS = ("models", "chips", "software", "devices", "services")


FIELDS = ("algorithms", "systems", "products")


ALGORITHMS, SYSTEMS, PRODUCTS = range(len(FIELDS))


LAB_FIELDS = (ALGORITHMS, SYSTEMS)  # fields of labs; research there needs compute


FIELD_UNITS = ("OOM", "OOM", "log quality")  # of sizes of ideas and of knowledge


CHANNELS = (
    "own discovery",
    "independent rediscovery",
    "local contact",
    "publication",
    "open weights",
    "suppliers",
    "mobility",
    "collaboration",
)


(
    DISCOVERED,
    REDISCOVERED,
    PROXIMITY,
    PUBLICATION,
    OPEN_WEIGHTS,
    SUPPLIER,
    MOBILITY,
    COLLABORATION,
) = range(len(CHANNELS))


KINDS = ("lab", "chipmaker", "application")


LAB, CHIPMAKER, APPLICATION = range(len(KINDS))


HABITS = ("closed", "mixed", "open")


ROUTES = ("bought", "bought ahead", "diverted", "rented")


BOUGHT, AHEAD, DIVERTED, RENTED = range(len(ROUTES))


PLANES = len(ROUTES) + 1  # the last: chips a buyer would hold if no rule had ever bound


UNBOUND = len(ROUTES)


SOURCES = ("legal", "degraded", "stockpiled", "diverted", "rented", "domestic")


LEGAL, DEGRADED, STOCKPILED, FROM_INTERMEDIARIES, FROM_RENT, DOMESTIC = range(len(SOURCES))


CAP_MEASURES = ("performance", "chips", "share of home volume")  # what a cap of a licence counts


CAP_ON_PERFORMANCE, CAP_ON_CHIPS, CAP_ON_HOME_SHARE = range(len(CAP_MEASURES))


NOTHING = -np.inf  # capability of a lab without a model


NEVER = -1  # month of an event that has not happened
