"""The pages on extending the model and on Mesa: their code runs and does what they say."""

import importlib
import importlib.util
import inspect
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from model.controls.acts import acts_in
from model.core.errors import InputError
from model.core.parameter import fact_of
from model.custom import ideas_of, learn
from model.economy import World
from model.month import MONTH
from model.scenario import load
from model.state.codes import ALGORITHMS, COLLABORATION, PRODUCTS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [*sorted((DOCS / "extend").glob("*.md")), DOCS / "guide" / "mesa.md"]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
APP = next(block for block in BLOCKS if "SolaraViz" in block)


def names_of(part: str) -> dict:
    (block,) = [b for b in BLOCKS if part in b]
    names: dict = {"__name__": "extend"}
    exec(compile(block, "docs/extend", "exec"), names)
    return names


def test_examples_are_short():
    assert len(BLOCKS) == 5
    assert all(len(block.splitlines()) <= 45 for block in BLOCKS)
    assert len(APP.splitlines()) <= 30
    rules = [re.search(r"\n(def .*?)\n\n\n", b, re.S).group(1) for b in BLOCKS if "def " in b]
    assert all(len(rule.splitlines()) <= 40 for rule in rules)


def test_every_example_is_tested_here():
    own = Path(__file__).read_text(encoding="utf-8")
    parts = [*re.findall(r'names_of\("(.+?)"\)', own), "class Conferences"]
    assert all(sum(part in block for part in parts) == 1 for block in BLOCKS)


@pytest.mark.parametrize("page", ["act", "scenario"])
def test_scenario_files_load(page, tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", (DOCS / "extend" / f"{page}.md").read_text(), re.S)
    path = tmp_path / "mine.toml"
    path.write_text(text)
    scenario = load(str(path))
    assert scenario.parameters != load(scenario.lineage[1]).parameters


def test_the_act_of_the_page_is_in_force():
    text = (DOCS / "extend" / "act.md").read_text(encoding="utf-8")
    kinds = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", text, re.M))))
    record = load("ban").parameters
    assert {act.kind for act in acts_in(record)} - {"allow", "materials"} <= kinds


def test_a_channel_of_ones_own_passes_ideas_and_keeps_the_accounts():
    names = names_of("def conference")
    assert names["more"][-1] > 0.0
    learned = [w.record.acquired[:, ALGORITHMS, COLLABORATION].sum()
               for w in (names["plain"], names["meeting"])]  # fmt: skip
    assert learned[1] > learned[0]


def test_a_replaced_rule_rules():
    names = names_of("def watchful")
    assert names["watched"].state.blocs.exchange.min() in (names["WARY"], 1.0)  # as the gap is
    assert names["free"].phases == names["watched"].phases != MONTH
    plain = World("no_ban", rng=7, economy__firms=200, economy__end="2024-12").run()
    crossed = [w.record.acquired[:, :, :, 0, 1].sum() for w in (names["watched"], plain)]
    assert crossed[0] < crossed[1]


def test_a_group_of_parameters_knows_what_it_is(tmp_path, monkeypatch):
    (block,) = [b for b in BLOCKS if "class Conferences" in b]
    (tmp_path / "conferences_of_the_page.py").write_text(block)  # sentences are read from a file
    monkeypatch.syspath_prepend(tmp_path)
    group = importlib.import_module("conferences_of_the_page").Conferences
    record = fact_of(group.model_fields["heard"])
    assert group().heard == 0.05 and record.claims == ("A7",)
    assert record.doc.lower().startswith("probability of learning an idea")


def test_it_is_a_mesa_model():
    names = names_of("mesa.batch_run")
    assert {row["scenario"] for row in names["rows"]} == {"no_ban", "ban"}
    assert len(names["rows"]) == 4
    assert np.isfinite(names["by_month"]["gap"].iloc[-1])
    assert set(names["people"]) == {"us", "china", "allies", "others"}


def test_the_browser_view_can_make_a_world_of_its_controls():
    code = APP.partition("capability = ")[0]
    stand_in = types.ModuleType("mesa.visualization")
    stand_in.Slider = lambda label, value, **limits: {"value": value}  # type: ignore[attr-defined]
    stand_in.SolaraViz = stand_in.make_plot_component = None  # type: ignore[attr-defined]
    names: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "mesa.visualization", stand_in)
        exec(compile(code, "docs/guide", "exec"), names)
    values = {
        name: given["value"] if isinstance(given, dict) else given
        for name, given in names["params"].items()
    }
    # What mesa.visualization asks of a model: keywords alone, and those beyond its own are kwargs.
    asked = inspect.signature(World.__init__).parameters
    assert all(name in asked or "kwargs" in asked for name in values)
    assert not [p for p in asked.values() if p.kind is inspect.Parameter.VAR_POSITIONAL]
    missing = [p.name for p in asked.values() if p.default is inspect.Parameter.empty]
    assert missing == ["self", "kwargs"]
    for scenario in names["params"]["scenario"]["values"]:
        world = World(**{**values, "scenario": scenario, "economy__end": "2018-01"})
        assert world.scenario_name == scenario
    world.step()
    shown = set(re.findall(r'"(\w+_(?:us|china))"', APP))
    assert shown <= set(world.datacollector.model_vars)


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
