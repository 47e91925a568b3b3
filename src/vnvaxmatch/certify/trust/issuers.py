"""Who issued a certificate: not who bears the name that it gives, but whose key signed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate
from vnvaxmatch.errors import MissingExtraError

try:
    from asn1crypto import keys
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from pyhanko_certvalidator.authority import CertTrustAnchor
    from pyhanko_certvalidator.errors import AlgorithmNotSupported, DSAParametersUnavailable
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Issuers", "KeyKinds", "signed_by"]

_DEEPEST: Final = 8
_MOST_STEPS: Final = 400
_UNTELLABLE: Final = (
    UnsupportedAlgorithm, AlgorithmNotSupported, DSAParametersUnavailable, ValueError, TypeError,
    KeyError, AttributeError, NotImplementedError, OverflowError,
)  # fmt: skip


class KeyKinds(DefaultSignatureValidator):
    """What checks signatures for the validator, told of keys of another kind than the signature.

    Without it a namesake with such a key would end the search for who signed.
    """

    def validate_signature(self, *args: Any, **kwargs: Any) -> None:
        """Check a signature; ``InvalidSignature`` where the key did not make it."""
        try:
            super().validate_signature(*args, **kwargs)
        except AssertionError as error:
            raise InvalidSignature from error


_VALIDATOR: Final = KeyKinds()


def signed_by(issuer: Certificate, one: Certificate, /) -> bool | None:
    """Say whether the key of one certificate signed another.

    None where that cannot be told, since the key or the algorithm is none that is known here.
    """
    return _signed_by(one.der, issuer.parsed.public_key.dump())


@lru_cache(maxsize=5_000)
def _signed_by(der: bytes, key: bytes) -> bool | None:
    one = read_certificate(der).parsed
    try:
        _VALIDATOR.validate_signature(
            one["signature_value"].native,
            one["tbs_certificate"].dump(),
            keys.PublicKeyInfo.load(key),
            one["signature_algorithm"],
        )
    except _UNTELLABLE:
        return None
    except InvalidSignature:
        return False
    return True


def _by_name(several: Iterable[Certificate]) -> dict[str, list[Certificate]]:
    named: dict[str, list[Certificate]] = {}
    for one in {one.der: one for one in several}.values():
        named.setdefault(one.parsed.subject.hashable, []).append(one)
    return named


@attrs.frozen(eq=False)
class Issuers:
    """The authorities that a path may lead over.

    ``roots`` are the anchors of the tree, ``pool`` the user's own intermediates, and ``came`` what
    nobody believes. Identifiers of keys are not looked at: whoever forges a certificate copies
    them, and the signature tells.
    """

    roots: dict[str, list[Certificate]] = attrs.field(converter=_by_name)
    pool: dict[str, list[Certificate]] = attrs.field(converter=_by_name)
    came: dict[str, list[Certificate]] = attrs.field(converter=_by_name)

    def paths(self, one: Certificate, /) -> Iterator[ValidationPath]:
        """Give the paths to an anchor, in bounded time however the certificates are crossed."""
        for path in self._walked(one):
            for root in self._signers(path[-1], self.roots):
                below = [above.parsed for above in reversed(path[1:])]
                yield ValidationPath(CertTrustAnchor(root.parsed), below, one.parsed)

    def other_key(self, one: Certificate, /) -> bool:
        """Say whether there is nobody but namesakes of who issued it, or an authority above it."""
        return any(self._has_namesakes_only(path[-1]) for path in self._walked(one))

    def _has_namesakes_only(self, one: Certificate) -> bool:
        name = one.parsed.issuer.hashable
        believed = [*self.roots.get(name, []), *self.pool.get(name, [])]
        known = [other for other in believed or self.came.get(name, []) if other.der != one.der]
        return bool(known) and all(signed_by(other, one) is False for other in known)

    def _walked(self, one: Certificate) -> Iterator[tuple[Certificate, ...]]:
        """Give what leads up from a certificate, itself first."""
        waiting: list[tuple[Certificate, ...]] = [(one,)]
        for _ in range(_MOST_STEPS):
            if not waiting:
                return
            path = waiting.pop()
            yield path
            if len(path) < _DEEPEST:
                known = {one.der for one in path}
                above = [*self._signers(path[-1], self.came), *self._signers(path[-1], self.pool)]
                # the user's own stand last, and are taken first
                waiting += [(*path, next_) for next_ in above if next_.der not in known]

    @staticmethod
    def _signers(one: Certificate, among: dict[str, list[Certificate]]) -> list[Certificate]:
        """Give whose key signed it, or may have: that is for whoever validates the path."""
        named = among.get(one.parsed.issuer.hashable, [])
        return [issuer for issuer in named if signed_by(issuer, one) is not False]
