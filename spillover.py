"""spillover from Python: worlds, runs and experiments.

    import spillover

    world = spillover.World("ban", rng=7).run(until="2026-12")
    effects = spillover.compare("no_ban", "ban", replicates=16)
    rows = spillover.sweep("ban", vary={"controls.porosity": (0.0, 0.6)}, against="no_ban")
    rows = spillover.load("runs/ban-no_ban-lhs-64x1-0123abcd")

``World`` is an ordinary Mesa model (``model.economy``); the others stand in
``analysis.experiments.python_interface``. Each name is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.experiments.python_interface import compare, load, run, sweep
    from model.economy import World

__version__: str
__all__ = ["World", "__version__", "compare", "load", "run", "sweep"]
INTERFACE = "analysis.experiments.python_interface"
HOMES = {"World": "model.economy"}  # where a name stands, if not in the interface


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("spillover")
    else:
        value = getattr(import_module(HOMES.get(name, INTERFACE)), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
