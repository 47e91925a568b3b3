"""``casework worklists``, ``apply`` and ``recompare`` as people run them."""

import csv
import os
import re
import subprocess
import sys
import time

import openpyxl
import pytest
from click.testing import CliRunner

from tests.cli.lists import verified
from vnvaxmatch.casework import Casework, State
from vnvaxmatch.cli.app import app, run
from vnvaxmatch.cli.keys import read_keys
from vnvaxmatch.ledger import open_ledger

HEADINGS = [
    "Mã hồ sơ", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã/Phường", "Mũi số",
    "Ngày tiêm",
]  # fmt: skip
HERE = "Phường Ba Đình, Thành phố Hà Nội"
ROWS = [
    ["A1", "Trần Thị Thử", "01/02/1990", "Nam", "001190000456", HERE, "1", "10/08/2021"],
    ["A2", "Lê Văn Mẫu", "10/11/1985", "Nam", "12345", HERE, "1", "10/08/2021"],
    ["A3", "Vũ Thị Mẫu", "03/03/1983", "Nữ", "", "", "1", "10/08/2021"],
]
PEOPLE = [
    ["P1", "Trần Thị Thử", "01/02/1990", "Nữ", "001190000456"],
    ["P2", "Lê Văn Mẫu", "10/11/1985", "Nam", "001085000123"],
]


@pytest.fixture
def folder(tmp_path):
    """Opened cases of a verified list, a registry and a key file, in one folder."""
    verified(tmp_path, HEADINGS, ROWS, people=PEOPLE)
    run(["casework", "keys", str(tmp_path / "keys.json"), "--name", "k1"])
    run(["casework", "open", str(tmp_path / "results"), *ledger(tmp_path), "--by", "may-1"])
    return tmp_path


def ledger(folder):
    """Name the ledger and its keys."""
    return ["--ledger", str(folder / "cases.db"), "--keys", str(folder / "keys.json")]


def worklists(folder, *more, out="sheets"):
    """Make worklists."""
    return run(["casework", "worklists", *ledger(folder), "--out", str(folder / out), *more])


def apply(folder, file, *more, role="commune"):
    """Apply a file."""
    who = ["--by", f"{role}-1", "--role", role, "--office", "00004"]
    return run(["casework", "apply", str(file), *ledger(folder), *who, *more])


def recompare(folder, *more):
    """Compare again."""
    registry = ["--registry", str(folder / "reg.duckdb")]
    return run(["casework", "recompare", *ledger(folder), *registry, *more])


def fill(folder, number, *, name="sheets", **cells):
    """Fill a row of the one commune's sheet in, and give the file."""
    (path,) = (folder / name).glob("00004-*.xlsx")
    target = folder / path.name
    book = openpyxl.load_workbook(target if target.exists() else path)
    sheet = book["Danh sách"]
    keys = [cell.value for cell in sheet[3]]
    for key, value in cells.items():
        sheet.cell(4 + number, keys.index(key.replace("__", ".")) + 1, value)
    book.save(target)
    book.close()
    return target


def states(folder):
    """Give the states of the cases by the rows of the list."""
    with open_ledger(folder / "cases.db", keys=read_keys(folder / "keys.json")) as opened:
        work = Casework(opened)
        cases = (work.read(case) for case, _ in work.standings())
        return {case.row: case.state for case in cases}


def result_rows(path):
    """Read a result sheet."""
    book = openpyxl.load_workbook(path)
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    return rows


def test_the_whole_way_from_wrong_to_confirmed(folder, capfd):
    """Sheets out, filled in, applied by the commune, compared, confirmed by health."""
    capfd.readouterr()
    assert worklists(folder) == 0
    assert "2 danh sách (2 mới), 3 hồ sơ, 2 hồ sơ vừa giao" in capfd.readouterr().out
    sheet = fill(folder, 1, fix__sex="Nữ", cause="Ghi sai khi nhập liệu")
    fill(folder, 2, fix__id_number="001085000123")

    assert apply(folder, sheet) == 0
    assert re.search(r"2 +Đã ghi nhận", capfd.readouterr().out)
    assert recompare(folder) == 0
    assert re.search(r"2 +hồ sơ đã đối chiếu lại\n +2 +Đúng", capfd.readouterr().out)
    assert states(folder) == {1: State.MATCHED, 2: State.MATCHED, 3: State.INCOMPLETE}
    assert recompare(folder, "--by", "fuzzy") == 0
    assert re.search(r"0 +hồ sơ đã đối chiếu lại", capfd.readouterr().out)

    fill(folder, 1, mark__vaccination="Đúng")
    assert apply(folder, sheet, role="health") == 0
    assert states(folder)[1] is State.CONFIRMED


