"""A vaccination certificate is issued upon a statement only where that proves the very record."""

from datetime import timedelta

import pytest

from tests.certify.batches.making import NOW, Check, Signer, context, new, record, verifier
from vnvaxmatch.certify.batches import sign_batch
from vnvaxmatch.certify.dcc import Certified, Proven, vaccinated_of
from vnvaxmatch.certify.forms.outcomes import SignatureStatus
from vnvaxmatch.certify.proofs import StatementProof
from vnvaxmatch.certify.salted import Salts, claim_text, dose_text
from vnvaxmatch.certify.statements import Kind
from vnvaxmatch.certify.withdrawals import Withdrawals, sign_withdrawals

VALUES = {**record(1), "vaccine": "AstraZeneca", "dose_number": "2"}
ABOUT = {"authority": "dispatch/1", "ledger": {"root": "0" * 64, "size": 7},
         "library": {"version": "0"}, "tables": {"sha256": "1" * 64}}  # fmt: skip


def stated(folder, *, kind=Kind.CONFIRMED):
    """A bundle of one statement about the values, and the salts of it."""
    about = context(kind=kind, about=ABOUT) if kind is Kind.CONFIRMED else context()
    one = new(1, claim=claim_text(VALUES), dose=dose_text(VALUES), reference="case/a1")
    with sign_batch([one], context=about, signers=[Signer()], out=folder / "out", at=NOW) as batch:
        return batch.bundle(0), batch.salts(0)


def listing(*, revoked=(), superseded=()):
    told = Withdrawals("x", 1, NOW, NOW + timedelta(days=7), revoked, superseded)
    return sign_withdrawals(told, signers=[Signer()], at=NOW)


def proof(bundle, salts, *, values=VALUES, check=None, withdrawals=None):
    told = listing() if withdrawals is None else withdrawals
    checked = verifier(check, withdrawals=told).verify(bundle)
    return StatementProof(checked, values, salts)


def test_a_confirmed_record_is_proven(tmp_path):
    """Valid, confirmed, not withdrawn, of this record: certified."""
    one = proof(*stated(tmp_path))

    assert isinstance(one, Certified)
    assert one.record == "a1"
    assert one.proves(vaccinated_of(VALUES)) is Proven.CERTIFIED


def test_a_comparison_certifies_nobody(tmp_path):
    """That an identity matched is no proof of vaccination."""
    one = proof(*stated(tmp_path, kind=Kind.COMPARED))

    assert one.proves(vaccinated_of(VALUES)) is Proven.NOT_CERTIFIED


def test_another_record_is_not_proven(tmp_path):
    """Neither another dose, nor another person, nor other facts than those shown."""
    bundle, salts = stated(tmp_path)
    for change in ({"dose_number": "1"}, {"full_name": "Trần Thị Lặp"}, {"lot": "L"}):
        other = {**VALUES, **change}
        told = proof(bundle, salts, values=other).proves(vaccinated_of(other))
        assert told is Proven.OTHER_RECORD, change
    first = vaccinated_of({**VALUES, "dose_number": "1"})
    assert proof(bundle, salts).proves(first) is Proven.OTHER_RECORD


def test_what_was_taken_back_is_not_proven(tmp_path):
    """The list decides, and without one nothing is decided."""
    bundle, salts = stated(tmp_path)
    digest = verifier().verify(bundle).unwrap().digest
    vaccinated = vaccinated_of(VALUES)

    revoked, replaced = listing(revoked=[digest]), listing(superseded=[digest])
    assert proof(bundle, salts, withdrawals=revoked).proves(vaccinated) is Proven.REVOKED
    assert proof(bundle, salts, withdrawals=replaced).proves(vaccinated) is Proven.SUPERSEDED
    unasked = StatementProof(verifier().verify(bundle), VALUES, salts)
    assert unasked.proves(vaccinated) is Proven.UNDECIDED


@pytest.mark.parametrize("status", [one for one in SignatureStatus if one != "valid"])
def test_no_signature_that_is_not_valid_proves(tmp_path, status):
    """Whatever else a signature is, nothing is issued upon it."""
    check = Check(statuses={"CN=Made up": status})
    one = proof(*stated(tmp_path), check=check)

    assert one.proves(vaccinated_of(VALUES)) in (Proven.NOT_CERTIFIED, Proven.UNDECIDED)


def test_without_the_key_of_the_dose_nothing_is_decided(tmp_path):
    """The person alone is not enough."""
    bundle, salts = stated(tmp_path)

    told = proof(bundle, Salts(salts.claim)).proves(vaccinated_of(VALUES))
    assert told is Proven.UNDECIDED
