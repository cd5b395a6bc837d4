"""Claims put to the test: arithmetic of verdicts, runs shared, the page, the command."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from analysis.claims import report, verdicts
from analysis.claims.ledger import Expectation, ledger
from analysis.experiments import experiment
from model.core.errors import InputError
from model.economy import World
from model.parameters import FACTS
from model.scenario import load
from model.setup import baseline

CLAIMS = ledger().claims
SIX = {name: CLAIMS[name] for name in ("A2", "B3", "C3", "C10", "C15", "D14")}


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Solving at every draw is not what is tested; the worlds run are noted."""
    constants = baseline.resolve(load("no_ban", ["economy.firms=150"]).parameters)
    monkeypatch.setattr(baseline, "resolve", lambda parameters: constants)
    runs: list[str] = []

    class Noted(World):
        def __init__(self, scenario: object, **given: object) -> None:
            super().__init__(scenario, **given)  # type: ignore[arg-type]
            runs.append(self.scenario_name)

    monkeypatch.setattr(experiment, "World", Noted)
    return runs


def test_six_claims_are_judged_and_worlds_are_run_once(solved: list[str]) -> None:
    found = verdicts.test(SIX, draws=2, firms=150)
    assert [verdict.identity for verdict in found] == ["B3", "C3", "C10", "C15", "D14"]
    by_name = {verdict.identity: verdict for verdict in found}
    assert by_name["C15"].verdict == "by construction"
    # B3 has two worlds; C3 and C10 the same two, of which one is drawn like B3's; C15 and D14 two.
    assert len(solved) < 2 * 2 * len(found)
    for verdict in found:
        assert verdict.effects.shape == (len(verdict.claim.expects), verdict.supported.size)
        assert 0.0 <= verdict.share <= 1.0 and verdict.share + verdict.against <= 1.0 + 1e-12
        assert not (verdict.supported & verdict.contradicted).any()
    text = report.markdown(SIX, found, "spillover claims test")
    for name in SIX:
        assert f"### {name}\n" in text
    assert "Cannot be tested" in text and "no verdict" in text and " nan" not in text
    json.dumps([verdicts.as_plain(verdict) for verdict in found], allow_nan=False)


@pytest.mark.slow
def test_an_effect_is_that_of_the_two_worlds_in_one_luck(solved: list[str]) -> None:
    # Another claim about the same two worlds sees the same effect, to the bit.
    other = CLAIMS["C10"].model_copy(update={"expects": CLAIMS["C3"].expects})
    verdict, same = verdicts.test({"C3": CLAIMS["C3"], "C10": other}, draws=2, firms=150, seed=5)
    assert np.array_equal(verdict.effects, same.effects)
    again = verdicts.test({"C3": CLAIMS["C3"]}, draws=2, firms=150, seed=5)[0]
    assert np.array_equal(verdict.effects, again.effects)
    porous = verdicts.test(
        {"C3": CLAIMS["C3"]}, draws=2, firms=150, seed=5, changes=["controls.porosity=1.0"]
    )[0]
    assert not np.array_equal(verdict.effects, porous.effects)


@pytest.mark.parametrize(
    ("share", "number", "verdict"),
    [(0.9, 48, "holds in most plausible worlds"), (0.1, 48, "fails in most plausible worlds"),
     (0.5, 48, "inconclusive"), (1.0, 3, "inconclusive")],
)  # fmt: skip
def test_a_verdict_needs_the_interval_on_one_side(share: float, number: int, verdict: str) -> None:
    supported = np.arange(number) < round(share * number)
    assert verdicts._verdict(supported, "", 0.0, math.nan) == verdict


def test_wilsons_interval() -> None:
    low, high = verdicts.wilson(0.5, 100)
    assert (low, high) == pytest.approx((0.4038, 0.5962), abs=2e-4)
    assert verdicts.wilson(1.0, 4)[0] == pytest.approx(4 / (4 + verdicts.Z**2))
    assert verdicts.wilson(0.0, 0) == (0.0, 1.0)


def test_the_break_even_is_where_support_turns() -> None:
    chance = np.random.default_rng(2)
    name = "spillover.half_distance"
    prior = FACTS["spillover", "half_distance"].prior
    assert prior is not None
    u = chance.random(400)
    turning = prior.quantile(0.3)
    supported = chance.random(400) < 1.0 / (1.0 + np.exp(-20.0 * (u - 0.3)))
    assert verdicts.break_even(name, u, supported) == pytest.approx(turning, rel=0.1)
    assert math.isnan(verdicts.break_even(name, u, np.ones(400, bool)))
    assert verdicts._verdict(
        np.arange(40) < 20, name, 0.6, turning
    ) == f"depends on {name}, above {turning:.3g}"  # fmt: skip


def test_effects_are_in_the_units_that_expectations_name() -> None:
    series = Expectation(of="race of us", at="2030-12", effect="rises", smallest=0.02)
    assert verdicts.effect_of(series, 0.5, 0.6) == pytest.approx(0.1)
    ratio = Expectation(of="price of us", at="2030-12", effect="rises", smallest=5.0, relative=True)
    assert verdicts.effect_of(ratio, 2.0, 4.0) == pytest.approx(100.0 * math.log(2.0))
    assert math.isnan(verdicts.effect_of(ratio, 0.0, 4.0))
    sums = Expectation(of="surplus_leader", at="2030-12", effect="rises")
    assert verdicts.effect_of(sums, 2.0, 4.0) == pytest.approx(100.0 * math.log(2.0))
    assert verdicts.unit_of(sums) == verdicts.unit_of(ratio) == "%"


def test_one_draw_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        verdicts.test(SIX, draws=1)
