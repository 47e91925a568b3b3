"""Worklists go out and come back: what is filled in is recorded right, or refused."""

from datetime import datetime

import attrs
import pytest

from vnvaxmatch.casework import Act, Actor, Role, Side, State
from vnvaxmatch.casework.sheets import Came, apply_sheet
from vnvaxmatch.errors import ColumnError, ConflictError, InputError
from vnvaxmatch.policy import Outcome

from ..people import HERE, START, THERE
from .desk import (
    CLERK,
    DOCTOR,
    FIRST,
    LATER,
    POLICEMAN,
    REGISTRY,
    apply,
    came,
    desk,
    issue,
    numbers,
    opened,
    values,
)


@pytest.fixture
def work():
    """Cases of two communes."""
    return opened()


@pytest.fixture
def sheet(work, tmp_path):
    """The worklist of one of them, on somebody's desk."""
    issue(work, tmp_path / "out")
    return desk(tmp_path / "out")


def case_of(work, row):
    """Give the number of the case that a row of the list became."""
    return next(case for case, _ in work.standings() if work.read(case).row == row)


def test_what_is_filled_in_is_recorded_with_its_cause(work, sheet, tmp_path):
    """One event for the row, by the person who answers, of that sheet; the note is kept."""
    sheet.fill(0, full_name="Trần Thị Thừ", sex="Nữ", cause="Ghi sai khi nhập liệu", note="CCCD")

    applied = apply(work, sheet, tmp_path)

    assert came(applied) == ["applied", "blank", "blank", "blank", "blank"]
    case = case_of(work, 1)
    event = work.history(case)[-1].event
    assert (event.kind, event.data["actor"], event.data["cause"]) == (
        "corrected",
        CLERK.id,
        "typing",
    )
    assert event.data["fields"] == ["full_name", "sex"]
    assert event.data["sheet"] == applied.identity.id
    assert event.personal["note"] == "CCCD"
    assert work.read(case).state is State.CORRECTED
    assert values(work)[1]["full_name"] == "Trần Thị Thừ"


def test_applying_a_file_twice_does_nothing_twice(work, sheet, tmp_path):
    """The second time says that it was applied before, row by row."""
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, date_of_birth="11/11/1985", mark__identity="Đúng")
    apply(work, sheet, tmp_path)
    before = numbers(work)

    applied = apply(work, sheet, tmp_path)

    assert [row.came for row in applied.rows[:2]] == [Came.ALREADY, Came.ALREADY]
    assert applied.rows[1].left == (Side.IDENTITY,)
    assert applied.refused == ()
    assert numbers(work) == before


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("date_of_birth", datetime(1985, 11, 11), "11/11/1985"),
        ("date_of_birth", "1985-11-11", "11/11/1985"),
        ("date_of_birth", "11.11.85", "11/11/1985"),
        ("date_of_birth", 31362, "11/11/1985"),
        ("date_of_birth", "1986", "1986"),
        ("date_of_birth", "11/1985", "11/1985"),
        ("id_number", 1085000124, "001085000124"),
        ("id_number", 1085000124.0, "001085000124"),
        ("id_number", "1085000124.0", "001085000124"),
        ("id_number", "001 085 000 124", "001085000124"),
        ("phone", 987654321, "0987654321"),
        ("sex", "NỮ", "Nữ"),
        ("full_name", "  LÊ   VĂN  HAI ", "Lê Văn Hai"),
        ("dose_date", datetime(2021, 8, 11), "11/08/2021"),
        ("dose_number", 2.0, "2"),
        ("lot", "FF0901", "FF0901"),
        ("vaccine", "Moderna", "Moderna"),
    ],
)
def test_cells_as_spreadsheets_rewrite_them(work, sheet, tmp_path, field, cell, value):
    """Real dates, eaten zeros and floats come back as what somebody meant."""
    sheet.fill(1, **{field: cell})

    assert came(apply(work, sheet, tmp_path))[1] == "applied"
    assert values(work)[2][field] == value


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("date_of_birth", "31/02/1985", "value_unreadable"),
        ("date_of_birth", "hôm qua", "value_unreadable"),
        ("date_of_birth", "5/3/15", "value_doubtful"),
        ("date_of_birth", 40000, "value_doubtful"),
        ("id_number", "12345", "value_unreadable"),
        ("id_number", "1.085E+09", "value_unreadable"),
        ("id_number", 1190000124, "value_unreadable"),
        ("full_name", "?", "value_unreadable"),
        ("full_name", "L\ufffd V\ufffdn Hai", "value_doubtful"),
        ("full_name", "L? V?n Hai", "value_doubtful"),
        ("sex", "N", "value_unreadable"),
        ("sex", "1", "value_doubtful"),
        ("phone", "5", "value_unreadable"),
        ("lot", 0, "value_unreadable"),
        ("lot", 0.0, "value_unreadable"),
        ("dose_date", "44418", "value_doubtful"),
    ],
)
def test_what_cannot_be_read_for_sure_is_refused(work, sheet, tmp_path, field, cell, reason):
    """Nothing is guessed: the row is refused, and the field is named."""
    sheet.fill(1, **{field: cell})
    before = numbers(work)

    applied = apply(work, sheet, tmp_path)

    assert came(applied)[1] == reason
    assert applied.rows[1].about == (field,)
    assert applied.rows[1].number == FIRST + 2
    assert numbers(work) == before


