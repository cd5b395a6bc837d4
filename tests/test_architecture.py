"""The walls of the house, read off the sources; each test names the files that break its wall."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES = sorted(p for p in (ROOT / "model" / "mechanisms").rglob("*.py") if p.stem != "__init__")
# Kernels of a mechanism and what several mechanisms of a folder compute alike have no phase.
MECHANISMS = [
    p for p in RULES if not p.stem.endswith(("_kernels", "_cost")) and p.stem != "degraded"
]
MODEL, ANALYSIS, COMMANDS, STUDIES, BENCHMARKS = (
    sorted((ROOT / room).rglob("*.py"))
    for room in ("model", "analysis", "commands", "studies", "benchmarks")
)
HOUSE = [*MODEL, *ANALYSIS, *COMMANDS, *STUDIES, *BENCHMARKS, ROOT / "cli.py"]
FACES = [p for p in COMMANDS if "typer" in p.read_text(encoding="utf-8")]  # read before a command
OURS = ("model", "analysis", "commands", "cli", "tests", "studies", "benchmarks", "spillover")
HEAVY = {"numpy", "numba", "pandas", "matplotlib", "mesa", "pyarrow", "scipy", "networkx", "SALib"}
LONGEST = 450  # lines of a file
MOST_ARGUMENTS = 12  # of a kernel


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


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


@cache
def imports(path, *, typing=False):
    return frozenset(m for node in walk(tree_of(path), typing=typing) for m in modules(node))


def ours(found):
    return {m for m in found if m.split(".")[0] in OURS}


def top(path):
    """Return the top-level rooms of ours that a file imports, for type checkers too."""
    return {m.split(".")[0] for m in ours(imports(path, typing=True))}


def files_of(module):
    """Return the file of a module, if it is one of ours."""
    path = ROOT / (module.replace(".", "/") + ".py")
    return {path} if path.is_file() else set()


def calls(path, *names):
    """Yield the calls of some functions in a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node


def strings(path):
    """Return the text constants of a file; of f-strings the parts that are written there."""
    found = (n.value for n in ast.walk(tree_of(path)) if isinstance(n, ast.Constant))
    return [value for value in found if type(value) is str]


def broken(paths, holds):
    """Return the names of the files for which something does not hold."""
    return [name_of(path) for path in paths if not holds(path)]


# Who may stand on whom ------------------------------------------------------------------------


def test_there_is_something_to_check():
    assert len(MECHANISMS) >= 20 and len(MODEL) > len(MECHANISMS)
    assert all([ANALYSIS, COMMANDS, STUDIES, BENCHMARKS, FACES])


def test_no_files_import_one_another_in_a_circle():
    """Imports for type checkers and inside functions count: one has to understand these too."""
    stands = {}
    for path in HOUSE:
        found = set().union(*map(files_of, imports(path, typing=True)))
        stands[path] = {p for p in found if p in set(HOUSE)} - {path}
    while free := [path for path, below in stands.items() if not below & stands.keys()]:
        for path in free:
            del stands[path]
    assert not stands, f"in a circle or above one: {', '.join(sorted(map(name_of, stands)))}"


def test_rooms_stand_on_those_below_them_alone():
    for paths, below in (
        (MODEL, {"model"}),
        (ANALYSIS, {"model", "analysis"}),
        (COMMANDS, {"model", "analysis", "commands"}),
        (STUDIES, {"model", "analysis", "studies"}),
    ):
        assert broken(paths, lambda path, below=below: top(path) <= below) == []


def test_core_knows_no_economy_and_the_state_no_rule():
    for room, below in (("core", {"core"}), ("state", {"core", "state"})):
        for path in (ROOT / "model" / room).glob("*.py"):
            found = {m.split(".")[1] for m in ours(imports(path, typing=True))}
            assert found <= below, name_of(path)


def test_a_mechanism_stands_on_the_state_and_on_kernels_beside_it_alone():
    for path in RULES:
        found = ours(imports(path, typing=True))
        beside = {m for m in found if m.startswith("model.mechanisms.")}
        other = [m for m in found - beside if not m.startswith(("model.core.", "model.state."))]
        assert not other, f"{name_of(path)}: {other}"
        here = path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for module in beside:
            room, _, name = module.rpartition(".")
            assert room == here and name.endswith(("_kernels", "_cost")), (
                f"{name_of(path)}: {module}"
            )


def test_a_mechanism_reads_its_own_parameters_and_what_is_shared():
    """What it needs of another group stands in ``fixed.shared``, seen in one place."""
    from model.parameters import GROUPS

    home = {kind.__name__: kind.__module__ for kind in GROUPS.values()}
    for path in RULES:
        module = name_of(path).removesuffix(".py").replace("/", ".")
        for call in calls(path, "fixed.of", "fixed.face", "fixed.by_bloc"):
            group = ast.unparse(call.args[0])
            assert home[group] == module, f"{name_of(path)} reads {group} of {home[group]}"
        assert "fixed.groups" not in path.read_text(encoding="utf-8"), name_of(path)


def test_what_is_shared_names_the_group_that_states_it_and_is_used():
    from model.parameters import GROUPS
    from model.state.fixed import Shared

    text = (ROOT / "model/state/fixed.py").read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in MODEL if path.name != "fixed.py")
    for name in Shared._fields:
        (comment,) = re.findall(rf"^    {name}: [^#\n]+# (.+)$", text, re.M)
        (group,) = re.findall(r"\((\w+)\)$", comment)
        assert group in GROUPS, f"{name}: {group}"
        assert re.search(rf"\bshared\.{name}\b", code), f"{name} is read by nobody"


