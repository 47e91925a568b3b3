"""One word of a name: its canonical text, its key, and what it adds to changes and doubts.

A name is the sum of its words wherever every word speaks for itself. Then a column of names can be
read by looking at each distinct word once: join the texts with one space, OR the flags, and ask
:func:`combine`. :func:`syllable` answers None for a word that can only be judged within its name.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import attrs

from vnvaxmatch.normalize.damage import may_be_damage
from vnvaxmatch.normalize.encodings import fits_bytes, may_be_bytes
from vnvaxmatch.normalize.folding import fold, lazy
from vnvaxmatch.normalize.honorifics import PLACEHOLDERS
from vnvaxmatch.normalize.letters import APOSTROPHES, compose, homoglyphs, look_alikes
from vnvaxmatch.normalize.minorities import LONE_MARKERS, joined_marker
from vnvaxmatch.normalize.spelling import Spelling, identity, spell, unmark, unmarked_spelling
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.normalize.vocabulary import vocabulary
from vnvaxmatch.normalize.words import key_of_word, retitle
from vnvaxmatch.outcome import Change, Doubt

__all__ = [
    "Flag",
    "Syllable",
    "combine",
    "judge",
    "may_be_damaged",
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
    APART = 1 << 7
    """No syllable, but harmless: it may be judged within its name without any repair."""
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
    """To be judged within its name only, the long way."""
    DAMAGE = 1 << 19
    """It may be what damage made of another word (see :mod:`~.damage`)."""
    BYTES = 1 << 22
    """It may be bytes of a lost encoding, in a name that holds no other letters."""
    BEYOND = 1 << 23
    """It holds letters that bytes of a lost encoding never show as."""
    LONE = 1 << 20
    """A marker that stands by itself, or a letter that is used as one: ``Y``, ``H'``."""
    LETTER = 1 << 21
    """A word of one letter: several of them may say that there is no name."""

    SUSPECT = UNKNOWN | UNSEEN | DIGITS | DAMAGED | ODD_CASE
    """What makes a name be looked at for damage."""
    NO_SYLLABLE = WHOLE | TITLE | APART
    """What :func:`syllable` does not judge."""


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
# an abbreviation of «child of» (con bà) in front of the mother's name
_NEWBORN = ("c", "cb")
# the rarer word of each title of two words
_IN_TITLE = "sĩ sỹ sư cử đồng"
_DAMAGED = re.compile("\ufffd|(?<=[^\\W\\d_])\\?|\\?(?=[^\\W\\d_])")
_DIGITS = frozenset("0123456789")
_VOWEL = re.compile("[aeiouy]")
_LETTERS = "[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+"
# letters, hyphens and apostrophes inside, and the one dot of an abbreviation
_HARMLESS = re.compile(f"{_LETTERS}(?:['-]{_LETTERS})*[.~]?")
_PIECES = re.compile("['~.-]")
_ABBREVIATION = re.compile(r"[^\W\d_]+[.~]+|[^\W\d_]")
_ODD_CASE = re.compile("(?<=[^\\W\\d_])[À-Þ]")
_INNER_ETH = re.compile(r"(?<=[^\W\d_])[ðÐ]")
_LATIN = lazy("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]", anywhere=True)
_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u052f]")


@attrs.frozen
class Syllable:
    """What one word is, by itself."""

    text: str
    key: str
    fold: str
    """The key without marks; empty for what is spelt like no syllable."""
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
    flags |= dict.fromkeys([*_NEWBORN, *_WITHIN_NAME.split()], Flag.WHOLE)
    return flags | dict.fromkeys(LONE_MARKERS, Flag.APART | Flag.LONE | Flag.LETTER)


@cache
def _words_for_no_name() -> frozenset[str]:
    words = {word for text in PLACEHOLDERS for word in text.split()}
    return frozenset({*words, *map(fold, words), *_NEWBORN})


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
    return None if judged.flags & Flag.NO_SYLLABLE else judged


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
        return _judge_odd(word, flags, token=token)
    return _judge_known(word, lower, spelling, flags=flags, token=token)


def _judge_known(
    word: str, lower: str, spelling: Spelling | None, *, flags: int, token: str
) -> Syllable:
    canonical = spelling.text if spelling else lower
    key = identity(spelling) if spelling else canonical
    text = canonical[:1].upper() + canonical[1:]
    if canonical != lower:
        flags |= Flag.TONE_PLACEMENT
    if word != lower[:1].upper() + lower[1:]:
        flags |= Flag.CASE
    seen = vocabulary().total
    if _ODD_CASE.search(word) and not word.isupper():
        flags |= Flag.ODD_CASE | Flag.WHOLE
    if not (fits_bytes(token) or fits_bytes(text)):
        flags |= Flag.BEYOND
    if flags & (Flag.LOOK_ALIKES | Flag.ODD_CASE) or canonical not in seen:
        flags |= _damage(token, text)
    if not canonical.isascii():
        flags |= Flag.MARKED
        if canonical not in seen and key not in seen:
            kept = not flags & Flag.DAMAGE and _is_harmless(canonical)
            flags |= Flag.UNSEEN | (Flag.APART if kept else Flag.WHOLE)
    flags |= _word_flags().get(canonical, 0)
    if len(canonical) == 1:
        flags |= Flag.APART | Flag.LETTER
    return Syllable(text, key, unmark(key), flags)


