"""Delimited text: every row kept, in order, whatever its quotes, line ends and encoding."""

import csv
import io
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.delimited import _POSSIBLE
from vnvaxmatch.bulk.sources.patient import patient_rows
from vnvaxmatch.bulk.sources.source import UNREADABLE, Options
from vnvaxmatch.errors import ColumnError, InputError

NAMES = ["full_name", "date_of_birth", "sex", "id_number", "site"]
HEAD = ",".join(NAMES)
ROW = "Nguyễn Văn An,10/11/1985,Nam,001085000123,Trạm 1"


def rows(path, **options):
    """Read a list as rows of cells; an unreadable row is the word for it."""
    found = []
    for batch in open_source(path, Options(known=DOSE_COLUMNS, **options)).batches:
        for row in batch.to_pylist():
            cells = [row[name] for name in NAMES if name in row]
            found.append(UNREADABLE if row[UNREADABLE] else cells)
    return found


@pytest.fixture
def read(tmp_path):
    """Write a list and read it."""

    def write_and_read(text, written="utf-8", **options):
        path = tmp_path / "list.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(written))
        return rows(path, **options)

    return write_and_read


def split(text):
    return text.split(",")


# --- laws -------------------------------------------------------------------------------------

_signs = st.sampled_from("\n\r\t,;|\"' =áẹ")
_letters = st.characters(exclude_categories=("Cs", "Cc"))
_cells = st.text(st.one_of(_signs, _letters), max_size=12)
_tables = st.lists(st.lists(_cells, min_size=5, max_size=5), min_size=1, max_size=6)


def looks_swallowed(cell, at, delimiter):
    """Tell whether a cell happens to look like the end of one row and the start of another."""
    lines = cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    counts = [line.count(delimiter) for line in lines]
    return len(lines) > 1 and counts[0] == 4 - at and counts[-1] == at


def _assigned(cell):
    """Replace signs that stand for nothing, or for a picture."""
    return "".join("x" if unicodedata.category(c) in ("Cn", "Co", "So") else c for c in cell)


@given(
    table=_tables,
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
)
def test_what_csv_wrote_is_read_back(table, delimiter, quoting, end, encoding):
    """Any table in any usual dialect comes back cell for cell, row for row."""
    assume(not any(looks_swallowed(c, i, delimiter) for row in table for i, c in enumerate(row)))
    if quoting == csv.QUOTE_MINIMAL and end == "\n":  # then csv leaves carriage returns bare
        table = [[cell.replace("\r", " ") for cell in row] for row in table]
    if encoding in ("utf-16-le", "utf-16-be"):  # unmarked, it is told by being text
        table = [[_assigned(cell) for cell in row] for row in table]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([NAMES, *table])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        path.write_bytes(text.getvalue().encode(encoding))

        assert rows(path) == table


_lines = st.lists(st.text("ab,,,\"' ", max_size=12), max_size=8)


@given(lines=_lines, end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), last=st.booleans())
def test_both_readers_read_the_same(lines, end, last):
    """Whatever the lines, the fast reader gives what the patient one gives, or leaves it to it."""
    text = end.join([HEAD, *lines]) + (end if last else "")
    assume(any(line for line in lines))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        path.write_bytes(text.encode())
        expected = []
        for row in patient_rows(path, encoding="utf-8", delimiter=",", width=5, above=1):
            surplus = any(cell.strip() for cell in row[5:])
            expected.append(UNREADABLE if surplus else (row + [""] * 5)[:5])

        assert rows(path) == expected


