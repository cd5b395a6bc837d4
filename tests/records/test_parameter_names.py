"""The table of parameter names before and after the rebuild leads to parameters that exist."""

import tomllib
from pathlib import Path

from model.parameters import FACTS

NAMES = tomllib.loads(Path(__file__).with_name("parameter_names.toml").read_text())["names"]


def test_old_names_lead_to_todays_one_to_one():
    today = {f"{group}.{name}" for group, name in FACTS}
    assert set(NAMES.values()) <= today
    assert not set(NAMES) & today
    assert len(set(NAMES.values())) == len(NAMES) > 0
    assert list(NAMES) == sorted(NAMES)
