"""Issuing: what a certificate says, and for whom there is none."""

from datetime import date, timedelta
from types import SimpleNamespace

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import normalize
from vnvaxmatch.certify.dcc import (
    GivenDose,
    Issuer,
    Kind,
    Proven,
    SignerCertificate,
    Signers,
    Standing,
    Vaccinated,
    issue,
    vaccinated_of,
    verify,
)
from vnvaxmatch.certify.dcc.algorithms import sign_with
from vnvaxmatch.certify.dcc.names import transliterated
from vnvaxmatch.certify.dcc.proofs import CaseProof
from vnvaxmatch.certify.dcc.uvci import checksum_of, new_uvci
from vnvaxmatch.certify.dcc.valuesets import codes_of, maker_of, names
from vnvaxmatch.errors import CertifyError, NotCertifiedError
from vnvaxmatch.testing.strategies import texts

from .making import (
    AT,
    DAY,
    VACCINES,
    Proof,
    certificate,
    check,
    counter,
    issuer,
    key_of,
    people,
    person,
    status,
    text_of,
)


@given(vaccinated=people(), kind=st.sampled_from(["ec", "rsa"]))
def test_what_is_issued_says_what_was_certified(vaccinated, kind):
    """Whoever it is, and with either algorithm, the certificate is valid and says the same."""
    by = issuer(kind)

    issued = issue(vaccinated, Proof(), issuer=by, at=AT, random=counter())
    contents = verify(
        issued.text, signers=Signers.of([by.signer]), at=AT, status=status(by)
    ).unwrap()

    dose, codes = vaccinated.last, codes_of(vaccinated.last.vaccine)
    assert contents.name == str(vaccinated.name)
    assert contents.standard.replace("<<", "<").strip("<") == transliterated(str(vaccinated.name))
    assert contents.birth == str(vaccinated.birth)
    assert contents.identifier == issued.identifier
    assert (contents.issued, contents.expires) == (issued.issued, issued.expires)
    assert contents.entry == {
        "tg": "840539006",
        "vp": codes.prophylaxis,
        "mp": codes.product,
        "ma": codes.maker,
        "dn": dose.number,
        "sd": dose.series,
        "dt": dose.day.isoformat(),
        "co": "VN",
        "is": "Trạm Y tế Mẫu",
        "ci": issued.identifier,
    }


def test_a_certificate_shows_nothing_personal_in_its_repr():
    """Neither the person, nor what was issued, nor what was verified."""
    shown = repr((person(), person().doses, check(text_of()), issuer()))
    issued = issue(person(), Proof(), issuer=issuer(), at=AT, random=counter())
    shown += repr(issued) + repr(check(text_of()).contents)
    for value in ("Thử", "TRAN", "1990", "2021-09", "HC1:", "URN:", "Astra"):
        assert value not in shown


@pytest.mark.parametrize("word", [word for word in Proven if word is not Proven.CERTIFIED])
def test_only_a_certified_record_has_a_certificate(word):
    """Whatever else a proof says, nothing is issued."""
    with pytest.raises(NotCertifiedError, match=word.value):
        issue(person(), Proof(word), issuer=issuer(), at=AT, random=counter())


@attrs.frozen
class Case:
    """A case as the correction loop has it."""

    state: str = "signed"
    values: dict = attrs.Factory(
        lambda: {
            "full_name": "TRẦN THỊ THỬ",
            "date_of_birth": "01/02/1990",
            "vaccine": "Astra",
            "dose_number": "mũi 2",
            "dose_date": "1/9/2021",
        }
    )
    case: str = "case7"
    identity: object = attrs.Factory(lambda: SimpleNamespace(number=1))
    vaccination: object = attrs.Factory(lambda: SimpleNamespace(number=2))


@pytest.mark.parametrize(
    ("state", "proven"),
    [
        ("signed", Proven.CERTIFIED),
        ("minutes", Proven.CERTIFIED),
        ("superseded", Proven.SUPERSEDED),
        ("revoked", Proven.REVOKED),
        ("confirmed", Proven.NOT_CERTIFIED),
        ("received", Proven.NOT_CERTIFIED),
        ("anything", Proven.NOT_CERTIFIED),
    ],
)
def test_a_case_proves_its_record_while_it_is_certified(state, proven):
    """Signed, or by minutes; and not before, and not after."""
    assert CaseProof(Case(state)).proves(person()) is proven


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": "Trần Thị Thứ"},
        {"date_of_birth": "1990"},
        {"vaccine": "Pfizer"},
        {"dose_number": "1"},
        {"dose_date": "2/9/2021"},
    ],
)
def test_a_case_proves_nobody_else(changes):
    """One other value, and it is another record."""
    case = Case()
    other = Case(values={**case.values, **changes})
    assert CaseProof(other).proves(person()) is Proven.OTHER_RECORD


def test_a_case_that_is_certified_anew_is_another_edition():
    """Its confirmations are other events then; signing what has minutes changes nothing."""
    case = Case()
    again = attrs.evolve(case, vaccination=SimpleNamespace(number=9))
    assert CaseProof(case).edition == CaseProof(attrs.evolve(case, state="minutes")).edition
    assert CaseProof(case).edition != CaseProof(again).edition


