"""The record as data: the file that comes with the program, and what is refused in others."""

from __future__ import annotations

import math
import re
import tomllib

import pytest

from analysis.validation.history import Asked
from analysis.validation.measures import MEASURES
from analysis.validation.targets import QUANTILE, read, standard
from model.core.errors import InputError
from model.seed_tables import SEEDS

NUMBERS = (*range(1, 10), *range(11, 21), *range(24, 33), 34, 35, 36)
LISTED = [f"T{number}" for number in NUMBERS]
ALL = standard()
FIGURES = [(name + f.name, t, f) for name, t in ALL.targets.items() for f in t.figures]


def test_all_targets_are_there_in_their_order():
    assert list(ALL.targets) == LISTED
    assert ALL is standard() and ALL.worlds == ["ban"]


@pytest.mark.parametrize("name, target, figure", FIGURES, ids=[name for name, *_ in FIGURES])
def test_a_figure_has_a_band_a_record_and_errors_that_fill_the_band(name, target, figure):
    sources = tomllib.loads((SEEDS / "sources.toml").read_text(encoding="utf-8"))
    assert set(target.source.split("|")) <= set(sources)
    assert figure.low < figure.high
    errors, record = ALL.errors(figure), ALL.record(figure)
    own = 0.0 if errors.split else QUANTILE * errors.record
    low, here, high = (figure.on_scale(x) for x in (figure.low, record, figure.high))
    assert low - own <= here <= high + own
    whole = math.hypot(errors.record, errors.discrepancy)
    assert whole == pytest.approx((high - low) / 2.0 / QUANTILE)
    assert errors.split == (figure.error is None)
    assert figure.first <= figure.last
    for month in (figure.first, figure.last, figure.pace_from, figure.until):
        assert month < "2025", "later figures are kept back"
    assert target.compare and target.group and figure.unit


def test_the_points_of_the_index_are_one_unknown_that_records_in_points_share():
    points = ALL.points
    assert (points.low, points.mode, points.high) == (7.5, 10.5, 13.0)
    in_points = {name: ALL.record(f) * points.mode for name, _, f in FIGURES if f.points}
    assert in_points == pytest.approx(
        {"T1a": 7.5, "T3": 6.1, "T4": 8.3, "T5": 7.0, "T24a": -2.9, "T24b": 7.5, "T27": 10.0}
    )
    months = [f for _, _, f in FIGURES if f.unit == "months"]
    assert months and not any(f.points for f in months)


def test_targets_that_share_observations_share_a_group():
    groups = {}
    for name, target in ALL.targets.items():
        groups.setdefault(target.group, set()).add(name)
    for together in ({"T1", "T2", "T4", "T24"}, {"T3", "T28"}, {"T6", "T7", "T20"}):
        assert together in groups.values()
    assert {"T9", "T25"} in groups.values()


def test_what_the_model_cannot_give_is_said():
    missing = {name: t.reason for name, t in ALL.targets.items() if not t.reported}
    assert set(missing) == {"T25"} and "clouds" in missing["T25"]


def test_quarters_are_those_of_the_vendors_sales():
    quarters = ALL.targets["T9"].quarters
    assert len(quarters) == 11 and max(quarters, key=quarters.get) in ("2023-Q2", "2023-Q3")
    assert not any(t.quarters for name, t in ALL.targets.items() if name != "T9")


def test_three_quarters_of_the_figures_make_a_target():
    least = {name: next(n for n in range(99) if t.inside(n)) for name, t in ALL.targets.items()}
    for name, number in least.items():
        figures = len(ALL.targets[name].figures)
        assert number == {1: 1, 2: 2, 3: 3, 5: 4, 6: 5, 9: 7}[figures], name


# Files of others --------------------------------------------------------------------------------

