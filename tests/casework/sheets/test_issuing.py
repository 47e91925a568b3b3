"""Making worklists: who is on which, what is assigned, and when one is made anew."""

import zipfile
from datetime import timedelta

import attrs
import openpyxl
import pytest

from vnvaxmatch.casework import Act, Actor, Casework, Role, State
from vnvaxmatch.casework.sheets import issuing
from vnvaxmatch.errors import CaseError, InputError
from vnvaxmatch.ledger import MemoryLedger, Seal
from vnvaxmatch.policy import Outcome

from ..people import HERE, POLICE, START, THERE, VALUES, ledger, new_case, origin
from .desk import CLERK, FIRST, REGISTRY, Desk, desk, issue, opened, person


@pytest.fixture
def work():
    """Cases of two communes."""
    return opened()


def states(work):
    """Give the states of all cases."""
    return sorted(standing.state for _, standing in work.standings())


def test_making_worklists_assigns_each_case_once(work, tmp_path):
    """The second time assigns nothing, and writes the same files again, to the byte."""
    first = issue(work, tmp_path / "a")
    size = work.ledger.size
    second = issue(work, tmp_path / "b", at=START + timedelta(days=1))

    assert [(i.assigned, i.anew) for i in first] == [(5, True), (1, True)]
    assert [(i.assigned, i.anew) for i in second] == [(0, False), (0, False)]
    assert states(work) == [State.ASSIGNED] * 6
    assert work.ledger.size == size
    for one, other in zip(first, second, strict=True):
        assert one.sheet == other.sheet
        written = [(tmp_path / "a" / one.file), (tmp_path / "b" / other.file)]
        assert written[0].read_bytes() == written[1].read_bytes()


def test_a_list_whose_cases_changed_is_a_newer_issue(work, tmp_path):
    """Only that one: the other commune's is the same again."""
    issue(work, tmp_path / "a")
    case = next(case for case, s in work.standings() if s.commune == HERE)
    work.do(case, Act.corrected({"lot": "B2"}), actor=CLERK, at=START)

    here, there = issue(work, tmp_path / "b", at=START + timedelta(days=1))

    assert (here.sheet.number, here.anew) == (2, True)
    assert (there.sheet.number, there.anew) == (1, False)


def test_only_communes_that_are_named(work, tmp_path):
    """Nobody else's cases are written, nor assigned."""
    (issued,) = issue(work, tmp_path / "out", communes=[THERE])

    assert issued.sheet.place.commune == THERE
    assert states(work).count(State.ASSIGNED) == 1


def test_an_actor_makes_the_lists_of_their_own_office(work, tmp_path):
    """A commune's clerk gets no other commune's people."""
    (issued,) = issue(work, tmp_path / "out", actor=CLERK)

    assert issued.sheet.place.commune == HERE


def test_a_role_that_may_not_assign(work, tmp_path):
    """It is said what to do; lists of what is assigned already it may make."""
    with pytest.raises(InputError, match="may not assign"):
        issue(work, tmp_path / "a", actor=POLICE)

    issue(work, tmp_path / "b")
    assert len(issue(work, tmp_path / "c", actor=POLICE, states=[State.ASSIGNED])) == 1


def test_cases_that_are_done_or_right_are_on_no_list(tmp_path):
    """There is nothing to correct."""
    work = Casework(ledger())
    outcomes = [Outcome.MATCHED, Outcome.OUT_OF_SCOPE, Outcome.NOT_FOUND, None]
    cases = [new_case(outcome, row=row) for row, outcome in enumerate(outcomes, 1)]
    work.open(cases, origin=origin(), actor=REGISTRY, at=START)

    (issued,) = issue(work, tmp_path / "out")

    assert issued.rows == 1


def test_a_list_for_every_site(tmp_path):
    """Spellings of one site are one list; the cases are assigned to it."""
    work = Casework(ledger())
    sites = ["Trạm y tế A", "TRẠM  Y TẾ A", "Trạm y tế A", "Bệnh viện B", "", "x" * 300]
    cases = [
        new_case(row=row, values={**person(row), "site": site}) for row, site in enumerate(sites, 1)
    ]
    work.open(cases, origin=origin(), actor=REGISTRY, at=START)

    issued = issue(work, tmp_path / "out", per="site")

    assert [(i.sheet.place.site, i.rows, i.assigned) for i in issued] == [
        ("Bệnh viện B", 1, 1), ("Trạm y tế A", 3, 3), ("", 2, 0),
    ]  # fmt: skip
    assert len({i.file for i in issued}) == 3


def test_cases_of_no_known_commune_have_their_own_list(tmp_path):
    """Nobody is guessed to be theirs, so they are not assigned."""
    work = Casework(ledger())
    work.open([new_case(commune=None)], origin=origin(), actor=REGISTRY, at=START)

    (issued,) = issue(work, tmp_path / "out")

    assert (issued.file, issued.assigned) == ("khong-ro-xa.xlsx", 0)


