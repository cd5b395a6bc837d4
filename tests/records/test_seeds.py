"""The tables load, tell their sources, and refuse damage with file, line and column."""

import csv
import math
import shutil
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.controls.acts import (
    ACT,
    CONDITIONS,
    KINDS,
    act_of,
    acts,
    acts_of,
    read_controls,
    regimes,
)
from model.core.errors import InputError
from model.parameters import FACTS
from model.seed_tables import (
    LEDGER,
    SALES,
    SEEDS,
    generated_places,
    read_tables,
    seeds_text,
    tables,
)
from model.state.inputs import Act

CSVS = [path.name for path in sorted(SEEDS.glob("*.csv"))]
SOURCES = tomllib.loads((SEEDS / "sources.toml").read_text(encoding="utf-8"))
CHIPS = {chip.name: chip for chip in tables().chips}
NAMES = ("clusters", "labs", "chips", "supply", "prices")
GOOD = {
    "title": "A rule",
    "announced": date(2022, 10, 7),
    "effective": date(2022, 10, 7),
    "actor": "us",
    "targets": ["china"],
    "kind": "bar",
    "rule": [{"tpp_min": 4800, "link_gbs_min": 600}],
}
SELLS = {"kind": "licence", "probability": 0.5, "fee": 0.2, "cap_units": 1000}


def rows(name):
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def toml(name):
    return tomllib.loads((SEEDS / name).read_text(encoding="utf-8"))


def marked():
    """Yield where, marks and sources of whatever states a figure."""
    for name in CSVS:
        for row in rows(name):
            marks = [row[c] for c in row if c.endswith("mark")]
            notes = row.get("marks_of_fields", "")
            marks += [note.split(":")[1] for note in notes.split(";") if note]
            yield f"{name} {next(iter(row.values()))}", marks, row["source"]
    for bloc, entries in toml("blocs.toml").items():
        for entry in entries:
            if f"{entry}_mark" in entries:
                yield f"{bloc}.{entry}", [entries[f"{entry}_mark"]], entries[f"{entry}_source"]
    for name, act in toml("controls.toml")["acts"].items():
        yield name, [act["mark"]], act["source"]


def test_tables_load():
    found = tables()
    assert [len(part) for part in found] == [4, *(len(rows(f"{n}.csv")) for n in NAMES)]
    assert found is tables() and acts() is acts() and regimes() is regimes()


@pytest.mark.parametrize("where, marks, sources", list(marked()), ids=lambda v: str(v)[:40])
def test_every_figure_tells_its_mark_and_known_sources(where, marks, sources):
    assert marks and set(marks) <= set("PSDM"), where
    assert set(sources.split("|")) <= set(SOURCES), where


def test_every_source_is_used_and_says_for_what():
    named = {source for _, _, sources in marked() for source in sources.split("|")}
    seeds = (*CSVS, "blocs.toml", "controls.toml")
    for source, entry in SOURCES.items():
        assert {"title", "publisher", "year", "used_for"} <= set(entry), source
        # The other sources stand behind parameters, not behind rows.
        assert (source in named) == any(name in entry["used_for"] for name in seeds) or source in (
            "memory",
            "own",
        ), source
        for name in seeds:
            assert (f"{name}:" in entry["used_for"]) <= (source in named), source


def test_numbers_of_chips_hold_together():
    for chip in CHIPS.values():
        assert chip.tpp >= 16 * chip.tflops * 0.995, chip.name
        assert 0.01 < chip.density < 50, chip.name
        assert 2014 <= chip.available[0] <= 2026, chip.name
        if chip.sale == "own" or chip.answers:
            assert chip.withdrawn is None or chip.answers, chip.name
        if chip.answers:
            act = acts()[chip.answers]
            known = min(d for d in (act.rumoured, act.announced) if d is not None)
            assert chip.available >= (known.year, known.month), chip.name
    assert {chip.sale for chip in CHIPS.values()} == set(SALES)
    assert all((chip.sale == "domestic") == (chip.bloc == "china") for chip in CHIPS.values())


