"""The index of names that tab completion reads, so that a shell need not import the model.

``python -m commands.completion_index`` writes it; do so after a parameter, scenario or figure is
added.
"""

from __future__ import annotations

import json

from analysis.figures.catalogue import FIGURES
from analysis.reports.parameters import NO_UNIT, choices, plain
from commands.completion import INDEX
from model.parameters import FACTS, GROUPS
from model.scenario import HEADINGS, load, shipped


def content() -> str:
    """Return the index as it should be."""
    parameters = {}
    for (group, name), record in FACTS.items():
        default = GROUPS[group].model_fields[name].default
        unit = "" if record.unit in NO_UNIT else f" ({record.unit})"
        parameters[f"{group}.{name}"] = {
            "about": record.doc + unit,
            "choices": choices(group, name),
            "default": [] if isinstance(default, list) or default == "" else [plain(default)],
        }
    words = {
        "headings": list(HEADINGS),
        "groups": list(GROUPS),
        "scenarios": {name: load(name, environment={}).title for name in shipped()},
        "figures": list(FIGURES),
        "parameters": parameters,
    }
    return json.dumps(words, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    INDEX.write_text(content(), encoding="utf-8")
