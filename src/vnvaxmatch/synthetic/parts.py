"""What made-up people are put together from: names by weight, provinces, communes.

Names are drawn from the counts of their parts, so that no full name is copied from anybody.
Entries of those tables that are slips of the pen (``Hùynh``, ``Vỏ``) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import attrs
import numpy as np
import numpy.typing as npt

from vnvaxmatch.normalize.places import index
from vnvaxmatch.normalize.tables import rows

__all__ = ["Names", "Places", "Weighted", "names", "places"]

_SLIPS = frozenset({
    "Nguyên", "Đổ", "Vỏ", "Hùynh", "Đạo", "Ha", "Hạ", "Trượng", "Lộ", "Hàng", "Đường", "Ngôn",
    "Linh", "Liên", "Thị", "Địch", "Thiên", "Cái", "Du", "Phú", "Xa", "Quảng", "Trang", "Hồng", "A",
    "Y", "Vy",
})  # fmt: skip
_SLIPPED_TOKENS = frozenset(["hửu", "hoà", "thuỳ", "quí", "hoành", "tho", "lanh", "hanh", "gái"])
_NGUYEN = 0.31
_MINORITY_SURNAMES = ("Niê", "Mlô", "Ayŭn", "Êban", "Kbuôr", "Hđơk", "Kpă", "Rơ Châm", "Siu")
_MINORITY = {
    "M": {
        "Y {}": "Bhăm Ñĭng Blô Lơk Dhăm Thoan Siêk Krang Mŏk Wič",
        "K' {}": "Brông Tiếp Lài Sẻn Brèm Tang",
        "Điểu {}": "Krang Lênh Glơi Sơn Thanh",
        "Giàng A {}": "Páo Sử Chống Lềnh Dơ",
        "Sùng A {}": "Vàng Dinh Lừ Tủa",
    },
    "F": {
        "H'{}": "Bli Đinh Loan Rươi Nhuêñ Linh Djuôn Mrưi",
        "H {}": "Bia Čuôn Wen Mlinh",
        "Ka {}": "Hà Thuý Glăng Rin Să",
        "Thị {}": "Kâm Brôi Nhưn Xuân",
        "Giàng Thị {}": "Mỷ Dợ Sua Mai",
        "Vừ Thị {}": "Chía Pà Xua",
    },
}
_WITH_SURNAME_LAST = ("Y {}", "H'{}", "H {}")
_POPULATION_2021 = {
    "01": 8.3, "02": 0.9, "04": 0.5, "06": 0.3, "08": 0.8, "10": 0.8, "11": 0.6, "12": 0.5,
    "14": 1.3, "15": 0.8, "17": 0.9, "19": 1.3, "20": 0.8, "22": 1.4, "24": 1.9, "25": 1.5,
    "26": 1.2, "27": 1.5, "30": 1.9, "31": 2.1, "33": 1.3, "34": 1.9, "35": 0.9, "36": 1.8,
    "37": 1.0, "38": 3.7, "40": 3.4, "42": 1.3, "44": 0.9, "45": 0.6, "46": 1.2, "48": 1.2,
    "49": 1.5, "51": 1.2, "52": 1.5, "54": 0.9, "56": 1.3, "58": 0.6, "60": 1.2, "62": 0.6,
    "64": 1.6, "66": 1.9, "67": 0.7, "68": 1.3, "70": 1.0, "72": 1.2, "74": 2.6, "75": 3.2,
    "77": 1.2, "79": 9.2, "80": 1.7, "82": 1.8, "83": 1.3, "84": 1.0, "86": 1.0, "87": 1.6,
    "89": 1.9, "91": 1.8, "92": 1.2, "93": 0.7, "94": 1.2, "95": 0.9, "96": 1.2,
}  # fmt: skip
"""Millions of people by old province code, rounded: weights for drawing, not statistics."""

_MISSING_PREFIXES = {
    "Tuyên Quang": "07", "Vĩnh Phúc": "13", "Nam Định": "16", "Ninh Bình": "16", "Nghệ An": "18",
    "Thừa Thiên Huế": "19", "Đà Nẵng": "20", "Đồng Nai": "27", "Cần Thơ": "36", "Cà Mau": "38",
}  # fmt: skip
"""Provinces that the table of prefixes lacks: those of the province they were once part of."""


@attrs.frozen
class Weighted:
    """Things to draw from, by weight; ``cumulative`` ends at 1."""

    items: tuple[str, ...]
    cumulative: npt.NDArray[np.float64] = attrs.field(eq=False)

    @classmethod
    def of(cls, items: Sequence[str], weights: Sequence[float]) -> Weighted:
        """Take the weights in any scale."""
        total = np.cumsum(np.asarray(weights, dtype=np.float64))
        return cls(tuple(items), total / total[-1])

    def draw(self, uniform: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Turn uniform numbers in [0, 1) into indexes of items."""
        return np.minimum(
            np.searchsorted(self.cumulative, uniform, side="right"), len(self.items) - 1
        )


