"""The words of figures: keys, notes on dated rules, remarks on lines, printed numbers."""

from __future__ import annotations

from analysis.figures import style
from analysis.figures.data import BAND, Folder, printed
from analysis.figures.style import Key
from model.measure.outcomes import OUTCOMES

MINUS = "−"


def keys(folder: Folder, lines: str = "", drawn: bool = True) -> tuple[Key, ...]:
    """Return the key: the worlds, and what band and ``lines`` are; without lines words only."""
    if not folder.compares:
        return (Key("", folder.worlds[0].title),)
    a, b = (f"{world.letter}: {world.title}" for world in folder.worlds)
    found = (Key("dashed" if drawn else "", a), Key("solid" if drawn else "", b))
    if not lines or folder.replicates == 1:
        return found
    low, high = BAND
    band = f"{low}th to {high}th percentile of {folder.replicates} replicates{lines}"
    return (*found, Key("band", band))


def notes(folder: Folder) -> tuple[tuple[str, str], ...]:
    """Return a note for each date of rules, with its number; worlds only where they differ."""
    shared = one_for_all(folder)
    return tuple(
        (
            str(number),
            f"{printed(date.month)}: "
            + ". ".join(
                rule.title + ("" if shared is not None else f" ({rule.worlds})")
                for rule in date.rules
            ),
        )
        for number, date in enumerate(folder.acts, 1)
    )


def one_for_all(folder: Folder) -> str | None:
    """Return the worlds that have all rules; None where rules differ in them."""
    worlds = {rule.worlds for date in folder.acts for rule in date.rules}
    return worlds.pop() if len(worlds) == 1 else None


def about_lines(folder: Folder) -> str:
    """Return what is to be said of upright lines, and of worlds that hide one another."""
    text = ""
    if folder.acts:
        shared = one_for_all(folder) if folder.compares else None
        where = "" if shared is None else f", of {'world' if len(shared) == 1 else 'worlds'} "
        text = f" Vertical lines: the dated rules above{where}{shared or ''}."
    if folder.compares:
        text += " Where A is not seen, it lies under B."
        text += " One replicate: no bands." if folder.replicates == 1 else ""
    return text


def about_effect(folder: Folder) -> str:
    """Return what an effect on the gap is, its band (of pairs) and its thin lines (of the mean)."""
    small = f"{OUTCOMES['gap'].smallest:g} OOM"
    band = (
        "one pair: no interval"
        if folder.replicates == 1
        else ("band: 5th to 95th percentile of pairs; thin lines: 95 % interval of their mean")
    )
    return f" Effect: B less A, mean of pairs; {band}; grey: below {small}, the least of interest."


def colour_of(folder: Folder, bloc: str) -> str:
    """Return the colour of a bloc: leader and follower have their own."""
    return {folder.leader: style.LEADER, folder.follower: style.FOLLOWER}.get(bloc, style.OTHER)


def measure(value: float, unit: str, sign: str = "") -> str:
    """Return a figure as it is printed: 1.52 OOM, −1 month, +0.65 OOM; zero has no sign."""
    text = f"{value:{sign}.{0 if unit == 'months' else 2}f}"
    if not text.strip("+-0."):
        text = text.strip("+-")
    word = unit.removesuffix("s") if text.strip("+-") == "1" else unit
    return f"{text} {word}".replace("-", MINUS)
