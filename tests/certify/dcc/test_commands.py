"""The commands: from a case to a paper, a check at the door, and a list that refuses it."""

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from vnvaxmatch.casework import Act, Actor, Casework, NewCase, Origin, Role, Side
from vnvaxmatch.certify.dcc import Register
from vnvaxmatch.cli.app import run
from vnvaxmatch.cli.certificates import certificate as certificate_commands
from vnvaxmatch.cli.keys import make_keys, read_keys
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.policy import Outcome

from .making import DAY, Proof, certificate, counter, issuer, key_of, person

NOW = datetime.now(UTC)
VALUES = {
    "record_id": "HS-1",
    "full_name": "Trần Thị Thử",
    "date_of_birth": "01/02/1990",
    "sex": "Nữ",
    "id_number": "001190000456",
    "dose_number": "2",
    "dose_date": "10/08/2021",
    "vaccine": "Pfizer",
}
HEALTH = Actor("so-y-te", role=Role.HEALTH)
COMMUNE = Actor("can-bo-1", role=Role.COMMUNE, office="00004")


@attrs.frozen
class Office:
    """A folder with a ledger, a signed case, a signer, and the way to run a command there."""

    folder: Path
    case: str
    capture: pytest.CaptureFixture[str]

    def run(self, *words: object) -> tuple[int, str, str]:
        """Run a command of the group; give its exit code, and what it printed."""
        self.capture.readouterr()
        code = run(["certify", "certificate", *map(str, words)])
        out, err = self.capture.readouterr()
        return code, out, err

    @property
    def signer(self) -> tuple[object, ...]:
        """The options that name the signer."""
        return (
            "--signer-cert", self.folder / "signer.pem", "--signer-key", self.folder / "key.pem",
            "--issuer", "Trạm Y tế Mẫu", "--code", "00004",
        )  # fmt: skip

    @property
    def ledger(self) -> tuple[object, ...]:
        """The options that name the ledger."""
        return "--ledger", self.folder / "cases.db"

    def issue(self, out: str = "paper") -> tuple[int, str, str]:
        """Issue a certificate for the case."""
        return self.run(
            "issue", self.case, *self.ledger, "--keys", self.folder / "keys.json", *self.signer,
            "--out", self.folder / out,
        )  # fmt: skip

    def publish(self) -> tuple[int, str, str]:
        """Publish the list."""
        return self.run("publish", *self.ledger, *self.signer, "--out", self.folder / "status.cbor")

    def verify(self, paper: str = "paper", *more: object) -> tuple[int, str, str]:
        """Verify what was issued against the published list."""
        at = f"{datetime.now(UTC) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%S}"
        return self.run(
            "verify", self.folder / paper / "certificate.txt",
            "--signers", self.folder / "signer.pem", "--status", self.folder / "status.cbor",
            "--at", at, *more,
        )  # fmt: skip

    def act(self, act: Act) -> None:
        """Do something to the case."""
        keys = read_keys(self.folder / "keys.json")
        with open_ledger(self.folder / "cases.db", keys=keys) as ledger:
            Casework(ledger).do(self.case, act, actor=COMMUNE, at=datetime.now(UTC))


@pytest.fixture
def office(tmp_path, capsys):
    """Make an office with one signed case."""
    key = key_of("ec")
    der = certificate(key, begin=NOW - 10 * DAY, end=NOW + 800 * DAY)
    pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    (tmp_path / "signer.pem").write_bytes(pem)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    make_keys(tmp_path / "keys.json", name="k", random=bytes)
    with open_ledger(tmp_path / "cases.db", keys=read_keys(tmp_path / "keys.json")) as ledger:
        work = Casework(ledger)
        row = NewCase(row=1, values=VALUES, outcome=Outcome.MATCHED, commune="00004")
        registry = Actor("may-doi-chieu", role=Role.REGISTRY)
        work.open([row], origin=Origin("0" * 64, "0" * 64, NOW), actor=registry, at=NOW)
        ((case, _),) = work.standings()
        work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=NOW)
        work.do(case, Act.signed("sha256:00"), actor=COMMUNE, at=NOW)
    return Office(tmp_path, case, capsys)


def test_a_certificate_is_issued_and_verified(office):
    """The paper is there in all its forms, and the check says so, in Vietnamese."""
    assert office.issue()[0] == 0
    names = {path.name for path in (office.folder / "paper").iterdir()}
    assert names == {"certificate.txt", "qr.png", "qr.svg", "a4.pdf", "phone.pdf"}
    page = pypdf.PdfReader(office.folder / "paper" / "a4.pdf").pages[0].extract_text()
    assert "TRẦN THỊ THỬ" in page
    assert office.publish()[0] == 0

    code, out, _ = office.verify()

    assert code == 0
    assert out.startswith("HỢP LỆ\n")
    for told in ("CN=Don vi ky thu nghiem", "Trần Thị Thử", "2 / 2", "2021-08-10"):
        assert told in out


