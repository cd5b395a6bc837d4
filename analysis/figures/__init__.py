"""Figures drawn from the tables of a result's folder."""

import logging
import os
import sys
from contextlib import suppress

# What matplotlib says of fonts and its own cache is not for whoever runs a world.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def _matplotlib() -> None:
    # matplotlib cannot even be imported where MPLBACKEND names no backend there is; figures are
    # drawn into files and need none. One that there is holds for the reader's own figures.
    if "matplotlib" in sys.modules:
        return
    named = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named
    with suppress(ValueError):
        if named:
            matplotlib.rcParams["backend"] = named


_matplotlib()
