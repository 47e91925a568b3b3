"""How common the names and births of a registry are, as its file keeps it: the table ``terms``.

A term is the first word of a name without marks (``surname``), all that follows it (``rest``), or a
birth date's code as text (``birth``): what :meth:`vnvaxmatch.model.Frequencies.of` counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from vnvaxmatch.model.frequencies import LISTED, Frequencies
from vnvaxmatch.records import Entry

__all__ = ["MOST_COMMON", "Term", "frequencies_of", "terms_of"]

Term: TypeAlias = tuple[str, str]
"""Its kind, and itself."""

_LISTED_OF: Final = f"""
SELECT * FROM (
    SELECT kind, term, count FROM counted WHERE kind = '%s' ORDER BY count DESC, term LIMIT {LISTED}
) AS listed_%s
"""
MOST_COMMON: Final = f"""
{_LISTED_OF % ("surname", "surname")} UNION ALL {_LISTED_OF % ("rest", "rest")} UNION ALL
SELECT kind, term, count FROM counted WHERE kind = 'birth'
ORDER BY 1, 2
"""
"""Keeps of the table ``counted`` what :func:`vnvaxmatch.model.most_common` keeps. Both stores order
texts by their UTF-8 bytes, which is the order of code points."""


def terms_of(entry: Entry) -> Iterator[Term]:
    """Give what is counted of one entry.

    >>> list(terms_of(Entry.read(key="7", name="Trần Thị Thử", birth="1985")[0]))
    [('surname', 'tran'), ('rest', 'thi thu'), ('birth', '19850000')]
    """
    name = entry.name
    if name is not None and not name.newborn and (fold := name.fold):
        surname, _, rest = fold.partition(" ")
        yield "surname", surname
        yield "rest", rest
    if entry.birth is not None:
        yield "birth", str(entry.birth.code)


def frequencies_of(terms: Iterable[tuple[str, str, int]], *, total: int) -> Frequencies:
    """Make the frequencies of a table's rows, and of how many entries there are in all."""
    counts: dict[str, dict[str, int]] = {"surname": {}, "rest": {}, "birth": {}}
    for kind, term, count in terms:
        counts[kind][term] = count
    births = {int(code): count for code, count in counts["birth"].items()}
    return Frequencies(total, counts["surname"], counts["rest"], births)
