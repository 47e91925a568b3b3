"""What happens to names in vaccination lists: encodings, keystrokes, marks, haste.

Each function takes a source of randomness and a canonical name and gives the damaged text, or None
where that damage has nothing to take hold of. The legacy encodings are those of the package's
tables; a legacy text is shown as Western letters, as it stands in the cells of old spreadsheets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import TypeAlias, TypeVar

from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.synthetic.parts import names

__all__ = ["NAME_DAMAGE", "NameDamage", "legacy", "pick", "typo", "unmarked"]

NameDamage: TypeAlias = Callable[[Random, str], str | None]
T = TypeVar("T")

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_LETTERS = "abcdeghiklmnopqrstuvxy"
_NEXT_KEY = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "g": "fh", "h": "gj", "i": "uo",
    "k": "jl", "l": "ko", "m": "nk", "n": "bm", "o": "ip", "p": "ol", "q": "wa", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "x": "zc", "y": "tu",
}  # fmt: skip
_HONORIFICS = ("Cháu ", "BS. ", "Bs ", "Đ/c ", "Em ", "ThS. ")
_OF_MEN = ("Ông ", "Ông ", "Anh ", "Ông: ", "Chú ", "(Ông) ")
_OF_WOMEN = ("Bà ", "Bà ", "Chị ", "Bà: ", "Cô ", "(Bà) ")
_MOVED_TONES = {
    "òa": "oà", "óa": "oá", "ỏa": "oả", "õa": "oã", "ọa": "oạ",
    "òe": "oè", "óe": "oé", "ỏe": "oẻ", "õe": "oẽ", "ọe": "oẹ",
    "ùy": "uỳ", "úy": "uý", "ủy": "uỷ", "ũy": "uỹ", "ụy": "uỵ",
}  # fmt: skip
_TONED_Y = dict(zip("ýỳỷỹỵ", "íìỉĩị", strict=True))
_CONFUSED = (("\u0309", "\u0303"), ("\u0303", "\u0309"))  # hỏi and ngã
_REGIONAL = (
    (r"^S", "X"), (r"^X", "S"), (r"^Tr", "Ch"), (r"^Ch", "Tr"), (r"^L", "N"), (r"^N(?![gh])", "L"),
    (r"^V", "D"), (r"^D", "Gi"), (r"n$", "ng"), (r"ng$", "n"),
    (r"t$", "c"), (r"c$", "t"),
)  # fmt: skip


def pick(rng: Random, options: Sequence[T]) -> T:
    """Choose one; stable across Python versions, which ``choice`` does not promise."""
    return options[int(rng.random() * len(options))]


def unmarked(text: str) -> str:
    """Strip tone and vowel marks.

    >>> unmarked("Đặng Thị Hường")
    'Dang Thi Huong'
    """
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _changed(new: str, old: str) -> str | None:
    return new if new != old else None


def _some_word(
    rng: Random, name: str, change: Callable[[str], str | None], *, every: bool = False
) -> str | None:
    """Change one word that can be changed, or every one."""
    words = name.split(" ")
    found = {n: new for n, word in enumerate(words) if (new := change(word)) not in (None, word)}
    if not found:
        return None
    for n in found if every else [pick(rng, sorted(found))]:
        words[n] = found[n] or ""
    return " ".join(words)


@cache
def _western(encoding: str) -> dict[str, str]:
    return {
        row["unicode"]: _show(bytes.fromhex(row["legacy_bytes_hex"]), "cp1252")
        for row in rows(f"encoding_{encoding}")
    }


def _show(raw: bytes, encoding: str) -> str:
    """Decode byte by byte; what the code page lacks shows as a control character."""
    return "".join(
        chr(byte) if (one := bytes((byte,)).decode(encoding, "replace")) == "\ufffd" else one
        for byte in raw
    )


def legacy(text: str, *, encoding: str) -> str:
    """Write a text in a legacy encoding, shown as Western letters.

    >>> legacy("Nguyễn Văn Hùng", encoding="tcvn3")
    'NguyÔn V¨n Hïng'
    >>> legacy("Nguyễn Văn Hùng", encoding="vni")
    'Nguyeãn Vaên Huøng'
    """
    table = _western(encoding)
    return "".join(table.get(char, char) for char in text)


def _in(encoding: str) -> NameDamage:
    return lambda _, name: _changed(legacy(name, encoding=encoding), name)


def _tcvn3_capitals(_: Random, name: str) -> str | None:
    # .VnTimeH shows small letters as capitals: only the base vowels have capitals of their own
    table = _western("tcvn3")
    shown = "".join(
        table[char if char in "ĂÂÊÔƠƯĐ" else char.lower()] if char in table else char
        for char in name.upper()
    )
    return _changed(shown, name.upper())


def _garbled(encoding: str, *, words: int | None = None) -> NameDamage:
    def damage(rng: Random, name: str) -> str | None:
        def garble(word: str) -> str | None:
            return None if word.isascii() else _show(word.encode(), encoding)

        return _some_word(rng, name, garble, every=words is None)

    return damage


def _cp1258(_: Random, name: str) -> str | None:
    raw = [(char, char.encode("latin-1", "ignore")) for char in name]
    shown = "".join(_show(byte, "cp1258") if byte else char for char, byte in raw)
    return _changed(_nfc(shown), name)


@cache
def _keys() -> dict[str, tuple[str, str]]:
    return {row["letter"]: (row["telex"], row["vni"]) for row in rows("telex_vni_keys")}


def _typed(method: int, *, tone_last: float) -> NameDamage:
    def damage(rng: Random, name: str) -> str | None:
        def type_word(word: str) -> str:
            out, tone = "", ""
            last = rng.random() < tone_last
            for char in word:
                keys = _keys().get(char.lower(), (char, char))[method]
                if keys != char and char.isupper():
                    keys = keys[0].upper() + keys[1:]
                if keys != char and last and set(unicodedata.normalize("NFD", char)) & set(_TONES):
                    keys, tone = keys[:-1], keys[-1]
                out += keys
            return out + tone

        return _some_word(rng, name, type_word, every=rng.random() < 0.7)

    return damage


def _mark_order(_: Random, name: str) -> str | None:
    """Type the tone before the circumflex, breve or horn: NFC does not put that right."""
    out = []
    for char in name:
        parts = unicodedata.normalize("NFD", char)
        tone = next((mark for mark in parts[1:] if mark in _TONES), "")
        rest = parts[1:].replace(tone, "") if tone else ""
        out.append(_nfc(parts[0] + tone) + rest if rest else char)
    return _changed("".join(out), name)


def _tone_placement(rng: Random, name: str) -> str | None:
    def move(word: str) -> str | None:
        if word[:1] in "Qq":
            return None
        for old, new in _MOVED_TONES.items():
            if word.lower().endswith(old):
                return word[:-2] + (new if word[-2].islower() else new.capitalize())
        return None

    return _some_word(rng, name, move, every=True)


def _toned_i(rng: Random, name: str) -> str | None:
    def replace(word: str) -> str | None:
        fits = re.fullmatch(r"(?i:h|k|l|m|s|t|v|qu)([ýỳỷỹỵ])", word)
        return word[:-1] + _TONED_Y[fits[1]] if fits else None

    return _some_word(rng, name, replace)


def _look_alikes(_: Random, name: str) -> str | None:
    table = str.maketrans("ĐđƯư", "ÐðƢƣ")
    return _changed(name.translate(table), name)


def _apostrophe(rng: Random, name: str) -> str | None:
    return name.replace("'", pick(rng, "’ʼ`´ ")) if "'" in name else None


def _spaces(rng: Random, name: str) -> str:
    wide = pick(rng, ("  ", "\u00a0", "   ", " \t"))
    return pick(
        rng, (name.replace(" ", wide), f" {name}", f"{name}  ", name.replace(" ", wide, 1) + " ")
    )


def _honorific(rng: Random, name: str) -> str:
    women = " Thị " in name
    return pick(rng, (*_HONORIFICS, *(_OF_WOMEN if women else _OF_MEN) * 2)) + name


def _abbreviated(rng: Random, name: str) -> str | None:
    words = name.split()
    if len(words) < 3 or "'" in name:
        return None
    short = "Ng." if words[0] == "Nguyễn" else f"{words[0][0]}."
    middle = " ".join(f"{word[0]}." for word in words[1:-1])
    options = [
        f"{short} {' '.join(words[1:])}",
        f"{words[0]} {middle} {words[-1]}",
        f"{short}{middle.replace(' ', '')}{words[-1]}",
    ]
    if words[0] == "Nguyễn":
        options.append(f"Ng~ {middle} {words[-1]}")
    return pick(rng, options)


def _missing_middle(rng: Random, name: str) -> str | None:
    words = name.split()
    if len(words) < 3:
        return None
    del words[1 + int(rng.random() * (len(words) - 2))]
    return " ".join(words)


def _swapped(rng: Random, name: str) -> str | None:
    words = name.split()
    if len(words) < 3:
        return " ".join(reversed(words)) if len(words) == 2 else None
    given_first = [words[-1], *words[:-1]]
    middles = [words[0], *reversed(words[1:-1]), words[-1]]
    inner = [*words[:-2], words[-1], words[-2]]
    options = [" ".join(some) for some in (given_first, middles, inner) if some != words]
    return pick(rng, options) if options else None


def typo(rng: Random, text: str) -> str | None:
    """Make one typing error: a letter left out, doubled, hit beside, or two swapped."""
    spots = [n for n, char in enumerate(text) if char.isalpha() and n]
    if not spots:
        return None
    n, kind = pick(rng, spots), rng.random()
    if kind < 0.25:
        return text[:n] + text[n + 1 :]
    if kind < 0.4:
        return text[:n] + text[n] + text[n:]
    if kind < 0.6 and n + 1 < len(text) and text[n + 1].isalpha():
        return _changed(text[:n] + text[n + 1] + text[n] + text[n + 2 :], text)
    beside = pick(rng, _NEXT_KEY.get(unmarked(text[n]).lower(), _LETTERS))
    return text[:n] + beside + text[n + 1 :]


def _wrong_mark(rng: Random, name: str) -> str | None:
    def change(word: str) -> str | None:
        parts = unicodedata.normalize("NFD", word)
        marks = [n for n, char in enumerate(parts) if char in _TONES]
        if not marks:
            return None
        n = marks[0]
        other = pick(rng, [tone for tone in _TONES if tone != parts[n]])
        return _nfc(parts[:n] + other + parts[n + 1 :])

    return _some_word(rng, name, change)


def _regional(rng: Random, name: str) -> str | None:
    def change(word: str) -> str | None:
        options = [new for pattern, by in _REGIONAL if (new := re.sub(pattern, by, word)) != word]
        parts = unicodedata.normalize("NFD", word)
        options += [_nfc(parts.replace(a, b)) for a, b in _CONFUSED if a in parts] * 2
        return pick(rng, options) if options else None

    return _some_word(rng, name, change)


def _wrong_given(rng: Random, name: str) -> str | None:
    words = name.split()
    given = names().givens[int(rng.random() * 2)]
    chosen = given.items[int(given.cumulative.searchsorted(rng.random(), side="right"))]
    return _changed(" ".join([*words[:-1], chosen]), name)


NAME_DAMAGE: dict[str, NameDamage] = {
    "name_upper": lambda _, name: name.upper(),
    "name_lower": lambda _, name: name.lower(),
    "name_nfd": lambda _, name: _changed(unicodedata.normalize("NFD", name), name),
    "name_mark_order": _mark_order,
    "name_tone_placement": _tone_placement,
    "name_toned_i": _toned_i,
    "name_look_alikes": _look_alikes,
    "name_apostrophe": _apostrophe,
    "name_spaces": _spaces,
    "name_tcvn3": _in("tcvn3"),
    "name_tcvn3_capitals": _tcvn3_capitals,
    "name_vni": _in("vni"),
    "name_viscii": _in("viscii"),
    "name_vps": _in("vps"),
    "name_mojibake_cp1252": _garbled("cp1252"),
    "name_mojibake_cp1254": _garbled("cp1254"),
    "name_mojibake_latin2": _garbled("iso8859-2", words=1),
    "name_mojibake_mac": _garbled("mac_roman"),
    "name_cp1258": _cp1258,
    "name_telex": _typed(0, tone_last=0.8),
    "name_vni_keys": _typed(1, tone_last=0.4),
    "name_honorific": _honorific,
    "name_unaccented": lambda _, name: _changed(unmarked(name), name),
    "name_unaccented_typo": lambda rng, name: typo(rng, unmarked(name)),
    "name_abbreviated": _abbreviated,
    "name_missing_middle": _missing_middle,
    "name_swapped": _swapped,
    "name_typo": typo,
    "name_wrong_mark": _wrong_mark,
    "name_regional": _regional,
    "name_wrong_given": _wrong_given,
    "name_missing": lambda *_: "",
}
"""Every kind of damage to a name, by its code."""
