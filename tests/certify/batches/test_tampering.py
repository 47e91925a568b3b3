"""Whoever changes a bundle, or puts two together, ends with the fault that says so."""

import json
import os
from datetime import timedelta
from hashlib import sha256

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certify.batches.making import NOW, Check, Signer, context, statements, verifier
from vnvaxmatch.certify.batches import sign_batch
from vnvaxmatch.certify.bundles import Bundle
from vnvaxmatch.certify.checkpoints import write_checkpoint
from vnvaxmatch.certify.forms.outcomes import SignatureStatus
from vnvaxmatch.certify.standings import Caution, Fault, Standing
from vnvaxmatch.certify.verifying import TOLERANCE
from vnvaxmatch.errors import CertifyError, VerificationError
from vnvaxmatch.ledger import EMPTY_ROOT, Checkpoint, leaf_hash, node_hash
from vnvaxmatch.ledger.canonical import canonical

DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """The bundles of a batch of eleven."""
    out = tmp_path_factory.mktemp("batch") / "out"
    with sign_batch(
        statements(11), context=context(), signers=[Signer()], out=out, at=NOW
    ) as batch:
        return [batch.bundle(index) for index in range(batch.size)]


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """The bundles of another batch of the same signer, of the same size."""
    out = tmp_path_factory.mktemp("batch") / "out"
    with sign_batch(
        statements(11), context=context(), signers=[Signer()], out=out, at=NOW
    ) as batch:
        return [batch.bundle(index) for index in range(batch.size)]


def faults(bundle, **given):
    checked = verifier(**given).verify(bundle)
    assert checked.standing is not Standing.VALID
    with pytest.raises(VerificationError):
        checked.unwrap()
    return set(checked.faults)


def resealed(told):
    """Write a changed bundle as somebody would who knows its form: with the digest that fits."""
    told = {name: value for name, value in told.items() if name != "sha256"}
    seal = sha256(canonical(told).encode()).hexdigest()
    return canonical({**told, "sha256": seal}).encode()


def test_no_byte_of_a_bundle_can_change(bundles):
    """Whichever byte is another one, the bundle is not valid, and verifying ends in an answer."""
    data = bundles[3].to_json()
    one = verifier()
    assert one.verify(data).standing is Standing.VALID

    for at in range(0, len(data), 1 if DEEP else 7):
        for flip in (1 << bit for bit in range(8)) if DEEP else (1, 0x20, 0x80):
            altered = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            assert one.verify(altered).standing is not Standing.VALID, at


@given(st.data())
def test_no_part_of_a_bundle_can_be_cut_doubled_or_filled(bundles, data):
    """What is shorter or longer than the bundle is none."""
    whole = bundles[3].to_json()
    at = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(at + 1, len(whole)))

    assert faults(whole[:at] + whole[end:])
    assert faults(whole[:end] + whole[at:end] + whole[end:])
    assert faults(whole[:at] + b" " + whole[at:])


def paths(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*path, place))
    yield path


def edited(value, path):
    if not path:
        match value:
            case bool():
                return not value
            case int():
                return value + 1
            case str():
                return value + "x" if value else "x"
            case None:
                return 0
            case dict():
                return {**value, "more": 1}
        return [*value, 0]
    name, *rest = path
    if isinstance(value, list):
        return [edited(v, rest) if place == name else v for place, v in enumerate(value)]
    return {n: edited(v, rest) if n == name else v for n, v in value.items()}


def test_no_field_can_be_edited_though_the_digest_is_made_to_fit(bundles):
    """Every value that is signed or proven is told when it changes, by something but the seal."""
    told = json.loads(bundles[3].to_json())
    places = [
        path for path in paths(told)
        if path[:1] != ("sha256",) and "evidence" not in path and path
    ]  # fmt: skip
    assert len(places) > 40

    for path in places:
        found = faults(resealed(edited(told, path)))
        assert found - {Fault.BUNDLE_ALTERED}, path


def test_no_part_can_be_left_out_though_the_digest_is_made_to_fit(bundles):
    """A bundle lacks nothing, at any depth of what is signed."""
    told = json.loads(bundles[3].to_json())
    for name in told:
        if name != "sha256":
            assert faults(resealed({n: v for n, v in told.items() if n != name}))
    for part in ("context", "record", "type"):
        stated = {n: v for n, v in told["statement"].items() if n != part}
        assert Fault.STATEMENT_UNREADABLE in faults(resealed({**told, "statement": stated}))


def test_what_is_not_covered_is_told_by_the_seal(bundles):
    """The result that was noted with the evidence is for people, and yet cannot change unseen."""
    told = json.loads(bundles[3].to_json())
    told["signatures"][0]["evidence"]["certificate"] = "AAAA"

    assert faults(canonical(told).encode()) == {Fault.BUNDLE_ALTERED}


