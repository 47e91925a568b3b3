"""From stored rows to an answer: which rows have a key, told without making all of their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vnvaxmatch.backends.protocols import Found
from vnvaxmatch.backends.stored import COLUMNS, SEX_CODES, Cell, Row, from_row
from vnvaxmatch.blocking import Key, KeyKind
from vnvaxmatch.normalize import IdKind, IdNumber, PersonName
from vnvaxmatch.normalize.persons import NEWBORN
from vnvaxmatch.records import Entry

__all__ = ["answer", "filed_under"]

_NUMBER, _TEXT, _NAME, _BIRTH, _SEX, _PHONE = map(
    COLUMNS.index, ("number", "name_text", "name_key", "birth", "sex", "phone")
)
_FORMER: Final = len(COLUMNS)
_SEX_OF: Final[dict[Cell, str]] = {code: sex.value for sex, code in SEX_CODES.items()}


def answer(
    blocks: Iterable[tuple[Key, Iterable[int]]],
    rows: Mapping[int, Row],
    *,
    skipped: Iterable[KeyKind] = (),
) -> Found:
    """Answer with the rows that really have the key they were found by.

    ``blocks`` names for each key its rows by what they have in ``rows``. A row that several keys
    lead to is made an entry once.
    """
    entries: dict[int, Entry] = {}

    def entry(position: int) -> Entry:
        if position not in entries:
            entries[position] = from_row(rows[position])
        return entries[position]

    held = []
    for key, block in blocks:
        holds = filed_under(key)
        held.append((key, [entry(position) for position in block if holds(rows[position])]))
    return Found.of_blocks(held, skipped=skipped)


def filed_under(key: Key) -> Callable[[Row], bool]:
    """Give the test whether a row is that of an entry filed under the key.

    It says what ``key in blocking.keys(entry)`` would say, from the cells that such a key is made
    of: making all keys of everybody in a block would cost more than finding the block.

    >>> from vnvaxmatch.backends.stored import to_row
    >>> row = to_row(Entry.read(key="7", name="Trần Thử", birth="1985", sex="nữ")[0])
    >>> [filed_under(Key(KeyKind.FOLD_YEAR, year + " tran thu"))(row) for year in ("1985", "1986")]
    [True, False]
    """
    kind, value = key.kind, key.value
    match kind:
        case KeyKind.NUMBER:
            return lambda row: str(row[_NUMBER]) == value and _makes_key(value)
        case KeyKind.FORMER_NUMBER:
            return lambda row: value in str(row[_FORMER]).split(";") and _makes_key(value)
        case KeyKind.PHONE:
            return lambda row: row[_PHONE] == value
        case KeyKind.NAME_BIRTH:
            return _named(value, part=_key_of)
        case KeyKind.FOLD_BIRTH:
            return _named(value, part=_fold_of)
        case KeyKind.FOLD_YEAR:
            return _named(value, part=_fold_of, per=10_000)
        case KeyKind.BIRTH_SEX_GIVEN:
            born, sex, given = value.split(" ", 2)
            of_name = _named(f"{born} {given}", part=_given_of)
            return lambda row: _SEX_OF.get(row[_SEX], sex) == sex and of_name(row)


def _makes_key(code: str) -> bool:
    """Whether the number of a code makes a key: of a passport's nobody is sure whose it is."""
    return IdNumber.from_code(int(code)).kind is not IdKind.PASSPORT


def _named(value: str, *, part: Callable[[str], str], per: int = 1) -> Callable[[Row], bool]:
    """Give the test for a key of a birth, cut to so many of its code, and part of the name."""
    born, _, wanted = value.partition(" ")
    known: dict[Cell, bool] = {}  # a block has few names, and stripping their marks costs most

    def holds(row: Row) -> bool:
        birth, name, text = row[_BIRTH], row[_NAME], row[_TEXT]
        if birth is None or name is None or str(int(birth) // per) != born:
            return False
        if text is not None and str(text).startswith(NEWBORN):
            return False
        if name not in known:
            known[name] = part(str(name)) == wanted != ""
        return known[name]

    return holds


def _fold_of(name_key: str) -> str:
    return PersonName("", name_key).fold


def _given_of(name_key: str) -> str:
    return _fold_of(name_key).rpartition(" ")[2]


def _key_of(name_key: str) -> str:
    """Give the key itself, or nothing for a name without a letter: that is filed under no name."""
    return name_key if _fold_of(name_key) else ""
