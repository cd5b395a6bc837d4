"""Figures drawn from the tables of a result's folder."""

import os


def _matplotlib() -> None:
    # Figures are drawn into files and need no window, so a MPLBACKEND that names none that exists,
    # at which matplotlib would not even be imported, does not matter here.
    try:
        import matplotlib  # noqa: F401
    except ValueError:
        named = os.environ.pop("MPLBACKEND", None)
        try:
            import matplotlib  # noqa: F401
        finally:
            if named is not None:
                os.environ["MPLBACKEND"] = named


_matplotlib()