def test_another_way_of_writing_it_is_no_bundle(bundles):
    """Spaces, order, escapes and repeated names are all refused, though they mean the same."""
    told = json.loads(bundles[3].to_json())
    text = bundles[3].to_json().decode()
    ways = [
        json.dumps(told, ensure_ascii=False).encode(),
        json.dumps(told, separators=(",", ":"), sort_keys=True, ensure_ascii=True).encode(),
        text.replace('{"checkpoint"', '{"type":"","checkpoint"', 1).encode(),
        text.replace('"index":3', '"index":3.0').encode(),
        text.replace('"index":3', '"index":03').encode(),
        text.encode() + b"\n",
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
    ]
    for way in ways:
        assert faults(way) == {Fault.BUNDLE_UNREADABLE}


def test_proofs_of_two_records_cannot_be_swapped(bundles):
    """The proof and place of one record prove nothing of another."""
    one, two = bundles[3], bundles[4]

    assert faults(attrs.evolve(one, proof=two.proof)) == {Fault.PROOF_WRONG}
    assert faults(attrs.evolve(one, index=two.index)) == {Fault.PROOF_WRONG}
    assert faults(attrs.evolve(one, index=two.index, proof=two.proof)) == {Fault.PROOF_WRONG}
    assert faults(attrs.evolve(one, content=two.content)) == {Fault.PROOF_WRONG}


def test_parts_of_two_batches_cannot_be_swapped(bundles, others):
    """A signature is of one checkpoint, and a checkpoint of one tree."""
    one, two = bundles[3], others[3]

    assert faults(attrs.evolve(one, signatures=two.signatures)) == {Fault.SIGNATURE_INVALID}
    assert faults(attrs.evolve(one, checkpoint=two.checkpoint)) == {
        Fault.PROOF_WRONG, Fault.SIGNATURE_INVALID,
    }  # fmt: skip
    swapped = attrs.evolve(one, checkpoint=two.checkpoint, signatures=two.signatures)
    assert faults(swapped) == {Fault.PROOF_WRONG}


def test_a_node_does_not_pass_for_a_statement(bundles):
    """What is hashed into a node is no statement, and is hashed otherwise."""
    left, right = leaf_hash(bundles[0].content), leaf_hash(bundles[1].content)
    node = attrs.evolve(bundles[0], content=left + right, proof=bundles[0].proof[1:])

    assert node_hash(left, right) != leaf_hash(left + right)
    assert faults(node) == {Fault.STATEMENT_UNREADABLE, Fault.PROOF_LENGTH}


def test_a_proof_has_the_length_of_its_place(bundles):
    """One hash more or less is refused before anything is computed; so is no proof at all."""
    one = bundles[3]
    for proof in ((), one.proof[:-1], (*one.proof, bytes(32)), one.proof * 2):
        assert faults(attrs.evolve(one, proof=proof)) == {Fault.PROOF_LENGTH}


@pytest.mark.parametrize("index", [11, 12, 2**52])
def test_a_place_beyond_the_batch_is_refused(bundles, index):
    """The batch has eleven statements, and no other place."""
    assert faults(attrs.evolve(bundles[10], index=index)) == {Fault.PROOF_INDEX}


@pytest.mark.parametrize("value", [bytes(32), EMPTY_ROOT, sha256(b"\0").digest()])
def test_an_empty_hash_proves_nothing(bundles, value):
    """The hash of nothing, or one of zeros, has no special meaning."""
    one = bundles[3]
    proof = (value, *one.proof[1:])

    assert faults(attrs.evolve(one, proof=proof)) == {Fault.PROOF_WRONG}


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 44, 7, None])
def test_a_hash_of_another_length_is_no_hash(bundles, text):
    """A proof is made of 32 bytes each, in base64."""
    told = json.loads(bundles[3].to_json())
    told["proof"][0] = text

    assert faults(resealed(told)) == {Fault.BUNDLE_UNREADABLE}


@pytest.mark.parametrize("size", [4, 10, 12, 2**40])
def test_another_size_of_the_tree_is_not_the_signed_one(bundles, size):
    """The size is signed with the root, and it fixes the length and way of every proof."""
    root = bundles[3].checkpoint
    other = root.replace(b"\n11\n", b"\n%d\n" % size)
    found = faults(attrs.evolve(bundles[3], checkpoint=other))

    assert Fault.SIGNATURE_INVALID in found


