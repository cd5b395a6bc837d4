"""Twins at draws from the priors: what is drawn, kept and written."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from analysis.experiments import priors
from analysis.reports import markdown
from model.core.errors import InputError
from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS
from model.run import run
from model.scenario import load
from model.setup import baseline

TINY = ["economy.labs=8", "economy.clusters=12", "economy.firms=100", "economy.prehistory=12",
        'economy.end="2018-09"']  # fmt: skip
PAIR = [load(name, TINY) for name in ("no_ban", "ban_early")]


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Solving at every draw is not what is tested; every seventh draw has no world."""
    constants = baseline.resolve(PAIR[0].parameters)
    asked: list[object] = []

    def resolve(parameters: object) -> object:
        asked.append(parameters)
        if len(asked) % 7 == 0:
            raise InputError("discovery: no arrival of ideas")
        return constants

    monkeypatch.setattr(baseline, "resolve", resolve)
    return asked


def test_draws_lie_in_their_priors_and_the_worst_are_told(solved: list[object]) -> None:
    ticks: list[tuple[int, int]] = []
    found = priors.explore(*PAIR, draws=8, seed=3, each=lambda *now: ticks.append(now))
    assert ticks == [(n, 8) for n in range(1, 9)]
    assert found.points.shape == (7, len(found.names)) and found.refusals == {"discovery": 1}
    assert ((found.points >= 0.0) & (found.points <= 1.0)).all()
    with_prior = {".".join(key) for key, fact in FACTS.items() if fact.prior is not None}
    assert len(found.names) > 100 and set(found.names) <= with_prior
    assert found.horizons == ["2018-09"]
    for name in OUTCOMES:
        assert found.effects[name].shape == (7, 1)


def test_an_effect_is_that_of_the_twins_at_the_point(solved: list[object]) -> None:
    found = priors.explore(*PAIR, draws=2, seed=3)
    names = [tuple(name.split(".")) for name in found.names]
    for d in range(2):
        worlds = priors.at_pair(*PAIR, names, found.points[d])  # type: ignore[arg-type]
        ends = [
            run(world, 3 + d, constants=baseline.resolve(PAIR[0].parameters))
            .tables["world"].column("algorithms_follower").to_pylist()[-1]
            for world in worlds
        ]  # fmt: skip
        assert found.effects["algorithms_follower"][d, 0] == pytest.approx(ends[1] - ends[0])


def test_the_same_seed_gives_the_same_draws_and_shares_add_up(solved: list[object]) -> None:
    one, two = (priors.explore(*PAIR, draws=4, seed=5) for _ in range(2))
    assert np.array_equal(one.points, two.points[: len(one.points)]) or one.refusals != two.refusals
    shares = one.shares("gap", "2018-09")
    assert sum(shares.values()) == pytest.approx(1.0) or np.isnan(list(shares.values())).all()
    assert priors.explore(*PAIR, draws=4, seed=6).points.tolist() != one.points.tolist()


def test_the_page_and_its_json_say_what_was_found(solved: list[object]) -> None:
    found = priors.explore(*PAIR, draws=4, seed=5)
    text = markdown.markdown(found, "spillover explore no_ban ban_early --draws 4")
    assert "spillover explore no_ban ban_early --draws 4" in text
    assert "widens" in text and "narrows" in text and not re.search(r"\bnan", text)
    figures = json.loads(json.dumps(markdown.as_json(found), allow_nan=False))
    assert figures["draws"] == len(found.points) and figures["parameters"] == found.names
    assert {row["name"] for row in figures["outcomes"]} == set(OUTCOMES)


def test_one_draw_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        priors.explore(*PAIR, draws=1)
