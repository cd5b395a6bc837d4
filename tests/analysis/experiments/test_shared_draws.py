"""What two analyses share is the same in both: draws by name and replicate, seeds by replicate."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.experiments import prior_draws
from analysis.experiments.effects import Values
from analysis.experiments.experiment import seed_of
from analysis.experiments.prior_draws import Stream
from analysis.experiments.strata import strata
from model.core.errors import InputError
from model.economy import LARGEST_SEED
from model.scenario import Scenario, load


def drawn(worlds: list[Scenario], number: int, seed: int = 1) -> dict[str, Values]:
    stream = Stream(worlds, number, seed)
    points = np.array(stream.take(number))
    return {str(name): points[:, k] for k, name in enumerate(stream.names)}


PAIR = [load("no_ban"), load("ban")]
OTHERS = {
    "a third world": [*PAIR, load("ban_porous")],
    "a parameter that is held": [load(w, ["training.inheritance_cap=1.0"])
                                 for w in ("no_ban", "ban")],
    "the first parameter held": [load(w, ["economy.size_spread=1.0"]) for w in ("no_ban", "ban")],
    "other worlds": [load("no_ban"), load("closed_world")],
    "one world": [load("ban")],
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_parameters_that_two_analyses_draw_have_the_same_draws(case: str) -> None:
    one, other = drawn(PAIR, 4), drawn(OTHERS[case], 4)
    both = one.keys() & other.keys()
    assert len(both) > 100
    assert all(np.array_equal(one[name], other[name]) for name in both)


@pytest.mark.parametrize(("few", "many"), [(8, 16), (3, 10), (5, 7)])
def test_a_longer_analysis_extends_a_shorter_one(few: int, many: int) -> None:
    one, other = drawn(PAIR, few), drawn(PAIR, many)
    assert all(np.array_equal(one[name], other[name][:few]) for name in one)
    stream = Stream(PAIR, few, 1)
    pieces = np.array([*stream.take(few), *stream.take(many - few)])
    assert np.array_equal(pieces.T, np.array(list(other.values())))


def test_only_the_replicate_whose_point_cannot_be_used_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []

    def fine(*given: object) -> bool:
        seen.append(given)
        return len(seen) != 8 + 3

    monkeypatch.setattr(prior_draws, "_fine", fine)
    plain = drawn(PAIR, 8)
    stream = Stream(PAIR, 8, 1)
    again = np.array(stream.take(8))
    columns = np.array(list(plain.values())).T
    assert stream.passed == 1 and not np.array_equal(again[2], columns[2])
    assert np.array_equal(np.delete(again, 2, 0), np.delete(columns, 2, 0))
    other = stream.again(5)
    assert not np.array_equal(other, columns[5])
    monkeypatch.setattr(prior_draws, "_fine", lambda *given: False)
    with pytest.raises(InputError, match="draw 6"):
        stream.again(5)
    with pytest.raises(InputError, match="only 0 of 8"):
        Stream(PAIR, 8, 1).take(8)


def test_draws_are_stratified_at_every_power_of_two() -> None:
    places = strata(256, 7, "spillover.strength")
    for count in (1, 2, 4, 32, 256):
        assert sorted((places[:count] * count).astype(int)) == list(range(count))
    assert not np.array_equal(places, strata(256, 8, "spillover.strength"))
    others = np.array([strata(256, 7, f"a.p{k}") for k in range(40)])
    assert np.abs(np.corrcoef(others) - np.eye(40)).max() < 0.3


def test_experiments_of_two_seeds_share_no_replicate() -> None:
    seeds = [seed_of(seed, r) for seed in range(60) for r in range(2000)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed <= LARGEST_SEED for seed in seeds)
    far = {seed_of(seed, r) for seed in (0, 1, 2**31, 2**62, LARGEST_SEED) for r in range(2000)}
    assert len(far) == 10_000
    assert [seed_of(1, r) for r in range(3)] == [1, 2, 3]
