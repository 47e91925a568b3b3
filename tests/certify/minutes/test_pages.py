import re
import shutil
import subprocess
import time
from datetime import timedelta
from io import BytesIO

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.certify.minutes.making import BODY, case, correction, minutes, party
from vnvaxmatch.certify.minutes import (
    TWIN,
    digest_of,
    make_minutes,
    read_minutes,
    short_digest,
)
from vnvaxmatch.errors import CertifyError

MM = 72 / 25.4
NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
LONG = "Y Blĭk Êban Niê Kdăm H’Wing Mlô Ayŭn Kpă H’Bia Siu Ksor"


def _text(told, tmp_path, *how):
    """Give the text of the pages, as a foreign tool reads it; a page each."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (poppler-utils)")
    path = tmp_path / "minutes.pdf"
    path.write_bytes(make_minutes(told).pdf)
    done = subprocess.run(
        ["pdftotext", *how, path, "-"], check=True, capture_output=True, text=True
    )
    return done.stdout.split("\f")[:-1]


def _plain(pages):
    return " ".join(" ".join(pages).split())


def test_an_office_finds_what_it_looks_for(tmp_path):
    """Heading, motto, office, number, place and day, title, parties and closing are there."""
    text = _plain(_text(minutes(), tmp_path, "-raw"))

    for part in (
        NATION,
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 12/BB-UBND",
        "Mẫu, ngày 01 tháng 6 năm 2026",
        "BIÊN BẢN",
        "Căn cứ Công văn số 9438/BYT-CNTT ngày 05 tháng 11 năm 2021",
        "Thời gian bắt đầu: 13 giờ 00 phút, ngày 01 tháng 6 năm 2026",
        f"Địa điểm: Trụ sở {BODY}",
        "Ông (bà): Trần Văn Mẫu. Chức vụ: Chức vụ chairman.",
        "Biên bản kết thúc vào 15 giờ 00 phút, ngày 01 tháng 6 năm 2026",
        "02 (hai) bản có giá trị như nhau",
        "ĐẠI DIỆN ỦY BAN NHÂN DÂN XÃ MẪU",
        "(Ký, ghi rõ họ tên, đóng dấu)",
        "Nơi nhận:",
    ):
        assert part in text, part


def test_each_correction_is_told(tmp_path):
    """What stood there, what stands there now, why, and who answers for it are on the page."""
    told = minutes(
        cases=[
            case(
                corrections=(
                    correction("full_name", "NGUYEN THU", "Nguyễn Thị Thử", reason="Theo CCCD"),
                    correction("id_number", "", "001190000456", reason="Bổ sung"),
                )
            )
        ]
    )

    text = _plain(_text(told, tmp_path, "-raw"))

    for part in (
        "NGUYEN THU", "Nguyễn Thị Thử", "Theo CCCD", "(trống)", "001190000456", "Bổ sung",
        "Người sửa: can-bo-1, Ủy ban nhân dân xã",
        "Nhân thân: xác nhận bởi police-1, Công an",
        "Mũi tiêm: xác nhận bởi health-1, Ngành y tế",
    ):  # fmt: skip
        assert part in text, part


def test_every_page_says_which_of_how_many_and_of_which_data(tmp_path):
    """Page, pages, number and digest stand on each page; the table's head on those within it."""
    told = minutes(cases=[case(number) for number in range(1, 31)])
    made = make_minutes(told)

    pages = _text(told, tmp_path, "-layout")

    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"Trang {number}/{len(pages)}" in page
        assert f"Biên bản số 12/BB-UBND · Mã đối chiếu: {short_digest(made.digest)}" in " ".join(
            page.split()
        )
    heads = [re.search(r"Thông tin\s+Đã ghi\s+Sửa thành\s+Lý do", page) for page in pages]
    assert all(heads[1:-2])
    assert all(page.count("Đã ghi") <= 1 for page in pages)


def test_the_whole_digest_stands_on_the_page(tmp_path):
    """The digest of the attached data is printed in full, to be held against the file."""
    made = make_minutes(minutes())

    text = "".join(_plain(_text(minutes(), tmp_path, "-raw")).split())

    assert digest_of(made.twin) in text


def test_the_same_minutes_give_the_same_bytes():
    """Neither the clock nor chance is in the file."""
    assert make_minutes(minutes()).pdf == make_minutes(minutes()).pdf


def test_the_twin_is_attached():
    """What is attached is the twin, to the byte, and it reads back as the minutes."""
    made = make_minutes(minutes())

    (attached,) = PdfReader(BytesIO(made.pdf)).attachments[TWIN]

    assert attached == made.twin
    assert attrs.evolve(read_minutes(made.pdf), made_with="") == minutes()


def test_fonts_are_embedded(tmp_path):
    """No page counts on a font of the reader's machine."""
    if shutil.which("pdffonts") is None:
        pytest.skip("pdffonts is not installed (poppler-utils)")
    path = tmp_path / "minutes.pdf"
    path.write_bytes(make_minutes(minutes()).pdf)

    told = subprocess.run(["pdffonts", path], check=True, capture_output=True, text=True).stdout

    rows = [row.split() for row in told.splitlines()[2:]]
    embedded = {row[0].partition("+")[2] or row[0]: row[-5] for row in rows}
    assert {name: "yes" for name in embedded if name.startswith("Vnvax")} != {}
    assert all(how == "yes" for name, how in embedded.items() if name.startswith("Vnvax"))


