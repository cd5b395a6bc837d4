"""Finished replicates of a comparison under way, kept until its folder is there.

A comparison's folder appears at the end, whole. Until then each replicate that is done is a file of
a hidden folder beside it, written aside, synced, renamed; so an interrupted comparison loses only
what was being computed, and the same command goes on. The folder's name is a digest of all that
decides the replicates: another comparison, or another program, has another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.experiments.experiment import Failure
from analysis.experiments.pairs import Run
from model.measure.run_folder import sync
from model.scenario import Scenario

DIGEST, FAILED = b"digest", b"failed"


class KeptPairs:
    """The finished replicates of one comparison, by number; ``found`` counts those read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found = 0

    def count(self) -> int:
        """Return how many replicates are kept."""
        return len(list(self.folder.glob("[0-9]*.parquet")))

    def read(self, number: int) -> list[Run] | Failure | None:
        """Return a replicate; None where it is not there, or not as it was written."""
        try:
            with self._path(number).open("rb") as file:
                content = pq.read_table(file)
            found = _result(content)
        except Exception:  # whatever is wrong with the file: the replicate is run again
            return None
        self.found += found is not None
        return found

    def keep(self, number: int, result: list[Run] | Failure) -> None:
        """Keep a replicate. Raises ``OSError`` where the disk does not take it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self._path(number)
        aside = place.with_name(f".{place.name}-{platform.node()}-{os.getpid()}")
        try:
            with aside.open("wb") as file:
                pq.write_table(_table(result), file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, place)
            sync(self.folder)
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all: the comparison's folder is there."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.parquet"


def kept_pairs(
    worlds: Sequence[Scenario], replicates: int, seed: int, out: Path, how: str, program: str
) -> KeptPairs:
    """Return the finished replicates of a comparison whose folders are made in ``out``.

    ``how`` names prior draws and ``program`` is a digest of the code; with the worlds, the seed
    and the number of replicates at the first look they decide every replicate.
    """
    words = [*(w.name + w.parameters.digest() for w in worlds), str(replicates), str(seed), how]
    digest = hashlib.sha256(json.dumps([*words, program]).encode()).hexdigest()
    return KeptPairs(out / f".unfinished-{digest[:16]}")


def _table(result: list[Run] | Failure) -> pa.Table:
    # A row a table of a run: its bytes as Arrow's own stream, which keeps every bit and its words.
    runs = [] if isinstance(result, Failure) else result
    rows = [
        (arm, name, run.content, _stream(content))
        for arm, run in enumerate(runs)
        for name, content in run.tables.items()
    ]
    failed = json.dumps(asdict(result) if isinstance(result, Failure) else None).encode()
    arms, names, contents, streams = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = {
        "arm": pa.array(arms, pa.int32()),
        "name": pa.array(names, pa.string()),
        "content": pa.array(contents, pa.string()),
        "stream": pa.array(streams, pa.large_binary()),
    }
    return pa.table(columns).replace_schema_metadata(
        {FAILED: failed, DIGEST: _digest(columns, failed)}
    )


def _result(content: pa.Table) -> list[Run] | Failure | None:
    metadata = content.schema.metadata or {}
    columns = {name: content.column(name) for name in content.column_names}
    if metadata[DIGEST] != _digest(columns, metadata[FAILED]):
        return None
    failed = json.loads(metadata[FAILED])
    if failed is not None:
        return Failure(**failed)
    runs: list[Run] = []
    for row in content.to_pylist():
        if row["arm"] == len(runs):
            runs.append(Run({}, row["content"]))
        with pa.ipc.open_stream(row["stream"]) as stream:
            runs[row["arm"]].tables[row["name"]] = stream.read_all()
    return runs


def _stream(content: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, content.schema) as stream:
        stream.write_table(content)
    return bytes(sink.getvalue())


def _digest(columns: dict[str, pa.Array], failed: bytes) -> bytes:
    digest = hashlib.sha256(failed)
    for name, column in columns.items():
        digest.update(name.encode())
        for value in column.to_pylist():
            digest.update(value if isinstance(value, bytes) else str(value).encode())
            digest.update(b"\0")
    return digest.hexdigest().encode()
