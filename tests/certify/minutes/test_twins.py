import json
from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.certify.minutes.making import ENDED, case, confirmed, correction, minutes, party
from vnvaxmatch.certify.minutes import digest_of, read_twin, reference_of, write_twin
from vnvaxmatch.errors import CertifyError

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_CORRECTIONS = st.builds(
    lambda before, after, reason, restated: correction(
        "full_name", before, after, reason=reason, restated=restated
    ),
    _TEXTS,
    _TEXTS,
    _TEXTS,
    st.booleans(),
)
_CASES = st.builds(
    lambda number, name, corrections, comparison: case(
        number,
        values={"full_name": name},
        corrections=tuple(corrections),
        identity=confirmed("registry", comparison=comparison),
    ),
    st.integers(1, 10_000),
    _TEXTS,
    st.lists(_CORRECTIONS, max_size=3),
    st.booleans(),
)


@settings(max_examples=50, deadline=None)
@given(cases=st.lists(_CASES, min_size=1, max_size=4, unique_by=lambda one: one.case))
def test_a_twin_reads_back_to_the_byte(cases):
    """What was written is read, and written again it is the same."""
    twin = write_twin(minutes(cases=cases))

    assert write_twin(read_twin(twin)) == twin


def test_a_twin_is_the_minutes():
    """Nothing of the minutes is lost on the way."""
    told = minutes(parties=[party("a", certificates=("0" * 64,)), party("b", required=False)])

    assert read_twin(write_twin(told)) == told


def test_a_twin_names_its_cases_and_the_checkpoint():
    """Who has the ledger can hold the twin against it."""
    told = json.loads(write_twin(minutes()))

    assert told["checkpoint"] == {"root": bytes(range(32)).hex(), "size": 99}
    assert [(one["case"], one["events"], one["index"]) for one in told["cases"]] == [
        (f"{1:020x}", 4, 10)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"number": "13/BB-UBND"},
        {"salt": bytes(16)},
        {"ended": ENDED + timedelta(seconds=1)},
        {"cases": (case(2),)},
        {"copies": 7},
    ],
)
def test_whatever_changes_the_digest_changes(change):
    """The digest is of all that stands in the twin."""
    other = attrs.evolve(minutes(), **change)

    assert digest_of(write_twin(other)) != digest_of(write_twin(minutes()))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_an_altered_twin_is_none_or_another(data):
    """A changed byte gives no twin, or other minutes, never these."""
    twin = write_twin(minutes())
    index = data.draw(st.integers(0, len(twin) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != twin[index]))
    altered = twin[:index] + bytes([byte]) + twin[index + 1 :]

    try:
        read = read_twin(altered)
    except CertifyError:
        return
    assert read != minutes()
    assert write_twin(read) == altered


@given(data=st.one_of(st.binary(max_size=60), st.text(max_size=40).map(str.encode)))
def test_any_bytes_are_a_twin_or_none(data):
    """What is no twin is refused, by one kind of error."""
    with pytest.raises(CertifyError, match=r"no twin|not the twin"):
        read_twin(data)


def test_deep_nesting_is_refused():
    """A twin of a hundred thousand brackets is none."""
    with pytest.raises(CertifyError):
        read_twin(b'{"a":' * 100_000)


def test_the_reference_is_the_digest_and_the_number():
    """What the ledger keeps names the twin, and nobody in it."""
    told = minutes()

    assert reference_of(told) == f"sha256:{digest_of(write_twin(told))} 12/BB-UBND"
    assert len(reference_of(minutes(number="x" * 60))) <= 200
