"""The page in a real browser: drawn, sorted, searched, in the dark, on a telephone and on paper."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.casework.report.browser import browsing, path_of_browser
from tests.casework.report.campaigns import LATE, campaign
from vnvaxmatch.casework.report import gather, report_page

A4 = (595, 842)
BROWSER = path_of_browser()

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here to open the report in")


@pytest.fixture(scope="module")
def told():
    """A campaign with something of everything in it."""
    return gather(campaign(700).ledger, at=LATE)


@pytest.fixture(scope="module")
def file(told, tmp_path_factory):
    """The page as a file."""
    path = tmp_path_factory.mktemp("report") / "báo cáo.html"
    path.write_text(report_page(told), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser, for all tests of this file."""
    with browsing(BROWSER, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser, file):
    """The page, opened as on a wide screen in daylight."""
    browser.look()
    browser.open(file)
    return browser


def cells(page, table, column):
    """Give the texts of a column, in the order that they are seen in."""
    return page.run(
        f"Array.from(document.querySelectorAll('#{table} tbody tr'), "
        f"row => row.cells[{column}].textContent)"
    )


def numbers(page, table, column):
    """Give the counts of a column."""
    return [int(text.replace(".", "")) for text in cells(page, table, column)]


def test_it_opens_without_a_complaint_and_asks_for_nothing(page, file):
    """Nothing is fetched, nothing is refused, nothing goes wrong."""
    assert page.trouble == []
    assert page.requests == [file.as_uri()]


def test_charts_are_drawn(page):
    """Every bar takes room, and those that stand for more are longer."""
    sizes = page.run(
        "Array.from(document.querySelectorAll('svg.bar'), "
        "svg => [svg.getBoundingClientRect().width, svg.getBoundingClientRect().height])"
    )
    assert len(sizes) > 40
    assert all(width > 50 and height > 5 for width, height in sizes)
    widths = page.run(
        "Array.from(document.querySelectorAll('#funnel rect.c-certified'), "
        "rect => rect.getBoundingClientRect().width)"
    )
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > 0


def test_parts_of_a_bar_lie_side_by_side_and_fill_it(page):
    """The bars of provinces are whole: no part covers another."""
    gaps = page.run(
        "Array.from(document.querySelectorAll('#provinces svg'), svg => {"
        " const whole = svg.getBoundingClientRect();"
        " const parts = Array.from(svg.querySelectorAll('rect:not(.track)'),"
        "  rect => rect.getBoundingClientRect());"
        " let at = whole.left, worst = 0;"
        " for (const part of parts) {"
        "  worst = Math.max(worst, Math.abs(part.left - at)); at = part.right; }"
        " return Math.max(worst, Math.abs(whole.right - at)); })"
    )
    assert len(gaps) > 20
    assert max(gaps) < 0.1


def test_every_chart_has_words(page):
    """Whoever does not see a bar is told what it shows."""
    words = page.run(
        "Array.from(document.querySelectorAll('svg.bar'), "
        "svg => svg.getAttribute('role') === 'img' && svg.querySelector('title').textContent)"
    )
    assert all(words)


def test_vietnamese_text_is_intact(page):
    """Letters with their marks come through as they were written."""
    assert page.run("document.title") == "Tiến độ xác minh thông tin tiêm chủng"
    assert page.run("document.documentElement.lang") == "vi"
    assert page.run("document.characterSet") == "UTF-8"
    assert "Bệnh viện <Thử> & Mẫu" in cells(page, "sites", 0)
    assert "Không rõ" in cells(page, "communes", 0)


def test_a_click_sorts_and_another_sorts_the_other_way(page):
    """Numbers go down first, then up; no row is lost, and who listens is told the order."""
    before = cells(page, "communes", 0)
    heading = "document.querySelector('#communes thead').rows[0].cells[4]"

    page.run(f"{heading}.querySelector('button').click()")
    down = numbers(page, "communes", 4)
    assert page.run(f"{heading}.getAttribute('aria-sort')") == "descending"
    page.run(f"{heading}.querySelector('button').click()")
    up = numbers(page, "communes", 4)

    assert page.run(f"{heading}.getAttribute('aria-sort')") == "ascending"
    assert page.run("document.querySelectorAll('#communes [aria-sort]').length") == 1
    assert down == sorted(down, reverse=True)
    assert up == sorted(up)
    assert down != up
    assert sorted(cells(page, "communes", 0)) == sorted(before)


def test_every_column_sorts(page):
    """Whatever a column holds, each row keeps its cells together."""
    rows = "Array.from(document.querySelectorAll('{} tbody tr'), row => row.textContent)"
    for table in page.run("Array.from(document.querySelectorAll('[data-sort]'), t => t.id)"):
        before = page.run(rows.format(f"#{table}"))
        buttons = page.run(f"document.querySelectorAll('#{table} thead button').length")
        assert buttons == page.run(f"document.querySelector('#{table}').tHead.rows[0].cells.length")
        for at in range(buttons):
            page.run(f"document.querySelectorAll('#{table} thead button')[{at}].click()")
            assert sorted(page.run(rows.format(f"#{table}"))) == sorted(before)
    assert page.trouble == []