@given(data=st.binary(max_size=300))
def test_any_bytes_below_the_headings_are_rows(data):
    """No bytes make the reader fail, and no line of them is lost or merged without a quote."""
    data = data.replace(b'"', b"")
    lines = [line for line in data.replace(b"\r", b"\n").split(b"\n") if line]
    assume(lines and b"\x1a" not in lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        path.write_bytes(f"{HEAD}\n{ROW}\n".encode() + f"{ROW}\n".encode() * 1_000 + data)

        assert len(rows(path)) == 1_001 + len(lines)


# --- rows -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("An,1985", ["An", "1985", "", "", ""]),
        ("An,1985,Nam,1,x,,", ["An", "1985", "Nam", "1", "x"]),
        ("An,1985,Nam,1,x,y", UNREADABLE),
        (",,,,", ["", "", "", "", ""]),
        ('"An, Bé",1985,Nam,1,x', ["An, Bé", "1985", "Nam", "1", "x"]),
        ('"An\nBé",1985,Nam,1,x', ["An\nBé", "1985", "Nam", "1", "x"]),
        ('"An\r\nBé",1985,Nam,1,x', ["An\r\nBé", "1985", "Nam", "1", "x"]),
        ('An,1985,Nam,1,"Trạm\n2, xã 3, tổ 4, ấp 5, hẻm 6, ngõ 7"',
         ["An", "1985", "Nam", "1", "Trạm\n2, xã 3, tổ 4, ấp 5, hẻm 6, ngõ 7"]),
        ('An "Tí",1985,Nam,1,x', ['An "Tí"', "1985", "Nam", "1", "x"]),
        ('"An,1985,Nam,1,x', ["An", "1985", "Nam", "1", "x"]),
        ('An,1985,Nam,1,"x', ["An", "1985", "Nam", "1", "x"]),
        ('"An,1985,Nam,1,x"', ["An", "1985", "Nam", "1", "x"]),
        ("An\0,1985,Nam,1,x", ["An\0", "1985", "Nam", "1", "x"]),
        ("  ", ["  ", "", "", "", ""]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("below", [0, 1, 200])
def test_one_odd_line_is_one_row(read, line, cells, below):
    """A ragged, quoted or stray-quoted line is one row, and those around it stay as they are."""
    found = read("\n".join([HEAD, ROW, line, *[ROW] * below]))

    assert found == [split(ROW), cells, *[split(ROW)] * below]


@pytest.mark.parametrize("between", [0, 1, 5, 48, 49, 50, 51, 400])
@pytest.mark.parametrize("column", range(5))
def test_two_stray_quotes_swallow_nothing(read, between, column):
    """A stray quote that another one far below would close leaves every row in its place."""
    opened, closed = split(ROW), split(ROW)
    opened[column] = '"' + opened[column]
    closed[column] = closed[column] + '"'
    text = "\n".join([HEAD, ROW, ",".join(opened), *[ROW] * between, ",".join(closed), ROW])

    found = read(text)

    assert [cell.strip('"') for row in found for cell in row] == split(ROW) * (between + 4)


def test_stray_quotes_in_different_columns_swallow_nothing(read):
    """A stray quote at a cell's start and one at another column's end, rows apart."""
    text = "\n".join([HEAD, 'An,"1985,Nam,1,x', ROW, 'Bé,1986,Nữ,2",y', ROW])

    found = read(text)

    assert len(found) == 4
    assert [row[0] for row in found] == ["An", "Nguyễn Văn An", "Bé", "Nguyễn Văn An"]


def test_blank_lines_are_no_rows(read):
    """Blank lines between, before and after the rows are left out."""
    assert read(f"\n\n{HEAD}\n\n{ROW}\n\n\n{ROW}\n\n") == [split(ROW)] * 2


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_any_line_end(read, end):
    """Old Mac, Windows and Unix line ends, and no end on the last line."""
    assert read(end.join([HEAD, ROW, ROW])) == [split(ROW)] * 2
    assert read(end.join([HEAD, ROW, ROW, ""])) == [split(ROW)] * 2


def test_an_end_of_file_sign_is_no_row(read):
    """The Ctrl-Z that old programs put at the end is left out."""
    assert read(f"{HEAD}\n{ROW}\n\x1a") == [split(ROW)]


def test_a_line_of_many_megabytes(read):
    """One cell of 9 MB is a cell, and the rows around it stay."""
    long = "x" * 9_000_000

    found = read(f"{HEAD}\n{ROW}\n{long},1985,Nam,1,x\n{ROW}")

    assert [row[0] for row in found] == ["Nguyễn Văn An", long, "Nguyễn Văn An"]


def test_a_quoted_cell_of_many_megabytes(read):
    """The same in quotes, with delimiters inside."""
    long = "x, " * 3_000_000

    found = read(f'{HEAD}\n{ROW}\n"{long}",1985,Nam,1,x\n{ROW}')

    assert [row[0] for row in found] == ["Nguyễn Văn An", long, "Nguyễn Văn An"]


# --- encodings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_unicode_encodings(read, encoding):
    """Every form of Unicode is told by its mark or its zeros."""
    text = f"Họ tên,Ngày sinh,GT,CCCD,Nơi tiêm\r\n{ROW}\r\n{ROW}"

    assert read(text, encoding) == [split(ROW)] * 2


def test_utf16_with_the_mark_of_big_endian(read):
    """A byte order mark decides."""
    assert read(b"\xfe\xff" + f"{HEAD}\n{ROW}".encode("utf-16-be")) == [split(ROW)]


def test_an_encoding_can_be_given(read):
    """``encoding`` overrules the finding out, under any of its names."""
    text = f"{HEAD}\n{ROW}"
    assert read(text, "utf-16-le", encoding="UTF_16LE") == [split(ROW)]


@pytest.mark.parametrize("encoding", ["no-such", "base64", "idna", "undefined", "rot13"])
def test_a_useless_encoding_is_refused(read, encoding):
    """What is no encoding of a list says so."""
    with pytest.raises(InputError, match="--encoding"):
        read(f"{HEAD}\n{ROW}", encoding=encoding)


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "a", "1", "đ", "", "\0"])
def test_a_useless_delimiter_is_refused(read, delimiter):
    """A delimiter that no reader could follow says so."""
    with pytest.raises(InputError, match="--delimiter"):
        read(f"{HEAD}\n{ROW}", delimiter=delimiter)


