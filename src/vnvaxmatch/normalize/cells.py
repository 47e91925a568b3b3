"""A whole cell that holds a name: the plain way, and the long way for what is not plain."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeVar

import attrs

from vnvaxmatch.normalize.encodings import Encoding
from vnvaxmatch.normalize.folding import MAX_LENGTH, lazy, narrow
from vnvaxmatch.normalize.honorifics import is_placeholder, split_newborn, strip_titles
from vnvaxmatch.normalize.letters import APOSTROPHES, INVISIBLE, compose
from vnvaxmatch.normalize.minorities import LONE_MARKERS, has_lone_marker
from vnvaxmatch.normalize.persons import NEWBORN, PersonName
from vnvaxmatch.normalize.repairs import CHANGE_OF, Repair, may_need_repair, repair
from vnvaxmatch.normalize.syllables import Flag, combine, judge, may_be_damaged
from vnvaxmatch.normalize.words import key_of_word
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected

__all__ = ["CACHED_UP_TO", "is_sum_of_words", "read_plain", "read_whole"]

CACHED_UP_TO = 150
"""Characters up to which a cell may be read word by word from the cache of words."""

_Code = TypeVar("_Code", Change, Doubt)
_ORDER: dict[Change | Doubt, int] = {code: at for at, code in enumerate([*Change, *Doubt])}
_ROUNDS = 8
# Y and Ka are names too
_LETTERS_OF_MARKERS = LONE_MARKERS - {"y", "ka"}
_SPELLING = Flag.CASE | Flag.LOOK_ALIKES | Flag.TONE_PLACEMENT | Flag.APOSTROPHE
_MAYBE_BYTES = Flag.UNKNOWN | Flag.UNSEEN | Flag.ODD_CASE
_LETTER_LIST = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
# what needs no taking off, and what needs no cleaning: ASCII without the backtick
_ORDINARY = re.compile(f"[{_LETTER_LIST} ]+")
_CLEAN = re.compile(f"[ -_a-~{_LETTER_LIST}]+")
_SURROGATES = "[\ud800-\udfff]"
# joiners belong to the letters of Arabic and Indic scripts; in a Latin word they are debris
_JOINERS = "(?<![\u0590-\u1dff])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0590-\u1dff])"
_SPACED_MARK = re.compile("(?<=[^\\W\\d_]) +(?=[\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323])")
_NUMBERING = re.compile(r"[(\[]?[0-9]{1,5}\s*[.)\]:/-]+\s*(?=[^\W\d_])")
_SEX_AFTER = lazy(r"(?i)\s*[(\[](?:nam|nữ|nu|nữ giới|trai|gái)[)\]]$", anywhere=True)
_INNER_DOT = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
_JOINED_BY_SIGNS = re.compile(r"(?<=[^\W\d_])[_+]+(?=[^\W\d_])")
_EMAIL = lazy(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_JUNK = ' ,;:*_"|/\\+=#!<>^&%$@•·…–—«»“”„-'
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def read_plain(text: str) -> Normalized[PersonName] | None:
    """Read a name whose every word speaks for itself (see :func:`~.syllables.syllable`), or None.

    So do words that are titles too (Anh, Sĩ) wherever no title may begin the name, and words that
    are no syllables but harmless (typing errors, foreign names, markers, abbreviations) wherever
    no word of the name may be damage.

    >>> read_plain("NGUYỄN VĂN AN").value.text, read_plain("Mary O'Neil").value.text
    ('Nguyễn Văn An', "Mary O'Neil")
    >>> read_plain("Ông Nguyễn Văn An"), read_plain("NguyÔn V¨n An")
    (None, None)
    """
    words = text.split(" ")
    flags = 0
    if "" in words:
        words = [word for word in words if word]
        flags = Flag.SPACES
        if not words:
            return None
    texts = []
    keys = []
    for word in words:
        judged = judge(word)
        flags |= judged.flags
        texts.append(judged.text)
        keys.append(judged.key)
    if flags & Flag.NO_SYLLABLE:
        if flags & Flag.WHOLE:
            return None
        within = _judge_within(words, texts, flags)
        if within is None:
            return None
        flags = within
    changes, doubts = combine(flags, len(words))
    return Normalized(PersonName(" ".join(texts), " ".join(keys)), changes, doubts)


def is_sum_of_words(flags: int, first: int) -> bool:
    """Say of a name, by its flags and those of its first word, that :func:`read_plain` reads it.

    Its text and key are then those of its words, and its flags the OR of theirs. Where some words
    must be looked at again, each beside the others, the flags cannot say it: then False.
    """
    if not flags & Flag.NO_SYLLABLE:
        return True
    if flags & (Flag.WHOLE | Flag.LONE | Flag.LETTER | Flag.ABBREVIATED):
        return False
    return not (flags & Flag.TITLE and first & Flag.FRONT) and not may_be_damaged(flags)


def _judge_within(words: list[str], texts: list[str], flags: int) -> int | None:
    """Judge words that are no syllables within their name: give its flags, or None."""
    if flags & Flag.TITLE and judge(words[0]).flags & Flag.FRONT:
        # Đồng is a surname where no chí follows
        _, stripped, maybe = strip_titles(texts)
        if stripped or maybe:
            return None
    if may_be_damaged(flags):
        return None
    if flags & Flag.LONE:
        flags |= _lone_markers(texts)
    if flags & (Flag.LETTER | Flag.ABBREVIATED) and is_placeholder(" ".join(texts)):
        return None
    return flags


def _lone_markers(texts: list[str]) -> int:
    """Say what the letters among the words are, at least one of them a marker somewhere."""
    if has_lone_marker(texts):
        return Flag.MARKER
    if not _LETTERS_OF_MARKERS.isdisjoint([text.lower() for text in texts]):
        return Flag.ABBREVIATED
    return 0


def read_whole(text: str, *, hint: Encoding | None = None) -> Reading[PersonName]:
    """Read any cell, the long way: repair, clean, take titles off, then word by word.

    Reads its own output again until nothing changes, so that what it gives is settled: behind one
    layer of damage there may be another.
    """
    changes: set[Change] = set()
    once = _read_once(text, hint, changes)
    for _ in range(_ROUNDS):
        if isinstance(once, Rejected):
            return once
        if once.settled or once.value.text == text:
            break
        text = once.value.text
        if len(text) > MAX_LENGTH:
            return Rejected(Reason.TOO_LONG)
        plain = read_plain(text) if len(text) <= CACHED_UP_TO else None
        if plain is not None and not plain.changes:
            return Normalized(plain.value, _in_order(changes), plain.doubts)
        once = _read_once(text, hint, changes)
    if isinstance(once, Rejected):
        return once
    return Normalized(once.value, _in_order(changes), once.doubts)


class _Once(NamedTuple):
    """A cell read once; ``settled`` if reading the text again is known to change nothing."""

    value: PersonName
    doubts: tuple[Doubt, ...]
    settled: bool


def _read_once(text: str, hint: Encoding | None, changes: set[Change]) -> _Once | Rejected:
    words = text.split(" ")
    if "" in words:
        words = [word for word in words if word]
        changes.add(Change.NAME_SPACES)
    repaired = repair(words, hint=hint)
    changes.update([CHANGE_OF[encoding] for encoding in repaired.encodings])
    spaced = " ".join(repaired.words)
    if repaired.encodings and (plain := _read_rest(spaced, changes, repaired=repaired)):
        return plain
    bare = spaced
    if not _ORDINARY.fullmatch(spaced):
        cleaned = _clean(spaced, changes)
        if not cleaned:
            return BLANK
        bare = _strip_around(cleaned, changes)
        if not any(char.isalpha() for char in bare):
            nothing = is_placeholder(cleaned) and "?" not in cleaned and "\ufffd" not in cleaned
            return Rejected(Reason.NAME_PLACEHOLDER if nothing else Reason.NAME_NOT_A_NAME)
        if "@" in cleaned and _EMAIL(cleaned):
            return Rejected(Reason.NAME_NOT_A_NAME)
        if bare != spaced and (plain := _read_rest(bare, changes, repaired=repaired)):
            return plain
    if is_placeholder(bare):
        return Rejected(Reason.NAME_PLACEHOLDER)
    return _read_words(bare, changes, repaired=repaired)


def _read_rest(text: str, changes: set[Change], *, repaired: Repair) -> _Once | None:
    """Read plainly what is left after a repair or a cleaning, if nothing is doubtful about it."""
    if repaired.doubt or repaired.bytes_kept or len(text) > CACHED_UP_TO:
        return None
    plain = read_plain(text)
    if plain is None:
        return None
    # what comes out of a repair has no case of its own
    repair_case = bool(repaired.encodings)
    changes.update([c for c in plain.changes if not (repair_case and c is Change.NAME_CASE)])
    return _Once(plain.value, plain.doubts, settled=True)


def _read_words(text: str, changes: set[Change], *, repaired: Repair) -> _Once | Rejected:
    mother = split_newborn(text)
    if mother is not None:
        return _read_mother(text, mother, changes, repaired=repaired)
    words, stripped, maybe = strip_titles(text.split(" "))
    if stripped:
        changes.add(Change.NAME_HONORIFIC)
        if plain := _read_rest(" ".join(words), changes, repaired=repaired):
            return plain
    value, doubts = _put_together(words, changes, repaired=repaired)
    if maybe:
        doubts.add(Doubt.NAME_MAYBE_HONORIFIC)
    return _Once(value, _in_order(doubts), settled=False)


def _read_mother(
    text: str, mother: str, changes: set[Change], *, repaired: Repair
) -> _Once | Rejected:
    """Read a newborn's cell, which names the mother."""
    if text != NEWBORN + mother:
        changes.add(Change.NAME_PUNCTUATION)
    if not any(char.isalpha() for char in mother) or is_placeholder(mother):
        return Rejected(Reason.NAME_PLACEHOLDER)
    if plain := _read_rest(mother, changes, repaired=repaired):
        value, doubts = plain.value, set(plain.doubts)
        settled = not may_need_repair([NEWBORN.strip(), *value.tokens])
    else:
        words, stripped, maybe = strip_titles(mother.split(" "))
        if stripped:
            changes.add(Change.NAME_HONORIFIC)
        value, doubts = _put_together(words, changes, repaired=repaired)
        if maybe:
            doubts.add(Doubt.NAME_MAYBE_HONORIFIC)
        settled = False
    doubts.add(Doubt.NAME_NEWBORN)
    child = PersonName(NEWBORN + value.text, NEWBORN.lower() + value.key, newborn=True)
    return _Once(child, _in_order(doubts), settled)


