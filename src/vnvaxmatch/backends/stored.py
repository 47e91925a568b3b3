"""How a store files an entry: its row, its facts about itself, and its snapshot."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
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
    "PLAIN_KEY",
    "SEX_CODES",
    "Row",
    "check_meta",
    "from_row",
    "own_meta",
    "snapshot",
    "spelt_apart",
    "stored_name",
    "to_row",
]

FORMAT: Final = "2"
"""Counts up with every change of the columns or of what stands in them: keys of names included."""

COLUMNS: Final = (
    "entry_key", "number", "name_text", "name_key", "birth", "sex", "commune", "phone",
)  # fmt: skip
"""The columns of an entry, but for its former numbers.

A row has their codes at its end, in ascending order, joined by ``;``, or None.
"""
Cell: TypeAlias = str | int | None
Row: TypeAlias = Sequence[Cell]

SEX_CODES: Final = {Sex.MALE: 1, Sex.FEMALE: 2}
_SEX_OF: Final = {code: sex for sex, code in SEX_CODES.items()}


def to_row(entry: Entry) -> tuple[Cell, ...]:
    """Give an entry's row."""
    name = entry.name
    return (
        entry.key,
        None if entry.number is None else entry.number.code,
        None if name is None else spelt_apart(name),
        None if name is None else name.key,
        None if entry.birth is None else entry.birth.code,
        None if entry.sex is None else SEX_CODES[entry.sex],
        entry.commune,
        None if entry.phone is None else entry.phone.text,
        ";".join(str(number.code) for number in entry.former_numbers) or None,
    )


def from_row(row: Row) -> Entry:
    """Make an entry from its row."""
    key, number, text, name_key, birth, sex, commune, phone_text, former = row
    read_phone = phone(str(phone_text)) if phone_text is not None else None
    return Entry(
        key=str(key),
        name=None if name_key is None else stored_name(text, str(name_key)),
        birth=None if birth is None else _birth(int(birth)),
        sex=None if sex is None else _SEX_OF[int(sex)],
        number=None if number is None else IdNumber.from_code(int(number)),
        former_numbers=tuple(map(IdNumber.from_code, map(int, str(former).split(";"))))
        if former
        else (),
        commune=None if commune is None else str(commune),
        phone=read_phone.value if isinstance(read_phone, Normalized) else None,
    )


_birth = lru_cache(maxsize=1 << 10)(BirthDate.from_code)


PLAIN_KEY: Final = "[a-zà-öø-ýăđĩũơưạ-ỹ ]+"
"""What the key of a plain name is made of: letters whose capitals are the same everywhere."""

_plain = re.compile(PLAIN_KEY).fullmatch


def spelt_apart(name: PersonName) -> str | None:
    """Give the text of a name to be stored, or None where it is its key in title case.

    So it is for all but a few names, and their texts need no room.
    """
    return None if _plain(name.key) and name.key.title() == name.text else name.text


def stored_name(text: object, key: str) -> PersonName:
    """Make a name of its stored text, None where it is not spelt apart, and its key."""
    spelt = key.title() if text is None else str(text)
    return PersonName(spelt, key, newborn=spelt.startswith(NEWBORN))


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

    The rows come in the order of entry keys.
    """
    digest = hashlib.sha256()
    for row in rows:
        line = "\x1f".join("" if cell is None else str(cell) for cell in row) + "\n"
        digest.update(line.encode("utf-8", "surrogatepass"))
    return f"sha256:{digest.hexdigest()}"
