"""Sources of knowledge and capability as tables of text: title, columns, rows."""

from __future__ import annotations

import math
from typing import Any

from analysis.attribution.lineage import OWN, PERCENT
from analysis.reports.terminal_tables import number
from model.state.codes import CHANNELS, FIELDS

Text = tuple[str, list[str], list[list[str]]]
MOST_PERIODS = 6  # columns of years
MOST_SOURCES = 15  # firms that are listed


def overview(accounts: list[dict[str, Any]]) -> list[Text]:
    """Return a table a field: the share of each channel in what blocs hold, home and abroad."""
    tables = []
    for place, field in enumerate(FIELDS):
        held = [account["held"][place] for account in accounts]
        rows = []
        for channel in CHANNELS:
            for where in ("home",) if channel in OWN else ("home", "abroad"):
                parts = [
                    math.fsum(
                        row["oom"]
                        for row in account["rows"]
                        if row["field"] == field
                        and row["channel"] == channel
                        and (row["source"] == account["bloc"]) == (where == "home")
                    )
                    for account in accounts
                ]
                if any(parts):
                    cells = [_share(p, h["oom"]) for p, h in zip(parts, held, strict=True)]
                    rows.append([channel, "" if channel in OWN else where, *cells])
        rows.append(["all, OOM", "", *(number(one["oom"]) for one in held)])
        rows.append(["all, ideas", "", *(str(one["ideas"]) for one in held)])
        title = (
            f"{field}: where what firms hold (or held when they closed) came from, % of OOM "
            "(sums over the firms of a bloc)"
        )
        tables.append((title, ["channel", "from", *(a["bloc"] for a in accounts)], rows))
    return tables


def by_year(account: dict[str, Any], before: str) -> list[Text]:
    """Return a table a field: OOM by channel and source bloc, by year."""
    of = account["name"]
    if account["firm"] is None:
        of += f", sum over its {account['firms']} firms"
    tables = []
    for held in account["held"]:
        mine = [row for row in account["rows"] if row["field"] == held["field"]]
        periods = _periods(sorted({row["year"] for row in mine} - {before}))
        if any(row["year"] == before for row in mine):
            periods = {before: [before], **periods}
        ways = list(dict.fromkeys((row["channel"], row["source"]) for row in mine))
        ways.sort(key=lambda way: CHANNELS.index(way[0]))
        rows = [
            _line(
                way[0],
                "" if way[0] in OWN else way[1],
                [row for row in mine if (row["channel"], row["source"]) == way],
                periods,
                held["oom"],
            )
            for way in ways
        ]
        rows.append(_line("all", "", mine, periods, held["oom"]))
        columns = ["channel", "from", *periods, "OOM", "%", "ideas"]
        tables.append((f"{held['field']} of {of}, OOM", columns, rows))
    return tables


def _line(
    channel: str,
    source: str,
    rows: list[dict[str, Any]],
    periods: dict[str, list[str]],
    all_: float,
) -> list[str]:
    oom = math.fsum(row["oom"] for row in rows)
    cells = [
        number(math.fsum(row["oom"] for row in rows if row["year"] in years))
        for years in periods.values()
    ]
    ideas = str(sum(row["ideas"] for row in rows))
    return [channel, source, *cells, number(oom), _share(oom, all_), ideas]


def capability_line(name: str, model: dict[str, Any] | None) -> str:
    """Return in a sentence what the best model of a bloc or lab is made of."""
    if model is None:
        return f"{name} has released no model."
    built = f" from {model['base_model']}" if model["inherited"] > 0.0 else ""
    return (
        f"{name}: best model {model['model']} ({model['released']}): {model['capability']:.2f} OOM "
        f"= {model['compute']:.2f} compute (log10 FLOP) + {model['algorithms']:.2f} algorithms "
        f"+ {model['inherited']:.2f} inherited{built}"
    )


