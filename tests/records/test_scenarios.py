"""Every world that ships: runs, closes its books, adds up, and differs from its parent."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from conftest import MOVING

from model.economy import World
from model.measure.tables import content_digest, tables_of
from model.scenario import load, shipped
from model.state.codes import SOURCES, UNBOUND
from tests.worlds import unclosed

# Every world runs once, and many tests look at it: all in one process.
pytestmark = pytest.mark.xdist_group("shipped")
# As many labs as by default: fewer would leave out all that entity lists name.
CAST = {"economy__labs": 40, "economy__clusters": 40, "economy__firms": 200, **MOVING}
END = {"economy__end": "2026-12", **CAST}
CHILDREN = [name for name in shipped() if len(load(name).lineage) > 1]
IDENTICAL = {"mirror"}  # another cast, so that rows cannot be compared with those of its parent
MOVED = {"scattered"}  # the same firms at other places: the same keys in another order
# Acts, responses, ways around and openness every day; variants of one number in make verify.
DAILY = (
    "no_ban", "ban", "ban_tight", "ban_porous", "ban_no_response", "tiers", "decoupled",
    "entity_list_only", "retaliation", "open_world", "mirror",
)  # fmt: skip


def daily(names):
    return pytest.mark.parametrize(
        "name", [pytest.param(n, marks=() if n in DAILY else pytest.mark.slow) for n in names]
    )


EVERY = daily(shipped())
CHILD = daily([name for name in CHILDREN if name not in IDENTICAL])


@cache
def lineage(name: str) -> tuple[str, ...]:
    return load(name).lineage


@pytest.fixture(scope="module")
def ended(small):
    """Return a world at its end, run with strict accounts; nobody may write into it."""

    @cache
    def run(name: str) -> World:
        return small(name, rng=2, strict=True, **END).run()

    return run


@EVERY
def test_it_runs_to_its_end_with_closed_books(name, ended):
    world = ended(name)
    assert world.state.month == world.fixed.inputs.calendar.months
    assert world.last_month == "2026-12"
    assert unclosed(world) == {}


@EVERY
def test_compute_by_source_adds_up_in_every_month(name, ended):
    series = ended(name).record.series
    total = sum(series[f"compute_{source}"] for source in SOURCES)
    assert total == pytest.approx(series["fleet"], rel=1e-9)
    assert (series["fleet"][:, 0] > 0.0).all()
    if name != "decoupled":  # which is apart from its vendors from the first month on here
        assert (series["fleet"][:, 1] > 0.0).all()


@EVERY
def test_chips_of_a_family_are_conserved(name, ended):
    """What was made is at work, retired, under way, seized, in stock, or was scrapped."""
    state = ended(name).state
    buyers, supply, family = state.buyers, state.supply, state.chips.family
    held = buyers.units + buyers.retired + buyers.ordered.sum(axis=1)
    held = held[..., :UNBOUND].sum(axis=(0, 2)) + state.chips.seized
    whole = np.bincount(family, held, supply.produced.size) + supply.stock + supply.scrapped
    assert whole == pytest.approx(supply.produced, rel=1e-9, abs=1e-6)
    sold = (buyers.requested - buyers.cancelled)[..., :UNBOUND].sum(axis=(0, 2))
    sold += state.chips.seized
    sums = np.bincount(family, sold, supply.sold.size)
    assert sums == pytest.approx(supply.sold, rel=1e-9, abs=1e-6)
    assert (supply.stock >= 0.0).all() and (supply.scrapped >= 0.0).all()


@EVERY
def test_nothing_is_negative_or_lost(name, ended):
    state = ended(name).state
    buyers = state.buyers
    for column in ("units", "fleet", "ordered", "prepaid", "delivered", "retired", "want"):
        assert (getattr(buyers, column) >= 0.0).all(), column
    # a purse is emptied by subtracting what was paid, chip by chip: rounding, relative to means
    assert (buyers.cash >= -1e-9 * np.maximum(1.0, buyers.granted)).all()
    assert (buyers.debt >= -1e-9 * np.maximum(1.0, buyers.granted)).all()
    assert np.isfinite(buyers.effective).all()
    for of, series in ended(name).record.series.items():
        # minus infinity: no model yet; no price: no domestic industry, nobody who pays yet
        unknown = np.isnan(series) & ("price" not in of)
        assert not unknown.any() and not np.isposinf(series).any(), of


@CHILD
def test_it_differs_from_its_parent(name, ended):
    parent = lineage(name)[1]
    worlds = map(ended, (name, parent))
    one, other = (content_digest(tables_of(w.fixed, w.state, w.record)) for w in worlds)
    assert one != other
    follower = ended(name).fixed.inputs.bloc_index("china")
    fleets = [ended(n).record.series["fleet"][:, follower] for n in (name, parent)]
    assert np.abs(fleets[0] / fleets[1] - 1.0).max() > 0.001


@CHILD
def test_it_is_a_twin_of_its_parent(name, ended):
    """The same firms, draws and constants: what differs is what the file says."""
    world, parent = ended(name), ended(lineage(name)[1])
    assert world.fixed.constants is parent.fixed.constants
    keys = [w.state.firms.key[w.state.firms.entered == 0] for w in (world, parent)]
    assert np.array_equal(*keys) == (name not in MOVED)
    assert np.array_equal(*map(np.sort, keys))
    for one, two in zip(world.state.knowledge, parent.state.knowledge, strict=True):
        assert np.array_equal(one.size, two.size)


def test_what_the_files_say_of_each_other_holds(ended):
    """Signs that hold by construction: who may buy less has less, what leaks serves."""
    follower = ended("ban").fixed.inputs.bloc_index("china")

    def fleet(name):
        series = ended(name).record.series
        return (series["fleet"] + series["compute_of_clouds"])[-1, follower]

    assert fleet("ban_tight") < fleet("ban") < fleet("no_ban")
    assert fleet("ban") < fleet("ban_porous")
    assert fleet("ban") < fleet("ban_no_response")

    def source(name, kind):
        return ended(name).record.series[f"compute_{kind}"][:, follower].sum()

    for kind in ("degraded", "diverted", "rented", "stockpiled"):
        assert source("ban_tight", kind) == source("no_ban", kind) == 0.0
        assert source("ban", kind) > 0.0
    assert source("ban_porous", "diverted") > source("ban", "diverted")
    assert source("entity_list_only", "degraded") == 0.0
    listed = ended("entity_list_only").state.listed.any(axis=(0, 2))
    assert listed.sum() >= 3


def test_tiers_bind_those_in_between(ended):
    def cloud(name):
        world = ended(name)
        fixed, state = world.fixed, world.state
        (row,) = [d for d, p in enumerate(fixed.inputs.destinations) if p.name == "others tier 2"]
        return state.buyers.effective[state.buyers.destination == row].sum()

    assert cloud("tiers") < cloud("ban")
