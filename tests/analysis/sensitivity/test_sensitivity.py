"""Indices against functions whose indices are known, boxes, phase diagrams, the command."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from analysis.experiments import designs
from analysis.experiments.designs import Factor
from analysis.experiments.effects import Values
from analysis.figures import style
from analysis.sensitivity import indices, phase_diagram, prim, prim_sentence
from model.core.errors import InputError
from tests.sweeping import done

if TYPE_CHECKING:
    from tests.conftest import Command

PI = math.pi


def ishigami(x: Values) -> Values:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


A = np.array([0.0, 1.0, 4.5, 9.0])


def sobol_g(x: Values) -> Values:
    return np.prod((np.abs(4 * x - 2) + A) / (1 + A), axis=1)


def of_g() -> tuple[Values, Values]:
    batches = 1.0 / (3.0 * (1 + A) ** 2)
    variance = np.prod(1 + batches) - 1
    return batches / variance, batches * np.prod(1 + batches) / (1 + batches) / variance


KNOWN = {
    "ishigami": (ishigami, (-PI, PI), 3, [0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]),
    "sobol_g": (sobol_g, (0.0, 1.0), 4, *map(list, of_g())),
}


@pytest.mark.parametrize("name", KNOWN)
def test_sobol_indices_are_those_known(name: str) -> None:
    function, (low, high), k, first, total = KNOWN[name]
    factors = [Factor(f"x{j}", "number", low, high) for j in range(k)]
    n = 4096
    places = designs.sample("saltelli", factors, n, seed=1)
    y = function(low + places * (high - low)).reshape(n, k + 2)
    names = [factor.name for factor in factors]
    found = indices.sobol(names, y[:, 0], y[:, -1], y[:, 1:-1].T)
    for index in found:
        truth = (first if index.kind == "first" else total)[int(index.factor[1:])]
        assert index.value == pytest.approx(truth, abs=0.02)
        assert index.low - 0.02 <= truth <= index.high + 0.02 and index.low <= index.high


def test_intervals_of_indices_hold_the_truth_as_often_as_they_say() -> None:
    function, (low, high), k, _, total = KNOWN["ishigami"]
    factors = [Factor(f"x{j}", "number", low, high) for j in range(k)]
    inside = tried = 0
    for seed in range(40):
        y = function(low + designs.sample("saltelli", factors, 256, seed) * (high - low))
        rows = y.reshape(256, k + 2)
        found = indices.sobol(["0", "1", "2"], rows[:, 0], rows[:, -1], rows[:, 1:-1].T, 199)
        for index in found[k:]:
            inside += index.low <= total[int(index.factor)] <= index.high
            tried += 1
    assert inside / tried > 0.85


def test_an_outcome_that_does_not_vary_has_no_indices() -> None:
    found = indices.sobol(["a"], np.ones(8), np.ones(8), np.ones((1, 8)))
    assert all(math.isnan(index.value) for index in found)


def test_morris_tells_slopes_and_what_does_nothing() -> None:
    factors = [Factor(f"x{j}", "number", 0.0, 1.0) for j in range(4)]
    places = designs.sample("morris", factors, 30, seed=2)
    x = places
    y = 3.0 * x[:, 0] - 2.0 * x[:, 1] + 4.0 * x[:, 2] * x[:, 0]
    found = indices.morris(["a", "b", "c", "d"], places.reshape(30, 5, 4), y.reshape(30, 5))
    value = {(index.factor, index.kind): index for index in found}
    assert value["b", "mu"].value == pytest.approx(-2.0)
    assert value["b", "mu*"].value == pytest.approx(2.0)
    assert value["b", "sigma"].value == pytest.approx(0.0, abs=1e-9)
    assert value["c", "sigma"].value > 0.5 and value["d", "mu*"].value == pytest.approx(0.0)
    assert value["a", "mu*"].low < value["a", "mu*"].value < value["a", "mu*"].high
    ranked = sorted((i for i in found if i.kind == "mu*"), key=lambda i: -i.value)
    assert ranked[0].factor == "a" and ranked[-1].factor == "d"


def test_morris_of_ishigami_ranks_as_total_indices_do() -> None:
    factors = [Factor(f"x{j}", "number", -PI, PI) for j in range(3)]
    places = designs.sample("morris", factors, 400, seed=1)
    y = ishigami(-PI + 2 * PI * places).reshape(400, 4)
    found = indices.morris(["0", "1", "2"], places.reshape(400, 4, 3), y)
    size = {index.factor: index.value for index in found if index.kind == "mu*"}
    assert min(size.values()) > 1.0  # none of them does nothing


def test_a_box_is_found_again_and_told_in_plain_words() -> None:
    chance = np.random.default_rng(3)
    x = chance.random((900, 3))
    word = chance.integers(0, 3, 900)
    cases = (x[:, 0] > 0.7) & (x[:, 1] < 0.4) & (word != 1)
    cases ^= chance.random(900) < 0.02
    columns = [
        prim.Column("domestic.base", x[:, 0]),
        prim.Column("controls.porosity", x[:, 1]),
        prim.Column("nothing", x[:, 2]),
        prim.Column("controls.degraded", word.astype(float), ("none", "designed", "record")),
    ]
    box = prim.find(columns, cases)
    assert box is not None
    limits = {limit.name: limit for limit in box.limits}
    assert set(limits) == {"domestic.base", "controls.porosity", "controls.degraded"}
    assert limits["domestic.base"].low == pytest.approx(0.7, abs=0.06)
    assert limits["controls.porosity"].high == pytest.approx(0.4, abs=0.06)
    assert set(limits["controls.degraded"].choices) == {"none", "record"}
    assert box.density > 0.75 and box.coverage > 0.5 and box.points == 300
    text = box.words("the gap grows")
    assert "domestic.base is at least 0." in text and "none or record" in text


def test_no_box_is_made_of_luck() -> None:
    chance = np.random.default_rng(4)
    found = [
        prim.find([prim.Column(f"x{j}", chance.random(200)) for j in range(5)],
                   chance.random(200) < 0.3)
        for _ in range(10)
    ]  # fmt: skip
    assert sum(box is not None for box in found) <= 5
    assert all(box is None or box.density < 0.65 for box in found)
    assert prim.find([prim.Column("x", chance.random(200))], np.ones(200, np.bool_)) is None


def scattered(size: int = 200, kind: str = "lhs") -> pd.DataFrame:
    chance = np.random.default_rng(5)
    x, y, other = chance.random((3, size))
    frame = pd.DataFrame(
        {
            "point": np.arange(size),
            "domestic.base": 0.1 + 0.4 * x,
            "controls.porosity": 0.6 * y,
            "controls.degraded": np.where(other > 0.5, "none", "record"),
            "replicate": 0,
            "horizon": "2030-12",
            "gap_effect": 0.6 * (0.55 - x * x - 0.4 * y) + 0.05 * (other - 0.5),
        }
    )
    frame.attrs = {"design": kind, "factors": list(frame.columns[1:4]), "replicates": 1}
    return frame


def test_a_phase_diagram_finds_the_line_of_no_effect(tmp_path: Path) -> None:
    frame = scattered()
    found = phase_diagram.phase(frame, "domestic.base", "controls.porosity", "gap_effect")
    assert found.fit is not None and found.fit > 0.9 and len(found.again) == phase_diagram.AGAIN
    x, y = np.meshgrid((found.x - 0.1) / 0.4, found.y / 0.6)
    truth = 0.6 * (0.55 - x * x - 0.4 * y)
    assert np.mean(np.sign(found.z) == np.sign(truth)) > 0.98
    with style.styled():
        sheet = phase_diagram.figure(found, "domestic.base", "controls.porosity", "gap", "2030-12",
                              ("ban", "no_ban"), ("The ban", "No ban"), "spillover")  # fmt: skip
        files = phase_diagram.save(sheet, tmp_path, "domestic.base", "controls.porosity", "gap")
    assert [file.suffix for file in files] == [".png"]
    for names in (("domestic.base", "controls.degraded"), ("domestic.base", "nothing"),
                  ("domestic.base", "domestic.base")):  # fmt: skip
        with pytest.raises(InputError, match="phase: "):
            phase_diagram.phase(frame, *names, "gap_effect")
    with pytest.raises(InputError, match="too few"):
        phase_diagram.phase(scattered(20), "domestic.base", "controls.porosity", "gap_effect")


def test_a_grid_is_drawn_as_it_is() -> None:
    rows = [(a, b, a - b) for a in (0.0, 0.5, 1.0) for b in (0.0, 0.5, 1.0)]
    frame = pd.DataFrame(rows, columns=["fleets.retirement", "controls.porosity", "gap_effect"])
    frame["point"] = range(9)
    frame.attrs = {"design": "grid", "factors": ["fleets.retirement", "controls.porosity"]}
    found = phase_diagram.phase(frame, "fleets.retirement", "controls.porosity", "gap_effect")
    assert found.fit is None and found.z[0, 2] == 1.0 and found.z[2, 0] == -1.0


def test_discovery_tells_where_an_effect_rises_and_falls() -> None:
    found = prim_sentence.discover(scattered(600), "gap")
    assert [box["case"] for box in found] == ["rises", "falls"]
    assert found[0]["density"] > found[0]["share"] and "domestic.base" in found[0]["words"]


def test_rank_correlations_and_luck_of_other_designs(tmp_path: Path) -> None:
    batches = done(tmp_path / "s", points=8, replicates=2, batch=8, against=None)
    table = indices.sensitivity(batches.folder)
    assert set(table["index"]) <= {"rank correlation", "total"}
    alone = indices.sensitivity(batches.folder, outcome="frontier")
    pd.testing.assert_frame_equal(
        alone, table[table["outcome"] == "frontier"].reset_index(drop=True)
    )
    with pytest.raises(InputError, match="did you mean 'frontier'"):
        indices.sensitivity(batches.folder, outcome="frontiers")
    chance = table[(table["factor"] == "chance") & (table["outcome"] == "frontier")]
    assert len(chance) == 1 and float(chance["value"].iloc[0]) == pytest.approx(1.0)  # no act yet


@pytest.mark.parametrize("name", ["saltelli", "morris"])
def test_the_command(spillover: Command, name: str) -> None:
    factors: dict[str, Any] = {
        "chance": {"low": 1, "high": 9}, "controls.porosity": {"low": 0.0, "high": 0.6},
    }  # fmt: skip
    batches = done(Path("s").absolute(), factors, design=name, points=4, batch=8)
    said = spillover("sensitivity", "s", "--outcome", "frontier")
    assert said.code == 0, said.err
    assert "chance" in said.out and "frontier" in said.out
    read = json.loads(spillover("sensitivity", "s", "--outcome", "frontier", "--json").out)
    of = {(row["outcome"], row["of"], row["factor"], row["index"]): row for row in read["indices"]}
    assert {row["outcome"] for row in read["indices"]} == {"frontier"}  # what is asked, no more
    main = "total" if name == "saltelli" else "mu*"
    assert of["frontier", "outcome", "chance", main]["value"] > 0.0
    assert ("frontier", "effect", "chance", main) in of
    porosity = of["frontier", "outcome", "controls.porosity", main]["value"]
    assert porosity == pytest.approx(0.0, abs=1e-6)  # no act is in force so early
    batches.path(0).unlink()
    said = spillover("sensitivity", "s")
    assert said.code == 3 and "unfinished" in said.err
    assert spillover("sensitivity", "s", "--unfinished").code == 0
    for words, hint in (
        (("s", "--outcome", "gaps"), "did you mean 'gap'"),
        (("s", "--unfinished", "--horizon", "2020-01"), "must be one of"),
        (("s", "--unfinished", "--phase", "a"), "two factors"),
        (("nowhere",), "no such folder"),
    ):
        said = spillover("sensitivity", *words)
        assert said.code == 2 and hint in said.err and len(said.err.splitlines()) == 1
