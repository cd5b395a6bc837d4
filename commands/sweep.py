"""The command that runs parameter sweeps, and resumes them where they were left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import OFFERS, VARY_CHANCE, FirmsOption, Json, Out, Quiet, Set, Until, home

if TYPE_CHECKING:
    from analysis.experiments.plan import Plan
    from analysis.experiments.specification import Specification
    from analysis.experiments.sweep import Progress
    from analysis.experiments.sweep_folder import Batches


def sweep(
    what: Annotated[
        str,
        typer.Argument(
            help="a sweep's file, a scenario, or a sweep's folder to go on in",
            autocompletion=OFFERS["scenarios"],
        ),
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW:HIGH",
            help="a factor (repeatable); also NAME=LOW:HIGH:log, NAME=a,b,c, NAME=prior, "
            "scenario=a,b and chance=1:100; none: all that has a prior",
            autocompletion=OFFERS["overrides"],
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            help="also run this one: effects of the scenario relative to it",
            autocompletion=OFFERS["scenarios"],
        ),
    ] = None,
    design: Annotated[
        str | None, typer.Option(help="grid, lhs, sobol, saltelli, morris or file")
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(help="points; grid: levels; saltelli: base points; morris: trajectories"),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="table of points (CSV, Parquet), for --design file", callback=home),
    ] = None,
    replicates: Annotated[int | None, typer.Option(help="runs of each point")] = None,
    set_: Set = None,
    seed: Annotated[int | None, typer.Option(help="random seed, of runs and design")] = None,
    until: Until = None,
    firms: FirmsOption = None,
    out: Out = Path("runs"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="estimate time, memory, disk; nothing is kept")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on, or help, where the folder is there")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="with --resume: failed points once more")
    ] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", help="only the K-th of N shards, from 1")
    ] = None,
    max_time: Annotated[
        str | None, typer.Option(metavar="TIME", help="stop after 90s, 30m, 2h or 1:30:00")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="stop at the first point that fails")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="processes; default: one a core")
    ] = None,
    engine: Annotated[str, typer.Option(help="processes, or dask")] = "processes",
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="of a Dask scheduler, tcp://host:8786")
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Resumable parameter sweep, of outcomes or of effects.

    Effects are relative to the scenario that --against names.
    """
    from analysis.experiments import sweep as sweeps
    from analysis.experiments import worker_pool
    from analysis.experiments.cost_estimate import span_of
    from analysis.experiments.plan import plan_of
    from commands import console
    from commands.run import check_out
    from model.core.errors import InputError
    from model.scenario import home as home_of

    share = _shard(shard)
    limit = None if max_time is None else span_of(max_time, "--max-time")
    if engine not in worker_pool.NAMES:
        raise InputError(f"--engine must be one of {', '.join(worker_pool.NAMES)}, got {engine!r}")
    if scheduler is not None and engine != "dask":
        raise InputError(f"--scheduler {scheduler}: goes with --engine dask")
    if not dry_run:
        worker_pool.check(engine, scheduler)
    check_out(out)
    entries = {
        name: value
        for name, value in (
            ("against", against), ("design", design), ("points", points), ("seed", seed),
            ("replicates", replicates), ("file", None if file is None else str(file)),
        )
        if value is not None
    }  # fmt: skip
    folder = home_of(what)
    if (folder / "manifest.json").is_file():
        if entries or vary or set_ or until or firms:
            raise InputError(f"{what}: a sweep's folder says what it is; leave out --vary, "
                             "--points and the like")  # fmt: skip
        if not (resume or dry_run):
            from model.measure.run_folder import Refused

            raise Refused(f"{what}: exists and is never overwritten; go on with --resume")
        spec, plan, batches = sweeps.reopen(folder)
        layout = batches.layout
    else:
        spec, plan, digest = plan_of(_specification(what, vary, set_, until, firms, entries))
        digest_of_sweep = spec.digest(digest)
        layout = sweeps.layout_of(spec, plan)
        if not dry_run:
            folder = sweeps.folder_of(spec, plan, digest_of_sweep, out)
            batches = sweeps.begin(spec, plan, digest_of_sweep, folder, resume)
    if dry_run:
        _dry(spec, plan, layout, workers or worker_pool.cores(), json_, out)
        return
    done = _carry_out(
        batches, spec, plan, share, limit, fail_fast, retry_failed, json_, quiet,
        lambda: worker_pool.start(engine, workers, scheduler),
    )  # fmt: skip
    _report(batches, done, json_, quiet)
    if done.failed:
        console.message(f"{done.failed} of {done.total} runs failed; why: "
                        f"{batches.folder / 'failed'}")  # fmt: skip
        raise typer.Exit(1)


