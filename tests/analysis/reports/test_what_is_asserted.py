"""Texts assert what can be distinguished from chance, and say what they leave out."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analysis.claims import verdicts
from analysis.experiments import comparison_folder
from analysis.experiments.compare import Comparison
from analysis.experiments.effects import AT_LEAST, AT_MOST, EXACT, UNKNOWN, Bounds, median_of
from analysis.experiments.imposers_cost import cost_sentence, imposers_cost
from analysis.experiments.prior_draws import Draws
from analysis.reports.prior_draws import markdown
from analysis.reports.summary_sentences import sentences
from analysis.reports.terminal_tables import compare_notes, compare_rows, run_rows
from model.measure.outcomes import CENSORED, OUTCOMES
from model.scenario import load
from studies import readme

MONTH = "2030-12"
NAMES = [*OUTCOMES, *(f"{name}_censored" for name in CENSORED)]


def comparison(draws: bool = False, **effects: Any) -> Comparison:
    """Return pairs of one month with these effects by outcome; all else differs by nothing."""
    n = len(next(iter(effects.values())))
    level = np.linspace(10.0, 11.0, n)[:, None]
    a = {name: level if name in OUTCOMES else np.zeros((n, 1)) for name in NAMES}
    b = {**a, **{name: level + np.array(x)[:, None] for name, x in effects.items()}}
    runs = [SimpleNamespace(tables={}, content=str(k)) for k in range(n)]
    others = [SimpleNamespace(tables={}, content=f"b{k}") for k in range(n)]
    drawn = Draws(["spillover.strength"], np.linspace(0.1, 0.9, n)[:, None], 0, {})
    compute = {"a": level, "b": level}
    return Comparison(
        load("no_ban"), load("ban"), 1, [MONTH], {"a": a, "b": b}, compute, np.array([1.0]),
        {"a": runs, "b": others}, 0.0, drawn if draws else None,  # type: ignore[dict-item]
    )  # fmt: skip


NOISE = [0.4, -0.3, 0.2, -0.5, 0.3, 0.1, -0.2, 0.15]
CLEAR = [0.4, 0.3, 0.2, 0.5, 0.3, 0.1, 0.2, 0.15]


@pytest.mark.parametrize("draws", [False, True])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_effect_of_chance_has_no_direction(draws: bool, sign: float) -> None:
    noise = sentences(comparison(draws, gap=sign * np.array(NOISE)))[0]
    assert "cannot be distinguished from zero" in noise
    assert "further behind" not in noise and "closer to" not in noise
    clear = sentences(comparison(draws, gap=sign * np.array(CLEAR)))[0]
    assert ("further behind" if sign > 0 else "closer to") in clear
    assert "months" not in clear or "widens by 0.0" not in clear


def test_months_are_said_where_they_are_clear_and_one_pair_is_said_to_be_one() -> None:
    both = sentences(comparison(gap=CLEAR, scaled_gap=10.0 * np.array(CLEAR)))[0]
    assert "the gap widens by" in both
    noise = sentences(comparison(gap=CLEAR, scaled_gap=10.0 * np.array(NOISE)))[0]
    assert "further behind" in noise and "widens" not in noise
    assert sentences(comparison(gap=[0.3]))[0].startswith("In one pair of runs, at the end of 2030")


def test_parameters_that_do_not_stand_out_are_not_named() -> None:
    third = sentences(comparison(True, gap=NOISE))[2]
    assert "stands out" in third and "spillover.strength" not in third
    n = 40
    slope = comparison(True, gap=np.linspace(0.1, 0.9, n))
    assert "spillover.strength" in sentences(slope)[2]


COSTS: dict[str, Any] = {
    # losses, months: whether a loss is said, whether a month has a price
    "both clear": ([-3.0, -2.0, -4.0, -3.0], [5.0, 6.0, 5.0, 4.0], True, True),
    "noisy months": ([-3.0, -2.0, -4.0, -3.0], [25.0, -16.0, 9.0, -8.0], True, False),
    "noisy losses": ([-30.0, 20.0, 25.0, -28.0], [5.0, 6.0, 5.0, 4.0], False, False),
    "one pair": ([-3.0], [5.0], True, False),
}


@pytest.mark.parametrize("case", COSTS)
def test_a_month_has_a_price_where_loss_and_months_are_clear(case: str) -> None:
    surplus, months, loss, price = COSTS[case]
    found = imposers_cost(comparison(surplus_leader=surplus, scaled_gap=months), MONTH)
    said = cost_sentence({"imposers_cost": [found], "replicates": len(months)})
    assert (found["a_month"] is not None) is price is ("for a month of gap" in said)
    assert ("cannot be distinguished from zero, so that no month" not in said) is loss


def test_dropped_pairs_of_the_cost_are_said() -> None:
    months = [5.0, 6.0, math.nan, 4.0]
    found = imposers_cost(comparison(surplus_leader=[-3.0, -2.0, -400.0, -3.0], scaled_gap=months),
                          MONTH)  # fmt: skip
    assert found["n"] == 3 and found["loss"] == pytest.approx(8.0 / 3.0)
    said = cost_sentence({"imposers_cost": [found], "replicates": 4})
    assert said.startswith("In the 3 of 4 pairs that count: ")


def test_levels_and_effect_of_a_row_are_of_the_same_pairs() -> None:
    found = comparison(gap=[0.5, 0.4, math.nan, 0.6], scaled_gap=[1.0, math.nan, math.nan, 2.0])
    for name, n in (("gap", 3), ("scaled_gap", 2), ("frontier", 4)):
        row = found.effect(name, MONTH)
        assert row.n == n and row.b_mean - row.a_mean == pytest.approx(row.effect)
    figures = as_json_of(found)
    said = " ".join(compare_notes(figures))
    assert "gap, end of 2030: 3 of 4 pairs count" in said
    assert "scaled gap, end of 2030: 2 of 4 pairs count" in said and "frontier" not in said
    page = markdown(comparison(True, gap=[0.5, 0.4, math.nan, 0.6]), "spillover compare")
    assert "| gap, OOM | 2030 | 3 of 4 |" in page


def as_json_of(found: Comparison) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:  # these runs have no tables
        patch.setattr(comparison_folder, "compute_by_source", lambda comparison: [])
        return comparison_folder.as_json(found)


LAGS: dict[str, Any] = {
    # effects, cut off in a, cut off in b: how levels and effect are known
    "none": ([3.0, 4.0, 5.0], [0, 0, 0], [0, 0, 0], (EXACT, EXACT, EXACT)),
    "the treated": ([3.0, 4.0, 5.0], [0, 0, 0], [1, 1, 1], (EXACT, AT_LEAST, AT_LEAST)),
    "the control": ([3.0, 4.0, 5.0], [1, 1, 1], [0, 0, 0], (AT_LEAST, EXACT, AT_MOST)),
    "both": ([3.0, 4.0, 5.0], [1, 1, 1], [1, 1, 1], (AT_LEAST, AT_LEAST, UNKNOWN)),
    "one beyond the median": ([3.0, 4.0, 5.0], [0, 0, 0], [0, 0, 1], (EXACT, EXACT, EXACT)),
    "one below it": ([3.0, 4.0, 5.0], [0, 0, 0], [1, 0, 0], (EXACT, AT_LEAST, AT_LEAST)),
    "who was ahead is behind": ([-30.0] * 3, [0, 0, 0], [1, 1, 1], (EXACT, AT_MOST, AT_MOST)),
}  # fmt: skip
SHOWN = {EXACT: "", AT_LEAST: ">= ", AT_MOST: "<= ", UNKNOWN: "? "}


@pytest.mark.parametrize("case", LAGS)
@pytest.mark.parametrize("name", ["lag", "compute_lag"])
def test_a_lag_that_is_cut_off_is_a_bound_with_a_direction(case: str, name: str) -> None:
    effects, a, b, how = LAGS[case]
    found = comparison(**{name: effects})
    for world, flags in (("a", a), ("b", b)):
        found.series[world][f"{name}_censored"] = np.array(flags, float)[:, None]
    row = found.effect(name, MONTH)
    assert (row.a_bound, row.b_bound, row.bound) == how
    figures = as_json_of(found)
    _, rows = compare_rows(figures)
    (shown,) = [cells for cells in rows if cells[0].startswith(name.replace("_", " ") + ",")]
    for cell, known in zip(shown[2:5], how, strict=True):
        assert cell.startswith(SHOWN[known]) and (known != EXACT or cell[0] not in "<>?")
    said = " ".join(compare_notes(figures))
    assert ("cuts lags off" in said) is (how != (EXACT, EXACT, EXACT))


def test_an_interval_is_open_where_what_it_is_made_of_is() -> None:
    found = comparison(lag=np.linspace(1.0, 12.0, 12))
    plain = found.effect("lag", MONTH)
    found.series["b"]["lag_censored"] = np.array([0.0] * 4 + [1.0] * 8)[:, None]
    row = found.effect("lag", MONTH)
    assert row.low == plain.low and row.high == math.inf and row.p95 == math.inf
    assert row.falls == 0.0 and row.censored == pytest.approx(8 / 12)
    (shown,) = [c for c in compare_rows(as_json_of(found))[1] if c[0].startswith("lag,")]
    assert shown[5].endswith("… +∞")


def test_shares_count_what_is_certain() -> None:
    values = Bounds.cut(np.array([5.0, 5.0, -5.0, -5.0]), np.array([0, 1, 0, 1]))
    assert values.beyond(1.0) == (0.5, 0.5)
    other = Bounds.cut(np.array([3.0, 3.0, 3.0, 3.0]), np.array([1, 0, 1, 1]))
    assert values.less(other).beyond(1.0) == (0.25, 0.5)
    assert values.how(median_of) == EXACT  # between what is beyond zero either way
    assert other.how(median_of) == AT_LEAST


def test_a_run_says_which_way_its_lag_is_cut_off() -> None:
    rows = [
        {"name": name, "unit": outcome.unit, "month": MONTH, "value": 1.0}
        for name, outcome in OUTCOMES.items()
    ]
    for value, bound, shown in ((7.0, AT_LEAST, ">= 7.00"), (-7.0, AT_MOST, "<= -7.00")):
        here = [r | ({"value": value, "bound": bound} if r["name"] == "lag" else {}) for r in rows]
        assert ["lag, months", shown] in run_rows(here)[1]


def test_the_largest_of_several_correlations_does_not_make_a_verdict() -> None:
    half = np.arange(40) < 20
    assert "depends on" in verdicts._verdict(half, "a.b", 0.35, 1.0)
    assert verdicts._verdict(half, "a.b", 0.35, 1.0, candidates=8) == "inconclusive"
    assert "depends on" in verdicts._verdict(half, "a.b", 0.6, 1.0, candidates=8)


def test_the_readme_asserts_what_is_clear() -> None:
    gap = {"effect": 0.29, "low": -0.1, "high": 0.68}
    months = {"effect": 5.4, "low": -1.0, "high": 11.8, "benchmark": 11.0}
    said = readme._gap(gap, months, "2030")
    assert "cannot be distinguished from zero" in said and "behind" not in said
    said = readme._gap({**gap, "low": 0.1}, months, "2030")
    assert "0.29 orders of magnitude" in said and "behind" in said and "months" not in said
    found = imposers_cost(comparison(surplus_leader=NOISE, scaled_gap=NOISE), MONTH)
    assert "no month of gap has a price" in readme._cost({"imposers_cost": [found]})
