"""Where knowledge came from: every acquisition is told, and all of them add up."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.attribution import lineage
from analysis.attribution.lineage import Ledger
from analysis.experiments.compare import compare
from analysis.figures.data import channel_shares, read_folder
from model.core.errors import InputError
from model.economy import World
from model.measure import run_folder
from model.measure.lab_tables import bases, model_ids
from model.measure.recorder import Record
from model.run import folder_of, run
from model.scenario import load
from model.state.codes import (
    DISCOVERED,
    FIELDS,
    MOBILITY,
    OPEN_WEIGHTS,
    PRODUCTS,
    PROXIMITY,
    PUBLICATION,
    REDISCOVERED,
    SUPPLIER,
)
from tests import worlds
from tests.conftest import Command

SHORT = ["economy.firms=120", "economy.labs=30", "economy.clusters=20", "economy.prehistory=12",
         'economy.end="2023-06"']  # fmt: skip
SMALL = [*worlds.words(worlds.TINY), "--no-plot", "--quiet"]


@pytest.fixture(scope="module")
def world() -> World:
    """A small world at its end with labs that entered on the way; all events are kept."""
    made = World(load("ban", SHORT), rng=2)
    made.record = Record.blank(made.fixed, made.state, "all")
    return made.run()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The folder of the same world."""
    scenario = load("ban", SHORT)
    place = folder_of(scenario, 2, tmp_path_factory.mktemp("runs"))
    result = run(scenario, 2, events="all")
    run_folder.write_run(place, scenario, result.tables, result.about)
    return lineage.read(place)


def held_by(world: World, field: int, firm: int) -> set[int]:
    """Return the ideas that a firm holds, read off its bits."""
    knowledge = world.state.knowledge[field]
    member = knowledge.at[firm]
    if member < 0:
        return set()
    bits = np.unpackbits(knowledge.bits[member].view(np.uint8), bitorder="little")
    return set(np.flatnonzero(bits).tolist())


def test_every_idea_a_firm_holds_came_to_it_by_one_event(world: World) -> None:
    rows = world.record.events.rows()
    for field in range(len(FIELDS)):
        for firm in range(world.state.firms.key.size):
            mine = rows.idea[(rows.field == field) & (rows.firm == firm)].tolist()
            assert len(mine) == len(set(mine))
            if world.state.firms.left[firm] < 0:
                assert set(mine) == held_by(world, field, firm)
            else:
                member = world.state.knowledge[field].at[firm]
                assert len(mine) == (world.state.knowledge[field].lost[member] if mine else 0)


def test_events_are_what_mechanisms_counted(world: World) -> None:
    rows, record, blocs = world.record.events.rows(), world.record, world.state.firms.bloc
    place = (rows.month, rows.field, rows.channel, rows.source_bloc, blocs[rows.firm])
    counts, sizes = np.zeros_like(record.acquired), np.zeros_like(record.sizes)
    np.add.at(counts, place, 1)
    for field, knowledge in enumerate(world.state.knowledge):
        here = rows.field == field
        np.add.at(sizes, tuple(p[here] for p in place), knowledge.size[rows.idea[here]])
    assert np.array_equal(counts, record.acquired)
    np.testing.assert_allclose(sizes, record.sizes, rtol=1e-12)
    assert (np.diff(rows.month) >= 0).all()


def test_labs_that_enter_read_what_is_in_print(world: World) -> None:
    rows, labs = world.record.events.rows(), world.state.labs
    entered = np.flatnonzero((labs.founded > 0) & (labs.founded < world.state.month))
    read = 0
    for lab in entered:
        mine = rows.firm == labs.firm[lab]
        assert not (rows.month[mine] < labs.founded[lab]).any()
        first = mine & (rows.month == labs.founded[lab])
        assert (rows.channel[first] == PUBLICATION).all() and (rows.source[first] == -1).all()
        read += int(first.sum())
    assert len(entered) > 3 and read > 20


