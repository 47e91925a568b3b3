"""Signers whose key is with a service: it is sent a digest, and sends back a signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate
from vnvaxmatch.certify.forms.outcomes import Form, Tree
from vnvaxmatch.certify.forms.timestamps import Authority
from vnvaxmatch.certify.signers.signing import KeySigner, Settings
from vnvaxmatch.certify.trust.anchors import Trust

__all__ = ["callable_signer"]


@attrs.frozen(eq=False)
class _RemoteKey:
    certificate: Certificate
    chain: tuple[bytes, ...]
    sign_hash: Callable[[bytes], bytes] = attrs.field(repr=False)


def callable_signer(
    certificate: bytes,
    chain: Iterable[bytes],
    /,
    *,
    sign_hash: Callable[[bytes], bytes],
    trust: Trust,
    form: Form = Form.CADES,
    tree: Tree | None = None,
    stamping: Authority | None = None,
    accept_unknown: bool = False,
) -> KeySigner:
    """Sign with what signs a digest somewhere else; certificates are DER.

    ``sign_hash`` is given a digest, by SHA-256 for RSA and P-256, SHA-384 for P-384 and SHA-512 for
    P-521, and must sign it as it is: by RSA-PSS (MGF1 with SHA-256, salt of 32 bytes), or by ECDSA
    as DER. What comes back is held against the certificate. Its own exceptions pass through.
    """
    settings = Settings(
        trust=trust, form=form, tree=tree, stamping=stamping, accept_unknown=accept_unknown
    )
    key = _RemoteKey(read_certificate(certificate), tuple(chain), sign_hash)
    return KeySigner(key, settings)
