"""Spreadsheets: typed cells read as a person sees them, hostile workbooks refused."""

import datetime as dt
import io
import struct
import zipfile

import openpyxl
import pytest
import xlsxwriter

from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.errors import ColumnError, InputError

HEAD = ["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD"]
ROW = ["Nguyễn Văn An", "10/11/1985", "Nam", "001085000123"]
NAMES = ["full_name", "date_of_birth", "sex", "id_number"]


def rows(path, **options):
    source = open_source(path, Options(known=DOSE_COLUMNS, **options))
    return [[row[name] for name in NAMES] for b in source.batches for row in b.to_pylist()]


def save(path, *tables, hidden=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, table in enumerate(tables):
        sheet = book.create_sheet(f"S{number}")
        sheet.sheet_state = "hidden" if number in hidden else "visible"
        for row in table:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_row_is_read(tmp_path, count):
    """A sheet of one row is a list as well."""
    assert rows(save(tmp_path / "l.xlsx", [HEAD, *[ROW] * count])) == [ROW] * count


def test_blank_rows_between_count_and_those_at_the_end_do_not(tmp_path):
    """A row is found again by its place in the sheet."""
    path = save(tmp_path / "l.xlsx", [HEAD, ROW, [], [None] * 4, ROW, [], []])

    assert rows(path) == [ROW, [""] * 4, [""] * 4, ROW]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (dt.date(1985, 11, 10), "1985-11-10"),
        (dt.datetime(1985, 11, 10, 13, 5), "1985-11-10"),
        (1985, "1985"),
        (31361, "31361"),
        (79185000456, "79185000456"),
        (79185000456.0, "79185000456"),
        (0.5, "0.5"),
        ("001085000123", "001085000123"),
        ("=1+1", ""),
        (True, "TRUE"),
        (False, "FALSE"),
        ("#N/A", ""),
        ("  x ", "  x "),
        (None, ""),
    ],
)
def test_a_typed_cell_is_read_as_a_person_sees_it(tmp_path, cell, text):
    """Dates as ISO, whole numbers without a point, text with its zeros, errors as blanks."""
    path = save(tmp_path / "l.xlsx", [HEAD, ["An", cell, "Nam", "1"]])

    assert rows(path) == [["An", text, "Nam", "1"]]


def test_a_formula_shows_its_saved_value(tmp_path):
    """A cell that was computed is read as what it came to."""
    book = xlsxwriter.Workbook(tmp_path / "l.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW)
    sheet.write_formula(1, 0, '=A1&"x"', None, "Trần Văn Bé")
    book.close()

    assert rows(tmp_path / "l.xlsx")[0][0] == "Trần Văn Bé"


def test_merged_titles_and_a_blank_first_column(tmp_path):
    """Titles stand above and the table may begin anywhere; column numbers count from A."""
    book = xlsxwriter.Workbook(tmp_path / "l.xlsx")
    sheet = book.add_worksheet()
    sheet.merge_range(1, 1, 1, 6, "DANH SÁCH TIÊM CHỦNG")
    sheet.write_row(4, 2, HEAD)
    sheet.write_row(5, 2, ROW)
    book.close()

    assert rows(tmp_path / "l.xlsx") == [ROW]
    given = dict(zip(NAMES, "3456", strict=True))
    assert rows(tmp_path / "l.xlsx", given=given) == [ROW]


def test_the_sheet_that_fits_is_read_and_said(tmp_path):
    """Notes and covers are passed over; which sheet was read stands in the notes."""
    path = save(tmp_path / "l.xlsx", [["Ghi chú"], ["..."]], [HEAD, ROW])

    source = open_source(path, Options(known=DOSE_COLUMNS))

    assert source.details == {"sheet": "S1"}
    assert source.notes == ("read sheet «S1», not: S0",)


def test_a_hidden_sheet_comes_last(tmp_path):
    """An older copy that nobody sees is not read before the one that people see."""
    other = ["Trần Văn Bé", *ROW[1:]]
    path = save(tmp_path / "l.xlsx", [HEAD, other], [HEAD, ROW], hidden={0})

    assert rows(path) == [ROW]
    assert rows(path, sheet="S0") == [other]


def test_headings_in_an_old_font(tmp_path):
    """«Hä vµ tªn» in a sheet is read as in a text file."""
    path = save(tmp_path / "l.xlsx", [["Hä vµ tªn", "Ngµy sinh", "Giíi tÝnh", "Sè CMND"], ROW])

    assert rows(path) == [ROW]


def test_a_missing_sheet_names_those_there(tmp_path):
    """A wrong name is answered with the right ones."""
    with pytest.raises(InputError, match="no sheet «X»; it has: S0"):
        rows(save(tmp_path / "l.xlsx", [HEAD, ROW]), sheet="X")


def test_headings_only_and_no_headings(tmp_path):
    """An empty list and a list of something else are different errors."""
    with pytest.raises(InputError, match="headings but no rows"):
        rows(save(tmp_path / "a.xlsx", [HEAD]))
    with pytest.raises(ColumnError, match="none of the 4 headings is known"):
        rows(save(tmp_path / "b.xlsx", [ROW, ROW]))
    with pytest.raises(InputError, match="no column for"):
        rows(save(tmp_path / "c.xlsx", []))


# --- hostile ----------------------------------------------------------------------------------


def repack(path, replaced):
    """Write a workbook again with some parts replaced."""
    source = io.BytesIO()
    save(source, [HEAD, ROW])
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, replaced.get(name, old.read(name)))
    return path


