"""What counts no longer: corrected and revoked certificates fail, online and offline."""

from datetime import timedelta

import attrs
import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.certify.dcc import (
    Caution,
    Fault,
    Proven,
    Register,
    Result,
    Signers,
    Standing,
    Step,
    hash_of_identifier,
    hash_of_signature,
    issue,
    make_list,
    open_list,
    sign_list,
)
from vnvaxmatch.certify.dcc.algorithms import Algorithm
from vnvaxmatch.certify.dcc.cose import open_signed
from vnvaxmatch.certify.dcc.envelopes import open_envelope, wrap
from vnvaxmatch.errors import (
    CertifyError,
    ConflictError,
    LedgerError,
    NotCertifiedError,
    VerificationError,
)
from vnvaxmatch.ledger import Event, MemoryLedger

from .making import (
    AT,
    DAY,
    Proof,
    check,
    counter,
    issuer,
    key_of,
    person,
    status,
)

ISSUED = issue(person(), Proof(), issuer=issuer(), at=AT, random=counter())
OWN = hash_of_identifier(ISSUED.identifier)
SIGNERS = Signers.of([issuer().signer])
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize(
    ("sets", "standing"),
    [
        ({"revoked": [OWN]}, Standing.REVOKED),
        ({"superseded": [OWN]}, Standing.SUPERSEDED),
        ({"revoked": [OWN], "superseded": [OWN]}, Standing.REVOKED),
        ({"revoked": [bytes(16)], "superseded": [b"\xff" * 16]}, Standing.VALID),
    ],
)
def test_a_listed_certificate_fails(sets, standing):
    """By its number, in either way; one that is not listed stays valid."""
    assert check(ISSUED.text, status=status(**sets)).standing is standing


def test_a_certificate_can_be_listed_by_its_signature():
    """The forms that anybody can make of an ECDSA signature are listed with it."""
    data = cbor2.loads(open_envelope(ISSUED.text)).value
    s = int.from_bytes(data[3][32:], "big")
    twin = data[3][:32] + (P256_ORDER - s).to_bytes(32, "big")
    text = wrap(cbor2.dumps(cbor2.CBORTag(18, [*data[:3], twin])))
    listed = status(revoked=[hash_of_signature(data[3], Algorithm.ES256)])

    assert check(text).standing is Standing.VALID
    for one in (ISSUED.text, text):
        assert check(one, status=listed).standing is Standing.REVOKED


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (None, Fault.STATUS_NOT_GIVEN),
        (b"", Fault.STATUS_BROKEN),
        (b"x" * 1000, Fault.STATUS_BROKEN),
        (lambda: 1 / 0, Fault.STATUS_UNREACHABLE),
        (lambda: b"", Fault.STATUS_BROKEN),
        (status(made=AT + 2 * DAY), Fault.STATUS_FROM_FUTURE),
        (status(made=AT - 9 * DAY), Fault.STATUS_STALE),
        (status(made=AT, good_for=DAY), Fault.STATUS_STALE),
        (status(issuer("ec-other")), Fault.STATUS_BROKEN),
    ],
)
def test_without_a_good_list_nothing_is_valid(source, fault):
    """No list, none that can be had, a damaged, an old, an early or a stranger's one: unknown."""
    checked = check(ISSUED.text, status=source)
    assert (checked.standing, checked.faults) == (Standing.UNKNOWN, (fault,))
    assert checked.results[Step.STATUS] is Result.UNKNOWN


def test_what_fetching_says_is_not_passed_on():
    """An exception of a network library may hold anything."""

    def fetch() -> bytes:
        raise RuntimeError("secret")

    assert "secret" not in repr(check(ISSUED.text, status=fetch))


def test_a_list_is_fetched_online():
    """A function stands for the place where the issuer publishes it."""
    lists = iter([status(), status(number=2, revoked=[OWN])])
    standings = [check(ISSUED.text, status=lambda: next(lists)).standing for _ in range(2)]
    assert standings == [Standing.VALID, Standing.REVOKED]


