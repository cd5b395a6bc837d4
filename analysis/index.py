"""The index of names that tab completion reads, so that a shell need not import the model.

``python -m analysis.index`` writes it; do so after a parameter, scenario or figure is added.
"""

from __future__ import annotations

import json

from analysis.complete import INDEX
from analysis.describe import NO_UNIT, choices, plain
from analysis.figures import FIGURES
from model.scenario import FACTS, GROUPS, HEADINGS, load, shipped


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