@pytest.mark.parametrize("name", ["A800", "H800", "Gaudi2"])
def test_variants_of_2022_pass_their_threshold_by_the_link_alone(name):
    chip = CHIPS[name]
    assert chip.tpp >= 4800 and chip.link_gbs < 600


@pytest.mark.parametrize("name", ["H20", "L20", "L2", "MI308X", "RTX PRO 6000D"])
def test_variants_of_2023_pass_the_thresholds_of_performance_and_density(name):
    chip = CHIPS[name]
    assert chip.tpp < 2400 and (chip.tpp < 1600 or chip.density < 3.2)


def test_supply_is_known_for_families_on_sale_to_2024_and_no_further():
    made = {(shipment.family, shipment.year): shipment.units for shipment in tables().supply}
    families = {chip.family for chip in CHIPS.values() if chip.sale in ("merchant", "card")}
    early = {name for name in families if CHIPS[name].available < (2025, 1)}
    assert {family for family, _ in made} == early
    for family, year in made:
        members = [chip for chip in CHIPS.values() if chip.family == family]
        assert 2014 <= year <= 2024
        assert min(chip.available for chip in members) <= (year, 12), (family, year)
        ends = [chip.withdrawn or (9999, 1) for chip in members]
        assert max(ends) > (year, 1), (family, year)
    assert made["H100 SXM", 2023] == 891655 + 115429
    assert made["A100 SXM 80 GB", 2022] == 768224 + 28132
    # What the rows of the leading vendor would have sold for stays near its recalled revenue.
    worth = Counter()
    for (family, year), units in made.items():
        if CHIPS[family].vendor == "NVIDIA":
            worth[year] += units * CHIPS[family].price / 1e9
    for year, revenue in {2016: 0.8, 2017: 1.9, 2018: 2.9, 2019: 3.0, 2020: 5.4, 2021: 9.0}.items():
        assert 0.7 * revenue < worth[year] < 1.05 * revenue, year


def test_regimes_are_lists_of_acts_in_order_of_effect():
    assert acts_of("none") == ()
    for name in regimes():
        found = acts_of(name)
        assert [a.name for a in found] == sorted(
            regimes()[name].acts, key=lambda n: (acts()[n].effective, n)
        )
    assert set(acts()) - set(regimes()["history"].acts) == {"materials_full_2023"}  # never was
    assert "materials_full_2023" in regimes()["retaliation"].acts
    assert {a.kind for a in acts_of("chips_only")} == {"bar", "licence"}
    assert {a.kind for a in acts_of("entity_list_only")} == {"entities"}
    assert not any(a.response for a in acts_of("chips_only"))


def test_acts_that_a_regime_keeps_have_no_end():
    record = {act.name: act for act in acts_of("history")}
    kept = {act.name: act for act in acts_of("tiers")}
    assert record.keys() == kept.keys()
    for name, act in record.items():
        stays = name in ("tiers_2_2025", "tiers_3_2025")
        assert kept[name] == (replace(act, ended=None) if stays else act)
        assert not stays or (act.ended is not None and act.ended < act.effective)


@pytest.mark.parametrize("name", list(acts()))
def test_an_act_is_a_regime_of_its_own(name):
    assert acts_of(name) == (acts()[name],)


@pytest.mark.parametrize("name", ["histroy", "tiers_2", "", "x" * 5000, "Huawei"])
def test_unknown_regimes_are_refused_with_good_names(name):
    with pytest.raises(InputError, match="history"):
        acts_of(name)


def test_the_digest_sees_every_file():
    files = [path for path in SEEDS.iterdir() if path.is_file()]
    assert [p.name for p in files if p.read_bytes() not in seeds_text()] == [LEDGER]  # read by none


# Damage ------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(tmp_path):
    """Copy the tables with one text changed; return folder and line of the change."""

    def make(name, old, new):
        shutil.copytree(SEEDS, tmp_path / "seeds")
        path = tmp_path / "seeds" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "seeds", text[: text.index(old)].count("\n") + 1

    return make


