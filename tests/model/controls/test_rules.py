"""The rule engine: dates, who reaches what, which act decides, what is known ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.controls.acts import sooner
from model.controls.rules import NOBODY, concerns, coverage, evaluate, listed, meets, offers
from model.state.inputs import Act, Calendar, Chip, Destination

SPAN = Calendar(2020, 1, 0, 24)
HOME, FIRST, SECOND, THIRD = (
    Destination("a", "home", 1, 1.0),
    Destination("b", "1", 2, 0.7),
    Destination("b", "2", 3, 0.3),
    Destination("c", "3", 1, 1.0),
)
PLACES = (HOME, FIRST, SECOND, THIRD)
CHIP = Chip(
    "chip", "maker", "a", "merchant", "chip", (2019, 1), None, "",
    1000.0, 100.0, 1000.0, 500.0, 4000.0, 800.0,
)  # fmt: skip
BAR = Act(
    "bar", "a bar", None, date(2020, 6, 1), date(2020, 6, 1), None, "a", (), ("c",), "bar",
    rule=({"tpp_min": 4000.0},),
)  # fmt: skip


def act(name: str = "bar", effective: str = "2020-06-01", ended: str = "", **fields: object) -> Act:
    day = date.fromisoformat(effective)
    end = date.fromisoformat(ended) if ended else None
    made = replace(BAR, name=name, announced=day, effective=day, ended=end)
    return replace(made, **fields)  # type: ignore[arg-type]


def evaluated(*acts: Act, chip: Chip = CHIP, place: Destination = THIRD, delivery: int = 0):
    return evaluate([chip], acts, [place], SPAN, delivery)


def barred(*acts: Act, chip: Chip = CHIP, place: Destination = THIRD) -> list[str]:
    granted = evaluated(*acts, chip=chip, place=place).granted[:, 0, 0]
    return [SPAN.label(m) for m in np.flatnonzero(granted == 0.0)]


def ahead(*acts: Act, delivery: int = 0) -> dict[str, float]:
    share = evaluated(*acts, delivery=delivery).ahead[:, 0, 0]
    return {SPAN.label(m): float(share[m]) for m in np.flatnonzero(share)}


def test_an_act_bars_from_its_day_on():
    found = barred(act())
    assert (found[0], found[-1], len(found)) == ("2020-06", "2021-12", 19)
    assert barred() == barred(act(targets=())) == barred(act(), place=FIRST) == []


@pytest.mark.parametrize(
    ("day", "first"),
    [("2020-05-17", "2020-06"), ("2020-06-16", "2020-06"), ("2019-03-01", "2020-01")],
)
def test_what_holds_in_the_middle_of_a_month_holds_for_the_month(day, first):
    assert barred(act(effective=day))[0] == first


def test_an_act_holds_until_the_day_before_its_end():
    assert barred(act(ended="2020-08-16")) == ["2020-06", "2020-07"]
    assert barred(act(ended="2020-08-17")) == ["2020-06", "2020-07", "2020-08"]


@pytest.mark.parametrize("end", ["2020-06-01", "2020-05-01", "2019-01-01"])
def test_an_act_that_ended_before_it_took_effect_was_never_in_force(end):
    assert barred(act(ended=end)) == []
    older = act("older", "2020-02-01")
    assert barred(act("allow", ended=end, kind="allow"), older) == barred(older)


def test_the_last_act_to_take_effect_decides_while_it_lasts():
    older, allow = act("older", "2020-02-01"), act("allow", kind="allow")
    assert barred(older, allow) == ["2020-02", "2020-03", "2020-04", "2020-05"]
    assert set(barred(older)) - set(barred(older, act("x", kind="allow", ended="2020-07-01"))) == {
        "2020-06"
    }
    assert barred(older, allow, act("newer", "2020-09-01"))[4] == "2020-09"
    # on one day the later name decides
    assert barred(act("b", kind="allow"), act("c")) and not barred(act("b"), act("c", kind="allow"))


def test_a_licence_grants_a_part_against_a_fee():
    rules = evaluated(
        act("older", "2020-02-01"), act("part", kind="licence", probability=0.4, fee=0.2)
    )
    assert rules.granted[:6, 0, 0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.4]
    assert rules.fee[:6, 0, 0].tolist() == [0.0] * 5 + [0.2]
    assert rules.act[:6, 0, 0].tolist() == [NOBODY, 0, 0, 0, 0, 1]


def test_the_buyers_own_government_stands_beside_the_others():
    licence = act("part", kind="licence", probability=0.4, fee=0.2)
    own = act("own", "2020-02-01", actor="c", kind="licence", probability=0.5, fee=0.1)
    refuse = act("stop", "2020-08-01", actor="c", kind="refuse")
    rules = evaluated(own, licence, refuse)
    assert rules.granted[[1, 5, 7], 0, 0] == pytest.approx([0.5, 0.2, 0.4])
    assert rules.fee[[1, 5, 7], 0, 0] == pytest.approx([0.1, 0.3, 0.2])  # fees add up
    assert np.flatnonzero(rules.refused[:, 0, 0])[0] == 7
    assert rules.own[[0, 1, 7], 0, 0].tolist() == [NOBODY, 0, 2]
    assert rules.act[[1, 7], 0, 0].tolist() == [NOBODY, 1]
    # its own allowance does not lift the bar of others, nor theirs its refusal
    assert barred(act(), act("z", "2020-09-01", actor="c", kind="allow"))[-1] == "2021-12"
    assert evaluated(refuse, act("z", "2020-09-01", kind="allow")).refused[-1, 0, 0]


@pytest.mark.parametrize(
    ("maker", "fields", "reached"),
    [
        ("a", {}, True),
        ("b", {}, False),
        ("b", {"allies": ("b",)}, True),
        ("b", {"foreign_product": True}, True),
        ("c", {"foreign_product": True}, False),  # what is made at home is not foreign
        ("elsewhere", {"foreign_product": True}, True),
    ],
)
def test_an_act_reaches_its_actor_its_allies_or_everything(maker, fields, reached):
    assert bool(barred(act(**fields), chip=replace(CHIP, bloc=maker))) == reached


def test_a_government_stops_what_comes_from_anywhere_but_home():
    own = act(actor="c", kind="refuse")
    for maker, stopped in (("a", True), ("b", True), ("c", False)):
        rules = evaluated(own, chip=replace(CHIP, bloc=maker))
        assert rules.refused.any() == stopped


@pytest.mark.parametrize(
    ("targets", "struck"),
    [(("b",), [FIRST, SECOND]), (("tier 3",), [THIRD]), (("tier 2", "c"), [SECOND, THIRD])],
)
def test_targets_are_blocs_or_tiers(targets, struck):
    rule = act(targets=targets)
    assert [place for place in PLACES if concerns(rule, place)] == struck
    rules = evaluate([CHIP], [rule], PLACES, SPAN)
    assert [PLACES[d] for d in np.flatnonzero(rules.granted[-1, 0] == 0.0)] == struck


def test_the_actors_own_bloc_is_never_struck():
    assert not barred(act(targets=("a",)), place=HOME)


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
    assert barred(act(rule=({"tpp_min": 1e9}, {"density_min": 5.0})))
    assert not barred(act(rule=({"tpp_min": 1e9}, {"density_min": 5.1})))


def test_variants_are_offered_to_whom_their_act_targets_and_domestic_chips_at_home():
    variant = replace(CHIP, answers="bar")
    assert offers(CHIP, (), HOME)
    assert [place for place in PLACES if offers(variant, [act()], place)] == [THIRD]
    assert not offers(variant, (), THIRD)  # without its act there is none
    domestic = replace(CHIP, sale="domestic", bloc="b")
    assert [place for place in PLACES if offers(domestic, (), place)] == [FIRST, SECOND]


def test_listed_firms_are_those_of_other_blocs_while_the_list_holds():
    act_of = act(kind="entities", firms=("x", "y"), rule=(), ended="2020-09-01")
    table = listed([act_of], ["x", "y", "z"], ["c", "a", "c"], "abc", SPAN)
    months = [SPAN.label(m) for m in np.flatnonzero(table[:, 0, 0])]
    assert months == ["2020-06", "2020-07", "2020-08"]
    assert not table[:, 1:].any() and not table[:, :, 1:].any()


# What is known before it holds -------------------------------------------------------------------


def known(rumoured: str = "", announced: str = "2020-03-01", **fields: object) -> Act:
    day = date.fromisoformat(rumoured) if rumoured else None
    return act(**fields, rumoured=day, announced=date.fromisoformat(announced))


def test_buyers_buy_ahead_from_announcement_or_rumour_to_effect():
    assert ahead(known()) == {"2020-03": 1 / 3, "2020-04": 1 / 3, "2020-05": 1 / 3}
    assert set(ahead(known("2020-02-10"))) == {"2020-02", "2020-03", "2020-04", "2020-05"}
    assert sum(ahead(known("2020-02-10")).values()) == pytest.approx(1.0)


def test_a_bar_that_comes_on_the_day_it_is_told_leaves_no_time():
    assert ahead(act()) == {}


@pytest.mark.parametrize(("delivery", "months"), [(0, 3), (1, 2), (2, 1), (3, 0), (9, 0)])
def test_what_would_arrive_under_the_bar_is_not_ordered_ahead(delivery, months):
    shares = ahead(known(), delivery=delivery)
    assert len(shares) == months
    assert sum(shares.values()) == pytest.approx(1.0 if months else 0.0)


def test_a_bar_that_never_took_effect_was_expected_all_the_same():
    assert set(ahead(known(ended="2020-05-20"))) == {"2020-03", "2020-04", "2020-05"}
    assert set(ahead(known(ended="2020-05-10"))) == {"2020-03", "2020-04"}
    assert barred(known(ended="2020-05-10")) == []


def test_only_bars_are_bought_ahead_of_and_only_what_is_free_until_then():
    for kind in ("allow", "licence", "refuse"):
        assert ahead(known(kind=kind)) == {}
    assert ahead(known(), act("older", "2020-01-01")) == {}


# All of it against a reading day by day ----------------------------------------------------------

DAYS = st.dates(date(2019, 6, 1), date(2022, 6, 30))
CONDITIONS = st.dictionaries(
    st.sampled_from(["tpp_min", "tpp_max", "density_min", "link_gbs_min", "link_gbs_max"]),
    st.sampled_from([1.0, 5.0, 500.0, 4000.0, 9000.0]),
    max_size=2,
)


@st.composite
def any_acts(draw: st.DrawFn) -> list[Act]:
    acts = []
    for number in range(draw(st.integers(0, 4))):
        days = sorted(draw(st.lists(DAYS, min_size=3, max_size=3)))
        kind = draw(st.sampled_from(["bar", "allow", "licence", "refuse"]))
        acts.append(
            replace(
                BAR,
                name=draw(st.sampled_from("pqrst")) + str(number),
                rumoured=days[0] if draw(st.booleans()) else None,
                announced=days[1],
                effective=days[2],
                ended=draw(st.none() | st.dates(days[1], date(2022, 12, 31))),
                actor=draw(st.sampled_from("abc")),
                allies=tuple(draw(st.lists(st.sampled_from("abc"), max_size=2))),
                targets=tuple(draw(st.lists(st.sampled_from(["b", "c", "tier 2"]), max_size=2))),
                kind=kind,
                foreign_product=draw(st.booleans()),
                rule=tuple(draw(st.lists(CONDITIONS, max_size=2))),
                probability=draw(st.sampled_from([0.0, 0.5, 1.0])) if kind == "licence" else 1.0,
                fee=draw(st.sampled_from([0.0, 0.25])) if kind == "licence" else 0.0,
            )
        )
    return acts


def naive(chip: Chip, acts: list[Act], place: Destination, day: date) -> dict[str, object]:
    """Read the head of ``seeds/controls.toml`` for one day, word by word."""
    measured = {"tpp": chip.tpp, "link_gbs": chip.link_gbs, "density": chip.tpp / chip.die_mm2}

    def speaks(one: Act) -> bool:
        aimed = place.bloc in one.targets or f"tier {place.tier}" in one.targets
        foreign = chip.bloc != place.bloc
        theirs = one.foreign_product or chip.bloc in (one.actor, *one.allies)
        asked = any(
            all(
                measured[k[:-4]] >= v if k.endswith("_min") else measured[k[:-4]] < v
                for k, v in alternative.items()
            )
            for alternative in one.rule
        )
        return aimed and foreign and asked and (theirs or one.actor == place.bloc)

    force = [
        one for one in acts
        if speaks(one) and one.effective <= day and (one.ended is None or day < one.ended)
    ]  # fmt: skip
    granted, fee, refused = 1.0, 0.0, False
    deciding = []
    for side in (True, False):
        of_side = [one for one in force if (one.actor == place.bloc) == side]
        last = max(of_side, key=lambda one: (one.effective, one.name), default=None)
        deciding.append(last.name if last else "")
        if last is None:
            continue
        granted *= {"bar": 0.0, "licence": last.probability}.get(last.kind, 1.0)
        fee += last.fee
        refused = refused or last.kind == "refuse"
    bars = [one for one in acts if one.kind == "bar" and speaks(one)]
    names = {"own": deciding[0], "act": deciding[1], "bars": bars}
    return {"granted": granted, "fee": fee, "refused": refused, **names}


def middle(month: int) -> date:
    return date(2020 + month // 12, month % 12 + 1, 16)


def naive_ahead(bar: Act, month: int, delivery: int) -> float:
    """Return one over the months in which a bar is known and an order still arrives before it."""
    window = [
        m for m in range(-24, 48)
        if middle(m) >= (bar.rumoured or bar.announced) and middle(m + delivery) < bar.effective
        and (bar.ended is None or middle(m) < bar.ended)
    ]  # fmt: skip
    return 1.0 / len(window) if month in window else 0.0


@given(any_acts(), st.sampled_from("abc"), st.sampled_from([100.0, 4000.0, 9000.0]),
       st.sampled_from([0, 2]))  # fmt: skip
def test_the_engine_says_what_a_reading_day_by_day_says(acts, maker, tpp, delivery):
    chip = replace(CHIP, bloc=maker, tpp=tpp)
    rules = evaluate([chip], acts, PLACES, SPAN, delivery)

    def name(number: int) -> str:
        return acts[number].name if number != NOBODY else ""

    for d, place in enumerate(PLACES):
        for month in range(SPAN.months):
            said, at = naive(chip, acts, place, middle(month)), (month, 0, d)
            assert rules.granted[at] == said["granted"]
            assert rules.fee[at] == said["fee"]
            assert rules.refused[at] == said["refused"]
            assert name(rules.act[at]) == said["act"]
            assert name(rules.own[at]) == said["own"]
            shares = [naive_ahead(bar, month, delivery) for bar in said["bars"]]
            assert rules.ahead[at] == (max(shares, default=0.0) if said["granted"] else 0.0)


@given(any_acts())
def test_the_order_in_which_acts_are_given_is_nothing(acts):
    one, other = (evaluate([CHIP], some, PLACES, SPAN, 1) for some in (acts, acts[::-1]))
    for column in ("granted", "fee", "refused", "ahead", "offered"):
        assert np.array_equal(getattr(one, column), getattr(other, column))


@given(any_acts(), st.integers(1, 20))
def test_sooner_moves_every_month_by_whole_years(acts, years):
    for one in acts:
        moved = sooner(one, years)
        for day, before in zip(
            (moved.rumoured, moved.announced, moved.effective, moved.ended),
            (one.rumoured, one.announced, one.effective, one.ended),
            strict=True,
        ):
            assert (day is None) == (before is None)
            if day is not None and before is not None:
                assert SPAN.middle(day) == SPAN.middle(before) - 12 * years
                assert timedelta(0) <= before.replace(year=day.year, day=day.day) - day
        assert sooner(one, 0) is one


# What is kept from an industry -------------------------------------------------------------------

SHARES = {"a": 0.4, "b": 0.5, "c": 0.1}


def covered(*acts: Act) -> float:
    return float(coverage(acts, "memory", "c", SHARES, SPAN, PLACES)[-1])


def test_each_bloc_that_takes_part_counts_once_and_by_its_largest_part():
    memory = act(kind="memory", rule=())
    assert covered() == 0.0
    assert (
        covered(replace(memory, kind="equipment"))
        == covered(replace(memory, targets=("b",)))
        == 0.0
    )
    assert covered(memory) == 0.4
    assert covered(replace(memory, part=0.5)) == 0.2
    assert covered(memory, replace(memory, part=0.5)) == 0.4
    assert covered(memory, replace(memory, actor="b", part=0.5)) == pytest.approx(0.65)
    assert covered(replace(memory, allies=("b",))) == 0.9
    assert covered(replace(memory, foreign_product=True)) == 0.9  # all but its own
    assert covered(replace(memory, targets=("tier 3",))) == 0.4
    table = coverage([replace(memory, ended=date(2020, 9, 1))], "memory", "c", SHARES, SPAN, PLACES)
    assert [SPAN.label(m) for m in np.flatnonzero(table)] == ["2020-06", "2020-07", "2020-08"]


@given(any_acts(), st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5), st.sampled_from("abc"))
def test_coverage_is_a_share_and_more_acts_never_cover_less(acts, parts, bloc):
    acts = [replace(one, kind="memory", part=p) for one, p in zip(acts, parts, strict=False)]
    below = np.zeros(SPAN.months)
    for number in range(len(acts) + 1):
        here = coverage(acts[:number], "memory", bloc, SHARES, SPAN, PLACES)
        assert (here >= below).all()
        assert here.max() <= 1.0 - SHARES[bloc] + 1e-12  # sums of shares are rounded
        below = here


def test_an_act_of_the_first_years_comes_no_sooner_than_the_calendar_begins():
    from datetime import date

    from model.controls.acts import act_of, sooner

    days = {"rumoured": date(1, 1, 1), "announced": date(3, 1, 1), "effective": date(4, 2, 29)}
    fields = {"actor": "us", "targets": ["china"], "kind": "bar", "rule": [{"tpp_min": 0}]}
    moved = sooner(act_of("early", days | fields, "act"), 5)
    assert (moved.rumoured, moved.announced) == (date(1, 1, 1), date(1, 1, 1))
    assert moved.effective == date(1, 2, 28)
    ended = act_of("ended", days | fields | {"ended": date(9, 12, 31)}, "act")
    assert sooner(ended, 8).ended == date(1, 12, 31)
    assert sooner(ended, 5).ended == date(4, 12, 31)
