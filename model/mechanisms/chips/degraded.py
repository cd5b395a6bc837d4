"""Export versions: parameters of the designs in ``model/controls/degraded_chips.py``."""

from __future__ import annotations

from model.core.parameter import Mechanism, Uniform, fact


class Degraded(Mechanism):
    """How vendors design export versions below the thresholds of rules."""

    delay: int = fact(
        2,
        "months",
        within=(0, 60),
        kind="estimated",
        under_rules=True,
        source="seeds/chips.csv",
        claims="C2",
    )
    """Months from a rule, or from a new chip under a standing rule, to the sale of its export
    version; 1 to 5 months in the record."""
    memory_weight: float = fact(
        0.25, "1", Uniform(0.0, 1.0), (0.0, 10.0), under_rules=True, claims="C2"
    )
    """Weight of log memory bandwidth relative to log performance when vendors design an export
    version."""
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
    """Elasticity of an export version's price to the value lost against its base chip; from the
    H20 and the H100."""
