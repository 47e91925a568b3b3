"""One word of a name: its canonical text, its key, and what it adds to changes and doubts.

A name is the sum of its words wherever every word speaks for itself. Then a column of names can be
read by looking at each distinct word once: join the texts with one space, OR the flags, and ask
:func:`combine`. :func:`syllable` answers None for a word that can only be judged within its name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import attrs
from unidecode import unidecode

from vnvaxmatch.normalize.letters import APOSTROPHES, compose, homoglyphs, look_alikes
from vnvaxmatch.normalize.minorities import LONE_MARKERS, joined_marker
from vnvaxmatch.normalize.spelling import Spelling, identity, spell, unmark, unmarked_spelling
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.normalize.vocabulary import vocabulary
from vnvaxmatch.outcome import Change, Doubt

__all__ = [
    "Flag",
    "Syllable",
    "combine",
    "fold_key",
    "judge",
    "key_of_word",
    "retitle",
    "syllable",
]


class Flag:
    """Bits of :attr:`Syllable.flags`; those of several words combine by OR."""

    SPACES = 1 << 0
    UNICODE = 1 << 1
    MARK_ORDER = 1 << 2
    LOOK_ALIKES = 1 << 3
    APOSTROPHE = 1 << 4
    CASE = 1 << 5
    TONE_PLACEMENT = 1 << 6
    MARKED = 1 << 8
    UNKNOWN = 1 << 9
    ABBREVIATED = 1 << 10
    DAMAGED = 1 << 11
    MARKER = 1 << 12
    DIGITS = 1 << 13
    UNSEEN = 1 << 14
    """Spelt like a Vietnamese syllable with marks, but seen in no name: it may be damage."""
    ODD_CASE = 1 << 16
    """A capital with a mark among small letters: it may be a byte of a lost encoding."""
    FRONT = 1 << 17
    """A title or the first word of one: it means something else in front of a name."""
    TITLE = 1 << 18
    """To be judged within its name only, and only if that begins with a ``FRONT`` word."""
    WHOLE = 1 << 15
    """To be judged within its name only."""


_CHANGES = (
    (Flag.SPACES, Change.NAME_SPACES),
    (Flag.UNICODE, Change.NAME_UNICODE),
    (Flag.MARK_ORDER, Change.NAME_MARK_ORDER),
    (Flag.LOOK_ALIKES, Change.NAME_LOOK_ALIKES),
    (Flag.APOSTROPHE, Change.NAME_APOSTROPHE),
    (Flag.CASE, Change.NAME_CASE),
    (Flag.TONE_PLACEMENT, Change.NAME_TONE_PLACEMENT),
)
_DOUBTS = (
    (Flag.UNKNOWN, Doubt.NAME_UNKNOWN_SYLLABLE),
    (Flag.ABBREVIATED, Doubt.NAME_ABBREVIATED),
    (Flag.DAMAGED, Doubt.NAME_DAMAGED_LETTER),
    (Flag.MARKER, Doubt.NAME_MINORITY_MARKER),
    (Flag.DIGITS, Doubt.NAME_DIGITS),
)

# words that begin or end a placeholder or a newborn's prefix
_WITHIN_NAME = "không khong ko chưa chua tên ten vô nan nil con ẩn"
# the rarer word of each title of two words
_IN_TITLE = "sĩ sỹ sư cử đồng"
_DAMAGED = re.compile("\ufffd|(?<=[^\\W\\d_])\\?|\\?(?=[^\\W\\d_])")
_SEPARATORS = re.compile("((?:[^\\w\u0300-\u036f]|_)+)")
_TITLE_BREAKS = re.compile(r"([-'.(){}/,&+:;\"\[\]–—]+)")
_NOT_FOLD = re.compile(r"[^a-z]+")
_VOWEL = re.compile("[aeiouy]")
_ABBREVIATION = re.compile(r"[^\W\d_]+[.~]+|[^\W\d_]")
_ODD_CASE = re.compile("(?<=[^\\W\\d_])[À-Þ]")
_INNER_ETH = re.compile(r"(?<=[^\W\d_])[ðÐ]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u052f]")


@attrs.frozen
class Syllable:
    """What one word is, by itself."""

    text: str
    key: str
    fold: str
    flags: int


@cache
def _word_flags() -> dict[str, int]:
    """Words that change their meaning with their neighbours: titles, markers, «không rõ»."""
    flags = dict.fromkeys(_IN_TITLE.split(), Flag.TITLE)
    for row in rows("honorifics"):
        first, *more = row["token"].lower().split()
        flags[first] = flags.get(first, 0) | (Flag.FRONT if more else Flag.FRONT | Flag.TITLE)
        if row["abbreviation"]:
            flags[row["abbreviation"].lower()] = Flag.WHOLE
    return flags | dict.fromkeys([*LONE_MARKERS, *_WITHIN_NAME.split()], Flag.WHOLE)


def syllable(token: str) -> Syllable | None:
    """Judge one word of a name, or give None where it takes the whole name to judge it.

    A word is judged alone if, once its Unicode form and look-alikes are repaired, it is letters
    only and either (1) a Vietnamese syllable seen in names, (2) a syllable or a word of a place
    name in ASCII letters, marked or with all marks left out. None for the rest: syllables with
    marks that no name was seen to have, letters of lost encodings, Telex and VNI keys, markers
    (H, K, Y, Ka), titles (Ông, Anh, BS), words of placeholders, abbreviations, digits, punctuation,
    any white space inside, foreign words.

    If every word of ``text.split(" ")`` (empty ones left out) has a syllable, then the name is
    exactly: text and key and fold joined with one space, changes and doubts as :func:`combine`
    says of the OR of the flags, with ``Flag.SPACES`` added if the text is not its words joined
    with one space.

    >>> syllable("HOÀ").text, syllable("Lí").key, syllable("đức").fold
    ('Hòa', 'lý', 'duc')
    >>> syllable("H'Hen"), syllable("Ông"), syllable("Hungf")
    (None, None, None)
    """
    judged = judge(token)
    return None if judged.flags & (Flag.WHOLE | Flag.TITLE) else judged


@lru_cache(maxsize=1 << 14)
def judge(token: str) -> Syllable:
    """Judge one word, whatever it is."""
    nfc, ordered = compose(token)
    flags = Flag.UNICODE if nfc != token else 0
    if ordered != nfc:
        flags |= Flag.MARK_ORDER
    straight = APOSTROPHES.sub("'", ordered)
    if straight != ordered:
        flags |= Flag.APOSTROPHE
    word = _read_look_alikes(straight)
    if word != straight:
        flags |= Flag.LOOK_ALIKES
    lower = word.lower()
    spelling = spell(lower)
    places = vocabulary().places
    if spelling is None and lower not in places and not unmarked_spelling(lower):
        return _judge_odd(word, flags | Flag.WHOLE)
    return _judge_known(word, lower, spelling, flags)


def _judge_known(word: str, lower: str, spelling: Spelling | None, flags: int) -> Syllable:
    canonical = spelling.text if spelling else lower
    key = identity(spelling) if spelling else canonical
    if canonical != lower:
        flags |= Flag.TONE_PLACEMENT
    if word != lower[:1].upper() + lower[1:]:
        flags |= Flag.CASE
    if not canonical.isascii():
        flags |= Flag.MARKED
        if canonical not in vocabulary().total and key not in vocabulary().total:
            flags |= Flag.UNSEEN | Flag.WHOLE
    if _ODD_CASE.search(word) and not word.isupper():
        flags |= Flag.ODD_CASE | Flag.WHOLE
    flags |= _word_flags().get(canonical, 0)
    if len(canonical) == 1:
        flags |= Flag.WHOLE
    return Syllable(canonical[:1].upper() + canonical[1:], key, unmark(key), flags)


def _judge_odd(word: str, flags: int) -> Syllable:
    """Judge what is no syllable: markers, abbreviations, foreign words, damage."""
    text = retitle(word)
    if text != word:
        flags |= Flag.CASE
    lower = text.lower()
    if any("0" <= char <= "9" for char in text):
        flags |= Flag.DIGITS
    if not text.isascii() and any(char.isalpha() and ord(char) > 127 for char in text):
        flags |= Flag.MARKED
    if _DAMAGED.search(text):
        flags |= Flag.DAMAGED
    if joined_marker(text):
        flags |= Flag.MARKER
    elif lower in LONE_MARKERS:
        pass  # its neighbours decide: "Y Bhăm Niê" has a marker, "Nguyễn Như Y" has none
    elif _ABBREVIATION.fullmatch(text) or _is_consonants(lower):
        flags |= Flag.ABBREVIATED
    elif not flags & Flag.DIGITS or any(char.isalpha() for char in text):
        flags |= Flag.UNKNOWN
    key = key_of_word(text)
    return Syllable(text, key, fold_key(key), flags)


def _is_consonants(lower: str) -> bool:
    return lower.isascii() and lower.isalpha() and not _VOWEL.search(lower)


def _read_look_alikes(word: str) -> str:
    """Map look-alike letters, except where that would spoil a foreign word (Guðrún, Юлия)."""
    if word.isascii():
        return word
    mapped = look_alikes(word)
    if mapped != word and (not _INNER_ETH.search(word) or spell(mapped.lower())):
        word = mapped
    if _CYRILLIC_OR_GREEK.search(word) and _LATIN.search(word):
        latin = homoglyphs(word)
        if spell(latin.lower()) or unmarked_spelling(latin.lower()):
            return latin
    return word


def retitle(word: str) -> str:
    """Write a word of a name in title case: also after apostrophes, hyphens and dots.

    Capitals inside a word that has small letters too are kept: ``HHen``, ``McDonald``.

    >>> retitle("o'neil"), retitle("Y-BHĂM"), retitle("HHen"), retitle("NIê")
    ("O'Neil", 'Y-Bhăm', 'HHen', 'Niê')
    """
    return "".join(_retitle_part(part) for part in _TITLE_BREAKS.split(word) if part)


def _retitle_part(part: str) -> str:
    if not part[0].isalpha():
        return part.lower()
    small = [char for char in part if char.islower()]
    if part[0].isupper() and any(char.isupper() for char in part[1:]) and small:
        capitals = [char for char in part[1:] if char.isupper()]
        # a keyboard that capitalises ASCII only leaves "NIê"; a lost encoding leaves "ThẢo"
        if any(char.isascii() for char in small) and (
            part[1].isupper() or any(char.isascii() for char in capitals)
        ):
            return part
    return part[0].title() + part[1:].lower()


def key_of_word(text: str) -> str:
    """Give the identity key of one canonical word, which may be several words or none.

    >>> key_of_word("H'Hen"), key_of_word("HHen"), key_of_word("Y-Bhăm"), key_of_word("Ng.")
    ('h hen', 'h hen', 'y bhăm', 'ng')
    """
    marker = joined_marker(text)
    if marker:
        text = f"{marker[0]} {text[len(marker) :]}"
    keys = []
    for piece in unicodedata.normalize("NFC", _SEPARATORS.sub(" ", text).casefold()).split():
        spelling = spell(piece)
        keys.append(identity(spelling) if spelling else piece)
    return " ".join(keys)


def fold_key(key: str) -> str:
    """Strip a key of every mark: a-z and single spaces; foreign letters are transliterated.

    >>> fold_key("krông pắc"), fold_key("müller")
    ('krong pac', 'muller')
    """
    plain = unmark(key)
    if not plain.isascii():
        plain = unidecode(plain.encode("utf-8", "ignore").decode()).lower()
    return _NOT_FOLD.sub(" ", plain).strip()


@lru_cache(maxsize=1 << 12)
def combine(flags: int, count: int) -> tuple[tuple[Change, ...], tuple[Doubt, ...]]:
    """Say what was changed and what is doubtful in a name, from its words.

    ``flags`` is the OR of the words' flags, ``count`` how many words there are.

    >>> combine(syllable("Nguyen").flags | syllable("HUNG").flags, 2)
    ((<Change.NAME_CASE: 'name_case'>,), (<Doubt.NAME_UNACCENTED: 'name_unaccented'>,))
    """
    changes = tuple(change for flag, change in _CHANGES if flags & flag)
    doubts = []
    if not flags & Flag.MARKED:
        doubts.append(Doubt.NAME_UNACCENTED)
    if count == 1:
        doubts.append(Doubt.NAME_ONE_WORD)
    doubts += [doubt for flag, doubt in _DOUBTS if flags & flag]
    return changes, tuple(doubts)
