"""The columns of a worklist: what is shown, what is filled in, and how each is known again."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Final

import attrs

from vnvaxmatch.casework.states import Side
from vnvaxmatch.messages import LANGUAGES, Lang, message

__all__ = ["BY_KEY", "COLUMNS", "MARKS", "Cause", "Column", "Part", "choices", "fold_words"]


class Part(StrEnum):
    """What a column is for."""

    SHOWN = "shown"
    """What stands in the record; or its number, or what is wrong with it."""
    FIX = "fix"
    """What a field is to be: blank where it is right."""
    CAUSE = "cause"
    MARK = "mark"
    """Says that a side of the record is right as it stands, with what was filled in."""
    NOTE = "note"
    TOKEN = "token"


class Cause(StrEnum):
    """Why a record had to be corrected."""

    TYPING = "typing"
    STATED = "stated"
    """The person stated it wrongly."""
    LEFT_OUT = "left_out"
    PAPER_CHANGED = "paper_changed"
    """A new card, a new number, a name or birth date that an office corrected."""
    OTHER_RECORD = "other_record"
    """It was another person's."""
    OTHER = "other"


@attrs.frozen
class Column:
    """A column of the sheet. ``field`` is the column of the record that it shows or corrects.

    ``key`` stands in a hidden row above the headings: the column is known by it wherever it goes,
    and by its heading where that row is gone.
    """

    key: str
    part: Part
    vi: str
    en: str
    width: int
    field: str = ""
    side: Side | None = None
    printed: bool = True

    def heading(self, lang: Lang) -> str:
        """Give the heading."""
        return self.vi if lang == "vi" else self.en


def _pair(field: str, vi: str, en: str, width: int, *, printed: bool = True) -> tuple[Column, ...]:
    return (
        Column(field, Part.SHOWN, vi, en, width, field, printed=printed),
        Column(
            f"fix.{field}", Part.FIX, f"{vi}: sửa thành", f"{en}: correct to", width, field,
            printed=printed,
        ),
    )  # fmt: skip


COLUMNS: Final = (
    Column("row", Part.SHOWN, "STT", "No.", 6),
    *_pair("full_name", "Họ và tên", "Full name", 22),
    *_pair("date_of_birth", "Ngày sinh", "Date of birth", 12),
    *_pair("sex", "Giới tính", "Sex", 8),
    *_pair("id_number", "Số CCCD/CMND", "ID number", 15),
    Column("why", Part.SHOWN, "Cần xem lại", "To check", 30),
    Column("cause", Part.CAUSE, "Lý do sửa", "Cause", 16),
    Column(
        "mark.identity", Part.MARK, "Công an xác nhận nhân thân",
        "Identity confirmed (police)", 11, side=Side.IDENTITY,
    ),
    Column(
        "mark.vaccination", Part.MARK, "Y tế xác nhận mũi tiêm",
        "Vaccination confirmed (health)", 11, side=Side.VACCINATION,
    ),
    Column("note", Part.NOTE, "Ghi chú", "Note", 16),
    Column("record_id", Part.SHOWN, "Mã hồ sơ", "Record", 14, "record_id", printed=False),
    *_pair("nationality", "Quốc tịch", "Nationality", 12, printed=False),
    *_pair("vaccine", "Loại vắc xin", "Vaccine", 16, printed=False),
    *_pair("dose_number", "Mũi số", "Dose", 8, printed=False),
    *_pair("dose_date", "Ngày tiêm", "Dose date", 12, printed=False),
    *_pair("lot", "Số lô", "Lot", 12, printed=False),
    *_pair("site", "Cơ sở tiêm", "Vaccination site", 22, printed=False),
    *_pair("phone", "Số điện thoại", "Phone", 14, printed=False),
    Column("token", Part.TOKEN, "Mã dòng (không sửa)", "Row token (leave)", 14, printed=False),
)  # fmt: skip
"""All columns in their order: those that print on A4 first."""

BY_KEY: Final = {column.key: column for column in COLUMNS}

MARKS: Final[dict[Lang, str]] = {"vi": "Đúng", "en": "Right"}
"""What is chosen in a column of confirmations."""

_ALSO_MARKS: Final = ("x", "✓", "✔")
"""What people write where a form has a box."""


def fold_words(text: str) -> str:
    """Write words as they are compared: one Unicode form, one space, no capitals.

    >>> fold_words("  HỌ và  tên ")
    'họ và tên'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def choices(part: Part) -> dict[str, str]:
    """Give what may be chosen in a column of causes or of confirmations: folded words -> code."""
    if part is Part.CAUSE:
        return {
            fold_words(words): cause.value
            for cause in Cause
            for words in (cause.value, *_said(f"cause.{cause}"))
        }
    words = (*MARKS.values(), *_ALSO_MARKS)
    return {fold_words(word): "right" for word in words}


def _said(code: str) -> Iterable[str]:
    return (message(code, lang=lang) for lang in LANGUAGES)
