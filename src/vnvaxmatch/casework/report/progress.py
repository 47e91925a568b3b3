"""How far the campaign has come: the headline, the funnel, both sides, the states."""

from __future__ import annotations

from typing import Final

from vnvaxmatch.casework.report.campaigns import STAGES, TO_DO, Campaign
from vnvaxmatch.casework.report.pens import Pen
from vnvaxmatch.casework.report.tables import Cell, Column, table
from vnvaxmatch.casework.states import CERTIFIED, State
from vnvaxmatch.explain.picture import element
from vnvaxmatch.messages import message

__all__ = ["confirmations", "funnel", "headline", "states"]

_BOTH_SIDES: Final = (*CERTIFIED, State.CONFIRMED, State.SUPERSEDED, State.REVOKED)
"""States that are reached with both sides confirmed, and in which neither is undone."""


def headline(pen: Pen) -> None:
    """Write the six figures that are asked for first."""
    told, figures = pen.campaign, pen.figures
    status = told.status
    certified = figures.share(status.certified, status.scope)
    tiles = (
        ("Đã tiếp nhận", "Received", status.total.cases, ""),
        ("Phải xác minh", "To be verified", status.scope, ""),
        ("Đã chứng nhận", "Certified", status.certified, certified),
        (
            "Xác nhận đủ hai bên", "Confirmed on both sides", told.both,
            figures.share(told.both, status.scope),
        ),
        (
            "Còn phải làm", "Still to do", told.to_do.cases,
            figures.share(told.to_do.cases, status.scope),
        ),
        (
            f"{pen.late} chưa xử lý", f"Untouched {pen.late.lower()}", told.to_do.untouched,
            figures.share(told.to_do.untouched, told.to_do.cases),
        ),
    )  # fmt: skip
    frame = element(pen.body, "dl", class_="tiles")
    for vietnamese, english, value, share in tiles:
        tile = element(frame, "div")
        element(tile, "dt", pen.say(vietnamese, english))
        element(tile, "dd", figures.count(value), class_="figure")
        if share:
            element(tile, "dd", share, class_="share")


def funnel(pen: Pen) -> None:
    """Draw how many cases came how far, from received to certified."""
    status, told = pen.campaign.status, pen.campaign
    steps = (
        ("Đã tiếp nhận", "Received", status.total.cases),
        ("Thuộc diện xác minh", "To be verified", status.scope),
        ("Đã đối chiếu", "Compared", status.scope - status.states[State.RECEIVED].cases),
        ("Đúng nhân thân", "Identity right", _sides(told)[0]),
        ("Xác nhận đủ hai bên", "Confirmed on both sides", told.both),
        ("Đã chứng nhận", "Certified", status.certified),
    )
    made = pen.section(
        "Từ tiếp nhận đến chứng nhận",
        "From received to certified",
        (
            "Mỗi hồ sơ được đếm ở mọi bước mà hồ sơ đang đạt được.",
            "A case counts for every step that it has come to, as it stands now.",
        ),
    )
    columns = [
        Column(pen.say("Bước", "Step")),
        Column(pen.say("So với đã tiếp nhận", "Of those received"), bar=True),
        Column(pen.say("Hồ sơ", "Cases"), number=True),
        Column("%", number=True),
    ]
    rows = [
        [
            Cell(pen.say(vietnamese, english)),
            pen.bar(value, status.total.cases),
            pen.count(value),
            pen.share(value, status.total.cases),
        ]
        for vietnamese, english, value in steps
    ]
    caption = pen.say("Số hồ sơ qua từng bước", "Cases by step")
    table(made, columns, rows, caption=caption, name="funnel")


def _sides(told: Campaign) -> tuple[int, int, int]:
    """Count the cases with the identity, the vaccination, and both confirmed."""
    states = {s: c for s, c in told.status.states.items() if s is not State.OUT_OF_SCOPE}
    identity = sum(count.identity for count in states.values())
    vaccination = sum(count.vaccination for count in states.values())
    return identity, vaccination, sum(states[state].cases for state in _BOTH_SIDES)


def confirmations(pen: Pen) -> None:
    """Write which side is confirmed of how many cases."""
    identity, vaccination, both = _sides(pen.campaign)
    scope = pen.campaign.status.scope
    made = pen.section(
        "Nhân thân và mũi tiêm",
        "Identity and vaccination",
        (
            "Công an, hoặc kết quả đối chiếu, xác nhận nhân thân; ngành y tế hoặc cơ sở tiêm chủng "
            "xác nhận mũi tiêm. Bên nào xác nhận trước cũng được.",
            "The police or a comparison confirm the identity, the health sector or the site the "
            "vaccination. Either may come first.",
        ),
    )
    columns = [
        Column(pen.say("Hồ sơ phải xác minh", "Cases to be verified")),
        Column(pen.say("Mũi tiêm đã xác nhận", "Vaccination confirmed"), number=True),
        Column(pen.say("Mũi tiêm chưa xác nhận", "Vaccination not confirmed"), number=True),
        Column(pen.say("Cộng", "Sum"), number=True),
    ]

    def row(vietnamese: str, english: str, confirmed: int, all_of: int) -> list[Cell]:
        cells = (confirmed, all_of - confirmed, all_of)
        return [Cell(pen.say(vietnamese, english)), *map(pen.count, cells)]

    rows = [
        row("Nhân thân đã xác nhận", "Identity confirmed", both, identity),
        row(
            "Nhân thân chưa xác nhận", "Identity not confirmed", vaccination - both,
            scope - identity,
        ),
    ]  # fmt: skip
    caption = pen.say("Hồ sơ theo bên đã xác nhận", "Cases by side confirmed")
    total = row("Cộng", "Sum", vaccination, scope)
    table(made, columns, rows, caption=caption, name="sides", total=total)


def states(pen: Pen) -> None:
    """Write how many cases are in which state."""
    status = pen.campaign.status
    made = pen.section(
        "Hồ sơ đang ở đâu",
        "Where cases stand",
        (
            f"«{pen.late}»: còn phải làm mà từ {pen.days} ngày trở lên không ai xử lý.",
            f"“{pen.late}”: still to do, and untouched for {pen.days} days or longer.",
        ),
    )
    columns = [
        Column(pen.say("Trạng thái", "State")),
        Column(pen.say("So với tất cả", "Of all"), bar=True),
        Column(pen.say("Hồ sơ", "Cases"), number=True),
        Column("%", number=True),
        Column(pen.say("Lâu nhất từ", "Oldest since"), number=True),
        Column(pen.late, number=True),
    ]
    total = status.total
    rows = []
    for state, count in status.states.items():
        if not count.cases:
            continue
        kind = next((f"c-{stage}" for stage, of in STAGES.items() if state in of), "c-none")
        rows.append(
            [
                Cell(message(f"state.{state}", lang=pen.figures.lang)),
                pen.bar(count.cases, total.cases, kind=kind),
                pen.count(count.cases),
                pen.share(count.cases, total.cases),
                pen.since(count.oldest if state in TO_DO else None, count.cases),
                pen.count(count.untouched) if state in TO_DO else Cell("–", -1),
            ]
        )
    caption = pen.say("Hồ sơ theo trạng thái", "Cases by state")
    table(made, columns, rows, caption=caption, name="states")
