"""Communes: the unit that answers for a record today, from a code or a name, old or new.

On 1 July 2025 the districts ended and 10,035 communes became 3,321; 471 of the old ones went into
several new ones. A list of 2021 speaks of the old units, so a commune here is the set of 2025
codes that its text may mean: one where that is certain, several where it is not. It is never
guessed. Sources of the two lists: ``data/SOURCES.csv``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import attrs

from vnvaxmatch.normalize.addresses import ABOVE_TYPES, Place, address_places, provinces_of
from vnvaxmatch.normalize.folding import MAX_LENGTH, lazy
from vnvaxmatch.normalize.places import (
    Index,
    Key,
    Province,
    Unit,
    index,
    read_piece,
    tidy_address,
)
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = ["Commune", "Vintage", "commune", "commune_name", "province_of"]

_MAX_CODES = 20
_UNKNOWN = Rejected(Reason.COMMUNE_UNKNOWN)
_CODE = lazy(r"([0-9]{1,5})(?:\.0+)?")
_CODES = lazy(r"[0-9]{5}(?: / [0-9]{5}){1,19}")
_MARKS_DIFFER = 2


class Vintage(StrEnum):
    """Which list of units a text was written from."""

    UNTIL_2025 = "until_2025"
    FROM_2025 = "2025"


@attrs.frozen
class Commune:
    """The commune of 2025 that a text means, or the several that it may mean.

    ``codes`` are five-digit codes of 2025, sorted; ``text`` is the canonical text: the 2025 name
    where there is one code, the old name of a commune that was split, otherwise the codes.
    """

    codes: tuple[str, ...] = attrs.field(repr=redact)
    text: str = attrs.field(repr=redact)

    @property
    def code(self) -> str | None:
        """The one code, or None where several are possible."""
        return self.codes[0] if len(self.codes) == 1 else None

    @property
    def province(self) -> str | None:
        """The two-digit 2025 code of the province, or None where several are possible."""
        provinces = {province_of(code) for code in self.codes}
        return provinces.pop() if len(provinces) == 1 else None

    @property
    def name(self) -> str:
        """The unit's own name without what it lies in, «A / B» where several are possible."""
        if self.text[:1].isdigit():
            return " / ".join(commune_name(code).split(",")[0] for code in self.codes)
        return self.text.split(",")[0]

    def __str__(self) -> str:
        return self.text


def commune(
    text: str, *, district: str = "", province: str = "", vintage: Vintage | None = None
) -> Reading[Commune]:
    """Read a commune from a five-digit code, a name, or an address that ends in it.

    ``district`` and ``province`` say where it lies if the text does not. Without ``vintage`` a
    name without a district is that of a 2025 commune if the province has one, and the doubt
    ``commune_vintage`` says if an old commune of that name went elsewhere.

    >>> reading = commune("P. Phúc Xá, Q. Ba Đình, TP Hà Nội")
    >>> reading.value.code, str(reading.value), reading.changes
    ('00097', 'Phường Hồng Hà, Thành phố Hà Nội', (<Change.COMMUNE_SPELLING: \
'commune_spelling'>, <Change.COMMUNE_2025: 'commune_2025'>))
    >>> commune("Cống Vị", district="Ba Đình", province="Hà Nội").value.codes
    ('00008', '00025')
    """
    if len(text) > MAX_LENGTH or len(district) > MAX_LENGTH or len(province) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    if not text or text.isspace():
        return BLANK
    tables = index()
    spelt = tables.spelt.get(f"{text}, {district}, {province}")
    if spelt is not None and vintage is not Vintage.FROM_2025:
        return Normalized(*_settle([spelt]))
    clean = tidy_address(text)
    if not clean:
        return BLANK
    if _CODES(clean):
        return _several_codes(clean, tables)
    district, province = _tidy_hint(district), _tidy_hint(province)
    number = _CODE(clean)
    if number:
        if district and len(number[1]) <= 2:
            named = _named(f"Phường {number[1]}", district, province, vintage)
            if isinstance(named, Normalized):
                return named
        return _coded(text, number[1], province, vintage)
    if text.strip() != clean:
        return _said_otherwise(_named(clean, district, province, vintage))
    return _named(clean, district, province, vintage)


