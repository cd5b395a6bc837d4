"""The table of couplings: switches are exact zeros of parameters, signs are those of effects."""

import numpy as np

from model.core.parameter import ParameterName
from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS
from studies import coupling


def test_every_switch_is_a_parameter_at_its_neutral_value():
    for mechanism, switch in coupling.SWITCHES.items():
        for name, value in switch.items():
            fact = FACTS[ParameterName.parse(name)]
            assert value in (0.0, False, "none"), (mechanism, name)
            assert fact.low is None or fact.low <= value, (mechanism, name)


def made(effect):
    """Return what a study finds where one mechanism moves one outcome by so much."""
    draws = np.random.default_rng(1)
    return [
        [
            {
                mechanism: {
                    name: (effect if (mechanism, name) == ("diversion", "gap") else 0.0)
                    + 1e-3 * float(draws.normal())
                    for name in coupling.NAMES
                }
                for mechanism in coupling.SWITCHES
            }
            for _ in range(8)
        ]
        for _ in range(2)
    ]


def test_signs_say_what_a_mechanism_does():
    assert OUTCOMES["gap"].smallest < 0.2
    for effect, sign in ((0.2, "+ +"), (-0.2, "- -"), (0.0, "0 0")):
        text = coupling.page(made(effect), "x")
        row = next(line for line in text.splitlines() if line.startswith("| diversion"))
        assert row.split("|")[2].strip() == sign
    assert "gap," in text.split("nothing moves: ")[1]
    assert "Mechanisms that move nothing: local talk" in text
