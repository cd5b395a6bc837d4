"""The ledger of claims and the model hang together, both ways; what is wrong is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analysis.claims.ledger import IDENTITY, MECHANISMS, THEMES, Expectation, ledger, read
from model.core.errors import InputError
from model.measure.recorder import SERIES
from model.parameters import FACTS
from model.scenario import SHIPPED, load, shipped
from model.seed_tables import LEDGER, SEEDS, seeds_text

if TYPE_CHECKING:
    from tests.conftest import Command

CLAIMS = ledger().claims
TEXT = (SEEDS / LEDGER).read_text(encoding="utf-8")
NUMBERS = {"A": 11, "B": 11, "C": 19, "D": 15}


def test_all_claims_of_the_documents_are_there_in_order() -> None:
    assert list(CLAIMS) == [f"{part}{n}" for part, last in NUMBERS.items()
                            for n in range(1, last + 1)]  # fmt: skip
    assert {claim.theme for claim in CLAIMS.values()} == set(THEMES)
    assert {claim.side for claim in CLAIMS.values()} == {"for", "against", "neutral"}


@pytest.mark.parametrize("identity", CLAIMS)
def test_a_claim_names_what_exists_and_an_experiment_that_can_run(identity: str) -> None:
    claim = CLAIMS[identity]
    assert set(claim.mechanisms) <= MECHANISMS
    names = {f"{group}.{name}" for group, name in FACTS}
    assert {*claim.parameters, *claim.deciders, *claim.treated, *claim.base} <= names
    if claim.test == "none":
        assert claim.why
        return
    first, second = claim.scenarios()
    assert first.parameters != second.parameters
    assert first.parameters.economy == second.parameters.economy
    for expectation in claim.expects:
        assert "2018-12" <= expectation.at <= "2030-12" and expectation.least() > 0.0
        assert expectation.words()


def test_every_claim_that_parameters_and_worlds_name_is_in_the_ledger() -> None:
    named = {one for fact in FACTS.values() for one in fact.claims}
    named |= {one for name in shipped() for one in load(name, environment={}).claims}
    assert named <= set(CLAIMS)


def test_every_parameter_names_claims_or_a_source() -> None:
    assert all(fact.claims or fact.source for fact in FACTS.values())


def test_most_claims_are_open_and_by_themselves_no_side_is() -> None:
    by_test = {kind: [c for c in CLAIMS.values() if c.test == kind] for kind in
               ("open", "by construction", "none")}  # fmt: skip
    assert len(by_test["open"]) > 35
    assert {claim.side for claim in by_test["open"]} == {"for", "against", "neutral"}


def test_no_world_reads_the_ledger() -> None:
    assert b"[claims." not in seeds_text()
    sources = [p.read_text(encoding="utf-8") for p in (SHIPPED.parent / "model").rglob("*.py")]
    assert not any("claims.toml" in text and "LEDGER" not in text for text in sources)


@pytest.mark.parametrize(
    ("effect", "verdicts"),
    [
        ("rises", [True, None, False]),
        ("falls", [False, None, True]),
        ("stays", [False, True, False]),
    ],
)
def test_what_an_effect_says(effect: str, verdicts: list[bool | None]) -> None:
    one = Expectation(of="gap", at="2030-12", effect=effect)  # type: ignore[arg-type]
    assert [one.supported(x) for x in (0.2, 0.01, -0.2)] == verdicts
    bound = Expectation(of="scaled_gap", at="2030-12", below=12.0)
    assert bound.supported(11.0) is True and bound.supported(13.0) is False


BROKEN = {
    "unknown parameter": ('parameters = ["controls.regime", "controls.allied"',
                          'parameters = ["controls.regimes", "controls.allied"', "controls.regime"),
    "unknown world": ('worlds = ["scattered", "no_ban"]', 'worlds = ["scatered", "no_ban"]',
                      "did you mean 'scattered'"),
    "unknown mechanism": ('mechanisms = ["places"]', 'mechanisms = ["place"]', "places"),
    "unknown outcome": ('of = "frontier"', 'of = "frontiers"', "frontier"),
    "unknown series": ("race of us", "rase of us", "race"),
    "unknown bloc": ("race of us", "race of usa", "us"),
    "unknown field": ('side = "for"', 'sides = "for"', "side"),
    "wrong word": ('side = "for"', 'side = "pro"', "for"),
    "no id": ("[claims.A1]", "[claims.X1]", "letter from A to D"),
    "same worlds": ('with = { "labour.people_follower" = 2.0 }', "", "both worlds are the same"),
    "no reason": ('why = "A step is a month: hours cannot be told from at once."', "", "why"),
    "twice": ("[claims.A2]", "[claims.A1]", "A1"),
    "no month": ('at = "2030-12"', 'at = "2030"', "YYYY-MM"),
    "not toml": ("[claims.A2]", "[claims.A2", "is not TOML"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_refused_with_file_and_line(name: str, tmp_path: Path) -> None:
    right, wrong, hint = BROKEN[name]
    assert right in TEXT
    path = tmp_path / LEDGER
    path.write_text(TEXT.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read(path)
    message = str(refusal.value)
    assert message.startswith(LEDGER) and "\n" not in message and hint in message
    found = re.search(r"line (\d+)", message)
    assert found and int(found[1]) > 20


def test_an_empty_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / LEDGER
    path.write_text("")
    with pytest.raises(InputError, match=r"\[claims\.A1\]"):
        read(path)


def test_the_command_lists_and_shows(spillover: Command) -> None:
    said = spillover("claims")
    assert said.code == 0 and said.out.count("\n") > len(CLAIMS)
    one = spillover("claims", "show", "C13", "B5")
    assert "retaliation" in one.out and "No verdict" in one.out and "vendor profit" in one.out
    figures = json.loads(spillover("claims", "show", "C13", "--json").out)["claims"]
    assert figures[0]["id"] == "C13" and figures[0]["worlds"] == ["ban_no_response", "retaliation"]
    wrong = spillover("claims", "show", "C99")
    assert wrong.code == 2 and "C9" in wrong.err and "Traceback" not in wrong.err
    assert spillover("claims", "prove").code == 2
    assert spillover("claims", "test").code == 2
    none = spillover("claims", "test", "C3", "--draws", "0")
    assert none.code == 2 and "at least 2, got 0" in none.err
    nowhere = spillover("claims", "test", "B5")
    assert nowhere.code == 2 and "cannot be tested" in nowhere.err


def test_ids_are_letters_and_numbers() -> None:
    assert all(IDENTITY.fullmatch(identity) for identity in CLAIMS)
    assert {"rivalry", "materials", "spillover"} <= MECHANISMS
    assert set(SERIES) & {"race", "open_use"}
