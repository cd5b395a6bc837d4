"""The one loader of the worlds of a sweep: all with the same changes, all of one size.

Whatever names a world (the scenario, what it is held against, a factor, a column of a table) is
loaded here, so that no world misses what holds in all points (a table ``[set]``, or what a command
sets), and none is compared with one of another span, size or cast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os.path import isfile
from pathlib import Path

from analysis.experiments.compare import check_comparable
from model.core.errors import InputError, shown
from model.scenario import Scenario, load


@dataclass(frozen=True)
class Loader:
    """What all worlds of a sweep have in common.

    Attributes:
        overrides: ``group.name=value``, laid over every scenario.
        folders: where scenario files are looked for before the current folder.
        kept: the folder that keeps the sweep's scenarios by name, where there is one.
    """

    overrides: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    kept: Path | None = None

    def beside(self, table: Path) -> Loader:
        """Return a loader for the worlds that a table names."""
        folder = table.parent
        return replace(self, folders=(*self.folders, folder), kept=folder / "scenarios")

    def one(self, name: str) -> Scenario:
        """Return a scenario: a file beside the sweep, one kept in its folder, or as ``load``."""
        places = [folder / name for folder in self.folders if name.endswith(".toml")]
        places += [] if self.kept is None else [self.kept / f"{name}.toml"]
        found = next((str(place) for place in places if isfile(place)), name)
        return load(found, self.overrides)

    def several(self, names: Iterable[str], where: str) -> dict[str, Scenario]:
        """Return scenarios by what names them; ``where`` stands in messages.

        Raises ``InputError`` where two have one name, or cannot be compared.
        """
        found: dict[str, Scenario] = {}
        for name in names:
            if not isinstance(name, str):
                raise InputError(f"{where}: must name a scenario, got {shown(name)}; "
                                 "a good value is ban")  # fmt: skip
            try:
                scenario = self.one(name)
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
            if any(scenario.name == other.name for other in found.values()):
                raise InputError(f"{where}: two scenarios are called {scenario.name!r}; "
                                 "give each its own name")  # fmt: skip
            found[name] = scenario
        comparable(*found.values())
        return found


def comparable(*worlds: Scenario | None) -> None:
    """Refuse worlds that cannot be compared with the first; raises ``InputError``."""
    first, *others = (world for world in worlds if world is not None)
    for other in others:
        check_comparable(first, other)