@attrs.frozen
class Names:
    """The parts of names; of sexes the first is male, the second female."""

    surnames: Weighted
    middles: tuple[Weighted, Weighted]
    givens: tuple[Weighted, Weighted]
    minority: tuple[tuple[str, ...], tuple[str, ...]]


@attrs.frozen
class Places:
    """The units until 2025, province by province, and what they became."""

    provinces: Weighted
    """Three-digit codes as in ID numbers."""
    cmnd_prefixes: tuple[tuple[str, ...], ...]
    first: npt.NDArray[np.intp] = attrs.field(eq=False)
    """Where the communes of each province start; one more than there are provinces."""
    communes: tuple[dict[str, str], ...]
    today: tuple[tuple[str, ...], ...]
    """The 2025 codes that each old commune went into."""


@cache
def names() -> Names:
    """Read the parts of names."""
    surnames = [(row["surname"], int(row["count"])) for row in rows("surnames")]
    kept = [(text, count) for text, count in surnames if count >= 5 and text not in _SLIPS]
    others = sum(count for text, count in kept if text != "Nguyễn")
    weights = [
        others * _NGUYEN / (1 - _NGUYEN) if text == "Nguyễn" else count for text, count in kept
    ]
    return Names(
        Weighted.of([text for text, _ in kept], weights),
        _by_sex("middle_names"),
        _by_sex("given_names"),
        (_minority("M"), _minority("F")),
    )


def _by_sex(table: str) -> tuple[Weighted, Weighted]:
    found = [row for row in rows(table) if row["token"] not in _SLIPPED_TOKENS]
    tokens = [row["token"].title() for row in found]
    male = [float(row["male"]) for row in found]
    female = [float(row["female"]) for row in found]
    return Weighted.of(tokens, male), Weighted.of(tokens, female)


def _minority(sex: str) -> tuple[str, ...]:
    """Put all names of the ethnic patterns together from their made-up parts."""
    found = []
    for pattern, parts in _MINORITY[sex].items():
        for part in parts.split():
            name = pattern.format(part)
            last = _MINORITY_SURNAMES if pattern in _WITH_SURNAME_LAST else ("",)
            found += [f"{name} {surname}".strip() for surname in last]
    return tuple(found)


@cache
def places() -> Places:
    """Read the provinces and communes of 2021, as far as the list until 2025 knows them."""
    by_province: dict[str, list[dict[str, str]]] = {}
    for row in rows("communes_until_2025"):
        by_province.setdefault(row["province2"], []).append(row)
    prefixes = _cmnd_prefixes()
    codes, weights, cmnd, first, communes = [], [], [], [0], []
    for row in rows("province_codes"):
        old = row["gso_code2_until_2025"]
        codes.append(row["code3"])
        weights.append(_POPULATION_2021[old])
        cmnd.append(prefixes[row["name"]])
        communes += by_province[old]
        first.append(len(communes))
    became = index().old_codes
    today = tuple(became[row["code5"]].codes for row in communes)
    return Places(
        Weighted.of(codes, weights), tuple(cmnd), np.asarray(first), tuple(communes), today
    )


def _cmnd_prefixes() -> dict[str, tuple[str, ...]]:
    """Give each province the two-digit starts of its old nine-digit numbers."""
    found: dict[str, set[str]] = {name: {prefix} for name, prefix in _MISSING_PREFIXES.items()}
    for row in rows("cmnd_prefixes"):
        for name in row["provinces"].split(";"):
            found.setdefault(name.split("(")[0].strip(), set()).add(row["prefix"][:2])
    return {name: tuple(sorted(prefixes)) for name, prefixes in found.items()}
