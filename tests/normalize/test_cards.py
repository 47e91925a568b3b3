import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.normalize.cards import Card, CardSource, card
from vnvaxmatch.normalize.mrz import Mrz, check_digit, read_mrz
from vnvaxmatch.normalize.names import name
from vnvaxmatch.normalize.sexes import Sex
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reading, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "cards.json").read_text("utf-8"))
FIELDS = ("name", "sex", "birth", "id_number")
PROVINCES = [row["code3"] for row in rows("province_codes")]
SURNAMES = [row["surname"] for row in rows("surnames")][:40]
GIVEN_NAMES = ["An", "Bình", "Hồng", "Mẫu", "Thử"]
FILLER = "<"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


born = st.dates(date(1921, 1, 1), date(2021, 12, 31))
issued = st.dates(date(2021, 1, 1), date(2024, 6, 30))
names = st.builds("{} Văn {}".format, st.sampled_from(SURNAMES), st.sampled_from(GIVEN_NAMES))
residences = st.lists(
    st.sampled_from(["Số 10", "Tổ 5", "Thôn Một", "Phúc Xá", "Hà Nội"]), min_size=1, max_size=4
).map(", ".join)


@st.composite
def numbers(draw: st.DrawFn, birth: date, sex: Sex) -> str:
    """Draw a number that fits the birth date and sex."""
    digit = (birth.year // 100 - 19) * 2 + (sex is Sex.FEMALE)
    place = draw(st.sampled_from(PROVINCES))
    return f"{place}{digit}{birth.year % 100:02d}{draw(digits(5))}1"  # never all the same digit


def zone(number: str, *, birth: str, sex: str, expiry: str, holder: str) -> str:
    """Write a machine-readable zone, by the layout and not by the reader's code."""
    document = number[-9:]
    first = f"IDVNM{document}{check_digit(document)}{number}<<{check_digit(number + '<<')}"
    dates = f"{birth}{check_digit(birth)}", f"{expiry}{check_digit(expiry)}"
    composite = check_digit(first[5:] + "".join(dates) + FILLER * 11)
    second = f"{dates[0]}{sex}{dates[1]}VNM{FILLER * 11}{composite}"
    return "\n".join((first, second, holder.ljust(30, FILLER)))


def read(text: str, **context: date) -> Card:
    reading = card(text, **context)
    assert isinstance(reading, Normalized)
    return reading.value


def spelt(reading: Reading[object]) -> str | None:
    return str(reading.value) if isinstance(reading, Normalized) else None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    context = {k: date.fromisoformat(vector[k]) for k in ("reference_date",) if k in vector}

    reading = card(vector["input"], **context)

    if "reason" in vector:
        assert reading == Rejected(Reason(vector["reason"]))
        return
    assert isinstance(reading, Normalized)
    value = reading.value
    readings = {field: getattr(value, field) for field in FIELDS}
    assert {
        "source": value.source.value,
        **{field: spelt(reading) for field, reading in readings.items()},
        "former_numbers": [str(number) for number in value.former_numbers],
        "residence": value.residence,
        "issued": value.issued and value.issued.isoformat(),
        "extra": list(value.extra),
    } == vector["expected"]
    assert {
        field: reading.reason.value
        for field, reading in readings.items()
        if isinstance(reading, Rejected) and not reading.missing
    } == vector["reasons"]
    doubts = {d for r in readings.values() if isinstance(r, Normalized) for d in r.doubts}
    assert set(vector["doubts"]) <= doubts
    assert doubts <= {*vector["doubts"], Doubt.NAME_UNKNOWN_SYLLABLE}


@given(
    st.text(st.characters(), max_size=200)
    | st.lists(st.text(st.characters(), max_size=12) | digits(12) | digits(8), max_size=9).map(
        "|".join
    )
    | st.text("IDVNM<019\n", max_size=95)
    | st.text("0123456789ABC<", min_size=85, max_size=85).map("IDVNM".__add__)
)
def test_is_total(text):
    """Any text gives a card or a reason."""
    reading = card(text)

    assert isinstance(reading, Normalized | Rejected)


@given(st.data(), names, born, st.sampled_from(Sex), residences, issued, st.none() | digits(7))
def test_a_chip_payload_reads_back(data, person, birth, sex, residence, day, old):
    """What was put into a chip payload comes out, number, name, dates and all."""
    number = data.draw(numbers(birth, sex))
    former = "" if old is None else f"01{old}"
    fields = (
        number, former, person, f"{birth:%d%m%Y}", sex.vietnamese, residence, f"{day:%d%m%Y}"
    )  # fmt: skip

    value = read("|".join(fields))

    assert value.source is CardSource.CHIP_CCCD
    assert spelt(value.id_number) == number
    assert [str(n) for n in value.former_numbers] == [former] * bool(former)
    assert value.name == name(person)
    assert spelt(value.birth) == birth.isoformat()
    assert spelt(value.sex) == sex.value
    assert (value.residence, value.issued, value.extra) == (residence, day, ())


@given(st.data(), born, st.sampled_from(Sex), born)
def test_a_zone_reads_back(data, birth, sex, expiry):
    """What was put into a machine-readable zone comes out, with the century of the birth."""
    number = data.draw(numbers(birth, sex))
    text = zone(
        number, birth=f"{birth:%y%m%d}", sex="MF"[sex is Sex.FEMALE], expiry=f"{expiry:%y%m%d}",
        holder="NGUYEN<<VAN<MAU",
    )  # fmt: skip

    value = read(text)

    assert value.source is CardSource.MRZ_TD1
    assert spelt(value.id_number) == number
    assert spelt(value.birth) == birth.isoformat()
    assert spelt(value.sex) == sex.value
    assert spelt(value.name) == "Nguyen Van Mau"
    assert Doubt.NAME_UNACCENTED in value.name.doubts


@given(st.data(), born)
def test_one_wrong_digit_in_a_zone_is_found(data, birth):
    """Changing any one digit that a check digit covers refuses the zone."""
    number = data.draw(numbers(birth, Sex.MALE))
    text = zone(number, birth=f"{birth:%y%m%d}", sex="M", expiry="451110", holder="NGUYEN<<MAU")
    covered = [at for at, c in enumerate(text[:61]) if c.isdigit()]
    at = data.draw(st.sampled_from(covered))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))

    assert card(text[:at] + other + text[at + 1 :]) == Rejected(Reason.CARD_CHECK_DIGIT)