@pytest.mark.parametrize("cell", ["=1+1", "#REF!", "=HYPERLINK(1)"])
def test_a_formula_without_a_result_is_not_a_blank(work, sheet, tmp_path, cell):
    """The cell is named, and the file refused: a correction would be lost in silence."""
    sheet.fill(1, full_name=cell)

    with pytest.raises(InputError, match=f"cell C{FIRST + 2}"):
        apply(work, sheet, tmp_path)


def test_of_a_row_with_one_bad_field_nothing_is_taken(work, sheet, tmp_path):
    """A row is applied whole or not; the rows beside it are."""
    sheet.fill(0, sex="Nữ", id_number="123")
    sheet.fill(1, full_name="Lê Văn Hai")

    assert came(apply(work, sheet, tmp_path))[:2] == ["value_unreadable", "applied"]
    assert values(work)[1]["sex"] == "Nam"


def test_values_that_only_look_otherwise_are_no_correction(work, sheet, tmp_path):
    """Whoever copies what stands there, in another spelling, undoes nothing by it."""
    sheet.fill(0, full_name="TRẦN THỊ THỬ", date_of_birth=datetime(1990, 2, 1), sex="nam")

    assert came(apply(work, sheet, tmp_path))[0] == "already"


def test_confirmations_are_each_for_their_role(work, sheet, tmp_path):
    """The same file, applied by the clerk, the police and the health sector, comes to confirmed."""
    sheet.fill(0, sex="Nữ", mark__identity="Đúng", mark__vaccination="x")

    first = apply(work, sheet, tmp_path, actor=CLERK).rows[0]
    second = apply(work, sheet, tmp_path, actor=POLICEMAN).rows[0]
    third = apply(work, sheet, tmp_path, actor=DOCTOR).rows[0]

    assert (first.came, first.fields, first.left) == (
        Came.APPLIED, ("sex",), (Side.IDENTITY, Side.VACCINATION),
    )  # fmt: skip
    assert (second.confirmed, second.left) == ((Side.IDENTITY,), (Side.VACCINATION,))
    assert (third.confirmed, third.left) == ((Side.VACCINATION,), (Side.IDENTITY,)[:0])
    assert work.read(case_of(work, 1)).state is State.CONFIRMED


def test_nobody_confirms_their_own_correction(work, sheet, tmp_path):
    """The correction stands, the confirmation is refused, and the row says both."""
    sheet.fill(0, sex="Nữ", mark__identity="Đúng")

    row = apply(work, sheet, tmp_path, actor=POLICEMAN).rows[0]

    assert (row.came, row.reason.value, row.fields) == (Came.PARTLY, "own_correction", ("sex",))
    assert work.read(case_of(work, 1)).identity is None


