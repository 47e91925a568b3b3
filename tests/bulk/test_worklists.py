"""Worklists: every row to fix in exactly one sheet, safe to open, the wrong cells marked."""

import csv
import json
import re
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Exact, MemoryRegistry, match
from vnvaxmatch.backends import Fuzzy
from vnvaxmatch.bulk import build_registry, verify
from vnvaxmatch.bulk.results import suggestions_cell
from vnvaxmatch.bulk.worklists import SPOOLED, UNROUTED, write_worklists
from vnvaxmatch.bulk.writing import SPOOL_SCHEMA, TOLD_SCHEMA
from vnvaxmatch.messages import message
from vnvaxmatch.normalize import commune_name
from vnvaxmatch.policy import Disclosure, Suggestion
from vnvaxmatch.records import Field

BA_DINH, NGOC_HA, SA_PA = "00004", "00008", "03006"
FORMULAS = [
    '=HYPERLINK("http://x.invalid","y")', "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "＝1",
    "=cmd|' /C calc'!A0", "http://x.invalid", "mailto:a@b.invalid", "internal:A1", "{=1}", "1e5",
    "001", "TRUE", "#N/A", "'", '"',
]  # fmt: skip


def spooled(row, commune=None, **cells):
    base = dict.fromkeys(TOLD_SCHEMA.names)
    return base | {"row": row, "commune": commune, "outcome": "mismatched", "wrong": "name"} | cells


