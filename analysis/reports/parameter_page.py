"""The page of parameters: default, unit, prior, kind of evidence, source and meaning of each."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

from analysis.reports.parameters import NO_UNIT, plain
from model.parameters import FACTS, GROUPS

HEAD = """\
# Parameters

Built by `make docs` from the records in the code. *Kind* is the kind of evidence (measured,
estimated, assumed, contested) or `choice`; a *lever* is a decision of governments or firms.
*Source* is a key of `seeds/sources.toml`, a file, or `own` for our judgement. A parameter without
a prior is never sampled."""


def content() -> str:
    """Return the page: a part for each group."""
    drawn = sum(record.prior is not None for record in FACTS.values())
    parts = [HEAD, f"{len(FACTS)} parameters in {len(GROUPS)} groups; {drawn} have a prior."]
    for group, kind in GROUPS.items():
        story = " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())
        place = kind.__module__.replace(".", "/") + ".py"
        parts += [f"## {group}", f"{story} (`{place}`)".replace("``", "`"), parameters(group)]
    return "\n\n".join(parts) + "\n"


def parameters(group: str) -> str:
    """Return the table of a group's parameters."""
    rows = []
    for (own, name), record in FACTS.items():
        if own != group:
            continue
        default = GROUPS[group].model_fields[name].default
        shown = str(default) if isinstance(default, list) else plain(default)
        prior = record.prior
        drawn = f"{type(prior).__name__} {prior.low:g} to {prior.high:g}" if prior else "none"
        unit = "-" if record.unit in NO_UNIT else record.unit
        kind = record.kind + (", lever" if record.lever else "")
        rows.append([f"`{name}`", shown, unit, drawn, kind, record.source, record.doc])
    return table(["name", "default", "unit", "prior", "kind", "source", "meaning"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, with bars in its cells escaped."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])
