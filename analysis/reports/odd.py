"""The model by the ODD protocol (Grimm et al. 2020), written from its own records.

State variables come from the columns of the tables, the schedule from the month, submodels from the
docstrings and parameters of the mechanisms. What no record holds (purpose, design concepts) stands
here. ``python -m docs.build`` writes the page.

The index of equations reads a label in the docstring of a mechanism, after an equation and before
the next one: ``Code:`` and the functions that compute it, each in double backticks.
"""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import fields
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

from analysis.reports.parameter_page import parameters, table
from model.controls import degraded_chips
from model.core.table import Table
from model.measure.outcomes import OUTCOMES
from model.month import MONTH
from model.parameters import GROUPS
from model.setup import initial_state
from model.state import ai_market, application_firms, blocs, chips, firms, knowledge, labs, places

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
TABLES = (places, firms, labs, knowledge, blocs, chips, ai_market, application_firms)
BLOCK = re.compile(r"\.\. math::\s*\n?(.*?)(?=\n\S|\n\n(?! )|\Z)", re.S)
LABEL = re.compile(r"^Code: (.+)$", re.M)

PURPOSE = """\
The model asks what bans on AI chips do when knowledge spreads through clusters of firms and AI
models are released openly. It compares: two runs with common random numbers differ by a treatment,
and the difference, with its uncertainty, is the answer. It is not a forecast; levels (of
capability, prices, profits) carry less information than differences.

Patterns by which it is judged, none of which is an input: S-curves of the diffusion of ideas;
research productivity that falls with distance; a follower's share of chips that falls with what
rules prohibit and rises with diversion; falling prices of a given capability; adoption by large
firms first. Which recorded figures set parameters, and which serve for comparison only:
`seeds/targets.toml`.
"""

CONCEPTS = {
    "Basic principles": "A latent catalogue holds all ideas. Firms discover ideas from it, and "
    "learn ideas from other firms through named channels (technology spillover); absorptive "
    "capacity depends on a firm's own research (Cohen and Levinthal 1990). An elasticity of "
    "substitution determines how scarce compute redirects research. Market shares are logit. A "
    "compute-only benchmark, the effect that the loss of compute alone would have, stands beside "
    "each effect.",
    "Emergence": "The gap between blocs, lags, S-curves, prices, concentration, leadership by "
    "sector, and whether scarcity raises efficiency emerge. Growth of the leader's best lab over "
    "the first three reported years does not: the calibration targets it.",
    "Adaptation": "Labs allocate people and compute by how scarce compute is, choose when to open "
    "models, and set research by the lead that they experience and the rivals that they see. "
    "Firms adopt models if it pays; buyers choose chips under the rules and around them; vendors "
    "design export versions just below a threshold; people move to better pay.",
    "Objectives": "Labs price for profit and weigh the rent of a closed lead against the gains of "
    "openness; users maximise utility, buyers effective FLOP/s per dollar. Nobody solves a "
    "dynamic programme.",
    "Learning": "Firms learn ideas one by one, each once; labs learn how long their ideas stay "
    "theirs. Behavioural rules do not change.",
    "Prediction": "Buyers know announced rules and stockpile. Otherwise agents extrapolate the "
    "past.",
    "Sensing": "Within a month, all agents read the state at the start of the phase. A lab sees "
    "rivals as far as exchange between blocs permits; observers of the gap see the follower with "
    "a delay.",
    "Interaction": "Local contact, suppliers, moves of people, research partners, publications, "
    "open weights; markets for chips, models, products and researchers; rules of governments and "
    "countermeasures.",
    "Stochasticity": "Every random draw has an address (seed, purpose, month, key, counter); no "
    "draw comes from a stream. Paired runs therefore share the draws of everything that the "
    "treatment does not touch (`model/core/randomness.py`).",
    "Collectives": "Firms belong to places, places to blocs; users are segments of a bloc.",
    "Observation": "By month and bloc (`model/measure/recorder.py`): every acquisition of an idea "
    "by channel and source, every model, and on request every event. Outcomes were fixed before "
    "any experiment (`model/measure/outcomes.py`).",
}


