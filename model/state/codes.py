"""Names and numbers of sectors, fields, channels, routes and sources: all that kernels import.

A kernel's machine code depends on these numbers, so that nothing else stands here: an edit of a
table's wording compiles nothing anew.
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


LAB_FIELDS = (ALGORITHMS, SYSTEMS)  # labs work in these, with compute for experiments


FIELD_UNITS = ("OOM", "OOM", "log quality")  # what sizes of ideas and knowledge are counted in


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


FOUND, FOUND_AGAIN, PROXIMITY, PUBLICATION, OPEN_WEIGHTS, SUPPLIER, MOBILITY, COLLABORATION = range(
    len(CHANNELS)
)


KINDS = ("lab", "chipmaker", "application")


LAB, CHIPMAKER, APPLICATION = range(len(KINDS))


HABITS = ("closed", "mixed", "open")


ROUTES = ("bought", "bought ahead", "diverted", "rented")


BOUGHT, AHEAD, DIVERTED, RENTED = range(len(ROUTES))


PLANES = len(ROUTES) + 1  # the last is what a buyer would hold had no rule ever bound: its own self


UNBOUND = len(ROUTES)


SOURCES = ("legal", "degraded", "stockpiled", "diverted", "rented", "domestic")


LEGAL, DEGRADED, STOCKPILED, BY_TRADERS, IN_RENT, DOMESTIC = range(len(SOURCES))


CAP_MEASURES = ("performance", "chips", "share of home volume")  # what a cap of a licence counts


CAP_ON_PERFORMANCE, CAP_ON_CHIPS, CAP_ON_HOME_SHARE = range(len(CAP_MEASURES))


NOTHING = -np.inf  # the capability of who has made no model


NEVER = -1  # the month of what has not happened
