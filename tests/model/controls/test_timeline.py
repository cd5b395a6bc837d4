"""What could be bought when, against what is known of it; and a run obeys what is foretold."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from model.controls.timeline import timeline
from model.scenario import load
from model.state.codes import AHEAD, BOUGHT

MONTHS = ("2018-06", "2021-06", "2022-12", "2023-06", "2023-09", "2023-12", "2024-06", "2025-02",
          "2025-06", "2025-10", "2026-02")  # fmt: skip
STATUS = {
    "-": "not yet sold", "f": "free", "L": "licence", "x": "barred", "R": "refused",
    "o": "no longer sold", "n": "not sold", "u": "not offered",
}  # fmt: skip
# For buyers of the follower, with the chips that vendors made for the rules as they were.
RECORD = {
    "V100 SXM2 32 GB": "ffooooooooo",
    "A100 SXM 80 GB": "-fxxxxooooo",
    "A800": "--fffxooooo",
    "H100 SXM": "--xxxxxxxxR",
    "H100 PCIe": "--xxxxxxxxR",
    "H800": "---ffxxxxxR",
    "GH200": "-----xxxxxR",
    "H20": "------ffxRR",
    "H200": "-------xxxR",
    "B200": "-------xxxx",
    "B300": "---------xx",
    "L40": "--fffffffRR",
    "L40S": "----fxxxxxR",
    "A30": "-ffffffoooo",
    "MI250X": "--xxxxxxooo",
    "MI300X": "-----xxxxxR",
    "MI308X": "------ffxRR",
    "MI355X": "--------xxx",
    "Gaudi2": "--fffxxxxoo",
    "Gaudi3": "-------xxxx",
    "TPU v5p": "nnnnnnnnnnn",
    "Ascend 910B": "---ffffffff",
}
# The same where the other side does not answer: a licence is what is left of its refusals.
UNANSWERED = {"H20": "------ffxLL", "H200": "-------xxxL", "MI300X": "-----xxxxxL",
              "H100 SXM": "--xxxxxxxxL", "B200": "-------xxxx", "L40": "--fffffffff"}  # fmt: skip


@cache
def statuses(scenario: str, *changes: str) -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
    """Return by destination and chip the status and the act of every month."""
    parameters = load(scenario, changes).parameters
    calendar = parameters.economy.calendar()
    table: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    opened = {}
    for change in timeline(parameters):
        opened.setdefault((change.destination, change.chip), {})[change.month] = (
            change.status, change.act)  # fmt: skip
    for key, changes_of in opened.items():
        here: tuple[str, str] = ("", "")
        table[key] = {}
        for month in range(calendar.months):
            here = changes_of.get(calendar.label(month), here)
            table[key][calendar.label(month)] = here
    return table


def letters(table, chip, destination="china tier 3"):
    short = {status: letter for letter, status in STATUS.items()}
    return "".join(short[table[destination, chip][month][0]] for month in MONTHS)


@pytest.mark.parametrize("chip", RECORD)
def test_the_follower_could_buy_what_it_could_buy(chip):
    assert letters(statuses("ban", "controls.degraded=record"), chip) == RECORD[chip]


@pytest.mark.parametrize("chip", UNANSWERED)
def test_without_answers_what_was_refused_is_licensed(chip):
    table = statuses("ban", "controls.degraded=record", "controls.responses=false")
    assert letters(table, chip) == UNANSWERED[chip]


@pytest.mark.parametrize("chip", [chip for chip in RECORD if chip not in ("A800", "H800", "H20",
                                                                         "MI308X")])  # fmt: skip
def test_designed_variants_change_nothing_for_plain_chips(chip):
    assert letters(statuses("ban"), chip) == RECORD[chip]


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("A100 SXM 80 GB cut 2022-11", "--fffxooooo"),  # as the A800
        ("H100 SXM cut 2022-12", "--fffxxxxxR"),  # as the H800
        ("GH200 cut 2024-01", "------ffxRR"),  # as the H20
        ("MI300X cut 2024-02", "------ffxRR"),  # as the MI308X
        ("GB200 cut 2025-06", "--------fRR"),
    ],
)
def test_designed_variants_meet_the_fate_of_those_of_the_record(start, status):
    table = statuses("ban")
    chips = [chip for place, chip in table if place == "china tier 3" and chip.startswith(start)]
    assert len(chips) == 1
    assert letters(table, chips[0]) == status


@pytest.mark.parametrize(
    ("chip", "month", "act"),
    [
        ("A100 SXM 80 GB", "2022-09", "nvidia_letter"),
        ("A100 SXM 80 GB", "2022-10", "chips_2022"),
        ("A800", "2023-11", "chips_2023"),
        ("H20", "2025-04", "h20_licence"),
        ("H20", "2025-07", "h20_licence"),
        ("H200", "2026-01", "buyer_refusal"),
        ("H200", "2026-07", "h200_case_by_case and buyer_cap"),
        ("B200", "2026-07", "chips_2023"),
    ],
)
def test_the_act_that_decides_is_named(chip, month, act):
    table = statuses("ban", "controls.degraded=record")["china tier 3", chip]
    assert table[month][1] == act


def test_the_h200_is_licensed_against_a_fee():
    from model.setup.inputs import inputs_of

    acts = {act.name: act for act in inputs_of(load("ban").parameters).acts}
    assert acts["h200_case_by_case"].fee == 0.25
    assert acts["h20_resumed"].fee == 0.15


@pytest.mark.parametrize("place", ["us tier home", "allies tier 1", "others tier 2"])
def test_chips_are_free_elsewhere(place):
    for (where, chip), by_month in statuses("ban", "controls.degraded=record").items():
        if where == place:
            found = {status for status, _ in by_month.values()}
            assert found <= {"free", "not yet sold", "no longer sold", "not sold", "not offered"}, (
                chip
            )


def test_the_third_tier_of_others_is_under_the_thresholds_of_2023_alone():
    table = statuses("ban", "controls.degraded=record")
    assert letters(table, "A100 SXM 80 GB", "others tier 3") == "-ffffxooooo"
    assert letters(table, "H100 SXM", "others tier 3") == "--fffxxxxxx"
    assert letters(table, "H20", "others tier 3") == "------fffff"  # made for the same act
    assert letters(table, "A800", "others tier 3") == "u" * len(MONTHS)


def test_tiers_license_what_the_second_tier_buys():
    table = statuses("tiers")
    assert letters(table, "H200", "others tier 2") == "-------fLLL"
    assert letters(table, "L40", "others tier 2") == "--fffffffff"


def test_sooner_is_sooner():
    table = statuses("ban_early")
    assert table["china tier 3", "A100 SXM 40 GB"]["2020-04"][0] == "not yet sold"
    assert table["china tier 3", "A100 SXM 40 GB"]["2020-05"] == ("barred", "chips_2023")
    assert letters(table, "H200") == "-------LLLL"  # as from July 2026


def test_without_rules_nothing_is_barred_and_nothing_designed():
    for (_, chip), by_month in statuses("no_ban").items():
        assert " cut " not in chip
        assert {act for _, act in by_month.values()} == {""}


@pytest.mark.parametrize("scenario", ["ban", "ban_no_response", "tiers", "ban_early"])
def test_a_run_obeys_what_is_foretold(scenario, small, constants):
    end = "2026-12"
    world = small(scenario, constants=constants, economy__end=end)
    same = ("economy.firms=120", "economy.labs=12", "economy.clusters=20",
            "economy.prehistory=12", f"economy.end={end}")  # fmt: skip
    table = statuses(scenario, *same)
    fixed, market, buyers = world.fixed, world.state.chips, world.state.buyers
    places = [place.name for place in fixed.inputs.destinations]
    calendar = fixed.inputs.calendar
    for c, chip in enumerate(fixed.inputs.chips):
        for d, place in enumerate(places):
            for month in range(calendar.months):
                status = table[place, chip.name][calendar.label(month)][0]
                on_sale = market.available[c] <= month < market.withdrawn[c]
                assert on_sale == (status not in ("not yet sold", "no longer sold")) or (
                    status == "not offered"
                )
                assert market.offered[c, d] == (status != "not offered")
                if on_sale and status != "not offered":
                    assert market.refused[month, c, d] == (status == "refused")
                    if status != "refused":
                        granted = market.granted[month, c, d]
                        assert (granted == 0.0) == (status == "barred")
    before = buyers.requested.copy()
    seen = set()

    def watch(world):
        label = world.last_month
        asked = (buyers.requested - before)[:, :, [BOUGHT, AHEAD]].sum(axis=2)
        for i, c in np.argwhere(asked > 0.0):
            status, _ = table[places[buyers.destination[i]], fixed.inputs.chips[c].name][label]
            assert status in ("free", "licence"), (label, places[buyers.destination[i]], c)
            seen.add(status)
        before[:] = buyers.requested

    world.run(each=watch)
    assert seen == {"free", "licence"}