@pytest.mark.parametrize("made", [AT - 9 * DAY, AT + 2 * DAY])
def test_what_was_revoked_once_stays_so(made):
    """An old list, or one from the future, is good enough to refuse by."""
    assert check(ISSUED.text, status=status(made=made, revoked=[OWN])).standing is Standing.REVOKED


def test_a_verifier_may_want_a_newer_list():
    """The list allows a week, the verifier a day; and it is told how old it was."""
    at = AT + 3 * DAY
    assert check(ISSUED.text, at=at).status_age == 3 * DAY
    late = check(ISSUED.text, at=at, status_max_age=2 * DAY)
    assert (late.standing, late.faults) == (Standing.UNKNOWN, (Fault.STATUS_STALE,))


def test_issuers_without_lists_can_be_accepted_by_name():
    """It has an ugly name, and is told."""
    checked = check(ISSUED.text, status=None, accept_without_status=True)
    assert checked.standing is Standing.VALID
    assert checked.cautions == (Caution.STATUS_SKIPPED,)
    assert checked.results[Step.STATUS] is Result.UNKNOWN


def test_accepting_without_a_list_still_reads_one():
    """A list that is given counts."""
    checked = check(ISSUED.text, status=status(revoked=[OWN]), accept_without_status=True)
    assert checked.standing is Standing.REVOKED


def test_nobody_clears_the_certificates_of_another():
    """A trusted signer of another name, and of another country, says nothing of ours."""
    other = issuer("ec-other", name="Don vi khac")
    both = Signers.of([issuer().signer, other.signer])
    checked = check(ISSUED.text, signers=both, status=status(other))
    assert checked.faults == (Fault.STATUS_OTHER_ISSUER,)

    abroad = attrs.evolve(issuer(), country="LA")
    checked = check(ISSUED.text, status=status(abroad, country="LA"))
    assert checked.faults == (Fault.STATUS_OTHER_ISSUER,)


def test_a_renewed_certificate_speaks_for_the_old_one():
    """The same signer with a newer key publishes the list, and trust is asked about both."""
    renewed = issuer("ec-other")
    both = Signers.of([issuer().signer, renewed.signer])
    listed = status(renewed, revoked=[OWN])
    assert check(ISSUED.text, signers=both, status=listed).standing is Standing.REVOKED

    def vouch(der: bytes, _: object) -> str:
        return "revoked" if der == renewed.signer.der else "valid"

    checked = check(ISSUED.text, signers=both, status=status(renewed), vouch=vouch)
    assert (checked.standing, checked.faults) == (Standing.UNKNOWN, (Fault.STATUS_BROKEN,))


def test_a_certificate_is_no_list_and_a_list_no_certificate():
    """Neither signature can be used for the other."""
    with pytest.raises(VerificationError):
        open_list(open_envelope(ISSUED.text), signers=SIGNERS)
    assert check(wrap(status())).standing is Standing.INVALID


def test_no_byte_of_a_list_can_be_changed():
    """Each bit flipped, it is no list."""
    data = status(revoked=[OWN])
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1 << (place % 8)
        assert check(ISSUED.text, status=bytes(altered)).standing is Standing.UNKNOWN


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_an_error(data):
    """Nothing but the one error comes of bytes."""
    with pytest.raises(VerificationError):
        open_list(data, signers=SIGNERS)


KIND = "application/vnd.vnvaxmatch.dcc-status+cbor"
GOOD = [1, "VN", 1, int(AT.timestamp()), int((AT + DAY).timestamp()), b"", b""]


