"""On paper: the code is read by another decoder, and the page says what the code says."""

import io
import shutil
import subprocess

import pypdf
import pytest
import zxingcpp
from hypothesis import given, settings
from PIL import Image

from vnvaxmatch.certify.dcc import Paper, Signers, issue, print_certificate, qr_png, qr_svg
from vnvaxmatch.certify.documents import Font, escaped, use_fonts
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.messages import message

from .making import (
    AT,
    Proof,
    certificate,
    claims,
    counter,
    document,
    forge,
    issuer,
    key_of,
    people,
    text_of,
)

LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyàằầèềìòồờùừỳáắấéếíóốớúứýảẳẩẻểỉỏổởủửỷãẵẫẽễĩõỗỡũữỹạặậẹệịọộợụựỵ"
    "ĕŏŭčñƀ'’-"
)


def decoded(png: bytes) -> list[str]:
    """Read the codes of a picture with a foreign decoder."""
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))]


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_another_decoder_reads_the_picture(kind):
    """What was issued comes back, letter for letter."""
    text = text_of(issuer(kind))
    assert decoded(qr_png(text)) == [text]


@settings(max_examples=8)
@given(vaccinated=people())
def test_another_decoder_reads_anybodys_picture(vaccinated):
    """Whoever it is."""
    text = issue(vaccinated, Proof(), issuer=issuer(), at=AT, random=counter()).text
    assert decoded(qr_png(text, scale=4)) == [text]


def test_the_code_is_of_the_kind_that_the_specification_names():
    """Alphanumeric, with error correction Q."""
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_png(text_of()))))
    assert code.ec_level == "Q"
    assert qr_svg(text_of()).startswith(b"<?xml")


@pytest.mark.parametrize("text", ["", "HC2:ABC", "HC1:abc", "HC1:ắ", "HC1:" + "A" * 5000])
def test_what_is_no_certificate_has_no_code(text):
    """Small letters would make another kind of code."""
    with pytest.raises(CertifyError):
        qr_png(text)


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_page_shows_the_code_and_says_the_same(paper, kind):
    """Rendered by another program, the code is read, and the text is there in both languages."""
    text = text_of(issuer(kind))
    page = print_certificate(text, signer=issuer(kind).signer, paper=paper)
    (one,) = pypdf.PdfReader(io.BytesIO(page)).pages
    said = one.extract_text()
    for part in ("TRẦN THỊ THỬ", "TRAN<<THI<THU", "01/02/1990", "2 / 2", "01/09/2021", "Vaxzevria",
                 "Trạm Y tế Mẫu", "04/05/2026", "04/05/2027"):  # fmt: skip
        assert part in said
    for lang in ("vi", "en"):
        assert message("certify.dcc.page.expires", lang=lang) in said
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed: the page is not rendered")
    command = ["pdftoppm", "-r", "150", "-png", "-"]
    done = subprocess.run(command, input=page, capture_output=True, check=True)
    assert decoded(done.stdout) == [text]


def test_the_same_certificate_gives_the_same_page():
    """No clock and no computer's name is in it, and its title names nobody."""
    text, signer = text_of(), issuer().signer
    page = print_certificate(text, signer=signer)
    assert page == print_certificate(text, signer=signer)
    about = pypdf.PdfReader(io.BytesIO(page)).metadata
    assert "Thử" not in repr(about)
    assert about.title == message("certify.dcc.page.title")


@pytest.mark.parametrize("paper", Paper)
def test_a_page_has_room_for_the_longest(paper):
    """Names and offices of full length stay on one page, above its lower edge."""
    entry = {
        **document()["v"][0], "is": "Nguyễn " * 11, "ci": "URN:UVCI:01:VN:" + "W" * 63 + "#1",
    }  # fmt: skip
    long = document(
        nam={"fn": "W" * 80, "fnt": "W" * 80, "gn": "Ngh " * 20, "gnt": "W" * 80}, v=[entry]
    )
    page = print_certificate(forge(claims(long)), signer=issuer().signer, paper=paper)
    (one,) = pypdf.PdfReader(io.BytesIO(page)).pages
    lowest = []

    def visit(text, cm, tm, *_):
        if text.strip():
            lowest.append(tm[5] * cm[3] + cm[5])

    one.extract_text(visitor_text=visit)
    assert min(lowest) > 12
    assert max(lowest) < one.mediabox.height


def test_markup_in_a_name_stays_text():
    """Nothing that stands in a certificate steers the page."""
    told = document(nam={"fn": "<b>A & B</b><img src='x'/>", "fnt": "A"})
    page = print_certificate(forge(claims(told)), signer=issuer().signer)
    assert "<B>A & B</B>" in pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text()
    assert escaped("<i>\x00\u2028x") == "&lt;i&gt; x"


def test_what_another_signed_is_not_printed():
    """A page looks official: it is made of what its signer signed alone."""
    other = certificate(key_of("ec-other"))
    for text in (text_of(), "HC1:", "", text_of()[:-1]):
        with pytest.raises(CertifyError):
            print_certificate(text, signer=next(iter(Signers.of([other]).by_key_id.values()))[0])


def test_a_recovery_is_not_printed():
    """The page is one of a vaccination."""
    recovery = {
        "tg": "840539006", "fr": "2021-01-01", "co": "VN", "is": "x", "df": "2021-02-01",
        "du": "2021-06-01", "ci": "URN:UVCI:01:VN:B#1",
    }  # fmt: skip
    told = document(r=[recovery])
    del told["v"]
    with pytest.raises(CertifyError, match="vaccination"):
        print_certificate(forge(claims(told)), signer=issuer().signer)


@pytest.mark.parametrize("font", Font)
def test_every_font_has_every_letter(font):
    """Those of Vietnamese and of the ethnic minorities' languages, small and capital."""
    from reportlab.pdfbase import pdfmetrics

    use_fonts()
    use_fonts()
    face = pdfmetrics.getFont(font.value).face
    missing = [c for c in LETTERS + LETTERS.upper() if ord(c) not in face.charToGlyph]
    assert missing == []
