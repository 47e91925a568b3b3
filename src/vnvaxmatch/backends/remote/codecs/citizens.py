"""A citizen as the reply to a look-up has it, reconstructed: what is needed of it, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.forms import DateForm, write_birth
from vnvaxmatch.backends.remote.codecs.soap import Element, Tree, children, leaf, local
from vnvaxmatch.errors import ReplyError
from vnvaxmatch.normalize import BirthDate, IdKind, IdNumber, PersonName, Sex, id_number, name
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.records import Entry

__all__ = ["REPLY_NAMESPACE", "SEX_CODES", "read_citizen", "write_citizen"]

REPLY_NAMESPACE: Final = "http://www.mic.gov.vn/dancu/1.0"

SEX_CODES: Final[Mapping[str, str]] = {"male": "1", "female": "2"}
"""As public clients read GioiTinh; any other code is not compared."""


def read_citizen(citizen: Element, *, sexes: Mapping[str, str]) -> Entry:
    """Read of a CongDan what is compared. What cannot be read is missing, never guessed.

    The whole name may stand in Ten, with Ho and ChuDem empty; NgayThangNam may be missing, or end
    in zeros, where the year alone is known.
    """
    parts = _once(citizen)
    numbers = [_number(parts.get(tag)) for tag in ("SoDinhDanh", "SoCMND")]
    current, old = numbers if numbers[0] is not None else reversed(numbers)
    by_code = {code: Sex(sex) for sex, code in sexes.items()}
    return Entry(
        key="",
        name=_name(parts),
        birth=_birth(parts),
        sex=by_code.get(_text(parts.get("GioiTinh"))),
        number=current,
        former_numbers=() if old is None or old == current else (old,),
    )


def write_citizen(entry: Entry, *, sexes: Mapping[str, str]) -> Tree:
    """Write an entry as a CongDan, in the order that was seen."""
    numbers = [n for n in (entry.number, *entry.former_numbers) if n is not None]
    written: list[Tree] = []
    for tag, kind in (("SoDinhDanh", IdKind.CCCD), ("SoCMND", IdKind.CMND)):
        written += [(tag, number.text) for number in numbers if number.kind is kind][:1]
    whole = entry.name.text.upper() if entry.name else ""
    written.append(("HoVaTen", (("Ho", ""), ("ChuDem", ""), ("Ten", whole))))
    if entry.sex is not None:
        written.append(("GioiTinh", sexes[entry.sex.value]))
    if entry.birth is not None:
        dates: list[Tree] = [("Nam", str(entry.birth.year))]
        if entry.birth.day is not None:
            dates.append(("NgayThangNam", write_birth(entry.birth, DateForm.BASIC)))
        written.append(("NgayThangNamSinh", dates))
    return "CongDan", written


def _once(holder: Element) -> dict[str, Element]:
    """Give the parts of an element by name; none may come twice."""
    found: dict[str, Element] = {}
    for child in children(holder):
        tag = local(child, (REPLY_NAMESPACE,))
        if tag in found and tag in _READ:
            raise ReplyError(ReplyFault.SHAPE)
        found[tag] = child
    return found


_READ: Final = frozenset(
    {"SoDinhDanh", "SoCMND", "HoVaTen", "Ho", "ChuDem", "Ten", "GioiTinh", "NgayThangNamSinh",
     "Nam", "NgayThangNam"}
)  # fmt: skip


def _text(element: Element | None) -> str:
    return "" if element is None else leaf(element)


def _number(element: Element | None) -> IdNumber | None:
    reading = id_number(_text(element))
    return reading.value if isinstance(reading, Normalized) else None


def _name(parts: Mapping[str, Element]) -> PersonName | None:
    if "HoVaTen" not in parts:
        return None
    named = _once(parts["HoVaTen"])
    reading = name(" ".join(filter(None, (_text(named.get(t)) for t in ("Ho", "ChuDem", "Ten")))))
    return reading.value if isinstance(reading, Normalized) else None


def _birth(parts: Mapping[str, Element]) -> BirthDate | None:
    if "NgayThangNamSinh" not in parts:
        return None
    dated = _once(parts["NgayThangNamSinh"])
    year, whole = _text(dated.get("Nam")), _text(dated.get("NgayThangNam"))
    if year and whole and not whole.startswith(year):
        raise ReplyError(ReplyFault.CONTRADICTION)
    digits = whole or year
    if len(digits) not in (4, 6, 8) or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return BirthDate.from_code(int(digits.ljust(8, "0")))
    except ValueError:
        return None
