"""Only plain files are read: what could hold a reader for ever, or is a window, is refused."""

import os
import sys
import threading

import pytest

from analysis.experiments.specification import read
from model.core.errors import InputError
from model.core.toml import read_toml
from model.scenario import load


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe.toml"
    os.mkfifo(path)
    return path


def test_a_pipe_is_refused_at_once(pipe):
    for reader in (read_toml, read, load):
        with pytest.raises(InputError, match=r"no plain file|no scenario file"):
            reader(pipe)


def test_a_pipe_that_somebody_writes_is_refused_too(pipe):
    end = os.open(pipe, os.O_RDWR)  # a writer that says nothing would hold a reader
    try:
        with pytest.raises(InputError, match="no plain file"):
            read_toml(pipe)
    finally:
        os.close(end)


def test_a_device_and_a_folder_are_refused(tmp_path):
    for path in ("/dev/zero", "/dev/null", tmp_path):
        with pytest.raises(InputError, match=r"no plain file|cannot be read"):
            read_toml(type(tmp_path)(path))


@pytest.mark.skipif(sys.platform != "linux", reason="files of the system are Linux's")
@pytest.mark.parametrize("parent", ["/proc/kmsg", "/proc/self/environ", "/proc/version"])
def test_files_of_the_system_are_no_parents(parent, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "{parent}"\n')
    said: list[str] = []

    def check():
        try:
            load(path)
        except InputError as error:
            said.append(str(error))

    thread = threading.Thread(target=check, daemon=True)
    thread.start()
    thread.join(10.0)
    assert len(said) == 1 and "ends in .toml" in said[0]


def test_an_empty_file_says_so(tmp_path):
    path = tmp_path / "mine.toml"
    path.touch()
    with pytest.raises(InputError, match="is empty"):
        load(path)
