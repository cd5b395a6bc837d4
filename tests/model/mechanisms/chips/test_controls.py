"""Which acts a world is under, what of the levers changes nothing, and exchange between blocs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from model.controls.acts import acts, acts_in, acts_of, regimes, sooner
from model.core.errors import InputError
from model.measure.tables import content_digest, tables_of
from model.scenario import load
from model.state.codes import BOUGHT, UNBOUND

BLOCS = ["us", "china", "allies", "others"]


def names(*changes: str, scenario: str = "ban") -> list[str]:
    return [act.name for act in acts_in(load(scenario, changes).parameters)]


def digest(world) -> str:
    return content_digest(tables_of(world.fixed, world.state, world.record))


def test_a_regime_is_its_acts_in_order_of_their_days():
    found = acts_in(load("ban").parameters)
    assert {act.name for act in found} == set(regimes()["history"].acts)
    assert [act.effective for act in found] == sorted(act.effective for act in found)


def test_acts_after_the_record_ends_do_not_take_effect():
    until = [names(f"controls.record_until={month}") for month in ("2022-09", "2022-10", "2030-01")]
    assert until[0][-1] == "nvidia_letter" and "chips_2022" not in until[0]
    assert set(until[1]) - set(until[0]) == {"chips_2022", "equipment_2022", "foundry_2022"}
    assert until[2] == names()


def test_acts_come_sooner_and_the_record_with_them():
    four = acts_in(load("ban", ["controls.years_sooner=4"]).parameters)
    for act in four:
        day = sooner(acts()[act.name], 4).effective
        assert act.effective == max(day, date(2018, 1, 1))  # twins share their prehistory
        assert day.year == acts()[act.name].effective.year - 4


def test_without_responses_the_buyers_acts_are_left_out():
    gone = set(names()) - set(names("controls.responses=false"))
    answers = {"buyer_stop", "buyer_refusal", "buyer_cap"}
    assert gone == answers | {"materials_licence_2023", "materials_ban_2024"}
    assert {act.actor for act in acts().values() if act.response} == {"china"}


def test_without_allies_only_the_two_act_and_no_third_bloc_takes_part():
    alone = acts_in(load("ban", ["controls.allied=false"]).parameters)
    assert {act.actor for act in alone} == {"us", "china"}
    assert set(names()) - {act.name for act in alone} == {
        "allies_equipment_jp", "allies_equipment_nl",
    }  # fmt: skip
    assert not any(act.allies for act in alone)
    assert next(act for act in acts_in(load("ban").parameters) if act.name == "hbm_2024").allies


def test_the_tiers_are_kept_where_the_regime_keeps_them():
    for name in ("tiers_2_2025", "tiers_3_2025"):
        assert acts()[name].ended is not None
        assert next(act for act in acts_of("tiers") if act.name == name).ended is None


def test_an_act_by_name_is_a_regime_of_its_own():
    assert names("controls.regime=h20_licence") == ["h20_licence"]


def test_acts_of_a_file_stand_beside_the_regimes(bar):
    rules = f"controls.rules=[{{name='mine', {toml(bar('2020-01-01'))}}}]"
    assert names(rules) == sorted([*names(), "mine"], key=lambda n: (day(n), n))
    twice = f"controls.rules=[{{name='chips_2022', {toml(bar('2020-01-01'))}}}]"
    with pytest.raises(InputError, match="given twice"):
        names(twice)


def day(name: str) -> str:
    return str(acts()[name].effective) if name in acts() else "2020-01-01"


def toml(act: dict) -> str:
    return (
        f"announced={act['announced']}, effective={act['effective']}, actor='us', "
        "targets=['china'], kind='bar', rule=[{tpp_min=0}]"
    )


def test_an_empty_regime_is_no_regime_to_the_bit(small):
    long = {"economy__end": "2023-12"}
    none = small("no_ban", **long).run()
    plain = small("ban", **long)
    chips = tuple(chip for chip in plain.fixed.inputs.chips if not chip.answers)
    inputs = replace(plain.fixed.inputs, acts=(), chips=chips)
    before_all = small("ban", controls__record_until="2018-01", **long).run()
    assert digest(none) == digest(before_all)
    assert digest(none) == digest(small("ban", inputs=inputs, **long).run())
    assert digest(none) != digest(plain.run())


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": [{"tpp_min": 1e9}]},
        {"effective": "2018-06-01", "announced": "2018-06-01", "ended": "2018-06-01"},
        {"targets": ["us"]},
        {"actor": "allies", "foreign_product": False},  # nobody there sells chips
        {"kind": "licence"},
        {"kind": "licence", "cap_units": 1e30},
        {"kind": "allow"},
        {"announced": "2030-01-01", "effective": "2031-01-01"},
    ],
    ids=str,
)
def test_an_act_that_binds_nothing_changes_no_bit(fields, small, constants, bar):
    given = {"economy__end": "2026-12"}
    plain = small(constants=constants, **given).run()
    ruled = small(constants=constants, controls__rules=[bar(**fields)], **given)
    assert len(ruled.fixed.inputs.acts) == 1  # the record's end does not end what is given
    assert digest(plain) == digest(ruled.run())


LEAKS = [
    {"controls__porosity": 0.9, "controls__enforcement": 0.4, "controls__rent_abroad": 0.6},
    {"controls__stockpiling": False, "controls__degraded": "none", "controls__responses": False},
    {"controls__degraded": "record"},
    {"purchases__premium": 3.0, "purchases__intermediary_cost": 0.9, "purchases__penalty": 7.0},
    {"purchases__rent_margin": 2.0, "purchases__stockpile": 1.0, "purchases__repayment": 0.9},
    {"degraded__delay": 9, "degraded__memory_weight": 3.0, "degraded__price_exponent": 1.0},
    {"supply__revenue_elasticity": 2.0},
    {"domestic__equipment_dependence": 0.0, "domestic__memory_dependence": 1.0},
    {"domestic__memory_catch_up": 2.0, "domestic__memory_stockpile": 100.0},
]


@pytest.mark.parametrize("changes", LEAKS, ids=[" ".join(leak) for leak in LEAKS])
def test_without_rules_nothing_that_answers_to_rules_moves_a_bit(changes, small):
    """Without constants given: they are the same too."""
    given = {"economy__end": "2022-12"}
    assert digest(small("no_ban", **given).run()) == digest(
        small("no_ban", **changes, **given).run()
    )


def test_a_bloc_without_exchange_gets_no_foreign_chips_by_any_route(small):
    world = small("ban", exchange__between_blocs=0.0, economy__end="2023-12")
    state = world.state
    at_start = state.buyers.delivered.sum(axis=1)
    world.run()
    home = state.chips.maker[:, None] == np.arange(len(BLOCS))
    assert np.array_equal(state.chips.open_to, home)
    foreign = ~home[:, state.buyers.bloc].T  # buyer x chip
    assert not state.buyers.delivered[foreign].any()
    assert state.buyers.requested[~foreign][:, :UNBOUND].any()
    follower = state.buyers.bloc == BLOCS.index("china")
    more = state.buyers.delivered.sum(axis=1) > at_start
    assert more[follower, :UNBOUND].any() and more[follower, UNBOUND].any()  # domestic ones


def test_what_is_on_its_way_when_exchange_ends_is_cancelled(small):
    world = small("no_ban", exchange__between_blocs=0.0, exchange__since="2019-01",
                  fleets__delivery=3, strict=True)  # fmt: skip
    world.run("2018-12")
    buyers = world.state.buyers
    follower = buyers.bloc == BLOCS.index("china")
    foreign = world.state.chips.maker != BLOCS.index("china")
    on_way = buyers.ordered[follower][:, :, foreign, BOUGHT].sum()
    world.run("2019-04")
    assert on_way > 0.0
    assert buyers.cancelled[follower][:, foreign, BOUGHT].sum() == pytest.approx(on_way)
