import os
import sqlite3
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certify.batches.making import (
    NOW,
    Check,
    Signer,
    context,
    new,
    record,
    statements,
    verifier,
)
from vnvaxmatch.certify.batches import Batch, sign_batch
from vnvaxmatch.certify.bundles import Bundle
from vnvaxmatch.certify.salted import Match, Salts
from vnvaxmatch.certify.standings import Standing
from vnvaxmatch.errors import CertifyError, InputError, OutputError
from vnvaxmatch.ledger import leaf_hash, root_of


def signed(out, count=7, **given):
    return sign_batch(
        statements(count), context=context(), signers=[Signer()], out=out, at=NOW, **given
    )


def prove_all(folder):
    with Batch(folder) as batch:
        return [batch.bundle(index) for index in range(batch.size)]


@given(count=st.integers(1, 40))
def test_every_record_of_a_batch_of_any_size_proves_alone(count, tmp_path_factory):
    """Each statement comes out valid by its own bundle, whatever the shape of the tree."""
    with signed(tmp_path_factory.mktemp("batch") / "out", count) as batch:
        told = [verifier().verify(batch.bundle(i).to_json()) for i in range(count)]

    assert [one.standing for one in told] == [Standing.VALID] * count
    assert [one.unwrap().reference for one in told] == [f"row/{i + 1}" for i in range(count)]


@given(count=st.integers(1, 70))
def test_the_root_that_is_signed_is_that_of_all_statements(count, tmp_path_factory):
    """The tree kept beside the statements comes to the root of RFC 6962 over them."""
    with signed(tmp_path_factory.mktemp("batch") / "out", count) as batch:
        assert batch.tree.root == root_of(map(leaf_hash, batch.contents()))


def test_one_signature_serves_all(tmp_path):
    """However many records there are, the signer signs once, and a verifier checks once."""
    check = Check()
    with signed(tmp_path / "out", 50) as batch:
        one = verifier(check)
        for index in range(50):
            one.verify(batch.bundle(index))

    assert check.calls == [batch.checkpoint]
    assert len(batch.signatures) == 1


def test_a_batch_is_larger_than_what_is_written_at_a_time(tmp_path, monkeypatch):
    """Chunks leave no seam: the statements on both sides of one prove."""
    with signed(tmp_path / "out", 10_001) as batch:
        for index in (0, 9_999, 10_000):
            assert verifier().verify(batch.bundle(index)).standing is Standing.VALID


def test_a_record_is_found_by_its_number_and_by_its_reference(tmp_path):
    """The office finds what it stated of a record by either name, and nothing by another."""
    with signed(tmp_path / "out") as batch:
        assert [one.index for one in batch.find("MS-3")] == [2]
        assert [one.index for one in batch.find("row/3")] == [2]
        assert batch.find("MS-300") == ()
        assert batch.find("") == ()


def test_who_holds_the_record_and_the_salt_can_show_it(tmp_path):
    """The statement is about the record under any spelling of it, and about no other."""
    with signed(tmp_path / "out") as batch:
        told, salts = batch.statement(2), batch.salts(2)
    other = {**record(3), "full_name": "TRẦN  THỊ THỬ", "date_of_birth": "4/11/1985"}

    assert told.matches(other, salts=salts).is_shown
    assert told.matches(record(4), salts=salts).claim is Match.DIFFERENT
    assert told.matches({**record(3), "lot": "x"}, salts=salts).dose is Match.DIFFERENT
    assert told.matches(record(3), salts=Salts(salts.claim)).dose is Match.NOT_SHOWN
    assert told.matches(record(3), salts=Salts(bytes(16))).claim is Match.DIFFERENT


def test_two_statements_of_one_record_cannot_be_linked(tmp_path):
    """The same record twice has two digests: salts are drawn for each."""
    twice = [new(1), new(1, reference="row/2")]
    with sign_batch(
        twice, context=context(), signers=[Signer()], out=tmp_path / "out", at=NOW
    ) as batch:
        first, second = batch.statement(0), batch.statement(1)

    assert first.claim != second.claim
    assert first.dose != second.dose


def test_nothing_published_holds_a_value_of_a_record(tmp_path):
    """No name, date or number, and no record number, is in any file but the office's secrets."""
    signed(tmp_path / "out").close()
    published = b"".join(
        file.read_bytes() for file in (tmp_path / "out").iterdir() if file.suffix != ".sqlite"
    )

    for value in ("Thử", "thử", "1985", "0011850", "MS-3", "2021"):
        assert value.encode() not in published.replace("Trạm Y tế thử".encode(), b"")


@pytest.mark.skipif(os.name == "nt", reason="no such modes there")
def test_the_secrets_are_for_their_owner_alone(tmp_path):
    """Nobody else on the machine may read the salts."""
    signed(tmp_path / "out").close()

    assert stat.S_IMODE((tmp_path / "out" / "secrets.sqlite").stat().st_mode) == 0o600


def test_a_batch_verifies_without_its_secrets(tmp_path):
    """What is handed on lacks the salts, and proves as before; it cannot find a record."""
    signed(tmp_path / "out").close()
    (tmp_path / "out" / "secrets.sqlite").unlink()

    with Batch(tmp_path / "out") as batch:
        assert verifier().verify(batch.bundle(3)).standing is Standing.VALID
        with pytest.raises(InputError, match="only the office"):
            batch.find("MS-3")


