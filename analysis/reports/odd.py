"""The model by the ODD protocol (Grimm et al. 2020), written from its own records.

``python -m analysis.reports.odd`` writes ``docs/odd.md``: state variables from the columns of the
tables, the schedule from the month, submodels from the docstrings and parameters of the mechanisms.
What no record holds (purpose, design concepts) stands here. A test keeps the page current.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

from analysis.reports.parameters import NO_UNIT, plain
from model.controls import degraded_chips
from model.core.table import Table
from model.measure.outcomes import OUTCOMES
from model.month import MONTH
from model.parameters import FACTS, GROUPS
from model.setup import initial_state
from model.state import ai_market, application_firms, blocs, chips, firms, knowledge, labs, places

PAGE = Path(__file__).resolve().parents[2] / "docs" / "odd.md"
SEEDS = Path(__file__).resolve().parents[2] / "seeds"
TABLES = (places, firms, labs, knowledge, blocs, chips, ai_market, application_firms)
BLOCK = re.compile(r"\.\. math::\s*\n?(.*?)(?=\n\S|\n\n(?! )|\Z)", re.S)

# Which functions an equation stands in, by module and the equation's place in its docstring.
EQUATIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "adoption": (("_take_up",),),
    "applications": (("applications",),),
    "fleets": (("_add_up_performance",),),
    "demography": (("_entrants",),),
    "discovery": (("discovery",),),
    "domestic": (("_make",),),
    "budgets": (("_means",), ("_means",), ("means",)),
    "labour": (("labour",),),
    "market": (("market",), ("market",)),
    "materials": (("_bear_shortage",),),
    "places": (("_price",), ("_research",)),
    "release": (("_weigh",),),
    "appropriability": (("_experience",),),
    "rivalry": (("_stakes",), ("_answers",)),
    "scarcity": (("_experiment",), ("_direct",)),
    "sectors": (("sectors",),),
    "spillover": (("_learn",),),
    "supply": (("_produce",),),
    "training": (("_train", "capability_of"),),
    "degraded_chips": (("designed", "value"),),
}

PURPOSE = """\
The model asks what bans on chips do when knowledge spreads through clusters of firms and models of
artificial intelligence are released in the open. It is meant for *comparing worlds*: the same luck
runs the world with and without a rule, and the difference, with its uncertainty, is the answer. It
is no forecast, and levels (of capability, prices, profits) are worth less than differences.

