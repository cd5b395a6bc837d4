"""What a comparison says, and the folder that holds it."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.compare import Comparison
from analysis.sources import compute_by_source, sources_table
from analysis.statistics import LEVEL
from model import store
from model.arrow import table
from model.cast import setting_of
from model.outcomes import CENSORED
from model.run import Result
from model.scenario import Scenario, as_toml
from model.tables import content_digest

KEPT = ("world", "blocs", "acquisitions", "diffusion", "models")  # tables kept by replicate


def sentences(comparison: Comparison) -> list[str]:
    """Return three plain sentences: the effect, how certain, what decides it."""
    last = comparison.months[-1]
    month = last.removesuffix("-12")
    effect = comparison.effect("scaled_gap", last)
    gap = comparison.effect("gap", last)
    a, b, n = comparison.a.name, comparison.b.name, gap.n
    follower, leader = (
        comparison.a.parameters.economy.follower,
        comparison.a.parameters.economy.leader,
    )
    if not math.isfinite(gap.effect):
        return [f"Leader and follower have no released models to compare in {month}.", "", ""]
    same = all(
        content_digest(one.tables) == content_digest(other.tables)
        for one, other in zip(comparison.results["a"], comparison.results["b"], strict=True)
    )
    if same:
        first = f"{b} against {a} changes nothing: every replicate is the same to the bit."
    elif gap.effect == 0.0:
        first = f"At the end of {month}, {b} against {a} leaves the gap as it is."
    else:
        first = (
            f"At the end of {month}, {b} against {a} puts {follower} {abs(gap.effect):.2f} "
            "orders of magnitude of effective compute "
            f"{'further behind' if gap.effect > 0 else 'closer to'} {leader}"
        )
        if math.isfinite(effect.effect):
            first += f"; the gap in months of {leader}'s pace changes by {effect.effect:+.1f}"
        first += "."
    if n > 1:
        second = (
            f"Over {n} replicates the effect on the gap lies between {gap.low:.2f} and "
            f"{gap.high:.2f} with 95 % confidence: luck only, parameters as the scenarios state."
        )
    else:
        second = "One replicate says nothing about luck; ask for more with --replicates."
    third = "What decides it is not told by luck: it needs parameters drawn from their priors."
    if math.isfinite(gap.benchmark) and gap.benchmark != 0.0:
        third = (
            f"The loss of training compute alone would make {gap.benchmark:.2f} of the gap; what "
            "else decides it is not told by luck, but by parameters drawn from their priors."
        )
    return [first, second, third]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as data for JSON; undefined figures are ``None``."""
    return {
        "schema_version": store.SCHEMA_VERSION,
        "a": comparison.a.name,
        "b": comparison.b.name,
        "outcomes": [
            {
                "name": e.name,
                "unit": e.unit,
                "horizon": e.horizon,
                "a_mean": _or_none(e.a_mean),
                "b_mean": _or_none(e.b_mean),
                "effect": _or_none(e.effect),
                "low": _or_none(e.low),
                "high": _or_none(e.high),
                "level": LEVEL,
                "n": e.n,
                "sign_share": _or_none(e.sign_share),
                "benchmark": _or_none(e.benchmark),
                "variance_removed_by_pairing": _or_none(e.variance_removed),
                "censored_share": _or_none(e.censored),
                "statistic": "median" if e.name in CENSORED else "mean",
                "kind": "luck",
            }
            for e in comparison.effects()
        ],
        "compute_by_source": compute_by_source(comparison),
        "months": {
            "month": comparison.months,
            **{
                name: {
                    "effect": [_or_none(e.effect) for e in path],
                    "low": [_or_none(e.low) for e in path],
                    "high": [_or_none(e.high) for e in path],
                }
                for name, path in comparison.paths.items()
            },
        },
        "sentences": sentences(comparison),
    }