def test_sources_held_what_they_passed_on(world: World) -> None:
    rows, firms = world.record.events.rows(), world.state.firms
    own = (rows.channel == DISCOVERED) | (rows.channel == REDISCOVERED)
    assert (rows.source[own] == rows.firm[own]).all()
    assert ((rows.source == -1) == (rows.channel == PUBLICATION)).all()
    # What is found in a month may be passed on in it, what is learned from the next one on.
    from_then = rows.month + ~own
    columns = (rows.field, rows.idea, rows.firm, from_then)
    had: dict[tuple[int, int, int], int] = {}
    for field, idea, firm, month in zip(*(c.tolist() for c in columns), strict=True):
        had[field, idea, firm] = month
    for x in np.flatnonzero(~own & (rows.source >= 0)):
        assert rows.source[x] != rows.firm[x]
        assert rows.source_bloc[x] == firms.bloc[rows.source[x]]
        split = firms.founder[rows.firm[x]] == rows.source[x]  # at the end of a month, with all
        since = had[int(rows.field[x]), int(rows.idea[x]), int(rows.source[x])]
        assert since <= rows.month[x] + split
    assert (firms.lab[rows.source[rows.channel == OPEN_WEIGHTS]] >= 0).all()
    assert {PROXIMITY, SUPPLIER, MOBILITY, OPEN_WEIGHTS} <= set(rows.channel.tolist())


def test_first_finds_are_those_of_the_catalogue(world: World) -> None:
    rows = world.record.events.rows()
    for field, knowledge in enumerate(world.state.knowledge):
        found = (rows.field == field) & (rows.channel == DISCOVERED)
        again = (rows.field == field) & (rows.channel == REDISCOVERED)
        known = np.flatnonzero(knowledge.first_month >= 0)
        first_by_firms = known[knowledge.first_firm[known] >= 0]
        assert sorted(rows.idea[found]) == first_by_firms.tolist()
        by_universities = known[knowledge.first_firm[known] < 0]
        # universities, and developers of open models, find no products
        assert (by_universities.size > 0) == (field != PRODUCTS)
        assert by_universities.size < first_by_firms.size
        assert (knowledge.first_firm[rows.idea[found]] == rows.firm[found]).all()
        assert (knowledge.first_month[rows.idea[found]] == rows.month[found]).all()
        assert (knowledge.first_month[rows.idea[again]] <= rows.month[again]).all()
        finds = np.bincount(rows.idea[found | again], minlength=knowledge.size.size)
        assert np.array_equal(finds, knowledge.discoveries)


def test_without_more_those_of_labs_are_kept(world: World, small: Callable[..., World]) -> None:
    every = world.record.events.rows()
    labs = World(load("ban", SHORT), rng=2).run().record.events.rows()
    of_labs = world.state.firms.lab[every.firm] >= 0
    assert 0 < of_labs.sum() < of_labs.size
    assert all(np.array_equal(a[of_labs], b) for a, b in zip(every, labs, strict=True))
    none = small()
    none.record = Record.blank(none.fixed, none.state, "none")
    none.run()
    assert none.record.events.rows().idea.size == 0 and none.record.sizes.sum() > 0.0
    with pytest.raises(InputError, match="a good value is labs"):
        run(load("ban", SHORT), 2, events="some")  # type: ignore[arg-type]


def test_sources_of_a_bloc_add_up_to_what_its_firms_hold(world: World, ledger: Ledger) -> None:
    state = world.state
    for row, bloc in enumerate(ledger.blocs):
        account = lineage.account(ledger, bloc)
        firms = np.flatnonzero(state.firms.bloc == row)
        assert account["firms"] == (state.firms.entered[firms] >= 0).sum()
        for field, name in enumerate(FIELDS):
            mine = [one for one in account["rows"] if one["field"] == name]
            bits = [held_by(world, field, int(firm)) for firm in firms]
            knowledge = state.knowledge[field]
            here = state.firms.bloc[knowledge.row] == row
            lost = knowledge.lost[here].sum()
            assert sum(one["ideas"] for one in mine) == sum(map(len, bits)) + lost
            oom = sum(knowledge.size[sorted(ideas)].sum() for ideas in bits)
            oom += knowledge.lost_level[here].sum()
            assert sum(one["oom"] for one in mine) == pytest.approx(oom, rel=1e-9)
        years = {one["year"] for one in account["rows"]}
        assert "before 2018" in years and {"2018", "2023"} <= years and "2017" not in years


