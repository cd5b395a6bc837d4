"""The walls of the house, read off the sources."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RULES = sorted(p for p in (ROOT / "model" / "mechanisms").rglob("*.py") if p.stem != "__init__")
# Kernels of a mechanism and what several mechanisms of a folder compute alike have no phase.
MECHANISMS = [
    p for p in RULES if not p.stem.endswith(("_kernels", "_cost")) and p.stem != "degraded"
]
MODEL = sorted((ROOT / "model").rglob("*.py"))
ANALYSIS = sorted((ROOT / "analysis").rglob("*.py"))
COMMANDS = sorted((ROOT / "commands").rglob("*.py"))
FACES = [
    p for p in COMMANDS if "typer" in p.read_text(encoding="utf-8")
]  # read before a command is known
STUDIES = sorted(p for room in ("studies", "benchmarks") for p in (ROOT / room).rglob("*.py"))
OURS = ("model", "analysis", "commands", "cli", "tests", "studies", "benchmarks")
HEAVY = {"numpy", "numba", "pandas", "matplotlib", "mesa", "pyarrow", "scipy", "networkx", "SALib"}
LONGEST = 450  # lines; a file that needs more stands here with its reason
LONG = {
    "model/mechanisms/ideas/spillover.py": "the parameters of eight channels stand together",
}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def modules(node):
    """Return the modules that a node imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative import"
        # from model.setup import baseline imports model.setup.baseline
        if (ROOT / node.module.replace(".", "/")).is_dir():
            return [f"{node.module}.{alias.name}" for alias in node.names]
        return [node.module]
    return []


def is_typing(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def walk(node, *, typing):
    """Yield the nodes below one, with or without what only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if is_typing(child) and not typing:
            continue
        yield child
        yield from walk(child, typing=typing)


def imports(path, *, typing=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {m for node in walk(tree, typing=typing) for m in modules(node)}


def ours(found):
    return {m for m in found if m.split(".")[0] in OURS}


def test_there_is_something_to_check():
    assert len(MECHANISMS) >= 8 and len(MODEL) > len(MECHANISMS)


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_a_mechanism_stands_on_the_state_and_on_kernels_beside_it_alone(path):
    found = ours(imports(path, typing=True))
    beside = {m for m in found if m.startswith("model.mechanisms.")}
    assert all(m.startswith(("model.core.", "model.state.")) for m in found - beside)
    here = path.parent.relative_to(ROOT).as_posix().replace("/", ".")
    for module in beside:
        room, _, name = module.rpartition(".")
        assert room == here and name.endswith(("_kernels", "_cost")), module


def source_of(module):
    path = ROOT / (module.replace(".", "/") + ".py")
    return path if path.is_file() else ROOT / module.replace(".", "/") / "__init__.py"


@pytest.mark.parametrize("path", MODEL, ids=name_of)
def test_the_model_knows_neither_analysis_nor_command(path):
    assert {m.split(".")[0] for m in ours(imports(path, typing=True))} <= {"model"}


@pytest.mark.parametrize("path", ANALYSIS, ids=name_of)
def test_analysis_does_not_know_the_command(path):
    assert {m.split(".")[0] for m in ours(imports(path, typing=True))} <= {"model", "analysis"}


def strings(path):
    """Return the text constants of a file; of f-strings the parts that are written there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is str]


@pytest.mark.parametrize("path", ANALYSIS, ids=name_of)
def test_analysis_names_no_flag_of_the_command(path):
    """Who calls it from Python has arguments, and never typed an option."""
    assert not [text for text in strings(path) if re.search(r"(^|[^\w-])--[a-z]", text)]


def files_of(module):
    """Return the file of a module, if it is one of ours."""
    path = ROOT / (module.replace(".", "/") + ".py")
    return {path} if path.is_file() else set()


