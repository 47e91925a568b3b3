"""Write a report as one HTML file: nothing from outside, and a script that it can do without.

What the browser may run and take as style is pinned by digests in the page itself.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final
from xml.etree import ElementTree as ET

from vnvaxmatch.casework.report.campaigns import Campaign
from vnvaxmatch.casework.report.pens import Pen
from vnvaxmatch.casework.report.places import all_communes, all_provinces, longest, sites
from vnvaxmatch.casework.report.progress import confirmations, funnel, headline, states
from vnvaxmatch.casework.report.troubles import ages, corrections, wrong_fields
from vnvaxmatch.casework.report.words import Figures, moment
from vnvaxmatch.explain.picture import element
from vnvaxmatch.messages import Lang

__all__ = ["GENERATOR", "report_page"]

GENERATOR: Final = "vnvaxmatch casework report"
"""What a page names itself as, near its beginning."""

_SECTIONS: Final = (
    headline, funnel, confirmations, states, all_provinces, longest, wrong_fields, corrections,
    ages, sites, all_communes,
)  # fmt: skip


def report_page(campaign: Campaign, *, lang: Lang = "vi", smallest: int = 0) -> str:
    """Write the page; the same campaign gives the same text.

    Counts from 1 to below ``smallest`` are not shown, nor what would tell them at once.
    """
    style, script = _asset("page.css"), _asset("page.js")
    root = ET.Element("html", {"lang": lang})
    head = element(root, "head")
    element(head, "meta", charset="utf-8")
    element(head, "meta", name="generator", content=GENERATOR)
    policy = {"http-equiv": "Content-Security-Policy", "content": _policy(style, script)}
    ET.SubElement(head, "meta", policy)
    element(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    element(head, "meta", name="color-scheme", content="light dark")
    body = element(root, "body")
    pen = Pen(campaign, Figures(lang, smallest), element(body, "main"))
    title = pen.say("Tiến độ xác minh thông tin tiêm chủng", "Progress of the verification")
    element(head, "title", title)
    element(head, "style", style)
    header = element(pen.body, "header")
    element(header, "h1", title)
    at = moment(campaign.at, lang)
    element(header, "p", pen.say(f"Số liệu đến {at}", f"As of {at}"), class_="about")
    for section in _SECTIONS:
        section(pen)
    _footer(pen, body)
    element(body, "script", script)
    return f"<!DOCTYPE html>\n{ET.tostring(root, encoding='unicode', method='html')}\n"


def _footer(pen: Pen, body: ET.Element) -> None:
    figures, checkpoint = pen.figures, pen.campaign.checkpoint
    footer = element(body, "footer")
    element(
        footer,
        "p",
        pen.say(
            "Báo cáo không chứa thông tin cá nhân. Số đếm rất nhỏ vẫn có thể cho người biết chuyện "
            "đoán ra một hồ sơ: hãy cân nhắc trước khi công bố.",
            "Nothing personal is in this report. A very small count may still tell somebody who "
            "knows the place about one case: think of that before it is published.",
        ),
    )
    if figures.smallest > 1:
        element(
            footer,
            "p",
            pen.say(
                f"Số đếm dưới {figures.smallest} không ghi rõ.",
                f"Counts below {figures.smallest} are not told.",
            ),
        )
    events = figures.count(checkpoint.size)
    root = checkpoint.root.hex()
    element(
        footer,
        "p",
        pen.say(f"Sổ cái: {events} sự kiện, gốc {root}", f"Ledger: {events} events, root {root}"),
        class_="root",
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"


@cache
def _asset(name: str) -> str:
    file = resources.files("vnvaxmatch.casework.report") / name
    return file.read_text(encoding="utf-8")