TARGET = {
    "title": '"Gap of best models"',
    "world": '"ban"',
    "group": '"releases"',
    "mark": '"M"',
    "source": '"a paper"',
    "compare": '"as it is"',
}
FIGURE = {
    "measure": '"mean"',
    "series": '"capability_released"',
    "bloc": '"us"',
    "over": '"china"',
    "first": '"2026-01"',
    "last": '"2026-12"',
    "unit": '"OOM"',
    "record": "0.9",
    "low": "0.5",
    "high": "1.5",
}


def written(folder, target=None, figure=None, before="", name="T1", more=""):
    """Write a file of one target; fields that are None are left out."""
    lines = [before, f"[{name}]"]
    lines += [f"{k} = {v}" for k, v in {**TARGET, **(target or {})}.items() if v is not None]
    lines += [f"[[{name}.figures]]"]
    lines += [f"{k} = {v}" for k, v in {**FIGURE, **(figure or {})}.items() if v is not None]
    path = folder / "theirs.toml"
    path.write_text("\n".join([*lines, more]) + "\n", encoding="utf-8")
    return path


def test_a_file_of_somebody_elses_targets_is_read(tmp_path):
    found = read(written(tmp_path))
    (target,) = found.targets.values()
    (figure,) = target.figures
    assert found.last == "2026-12" and found.points is None
    assert figure.asked == Asked("capability_released", "", "us", "china", "2026-01", "2026-12")
    assert found.errors(figure).split and found.record(figure) == 0.9


