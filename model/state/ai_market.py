"""The state of the market for AI models: who may use them, what is on offer, who chose what."""

from __future__ import annotations

from dataclasses import dataclass

from model.core.table import Floats, Integers, Table, column


@dataclass
class Segments(Table):
    """A row a kind of user in a bloc: row bloc x 2 + kind (consumers, developers)."""

    bloc: Integers = column("i8", "segment", unit="bloc", doc="bloc")
    kind: Integers = column("i8", "segment", unit="kind", doc="index into SEGMENTS")
    means: Floats = column(
        "f8", "segment", unit="USD/month", doc="spent on AI models if everybody used them"
    )
    propensity: Floats = column("f8", "segment", unit="1", doc="to take up new things", fill=1)
    worth: Floats = column("f8", "segment", unit="1", doc="of all models on offer, log-sum")
    potential: Floats = column("f8", "segment", unit="share", doc="who would use some model")
    adopters: Floats = column("f8", "segment", unit="share", doc="who do")
    spent: Floats = column("f8", "segment", unit="USD/month", doc="on AI models")
    surplus: Floats = column("f8", "segment", unit="USD/month", doc="of users, above what they pay")


@dataclass
class Platforms(Table):
    """A row a line of models of a lab: row lab x 3 + line (closed, open, small).

    The closed line is the lab's best released model behind its own interface, the open line its
    best model with open weights, run by anybody; the small one is distilled from the open one.
    """

    lab: Integers = column("i8", "platform", unit="lab", doc="maker")
    bloc: Integers = column("i8", "platform", unit="bloc", doc="bloc of the maker")
    line: Integers = column("i8", "platform", unit="line", doc="index into LINES")
    quality: Floats = column(
        "f8", "platform", unit="OOM", doc="capability on offer; -inf: none", fill=-float("inf")
    )
    flop: Floats = column("f8", "platform", unit="log10 FLOP", doc="run of the model on offer")
    cost: Floats = column(
        "f8", "platform", "bloc", unit="USD/Mtoken", doc="of serving users of a bloc"
    )
    price: Floats = column("f8", "platform", "segment", unit="USD/Mtoken", doc="asked")
    share: Floats = column(
        "f8", "platform", "segment", unit="share", doc="of the spending of those who use models"
    )
    spending: Floats = column("f8", "platform", "segment", unit="USD/month", doc="by users")
    payments: Floats = column(
        "f8", "platform", "bloc", unit="USD/month", doc="by application firms of a bloc"
    )
