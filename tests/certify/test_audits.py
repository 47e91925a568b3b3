"""Signed checkpoints of a ledger, and the audit of a whole one against them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.certify.authority.tools import verify_by_openssl
from vnvaxmatch.certify.audits import (
    CONSISTENCY,
    Continuity,
    SignedCheckpoint,
    audit,
    sign_checkpoint,
)
from vnvaxmatch.certify.batches import CHECKPOINT, SIGNATURES
from vnvaxmatch.certify.signers import pkcs12_signer
from vnvaxmatch.certify.standings import Fault, Standing
from vnvaxmatch.certify.trust import save_trust
from vnvaxmatch.certify.verifying import checking
from vnvaxmatch.cli.app import run
from vnvaxmatch.cli.certify import certify
from vnvaxmatch.errors import CertifyError, InputError, OutputError, ProofError, VerificationError
from vnvaxmatch.ledger import (
    Consistency,
    Event,
    MemoryLedger,
    Proof,
    SQLiteLedger,
    read_checkpoint,
)
from vnvaxmatch.testing.authority import NOW, TestCA

AT = datetime(2026, 5, 4, tzinfo=UTC)


def some(count, *, start=0):
    return [Event(f"case/{i}", "received", AT, {"row": i}) for i in range(start, start + count)]


@pytest.fixture(scope="module")
def authority():
    """An authority with lists of the day."""
    return TestCA("Audits")


@pytest.fixture
def signer(authority, tmp_path):
    """An officer of that authority."""
    (tmp_path / "officer.p12").write_bytes(authority.officer().p12(b"x"))
    return pkcs12_signer(tmp_path / "officer.p12", "x", trust=authority.trust())


@pytest.fixture
def ledger():
    """A ledger of seven events."""
    with MemoryLedger() as made:
        made.append(some(7))
        yield made


def test_a_ledger_that_goes_on_is_valid(authority, signer, ledger, tmp_path):
    """What was signed, read from its folder, is continued by the longer log, and names who."""
    sign_checkpoint(ledger, signers=[signer], out=tmp_path / "day", at=NOW)
    ledger.append(some(6, start=7))

    found = audit(
        ledger,
        at=NOW,
        pinned=[SignedCheckpoint.read(tmp_path / "day")],
        check=checking(authority.trust()),
    )

    assert found.standing is Standing.VALID
    assert found.unwrap() == ledger.checkpoint()
    (one,) = found.pinned
    assert (one.checkpoint.size, one.continuity, one.faults) == (7, "continued", ())
    assert one.signatures[0].signer.subject == signer.about().subject


def test_openssl_agrees_with_a_signed_checkpoint(authority, signer, ledger, tmp_path):
    """The two files of the folder are all that it needs."""
    sign_checkpoint(ledger, signers=[signer], out=tmp_path / "day", at=NOW)

    done = verify_by_openssl(
        tmp_path,
        content=(tmp_path / "day" / CHECKPOINT).read_bytes(),
        value=(tmp_path / "day" / "checkpoint.p7s").read_bytes(),
        roots=[authority.root],
    )

    assert done.returncode == 0, done.stderr


def test_proofs_are_verified_offline_against_signed_checkpoints(signer, ledger, tmp_path):
    """Inclusion in the second, and that it continues the first, from texts alone."""
    first = sign_checkpoint(ledger, signers=[signer], out=tmp_path / "one", at=NOW)
    ledger.append(some(6, start=7))
    sign_checkpoint(ledger, signers=[signer], out=tmp_path / "two", at=NOW, since=first.checkpoint)
    inclusion = Proof.of(ledger, 3).to_json()
    ledger.close()

    second = read_checkpoint((tmp_path / "two" / CHECKPOINT).read_text("ascii"))
    proof = Consistency.from_json((tmp_path / "two" / CONSISTENCY).read_text("ascii"))
    proof.verify(first.checkpoint, second)
    Proof.from_json(inclusion).verify(second)
    with pytest.raises(ProofError):
        proof.verify(second, second)
    with pytest.raises(ProofError):
        Consistency(proof.first, proof.second, proof.hashes[::-1]).verify(first.checkpoint, second)


@pytest.mark.parametrize(
    ("events", "continuity"),
    [
        (some(6), Continuity.SHORTER),
        ([*some(6), *some(5, start=90)], Continuity.DIFFERENT),
        (some(7)[::-1], Continuity.DIFFERENT),
    ],
)
def test_a_ledger_written_anew_is_found_out(
    authority, signer, ledger, tmp_path, events, continuity
):
    """It is sound in itself, and not the one that was signed."""
    pin = sign_checkpoint(ledger, signers=[signer], out=tmp_path / "day", at=NOW)
    with MemoryLedger() as other:
        other.append(events)
        found = audit(other, at=NOW, pinned=[pin], check=checking(authority.trust()))

    assert found.log.sound
    assert found.pinned[0].continuity is continuity
    assert found.standing is Standing.INVALID
    with pytest.raises(VerificationError, match=continuity.value):
        found.unwrap()


def test_a_checkpoint_of_another_log_counts_for_nothing(authority, signer, ledger, tmp_path):
    """One who asks for one origin is not content with another, such as a batch's."""
    pin = sign_checkpoint(ledger, signers=[signer], out=tmp_path / "d", at=NOW, origin="other")

    found = audit(ledger, at=NOW, pinned=[pin], check=checking(authority.trust()))

    assert found.pinned[0].continuity is Continuity.OTHER_ORIGIN
    assert found.standing is Standing.INVALID


