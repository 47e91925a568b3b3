"""Where a registry is: an address that is safe to send personal data to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import attrs

from vnvaxmatch.backends.remote.wire import Request
from vnvaxmatch.errors import InputError, RefusedError

__all__ = ["Address", "checked_headers"]

_HOST: Final = re.compile(r"[0-9A-Za-z]([0-9A-Za-z._-]*[0-9A-Za-z])?\.?|[0-9A-Fa-f:.]+")
_PATH: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")
_STEPS: Final = re.compile(r"(?:^|/)(?:\.|%2[Ee]){1,2}(?:/|\?|$)")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_HEADER: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@attrs.frozen
class Address:
    """The origin of a registry, and the path that its questions begin with.

    ``path`` is the whole path as it was given, for a question that adds nothing to it.
    """

    is_secure: bool
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str, /, *, allow_http: bool = False) -> Address:
        """Read an address; only https, unless it is this computer's own or ``allow_http``.

        Raises :class:`~vnvaxmatch.errors.InputError`.

        >>> Address.of("https://registry.example/api/")
        Address(is_secure=True, host='registry.example', port=443, path='/api/')
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        except (ValueError, UnicodeError):
            raise InputError(f"{_NO_ADDRESS}: https://HOST/PATH") from None
        if parts.username is not None or parts.password is not None:
            raise InputError("an address must not hold a password: give auth= instead")
        if parts.query or parts.fragment or "?" in url or "#" in url:
            raise InputError("the address of a registry ends before ? and #: leave them out")
        if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host) or port == 0:
            raise InputError(f"{_NO_ADDRESS}: https://HOST/PATH")
        if not _is_path(parts.path):
            raise InputError("the path of the address cannot be used: write it without spaces")
        if parts.scheme == "http" and not (allow_http or _is_own(host)):
            raise InputError(
                f"http://{host} would show personal data to everybody on the way: use https"
            )
        secure = parts.scheme == "https"
        return cls(secure, host, port or (443 if secure else 80), parts.path or "/")

    @property
    def origin(self) -> str:
        """The address without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.is_secure else 80
        port = "" if self.port == default else f":{self.port}"
        return f"http{'s' if self.is_secure else ''}://{host}{port}"

    def complete(self, request: Request, /, headers: dict[str, str]) -> Request:
        """Give the request as it will be sent: its path in full, with more headers.

        Raises :class:`~vnvaxmatch.errors.RefusedError` for what cannot be sent, naming no value.
        """
        below = request.path.lstrip("/")
        path = f"{self.path.rstrip('/')}/{below}" if below else self.path
        if not _METHOD.fullmatch(request.method) or not _is_path(path):
            raise RefusedError("the codec made a request that cannot be sent: report it")
        return Request(
            request.method, path, request.body, {**checked_headers(request.headers), **headers}
        )


_NO_ADDRESS: Final = "the address of the registry cannot be read, write it as"


def checked_headers(headers: Mapping[str, str], /) -> dict[str, str]:
    """Give headers with names in lower case; refuse what could end one and begin another."""
    checked = {}
    for name, value in headers.items():
        name = _header_name(name)
        if not name or not (value.isascii() and value.isprintable()):
            raise RefusedError("a header of a request cannot be sent: it must be printable ASCII")
        checked[name] = value
    return checked


@lru_cache(maxsize=256)
def _header_name(name: str) -> str:
    return name.lower() if _HEADER.fullmatch(name) else ""


def _is_path(path: str) -> bool:
    return _PATH.fullmatch(path) is not None and _STEPS.search(path) is None


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