def test_a_confirmation_of_values_that_changed_is_refused(work, sheet, tmp_path):
    """Whoever marks an older copy saw other values than those that stand now."""
    old = attrs.evolve(sheet, rows=[list(row) for row in sheet.rows])
    old.fill(0, mark__identity="Đúng")
    sheet.fill(0, sex="Nữ")
    apply(work, sheet, tmp_path)

    row = apply(work, old, tmp_path, actor=POLICEMAN).rows[0]

    assert (row.reason.value, row.about) == ("stale", ("sex",))


@pytest.mark.parametrize("word", ["sai", "Đúng?", "12"])
def test_a_mark_that_is_none_is_refused(work, sheet, tmp_path, word):
    """A confirmation is chosen, not written."""
    sheet.fill(0, mark__identity=word)

    assert came(apply(work, sheet, tmp_path, actor=POLICEMAN))[0] == "mark_unknown"


def test_a_cause_that_is_none_is_refused(work, sheet, tmp_path):
    """Causes are counted later: one that is not of the list is not recorded."""
    sheet.fill(0, sex="Nữ", cause="vì thế")

    assert came(apply(work, sheet, tmp_path))[0] == "cause_unknown"


def test_a_case_that_changed_meanwhile_is_stale(work, sheet, tmp_path):
    """Whatever changed it: nobody's correction is overwritten by an older one."""
    work.do(case_of(work, 1), Act.corrected({"lot": "B2"}), actor=CLERK, at=START)
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[0] == "stale"
    assert values(work)[1]["sex"] == "Nam"


def test_a_comparison_that_says_wrong_again_is_in_nobodys_way(work, sheet, tmp_path):
    """One that says right is: there is nothing to correct any more."""
    for row, outcome in ((1, Outcome.NOT_FOUND), (2, Outcome.MATCHED)):
        work.do(case_of(work, row), Act.compared(outcome), actor=REGISTRY, at=START)
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[:2] == ["applied", "stale"]


def test_an_older_copy_of_a_file_overwrites_nothing(work, sheet, tmp_path):
    """What this worklist corrected already stands; a blank cell takes nothing back."""
    old = attrs.evolve(sheet, rows=[list(row) for row in sheet.rows])
    old.fill(0, full_name="Trần Thị Cũ")
    sheet.fill(0, full_name="Trần Thị Mới")
    sheet.fill(1, sex="Nữ")
    apply(work, sheet, tmp_path)

    assert came(apply(work, old, tmp_path))[:2] == ["corrected_otherwise", "blank"]
    assert values(work)[1]["full_name"] == "Trần Thị Mới"
    assert values(work)[2]["sex"] == "Nữ"


def test_a_file_may_be_filled_in_further_and_applied_again(work, sheet, tmp_path):
    """Another field of a row that was applied, and a row that was refused, are taken now."""
    sheet.fill(0, full_name="Trần Thị Mới")
    sheet.fill(1, id_number="1")
    apply(work, sheet, tmp_path)
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, id_number="001085000999")

    assert came(apply(work, sheet, tmp_path))[:2] == ["applied", "applied"]
    assert values(work)[1]["sex"] == "Nữ"


def test_yesterdays_issue_after_todays(work, sheet, tmp_path):
    """Rows that did not change since still apply; the others are stale; that there is a newer one
    is said."""
    work.do(case_of(work, 1), Act.corrected({"lot": "B2"}), actor=CLERK, at=START)
    (issued, _) = issue(work, tmp_path / "today", at=LATER)
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, sex="Nữ")

    applied = apply(work, sheet, tmp_path)

    assert (issued.sheet.number, issued.anew, applied.newer) == (2, True, 1)
    assert came(applied)[:2] == ["stale", "applied"]


def test_rows_of_another_worklist_are_refused(work, sheet, tmp_path):
    """A row that was pasted in from another commune's sheet is that sheet's."""
    other = desk(tmp_path / "out", place=THERE)
    other.fill(0, sex="Nữ")
    sheet.rows.append(other.cases[0])
    before = numbers(work)

    assert came(apply(work, sheet, tmp_path))[5] == "row_elsewhere"
    assert numbers(work) == before


def test_another_communes_whole_file_is_refused_row_by_row(work, sheet, tmp_path):
    """A commune acts on its own people."""
    other = desk(tmp_path / "out", place=THERE)
    other.fill(0, sex="Nữ")

    assert came(apply(work, other, tmp_path)) == ["office"]


