"""Kept arrays come back to the bit, or are made again."""

import os

import numpy as np
import pytest

from model.core import kept


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "{}",
        lambda text: "[0, 0, 0]",
        lambda text: "[" * 100_000,
        lambda text: text[:-4],
        lambda text: text.replace("1", "2", 1),
        lambda text: text.replace("[", "[NaN, ", 1),
    ],
)
def test_a_damaged_file_of_kept_rates_is_not_believed(tmp_path, damage):
    path, values = tmp_path / "arrival.json", np.array([11.5, 1.25, 0.1])
    kept.keep(path, "digest", values)
    assert np.array_equal(kept.read(path, "digest"), values)
    assert kept.read(path, "other") is None
    path.write_text(damage(path.read_text()))
    assert kept.read(path, "digest") is None
    assert os.listdir(tmp_path) == [path.name]


def test_an_array_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path)
    made = []

    def make():
        made.append(1)
        return np.array([[0.1, 2.0 / 3.0], [1e300, -0.0]])

    one, other = kept.kept("thing-0123", make), kept.kept("thing-0123", make)
    assert made == [1] and one.tobytes() == other.tobytes()