# How a mechanism is written -------------------------------------------------------------------


def test_every_draw_has_an_address():
    for path in RULES:
        used = {ast.unparse(n) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Attribute)}
        assert not [n for n in used if n.startswith(("np.random", "numpy.random"))], name_of(path)
        assert not imports(path) & {"random", "secrets", "numpy.random"}, name_of(path)


def test_a_mechanism_has_a_story_and_one_phase_that_says_what_it_reads_and_writes():
    for path in MECHANISMS:
        assert len(ast.get_docstring(tree_of(path)) or "") > 200, name_of(path)
        (phase,) = (
            node
            for node in tree_of(path).body
            if isinstance(node, ast.FunctionDef) and node.name == path.stem
        )
        assert [arg.arg for arg in phase.args.args] == ["fixed", "state"], name_of(path)
        said = ast.get_docstring(phase) or ""
        assert "Reads" in said and "Writes" in said, name_of(path)


def test_blocs_are_data_and_no_rule_names_one():
    blocs = {"us", "china", "allies", "others"}
    assert broken(RULES, lambda path: not blocs & set(strings(path))) == []


def test_kernels_take_few_named_groups():
    long = [
        f"{name_of(path)}: {node.name} takes {len(node.args.args)} arguments"
        for path in MODEL
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and {"kernel", "helper"} & {ast.unparse(d) for d in node.decorator_list}
        and len(node.args.args) > MOST_ARGUMENTS
    ]
    assert long == []


def test_a_kernel_is_compiled_anew_after_an_edit_of_what_it_stands_on():
    from model.core.kernels import standing_on

    stands = {name_of(path) for path in standing_on(ROOT / "model/mechanisms/chips/fleets.py")}
    assert {
        "model/mechanisms/chips/chip_cost.py",
        "model/state/codes.py",
        "model/mechanisms/chips/fleets.py",
    } <= stands
    assert "model/mechanisms/ai/budgets.py" not in stands
    for path in MODEL:  # what is imported by any form of import at the head of a file is found
        heads = [n for n in tree_of(path).body if isinstance(n, ast.ImportFrom)]
        named = {m for node in heads for m in modules(node) if m.startswith("model.")}
        assert set().union(*map(files_of, named)) <= standing_on(path), name_of(path)


def test_the_wording_of_a_column_compiles_nothing_anew(tmp_path):
    from model.core.kernels import layout_digest

    folder = tmp_path / "state"
    folder.mkdir()
    text = (ROOT / "model/state/firms.py").read_text(encoding="utf-8")
    digests = []
    for this in (
        text,
        text.replace("researchers employed", "people employed in research"),
        text.replace('"f8", "firm", unit="persons"', '"f4", "firm", unit="persons"'),
        text.replace("    sector:", "    trade:"),
    ):
        (folder / "firms.py").write_text(this, encoding="utf-8")
        digests.append(layout_digest([folder / "firms.py"]))
    assert digests[0] == digests[1], "a column's meaning is no part of what is compiled"
    assert len(set(digests)) == 3, "its type and its name are"


def test_arrow_opens_no_path_by_itself():
    """It takes paths for addresses: only ``model.core.arrow`` hands it files, which are open."""
    takers = ("pq.read_table", "pq.write_table", "pq.ParquetFile", "pyarrow.csv.read_csv")
    for path in HOUSE:
        for call in calls(path, *takers):
            first = ast.unparse(call.args[1 if "write" in ast.unparse(call.func) else 0])
            assert first in {"file", "opened", "sink"}, f"{name_of(path)}: {ast.unparse(call)}"


# How the rest is written ----------------------------------------------------------------------


def test_files_are_short_enough_to_read():
    lines = {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in HOUSE}
    assert {name: n for name, n in lines.items() if n > LONGEST} == {}


def test_analysis_names_no_flag_of_the_command():
    """Who calls it from Python has arguments, and never typed an option."""
    flag = re.compile(r"(^|[^\w-])--[a-z]")
    assert broken(ANALYSIS, lambda path: not any(map(flag.search, strings(path)))) == []


def test_one_function_runs_paired_worlds():
    """Only ``experiment.paired`` makes worlds; other files of analysis name the class at most."""
    made = {
        name_of(path)
        for path in (*ANALYSIS, *STUDIES, *BENCHMARKS)
        if "model.economy" in imports(path) and any(calls(path, "World", "economy.World"))
    }
    alone = {  # one world, unpaired: a run for a notebook, the time of a month, speed, digests
        "analysis/experiments/python_interface.py",
        "analysis/experiments/cost_estimate.py",
        "benchmarks/speed.py",
        "benchmarks/digest.py",
    }
    assert made == {"analysis/experiments/experiment.py", *alone}


def test_the_command_imports_nothing_heavy_before_it_is_needed():
    for path in (ROOT / "cli.py", *FACES):
        head = {m for node in tree_of(path).body if not is_typing(node) for m in modules(node)}
        sources = set().union(*map(files_of, ours(head)))
        seen = set()
        while sources - seen:
            source = (sources - seen).pop()
            seen.add(source)
            head |= imports(source)
            sources |= set().union(*map(files_of, imports(source)))
        assert not {m for m in head if m.split(".")[0] in HEAVY}, name_of(path)
