"""What a treatment costs who imposes it, beside what it brings."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.experiments.imposers_cost import cost_sentence, imposers_cost
from model.measure.outcomes import difference, discounted, unit_of_effect

ROWS = np.array([[10.0], [12.0], [11.0]])


def comparison(months, surplus=0.5):
    a = {
        "surplus_leader": ROWS,
        "profits_leader": ROWS,
        "vendor_profit_leader": ROWS,
        "scaled_gap": np.zeros((3, 1)),
    }
    b = {**a, "surplus_leader": ROWS - surplus, "scaled_gap": np.full((3, 1), months)}
    return SimpleNamespace(months=["2030-12"], series={"a": a, "b": b})


def test_the_cost_is_what_is_lost_over_the_months_gained():
    found = imposers_cost(comparison(2.0), "2030-12")
    assert found["loss"] == pytest.approx(0.5) and found["months"] == 2.0
    assert found["a_month"] == pytest.approx(0.25) and found["losses"]["profits_leader"] == 0.0
    assert "loses USD 0 bn" in cost_sentence({"imposers_cost": [found]})


@pytest.mark.parametrize("months", [0.0, 0.9, -0.9, np.nan])
def test_it_is_undefined_where_less_than_a_month_is_moved(months):
    found = imposers_cost(comparison(months), "2030-12")
    assert found["a_month"] is None
    assert "no cost of one is defined" in cost_sentence({"imposers_cost": [found]})


def test_who_gains_is_said_to_gain():
    found = imposers_cost(comparison(2.0, surplus=-3.0), "2030-12")
    assert "gains USD 3 bn" in cost_sentence({"imposers_cost": [found]})


def test_sums_are_discounted_from_the_first_reported_month():
    flow = np.ones(36)
    total = discounted(flow, 12)
    assert np.isnan(total[:12]).all() and total[12] == 1.0
    worth = 1.05 ** (-np.arange(24) / 12.0)
    assert total[-1] == pytest.approx(worth.sum())
    assert discounted(flow[:24], 12)[-1] == total[23]  # a shorter run is the beginning


def test_effects_on_sums_are_in_per_cent_and_on_all_else_differences():
    a, b = np.array([100.0, 0.0]), np.array([101.0, 5.0])
    effect = difference("surplus_leader", a, b)
    assert effect[0] == pytest.approx(100.0 * np.log(1.01)) and np.isnan(effect[1])
    assert difference("gap", a, b) == pytest.approx([1.0, 5.0])
    assert unit_of_effect("surplus_leader") == "%" and unit_of_effect("gap") == "OOM"