def _put_together(
    words: list[str], changes: set[Change], *, repaired: Repair
) -> tuple[PersonName, set[Doubt]]:
    """Judge each word, and make a name of them."""
    words = _without_dots(words, changes)
    judged = [judge(word) for word in words]
    if repaired.bytes_kept:
        # capitals are bytes too: what may yet be decoded keeps its letters
        judged = [
            attrs.evolve(one, text=word, key=key_of_word(word), flags=one.flags & ~_SPELLING)
            if one.flags & _MAYBE_BYTES and not word.isascii()
            else one
            for one, word in zip(judged, words, strict=True)
        ]
    texts = [one.text for one in judged]
    flags = 0
    for one in judged:
        flags |= one.flags
    if repaired.encodings:
        flags &= ~Flag.CASE
    if flags & Flag.LONE:
        flags |= _lone_markers(texts)
    more, doubts = combine(flags, len(words))
    changes.update(more)
    found = {*doubts, repaired.doubt} if repaired.doubt else {*doubts}
    return PersonName(" ".join(texts), " ".join([one.key for one in judged if one.key])), found


def _in_order(codes: set[_Code]) -> tuple[_Code, ...]:
    """Sort codes as they are declared."""
    return tuple(sorted(codes, key=_ORDER.__getitem__)) if len(codes) > 1 else tuple(codes)


