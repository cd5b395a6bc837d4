"""No kernel reads or writes outside its arrays: small worlds with every index checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Roles that are empty, and as few of everybody as there may be.
CODE = """
from model.economy import World
from tests.worlds import TINY

for change in (
    {},
    {"discovery__chipmaker_systems_share": 0.0},
    {"discovery__chipmaker_systems_share": 1.0},
    {"discovery__application_algorithms_share": 0.0},
    {"discovery__application_algorithms_share": 1.0},
    {"economy__firms": 12},
    {"economy__firms": 16, "demography__entrants": 0.5, "demography__exit": 1.0},
    {"economy__blocs": ["us"]},
    {"economy__blocs": ["us", "china"]},
    {"spillover__strength": 0.0, "domestic__base": 0.0, "controls__porosity": 0.0},
):
    world = World("ban", rng=1, strict=True, **{**TINY, "economy__end": "2018-06", **change})
    print(change, world.run().last_month)
"""


@pytest.mark.slow
def test_no_index_leaves_its_array(tmp_path: Path) -> None:
    cache = {"NUMBA_BOUNDSCHECK": "1", "SPILLOVER_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env={**os.environ, **cache}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2018-06") == 10