def test_rows_that_are_refused_have_their_exit_code_and_their_words(folder, capfd):
    """Code 4; the terminal and the result sheet say which row of the file, why, and what about."""
    worklists(folder)
    sheet = fill(folder, 1, fix__date_of_birth="31/02/1990", fix__full_name="Trần Thị Bí")
    fill(folder, 2, fix__id_number="001085000123")
    capfd.readouterr()

    assert apply(folder, sheet) == 4

    out = capfd.readouterr().out
    assert "dòng 5: Giá trị mới không đọc được" in out
    assert "Ngày sinh" in out
    assert "Bí" not in out
    rows = result_rows(folder / f"{sheet.stem}.applied.xlsx")
    assert rows[0][:3] == ["Dòng trong tệp", "Kết quả", "Lý do"]
    assert [row[0] for row in rows[1:]] == [5, 6]
    assert (rows[1][1], rows[1][7]) == ("Không nhận", "value_unreadable")
    assert (rows[2][1], rows[2][4]) == ("Đã ghi nhận", "Số định danh cá nhân/CMND")
    assert not any("Bí" in str(cell) for row in rows for cell in row)


def test_a_second_time_says_that_there_is_nothing_to_do(folder, capfd):
    """And records nothing."""
    worklists(folder)
    sheet = fill(folder, 1, fix__sex="Nữ")
    apply(folder, sheet)
    capfd.readouterr()

    assert apply(folder, sheet, "--lang", "en", "--out", str(folder / "r.xlsx")) == 0

    assert "Applied before, nothing new" in capfd.readouterr().out
    assert result_rows(folder / "r.xlsx")[1][1] == "Applied before, nothing new"


def test_the_history_of_a_case_says_why_it_was_corrected(folder, capfd):
    """By the cause that was chosen in the sheet."""
    worklists(folder)
    apply(folder, fill(folder, 1, fix__sex="Nữ", cause="Người dân khai nhầm"))
    rows = result_rows(next(folder.glob("*.applied.xlsx")))
    case = rows[1][6]
    capfd.readouterr()

    assert run(["casework", "show", case, "--ledger", str(folder / "cases.db")]) == 0

    assert "Lý do sửa: Người dân khai nhầm" in capfd.readouterr().out


def test_two_who_apply_one_file_at_once_apply_it_once(folder):
    """Whoever comes second finds it done."""
    worklists(folder)
    sheet = fill(folder, 1, fix__sex="Nữ")
    command = [
        sys.executable, "-m", "vnvaxmatch", "casework", "apply", str(sheet), *ledger(folder),
        "--by", "a", "--role", "commune", "--office", "00004", "--lang", "en",
    ]  # fmt: skip
    both = [
        subprocess.Popen(
            [*command, "--out", str(folder / f"{n}.xlsx")], stdout=subprocess.PIPE, text=True
        )
        for n in range(2)
    ]
    told = "".join(process.communicate()[0] for process in both)

    assert [process.returncode for process in both] == [0, 0]
    assert told.count("  Applied\n") == told.count("  Applied before, nothing new\n") == 1
    with open_ledger(folder / "cases.db", keys=read_keys(folder / "keys.json")) as opened:
        work = Casework(opened)
        events = [work.history(case) for case, _ in work.standings()]
    assert sum(r.event.kind == "corrected" for history in events for r in history) == 1


def test_sheets_that_somebody_filled_in_are_never_replaced(folder, capfd):
    """In the very folder that they were written to; untouched ones are."""
    worklists(folder)
    assert worklists(folder) == 0
    (path,) = (folder / "sheets").glob("00004-*.xlsx")
    book = openpyxl.load_workbook(path)
    book.worksheets[0].cell(5, 7, "Nữ")
    book.save(path)
    filled = path.read_bytes()
    capfd.readouterr()

    assert worklists(folder) == 1

    assert "would be lost" in capfd.readouterr().err
    assert path.read_bytes() == filled
    assert worklists(folder, out="other") == 0
    (folder / "other" / "Thumbs.db").touch()
    assert worklists(folder, out="other") == 0
    (folder / "other" / "filled").mkdir()
    assert worklists(folder, out="other") == 1


