"""What a signature of either form is made of, once read."""

from __future__ import annotations

from datetime import datetime

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate
from vnvaxmatch.certify.forms.outcomes import Caution, Fault
from vnvaxmatch.errors import CertifyError

__all__ = ["MOST_CERTIFICATES", "MOST_SIGNERS", "Part", "UnreadableError"]

MOST_SIGNERS = 20
MOST_CERTIFICATES = 20


class UnreadableError(CertifyError):
    """A signature has no parts that could be told. ``fault`` is the reason, as a word."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


@attrs.frozen
class Part:
    """What one signer made of the content, and what came with it.

    With no ``faults`` the content is what the key of ``certificate`` signed; whose certificate that
    is, nobody has asked yet. ``stamps`` are time stamp tokens (DER), ``stamped`` what they must be
    of.
    """

    certificate: Certificate | None
    others: tuple[bytes, ...] = attrs.field(default=(), repr=False)
    faults: tuple[Fault, ...] = ()
    cautions: tuple[Caution, ...] = ()
    claimed: datetime | None = None
    stamps: tuple[bytes, ...] = attrs.field(default=(), repr=False)
    stamped: bytes = attrs.field(default=b"", repr=False)
