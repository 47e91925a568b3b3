"""Batches to be checked: made-up records, and a signer that signs with nothing but a digest.

The signer fills the protocol and keeps its promises, so that what is tested here is the batch, the
proof and the list, and not the mathematics of signatures.
"""

import hmac
import json
from datetime import UTC, datetime, timedelta

import attrs

from vnvaxmatch.certify.forms.outcomes import (
    Checked,
    Form,
    PathStatus,
    SignatureChecked,
    SignatureStatus,
    Tree,
)
from vnvaxmatch.certify.forms.records import Evidence, Signature
from vnvaxmatch.certify.salted import claim_text, dose_text
from vnvaxmatch.certify.statements import Context, Kind
from vnvaxmatch.certify.verifying import Verifier
from vnvaxmatch.certify.writing import NewStatement
from vnvaxmatch.ledger.canonical import canonical

NOW = datetime(2026, 5, 4, 1, 2, 3, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FINDING = canonical({"levels": {"name": "same"}, "official": True, "outcome": "matched",
                     "reasons": []})  # fmt: skip


@attrs.frozen
class Signer:
    """Signs by a key that the check knows too, under the subject of a certificate."""

    key: bytes = b"key"
    subject: str = "CN=Made up"
    tree: Tree = Tree.PUBLIC

    def sign(self, content, /, *, at):
        """Sign bytes."""
        told = {"at": at.isoformat(), "subject": self.subject, "tree": self.tree.value}
        told["mac"] = hmac.digest(self.key, content, "sha256").hex()
        return Signature(Form.CADES, json.dumps(told).encode(), Evidence(b"certificate"))


@attrs.frozen
class Check:
    """Checks what :class:`Signer` made; ``statuses`` are those of subjects that are not good."""

    keys: tuple[bytes, ...] = (b"key",)
    statuses: dict[str, SignatureStatus] = attrs.Factory(dict)
    calls: list[bytes] = attrs.Factory(list)

    def __call__(self, content, signature, /, *, at):
        """Check a signature."""
        self.calls.append(content)
        status, subject, tree = SignatureStatus.INVALID, "", Tree.PUBLIC
        try:
            told = json.loads(signature.value)
            subject, tree, mac = told["subject"], Tree(told["tree"]), bytes.fromhex(told["mac"])
            if any(hmac.digest(key, content, "sha256") == mac for key in self.keys):
                status = self.statuses.get(subject, SignatureStatus.VALID)
        except (KeyError, TypeError, ValueError):
            pass
        path = PathStatus.VALID if status is SignatureStatus.VALID else PathStatus.UNTRUSTED
        signer = Checked(path, (), (), subject, "CN=Root", tree, at)
        return (SignatureChecked(status, (), (), Form.CADES, at, signer=signer),)


def context(**changes):
    """Give the context of a comparison."""
    about = {
        "compared": "2026-05-03T00:00:00Z",
        "library": {"name": "vnvaxmatch", "version": "0"},
        "list": "0" * 64,
        "matcher": "exact/1",
        "model": None,
        "policy": "strict/1",
        "registry": {"backend": "MemoryRegistry", "snapshot": "2026-05-01"},
        "tables": {"sha256": "1" * 64},
    }
    given = {"kind": Kind.COMPARED, "at": NOW, "office": "Trạm Y tế thử", "place": "Hà Nội"}
    given |= {"about": about, **changes}
    return Context(given.pop("kind"), **given)


def record(number):
    """Make up the record of a row."""
    return {
        "full_name": f"Trần Thị {'Thử' if number % 2 else 'Lặp'}",
        "date_of_birth": f"{number % 28 + 1:02}/11/1985",
        "sex": "nữ",
        "id_number": f"0011850{number:05}",
        "vaccine": "abdala",
        "dose_number": "2",
        "dose_date": "08/03/2021",
    }


def new(number, **changes):
    """Make a new statement of the record of a row."""
    one = record(number)
    given = {"claim": claim_text(one), "dose": dose_text(one), "finding": FINDING,
             "reference": f"row/{number}", "record": f"MS-{number}"}  # fmt: skip
    return NewStatement(**{**given, **changes})


def statements(count):
    """Make statements of so many records."""
    return [new(number) for number in range(1, count + 1)]


def counted():
    """Give bytes that are other ones every time, and the same in every run."""
    given = 0

    def random(count):
        nonlocal given
        given += 1
        return hmac.digest(b"%d" % given, b"", "sha256").ljust(count, b"%")[:count]

    return random


def verifier(check=None, *, at=LATER, **given):
    """Give a verifier that trusts the signer."""
    return Verifier(check or Check(), at=at, **given)
