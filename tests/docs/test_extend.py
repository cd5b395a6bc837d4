"""The pages on changing the model: all their code runs, and does what they say."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from model.core.errors import InputError
from model.custom import ideas_of, learn
from model.economy import World
from model.state.codes import ALGORITHMS, COLLABORATION, PRODUCTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extend.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
APP = next(block for block in BLOCKS if "SolaraViz" in block)


def names_of(part: str) -> dict:
    (block,) = [b for b in BLOCKS if part in b]
    names: dict = {"__name__": "extend"}
    exec(compile(block, "docs/extend.md", "exec"), names)
    return names


def test_examples_are_as_short_as_they_say():
    assert len(BLOCKS) == 5
    assert all(len(block.splitlines()) <= 45 for block in BLOCKS)
    assert len(APP.splitlines()) <= 30
    rules = [re.search(r"\n(def .*?)\n\n\n", b, re.S).group(1) for b in BLOCKS if "def " in b]
    assert all(len(rule.splitlines()) <= 40 for rule in rules)


def test_a_channel_of_ones_own_passes_ideas_and_keeps_the_accounts():
    names = names_of("def conference")
    assert names["more"][-1] > 0.0
    learned = [w.record.acquired[:, ALGORITHMS, COLLABORATION].sum()
               for w in (names["plain"], names["meeting"])]  # fmt: skip
    assert learned[1] > learned[0]


def test_a_replaced_rule_rules():
    names = names_of("def watchful")
    assert names["watched"].state.blocs.exchange.min() in (names["WARY"], 1.0)  # as the gap is
    assert names["free"].phases == names["watched"].phases
    plain = World("no_ban", rng=7, economy__firms=200, economy__end="2024-12").run()
    crossed = [w.record.acquired[:, :, :, 0, 1].sum() for w in (names["watched"], plain)]
    assert crossed[0] < crossed[1]


def test_a_group_of_parameters_knows_what_it_is():
    group = names_of("class Conferences")["Conferences"]
    assert group().told == 0.05


def test_it_is_a_mesa_model():
    names = names_of("mesa.batch_run")
    assert {row["scenario"] for row in names["rows"]} == {"no_ban", "ban"}
    assert len(names["rows"]) == 4
    assert np.isfinite(names["by_month"]["gap"].iloc[-1])
    assert set(names["people"]) == {"us", "china", "allies", "others"}


@pytest.mark.skipif(importlib.util.find_spec("solara") is None, reason="solara is not installed")
def test_the_app_starts():
    import solara

    names = names_of("SolaraViz")
    _, context = solara.render(names["page"], handle_error=False)
    context.close()


def test_what_nobody_holds_cannot_be_learned(small):
    state = small().run("2018-12").state
    knowledge = state.knowledge[ALGORITHMS]
    firms = state.labs.firm[state.firms.active[state.labs.firm]]
    one, other = int(firms[0]), int(firms[1])
    known = ideas_of(knowledge.bits[knowledge.at[other]])
    mine = set(ideas_of(knowledge.bits[knowledge.at[one]]).tolist())
    fresh = next(int(n) for n in known if n not in mine)
    assert learn(state, ALGORITHMS, one, fresh, COLLABORATION, source=other)
    assert not learn(state, ALGORITHMS, one, fresh, COLLABORATION, source=other)
    with pytest.raises(InputError, match="must be held by firm"):
        learn(state, ALGORITHMS, one, knowledge.size.size - 1, COLLABORATION, source=other)
    with pytest.raises(InputError, match="must be published"):
        learn(state, ALGORITHMS, one, knowledge.size.size - 1, COLLABORATION)
    with pytest.raises(InputError, match="must do research in products"):
        learn(state, PRODUCTS, one, 0, COLLABORATION, source=other)
