"""Which heading of a file holds which column: guessed in Vietnamese and English, or given.

>>> guess(["STT", "Họ và tên", "Ngày sinh", "GT", "Số CMND/CCCD"], DOSE_COLUMNS).found
{'full_name': 1, 'date_of_birth': 2, 'sex': 3, 'id_number': 4}
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

import attrs
from unidecode import unidecode

from vnvaxmatch.errors import ColumnError
from vnvaxmatch.normalize.encodings import LEGACY, decode_word
from vnvaxmatch.normalize.mojibake import repair_word

__all__ = [
    "DOSE_COLUMNS",
    "POPULATION_COLUMNS",
    "Columns",
    "choose",
    "guess",
    "heading_forms",
    "parse_given",
]

_PERSON: dict[str, tuple[str, ...]] = {
    "full_name": (
        "full name", "ho va ten", "ho ten", "ho ten khai sinh", "ho chu dem va ten khai sinh",
        "ho chu dem va ten", "ten nguoi tiem", "ten doi tuong", "ho va ten nguoi tiem",
        "ho ten nguoi duoc tiem", "ho ten doi tuong", "name", "patient name", "fullname", "hoten",
        "hovaten",
    ),
    "date_of_birth": (
        "date of birth", "ngay sinh", "ngay thang nam sinh", "ngay thang nam", "ns", "dob",
        "birth date", "birthdate", "birthday", "nam sinh", "ngaysinh", "ngay sinh dd mm yyyy",
        "ngay sinh ngay thang nam", "birth",
    ),
    "sex": ("sex", "gioi tinh", "gender", "gt", "phai", "nam nu", "gioitinh", "gioi"),
    "id_number": (
        "id number", "so cccd", "cccd", "so cmnd cccd", "so cccd cmnd", "cmnd cccd", "cccd cmnd",
        "so cmnd cccd hc", "so dinh danh ca nhan", "so dinh danh",
        "ma dinh danh", "ma dinh danh ca nhan", "so cmt", "cmt", "cmnd", "so cmnd", "so can cuoc",
        "so can cuoc cong dan", "can cuoc cong dan", "so giay to", "so giay to tuy than",
        "so dinh danh ca nhan cmnd", "cmt cccd", "so cmt cccd", "id no", "id", "national id",
        "identity number", "idnumber", "so cccd cmnd ho chieu", "so cmnd cccd ho chieu",
        "so ho chieu cmnd cccd", "cccd cmnd ho chieu", "cmnd cccd ho chieu", "so cmtnd",
    ),
    "phone": (
        "phone", "so dien thoai", "dien thoai", "sdt", "so dt", "phone number", "tel", "mobile",
        "dien thoai lien he", "so dien thoai lien he", "sodienthoai",
    ),
    "commune": (
        "commune", "xa phuong", "phuong xa", "xa phuong thi tran", "xa", "phuong", "ma xa",
        "commune code", "xa phuong cu tru", "ward", "ten xa", "ma xa phuong", "don vi cap xa",
    ),
}  # fmt: skip

DOSE_COLUMNS: dict[str, tuple[str, ...]] = {
    "record_id": (
        "record id", "ma ho so", "ma doi tuong", "ma tiem chung", "ma so tiem chung", "ma",
        "ma benh nhan", "ma mui tiem", "recordid",
    ),
    **_PERSON,
    "district": ("district", "quan huyen", "huyen", "quan", "quan huyen thi xa", "huyen quan"),
    "province": (
        "province", "tinh thanh pho", "tinh thanh", "tinh", "thanh pho", "tinh tp", "tp tinh",
    ),
    "nationality": ("nationality", "quoc tich", "country", "quoctich"),
    "vaccine": (
        "vaccine", "loai vac xin", "ten vac xin", "vac xin", "vacxin", "loai vacxin",
        "ten vacxin", "vaccine name", "loai vaccine", "ten vaccine", "vac xin tiem",
    ),
    "dose_number": (
        "dose number", "mui so", "mui", "mui tiem", "mui tiem so", "so mui", "lieu", "dose",
        "thu tu mui tiem", "mui thu", "so thu tu mui",
    ),
    "dose_date": (
        "dose date", "ngay tiem", "ngay tiem chung", "thoi gian tiem", "date of vaccination",
        "vaccination date", "ngay tiem vac xin", "ngaytiem",
    ),
    "lot": ("lot", "so lo", "lo vac xin", "so lo vac xin", "batch", "lot number", "lo san xuat"),
    "site": (
        "site", "co so tiem", "co so tiem chung", "diem tiem", "noi tiem", "don vi tiem",
        "don vi tiem chung", "vaccination site", "facility",
    ),
}  # fmt: skip
"""Columns of a vaccination list, each with the headings it goes by, folded."""

POPULATION_COLUMNS: dict[str, tuple[str, ...]] = {
    "entry_key": ("entry key", "key", "ma", "ma cong dan", "ma nguoi", "entrykey", "person id"),
    **_PERSON,
    "former_id_number": (
        "former id number", "so cmnd cu", "cmnd cu", "so cu", "so giay to cu", "so cmt cu",
        "so dinh danh cu", "so dinh danh da huy", "former id numbers", "so cmnd 9 so",
    ),
}  # fmt: skip
"""Columns of a population file."""

MANDATORY = ("full_name", "date_of_birth", "sex", "id_number")
"""Without these nothing can be compared."""


@attrs.frozen
class Columns:
    """Where each column stands: name -> position, and the headings it was found under."""

    found: Mapping[str, int]
    headings: tuple[str, ...]

    @property
    def described(self) -> dict[str, str]:
        """Column name -> heading, for the manifest."""
        return {name: self.headings[position] for name, position in self.found.items()}


def fold_heading(heading: str) -> str:
    """Fold a heading to plain lower-case words: no marks, no punctuation.

    >>> fold_heading("Số CMND/CCCD (*)")
    'so cmnd cccd'
    """
    plain = unidecode(unicodedata.normalize("NFC", heading)).lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain.replace("_", " ")))


@lru_cache(maxsize=1024)
def heading_forms(heading: str) -> frozenset[str]:
    """Give every folded form a heading may be meant as: lost encodings are read back too.

    >>> "ho va ten" in heading_forms("Hä vµ tªn"), "ho va ten" in heading_forms("Hoï vaø teân")
    (True, True)
    """
    if heading.isascii() or len(heading) > 200:
        return frozenset((fold_heading(heading[:200]),))
    words = " ".join(repair_word(word) or word for word in heading.split(" "))
    texts = [heading, words, *(decode_word(heading, encoding) for encoding in LEGACY)]
    return frozenset(fold_heading(text) for text in texts)


def guess(headings: Sequence[str], known: Mapping[str, tuple[str, ...]]) -> Columns:
    """Find the known columns among headings; the more specific spelling wins a column.

    Two headings with the same spelling for one column are a :class:`ColumnError`: which of them is
    meant is not ours to guess.
    """
    forms = [heading_forms(heading) for heading in headings]
    found: dict[str, int] = {}
    for column, spellings in known.items():
        for spelling in spellings:
            places = [i for i, meant in enumerate(forms) if spelling in meant]
            if len(places) > 1:
                raise ColumnError(
                    f"two columns could be «{column}»: columns {places[0] + 1} and "
                    f"{places[1] + 1} have the same heading; say which with "
                    f"--columns {column}=NUMBER"
                )
            if places and places[0] not in found.values():
                found[column] = places[0]
                break
    return Columns(found, tuple(headings))


def parse_given(options: Sequence[str]) -> dict[str, str]:
    """Read ``--columns`` options: ``full_name=Họ tên`` or ``id_number=5``, commas between several.

    >>> parse_given(["full_name=Họ tên,sex=3"])
    {'full_name': 'Họ tên', 'sex': '3'}
    """
    given: dict[str, str] = {}
    for option in options:
        for part in re.split(r",(?=\s*[a-z_]+\s*=)", option):
            column, equals, heading = part.partition("=")
            if not equals or not heading.strip():
                raise ColumnError(
                    "--columns wants COLUMN=HEADING, as in --columns 'full_name=Họ tên,sex=3'"
                )
            given[column.strip()] = heading.strip()
    return given


def choose(
    headings: Sequence[str],
    known: Mapping[str, tuple[str, ...]],
    *,
    given: Mapping[str, str] | None = None,
    mandatory: Sequence[str] = MANDATORY,
) -> Columns:
    """Settle every column: what is given first (a heading or a 1-based number), then guesses.

    Raises :class:`ColumnError` naming the missing columns and the headings that were seen.
    """
    given = given or {}
    unknown = [column for column in given if column not in known]
    if unknown:
        raise ColumnError(f"--columns knows no column «{unknown[0]}»; it knows: {', '.join(known)}")
    placed = {column: _place(headings, column, heading) for column, heading in given.items()}
    rest = {column: spellings for column, spellings in known.items() if column not in placed}
    masked = ["" if i in placed.values() else heading for i, heading in enumerate(headings)]
    guessed = guess(masked, rest).found
    found = {**guessed, **placed}
    missing = [column for column in mandatory if column not in found]
    if missing:
        raise ColumnError(
            f"no column for {', '.join(missing)}; {_seen(headings, known=bool(guessed))}. "
            f"Name it with --columns '{missing[0]}=HEADING' (or its number); is the delimiter "
            "right?"
        )
    return Columns({c: found[c] for c in known if c in found}, tuple(headings))


def _seen(headings: Sequence[str], *, known: bool) -> str:
    """Say what stands in the row of headings; where none is known it may be a person's row."""
    if not known:
        return f"none of the {len(headings)} headings is known (is there a row of headings?)"
    return "the headings seen are: " + ", ".join(f"«{_short(h)}»" for h in headings[:30])


def _place(headings: Sequence[str], column: str, heading: str) -> int:
    if heading.isascii() and heading.isdigit() and heading not in headings:
        position = int(heading[:9]) - 1
        if 0 <= position < len(headings):
            return position
        raise ColumnError(f"--columns {column}={heading}: the file has {len(headings)} columns")
    wanted = fold_heading(heading)
    places = [i for i, seen in enumerate(headings) if wanted in heading_forms(seen)]
    exact = [i for i, seen in enumerate(headings) if seen.strip() == heading]
    places = exact or places
    if len(places) == 1:
        return places[0]
    problem = "no heading reads so" if not places else "several headings read so; give its number"
    raise ColumnError(f"--columns {column}={heading}: {problem}")


def _short(heading: str) -> str:
    return heading if len(heading) <= 40 else heading[:37] + "..."
