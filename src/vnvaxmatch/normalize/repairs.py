"""Which repair a damaged cell needs: asks mojibake, legacy fonts, keystrokes and cp1258 in turn.

Each is tried on the words of a cell only while some word cannot be, or was never, part of a name;
and a cell that holds a letter of the Ê Đê or Gia Rai is never decoded.
"""

from __future__ import annotations

from typing import NamedTuple

from vnvaxmatch.normalize.cp1258 import undo, undone_by_vote
from vnvaxmatch.normalize.encodings import Encoding, decode_cell, shows_signs
from vnvaxmatch.normalize.keystrokes import ENOUGH, Replay, replay
from vnvaxmatch.normalize.minorities import MINORITY_LETTERS, has_lone_marker, joined_marker
from vnvaxmatch.normalize.mojibake import repair_lost_spaces, repair_word
from vnvaxmatch.normalize.syllables import Flag, judge, may_be_damaged
from vnvaxmatch.normalize.vocabulary import vocabulary
from vnvaxmatch.outcome import Change, Doubt

__all__ = ["CHANGE_OF", "Repair", "may_need_repair", "repair"]

CHANGE_OF = {
    Encoding.TCVN3: Change.NAME_TCVN3,
    Encoding.VNI: Change.NAME_VNI,
    Encoding.VISCII: Change.NAME_VISCII,
    Encoding.VPS: Change.NAME_VPS,
    Encoding.MOJIBAKE: Change.NAME_MOJIBAKE,
    Encoding.CP1258: Change.NAME_CP1258,
    Encoding.TELEX: Change.NAME_TELEX_KEYS,
    Encoding.VNI_KEYS: Change.NAME_VNI_KEYS,
}
"""The change that each repair reports."""

_DESPITE_ODD_WORDS = 4
# words of other languages that keys might spell, alone among Vietnamese ones: Lee Kim Anh
_FOREIGN_LIST = "bas das dos hans lars lee lex los luis lux mas max moon nair noor soo tess yoo"
_FOREIGN_ALIKE = frozenset(_FOREIGN_LIST.split())


class Repair(NamedTuple):
    """The words of a cell after repair, what was done, and what is doubtful."""

    words: list[str]
    encodings: tuple[Encoding, ...] = ()
    doubt: Doubt | None = None
    bytes_kept: bool = False
    """Whether some words may still be bytes of a lost encoding, so that their case matters."""


def may_need_repair(words: list[str]) -> bool:
    """Say whether :func:`repair` may change these words, or find something doubtful.

    >>> may_need_repair(["NguyÔn", "V¨n", "Hïng"]), may_need_repair(["Nguyễng", "Văn", "Hùng"])
    (True, False)
    """
    flags = 0
    for word in words:
        flags |= judge(word).flags
    return may_be_damaged(flags) and MINORITY_LETTERS.isdisjoint("".join(words))


def repair(words: list[str], *, hint: Encoding | None = None) -> Repair:
    """Undo the damage of one cell, split at plain spaces, as far as it is beyond doubt.

    >>> repair(["NguyÔn", "V¨n", "Hïng"]).words
    ['nguyễn', 'văn', 'hùng']
    """
    if not may_need_repair(words):
        return Repair(words)
    done: list[Encoding] = []
    repaired = [repair_word(word) or word for word in words]
    repaired = repair_lost_spaces(repaired, sure=repaired != words)
    if repaired != words:
        done.append(Encoding.MOJIBAKE)
        words = repaired
    doubt = None
    bytes_kept = False
    if hint is not None or not _is_ede_with_tilde(words):
        decoded = decode_cell(words, hint=hint)
        if isinstance(decoded, tuple):
            done.append(decoded[0])
            words = decoded[1]
        else:
            bytes_kept = bool(decoded) or any(shows_signs(word) for word in words)
    keys, sure = _replay(words, hint)
    if keys and sure:
        done += dict.fromkeys(key.encoding for key in keys.values())
        words = [keys[at].text if at in keys else word for at, word in enumerate(words)]
    elif keys or bytes_kept:
        doubt = Doubt.NAME_MAYBE_ENCODED
    if not done:
        undone, doubt = _cp1258(words, hint, doubt)
        if undone != words:
            done.append(Encoding.CP1258)
            words = undone
    return Repair(words, tuple(done), doubt, bytes_kept)


def _is_ede_with_tilde(words: list[str]) -> bool:
    """Say whether ñ is the only sign of a lost encoding in a name with a marker: Y Ñam."""
    if "ñ" not in "".join(words).lower():
        return False
    return has_lone_marker(words) or any(joined_marker(word) for word in words)


def _replay(words: list[str], hint: Encoding | None) -> tuple[dict[int, Replay], bool]:
    """Replay the keys left in the words, and say whether they are beyond doubt."""
    keys = {at: keys for at, word in enumerate(words) if (keys := replay(word))}
    if not keys:
        return keys, False
    if hint in {key.encoding for key in keys.values()}:
        return keys, True
    others = [judge(word).flags for at, word in enumerate(words) if at not in keys]
    odd = any(flags & (Flag.UNKNOWN | Flag.DIGITS) for flags in others)
    weight = sum(
        # only behind the last word may a digit be a number given to the person
        key.weight + (key.encoding is Encoding.VNI_KEYS and at < len(words) - 1)
        for at, key in keys.items()
    )
    if odd:
        return keys, weight >= _DESPITE_ODD_WORDS
    strong = any(key.weight >= ENOUGH or key.encoding is Encoding.VNI_KEYS for key in keys.values())
    if weight >= ENOUGH:
        # Max Lee looks like keys throughout: some word must be a name as it stands
        return keys, strong or bool(others)
    if len(others) < ENOUGH or not _FOREIGN_ALIKE.isdisjoint(words[at].lower() for at in keys):
        return keys, False
    first = keys[0].text if 0 in keys else judge(words[0]).key
    return keys, vocabulary().is_surname(first) and Encoding.TELEX in {
        key.encoding for key in keys.values()
    }


def _cp1258(
    words: list[str], hint: Encoding | None, doubt: Doubt | None
) -> tuple[list[str], Doubt | None]:
    damaged = any(judge(word).flags & (Flag.UNKNOWN | Flag.UNSEEN) and undo(word) for word in words)
    if not damaged:
        return words, doubt
    if hint != Encoding.CP1258:
        return words, doubt or Doubt.NAME_MAYBE_CP1258
    return [undone_by_vote(word) or word for word in words], doubt