@pytest.mark.parametrize(
    ("field", "digit"),
    [("D23145890734", "9"), ("340712", "7"), ("950712", "2"), ("520727", "3"), ("AB2134<<<", "5"),
     ("", "0"), ("<<<", "0")],
)  # fmt: skip
def test_check_digits_of_icao_9303(field, digit):
    """The worked examples of ICAO 9303-3 and -5 give their published digits."""
    assert check_digit(field) == digit


def test_nothing_personal_shows():
    """No repr of a card, of its reading or of a zone holds what stands on it."""
    payload = "001085000123|011234567|Nguyễn Văn Mẫu|10111985|Nam|Phúc Xá|15042021|thêm"
    text = "IDVNM1990000173001199000017<<4\n9901155F3901153VNM<<<<<<<<<<<6\nNGUYEN<<THI<HONG"
    mrz = read_mrz(text.ljust(92, FILLER))
    assert isinstance(mrz, Mrz)

    shown = repr(card(payload)) + repr(read(payload)) + repr(mrz)

    for secret in ("00108", "01123", "Mẫu", "1985", "Phúc", "2021", "thêm", "00119", "HONG"):
        assert secret not in shown


def test_blank_and_huge_payloads():
    """A blank payload is missing; ten million characters are refused unread."""
    assert card("") is BLANK
    assert card("|" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert card("|" * 1000) == Rejected(Reason.CARD_UNKNOWN_FORMAT)
