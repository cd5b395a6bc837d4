"""Small cheap worlds that tests share; kernels are cached where the user's own runs cache them."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from model.economy import World

# Before the model is imported: one cache for all workers, and no overrides from outside.
os.environ.setdefault(
    "SPILLOVER_CACHE_DIR", os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
)
for name in [n for n in os.environ if n.startswith("SPILLOVER_") and "__" in n]:
    del os.environ[name]

# The same examples on every day; the first call of a kernel compiles it, so no deadline.
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.load_profile("same")

# Tests of single rules want levers from the first month on, the same firms to the last, and means
# that do not answer what labs earn.
STILL = {
    "budgets__cash_flow": 0.0,
    "budgets__finance_response": 0.0,
    "exchange__since": "1990-01",
    "release__since": "1990-01",
    "demography__entrants": 0.0,
    "demography__spinoffs": 0.0,
    "demography__exit": 0.0,
    "demography__other_closures": 0.0,
}
MOVING = {"demography__entrants": 0.05, "demography__spinoffs": 0.01, "demography__exit": 1.0}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let one of two workers compile from the last kernel on, while the other begins to test."""
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw1":
        from model.compile_ahead import compile_ahead

        compile_ahead()


@pytest.fixture(scope="session")
def small() -> "Callable[..., World]":
    """Make a small short world at its beginning, of any scenario and parameters."""
    from model.economy import World
    from tests.worlds import SMALL

    def make(scenario: Any = "no_ban", *, rng: int = 1, **changes: Any) -> World:
        return World(scenario, rng=rng, **{**SMALL, **STILL, **changes})

    return make


@pytest.fixture(scope="session")
def constants(small: "Callable[..., World]") -> Any:
    """What normalises rates in the small world; saves solving them for every parameter."""
    return small().fixed.constants


@pytest.fixture(scope="session")
def finished(small: "Callable[..., World]") -> "Callable[[str], World]":
    """Return a small world of a shipped scenario at its end; nobody may write into it."""

    @cache
    def end_of(scenario: str) -> "World":
        return small(scenario).run()

    return end_of


@pytest.fixture(scope="session")
def bar() -> "Callable[..., dict[str, Any]]":
    """Write an act as a scenario file does: by default all chips are barred from the follower."""

    def act(day: str = "2018-07-01", **fields: Any) -> dict[str, Any]:
        plain = {"announced": day, "effective": day, "actor": "us", "targets": ["china"]}
        rule = {"kind": "bar", "foreign_product": True, "rule": [{"tpp_min": 0}]}
        return {**plain, **rule, **fields}

    return act


TIGHT = {  # a rule without any way around it
    "controls__porosity": 0.0,
    "controls__rent_abroad": 0.0,
    "controls__stockpiling": False,
    "controls__degraded": "none",
    "domestic__base": 0.0,
}


@pytest.fixture(scope="session")
def tight() -> dict[str, Any]:
    """Return what leaves no way around a rule: no trader, host, stock, weak or domestic chip."""
    return dict(TIGHT)


class Said(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def spillover(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Command]:
    """Call the command in an empty folder."""
    from cli import main

    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["spillover", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        return Said(int(stopped.value.code or 0), said.out, said.err)

    yield call
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
