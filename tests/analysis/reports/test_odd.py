"""The page by the ODD protocol is current, and nothing of the model escapes it."""

import re

import pytest

from analysis.reports import odd
from model.core.table import Table
from model.month import MONTH
from model.parameters import FACTS


@pytest.fixture(scope="module")
def page():
    return odd.content()


def test_the_page_is_current(page):
    assert odd.PAGE.read_text(encoding="utf-8") == page, (
        "write it anew: python -m analysis.reports.odd"
    )


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


def test_every_equation_is_in_the_index_with_functions_that_exist(page):
    rows = odd.equations()
    assert len(rows) == page.count("\\tag{") > 20
    assert {number.partition(".")[0] for number, _, _ in rows} == set(odd.EQUATIONS)
    for number, names, path in rows:
        assert f"\\tag{{{number}}}" in page
        assert set(names) <= odd.functions_of(path), (number, names)


def test_no_mark_of_a_docstring_is_left(page):
    assert ":math:" not in page and ".. math" not in page
    assert not re.search(r"(?<!`)``(?!`)", page)
