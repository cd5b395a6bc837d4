"""The world as an ordinary Mesa model.

``World.step()`` simulates one month, phase by phase (``model.month.MONTH``). Agents are views of
rows, created on first access; the phases never touch them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from model.core.errors import InputError, near, shown
from model.measure import accounts
from model.measure.outcomes import OUTCOMES, outcomes_of
from model.measure.recorder import Record
from model.month import MONTH, Phase, advance, close
from model.parameters import GROUPS, Parameters
from model.scenario import OVERRIDDEN, Scenario, load, with_values
from model.setup import baseline
from model.setup.initial_state import build
from model.setup.inputs import inputs_of
from model.state.fixed import Constants, Fixed
from model.state.inputs import Inputs, parse_month
from model.state.state import State

if TYPE_CHECKING:
    import pandas as pd
    from mesa.agent import Agent, AgentSet

    from model.agents import Firm

LARGEST_SEED = 2**63 - 1
GENERATORS = (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence)


class World(mesa.Model):
    """A simulated economy of labs, firms, places and blocs; a step is a month.

    Args:
        scenario: name of a built-in scenario, path of a file, or resolved ``Scenario``.
        rng: random seed, a whole number or a ``numpy`` generator (or what makes one) to draw one
            from; ``None`` takes fresh entropy. The seed used is ``world.seed``.
        phases: the phases of a month, in order.
        threads: threads inside one run; results are bit-equal for any number.
        constants: constants that normalise rates; by default resolved from the baseline.
        inputs: blocs, places, labs, chips and acts; by default those of the parameters.
        strict: check all accounts every month.
        kwargs: parameters as ``group__name=value``; Mesa's browser view asks for this name.

    A world can be pickled and copied, and the copy goes on as the world itself would.

    Raises:
        InputError: where the scenario or a parameter is not valid.
    """

    def __init__(
        self,
        scenario: str | Path | Scenario = "no_ban",
        *,
        rng: Any = None,
        phases: Sequence[Phase] = MONTH,
        threads: int = 1,
        constants: Constants | None = None,
        inputs: Inputs | None = None,
        strict: bool = False,
        **kwargs: Any,
    ) -> None:
        overrides = kwargs
        if rng is None or isinstance(rng, GENERATORS):
            rng = np.random.default_rng(rng)
        else:
            rng = checked_seed(rng)
        seed = rng if isinstance(rng, int) else int(rng.integers(LARGEST_SEED))
        super().__init__(rng=seed)
        self._ready = False
        self._firms: dict[int, Firm] = {}
        self.seed = seed
        resolved = scenario if isinstance(scenario, Scenario) else load(scenario)
        if overrides:
            resolved = _overridden(resolved, overrides)
        self.parameters: Parameters = resolved.parameters
        self.scenario_name = resolved.name
        self.phases = phases
        self.strict = strict
        self._overrides = overrides
        self._set = {
            name: getattr(getattr(self.parameters, group), entry)
            for name, place in resolved.origin.items()
            if place == OVERRIDDEN
            for group, entry in [name.split(".")]
        }
        self._given = inputs
        inputs = inputs or inputs_of(self.parameters)
        constants = constants or baseline.resolve(self.parameters)
        self.fixed: Fixed
        self.state: State
        self.fixed, self.state = build(self.parameters, inputs, constants, seed, threads)
        self.record = Record.blank(self.fixed, self.state)
        self.datacollector = mesa.DataCollector(
            model_reporters={
                f"{name}_{bloc.name}": partial(_last, name, row)
                for name in ("capability_released", "training_compute", "algorithms_best")
                for row, bloc in enumerate(self.fixed.inputs.blocs)
            }
            | {"month": "last_month"}
        )

    def step(self) -> None:
        """Simulate one month; the world stops by itself after its last month."""
        fixed, state = self.fixed, self.state
        if state.month >= fixed.inputs.calendar.months:
            self.running = False
            return
        advance(fixed, state, self.phases)
        self.record.observe(fixed, state)
        if self.strict:
            self._check_accounts()
        close(state)
        if state.month >= fixed.inputs.calendar.months:
            self.running = False
        blocs = state.blocs
        if self._ready and (blocs.entries + blocs.spinoffs + blocs.exits).any():
            from model.agents import renew

            self._firms = renew(self, self._firms)
        self.datacollector.collect(self)  # every step, prehistory too: batch_run counts steps

    def run(self, until: str | None = None, each: Callable[[World], None] | None = None) -> World:
        """Step to the end of a month (YYYY-MM) or of the span.

        ``each`` is called after every month, when ``world.state.month`` is already the next one.
        Raises ``InputError`` for a month outside the span.
        """
        last = self.fixed.inputs.calendar.months
        if until is not None:
            last = min(last, self._index(until) + 1)
        while self.state.month < last:
            self.step()
            if each is not None:
                each(self)
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Mesa counts agents by model, and would begin anew for a copy.
        self.__dict__.update(state)
        if self._agents:
            used = max(getattr(agent, "unique_id", 0) for agent in self._agents)
            mesa.Agent._ids[self] = count(used + 1)

    def run_model(self) -> None:
        """Step until the world stops."""
        self.run()

    def twin(self, scenario: str | Path | Scenario, **overrides: Any) -> World:
        """Return a world of another scenario with common random numbers, at its beginning.

        The two worlds make a paired run: same seed, overrides (those given here come on top, and
        a scenario given by name is loaded with those of this world's scenario), phases and
        constants. Inputs that were given stay, except for acts and the chips designed
        in response to them, which are the other scenario's.
        """
        overrides = {**self._overrides, **overrides}
        other = scenario if isinstance(scenario, Scenario) else load(scenario, self._set)
        inputs = self._given
        if inputs is not None:
            theirs = inputs_of(_overridden(other, overrides).parameters)
            chips = [chip for chip in inputs.chips if not chip.answers]
            chips += [chip for chip in theirs.chips if chip.answers]
            inputs = replace(inputs, acts=theirs.acts, chips=tuple(chips))
        return World(
            other,
            rng=self.seed,
            phases=self.phases,
            threads=self.fixed.threads,
            constants=self.fixed.constants,
            inputs=inputs,
            strict=self.strict,
            **overrides,
        )

    @property
    def last_month(self) -> str:
        """The last simulated month, as YYYY-MM."""
        return self.fixed.inputs.calendar.label(self.state.month - 1)

    def latest(self, outcome: str) -> float:
        """Return an outcome (a name of ``model.measure.outcomes.OUTCOMES``) at the last month.

        Raises ``InputError`` for other names, and before the first month.
        """
        if outcome not in OUTCOMES:
            raise InputError(f"no outcome {shown(outcome)}; {near(str(outcome), OUTCOMES)}")
        if not self.record.months:
            raise InputError("there is no latest month before the first; call run or step first")
        return float(self.outcomes()[outcome][-1])

    def outcomes(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
        """Return all outcomes by month, from the start of prehistory to now."""
        return outcomes_of(self.fixed, self.state, self.record)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the run so far (a name of ``model.measure.tables.tables_of``)."""
        from model.measure.tables import tables_of

        tables = tables_of(self.fixed, self.state, self.record)
        if name not in tables:
            raise InputError(f"no table {name!r}; tables are {', '.join(tables)}")
        frame: pd.DataFrame = tables[name].to_pandas()
        return frame.copy()  # columns may be views of what the next month overwrites

    @property
    def agents(self) -> AgentSet[Any]:
        """All blocs, clusters and firms, as views of their rows."""
        self._register()
        return super().agents

    @agents.setter
    def agents(self, agents: Any) -> None:
        raise AttributeError("agents are views of rows and cannot be set; write to their columns")

    @property
    def agents_by_type(self) -> dict[type[Agent], AgentSet[Any]]:
        """All blocs, clusters and firms by class: Bloc, Cluster, Firm."""
        self._register()
        agents: dict[type[Agent], AgentSet[Any]] = super().agents_by_type
        return agents

    def _register(self) -> None:
        if not getattr(self, "_ready", True):
            self._ready = True
            from model.agents import views

            self._firms = views(self)

    def _index(self, month: str) -> int:
        calendar = self.fixed.inputs.calendar
        text = month.strftime("%Y-%m") if hasattr(month, "strftime") else str(month)
        index = calendar.index(*parse_month(text, "until", "run"))
        if not 0 <= index < calendar.months:
            first, last = calendar.label(0), calendar.label(calendar.months - 1)
            raise InputError(f"until must lie from {first} to {last}, got {month!r}")
        return index

    def _check_accounts(self) -> None:
        for name, law in accounts.LAWS.items():
            residual = law(self.fixed, self.state)
            if not residual <= accounts.CLOSED:
                raise accounts.NotClosed(
                    f"{name} does not close in {self.fixed.date(self.state.month)}: "
                    f"residual {residual:.3g}"
                )


def _last(series: str, row: int, world: World) -> float:
    return float(world.record.series[series][world.state.month - 1, row])


def checked_seed(seed: Any) -> int:
    """Return a seed as a whole number; raises ``InputError`` when it is not one."""
    try:
        number = int(seed)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"seed must be a whole number, got {seed!r}; a good value is 1") from None
    if number != seed or not 0 <= number <= LARGEST_SEED:
        raise InputError(f"seed must be a whole number from 0 to 2^63 - 1, got {seed!r}")
    return number


def _overridden(scenario: Scenario, overrides: dict[str, Any]) -> Scenario:
    values = {}
    for name, value in overrides.items():
        group, split, entry = name.partition("__")
        if name in ("seed", "seeds"):
            raise InputError(f"{name}: the seed is called rng, as in World(rng={shown(value)})")
        if not split:
            home = [g for g, kind in GROUPS.items() if name in kind.model_fields]
            hint = f"did you mean {home[0]}__{name}?" if home else "as controls__regime='none'"
            raise InputError(f"{name}: parameters read group__name=value; {hint}")
        values[group, entry] = value
    return replace(scenario, parameters=with_values(scenario.parameters, values))