def write(folder: Path, comparison: Comparison, figures: bool = True) -> None:
    """Write a comparison's folder, whole or not at all; raises ``Refused`` when one is there."""

    def fill(place: Path) -> None:
        for world, scenario in (("a", comparison.a), ("b", comparison.b)):
            (place / world).mkdir()
            text = as_toml(scenario.parameters, scenario.title, scenario.story)
            (place / world / "scenario.toml").write_text(text, encoding="utf-8")
            for name in KEPT:
                pq.write_table(
                    _by_replicate(comparison.results[world], name),
                    place / world / f"{name}.parquet",
                    compression="zstd",
                )
        pq.write_table(_effects_table(comparison), place / "effects.parquet", compression="zstd")
        pq.write_table(
            sources_table(comparison), place / "compute_by_source.parquet", compression="zstd"
        )
        store.write_json(place / "effects.json", as_json(comparison))
        store.write_json(place / "manifest.json", _manifest(comparison))
        if figures:
            from analysis.figures import figures_of_comparison

            figures_of_comparison(place, place / "figures")

    store.write_folder(folder, fill)


def read_effects(folder: Path) -> dict[str, Any]:
    """Return the effects of a comparison's folder; raises ``Refused`` where they are damaged."""
    try:
        found: dict[str, Any] = json.loads((folder / "effects.json").read_text(encoding="utf-8"))
        if not {"outcomes", "sentences"} <= set(found):
            raise ValueError("incomplete")
    except (OSError, ValueError, TypeError) as error:
        raise store.Refused(f"{folder}: effects.json cannot be read ({error})") from None
    return found


def folder_of(a: Scenario, b: Scenario, replicates: int, seed: int, out: Path) -> Path:
    """Return the folder of a comparison: scenarios, replicates, seed, digest of all of them."""
    return out / f"{a.name}-{b.name}-{replicates}x{seed}-{digest_of(a, b)[:8]}"


def digest_of(a: Scenario, b: Scenario) -> str:
    """Return the SHA-256 of all that decides a comparison but seed and replicates."""
    digest = hashlib.sha256((a.parameters.digest() + b.parameters.digest()).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _by_replicate(results: list[Result], name: str) -> pa.Table:
    parts = []
    for number, result in enumerate(results, 1):
        part = result.tables[name]
        field = pa.field(
            "replicate", pa.int64(), metadata={"unit": "1", "description": "replicate, from 1"}
        )
        parts.append(part.add_column(0, field, pa.array([number] * part.num_rows, pa.int64())))
    return pa.concat_tables(parts)


def _effects_table(comparison: Comparison) -> pa.Table:
    effects = [effect for path in comparison.paths.values() for effect in path]
    docs = {
        "outcome": ("name", "-", "outcome"),
        "unit": ("unit", "-", "unit of the figures"),
        "month": ("horizon", "YYYY-MM", "month"),
        "a_mean": ("a_mean", "unit", "world a, mean over replicates (lags: median)"),
        "b_mean": ("b_mean", "unit", "world b, mean over replicates (lags: median)"),
        "effect": ("effect", "unit", "b against a, mean of pairs (lags: median)"),
        "low": ("low", "unit", "low end of the 95 % interval, luck only"),
        "high": ("high", "unit", "high end of the 95 % interval, luck only"),
        "n": ("n", "1", "replicates in which it is defined"),
    }
    return table(
        {
            column: ([getattr(effect, attribute) for effect in effects], unit, doc)
            for column, (attribute, unit, doc) in docs.items()
        }
    )


def _manifest(comparison: Comparison) -> dict[str, Any]:
    first = comparison.results["a"][0]
    acts = [
        {**act, "world": world}
        for world, scenario in (("a", comparison.a), ("b", comparison.b))
        for act in store.acts_of(setting_of(scenario.parameters))
    ]
    return {
        "schema_version": store.SCHEMA_VERSION,
        "kind": "compare",
        "a": comparison.a.name,
        "b": comparison.b.name,
        "titles": [comparison.a.title, comparison.b.title],
        "replicates": len(comparison.results["a"]),
        "kind_of_uncertainty": "luck only",
        **store.cast_of(setting_of(comparison.a.parameters)),
        "contents": {
            world: [content_digest(result.tables) for result in results]
            for world, results in comparison.results.items()
        },
        **store.provenance(comparison.a, comparison.seed, comparison.seconds),
        "acts": acts,
        "digest": digest_of(comparison.a, comparison.b),
        "packages": first.about["packages"],
    }