def test_who_signed_must_be_trusted(authority, signer, ledger, tmp_path):
    """Another's trust, no trust, no signature, and a revoked signer: none of them is valid."""
    pin = sign_checkpoint(ledger, signers=[signer], out=tmp_path / "day", at=NOW)
    bare = SignedCheckpoint(pin.content, ())
    revoking = TestCA("Audits")
    revoking.revoke(authority.officer(), at=NOW - timedelta(days=1))

    def standing(one, check):
        return audit(ledger, at=NOW, pinned=[one], check=check).standing

    assert standing(pin, checking(TestCA("Else").trust())) is Standing.UNTRUSTED
    assert standing(pin, checking(authority.trust(crls=()))) is Standing.VALID  # by its evidence
    assert standing(pin, None) is Standing.UNKNOWN
    assert standing(bare, checking(authority.trust())) is Standing.INVALID
    assert audit(ledger, at=NOW, pinned=[bare], check=checking(authority.trust())).pinned[
        0
    ].faults == (Fault.SIGNATURE_MISSING,)


def test_what_is_empty_or_does_not_continue_is_not_signed(signer, ledger, tmp_path):
    """Nothing is written then; nor is what was signed ever replaced."""
    with MemoryLedger() as empty, pytest.raises(CertifyError, match="no events"):
        sign_checkpoint(empty, signers=[signer], out=tmp_path / "day", at=NOW)
    with MemoryLedger() as other:
        other.append(some(3, start=50))
        with pytest.raises(CertifyError, match="not sound"):
            sign_checkpoint(
                ledger, signers=[signer], out=tmp_path / "day", at=NOW, since=other.checkpoint()
            )
    assert not (tmp_path / "day").exists()
    sign_checkpoint(ledger, signers=[signer], out=tmp_path / "day", at=NOW)
    with pytest.raises(OutputError, match="never replaced"):
        sign_checkpoint(ledger, signers=[signer], out=tmp_path / "day", at=NOW)


@given(st.sampled_from([CHECKPOINT, SIGNATURES]), st.data())
def test_any_bytes_are_a_checkpoint_or_an_error(tmp_path_factory, authority, whole, name, data):
    """Cut, changed or made up: what is read is not valid, or is refused."""
    ledger, content = whole
    before = content[name]
    place = data.draw(st.integers(0, len(before) - 1))
    other = data.draw(
        st.one_of(
            st.binary(max_size=200),
            st.just(before[:place]),
            st.just(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :]),
        )
    )
    folder = tmp_path_factory.mktemp("any")
    for one, text in {**content, name: other}.items():
        (folder / one).write_bytes(text)

    try:
        pin = SignedCheckpoint.read(folder)
    except VerificationError:
        return
    found = audit(ledger, at=NOW, pinned=[pin], check=checking(authority.trust()))
    signed = (pin.content, [one.value for one in pin.signatures])
    kept = found.pinned[0].signatures
    assert found.standing is not Standing.VALID or (
        signed[0] == content[CHECKPOINT] and kept and all(one.is_valid for one in kept)
    )


@pytest.fixture(scope="module")
def whole(authority, tmp_path_factory):
    """A ledger, and the files of its signed checkpoint."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "o.p12").write_bytes(authority.officer().p12(b"x"))
    signer = pkcs12_signer(folder / "o.p12", "x", trust=authority.trust())
    with MemoryLedger() as made:
        made.append(some(7))
        sign_checkpoint(made, signers=[signer], out=folder / "day", at=NOW)
        names = (CHECKPOINT, SIGNATURES)
        yield made, {name: (folder / "day" / name).read_bytes() for name in names}


@given(st.text() | st.from_regex(r'\{"first":-?\d+,"second":\d+,"hashes":\[[^]]*\]\}'))
def test_any_text_is_a_proof_of_consistency_or_an_error(text):
    """No text makes it crash."""
    try:
        proof = Consistency.from_json(text)
    except ProofError:
        return
    assert 0 <= proof.first <= proof.second


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"first":' + "9" * 5000 + "}", '{"first":true,"second":2,"hashes":[]}',
     '{"first":1,"second":2,"hashes":[[]]}', "null"],
)  # fmt: skip
def test_a_hostile_proof_of_consistency_is_refused(text):
    """Deep nesting, long numbers, and what is no number."""
    with pytest.raises(ProofError, match="no proof"):
        Consistency.from_json(text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a ledger, an officer and whom to trust as of today."""
    monkeypatch.chdir(tmp_path)
    authority = TestCA("Today", at=datetime.now(UTC).replace(microsecond=0))
    (tmp_path / "o.p12").write_bytes(authority.officer().p12(b"x"))
    (tmp_path / "password").write_text("x\n")
    save_trust(authority.trust(), tmp_path / "trust")
    with SQLiteLedger("cases.db") as made:
        made.append(some(9))
    return tmp_path


