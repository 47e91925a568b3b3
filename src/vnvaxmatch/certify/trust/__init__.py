"""Trust: whether a certificate or a signature is to be believed, and if not, why.

The anchors are the user's: none ships. They stand in two trees that are never merged, and each is
pinned by its SHA-256.
"""

from vnvaxmatch.certify.forms.outcomes import (
    Caution,
    Checked,
    Fault,
    PathStatus,
    SignatureChecked,
    SignatureStatus,
    Stamped,
    Tree,
)
from vnvaxmatch.certify.trust.anchors import Branch, Trust, load_trust, save_trust
from vnvaxmatch.certify.trust.fetching import Fetch, fetch_over_http, refreshed
from vnvaxmatch.certify.trust.material import Material
from vnvaxmatch.certify.trust.paths import check_certificate
from vnvaxmatch.certify.trust.verifying import verify_signature, verify_signatures

__all__ = [
    "Branch",
    "Caution",
    "Checked",
    "Fault",
    "Fetch",
    "Material",
    "PathStatus",
    "SignatureChecked",
    "SignatureStatus",
    "Stamped",
    "Tree",
    "Trust",
    "check_certificate",
    "fetch_over_http",
    "load_trust",
    "refreshed",
    "save_trust",
    "verify_signature",
    "verify_signatures",
]
