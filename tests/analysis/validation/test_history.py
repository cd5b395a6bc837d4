"""What is read off a run beside its series agrees with the series."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.validation.history import OBSERVED, observed
from analysis.validation.targets import standard
from analysis.validation.validate import measured
from model.economy import World
from tests.worlds import TINY


@pytest.fixture(scope="module")
def history():
    return observed(World("ban", rng=3, **TINY), "2019-03")


def test_accounts_add_up_to_the_series_of_blocs(history):
    books, series = history.accounts, history.series
    for name, table in (("lab_revenue", books.revenue), ("chip_spending", books.chips)):
        assert table.sum(axis=1) == pytest.approx(series[name].sum(axis=1), rel=1e-9, abs=1e-3)
    profit = (books.revenue - books.serving).sum(axis=1)
    assert profit == pytest.approx(series["lab_profit"].sum(axis=1), rel=1e-9, abs=1e-3)


def test_models_are_those_of_the_series(history):
    models, released = history.models, history.series["models_released"]
    for bloc in range(len(history.blocs)):
        months = models.released[models.bloc == bloc]
        assert np.bincount(months, minlength=history.months).tolist() == released[:, bloc].tolist()
    assert np.all(np.diff(models.released) >= 0)
    best = max(models.capability)
    assert best == pytest.approx(history.of("capability_released", "world")[-1])


def test_the_run_ends_where_asked_and_its_months_are_named(history):
    assert history.months == history.month("2019-03") + 1
    assert all(values.shape[0] == history.months for values in history.series.values())
    assert math.isnan(history.window(history.of("cards", "us"), "2019-04", "2019-04")[0])
    assert set(OBSERVED) <= set(history.series)


def test_chips_are_counted_as_they_are_delivered(history):
    series = history.series
    assert np.all(series["cards"] >= 0.0) and series["cards"].sum() > 0.0
    assert np.all(series["domestic_cards"] <= series["cards"] + 1e-9)
    others = [k for k, bloc in enumerate(history.blocs) if bloc != history.follower]
    assert not series["domestic_cards"][:, others].any(), "domestic makers sell at home"


def test_figures_of_months_that_a_run_lacks_are_undefined(history):
    found = measured(history, standard())
    assert all(math.isnan(value) for value in found.values())
