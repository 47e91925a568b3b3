"""``vnvaxmatch certify`` as a person runs it: sign, prove, verify, withdraw; and openssl alone."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from click.testing import CliRunner

from tests.certify.authority.issuing import TestCA
from tests.cli.lists import verified, write
from vnvaxmatch.casework import Act, Actor, Casework, Done, Role, Side, State
from vnvaxmatch.casework.results import open_results
from vnvaxmatch.certify.batches import Batch
from vnvaxmatch.certify.salted import claim_text, digest, dose_text
from vnvaxmatch.certify.trust import Tree, save_trust
from vnvaxmatch.cli.certify import certify
from vnvaxmatch.cli.keys import make_keys, read_keys
from vnvaxmatch.errors import (
    CertifyError,
    InputError,
    OutputError,
    SignerRefusedError,
)
from vnvaxmatch.ledger import open_ledger

HEADINGS = [
    "Mã hồ sơ", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Quốc tịch", "Xã/Phường",
    "Vắc xin", "Mũi số", "Ngày tiêm", "Số lô",
]  # fmt: skip
HERE = "Phường Ba Đình, Thành phố Hà Nội"
ROWS = [
    ["A1", "Đoàn Gia Mẫu", "10/11/1985", "Nam", "001085000123", "VN", HERE, "pfizer", "1",
     "10/08/2021", "L 1"],
    ["A1", "ĐOÀN  GIA MẪU", "10-11-85", "nam", "1085000123", "VN", HERE, "AZ", "mũi 2",
     "10/10/2021", ""],
    ["A2", "Trần Thị Thử", "01/02/1990", "Nam", "001190000456", "VN", HERE, "?", "x", "", ""],
    ["A3", "Lê Văn Thử 99", "1973", "Nam", "12345", "Việt Nam", "", "", "1", "10/08/2021", ""],
    ["A4", "John Sample", "03/03/1973", "Nam", "B1234567", "Hoa Kỳ", "", "", "1", "10/08/2021", ""],
    ["A5", "", "31/02/1983", "Nữ?", "123456789", "Việt Nam", "", "", "1", "10/08/2021", ""],
    ["", "CB Vũ Thị Mẫu", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip
COLUMNS = [
    "record_id", "full_name", "date_of_birth", "sex", "id_number", "nationality", "commune",
    "vaccine", "dose_number", "dose_date", "lot",
]  # fmt: skip
PEOPLE = [
    ["P1", "Đoàn Gia Mẫu", "10/11/1985", "Nam", "001085000123"],
    ["P2", "Trần Thị Thử", "01/02/1990", "Nữ", "001190000456"],
]
NOW = datetime.now(UTC).replace(microsecond=0)
OFFICE = "Trạm Y tế xã Thử"


def invoke(*arguments, code=0):
    """Run a command of the group; what it raises is raised."""
    done = CliRunner().invoke(certify, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture(scope="module")
def authority():
    """A certification authority whose lists are of now."""
    return TestCA("Thu", at=NOW)


@pytest.fixture(scope="module")
def made(tmp_path_factory, authority):
    """Results, a signer and its trust, in one folder."""
    folder = tmp_path_factory.mktemp("certify")
    verified(folder, HEADINGS, ROWS, people=PEOPLE)
    (folder / "office.p12").write_bytes(authority.officer().p12(b"secret"))
    (folder / "password").write_text("secret\n")
    save_trust(authority.trust(), folder / "trust")
    return folder


@pytest.fixture(scope="module")
def batch(made):
    """The results, signed as one batch."""
    said = invoke("sign", made / "results", *signer(made), "--office", OFFICE,
                  "--out", made / "batch", "--lang", "en")  # fmt: skip
    assert "7 statements, one signature" in said
    return made / "batch"


@pytest.fixture
def proof(made, batch, tmp_path):
    """The bundle of the first row, and the salts that go with it."""
    invoke("prove", batch, "--record", "row/1", "--out", tmp_path / "one.json",
           "--salts", tmp_path / "one.salts")  # fmt: skip
    return tmp_path / "one.json"


def signer(folder):
    return ("--signer", folder / "office.p12", "--password-file", folder / "password",
            "--trust", folder / "trust")  # fmt: skip


def test_a_proof_says_who_signed_what_and_exits_with_nought(made, proof):
    """Valid, the outcome, the certificate's subject and issuer, office, registry, method."""
    said = invoke("verify", proof, "--trust", made / "trust", "--lang", "en")

    assert said.startswith("VALID\nOutcome: Matched\n")
    for words in ("CN=Signing Office 7", "CN=Thu Intermediate", OFFICE, "strict/1", "exact/1",
                  "snapshot", "no proof of vaccination", "row/1"):  # fmt: skip
        assert words in said
    assert "Mẫu" not in said.replace(OFFICE, "")
    assert invoke("verify", proof, "--trust", made / "trust").startswith("HỢP LỆ\nKết quả: Đúng\n")


