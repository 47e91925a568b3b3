"""The page as text: whole, self-contained, in two languages, and with nobody in it."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.casework.people import HEALTH, REGISTRY, START, VALUES, ledger, new_case, origin
from tests.casework.report.campaigns import LATE, campaign
from vnvaxmatch.casework import Act, Actor, Casework, Role, Side
from vnvaxmatch.casework.report import Campaign, Site, gather, report_page
from vnvaxmatch.casework.report.words import Figures
from vnvaxmatch.messages import LANGUAGES, message
from vnvaxmatch.policy import Outcome

VOID = {"meta", "input", "br", "link"}


class Reader(HTMLParser):
    """What stands in a page: tags that are closed in order, attributes, tables by their ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, str] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._table: list[list[str]] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        """Take note of a tag."""
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        if tag == "table":
            self._table = self.tables.setdefault(dict(attributes)["id"], [])
        elif tag == "tr":
            self._table.append([])
        elif tag in ("td", "th"):
            self._table[-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        """See that it is the one that was opened last."""
        assert self._open.pop() == tag

    def handle_data(self, data):
        """Keep texts by the tag that they are in; those of cells without the words of bars."""
        inside = self._open[-1] if self._open else ""
        self.texts[inside] = self.texts.get(inside, "") + data
        if inside in ("td", "th"):
            self._table[-1][-1] += data


@pytest.fixture(scope="module")
def told() -> Campaign:
    """A campaign with something of everything in it."""
    return gather(campaign(500).ledger, at=LATE)


def secret_words() -> st.SearchStrategy[str]:
    """Make words that no page has by chance."""
    return st.text("BCDGHKLMNPQRSTVX", min_size=8, max_size=12)


@given(st.lists(secret_words(), min_size=6, max_size=6, unique=True), st.sampled_from(LANGUAGES))
def test_nobody_is_in_it(words, lang):
    """No value, note, account, reference or record number of any case reaches the page."""
    first, second, phone, note, account, reference = words
    work = Casework(ledger())
    values = {**VALUES, "record_id": first, "full_name": first, "phone": phone, "commune": phone}
    clerk = Actor(account, role=Role.HEALTH)
    work.open([new_case(values=values)], origin=origin(), actor=REGISTRY, at=START)
    ((case, _),) = work.standings()
    work.do(case, Act.assigned(site="Trạm y tế Mẫu", note=note), actor=clerk, at=START)
    fix = Act.corrected({"full_name": second, "id_number": "001190000789"}, note=note)
    for act, actor in (
        (fix, clerk), (Act.compared(Outcome.MATCHED), REGISTRY),
        (Act.confirmed(Side.VACCINATION), HEALTH), (Act.signed(reference), clerk),
    ):  # fmt: skip
        work.do(case, act, actor=actor, at=START)

    page = report_page(gather(work.ledger, at=LATE), lang=lang)

    assert not [word for word in (*words, "001190000789", VALUES["id_number"]) if word in page]
    assert case not in page
    assert VALUES["date_of_birth"] not in page


def test_the_page_is_whole_and_needs_nothing_else(told):
    """Every tag is closed, and nothing is fetched from anywhere."""
    page = Reader(report_page(told))

    assert {name for _, name, _ in page.attributes} & {"src", "href", "style", "onclick"} == set()
    assert "//" not in page.texts["style"].replace("/*", "")
    assert "url(" not in page.texts["style"]


def test_the_policy_lets_in_the_page_s_own_script_and_style_only(told):
    """Whatever else somebody writes into the file is not run."""
    page = Reader(report_page(told))
    (policy,) = [v for tag, name, v in page.attributes if (tag, name) == ("meta", "content")
                 and "default-src" in v]  # fmt: skip
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    assert parts["default-src"] == "'none'"
    for kind in ("style", "script"):
        digest = b64encode(sha256(page.texts[kind].encode()).digest()).decode()
        assert parts[f"{kind}-src"] == f"'sha256-{digest}'"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_campaign_gives_the_same_page(told, lang):
    """A report can be made again and compared; only the root says that the log is another."""
    again = attrs.evolve(gather(campaign(500).ledger, at=LATE), checkpoint=told.checkpoint)

    assert report_page(again, lang=lang) == report_page(told, lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_speaks_one_language(told, lang):
    """Headings, states and fields are in the language that was asked for, and say so."""
    page = report_page(told, lang=lang)
    (other,) = set(LANGUAGES) - {lang}

    assert f'<html lang="{lang}">' in page
    for code in ("state.assigned", "state.signed", "field.birth", "sex_differs"):
        assert message(code, lang=lang) in page
        assert message(code, lang=other) not in page


def test_tables_say_what_was_counted(told):
    """Cells hold the figures, in the order of their columns."""
    tables = Reader(report_page(told)).tables
    status = told.status

    assert [row[2] for row in tables["funnel"][1:]] == [
        str(count)
        for count in (
            500, status.scope, status.scope - 3, sum(map(_identity, status.states.values())),
            told.both, status.certified,
        )
    ]  # fmt: skip
    assert sum(int(row[3]) for row in tables["provinces"][1:]) == status.scope
    assert sum(int(row[3]) for row in tables["communes"][1:]) == status.scope
    assert sum(int(row[4]) for row in tables["communes"][1:]) == status.certified
    assert sum(int(row[-1]) for row in tables["causes"][1:]) == sum(told.corrections.values())
    assert sum(int(row[3]) for row in tables["findings"][1:]) == sum(told.corrections.values())
    assert [int(row[4]) for row in tables["ages"][1:]] == list(told.since_touched)


def _identity(count):
    return count.identity


@given(cases=st.integers(0, 60), seed=st.integers(0, 10_000))
def test_the_funnel_never_widens(cases, seed):
    """Whoever came to a step came to those before it."""
    page = Reader(report_page(gather(campaign(cases, seed=seed).ledger, at=LATE)))
    counts = [int(row[2]) for row in page.tables["funnel"][1:]]

    assert counts == sorted(counts, reverse=True)


def test_the_places_with_most_left_lying_come_first(told):
    """Ten communes at the most, and none that is left out has more than one that is not."""
    tables = Reader(report_page(told)).tables
    named = [int(row[2]) for row in tables["longest"][1:]]
    late = sorted((int(row[9]) for row in tables["communes"][1:]), reverse=True)

    assert len(late) > 10
    assert named == late[:10]


def test_both_sides_add_up(told):
    """The four cells of the two confirmations and their sums."""
    yes, no, total = ([int(cell) for cell in row[1:]]
                      for row in Reader(report_page(told)).tables["sides"][1:])  # fmt: skip

    assert [a + b for a, b in zip(yes, no, strict=True)] == total
    assert all(row[0] + row[1] == row[2] for row in (yes, no, total))
    assert total[2] == told.status.scope
    assert min(*yes, *no) >= 0


@given(smallest=st.integers(2, 40))
def test_small_counts_are_not_told(told, smallest):
    """With --smallest, no cell and no bar tells a count below it, nor a share made of one."""
    page = Reader(report_page(told, smallest=smallest))

    cells = [cell for rows in page.tables.values() for row in rows[1:] for cell in row[1:]]
    counts = [int(cell.replace(".", "")) for cell in cells if re.fullmatch(r"[\d.]+", cell)]
    assert counts
    assert [count for count in counts if 0 < count < smallest] == []
    assert f"< {smallest}" in cells
    small = [v for _, name, v in page.attributes if name == "data-value" and float(v) > 1]
    assert [v for v in small if float(v) < smallest] == []
    words = re.findall(r": ([\d.]+)", page.texts["title"])
    assert [w for w in words if 0 < int(w.replace(".", "")) < smallest] == []


def test_the_day_of_a_hidden_case_is_hidden():
    """When the one case of a commune was touched is not told where its count is not."""
    work = Casework(ledger())
    rows = [new_case(row=row, commune="00004" if row > 1 else "26740") for row in range(1, 9)]
    work.open(rows, origin=origin(), actor=REGISTRY, at=START)

    tables = Reader(report_page(gather(work.ledger, at=LATE), smallest=3)).tables

    assert [(row[3], row[10]) for row in tables["communes"][1:]] == [
        ("7", "01/03/2026"), ("< 3", "–"),
    ]  # fmt: skip


def test_texts_of_the_ledger_are_texts(told):
    """A site that is called like markup, or steers a display, is shown as what it is."""
    names = {"</script><script>alert(1)</script>": Site(3), "a\u202eb\x1b[2J": Site(2)}

    page = Reader(report_page(attrs.evolve(told, sites=names)))

    assert [row[0] for row in page.tables["sites"][1:]] == [*list(names)[:1], "a\ufffdb\ufffd[2J"]
    assert "alert" not in page.texts["script"]


def test_a_commune_that_is_none_of_2025_stands_for_itself():
    """A list may have been opened with a code that went out of use: its cases are not lost."""
    work = Casework(ledger())
    rows = [new_case(row=1, commune="99999"), new_case(row=2, commune=None)]
    work.open(rows, origin=origin(), actor=REGISTRY, at=START)

    tables = Reader(report_page(gather(work.ledger, at=LATE))).tables

    assert [row[:2] for row in tables["communes"][1:]] == [["99999", "–"], ["Không rõ", "–"]]
    assert [row[0] for row in tables["provinces"][1:]] == ["Không rõ"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_ledger_has_a_page(lang):
    """On the first day there is nothing yet, and no division by it."""
    page = Reader(report_page(gather(ledger(), at=LATE), lang=lang))

    assert [row[2] for row in page.tables["funnel"][1:]] == ["0"] * 6
    assert "nan" not in page.texts.get("td", "")


@given(value=st.integers(0, 90), rest=st.integers(0, 90), smallest=st.integers(0, 60))
def test_shares_are_told_only_of_what_is_told(value, rest, smallest):
    """All reads 100 %, none 0 %; what is made of a hidden count is hidden."""
    of = value + rest
    figures = Figures("en", smallest=smallest)
    share = figures.share(value, of)

    hidden = not of or any(figures.hides(n) for n in (value, of, of - value))
    assert (share == "–") == hidden
    if hidden:
        assert figures.rank(value, of) < 0
    else:
        assert (share == "100 %") == (value == of)
        assert (share == "0 %") == (value == 0)
        assert abs(float(share.removesuffix(" %")) - 100 * value / of) <= 0.1