def invoke(*words, code=0):
    done = CliRunner().invoke(certify, list(words), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


SIGN = ("--ledger", "cases.db", "--signer", "o.p12", "--password-file", "password",
        "--trust", "trust", "--lang", "en")  # fmt: skip


def test_the_commands_sign_and_audit(folder, capsys):
    """From one signed checkpoint to the next, then the audit, and the proof between them."""
    assert "9 events is signed" in invoke("checkpoint", *SIGN, "--out", "one")
    with SQLiteLedger("cases.db") as made:
        made.append(some(3, start=9))
    invoke("checkpoint", *SIGN, "--out", "two", "--since", "one")

    said = invoke("audit", "--ledger", "cases.db", "--checkpoint", "one", "--checkpoint", "two",
                  "--trust", "trust", "--lang", "en")  # fmt: skip
    assert said.startswith("VALID\n12 events, all sound")
    assert said.count("the log continues it") == 2
    assert said.count("CN=Signing Office 7") == 2
    assert run(["ledger", "verify", "two/consistency.json", "--since", "one/checkpoint",
                "--checkpoint", "two/checkpoint", "--lang", "en"]) == 0  # fmt: skip
    assert capsys.readouterr().out == "true: the log of 12 events continues that of 9\n"
    assert run(["ledger", "consistency", "cases.db", "--since", "one/checkpoint"]) == 0
    assert Consistency.from_json(capsys.readouterr().out).second == 12


def test_without_trust_or_checkpoint_it_says_what_is_not_known(folder):
    """Sound in itself is valid, with a note; a signature nobody checked is unknown."""
    invoke("checkpoint", *SIGN, "--out", "one")

    alone = invoke("audit", "--ledger", "cases.db", "--lang", "en")
    unchecked = invoke("audit", "--ledger", "cases.db", "--checkpoint", "one", "--lang", "en",
                       code=4)  # fmt: skip

    assert "no signed checkpoint was given" in alone
    assert "--trust is needed" in unchecked
    assert invoke("audit", "--ledger", "cases.db").startswith("HỢP LỆ\n9 sự kiện, nguyên vẹn")


def test_an_altered_ledger_is_not_valid(folder):
    """The first bad event is named, the exit code is 3, and it is not signed again."""
    invoke("checkpoint", *SIGN, "--out", "one")
    with closing(sqlite3.connect("cases.db")) as connection:
        connection.execute("UPDATE events SET kind = 'odd' WHERE idx = 4")
        connection.commit()

    said = invoke("audit", "--ledger", "cases.db", "--checkpoint", "one", "--trust", "trust",
                  "--lang", "en", code=3)  # fmt: skip

    assert said.startswith("NOT VALID\nBAD: event 4 was altered")
    assert "the log is bad: it cannot be told" in said
    with pytest.raises(CertifyError, match="event 4: altered"):
        invoke("checkpoint", *SIGN, "--out", "two")


def test_a_folder_that_is_none_is_told(folder):
    """What is missing, and what to name instead."""
    with pytest.raises(InputError, match="no signed checkpoint"):
        invoke("audit", "--ledger", "cases.db", "--checkpoint", "trust")


def test_a_checkpoint_that_was_altered_is_not_valid(folder):
    """Exit code 3, and it is named; so is the checkpoint of something else than a ledger."""
    invoke("checkpoint", *SIGN, "--out", "one")
    invoke("checkpoint", *SIGN, "--out", "other", "--origin", "vnvaxmatch.batch")
    (folder / "one" / SIGNATURES).write_text('{"signatures":[{}]}\n')

    audited = ("audit", "--ledger", "cases.db", "--trust", "trust", "--lang", "en")
    said = invoke(*audited, "--checkpoint", "one", code=3)
    other = invoke(*audited, "--checkpoint", "other", code=3)

    assert said.startswith("NOT VALID\none: it cannot be read")
    assert "it is NOT of this log" in other


def test_a_checkpoint_has_one_way_of_being_written(folder):
    """A key twice, or a blank more, and it is refused."""
    invoke("checkpoint", *SIGN, "--out", "one")
    path = folder / "one" / SIGNATURES
    before = path.read_text()
    for text in (f" {before}", before.replace("{", '{"signatures":[],', 1), before.strip()):
        path.write_text(text)
        with pytest.raises(VerificationError, match="checkpoint_unreadable"):
            SignedCheckpoint.read(folder / "one")
