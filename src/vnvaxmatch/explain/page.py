"""Write an explanation as a page of its own: picture and table, no script, nothing from outside.

The page is well-formed XML and HTML alike; every text in it is escaped by the writer of XML.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from vnvaxmatch.explain.explanation import Explanation, Step
from vnvaxmatch.explain.layout import footer, lists, signed_level, suggestions
from vnvaxmatch.explain.picture import element, picture
from vnvaxmatch.explain.words import Phrase, clean, phrase, ratio, signed
from vnvaxmatch.messages import message

__all__ = ["html"]

_STYLE: Final = """
body { margin: 0 auto; padding: 1rem; max-width: 46rem; color: #1a1a1a; background: #ffffff;
  font: 1rem/1.45 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif; }
h1 { font-size: 1.35rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.4rem 0 0.4rem; }
header { padding-left: 0.8rem; border-left: 0.4rem solid #8a6d00; }
header.true { border-color: #1d7a3a; }
header.false { border-color: #b3261e; }
p { margin: 0.3rem 0; }
figure { margin: 1.2rem 0; }
svg { display: block; width: 100%; max-width: 30rem; height: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.35rem 0.5rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid #cccccc; }
td { min-width: 6rem; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; min-width: 0; }
.value { overflow-wrap: anywhere; }
.small { display: block; color: #555555; font-size: 0.9em; }
ul { margin: 0.2rem 0; padding-left: 1.3rem; overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; color: #555555; font-size: 0.85rem; overflow-wrap: anywhere; }
@media (max-width: 34rem) {
  body { padding: 0.6rem; }
  table { font-size: 0.85rem; }
  th, td { padding: 0.3rem 0.25rem; }
  .odds { display: none; }
}
@media print {
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  svg { max-width: 11cm; }
  figure, tr, li { break-inside: avoid; }
  h2 { break-after: avoid; }
}
"""

_ODDS: Final = "number odds"
"""The column that telephones leave out: it says in odds what the running total says in bits."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may fetch for the page: nothing."""


def html(explanation: Explanation) -> str:
    """Write an explanation as an HTML document."""
    lang = explanation.lang
    root = ET.Element(
        "html", {"xmlns": "http://www.w3.org/1999/xhtml", "lang": lang, "xml:lang": lang}
    )
    _head(root, explanation)
    body = element(root, "body")
    official = {True: "true", False: "false", None: "none"}[explanation.outcome.official]
    header = element(body, "header", class_=official)
    if explanation.row is not None:
        element(header, "p", phrase(Phrase.ROW, lang=lang, row=str(explanation.row)))
    element(header, "h1", explanation.outcome_sentence)
    element(header, "p", explanation.sentence)
    if explanation.margin_sentence:
        element(header, "p", explanation.margin_sentence)
    if explanation.weight is not None:
        element(body, "figure").append(picture(explanation))
    main = element(body, "main")
    _steps(main, explanation)
    _suggestions(main, explanation)
    for heading, sentences in lists(explanation):
        element(main, "h2", heading)
        found = element(main, "ul")
        for sentence in sentences:
            element(found, "li", sentence)
    element(body, "footer", footer(explanation))
    return f"<!DOCTYPE html>\n{ET.tostring(root, encoding='unicode')}\n"


def _head(root: ET.Element, explanation: Explanation) -> None:
    head = element(root, "head")
    element(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    element(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    title = phrase(Phrase.TITLE, lang=explanation.lang)
    element(head, "title", f"{title}: {explanation.outcome_sentence}")
    element(head, "style", _STYLE)


def _steps(parent: ET.Element, explanation: Explanation) -> None:
    """Write the steps as a table, which says all that the picture does."""
    lang = explanation.lang
    weighed = explanation.weight is not None
    element(parent, "h2", phrase(Phrase.TITLE, lang=lang))
    headings = [Phrase.FIELD, Phrase.FINDING]
    numbers = [Phrase.WEIGHT, Phrase.RUNNING, Phrase.ODDS] if weighed else []
    body = _table(parent, explanation, headings, numbers)
    for step in explanation.steps:
        row = element(body, "tr")
        element(row, "th", step.label, scope="row")
        _finding(row, step, explanation)
        if weighed:
            _numbers(row, step.weight or 0.0, step.total or 0.0, explanation)
    if explanation.weight is not None:
        row = element(body, "tr")
        element(row, "th", phrase(Phrase.TOTAL, lang=lang), scope="row")
        element(row, "td", "–")
        _numbers(row, explanation.weight, explanation.weight, explanation)


def _finding(row: ET.Element, step: Step, explanation: Explanation) -> None:
    cell = element(row, "td", f"{signed_level(step.level)} {step.sentence}".strip())
    if step.note:
        element(cell, "span", step.note, class_="small")
    if step.claimed:
        claimed = phrase(Phrase.CLAIMED, lang=explanation.lang)
        element(cell, "span", f"{claimed}: {clean(step.claimed)}", class_="small value")


def _numbers(row: ET.Element, weight: float, total: float, explanation: Explanation) -> None:
    lang = explanation.lang
    element(row, "td", signed(weight, lang=lang), class_="number")
    element(row, "td", signed(total, lang=lang), class_="number")
    element(row, "td", ratio(total, lang=lang), class_=_ODDS)


def _suggestions(parent: ET.Element, explanation: Explanation) -> None:
    corrections = list(suggestions(explanation))
    if not corrections:
        return
    lang = explanation.lang
    element(parent, "h2", phrase(Phrase.SUGGESTIONS, lang=lang))
    body = _table(parent, explanation, [Phrase.FIELD, Phrase.VALUE], [])
    for field, value, sure in corrections:
        row = element(body, "tr")
        element(row, "th", field, scope="row")
        cell = element(row, "td", value, class_="value")
        if sure:
            element(cell, "span", sure, class_="small")


def _table(
    parent: ET.Element, explanation: Explanation, texts: list[Phrase], numbers: list[Phrase]
) -> ET.Element:
    """Begin a table, and give the body that its rows go into."""
    table = element(parent, "table")
    row = element(element(table, "thead"), "tr")
    for heading in texts:
        element(row, "th", message(heading.value, lang=explanation.lang), scope="col")
    for heading in numbers:
        words = message(heading.value, lang=explanation.lang)
        kind = _ODDS if heading is Phrase.ODDS else "number"
        element(row, "th", words, scope="col", class_=kind)
    return element(table, "tbody")