def _specification(
    what: str,
    vary: list[str] | None,
    set_: list[str] | None,
    until: str | None,
    firms: int | None,
    entries: dict[str, Any],
) -> Specification:
    from analysis.experiments import specification as specs
    from model.scenario import home as home_of

    overrides = list(set_ or ())
    if until is not None:
        overrides.append(f'economy.end="{until}"')
    if firms is not None:
        overrides.append(f"economy.firms={firms}")
    if specs.is_specification(home_of(what)):
        return specs.read(home_of(what), entries, tuple(overrides), tuple(vary or ()))
    return specs.given({**entries, "scenario": what}, tuple(vary or ()), tuple(overrides))


def _shard(text: str | None) -> tuple[int, int]:
    from model.core.errors import InputError, shown

    if text is None:
        return 1, 1
    first, slash, second = text.partition("/")
    good = slash and first.isdecimal() and second.isdecimal() and len(text) < 20
    k, n = (int(first), int(second)) if good else (0, 0)
    if not 1 <= k <= n:
        raise InputError(f"--shard must be K/N with K from 1 to N, got {shown(text)}; "
                         "good values are 1/8 to 8/8")  # fmt: skip
    return k, n


def _carry_out(
    batches: Batches,
    spec: Specification,
    plan: Plan,
    shard: tuple[int, int],
    limit: float | None,
    fail_fast: bool,
    retry_failed: bool,
    json_: bool,
    quiet: bool,
    engine: Any,
) -> Progress:
    import time

    from analysis.experiments import sweep as sweeps
    from analysis.experiments.worker_pool import EngineLost
    from commands import console
    from model.core.errors import InputError

    where = batches.folder
    again = f"go on with: spillover sweep {where} --resume" + (
        "" if shard[1] == 1 else f" --shard {shard[0]}/{shard[1]}"
    )
    seen: list[Progress] = []
    try:
        with console.detailed_progress("runs", json_, quiet) as show:

            def report(progress: Progress) -> None:
                seen[:] = [progress]
                show(progress)

            return sweeps.resume(
                batches,
                spec,
                plan,
                engine,
                shard=shard,
                deadline=None if limit is None else time.monotonic() + limit,
                fail_fast=fail_fast,
                retry_failed=retry_failed,
                report=report,
                say=lambda text: console.say(text, quiet),
            )
    except InputError:
        raise
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        console.message(f"{where}: {why}; {_kept(seen)}; when that is mended, {again}")
        raise typer.Exit(1) from None
    except sweeps.OutOfTime as error:
        console.message(f"{where}: {error}; {_kept(seen)}; {again}")
        raise typer.Exit(130) from None
    except (EngineLost, sweeps.RowsGone) as error:
        console.message(f"{where}: {error}; {_kept(seen)}; {again}")
        raise typer.Exit(1) from None
    except Exception:
        raise
    except BaseException:  # an interrupt: the rest of the message is the command's
        console.message(f"{where}: {_kept(seen)}; {again}")
        raise


def _kept(seen: list[Progress]) -> str:
    return f"{seen[0].done} of {seen[0].total} runs are kept" if seen else "nothing is lost"


def _dry(
    spec: Specification, plan: Plan, layout: Any, workers: int, json_: bool, out: Path
) -> None:
    from dataclasses import asdict

    from analysis.experiments.cost_estimate import estimate, free_space, size, words
    from commands import console

    found = estimate(spec, plan, layout, workers)
    free = free_space(out)
    if json_:
        console.as_json({"schema_version": 1, "dry_run": True, "points": plan.size,
                         "replicates": layout.replicates, "batches": layout.batches,
                         "workers": workers, "free_disk": free, **asdict(found)})  # fmt: skip
        return
    what = "pairs of runs" if spec.against is not None else "runs"
    rows = [
        ["points", f"{plan.size} ({spec.design}, {len(spec.factors)} factors)"],
        ["runs", f"{layout.jobs} {what}, in {layout.batches} batches"],
        ["one of them", words(found.run_seconds)],
        ["baselines to solve", f"{found.natures}, {words(found.solve_seconds)} each"],
        ["time", f"{words(found.seconds)} with {workers} workers"],
        ["memory", f"{size(found.memory)} ({workers} workers and this process)"],
        ["disk", f"{size(found.disk)} of {size(free)} free"],
    ]
    console.table(["", "estimate"], rows)


def _report(batches: Batches, done: Progress, json_: bool, quiet: bool) -> None:
    from analysis.reports.sweep_summary import notes, summary, summary_rows
    from commands import console

    rows = summary(batches)
    said = notes(rows, batches.manifest, VARY_CHANCE)
    if json_:
        console.as_json({"schema_version": 1, "folder": str(batches.folder), "runs": done.total,
                         "done": done.done, "failed": done.failed, "outcomes": rows,
                         "notes": said})  # fmt: skip
    else:
        console.table(*summary_rows(rows))
        for note in said:
            console.data(note)
    console.say(f"written to {batches.folder}", quiet)
