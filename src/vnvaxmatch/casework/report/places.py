"""Where the work is, and with whom: provinces, communes, sites."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from vnvaxmatch.casework.report.areas import Area, communes, provinces
from vnvaxmatch.casework.report.campaigns import Stage
from vnvaxmatch.casework.report.pens import Pen
from vnvaxmatch.casework.report.tables import Bar, Cell, Column, table
from vnvaxmatch.explain.picture import element
from vnvaxmatch.explain.words import clean

__all__ = ["all_communes", "all_provinces", "longest", "sites"]

_LONGEST: Final = 10
"""How many communes are named as those where cases lie longest."""

_WORDS: Final = {
    Stage.CERTIFIED: ("Đã chứng nhận", "Certified"),
    Stage.CONFIRMED: ("Chờ chứng nhận", "To be certified"),
    Stage.HALF: ("Chờ xác nhận mũi tiêm", "Vaccination to be confirmed"),
    Stage.WORK: ("Đang xử lý", "In work"),
    Stage.WRONG: ("Sai hoặc thiếu, chưa giao", "Wrong, not assigned"),
    Stage.ENDED: ("Thay thế, thu hồi", "Superseded, revoked"),
}


def all_provinces(pen: Pen) -> None:
    """Draw how far each province has come, those with the most cases first."""
    areas = provinces(pen.campaign)
    made = pen.section(
        "Tiến độ theo tỉnh, thành phố",
        "Progress by province",
        (
            "Mỗi thanh là toàn bộ hồ sơ phải xác minh của một tỉnh, chia theo mức đã đạt.",
            "Each bar is all cases of a province that are to be verified, by how far they came.",
        ),
    )
    _legend(pen, made)
    columns = [
        Column(pen.say("Tỉnh, thành phố", "Province")),
        Column(pen.say("Mức đã đạt", "How far"), bar=True),
        *_number_columns(pen),
    ]
    rows = [[_name(pen, a, a.name), _stacked(pen, a), *_numbers(pen, a)] for a in areas]
    table(
        made, columns, rows, caption=pen.say("Hồ sơ theo tỉnh, thành phố", "Cases by province"),
        name="provinces", sorted_by=3,
    )  # fmt: skip


def all_communes(pen: Pen) -> None:
    """Write how far each commune has come, in a table that is searched by typing."""
    areas = communes(pen.campaign)
    made = pen.section("Tiến độ theo xã, phường", "Progress by commune")
    columns = [
        Column(pen.say("Xã, phường", "Commune")),
        Column(pen.say("Tỉnh, thành phố", "Province")),
        *_number_columns(pen),
        Column(pen.say("Lâu nhất từ", "Oldest since"), number=True),
    ]
    rows = [
        [
            _name(pen, area, area.name),
            Cell(area.province or "–"),
            *_numbers(pen, area),
            pen.since(area.oldest, area.open.cases),
        ]
        for area in areas
    ]
    table(
        made, columns, rows, caption=pen.say("Hồ sơ theo xã, phường", "Cases by commune"),
        name="communes", sorted_by=3,
        filtered=pen.say("Tìm xã, phường hoặc tỉnh", "Find a commune or a province"),
    )  # fmt: skip


def longest(pen: Pen) -> None:
    """Name the communes in which most cases were left untouched."""
    found = [area for area in communes(pen.campaign) if area.open.untouched]
    found.sort(key=lambda area: (-area.open.untouched, not area.code, area.code))
    made = pen.section(
        f"Nơi nhiều hồ sơ quá {pen.days} ngày chưa xử lý nhất",
        f"Where most cases lie untouched for over {pen.days} days",
    )
    if not found:
        words = pen.say("Không có hồ sơ nào quá hạn.", "No case lies untouched for so long.")
        element(made, "p", words, class_="about")
        return
    most = found[0].open.untouched
    columns = [
        Column(pen.say("Xã, phường", "Commune")),
        Column(pen.say("So với nơi nhiều nhất", "Of the most"), bar=True),
        Column(pen.late, number=True),
        Column(pen.say("Trong số còn phải làm", "Of those to do"), number=True),
        Column(pen.say("Lâu nhất từ", "Oldest since"), number=True),
    ]
    rows = [
        [
            _name(pen, area, f"{area.name}, {area.province}" if area.province else area.name),
            pen.bar(area.open.untouched, most, kind="c-wrong"),
            pen.count(area.open.untouched),
            pen.share(area.open.untouched, area.open.cases),
            pen.since(area.oldest, area.open.untouched),
        ]
        for area in found[:_LONGEST]
    ]
    caption = pen.say("Xã, phường nhiều hồ sơ tồn nhất", "Communes with most cases left lying")
    table(made, columns, rows, caption=caption, name="longest")


def sites(pen: Pen) -> None:
    """Write how many open cases each vaccination site was assigned."""
    told = pen.campaign.sites
    made = pen.section(
        "Hồ sơ đang ở cơ sở tiêm chủng",
        "Cases that sites have",
        (
            "Chỉ gồm hồ sơ chưa xong đã giao cho một cơ sở.",
            "Open cases only, and only those that were assigned to a site.",
        ),
    )
    if not told:
        words = pen.say("Chưa giao hồ sơ nào cho cơ sở.", "No case is assigned to a site.")
        element(made, "p", words, class_="about")
        return
    columns = [
        Column(pen.say("Cơ sở tiêm chủng", "Vaccination site")),
        Column(pen.say("Còn phải làm", "To do"), number=True),
        Column(pen.late, number=True),
        Column("%", number=True),
    ]
    rows = [
        [
            Cell(clean(name)),
            pen.count(site.cases),
            pen.count(site.untouched),
            pen.share(site.untouched, site.cases),
        ]
        for name, site in sorted(told.items(), key=lambda item: (-item[1].cases, item[0]))
    ]
    table(
        made, columns, rows, caption=pen.say("Hồ sơ theo cơ sở", "Cases by site"), name="sites",
        sorted_by=1, filtered=pen.say("Tìm cơ sở", "Find a site"),
    )  # fmt: skip


def _number_columns(pen: Pen) -> list[Column]:
    headings = [
        pen.say("% chứng nhận", "% certified"),
        pen.say("Phải xác minh", "To be verified"),
        *(pen.say(*_WORDS[stage]) for stage in Stage if stage is not Stage.ENDED),
        pen.late,
    ]
    return [Column(heading, number=True) for heading in headings]


def _numbers(pen: Pen, area: Area) -> list[Cell]:
    return [
        pen.share(area.certified, area.scope),
        pen.count(area.scope),
        *(pen.count(area.stages[stage]) for stage in Stage if stage is not Stage.ENDED),
        pen.count(area.open.untouched),
    ]


def _name(pen: Pen, area: Area, name: str) -> Cell:
    return Cell(clean(name) if area.code else pen.say("Không rõ", "Unknown"))


def _stacked(pen: Pen, area: Area) -> Cell:
    """Draw the stages of an area as parts of one bar, and its share certified as its value."""
    figures = pen.figures
    shown = {s: n for s, n in area.stages.items() if n and not figures.hides(n)}
    parts = [(f"c-{stage}", count / area.scope) for stage, count in shown.items()]
    words = ", ".join(f"{pen.say(*_WORDS[s])}: {figures.count(n)}" for s, n in shown.items())
    certified = figures.rank(area.certified, area.scope)
    return Cell(value=certified, bar=Bar(parts, words))


def _legend(pen: Pen, parent: ET.Element) -> None:
    legend = element(parent, "ul", class_="legend")
    counts = pen.campaign.stages(pen.campaign.status.states)
    for stage in Stage:
        if counts[stage] or stage is not Stage.ENDED:
            item = element(legend, "li")
            swatch = element(item, "svg", width="12", height="12", aria_hidden="true")
            element(swatch, "rect", class_=f"c-{stage}", width="12", height="12", rx="2")
            element(item, "span", pen.say(*_WORDS[stage]))
            element(item, "b", pen.figures.count(counts[stage]))
