"""Whatever a person does to a sheet: what comes out is what a model of it says."""

import random
import tempfile
from datetime import datetime
from pathlib import Path

import attrs
from hypothesis import given
from hypothesis import strategies as st

from .desk import FIRST, apply, came, desk, issue, opened, values

FIXES = {
    "full_name": ["Trần Văn Mới", "NGÔ THỊ SÁNG"],
    "date_of_birth": ["07/08/1971", "1972", datetime(1973, 9, 10)],
    "sex": ["Nữ", "female"],
    "lot": ["B2", "C3"],
}
WRITTEN = {
    "NGÔ THỊ SÁNG": "Ngô Thị Sáng",
    datetime(1973, 9, 10): "10/09/1973",
    "female": "Nữ",
}
BAD = {"full_name": "?", "date_of_birth": "31/02/1971", "sex": "N"}


@attrs.frozen
class Edit:
    """What somebody does to one row."""

    fixes: dict[str, object]
    bad: str
    deleted: bool
    copies: int
    retyped: bool


EDITS = st.builds(
    Edit,
    fixes=st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FIXES.items()}),
    bad=st.sampled_from(["", "", "", *BAD]),
    deleted=st.booleans(),
    copies=st.sampled_from([0, 0, 0, 1, 2]),
    retyped=st.booleans(),
)


def retype(sheet, row):
    """Do to a row what spreadsheets do to cells that look like numbers and dates."""
    number = row[sheet.column("id_number")]
    row[sheet.column("id_number")] = float(number)
    birth = str(row[sheet.column("date_of_birth")])
    if birth.count("/") == 2:
        row[sheet.column("date_of_birth")] = datetime.strptime(birth, "%d/%m/%Y")


def edit(sheet, edits, moved, order):
    """Edit a sheet, and give what each of its rows must come to, in the file's order."""
    rows = []
    for number, done in enumerate(edits):
        row = list(sheet.cases[number])
        filled = {**done.fixes, **({done.bad: BAD[done.bad]} if done.bad else {})}
        for field, cell in filled.items():
            row[sheet.column(f"fix.{field}")] = cell
        if done.retyped:
            retype(sheet, row)
        if not done.deleted:
            rows.extend((number, list(row)) for _ in range(1 + done.copies))
    order.shuffle(rows)
    head = [list(row) for row in sheet.rows[:FIRST]]
    width = len(sheet.keys)
    sheet.rows = [
        [row[at] if at < len(row) else None for at in moved] + ["", "ghi thêm"][: at_end % 2 + 1]
        for at_end, row in enumerate([*head, *(row for _, row in rows)])
    ]
    assert len(moved) == width
    return [number for number, _ in rows]


@given(
    edits=st.lists(EDITS, min_size=5, max_size=5),
    moved=st.permutations(range(30)),
    order=st.randoms(use_true_random=False),
    name=st.sampled_from(["Danh sách", "Sheet1"]),
    hidden=st.booleans(),
)
def test_any_edit_comes_to_what_the_model_says(
    edits: list[Edit], moved: list[int], order: random.Random, name: str, hidden: bool
) -> None:
    """Rows deleted, copied, sorted and retyped, columns moved: each correction lands on its case.

    A row with one unreadable field changes nothing; a second time, nothing changes.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        work = opened(there=0)
        issue(work, path / "out")
        before = values(work)
        sheet = desk(path / "out")
        sheet.name = name
        if hidden:
            sheet.about = []
        there = edit(sheet, edits, moved, order)

        first = came(apply(work, sheet, path))
        after = values(work)
        second = came(apply(work, sheet, path))

        expected = {row: dict(told) for row, told in before.items()}
        words = []
        seen = set()
        for number in there:
            done = edits[number]
            new = {
                field: WRITTEN.get(cell, cell)
                for field, cell in done.fixes.items()
                if WRITTEN.get(cell, cell) != before[number + 1][field]
            }
            if done.bad:
                words.append("value_unreadable")
            elif not done.fixes:
                words.append("blank")
            elif new and number not in seen:
                words.append("applied")
                expected[number + 1].update(new)
            else:
                words.append("already")
            seen.add(number)
        assert first == words
        assert after == expected
        assert values(work) == expected
        assert second == ["already" if word == "applied" else word for word in words]
