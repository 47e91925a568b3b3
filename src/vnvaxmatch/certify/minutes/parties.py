"""Who takes part: read from a file that an office keeps, and asked who may sign for whom.

The file is TOML::

    office = "Ủy ban nhân dân xã Mẫu"
    superior = ""                          # the body above it, if it is to be named

    [[party]]
    role = "chairman"                      # the place to sign at, by a word of your own
    name = "..."
    title = "Chủ tịch"
    body = "Ủy ban nhân dân xã Mẫu"
    required = true                        # the default
    certificates = ["<SHA-256>"]           # whose signature counts here; the default is by name
"""

from __future__ import annotations

import tomllib
import unicodedata
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.certificates import read_certificate
from vnvaxmatch.certify.minutes.records import Party
from vnvaxmatch.errors import CertifyError, InputError

__all__ = ["Fit", "Parties", "fit_of", "names_of", "read_parties"]

_LONGEST: Final = 1 << 20
_KEYS: Final = {"body", "certificates", "name", "required", "role", "title"}


@attrs.frozen
class Parties:
    """Who takes part in minutes, and which office draws them up."""

    office: str
    superior: str
    parties: tuple[Party, ...]


class Fit(StrEnum):
    """Whether a certificate is one of a party."""

    PINNED = "pinned"
    """It is one of those that the party was given."""
    NAMED = "named"
    """It is in the name of the party or of its body, and of no other body."""
    OTHER = "other"
    """It is somebody else's."""
    OTHER_BODY = "other_body"
    """It is in the name of the party, and of another body: outside of the office."""


def read_parties(path: Path, /) -> Parties:
    """Read a file of parties; :class:`~vnvaxmatch.errors.InputError` says what is wrong with it."""
    try:
        with path.open("rb") as file:
            told = tomllib.loads(file.read(_LONGEST).decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        # the cause may hold what stands in the file
        raise InputError(f"{path} is no TOML in UTF-8: see the guide on minutes") from None
    given = told.get("party", [])
    extra = sorted({*told} - {"office", "party", "superior"})
    if extra or not isinstance(given, list) or not isinstance(told.get("office"), str):
        raise InputError(
            f"{path}: it wants office, and a [[party]] for each party; superior is optional, and "
            "nothing else is known"
        )
    try:
        return Parties(
            told["office"], str(told.get("superior", "")), tuple(_party(one) for one in given)
        )
    except CertifyError as error:
        raise InputError(f"{path}: {error}") from error


def _party(told: Any) -> Party:
    if not isinstance(told, dict) or not {"role", "name", "title", "body"} <= set(told) <= _KEYS:
        raise CertifyError(
            "a party has role, name, title and body, and may have required and certificates"
        )
    certificates = told.get("certificates", [])
    if not isinstance(certificates, list):
        raise CertifyError("the certificates of a party are a list")
    pins = tuple(str(one).replace(":", "").lower() for one in certificates)
    return Party(**{**told, "certificates": pins})


def fit_of(party: Party, certificate: bytes, /) -> Fit:
    """Tell whether a certificate (DER) is one of a party.

    Names are compared without regard to capitals. A name alone proves little where many people
    share theirs: pin the certificates of those who sign often.
    """
    read = read_certificate(certificate)
    if party.certificates:
        return Fit.PINNED if read.fingerprint in party.certificates else Fit.OTHER
    common, bodies = names_of(certificate)
    if not common or _plain(common) not in {_plain(party.name), _plain(party.body)} - {""}:
        return Fit.OTHER
    if bodies and _plain(party.body) not in {_plain(one) for one in bodies}:
        return Fit.OTHER_BODY
    return Fit.NAMED


def names_of(certificate: bytes, /) -> tuple[str, tuple[str, ...]]:
    """Give the common name of a certificate's subject, and the bodies (O, OU) that it names."""
    subject = read_certificate(certificate).parsed.subject.native
    bodies = [
        text
        for part in ("organization_name", "organizational_unit_name")
        for text in _texts(subject.get(part))
    ]
    return next(iter(_texts(subject.get("common_name"))), ""), tuple(bodies)


def _texts(value: object) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [" ".join(one.split()) for one in several if isinstance(one, str) and one.strip()]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