def commune_name(code: str) -> str:
    """Name the 2025 commune of a code; KeyError if there is none.

    >>> commune_name("00004")
    'Phường Ba Đình, Thành phố Hà Nội'
    """
    if len(code) != 5:
        raise KeyError(code)
    return index().names[code]


def province_of(code: str) -> str:
    """Give the two-digit code of the province that a 2025 commune lies in; KeyError if none.

    >>> province_of("00004")
    '01'
    """
    if len(code) != 5:
        raise KeyError(code)
    return index().province_of[code]


@lru_cache(maxsize=1 << 12)
def _tidy_hint(text: str) -> str:
    """Tidy a district or province: few, and often the same."""
    return tidy_address(text)


def _said_otherwise(reading: Reading[Commune]) -> Reading[Commune]:
    """Say that the spelling was changed already before the name was read."""
    if isinstance(reading, Rejected) or Change.COMMUNE_SPELLING in reading.changes:
        return reading
    return attrs.evolve(reading, changes=(Change.COMMUNE_SPELLING, *reading.changes))


def _several_codes(text: str, tables: Index) -> Reading[Commune]:
    codes = tuple(sorted(set(text.split(" / "))))
    if not all(code in tables.province_of for code in codes):
        return _UNKNOWN
    said = " / ".join(codes)
    changes = () if said == text else (Change.COMMUNE_SPELLING,)
    if len(codes) == 1:
        return Normalized(Commune(codes, commune_name(codes[0])), changes)
    return Normalized(Commune(codes, said), changes, (Doubt.COMMUNE_AMBIGUOUS,))


def _coded(text: str, digits: str, province: str, vintage: Vintage | None) -> Reading[Commune]:
    """Read a bare code: the two lists share codes, with different meanings."""
    tables = index()
    code = digits.zfill(5)
    old = tables.old_codes.get(code)
    new = code in tables.province_of
    if old is None and not new:
        return _UNKNOWN
    spelling = () if text == code else (Change.COMMUNE_SPELLING,)
    doubts: list[Doubt] = []
    if not new or (old and vintage is Vintage.UNTIL_2025):
        doubts += [Doubt.COMMUNE_VINTAGE] if vintage is Vintage.FROM_2025 else []
        value, changes, more = _settle([old] if old else [])
        changes, doubts = (*spelling, *changes), [*doubts, *more]
    elif old is None or vintage is Vintage.FROM_2025 or old.codes == (code,):
        doubts += [Doubt.COMMUNE_VINTAGE] if old is None and vintage is Vintage.UNTIL_2025 else []
        value, changes = Commune((code,), commune_name(code)), spelling
    else:
        codes = tuple(sorted({code, *old.codes}))
        value, changes = Commune(codes, " / ".join(codes)), spelling
        doubts.append(Doubt.COMMUNE_VINTAGE)
    if province and not _code_fits(value, old, province):
        doubts.append(Doubt.COMMUNE_CONTEXT)
    return Normalized(value, changes, tuple(doubts))


def _code_fits(value: Commune, old: Unit | None, province: str) -> bool:
    meant = provinces_of(read_piece(province))
    return any(
        value.province in place.new or (old is not None and old.province in place.old)
        for place in meant
    )


def _named(
    text: str, district: str, province: str, vintage: Vintage | None
) -> Normalized[Commune] | Rejected:
    """Read a name: by the first way to read the address that leads to a commune."""
    for place in address_places(text, district=district, province=province):
        units, doubts = _candidates(place, vintage)
        if units:
            said = ", ".join(part for part in (text, district, province) if part)
            return _answer(said, units, doubts)
    return _UNKNOWN