def test_sources_of_a_firm_add_up_to_what_it_holds(world: World, ledger: Ledger) -> None:
    for firm in range(0, len(ledger.firms), 7):
        account = lineage.account(ledger, ledger.bloc(firm), firm)
        for field, name in enumerate(FIELDS):
            mine = [one for one in account["rows"] if one["field"] == name]
            member = world.state.knowledge[field].at[firm]
            lost = world.state.knowledge[field].lost[member] if member >= 0 else 0
            assert sum(one["ideas"] for one in mine) == len(held_by(world, field, firm)) + lost
        sources = lineage.sources_of_firm(ledger, firm)
        learned = sum(s["ideas"] for s in sources["by_firm"])
        assert learned == sources["learned"]["ideas"] == sum(s["ideas"] for s in sources["by_bloc"])
        own = sum(part["ideas"] for part in sources["own"].values())
        assert learned + own == sum(one["ideas"] for one in account["held"])


def test_firms_have_names_of_their_own(world: World, ledger: Ledger) -> None:
    firms = ledger.firms
    assert firms["name"].is_unique and list(firms["firm"]) == list(range(len(firms)))
    assert re.fullmatch(r"\S.*, [a-z]+ [0-9]+", firms["name"][firms["kind"] != "lab"].iloc[0])
    assert set(ledger.models["lab"]) <= set(firms["name"][firms["kind"] == "lab"])
    np.testing.assert_array_equal(firms["researchers"], world.state.firms.researchers)
    assert firms["algorithms"].isna().equals(firms["kind"] == "chipmaker")
    there = firms["entered"].notna() & firms["left"].isna()
    assert firms["active"].eq(there).all() and not there.all()


def test_bases_are_the_models_that_were_built_on(world: World) -> None:
    fixed, state = world.fixed, world.state
    loss = world.parameters.training.distillation_loss
    kinds = set()
    for model, base in zip(state.models, bases(fixed, state), strict=True):
        assert (base is None) == (model.base_lab is None)
        if base is None:
            assert model.base_open is None
            continue
        built_on = state.models[base]
        assert built_on.lab == model.base_lab
        less = 0.0 if model.base_open else loss
        assert model.base == pytest.approx(built_on.capability - less, rel=1e-12)
        kinds.add(model.base_open)
    assert kinds == {True, False}
    assert len(set(model_ids(fixed, state))) == len(state.models)


def test_chains_end_and_go_back_in_time(ledger: Ledger) -> None:
    longest = 0
    for name in ledger.models.index:
        chain = lineage.chain_of_model(ledger, str(name).upper())
        assert chain[0]["model"] == name and chain[-1]["base_model"] is None
        for model, base in pairwise(chain):
            assert model["base_model"] == base["model"] and model["lab"] != base["lab"]
            assert base["released"] < model["started"] <= model["released"]
        for model in chain:
            made = model["compute"] + model["algorithms"] + model["inherited"]
            assert made == pytest.approx(model["capability"], abs=1e-9)
            assert model["inherited"] >= 0.0
        longest = max(longest, len(chain))
    assert longest > 3


def test_the_best_model_of_a_bloc_and_of_a_lab(ledger: Ledger) -> None:
    blocs = pd.read_parquet(ledger.folder / "blocs.parquet").query("month == '2023-06'")
    best = blocs.set_index("bloc")["capability_released"]
    for bloc in ledger.blocs:
        found = lineage.capability(ledger, bloc)
        assert found is None if np.isnan(best[bloc]) else found is not None
        if found is not None:
            assert found["capability"] == best[bloc]
            lab = lineage.firm_row(ledger, found["lab"])
            of_lab = lineage.capability(ledger, bloc, lab)
            assert of_lab is not None and of_lab["model"] == found["model"]
    other = int(ledger.firms.index[ledger.firms["kind"] != "lab"][0])
    assert lineage.capability(ledger, ledger.bloc(other), other) is None


