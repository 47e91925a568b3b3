"""Sign with a key that is somewhere: check who signs, sign, and check what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Final

import attrs

from vnvaxmatch.certify.forms.cades import joined_cms, make_cades
from vnvaxmatch.certify.forms.certificates import Certificate, SignerInfo, read_certificate
from vnvaxmatch.certify.forms.jws import joined_jws, make_jws
from vnvaxmatch.certify.forms.mechanisms import HashSigner, is_signed, mechanism_of
from vnvaxmatch.certify.forms.outcomes import Caution, Checked, Fault, Form, PathStatus, Tree
from vnvaxmatch.certify.forms.records import Evidence, Signature
from vnvaxmatch.certify.forms.timestamps import Authority
from vnvaxmatch.certify.signers.protocol import Signer
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.certify.trust.evidence import evidence_of
from vnvaxmatch.certify.trust.material import Material
from vnvaxmatch.certify.trust.paths import check_certificate
from vnvaxmatch.certify.trust.verifying import verify_signature
from vnvaxmatch.errors import CertifyError, SignerRefusedError

__all__ = ["KeySigner", "Settings", "joined", "sign_all"]

_ADVICE: Final = {
    PathStatus.REVOKED: "ask its issuer for a new certificate",
    PathStatus.EXPIRED: "renew the certificate, and check the clock",
    PathStatus.UNTRUSTED: "use a certificate for signing documents whose root is in the trust",
    PathStatus.UNKNOWN: "get fresh lists of revoked certificates (CRL) or an answer (OCSP) into "
    "the trust, or say accept_unknown=True",
}


@attrs.frozen(kw_only=True)
class Settings:
    """How a signer signs.

    The signer's certificate must be valid under ``trust``, in ``tree`` where one is named. With
    ``stamping`` signatures are time-stamped. ``accept_unknown`` signs also where nothing tells
    whether the certificate was revoked; the signature's evidence says so.
    """

    trust: Trust = attrs.field(repr=False)
    form: Form = attrs.field(default=Form.CADES, converter=Form)
    tree: Tree | None = attrs.field(default=None, converter=attrs.converters.optional(Tree))
    stamping: Authority | None = attrs.field(default=None, repr=False)
    accept_unknown: bool = False


@attrs.frozen(eq=False)
class _Proven:
    """A key whose every signature is held against its certificate before anybody sees it."""

    key: HashSigner

    @property
    def certificate(self) -> Certificate:
        return self.key.certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.key.chain

    def sign_hash(self, digest: bytes, /) -> bytes:
        signature = self.key.sign_hash(digest)
        if not isinstance(signature, bytes) or not is_signed(self.certificate, digest, signature):
            raise CertifyError(
                "what signed is not the key of the certificate, or signed otherwise than asked "
                "(RSA-PSS with a salt as long as the digest, ECDSA as DER): check which "
                "certificate belongs to the key"
            )
        return signature


@attrs.frozen(eq=False)
class KeySigner:
    """A :class:`Signer` over whatever holds the key.

    Use it as a context manager where the key is on a token: the session is closed at its end.
    """

    key: HashSigner = attrs.field(repr=False)
    settings: Settings

    def __attrs_post_init__(self) -> None:
        mechanism_of(self.key.certificate)  # a weak key is refused before anybody counts on it

    @property
    def certificate(self) -> bytes:
        """The signer's certificate (DER)."""
        return self.key.certificate.der

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates above it (DER), as far as they are known."""
        return self.key.chain

    def about(self) -> SignerInfo:
        """Say who signs, to be shown before anything is signed."""
        return self.key.certificate.info

    def check(self, *, at: datetime) -> Checked:
        """Check the signer's certificate as :meth:`sign` does. It does not ask the key."""
        checked = check_certificate(
            self.certificate,
            trust=self.settings.trust,
            at=at,
            tree=self.settings.tree,
            material=Material.of(self.chain),
        )
        if Caution.KEY_USAGE_MISSING in checked.cautions:
            reasons = (Fault.KEY_USAGE_OTHER, *checked.reasons)
            return attrs.evolve(checked, status=PathStatus.UNTRUSTED, reasons=reasons)
        return checked

    def sign(self, content: bytes, /, *, at: datetime) -> Signature:
        """Sign bytes, where the certificate is valid at a time (now); store the evidence.

        Raises :class:`~vnvaxmatch.errors.SignerRefusedError` before the key is asked, and
        :class:`~vnvaxmatch.errors.CertifyError` where the key, or the authority that stamps times,
        cannot do it.
        """
        self._allowed(at=at)
        make = make_cades if self.settings.form is Form.CADES else make_jws
        value = make(content, key=_Proven(self.key), at=at, stamping=self.settings.stamping)
        return self._kept(content, Signature(self.settings.form, value), at=at)

    def sign_pdf(self, content: bytes, /, *, at: datetime) -> Signature:
        """Sign the bytes of a PDF that states the time ``at`` itself, as :meth:`sign` does.

        The signature states none, as PAdES wants it.
        """
        if self.settings.form is not Form.CADES:
            raise CertifyError("a PDF is signed with CAdES: make the signer with that form")
        self._allowed(at=at)
        stamping = self.settings.stamping
        value = make_cades(content, key=_Proven(self.key), at=None, stamping=stamping)
        return self._kept(content, Signature(Form.CADES, value), at=at)

    def _allowed(self, *, at: datetime) -> None:
        checked = self.check(at=at)
        unknown = checked.status is PathStatus.UNKNOWN and self.settings.accept_unknown
        if not checked.is_valid and not unknown:
            reasons = tuple(reason.value for reason in checked.reasons)
            raise SignerRefusedError(checked.status.value, reasons, _ADVICE[checked.status])

    def _kept(self, content: bytes, bare: Signature, *, at: datetime) -> Signature:
        return attrs.evolve(bare, evidence=self._evidence(content, bare, at=at))

    def _evidence(self, content: bytes, bare: Signature, *, at: datetime) -> Evidence:
        """Verify what was made, as anybody else will, and keep what that was judged by."""
        trust, stamped = self.settings.trust, self.settings.stamping is not None
        checked = verify_signature(
            content, bare, trust=trust, at=at, tree=self.settings.tree, stated=at
        )
        expected = {"valid", "unknown"} if self.settings.accept_unknown else {"valid"}
        if checked.status.value not in expected:
            why = ", ".join(reason.value for reason in checked.reasons)
            raise CertifyError(
                f"the signature would be {checked.status} ({why}), and is not given out: check the "
                "clock, and the authority that stamps times"
            )
        if stamped and not checked.is_proven:
            raise CertifyError(
                "the authority that stamps times is not trusted, so that its stamp proves no time: "
                "put its root, and lists of what was revoked under it, into the trust"
            )
        came = [read_certificate(der) for der in self.chain]
        if checked.stamp is not None:
            came += [read_certificate(der) for der in checked.stamp.certificates]
        return evidence_of(checked, trust=trust, came=(self.key.certificate, *came))

    def close(self) -> None:
        """Let the key go, where it is on a token."""
        close = getattr(self.key, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> KeySigner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self.close()


def sign_all(
    content: bytes, signers: Sequence[Signer], /, *, at: datetime
) -> tuple[Signature, ...]:
    """Have several signers sign the same bytes, each on its own: none signs another's signature."""
    return tuple(signer.sign(content, at=at) for signer in signers)


def joined(signatures: Sequence[Signature], /) -> Signature:
    """Put several signatures of the same bytes, of one form, into one, with their evidence.

    Raises :class:`~vnvaxmatch.errors.CertifyError`.
    """
    forms = {signature.form for signature in signatures}
    if len(forms) != 1:
        raise CertifyError("only signatures of one form can be joined, and at least one")
    (form,) = forms
    join = joined_cms if form is Form.CADES else joined_jws
    value = join([signature.value for signature in signatures])
    return Signature(form, value, _joined_evidence([one.evidence for one in signatures]))


def _joined_evidence(several: Sequence[Evidence | None]) -> Evidence | None:
    known = [one for one in several if one is not None]
    if not known:
        return None
    first, *rest = known
    chain = [*first.chain, *(der for one in rest for der in (one.certificate, *one.chain))]
    return Evidence(
        certificate=first.certificate,
        chain=tuple(dict.fromkeys(chain)),
        crls=tuple(dict.fromkeys(der for one in known for der in one.crls)),
        ocsps=tuple(dict.fromkeys(der for one in known for der in one.ocsps)),
    )
