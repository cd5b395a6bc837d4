"""Weaker chips made for a rule: the design rule gives the record, and stays within its limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.controls.degraded_chips import MARGIN, design, designed, is_open, value
from model.controls.rules import concerns, meets
from model.mechanisms.chips.degraded import Degraded
from model.mechanisms.chips.fleets import Fleets
from model.scenario import load
from model.seed_tables import tables
from model.setup.inputs import inputs_of
from model.state.inputs import Act, Calendar, Chip, Destination

PLACE = Destination("b", "3", 1, 1.0)
CALENDAR = Calendar(2020, 1, 0, 36)
QUANTITIES = ("tpp", "link_gbs", "memory_bandwidth_gbs")
GROUP, PENALTY = Degraded(), Fleets().link_penalty


def inputs(*changes: str):
    return inputs_of(load("ban", changes).parameters)


SETTING = inputs()


def variants(of=SETTING) -> list[Chip]:
    return [chip for chip in of.chips if chip.answers]


def cut_of(base: str, month: str) -> Chip:
    (found,) = [c for c in variants() if c.name.startswith(f"{base} cut {month}")]
    return found


def months_apart(one: Chip, other: Chip) -> int:
    (year, month), (year2, month2) = one.available, other.available
    return abs((year - year2) * 12 + month - month2)


def recorded(name: str) -> Chip:
    return next(chip for chip in tables().chips if chip.name == name)


# The record --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "month", "name"),
    [("A100 SXM 80 GB", "2022-11", "A800"), ("H100 SXM", "2022-12", "H800")],
)
def test_the_rule_of_2022_takes_links_alone(base, month, name):
    cut, known = cut_of(base, month), recorded(name)
    assert cut.tflops == pytest.approx(known.tflops, rel=0.01)
    assert cut.memory_bandwidth_gbs == pytest.approx(known.memory_bandwidth_gbs, rel=0.01)
    assert cut.link_gbs < 600.0
    # the vendor took a round number well below the threshold; the rule stays just below it
    assert 1.0 <= cut.link_gbs / known.link_gbs < 1.6
    assert cut.price == pytest.approx(known.price, rel=0.10)
    assert months_apart(cut, known) <= 4


def test_the_rule_of_2023_takes_performance_and_gives_the_h20():
    cut, known = cut_of("GH200", "2024-01"), recorded("H20")
    assert cut.tflops == pytest.approx(known.tflops, rel=0.10)
    assert cut.tpp == pytest.approx(known.tpp, rel=0.10)
    assert cut.link_gbs == known.link_gbs  # untouched, as in the record
    # the best chip of the month has more memory bandwidth than the one the vendor cut
    assert cut.memory_bandwidth_gbs == pytest.approx(known.memory_bandwidth_gbs, rel=0.25)
    assert cut.price == pytest.approx(known.price, rel=0.20)
    assert months_apart(cut, known) <= 3


def test_the_second_vendor_does_the_same():
    cut, known = cut_of("MI300X", "2024-02"), recorded("MI308X")
    assert cut.tflops == pytest.approx(known.tflops, rel=0.10)
    assert cut.tpp == pytest.approx(known.tpp, rel=0.10)
    assert cut.memory_bandwidth_gbs == known.memory_bandwidth_gbs
    assert months_apart(cut, known) <= 3


def test_the_licence_of_2025_takes_memory_bandwidth():
    cut, known = cut_of("GB200", "2025-06"), recorded("RTX PRO 6000D")
    assert cut.memory_bandwidth_gbs == pytest.approx(known.memory_bandwidth_gbs, rel=0.02)
    assert cut.link_gbs < 1100.0
    assert cut.tpp == pytest.approx(known.tpp, rel=0.10)
    assert months_apart(cut, known) <= 3


def test_licences_are_used_to_their_limit():
    cut = cut_of("GB300", "2026-03")
    assert cut.tpp == pytest.approx(21_000.0 * MARGIN)
    assert cut.memory_bandwidth_gbs == pytest.approx(6_500.0 * MARGIN)


# Every variant -----------------------------------------------------------------------------------


def test_every_variant_was_open_when_it_was_designed():
    """A rule may come between design and sale, so what counts is the month of the design."""
    calendar = SETTING.calendar
    assert len(variants()) > 20
    for chip in variants():
        month = calendar.index(*chip.available) - GROUP.delay
        answered = next(act for act in SETTING.acts if act.name in chip.answers.split("|"))

        def in_force(act: Act, month: int = month) -> bool:
            start, stop = calendar.span(act.effective, act.ended)
            return bool(act.rule) and act.kind != "refuse" and start <= month < stop

        opened = []
        for place in SETTING.destinations:
            force = [a for a in SETTING.acts if in_force(a) and concerns(a, place)]
            opened.append(concerns(answered, place) and is_open(chip, force, place))
        assert any(opened), chip.name


def test_no_variant_is_better_than_its_base_in_anything():
    plain = {chip.name: chip for chip in SETTING.chips if not chip.answers}
    for chip in variants():
        base = plain[chip.name.partition(" cut ")[0]]
        for quantity in (*QUANTITIES, "tflops", "price"):
            assert getattr(chip, quantity) <= getattr(base, quantity), (chip.name, quantity)
        assert any(getattr(chip, q) < getattr(base, q) for q in QUANTITIES)
        assert (chip.vendor, chip.bloc, chip.family) == (base.vendor, base.bloc, base.family)
        assert chip.withdrawn == base.withdrawn or chip.withdrawn is None
        assert base.available < chip.available
        assert chip.tflops / base.tflops == pytest.approx(chip.tpp / base.tpp)
        lost = value(chip, base, PENALTY, GROUP.memory_weight)
        assert lost < 0.0
        paid = base.price * 2.718281828459045 ** (GROUP.price_exponent * lost)
        assert chip.price == pytest.approx(paid)


def test_variants_come_after_the_delay_and_never_twice():
    for delay in (0, 5):
        later = variants(inputs(f"degraded.delay={delay}"))
        first = min(chip.available for chip in later)
        assert first == ((2022, 9 + delay) if delay == 0 else (2023, 2))
    names = [chip.name for chip in variants()]
    assert len(names) == len(set(names))
    cuts = [replace(c, name="", available=(0, 0), answers="", price=0.0) for c in variants()]
    families = [(cut.family, cut.tpp, cut.link_gbs, cut.memory_bandwidth_gbs) for cut in cuts]
    assert len(families) == len(set(families))


@pytest.mark.parametrize(
    "changes",
    [
        ("controls.regime=none",),
        ("controls.degraded=none",),
        ("controls.regime=entity_list_only",),
        ("controls.regime=buyer_stop",),
        ("controls.regime=hbm_2024",),
    ],
)
def test_where_nothing_can_be_undercut_there_is_no_variant(changes):
    assert variants(inputs(*changes)) == []


def test_the_records_variants_are_those_of_the_table():
    found = {chip.name for chip in variants(inputs("controls.degraded=record"))}
    assert found == {c.name for c in tables().chips if c.answers and c.sale == "merchant"}


def test_without_worth_of_memory_or_links_the_cheapest_cut_is_another():
    base = recorded("H100 SXM")
    rule = bar({"tpp_min": 4800.0, "memory_bandwidth_gbs_min": 1400.0})
    of_memory = design(base, [rule], PLACE, PENALTY, 0.01)
    of_compute = design(base, [rule], PLACE, PENALTY, 10.0)
    assert of_memory is not None and of_memory.memory_bandwidth_gbs < 1400.0
    assert of_memory.tpp == base.tpp
    assert of_compute is not None and of_compute.tpp < 4800.0
    assert of_compute.memory_bandwidth_gbs == base.memory_bandwidth_gbs


# Any thresholds ----------------------------------------------------------------------------------


def bar(*rule: dict[str, float], kind: str = "bar", name: str = "bar", **fields: object) -> Act:
    day = date(2020, 6, 1)
    made = Act(name, "", None, day, day, None, "us", (), ("b",), kind, rule=tuple(rule))
    return replace(made, **fields)  # type: ignore[arg-type]


BASES = st.sampled_from([c for c in tables().chips if c.bloc == "us" and c.sale == "merchant"])
RULES = st.lists(
    st.dictionaries(
        st.sampled_from(["tpp_min", "density_min", "link_gbs_min", "memory_bandwidth_gbs_min"]),
        st.floats(0.05, 1.5),  # of the base's own
        min_size=1,
        max_size=2,
    ),
    min_size=1,
    max_size=3,
)


@given(BASES, RULES, st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_a_design_is_below_every_threshold_and_could_not_be_more(base, parts, penalty, weight):
    rules = [{k: v * getattr(base, k[:-4]) for k, v in part.items()} for part in parts]
    acts = [bar(rule, name=f"bar {n}") for n, rule in enumerate(rules)]
    cut = design(base, acts, PLACE, penalty, weight)
    assert cut is not None
    assert not any(meets(cut, rule) for rule in rules)
    assert is_open(cut, acts, PLACE)
    for quantity in QUANTITIES:
        mine, theirs = getattr(cut, quantity), getattr(base, quantity)
        assert mine <= theirs
        if mine < theirs:  # one per cent more of it would be barred
            assert not is_open(replace(cut, **{quantity: min(1.01 * mine, theirs)}), acts, PLACE)
    # nothing else that undercuts each rule in one of its conditions is worth more
    best = value(cut, base, penalty, weight)
    for trial in undercuts(base, rules):
        assert value(trial, base, penalty, weight) <= best + 1e-12  # rounding of logs
    assert (cut == base) == (not any(meets(base, rule) for rule in rules))


def undercuts(base: Chip, rules: list[dict[str, float]]) -> list[Chip]:
    """Return all ways of staying below one condition of every rule."""
    found = [base]
    for rule in rules:
        found = [
            chip if not meets(chip, {name: bound}) else below(chip, name[:-4], bound * MARGIN)
            for chip in found
            for name, bound in rule.items()
        ]
    return found


def below(chip: Chip, quantity: str, bound: float) -> Chip:
    if quantity in ("tpp", "density"):
        tpp = bound * (chip.die_mm2 if quantity == "density" else 1.0)
        return replace(chip, tpp=tpp, tflops=chip.tflops * tpp / chip.tpp)
    return replace(chip, **{quantity: bound})


def test_a_chip_that_only_asks_for_notice_is_cut_too():
    base = recorded("H100 SXM")
    noticed = bar({"tpp_min": 4800.0}, notify=({"tpp_min": 2400.0, "tpp_max": 4800.0},))
    cut = design(base, [noticed], PLACE, PENALTY, 0.25)
    assert cut is not None and cut.tpp == pytest.approx(2400.0 * MARGIN)
    assert not is_open(replace(cut, tpp=3000.0), [noticed], PLACE)


def test_what_a_licence_leaves_open_is_designed_to():
    base = recorded("B200")
    acts = [bar({"tpp_min": 4800.0}), bar({"tpp_min": 4800.0, "tpp_max": 21_000.0}, kind="licence",
                                          name="later", effective=date(2020, 7, 1))]  # fmt: skip
    cut = design(base, acts, PLACE, PENALTY, 0.25)
    assert cut is not None and cut.tpp == pytest.approx(21_000.0 * MARGIN)


def test_a_rule_that_nothing_can_undercut_calls_forth_nothing():
    base = recorded("H100 SXM")
    assert design(base, [bar({"tpp_min": 0.0})], PLACE, PENALTY, 0.25) is None
    assert design(base, [bar({"link_gbs_min": 0.0})], PLACE, PENALTY, 0.25) is None
    assert designed([base], [bar({"tpp_min": 0.0})], [PLACE], CALENDAR, 2, 0.3, 0.25, 0.5) == ()
    assert designed([base], [], [PLACE], CALENDAR, 2, 0.3, 0.25, 0.5) == ()


def test_acts_that_do_not_reach_the_vendor_or_end_at_once_call_forth_nothing():
    base = replace(recorded("A100 SXM 80 GB"), withdrawn=None, available=(2019, 1))
    rule = {"tpp_min": 1000.0}
    theirs = bar(rule, actor="c")
    never = bar(rule, ended=date(2020, 5, 1))
    away = bar(rule, targets=("c",))
    for act in (theirs, never, away):
        assert designed([base], [act], [PLACE], CALENDAR, 2, 0.3, 0.25, 0.5) == ()
    for act in (bar(rule), replace(theirs, foreign_product=True), replace(theirs, allies=("us",))):
        (made,) = designed([base], [act], [PLACE], CALENDAR, 2, 0.3, 0.25, 0.5)
        assert made.available == (2020, 8) and made.answers == "bar"
