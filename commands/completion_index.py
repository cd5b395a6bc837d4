"""The index of names that tab completion reads, so that a shell need not import the model."""

from __future__ import annotations

import textwrap
from typing import Any

from analysis.figures.catalogue import FIGURES
from analysis.reports.parameters import NO_UNIT, choices, plain
from model.parameters import FACTS, GROUPS
from model.scenario import HEADINGS, load, shipped

ABOUT = 60  # letters of an explanation: shells show one line each


def content() -> dict[str, Any]:
    """Return the index, made from the model."""
    parameters = {}
    for (group, name), record in FACTS.items():
        default = GROUPS[group].model_fields[name].default
        unit = "" if record.unit in NO_UNIT else f" ({record.unit})"
        parameters[f"{group}.{name}"] = {
            "about": textwrap.shorten(record.doc + unit, ABOUT, placeholder=" …"),
            "choices": choices(group, name),
            "default": [] if isinstance(default, list) or default == "" else [plain(default)],
        }
    return {
        "headings": list(HEADINGS),
        "groups": list(GROUPS),
        "scenarios": {name: load(name, environment={}).title for name in shipped()},
        "figures": list(FIGURES),
        "parameters": parameters,
    }
