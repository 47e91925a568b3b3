"""A statement says what was verified, holds nothing personal, and is written in one way."""

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certify.batches.making import FINDING, NOW, context, record
from vnvaxmatch.certify.findings import case_finding, row_finding
from vnvaxmatch.certify.salted import Match, Salts, claim_text, digest, dose_text, tidy
from vnvaxmatch.certify.statements import Context, Kind, Statement
from vnvaxmatch.certify.texts import parse_time, time_text
from vnvaxmatch.errors import CertifyError, NotCertifiedError
from vnvaxmatch.ledger import leaf_hash
from vnvaxmatch.ledger.canonical import canonical

CELLS = st.text(max_size=40)
TEXTS = [
    "full_name", "date_of_birth", "sex", "id_number", "vaccine", "dose_number", "dose_date", "lot",
    "site",
]  # fmt: skip
RECORDS = st.fixed_dictionaries(dict.fromkeys(TEXTS, CELLS))
SALT = st.binary(min_size=16, max_size=16)


def made(**changes):
    given = {"claim": "a" * 64, "dose": None, "finding": json.loads(FINDING),
             "reference": "row/7", **changes}  # fmt: skip
    return Statement(given.pop("context", context()), **given)


@given(RECORDS)
def test_any_record_has_one_canonical_text(told):
    """Whatever stands in a record, its texts are canonical JSON, and nothing raises."""
    for text in (claim_text(told), dose_text(told)):
        assert canonical(json.loads(text)) == text


@given(RECORDS, SALT, SALT)
def test_a_statement_is_about_its_own_record(told, claim, dose):
    """Whoever has the record and both salts can show it, in either Unicode form."""
    stated = made(claim=digest(claim, claim_text(told)), dose=digest(dose, dose_text(told)))
    decomposed = {name: unicodedata.normalize("NFD", text) for name, text in record(1).items()}
    of_one = made(claim=digest(claim, claim_text(record(1))))

    assert stated.matches(told, salts=Salts(claim, dose)).is_shown
    assert of_one.matches(decomposed, salts=Salts(claim)).is_shown


@given(SALT)
def test_each_of_the_four_fields_counts(salt):
    """Another name, birth, sex or number is another record; so is a mark or a day."""
    stated = made(claim=digest(salt, claim_text(record(1))))
    for name, other in [
        ("full_name", "Trần Thị Thứ"), ("full_name", ""), ("date_of_birth", "03/11/1985"),
        ("date_of_birth", "1985"), ("sex", "nam"), ("sex", "?"), ("id_number", "001185000002"),
        ("id_number", "001185"),
    ]:  # fmt: skip
        told = stated.matches({**record(1), name: other}, salts=Salts(salt))
        assert told.claim is Match.DIFFERENT, name


def test_values_that_cannot_be_read_are_bound_too():
    """Two malformed numbers are two records, and a blank is not the same as rubbish."""
    one, two, none = (
        claim_text({**record(1), "id_number": text}) for text in ("12345", "12346", "")
    )

    assert len({one, two, none}) == 3
    assert '"id_number":"?12345"' in one
    assert '"id_number":""' in none


def test_two_digit_years_count_from_the_day_that_is_given():
    """The same text means another year by another day, as it does in the comparison."""
    told = {"date_of_birth": "1/2/25"}

    young = claim_text(told, reference=date(2025, 6, 1))
    old = claim_text(told, reference=date(2021, 6, 1))
    assert young != old


@given(st.text(max_size=60))
def test_texts_are_tidied_once(text):
    """Tidying settles, and gives what UTF-8 can write."""
    assert tidy(tidy(text)) == tidy(text)
    tidy(text).encode()


