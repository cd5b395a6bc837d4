"""Compiled kernels are kept by content, and what was damaged is thrown away and made again."""

import os
from pathlib import Path

import numba
import numpy as np
import pytest

from model.core import cache
from model.core.kernel_cache import DIGEST, KernelCache


def doubled(values):
    total = 0.0
    for value in values:
        total += 2.0 * value
    return total


def fresh(sources="sources"):
    """Return the function as a new process would meet it: nothing of it is compiled."""
    compiled = numba.njit(doubled, nogil=True)
    compiled._cache = KernelCache(doubled, sources)
    return compiled


def compilations(function):
    """Return how often the function had to be compiled when it was called, and its result."""
    result = function(np.array([1.0, 2.0]))
    return sum(function.stats.cache_misses.values()), result


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    assert compilations(fresh()) == (1, 6.0)
    (file,) = [path for path in tmp_path.rglob("doubled-*") if path.is_file()]
    return file


def test_what_was_compiled_once_is_loaded_by_the_next_process(kept):
    assert compilations(fresh()) == (0, 6.0)


def test_other_sources_are_compiled_for_themselves(kept):
    assert compilations(fresh("other sources")) == (1, 6.0)
    assert compilations(fresh()) == (0, 6.0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: content[:DIGEST],
        lambda content: os.urandom(len(content)),
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: content + b"\0",
        lambda content: b"x",
    ],
)
def test_a_damaged_file_is_made_again(kept, damage):
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert compilations(fresh()) == (1, 6.0)
    assert compilations(fresh()) == (0, 6.0)


def test_a_sound_file_of_something_else_is_made_again(kept):
    import hashlib
    import pickle

    other = pickle.dumps(("not", "a", "kernel"))
    kept.write_bytes(hashlib.sha256(other).digest() + other)
    assert compilations(fresh()) == (1, 6.0)


def test_a_folder_that_cannot_be_written_costs_only_the_compilation(tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setattr(cache, "cache_folder", lambda: Path(blocked))
    assert compilations(fresh()) == (1, 6.0)


def test_no_lock_and_no_half_file_is_left(kept):
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_whoever_wants_to_know_is_told_once(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    said = []
    monkeypatch.setattr(cache, "told", [lambda: said.append("compiles")])
    compilations(fresh())
    compilations(fresh("other sources"))
    assert said == ["compiles"]
