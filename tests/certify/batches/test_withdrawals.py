"""What was taken back fails, and a list that cannot be believed clears nothing."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certify.batches.making import LATER, NOW, Check, Signer, context, statements, verifier
from vnvaxmatch.certify.batches import sign_batch
from vnvaxmatch.certify.forms.outcomes import SignatureStatus, Tree
from vnvaxmatch.certify.standings import Caution, Fault, Standing
from vnvaxmatch.certify.withdrawals import SignedWithdrawals, Withdrawals, sign_withdrawals
from vnvaxmatch.errors import CertifyError

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Three bundles of one batch."""
    out = tmp_path_factory.mktemp("batch") / "out"
    with sign_batch(statements(3), context=context(), signers=[Signer()], out=out, at=NOW) as batch:
        return [batch.bundle(index) for index in range(batch.size)]


def digest_of(bundle):
    return verifier().verify(bundle).unwrap().digest


def listing(*, revoked=(), superseded=(), at=NOW, until=None, signer=None, number=1):
    told = Withdrawals("Trạm Y tế thử", number, at, until or at + WEEK, revoked, superseded)
    return sign_withdrawals(told, signers=[signer or Signer()], at=at)


def verified(bundle, withdrawals, **given):
    checked = verifier(withdrawals=withdrawals, **given).verify(bundle)
    return checked.standing, checked.faults


def test_a_withdrawn_statement_fails_and_the_others_hold(bundles):
    """The list names one of them; the others are valid, and nothing is left to be asked."""
    told = listing(revoked=[digest_of(bundles[0])]).to_json()

    assert verified(bundles[0], told) == (Standing.WITHDRAWN, (Fault.LISTED_WITHDRAWN,))
    assert verified(bundles[1], told) == (Standing.VALID, ())
    cautions = verifier(withdrawals=told).verify(bundles[1]).cautions
    assert Caution.LIST_NOT_GIVEN not in cautions


def test_the_statement_of_a_corrected_record_fails(bundles):
    """What another statement took the place of counts no longer."""
    told = listing(superseded=[digest_of(bundles[0])]).to_json()

    assert verified(bundles[0], told) == (Standing.SUPERSEDED, (Fault.LISTED_SUPERSEDED,))


def test_a_stale_list_takes_back_and_clears_nothing(bundles):
    """What was withdrawn stays so; whether the others were since cannot be told."""
    told = listing(revoked=[digest_of(bundles[0])], until=NOW + timedelta(hours=1))

    assert verified(bundles[0], told)[0] is Standing.WITHDRAWN
    assert verified(bundles[1], told) == (Standing.UNKNOWN, (Fault.LIST_STALE,))


def test_a_list_may_be_too_old_for_who_asks(bundles):
    """A verifier may want a newer list than the office promises."""
    told = listing()

    assert verified(bundles[1], told, max_age=timedelta(days=2))[0] is Standing.VALID
    assert verified(bundles[1], told, max_age=timedelta(hours=2))[0] is Standing.UNKNOWN


def test_a_list_of_the_future_is_not_believed(bundles):
    """One of the two clocks is wrong."""
    told = listing(at=LATER + timedelta(hours=1))

    assert verified(bundles[1], told) == (Standing.UNKNOWN, (Fault.LIST_FROM_FUTURE,))


@pytest.mark.parametrize(
    "signer",
    [Signer(subject="CN=Another"), Signer(tree=Tree.GOVERNMENT)],
    ids=["another", "right name, other tree"],
)
def test_nobody_clears_or_takes_back_what_another_stated(bundles, signer):
    """A list of another signer, or of the right name in another tree, decides nothing."""
    told = listing(revoked=[digest_of(bundles[0])], signer=signer)

    for bundle in bundles[:2]:
        assert verified(bundle, told) == (Standing.UNKNOWN, (Fault.LIST_OF_ANOTHER,))


@pytest.mark.parametrize("status", [one for one in SignatureStatus if one != "valid"])
def test_a_list_whose_signer_is_not_good_is_not_believed(bundles, status):
    """Only a list with a valid signature counts."""
    signer = Signer(subject="CN=Bad")
    told = listing(signer=signer)

    assert verified(bundles[1], told, check=Check(statuses={"CN=Bad": status})) == (
        Standing.UNKNOWN, (Fault.LIST_UNTRUSTED,),
    )  # fmt: skip


def test_a_list_without_a_signature_is_not_believed(bundles):
    """What nobody signed clears nothing."""
    told = attrs.evolve(listing(), signatures=())

    assert verified(bundles[1], told) == (Standing.UNKNOWN, (Fault.LIST_UNTRUSTED,))


def test_no_byte_of_a_list_can_change(bundles):
    """Any other byte makes it unreadable or unbelieved, and never clears what was withdrawn."""
    data = listing(revoked=[digest_of(bundles[0])]).to_json()
    for at in range(0, len(data), 5):
        altered = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        if altered.partition(b'"signatures"')[0] != data.partition(b'"signatures"')[0]:
            assert verified(bundles[0], altered)[0] is not Standing.VALID
            assert verified(bundles[1], altered)[0] is not Standing.VALID


def test_who_needs_a_list_gets_no_valid_without(bundles):
    """Where a list is required, its absence is a fault and not a caution."""
    assert verified(bundles[1], None, require_list=True) == (
        Standing.UNKNOWN, (Fault.LIST_MISSING,),
    )  # fmt: skip


def test_the_next_list_takes_nothing_out(bundles):
    """What was withdrawn once is in every later list, whose number is higher."""
    first = listing(revoked=["0" * 64]).withdrawals
    second = first.next(at=LATER, good_for=WEEK, superseded=["1" * 64])

    assert (second.number, second.at, second.until) == (2, LATER, LATER + WEEK)
    assert (second.revoked, second.superseded) == ({"0" * 64}, {"1" * 64})


def test_a_list_is_what_it_was_when_read_again():
    """Writing and reading gives the same list, to the byte."""
    told = listing(revoked=["0" * 64, "a" * 64])

    assert SignedWithdrawals.from_json(told.to_json()) == told


@pytest.mark.parametrize(
    "made",
    [
        lambda: Withdrawals("x", -1, NOW, LATER, (), ()),
        lambda: listing(number=0),
        lambda: sign_withdrawals(
            Withdrawals.before(office="x", at=NOW), signers=[Signer()], at=NOW
        ),
        lambda: Withdrawals("x", 1, LATER, NOW, (), ()),
        lambda: Withdrawals("x", 1, NOW, LATER, ("row/3",), ()),
        lambda: sign_withdrawals(listing().withdrawals, signers=[], at=NOW),
    ],
)
def test_a_list_that_could_not_be_used_is_not_made(made):
    """Numbers, times and digests are looked at before anybody signs."""
    with pytest.raises(CertifyError):
        made()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_none(data):
    """Rubbish is refused with the one error, and decides nothing."""
    with pytest.raises(CertifyError, match="not a list of withdrawn"):
        SignedWithdrawals.from_json(data)
