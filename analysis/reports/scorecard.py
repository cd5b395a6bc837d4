"""The model beside the record as lines for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

UNIT, RECORD, BAND, MODEL, INSIDE, SHARE = 10, 6, 11, 17, 3, 5  # letters of columns
WIDE = 80
ROOM = 5  # letters of a number


def lines(card: Mapping[str, Any]) -> list[str]:
    """Return a scorecard (``validate.as_plain``): a row a target, below it one a figure."""
    drawn = card["draws"]["kind"] == "prior"
    form = _Form(drawn)
    rows = form.row("target", "unit", "record", "band", ["5 %", "50 %", "95 %"], "in", "draws")
    for verdict in card["verdicts"]:
        figures = [row for row in card["targets"] if row["target"] == verdict["name"]]
        title = f"{verdict['name']:3} {verdict['title']}"
        if len(figures) == 1:
            rows += form.figure(title, 4, figures[0], verdict["share_inside"])
            continue
        rows += form.head(title, verdict)
        for row in figures:
            letter = row["name"].removeprefix(verdict["name"])
            rows += form.figure(f"  {letter} {row['title']}", 4, row, row["share_inside"])
    return [*rows, "", *sentences(card)]


def sentences(card: Mapping[str, Any]) -> list[str]:
    """Return what follows from the rows, wrapped: which targets are inside, which no run gives."""
    draws = card["draws"]
    rows = [row for row in card["verdicts"] if row["reported"]]
    inside = [row["name"] for row in rows if row["inside"]]
    outside = [row["name"] for row in rows if not row["inside"]]
    said = [
        f"Inside (the median, in three quarters of a target's figures): {len(inside)} of "
        f"{len(rows)} targets: {', '.join(inside) or 'none'}.",
        f"Outside: {', '.join(outside) or 'none'}.",
    ]
    said += [
        f"Not in the model: {row['name']} ({row['reason']})."
        for row in card["verdicts"]
        if not row["reported"]
    ]
    what = "draws of the priors" if draws["kind"] == "prior" else "seeds at default parameters"
    said.append(
        f"{draws['inside_all']} of {draws['number']} {what} are inside all {draws['targets']} "
        f"targets; the best is inside {draws['most_inside']}."
    )
    if draws["kind"] == "prior" and (draws["guards_broken"] or draws["without_world"]):
        said.append(f"Passed over: {draws['guards_broken']} points that break a guard and "
                    f"{draws['without_world']} that have no world.")  # fmt: skip
    some = [row["name"] for row in card["targets"] if row["reported"] and
            row["defined"] < draws["number"]]  # fmt: skip
    if some:
        said.append(f"Undefined in some draws: {', '.join(some)}.")
    return [line for text in said for line in textwrap.wrap(text, WIDE)]


def short(value: float | None) -> str:
    """Return a number in at most five letters (six where it is negative and large), or a dash."""
    if value is None:
        return "-"
    for digits in (3, 2, 1):
        text = _with_digits(value, digits)
        if len(text) <= ROOM:
            break
    return text


def _with_digits(value: float, digits: int) -> str:
    rounded = float(f"{value:.{digits}g}")
    size, letter = abs(rounded), ""
    for least, unit, name in ((1e12, 1e12, "t"), (1e9, 1e9, "b"), (1e6, 1e6, "m"), (1e4, 1e3, "k")):
        if size >= least:
            rounded, letter = rounded / unit, name
            break
    if 0.0 < size < 0.001 or size >= 1e15:
        return f"{value:.0e}".replace("e-0", "e-").replace("e+", "e")
    text = f"{rounded:.3f}".rstrip("0").rstrip(".")
    return text + letter


class _Form:
    # The columns of the table: draws of the priors also have their share inside.
    def __init__(self, drawn: bool) -> None:
        self.drawn = drawn
        rest = UNIT + RECORD + BAND + MODEL + INSIDE + 5 + (SHARE + 1 if drawn else 0)
        self.name = WIDE - rest

    def row(
        self,
        title: str,
        unit: str,
        record: str,
        band: str,
        model: list[str],
        inside: str,
        share: str,
        indent: int = 0,
    ) -> list[str]:
        """Return the lines of a row: what is too long for its column goes on below."""
        names, units = self._wrapped(title, indent), textwrap.wrap(unit, UNIT) or [""]
        values = model[0] if len(model) == 1 else " ".join(f"{x:>{ROOM}}" for x in model)
        first = (
            f"{names[0]:{self.name}} {units[0]:{UNIT}} {record:>{RECORD}} {band:>{BAND}} "
            f"{values:>{MODEL}} {inside:>{INSIDE}}"
        ) + (f" {share:>{SHARE}}" if self.drawn else "")
        more = max(len(names), len(units))
        names, units = (part + [""] * (more - len(part)) for part in (names, units))
        rest = [f"{n:{self.name}} {u}" for n, u in zip(names[1:], units[1:], strict=True)]
        return [line.rstrip() for line in (first, *rest)]

    def figure(
        self, title: str, indent: int, row: Mapping[str, Any], share: float | None
    ) -> list[str]:
        band = f"{short(row['low'])}…{short(row['high'])}"
        model, inside = ["not in the model"], ""
        if row["reported"]:
            model = [short(row[p]) for p in ("p5", "p50", "p95")]
            inside = "yes" if row["inside"] else "no"
        return self.row(title, row["unit"], short(row["record"]), band, model, inside,
                        _percent(share) if row["reported"] else "", indent)  # fmt: skip

    def head(self, title: str, verdict: Mapping[str, Any]) -> list[str]:
        """Return the row of a target of several figures."""
        count, inside, share = "not in the model", "", ""
        if verdict["reported"]:
            count = f"{verdict['figures_inside']} of {verdict['figures']} inside"
            inside = "yes" if verdict["inside"] else "no"
            share = _percent(verdict["share_inside"])
        end = f" {inside:>{INSIDE}}" + (f" {share:>{SHARE}}" if self.drawn else "")
        room = WIDE - len(end) - len(count) - 1
        names = textwrap.wrap(title, room, subsequent_indent=" " * 4)
        return [f"{names[0]:{room}} {count}{end}".rstrip(), *names[1:]]

    def _wrapped(self, title: str, indent: int) -> list[str]:
        # Wrapping drops spaces at the beginning of a line.
        start = len(title) - len(title.lstrip())
        wrapped = textwrap.wrap(
            title.lstrip(), self.name - start, subsequent_indent=" " * (indent - start)
        )
        return [" " * start + line for line in wrapped] or [""]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
