"""How explanations are drawn: on a terminal, as a picture, as a page."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Evidence, Field, Finding, Level, Outcome, Verdict
from vnvaxmatch.explain import explain
from vnvaxmatch.explain.layout import wrapped
from vnvaxmatch.explain.words import clean, width_of
from vnvaxmatch.messages import LANGUAGES, Lang
from vnvaxmatch.testing.strategies import texts

from .waterfalls import HAND_MADE, verdicts

SNAPSHOT = Path(__file__).parent.parent / "snapshots" / "waterfalls.json"
SVG = "{http://www.w3.org/2000/svg}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def drawn() -> dict[str, list[str]]:
    """The hand-made verdicts as a terminal shows them, by name, language and width."""
    return {
        f"{name}/{lang}/{width}": explain(verdict, lang=lang, row=17).as_text(width).split("\n")
        for name, verdict in HAND_MADE.items()
        for lang, width in (("vi", 80), ("en", 60))
    }


def test_waterfalls_are_as_they_were() -> None:
    """The drawings that are kept are those that are drawn.

    Run ``python -m tests.explain.test_drawing`` to write them anew, and look at the difference.
    """
    assert drawn() == json.loads(SNAPSHOT.read_text("utf-8"))


@given(verdicts(), st.integers(40, 120), st.sampled_from(LANGUAGES))
def test_no_line_is_wider_than_the_terminal(verdict: Verdict, width: int, lang: Lang) -> None:
    """Whatever is said fits, letters without width and of double width included."""
    lines = explain(verdict, lang=lang, row=1).as_text(width).split("\n")
    assert max(map(width_of, lines)) <= width


@given(verdicts(bits=st.floats(-60, 60)), st.integers(20, 130))
def test_the_bars_stand_on_one_line_at_zero(verdict: Verdict, width: int) -> None:
    """The line at 0 is in the same column in all rows, and the total begins there."""
    explained = explain(verdict, lang="en")
    bars = [
        line for line in explained.as_text(width).split("\n") if re.search("[█░ ]│|│[█░]", line)
    ]
    if explained.weight is not None:
        assert len({line.index("│") for line in bars if "│ Both" not in line}) == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_a_bar_grows_with_its_weight_and_points_its_way(sign: int) -> None:
    """The sign and the filling say whether it speaks for or against."""
    evidence = Evidence("", (Finding(Field.NAME, Level.SAME, None, sign * 18.2),), sign * 18.2, 0.0)
    lines = explain(Verdict(Outcome.MATCHED, evidence=evidence), lang="en").as_text(80)
    row = next(line for line in lines.split("\n") if line.startswith("Full name"))
    assert ("+18.2" in row, "−18.2" in row) == (sign > 0, sign < 0)
    assert row.count("█" if sign > 0 else "░") > 40
    assert ("│█" in row, "░│" in row) == (sign > 0, sign < 0)


@given(verdicts(), texts(), st.sampled_from(LANGUAGES))
def test_pictures_and_pages_are_well_formed(verdict: Verdict, name: str, lang: Lang) -> None:
    """Whatever stands in a record or a registry, no text becomes markup."""
    claim = Claim.read(name=f"Trần {name}", birth="1985")
    explained = explain(verdict, claim=claim, lang=lang)
    picture, page = explained.as_svg(), explained.as_html()

    assert ET.fromstring(picture).tag == f"{SVG}svg"
    assert ET.fromstring(page).tag == f"{XHTML}html"
    for document in (picture, page):
        document.encode("utf-8")
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(document).iter()}
        assert tags.isdisjoint({"script", "image", "img", "a", "link", "iframe", "foreignObject"})


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "&amp;", "]]>", '"><b>', "\x00\ud800"]
)
def test_hostile_values_are_text(text: str) -> None:
    """A registry's key that is markup is shown, not run."""
    verdict = Verdict(Outcome.AMBIGUOUS, candidates=(text,), matcher=text)
    page = ET.fromstring(explain(verdict).as_html())
    assert clean(text) in [item.text for item in page.iter(f"{XHTML}li")]


@pytest.mark.parametrize("name", HAND_MADE)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_comes_from_outside(name: str, lang: Lang) -> None:
    """No script, no address but the names of the formats, and a browser told to fetch nothing."""
    explained = explain(HAND_MADE[name], lang=lang)
    page = explained.as_html()
    addresses = set(re.findall(r"\w+://[^\"'\s<]+", page + explained.as_svg()))
    assert addresses <= {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
    assert "url(" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("name", HAND_MADE)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_and_pages_can_be_read_aloud(name: str, lang: Lang) -> None:
    """Language, title and description are there, and every heading of a table has its scope."""
    explained = explain(HAND_MADE[name], lang=lang)
    picture, page = ET.fromstring(explained.as_svg()), ET.fromstring(explained.as_html())

    assert picture.get("lang") == page.get("lang") == lang
    assert explained.outcome_sentence in (picture.findtext(f"{SVG}title") or "")
    described = picture.findtext(f"{SVG}desc") or ""
    assert all(f"{step.label}" in described for step in explained.steps)
    assert all(step.sentence in described for step in explained.steps)
    ids = {element.get("id") for element in picture.iter() if element.get("id")}
    assert set(str(picture.get("aria-labelledby")).split()) == ids
    assert all(cell.get("scope") for cell in page.iter(f"{XHTML}th"))


@pytest.mark.parametrize("name", HAND_MADE)
def test_nothing_is_drawn_outside_the_picture(name: str) -> None:
    """Bars and lines lie between the margins, and texts follow each other downwards."""
    picture = ET.fromstring(explain(HAND_MADE[name]).as_svg())
    _, _, width, height = map(float, str(picture.get("viewBox")).split())
    for shape in picture.iter(f"{SVG}polygon"):
        points = [tuple(map(float, p.split(","))) for p in str(shape.get("points")).split()]
        assert all(15 <= x <= width - 15 and 0 < y < height for x, y in points)
    lines = [float(str(text.get("y"))) for text in picture.iter(f"{SVG}text")]
    assert lines == sorted(lines)
    assert lines[-1] < height


@given(st.text(max_size=80), st.integers(1, 20))
def test_wrapping_loses_no_letter(text: str, width: int) -> None:
    """Lines put together again are the text but for its spaces."""
    lines = list(wrapped(text, width, len))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) <= width for line in lines)


@given(st.text())
def test_what_is_shown_steers_no_display(text: str) -> None:
    """Control characters, lone surrogates and marks of direction are replaced."""
    assert clean(text).isprintable()


@pytest.mark.parametrize(
    ("text", "width"),
    [("Nguyễn", 6), ("Nguye\u0302\u0303n", 6), ("日本", 4), ("K’Brêm", 6), ("", 0)],
)
def test_the_width_of_letters(text: str, width: int) -> None:
    """A mark takes no column, a full-width letter two."""
    assert width_of(text) == width


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(drawn(), ensure_ascii=False, indent=1) + "\n", "utf-8")