POINTS = "[index_points]\ntitle='points'\nlow={}\nmode={}\nhigh=13.0\nmark='M'\nsource='own'"
TWICE = "\n".join(
    [
        "[T1a]",
        *(f"{k} = {v}" for k, v in TARGET.items()),
        "[[T1a.figures]]",
        *(f"{k} = {v}" for k, v in FIGURE.items()),
    ]
)
REFUSED = {
    "missing field": ({"target": {"world": None}}, 'T1: world: is missing; .*\'?"ban"'),
    "unknown field": ({"target": {"wrld": '"ban"'}}, "wrld: is unknown; did you mean 'world'"),
    "unknown field of a figure": (
        {"figure": {"lo": "0.1"}},
        r"T1: figures\.1\.lo: is unknown; did you mean 'low'",
    ),
    "text for a number": (
        {"figure": {"low": '"x"'}},
        r"figures\.1\.low: must be a valid number, got 'x'; a good",
    ),
    "not a number": ({"figure": {"high": "nan"}}, r"figures\.1\.high: .*finite.*got nan; a good"),
    "empty band": (
        {"figure": {"low": "2.0"}},
        r"figures\.1\.high: must not be below low, 2, got 1.5; a good value is 2",
    ),
    "far record": (
        {"figure": {"record": "9.0"}},
        r"figures\.1\.record: must lie in the band.*got 9; a good value is 1.5",
    ),
    "log of nothing": (
        {"figure": {"scale": '"log"', "low": "0.0"}},
        r"figures\.1\.low: must lie above 0 on the scale log, got 0; a good",
    ),
    "share beyond one": (
        {"figure": {"scale": '"logit"'}},
        r"figures\.1\.high: must lie between 0 and 1 .*got 1.5; a good",
    ),
    "unknown scale": ({"figure": {"scale": '"lg"'}}, r"figures\.1\.scale: .*'log'.*got 'lg'"),
    "unknown mark": ({"target": {"mark": '"X"'}}, "T1: mark: .*'P'.*got 'X'"),
    "unknown world": (
        {"target": {"world": '"bann"'}},
        "world: 'bann' is unknown; did you mean 'ban'",
    ),
    "unknown measure": (
        {"figure": {"measure": '"meen"'}},
        r"measure: 'meen' is unknown; did you mean 'mean'",
    ),
    "no measure": ({"figure": {"measure": None}}, r"figures\.1\.measure: is missing"),
    "unknown series": (
        {"figure": {"series": '"capability_relesed"'}},
        r"series: 'capability_relesed' is unknown; did you mean 'capability_released'",
    ),
    "unknown bloc": (
        {"figure": {"over": '"chna"'}},
        r"figures\.1\.over: no bloc 'chna'; did you mean 'china'",
    ),
    "shares summed": (
        {"figure": {"series": '"open_use"', "bloc": '"world"'}},
        r"figures\.1\.bloc: open_use of several blocs has no sum, got 'world'; a good",
    ),
    "no series": (
        {"figure": {"series": None}},
        r"series: is missing; the measure mean needs it; a good",
    ),
    "unread field": (
        {"figure": {"until": '"2026-12"'}},
        r"until: the measure mean does not read it, got '2026-12'",
    ),
    "no month": (
        {"figure": {"first": '"2026-13"'}},
        r"first: must be a month as YYYY-MM, got '2026-13'; a good",
    ),
    "backwards": (
        {"figure": {"first": '"2027-01"'}},
        r"last: must not lie before first, 2027-01, got 2026-12; a good",
    ),
    "points without factor": (
        {"figure": {"points": "true"}},
        r"points: needs the table \[index_points\].*7\.5",
    ),
    "points that fall": (
        {"before": POINTS.format(11.0, 9.0)},
        "low, mode and high must rise, got 11, 9, 13; good",
    ),
    "points of logs": (
        {"before": POINTS.format(8.0, 9.0), "figure": {"points": "true", "scale": '"log"'}},
        r"scale: must be plain where points = true, got 'log'; a good",
    ),
    "no reason": ({"target": {"reported": "false"}}, "reason: must say why .*; a good"),
    "reason for nothing": (
        {"target": {"reason": '"none"'}},
        "reason: goes with reported = false, got 'none'; a good",
    ),
    "all unreported": (
        {"target": {"reported": "false", "reason": '"none of it"'}},
        "theirs.toml: no target is reported; a good",
    ),
    "bad name": (
        {"name": '"T 1"'},
        "theirs.toml: the name of a target .*got 'T 1'; a good one is T1",
    ),
    "bad quarter": (
        {"target": {"quarters": "{ '2023' = 1.0 }"}},
        "quarters: .*YYYY-Qn, got '2023'; a good",
    ),
    "figures without names": (
        {"more": "[[T1.figures]]\nunit='OOM'\nrecord=1\nlow=0\nhigh=2"},
        r"T1: figures\.1\.name: several figures need a name each, got ''; a good value is 'a'",
    ),
    "two of one name": (
        {"figure": {"name": '"a"'}, "more": TWICE},
        "theirs.toml: two figures are called T1a",
    ),
    "not TOML": ({"more": "x ="}, "theirs.toml: line .*is not TOML"),
}


@pytest.mark.parametrize("change, said", REFUSED.values(), ids=REFUSED)
def test_a_wrong_file_is_refused_with_field_rule_value_and_a_good_value(tmp_path, change, said):
    with pytest.raises(InputError) as refused:
        read(written(tmp_path, **change))
    text = str(refused.value)
    assert re.search(said, text), text
    assert text.startswith("theirs.toml: ") and len(text) < 600


@pytest.mark.parametrize("content", ["", "T1 = 3\n", "[T1]\n", "[index_points]\nlow = 1\n"])
def test_empty_and_half_files_are_refused(tmp_path, content):
    path = tmp_path / "theirs.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"theirs\.toml: "):
        read(path)
    with pytest.raises(InputError, match=r"nowhere\.toml: cannot be read"):
        read(tmp_path / "nowhere.toml")


def test_every_field_of_a_measure_is_one_that_a_figure_has():
    (figure, *_) = next(iter(ALL.targets.values())).figures
    fields = set(type(figure).model_fields)
    assert set(Asked.__dataclass_fields__) <= fields
    used = {f.measure for _, t, f in FIGURES if t.reported}
    assert used == set(MEASURES)
