"""What the tests of certificates share: signers, made-up people with doses, proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import attrs
import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import strategies as st

from vnvaxmatch import normalize
from vnvaxmatch.certify.dcc import (
    GivenDose,
    Issuer,
    Proven,
    Signers,
    Vaccinated,
    Verified,
    issue,
    make_list,
    sign_list,
    verify,
)
from vnvaxmatch.certify.dcc.envelopes import wrap
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.testing.strategies import births, names

AT = datetime(2026, 5, 4, 3, tzinfo=UTC)
DAY = timedelta(days=1)
USAGES = {"test": 1, "vaccination": 2, "recovery": 3}
VACCINES = tuple(row["approved_name"] for row in rows("vaccines"))


@attrs.frozen
class Proof:
    """A proof that says what it is told to; fills :class:`Certified`."""

    word: Proven = Proven.CERTIFIED
    record: str = "case7"
    edition: str = "3-4"

    def proves(self, vaccinated: Vaccinated, /) -> Proven:
        """Say the word."""
        return self.word


def counter() -> Callable[[int], bytes]:
    """Make «random» bytes that are other ones at every call, and the same in every test."""
    calls = iter(range(1_000_000))
    return lambda size: hashlib.shake_256(b"%d" % next(calls)).digest(size)


@cache
def key_of(kind: str) -> Any:
    """Make a key, once: ``ec``, ``rsa``, ``ec2`` and the like are each another."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, 1024 if kind == "rsa-weak" else 2048)
    curve = {"ec-p384": ec.SECP384R1(), "ec-k1": ec.SECP256K1()}.get(kind, ec.SECP256R1())
    return ec.generate_private_key(curve)


def certificate(
    key: Any,
    /,
    *,
    name: str = "Don vi ky thu nghiem",
    country: str = "VN",
    begin: datetime = AT - 10 * DAY,
    end: datetime = AT + 800 * DAY,
    usages: Sequence[str] | None = None,
    root: str = "1.3.6.1.4.1.1847.2021.1",
) -> bytes:
    """Make a signer's certificate, signed by itself."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if usages is not None:
        oids = [x509.ObjectIdentifier(f"{root}.{USAGES[usage]}") for usage in usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    digest = hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.DER)


@cache
def issuer(kind: str = "ec", **about: Any) -> Issuer:
    """Make an issuer whose key is of a kind."""
    key = key_of(kind)
    return Issuer.of(certificate(key, **about), key, name="Trạm Y tế Mẫu", code="00004")


def person(**changes: Any) -> Vaccinated:
    """Make up a vaccinated person."""
    dose = GivenDose(
        normalize.vaccine("AstraZeneca").unwrap(), number=2, series=2, day=date(2021, 9, 1)
    )
    told = {
        "name": normalize.name("Trần Thị Thử").unwrap(),
        "birth": normalize.birth("01/02/1990").unwrap(),
        "doses": (dose,),
    }
    return Vaccinated(**{**told, **changes})


@st.composite
def people(draw: st.DrawFn) -> Vaccinated:
    """Any vaccinated person, with one to three doses."""
    count = draw(st.integers(1, 3))
    vaccine = normalize.vaccine(draw(st.sampled_from(VACCINES))).unwrap()
    first = draw(st.dates(date(2021, 3, 8), date(2023, 1, 1)))
    doses = tuple(
        GivenDose(vaccine, number=n + 1, series=max(n + 1, 2), day=first + timedelta(days=60 * n))
        for n in range(count)
    )
    return Vaccinated(name=draw(names()), birth=draw(births()), doses=doses)


def text_of(by: Issuer | None = None, **changes: Any) -> str:
    """Issue a certificate, and give its text."""
    return issue(person(**changes), Proof(), issuer=by or issuer(), at=AT, random=counter()).text


def status(by: Issuer | None = None, **about: Any) -> bytes:
    """Make a signed list that is good today."""
    told = {"country": "VN", "number": 1, "made": AT, "good_for": 7 * DAY, **about}
    return sign_list(make_list(**told), issuer=by or issuer())


def check(text: str, /, **about: Any) -> Verified:
    """Verify a day after the issue, with the usual signer and an empty list, unless told."""
    told: dict[str, Any] = {"signers": Signers.of([issuer().signer]), "at": AT + DAY}
    told["status"] = status()
    return verify(text, **{**told, **about})


def claims(document: Any, **about: Any) -> dict[Any, Any]:
    """Put claims together, whatever the document is."""
    told = {
        1: "VN",
        4: int((AT + 300 * DAY).timestamp()),
        6: int(AT.timestamp()),
        -260: {1: document},
    }
    return {**told, **about.get("claims", {})}


def forge(payload: Any, /, *, by: Issuer | None = None, raw: bool = False) -> str:
    """Sign any payload with a good key: what a careless or hostile signer could make."""
    data = payload if raw else cbor2.dumps(payload)
    signed, _ = (by or issuer()).seal(data)
    return wrap(signed)


def document(**changes: Any) -> dict[str, Any]:
    """Give a document that fits its schema, changed."""
    return {
        **person().document(country="VN", issuer="Trạm Y tế Mẫu", identifier="URN:UVCI:01:VN:A#1"),
        **changes,
    }
