"""The OpenAPI descriptions of the codecs' operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vnvaxmatch.backends.remote.codecs.attributes import DEFAULT_ATTRIBUTES
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.server.openapi import Item, operation_item, said
from vnvaxmatch.server.services import Described, Operation, Service

__all__ = ["describe_codec"]

_VALUES: Final[Mapping[str, Item]] = {
    "name": {"type": "string", "minLength": 1},
    "birth": {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"},
    "sex": {"enum": ["male", "female"]},
}


def describe_codec(
    service: Service,
    *,
    disclosure: Disclosure,
    forbidden: frozenset[Operation],
    attributes: Mapping[str, str] = DEFAULT_ATTRIBUTES,
) -> Described:
    """Describe the operations of one codec at a disclosure."""
    match service.name:
        case "osia":
            return _osia(service, disclosure, forbidden, attributes)
        case "fhir":
            return _fhir(service)
        case _:
            return _ndxp(service)


def _ref(name: str) -> Item:
    return {"$ref": f"#/components/schemas/{name}"}


def _osia(
    service: Service,
    disclosure: Disclosure,
    forbidden: frozenset[Operation],
    attributes: Mapping[str, str],
) -> Described:
    json = "application/json"
    error = _ref("OsiaError")
    uin: Item = {
        "name": "uin",
        "in": "path",
        "required": True,
        "description": "An ID number (số định danh cá nhân or CMND).",
        "schema": {"type": "string", "minLength": 1},
    }
    answers: dict[str, dict[int, Item]] = {
        "verify": {200: said("Whether all of this is so.", json, {"type": "boolean"})},
        "match": {200: said("What does not fit; nothing, if all does.", json, _ref("OsiaMisfits"))},
    }
    paths: dict[str, Mapping[str, object]] = {}
    for operation in service.operations:
        own = answers[operation.name]
        if operation in forbidden:
            own = {403: said("Which field differs is not told here.", json, error)}
        else:
            words = "Several people have the number, or a field that was asked is not held."
            own[409] = said(words, json, error)
            if disclosure is not Disclosure.VERDICT:
                own[404] = said("Nobody has the number.", json, error)
        body = _ref("OsiaExpressions" if operation.name == "verify" else "OsiaAttributes")
        summary = {"verify": "Is this so of the person with that number?"}.get(
            operation.name, "What of this does not fit the person with that number?"
        )
        paths[operation.path] = {
            "post": operation_item(
                service,
                operation,
                summary=summary,
                body=body,
                answers=own,
                parameters=[uin],
                error_media=json,
                error=error,
            )
        }
    return Described(paths, _osia_schemas(attributes))


def _osia_schemas(attributes: Mapping[str, str]) -> dict[str, object]:
    values = {attributes[part]: _VALUES.get(part, {"type": "string"}) for part in attributes}
    expressions = [
        {
            "type": "object",
            "required": ["attributeName", "operator", "value"],
            "additionalProperties": False,
            "properties": {
                "attributeName": {"const": attribute},
                "operator": {"const": "="},
                "value": value,
            },
        }
        for attribute, value in values.items()
    ]
    misfit = {
        "type": "object",
        "required": ["attributeName", "errorCode"],
        "additionalProperties": False,
        "properties": {
            "attributeName": {"enum": list(values)},
            "errorCode": {"enum": [0, 1], "description": "0: not held, 1: differs."},
        },
    }
    return {
        "OsiaExpressions": {
            "type": "array",
            "minItems": 1,
            "maxItems": len(values),
            "items": {"oneOf": expressions},
            "description": "Each attribute once.",
        },
        "OsiaAttributes": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": values,
        },
        "OsiaMisfits": {"type": "array", "items": misfit},
        "OsiaError": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
        },
    }


def _fhir(service: Service) -> Described:
    (operation,) = service.operations
    media = "application/fhir+json"
    item = operation_item(
        service,
        operation,
        summary="Who is this? (IHE PDQm, ITI-119)",
        body=_ref("FhirQuestion"),
        answers={200: said("Whoever fits, with a grade.", media, _ref("FhirBundle"))},
        error_media=media,
        error=_ref("FhirOutcome"),
    )
    return Described({operation.path: {"post": item}}, _fhir_schemas())


def _fhir_schemas() -> dict[str, object]:
    patient = {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": "Patient"}},
        "description": "A Patient of FHIR R4. Read are: identifier with the system "
        "urn:x-vnvaxmatch:id-number, name, gender and birthDate.",
    }
    asked = {
        "type": "object",
        "required": ["name", "resource"],
        "properties": {"name": {"const": "resource"}, "resource": _ref("FhirPatient")},
    }
    parameters = {
        "type": "object",
        "required": ["resourceType", "parameter"],
        "properties": {
            "resourceType": {"const": "Parameters"},
            "parameter": {"type": "array", "contains": asked, "items": {"type": "object"}},
        },
    }
    return {
        "FhirQuestion": {"oneOf": [parameters, _ref("FhirPatient")]},
        "FhirPatient": patient,
        "FhirBundle": {
            "type": "object",
            "required": ["resourceType", "type", "total"],
            "properties": {
                "resourceType": {"const": "Bundle"},
                "type": {"const": "searchset"},
                "total": {"type": "integer", "minimum": 0, "maximum": 1},
                "entry": {"type": "array", "items": {"type": "object"}},
            },
        },
        "FhirOutcome": {
            "type": "object",
            "required": ["resourceType", "issue"],
            "properties": {
                "resourceType": {"const": "OperationOutcome"},
                "issue": {"type": "array", "minItems": 1, "items": {"type": "object"}},
            },
        },
    }


def _ndxp(service: Service) -> Described:
    operation = next(op for op in service.operations if op.path == "/")
    media = "text/xml"
    xml: Item = {"type": "string", "description": "An envelope of SOAP 1.1."}
    item = operation_item(
        service,
        operation,
        summary="XacThucThongTinCongDan (reconstructed from public code, unverified)",
        body=xml,
        answers={200: said("TonTai, true or false.", media, xml)},
        error_media=media,
        error=xml,
    )
    return Described({"/": {"post": item}}, {})
