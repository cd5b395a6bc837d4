"""The replicates of a comparison: runs of all its worlds, with common random numbers.

With prior draws a replicate is also a point of the priors; one whose point has no world is drawn
again, on its own. Where a keeper is given, a replicate that is done is handed to it, and one that
it has is not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Protocol

import pyarrow as pa

from analysis.experiments import experiment
from analysis.experiments.effects import Values
from analysis.experiments.experiment import Arm, Failure, Job, seed_of
from analysis.experiments.prior_draws import Stream, values_at
from model.core.errors import InputError
from model.economy import World
from model.measure.tables import content_digest, tables_of
from model.scenario import Scenario
from model.setup import baseline

KEPT = ("world", "blocs", "acquisitions", "diffusion", "models")  # tables kept by replicate
TRIES = 5  # points a replicate that may be tried before giving up
MOST_KEPT = 1_000_000  # replicates that have a number of their own among those kept


@dataclass(frozen=True)
class Run:
    """What a comparison keeps of a run: some tables, the content digest of all of them."""

    tables: dict[str, pa.Table]
    content: str


class Keeper(Protocol):
    """What keeps the finished replicates of a comparison under way, and gives them back."""

    def read(self, number: int) -> list[Run] | Failure | None:
        """Return a replicate by its number; None where it is not kept."""

    def keep(self, number: int, result: list[Run] | Failure) -> None:
        """Keep a replicate."""


class Replicates:
    """Replicates so far: ``results[r]`` holds a run for each world, ``points[r]`` its draw."""

    def __init__(
        self,
        worlds: Sequence[Scenario],
        replicates: int,
        seed: int,
        workers: int,
        draws: bool,
        each: Callable[[int, int], None] | None,
        keeper: Keeper | None,
    ) -> None:
        self.keeper = keeper
        self.worlds, self.seed, self.workers, self.each = worlds, seed, workers, each
        self.stream = Stream(worlds, replicates, seed) if draws else None
        if not draws:
            baseline.resolve(worlds[0].parameters)  # once, before all workers ask for it
        self.results: list[list[Run]] = []
        self.points: list[Values] = []
        self.refused: dict[str, int] = {}
        self.tried = 0

    def reach(self, number: int) -> None:
        """Go on until there are so many; a replicate whose draw has no world is drawn again.

        Raises ``InputError`` where too few draws have a world.
        """
        todo = list(range(len(self.results), number))
        draws = [None] * len(todo) if self.stream is None else self.stream.take(len(todo))
        points: dict[int, Values | None] = dict(zip(todo, draws, strict=True))
        done: dict[int, list[Run]] = {}
        for again in count():
            if not todo:
                break
            before = len(self.results) + len(done)
            if self.tried - before > TRIES * number:
                raise InputError(f"only {before} of {number} draws have a world")
            jobs = [self._job(replicate, points[replicate]) for replicate in todo]
            self.tried += len(jobs)
            found = dict(zip(todo, self._results(jobs, again, before, number), strict=True))
            for replicate, one in found.items():
                if isinstance(one, list):
                    done[replicate] = one
                elif self.stream is None:
                    raise InputError(one.message)
                else:
                    why = one.message.partition(":")[0]
                    self.refused[why] = self.refused.get(why, 0) + 1
                    points[replicate] = self.stream.again(replicate)
            todo = [replicate for replicate in todo if replicate not in done]
        for replicate in sorted(done):
            self.results.append(done[replicate])
            point = points[replicate]
            self.points += [] if point is None else [point]

    def _results(
        self, jobs: list[Job], again: int, done: int, total: int
    ) -> list[list[Run] | Failure]:
        # Those kept from before, and what is missing of them. A replicate that is drawn again has
        # another number there: what was kept of its first draw is not a result of the second.
        keeper = self.keeper
        if keeper is None:
            tick = partial(self._tick, done, total)
            return experiment.run(jobs, kept, workers=self.workers, each=tick)
        number = {job.replicate: job.replicate + again * MOST_KEPT for job in jobs}
        before = {job.replicate: keeper.read(number[job.replicate]) for job in jobs}
        missing = [job for job in jobs if before[job.replicate] is None]
        tick = partial(self._tick, done + len(jobs) - len(missing), total)
        new = experiment.run(
            missing, kept, workers=self.workers, each=tick,
            keep=lambda job, result: keeper.keep(number[job.replicate], result),
        )  # fmt: skip
        run = dict(zip((job.replicate for job in missing), new, strict=True))
        return [before[job.replicate] or run[job.replicate] for job in jobs]

    def _tick(self, before: int, total: int, done: int, _: int) -> None:
        if self.each is not None:
            self.each(before + done, total)

    def _job(self, replicate: int, point: Values | None) -> Job:
        changes = {}
        if self.stream is not None and point is not None:
            changes = values_at(self.stream.names, point)
        arms = tuple(Arm(world, changes) for world in self.worlds)
        return Job(arms, seed_of(self.seed, replicate), replicate=replicate)


def kept(world: World) -> Run:
    """Run a world, and return what a comparison keeps of it."""
    world.run()
    tables = tables_of(world.fixed, world.state, world.record)
    return Run({name: tables[name] for name in KEPT}, content_digest(tables))