def test_a_wrong_record_is_proven_wrong(made, batch, tmp_path):
    """A valid statement that a record is wrong says so beside the first word."""
    invoke("prove", batch, "--record", "A2", "--out", tmp_path / "two.json")
    said = invoke("verify", tmp_path / "two.json", "--trust", made / "trust", "--lang", "en")

    assert said.startswith("VALID\nOutcome: Wrong")
    assert "Sex: Different" in said


def test_the_statement_is_about_the_record_that_is_shown(made, proof, tmp_path):
    """Another spelling of the record is that record; another record is told, by the exit code."""
    record, other = tmp_path / "record.json", tmp_path / "other.json"
    record.write_text(json.dumps(dict(zip(COLUMNS, ROWS[0], strict=True))))
    other.write_text(json.dumps(dict(zip(COLUMNS, ROWS[2], strict=True))))
    trust = ("--trust", made / "trust", "--salts", proof.with_suffix(".salts"), "--lang", "en")

    assert "The person in the record shown: It is this record" in invoke(
        "verify", proof, *trust, "--record", record
    )
    assert "The person in the record shown: It is another record" in invoke(
        "verify", proof, *trust, "--record", other, code=3
    )


def test_digests_of_columns_are_those_of_each_record(made, batch):
    """What is read in columns for a million rows is, row by row, what a single record gives."""
    reference = json.loads((batch.parent / "results" / "manifest.json").read_text())["reference"]
    assert reference is None
    with Batch(batch) as opened:
        for index, row in enumerate(ROWS):
            record = dict(zip(COLUMNS, row, strict=True))
            told, salts = opened.statement(index), opened.salts(index)
            assert told.claim == digest(salts.claim, claim_text(record)), row[0]
            assert told.dose == digest(salts.dose, dose_text(record)), row[0]


def test_a_changed_proof_is_not_valid(made, proof, tmp_path):
    """The exit code is 3, the first word says so, and what it claims is marked as not proven."""
    text = proof.read_text(encoding="utf-8")
    proof.write_text(text.replace('"official":true', '"official":null'), encoding="utf-8")
    said = invoke("verify", proof, "--trust", made / "trust", "--lang", "en", code=3)

    assert said.startswith("NOT VALID\n  The statement is not in the batch that was signed\n")
    assert "is not proven" in said


def test_who_is_not_trusted_proves_nothing(made, proof, tmp_path):
    """The signature holds, but nobody vouches for who made it: exit code 3."""
    save_trust(TestCA("Another", at=NOW).trust(), tmp_path / "trust")
    said = invoke("verify", proof, "--trust", tmp_path / "trust", "--lang", "en", code=3)

    assert said.startswith("NOT SIGNED BY A TRUSTED SIGNER\n")


def test_a_signer_of_the_other_tree_is_not_trusted_for_this_one(made, proof):
    """Who asks for a public certificate is not content with a government one: exit code 3."""
    trust = ("--trust", made / "trust")

    invoke("verify", proof, *trust, "--tree", "government")
    invoke("verify", proof, *trust, "--tree", "public", code=3)


def test_an_authority_of_the_same_name_is_another_one(made, proof, tmp_path):
    """Names are anybody's: what counts is the key of the anchor. Exit code 3."""
    save_trust(TestCA("Thu", at=NOW, owner="Another").trust(), tmp_path / "trust")
    said = invoke("verify", proof, "--trust", tmp_path / "trust", "--lang", "en", code=3)

    assert not said.startswith("VALID")


