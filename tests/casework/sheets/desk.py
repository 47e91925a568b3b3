"""What the tests of worklists share: cases of two communes, their sheets, and a hand to edit them.

A sheet that is being edited is a list of rows of cells; columns are named by their keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import attrs
import openpyxl

from vnvaxmatch.casework import Actor, Casework, Role
from vnvaxmatch.casework.sheets import Applied, Issued, apply_sheet, issue_sheets
from vnvaxmatch.casework.sheets.writing import ABOUT, KEY_ROW
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

from ..people import HERE, START, THERE, ledger, new_case, origin
from ..people import REGISTRY as REGISTRY

CLERK = Actor("can-bo-1", role=Role.COMMUNE, office=HERE)
POLICEMAN = Actor("cong-an-1", role=Role.POLICE, office=HERE)
DOCTOR = Actor("y-te-1", role=Role.HEALTH)
LATER = START + timedelta(days=2)
FIRST = KEY_ROW + 2
"""The first row of cases, from 0."""

PEOPLE = (
    ("Trần Thị Thử", "01/02/1990", "Nam", "001190000456"),
    ("Lê Văn Mẫu", "10/11/1985", "Nam", "001085000123"),
    ("Đoàn Gia Thử", "03/1973", "Nam", "001073000789"),
    ("Vũ Thị Mẫu", "1983", "Nữ", "001183000321"),
    ("Ngô Văn Thử", "05/06/1960", "Nam", "001060000654"),
)


def person(number: int) -> dict[str, str]:
    """Give the values of a made-up record."""
    name, birth, sex, id_number = PEOPLE[number % len(PEOPLE)]
    return {
        "record_id": f"HS-{number}",
        "full_name": name,
        "date_of_birth": birth,
        "sex": sex,
        "id_number": id_number,
        "phone": "0912345678",
        "vaccine": "Pfizer",
        "dose_number": "1",
        "dose_date": "10/08/2021",
        "lot": "FF0900",
        "site": "Trạm y tế Mẫu",
    }


def opened(here: int = 5, there: int = 1) -> Casework:
    """Open so many wrong cases of one commune and of another."""
    work = Casework(ledger())
    cases = [
        new_case(
            Outcome.MISMATCHED,
            row=number + 1,
            values=person(number),
            commune=HERE if number < here else THERE,
            wrong=(Field.NAME,),
            reasons=("name_marks",),
        )
        for number in range(here + there)
    ]
    work.open(cases, origin=origin(), actor=REGISTRY, at=START)
    return work


def issue(work: Casework, folder: Path, **more: object) -> list[Issued]:
    """Make the worklists in a folder."""
    folder.mkdir(exist_ok=True)
    told = {"actor": REGISTRY, "at": START, **more}
    return list(issue_sheets(work, folder, **told))  # type: ignore[arg-type]


@attrs.define
class Desk:
    """A worklist on somebody's desk, to be edited and saved again."""

    rows: list[list[object]]
    about: list[list[object]]
    name: str = "Danh sách"
    merges: list[tuple[int, int, int, int]] = attrs.Factory(list)

    @classmethod
    def open(cls, path: Path) -> Desk:
        """Open a worklist that was made."""
        book = openpyxl.load_workbook(path)
        rows, about = (
            [list(row) for row in book[name].iter_rows(values_only=True)]
            for name in ("Danh sách", ABOUT)
        )
        book.close()
        return cls(rows, about)

    @property
    def keys(self) -> list[object]:
        """The hidden row."""
        return self.rows[KEY_ROW]

    @property
    def cases(self) -> list[list[object]]:
        """The rows of cases."""
        return self.rows[FIRST:]

    def column(self, key: str) -> int:
        """Say where a column stands."""
        return self.keys.index(key)

    def fill(self, row: int, **values: object) -> None:
        """Fill a row in, from 0: ``full_name=...`` is what it is corrected to; or full keys."""
        for key, value in values.items():
            known = key.replace("__", ".")
            column = known if known in self.keys and "." in known else f"fix.{key}"
            if key in ("cause", "note", "token"):
                column = key
            self.rows[FIRST + row][self.column(column)] = value

    def set(self, row: int, key: str, value: object) -> None:
        """Change any cell of a row."""
        self.rows[FIRST + row][self.column(key)] = value

    def save(self, path: Path) -> Path:
        """Write it as a workbook."""
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = self.name
        for row in self.rows:
            sheet.append(row)
        for top, left, bottom, right in self.merges:
            sheet.merge_cells(
                start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
            )
        if self.about:
            hidden = book.create_sheet(ABOUT)
            for row in self.about:
                hidden.append(row)
            hidden.sheet_state = "hidden"
        book.save(path)
        book.close()
        return path


def desk(folder: Path, *, place: str = HERE) -> Desk:
    """Open the worklist of a commune."""
    (path,) = folder.glob(f"{place}-*.xlsx")
    return Desk.open(path)


def apply(
    work: Casework, sheet: Desk, tmp_path: Path, *, actor: Actor = CLERK, name: str = "back.xlsx"
) -> Applied:
    """Save a sheet and apply it."""
    return apply_sheet(work, sheet.save(tmp_path / name), actor=actor, at=LATER)


def came(applied: Applied) -> list[str]:
    """Say what came of each row: a reason, or the word for it."""
    return [(row.reason or row.came).value for row in applied.rows]


def values(work: Casework) -> dict[int, dict[str, str]]:
    """Give the values of all cases by the rows of their list."""
    cases = (work.read(case) for case, _ in work.standings())
    return {case.row: dict(case.values) for case in cases}


def numbers(work: Casework) -> dict[int, int]:
    """Give how many events each case has, by the rows of their list."""
    cases = (work.read(case) for case, _ in work.standings())
    return {case.row: case.number for case in cases}


def tokens(rows: Iterable[Sequence[object]], at: int) -> list[object]:
    """Give the tokens of rows."""
    return [row[at] for row in rows]
