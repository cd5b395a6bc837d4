"""Export versions below a threshold: parameters of what ``degraded_chips`` designs."""

from __future__ import annotations

from model.core.parameter import Mechanism, Uniform, fact


class Degraded(Mechanism):
    """How vendors design chips below a threshold."""

    delay: int = fact(
        2,
        "months",
        within=(0, 60),
        kind="estimated",
        under_rules=True,
        source="seeds/chips.csv",
        claims="C2",
    )
    """Time from a rule, or from a new chip under it, to the sale of a weaker variant; 1 to 5
    months in the record."""
    memory_weight: float = fact(
        0.25, "1", Uniform(0.0, 1.0), (0.0, 10.0), under_rules=True, claims="C2"
    )
    """Worth of memory bandwidth beside performance (both in logs), when a cut is chosen."""
    price_exponent: float = fact(
        0.54,
        "1",
        Uniform(0.2, 1.0),
        (0.0, 2.0),
        kind="estimated",
        under_rules=True,
        source="epoch_hardware",
        claims="C2",
    )
    """Fall of the price with what is lost, both in logs; from the H20 beside the H100."""
