"""Every parameter says what it is and refuses what it cannot stand; tested by group."""

import math
import tomllib

import pytest

from model.core.errors import InputError, shown
from model.core.parameter import (
    LogUniform,
    Mechanism,
    Uniform,
    fact,
    fact_of,
    lever,
    monthly_rate,
    monthly_share,
)
from model.mechanisms.ideas.spillover import Spillover
from model.parameters import FACTS, GROUPS, Parameters
from model.scenario import load, with_values
from model.seed_tables import SEEDS

KINDS = ("measured", "estimated", "assumed", "contested", "choice")
BY_GROUP = pytest.mark.parametrize("group", GROUPS)
WRONG = {float: "much", int: "many", bool: "yes", str: 7, list: "us"}


def records(group):
    """Yield name, record and default of the parameters of a group."""
    for name, field in GROUPS[group].model_fields.items():
        yield name, FACTS[group, name], field.default


def refusal(group, name, value):
    """Return the message with which a value is refused; fails where it is not."""
    try:
        with_values(Parameters(), {(group, name): value})
    except InputError as refused:
        return str(refused)
    pytest.fail(f"{group}.{name} takes {value!r}")


def assert_refused(group, name, value):
    message = refusal(group, name, value)
    assert f"{group}.{name} " in message
    assert f", got {shown(value)};" in message, message
    assert "good value" in message, message


@BY_GROUP
def test_parameters_say_what_they_are(group):
    for name, record, _ in records(group):
        place = f"{group}.{name}"
        assert record.unit and record.source and record.kind in KINDS, place
        assert len(record.doc.split()) > 2, place
        assert record.doc[0].isupper() or record.doc.split()[0][0].isdigit(), place
        assert not record.doc.endswith("."), place
        assert "{" not in record.doc, place


@BY_GROUP
def test_seed_tables_named_as_sources_exist(group):
    known = set(tomllib.loads((SEEDS / "sources.toml").read_text(encoding="utf-8")))
    for name, record, _ in records(group):
        if record.source.startswith("seeds/"):
            assert (SEEDS / record.source.removeprefix("seeds/")).is_file(), f"{group}.{name}"
        else:
            assert set(record.source.split("|")) <= known, f"{group}.{name}: {record.source}"


@BY_GROUP
def test_default_and_prior_lie_in_the_range(group):
    for name, record, default in records(group):
        place = f"{group}.{name}"
        low = -math.inf if record.low is None else record.low
        high = math.inf if record.high is None else record.high
        if type(default) in (int, float):
            assert record.low is not None and record.high is not None, place
            assert low <= default <= high, place
        if record.prior is not None:
            quantiles = [record.prior.quantile(u) for u in (0.0, 0.25, 0.5, 0.75, 1.0)]
            assert quantiles == sorted(quantiles), place
            assert low <= quantiles[0] + 1e-12 and quantiles[-1] <= high + 1e-12, place
            assert quantiles[0] <= default <= quantiles[-1], place


@BY_GROUP
def test_what_a_parameter_cannot_be_is_refused(group):
    for name, record, default in records(group):
        assert_refused(group, name, WRONG[type(default)])
        assert_refused(group, name, math.nan)
        assert_refused(group, name, math.inf)
        if type(default) in (int, float):
            assert_refused(group, name, True)
        for bound, sign in ((record.low, -1), (record.high, 1)):
            if bound is not None:
                beyond = bound + sign * max(1, abs(bound))
                assert_refused(group, name, type(default)(beyond))


@BY_GROUP
def test_misspelt_names_are_refused_with_the_right_one(group):
    for name, _, default in records(group):
        message = refusal(group, name + "_", default)
        assert f"{group}.{name}_" in message
        assert f"did you mean {name!r}?" in message, message


@BY_GROUP
def test_a_file_is_refused_where_it_stands(group, tmp_path):
    for name, _, _ in records(group):
        path = tmp_path / "mine.toml"
        path.write_text(f"[{group}]\n{name} = nan\n", encoding="utf-8")
        with pytest.raises(InputError, match=rf"^mine\.toml: {group}\.{name} "):
            load(str(path), environment={})


def test_a_parameter_without_a_sentence_is_refused():
    with pytest.raises(TypeError, match="sentence"):

        class Silent(Mechanism):
            strength: float = fact(1.0, "1", within=(0.0, 2.0))


def test_a_lever_of_every_bloc_is_declared_once():
    class Aid(Mechanism):
        """Not read from a file: the sentence is given."""

        money: float = lever(
            1.0, "1", (0.0, 9.0), since="exchange", doc="Money in {bloc}", roles="leader elsewhere"
        )
        plain: float = lever(2.0, "1", since="release", doc="Plain in {bloc}", bare=True)

    assert list(Aid.model_fields) == [
        "money_leader", "money_elsewhere", "leader", "follower", "elsewhere"
    ]  # fmt: skip
    aid = Aid(money_leader=3.0, follower=5.0)
    assert aid.by_role("money", "leader") == 3.0
    assert aid.by_role("money", "follower") == 1.0, "no such lever: the default"
    assert aid.by_role("plain", "follower") == 5.0
    assert aid.by_role("plain", "follower", holds=False) == 2.0
    assert Aid.since_of("money") == "exchange" and Aid.since_of("plain") == "release"
    assert fact_of(Aid.model_fields["money_leader"]).doc == (
        "Money in the leading bloc; holds from exchange.since"
    )
    assert all(fact_of(field).lever for field in Aid.model_fields.values())


def test_sentences_are_read_from_below_the_declarations():
    assert fact_of(Spillover.model_fields["half_distance"]).doc.endswith("halves")
    assert "the leading bloc" in FACTS["places", "universities_leader"].doc


def test_kernels_take_the_numbers_of_a_group():
    face = Spillover().face()
    assert face.strength == Spillover().strength and not hasattr(face, "absorption_rule")
    assert all(isinstance(value, int | float) for value in face)


def test_groups_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Parameters().discovery.reach = 1.0


@pytest.mark.parametrize(
    ("default", "prior"),
    [(5.0, Uniform(0.0, 1.0)), (0.5, Uniform(1.0, 0.0)), (0.5, LogUniform(0.1, 20.0))],
)
def test_a_prior_that_does_not_fit_is_refused(default, prior):
    with pytest.raises(ValueError, match="does not fit"):
        fact(default, "1", prior, (0.0, 10.0), doc="d")


def test_priors_have_their_quantiles():
    assert Uniform(2.0, 4.0).quantile(0.25) == 2.5
    assert LogUniform(0.01, 1.0).quantile(0.5) == pytest.approx(0.1)


def test_rates_and_shares_a_month_make_a_year():
    assert 12.0 * monthly_rate(3.0) == 3.0
    assert (1.0 - monthly_share(0.18)) ** 12 == pytest.approx(0.82, rel=1e-14)