def test_the_way_of_an_idea_begins_with_its_find(ledger: Ledger) -> None:
    path = lineage.path_of_idea(ledger, "algorithms:3")
    first = path["events"][0]
    assert (first["month"], first["firm"]) == (path["first_month"], path["first_firm"])
    assert first["channel"] == "own discovery" and first["source"] == first["firm"]
    holders = path["holders_home"] + path["holders_abroad"]
    closed = set(ledger.firms.index[ledger.firms["left"].notna()])
    assert sum(e["firm"] not in closed for e in path["events"]) == holders > 1
    assert [e["month"] for e in path["events"]] == sorted(e["month"] for e in path["events"])
    found = [e for e in path["events"] if e["channel"].endswith("discovery")]
    assert len(found) == path["discoveries"]


def test_prehistory_is_in_the_tables_and_not_in_figures(ledger: Ledger) -> None:
    folder = read_folder(ledger.folder)
    years, shares = channel_shares(folder.worlds[0], "us")
    assert years[0] == 2018
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    for name in ("acquisitions", "models"):
        table = ledger.table(name)
        month = table["month" if name == "acquisitions" else "released"]
        assert (table["reported"] == (month >= "2018-01")).all()
    assert not ledger.table("acquisitions")["reported"].all()


def test_comparisons_keep_no_events() -> None:
    found = compare(load("no_ban", SHORT), load("ban", SHORT), replicates=1)
    assert all("events" not in r.tables for results in found.results.values() for r in results)


def test_tables_that_do_not_belong_together_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    place = tmp_path / "run"
    shutil.copytree(ledger.folder, place)
    path = place / "acquisitions.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(run_folder.Refused, match="do not belong together"):
        for bloc in ledger.blocs:
            lineage.account(lineage.read(place), bloc)
    models = pq.read_table(place / "models.parquet")
    itself = pa.array(models.column("model").to_pylist(), pa.string())
    number = models.column_names.index("base_model")
    pq.write_table(models.set_column(number, "base_model", itself), place / "models.parquet")
    with pytest.raises(run_folder.Refused, match="damaged"):
        lineage.chain_of_model(lineage.read(place), models.column("model")[0].as_py())
    (place / "firms.parquet").write_bytes(b"none")
    with pytest.raises(run_folder.Refused, match=r"firms\.parquet cannot be read"):
        lineage.account(lineage.read(place), "us")


@pytest.fixture
def told(spillover: Command) -> Callable[..., Any]:
    """Call a command that must succeed and return what it prints as JSON."""

    def call(*words: str) -> Any:
        said = spillover(*words, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)

    return call