def test_a_row_that_is_there_twice(work, sheet, tmp_path):
    """The same again is applied once; two that differ are both refused."""
    sheet.fill(0, sex="Nữ")
    sheet.rows.append(list(sheet.cases[0]))
    sheet.rows.append(list(sheet.cases[1]))
    sheet.fill(1, sex="Nữ")

    assert came(apply(work, sheet, tmp_path)) == [
        "applied", "row_twice", "blank", "blank", "blank", "already", "row_twice",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("token", "reason"),
    [("", "row_added"), ("vx1-nonsense", "row_token"), (None, "row_added"), (17, "row_token")],
)
def test_a_row_without_its_token_is_refused(work, sheet, tmp_path, token, reason):
    """Whose case it is cannot be told, and is not guessed from the name."""
    sheet.fill(1, sex="Nữ", token=token)

    assert came(apply(work, sheet, tmp_path))[1] == reason


def test_a_token_of_one_row_on_another_is_found_out(work, sheet, tmp_path):
    """Rows that were mixed up show other people's values than their tokens say."""
    at = sheet.column("token")
    rows = sheet.cases
    rows[0][at], rows[1][at] = rows[1][at], rows[0][at]
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[:2] == ["recorded_changed", "recorded_changed"]


def test_a_token_with_another_number_of_events_is_no_token(work, sheet, tmp_path):
    """It is sealed with the rest."""
    token = sheet.cases[0][sheet.column("token")]
    sheet.fill(0, sex="Nữ", token=token.replace("-2-", "-1-"))

    assert came(apply(work, sheet, tmp_path))[0] == "row_token"


def test_writing_over_what_was_recorded_is_refused(work, sheet, tmp_path):
    """It cannot be told from a mixed-up row; the reason says where to write instead."""
    sheet.set(0, "full_name", "Trần Thị Khác")
    sheet.fill(0, sex="Nữ")

    row = apply(work, sheet, tmp_path).rows[0]

    assert (row.reason.value, row.about) == ("recorded_changed", ("full_name",))


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("id_number", 1190000456),
        ("date_of_birth", datetime(1990, 2, 1)),
        ("phone", 912345678.0),
        ("full_name", "Trâ\u0300n Thi\u0323 Thử"),
        ("why", "đã xem"),
        ("row", 99),
    ],
)
def test_what_a_spreadsheet_rewrites_by_itself_is_forgiven(work, sheet, tmp_path, key, cell):
    """Zeros, dates and Unicode forms in the cells that nobody touched."""
    sheet.set(0, key, cell)
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[0] == "applied"


def test_headings_rows_and_columns_around_the_list(work, sheet, tmp_path):
    """A title above, a column between, a note below, headings in between: all are let be."""
    sheet.rows = [[f"x{at}", *row] for at, row in enumerate(sheet.rows)]
    for at in range(FIRST + 2):
        sheet.rows[at][0] = None
    sheet.rows.insert(0, ["Kính gửi Ủy ban nhân dân"])
    sheet.rows.insert(FIRST + 3, list(sheet.rows[FIRST]))
    sheet.rows.append([None, "Người lập biểu"])
    sheet.rows.append([])
    sheet.rows[FIRST + 1][sheet.rows[3].index("fix.sex")] = "Nữ"

    assert came(apply(work, sheet, tmp_path)) == ["applied", *["blank"] * 4]


def test_rows_are_numbered_as_the_program_numbers_them(work, sheet, tmp_path):
    """Also below rows that somebody emptied."""
    sheet.rows[0], sheet.rows[1] = [], []
    sheet.fill(2, sex="?")

    assert [row.number for row in apply(work, sheet, tmp_path).rows] == [5, 6, 7, 8, 9]


def test_a_mark_alone_in_the_wrong_role_is_refused(work, sheet, tmp_path):
    """Nothing of the row was done, and it is said whose it is to do."""
    sheet.fill(0, mark__identity="Đúng")

    row = apply(work, sheet, tmp_path).rows[0]

    assert (row.came, row.reason.value, row.left) == (Came.REFUSED, "role", (Side.IDENTITY,))


