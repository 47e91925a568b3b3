"""The forms of signatures: how they are written and read, without asking whom to believe.

:mod:`vnvaxmatch.certify.signers` makes them, :mod:`vnvaxmatch.certify.trust` verifies them.
"""

from vnvaxmatch.certify.forms.cades import CmsByHash, joined_cms
from vnvaxmatch.certify.forms.certificates import Certificate, SignerInfo, read_certificate
from vnvaxmatch.certify.forms.jws import joined_jws
from vnvaxmatch.certify.forms.mechanisms import HashSigner
from vnvaxmatch.certify.forms.outcomes import Form
from vnvaxmatch.certify.forms.records import Evidence, Signature
from vnvaxmatch.certify.forms.timestamps import Authority, http_authority

__all__ = [
    "Authority",
    "Certificate",
    "CmsByHash",
    "Evidence",
    "Form",
    "HashSigner",
    "Signature",
    "SignerInfo",
    "http_authority",
    "joined_cms",
    "joined_jws",
    "read_certificate",
]
