"""What each channel of spillover carries, and which outcomes it moves.

``python -m studies.channels --page docs/channels.md`` takes every channel from nothing to its
default and to the strong end of its prior, all else as it is and in the same luck. A channel that
moves no outcome beyond luck and beyond its smallest effect of interest is listed as inert.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from analysis.experiments.effects import Values
from model.economy import World
from model.measure.outcomes import CENSORED, OUTCOMES, difference
from model.parameters import FACTS
from model.scenario import load
from model.setup import baseline
from model.state.codes import (
    CHANNELS,
    COLLABORATION,
    MOBILITY,
    OPEN_WEIGHTS,
    PROXIMITY,
    PUBLICATION,
    SUPPLIER,
)
from model.state.fixed import Constants
from studies.common import (
    FIRMS,
    HORIZONS,
    asked,
    beyond,
    give,
    measure_of,
    outcomes,
    run,
    share,
    spread,
    table,
    told,
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
MEANS = tuple(name for name in OUTCOMES if name not in CENSORED)  # a lag has a median


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
    group, _, name = FLOWS[channel].partition(".")
    prior = FACTS[group, name].prior
    assert prior is not None
    if channel == DISTILLATION:
        return [{"training__distillation": False}, {}, {"training__distillation_loss": prior.low}]
    return [{f"{group}__{name}": 0.0}, {}, {f"{group}__{name}": prior.high}]


def sweep(replicates: int, workers: int = 1) -> list[Swept]:
    """Run all worlds; the default one is shared by all channels."""
    with spread(workers) as pool:
        return _sweep(pool, replicates)


def _sweep(pool: Executor, replicates: int) -> list[Swept]:
    scenario = load(SCENARIO, [f"economy.firms={FIRMS}"])
    constants = baseline.resolve(scenario.parameters)  # one nature: channels come on top of it
    default = _all(pool, constants, replicates, {})
    result = []
    for channel, parameter in FLOWS.items():
        none, _, strong = values_of(channel)
        ends = [_all(pool, constants, replicates, changes) for changes in (none, strong)]
        worlds = [ends[0], default, ends[1]]
        result.append(
            Swept(
                "distillation" if channel == DISTILLATION else CHANNELS[channel],
                parameter,
                next(iter(strong.values())),
                [np.array([shares[channel] for shares, _ in found]) for found in worlds],
                [
                    {name: np.array([one[name] for _, one in found]) for name in MEANS}
                    for found in worlds
                ],
            )
        )
    return result


def _all(
    pool: Executor, constants: Constants, replicates: int, changes: dict[str, Any]
) -> list[tuple[dict[int, float], dict[str, Values]]]:
    return list(pool.map(_one, range(1, replicates + 1), repeat(constants), repeat(changes)))


def _one(
    seed: int, constants: Constants, changes: dict[str, Any]
) -> tuple[dict[int, float], dict[str, Values]]:
    world = run(SCENARIO, seed, constants, changes)
    return {channel: carried(world, channel) for channel in FLOWS}, outcomes(world)


def page(swept: list[Swept], replicates: int, command: str) -> str:
    """Return the page; ``command`` is what makes it."""
    lines = [
        "# What each channel carries and moves",
        "",
        f"Made by `{command}`: the world `{SCENARIO}`, {replicates} replicates of luck, {FIRMS} "
        "firms. Every channel alone is taken from nothing to its default and to the strong end of "
        "its prior; nature is normalised once, with all channels at their defaults.",
        "",
        "Share: of all ideas that firms came to hold, their own finds included; of distillation, "
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
                ["channel", *(f"{n.replace('_', ' ')}, {measure_of(n)}" for n in MEANS)],
                [[one.name, *(told(one.moved(n, t)) for n in MEANS)] for one in swept],
            ),
        ]
    lines += ["Moved beyond luck and the smallest effect of interest at either date:", ""]
    inert = []
    for one in swept:
        names = [
            n.replace("_", " ")
            for n in MEANS
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
    given, command = asked("studies.channels", __doc__, 8)
    give(page(sweep(given.replicates, given.workers), given.replicates, command), given.page)


if __name__ == "__main__":
    main()
