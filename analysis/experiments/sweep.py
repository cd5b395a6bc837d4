"""A sweep carried out: batches claimed, run by an engine, kept; from wherever it was left.

Whoever calls this on a folder takes what nobody else is at, so any number of processes, on any
machines that share the folder, work together. Work that is lost is work that was not yet kept: at
most one batch a worker.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.experiments.experiment import Failure, seed_of
from analysis.experiments.plan import Plan, plan_of
from analysis.experiments.specification import Specification, as_toml
from analysis.experiments.sweep_batch import Batch, Point, as_table, columns_of, run_batch
from analysis.experiments.sweep_folder import (
    OWN_DIGEST,
    STALE,
    Batches,
    Damaged,
    Layout,
    file_digest,
    manifest_digest,
    sound,
    spans,
)
from analysis.experiments.worker_pool import Engine, EngineLost, lost
from model.core.arrow import write_table
from model.core.errors import InputError
from model.core.kernels import sources_digest
from model.measure import run_folder
from model.measure.run_folder import Refused
from model.scenario import as_toml as scenario_toml
from model.setup import baseline
from model.setup.inputs import inputs_of

WORK = 5.0  # seconds of computing that a batch aims at
MOST_IN_BATCH, MOST_BATCHES, FEWEST_BATCHES = 256, 20_000, 16
MONTH_SECONDS, FIRM_SECONDS, SOLVE_SECONDS = 7e-4, 2e-6, 5.0  # of a month, of a firm in it
LOOK = 0.2  # seconds between looks at the clock and at what others do
DEATHS = 2  # of its worker, after which a job has failed


class OutOfTime(Exception):
    """The time that was given is over; what is finished is kept."""


class RowsGone(Exception):
    """Rows that were kept are not there any more when the sweep ends."""


@dataclass
class Progress:
    """How far a sweep, or a shard of it, is: jobs done (failed ones included), failed, all."""

    done: int
    failed: int
    total: int
    new: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Jobs a second since this process began."""
        return self.new / self.seconds if self.seconds > 0.0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at this rate; None before anything is done."""
        return (self.total - self.done) / self.rate if self.rate > 0.0 else None


@dataclass
class _Open:
    # A batch under way: what is still missing of it, and what came back.
    jobs: int
    begun: float
    tables: list[pa.Table] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    # What is asked of a worker: a batch, or one job of it after its worker died.
    batch: Batch
    deaths: int = 0


def layout_of(spec: Specification, plan: Plan) -> Layout:
    """Return how a sweep is cut into batches: some seconds of work each, whatever the machine."""
    economy = spec.base.parameters.economy
    months = economy.calendar().months * (1 if spec.against is None else 2)
    seconds = months * (MONTH_SECONDS + FIRM_SECONDS * economy.firms)
    if spec.varies_baseline:
        seconds += SOLVE_SECONDS / spec.replicates
    jobs = plan.size * spec.replicates
    size = min(max(1, round(WORK / seconds)), MOST_IN_BATCH, max(1, jobs // FEWEST_BATCHES))
    size = max(size, -(-jobs // MOST_BATCHES))
    if spec.varies_baseline:  # replicates of a point share what is solved for it
        size = -(-size // spec.replicates) * spec.replicates
    return Layout(plan.size, spec.replicates, spec.batch or size, len(spec.horizons))


def folder_of(spec: Specification, plan: Plan, digest: str, out: Path) -> Path:
    """Return the folder of a sweep: scenario, what it is held against, design, size, digest."""
    words = [spec.base.name if len(spec.worlds) == 1 else "scenarios"]
    words += [] if spec.against is None else [spec.against.name]
    end = f"{spec.design}-{plan.size}x{spec.replicates}-{digest[:8]}"
    return out / run_folder.folder_name("-".join(words), end)


def begin(
    spec: Specification, plan: Plan, digest: str, folder: Path, resume: bool = False
) -> Batches:
    """Make the folder of a sweep, or with ``resume`` go on in the one that is there.

    Raises ``Refused`` where one is there that is not the same, or that ``resume`` was not said of.
    """
    if not folder.exists():
        try:
            run_folder.write_folder(folder, lambda place: _fill(place, spec, plan, digest))
        except Refused:
            if not (resume and folder.exists()):
                raise
    elif not resume:
        if not sorted(folder.iterdir()) or Batches(folder).digest != digest:
            raise Refused(f"{folder}: holds another result; give another out folder")
        raise Refused(f"{folder}: exists and is never overwritten; resume it, or give another "
                      "out folder")  # fmt: skip
    batches = Batches(folder)
    if batches.digest != digest:
        other = batches.manifest.get("sources") != sources_digest()
        what = "was begun by other sources of the program" if other else "holds another sweep"
        raise Refused(f"{folder}: {what} (its digest differs), and cannot be resumed; give another "
                      "out folder")  # fmt: skip
    return batches


def reopen(folder: Path) -> tuple[Specification, Plan, Batches]:
    """Return the sweep that a folder holds. Raises ``Refused`` where it is not of this program."""
    from analysis.experiments.specification import read

    batches = Batches(folder)
    try:
        spec, plan, plan_digest = plan_of(read(folder / "sweep.toml"))
        same = spec.digest(plan_digest) == batches.digest
    except InputError as error:
        raise Refused(f"{folder}: its sweep cannot be read: {error}") from None
    if not same:
        other = batches.manifest.get("sources") != sources_digest()
        what = "begun by other sources of the program" if other else "changed since it was begun"
        raise Refused(
            f"{folder}: was {what} (its digest differs), and cannot be resumed; its rows can "
            "still be read"
        )
    return spec, plan, batches


def resume(
    batches: Batches,
    spec: Specification,
    plan: Plan,
    engine: Callable[[], Engine],
    *,
    shard: tuple[int, int] = (1, 1),
    deadline: float | None = None,
    fail_fast: bool = False,
    retry_failed: bool = False,
    report: Callable[[Progress], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Progress:
    """Do what is left of a sweep, or of a shard of it, and return how it stands.

    Args:
        batches: the folder.
        spec: the sweep.
        plan: its points.
        engine: makes the engine; called only where there is something to do.
        shard: (k, n): only every n-th batch, from the k-th on, counted from 1.
        deadline: ``time.monotonic()`` at which to stop.
        fail_fast: stop at the first job that fails.
        retry_failed: compute batches with failed jobs again.
        report: called as jobs are done.
        say: takes messages.

    Raises:
        OutOfTime: at the deadline.
        RowsGone: where somebody removed rows meanwhile.
        OSError: where the folder cannot be written (a full disk); what is finished is kept.
        EngineLost: where the engine is gone.
    """
    fine, damaged = sound(batches)
    for number, why in damaged.items():
        aside = batches.set_aside(number)
        if say is not None:
            say(f"{batches.path(number)}: {why}; set aside as {aside.name} and computed again")
    batches.tidy()
    if shard[1] > 1:
        place = batches.folder / "shards"
        place.mkdir(exist_ok=True)
        (place / f"{shard[0]}-of-{shard[1]}").touch()
    own = range(shard[0] - 1, batches.layout.batches, shard[1])
    if retry_failed:
        fine = {number: failed for number, failed in fine.items() if not failed}
    size = {number: len(batches.layout.jobs_of(number)) for number in own}
    progress = Progress(
        sum(size[n] for n in own if n in fine),
        sum(fine[n] for n in own if n in fine),
        sum(size.values()),
    )
    todo = [n for n in own if n not in fine]
    if report is not None:
        report(progress)
    if todo:
        again = frozenset(batches.there()) & frozenset(todo)
        _Work(batches, spec, plan, progress, deadline, fail_fast, again, report, say).carry_out(
            todo, engine
        )
    gone = sorted(set(own) - set(batches.there()))
    if gone and not (fail_fast and progress.failed):
        raise RowsGone(f"the rows of batches {spans(gone)} were removed meanwhile")
    return progress


@dataclass
class _Work:
    batches: Batches
    spec: Specification
    plan: Plan
    progress: Progress
    deadline: float | None
    fail_fast: bool
    again: frozenset[int]  # batches that are there and are computed once more
    report: Callable[[Progress], None] | None
    say: Callable[[str], None] | None = None
    said: str = ""
    opened: dict[int, _Open] = field(default_factory=dict)
    pieces: deque[_Piece] = field(default_factory=deque)
    busy: dict[Future[Any], _Piece] = field(default_factory=dict)

    def carry_out(self, todo: list[int], make: Callable[[], Engine]) -> None:
        if not self.spec.varies_baseline:  # solved once, before workers ask for it all at a time
            world = self.spec.against or self.spec.base
            baseline.resolve(world.parameters)
        engine = make()
        begun = time.monotonic()
        fine = False
        try:
            waiting = deque(todo)
            while True:
                held = self._feed(engine, waiting)
                if not self.busy and not self.pieces:
                    if not waiting:
                        break
                    if held:
                        self._tell_holders(waiting)
                        time.sleep(LOOK)  # others are at all that is left: see whether they finish
                self._collect()
                self._tell(engine.waits())
                self.progress.seconds = time.monotonic() - begun
                self.batches.beat()
                if self.deadline is not None and time.monotonic() > self.deadline:
                    raise OutOfTime("stopped: the time limit is reached")
                if self.fail_fast and self.progress.failed:
                    break
            fine = not self.busy
        finally:
            engine.close(kill=not fine)
            self.batches.release_all()

    def _tell_holders(self, waiting: deque[int]) -> None:
        who = ", ".join(self.batches.holders()[:5]) or "somebody"
        self._tell(f"waiting for {who}, who works at what is left (batches {spans(waiting)}); what "
                   f"shows no sign of life for {STALE / 60:.0f} minutes is taken over")  # fmt: skip

    def _tell(self, text: str | None) -> None:
        # What is waited for, whenever that is something new.
        if text is not None and text != self.said and self.say is not None:
            self.say(text)
        self.said = text or self.said

    def _feed(self, engine: Engine, waiting: deque[int]) -> bool:
        # Keep workers busy and one call in hand; returns whether only claimed batches are left.
        room = engine.capacity() + 1
        held = 0
        while len(self.busy) < room:
            if not self.pieces:
                if held >= len(waiting):
                    break
                number = waiting.popleft()
                if not self._open(number):
                    waiting.append(number)
                    held += 1
                    continue
            if self.pieces:
                piece = self.pieces.popleft()
                self.busy[engine.submit(run_batch, piece.batch)] = piece
        return held > 0

    def _open(self, number: int) -> bool:
        # False: somebody else is at it. True: it is ours now, or done by somebody else.
        if self._done_by_others(number):
            return True
        if not self.batches.claim(number):
            return False
        if self._done_by_others(number):  # between the look and the claim
            self.batches.release(number)
            return True
        batch = batch_of(number, self.batches.layout.jobs_of(number), self.spec, self.plan)
        self.opened[number] = _Open(len(batch.points), time.monotonic())
        self.pieces.append(_Piece(batch))
        return True

    def _done_by_others(self, number: int) -> bool:
        if number in self.again or not self.batches.path(number).exists():
            return False
        try:
            failed = len(self.batches.read(number)[1])
        except (Damaged, FileNotFoundError):
            return False
        self._count(len(self.batches.layout.jobs_of(number)), failed, new=False)
        return True

    def _collect(self) -> None:
        if not self.busy:
            return
        for future in wait(self.busy, timeout=LOOK, return_when=FIRST_COMPLETED).done:
            piece = self.busy.pop(future)
            number = piece.batch.number
            try:
                content, failures = future.result()
            except CancelledError:
                raise EngineLost("the engine gave up what it was asked") from None
            except Exception as error:
                why = lost(error)
                if why is None:
                    raise
                self._again(piece, why)
                continue
            self._keep(number, len(piece.batch.points), content, failures)

    def _again(self, piece: _Piece, why: str) -> None:
        # A worker died: its jobs one by one, so that one that kills workers fails alone.
        batch, deaths = piece.batch, piece.deaths + 1
        alone = len(batch.points) == 1
        if alone and deaths >= DEATHS:
            at = batch.points[0]
            empty = as_table([], batch.against is not None)
            self._keep(batch.number, 1, empty, [Failure(at.point, at.replicate, why)])
            return
        for at in batch.points:
            self.pieces.append(_Piece(replace(batch, points=(at,)), deaths if alone else 0))

    def _keep(self, number: int, jobs: int, content: pa.Table, failures: list[Failure]) -> None:
        here = self.opened[number]
        here.jobs -= jobs
        here.failures += failures
        if content.num_rows:
            here.tables.append(content)
        if here.jobs:
            return
        first = ("point", "replicate")  # pieces come back in any order
        tables = sorted(here.tables, key=lambda t: [t.column(name)[0].as_py() for name in first])
        whole = pa.concat_tables(tables) if tables else as_table([], self.spec.against is not None)
        failures = sorted(here.failures, key=lambda f: (f.point, f.replicate))
        self.batches.write(number, whole, failures, time.monotonic() - here.begun)
        del self.opened[number]
        self._count(len(self.batches.layout.jobs_of(number)), len(here.failures))

    def _count(self, jobs: int, failed: int, new: bool = True) -> None:
        self.progress.done += jobs
        self.progress.failed += failed
        self.progress.new += jobs if new else 0
        if self.report is not None:
            self.report(self.progress)


def batch_of(number: int, jobs: range, spec: Specification, plan: Plan) -> Batch:
    """Return a batch of jobs: their points, seeds, and what changes in which arm."""
    points = []
    for job in jobs:
        point, replicate = divmod(job, spec.replicates)
        values = plan.at(point)
        scenario = values.pop("scenario", spec.base.name)
        chance = values.pop("chance", 0)
        sides: dict[str, dict[tuple[str, str], Any]] = {"both": {}, "scenario": {}}
        for factor in spec.factors:
            if factor.name in values:
                sides[factor.where][factor.key] = values[factor.name]
        seed = seed_of(spec.seed, replicate + chance)  # one of the two is always 0
        points.append(Point(point, replicate, seed, scenario, sides["both"], sides["scenario"]))
    return Batch(number, sources_digest(), spec.worlds, spec.against, spec.horizons, tuple(points))


def _fill(place: Path, spec: Specification, plan: Plan, digest: str) -> None:
    layout = layout_of(spec, plan)
    for name in ("parts", "claims", "failed", "scenarios"):
        (place / name).mkdir()
    worlds = {**spec.worlds, **({} if spec.against is None else {spec.against.name: spec.against})}
    for name, world in worlds.items():
        text = scenario_toml(world.parameters, world.title, world.story)
        (place / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    table = "plan.parquet" if spec.design == "file" else None
    (place / "sweep.toml").write_text(as_toml(spec, table), encoding="utf-8")
    write_table(plan.table(), place / "plan.parquet")
    manifest = {
        "schema_version": run_folder.SCHEMA_VERSION,
        "kind": "sweep",
        "title": spec.title,
        "worlds": list(spec.worlds),
        "against": None if spec.against is None else spec.against.name,
        "design": spec.design,
        "factors": [
            {"name": f.name, "kind": f.kind, "low": f.low if f.kind != "choice" else None,
             "high": f.high if f.kind != "choice" else None, "log": f.log,
             "values": list(f.values), "where": f.where}
            for f in spec.factors
        ],
        "points": plan.size,
        "replicates": layout.replicates,
        "batch": layout.batch,
        "batches": layout.batches,
        "horizons": list(spec.horizons),
        "columns": {
            name: {"unit": unit, "description": doc}
            for name, (unit, doc) in columns_of(spec.against is not None).items()
        },
        **run_folder.cast_of(inputs_of(spec.base.parameters)),
        **run_folder.provenance(spec.base, spec.seed, 0.0),
        "digest": digest,
        "files": {
            path.relative_to(place).as_posix(): file_digest(path)
            for path in sorted(place.rglob("*"))
            if path.is_file()
        },
    }  # fmt: skip
    manifest[OWN_DIGEST] = manifest_digest(manifest)
    run_folder.write_json(place / "manifest.json", manifest)
