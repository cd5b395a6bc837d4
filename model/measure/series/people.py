"""Series of people and places: researchers, wages, moves, public money, by bloc."""

from __future__ import annotations

from collections.abc import Mapping

from model.core.table import Floats
from model.measure.series import sums_kernels
from model.state.fixed import Fixed
from model.state.state import State

SERIES: dict[str, tuple[str, str]] = {
    "researchers": ("persons", "researchers in the field of AI"),
    "researchers_in_labs": ("persons", "researchers in the field of AI whom labs employ"),
    "wage_labs": ("USD/year", "mean wage of a researcher in labs; 0: none employed"),
    "wage_elsewhere": ("USD/year", "mean wage of a researcher in other firms; 0: none employed"),
    "graduates": ("persons/month", "graduates who enter research"),
    "graduates_to_finance": ("persons/month", "graduates who go into finance instead of research"),
    "retirements": ("persons/month", "researchers who leave research"),
    "job_moves": ("persons/month", "researchers hired from other firms, at home or abroad"),
    "migration": (
        "persons/month",
        "net immigration of researchers: arrivals from other blocs less departures",
    ),
    "public_infrastructure": ("USD/month", "public money for infrastructure of places"),
    "public_universities": ("USD/month", "public money for universities"),
    "infrastructure": ("USD", "shared infrastructure of all places"),
}


def observe(fixed: Fixed, state: State, now: Mapping[str, Floats]) -> None:
    """Observe the month that just ended: into ``now`` by name a value a bloc."""
    blocs, clusters = state.blocs, state.clusters
    for name, column in (
        ("researchers", blocs.researchers),
        ("researchers_in_labs", blocs.in_labs),
        ("wage_labs", blocs.wage_labs),
        ("wage_elsewhere", blocs.wage_elsewhere),
        ("graduates", blocs.graduates),
        ("graduates_to_finance", blocs.to_finance),
        ("retirements", blocs.retirements),
        ("job_moves", blocs.hires),
        ("migration", blocs.crossing.sum(axis=0) - blocs.crossing.sum(axis=1)),
        ("public_infrastructure", blocs.for_places),
        ("public_universities", blocs.for_universities),
    ):
        now[name][:] = column
    sums_kernels.total(clusters.bloc, clusters.stock, now["infrastructure"])