@pytest.mark.parametrize("delimiter", sorted(_POSSIBLE))
def test_every_accepted_delimiter_works(read, delimiter):
    """Any accepted sign parts the cells."""
    table = [NAMES, ["An", "1985", "Nam", "001085000123", "x"]]
    if delimiter == "_":
        table[0] = ["fullname", "birthday", "sex", "cccd", "site"]

    found = read("\n".join(delimiter.join(row) for row in table), delimiter=delimiter)

    assert found == table[1:]


def cp1258(text):
    """Encode as cp1258 does: vowels composed where it has them, tone marks after."""
    import unicodedata

    marks = "\u0300\u0301\u0303\u0309\u0323"
    parts = []
    for char in unicodedata.normalize("NFC", text):
        whole = unicodedata.normalize("NFD", char)
        tone = "".join(c for c in whole if c in marks)
        base = unicodedata.normalize("NFC", "".join(c for c in whole if c not in marks))
        parts.append(base + tone)
    return "".join(parts).encode("cp1258")


PEOPLE = "\n".join(
    f"{name},10/11/1985,Nữ,001185000123,Trạm y tế Phường Bến Nghé"
    for name in ("Trần Thị Hường", "Đỗ Ngọc Diễm", "Phạm Quỳnh Như", "Lê Thị Bưởi")
)


def test_cp1258(read):
    """The Vietnamese code page of old Windows is told from Western ones."""
    import unicodedata

    found = read(cp1258(f"Họ và tên,Ngày sinh,Giới tính,Số CCCD,Nơi tiêm\n{PEOPLE}"))

    read_back = unicodedata.normalize("NFC", "\n".join(",".join(row) for row in found))
    assert read_back == PEOPLE


def legacy(text, encoding):
    """Write text as the bytes of an old font."""
    from vnvaxmatch.normalize.tables import rows as table_rows

    letters = {
        row["unicode"]: bytes.fromhex(row["legacy_bytes_hex"])
        for row in table_rows(f"encoding_{encoding}")
    }
    return b"".join(letters.get(char) or char.encode("latin-1", "replace") for char in text)


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "viscii", "vps"])
def test_a_list_typed_in_an_old_font(read, encoding):
    """A file of font bytes is read, headings too, and its names are repaired to what was meant."""
    from vnvaxmatch import normalize

    text = f"Họ và tên,Ngày sinh,Giới tính,Số CMND,Nơi tiêm\n{PEOPLE}"
    if encoding == "tcvn3":  # its capitals have no marks of their own
        text = text.replace("Đỗ", "Lê")

    found = read(legacy(text, encoding))

    names = [str(normalize.name(row[0]).unwrap()) for row in found]
    assert names == [line.split(",")[0] for line in text.split("\n")[1:]]


def test_headings_in_mojibake(read):
    """Headings whose UTF-8 was shown as one-byte letters are read back."""
    heading = "Họ và tên,Ngày sinh,Giới tính,Số CCCD,Nơi tiêm".encode().decode("latin-1")

    assert read(f"{heading}\n{ROW}") == [split(ROW)]


def test_lines_in_another_encoding_than_their_file(read):
    """A UTF-8 list with lines pasted from an old font and an old code page keeps its rows."""
    from vnvaxmatch import normalize

    good = f"{HEAD}\n{ROW}\n".encode() + f"{ROW}\n".encode() * 50
    person = "10/11/1985,Nữ,001185000123,Trạm y tế Phường Bến Nghé"
    old_font = legacy(f"Trần Thị Hường,{person}", "tcvn3")
    old_page = cp1258(f"Đỗ Ngọc Diễm,{person}")

    found = read(good + old_font + b"\n" + old_page + b"\n" + f"{ROW}\n".encode())

    names = [str(normalize.name(row[0]).unwrap()) for row in found]
    assert names == ["Nguyễn Văn An"] * 51 + ["Trần Thị Hường", "Đỗ Ngọc Diễm", "Nguyễn Văn An"]