def test_an_empty_tree_is_no_batch(bundles):
    """A checkpoint of nothing is refused, whoever signed it."""
    empty = write_checkpoint(Checkpoint(0, EMPTY_ROOT))
    forged = attrs.evolve(
        bundles[0], checkpoint=empty, signatures=(Signer().sign(empty, at=NOW),), proof=()
    )

    assert faults(forged) == {Fault.CHECKPOINT_UNREADABLE}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n11\n", b"\n011\n"),
        lambda text: text.replace(b"\n11\n", b"\n11 \n"),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.removesuffix(b"\n"),
        lambda text: text + b"\n",
        lambda text: text + b"more\n",
        lambda text: text + b"\n\xe2\x80\x94 key signature\n",
        lambda text: b" " + text,
        lambda text: b"\n" + text,
        lambda text: text.replace(b"=", b""),
        lambda text: b"x" * 10_000 + text,
    ],
)
def test_a_checkpoint_is_written_in_one_way(bundles, change):
    """One that was signed, but is written otherwise, is none."""
    other = change(bundles[3].checkpoint)
    forged = attrs.evolve(bundles[3], checkpoint=other, signatures=(Signer().sign(other, at=NOW),))

    assert Fault.CHECKPOINT_UNREADABLE in faults(forged)


def test_a_bundle_without_a_signature_is_not_valid(bundles):
    """What nobody signed is nobody's word."""
    assert faults(attrs.evolve(bundles[3], signatures=())) == {Fault.SIGNATURE_MISSING}


def test_one_bad_signature_among_several_is_enough(bundles):
    """A good signature does not cover for a bad one."""
    one = bundles[3]
    bad = attrs.evolve(one.signatures[0], value=b"rubbish")

    assert faults(attrs.evolve(one, signatures=(*one.signatures, bad))) == {Fault.SIGNATURE_INVALID}


@pytest.mark.parametrize(
    ("status", "fault", "standing"),
    [
        (SignatureStatus.REVOKED, Fault.SIGNER_REVOKED, Standing.REVOKED),
        (SignatureStatus.EXPIRED, Fault.SIGNER_EXPIRED, Standing.EXPIRED),
        (SignatureStatus.UNTRUSTED, Fault.SIGNER_UNTRUSTED, Standing.UNTRUSTED),
        (SignatureStatus.UNKNOWN, Fault.SIGNER_UNDECIDED, Standing.UNKNOWN),
        (SignatureStatus.INVALID, Fault.SIGNATURE_INVALID, Standing.INVALID),
    ],
)
def test_what_the_signer_is_worth_the_statement_is(bundles, status, fault, standing):
    """A statement is valid only where its signature is; unknown is not valid."""
    checked = verifier(Check(statuses={"CN=Made up": status})).verify(bundles[3])

    assert (checked.standing, checked.faults) == (standing, (fault,))


@pytest.mark.parametrize(
    ("late", "standing"),
    [
        (timedelta(0), Standing.VALID),
        (TOLERANCE, Standing.VALID),
        (TOLERANCE + timedelta(seconds=1), Standing.NOT_YET),
        (timedelta(days=3650), Standing.NOT_YET),
    ],
)
def test_a_clock_before_the_statement_does_not_believe_it(bundles, late, standing):
    """A statement of the future is not valid yet; two clocks may differ by some minutes."""
    assert verifier(at=NOW - late).verify(bundles[3]).standing is standing


def test_a_time_without_a_zone_is_refused():
    """Whoever verifies says as of when, so that it means one moment."""
    with pytest.raises(CertifyError, match="time zone"):
        verifier(at=NOW.replace(tzinfo=None))


def test_what_was_not_asked_is_said(bundles):
    """Without a list and a time stamp the answer is valid, and says what it does not cover."""
    checked = verifier().verify(bundles[3])

    assert checked.cautions == (Caution.LIST_NOT_GIVEN, Caution.TIME_NOT_PROVEN)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_answer(data):
    """Rubbish is unreadable, and nothing else happens."""
    assert faults(data) == {Fault.BUNDLE_UNREADABLE}


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b'{"index":' + b"9" * 1_000_000 + b"}",
        b'{"index":NaN}',
        b'{"index":1e999}',
        b'"\\ud800"',
        b"{}" * 20_000_000,
    ],
    ids=["lists", "objects", "digits", "nan", "infinity", "half", "long"],
)
def test_hostile_json_ends_in_an_answer(data):
    """Depth, length and numbers without end are refused in little time."""
    assert faults(data) == {Fault.BUNDLE_UNREADABLE}


def test_bundles_tell_nothing_of_the_record_in_their_repr(bundles):
    """Neither does what a verifier gives back."""
    assert Bundle.from_json(bundles[3].to_json()) == bundles[3]
    assert "statement" not in repr(bundles[3])
