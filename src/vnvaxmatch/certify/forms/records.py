"""A signature, and the evidence stored with it, as values and as JSON."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.outcomes import Caution, Checked, Fault, Form, PathStatus, Tree
from vnvaxmatch.errors import CertifyError

__all__ = ["Evidence", "Signature"]

_MOST_PARTS: Final = 50


def _sizes(parts: tuple[bytes, ...]) -> str:
    return f"<{len(parts)}>"


@attrs.frozen
class Evidence:
    """What was known of the signer's certificate when it signed (DER), and what came of it.

    Lists and answers on revocation bear their issuers' signatures, so that a verifier years later
    need not believe whoever kept them. ``checked`` is for a person to read: nobody signed it, and
    no verifier relies on it.
    """

    certificate: bytes = attrs.field(repr=False)
    chain: tuple[bytes, ...] = attrs.field(default=(), repr=_sizes)
    crls: tuple[bytes, ...] = attrs.field(default=(), repr=_sizes)
    ocsps: tuple[bytes, ...] = attrs.field(default=(), repr=_sizes)
    checked: Checked | None = None

    def as_data(self) -> dict[str, Any]:
        """Give it as what JSON can hold; :meth:`from_data` reads it."""
        data: dict[str, Any] = {
            "certificate": _text(self.certificate),
            "chain": [_text(der) for der in self.chain],
            "crls": [_text(der) for der in self.crls],
            "ocsps": [_text(der) for der in self.ocsps],
        }
        if self.checked is not None:
            data["checked"] = _checked_data(self.checked)
        return data

    @classmethod
    def from_data(cls, data: object, /) -> Evidence:
        """Read what :meth:`as_data` gave; :class:`~vnvaxmatch.errors.CertifyError` if not that."""
        try:
            given = _mapping(data)
            parts = {part: _several(given.get(part, [])) for part in ("chain", "crls", "ocsps")}
            checked = given.get("checked")
            return cls(
                certificate=_bytes(given["certificate"]),
                checked=None if checked is None else _checked(_mapping(checked)),
                **parts,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CertifyError("this is no evidence on a signature: get it anew") from error


@attrs.frozen
class Signature:
    """A detached signature, or several in one: see :func:`~vnvaxmatch.certify.forms.joined`."""

    form: Form
    value: bytes = attrs.field(repr=False)
    evidence: Evidence | None = None

    def as_data(self) -> dict[str, Any]:
        """Give it as what JSON can hold; :meth:`from_data` reads it."""
        data: dict[str, Any] = {"form": self.form.value, "value": _text(self.value)}
        if self.evidence is not None:
            data["evidence"] = self.evidence.as_data()
        return data

    @classmethod
    def from_data(cls, data: object, /) -> Signature:
        """Read what :meth:`as_data` gave; :class:`~vnvaxmatch.errors.CertifyError` if not that."""
        try:
            given = _mapping(data)
            evidence = given.get("evidence")
            return cls(
                Form(given["form"]),
                _bytes(given["value"]),
                None if evidence is None else Evidence.from_data(evidence),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CertifyError("this is no signature with its form: get it anew") from error


def _mapping(data: object) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise TypeError("not an object")
    return data


def _text(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError("not a text")
    try:
        value = b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if _text(value) != text:  # one value has one text
        raise ValueError("not canonical base64")
    return value


def _several(texts: object) -> tuple[bytes, ...]:
    if not isinstance(texts, list) or len(texts) > _MOST_PARTS:
        raise TypeError("not a list, or too long")
    return tuple(_bytes(text) for text in texts)


def _checked_data(checked: Checked) -> dict[str, Any]:
    return {
        "status": checked.status.value,
        "reasons": [fault.value for fault in checked.reasons],
        "cautions": [caution.value for caution in checked.cautions],
        "subject": checked.subject,
        "issuer": checked.issuer,
        "tree": None if checked.tree is None else checked.tree.value,
        "at": checked.at.isoformat(),
        "path": list(checked.path),
        "revoked": None if checked.revoked is None else checked.revoked.isoformat(),
    }


def _checked(data: Mapping[str, Any]) -> Checked:
    revoked = data["revoked"]
    return Checked(
        status=PathStatus(data["status"]),
        reasons=tuple(Fault(one) for one in data["reasons"]),
        cautions=tuple(Caution(one) for one in data["cautions"]),
        subject=str(data["subject"]),
        issuer=str(data["issuer"]),
        tree=None if data["tree"] is None else Tree(data["tree"]),
        at=datetime.fromisoformat(data["at"]),
        path=tuple(str(one) for one in data["path"]),
        revoked=None if revoked is None else datetime.fromisoformat(revoked),
    )
