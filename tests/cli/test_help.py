"""The help teaches, fits the page, and says how commands end."""

import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from vnvaxmatch.cli.app import app


def commands(found, path=()):
    """Give the path of a command, and of all below it."""
    yield path
    if isinstance(found, click.Group):
        for name in found.list_commands(click.Context(found)):
            yield from commands(found.get_command(click.Context(found), name), (*path, name))


COMMANDS = list(commands(app))


def help_of(*command, width=80):
    result = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": str(width)})
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_the_page(command):
    """No line is wider than 100 columns, on a terminal as wide as it likes."""
    assert max(map(len, help_of(*command, width=300).splitlines())) <= 100
    assert max(map(len, help_of(*command, width=80).splitlines())) <= 90


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_a_sentence_and_more(command):
    """Each command says in a sentence what it does, and explains every option."""
    found = app
    for name in command:
        found = found.get_command(click.Context(found), name)

    assert re.match(r"[A-Z][^.]+\.", found.help)
    assert [p.name for p in found.params if isinstance(p, click.Option) and not p.help] == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_h_is_help(command):
    """The short option works everywhere."""
    result = CliRunner().invoke(app, [*command, "-h"])

    assert result.output.startswith("Usage:")


def test_exit_codes_are_documented():
    """Every exit code stands in the help, with what it means."""
    text = " ".join(help_of().split())

    for words in ("0 done", "1 something", "2 the command", "3 done", "130 interrupted"):
        assert words in text


def test_help_names_what_is_written_and_read():
    """Who reads the help knows which columns go in and which files come out."""
    assert "results.parquet" in help_of("verify")
    assert "worklists/" in help_of("verify")
    assert "former_id_number" in help_of("registry", "build")
    assert "--columns 'full_name=" in " ".join(help_of("verify").split())


def test_every_command_is_listed_with_a_whole_sentence():
    """The list of commands is not cut off in the middle of a sentence."""
    listed = help_of().partition("Commands:")[2].partition("Exit codes")[0]

    assert "..." not in listed


def test_an_option_before_the_command_is_told_where_it_belongs():
    """Who types it first learns that it comes after the command."""
    result = CliRunner().invoke(app, ["--lang", "en", "verify", "list.csv"])

    assert result.exit_code == 2
    assert "No such option '--lang'. Options come after the command" in result.output


def test_a_command_that_lacks_its_parts_says_which():
    """The help stays whole where an extra is not installed, and the command names it."""
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from vnvaxmatch.cli.app import run\n"
        "sys.exit(run(sys.argv[1:]))"
    )

    def called(*arguments):
        return subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60
        )

    shown, verify = called("--help"), called("verify", "list.csv", "--out", "results")
    assert shown.returncode == 0
    assert "(not installed: vnvaxmatch[bulk])" in shown.stdout
    assert (verify.returncode, "pip install 'vnvaxmatch[bulk]'" in verify.stderr) == (1, True)