def content() -> str:
    """Return the page as it should be."""
    parts = [
        "# The model by the ODD protocol",
        "Overview, design concepts, details (Grimm et al. 2020, Journal of Artificial Societies "
        "and Social Simulation 23(2) 7). Built by `make docs` from the "
        "docstrings, columns and parameters of the code.",
        "## 1. Purpose and patterns",
        PURPOSE.rstrip(),
        "Outcomes, fixed before any experiment:",
        table(
            ["outcome", "unit", "smallest effect of interest", "definition"],
            [
                [
                    name.replace("_", " "),
                    one.unit,
                    f"{one.smallest:g}" + (" %" if one.relative else ""),
                    one.definition,
                ]
                for name, one in OUTCOMES.items()
            ],
        ),
        "## 2. Entities, state variables, scales",
        "A step is a month. Space is a table of real places with their distances. Agents are rows "
        "of tables; `mesa` agents are views of these rows.",
        *_entities(),
        "## 3. Process overview and scheduling",
        "Phases run in this order. Inside a phase, agents read the state at the start of the "
        "phase, so the order of firms never matters.",
        table(
            ["number", "phase", "what happens", "module"],
            [
                [str(n), phase.__name__, _first(phase.__doc__), f"`{_path(_module_of(phase))}`"]
                for n, phase in enumerate(MONTH, 1)
            ],
        ),
        *(f"*{phase.__name__}*: {_rest(phase.__doc__)}" for phase in MONTH if _rest(phase.__doc__)),
        "## 4. Design concepts",
        *(f"**{name}.** {text}" for name, text in CONCEPTS.items()),
        "## 5. Initialization",
        _markdown(inspect.getdoc(initial_state) or ""),
        "## 6. Input data",
        "These tables hold all data that drive the model (sources and marks in the files):",
        table(
            ["table", "what it holds"],
            [
                [f"`seeds/{path.name}`", _about(path)]
                for path in sorted(SEEDS.iterdir())
                if path.suffix in (".csv", ".toml")
            ],
        ),
        "## 7. Submodels",
        *_submodels(),
        "## Index of equations",
        table(
            ["equation", "functions", "module"],
            [
                [number, ", ".join(f"`{f}`" for f in names) or "this module", f"`{path}`"]
                for number, names, path in equations()
            ],
        ),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def equations() -> list[tuple[str, tuple[str, ...], str]]:
    """Return number, functions and file of every displayed equation of the mechanisms.

    Functions are those of the equation's label; none where it has no label.
    """
    return [
        (f"{_name(module)}.{n}", names, _path(module))
        for module in _modules()
        for n, names in enumerate(labels(inspect.getdoc(module) or ""), 1)
    ]


def labels(text: str) -> list[tuple[str, ...]]:
    """Return for each equation of a docstring the functions that its label names."""
    blocks = list(BLOCK.finditer(text))
    found = []
    for block, following in zip_longest(blocks, blocks[1:]):
        end = following.start() if following else len(text)
        label = LABEL.search(text, block.end(), end)
        found.append(tuple(re.findall(r"``(\w+)``", label.group(1))) if label else ())
    return found


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _modules() -> list[ModuleType]:
    found = [_module_of(phase) for phase in MONTH]
    return list(dict.fromkeys([*found, degraded_chips]))


def _module_of(phase: Any) -> ModuleType:
    return sys.modules[phase.__module__]


def _path(module: ModuleType) -> str:
    return module.__name__.replace(".", "/") + ".py"


def _entities() -> list[str]:
    parts = []
    for module in TABLES:
        for name, kind in vars(module).items():
            own = isinstance(kind, type) and issubclass(kind, Table) and kind is not Table
            if own and kind.__module__ == module.__name__:
                rows = [
                    [
                        f"`{f.name}`",
                        " × ".join(f.metadata["shape"]),
                        f.metadata["unit"],
                        f.metadata["doc"],
                    ]
                    for f in fields(kind)
                ]
                parts += [
                    f"### {name}",
                    _markdown(inspect.getdoc(kind) or ""),
                    table(["variable", "a value for each", "unit", "meaning"], rows),
                ]
    return parts


def _submodels() -> list[str]:
    parts = []
    written: set[str] = set()
    for module in _modules():
        name = _name(module)
        parts += [f"### {name}", _markdown(inspect.getdoc(module) or "", name)]
        for group, kind in GROUPS.items():
            if kind.__module__ == module.__name__:
                written.add(group)
                parts += [f"Parameters `{group}` — {_first(kind.__doc__)}", parameters(group)]
    rest = [group for group in GROUPS if group not in written]
    parts += ["### The economy and its observers"]
    for group in rest:
        parts += [f"Parameters `{group}` — {_first(GROUPS[group].__doc__)}", parameters(group)]
    return parts


def _first(doc: str | None) -> str:
    return inspect.cleandoc(doc or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")


def _rest(doc: str | None) -> str:
    rest = inspect.cleandoc(doc or "").partition("\n\n")[2]
    return " ".join(rest.split()).replace("``", "`")


def _markdown(text: str, number: str = "") -> str:
    # From the marks of docstrings to those of Markdown; equations get their numbers.
    count = 0

    def shown(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        body = inspect.cleandoc("\n" + found.group(1))
        tag = f" \\tag{{{number}.{count}}}" if number else ""
        return f"```math\n{body}{tag}\n```"

    text = BLOCK.sub(shown, text)
    text = re.sub(r":math:`(.*?)`", lambda m: f"${' '.join(m.group(1).split())}$", text, flags=re.S)
    # Literals in double backticks, but not the fences of equations.
    return re.sub(r"(?<!`)``(?!`)", "`", text)


def _about(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".csv":
        return "columns " + lines[0].replace(",", ", ")
    comment = " ".join(line.lstrip("# ") for line in lines[: lines.index("")] if line != "#")
    return comment.partition(". ")[0].rstrip(".")
