"""The page of levels: every level is a series, medians and records stand beside one another."""

import numpy as np

from analysis.validation.history import ALL_SERIES
from studies import levels


def test_every_level_is_a_series_of_the_model_with_a_record():
    for level in levels.LEVELS:
        assert level.series in ALL_SERIES or level.series == "wage_share", level
        assert level.record and level.title and level.unit
    titles = [level.title for level in levels.LEVELS]
    assert len(set(titles)) == len(titles)


def test_the_page_shows_medians_spread_and_record():
    found = [
        {
            (level.title, bloc): np.full(len(levels.YEARS), float(seed))
            for level in levels.LEVELS
            for bloc in ("world",)
        }
        for seed in (1, 2, 3)
    ]
    text = levels.page(found, "python -m studies.levels")
    assert text.count("2 (1.1 to 2.9)") == len(levels.LEVELS) * len(levels.YEARS)
    for level in levels.LEVELS:
        assert f"## {level.title}" in text and f"Record: {level.record}." in text
    nothing = [{key: values * np.nan for key, values in one.items()} for one in found]
    assert "| none |" in levels.page(nothing, "x")
