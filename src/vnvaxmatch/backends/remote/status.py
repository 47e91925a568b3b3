"""What every status and every failure of a remote registry means: the one table.

``docs/reference/statuses.md`` shows it, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import attrs

from vnvaxmatch.errors import (
    CertificateError,
    NotAuthorisedError,
    RefusedError,
    RegistryError,
    ReplyError,
    UnreachableError,
)

__all__ = [
    "FAILURES",
    "STATUSES",
    "UNDETERMINED",
    "Failure",
    "Meaning",
    "Rule",
    "meaning_of",
    "rule_of",
]

UNDETERMINED: Final = (UnreachableError, ReplyError)
"""The errors that leave one question undetermined, to be asked again. All others end the run."""


class Meaning(StrEnum):
    """What follows from a status or a failure."""

    ANSWER = "answer"
    """The codec reads it."""
    RETRY = "retry"
    """Ask again within the budget, then :class:`~vnvaxmatch.errors.UnreachableError`."""
    REFRESH = "refresh"
    """Renew the token once and ask again, then stop."""
    STOP = "stop"
    """Asking on is of no use until somebody changes something."""


class Failure(StrEnum):
    """Why no response came."""

    HOST_UNKNOWN = "host_unknown"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    GARBLED = "garbled"
    WRONG_ECHO = "wrong_echo"
    ERROR_PAGE = "error_page"
    TOO_LARGE = "too_large"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_HOST = "certificate_host"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CLIENT_CERTIFICATE_MISSING = "client_certificate_missing"
    CLIENT_CERTIFICATE_REFUSED = "client_certificate_refused"
    TLS = "tls"
    PAUSED = "paused"
    BREAKER_OPEN = "breaker_open"
    BUSY = "busy"


@attrs.frozen
class Rule:
    """One row of the table: what it means, what is raised in the end, and what a person is told.

    ``strain`` says that the other side has too much to do: fewer questions at a time are then
    asked. ``down`` counts towards the circuit breaker.
    """

    meaning: Meaning
    error: type[RegistryError]
    says: str
    advice: str
    strain: bool = False
    down: bool = False

    def raised(self, host: str, kind: str) -> RegistryError:
        """Make the error; its text names the host and never a path, a body or a value."""
        message = f"{host}: {self.says}; {self.advice}"
        if self.error is UnreachableError:
            return UnreachableError(message, str(kind))
        return self.error(message)


def _retry(says: str, advice: str, *, strain: bool = False, down: bool = True) -> Rule:
    return Rule(Meaning.RETRY, UnreachableError, says, advice, strain, down)


def _stop(error: type[RegistryError], says: str, advice: str) -> Rule:
    return Rule(Meaning.STOP, error, says, advice)


_LATER: Final = "ask again later"
_ADDRESS: Final = "check the address of the registry"
_SETTINGS: Final = "check the address, the codec and its settings"

STATUSES: Final[dict[range, Rule]] = {
    range(200, 300): _stop(
        RefusedError, "it answers with a status that this codec does not know", _SETTINGS
    ),
    range(300, 400): _stop(
        RefusedError, "it sends us to another address", "give the final address of the registry"
    ),
    range(400, 401): _stop(
        RefusedError,
        "it does not understand the question",
        f"{_SETTINGS}, and whether it wants a client certificate",
    ),
    range(401, 402): Rule(
        Meaning.REFRESH,
        NotAuthorisedError,
        "it does not accept the credentials",
        "renew the token, or check how it is to be signed",
    ),
    range(403, 404): _stop(
        NotAuthorisedError,
        "it knows us and does not let us ask",
        "ask its owner for the permission",
    ),
    range(404, 405): _stop(RefusedError, "there is nothing at this address", _SETTINGS),
    range(407, 408): _stop(
        NotAuthorisedError, "a proxy on the way wants credentials", "ask who runs the network"
    ),
    range(408, 409): _retry("it waited too long for the question", _LATER, strain=True),
    range(409, 410): _retry("it is still busy with the same question", _LATER, down=False),
    range(421, 422): _retry("the connection led to the wrong server", _LATER),
    range(425, 426): _retry("it was too early to ask", _LATER, down=False),
    range(429, 430): _retry(
        "it wants fewer questions", "lower the rate, or ask again later", strain=True, down=False
    ),
    range(402, 500): _stop(RefusedError, "it refuses the question", _SETTINGS),
    range(501, 502): _stop(RefusedError, "it cannot answer such questions", _SETTINGS),
    range(503, 504): _retry("it is out of service", _LATER, strain=True),
    range(504, 505): _retry("what stands behind it gave no answer in time", _LATER, strain=True),
    range(505, 506): _stop(RefusedError, "it does not speak HTTP/1.1", _ADDRESS),
    range(511, 512): _stop(
        NotAuthorisedError, "the network wants a log-in first", "ask who runs the network"
    ),
    range(500, 600): _retry("it has an error of its own", _LATER),
    range(1000): _stop(RefusedError, "it answers with no status of HTTP", _ADDRESS),
}
"""Each status has the meaning of the first row that holds it, unless the codec reads it."""

FAILURES: Final[dict[Failure, Rule]] = {
    Failure.HOST_UNKNOWN: _retry("no computer has that name", f"{_ADDRESS}, and the network"),
    Failure.REFUSED: _retry(
        "nothing listens there", "check the port, and whether the registry is running"
    ),
    Failure.NO_ROUTE: _retry("no way leads there", "check the network and the firewall"),
    Failure.TIMEOUT: _retry("no answer in time", "check the network, or ask later", strain=True),
    Failure.DISCONNECTED: _retry("the connection broke off", "check the network, or ask later"),
    Failure.GARBLED: _retry("what it sent is not HTTP", f"{_ADDRESS} and the port"),
    Failure.WRONG_ECHO: _retry(
        "it sent the answer to another question",
        "something on the way mixes answers up: find it before any answer is used",
    ),
    Failure.ERROR_PAGE: _retry(
        "it sent a page for people instead of an answer", f"{_ADDRESS}, or ask later"
    ),
    Failure.TOO_LARGE: _stop(RefusedError, "its answer is larger than the limit", _SETTINGS),
    Failure.CERTIFICATE_EXPIRED: _stop(
        CertificateError,
        "the registry's certificate is expired or not yet valid",
        "check the clock, or ask its owner to renew it",
    ),
    Failure.CERTIFICATE_HOST: _stop(
        CertificateError, "the registry's certificate is for another host", _ADDRESS
    ),
    Failure.CERTIFICATE_UNTRUSTED: _stop(
        CertificateError,
        "the registry's certificate is not trusted here",
        "give the certificate of its authority (ca=, --ca)",
    ),
    Failure.CLIENT_CERTIFICATE_MISSING: _stop(
        CertificateError,
        "the registry wants a client certificate",
        "give yours (certificate= and key=, --client-cert and --client-key)",
    ),
    Failure.CLIENT_CERTIFICATE_REFUSED: _stop(
        CertificateError,
        "the registry does not accept our client certificate",
        "check that it is still valid and from an authority that the registry trusts",
    ),
    Failure.TLS: _stop(
        CertificateError, "no secure connection could be agreed", f"{_ADDRESS} and the port"
    ),
    Failure.PAUSED: _retry(
        "it asked us to wait for longer than a call may take", _LATER, down=False
    ),
    Failure.BREAKER_OPEN: _retry("it has been failing, and was not asked", _LATER, down=False),
    Failure.BUSY: _retry("no turn came in time", "ask fewer questions at a time", down=False),
}
"""What each failure means."""

_RULES: Final = {
    status: rule
    for statuses, rule in reversed(STATUSES.items())
    for status in statuses
}  # fmt: skip
_ANSWER: Final = Rule(Meaning.ANSWER, ReplyError, "an answer", "read it")


def rule_of(reply: int | Failure, /, *, answers: Collection[int] = ()) -> Rule:
    """Give the row of a status or a failure; ``answers`` are the statuses that the codec reads.

    >>> rule_of(503).meaning.value, rule_of(404).meaning.value, rule_of(299).meaning.value
    ('retry', 'stop', 'stop')
    """
    if isinstance(reply, Failure):
        return FAILURES[reply]
    return _ANSWER if reply in answers else _RULES.get(reply, _RULES[0])


def meaning_of(reply: int | Failure, /, *, answers: Collection[int] = ()) -> Meaning:
    """Tell what follows from a status or a failure.

    >>> meaning_of(404, answers={200, 404}).value
    'answer'
    """
    return rule_of(reply, answers=answers).meaning
