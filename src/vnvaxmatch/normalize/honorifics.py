"""What stands around a name: titles, the mark of a newborn, «không rõ» instead of a name.

A title goes only where nothing is lost by it: Ông, Anh and Em are parts of names too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from vnvaxmatch.normalize.folding import fold, lazy
from vnvaxmatch.normalize.spelling import spell
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.normalize.vocabulary import vocabulary

__all__ = ["PLACEHOLDERS", "is_placeholder", "split_newborn", "strip_titles"]

_PLACEHOLDER_LIST = (
    "không|không có|không có tên|không rõ|không rõ tên|không tên|không biết|không xác định"
    "|không có thông tin|không rỏ|ko|ko rõ|ko có|ko biết|k rõ|k có|chưa|chưa có|chưa có tên"
    "|chưa rõ|chưa biết|chưa đặt tên|chưa xác định|chưa cập nhật|chưa khai báo|vô danh"
    "|ẩn danh|bỏ trống|tên|họ tên|họ và tên|họ và tên đệm|tên đầy đủ|tên bệnh nhân|full name"
    "|fullname|name|no name|noname|test|tester|testing|test test|thử|thử nghiệm|demo|sample"
    "|unknown|unk|undefined|none|null|nil|nan|n a|na n|ref|value|name error|abc|abcd|abc xyz"
    "|xyz|asd|asdf|asdfgh|qwe|qwerty|kxđ|kxd"
)

PLACEHOLDERS = frozenset(_PLACEHOLDER_LIST.split("|"))
"""Texts that stand for «no name», in lower case, punctuation as one space."""

# without their marks these are names: Võ Danh, Thu
_ONLY_MARKED = frozenset({"vô danh", "thử", "ẩn danh"})
_NOT_WORD = re.compile(r"[\W_]+")
_ERROR_CELL = lazy(r"(?i)#(?:n/a|ref!|value!|name\?|null!|num!|div/0!)")
_NUMBERED = lazy(r"(?i)(?:test|demo|sample|thử)[\s_-]*\d+")

_NEWBORN = lazy(
    r"""(?ix)\A[(\[]?\s*
    (?:cb(?![^\W\d_])|c\.\s?b(?:\.|(?![^\W\d_]))
      |(?:(?:bé|trẻ|em)\s+(?:(?:gái|trai)\s+)?)?(?:(?:trẻ\s+)?sơ\s+sinh\s+)?con\s+(?:của\s+)?(?:bà|chị|mẹ)(?=[\s:.)\]-])
      |(?:be\s+)?con\s+(?:cua\s+)?(?:ba|chi|me)(?=[\s:.)\]-])
    )[\s:.)\]-]*(?=[^\W\d_])""",
    anywhere=True,
)
_NEWBORN_AFTER = lazy(r"(?i)\s*[(\[]\s*(?:cb|con\s+bà|sơ\s+sinh)\s*[)\]]$", anywhere=True)
_SEPARATOR = ".:,-/"
# surnames of a few, and middle names of most
_NOT_FIRST = ("văn", "thị")
_COMMON_SURNAME = 20


def is_placeholder(text: str) -> bool:
    """Say whether a cell says that there is no name.

    >>> is_placeholder("Không rõ"), is_placeholder("N/A"), is_placeholder("xxx")
    (True, True, True)
    >>> is_placeholder("Võ Danh"), is_placeholder("Vo Danh"), is_placeholder("Na")
    (False, False, False)
    """
    if (text[:1] == "#" and _ERROR_CELL(text)) or (text[-1:].isdecimal() and _NUMBERED(text)):
        return True
    plain = _NOT_WORD.sub(" ", text.lower()).strip()
    if not plain:
        return True
    if len(plain) > 40:
        return False
    # "Nan" may be a name, "nan" is an empty number; "N/A" is none, "Na" is a name
    if plain == "nan" and text not in ("nan", "NaN"):
        return False
    if plain in PLACEHOLDERS or (plain.isascii() and plain in _unmarked_placeholders()):
        return True
    letters = plain.replace(" ", "")
    if letters in ("cb", "cbcb"):
        return True
    return len(set(letters)) == 1 and (
        (len(letters) > 2 and letters.isalpha()) or letters == "xx" or plain == "x"
    )


@cache
def _unmarked_placeholders() -> frozenset[str]:
    return frozenset(fold(text) for text in PLACEHOLDERS - _ONLY_MARKED)


def split_newborn(text: str) -> str | None:
    """Give the mother's name out of a newborn's («con bà»: child of), or None.

    >>> split_newborn("CB Trần Thị C"), split_newborn("con bà: Trần Thị C")
    ('Trần Thị C', 'Trần Thị C')
    """
    inside: str | None = None
    while True:
        if found := _NEWBORN(text):
            opened = text[0] in "([" and not re.search(r"[)\]]", found[0])
            text = text[found.end() :]
            inside = text = text.rstrip(")] ") if opened else text
        elif found := _NEWBORN_AFTER(text):
            inside = text = text[: found.start()]
        else:
            return inside


@cache
def _titles() -> tuple[frozenset[str], frozenset[tuple[str, ...]], frozenset[str]]:
    words, phrases, short = set(), set(), set()
    for row in rows("honorifics"):
        parts = tuple(row["token"].lower().split())
        if len(parts) == 1:
            words.add(parts[0])
        else:
            phrases.add(parts)
            phrases.add(tuple(part.replace("sĩ", "sỹ") for part in parts))
        if row["abbreviation"]:
            short.add(row["abbreviation"].lower())
    return frozenset(words), frozenset(phrases), frozenset(short)


@cache
def _sizes_of_phrases() -> dict[str, tuple[int, ...]]:
    """First word -> how many words its titles have, the longest first."""
    sizes: dict[str, set[int]] = {}
    for phrase in _titles()[1]:
        sizes.setdefault(phrase[0], set()).add(len(phrase))
    return {word: tuple(sorted(found, reverse=True)) for word, found in sizes.items()}


def strip_titles(words: Sequence[str]) -> tuple[list[str], bool, bool]:
    """Take titles off the front of a name, in NFC, where they cannot be part of it.

    Gives the words left, whether a title went, and whether one may have stayed. A title goes with a
    separator behind it (``BS.``, ``Ông:``) or in brackets, or before a surname that is followed by
    more name: one that is hardly ever anything else, or behind words that no name was seen to hold
    (Bà, Chú, Cháu) any common one.

    >>> strip_titles(["Ông", "Nguyễn", "Văn", "An"]), strip_titles(["(Bà)", "Lê", "An"])
    ((['Nguyễn', 'Văn', 'An'], True, False), (['Lê', 'An'], True, False))
    >>> strip_titles(["Ông", "Văn", "Huy"]), strip_titles(["Anh", "Hoàng", "Nam"])
    ((['Ông', 'Văn', 'Huy'], False, False), (['Anh', 'Hoàng', 'Nam'], False, True))
    """
    left = list(words)
    stripped = maybe = False
    while len(left) > 1:
        size, sure, unlike_a_name = _title_at(left)
        rest = left[size:]
        while len(rest) > 1 and not rest[0].isalpha() and not _NOT_WORD.sub("", rest[0]):
            sure, rest = True, rest[1:]
        if not size or not rest:
            break
        if not (sure or _begins_full_name(rest, left[0], unlike_a_name=unlike_a_name)):
            first = _canonical(rest[0])
            maybe = unlike_a_name or (len(left) > 2 and first not in _NOT_FIRST and _surname(first))
            break
        left, stripped = rest, True
    return left, stripped, maybe


def _title_at(words: Sequence[str]) -> tuple[int, bool, bool]:
    """Give how many words the title has, whether a separator ends it, whether it is no name."""
    singles, phrases, short = _titles()
    lower = words[0].lower()
    bare = lower.rstrip(_SEPARATOR)
    if lower[0] in "([":
        return _title_in_brackets(words), True, True
    for size in _sizes_of_phrases().get(bare, ()):
        phrase = tuple([word.lower().rstrip(_SEPARATOR) for word in words[:size]])
        if phrase in phrases and len(words) > size:
            return size, words[size - 1][-1] in _SEPARATOR, True
    if bare in ("ông(bà)", "anh(chị)"):
        return 1, True, True
    separated = bare != lower
    if bare in singles:
        # a dot or a dash may end anything; a colon or a comma ends a title
        return 1, separated, not vocabulary().is_surname(bare)
    if bare in short or _all_titles(bare):
        # "Cn" and "Ds" are also short for names, so without a separator a full name must follow
        return 1, separated, True
    return 0, False, False


def _title_in_brackets(words: Sequence[str]) -> int:
    """Give how many words a title in brackets has, at most three: ``(Ông)``, ``( BS. )``."""
    singles, phrases, short = _titles()
    for size, word in enumerate(words[:3], start=1):
        if word.rstrip(_SEPARATOR)[-1:] in (")", "]"):
            title = " ".join(words[:size]).lower().strip("()[] " + _SEPARATOR)
            known = title in singles or title in short or tuple(title.split()) in phrases
            return size if known or _all_titles(title) else 0
    return 0


def _all_titles(bare: str) -> bool:
    """Say whether these are several titles: ``Ông/Bà``, ``PGS.TS``."""
    if bare.isalpha():
        return False
    singles, _, short = _titles()
    parts = [part for part in re.split(r"[./()]", bare) if part]
    return len(parts) > 1 and all(part in singles or part in short for part in parts)


def _surname(word: str) -> bool:
    return vocabulary().is_surname(_canonical(word))


def _canonical(word: str) -> str:
    lower = word.lower().rstrip(_SEPARATOR)
    spelling = spell(lower)
    return spelling.text if spelling else lower


def _begins_full_name(words: Sequence[str], title: str, *, unlike_a_name: bool) -> bool:
    """Say whether these words are a surname with more name, surely enough to cut before it."""
    if len(words) < 2:
        return False
    first, second = _canonical(words[0]), _canonical(words[1])
    known = vocabulary()
    if known.is_mostly_surname(first):
        return True
    if first in _NOT_FIRST or not known.is_surname(first):
        return False
    if second in _NOT_FIRST:
        return unlike_a_name or len(words) > 2
    in_no_name = title.lower() in _titles()[0] and title.lower() not in known.total
    return in_no_name and known.surnames[first] >= _COMMON_SURNAME