def test_a_case_that_cannot_be_read_proves_nothing():
    """Without its values nobody knows what was certified."""
    assert CaseProof(Case(values={})).proves(person()) is Proven.UNDECIDED


@pytest.mark.parametrize("column", sorted(Case().values))
@given(text=texts())
def test_a_column_that_cannot_be_read_is_named(column, text):
    """Any text in any column makes a person, or an error that does not show it."""
    said = ""
    try:
        vaccinated_of({**Case().values, column: text})
    except CertifyError as error:
        said = str(error)
    assert len(text.strip()) < 6 or text not in said


@pytest.mark.parametrize(
    ("vaccine", "number", "series"),
    [("Astra", 1, 2), ("Astra", 3, 3), ("Janssen", 1, 1), ("Abdala", 2, 3)],
)
def test_a_series_is_that_of_the_vaccine(vaccine, number, series):
    """Where nobody says of how many doses it was, the first course or the dose itself does."""
    told = {**Case().values, "vaccine": vaccine, "dose_number": str(number)}
    assert vaccinated_of(told).last.series == series


def dose(number=1, day=date(2021, 9, 1), series=2):
    """Make a dose."""
    return GivenDose(normalize.vaccine("Pfizer").unwrap(), number=number, series=series, day=day)


@pytest.mark.parametrize(
    "changes",
    [
        {"doses": ()},
        {"doses": (dose(1), dose(1, date(2021, 10, 1)))},
        {"doses": (dose(1), dose(2))},
        {"doses": (dose(2), dose(1, date(2021, 10, 1)))},
        {"doses": (dose(1, date(1990, 1, 31)),)},
        {"birth": normalize.birth("1899").unwrap()},
        {"name": normalize.name("(CB) Trần Thị Thử").unwrap()},
        {"name": normalize.name("Trần " + "Nguyệt " * 14).unwrap()},
    ],
)
def test_what_cannot_be_right_has_no_certificate(changes):
    """A record that contradicts itself, or cannot be said, is to be corrected first."""
    with pytest.raises(CertifyError):
        person(**changes)


@pytest.mark.parametrize(("number", "series"), [(0, 1), (1, 0), (10, 10), (1, 10)])
def test_a_dose_has_a_number(number, series):
    """One to nine, as the older schemas have it."""
    with pytest.raises(CertifyError):
        dose(number, series=series)


def test_a_vaccine_without_a_code_has_no_certificate():
    """Nothing is guessed."""
    other = attrs.evolve(normalize.vaccine("Pfizer").unwrap(), name="Another")
    with pytest.raises(CertifyError):
        GivenDose(other, number=1, series=2, day=date(2021, 9, 1))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Nguyễn Thị Ước", "NGUYEN<THI<UOC"),
        ("Đặng Đình Đỗ", "DANG<DINH<DO"),
        ("H'Hen Niê", "HHEN<NIE"),
        ("Y Moan Ênuôl", "Y<MOAN<ENUOL"),
        ("K’Brêu", "KBREU"),
        ("Trần-Võ", "TRAN<VO"),
        ("ĕ ŭ č ŏ ñ", "E<U<C<O<N"),
        ("Straße Æ Ø", "STRASSE<AE<OE"),
        ("", ""),
    ],
)
def test_names_are_written_as_passports_write_them(name, written):
    """Marks go, Đ is D, an apostrophe goes and a hyphen parts."""
    assert transliterated(name) == written


@pytest.mark.parametrize("name", ["Ольга", "阮", "Trần 2", "Trần\u202e"])
def test_a_letter_without_a_way_to_write_it_is_refused(name):
    """Nothing is dropped in silence."""
    with pytest.raises(CertifyError) as caught:
        transliterated(name)
    assert name not in str(caught.value)


def test_a_name_of_one_part_is_a_surname():
    """The schema needs a standardised surname, and passports do the same."""
    contents = check(text_of(name=normalize.name("Thảo").unwrap())).unwrap()
    assert (contents.surname, contents.given, contents.standard) == ("Thảo", "", "THAO<<")


@pytest.mark.parametrize(
    "body",
    [
        ("URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813", "B"),
        ("URN:UVCI:01:DK:0EF88044F7935DF2B4A938A38C14C97C", "C"),
        ("URN:UVCI:01:FR:Y4996KBJ4Q3Q", ":"),
        ("URN:UVCI:01:IS:VERA1234", "F"),
    ],
)
def test_checksums_are_those_of_other_issuers(body):
    """Luhn modulo 38 over the whole number, as published examples have it."""
    assert checksum_of(body[0]) == body[1]


@given(st.binary(min_size=16, max_size=16), st.integers(0, 50), st.sampled_from("AZ09/:"))
def test_a_checksum_finds_one_wrong_letter(opaque, place, letter):
    """A number with one letter changed does not fit its checksum."""
    number = new_uvci(country="VN", code="00004", random=lambda _: opaque)
    body, _, checksum = number.rpartition("#")
    altered = body[:place] + letter + body[place + 1 :]
    assert len(number) <= 80
    assert altered[: len(body)] == body or checksum_of(altered[: len(body)]) != checksum


