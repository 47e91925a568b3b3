"""A certification authority for tests: root, intermediate, officers, CRL, OCSP, time stamps.

Whatever it issues is for nobody who was ever born, and its keys are made anew in each process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, Final

from vnvaxmatch.errors import MissingExtraError

try:
    from asn1crypto import keys, tsp
    from asn1crypto import x509 as asn1
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509 import ocsp
    from cryptography.x509.oid import (
        AuthorityInformationAccessOID,
        ExtendedKeyUsageOID,
        NameOID,
    )
    from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
    from pyhanko_certvalidator.registry import SimpleCertificateStore
except ImportError as error:
    raise MissingExtraError("certify") from error

from vnvaxmatch.certify.signers import KeySigner, callable_signer
from vnvaxmatch.certify.trust import Branch, Tree, Trust
from vnvaxmatch.testing.issued import Issued, Key, key_of

__all__ = ["DAY", "NOW", "Issued", "Key", "TestCA"]

NOW: Final = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
"""The time at which an authority issues and lists, where nobody says."""
DAY: Final = timedelta(days=1)
_SERIALS: Final = count(1000)


class TestCA:
    """A root, an intermediate under it, and what they issue.

    Three lines, and what signs and what verifies can be tried::

        ca = TestCA()
        signature = ca.signer().sign(b"a text", at=ca.at)
        verify_signature(b"a text", signature, trust=ca.trust(), at=ca.at).unwrap()

    Its lists are of ``at``, and last a week: give the time at which you sign. :meth:`revoke` takes
    a certificate back, on the lists and in the answers that are made from then on, so ask for
    :meth:`trust` anew. Nothing here is safe: it is for tests alone.
    """

    __test__: ClassVar[bool] = False

    def __init__(
        self,
        name: str = "Test",
        *,
        at: datetime = NOW,
        kind: Key = Key.P_256,
        owner: str | None = None,
    ) -> None:
        self.name, self.at, self.kind = name, at, kind
        self.revoked: dict[int, tuple[datetime, x509.ReasonFlags | None]] = {}
        start, end = at - 1000 * DAY, at + 4000 * DAY
        owner = owner or name
        self.root = self.issue(
            f"{name} Root", kind=kind, owner=f"{owner} root", ca=True, start=start, end=end
        )
        self.intermediate = self.issue(
            f"{name} Intermediate",
            issuer=self.root,
            kind=kind,
            owner=f"{owner} intermediate",
            ca=True,
            start=start,
            end=end,
        )

    def issue(
        self,
        name: str,
        *,
        issuer: Issued | None = None,
        kind: Key = Key.P_256,
        owner: str | None = None,
        ca: bool = False,
        start: datetime | None = None,
        end: datetime | None = None,
        usages: Iterable[str] | None = ("digital_signature", "content_commitment"),
        purposes: Iterable[x509.ObjectIdentifier] | None = None,
        critical_purposes: bool = False,
        with_ocsp: bool = False,
        no_check: bool = False,
        constraints: x509.BasicConstraints | None = None,
        extra: Iterable[x509.ExtensionType] = (),
        key_id: bytes | None = None,
        serial: int | None = None,
    ) -> Issued:
        """Issue any certificate; without ``issuer`` it signs itself.

        ``key_id`` is what it says of its key, by default the digest of that.
        """
        key = key_of(kind, owner or f"{self.name} {name}")
        signing = key if issuer is None else issuer.key
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.name),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        above = subject if issuer is None else issuer.certificate.subject
        own = (
            x509.SubjectKeyIdentifier(key_id)
            if key_id
            else x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above)
            .public_key(key.public_key())
            .serial_number(serial or next(_SERIALS))
            .not_valid_before(start or self.at - 300 * DAY)
            .not_valid_after(end or self.at + 700 * DAY)
            .add_extension(
                constraints or x509.BasicConstraints(ca=ca, path_length=None), critical=True
            )
            .add_extension(own, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                    own if issuer is None else issuer.key_id
                ),
                critical=False,
            )
        )
        wanted = ("key_cert_sign", "crl_sign") if ca else usages
        if wanted is not None:
            builder = builder.add_extension(_usage(wanted), critical=True)
        if purposes is not None:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage(list(purposes)), critical=critical_purposes
            )
        if with_ocsp:
            builder = builder.add_extension(
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(
                            AuthorityInformationAccessOID.OCSP,
                            x509.UniformResourceIdentifier("http://ocsp.test.invalid/"),
                        )
                    ]
                ),
                critical=False,
            )
        if no_check:
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        for extension in extra:
            builder = builder.add_extension(extension, critical=False)
        digest = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        certificate = builder.sign(signing, digest)
        return Issued(
            certificate, key, () if issuer is None else (issuer.certificate, *issuer.above)
        )

    def officer(self, name: str = "Signing Office 7", **how: Any) -> Issued:
        """Issue a certificate for signing documents, under the intermediate."""
        return self.issue(name, **{"issuer": self.intermediate, **how})

    def signer(
        self, issued: Issued | None = None, *, trust: Trust | None = None, **how: Any
    ) -> KeySigner:
        """Sign with what was issued, or with a new officer's; ``how`` as for ``callable_signer``.

        It trusts this authority, as its lists stand now, where no other trust is given.
        """
        by = issued or self.officer()
        return callable_signer(
            by.der, by.chain, sign_hash=by.sign_hash, trust=trust or self.trust(), **how
        )

    def tsa(self, name: str = "Time Stamps", **how: Any) -> Issued:
        """Issue a certificate for stamping times."""
        standard: dict[str, Any] = {
            "issuer": self.intermediate,
            "kind": Key.RSA_2048,
            "usages": ("digital_signature",),
            "purposes": (ExtendedKeyUsageOID.TIME_STAMPING,),
            "critical_purposes": True,
            "end": self.at + 3000 * DAY,
        }
        return self.issue(name, **{**standard, **how})

    def revoke(
        self,
        issued: Issued,
        *,
        at: datetime,
        reason: x509.ReasonFlags | None = x509.ReasonFlags.cessation_of_operation,
    ) -> None:
        """Put a certificate on the lists made from now on."""
        self.revoked[issued.certificate.serial_number] = (at, reason)

    def restore(self, issued: Issued) -> None:
        """Take a certificate off the lists made from now on."""
        del self.revoked[issued.certificate.serial_number]

    def crl(
        self, issuer: Issued, *, at: datetime | None = None, lasts: timedelta = 7 * DAY
    ) -> bytes:
        """Make the list of one issuer, as it stands at a time."""
        made = at or self.at
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(made)
            .next_update(made + lasts)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
                critical=False,
            )
            .add_extension(x509.CRLNumber(int(made.timestamp())), critical=False)
        )
        for serial, (when, reason) in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def crls(
        self, *, at: datetime | None = None, lasts: timedelta = 7 * DAY
    ) -> tuple[bytes, bytes]:
        """Make the lists of root and intermediate."""
        return (
            self.crl(self.root, at=at, lasts=lasts),
            self.crl(self.intermediate, at=at, lasts=lasts),
        )

    def ocsp(
        self,
        issued: Issued,
        *,
        at: datetime | None = None,
        lasts: timedelta = DAY,
        responder: Issued | None = None,
    ) -> bytes:
        """Answer for one certificate of the intermediate, in its own name or by a responder."""
        made, by = at or self.at, responder or self.intermediate
        when, reason = self.revoked.get(issued.certificate.serial_number, (None, None))
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=issued.certificate,
                issuer=self.intermediate.certificate,
                algorithm=hashes.SHA256(),
                cert_status=ocsp.OCSPCertStatus.GOOD if when is None else _REVOKED,
                this_update=made,
                next_update=made + lasts,
                revocation_time=when,
                revocation_reason=reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, by.certificate)
        )
        if responder is not None:
            builder = builder.certificates([responder.certificate])
        return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def stamping(
        self, tsa: Issued | None = None, *, at: datetime | None = None
    ) -> Callable[[bytes], bytes]:
        """Give a time stamping authority: a request (DER) in, an answer (DER) out."""
        by = tsa or self.tsa()
        above = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        for der in by.chain:
            above.register(asn1.Certificate.load(der))
        private = keys.PrivateKeyInfo.load(
            by.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        )
        stamper = DummyTimeStamper(
            asn1.Certificate.load(by.der),
            private,
            certs_to_embed=above,
            fixed_dt=at or self.at,
        )

        def stamp(request: bytes) -> bytes:
            answer: bytes = stamper.request_tsa_response(tsp.TimeStampReq.load(request)).dump()
            return answer

        return stamp

    def branch(self, *, crls: Iterable[bytes] | None = None, **parts: Any) -> Branch:
        """Give the branch of trust that has this root, with its lists of now."""
        root = self.root.der
        standard: dict[str, Any] = {
            "anchors": (root,),
            "pins": {self.root.certificate.fingerprint(hashes.SHA256()).hex()},
            "crls": tuple(self.crls() if crls is None else crls),
        }
        return Branch(**{**standard, **parts})

    def trust(self, tree: Tree = Tree.GOVERNMENT, **parts: Any) -> Trust:
        """Give the trust that has this root in one tree."""
        return Trust({tree: self.branch(**parts)})


_REVOKED: Final = ocsp.OCSPCertStatus.REVOKED


def _usage(wanted: Iterable[str]) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{one: one in set(wanted) for one in every})
