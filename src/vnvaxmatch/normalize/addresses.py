"""Addresses: which part is the commune, which the district and the province it lies in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from vnvaxmatch.normalize.folding import lazy_pattern
from vnvaxmatch.normalize.places import Piece, Province, index, read_piece, split_pieces

__all__ = ["ABOVE_TYPES", "Place", "address_places", "provinces_of"]

_COMMUNE_TYPES = frozenset({"Phường", "Xã", "Thị trấn", "Đặc khu"})
ABOVE_TYPES = frozenset({"Quận", "Huyện", "Thị xã", "Thành phố", "Tỉnh"})
_NOT_PROVINCE = _COMMUNE_TYPES | {"Quận", "Huyện", "Thị xã"}
_TYPES_NOT_STREET = _COMMUNE_TYPES | ABOVE_TYPES
_COUNTRY = frozenset({"vietnam", "vn"})
_STREET = lazy_pattern(
    r"\W*\d|(?:số|so|tổ|to|thôn|thon|ấp|ap|khu|khóm|khom|xóm|xom|bản|ban|buôn|buon|làng|lang|plei"
    r"|đội|doi|đường|duong|phố|pho|ngõ|ngo|ngách|hẻm|hem|kiệt|cụm|cum|tdp|kp|kdc|chung cư|tòa|toà"
    r"|lô|căn|phòng|tầng|block|p\.?\s?\d|t\d)(?![^\W\d_])",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """One way to read the parts of an address: what is the commune, and what it lies in."""

    commune: Piece
    before: Sequence[Piece]
    provinces: tuple[Province, ...]
    districts: frozenset[str]
    unread: bool = False

    @property
    def before_fits(self) -> bool:
        """Whether what stands before can be a street: never another commune."""
        if any(p.type in _TYPES_NOT_STREET and not _STREET().match(p.text) for p in self.before):
            return False
        if self.districts or self.commune.type in _COMMUNE_TYPES:
            return True
        return all(_STREET().match(piece.text) for piece in self.before)


def address_places(text: str, *, district: str = "", province: str = "") -> Iterator[Place]:
    """Try the ways to read an address: split at commas first, then at hyphens and type words too.

    >>> place = next(address_places("Số 10, P. Phúc Xá, Ba Đình", province="Hà Nội"))
    >>> place.commune.text, [p.text for p in place.before], sorted(place.districts)
    ('P. Phúc Xá', ['Số 10'], ['001'])
    """
    districts, provinces = _pieces(district), _pieces(province)
    before: list[Piece] = []
    for weak in (False, True):
        pieces = [read_piece(part) for part in split_pieces(text, weak=weak)]
        if pieces and pieces[-1].key.fold in _COUNTRY:
            pieces.pop()
        if len(pieces) > 2 and pieces[-1] == pieces[-2]:
            pieces.pop()
        if not pieces or pieces == before:
            return
        before = pieces
        rest = [p for p in pieces[1:] if not _repeats(p, districts, provinces)]
        yield from _places([pieces[0], *rest, *districts, *provinces], bool(districts))


@lru_cache(maxsize=1 << 12)
def _pieces(hint: str) -> tuple[Piece, ...]:
    """Read the district or the province given beside a text: few, and often the same."""
    return tuple(read_piece(part) for part in split_pieces(hint))


def _repeats(piece: Piece, districts: Sequence[Piece], provinces: Sequence[Piece]) -> bool:
    """Whether a part of the text says again what is given beside it."""
    kind, key = piece.type, piece.key
    for hint in chain(districts, provinces):
        hint_kind = hint.type
        if key.fold != hint.key.fold and (
            hint in districts or not (own := provinces_of(piece)) or own != provinces_of(hint)
        ):
            continue
        if kind in ("", hint_kind) or (not hint_kind and hint in districts):
            return True
        # «TP Thái Bình» beside the province «Thái Bình» is the city in it
        if not hint_kind and all(kind != d[0] for d in index().districts.get(key.fold, ())):
            return True
    return False


def _places(pieces: list[Piece], district_given: bool) -> Iterator[Place]:
    """Try the ways to read the parts from the end: with district and province, or without."""
    *rest, last = pieces
    provinces = provinces_of(last) if rest else ()
    cities = _districts(last, ()) if rest else frozenset()
    if cities and last.type in ABOVE_TYPES:
        yield Place(rest[-1], rest[:-1], (), cities)
    if provinces:
        districts = _districts(rest[-1], provinces) if len(rest) > 1 else frozenset()
        if districts:
            yield Place(rest[-2], rest[:-2], provinces, districts)
        if rest[-1].type not in ABOVE_TYPES or not districts:
            yield Place(rest[-1], rest[:-1], provinces, frozenset())
        typed = len(rest) > 1 and (
            rest[-1].type in ABOVE_TYPES or rest[-2].type in _COMMUNE_TYPES or district_given
        )
        if typed and not districts:
            yield Place(rest[-2], rest[:-2], provinces, frozenset(), unread=True)
    if cities and last.type not in ABOVE_TYPES:
        yield Place(rest[-1], rest[:-1], (), cities)
    if not (rest and provinces):
        yield Place(last, rest, (), frozenset())


@lru_cache(maxsize=1 << 12)
def provinces_of(piece: Piece) -> tuple[Province, ...]:
    """Give what a part may mean as a province: the best spelt readings."""
    table = index().provinces
    for kind, key in piece.readings:
        if kind not in _NOT_PROVINCE and (found := table.get(key.fold)):
            best = min(name.likeness(key) for name, _ in found)
            return tuple(place for name, place in found if name.likeness(key) == best)
    return ()


@lru_cache(maxsize=1 << 12)
def _districts(piece: Piece, provinces: tuple[Province, ...]) -> frozenset[str]:
    """Give the districts that a part may mean, those of its own type and spelling if there are."""
    tables = index()
    for kind, key in piece.readings:
        if kind in _COMMUNE_TYPES or kind == "Tỉnh":
            continue
        ranked = [
            ((name.likeness(key), kind not in ("", own)), code)
            for own, name, code, province in tables.districts.get(key.fold, ())
            if not provinces
            or any(province in p.old or tables.merged[province] in p.new for p in provinces)
        ]
        if ranked:
            best = min(rank for rank, _ in ranked)
            return frozenset(code for rank, code in ranked if rank == best)
    return frozenset()