# --- headings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_title_rows_above_the_headings(read, delimiter):
    """Titles of an office stand above the headings, ragged and with delimiters of their own."""
    text = "\n".join(
        [
            "ỦY BAN NHÂN DÂN XÃ, TỈNH;;",
            "",
            delimiter.join(["DANH SÁCH", "", "tiêm, đợt 1", "", ""]),
            delimiter.join(NAMES),
            ROW.replace(",", delimiter),
        ]
    )

    assert read(text) == [split(ROW)]


def test_a_heading_with_a_line_break(read):
    """«Họ và\\ntên (*)» in quotes is one heading, on two lines."""
    text = f'"Họ và\ntên (*)",Ngày sinh (*),"Giới\r\ntính",Số CCCD/CMND,Nơi tiêm\n{ROW}'

    assert read(text) == [split(ROW)]


def test_two_equal_headings_are_not_guessed_between(read):
    """Two columns «CCCD» are an error that says how to choose, and a number chooses."""
    text = "full_name,date_of_birth,sex,CCCD,CCCD\nAn,1985,Nam,1,2"
    with pytest.raises(ColumnError, match="columns 4 and 5 have the same heading"):
        read(text)

    assert read(text, given={"id_number": "5"}) == [["An", "1985", "Nam", "2"]]


def test_a_list_without_headings_keeps_its_first_row(read):
    """With columns given by number, a first row that holds data is a row."""
    given = {"full_name": "1", "date_of_birth": "2", "sex": "3", "id_number": "4"}

    found = read(f"{ROW}\n{ROW}", given=given)

    assert found == [split(ROW)[:4]] * 2


def test_unknown_headings_with_columns_given_by_number(read):
    """A first row of words is taken for headings."""
    given = {"full_name": "1", "date_of_birth": "2", "sex": "3", "id_number": "4"}

    assert read(f"w,x,y,z,v\n{ROW}", given=given) == [split(ROW)[:4]]


def test_a_data_row_is_never_shown_as_headings(read):
    """Where no heading is known the message holds no cell: it may be a person's."""
    with pytest.raises(ColumnError) as caught:
        read(f"{ROW}\n{ROW}")

    message = str(caught.value).partition("list.csv")[2]
    assert not any(cell in message for cell in split(ROW) if cell != "Nam")
    assert "row of headings" in message


def test_missing_columns_are_named_with_the_headings_seen(read):
    """One known heading is enough to show the others, so that the right one can be chosen."""
    with pytest.raises(ColumnError, match=r"no column for sex, id_number.*«Số hiệu»"):
        read("Họ tên,Ngày sinh,Phân loại,Số hiệu\nAn,1985,Nam,1")


# --- what is no list --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not a text file"),
        (b"\x7fELF" + b"\0\0\0\1\1\3" * 200, "not a text file"),
        (b"<html><body><table><tr><td>full_name", "web page"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><Workbook/>", "web page or XML"),
        (HEAD.encode(), "headings but no rows"),
        (f"{HEAD}\n".encode(), "headings but no rows"),
        (f"{HEAD}\r".encode(), "headings but no rows"),
        (f"{HEAD}\r\n".encode("utf-16"), "headings but no rows"),
        (b"\n\n\n", "no column for full_name"),
        (b"PAR1" + b"x" * 200, "starts as Parquet but cannot be read"),
        (b"PK\x03\x04" + b"x" * 200, "damaged zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "locked with a password"),
    ],
)
def test_what_is_no_list_is_refused_in_words(read, content, words):
    """Each kind of useless file has its own sentence, naming the file."""
    with pytest.raises(InputError, match=words) as caught:
        read(content)

    assert "list.csv" in str(caught.value)


def test_the_wrong_delimiter_is_a_clear_error(read):
    """A delimiter given wrongly leaves one unknown column."""
    with pytest.raises(ColumnError, match="is the delimiter right"):
        read(f"{HEAD}\n{ROW}", delimiter=";")


def test_pipes_are_refused(tmp_path):
    """A list is read more than once, so it must be a file."""
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe or a device"):
        rows(tmp_path / "pipe")
    with pytest.raises(InputError, match="No such file"):
        rows(tmp_path / "nothing.csv")