def test_what_was_signed_is_never_replaced(tmp_path):
    """A second batch of that name is refused, and the first is as it was."""
    signed(tmp_path / "out").close()
    before = (tmp_path / "out" / "checkpoint").read_bytes()

    with pytest.raises(OutputError, match="never replaced"):
        signed(tmp_path / "out", 3)

    assert (tmp_path / "out" / "checkpoint").read_bytes() == before


def test_a_signer_that_fails_leaves_nothing(tmp_path):
    """No folder, and nothing hidden beside it, is left of a batch that was not signed."""

    class Failing:
        def sign(self, content, /, *, at):
            raise CertifyError("no")

    with pytest.raises(CertifyError, match="no"):
        sign_batch(
            statements(3), context=context(), signers=[Failing()], out=tmp_path / "out", at=NOW
        )

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refused"),
        (OSError("pin 1234"), "OSErr"),
    ],
)
def test_a_signer_that_cannot_be_reached_is_no_full_disk(tmp_path, error, words):
    """It is told as what it is, without the words of a library."""

    class Unreachable:
        def sign(self, content, /, *, at):
            raise error

    with pytest.raises(CertifyError, match=f"signer could not sign: .*{words}") as caught:
        sign_batch(
            statements(3), context=context(), signers=[Unreachable()], out=tmp_path / "out", at=NOW
        )

    assert "1234" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_swept(tmp_path):
    """Salts of a run that was killed do not stay behind once another one comes."""
    left = tmp_path / ".out.part-1-0"
    left.mkdir()
    (left / "secrets.sqlite").write_bytes(b"x")

    signed(tmp_path / "out").close()

    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "changes",
    [
        {"finding": '{"weight":0.5}'},
        {"finding": '{"b":1,"a":2}'},
        {"finding": '{"a": 1}'},
        {"finding": "[]"},
        {"finding": "x"},
        {"reference": "Trần"},
        {"reference": "row/1\n"},
        {"reference": ""},
        {"supersedes": ("row/1",)},
        {"revokes": ("a" * 63,)},
    ],
)
def test_what_nobody_could_read_is_not_signed(tmp_path, changes):
    """A statement that would fail wherever it is verified is refused before it is signed."""
    with pytest.raises(CertifyError):
        sign_batch(
            [new(1, **changes)], context=context(), signers=[Signer()], out=tmp_path / "o", at=NOW
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "Trạm", "x" * 201])
def test_an_origin_that_is_none_is_refused(tmp_path, origin):
    """The first line of a checkpoint is a name without spaces."""
    with pytest.raises(CertifyError, match="origin"):
        signed(tmp_path / "out", origin=origin)


def test_an_empty_batch_is_refused(tmp_path):
    """A signature over nothing would prove nothing."""
    with pytest.raises(CertifyError, match="nothing to state"):
        signed(tmp_path / "out", 0)


def test_randomness_that_runs_short_is_refused(tmp_path):
    """Salts are never shorter than they should be."""
    with pytest.raises(CertifyError, match="randomness"):
        signed(tmp_path / "out", random=lambda count: bytes(count - 1))


@pytest.mark.parametrize(
    "name",
    ["batch.json", "checkpoint", "signatures.json", "statements.jsonl", "statements.index",
     "tree.bin"],
)  # fmt: skip
@pytest.mark.parametrize("damage", ["gone", "empty", "cut"])
def test_a_damaged_batch_says_so(tmp_path, name, damage):
    """A file that is gone, empty or cut short is an error with a word, never a proof."""
    signed(tmp_path / "out").close()
    path = tmp_path / "out" / name
    content = path.read_bytes()
    path.unlink() if damage == "gone" else path.write_bytes(
        b"" if damage == "empty" else content[: len(content) // 2]
    )

    with pytest.raises((InputError, CertifyError)):
        prove_all(tmp_path / "out")


def test_an_altered_statement_gets_no_bundle(tmp_path):
    """A line that was changed since is told when it is asked for, not first by who verifies."""
    signed(tmp_path / "out").close()
    path = tmp_path / "out" / "statements.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"row/3"', b'"row/9"'))

    with Batch(tmp_path / "out") as batch:
        assert verifier().verify(batch.bundle(1)).standing is Standing.VALID
        with pytest.raises(InputError, match="not the one that was signed"):
            batch.bundle(2)


def test_damaged_secrets_are_an_error(tmp_path):
    """Secrets that are no database are told by name, without what stands in them."""
    signed(tmp_path / "out").close()
    (tmp_path / "out" / "secrets.sqlite").write_bytes(b"rubbish" * 100)

    with Batch(tmp_path / "out") as batch, pytest.raises(InputError, match="damaged") as told:
        batch.find("MS-3")
    assert isinstance(told.value.__cause__, sqlite3.Error)


def test_a_bundle_is_what_it_was_when_read_again(tmp_path):
    """Writing and reading a bundle gives the same bundle, to the byte."""
    with signed(tmp_path / "out") as batch:
        bundle = batch.bundle(4)

    assert Bundle.from_json(bundle.to_json()) == bundle
    assert Bundle.from_json(bundle.to_json()).to_json() == bundle.to_json()
