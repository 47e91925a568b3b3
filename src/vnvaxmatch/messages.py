"""The words for every code: what a person reads where the library says ``name_marks``.

``data/messages.csv`` holds them in Vietnamese and English. The codes of :mod:`vnvaxmatch.outcome`
stand as they are; the others carry their kind: ``level.same``, ``outcome.matched``, ``field.name``.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

__all__ = ["LANGUAGES", "Lang", "message"]

Lang: TypeAlias = Literal["vi", "en"]
"""A language that messages are in."""

LANGUAGES: tuple[Lang, ...] = ("vi", "en")
"""All of them, the default one first."""


def message(code: str, *, lang: Lang = "vi") -> str:
    """Give the words for a code; KeyError if there is no such code.

    >>> message("outcome.matched"), message("outcome.matched", lang="en")
    ('Đúng', 'Matched')
    >>> message("id_number_missing", lang="en")
    'The ID number is missing'
    """
    return messages()[code][LANGUAGES.index(lang)]


@cache
def messages() -> dict[str, tuple[str, ...]]:
    """Read all messages: code -> words, in the order of :data:`LANGUAGES`."""
    file = resources.files("vnvaxmatch") / "data" / "messages.csv"
    table = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return {row["code"]: tuple(row[lang] for lang in LANGUAGES) for row in table}