def way(path: dict[str, Any]) -> list[Text]:
    """Return the way of an idea: what it is, how it spread, who came to hold it when."""
    title = (
        f"{path['field']}:{path['idea']}, {path['size']:.4f} OOM, first found "
        f"{path['first_month']} by {path['first_name']} ({path['first_bloc']}), "
        f"found {_times(path['discoveries'])} in all"
    )
    spread = [
        [words, str(path[f"holders_{place}"]), *(_months(path, p, place) for p in PERCENT)]
        for place, words in (("home", path["first_bloc"]), ("abroad", "all others"))
    ]
    reached = [f"months to {p} %" for p in PERCENT]
    events = [
        [
            event["month"],
            event["name"],
            event["bloc"],
            event["channel"],
            "" if event["channel"] in OWN else event["source_name"] or "print",
            "" if event["channel"] in OWN else event["source_bloc"],
        ]
        for event in path["events"]
    ]
    who = "labs" if path["kept"] != "all" else "firms"
    what = f"who came to hold it: {len(events)} {who}"
    return [
        (title, ["firms of", "hold it", *reached], spread),
        (what, ["month", "firm", "bloc", "channel", "from", "of"], events),
    ]


def sources(firm: dict[str, Any]) -> list[Text]:
    """Return from whom a firm learned: by bloc, and the firms from which most came."""
    parts = {**firm["own"], "learned": firm["learned"]}
    words = ", ".join(
        f"{part['ideas']} ideas ({part['oom']:.2f} OOM) {name}" for name, part in parts.items()
    )
    blocs = [[s["bloc"], str(s["ideas"]), number(s["oom"])] for s in firm["by_bloc"]]
    top = firm["by_firm"][:MOST_SOURCES]
    rows = [
        [
            s["name"],
            s["bloc"],
            str(s["ideas"]),
            number(s["oom"]),
            ", ".join(f"{channel} {count}" for channel, count in s["channels"].items()),
        ]
        for s in top
    ]
    return [
        (f"{firm['name']} ({firm['bloc']}): {words}", ["learned from", "ideas", "OOM"], blocs),
        (
            f"the first {len(top)} of {len(firm['by_firm'])} sources, by OOM",
            ["learned from", "bloc", "ideas", "OOM", "channels and ideas"],
            rows,
        ),
    ]


def ancestors(chain: list[dict[str, Any]]) -> list[Text]:
    """Return what a model was built on, back to the first."""
    rows = [
        [
            m["model"],
            m["bloc"],
            m["started"],
            m["released"],
            m["opened"] or "closed",
            number(m["compute"]),
            number(m["own"]),
            number(m["inherited"]),
            number(m["capability"]),
            _by(m),
        ]
        for m in chain
    ]
    after = len(chain) - 1
    title = f"{chain[0]['model']}, built on {after} {'model' if after == 1 else 'models'} in a row"
    columns = ["model", "bloc", "started", "released", "opened", "log10 FLOP", "own, OOM",
               "inherited", "capability", "builds on the next by"]  # fmt: skip
    return [(title, columns, rows)]


def _by(model: dict[str, Any]) -> str:
    if model["base_open"] is None:
        return ""
    words = "its weights" if model["base_open"] else "copying it"
    return words if model["inherited"] > 0.0 else f"{words}, no gain"


def _periods(years: list[str]) -> dict[str, list[str]]:
    # Years, or as many together as leave few columns.
    size = max(1, math.ceil(len(years) / MOST_PERIODS))
    parts = [years[n : n + size] for n in range(0, len(years), size)]
    return {p[0] if len(p) == 1 else f"{p[0]}-{p[-1][2:]}": p for p in parts}


def _share(part: float, whole: float) -> str:
    return f"{100.0 * part / whole:.1f}" if whole > 0.0 else "-"


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


def _months(path: dict[str, Any], percent: int, place: str) -> str:
    months = path[f"months_to_{percent}_{place}"]
    return "-" if months is None else f"{months:.0f}"
