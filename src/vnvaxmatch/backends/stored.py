"""How a store files an entry: its columns, its facts about itself, and its snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from vnvaxmatch.errors import RegistryError
from vnvaxmatch.normalize import BirthDate, IdNumber, PersonName, Sex, phone
from vnvaxmatch.normalize.persons import NEWBORN
from vnvaxmatch.normalize.tables import tables_digest
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.records import Entry

__all__ = [
    "COLUMNS",
    "FORMAT",
    "SEX_CODES",
    "Row",
    "check_meta",
    "from_row",
    "own_meta",
    "snapshot",
    "to_row",
]

FORMAT: Final = "1"
"""Counts up with every change of the columns or of what stands in them: keys of names included."""

COLUMNS: Final = (
    "entry_key", "number", "name_text", "name_key", "birth", "sex", "commune", "phone",
)  # fmt: skip
"""The columns of an entry, but for its former numbers."""

Cell: TypeAlias = str | int | None
Row: TypeAlias = Sequence[Cell]

SEX_CODES: Final = {Sex.MALE: 1, Sex.FEMALE: 2}
_SEX_OF: Final = {code: sex for sex, code in SEX_CODES.items()}


def to_row(entry: Entry) -> tuple[Cell, ...]:
    """Give an entry's cells, in the order of :data:`COLUMNS`."""
    name = entry.name
    return (
        entry.key,
        None if entry.number is None else entry.number.code,
        None if name is None else name.text,
        None if name is None else name.key,
        None if entry.birth is None else entry.birth.code,
        None if entry.sex is None else SEX_CODES[entry.sex],
        entry.commune,
        None if entry.phone is None else entry.phone.text,
    )


def from_row(row: Row, former: Iterable[int]) -> Entry:
    """Make an entry from its cells and the codes of its former numbers."""
    key, number, text, name_key, birth, sex, commune, phone_text = row
    read_phone = phone(str(phone_text)) if phone_text is not None else None
    return Entry(
        key=str(key),
        name=None if text is None else _name(str(text), str(name_key)),
        birth=None if birth is None else BirthDate.from_code(int(birth)),
        sex=None if sex is None else _SEX_OF[int(sex)],
        number=None if number is None else IdNumber.from_code(int(number)),
        former_numbers=tuple(IdNumber.from_code(code) for code in former),
        commune=None if commune is None else str(commune),
        phone=read_phone.value if isinstance(read_phone, Normalized) else None,
    )


def _name(text: str, key: str) -> PersonName:
    return PersonName(text, key, newborn=text.startswith(NEWBORN))


def own_meta(
    given: Mapping[str, str], *, snapshot: str, counts: Mapping[str, int]
) -> dict[str, str]:
    """Put together what a store says of itself; what the library knows overrides what is given."""
    from vnvaxmatch import __version__  # here, because the package's front imports this floor

    return {
        **given,
        **{kind: str(count) for kind, count in counts.items()},
        "format": FORMAT,
        "library": __version__,
        "snapshot": snapshot,
        "tables": tables_digest(),
    }


def check_meta(path: Path, meta: Mapping[str, str]) -> None:
    """Raise a :class:`~vnvaxmatch.errors.RegistryError` if this library cannot read the store."""
    found = meta.get("format")
    if found is None or "entries" not in meta:
        raise RegistryError(f"{path} is not a complete registry: build it again")
    if found != FORMAT:
        raise RegistryError(
            f"{path} has registry format {found}, and this version reads {FORMAT}: "
            "build it again, or use the version that built it"
        )


def snapshot(rows: Iterable[tuple[Cell, ...]]) -> str:
    """Name the content of a registry: SHA-256 over its entries, whatever the store.

    The rows are those of :func:`to_row` without the name's key, with the codes of the former
    numbers in ascending order, joined by ``;``, at the end; they come in the order of entry keys.
    """
    digest = hashlib.sha256()
    for row in rows:
        line = "\x1f".join("" if cell is None else str(cell) for cell in row) + "\n"
        digest.update(line.encode("utf-8", "surrogatepass"))
    return f"sha256:{digest.hexdigest()}"