@pytest.mark.parametrize(
    "payload",
    [
        GOOD[:6],
        [*GOOD, 1],
        [2, *GOOD[1:]],
        [1, 7, *GOOD[2:]],
        [1, "VN", 0, *GOOD[3:]],
        [1, "VN", True, *GOOD[3:]],
        [1, "VN", 1, 10**18, 10**18 + 1, b"", b""],
        [1, "VN", 1, GOOD[4], GOOD[3], b"", b""],
        [1, "VN", 1, 1, 2, b"", b""],
        [*GOOD[:5], b"x", b""],
        [*GOOD[:5], b"b" * 16 + b"a" * 16, b""],
        [*GOOD[:5], b"a" * 32, b""],
        [*GOOD[:5], "", b""],
        {},
    ],
)
def test_a_list_has_one_form(payload):
    """Whatever a good key signs beside it is refused."""
    data, _ = issuer().seal(cbor2.dumps(payload), content_type=KIND)
    with pytest.raises(VerificationError):
        open_list(data, signers=SIGNERS)
    good, _ = issuer().seal(cbor2.dumps(GOOD), content_type=KIND)
    assert open_list(good, signers=SIGNERS).statuses.number == 1
    unnamed, _ = issuer().seal(cbor2.dumps(GOOD))
    with pytest.raises(VerificationError):
        open_list(unnamed, signers=SIGNERS)


@given(
    st.sets(st.binary(min_size=16, max_size=16), max_size=40),
    st.sets(st.binary(min_size=16, max_size=16), max_size=40),
)
def test_a_list_holds_what_was_put_in_it(inside, outside):
    """Every hash, and no other."""
    made = make_list(country="VN", number=1, made=AT, good_for=DAY, superseded=inside)
    opened = open_list(sign_list(made, issuer=issuer()), signers=SIGNERS).statuses
    assert opened == made
    assert all(opened.listed(one) is Fault.LISTED_SUPERSEDED for one in inside)
    assert all(opened.listed(one) is None for one in outside - inside)


@pytest.mark.parametrize(
    "changes",
    [
        {"made": AT - 11 * DAY},
        {"good_for": 900 * DAY},
        {"good_for": timedelta(0)},
        {"made": AT.replace(tzinfo=None)},
        {"number": 0},
        {"revoked": [b"short"]},
        {"country": "LA"},
    ],
)
def test_a_list_that_cannot_be_right_is_not_signed(changes):
    """Beyond its signer, without a time, of another country, with something that is no hash."""
    with pytest.raises(CertifyError):
        status(**changes)


def issued_by(register: Register, *, at=AT, record="case7", random=None, word=Proven.CERTIFIED):
    """Issue through a register."""
    return register.issue(
        person(),
        Proof(word, record),
        issuer=issuer(),
        at=at,
        random=random or counter(),
    )


def test_a_new_certificate_supersedes_the_old_one():
    """A corrected record's old certificate fails, and its new one is valid."""
    register, random = Register(MemoryLedger()), counter()
    old = issued_by(register, random=random)
    before = register.publish(issuer=issuer(), made=AT, good_for=DAY)
    new = issued_by(register, at=AT + DAY, random=random)
    after = register.publish(issuer=issuer(), made=AT + DAY, good_for=DAY)

    assert check(old.text, at=AT, status=before).standing is Standing.VALID
    assert check(old.text, status=after).standing is Standing.SUPERSEDED
    assert check(new.text, status=after).standing is Standing.VALID


def test_a_revoked_record_has_no_certificate_left():
    """All of them fail from the next list on; revoking again changes nothing."""
    register, random = Register(MemoryLedger()), counter()
    texts = [issued_by(register, random=random, at=AT).text for _ in range(2)]
    assert register.withdraw("case7", how=Proven.REVOKED, at=AT) == 1
    assert register.withdraw("case7", how=Proven.REVOKED, at=AT) == 0
    listed = register.publish(issuer=issuer(), made=AT, good_for=7 * DAY)
    standings = [check(text, status=listed).standing for text in texts]
    assert standings == [Standing.SUPERSEDED, Standing.REVOKED]