def write(folder, rows, schema=SPOOL_SCHEMA, **options):
    """Write worklists of spooled rows and give the index."""
    table = pa.Table.from_pylist([{n: row[n] for n in schema.names} for row in rows], schema=schema)
    pq.write_table(table, folder / "spool.parquet")
    written = write_worklists(
        folder / "spool.parquet",
        folder / "worklists",
        **{"lang": "vi", "scratch": folder / "scratch"} | options,
    )
    with (folder / "worklists" / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        index = list(csv.DictReader(file))
    assert [(i["file"], int(i["rows"])) for i in index] == [(w.file, w.rows) for w in written]
    return index


def sheet(folder, name):
    return openpyxl.load_workbook(folder / "worklists" / name).active


def cells(folder, name):
    """Read the rows of a worklist below its headings."""
    return list(sheet(folder, name).iter_rows(min_row=4))


def numbers(folder, name):
    return [row[0].value for row in cells(folder, name)]


def test_rows_go_to_their_commune_in_order(tmp_path):
    """One sheet for every commune, by code, rows by number; what has no commune comes last."""
    rows = [
        spooled(5, SA_PA), spooled(1, None), spooled(9, BA_DINH), spooled(2, SA_PA),
        spooled(3, BA_DINH), spooled(4, None),
    ]  # fmt: skip

    index = write(tmp_path, rows)

    assert [i["commune"] for i in index] == [BA_DINH, SA_PA, ""]
    assert [numbers(tmp_path, i["file"]) for i in index] == [[3, 9], [2, 5], [1, 4]]
    assert index[0]["name"] == commune_name(BA_DINH)
    assert index[2]["file"] == f"{UNROUTED}.xlsx"


@pytest.mark.parametrize(("count", "parts"), [(2, [2]), (3, [3]), (4, [3, 1]), (9, [3, 3, 3])])
def test_a_long_list_goes_on_in_a_second_file(tmp_path, count, parts):
    """No sheet is longer than a person works through, and none is empty."""
    told = []
    rows = [spooled(n, BA_DINH) for n in range(count)]

    index = write(tmp_path, rows, rows_per_file=3, progress=told.append)

    assert [int(i["rows"]) for i in index] == parts == told
    assert [n for i in index for n in numbers(tmp_path, i["file"])] == list(range(count))


_communes = st.sampled_from([None, BA_DINH, NGOC_HA, SA_PA])


@settings(max_examples=15)
@given(communes=st.lists(_communes, min_size=1, max_size=30))
def test_nothing_is_dropped_or_doubled(communes):
    """Every row is in one sheet, that of its commune."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        index = write(folder, [spooled(n, c) for n, c in enumerate(communes)], rows_per_file=4)

        found = {n: i["commune"] or None for i in index for n in numbers(folder, i["file"])}
        assert found == dict(enumerate(communes))
        assert sum(int(i["rows"]) for i in index) == len(communes)


def test_file_names_are_plain(tmp_path):
    """A file name is the code and ASCII letters: every system can keep it."""
    index = write(tmp_path, [spooled(n, c) for n, c in enumerate([None, BA_DINH, SA_PA])])

    assert all(re.fullmatch(r"[a-z0-9-]+\.xlsx", i["file"]) for i in index)


def _places(page):
    """Columns that hold what was recorded: neither the library's words nor room to fill in."""
    own = ("Row", "Reasons", "Outcome", "Fields to check", "Verified by", "Verified on", "Notes")
    return {
        cell.column
        for cell in page[3]
        if cell.value not in own and not cell.value.startswith(("Corrected", "Suggested"))
    }


@pytest.mark.parametrize("schema", [SPOOL_SCHEMA, TOLD_SCHEMA], ids=["findings", "values"])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_can_run(tmp_path, text, schema):
    """Whatever was recorded or is held, each cell is text: no formula, no link, no number."""
    cell = suggestions_cell([Suggestion(Field.NAME, text)])
    row = spooled(1, BA_DINH, **dict.fromkeys(SPOOLED, text), suggestions=cell)
    write(tmp_path, [row], schema, lang="en")

    (file,) = (tmp_path / "worklists").glob("*.xlsx")
    (row,) = cells(tmp_path, file.name)
    shown = [cell for cell in row if cell.column in _places(sheet(tmp_path, file.name))]
    assert len(shown) == len(SPOOLED)
    assert {cell.data_type for cell in shown} <= {"s", "inlineStr"}
    assert {cell.value for cell in shown} == {text.replace("\r", "_x000D_")} or "\r" in text
    assert all(cell.hyperlink is None for cell in shown)
    with zipfile.ZipFile(file) as archive:
        parts = archive.namelist()
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert not [part for part in parts if "externalLink" in part or "sheet1.xml.rels" in part]


@pytest.mark.parametrize(
    "text", ["\0\x01\x1b[2J", "x" * 40_000, "\ufffe\uffff", "😀" * 20_000, "_x0041_"]
)
def test_a_strange_cell_leaves_a_sheet_that_opens(tmp_path, text):
    """Control signs, huge texts and signs beyond Unicode's first plane do no harm."""
    (item,) = write(tmp_path, [spooled(1, BA_DINH, full_name=text), spooled(2, BA_DINH)])

    assert numbers(tmp_path, item["file"]) == [1, 2]
    assert all(len(str(cell.value or "")) <= 32_767 for cell in cells(tmp_path, item["file"])[0])


def test_wrong_fields_are_marked(tmp_path):
    """The cells to check have another colour than the rest, and the fields are named."""
    row = spooled(
        1, BA_DINH, wrong="name;id_number", reasons="name_marks;id_number_missing",
        full_name="Nguyen Van An", date_of_birth="1985", id_number="1",
    )  # fmt: skip

    (item,) = write(tmp_path, [row])

    ((_, name, birth, _, number, *rest),) = cells(tmp_path, item["file"])
    assert name.fill.bgColor.rgb == number.fill.bgColor.rgb != birth.fill.bgColor.rgb
    assert name.fill.fgColor.rgb == "FFFCE4D6"
    texts = [cell.value for cell in rest]
    assert f"{message('field.name')}, {message('field.id_number')}" in texts
    assert any(text and "\n" in text for text in texts)


@pytest.mark.parametrize("schema", [SPOOL_SCHEMA, TOLD_SCHEMA], ids=["findings", "values"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_there_is_room_to_correct(tmp_path, lang, schema):
    """Headings in the language, blank cells to fill in, a filter, a frozen head, A4 landscape."""
    (item,) = write(tmp_path, [spooled(1, BA_DINH)], schema, lang=lang)

    page = sheet(tmp_path, item["file"])
    headings = [cell.value for cell in page[3]]
    assert ("Họ và tên đúng" if lang == "vi" else "Corrected name") in headings
    notes = headings.index("Ghi chú" if lang == "vi" else "Notes")
    assert page.cell(4, notes + 1).value is None
    assert page.print_area == f"'{page.title}'!$A$1:${page.cell(1, notes + 1).column_letter}$4"
    assert page.freeze_panes == "C4"
    assert page.auto_filter.ref == f"A3:{page.cell(4, len(headings)).coordinate}"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToHeight == 0
    printed = [page.column_dimensions[c.column_letter].width for c in page[3][:notes]]
    assert sum(printed) < 230  # what still can be read where A4 holds it all


def test_no_rows_make_an_empty_index(tmp_path):
    """A clean list has no worklists."""
    assert write(tmp_path, []) == []


def test_nothing_else_is_left(tmp_path):
    """The folder holds the sheets and the index: no file of the writer's own."""
    index = write(tmp_path, [spooled(n, c) for n, c in enumerate([None, BA_DINH, SA_PA])])

    names = {path.name for path in (tmp_path / "worklists").iterdir()}
    assert names == {"index.csv", *(i["file"] for i in index)}


# --- suggestions ------------------------------------------------------------------------------


def shown(folder, file):
    """The cells of each row of a worklist by their headings, in English."""
    headings = [cell.value for cell in sheet(folder, file)[3]]
    return [dict(zip(headings, (c.value for c in row), strict=True)) for row in cells(folder, file)]


def test_a_suggestion_stays_a_suggestion(tmp_path):
    """A line for each, the surest first, the unsure ones so called; nothing is filled in."""
    cell = suggestions_cell(
        [
            Suggestion(Field.BIRTH, "10/11/1985", 31.0),
            Suggestion(Field.NAME, "Trần  Thị\nThử", 10.0),
            Suggestion(Field.ID_NUMBER, "001185000123", 9.9),
        ]
    )

    (item,) = write(tmp_path, [spooled(1, BA_DINH, suggestions=cell)], TOLD_SCHEMA, lang="en")

    (row,) = shown(tmp_path, item["file"])
    assert row["Suggested correction"].split("\n") == [
        "Date of birth: 10/11/1985",
        "Full name: Trần Thị Thử",
        "ID number: 001185000123 (not sure)",
    ]
    assert not [value for name, value in row.items() if name.startswith("Corrected") and value]


def test_a_suggestion_has_the_height_that_it_needs(tmp_path):
    """A row is as high as the longer of its reasons and its suggestions, as they wrap."""
    long = suggestions_cell([Suggestion(Field.NAME, "Nguyễn " * 20)])
    rows = [
        spooled(1, BA_DINH, suggestions=suggestions_cell([Suggestion(Field.SEX, "Nam")])),
        spooled(2, BA_DINH, suggestions=long),
        spooled(3, BA_DINH, reasons="name_marks;birth_differs;sex_differs"),
    ]

    (item,) = write(tmp_path, rows, TOLD_SCHEMA)

    page = sheet(tmp_path, item["file"])
    one, several, three = (page.row_dimensions[4 + n].height for n in range(3))
    assert one < 2 * 15
    assert several >= 5 * 15
    assert 3 * 15 <= three < several


@pytest.mark.parametrize(
    ("reasons", "fitting", "words"),
    [
        ("several_entries", 2, "People who may fit: 2"),
        ("weight_too_low", 1, "People who may fit: 1"),
        ("several_entries;block_too_large", 3, "People who may fit: at least 3"),
        ("block_too_large", None, ""),
    ],
)
def test_how_many_fit_is_said(tmp_path, reasons, fitting, words):
    """Where nobody was taken, the sheet says why, and how many could be meant."""
    row = spooled(1, BA_DINH, outcome="ambiguous", reasons=reasons, fitting=fitting)

    (item,) = write(tmp_path, [row], TOLD_SCHEMA, lang="en")

    (row,) = shown(tmp_path, item["file"])
    assert row["Suggested correction"] == words
    assert row["Reasons"].split("\n") == [message(c, lang="en") for c in reasons.split(";")]


def test_that_several_fit_is_said_where_no_reason_is_told(tmp_path):
    """At the disclosure of right or wrong only, a printed row still says that it is open."""
    row = spooled(1, BA_DINH, outcome="ambiguous", wrong="", reasons="birth_no_day")

    (item,) = write(tmp_path, [row], lang="en")

    (row,) = shown(tmp_path, item["file"])
    words = [message(code, lang="en") for code in ("birth_no_day", "outcome.ambiguous")]
    assert row["Reasons"].split("\n") == words


HELD = [
    {"entry_key": "=held-one", "full_name": "Trần Thị Hoài Thử", "date_of_birth": "10/11/1985",
     "sex": "Nữ", "id_number": "001185000123"},
    {"entry_key": "=held-two", "full_name": "Đoàn Bảo Mẫu", "date_of_birth": "02/03/1990",
     "sex": "Nam", "id_number": "079090000456"},
    {"entry_key": "@held-three", "full_name": "Đoàn Bảo Mẫu", "date_of_birth": "02/03/1990",
     "sex": "Nam", "id_number": "001090000457"},
]  # fmt: skip
CLAIMED = [
    {"full_name": "Tran Thi Hoai Thu", "date_of_birth": "1985", "sex": "Nam",
     "id_number": "001185000123"},
    {"full_name": "Tran Thi Hoai Thu", "date_of_birth": "11/10/1985", "sex": "Nữ",
     "id_number": "001185000132"},
    {"full_name": "Doan Bao Mau", "date_of_birth": "2/3/90", "sex": "Nam", "id_number": ""},
]  # fmt: skip


def table_of(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def everything(folder):
    """All that stands in any file of a folder, as text."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            texts.append(repr(pq.read_table(path).to_pylist()))
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(part).decode() for part in archive.namelist()]
        elif path.is_file():
            texts.append(path.read_text("utf-8-sig"))
    return "\n".join(texts)


@pytest.mark.parametrize("disclosure", Disclosure)
@pytest.mark.parametrize("matcher", [Exact(), Fuzzy()], ids=["exact", "fuzzy"])
def test_values_are_told_at_values_only(tmp_path, matcher, disclosure):
    """No value of the registry is in any file of a run but at the disclosure that is for it."""
    build_registry(table_of(tmp_path / "people.csv", HELD), out=tmp_path / "people.sqlite")

    run = verify(
        table_of(tmp_path / "doses.csv", CLAIMED),
        registry=tmp_path / "people.sqlite",
        out=tmp_path / "out",
        by=matcher,
        disclosure=disclosure,
        lang="en",
    )

    stated = {value for row in CLAIMED for value in row.values()}
    held = {value for row in HELD for value in row.values()} - stated - {"Nữ"}
    text = everything(run.out)
    assert any(row["full_name"] in text for row in CLAIMED)
    told = {value for value in held if value in text}
    (file,) = (run.out / "worklists").glob("*.xlsx")
    rows = shown(run.out, file.name)
    if disclosure is not Disclosure.VALUES:
        assert told == set()
        assert "Suggested correction" not in rows[0]
        return
    first, *_, last = (row["Suggested correction"] for row in rows)
    assert set(first.split("\n")) == {
        "Sex: Nữ", "Date of birth: 10/11/1985", "Full name: Trần Thị Hoài Thử",
    }  # fmt: skip
    if isinstance(matcher, Fuzzy):
        assert last == "People who may fit: 2"
        with (run.out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
            *_, row = csv.DictReader(file)
        assert row["candidates"] == "'=held-two;'@held-three"
    summary = json.loads((run.out / "summary.json").read_text("utf-8"))
    assert summary.get("identification") == (
        {"identified": 2, "ambiguous": 1, "not_found": 0} if isinstance(matcher, Fuzzy) else None
    )


@pytest.mark.parametrize(
    ("name", "birth", "suggests"),
    [
        ("Lê Văn Khác", "05/06/1970", False),
        ("", "05/06/1970", False),
        ("Lê Văn Khác", "1985", True),
        ("Tran Thi Hoai Thu", "05/06/1970", True),
    ],
)
def test_a_number_alone_corrects_nobody(name, birth, suggests):
    """Where nothing is weighed and only the number speaks for the entry, it may be another's."""
    registry = MemoryRegistry(
        [Entry.read(key="1", name=HELD[0]["full_name"], birth="10/11/1985", sex="nữ",
                    id_number="001185000123")[0]]
    )  # fmt: skip
    claim = Claim.read(name=name, birth=birth, sex="nam", id_number="001185000123")

    verdict = match(claim, by=Exact(), against=registry)

    assert verdict.evidence is not None
    assert bool(verdict.suggestions) is suggests