TABLES = {
    "wrong number": ("chips.csv", "5699,21.2,", "5699,fast,", "tflops", "fast"),
    "NaN": ("chips.csv", "5699,21.2,", "nan,21.2,", "price_usd", "nan"),
    "infinite": ("chips.csv", "5699,21.2,", "1e999,21.2,", "price_usd", "1e999"),
    "underscore": ("chips.csv", "5699,21.2,", "5_699,21.2,", "price_usd", "5_699"),
    "empty cell": ("chips.csv", "5699,21.2,", ",21.2,", "price_usd", "''"),
    "no price": ("chips.csv", "5699,21.2,", "0,21.2,", "price_usd", "above 0"),
    "negative": ("chips.csv", "5699,21.2,16", "5699,21.2,-16", "memory_gb", "-16"),
    "no die": ("chips.csv", "339.2,610", "339.2,0", "die_mm2", "above 0"),
    "month": ("chips.csv", "2016-09,2020-09", "2016-13,2020-09", "available", "YYYY-MM"),
    "day": ("chips.csv", "2016-09,2020-09", "2016-09-01,2020-09", "available", "YYYY-MM"),
    "withdrawn": ("chips.csv", "2016-09,2020-09", "2016-09,2016-09", "withdrawn", "after"),
    "bloc": ("chips.csv", "P100 SXM,NVIDIA,us", "P100 SXM,NVIDIA,usa", "bloc", "'us'"),
    "sale": ("chips.csv", "us,own,TPU v2", "us,owned,TPU v2", "sale", "did you mean 'own'"),
    "family": ("chips.csv", "merchant,P100 SXM", "merchant,P100 SX", "family", "P100 SXM"),
    "family of family": ("chips.csv", "merchant,P100 SXM", "merchant,A800", "family", "A100 SXM"),
    "answers": ("chips.csv", "chips_2022,17000", "chips2022,17000", "answers", "chips_2022"),
    "twin": ("chips.csv", "\nP100 SXM,", "\nTesla K80,", "chip", "too"),
    "mark": ("chips.csv", "1122,M,", "1122,Q,", "mark", "P, S, D, M"),
    "notes": ("chips.csv", "1122,M,tpp:D", "1122,M,tpp=D", "marks_of_fields", "price:M"),
    "place": ("clusters.csv", "Seoul,KR,allies,1", "Seoul,KR,allies,4", "tier", "home"),
    "latitude": ("clusters.csv", "37.429,126.994", "137.429,126.994", "latitude", "-90 to 90"),
    "weight": ("clusters.csv", "126.994,6.82", "126.994,0", "weight", "above 0"),
    "share": ("clusters.csv", "D,0.0141,D", "D,1.0141,D", "ai_weight", "0 to 1"),
    "sector": ("clusters.csv", "chips|devices|soft", "chips|device|soft", "sectors", "devices"),
    "seat": ("labs.csv", "OpenAI,us,San Jose", "OpenAI,us,San José", "cluster", "San Jose"),
    "abroad": ("labs.csv", "OpenAI,us,San Jose-San Francisco", "OpenAI,us,Seoul", "cluster", "us"),
    "founded": ("labs.csv", "2015,3,closed", "2015.5,3,closed", "founded", "whole"),
    "habit": ("labs.csv", "2015,3,closed", "2015,3,close", "release", "closed"),
    "motive": (
        "labs.csv",
        "2015,3,closed,open,2020-05,0.5",
        "2015,3,closed,open,2020-05,-0.5",
        "motive",
        "0 to 1",
    ),
    "source": ("labs.csv", "M,memory|epoch_companies\nMeta", "M,\nMeta", "source", "text"),
    "units": ("supply.csv", "P100 SXM,2016,53000", "P100 SXM,2016,-1", "units", "above 0"),
    "year": ("supply.csv", "P100 SXM,2016,53000", "P100 SXM,16,53000", "year", "1990"),
    "made of": ("supply.csv", "P100 SXM,2016", "A800,2016", "family", "known"),
    "same year": ("supply.csv", "P100 SXM,2017", "P100 SXM,2016", "family", "too"),
}


