"""Names of outputs that were changed: no old one is left, every new one is there."""

import tomllib
from pathlib import Path

import pytest

from model.measure.outcomes import OUTCOMES
from model.measure.recorder import SERIES
from model.measure.tables import tables_of
from model.state.codes import CHANNELS

RENAMED = tomllib.loads(
    Path(__file__).with_name("renamed.toml").read_text(encoding="utf-8"),
)


@pytest.fixture(scope="module")
def names(finished):
    world = finished("no_ban")
    tables = tables_of(world.fixed, world.state, world.record)
    return {
        "series": set(SERIES),
        "columns": {
            f"{name}.{column}" for name, table in tables.items() for column in table.column_names
        },
        "outcomes": set(OUTCOMES),
        "channels": set(CHANNELS),
    }


def test_the_map_knows_every_kind_of_output(names):
    assert set(RENAMED) == set(names)


@pytest.mark.parametrize("kind", ["series", "columns", "outcomes", "channels"])
def test_no_old_name_is_left_and_every_new_one_is_there(kind, names):
    assert not set(RENAMED[kind]) & names[kind]
    assert set(RENAMED[kind].values()) <= names[kind]


@pytest.mark.parametrize("kind", ["series", "columns", "outcomes", "channels"])
def test_no_two_names_become_one(kind):
    assert len(set(RENAMED[kind].values())) == len(RENAMED[kind])