def test_a_signer_revoked_since_does_not_count(made, proof, authority, tmp_path):
    """Without a time stamp nobody knows that it was signed before: exit code 3."""
    again = TestCA("Thu", at=NOW)
    with Batch(made / "batch") as opened:
        from cryptography import x509

        serial = x509.load_der_x509_certificate(opened.signatures[0].evidence.certificate)
    again.revoked[serial.serial_number] = (NOW - timedelta(days=1), None)
    crls = again.crls(at=NOW)
    save_trust(authority.trust(crls=crls), tmp_path / "trust")
    said = invoke("verify", proof, "--trust", tmp_path / "trust", "--lang", "en", code=3)

    assert said.startswith("THE SIGNER'S CERTIFICATE WAS REVOKED\n")


def test_what_nobody_can_tell_is_unknown_and_not_valid(made, proof):
    """Years later, with lists long out of date, the exit code is 4."""
    later = f"{NOW + timedelta(days=100):%Y-%m-%d}"
    said = invoke("verify", proof, "--trust", made / "trust", "--at", later, "--lang", "en", code=4)

    assert said.startswith("COULD NOT BE CHECKED IN FULL")


def test_a_time_before_it_was_stated_does_not_believe_it(made, proof):
    """As of yesterday there was no such statement: exit code 3."""
    before = f"{NOW - timedelta(days=1):%Y-%m-%d}"

    invoke("verify", proof, "--trust", made / "trust", "--at", before, code=3)


def test_a_whole_batch_verifies_and_is_counted(made, batch):
    """Every statement is checked, and how many came out how is told."""
    said = invoke("verify", batch, "--trust", made / "trust", "--lang", "en")

    assert said.startswith("VALID\n")
    assert "Outcome: Matched: 2" in said


def test_an_altered_batch_is_not_valid(made, batch, tmp_path):
    """One word in one of its lines is enough."""
    shutil.copytree(batch, tmp_path / "batch")
    path = tmp_path / "batch" / "statements.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"row/2"', b'"row/9"'))

    invoke("verify", tmp_path / "batch", "--trust", made / "trust", code=3)


def test_what_was_withdrawn_fails_by_the_list(made, batch, proof, tmp_path):
    """The list is made, grows, and fails what is on it; what is not on it holds."""
    listed, trust = tmp_path / "list.json", ("--trust", made / "trust", "--lang", "en")
    invoke("withdraw", batch, "--record", "A2", *signer(made), "--list", listed)
    assert invoke("verify", proof, *trust, "--list", listed).startswith("VALID\n")

    said = invoke("withdraw", batch, "--record", "row/1", "--superseded", *signer(made),
                  "--list", listed, "--lang", "en")  # fmt: skip
    assert "List 2 (2 statements)" in said
    said = invoke("verify", proof, *trust, "--list", listed, code=3)
    assert said.startswith("REPLACED BY ANOTHER STATEMENT")
    assert "(0 days old)" in said


def test_a_list_that_was_altered_is_not_continued(made, batch, tmp_path):
    """Nobody drops a withdrawal by editing the last list before the next one is signed."""
    listed = tmp_path / "list.json"
    invoke("withdraw", batch, "--record", "A2", *signer(made), "--list", listed)
    told = json.loads(listed.read_text(encoding="utf-8"))
    told["list"]["revoked"] = []
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    listed.write_text(text, encoding="utf-8")

    with pytest.raises(CertifyError, match="cannot be continued"):
        invoke("withdraw", batch, *signer(made), "--list", listed)


