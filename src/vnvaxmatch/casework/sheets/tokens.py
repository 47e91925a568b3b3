"""What ties a sheet, and each of its rows, to a ledger: keyed digests that nobody can make up."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from datetime import datetime
from typing import Final

import attrs

from vnvaxmatch.casework.authority import plain

__all__ = ["TOKEN_HEAD", "Place", "Sealing", "SheetId", "Token"]

TOKEN_HEAD: Final = "vx1-"
"""How a token begins: no program takes it for a number, a date or a formula."""

_TOKEN: Final = re.compile(
    r"vx1-(?P<sheet>[a-z2-7]{10})-(?P<case>[0-9a-f]{20})-(?P<number>[0-9]{1,7})-(?P<mac>[a-z2-7]{16})"
)


@attrs.frozen
class Place:
    """Whose list it is: a commune by its code, a vaccination site by its name, or nobody's."""

    commune: str = ""
    site: str = ""

    @property
    def stream(self) -> str:
        """The end of the name of its stream in the ledger."""
        if self.site:
            told = plain(self.site).encode("utf-8", "surrogatepass")
            return f"site-{hashlib.sha256(told).hexdigest()[:16]}"
        return self.commune or "unknown"


@attrs.frozen
class SheetId:
    """Which worklist a file is: of which ledger and place, the how many-th, made when."""

    ledger: str
    id: str
    place: Place
    part: int
    number: int
    at: datetime


@attrs.frozen
class Token:
    """What a row says of itself: its sheet, its case, and how many events the case had then."""

    sheet: str
    case: str
    number: int


class Sealing:
    """Make and check tokens with a key of the ledger's."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @property
    def ledger(self) -> str:
        """Name the ledger, in a way that tells nothing of it."""
        return self._word("ledger", letters=12)

    def sheet_id(self, place: Place, *, part: int, number: int) -> str:
        """Name the n-th worklist of a place."""
        return self._word(f"sheet\0{place.stream}\0{part}\0{number}", letters=10)

    def token(self, token: Token) -> str:
        """Write a row's token."""
        body = f"{token.sheet}-{token.case}-{token.number}"
        return f"{TOKEN_HEAD}{body}-{self._word(body, letters=16)}"

    def read(self, text: str) -> Token | None:
        """Read a token; None where it is none, or was not made with this key.

        >>> sealing = Sealing(bytes(32))
        >>> token = Token(sealing.sheet_id(Place("00004"), part=1, number=1), "0" * 20, 2)
        >>> sealing.read(sealing.token(token)) == token
        True
        >>> sealing.read(sealing.token(token).replace("-2-", "-3-")) is None
        True
        """
        found = _TOKEN.fullmatch(text.strip().lower())
        if found is None:
            return None
        token = Token(found["sheet"], found["case"], int(found["number"]))
        genuine = self.token(token).encode("ascii")
        told = f"{TOKEN_HEAD}{found['sheet']}-{found['case']}-{found['number']}-{found['mac']}"
        return token if hmac.compare_digest(genuine, told.encode("ascii")) else None

    def seal(self, text: str) -> str:
        """Give what proves that a text was written with this key."""
        return self._word(f"identity\0{text}", letters=16)

    def is_sealed(self, text: str, *, seal: str) -> bool:
        """Tell whether a text was."""
        return hmac.compare_digest(self.seal(text).encode(), seal.encode("utf-8", "replace"))

    def _word(self, text: str, *, letters: int) -> str:
        digest = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        return b32encode(digest).decode("ascii").lower()[:letters]
