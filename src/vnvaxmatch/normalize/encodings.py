"""Lost encodings: the bytes of TCVN3, VNI, VISCII or VPS shown as Western letters.

A name in a legacy font is a row of bytes; read as cp1252 or Latin-1 it shows Western letters
(``NguyÔn V¨n Hïng``). Every word of the cell is read back with one of the four tables, and what
comes out is judged by the vocabulary. Tables with their sources: ``data/encoding_*.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from vnvaxmatch.normalize.letters import look_alikes
from vnvaxmatch.normalize.spelling import spell
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.normalize.vocabulary import likelihood, vocabulary

__all__ = [
    "BYTE_OF",
    "LEGACY",
    "Encoding",
    "decode_cell",
    "decode_word",
    "fits_bytes",
    "is_known",
    "may_be_bytes",
    "shows_signs",
]


class Encoding(StrEnum):
    """What the names of a column were written in, or what was done to them."""

    UNICODE = "unicode"
    TCVN3 = "tcvn3"
    VNI = "vni"
    VISCII = "viscii"
    VPS = "vps"
    MOJIBAKE = "mojibake"
    """UTF-8 read as a one-byte encoding."""
    CP1258 = "cp1258"
    """Latin-1 letters read as Vietnamese Windows: ã -> ă, ý -> ư, õ -> ơ, ì and ò -> marks."""
    TELEX = "telex"
    """Keys of the Telex input method left in the cell."""
    VNI_KEYS = "vni_keys"
    """Keys (digits) of the VNI input method left in the cell."""


LEGACY = (Encoding.TCVN3, Encoding.VNI, Encoding.VISCII, Encoding.VPS)

BYTE_OF = {chr(byte): byte for byte in range(256)}
"""Character -> byte, for cells read as Latin-1 and as cp1252 alike."""
for _byte in range(0x80, 0xA0):
    _shown = bytes((_byte,)).decode("cp1252", "ignore")
    if _shown:
        BYTE_OF[_shown] = _byte

# what text extracted from PDF holds in the place of two TCVN3 bytes
_PDF_BYTES = {"\u2212": 0xAD, "\u2219": 0xB7}
_BYTES = frozenset(BYTE_OF) | frozenset(_PDF_BYTES)
_ORDINALS = frozenset("ªº")
_SIGNS = re.compile("[^\\W\\d_][\x80-\x9f¡-³µ-¿×÷]|[\x80-\x9f¡-±µ-¹»-¿×÷][^\\W\\d_]")
# a reading must be e^3 = 20 times as likely as the next
_CLEAR_MARGIN = 3.0
_DOUBTFUL_GAIN = 5.0


@cache
def _one_byte(encoding: Encoding) -> dict[int, str]:
    letter_of = {
        int(row["legacy_bytes_hex"], 16): row["unicode"].lower()
        for row in rows(f"encoding_{encoding}")
    }
    shown = BYTE_OF | (_PDF_BYTES if encoding is Encoding.TCVN3 else {})
    return {ord(char): letter_of[byte] for char, byte in shown.items() if byte in letter_of}


@cache
def _vni() -> tuple[re.Pattern[str], dict[str, str]]:
    table = {
        bytes.fromhex(row["legacy_bytes_hex"]).decode("latin-1").lower(): row["unicode"].lower()
        for row in rows("encoding_vni")
    }
    longest_first = sorted(table, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), table


@lru_cache(maxsize=1 << 13)
def decode_word(word: str, encoding: Encoding) -> str:
    """Read one word back with a legacy table, in lower case; what the table lacks stays as it is.

    >>> decode_word("HïNG", Encoding.TCVN3), decode_word("AÙnh", Encoding.VNI)
    ('hùng', 'ánh')
    """
    if encoding is not Encoding.VNI:
        return word.translate(_one_byte(encoding)).lower()
    pieces, table = _vni()
    return pieces.sub(lambda found: table[found[0]], word.lower())


def is_known(word: str) -> bool:
    """Say whether a lower-case word is a Vietnamese syllable or a word of place names."""
    return spell(word) is not None or word in vocabulary().places


def _is_seen(word: str) -> bool:
    spelling = spell(word)
    return spelling is not None and spelling.text in vocabulary().total


class _Decoded(NamedTuple):
    """What one word becomes in one legacy encoding."""

    text: str
    known: bool
    seen: bool


class _Word(NamedTuple):
    """What one word may be the bytes of."""

    fits: bool
    """Whether every character is one that a byte shows as."""
    bad: bool
    """Whether it cannot be Vietnamese, or has a capital with a mark inside (``PhÕm``)."""
    unseen: bool
    """Whether it has marks and was seen in no name."""
    signs: bool
    """Whether it holds signs that no word has: ``Niª`` in a column of TCVN3."""
    decoded: tuple[_Decoded | None, ...]
    """For each of ``LEGACY``; None where the word stays as it is."""


_AS_IT_IS = (None,) * len(LEGACY)


@lru_cache(maxsize=1 << 14)
def _look_at(word: str) -> _Word:
    ascii_ = word.isascii()
    if ascii_ and word.isprintable():
        return _Word(fits=True, bad=False, unseen=False, signs=False, decoded=_AS_IT_IS)
    lower = word.lower()
    bad = ascii_ or _is_bad(word, lower)
    unseen = not ascii_ and not _is_seen(lower)
    fits = _BYTES.issuperset(word)
    if not fits:
        return _Word(fits, bad, unseen, signs=False, decoded=_AS_IT_IS)
    decoded = tuple([_decoded(word, lower, encoding) for encoding in LEGACY])
    signs = not word.isalpha() or not _ORDINALS.isdisjoint(word)
    return _Word(fits, bad, unseen, signs, decoded)


def _decoded(word: str, lower: str, encoding: Encoding) -> _Decoded | None:
    text = decode_word(word, encoding)
    return _Decoded(text, is_known(text), _is_seen(text)) if text != lower else None


def _is_bad(word: str, lower: str) -> bool:
    # a look-alike letter (Ðào) is a smaller fault than a lost encoding
    known = is_known(lower) or is_known(look_alikes(word).lower())
    return not known or (not word.isupper() and any("À" <= char <= "Þ" for char in word[1:]))


def fits_bytes(word: str) -> bool:
    """Say whether every character of a word is one that a byte shows as."""
    return word.isascii() or _BYTES.issuperset(word)


def may_be_bytes(word: str, *, among_bytes: bool = False) -> bool:
    """Say whether :func:`decode_cell` may read this word back, whatever stands beside it.

    A word that can be Vietnamese is read back only in a name that may be bytes throughout;
    ``among_bytes`` asks about that case. A cell none of whose words may be bytes is decoded by no
    vote either.

    >>> may_be_bytes("NguyÔn"), may_be_bytes("Müller"), may_be_bytes("Nguyển")
    (True, False, False)
    >>> may_be_bytes("Thí"), may_be_bytes("Thí", among_bytes=True)
    (False, True)
    """
    look = _look_at(word)
    if not (look.bad or (among_bytes and look.unseen)):
        return False
    return any(decoded and (decoded.known or look.signs) for decoded in look.decoded)


def shows_signs(word: str) -> bool:
    """Say whether a word holds signs between letters, as only a lost encoding puts them there.

    >>> shows_signs("Ph¹m"), shows_signs("Phạm")
    (True, False)
    """
    return not word.isascii() and _SIGNS.search(word) is not None


def decode_cell(
    words: Sequence[str], *, hint: Encoding | None = None
) -> tuple[Encoding, list[str]] | bool | None:
    """Read the words of a cell with the one legacy table that makes names of them.

    A reading counts only if it changes a word that cannot be Vietnamese (with ``hint``, the vote of
    a column: one that was seen in no name), if every word that it changes becomes a syllable, and
    at least one a syllable seen in names. Gives the encoding and the words, True if two readings
    are as good, None if there is none.

    >>> decode_cell(["NguyÔn", "V¨n"])
    (<Encoding.TCVN3: 'tcvn3'>, ['nguyễn', 'văn'])
    >>> decode_cell(["Müller"])
    """
    looks = [_look_at(word) for word in words]
    # words that cannot come from the code page stand as they are, then so do good words
    whole = all(look.fits for look in looks)
    any_bad = any(look.bad for look in looks)
    if not any_bad and not (whole and any(look.unseen for look in looks)):
        return None
    found = []
    for at, encoding in enumerate(LEGACY):
        result = _decode(words, looks, at=at, whole=whole, voted=encoding == hint)
        if result is not None:
            found.append((encoding, result))
    if any_bad and len(found) == 1:
        return found[0]
    return _choose(found, words, hint=hint, any_bad=any_bad)


def _decode(
    words: Sequence[str], looks: list[_Word], *, at: int, whole: bool, voted: bool
) -> list[str] | None:
    """Read the words with one of ``LEGACY``, or give None where that makes no name of them."""
    result = []
    counts = seen = False
    for word, look in zip(words, looks, strict=True):
        decoded = look.decoded[at] if whole or look.bad else None
        if decoded is None:
            result.append(word)
            continue
        if not (decoded.known or (voted and look.signs)):
            return None
        counts = counts or look.bad or look.unseen
        seen = seen or decoded.seen
        result.append(decoded.text)
    return result if counts and (seen or voted) else None


def _choose(
    found: list[tuple[Encoding, list[str]]],
    words: Sequence[str],
    *,
    hint: Encoding | None,
    any_bad: bool,
) -> tuple[Encoding, list[str]] | bool | None:
    if not found:
        return None
    as_it_is = _weigh(words)
    weighed = [(_weigh(result), encoding, result) for encoding, result in found]
    for weight, encoding, result in weighed:
        if encoding == hint and (any_bad or weight > as_it_is):
            return encoding, result
    weighed.sort(key=lambda reading: -reading[0])
    best, encoding, result = weighed[0]
    if not any_bad:
        return best - as_it_is > _DOUBTFUL_GAIN or None
    for weight, _, other in weighed[1:]:
        if other != result and best - weight < _CLEAR_MARGIN:
            return True
    return encoding, result


def _weigh(words: Sequence[str]) -> float:
    return likelihood([word.lower() for word in words])