@pytest.mark.parametrize("name, old, new, column, word", TABLES.values(), ids=TABLES)
def test_damage_is_refused_with_file_line_and_column(damaged, name, old, new, column, word):
    folder, line = damaged(name, old, new)
    line += old.startswith("\n")
    with pytest.raises(InputError) as error:
        read_tables(folder)
    message = str(error.value)
    assert message.startswith(f"{name}: line {line}, column {column}: "), message
    assert word in message and "got" in message and ";" in message, message
    assert "\n" not in message


SHAPES = {
    "missing column": ("chips.csv", "chip,vendor,bloc", "chip,bloc", "line 1, column vendor"),
    "unknown column": ("chips.csv", "chip,vendor", "chip,seller,vendor", "line 1, column seller"),
    "column twice": ("supply.csv", "year,units", "year,year,units", "line 1, column year"),
    "empty": ("supply.csv", (SEEDS / "supply.csv").read_text("utf-8"), "", "column family"),
    "long row": ("chips.csv", "5699,21.2,", "5699,21.2,21.2,", "line 3: has 19 cells"),
    "short row": ("chips.csv", "5699,21.2,", "5699,", "line 3: has 17 cells"),
    "quotes": ("chips.csv", "P100 SXM,NVIDIA", '"P100" SXM,NVIDIA', "line 3: is not CSV"),
    "not TOML": ("blocs.toml", "[china]", "[china", "is not TOML"),
    "means": ("means.csv", "us,2018,0.75,", "us,2018,0.7,", "must sum to 1"),
    "a year": ("means.csv", "us,2018,0.75,D,capex_press|epoch_chip_owners|own\n", "", "us"),
    "clouds": ("blocs.toml", "cloud_share = 0.68", "cloud_share = 0.66", "must sum to 1"),
    "tools": ("blocs.toml", "equipment_share = 0.40", "equipment_share = 0.41", "at most 1"),
    "memory": ("blocs.toml", "memory_share = 0.08", "memory_share = 0.2", "at most 1"),
    "over 1": ("blocs.toml", "memory_share = 0.08", "memory_share = 8", "us.memory_share: must"),
    "text": ("blocs.toml", "memory_share = 0.08", 'memory_share = "8"', "us.memory_share: must"),
    "nan": ("blocs.toml", "memory_share = 0.08", "memory_share = nan", "us.memory_share: must"),
    "entry": ("blocs.toml", "memory_share = 0.08", "memory_part = 0.08", "us.memory_part: is unk"),
    "gone": ("blocs.toml", "memory_share = 0.08", "", "us.memory_share: is missing"),
    "its mark": ("blocs.toml", 'cloud_share_mark = "M"', 'cloud_share_mark = "m"', "P, S, D"),
    "no acts": ("controls.toml", "[acts.", "[rules.", "rules"),
    "act": ("controls.toml", "tpp_min = 4800, link", "tpp_mini = 4800, link", "'tpp_min'"),
    "twice": ("controls.toml", "[regimes.tiers]", "[regimes.chips_2022]", "name of an act"),
    "member": ("controls.toml", '    "huawei_fdpr",', '    "huawei",', "huawei_fdpr"),
    "double": ("controls.toml", '    "huawei_fdpr",', '    "smic_entity",', "twice"),
    "kept": ("controls.toml", 'kept = ["tiers_2', 'kept = ["tier_2', "tiers_2_2025"),
    "no title": ("controls.toml", 'title = "No acts"', "", "regimes.none.title: is missing"),
}


@pytest.mark.parametrize("name, old, new, words", SHAPES.values(), ids=SHAPES)
def test_files_out_of_shape_are_refused(damaged, name, old, new, words):
    folder, _ = damaged(name, old, new)
    with pytest.raises(InputError) as error:
        read_tables(folder)
        read_controls(folder)
    assert str(error.value).startswith(name) and words in str(error.value), error.value