def test_a_foreign_folder_is_not_replaced(folder, capfd):
    """Whatever stands in it stays."""
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").write_text("x")

    assert worklists(folder, out="mine") == 1
    assert (folder / "mine" / "letter.txt").exists()


def test_the_index_names_the_sheets(folder):
    """Whose, how many rows, the how many-th."""
    worklists(folder, "--commune", "00004")

    with (folder / "sheets" / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["commune"], row["rows"], row["number"]) == ("00004", "2", "1")
    assert (folder / "sheets" / row["file"]).exists()


def test_the_result_is_not_written_over_the_worklist(folder, capfd):
    """What somebody filled in stays as they filled it in."""
    worklists(folder)
    sheet = fill(folder, 1, fix__sex="Nữ")

    assert apply(folder, sheet, "--out", str(sheet)) == 1
    assert apply(folder, sheet, "--out", str(folder / "none" / "r.xlsx")) == 1

    assert states(folder)[1] is State.ASSIGNED
    assert list(folder.glob(".*.part*")) == []


@pytest.mark.parametrize("command", ["worklists", "apply", "recompare"])
def test_without_keys_there_is_nothing_to_read(folder, capfd, command):
    """The command is not understood: it says what it needs."""
    more = {
        "worklists": ["--out", str(folder / "x")],
        "apply": [str(folder / "x.xlsx"), "--by", "a", "--role", "health"],
        "recompare": ["--registry", str(folder / "reg.duckdb")],
    }[command]

    assert run(["casework", command, "--ledger", str(folder / "cases.db"), *more]) == 2
    assert "--keys" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["apply", "none.xlsx", "--by", "a", "--role", "health"],
        ["apply", "keys.json", "--by", "a", "--role", "health"],
        ["apply", "doses.csv", "--by", "001190000456", "--role", "health"],
        ["apply", "doses.csv", "--by", "a", "--role", "commune"],
        ["recompare", "--registry", "none.duckdb"],
        ["recompare", "--registry", "reg.duckdb", "--by", "memory"],
        ["worklists", "--out", "doses.csv"],
        ["worklists", "--out", "x", "--role", "police"],
        ["worklists", "--out", "x", "--commune", "4"],
    ],
)
def test_what_is_wrong_is_one_line(folder, capfd, monkeypatch, arguments):
    """What, where, what to do; nothing is written."""
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    capfd.readouterr()

    assert run(["casework", *arguments, *ledger(folder)]) == 1

    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert [n for n in sorted(p.name for p in folder.iterdir()) if n not in before] == []


def test_a_killed_apply_leaves_all_or_nothing(folder):
    """Killed at any moment, the two corrections of a file are both there or neither is."""
    worklists(folder)
    sheet = fill(folder, 1, fix__sex="Nữ")
    fill(folder, 2, fix__id_number="001085000123")
    command = [
        sys.executable, "-m", "vnvaxmatch", "casework", "apply", str(sheet), *ledger(folder),
        "--by", "a", "--role", "commune", "--office", "00004",
    ]  # fmt: skip
    for delay in (0.3, 0.45, 0.6, 0.75, 0.9):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
        time.sleep(delay)
        process.kill()
        process.wait()
        found = states(folder)
        assert (found[1], found[2]) in {
            (State.ASSIGNED, State.ASSIGNED), (State.CORRECTED, State.CORRECTED),
        }  # fmt: skip
    assert apply(folder, sheet) == 0
    assert states(folder)[2] is State.CORRECTED


@pytest.mark.parametrize("command", ["worklists", "apply", "recompare"])
def test_the_help_teaches(command):
    """Each command says what it does, on a page of 100 columns; no option is without its help."""
    text = CliRunner().invoke(app, ["casework", command, "--help"], env={"COLUMNS": "300"}).output

    assert max(map(len, text.splitlines())) <= 100
    options = app.get_command(None, "casework").commands[command].params
    assert [p.name for p in options if p.param_type_name == "option" and not p.help] == []
