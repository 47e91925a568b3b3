"""A whole cell that holds a name: the plain way, and the long way for what is not plain."""

from __future__ import annotations

import re
from typing import TypeVar

import attrs

from vnvaxmatch.normalize.encodings import Encoding
from vnvaxmatch.normalize.folding import MAX_LENGTH, narrow
from vnvaxmatch.normalize.honorifics import is_placeholder, split_newborn, strip_titles
from vnvaxmatch.normalize.letters import APOSTROPHES, INVISIBLE, compose
from vnvaxmatch.normalize.minorities import LONE_MARKERS, has_lone_marker
from vnvaxmatch.normalize.persons import NEWBORN, PersonName
from vnvaxmatch.normalize.repairs import CHANGE_OF, Repair, repair
from vnvaxmatch.normalize.syllables import Flag, combine, judge, key_of_word
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected

__all__ = ["CACHED_UP_TO", "read_plain", "read_whole"]

CACHED_UP_TO = 150
"""Characters up to which a cell may be read word by word from the cache of words."""

_Code = TypeVar("_Code", Change, Doubt)
_ORDER: dict[Change | Doubt, int] = {code: at for at, code in enumerate([*Change, *Doubt])}
_ROUNDS = 8
_SPELLING = Flag.CASE | Flag.LOOK_ALIKES | Flag.TONE_PLACEMENT | Flag.APOSTROPHE
_MAYBE_BYTES = Flag.UNKNOWN | Flag.UNSEEN | Flag.ODD_CASE
_SURROGATES = re.compile("[\ud800-\udfff]")
# joiners belong to the letters of Arabic and Indic scripts; in a Latin word they are debris
_JOINERS = re.compile("(?<![\u0590-\u1dff])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0590-\u1dff])")
_SPACED_MARK = re.compile("(?<=[^\\W\\d_]) +(?=[\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323])")
_NUMBERING = re.compile(r"[(\[]?[0-9]{1,5}\s*[.)\]:/-]+\s*(?=[^\W\d_])")
_SEX_AFTER = re.compile(r"\s*[(\[](?:nam|nữ|nu|nữ giới|trai|gái)[)\]]$", re.IGNORECASE)
_INNER_DOT = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
_JOINED_BY_SIGNS = re.compile(r"(?<=[^\W\d_])[_+]+(?=[^\W\d_])")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_JUNK = ' ,;:*_"|/\\+=#!<>^&%$@•·…–—«»“”„-'
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def read_plain(text: str) -> Normalized[PersonName] | None:
    """Read a name whose every word speaks for itself (see :func:`~.syllables.syllable`), or None.

    Words that are titles too (Anh, Sĩ) do so wherever the name does not begin with such a word.

    >>> read_plain("NGUYỄN VĂN AN").value.text
    'Nguyễn Văn An'
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
    if flags & Flag.WHOLE or (flags & Flag.TITLE and judge(words[0]).flags & Flag.FRONT):
        return None
    changes, doubts = combine(flags, len(words))
    return Normalized(PersonName(" ".join(texts), " ".join(keys)), changes, doubts)


def read_whole(text: str, *, hint: Encoding | None = None) -> Reading[PersonName]:
    """Read any cell, the long way: repair, clean, take titles off, then word by word.

    Reads its own output again until nothing changes, so that what it gives is settled: behind one
    layer of damage there may be another.
    """
    changes: set[Change] = set()
    reading = _read_once(text, hint)
    for _ in range(_ROUNDS):
        if isinstance(reading, Rejected):
            return reading
        changes.update(reading.changes)
        if reading.value.text == text:
            break
        text = reading.value.text
        if len(text) > MAX_LENGTH:
            return Rejected(Reason.TOO_LONG)
        plain = read_plain(text) if len(text) <= CACHED_UP_TO else None
        if plain is not None and not plain.changes:
            return Normalized(plain.value, _in_order(changes), plain.doubts)
        reading = _read_once(text, hint)
    if isinstance(reading, Rejected):
        return reading
    return Normalized(reading.value, _in_order(changes), reading.doubts)


def _read_once(text: str, hint: Encoding | None) -> Reading[PersonName]:
    changes: set[Change] = set()
    doubts: set[Doubt] = set()
    words = [word for word in text.split(" ") if word]
    repaired = repair(words, hint=hint)
    changes.update(CHANGE_OF[encoding] for encoding in repaired.encodings)
    if repaired.doubt:
        doubts.add(repaired.doubt)
    spaced = " ".join(repaired.words)
    if " ".join(words) != text:
        changes.add(Change.NAME_SPACES)
    if repaired.encodings and len(spaced) <= CACHED_UP_TO:
        # what comes out of a repair is mostly plain, and has no case of its own
        plain = read_plain(spaced)
        if plain is not None and not repaired.doubt:
            changes.update(change for change in plain.changes if change is not Change.NAME_CASE)
            return Normalized(plain.value, _in_order(changes), plain.doubts)
    cleaned = _clean(spaced, changes)
    if not cleaned:
        return BLANK
    stripped = _strip_around(cleaned, changes)
    if not any(char.isalpha() for char in stripped):
        nothing = is_placeholder(cleaned) and "?" not in cleaned and "\ufffd" not in cleaned
        return Rejected(Reason.NAME_PLACEHOLDER if nothing else Reason.NAME_NOT_A_NAME)
    if _EMAIL.fullmatch(cleaned):
        return Rejected(Reason.NAME_NOT_A_NAME)
    if is_placeholder(stripped):
        return Rejected(Reason.NAME_PLACEHOLDER)
    return _read_words(stripped, changes, doubts, repaired=repaired)


def _read_words(
    text: str, changes: set[Change], doubts: set[Doubt], *, repaired: Repair
) -> Reading[PersonName]:
    mother = split_newborn(text)
    if mother is not None:
        if text != NEWBORN + mother:
            changes.add(Change.NAME_PUNCTUATION)
        text = mother
        if not any(char.isalpha() for char in text) or is_placeholder(text):
            return Rejected(Reason.NAME_PLACEHOLDER)
        doubts.add(Doubt.NAME_NEWBORN)
    words, stripped, maybe = strip_titles(text.split(" "))
    words = _without_dots(words, changes)
    if stripped:
        changes.add(Change.NAME_HONORIFIC)
    if maybe:
        doubts.add(Doubt.NAME_MAYBE_HONORIFIC)
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
    if has_lone_marker(texts):
        flags |= Flag.MARKER
    elif any(one.lower() in LONE_MARKERS - {"y", "ka"} for one in texts):
        flags |= Flag.ABBREVIATED
    more_changes, more_doubts = combine(flags, len(words))
    changes.update(more_changes)
    doubts.update(more_doubts)
    before = NEWBORN if mother is not None else ""
    value = PersonName(
        before + " ".join(texts),
        before.lower() + " ".join(one.key for one in judged if one.key),
        mother is not None,
    )
    return Normalized(value, _in_order(changes), _in_order(doubts))


def _in_order(codes: set[_Code]) -> tuple[_Code, ...]:
    """Sort codes as they are declared."""
    return tuple(sorted(codes, key=_ORDER.__getitem__)) if len(codes) > 1 else tuple(codes)


def _clean(text: str, changes: set[Change]) -> str:
    """Bring the cell into one Unicode form, with plain spaces and plain signs."""
    whole = _SURROGATES.sub("\ufffd", text)
    if whole != text:
        changes.add(Change.NAME_UNICODE)
    spaced = " ".join(_JOINERS.sub("", INVISIBLE.sub("", whole)).split())
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
    text = _SEX_AFTER.sub("", _NUMBERING.sub("", text, count=1) if _starts_number(text) else text)
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


def _starts_number(text: str) -> bool:
    return _NUMBERING.match(text) is not None


def _without_dots(words: list[str], changes: set[Change]) -> list[str]:
    """Drop dots behind whole syllables; one behind an abbreviation or a title stays."""
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