@pytest.mark.parametrize(
    ("country", "code"), [("vn", "1"), ("VNM", "1"), ("VN", ""), ("VN", "a"), ("VN", "A" * 21)]
)
def test_a_number_names_its_issuer_in_capitals(country, code):
    """What a QR code's letters do not have is refused."""
    with pytest.raises(CertifyError):
        new_uvci(country=country, code=code, random=bytes)


def test_every_approved_vaccine_has_codes_that_agree():
    """Each is listed, with the maker that the published instructions name."""
    for name in VACCINES:
        codes = codes_of(normalize.vaccine(name).unwrap())
        assert codes.product in names("vaccine-medicinal-product")
        assert codes.prophylaxis in names("vaccine-prophylaxis")
        assert codes.maker == maker_of(codes.product)
        assert codes.maker in names("vaccine-mah-manf")


@pytest.mark.parametrize("kind", ["rsa-weak", "ec-k1", "ec-p384"])
def test_a_weak_or_unusual_key_signs_nothing(kind):
    """RSA below 2048 bits, another family of curves, a curve that readers do not know."""
    with pytest.raises(CertifyError):
        Issuer.of(certificate(key_of(kind)), key_of(kind), name="Mẫu", code="1")


def test_a_key_that_is_another_certificates_signs_nothing():
    """The signature is held against the certificate before anything is given out."""
    by = Issuer.of(certificate(key_of("ec")), key_of("ec-other"), name="Mẫu", code="1")
    with pytest.raises(CertifyError, match="does not fit"):
        text_of(by)


def test_a_token_may_sign_instead_of_a_key():
    """A function that signs contents stands in for a key."""
    seen = []

    def sign(content: bytes) -> bytes:
        seen.append(content)
        return sign_with(key_of("ec"))(content)

    by = Issuer.of(certificate(key_of("ec")), sign, name="Mẫu", code="1")
    text = text_of(by)
    assert len(seen) == 1
    assert check(text, signers=Signers.of([by.signer]), status=status(by)).unwrap()


def test_a_signer_for_something_else_signs_no_vaccination():
    """The extended key usage is looked at before signing."""
    with pytest.raises(CertifyError, match="not for signing vaccinations"):
        Issuer.of(certificate(key_of("ec"), usages=["test"]), key_of("ec"), name="M", code="1")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x1b[2J"])
def test_an_issuer_has_a_name_that_can_be_read(name):
    """Up to 80 letters, none of which steers a terminal."""
    with pytest.raises(CertifyError):
        Issuer.of(certificate(key_of("ec")), key_of("ec"), name=name, code="1")


@pytest.mark.parametrize(
    ("at", "valid_for"),
    [
        (AT - 11 * DAY, 30 * DAY),
        (AT + 801 * DAY, 30 * DAY),
        (AT + 700 * DAY, 365 * DAY),
        (AT, timedelta(0)),
        (AT, -DAY),
        (AT.replace(tzinfo=None), 30 * DAY),
    ],
)
def test_a_certificate_lives_within_its_signer(at, valid_for):
    """Not before, not after, not longer, and at a time that is one."""
    with pytest.raises(CertifyError):
        issue(person(), Proof(), issuer=issuer(), at=at, random=counter(), valid_for=valid_for)


def test_a_dose_of_tomorrow_has_no_certificate():
    """What has not happened is not attested."""
    later = (dose(day=(AT + 2 * DAY).date()),)
    with pytest.raises(CertifyError, match="after the day of issue"):
        text_of(doses=later)


@pytest.mark.parametrize("record", ["", "hồ sơ", "a b", "x" * 101, "a\n"])
def test_a_record_is_named_in_the_clear(record):
    """ASCII without spaces, so that it can stand in a ledger."""
    with pytest.raises(CertifyError):
        issue(person(), Proof(record=record), issuer=issuer(), at=AT, random=counter())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_signers_certificate_or_an_error(data):
    """Nothing but the one error comes of bytes."""
    with pytest.raises(CertifyError):
        SignerCertificate.read(data)


def test_a_signer_tells_who_it_is():
    """The subject, what it may sign, and the id that signatures name it by."""
    der = certificate(key_of("ec"), usages=["vaccination"], root="1.3.6.1.4.1.0.1847.2021.1")
    signer = SignerCertificate.read(der)
    assert signer.subject == "CN=Don vi ky thu nghiem,C=VN"
    assert signer.usages == {Kind.VACCINATION}
    assert signer.fingerprint.startswith(signer.key_id.hex())


def test_an_issued_certificate_is_one_of_a_vaccination():
    """It is nothing else."""
    checked = check(text_of())
    assert checked.standing is Standing.VALID
    assert checked.contents.kind is Kind.VACCINATION
    assert isinstance(person(), Vaccinated)
