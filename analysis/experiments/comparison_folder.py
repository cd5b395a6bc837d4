"""A comparison as data, and the folder that holds it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.experiments.compare import Comparison
from analysis.experiments.compute_by_source import compute_by_source, sources_table
from analysis.experiments.effects import LEVEL, or_none
from analysis.experiments.imposers_cost import imposers_cost
from analysis.experiments.pairs import KEPT, Run
from analysis.experiments.prior_draws import Draws
from analysis.reports.summary_sentences import sentences
from model.core.arrow import table, write_table
from model.core.parameter import ParameterName
from model.measure import run_folder
from model.measure.outcomes import CENSORED, OUTCOMES, unit_of_effect
from model.parameters import FACTS
from model.scenario import Scenario, as_toml
from model.setup.inputs import inputs_of


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as data for JSON; undefined figures are ``None``."""
    return {
        "schema_version": run_folder.SCHEMA_VERSION,
        "a": comparison.a.name,
        "b": comparison.b.name,
        "outcomes": [
            {
                "name": e.name,
                "unit": e.unit,
                "unit_of_effect": unit_of_effect(e.name),
                "horizon": e.horizon,
                "a_mean": or_none(e.a_mean),
                "b_mean": or_none(e.b_mean),
                "effect": or_none(e.effect),
                "low": or_none(e.low),
                "high": or_none(e.high),
                "level": LEVEL,
                "n": e.n,
                "sign_share": or_none(e.sign_share),
                "benchmark": or_none(e.benchmark),
                "variance_removed_by_pairing": or_none(e.variance_removed),
                "censored_share": or_none(e.censored),
                "statistic": "median" if e.name in CENSORED else "mean",
                "kind": comparison.kind,
                "p5": or_none(e.p5),
                "p95": or_none(e.p95),
                "smallest": OUTCOMES[e.name].smallest,
                "rises": or_none(e.rises),
                "falls": or_none(e.falls),
                "a_bound": e.a_bound,
                "b_bound": e.b_bound,
                "bound": e.bound,
            }
            for e in comparison.effects()
        ],
        "imposers_cost": [imposers_cost(comparison, month) for month in comparison.horizons],
        "replicates": len(comparison.results["a"]),
        **_of_draws(comparison),
        "looks": [{"replicates": n, "width": or_none(width)} for n, width in comparison.looks],
        "compute_by_source": compute_by_source(comparison),
        "months": {
            "month": comparison.months,
            **{
                name: {
                    "effect": [or_none(e.effect) for e in path],
                    "low": [or_none(e.low) for e in path],
                    "high": [or_none(e.high) for e in path],
                }
                for name, path in comparison.paths.items()
            },
        },
        "sentences": sentences(comparison),
    }


def _of_draws(comparison: Comparison) -> dict[str, Any]:
    draws = comparison.draws
    if draws is None:
        return {}
    last = comparison.months[-1]
    return {
        "parameters": draws.names,
        "passed_over": draws.passed,
        "refused": draws.refused,
        "deciders": {
            name: comparison.most_influential(name, last) for name in ("gap", "scaled_gap")
        },
    }


def write(folder: Path, comparison: Comparison, figures: bool = True, how: str = "") -> str | None:
    """Write a comparison's folder, whole or not at all; raises ``Refused`` when one is there.

    Returns why its figures could not be drawn, where they could not.
    """

    def fill(place: Path) -> None:
        for world, scenario in (("a", comparison.a), ("b", comparison.b)):
            (place / world).mkdir()
            text = as_toml(scenario.parameters, scenario.title, scenario.story)
            (place / world / "scenario.toml").write_text(text, encoding="utf-8")
            for name in KEPT:
                content = _by_replicate(comparison.results[world], name)
                write_table(content, place / world / f"{name}.parquet")
        write_table(_effects_table(comparison), place / "effects.parquet")
        if comparison.draws is not None:
            write_table(_draws_table(comparison.draws), place / "draws.parquet")
        write_table(sources_table(comparison), place / "compute_by_source.parquet")
        run_folder.write_json(place / "effects.json", as_json(comparison))
        run_folder.write_json(place / "manifest.json", _manifest(comparison, how))

    def draw(place: Path) -> None:
        from analysis.figures.catalogue import figures_of

        figures_of(place, place / "figures")

    return run_folder.write_folder(folder, fill, draw if figures else None)


def read_effects(folder: Path) -> dict[str, Any]:
    """Return the effects of a comparison's folder; raises ``Refused`` where they are damaged."""
    with run_folder.reading(folder):
        try:
            text = (folder / "effects.json").read_text(encoding="utf-8")
            found: dict[str, Any] = json.loads(text)
            if not {"outcomes", "sentences"} <= set(found):
                raise ValueError("incomplete")
        except ValueError as error:
            raise ValueError(f"effects.json: {error}") from None
        return found


