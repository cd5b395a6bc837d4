"""Dated acts on technical thresholds: what may be bought where and when."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from model.cast import setting_of
from model.mechanisms.policy import meets, permissions
from model.scenario import Parameters, with_values
from model.setting import Act, Calendar, Chip, regimes, tables

BLOCS = ["us", "china", "allies", "others"]
MONTHS = ["2018-06", "2021-06", "2022-12", "2023-06", "2023-12", "2024-06", "2025-06"]
CALENDAR = Calendar(2015, 1, 36, 192)
# May a buyer in china order it (x: no)? Whether it is on sale is the market's business.
CHINA = {
    "V100 SXM2 32 GB": ".......",
    "A100 SXM 80 GB": "..xxxxx",
    "A800": "....xxx",
    "H100 SXM": "..xxxxx",
    "H800": "....xxx",
    "H20": "......x",
    "H200": "..xxxxx",
    "B200": "..xxxxx",
    "MI250X": "..xxxxx",
    "Gaudi2": "..xxxxx",
}
CHIPS = list(tables()[3])


def months(labels, calendar=CALENDAR):
    return [calendar.index(int(label[:4]), int(label[5:])) for label in labels]


def allowed(regime, chip):
    acts = [act for act in regimes()[regime] if act.effective < date(2026, 1, 1)]
    table = permissions(CHIPS, acts, BLOCS, CALENDAR)
    return table[:, [known.name for known in CHIPS].index(chip), :]


@pytest.mark.parametrize(("chip", "status"), CHINA.items())
def test_chips_are_barred_for_china_as_the_acts_had_it(chip, status):
    china = allowed("history", chip)[months(MONTHS), BLOCS.index("china")]
    assert "".join("." if free else "x" for free in china) == status


@pytest.mark.parametrize("chip", [chip.name for chip in CHIPS if not chip.answers])
@pytest.mark.parametrize("bloc", ["us", "allies", "others"])
def test_chips_are_free_everywhere_else(chip, bloc):
    assert allowed("history", chip)[:, BLOCS.index(bloc)].all()


@pytest.mark.parametrize("chip", [chip.name for chip in CHIPS])
def test_no_regime_bars_nothing_and_calls_forth_no_variant(chip):
    variant = chip in {known.name for known in CHIPS if known.answers}
    assert (allowed("none", chip) != variant).all()


@pytest.mark.parametrize("chip", [chip.name for chip in CHIPS if chip.answers])
def test_variants_are_offered_only_to_whom_their_act_targets(chip):
    table = allowed("history", chip)
    china = BLOCS.index("china")
    assert table[:, china].any()
    assert not np.delete(table, china, axis=1).any()


def test_the_months_of_an_act_are_those_in_whose_middle_it_holds():
    a100 = allowed("history", "A100 SXM 80 GB")[:, 1]
    first = int(np.argmin(a100))
    assert CALENDAR.label(first) == "2022-09"  # the letter of 26 August
    assert not a100[first:].any()  # no gap between letter, act of 2022, act of 2023
    a800 = allowed("history", "A800")[:, 1]
    assert CALENDAR.label(int(np.argmin(a800))) == "2023-11"
    h20 = np.flatnonzero(~allowed("history", "H20")[:, 1])
    assert [CALENDAR.label(h20[0]), CALENDAR.label(h20[-1])] == ["2025-04", "2025-07"]


SPAN = Calendar(2020, 1, 0, 24)
CHIP = Chip("chip", "maker", "a", (2019, 1), None, "", 1.0, 100.0, 1000.0, 500.0, 4000.0, 5.0)
BLOC_AB = ["a", "b"]


def act(name="bar", start=(2020, 6, 1), end=None, kind="bar", rule=None, targets=("b",)):
    ended = date(*end) if end else None
    rules = tuple(rule or [{"tpp_min": 4000.0}])
    return Act(name, name, date(*start), ended, targets, kind, rules)


def barred(*acts, chip=CHIP, bloc=1):
    table = permissions([chip], list(acts), BLOC_AB, SPAN)
    return [SPAN.label(m) for m in np.flatnonzero(~table[:, 0, bloc])]


def test_an_act_bars_from_its_date_on():
    found = barred(act())
    assert (found[0], found[-1], len(found)) == ("2020-06", "2021-12", 19)
    assert barred(act(), bloc=0) == []
    assert barred(act(targets=())) == []
    assert barred() == []


def test_an_act_of_late_in_a_month_counts_from_the_next():
    assert barred(act(start=(2020, 6, 16)))[0] == "2020-06"
    assert barred(act(start=(2020, 6, 17)))[0] == "2020-07"


def test_an_act_that_ended_holds_until_its_end():
    assert barred(act(end=(2020, 8, 1))) == ["2020-06", "2020-07"]


@pytest.mark.parametrize("end", [(2020, 6, 1), (2020, 5, 1), (2019, 1, 1)])
def test_an_act_that_ended_before_it_took_effect_was_never_in_force(end):
    assert barred(act(end=end)) == []
    assert barred(act("allow", end=end, kind="allow"), act("older", (2020, 2, 1)))[0] == "2020-02"


def test_an_allowing_act_overrules_an_older_bar_while_it_lasts():
    older = act("older", (2020, 2, 1))
    assert barred(older, act("allow", kind="allow")) == ["2020-02", "2020-03", "2020-04", "2020-05"]
    for_a_month = act("allow", kind="allow", end=(2020, 7, 1))
    assert "2020-06" not in barred(older, for_a_month)
    assert "2020-07" in barred(older, for_a_month)
    newer = act("newer", (2020, 9, 1))
    assert barred(older, act("allow", kind="allow"), newer)[4] == "2020-09"


def test_an_allowing_act_offers_no_variant_to_others():
    variant = replace(CHIP, answers="bar")
    allowing = act("allow", (2020, 9, 1), kind="allow", targets=("a", "b"))
    assert len(barred(act(), allowing, chip=variant, bloc=0)) == 24
    assert barred(act(), allowing, chip=variant, bloc=1) == ["2020-06", "2020-07", "2020-08"]
    assert len(barred(allowing, chip=variant, bloc=1)) == 24  # without its act there is none


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ({}, True),
        ({"tpp_min": 4000.0}, True),
        ({"tpp_min": 4000.1}, False),
        ({"tpp_max": 4000.0}, False),
        ({"tpp_max": 4000.1}, True),
        ({"tpp_min": 4000.0, "link_gbs_min": 600.0}, False),
        ({"density_min": 5.0, "memory_bandwidth_gbs_max": 1001.0}, True),
    ],
)
def test_conditions_hold_together_from_the_minimum_and_below_the_maximum(conditions, met):
    assert meets(CHIP, conditions) is met


def test_one_alternative_of_a_rule_is_enough():
    assert barred(act(rule=[{"tpp_min": 1e9}, {"density_min": 5.0}]))
    assert not barred(act(rule=[{"tpp_min": 1e9}, {"density_min": 5.1}]))


def bits_of(world):
    record, state = world.record, world.state
    parts = [*record.series.values(), record.acquired, *record.holders, state.labs.fleet]
    parts += [knowledge.bits for knowledge in state.knowledge]
    return [part.tobytes() for part in parts]


def test_an_empty_regime_is_no_regime_to_the_bit(small):
    long = {"economy__end": "2023-12"}
    none = small("no_ban", **long).run()
    before_all = small("ban", controls__record_until="2018-01", **long).run()
    setting = replace(small("ban", **long).state.setting, acts=())
    assert bits_of(none) == bits_of(before_all)
    assert bits_of(none) == bits_of(small("ban", setting=setting, **long).run())
    assert bits_of(none) != bits_of(small("ban", **long).run())


def test_acts_after_the_record_ends_do_not_take_effect(small):
    world = small("ban", controls__record_until="2022-09", economy__end="2024-12")
    names = [known.name for known in world.state.setting.acts]
    assert names == ["nvidia_letter"]
    with_next = with_values(
        Parameters(), {("controls", "regime"): "history", ("controls", "record_until"): "2022-10"}
    )
    assert [known.name for known in setting_of(with_next).acts] == ["nvidia_letter", "chips_2022"]


def test_a_bloc_without_exchange_buys_no_foreign_chips(small):
    state = small(exchange__between_blocs=0.0).run("2018-01").state
    home = state.market.vendor[:, None] == np.arange(len(BLOCS))
    assert state.market.may_buy.any()
    assert not (state.market.may_buy & ~home).any()