def test_a_statement_is_its_leaf():
    """It reads what it wrote; its digest is the leaf hash; it is canonical JSON."""
    stated = made(supersedes=("b" * 64,), revokes=("c" * 64,))

    assert Statement.read(stated.content) == stated
    assert canonical(json.loads(stated.content)).encode() == stated.content
    assert stated.digest == leaf_hash(stated.content).hex()


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told | {"more": 1},
        lambda told: told | {"type": "vnvaxmatch.statement/2"},
        lambda told: told | {"record": told["record"] | {"claim": "A" * 64}},
        lambda told: told | {"record": told["record"] | {"claim": 7}},
        lambda told: told | {"record": told["record"] | {"finding": []}},
        lambda told: told | {"record": told["record"] | {"reference": "row 7"}},
        lambda told: told | {"record": told["record"] | {"reference": "row/7\n"}},
        lambda told: told | {"record": told["record"] | {"revokes": "x"}},
        lambda told: told | {"record": told["record"] | {"supersedes": ["x"]}},
        lambda told: told | {"record": told["record"] | {"supersedes": ["a" * 64] * 1001}},
        lambda told: told | {"record": []},
        lambda told: told | {"context": told["context"] | {"at": "2026-05-04"}},
        lambda told: told | {"context": told["context"] | {"at": "2026-13-04T01:02:03Z"}},
        lambda told: told | {"context": told["context"] | {"kind": "other"}},
        lambda told: told | {"context": told["context"] | {"office": ""}},
        lambda told: told | {"context": told["context"] | {"about": {}}},
        lambda told: told | {"context": told["context"] | {"more": 1}},
    ],
)
def test_what_is_no_statement_is_refused(change):
    """Missing, other or further parts make it none, however they are written."""
    told = change(json.loads(made().content))

    with pytest.raises(CertifyError, match="not a statement"):
        Statement.read(canonical(told).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_statement_or_none(data):
    """Nothing but the one error comes of rubbish."""
    with pytest.raises(CertifyError):
        Statement.read(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"office": ""},
        {"office": "x" * 201},
        {"office": "two\nlines"},
        {"office": "Trạm\u202ey tế"},
        {"office": unicodedata.normalize("NFD", "Trạm Y tế")},
        {"place": " "},
        {"at": datetime(2026, 5, 4)},
        {"at": datetime(1960, 5, 4, tzinfo=UTC)},
        {"about": {}},
        {"kind": Kind.CONFIRMED},
        {"about": {**context().about, "weight": 0.5}},
    ],
)
def test_a_context_that_could_not_be_read_is_not_made(changes):
    """Lines, times and figures are looked at before anything is signed."""
    with pytest.raises(CertifyError):
        context(**changes)


def test_times_are_told_in_utc_and_whole_seconds():
    """A time of Vietnam is the same moment."""
    local = datetime(2026, 5, 4, 8, 2, 3, 999, tzinfo=timezone(timedelta(hours=7)))

    assert time_text(local) == "2026-05-04T01:02:03Z"
    assert parse_time(time_text(local)) == NOW


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_salt_has_its_length(length):
    """A shorter one could be guessed."""
    with pytest.raises(CertifyError, match="16 bytes"):
        Salts(bytes(length))


def test_nothing_personal_is_in_the_repr():
    """Neither salts nor records show themselves."""
    assert repr(Salts(b"0123456789abcdef")) == "Salts(claim=<redacted>, dose=None)"


def test_a_finding_of_a_row_is_canonical():
    """Levels by field, reasons as a list."""
    told = row_finding("incomplete", None, (None, None, None, None), "sex_missing;birth_missing")

    assert canonical(json.loads(told)) == told
    assert json.loads(told)["reasons"] == ["sex_missing", "birth_missing"]


@attrs.frozen
class Side:
    """A side that was confirmed."""

    role: str
    at: datetime = NOW
    comparison: bool = False


@attrs.frozen
class Case:
    """A case as it stands."""

    state: str = "confirmed"
    identity: Side | None = Side("police")
    vaccination: Side | None = Side("health")
    list_id: str = "0" * 32
    made: str = "2026-05-01T00:00:00+00:00"


def test_a_confirmed_case_says_by_which_side_and_when():
    """Roles and times, and how the list was compared; no names of people."""
    told = json.loads(case_finding(Case(), comparison={"policy": "strict/1"}))

    assert told["identity"] == {"at": "2026-05-04T01:02:03Z", "by": "police"}
    assert told["vaccination"]["by"] == "health"
    assert told["comparison"] == {"policy": "strict/1"}


@pytest.mark.parametrize(
    "case",
    [Case(state="matched"), Case(identity=None), Case(vaccination=None), Case(state="revoked"),
     Case(state="superseded")],
)  # fmt: skip
def test_a_case_that_is_not_confirmed_is_not_stated(case):
    """Nobody states that a case is confirmed whose sides are not both."""
    with pytest.raises(NotCertifiedError):
        case_finding(case, comparison={})


def test_a_context_is_what_it_was_when_read_again():
    """Writing and reading gives the same context."""
    assert Context.of(json.loads(context().to_json())) == context()