def test_headings_that_were_rewritten(work, sheet, tmp_path):
    """The hidden row knows the columns."""
    sheet.rows[FIRST - 1] = [f"cột {at}" for at in range(len(sheet.keys))]
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[0] == "applied"


def test_without_the_hidden_row_the_headings_know(work, sheet, tmp_path):
    """A copy of what is visible is enough."""
    sheet.fill(0, sex="Nữ")
    sheet.rows = sheet.rows[FIRST - 1 :]

    assert came(apply(work, sheet, tmp_path))[0] == "applied"


def test_a_column_that_cannot_be_told_is_not_dropped_in_silence(work, sheet, tmp_path):
    """Filled in, without a heading that is known, while one is missing: the file is refused."""
    sheet.fill(0, sex="Nữ")
    at = sheet.column("fix.sex")
    sheet.rows = sheet.rows[FIRST - 1 :]
    sheet.rows[0][at] = "Sửa"

    with pytest.raises(ColumnError, match="sửa thành"):
        apply(work, sheet, tmp_path)


def test_a_column_that_is_there_twice_is_refused(work, sheet, tmp_path):
    """Which of them counts is not ours to guess."""
    at = sheet.column("fix.sex")
    sheet.rows = [[*row, row[at] if len(row) > at else None] for row in sheet.rows]

    with pytest.raises(ColumnError, match="twice"):
        apply(work, sheet, tmp_path)


def test_writing_over_what_was_recorded_is_no_blank_row(work, sheet, tmp_path):
    """Also where nothing stands in the columns to fill in: it would be lost in silence."""
    sheet.set(0, "sex", "Nữ")

    assert came(apply(work, sheet, tmp_path)) == ["recorded_changed", *["blank"] * 4]


def test_merged_cells_are_refused_for_the_rows_they_touch(work, sheet, tmp_path):
    """A value that was merged over two rows stands in one of them only."""
    at = sheet.column("fix.sex")
    sheet.fill(0, sex="Nữ")
    sheet.fill(2, sex="Nữ")
    sheet.merges.append((FIRST, at, FIRST + 1, at))

    assert came(apply(work, sheet, tmp_path))[:3] == ["row_merged", "row_merged", "applied"]


def test_a_file_that_lost_its_hidden_sheet_is_what_most_rows_are(work, sheet, tmp_path):
    """Each row knows its worklist."""
    other = desk(tmp_path / "out", place=THERE)
    sheet.fill(0, sex="Nữ")
    sheet.rows.append(other.cases[0])
    sheet.about = []

    applied = apply(work, sheet, tmp_path)

    assert applied.identity is None
    assert (came(applied)[0], came(applied)[5]) == ("applied", "row_elsewhere")


def test_a_hidden_sheet_that_was_tampered_with_says_nothing(work, sheet, tmp_path):
    """Its seal does not fit any more."""
    other = desk(tmp_path / "out", place=THERE)
    sheet.about[1][0] = other.about[1][0]
    sheet.fill(0, sex="Nữ")

    applied = apply(work, sheet, tmp_path)

    assert applied.identity is None
    assert came(applied)[0] == "applied"


def test_a_worklist_of_another_ledger_is_said_to_be_one(sheet, tmp_path):
    """Rather than a row of refusals."""
    with pytest.raises(InputError, match="another ledger"):
        apply(opened(), sheet, tmp_path)


def test_a_workbook_with_the_list_in_two_sheets_is_refused(work, sheet, tmp_path):
    """Which of them was filled in is not ours to guess."""
    import openpyxl

    path = sheet.save(tmp_path / "two.xlsx")
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book.worksheets[0])
    book.save(path)

    with pytest.raises(InputError, match="several sheets"):
        apply_sheet(work, path, actor=CLERK, at=LATER)