def sheet_xml(*cells):
    table = "".join(
        f'<row r="{"".join(filter(str.isdigit, c))}"><c r="{c}"><v>1</v></c></row>' for c in cells
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{table}</sheetData></worksheet>'.encode()


def test_a_zip_bomb(tmp_path):
    """A part that unpacks to thousands of times its size is refused before it is unpacked."""
    path = repack(tmp_path / "l.xlsx", {"xl/worksheets/sheet1.xml": b"a" * (80 << 20)})
    assert path.stat().st_size < 1 << 20

    with pytest.raises(InputError, match="zip bomb"):
        rows(path)


def test_a_zip_bomb_that_lies_about_its_size(tmp_path):
    """The size in the directory is not believed: what is longer than it says is damaged."""
    data = bytearray(
        repack(tmp_path / "l.xlsx", {"xl/worksheets/sheet1.xml": b"a" * (80 << 20)}).read_bytes()
    )
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        if data[at + 46 :].startswith(b"xl/worksheets/sheet1.xml"):
            data[at + 24 : at + 28] = struct.pack("<I", 5_000)
        at = data.find(b"PK\x01\x02", at + 46)
    (tmp_path / "l.xlsx").write_bytes(data)

    with pytest.raises(InputError, match=r"damaged|cannot be read|no sheet"):
        rows(tmp_path / "l.xlsx")


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ1048576", "A4294967295", "ABC900000"])
def test_a_cell_far_out(tmp_path, cell):
    """One stray cell would make a rectangle larger than memory: refused with what to do."""
    path = repack(tmp_path / "l.xlsx", {"xl/worksheets/sheet1.xml": sheet_xml("A1", cell)})

    with pytest.raises(InputError, match="delete the stray cell"):
        rows(path)


def test_a_zip_that_is_no_spreadsheet(tmp_path):
    """A zipped CSV says that it must be unpacked, and an XLSB what to save it as."""
    with zipfile.ZipFile(tmp_path / "l.xlsx", "w") as archive:
        archive.writestr("list.csv", "a,b")
    with pytest.raises(InputError, match="not a spreadsheet; unpack it"):
        rows(tmp_path / "l.xlsx")

    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("xl/workbook.bin", b"..")
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(InputError, match="save it as XLSX"):
        rows(tmp_path / "b.xlsx")


def test_a_locked_workbook(tmp_path):
    """A workbook with a password is a container of another kind: told so."""
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    )
    (tmp_path / "l.xlsx").write_bytes(header.ljust(512, b"\0") + b"EncryptedPackage" * 300)

    with pytest.raises(InputError, match="locked with a password"):
        rows(tmp_path / "l.xlsx")


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_cut_short(tmp_path, keep):
    """A download that broke off is damaged, in words."""
    path = save(tmp_path / "l.xlsx", [HEAD, *[ROW] * 50])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])

    with pytest.raises(InputError, match="damaged"):
        rows(path)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
@pytest.mark.parametrize("content", [b"", b"<", b"\xff\xfe\0", b"<a>" * 5_000, b"<worksheet/>"])
def test_a_workbook_of_rubbish(tmp_path, part, content):
    """Rubbish in a part is an error in words."""
    with pytest.raises(InputError):
        rows(repack(tmp_path / "l.xlsx", {part: content}))