def _clean(text: str, changes: set[Change]) -> str:
    """Bring the cell into one Unicode form, with plain spaces and plain signs."""
    if _CLEAN.fullmatch(text):
        return text
    # neither surrogates nor joiners are printable
    rare = not text.isprintable()
    whole = re.sub(_SURROGATES, "\ufffd", text) if rare else text
    if whole != text:
        changes.add(Change.NAME_UNICODE)
    visible = INVISIBLE.sub("", whole)
    spaced = " ".join((re.sub(_JOINERS, "", visible) if rare else visible).split())
    if spaced != whole:
        changes.add(Change.NAME_SPACES)
    joined = _SPACED_MARK.sub("", spaced)
    nfc, ordered = compose(joined)
    if nfc != spaced:
        changes.add(Change.NAME_UNICODE)
    if ordered != nfc:
        changes.add(Change.NAME_MARK_ORDER)
    wide = narrow(ordered)
    if wide != ordered:
        changes.add(Change.NAME_LOOK_ALIKES)
    straight = APOSTROPHES.sub("'", wide)
    if straight != wide:
        changes.add(Change.NAME_APOSTROPHE)
    return straight


def _strip_around(text: str, changes: set[Change]) -> str:
    """Take off what is around a name and no part of it: quotes, numbering, brackets, (nữ)."""
    stripped = text
    if split_newborn(text) is None:
        before = ""
        while before != stripped:
            before = stripped
            stripped = _strip_once(stripped)
    stripped = " ".join(_JOINED_BY_SIGNS.sub(" ", _INNER_DOT.sub(". ", stripped)).split())
    if stripped != text:
        changes.add(Change.NAME_PUNCTUATION)
    return stripped


def _strip_once(text: str) -> str:
    if numbering := _NUMBERING.match(text):
        text = text[numbering.end() :]
    if text.endswith((")", "]")) and (sex := _SEX_AFTER(text)):
        text = text[: sex.start()]
    text = text.lstrip(_JUNK + ".'").rstrip(_JUNK + "([{")
    if text.endswith("'") and text.split(" ")[-1].lower() not in LONE_MARKERS:
        text = text[:-1]
    closing = _BRACKETS.get(text[:1])
    if closing and (closing not in text or text.find(closing) == len(text) - 1):
        text = text[1:].removesuffix(closing)
    for opening, closing in _BRACKETS.items():
        if text.endswith(closing) and opening not in text:
            text = text[:-1]
    return text


def _without_dots(words: list[str], changes: set[Change]) -> list[str]:
    """Drop dots behind whole syllables; one behind an abbreviation or a title stays."""
    if "." not in "".join(words):
        return words
    kept = []
    for at, word in enumerate(words):
        bare = word.rstrip(".")
        enough = 2 if at == len(words) - 1 else 3
        odd = judge(bare).flags & (Flag.UNKNOWN | Flag.ABBREVIATED | Flag.DIGITS)
        if bare == word or len(bare) < enough or odd:
            kept.append(word)
        else:
            kept.append(bare)
            changes.add(Change.NAME_PUNCTUATION)
    return [word for word in kept if word]