def test_names_sort_as_in_vietnamese(page):
    """Đ comes after D and before E, wherever computers have it."""
    page.run("document.querySelector('#provinces thead button').click()")
    names = [name.removeprefix("Tỉnh ") for name in cells(page, "provinces", 0)
             if name.startswith("Tỉnh ")]  # fmt: skip
    letters = [name[0] for name in names]

    assert letters == sorted(letters, key="ABCDĐEGHIKLMNOPQRSTUVXY".index)
    assert "Đ" in letters


def test_sorting_by_keyboard(page):
    """A heading is reached by Tab and pressed by Enter."""
    page.run("document.querySelector('#provinces').parentNode.focus()")
    for _ in range(3):
        page.press("Tab", 9)
    focused = "document.activeElement.closest('th')"
    assert page.run(f"{focused}.textContent") == "% chứng nhận"

    page.press("Enter", 13)

    assert page.run(f"{focused}.getAttribute('aria-sort')") == "descending"
    shares = page.run(
        "Array.from(document.querySelectorAll('#provinces tbody tr'), "
        "row => Number(row.cells[2].dataset.value))"
    )
    assert shares == sorted(shares, reverse=True)


def test_a_name_is_found_without_its_marks(page):
    """Typing «ha noi» leaves the communes of Hà Nội, and says how many; clearing brings all."""
    total = page.run("document.querySelectorAll('#communes tbody tr').length")
    typing = (
        "const box = document.querySelector('#communes').parentNode.previousSibling"
        ".querySelector('input'); box.value = {!r}; box.dispatchEvent(new Event('input'));"
    )
    seen = (
        "Array.from(document.querySelectorAll('#communes tbody tr'))"
        ".filter(row => row.getBoundingClientRect().height > 0)"
        ".map(row => row.cells[1].textContent)"
    )

    page.run(f"(() => {{ {typing.format('ha noi')} }})()")
    found = page.run(seen)
    said = page.run("document.querySelector('#communes').parentNode.previousSibling"
                    ".querySelector('output').textContent")  # fmt: skip
    page.run(f"(() => {{ {typing.format('')} }})()")

    assert set(found) == {"Thành phố Hà Nội"}
    assert said == f"{len(found)} / {total}"
    assert len(page.run(seen)) == total


def test_it_says_all_without_its_script(browser, file, told):
    """Where scripts are not run, tables are there as they were written."""
    browser.look()
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(file)
        assert browser.run("document.querySelectorAll('#communes tbody tr').length") > 50
        assert browser.run("document.querySelectorAll('button, input').length") == 0
        heading = browser.run("document.querySelector('#communes thead th').textContent")
        assert heading == "Xã, phường"
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def contrast(page):
    """Give the contrast of text and soft text with the paper, after WCAG."""
    return page.run(
        "(() => { const light = rgb => { const part = rgb.match(/[\\d.]+/g).slice(0, 3)"
        ".map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);"
        " return .2126 * part[0] + .7152 * part[1] + .0722 * part[2]; };"
        " const color = (at, what) => light(getComputedStyle(document.querySelector(at))[what]);"
        " const paper = color('body', 'backgroundColor');"
        " return ['body', '.about', 'thead th', '.share'].map(at => {"
        " const ink = color(at, 'color');"
        " return (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05); }); })()"
    )


def test_light_and_dark_are_two_and_both_are_read(page):
    """The dark page is dark, the light one light, and text stands out from either."""
    light, bright = page.picture(), contrast(page)
    page.look(dark=True)
    dark, dim = page.picture(), contrast(page)
    paper = page.run("getComputedStyle(document.body).backgroundColor")

    assert light != dark
    assert max(map(int, paper.removeprefix("rgb(").removesuffix(")").split(","))) < 64
    assert min(*bright, *dim) > 4.5


def test_a_telephone_shows_it_without_scrolling_sideways(page):
    """Wide tables scroll in themselves; the page does not."""
    page.look(width=360)

    assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.run(
        "Array.from(document.querySelectorAll('.wide')).every("
        "frame => frame.getBoundingClientRect().right <= 361)"
    )


def test_it_prints_on_a4_with_no_table_cut_off(page, told):
    """Every page is A4, and everything that stands in a table stands on some page."""
    reader = PdfReader(BytesIO(page.printed()))
    sizes = {(round(float(p.mediabox.width)), round(float(p.mediabox.height)))
             for p in reader.pages}  # fmt: skip
    pages = [p.extract_text() for p in reader.pages]
    printed = " ".join(" ".join(pages).split())

    assert sizes == {A4} or all(abs(w - A4[0]) < 2 and abs(h - A4[1]) < 2 for w, h in sizes)
    assert len(pages) >= 4
    for name in (*cells(page, "communes", 0), *cells(page, "provinces", 0)):
        assert name in printed
    for last in cells(page, "communes", 10):
        assert last in printed
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=703, height=1000, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        # 186 mm between the margins, at 96 points an inch
        assert page.run("document.documentElement.scrollWidth") <= 703
    finally:
        page.call("Emulation.setEmulatedMedia", media="")


def test_headings_stand_on_every_printed_page_of_a_table(page):
    """A table that goes on says again what its columns are."""
    reader = PdfReader(BytesIO(page.printed()))
    pages = [" ".join(p.extract_text().split()) for p in reader.pages]
    first = next(at for at, text in enumerate(pages) if "Tiến độ theo xã, phường" in text)

    going_on = [text for text in pages[first + 1 :] if "Xã " in text]
    assert going_on
    assert all("Xã, phường" in text and "Lâu nhất từ" in text for text in going_on)