def test_several_rows_of_one_record_are_told_apart(made, batch, tmp_path):
    """A record number that two doses have names both, and proves neither by guess."""
    with pytest.raises(CertifyError, match="row/1, row/2"):
        invoke("prove", batch, "--record", "A1", "--out", tmp_path / "x.json")
    with pytest.raises(InputError, match="no statement"):
        invoke("prove", batch, "--record", "A9", "--out", tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


def test_a_revoked_signer_signs_nothing(made, authority, tmp_path):
    """The certificate is checked and shown first; nothing is written."""
    again = TestCA("Thu", at=NOW)
    officer = again.officer("Gone")
    again.revoke(officer, at=NOW - timedelta(days=2))
    (tmp_path / "gone.p12").write_bytes(officer.p12(b"secret"))
    save_trust(again.trust(), tmp_path / "trust")

    with pytest.raises(SignerRefusedError, match="revoked"):
        invoke("sign", made / "results", "--signer", tmp_path / "gone.p12", "--password-file",
               made / "password", "--trust", tmp_path / "trust", "--office", OFFICE,
               "--out", tmp_path / "out")  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gone.p12", "trust"]


def test_a_signer_of_another_tree_signs_nothing(made, tmp_path):
    """Where the tree is named, a certificate of the other one is refused."""
    with pytest.raises(SignerRefusedError, match="untrusted"):
        invoke("sign", made / "results", *signer(made), "--tree", Tree.PUBLIC.value,
               "--office", OFFICE, "--out", tmp_path / "out")  # fmt: skip


def test_an_earlier_batch_is_not_replaced(made, batch):
    """What was signed stays."""
    with pytest.raises(OutputError, match="never replaced"):
        invoke("sign", made / "results", *signer(made), "--office", OFFICE, "--out", batch)


def test_another_list_is_not_signed(made, tmp_path):
    """The list must be the very one that the results were made of."""
    other = write(tmp_path / "doses.csv", HEADINGS, ROWS[:3])

    with pytest.raises(InputError, match="not the list"):
        invoke("sign", made / "results", *signer(made), "--office", OFFICE, "--doses", other,
               "--out", tmp_path / "out")  # fmt: skip


@pytest.fixture
def cases(made, tmp_path):
    """A ledger with one case that both sides confirmed, and its number."""
    make_keys(tmp_path / "keys.json", name="k")
    results = open_results(made / "results")
    values = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
    with ledger_of(tmp_path) as ledger:
        work = Casework(ledger)
        work.open(
            results.cases(lambda: _batches(values)),
            origin=results.origin(),
            actor=Actor("may", role=Role.REGISTRY),
            at=NOW,
        )
        case = next(case for case, _ in work.standings(states=[State.MATCHED]))
        health = Actor("y-te", role=Role.HEALTH)
        work.do(case, Act.confirmed(Side.VACCINATION), actor=health, at=NOW)
    return case


def ledger_of(folder):
    """Open the ledger of a folder with its keys."""
    return open_ledger(folder / "cases.db", keys=read_keys(folder / "keys.json"))


def sign_cases(made, folder, *, code="00004"):
    """Sign the confirmed cases of a folder's ledger as a commune."""
    return invoke(
        "sign", folder / "cases.db", *signer(made), "--keys", folder / "keys.json",
        "--office", OFFICE, "--by", "chu-tich", "--office-code", code,
        "--out", folder / "batch", "--lang", "en",
    )  # fmt: skip


def test_confirmed_cases_of_a_ledger_are_stated_and_marked(made, tmp_path, cases):
    """A case that both sides confirmed is stated, says by whom, and stands as signed after it."""
    assert "1 statements" in sign_cases(made, tmp_path)

    with ledger_of(tmp_path) as ledger:
        assert Casework(ledger).read(cases).state is State.SIGNED
    invoke("prove", tmp_path / "batch", "--record", cases, "--out", tmp_path / "one.json")
    said = invoke("verify", tmp_path / "one.json", "--trust", made / "trust", "--lang", "en")
    for words in ("VALID\nWhat is stated: The identity and the vaccination were confirmed",
                  "strict/1", f"case/{cases}", "Identity confirmed"):  # fmt: skip
        assert words in said
    shutil.rmtree(tmp_path / "batch")
    with pytest.raises(InputError, match="no confirmed case"):
        sign_cases(made, tmp_path)


def test_cases_of_another_commune_are_not_signed(made, tmp_path, cases):
    """An office certifies its own people's records, and no statement is made of others."""
    with pytest.raises(InputError, match="of this office"):
        sign_cases(made, tmp_path, code="00008")
    assert not (tmp_path / "batch").exists()


def test_a_ledger_without_its_keys_is_not_signed(made, tmp_path, cases):
    """What cannot be read cannot be stated."""
    with pytest.raises(CertifyError, match="--keys"):
        invoke("sign", tmp_path / "cases.db", *signer(made), "--office", OFFICE, "--by", "x",
               "--office-code", "00004", "--out", tmp_path / "batch")  # fmt: skip


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (Act.revoked("QD 7"), "WITHDRAWN BY THE OFFICE"),
        (Act.superseded("HS 8"), "REPLACED BY ANOTHER STATEMENT"),
    ],
)
def test_the_list_follows_the_ledger(made, tmp_path, cases, act, word):
    """What became of a case takes its statement back, without anybody naming it."""
    sign_cases(made, tmp_path)
    invoke("prove", tmp_path / "batch", "--record", cases, "--out", tmp_path / "one.json")
    verifying = ("verify", tmp_path / "one.json", "--trust", made / "trust", "--lang", "en",
                 "--list", tmp_path / "list.json")  # fmt: skip
    listing = ("withdraw", tmp_path / "batch", "--ledger", tmp_path / "cases.db", *signer(made),
               "--list", tmp_path / "list.json")  # fmt: skip
    invoke(*listing)
    assert invoke(*verifying).startswith("VALID\n")

    with ledger_of(tmp_path) as ledger:
        actor = Actor("chu-tich", role=Role.COMMUNE, office="00004")
        assert isinstance(Casework(ledger).do(cases, act, actor=actor, at=datetime.now(UTC)), Done)
    invoke(*listing)
    assert invoke(*verifying, code=3).startswith(word)


