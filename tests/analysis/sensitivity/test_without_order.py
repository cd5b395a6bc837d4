"""Choices and seeds are no numbers: what is said of them has no order, no sign and no scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis.experiments import designs
from analysis.experiments.designs import Factor
from analysis.experiments.plan import Plan
from analysis.sensitivity import indices, phase_diagram
from model.core.errors import InputError

SWITCH = Factor("controls.stockpiling", "choice", values=(False, True))
NUMBER = Factor("controls.porosity", "number", 0.0, 0.6)
WHOLE = Factor("controls.years_sooner", "integer", 0.0, 1.0)
SOME = Factor("economy.prehistory", "integer", 2.0, 6.0)
LOG = Factor("spillover.strength", "number", 0.01, 1.0, log=True)
LEVELS = Factor("domestic.base", "choice", values=(0.1, 0.2, 0.5))
WORDS = Factor("controls.degraded", "choice", values=("designed", "none", "record"))
CHANCE = Factor("chance", "integer", 1.0, 1000.0)


def told(
    design: str, factors: tuple[Factor, ...], points: int, y: Any
) -> dict[tuple[str, str], indices.Index]:
    """Return the indices of a design over factors, of y as a function of their values."""
    places = designs.sample(design, factors, points, seed=1)
    plan = Plan(factors, places, {}, len(places))
    values = [y(**{f.name.split(".")[-1]: plan.value(n, k) for k, f in enumerate(factors)})
              for n in range(len(places))]  # fmt: skip
    frame = pd.DataFrame({"point": range(len(places)), "replicate": 0, "gap": values})
    kinds = {f.name: {"low": None if f.kind == "choice" else f.low,
                      "high": None if f.kind == "choice" else f.high, "log": f.log}
             for f in factors}  # fmt: skip
    about = {"factors": [f.name for f in factors], "design": design, "replicates": 1,
             "points": len(places), "kinds": kinds}  # fmt: skip
    found, _ = indices.indices(plan.table(), frame, "gap", about)
    return {(index.factor, index.kind): index for index in found}


def test_a_switch_and_a_number_with_the_same_effect_have_the_same_size() -> None:
    found = told(
        "morris", (SWITCH, NUMBER, WHOLE, SOME, LOG, LEVELS), 12,
        lambda stockpiling, porosity, years_sooner, prehistory, strength, base: (
            3.0 * stockpiling + 3.0 * porosity / 0.6 + 3.0 * years_sooner
            + 3.0 * (prehistory - 2) / 4.0 + 3.0 * np.log(strength / 0.01) / np.log(100.0)
            - 3.0 * (base - 0.1) / 0.4
        ),
    )  # fmt: skip
    for factor in (SWITCH, NUMBER, WHOLE, SOME, LOG, LEVELS):
        sign = -1.0 if factor is LEVELS else 1.0
        assert found[factor.name, "mu*"].value == pytest.approx(3.0)
        assert found[factor.name, "mu"].value == pytest.approx(3.0 * sign)
        assert found[factor.name, "sigma"].value == pytest.approx(0.0, abs=1e-9)


def test_words_and_seeds_have_a_size_and_no_sign_in_a_morris_design() -> None:
    size = {"designed": 0.0, "none": 2.0, "record": 2.0}
    found = told(
        "morris", (WORDS, CHANCE, NUMBER), 30,
        lambda degraded, chance, porosity: size[degraded] + (chance % 2) + porosity,
    )  # fmt: skip
    for name in (WORDS.name, "chance"):
        assert {kind for factor, kind in found if factor == name} == {"mu*"}
    assert found[WORDS.name, "mu*"].value == pytest.approx(4.0 / 3.0)  # the mean over all pairs
    assert 0.2 < found["chance", "mu*"].value < 0.8
    assert found[NUMBER.name, "mu"].value == pytest.approx(0.6)


ORDERS = [("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")]


@pytest.mark.parametrize("effect", [(0.0, 1.0, 0.0), (2.0, 0.0, 1.0), (0.0, 0.0, 0.0)])
def test_shares_of_choices_do_not_depend_on_their_names(effect: tuple[float, ...]) -> None:
    chance = np.random.default_rng(3)
    group, noise = chance.integers(0, 3, 60), chance.normal(size=60)
    y = np.array(effect)[group] * 5.0 + noise
    found = [
        indices.rank_share("scenario", np.array([order.index("abc"[g]) for g in group]), y)
        for order in ORDERS
    ]
    assert found[0] == found[1] == found[2]
    (one, *_) = found
    assert one.kind == "share of rank variance" and 0.0 <= one.low <= one.value <= one.high <= 1.0
    assert one.value > 0.6 if any(effect) else one.low == 0.0


def test_choices_that_do_nothing_have_no_share_beyond_chance() -> None:
    chance, above = np.random.default_rng(4), 0
    for _ in range(40):
        found = indices.rank_share("x", chance.integers(0, 4, 40), chance.normal(size=40), 199)
        above += found.low > 0.0
    assert above <= 6


def test_a_hypercube_gives_choices_a_share_numbers_a_sign_and_seeds_nothing() -> None:
    size = {"designed": 1.0, "none": 0.0, "record": 1.0}
    found = told("lhs", (WORDS, NUMBER, SWITCH, LEVELS, CHANCE), 64,
                 lambda degraded, porosity, stockpiling, base, chance: (
                     size[degraded] - porosity + 0.3 * stockpiling - base))  # fmt: skip
    assert found[WORDS.name, "share of rank variance"].value > 0.3
    assert found[NUMBER.name, "rank correlation"].value < 0.0
    assert found[SWITCH.name, "rank correlation"].value > 0.0
    assert found[LEVELS.name, "rank correlation"].value < 0.0
    assert not [name for name, _ in found if name == "chance"]
    assert (WORDS.name, "rank correlation") not in found


def test_seeds_that_points_share_have_a_share() -> None:
    few = Factor("chance", "integer", 1.0, 4.0)
    noise = np.random.default_rng(1).normal(size=5)
    found = told("grid", (few, NUMBER), 5, lambda chance, porosity: noise[chance] + 0.1 * porosity)
    assert found["chance", "share of rank variance"].value > 0.8


def test_a_phase_diagram_refuses_seeds_and_words() -> None:
    chance = np.random.default_rng(2)
    frame = pd.DataFrame({"point": range(40), "chance": chance.integers(1, 9, 40),
                          "controls.porosity": chance.random(40),
                          "gap_effect": chance.random(40)})  # fmt: skip
    frame.attrs = {"design": "lhs", "factors": ["chance", "controls.porosity"], "replicates": 1}
    for names in (("chance", "controls.porosity"), ("controls.porosity", "chance")):
        with pytest.raises(InputError, match="phase: chance holds seeds"):
            phase_diagram.phase(frame, *names, "gap_effect")


def test_codes_of_a_table_of_points_are_those_of_its_words() -> None:
    one = pa.table({"scenario": ["b", "a", "b"]})
    other = pa.table({"scenario": ["no_ban", "ban", "no_ban"]})
    assert list(indices._codes(one, "scenario")) == list(indices._codes(other, "scenario"))
