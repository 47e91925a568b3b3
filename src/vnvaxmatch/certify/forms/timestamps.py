"""Time stamps (RFC 3161): asked of the user's authority, and read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import new, sha256
from http.client import HTTPException
from typing import Any, Final, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate
from vnvaxmatch.certify.forms.cms import parts_of, read_signed_data
from vnvaxmatch.certify.forms.mechanisms import DIGESTS
from vnvaxmatch.certify.forms.outcomes import Fault
from vnvaxmatch.certify.forms.parts import UnreadableError
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Authority", "Stamper", "Token", "http_authority", "read_token", "stamp_of"]

Authority: TypeAlias = Callable[[bytes], bytes]
"""A time stamping authority: it takes a request (DER) and gives an answer (DER)."""

_MOST_BYTES: Final = 100_000


class _Unredirected(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def http_authority(url: str, /, *, timeout: float = 30.0) -> Authority:
    """Give the authority at an address; nothing is sent before something is signed.

    What is sent is a digest of a signature, and nothing of the content. Redirects are not followed.
    Asking raises :class:`~vnvaxmatch.errors.CertifyError` where there is no answer.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise CertifyError(f"{url} is no address of a time stamping authority: give http(s)://…")
    opener = build_opener(_Unredirected())

    def ask(request: bytes) -> bytes:
        question = Request(
            url,
            data=request,
            headers={
                "Content-Type": "application/timestamp-query",
                "Accept": "application/timestamp-reply",
            },
        )
        try:
            with opener.open(question, timeout=timeout) as answer:
                found: bytes = answer.read(_MOST_BYTES + 1)
        except (URLError, OSError, ValueError, HTTPException) as error:
            if isinstance(error, HTTPError):
                error.close()
            raise CertifyError(
                "the time stamping authority gave no answer, and nothing was signed: try again, or "
                "give another authority"
            ) from error
        if len(found) > _MOST_BYTES:
            raise CertifyError("the time stamping authority gave no time stamp: check its address")
        return found

    return ask


class Stamper(TimeStamper):
    """An authority, as pyHanko asks it; its answer is held against the question."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority = authority

    async def async_request_tsa_response(self, req: Any) -> Any:
        """Ask, and refuse what is no time stamp of this very digest."""
        return self.ask(req)

    def ask(self, req: Any, /) -> Any:
        """Do the same without an event loop."""
        answer = self._authority(req.dump())
        try:
            read = tsp.TimeStampResp.load(answer, strict=True)
            if read["status"]["status"].native not in ("granted", "granted_with_mods"):
                raise ValueError("refused")
            info = read["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
            if info["message_imprint"].native != req["message_imprint"].native:
                raise ValueError("of another digest")
            if info["nonce"].native != req["nonce"].native:
                raise ValueError("of another question")
            return read
        except Exception as error:  # hostile DER ends in errors of every kind
            raise CertifyError(
                "the time stamping authority refused, or gave what is no time stamp of this "
                "signature, and nothing was signed: check its address"
            ) from error


def stamp_of(stamped: bytes, /, *, authority: Authority) -> bytes:
    """Have bytes stamped; give the token (DER). Raises :class:`~vnvaxmatch.errors.CertifyError`."""
    stamper = Stamper(authority)
    digest = sha256(stamped).digest()
    _, request = stamper.request_cms(digest, "sha256")  # type: ignore[no-untyped-call]
    token: bytes = stamper.ask(request)["time_stamp_token"].dump()
    return token


@attrs.frozen
class Token:
    """A time stamp, read and right: by whom, when, and which certificates came with it."""

    at: datetime
    certificate: Certificate
    others: tuple[bytes, ...] = attrs.field(repr=False)


def read_token(token: bytes, stamped: bytes, /) -> Token | Fault:
    """Read a time stamp token (DER), or say why it is none of these bytes."""
    try:
        return _read_token(token, stamped)
    except UnreadableError:
        return Fault.TIMESTAMP_BROKEN


def _read_token(token: bytes, stamped: bytes) -> Token | Fault:
    data = read_signed_data(token)
    try:
        inner = data["encap_content_info"]
        if inner["content_type"].native != "tst_info" or len(data["signer_infos"]) != 1:
            return Fault.TIMESTAMP_BROKEN
        content, info = bytes(inner["content"]), inner["content"].parsed
        imprint, at = info["message_imprint"], info["gen_time"].native
        digest = imprint["hash_algorithm"]["algorithm"].native
        if digest not in DIGESTS or at.tzinfo is None:
            return Fault.TIMESTAMP_BROKEN
        if new(digest, stamped).digest() != imprint["hashed_message"].native:
            return Fault.TIMESTAMP_OF_ANOTHER
    except Exception as error:  # hostile DER ends in errors of every kind
        raise UnreadableError(Fault.TIMESTAMP_BROKEN) from error
    (part,) = parts_of(data, content)
    if part.faults or part.certificate is None:
        return Fault.TIMESTAMP_BROKEN
    return Token(at, part.certificate, part.others)
