"""The commands, and what happens when one fails: one line, an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FrameType

import click

from vnvaxmatch import __version__
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.errors import MissingExtraError, VnvaxmatchError

__all__ = ["app", "run"]

_COMMANDS = {
    "demo": "vnvaxmatch.cli.demo",
    "synth": "vnvaxmatch.cli.synth",
    "registry": "vnvaxmatch.cli.registry",
    "verify": "vnvaxmatch.cli.verify",
    "explain": "vnvaxmatch.cli.explain",
    "check": "vnvaxmatch.cli.verify",
    "link": "vnvaxmatch.cli.link",
    "evaluate": "vnvaxmatch.cli.evaluate",
    "casework": "vnvaxmatch.cli.casework",
    "certify": "vnvaxmatch.cli.certify",
    "ledger": "vnvaxmatch.cli.ledger",
    "serve": "vnvaxmatch.cli.serve",
}

_CHATTY = ("pyhanko", "pyhanko_certvalidator")
"""Libraries that log what stands in a broken file, which is not for the terminal."""

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


class _LazyGroup(click.Group):
    """A group that loads a command's module when the command is called, not before."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say of an option that stands before the command where it belongs."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise click.UsageError(
                f"{error.format_message()} Options come after the command: "
                "vnvaxmatch verify … --lang en",
                ctx,
            ) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order that a newcomer meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in _COMMANDS:
            return None
        try:
            command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        except MissingExtraError as missing:
            return _missing(cmd_name, missing)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "vnvaxmatch":
                raise
            return _missing(cmd_name, MissingExtraError("bulk"))
        return command


def _missing(name: str, missing: MissingExtraError) -> click.Command:
    """Stand in for a command whose optional part is not installed, so that the help stays whole."""

    def say(**_: object) -> None:
        raise missing

    short = f"(not installed: vnvaxmatch[{missing.extra}])"
    options = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(name, callback=say, short_help=short, help=short, context_settings=options)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 something could not be read or written (one line says what, "
    "where and what to do), 2 the command was not understood, 3 done, but not all rows could be "
    "answered, 4 done, but some rows of a worklist were refused, 130 interrupted. "
    "A list full of wrong records still exits with 0: that is a result.",
)
@click.version_option(__version__, prog_name="vnvaxmatch")
def app() -> None:
    """Verify vaccination records against a population registry.

    Reads a vaccination list as it comes, compares name, sex, date of birth and ID number with a
    registry of people, and says for every row right or wrong (đúng/sai), which field is wrong and
    why. Nothing leaves this machine, unless you ask a registry at an https address.

    \b
    Start here:
      vnvaxmatch demo                                      see it work on made-up people
      vnvaxmatch registry build PEOPLE.csv --out reg.duckdb
      vnvaxmatch verify DOSES.xlsx --registry reg.duckdb --out results
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    # millions of small values live until the end of a run: looking for garbage among them is vain
    gc.set_threshold(200_000, 50, 50)
    for name in _CHATTY:
        logging.getLogger(name).addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an older code page lacks our letters
    with _stoppable() as stops:
        try:
            code = app.main(arguments, prog_name="vnvaxmatch", standalone_mode=False)
            return code if isinstance(code, int) else 0
        except (KeyboardInterrupt, click.Abort):
            return _interrupted()
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except Exception as error:  # noqa: BLE001 - its text and traceback may hold personal data
            return _interrupted() if stops else _failed(error)


@contextlib.contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt, and give the list of those that came.

    What libraries make of that exception is theirs: DuckDB drops it, and raises another.
    """
    stops: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stops.append(number)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as a shell has it for what runs in the background
            signal.signal(number, stop)
    try:
        yield stops
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted() -> int:
    _say("interrupted; nothing half-written is left, earlier results are as they were")
    return EXIT_INTERRUPTED


def _failed(error: Exception) -> int:
    """Say in one line what failed."""
    if isinstance(error, BrokenPipeError):
        # whoever read our output has gone: keep the interpreter from complaining at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif isinstance(error, VnvaxmatchError):
        _say(str(error))
    elif isinstance(error, MemoryError):
        _say("out of memory; close other programs, or split the list")
    elif isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        _say(f"cannot use {error.filename}: {what}" if error.filename else f"refused: {what}")
    else:
        place = traceback.extract_tb(error.__traceback__)[-1]
        _say(
            f"this is a bug: {type(error).__name__} in {Path(place.filename).name}, line "
            f"{place.lineno}; nothing was written, please report it with this line"
        )
    return EXIT_ERROR


def _say(line: str) -> None:
    click.echo(f"vnvaxmatch: {one_line(line)}", err=True)