def test_from_the_command_line(spillover: Command, told: Callable[..., Any]) -> None:
    assert spillover("run", "ban", *SMALL).code == 0
    folder = str(next(Path("runs").iterdir()))
    assert run_folder.read_manifest(Path(folder))["events"] == "labs"

    all_blocs = told("why", folder)
    assert [a["bloc"] for a in all_blocs["accounts"]] == ["us", "china", "allies", "others"]
    one = told("why", folder, "--bloc", "china")
    assert one["accounts"] == [all_blocs["accounts"][1]] and one["before"] == "before 2018"
    lab = told("why", folder, "--firm", "microsoft")
    assert lab["accounts"][0]["name"] == "Microsoft" and lab["accounts"][0]["firms"] == 1
    row = lab["accounts"][0]["firm"]
    assert told("why", folder, "--firm", str(row))["accounts"] == lab["accounts"]
    for words, parts in (
        (
            ("why", folder),
            ["algorithms", "independent rediscovery", "all, ideas", "china: best model"],
        ),
        (
            ("why", folder, "--bloc", "us"),
            ["systems of us", "before 2018", "2019", "local contact"],
        ),
        (
            ("why", folder, "--firm", "Microsoft"),
            ["algorithms of Microsoft", "publication", "Microsoft: "],
        ),
        (("trace", folder, "--firm", "Microsoft"), ["learned from", "print of", "sources, by OOM"]),
    ):
        said = spillover(*words)
        assert said.code == 0 and said.err == ""
        assert all(part in said.out for part in parts), said.out

    said = spillover("trace", folder, "--idea", "algorithms:0")
    assert said.code == 0 and "first found" in said.out and "labs" in said.out
    assert "events of labs only" in said.err and "--events" in said.err
    assert spillover("trace", folder, "--idea", "algorithms:0", "--quiet").err == ""
    best = all_blocs["capability"][0]["model"]
    chain = told("trace", folder, "--model", best)["chain"]
    assert chain[0]["model"] == best
    said = spillover("trace", folder, "--model", best)
    assert said.code == 0 and best in said.out and "log10 FLOP" in said.out

    said = spillover("run", "ban", *SMALL, "--events")
    assert said.code == 3 and "events of labs only" in said.err and "--out" in said.err
    assert spillover("run", "ban", *SMALL, "--events", "--out", "all").code == 0
    everything = str(next(Path("all").iterdir()))
    assert run_folder.read_manifest(Path(everything))["events"] == "all"
    assert spillover("run", "ban", *SMALL, "--out", "all").code == 0
    assert spillover("trace", everything, "--idea", "algorithms:0").err == ""
    more = told("trace", everything, "--idea", "algorithms:0")["idea"]["events"]
    less = told("trace", folder, "--idea", "algorithms:0")["idea"]["events"]
    assert len(more) > len(less) and all(event in more for event in less)
    other = next(e["firm"] for e in more if e not in less)
    assert told("why", everything, "--firm", str(other))["accounts"][0]["firm"] == other

    bad = (
        (["why", folder, "--bloc", "mars"], 2, "blocs are us, china"),
        (["why", folder, "--bloc", "us", "--firm", "Microsoft"], 2, "do not go together"),
        (["why", folder, "--firm", "Microsfot"], 2, "did you mean 'Microsoft'"),
        (["why", folder, "--firm", "99999"], 2, r"rows run from 0 to \d+; a good value is"),
        (["why", folder, "--firm", str(other)], 3, "is no lab; a run with events of all firms"),
        (["why", "nowhere"], 2, "no such folder"),
        (["why", "."], 3, "no result"),
        (["trace", folder], 2, "give one of --idea"),
        (["trace", folder, "--idea", "algorithms:0", "--firm", "0"], 2, "give one of"),
        (["trace", folder, "--idea", "algorithms"], 2, "a good value is algorithms:0"),
        (["trace", folder, "--idea", "algoritms:0"], 2, "did you mean 'algorithms'"),
        (["trace", folder, "--idea", "algorithms:99999"], 2, "a good value is algorithms:"),
        (["trace", folder, "--model", f"{best}0"], 2, "a good value is"),
        (["trace", folder, "--model", "Microsfot 1"], 2, "did you mean 'Microsoft 1'"),
    )
    for words, code, hint in bad:
        said = spillover(*words)
        assert said.code == code and re.search(hint, said.err), (words, said.err)
        assert said.out == "" and len(said.err.splitlines()) == 1


def test_a_comparison_and_an_old_folder_are_refused(spillover: Command) -> None:
    for kind, hint in (("compare", "holds a comparison"), ("run", "run it anew")):
        Path(kind).mkdir()
        run_folder.write_json(Path(kind) / "manifest.json", {"schema_version": 1, "kind": kind})
        for words in (["why", kind], ["trace", kind, "--firm", "0"]):
            said = spillover(*words)
            assert said.code == 3 and hint in said.err and said.out == ""
