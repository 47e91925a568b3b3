"""The units of Vietnam as tables to look up in: provinces, districts, communes, old and new.

The list until 2025 has three levels, the one in force since 1 July 2025 has two
(``data/communes_*.csv``). Keys are spelling-proof: tone placement, toned i/y, spaces, hyphens and
apostrophes do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from vnvaxmatch.normalize import folding
from vnvaxmatch.normalize.tables import rows

__all__ = [
    "Index", "Key", "Piece", "Province", "Unit",
    "index", "place_key", "read_piece", "split_pieces", "tidy_address",
]  # fmt: skip

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_WITHOUT_TONES = str.maketrans("", "", _TONES)
_WITHOUT_MARKS: dict[int, str | None] = dict.fromkeys(range(0x0300, 0x0370))
_WITHOUT_MARKS |= {ord("đ"): "d", ord("y"): "i"}
_LETTERS = str.maketrans("ðɖƣ\u0340\u0341", "đđư\u0300\u0301", "'’‘ʼ`´\u00ad\u200b\ufeff")
_WORDS = folding.lazy_pattern(r"[^\s\-–—_/.\\]+")
_TONED_Y = folding.lazy(r"(?:[hklmstv]|qu)y")

_TYPES = {
    "Phường": r"phường|phuong|ph(?=[.\s])|p(?=[.\s\d])",
    "Xã": r"xã|xa|x(?=[.\s])",
    "Thị trấn": r"thị\s*trấn|thi\s*tran|t\.\s?t(?=[.\s])|tt(?=[.\s])",
    "Đặc khu": r"đặc\s*khu|dac\s*khu|đk(?=[.\s])",
    "Quận": r"quận|quan|q(?=[.\s\d])",
    "Huyện": r"huyện|huyen|h(?=[.\s])",
    "Thị xã": r"thị\s*xã|thi\s*xa|t\.\s?x(?=[.\s])|tx(?=[.\s])",
    "Thành phố": r"thành\s*phố|thanh\s*pho|t\.\s?p(?=[.\s])|tp(?=[.\s])",
    "Tỉnh": r"tỉnh|tinh|t(?=[.\s])",
}
_TYPE_NAMES = tuple(_TYPES)
_TYPE = folding.lazy_pattern("|".join(f"((?:{p})(?![^\\W\\d_]))" for p in _TYPES.values()))
_BEFORE_TYPE = folding.lazy_pattern(
    r"\s+(?=(?:phường|phuong|quận|quan|huyện|huyen|thành phố|thanh pho|tỉnh|tinh|đặc khu|dac khu"
    r"|thị trấn|thi tran|thị xã|thi xa|(?<!thị )xã|(?<!thi )xa|tp|tx|tt|[pqhx]\.)[\s\d]"
    r"|(?:[pqhx]|tp|tx|tt)\.|[pq]\d|tphcm|tphn)",
    re.IGNORECASE,
)
_STRONG = folding.lazy_pattern(r"[,;|\n\r\t]+")
_WEAK = folding.lazy_pattern(r"\s*[,;|\n\r\t/\\]+\s*|\s*[-–—]\s*")
_PROVINCE_ALIASES = {
    "HCM": "Hồ Chí Minh", "TPHCM": "Hồ Chí Minh", "Sài Gòn": "Hồ Chí Minh", "HN": "Hà Nội",
    "TPHN": "Hà Nội", "TT Huế": "Thừa Thiên Huế", "TTH": "Thừa Thiên Huế",
    "Thừa Thiên Huế": "Huế", "BRVT": "Bà Rịa - Vũng Tàu", "Đăk Lăk": "Đắk Lắk",
    "Đắc Lắc": "Đắk Lắk", "Đak Lak": "Đắk Lắk", "Đăk Nông": "Đắk Nông", "Đắc Nông": "Đắk Nông",
    "Đak Nông": "Đắk Nông", "Bắc Cạn": "Bắc Kạn", "Công Tum": "Kon Tum",
}  # fmt: skip


# The two sources number Xã Ba Chẽ (Quảng Ninh) differently; communes_2025 is the later one.
_RENUMBERED = {"06970": "06978"}


class Key(NamedTuple):
    """One name of a place, made comparable: ``exact`` counts marks, ``fold`` does not."""

    exact: str
    fold: str
    words: tuple[str, ...]

    def likeness(self, said: Key) -> int:
        """Say how ``said`` spells this name: 0 the same, 1 marks left out, 2 marks differ."""
        if said.exact == self.exact:
            return 0
        if said.exact.isascii():
            return 1
        if len(said.words) == len(self.words):
            pairs = zip(said.words, self.words, strict=True)
            return 1 if all(a == b or a.isascii() for a, b in pairs) else 2
        return 2


class Piece(NamedTuple):
    """One part of an address: its text, the type word that it starts with or "", the rest's key."""

    text: str
    type: str
    key: Key

    @property
    def readings(self) -> Iterator[tuple[str, Key]]:
        """How it may be read, as type and key: without its type word, then whole."""
        yield self.type, self.key
        if self.type:
            yield "", place_key(self.text)


