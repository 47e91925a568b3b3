"""What stands on the pages of minutes, after form 1.9 of Decree 30/2020/NĐ-CP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vnvaxmatch.certify.documents import Font, escaped
from vnvaxmatch.certify.minutes.flowables import (
    SIZE,
    WIDTH,
    Place,
    Rule,
    SigningPlace,
    balanced,
    body,
    part,
    style,
    text_width,
)
from vnvaxmatch.certify.minutes.records import Minutes, Party
from vnvaxmatch.certify.minutes.tables import case_tables, head_table
from vnvaxmatch.certify.minutes.words import count_text, day_text, time_text
from vnvaxmatch.errors import MissingExtraError

try:
    from reportlab.platypus import (
        Flowable,
        KeepTogether,
        NextPageTemplate,
        Paragraph,
        Spacer,
        Table,
        TableStyle,
    )
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["HEADED", "PLAIN", "story"]

PLAIN: Final = "page"
"""What pages are called that begin with text."""
HEADED: Final = "table"
"""What pages are called that begin within the table of cases."""

_HEADING: Final = (0.4 * WIDTH, 0.6 * WIDTH)
_NATION: Final = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
_MOTTO: Final = "Độc lập - Tự do - Hạnh phúc"
_BASES: Final = (
    "Căn cứ Công văn số 9438/BYT-CNTT ngày 05 tháng 11 năm 2021 của Bộ Y tế;",
    "Căn cứ kết quả đối chiếu với cơ sở dữ liệu về dân cư, kết quả xác minh, chỉnh sửa và xác nhận "
    "từng hồ sơ ghi trong sổ xử lý điện tử.",
)
_RESPONSIBLE: Final = (
    "Cơ quan công an chịu trách nhiệm về thông tin nhân thân; ngành y tế, cơ sở tiêm chủng chịu "
    "trách nhiệm về thông tin tiêm chủng đã xác nhận nêu trên."
)


def story(minutes: Minutes, /, *, digest: str, places: list[Place]) -> list[Flowable]:
    """Give all that is set, in its order; ``places`` is told where the places to sign at are."""
    return [
        *_heading(minutes),
        *_opening(minutes),
        *part("II. NỘI DUNG"),
        body(_summary(minutes)),
        *_cases(minutes),
        *_confirmations(minutes),
        *_data(minutes, digest),
        *_closing(minutes, places),
    ]


def _heading(minutes: Minutes) -> Iterator[Flowable]:
    """Set the national heading, the office, the number, the place and day, and the title."""
    room = _HEADING[0] - 8
    left: list[Flowable] = []
    if minutes.superior:
        left.append(balanced(minutes.superior.upper(), size=12, room=room, font=Font.SERIF))
    left += [balanced(minutes.office.upper(), size=12, room=room), Rule(0.4 * _HEADING[0])]
    motto = Paragraph(_MOTTO, style(Font.SERIF_BOLD, 13))
    right = [
        Paragraph(_NATION, style(Font.SERIF_BOLD, 12)),
        motto,
        Rule(text_width(_MOTTO, font=Font.SERIF_BOLD, size=13)),
    ]
    number = Paragraph(f"Số: {escaped(minutes.number)}", style())
    where, day = f"{minutes.place},", day_text(minutes.ended)
    fits = text_width(f"{where} {day}", font=Font.SERIF_ITALIC, size=SIZE) <= _HEADING[1]
    place = Paragraph(f"{escaped(where)}{' ' if fits else '<br/>'}{day}", style(Font.SERIF_ITALIC))
    yield Table(
        [[left, right], [number, place]],
        colWidths=_HEADING,
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (0, -1), 6),
            ]
        ),
    )
    yield Spacer(0, 14)
    yield Paragraph("BIÊN BẢN", style(Font.SERIF_BOLD, 14))
    yield Paragraph(
        "Về việc xác nhận kết quả xác minh thông tin tiêm chủng", style(Font.SERIF_BOLD, 13.5)
    )
    yield Rule(0.3 * WIDTH)
    yield Spacer(0, 8)


def _opening(minutes: Minutes) -> Iterator[Flowable]:
    for basis in (*_BASES[:1], *minutes.bases, *_BASES[1:]):
        yield body(escaped(basis), Font.SERIF_ITALIC)
    yield body(f"<b>Thời gian bắt đầu:</b> {time_text(minutes.began)}.")
    yield body(f"<b>Địa điểm:</b> {escaped(minutes.venue)}.")
    yield from part("I. THÀNH PHẦN THAM DỰ")
    for number, party in enumerate(minutes.parties, 1):
        name = f"<b>{escaped(party.name)}</b>" if party.name else "." * 40
        yield body(
            f"{number}. Ông (bà): {name}. Chức vụ: {escaped(party.title)}. "
            f"Đại diện: {escaped(party.body)}."
        )


def _summary(minutes: Minutes) -> str:
    corrected = sum(bool(one.corrections) for one in minutes.cases)
    fields = sum(len(one.corrections) for one in minutes.cases)
    told = (
        "Các bên đã cùng đối chiếu và thống nhất xác nhận thông tin tiêm chủng của "
        f"{count_text(len(minutes.cases))} hồ sơ dưới đây là đúng"
    )
    if not corrected:
        return f"{told}; không hồ sơ nào phải sửa."
    return (
        f"{told}, trong đó {count_text(corrected)} hồ sơ đã được chỉnh sửa tại "
        f"{count_text(fields)} trường thông tin:"
    )


def _cases(minutes: Minutes) -> Iterator[Flowable]:
    """Set the table of cases; pages that begin within it have its head."""
    blocks = [
        case_tables(case, number, commune=minutes.commune, width=WIDTH)
        for number, case in enumerate(minutes.cases, 1)
    ]
    yield NextPageTemplate(HEADED)
    yield KeepTogether([head_table(WIDTH), blocks[0][0]])
    for block in (blocks[0][1:], *blocks[1:]):
        yield from block
    yield NextPageTemplate(PLAIN)
    yield Spacer(0, 8)


def _confirmations(minutes: Minutes) -> Iterator[Flowable]:
    compared = sum(one.identity.comparison for one in minutes.cases)
    police = len(minutes.cases) - compared
    yield from part("III. XÁC NHẬN")
    told = []
    if police:
        told.append(f"cơ quan công an xác nhận {count_text(police)} hồ sơ")
    if compared:
        told.append(
            f"{count_text(compared)} hồ sơ được xác nhận qua đối chiếu với cơ sở dữ liệu về dân cư"
        )
    yield body(f"1. Về nhân thân: {'; '.join(told)}.")
    yield body(
        "2. Về mũi tiêm: ngành y tế, cơ sở tiêm chủng xác nhận "
        f"{count_text(len(minutes.cases))} hồ sơ."
    )
    yield body(f"3. {_RESPONSIBLE}")


def _data(minutes: Minutes, digest: str) -> Iterator[Flowable]:
    """Say which data the pages are of, so that paper and file can be held against each other."""
    root = minutes.checkpoint.root.hex()
    yield from part("IV. DỮ LIỆU KÈM THEO")
    words = (
        "Nội dung biên bản được đính kèm tệp PDF này dưới dạng dữ liệu (bien-ban.json). Mã đối "
        "chiếu in ở cuối mỗi trang là phần đầu của mã SHA-256 của dữ liệu đó:"
    )
    yield KeepTogether([body(words), _figures(digest)])
    mark = f"Mốc của sổ xử lý điện tử khi lập biên bản: {minutes.checkpoint.size} sự kiện, mã gốc:"
    yield KeepTogether([body(mark), _figures(root)])


def _figures(digest: str) -> Paragraph:
    groups = [digest[i : i + 8] for i in range(0, len(digest), 8)]
    lines = "<br/>".join(" ".join(groups[i : i + 4]) for i in range(0, len(groups), 4))
    return Paragraph(lines, style(size=12, after=6))


def _closing(minutes: Minutes, places: list[Place]) -> Iterator[Flowable]:
    words = (
        f"Biên bản kết thúc vào {time_text(minutes.ended)}, được lập thành "
        f"{count_text(minutes.copies)} bản có giá trị như nhau, đã được đọc lại cho các bên cùng "
        "nghe, các bên thống nhất nội dung và ký tên dưới đây./."
    )
    rows = [_signers(minutes.parties[i : i + 2], places) for i in range(0, len(minutes.parties), 2)]
    yield KeepTogether([body(words), Spacer(0, 6), rows[0]])
    yield from rows[1:]
    small = style(size=11, align="left")
    yield KeepTogether(
        [
            Spacer(0, 10),
            Paragraph("Nơi nhận:", style(Font.SERIF_BOLD_ITALIC, 12, align="left")),
            Paragraph("- Như thành phần tham dự;", small),
            Paragraph("- Lưu: VT, hồ sơ.", small),
        ]
    )


def _signers(parties: tuple[Party, ...], places: list[Place]) -> Table:
    """Set the places of one or two parties to sign at, beside each other."""
    room = WIDTH / len(parties) - 14
    rows = [
        [balanced(f"ĐẠI DIỆN {one.body.upper()}", size=12.5, room=room) for one in parties],
        [balanced(one.title.upper(), size=12.5, room=room) for one in parties],
        [Paragraph("(Ký, ghi rõ họ tên, đóng dấu)", style(Font.SERIF_ITALIC, 11)) for _ in parties],
        [SigningPlace(one.role, places) for one in parties],
        [
            Paragraph(f"<b>{escaped(one.name)}</b>" if one.name else "." * 40, style())
            for one in parties
        ],
    ]
    return Table(
        rows,
        colWidths=[WIDTH / len(parties)] * len(parties),
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, -1), (-1, -1), 12),
                ("NOSPLIT", (0, 0), (-1, -1)),
            ]
        ),
    )