def _candidates(place: Place, vintage: Vintage | None) -> tuple[list[Unit], tuple[Doubt, ...]]:
    """Find the units that fit best, and say if an old one of that name went elsewhere."""
    if not place.before_fits:
        return [], ()
    tables = index()
    for kind, key in place.commune.readings:
        ranked = [
            (rank, unit)
            for unit in tables.communes.get(key.fold, ())
            if not (place.districts and place.districts.isdisjoint(unit.districts))
            and (rank := _rank(unit, kind, key, place, vintage)) is not None
        ]
        if not ranked:
            continue
        best = min([rank for rank, _ in ranked])
        units = [unit for rank, unit in ranked if rank == best]
        doubts = [Doubt.COMMUNE_CONTEXT] if place.unread else []
        if best[1] == _MARKS_DIFFER:
            doubts.append(Doubt.COMMUNE_MARKS_DIFFER)
        if vintage is None and not place.districts:
            codes = {code for unit in units for code in unit.codes}
            like = [unit for rank, unit in ranked if rank[:-1] == best[:-1]]
            if not all(codes.issuperset(unit.codes) for unit in like):
                doubts.append(Doubt.COMMUNE_VINTAGE)
        return units, tuple(doubts)
    return [], ()


def _rank(
    unit: Unit, kind: str, key: Key, place: Place, vintage: Vintage | None
) -> tuple[int, ...] | None:
    """Say how well a unit of the right district fits, less is better; None if it cannot."""
    likeness = unit.key.likeness(key)
    if likeness == _MARKS_DIFFER and not place.districts:
        return None
    other_type = kind not in ("", unit.type)
    if kind in ABOVE_TYPES and unit.type != "Đặc khu":
        return None
    if other_type and not (place.districts or place.provinces):
        return None
    moved = _province_rank(unit, place.provinces) if place.provinces else 0
    if moved is None:
        return None
    other_vintage = vintage is not None and unit.old != (vintage is Vintage.UNTIL_2025)
    second = not unit.old if place.districts else unit.old and bool(place.provinces)
    return other_vintage, likeness, other_type + moved, second


def _province_rank(unit: Unit, provinces: Sequence[Province]) -> int | None:
    """Give 0 in a province of the unit's own list, 1 across the merger, None elsewhere."""
    for place in provinces:
        if unit.province in (place.old if unit.old else place.new):
            return 0
    tables = index()
    if unit.old:
        now = {tables.province_of[code] for code in unit.codes}
        return 1 if any(now & p.new for p in provinces) else None
    return 1 if any(tables.merged[o] == unit.province for p in provinces for o in p.old) else None


def _answer(
    said: str, units: Sequence[Unit], doubts: tuple[Doubt, ...]
) -> Normalized[Commune] | Rejected:
    value, changes, more = _settle(units)
    if len(value.codes) > _MAX_CODES:
        return _UNKNOWN
    if said not in [unit.text for unit in units]:
        changes = (Change.COMMUNE_SPELLING, *changes)
    return Normalized(value, changes, (*more, *doubts))


def _settle(units: Sequence[Unit]) -> tuple[Commune, tuple[Change, ...], tuple[Doubt, ...]]:
    """Make the value of the units that a text may mean, and what it takes to say it."""
    codes = units[0].codes
    if len(units) > 1:
        codes = tuple(sorted({code for unit in units for code in unit.codes}))
    renewed = (Change.COMMUNE_2025,) if all(unit.old for unit in units) else ()
    if len(codes) == 1:
        return Commune(codes, commune_name(codes[0])), renewed, ()
    if len(units) == 1:
        return Commune(codes, units[0].text), (), (Doubt.COMMUNE_SPLIT,)
    return Commune(codes, " / ".join(codes)), renewed, (Doubt.COMMUNE_AMBIGUOUS,)
