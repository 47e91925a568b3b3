"""Vaccination certificates in the form of the EU (HC1): issued for certified records, and verified.

>>> from datetime import UTC, datetime
>>> checked = verify("HC1:6BF", signers=Signers.of([]), at=datetime(2026, 5, 4, tzinfo=UTC),
...                  status=None)
>>> checked.standing.value, [fault.value for fault in checked.faults]
('invalid', ['compression_broken'])
"""

from vnvaxmatch.certify.dcc.algorithms import Sign
from vnvaxmatch.certify.dcc.contents import Contents
from vnvaxmatch.certify.dcc.issuing import YEAR, Issued, Issuer, issue
from vnvaxmatch.certify.dcc.outcomes import Caution, Fault, Result, Standing, Step
from vnvaxmatch.certify.dcc.printing import Paper, print_certificate
from vnvaxmatch.certify.dcc.proofs import CaseProof, vaccinated_of
from vnvaxmatch.certify.dcc.qr import qr_png, qr_svg
from vnvaxmatch.certify.dcc.records import Certified, GivenDose, Proven, Vaccinated
from vnvaxmatch.certify.dcc.registers import Register
from vnvaxmatch.certify.dcc.signers import Kind, SignerCertificate, Signers, load_signers
from vnvaxmatch.certify.dcc.statuses import (
    SignedList,
    StatusList,
    hash_of_identifier,
    hash_of_signature,
    make_list,
    open_list,
    sign_list,
)
from vnvaxmatch.certify.dcc.verifying import Source, Verified, Vouch, verify

__all__ = [
    "YEAR",
    "CaseProof",
    "Caution",
    "Certified",
    "Contents",
    "Fault",
    "GivenDose",
    "Issued",
    "Issuer",
    "Kind",
    "Paper",
    "Proven",
    "Register",
    "Result",
    "Sign",
    "SignedList",
    "SignerCertificate",
    "Signers",
    "Source",
    "Standing",
    "StatusList",
    "Step",
    "Vaccinated",
    "Verified",
    "Vouch",
    "hash_of_identifier",
    "hash_of_signature",
    "issue",
    "load_signers",
    "make_list",
    "open_list",
    "print_certificate",
    "qr_png",
    "qr_svg",
    "sign_list",
    "vaccinated_of",
    "verify",
]
