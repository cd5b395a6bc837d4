"""Every parameter says what it is and refuses what it cannot stand; made from the catalogue."""

import math
import tomllib

import pytest

from model.core.errors import InputError, shown
from model.core.parameter import LogUniform, Uniform, fact, monthly_rate, monthly_share
from model.parameters import FACTS, GROUPS, Parameters
from model.scenario import load, with_values
from model.seed_tables import SEEDS

KINDS = ("measured", "estimated", "assumed", "contested", "choice")
ALL = pytest.mark.parametrize(("group", "name"), FACTS, ids=[".".join(place) for place in FACTS])
BOUNDED = pytest.mark.parametrize(
    ("group", "name", "beyond"),
    [
        (*place, bound + sign * max(1, abs(bound)))
        for place, record in FACTS.items()
        for bound, sign in ((record.low, -1), (record.high, 1))
        if bound is not None
    ],
)
WRONG = {float: "much", int: "many", bool: "yes", str: 7, list: "us"}


def default_of(group, name):
    return GROUPS[group].model_fields[name].default


def refusal(group, name, value):
    with pytest.raises(InputError) as refused:
        with_values(Parameters(), {(group, name): value})
    return str(refused.value)


def assert_refused(group, name, value):
    message = refusal(group, name, value)
    assert f"{group}.{name} " in message
    assert f", got {shown(value)};" in message
    assert "good value" in message


@ALL
def test_says_what_it_is(group, name):
    record = FACTS[group, name]
    assert record.unit and record.doc and record.source
    assert record.kind in KINDS
    assert record.doc[0].islower() and not record.doc.endswith(".")


@ALL
def test_seed_tables_named_as_sources_exist(group, name):
    known = set(tomllib.loads((SEEDS / "sources.toml").read_text(encoding="utf-8")))
    source = FACTS[group, name].source
    if source.startswith("seeds/"):
        assert (SEEDS / source.removeprefix("seeds/")).is_file()
    else:
        assert set(source.split("|")) <= known, source


@ALL
def test_default_and_prior_lie_in_the_range(group, name):
    record, default = FACTS[group, name], default_of(group, name)
    low = -math.inf if record.low is None else record.low
    high = math.inf if record.high is None else record.high
    if record.low is not None or record.high is not None:
        assert low <= default <= high
    if record.prior is not None:
        quantiles = [record.prior.quantile(u) for u in (0.0, 0.25, 0.5, 0.75, 1.0)]
        assert quantiles == sorted(quantiles)
        assert low <= quantiles[0] + 1e-12 and quantiles[-1] <= high + 1e-12
        assert quantiles[0] <= default <= quantiles[-1]


@ALL
def test_a_number_has_a_range_or_is_no_number(group, name):
    record, default = FACTS[group, name], default_of(group, name)
    if type(default) in (int, float):
        assert record.low is not None and record.high is not None


@ALL
def test_wrong_type_is_refused(group, name):
    assert_refused(group, name, WRONG[type(default_of(group, name))])
    if type(default_of(group, name)) in (int, float):
        assert_refused(group, name, True)


@ALL
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_a_number_is_refused(group, name, value):
    assert_refused(group, name, value)


@BOUNDED
def test_beyond_the_range_is_refused(group, name, beyond):
    assert_refused(group, name, type(default_of(group, name))(beyond))


@ALL
def test_misspelt_name_is_refused_with_the_right_one(group, name):
    wrong = name + "_"
    message = refusal(group, wrong, default_of(group, name))
    assert f"{group}.{wrong}" in message
    assert f"did you mean {name!r}?" in message


@ALL
def test_a_file_is_refused_where_it_stands(group, name, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f"[{group}]\n{name} = nan\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"^mine\.toml: {group}\.{name} "):
        load(str(path), environment={})


def test_groups_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Parameters().discovery.reach = 1.0


@pytest.mark.parametrize(
    ("default", "prior"),
    [(5.0, Uniform(0.0, 1.0)), (0.5, Uniform(1.0, 0.0)), (0.5, LogUniform(0.1, 20.0))],
)
def test_a_prior_that_does_not_fit_is_refused(default, prior):
    with pytest.raises(ValueError, match="does not fit"):
        fact(default, unit="1", kind="assumed", source="own", doc="d", prior=prior, low=0, high=10)


def test_priors_have_their_quantiles():
    assert Uniform(2.0, 4.0).quantile(0.25) == 2.5
    assert LogUniform(0.01, 1.0).quantile(0.5) == pytest.approx(0.1)


def test_rates_and_shares_a_month_make_a_year():
    assert 12.0 * monthly_rate(3.0) == 3.0
    assert (1.0 - monthly_share(0.18)) ** 12 == pytest.approx(0.82, rel=1e-14)
