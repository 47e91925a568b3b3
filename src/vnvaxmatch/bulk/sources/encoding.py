"""Which encoding a text file is in, best first: told by marks, by validity, then by its words."""

from __future__ import annotations

import re
import unicodedata

from vnvaxmatch import normalize
from vnvaxmatch.outcome import Doubt, Normalized

__all__ = ["best_encoding", "best_of_bytes", "utf16_without_mark"]

_POOR = frozenset(
    {Doubt.NAME_UNKNOWN_SYLLABLE, Doubt.NAME_MAYBE_ENCODED, Doubt.NAME_DAMAGED_LETTER}
)


def best_encoding(head: bytes) -> list[str]:
    """List the encodings a file may be in, the likeliest first, from its first bytes.

    A byte order mark decides; then UTF-16 by its zeros; then valid UTF-8; then its words.
    """
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return ["utf-32"]
    if head.startswith(b"\xef\xbb\xbf"):
        return ["utf-8-sig"]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    unmarked = utf16_without_mark(head)
    if unmarked is not None:
        return [unmarked]
    try:
        _drop_cut_letter(head).decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return ["utf-8"]
    if _mostly_utf8(head):
        return ["utf-8"]
    return best_of_bytes(head)


def utf16_without_mark(head: bytes) -> str | None:
    """Tell UTF-16 that has no byte order mark, and which of the two, from its first bytes.

    The delimiters and figures of a list leave zeros on one side; and what the other kinds of file
    have so many zeros in is no text when it is read so.
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 8:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    strange = sum(unicodedata.category(sign) in _STRANGE for sign in text if sign not in "\t\n\r")
    return encoding if strange <= max(len(text) // 50, _FEW) else None


_STRANGE = frozenset({"Cc", "Cn", "Co", "Cs", "So"})
"""Kinds of signs that text hardly has; U+FFFD is among the last."""

_FEW = 8
"""So many of them are debris in a small list."""


def best_of_bytes(head: bytes) -> list[str]:
    """List the one-byte encodings, the likeliest first.

    cp1258 holds Vietnamese itself, latin-1 carries the bytes of legacy fonts (TCVN3, VNI, VISCII,
    VPS), which :func:`vnvaxmatch.normalize.name` then reads: the one under which more words are
    Vietnamese comes first.
    """
    return sorted(("cp1258", "latin-1"), key=lambda encoding: -_vietnamese(head, encoding))


def _drop_cut_letter(head: bytes) -> bytes:
    """Drop a letter that the end of the sample cut in two: up to three bytes."""
    for back in range(1, min(4, len(head)) + 1):
        if head[-back] >= 0xC0:
            return head[:-back]
        if head[-back] < 0x80:
            break
    return head


def _mostly_utf8(head: bytes) -> bool:
    """Tell a UTF-8 file with a few foreign lines from a file in another encoding."""
    lines = [line for line in head.splitlines() if not line.isascii()]
    good = 0
    for line in lines:
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            continue
    return good * 2 > len(lines)


def _vietnamese(head: bytes, encoding: str) -> int:
    """Count the words beyond ASCII that read as Vietnamese under an encoding."""
    text = head[:65_536].decode(encoding, "replace")
    words = {word for word in re.split(r"[^\w\x80-\U0010ffff]+", text) if not word.isascii()}
    count = 0
    for word in sorted(words)[:500]:
        reading = normalize.name(word)
        count += isinstance(reading, Normalized) and not _POOR.intersection(reading.doubts)
    return count
