"""What all studies share: how they are run."""

import ast
from pathlib import Path

import pytest

STUDIES = sorted((Path(__file__).resolve().parents[2] / "studies").glob("[a-z]*.py"))
RUN = [path for path in STUDIES if path.stem != "common"]


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_a_study_runs_under_its_own_name(path):
    """Workers import what it observes, and cannot import ``__main__``."""
    last = ast.parse(path.read_text(encoding="utf-8")).body[-1]
    assert isinstance(last, ast.If) and ast.unparse(last.test) == "__name__ == '__main__'"
    assert [ast.unparse(line) for line in last.body] == [f"start('studies.{path.stem}')"]


def test_there_are_studies():
    assert {"channels", "scarcity", "talent", "screening"} <= {path.stem for path in RUN}
