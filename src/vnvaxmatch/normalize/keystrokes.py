"""Telex and VNI keystrokes left in a cell: ``Nguyeenx Vawn Hungf``, ``Nguye6n4 Va8n Hu2ng``.

The keys are replayed as an input method would, and the result must be a syllable seen in names
while the text is none. Some foreign words look like keys (Max, Hans, Lee), so a cell needs more
evidence than that: ``weight`` says how much one word gives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from vnvaxmatch.normalize.encodings import Encoding
from vnvaxmatch.normalize.letters import VOWEL_OF, WITH_TONE
from vnvaxmatch.normalize.spelling import spell, unmarked_spelling
from vnvaxmatch.normalize.vocabulary import vocabulary

__all__ = ["ENOUGH", "Replay", "replay"]

ENOUGH = 2
"""Weight from which keys are believed without further evidence."""

_TELEX_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323", "z": ""}
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323", "0": ""}
_HORN = {"o": "ơ", "u": "ư", "a": "ă"}
_ROOF = {"a": "â", "e": "ê", "o": "ô"}
_VOWELS = frozenset("aăâeêioôơuưy")


class Replay(NamedTuple):
    """What the keys of one word spell, in lower case, and how much that proves."""

    text: str
    weight: int
    encoding: Encoding


class _Word:
    """A word under typing: letters without tone, and the tone."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.tone = ""
        self.keys = 0
        self.weight = 0

    def has_vowel(self) -> bool:
        return any(letter in _VOWELS for letter in self.letters)

    def note(self, weight: int) -> None:
        self.keys += 1
        self.weight += weight

    def change_last(self, table: dict[str, str]) -> bool:
        """Mark the last letter that can be marked; ``uo`` takes the horn on both letters."""
        for at in range(len(self.letters) - 1, -1, -1):
            new = table.get(self.letters[at])
            if new is None:
                continue
            self.letters[at] = new
            if new == "ơ" and self.letters[:at][-1:] == ["u"] and self.letters[:1] != ["q"]:
                self.letters[at - 1] = "ư"
            return True
        return False


@lru_cache(maxsize=1 << 13)
def replay(word: str) -> Replay | None:
    """Replay the keys left in one word, or give None where there are none or they spell no name.

    >>> replay("Nguyeenx").text, replay("dduwcs").text, replay("Nguye6n4").text
    ('nguyễn', 'đức', 'nguyễn')
    >>> replay("Nguyen"), replay("Smith")
    (None, None)
    """
    lower = word.lower()
    if not 2 <= len(lower) <= 12 or spell(lower) or unmarked_spelling(lower):
        return None
    if any(char in "0123456789" for char in lower):
        press, encoding = _press_vni, Encoding.VNI_KEYS
    else:
        press, encoding = _press_telex, Encoding.TELEX
    typed = _type(lower, press)
    if typed is None or not typed.keys:
        return None
    for letters in _spellings(typed):
        spelling = spell(letters)
        if spelling is not None and spelling.text in vocabulary().total:
            return Replay(spelling.text, typed.weight + (typed.keys > 1), encoding)
    return None


def _type(lower: str, press: Callable[[_Word, str, bool], bool]) -> _Word | None:
    typed = _Word()
    for at, char in enumerate(lower):
        vowel, tone = VOWEL_OF.get(char, (char, ""))
        if tone:
            if typed.tone:
                return None
            typed.tone = tone
        if press(typed, char, at == len(lower) - 1):
            continue
        if not (char.isalpha() and (vowel in _VOWELS or char == "đ" or char.isascii())):
            return None
        typed.letters.append(vowel)
    return typed


def _spellings(typed: _Word) -> list[str]:
    """Put the tone on any vowel (the speller moves it), and read a horn both ways: thuở, mưa."""
    base = "".join(typed.letters)
    found = []
    for text in dict.fromkeys((base, base.replace("ươ", "uơ"), base.replace("uă", "ưa"))):
        at = next((i for i, letter in enumerate(text) if letter in _VOWELS), None)
        if at is not None:
            found.append(text[:at] + WITH_TONE[text[at], typed.tone] + text[at + 1 :])
    return found


def _press_telex(typed: _Word, char: str, last: bool) -> bool:
    letters = typed.letters
    if char in _TELEX_TONES and typed.has_vowel():
        if typed.tone and char != "z":
            return False
        typed.tone = _TELEX_TONES[char]
        # foreign words end in s, r or x, but behind a vowel or n, and hardly ever in f or j
        typed.note(2 if char in "fj" or letters[-1] in "ghcmpt" else 1)
        return True
    if char == "w":
        if not typed.change_last(_HORN):
            letters.append("ư")
        typed.note(2)
        return True
    if char in _ROOF and _ROOF[char] not in letters and char in letters:
        near = letters[-1] == char
        if near or all(letter not in _VOWELS for letter in letters[_last(letters, char) + 1 :]):
            at = _last(letters, char)
            letters[at] = _ROOF[char]
            # Lee and Moon are names elsewhere; aa, iee and yee are not
            typed.note(2 if near and (char == "a" or letters[at - 1] in "iy") else 1)
            return True
    if char == "d" and letters[:1] == ["d"]:
        letters[0] = "đ"
        typed.note(2)
        return True
    return False


def _press_vni(typed: _Word, char: str, last: bool) -> bool:
    letters = typed.letters
    if char in _VNI_TONES and typed.has_vowel():
        typed.tone = _VNI_TONES[char]
        # a last digit may be a number given to the person; one inside the word is a key
        typed.note(1 if last else 2)
        return True
    if (
        (char == "6" and typed.change_last(_ROOF))
        or (char == "7" and typed.change_last({"o": "ơ", "u": "ư"}))
        or (char == "8" and typed.change_last({"a": "ă"}))
    ):
        typed.note(2)
        return True
    if char == "9" and letters[:1] == ["d"]:
        letters[0] = "đ"
        typed.note(2)
        return True
    return False


def _last(letters: list[str], letter: str) -> int:
    return len(letters) - 1 - letters[::-1].index(letter)