@pytest.mark.parametrize("how", [word for word in Proven if word not in ("revoked", "superseded")])
def test_a_certificate_is_withdrawn_in_two_ways(how):
    """Other words are refused."""
    with pytest.raises(CertifyError):
        Register(MemoryLedger()).withdraw("case7", how=how, at=AT)


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        (Proven.CERTIFIED, Standing.VALID),
        (Proven.UNDECIDED, Standing.VALID),
        (Proven.REVOKED, Standing.REVOKED),
        (Proven.SUPERSEDED, Standing.SUPERSEDED),
        (Proven.NOT_CERTIFIED, Standing.SUPERSEDED),
        (Proven.OTHER_RECORD, Standing.SUPERSEDED),
    ],
)
def test_sweeping_finds_records_that_are_certified_no_longer(word, standing):
    """A record that was corrected or revoked takes its certificate with it; others stay."""
    register, random = Register(MemoryLedger()), counter()
    ours = issued_by(register, random=random)
    other = issued_by(register, record="case8", random=random)
    told = {"case7": (word, "3-4"), "case8": (Proven.CERTIFIED, "3-4")}
    register.sweep(told.__getitem__, at=AT)
    listed = register.publish(issuer=issuer(), made=AT, good_for=7 * DAY)
    assert check(ours.text, status=listed).standing is standing
    assert check(other.text, status=listed).standing is Standing.VALID


def test_sweeping_finds_records_that_were_certified_anew():
    """A record that was corrected and signed again between two lists has no old certificate."""
    register = Register(MemoryLedger())
    issued = issued_by(register)
    assert register.sweep(lambda _: (Proven.CERTIFIED, "3-4"), at=AT) == 0
    assert register.sweep(lambda _: (Proven.CERTIFIED, "8-9"), at=AT) == 1
    listed = register.publish(issuer=issuer(), made=AT, good_for=7 * DAY)
    assert check(issued.text, status=listed).standing is Standing.SUPERSEDED


def test_lists_are_numbered():
    """Each has the next number of its country."""
    register = Register(MemoryLedger())
    lists = [register.publish(issuer=issuer(), made=AT, good_for=DAY) for _ in range(3)]
    assert [open_list(one, signers=SIGNERS).statuses.number for one in lists] == [1, 2, 3]


def test_what_has_expired_leaves_the_list():
    """It fails by its date, and the list stays short."""
    register = Register(MemoryLedger())
    issued_by(register)
    register.withdraw("case7", how=Proven.REVOKED, at=AT)
    late = AT + 400 * DAY
    listed = register.publish(issuer=issuer(), made=late, good_for=DAY)
    assert open_list(listed, signers=SIGNERS).statuses.revoked == b""


def test_a_record_without_proof_leaves_no_trace():
    """What is refused is not in the ledger."""
    ledger = MemoryLedger()
    with pytest.raises(NotCertifiedError):
        issued_by(Register(ledger), word=Proven.REVOKED)
    assert ledger.size == 0


def test_of_two_at_once_one_is_refused():
    """Whoever reads the register before the other writes must decide again."""

    class Racing(MemoryLedger):
        """A ledger in which somebody else writes between a read and a write."""

        def read(self, stream: str, /):
            found = super().read(stream)
            if not found and stream.startswith("dcc/"):
                issued_by(Register(_Behind(self)))
            return found

    class _Behind:
        """The same ledger, without the race."""

        def __init__(self, ledger: Racing) -> None:
            self.read = super(Racing, ledger).read
            self.append = ledger.append

    with pytest.raises(ConflictError):
        issued_by(Register(Racing()))


def test_the_register_holds_nothing_of_people():
    """Neither their names nor the numbers of their certificates."""
    ledger = MemoryLedger()
    issued = issued_by(Register(ledger))
    kept = repr([(entry.event.stream, dict(entry.event.data)) for entry in ledger.scan()])
    for value in ("Thử", "THU", "1990", issued.identifier, issued.identifier[-20:]):
        assert value not in kept


def test_a_register_written_by_something_else_is_an_error():
    """It says so, and nothing is listed by guess."""
    ledger = MemoryLedger()
    ledger.append([Event("dcc/case7", "dcc_revoked", AT, {"hash": "00"}, label="dcc_withdrawn")])
    with pytest.raises(LedgerError):
        Register(ledger).publish(issuer=issuer(), made=AT, good_for=DAY)


def test_a_key_of_the_curve_is_one():
    """The order used above is that of the curve of our keys."""
    assert isinstance(key_of("ec").curve, ec.SECP256R1)
    assert not isinstance(open_signed(open_envelope(ISSUED.text)), Fault)