@pytest.mark.parametrize("name", [*CSVS, "blocs.toml", "controls.toml"])
def test_files_that_are_gone_or_no_text_are_refused(damaged, name):
    folder, _ = damaged(name, "", "")
    (folder / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=f"^{name}: cannot be read"):
        read_tables(folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"^{name}: cannot be read"):
        read_tables(folder)


# Acts --------------------------------------------------------------------------------------------


def test_an_act_of_a_scenario_file_is_read_like_those_of_the_record():
    act = act_of("mine", GOOD, "my.toml: controls.rules[0]")
    assert act == Act(
        name="mine",
        title="A rule",
        rumoured=None,
        announced=date(2022, 10, 7),
        effective=date(2022, 10, 7),
        ended=None,
        actor="us",
        allies=(),
        targets=("china",),
        kind="bar",
        rule=({"tpp_min": 4800.0, "link_gbs_min": 600.0},),
    )
    assert act_of("mine", {**GOOD, "effective": "2022-10-07"}, "x") == act
    assert act_of("x", {k: v for k, v in GOOD.items() if k != "title"}, "x").title == "x"
    never = act_of("x", {**GOOD, "effective": "2023-01-01", "ended": "2022-12-31"}, "x")
    assert never.ended < never.effective
    assert act_of("x", {**GOOD, **SELLS}, "x").cap_units == 1000.0


BAD = {
    "unknown key": ({"effektive": "2022-10-07"}, "effektive", "effective"),
    "no date": ({"effective": None}, "effective", "missing"),
    "no targets": ({"targets": None}, "targets", "missing"),
    "no rule": ({"rule": None}, "rule", "needed"),
    "empty rule": ({"rule": []}, "rule", "list"),
    "rule of nothing": ({"rule": [{}]}, "rule[0]", "tpp_min = 0"),
    "rule of text": ({"rule": "tpp_min"}, "rule", "list"),
    "rule as table": ({"rule": {"tpp_min": 1}}, "rule", "list"),
    "condition": ({"rule": [{"tpp": 1}]}, "rule[0]", "tpp_m"),
    "negative": ({"rule": [{"tpp_min": 1}, {"tpp_min": -1}]}, "rule[1].tpp_min", "0 or more"),
    "nan": ({"rule": [{"tpp_min": math.nan}]}, "rule[0].tpp_min", "nan"),
    "infinite": ({"rule": [{"tpp_max": math.inf}]}, "rule[0].tpp_max", "inf"),
    "far too large": ({"rule": [{"tpp_max": 10**5000}]}, "rule[0].tpp_max", "too large"),
    "true": ({"rule": [{"tpp_max": True}]}, "rule[0].tpp_max", "got true"),
    "text": ({"rule": [{"tpp_max": "4800"}]}, "rule[0].tpp_max", "4800"),
    "crossed": ({"rule": [{"tpp_min": 5, "tpp_max": 5}]}, "rule[0]", "no chip"),
    "date": ({"effective": "2022-10-32"}, "effective", "YYYY-MM-DD"),
    "short date": ({"effective": "2022-10"}, "effective", "2022-10-01"),
    "week": ({"effective": "2022-W40-5"}, "effective", "2022-10-07"),
    "year": ({"effective": 2022}, "effective", "2022-01-01"),
    "kind": ({"kind": "ban"}, "kind", "bar"),
    "number as kind": ({"kind": 3}, "kind", "3"),
    "late": ({"announced": "2022-10-08"}, "announced", "2022-10-07"),
    "late rumour": ({"rumoured": "2022-10-08"}, "rumoured", "announced"),
    "ended first": ({"ended": "2022-10-06"}, "announced", "ended"),
    "actor": ({"actor": "usa"}, "actor", "'us'"),
    "allies": ({"allies": ["ally"]}, "allies", "'allies'"),
    "target": ({"targets": ["tier3"]}, "targets", "'tier 3'"),
    "home": ({"targets": ["tier home"]}, "targets", "tier"),
    "nobody": ({"targets": []}, "targets", "list"),
    "text as targets": ({"targets": "china"}, "targets", "list"),
    "twice": ({"targets": ["china", "china"]}, "targets", "twice"),
    "notify elsewhere": ({**SELLS, "notify": [{"tpp_min": 1}]}, "notify", "bar"),
    "fee elsewhere": ({"fee": 0.1}, "fee", "licence"),
    "probability": ({**SELLS, "probability": 1.5}, "probability", "0 to 1"),
    "fee": ({**SELLS, "fee": -0.1}, "fee", "0 to 1"),
    "home share": ({**SELLS, "cap_home_share": 50}, "cap_home_share", "0 to 1"),
    "no units": ({**SELLS, "cap_units": 0}, "cap_units", "above 0"),
    "no tpp": ({**SELLS, "cap_tpp": -1.0}, "cap_tpp", "above 0"),
    "firms": ({"kind": "entities", "rule": None}, "firms", "needed"),
    "no firms": ({"kind": "entities", "rule": None, "firms": []}, "firms", "list"),
    "lab": ({"kind": "entities", "rule": None, "firms": ["Hauwei"]}, "firms", "'Huawei'"),
    "rule elsewhere": ({"kind": "memory"}, "rule", "bar"),
    "flag": ({"response": 1}, "response", "true"),
    "title": ({"title": " "}, "title", "text"),
    "mark": ({"mark": "X"}, "mark", "P, S, D, M"),
}


