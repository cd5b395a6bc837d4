"""The state of the market for AI models: users by segment, models on offer, choices."""

from __future__ import annotations

from dataclasses import dataclass

from model.core.table import Floats, Integers, Table, column


@dataclass
class Segments(Table):
    """Segments of users, by bloc and kind: row bloc x 2 + kind (consumers, developers)."""

    bloc: Integers = column("i8", "segment", unit="bloc", doc="bloc of the users")
    kind: Integers = column("i8", "segment", unit="kind", doc="kind of user; index into SEGMENTS")
    spending_power: Floats = column(
        "f8", "segment", unit="USD/month", doc="spending on AI models if all users used them"
    )
    propensity: Floats = column(
        "f8", "segment", unit="1", doc="propensity to take up AI models", fill=1
    )
    worth: Floats = column(
        "f8", "segment", unit="1", doc="value of all models on offer, log-sum of utilities"
    )
    potential: Floats = column(
        "f8", "segment", unit="share", doc="share of users who would use any model on offer"
    )
    adopters: Floats = column("f8", "segment", unit="share", doc="share of users who use models")
    spent: Floats = column("f8", "segment", unit="USD/month", doc="spending on AI models")
    surplus: Floats = column(
        "f8", "segment", unit="USD/month", doc="users' surplus above their spending"
    )


@dataclass
class Platforms(Table):
    """Lines of models, by lab: row lab x 3 + line (closed, open, small).

    The closed line is the lab's best released model behind its own interface, the open line its
    best model with open weights, run by any host; the small line is distilled from the open line.
    """

    lab: Integers = column(
        "i8", "platform", unit="lab", doc="lab that makes the models of the line"
    )
    bloc: Integers = column("i8", "platform", unit="bloc", doc="bloc of the maker")
    line: Integers = column("i8", "platform", unit="line", doc="kind of line; index into LINES")
    quality: Floats = column(
        "f8", "platform", unit="OOM", doc="capability on offer; -inf: none", fill=-float("inf")
    )
    flop: Floats = column(
        "f8", "platform", unit="log10 FLOP", doc="training compute of the model on offer"
    )
    cost: Floats = column(
        "f8", "platform", "bloc", unit="USD/Mtoken", doc="cost of serving users of a bloc"
    )
    price: Floats = column(
        "f8", "platform", "segment", unit="USD/Mtoken", doc="price to users of a segment"
    )
    share: Floats = column(
        "f8",
        "platform",
        "segment",
        unit="share",
        doc="share of the line in a segment's spending on models",
    )
    spending: Floats = column(
        "f8", "platform", "segment", unit="USD/month", doc="spending of users"
    )
    payments: Floats = column(
        "f8", "platform", "bloc", unit="USD/month", doc="payments of application firms of a bloc"
    )
