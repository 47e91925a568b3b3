"""How each protocol says that there is no answer.

Our own client takes a 404 of OSIA with ``code`` and ``message`` for «nobody has that number». That
a path does not exist must never read like that, so it is said as RFC 9457 has it.
"""

from __future__ import annotations

from typing import Final

from vnvaxmatch.backends.remote.codecs.texts import dump_json
from vnvaxmatch.backends.remote.wire import Response
from vnvaxmatch.server.services import REFUSALS, Refusal

__all__ = ["SHAPES", "fhir_error", "osia_error", "problem", "soap_error"]

_ISSUES: Final = {
    Refusal.NO_SUCH_PATH: "not-supported",
    Refusal.METHOD: "not-supported",
    Refusal.CREDENTIALS: "login",
    Refusal.FORBIDDEN: "forbidden",
    Refusal.RATE: "throttled",
    Refusal.WALKING: "throttled",
    Refusal.TOO_LARGE: "too-long",
    Refusal.TOO_SLOW: "timeout",
    Refusal.MEDIA: "not-supported",
    Refusal.REQUEST: "invalid",
    Refusal.BUSY: "transient",
    Refusal.STOPPING: "transient",
    Refusal.REGISTRY: "transient",
    Refusal.AUDIT: "transient",
    Refusal.BUG: "exception",
}
"""The codes of FHIR's issue types."""

_FAULT: Final = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soapenv:Header/><soapenv:Body><soapenv:Fault><faultcode>soapenv:{code}</faultcode>"
    "<faultstring>{text}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)


def problem(refusal: Refusal) -> Response:
    """Say it as RFC 9457 has it, where no protocol is spoken.

    >>> problem(Refusal.NO_SUCH_PATH).body
    b'{"type":"about:blank","title":"there is nothing at this path","status":404}'
    """
    status, text = REFUSALS[refusal]
    body = {"type": "about:blank", "title": text, "status": status}
    return Response(status, dump_json(body), {"content-type": "application/problem+json"})


def osia_error(refusal: Refusal) -> Response:
    """Say it as an error object of OSIA."""
    if refusal is Refusal.NO_SUCH_PATH:
        return problem(refusal)
    status, text = REFUSALS[refusal]
    body = {"code": status, "message": text}
    return Response(status, dump_json(body), {"content-type": "application/json"})


def fhir_error(refusal: Refusal) -> Response:
    """Say it as an OperationOutcome."""
    status, text = REFUSALS[refusal]
    issue = {"severity": "error", "code": _ISSUES[refusal], "diagnostics": text}
    body = {"resourceType": "OperationOutcome", "issue": [issue]}
    return Response(status, dump_json(body), {"content-type": "application/fhir+json"})


def soap_error(refusal: Refusal) -> Response:
    """Say it as a fault of SOAP 1.1."""
    status, text = REFUSALS[refusal]
    body = _FAULT.format(code="Client" if status < 500 else "Server", text=text)
    return Response(status, body.encode(), {"content-type": "text/xml; charset=utf-8"})


SHAPES: Final = {"osia": osia_error, "fhir": fhir_error, "ndxp": soap_error}
"""The shape of each codec."""
