"""Write the pages of reference that follow from the code: ``python docs/generate.py``.

A test compares them with what this module would write, so that none of them can go stale.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from vnvaxmatch.bulk.columns import DOSE_COLUMNS, POPULATION_COLUMNS
from vnvaxmatch.messages import messages
from vnvaxmatch.outcome import Change, Doubt, Reason

__all__ = ["pages"]

REFERENCE = Path(__file__).parent / "reference"
MODULES = (
    "vnvaxmatch", "vnvaxmatch.normalize", "vnvaxmatch.outcome", "vnvaxmatch.records",
    "vnvaxmatch.compare", "vnvaxmatch.model", "vnvaxmatch.blocking", "vnvaxmatch.policy",
    "vnvaxmatch.explain",
    "vnvaxmatch.backends", "vnvaxmatch.messages", "vnvaxmatch.errors", "vnvaxmatch.bulk",
    "vnvaxmatch.bulk.evaluation", "vnvaxmatch.bulk.remote", "vnvaxmatch.bulk.spark",
    "vnvaxmatch.backends.remote", "vnvaxmatch.backends.remote.codecs",
    "vnvaxmatch.backends.remote.entries", "vnvaxmatch.server", "vnvaxmatch.server.guards",
    "vnvaxmatch.ledger", "vnvaxmatch.casework", "vnvaxmatch.casework.sheets",
    "vnvaxmatch.casework.report", "vnvaxmatch.certify", "vnvaxmatch.certify.signers",
    "vnvaxmatch.certify.trust", "vnvaxmatch.certify.minutes", "vnvaxmatch.certify.dcc",
    "vnvaxmatch.synthetic", "vnvaxmatch.testing",
)  # fmt: skip
_GENERATED = "<!-- Written by docs/generate.py: change the code, then run it. -->"


def pages() -> dict[str, str]:
    """Give every generated page: file name -> text."""
    return {
        name: "\n".join((_GENERATED, "", *lines)) + "\n"
        for name, lines in (
            ("codes.md", _codes()),
            ("headings.md", _headings()),
            ("python.md", _python()),
        )
    }


def _codes() -> Iterator[str]:
    yield from (
        "# Codes",
        "",
        "All codes that results, verdicts and readings carry, with their words. Codes are API:",
        "adding one is a minor release, changing one is breaking. In Python the words come from",
        "`vnvaxmatch.messages.message(code, lang=...)`.",
    )
    kinds: tuple[tuple[str, str, type[StrEnum]], ...] = (
        ("Changes", "What was repaired in reading: the column `repairs`.", Change),
        ("Doubts", "What was accepted and is doubtful: in the column `reasons`.", Doubt),
        ("Reasons", "Why something was rejected or did not agree: the column `reasons`.", Reason),
    )
    prefixes = (
        (
            "Outcomes",
            "What a row came to: the column `outcome`. `ready` is a check's; `undetermined` is "
            "written for rows about which a registry that was asked over a network gave no "
            "answer.",
            "outcome.",
        ),
        ("Levels", "How alike a field is: the columns `*_level`.", "level."),
        ("Classes", "The three classes of dispatch 2262/BYT-CNTT, 4 May 2022.", "class."),
        ("Fields", "The four fields that are compared.", "field."),
        ("Explanations", "What an explanation says beside the codes.", "explain."),
        ("States", "Where a case stands.", "state."),
        ("Events", "What can happen to a case.", "event."),
        ("Roles", "In which capacity somebody acts on a case.", "role."),
        ("Sides", "The parts of a record that somebody answers for.", "side."),
        ("Refusals", "Why something is not done to a case.", "refusal."),
        ("Causes", "Why a record had to be corrected, as a worklist asks.", "cause."),
        ("Rows", "What came of a row of a worklist that was given back.", "row."),
        ("Columns", "Fields of a record that are not compared.", "column."),
        ("Certification", "What checking a certificate, a signature or a proof says.", "certify."),
    )
    for title, about, prefix in prefixes:
        codes = [code for code in messages() if code.startswith(prefix)]
        yield from _code_table(title, about, codes, drop=prefix)
    for title, about, kind in kinds:
        yield from _code_table(title, about, [code.value for code in kind])


def _code_table(title: str, about: str, codes: Iterable[str], *, drop: str = "") -> Iterator[str]:
    yield from (
        "",
        f"## {title}",
        "",
        about,
        "",
        "| code | tiếng Việt | English |",
        "|---|---|---|",
    )
    for code in codes:
        vietnamese, english = messages()[code]
        yield f"| `{code.removeprefix(drop)}` | {vietnamese} | {english} |"


def _headings() -> Iterator[str]:
    yield from (
        "# Headings that are recognised",
        "",
        "A heading is compared without marks, capitals and punctuation: `Số CMND/CCCD (*)` is",
        "`so cmnd cccd`. The first of a column's headings that occurs is taken. Others are given",
        "with `--columns` ([how](../how-to/own-columns.md)).",
    )
    for title, columns in (
        ("In a vaccination list", DOSE_COLUMNS),
        ("In a population file", POPULATION_COLUMNS),
    ):
        yield from ("", f"## {title}", "", "| column | headings |", "|---|---|")
        for column, spellings in columns.items():
            yield f"| `{column}` | {', '.join(spellings)} |"


def _python() -> Iterator[str]:
    yield from (
        "# Names in Python",
        "",
        "What each module offers, by the beginning of its docstring; `help(...)` has the rest.",
        "Names that are not listed in a module's `__all__` are not API.",
    )
    for name in MODULES:
        module = import_module(name)
        yield from ("", f"## {name}", "", _sentence(module), "", "| name | |", "|---|---|")
        for public in module.__all__:
            yield f"| `{public}` | {_about(getattr(module, public))} |"


def _about(thing: object) -> str:
    if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing):
        return _sentence(thing)
    kind = type(thing).__name__
    return "a type" if kind.startswith(("_", "Union", "Generic")) else f"a value ({kind})"


def _sentence(thing: object) -> str:
    """Give the first paragraph of a docstring, without the markup of references."""
    text = " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())
    text = re.sub(r":\w+:`~?([^`]+)`", lambda m: f"`{m[1].rpartition('.')[2]}`", text)
    return text.replace("``", "`").replace("|", "\\|").removesuffix("::")


if __name__ == "__main__":
    for file, text in pages().items():
        (REFERENCE / file).write_text(text, encoding="utf-8")
