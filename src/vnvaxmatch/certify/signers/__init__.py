"""Signers: who signs, with which key, wherever that is kept.

All of them check their certificate against the trust before they sign, and refuse where it is not
valid at that time.
"""

from vnvaxmatch.certify.forms import (
    Authority,
    Evidence,
    Form,
    HashSigner,
    Signature,
    SignerInfo,
    http_authority,
)
from vnvaxmatch.certify.signers.files import pem_signer, pkcs12_signer
from vnvaxmatch.certify.signers.protocol import PdfSigner, Signer
from vnvaxmatch.certify.signers.remote import callable_signer
from vnvaxmatch.certify.signers.signing import KeySigner, Settings, joined, sign_all
from vnvaxmatch.certify.signers.tokens import pkcs11_signer

__all__ = [
    "Authority",
    "Evidence",
    "Form",
    "HashSigner",
    "KeySigner",
    "PdfSigner",
    "Settings",
    "Signature",
    "Signer",
    "SignerInfo",
    "callable_signer",
    "http_authority",
    "joined",
    "pem_signer",
    "pkcs11_signer",
    "pkcs12_signer",
    "sign_all",
]
