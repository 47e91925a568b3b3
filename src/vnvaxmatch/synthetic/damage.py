"""A made-up list, damaged: which rows, how, and what was done to each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import TypeAlias, TypeVar

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.synthetic.doses import ROW_KINDS, Doses, doses_block, place_texts, vaccine_texts
from vnvaxmatch.synthetic.field_damage import (
    BIRTH_DAMAGE,
    COMMUNE_DAMAGE,
    DOSE_DATE_DAMAGE,
    NUMBER_DAMAGE,
    PHONE_DAMAGE,
    SEX_DAMAGE,
)
from vnvaxmatch.synthetic.kinds import KINDS
from vnvaxmatch.synthetic.name_damage import NAME_DAMAGE, pick
from vnvaxmatch.synthetic.people import generator, name_texts
from vnvaxmatch.synthetic.render import birth_texts, digits, entry_keys, number_texts

__all__ = ["HEADINGS", "LIST", "TRUTH", "ListBlock", "list_block"]

HEADINGS = {
    "number": "STT",
    "record_id": "Mã hồ sơ",
    "full_name": "Họ và tên",
    "date_of_birth": "Ngày sinh",
    "sex": "Giới tính",
    "id_number": "Số CMND/CCCD",
    "phone": "Số điện thoại",
    "nationality": "Quốc tịch",
    "province": "Tỉnh/Thành phố",
    "district": "Quận/Huyện",
    "commune": "Xã/Phường",
    "vaccine": "Loại vắc xin",
    "dose_number": "Mũi số",
    "dose_date": "Ngày tiêm",
    "lot": "Số lô",
    "site": "Cơ sở tiêm",
}
"""The columns of the list, and their headings as a platform exports them."""

LIST = pa.schema([(heading, pa.string()) for heading in HEADINGS.values()])
TRUTH = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("corruptions", pa.string()),
        ("expect_reparable", pa.bool_()),
    ]
)
_FOREIGN = {
    "Hàn Quốc": (("KIM", "PARK", "CHOI"), ("MIN HO", "SOO YEON", "JAE WON"), "M"),
    "Nhật Bản": (("SATO", "TANAKA", "MORI"), ("KENJI", "AKIKO", "HARUTO"), "TK"),
    "Trung Quốc": (("WANG", "LI", "ZHAO"), ("WEI", "FANG", "JIANGUO"), "E"),
    "Hoa Kỳ": (("SMITH", "MILLER", "BAKER"), ("JOHN ALAN", "MARY", "PETER"), "5"),
    "Pháp": (("DUPONT", "MARTIN", "PETIT"), ("JEAN", "CLAIRE", "LUC"), "1"),
    "Campuchia": (("SOK", "CHEA"), ("DARA", "BOPHA"), "N"),
    "Lào": (("VONGSA", "KEO"), ("BOUN", "NOY"), "P"),
}
_ROW_RATES = tuple(KINDS[code].rate for code in ROW_KINDS[1:])

Column: TypeAlias = list[str]
Change: TypeAlias = Callable[[Random, int, str], str | None]
T = TypeVar("T")


@attrs.frozen(eq=False)
class ListBlock:
    """A block of the list and the truth about it."""

    rows: pa.RecordBatch
    truth: pa.RecordBatch


def list_block(seed: int, block: int, *, people: int, doses: int) -> ListBlock:
    """Draw a block of rows and damage it."""
    drawn = doses_block(seed, block, people=people, doses=doses, rates=_ROW_RATES)
    table = _Table(drawn, generator(seed, 3, block), Random(f"{seed}/{block}"))
    table.damage()
    return ListBlock(table.rows(), table.truth())


class _Table:
    """The columns of a block while they are damaged."""

    def __init__(self, doses: Doses, rng: np.random.Generator, dice: Random) -> None:
        who = doses.people
        province, district, commune, self._site = place_texts(doses)
        self._doses, self._rng, self._dice = doses, rng, dice
        self._codes: dict[int, list[str]] = {}
        self._births: list[date] = who.birth.astype("datetime64[D]").tolist()
        self._days: list[date] = doses.day.astype("datetime64[D]").tolist()
        day = pc.strftime(pa.array(doses.day.astype("datetime64[D]")), format="%d/%m/%Y")
        self._columns: dict[str, Column] = {
            "full_name": name_texts(who).to_pylist(),
            "date_of_birth": birth_texts(who).to_pylist(),
            "sex": ["Nữ" if female else "Nam" for female in who.female.tolist()],
            "id_number": number_texts(who).to_pylist(),
            "phone": digits(who.phone, 10, present=who.phone >= 0).to_pylist(),
            "nationality": ["Việt Nam"] * len(doses),
            "province": province.to_pylist(),
            "district": district.to_pylist(),
            "commune": commune.to_pylist(),
            "dose_date": day.to_pylist(),
        }
        self._numbers: Column = list(self._columns["id_number"])

    def damage(self) -> None:
        """Damage whole rows, then each field of the others."""
        self._damage_rows()
        self._damage_field("name", "full_name", _by_text(NAME_DAMAGE))
        self._damage_field("birth", "date_of_birth", self._by_date(BIRTH_DAMAGE, self._births))
        self._damage_field("sex", "sex", _by_text(SEX_DAMAGE))
        self._damage_field("id_number", "id_number", self._number_changes())
        self._damage_field("phone", "phone", _by_text(PHONE_DAMAGE))
        self._damage_field("commune", "commune", _by_text(COMMUNE_DAMAGE))
        self._damage_field("dose_date", "dose_date", self._by_date(DOSE_DATE_DAMAGE, self._days))

    def _damage_rows(self) -> None:
        kinds = self._doses.kind
        for row in np.flatnonzero(kinds).tolist():
            code = ROW_KINDS[kinds[row]]
            self._codes[row] = [code]
            if code == "foreigner":
                self._make_foreign(row)
            elif code == "newborn":
                self._make_newborn(row)

    def _make_foreign(self, row: int) -> None:
        nationality = pick(self._dice, sorted(_FOREIGN))
        surnames, givens, letter = _FOREIGN[nationality]
        self._columns["nationality"][row] = nationality
        self._columns["full_name"][row] = f"{pick(self._dice, surnames)} {pick(self._dice, givens)}"
        self._columns["id_number"][row] = f"{letter}{int(self._dice.random() * 10**7):08}"

    def _make_newborn(self, row: int) -> None:
        mother = self._columns["full_name"][row]
        born = self._days[row].replace(day=1 + int(self._dice.random() * 28), month=1)
        self._columns["full_name"][row] = f"{pick(self._dice, ('(CB) ', 'CB ', 'Con bà '))}{mother}"
        self._columns["date_of_birth"][row] = born.strftime("%d/%m/%Y")
        self._columns["id_number"][row] = ""

    def _damage_field(self, field: str, column: str, changes: dict[str, Change]) -> None:
        """Try one kind of damage on some rows; note it where it took hold."""
        kinds = [kind for kind in KINDS.values() if kind.field == field]
        bounds = np.cumsum([kind.rate for kind in kinds])
        found = np.searchsorted(bounds, self._rng.random(len(self._doses)), side="right")
        whole = (self._doses.kind == 0) | (self._doses.kind == ROW_KINDS.index("duplicate_dose"))
        cells = self._columns[column]
        for row in np.flatnonzero(whole & (found < len(kinds))).tolist():
            code = kinds[found[row]].code
            text = changes[code](self._dice, row, cells[row])
            if text is not None and text != cells[row]:
                cells[row] = text
                self._codes.setdefault(row, []).append(code)

    def _by_date(
        self, damage: dict[str, Callable[[Random, date], str | None]], days: list[date]
    ) -> dict[str, Change]:
        """Damage dates; what only says a year is left as it is."""

        def change(make: Callable[[Random, date], str | None]) -> Change:
            return lambda dice, row, text: make(dice, days[row]) if len(text) > 4 else None

        return {code: change(make) for code, make in damage.items()}

    def _number_changes(self) -> dict[str, Change]:
        who, numbers = self._doses.people, self._numbers
        phones = self._columns["phone"]

        def former(_: Random, row: int, text: str) -> str | None:
            if who.cmnd[row] >= 0:
                return f"{who.cmnd[row]:09}"
            return f"{who.cancelled[row]:012}" if who.cancelled[row] >= 0 else None

        def of_another(dice: Random, row: int, text: str) -> str | None:
            return pick(dice, numbers)

        def is_phone(_: Random, row: int, text: str) -> str | None:
            return phones[row] or None

        special: dict[str, Change] = {
            "number_former": former,
            "number_of_another": of_another,
            "number_is_phone": is_phone,
        }
        return _by_text(NUMBER_DAMAGE) | special

    def rows(self) -> pa.RecordBatch:
        """Give the damaged rows."""
        numbers = np.arange(self._doses.first + 1, self._doses.first + len(self._doses) + 1)
        vaccine, lot = vaccine_texts(self._doses)
        made: dict[str, pa.Array | Column] = {
            **self._columns,
            "number": pc.cast(pa.array(numbers), pa.string()),
            "record_id": pc.binary_join_element_wise(
                "HS", digits(numbers * 6_180_339_887 % 10**10, 10), ""
            ),
            "vaccine": vaccine,
            "dose_number": pc.cast(pa.array(self._doses.dose_number), pa.string()),
            "lot": lot,
            "site": self._site,
        }
        return pa.record_batch([pa.array(made[name]) for name in HEADINGS], schema=LIST)

    def truth(self) -> pa.RecordBatch:
        """Say for every row who it is and what was done to it."""
        size = len(self._doses)
        kind = self._doses.kind
        known = (kind == 0) | (kind == ROW_KINDS.index("duplicate_dose"))
        no = pa.scalar(None, pa.string())
        codes = [";".join(self._codes.get(row, ())) for row in range(size)]
        reparable = [
            all(KINDS[code].reparable for code in self._codes.get(row, ())) for row in range(size)
        ]
        return pa.record_batch(
            [
                pa.array(np.arange(self._doses.first + 1, self._doses.first + size + 1)),
                pc.if_else(pa.array(known), entry_keys(self._doses.people.index), no),
                pa.array(codes),
                pa.array(reparable),
            ],
            schema=TRUTH,
        )


def _by_text(damage: dict[str, Callable[[Random, str], str | None]]) -> dict[str, Change]:
    """Damage texts; a blank cell has nothing to damage."""

    def change(make: Callable[[Random, str], str | None]) -> Change:
        return lambda dice, _, text: make(dice, text) if text else None

    return {code: change(make) for code, make in damage.items()}
