"""The page by the ODD protocol is complete: nothing of the model escapes it."""

import ast
import re
from pathlib import Path

import pytest

from analysis.reports import odd
from model.core.table import Table
from model.month import MONTH
from model.parameters import FACTS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def page():
    return odd.content()


def test_it_has_the_seven_parts_of_the_protocol_in_order(page):
    heads = re.findall(r"^## (\d)\. (.+)$", page, re.M)
    assert [number for number, _ in heads] == list("1234567")
    assert [name.split()[0] for _, name in heads] == [
        "Purpose", "Entities,", "Process", "Design", "Initialization", "Input", "Submodels",
    ]  # fmt: skip
    for concept in ("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning",
                    "Prediction", "Sensing", "Interaction", "Stochasticity", "Collectives",
                    "Observation"):  # fmt: skip
        assert f"**{concept}.**" in page


def test_every_parameter_column_and_phase_stands_in_it(page):
    submodels = page[page.index("## 7.") :]
    for group, name in FACTS:
        part = submodels[submodels.index(f"Parameters `{group}`") :]
        assert f"| `{name}` |" in part.partition("\n\nParameters")[0], (group, name)
    kinds = [kind for module in odd.TABLES for kind in vars(module).values()]
    tables = {k for k in kinds if isinstance(k, type) and issubclass(k, Table)} - {Table}
    assert len(tables) > 12
    for kind in tables:
        assert f"### {kind.__name__}\n" in page
    for phase in MONTH:
        assert f"| {phase.__name__} |" in page


def functions_of(path):
    """Return the names of the functions of a file and of the kernels beside it."""
    file = ROOT / path
    files = [file, file.with_name(f"{file.stem}_kernels.py")]
    trees = [ast.parse(f.read_text(encoding="utf-8")) for f in files if f.is_file()]
    return {n.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def test_every_equation_is_in_the_index_with_functions_that_exist(page):
    rows = odd.equations()
    assert len(rows) == page.count("\\tag{") > 20
    for number, names, path in rows:
        assert f"\\tag{{{number}}}" in page
        assert set(names) <= functions_of(path), (number, names)


def test_a_label_belongs_to_the_equation_above_it():
    text = (
        "Story.\n\n.. math:: a = b\n\nCode: ``one``, ``two``\n\nMore.\n\n.. math:: c = d\n\n"
        "No label.\n\n.. math::\n    e = f\n\nText.\n\nCode: ``three``\n"
    )
    assert odd.labels(text) == [("one", "two"), (), ("three",)]
    assert odd.labels("No equation.") == []


def test_no_mark_of_a_docstring_is_left(page):
    assert ":math:" not in page and ".. math" not in page
    assert not re.search(r"(?<!`)``(?!`)", page)