def test_a_sheet_that_was_renamed(work, sheet, tmp_path):
    """Its name says nothing."""
    sheet.name = "Sheet1 (2)"
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[0] == "applied"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"", "empty"),
        ("a.xlsx", b"PK\x03\x04 no zip", "damaged"),
        ("a.csv", b"a,b\n1,2\n", "no worklist"),
        ("a.csv", "Đoàn;Hà".encode("cp1258"), "without Vietnamese letters"),
        ("a.pdf", b"%PDF-1.4", "no spreadsheet"),
        ("a.html", b"<html>", "no spreadsheet"),
        ("a.bin", b"a\0b", "no spreadsheet"),
    ],
)
def test_what_is_no_worklist_is_said_in_one_line(work, tmp_path, name, content, words):
    """And nothing is recorded."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InputError, match=words):
        apply_sheet(work, path, actor=CLERK, at=LATER)


def test_a_purged_person_is_nobodys_to_correct(work, sheet, tmp_path):
    """The values that the row shows are gone."""
    for row in (1, 2):
        work.ledger.purge(f"case/{case_of(work, row)}")
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path))[:2] == ["purged", "blank"]


def test_somebody_who_writes_at_the_same_moment_is_not_overwritten(work, sheet, tmp_path):
    """The file is judged again by what stands there now."""
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, sex="Nữ")
    busy = _Busy(work.ledger, lambda: work.do(
        case_of(work, 1), Act.corrected({"lot": "B2"}), actor=CLERK, at=START
    ))  # fmt: skip
    work.ledger = busy

    assert came(apply(work, sheet, tmp_path))[:2] == ["stale", "applied"]


class _Busy:
    """A ledger to which somebody else writes just before the first append."""

    def __init__(self, ledger, other):
        self._ledger, self._other = ledger, other

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    def append(self, events, /, *, expected=None):
        other, self._other = self._other, None
        if other is not None:
            other()
        return self._ledger.append(events, expected=expected)


def test_nothing_of_a_file_is_recorded_if_its_transaction_fails(work, sheet, tmp_path):
    """All of it or none."""
    sheet.fill(0, sex="Nữ")
    sheet.fill(1, sex="Nữ")
    before = numbers(work)
    work.ledger = _Conflicting(work.ledger)

    with pytest.raises(ConflictError):
        apply(work, sheet, tmp_path)

    assert numbers(work) == before


class _Conflicting:
    """A ledger in which somebody else is always quicker."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    def append(self, events, /, *, expected=None):
        raise ConflictError("case/x", 1, 2)


def test_a_role_that_may_not_correct(work, sheet, tmp_path):
    """Each row says so."""
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path, actor=REGISTRY))[0] == "role"


def test_a_site_applies_its_own_rows(work, sheet, tmp_path):
    """By the name that the records have."""
    sheet.fill(0, lot="B2", mark__vaccination="Đúng")
    site = Actor("tram-1", role=Role.SITE, office="TRẠM Y TẾ MẪU")
    other = Actor("tram-2", role=Role.SITE, office="Trạm khác")

    assert came(apply(work, sheet, tmp_path, actor=other))[0] == "office"
    row = apply(work, sheet, tmp_path, actor=site).rows[0]
    assert (row.came, row.reason.value) == (Came.PARTLY, "own_correction")


def test_a_note_alone_is_said_to_be_nothing_to_record(work, sheet, tmp_path):
    """Whoever wrote it learns that it went nowhere."""
    sheet.fill(0, note="gọi lại")

    assert came(apply(work, sheet, tmp_path))[0] == "note_only"


def test_nothing_personal_is_in_what_a_file_came_to(work, sheet, tmp_path):
    """Neither in the repr of what was read nor in that of what came of it."""
    from vnvaxmatch.casework.sheets.files import read_grids

    sheet.fill(0, full_name="Trần Thị Bí Mật", sex="?")
    applied = apply(work, sheet, tmp_path)
    (grid, *_) = read_grids(tmp_path / "back.xlsx")

    for told in (repr(applied), repr(grid)):
        assert "Trần" not in told
        assert "0011" not in told


def test_the_places_that_the_sheets_are_of(work, tmp_path):
    """A file for each commune, and nobody of another commune in it."""
    issue(work, tmp_path / "out")

    here, there = desk(tmp_path / "out"), desk(tmp_path / "out", place=THERE)

    names = [{row[1] for row in sheet.cases} for sheet in (here, there)]
    assert [len(sheet.cases) for sheet in (here, there)] == [5, 1]
    assert {standing.commune for _, standing in work.standings()} == {HERE, THERE}
    assert all(names)
