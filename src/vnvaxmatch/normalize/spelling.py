"""The spelling of one Vietnamese syllable: what can be one, and where its tone mark stands.

A syllable is onset + rhyme + tone. The tone is a property of the whole, so wherever it was typed it
is read, and written in the one place that people use: on the vowel that carries a mark of its own,
else before a final consonant on the last vowel, else on the first (hòa, thúy) or the middle one
(hoài). ``qu`` and ``gi`` are onsets: quý, giá. Decision 1989/QĐ-BGDĐT writes hoà and thuý, but
people write hòa and thúy, 544 to 31 and 3150 to 81 in the counted names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from vnvaxmatch.normalize.letters import VOWEL_OF, WITH_TONE

__all__ = ["Spelling", "identity", "spell", "unmark", "unmarked_spelling"]

_ONSET_LIST = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RHYME_LIST = (
    "a ai ao au ay âu ây e eo ê êu i ia iu iêu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua ui uy uya "
    "uyu uê uêu uôi uây uơ ư ưa ưi ưu ươi ươu y yêu "
    "ac ach am an ang anh ap at ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât ec em en eng ep et "
    "êch êm ên ênh êp êt ich im in inh ip it oc om on ong op ot ôc ôm ôn ông ôp ôt ơm ơn ơp ơt "
    "uc um un ung up ut ưc ưm ưng ưt iêc iêm iên iêng iêp iêt yêm yên yêng yêt "
    "uôc uôm uôn uông uôt ươc ươm ươn ương ươp ươt oac oach oam oan oang oanh oap oat "
    "oăc oăm oăn oăng oăt oem oen oet uân uâng uât uêch uênh uych uyn uynh uyp uyt uyên uyêt "
    "uơn"
)
_QU_RHYME_LIST = "y ych yên yêt yn ynh yp yt ôc ơt"
_LEADING_Y_LIST = "yêm yên yêng yêt yêu"
_I_AND_Y_LIST = "h k l m s t v qu"

_ONSETS = frozenset(_ONSET_LIST.split()) | {""}
_RHYMES = frozenset(_RHYME_LIST.split())
_QU_RHYMES = frozenset({r for r in _RHYMES if r[0] in "aăâeêiơ"} | set(_QU_RHYME_LIST.split()))
_LEADING_Y = frozenset(_LEADING_Y_LIST.split())
_OWN_MARK = frozenset("ăâêôơư")
_STOPS = ("c", "ch", "p", "t")
_UNMARK = str.maketrans(
    {
        letter: vowel.translate(str.maketrans("ăâêôơư", "aaeoou"))
        for letter, (vowel, _) in VOWEL_OF.items()
    }
    | {"đ": "d"}
)
_I_AND_Y = frozenset(_I_AND_Y_LIST.split())


class Spelling(NamedTuple):
    """A syllable taken apart, in lower case."""

    onset: str
    rhyme: str
    tone: str
    text: str
    """The canonical spelling."""


@lru_cache(maxsize=1 << 15)
def spell(word: str) -> Spelling | None:
    """Take one word in lower-case NFC apart, or give None where it cannot be a syllable.

    >>> spell("qúy").text, spell("hoà").text, spell("hùynh").text, spell("krông")
    ('quý', 'hòa', 'huỳnh', None)
    """
    if not 0 < len(word) <= 7:
        return None
    tone = ""
    base = []
    for letter in word:
        vowel, mark = VOWEL_OF.get(letter, (letter, ""))
        if mark:
            if tone:
                return None
            tone = mark
        base.append(vowel)
    split = _split("".join(base), _RHYMES, _QU_RHYMES)
    if split is None:
        return None
    onset, rhyme = split
    if rhyme.endswith(_STOPS) and tone not in ("\u0301", "\u0323"):
        return None
    at = _tone_at(rhyme)
    text = onset + rhyme[:at] + WITH_TONE[rhyme[at], tone] + rhyme[at + 1 :]
    return Spelling(onset, rhyme, tone, text)


def _split(base: str, rhymes: frozenset[str], qu_rhymes: frozenset[str]) -> tuple[str, str] | None:
    """Split into onset and rhyme; the longest onset that leaves a rhyme wins."""
    for size in (3, 2, 1, 0):
        onset, rhyme = base[:size], base[size:]
        if len(onset) != size or onset not in _ONSETS or not rhyme:
            continue
        if rhyme in (qu_rhymes if onset == "qu" else rhymes) and _agree(onset, rhyme):
            return onset, rhyme
    return None


def _agree(onset: str, rhyme: str) -> bool:
    """Apply the rules of c/k, g/gh and ng/ngh before front vowels, and of a leading y."""
    front = rhyme[0] in "eêiy"
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "ng"):
        return not front
    if onset == "g":
        return not front or rhyme[0] == "i"
    if onset == "gi":
        return rhyme[0] not in "iy"
    if rhyme in _LEADING_Y:
        return onset in ("", "qu")
    return True


def _tone_at(rhyme: str) -> int:
    marked = [i for i, letter in enumerate(rhyme) if letter in _OWN_MARK]
    if marked:
        return marked[-1]
    vowels = len(rhyme.rstrip("cghmnpt"))
    if vowels == 1 or (vowels == 2 and vowels == len(rhyme)):
        return 0
    return 1


_BARE_RHYMES = frozenset(r.translate(_UNMARK) for r in _RHYMES)
_BARE_QU_RHYMES = frozenset(r.translate(_UNMARK) for r in _QU_RHYMES)


def unmarked_spelling(word: str) -> bool:
    """Say whether an ASCII word in lower case is some syllable with all its marks left out.

    Keys left over from Telex or VNI typing never make one.

    >>> unmarked_spelling("nguyen"), unmarked_spelling("nguyeenx"), unmarked_spelling("smith")
    (True, False, False)
    """
    return (
        0 < len(word) <= 6
        and word.isascii()
        and _split(word, _BARE_RHYMES, _BARE_QU_RHYMES) is not None
    )


def unmark(word: str) -> str:
    """Strip the tone and vowel marks of Vietnamese letters, in lower-case NFC; leave all others.

    >>> unmark("đường")
    'duong'
    """
    return word.translate(_UNMARK)


def identity(spelling: Spelling) -> str:
    """Write toned i and y alike where both are in use: lí = lý, mĩ = mỹ, quí = quý.

    Level-toned i and y tell given names apart (Vi, Vy; Mi, My) and stay as they are.

    >>> identity(spell("lí")), identity(spell("vi"))
    ('lý', 'vi')
    """
    onset, rhyme, tone, text = spelling
    if rhyme == "i" and tone and onset in _I_AND_Y:
        return onset + WITH_TONE["y", tone]
    return text
