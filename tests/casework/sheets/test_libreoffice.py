"""Worklists that a real spreadsheet program opened and saved, in each of its formats.

Skipped where LibreOffice is not installed (on Debian: ``apt install libreoffice-calc``).
"""

import shutil
import subprocess

import pytest

from vnvaxmatch.casework.sheets import apply_sheet
from vnvaxmatch.errors import InputError

from .desk import CLERK, LATER, came, desk, issue, opened, values

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1"
CSV_OF_WINDOWS = "csv:Text - txt - csv (StarCalc):59,34,1,1"

pytestmark = [
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def convert(tmp_path_factory):
    """Give what converts a file with the program, in a profile of its own."""
    home = tmp_path_factory.mktemp("profile")

    def run(path, form):
        out = path.parent / "converted"
        subprocess.run(
            [SOFFICE, f"-env:UserInstallation={home.as_uri()}", "--headless", "--convert-to", form,
             "--outdir", str(out), str(path)],
            check=True, capture_output=True, timeout=200,
        )  # fmt: skip
        return (out / path.name).with_suffix("." + form.partition(":")[0])

    return run


@pytest.fixture
def filled(tmp_path):
    """A worklist as it was made, and another copy of it that was filled in."""
    work = opened()
    issue(work, tmp_path / "out")
    sheet = desk(tmp_path / "out")
    sheet.fill(0, full_name="Trần Thị Thừ", sex="Nữ", cause="Người dân khai nhầm", note="đã gặp")
    sheet.fill(1, date_of_birth="11/11/1985", id_number="001085000999")
    sheet.fill(2, id_number="123")
    return work, sheet.save(tmp_path / "filled.xlsx")


@pytest.mark.parametrize("forms", [("ods", "xlsx"), ("ods",), ("xls",), (CSV,), ("ods", CSV)])
def test_a_sheet_that_the_program_saved_still_applies(convert, filled, forms):
    """Through OpenDocument and back, as an old workbook, as text: the same comes out."""
    work, path = filled
    for form in forms:
        path = convert(path, form)

    applied = apply_sheet(work, path, actor=CLERK, at=LATER)

    assert came(applied) == ["applied", "applied", "value_unreadable", "blank", "blank"]
    assert values(work)[1]["full_name"] == "Trần Thị Thừ"
    assert values(work)[2]["date_of_birth"] == "11/11/1985"
    assert values(work)[2]["id_number"] == "001085000999"
    assert (applied.identity is not None) == (CSV not in forms)


def test_the_worklist_itself_goes_through_the_program_and_back(convert, tmp_path):
    """The protected, styled file that was made keeps its rows, tokens and identity."""
    work = opened()
    (issued, _) = issue(work, tmp_path / "out")

    path = convert(convert(tmp_path / "out" / issued.file, "ods"), "xlsx")
    applied = apply_sheet(work, path, actor=CLERK, at=LATER)

    assert applied.identity == issued.sheet
    assert came(applied) == ["blank"] * 5


def test_text_without_vietnamese_letters_is_refused(convert, filled):
    """What an older code page cannot hold is gone: nothing is made of what is left."""
    work, path = filled

    with pytest.raises(InputError, match="without Vietnamese letters"):
        apply_sheet(work, convert(path, CSV_OF_WINDOWS), actor=CLERK, at=LATER)


def test_a_sheet_prints_on_one_page_across(convert, tmp_path):
    """A4 across: what a person works with is one page wide."""
    reader = pytest.importorskip(
        "pyhanko.pdf_utils.reader", reason="the extra certify is not installed"
    )
    work = opened()
    (issued, _) = issue(work, tmp_path / "out")

    with convert(tmp_path / "out" / issued.file, "pdf").open("rb") as file:
        pages = reader.PdfFileReader(file).root["/Pages"]
        (page,) = pages["/Kids"]
        box = [float(side) for side in page.get_object()["/MediaBox"]]

    assert [round(side) for side in box] == [0, 0, 842, 595]
