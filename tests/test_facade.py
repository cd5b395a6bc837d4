"""The one-file Python face: each of its names on a tiny world, and an import that costs little."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spillover
from tests import worlds

ROOT = Path(__file__).resolve().parents[1]
WORLD = {**worlds.SMALL, "economy__firms": 60, "economy__end": "2018-03"}
OVERRIDES = worlds.texts(WORLD)


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, spillover; print(sorted({'numpy', 'numba', 'mesa'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_its_names() -> None:
    assert set(dir(spillover)) == {"World", "run", "compare", "sweep", "load", "__version__"}
    assert spillover.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'worlds'"):
        spillover.worlds  # noqa: B018


def test_a_world_and_a_run_are_the_same() -> None:
    world = spillover.World("ban", rng=3, **WORLD).run()
    again = spillover.run("ban", 3, **WORLD)
    assert again.last_month == world.last_month == "2018-03"
    assert again.latest("frontier") == world.latest("frontier")
    assert spillover.run("ban", 3, "2018-01", **WORLD).last_month == "2018-01"


def test_effects() -> None:
    frame = spillover.compare("no_ban", "ban", "ban_tight", replicates=2, workers=1,
                              overrides=OVERRIDES)  # fmt: skip
    assert list(frame["b"].unique()) == ["ban", "ban_tight"] and set(frame["n"]) <= {0, 1, 2}
    with pytest.raises(ValueError, match="draws must be 'prior'"):
        spillover.compare("no_ban", "ban", draws="priors")


def test_a_sweep_and_its_folder(tmp_path: Path) -> None:
    rows = spillover.sweep(
        "ban", vary={"controls.porosity": (0.0, 0.6)}, against="no_ban", points=2, workers=1,
        out=tmp_path, overrides=OVERRIDES,
    )  # fmt: skip
    assert len(rows) == 2 and "gap_effect" in rows
    (folder,) = tmp_path.iterdir()
    assert spillover.load(folder).equals(rows)


@pytest.mark.parametrize(
    ("name", "value", "values"),
    [
        ("controls.porosity", np.linspace(0.0, 0.6, 3), (0.0, 0.3, 0.6)),
        ("controls.porosity", pd.Series([0.1, 0.2]), (0.1, 0.2)),
        ("controls.years_sooner", range(2), (0, 1)),
        ("controls.stockpiling", [np.bool_(False), np.bool_(True)], (False, True)),
        ("controls.stockpiling", pd.array([True, False]), (False, True)),  # in their own order
        ("controls.degraded", pd.Categorical(["none", "record"]), ("none", "record")),
        ("controls.years_sooner", (np.int64(0), np.int64(2)), (0, 2)),
        ("chance", (np.int64(1), np.float64(9.0)), (1, 9)),
        ("controls.porosity", {"low": np.float32(0.0), "high": Decimal(1)}, (0, 1)),
    ],
)
def test_factors_of_a_sweep_are_arrays_series_and_ranges(
    name: str, value: object, values: tuple[object, ...]
) -> None:
    from analysis.experiments.python_interface import specification_of

    entries = {"points": np.int64(2), "seed": np.int32(7), "against": "no_ban"}
    spec = specification_of("ban", {name: value}, {"economy.firms": np.int16(60)}, entries)
    (factor,) = spec.factors
    assert (factor.values or (factor.low, factor.high)) == values
    assert all(type(one) in (bool, int, float, str) for one in factor.values)
    assert (spec.points, spec.seed, spec.base.parameters.economy.firms) == (2, 7, 60)


def test_wrong_numbers_of_experiments_are_refused_before_anything_runs(tmp_path: Path) -> None:
    for words, said in (
        ({"replicates": "2"}, "replicates must be a whole number of at least 1, got '2'"),
        ({"replicates": 0}, "replicates must be a whole number of at least 1, got 0"),
        ({"workers": 0.5}, "workers must be a whole number of at least 1, got 0.5"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"overrides": [60]}, "overrides must be texts group.name=value, got 60"),
    ):
        with pytest.raises(ValueError, match=said):
            spillover.compare("no_ban", "ban", **words)
    with pytest.raises(ValueError, match="two scenarios at least"):
        spillover.compare("ban")
    with pytest.raises(ValueError, match=r"sweep\.points: must be a whole number, got 2\.5"):
        spillover.sweep("ban", points=np.float64(2.5), out=tmp_path)
    assert not any(tmp_path.iterdir())


def test_folders_of_runs_and_comparisons(tmp_path: Path) -> None:
    from analysis.experiments import comparison_folder
    from analysis.experiments.compare import compare
    from model.measure import run_folder
    from model.run import run
    from model.scenario import load

    worlds = [load(name, OVERRIDES) for name in ("no_ban", "ban")]
    result = run(worlds[1], 1)
    run_folder.write_run(tmp_path / "run", worlds[1], result.tables, result.about, None)
    tables = spillover.load(tmp_path / "run")
    assert {"world", "blocs", "models"} <= set(tables)
    comparison_folder.write(tmp_path / "two", compare(*worlds, replicates=2), figures=False)
    assert set(spillover.load(tmp_path / "two")["b"]) == {"ban"}
