"""What is wrong, what was corrected, and how old the open cases are."""

from __future__ import annotations

from collections import Counter
from typing import Final
from xml.etree import ElementTree as ET

import attrs

from vnvaxmatch.casework.cases import FIELD_OF
from vnvaxmatch.casework.report.campaigns import AGES
from vnvaxmatch.casework.report.pens import Pen
from vnvaxmatch.casework.report.tables import Cell, Column, table
from vnvaxmatch.messages import message, messages

__all__ = ["ages", "corrections", "wrong_fields"]

_ALL: Final = "*"
"""Stands for all causes together."""


def wrong_fields(pen: Pen) -> None:
    """Draw which fields are still to be looked at again in how many open cases."""
    wrong = pen.campaign.status.wrong
    of = pen.campaign.to_do.cases
    made = pen.section(
        "Trường còn sai hoặc thiếu",
        "Fields that are wrong or missing",
        (
            "Trong hồ sơ chưa xong. Một hồ sơ có thể sai nhiều trường.",
            "In open cases. One case may have several.",
        ),
    )
    columns = [
        Column(pen.say("Trường", "Field")),
        Column(pen.say("So với hồ sơ còn phải làm", "Of cases to do"), bar=True),
        Column(pen.say("Hồ sơ", "Cases"), number=True),
        Column("%", number=True),
    ]
    rows = [
        [
            Cell(message(f"field.{field}", lang=pen.figures.lang)),
            pen.bar(count, of, kind="c-wrong"),
            pen.count(count),
            pen.share(count, of),
        ]
        for field, count in wrong.items()
    ]
    caption = pen.say("Hồ sơ chưa xong theo trường sai", "Open cases by wrong field")
    table(made, columns, rows, caption=caption, name="wrong")


def corrections(pen: Pen) -> None:
    """Write which fields were corrected how often, and what a comparison had found of them."""
    told, figures = pen.campaign, pen.figures
    times = sum(told.corrections.values())
    counts = [figures.count(value) for value in (told.corrected, times, told.mended)]
    vietnamese, english = (
        "Đã sửa {} hồ sơ, tất cả {} trường; {} hồ sơ trong đó nay đã xác nhận nhân thân.",
        "{} cases were corrected, in {} fields; the identity of {} of them is confirmed by now.",
    )
    if not told.corrected:
        vietnamese, english = "Chưa sửa hồ sơ nào.", "No case was corrected yet."
    about = (vietnamese.format(*counts), english.format(*counts))
    made = pen.section("Đã sửa những gì", "What was corrected", about)
    if told.corrections:
        _causes(pen, made)
        _findings(pen, made, times)


def _causes(pen: Pen, parent: ET.Element) -> None:
    """Cross the fields with the causes that were stated."""
    told: Counter[tuple[str, str]] = Counter()
    for correction, count in pen.campaign.corrections.items():
        told[correction.column, correction.cause] += count
        told[correction.column, _ALL] += count
    lang = pen.figures.lang
    stated = {cause for _, cause in told}
    known = [code.removeprefix("cause.") for code in messages() if code.startswith("cause.")]
    causes = [cause for cause in (*known, "", _ALL) if cause in stated]
    named = {"": pen.say("Không ghi lý do", "No cause stated"), _ALL: pen.say("Cộng", "Sum")}
    columns = [
        Column(pen.say("Trường", "Field")),
        *(
            Column(named[c] if c in named else message(f"cause.{c}", lang=lang), number=True)
            for c in causes
        ),
    ]
    ranked = sorted({column for column, _ in told}, key=lambda c: (-told[c, _ALL], c))
    rows = [
        [Cell(_label(pen, column)), *(pen.count(told[column, cause]) for cause in causes)]
        for column in ranked
    ]
    table(
        parent, columns, rows, caption=pen.say("Lượt sửa theo lý do", "Corrections by cause"),
        name="causes", sorted_by=len(causes),
    )  # fmt: skip


def _findings(pen: Pen, parent: ET.Element, times: int) -> None:
    """Rank what a comparison had found of the fields that were corrected after it."""
    told: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for correction, count in pen.campaign.corrections.items():
        told[correction.column, correction.findings] += count
    most = max(told.values())
    columns = [
        Column(pen.say("Trường", "Field")),
        Column(pen.say("Lần đối chiếu trước đã thấy", "What the comparison had found")),
        Column(pen.say("So với nhiều nhất", "Of the most"), bar=True),
        Column(pen.say("Lượt sửa", "Corrections"), number=True),
        Column("%", number=True),
    ]
    rows = [
        [
            Cell(_label(pen, column)),
            Cell("; ".join(message(c, lang=pen.figures.lang) for c in findings) or "–"),
            attrs.evolve(pen.bar(count, most, kind="c-half"), value=pen.figures.shown(count)),
            pen.count(count),
            pen.share(count, times),
        ]
        for (column, findings), count in sorted(told.items(), key=lambda item: (-item[1], item[0]))
    ]
    caption = pen.say("Lượt sửa theo điều đã thấy", "Corrections by finding")
    table(parent, columns, rows, caption=caption, name="findings", sorted_by=3)


def ages(pen: Pen) -> None:
    """Draw how many days ago open cases were opened, and when they were touched last."""
    told = pen.campaign
    of = told.to_do.cases
    made = pen.section(
        "Hồ sơ còn phải làm đã bao lâu",
        "How old the cases to do are",
    )
    columns = [
        Column(pen.say("Số ngày", "Days")),
        Column(pen.say("Từ khi mở hồ sơ", "Since opened"), bar=True),
        Column(pen.say("Hồ sơ", "Cases"), number=True),
        Column(pen.say("Từ lần xử lý cuối", "Since last touched"), bar=True),
        Column(pen.say("Hồ sơ", "Cases"), number=True),
    ]
    ends = (*(f"–{after - 1}" for after in AGES[1:]), "")
    rows = [
        [
            Cell(f"{least}{end}" if end else pen.say(f"từ {least}", f"{least} and more")),
            pen.bar(opened, of, kind="c-work"),
            pen.count(opened),
            pen.bar(touched, of, kind="c-work"),
            pen.count(touched),
        ]
        for least, end, opened, touched in zip(
            AGES, ends, told.since_opened, told.since_touched, strict=True
        )
    ]
    caption = pen.say("Hồ sơ còn phải làm theo số ngày", "Cases to do by days")
    table(made, columns, rows, caption=caption, name="ages")


def _label(pen: Pen, column: str) -> str:
    field = FIELD_OF.get(column)
    return message(f"field.{field}" if field else f"column.{column}", lang=pen.figures.lang)
