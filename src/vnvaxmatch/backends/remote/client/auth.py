"""Who is asking: plugs that put credentials on a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from vnvaxmatch.backends.remote.wire import Request
from vnvaxmatch.errors import InputError, NotAuthorisedError

__all__ = ["Auth", "Bearer", "SignedHeaders", "TokenSource", "no_token"]

TokenSource: TypeAlias = Callable[[], str | Awaitable[str]]
"""Gives a fresh token. It may be asynchronous for an asynchronous client only."""


@runtime_checkable
class Auth(Protocol):
    """Credentials for requests.

    ``headers`` must be quick, safe for threads and without input or output; ``refresh`` may take
    long and may be awaited. ``generation`` must grow with each refresh that gave something new; 0
    means that ``refresh`` is needed before the first request. Neither may show a secret in an
    exception, a log or a repr. ``refresh`` may raise
    :class:`~vnvaxmatch.errors.UnreachableError` where asking again may help.
    """

    @property
    def generation(self) -> int:
        """How often the credentials were renewed."""
        ...

    def headers(self, request: Request, /) -> Mapping[str, str]:
        """Give the headers to add to a request as it will be sent, its path in full."""
        ...

    def refresh(self) -> bool | Awaitable[bool]:
        """Renew the credentials; False where there is nothing to renew."""
        ...


class Bearer:
    """A bearer token: one that stays, or a callable that gives a fresh one when it is wanted.

    The callable is called before the first request, and once more each time that the registry
    answers 401, whatever the number of calls under way.

    >>> auth = Bearer("secret")
    >>> auth
    Bearer(<redacted>)
    >>> dict(auth.headers(Request("GET", "/")))
    {'authorization': 'Bearer secret'}
    """

    def __init__(self, token: str | TokenSource, /) -> None:
        self._source = None if isinstance(token, str) else token
        self._header: Mapping[str, str] = {}
        self.generation = 0
        if isinstance(token, str):
            self._take(token)

    def __repr__(self) -> str:
        return "Bearer(<redacted>)"

    def headers(self, request: Request, /) -> Mapping[str, str]:
        """Give the header."""
        return self._header

    def refresh(self) -> bool | Awaitable[bool]:
        """Ask the callable, if there is one."""
        if self._source is None:
            return False
        token = self._source()
        return self._take(token) if isinstance(token, str) else self._await(token)

    async def _await(self, token: Awaitable[str]) -> bool:
        return self._take(await token)

    def _take(self, token: str) -> bool:
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or (
            not token or " " in token
        ):  # fmt: skip
            raise InputError("a bearer token must be printable ASCII without spaces: check it")
        self._header = {"authorization": f"Bearer {token}"}
        self.generation += 1
        return True


class SignedHeaders:
    """Headers that a callable makes for each attempt, as a signature over it and the time.

    The callable is given the request as it will be sent, with its path in full, and must be safe
    for threads. What it raises ends the run and is not shown, because it could hold what was asked.
    """

    generation = 1

    def __init__(self, sign: Callable[[Request], Mapping[str, str]], /) -> None:
        self._sign = sign

    def __repr__(self) -> str:
        return "SignedHeaders(<redacted>)"

    def headers(self, request: Request, /) -> Mapping[str, str]:
        """Call it."""
        try:
            return self._sign(request)
        except Exception as error:  # noqa: BLE001  # whatever it is, its text is not ours
            name = type(error).__name__
        raise NotAuthorisedError(f"a request could not be signed ({name}): check the signer")

    def refresh(self) -> bool:
        """Tell that there is nothing to renew."""
        return False


def no_token(kind: str, /) -> NotAuthorisedError:
    """Say that no token could be had, by the kind of what was raised.

    Raise it outside of the ``except``: what was raised could hold a secret, and would hang on it.
    """
    return NotAuthorisedError(f"no token could be had ({kind}): check what gives the tokens")
