"""The one loader of the worlds of a sweep: all with the same changes, all of one size.

Whatever names a world (the scenario, what it is held against, a factor, a column of a table) is
loaded here, so that no world misses what holds in all points (a table ``[set]``, or what a command
sets), none is compared with one of another span, size or cast, and files of one name get names that
differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os.path import isfile
from pathlib import Path

from analysis.experiments.compare import check_comparable
from model.core.errors import InputError, shown
from model.scenario import Scenario, load, told_apart


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

    def several(
        self, names: Iterable[str], where: str, against: Scenario | None = None
    ) -> tuple[list[Scenario], Scenario | None]:
        """Return scenarios in the order given, and what they are held against; names differ.

        ``where`` stands in messages. Raises ``InputError`` where two cannot be compared.
        """
        found = []
        for name in names:
            if not isinstance(name, str):
                raise InputError(f"{where}: must name a scenario, got {shown(name)}; "
                                 "a good value is ban")  # fmt: skip
            try:
                found.append(self.one(name))
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
        comparable(*found)
        return apart(found, against)


def apart(
    worlds: list[Scenario], against: Scenario | None
) -> tuple[list[Scenario], Scenario | None]:
    """Return worlds and what they are held against by names that differ."""
    if against is None:
        return told_apart(worlds), None
    *told, other = told_apart([*worlds, against])
    return told, other


def comparable(*worlds: Scenario | None) -> None:
    """Refuse worlds that cannot be compared with the first; raises ``InputError``."""
    first, *others = (world for world in worlds if world is not None)
    for other in others:
        check_comparable(first, other)