def test_a_revoked_certificate_fails(office):
    """From the next list on; the exit code says the same."""
    office.issue()
    assert office.run("revoke", office.case, *office.ledger)[0] == 0
    office.publish()
    code, out, _ = office.verify("paper", "--lang", "en")
    assert (code, out.splitlines()[0]) == (3, "REVOKED")


def test_a_corrected_records_old_certificate_fails(office):
    """A case that is superseded takes its certificate with it, without anybody naming it."""
    office.issue()
    office.publish()
    assert office.verify()[0] == 0
    office.act(Act.superseded("HS-2"))
    _, out, _ = office.publish()
    assert "(1 " in out
    code, out, _ = office.verify("paper", "--lang", "en")
    assert (code, out.splitlines()[0][:8]) == (3, "REPLACED")


def test_a_new_certificate_replaces_the_old_one(office):
    """One record has one certificate that counts."""
    office.issue("first")
    office.issue("second")
    office.publish()
    assert office.verify("first")[0] == 3
    assert office.verify("second")[0] == 0


def test_a_record_that_is_not_certified_has_none(office):
    """A superseded case is refused, and nothing is written."""
    office.act(Act.superseded("HS-2"))
    code, _, err = office.issue()
    assert code == 1
    assert "superseded" in err
    assert not (office.folder / "paper").exists()


def test_without_a_list_nothing_is_valid(office):
    """It cannot be decided, and the exit code is another one."""
    office.issue()
    file = office.folder / "paper" / "certificate.txt"
    at = f"{datetime.now(UTC) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%S}"
    words = ("verify", file, "--signers", office.folder / "signer.pem", "--at", at)
    assert office.run(*words)[0] == 4
    assert office.run(*words, "--accept-without-status")[0] == 0


def test_a_certificate_is_read_from_standard_input(office, monkeypatch):
    """As a scanner writes it."""

    class Stdin(io.TextIOWrapper):
        """Standard input with some bytes in it."""

    monkeypatch.setattr(sys, "stdin", Stdin(io.BytesIO(b"\xef\xbb\xbfHC1:6BF\xff\r\n")))
    code, out, _ = office.run("verify", "-", "--signers", office.folder / "signer.pem")
    assert code == 3
    assert out.startswith("KHÔNG HỢP LỆ\n")


def test_a_wrong_case_or_file_is_said_in_one_line(office):
    """What, where and what to do; never a traceback."""
    office.issue()
    wrong = [
        ("issue", "nobody", *office.ledger, "--keys", office.folder / "keys.json",
         *office.signer, "--out", office.folder / "x"),
        ("revoke", "nobody", *office.ledger),
        ("revoke", office.case, "--ledger", office.folder / "none.db"),
        ("verify", office.folder / "none", "--signers", office.folder / "signer.pem"),
        ("verify", office.folder / "paper" / "certificate.txt", "--signers", office.folder / "no"),
        ("verify", office.folder / "paper" / "certificate.txt", "--signers",
         office.folder / "keys.json"),
        ("publish", *office.ledger, *office.signer, "--out", office.folder / "no" / "x"),
    ]  # fmt: skip
    for words in wrong:
        code, _, err = office.run(*words)
        assert code == 1, words
        assert len(err.strip().splitlines()) == 1
        assert "bug" not in err


def test_a_key_with_a_password_wants_it(office):
    """Given in a file, so that no list of processes shows it."""
    key = key_of("ec").private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"mat-khau")
    )
    (office.folder / "key.pem").write_bytes(key)
    code, _, err = office.issue()
    assert (code, "--password-file" in err) == (1, True)
    (office.folder / "password").write_text("mat-khau\n")
    words = ("publish", *office.ledger, *office.signer, "--out", office.folder / "status.cbor")
    assert office.run(*words, "--password-file", office.folder / "password")[0] == 0


def test_the_group_names_its_commands():
    """Issue, verify, revoke, publish."""
    assert set(certificate_commands.commands) == {
        "issue", "verify", "revoke", "publish",
    }  # fmt: skip


def test_a_certificate_without_its_case_is_told(office):
    """A register in another ledger than its cases leaves them as they are, and says so."""
    with open_ledger(office.folder / "other.db") as ledger:
        Register(ledger).issue(
            person(), Proof(), issuer=issuer(), at=issuer().signer.not_before + DAY,
            random=counter(),
        )  # fmt: skip
    code, _, err = office.run(
        "publish", "--ledger", office.folder / "other.db", *office.signer, "--lang", "en",
        "--out", office.folder / "status.cbor",
    )  # fmt: skip
    assert code == 0
    assert err.startswith("Note: 1 cases could not be read")
