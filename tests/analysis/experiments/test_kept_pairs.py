"""An interrupted comparison loses only what was being computed: the same command goes on."""

import shutil

import pyarrow.parquet as pq
import pytest

from analysis.experiments import comparison_folder, kept_pairs
from analysis.experiments.compare import compare_all
from analysis.experiments.experiment import Failure
from cli import Stopped
from model.core.errors import InputError
from model.scenario import load
from model.setup import baseline
from tests import worlds

TEXTS = worlds.texts(worlds.TINY, economy__end="2018-03")
WORDS = ("compare", "no_ban", "ban", *worlds.words(worlds.TINY, economy__end="2018-03"),
         "--workers", "1", "--no-plot")  # fmt: skip


class Stopping(kept_pairs.KeptPairs):
    """Stops, as Ctrl-C does, when two replicates are kept."""

    after = 2

    def keep(self, number, result):
        super().keep(number, result)
        if self.count() == self.after:
            raise Stopped(130)


@pytest.fixture(scope="module")
def pair():
    return load("no_ban", TEXTS), load("ban", TEXTS)


def test_what_is_gone_on_with_is_what_is_run_at_once(pair, tmp_path):
    more = {"replicates": 4}
    with pytest.raises(Stopped):
        compare_all(pair, keeper=Stopping(tmp_path / "kept"), **more)
    again = kept_pairs.KeptPairs(tmp_path / "kept")
    ticks = []
    (found,) = compare_all(pair, keeper=again, each=lambda *now: ticks.append(now), **more)
    assert again.found == 2 and ticks == [(3, 4), (4, 4)]
    (whole,) = compare_all(pair, **more)
    assert [r.content for r in found.results["b"]] == [r.content for r in whole.results["b"]]
    for place, one in (("a", found), ("b", whole)):
        comparison_folder.write(tmp_path / place, one, figures=False)
    assert comparison_folder.read_effects(tmp_path / "a") == comparison_folder.read_effects(
        tmp_path / "b"
    )
    for name in ("effects", "compute_by_source", "a/world", "b/models"):
        tables = [pq.read_table(tmp_path / place / f"{name}.parquet") for place in ("a", "b")]
        assert tables[0].equals(tables[1], check_metadata=True), name
    again.remove()
    assert not again.folder.exists()


def test_a_pair_that_is_not_as_it_was_written_is_run_again(pair, tmp_path):
    keeper = kept_pairs.KeptPairs(tmp_path / "kept")
    compare_all(pair, replicates=1, keeper=keeper)
    (path,) = keeper.folder.iterdir()
    content = path.read_bytes()
    assert keeper.read(0) is not None
    for broken in (b"", content[:-20], content[: len(content) // 2], b"x" * 2000):
        path.write_bytes(broken)
        assert keeper.read(0) is None
    for place in range(0, len(content), len(content) // 50):
        flipped = bytearray(content)
        flipped[place] ^= 4
        path.write_bytes(flipped)
        found = keeper.read(0)  # a bit that means nothing, or damage; never another result
        path.write_bytes(content)
        if found is not None:
            kept = keeper.read(0)
            assert [run.content for run in found] == [run.content for run in kept]
            assert all(
                run.tables[name].equals(other.tables[name])
                for run, other in zip(found, kept, strict=True)
                for name in run.tables
            )


def test_a_draw_without_a_world_is_kept_as_such(tmp_path):
    keeper = kept_pairs.KeptPairs(tmp_path / "kept")
    keeper.keep(3, Failure(0, 3, "shares: must not pass 1"))
    assert keeper.read(3) == Failure(0, 3, "shares: must not pass 1") and keeper.read(4) is None


def test_what_was_kept_of_a_first_draw_is_no_result_of_a_second(pair, tmp_path, monkeypatch):
    constants = baseline.resolve(pair[0].parameters)
    tried, without_world = [], set()

    def resolve(parameters):  # of the second draw there is no world, however often it is tried
        tried.append(parameters.digest())
        if len(tried) == 2:
            without_world.add(tried[-1])
        if tried[-1] in without_world:
            raise InputError("discovery: no arrival of ideas")
        return constants

    monkeypatch.setattr(baseline, "resolve", resolve)
    more = {"replicates": 4, "draws": True}
    (whole,) = compare_all(pair, **more)
    assert whole.draws.refused == {"discovery": 1}
    for number in range(1, 6):  # stopped after each of four replicates and the one drawn again
        keeper = kept_pairs.KeptPairs(tmp_path / str(number))
        with monkeypatch.context() as patch:
            patch.setattr(Stopping, "after", number)
            with pytest.raises(Stopped):
                compare_all(pair, keeper=Stopping(keeper.folder), **more)
        (found,) = compare_all(pair, keeper=keeper, **more)
        assert keeper.found == number and found.draws.refused == whole.draws.refused
        assert (found.draws.points == whole.draws.points).all()
        assert [r.content for r in found.results["b"]] == [r.content for r in whole.results["b"]]


def test_each_comparison_has_its_own(pair, tmp_path):
    a, b = pair
    folders = {
        kept_pairs.kept_pairs(*given, tmp_path, how, "program").folder
        for *given, how in (
            ([a, b], 4, 1, ""),
            ([b, a], 4, 1, ""),
            ([a, b], 5, 1, ""),
            ([a, b], 4, 2, ""),
            ([a, b], 4, 1, "prior"),
            ([a, b, a], 4, 1, ""),
        )
    }
    assert len(folders) == 6 and all(folder.name.startswith(".") for folder in folders)


def test_the_command_goes_on(spillover, monkeypatch, tmp_path):
    monkeypatch.setattr(kept_pairs, "KeptPairs", Stopping)
    stopped = spillover(*WORDS, "--replicates", "3")
    assert stopped.code == 130 and "2 finished pairs are kept; the same command" in stopped.err
    monkeypatch.setattr(kept_pairs, "KeptPairs", Stopping.__base__)
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.name.startswith(".unfinished-") and len(list(kept.iterdir())) == 2
    said = spillover(*WORDS, "--replicates", "3")
    assert said.code == 0 and "2 pairs of before are used again" in said.err
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("no_ban-ban-3x1-")
    shutil.rmtree(folder)
    fresh = spillover(*WORDS, "--replicates", "3")
    assert fresh.out == said.out and "of before" not in fresh.err
