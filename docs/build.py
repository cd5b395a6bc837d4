"""The pages that are built from the code, not written: ``python -m docs.build``, or ``make docs``.

Git ignores them; tests build them and look for gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _parameters() -> str:
    from analysis.reports import parameter_page

    return parameter_page.content()


def _scenarios() -> str:
    from analysis.reports import scenarios

    return scenarios.content()


def _odd() -> str:
    from analysis.reports import odd

    return odd.content()


def _cli() -> str:
    import cli
    from commands import reference

    return reference.markdown(cli.application())


PAGES: dict[str, Callable[[], str]] = {
    "model/parameters.md": _parameters,
    "model/scenarios.md": _scenarios,
    "model/odd.md": _odd,
    "reference/cli.md": _cli,
}


def main() -> None:
    """Write all pages, and print their paths."""
    for name, content in PAGES.items():
        path = HERE / name
        path.write_text(content().rstrip("\n") + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