def _judge_odd(word: str, flags: int, *, token: str) -> Syllable:
    """Judge what is no syllable: markers, abbreviations, foreign words, damage."""
    text = retitle(word)
    key = key_of_word(text)
    clean = not flags & (Flag.LOOK_ALIKES | Flag.APOSTROPHE)
    flags |= _kind_of_odd(text) | _damage(token, text)
    if not (fits_bytes(token) or fits_bytes(text)):
        flags |= Flag.BEYOND
    if text != word:
        flags |= Flag.CASE
    if not text.isascii() and any(char.isalpha() and ord(char) > 127 for char in text):
        flags |= Flag.MARKED
    lower = text.lower()
    flags |= _word_flags().get(lower, 0)
    harmless = clean and not flags & Flag.DAMAGE and (flags & Flag.LONE or _is_harmless(lower))
    if harmless and not flags & Flag.WHOLE and _is_settled(text, flags, token=token):
        flags |= Flag.APART
    else:
        flags = (flags & ~Flag.APART) | Flag.WHOLE
    # what is no syllable is never joined by its fold
    return Syllable(text, key, "", flags)


def _kind_of_odd(text: str) -> int:
    flags = 0
    if not _DIGITS.isdisjoint(text):
        flags |= Flag.DIGITS
    if _DAMAGED.search(text):
        flags |= Flag.DAMAGED
    lower = text.lower()
    if joined_marker(text):
        flags |= Flag.MARKER
    elif lower in LONE_MARKERS:
        pass  # its neighbours decide: "Y Bhăm Niê" has a marker, "Nguyễn Như Y" has none
    elif _ABBREVIATION.fullmatch(text) or _is_consonants(lower):
        flags |= Flag.ABBREVIATED
    elif not flags & Flag.DIGITS or any(char.isalpha() for char in text):
        flags |= Flag.UNKNOWN
    return flags


def _damage(token: str, text: str) -> int:
    """Ask of a word as it is written, and as it will be written, whether it may be damage."""
    flags = 0
    for word in (token, text) if token != text else (text,):
        if may_be_damage(word):
            flags |= Flag.DAMAGE
        if may_be_bytes(word, among_bytes=True):
            flags |= Flag.BYTES
    return flags


def may_be_damaged(flags: int) -> bool:
    """Say of a name, by the flags of its words, whether some repair may have to do with it."""
    if not flags & Flag.SUSPECT:
        return False
    return bool(flags & Flag.DAMAGE) or flags & (Flag.BYTES | Flag.BEYOND) == Flag.BYTES


def _is_harmless(lower: str) -> bool:
    """Say whether a word that is no syllable may stay, with nothing to clean or to take off."""
    if not _HARMLESS.fullmatch(lower):
        return False
    if lower[-1] in ".~":
        # the dot of "Ng." stays, that of "Yên." goes; and "BS." is a title
        bare = lower[:-1]
        return not _word_flags().get(bare, 0) & Flag.WHOLE and (
            len(bare) == 1 or _is_consonants(bare)
        )
    if len(lower) == 1:
        return True
    words = _words_for_no_name()
    pieces = _PIECES.split(lower)
    return words.isdisjoint(pieces) and "".join(pieces) != "cb" and len(set("".join(pieces))) > 1


def _is_settled(text: str, flags: int, *, token: str) -> bool:
    """Say whether the text of an odd word would be judged as the word is."""
    if text == token:
        return True
    again = judge(text)
    written = Flag.CASE | Flag.UNICODE | Flag.MARK_ORDER | Flag.APART
    return again.text == text and not (again.flags ^ flags) & ~written


def _is_consonants(lower: str) -> bool:
    return lower.isascii() and lower.isalpha() and not _VOWEL.search(lower)


def _read_look_alikes(word: str) -> str:
    """Map look-alike letters, except where that would spoil a foreign word (Guðrún, Юлия)."""
    if word.isascii():
        return word
    mapped = look_alikes(word)
    if mapped != word and (not _INNER_ETH.search(word) or spell(mapped.lower())):
        word = mapped
    if _CYRILLIC_OR_GREEK.search(word) and _LATIN(word):
        latin = homoglyphs(word)
        if spell(latin.lower()) or unmarked_spelling(latin.lower()):
            return latin
    return word


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
