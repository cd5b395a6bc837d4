"""What each channel of spillover carries, and which outcomes it moves.

``python -m studies.channels --page docs/channels.md`` takes every channel from nothing to its
default and to the strong end of its prior, all else equal and with common random numbers. A
channel that moves no outcome beyond random variation and its smallest effect of interest is listed
as inert.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.experiments.effects import Values
from analysis.experiments.experiment import Job
from model.core.parameter import ParameterName
from model.economy import World
from model.measure.outcomes import CENSORED, OUTCOMES, difference
from model.parameters import FACTS
from model.state.codes import (
    CHANNELS,
    COLLABORATION,
    MOBILITY,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    SUPPLIER,
)
from studies.common import (
    FIRMS,
    HORIZONS,
    arm,
    beyond,
    give,
    measure_of,
    options,
    outcomes,
    runs,
    share,
    start,
    table,
    with_interval,
)

SCENARIO = "ban"
DISTILLATION = len(CHANNELS)  # carries capability, not ideas
FLOWS = {
    PROXIMITY: "spillover.proximity_flow",
    SUPPLIER: "spillover.supplier_flow",
    MOBILITY: "spillover.mobility_flow",
    COLLABORATION: "spillover.collaboration_flow",
    PUBLICATION: "spillover.publication_hazard",
    OPEN_WEIGHTS: "spillover.open_weights_flow",
    DISTILLATION: "training.distillation_loss",
}
WITH_MEAN = tuple(name for name in OUTCOMES if name not in CENSORED)  # a lag has a median


@dataclass(frozen=True)
class Swept:
    """A channel at none, default, strong: its share and the outcomes, by replicate."""

    name: str
    parameter: str
    strong: float
    shares: list[Values]
    outcomes: list[dict[str, Values]]  # replicate x horizon

    def moved(self, name: str, t: int) -> Values:
        """Return what the strong channel makes of an outcome, against none, by replicate."""
        first, last = (self.outcomes[k][name][:, t] for k in (0, -1))
        found: Values = difference(name, first, last)
        return found


def carried(world: World, channel: int) -> float:
    """Return a channel's share of all acquisitions; of distillation, of all models released."""
    if channel == DISTILLATION:
        models = world.state.models
        return sum(model.base_open is False for model in models) / max(1, len(models))
    counts = world.record.acquired.sum(axis=(0, 1, 3, 4))
    return float(counts[channel] / counts.sum())


def values_of(channel: int) -> list[dict[str, Any]]:
    """Return the parameters of none, default and strong."""
    flow = ParameterName.parse(FLOWS[channel])
    prior = FACTS[flow].prior
    assert prior is not None
    if channel == DISTILLATION:
        return [{"training__distillation": False}, {}, {"training__distillation_loss": prior.low}]
    return [{"__".join(flow): 0.0}, {}, {"__".join(flow): prior.high}]


def sweep(replicates: int, workers: int = 1) -> list[Swept]:
    """Run all worlds; the default one is shared by all channels, whose baseline is normalised."""
    default, *arms = (arm(SCENARIO, **changes) for changes in ({}, *_ends()))
    jobs = [Job((default, *arms), 1 + r) for r in range(replicates)]
    found = runs(jobs, observed, workers)
    result = []
    for n, (channel, parameter) in enumerate(FLOWS.items()):
        worlds = [[one[k] for one in found] for k in (1 + 2 * n, 0, 2 + 2 * n)]
        result.append(
            Swept(
                "distillation" if channel == DISTILLATION else CHANNELS[channel],
                parameter,
                next(iter(values_of(channel)[-1].values())),
                [np.array([shares[channel] for shares, _ in world]) for world in worlds],
                [
                    {name: np.array([one[name] for _, one in world]) for name in WITH_MEAN}
                    for world in worlds
                ],
            )
        )
    return result


def _ends() -> list[dict[str, Any]]:
    # What changes at nothing and at the strong end, channel after channel.
    return [values_of(channel)[k] for channel in FLOWS for k in (0, 2)]


def observed(world: World) -> tuple[dict[int, float], dict[str, Values]]:
    """Run a world; return the share that each channel carries, and all outcomes."""
    found = outcomes(world)
    return {channel: carried(world, channel) for channel in FLOWS}, found


def page(swept: list[Swept], replicates: int, command: str) -> str:
    """Return the page; ``command`` is what makes it."""
    lines = [
        "# What each channel carries and moves",
        "",
        f"Made by `{command}`: the world `{SCENARIO}`, {replicates} replicates, {FIRMS} "
        "firms. Every channel alone is taken from nothing to its default and to the strong end of "
        "its prior; the baseline is normalised once, with all channels at their defaults.",
        "",
        "Share: of all ideas that firms came to hold, own discoveries included; of distillation, "
        "which carries capability and no ideas, the share of models built on a closed one. What "
        "publication carries at nothing is read by labs when they enter; what is distilled at "
        "nothing was so in prehistory, before levers act.",
        "",
    ]
    head = ["channel", "strong end", "share at nothing", "at its default", "strong"]
    rows = [
        [one.name, f"`{one.parameter}` {one.strong:g}"]
        + [share(float(np.mean(shares))) for shares in one.shares]
        for one in swept
    ]
    lines += table(head, rows)
    for t, horizon in enumerate(HORIZONS):
        lines += [
            f"Effect of the strong channel against none, end of {horizon[:4]}:",
            "",
            *table(
                ["channel", *(f"{n.replace('_', ' ')}, {measure_of(n)}" for n in WITH_MEAN)],
                [[one.name, *(with_interval(one.moved(n, t)) for n in WITH_MEAN)] for one in swept],
            ),
        ]
    lines += [
        "Moved beyond random variation and the smallest effect of interest at either date:",
        "",
    ]
    inert = []
    for one in swept:
        names = [
            n.replace("_", " ")
            for n in WITH_MEAN
            if any(beyond(one.moved(n, t), OUTCOMES[n].smallest) for t in range(len(HORIZONS)))
        ]
        if names:
            lines.append(f"- {one.name}: {', '.join(names)}")
        else:
            inert.append(one.name)
    lines += ["", f"Inert: {', '.join(inert) if inert else 'none'}.", ""]
    return "\n".join(lines)


def main() -> None:
    """Sweep, and print or write the page."""
    given, command = options("studies.channels", __doc__, 8)
    give(page(sweep(given.replicates, given.workers), given.replicates, command), given.page)


if __name__ == "__main__":
    start("studies.channels")
