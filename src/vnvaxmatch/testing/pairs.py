"""Strategies for pairs of a claim and an entry: of one person, and of two who are easily mistaken.

Whether a pair is one person is known because it was made so, whatever the damage: a claim may have
lost all that would tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final, TypeAlias

import attrs
from hypothesis import strategies as st

from vnvaxmatch import normalize
from vnvaxmatch.normalize import BirthDate, IdNumber, PersonName, Sex
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.records import Claim, Entry, Field
from vnvaxmatch.testing.damage import misspelt
from vnvaxmatch.testing.strategies import births, entries, id_numbers, names, sexes

__all__ = ["crowds", "different_people", "relatives", "same_person"]

Cells: TypeAlias = dict[str, str]


def same_person(*, at_most: int = 3) -> st.SearchStrategy[tuple[Claim, Entry]]:
    """Give a claim and the entry of the person whom it is about.

    Up to ``at_most`` fields of the claim are blank or damaged as lists have it: names misspelt,
    births cut, swapped or off, the other sex, numbers mistyped, former or somebody else's. Entries
    lack a field now and then.
    """

    @st.composite
    def pairs(draw: st.DrawFn) -> tuple[Claim, Entry]:
        entry = draw(entries(complete=draw(st.booleans())))
        return _read(_damaged(draw, entry, at_most)), entry

    return pairs()


def different_people(*, at_most: int = 1) -> st.SearchStrategy[tuple[Claim, Entry]]:
    """Give a claim and the entry of somebody else, whose claim it is not.

    The other is a stranger or one of :func:`relatives`; up to ``at_most`` fields of the claim are
    damaged as in :func:`same_person`, and one claim in four states the entry's number.
    """

    @st.composite
    def pairs(draw: st.DrawFn) -> tuple[Claim, Entry]:
        entry = draw(entries(complete=draw(st.booleans())))
        other = draw(st.one_of(entries(key="other"), relatives(entry, key="other")))
        cells = _damaged(draw, other, at_most)
        if draw(st.integers(0, 3)) == 0:
            cells["id_number"] = _text(entry.number)
        return _read(cells), entry

    return pairs()


@st.composite
def relatives(draw: st.DrawFn, of: Entry, *, key: str | None = None) -> Entry:
    """Give another person who is easily taken for this one, with a number of their own.

    A twin (same surname and birthday, often a near number), a namesake (sometimes born the same
    day), a parent, child or sibling (same surname, phone and commune; sometimes the same name, born
    in a year of the same last digit).
    """
    alike = attrs.evolve(
        of, key=key if key is not None else f"R{draw(st.integers(1, 999_999)):06d}",
        former_numbers=(),
    )  # fmt: skip
    own = draw(id_numbers(birth=of.birth, sex=of.sex))
    match draw(st.sampled_from(("twin", "namesake", "family"))):
        case "twin":
            near = None if of.number is None else _beside(of.number)
            number = draw(st.sampled_from([own, near or own]))
            relative = attrs.evolve(alike, name=_sibling_name(draw, of.name), number=number)
        case "namesake":
            birth = draw(st.one_of(st.just(of.birth), births(), st.just(_year_of(of.birth))))
            phone, commune = None, draw(entries()).commune
            relative = attrs.evolve(alike, birth=birth, number=own, phone=phone, commune=commune)
        case _:
            name = draw(st.sampled_from([of.name, _sibling_name(draw, of.name)]))
            birth, sex = _generation(draw, of.birth), draw(sexes())
            number = draw(id_numbers(birth=birth, sex=sex))
            relative = attrs.evolve(alike, name=name, birth=birth, sex=sex, number=number)
    # a number of another person is never held formerly, nor now
    if relative.number in (of.number, *of.former_numbers):
        return attrs.evolve(relative, number=None)
    return relative


@st.composite
def crowds(draw: st.DrawFn, *, at_most: int = 3) -> tuple[Claim, list[Entry]]:
    """Give a registry's worth of people who are easily mistaken, and a claim about one of them.

    They are one person and up to five others, each a stranger or one of the :func:`relatives` of
    somebody before; up to ``at_most`` fields of the claim are damaged as in :func:`same_person`.
    """
    people = [draw(entries(key="a", complete=True))]
    for key in "bcdef"[: draw(st.integers(0, 5))]:
        model = draw(st.sampled_from(people))
        people.append(draw(st.one_of(relatives(model, key=key), entries(key=key))))
    return _read(_damaged(draw, draw(st.sampled_from(people)), at_most)), people


def _sibling_name(draw: st.DrawFn, name: PersonName | None) -> PersonName | None:
    """Keep the first word, and often the second."""
    if name is None:
        return None
    words, others = str(name).split(" "), str(draw(names())).split(" ")
    kept = words[: draw(st.integers(1, max(1, len(words) - 1)))]
    read = normalize.name(" ".join([*kept, others[-1]]))
    return read.value if isinstance(read, Normalized) else None


def _generation(draw: st.DrawFn, birth: BirthDate | None) -> BirthDate | None:
    if birth is None:
        return None
    year = birth.year + draw(st.sampled_from([-30, -20, -3, 3, 20, 30]))
    within = 1920 <= year <= 2020
    return draw(st.sampled_from([BirthDate(year), _moved(birth, year)])) if within else None


def _moved(birth: BirthDate, year: int) -> BirthDate:
    day = None if birth.day is None else min(birth.day, 28)
    return BirthDate(year, birth.month, day)


def _year_of(birth: BirthDate | None) -> BirthDate | None:
    return None if birth is None else BirthDate(birth.year)


def _beside(number: IdNumber) -> IdNumber:
    """Give the number beside a number, which twins often have."""
    last = int(number.text[-1])
    return IdNumber(f"{number.text[:-1]}{last + 1 if last < 9 else last - 1}")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _cells(entry: Entry) -> Cells:
    return {
        "name": _text(entry.name),
        "birth": _text(entry.birth),
        "sex": _text(entry.sex),
        "id_number": _text(entry.number),
        "commune": _text(entry.commune),
        "phone": _text(entry.phone),
    }


def _read(cells: Cells) -> Claim:
    return Claim.read(
        name=cells["name"],
        birth=cells["birth"],
        sex=cells["sex"],
        id_number=cells["id_number"],
        commune=cells["commune"],
        phone=cells["phone"],
    )


def _damaged(draw: st.DrawFn, entry: Entry, at_most: int) -> Cells:
    cells = _cells(entry)
    several = [some for size in range(at_most + 1) for some in combinations(Field, size)]
    for field in draw(st.sampled_from(several)):
        cells[field.value] = _DAMAGE[field](draw, entry)
    return cells


def _damaged_name(draw: st.DrawFn, entry: Entry) -> str:
    text = _text(entry.name)
    initials = " ".join(word[:1] + "." for word in text.split(" ")[:-1])
    return draw(
        st.one_of(
            misspelt(text),
            misspelt(text),
            st.sampled_from(["", f"{initials} {text.rpartition(' ')[2]}", f"CB {text}"]),
        )
    )


def _damaged_birth(draw: st.DrawFn, entry: Entry) -> str:
    birth = entry.birth
    if birth is None:
        return str(draw(births()))
    year, month, day = birth.year, birth.month, birth.day
    off = year + draw(st.sampled_from([-10, -2, -1, 1, 10, 27, 100]))
    texts = ["", f"{year}", f"01/01/{year}", f"{off}", str(draw(births()))]
    if month is not None:
        texts += [f"{month:02d}/{year}", f"00/{month:02d}/{year}"]
    if month is not None and day is not None:
        texts += [
            f"{month:02d}/{day:02d}/{year}",
            f"{day:02d}/{month:02d}/{off}",
            f"{day:02d}/{month % 12 + 1:02d}/{year}",
            f"{day % 28 + 1:02d}/{month:02d}/{year}",
        ]
    return draw(st.sampled_from(texts))


def _damaged_sex(draw: st.DrawFn, entry: Entry) -> str:
    other = Sex.MALE if entry.sex is Sex.FEMALE else Sex.FEMALE
    return draw(st.sampled_from(["", other.value, "?"]))


def _damaged_number(draw: st.DrawFn, entry: Entry) -> str:
    text = _text(entry.number)
    kinds = ["digit", "swapped", "zeros", "cut", "blank"] if text else []
    kinds += ["other", *(["former"] if entry.former_numbers else [])]
    at = draw(st.integers(0, max(0, len(text) - 2)))
    match draw(st.sampled_from(kinds)):
        case "digit":
            return f"{text[:at]}{(int(text[at]) + draw(st.integers(1, 9))) % 10}{text[at + 1 :]}"
        case "swapped":
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case "zeros":
            return text.lstrip("0")
        case "cut":
            return text[:-1]
        case "former":
            return str(draw(st.sampled_from(entry.former_numbers)))
        case "other":
            return str(draw(id_numbers()))
        case _:
            return ""


_DAMAGE: Final[Mapping[Field, Callable[[st.DrawFn, Entry], str]]] = {
    Field.NAME: _damaged_name,
    Field.BIRTH: _damaged_birth,
    Field.SEX: _damaged_sex,
    Field.ID_NUMBER: _damaged_number,
}
