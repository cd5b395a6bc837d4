"""The ``spillover`` command: finds the command, runs it, turns failures into messages and codes.

Nothing heavy is imported before the command is known. Data goes to standard output, all else to
standard error. Exit codes: 0 done, 1 some runs failed, 2 invalid input, 3 refused, 4 a check did
not hold, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys

if __name__ == "__main__" or os.path.basename(sys.argv[0]) == "spillover":
    # Not yet in main, and nothing is begun: an interrupt ends the command without a word.
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(143))

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer
    from typer.exceptions import TyperException

OURS = ("model", "analysis", "commands")


@cache
def application() -> typer.Typer:
    """Return the application with all commands, in the order of the help."""
    import typer

    from commands import (
        claims,
        compare,
        doctor,
        run,
        scenarios,
        sensitivity,
        sweep,
        trace,
        validate,
    )

    app = typer.Typer(
        name="spillover",
        help="A laboratory for chip bans, open models and the spread of knowledge.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: rich alone would cost a tenth of a second
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in (
        scenarios.scenarios,
        scenarios.show,
        scenarios.check,
        scenarios.new,
        run.run,
        compare.compare,
        validate.validate,
        claims.claims,
        sweep.sweep,
        sensitivity.sensitivity,
        run.plot,
        trace.why,
        trace.trace,
        doctor.doctor,
    ):
        app.command()(command)
    return app


class Stopped(BaseException):
    """A signal asked to stop; carries the exit code."""


def main() -> NoReturn:
    """Run the command line; every expected failure is one message and an exit code."""
    code = 1
    try:
        # First of all, so that an interrupt finds us ready while all else is still imported.
        for number, of_signal in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            signal.signal(number, _stop_with(of_signal))
        code = _run()
    except Stopped as stop:
        code = _message("stopped; nothing half-written is left", stop.args[0])
    finally:
        for number, of_signal in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            signal.signal(number, _end_with(of_signal))
        _flush()
    sys.exit(code)


def _run() -> int:
    foreign = _foreign()
    if foreign:
        return _message(foreign, 2)
    from typer.exceptions import TyperException

    from commands import console

    console.write_anything()
    try:
        if "_SPILLOVER_COMPLETE" in os.environ:
            from commands.completion import join_words

            join_words(os.environ)
        from commands.cache import usable_cache
        from model.core.cache import told

        told.append(_compiling)
        with usable_cache(sys.argv[1:]):
            return application()(prog_name="spillover", standalone_mode=False) or 0
    except TyperException as error:
        return _misused(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _failed(error)


def _compiling() -> None:
    # Called before the first kernel is compiled, which most commands never come to.
    from model import compile_ahead

    if {"--quiet", "-q"}.isdisjoint(sys.argv):
        compile_ahead.say()
    compile_ahead.begin()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_message(f"standard output cannot be written: {error.strerror}", 1))


def _misused(error: TyperException) -> int:
    # A word or an option that is none, in one line; without any word, the help.
    if len(sys.argv) < 2:
        print(error.format_message(), file=sys.stderr)
        return 2
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "spillover"
    text = error.format_message().removesuffix(".")
    stop = "" if text.endswith("?") else ";"
    return _message(f"{text[:1].lower()}{text[1:]}{stop} see {command} --help", 2)


def _foreign() -> str | None:
    # A file or folder of a name of ours that stands before ours on the path hides it.
    for name in OURS:
        found = importlib.util.find_spec(name)
        origin = Path(found.origin) if found is not None and found.origin else None
        ours = Path(__file__).resolve().parent / name / "__init__.py"
        if origin is None or origin.resolve() != ours:
            hides = origin or f"a folder named {name}"
            return f"{hides} hides spillover's own; rename it or start elsewhere"
    return None


def _stop_with(code: int) -> Callable[[int, Any], NoReturn]:
    def stop(number: int, frame: Any) -> NoReturn:
        raise Stopped(code)

    return stop


def _end_with(code: int) -> Callable[[int, Any], NoReturn]:
    # Once all is said and done, an interrupt only hastens the end.
    def end(number: int, frame: Any) -> NoReturn:
        os._exit(code)

    return end


def _failed(error: Exception) -> int:
    from model.core.errors import InputError
    from model.measure.run_folder import Refused

    if isinstance(error, InputError | Refused | OSError) and not _folder_is_there():
        why = "" if isinstance(error, OSError) else f"{error}; "
        return _message(f"{why}the current folder is gone; change to another", 2)
    if isinstance(error, InputError):
        return _message(str(error), 2)
    if isinstance(error, Refused):
        return _message(str(error), 3)
    from model.measure.accounts import NotClosed

    if isinstance(error, NotClosed):
        return _message(str(error), 4)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _message(f"{place}cannot be read or written: {error.strerror or error}", 1)
    if sys.flags.dev_mode:
        raise error
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
    return _message(
        f"internal error: {type(error).__name__}: {error} ({where}); "
        "rerun with python -X dev -m cli for the traceback",
        1,
    )


def _folder_is_there() -> bool:
    try:
        return Path.cwd().is_dir()
    except OSError:
        return False


def _message(text: str, code: int) -> int:
    from commands import console

    console.message(text)
    return code


if __name__ == "__main__":
    main()
