"""A sweep's folder: what is planned, what is done, who is at what.

- ``sweep.toml``, ``scenarios/``, ``plan.parquet``, ``manifest.json``: the sweep, written once with
  the folder, whole or not at all. The manifest holds the digests of the others and of itself, so
  that whoever opens the folder learns which of them was changed.
- ``parts/000012.parquet``: the rows of batch 12, written aside, synced, renamed. They are the
  only truth: a batch is done when its file is there and sound.
- ``claims/000012``: somebody is at batch 12: host, process, time. Made exclusively, touched while
  its maker lives. A claim whose maker is gone is taken over. Should two ever work at one batch,
  both write the same rows and one file replaces the other.
- ``failed/000012.json``: the messages of the points of batch 12 that failed, for people; its
  rows' file lists them too.
- ``damaged/``: batches that could not be read, set aside.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.experiments.experiment import Failure
from analysis.experiments.sweep_batch import type_of
from model.core.arrow import read_table
from model.measure.run_folder import Refused, alive, plain, read_manifest, reading, sync
from model.measure.tables import content_digest

BEAT = 30.0  # seconds between touches of a claim
STALE = 600.0  # seconds after which the claim of another machine is taken over
DIGEST, FAILED, SECONDS, CONTENT = b"sweep", b"failed", b"seconds", b"content"
OWN_DIGEST = "own_digest"  # of the manifest itself, in the manifest


class Damaged(Exception):
    """The rows of a batch cannot be read or are of another sweep; says why."""


@dataclass(frozen=True)
class Layout:
    """How the jobs of a sweep are cut into batches: job j is replicate j % replicates."""

    points: int
    replicates: int
    batch: int
    horizons: int

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return self.points * self.replicates

    @property
    def batches(self) -> int:
        """Number of batches."""
        return -(-self.jobs // self.batch)

    def jobs_of(self, number: int) -> range:
        """Return the jobs of a batch."""
        return range(number * self.batch, min((number + 1) * self.batch, self.jobs))


class Batches:
    """The folder of a sweep that is there. Raises ``Refused`` where it is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        if self.manifest.get("kind") != "sweep":
            raise Refused(f"{folder}: holds no sweep, but a {self.manifest.get('kind')}")
        own = self.manifest.get(OWN_DIGEST)
        if own is not None and own != manifest_digest(self.manifest):
            raise Refused(f"{folder}: manifest.json was changed since the sweep was begun; put "
                          "back what it was")  # fmt: skip
        self.digested = own is not None  # by this program; sweeps of before have no digests
        with reading(folder):
            self.digest = str(self.manifest["digest"])
            self.layout = Layout(
                **{key: int(self.manifest[key]) for key in ("points", "replicates", "batch")},
                horizons=len(self.manifest["horizons"]),
            )
            self.columns = list(self.manifest["columns"])
            if min(vars(self.layout).values()) < 1 or (
                int(self.manifest["batches"]) != self.layout.batches
            ):
                raise ValueError("points, replicates, batch and batches do not go together")
            names = [*self.manifest["worlds"], self.manifest["against"] or "none"]
            plain([*names, *(factor["name"] for factor in self.manifest["factors"])])
            for name, digest in dict(self.manifest.get("files", {})).items():
                if file_digest(folder / name) != digest:
                    raise Refused(f"{folder}: {name} was changed since the sweep was begun; put "
                                  "back what it was")  # fmt: skip
        self.token = uuid.uuid4().hex
        self._mine: dict[int, float] = {}
        self._seen: dict[str, tuple[float, float]] = {}

    def plan(self) -> pa.Table:
        """Return the plan. Raises ``Refused`` where it is not that of the manifest."""
        with reading(self.folder):
            found = read_table(self.folder / "plan.parquet")
            factors = [n for n in found.column_names if n != "point" and "@" not in n]
            if found.num_rows != self.layout.points or factors != [
                factor["name"] for factor in self.manifest["factors"]
            ]:
                raise ValueError("plan.parquet is not the plan of manifest.json")
            return found

    def path(self, number: int) -> Path:
        """Return the file of a batch's rows."""
        return self.folder / "parts" / f"{number:06d}.parquet"

    def there(self) -> list[int]:
        """Return the batches that have a file, sound or not."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self.folder / "parts"):
                stem, _, ending = entry.name.partition(".")
                if ending == "parquet" and stem.isdecimal() and int(stem) < self.layout.batches:
                    found.append(int(stem))
        return sorted(found)

    def read(self, number: int) -> tuple[pa.Table, list[Failure]]:
        """Return a batch's rows and failures. Raises ``Damaged`` where they are not sound."""
        try:
            with (
                self.path(number).open("rb") as opened,
                pq.ParquetFile(opened, page_checksum_verification=True) as file,
            ):
                metadata = file.schema_arrow.metadata or {}
                content = file.read()
            # Names of columns have no checksum of their own.
            if [(f.name, f.type) for f in content.schema] != [
                (name, type_of(name)) for name in self.columns
            ]:
                raise Damaged("has other columns than its sweep")
            failed = metadata.get(FAILED, b"null")
            if self.digested and metadata.get(CONTENT) != _digest_of_rows(content, failed):
                raise Damaged("is not what was written")
            failures = [Failure(**row) for row in json.loads(failed)]
            jobs = [
                *((f.point, f.replicate) for f in failures),
                *zip(
                    content.column("point").to_pylist()[:: self.layout.horizons],
                    content.column("replicate").to_pylist()[:: self.layout.horizons],
                    strict=True,
                ),
            ]
        except (FileNotFoundError, Damaged):
            raise
        except Exception as error:  # whatever is odd in it, its rows are computed again
            first = (str(error).splitlines() or [""])[0][:120]
            raise Damaged(first or type(error).__name__) from None
        if metadata.get(DIGEST, b"").decode(errors="replace") != self.digest:
            raise Damaged("belongs to another sweep")
        expected = [divmod(job, self.layout.replicates) for job in self.layout.jobs_of(number)]
        rows = (len(jobs) - len(failures)) * self.layout.horizons
        if sorted(jobs) != expected or content.num_rows != rows:
            raise Damaged("has other rows than its batch")
        return content, failures

    def write(
        self, number: int, content: pa.Table, failures: Sequence[Failure], seconds: float
    ) -> None:
        """Keep the rows of a batch: aside, synced, renamed; then its claim is given back.

        Raises ``OSError`` where the disk does not take it; nothing half-written stays.
        """
        rows = [asdict(failure) for failure in failures]
        place = self.folder / "failed" / f"{number:06d}.json"
        if rows:
            self._put(place, (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())
        else:
            place.unlink(missing_ok=True)
        failed = json.dumps(rows).encode()
        metadata = {
            **(content.schema.metadata or {}),
            DIGEST: self.digest.encode(),
            FAILED: failed,
            CONTENT: _digest_of_rows(content, failed),
            SECONDS: f"{seconds:.3f}".encode(),
        }
        sink = pa.BufferOutputStream()
        pq.write_table(
            content.replace_schema_metadata(metadata),
            sink,
            compression="zstd",
            write_page_checksum=True,
        )
        self._put(self.path(number), sink.getvalue())
        self.release(number)

    def set_aside(self, number: int) -> Path:
        """Move a file that is not sound out of the way; returns where it went."""
        place = self.folder / "damaged"
        place.mkdir(exist_ok=True)
        aside = place / f"{number:06d}-{uuid.uuid4().hex[:8]}.parquet"
        with contextlib.suppress(FileNotFoundError):
            os.rename(self.path(number), aside)
        return aside

    def claim(self, number: int) -> bool:
        """Take a batch for this process; False where somebody else has it."""
        place = self._claim(number)
        if self._make(place, number):
            return True
        if not self._stale(place):
            return False
        aside = place.with_name(f".{place.name}-{self.token}")
        try:
            os.rename(place, aside)
        except FileNotFoundError:
            return False  # somebody else was quicker
        _remove(aside)
        return self._make(place, number)

    def release(self, number: int) -> None:
        """Give a claim of this process back."""
        if self._mine.pop(number, None) is not None:
            self._claim(number).unlink(missing_ok=True)

    def release_all(self) -> None:
        """Give all claims of this process back, as far as the disk lets us."""
        for number in list(self._mine):
            with contextlib.suppress(OSError):
                self.release(number)

    def beat(self) -> None:
        """Touch the claims of this process, so that others see that it lives."""
        now = time.monotonic()
        for number, last in list(self._mine.items()):
            if now - last > BEAT:
                self._mine[number] = now
                with contextlib.suppress(OSError):
                    os.utime(self._claim(number))

    def tidy(self) -> None:
        """Remove claims of batches that are done, and what killed writers left behind here."""
        done = set(self.there())
        for place in (self.folder / "claims").iterdir():
            if place.name.isdecimal() and int(place.name) in done and self._stale(place):
                _remove(place)
        for name in ("parts", "failed", "claims"):
            for left in (self.folder / name).glob(f".*-{platform.node()}-*"):
                process = left.name.rsplit("-", 1)[-1]
                if process.isdecimal() and not alive(int(process)):
                    _remove(left)

    def holders(self) -> list[str]:
        """Return who holds claims now, as host and process, each once."""
        found: dict[str, None] = {}
        for place in sorted((self.folder / "claims").glob("[0-9]*")):
            holder = _holder(place)
            who = "somebody" if holder is None else f"process {holder[1]} on {holder[0]}"
            found[who] = None
        return list(found)

    def _claim(self, number: int) -> Path:
        return self.folder / "claims" / f"{number:06d}"

    def _make(self, place: Path, number: int) -> bool:
        content = {
            "host": platform.node(),
            "process": os.getpid(),
            "started": _started(os.getpid()),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "token": self.token,
        }
        try:
            handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")
        self._mine[number] = time.monotonic()
        return True

    def _stale(self, place: Path) -> bool:
        try:
            touched = place.stat().st_mtime
        except FileNotFoundError:
            return True
        # By the disk's clock, or, for a claim dated ahead of it, by how long we have seen it
        # untouched.
        known, since = self._seen.get(place.name, (None, 0.0))
        if known != touched:
            since = time.monotonic()
            self._seen[place.name] = (touched, since)
        age = max(self._now() - touched, time.monotonic() - since)
        holder = _holder(place)
        if holder is None:
            return age > BEAT  # killed while it was made, or being made just now
        host, process, started = holder
        if host == platform.node():
            if not alive(process):
                return True
            now = _started(process)
            if now is not None and started is not None and now != started:
                return True  # another process of the same number
        return age > STALE

    def _now(self) -> float:
        # The time of the disk, which may be another machine's.
        place = self.folder / "claims" / f".now-{platform.node()}-{os.getpid()}"
        try:
            place.touch()
            return place.stat().st_mtime
        finally:
            place.unlink(missing_ok=True)

    def _put(self, place: Path, content: Any) -> None:
        place.parent.mkdir(exist_ok=True)
        aside = place.with_name(f".{place.name}-{platform.node()}-{os.getpid()}")
        try:
            with open(aside, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, place)
            sync(place.parent)
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest, but for what it says of its own digest."""
    content = {key: value for key, value in manifest.items() if key != OWN_DIGEST}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; none where it is not there."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _digest_of_rows(content: pa.Table, failed: bytes) -> bytes:
    text = content_digest({"rows": content}).encode()
    return hashlib.sha256(text + failed).hexdigest().encode()


def _holder(place: Path) -> tuple[str, int, Any] | None:
    # Host, process and when it began, as a claim has them; None where it says nothing of the kind.
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
        return str(content["host"])[:80], int(content["process"]), content.get("started")
    except Exception:  # half a file, bytes that are no text, a folder, endless nesting
        return None


def _remove(place: Path) -> None:
    # Whatever stands there, by accident even a folder.
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


def sound(batches: Batches) -> tuple[dict[int, int], dict[int, str]]:
    """Return the number of failures of each sound batch, and why each other one is damaged."""
    fine: dict[int, int] = {}
    damaged: dict[int, str] = {}
    for number in batches.there():
        try:
            fine[number] = len(batches.read(number)[1])
        except Damaged as error:
            damaged[number] = str(error)
        except FileNotFoundError:
            continue  # set aside by somebody else meanwhile
    return fine, damaged


def spans(numbers: Iterable[int]) -> str:
    """Return numbers in words: 3, 5 to 8."""
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in _runs(numbers))


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(numbers)
    start = 0
    for k in range(1, len(ordered) + 1):
        if k == len(ordered) or ordered[k] != ordered[k - 1] + 1:
            yield ordered[start], ordered[k - 1]
            start = k


def _started(process: int) -> str | None:
    # When a process began, in the kernel's own count; unknown where there is no /proc.
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()[19]