class Unit(NamedTuple):
    """A commune of the list until 2025 (``old``), or of 2025.

    ``districts`` are those that it lay in: one if it is old, those of its parts if it is not.
    """

    text: str
    type: str
    key: Key
    codes: tuple[str, ...]
    province: str
    districts: frozenset[str]
    old: bool


class Province(NamedTuple):
    """What a province's name may stand for: codes in the list until 2025 and in that of 2025."""

    old: frozenset[str]
    new: frozenset[str]


class Index(NamedTuple):
    """All tables, by key; ``spelt`` has the old communes by name, district and province."""

    communes: dict[str, list[Unit]]
    districts: dict[str, list[tuple[str, Key, str, str]]]
    provinces: dict[str, list[tuple[Key, Province]]]
    names: dict[str, str]
    province_of: dict[str, str]
    old_codes: dict[str, Unit]
    merged: dict[str, str]
    spelt: dict[str, Unit]


@lru_cache(maxsize=1 << 14)
def _word_key(lower: str) -> tuple[str, str]:
    """Give ``exact`` and ``fold`` of a word: its tone goes to its end, wherever it was written."""
    word = unicodedata.normalize("NFD", lower).translate(_LETTERS)
    bare = word.translate(_WITHOUT_TONES)
    if len(bare) == len(word):
        exact = (bare.lstrip("0") or "0") if bare.isascii() and bare.isdigit() else bare
    else:
        if _TONED_Y(bare):
            bare = f"{bare[:-1]}i"
        exact = bare + "".join(c for c in word if c in _TONES)
    return exact, exact.translate(_WITHOUT_MARKS)


def tidy_address(text: str) -> str:
    """Compose, make full-width forms plain, and keep line breaks as commas."""
    if not text.isprintable():  # no line break is
        text = ", ".join(line for line in text.splitlines() if line.strip())
    return unicodedata.normalize("NFC", folding.narrow(folding.tidy(text)))


def place_key(name: str) -> Key:
    """Make a name comparable.

    >>> place_key("Hoà  Bình").exact == place_key("HÒA BÌNH").exact
    True
    >>> place_key("Ea H' MLay").fold
    'eahmlai'
    """
    keys = [key for word in _WORDS().findall(name.lower()) if (key := _word_key(word))[0]]
    words = tuple(exact for exact, _ in keys)
    return Key("".join(words), "".join([fold for _, fold in keys]), words)


@lru_cache(maxsize=1 << 12)
def read_piece(text: str) -> Piece:
    """Read one part of an address: take its type word off.

    >>> [(kind, key.fold) for kind, key in read_piece("P. Phúc Xá").readings]
    [('Phường', 'phucxa'), ('', 'pphucxa')]
    """
    lower = text.lower()
    found = _TYPE().match(lower)
    if found is None or found.lastindex is None or len(lower) != len(text):
        return Piece(text, "", place_key(text))
    rest = place_key(text[found.end() :].lstrip(". :"))
    if not rest.exact:
        return Piece(text, "", place_key(text))
    return Piece(text, _TYPE_NAMES[found.lastindex - 1], rest)


def split_pieces(text: str, *, weak: bool = False) -> list[str]:
    """Split an address at commas; when ``weak`` also at hyphens, slashes and before type words."""
    if not weak:
        return [part for raw in _STRONG().split(text) if (part := raw.strip(" .-"))]
    text = _inner_hyphens().sub(lambda m: f"{m[1]} ", text)
    parts = (p for raw in _WEAK().split(text) for p in _BEFORE_TYPE().split(raw))
    return [part for raw in parts if (part := raw.strip(" ."))]


