"""Where knowledge and capability came from: read from the folder of a run.

Sources of a bloc are read from ``acquisitions``, those of a firm from ``events``; both hold
prehistory too, so that what was found and learned adds up to what is held at the end. Sums of a
bloc are over its firms: an idea that ten firms hold counts ten times.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from model.core.arrow import read_table
from model.core.errors import InputError
from model.measure.run_folder import Refused, read_manifest
from model.state.codes import CHANNELS, DISCOVERED, FIELDS, REDISCOVERED

OWN = (CHANNELS[DISCOVERED], CHANNELS[REDISCOVERED])
NEEDED = ("acquisitions", "events", "firms", "ideas", "models", "world")
PERCENT = (10, 50, 90)
CLOSE = 1e-9  # relative; sums of sizes in another order


@dataclass(frozen=True)
class Ledger:
    """A run's folder; ``kept`` says whose events it holds: those of labs or of all firms."""

    folder: Path
    about: dict[str, Any]
    kept: str

    def table(self, name: str, where: list[tuple[str, str, Any]] | None = None) -> pd.DataFrame:
        """Return a table or some of its rows; raises ``Refused`` where it cannot be read."""
        try:
            stored = read_table(self.folder / f"{name}.parquet", filters=where)
            frame: pd.DataFrame = stored.to_pandas()
        except (OSError, pa.ArrowException) as error:
            raise Refused(f"{self.folder}: {name}.parquet cannot be read: {error}") from None
        return frame

    @cached_property
    def firms(self) -> pd.DataFrame:
        """All firms, in the order of their rows."""
        return self.table("firms")

    @cached_property
    def ideas(self) -> pd.DataFrame:
        """All ideas found."""
        return self.table("ideas")

    @cached_property
    def models(self) -> pd.DataFrame:
        """All models released, by name."""
        return self.table("models").set_index("model", drop=False)

    def events(self, **equal: Any) -> pd.DataFrame:
        """Return those events whose columns have given values, with the size of ideas in OOM."""
        wanted = self.table("events", [(name, "==", value) for name, value in equal.items()])
        sizes = self.ideas[["field", "idea", "size"]]
        return wanted.merge(sizes, on=["field", "idea"], how="left")

    @cached_property
    def start(self) -> str:
        """The first reported month."""
        return str(self.table("world")["month"].iloc[0])

    @property
    def blocs(self) -> list[str]:
        """The blocs that take part, in their order."""
        return [str(bloc) for bloc in self.firms["bloc"].unique()]

    @property
    def before(self) -> str:
        """What prehistory is called, as "before 2018"."""
        return f"before {self.start.removesuffix('-01')}"

    def name(self, firm: int) -> str:
        """Return the name of a firm; -1 stands for universities."""
        if firm < 0:
            return "universities"
        return str(self.firms["name"].iloc[firm])

    def bloc(self, firm: int) -> str:
        """Return the bloc of a firm."""
        return str(self.firms["bloc"].iloc[firm])


def read(folder: Path) -> Ledger:
    """Open the folder of a run.

    Raises ``InputError`` where there is none, ``Refused`` where it holds something else, or was
    written before sources were kept.
    """
    about = read_manifest(folder)
    if about.get("kind") != "run":
        what = "a comparison" if about.get("kind") == "compare" else "no run"
        raise Refused(
            f"{folder}: holds {what}; sources are kept for single runs, as spillover run ban makes"
        )
    tables = about.get("tables", {})
    if any(name not in tables for name in NEEDED):
        raise Refused(
            f"{folder}: its run kept no sources of knowledge; run it anew, in another out folder"
        )
    return Ledger(folder, about, str(about.get("events", "labs")))


def checked_bloc(ledger: Ledger, bloc: str) -> str:
    """Return a bloc's name; raises ``InputError`` where no such bloc takes part."""
    if bloc not in ledger.blocs:
        raise InputError(f"bloc {bloc}: no such bloc; blocs are {', '.join(ledger.blocs)}")
    return bloc