def folder_of(
    a: Scenario,
    b: Scenario,
    replicates: int,
    seed: int,
    out: Path,
    how: str = "",
    drawn: Sequence[str] = (),
) -> Path:
    """Return the folder of a comparison: scenarios, replicates, seed, digest of all of them."""
    end = f"{how + '-' if how else ''}{replicates}x{seed}-{digest_of(a, b, how, drawn)[:8]}"
    return out / run_folder.folder_name(f"{a.name}-{b.name}", end)


def digest_of(a: Scenario, b: Scenario, how: str = "", drawn: Sequence[str] = ()) -> str:
    """Return the SHA-256 of all that decides a comparison but seed and replicates.

    ``how`` names prior draws, and the precision that was wanted; ``drawn`` are the parameters
    that are drawn, which a third world in the comparison may make fewer.
    """
    text = a.parameters.digest() + b.parameters.digest() + how + ",".join(drawn)
    digest = hashlib.sha256(text.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _by_replicate(results: list[Run], name: str) -> pa.Table:
    tables = []
    for number, result in enumerate(results, 1):
        one = result.tables[name]
        field = pa.field(
            "replicate", pa.int64(), metadata={"unit": "1", "description": "replicate, from 1"}
        )
        tables.append(one.add_column(0, field, pa.array([number] * one.num_rows, pa.int64())))
    return pa.concat_tables(tables)


def _effects_table(comparison: Comparison) -> pa.Table:
    effects = [effect for path in comparison.paths.values() for effect in path]
    docs = {
        "outcome": ("name", "-", "outcome"),
        "unit": ("unit", "-", "unit of the figures"),
        "month": ("horizon", "YYYY-MM", "month"),
        "a_mean": ("a_mean", "unit", "world a, mean over these pairs (lags: median)"),
        "b_mean": ("b_mean", "unit", "world b, mean over these pairs (lags: median)"),
        "effect": ("effect", "unit", "b against a, mean of pairs (lags: median)"),
        "low": ("low", "unit", f"low end of the 95 % interval, {_kind(comparison)}"),
        "high": ("high", "unit", f"high end of the 95 % interval, {_kind(comparison)}"),
        "p5": ("p5", "unit", "5th percentile of the effect over replicates"),
        "p95": ("p95", "unit", "95th percentile of the effect over replicates"),
        "n": ("n", "1", "replicates in which it is defined"),
        "a_bound": ("a_bound", "-", "how a_mean is known: exact, at least, at most, unknown"),
        "b_bound": ("b_bound", "-", "how b_mean is known"),
        "bound": ("bound", "-", "how the effect is known"),
    }
    columns = {
        column: ([getattr(effect, attribute) for effect in effects], unit, doc)
        for column, (attribute, unit, doc) in docs.items()
    }
    for name in ("low", "high", "p5", "p95"):  # an open end is null
        values, unit, doc = columns[name]
        columns[name] = ([v if math.isfinite(v) else math.nan for v in values], unit, doc)
    return table(columns)


def _kind(comparison: Comparison) -> str:
    return "random variation only" if comparison.draws is None else comparison.kind


def _draws_table(draws: Draws) -> pa.Table:
    number = np.arange(1, len(draws.points) + 1)
    columns: dict[str, tuple[Any, str, str]] = {
        "replicate": (number, "1", "replicate, from 1, that has these values")
    }
    for name, values in draws.values().items():
        fact = FACTS[ParameterName.parse(name)]
        columns[name] = (values, fact.unit, fact.doc)
    return table(columns)


def _manifest(comparison: Comparison, how: str) -> dict[str, Any]:
    drawn = () if comparison.draws is None else comparison.draws.names
    acts = [
        {**act, "world": world}
        for world, scenario in (("a", comparison.a), ("b", comparison.b))
        for act in run_folder.acts_of(inputs_of(scenario.parameters))
    ]
    return {
        "schema_version": run_folder.SCHEMA_VERSION,
        "kind": "compare",
        "a": comparison.a.name,
        "b": comparison.b.name,
        "titles": [comparison.a.title, comparison.b.title],
        "replicates": len(comparison.results["a"]),
        "kind_of_uncertainty": _kind(comparison),
        **run_folder.cast_of(inputs_of(comparison.a.parameters)),
        "contents": {
            world: [result.content for result in results]
            for world, results in comparison.results.items()
        },
        **run_folder.provenance(comparison.a, comparison.seed, comparison.seconds),
        "acts": acts,
        "digest": digest_of(comparison.a, comparison.b, how, drawn),
    }