Patterns by which it is judged useful, none of which is written in: S-curves of ideas; productivity
of research that falls with distance; a follower's share of chips that falls by what rules bar and
rises by what leaks; prices of a given capability that fall; adoption by large firms first. Which
recorded figures it was set by, and which it was only compared with: `seeds/targets.toml`.
"""

CONCEPTS = {
    "Basic principles": "Ideas are found in a latent catalogue that exists before anybody finds "
    "them, and are learned from others through named channels; absorption takes research of one's "
    "own (Cohen and Levinthal 1990). Scarce compute turns research by an elasticity of "
    "substitution. Shares of markets are logit. Every effect comes with an arithmetic benchmark, "
    "what the loss of compute alone would make.",
    "Emergence": "The gap between blocs, lags, S-curves, prices, concentration, who leads in which "
    "sector, and whether scarcity breeds efficiency, all emerge. Growth of the leader's best lab "
    "over the first three reported years does not: it is what rates are normalised by.",
    "Adaptation": "Labs divide people and compute by how scarce compute is, choose when to open "
    "models, and how much to spend on research by the lead they experience and the rivals they "
    "see. Firms take up models where it pays; buyers choose chips under rules and around them; "
    "vendors make weaker chips just below a threshold; people move to better pay.",
    "Objectives": "Labs price for profit and weigh the rent of a closed lead against what openness "
    "brings; users and buyers choose by utility or by FLOP/s a dollar. Nobody solves a dynamic "
    "programme.",
    "Learning": "Ideas are learned one by one, each once; labs learn how long their ideas stay "
    "theirs. No rule of behaviour is learned.",
    "Prediction": "Buyers know of announced bars and buy ahead of them. Otherwise agents go by "
    "what was.",
    "Sensing": "Within a month all read the state at its phase's start. A lab sees rivals as far "
    "as exchange between blocs goes; observers of the gap see the follower with a delay.",
    "Interaction": "Talk, suppliers, moves of people, partners, publications, open weights; "
    "markets for chips, models, products and researchers; rules and answers of governments.",
    "Stochasticity": "Every draw has an address (seed, purpose, month, key, counter) and none "
    "comes from a stream, so that twins share the luck of all that does not differ "
    "(`model/core/randomness.py`).",
    "Collectives": "Firms belong to places, places to blocs; users are segments of a bloc.",
    "Observation": "By month and bloc (`model/measure/recorder.py`), every acquisition of an "
    "idea by "
    "channel and source, every model, on request every event. Outcomes were fixed before any "
    "experiment (`model/measure/outcomes.py`).",
}


def content() -> str:
    """Return the page as it should be."""
    parts = [
        "# The model by the ODD protocol",
        "Overview, design concepts, details (Grimm et al. 2020, Journal of Artificial Societies "
        "and Social Simulation 23(2) 7). Written by `python -m analysis.reports.odd` from the "
        "docstrings, "
        "columns and parameters of the code; what is wrong here is wrong there.",
        "## 1. Purpose and patterns",
        PURPOSE.rstrip(),
        "Outcomes, fixed before any experiment:",
        _table(
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
        "Phases run in this order; inside a phase everything reads the state at the phase's start, "
        "so that the order of firms never matters.",
        _table(
            ["", "phase", "what happens", "module"],
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
        "No series drives the model but what stands in these tables (sources and marks in the "
        "files):",
        _table(
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
        _table(
            ["equation", "functions", "module"],
            [
                [number, ", ".join(f"`{f}`" for f in names), f"`{path}`"]
                for number, names, path in equations()
            ],
        ),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def equations() -> list[tuple[str, tuple[str, ...], str]]:
    """Return number, functions and file of every displayed equation of the mechanisms.

    Raises ``KeyError`` or ``ValueError`` where the list of functions misses one.
    """
    rows = []
    for module in _modules():
        name = module.__name__.rpartition(".")[2]
        blocks = BLOCK.findall(inspect.getdoc(module) or "")
        if blocks:
            for n, (_, names) in enumerate(zip(blocks, EQUATIONS[name], strict=True), 1):
                rows.append((f"{name}.{n}", names, _path(module)))
    return rows


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
                    _table(["variable", "a value for each", "unit", "meaning"], rows),
                ]
    return parts


def _submodels() -> list[str]:
    parts = []
    written: set[str] = set()
    for module in _modules():
        name = module.__name__.rpartition(".")[2]
        parts += [f"### {name}", _markdown(inspect.getdoc(module) or "", name)]
        for group, kind in GROUPS.items():
            if kind.__module__ == module.__name__:
                written.add(group)
                parts += [f"Parameters `{group}` — {_first(kind.__doc__)}", _parameters(group)]
    rest = [group for group in GROUPS if group not in written]
    parts += ["### Cast and observer"]
    for group in rest:
        parts += [f"Parameters `{group}` — {_first(GROUPS[group].__doc__)}", _parameters(group)]
    return parts


def _parameters(group: str) -> str:
    rows = []
    for (own, name), record in FACTS.items():
        if own == group:
            default = GROUPS[group].model_fields[name].default
            shown = plain(default) if not isinstance(default, list) else str(default)
            prior = record.prior
            drawn = f"{type(prior).__name__} {prior.low:g} to {prior.high:g}" if prior else ""
            unit = "" if record.unit in NO_UNIT else record.unit
            kind = record.kind + (", lever" if record.lever else "")
            rows.append([f"`{name}`", shown, unit, drawn, kind, record.source, record.doc])
    return _table(["name", "default", "unit", "prior", "kind", "source", "meaning"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])


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


def functions_of(path: str) -> set[str]:
    """Return the names of the functions of a file of the project, by its path from the root."""
    tree = ast.parse((PAGE.parents[1] / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


if __name__ == "__main__":
    PAGE.write_text(content(), encoding="utf-8")
