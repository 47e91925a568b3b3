"""Every page of the documentation is executed, so that none of them can go stale.

In a page, a block marked ``python`` is run (as a doctest where it has prompts), and so is every
line of a ``console`` block that starts with ``$``; what follows it must be its output, in which
``...`` stands for anything. A block under ``<!-- file: NAME -->`` is written to that file. A block
marked ``bash`` is only shown. All of a page runs in one empty folder of its own.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

_FILE = re.compile(r"^<!-- file: ([\w.-]+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n?((?:(?!\$ ).*\n?)*)", re.MULTILINE)


def _files(document: Document) -> Iterable[Region]:
    """Find the blocks that are files."""
    for block in _FILE.finditer(document.text):
        yield Region(block.start(), block.end(), block.groups(), _write_file)


def _write_file(example: Example) -> None:
    name, text = example.parsed
    Path(name).write_text(text, encoding="utf-8")


def _run_console(example: Example) -> str | None:
    """Run the commands of a block, and hold what they print against what the page says."""
    for command, want in _COMMAND.findall(example.parsed):
        done = subprocess.run(
            command.replace("\n> ", "\n"),
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PYTHONUTF8": "1",
                "COLUMNS": "100",
            },
        )
        got = done.stdout.decode("utf-8")
        if not doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS):
            return f"$ {command}\nexpected:\n{want}\ngot:\n{got}"
    return None


def _enter(namespace: dict[str, Any]) -> None:
    namespace["_home"] = Path.cwd()
    namespace["_folder"] = tempfile.mkdtemp(prefix="vnvaxmatch-docs-")
    os.chdir(namespace["_folder"])


def _leave(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["_home"])
    shutil.rmtree(namespace["_folder"])
    namespace.clear()  # what a page opened is closed before the interpreter ends


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS),
        CodeBlockParser(language="console", evaluator=_run_console),
        _files,
    ],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md", "docs/*/*.md"],
    setup=_enter,
    teardown=_leave,
).pytest()
