"""Export versions below a threshold: parameters of what ``degraded_chips`` designs."""

from __future__ import annotations

from model.core.parameter import Mechanism, Uniform, fact


class Degraded(Mechanism):
    """How vendors design chips below a threshold."""

    delay: int = fact(
        2,
        unit="months",
        kind="estimated",
        low=0,
        high=60,
        claims=("C2",),
        source="seeds/chips.csv",
        doc="time from a rule, or from a new chip under it, to the sale of a weaker variant; "
        "1 to 5 months in the record",
        under_rules=True,
    )
    memory_weight: float = fact(
        0.25,
        unit="1",
        kind="assumed",
        prior=Uniform(0.0, 1.0),
        low=0.0,
        high=10.0,
        claims=("C2",),
        source="own",
        doc="worth of memory bandwidth beside performance (both in logs), when a cut is chosen",
        under_rules=True,
    )
    price_exponent: float = fact(
        0.54,
        unit="1",
        kind="estimated",
        prior=Uniform(0.2, 1.0),
        low=0.0,
        high=2.0,
        claims=("C2",),
        source="epoch_hardware",
        doc="fall of the price with what is lost, both in logs; from the H20 beside the H100",
        under_rules=True,
    )