@pytest.mark.parametrize("changes, field, word", BAD.values(), ids=BAD)
def test_bad_acts_are_refused_with_place_and_field(changes, field, word):
    table = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    with pytest.raises(InputError) as error:
        act_of("mine", table, "my.toml: controls.rules[0]")
    message = str(error.value)
    assert message.startswith(f"my.toml: controls.rules[0].{field}: "), message
    assert word in message and "got" in message and "\n" not in message, message


def test_kinds_and_fields_of_acts_are_explained_where_acts_stand():
    head = (SEEDS / "controls.toml").read_text(encoding="utf-8").partition("\n\n[")[0]
    words = {line[1:].split()[0] for line in head.splitlines() if line.startswith("# ")}
    kinds = {line[1:].split()[0] for line in head.splitlines() if line.startswith("#" + " " * 18)}
    assert set(KINDS) - {"bar"} <= kinds  # the first stands beside ``kind``
    assert {name for kind in KINDS.values() for name in (*kind.needs, *kind.takes)} <= words
    assert {act.kind for act in acts().values()} <= set(KINDS)
    assert all(name in ACT for kind in KINDS.values() for name in (*kind.needs, *kind.takes))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_act_takes_its_own_fields_and_no_others(kind):
    values = {"rule": GOOD["rule"], "firms": ["Huawei"], "notify": GOOD["rule"],
              "probability": 0.5, "fee": 0.2, "cap_tpp": 1.0, "cap_units": 1.0,
              "cap_home_share": 0.5}  # fmt: skip
    plain = {k: v for k, v in GOOD.items() if k != "rule"} | {"kind": kind, "actor": "china"}
    needed = {field: values[field] for field in KINDS[kind].needs}
    assert act_of("mine", {**plain, **needed}, "my.toml").kind == kind
    for field, value in values.items():
        if field in (*KINDS[kind].needs, *KINDS[kind].takes):
            act_of("mine", {**plain, **needed, field: value}, "my.toml")
        else:
            with pytest.raises(InputError, match="has no meaning with kind"):
                act_of("mine", {**plain, **needed, field: value}, "my.toml")
    for field in needed:
        rest = {k: v for k, v in needed.items() if k != field}
        with pytest.raises(InputError, match="is needed with kind"):
            act_of("mine", {**plain, **rest}, "my.toml")


