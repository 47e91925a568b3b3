"""How fast names are read one at a time, and how much damage is undone, on made-up names.

Run: ``python benchmarks/names.py``. People are put together from the counted parts of names; none
of them was ever born. ``measure`` is also what the tests hold to its floors.
"""

from __future__ import annotations

import random
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from vnvaxmatch.normalize.letters import TONES, VOWEL_OF
from vnvaxmatch.normalize.names import name, repair_column
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import Normalized

Damage = Callable[[str], str]


def made_up_names(count: int, *, seed: int) -> list[str]:
    """Put names together: a surname, one or two middle names, a given name, by their counts."""
    rng = random.Random(seed)
    surnames = [(row["surname"], int(row["count"])) for row in rows("surnames")]
    middle, given = (
        [
            (row["token"].capitalize(), sum(int(row[c]) for c in ("male", "female", "unknown")))
            for row in rows(table)
        ]
        for table in ("middle_names", "given_names")
    )
    # spelt "Âu Dương" and the like included: a surname may be two words
    columns = [
        rng.choices([p for p, _ in part], [w for _, w in part], k=count)
        for part in (surnames, middle, given)
    ]
    return [" ".join(parts) for parts in zip(*columns, strict=True)]


def canonical(text: str) -> str:
    """Give what an undamaged name reads as; the reference for every recovery."""
    reading = name(text)
    return reading.value.text if isinstance(reading, Normalized) else ""


def _western(raw: bytes, codec: str) -> str:
    return "".join(bytes((byte,)).decode(codec, "ignore") or chr(byte) for byte in raw)


@cache
def _legacy(encoding: str, *, codec: str = "cp1252") -> Damage:
    table = {
        row["unicode"]: bytes.fromhex(row["legacy_bytes_hex"])
        for row in rows(f"encoding_{encoding}")
    }

    def damage(text: str) -> str:
        raw = b"".join(table.get(c) or c.encode("latin-1") for c in text)
        return _western(raw, codec)

    return damage


def _mojibake(codec: str) -> Damage:
    return lambda text: _western(text.encode(), codec)


_TELEX_TONE = dict(zip(TONES, ["", "f", "s", "r", "x", "j"], strict=True))
_VNI_TONE = dict(zip(TONES, ["", "2", "1", "3", "4", "5"], strict=True))
_TELEX = {"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}
_VNI = {"ă": "a8", "â": "a6", "ê": "e6", "ô": "o6", "ơ": "o7", "ư": "u7", "đ": "d9"}


def _keys(letters: dict[str, str], tones: dict[str, str], *, at_end: bool) -> Damage:
    def word(text: str) -> str:
        out, last = "", ""
        for char in text:
            vowel, tone = VOWEL_OF.get(char.lower(), (char.lower(), ""))
            typed = letters.get(vowel, vowel)
            out += typed[0].upper() + typed[1:] if char.isupper() else typed
            if at_end:
                last = last or tones[tone]
            else:
                out += tones[tone]
        return out + last

    return lambda text: " ".join(map(word, text.split(" ")))


def _capitals_of_font(text: str) -> str:
    # .VnTimeH shows small letters as capitals; people also type its ASCII letters as capitals
    return "".join(char.upper() if char.isascii() else char for char in text)


DAMAGES: dict[str, Damage] = {
    "clean": lambda text: text,
    "UPPER": str.upper,
    "lower": str.lower,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "tcvn3": _legacy("tcvn3"),
    "TCVN3 of .VnTimeH": lambda text: _capitals_of_font(_legacy("tcvn3")(text.lower())),
    "tcvn3 as Latin-1": _legacy("tcvn3", codec="latin-1"),
    "vni": _legacy("vni"),
    "VNI": lambda text: _legacy("vni")(text.upper()),
    "viscii": _legacy("viscii"),
    "VISCII": lambda text: _legacy("viscii")(text.upper()),
    "viscii as Latin-1": _legacy("viscii", codec="latin-1"),
    "vps": _legacy("vps"),
    "VPS": lambda text: _legacy("vps")(text.upper()),
    "vps as Latin-1": _legacy("vps", codec="latin-1"),
    "mojibake cp1252": _mojibake("cp1252"),
    "mojibake cp1254": _mojibake("cp1254"),
    "mojibake Latin-1": _mojibake("latin-1"),
    "mojibake Latin-2": _mojibake("iso8859-2"),
    "mojibake MacRoman": _mojibake("mac_roman"),
    "mojibake twice": lambda text: _mojibake("cp1252")(_mojibake("cp1252")(text)),
    "telex": _keys(_TELEX, _TELEX_TONE, at_end=True),
    "telex, tone at its letter": _keys(_TELEX, _TELEX_TONE, at_end=False),
    "vni keys": _keys(_VNI, _VNI_TONE, at_end=True),
    "vni keys, tone at its letter": _keys(_VNI, _VNI_TONE, at_end=False),
}
"""Ways to damage a name; the first four are no damage but another form."""


def measure(people: Sequence[str], damage: Damage) -> tuple[float, float, float]:
    """Give the shares recovered, wrong (changed into another name), and left as they were."""
    right = wrong = 0
    for text in people:
        expected, damaged = canonical(text), damage(text)
        reading = name(damaged)
        if isinstance(reading, Normalized) and reading.value.text == expected:
            right += 1
        elif not isinstance(reading, Normalized) or any(
            change.value.startswith(("name_tcvn", "name_v", "name_moji", "name_telex", "name_cp"))
            for change in reading.changes
        ):
            wrong += 1
    total = len(people)
    return right / total, wrong / total, 1 - (right + wrong) / total


def columns_recognised(people: Sequence[str], damage: Damage, *, size: int = 20) -> float:
    """Give the share of names recovered when they come in columns of ``size``."""
    right = total = 0
    for start in range(0, len(people) - size + 1, size):
        column = people[start : start + size]
        readings = repair_column(map(damage, column)).readings
        for text, reading in zip(column, readings, strict=True):
            total += 1
            right += isinstance(reading, Normalized) and reading.value.text == canonical(text)
    return right / total


def speed(people: Sequence[str], *, seconds: float = 1.0) -> float:
    """Give names read per second, one at a time, on one core."""
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        for text in people:
            name(text)
        done += len(people)
    return done / spent


def main() -> None:
    """Print the figures."""
    people = made_up_names(4_000, seed=1)
    name(people[0])
    print(f"{'4,000 made-up names':32}{'alone':>9}{'wrong':>9}{'in columns':>12}{'names/s':>12}")
    for title, damage in DAMAGES.items():
        right, wrong, _ = measure(people, damage)
        column = columns_recognised(people, damage)
        rate = speed([damage(text) for text in people], seconds=0.5)
        print(f"{title:32}{right:9.2%}{wrong:9.2%}{column:12.2%}{rate:12,.0f}")


if __name__ == "__main__":
    main()
