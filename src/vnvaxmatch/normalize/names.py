"""Names of people: any cell in, one canonical spelling out, with what was changed and doubted.

Order: surname, middle names, given name. The same name spelt otherwise (Unicode form, case, spaces,
place of the tone mark, look-alike letters, a lost encoding) gives the same text or at least the
same key; names that only look alike (Thùy, Thủy; Vi, Vy; Hoàng, Huỳnh) never do. Damage is undone
only where a vocabulary of syllables leaves one reading; where it leaves none or two, the text stays
and a doubt says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from vnvaxmatch.normalize.cells import CACHED_UP_TO, read_plain, read_whole
from vnvaxmatch.normalize.cp1258 import SURVIVORS
from vnvaxmatch.normalize.encodings import Encoding
from vnvaxmatch.normalize.folding import MAX_LENGTH
from vnvaxmatch.normalize.persons import PersonName
from vnvaxmatch.normalize.repairs import CHANGE_OF
from vnvaxmatch.normalize.syllables import Flag, Syllable, combine, syllable
from vnvaxmatch.outcome import Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = [
    "ColumnRepair",
    "Encoding",
    "Flag",
    "PersonName",
    "Syllable",
    "combine",
    "name",
    "repair_column",
    "syllable",
]

_TOO_LONG = Rejected(Reason.TOO_LONG)
_ENCODING_OF = {change: encoding for encoding, change in CHANGE_OF.items()}
_FEWEST_CP1258 = 2


def name(text: str, *, encoding: Encoding | None = None) -> Reading[PersonName]:
    """Read the name of one person from a cell.

    ``encoding`` is what the column of the cell was found to be written in (see
    :func:`repair_column`): it decides only what would be ambiguous without it.

    >>> name("NGUYỄN  VĂN AN").unwrap().text, name("NguyÔn V¨n Hïng").unwrap().text
    ('Nguyễn Văn An', 'Nguyễn Văn Hùng')
    >>> name("Nguyeenx Vawn Hungf").changes
    (<Change.NAME_TELEX_KEYS: 'name_telex_keys'>,)
    >>> name("Không rõ")
    Rejected(reason=<Reason.NAME_PLACEHOLDER: 'name_placeholder'>)
    """
    size = len(text)
    if size > MAX_LENGTH:
        return _TOO_LONG
    if size <= CACHED_UP_TO:
        # longer cells go the long way, so that they do not fill the cache of words
        plain = read_plain(text)
        if plain is not None:
            return plain
    return read_whole(text, hint=encoding)


@attrs.frozen
class ColumnRepair:
    """A column of names, read, and what it was found to be written in.

    ``votes`` counts the cells that speak for each encoding: those repaired from it, and for
    Unicode those with marks that needed no repair. ``share`` is the part of the votes that the
    chosen encoding has; cells without any mark do not vote.
    """

    encoding: Encoding
    votes: Mapping[Encoding, int]
    share: float
    readings: tuple[Reading[PersonName], ...] = attrs.field(repr=redact)


def repair_column(values: Iterable[str]) -> ColumnRepair:
    """Detect by vote what a column of names was written in, and read every cell with it.

    Readings come in input order, one for each value.

    >>> column = repair_column(["NguyÔn V¨n An", "TrÇn ThÞ Lan", "Vò Minh Dòng"])
    >>> column.encoding, column.readings[2].unwrap().text
    (<Encoding.TCVN3: 'tcvn3'>, 'Vũ Minh Dũng')
    """
    cells = list(values)
    readings = [name(cell) for cell in cells]
    votes: Counter[Encoding] = Counter()
    doubted = contrary = 0
    for reading in readings:
        if isinstance(reading, Rejected):
            continue
        found = [_ENCODING_OF[c] for c in reading.changes if c in _ENCODING_OF]
        votes.update(found)
        if Doubt.NAME_MAYBE_CP1258 in reading.doubts:
            doubted += 1
        elif not found:
            if any(char in SURVIVORS for char in reading.value.text):
                contrary += 1
            if _speaks_for_unicode(reading):
                votes[Encoding.UNICODE] += 1
    encoding = max(votes, key=lambda vote: votes[vote], default=Encoding.UNICODE)
    total = sum(votes.values())
    if doubted >= _FEWEST_CP1258 and encoding is Encoding.UNICODE and doubted > 9 * contrary:
        # clean cells say nothing against this damage unless they hold a letter it leaves nowhere
        votes[Encoding.CP1258] = doubted
        encoding, total = Encoding.CP1258, doubted + contrary
    if encoding is not Encoding.UNICODE:
        readings = [
            reading if _is_settled(reading) else name(cell, encoding=encoding)
            for cell, reading in zip(cells, readings, strict=True)
        ]
    share = votes[encoding] / total if total else 0.0
    return ColumnRepair(encoding, dict(votes), share, tuple(readings))


def _speaks_for_unicode(reading: Normalized[PersonName]) -> bool:
    return not {
        Doubt.NAME_UNACCENTED,
        Doubt.NAME_UNKNOWN_SYLLABLE,
        Doubt.NAME_MAYBE_ENCODED,
    } & set(reading.doubts)


def _is_settled(reading: Reading[PersonName]) -> bool:
    """Say whether a vote could not change this reading: it was rejected, or read plainly."""
    return isinstance(reading, Rejected) or (
        read_plain(reading.value.text) is not None and not reading.doubts and not reading.changes
    )