def firm_row(ledger: Ledger, firm: str) -> int:
    """Return the row of a firm given by row or name.

    Raises ``InputError`` where there is none, ``Refused`` where its events were not kept.
    """
    names = [str(name) for name in ledger.firms["name"]]
    labs = [str(name) for name in ledger.firms["name"][ledger.firms["kind"] == "lab"]]
    good = labs[0] if labs else "0"
    if firm.isdecimal():
        row = int(firm) if len(firm) < 10 else len(names)
        if row >= len(names):
            raise InputError(
                f"firm {firm}: rows run from 0 to {len(names) - 1}; a good value is {good!r}"
            )
    else:
        folded = [name.casefold() for name in names]
        if firm.casefold() not in folded:
            raise InputError(f"firm {firm}: no such firm; {_near(firm, [*labs, *names], good)}")
        row = folded.index(firm.casefold())
    if not isinstance(ledger.firms["entered"].iloc[row], str) and names[row] not in labs:
        raise InputError(
            f"firm {firm}: a row kept for a firm to come, which nobody took; "
            f"a good value is {good!r}"
        )
    if ledger.kept != "all" and names[row] not in labs:
        raise Refused(
            f"{ledger.folder}: keeps the events of labs only, and {names[row]!r} is no lab; "
            "a run with events of all firms, in another out folder, keeps them; "
            f"a good value here is {good!r}"
        )
    return row


def account(ledger: Ledger, bloc: str, firm: int | None = None) -> dict[str, Any]:
    """Return where the knowledge of a bloc, or of one of its firms, came from.

    ``rows``: ideas and OOM by field, year ("before 2018" is prehistory), channel and source bloc;
    ``held``: what they add up to, by field: held now, or when a firm closed. Raises ``Refused``
    where they do not.
    """
    firms = ledger.firms
    if firm is None:
        here = firms[firms["bloc"] == bloc]
        table = ledger.table("acquisitions")
        came = table[table["target"] == bloc]
    else:
        here = firms.iloc[[firm]]
        came = ledger.events(target=firm).drop(columns="source")
        came = came.rename(columns={"source_bloc": "source"}).assign(ideas=1)
    year = came["month"].str[:4].where(came["month"] >= ledger.start, ledger.before)
    sums = came.assign(year=year).groupby(
        ["field", "year", "channel", "source"], as_index=False, observed=True
    )[["ideas", "size"]].sum()  # fmt: skip
    rows = [
        {"field": f, "year": y, "channel": c, "source": s, "ideas": int(n), "oom": float(size)}
        for f, y, c, s, n, size in sums.itertuples(index=False)
    ]
    sources = [bloc, *(b for b in ledger.blocs if b != bloc)]
    rows.sort(
        key=lambda row: (
            FIELDS.index(row["field"]),
            row["year"] != ledger.before,
            row["year"],
            CHANNELS.index(row["channel"]),
            sources.index(row["source"]),
        )
    )
    held: list[dict[str, Any]] = [
        {
            "field": field,
            "ideas": int((here[f"{field}_ideas"] + here[f"{field}_ideas_lost"]).sum()),
            "oom": float((here[field] + here[f"{field}_lost"]).sum()),
        }
        for field in FIELDS
    ]
    for one in held:
        mine = [row for row in rows if row["field"] == one["field"]]
        oom = math.fsum(row["oom"] for row in mine)
        if sum(row["ideas"] for row in mine) != one["ideas"] or not math.isclose(
            oom, one["oom"], rel_tol=CLOSE, abs_tol=CLOSE
        ):
            raise Refused(
                f"{ledger.folder}: its tables do not belong together: what came to "
                f"{bloc if firm is None else ledger.name(firm)} is not what is held there"
            )
    return {
        "bloc": bloc,
        "firm": firm,
        "name": bloc if firm is None else ledger.name(firm),
        "firms": int(here["entered"].notna().sum()),
        "held": held,
        "rows": rows,
    }


def capability(ledger: Ledger, bloc: str, firm: int | None = None) -> dict[str, Any] | None:
    """Return what the best model of a bloc or lab is made of; None where it has made none.

    Capability (OOM) = log10 of training compute (FLOP) + algorithms + inherited.
    """
    models = ledger.models
    mine = models[
        (models["bloc"] == bloc) if firm is None else (models["lab"] == ledger.name(firm))
    ]
    if mine.empty:
        return None
    return {"name": bloc if firm is None else ledger.name(firm),
            **_model(mine.iloc[int(np.argmax(mine["capability"].to_numpy()))])}  # fmt: skip


def path_of_idea(ledger: Ledger, text: str) -> dict[str, Any]:
    """Return the way of an idea (``FIELD:N``) from firm to firm, as far as events were kept.

    Raises ``InputError`` where it is no idea that anybody found.
    """
    field, split, number = text.partition(":")
    if not split or not number.isdecimal() or len(number) > 9:
        raise InputError(f"idea {text}: reads FIELD:NUMBER; a good value is {FIELDS[0]}:0")
    if field not in FIELDS:
        raise InputError(f"idea {text}: no such field; {_near(field, FIELDS, FIELDS[0])}")
    here = ledger.ideas[ledger.ideas["field"] == field]
    if here.empty:
        raise InputError(f"idea {text}: nobody found any idea of {field} in this run")
    found = here[here["idea"] == int(number)]
    if found.empty:
        nearest = here["idea"].iloc[(here["idea"] - int(number)).abs().argmin()]
        raise InputError(f"idea {text}: nobody found it; a good value is {field}:{nearest}")
    idea = {str(key): _plain(value) for key, value in found.iloc[0].items()}
    firm = idea["first_firm"]
    idea["first_name"] = "developers of open models" if firm < 0 else ledger.name(firm)
    path = ledger.events(field=field, idea=int(number)).to_dict("records")
    return {**idea, "kept": ledger.kept, "events": [_event(ledger, event) for event in path]}