def test_a_long_list_goes_on_in_a_second_file(work, tmp_path, monkeypatch):
    """Each with rows of its own."""
    monkeypatch.setattr(issuing, "ROWS_PER_SHEET", 2)

    issued = issue(work, tmp_path / "out", communes=[HERE])

    assert [(i.rows, i.sheet.part) for i in issued] == [(2, 1), (2, 2), (1, 3)]
    assert len({i.sheet.id for i in issued}) == 3


def test_what_the_sheet_is_like(work, tmp_path):
    """Open cells alone are not locked; choices, frozen headings, A4 across, hidden parts."""
    issue(work, tmp_path / "out")
    (path,) = (tmp_path / "out").glob(f"{HERE}-*")
    book = openpyxl.load_workbook(path)
    sheet = book["Danh sách"]
    keys = [cell.value for cell in sheet[FIRST - 1]]
    row = sheet[FIRST + 1]

    locked = {key for key, cell in zip(keys, row, strict=True) if cell.protection.locked}

    assert sheet.protection.sheet
    assert {key for key in keys if key not in locked} == {
        key for key in keys if key.startswith(("fix.", "mark."))
    } | {"cause", "note"}
    assert sheet.freeze_panes == f"C{FIRST + 1}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.row_dimensions[FIRST - 1].hidden
    assert book["vnvaxmatch"].sheet_state == "hidden"
    assert len(sheet.data_validations.dataValidation) == 4
    assert row[1].fill.start_color.rgb == "FFFCE4D6"
    assert row[3].fill.start_color.rgb != "FFFCE4D6"
    book.close()


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "\t=1"])
def test_no_cell_is_a_formula(tmp_path, text):
    """Whatever a record holds is text in the sheet, and in the site's name above it."""
    work = Casework(ledger())
    values = {**VALUES, "full_name": text, "site": text, "lot": text}
    work.open([new_case(values=values)], origin=origin(), actor=REGISTRY, at=START)

    for per in ("commune", "site"):
        (issued,) = issue(work, tmp_path / per, per=per)
        with zipfile.ZipFile(tmp_path / per / issued.file) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/"):
                    xml = archive.read(name)
                    assert b"<f>" not in xml
                    assert b"<hyperlink" not in xml


def test_odd_values_make_a_sheet_that_comes_back(tmp_path):
    """Control characters, half characters, cells beyond what a spreadsheet holds."""
    from .desk import apply, came

    work = Casework(ledger())
    values = {**person(0), "lot": "a\x00b\x1fc", "site": "x" * 40_000}
    work.open([new_case(values=values)], origin=origin(), actor=REGISTRY, at=START)
    issue(work, tmp_path / "out")
    sheet = desk(tmp_path / "out")
    sheet.fill(0, sex="Nữ")

    assert came(apply(work, sheet, tmp_path)) == ["applied"]


def test_a_purged_person_is_on_no_list(work, tmp_path):
    """There is nothing left to show."""
    case = next(case for case, s in work.standings() if s.commune == HERE)
    work.ledger.purge(f"case/{case}")

    here, _ = issue(work, tmp_path / "out")

    assert here.rows == 4


def test_without_the_keys_no_list_is_made(tmp_path):
    """It is said what is missing."""

    class Locked(MemoryLedger):
        def read(self, stream, /):
            return tuple(
                attrs.evolve(r, seal=Seal.LOCKED, event=attrs.evolve(r.event, personal={}))
                if stream.startswith("case/") and r.seal is Seal.OPEN
                else r
                for r in super().read(stream)
            )

    from ..people import KEYS

    work = Casework(Locked(keys=KEYS))
    work.open([new_case()], origin=origin(), actor=REGISTRY, at=START)

    with pytest.raises(CaseError, match="key file"):
        issue(work, tmp_path / "out")


def test_a_health_office_of_a_province_has_its_communes(work, tmp_path):
    """Those whose codes are its."""
    office = Actor("so-y-te", role=Role.HEALTH, office="01")

    (issued,) = issue(work, tmp_path / "out", actor=office)

    assert issued.sheet.place.commune == HERE


def test_english_sheets_come_back_too(work, tmp_path):
    """Whatever language the headings are in."""
    from .desk import apply, came

    issue(work, tmp_path / "out", lang="en")
    (path,) = (tmp_path / "out").glob(f"{HERE}-*")
    book = openpyxl.load_workbook(path)
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    sheet = Desk(rows, [])
    sheet.fill(0, sex="Nữ", cause="Typed wrongly", mark__identity="Right")
    book.close()

    assert came(apply(work, sheet, tmp_path))[0] == "applied"
