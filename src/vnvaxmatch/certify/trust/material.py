"""What came with a signature and is only tried: certificates, lists and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import islice
from typing import Final, TypeVar

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate
from vnvaxmatch.certify.trust.revocation import Revocations
from vnvaxmatch.errors import CertifyError

__all__ = ["Material"]

_T = TypeVar("_T")

_MOST_EXTRA: Final = 50


@attrs.frozen(eq=False)
class Material:
    """What came with a signature: certificates of authorities (DER), lists and answers.

    None of it is believed; it is only tried.
    """

    certificates: tuple[Certificate, ...] = ()
    revocations: Revocations = attrs.field(factory=lambda: Revocations.read((), ()))

    @classmethod
    def of(
        cls,
        certificates: Iterable[bytes] = (),
        /,
        *,
        crls: Iterable[bytes] = (),
        ocsps: Iterable[bytes] = (),
    ) -> Material:
        """Take what can be read, and leave the rest: what came with a signature may be rubbish."""
        found = [_tried(read_certificate, der) for der in _few(certificates)]
        lists = [der for der in _few(crls) if _tried(lambda one: Revocations.read((one,), ()), der)]
        answers = [
            der for der in _few(ocsps) if _tried(lambda one: Revocations.read((), (one,)), der)
        ]
        return cls(tuple(one for one in found if one is not None), Revocations.read(lists, answers))

    @property
    def digest(self) -> bytes:
        """Name this very material."""
        names = "".join(one.fingerprint for one in self.certificates)
        return sha256(names.encode() + self.revocations.digest).digest()


def _few(several: Iterable[bytes]) -> Iterable[bytes]:
    return islice(several, _MOST_EXTRA)


def _tried(read: Callable[[bytes], _T], der: bytes) -> _T | None:
    try:
        return read(der)
    except CertifyError:
        return None
