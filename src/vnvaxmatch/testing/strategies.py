"""Hypothesis strategies for made-up people: every value is put together from parts.

The texts are canonical, so that a test may say what it expects; :func:`vnvaxmatch.testing.misspelt`
does the damage.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

from vnvaxmatch import normalize
from vnvaxmatch.normalize import BirthDate, IdNumber, PersonName, Phone, Sex
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.records import Claim, Entry

__all__ = [
    "births",
    "claim_of",
    "claims",
    "entries",
    "id_numbers",
    "names",
    "phones",
    "populations",
    "sexes",
    "texts",
]

T = TypeVar("T")

_PARTS = 60
"""How many of the most frequent parts names are made of: few, so that namesakes occur."""


@cache
def _frequent(table: str, column: str) -> tuple[str, ...]:
    found = (row[column] for row, _ in zip(rows(table), range(_PARTS), strict=False))
    return tuple(word[:1].upper() + word[1:] for word in found)


@cache
def _communes() -> tuple[str, ...]:
    return tuple(row["code5"] for row, _ in zip(rows("communes_2025"), range(500), strict=False))


@cache
def _places() -> tuple[str, ...]:
    return tuple(row["code3"] for row in rows("province_codes"))


def texts() -> st.SearchStrategy[str]:
    """Any text at all, lone surrogates, control characters and long cells included."""
    return st.one_of(
        st.text(st.characters(), max_size=40),
        st.text(st.characters(codec="utf-8", max_codepoint=0x1EFF), max_size=40),
        st.sampled_from(["\x00", "\ud800", "²", "٣٤٥", "=1+1", "\u202e", "-", "' OR 1=1 --"]),
    )


def names() -> st.SearchStrategy[PersonName]:
    """Full names of two to four words, of the most frequent parts, so that namesakes occur."""

    def read(parts: tuple[str, list[str], str]) -> PersonName:
        surname, middle, given = parts
        return normalize.name(" ".join((surname, *middle, given))).unwrap()

    return st.tuples(
        st.sampled_from(_frequent("surnames", "surname")),
        st.lists(st.sampled_from(_frequent("middle_names", "token")), max_size=2),
        st.sampled_from(_frequent("given_names", "token")),
    ).map(read)


def sexes() -> st.SearchStrategy[Sex]:
    """Both."""
    return st.sampled_from(Sex)


def births(*, whole: bool = False) -> st.SearchStrategy[BirthDate]:
    """Birth dates of 1920 to 2020, some of them without day or month unless ``whole``."""
    years = st.integers(1920, 2020)
    full = st.builds(BirthDate, years, st.integers(1, 12), st.integers(1, 28))
    if whole:
        return full
    return st.one_of(full, full, full, st.builds(BirthDate, years, st.integers(1, 12)),
                     st.builds(BirthDate, years))  # fmt: skip


@st.composite
def id_numbers(
    draw: st.DrawFn, *, birth: BirthDate | None = None, sex: Sex | None = None
) -> IdNumber:
    """Numbers that are well formed: 12 digits that fit ``birth`` and ``sex`` where given.

    With neither given, one in five is an old number of 9 digits.
    """
    serial = draw(st.integers(0, 999_999))
    place = draw(st.sampled_from(_places()))
    if birth is None and sex is None and draw(st.integers(0, 4)) == 0:
        return normalize.id_number(f"{place[1:]}{1_000_000 + serial}").unwrap()
    year = (birth or draw(births())).year
    digit = 2 * (year // 100 - 19) + ((sex or draw(sexes())) is Sex.FEMALE)
    return normalize.id_number(f"{place}{digit}{year % 100:02d}{serial:06d}").unwrap()


def phones() -> st.SearchStrategy[Phone]:
    """Mobile numbers of today."""
    prefixes = st.sampled_from(["032", "070", "079", "081", "090", "091", "098"])
    return st.builds("{}{:07d}".format, prefixes, st.integers(0, 9_999_999)).map(
        lambda text: normalize.phone(text).unwrap()
    )


@st.composite
def entries(draw: st.DrawFn, *, key: str | None = None, complete: bool = False) -> Entry:
    """People of a registry. Unless ``complete``, any field may be absent.

    The number fits birth and sex where they are there; ``key`` is drawn if not given.
    """

    def maybe(strategy: st.SearchStrategy[T]) -> T | None:
        return draw(strategy) if complete or draw(st.integers(0, 7)) else None

    birth, sex = maybe(births(whole=complete)), maybe(sexes())
    return Entry(
        key=key if key is not None else f"P{draw(st.integers(1, 999_999)):06d}",
        name=maybe(names()),
        birth=birth,
        sex=sex,
        number=maybe(id_numbers(birth=birth, sex=sex)),
        former_numbers=tuple(draw(st.lists(id_numbers(), max_size=2))),
        commune=maybe(st.sampled_from(_communes())),
        phone=maybe(phones()),
    )


def populations(
    *, min_size: int = 0, max_size: int = 8, complete: bool = False
) -> st.SearchStrategy[list[Entry]]:
    """Registries' worth of people, each with a key of its own; numbers may be held by several."""
    return st.lists(
        entries(complete=complete),
        min_size=min_size,
        max_size=max_size,
        unique_by=lambda entry: entry.key,
    )


def claim_of(entry: Entry) -> Claim:
    """Read the claim that states exactly what an entry holds."""

    def text(value: object) -> str:
        return "" if value is None else str(value)

    return Claim.read(
        name=text(entry.name),
        birth=text(entry.birth),
        sex=text(entry.sex),
        id_number=text(entry.number),
        commune=text(entry.commune),
        phone=text(entry.phone),
    )


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """Claims as lists hold them: of made-up people, often damaged, with blanks and any text."""
    from vnvaxmatch.testing.damage import misspelt

    person = draw(entries())

    def cell(value: object) -> str:
        if value is None:
            return ""
        kind = draw(st.integers(0, 9))
        if kind == 0:
            return draw(texts())
        return draw(misspelt(str(value))) if kind < 5 else str(value)

    return Claim.read(
        name=cell(person.name),
        birth=cell(person.birth),
        sex=cell(person.sex),
        id_number=cell(person.number or (person.former_numbers or (None,))[0]),
        nationality=draw(st.sampled_from(["", "Việt Nam", "Việt Nam", "Lào", "?"])),
        phone=cell(person.phone),
        commune=cell(person.commune),
    )