@cache
def _inner_hyphens() -> re.Pattern[str]:
    """Find the hyphens that are part of a name, as in Văn Miếu - Quốc Tử Giám."""
    names = {"Thừa Thiên - Huế", "Bà Rịa - Vũng Tàu", "Phan Rang-Tháp Chàm"}
    names |= {r["name"].split(" ", 1)[1] for r in rows("communes_2025") if "-" in r["name"]}
    firsts = {name.split("-")[0].strip().lower() for name in names}
    firsts |= {_plain(first) for first in firsts}
    return re.compile(rf"\b({'|'.join(sorted(firsts))})\s*[-–]\s*", re.IGNORECASE)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFD", text).translate(_WITHOUT_MARKS)


def _bare(name: str) -> tuple[str, str]:
    """Split a unit's name into its type and the name proper.

    >>> _bare("Thị trấn Quỳnh Côi")
    ('Thị trấn', 'Quỳnh Côi')
    """
    words = 2 if name[:8].casefold().startswith(("thị", "đặc khu", "thành")) else 1
    *kind, rest = name.split(" ", words)
    return " ".join(kind).capitalize(), rest


@cache
def index() -> Index:
    """Build all look-up tables; once, about 0.1 s."""
    found = Index({}, {}, {}, {}, {}, {}, {}, {})
    old = list(rows("communes_until_2025"))
    _add_provinces(found)
    _add_communes_2025(found, old)
    _add_communes_until_2025(found, old)
    return found


def _add_provinces(found: Index) -> None:
    old: dict[str, set[str]] = {}
    new: dict[str, set[str]] = {}
    spelt: dict[str, Key] = {}
    for row in rows("province_codes"):
        key = place_key(row["name"])
        spelt[key.exact] = key
        old.setdefault(key.exact, set()).add(row["gso_code2_until_2025"])
        found.merged[row["gso_code2_until_2025"]] = row["merged_into_code2_2025"]
    for row in rows("provinces_2025"):
        found.names[row["code2"]] = row["name"]
        key = place_key(_bare(row["name"])[1])
        spelt[key.exact] = key
        new.setdefault(key.exact, set()).add(row["code2"])
    for alias, name in _PROVINCE_ALIASES.items():
        key, meant = place_key(alias), place_key(name).exact
        spelt[key.exact] = key
        for table in (old, new):
            if meant in table:
                table.setdefault(key.exact, set()).update(table[meant])
    thua_thien, hue = place_key("Thừa Thiên Huế").exact, place_key("Huế").exact
    old.setdefault(hue, set()).update(old[thua_thien])
    for exact, key in spelt.items():
        codes = Province(frozenset(old.get(exact, ())), frozenset(new.get(exact, ())))
        found.provinces.setdefault(key.fold, []).append((key, codes))


def _add_communes_2025(found: Index, old: list[dict[str, str]]) -> None:
    parts: dict[str, set[str]] = {}
    for row in old:
        for code in _new_codes(row):
            parts.setdefault(code, set()).add(row["district3"])
    for row in rows("communes_2025"):
        kind, name = _bare(row["name"])
        code, province = row["code5"], row["province2"]
        key = place_key(name)
        text = f"{kind} {name}, {found.names[province]}"
        districts = frozenset(parts.get(code, ()))
        found.names[code] = text
        found.province_of[code] = province
        unit = Unit(text, kind, key, (code,), province, districts, old=False)
        found.communes.setdefault(key.fold, []).append(unit)


def _add_communes_until_2025(found: Index, old: list[dict[str, str]]) -> None:
    seen: dict[str, frozenset[str]] = {}
    for row in old:
        kind, name = _bare(row["name"])
        district, province = row["district3"], row["province2"]
        if district not in seen:
            seen[district] = frozenset({district})
            district_kind, district_name = _bare(row["district"])
            district_key = place_key(district_name)
            where = (district_kind, district_key, district, province)
            found.districts.setdefault(district_key.fold, []).append(where)
        key = place_key(name)
        # some names of the source have a space too many
        text = ", ".join(" ".join(row[part].split()) for part in ("name", "district", "province"))
        unit = Unit(text, kind, key, _new_codes(row), province, seen[district], old=True)
        found.old_codes[row["code5"]] = found.spelt[text] = unit
        found.communes.setdefault(key.fold, []).append(unit)


def _new_codes(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted({_RENUMBERED.get(c, c) for c in row["communes_2025"].split()}))
