"""What all studies share: how they are run."""

import ast
from pathlib import Path

import pytest

from studies import common

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


def test_a_page_that_cannot_be_written_is_found_out_before(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    for page in (tmp_path, tmp_path / "file" / "page.md"):
        monkeypatch.setattr("sys.argv", ["study", "--page", str(page)])
        with pytest.raises(SystemExit):
            common.options("studies.talent", "A study.", 8)
        assert str(tmp_path) in capsys.readouterr().err