def _words(told, tmp_path):
    """Give all words with their boxes, by page, in points from above."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (poppler-utils)")
    path = tmp_path / "minutes.pdf"
    path.write_bytes(make_minutes(told).pdf)
    told = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], check=True, capture_output=True, text=True
    ).stdout
    found = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">', told
    )
    return [tuple(map(float, one)) for one in found]


@pytest.mark.parametrize(
    "told",
    [
        minutes(),
        minutes(
            office="Ủy ban nhân dân xã " + "Nậm Nhùn " * 15,
            superior="Ủy ban nhân dân tỉnh " + "Mẫu " * 30,
            place="Đặc khu " + "Mường Tè " * 15,
            venue="Nhà văn hóa " * 15,
            parties=[
                party(f"role{number}", name=LONG, title="Chức vụ " * 20, body="Cơ quan " * 22)
                for number in range(12)
            ],
        ),
        minutes(
            cases=[
                case(
                    values={"full_name": "x" * 2000, "site": "Trạm " * 400, "sex": "\x07<b>&"},
                    corrections=[
                        correction(field, "y" * 2000, "Dài " * 500, reason="z" * 2000)
                        for field in ("full_name", "site", "lot")
                    ],
                )
            ]
        ),
        minutes(
            cases=[case(values={"vaccine": "?"}, corrections=())], parties=[party("a", name="")]
        ),
    ],
    ids=["plain", "long_offices", "long_values", "empty"],
)  # fmt: skip
def test_nothing_runs_over_the_edge(told, tmp_path):
    """Every word stands within the margins, however long the texts are."""
    for left, above, right, below in _words(told, tmp_path):
        assert left >= 30 * MM - 0.5
        assert right <= 210 * MM - 18 * MM + 0.5
        assert above >= 8 * MM
        assert below <= 297 * MM - 8 * MM


def test_places_to_sign_at_are_on_their_page():
    """Each party has one place, within the page, that touches no other."""
    told = minutes(parties=[party(f"role{number}") for number in range(7)])
    places = make_minutes(told).places

    assert [place.role for place in places] == [one.role for one in told.parties]
    for place in places:
        left, low, right, high = place.box
        assert 0 < left < right < 596
        assert 0 < low < high < 842
    boxes = [(place.page, *place.box) for place in places]
    for index, (page, left, low, right, high) in enumerate(boxes):
        for other, x1, y1, x2, y2 in boxes[index + 1 :]:
            assert page != other or right <= x1 or x2 <= left or high <= y1 or y2 <= low


def test_signatures_do_not_stand_alone(tmp_path):
    """The first places to sign at are on a page with the sentence that closes the minutes."""
    for count in range(1, 9):
        told = minutes(cases=[case(number) for number in range(1, count + 1)])
        pages = _text(told, tmp_path, "-raw")
        (closing,) = [n for n, page in enumerate(pages) if "Biên bản kết thúc vào" in page]

        assert make_minutes(told).places[0].page == closing


_TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=0, max_size=60)


@settings(max_examples=25, deadline=None)
@given(name=_TEXTS, before=_TEXTS, after=_TEXTS, reason=_TEXTS)
def test_any_text_can_be_set(name, before, after, reason):
    """No value of a record keeps minutes from being laid out and read back."""
    told = minutes(
        cases=[
            case(
                values={"full_name": name},
                corrections=(correction("full_name", before, after, reason=reason),),
            )
        ]
    )

    read = read_minutes(make_minutes(told).pdf)

    assert len(read.cases[0].corrections) == 1


def test_many_cases_are_laid_out_in_time():
    """A hundred cases take no more than a few seconds."""
    told = minutes(cases=[case(number) for number in range(1, 101)])
    begun = time.perf_counter()

    make_minutes(told)

    assert time.perf_counter() - begun < 20


@pytest.mark.parametrize(
    "changes",
    [
        {"number": " "},
        {"number": "x" * 61},
        {"cases": ()},
        {"cases": (case(1), case(1))},
        {"parties": ()},
        {"parties": (party("a"), party("a"))},
        {"parties": (party("a", required=False),)},
        {"commune": "9999"},
        {"copies": 0},
        {"salt": b""},
        {"ended": minutes().began - timedelta(minutes=1)},
        {"began": minutes().began.replace(tzinfo=None)},
        {"bases": ("x" * 601,)},
        {"place": "x\u0000y"},
    ],
)
def test_minutes_that_cannot_be_are_refused(changes):
    """What would make no sense on paper is refused before it is laid out."""
    with pytest.raises(CertifyError):
        minutes(**changes)


def test_nothing_personal_shows_by_accident():
    """What a log would show of minutes names nobody."""
    told = minutes(cases=[case(values={"full_name": "Nguyễn Thị Thử"})])

    shown = repr(told) + repr(told.cases[0]) + repr(make_minutes(told))

    for secret in ("Nguyễn Thị Thử", "Trần Văn Mẫu", "căn cước", "Nam", "'Nữ'"):
        assert secret not in shown