def test_a_case_that_is_certified_anew_supersedes_what_was_stated(made, tmp_path):
    """Withdrawn, brought in by a newer list, confirmed and signed again: the old one is named."""
    make_keys(tmp_path / "keys.json", name="k")
    results = open_results(made / "results")
    first = results.origin(source="s")
    later = first.made + timedelta(minutes=1)
    newer = attrs.evolve(first, list_id="f" * 64, results="e" * 64, made=later)
    health = Actor("y-te", role=Role.HEALTH)
    for origin, lot, out in ((first, "L 1", "one"), (newer, "L 2", "two")):
        values = [dict(zip(COLUMNS, [*row[:-1], lot], strict=True)) for row in ROWS]
        with ledger_of(tmp_path) as ledger:
            work = Casework(ledger)
            work.open(
                results.cases(lambda told=values: _batches(told), by_record=True),
                origin=origin,
                actor=Actor("may", role=Role.REGISTRY),
                at=later,
            )
            case = min(case for case, _ in work.standings() if work.read(case).row == 1)
            work.do(case, Act.confirmed(Side.VACCINATION), actor=health, at=later)
        sign_cases(made, tmp_path)
        (tmp_path / "batch").rename(tmp_path / out)
        commune = Actor("chu-tich", role=Role.COMMUNE, office="00004")
        with ledger_of(tmp_path) as ledger:
            Casework(ledger).do(case, Act.revoked("QD 7"), actor=commune, at=later)
    with Batch(tmp_path / "one") as one, Batch(tmp_path / "two") as two:
        assert two.statement(0).reference == one.statement(0).reference == f"case/{case}"
        assert two.statement(0).supersedes == (one.statement(0).digest,)


def _batches(values):
    import pyarrow as pa

    columns = {name: [row[name] for row in values] for name in COLUMNS}
    yield pa.RecordBatch.from_pydict(columns)


SCRIPT = """
set -eu
text=$(sed -n 's/.*"checkpoint":"\\([^"]*\\)".*/\\1/p' one.json)
printf '%b' "$text" > checkpoint
grep -o '"form":"cades","value":"[^"]*"' one.json | cut -d '"' -f 8 | openssl base64 -d -A > p7s
openssl cms -verify -cades -binary -inform DER -in p7s -content checkpoint -CAfile root.pem \\
  -out /dev/null
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.skipif(os.name == "nt", reason="a shell is needed")
def test_openssl_alone_verifies_the_signature_of_a_proof(made, proof, authority):
    """Who has nothing of ours takes checkpoint and signature out of the file, and checks them."""
    from cryptography.hazmat.primitives.serialization import Encoding

    root = authority.root.certificate.public_bytes(Encoding.PEM)
    (proof.parent / "root.pem").write_bytes(root)
    done = subprocess.run(
        ["sh", "-c", SCRIPT], cwd=proof.parent, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "CAdES Verification successful" in done.stderr
    with Batch(made / "batch") as opened:
        assert (proof.parent / "checkpoint").read_bytes() == opened.checkpoint
