"""Where results go: found out before computing, and kept whatever figures do."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from analysis.reports import markdown
from model.core.arrow import read_table, write_table
from model.core.errors import InputError
from model.core.place import expanded
from model.measure import run_folder
from model.measure.run_folder import Refused, folder_name, plain, probe, write_folder


def fill(place):
    (place / "table").write_text("rows")


@pytest.mark.parametrize("name", ["v2:final", "run-21:30", "s3:b", "file:x", "a:b%zz", "数据"])
def test_a_table_is_read_from_a_path_with_any_letters(tmp_path, monkeypatch, name):
    """Arrow alone takes them for addresses, escapes and columns."""
    monkeypatch.chdir(tmp_path)
    folder = Path(name)
    folder.mkdir()
    content = pa.table({"x": [1, 2]})
    write_table(content, folder / f"{name}.parquet")
    assert read_table(folder / f"{name}.parquet").equals(content)
    assert read_table(folder / f"{name}.parquet", ["x"], [("x", "==", 2)]).num_rows == 1


@pytest.mark.parametrize("letter", ["a", "é", "禁"])
def test_a_name_too_long_is_cut_and_told_apart(tmp_path, letter):
    one, other = (folder_name(letter * 200 + end, "1-abcdef01") for end in ("x", "y"))
    assert one != other and one.endswith("-1-abcdef01")
    for name in (one, other):
        probe(tmp_path / name)
        write_folder(tmp_path / name, fill)
    assert len(list(tmp_path.iterdir())) == 2
    assert folder_name("ban", "1-abcdef01") == "ban-1-abcdef01"


def test_what_cannot_be_written_is_found_out_before(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    deep = tmp_path.joinpath(*["d" * 200] * 25)  # a path longer than systems take
    for folder, why in (
        (tmp_path / "file" / "run", "Not a directory|File exists"),
        (tmp_path / "link", "leads nowhere"),
        (tmp_path / ("n" * 250), "too long.*its own name"),
        (deep / "run", "too long"),
        (Path("/proc/runs/run"), "cannot be written"),
    ):
        with pytest.raises(Refused, match=why):
            probe(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_probe_leaves_nothing_and_does_what_is_done_at_the_end(tmp_path):
    probe(tmp_path / "runs" / "deep" / "one")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "runs").mkdir()
    probe(tmp_path / "runs" / "one")
    assert list((tmp_path / "runs").iterdir()) == []  # there before, and kept


def test_who_tries_does_not_take_the_folder_from_who_writes(tmp_path, monkeypatch):
    """Another process may remove the empty folder above just when it is used."""
    real, calls = run_folder.tempfile.mkdtemp, []

    def mkdtemp(**more):
        calls.append(more)
        if len(calls) == 1:
            (tmp_path / "runs").rmdir()
        return real(**more)

    monkeypatch.setattr(run_folder.tempfile, "mkdtemp", mkdtemp)
    write_folder(tmp_path / "runs" / "one", fill)
    assert len(calls) == 2 and (tmp_path / "runs" / "one" / "table").is_file()


def test_tables_are_kept_whatever_figures_do(tmp_path):
    def draw(place):
        (place / "figures").mkdir()
        (place / "figures" / "half.png").write_text("half")
        raise RuntimeError("no such font")

    why = write_folder(tmp_path / "run", fill, draw)
    assert "no such font" in why
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["table"]
    assert write_folder(tmp_path / "fine", fill, lambda place: None) is None


def test_an_interrupt_while_figures_are_drawn_keeps_the_tables_too(tmp_path):
    def draw(place):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "run", fill, draw)
    assert (tmp_path / "run" / "table").read_text() == "rows"


def test_home_is_what_it_stands_for(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded(Path("~/r"), "--out") == tmp_path / "r"
    assert expanded(Path("a~b"), "--out") == Path("a~b")
    with pytest.raises(InputError, match=r"nobody's home.*\./~nosuchuser"):
        expanded(Path("~nosuchuser/r"), "--out")


def test_a_page_is_tried_before_and_not_made(tmp_path):
    markdown.probe(tmp_path / "page.md")
    assert list(tmp_path.iterdir()) == []
    for page in (tmp_path, tmp_path / "nowhere" / "page.md", tmp_path / ("p" * 254)):
        with pytest.raises(Refused, match="page"):
            markdown.probe(page)


@pytest.mark.parametrize("name", ["../up", "a/b", "", "a\x1b[31m", "x\0y", 7, "y" * 300])
def test_a_name_that_leads_elsewhere_is_none(name):
    with pytest.raises(ValueError, match="cannot be part of a file's name"):
        plain([name])
    assert plain(["controls.porosity", "芯片"]) == ["controls.porosity", "芯片"]


def test_figures_that_are_a_link_out_of_the_folder_are_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "run" / "figures")
    with pytest.raises(Refused, match="leads out of"):
        run_folder.inside(tmp_path / "run" / "figures", tmp_path / "run")
    run_folder.inside(tmp_path / "elsewhere", tmp_path / "run")  # asked for by name
