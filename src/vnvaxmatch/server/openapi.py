"""What the server does, as OpenAPI 3.1 has it: made from what is served, so that it stays true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import vnvaxmatch
from vnvaxmatch.server.callers import Callers, Tokens
from vnvaxmatch.server.services import REFUSALS, Described, Operation, Refusal, Service

__all__ = ["COMMON", "document", "operation_item", "said"]

Item: TypeAlias = dict[str, object]

COMMON: Final = (
    Refusal.REQUEST,
    Refusal.CREDENTIALS,
    Refusal.TOO_SLOW,
    Refusal.TOO_LARGE,
    Refusal.MEDIA,
    Refusal.RATE,
    Refusal.BUG,
    Refusal.BUSY,
)
"""One refusal for each status that every operation may answer with."""

_WORDS: Final = {
    400: "The request is no question of this protocol.",
    401: "Who asks must be known.",
    403: "This is not told here, or whoever asks may not.",
    408: "The request took too long to arrive.",
    413: "The request is too large.",
    415: "This kind of content is not read here.",
    429: "Too many questions, or questions that look like a walk through numbers.",
    500: "Unexpected error.",
    503: "No answer now, and none is meant: ask again later.",
}
_HEADERS: Final[Mapping[int, Item]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": {"schema": {"type": "string"}}},
    503: {"Retry-After": {"schema": {"type": "string"}}},
}
_NAMED: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of the question. The answer repeats it, if it is 1 to 128 printable "
    "ASCII characters without a space at either end.",
    "schema": {"type": "string"},
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
    },
}


def said(words: str, media: str, schema: object, **more: object) -> Item:
    """Describe one response."""
    return {"description": words, "content": {media: {"schema": schema}}, **more}


def operation_item(
    service: Service,
    operation: Operation,
    *,
    summary: str,
    body: object,
    answers: Mapping[int, Item],
    parameters: Sequence[Item] = (),
    error_media: str,
    error: object,
    refusals: Iterable[Refusal] = COMMON,
) -> Item:
    """Describe one operation: its own answers, and the refusals that all operations have."""
    responses = {
        str(status): said(_WORDS[status], error_media, error, **_headers(status))
        for status in sorted({REFUSALS[refusal][0] for refusal in refusals})
    }
    responses |= {str(status): item for status, item in answers.items()}
    item: Item = {
        "operationId": f"{service.name}-{operation.name}",
        "tags": [service.name],
        "summary": summary,
        "parameters": [*parameters, _NAMED],
        "responses": dict(sorted(responses.items())),
    }
    if operation.media:
        content = {media: {"schema": body} for media in operation.media}
        item["requestBody"] = {"required": True, "content": content}
    return item


def _headers(status: int) -> Item:
    return {"headers": _HEADERS[status]} if status in _HEADERS else {}


def document(services: Sequence[Service], *, callers: Callers) -> Item:
    """Describe the server: all services, and the pages about itself."""
    paths: dict[str, object] = {}
    schemas: dict[str, object] = {"Problem": _PROBLEM}
    security = _security(callers)
    for service in services:
        described: Described = service.describe()
        schemas |= described.schemas
        for path, item in described.paths.items():
            paths[service.prefix + path] = {
                method: {**_plain(operation, callers), "security": security}
                for method, operation in item.items()
            }
    made: Item = {
        "openapi": "3.1.0",
        "info": {
            "title": "vnvaxmatch registry",
            "version": vnvaxmatch.__version__,
            "description": "Says whether a record agrees with a population registry. No error is "
            "an answer: only what is described as one is.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {**paths, **_pages(security)},
        "components": {"schemas": schemas},
    }
    if isinstance(callers, Tokens):
        schemes = {"token": {"type": "http", "scheme": "bearer"}}
        made["components"] = {"schemas": schemas, "securitySchemes": schemes}
    elif security:
        schemes = {"certificate": {"type": "mutualTLS"}}
        made["components"] = {"schemas": schemas, "securitySchemes": schemes}
    return made


def _security(callers: Callers) -> list[Item]:
    if isinstance(callers, Tokens):
        return [{"token": []}]
    return [{"certificate": []}] if _asks_certificates(callers) else []


def _asks_certificates(callers: Callers) -> bool:
    from vnvaxmatch.server.callers import Certificates

    return isinstance(callers, Certificates)


def _plain(operation: object, callers: Callers) -> Item:
    """Leave out the 401 where nobody is asked for a token."""
    assert isinstance(operation, dict)
    if callers.challenge is not None:
        return operation
    responses = {s: item for s, item in operation["responses"].items() if s != "401"}
    return {**operation, "responses": responses}


def _pages(security: list[Item]) -> dict[str, object]:
    def page(summary: str, responses: Mapping[int, Item], **more: object) -> Item:
        name = summary.lower().replace(" ", "-")
        return {
            "get": {
                "operationId": name,
                "tags": ["server"],
                "summary": summary,
                "responses": {str(status): item for status, item in responses.items()},
                **more,
            }
        }

    status = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"enum": ["live", "ready", "not ready"]}},
    }
    json = "application/json"
    not_ready = said("It does not, or the server is stopping.", json, status)
    metrics: dict[int, Item] = {
        200: said("In Prometheus's form.", "text/plain", {"type": "string"})
    }
    if security:
        problem = {"$ref": "#/components/schemas/Problem"}
        metrics[401] = said(_WORDS[401], "application/problem+json", problem, **_headers(401))
    return {
        "/health/live": page("Is it alive", {200: said("It is.", json, status)}),
        "/health/ready": page(
            "Does the registry answer", {200: said("It does.", json, status), 503: not_ready}
        ),
        "/metrics": page("Counts", metrics, **({"security": security} if security else {})),
    }
