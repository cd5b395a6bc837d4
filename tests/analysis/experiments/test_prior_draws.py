"""Paired runs at prior draws: what is drawn, kept and written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis.experiments.compare import Comparison, compare
from analysis.experiments.comparison_folder import as_json
from analysis.experiments.experiment import Arm, seed_of
from analysis.experiments.prior_draws import values_at
from analysis.reports import prior_draws
from model.core.errors import InputError
from model.core.parameter import ParameterName
from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS
from model.run import run
from model.scenario import load
from model.setup import baseline
from tests import worlds

if TYPE_CHECKING:
    from tests.conftest import Command

TINY = worlds.texts(worlds.TINY, economy__end="2018-09")
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


def drawn(draws: int, seed: int, each: Callable[[int, int], None] | None = None) -> Comparison:
    return compare(*PAIR, replicates=draws, seed=seed, draws=True, each=each)


def test_draws_lie_in_their_priors_and_the_worst_are_counted(solved: list[object]) -> None:
    ticks: list[tuple[int, int]] = []
    found = drawn(8, 3, lambda *now: ticks.append(now))
    assert ticks == [
        *((n, 8) for n in range(1, 9)),
        (8, 8),
    ]  # another takes the refused one's place
    draws = found.draws
    assert draws is not None
    assert draws.points.shape == (8, len(draws.names)) and draws.refused == {"discovery": 1}
    assert ((draws.points >= 0.0) & (draws.points <= 1.0)).all()
    with_prior = {".".join(key) for key, fact in FACTS.items() if fact.prior is not None}
    assert len(draws.names) > 100 and set(draws.names) <= with_prior
    assert found.horizons == ["2018-09"]
    for name in OUTCOMES:
        assert found.differences(name, "2018-09").shape == (8,)


def test_an_effect_is_that_of_the_pair_at_the_point(solved: list[object]) -> None:
    found = drawn(2, 3)
    assert found.draws is not None
    names = [ParameterName.parse(name) for name in found.draws.names]
    for d in range(2):
        values = values_at(names, found.draws.points[d])
        ends = [
            run(Arm(world, values).resolved(), seed_of(3, d),
                constants=baseline.resolve(PAIR[0].parameters))
            .tables["world"].column("algorithms_follower").to_pylist()[-1]
            for world in PAIR
        ]  # fmt: skip
        effect = found.differences("algorithms_follower", "2018-09")[d]
        assert effect == pytest.approx(ends[1] - ends[0])


def test_the_same_seed_gives_the_same_draws_and_shares_add_up(solved: list[object]) -> None:
    one, two, other = (drawn(4, seed) for seed in (5, 5, 6))
    assert one.draws is not None and two.draws is not None and other.draws is not None
    same = np.array_equal(one.draws.points, two.draws.points)
    assert same or one.draws.refused != two.draws.refused
    shares = prior_draws.shares(one, "gap", "2018-09")
    assert sum(shares.values()) == pytest.approx(1.0) or np.isnan(list(shares.values())).all()
    assert other.draws.points.tolist() != one.draws.points.tolist()


def test_the_page_and_the_json_report_the_draws(solved: list[object]) -> None:
    found = drawn(4, 5)
    assert found.draws is not None
    command = "spillover compare no_ban ban_early --draws prior --replicates 4"
    text = prior_draws.markdown(found, command)
    assert command in text
    assert "widens" in text and "narrows" in text and not re.search(r"\bnan", text)
    figures = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert figures["replicates"] == len(found.draws.points)
    assert figures["parameters"] == found.draws.names
    assert {row["name"] for row in figures["outcomes"]} == set(OUTCOMES)


def test_one_draw_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        drawn(1, 1)


def test_the_command_writes_the_page(solved: list[object], spillover: Command) -> None:
    words = [word for text in TINY for word in ("--set", text)]
    said = spillover("compare", "no_ban", "ban_early", *words, "--draws", "prior", "--replicates",
                     "2", "--workers", "1", "--no-plot", "--page", "page.md")  # fmt: skip
    assert said.code == 0 and "written to page.md" in said.err, said.err
    with open("page.md", encoding="utf-8") as file:
        page = file.read()
    assert "`spillover compare no_ban ban_early --draws prior --replicates 2 --set" in page
    bad = spillover("compare", "no_ban", "ban_early", *words, "--draws", "prior", "--replicates",
                    "2", "--workers", "1", "--no-plot", "--page", "nowhere/page.md")  # fmt: skip
    assert bad.code == 3 and "cannot be written" in bad.err