@pytest.mark.parametrize("table", [None, 1, "bar", [GOOD]])
def test_an_act_that_is_no_table_is_refused(table):
    with pytest.raises(InputError, match="must be a table"):
        act_of("mine", table, "my.toml")


WORDS = st.sampled_from(
    ["us", "china", "allies", "tier 3", "bar", "2022-10-07", "Huawei", *CONDITIONS]
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.dates()
    | st.datetimes()
)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
KEYS = st.sampled_from(list(ACT))


@given(st.dictionaries(KEYS | st.text(max_size=8), ANYTHING, max_size=8))
@example({**GOOD, "rule": [[]]})
def test_arbitrary_tables_are_read_or_refused(table):
    for changed in (table, {**GOOD, **table}):
        try:
            act = act_of("mine", changed, "my.toml")
        except InputError as error:
            assert str(error).startswith("my.toml")
        else:
            assert act.kind in KINDS and act.announced <= act.effective


@given(ANYTHING)
def test_anything_at_all_is_read_or_refused(value):
    with pytest.raises(InputError):
        act_of("mine", value, "my.toml")


# Generated districts -----------------------------------------------------------------------------

PLACES = tables().places


def kilometres(one, other):
    phi, psi = math.radians(one.latitude), math.radians(other.latitude)
    turn = math.radians(one.longitude - other.longitude)
    half = math.sin((phi - psi) / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin(turn / 2) ** 2
    return 2 * 6371 * math.asin(min(1.0, math.sqrt(half)))


@given(st.integers(0, 400), st.integers(0, 2**64), st.integers(1, len(PLACES)))
def test_generated_districts_are_like_their_template(count, seed, size):
    template = PLACES[:size]
    found = generated_places(count, seed, template)
    assert found == generated_places(count, seed, template)
    assert found[: count // 2] == generated_places(count // 2, seed, template)
    assert len(found) == count
    names = [place.name for place in (*template, *found)]
    assert len(set(names)) == len(names)
    weights = [min(place.weight for place in template), *(place.weight for place in found)]
    assert all(a > b > 0 for a, b in pairwise(weights))
    by_name = {place.name: place for place in template}
    for place in found:
        old = by_name[place.name.rpartition(" #")[0]]
        same = replace(
            old,
            name=place.name,
            latitude=place.latitude,
            longitude=place.longitude,
            weight=place.weight,
        )
        assert place == same
        assert -90 <= place.latitude <= 90 and -180 <= place.longitude <= 180
        assert kilometres(place, old) < 151


def test_generated_districts_follow_weight_and_keep_clear_of_given_names():
    found = generated_places(3000, 1, PLACES)
    whole = sum(place.weight for place in PLACES)
    for bloc in ("us", "china", "allies", "others"):
        part = sum(place.weight for place in PLACES if place.bloc == bloc) / whole
        assert sum(place.bloc == bloc for place in found) / 3000 == pytest.approx(part, abs=0.03)
    pole = replace(PLACES[0], name="Pole", latitude=89.9)
    template = (pole, replace(pole, name="Pole #2"))
    names = {place.name for place in generated_places(30, 2, template)}
    assert len(names) == 30 and not names & {"Pole", "Pole #2"}
    assert generated_places(5, 1, PLACES) != generated_places(5, 2, PLACES)


@pytest.mark.parametrize("count, template", [(-1, PLACES), (1, ())])
def test_districts_cannot_be_made_of_nothing(count, template):
    with pytest.raises(InputError, match="generated districts"):
        generated_places(count, 1, template)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_stands_behind_something_and_says_what_for(name):
    behind = {s for _, _, sources in marked() for s in sources.split("|")}
    behind |= {s for fact in FACTS.values() for s in fact.source.split("|")}
    files = [p for p in SEEDS.glob("*.*") if p.name != "sources.toml"]
    named = any(name in path.read_text(encoding="utf-8") for path in files)
    assert name in behind or named
    assert len(SOURCES[name]["used_for"]) > 10