@pytest.mark.parametrize("room", ["analysis", "commands", "studies"])
def test_no_file_stands_on_itself(room):
    """Imports for type checkers and inside functions count."""
    stands = {}
    for path in (ROOT / room).rglob("*.py"):
        found = set().union(*map(files_of, imports(path, typing=True)))
        stands[path] = {p for p in found if p.is_relative_to(ROOT / room)} - {path}
    while free := [path for path, below in stands.items() if not below & stands.keys()]:
        for path in free:
            del stands[path]
    assert not stands, f"in a circle: {', '.join(sorted(map(name_of, stands)))}"


def test_one_function_runs_paired_worlds():
    """Only ``experiment.paired`` makes worlds; other files of analysis name the class at most."""
    made = {
        name_of(path)
        for path in (*ANALYSIS, *STUDIES)
        if "model.economy" in imports(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("World", "economy.World")
    }
    alone = {  # one world, unpaired: a run for a notebook, the time of a month, speed, digests
        "analysis/experiments/python.py",
        "analysis/experiments/cost_estimate.py",
        "benchmarks/speed.py",
        "benchmarks/digest.py",
    }
    assert made - alone == {"analysis/experiments/experiment.py"}
    assert alone <= made


ROOMS = {"core": {"core"}, "state": {"core", "state"}, "measure": {"core", "state", "measure"}}


@pytest.mark.parametrize("room", ["core"])
def test_foundations_do_not_stand_on_what_stands_on_them(room):
    for path in sorted((ROOT / "model" / room).glob("*.py")):
        found = {m.split(".")[1] for m in ours(imports(path, typing=True))}
        assert found <= ROOMS[room], name_of(path)


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_every_draw_has_an_address(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert not {name for name in used if name.startswith(("np.random", "numpy.random"))}
    assert not imports(path) & {"random", "secrets", "numpy.random"}


@pytest.mark.parametrize("path", MECHANISMS, ids=name_of)
def test_mechanisms_tell_their_story_before_they_act(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert len(ast.get_docstring(tree) or "") > 200
    phases = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == path.stem
    ]
    assert len(phases) == 1
    told = ast.get_docstring(phases[0])
    assert "Reads" in told and "Writes" in told


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_blocs_are_data_and_no_rule_names_one(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    words = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert not words & {"us", "china", "allies", "others"}


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_commands_do_not_know_who_calls_them(path):
    found = {m.split(".")[0] for m in ours(imports(path, typing=True))}
    assert found <= {"model", "analysis", "commands"}


@pytest.mark.parametrize("path", [ROOT / "cli.py", *FACES], ids=name_of)
def test_the_command_imports_nothing_heavy_before_it_is_needed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_top = {m for node in tree.body if not is_typing(node) for m in modules(node)}
    sources = [ROOT / (module.replace(".", "/") + ".py") for module in ours(at_top)]
    while sources:
        source = sources.pop()
        for module in imports(source) if source.is_file() else ():
            if module not in at_top:
                at_top.add(module)
                sources.append(ROOT / (module.replace(".", "/") + ".py"))
    assert not {m for m in at_top if m.split(".")[0] in HEAVY}


@pytest.mark.parametrize(
    "path", [*MODEL, *ANALYSIS, *COMMANDS, *STUDIES, ROOT / "cli.py"], ids=name_of
)
def test_files_are_short_enough_to_read(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST or LONG.get(name_of(path)), f"{lines} lines ask to be divided"


def test_long_files_are_still_there():
    assert all((ROOT / name).is_file() and reason for name, reason in LONG.items())


def test_a_kernel_is_compiled_anew_after_an_edit_of_what_it_stands_on():
    from model.core.kernels import standing_on

    stands = {name_of(path) for path in standing_on(ROOT / "model/mechanisms/chips/fleets.py")}
    assert {
        "model/mechanisms/chips/chip_cost.py",
        "model/state/codes.py",
        "model/mechanisms/chips/fleets.py",
    } <= stands
    assert "model/mechanisms/firms/budgets.py" not in stands
    for path in MODEL:  # what is imported by any form of import at the head of a file is found
        heads = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ImportFrom)]
        named = {m for node in heads for m in modules(node) if m.startswith("model.")}
        files = {ROOT / (m.replace(".", "/") + ".py") for m in named}
        assert {f for f in files if f.is_file()} <= standing_on(path)