def sources_of_firm(ledger: Ledger, firm: int) -> dict[str, Any]:
    """Return from which firms and blocs a firm learned, most OOM first; null firm: print."""
    events = ledger.events(target=firm)
    own = events["channel"].isin(OWN)
    learned = events[~own]
    by_firm = []
    who = learned["source"].fillna(-1).astype(int)
    for (source, bloc), part in learned.groupby([who, "source_bloc"]):
        row = int(str(source))
        by_firm.append(
            {
                "firm": None if row < 0 else row,
                "name": f"print of {bloc}" if row < 0 else ledger.name(row),
                "bloc": str(bloc),
                **_sum(part),
                "channels": {
                    c: int((part["channel"] == c).sum())
                    for c in CHANNELS
                    if (part["channel"] == c).any()
                },
            }
        )
    by_bloc = [{"bloc": str(b), **_sum(part)} for b, part in learned.groupby("source_bloc")]
    return {
        "firm": firm,
        "name": ledger.name(firm),
        "bloc": ledger.bloc(firm),
        "own": {channel: _sum(events[events["channel"] == channel]) for channel in OWN},
        "learned": _sum(learned),
        "by_bloc": sorted(by_bloc, key=lambda s: -s["oom"]),
        "by_firm": sorted(by_firm, key=lambda s: (-s["oom"], s["name"])),
    }


def chain_of_model(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    """Return a model and what it was built on, back to the first.

    Raises ``InputError`` where there is no such model, ``Refused`` where the table is damaged.
    """
    models = ledger.models
    names = {str(model).casefold(): str(model) for model in models.index}
    if not names:
        raise InputError(f"model {name}: no model was released in this run")
    if name.casefold() not in names:
        lab = name.rpartition(" ")[0].casefold()
        theirs = [model for model in names.values() if model.rpartition(" ")[0].casefold() == lab]
        last = [*names.values(), *theirs][-1]
        hint = _near(name, () if theirs else names.values(), last)
        raise InputError(f"model {name}: no such model; {hint}")
    chain: list[dict[str, Any]] = []
    following: str | None = names[name.casefold()]
    while following is not None:
        if following not in models.index or (
            chain and models.loc[following, "released"] >= chain[-1]["started"]
        ):
            raise Refused(f"{ledger.folder}: models.parquet is damaged at {following!r}")
        model = _model(models.loc[following])
        chain.append(model)
        following = model["base_model"]
    return chain


def _model(row: Any) -> dict[str, Any]:
    found = {key: _plain(row[key]) for key in
             ("model", "lab", "bloc", "started", "released", "opened", "capability")}  # fmt: skip
    return {
        **found,
        "compute": math.log10(row["compute"]),
        "algorithms": float(row["algorithms"]),
        "own": float(row["own_capability"]),
        "inherited": float(row["capability"] - row["own_capability"]),
        "base_model": _plain(row["base_model"]),
        "base_open": _plain(row["base_open"]),
    }


def _event(ledger: Ledger, row: Any) -> dict[str, Any]:
    source = None if pd.isna(row["source"]) else int(row["source"])
    return {
        "month": row["month"],
        "channel": row["channel"],
        "firm": int(row["target"]),
        "name": ledger.name(int(row["target"])),
        "bloc": row["target_bloc"],
        "source": source,
        "source_name": None if source is None else ledger.name(source),
        "source_bloc": row["source_bloc"],
    }


def _sum(events: pd.DataFrame) -> dict[str, Any]:
    return {"ideas": len(events), "oom": math.fsum(events["size"])}


def _plain(value: Any) -> Any:
    # A value as JSON knows it; what is undefined is None.
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _near(wrong: str, good: Iterable[str], otherwise: str) -> str:
    words = {word.casefold(): word for word in good}
    close = difflib.get_close_matches(wrong.casefold(), words, 1)
    return f"did you mean {words[close[0]]!r}?" if close else f"a good value is {otherwise!r}"
